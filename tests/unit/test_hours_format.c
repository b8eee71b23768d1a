/* SPDX-License-Identifier: Apache-2.0 */
/* The normal form and the next change. */
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

#include "core/calendar.h"
#include "core/hours.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct calendar england = {.holidays = CALENDAR_HOLIDAYS_ENGLAND};

static struct hours compiled(const char *text)
{
	struct hours hours;
	struct hours_error error = {0};

	memset(&hours, 0xA5, sizeof(hours));
	if (hours_compile(text, &hours, &error) < 0)
		fail_msg("\"%s\" refused at %zu: %s", text, error.at, error.message);
	return hours;
}

static void each_rule_has_one_way_to_be_written(void **state)
{
	static const struct {
		const char *text, *normal;
	} rows[] = {
		{"24/7", "24/7"},
		{"open", "24/7"},
		{"Mo-Su", "24/7"},
		{"closed \"for good\"", "off"},
		{"24/7 closed", "off"},
		{"  Mo - Fr  09:00 - 17:00 ;Sa  off ", "Mo-Fr 09:00-17:00; Sa off"},
		{"Su,Mo,Tu 09:00-17:00", "Su-Tu 09:00-17:00"},
		{"Fr,Mo,Tu,Th", "Mo,Tu,Th,Fr"},
		{"Mo-Fr,Su", "Su-Fr"},
		{"We", "We"},
		{"Mo-We,Sa", "Mo-We,Sa"},
		{"Mo22:00-02:00", "Mo 22:00-02:00"},
		{"22:00-26:00", "22:00-02:00"},
		{"22:00-00:00", "22:00-24:00"},
		{"10:00-34:00", "10:00-34:00"},
		{"10:00-48:00", "10:00-48:00"},
		{"Mo off,Tu", "Mo off, Tu"},
		{"Mo open,Tu", "Mo open, Tu"},
		{"24/7,Tu", "24/7 open, Tu"},
		{"Mo 09:00-10:00 open,11:00-12:00", "Mo 09:00-10:00 open, 11:00-12:00"},
		{"Mo 09:00-10:00,11:00-12:00", "Mo 09:00-10:00,11:00-12:00"},
		{"Mo 09:00-10:00 open,Tu 11:00-12:00", "Mo 09:00-10:00, Tu 11:00-12:00"},
		{"Mo 09:00-10:00,PH 11:00-12:00", "Mo 09:00-10:00, PH 11:00-12:00"},
		{"Mo 09:00-10:00,Mo[1] 11:00-12:00", "Mo 09:00-10:00, Mo[1] 11:00-12:00"},
		{"Mo 09:00-10:00,2026 11:00-12:00", "Mo 09:00-10:00, 2026 11:00-12:00"},
		{"Mo 09:00-10:00,Jan 11:00-12:00", "Mo 09:00-10:00, Jan 11:00-12:00"},
		{"Mo 09:00-10:00,week 1 11:00-12:00", "Mo 09:00-10:00, week 01 11:00-12:00"},
		{"Mo 09:00-10:00,24/7", "Mo 09:00-10:00, 24/7"},
		{"Mo||off", "Mo || off"},
		{"Mo,PH", "PH,Mo"},
		{"Mo[1],Su,PH", "PH,Su,Mo[1]"},
		{"PH,Mo-Su", "PH,Mo-Su"},
		{"Mo-Su,Mo[1]", "Mo-Su,Mo[1]"},
		{"PH Mo[1],Fr,Sa", "PH Fr,Sa,Mo[1]"},
		{"PH  +1 day , PH -2days", "PH +1 day,PH -2 days"},
		{"Mo[1,2,3,5]", "Mo[1-3,5]"},
		{"Mo[-1,1]", "Mo[1,-1]"},
		{"Mo[-1,-2,4-5]+10 days", "Mo[4-5,-1,-2] +10 days"},
		{"2026", "2026"},
		{"2026 +", "2026+"},
		{"2026/1", "2026+"},
		{"2026/2", "2026/2"},
		{"2026-2030/1,2032-2036/12", "2026-2030,2032-2036/12"},
		{"2026,2028 Jan:", "2026,2028 Jan"},
		{"2026 Jan", "2026 Jan"},
		{"2026 Jan - Mar", "2026 Jan-Mar"},
		{"2026 Jan-2027 Mar,2027 easter", "2026 Jan-2027 Mar,2027 easter"},
		{"2026 Dec 24-2026 Dec 26", "2026 Dec 24-26"},
		{"2026 Dec 24,2026 Dec 25", "2026 Dec 24,25"},
		{"2026 Dec 24,2027 Dec 25", "2026 Dec 24,2027 Dec 25"},
		{"2026 Dec 24 +", "2026 Dec 24+"},
		{"2026 Dec 24-9999 Dec 31,2027 Jan+", "2026 Dec 24+,2027 Jan+"},
		{"2026 Dec 24 +1 day+", "2026 Dec 24 +1 day+"},
		{"2026 Dec 24-9999 Dec 31 -1 day", "2026 Dec 24-9999 Dec 31 -1 day"},
		{"2026 Dec 24-9999 Dec 30", "2026 Dec 24-9999 Dec 30"},
		{"2026 Dec 24-9999 Nov 30", "2026 Dec 24-9999 Nov 30"},
		{"2026 Dec 24-9998 Dec 31", "2026 Dec 24-9998 Dec 31"},
		{"2026 Dec 24+,9999 Dec 25", "2026 Dec 24+,9999 Dec 25"},
		{"Dec1", "Dec 01"},
		{"Dec 1-Dec 3,Dec 5,6-7", "Dec 01-03,05,06-07"},
		{"Dec 1,Jan 5", "Dec 01,Jan 05"},
		{"Jan,Dec 5,Feb", "Jan,Dec 05,Feb"},
		{"Dec 30-Jan 2,5", "Dec 30-Jan 02,05"},
		{"Dec 31,Dec 30-Jan 2", "Dec 31,Dec 30-Jan 02"},
		{"Dec 26 -5 days-Dec 24", "Dec 26 -5 days-Dec 24"},
		{"easter-2days-easter+1day,easter+100 days",
			"easter -2 days-easter +1 day,easter +100 days"},
		{"Mar Su[-1]-Oct Su[4] +1 day", "Mar Su[-1]-Oct Su[4] +1 day"},
		{"Mar Su[1]-Mar 28,29", "Mar Su[1]-Mar 28,29"},
		{"Mar Mo[1]-Mar 28,29", "Mar Mo[1]-Mar 28,29"},
		{"Th[-5]", "Th[-5]"},
		{"Mar 1-Mar Su[-4]", "Mar 01-Mar Su[-4]"},
		{"Jan week 5,7-9/2: Mo", "Jan week 05,07-09/2 Mo"},
		{"week 1-53/1", "week 01-53"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct hours hours = compiled(rows[i].text), again;
		char text[HOURS_FORMAT_MAX];

		assert_int_equal(hours_format(&hours, text, sizeof(text)), strlen(rows[i].normal));
		assert_string_equal(text, rows[i].normal);
		again = compiled(text);
		assert_memory_equal(&again, &hours, sizeof(hours));
	}
}

static void no_rules_are_no_text(void **state)
{
	struct hours never = {0};
	char text[4] = "x";

	(void)state;
	assert_int_equal(hours_format(&never, text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

static void what_does_not_fit_is_not_written(void **state)
{
	struct hours hours = compiled("Mo-Fr 09:00-17:00; PH off");
	char text[32];

	(void)state;
	for (size_t size = 0; size < 26; size++) {
		memset(text, 'x', sizeof(text));
		assert_int_equal(hours_format(&hours, text, size), -ENOSPC);
		assert_int_equal(text[0], size ? '\0' : 'x');
		assert_int_equal(text[size ? size : 1], 'x');
	}
	assert_int_equal(hours_format(&hours, text, 26), 25);
}

/* ---- random expressions over the whole language ---- */

static unsigned seed;

static const char *pick(const char *const *list, size_t count)
{
	return list[(size_t)rand_r(&seed) % count];
}

static void random_rule(char *out, size_t size)
{
	static const char *const wide[] = {"", "", "", "2026 ", "2026-2027 ", "2026+ ", "2026/2 ",
		"Jan ", "Nov-Feb ", "Dec 24-Jan 2 ", "Dec 25,26 ", "2026 Dec 24-2027 Jan 2 ",
		"easter ", "easter -2 days-easter +1 day ", "Feb 29 ", "week 1-53/2 ", "week 53,1 ",
		"Mar Su[-1]-Oct Su[-1] ", "2027 Jan-Mar week 5: ", "Dec 31 +3 days "};
	static const char *const days[] = {"", "", "Mo ", "Mo-Fr ", "Sa-Mo ", "Th[1] ", "Fr[-1] ",
		"Mo[1,3] ", "Su[-1] +1 day ", "PH ", "PH,Mo-Fr ", "PH Mo ", "PH +1 day ",
		"We,Sa[2-4] -3 days "};
	static const char *const times[] = {"", "09:00-17:00 ", "22:00-02:00 ",
		"09:00-12:00,13:00-17:00 ", "18:00-36:00 ", "00:00-24:00 ", "12:00-48:00 "};
	static const char *const modifiers[] = {"open", "open", "open \"ring\"", "off", "closed"};

	snprintf(out, size, "%s%s%s%s", pick(wide, COUNT(wide)), pick(days, COUNT(days)),
		pick(times, COUNT(times)), pick(modifiers, COUNT(modifiers)));
}

static void random_text(char *out, size_t size)
{
	static const char *const joints[] = {"; ", "; ", ", ", " || "};
	unsigned count = 1 + (unsigned)rand_r(&seed) % 4;

	out[0] = '\0';
	for (unsigned i = 0; i < count; i++) {
		char rule[128];

		random_rule(rule, sizeof(rule));
		snprintf(out + strlen(out), size - strlen(out), "%s%s",
			i ? pick(joints, COUNT(joints)) : "", rule);
	}
}

static int seed_once(void **state)
{
	const char *env = getenv("SEED");

	(void)state;
	seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);
	print_message("# SEED=%u\n", seed);
	return 0;
}

static void random_expressions_print_and_compile_to_the_same(void **state)
{
	(void)state;
	for (int round = 0; round < 5000; round++) {
		char text[HOURS_TEXT_MAX + 1], normal[HOURS_FORMAT_MAX], twice[HOURS_FORMAT_MAX];
		struct hours hours, again;

		random_text(text, sizeof(text));
		hours = compiled(text);
		assert_true(hours_format(&hours, normal, sizeof(normal)) > 0);
		again = compiled(normal);
		if (memcmp(&hours, &again, sizeof(hours)) != 0)
			fail_msg("\"%s\" is not \"%s\"", text, normal);
		hours_format(&again, twice, sizeof(twice));
		assert_string_equal(twice, normal);
	}
}

/* Minute by minute. */
static bool plodding_change(
	const struct hours *hours, struct civil c, int32_t last, struct civil *ret_at)
{
	bool open = hours_open(hours, &england, &c);

	for (;;) {
		if (++c.minute == 1440)
			civil_from_date(c.date + 1, &c);
		if (c.date > last)
			return false;
		if (hours_open(hours, &england, &c) != open) {
			*ret_at = c;
			return true;
		}
	}
}

static void the_next_change_is_the_first_there_is(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		char text[HOURS_TEXT_MAX + 1];
		struct civil now, expected = {0}, found = {0};
		struct hours hours;
		bool any, plodding;

		random_text(text, sizeof(text));
		hours = compiled(text);
		civil_from_date(20780 + rand_r(&seed) % 400, &now);
		now.minute = (uint16_t)(rand_r(&seed) % 48 * 30);
		plodding = plodding_change(&hours, now, now.date + 9, &expected);
		any = hours_next_change(&hours, &england, &now, now.date + 9, &found);
		if (any != plodding || expected.date != found.date ||
			expected.minute != found.minute)
			fail_msg("\"%s\" after day %d minute %u: day %d minute %u, not %d %u", text,
				now.date, now.minute, found.date, found.minute, expected.date,
				expected.minute);
	}
}

static void changes_are_looked_for_in_ten_years(void **state)
{
	struct hours hours = compiled("2036 Nov 22-2036 Nov 23 12:00-13:00"), never = {0};
	struct civil now, at = {.minute = 7};

	(void)state;
	assert_int_equal(civil_from_ymd(2026, 11, 22, &now), 0);
	assert_true(hours_next_change(&hours, NULL, &now, INT32_MAX, &at));
	assert_int_equal(at.date, now.date + HOURS_REACH_DAYS);
	assert_int_equal(at.minute, 720);
	at = (struct civil){.minute = 7};
	civil_from_date(now.date - 1, &now);
	assert_false(hours_next_change(&hours, NULL, &now, INT32_MAX, &at));
	assert_false(hours_next_change(&never, NULL, &now, INT32_MAX, &at));
	assert_false(hours_next_change(NULL, NULL, &now, INT32_MAX, &at));
	hours = compiled("24/7");
	assert_false(hours_next_change(&hours, NULL, &now, INT32_MAX, &at));
	now.minute = 1440;
	hours = compiled("12:00-13:00");
	assert_false(hours_next_change(&hours, NULL, &now, INT32_MAX, &at));
	assert_int_equal(at.minute, 7);
}

static void the_last_day_of_the_calendar_has_no_morrow(void **state)
{
	struct hours hours = compiled("12:00-48:00");
	struct civil now, at;

	(void)state;
	assert_int_equal(civil_from_ymd(9999, 12, 31, &now), 0);
	assert_false(hours_next_change(&hours, NULL, &now, INT32_MAX, &at));
	hours = compiled("12:00-13:00");
	assert_true(hours_next_change(&hours, NULL, &now, INT32_MAX, &at));
	now.minute = 800;
	assert_false(hours_next_change(&hours, NULL, &now, INT32_MAX, &at));
	assert_false(hours_next_change(&hours, NULL, &now, now.date - 1, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_one_way_to_be_written),
		cmocka_unit_test(no_rules_are_no_text),
		cmocka_unit_test(what_does_not_fit_is_not_written),
		cmocka_unit_test(random_expressions_print_and_compile_to_the_same),
		cmocka_unit_test(the_next_change_is_the_first_there_is),
		cmocka_unit_test(changes_are_looked_for_in_ten_years),
		cmocka_unit_test(the_last_day_of_the_calendar_has_no_morrow),
	};

	return cmocka_run_group_tests(tests, seed_once, NULL);
}
