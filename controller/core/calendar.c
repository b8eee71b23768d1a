/* SPDX-License-Identifier: Apache-2.0 */
/* Holidays that were added, closures and special openings; calendar_england.c computes the rest. */
#include "core/calendar.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define DAY_MINUTES 1440

/* Where the date stands, or would stand. */
static unsigned find_date(const struct calendar *c, int32_t date)
{
	unsigned low = 0, high = c->date_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (c->dates[middle].date < date)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool calendar_holiday(const struct calendar *c, const struct civil *day)
{
	unsigned i;

	if (!c)
		return false;
	i = find_date(c, day->date);
	if (i < c->date_count && c->dates[i].date == day->date)
		return c->dates[i].holiday;
	return c->holidays == CALENDAR_HOLIDAYS_ENGLAND && calendar_england(day);
}

static bool date_possible(int32_t date)
{
	struct civil c;

	civil_from_date(date, &c);
	return c.date != DATE_NONE;
}

int calendar_date_set(struct calendar *c, int32_t date, bool holiday)
{
	unsigned i = find_date(c, date);

	if (!date_possible(date))
		return -EINVAL;
	if (i == c->date_count || c->dates[i].date != date) {
		if (c->date_count == CALENDAR_DATES_MAX)
			return -ENOSPC;
		memmove(&c->dates[i + 1], &c->dates[i], (c->date_count - i) * sizeof(c->dates[0]));
		c->date_count++;
	}
	c->dates[i] = (struct calendar_date){.date = date, .holiday = holiday};
	return 0;
}

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

bool calendar_exception_valid(const struct calendar_exception *e)
{
	if (!date_possible(e->first) || !date_possible(e->last) || e->first > e->last)
		return false;
	if (e->start >= DAY_MINUTES || e->end <= e->start || e->end > 2 * DAY_MINUTES)
		return false;
	if (!terminated(e->door, sizeof(e->door)) || (e->door[0] && !name_id_valid(e->door)))
		return false;
	return e->reason[0] && terminated(e->reason, sizeof(e->reason));
}

int calendar_exception_add(struct calendar *c, const struct calendar_exception *exception)
{
	unsigned i = c->exception_count;

	if (!calendar_exception_valid(exception))
		return -EINVAL;
	if (i == CALENDAR_EXCEPTIONS_MAX)
		return -ENOSPC;
	for (; i > 0 && c->exceptions[i - 1].first > exception->first; i--)
		c->exceptions[i] = c->exceptions[i - 1];
	c->exceptions[i] = *exception;
	c->exception_count++;
	return 0;
}

static bool on_date(const struct calendar_exception *e, int32_t date, unsigned minute)
{
	return date >= e->first && date <= e->last && minute >= e->start && minute < e->end;
}

static const struct calendar_exception *find_exception(
	const struct calendar *c, const char *door, const struct civil *now, bool open)
{
	for (unsigned i = 0; c && i < c->exception_count; i++) {
		const struct calendar_exception *e = &c->exceptions[i];

		if (e->open != open || (e->door[0] && strcmp(e->door, door) != 0))
			continue;
		if (on_date(e, now->date, now->minute) ||
			on_date(e, now->date - 1, now->minute + DAY_MINUTES))
			return e;
	}
	return NULL;
}

const struct calendar_exception *calendar_closure(
	const struct calendar *calendar, const char *door, const struct civil *now)
{
	return civil_valid(now) ? find_exception(calendar, door, now, false) : NULL;
}

const struct calendar_exception *calendar_opening(
	const struct calendar *calendar, const char *door, const struct civil *now)
{
	return civil_valid(now) ? find_exception(calendar, door, now, true) : NULL;
}
