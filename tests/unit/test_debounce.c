/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/debounce.h"

#define T0 1000000u /* any time that is not 0 */

static struct debounce at_rest(uint32_t window_ms, bool level)
{
	struct debounce d;

	debounce_init(&d, window_ms, level);
	return d;
}

static void rest_needs_no_timer(void **state)
{
	struct debounce d = at_rest(50, true);

	(void)state;
	assert_true(d.stable);
	assert_true(debounce_deadline(&d) == UINT64_MAX);
	assert_false(debounce_poll(&d, T0));
	assert_true(d.stable);
}

static void clean_change_counts_after_exactly_one_window(void **state)
{
	struct debounce d = at_rest(50, false);

	(void)state;
	assert_false(debounce_edge(&d, true, T0));
	assert_true(debounce_deadline(&d) == T0 + 50);
	assert_false(debounce_poll(&d, T0 + 49));
	assert_true(debounce_deadline(&d) == T0 + 50);
	assert_true(debounce_poll(&d, T0 + 50));
	assert_true(d.stable);
	assert_true(debounce_deadline(&d) == UINT64_MAX);
	assert_false(debounce_poll(&d, T0 + 51));
}

static void glitch_shorter_than_the_window_never_counts(void **state)
{
	struct debounce d = at_rest(50, false);

	(void)state;
	assert_false(debounce_edge(&d, true, T0));
	assert_false(debounce_edge(&d, false, T0 + 49));
	assert_true(debounce_deadline(&d) == UINT64_MAX);
	assert_false(debounce_poll(&d, T0 + 5000));
	assert_false(d.stable);
}

static void sparse_glitches_never_add_up(void **state)
{
	struct debounce d = at_rest(50, true);

	(void)state;
	for (uint64_t t = T0; t < T0 + 60000; t += 40) {
		assert_false(debounce_edge(&d, false, t));
		assert_false(debounce_edge(&d, true, t + 15));
	}
	assert_true(d.stable);
}

static void bounce_train_changes_once_within_a_window_of_its_last_edge(void **state)
{
	static const uint64_t edges[] = {0, 1, 3, 4, 8, 9, 15, 17, 20}; /* odd count: ends active */
	struct debounce d = at_rest(50, false);
	uint64_t due;

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		assert_false(debounce_edge(&d, i % 2 == 0, T0 + edges[i]));
	due = debounce_deadline(&d);
	assert_true(due > T0 + 50 && due <= T0 + 20 + 50);
	assert_false(debounce_poll(&d, due - 1));
	assert_true(debounce_poll(&d, due));
	assert_true(d.stable);
}

static void edges_read_late_keep_a_press_that_was_long_enough(void **state)
{
	struct debounce d = at_rest(50, false);

	(void)state;
	assert_false(debounce_edge(&d, true, T0));
	assert_true(debounce_edge(&d, false, T0 + 60)); /* the loop was away in between */
	assert_true(d.stable);
	assert_true(debounce_deadline(&d) == T0 + 110);
	assert_true(debounce_poll(&d, T0 + 110));
	assert_false(d.stable);
}

static void chattering_input_is_heard_within_400_ms(void **state)
{
	struct debounce d = at_rest(DEBOUNCE_DEFAULT_MS, false);
	uint64_t heard = 0;

	(void)state;
	for (uint64_t t = T0; t < T0 + 1000 && !heard; t += 20) { /* drops out 5 of 20 ms */
		if (debounce_edge(&d, true, t))
			heard = t;
		else if (debounce_edge(&d, false, t + 15))
			heard = t + 15;
	}
	assert_true(heard > T0 + 50 && heard <= T0 + 400);
}

static void longest_window_still_hears_400_ms(void **state)
{
	struct debounce d = at_rest(60000, false);

	(void)state;
	assert_false(debounce_edge(&d, true, T0));
	assert_true(debounce_poll(&d, T0 + 400));
}

static void clock_that_does_not_move_changes_nothing(void **state)
{
	struct debounce d = at_rest(50, false);

	(void)state;
	for (int i = 0; i < 1001; i++)
		assert_false(debounce_edge(&d, i % 2 == 0, T0));
	assert_false(debounce_poll(&d, T0));
	assert_true(debounce_deadline(&d) == T0 + 50);
	assert_true(debounce_poll(&d, T0 + 50));
}

static void clock_that_goes_back_counts_as_no_time(void **state)
{
	struct debounce d = at_rest(50, false);

	(void)state;
	debounce_edge(&d, true, T0);
	assert_false(debounce_poll(&d, T0 + 20));
	assert_false(debounce_poll(&d, T0 - 500));
	assert_true(debounce_deadline(&d) == T0 + 50);
	assert_true(debounce_poll(&d, T0 + 50));
}

static void window_of_zero_is_no_debounce(void **state)
{
	struct debounce d = at_rest(0, false);

	(void)state;
	assert_true(debounce_edge(&d, true, T0));
	assert_false(debounce_edge(&d, true, T0));
	assert_true(debounce_edge(&d, false, T0));
	assert_true(debounce_deadline(&d) == UINT64_MAX);
}

static void repeated_level_is_not_an_edge(void **state)
{
	struct debounce d = at_rest(50, false);

	(void)state;
	debounce_edge(&d, true, T0);
	debounce_edge(&d, true, T0 + 30); /* the edge between was lost */
	assert_true(debounce_deadline(&d) == T0 + 50);
}

/* Whatever happened before, a level that lasts one window is the debounced level. */
static void any_noise_settles_in_one_window(void **state)
{
	const char *text = getenv("SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : 20260729u;

	(void)state;
	print_message("SEED=%u\n", seed);
	for (int round = 0; round < 2000; round++) {
		uint32_t window = (uint32_t)(rand_r(&seed) % 400);
		struct debounce d = at_rest(window, rand_r(&seed) % 2);
		uint64_t now = T0;
		bool level = d.stable;

		for (int i = rand_r(&seed) % 50; i > 0; i--) {
			now += (uint64_t)(rand_r(&seed) % 100);
			level = rand_r(&seed) % 2;
			debounce_edge(&d, level, now);
			assert_true(d.charge_ms <= d.window_ms);
			assert_true(debounce_deadline(&d) == UINT64_MAX ||
				    debounce_deadline(&d) <= now + window);
		}
		debounce_poll(&d, now + window);
		assert_int_equal(d.stable, level);
		assert_true(debounce_deadline(&d) == UINT64_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rest_needs_no_timer),
		cmocka_unit_test(clean_change_counts_after_exactly_one_window),
		cmocka_unit_test(glitch_shorter_than_the_window_never_counts),
		cmocka_unit_test(sparse_glitches_never_add_up),
		cmocka_unit_test(bounce_train_changes_once_within_a_window_of_its_last_edge),
		cmocka_unit_test(edges_read_late_keep_a_press_that_was_long_enough),
		cmocka_unit_test(chattering_input_is_heard_within_400_ms),
		cmocka_unit_test(longest_window_still_hears_400_ms),
		cmocka_unit_test(clock_that_does_not_move_changes_nothing),
		cmocka_unit_test(clock_that_goes_back_counts_as_no_time),
		cmocka_unit_test(window_of_zero_is_no_debounce),
		cmocka_unit_test(repeated_level_is_not_an_edge),
		cmocka_unit_test(any_noise_settles_in_one_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
