/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which card lies on the reader, and when one counts: select answers in, arrivals and removals out.
 *
 * One select of the chip names one card, even when two are in the field. The rules:
 *
 *  - A card arrives when a select names it and no card is present.
 *  - The present card is removed when `misses` selects in a row did not name it: nobody there, or
 *    another card. If it was another card, that one arrives with the same select.
 *  - A card counts once between two empty fields; the field is empty when `misses` selects in a row
 *    named nobody. So two cards that the chip names in turn count once each at most, and a card
 *    that was counted must leave before it counts again.
 *  - At most PRESENCE_SEEN_MAX cards count between two empty fields: a phone that makes up a new
 *    UID again and again is not heard again until it is taken away.
 *  - Bytes may be exchanged only with a card that was counted and that the last select named.
 */
#pragma once

#include "core/uid.h"
#include <stdbool.h>
#include <stdint.h>

#define PRESENCE_SEEN_MAX 4

struct presence {
	uint32_t misses;  /* selects in a row, 1 or more */
	uint32_t handle;  /* of the present card; 0: none present, or it does not count */
	uint32_t handles; /* given so far */
	uint32_t missed;  /* selects in a row that did not name the present card */
	uint32_t empty;   /* selects in a row that named nobody */
	bool here;        /* a card is present */
	bool selected;    /* the last select named it */
	struct uid uid;   /* of the present card */
	struct uid seen[PRESENCE_SEEN_MAX];
	uint32_t seen_count;
};

/* What one select changed: handles, or 0. The removal comes first. */
struct presence_change {
	uint32_t removed;
	uint32_t arrived;
};

void presence_init(struct presence *presence, uint32_t misses);

/* A select named this card. */
struct presence_change presence_card(struct presence *presence, const struct uid *uid);

/* A select named nobody. */
struct presence_change presence_nobody(struct presence *presence);

/* The reader was lost or did not answer: nothing is known, so nothing arrives or leaves. */
void presence_unknown(struct presence *presence);

/* True when bytes sent to the card reach the card of this handle. */
bool presence_reaches(const struct presence *presence, uint32_t handle);
