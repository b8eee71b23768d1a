/* SPDX-License-Identifier: Apache-2.0 */
/* Site settings, tiers, closures and openings, holidays, events of the registry. */
#pragma once

#include "store/registry.h"

struct registry_site {
	char site[NAME_ID_MAX];
	char title[REGISTRY_NAME_MAX + 1];
	struct roster_site roster;
	bool lockdown; /* site state; revision is its own count */
	struct revision state_revision;
	int64_t state_us;
	char state_actor[ENTRY_ACTOR_MAX + 1];
	uint64_t version;
};
int registry_site(struct registry *registry, struct registry_site *ret_site);
/* Takes title, holidays, warn_s and bound_s; bound 0 or 3600 … 90 days. */
int registry_site_change(struct registry *registry, const struct registry_site *site);
int registry_site_lockdown(struct registry *registry, bool lockdown, const char *actor);

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

/* A booked gathering: who is on its list comes with the check-in's issue; here its door is held. */
struct registry_event {
	uint64_t id;
	char title[REGISTRY_NAME_MAX + 1];
	char door[NAME_ID_MAX]; /* held open (event mode) from doors_from to doors_until; "": none
				 */
	int64_t doors_from_us;
	int64_t doors_until_us;
	uint32_t capacity; /* 0: not said */
	char note[REGISTRY_NOTE_MAX + 1];
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
