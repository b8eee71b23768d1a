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
/* Takes one that was zeroed or freed before, too. */
void rules_free(struct rules *rules);

/* The rights of a tier, or NULL. */
const struct decide_rights *rules_find(const struct rules *rules, uint32_t tier);

/* Fills card, rights and calendar of an input. card NULL: not in the roster. What in holds lives as
 * long as rules and card. */
void rules_input(
	const struct rules *rules, const struct roster_card *card, struct decide_input *in);
