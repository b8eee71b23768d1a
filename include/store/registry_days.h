/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is in, what they use up, guests, loans, and what members are told.
 *
 * Presence and usage are made of the doors' entries, each once, inside registry_log_take: comings
 * and goings and the units that taps began are kept as rows, everything else is worked out from
 * them in the order of their time, so that it does not matter in which order doors could send.
 *
 * When an entry counts: by its own clock where the door trusted it and it is not a day ahead of the
 * hub's; else by the monotonic clock since the last such entry of the same boot of that door; else
 * at the moment the hub collected it. Local dates are the site's zone's.
 *
 * Whose event it was, and whether it was free, the door says that judged the tap. Where it had no
 * good clock it knew of no event, and where a host let the member in it judged nothing: then the
 * hub says so, by who is on the lists it has when it collects the entry and the moment that it
 * counts.
 */
#pragma once

#include "core/standing.h"
#include "store/registry.h"

/* A member, or a guest by their card: one of the two. */
struct registry_person {
	uint64_t member;
	uint64_t card;
};

/* ---- presence ---- */

struct registry_present {
	struct registry_person person;
	char name[REGISTRY_NAME_MAX + 1]; /* of the member, or on the guest pass */
	uint64_t sponsor;
	uint64_t event;
	int64_t since_us;
	char door[NAME_ID_MAX];           /* where they came in; "" where somebody said so */
	char zone[REGISTRY_ZONE_MAX + 1]; /* where the last door they passed leads; "": not said */
	bool sure; /* a contact or check-in saw them, and no door stood open since */
	char by[ENTRY_ACTOR_MAX + 1]; /* who said so; "": a door */
};
/* By when they came. *ret_rows: the caller frees. How many. */
int registry_present(struct registry *registry, struct registry_present **ret_rows);

/* Somebody says that a person came or left, and why. at_us 0: now; not ahead, not before the last
 * check-out. Inside a change. */
int registry_presence_correct(struct registry *registry, const struct registry_person *person,
	bool inside, int64_t at_us, const char *actor, const char *why);

/* ---- allowance ---- */

/* How a tap that used something counts, and why. */
enum registry_unit_how {
	REGISTRY_UNIT_COUNTS,
	REGISTRY_UNIT_FREE, /* a free event */
	REGISTRY_UNIT_POOL, /* the shared pool paid */
	REGISTRY_UNIT_SAME, /* the same day, half day or stay counted already, at another door */
	REGISTRY_UNIT_FORGIVEN, /* a host took it off */
};
struct registry_unit {
	uint64_t entry; /* its number in the log */
	int64_t at_us;
	int32_t date;
	uint16_t minute;
	char door[NAME_ID_MAX];
	uint64_t event;
	uint64_t pool;
	uint32_t minutes; /* of hours: how long the stay was, in this month and so far */
	enum registry_unit_how how;
};
const char *registry_unit_how_name(enum registry_unit_how how);

struct registry_correction {
	uint64_t id;
	int32_t units;
	uint64_t entry; /* the unit it forgives; 0: none */
	char by[ENTRY_ACTOR_MAX + 1];
	char why[REGISTRY_NOTE_MAX + 1];
	int64_t at_us;
};

#define REGISTRY_UNITS_MAX 400 /* of one member and month; later ones are not told */
struct registry_allowance {
	struct allowance allowance; /* the tier's */
	struct standing standing;
	uint32_t used; /* in the tier's kind, with a stay going on */
	size_t unit_count;
	struct registry_unit units[REGISTRY_UNITS_MAX];
	size_t correction_count;
	struct registry_correction corrections[REGISTRY_UNITS_MAX];
};
/* A member's month, 12 * year + month - 1 (0: this one). */
int registry_allowance(struct registry *registry, uint64_t member, int32_t month,
	struct registry_allowance *ret_allowance);
/* The months of which the member used or was given something, ascending: how many. */
int registry_allowance_months(
	struct registry *registry, uint64_t member, int32_t *months, size_t room);
/* Gives units (below 0: takes), or forgives what an entry used, whatever units says: its unit, the
 * minutes of its stay, or the pool's unit. This month alone where month is 0. -EPERM where the
 * entry used nothing of its own. Inside a change. */
int registry_allowance_give(struct registry *registry, uint64_t member, int32_t month,
	int32_t units, uint64_t entry, const char *actor, const char *why);
/* 12 * year + month - 1 of a local date. */
int32_t registry_month_of(int32_t date);

struct registry_pool {
	uint64_t id;
	char name[REGISTRY_NAME_MAX + 1];
	enum allowance_kind kind; /* days, half days or visits */
	uint32_t limit;
	uint32_t used; /* this month */
	uint32_t members;
	uint64_t version;
};
int registry_pool(struct registry *registry, uint64_t id, struct registry_pool *ret_pool);
int registry_pools(
	struct registry *registry, uint64_t after, struct registry_pool *rows, size_t limit);
int registry_pool_add(
	struct registry *registry, const struct registry_pool *pool, uint64_t *ret_id);
int registry_pool_change(struct registry *registry, const struct registry_pool *pool);
/* -EPERM while members are in it. */
int registry_pool_remove(struct registry *registry, uint64_t id, uint64_t version);

/* ---- guests and loans ---- */

struct registry_guest {
	uint64_t id;
	uint64_t sponsor;
	char name[REGISTRY_NAME_MAX + 1];
	uint64_t card;
	char door[NAME_ID_MAX]; /* "": every door */
	int64_t from_us;
	int64_t until_us;
	char made_by[ENTRY_ACTOR_MAX + 1];
	int64_t made_us;
	char ended_by[ENTRY_ACTOR_MAX + 1]; /* "": by itself */
	int64_t ended_us;                   /* 0: not yet */
	int64_t arrived_us;                 /* first; 0: not yet */
};
int registry_guest(struct registry *registry, uint64_t id, struct registry_guest *ret_guest);
/*
 * A guest pass on a spare card: one that lies in the drawer. -EPERM for a card in use, a sponsor
 * who is not active or has as many guests at once as the site allows. Inside a change.
 */
int registry_guest_add(
	struct registry *registry, const struct registry_guest *guest, uint64_t *ret_id);
/* The card lies in the drawer again. -EPERM where it has ended. actor "": it ran out. */
int registry_guest_end(struct registry *registry, uint64_t id, const char *actor);
/* By id; active: only those that have not ended; sponsor 0: of all. */
int registry_guests(struct registry *registry, uint64_t after, uint64_t sponsor, bool active,
	struct registry_guest *rows, size_t limit);

/* Lends a spare card to a member until the day's check-out. Inside a change. */
int registry_card_lend(
	struct registry *registry, uint64_t card, uint64_t member, const char *actor);

struct registry_notice {
	uint64_t id;
	uint64_t member;
	char text[REGISTRY_NOTE_MAX + 1];
	int64_t at_us;
};
int registry_notice_add(struct registry *registry, uint64_t member, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Newest first, from below this number on; 0: the newest. */
int registry_notices(struct registry *registry, uint64_t member, uint64_t below,
	struct registry_notice *rows, size_t limit);

/* ---- housekeeping ---- */

/* Ends guest passes and loans whose time is over, and settles who was still in at the check-out.
 * Once a minute; inside a change. How many passes and loans ended. */
int registry_days_tick(struct registry *registry);
