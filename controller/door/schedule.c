/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planned unlock: told to the doorway with the time that is left, so that it ends by monotonic
 * time whatever happens to the clock; begun only with nothing in doubt.
 *
 * What fire, lockdown, a relock or the strike's maximum ended stays ended until that window is
 * over, through a restart, too.
 */
#include "base/log.h"
#include "door/door.h"
#include "door/plan.h"

#include <inttypes.h>

/* An end that differs less is not said again: clocks are corrected by milliseconds. */
#define SAME_MS 2000

/* The window that is open now. */
static bool look(const struct door *door, int64_t *ret_until_us)
{
	return *door->conf.unlock_hours &&
	       plan_open(&door->conf.unlock, door->roster.rules.calendar, door->conf.door,
		       clock_wall_us(), ret_until_us);
}

static bool is_spent(const struct door *door)
{
	return clock_wall_us() < door->schedule.spent_until_us;
}

static bool waits(const struct door *door)
{
	return door->conf.unlock_waits && clock_wall_us() >= door->schedule.opened_until_us;
}

bool schedule_waits(const struct door *door)
{
	int64_t until_us;

	return waits(door) && !is_spent(door) && look(door, &until_us);
}

static void keep_spent(struct door *door)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, door->schedule.spent_until_us);
	(void)sync_keep(door, "plan", text, 0);
}

void schedule_spend(struct door *door)
{
	int64_t until_us;

	if (!clock_trust_ok(door->clock) || is_spent(door) || !look(door, &until_us))
		return;
	door->schedule.spent_until_us = until_us;
	/* a fire that is there at start comes before the keeper: schedule_start keeps it */
	if (door->sync.keeper)
		keep_spent(door);
}

/* What the doorway has already is not said again. */
static bool is_told(const struct door *door, uint32_t ms)
{
	uint64_t due_ms = door->doorway.due_ms[DOORWAY_TIMER_SCHEDULE];
	uint64_t wished_ms = clock_mono_ms() + ms;

	if (due_ms == 0)
		return false;
	return due_ms < wished_ms + SAME_MS &&
	       (due_ms + SAME_MS > wished_ms ||
		       /* without an end: again once half of the day has passed */
		       (ms == UNLOCK_MS_MAX && due_ms > wished_ms - UNLOCK_MS_MAX / 2));
}

/* The doorway would refuse it, or nobody would know of it. */
static bool may(const struct door *door, uint32_t ms)
{
	const struct doorway *d = &door->doorway;
	bool begins = d->due_ms[DOORWAY_TIMER_SCHEDULE] == 0;

	/* without a roster nobody knows what is closed */
	if (!d->config.strike || d->fault || d->tamper || !door->roster.cache ||
		door->roster.rules.head.origin == CACHE_ORIGIN_EMPTY)
		return false;
	return !begins || (ms > SAME_MS && record_has_room(door));
}

static void tell(struct door *door, int64_t until_us)
{
	int64_t left_us = until_us - clock_wall_us();
	uint32_t ms = left_us < UNLOCK_MS_MAX * 1000LL ? (uint32_t)((left_us + 999) / 1000)
						       : UNLOCK_MS_MAX;
	char until[25], what[ENTRY_DETAIL_MAX + 1];
	struct door_cause cause = {.what = what};

	if (left_us <= 0 || is_told(door, ms) || !may(door, ms))
		return;
	clock_format_utc(until_us, until);
	snprintf(what, sizeof(what), "%s until %s",
		door->conf.unlock_waits ? "first person" : "plan", until);
	io_doorway_by(door, DOORWAY_EVENT_SCHEDULE, ms, &cause);
}

void schedule_apply(struct door *door)
{
	static const struct door_cause over = {.what = "plan"};
	int64_t until_us;

	/* one that is on ends by itself, whatever the clock says now */
	if (!door->doorway_timer || !*door->conf.unlock_hours || !door->doorway.trusted)
		return;
	if (look(door, &until_us) && !is_spent(door)) {
		if (door->doorway.fire || door->doorway.lockdown)
			schedule_spend(door);
		else if (!waits(door))
			tell(door, until_us);
	} else if (door->doorway.due_ms[DOORWAY_TIMER_SCHEDULE] != 0) {
		io_doorway_by(door, DOORWAY_EVENT_SCHEDULE, 0, &over);
	}
}

void schedule_open_up(struct door *door)
{
	int64_t until_us;

	if (!look(door, &until_us))
		return;
	door->schedule.opened_until_us = until_us;
	schedule_apply(door);
}

void schedule_start(struct door *door)
{
	CLEANUP(cleanup_free) char *text = NULL;
	int64_t *spent_us = &door->schedule.spent_until_us, kept_us;
	size_t size;

	if (keeper_value(door->sync.keeper, "plan", &text, &size) < 0 ||
		sscanf(text, "%" SCNd64, &kept_us) != 1)
		kept_us = 0;
	if (kept_us > *spent_us)
		*spent_us = kept_us;
	else if (kept_us < *spent_us)
		keep_spent(door);
}
