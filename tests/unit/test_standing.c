/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/standing.h"

#define CHECKOUT 240 /* 04:00 */
#define NOON 720

static int32_t day(int month, int of_month)
{
	return civil_date(2026, month, of_month);
}

static struct civil moment(int32_t date, unsigned minute)
{
	struct civil c;

	civil_from_date(date, &c);
	c.minute = (uint16_t)minute;
	return c;
}

static void take(struct standing *s, enum standing_what what, int32_t date, unsigned minute)
{
	const struct standing_event event = {
		.what = what, .date = date, .minute = (uint16_t)minute};

	standing_take(s, &event, CHECKOUT);
}

static struct standing fresh(void)
{
	struct standing s;

	standing_init(&s, 7);
	return s;
}

static uint32_t used(const struct standing *s, enum allowance_kind kind, int32_t date, unsigned at)
{
	struct civil now = moment(date, at);

	return standing_usage(s, kind, CHECKOUT, &now).used;
}

static void a_day_counts_once_however_often_it_is_told(void **state)
{
	struct standing s = fresh();

	(void)state;
	take(&s, STANDING_UNIT, day(11, 3), 600);
	take(&s, STANDING_UNIT, day(11, 3), 601);
	take(&s, STANDING_UNIT, day(11, 3), NOON);
	take(&s, STANDING_UNIT, day(11, 30), NOON - 1);
	take(&s, STANDING_UNIT, day(11, 1), 0);
	assert_int_equal(standing_used(&s, ALLOWANCE_DAYS), 3);
	assert_int_equal(standing_used(&s, ALLOWANCE_HALF_DAYS), 4);
	assert_int_equal(s.days, 1u << 2 | 1u << 29 | 1u);
	assert_int_equal(s.halves, 3ull << 4 | 1ull << 58 | 1ull);
	assert_int_equal(standing_used(&s, ALLOWANCE_NONE), 0);
	assert_true(standing_valid(&s));
}

static void who_is_inside_begins_no_visit(void **state)
{
	struct standing s = fresh();

	(void)state;
	take(&s, STANDING_UNIT, day(11, 3), 600);
	take(&s, STANDING_ARRIVED, day(11, 3), 600);
	take(&s, STANDING_UNIT, day(11, 3), 660); /* another door, which did not know */
	assert_int_equal(s.visits, 1);
	take(&s, STANDING_LEFT, day(11, 3), 700);
	take(&s, STANDING_UNIT, day(11, 3), 720);
	assert_int_equal(s.visits, 2);
	take(&s, STANDING_ARRIVED, day(11, 3), 720);
	take(&s, STANDING_UNIT, day(11, 4), CHECKOUT - 1);
	assert_int_equal(s.visits, 2);
	take(&s, STANDING_UNIT, day(11, 4), CHECKOUT); /* checked out since */
	assert_int_equal(s.visits, 3);
	take(&s, STANDING_ARRIVED, day(11, 5), 600);
	take(&s, STANDING_UNIT, day(11, 5), 599); /* told late, of before */
	assert_int_equal(s.visits, 4);
}

static void minutes_run_from_arriving_to_leaving(void **state)
{
	struct standing s = fresh();

	(void)state;
	take(&s, STANDING_UNIT, day(11, 3), 600);
	take(&s, STANDING_ARRIVED, day(11, 3), 600);
	assert_int_equal(used(&s, ALLOWANCE_HOURS, day(11, 3), 645), 45);
	assert_int_equal(s.minutes, 0);
	take(&s, STANDING_ARRIVED, day(11, 3), 620); /* in already */
	take(&s, STANDING_LEFT, day(11, 3), 660);
	take(&s, STANDING_LEFT, day(11, 3), 680); /* and gone already */
	assert_int_equal(s.minutes, 60);
	assert_int_equal(used(&s, ALLOWANCE_HOURS, day(11, 3), 1000), 60);
	/* nobody seen to leave has left at the check-out */
	take(&s, STANDING_ARRIVED, day(11, 3), 1380);
	assert_int_equal(used(&s, ALLOWANCE_HOURS, day(11, 4), CHECKOUT), 60 + 300);
	take(&s, STANDING_ARRIVED, day(11, 9), 600);
	assert_int_equal(s.minutes, 60 + 300);
	assert_int_equal(s.date, day(11, 9));
	assert_true(s.inside);
}

static void the_month_turns_at_midnight(void **state)
{
	struct standing s = fresh();
	struct civil now = moment(day(12, 1), 0);
	struct allowance_usage usage;

	(void)state;
	s.extra = 3;
	take(&s, STANDING_UNIT, day(11, 30), 1380);
	s.extra = 3;
	take(&s, STANDING_ARRIVED, day(11, 30), 1380);
	assert_int_equal(used(&s, ALLOWANCE_HOURS, day(11, 30), 1439), 59);
	assert_int_equal(used(&s, ALLOWANCE_DAYS, day(11, 30), 1439), 1);
	usage = standing_usage(&s, ALLOWANCE_DAYS, CHECKOUT, &now);
	assert_int_equal(usage.used, 0);
	assert_int_equal(usage.extra, 0);
	assert_int_equal(usage.month, 12);
	assert_int_equal(usage.last_date, DATE_NONE);
	assert_true(standing_presence(&s, &now).inside); /* presence goes on */
	assert_int_equal(used(&s, ALLOWANCE_HOURS, day(12, 1), 30), 30);
	take(&s, STANDING_LEFT, day(12, 1), 60);
	assert_int_equal(s.minutes, 60); /* of December */
	assert_int_equal(s.month, 12);
	assert_int_equal(s.days, 0);
	/* what comes late uses nothing of this month */
	take(&s, STANDING_UNIT, day(11, 29), 600);
	assert_int_equal(s.days, 0);
	assert_int_equal(s.visits, 0);
	assert_int_equal(s.month, 12);
}

static void a_stay_for_a_free_event_uses_no_minutes(void **state)
{
	struct standing s = fresh();

	(void)state;
	take(&s, STANDING_FREE, day(11, 3), 1080);
	take(&s, STANDING_ARRIVED, day(11, 3), 1081);
	assert_int_equal(used(&s, ALLOWANCE_HOURS, day(11, 3), 1200), 0);
	take(&s, STANDING_UNIT, day(11, 3), 1210); /* at another door; the stay is what it is */
	assert_true(s.free);
	take(&s, STANDING_LEFT, day(11, 3), 1260);
	assert_int_equal(s.minutes, 0);
	assert_false(s.free);
	take(&s, STANDING_ARRIVED, day(11, 3), 1300); /* let in by a host */
	take(&s, STANDING_FREE, day(11, 3), 1310);
	take(&s, STANDING_LEFT, day(11, 3), 1320);
	assert_int_equal(s.minutes, 20);
	take(&s, STANDING_FREE, day(11, 4), 600); /* the door stayed shut */
	take(&s, STANDING_UNIT, day(11, 4), 700);
	take(&s, STANDING_ARRIVED, day(11, 4), 701);
	take(&s, STANDING_LEFT, day(11, 4), 711);
	assert_int_equal(s.minutes, 30);
	take(&s, STANDING_FREE, day(11, 4), 1400);
	take(&s, STANDING_ARRIVED, day(11, 4), 1400); /* until the check-out */
	assert_int_equal(used(&s, ALLOWANCE_HOURS, day(11, 6), 600), 30);
	assert_int_equal(s.visits, 1);
}

static void a_year_turns_like_a_month(void **state)
{
	struct standing s = fresh();

	(void)state;
	take(&s, STANDING_UNIT, civil_date(2026, 12, 31), 1439);
	assert_int_equal(s.days, 1u << 30);
	take(&s, STANDING_UNIT, civil_date(2027, 1, 1), 0);
	assert_int_equal(s.year, 2027);
	assert_int_equal(s.month, 1);
	assert_int_equal(s.days, 1);
	take(&s, STANDING_UNIT, civil_date(2026, 12, 30), 0);
	assert_int_equal(s.year, 2027);
	assert_int_equal(s.days, 1);
}

static void an_older_word_says_nothing_of_now(void **state)
{
	struct standing s = fresh();

	(void)state;
	take(&s, STANDING_ARRIVED, day(11, 3), 600);
	take(&s, STANDING_LEFT, day(11, 3), 590);
	assert_true(s.inside);
	take(&s, STANDING_LEFT, day(11, 3), 610);
	take(&s, STANDING_ARRIVED, day(11, 3), 605);
	assert_false(s.inside);
	assert_int_equal(s.minute, 610);
	take(&s, STANDING_ARRIVED, day(11, 3), 610);
	assert_true(s.inside);
}

static void today_is_paid_for(void **state)
{
	struct standing s = fresh();
	struct civil morning = moment(day(11, 3), 600), later = moment(day(11, 4), 600);
	struct allowance_usage usage;

	(void)state;
	take(&s, STANDING_UNIT, day(11, 3), 600);
	usage = standing_usage(&s, ALLOWANCE_HALF_DAYS, CHECKOUT, &morning);
	assert_int_equal(usage.last_date, day(11, 3));
	assert_int_equal(usage.halves, 1);
	take(&s, STANDING_UNIT, day(11, 3), 800);
	usage = standing_usage(&s, ALLOWANCE_HALF_DAYS, CHECKOUT, &morning);
	assert_int_equal(usage.halves, 3);
	assert_int_equal(usage.used, 2);
	usage = standing_usage(&s, ALLOWANCE_HALF_DAYS, CHECKOUT, &later);
	assert_int_equal(usage.last_date, DATE_NONE);
	assert_int_equal(usage.halves, 0);
	/* a clock that was set back over the month's end shows another month */
	later = moment(day(10, 31), 600);
	usage = standing_usage(&s, ALLOWANCE_HALF_DAYS, CHECKOUT, &later);
	assert_int_equal(usage.month, 10);
	assert_int_equal(usage.used, 0);
}

/* The limit grows by what the pool paid: it is no unit of the member's own. */
static void the_pools_units_are_not_the_members(void **state)
{
	struct standing s = fresh();
	struct standing_event event = {STANDING_UNIT, day(11, 3), 600, ALLOWANCE_DAYS};

	(void)state;
	standing_take(&s, &event, CHECKOUT);
	standing_take(&s, &event, CHECKOUT); /* from another door */
	assert_int_equal(standing_used(&s, ALLOWANCE_DAYS), 1);
	assert_int_equal(s.extra, 1);
	event.pool = ALLOWANCE_NONE;
	event.date = day(11, 4);
	standing_take(&s, &event, CHECKOUT);
	assert_int_equal(standing_used(&s, ALLOWANCE_DAYS), 2);
	assert_int_equal(s.extra, 1);
}

static void a_pool_is_shared_by_the_doors_that_are_cut_off(void **state)
{
	(void)state;
	assert_int_equal(standing_pool_left(10, 3, 0, 2, true), 7);
	assert_int_equal(standing_pool_left(10, 3, 2, 2, true), 5);
	assert_int_equal(standing_pool_left(10, 3, 0, 2, false), 4);
	assert_int_equal(standing_pool_left(10, 3, 4, 2, false), 0);
	assert_int_equal(standing_pool_left(10, 4, 2, 2, false), 1);
	assert_int_equal(standing_pool_left(10, 10, 0, 2, true), 0);
	assert_int_equal(standing_pool_left(10, 11, 0, 2, false), 0);
	assert_int_equal(standing_pool_left(1, 0, 0, 3, false), 1);
	assert_int_equal(standing_pool_left(UINT32_MAX, 0, 0, 1, false), UINT32_MAX);
	for (uint32_t left = 0; left < 50; left++)
		for (uint16_t doors = 1; doors < 8; doors++) {
			uint32_t all = doors * standing_pool_left(left, 0, 0, doors, false);

			assert_true(all >= left && all < left + doors);
		}
}

static void what_cannot_be_is_ignored_or_not_valid(void **state)
{
	struct standing s = fresh(), good;

	(void)state;
	take(&s, STANDING_UNIT, -1, 0);
	take(&s, STANDING_UNIT, DATE_NONE, 0);
	take(&s, STANDING_UNIT, 2932897, 0);
	take(&s, STANDING_ARRIVED, day(11, 3), 1440);
	assert_true(s.year == 0 && s.date == DATE_NONE && !s.inside && s.days == 0);
	assert_true(standing_valid(&s));
	take(&s, STANDING_ARRIVED, day(2, 3), 0);
	assert_true(standing_valid(&s));
	good = s;
#define BAD(field, value)                         \
	do {                                      \
		s = good;                         \
		s.field = value;                  \
		assert_false(standing_valid(&s)); \
	} while (0)
	BAD(member, 0);
	BAD(member, (uint64_t)INT64_MAX + 1);
	BAD(minute, 1440);
	BAD(date, -1);
	BAD(date, 2932897);
	BAD(date, DATE_NONE);
	BAD(days, 1u << 28); /* 29 February 2026 */
	BAD(halves, 1ull << 56);
	BAD(month, 0);
	BAD(month, 13);
	BAD(year, 1969);
	BAD(year, 0);
#undef BAD
	s = good;
	s.days = (1u << 28) - 1;
	s.halves = (1ull << 56) - 1;
	assert_true(standing_valid(&s));
	s = fresh();
	s.minute = 1;
	assert_false(standing_valid(&s));
}

static void presence_tells_since_when(void **state)
{
	struct standing s = fresh();
	struct civil now = moment(day(11, 3), 605), before = moment(day(11, 3), 595);

	(void)state;
	take(&s, STANDING_ARRIVED, day(11, 3), 600);
	assert_int_equal(standing_presence(&s, &now).since_s, 241);
	now.second = 59;
	assert_int_equal(standing_presence(&s, &now).since_s, 300);
	now = moment(day(11, 3), 600);
	now.second = 59; /* the same minute: perhaps just now */
	assert_int_equal(standing_presence(&s, &now).since_s, 0);
	assert_int_equal(standing_presence(&s, &before).since_s, 0);
	assert_int_equal(standing_presence(&s, NULL).since_s, 0);
	now = moment(day(11, 3) + 60000, 0); /* no overflow */
	assert_int_equal(standing_presence(&s, &now).since_s, UINT32_MAX);
	take(&s, STANDING_LEFT, day(11, 3), 700);
	assert_false(standing_presence(&s, &now).inside);
	assert_int_equal(standing_presence(&s, &now).since_s, 0);
}

/* Days of two doors that know nothing of each other, in any order: each once. */
static void days_of_many_doors_count_once(void **state)
{
	unsigned seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : 20261122;

	(void)state;
	print_message("# SEED=%u\n", seed);
	for (int round = 0; round < 300; round++) {
		struct standing s = fresh();
		bool had[31] = {false};
		uint32_t days = 0;

		for (int i = 0; i < 40; i++) {
			int of_month = 1 + rand_r(&seed) % 30;

			take(&s, STANDING_UNIT, day(11, of_month), (unsigned)rand_r(&seed) % 1440);
			days += !had[of_month];
			had[of_month] = true;
		}
		assert_int_equal(standing_used(&s, ALLOWANCE_DAYS), days);
		assert_true(standing_valid(&s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_counts_once_however_often_it_is_told),
		cmocka_unit_test(who_is_inside_begins_no_visit),
		cmocka_unit_test(minutes_run_from_arriving_to_leaving),
		cmocka_unit_test(the_month_turns_at_midnight),
		cmocka_unit_test(a_stay_for_a_free_event_uses_no_minutes),
		cmocka_unit_test(a_year_turns_like_a_month),
		cmocka_unit_test(an_older_word_says_nothing_of_now),
		cmocka_unit_test(today_is_paid_for),
		cmocka_unit_test(the_pools_units_are_not_the_members),
		cmocka_unit_test(a_pool_is_shared_by_the_doors_that_are_cut_off),
		cmocka_unit_test(what_cannot_be_is_ignored_or_not_valid),
		cmocka_unit_test(presence_tells_since_when),
		cmocka_unit_test(days_of_many_doors_count_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
