/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a member stands: what they have used of a calendar month, and whether they are in.
 *
 * A standing is made of events in the order of their local time, at the door and at the hub by the
 * same function. Days and half days are bits, so that the same day counts once however many doors
 * saw its first tap and however often it is told; a visit counts unless the member was inside at
 * that moment, minutes count from arriving to leaving. Taking the same event twice is harmless for
 * days, half days and presence, not for visits and minutes: whoever keeps a standing takes each
 * entry once. The month changes at local midnight: counts begin at zero, presence goes on, and the
 * minutes of a stay count in the month they lie in.
 *
 * Nobody is inside beyond the check-out minute (core/passback.h): the stay ends there.
 */
#pragma once

#include "core/allowance.h"
#include "core/passback.h"
#include <stdbool.h>
#include <stdint.h>

struct standing {
	uint64_t member;
	int16_t year; /* of the counts; 0: none yet */
	uint8_t month;
	uint32_t days;   /* bit d - 1: a unit began on the d-th */
	uint64_t halves; /* bit 2 (d - 1): before noon of the d-th; the next: from noon */
	uint32_t visits;
	uint32_t minutes; /* of stays that are over */
	int32_t extra;    /* units a host gave (below 0: took) or a shared pool paid, this month */
	bool inside;
	bool free; /* inside: the stay began at a free event, no minute of it counts; else: the last
		      tap was at one */
	int32_t date; /* when they came, or left; DATE_NONE: never seen */
	uint16_t minute;
};

enum standing_what {
	STANDING_UNIT,    /* a granted tap that began a unit */
	STANDING_ARRIVED, /* came in */
	STANDING_LEFT,
	STANDING_FREE, /* a granted tap at a free event: a stay that it begins uses no minutes */
};

struct standing_event {
	enum standing_what what;
	int32_t date; /* local */
	uint16_t minute;
	enum allowance_kind pool; /* UNIT: what the shared pool paid; NONE: it did not */
};

/* Nobody seen, nothing used. */
void standing_init(struct standing *standing, uint64_t member);

/* True where every field can be: bits of days that the month has, a possible date. */
bool standing_valid(const struct standing *standing);

/* Takes one event. One of an earlier month than the standing's uses nothing of this month; one from
 * before the last coming or leaving says nothing of where the member is now. Events with a date
 * that cannot be are ignored. */
void standing_take(
	struct standing *standing, const struct standing_event *event, uint16_t checkout_minute);

/* Brings a standing up to now: the month, and the check-out that has passed. */
void standing_settle(struct standing *standing, uint16_t checkout_minute, const struct civil *now);

/* Units of this kind in the standing's month, without a stay that goes on. */
uint32_t standing_used(const struct standing *standing, enum allowance_kind kind);

/* What core/decide.h asks of a member at now: for HOURS with the minutes of a stay going on. */
struct allowance_usage standing_usage(const struct standing *standing, enum allowance_kind kind,
	uint16_t checkout_minute, const struct civil *now);
/* since_s by the site's clock, at least: the minute of arrival counts as not begun. 0 where now is
 * NULL. */
struct presence standing_presence(const struct standing *standing, const struct civil *now);

/*
 * What a door may use of a shared pool: all that is left while it hears the hub, else its share,
 * rounded up. own: units this door used that are not in `used` yet. With n doors cut off at once
 * the pool is overused by less than n units.
 */
uint32_t standing_pool_left(
	uint32_t limit, uint32_t used, uint32_t own, uint16_t doors, bool hears_hub);
