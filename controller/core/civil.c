/* SPDX-License-Identifier: Apache-2.0 */
#include "core/civil.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define YEAR_MIN 1970
#define YEAR_MAX 9999
#define DATE_MAX 2932896 /* 9999-12-31 */

/* Years run from March here, so that the leap day is the last of its year. */
int32_t civil_date(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int from_march = (month + 9) % 12;
	int day_of_year = (153 * from_march + 2) / 5 + day - 1;

	/* 719468 days lie between 0000-03-01 and 1970-01-01 */
	return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

void civil_from_date(int32_t date, struct civil *ret_civil)
{
	struct civil c = {.date = DATE_NONE};
	int days, era, year_of_era, day_of_year, from_march, year;

	if (date < 0 || date > DATE_MAX) {
		*ret_civil = c;
		return;
	}
	days = date + 719468;
	era = days / 146097;
	days %= 146097;
	year_of_era = (days - days / 1460 + days / 36524 - days / 146096) / 365;
	day_of_year = days - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	from_march = (5 * day_of_year + 2) / 153;
	year = era * 400 + year_of_era + (from_march >= 10 ? 1 : 0);
	c.date = date;
	c.year = (int16_t)year;
	c.month = (uint8_t)(from_march < 10 ? from_march + 3 : from_march - 9);
	c.day = (uint8_t)(day_of_year - (153 * from_march + 2) / 5 + 1);
	c.weekday = (uint8_t)((date + 3) % 7); /* 1970-01-01 was a Thursday */
	*ret_civil = c;
}

int civil_from_ymd(int year, int month, int day, struct civil *ret_civil)
{
	struct civil c;

	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 || day > 31)
		return -EINVAL;
	civil_from_date(civil_date(year, month, day), &c);
	if (c.month != month)
		return -EINVAL; /* the 31st of a month of 30 days is of the next */
	*ret_civil = c;
	return 0;
}

bool civil_valid(const struct civil *c)
{
	struct civil same;

	civil_from_date(c->date, &same);
	return same.date != DATE_NONE && c->year == same.year && c->month == same.month &&
	       c->day == same.day && c->weekday == same.weekday && c->minute < 24 * 60 &&
	       c->second <= 60;
}

/* Butcher's algorithm (Meeus, Astronomical Algorithms, chapter 8). */
int32_t civil_easter(int year)
{
	int golden = year % 19, century = year / 100, rest = year % 100;
	int moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 +
			   15) %
		   30;
	int weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
	int late = (golden + 11 * moon + 22 * weekday) / 451;
	int days = moon + weekday - 7 * late + 114;

	return civil_date(year, days / 31, days % 31 + 1);
}

int civil_month_days(int year, int month)
{
	int next = month == 12 ? civil_date(year + 1, 1, 1) : civil_date(year, month + 1, 1);

	return next - civil_date(year, month, 1);
}

int civil_week(const struct civil *civil)
{
	/* a week belongs to the year its Thursday is in */
	int32_t thursday = civil->date - civil->weekday + 3;
	int32_t start = civil_date(civil->year, 1, 1);

	if (thursday < start)
		start = civil_date(civil->year - 1, 1, 1);
	else if (thursday >= civil_date(civil->year + 1, 1, 1))
		start = civil_date(civil->year + 1, 1, 1);
	return (thursday - start) / 7 + 1;
}

static int digits_get(const char *text, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

int civil_date_parse(const char *text, int32_t *ret_date)
{
	struct civil c;
	int year, month, day;

	if (!text || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return -EINVAL;
	year = digits_get(text, 4);
	month = digits_get(text + 5, 2);
	day = digits_get(text + 8, 2);
	if (civil_from_ymd(year, month, day, &c) < 0)
		return -EINVAL;
	*ret_date = c.date;
	return 0;
}

static void digits_put(char *out, int value, size_t n)
{
	while (n > 0) {
		out[--n] = (char)('0' + value % 10);
		value /= 10;
	}
}

void civil_date_format(int32_t date, char out[11])
{
	struct civil c;

	civil_from_date(date, &c);
	memcpy(out, "0000-00-00", 11);
	digits_put(out, c.year, 4);
	digits_put(out + 5, c.month, 2);
	digits_put(out + 8, c.day, 2);
}
