/* SPDX-License-Identifier: Apache-2.0 */
/* The doors' signatures: kept with the entries, bounded, and a proof that holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain_bed.h"
#include "registry_bed.h"

static struct registry_mark mark;
static struct chain_bed c;

static int take_of(struct registry *reg, uint64_t first, uint64_t last)
{
	struct registry_batch batch = chain_batch(&c, first, last);

	return registry_log_take(reg, &batch, &mark);
}

static int64_t number(const char *name, const char *sql)
{
	sqlite3 *db;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(in_folder(name), &db), SQLITE_OK);
	assert_int_equal(db_number(db, sql, &n), 0);
	sqlite3_close(db);
	return n;
}

static void run_sql(const char *name, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(in_folder(name), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* The only chain of the file. */
static struct registry_chain verify(const char *name)
{
	struct registry_chain *chains = NULL, only;
	int count = registry_log_verify(in_folder(name), "walker", crypto_hash256, &chains, err);

	if (count != 1)
		fail_msg("verify gives %d: %s", count, err);
	only = chains[0];
	free(chains);
	return only;
}

static void signed_whole(const char *name, uint64_t entries)
{
	struct registry_chain chain = verify(name);

	if (!chain.whole || chain.why[0])
		fail_msg("whole %d: %s", chain.whole, chain.why);
	assert_int_equal(chain.entries, entries);
	assert_int_equal(chain.signed_entries, entries);
}

static void not_whole(const char *name, const char *change, const char *says)
{
	struct registry_chain chain = verify(name);

	if (chain.whole || !strstr(chain.why, says))
		fail_msg("%s gave: %s", change, chain.why);
	assert_true(chain.signed_entries < chain.entries || strstr(says, "missing"));
}

/* A door with the chain's key, and so many entries at hand. */
static struct registry *begin(unsigned count)
{
	struct registry *reg = bed_open("hub.db");

	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, count);
	EXPECT(reg, chain_door(reg, "front", &c.key.public, bed_now_us, false), 0);
	return reg;
}

static void end(struct registry *reg)
{
	registry_close(reg);
	chain_free(&c);
}

static void entries_under_signatures_are_counted(void **state)
{
	struct registry *reg = begin(100);

	(void)state;
	EXPECT(reg, take_of(reg, 1, 40), REGISTRY_TAKEN_NEW);
	signed_whole("hub.db", 40);
	EXPECT(reg, take_of(reg, 1, 40), REGISTRY_TAKEN_DUPLICATE);
	EXPECT(reg, take_of(reg, 10, 20), REGISTRY_TAKEN_DUPLICATE);
	assert_int_equal(number("hub.db", "SELECT count(*) FROM signature"), 1);
	EXPECT(reg, take_of(reg, 30, 94), REGISTRY_TAKEN_NEW); /* over what is there */
	EXPECT(reg, take_of(reg, 95, 100), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, 60, 100), REGISTRY_TAKEN_DUPLICATE);
	signed_whole("hub.db", 100);
	end(reg);
}

static void one_signature_of_64_entries_is_enough(void **state)
{
	struct registry *reg = begin(640);

	(void)state;
	EXPECT(reg, registry_log_begin(reg), 0);
	for (uint64_t at = 1; at <= 640; at++)
		EXPECT(reg, take_of(reg, at, at), REGISTRY_TAKEN_NEW);
	EXPECT(reg, registry_log_commit(reg), 0);
	assert_int_equal(number("hub.db", "SELECT count(*) FROM signature"), 10);
	signed_whole("hub.db", 640);
	end(reg);
}

static void entries_without_a_signature_are_told(void **state)
{
	struct registry *reg = begin(9);
	struct registry_batch batch = chain_batch(&c, 4, 6);
	struct registry_chain chain;

	(void)state;
	EXPECT(reg, take_of(reg, 1, 3), REGISTRY_TAKEN_NEW);
	batch.signature = (struct registry_signature){0};
	EXPECT(reg, registry_log_take(reg, &batch, &mark), REGISTRY_TAKEN_NEW);
	chain = verify("hub.db");
	assert_false(chain.whole);
	assert_int_equal(chain.signed_entries, 3);
	assert_non_null(strstr(chain.why, "entry 4: stands under no signature"));
	EXPECT(reg, take_of(reg, 7, 9), REGISTRY_TAKEN_NEW); /* which vouches for them */
	signed_whole("hub.db", 9);
	end(reg);
}

static void old_keys_of_a_door_still_count(void **state)
{
	struct registry *reg = begin(90);
	struct sign_secret second;

	(void)state;
	EXPECT(reg, take_of(reg, 1, 10), REGISTRY_TAKEN_NEW);
	sign_key_make(&second);
	EXPECT(reg, chain_door(reg, "front", &second.public, bed_now_us, true), 0);
	EXPECT(reg, take_of(reg, 11, 20), REGISTRY_TAKEN_NEW); /* it was on its way */
	c.key = second;
	EXPECT(reg, take_of(reg, 21, 50), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, 51, 90), REGISTRY_TAKEN_NEW);
	assert_int_equal(number("hub.db", "SELECT count(DISTINCT key_id) FROM signature"), 2);
	signed_whole("hub.db", 90);
	EXPECT(reg, registry_door_stolen(reg, "front"), 0);
	signed_whole("hub.db", 90);
	end(reg);
}

static void keys_that_went_with_their_door_are_said(void **state)
{
	struct registry *reg = begin(20);
	struct registry_chain chain;
	struct sign_secret second;

	(void)state;
	EXPECT(reg, take_of(reg, 1, 10), REGISTRY_TAKEN_NEW);
	bed_begin(reg);
	EXPECT(reg, registry_door_remove(reg, "front", 0), 0);
	bed_commit(reg);
	for (int again = 0; again < 2; again++) {
		chain = verify("hub.db");
		assert_true(chain.whole);
		assert_int_equal(chain.signed_entries, again ? 10 : 0);
		assert_non_null(strstr(chain.why, "10 entries are signed by a key that went"));
		if (again)
			break;
		sign_key_make(&second); /* the name is used again */
		EXPECT(reg, chain_door(reg, "front", &second.public, bed_now_us, false), 0);
		c.key = second;
		EXPECT(reg, take_of(reg, 11, 20), REGISTRY_TAKEN_NEW);
	}
	end(reg);
}

static void rotten_rows_are_those_that_were_signed(void **state)
{
	static const struct {
		const char *sql, *says;
	} table[] = {
		{"UPDATE entry SET body = x'0102' WHERE seq = 3", "entry 3: its bytes"},
		{"UPDATE entry SET subject = x'09', salt = zeroblob(16) WHERE seq = 5",
			"entry 5: its bytes"},
		{"UPDATE entry SET why = 'x' WHERE seq = 2", "entry 2: its bytes"},
		{"UPDATE signature SET poison = zeroblob(32)", "signature over it is wrong"},
		{"UPDATE signature SET poison = NULL", "signature over it is wrong"},
		{"DELETE FROM signature WHERE last_seq = 6", "entry 5: its bytes"},
	};
	struct registry *reg = begin(80);

	(void)state;
	for (size_t i = 2; i < 5; i += 2) {
		c.rows[i].record.body[9] ^= 1;
		c.rows[i].poison = true;
		strcpy(c.rows[i].why, "rotten");
	}
	EXPECT(reg, take_of(reg, 1, 3), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, 2, 6), REGISTRY_TAKEN_NEW); /* 3 once more, and 5 */
	for (uint64_t at = 7; at <= 80; at++)
		EXPECT(reg, take_of(reg, at, at), REGISTRY_TAKEN_NEW);
	registry_close(reg);
	signed_whole("hub.db", 80);
	assert_int_equal(number("hub.db", "SELECT count(*) FROM signature"), 4);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		file_copy(in_folder("hub.db"), in_folder("t.db"));
		run_sql("t.db", table[i].sql);
		not_whole("t.db", table[i].sql, table[i].says);
	}
	chain_free(&c);
}

static void change_is_found(void **state)
{
	static const struct {
		const char *sql, *says;
	} table[] = {
		{"UPDATE signature SET bytes = zeroblob(64) WHERE last_seq = 6",
			"entry 6: the door's signature over it is wrong"},
		{"UPDATE signature SET bytes = (SELECT bytes FROM signature ORDER BY last_seq"
		 " LIMIT 1) WHERE last_seq = 70",
			"entry 70: the door's signature over it is wrong"},
		{"UPDATE signature SET first_seq = 2 WHERE last_seq = 6", "is wrong"},
		{"UPDATE signature SET last_seq = 5 WHERE last_seq = 6", "is wrong"},
		{"UPDATE signature SET last_hash = zeroblob(32) WHERE last_seq = 6", "is wrong"},
		{"UPDATE signature SET poison = zeroblob(32) WHERE last_seq = 6", "is wrong"},
		{"UPDATE signature SET key_id = '0123456789abcdef' WHERE last_seq = 6",
			"entry 6: is signed by a key that the door never had"},
		{"UPDATE door_key SET key = randomblob(32)", "that the door never had"},
		{"DELETE FROM door_key", "that the door never had"},
		{"DELETE FROM signature", "entry 1: stands under no signature"},
		{"DELETE FROM signature WHERE last_seq = 70", "entry 7: stands under no"},
		/* an end cut off, and the chain told so */
		{"DELETE FROM entry WHERE seq = 70; UPDATE chain SET last_seq = 69,"
		 " last_hash = (SELECT hash FROM entry WHERE seq = 69)",
			"entry 70: was signed by the door and is missing"},
	};
	struct registry *reg = begin(70);

	(void)state;
	EXPECT(reg, take_of(reg, 1, 6), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, 7, 70), REGISTRY_TAKEN_NEW);
	registry_close(reg);
	signed_whole("hub.db", 70);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		file_copy(in_folder("hub.db"), in_folder("t.db"));
		run_sql("t.db", table[i].sql);
		not_whole("t.db", table[i].sql, table[i].says);
	}
	/* what erasure takes is not under a signature */
	run_sql("hub.db", "UPDATE entry SET salt = NULL, subject = NULL, member = NULL,"
			  " card = NULL, token = NULL");
	signed_whole("hub.db", 70);
	chain_free(&c);
}

static void what_the_door_had_erased_is_under_its_signature(void **state)
{
	struct registry *reg = begin(20);

	(void)state;
	for (size_t i = 4; i < 9; i += 2)
		c.rows[i].record.subject_size = 0;
	EXPECT(reg, take_of(reg, 1, 4), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, 3, 20), REGISTRY_TAKEN_NEW);
	registry_close(reg);
	signed_whole("hub.db", 20);
	run_sql("hub.db", "UPDATE signature SET erased = 0");
	not_whole("hub.db", "erased", "entry 20: the door's signature over it is wrong");
	chain_free(&c);
}

/* Hashes anyone can make anew; the old signatures do not fit, and new ones take the door's key. */
static void history_made_anew_is_found(void **state)
{
	struct registry *reg = begin(20);
	struct entry other = chain_tap(77);

	(void)state;
	c.count = 4;
	chain_add(&c, &other);
	chain_taps(&c, 15);
	sign_key_make(&c.key);
	EXPECT(reg, take_of(reg, 1, 20), REGISTRY_TAKEN_NEW);
	not_whole("hub.db", "another key", "that the door never had");
	{
		char sql[100];

		snprintf(sql, sizeof(sql), "UPDATE signature SET key_id = '%s'",
			chain_key()->public.id);
		run_sql("hub.db", sql);
	}
	not_whole("hub.db", "another name", "the door's signature over it is wrong");
	end(reg);
}

static void signature_over_another_branch_vouches_for_nothing(void **state)
{
	struct registry *reg = begin(10);
	struct registry_batch batch = chain_batch(&c, 1, 10);
	struct registry_batch_row rows[10];

	(void)state;
	memcpy(rows, c.rows, sizeof(rows));
	EXPECT(reg, take_of(reg, 1, 10), REGISTRY_TAKEN_NEW);
	c.count = 9;
	{
		struct entry other = chain_tap(77);
		struct registry_batch branch;

		chain_add(&c, &other);
		branch = chain_batch(&c, 10, 10);
		EXPECT(reg, registry_log_take(reg, &branch, &mark), REGISTRY_TAKEN_FORK);
	}
	assert_int_equal(number("hub.db", "SELECT count(*) FROM signature"), 1);
	batch.rows = rows;
	EXPECT(reg, registry_log_take(reg, &batch, &mark), REGISTRY_TAKEN_DUPLICATE);
	signed_whole("hub.db", 10);
	end(reg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entries_under_signatures_are_counted),
		TEST(one_signature_of_64_entries_is_enough),
		TEST(entries_without_a_signature_are_told),
		TEST(old_keys_of_a_door_still_count),
		TEST(keys_that_went_with_their_door_are_said),
		TEST(rotten_rows_are_those_that_were_signed),
		TEST(change_is_found),
		TEST(what_the_door_had_erased_is_under_its_signature),
		TEST(history_made_anew_is_found),
		TEST(signature_over_another_branch_vouches_for_nothing),
	};

	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
