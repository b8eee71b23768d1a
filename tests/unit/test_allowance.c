/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/allowance.h"

static struct civil moment(int year, int month, int day, unsigned minute)
{
	struct civil c;

	assert_int_equal(civil_from_ymd(year, month, day, &c), 0);
	c.minute = (uint16_t)minute;
	return c;
}

static struct allowance_answer judge(enum allowance_kind kind, uint32_t limit,
	const struct allowance_usage *usage, bool inside, const struct civil *now)
{
	struct allowance a = {.kind = kind, .limit = limit};

	return allowance_judge(&a, usage, inside, now);
}

static void assert_answer(struct allowance_answer answer, bool spent, bool uses)
{
	assert_int_equal(answer.spent, spent);
	assert_int_equal(answer.uses, uses);
}

static void values_that_are_not_ours_are_not_valid(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 9; kind++)
		for (unsigned policy = 0; policy < 4; policy++) {
			struct allowance a = {.kind = (enum allowance_kind)kind,
				.policy = (enum allowance_policy)policy};

			assert_int_equal(allowance_valid(&a),
				kind <= ALLOWANCE_VISITS && policy <= ALLOWANCE_WARN);
		}
}

static void no_allowance_is_never_spent_and_uses_nothing(void **state)
{
	struct civil now = moment(2026, 11, 23, 600);
	struct allowance_usage usage = {.year = 2026, .month = 11, .used = 99};

	(void)state;
	assert_answer(judge(ALLOWANCE_NONE, 0, &usage, false, &now), false, false);
}

static void the_last_unit_may_be_used_and_no_more(void **state)
{
	struct civil now = moment(2026, 11, 23, 600);
	struct allowance_usage usage = {.year = 2026, .month = 11, .last_date = DATE_NONE};

	(void)state;
	for (unsigned kind = ALLOWANCE_HOURS; kind <= ALLOWANCE_VISITS; kind++) {
		usage.used = 9;
		assert_answer(
			judge((enum allowance_kind)kind, 10, &usage, false, &now), false, true);
		usage.used = 10;
		assert_answer(
			judge((enum allowance_kind)kind, 10, &usage, false, &now), true, true);
		usage.used = 11;
		assert_answer(
			judge((enum allowance_kind)kind, 10, &usage, false, &now), true, true);
	}
}

static void a_kind_that_is_not_ours_is_held_to_its_limit(void **state)
{
	struct civil now = moment(2026, 11, 23, 600);
	struct allowance_usage usage = {.year = 2026, .month = 11, .used = 10};

	(void)state;
	assert_answer(judge((enum allowance_kind)9, 10, &usage, true, &now), true, true);
}

static void a_limit_of_nothing_is_spent_at_once(void **state)
{
	struct civil now = moment(2026, 11, 23, 600);
	struct allowance_usage usage = {0};

	(void)state;
	assert_answer(judge(ALLOWANCE_DAYS, 0, &usage, false, &now), true, true);
}

static void usage_counts_in_its_own_month_only(void **state)
{
	struct allowance_usage usage = {.year = 2026, .month = 11, .used = 10};
	struct civil same = moment(2026, 11, 30, 1439), next = moment(2026, 12, 1, 0);
	struct civil other_year = moment(2027, 11, 1, 0), before = moment(2026, 10, 31, 1439);

	(void)state;
	assert_true(judge(ALLOWANCE_VISITS, 10, &usage, false, &same).spent);
	assert_false(judge(ALLOWANCE_VISITS, 10, &usage, false, &next).spent);
	assert_false(judge(ALLOWANCE_VISITS, 10, &usage, false, &other_year).spent);
	assert_false(judge(ALLOWANCE_VISITS, 10, &usage, false, &before).spent);
}

static void a_day_that_is_counted_goes_on_to_its_last_minute(void **state)
{
	struct civil late = moment(2026, 11, 23, 1439), after = moment(2026, 11, 24, 0);
	struct allowance_usage usage = {
		.year = 2026, .month = 11, .used = 10, .last_date = late.date};

	(void)state;
	assert_answer(judge(ALLOWANCE_DAYS, 10, &usage, false, &late), false, false);
	assert_answer(judge(ALLOWANCE_DAYS, 10, &usage, false, &after), true, true);
	usage.month = 10; /* a day cannot be counted in another month's usage */
	assert_answer(judge(ALLOWANCE_DAYS, 10, &usage, false, &late), false, true);
}

static void half_days_part_at_noon(void **state)
{
	struct civil morning = moment(2026, 11, 23, 719), noon = moment(2026, 11, 23, 720);
	struct civil tomorrow = moment(2026, 11, 24, 0);
	struct allowance_usage usage = {
		.year = 2026, .month = 11, .used = 4, .last_date = noon.date, .halves = 1};

	(void)state;
	assert_answer(judge(ALLOWANCE_HALF_DAYS, 4, &usage, false, &morning), false, false);
	assert_answer(judge(ALLOWANCE_HALF_DAYS, 4, &usage, false, &noon), true, true);
	usage.halves = 2;
	assert_answer(judge(ALLOWANCE_HALF_DAYS, 4, &usage, false, &morning), true, true);
	assert_answer(judge(ALLOWANCE_HALF_DAYS, 4, &usage, false, &noon), false, false);
	usage.halves = 3;
	assert_answer(judge(ALLOWANCE_HALF_DAYS, 4, &usage, false, &tomorrow), true, true);
}

static void who_is_inside_pays_for_no_visit_but_hours_run_out(void **state)
{
	struct civil now = moment(2026, 11, 23, 600);
	struct allowance_usage usage = {.year = 2026, .month = 11, .used = 5};

	(void)state;
	assert_answer(judge(ALLOWANCE_VISITS, 5, &usage, true, &now), false, false);
	assert_answer(judge(ALLOWANCE_HOURS, 5, &usage, true, &now), true, false);
	assert_answer(judge(ALLOWANCE_HOURS, 6, &usage, true, &now), false, false);
}

static void counting_starts_each_month_from_zero(void **state)
{
	struct allowance days = {.kind = ALLOWANCE_DAYS, .limit = 10};
	struct civil november = moment(2026, 11, 30, 600), december = moment(2026, 12, 1, 800);
	struct allowance_usage usage = {0};

	(void)state;
	allowance_count(&days, &november, &usage);
	assert_int_equal(usage.year, 2026);
	assert_int_equal(usage.month, 11);
	assert_int_equal(usage.used, 1);
	assert_int_equal(usage.last_date, november.date);
	assert_int_equal(usage.halves, 1);
	allowance_count(&days, &december, &usage);
	assert_int_equal(usage.month, 12);
	assert_int_equal(usage.used, 1);
	assert_int_equal(usage.last_date, december.date);
	assert_int_equal(usage.halves, 2);
}

static void counting_hours_leaves_the_minutes_to_check_out(void **state)
{
	struct allowance hours = {.kind = ALLOWANCE_HOURS, .limit = 600};
	struct civil november = moment(2026, 11, 30, 600), december = moment(2026, 12, 1, 0);
	struct allowance_usage usage = {.year = 2026, .month = 11, .used = 77};

	(void)state;
	allowance_count(&hours, &november, &usage);
	assert_int_equal(usage.used, 77);
	allowance_count(&hours, &december, &usage);
	assert_int_equal(usage.used, 0);
	assert_int_equal(usage.month, 12);
	assert_int_equal(usage.last_date, DATE_NONE);
}

static void both_halves_of_a_day_are_kept_and_a_full_count_stays_full(void **state)
{
	struct allowance halves = {.kind = ALLOWANCE_HALF_DAYS, .limit = 10};
	struct civil morning = moment(2026, 11, 23, 0), evening = moment(2026, 11, 23, 1439);
	struct civil tomorrow = moment(2026, 11, 24, 0);
	struct allowance_usage usage = {0};

	(void)state;
	allowance_count(&halves, &morning, &usage);
	allowance_count(&halves, &evening, &usage);
	assert_int_equal(usage.halves, 3);
	assert_int_equal(usage.used, 2);
	usage.used = UINT32_MAX;
	allowance_count(&halves, &tomorrow, &usage);
	assert_int_equal(usage.halves, 1);
	assert_int_equal(usage.used, UINT32_MAX);
}

/* A month of taps, counted by marking each unit in an array instead. */
static void a_month_of_taps_never_exceeds_the_limit(void **state)
{
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);

	(void)state;
	print_message("# SEED=%u\n", seed);
	for (int round = 0; round < 2000; round++) {
		bool by_half = rand_r(&seed) % 2;
		struct allowance a = {.kind = by_half ? ALLOWANCE_HALF_DAYS : ALLOWANCE_DAYS,
			.limit = (uint32_t)rand_r(&seed) % 20};
		struct allowance_usage usage = {0};
		bool marked[64] = {false};
		unsigned units = 0;

		for (unsigned minute = 0; minute < 30 * 1440;
			minute += 1 + (unsigned)rand_r(&seed) % 900) {
			struct civil now = moment(2026, 11, 1 + (int)minute / 1440, minute % 1440);
			unsigned unit = by_half ? minute / 720 : minute / 1440;
			struct allowance_answer answer = allowance_judge(&a, &usage, false, &now);

			assert_int_equal(answer.uses, !marked[unit]);
			assert_int_equal(answer.spent, !marked[unit] && units >= a.limit);
			if (answer.spent || !answer.uses)
				continue;
			allowance_count(&a, &now, &usage);
			marked[unit] = true;
			units++;
			assert_int_equal(usage.used, units);
		}
		assert_true(units <= a.limit);
	}
}

static void the_unit_that_reaches_the_share_is_warned_of(void **state)
{
	struct civil now = moment(2026, 11, 23, 600);
	struct allowance_usage usage = {.year = 2026, .month = 11, .last_date = DATE_NONE};
	struct allowance a = {.kind = ALLOWANCE_DAYS, .limit = 10, .warn_percent = 80};

	(void)state;
	for (usage.used = 0; usage.used < 12; usage.used++) {
		struct allowance_answer answer = allowance_judge(&a, &usage, false, &now);

		assert_int_equal(answer.warn, usage.used >= 7 && usage.used < 10);
		assert_int_equal(answer.spent, usage.used >= 10);
	}
	a.kind = ALLOWANCE_HOURS; /* minutes that are over, not the one that begins */
	for (usage.used = 0; usage.used < 10; usage.used++)
		assert_int_equal(allowance_judge(&a, &usage, true, &now).warn, usage.used >= 8);
	a.warn_percent = 0;
	assert_false(allowance_judge(&a, &usage, true, &now).warn);
	a.warn_percent = 101;
	assert_false(allowance_valid(&a));
	a.warn_percent = 100;
	assert_true(allowance_valid(&a));
}

static void a_host_gives_and_takes_units_of_this_month(void **state)
{
	struct civil now = moment(2026, 11, 23, 600), next = moment(2026, 12, 1, 600);
	struct allowance_usage usage = {
		.year = 2026, .month = 11, .last_date = DATE_NONE, .used = 10, .extra = 1};
	struct allowance a = {.kind = ALLOWANCE_DAYS, .limit = 10};

	(void)state;
	assert_false(allowance_judge(&a, &usage, false, &now).spent);
	usage.extra = -1;
	usage.used = 9;
	assert_true(allowance_judge(&a, &usage, false, &now).spent);
	assert_false(allowance_judge(&a, &usage, false, &next).spent);
	usage.extra = -11; /* never below nothing */
	usage.used = 0;
	assert_true(allowance_judge(&a, &usage, false, &now).spent);
	a.limit = UINT32_MAX;
	usage.used = UINT32_MAX;
	usage.extra = INT32_MAX;
	assert_false(allowance_judge(&a, &usage, false, &now).spent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_that_are_not_ours_are_not_valid),
		cmocka_unit_test(no_allowance_is_never_spent_and_uses_nothing),
		cmocka_unit_test(the_last_unit_may_be_used_and_no_more),
		cmocka_unit_test(a_kind_that_is_not_ours_is_held_to_its_limit),
		cmocka_unit_test(a_limit_of_nothing_is_spent_at_once),
		cmocka_unit_test(usage_counts_in_its_own_month_only),
		cmocka_unit_test(a_day_that_is_counted_goes_on_to_its_last_minute),
		cmocka_unit_test(half_days_part_at_noon),
		cmocka_unit_test(who_is_inside_pays_for_no_visit_but_hours_run_out),
		cmocka_unit_test(counting_starts_each_month_from_zero),
		cmocka_unit_test(counting_hours_leaves_the_minutes_to_check_out),
		cmocka_unit_test(both_halves_of_a_day_are_kept_and_a_full_count_stays_full),
		cmocka_unit_test(a_month_of_taps_never_exceeds_the_limit),
		cmocka_unit_test(the_unit_that_reaches_the_share_is_warned_of),
		cmocka_unit_test(a_host_gives_and_takes_units_of_this_month),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
