/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "door/reset.h"

#define START_MS 5000u
#define TICK_MS 500u

struct run {
	struct reset reset;
	uint64_t now_ms;
};

/* Ticks for so long; how many resets, and when the last one was due, in s from the start. */
static unsigned run(struct run *r, uint32_t s, bool connected, bool answers, uint64_t *ret_at_s)
{
	unsigned resets = 0;

	for (uint64_t end_ms = r->now_ms + s * 1000u; r->now_ms < end_ms; r->now_ms += TICK_MS) {
		r->reset.tried = r->reset.tried || connected;
		if (reset_due(&r->reset, answers, r->now_ms) == 0)
			continue;
		resets++;
		*ret_at_s = (r->now_ms - START_MS) / 1000;
	}
	return resets;
}

static struct run begin(void)
{
	struct run r = {.now_ms = START_MS};

	reset_init(&r.reset, 10, START_MS);
	return r;
}

static void the_first_reset_waits_and_the_next_ones_longer(void **state)
{
	static const uint64_t at_s[] = {10, 30, 70, 150, 310, 630, 1230, 1830};
	struct run r = begin();
	uint64_t last_s = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(at_s) / sizeof(at_s[0]); i++) {
		uint64_t from_s = (r.now_ms - START_MS) / 1000;

		assert_int_equal(
			run(&r, (uint32_t)(at_s[i] - from_s) + 1, true, false, &last_s), 1);
		assert_int_equal(last_s, at_s[i]);
	}
}

static void a_reader_that_answers_is_left_alone(void **state)
{
	struct run r = begin();
	uint64_t at_s;

	(void)state;
	assert_int_equal(run(&r, 100000, true, true, &at_s), 0);
	assert_int_equal(run(&r, 9, true, false, &at_s), 0);
	assert_int_equal(run(&r, 1, true, true, &at_s), 0);
	assert_int_equal(run(&r, 9, true, false, &at_s), 0);
	assert_int_equal(run(&r, 2, true, false, &at_s), 1);
}

static void short_life_does_not_shorten_the_wait_and_long_life_does(void **state)
{
	struct run r = begin();
	uint64_t at_s;

	(void)state;
	assert_int_equal(run(&r, 11, true, false, &at_s), 1);
	assert_int_equal(run(&r, 30, true, true, &at_s), 0);
	assert_int_equal(run(&r, 19, true, false, &at_s), 0);
	assert_int_equal(run(&r, 2, true, false, &at_s), 1);
	assert_int_equal(run(&r, 61, true, true, &at_s), 0);
	assert_int_equal(run(&r, 9, true, false, &at_s), 0);
	assert_int_equal(run(&r, 2, true, false, &at_s), 1);
}

static void without_its_program_a_reader_is_not_reset_again(void **state)
{
	struct run r = begin();
	uint64_t at_s;

	(void)state;
	assert_int_equal(run(&r, 1000, false, false, &at_s), 0);
	r.reset.tried = true; /* it came for a moment, and crashed */
	assert_int_equal(run(&r, 1, false, false, &at_s), 1);
	assert_int_equal(run(&r, 1000, false, false, &at_s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_reset_waits_and_the_next_ones_longer),
		cmocka_unit_test(a_reader_that_answers_is_left_alone),
		cmocka_unit_test(short_life_does_not_shorten_the_wait_and_long_life_does),
		cmocka_unit_test(without_its_program_a_reader_is_not_reset_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
