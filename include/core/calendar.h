/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Days that are not like others: public holidays, closures and special openings.
 *
 * Holidays: England's bank holidays as GOV.UK lists them, computed for every year from 1990 on,
 * and single dates that an import adds or takes away. When a fixed day falls on a weekend the
 * substitute day is the holiday and the day itself is not (Christmas Day 2022 was a Sunday: the
 * holiday is Tuesday 27 December). Who wants the date whatever its weekday writes it: "Dec 25 off".
 */
#pragma once

#include "core/civil.h"
#include "core/roster.h"
#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_DATES_MAX 256
#define CALENDAR_EXCEPTIONS_MAX 128
#define CALENDAR_REASON_MAX 80 /* bytes, without the NUL */

enum calendar_holidays {
	CALENDAR_HOLIDAYS_NONE, /* only the dates that were added */
	CALENDAR_HOLIDAYS_ENGLAND,
};

/* One date whose answer is given, whatever the computation says. */
struct calendar_date {
	int32_t date;
	bool holiday;
};

/* A closure or a special opening: the same hours on each date from first to last. */
struct calendar_exception {
	int32_t first; /* local dates, inclusive */
	int32_t last;
	uint16_t start;         /* minute of each of these dates, 0 … 1439 */
	uint16_t end;           /* exclusive; > start, up to 48:00 (2880); 0 and 1440: whole days */
	bool open;              /* a special opening; the zero value closes */
	char door[NAME_ID_MAX]; /* "": every door of the site */
	char reason[CALENDAR_REASON_MAX + 1];
};

/* No pointers: may be copied. All zeros is a calendar without holidays and exceptions. */
struct calendar {
	enum calendar_holidays holidays;
	uint16_t date_count;
	uint16_t exception_count;
	struct calendar_date dates[CALENDAR_DATES_MAX];                /* sorted, no date twice */
	struct calendar_exception exceptions[CALENDAR_EXCEPTIONS_MAX]; /* sorted by first */
};

/* What England's bank holiday on this day is called, "Good Friday"; NULL when there is none. From
 * the Banking and Financial Dealings Act 1971 and the proclamations up to 2023. */
const char *calendar_england(const struct civil *day);

/* Is this day a holiday? NULL calendar: no day is. */
bool calendar_holiday(const struct calendar *calendar, const struct civil *day);

/* Gives the answer for one date, replacing an earlier one. 0, -EINVAL for a date outside
 * 1970 … 9999, -ENOSPC beyond CALENDAR_DATES_MAX dates. */
int calendar_date_set(struct calendar *calendar, int32_t date, bool holiday);

/* Dates, minutes, door name and reason of a closure or special opening make sense. */
bool calendar_exception_valid(const struct calendar_exception *exception);

/* Adds a closure or special opening. 0, -EINVAL for dates or minutes that make no sense, an unsound
 * door name or a reason that is empty or not terminated, -ENOSPC beyond CALENDAR_EXCEPTIONS_MAX. */
int calendar_exception_add(struct calendar *calendar, const struct calendar_exception *exception);

/* The first closure, or special opening, that holds at this door and moment; NULL when none does.
 * Hours over midnight belong to the date they start on. NULL calendar: NULL. */
const struct calendar_exception *calendar_closure(
	const struct calendar *calendar, const char *door, const struct civil *now);
const struct calendar_exception *calendar_opening(
	const struct calendar *calendar, const char *door, const struct civil *now);
