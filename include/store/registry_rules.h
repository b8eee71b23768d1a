/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's rules as core/decide.h asks for them: what a door would decide if it knew all that
 * the hub knows now. Where doors and hub could differ the roster's own records count.
 */
#pragma once

#include "store/registry.h"
#include "store/rules.h"

/* The site's calendar, with the closures and special openings that end on or after `since` (as many
 * as a door holds). */
int registry_calendar(struct registry *registry, int32_t since, struct calendar *ret_calendar);

/* The rules of a door by its name, closures and openings from `since` on; free with rules_free. */
int registry_rules(
	struct registry *registry, const char *door, int32_t since, struct rules *ret_rules);

/* A card as the doors know it: 1, 0 where they do not, or negative errno. */
int registry_rules_card(struct registry *registry, uint64_t card, struct roster_card *ret_card);

/* What rules_member tells of a card, from the registry. */
int registry_rules_member(struct registry *registry, const struct roster_card *card,
	const char *door, const struct civil *now, int64_t now_us, struct rules_member *ret_member);
