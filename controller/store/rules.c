/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rules.h"

void rules_tier_compile(const char *hours, struct rules_tier *tier)
{
	struct hours_error error = {0};
	int r = hours_compile(hours, &tier->hours, &error);

	tier->rights.hours = r == 0 ? &tier->hours : NULL;
	tier->refused = r == 0 ? NULL : error.message;
}

static int compile(const struct cache_tiers *rows, struct rules *rules)
{
	rules->tiers = calloc(rows->count ? rows->count : 1, sizeof(*rules->tiers));
	if (!rules->tiers)
		return -ENOMEM;
	rules->tier_count = rows->count;
	for (size_t i = 0; i < rows->count; i++) {
		struct rules_tier *tier = &rules->tiers[i];

		tier->tier = rows->rows[i].tier;
		tier->rights.flags = rows->rows[i].flags;
		tier->rights.allowance = rows->rows[i].allowance;
		tier->rights.door = rows->rows[i].door;
		rules_tier_compile(rows->rows[i].hours, tier);
	}
	return 0;
}

static int load(struct cache *cache, const char *door, struct rules *rules)
{
	struct cache_tiers rows = {0};
	int r = cache_head(cache, &rules->head);

	if (r == 0)
		r = cache_has_door(cache, door);
	rules->door_listed = r > 0;
	rules->calendar = calloc(1, sizeof(*rules->calendar));
	if (r >= 0)
		r = rules->calendar ? cache_calendar(cache, rules->calendar) : -ENOMEM;
	if (r == 0)
		r = cache_tiers(cache, door, &rows);
	if (r == 0)
		r = compile(&rows, rules);
	cache_tiers_free(&rows);
	return r;
}

int rules_load(struct cache *cache, const char *door, struct rules *ret_rules)
{
	struct rules rules = {0};
	int r = cache_view_begin(cache);

	if (r < 0)
		return r;
	r = load(cache, door, &rules);
	cache_view_end(cache);
	if (r < 0)
		rules_free(&rules);
	else
		*ret_rules = rules;
	return r;
}

void rules_free(struct rules *rules)
{
	free(rules->tiers);
	free(rules->calendar);
	*rules = (struct rules){0};
}

const struct decide_rights *rules_find(const struct rules *rules, uint32_t tier)
{
	for (size_t i = 0; i < rules->tier_count; i++)
		if (rules->tiers[i].tier == tier)
			return &rules->tiers[i].rights;
	return NULL;
}

static int find_standing(
	struct cache *cache, const struct roster_card *card, struct rules_member *member)
{
	int r = card->member ? cache_standing(cache, card->member, &member->standing) : 0;

	if (r >= 0 && card->pool)
		r = cache_pool(cache, card->pool, &member->pool);
	return r;
}

int rules_member(struct cache *cache, const struct rules *rules, const struct roster_card *card,
	const char *door, const struct civil *now, struct rules_member *ret_member)
{
	int64_t minute = now ? decide_minute(now->date, now->minute) : INT64_MIN;
	int r = 0;

	ret_member->extra_count = 0;
	ret_member->pool = (struct roster_pool){0};
	standing_init(&ret_member->standing, card->member);
	if (rules->head.origin != CACHE_ORIGIN_HUB)
		return 0; /* a file has nothing of it */
	r = cache_extras(cache, card, door, minute, ret_member->extras, RULES_EXTRAS_MAX);
	if (r < 0)
		return r;
	ret_member->extra_count = (size_t)r;
	r = find_standing(cache, card, ret_member);
	return r < 0 ? r : 0;
}

void rules_member_input(const struct rules *rules, const struct rules_member *member,
	uint32_t pool_used, bool hears_hub, struct decide_input *in)
{
	const struct roster_pool *pool = &member->pool;
	enum allowance_kind kind = in->rights ? in->rights->allowance.kind : ALLOWANCE_NONE;
	const struct civil *now = clock_trust_ok(in->clock) ? &in->now : NULL;
	bool this_month = now && pool->year == now->year && pool->month == now->month;

	in->extras = member->extras;
	in->extra_count = member->extra_count;
	in->presence = standing_presence(&member->standing, now);
	if (!now)
		return;
	in->usage = standing_usage(&member->standing, kind, rules->head.checkout_minute, now);
	if (pool->id && pool->kind == kind)
		in->pool_left = standing_pool_left(pool->limit, this_month ? pool->used : 0,
			pool_used, pool->doors, hears_hub);
}

void rules_input(const struct rules *rules, const struct roster_card *card, struct decide_input *in)
{
	in->card = card;
	in->rights = card ? rules_find(rules, card->tier) : NULL;
	in->calendar = rules->calendar;
}
