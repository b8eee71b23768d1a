/* SPDX-License-Identifier: Apache-2.0 */
/* What views promise, one by one; test_registry_roster.c has the random changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_set.h"

static void what_no_door_needs_gives_no_revision(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_member m;
	uint32_t tier;
	uint64_t id, revision;

	(void)state;
	bed_begin(reg);
	tier = bed_tier(reg, "Full", "24/7");
	id = bed_member(reg, "Ada", tier);
	bed_card(reg, 1, id);
	revision = bed_commit(reg);
	assert_int_equal(revision, 2);
	bed_begin(reg);
	EXPECT(reg, registry_member(reg, id, &m), 0);
	snprintf(m.name, sizeof(m.name), "Ada Lovelace");
	EXPECT(reg, registry_member_change(reg, &m), 0);
	bed_member(reg, "Bea", tier);
	EXPECT(reg, registry_audit_add(reg, "maya", "member.change", "member/1", "", ""), 0);
	assert_int_equal(bed_commit(reg), revision);
	bed_begin(reg);
	EXPECT(reg, registry_member(reg, id, &m), 0);
	m.state = MEMBER_STATE_SUSPENDED;
	EXPECT(reg, registry_member_change(reg, &m), 0);
	assert_int_equal(bed_commit(reg), revision + 1);
	registry_close(reg);
}

static void view_tells_of_one_moment_while_changes_go_on(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_view *view = NULL;
	struct set early, late = {0};
	uint64_t id;

	(void)state;
	bed_begin(reg);
	id = bed_member(reg, "Ada", bed_tier(reg, "Full", "24/7"));
	for (uint64_t n = 0; n < 100; n++)
		bed_card(reg, n, id);
	bed_commit(reg);
	early = set_fetch(reg, NULL, NULL);
	EXPECT(reg, registry_view_open(reg, NULL, &view), 0);
	bed_begin(reg);
	for (uint64_t n = 1; n <= 50; n++)
		EXPECT(reg, registry_card_act(reg, n, REGISTRY_CARD_RETURN, "maya", "", 0), 0);
	bed_commit(reg);
	set_apply_view(reg, view, &late, 500);
	assert_true(set_same(&early, &late));
	assert_int_equal(registry_view_roster(view)->cards, 100);
	registry_view_close(view);
	set_free(&early);
	set_free(&late);
	early = set_fetch(reg, NULL, NULL);
	assert_int_equal(early.count, 1 + 1 + 50);
	set_free(&early);
	registry_close(reg);
}

/* The kinds of the records of a delta in the order in which they are told; gone: + 10. */
static void kinds_of(struct registry *reg, const struct revision *from, char *out, size_t size)
{
	static uint8_t data[65536];
	struct registry_view *view = NULL;
	const uint8_t *record;
	size_t at = 0, n, used = 0;
	bool last;
	int got;

	EXPECT(reg, registry_view_open(reg, from, &view), 0);
	got = registry_view_chunk(view, 0, data, sizeof(data), &last);
	assert_true(got >= 0 && last);
	out[0] = '\0';
	while (roster_run_next(data, (size_t)got, &at, &record, &n) == 1)
		used += (size_t)snprintf(out + used, size - used, "%s%d", used ? " " : "",
			record[0] + (record[1] ? 0 : 10));
	registry_view_close(view);
}

static void tiers_come_before_their_cards_and_go_after_them(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct calendar_exception row = bed_closure(BED_TODAY + 5, BED_TODAY + 6);
	struct revision first = {1, 1}, second;
	struct registry_member m;
	uint32_t tier, other;
	uint64_t member, card, exception;
	char kinds[80];

	(void)state;
	bed_begin(reg);
	tier = bed_tier(reg, "Full", "24/7");
	member = bed_member(reg, "Ada", tier);
	card = bed_card(reg, 1, member);
	bed_door(reg, "front", false);
	EXPECT(reg, registry_exception_add(reg, &row, &exception), 0);
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY, true), 0);
	EXPECT(reg, registry_commit(reg, &second), 0);
	kinds_of(reg, NULL, kinds, sizeof(kinds));
	assert_string_equal(kinds, "1 2 3 4 5 6");
	kinds_of(reg, &first, kinds, sizeof(kinds));
	assert_string_equal(kinds, "2 3 4 5 6");
	kinds_of(reg, &second, kinds, sizeof(kinds));
	assert_string_equal(kinds, "");

	bed_begin(reg);
	other = bed_tier(reg, "Part", "Mo-Fr 09:00-17:00");
	EXPECT(reg, registry_member(reg, member, &m), 0);
	m.tier = other;
	EXPECT(reg, registry_member_change(reg, &m), 0);
	EXPECT(reg, registry_tier_remove(reg, tier, 0), 0);
	bed_card(reg, 2, member);
	EXPECT(reg, registry_card_act(reg, card, REGISTRY_CARD_RETURN, "maya", "", 0), 0);
	EXPECT(reg, registry_exception_remove(reg, exception, 0), 0);
	EXPECT(reg, registry_holiday_remove(reg, BED_TODAY), 0);
	bed_door(reg, "front", true);
	bed_commit(reg);
	kinds_of(reg, &second, kinds, sizeof(kinds));
	assert_string_equal(kinds, "15 16 3 4 14 13 12");
	registry_close(reg);
}

static void what_cannot_be_told_as_a_delta_is_stale(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_view *view = NULL;
	struct revision ahead = {1, 99}, other = {2, 1}, zero = {1, 0};
	struct set s;

	(void)state;
	EXPECT(reg, registry_view_open(reg, &ahead, &view), -ESTALE);
	said(reg, "snapshot");
	EXPECT(reg, registry_view_open(reg, &other, &view), -ESTALE);
	assert_null(view);
	s = set_fetch(reg, &zero, NULL);
	assert_int_equal(s.count, 1);
	set_free(&s);
	EXPECT(reg, registry_raise_generation(reg, 1), -EINVAL);
	EXPECT(reg, registry_raise_generation(reg, 4), 0);
	EXPECT(reg, registry_view_open(reg, &(struct revision){1, 1}, &view), -ESTALE);
	EXPECT(reg, registry_view_open(reg, &(struct revision){4, 0}, &view), -ESTALE);
	EXPECT(reg, registry_view_open(reg, &(struct revision){4, 1}, &view), 0);
	assert_int_equal(registry_view_roster(view)->revision.generation, 4);
	registry_view_close(view);
	reg = registry_close(reg);
	reg = bed_open("hub.db");
	assert_int_equal(registry_generation(reg), 4);
	registry_close(reg);
}

static void who_is_gone_for_90_days_is_forgotten(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_view *view = NULL;
	struct revision with, without, later;
	struct set early, newest, s;
	uint64_t id;
	int64_t gone = -1;

	(void)state;
	bed_begin(reg);
	id = bed_member(reg, "Ada", bed_tier(reg, "Full", "24/7"));
	bed_card(reg, 1, id);
	bed_card(reg, 2, id);
	EXPECT(reg, registry_commit(reg, &with), 0);
	bed_begin(reg);
	EXPECT(reg, registry_card_act(reg, 1, REGISTRY_CARD_RETURN, "maya", "", 0), 0);
	EXPECT(reg, registry_commit(reg, &without), 0);
	early = set_fetch(reg, NULL, NULL);

	bed_now_us += 89 * BED_DAY_US;
	bed_begin(reg);
	bed_card(reg, 3, id);
	EXPECT(reg, registry_prune(reg, BED_TODAY + 89), 0);
	EXPECT(reg, registry_commit(reg, &later), 0);
	EXPECT(reg, registry_view_open(reg, &with, &view), 0);
	view = registry_view_close(view);

	bed_now_us += 2 * BED_DAY_US;
	bed_begin(reg);
	EXPECT(reg, registry_prune(reg, BED_TODAY + 91), 0);
	assert_int_equal(bed_commit(reg), later.number); /* forgetting is no change */
	assert_int_equal(
		db_number(reg->db, "SELECT count(*) FROM roster WHERE record IS NULL", &gone), 0);
	assert_int_equal(gone, 0);
	EXPECT(reg, registry_view_open(reg, &with, &view), -ESTALE);
	newest = set_fetch(reg, NULL, NULL);
	s = set_fetch(reg, &without, &early); /* nothing after it was forgotten */
	assert_true(set_same(&s, &newest));
	set_free(&early);
	set_free(&newest);
	set_free(&s);
	registry_close(reg);
	bed_now_us = BED_START_US;
}

static void only_so_many_changes_back_are_remembered(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_view *view = NULL;
	struct revision with, without;
	uint64_t id;

	(void)state;
	bed_begin(reg);
	id = bed_member(reg, "Ada", bed_tier(reg, "Full", "24/7"));
	bed_card(reg, 1, id);
	EXPECT(reg, registry_commit(reg, &with), 0);
	bed_begin(reg);
	EXPECT(reg, registry_card_act(reg, 1, REGISTRY_CARD_RETURN, "maya", "", 0), 0);
	EXPECT(reg, registry_commit(reg, &without), 0);
	for (uint64_t more = 99999; more <= 100000; more++) {
		char sql[80];

		snprintf(sql, sizeof(sql), "UPDATE meta SET number = %llu",
			(unsigned long long)(without.number + more));
		assert_int_equal(db_do(reg->db, sql), 0);
		bed_begin(reg);
		EXPECT(reg, registry_prune(reg, BED_TODAY), 0);
		bed_commit(reg);
		EXPECT(reg, registry_view_open(reg, &with, &view), more < 100000 ? 0 : -ESTALE);
		view = more < 100000 ? registry_view_close(view) : NULL;
	}
	EXPECT(reg, registry_view_open(reg, &without, &view), 0);
	registry_view_close(view);
	registry_close(reg);
}

static void view_needs_room_and_keeps_it(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_view *view = NULL;
	uint8_t small[8], big[4096];
	bool last;

	(void)state;
	EXPECT(reg, registry_view_open(reg, NULL, &view), 0);
	EXPECT(reg, registry_view_chunk(view, 0, small, sizeof(small), &last), -ENOSPC);
	view = registry_view_close(view);
	EXPECT(reg, registry_view_open(reg, NULL, &view), 0);
	assert_true(registry_view_chunk(view, 0, big, sizeof(big), &last) > 0);
	EXPECT(reg, registry_view_chunk(view, 0, big, sizeof(big) - 1, &last), -ENOSPC);
	registry_view_close(view);
	registry_close(reg);
}

/* As many doors as a tier names, with names and hours as long as they may be. */
static void longest_record_goes_through(void **state)
{
	static struct registry_tier tier, got;
	struct registry *reg = bed_open("hub.db");
	char hours[ROSTER_HOURS_MAX + 1];
	struct set s;
	uint32_t id;

	(void)state;
	snprintf(hours, sizeof(hours), "24/7 open \"%0500d\"", 0);
	assert_int_equal(strlen(hours), ROSTER_HOURS_MAX);
	memset(&tier, 0, sizeof(tier));
	snprintf(tier.name, sizeof(tier.name), "Full");
	snprintf(tier.roster.hours, sizeof(tier.roster.hours), "%s", hours);
	tier.roster.door_count = ROSTER_TIER_DOORS_MAX;
	bed_begin(reg);
	for (int i = 0; i < ROSTER_TIER_DOORS_MAX; i++) {
		struct roster_tier_door *door = &tier.roster.doors[i];

		snprintf(door->door, sizeof(door->door), "a-door-with-a-name-of-32-chars%02d", i);
		bed_door(reg, door->door, false);
		snprintf(door->hours, sizeof(door->hours), "%s", hours);
		door->own = true;
	}
	EXPECT(reg, registry_tier_add(reg, &tier, &id), 0);
	EXPECT(reg, registry_tier_change(reg, &tier), -ENOENT);
	EXPECT(reg, registry_tier(reg, id, &got), 0);
	EXPECT(reg, registry_tier_change(reg, &got), 0);
	bed_commit(reg);
	s = set_fetch_in(reg, NULL, NULL, ROSTER_RECORD_MAX + 2);
	assert_int_equal(s.count, 2 + ROSTER_TIER_DOORS_MAX);
	set_free(&s);
	registry_close(reg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_no_door_needs_gives_no_revision),
		TEST(view_tells_of_one_moment_while_changes_go_on),
		TEST(tiers_come_before_their_cards_and_go_after_them),
		TEST(what_cannot_be_told_as_a_delta_is_stale),
		TEST(who_is_gone_for_90_days_is_forgotten),
		TEST(only_so_many_changes_back_are_remembered),
		TEST(view_needs_room_and_keeps_it),
		TEST(longest_record_goes_through),
	};

	setenv("TZ", "Europe/London", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
