/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journals collected: each entry once, whatever comes how often in which order. SEED=n repeats a
 * run, FULL=1 kills more often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "chain_bed.h"
#include "registry_bed.h"
#include "registry_sweep.h"
#include "store/journal.h"
#include "wire/message.h"
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static unsigned seed;

static struct registry_mark mark;

static int take_of(struct registry *reg, const struct chain_bed *c, uint64_t first, uint64_t last)
{
	struct registry_batch batch = chain_batch(c, first, last);

	return registry_log_take(reg, &batch, &mark);
}

static void mark_is(const struct chain_bed *c, uint64_t seq)
{
	assert_true(mark.known);
	assert_int_equal(mark.seq, seq);
	assert_memory_equal(mark.journal, c->journal, sizeof(mark.journal));
	assert_memory_equal(mark.hash, seq ? c->rows[seq - 1].hash : c->start, sizeof(mark.hash));
}

static int64_t number(struct registry *reg, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_number(reg->db, sql, &n), 0);
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

/* The one open alarm of this kind, if there is exactly one. */
static struct registry_alarm only_alarm(struct registry *reg, enum registry_alarm_kind kind)
{
	struct registry_alarm rows[20], found = {0};
	int count = registry_alarms(reg, 0, true, rows, 20), of_kind = 0;

	assert_true(count >= 0);
	for (int i = 0; i < count; i++)
		if (rows[i].kind == kind) {
			found = rows[i];
			of_kind++;
		}
	assert_int_equal(of_kind, 1);
	return found;
}

static int alarm_count(struct registry *reg)
{
	struct registry_alarm rows[200];

	return registry_alarms(reg, 0, true, rows, 200);
}

static struct registry_chain *verify(const char *name, int wanted)
{
	struct registry_chain *chains = NULL;
	int count = registry_log_verify(in_folder(name), "walker", crypto_hash256, &chains, err);

	if (count != wanted)
		fail_msg("verify gives %d, not %d: %s", count, wanted, err);
	return chains;
}

static void verify_whole(const char *name, int wanted)
{
	struct registry_chain *chains = verify(name, wanted);

	for (int i = 0; i < wanted; i++)
		if (!chains[i].whole || !chains[i].linked)
			fail_msg("%s: whole %d linked %d: %s", chains[i].door, chains[i].whole,
				chains[i].linked, chains[i].why);
	free(chains);
}

/* ---- taking ---- */

static void entries_are_kept_once_and_acknowledged_at_their_end(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct chain_bed c;

	(void)state;
	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, 20);
	EXPECT(reg, registry_log_mark(reg, "front", &mark), 0);
	assert_false(mark.known);
	EXPECT(reg, take_of(reg, &c, 1, 8), REGISTRY_TAKEN_NEW);
	mark_is(&c, 8);
	EXPECT(reg, take_of(reg, &c, 1, 8), REGISTRY_TAKEN_DUPLICATE);
	EXPECT(reg, take_of(reg, &c, 3, 5), REGISTRY_TAKEN_DUPLICATE);
	mark_is(&c, 8);
	EXPECT(reg, take_of(reg, &c, 5, 12), REGISTRY_TAKEN_NEW);
	mark_is(&c, 12);
	EXPECT(reg, take_of(reg, &c, 13, 20), REGISTRY_TAKEN_NEW);
	EXPECT(reg, registry_log_mark(reg, "front", &mark), 0);
	mark_is(&c, 20);
	assert_int_equal(number(reg, "SELECT count(*) FROM entry"), 20);
	assert_int_equal(alarm_count(reg), 0);
	registry_close(reg);
	verify_whole("hub.db", 1);
	reg = bed_open("hub.db");
	EXPECT(reg, take_of(reg, &c, 1, 20), REGISTRY_TAKEN_DUPLICATE);
	mark_is(&c, 20);
	registry_close(reg);
	chain_free(&c);
}

static void kept_bytes_are_those_that_came(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_log_query query = {.verdict = -1, .reason = -1, .kind = -1, .limit = 5};
	struct registry_entry rows[5];
	struct entry entry = chain_tap(7);
	struct chain_bed c;

	(void)state;
	strcpy(entry.detail, "a word");
	chain_begin(&c, "walker", "front", NULL);
	chain_add(&c, &entry);
	EXPECT(reg, take_of(reg, &c, 1, 1), REGISTRY_TAKEN_NEW);
	EXPECT(reg, registry_log(reg, &query, rows), 1);
	assert_string_equal(rows[0].door, "front");
	assert_int_equal(rows[0].seq, 1);
	assert_memory_equal(rows[0].hash, c.rows[0].hash, ENTRY_HASH_SIZE);
	assert_memory_equal(rows[0].journal, c.journal, ENTRY_JOURNAL_SIZE);
	assert_int_equal(rows[0].entry.subject.card, entry.subject.card);
	assert_string_equal(rows[0].entry.detail, "a word");
	assert_false(rows[0].poison);
	registry_close(reg);
	chain_free(&c);
}

static void gap_is_not_taken_and_alarms_once(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_alarm alarm;
	struct chain_bed c;

	(void)state;
	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, 20);
	EXPECT(reg, take_of(reg, &c, 5, 6), REGISTRY_TAKEN_GAP);
	assert_false(mark.known);
	assert_int_equal(mark.seq, 0);
	EXPECT(reg, take_of(reg, &c, 1, 3), REGISTRY_TAKEN_NEW);
	for (int i = 0; i < 4; i++)
		EXPECT(reg, take_of(reg, &c, 10, 12), REGISTRY_TAKEN_GAP);
	mark_is(&c, 3);
	assert_int_equal(number(reg, "SELECT count(*) FROM entry"), 3);
	assert_int_equal(alarm_count(reg), 2);
	{
		struct registry_alarm rows[5];

		EXPECT(reg, registry_alarms(reg, 0, true, rows, 5), 2);
		alarm = rows[0];
	}
	assert_int_equal(alarm.kind, REGISTRY_ALARM_GAP);
	assert_int_equal(alarm.count, 4);
	assert_string_equal(alarm.door, "front");
	assert_non_null(strstr(alarm.what, "entries 4 to 9"));
	EXPECT(reg, take_of(reg, &c, 4, 20), REGISTRY_TAKEN_NEW); /* sent from the mark again */
	registry_close(reg);
	verify_whole("hub.db", 1);
	chain_free(&c);
}

static void fork_keeps_both_and_the_first_stays(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct chain_bed c, other;
	struct registry_chain *chains;
	struct entry odd = chain_tap(999);

	(void)state;
	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, 10);
	other = chain_copy(&c, 7);
	chain_add(&other, &odd);
	chain_taps(&other, 6);
	EXPECT(reg, take_of(reg, &c, 1, 10), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, &other, 6, 12), REGISTRY_TAKEN_FORK);
	mark_is(&c, 10);
	assert_int_equal(number(reg, "SELECT count(*) FROM entry"), 10);
	assert_int_equal(number(reg, "SELECT count(*) FROM fork"), 5); /* 8 … 12, also beyond */
	EXPECT(reg, take_of(reg, &other, 6, 12), REGISTRY_TAKEN_FORK);
	EXPECT(reg, take_of(reg, &other, 11, 14), REGISTRY_TAKEN_FORK); /* follows another 10 */
	assert_int_equal(number(reg, "SELECT count(*) FROM fork"), 7);
	assert_int_equal(number(reg, "SELECT min(seq) FROM fork"), 8);
	assert_int_equal(alarm_count(reg), 2);
	EXPECT(reg, registry_alarm_seen(reg, 2, "maya"), 0);
	assert_non_null(strstr(only_alarm(reg, REGISTRY_ALARM_FORK).what, "entry 8"));
	assert_int_equal(only_alarm(reg, REGISTRY_ALARM_FORK).count, 2);
	chain_taps(&c, 2);
	EXPECT(reg, take_of(reg, &c, 11, 12), REGISTRY_TAKEN_NEW); /* ours goes on */
	registry_close(reg);
	chains = verify("hub.db", 1);
	assert_int_equal(chains[0].forks, 7);
	assert_int_equal(chains[0].entries, 12);
	assert_true(chains[0].whole);
	free(chains);
	chain_free(&c);
	chain_free(&other);
}

static void new_journal_is_linked_to_the_last(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct chain_bed a, b, c, back;

	(void)state;
	chain_begin(&a, "walker", "front", NULL);
	chain_taps(&a, 5);
	chain_begin(&b, "walker", "front", &a);
	chain_taps(&b, 5);
	chain_begin(&back, "walker", "back", NULL);
	chain_taps(&back, 1);
	EXPECT(reg, take_of(reg, &a, 1, 5), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, &back, 1, 1), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, &b, 1, 5), REGISTRY_TAKEN_NEW);
	assert_int_equal(alarm_count(reg), 0);
	EXPECT(reg, registry_log_mark(reg, "front", &mark), 0);
	mark_is(&b, 5);
	chain_begin(&c, "walker", "front", &a); /* names another than the last */
	chain_taps(&c, 2);
	EXPECT(reg, take_of(reg, &c, 1, 2), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, &c, 1, 2), REGISTRY_TAKEN_DUPLICATE);
	assert_int_equal(only_alarm(reg, REGISTRY_ALARM_UNLINKED).count, 1);
	assert_non_null(strstr(only_alarm(reg, REGISTRY_ALARM_UNLINKED).what, "5 entries came"));
	registry_close(reg);
	{
		struct registry_chain *chains = verify("hub.db", 4);
		bool linked[4];

		for (int i = 0; i < 4; i++) {
			assert_true(chains[i].whole);
			linked[i] = chains[i].linked;
		}
		assert_true(linked[0] && linked[1] && linked[2]); /* back, front, front */
		assert_false(linked[3]);
		free(chains);
	}
	chain_free(&a);
	chain_free(&b);
	chain_free(&c);
	chain_free(&back);
}

static void first_journal_that_follows_another_alarms(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct chain_bed a, b;

	(void)state;
	chain_begin(&a, "walker", "front", NULL);
	chain_taps(&a, 5);
	chain_begin(&b, "walker", "front", &a);
	chain_taps(&b, 1);
	EXPECT(reg, take_of(reg, &b, 1, 1), REGISTRY_TAKEN_NEW);
	assert_non_null(strstr(only_alarm(reg, REGISTRY_ALARM_UNLINKED).what, "never came"));
	registry_close(reg);
	chain_free(&a);
	chain_free(&b);
}

static void poison_is_kept_as_it_came_and_the_chain_goes_on(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_log_query query = {.verdict = -1, .reason = -1, .kind = -1, .limit = 9};
	struct registry_entry rows[9];
	struct registry_chain *chains;
	struct chain_bed c, good;

	(void)state;
	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, 6);
	good = chain_copy(&c, 6);
	c.rows[2].record.body[9] ^= 1;
	c.rows[2].poison = true;
	strcpy(c.rows[2].why, "its hash does not follow");
	c.rows[4].record = (struct entry_record){0};
	c.rows[4].poison = true;
	strcpy(c.rows[4].why, "gone");
	EXPECT(reg, take_of(reg, &c, 1, 3), REGISTRY_TAKEN_NEW);
	mark_is(&c, 3);
	EXPECT(reg, take_of(reg, &c, 3, 6), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, &c, 1, 6), REGISTRY_TAKEN_DUPLICATE);
	mark_is(&c, 6);
	assert_int_equal(alarm_count(reg), 2);
	EXPECT(reg, registry_log(reg, &query, rows), 6);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(rows[i].seq, 6 - i);
		assert_int_equal(rows[i].poison, rows[i].seq == 3 || rows[i].seq == 5);
		assert_true(!rows[i].poison == (rows[i].entry.kind == ENTRY_KIND_TAP));
	}
	/* the disk read right another time: the good bytes are kept beside the rotten ones */
	EXPECT(reg, take_of(reg, &good, 1, 6), REGISTRY_TAKEN_FORK);
	assert_int_equal(number(reg, "SELECT count(*) FROM fork"), 2);
	EXPECT(reg, take_of(reg, &good, 1, 6), REGISTRY_TAKEN_FORK);
	assert_int_equal(number(reg, "SELECT count(*) FROM fork"), 2);
	/* and where we have the good ones, rotten ones that claim the same are nothing new */
	good.rows[0].record.body[9] ^= 1;
	good.rows[0].poison = true;
	EXPECT(reg, take_of(reg, &good, 1, 2), REGISTRY_TAKEN_DUPLICATE);
	registry_close(reg);
	chains = verify("hub.db", 1);
	assert_true(chains[0].whole);
	assert_int_equal(chains[0].poison, 2);
	free(chains);
	chain_free(&c);
	chain_free(&good);
}

static void batch_that_is_not_what_it_says_is_refused_whole(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_batch batch;
	struct chain_bed c, strange;

	(void)state;
	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, 5);
	chain_begin(&strange, "other", "front", NULL);
	chain_taps(&strange, 2);
	for (int i = 0; i < 9; i++) {
		struct chain_bed bad = chain_copy(&c, 5);

		batch = chain_batch(i == 0 ? &strange : &bad, 1, i == 0 ? 2 : 5);
		bad.rows[3].record.body[7] ^= i == 1;
		bad.rows[3].record.subject[7] ^= i == 2;
		bad.rows[3].hash[7] ^= i == 3;
		bad.rows[3].seq += i == 4;
		bad.rows[3].record.body_size =
			i == 5 ? ENTRY_BODY_MAX + 1 : bad.rows[3].record.body_size;
		batch.count = i == 6 ? 0 : batch.count;
		batch.door[0] = i == 7 ? 'F' : 'f';
		batch.previous[0] ^= i == 8;
		EXPECT(reg, registry_log_take(reg, &batch, &mark), -EBADMSG);
		chain_free(&bad);
	}
	assert_int_equal(number(reg, "SELECT count(*) FROM entry"), 0);
	assert_int_equal(number(reg, "SELECT count(*) FROM chain"), 0);
	EXPECT(reg, take_of(reg, &c, 1, 5), REGISTRY_TAKEN_NEW);
	registry_close(reg);
	chain_free(&c);
	chain_free(&strange);
}

static void many_batches_share_one_sync(void **state)
{
	struct registry *reg = bed_open("hub.db"), *beside = bed_open("hub.db");
	struct chain_bed c, bad;
	int changes;

	(void)state;
	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, 300);
	bad = chain_copy(&c, 300);
	bad.rows[10].hash[0] ^= 1;
	EXPECT(reg, registry_log_begin(reg), 0);
	for (uint64_t at = 1; at < 300; at += 30)
		EXPECT(reg, take_of(reg, &c, at, at + 29), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, &bad, 1, 30), -EBADMSG); /* and the others stay */
	assert_int_equal(number(beside, "SELECT count(*) FROM entry"), 0);
	EXPECT(reg, registry_log_commit(reg), 0);
	assert_false(disk.wal_unsynced);
	assert_int_equal(number(beside, "SELECT count(*) FROM entry"), 300);
	changes = disk.changes;
	EXPECT(reg, registry_log_begin(reg), 0);
	EXPECT(reg, take_of(reg, &c, 1, 300), REGISTRY_TAKEN_DUPLICATE);
	EXPECT(reg, registry_log_commit(reg), 0);
	assert_int_equal(disk.changes, changes); /* nothing new, nothing written */
	registry_close(beside);
	registry_close(reg);
	verify_whole("hub.db", 1);
	chain_free(&c);
	chain_free(&bad);
}

static void full_disk_takes_nothing_and_goes_on_later(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct chain_bed c;

	(void)state;
	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, 64);
	EXPECT(reg, take_of(reg, &c, 1, 10), REGISTRY_TAKEN_NEW);
	disk.write_error = SQLITE_FULL;
	EXPECT(reg, take_of(reg, &c, 11, 64), -ENOSPC);
	said(reg, "free space");
	EXPECT(reg, registry_log_begin(reg), 0);
	(void)take_of(reg, &c, 11, 64);
	EXPECT(reg, registry_log_commit(reg), -ENOSPC);
	disk.write_error = 0;
	assert_int_equal(number(reg, "SELECT count(*) FROM entry"), 10);
	EXPECT(reg, take_of(reg, &c, 11, 64), REGISTRY_TAKEN_NEW);
	registry_close(reg);
	verify_whole("hub.db", 1);
	chain_free(&c);
}

static void entries_gone_from_the_registry_hold_up_no_other_door(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct chain_bed front, back;

	(void)state;
	chain_begin(&front, "walker", "front", NULL);
	chain_taps(&front, 9);
	chain_begin(&back, "walker", "back", NULL);
	chain_taps(&back, 9);
	EXPECT(reg, take_of(reg, &front, 1, 6), REGISTRY_TAKEN_NEW);
	run_sql("hub.db", "DELETE FROM entry WHERE seq IN (3, 6)");
	EXPECT(reg, registry_log_begin(reg), 0);
	EXPECT(reg, take_of(reg, &back, 1, 4), REGISTRY_TAKEN_NEW);
	EXPECT(reg, take_of(reg, &front, 3, 5), -EBADMSG);
	said(reg, "entry 3 of door front");
	EXPECT(reg, take_of(reg, &front, 5, 7), -EBADMSG);
	said(reg, "log verify");
	EXPECT(reg, take_of(reg, &back, 5, 9), REGISTRY_TAKEN_NEW);
	EXPECT(reg, registry_log_commit(reg), 0);
	EXPECT(reg, registry_log_mark(reg, "back", &mark), 0);
	mark_is(&back, 9);
	EXPECT(reg, take_of(reg, &front, 7, 9), REGISTRY_TAKEN_NEW); /* what is new is taken */
	registry_close(reg);
	chain_free(&front);
	chain_free(&back);
}

static struct chain_bed swept, other_branch;

static int take_unlinked(struct registry *reg)
{
	return take_of(reg, &swept, 1, 9);
}

static int take_gap(struct registry *reg)
{
	return take_of(reg, &swept, 11, 12);
}

static int take_branch(struct registry *reg)
{
	return take_of(reg, &other_branch, 3, 12);
}

static int take_together(struct registry *reg)
{
	int rc = registry_log_begin(reg);

	if (rc == 0)
		rc = take_of(reg, &swept, 10, 11);
	if (rc >= 0)
		rc = take_of(reg, &swept, 10, 14);
	if (rc >= 0)
		rc = registry_log_commit(reg);
	registry_abort(reg);
	return rc;
}

static int ask_everything(struct registry *reg)
{
	struct registry_log_query query = {.verdict = -1, .reason = -1, .kind = -1, .limit = 9};
	struct registry_unknown unknown[2];
	struct registry_alarm alarms[4];
	struct registry_entry rows[9];
	int rc = registry_log(reg, &query, rows);

	query.until_us = INT64_MAX;
	if (rc >= 0)
		rc = registry_log(reg, &query, rows);
	if (rc >= 0)
		rc = registry_log_unknown(reg, NULL, 0, unknown, 2);
	if (rc >= 0)
		rc = registry_alarms(reg, 0, false, alarms, 4);
	return rc < 0 ? rc : registry_log_mark(reg, "front", &mark);
}

static int see_alarm(struct registry *reg)
{
	return registry_alarm_seen(reg, 1, "maya");
}

static int count_alarm(struct registry *reg)
{
	return registry_alarm_add(reg, REGISTRY_ALARM_REFUSED, "front", "not genuine");
}

static void interrupted_anywhere_it_is_taken_whole_or_not(void **state)
{
	static int (*const calls[])(struct registry *) = {take_unlinked, take_gap, take_branch,
		take_branch, take_together, count_alarm, count_alarm, see_alarm, ask_everything};
	struct registry *reg = bed_open("hub.db");
	struct chain_bed none;
	struct entry unknown = {.kind = ENTRY_KIND_TAP,
		.decided = true,
		.reason = REASON_CARD_UNKNOWN,
		.has_subject = true,
		.subject = {.has_token = true, .key_id = 1, .actor = "maya"}};
	unsigned places = 0;

	(void)state;
	chain_begin(&none, "walker", "front", NULL);
	chain_begin(&swept, "walker", "front", &none);
	chain_add(&swept, &unknown);
	chain_taps(&swept, 13);
	swept.rows[5].poison = swept.rows[7].poison = true;
	other_branch = chain_copy(&swept, 4);
	chain_add(&other_branch, &unknown);
	chain_taps(&other_branch, 7);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		places += sweep(reg, calls[i]);
	print_message("# interrupted in %u places\n", places);
	assert_int_equal(number(reg, "SELECT count(*) FROM entry"), 14);
	assert_int_equal(number(reg, "SELECT count(*) FROM fork"), 8);
	registry_close(reg);
	chain_free(&swept);
	chain_free(&other_branch);
}

/* ---- from a door's rotten disk to the registry ---- */

static struct journal *open_journal(void)
{
	struct journal_options options = {
		.path = in_folder("journal.db"),
		.intent_path = in_folder("journal.intent"),
		.site = "walker",
		.door = "front",
		.hash = crypto_hash256,
		.random = crypto_random,
		.clock = CLOCK_TRUST_SYNCED,
	};
	struct journal_report report;
	struct journal *journal = NULL;

	if (journal_open(&options, &journal, &report, err) < 0)
		fail_msg("%s", err);
	return journal;
}

static struct journal_event next_event(struct journal *journal)
{
	struct pollfd fd = {.fd = journal_fd(journal), .events = POLLIN};
	struct journal_event event;

	while (!journal_next(journal, &event))
		if (poll(&fd, 1, 10000) != 1)
			fail_msg("no event");
	return event;
}

/* Signs, reads and takes a journal's batch as door and hub do. */
static int send_batch(struct registry *reg, const struct journal_batch *from)
{
	struct message_batch out = {.site = "walker", .door = "front", .count = from->count}, in;
	struct registry_batch batch = {.door = "front", .count = from->count};
	const struct sign_secret *key = chain_key();
	size_t size;
	char *text;
	int r;

	memcpy(out.journal, from->journal, sizeof(out.journal));
	memcpy(out.before, from->before, sizeof(out.before));
	memcpy(out.previous, from->previous, sizeof(out.previous));
	out.rows = calloc(out.count, sizeof(*out.rows));
	batch.rows = calloc(out.count, sizeof(*batch.rows));
	for (size_t i = 0; i < out.count; i++) {
		out.rows[i].seq = from->rows[i].seq;
		out.rows[i].record = from->rows[i].record;
		memcpy(out.rows[i].hash, from->rows[i].hash, ENTRY_HASH_SIZE);
	}
	assert_int_equal(message_batch_write(&out, key, &text, &size), 0);
	if (message_batch_read(text, size, &key->public, 1, &in, err) < 0)
		fail_msg("%s", err);
	memcpy(batch.journal, in.journal, sizeof(batch.journal));
	memcpy(batch.before, in.before, sizeof(batch.before));
	memcpy(batch.previous, in.previous, sizeof(batch.previous));
	memcpy(batch.signature.key_id, in.key_id, sizeof(in.key_id));
	memcpy(batch.signature.bytes, in.signature, sizeof(in.signature));
	memcpy(batch.signature.poison, in.poison, sizeof(in.poison));
	batch.signature.rotten = in.rotten;
	batch.signature.erased = in.erased;
	for (size_t i = 0; i < in.count; i++) {
		batch.rows[i].seq = in.rows[i].seq;
		batch.rows[i].record = in.rows[i].record;
		batch.rows[i].poison = in.rows[i].poison;
		memcpy(batch.rows[i].hash, in.rows[i].hash, ENTRY_HASH_SIZE);
		strcpy(batch.rows[i].why, in.rows[i].why);
	}
	r = registry_log_take(reg, &batch, &mark);
	message_batch_free(&in);
	message_batch_free(&out);
	free(batch.rows);
	free(text);
	return r;
}

static void rotten_disk_of_a_door_blocks_nothing(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct journal *journal = open_journal();
	struct journal_event event;
	struct registry_chain *chains;
	uint64_t acked = 0;

	(void)state;
	EXPECT(reg, chain_door(reg, "front", &chain_key()->public, bed_now_us, false), 0);
	for (unsigned n = 0; n < 12; n++) {
		struct entry entry = chain_tap(n);

		assert_int_equal(journal_append(journal, &entry), 0);
		assert_int_equal(next_event(journal).kind, JOURNAL_EVENT_COMMITTED);
	}
	journal_close(journal, 10000, NULL);
	run_sql("journal.db", "DELETE FROM entry WHERE seq = 9;"
			      "UPDATE entry SET body = x'00010203' WHERE seq = 3;"
			      "UPDATE entry SET subject = x'07' WHERE seq = 5");
	journal = open_journal();
	while (acked < 14) { /* 12 and two that tell of the rot */
		assert_int_equal(journal_request(journal, acked, 4), 0);
		while ((event = next_event(journal)).kind != JOURNAL_EVENT_BATCH)
			;
		assert_int_equal(event.error, 0);
		if (event.batch->count > 0) {
			EXPECT(reg, send_batch(reg, event.batch), REGISTRY_TAKEN_NEW);
			assert_int_equal(
				journal_ack(journal, mark.journal, mark.seq, mark.hash), 0);
			while ((event.kind = next_event(journal).kind) != JOURNAL_EVENT_ACKED)
				assert_int_not_equal(event.kind, JOURNAL_EVENT_ACK_REFUSED);
			acked = mark.seq;
		}
		free(event.batch);
	}
	journal_close(journal, 10000, NULL);
	registry_close(reg);
	chains = verify("hub.db", 1);
	assert_true(chains[0].whole);
	assert_true(chains[0].entries >= 14);
	assert_int_equal(chains[0].signed_entries, chains[0].entries); /* rotten ones too */
	assert_int_equal(chains[0].poison, 4); /* 3, 5, 9 and what follows from 9 */
	free(chains);
}

/* ---- questions ---- */

#define MANY 12000
static const char *const doors[] = {"front", "back", "yard"};
static const char *const actors[] = {"maya", "otto", "Zoë at the desk"};

static uint64_t random_state;

static uint32_t pick(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % below;
}

/* Times of three eras by turns, so that a question of one passes over the others' ids; likewise
 * what is granted. */
static struct entry any_entry(size_t n)
{
	static const enum entry_kind kinds[] = {ENTRY_KIND_TAP, ENTRY_KIND_TAP, ENTRY_KIND_TAP,
		ENTRY_KIND_OPENED, ENTRY_KIND_FORCED};
	static const enum reason denials[] = {
		REASON_CARD_UNKNOWN, REASON_OUTSIDE_HOURS, REASON_CARD_REVOKED};
	struct entry e = {.kind = kinds[pick(ARRAY_SIZE(kinds))],
		.wall_us = BED_START_US + (n / 1500 % 3 * 400000 + pick(300000)) * 1000000LL,
		.clock = CLOCK_TRUST_SYNCED};

	if (e.kind == ENTRY_KIND_FORCED && n / 2000 % 3) /* so that there are zones without */
		e.kind = ENTRY_KIND_CLOSED;
	if (e.kind != ENTRY_KIND_TAP)
		return e;
	e.decided = true;
	e.grant = pick(4) > 0 && n / 2500 % 2;
	e.reason = e.grant ? REASON_GRANTED : denials[pick(ARRAY_SIZE(denials))];
	e.has_subject = true;
	e.subject.has_token = e.reason == REASON_CARD_UNKNOWN;
	e.subject.token.bytes[0] = (uint8_t)pick(5);
	e.subject.key_id = e.subject.has_token ? 7 : 0;
	e.subject.card = e.subject.has_token ? 0 : pick(40) + 1;
	e.subject.member = e.subject.has_token ? 0 : pick(15) + 1;
	e.subject.sponsor = pick(4) ? 0 : pick(900000) + 1;
	e.subject.event = pick(4) ? 0 : pick(300) + 1;
	e.subject.use = pick(3) ? 0 : 1;
	if (pick(5) == 0)
		snprintf(e.subject.actor, sizeof(e.subject.actor), "%s",
			actors[pick(ARRAY_SIZE(actors))]);
	return e;
}

/* What was collected, in order. */
static struct collected {
	size_t count;
	struct {
		const char *door;
		struct entry entry;
	} rows[MANY];
} * collected;

static void collect_many(struct registry *reg)
{
	struct chain_bed chains[ARRAY_SIZE(doors)];

	collected = calloc(1, sizeof(*collected));
	for (size_t i = 0; i < ARRAY_SIZE(doors); i++)
		chain_begin(&chains[i], "walker", doors[i], NULL);
	EXPECT(reg, registry_log_begin(reg), 0);
	while (collected->count < MANY) {
		size_t d = pick(ARRAY_SIZE(doors));
		uint64_t first = chains[d].count + 1;
		uint32_t more = pick(60) + 1;

		for (uint32_t n = 0; n < more && collected->count < MANY; n++) {
			struct entry e = any_entry(collected->count);

			chain_add(&chains[d], &e);
			collected->rows[collected->count].door = doors[d];
			collected->rows[collected->count++].entry = e;
		}
		EXPECT(reg, take_of(reg, &chains[d], first, chains[d].count), REGISTRY_TAKEN_NEW);
	}
	EXPECT(reg, registry_log_commit(reg), 0);
	for (size_t i = 0; i < ARRAY_SIZE(doors); i++)
		chain_free(&chains[i]);
}

static bool fits(const struct registry_log_query *q, size_t id)
{
	const struct entry *e = &collected->rows[id - 1].entry;

	return (!q->door || strcmp(q->door, collected->rows[id - 1].door) == 0) &&
	       (!q->member || e->subject.member == q->member) &&
	       (!q->card || e->subject.card == q->card) &&
	       (!q->event || e->subject.event == q->event) &&
	       (!q->actor || strcmp(e->subject.actor, q->actor) == 0) &&
	       (q->verdict < 0 || (e->decided && e->grant == q->verdict)) &&
	       (q->reason < 0 || (e->decided && (int)e->reason == q->reason)) &&
	       (q->kind < 0 || (int)e->kind == q->kind) &&
	       (!q->from_us || e->wall_us >= q->from_us) &&
	       (!q->until_us || e->wall_us < q->until_us);
}

/* Pages through the answer both ways and compares each row with the model. */
static void compare_pages(struct registry *reg, struct registry_log_query q)
{
	static struct registry_entry rows[100];
	size_t id = MANY + 1;
	int count;

	q.limit = pick(60) + 1;
	do {
		count = registry_log(reg, &q, rows);
		assert_true(count >= 0);
		for (int i = 0; i < count; i++) {
			while (--id > 0 && !fits(&q, id))
				;
			assert_int_equal(rows[i].id, id);
			q.below = id;
		}
	} while (count == (int)q.limit);
	while (--id > 0 && id <= MANY)
		assert_false(fits(&q, id));
	q.below = 0;
	q.ascending = true;
	q.above = id = pick(4) ? pick(MANY) + 1 : 0;
	count = registry_log(reg, &q, rows);
	for (int i = 0; i < count; i++) {
		while (++id <= MANY && !fits(&q, id))
			;
		assert_int_equal(rows[i].id, id);
	}
	if (count < (int)q.limit)
		while (++id <= MANY)
			assert_false(fits(&q, id));
}

static void ask_many(struct registry *reg, int rounds)
{
	for (int round = 0; round < rounds; round++) {
		struct registry_log_query q = {.verdict = -1, .reason = -1, .kind = -1};

		q.door = pick(3) ? NULL : doors[pick(ARRAY_SIZE(doors))];
		q.member = pick(4) ? 0 : pick(17) + 1;
		q.card = pick(5) ? 0 : pick(42) + 1;
		q.event = pick(6) ? 0 : pick(40) + 1;
		q.actor = pick(6) ? NULL : actors[pick(ARRAY_SIZE(actors))];
		q.verdict = pick(3) ? -1 : (int)pick(2);
		q.reason = pick(4) ? -1 : (int)(pick(2) ? REASON_CARD_UNKNOWN : REASON_GRANTED);
		q.kind = pick(4) ? -1 : (int)(pick(2) ? ENTRY_KIND_TAP : ENTRY_KIND_FORCED);
		q.from_us = pick(3) ? 0 : BED_START_US + (int64_t)pick(1000000) * 1000000;
		q.until_us = pick(3) ? 0 : BED_START_US + (int64_t)pick(1000000) * 1000000;
		compare_pages(reg, q);
	}
}

/* As the program before the step that made it so left the file. */
static void undo_filters(void)
{
	run_sql("hub.db", "DROP INDEX entry_event; DROP INDEX entry_actor; DROP INDEX entry_denied;"
			  "DROP TABLE entry_mix; ALTER TABLE entry DROP COLUMN event;"
			  "PRAGMA user_version=7");
}

static void every_filter_gives_what_the_model_has(void **state)
{
	struct registry *reg = bed_open("hub.db");

	(void)state;
	collect_many(reg);
	ask_many(reg, 120);
	registry_close(reg);
	undo_filters();
	reg = bed_open("hub.db");
	ask_many(reg, 120);
	registry_close(reg);
	verify_whole("hub.db", ARRAY_SIZE(doors));
	free(collected);
}

static void unknown_cards_are_told_newest_first_each_once(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_unknown rows[5];
	struct chain_bed c[2];
	static const struct {
		unsigned door, token;
		int late_s;
	} taps[] = {{0, 1, 0}, {0, 2, 0}, {1, 3, 0}, {0, 1, 0}, {0, 4, 3600}};

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		chain_begin(&c[i], "walker", doors[i], NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(taps); i++) {
		struct entry e = {.kind = ENTRY_KIND_TAP,
			.clock = CLOCK_TRUST_SYNCED,
			.decided = true,
			.reason = REASON_CARD_UNKNOWN,
			.has_subject = true,
			.subject = {.has_token = true, .key_id = 7}};
		struct chain_bed *to = &c[taps[i].door];

		bed_now_us += 10 * 1000000;
		e.wall_us = bed_now_us - taps[i].late_s * 1000000LL;
		e.subject.token.bytes[0] = (uint8_t)taps[i].token;
		chain_add(to, &e);
		EXPECT(reg, take_of(reg, to, to->count, to->count), REGISTRY_TAKEN_NEW);
	}
	EXPECT(reg, registry_log_unknown(reg, NULL, BED_START_US, rows, 5), 3);
	assert_int_equal(rows[0].token.bytes[0], 1);
	assert_int_equal(rows[0].key_id, 7);
	assert_int_equal(rows[0].at_us, BED_START_US + 40 * 1000000);
	assert_int_equal(rows[1].token.bytes[0], 3);
	assert_string_equal(rows[1].door, "back");
	assert_int_equal(rows[2].token.bytes[0], 2);
	EXPECT(reg, registry_log_unknown(reg, "front", BED_START_US, rows, 5), 2);
	EXPECT(reg, registry_log_unknown(reg, NULL, BED_START_US, rows, 2), 2);
	EXPECT(reg, registry_log_unknown(reg, NULL, BED_START_US + 25 * 1000000, rows, 5), 2);
	EXPECT(reg, registry_log_unknown(reg, NULL, bed_now_us + 1, rows, 5), 0);
	registry_close(reg);
	chain_free(&c[0]);
	chain_free(&c[1]);
}

/* ---- verify ---- */

static void verify_finds_what_was_changed(void **state)
{
	static const struct {
		const char *sql;
		const char *says;
	} table[] = {
		{"DELETE FROM entry WHERE seq = 3", "entry 3: is missing"},
		{"DELETE FROM entry WHERE seq = 1", "entry 1: is missing"},
		{"DELETE FROM entry WHERE seq = 6", "entry 6: is missing"},
		{"DELETE FROM entry", "entry 1: is missing"},
		{"DELETE FROM entry WHERE seq = 6; UPDATE chain SET last_seq = 5",
			"entry 5: is not the end"},
		{"UPDATE entry SET body = (SELECT body FROM entry WHERE seq = 1) WHERE seq = 4",
			"entry 4: its hash"},
		{"UPDATE entry SET hash = zeroblob(32) WHERE seq = 2", "entry 2: its hash"},
		{"UPDATE entry SET salt = zeroblob(16) WHERE seq = 2", "entry 2: cannot be read"},
		{"UPDATE entry SET subject = x'01' WHERE seq = 3", "entry 3: cannot be read"},
		{"UPDATE entry SET member = 9 WHERE seq = 3", "entry 3: is listed"},
		{"UPDATE entry SET wall_us = 9 WHERE seq = 3", "entry 3: is listed"},
		{"UPDATE entry SET verdict = NULL WHERE seq = 3", "entry 3: is listed"},
		{"UPDATE entry SET door = 'back' WHERE seq = 3", "entry 3: is listed"},
		{"UPDATE chain SET before = randomblob(32)", "entry 1: the start"},
		{"UPDATE chain SET start = randomblob(32)", "entry 1: the start"},
		{"UPDATE chain SET door = 'back'", "entry 1: the start"},
		{"UPDATE chain SET last_hash = zeroblob(32)", "entry 6: is not the end"},
	};
	struct registry *reg = bed_open("hub.db");
	struct chain_bed c;

	(void)state;
	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, 6);
	EXPECT(reg, take_of(reg, &c, 1, 6), REGISTRY_TAKEN_NEW);
	registry_close(reg);
	verify_whole("hub.db", 1);
	assert_int_equal(folder_count("hub.db-", NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct registry_chain *chains;

		file_copy(in_folder("hub.db"), in_folder("t.db"));
		run_sql("t.db", table[i].sql);
		chains = verify("t.db", 1);
		assert_false(chains[0].whole);
		if (!strstr(chains[0].why, table[i].says))
			fail_msg("%s gave: %s", table[i].sql, chains[0].why);
		free(chains);
	}
	/* a subject that was erased by its rules is whole */
	run_sql("hub.db", "UPDATE entry SET salt = NULL, subject = NULL, member = NULL,"
			  " card = NULL, token = NULL WHERE seq = 3");
	verify_whole("hub.db", 1);
	chain_free(&c);
}

static void verify_reads_beside_a_running_hub_and_refuses_other_files(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_chain *chains = NULL;
	struct chain_bed c;

	(void)state;
	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, 60);
	EXPECT(reg, take_of(reg, &c, 1, 30), REGISTRY_TAKEN_NEW);
	EXPECT(reg, registry_log_begin(reg), 0);
	EXPECT(reg, take_of(reg, &c, 31, 60), REGISTRY_TAKEN_NEW);
	chains = verify("hub.db", 1); /* what is under way is not there yet */
	assert_int_equal(chains[0].last_seq, 30);
	free(chains);
	EXPECT(reg, registry_log_commit(reg), 0);
	chains = verify("hub.db", 1);
	assert_int_equal(chains[0].last_seq, 60);
	free(chains);
	assert_int_equal(
		registry_log_verify(in_folder("hub.db"), "other", crypto_hash256, &chains, err),
		-ENOTUNIQ);
	assert_true(registry_log_verify(
			    in_folder("none.db"), "walker", crypto_hash256, &chains, err) < 0);
	assert_non_null(strstr(err, "none.db"));
	assert_non_null(strstr(err, "name the file that the program keeps"));
	file_put(in_folder("text"), 0, "this is no database, whatever it is called", 42);
	assert_true(
		registry_log_verify(in_folder("text"), "walker", crypto_hash256, &chains, err) < 0);
	assert_non_null(strstr(err, "is no database"));
	run_sql("empty.db", "CREATE TABLE t (n)");
	assert_true(registry_log_verify(
			    in_folder("empty.db"), "walker", crypto_hash256, &chains, err) < 0);
	assert_non_null(strstr(err, "no registry"));
	registry_close(reg);
	chain_free(&c);
}

/* ---- alarms ---- */

static void alarms_count_until_somebody_took_note(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_alarm rows[5];

	(void)state;
	for (int i = 0; i < 3; i++) {
		bed_now_us += 1000000;
		EXPECT(reg,
			registry_alarm_add(reg, REGISTRY_ALARM_REFUSED, "front", "bad\nsignature"),
			0);
	}
	EXPECT(reg, registry_alarm_add(reg, REGISTRY_ALARM_REFUSED, "back", "bad\nsignature"), 0);
	EXPECT(reg, registry_alarms(reg, 0, true, rows, 5), 2);
	assert_string_equal(rows[0].door, "back");
	assert_string_equal(rows[1].what, "bad?signature");
	assert_int_equal(rows[1].count, 3);
	assert_int_equal(rows[1].first_us, BED_START_US + 1000000);
	assert_int_equal(rows[1].last_us, BED_START_US + 3000000);
	EXPECT(reg, registry_alarm_seen(reg, rows[1].id, "maya"), 0);
	EXPECT(reg, registry_alarm_seen(reg, rows[1].id, "omar"), 0);
	EXPECT(reg, registry_alarm_seen(reg, 99, "omar"), -ENOENT);
	EXPECT(reg, registry_alarm_seen(reg, rows[1].id, ""), -EINVAL);
	EXPECT(reg, registry_alarms(reg, 0, true, rows, 5), 1);
	EXPECT(reg, registry_alarms(reg, 0, false, rows, 5), 2);
	assert_string_equal(rows[1].seen_by, "maya");
	EXPECT(reg, registry_alarms(reg, rows[0].id, false, rows, 5), 1);
	EXPECT(reg, registry_alarm_add(reg, REGISTRY_ALARM_REFUSED, "front", "bad\nsignature"), 0);
	EXPECT(reg, registry_alarms(reg, 0, true, rows, 5), 2); /* a new one */
	assert_int_equal(rows[0].count, 1);
	EXPECT(reg, registry_alarm_add(reg, REGISTRY_ALARM_NONE, "front", "x"), -EINVAL);
	registry_close(reg);
}

static void alarms_of_strangers_are_bounded(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_alarm rows[REGISTRY_PAGE_MAX];
	char what[40];
	uint64_t total = 0;
	int count;

	(void)state;
	bed_begin(reg);
	for (int i = 0; i < 1000; i++) {
		snprintf(what, sizeof(what), "message %d", i);
		EXPECT(reg, registry_alarm_add(reg, REGISTRY_ALARM_REFUSED, "", what), 0);
	}
	bed_commit(reg);
	count = registry_alarms(reg, 0, true, rows, REGISTRY_PAGE_MAX);
	assert_int_equal(count, 100);
	for (int i = 0; i < count; i++)
		total += rows[i].count;
	assert_int_equal(total, 1000);
	registry_close(reg);
}

static void every_alarm_has_a_name(void **state)
{
	(void)state;
	for (int i = REGISTRY_ALARM_GAP; i <= REGISTRY_ALARM_REFUSED; i++)
		assert_non_null(registry_alarm_name((enum registry_alarm_kind)i));
	assert_null(registry_alarm_name(REGISTRY_ALARM_NONE));
}

/* ---- killed at any moment, against a model ---- */

#define JOURNALS 6 /* two of each of three doors, the second linked to the first */
#define LENGTH 400
#define ROUNDS (getenv("FULL") ? 200 : 40)

static struct chain_bed journals[JOURNALS];
static uint64_t acked[JOURNALS]; /* as the hub said after its commit */

struct ack {
	uint32_t journal;
	uint64_t seq;
	uint8_t hash[ENTRY_HASH_SIZE];
};

/* What a door does: sends on from what was acknowledged; the broker doubles, drops, reorders. */
static struct registry_batch any_batch(uint32_t j, const uint64_t sent[JOURNALS])
{
	uint64_t first = sent[j] + 1, last;

	if (pick(3) == 0)
		first = pick(LENGTH) + 1; /* out of order, doubled or beyond a gap */
	if (first > LENGTH)
		first = LENGTH;
	last = first + pick(64);
	return chain_batch(&journals[j], first, last < LENGTH ? last : LENGTH);
}

static _Noreturn void hub(int at_change, int out)
{
	struct registry *reg = NULL;
	uint64_t sent[JOURNALS];
	struct ack acks[8];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memcpy(sent, acked, sizeof(sent));
	disk.changes = 0;
	disk.half = pick(2);
	disk.die_at = at_change;
	if (bed_try("hub.db", "walker", &reg) < 0)
		_exit(3);
	for (int turn = 0; turn < 60; turn++) {
		uint32_t batches = pick(8) + 1, told = 0;
		bool together = pick(2);

		if (together && registry_log_begin(reg) < 0)
			_exit(4);
		for (uint32_t b = 0; b < batches; b++) {
			uint32_t j = pick(3) * 2;
			struct registry_batch batch;
			int taken;

			j += sent[j] == LENGTH; /* the second journal once the first is in */
			batch = any_batch(j, sent);
			taken = registry_log_take(reg, &batch, &mark);
			if (taken < 0 || taken == REGISTRY_TAKEN_FORK)
				_exit(5);
			sent[j] = mark.seq;
			acks[told] = (struct ack){.journal = j, .seq = mark.seq};
			memcpy(acks[told++].hash, mark.hash, sizeof(mark.hash));
		}
		if (together && registry_log_commit(reg) < 0)
			_exit(6);
		if (write(out, acks, told * sizeof(acks[0])) < 0)
			_exit(7);
	}
	registry_close(reg);
	_exit(0);
}

/* Runs a hub to its death; what it acknowledged counts. True when it was killed. */
static bool run_hub(int at_change)
{
	int fds[2], status;
	struct ack ack;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		hub(at_change, fds[1]);
	}
	close(fds[1]);
	while (read(fds[0], &ack, sizeof(ack)) == sizeof(ack)) {
		if (ack.seq > 0)
			assert_memory_equal(ack.hash, journals[ack.journal].rows[ack.seq - 1].hash,
				sizeof(ack.hash));
		if (ack.seq > acked[ack.journal])
			acked[ack.journal] = ack.seq;
	}
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

static void check_after_death(void)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_chain *chains = NULL;
	uint64_t entries = 0;
	int count;

	for (uint32_t j = 0; j < JOURNALS; j++) {
		struct registry_mark here = {0};

		if (acked[j] == 0)
			continue;
		EXPECT(reg, take_of(reg, &journals[j], 1, acked[j]), REGISTRY_TAKEN_DUPLICATE);
		here = mark;
		assert_true(here.seq >= acked[j]);
		acked[j] = here.seq; /* taken, killed before it could be said */
	}
	entries = (uint64_t)number(reg, "SELECT count(*) FROM entry");
	assert_int_equal(
		number(reg, "SELECT count(*) FROM (SELECT DISTINCT chain, seq FROM entry)"),
		entries);
	registry_close(reg);
	count = registry_log_verify(in_folder("hub.db"), "walker", crypto_hash256, &chains, err);
	assert_true(count >= 0);
	for (int i = 0; i < count; i++) {
		if (!chains[i].whole || !chains[i].linked || chains[i].forks || chains[i].poison)
			fail_msg("%s: %s", chains[i].door, chains[i].why);
		assert_int_equal(chains[i].signed_entries, chains[i].entries);
		entries -= chains[i].entries;
	}
	assert_int_equal(entries, 0);
	free(chains);
}

static bool all_in(void)
{
	for (uint32_t j = 0; j < JOURNALS; j++)
		if (acked[j] < LENGTH)
			return false;
	return true;
}

static void killed_at_any_moment_each_entry_is_there_once(void **state)
{
	int killed = 0, rounds = 0;
	struct registry *reg;

	(void)state;
	memset(acked, 0, sizeof(acked));
	for (uint32_t j = 0; j < JOURNALS; j++) {
		chain_begin(&journals[j], "walker", doors[j / 2], j % 2 ? &journals[j - 1] : NULL);
		chain_taps(&journals[j], LENGTH);
	}
	reg = bed_open("hub.db");
	for (size_t i = 0; i < ARRAY_SIZE(doors); i++)
		EXPECT(reg, chain_door(reg, doors[i], &chain_key()->public, bed_now_us, false), 0);
	registry_close(reg);
	for (; rounds < ROUNDS; rounds++) {
		killed += run_hub((int)pick(rounds % 4 == 0 ? 30 : 250) + 1);
		pick(1); /* the child's numbers are its own */
		check_after_death();
	}
	while (!all_in() && rounds++ < 1000)
		run_hub(0);
	check_after_death();
	assert_true(all_in());
	verify_whole("hub.db", JOURNALS);
	print_message("# %d of %d hubs killed, %d entries each there once\n", killed, rounds,
		JOURNALS * LENGTH);
	for (uint32_t j = 0; j < JOURNALS; j++)
		chain_free(&journals[j]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entries_are_kept_once_and_acknowledged_at_their_end),
		TEST(kept_bytes_are_those_that_came),
		TEST(gap_is_not_taken_and_alarms_once),
		TEST(fork_keeps_both_and_the_first_stays),
		TEST(new_journal_is_linked_to_the_last),
		TEST(first_journal_that_follows_another_alarms),
		TEST(poison_is_kept_as_it_came_and_the_chain_goes_on),
		TEST(batch_that_is_not_what_it_says_is_refused_whole),
		TEST(many_batches_share_one_sync),
		TEST(full_disk_takes_nothing_and_goes_on_later),
		TEST(entries_gone_from_the_registry_hold_up_no_other_door),
		TEST(interrupted_anywhere_it_is_taken_whole_or_not),
		TEST(rotten_disk_of_a_door_blocks_nothing),
		TEST(every_filter_gives_what_the_model_has),
		TEST(unknown_cards_are_told_newest_first_each_once),
		TEST(verify_finds_what_was_changed),
		TEST(verify_reads_beside_a_running_hub_and_refuses_other_files),
		TEST(alarms_count_until_somebody_took_note),
		TEST(alarms_of_strangers_are_bounded),
		TEST(every_alarm_has_a_name),
		TEST(killed_at_any_moment_each_entry_is_there_once),
	};
	const char *env = getenv("SEED");

	seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);
	random_state = seed;
	print_message("# SEED=%u\n", seed);
	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
