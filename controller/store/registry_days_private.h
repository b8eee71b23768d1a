/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about days share: reckoning, standings, and what doors are told of them. */
#pragma once

#include "registry_private.h"
#include "store/registry_days.h"

/* ---- registry_reckon.c: what a batch's entries move ---- */

/* The last moment at which this journal's door knew the time. */
struct registry_clock {
	bool known;
	uint8_t boot[16];
	uint64_t mono_us;
	int64_t wall_us;
};
#define REGISTRY_RECKON_MAX 1024 /* members of one batch */
struct registry_reckoning {
	const char *door;
	int64_t collected_us;
	struct registry_clock clock; /* moved on by each entry */
	size_t count;
	uint64_t members[REGISTRY_RECKON_MAX]; /* whose standing may have moved */
	uint64_t pools[REGISTRY_RECKON_MAX];   /* and pools */
	size_t pool_count;
};
int registry_log_clock(struct registry *registry, int64_t chain, struct registry_clock *ret_clock);
/* The moment at which an entry that comes next counts. */
int64_t registry_moment(const struct registry_reckoning *reckoning, const struct entry *entry);
/* One new entry, by its number in the log. */
int registry_reckon(struct registry *registry, struct registry_reckoning *reckoning, int64_t id,
	const struct entry *entry);
/* After the batch: doors are told. */
int registry_reckon_finish(struct registry *registry, const struct registry_reckoning *reckoning);

/* ---- registry_presence.c ---- */

struct registry_move {
	struct registry_person person;
	int64_t at_us;
	bool inside;
	bool sure;
	const char *door;
	int64_t entry; /* 0: somebody said so */
	uint64_t sponsor;
	uint64_t event;
	const char *by;
	const char *why;
};
int registry_presence_add(struct registry *registry, const struct registry_move *move);
static inline int64_t registry_person_key(const struct registry_person *person)
{
	return person->member > 0 ? (int64_t)person->member : -(int64_t)person->card;
}

/* ---- registry_standing.c ---- */

/* The site's check-out minute, and whether doors are told who is in. */
int registry_checkout(struct registry *registry, uint16_t *ret_minute, bool *ret_presence_at_doors);
/* The last check-out at or before, and the first after: beyond them nobody stays inside. */
int64_t registry_checkout_before(int64_t at_us, uint16_t minute);
int64_t registry_checkout_after(int64_t at_us, uint16_t minute);
/* Where a month begins and ends; what was asked for last is kept. */
const struct registry_month *registry_month_bounds(
	struct registry *registry, int32_t month, uint16_t minute);
/* A row of what a member did in a month, by time, then by `what` downwards: 2 a unit, 1 came, 0
 * left. flags: enum entry_use, of a unit. */
struct registry_standing_row {
	int64_t at_us;
	int what;
	uint32_t flags;
	uint64_t pool;
};
void registry_standing_take(const struct registry_standing_row *row, enum allowance_kind kind,
	uint16_t minute, struct standing *standing);
/* After all rows of the month: up to now_us. */
void registry_standing_finish(
	const struct registry_month *month, int64_t now_us, struct standing *standing);
/* And with what hosts gave. */
int registry_standing_extra(struct registry *registry, int32_t month, struct standing *standing);
/* The member's month, up to now_us. */
int registry_standing(struct registry *registry, uint64_t member, int32_t month, int64_t now_us,
	struct standing *ret_standing);
/* Who was in when a month of these dates ended used it up to midnight. */
void registry_standing_end(struct standing *standing, int32_t first, int32_t end);
/* Units of the member's month that a pool paid: each once, and none that their own paid before. */
int registry_standing_pool(struct registry *registry, uint64_t member, int32_t month, uint64_t pool,
	enum allowance_kind kind, uint32_t *ret_units);
/* Tells the doors, where they need it. */
int registry_standing_publish(struct registry *registry, uint64_t member);
/* Of all: a tier's or the site's setting changed. tier 0: of everybody. */
int registry_standing_publish_all(struct registry *registry, uint32_t tier);

/* ---- registry_allowance_stays.c ---- */
/* Of an allowance of hours the units are stays: each with its minutes of the month. */
int registry_allowance_stays(struct registry *registry, uint64_t member, int32_t month,
	int64_t now_us, struct registry_allowance *allowance);

/* ---- registry_pool.c ---- */
int registry_pool_publish(struct registry *registry, uint64_t pool);
/* What the pool paid in a month, into pool->used, and for how many members. */
int registry_pool_month(
	struct registry *registry, struct registry_pool *pool, int32_t month, uint32_t *ret_users);
int registry_pool_publish_all(struct registry *registry);

/* ---- registry_guest.c ---- */
/* The pass that a card is on now: 1, 0, or negative errno. */
int registry_guest_of_card(
	struct registry *registry, uint64_t card, struct registry_guest *ret_guest);
int registry_guest_arrived(struct registry *registry, uint64_t card, int64_t at_us);
int registry_guest_publish(struct registry *registry, const struct registry_guest *guest);
/* 1 where it was ended. The card is left as it is. */
int registry_guest_close(struct registry *registry, uint64_t card, const char *actor);
int registry_guests_expire(struct registry *registry, int64_t now_us);

/* ---- registry_event_guest.c ---- */
int registry_event_arrived(struct registry *registry, uint64_t event,
	const struct registry_person *person, int64_t at_us);
/* What a door with a good clock would say: the first event of whose list the person is, and whether
 * one of them is free. No event: zeros. */
struct registry_attended {
	uint64_t event;
	bool free;
};
int registry_event_of(struct registry *registry, const struct registry_person *person,
	const char *door, int64_t at_us, struct registry_attended *ret_attended);
/* Every guest of an event, as the doors must know them. */
int registry_event_publish(struct registry *registry, uint64_t event);
/* Who was on one event's list is on the other's, too. */
int registry_event_invite_same(struct registry *registry, uint64_t from, uint64_t to);
int registry_event_guests_drop(struct registry *registry, uint64_t event);

/* ---- registry_event_hold.c ---- */
struct registry_event;
/* Tells the doors of events that begin soon. */
int registry_event_hold_due(struct registry *registry);
/* The event as it was is no more: its door need not stand open. */
int registry_event_unhold(struct registry *registry, const struct registry_event *event);

/* ---- registry_extra.c ---- */
/* A right beside the tier's, under the row it comes from. until_us in the past: taken away. */
struct registry_extra {
	enum decide_extra_kind kind;
	uint64_t row;
	struct registry_person person;
	uint64_t about; /* the event, or the sponsor */
	int64_t from_us;
	int64_t until_us;
	bool free;
	const char *door;
};
int registry_extra_put(struct registry *registry, const struct registry_extra *extra);
int registry_extra_drop(struct registry *registry, enum decide_extra_kind kind, uint64_t row);
/* Takes away those that are over. How many. */
int registry_extras_prune(struct registry *registry, int64_t now_us);
