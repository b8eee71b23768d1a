/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/passback.h"

#define TODAY 20780 /* 2026-11-23 */

static struct civil moment(int32_t date, unsigned minute)
{
	struct civil c;

	civil_from_date(date, &c);
	c.minute = (uint16_t)minute;
	return c;
}

static enum passback_answer judge(enum passback_mode mode, bool inside, uint32_t since_s)
{
	struct passback rule = {.mode = mode, .timed_s = 600};
	struct presence presence = {
		.inside = inside, .date = TODAY, .minute = 540, .since_s = since_s};
	struct civil now = moment(TODAY, 600);

	return passback_judge(&rule, &presence, &now);
}

static void who_is_outside_comes_in_by_every_mode(void **state)
{
	(void)state;
	for (unsigned mode = PASSBACK_NONE; mode <= PASSBACK_TIMED; mode++)
		assert_int_equal(judge((enum passback_mode)mode, false, 0), PASSBACK_ANSWER_PASS);
}

static void who_is_inside_is_warned_refused_or_waits(void **state)
{
	(void)state;
	assert_int_equal(judge(PASSBACK_NONE, true, 0), PASSBACK_ANSWER_PASS);
	assert_int_equal(judge(PASSBACK_SOFT, true, 9999), PASSBACK_ANSWER_WARN);
	assert_int_equal(judge(PASSBACK_HARD, true, 9999), PASSBACK_ANSWER_DENY);
	assert_int_equal(judge(PASSBACK_TIMED, true, 0), PASSBACK_ANSWER_DENY);
	assert_int_equal(judge(PASSBACK_TIMED, true, 599), PASSBACK_ANSWER_DENY);
	assert_int_equal(judge(PASSBACK_TIMED, true, 600), PASSBACK_ANSWER_PASS);
}

static void a_mode_that_is_not_ours_refuses(void **state)
{
	(void)state;
	assert_int_equal(judge((enum passback_mode)9, false, 9999), PASSBACK_ANSWER_DENY);
}

static void presence_ends_at_the_reset_hour(void **state)
{
	static const struct {
		int32_t date;
		unsigned minute, reset;
		int32_t now_date;
		unsigned now;
		bool inside;
	} rows[] = {
		{TODAY, 0, 0, TODAY, 0, true}, {TODAY - 1, 1439, 0, TODAY, 0, false},
		{TODAY, 0, 0, TODAY, 1439, true}, {TODAY, 239, 240, TODAY, 239, true},
		{TODAY, 239, 240, TODAY, 240, false}, {TODAY, 240, 240, TODAY, 240, true},
		{TODAY, 240, 240, TODAY + 1, 239, true}, {TODAY, 240, 240, TODAY + 1, 240, false},
		{TODAY - 1, 239, 240, TODAY, 0, false}, {TODAY - 1, 240, 240, TODAY, 0, true},
		{TODAY, 1439, 1439, TODAY + 1, 1438, true},
		{TODAY - 400, 600, 240, TODAY, 600, false},
		{TODAY, 700, 240, TODAY, 600, true},      /* the clock was set back */
		{TODAY + 30, 700, 240, TODAY, 600, true}, /* by a month */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct presence p = {
			.inside = true, .date = rows[i].date, .minute = (uint16_t)rows[i].minute};
		struct civil now = moment(rows[i].now_date, rows[i].now);

		assert_int_equal(
			presence_inside(&p, (uint16_t)rows[i].reset, &now), rows[i].inside);
		p.inside = false;
		assert_false(presence_inside(&p, (uint16_t)rows[i].reset, &now));
	}
}

static void without_a_clock_no_reset_hour_has_passed(void **state)
{
	struct passback hard = {.mode = PASSBACK_HARD};
	struct presence p = {.inside = true, .date = TODAY - 9};

	(void)state;
	assert_true(presence_inside(&p, 0, NULL));
	assert_int_equal(passback_judge(&hard, &p, NULL), PASSBACK_ANSWER_DENY);
	p.inside = false;
	assert_false(presence_inside(&p, 0, NULL));
	assert_int_equal(passback_judge(&hard, &p, NULL), PASSBACK_ANSWER_PASS);
}

static void the_rule_has_the_reset_hour(void **state)
{
	struct passback hard = {.mode = PASSBACK_HARD, .reset_minute = 240};
	struct presence p = {.inside = true, .date = TODAY, .minute = 200};
	struct civil before = moment(TODAY, 239), after = moment(TODAY, 240);

	(void)state;
	assert_int_equal(passback_judge(&hard, &p, &before), PASSBACK_ANSWER_DENY);
	assert_int_equal(passback_judge(&hard, &p, &after), PASSBACK_ANSWER_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_outside_comes_in_by_every_mode),
		cmocka_unit_test(who_is_inside_is_warned_refused_or_waits),
		cmocka_unit_test(a_mode_that_is_not_ours_refuses),
		cmocka_unit_test(presence_ends_at_the_reset_hour),
		cmocka_unit_test(without_a_clock_no_reset_hour_has_passed),
		cmocka_unit_test(the_rule_has_the_reset_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
