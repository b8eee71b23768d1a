/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "door/refusal.h"

static void the_same_is_said_once_a_minute(void **state)
{
	struct refusals r = {0};
	uint64_t unsaid = 9;

	(void)state;
	assert_true(refusal_due(&r, "ack", "forged", 5, &unsaid));
	assert_int_equal(unsaid, 0);
	assert_false(refusal_due(&r, "ack", "forged", 6, &unsaid));
	assert_false(refusal_due(&r, "ack", "forged", 5 + REFUSAL_MS - 1, &unsaid));
	assert_true(refusal_due(&r, "ack", "forged", 5 + REFUSAL_MS, &unsaid));
	assert_int_equal(unsaid, 2);
}

static void another_topic_or_reason_is_another(void **state)
{
	struct refusals r = {0};
	uint64_t unsaid;

	(void)state;
	assert_true(refusal_due(&r, "ack", "forged", 1, &unsaid));
	assert_true(refusal_due(&r, "ack", "altered", 1, &unsaid));
	assert_true(refusal_due(&r, "state", "forged", 1, &unsaid));
	/* not two ways to cut the same letters */
	assert_true(refusal_due(&r, "ackf", "orged", 1, &unsaid));
}

static void a_flood_is_bounded(void **state)
{
	struct refusals r = {0};
	uint64_t unsaid;
	unsigned said = 0;
	char why[16];

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(why, sizeof(why), "%u", i);
		said += refusal_due(&r, "ack", why, 1000 + i, &unsaid);
	}
	assert_int_equal(said, REFUSAL_ALL_MAX);
	assert_true(refusal_due(&r, "ack", "later", 1000 + 9999 + REFUSAL_MS, &unsaid));
	assert_int_equal(unsaid, 10000 - REFUSAL_ALL_MAX);
}

static unsigned say_many(struct refusals *r, unsigned first, uint64_t now_ms)
{
	uint64_t unsaid;
	unsigned said = 0;
	char why[16];

	for (unsigned i = first; i < first + 100; i++) {
		snprintf(why, sizeof(why), "%u", i);
		said += refusal_due(r, "ack", why, now_ms, &unsaid);
	}
	return said;
}

static void each_minute_has_its_own_bound(void **state)
{
	struct refusals r = {0};

	(void)state;
	assert_int_equal(say_many(&r, 0, REFUSAL_MS), REFUSAL_ALL_MAX);
	assert_int_equal(say_many(&r, 100, 2 * REFUSAL_MS - 1), 0);
	assert_int_equal(say_many(&r, 200, 2 * REFUSAL_MS), REFUSAL_ALL_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_said_once_a_minute),
		cmocka_unit_test(another_topic_or_reason_is_another),
		cmocka_unit_test(a_flood_is_bounded),
		cmocka_unit_test(each_minute_has_its_own_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
