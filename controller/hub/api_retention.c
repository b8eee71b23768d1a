/* SPDX-License-Identifier: Apache-2.0 */
/* How long things are kept. */
#include "api.h"

#define MOST 3660 /* the registry judges each by its own bounds */

static void write_retention(struct api_writer *out, const struct registry_retention *retention)
{
	api_object(out, NULL);
	api_number(out, "entries_days", retention->entries_days);
	api_number(out, "unknown_hours", retention->unknown_hours);
	api_number(out, "names_days", retention->names_days);
	api_number(out, "audit_days", retention->audit_days);
	api_number(out, "notices_days", retention->notices_days);
	api_number(out, "version", retention->version);
	api_end(out);
}

static int show_retention(struct api_call *call)
{
	struct registry_retention retention;
	int r = registry_retention(call->registry, &retention);

	if (r < 0)
		return r;
	api_etag(call, retention.version);
	write_retention(&call->out, &retention);
	return 0;
}

static int change_retention(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_retention now;
	int r = registry_retention(call->registry, &now);

	if (r < 0)
		return r;
	write_retention(&before, &now);
	api_get_u32(&call->body, "entries_days", API_OPTIONAL, 1, MOST, &now.entries_days);
	api_get_u32(&call->body, "unknown_hours", API_OPTIONAL, 1, MOST, &now.unknown_hours);
	api_get_u32(&call->body, "names_days", API_OPTIONAL, 1, MOST, &now.names_days);
	api_get_u32(&call->body, "audit_days", API_OPTIONAL, 1, MOST, &now.audit_days);
	api_get_u32(&call->body, "notices_days", API_OPTIONAL, 1, MOST, &now.notices_days);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (!api_matches(call, now.version))
		return API_ANSWERED;
	r = api_begin(call);
	if (r == 0)
		r = registry_retention_change(call->registry, &now);
	if (r >= 0)
		r = registry_retention(call->registry, &now);
	if (r >= 0) {
		write_retention(&call->out, &now);
		r = api_audit(call, "site.retention", "site", &before, &call->out);
	}
	r = api_commit(call, r, NULL);
	if (r == 0) {
		api_etag(call, now.version);
		call->hub->forget_ms = 0; /* at once */
	}
	return r;
}

const struct api_route api_retention_routes[] = {
	{"GET", "/site/retention", API_ALL, API_TAKES_NOTHING, NULL, show_retention, 0, API_ROW},
	{"PATCH", "/site/retention", API_ADMIN, API_TAKES_JSON, NULL, change_retention, 0, API_ROW},
	{0},
};
