/* SPDX-License-Identifier: Apache-2.0 */
/* Each hour: what is past its retention is forgotten, a piece at a time, and the audit says so. */
#include "base/clock.h"
#include "base/log.h"
#include "hub/hub.h"

#include <string.h>

#define EACH_MS 3600000
#define MORE_MS 1000

static int audit(struct hub *hub, const struct registry_forgotten *done)
{
	char after[200];

	if (done->entries + done->unknown + done->names + done->audit + done->notices == 0)
		return 0;
	snprintf(after, sizeof(after),
		"{\"entries\":%llu,\"unknown_cards\":%llu,\"names\":%llu,\"audit\":%llu,"
		"\"notices\":%llu}",
		(unsigned long long)done->entries, (unsigned long long)done->unknown,
		(unsigned long long)done->names, (unsigned long long)done->audit,
		(unsigned long long)done->notices);
	log_info("retention: forgotten: %s", after);
	return registry_audit_add(hub->registry, "hub", "retention.forget", "site", "", after);
}

static int forget(struct hub *hub, bool *ret_more)
{
	struct registry_forgotten done = {0};
	int r = registry_begin(hub->registry);

	if (r < 0)
		return r;
	r = registry_forget(hub->registry, clock_trust_now(0) == CLOCK_TRUST_SYNCED, &done);
	if (r >= 0)
		r = audit(hub, &done);
	if (r >= 0)
		r = registry_commit(hub->registry, NULL);
	if (r < 0 && registry_changing(hub->registry))
		registry_abort(hub->registry);
	*ret_more = done.more;
	return r;
}

void retention_tick(struct hub *hub)
{
	uint64_t now_ms = clock_mono_ms();
	bool more = false;
	int r;

	if (now_ms < hub->forget_ms || registry_changing(hub->registry))
		return;
	r = forget(hub, &more);
	hub->forget_ms = now_ms + (r >= 0 && more ? MORE_MS : EACH_MS);
	if (r < 0)
		log_warning("retention: %s; tried again in an hour", registry_error(hub->registry));
}
