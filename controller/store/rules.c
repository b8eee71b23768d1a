/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rules.h"

static int compile_tiers(const struct cache_tiers *rows, struct rules *rules)
{
	struct hours_error error;

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
		if (hours_compile(rows->rows[i].hours, &tier->hours, &error) == 0)
			tier->rights.hours = &tier->hours;
		else
			tier->refused = error.message;
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
		r = compile_tiers(&rows, rules);
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

void rules_input(const struct rules *rules, const struct roster_card *card, struct decide_input *in)
{
	in->card = card;
	in->rights = card ? rules_find(rules, card->tier) : NULL;
	in->calendar = rules->calendar;
}
