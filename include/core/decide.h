/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may come in: one pure function, the same online and offline (design.md section 6).
 *
 * Steps run in the design's order; each can only deny, the first denial wins and nothing grants
 * before the last. Steps whose data does not exist yet (closed days, events, allowance, passback,
 * second person) are not here, nor is a full journal: that shows when the entry is written. A tier
 * flagged staff passes steps 7 (roster age) and 8 (clock) with a warning and 11 (hours) without; it
 * never passes a date that a trusted clock shows to be over. Dates are inclusive: valid until the
 * 5th is valid on the 5th.
 */
#pragma once

#include "core/calendar.h"
#include "core/civil.h"
#include "core/hours.h"
#include "core/reason.h"
#include "core/roster.h"
#include "core/uid.h"

#define RELEASE_MS_MIN 1000
#define RELEASE_MS_MAX 60000
#define RELEASE_MS_DEFAULT 5000

struct decide_door {
	bool lockdown;
	bool needs_proof;        /* only cards that prove themselves cryptographically */
	uint32_t release_ms;     /* the door's own */
	uint32_t release_max_ms; /* bound on a member's longer release; 0: nobody has one */
};

/* A tier's rights at this door. */
struct decide_rights {
	uint32_t flags;            /* enum tier_flag bits */
	bool door;                 /* the door is among the tier's doors */
	const struct hours *hours; /* compiled; NULL: never */
};

enum decide_roster_age {
	DECIDE_ROSTER_AGE_UNBOUNDED, /* the site sets no bound (a door without a hub) */
	DECIDE_ROSTER_AGE_FRESH,
	DECIDE_ROSTER_AGE_WARN,    /* within the bound but old: warn_stale */
	DECIDE_ROSTER_AGE_UNKNOWN, /* after a restart with no trusted clock: warn_stale, step 8
				      decides */
	DECIDE_ROSTER_AGE_STALE,   /* past the bound */
};

struct decide_input {
	bool read_ok; /* false: the read failed, ask to try again */
	struct uid uid;
	const struct roster_card *card;     /* NULL: not in the roster */
	const struct decide_rights *rights; /* NULL: the card's tier is not in the roster */
	const struct decide_door *door;
	enum decide_roster_age roster_age;
	enum clock_trust clock;
	const struct calendar *calendar; /* NULL: no holidays, closures or special openings */
	struct civil now; /* local time of the site; not looked at while the clock is untrusted */
};

struct verdict {
	bool grant; /* false is the zero value */
	enum reason reason;
	uint32_t warnings;   /* enum warning bits; 0 when denied */
	uint32_t release_ms; /* 0 when denied */
};

/* Decides. Never fails: what cannot be decided is a denial with REASON_INTERNAL. */
struct verdict decide(const struct decide_input *in);
