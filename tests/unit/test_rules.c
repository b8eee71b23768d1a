/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faulty_vfs.h"
#include "store/db.h"
#include "store/rules.h"

static char err[ERR_MAX];
static struct cache *cache;

static const struct roster_card card = {
	.token.bytes = {1, 2, 3},
	.key_id = 1,
	.card = 102,
	.member = 12,
	.tier = 2,
	.state = CARD_STATE_ACTIVE,
	.member_state = MEMBER_STATE_ACTIVE,
	.valid_from = DATE_NONE,
	.valid_until = DATE_NONE,
	.grace_until = DATE_NONE,
};

/* Hosts (tier 1) and members (tier 2, front only); closed at both doors or only one. */
static void fill(const char *member_hours, const char *closed_door)
{
	struct cache_head head = {.site = "walker",
		.timezone = "Europe/London",
		.revision = {.generation = 1, .number = 1},
		.origin = CACHE_ORIGIN_FILE,
		.holidays = CALENDAR_HOLIDAYS_ENGLAND};
	struct calendar_exception closure = {
		.first = 20779, .last = 20779, .end = 1440, .reason = "Inventory"};

	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_door(cache, "front"), 0);
	assert_int_equal(cache_fill_tier(cache, 1, TIER_FLAG_STAFF, "24/7"), 0);
	assert_int_equal(cache_fill_tier(cache, 2, 0, member_hours), 0);
	assert_int_equal(cache_fill_tier_door(cache, 2, "front", NULL), 0);
	assert_int_equal(cache_fill_card(cache, &card), 0);
	if (closed_door) {
		strcpy(closure.door, closed_door);
		assert_int_equal(cache_fill_exception(cache, &closure), 0);
	}
	assert_int_equal(cache_fill_commit(cache, err), 0);
}

static void spoil(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
	assert_int_equal(db_do(db, sql), 0);
	sqlite3_close(db);
}

/* The member's card at a door on a date at noon, through the whole way. */
static struct verdict ask(const char *door, int32_t date)
{
	struct decide_door at = {.release_ms = 5000, .id = door};
	struct decide_input in = {.read_ok = true,
		.uid = {.len = 4, .bytes = {4, 1, 2, 3}},
		.door = &at,
		.clock = CLOCK_TRUST_SYNCED};
	struct rules rules;
	struct verdict verdict;

	civil_from_date(date, &in.now);
	in.now.minute = 720;
	assert_int_equal(rules_load(cache, door, &rules), 0);
	rules_input(&rules, &card, &in);
	verdict = decide(&in);
	rules_free(&rules);
	return verdict;
}

static void member_comes_in_where_the_tier_has_the_door(void **state)
{
	(void)state;
	fill("24/7", NULL);
	assert_int_equal(ask("front", 20779).reason, REASON_GRANTED);
	assert_int_equal(ask("back", 20779).reason, REASON_DOOR_NOT_IN_RIGHTS);
}

/* The card as the cache gives it back, with its number alone. */
static struct verdict ask_cached(void)
{
	struct decide_door at = {.release_ms = 5000, .id = "front"};
	struct decide_input in = {.read_ok = true,
		.uid = {.len = 4, .bytes = {4, 1, 2, 3}},
		.door = &at,
		.clock = CLOCK_TRUST_SYNCED};
	struct roster_card row;
	struct rules rules;
	struct verdict verdict;

	civil_from_date(20779, &in.now);
	assert_int_equal(cache_card(cache, &card.token, &row), 1);
	assert_int_equal(rules_load(cache, "front", &rules), 0);
	rules_input(&rules, &row, &in);
	verdict = decide(&in);
	rules_free(&rules);
	return verdict;
}

static void number_of_a_card_that_proves_itself_counts_for_nothing(void **state)
{
	sqlite3 *db;

	(void)state;
	fill("24/7", NULL);
	assert_int_equal(ask_cached().reason, REASON_GRANTED);
	assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
	assert_int_equal(db_do(db, "UPDATE card SET kind = 1"), 0);
	assert_int_equal(ask_cached().reason, REASON_CARD_NOT_GENUINE);
	assert_int_equal(db_do(db, "UPDATE card SET kind = 0"), 0);
	assert_int_equal(ask_cached().reason, REASON_GRANTED);
	sqlite3_close(db);
}

static void blocked_card_is_refused_for_what_it_became(void **state)
{
	static const struct {
		const char *values; /* state, member_state */
		enum reason reason;
	} table[] = {
		{"4, 1", REASON_CARD_REVOKED},
		{"2, 1", REASON_CARD_SUSPENDED},
		{"3, 0", REASON_CARD_LOST},
		{"1, 2", REASON_MEMBER_SUSPENDED},
		{"1, 1", REASON_CARD_REVOKED},
	};
	sqlite3 *db;

	(void)state;
	fill("24/7", NULL);
	assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		char sql[200];

		snprintf(sql, sizeof(sql),
			"INSERT OR REPLACE INTO blocked SELECT token, %s, 1, 9 FROM card",
			table[i].values);
		assert_int_equal(db_do(db, sql), 0);
		assert_int_equal(ask_cached().reason, table[i].reason);
	}
	assert_int_equal(db_do(db, "DELETE FROM blocked"), 0);
	assert_int_equal(ask_cached().reason, REASON_GRANTED);
	sqlite3_close(db);
}

static void closure_reaches_the_decision_at_its_door(void **state)
{
	(void)state;
	fill("24/7", "front");
	assert_int_equal(ask("front", 20779).reason, REASON_CLOSED_DAY);
	assert_int_equal(ask("front", 20780).reason, REASON_GRANTED);
	fill("24/7", "back");
	assert_int_equal(ask("front", 20779).reason, REASON_GRANTED);
	fill("24/7", "");
	assert_int_equal(ask("front", 20779).reason, REASON_CLOSED_DAY);
}

static void imported_holiday_reaches_the_decision(void **state)
{
	struct calendar dates = {0};

	(void)state;
	fill("24/7; PH off", NULL);
	assert_int_equal(ask("front", 20779).reason, REASON_GRANTED);
	assert_int_equal(calendar_date_set(&dates, 20779, true), 0);
	assert_int_equal(cache_import_holidays(cache, &dates, err), 0);
	assert_int_equal(ask("front", 20779).reason, REASON_OUTSIDE_HOURS);
}

static void hours_that_cannot_be_read_open_nothing(void **state)
{
	struct rules rules;

	(void)state;
	fill("sunrise-sunset", NULL);
	assert_int_equal(rules_load(cache, "front", &rules), 0);
	assert_true(rules.door_listed);
	assert_null(rules.tiers[0].refused);
	assert_non_null(rules.tiers[1].refused);
	assert_null(rules_find(&rules, 2)->hours);
	assert_true(rules_find(&rules, 1)->flags & TIER_FLAG_STAFF);
	assert_null(rules_find(&rules, 3));
	rules_free(&rules);
	assert_int_equal(ask("front", 20779).reason, REASON_OUTSIDE_HOURS);
}

static void empty_cache_has_no_rights(void **state)
{
	struct decide_input in = {0};
	struct rules rules;

	(void)state;
	assert_int_equal(rules_load(cache, "front", &rules), 0);
	assert_int_equal(rules.head.origin, CACHE_ORIGIN_EMPTY);
	assert_false(rules.door_listed);
	rules_input(&rules, &card, &in);
	assert_ptr_equal(in.card, &card);
	assert_null(in.rights);
	rules_input(&rules, NULL, &in);
	assert_null(in.card);
	assert_null(in.rights);
	rules_free(&rules);
	rules_free(&rules);
}

static void unreadable_cache_leaves_the_rules_as_they_were(void **state)
{
	static const char *const spoils[] = {"UPDATE head SET origin = 9",
		"UPDATE tier SET flags = -1", "UPDATE exception SET open = 7"};
	struct rules rules = {.tier_count = 77};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		sqlite3 *db;

		fill("24/7", "front");
		assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
		assert_int_equal(db_do(db, spoils[i]), 0);
		sqlite3_close(db);
		assert_int_equal(rules_load(cache, "front", &rules), -EBADMSG);
		assert_int_equal(rules.tier_count, 77);
	}
}

/* ---- members ---- */

/* As the hub's records leave them. */
static const char members[] =
	"UPDATE head SET origin = 2, digest = zeroblob(32), checkout_minute = 300;"
	"UPDATE tier SET allowance = 2, units = 3 WHERE tier = 2;"
	"UPDATE card SET pool = 5;"
	"INSERT INTO extra VALUES (1, 1, 12, 0, 44, 29922460, 29922500, 1, '');"
	"INSERT INTO standing VALUES (12, 2026, 11, 7, 21, 3, 0, 0, 1, 20779, 600);"
	"INSERT INTO pool VALUES (5, 2, 10, 3, 2026, 11, 2);";

/* Everything about the member at noon of a day, as far as the roster goes. */
static struct verdict ask_member(
	int32_t date, bool hears_hub, enum clock_trust clock, struct decide_input *in)
{
	static struct decide_door at = {.release_ms = 5000, .id = "front"};
	static struct rules_member member;
	static struct roster_card row;
	struct rules rules;
	struct verdict verdict;

	*in = (struct decide_input){.read_ok = true,
		.uid = {.len = 4, .bytes = {4, 1, 2, 3}},
		.door = &at,
		.clock = clock};
	civil_from_date(date, &in->now);
	in->now.minute = 720;
	assert_int_equal(rules_load(cache, "front", &rules), 0);
	assert_int_equal(cache_card(cache, &card.token, &row), 1);
	rules_input(&rules, &row, in);
	assert_int_equal(rules_member(cache, &rules, &row, "front",
				 clock_trust_ok(clock) ? &in->now : NULL, &member),
		0);
	rules_member_input(&rules, &member, 1, hears_hub, in);
	verdict = decide(in);
	rules_free(&rules);
	return verdict;
}

static void what_the_roster_says_of_a_member_reaches_the_decision(void **state)
{
	struct decide_input in;
	struct verdict v;

	(void)state;
	fill("24/7", NULL);
	spoil(members);
	v = ask_member(20779, true, CLOCK_TRUST_SYNCED, &in); /* 22 November 2026, at the event */
	assert_true(v.grant && v.event == 44 && v.free && !v.uses_unit);
	assert_true(in.usage.used == 3 && in.presence.inside && in.pool_left == 6);
	v = ask_member(20780, true, CLOCK_TRUST_SYNCED, &in);
	assert_true(v.grant && v.uses_unit && v.from_pool && in.extra_count == 0);
	(void)ask_member(20780, false, CLOCK_TRUST_SYNCED, &in);
	assert_int_equal(in.pool_left, 3); /* half of seven, rounded up, less its own */
	v = ask_member(20779 + 9, true, CLOCK_TRUST_SYNCED, &in); /* in December */
	assert_true(v.uses_unit && !v.from_pool && in.usage.used == 0 && in.pool_left == 9);
	v = ask_member(20779, true, CLOCK_TRUST_KEPT, &in);
	assert_int_equal(v.reason, REASON_CLOCK_UNTRUSTED);
	assert_true(in.extra_count == 1 && in.usage.used == 0 && in.presence.inside);
	spoil("UPDATE pool SET kind = 4"); /* of another kind than the tier's */
	assert_int_equal(
		ask_member(20780, true, CLOCK_TRUST_SYNCED, &in).reason, REASON_ALLOWANCE_SPENT);
}

static void a_roster_of_files_says_nothing_of_members(void **state)
{
	struct decide_input in;

	(void)state;
	fill("24/7", NULL);
	spoil(members);
	spoil("UPDATE head SET origin = 1");
	assert_true(ask_member(20779, true, CLOCK_TRUST_SYNCED, &in).uses_unit);
	assert_true(in.extra_count == 0 && in.usage.used == 0 && in.pool_left == 0);
}

static void rows_of_members_that_cannot_be_are_told(void **state)
{
	static const char *const spoils[] = {"UPDATE standing SET minute = 1440",
		"UPDATE pool SET doors = -1", "UPDATE extra SET kind = 7"};
	struct rules_member member;
	struct rules rules;
	struct roster_card row;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		fill("24/7", NULL);
		spoil(members);
		spoil(spoils[i]);
		assert_int_equal(rules_load(cache, "front", &rules), 0);
		assert_int_equal(cache_card(cache, &card.token, &row), 1);
		assert_int_equal(
			rules_member(cache, &rules, &row, "front", NULL, &member), -EBADMSG);
		rules_free(&rules);
		spoil("UPDATE head SET origin = 1, digest = x''");
	}
}

static int fresh_cache(void **state)
{
	bool damaged;

	(void)state;
	folder_make();
	return cache_open(in_folder("cache.db"), &cache, &damaged, err);
}

static int no_cache(void **state)
{
	(void)state;
	cache = cache_close(cache);
	folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_cache, no_cache)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(member_comes_in_where_the_tier_has_the_door),
		TEST(number_of_a_card_that_proves_itself_counts_for_nothing),
		TEST(blocked_card_is_refused_for_what_it_became),
		TEST(closure_reaches_the_decision_at_its_door),
		TEST(imported_holiday_reaches_the_decision),
		TEST(hours_that_cannot_be_read_open_nothing),
		TEST(empty_cache_has_no_rights),
		TEST(unreadable_cache_leaves_the_rules_as_they_were),
		TEST(what_the_roster_says_of_a_member_reaches_the_decision),
		TEST(a_roster_of_files_says_nothing_of_members),
		TEST(rows_of_members_that_cannot_be_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
