/* SPDX-License-Identifier: Apache-2.0 */
/* What gives a card a right at a door: its tier, and extra rights that have a time. */
#include "decide_private.h"

#include <stddef.h>
#include <string.h>

uint32_t decide_flags(const struct decide_input *in)
{
	return in->rights ? in->rights->flags : 0;
}

bool decide_staff(const struct decide_input *in)
{
	return (decide_flags(in) & TIER_FLAG_STAFF) != 0;
}

bool decide_tier_has_door(const struct decide_input *in)
{
	return in->rights && in->rights->door;
}

const struct hours *decide_hours(const struct decide_input *in)
{
	return in->rights ? in->rights->hours : NULL;
}

const struct civil *decide_now(const struct decide_input *in)
{
	return clock_trust_ok(in->clock) ? &in->now : NULL;
}

static bool extra_usable(const struct decide_extra *extra)
{
	switch (extra->kind) {
	case DECIDE_EXTRA_EVENT:
		return extra->in_force && extra->on_list;
	case DECIDE_EXTRA_GUEST:
		return extra->in_force;
	case DECIDE_EXTRA_NONE:
		break;
	}
	return false;
}

bool decide_any_extra(const struct decide_input *in)
{
	for (size_t i = 0; i < in->extra_count; i++)
		if (extra_usable(&in->extras[i]))
			return true;
	return false;
}

static bool span_covers(const struct decide_span *span, const struct civil *now)
{
	int64_t minute = decide_minute(now->date, now->minute);

	return minute >= span->from && minute < span->until;
}

bool decide_extra_covers(const struct decide_input *in, const struct decide_extra *extra)
{
	const struct civil *now = decide_now(in);

	return now && extra_usable(extra) && span_covers(&extra->span, now);
}

/* The first extra of this kind that covers now, or NULL. */
const struct decide_extra *decide_find_extra(
	const struct decide_input *in, enum decide_extra_kind kind)
{
	for (size_t i = 0; i < in->extra_count; i++)
		if (in->extras[i].kind == kind && decide_extra_covers(in, &in->extras[i]))
			return &in->extras[i];
	return NULL;
}

static const char *door_id(const struct decide_input *in)
{
	return in->door->id ? in->door->id : "";
}

const struct calendar_exception *decide_closure(const struct decide_input *in)
{
	const struct civil *now = decide_now(in);

	return now ? calendar_closure(in->calendar, door_id(in), now) : NULL;
}

const struct calendar_exception *decide_opening(const struct decide_input *in)
{
	const struct civil *now = decide_now(in);

	if (!now || !decide_tier_has_door(in))
		return NULL;
	return calendar_opening(in->calendar, door_id(in), now);
}

bool decide_any_exception(const struct decide_input *in, bool open)
{
	const struct calendar *c = in->calendar;

	for (unsigned i = 0; c && i < c->exception_count; i++) {
		const struct calendar_exception *e = &c->exceptions[i];

		if (e->open == open && (!e->door[0] || strcmp(e->door, door_id(in)) == 0))
			return true;
	}
	return false;
}

bool decide_tier_open(const struct decide_input *in)
{
	const struct civil *now = decide_now(in);

	if (!decide_tier_has_door(in))
		return false;
	return now ? hours_open(decide_hours(in), in->calendar, now)
		   : hours_always(decide_hours(in));
}

bool decide_at_free_event(const struct decide_input *in)
{
	bool all_free = (decide_flags(in) & TIER_FLAG_EVENTS_FREE) != 0;

	for (size_t i = 0; i < in->extra_count; i++)
		if (in->extras[i].kind == DECIDE_EXTRA_EVENT && (in->extras[i].free || all_free) &&
			decide_extra_covers(in, &in->extras[i]))
			return true;
	return false;
}
