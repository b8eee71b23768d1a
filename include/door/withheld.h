/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cards that a genuine delta takes the right from, remembered from the moment it is read until the
 * cache has it: a commit takes milliseconds, on an SD card a quarter of a second, and a revoked
 * card must not come in meanwhile. It can only take away.
 */
#pragma once

#include "core/roster_record.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WITHHELD_MAX 256 /* more come with the cache alone */

struct withheld_row {
	struct token token;
	enum card_state state;
	enum member_state member_state;
	struct revision until; /* that of the delta */
};

/* Zeros: nothing is withheld. */
struct withheld {
	size_t count;
	struct withheld_row rows[WITHHELD_MAX];
};

/* Notes each card of a run (core/roster_record.h) that is gone, not active, or of a member who is
 * not. A card that the run makes active again is noted no more. */
void withheld_note(struct withheld *withheld, const struct revision *revision, const uint8_t *run,
	size_t size);

/* Lowers a card's row to what is noted; leaves one alone that is not. */
void withheld_apply(const struct withheld *withheld, struct roster_card *card);

/* A roster of this revision is in force: what came up to it is in the cache. */
void withheld_clear(struct withheld *withheld, const struct revision *revision);
