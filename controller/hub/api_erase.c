/* SPDX-License-Identifier: Apache-2.0 */
/* What is held about a member, and forgetting it. */
#include "api.h"

#include "hub/erase.h"
#include <inttypes.h>
#include <string.h>

/* ---- everything that is held ---- */

static int write_parts(struct api_call *call)
{
	for (size_t i = 0; i < registry_export_parts(); i++) {
		CLEANUP(cleanup_free) char *json = NULL;
		const char *name;
		int r = registry_export(call->registry, call->id, i, &name, &json);

		if (r < 0)
			return r;
		api_raw(&call->out, name, json);
	}
	return 0;
}

static int export_member(struct api_call *call)
{
	struct registry_member member;
	char object[80];
	int r = registry_member(call->registry, call->id, &member);

	if (r < 0)
		return r;
	api_object(&call->out, NULL);
	api_time(&call->out, "exported_at", api_now_us());
	r = write_parts(call);
	if (r >= 0)
		r = api_allowance_months(call, "allowance");
	api_end(&call->out);
	if (r >= 0)
		r = api_begin(call);
	if (r < 0)
		return r;
	api_object_name(object, "member", call->id);
	r = api_audit(call, "member.export", object, NULL, NULL);
	return api_commit(call, r, NULL);
}

/* ---- erasing ---- */

static int answer(struct api_call *call)
{
	struct registry_erasure erasure = {0};
	int r = registry_erasure(call->registry, call->id, &erasure);

	if (r < 0 && r != -ENOENT)
		return r;
	api_object(&call->out, NULL);
	api_number(&call->out, "member", call->id);
	if (r == 0)
		api_time(&call->out, "erased_at", erasure.at_us);
	else
		api_null(&call->out, "erased_at");
	api_bool(&call->out, "wiped", erasure.wiped);
	api_number(&call->out, "doors_left", erasure.doors);
	api_end(&call->out);
	return 0;
}

static int show_erasure(struct api_call *call)
{
	struct registry_member member;
	int r = registry_member(call->registry, call->id, &member);

	return r < 0 ? r : answer(call);
}

static bool names(const char *why, const char *part)
{
	return *part && strcasestr(why, part);
}

/* Doors refuse the cards by a delta at once; the erasure itself is to be had as a snapshot alone.
 */
static int close_member(struct api_call *call, struct registry_member *member)
{
	int r = api_begin(call);

	member->state = MEMBER_STATE_CLOSED;
	if (r == 0)
		r = registry_member_change(call->registry, member);
	return api_commit(call, r, NULL);
}

static int audit(struct api_call *call, const struct registry_erased *erased, const char *why)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	char object[80];

	api_object(&after, NULL);
	api_number(&after, "entries", erased->entries);
	api_number(&after, "cards", erased->cards);
	api_text(&after, "why", why);
	api_end(&after);
	api_object_name(object, "member", call->id);
	return api_audit(call, "member.erase", object, NULL, &after);
}

static int erase(struct api_call *call, struct registry_member *member, const char *why)
{
	struct registry_erased erased = {0};
	char err[ERR_MAX] = "";
	int r = api_begin(call);

	/* tried first, so that nothing that is refused stands in the list */
	if (r == 0)
		r = registry_erase(call->registry, member->id, &erased);
	registry_abort(call->registry);
	if (r < 0)
		return r;
	member->version = 0;
	r = close_member(call, member);
	if (r < 0)
		return r;
	if (hub_erase_list_add(&call->hub->conf, member->id, err) < 0)
		return api_refuse(call, 409, "store", "Not erased",
			"the list of who was erased cannot be kept: %s", err);
	r = api_begin(call);
	if (r == 0)
		r = registry_erase(call->registry, member->id, &erased);
	if (r >= 0)
		r = audit(call, &erased, why);
	r = api_commit(call, r, NULL);
	call->hub->erase_ms = 0;
	return r;
}

static int erase_member(struct api_call *call)
{
	char why[REGISTRY_NOTE_MAX + 1] = "";
	struct registry_member member;
	int r = registry_member(call->registry, call->id, &member);

	if (r < 0)
		return r;
	api_get_text(&call->body, "why", API_REQUIRED, 1, REGISTRY_NOTE_MAX, why);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (names(why, member.name) || names(why, member.contact)) {
		api_errors_add(&call->errors, "why", "must not name the person: it is kept");
		return api_unfit(call);
	}
	r = erase(call, &member, why);
	return r == 0 ? answer(call) : r;
}

const struct api_route api_erase_routes[] = {
	{"GET", "/members/{id}/export", API_ADMIN, API_TAKES_NOTHING, NULL, export_member, 0,
		API_ROW},
	{"GET", "/members/{id}/erase", API_READS, API_TAKES_NOTHING, NULL, show_erasure, 0,
		API_ROW},
	{"POST", "/members/{id}/erase", API_ADMIN, API_TAKES_JSON, NULL, erase_member, 0, API_ROW},
	{0},
};
