/* SPDX-License-Identifier: Apache-2.0 */
#include "door/resolve.h"

#include "core/doorway.h"

static uint64_t ms_until(int64_t from_us, int64_t to_us)
{
	/* to is later; both are of 64 bits and either sign, and a part of a ms counts whole */
	uint64_t us = (uint64_t)to_us - (uint64_t)from_us;

	return us / 1000 + (us % 1000 != 0);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A time that is longer than the doorway takes at once is said again halfway through. */
static void open_for(struct resolve_wish *wish, enum resolve_open open, uint64_t ms)
{
	wish->open = open;
	wish->open_ms = (uint32_t)smaller(ms, UNLOCK_MS_MAX);
	wish->again_ms = ms > UNLOCK_MS_MAX ? UNLOCK_MS_MAX / 2 : 0;
}

static void look_at_hold(const struct resolve_facts *f, struct resolve_wish *wish)
{
	if (f->hold_until_us <= f->hold_from_us)
		return;
	if (!f->time_known)
		wish->again_ms = RESOLVE_LOOK_MS;
	else if (f->now_us < f->hold_from_us)
		wish->again_ms = smaller(ms_until(f->now_us, f->hold_from_us), RESOLVE_LOOK_MS);
	else if (f->now_us < f->hold_until_us)
		open_for(wish, f->event ? RESOLVE_OPEN_EVENT : RESOLVE_OPEN_HOLD,
			ms_until(f->now_us, f->hold_until_us));
}

struct resolve_wish resolve_state(const struct resolve_facts *f)
{
	struct resolve_wish wish = {.lockdown = f->site_lockdown || f->mode == DOOR_MODE_LOCKDOWN};

	if (f->spent)
		return wish;
	if (f->mode == DOOR_MODE_UNLOCKED)
		open_for(&wish, RESOLVE_OPEN_HOLD, UINT64_MAX);
	else
		look_at_hold(f, &wish);
	if (wish.lockdown && wish.open != RESOLVE_OPEN_NO) {
		wish.spends = true;
		wish.open = RESOLVE_OPEN_NO;
		wish.open_ms = 0;
		wish.again_ms = 0;
	}
	return wish;
}
