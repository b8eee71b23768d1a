/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's rules as core/decide.h asks for them: what a door would decide if it knew all that
 * the hub knows now. Where doors and hub could differ the roster's own records count.
 */
#pragma once

#include "store/registry_site.h"
#include "store/rules.h"

/* The site's calendar, with the closures and special openings that end on or after `since` (as many
 * as a door holds). */
int registry_calendar(struct registry *registry, int32_t since, struct calendar *ret_calendar);

/* What the rules of all doors are made of, read once for an answer about many. */
struct registry_rulebook {
	struct registry *registry;
	struct cache_head head;
	struct calendar *calendar;
	size_t tier_count;
	struct registry_tier *tiers; /* by number, as in the rules of each door */
	struct rules_tier *usual;    /* what each is where a door has no hours of its own */
};

/* Closures and openings from `since` on. 0 or negative errno; free it in either case. */
int registry_rulebook_read(
	struct registry *registry, int32_t since, struct registry_rulebook *ret_book);
/* Takes one that was zeroed or freed before, too. */
void registry_rulebook_free(struct registry_rulebook *book);

/* The rules of a door by its name; they outlive the book. Free with rules_free. */
int registry_rulebook_door(
	const struct registry_rulebook *book, const char *door, struct rules *ret_rules);

/* A card as the doors know it: 1, 0 where they do not, or negative errno. */
int registry_rules_card(struct registry *registry, uint64_t card, struct roster_card *ret_card);

/* What rules_member tells of a card, from the registry. */
int registry_rules_member(struct registry *registry, const struct roster_card *card,
	const char *door, const struct civil *now, int64_t now_us, struct rules_member *ret_member);
