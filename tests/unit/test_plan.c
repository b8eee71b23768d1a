/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "door/plan.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define US 1000000LL

static struct calendar calendar;

/* "2026-11-23 09:30:00" in UTC */
static int64_t utc(const char *text)
{
	struct tm tm = {0};

	assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return (int64_t)timegm(&tm) * US;
}

static void close_site(const char *first, const char *last, uint16_t start, uint16_t end,
	const char *door, bool open)
{
	struct calendar_exception e = {.start = start, .end = end, .open = open, .reason = "x"};

	assert_int_equal(civil_date_parse(first, &e.first), 0);
	assert_int_equal(civil_date_parse(last, &e.last), 0);
	strcpy(e.door, door);
	assert_int_equal(calendar_exception_add(&calendar, &e), 0);
}

/* until NULL: shut */
static void expect(const char *text, const char *now, const char *until)
{
	struct hours_error error;
	struct hours hours;
	int64_t until_us = -1;
	bool open;

	assert_int_equal(hours_compile(text, &hours, &error), 0);
	open = plan_open(&hours, &calendar, "front", utc(now), &until_us);
	if (open != (until != NULL) || until_us != (until ? utc(until) : -1))
		fail_msg("%s at %s: open %d until %lld, expected %s", text, now, open,
			(long long)until_us, until ? until : "shut");
}

static void hours_open_the_door_and_end(void **state)
{
	(void)state;
	/* a Monday in winter, when local time is UTC */
	expect("Mo-Fr 09:00-17:00", "2026-11-23 08:59:59", NULL);
	expect("Mo-Fr 09:00-17:00", "2026-11-23 09:00:00", "2026-11-23 17:00:00");
	expect("Mo-Fr 09:00-17:00", "2026-11-23 16:59:59", "2026-11-23 17:00:00");
	expect("Mo-Fr 09:00-17:00", "2026-11-23 17:00:00", NULL);
	expect("Mo-Fr 09:00-17:00", "2026-07-13 08:30:00", "2026-07-13 16:00:00");
	expect("Fr 22:00-06:00", "2026-11-28 01:00:00", "2026-11-28 06:00:00");
}

static void a_day_at_a_time(void **state)
{
	(void)state;
	expect("24/7", "2026-11-23 12:00:00", "2026-11-24 12:00:00");
	expect("Mo-We", "2026-11-23 12:00:30", "2026-11-24 12:00:30");
	expect("Mo-We", "2026-11-25 12:00:00", "2026-11-26 00:00:00");
}

/* Summer time ends on 25 October 2026 at 01:00 UTC, begins on 29 March 2026 at 01:00 UTC. */
static void clocks_that_change(void **state)
{
	(void)state;
	/* each pass of the repeated hour has its own window */
	expect("Su 00:30-01:30", "2026-10-24 23:45:00", "2026-10-25 00:30:00");
	expect("Su 00:30-01:30", "2026-10-25 00:45:00", NULL);
	expect("Su 00:30-01:30", "2026-10-25 01:10:00", "2026-10-25 01:30:00");
	expect("Su 00:30-03:00", "2026-10-25 00:10:00", "2026-10-25 03:00:00");
	/* an end in the skipped hour is the change itself */
	expect("Su 00:30-01:30", "2026-03-29 00:45:00", "2026-03-29 01:00:00");
}

static void closures_take_away(void **state)
{
	(void)state;
	close_site("2026-11-24", "2026-11-24", 0, 1440, "", false);
	close_site("2026-11-25", "2026-11-25", 780, 840, "front", false);
	close_site("2026-11-26", "2026-11-26", 0, 1440, "back", false);
	close_site("2026-11-27", "2026-11-27", 1020, 1200, "", true);
	expect("Mo-Fr 09:00-17:00", "2026-11-23 10:00:00", "2026-11-23 17:00:00");
	expect("Mo-Fr 09:00-17:00", "2026-11-24 10:00:00", NULL);
	expect("Mo-Fr 09:00-17:00", "2026-11-25 10:00:20", "2026-11-25 13:00:00");
	expect("Mo-Fr 09:00-17:00", "2026-11-25 13:59:59", NULL);
	expect("Mo-Fr 09:00-17:00", "2026-11-25 14:00:00", "2026-11-25 17:00:00");
	/* another door's, and more time for cards alone */
	expect("Mo-Fr 09:00-17:00", "2026-11-26 10:00:00", "2026-11-26 17:00:00");
	expect("Mo-Fr 09:00-17:00", "2026-11-27 17:30:00", NULL);
	/* one that begins after midnight */
	expect("Mo-Su 20:00-04:00", "2026-11-23 21:00:00", "2026-11-24 00:00:00");
}

static void holidays_are_the_calendars(void **state)
{
	(void)state;
	calendar.holidays = CALENDAR_HOLIDAYS_ENGLAND;
	expect("Mo-Fr 09:00-17:00; PH off", "2026-12-25 10:00:00", NULL);
	expect("Mo-Fr 09:00-17:00; PH off", "2026-12-24 10:00:00", "2026-12-24 17:00:00");
}

static void no_calendar_and_no_time_of_ours(void **state)
{
	struct hours_error error;
	struct hours hours;
	int64_t until_us = 7;

	(void)state;
	assert_int_equal(hours_compile("24/7", &hours, &error), 0);
	assert_true(plan_open(&hours, NULL, "front", utc("2026-11-23 12:00:00"), &until_us));
	assert_false(plan_open(NULL, NULL, "front", utc("2026-11-23 12:00:00"), &until_us));
	until_us = 7;
	assert_false(plan_open(&hours, NULL, "front", INT64_MIN, &until_us));
	assert_int_equal(until_us, 7);
}

static int set_zone(void **state)
{
	(void)state;
	calendar = (struct calendar){0};
	setenv("TZ", "Europe/London", 1);
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hours_open_the_door_and_end, set_zone),
		cmocka_unit_test_setup(a_day_at_a_time, set_zone),
		cmocka_unit_test_setup(clocks_that_change, set_zone),
		cmocka_unit_test_setup(closures_take_away, set_zone),
		cmocka_unit_test_setup(holidays_are_the_calendars, set_zone),
		cmocka_unit_test_setup(no_calendar_and_no_time_of_ours, set_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
