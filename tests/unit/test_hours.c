/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/hours.h"

#define MONDAY 4 /* 1970-01-05; sites open later, weeks stay the same */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct hours compiled(const char *text)
{
	struct hours hours;
	struct hours_error error = {0};

	if (hours_compile(text, &hours, &error) < 0)
		fail_msg("\"%s\" refused at %zu: %s", text, error.at, error.message);
	return hours;
}

static struct civil at(int32_t date, unsigned minute)
{
	struct civil c;

	civil_from_date(date, &c);
	c.minute = (uint16_t)minute;
	return c;
}

static void who_follows_the_sun_is_told_so(void **state)
{
	static const char *const words[] = {"sunrise", "sunset", "dawn", "dusk"};
	struct hours hours;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct hours_error error = {0};

		assert_int_equal(hours_compile(words[i], &hours, &error), -EINVAL);
		assert_string_equal(error.message, "an access rule cannot follow the sun");
		assert_non_null(strstr(error.suggestion, "write a time, such as "));
	}
}

static void refusals_point_at_the_character(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} rows[] = {
		{"", 0},
		{"   ", 3},
		{";", 0},
		{"Mo-Fr 09:00-17:00;", 18},
		{"Mo-Fr 09:00-17:00; ; Sa off", 19},
		{"Mo-Fr 09:00-17:00 ||", 20},
		{"Mo-Fr 09:00-17:00 | Sa off", 18},
		{"Mo-Fr sunrise-17:00", 6},
		{"Mo-Fr 09:00-sunset", 12},
		{"(sunrise+01:00)-17:00", 0},
		{"Mo-Fr 09:00+", 11},
		{"Mo-Fr 09:00-17:00+", 17},
		{"Mo-Fr 09:00-17:00/01:30", 17},
		{"Mo-Fr 09:00", 11},
		{"Mo-Fr 09:00-", 12},
		{"Mo unknown", 3},
		{"09:00-17:00 unknown", 12},
		{"SH 09:00-17:00", 0},
		{"Mo: 09:00-17:00", 2},
		{"mo 09:00-17:00", 0},
		{"Mon 09:00-17:00", 0},
		{"Monday", 0},
		{"Mo-", 3},
		{"Mo-Mo 09:00-17:00", 0},
		{"Mo,", 3},
		{"Mo, 09:00-17:00", 4},
		{"Mo Tu 09:00-17:00", 3},
		{"09:00-17:00 Mo", 12},
		{"9:00-17:00", 0},
		{"Mo 09.00-17.00", 3},
		{"Mo 0900-1700", 3},
		{"Mo 9am-5pm", 3},
		{"Mo 09:60-17:00", 6},
		{"Mo 24:00-26:00", 3},
		{"Mo 09:00-48:01", 9},
		{"Mo 09:00-99:00", 9},
		{"Mo 09:00-09:00", 3},
		{"Mo 009:00-17:00", 3},
		{"Mo 09:000-17:00", 3},
		{"Mo 09:00-17:00,", 15},
		{"Mo 09:00-17:00,,18:00-19:00", 15},
		{"Mo 09:00 17:00", 9},
		{"Mo 09:00-17:00 18:00-19:00", 15},
		{"Mo 09:00\xE2\x80\x93"
		 "17:00",
			8},
		{"Mo\xE2\x80\x93"
		 "Fr 09:00-17:00",
			2},
		{"Mo PH off", 3},
		{"PH Mo,PH off", 6},
		{"Mo,PH Tu off", 6},
		{"PH,Mo[1] Tu off", 9},
		{"PHs off", 0},
		{"SH off", 0},
		{"PH,SH off", 3},
		{"PH +0 days off", 3},
		{"PH +366 days off", 3},
		{"PH +1 off", 3},
		{"PH -1 off", 3},
		{"Mo +1 day off", 3},
		{"Mo[0]", 3},
		{"Mo[6]", 3},
		{"Mo[11]", 3},
		{"Mo[-6]", 4},
		{"Mo[]", 3},
		{"Mo[1", 4},
		{"Mo[3-1]", 3},
		{"Mo[2-2]", 3},
		{"Mo[-2--1]", 5},
		{"Mo[1-6]", 5},
		{"Mo-Fr[1]", 5},
		{"Mo[1]-Fr", 5},
		{"Mo[1] +400 days", 6},
		{"1969 off", 0},
		{"0900-1700", 0},
		{"2000-2200", 0},
		{"2026-2026", 0},
		{"2027-2026", 0},
		{"2026-2127", 0},
		{"2026-", 5},
		{"2026-27", 5},
		{"2026-12-25 off", 5},
		{"2026/0", 5},
		{"2026/100", 5},
		{"2026/", 5},
		{"2026-2030/0", 10},
		{"2026, Mo", 6},
		{"Dec 32 off", 4},
		{"Dec 0 off", 4},
		{"Dec 100 off", 4},
		{"Feb 30 off", 4},
		{"2027 Feb 29 off", 9},
		{"2026 Jan 1-Feb 29 off", 15},
		{"Apr 31 off", 4},
		{"Jan-Jan off", 0},
		{"Dec 24-Dec 24 off", 0},
		{"Dec 24-24 off", 7},
		{"Dec 24-2 off", 7},
		{"Dec 24-Jan off", 7},
		{"Dec-Jan 2 off", 4},
		{"Dec-24 off", 4},
		{"Dec-easter off", 4},
		{"easter-26 off", 7},
		{"easter-easter off", 0},
		{"easter+ off", 6},
		{"easter -2 off", 8},
		{"Dec 25 -Su off", 8},
		{"Dec 25 +Su off", 7},
		{"Dec 24-Dec 25 +Su off", 14},
		{"Dec 25+ off", 6},
		{"Jan +1 day off", 4},
		{"Dec 24-2027 Jan 2 off", 7},
		{"2026 Dec 24-Jan 2 off", 0},
		{"2027 Dec 24-2026 Dec 25 off", 0},
		{"2026 Jan,Mar off", 9},
		{"2026-2027 Jan,2026 Mar off", 14},
		{"Jan,26 off", 4},
		{"easter,26 off", 7},
		{"Dec 25, Mo off", 8},
		{"Dec 25,Mar 09:00,", 16},
		{"Dec 25 +366 days off", 7},
		{"Dec 24-Dec 25 +366 days off", 14},
		{"Feb Mo[1]-Th[1]", 10},
		{"Feb Mo[5]-Mar 31", 7},
		{"Feb 1-Mar Mo[-5]", 14},
		{"Feb 1-Mar Mo[1,2]", 13},
		{"Feb 1-Mar Mo[1-2]", 13},
		{"Feb 1-Mar Mo[0]", 13},
		{"Feb Mo[1]-Mar", 10},
		{"Feb-Mar Mo[1]-Th[1]", 4},
		{"Feb Mo[1]-4", 10},
		{"Feb Mo[1]-Feb Mo[1]", 0},
		{"week off", 5},
		{"week 0 off", 5},
		{"week 54 off", 5},
		{"week 100 off", 5},
		{"week 5-5 off", 5},
		{"week 50-2 off", 5},
		{"week 1-", 7},
		{"week 1-54", 7},
		{"week 1-53/0", 10},
		{"week 1,Mo", 7},
		{"week 5 Jan", 7},
		{"weekend", 0},
		{"Mo Jan", 3},
		{"Mo week 5", 3},
		{"Mo easter", 3},
		{"Jan 2026", 4},
		{"jan off", 0},
		{"January off", 0},
		{"ph off", 0},
		{"Easter off", 0},
		{": Mo off", 0},
		{"Jan: : Mo", 5},
		{"\"school\": Mo", 0},
		{"days", 0},
		{"Mo 09:x0-17:00", 3},
		{"Mo 09:0x-17:00", 3},
		{"easterly off", 0},
		{"2026 Dec 24+,25 off", 13},
		{"2026 Dec 24++ off", 12},
		{"Jan 1-Feb Mo[1],9 off", 16},
		{"2026 Oct 8-Oct Mo[1] off", 0},
		{"Mar Su[1", 8},
		{"Mar Su[1] +400 days", 10},
		{"1969 Jan 1 off", 0},
		{"Dec 24-32 off", 7},
		{"Dec 24-26-28 off", 9},
		{"20260 off", 0},
		{"2026:00-17:00", 0},
		{"24/7 09:00-17:00", 5},
		{"Mo 24/7", 3},
		{"24/8", 0},
		{"always", 0},
		{"Off", 0},
		{"OFF", 0},
		{"off Mo", 4},
		{"offline", 0},
		{"open off", 5},
		{"Mo 09:00-17:00 \"ring the bell\"", 15},
		{"\"ring the bell\"", 0},
		{"Mo off \"ring", 7},
		{"Mo off \"a\nb\"", 9},
		{"Mo\t09:00-17:00", 2},
		{"Mo 09:00-17:00\n", 14},
		{"Mo 09:00-17:00 \xFF", 15},
		{"* * * * *", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct hours hours, before;
		struct hours_error error = {0};

		memset(&hours, 0xA5, sizeof(hours));
		before = hours;
		if (hours_compile(rows[i].text, &hours, &error) != -EINVAL)
			fail_msg("\"%s\" was not refused", rows[i].text);
		if (error.at != rows[i].at || !error.message)
			fail_msg("\"%s\" refused at %zu (%s), not %zu", rows[i].text, error.at,
				error.message, rows[i].at);
		assert_memory_equal(&hours, &before, sizeof(hours));
	}
}

static void refusals_say_what_to_write(void **state)
{
	static const struct {
		const char *text;
		const char *suggestion;
	} rows[] = {
		{"9:00-17:00", "write 09:00, not 9:00, 09.00 or 0900"},
		{"Mo-Fr 18:00+",
			"write the closing time, such as 18:00-23:00, or an offset: PH +1 day"},
		{"always", "write 24/7"},
		{"Dec 25 -Su off",
			"write a weekday of the month, Dec Su[-1], or an offset, Dec 25 -7 days"},
		{"Dec 25 -Mo off",
			"write a weekday of the month, Dec Su[-1], or an offset, Dec 25 -7 days"},
		{"Mo PH", "write PH before weekdays: PH,Mo-Fr for both, PH Mo-Fr for holidays on "
			  "these days"},
		{"2026-12-25", "write 2026-2028 for years, 2026 Dec 25 for a date"},
		{"2026 Dec 24-Jan 2", "name the year it ends in: 2026 Dec 24-2027 Jan 2"},
		{"never", "write off"},
		{"Mo unknown", "write open or off"},
		{"Monday", "weekdays are written Mo Tu We Th Fr Sa Su, in pairs of letters"},
		{"shut", "weekdays are written Mo Tu We Th Fr Sa Su, in pairs of letters"},
		{"Mo\xE2\x80\x93"
		 "Fr",
			"write - or \""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct hours hours;
		struct hours_error error = {0};

		assert_int_equal(hours_compile(rows[i].text, &hours, &error), -EINVAL);
		assert_string_equal(error.suggestion, rows[i].suggestion);
	}
}

static void the_longest_expression_is_bounded(void **state)
{
	char text[HOURS_TEXT_MAX + 2];
	struct hours hours;
	struct hours_error error;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "24/7", 4);
	text[HOURS_TEXT_MAX] = '\0';
	assert_int_equal(hours_compile(text, &hours, &error), 0);
	text[HOURS_TEXT_MAX] = ' ';
	text[HOURS_TEXT_MAX + 1] = '\0';
	assert_int_equal(hours_compile(text, &hours, &error), -EINVAL);
	assert_int_equal(error.at, HOURS_TEXT_MAX);
}

static void rules_are_bounded(void **state)
{
	char text[HOURS_TEXT_MAX + 1] = "Mo";
	struct hours hours;
	struct hours_error error;

	(void)state;
	for (int i = 1; i < HOURS_RULES_MAX; i++)
		strcat(text, ";Mo");
	assert_int_equal(hours_compile(text, &hours, &error), 0);
	assert_int_equal(hours.rule_count, HOURS_RULES_MAX);
	strcat(text, ";Tu");
	assert_int_equal(hours_compile(text, &hours, &error), -EINVAL);
	assert_int_equal(error.at, 3 * HOURS_RULES_MAX);
}

/* So many elements of a list are taken, one more is not. */
static void check_bound(const char *start, const char *element, unsigned max)
{
	char text[HOURS_TEXT_MAX + 1];
	struct hours hours;
	struct hours_error error;

	strcpy(text, start);
	for (unsigned i = 0; i < max; i++)
		sprintf(text + strlen(text), "%s%s", i ? "," : "", element);
	assert_int_equal(hours_compile(text, &hours, &error), 0);
	sprintf(text + strlen(text), ",%s", element);
	assert_int_equal(hours_compile(text, &hours, &error), -EINVAL);
	assert_non_null(strstr(error.message, "too many"));
}

static void lists_are_bounded(void **state)
{
	(void)state;
	check_bound("", "2026", HOURS_YEARS_MAX);
	check_bound("", "Jan", HOURS_DATES_MAX);
	check_bound("week ", "1", HOURS_WEEKS_MAX);
	check_bound("", "Mo[1]", HOURS_NTHS_MAX);
	check_bound("", "PH", HOURS_HOLIDAYS_MAX);
	check_bound("", "01:00-02:00", HOURS_SPANS_MAX);
}

static void only_what_is_open_round_the_clock_is_always(void **state)
{
	static const char *const always[] = {"24/7", "open", "Mo-Su", "Sa-Fr", "00:00-24:00",
		"Mo-Su 00:00-24:00", "00:00-12:00,12:00-24:00", "12:00-36:00",
		"20:00-08:00,08:00-20:00", "Mo-Fr; Sa,Su", "off; 24/7", "Mo-Fr 09:00-17:00 || 24/7",
		"00:00-48:00", "Mo,We,Fr,Su 00:00-48:00",
		"24/7; Mo 00:00-24:00 open \"on Mondays too\""};
	static const char *const sometimes[] = {"off", "24/7 off", "24/7; Mo off", "Mo-Sa",
		"00:00-23:59", "00:01-24:00", "24/7; 12:00-12:01 off", "Mo,We,Fr 00:00-48:00",
		"12:00-35:59", "24/7; Su 23:59-24:00 off", "Mo off || 24/7"};

	(void)state;
	for (size_t i = 0; i < COUNT(always) + COUNT(sometimes); i++) {
		bool expected = i < COUNT(always);
		const char *text = expected ? always[i] : sometimes[i - COUNT(always)];
		struct hours hours = compiled(text);
		unsigned closed = 0;

		for (unsigned m = 0; m < 7 * 1440; m++) {
			struct civil c = at(MONDAY + (int32_t)(m / 1440), m % 1440);

			closed += !hours_open(&hours, NULL, &c);
		}
		if (hours_always(&hours) != expected || (closed == 0) != expected)
			fail_msg("\"%s\": always is %d, closed for %u minutes a week", text,
				hours_always(&hours), closed);
	}
}

static void no_hours_and_no_time_are_closed(void **state)
{
	struct hours always = compiled("24/7"), never = {0};
	struct civil noon = at(MONDAY, 720), bad = noon;

	(void)state;
	assert_true(hours_open(&always, NULL, &noon));
	assert_false(hours_open(NULL, NULL, &noon));
	assert_false(hours_always(NULL));
	assert_false(hours_open(&never, NULL, &noon));
	bad.minute = 1440;
	assert_false(hours_open(&always, NULL, &bad));
	bad = noon;
	bad.weekday = 3;
	assert_false(hours_open(&always, NULL, &bad));
	bad = (struct civil){.date = DATE_NONE};
	assert_false(hours_open(&always, NULL, &bad));
	bad = at(0, 0); /* the first day has no day before */
	assert_true(hours_open(&always, NULL, &bad));
}

/*
 * A second opinion: every rule painted over a fortnight, minute by minute, one sheet for each day
 * that windows start on. Slow, and nothing like the code it checks.
 */
enum { DAYS = 14, SHEET = 2880 };
static char sheet[DAYS][SHEET];

struct model_rule {
	char joint; /* ; , or | */
	bool closed;
	unsigned weekdays;
	unsigned spans, from[3], to[3];
};

static void paint_clock(int day, unsigned minute, char joint)
{
	/* one moment of the clock is on two sheets */
	for (int d = day - 1; d <= day; d++) {
		unsigned m = minute + (unsigned)(day - d) * 1440;
		char *cell = d >= 0 ? &sheet[d][m] : NULL;

		if (cell && (joint != '|' || *cell == ' '))
			*cell = 'x';
	}
}

static void paint_day(const struct model_rule *r, int day)
{
	if (r->joint == ';' && !r->closed)
		memset(sheet[day], ' ', SHEET);
	if (r->closed && r->spans == 0)
		for (unsigned m = 0; m < SHEET; m++)
			if (r->joint != '|' || sheet[day][m] == ' ')
				sheet[day][m] = 'x';
	for (unsigned s = 0; s < (r->spans ? r->spans : 1); s++)
		for (unsigned m = r->spans ? r->from[s] : 0; m < (r->spans ? r->to[s] : 1440); m++)
			if (!r->closed && (r->joint != '|' || sheet[day][m] == ' '))
				sheet[day][m] = 'o';
			else if (r->closed && r->spans && day + m / 1440 < DAYS)
				paint_clock(day + (int)(m / 1440), m % 1440, r->joint);
}

static struct model_rule random_rule(unsigned *seed, bool first)
{
	struct model_rule r = {.joint = first ? ';' : ";;,|"[rand_r(seed) % 4]};

	r.closed = rand_r(seed) % 3 == 0;
	r.weekdays = rand_r(seed) % 3 == 0 ? 0x7F : (unsigned)rand_r(seed) % 0x7F + 1;
	r.spans = (unsigned)rand_r(seed) % 4;
	for (unsigned s = 0; s < r.spans; s++) {
		r.from[s] = (unsigned)rand_r(seed) % 48 * 30;
		r.to[s] = r.from[s] + 30 + (unsigned)rand_r(seed) % 40 * 30;
		if (r.to[s] > SHEET)
			r.to[s] = SHEET;
	}
	return r;
}

static void write_rule(char *text, size_t size, const struct model_rule *r, bool first)
{
	static const char *const names[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
	const char *comma = "";

#define ADD(...) snprintf(text + strlen(text), size - strlen(text), __VA_ARGS__)
	/* an additional rule names its weekdays, or its comma would go on with a list */
	if (!first)
		ADD("%s", r->joint == '|' ? " || " : r->joint == ',' ? ", " : "; ");
	for (int d = 0; d < 7 && (r->weekdays != 0x7F || r->joint == ',' || r->spans == 0); d++)
		if (r->weekdays >> d & 1) {
			ADD("%s%s", comma, names[d]);
			comma = ",";
		}
	for (unsigned s = 0; s < r->spans; s++) {
		unsigned to = r->to[s]; /* written short where that means the same */

		if (to > 1440 && to - 1440 < r->from[s] && to % 60 == 0)
			to -= 1440;
		ADD("%s%02u:%02u-%02u:%02u", s ? "," : " ", r->from[s] / 60, r->from[s] % 60,
			to / 60, to % 60);
	}
	ADD("%s", r->closed ? " off" : r->spans == 0 ? " open" : "");
#undef ADD
}

static void random_expressions_agree_with_a_painted_fortnight(void **state)
{
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);

	(void)state;
	print_message("# SEED=%u\n", seed);
	for (int round = 0; round < 400; round++) {
		char text[HOURS_TEXT_MAX + 1] = "";
		unsigned count = 1 + (unsigned)rand_r(&seed) % 5, open = 0;
		struct hours hours;

		memset(sheet, ' ', sizeof(sheet));
		for (unsigned i = 0; i < count; i++) {
			struct model_rule rule = random_rule(&seed, i == 0);

			write_rule(text, sizeof(text), &rule, i == 0);
			for (int day = 0; day < DAYS; day++)
				if (rule.weekdays >> day % 7 & 1)
					paint_day(&rule, day);
		}
		hours = compiled(text);
		for (unsigned m = 0; m < 7 * 1440; m += 15) {
			int day = 4 + (int)(m / 1440);
			struct civil c = at(MONDAY + day, m % 1440);
			bool expected = sheet[day][m % 1440] == 'o' ||
					sheet[day - 1][m % 1440 + 1440] == 'o';

			if (hours_open(&hours, NULL, &c) != expected)
				fail_msg("\"%s\" at day %d minute %u: expected %d", text, day % 7,
					m % 1440, expected);
			open += expected;
		}
		assert_int_equal(hours_always(&hours), open == 7 * 1440 / 15);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_follows_the_sun_is_told_so),
		cmocka_unit_test(refusals_point_at_the_character),
		cmocka_unit_test(refusals_say_what_to_write),
		cmocka_unit_test(the_longest_expression_is_bounded),
		cmocka_unit_test(rules_are_bounded),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(only_what_is_open_round_the_clock_is_always),
		cmocka_unit_test(no_hours_and_no_time_are_closed),
		cmocka_unit_test(random_expressions_agree_with_a_painted_fortnight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
