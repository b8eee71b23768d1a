/* SPDX-License-Identifier: Apache-2.0 */
/* Site settings, tiers, closures and openings, holidays, events of the registry. */
#pragma once

#include "store/registry.h"

struct registry_site {
	char site[NAME_ID_MAX];
	char title[REGISTRY_NAME_MAX + 1];
	struct roster_site roster;
	uint32_t guests_max;    /* guests of one sponsor at once */
	bool presence_at_doors; /* doors are told who is in: for passback and check-in points */
	bool lockdown;          /* site state; revision is its own count */
	struct revision state_revision;
	int64_t state_us;
	char state_actor[ENTRY_ACTOR_MAX + 1];
	uint64_t version;
};
int registry_site(struct registry *registry, struct registry_site *ret_site);
/* Takes title, holidays, warn_s, bound_s (0, or 3600 … 90 days), checkout_minute, guests_max and
 * presence_at_doors. */
int registry_site_change(struct registry *registry, const struct registry_site *site);
int registry_site_lockdown(struct registry *registry, bool lockdown, const char *actor);

/* The public half of the wardens' key (crypto/warden.h), which the roll call is sealed to. */
#define REGISTRY_WARDENS_KEY_SIZE 32
struct registry_wardens {
	bool set; /* else there are none, and no roll call */
	uint8_t public[REGISTRY_WARDENS_KEY_SIZE];
	char set_by[ENTRY_ACTOR_MAX + 1];
	int64_t set_us;
};
int registry_wardens(struct registry *registry, struct registry_wardens *ret_wardens);
/* NULL: there are none any more. Inside a change. */
int registry_wardens_set(struct registry *registry, const uint8_t *public, const char *actor);

/* How long things are kept; what is older goes, at most an hour later. */
struct registry_retention {
	uint32_t entries_days;  /* 31 … 3660: the log, and who came and went by it */
	uint32_t unknown_hours; /* 1 … 720: the tokens of cards that nobody knows */
	uint32_t names_days; /* 1 … 366 after its end: of an event's guests who are no members, and
				on guest passes; the counts stay */
	uint32_t audit_days;   /* 31 … 3660 */
	uint32_t notices_days; /* 7 … 366 */
	uint64_t version;
};
int registry_retention(struct registry *registry, struct registry_retention *ret_retention);
/* -EINVAL out of bounds, -EAGAIN changed meanwhile. Inside a change. */
int registry_retention_change(
	struct registry *registry, const struct registry_retention *retention);

struct registry_forgotten {
	uint64_t entries; /* whole segments of the doors' journals: what is left verifies */
	uint64_t unknown;
	uint64_t names;
	uint64_t audit;
	uint64_t notices;
	bool more; /* there is more to do: call again soon */
};
/*
 * Forgets what is past its retention, a bounded piece of it. Inside a change. Where the clock went
 * forward by more than 40 days since the last time, or back, it may be the clock that is wrong:
 * -EAGAIN unless sure, and nothing goes.
 */
int registry_forget(struct registry *registry, bool sure, struct registry_forgotten *ret_forgotten);

struct registry_tier {
	char name[REGISTRY_NAME_MAX + 1];
	struct roster_tier roster; /* tier: its number */
	uint64_t version;
};
/* Hours that do not compile are -EINVAL, registry_error pointing at the character. */
int registry_tier(struct registry *registry, uint32_t tier, struct registry_tier *ret_tier);
int registry_tier_add(
	struct registry *registry, const struct registry_tier *tier, uint32_t *ret_tier);
int registry_tier_change(struct registry *registry, const struct registry_tier *tier);
/* -EPERM while members are in it. */
int registry_tier_remove(struct registry *registry, uint32_t tier, uint64_t version);
/* By number, ascending. */
int registry_tiers(
	struct registry *registry, uint32_t after, struct registry_tier *rows, size_t limit);

struct registry_exception { /* a closure or a special opening */
	uint64_t id;
	struct calendar_exception row;
	uint64_t version;
};
int registry_exception(
	struct registry *registry, uint64_t id, struct registry_exception *ret_exception);
int registry_exception_add(
	struct registry *registry, const struct calendar_exception *row, uint64_t *ret_id);
int registry_exception_change(
	struct registry *registry, const struct registry_exception *exception);
int registry_exception_remove(struct registry *registry, uint64_t id, uint64_t version);
/* By id, ascending; open: 1 openings, 0 closures, -1 both; only those that end on or after `since`
 * (DATE_NONE: all). */
int registry_exceptions(struct registry *registry, uint64_t after, int open, int32_t since,
	struct registry_exception *rows, size_t limit);

/* An answer for one date; remove: what is computed counts again. */
int registry_holiday_set(struct registry *registry, int32_t date, bool holiday);
int registry_holiday_remove(struct registry *registry, int32_t date);
int registry_holidays(
	struct registry *registry, int32_t after, struct calendar_date *rows, size_t limit);

/* A booked gathering. Who is on its list may come in from before_minutes before it starts until
 * after_minutes after it ends. */
struct registry_event {
	uint64_t id;
	char title[REGISTRY_NAME_MAX + 1];
	char door[NAME_ID_MAX]; /* where they come in; "": at every door */
	int64_t doors_from_us;  /* 0: it is not held open */
	int64_t doors_until_us;
	uint32_t capacity;  /* 0: not said */
	uint32_t headcount; /* that a host counted; 0: not said */
	char note[REGISTRY_NOTE_MAX + 1];
	char room[REGISTRY_NAME_MAX + 1];
	int64_t starts_us;
	int64_t ends_us;
	uint32_t before_minutes;
	uint32_t after_minutes;
	bool free;       /* coming uses no allowance */
	uint64_t series; /* the first event of its series; 0: it stands alone */
	bool held;       /* read: its door was told to stand open */
	uint64_t version;
};
int registry_event(struct registry *registry, uint64_t id, struct registry_event *ret_event);
int registry_event_add(
	struct registry *registry, const struct registry_event *event, uint64_t *ret_id);
int registry_event_change(struct registry *registry, const struct registry_event *event);
int registry_event_remove(struct registry *registry, uint64_t id, uint64_t version);
/* By id, ascending; those that end after since_us (0: all). */
int registry_events(struct registry *registry, uint64_t after, int64_t since_us,
	struct registry_event *rows, size_t limit);
/* Makes a series of it, with its list: again every so many days at the same local time, `times` in
 * all. */
int registry_event_repeat(
	struct registry *registry, uint64_t id, uint32_t every_days, uint32_t times);

enum registry_arrival {
	REGISTRY_ARRIVAL_NONE,
	REGISTRY_ARRIVAL_TAP,
	REGISTRY_ARRIVAL_TICK,    /* a host saw them */
	REGISTRY_ARRIVAL_WALK_IN, /* was not on the list */
};
const char *registry_arrival_name(enum registry_arrival how);

struct registry_event_guest {
	uint64_t id;
	uint64_t event;
	char name[REGISTRY_NAME_MAX + 1]; /* read: the member's where it has none of its own */
	uint64_t member;                  /* 0: none; then only a name, or a card */
	uint64_t card;
	int64_t arrived_us; /* 0: not yet */
	enum registry_arrival how;
	char by[ENTRY_ACTOR_MAX + 1]; /* the host who ticked, or let in */
};
int registry_event_guest(
	struct registry *registry, uint64_t id, struct registry_event_guest *ret_guest);
/* By id. */
int registry_event_guests(struct registry *registry, uint64_t event, uint64_t after,
	struct registry_event_guest *rows, size_t limit);
/* 1 where a guest who is no member has this name; 0. */
int registry_event_has_name(struct registry *registry, uint64_t event, const char *name);
int registry_event_count(
	struct registry *registry, uint64_t event, uint32_t *ret_listed, uint32_t *ret_arrived);
/* Somebody more: on the list, or (how WALK_IN) in at once; -ENOSPC where the event is full, unless
 * over. Inside a change, as the following. */
int registry_event_guest_add(struct registry *registry, const struct registry_event_guest *guest,
	bool over, uint64_t *ret_id);
int registry_event_guest_remove(struct registry *registry, uint64_t id);
/* A host's tick, or its end. */
int registry_event_guest_tick(struct registry *registry, uint64_t id, bool came, const char *actor);
