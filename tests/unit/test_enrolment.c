/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "door/enrolment.h"

static const struct token one = {{1}}, two = {{2}};

static enum enrolment_step show(
	struct enrolment *e, const struct token *token, uint32_t handle, uint64_t now_ms)
{
	return enrolment_card(e, UID_KIND_FIXED, token, handle, now_ms);
}

static void a_card_shown_twice_is_enrolled(void **state)
{
	struct enrolment e = {0};

	(void)state;
	enrolment_begin(&e, 1000, 0);
	assert_true(e.on);
	assert_int_equal(e.until_ms, 1000 + ENROLMENT_MS_DEFAULT);
	assert_int_equal(show(&e, &one, 7, 2000), ENROLMENT_STEP_ONCE);
	assert_int_equal(show(&e, &one, 8, 3000), ENROLMENT_STEP_DONE);
	assert_int_equal(e.shown, 2);
	assert_false(e.on);
	assert_int_equal(show(&e, &one, 9, 4000), ENROLMENT_STEP_NONE);
}

static void it_must_leave_in_between(void **state)
{
	struct enrolment e = {0};

	(void)state;
	enrolment_begin(&e, 0, 0);
	assert_int_equal(show(&e, &one, 7, 1), ENROLMENT_STEP_ONCE);
	assert_int_equal(show(&e, &one, 7, 2), ENROLMENT_STEP_NONE);
	assert_int_equal(e.shown, 1);
	assert_true(e.on);
	assert_int_equal(show(&e, &one, 8, 3), ENROLMENT_STEP_DONE);
}

static void another_unknown_card_cancels(void **state)
{
	struct enrolment e = {0};

	(void)state;
	enrolment_begin(&e, 0, 0);
	assert_int_equal(show(&e, &one, 1, 1), ENROLMENT_STEP_ONCE);
	assert_int_equal(show(&e, &two, 2, 2), ENROLMENT_STEP_OTHER);
	assert_false(e.on);
	assert_int_equal(show(&e, &one, 3, 3), ENROLMENT_STEP_NONE);
}

static void numbers_that_name_no_card_are_refused(void **state)
{
	static const enum uid_kind kinds[] = {UID_KIND_RANDOM, UID_KIND_DUMMY, UID_KIND_INVALID};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct enrolment e = {0};

		enrolment_begin(&e, 0, 0);
		assert_int_equal(enrolment_card(&e, kinds[i], &one, 1, 1),
			i == 0 ? ENROLMENT_STEP_RANDOM : ENROLMENT_STEP_DUMMY);
		assert_false(e.on);
		assert_int_equal(e.shown, 0);
	}
}

static void it_ends_in_time(void **state)
{
	struct enrolment e = {0};

	(void)state;
	assert_int_equal(enrolment_tick(&e, 99), ENROLMENT_STEP_NONE);
	enrolment_begin(&e, 1000, 5000);
	assert_int_equal(enrolment_tick(&e, 5999), ENROLMENT_STEP_NONE);
	assert_int_equal(show(&e, &one, 1, 5999), ENROLMENT_STEP_ONCE);
	assert_int_equal(show(&e, &one, 2, 6000), ENROLMENT_STEP_TIMEOUT);
	assert_false(e.on);
	enrolment_begin(&e, 1000, 5000);
	assert_int_equal(enrolment_tick(&e, 6000), ENROLMENT_STEP_TIMEOUT);
	assert_int_equal(enrolment_tick(&e, 6001), ENROLMENT_STEP_NONE);
}

static void a_first_presentation_may_have_any_number(void **state)
{
	struct enrolment e = {0};

	(void)state;
	enrolment_begin(&e, 0, 0);
	assert_int_equal(show(&e, &one, 0, 1), ENROLMENT_STEP_ONCE);
	assert_int_equal(show(&e, &one, 0, 2), ENROLMENT_STEP_NONE);
}

/* A card that was shown for one host is not the first showing for the next. */
static void a_new_beginning_forgets(void **state)
{
	struct enrolment e = {0};

	(void)state;
	enrolment_begin(&e, 0, 0);
	assert_int_equal(show(&e, &one, 1, 1), ENROLMENT_STEP_ONCE);
	enrolment_begin(&e, 2, 0);
	assert_int_equal(show(&e, &two, 2, 3), ENROLMENT_STEP_ONCE);
	assert_int_equal(show(&e, &two, 3, 4), ENROLMENT_STEP_DONE);
}

static void every_step_has_a_sentence(void **state)
{
	(void)state;
	assert_string_equal(enrolment_text(ENROLMENT_STEP_NONE), "");
	for (int s = ENROLMENT_STEP_ONCE; s <= ENROLMENT_STEP_TIMEOUT; s++)
		assert_true(*enrolment_text((enum enrolment_step)s) != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_shown_twice_is_enrolled),
		cmocka_unit_test(it_must_leave_in_between),
		cmocka_unit_test(another_unknown_card_cancels),
		cmocka_unit_test(numbers_that_name_no_card_are_refused),
		cmocka_unit_test(it_ends_in_time),
		cmocka_unit_test(a_first_presentation_may_have_any_number),
		cmocka_unit_test(a_new_beginning_forgets),
		cmocka_unit_test(every_step_has_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
