/* SPDX-License-Identifier: Apache-2.0 */
/* Tiers. */
#include "api.h"

#include <string.h>

#define WARN_PERCENT 80
#define LIMIT_MAX 44640 /* minutes of the longest month */

/* bit i of enum tier_flag */
static const char *const flags[] = {"staff", "override", "may_open_up", "events_free"};

const char *const api_allowance_kinds[5] = {"none", "hours", "days", "half_days", "visits"};
static const char *const policies[] = {"deny", "warn"};

static void write_allowance(struct api_writer *out, const struct allowance *a)
{
	if (a->kind == ALLOWANCE_NONE) {
		api_null(out, "allowance");
		return;
	}
	api_object(out, "allowance");
	api_text(out, "kind", api_allowance_kinds[a->kind]);
	api_number(out, "limit", a->limit);
	api_text(out, "when_spent", policies[a->policy == ALLOWANCE_WARN]);
	api_number(out, "warn_percent", a->warn_percent);
	api_end(out);
}

static void write_tier(struct api_writer *out, const struct registry_tier *tier)
{
	api_object(out, NULL);
	api_number(out, "id", tier->roster.tier);
	api_text(out, "name", tier->name);
	api_text(out, "hours", tier->roster.hours);
	api_list(out, "flags");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (tier->roster.flags & 1u << i)
			api_text(out, NULL, flags[i]);
	api_end(out);
	api_list(out, "doors");
	for (size_t i = 0; i < tier->roster.door_count; i++) {
		const struct roster_tier_door *door = &tier->roster.doors[i];

		api_object(out, NULL);
		api_text(out, "door", door->door);
		if (door->own)
			api_text(out, "hours", door->hours);
		else
			api_null(out, "hours");
		api_end(out);
	}
	api_end(out);
	write_allowance(out, &tier->roster.allowance);
	api_number(out, "version", tier->version);
	api_end(out);
}

static int list_tiers(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_tier *rows = NULL;
	struct api_page page;
	int n;

	api_page_read(call, "tiers", REGISTRY_PAGE_MAX, &page);
	if (call->errors.count > 0)
		return api_malformed(call);
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_tiers(call->registry, (uint32_t)page.after, rows, page.limit) : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		write_tier(&call->out, &rows[i]);
	api_page_close(call, "tiers", &page, (size_t)n, n ? rows[n - 1].roster.tier : 0, NULL);
	return 0;
}

/* Loads {id}. */
static int load(struct api_call *call, struct registry_tier *ret_tier)
{
	/* what is too large for a tier's number is none */
	uint32_t number = call->id > UINT32_MAX ? 0 : (uint32_t)call->id;

	return registry_tier(call->registry, number, ret_tier);
}

static int show_tier(struct api_call *call)
{
	struct registry_tier tier;
	int r = load(call, &tier);

	if (r < 0)
		return r;
	api_etag(call, tier.version);
	write_tier(&call->out, &tier);
	return 0;
}

static void read_door(struct api_body *item, size_t index, void *userdata)
{
	struct roster_tier *tier = userdata;
	struct roster_tier_door *door = &tier->doors[index];

	*door = (struct roster_tier_door){0};
	api_get_name(item, "door", API_REQUIRED, door->door);
	door->own = api_get_text(item, "hours", API_NULLABLE, 1, ROSTER_HOURS_MAX, door->hours) &&
		    !api_is_null(item, "hours");
	api_body_done(item);
}

static void read_allowance(struct api_body *item, void *userdata)
{
	struct allowance *a = userdata;
	int kind = 0, policy = ALLOWANCE_DENY;
	uint32_t percent = WARN_PERCENT;

	*a = (struct allowance){0};
	api_get_word(item, "kind", API_REQUIRED, api_allowance_kinds + 1, 4, &kind);
	api_get_u32(item, "limit", API_REQUIRED, 0, LIMIT_MAX, &a->limit);
	api_get_word(item, "when_spent", API_OPTIONAL, policies, ARRAY_SIZE(policies), &policy);
	api_get_u32(item, "warn_percent", API_OPTIONAL, 0, 100, &percent);
	a->kind = (enum allowance_kind)(kind + 1);
	a->policy = (enum allowance_policy)policy;
	a->warn_percent = (uint8_t)percent;
	api_body_done(item);
}

static bool read_tier(struct api_body *body, struct registry_tier *tier, enum api_need needed)
{
	struct roster_tier *roster = &tier->roster;

	api_get_text(body, "name", needed, 1, REGISTRY_NAME_MAX, tier->name);
	api_get_text(body, "hours", needed, 1, ROSTER_HOURS_MAX, roster->hours);
	api_get_words(body, "flags", API_OPTIONAL, flags, ARRAY_SIZE(flags), &roster->flags);
	api_get_list(body, "doors", API_OPTIONAL, ROSTER_TIER_DOORS_MAX, read_door, roster,
		&roster->door_count);
	if (!api_get_object(body, "allowance", API_NULLABLE, read_allowance, &roster->allowance) &&
		api_is_null(body, "allowance"))
		roster->allowance = (struct allowance){0};
	return api_body_done(body);
}

static int finish(struct api_call *call, int r, uint32_t number, const char *action,
	const struct api_writer *before)
{
	struct registry_tier tier = {0};
	char object[80];

	if (r >= 0)
		r = registry_tier(call->registry, number, &tier);
	if (r >= 0) {
		write_tier(&call->out, &tier);
		api_object_name(object, "tier", number);
		r = api_audit(call, action, object, before, &call->out);
	}
	r = api_commit(call, r, NULL);
	if (r == 0)
		api_etag(call, tier.version);
	return r;
}

static int add_tier(struct api_call *call)
{
	struct registry_tier tier = {0};
	uint32_t number = 0;
	int r;

	if (!read_tier(&call->body, &tier, API_REQUIRED))
		return api_malformed(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_tier_add(call->registry, &tier, &number);
	call->status = 201;
	return finish(call, r, number, "tier.add", NULL);
}

static int change_tier(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_tier tier;
	int r = load(call, &tier);

	if (r < 0)
		return r;
	write_tier(&before, &tier);
	if (!read_tier(&call->body, &tier, API_OPTIONAL))
		return api_malformed(call);
	if (!api_matches(call, tier.version))
		return API_ANSWERED;
	r = api_begin(call);
	if (r == 0)
		r = registry_tier_change(call->registry, &tier);
	return finish(call, r, tier.roster.tier, "tier.change", &before);
}

static int remove_tier(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_tier tier;
	char object[80];
	int r = load(call, &tier);

	if (r < 0)
		return r;
	if (!api_matches(call, tier.version))
		return API_ANSWERED;
	write_tier(&before, &tier);
	api_object_name(object, "tier", tier.roster.tier);
	r = api_begin(call);
	if (r == 0)
		r = registry_tier_remove(call->registry, tier.roster.tier, 0);
	if (r >= 0)
		r = api_audit(call, "tier.remove", object, &before, NULL);
	call->status = 204;
	return api_commit(call, r, NULL);
}

const struct api_route api_tier_routes[] = {
	{"GET", "/tiers", API_ALL, API_TAKES_NOTHING, "limit cursor", list_tiers, 0, API_ROW},
	{"POST", "/tiers", API_ADMIN, API_TAKES_JSON, NULL, add_tier, 0, API_ROW},
	{"GET", "/tiers/{id}", API_ALL, API_TAKES_NOTHING, NULL, show_tier, 0, API_ROW},
	{"PATCH", "/tiers/{id}", API_ADMIN, API_TAKES_JSON, NULL, change_tier, 0, API_ROW},
	{"DELETE", "/tiers/{id}", API_ADMIN, API_TAKES_NOTHING, NULL, remove_tier, 0, API_ROW},
	{0},
};
