/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/pattern.h"

#define LENGTH_MAX 3000 /* ms: a verdict must not hold up the next person */

static uint32_t length_of(enum pattern pattern)
{
	bool repeats;
	const struct pattern_step *step = pattern_steps(pattern, &repeats);
	uint32_t ms = 0;

	for (unsigned n = 0; step->ms > 0; step++, n++) {
		assert_true(n < 32);
		ms += step->ms;
	}
	return ms;
}

/* Some light on, colour aside, at a moment of the pattern. */
static bool lit_at(enum pattern pattern, uint32_t at)
{
	bool repeats;
	const struct pattern_step *step = pattern_steps(pattern, &repeats);

	for (; step->ms > 0; step++) {
		if (at < step->ms)
			return step->green || step->red;
		at -= step->ms;
	}
	return false;
}

static void verdicts_are_short_and_do_not_repeat(void **state)
{
	bool repeats;

	(void)state;
	for (enum pattern p = PATTERN_COME_IN; p <= PATTERN_SEE_HOST; p++) {
		pattern_steps(p, &repeats);
		assert_false(repeats);
		assert_in_range(length_of(p), 500, LENGTH_MAX);
	}
}

static void every_pattern_but_idle_begins_with_light(void **state)
{
	(void)state;
	for (enum pattern p = PATTERN_COME_IN; p < PATTERN_COUNT; p++)
		assert_true(lit_at(p, 0));
	assert_int_equal(length_of(PATTERN_IDLE), 0);
}

static void verdicts_differ_without_their_colours(void **state)
{
	(void)state;
	for (enum pattern a = PATTERN_COME_IN; a <= PATTERN_SEE_HOST; a++)
		for (enum pattern b = a + 1; b <= PATTERN_SEE_HOST; b++) {
			unsigned differing = 0;

			for (uint32_t at = 0; at < LENGTH_MAX; at++)
				differing += lit_at(a, at) != lit_at(b, at);
			assert_true(differing >= 300);
		}
}

#define LOOK_MS 12000 /* how long a person looks */
#define GRAIN_MS 10

static bool lit_repeating(enum pattern pattern, uint32_t at)
{
	return lit_at(pattern, at % length_of(pattern));
}

/* How much of a look differs, at the best match of the two: nobody knows where a pattern began. */
static unsigned least_difference(enum pattern a, enum pattern b)
{
	unsigned least = LOOK_MS;
	static bool of_a[LOOK_MS / GRAIN_MS], of_b[2 * LOOK_MS / GRAIN_MS];

	for (unsigned i = 0; i < LOOK_MS / GRAIN_MS; i++)
		of_a[i] = lit_repeating(a, i * GRAIN_MS);
	for (unsigned i = 0; i < 2 * LOOK_MS / GRAIN_MS; i++)
		of_b[i] = lit_repeating(b, i * GRAIN_MS);
	for (unsigned shift = 0; shift < length_of(b) / GRAIN_MS; shift++) {
		unsigned differing = 0;

		for (unsigned i = 0; i < LOOK_MS / GRAIN_MS; i++)
			differing += of_a[i] != of_b[i + shift] ? GRAIN_MS : 0;
		least = differing < least ? differing : least;
	}
	return least;
}

static void what_lasts_differs_pairwise_in_rhythm(void **state)
{
	(void)state;
	for (enum pattern a = PATTERN_WORKING; a < PATTERN_TEST; a++)
		for (enum pattern b = a + 1; b < PATTERN_TEST; b++)
			if (least_difference(a, b) < 300)
				fail_msg("%s and %s differ in %u ms of %d", pattern_name(a),
					pattern_name(b), least_difference(a, b), LOOK_MS);
}

static void the_worst_fault_is_shown(void **state)
{
	struct pattern_faults faults = {0};

	(void)state;
	assert_int_equal(pattern_of_faults(&faults), PATTERN_IDLE);
	faults.hub = true;
	assert_int_equal(pattern_of_faults(&faults), PATTERN_NO_HUB);
	faults.clock = true;
	assert_int_equal(pattern_of_faults(&faults), PATTERN_NO_CLOCK);
	faults.journal = true;
	assert_int_equal(pattern_of_faults(&faults), PATTERN_NO_JOURNAL);
	faults.reader = true;
	assert_int_equal(pattern_of_faults(&faults), PATTERN_NO_READER);
	faults.door = true;
	assert_int_equal(pattern_of_faults(&faults), PATTERN_FAULT);
}

static void only_come_in_is_plain_green(void **state)
{
	bool repeats;

	(void)state;
	for (enum pattern p = PATTERN_COME_IN; p < PATTERN_TEST; p++) {
		const struct pattern_step *step = pattern_steps(p, &repeats);

		for (; step->ms > 0; step++)
			assert_true(p == PATTERN_COME_IN ? step->green && !step->red
							 : !step->green || step->red);
	}
}

static void come_in_is_steady_with_one_short_beep(void **state)
{
	bool repeats;
	const struct pattern_step *step = pattern_steps(PATTERN_COME_IN, &repeats);

	(void)state;
	assert_true(step[0].buzzer && step[0].ms <= 200);
	for (step++; step->ms > 0; step++)
		assert_false(step->buzzer);
}

static void what_lasts_repeats_and_a_fault_is_silent(void **state)
{
	bool repeats;
	const struct pattern_step *step;

	(void)state;
	for (enum pattern p = PATTERN_WORKING; p < PATTERN_TEST; p++) {
		pattern_steps(p, &repeats);
		assert_true(repeats);
		assert_true(length_of(p) > 0); /* or a repeating pattern would spin */
	}
	for (enum pattern p = PATTERN_WORKING; p <= PATTERN_NO_HUB; p++)
		for (step = pattern_steps(p, &repeats); step->ms > 0; step++)
			assert_false(step->buzzer);
}

/* Beeping or not, at a moment since an endless pattern began. */
static bool beeps_at(enum pattern pattern, uint32_t at)
{
	bool repeats;
	const struct pattern_step *step = pattern_steps(pattern, &repeats);

	for (at %= length_of(pattern); at >= step->ms; step++)
		at -= step->ms;
	return step->buzzer;
}

/* Whoever hears only the last seconds of it must know which it is. */
static void alarms_differ_in_rhythm(void **state)
{
	(void)state;
	/* the faults before it are as silent as the last of them */
	for (enum pattern a = PATTERN_NO_HUB; a <= PATTERN_FIRE; a++)
		for (enum pattern b = a + 1; b <= PATTERN_FIRE; b++)
			for (uint32_t shift = 0; shift < length_of(b); shift += 50) {
				unsigned differing = 0;

				for (uint32_t at = 0; at < 4000; at += 10)
					differing += beeps_at(a, at) != beeps_at(b, at + shift);
				assert_true(differing >= 40); /* of 400 */
			}
}

/* What one light, colour aside, or one buzzer does at a moment after it began. */
static unsigned out_at(enum pattern pattern, uint32_t at)
{
	bool repeats;

	pattern_steps(pattern, &repeats);
	if (!repeats && at >= length_of(pattern))
		return 0;
	return lit_repeating(pattern, at) | beeps_at(pattern, at) << 1;
}

/* Somebody who sees one light, or only hears, from a pattern's beginning, or from anywhere in one
 * that lasts. */
static void every_pair_differs_in_its_times_on_and_off(void **state)
{
	bool repeats;

	(void)state;
	for (enum pattern a = PATTERN_COME_IN; a < PATTERN_TEST; a++)
		for (enum pattern b = a + 1; b < PATTERN_TEST; b++) {
			uint32_t shifts = pattern_steps(b, &repeats) && repeats ? length_of(b) : 1;

			for (uint32_t shift = 0; shift < shifts; shift += GRAIN_MS) {
				unsigned differing = 0;

				for (uint32_t at = 0; at < LOOK_MS; at += GRAIN_MS)
					if (out_at(a, at) != out_at(b, at + shift))
						differing += GRAIN_MS;
				if (differing < 300)
					fail_msg("%s and %s differ in %u ms of %d", pattern_name(a),
						pattern_name(b), differing, LOOK_MS);
			}
		}
}

/* "test" is for somebody who looks which of the three does not work. */
static void test_shows_each_output_alone(void **state)
{
	bool repeats, green = false, red = false, buzzer = false;
	const struct pattern_step *step = pattern_steps(PATTERN_TEST, &repeats);

	(void)state;
	assert_false(repeats);
	for (; step->ms > 0; step++) {
		assert_true(step->green + step->red + step->buzzer <= 1);
		green |= step->green;
		red |= step->red;
		buzzer |= step->buzzer;
	}
	assert_true(green && red && buzzer);
}

static void reasons_map_to_patterns_of_the_same_name(void **state)
{
	bool repeats;

	(void)state;
	for (enum reason_pattern r = REASON_PATTERN_HOST; r <= REASON_PATTERN_COME_IN; r++)
		assert_string_equal(pattern_name(pattern_of_reason(r)), reason_pattern_name(r));
	assert_int_equal(pattern_of_reason((enum reason_pattern)9), PATTERN_SEE_HOST);
	assert_null(pattern_name(PATTERN_COUNT));
	assert_int_equal(pattern_steps(PATTERN_COUNT, &repeats)->ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_short_and_do_not_repeat),
		cmocka_unit_test(every_pattern_but_idle_begins_with_light),
		cmocka_unit_test(verdicts_differ_without_their_colours),
		cmocka_unit_test(what_lasts_differs_pairwise_in_rhythm),
		cmocka_unit_test(the_worst_fault_is_shown),
		cmocka_unit_test(only_come_in_is_plain_green),
		cmocka_unit_test(come_in_is_steady_with_one_short_beep),
		cmocka_unit_test(what_lasts_repeats_and_a_fault_is_silent),
		cmocka_unit_test(alarms_differ_in_rhythm),
		cmocka_unit_test(every_pair_differs_in_its_times_on_and_off),
		cmocka_unit_test(test_shows_each_output_alone),
		cmocka_unit_test(reasons_map_to_patterns_of_the_same_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
