/* SPDX-License-Identifier: Apache-2.0 */
/* England's bank holidays, computed. */
#include "core/calendar.h"

#include <stddef.h>

#define FIRST_YEAR 1990

enum { MONDAY, SATURDAY = 5, SUNDAY = 6 };

/* What was proclaimed for one year: a day that was added, or one that lost its usual holiday. */
static const struct {
	int16_t year;
	uint8_t month, day;
	const char *name; /* NULL: no holiday on this day */
} proclaimed[] = {
	{1995, 5, 1, NULL},
	{1995, 5, 8, "Early May bank holiday (VE day)"},
	{1999, 12, 31, "Millennium bank holiday"},
	{2002, 5, 27, NULL},
	{2002, 6, 3, "Golden Jubilee bank holiday"},
	{2002, 6, 4, "Spring bank holiday"},
	{2011, 4, 29, "Royal wedding bank holiday"},
	{2012, 5, 28, NULL},
	{2012, 6, 4, "Spring bank holiday"},
	{2012, 6, 5, "Diamond Jubilee bank holiday"},
	{2020, 5, 4, NULL},
	{2020, 5, 8, "Early May bank holiday (VE day)"},
	{2022, 5, 30, NULL},
	{2022, 6, 2, "Spring bank holiday"},
	{2022, 6, 3, "Platinum Jubilee bank holiday"},
	{2022, 9, 19, "Bank holiday for the State Funeral of Queen Elizabeth II"},
	{2023, 5, 8, "Bank holiday for the coronation of King Charles III"},
};

/* A fixed day that falls on a weekend moves to the first weekday after it. */
static const char *january(const struct civil *d)
{
	if (d->day == 1 && d->weekday < SATURDAY)
		return "New Year's Day";
	if (d->weekday == MONDAY && (d->day == 2 || d->day == 3))
		return "New Year's Day (substitute day)";
	return NULL;
}

/* Two fixed days in a row: Christmas takes the Tuesday when only Boxing Day is on the Monday. */
static const char *december(const struct civil *d)
{
	if (d->day == 25 && d->weekday < SATURDAY)
		return "Christmas Day";
	if (d->day == 26 && d->weekday < SATURDAY)
		return "Boxing Day";
	if (d->day == 27 && d->weekday <= MONDAY + 1)
		return "Christmas Day (substitute day)";
	if (d->day == 28 && d->weekday <= MONDAY + 1)
		return "Boxing Day (substitute day)";
	return NULL;
}

static const char *mondays(const struct civil *d)
{
	if (d->weekday != MONDAY)
		return NULL;
	if (d->month == 5 && d->day <= 7)
		return "Early May bank holiday";
	if (d->month == 5 && d->day > 31 - 7)
		return "Spring bank holiday";
	if (d->month == 8 && d->day > 31 - 7)
		return "Summer bank holiday";
	return NULL;
}

static const char *around_easter(const struct civil *d)
{
	if (d->date == civil_easter(d->year) - 2)
		return "Good Friday";
	if (d->date == civil_easter(d->year) + 1)
		return "Easter Monday";
	return NULL;
}

const char *calendar_england(const struct civil *d)
{
	if (d->date == DATE_NONE || d->year < FIRST_YEAR)
		return NULL;
	for (unsigned i = 0; i < sizeof(proclaimed) / sizeof(proclaimed[0]); i++)
		if (d->year == proclaimed[i].year && d->month == proclaimed[i].month &&
			d->day == proclaimed[i].day)
			return proclaimed[i].name;
	switch (d->month) {
	case 1:
		return january(d);
	case 3:
	case 4:
		return around_easter(d);
	case 12:
		return december(d);
	default: /* the other months */
		return mondays(d);
	}
}
