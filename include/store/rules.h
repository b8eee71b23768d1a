/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cache holds for one door, ready for core/decide.h: the door and every question about it
 * ("tapin explain") come by their decisions through here, so that both get the same answer.
 */
#pragma once

#include "core/decide.h"
#include "store/cache.h"

struct rules_tier {
	uint32_t tier;
	struct decide_rights rights; /* its hours point here; NULL: refused, so never open */
	struct hours hours;
	const char *refused; /* static text: why the hours cannot be read, or NULL */
};

struct rules {
	struct cache_head head;
	bool door_listed; /* the roster knows this door */
	size_t tier_count;
	struct rules_tier *tiers;
	struct calendar *calendar;
};

/* Reads and compiles everything but the cards, as of one roster. 0 or negative errno, *ret_rules
 * then untouched. Free with rules_free. */
int rules_load(struct cache *cache, const char *door, struct rules *ret_rules);
/* Gives a tier these hours: for rules that come from elsewhere (store/registry_rules.h). */
void rules_tier_compile(const char *hours, struct rules_tier *tier);
/* Takes one that was zeroed or freed before, too. */
void rules_free(struct rules *rules);

/* The rights of a tier, or NULL. */
const struct decide_rights *rules_find(const struct rules *rules, uint32_t tier);

#define RULES_EXTRAS_MAX 16 /* of one card at one door that are not over; the earliest count */

/* What the roster says of a card's member at the door; the standing is theirs to add to. */
struct rules_member {
	struct decide_extra extras[RULES_EXTRAS_MAX];
	size_t extra_count;
	struct standing standing;
	struct roster_pool pool; /* id 0: none */
};

/* now NULL: no trusted clock. 0, -EBADMSG for a row that cannot be, or negative errno. */
int rules_member(struct cache *cache, const struct rules *rules, const struct roster_card *card,
	const char *door, const struct civil *now, struct rules_member *ret_member);

/* Fills extras, usage, presence and pool of an input that rules_input was called on and whose time
 * is set. pool_used: units of the pool that its roster does not count yet. What in holds lives as
 * long as member. */
void rules_member_input(const struct rules *rules, const struct rules_member *member,
	uint32_t pool_used, bool hears_hub, struct decide_input *in);

/* Fills card, rights and calendar of an input. card NULL: not in the roster. What in holds lives as
 * long as rules and card. */
void rules_input(
	const struct rules *rules, const struct roster_card *card, struct decide_input *in);
