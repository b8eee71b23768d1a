/* SPDX-License-Identifier: Apache-2.0 */
#include "core/standing.h"

#include <stddef.h>

#define DAY_MINUTES 1440
#define DATE_MAX 2932896 /* 9999-12-31 */

/* Minutes since 1970-01-01 00:00, local. */
static int64_t moment_of(int32_t date, uint16_t minute)
{
	return (int64_t)date * DAY_MINUTES + minute;
}

static bool date_possible(int32_t date)
{
	return date >= 0 && date <= DATE_MAX;
}

void standing_init(struct standing *s, uint64_t member)
{
	*s = (struct standing){.member = member, .date = DATE_NONE};
}

static bool counts_valid(const struct standing *s)
{
	int days;

	if (s->year == 0)
		return s->month == 0 && s->days == 0 && s->halves == 0 && s->visits == 0 &&
		       s->minutes == 0 && s->extra == 0;
	if (s->year < 1970 || s->year > 9999 || s->month < 1 || s->month > 12)
		return false;
	days = civil_month_days(s->year, s->month);
	return (uint64_t)s->days >> days == 0 && s->halves >> 2 * days == 0;
}

bool standing_valid(const struct standing *s)
{
	if (s->member == 0 || s->member > INT64_MAX || s->minute >= DAY_MINUTES || !counts_valid(s))
		return false;
	if (s->date == DATE_NONE)
		return !s->inside && s->minute == 0;
	return date_possible(s->date);
}

/* ---- time passes ---- */

/* Minutes of [from, until) that lie in the standing's month. */
static void add_minutes(struct standing *s, int64_t from, int64_t until)
{
	int64_t first, end;

	if (s->year == 0)
		return;
	first = moment_of(civil_date(s->year, s->month, 1), 0);
	end = first + (int64_t)civil_month_days(s->year, s->month) * DAY_MINUTES;
	from = from < first ? first : from;
	until = until > end ? end : until;
	if (until > from)
		s->minutes += (uint32_t)(until - from);
}

/* A later month begins with nothing used. False for a moment of an earlier one. */
static bool turn_month(struct standing *s, const struct civil *now)
{
	int month = s->year * 12 + s->month, to = now->year * 12 + now->month;

	if (to <= month)
		return to == month;
	s->year = now->year;
	s->month = now->month;
	s->days = s->visits = s->minutes = 0;
	s->halves = 0;
	s->extra = 0;
	return true;
}

static void leave(struct standing *s, int64_t moment)
{
	if (!s->free)
		add_minutes(s, moment_of(s->date, s->minute), moment);
	s->inside = s->free = false;
	s->date = (int32_t)(moment / DAY_MINUTES);
	s->minute = (uint16_t)(moment % DAY_MINUTES);
}

static void check_out(struct standing *s, uint16_t checkout_minute, const struct civil *now)
{
	struct presence presence = standing_presence(s, NULL);
	int64_t day = s->minute < checkout_minute ? s->date : (int64_t)s->date + 1;

	if (s->inside && !presence_inside(&presence, checkout_minute, now))
		leave(s, day * DAY_MINUTES + checkout_minute);
}

void standing_settle(struct standing *s, uint16_t checkout_minute, const struct civil *now)
{
	turn_month(s, now);
	check_out(s, checkout_minute, now);
}

/* ---- events ---- */

static void take_unit(struct standing *s, const struct civil *at, enum allowance_kind pool)
{
	uint32_t before = standing_used(s, pool);
	unsigned half = 2u * (at->day - 1u) + (at->minute >= ALLOWANCE_NOON);

	s->days |= 1u << (at->day - 1u);
	s->halves |= 1ull << half;
	/* who came in later, at another door, was not inside yet */
	s->visits += !s->inside || moment_of(s->date, s->minute) > moment_of(at->date, at->minute);
	s->extra += (int32_t)(standing_used(s, pool) - before);
}

void standing_take(struct standing *s, const struct standing_event *event, uint16_t checkout_minute)
{
	int64_t moment = moment_of(event->date, event->minute);
	struct civil at;
	bool this_month;

	if (!date_possible(event->date) || event->minute >= DAY_MINUTES)
		return;
	civil_from_date(event->date, &at);
	at.minute = event->minute;
	this_month = turn_month(s, &at);
	check_out(s, checkout_minute, &at);
	if (event->what == STANDING_UNIT || event->what == STANDING_FREE) {
		if (!s->inside) /* who came to work stays for the talk on their own time */
			s->free = event->what == STANDING_FREE;
		if (this_month && event->what == STANDING_UNIT)
			take_unit(s, &at, event->pool);
		return;
	}
	if (s->date != DATE_NONE && moment < moment_of(s->date, s->minute))
		return;
	if (event->what == STANDING_LEFT && s->inside) {
		leave(s, moment);
	} else if (!s->inside) { /* who is inside already came earlier */
		s->inside = event->what == STANDING_ARRIVED;
		s->date = event->date;
		s->minute = event->minute;
	}
}

/* ---- what it means ---- */

static uint32_t bits(uint64_t map)
{
	uint32_t count = 0;

	for (; map != 0; map &= map - 1)
		count++;
	return count;
}

uint32_t standing_used(const struct standing *s, enum allowance_kind kind)
{
	switch (kind) {
	case ALLOWANCE_HOURS:
		return s->minutes;
	case ALLOWANCE_DAYS:
		return bits(s->days);
	case ALLOWANCE_HALF_DAYS:
		return bits(s->halves);
	case ALLOWANCE_VISITS:
		return s->visits;
	case ALLOWANCE_NONE:
		break;
	}
	return 0;
}

struct allowance_usage standing_usage(const struct standing *standing, enum allowance_kind kind,
	uint16_t checkout_minute, const struct civil *now)
{
	struct standing s = *standing;
	struct allowance_usage usage = {.year = now->year, .month = now->month};

	standing_settle(&s, checkout_minute, now);
	usage.last_date = DATE_NONE;
	if (s.year != now->year || s.month != now->month)
		return usage; /* the clock was set back over the month's end */
	if (s.days >> (now->day - 1u) & 1) {
		usage.last_date = now->date;
		usage.halves = s.halves >> 2u * (now->day - 1u) & 3;
	}
	if (s.inside && !s.free)
		add_minutes(&s, moment_of(s.date, s.minute), moment_of(now->date, now->minute));
	usage.used = standing_used(&s, kind);
	usage.extra = s.extra;
	return usage;
}

struct presence standing_presence(const struct standing *s, const struct civil *now)
{
	struct presence presence = {.inside = s->inside, .date = s->date, .minute = s->minute};
	int64_t ago_s;

	if (!now || !s->inside)
		return presence;
	ago_s = 60 * (moment_of(now->date, now->minute) - moment_of(s->date, s->minute) - 1) +
		now->second + 1;
	if (ago_s > 0)
		presence.since_s = ago_s > UINT32_MAX ? UINT32_MAX : (uint32_t)ago_s;
	return presence;
}

uint32_t standing_pool_left(
	uint32_t limit, uint32_t used, uint32_t own, uint16_t doors, bool hears_hub)
{
	uint32_t left = used < limit ? limit - used : 0;

	if (!hears_hub && doors > 1)
		left = left / doors + (left % doors > 0);
	return own < left ? left - own : 0;
}
