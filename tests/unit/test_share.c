/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "door/share.h"

#define DAY 20779 /* 2026-11-22 */
#define CHECKOUT 240

static struct share share;

static int empty(void **state)
{
	(void)state;
	share_free(&share);
	return 0;
}

static struct civil at(int32_t date, unsigned minute)
{
	struct civil c;

	civil_from_date(date, &c);
	c.minute = (uint16_t)minute;
	return c;
}

static struct entry entry_of(enum entry_kind kind, uint64_t member, uint8_t use)
{
	return (struct entry){.kind = kind,
		.clock = CLOCK_TRUST_SYNCED,
		.has_subject = true,
		.subject = {.member = member, .card = 77, .use = use}};
}

static void add(enum standing_what what, uint64_t who, int32_t date, unsigned minute, uint64_t seq)
{
	const struct share_event e = {.seq = seq,
		.who = who,
		.event = {.what = what, .date = date, .minute = (uint16_t)minute}};

	assert_int_equal(share_add(&share, &e), 0);
}

static struct standing standing_of(uint64_t who)
{
	struct standing s;

	standing_init(&s, who);
	share_apply(&share, who, CHECKOUT, &s);
	return s;
}

static void some_entries_say_something(void **state)
{
	struct civil noon = at(DAY, 720);
	struct share_event e;
	struct entry tap = entry_of(ENTRY_KIND_TAP, 5, ENTRY_USE_UNIT | ENTRY_USE_POOL);

	(void)state;
	assert_true(share_read(&tap, &noon, &e));
	assert_true(e.who == 5 && e.event.what == STANDING_UNIT && e.event.date == DAY);
	assert_true(e.event.minute == 720 && e.seq == 0 && e.pool == 0);
	tap.subject.use = ENTRY_USE_FREE;
	assert_true(share_read(&tap, &noon, &e));
	assert_int_equal(e.event.what, STANDING_FREE);
	tap.subject.use = 0; /* inside already */
	assert_false(share_read(&tap, &noon, &e));
	tap = entry_of(ENTRY_KIND_ARRIVED, 5, 0);
	assert_true(share_read(&tap, &noon, &e));
	assert_int_equal(e.event.what, STANDING_ARRIVED);
	tap = entry_of(ENTRY_KIND_LEFT, 0, 0);
	assert_true(share_read(&tap, &noon, &e)); /* a guest's card */
	assert_int_equal(e.event.what, STANDING_LEFT);
	assert_true(e.who != 77 && e.who == share_who(0, 77));
	tap.clock = CLOCK_TRUST_KEPT;
	assert_false(share_read(&tap, &noon, &e));
	tap = entry_of(ENTRY_KIND_RECOVERED, 5, ENTRY_USE_UNIT); /* its process was killed */
	strcpy(tap.detail, "was tap");
	assert_true(share_read(&tap, &noon, &e));
	assert_int_equal(e.event.what, STANDING_UNIT);
	strcpy(tap.detail, "was opened");
	assert_false(share_read(&tap, &noon, &e));
	tap = entry_of(ENTRY_KIND_OPENED, 5, 0);
	assert_false(share_read(&tap, &noon, &e));
	tap = entry_of(ENTRY_KIND_ARRIVED, 0, 0);
	tap.subject.card = 0;
	assert_false(share_read(&tap, &noon, &e));
	tap = entry_of(ENTRY_KIND_ARRIVED, 5, 0);
	tap.has_subject = false; /* erased */
	assert_false(share_read(&tap, &noon, &e));
}

static void a_share_is_of_one_member(void **state)
{
	struct standing s;

	(void)state;
	add(STANDING_UNIT, 5, DAY, 600, 1);
	add(STANDING_ARRIVED, 5, DAY, 600, 2);
	add(STANDING_UNIT, 6, DAY, 610, 3);
	s = standing_of(5);
	assert_true(s.inside && s.visits == 1 && standing_used(&s, ALLOWANCE_DAYS) == 1);
	s = standing_of(6);
	assert_true(!s.inside && s.visits == 1);
	s = standing_of(7);
	assert_int_equal(s.visits, 0);
}

static void numbers_come_in_the_order_of_the_entries(void **state)
{
	(void)state;
	add(STANDING_UNIT, 5, DAY, 600, 0);
	add(STANDING_UNIT, 6, DAY, 600, 0);
	share_committed(&share, 40);
	share_committed(&share, 44);
	share_committed(&share, 45); /* nobody waits for it */
	assert_true(share_has(&share, 44));
	assert_false(share_has(&share, 45));
	assert_int_equal(share.events[0].seq, 40);
	assert_int_equal(share.events[1].seq, 44);
}

static void an_entry_goes_when_the_roster_counts_it(void **state)
{
	struct revision r7 = {1, 7}, r8 = {1, 8}, next = {2, 1};

	(void)state;
	add(STANDING_UNIT, 5, DAY, 600, 1);
	add(STANDING_UNIT, 5, DAY + 1, 600, 2);
	add(STANDING_UNIT, 5, DAY + 2, 600, 3);
	share_heard(&share, 2, &r8);
	assert_false(share_settle(&share, 2, &r7)); /* acknowledged, but not in the roster */
	assert_int_equal(share.count, 3);
	assert_false(share_settle(&share, 1, &r8)); /* not acknowledged on our disk yet */
	assert_int_equal(share.count, 3);
	assert_true(share_settle(&share, 2, &r8));
	assert_int_equal(share.count, 1);
	assert_int_equal(share.counted_seq, 2);
	share_heard(&share, 3, &r8);
	assert_true(share_settle(&share, 3, &next)); /* a hub that was restored */
	assert_int_equal(share.count, 0);
	share_heard(&share, 2, &r7); /* of before, told again */
	assert_false(share_settle(&share, 3, &next));
	assert_int_equal(share.mark_count, 0);
	assert_int_equal(share.counted_seq, 3);
}

static void what_is_not_on_disk_stays(void **state)
{
	struct revision r = {0, 0};

	(void)state;
	add(STANDING_UNIT, 5, DAY, 600, 1);
	add(STANDING_UNIT, 5, DAY, 600, 0);
	share_heard(&share, 9, &r);
	assert_true(share_settle(&share, 9, &r));
	assert_int_equal(share.count, 1);
	assert_int_equal(share.events[0].seq, 0);
}

static void many_marks_wait_and_the_newest_counts(void **state)
{
	struct revision r = {1, 0};

	(void)state;
	for (unsigned i = 1; i <= 3 * SHARE_MARKS_MAX; i++) {
		add(STANDING_UNIT, 5, DAY, 600, i);
		r.number = i;
		share_heard(&share, i, &r);
	}
	assert_int_equal(share.mark_count, SHARE_MARKS_MAX);
	assert_true(share_settle(&share, 1000, &r));
	assert_int_equal(share.count, 0);
	assert_int_equal(share.mark_count, 0);
}

static void a_pools_units_count_in_their_month(void **state)
{
	struct share_event e = {.who = 5, .pool = 3, .event = {.date = DAY}};
	struct civil november = at(DAY, 0), december = at(DAY + 9, 0);

	(void)state;
	assert_int_equal(share_add(&share, &e), 0);
	e.who = 6;
	assert_int_equal(share_add(&share, &e), 0);
	e.event.date = DAY + 9; /* 1 December */
	assert_int_equal(share_add(&share, &e), 0);
	e.pool = 4;
	assert_int_equal(share_add(&share, &e), 0);
	assert_int_equal(share_pool_used(&share, 3, &november), 2);
	assert_int_equal(share_pool_used(&share, 3, &december), 1);
	assert_int_equal(share_pool_used(&share, 5, &december), 0);
}

static void the_oldest_go_when_there_are_too_many(void **state)
{
	struct share_event e = {.who = 5, .event = {.date = DAY}};
	int went = 0;

	(void)state;
	for (e.seq = 1; e.seq <= SHARE_MAX + 10; e.seq++)
		went += share_add(&share, &e);
	assert_int_equal(went, 1);
	assert_true(share.count <= SHARE_MAX);
	assert_int_equal(share.events[share.count - 1].seq, SHARE_MAX + 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, empty, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(some_entries_say_something),
		TEST(a_share_is_of_one_member),
		TEST(numbers_come_in_the_order_of_the_entries),
		TEST(an_entry_goes_when_the_roster_counts_it),
		TEST(what_is_not_on_disk_stays),
		TEST(many_marks_wait_and_the_newest_counts),
		TEST(a_pools_units_count_in_their_month),
		TEST(the_oldest_go_when_there_are_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
