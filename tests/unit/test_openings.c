/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/openings.h"
#include "base/util.h"
#include "cli/week.h"
#include <string.h>
#include <time.h>

static const struct calendar england = {.holidays = CALENDAR_HOLIDAYS_ENGLAND};

#define RULE(of) (&(struct openings_rule){.hours = (of), .calendar = &england})

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static int64_t utc(int year, int month, int day, int hour)
{
	struct tm tm = {
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour};

	return (int64_t)timegm(&tm);
}

static struct hours compile(const char *text)
{
	struct hours_error error;
	struct hours hours;

	assert_int_equal(hours_compile(text, &hours, &error), 0);
	return hours;
}

/* "start/end start/end", as openings_format writes them */
static const char *found(const char *expression, int64_t from, int64_t to)
{
	static char out[4096];
	CLEANUP(cleanup_free) struct opening *openings = NULL;
	struct hours hours = compile(expression);
	char start[OPENINGS_TEXT_MAX], end[OPENINGS_TEXT_MAX];
	size_t count, n = 0;

	out[0] = '\0';
	assert_int_equal(openings_find(RULE(&hours), from, to, &openings, &count), 0);
	for (size_t i = 0; i < count; i++) {
		openings_format(openings[i].start, start);
		openings_format(openings[i].end, end);
		n += (size_t)snprintf(
			out + n, sizeof(out) - n, "%s%s/%s", i ? " " : "", start, end);
	}
	return out;
}

static void an_opening_is_clipped_to_the_window(void **state)
{
	(void)state;
	set_zone("UTC");
	assert_string_equal(found("24/7", utc(2026, 11, 22, 3), utc(2026, 11, 23, 5)),
		"2026-11-22T03:00/2026-11-23T05:00");
	assert_string_equal(found("off", utc(2026, 11, 22, 3), utc(2026, 11, 23, 5)), "");
}

static void openings_that_touch_are_one(void **state)
{
	(void)state;
	set_zone("UTC");
	assert_string_equal(
		found("Mo 20:00-24:00, Tu 00:00-03:00", utc(2026, 11, 23, 0), utc(2026, 11, 30, 0)),
		"2026-11-23T20:00/2026-11-24T03:00");
	assert_string_equal(found("Mo-We 00:00-24:00", utc(2026, 11, 23, 0), utc(2026, 11, 30, 0)),
		"2026-11-23T00:00/2026-11-26T00:00");
}

static void a_window_of_the_day_before_reaches_in(void **state)
{
	(void)state;
	set_zone("UTC");
	assert_string_equal(found("Su 22:00-02:00", utc(2026, 11, 23, 0), utc(2026, 11, 24, 0)),
		"2026-11-23T00:00/2026-11-23T02:00");
}

static void the_repeated_hour_is_open_twice(void **state)
{
	(void)state;
	set_zone("Europe/London");
	/* 25 October 2026: 01:00 to 02:00 comes twice, as 00:00 to 02:00 UTC */
	assert_string_equal(found("01:00-02:00", utc(2026, 10, 24, 23), utc(2026, 10, 25, 12)),
		"2026-10-25T01:00+01:00/2026-10-25T02:00");
	assert_string_equal(found("01:15-01:45", utc(2026, 10, 24, 23), utc(2026, 10, 25, 12)),
		"2026-10-25T01:15+01:00/2026-10-25T01:45+01:00 "
		"2026-10-25T01:15+00:00/2026-10-25T01:45+00:00");
	assert_string_equal(found("00:30-01:30", utc(2026, 10, 24, 23), utc(2026, 10, 25, 12)),
		"2026-10-25T00:30/2026-10-25T01:30+01:00 "
		"2026-10-25T01:00+00:00/2026-10-25T01:30+00:00");
}

static void the_skipped_hour_never_comes(void **state)
{
	(void)state;
	set_zone("Europe/London");
	/* 29 March 2026: after 00:59 comes 02:00 */
	assert_string_equal(found("01:00-02:00", utc(2026, 3, 29, 0), utc(2026, 3, 29, 12)), "");
	assert_string_equal(found("00:30-02:30", utc(2026, 3, 29, 0), utc(2026, 3, 29, 12)),
		"2026-03-29T00:30/2026-03-29T02:30");
	assert_string_equal(found("01:30-03:00", utc(2026, 3, 29, 0), utc(2026, 3, 29, 12)),
		"2026-03-29T02:00/2026-03-29T03:00");
}

static void clocks_that_change_by_half_an_hour(void **state)
{
	(void)state;
	set_zone("Australia/Lord_Howe");
	/* 5 April 2026: 01:30 to 02:00 comes twice, at +11:00 and +10:30 */
	assert_string_equal(found("01:40-01:50", utc(2026, 4, 4, 12), utc(2026, 4, 4, 18)),
		"2026-04-05T01:40+11:00/2026-04-05T01:50+11:00 "
		"2026-04-05T01:40+10:30/2026-04-05T01:50+10:30");
}

static void a_change_beyond_its_reach_is_found(void **state)
{
	(void)state;
	set_zone("UTC");
	assert_string_equal(
		found("2026 Dec 24; 2060 Dec 24", utc(2026, 1, 1, 0), utc(2061, 1, 1, 0)),
		"2026-12-24T00:00/2026-12-25T00:00 2060-12-24T00:00/2060-12-25T00:00");
	assert_string_equal(found("24/7", utc(2026, 1, 1, 0), utc(2061, 1, 1, 0)),
		"2026-01-01T00:00/2061-01-01T00:00");
}

static void each_minute_of_a_year_is_as_hours_open_says(void **state)
{
	CLEANUP(cleanup_free) struct opening *openings = NULL;
	struct hours hours = compile("Mo-Fr 07:30-19:30; Fr,Sa 22:00-02:00; PH off; 01:10-01:20");
	int64_t from = utc(2026, 1, 1, 0), to = utc(2027, 1, 1, 0);
	size_t count, at = 0;

	(void)state;
	set_zone("Europe/London");
	assert_int_equal(openings_find(RULE(&hours), from, to, &openings, &count), 0);
	for (int64_t when = from; when < to; when += 60) {
		time_t seconds = (time_t)when;
		struct civil civil;
		struct tm tm;

		localtime_r(&seconds, &tm);
		civil_from_ymd(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, &civil);
		civil.minute = (uint16_t)(tm.tm_hour * 60 + tm.tm_min);
		if (at < count && when >= openings[at].end)
			at++;
		assert_int_equal(hours_open(&hours, &england, &civil),
			at < count && when >= openings[at].start);
	}
}

/* Two days' closure of each evening, one over midnight, a special opening inside another's closure,
 * and one of a door that is not asked for. */
static const struct calendar special = {
	.holidays = CALENDAR_HOLIDAYS_ENGLAND,
	.exception_count = 4,
	.exceptions = {{.first = 20750, .last = 20751, .start = 1020, .end = 1440, .reason = "a"},
		{.first = 20752,
			.last = 20752,
			.start = 60,
			.end = 120,
			.door = "back",
			.reason = "b"},
		{.first = 20753,
			.last = 20755,
			.start = 1320,
			.end = 1800,
			.door = "front",
			.reason = "c"},
		{.first = 20754,
			.last = 20754,
			.start = 1410,
			.end = 1500,
			.open = true,
			.reason = "d"}},
};

static bool rule_open(const struct openings_rule *rule, int64_t when)
{
	time_t seconds = (time_t)when;
	struct civil civil;
	struct tm tm;

	localtime_r(&seconds, &tm);
	civil_from_ymd(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, &civil);
	civil.minute = (uint16_t)(tm.tm_hour * 60 + tm.tm_min);
	if (rule->door && calendar_opening(rule->calendar, rule->door, &civil))
		return true;
	return hours_open(rule->hours, rule->calendar, &civil) &&
	       !(rule->door && calendar_closure(rule->calendar, rule->door, &civil));
}

static void each_minute_is_as_closures_and_openings_say(void **state)
{
	static const char *const doors[] = {"front", "back", "", NULL};
	int64_t from = (int64_t)20747 * 86400, to = from + 12 * 86400;

	(void)state;
	set_zone("Europe/London"); /* 20751 is 25 October 2026: the clocks go back */
	for (size_t d = 0; d < ARRAY_SIZE(doors); d++) {
		CLEANUP(cleanup_free) struct opening *openings = NULL;
		struct hours hours = compile("Mo-Su 00:30-23:00");
		struct openings_rule rule = {&hours, &special, doors[d]};
		size_t count, at = 0;

		assert_int_equal(openings_find(&rule, from, to, &openings, &count), 0);
		for (int64_t when = from; when < to; when += 60) {
			bool open;
			int64_t end;

			if (at < count && when >= openings[at].end)
				at++;
			open = at < count && when >= openings[at].start;
			assert_int_equal(rule_open(&rule, when), open);
			if (when % 900 == 0) {
				assert_int_equal(openings_now(&rule, when, to, &open, &end), 0);
				assert_int_equal(open, rule_open(&rule, when));
				assert_int_equal(end, at == count ? to
						      : open      ? openings[at].end
								  : openings[at].start);
			}
		}
	}
}

static void without_hours_only_openings_are_open(void **state)
{
	CLEANUP(cleanup_free) struct opening *openings = NULL;
	struct openings_rule rule = {NULL, &special, ""};
	int64_t from = (int64_t)20747 * 86400;
	size_t count;

	(void)state;
	set_zone("UTC");
	assert_int_equal(openings_find(&rule, from, from + 30 * 86400, &openings, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(openings[0].start, (int64_t)20754 * 86400 + 1410 * 60);
	assert_int_equal(openings[0].end, (int64_t)20755 * 86400 + 60 * 60);
}

static void a_window_before_1970_is_refused(void **state)
{
	struct opening *openings = NULL;
	struct hours hours = compile("24/7");
	size_t count = 7;

	(void)state;
	set_zone("UTC");
	assert_int_equal(openings_find(RULE(&hours), -3600, 3600, &openings, &count), -EINVAL);
	assert_null(openings);
	assert_int_equal(count, 7);
}

static void assert_drawn(const char *expression, int64_t from, int64_t to, const char *expected)
{
	CLEANUP(cleanup_free) struct opening *openings = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	struct hours hours = compile(expression);
	size_t count, size;
	FILE *out;

	assert_int_equal(openings_find(RULE(&hours), from, to, &openings, &count), 0);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	week_draw(out, openings, count, from, to, WEEK_STYLE_ASCII);
	fclose(out);
	assert_string_equal(strchr(text, '\n') + 1, expected);
}

static void quarters_of_hours_are_drawn(void **state)
{
	(void)state;
	set_zone("UTC");
	assert_drawn("09:15-12:45,23:00-24:00", utc(2026, 11, 23, 0), utc(2026, 11, 25, 0),
		"Mo 2026-11-23  ..................]######[....................##  "
		"09:15-12:45,23:00-24:00\n"
		"Tu 2026-11-24  ..................]######[....................##  "
		"09:15-12:45,23:00-24:00\n");
}

static void a_night_is_drawn_on_both_its_days(void **state)
{
	(void)state;
	set_zone("UTC");
	assert_drawn("Mo 22:00-02:00", utc(2026, 11, 23, 0), utc(2026, 11, 25, 0),
		"Mo 2026-11-23  ............................................####  22:00-24:00\n"
		"Tu 2026-11-24  ####............................................  00:00-02:00\n");
}

static void a_window_may_start_and_end_within_a_day(void **state)
{
	(void)state;
	set_zone("UTC");
	assert_drawn("24/7", utc(2026, 11, 23, 20), utc(2026, 11, 24, 2),
		"Mo 2026-11-23  ........................................########  20:00-24:00\n"
		"Tu 2026-11-24  ####............................................  00:00-02:00\n");
}

static void the_day_that_clocks_repeat_has_24_columns(void **state)
{
	(void)state;
	set_zone("Europe/London");
	assert_drawn("01:00-02:00", utc(2026, 10, 24, 23), utc(2026, 10, 26, 0),
		"Su 2026-10-25  ..##............................................  "
		"01:00+01:00-02:00\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_opening_is_clipped_to_the_window),
		cmocka_unit_test(openings_that_touch_are_one),
		cmocka_unit_test(a_window_of_the_day_before_reaches_in),
		cmocka_unit_test(the_repeated_hour_is_open_twice),
		cmocka_unit_test(the_skipped_hour_never_comes),
		cmocka_unit_test(clocks_that_change_by_half_an_hour),
		cmocka_unit_test(a_change_beyond_its_reach_is_found),
		cmocka_unit_test(each_minute_of_a_year_is_as_hours_open_says),
		cmocka_unit_test(each_minute_is_as_closures_and_openings_say),
		cmocka_unit_test(without_hours_only_openings_are_open),
		cmocka_unit_test(a_window_before_1970_is_refused),
		cmocka_unit_test(quarters_of_hours_are_drawn),
		cmocka_unit_test(a_night_is_drawn_on_both_its_days),
		cmocka_unit_test(a_window_may_start_and_end_within_a_day),
		cmocka_unit_test(the_day_that_clocks_repeat_has_24_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
