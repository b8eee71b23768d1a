/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/calendar.h"

static const struct calendar england = {.holidays = CALENDAR_HOLIDAYS_ENGLAND};

static struct civil at(const char *date, unsigned minute)
{
	struct civil c;
	int32_t day;

	assert_int_equal(civil_date_parse(date, &day), 0);
	civil_from_date(day, &c);
	c.minute = (uint16_t)minute;
	return c;
}

/* "01-01 04-03 …" */
static void list_year(int year, char *out, size_t size)
{
	struct civil c;

	out[0] = '\0';
	for (int32_t date = civil_date(year, 1, 1); date < civil_date(year + 1, 1, 1); date++) {
		civil_from_date(date, &c);
		if (calendar_holiday(&england, &c))
			snprintf(out + strlen(out), size - strlen(out), "%s%02d-%02d",
				out[0] ? " " : "", c.month, c.day);
	}
}

static void england_has_the_days_that_were_published(void **state)
{
	static const struct {
		int year;
		const char *days;
	} rows[] = {
		{1989, ""},
		{1995, "01-02 04-14 04-17 05-08 05-29 08-28 12-25 12-26"},
		{1999, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28 12-31"},
		{2002, "01-01 03-29 04-01 05-06 06-03 06-04 08-26 12-25 12-26"},
		{2011, "01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-26 12-27"},
		{2012, "01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26"},
		{2019, "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26"},
		{2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28"},
		{2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"},
		{2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27"},
		{2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26"},
		{2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"},
		{2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"},
		{2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"},
		{2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"},
	};
	char days[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		list_year(rows[i].year, days, sizeof(days));
		assert_string_equal(days, rows[i].days);
	}
}

/* Gauss's way to Easter, in Lichtenberg's form: not the way the code goes. */
static int32_t gauss_easter(int year)
{
	int k = year / 100, m = 15 + (3 * k + 3) / 4 - (8 * k + 13) / 25, s = 2 - (3 * k + 3) / 4;
	int a = year % 19, d = (19 * a + m) % 30, r = (d + a / 11) / 29, og = 21 + d - r;
	int sz = 7 - (year + year / 4 + s) % 7, oe = 7 - (og - sz) % 7;

	return civil_date(year, 3, og + oe);
}

static void easter_is_the_same_two_ways(void **state)
{
	(void)state;
	for (int year = 1600; year <= 9999; year++)
		assert_int_equal(civil_easter(year), gauss_easter(year));
	assert_int_equal(civil_easter(2038), civil_date(2038, 4, 25)); /* as late as it can be */
	assert_int_equal(civil_easter(2285), civil_date(2285, 3, 22)); /* as early */
}

static int weekday(int32_t date)
{
	return (int)((date + 3) % 7);
}

static int32_t monday_from(int32_t date)
{
	while (weekday(date) != 0)
		date++;
	return date;
}

/* Moves on past weekends and past the day taken before it. */
static int32_t substitute(int32_t date, int32_t taken)
{
	while (weekday(date) >= 5 || date == taken)
		date++;
	return date;
}

static bool usual(int year, int32_t date)
{
	int32_t boxing = substitute(civil_date(year, 12, 26), 0);
	int32_t christmas = civil_date(year, 12, 25);

	/* on a Sunday Christmas gives way to Boxing Day, which is on a working day */
	christmas = substitute(christmas, weekday(christmas) == 6 ? boxing : 0);
	if (weekday(civil_date(year, 12, 25)) == 5)
		boxing = christmas + 1;
	return date == substitute(civil_date(year, 1, 1), 0) || date == gauss_easter(year) - 2 ||
	       date == gauss_easter(year) + 1 || date == monday_from(civil_date(year, 5, 1)) ||
	       date == monday_from(civil_date(year, 5, 25)) ||
	       date == monday_from(civil_date(year, 8, 25)) || date == christmas || date == boxing;
}

static void a_century_of_usual_years_is_computed(void **state)
{
	static const int unusual[] = {1995, 1999, 2002, 2011, 2012, 2020, 2022, 2023};
	struct civil c;

	(void)state;
	for (int year = 1990; year <= 2100; year++) {
		bool skip = false;
		int count = 0;

		for (size_t i = 0; i < sizeof(unusual) / sizeof(unusual[0]); i++)
			skip = skip || unusual[i] == year;
		for (int32_t d = civil_date(year, 1, 1); !skip && d <= civil_date(year, 12, 31);
			d++) {
			civil_from_date(d, &c);
			if (calendar_holiday(&england, &c) != usual(year, d))
				fail_msg("%d-%02d-%02d", year, c.month, c.day);
			count += usual(year, d);
		}
		assert_int_equal(count, skip ? 0 : 8);
	}
}

static void holidays_have_names(void **state)
{
	struct civil c = at("2027-12-28", 0);

	(void)state;
	assert_string_equal(calendar_england(&c), "Boxing Day (substitute day)");
	c = at("2027-03-26", 0);
	assert_string_equal(calendar_england(&c), "Good Friday");
	c = at("2022-05-30", 0);
	assert_null(calendar_england(&c));
	c = (struct civil){.date = DATE_NONE, .year = 2027, .month = 12, .day = 28};
	assert_null(calendar_england(&c));
}

static void a_date_that_is_given_beats_the_computation(void **state)
{
	struct calendar c = england;
	struct civil moved = at("2030-05-06", 0), added = at("2030-05-08", 0);

	(void)state;
	assert_true(calendar_holiday(&c, &moved));
	assert_int_equal(calendar_date_set(&c, moved.date, false), 0);
	assert_int_equal(calendar_date_set(&c, added.date, true), 0);
	assert_false(calendar_holiday(&c, &moved));
	assert_true(calendar_holiday(&c, &added));
	assert_int_equal(calendar_date_set(&c, moved.date, true), 0);
	assert_true(calendar_holiday(&c, &moved));
	assert_int_equal(c.date_count, 2);
	moved = at("2030-05-07", 0); /* between the two */
	assert_false(calendar_holiday(&c, &moved));
	c.holidays = CALENDAR_HOLIDAYS_NONE;
	assert_true(calendar_holiday(&c, &added));
	moved = at("2031-05-05", 0);
	assert_false(calendar_holiday(&c, &moved));
	assert_false(calendar_holiday(NULL, &added));
	c.holidays = CALENDAR_HOLIDAYS_NONE;
	c.date_count = 1; /* what stands beyond does not count */
	assert_false(calendar_holiday(&c, &added));
	c.holidays = CALENDAR_HOLIDAYS_ENGLAND;
	added.date = DATE_NONE;
	assert_false(calendar_holiday(&c, &added));
}

static void dates_stay_sorted_and_bounded(void **state)
{
	static struct calendar c;
	struct civil day;

	(void)state;
	memset(&c, 0, sizeof(c));
	for (int i = 0; i < CALENDAR_DATES_MAX;
		i++) /* 97 and 256 share no factor: every number once */
		assert_int_equal(calendar_date_set(&c, 20000 + i * 97 % 256, true), 0);
	for (int i = 0; i < CALENDAR_DATES_MAX; i++)
		assert_int_equal(c.dates[i].date, 20000 + i);
	assert_int_equal(calendar_date_set(&c, 19999, true), -ENOSPC);
	assert_int_equal(calendar_date_set(&c, 20255, false), 0);
	assert_int_equal(c.date_count, CALENDAR_DATES_MAX);
	civil_from_date(20255, &day);
	assert_false(calendar_holiday(&c, &day));
	assert_int_equal(calendar_date_set(&c, -1, true), -EINVAL);
	assert_int_equal(calendar_date_set(&c, INT32_MAX, true), -EINVAL);
}

static struct calendar_exception closure(const char *first, const char *last, const char *door)
{
	struct calendar_exception e = {.first = at(first, 0).date,
		.last = at(last, 0).date,
		.end = 1440,
		.reason = "boiler"};

	snprintf(e.door, sizeof(e.door), "%s", door);
	return e;
}

static void a_closure_holds_on_its_dates_at_its_door(void **state)
{
	static struct calendar c;
	struct calendar_exception e = closure("2026-12-24", "2026-12-26", "front");
	struct civil now = at("2026-12-24", 0);

	(void)state;
	memset(&c, 0, sizeof(c));
	assert_int_equal(calendar_exception_add(&c, &e), 0);
	assert_string_equal(calendar_closure(&c, "front", &now)->reason, "boiler");
	assert_null(calendar_closure(&c, "back", &now));
	assert_null(calendar_opening(&c, "front", &now));
	now = at("2026-12-26", 1439);
	assert_non_null(calendar_closure(&c, "front", &now));
	now = at("2026-12-27", 0);
	assert_null(calendar_closure(&c, "front", &now));
	now = at("2026-12-23", 1439);
	assert_null(calendar_closure(&c, "front", &now));
	now.minute = 1440;
	now.date++;
	assert_null(calendar_closure(&c, "front", &now)); /* no such time */
	assert_null(calendar_opening(&c, "front", &now));
	now = at("2026-12-24", 0);
	assert_null(calendar_closure(NULL, "front", &now));
}

static void a_special_opening_over_midnight_belongs_to_its_date(void **state)
{
	static struct calendar c;
	struct calendar_exception e = closure("2026-12-31", "2026-12-31", "");
	struct civil now = at("2026-12-31", 20 * 60 - 1);

	(void)state;
	memset(&c, 0, sizeof(c));
	e.open = true;
	e.start = 20 * 60;
	e.end = 26 * 60;
	assert_int_equal(calendar_exception_add(&c, &e), 0);
	assert_null(calendar_opening(&c, "front", &now));
	now.minute++;
	assert_non_null(calendar_opening(&c, "front", &now));
	assert_null(calendar_closure(&c, "front", &now));
	now = at("2027-01-01", 119);
	assert_non_null(calendar_opening(&c, "back", &now));
	now.minute++;
	assert_null(calendar_opening(&c, "back", &now));
}

static void exceptions_stay_sorted_and_bounded(void **state)
{
	static struct calendar c;
	struct calendar_exception e = closure("2026-12-24", "2027-12-24", "");

	(void)state;
	memset(&c, 0, sizeof(c));
	for (int i = 0; i < CALENDAR_EXCEPTIONS_MAX; i++) {
		e.first = 20000 + (i * 45 + 64) % 128;
		assert_int_equal(calendar_exception_add(&c, &e), 0);
	}
	for (int i = 0; i < CALENDAR_EXCEPTIONS_MAX; i++)
		assert_int_equal(c.exceptions[i].first, 20000 + i);
	assert_int_equal(calendar_exception_add(&c, &e), -ENOSPC);
	c.exception_count = 1;
	e.first = 20000;
	strcpy(e.reason, "painting"); /* as early as the first one: it comes after it */
	assert_int_equal(calendar_exception_add(&c, &e), 0);
	assert_string_equal(c.exceptions[0].reason, "boiler");
	assert_string_equal(c.exceptions[1].reason, "painting");
}

static void exceptions_that_make_no_sense_are_refused(void **state)
{
	static struct calendar c;
	struct calendar_exception good = closure("2026-12-24", "2026-12-26", "front"), bad;

	(void)state;
	memset(&c, 0, sizeof(c));
#define REFUSED(change)                                                      \
	do {                                                                 \
		bad = good;                                                  \
		change;                                                      \
		assert_int_equal(calendar_exception_add(&c, &bad), -EINVAL); \
	} while (0)
	REFUSED(bad.first = bad.last + 1);
	REFUSED(bad.first = -1);
	REFUSED(bad.last = INT32_MAX);
	REFUSED((bad.start = 1440, bad.end = 1500));
	REFUSED(bad.end = bad.start);
	REFUSED(bad.end = 2881);
	REFUSED(bad.door[0] = 'F');
	REFUSED(strcpy(bad.door, "F"));
	REFUSED(memset(bad.door, 'a', sizeof(bad.door)));
	REFUSED(bad.reason[0] = '\0');
	REFUSED(memset(bad.reason, 'a', sizeof(bad.reason)));
#undef REFUSED
	assert_int_equal(c.exception_count, 0);
	good.end = 2880;
	assert_int_equal(calendar_exception_add(&c, &good), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(england_has_the_days_that_were_published),
		cmocka_unit_test(easter_is_the_same_two_ways),
		cmocka_unit_test(a_century_of_usual_years_is_computed),
		cmocka_unit_test(holidays_have_names),
		cmocka_unit_test(a_date_that_is_given_beats_the_computation),
		cmocka_unit_test(dates_stay_sorted_and_bounded),
		cmocka_unit_test(a_closure_holds_on_its_dates_at_its_door),
		cmocka_unit_test(a_special_opening_over_midnight_belongs_to_its_date),
		cmocka_unit_test(exceptions_stay_sorted_and_bounded),
		cmocka_unit_test(exceptions_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
