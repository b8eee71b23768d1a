/* SPDX-License-Identifier: Apache-2.0 */
/* Cards that lost their rights in a roster which is not here yet. SEED=n repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "faulty_vfs.h"

static char err[ERR_MAX];

#include "keeper_bed.h"
#include "store/db.h"

static unsigned seed;
static struct keeper *keeper;
static struct cache *cache;
static struct model model;

/* Card n (from 1) of a model where all of them are active. */
static void make_card(unsigned n, struct roster_record *r)
{
	model_key(MODEL_CARD_AT + n, r);
	r->card.card = n;
	r->card.member = 1000 + n;
	r->card.tier = 1;
	r->card.state = CARD_STATE_ACTIVE;
	r->card.member_state = MEMBER_STATE_ACTIVE;
	r->card.valid_from = r->card.valid_until = r->card.grace_until = DATE_NONE;
}

static struct roster_card look_up(unsigned n)
{
	struct roster_card card = {0};
	struct token token;

	model_token(MODEL_CARD_AT + n, &token);
	assert_int_equal(cache_card(cache, &token, &card), 1);
	return card;
}

static bool active(unsigned n)
{
	struct roster_card card = look_up(n);

	return card.state == CARD_STATE_ACTIVE && card.member_state == MEMBER_STATE_ACTIVE;
}

static size_t add(uint8_t *run, size_t size, const struct roster_record *r)
{
	static uint8_t bytes[ROSTER_RECORD_MAX];
	int n = roster_record_encode(r, bytes);

	assert_true(n > 0);
	n = roster_run_add(run, size, KEEPER_RUN_MAX, bytes, (size_t)n);
	assert_true(n > 0);
	return (size_t)n;
}

static struct keeper_event block(uint64_t number, const uint8_t *run, size_t size)
{
	struct revision revision = {.generation = 1, .number = number};

	assert_int_equal(keeper_block(keeper, &revision, run, size), 0);
	return keeper_bed_next(keeper);
}

static void expect_blocked(struct keeper_event event, unsigned changed)
{
	if (event.error < 0)
		fail_msg("%s", event.message);
	assert_int_equal(event.kind, KEEPER_EVENT_BLOCKED);
	assert_int_equal(event.changed, changed);
}

static void take(const struct revision *from)
{
	struct keeper_event event = keeper_bed_take(keeper, &model, from);

	if (event.error < 0)
		fail_msg("%s", event.message);
	model_clean(&model);
}

static void blocked_card_is_answered_as_what_it_became(void **state)
{
	static const struct {
		bool gone;
		enum card_state card;
		enum member_state member;
		enum card_state card_answer;
		enum member_state member_answer;
	} table[] = {
		{true, 0, 0, CARD_STATE_REVOKED, MEMBER_STATE_ACTIVE},
		{false, CARD_STATE_REVOKED, MEMBER_STATE_ACTIVE, CARD_STATE_REVOKED,
			MEMBER_STATE_ACTIVE},
		{false, CARD_STATE_UNASSIGNED, MEMBER_STATE_ACTIVE, CARD_STATE_REVOKED,
			MEMBER_STATE_ACTIVE},
		{false, CARD_STATE_SUSPENDED, MEMBER_STATE_ACTIVE, CARD_STATE_SUSPENDED,
			MEMBER_STATE_ACTIVE},
		{false, CARD_STATE_LOST, MEMBER_STATE_SUSPENDED, CARD_STATE_LOST,
			MEMBER_STATE_ACTIVE},
		{false, CARD_STATE_ACTIVE, MEMBER_STATE_SUSPENDED, CARD_STATE_ACTIVE,
			MEMBER_STATE_SUSPENDED},
		{false, CARD_STATE_ACTIVE, MEMBER_STATE_CLOSED, CARD_STATE_REVOKED,
			MEMBER_STATE_ACTIVE},
		{false, CARD_STATE_ACTIVE, MEMBER_STATE_ACTIVE, CARD_STATE_ACTIVE,
			MEMBER_STATE_ACTIVE}, /* gains nothing, loses nothing */
	};
	static struct roster_record r;
	static uint8_t run[KEEPER_RUN_MAX];
	struct roster_card by_number;
	size_t size = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		assert_true(active(i + 1));
		make_card(i + 1, &r);
		r.gone = table[i].gone;
		r.card.state = table[i].card;
		r.card.member_state = table[i].member;
		size = add(run, size, &r);
	}
	model_key(MODEL_DOOR_AT, &r); /* nothing but cards counts */
	r.gone = true;
	size = add(run, size, &r);
	expect_blocked(block(5, run, size), ARRAY_SIZE(table) - 1);
	for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
		struct roster_card card = look_up(i + 1);

		assert_int_equal(card.state, table[i].card_answer);
		assert_int_equal(card.member_state, table[i].member_answer);
		assert_int_equal(card.card, i + 1);
	}
	assert_true(active(20));
	assert_int_equal(cache_has_door(cache, "door-0"), 1);
	assert_int_equal(cache_card_numbered(cache, 1, &by_number), 1);
	assert_int_equal(by_number.state, CARD_STATE_REVOKED);
	assert_int_equal(cache_card_of_member(cache, 1004, &by_number), 1);
	assert_int_equal(by_number.state, CARD_STATE_SUSPENDED);
}

static size_t revoking(uint8_t *run, unsigned n)
{
	static struct roster_record r;

	make_card(n, &r);
	r.card.state = CARD_STATE_REVOKED;
	return add(run, 0, &r);
}

static void block_holds_until_its_revision_is_in_force(void **state)
{
	static uint8_t run[KEEPER_RUN_MAX];
	static struct roster_record r;
	struct revision from = model.revision; /* 1.1 */
	bool damaged;

	(void)state;
	expect_blocked(block(5, run, revoking(run, 1)), 1);
	expect_blocked(block(7, run, revoking(run, 2)), 1);
	cache = cache_close(cache); /* over a restart of everything */
	keeper = keeper_close(keeper, 1000);
	assert_int_equal(cache_open(in_folder("cache.db"), &cache, &damaged, err), 0);
	keeper = keeper_bed_open(&damaged);
	assert_true(!active(1) && !active(2));
	make_card(1, &r); /* older news gives nothing back */
	r.card.release_ms = 1000;
	model_put(&model, MODEL_CARD_AT + 1, &r);
	model.revision.number = 4;
	take(&from);
	assert_true(!active(1) && !active(2));
	from = model.revision;
	model.revision.number = 5;
	take(&from);
	assert_true(active(1) && !active(2)); /* what the hub says at 5 counts */
	expect_blocked(block(5, run, revoking(run, 3)), 0);
	expect_blocked(block(4, run, revoking(run, 3)), 0);
	assert_true(active(3));
	model.revision.number = 8;
	take(NULL);
	assert_true(active(2));
	expect_blocked(block(9, run, revoking(run, 3)), 1);
	model.revision = (struct revision){.generation = 2, .number = 1};
	take(NULL);
	assert_true(active(3));
}

static void later_word_about_a_card_counts(void **state)
{
	static uint8_t run[KEEPER_RUN_MAX];
	static struct roster_record r;
	size_t size;

	(void)state;
	expect_blocked(block(9, run, revoking(run, 1)), 1);
	make_card(1, &r);
	r.card.state = CARD_STATE_LOST;
	size = add(run, 0, &r);
	expect_blocked(block(8, run, size), 1);
	assert_int_equal(look_up(1).state, CARD_STATE_REVOKED);
	expect_blocked(block(10, run, size), 1);
	assert_int_equal(look_up(1).state, CARD_STATE_LOST);
}

static void card_that_comes_later_is_blocked_already(void **state)
{
	static uint8_t run[KEEPER_RUN_MAX];
	static struct roster_record r;
	struct revision from = model.revision;

	(void)state;
	make_card(300, &r);
	expect_blocked(block(9, run, revoking(run, 300)), 1);
	model_put(&model, MODEL_CARD_AT + 300, &r);
	model.revision.number = 6;
	take(&from);
	assert_false(active(300));
	model.revision.number = 9;
	take(NULL);
	assert_true(active(300));
}

static void block_does_not_wait_for_a_roster_that_is_filled(void **state)
{
	static uint8_t run[KEEPER_RUN_MAX], all[MODEL_RUN_MAX];
	struct keeper_roster roster;
	size_t size;

	(void)state;
	model.revision.number = 3;
	roster = keeper_bed_roster(&model, NULL);
	assert_int_equal(keeper_roster_begin(keeper, &roster), 0);
	assert_int_equal(keeper_bed_next(keeper).kind, KEEPER_EVENT_FILLED);
	expect_blocked(block(5, run, revoking(run, 1)), 1);
	assert_false(active(1));
	size = model_run(&model, false, all);
	for (size_t at = 0; at < size;) {
		const uint8_t *record;
		size_t from = at, record_size;
		uint8_t *copy;

		while (at - from < 3000 && roster_run_next(all, size, &at, &record, &record_size))
			;
		copy = malloc(at - from);
		memcpy(copy, all + from, at - from);
		assert_int_equal(keeper_roster_fill(keeper, copy, at - from), 0);
		assert_int_equal(keeper_bed_next(keeper).error, 0);
		assert_false(active(1));
	}
	assert_int_equal(keeper_roster_commit(keeper), 0);
	assert_int_equal(keeper_bed_next(keeper).error, 0);
	assert_false(active(1)); /* 1.5 is not there yet */
	model.revision.number = 5;
	take(NULL);
	assert_true(active(1));
}

static void unsound_or_large_blocks_are_refused_whole(void **state)
{
	static uint8_t run[KEEPER_RUN_MAX + 1];
	struct keeper_event event;
	struct revision revision = {.generation = 1, .number = 5};
	size_t size = revoking(run, 1);

	(void)state;
	memset(run + size, 1, 10);
	event = block(5, run, size + 10);
	assert_int_equal(event.error, -EBADMSG);
	assert_non_null(strstr(event.message, "unsound"));
	assert_true(active(1));
	assert_int_equal(keeper_block(keeper, &revision, run, sizeof(run)), -EINVAL);
	revision.number = UINT64_MAX;
	assert_int_equal(keeper_block(keeper, &revision, run, size), -EINVAL);
	expect_blocked(block(5, run, 0), 0);
	disk.write_error = SQLITE_FULL;
	event = block(5, run, size);
	disk.write_error = 0;
	assert_int_equal(event.error, -ENOSPC);
	assert_true(active(1));
}

static void blocked_table_is_bounded(void **state)
{
	static uint8_t run[KEEPER_RUN_MAX];
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
	assert_int_equal(db_do(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
				   " WHERE i < 100000) INSERT INTO blocked"
				   " SELECT CAST(printf('%016d', i) AS BLOB), 4, 1, 1, 5 FROM n"),
		0);
	sqlite3_close(db);
	assert_int_equal(block(6, run, revoking(run, 1)).error, -ENOSPC);
	assert_true(active(1));
	model.revision.number = 5;
	take(NULL);
	expect_blocked(block(6, run, revoking(run, 1)), 1);
	assert_false(active(1));
}

/* Whatever stands in the block's row, the card is not let in. */
static void nonsense_block_still_blocks(void **state)
{
	static const char *const spoils[] = {"state = 1, member_state = 1", "state = 99",
		"state = -1", "state = 1, member_state = 4294967297", "state = 4294967297"};
	static uint8_t run[KEEPER_RUN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		char sql[100];
		sqlite3 *db;

		expect_blocked(block(5 + i, run, revoking(run, 1)), 1);
		assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
		snprintf(sql, sizeof(sql), "UPDATE blocked SET %s", spoils[i]);
		assert_int_equal(db_do(db, sql), 0);
		sqlite3_close(db);
		assert_int_equal(look_up(1).state, CARD_STATE_REVOKED);
	}
}

static int fresh_bed(void **state)
{
	static struct roster_record r;
	bool damaged;

	(void)state;
	memset(&disk, 0, sizeof(disk));
	folder_make();
	model_make(&model, &seed);
	for (unsigned row = MODEL_CARD_AT; row < MODEL_EXCEPTION_AT; row++) {
		model_gone(&model, row);
		make_card(row - MODEL_CARD_AT, &r);
		if (r.card.card > 0 && r.card.card < 30)
			model_put(&model, row, &r);
	}
	if (cache_open(in_folder("cache.db"), &cache, &damaged, err) < 0)
		return -1;
	keeper = keeper_bed_open(&damaged);
	if (!keeper || keeper_bed_take(keeper, &model, NULL).error < 0)
		return -1;
	model_clean(&model);
	return 0;
}

static int no_bed(void **state)
{
	(void)state;
	keeper = keeper_close(keeper, 1000);
	cache = cache_close(cache);
	model_free(&model);
	folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_bed, no_bed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(blocked_card_is_answered_as_what_it_became),
		TEST(block_holds_until_its_revision_is_in_force),
		TEST(later_word_about_a_card_counts),
		TEST(card_that_comes_later_is_blocked_already),
		TEST(block_does_not_wait_for_a_roster_that_is_filled),
		TEST(unsound_or_large_blocks_are_refused_whole),
		TEST(blocked_table_is_bounded),
		TEST(nonsense_block_still_blocks),
	};

	seed = getenv("SEED") ? (unsigned)strtoul(getenv("SEED"), NULL, 10)
			      : (unsigned)(clock_mono_us() & 0xffffff);
	printf("# SEED=%u\n", seed);
	fflush(stdout);
	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
