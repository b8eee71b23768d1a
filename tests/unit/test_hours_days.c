/* SPDX-License-Identifier: Apache-2.0 */
/* Which days each selector selects: whole lists of dates, written by hand from a calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/calendar.h"
#include "core/hours.h"

static const struct calendar england = {.holidays = CALENDAR_HOLIDAYS_ENGLAND};

struct row {
	const char *hours;
	const char *from, *to; /* the dates looked at, both inclusive */
	const char *days;      /* "12-24 12-25": those that are open at noon */
};

static int32_t date_of(const char *text)
{
	int32_t date;

	assert_int_equal(civil_date_parse(text, &date), 0);
	return date;
}

static void check(const struct row *row)
{
	char days[1024] = "";
	struct hours hours;
	struct hours_error error = {0};
	struct civil c;

	if (hours_compile(row->hours, &hours, &error) < 0)
		fail_msg("\"%s\" refused at %zu: %s", row->hours, error.at, error.message);
	for (int32_t date = date_of(row->from); date <= date_of(row->to); date++) {
		civil_from_date(date, &c);
		c.minute = 720;
		if (hours_open(&hours, &england, &c))
			snprintf(days + strlen(days), sizeof(days) - strlen(days), "%s%02d-%02d",
				days[0] ? " " : "", c.month, c.day);
	}
	if (strcmp(days, row->days) != 0)
		fail_msg("\"%s\": %s, not %s", row->hours, days, row->days);
}

#define CHECK(rows)                                                           \
	do {                                                                  \
		(void)state;                                                  \
		for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++) \
			check(&(rows)[i]);                                    \
	} while (0)

static void dates_and_ranges_of_dates(void **state)
{
	static const struct row rows[] = {
		{"Dec 25", "2026-12-20", "2027-01-05", "12-25"},
		{"Dec 25,26", "2026-12-20", "2027-01-05", "12-25 12-26"},
		{"Dec 24-26,30", "2026-12-20", "2027-01-05", "12-24 12-25 12-26 12-30"},
		{"Dec 20,24-26", "2026-12-20", "2027-01-05", "12-20 12-24 12-25 12-26"},
		{"Dec 30-Jan 2", "2026-12-20", "2027-01-05", "12-30 12-31 01-01 01-02"},
		{"Dec 31,Jan 1-2", "2026-12-20", "2027-01-05", "12-31 01-01 01-02"},
		{"2026 Dec 30-2027 Jan 02", "2026-12-20", "2027-01-05", "12-30 12-31 01-01 01-02"},
		{"2026 Dec 30-2027 Jan 02", "2027-12-20", "2028-01-05", ""},
		{"2026 Dec 30-2027 Jan 02", "2025-12-20", "2026-01-05", ""},
		{"2026 Dec 30-31", "2026-12-20", "2027-01-05", "12-30 12-31"},
		{"2026 Dec 30-31", "2027-12-20", "2028-01-05", ""},
		{"2026 Dec 25", "2026-12-20", "2027-12-31", "12-25"},
		{"Dec 24-Jan 2 We", "2026-12-20", "2027-01-05", "12-30"},
		{"2026 Dec 30+", "2026-12-20", "2027-01-02", "12-30 12-31 01-01 01-02"},
		{"2026 Dec+ Su", "2026-11-20", "2026-12-15", "12-06 12-13"},
		{"2026 easter+ Su", "2026-04-01", "2026-04-20", "04-05 04-12 04-19"},
		{"Jan 31-Feb 2", "2027-01-25", "2027-02-05", "01-31 02-01 02-02"},
	};

	CHECK(rows);
}

static void months(void **state)
{
	static const struct row rows[] = {
		{"Feb Mo", "2026-01-20", "2026-03-10", "02-02 02-09 02-16 02-23"},
		{"Jan-Feb Mo", "2026-01-20", "2026-03-10", "01-26 02-02 02-09 02-16 02-23"},
		{"Nov-Jan: Su", "2026-10-25", "2027-02-07",
			"11-01 11-08 11-15 11-22 11-29 12-06 12-13 12-20 12-27 01-03 01-10 01-17 "
			"01-24 "
			"01-31"},
		{"Jan,Mar Su", "2026-01-20", "2026-04-10", "01-25 03-01 03-08 03-15 03-22 03-29"},
		{"2026 Dec-2027 Jan Su", "2026-11-28", "2027-02-07",
			"12-06 12-13 12-20 12-27 01-03 01-10 01-17 01-24 01-31"},
		{"2026 Dec-2027 Jan Su", "2025-12-01", "2026-02-07", ""},
		{"2026 Feb-Mar Su[1]", "2026-01-01", "2027-12-31", "02-01 03-01"},
	};

	CHECK(rows);
}

static void ranges_between_weekdays_of_months(void **state)
{
	static const struct row rows[] = {
		{"Mar Su[-1]-Apr Mo[2] Su", "2026-01-01", "2026-12-31", "03-29 04-05 04-12"},
		{"Apr We[2]-Apr Th[2]", "2026-01-01", "2026-12-31", "04-08 04-09"},
		{"Apr Sa[3]-Apr Mo[-2]", "2026-01-01", "2026-12-31", "04-18 04-19 04-20"},
		{"Mar Su[-1]-Apr Mo[2] Mo", "2026-01-01", "2026-12-31", "03-30 04-06 04-13"},
		{"Oct Sa[-1]-Nov 3", "2026-01-01", "2026-12-31", "10-31 11-01 11-02 11-03"},
		{"Oct 30-Nov Tu[1]", "2026-01-01", "2026-12-31", "10-30 10-31 11-01 11-02 11-03"},
		{"Dec Th[-1] -1 day-Jan Fr[1] +1 day", "2026-12-20", "2027-01-10",
			"12-30 12-31 01-01 01-02"},
		{"2026 Dec Th[-1]-2027 Jan Fr[1]", "2026-12-20", "2028-01-10", "12-31 01-01"},
		{"Oct 5-Oct Mo[1]", "2026-01-01", "2026-12-31", "10-05"},
		{"Oct 6-Oct Mo[1]", "2026-01-01", "2026-12-31", ""},
		{"Oct 8-Oct Mo[1] Th", "2026-09-20", "2026-10-20", "09-24 10-01 10-08 10-15"},
		{"Apr Fr[1]-easter", "2026-01-01", "2026-12-31", "04-03 04-04 04-05"},
		{"2024 Oct 7-Oct Mo[1]", "2024-01-01", "2024-12-31", "10-07"},
		{"2024 Oct Mo[1]-Oct 6", "2024-01-01", "2024-12-31", ""},
		{"2024 Mar 31-easter", "2024-01-01", "2024-12-31", "03-31"},
		{"Mar Su[-1] +1 day", "2026-01-01", "2026-12-31", "03-30"},
	};

	CHECK(rows);
}

/* A range goes over the year's end only if its end is before its start in every year: the new year
 * is in it or not. */
static void ranges_that_may_turn_round(void **state)
{
	static const char *const over[] = {"Oct 8-Oct Mo[1]", "Oct Mo[2]-Oct 7",
		"Oct Mo[-1]-Oct 24", "Oct Mo[-2]-Oct 17", "Apr 26-easter", "easter-Mar 21",
		"Feb 29-Feb 28", "Oct Mo[4]-Oct 21", "Oct Mo[-4]-Oct 3"};
	static const char *const not_over[] = {"Oct 7-Oct Mo[1]", "Oct Mo[2]-Oct 8",
		"Oct Mo[-1]-Oct 25", "Oct Mo[-2]-Oct 18", "Apr 25-easter", "easter-Mar 22",
		"Feb Mo[-1]-Feb 22", "Feb 28 +2 days-Mar 1", "Oct Mo[1]-Oct 6", "Oct Mo[4]-Oct 22",
		"Oct Mo[-4]-Oct 4"};
	struct row row = {.from = "2026-12-31", .to = "2027-01-01", .days = "12-31 01-01"};

	(void)state;
	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		row.hours = over[i];
		check(&row);
	}
	row.days = "";
	for (size_t i = 0; i < sizeof(not_over) / sizeof(not_over[0]); i++) {
		row.hours = not_over[i];
		check(&row);
	}
}

static void leap_days(void **state)
{
	static const struct row rows[] = {
		{"Feb 29", "2028-02-25", "2028-03-05", "02-29"},
		{"Feb 29", "2027-02-25", "2027-03-05", ""},
		{"Feb 27-Feb 29", "2027-02-25", "2027-03-05", "02-27 02-28"},
		{"Feb 27-Feb 29", "2028-02-25", "2028-03-05", "02-27 02-28 02-29"},
		{"Feb 29-Mar 2", "2027-02-25", "2027-03-05", "03-01 03-02"},
		{"Feb 29-Mar 2", "2028-02-25", "2028-03-05", "02-29 03-01 03-02"},
		{"2028 Feb 29", "2028-02-25", "2028-03-05", "02-29"},
		{"Feb Mo[-1]", "2028-02-01", "2028-03-31", "02-28"},
		{"Feb Tu[5]", "2028-01-01", "2028-12-31", "02-29"},
	};

	CHECK(rows);
}

static void easter(void **state)
{
	static const struct row rows[] = {
		{"easter", "2027-01-01", "2027-12-31", "03-28"},
		{"2026 easter", "2026-01-01", "2027-12-31", "04-05"},
		{"easter -2 days", "2027-01-01", "2027-12-31", "03-26"},
		{"easter -2 days-easter +1 day", "2027-01-01", "2027-12-31",
			"03-26 03-27 03-28 03-29"},
		{"easter +49 days", "2027-01-01", "2027-12-31", "05-16"},
		{"easter-Mar 31", "2025-01-01", "2027-12-31", "03-28 03-29 03-30 03-31"},
		{"Apr 25-easter", "2034-01-01", "2040-12-31", "04-25"},
		{"easter-Mar 21", "2034-03-20", "2034-04-10", "03-20 03-21 04-09 04-10"},
		{"easter-Mar 22", "2034-03-20", "2034-04-10", ""},
		{"easter +1 day-easter -1 day", "2034-04-08", "2034-04-11", "04-08 04-10 04-11"},
		{"Mar 26-easter", "2027-01-01", "2027-04-10", "03-26 03-27 03-28"},
		{"2027 Mar 26-easter", "2027-01-01", "2027-12-31", "03-26 03-27 03-28"},
		{"easter +280 days", "2027-12-20", "2028-01-10", "01-02"},
		{"easter -100 days", "2026-12-01", "2026-12-31", "12-18"},
	};

	CHECK(rows);
}

static void dates_with_offsets_cross_years(void **state)
{
	static const struct row rows[] = {
		{"Dec 31 +3 days", "2026-12-20", "2027-01-05", "01-03"},
		{"Jan 1 -3 days", "2026-12-20", "2027-01-05", "12-29"},
		{"Jan 1 -3 days-Jan 2", "2026-12-20", "2027-01-05",
			"12-29 12-30 12-31 01-01 01-02"},
		{"Dec 30-Dec 31 +2 days", "2026-12-20", "2027-01-05", "12-30 12-31 01-01 01-02"},
		{"Dec 31 +365 days", "2027-12-20", "2028-01-05", "12-31"},
		{"2026 Dec 31 +1 day", "2026-12-20", "2028-12-31", "01-01"},
		{"Feb 28 +1 day", "2028-02-25", "2028-03-05", "02-29"},
		{"Dec 24 +1 day-26", "2026-12-20", "2027-01-05", "12-25 12-26"},
	};

	CHECK(rows);
}

static void years(void **state)
{
	static const struct row rows[] = {
		{"2026 Dec 31", "2025-12-31", "2027-12-31", "12-31"},
		{"2026", "2025-12-30", "2026-01-02", "01-01 01-02"},
		{"2026", "2026-12-30", "2027-01-02", "12-30 12-31"},
		{"2026-2027 Dec 31", "2025-01-01", "2028-12-31", "12-31 12-31"},
		{"2026-2030/2 Dec 31", "2025-01-01", "2031-12-31", "12-31 12-31 12-31"},
		{"2027/2 Dec 31", "2025-01-01", "2030-12-31", "12-31 12-31"},
		{"2027+ Dec 31", "2025-01-01", "2030-12-31", "12-31 12-31 12-31 12-31"},
		{"2026,2028 Dec 31,Jan 1", "2025-06-01", "2029-06-01", "01-01 12-31 01-01 12-31"},
		{"1970", "1970-01-01", "1970-01-02", "01-01 01-02"},
		{"2026-2126 Jan 1", "2125-01-01", "2128-12-31", "01-01 01-01"},
		{"2026-2126/99 Jan 1", "2026-01-01", "2126-12-31", "01-01 01-01"},
		{"2028: Tu[5]", "2028-02-01", "2029-05-01", "02-29 05-30 08-29 10-31"},
	};

	CHECK(rows);
}

static void weeks_are_those_of_iso_8601(void **state)
{
	static const struct row rows[] = {
		{"week 1 Mo,Su", "2025-12-20", "2026-01-20", "12-29 01-04"},
		{"week 53 Mo,Su", "2026-12-20", "2027-01-20", "12-28 01-03"},
		{"week 53 Mo,Su", "2025-12-20", "2026-01-20", ""},
		{"week 53,1 Mo", "2026-12-20", "2027-01-20", "12-28 01-04"},
		{"week 1-53/2 Mo", "2026-12-01", "2027-01-20", "12-14 12-28 01-04 01-18"},
		{"week 2-4: Mo", "2027-01-01", "2027-02-28", "01-11 01-18 01-25"},
		{"week 2-8/3 Mo", "2027-01-01", "2027-03-31", "01-11 02-01 02-22"},
		{"2026 week 1 Mo-Su", "2025-12-20", "2026-01-20", "01-01 01-02 01-03 01-04"},
		{"Jan week 5 Mo-Su", "2027-01-20", "2027-02-20", ""},
		{"week51 Mo", "2026-12-01", "2026-12-31", "12-14"},
		{"Feb week05 Mo", "2027-01-20", "2027-02-20", "02-01"},
	};

	CHECK(rows);
}

static void weekdays_of_a_month(void **state)
{
	static const struct row rows[] = {
		{"Th[1]", "2026-11-01", "2027-01-31", "11-05 12-03 01-07"},
		{"Fr[-1]", "2026-11-01", "2027-01-31", "11-27 12-25 01-29"},
		{"Mo[1,3]", "2026-11-01", "2026-12-31", "11-02 11-16 12-07 12-21"},
		{"Mo[2-4]", "2026-11-01", "2026-11-30", "11-09 11-16 11-23"},
		{"Mo[5]", "2026-11-01", "2027-01-31", "11-30"},
		{"Mo[-5]", "2026-11-01", "2027-01-31", "11-02"},
		{"Mo[-2,1]", "2026-11-01", "2026-12-31", "11-02 11-23 12-07 12-21"},
		{"Mo[1],Th[-1],Sa", "2026-11-01", "2026-11-30",
			"11-02 11-07 11-14 11-21 11-26 11-28"},
		{"Su[-1] +1 day", "2026-10-01", "2026-12-05", "10-26 11-30"},
		{"Su[-1] -2 days", "2026-10-01", "2026-12-05", "10-23 11-27"},
		{"Sa[-1] +1 day", "2026-10-01", "2026-12-05", "11-01 11-29"}, /* 31 October */
		{"Oct Sa[-1] +1 day", "2026-10-01", "2026-12-05", ""},
		{"Mo[1] -7 days", "1970-01-01", "1970-01-31", "01-26"},
	};

	CHECK(rows);
}

static void holidays(void **state)
{
	static const struct row rows[] = {
		{"PH", "2026-03-01", "2026-05-31", "04-03 04-06 05-04 05-25"},
		{"PH +1 day", "2026-03-01", "2026-05-31", "04-04 04-07 05-05 05-26"},
		{"PH -1 day", "2026-03-01", "2026-05-31", "04-02 04-05 05-03 05-24"},
		{"PH,PH +1 day", "2026-04-01", "2026-04-30", "04-03 04-04 04-06 04-07"},
		{"PH Mo", "2026-03-01", "2026-05-31", "04-06 05-04 05-25"},
		{"PH Fr[1]", "2026-03-01", "2026-05-31", "04-03"},
		{"PH Fr[1],Mo[-1]", "2026-03-01", "2026-05-31", "04-03 05-25"},
		{"PH,We", "2026-04-01", "2026-04-08", "04-01 04-03 04-06 04-08"},
		{"We,PH", "2026-04-01", "2026-04-08", "04-01 04-03 04-06 04-08"},
		{"Mo-Fr; PH off", "2026-04-01", "2026-04-08", "04-01 04-02 04-07 04-08"},
		{"Mo-Fr,PH off || Su", "2026-04-01", "2026-04-08", "04-05"},
		{"Apr PH", "2026-03-01", "2026-05-31", "04-03 04-06"},
		{"PH off; Dec 28 open", "2026-12-20", "2026-12-31", "12-28"},
	};

	CHECK(rows);
}

/* What the first rule names is not the second's, which opens in the evening. */
static void rules_keep_to_their_own_lists(void **state)
{
	static const struct row rows[] = {
		{"2026 open, 2027 18:00-19:00", "2026-12-30", "2027-01-02", "12-30 12-31"},
		{"Dec 25 open, Dec 27 18:00-19:00", "2026-12-20", "2026-12-31", "12-25"},
		{"week 1: Mo open, week 3 Mo 18:00-19:00", "2027-01-01", "2027-01-31", "01-04"},
		{"Mo[1] open, Mo[2] 18:00-19:00", "2027-01-01", "2027-01-31", "01-04"},
		{"PH open, PH +1 day 18:00-19:00", "2026-12-20", "2026-12-31", "12-25 12-28"},
	};

	CHECK(rows);
}

static void without_a_calendar_no_day_is_a_holiday(void **state)
{
	struct hours hours;
	struct hours_error error;
	struct civil c;

	(void)state;
	assert_int_equal(hours_compile("PH", &hours, &error), 0);
	civil_from_date(date_of("2026-12-25"), &c);
	assert_true(hours_open(&hours, &england, &c));
	assert_false(hours_open(&hours, NULL, &c));
}

static void a_night_after_a_holiday_belongs_to_the_day_before(void **state)
{
	struct hours hours;
	struct hours_error error;
	struct civil c;

	(void)state;
	assert_int_equal(hours_compile("22:00-02:00; PH off", &hours, &error), 0);
	civil_from_date(date_of("2026-12-25"), &c);
	c.minute = 60; /* of the night that began on the 24th */
	assert_true(hours_open(&hours, &england, &c));
	c.minute = 1380;
	assert_false(hours_open(&hours, &england, &c));
	civil_from_date(c.date + 1, &c);
	c.minute = 60;
	assert_false(hours_open(&hours, &england, &c));
}

/* For three days at both ends of the calendar the day before or after does not exist. */
static void the_calendar_has_ends(void **state)
{
	struct hours hours;
	struct hours_error error;
	struct civil c;

	(void)state;
	assert_int_equal(
		hours_compile("PH +2 days,Mo-Su 12:00-36:00; Mo[1] +5 days off", &hours, &error),
		0);
	civil_from_date(0, &c);
	assert_false(hours_open(&hours, &england, &c));
	c.minute = 720;
	assert_true(hours_open(&hours, &england, &c));
	civil_from_date(civil_date(9999, 12, 31), &c);
	assert_true(hours_open(&hours, &england, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_and_ranges_of_dates),
		cmocka_unit_test(months),
		cmocka_unit_test(ranges_between_weekdays_of_months),
		cmocka_unit_test(ranges_that_may_turn_round),
		cmocka_unit_test(leap_days),
		cmocka_unit_test(easter),
		cmocka_unit_test(dates_with_offsets_cross_years),
		cmocka_unit_test(years),
		cmocka_unit_test(weeks_are_those_of_iso_8601),
		cmocka_unit_test(weekdays_of_a_month),
		cmocka_unit_test(holidays),
		cmocka_unit_test(rules_keep_to_their_own_lists),
		cmocka_unit_test(without_a_calendar_no_day_is_a_holiday),
		cmocka_unit_test(a_night_after_a_holiday_belongs_to_the_day_before),
		cmocka_unit_test(the_calendar_has_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
