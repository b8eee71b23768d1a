/* SPDX-License-Identifier: Apache-2.0 */
/* Members. */
#include "api.h"

#include "core/decide.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* enum member_state */
static const char *const states[] = {"closed", "active", "suspended"};

void api_member_fields(struct api_writer *out, const struct registry_member *member)
{
	api_number(out, "id", member->id);
	api_text(out, "name", member->name);
	api_text(out, "contact", member->contact);
	api_text(out, "note", member->note);
	api_number(out, "tier", member->tier);
	api_text(out, "state", member_state_name(member->state));
	api_date(out, "valid_from", member->valid_from);
	api_date(out, "valid_until", member->valid_until);
	api_date(out, "grace_until", member->grace_until);
	api_number(out, "release_ms", member->release_ms);
	api_number(out, "cards", member->cards);
	api_number_or_null(out, "pool", member->pool);
	api_time(out, "created_at", member->created_us);
	api_number(out, "version", member->version);
}

void api_member_show(struct api_call *call, const struct registry_member *member)
{
	struct registry_tier tier;

	api_member_fields(&call->out, member);
	if (registry_tier(call->registry, member->tier, &tier) == 0)
		api_text(&call->out, "tier_name", tier.name);
	else
		api_null(&call->out, "tier_name");
}

void api_write_member(struct api_writer *out, const struct registry_member *member)
{
	api_object(out, NULL);
	api_member_fields(out, member);
	api_end(out);
}

void api_member_name(struct api_call *call, const char *key, uint64_t id)
{
	struct registry_member member;

	if (id > 0 && registry_member(call->registry, id, &member) == 0)
		api_text(&call->out, key, member.name);
	else
		api_null(&call->out, key);
}

/* ---- what a host may ---- */

int api_may_grant(struct api_call *call, uint32_t tier)
{
	struct registry_tier row;
	int r;

	r = registry_tier(call->registry, tier, &row);
	if (r < 0)
		return r;
	if (call->actor.role == OPERATOR_ROLE_HOST &&
		row.roster.flags & (TIER_FLAG_STAFF | TIER_FLAG_OVERRIDE))
		return -EACCES;
	return 0;
}

/* A change that can only take away. */
static bool only_less(const struct registry_member *before, const struct registry_member *after)
{
	return before->tier == after->tier && before->valid_from == after->valid_from &&
	       before->valid_until == after->valid_until &&
	       before->grace_until == after->grace_until &&
	       before->release_ms == after->release_ms && before->pool == after->pool &&
	       (before->state == after->state || after->state != MEMBER_STATE_ACTIVE);
}

int api_member_allowed(struct api_call *call, const struct registry_member *before,
	const struct registry_member *after, char err[ERR_MAX])
{
	int r;

	if (call->actor.role != OPERATOR_ROLE_HOST)
		return 0;
	if (before && before->id == call->actor.member) {
		snprintf(err, ERR_MAX,
			"a host may not change their own member record: ask an admin");
		return -EACCES;
	}
	if (before && only_less(before, after))
		return 0;
	r = api_may_grant(call, after->tier);
	if (r == 0 || r == -ENOENT) /* no such tier: the registry refuses it */
		return 0;
	snprintf(err, ERR_MAX,
		r == -EACCES ? "a host may not grant tier %" PRIu32
			       ", which has staff or override: ask an admin"
			     : "tier %" PRIu32 " cannot be read: try again",
		after->tier);
	return r;
}

/* ---- reading ---- */

/* Whose time ends: pages go by the day and the number, "20779-17". */
static void read_ends(
	struct api_call *call, const struct api_page *page, struct registry_member_query *query)
{
	int32_t before = DATE_NONE, from = DATE_NONE;
	char *rest = NULL;

	query->after = page->after;
	api_query_date(call, "ends_before", &before);
	api_query_date(call, "ends_from", &from);
	if (from != DATE_NONE && before == DATE_NONE)
		api_errors_add(&call->errors, "ends_from", "only with ends_before");
	if (before != DATE_NONE && query->text)
		api_errors_add(&call->errors, "text", "not with ends_before");
	query->ends_before = before > 0 ? before : before == DATE_NONE ? 0 : 1;
	query->ends_from = from > 0 ? from : 0;
	if (query->ends_before == 0 || !*page->name)
		return;
	query->after_ends = (int32_t)strtol(page->name, &rest, 10);
	query->after = *rest == '-' ? strtoull(rest + 1, NULL, 10) : 0;
}

static int list_members(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_member *rows = NULL;
	struct registry_member_query query = {.state = -1, .tier = -1};
	struct api_page page;
	uint64_t tier = 0;
	char name[40] = "";
	int n;

	api_page_read(call, http_query(call->request, "ends_before") ? "ends" : "members",
		REGISTRY_PAGE_MAX, &page);
	query.text = api_query_text(call, "text", REGISTRY_NAME_MAX);
	api_query_word(call, "state", states, ARRAY_SIZE(states), &query.state);
	api_query_number(call, "tier", &tier);
	read_ends(call, &page, &query);
	if (call->errors.count > 0)
		return api_malformed(call);
	query.tier = tier ? (int64_t)tier : -1;
	query.limit = page.limit;
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_members(call->registry, &query, rows) : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++) {
		api_object(&call->out, NULL);
		api_member_show(call, &rows[i]);
		api_end(&call->out);
	}
	if (n > 0 && query.ends_before > 0)
		snprintf(name, sizeof(name), "%" PRId32 "-%" PRIu64, rows[n - 1].valid_until,
			rows[n - 1].id);
	api_page_close(call, *name ? "ends" : "members", &page, (size_t)n, n ? rows[n - 1].id : 0,
		*name ? name : NULL);
	return 0;
}

static int show_member(struct api_call *call)
{
	struct registry_member member;
	struct revision revision;
	bool asked = api_query_revision(call, &revision);
	int r;

	if (call->errors.count > 0)
		return api_malformed(call);
	r = registry_member(call->registry, call->id, &member);
	if (r < 0)
		return r;
	api_etag(call, member.version);
	api_object(&call->out, NULL);
	api_member_show(call, &member);
	if (asked)
		api_confirmations(call, &call->out, &revision);
	api_end(&call->out);
	return 0;
}

/* ---- changing ---- */

static bool read_member(struct api_body *body, struct registry_member *member, enum api_need needed)
{
	int state;

	api_get_text(body, "name", needed, 1, REGISTRY_NAME_MAX, member->name);
	api_get_text(body, "contact", API_OPTIONAL, 0, REGISTRY_NAME_MAX, member->contact);
	api_get_text(body, "note", API_OPTIONAL, 0, REGISTRY_NOTE_MAX, member->note);
	api_get_u32(body, "tier", needed, 1, UINT32_MAX, &member->tier);
	if (api_get_word(body, "state", API_OPTIONAL, states, ARRAY_SIZE(states), &state))
		member->state = (enum member_state)state;
	api_get_date(body, "valid_from", API_NULLABLE, &member->valid_from);
	api_get_date(body, "valid_until", API_NULLABLE, &member->valid_until);
	api_get_date(body, "grace_until", API_NULLABLE, &member->grace_until);
	api_get_u32(body, "release_ms", API_OPTIONAL, 0, RELEASE_MS_MAX, &member->release_ms);
	api_get_number(body, "pool", API_NULLABLE, 1, API_NUMBER_MAX, &member->pool);
	return api_body_done(body);
}

/* 0, or answered. before NULL: a new one. */
static int judge_member(struct api_call *call, const struct registry_member *before,
	const struct registry_member *after)
{
	char err[ERR_MAX];
	int r = api_member_allowed(call, before, after, err);

	if (r == -EACCES)
		return api_refuse(call, 403, "role", "Not with this role", "%s", err);
	if (r < 0)
		return api_fail(call, r);
	if (api_may_grant(call, after->tier) == -ENOENT)
		api_errors_add(&call->errors, "tier", "there is no tier %" PRIu32, after->tier);
	return call->errors.count ? api_unfit(call) : 0;
}

/* Ends a change: the member as it is now is the answer and the audit's after. */
static int finish(struct api_call *call, int r, uint64_t id, const char *action,
	const struct api_writer *before)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	struct registry_member member;
	struct revision revision;
	char object[80];

	if (r >= 0)
		r = registry_member(call->registry, id, &member);
	if (r >= 0) {
		api_write_member(&after, &member);
		api_object_name(object, "member", id);
		r = api_audit(call, action, object, before, &after);
	}
	r = api_commit(call, r, &revision);
	if (r < 0)
		return r;
	api_etag(call, member.version);
	api_object(&call->out, NULL);
	api_member_show(call, &member);
	api_confirmations(call, &call->out, &revision);
	api_end(&call->out);
	return 0;
}

static int add_member(struct api_call *call)
{
	struct registry_member member = {.state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE};
	uint64_t id = 0;
	int r;

	if (!read_member(&call->body, &member, API_REQUIRED))
		return api_malformed(call);
	r = judge_member(call, NULL, &member);
	if (r != 0)
		return r;
	r = api_begin(call);
	if (r == 0)
		r = registry_member_add(call->registry, &member, &id);
	call->status = 201;
	return finish(call, r, id, "member.add", NULL);
}

static int change_member(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_member old, member;
	int r;

	r = registry_member(call->registry, call->id, &old);
	if (r < 0)
		return r;
	member = old;
	if (!read_member(&call->body, &member, API_OPTIONAL))
		return api_malformed(call);
	if (!api_matches(call, old.version))
		return API_ANSWERED;
	r = judge_member(call, &old, &member);
	if (r != 0)
		return r;
	api_write_member(&before, &old);
	r = api_begin(call);
	if (r == 0)
		r = registry_member_change(call->registry, &member);
	return finish(call, r, call->id, "member.change", &before);
}

const struct api_route api_member_routes[] = {
	{"GET", "/members", API_ALL, API_TAKES_NOTHING,
		"limit cursor text state tier ends_before ends_from", list_members, 0, API_ROW},
	{"POST", "/members", API_WORKS, API_TAKES_JSON, NULL, add_member, 0, API_ROW},
	{"POST", "/members/import", API_WORKS, API_TAKES_CSV, "preview", api_import_members, 0,
		API_ROW},
	{"GET", "/members/{id}", API_ALL, API_TAKES_NOTHING, "revision", show_member, 0, API_ROW},
	{"PATCH", "/members/{id}", API_WORKS, API_TAKES_JSON, NULL, change_member, 0, API_ROW},
	{0},
};
