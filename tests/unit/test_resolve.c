/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "core/doorway.h"
#include "door/resolve.h"

#define S 1000000LL
#define DAY (86400 * S)
#define NOW (1795339801 * S)

static const struct {
	const char *what;
	struct resolve_facts facts;
	struct resolve_wish wish;
} rows[] = {
	{"nothing was ever said", {.time_known = true, .now_us = NOW}, {0}},
	{"cards decide", {.mode = DOOR_MODE_CONTROLLED, .time_known = true, .now_us = NOW}, {0}},
	{"the site is locked down", {.site_lockdown = true, .time_known = true, .now_us = NOW},
		{.lockdown = true}},
	{"a lockdown needs no clock", {.site_lockdown = true}, {.lockdown = true}},
	{"the door is locked down", {.mode = DOOR_MODE_LOCKDOWN}, {.lockdown = true}},
	{"unlocked until told otherwise, said again after half a day", {.mode = DOOR_MODE_UNLOCKED},
		{.open = RESOLVE_OPEN_HOLD,
			.open_ms = UNLOCK_MS_MAX,
			.again_ms = UNLOCK_MS_MAX / 2}},
	{"unlocked, and ended by hand", {.mode = DOOR_MODE_UNLOCKED, .spent = true}, {0}},
	{"unlocked loses against the site's lockdown, for good",
		{.mode = DOOR_MODE_UNLOCKED, .site_lockdown = true},
		{.lockdown = true, .spends = true}},
	{"a hold from now on",
		{.hold_from_us = NOW,
			.hold_until_us = NOW + 60 * S,
			.time_known = true,
			.now_us = NOW},
		{.open = RESOLVE_OPEN_HOLD, .open_ms = 60000}},
	{"a hold without a beginning",
		{.hold_until_us = NOW + 60 * S, .time_known = true, .now_us = NOW},
		{.open = RESOLVE_OPEN_HOLD, .open_ms = 60000}},
	{"an event",
		{.hold_from_us = NOW - S,
			.hold_until_us = NOW + 7 * S,
			.event = true,
			.time_known = true,
			.now_us = NOW},
		{.open = RESOLVE_OPEN_EVENT, .open_ms = 7000}},
	{"the last microsecond is a whole millisecond",
		{.hold_until_us = NOW + 1, .time_known = true, .now_us = NOW},
		{.open = RESOLVE_OPEN_HOLD, .open_ms = 1}},
	{"a hold is over at its end", {.hold_until_us = NOW, .time_known = true, .now_us = NOW},
		{0}},
	{"a hold of a day fits at once",
		{.hold_until_us = NOW + DAY, .time_known = true, .now_us = NOW},
		{.open = RESOLVE_OPEN_HOLD, .open_ms = UNLOCK_MS_MAX}},
	{"a millisecond more does not",
		{.hold_until_us = NOW + DAY + 1000, .time_known = true, .now_us = NOW},
		{.open = RESOLVE_OPEN_HOLD,
			.open_ms = UNLOCK_MS_MAX,
			.again_ms = UNLOCK_MS_MAX / 2}},
	{"a longer one is said again",
		{.hold_until_us = NOW + 10 * DAY, .time_known = true, .now_us = NOW},
		{.open = RESOLVE_OPEN_HOLD,
			.open_ms = UNLOCK_MS_MAX,
			.again_ms = UNLOCK_MS_MAX / 2}},
	{"a hold to come in 3 s",
		{.hold_from_us = NOW + 3 * S,
			.hold_until_us = NOW + 60 * S,
			.time_known = true,
			.now_us = NOW},
		{.again_ms = 3000}},
	{"a hold to come tomorrow",
		{.hold_from_us = NOW + DAY,
			.hold_until_us = NOW + 2 * DAY,
			.time_known = true,
			.now_us = NOW},
		{.again_ms = RESOLVE_LOOK_MS}},
	{"without the hub's time a hold does not open",
		{.hold_until_us = NOW + 60 * S, .now_us = NOW}, {.again_ms = RESOLVE_LOOK_MS}},
	{"a hold that ends before it begins is none",
		{.hold_from_us = NOW + 5,
			.hold_until_us = NOW + 1,
			.time_known = true,
			.now_us = NOW},
		{0}},
	{"a lockdown spends a hold that is on",
		{.site_lockdown = true,
			.hold_until_us = NOW + 60 * S,
			.time_known = true,
			.now_us = NOW},
		{.lockdown = true, .spends = true}},
	{"a lockdown does not spend a hold that is to come",
		{.site_lockdown = true,
			.hold_from_us = NOW + 3 * S,
			.hold_until_us = NOW + 60 * S,
			.time_known = true,
			.now_us = NOW},
		{.lockdown = true, .again_ms = 3000}},
	{"a spent hold stays spent",
		{.hold_until_us = NOW + 60 * S, .spent = true, .time_known = true, .now_us = NOW},
		{0}},
	{"times as far apart as they can be",
		{.hold_from_us = INT64_MIN,
			.hold_until_us = INT64_MAX,
			.time_known = true,
			.now_us = INT64_MIN},
		{.open = RESOLVE_OPEN_HOLD,
			.open_ms = UNLOCK_MS_MAX,
			.again_ms = UNLOCK_MS_MAX / 2}},
};

static void states_ask_for_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct resolve_wish wish = resolve_state(&rows[i].facts);

		print_message("%s\n", rows[i].what);
		assert_int_equal(wish.lockdown, rows[i].wish.lockdown);
		assert_int_equal(wish.open, rows[i].wish.open);
		assert_int_equal(wish.open_ms, rows[i].wish.open_ms);
		assert_int_equal(wish.spends, rows[i].wish.spends);
		assert_int_equal(wish.again_ms, rows[i].wish.again_ms);
	}
}

/* Whatever is said, a lockdown never opens and an opening always has an end. */
static void no_state_opens_a_lockdown_or_for_ever(void **state)
{
	static const int64_t times[] = {0, NOW - S, NOW, NOW + S, NOW + 3 * DAY};

	(void)state;
	for (unsigned i = 0; i < 5 * 5 * 3 * 16; i++) {
		struct resolve_facts f = {
			.hold_from_us = times[i % 5],
			.hold_until_us = times[i / 5 % 5],
			.mode = (enum door_mode)(i / 25 % 3),
			.site_lockdown = i / 75 & 1,
			.event = i / 75 >> 1 & 1,
			.spent = i / 75 >> 2 & 1,
			.time_known = i / 75 >> 3 & 1,
			.now_us = NOW,
		};
		struct resolve_wish wish = resolve_state(&f);

		assert_true(!wish.lockdown || wish.open == RESOLVE_OPEN_NO);
		assert_true(!f.spent || wish.open == RESOLVE_OPEN_NO);
		assert_true((wish.open == RESOLVE_OPEN_NO) == (wish.open_ms == 0));
		assert_true(wish.open_ms <= UNLOCK_MS_MAX);
		assert_true(wish.again_ms <= UNLOCK_MS_MAX / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_ask_for_what_the_table_says),
		cmocka_unit_test(no_state_opens_a_lockdown_or_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
