/* SPDX-License-Identifier: Apache-2.0 */
/* What only mutants showed to be untested in the hours (make mutants). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/hours.h"

static struct hours compiled(const char *text)
{
	struct hours_error error;
	struct hours hours;

	assert_int_equal(hours_compile(text, &hours, &error), 0);
	return hours;
}

static struct civil moment(int year, int month, int day, unsigned minute)
{
	struct civil c;

	assert_int_equal(civil_from_ymd(year, month, day, &c), 0);
	c.minute = (uint16_t)minute;
	return c;
}

static bool open_on(const struct hours *hours, int year, int month, int day)
{
	struct civil c = moment(year, month, day, 600);

	return hours_open(hours, NULL, &c);
}

/* March 2026 begins on a Sunday. */
static void a_range_runs_between_later_weekdays_of_a_month(void **state)
{
	struct hours h = compiled("Mar Su[2]-Mar Su[3] 09:00-17:00");

	(void)state;
	assert_false(open_on(&h, 2026, 3, 7));
	assert_true(open_on(&h, 2026, 3, 8));
	assert_true(open_on(&h, 2026, 3, 15));
	assert_false(open_on(&h, 2026, 3, 16));
}

static void no_weekday_of_a_month_lies_before_1970(void **state)
{
	struct hours h = compiled("Mo[1] +10 days 09:00-17:00");

	(void)state;
	assert_false(open_on(&h, 1970, 1, 3));
	assert_true(open_on(&h, 1970, 1, 15));
}

static void a_rule_does_not_see_the_years_of_the_next(void **state)
{
	struct hours h = compiled("2026 Mo 09:00-17:00; 2027 Tu 09:00-17:00");

	(void)state;
	assert_true(open_on(&h, 2026, 1, 5));
	assert_false(open_on(&h, 2027, 1, 4)); /* a Monday */
	assert_true(open_on(&h, 2027, 1, 5));
}

static void a_change_is_looked_for_as_far_as_is_said_and_no_farther(void **state)
{
	struct hours h = compiled("2030 Jan 01 09:00-17:00");
	struct civil day = moment(2030, 1, 1, 0), now, at;

	(void)state;
	civil_from_date(day.date - HOURS_REACH_DAYS, &now);
	assert_true(hours_next_change(&h, NULL, &now, day.date + 9, &at));
	assert_int_equal(at.date, day.date);
	civil_from_date(day.date - HOURS_REACH_DAYS - 1, &now);
	assert_false(hours_next_change(&h, NULL, &now, day.date + 9, &at));
}

static void a_refusal_is_einval(void **state)
{
	static const char *const bad[] = {"", "x", "Mo 9:00-17:00", "Mo 09:00", "Mo \"", "Mo; x"};
	struct hours_error error;
	struct hours hours;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hours_compile(bad[i], &hours, &error), -EINVAL);
}

static void a_refused_range_is_told_why(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"Mar Mo[1]-5", "this range ends in a day of no month"},
		{"Dec 25-Mo", "a weekday counted from a date is not understood"},
		{"Dec 25-Tu", "a weekday counted from a date is not understood"},
	};
	struct hours_error error;
	struct hours hours;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(hours_compile(rows[i].text, &hours, &error), -EINVAL);
		assert_string_equal(error.message, rows[i].why);
	}
}

static void a_lower_case_month_is_told_the_same_as_any(void **state)
{
	static const char *const months[] = {
		"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
	struct hours_error error;
	struct hours hours;

	(void)state;
	for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
		assert_int_equal(hours_compile(months[i], &hours, &error), -EINVAL);
		assert_non_null(error.suggestion);
		assert_int_equal(strncmp(error.suggestion, "dates stand before", 18), 0);
	}
}

static void the_first_monday_of_a_month_is_written_as_such(void **state)
{
	static const char *const same[] = {"Mar Mo[1]-Mar Mo[2] 09:00-17:00",
		"Mar Mo[1]-Mar 20 09:00-17:00", "Mar 01-Mar Mo[1] 09:00-17:00"};
	char text[HOURS_FORMAT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct hours h = compiled(same[i]);

		assert_true(hours_format(&h, text, sizeof(text)) > 0);
		assert_string_equal(text, same[i]);
	}
}

static void off_is_one(void **state)
{
	(void)state;
	assert_int_equal(compiled("Mo off").rules[0].closed, 1);
	assert_int_equal(compiled("Mo open").rules[0].closed, 0);
}

/* As full as it can be, no look goes past an end. */
static void full_lists_are_looked_through(void **state)
{
	char rules[HOURS_TEXT_MAX + 1] = "Mo off", spans[HOURS_TEXT_MAX + 1] = "09:00-09:01";
	struct civil now = moment(2026, 11, 23, 600), at;
	struct hours h;

	(void)state;
	for (unsigned i = 1; i < HOURS_RULES_MAX; i++)
		strcat(rules, ";Tu off");
	h = compiled(rules);
	assert_int_equal(h.rule_count, HOURS_RULES_MAX);
	assert_false(hours_open(&h, NULL, &now));
	for (unsigned i = 1; i < HOURS_SPANS_MAX; i++)
		strcat(spans, ",09:00-09:01");
	h = compiled(spans);
	assert_int_equal(h.span_count, HOURS_SPANS_MAX);
	assert_false(hours_open(&h, NULL, &now));
	assert_true(hours_next_change(&h, NULL, &now, now.date + 2, &at));
	assert_int_equal(at.date, now.date + 1);
	assert_int_equal(at.minute, 540);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_runs_between_later_weekdays_of_a_month),
		cmocka_unit_test(no_weekday_of_a_month_lies_before_1970),
		cmocka_unit_test(a_rule_does_not_see_the_years_of_the_next),
		cmocka_unit_test(a_change_is_looked_for_as_far_as_is_said_and_no_farther),
		cmocka_unit_test(a_refusal_is_einval),
		cmocka_unit_test(a_refused_range_is_told_why),
		cmocka_unit_test(a_lower_case_month_is_told_the_same_as_any),
		cmocka_unit_test(the_first_monday_of_a_month_is_written_as_such),
		cmocka_unit_test(off_is_one),
		cmocka_unit_test(full_lists_are_looked_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
