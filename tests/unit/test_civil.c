/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "core/civil.h"

static void every_day_agrees_with_the_c_library(void **state)
{
	(void)state;
	for (int32_t date = 0; date <= 2932896; date++) {
		time_t t = (time_t)date * 86400;
		struct civil c, back;
		struct tm tm;

		gmtime_r(&t, &tm);
		civil_from_date(date, &c);
		if (c.date != date || c.year != tm.tm_year + 1900 || c.month != tm.tm_mon + 1 ||
			c.day != tm.tm_mday || c.weekday != (tm.tm_wday + 6) % 7)
			fail_msg("day %d differs", date);
		if (civil_from_ymd(c.year, c.month, c.day, &back) < 0 || back.date != date)
			fail_msg("day %d does not come back", date);
	}
}

static void weeks_and_months_are_those_of_the_system(void **state)
{
	(void)state;
	for (int32_t date = 0; date <= 200000; date++) {
		time_t t = (time_t)date * 86400;
		struct civil c, next;
		struct tm tm;
		char week[8];

		gmtime_r(&t, &tm);
		strftime(week, sizeof(week), "%V", &tm);
		civil_from_date(date, &c);
		if (civil_week(&c) != atoi(week))
			fail_msg("day %d: week %d, not %s", date, civil_week(&c), week);
		civil_from_date(date + 1, &next);
		if ((next.day == 1) != (c.day == civil_month_days(c.year, c.month)))
			fail_msg("day %d ends its month or does not", date);
		if (civil_date(c.year, c.month, c.day) != date ||
			civil_date(c.year, 1, 1 + tm.tm_yday) != date)
			fail_msg("day %d does not come back", date);
	}
}

static void days_outside_the_calendar_are_no_days(void **state)
{
	static const int32_t dates[] = {-1, 2932897, DATE_NONE, INT32_MAX};
	static const int ymd[][3] = {{1969, 12, 31}, {10000, 1, 1}, {2026, 2, 29}, {2100, 2, 29},
		{2026, 4, 31}, {2026, 0, 1}, {2026, 13, 1}, {2026, 1, 0}, {2026, 1, 32}};
	struct civil c;
	char text[11];

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		civil_from_date(dates[i], &c);
		assert_int_equal(c.date, DATE_NONE);
		assert_false(civil_valid(&c));
	}
	for (size_t i = 0; i < sizeof(ymd) / sizeof(ymd[0]); i++)
		assert_int_equal(civil_from_ymd(ymd[i][0], ymd[i][1], ymd[i][2], &c), -EINVAL);
	civil_date_format(DATE_NONE, text);
	assert_string_equal(text, "0000-00-00");
}

static void dates_are_written_and_read(void **state)
{
	static const char *const good[] = {"1970-01-01", "2024-02-29", "2026-11-22", "9999-12-31"};
	static const char *const bad[] = {"", "2026-11-2", "2026-11-022", "2026/11/22",
		"2026-1-022", "2026-02-30", "1969-12-31", " 026-11-22", "+026-11-22", "2O26-11-22",
		"2026-11-22 ", "2026-11--2"};
	int32_t date = 7;
	char text[11];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(civil_date_parse(good[i], &date), 0);
		civil_date_format(date, text);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(civil_date_parse(bad[i], &date), -EINVAL);
	assert_int_equal(civil_date_parse(NULL, &date), -EINVAL);
	assert_int_equal(date, 2932896); /* refusals left it alone */
}

static void fields_that_disagree_are_not_a_time(void **state)
{
	struct civil good, c;

	(void)state;
	civil_from_ymd(2026, 11, 22, &good);
	good.minute = 1439;
	good.second = 60;
	assert_true(civil_valid(&good));
	c = good, c.minute = 1440;
	assert_false(civil_valid(&c));
	c = good, c.second = 61;
	assert_false(civil_valid(&c));
	c = good, c.weekday = 0;
	assert_false(civil_valid(&c));
	c = good, c.day = 23;
	assert_false(civil_valid(&c));
	c = good, c.month = 10;
	assert_false(civil_valid(&c));
	c = good, c.year = 2027;
	assert_false(civil_valid(&c));
	c = good, c.date = 0;
	assert_false(civil_valid(&c));
	assert_false(civil_valid(&(struct civil){0}));
}

static void only_a_vouched_clock_is_believed(void **state)
{
	(void)state;
	assert_false(clock_trust_ok(CLOCK_TRUST_UNSET));
	assert_false(clock_trust_ok(CLOCK_TRUST_KEPT));
	assert_true(clock_trust_ok(CLOCK_TRUST_RTC));
	assert_true(clock_trust_ok(CLOCK_TRUST_SYNCED));
	assert_false(clock_trust_ok((enum clock_trust)9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_agrees_with_the_c_library),
		cmocka_unit_test(weeks_and_months_are_those_of_the_system),
		cmocka_unit_test(days_outside_the_calendar_are_no_days),
		cmocka_unit_test(dates_are_written_and_read),
		cmocka_unit_test(fields_that_disagree_are_not_a_time),
		cmocka_unit_test(only_a_vouched_clock_is_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
