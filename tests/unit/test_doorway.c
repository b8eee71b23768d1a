/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/decide.h"
#include "core/doorway.h"

#define EXIT_MS 3000
#define HELD_MS 30000

static const struct doorway_config with_contact = {
	.contact = true, .strike = true, .exit_ms = EXIT_MS, .held_open_ms = HELD_MS};
static const struct doorway_config without_contact = {
	.strike = true, .exit_ms = EXIT_MS, .held_open_ms = HELD_MS};

static void second_tap_extends_and_never_shortens(void **state)
{
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &with_contact, false, 0);
	doorway_step(&d, DOORWAY_EVENT_GRANT, 5000, 1000);
	a = doorway_step(&d, DOORWAY_EVENT_GRANT, 5000, 2000);
	assert_int_equal(a.happened, DOORWAY_DID_EXTEND);
	assert_int_equal(a.deadline_ms, 7000);
	a = doorway_step(&d, DOORWAY_EVENT_GRANT, 1000, 3000);
	assert_int_equal(a.happened, 0);
	assert_int_equal(a.deadline_ms, 7000);
}

static void the_release_ends_at_its_very_millisecond(void **state)
{
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &without_contact, false, 0);
	doorway_step(&d, DOORWAY_EVENT_GRANT, 5000, 1000);
	assert_true(doorway_step(&d, DOORWAY_EVENT_TICK, 0, 5999).strike);
	a = doorway_step(&d, DOORWAY_EVENT_TICK, 0, 6000);
	assert_false(a.strike);
	assert_int_equal(a.happened, DOORWAY_DID_RELOCK);
	assert_int_equal(a.deadline_ms, 0);
	assert_int_equal(d.state, DOORWAY_STATE_LOCKED);
}

static void a_late_loop_does_not_make_a_door_forced(void **state)
{
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &with_contact, false, 0);
	doorway_step(&d, DOORWAY_EVENT_GRANT, 5000, 1000);
	/* the release ended at 6000, but nobody has put the strike to rest yet */
	a = doorway_step(&d, DOORWAY_EVENT_CONTACT_OPENED, 0, 6100);
	assert_int_equal(d.state, DOORWAY_STATE_OPEN);
	assert_int_equal(a.happened, DOORWAY_DID_RELOCK | DOORWAY_DID_OPEN);
	assert_false(a.strike);
}

static void a_stuck_button_does_not_hold_the_door(void **state)
{
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &with_contact, false, 0);
	a = doorway_step(&d, DOORWAY_EVENT_EXIT_PRESSED, 0, 1000);
	assert_int_equal(a.happened, DOORWAY_DID_RELEASE | DOORWAY_DID_EXIT);
	assert_true(a.strike && d.exit_held);
	assert_false(doorway_step(&d, DOORWAY_EVENT_TICK, 0, 1000 + EXIT_MS).strike);
	assert_true(d.exit_held);
	doorway_step(&d, DOORWAY_EVENT_EXIT_LET_GO, 0, 5000);
	assert_true(doorway_step(&d, DOORWAY_EVENT_EXIT_PRESSED, 0, 5100).strike);
}

static void exit_is_never_denied(void **state)
{
	static const enum doorway_event before[] = {DOORWAY_EVENT_TICK, DOORWAY_EVENT_GRANT,
		DOORWAY_EVENT_EXIT_PRESSED, DOORWAY_EVENT_CONTACT_OPENED, DOORWAY_EVENT_RELOCK,
		DOORWAY_EVENT_FAULT, DOORWAY_EVENT_LOCKDOWN_ON, DOORWAY_EVENT_TAMPER_ON,
		DOORWAY_EVENT_FIRE_ON, DOORWAY_EVENT_HOLD, DOORWAY_EVENT_BOLT_THROWN};
	const struct doorway_config no_exit_time = {.contact = true, .strike = true};

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		struct doorway_actions a;
		struct doorway d;

		doorway_init(&d, &no_exit_time, false, 0);
		doorway_step(&d, before[i], 2000, 1000);
		a = doorway_step(&d, DOORWAY_EVENT_EXIT_PRESSED, 0, 1500);
		assert_true(a.strike);
		assert_true(a.happened & DOORWAY_DID_EXIT);
		assert_int_equal(d.due_ms[DOORWAY_TIMER_EXIT], 1500 + RELEASE_MS_DEFAULT);
	}
}

static void nothing_is_released_by_mistake(void **state)
{
	struct doorway d;

	(void)state;
	doorway_init(&d, &with_contact, false, 0);
	assert_false(doorway_step(&d, DOORWAY_EVENT_GRANT, 0, 1000).strike);
	assert_false(doorway_step(&d, (enum doorway_event)99, 5000, 1000).strike);
	doorway_step(&d, DOORWAY_EVENT_GRANT, UINT32_MAX, 1000);
	assert_int_equal(d.due_ms[DOORWAY_TIMER_RELEASE], 1000 + RELEASE_MS_MAX);
	doorway_step(&d, DOORWAY_EVENT_HOLD, UINT32_MAX, 1000);
	assert_int_equal(d.due_ms[DOORWAY_TIMER_HOLD], 1000 + UNLOCK_MS_MAX);
}

static void a_clock_that_goes_back_puts_the_strike_to_rest(void **state)
{
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &with_contact, true, 50000);
	doorway_step(&d, DOORWAY_EVENT_GRANT, 5000, 51000);
	a = doorway_step(&d, DOORWAY_EVENT_TICK, 0, 10);
	assert_false(a.strike);
	assert_int_equal(a.happened, DOORWAY_DID_RELOCK);
	assert_int_equal(a.deadline_ms, 10 + HELD_MS);
}

static void the_end_of_time_is_survived(void **state)
{
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &with_contact, false, UINT64_MAX - 10);
	a = doorway_step(&d, DOORWAY_EVENT_GRANT, 5000, UINT64_MAX - 10);
	assert_int_equal(a.deadline_ms, UINT64_MAX);
	assert_false(doorway_step(&d, DOORWAY_EVENT_TICK, 0, UINT64_MAX).strike);
}

static void what_stands_has_a_name(void **state)
{
	struct doorway d;
	unsigned names = 0;

	(void)state;
	doorway_init(&d, &with_contact, false, 1000);
	assert_int_equal(doorway_standing(&d), 0);
	doorway_step(&d, DOORWAY_EVENT_TAMPER_ON, 0, 1000);
	doorway_step(&d, DOORWAY_EVENT_CONTACT_OPENED, 0, 1000);
	assert_int_equal(doorway_standing(&d), DOORWAY_DID_TAMPER | DOORWAY_DID_FORCE);
	doorway_step(&d, DOORWAY_EVENT_FIRE_ON, 0, 1000);
	doorway_step(&d, DOORWAY_EVENT_TAMPER_OFF, 0, 1000);
	doorway_step(&d, DOORWAY_EVENT_CONTACT_CLOSED, 0, 1000);
	assert_int_equal(doorway_standing(&d), DOORWAY_DID_FIRE);
	for (uint32_t bit = 1; bit != 0; bit <<= 1)
		names += doorway_alarm_name(bit) != NULL;
	assert_int_equal(names, 7);
	assert_string_equal(doorway_alarm_name(DOORWAY_DID_PROP), "propped");
	assert_null(doorway_alarm_name(0));
}

static void every_state_has_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= DOORWAY_STATE_FAULT; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(doorway_state_name((enum doorway_state)i),
				doorway_state_name((enum doorway_state)j));
	assert_string_equal(doorway_state_name((enum doorway_state)99), "fault");
	assert_string_equal(doorway_contact_name(DOORWAY_CONTACT_NONE), "unknown");
	assert_string_equal(doorway_contact_name(DOORWAY_CONTACT_OPEN), "open");
	assert_string_equal(doorway_contact_name(DOORWAY_CONTACT_CLOSED), "closed");
	assert_string_equal(doorway_contact_name((enum doorway_contact)99), "unknown");
}

static void an_open_door_is_held_open_after_thirty_seconds_by_default(void **state)
{
	static const struct doorway_config plain = {.contact = true, .strike = true};
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &plain, true, 1000);
	a = doorway_step(&d, DOORWAY_EVENT_TICK, 0, 1000);
	assert_int_equal(a.deadline_ms, 31000);
	assert_int_equal(doorway_step(&d, DOORWAY_EVENT_TICK, 0, 30999).happened, 0);
	a = doorway_step(&d, DOORWAY_EVENT_TICK, 0, 31000);
	assert_int_equal(a.happened, DOORWAY_DID_HOLD_OPEN);
}

static void a_held_button_is_stuck_at_its_very_millisecond(void **state)
{
	const struct doorway_config config = {
		.contact = true, .strike = true, .exit_ms = EXIT_MS, .exit_stuck_ms = 9000};
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &config, false, 0);
	doorway_step(&d, DOORWAY_EVENT_EXIT_PRESSED, 0, 1000);
	a = doorway_step(&d, DOORWAY_EVENT_TICK, 0, 9999);
	assert_int_equal(a.happened, DOORWAY_DID_RELOCK);
	assert_int_equal(a.deadline_ms, 10000);
	a = doorway_step(&d, DOORWAY_EVENT_TICK, 0, 10000);
	assert_int_equal(a.happened, DOORWAY_DID_EXIT_STUCK);
	assert_true(d.alarms & DOORWAY_DID_EXIT_STUCK);
	assert_int_equal(a.deadline_ms, 0);
	a = doorway_step(&d, DOORWAY_EVENT_EXIT_LET_GO, 0, 90000);
	assert_int_equal(a.happened, DOORWAY_DID_EXIT_FREE);
	assert_int_equal(d.alarms, 0);
}

/* The contact's debounce tells of the opening only when the release is over. */
static void an_opening_told_late_is_not_forced(void **state)
{
	const struct doorway_config standard = with_contact;
	struct doorway_config own = with_contact;

	(void)state;
	own.forced_grace_ms = 120;
	for (uint64_t after = 0; after <= 600; after++) {
		struct doorway a, b;

		doorway_init(&a, &standard, false, 0);
		doorway_init(&b, &own, false, 0);
		doorway_step(&a, DOORWAY_EVENT_GRANT, 5000, 1000);
		doorway_step(&b, DOORWAY_EVENT_GRANT, 5000, 1000);
		doorway_step(&a, DOORWAY_EVENT_TICK, 0, 6000);
		doorway_step(&b, DOORWAY_EVENT_TICK, 0, 6000);
		doorway_step(&a, DOORWAY_EVENT_CONTACT_OPENED, 0, 6000 + after);
		doorway_step(&b, DOORWAY_EVENT_CONTACT_OPENED, 0, 6000 + after);
		assert_int_equal(a.state, after < FORCED_GRACE_MS_DEFAULT ? DOORWAY_STATE_OPEN
									  : DOORWAY_STATE_FORCED);
		assert_int_equal(b.state, after < 120 ? DOORWAY_STATE_OPEN : DOORWAY_STATE_FORCED);
	}
}

static void only_a_relock_of_a_closed_door_forgives_and_only_once(void **state)
{
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &with_contact, false, 0);
	doorway_step(&d, DOORWAY_EVENT_GRANT, 5000, 1000);
	doorway_step(&d, DOORWAY_EVENT_CONTACT_OPENED, 0, 2000);
	doorway_step(&d, DOORWAY_EVENT_CONTACT_CLOSED, 0, 2100);
	a = doorway_step(&d, DOORWAY_EVENT_CONTACT_OPENED, 0, 2200);
	assert_true(a.happened & DOORWAY_DID_FORCE);
	doorway_init(&d, &with_contact, false, 0);
	doorway_step(&d, DOORWAY_EVENT_GRANT, 5000, 1000);
	doorway_step(&d, DOORWAY_EVENT_RELOCK, 0, 2000);
	a = doorway_step(&d, DOORWAY_EVENT_CONTACT_OPENED, 0, 2100);
	assert_int_equal(a.happened, DOORWAY_DID_OPEN);
	doorway_step(&d, DOORWAY_EVENT_CONTACT_CLOSED, 0, 2200);
	a = doorway_step(&d, DOORWAY_EVENT_CONTACT_OPENED, 0, 2300);
	assert_true(a.happened & DOORWAY_DID_FORCE);
}

static void a_clock_that_goes_back_ends_holds_and_forgiveness(void **state)
{
	const struct doorway_config config = {
		.contact = true, .strike = true, .exit_stuck_ms = 9000, .lock_fail_ms = 3000};
	struct doorway_actions a;
	struct doorway d;

	(void)state;
	doorway_init(&d, &config, false, 50000);
	doorway_step(&d, DOORWAY_EVENT_EXIT_PRESSED, 0, 50000);
	doorway_step(&d, DOORWAY_EVENT_HOLD_EVENT, 60000, 51000);
	a = doorway_step(&d, DOORWAY_EVENT_TICK, 0, 100);
	assert_false(a.strike);
	assert_int_equal(a.happened, DOORWAY_DID_RELOCK | DOORWAY_DID_UNLOCK_OVER);
	assert_int_equal(a.deadline_ms, 3100);
	assert_int_equal(d.due_ms[DOORWAY_TIMER_EXIT_STUCK], 9100);
	assert_false(d.event_mode);
	a = doorway_step(&d, DOORWAY_EVENT_CONTACT_OPENED, 0, 50);
	assert_true(a.happened & DOORWAY_DID_FORCE);
}

static uint32_t any(unsigned *seed)
{
	return (uint32_t)rand_r(seed) << 16 ^ (uint32_t)rand_r(seed);
}

/* What must hold after any step at all, even with a clock that jumps; tests/unit/
 * test_doorway_explore.c holds the machine to much more, with a clock that does not. */
static void check(const struct doorway *d, const struct doorway_actions *a, uint64_t now)
{
	const struct doorway_config *c = &d->config;

	assert_true(!a->strike || ((a->deadline_ms != 0 || d->fire) && c->strike));
	assert_true(a->deadline_ms == 0 || a->deadline_ms >= now);
	assert_true(c->contact || d->contact == DOORWAY_CONTACT_NONE);
	assert_true(c->strike || d->state != DOORWAY_STATE_FORCED);
	assert_true(!(a->happened & DOORWAY_DID_FORCE) || (a->happened & DOORWAY_DID_OPEN));
	assert_true(d->state != DOORWAY_STATE_LOCKED || !a->strike);
	assert_true(d->state != DOORWAY_STATE_LOCKDOWN || !a->strike);
	assert_true(d->state != DOORWAY_STATE_RELEASED || a->strike);
	assert_true(d->state != DOORWAY_STATE_OPEN || d->due_ms[DOORWAY_TIMER_HELD_OPEN] != 0);
}

static void random_walk(unsigned *seed)
{
	struct doorway_config config = {.contact = rand_r(seed) % 2,
		.strike = rand_r(seed) % 8 != 0,
		.exit_ms = EXIT_MS,
		.held_open_ms = HELD_MS,
		.exit_stuck_ms = any(seed) % 20000,
		.propped_ms = any(seed) % 20000,
		.lock_fail_ms = any(seed) % 20000};
	uint64_t now = any(seed);
	struct doorway_actions a;
	struct doorway d;

	doorway_init(&d, &config, rand_r(seed) % 2, now);
	for (int step = 0; step < 300; step++) {
		enum doorway_event event = (enum doorway_event)(
			(unsigned)rand_r(seed) % (DOORWAY_EVENT_BOLT_DRAWN + 2));
		uint32_t ms = rand_r(seed) % 8 ? RELEASE_MS_MIN + any(seed) % 10000 : any(seed);

		if (rand_r(seed) % 8 == 0)
			now = rand_r(seed) % 2 ? any(seed) : UINT64_MAX - any(seed) % 100000;
		else
			now += now < UINT64_MAX - 8000 ? any(seed) % 8000 : 0;
		a = doorway_step(&d, event, ms, now);
		check(&d, &a, now);
	}
	now = now < UINT64_MAX - UNLOCK_MS_MAX ? now + UNLOCK_MS_MAX : UINT64_MAX;
	doorway_step(&d, DOORWAY_EVENT_FIRE_OFF, 0, now);
	now = now < UINT64_MAX - EXIT_MS ? now + RELEASE_MS_MAX : UINT64_MAX;
	assert_false(doorway_step(&d, DOORWAY_EVENT_TICK, 0, now).strike);
}

static void random_events_and_clocks_never_leave_the_strike_on(void **state)
{
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);

	(void)state;
	print_message("# SEED=%u\n", seed);
	for (int round = 0; round < 1000; round++)
		random_walk(&seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_tap_extends_and_never_shortens),
		cmocka_unit_test(the_release_ends_at_its_very_millisecond),
		cmocka_unit_test(a_late_loop_does_not_make_a_door_forced),
		cmocka_unit_test(a_stuck_button_does_not_hold_the_door),
		cmocka_unit_test(exit_is_never_denied),
		cmocka_unit_test(nothing_is_released_by_mistake),
		cmocka_unit_test(a_clock_that_goes_back_puts_the_strike_to_rest),
		cmocka_unit_test(the_end_of_time_is_survived),
		cmocka_unit_test(what_stands_has_a_name),
		cmocka_unit_test(every_state_has_a_name),
		cmocka_unit_test(an_open_door_is_held_open_after_thirty_seconds_by_default),
		cmocka_unit_test(a_held_button_is_stuck_at_its_very_millisecond),
		cmocka_unit_test(an_opening_told_late_is_not_forced),
		cmocka_unit_test(only_a_relock_of_a_closed_door_forgives_and_only_once),
		cmocka_unit_test(a_clock_that_goes_back_ends_holds_and_forgiveness),
		cmocka_unit_test(random_events_and_clocks_never_leave_the_strike_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
