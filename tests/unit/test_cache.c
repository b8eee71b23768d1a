/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/hash.h"
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
	case 12:
		card.kind = CARD_KIND_DESFIRE + 1;
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
		-EEXIST, -EINVAL, -EINVAL, -ENOENT, -EEXIST, -EINVAL};
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
		"kind = 2",
		"kind = -1",
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

/* ---- the calendar, since version 2 ---- */

/* What each version made, as its first user would have found it. */
static const char version_1[] =
	"CREATE TABLE head ("
	" one INTEGER PRIMARY KEY CHECK (one = 1),"
	" site TEXT NOT NULL, timezone TEXT NOT NULL,"
	" generation INTEGER NOT NULL, number INTEGER NOT NULL,"
	" origin INTEGER NOT NULL, cards INTEGER NOT NULL) STRICT;"
	"CREATE TABLE door (door TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
	"CREATE TABLE tier ("
	" tier INTEGER PRIMARY KEY, flags INTEGER NOT NULL, hours TEXT NOT NULL) STRICT;"
	"CREATE TABLE tier_door ("
	" tier INTEGER NOT NULL REFERENCES tier, door TEXT NOT NULL, hours TEXT,"
	" PRIMARY KEY (tier, door)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE card ("
	" token BLOB PRIMARY KEY, key_id INTEGER NOT NULL, card INTEGER NOT NULL,"
	" member INTEGER NOT NULL, sponsor INTEGER NOT NULL,"
	" tier INTEGER NOT NULL REFERENCES tier, state INTEGER NOT NULL,"
	" member_state INTEGER NOT NULL, valid_from INTEGER, valid_until INTEGER,"
	" grace_until INTEGER, release_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO head VALUES (1, 'walker', 'Europe/London', 1, 7, 1, 1);"
	"INSERT INTO door VALUES ('front');"
	"INSERT INTO tier VALUES (1, 0, '24/7');"
	"INSERT INTO card VALUES (x'01123456000000000000000000000000', 7, 101, 11, 0, 1, 1, 1,"
	" NULL, NULL, NULL, 0);"
	"PRAGMA application_id=1953522529; PRAGMA user_version=1";
static const char version_2[] =
	"ALTER TABLE head ADD COLUMN holidays INTEGER NOT NULL DEFAULT 1;"
	"CREATE TABLE exception ("
	" first_date INTEGER NOT NULL, last_date INTEGER NOT NULL,"
	" start_minute INTEGER NOT NULL, end_minute INTEGER NOT NULL,"
	" open INTEGER NOT NULL, door TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
	"CREATE TABLE holiday ("
	" date INTEGER NOT NULL, imported INTEGER NOT NULL, holiday INTEGER NOT NULL,"
	" PRIMARY KEY (date, imported)) STRICT, WITHOUT ROWID;"
	"UPDATE head SET holidays = 0;"
	"INSERT INTO exception VALUES (20811, 20819, 720, 1440, 0, 'front', 'Xmas');"
	"INSERT INTO exception VALUES (20811, 20811, 0, 1440, 0, '', 'Strike');"
	"INSERT INTO holiday VALUES (20003, 0, 1), (20004, 1, 1);"
	"PRAGMA user_version=2";

static void spoil_file(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
	assert_int_equal(db_do(db, sql), 0);
	sqlite3_close(db);
}

static void make_version_1(void)
{
	spoil_file(version_1);
}

static void version_1_keeps_its_roster_and_gains_a_calendar(void **state)
{
	struct calendar calendar = {.exception_count = 9};
	struct cache_head head;
	struct cache *cache;

	(void)state;
	make_version_1();
	cache = open_cache();
	assert_int_equal(look_up(cache, 1), 1);
	assert_int_equal(cache_has_door(cache, "front"), 1);
	assert_int_equal(cache_head(cache, &head), 0);
	assert_true(head.revision.number == 7 && head.cards == 1);
	assert_int_equal(head.holidays, CALENDAR_HOLIDAYS_ENGLAND);
	assert_int_equal(cache_calendar(cache, &calendar), 0);
	assert_int_equal(calendar.holidays, CALENDAR_HOLIDAYS_ENGLAND);
	assert_int_equal(calendar.exception_count + calendar.date_count, 0);
	assert_int_equal(fill_to(cache, 8, 2, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(look_up(cache, 2), 1);
	cache_close(cache);
}

static void version_2_keeps_its_calendar_and_gains_what_a_hub_sends(void **state)
{
	uint8_t zeros[ROSTER_DIGEST_SIZE] = {0}, digest[ROSTER_DIGEST_SIZE];
	struct roster_card card = card_of(1);
	struct calendar calendar;
	struct cache_head head;
	struct cache *cache;

	(void)state;
	spoil_file(version_1);
	spoil_file(version_2);
	cache = open_cache();
	assert_int_equal(cache_card(cache, &card.token, &card), 1);
	assert_int_equal(card.kind, CARD_KIND_UID);
	assert_int_equal(card.state, CARD_STATE_ACTIVE);
	assert_int_equal(cache_calendar(cache, &calendar), 0);
	assert_int_equal(calendar.holidays, CALENDAR_HOLIDAYS_NONE);
	assert_true(calendar.exception_count == 2 && calendar.date_count == 2);
	assert_string_equal(calendar.exceptions[0].reason, "Xmas");
	assert_int_equal(cache_head(cache, &head), 0);
	assert_true(head.revision.number == 7 && head.warn_s == 0 && head.bound_s == 0);
	assert_memory_equal(head.digest, zeros, sizeof(zeros));
	assert_int_equal(cache_digest(cache, crypto_hash256, digest), -ENODATA);
	assert_int_equal(fill_to(cache, 8, 2, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(look_up(cache, 2), 1);
	cache_close(cache);
}

static const char version_3[] =
	"ALTER TABLE head ADD COLUMN digest BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE head ADD COLUMN warn_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE head ADD COLUMN bound_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE card ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE exception ADD COLUMN id INTEGER;"
	"CREATE UNIQUE INDEX exception_id ON exception (id);"
	"CREATE TABLE blocked ("
	" token BLOB PRIMARY KEY, state INTEGER NOT NULL, member_state INTEGER NOT NULL,"
	" generation INTEGER NOT NULL, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"UPDATE head SET origin = 2, digest = zeroblob(32), warn_s = 60, bound_s = 90;"
	"UPDATE card SET kind = 1; DELETE FROM exception; DELETE FROM holiday;"
	"INSERT INTO blocked VALUES (x'01123456000000000000000000000000', 3, 1, 1, 9);"
	"PRAGMA user_version=3";

static void version_3_keeps_its_cards_and_gains_what_members_use(void **state)
{
	struct roster_card card = card_of(1);
	struct decide_extra extras[4];
	struct standing standing;
	struct roster_pool pool;
	struct cache_tiers tiers;
	struct cache_head head;
	struct cache *cache;

	(void)state;
	spoil_file(version_1);
	spoil_file(version_2);
	spoil_file(version_3);
	cache = open_cache();
	assert_int_equal(cache_head(cache, &head), 0);
	assert_true(head.revision.number == 7 && head.warn_s == 60 && head.bound_s == 90);
	assert_true(head.origin == CACHE_ORIGIN_HUB && head.checkout_minute == 240);
	assert_int_equal(cache_card(cache, &card.token, &card), 1);
	assert_true(card.kind == CARD_KIND_DESFIRE && card.tier == 1 && card.pool == 0);
	assert_int_equal(card.state, CARD_STATE_LOST); /* still blocked */
	assert_int_equal(cache_tiers(cache, "front", &tiers), 0);
	assert_true(tiers.count == 1 && tiers.rows[0].allowance.kind == ALLOWANCE_NONE);
	cache_tiers_free(&tiers);
	assert_int_equal(cache_extras(cache, &card, "front", INT64_MIN, extras, 4), 0);
	assert_int_equal(cache_standing(cache, 11, &standing), 0);
	assert_int_equal(cache_pool(cache, 1, &pool), 0);
	cache_close(cache);
}

/* ---- members ---- */

/* Values as the hub's records leave them. */
static const char members[] =
	"INSERT INTO tier VALUES (9, 0, '24/7', 2, 1, 8, 80);"
	"UPDATE card SET pool = 5;"
	"INSERT INTO extra VALUES (1, 1, 11, 0, 44, 1000, 2000, 1, '');"
	"INSERT INTO extra VALUES (2, 2, 0, 101, 12, 500, 600, 0, 'front');"
	"INSERT INTO extra VALUES (3, 1, 11, 101, 45, 1500, 2500, 0, 'front');"
	"INSERT INTO extra VALUES (4, 1, 11, 0, 46, 10, 3000, 0, 'back');"
	"INSERT INTO extra VALUES (5, 1, 99, 98, 47, 10, 3000, 0, '');"
	"INSERT INTO standing VALUES (11, 2026, 11, 4, 48, 2, 90, -1, 1, 20779, 600);"
	"INSERT INTO standing VALUES (12, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 0);"
	"INSERT INTO pool VALUES (5, 2, 40, 7, 2026, 11, 2);";

static void a_card_finds_its_extras(void **state)
{
	struct cache *cache = open_cache();
	struct roster_card card = card_of(1), nobody = {.card = 101};
	struct decide_extra e[8];

	(void)state;
	assert_int_equal(fill_to(cache, 5, 1, CACHE_ORIGIN_FILE), 0);
	spoil_file(members);
	card.member = 11;
	assert_int_equal(cache_extras(cache, &card, "front", INT64_MIN, e, 8), 3);
	assert_true(e[0].kind == DECIDE_EXTRA_GUEST && e[0].id == 12 && !e[0].free);
	assert_true(e[1].kind == DECIDE_EXTRA_EVENT && e[1].id == 44 && e[1].free);
	assert_true(e[1].on_list && e[1].in_force);
	assert_true(e[1].span.from == 1000 && e[1].span.until == 2000);
	assert_int_equal(e[2].id, 45); /* by member and by card, once */
	assert_int_equal(cache_extras(cache, &card, "front", 600, e, 8), 2);
	assert_int_equal(cache_extras(cache, &card, "front", 2500, e, 8), 0);
	assert_int_equal(cache_extras(cache, &card, "back", 600, e, 8), 2);
	assert_int_equal(e[0].id, 46);
	assert_int_equal(cache_extras(cache, &card, "front", INT64_MIN, e, 1), 1);
	assert_int_equal(cache_extras(cache, &nobody, "front", INT64_MIN, e, 8), 2);
	spoil_file("UPDATE extra SET kind = 3 WHERE id = 2");
	assert_int_equal(cache_extras(cache, &card, "front", INT64_MIN, e, 8), -EBADMSG);
	cache_close(cache);
}

static void a_member_has_a_standing_and_a_card_a_pool(void **state)
{
	struct cache *cache = open_cache();
	struct roster_card card = card_of(1);
	struct cache_tiers tiers;
	struct standing s;
	struct roster_pool pool;

	(void)state;
	assert_int_equal(fill_to(cache, 5, 1, CACHE_ORIGIN_FILE), 0);
	spoil_file(members);
	assert_int_equal(cache_standing(cache, 11, &s), 1);
	assert_true(s.member == 11 && s.year == 2026 && s.month == 11 && s.days == 4);
	assert_true(s.halves == 48 && s.visits == 2 && s.minutes == 90 && s.extra == -1);
	assert_true(s.inside && s.date == 20779 && s.minute == 600);
	assert_int_equal(cache_standing(cache, 12, &s), 1);
	assert_true(s.year == 0 && s.date == DATE_NONE);
	assert_int_equal(cache_standing(cache, 13, &s), 0);
	assert_int_equal(cache_pool(cache, 5, &pool), 1);
	assert_true(pool.kind == ALLOWANCE_DAYS && pool.limit == 40 && pool.used == 7);
	assert_true(pool.year == 2026 && pool.month == 11 && pool.doors == 2);
	assert_int_equal(cache_pool(cache, 6, &pool), 0);
	assert_int_equal(cache_card(cache, &card.token, &card), 1);
	assert_int_equal(card.pool, 5);
	assert_int_equal(cache_tiers(cache, "front", &tiers), 0);
	assert_int_equal(tiers.rows[tiers.count - 1].allowance.kind, ALLOWANCE_DAYS);
	assert_int_equal(tiers.rows[tiers.count - 1].allowance.policy, ALLOWANCE_WARN);
	assert_int_equal(tiers.rows[tiers.count - 1].allowance.limit, 8);
	assert_int_equal(tiers.rows[tiers.count - 1].allowance.warn_percent, 80);
	cache_tiers_free(&tiers);
	spoil_file("UPDATE standing SET days = 1 << 30; UPDATE pool SET kind = 9;"
		   "UPDATE tier SET policy = 7 WHERE tier = 9");
	assert_int_equal(cache_standing(cache, 11, &s), -EBADMSG); /* 31 November */
	assert_int_equal(cache_pool(cache, 5, &pool), -EBADMSG);
	assert_int_equal(cache_tiers(cache, "front", &tiers), -EBADMSG);
	cache_close(cache);
}

static void kind_and_age_bounds_come_back_as_they_were_filled(void **state)
{
	struct cache *cache = open_cache();
	struct cache_head head = head_of(1, CACHE_ORIGIN_HUB), found;
	struct roster_card card = card_of(1);

	(void)state;
	head.warn_s = 3600;
	head.bound_s = UINT32_MAX;
	memset(head.digest, 0xAB, sizeof(head.digest));
	card.kind = CARD_KIND_DESFIRE;
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_tier(cache, 1, 0, "24/7"), 0);
	assert_int_equal(cache_fill_card(cache, &card), 0);
	assert_int_equal(cache_fill_commit(cache, err), 0);
	card.kind = CARD_KIND_UID;
	assert_int_equal(cache_card(cache, &card.token, &card), 1);
	assert_int_equal(card.kind, CARD_KIND_DESFIRE);
	assert_int_equal(cache_head(cache, &found), 0);
	assert_true(found.warn_s == 3600 && found.bound_s == UINT32_MAX);
	assert_memory_equal(found.digest, head.digest, sizeof(head.digest));
	spoil_file("UPDATE head SET digest = x'0102'");
	assert_int_equal(cache_head(cache, &found), -EBADMSG);
	spoil_file("UPDATE head SET digest = x'', warn_s = 4294967296");
	assert_int_equal(cache_head(cache, &found), -EBADMSG);
	spoil_file("UPDATE head SET warn_s = 0, bound_s = -1");
	assert_int_equal(cache_head(cache, &found), -EBADMSG);
	cache_close(cache);
}

static const struct calendar_exception closure = {.first = 20811,
	.last = 20819,
	.start = 720,
	.end = 1440,
	.door = "front",
	.reason = "Xmas"};
static const struct calendar_exception opening = {.first = 20800,
	.last = 20800,
	.start = 1200,
	.end = 2880,
	.open = true,
	.reason = "New Year\xe2\x80\x99s party"};

/* A roster whose calendar has a closure, an opening and three dates. */
static int fill_calendar(struct cache *cache, uint64_t number, enum cache_origin origin)
{
	struct cache_head head = head_of(number, origin);

	head.holidays = CALENDAR_HOLIDAYS_ENGLAND;
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_exception(cache, &closure), 0);
	assert_int_equal(cache_fill_exception(cache, &opening), 0);
	assert_int_equal(cache_fill_holiday(cache, 20003, true), 0);
	assert_int_equal(cache_fill_holiday(cache, 20001, false), 0);
	return cache_fill_commit(cache, err);
}

static void calendar_comes_back_as_it_was_filled(void **state)
{
	struct cache *cache = open_cache();
	struct calendar calendar;

	(void)state;
	assert_int_equal(fill_calendar(cache, 1, CACHE_ORIGIN_FILE), 0);
	cache_close(cache);
	cache = open_cache();
	assert_int_equal(cache_calendar(cache, &calendar), 0);
	assert_int_equal(calendar.holidays, CALENDAR_HOLIDAYS_ENGLAND);
	assert_int_equal(calendar.exception_count, 2);
	assert_int_equal(calendar.exceptions[0].first, opening.first);
	assert_true(calendar.exceptions[0].open && calendar.exceptions[0].end == 2880);
	assert_string_equal(calendar.exceptions[0].door, "");
	assert_string_equal(calendar.exceptions[0].reason, opening.reason);
	assert_int_equal(calendar.exceptions[1].last, closure.last);
	assert_true(!calendar.exceptions[1].open && calendar.exceptions[1].start == 720);
	assert_string_equal(calendar.exceptions[1].door, "front");
	assert_int_equal(calendar.date_count, 2);
	assert_true(calendar.dates[0].date == 20001 && !calendar.dates[0].holiday);
	assert_true(calendar.dates[1].date == 20003 && calendar.dates[1].holiday);
	assert_int_equal(fill_to(cache, 2, 1, CACHE_ORIGIN_FILE), 0); /* one without any */
	assert_int_equal(cache_calendar(cache, &calendar), 0);
	assert_int_equal(calendar.exception_count + calendar.date_count, 0);
	assert_int_equal(calendar.holidays, CALENDAR_HOLIDAYS_NONE);
	cache_close(cache);
}

static void nonsense_in_the_calendar_is_an_error(void **state)
{
	static const char *const spoils[] = {
		"UPDATE exception SET first_date = last_date + 1",
		"UPDATE exception SET last_date = 2932897",
		"UPDATE exception SET first_date = 4294967296",
		"UPDATE exception SET start_minute = 1440, end_minute = 1441",
		"UPDATE exception SET start_minute = -1",
		"UPDATE exception SET end_minute = 2881",
		"UPDATE exception SET end_minute = 66976", /* 1440 in 16 bits */
		"UPDATE exception SET open = 2",
		"UPDATE exception SET door = 'Front'",
		"UPDATE exception SET reason = ''",
		"UPDATE exception SET reason = printf('%81d', 1)",
		"UPDATE exception SET reason = 'a' || char(0) || 'b'",
		"UPDATE holiday SET holiday = 2",
		"UPDATE holiday SET date = -1 WHERE date = 20001",
		"UPDATE holiday SET date = 4294987297 WHERE date = 20001",
		"UPDATE head SET holidays = 2",
		("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 260)"
		 " INSERT INTO holiday SELECT i, 0, 1 FROM n"),
	};
	struct cache *cache = open_cache();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		struct calendar calendar = {.date_count = 99};

		assert_int_equal(fill_calendar(cache, 1, CACHE_ORIGIN_FILE), 0);
		spoil_file(spoils[i]);
		if (cache_calendar(cache, &calendar) != -EBADMSG)
			fail_msg("taken: %s", spoils[i]);
		assert_int_equal(calendar.date_count, 99);
	}
	cache_close(cache);
}

static void bad_or_doubled_day_refuses_the_whole_roster(void **state)
{
	struct cache *cache = open_cache();
	struct cache_head head = head_of(2, CACHE_ORIGIN_FILE);
	struct calendar_exception bad = closure;
	struct calendar calendar;

	(void)state;
	bad.reason[0] = '\0';
	assert_int_equal(fill_calendar(cache, 1, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_exception(cache, &bad), -EINVAL);
	assert_int_equal(cache_fill_holiday(cache, 20001, true), -EINVAL);
	assert_int_equal(cache_fill_commit(cache, err), -EINVAL);
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	for (int i = 0; i < CALENDAR_EXCEPTIONS_MAX; i++)
		assert_int_equal(cache_fill_exception(cache, &closure), 0);
	assert_int_equal(cache_fill_exception(cache, &closure), -E2BIG);
	assert_int_equal(cache_fill_commit(cache, err), -E2BIG);
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_holiday(cache, 20001, true), 0);
	assert_int_equal(cache_fill_holiday(cache, 20001, false), -EEXIST);
	assert_int_equal(cache_fill_commit(cache, err), -EEXIST);
	assert_int_equal(cache_fill_holiday(cache, 20001, true), -EINVAL); /* no fill */
	assert_int_equal(cache_fill_exception(cache, &closure), -EINVAL);
	head.holidays = CALENDAR_HOLIDAYS_ENGLAND + 1;
	assert_int_equal(cache_fill_begin(cache, &head, err), -EINVAL);
	assert_int_equal(cache_calendar(cache, &calendar), 0);
	assert_int_equal(calendar.exception_count, 2);
	cache_close(cache);
}

static bool is_holiday(struct cache *cache, int32_t date)
{
	struct calendar calendar;
	struct civil day;

	civil_from_date(date, &day);
	assert_int_equal(cache_calendar(cache, &calendar), 0);
	return calendar_holiday(&calendar, &day);
}

static void imported_holidays_stay_and_yield_to_the_rosters(void **state)
{
	struct cache *cache = open_cache();
	struct calendar dates = {0};

	(void)state;
	assert_int_equal(calendar_date_set(&dates, 20001, true), 0);
	assert_int_equal(calendar_date_set(&dates, 20010, true), 0);
	assert_int_equal(cache_import_holidays(cache, &dates, err), 0);
	assert_true(is_holiday(cache, 20001) && is_holiday(cache, 20010));
	assert_int_equal(fill_calendar(cache, 1, CACHE_ORIGIN_FILE), 0);
	assert_false(is_holiday(cache, 20001)); /* the roster says so */
	assert_true(is_holiday(cache, 20010) && is_holiday(cache, 20003));
	dates = (struct calendar){0};
	assert_int_equal(calendar_date_set(&dates, 20011, true), 0);
	assert_int_equal(cache_import_holidays(cache, &dates, err), 0);
	assert_true(!is_holiday(cache, 20010) && is_holiday(cache, 20011));
	assert_true(is_holiday(cache, 20003));
	assert_int_equal(fill_calendar(cache, 1, CACHE_ORIGIN_HUB), 0);
	assert_false(is_holiday(cache, 20011));
	assert_int_equal(cache_import_holidays(cache, &dates, err), -EPERM);
	assert_non_null(strstr(err, "at the hub"));
	cache_close(cache);
}

static void more_dates_than_a_calendar_holds_are_refused_together(void **state)
{
	struct cache *cache = open_cache();
	struct calendar dates = {0};

	(void)state;
	for (int i = 0; i < CALENDAR_DATES_MAX; i++)
		assert_int_equal(calendar_date_set(&dates, 1000 + i, true), 0);
	assert_int_equal(fill_calendar(cache, 1, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(cache_import_holidays(cache, &dates, err), -ENOSPC);
	assert_non_null(strstr(err, "256 dates"));
	assert_false(is_holiday(cache, 1000));
	assert_int_equal(fill_to(cache, 2, 1, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(cache_import_holidays(cache, &dates, err), 0);
	assert_true(is_holiday(cache, 1000));
	assert_int_equal(fill_calendar(cache, 3, CACHE_ORIGIN_FILE), -ENOSPC);
	assert_non_null(strstr(err, "leave past years out"));
	assert_false(is_holiday(cache, 20003));
	cache_close(cache);
}

/* ---- reading beside the door ---- */

static void reader_sees_each_roster_and_changes_nothing(void **state)
{
	struct cache *door = open_cache(), *reader = NULL;
	struct cache_head head;

	(void)state;
	assert_int_equal(fill_to(door, 1, 1, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(cache_open_read(in_folder("cache.db"), &reader, err), 0);
	assert_int_equal(look_up(reader, 1), 1);
	assert_int_equal(cache_view_begin(reader), 0);
	assert_int_equal(look_up(reader, 2), 0);
	assert_int_equal(fill_to(door, 2, 2, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(look_up(reader, 2), 0); /* one roster until the end */
	cache_view_end(reader);
	assert_int_equal(look_up(reader, 2), 1);
	head = head_of(3, CACHE_ORIGIN_FILE);
	cache_close(reader);
	cache_close(door);
	assert_int_equal(folder_count("-wal", NULL), 0);
	assert_int_equal(cache_open_read(in_folder("cache.db"), &reader, err), 0);
	assert_int_equal(cache_head(reader, &head), 0);
	assert_int_equal(head.revision.number, 2);
	assert_int_equal(folder_count("-wal", NULL), 0);
	cache_close(reader);
}

static void reader_refuses_what_it_would_have_to_change(void **state)
{
	struct cache *reader = NULL;
	struct stat before, after;

	(void)state;
	assert_int_equal(cache_open_read(in_folder("cache.db"), &reader, err), -ENOENT);
	assert_non_null(strstr(err, "cache.db"));
	assert_int_equal(folder_count("cache.db", NULL), 0);
	make_version_1();
	assert_int_equal(stat(in_folder("cache.db"), &before), 0);
	assert_int_equal(cache_open_read(in_folder("cache.db"), &reader, err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err, "has version 1"));
	assert_int_equal(stat(in_folder("cache.db"), &after), 0);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	spoil_file("PRAGMA application_id=7");
	assert_int_equal(cache_open_read(in_folder("cache.db"), &reader, err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err, "another program"));
	file_put(in_folder("cache.db"), 0, "garbage garbage garbage", 23);
	assert_int_equal(cache_open_read(in_folder("cache.db"), &reader, err), -EBADMSG);
	assert_int_equal(folder_count("damaged", NULL), 0);
	assert_null(reader);
}

static void card_is_found_by_its_number(void **state)
{
	struct cache *cache = open_cache();
	struct roster_card wanted = card_of(2), found = {.card = 1};

	(void)state;
	assert_int_equal(fill_to(cache, 1, 3, CACHE_ORIGIN_FILE), 0);
	assert_int_equal(cache_card_numbered(cache, 102, &found), 1);
	assert_memory_equal(found.token.bytes, wanted.token.bytes, TOKEN_SIZE);
	assert_true(found.member == wanted.member && found.release_ms == 8000);
	assert_int_equal(cache_card_numbered(cache, 104, &found), 0);
	assert_int_equal(cache_card_of_member(cache, 102, &found), 0);
	spoil_file("UPDATE card SET member = 12 WHERE card = 103");
	assert_int_equal(cache_card_of_member(cache, 12, &found), 1);
	assert_int_equal(found.card, 103);
	spoil_file("UPDATE card SET member = 12 WHERE card = 101");
	assert_int_equal(cache_card_of_member(cache, 12, &found), -ENOTUNIQ);
	assert_int_equal(cache_card_numbered(cache, 102, &found), 1);
	spoil_file("UPDATE card SET card = 101 WHERE card = 103");
	assert_int_equal(cache_card_numbered(cache, 101, &found), -ENOTUNIQ);
	spoil_file("UPDATE card SET state = 9 WHERE card = 102");
	assert_int_equal(cache_card_numbered(cache, 102, &found), -EBADMSG);
	spoil_file("UPDATE card SET state = 1, token = x'01' WHERE card = 102");
	assert_int_equal(cache_card_numbered(cache, 102, &found), -EBADMSG);
	assert_int_equal(found.card, 102);
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
		TEST(version_1_keeps_its_roster_and_gains_a_calendar),
		TEST(version_2_keeps_its_calendar_and_gains_what_a_hub_sends),
		TEST(version_3_keeps_its_cards_and_gains_what_members_use),
		TEST(a_card_finds_its_extras),
		TEST(a_member_has_a_standing_and_a_card_a_pool),
		TEST(kind_and_age_bounds_come_back_as_they_were_filled),
		TEST(calendar_comes_back_as_it_was_filled),
		TEST(nonsense_in_the_calendar_is_an_error),
		TEST(bad_or_doubled_day_refuses_the_whole_roster),
		TEST(imported_holidays_stay_and_yield_to_the_rosters),
		TEST(more_dates_than_a_calendar_holds_are_refused_together),
		TEST(reader_sees_each_roster_and_changes_nothing),
		TEST(reader_refuses_what_it_would_have_to_change),
		TEST(card_is_found_by_its_number),
	};

	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
