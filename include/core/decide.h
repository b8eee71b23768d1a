/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may come in: one pure function, the same online and offline (design.md section 6).
 *
 * Steps run in the design's order; each can only deny, the first denial wins and nothing grants
 * before the last. What is not configured is a zero value and denies nothing. A full journal is not
 * here: that shows when the entry is written.
 *
 * Staff pass step 7 (roster age) and 8 (clock) with a warning and skip 11 to 14 (hours, allowance,
 * passback, second person); they never pass a date that a trusted clock shows to be over. Dates are
 * inclusive: valid until the 5th is valid on the 5th, to the last minute.
 *
 * Steps 10 and 11 look at the union of the tier's hours, special openings (more time for tiers that
 * have the door) and the card's events and guest passes, which give the door too. Ordinary hours
 * and guest passes end at a closure; special openings and events, which somebody set for that very
 * time, do not. outside_hours is said where no right covers the time, closed_day where only the
 * closure is in the way.
 */
#pragma once

#include "core/allowance.h"
#include "core/calendar.h"
#include "core/civil.h"
#include "core/hours.h"
#include "core/passback.h"
#include "core/reason.h"
#include "core/roster.h"
#include "core/uid.h"

#define RELEASE_MS_MIN 1000
#define RELEASE_MS_MAX 60000
#define RELEASE_MS_DEFAULT 5000

/* A stretch of the site's local time: minutes since 1970-01-01 00:00 local (decide_minute), end
 * exclusive. In the hour that clocks repeat both passes are inside. */
struct decide_span {
	int64_t from;
	int64_t until;
};

static inline int64_t decide_minute(int32_t date, uint16_t minute)
{
	return (int64_t)date * 1440 + minute;
}

enum decide_extra_kind {
	DECIDE_EXTRA_NONE,  /* the zero value gives nothing */
	DECIDE_EXTRA_EVENT, /* for who is on its list */
	DECIDE_EXTRA_GUEST, /* a guest pass of this card */
};

/* A dated right to this door beside the tier's. */
struct decide_extra {
	enum decide_extra_kind kind;
	bool on_list;  /* EVENT: this member or card is on the event's list */
	bool in_force; /* not called off; GUEST: the sponsor's membership is active */
	bool free;     /* EVENT: coming uses no allowance */
	uint64_t id;   /* the event, or the sponsor's member number */
	struct decide_span span;
};

struct decide_door {
	bool lockdown;
	bool needs_proof;        /* only cards that prove themselves cryptographically */
	uint32_t release_ms;     /* the door's own */
	uint32_t release_max_ms; /* bound on a member's longer release; 0: nobody has one */
	bool exit_reader;        /* on the inside: no allowance, no passback, opens nothing up */
	bool unlocked;        /* by hand, plan or fire: people pass without a tap, so no passback */
	bool tampered;        /* no first person opens up */
	bool waits_for_first; /* a planned unlock waits for its first person */
	uint32_t second_person_ms; /* two members' cards within this time; 0: one will do */
	struct passback passback;
	const char *id; /* whose closures and special openings count; NULL: only the site's */
};

/* A tier's rights at this door. */
struct decide_rights {
	uint32_t flags;            /* enum tier_flag bits */
	bool door;                 /* the door is among the tier's doors */
	const struct hours *hours; /* compiled; NULL: never */
	bool needs_proof;          /* the tier wants cards that prove themselves */
	struct allowance allowance;
};

enum decide_roster_age {
	DECIDE_ROSTER_AGE_UNBOUNDED, /* the site sets no bound (a door without a hub) */
	DECIDE_ROSTER_AGE_FRESH,
	DECIDE_ROSTER_AGE_WARN,    /* within the bound but old: warn_stale */
	DECIDE_ROSTER_AGE_UNKNOWN, /* after a restart with no trusted clock: warn_stale, step 8
				      decides */
	DECIDE_ROSTER_AGE_STALE,   /* past the bound */
};

enum decide_proof {
	DECIDE_PROOF_NONE, /* a bare number */
	DECIDE_PROOF_GENUINE,
	DECIDE_PROOF_FAILED,
};

struct decide_input {
	bool read_ok; /* false: the read failed, ask to try again */
	struct uid uid;
	const struct roster_card *card;     /* NULL: not in the roster */
	const struct decide_rights *rights; /* NULL: the card's tier is not in the roster */
	const struct decide_door *door;
	enum decide_roster_age roster_age;
	enum clock_trust clock;
	struct civil now; /* local time of the site; not looked at while the clock is untrusted */
	const struct calendar *calendar; /* NULL: no holidays, closures or special openings */
	enum decide_proof proof;
	const struct decide_extra *extras; /* those of this card at this door */
	size_t extra_count;
	struct allowance_usage usage; /* the member's */
	uint32_t pool_left;           /* units of the shared pool of the card, in the tier's kind */
	struct presence presence;     /* the member's */
	bool coming; /* granted a moment ago, and the door has not opened yet: pays no second visit
		      */
	uint64_t first_person; /* whose tap here was last refused with second_person_needed; 0
				  nobody */
	uint32_t first_person_ago_ms;
};

struct verdict {
	bool grant; /* false is the zero value; then everything but the reason is zero too */
	enum reason reason;
	uint32_t warnings; /* enum warning bits */
	uint32_t release_ms;
	bool opens_up;    /* the first person a planned unlock waits for */
	bool uses_unit;   /* the tap begins a unit: allowance_count it */
	bool from_pool;   /* of the shared pool: the member's own are spent */
	bool free;        /* it would begin a unit, were it not for a free event */
	uint64_t event;   /* the event whose list let this card in; 0 none */
	uint64_t sponsor; /* the host whose guest pass let this card in; 0 none */
};

/* Decides. Never fails: what cannot be decided is a denial with REASON_INTERNAL. */
struct verdict decide(const struct decide_input *in);

/*
 * How old a roster is: age_s since the hub signed it (known: by a trusted clock, or by monotonic
 * time since a genuine head came), warned of from warn_s, refused past bound_s. bound_s 0: no
 * bound; warn_s 0: no warning before the bound.
 */
enum decide_roster_age decide_roster_age(
	bool known, uint64_t age_s, uint64_t warn_s, uint64_t bound_s);

/* ---- the same decision, shown ---- */

#define DECIDE_NOTES_MAX 15
#define DECIDE_LOOKED_MAX 160 /* the longest reason of a closure fits */

enum decide_outcome {
	DECIDE_OUTCOME_SKIP, /* not configured, or not asked of staff */
	DECIDE_OUTCOME_PASS,
	DECIDE_OUTCOME_WARN, /* passed with a warning */
	DECIDE_OUTCOME_DENY, /* decided here */
};

/* One step as it went. */
struct decide_note {
	unsigned step;    /* its number in the order; 0: the input itself */
	const char *name; /* "card state" */
	enum decide_outcome outcome;
	enum reason reason;             /* REASON_NONE unless denied */
	uint32_t warnings;              /* those this step added */
	char looked[DECIDE_LOOKED_MAX]; /* "valid to 2026-12-31, today 2026-11-23"; cut if longer */
};

/* Decides as decide does and notes each step up to the one that decided: *ret_count notes. */
struct verdict decide_explain(const struct decide_input *in,
	struct decide_note notes[DECIDE_NOTES_MAX], unsigned *ret_count);

/* "skip", "pass", "warn", "deny". */
const char *decide_outcome_name(enum decide_outcome outcome);
