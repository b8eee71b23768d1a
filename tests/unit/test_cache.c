/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faulty_vfs.h"
#include "store/cache.h"
#include "store/db.h"

static char err[ERR_MAX];

static struct cache *open_cache(void)
{
	struct cache *cache = NULL;
	bool damaged = true;

	assert_int_equal(cache_open(in_folder("cache.db"), &cache, &damaged, err), 0);
	assert_false(damaged);
	return cache;
}

static struct cache_head head_of(uint64_t number, enum cache_origin origin)
{
	return (struct cache_head){
		.site = "walker",
		.timezone = "Europe/London",
		.revision = {.generation = 1, .number = number},
		.origin = origin,
	};
}

static struct roster_card card_of(uint8_t n)
{
	return (struct roster_card){
		.token.bytes = {n, 0x12, 0x34, 0x56},
		.key_id = 7,
		.card = 100u + n,
		.member = UINT64_MAX - n,
		.tier = 1,
		.state = CARD_STATE_ACTIVE,
		.member_state = MEMBER_STATE_ACTIVE,
		.valid_from = 20000,
		.valid_until = DATE_NONE,
		.grace_until = 0,
		.release_ms = 8000,
	};
}

/* Fills with cards 1 … count, tiers 1 (every door) and 2 (front with its own hours, back). */
static int fill_to(struct cache *cache, uint64_t number, uint8_t count, enum cache_origin origin)
{
	struct cache_head head = head_of(number, origin);
	int error = cache_fill_begin(cache, &head, err);

	if (error < 0)
		return error;
	assert_int_equal(cache_fill_door(cache, "front"), 0);
	assert_int_equal(cache_fill_door(cache, "back"), 0);
	assert_int_equal(cache_fill_tier(cache, 1, TIER_FLAG_STAFF, "24/7"), 0);
	assert_int_equal(cache_fill_tier(cache, 2, 0, "Mo-Fr 09:00-17:00"), 0);
	assert_int_equal(cache_fill_tier_door(cache, 2, "front", "Mo 10:00-12:00"), 0);
	assert_int_equal(cache_fill_tier_door(cache, 2, "back", NULL), 0);
	for (uint8_t n = 1; n <= count; n++) {
		struct roster_card card = card_of(n);

		assert_int_equal(cache_fill_card(cache, &card), 0);
	}
	return cache_fill_commit(cache, err);
}

static int look_up(struct cache *cache, uint8_t n)
{
	struct roster_card wanted = card_of(n), found;

	return cache_card(cache, &wanted.token, &found);
}

static void empty_cache_knows_nobody(void **state)
{
	struct cache *cache = open_cache();
	struct cache_head head;
	struct cache_tiers tiers;

	(void)state;
	assert_int_equal(look_up(cache, 1), 0);
	assert_int_equal(cache_head(cache, &head), 0);
	assert_int_equal(head.origin, CACHE_ORIGIN_EMPTY);
	assert_int_equal(cache_tiers(cache, "front", &tiers), 0);
	assert_int_equal(tiers.count, 0);
	cache_tiers_free(&tiers);
	cache_close(cache);
}

static void card_comes_back_as_it_was_filled(void **state)
{
	struct cache *cache = open_cache();
	struct roster_card wanted = card_of(3), found;
	struct cache_head head;

	(void)state;
	assert_int_equal(fill_to(cache, 5, 3, CACHE_ORIGIN_FILE), 0);
	cache_close(cache);
	cache = open_cache();
	memset(&found, 0xFF, sizeof(found));
	assert_int_equal(cache_card(cache, &wanted.token, &found), 1);
	assert_memory_equal(found.token.bytes, wanted.token.bytes, TOKEN_SIZE);
	assert_int_equal(found.key_id, 7);
	assert_true(found.card == wanted.card && found.member == wanted.member);
	assert_true(found.sponsor == 0 && found.tier == 1);
	assert_int_equal(found.state, CARD_STATE_ACTIVE);
	assert_int_equal(found.member_state, MEMBER_STATE_ACTIVE);
	assert_int_equal(found.valid_from, 20000);
	assert_int_equal(found.valid_until, DATE_NONE);
	assert_int_equal(found.grace_until, 0);
	assert_int_equal(found.release_ms, 8000);
	assert_int_equal(look_up(cache, 4), 0);
	assert_int_equal(cache_head(cache, &head), 0);
	assert_string_equal(head.site, "walker");
	assert_string_equal(head.timezone, "Europe/London");
	assert_true(head.revision.generation == 1 && head.revision.number == 5);
	assert_true(head.cards == 3 && head.origin == CACHE_ORIGIN_FILE);
	assert_int_equal(cache_has_door(cache, "back"), 1);
	assert_int_equal(cache_has_door(cache, "attic"), 0);
	cache_close(cache);
}

static void tokens_that_look_like_numbers_stay_bytes(void **state)
{
	static const char *const texts[] = {"04123456", "04E10222", "1E5"};
	struct cache *cache = open_cache();
	struct cache_head head = head_of(1, CACHE_ORIGIN_FILE);
	struct roster_card card = card_of(1), found;

	(void)state;
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_tier(cache, 1, 0, "24/7"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		memset(card.token.bytes, 0, TOKEN_SIZE);
		memcpy(card.token.bytes, texts[i], strlen(texts[i]));
		assert_int_equal(cache_fill_card(cache, &card), 0);
	}
	assert_int_equal(cache_fill_commit(cache, err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		memset(card.token.bytes, 0, TOKEN_SIZE);
		memcpy(card.token.bytes, texts[i], strlen(texts[i]));
		assert_int_equal(cache_card(cache, &card.token, &found), 1);
		assert_memory_equal(found.token.bytes, card.token.bytes, TOKEN_SIZE);
	}
	cache_close(cache);
}

static void tier_applies_at_its_doors_with_their_hours(void **state)
{
	static const struct {
		const char *door;
		bool second;
		const char *hours;
	} table[] = {
		{"front", true, "Mo 10:00-12:00"},
		{"back", true, "Mo-Fr 09:00-17:00"},
		{"attic", false, "Mo-Fr 09:00-17:00"},
	};
	struct cache *cache = open_cache();
	struct cache_tiers tiers;

	(void)state;
	assert_int_equal(fill_to(cache, 1, 0, CACHE_ORIGIN_FILE), 0);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(cache_tiers(cache, table[i].door, &tiers), 0);
		assert_int_equal(tiers.count, 2);
		assert_int_equal(tiers.rows[0].tier, 1);
		assert_int_equal(tiers.rows[0].flags, TIER_FLAG_STAFF);
		assert_true(tiers.rows[0].door);
		assert_string_equal(tiers.rows[0].hours, "24/7");
		assert_int_equal(tiers.rows[1].door, table[i].second);
		assert_string_equal(tiers.rows[1].hours, table[i].hours);
		cache_tiers_free(&tiers);
	}
	cache_close(cache);
}

static void old_roster_is_in_force_until_the_commit(void **state)
{
	struct cache *cache = open_cache(), *other = open_cache();
	struct cache_head head = head_of(2, CACHE_ORIGIN_FILE);
	struct roster_card card = card_of(9);
	int64_t before, between, after;

	(void)state;
	assert_int_equal(fill_to(cache, 1, 2, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(cache_version(cache, &before), 0);
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_tier(cache, 1, 0, "24/7"), 0);
	assert_int_equal(cache_fill_card(cache, &card), 0);
	assert_int_equal(look_up(cache, 1), 1);
	assert_int_equal(look_up(cache, 9), 0);
	assert_int_equal(look_up(other, 9), 0);
	assert_int_equal(cache_version(cache, &between), 0);
	assert_int_equal(between, before);
	assert_int_equal(cache_fill_commit(cache, err), 0);
	assert_int_equal(look_up(cache, 1), 0);
	assert_int_equal(look_up(cache, 9), 1);
	assert_int_equal(look_up(other, 9), 1);
	assert_int_equal(cache_version(cache, &after), 0);
	assert_int_not_equal(after, before);
	cache_close(other);
	cache_close(cache);
}

static void aborted_fill_leaves_the_old_roster(void **state)
{
	struct cache *cache = open_cache();
	struct cache_head head = head_of(2, CACHE_ORIGIN_FILE);

	(void)state;
	assert_int_equal(fill_to(cache, 1, 2, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_begin(cache, &head, err), -EBUSY);
	cache_fill_abort(cache);
	assert_int_equal(look_up(cache, 2), 1);
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	cache_close(cache); /* in the middle */
	cache = open_cache();
	assert_int_equal(look_up(cache, 2), 1);
	cache_close(cache);
}

/* Each case spoils one row of an otherwise good roster. */
static int spoil(struct cache *cache, unsigned which)
{
	struct roster_card card = card_of(50);

	switch (which) {
	case 0:
		card = card_of(1);
		return cache_fill_card(cache, &card); /* there already */
	case 1:
		card.tier = 99;
		return cache_fill_card(cache, &card);
	case 2:
		card.state = CARD_STATE_REVOKED + 1;
		return cache_fill_card(cache, &card);
	case 3:
		card.member_state = (enum member_state) - 1;
		return cache_fill_card(cache, &card);
	case 4:
		card.valid_until = -1;
		return cache_fill_card(cache, &card);
	case 5:
		card.valid_from = INT32_MAX;
		return cache_fill_card(cache, &card);
	case 6:
		card.release_ms = 60001;
		return cache_fill_card(cache, &card);
	case 7:
		return cache_fill_tier(cache, 1, 0, "24/7");
	case 8:
		return cache_fill_tier(cache, 3, TIER_FLAGS_ALL + 1, "24/7");
	case 9:
		return cache_fill_tier_door(cache, 1, "Not A Door", NULL);
	case 10:
		return cache_fill_tier_door(cache, 99, "front", NULL);
	default:
		return cache_fill_door(cache, "front");
	}
}

static void one_bad_row_refuses_the_whole_roster(void **state)
{
	static const int wanted[] = {-EEXIST, -ENOENT, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL,
		-EEXIST, -EINVAL, -EINVAL, -ENOENT, -EEXIST};
	struct cache *cache = open_cache();

	(void)state;
	assert_int_equal(fill_to(cache, 1, 2, CACHE_ORIGIN_FILE), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct cache_head head = head_of(2, CACHE_ORIGIN_FILE);
		struct roster_card one = card_of(1), late = card_of(60);

		assert_int_equal(cache_fill_begin(cache, &head, err), 0);
		assert_int_equal(cache_fill_door(cache, "front"), 0);
		assert_int_equal(cache_fill_tier(cache, 1, 0, "24/7"), 0);
		assert_int_equal(cache_fill_card(cache, &one), 0);
		assert_int_equal(spoil(cache, i), wanted[i]);
		assert_int_equal(cache_fill_card(cache, &late), wanted[i]);
		assert_int_equal(cache_fill_commit(cache, err), wanted[i]);
		assert_int_equal(look_up(cache, 2), 1);
		assert_int_equal(look_up(cache, 60), 0);
	}
	cache_close(cache);
}

static void older_revision_of_the_same_origin_is_refused(void **state)
{
	struct cache *cache = open_cache();

	(void)state;
	assert_int_equal(fill_to(cache, 5, 1, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(fill_to(cache, 4, 2, CACHE_ORIGIN_FILE), -ESTALE);
	assert_non_null(strstr(err, "1.5"));
	assert_non_null(strstr(err, "1.4"));
	assert_int_equal(look_up(cache, 2), 0);
	assert_int_equal(fill_to(cache, 5, 2, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(look_up(cache, 2), 1);
	cache_close(cache);
}

static void file_never_replaces_a_hubs_roster(void **state)
{
	struct cache *cache = open_cache();

	(void)state;
	assert_int_equal(fill_to(cache, 9, 1, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(fill_to(cache, 1, 2, CACHE_ORIGIN_HUB), 0);
	assert_int_equal(fill_to(cache, 10, 3, CACHE_ORIGIN_FILE), -EPERM);
	assert_non_null(strstr(err, "hub"));
	assert_int_equal(look_up(cache, 2), 1);
	assert_int_equal(look_up(cache, 3), 0);
	cache_close(cache);
}

static void full_disk_leaves_the_old_roster(void **state)
{
	struct cache *cache = open_cache();
	struct cache_head head = head_of(2, CACHE_ORIGIN_FILE);
	struct roster_card card = card_of(9);

	(void)state;
	assert_int_equal(fill_to(cache, 1, 2, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_tier(cache, 1, 0, "24/7"), 0);
	assert_int_equal(cache_fill_card(cache, &card), 0);
	disk.write_error = SQLITE_FULL;
	assert_int_equal(cache_fill_commit(cache, err), -ENOSPC);
	assert_non_null(strstr(err, "free space"));
	disk.write_error = 0;
	assert_int_equal(look_up(cache, 2), 1);
	assert_int_equal(look_up(cache, 9), 0);
	assert_int_equal(fill_to(cache, 2, 1, CACHE_ORIGIN_FILE), 0);
	cache_close(cache);
}

static void nonsense_row_is_an_error_so_that_the_door_denies(void **state)
{
	static const char *const spoils[] = {
		"state = 5",
		"state = -1",
		"member_state = 3",
		"member_state = 4294967297", /* 1 in 32 bits: active */
		"valid_until = -5",
		"valid_from = 4294967296",
		"grace_until = 2932897",
		"release_ms = 60001",
		"tier = -1",
		"key_id = 4294967296",
	};
	struct cache *cache = open_cache();
	struct roster_card wanted = card_of(1);

	(void)state;
	assert_int_equal(fill_to(cache, 1, 2, CACHE_ORIGIN_FILE), 0);
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		struct roster_card found = {.state = CARD_STATE_REVOKED};
		char sql[200];
		sqlite3 *db;

		assert_int_equal(fill_to(cache, 1, 2, CACHE_ORIGIN_FILE), 0);
		assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
		snprintf(sql, sizeof(sql), "UPDATE card SET %s WHERE card = 101", spoils[i]);
		assert_int_equal(db_do(db, sql), 0);
		sqlite3_close(db);
		assert_int_equal(cache_card(cache, &wanted.token, &found), -EBADMSG);
		assert_int_equal(found.state, CARD_STATE_REVOKED); /* not touched */
		assert_int_equal(look_up(cache, 2), 1);
	}
	cache_close(cache);
}

static void nonsense_tier_is_an_error(void **state)
{
	static const char *const spoils[] = {"UPDATE tier SET flags = 16",
		"UPDATE tier SET flags = -1", "UPDATE tier SET hours = printf('%600d', 1)",
		"UPDATE tier SET hours = '24/7' || char(0) || 'x'"};
	struct cache *cache = open_cache();
	struct cache_tiers tiers;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		sqlite3 *db;

		assert_int_equal(fill_to(cache, 1, 1, CACHE_ORIGIN_FILE), 0);
		assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
		assert_int_equal(db_do(db, spoils[i]), 0);
		sqlite3_close(db);
		assert_int_equal(cache_tiers(cache, "front", &tiers), -EBADMSG);
	}
	cache_close(cache);
}

static void damaged_cache_is_kept_and_an_empty_one_started(void **state)
{
	struct cache *cache = open_cache();
	bool damaged = false;

	(void)state;
	assert_int_equal(fill_to(cache, 1, 9, CACHE_ORIGIN_FILE), 0);
	cache_close(cache);
	file_put(in_folder("cache.db"), 4096, "garbage", 7);
	assert_int_equal(cache_open(in_folder("cache.db"), &cache, &damaged, err), 0);
	assert_true(damaged);
	assert_non_null(strstr(err, "cache.db.damaged-"));
	assert_true(folder_count("cache.db.damaged-", NULL) >= 1);
	assert_int_equal(look_up(cache, 1), 0);
	cache_close(cache);
}

static int fresh_folder(void **state)
{
	(void)state;
	memset(&disk, 0, sizeof(disk));
	folder_make();
	return 0;
}

static int no_folder(void **state)
{
	(void)state;
	folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_folder, no_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty_cache_knows_nobody),
		TEST(card_comes_back_as_it_was_filled),
		TEST(tokens_that_look_like_numbers_stay_bytes),
		TEST(tier_applies_at_its_doors_with_their_hours),
		TEST(old_roster_is_in_force_until_the_commit),
		TEST(aborted_fill_leaves_the_old_roster),
		TEST(one_bad_row_refuses_the_whole_roster),
		TEST(older_revision_of_the_same_origin_is_refused),
		TEST(file_never_replaces_a_hubs_roster),
		TEST(full_disk_leaves_the_old_roster),
		TEST(nonsense_row_is_an_error_so_that_the_door_denies),
		TEST(nonsense_tier_is_an_error),
		TEST(damaged_cache_is_kept_and_an_empty_one_started),
	};

	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
