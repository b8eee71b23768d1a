/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "door/door.h"
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define HUB_US (1800000000 * SECOND_US) /* the hub's clock now */

static struct door door;

/* A door to which the hub said so many seconds ago what its time is. */
static void heard(unsigned seconds)
{
	memset(&door, 0, sizeof(door));
	door.sync.time_known = true;
	door.sync.offset_us = HUB_US - (int64_t)clock_mono_us();
	door.sync.newest.time_us = HUB_US - seconds * SECOND_US;
}

static void a_hub_that_is_heard_lives(void **state)
{
	(void)state;
	heard(0);
	assert_false(lift_hub_is_dead(&door));
	heard(178);
	assert_false(lift_hub_is_dead(&door));
	/* it is set right: the door heard a time that is still to come */
	heard(0);
	door.sync.newest.time_us = HUB_US + 3600 * SECOND_US;
	assert_false(lift_hub_is_dead(&door));
}

static void one_that_signs_nothing_for_three_minutes_is_dead(void **state)
{
	(void)state;
	heard(182);
	assert_true(lift_hub_is_dead(&door));
	/* whatever the broker brings of earlier: its time counts, not its coming */
	door.sync.heard_ms = clock_mono_ms();
	assert_true(lift_hub_is_dead(&door));
}

static void a_start_or_a_lost_connection_is_not_yet_a_dead_hub(void **state)
{
	(void)state;
	heard(0);
	door.sync.alone_ms = clock_mono_ms() - 9000;
	assert_false(lift_hub_is_dead(&door));
	door.sync.time_known = false;
	assert_false(lift_hub_is_dead(&door));
	door.sync.alone_ms = clock_mono_ms() - 10100;
	assert_true(lift_hub_is_dead(&door));
	door.sync.time_known = true;
	assert_true(lift_hub_is_dead(&door));
}

static void a_lift_is_for_one_revision(void **state)
{
	const struct revision none = {0}, this = {1, 5}, before = {1, 4}, next = {1, 6},
			      later = {2, 5};

	(void)state;
	assert_true(lift_covers(&this, &this));
	assert_false(lift_covers(&this, &before));
	assert_false(lift_covers(&this, &next));
	assert_false(lift_covers(&this, &later));
	/* a door that nobody ever told anything has nothing lifted */
	assert_false(lift_covers(&none, &none));
	assert_false(lift_covers(&none, &this));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hub_that_is_heard_lives),
		cmocka_unit_test(one_that_signs_nothing_for_three_minutes_is_dead),
		cmocka_unit_test(a_start_or_a_lost_connection_is_not_yet_a_dead_hub),
		cmocka_unit_test(a_lift_is_for_one_revision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
