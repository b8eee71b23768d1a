/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "faulty_vfs.h"
#include "store/db.h"
#include "store/journal.h"
#include <poll.h>

#define WAIT_MS 10000

static char err[ERR_MAX];
static struct journal_report report;

static struct journal_options options_for(const char *door)
{
	return (struct journal_options){
		.path = in_folder("journal.db"),
		.intent_path = in_folder("journal.intent"),
		.site = "walker",
		.door = door,
		.hash = crypto_hash256,
		.random = crypto_random,
		.wall_us = clock_wall_us(),
		.mono_us = clock_mono_us(),
		.boot_id = {1, 2, 3},
		.clock = CLOCK_TRUST_SYNCED,
	};
}

static struct journal *open_journal(void)
{
	struct journal_options options = options_for("front");
	struct journal *journal = NULL;
	int error = journal_open(&options, &journal, &report, err);

	if (error < 0)
		fail_msg("journal_open: %s", err);
	return journal;
}

static struct entry tap(unsigned n)
{
	struct entry entry = {
		.kind = ENTRY_KIND_TAP,
		.wall_us = 1700000000000000 + n,
		.mono_us = n,
		.boot_id = {9, 9},
		.clock = CLOCK_TRUST_RTC,
		.decided = true,
		.grant = n % 2,
		.reason = n % 2 ? REASON_GRANTED : REASON_CARD_UNKNOWN,
		.warnings = WARNING_STALE,
		.revision = {.generation = 3, .number = n},
		.has_subject = true,
		.subject = {.has_token = true,
			.token.bytes = {4, 5, 6},
			.key_id = 1,
			.card = n + 1},
	};

	snprintf(entry.detail, sizeof(entry.detail), "tap %u", n);
	return entry;
}

static int append(struct journal *journal, unsigned n)
{
	struct entry entry = tap(n);

	return journal_append(journal, &entry);
}

/* The next event; fails the test when none comes. */
static struct journal_event next(struct journal *journal)
{
	struct pollfd fd = {.fd = journal_fd(journal), .events = POLLIN};
	struct journal_event event;

	while (!journal_next(journal, &event))
		if (poll(&fd, 1, WAIT_MS) != 1)
			fail_msg("no event within %d ms", WAIT_MS);
	return event;
}

static struct journal_event expect(struct journal *journal, enum journal_event_kind kind)
{
	struct journal_event event = next(journal);

	if (event.kind != kind)
		fail_msg("event %d instead of %d: %s", event.kind, kind, event.message);
	return event;
}

static void expect_committed(struct journal *journal, uint64_t seq, const char *detail)
{
	struct journal_event event = expect(journal, JOURNAL_EVENT_COMMITTED);

	assert_int_equal(event.seq, seq);
	assert_string_equal(event.entry.detail, detail);
}

/* Appends taps first … last and waits until each is durable. */
static void write_taps(struct journal *journal, unsigned first, unsigned last)
{
	for (unsigned n = first; n <= last; n++) {
		assert_int_equal(append(journal, n), 0);
		expect(journal, JOURNAL_EVENT_COMMITTED);
	}
}

static struct journal_batch *batch_after(struct journal *journal, uint64_t seq)
{
	struct journal_event event;

	assert_int_equal(journal_request(journal, seq, JOURNAL_BATCH_MAX), 0);
	event = expect(journal, JOURNAL_EVENT_BATCH);
	assert_int_equal(event.error, 0);
	return event.batch;
}

static struct entry entry_at(struct journal *journal, uint64_t seq)
{
	struct journal_batch *batch = batch_after(journal, seq - 1);
	struct entry entry;

	assert_true(batch->count >= 1);
	assert_int_equal(batch->rows[0].seq, seq);
	assert_int_equal(entry_decode(&batch->rows[0].record, crypto_hash256, &entry), 0);
	free(batch);
	return entry;
}

static void close_all(struct journal *journal)
{
	unsigned left = 99;

	assert_null(journal_close(journal, WAIT_MS, &left));
	assert_int_equal(left, 0);
}

static void verify_holds(uint64_t wanted)
{
	uint64_t count = 0;
	int error = journal_verify(
		in_folder("journal.db"), "walker", "front", crypto_hash256, &count, err);

	if (error < 0)
		fail_msg("verify: %s", err);
	assert_int_equal(count, wanted);
}

static void run_sql(const char *file, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(in_folder(file), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void fresh_journal(void)
{
	static const char *const names[] = {
		"journal.db", "journal.db-wal", "journal.db-shm", "journal.intent"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(in_folder(names[i]));
}

/* ---- writing and reading ---- */

static void entries_are_numbered_chained_and_read_back(void **state)
{
	struct journal *journal = open_journal();
	uint8_t link[ENTRY_HASH_SIZE], zeros[ENTRY_HASH_SIZE] = {0};
	struct journal_batch *batch;

	(void)state;
	assert_true(report.open && !report.damaged && report.recovered == 0);
	assert_int_equal(report.last_seq, 0);
	for (unsigned n = 0; n < 5; n++)
		assert_int_equal(append(journal, n), 0);
	for (unsigned n = 0; n < 5; n++) {
		struct entry wanted = tap(n);

		expect_committed(journal, n + 1, wanted.detail);
	}
	batch = batch_after(journal, 0);
	assert_int_equal(batch->count, 5);
	assert_memory_equal(batch->journal, report.id, ENTRY_JOURNAL_SIZE);
	assert_memory_equal(batch->before, zeros, ENTRY_HASH_SIZE);
	entry_chain_start("walker", "front", report.id, NULL, crypto_hash256, link);
	assert_memory_equal(batch->previous, link, ENTRY_HASH_SIZE);
	for (unsigned n = 0; n < 5; n++) {
		struct entry got, wanted = tap(n);

		entry_chain_next(link, n + 1, &batch->rows[n].record, crypto_hash256, link);
		assert_memory_equal(batch->rows[n].hash, link, ENTRY_HASH_SIZE);
		assert_int_equal(entry_decode(&batch->rows[n].record, crypto_hash256, &got), 0);
		assert_true(got.wall_us == wanted.wall_us && got.grant == wanted.grant &&
			    got.subject.card == wanted.subject.card);
	}
	free(batch);
	close_all(journal);
	verify_holds(5);
}

static void batch_starts_after_the_asked_number(void **state)
{
	struct journal *journal = open_journal();
	struct journal_batch *all, *some;

	(void)state;
	write_taps(journal, 1, JOURNAL_BATCH_MAX + 6);
	all = batch_after(journal, 0);
	assert_int_equal(all->count, JOURNAL_BATCH_MAX);
	some = batch_after(journal, 60);
	assert_int_equal(some->count, 10);
	assert_int_equal(some->rows[0].seq, 61);
	assert_memory_equal(some->previous, all->rows[59].hash, ENTRY_HASH_SIZE);
	free(some);
	some = batch_after(journal, JOURNAL_BATCH_MAX + 6);
	assert_int_equal(some->count, 0);
	free(some);
	some = batch_after(journal, INT64_MAX);
	assert_int_equal(some->count, 0);
	free(some);
	free(all);
	assert_int_equal(journal_request(journal, UINT64_MAX, 1), -EINVAL);
	assert_int_equal(journal_request(journal, 0, 0), -EINVAL);
	close_all(journal);
}

static void reopened_journal_goes_on_where_it_was(void **state)
{
	struct journal *journal = open_journal();
	uint8_t id[ENTRY_JOURNAL_SIZE];

	(void)state;
	memcpy(id, report.id, sizeof(id));
	write_taps(journal, 1, 3);
	close_all(journal);
	journal = open_journal();
	assert_memory_equal(report.id, id, sizeof(id));
	assert_int_equal(report.last_seq, 3);
	assert_false(report.damaged);
	assert_int_equal(report.recovered, 0);
	assert_int_equal(append(journal, 4), 0);
	expect_committed(journal, 4, "tap 4");
	close_all(journal);
	verify_holds(4);
}

static void bad_entry_is_refused_and_nothing_waits(void **state)
{
	struct journal *journal = open_journal();
	struct entry entry = tap(1);

	(void)state;
	strcpy(entry.detail, "\xff not UTF-8");
	assert_int_equal(journal_append(journal, &entry), -EINVAL);
	assert_int_equal(journal_pending(journal), 0);
	close_all(journal);
}

static void erased_subject_still_chains_and_is_sent_without(void **state)
{
	struct journal *journal = open_journal();
	struct journal_batch *batch;
	struct entry entry;

	(void)state;
	write_taps(journal, 1, 3);
	close_all(journal);
	run_sql("journal.db", "UPDATE entry SET salt = NULL, subject = NULL WHERE seq = 2");
	verify_holds(3);
	journal = open_journal();
	write_taps(journal, 4, 4);
	batch = batch_after(journal, 0);
	assert_int_equal(batch->count, 4);
	assert_int_equal(batch->rows[1].record.subject_size, 0);
	assert_int_equal(entry_decode(&batch->rows[1].record, crypto_hash256, &entry), 0);
	assert_true(batch->rows[2].record.subject_size > 0);
	free(batch);
	close_all(journal);
	verify_holds(4);
}

static void each_entry_has_a_salt_of_its_own(void **state)
{
	struct journal *journal = open_journal();
	struct journal_batch *batch;

	(void)state;
	write_taps(journal, 1, 1);
	write_taps(journal, 1, 1);
	batch = batch_after(journal, 0);
	assert_memory_not_equal(
		batch->rows[0].record.salt, batch->rows[1].record.salt, ENTRY_SALT_SIZE);
	free(batch);
	close_all(journal);
}

/* ---- durability and speed ---- */

static void entry_is_synced_before_it_is_told(void **state)
{
	struct journal *journal = open_journal();

	(void)state;
	for (unsigned n = 0; n < 10; n++) {
		disk.wal_unsynced = true;
		assert_int_equal(append(journal, n), 0);
		expect(journal, JOURNAL_EVENT_COMMITTED);
		assert_false(disk.wal_unsynced);
	}
	close_all(journal);
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void slow_disk_does_not_slow_the_caller(void **state)
{
	struct journal *journal = open_journal();
	uint64_t took[100];

	(void)state;
	disk.sync_delay_ms = 250;
	for (unsigned n = 0; n < ARRAY_SIZE(took); n++) {
		uint64_t start = clock_mono_us();

		assert_int_equal(append(journal, n), 0);
		took[n] = clock_mono_us() - start;
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	}
	assert_true(journal_pending(journal) > 0);
	qsort(took, ARRAY_SIZE(took), sizeof(took[0]), by_size);
	print_message("# append with a 250 ms disk: median %u us, worst %u us\n",
		(unsigned)took[50], (unsigned)took[99]);
	assert_true(took[89] < 1000);   /* the rest may be the machine's other work … */
	assert_true(took[99] < 100000); /* … but never a sync */
	disk.sync_delay_ms = 0;
	for (unsigned n = 0; n < ARRAY_SIZE(took); n++)
		expect(journal, JOURNAL_EVENT_COMMITTED);
	close_all(journal);
	verify_holds(ARRAY_SIZE(took));
}

static void closing_does_not_wait_for_a_hanging_disk(void **state)
{
	struct journal *journal = open_journal();
	uint64_t start;
	unsigned left = 0;

	(void)state;
	write_taps(journal, 1, 1);
	disk.sync_delay_ms = 2500;
	assert_int_equal(append(journal, 2), 0);
	nanosleep(&(struct timespec){0, 50000000}, NULL);
	start = clock_mono_us();
	journal_close(journal, 100, &left);
	assert_true(clock_mono_us() - start < 2000000);
	assert_int_equal(left, 1);
	/* The writer that was left behind still ends, so that the folder can go. */
	disk.sync_delay_ms = 0;
	nanosleep(&(struct timespec){3, 0}, NULL);
}

/* ---- a disk that refuses ---- */

static void full_disk_is_told_once_and_what_waited_is_written_in_order(void **state)
{
	struct journal *journal = open_journal();
	struct journal_event event;

	(void)state;
	write_taps(journal, 1, 2);
	disk.write_error = SQLITE_FULL;
	for (unsigned n = 3; n <= 50; n++)
		assert_int_equal(append(journal, n), 0);
	event = expect(journal, JOURNAL_EVENT_FAULT);
	assert_int_equal(event.error, -ENOSPC);
	assert_non_null(strstr(event.message, "journal.db"));
	assert_non_null(strstr(event.message, "free space"));
	nanosleep(&(struct timespec){0, 500000000}, NULL);
	assert_false(journal_next(journal, &event)); /* retried meanwhile, told once */
	assert_int_equal(journal_pending(journal), 48);
	disk.write_error = 0;
	expect(journal, JOURNAL_EVENT_HEALED);
	event = expect(journal, JOURNAL_EVENT_COMMITTED);
	assert_int_equal(event.seq, 3);
	assert_int_equal(event.entry.kind, ENTRY_KIND_JOURNAL_FAULT);
	assert_non_null(strstr(event.entry.detail, "48 entries waited"));
	for (unsigned n = 3; n <= 50; n++) {
		struct entry wanted = tap(n);

		expect_committed(journal, n + 1, wanted.detail);
	}
	assert_int_equal(journal_pending(journal), 0);
	close_all(journal);
	verify_holds(51);
}

static void more_than_a_thousand_are_refused_and_counted(void **state)
{
	struct journal *journal = open_journal();
	struct journal_event event;

	(void)state;
	disk.write_error = SQLITE_IOERR_WRITE;
	for (unsigned n = 1; n <= JOURNAL_PENDING_MAX; n++)
		assert_int_equal(append(journal, n), 0);
	for (unsigned n = 0; n < 7; n++)
		assert_int_equal(append(journal, 5000 + n), -ENOSPC);
	assert_int_equal(journal_pending(journal), JOURNAL_PENDING_MAX);
	assert_int_equal(expect(journal, JOURNAL_EVENT_FAULT).error, -EIO);
	disk.write_error = 0;
	expect(journal, JOURNAL_EVENT_HEALED);
	assert_int_equal(
		expect(journal, JOURNAL_EVENT_COMMITTED).entry.kind, ENTRY_KIND_JOURNAL_FAULT);
	for (unsigned n = 1; n <= JOURNAL_PENDING_MAX; n++) {
		struct entry wanted = tap(n);

		expect_committed(journal, n + 1, wanted.detail);
	}
	event = expect(journal, JOURNAL_EVENT_COMMITTED);
	assert_int_equal(event.entry.kind, ENTRY_KIND_RECORDS_LOST);
	assert_non_null(strstr(event.entry.detail, "7 entries"));
	write_taps(journal, 1, 1); /* and that was all: nothing is said twice */
	close_all(journal);
	verify_holds(JOURNAL_PENDING_MAX + 3);
}

static void journal_starts_on_a_failing_disk_and_opens_when_it_heals(void **state)
{
	struct journal *journal = open_journal();
	struct journal_event event;

	(void)state;
	write_taps(journal, 1, 3);
	close_all(journal);
	disk.read_error = SQLITE_IOERR_READ;
	journal = open_journal();
	assert_false(report.open);
	assert_int_equal(append(journal, 4), 0);
	event = expect(journal, JOURNAL_EVENT_FAULT);
	assert_int_equal(event.error, -EIO);
	assert_int_equal(journal_request(journal, 0, 5), 0);
	event = expect(journal, JOURNAL_EVENT_BATCH);
	assert_int_equal(event.error, -EAGAIN);
	assert_int_equal(event.batch->count, 0);
	free(event.batch);
	disk.read_error = 0;
	expect(journal, JOURNAL_EVENT_HEALED);
	assert_int_equal(
		expect(journal, JOURNAL_EVENT_COMMITTED).entry.kind, ENTRY_KIND_JOURNAL_FAULT);
	expect_committed(journal, 5, "tap 4");
	journal_status(journal, &report);
	assert_true(report.open);
	assert_int_equal(report.last_seq, 5);
	close_all(journal);
	verify_holds(5);
}

static void journal_removed_while_open_is_written_again_whole(void **state)
{
	static const char *const victims[][3] = {
		{"journal.db"},
		{"journal.db-wal"},
		{"journal.db", "journal.db-wal", "journal.db-shm"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(victims); i++) {
		struct journal *journal = open_journal();
		uint64_t last = report.last_seq;

		write_taps(journal, 1, 3);
		for (size_t v = 0; v < 3 && victims[i][v]; v++)
			assert_int_equal(unlink(in_folder(victims[i][v])), 0);
		assert_int_equal(append(journal, 4), 0);
		assert_int_equal(expect(journal, JOURNAL_EVENT_FAULT).error, -ESTALE);
		expect(journal, JOURNAL_EVENT_HEALED);
		expect(journal, JOURNAL_EVENT_COMMITTED); /* the fault */
		expect_committed(journal, last + 5, "tap 4");
		close_all(journal);
		verify_holds(last + 5);
	}
	assert_int_equal(folder_count("rescued", NULL), 0);
}

static void journal_replaced_while_open_keeps_both(void **state)
{
	struct journal *journal = open_journal();
	char found[256];
	size_t size;
	char *data;

	(void)state;
	write_taps(journal, 1, 3);
	file_put(in_folder("other"), 0, "somebody's file", 15);
	assert_int_equal(rename(in_folder("other"), in_folder("journal.db")), 0);
	assert_int_equal(append(journal, 4), 0);
	expect(journal, JOURNAL_EVENT_FAULT);
	expect(journal, JOURNAL_EVENT_HEALED);
	expect(journal, JOURNAL_EVENT_COMMITTED);
	expect_committed(journal, 5, "tap 4");
	close_all(journal);
	verify_holds(5);
	assert_true(folder_count("journal.db.damaged-", found) >= 1);
	found[strcspn(found, "Z") + 1] = '\0'; /* without -wal */
	data = file_get(in_folder(found), &size);
	assert_memory_equal(data, "somebody's file", 15);
	free(data);
}

/* ---- damage ---- */

static void last_hash(struct journal *journal, uint64_t seq, uint8_t out[ENTRY_HASH_SIZE])
{
	struct journal_batch *batch = batch_after(journal, seq - 1);

	assert_int_equal(batch->count, 1);
	memcpy(out, batch->rows[0].hash, ENTRY_HASH_SIZE);
	free(batch);
}

/* What stands in a journal that was begun because the one with last and id was lost. */
static void expect_successor(const uint8_t id[ENTRY_JOURNAL_SIZE],
	const uint8_t last[ENTRY_HASH_SIZE], const char *detail)
{
	struct journal *journal = open_journal();
	struct entry first;

	assert_true(report.damaged);
	assert_memory_not_equal(report.id, id, ENTRY_JOURNAL_SIZE);
	assert_memory_equal(report.before, last, ENTRY_HASH_SIZE);
	assert_int_equal(report.last_seq, 1);
	first = entry_at(journal, 1);
	assert_int_equal(first.kind, ENTRY_KIND_JOURNAL_DAMAGED);
	assert_non_null(strstr(first.detail, detail));
	write_taps(journal, 1, 1);
	close_all(journal);
	verify_holds(2);
}

static void make_three(uint8_t id[ENTRY_JOURNAL_SIZE], uint8_t last[ENTRY_HASH_SIZE])
{
	struct journal *journal = open_journal();

	memcpy(id, report.id, ENTRY_JOURNAL_SIZE);
	write_taps(journal, 1, 3);
	last_hash(journal, 3, last);
	close_all(journal);
}

static void damaged_journal_is_kept_and_its_successor_names_its_end(void **state)
{
	uint8_t id[ENTRY_JOURNAL_SIZE], last[ENTRY_HASH_SIZE];

	(void)state;
	make_three(id, last);
	file_put(in_folder("journal.db"), 0, "spoiled", 7);
	expect_successor(id, last, "journal.db.damaged-");
	assert_true(folder_count("journal.db.damaged-", NULL) >= 1);
	assert_non_null(strstr(report.damaged_path, "journal.db.damaged-"));
}

static void end_of_a_damaged_journal_is_read_from_it_without_the_intent_file(void **state)
{
	uint8_t id[ENTRY_JOURNAL_SIZE], last[ENTRY_HASH_SIZE];

	(void)state;
	make_three(id, last);
	unlink(in_folder("journal.intent"));
	run_sql("journal.db",
		"PRAGMA ignore_check_constraints=ON;"
		"UPDATE entry SET salt = x'00' WHERE seq = 1"); /* quick_check sees it */
	expect_successor(id, last, "journal.db.damaged-");
}

static void missing_journal_has_a_successor_too(void **state)
{
	uint8_t id[ENTRY_JOURNAL_SIZE], last[ENTRY_HASH_SIZE];

	(void)state;
	make_three(id, last);
	unlink(in_folder("journal.db"));
	expect_successor(id, last, "missing");
	assert_string_equal(report.damaged_path, "");
}

static void older_copy_put_back_is_kept_and_not_gone_on_with(void **state)
{
	uint8_t id[ENTRY_JOURNAL_SIZE], last[ENTRY_HASH_SIZE];
	struct journal *journal;

	(void)state;
	make_three(id, last);
	file_copy(in_folder("journal.db"), in_folder("backup"));
	journal = open_journal();
	write_taps(journal, 4, 5);
	last_hash(journal, 5, last);
	close_all(journal);
	file_copy(in_folder("backup"), in_folder("journal.db"));
	expect_successor(id, last, "journal.db.damaged-");
}

static void journal_of_another_door_is_refused(void **state)
{
	struct journal_options options = options_for("back");
	struct journal *journal = open_journal();

	(void)state;
	close_all(journal);
	journal = NULL;
	assert_int_equal(journal_open(&options, &journal, &report, err), -ENOTUNIQ);
	assert_non_null(strstr(err, "front"));
	assert_non_null(strstr(err, "back"));
	assert_null(journal);
	assert_int_equal(folder_count("damaged", NULL), 0);
}

static void second_program_is_refused(void **state)
{
	struct journal_options options = options_for("front");
	struct journal *journal = open_journal(), *second = NULL;

	(void)state;
	assert_int_equal(journal_open(&options, &second, &report, err), -EBUSY);
	assert_non_null(strstr(err, "another program"));
	assert_null(second);
	close_all(journal);
}

/* ---- intents ---- */

static void what_a_stopped_program_could_not_write_is_recovered_once(void **state)
{
	struct journal *journal = open_journal();
	struct journal_event event;
	unsigned left = 0;

	(void)state;
	write_taps(journal, 1, 2);
	disk.write_error = SQLITE_FULL;
	for (unsigned n = 3; n <= 5; n++)
		assert_int_equal(append(journal, n), 0);
	expect(journal, JOURNAL_EVENT_FAULT);
	journal_close(journal, 50, &left);
	assert_int_equal(left, 3);
	disk.write_error = 0;
	journal = open_journal();
	assert_int_equal(report.recovered, 3);
	assert_int_equal(append(journal, 6), 0);
	for (unsigned n = 3; n <= 5; n++) {
		struct entry was = tap(n);
		char detail[200];

		snprintf(detail, sizeof(detail), "was tap: tap %u", n);
		event = expect(journal, JOURNAL_EVENT_COMMITTED);
		assert_int_equal(event.seq, n);
		assert_int_equal(event.entry.kind, ENTRY_KIND_RECOVERED);
		assert_string_equal(event.entry.detail, detail);
		assert_true(
			event.entry.wall_us == was.wall_us && event.entry.mono_us == was.mono_us);
		assert_memory_equal(event.entry.boot_id, was.boot_id, 16);
		assert_true(event.entry.decided && event.entry.grant == was.grant &&
			    event.entry.reason == was.reason);
		assert_int_equal(event.entry.subject.card, was.subject.card);
	}
	expect_committed(journal, 6, "tap 6");
	event.entry = entry_at(journal, 4);
	assert_string_equal(event.entry.detail, "was tap: tap 4");
	assert_int_equal(event.entry.subject.card, 5);
	close_all(journal);
	journal = open_journal();
	assert_int_equal(report.recovered, 0);
	assert_int_equal(report.last_seq, 6);
	close_all(journal);
	verify_holds(6);
}

static void recovered_entry_that_waits_again_is_recovered_as_the_same(void **state)
{
	struct journal *journal = open_journal();
	unsigned left = 0;

	(void)state;
	write_taps(journal, 1, 1);
	disk.write_error = SQLITE_FULL;
	assert_int_equal(append(journal, 2), 0);
	journal_close(journal, 50, &left);
	for (unsigned i = 0; i < 2; i++) {
		journal = open_journal();
		assert_int_equal(report.recovered, 1 + i);
		assert_int_equal(append(journal, 3), 0);
		journal_close(journal, 50, &left);
		assert_int_equal(left, 2 + i);
	}
	disk.write_error = 0;
	journal = open_journal();
	assert_int_equal(report.recovered, 3);
	expect_committed(journal, 2, "was tap: tap 2");
	expect_committed(journal, 3, "was tap: tap 3");
	expect_committed(journal, 4, "was tap: tap 3");
	close_all(journal);
	verify_holds(4);
}

/* A copy of the intent file from before the commit, put back after it: as if the process had been
 * killed between the commit and the clearing of the slot. */
static void intent_that_was_committed_is_not_written_twice(void **state)
{
	struct journal *journal = open_journal();

	(void)state;
	write_taps(journal, 1, 3);
	disk.sync_delay_ms = 200;
	assert_int_equal(append(journal, 4), 0);
	file_copy(in_folder("journal.intent"), in_folder("copy"));
	expect_committed(journal, 4, "tap 4");
	disk.sync_delay_ms = 0;
	close_all(journal);
	file_copy(in_folder("copy"), in_folder("journal.intent"));
	journal = open_journal();
	assert_int_equal(report.recovered, 0);
	write_taps(journal, 5, 5);
	close_all(journal);
	verify_holds(5);
}

static void torn_intent_is_reported(void **state)
{
	struct journal *journal = open_journal();
	struct journal_event event;
	unsigned left = 0;
	size_t size;
	char *data, *at;

	(void)state;
	write_taps(journal, 1, 1);
	disk.write_error = SQLITE_FULL;
	assert_int_equal(append(journal, 2), 0);
	assert_int_equal(append(journal, 3), 0);
	journal_close(journal, 50, &left);
	disk.write_error = 0;
	data = file_get(in_folder("journal.intent"), &size);
	at = memmem(data, size, "tap 3", 5);
	assert_non_null(at);
	file_put(in_folder("journal.intent"), at - data, "\0\0\0", 3);
	free(data);
	for (int again = 0; again < 2; again++) {
		journal = open_journal();
		assert_int_equal(report.recovered, again ? 0 : 2);
		if (again == 0) {
			expect_committed(journal, 2, "was tap: tap 2");
			event = expect(journal, JOURNAL_EVENT_COMMITTED);
			assert_int_equal(event.entry.kind, ENTRY_KIND_RECOVERED);
			assert_non_null(strstr(event.entry.detail, "1 record was cut short"));
		}
		close_all(journal);
		verify_holds(3);
	}
}

static void refused_count_survives_the_program(void **state)
{
	struct journal *journal = open_journal();
	struct journal_event event;
	unsigned left = 0;

	(void)state;
	disk.write_error = SQLITE_FULL;
	for (unsigned n = 0; n < JOURNAL_PENDING_MAX; n++)
		assert_int_equal(append(journal, n), 0);
	assert_int_equal(append(journal, 9999), -ENOSPC);
	journal_close(journal, 50, &left);
	assert_int_equal(left, JOURNAL_PENDING_MAX);
	disk.write_error = 0;
	journal = open_journal();
	assert_int_equal(report.recovered, JOURNAL_PENDING_MAX);
	for (unsigned n = 0; n < JOURNAL_PENDING_MAX; n++)
		expect(journal, JOURNAL_EVENT_COMMITTED);
	event = expect(journal, JOURNAL_EVENT_COMMITTED);
	assert_int_equal(event.entry.kind, ENTRY_KIND_RECORDS_LOST);
	close_all(journal);
	verify_holds(JOURNAL_PENDING_MAX + 1);
}

static void strange_intent_file_is_kept_and_a_new_one_begun(void **state)
{
	struct journal *journal;

	(void)state;
	file_put(in_folder("journal.intent"), 0, "something else", 14);
	journal = open_journal();
	assert_non_null(strstr(report.intent_note, "kept as"));
	assert_int_equal(folder_count("journal.intent.damaged-", NULL), 1);
	write_taps(journal, 1, 1);
	close_all(journal);
}

static void committed_person_is_wiped_from_the_intent_file(void **state)
{
	struct journal *journal = open_journal();
	size_t size;
	char *data;

	(void)state;
	write_taps(journal, 7, 7);
	close_all(journal);
	data = file_get(in_folder("journal.intent"), &size);
	assert_null(memmem(data, size, "tap 7", 5));
	free(data);
}

static void journal_works_without_a_place_for_intents(void **state)
{
	struct journal_options options = options_for("front");
	struct journal *journal = NULL;

	(void)state;
	options.intent_path = in_folder("no/such/folder");
	assert_int_equal(journal_open(&options, &journal, &report, err), 0);
	assert_non_null(strstr(report.intent_note, "memory only"));
	write_taps(journal, 1, 3);
	close_all(journal);
	verify_holds(3);
}

/* ---- acknowledgements ---- */

static void acknowledgement_moves_the_mark_for_good(void **state)
{
	struct journal *journal = open_journal();
	uint8_t hash[ENTRY_HASH_SIZE];

	(void)state;
	write_taps(journal, 1, 5);
	for (uint64_t seq = 2; seq <= 5; seq += 3) {
		struct journal_batch *batch = batch_after(journal, seq - 1);

		memcpy(hash, batch->rows[0].hash, sizeof(hash));
		free(batch);
		assert_int_equal(journal_ack(journal, report.id, seq, hash), 0);
		assert_int_equal(expect(journal, JOURNAL_EVENT_ACKED).seq, seq);
	}
	assert_int_equal(journal_ack(journal, report.id, 5, hash), 0); /* came again */
	assert_int_equal(expect(journal, JOURNAL_EVENT_ACKED).seq, 5);
	close_all(journal);
	journal = open_journal();
	assert_int_equal(report.acked_seq, 5);
	close_all(journal);
}

static void false_acknowledgements_are_refused_and_told(void **state)
{
	struct journal *journal = open_journal();
	struct journal_batch *batch;
	uint8_t other[ENTRY_JOURNAL_SIZE] = {1}, wrong[ENTRY_HASH_SIZE] = {1};

	(void)state;
	write_taps(journal, 1, 3);
	batch = batch_after(journal, 0);
	journal_ack(journal, other, 2, batch->rows[1].hash);
	journal_ack(journal, report.id, 2, wrong);
	journal_ack(journal, report.id, 2, batch->rows[2].hash);
	journal_ack(journal, report.id, 4, batch->rows[2].hash);
	journal_ack(journal, report.id, 0, batch->previous);
	journal_ack(journal, report.id, UINT64_MAX, batch->rows[2].hash);
	for (int i = 0; i < 6; i++) {
		struct journal_event event = expect(journal, JOURNAL_EVENT_ACK_REFUSED);

		assert_int_equal(event.error, -EBADMSG);
		assert_non_null(strstr(event.message, "acknowledgement"));
	}
	journal_status(journal, &report);
	assert_int_equal(report.acked_seq, 0);
	free(batch);
	close_all(journal);
}

static void questions_are_bounded(void **state)
{
	struct journal *journal = open_journal();
	struct journal_event event;
	unsigned asked = 0;

	(void)state;
	disk.sync_delay_ms = 300;
	assert_int_equal(append(journal, 1), 0);
	while (asked < 1000 && journal_request(journal, 0, 1) == 0)
		asked++;
	assert_int_equal(journal_request(journal, 0, 1), -EAGAIN);
	assert_in_range(asked, 1, 200);
	disk.sync_delay_ms = 0;
	for (unsigned answers = 0; answers < asked;) {
		event = next(journal);
		if (event.kind == JOURNAL_EVENT_BATCH) {
			answers++;
			free(event.batch);
		}
	}
	journal_request(journal, 0, 1); /* left unanswered or untaken: freed all the same */
	close_all(journal);
}

/* ---- rows that a disk changed ---- */

static struct journal *reopen_after(struct journal *journal, const char *sql)
{
	close_all(journal);
	run_sql("journal.db", sql);
	return open_journal();
}

static void expect_skipped(struct journal *journal, uint64_t seq, const char *said)
{
	struct journal_event event = expect(journal, JOURNAL_EVENT_COMMITTED);

	assert_int_equal(event.seq, seq);
	assert_int_equal(event.entry.kind, ENTRY_KIND_RECORD_SKIPPED);
	if (!strstr(event.entry.detail, said))
		fail_msg("\"%s\" does not say \"%s\"", event.entry.detail, said);
}

static void rotten_row_goes_out_as_it_is_and_is_told_once(void **state)
{
	struct journal *journal = open_journal();
	struct journal_batch *batch;
	struct journal_event event;

	(void)state;
	write_taps(journal, 1, 5);
	journal = reopen_after(journal,
		"UPDATE entry SET"
		" body = (SELECT body FROM entry WHERE seq = 1) WHERE seq = 3");
	batch = batch_after(journal, 0);
	assert_int_equal(batch->count, 5);
	assert_memory_equal(&batch->rows[2].record.body, &batch->rows[0].record.body,
		batch->rows[0].record.body_size);
	free(batch);
	expect_skipped(journal, 6, "entry 3 does not fit its hash");
	for (unsigned again = 0; again < 2; again++) {
		batch = batch_after(journal, 0);
		assert_int_equal(batch->count, 6);
		free(batch);
		batch = batch_after(journal, 2);
		assert_int_equal(batch->count, 4);
		free(batch);
		close_all(journal);
		journal = open_journal();
	}
	assert_false(journal_next(journal, &event));
	assert_int_equal(report.last_seq, 6);
	close_all(journal);
}

/* Each way to be rotten, and how many rows it spoils. */
static void every_kind_of_rot_goes_out_and_later_rows_with_it(void **state)
{
	static const struct {
		const char *sql;
		const char *said;
	} table[] = {
		{"UPDATE entry SET hash = zeroblob(32) WHERE seq = 2", "entries 2, 3 do not fit"},
		{"UPDATE entry SET salt = zeroblob(16) WHERE seq = 3", "entry 3 does not fit"},
		{"UPDATE entry SET subject = x'01' WHERE seq = 5", "entry 5 does not fit"},
		{"DELETE FROM entry WHERE seq = 1", "entries 1, 2 do not fit"},
		{"DELETE FROM entry WHERE seq IN (2, 3)", "entries 2, 3, 4 do not fit"},
		{"PRAGMA ignore_check_constraints=ON;"
		 "UPDATE entry SET hash = x'00', body = zeroblob(999) WHERE seq = 4",
			"entries 4, 5 do not fit"},
		{"UPDATE entry SET body = x'07'", "entries 1, 2, 3, 4, 5 do not fit"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct journal *journal = open_journal();
		uint8_t last[ENTRY_HASH_SIZE], id[ENTRY_JOURNAL_SIZE];
		struct journal_batch *batch;

		write_taps(journal, 1, 5);
		close_all(journal);
		run_sql("journal.db", table[i].sql);
		journal = open_journal();
		if (report.damaged) { /* quick_check saw it: another journal, nothing to send */
			close_all(journal);
			fresh_journal();
			continue;
		}
		memcpy(id, report.id, sizeof(id));
		batch = batch_after(journal, 0);
		assert_int_equal(batch->count, 5);
		for (unsigned n = 0; n < 5; n++)
			assert_int_equal(batch->rows[n].seq, n + 1);
		memcpy(last, batch->rows[2].hash, sizeof(last));
		free(batch);
		expect_skipped(journal, 6, table[i].said);
		batch = batch_after(journal, 3); /* what was sent before is what this follows */
		assert_memory_equal(batch->previous, last, sizeof(last));
		free(batch);
		assert_int_equal(journal_ack(journal, id, 3, last), 0);
		assert_int_equal(expect(journal, JOURNAL_EVENT_ACKED).seq, 3);
		close_all(journal);
		fresh_journal();
	}
}

static void many_rotten_rows_are_told_in_one_entry_a_batch(void **state)
{
	struct journal *journal = open_journal();

	(void)state;
	write_taps(journal, 1, JOURNAL_BATCH_MAX + 6);
	journal = reopen_after(journal, "UPDATE entry SET body = x'07'");
	free(batch_after(journal, 0));
	expect_skipped(journal, JOURNAL_BATCH_MAX + 7,
		"entries 1, 2, 3, 4, 5 and 59 more do not fit their hashes");
	free(batch_after(journal, JOURNAL_BATCH_MAX));
	expect_skipped(journal, JOURNAL_BATCH_MAX + 8, "entries 65, 66, 67, 68, 69 and 1 more");
	close_all(journal);
}

static void rot_on_a_full_disk_is_told_when_there_is_room(void **state)
{
	struct journal *journal = open_journal();
	unsigned batches = 0, told = 0;

	(void)state;
	write_taps(journal, 1, 3);
	journal = reopen_after(journal, "UPDATE entry SET body = x'07' WHERE seq = 2");
	disk.write_error = SQLITE_FULL;
	free(batch_after(journal, 0));
	free(batch_after(journal, 0)); /* the first attempt is over */
	disk.write_error = 0;
	assert_int_equal(journal_request(journal, 0, 5), 0);
	while (batches < 1 || told < 1) {
		struct journal_event event = next(journal);

		batches += event.kind == JOURNAL_EVENT_BATCH;
		told += event.kind == JOURNAL_EVENT_COMMITTED;
		free(event.batch);
	}
	write_taps(journal, 4, 4); /* and nothing was told twice */
	assert_int_equal(told, 1);
	journal_status(journal, &report);
	assert_int_equal(report.last_seq, 5);
	close_all(journal);
}

static void journal_of_the_first_version_is_migrated(void **state)
{
	struct journal *journal = open_journal();
	uint8_t id[ENTRY_JOURNAL_SIZE];

	(void)state;
	memcpy(id, report.id, sizeof(id));
	write_taps(journal, 1, 3);
	journal = reopen_after(
		journal, "ALTER TABLE meta DROP COLUMN skipped; PRAGMA user_version = 1");
	assert_false(report.damaged);
	assert_memory_equal(report.id, id, sizeof(id));
	assert_int_equal(report.last_seq, 3);
	write_taps(journal, 4, 4);
	close_all(journal);
	verify_holds(4);
}

/* ---- a door that was provisioned again ---- */

static void first_journal_follows_what_the_hub_has(void **state)
{
	struct journal_options options = options_for("front");
	uint8_t before[ENTRY_HASH_SIZE] = {7, 7, 7}, other[ENTRY_HASH_SIZE] = {8};
	uint8_t end[ENTRY_HASH_SIZE];
	struct journal *journal = NULL;
	struct journal_batch *batch;

	(void)state;
	options.before = before;
	assert_int_equal(journal_open(&options, &journal, &report, err), 0);
	assert_memory_equal(report.before, before, sizeof(before));
	write_taps(journal, 1, 2);
	batch = batch_after(journal, 0);
	assert_memory_equal(batch->before, before, sizeof(before));
	memcpy(end, batch->rows[1].hash, sizeof(end));
	free(batch);
	close_all(journal);
	verify_holds(2);
	options.before = other; /* there is one now, and it knows */
	assert_int_equal(journal_open(&options, &journal, &report, err), 0);
	assert_memory_equal(report.before, before, sizeof(before));
	close_all(journal);
	unlink(in_folder("journal.db")); /* so does the intent file */
	assert_int_equal(journal_open(&options, &journal, &report, err), 0);
	assert_true(report.damaged);
	assert_memory_equal(report.before, end, sizeof(end));
	close_all(journal);
}

static void hubs_word_counts_where_a_damaged_journal_says_nothing(void **state)
{
	struct journal_options options = options_for("front");
	uint8_t before[ENTRY_HASH_SIZE] = {9};
	struct journal *journal = NULL;

	(void)state;
	file_put(in_folder("journal.db"), 0, "this is no database, whatever it is called", 42);
	options.before = before;
	assert_int_equal(journal_open(&options, &journal, &report, err), 0);
	assert_true(report.damaged);
	assert_memory_equal(report.before, before, sizeof(before));
	close_all(journal);
}

/* ---- verify ---- */

static void verify_finds_every_kind_of_tampering(void **state)
{
	static const struct {
		const char *sql;
		const char *says;
	} table[] = {
		{"DELETE FROM entry WHERE seq = 2", "entry 2: is missing"},
		{"DELETE FROM entry WHERE seq = 1", "entry 1: is missing"},
		{"UPDATE entry SET body = (SELECT body FROM entry WHERE seq = 1) WHERE seq = 3",
			"entry 3: its hash"},
		{"UPDATE entry SET hash = zeroblob(32) WHERE seq = 2", "entry 2: its hash"},
		{"UPDATE entry SET salt = zeroblob(16) WHERE seq = 2", "entry 2: cannot be read"},
		{"UPDATE entry SET subject = x'01' WHERE seq = 3", "entry 3: cannot be read"},
		{"UPDATE meta SET acked_seq = 9", "entry 9: was acknowledged"},
		{"UPDATE meta SET before = randomblob(32)", "entry 1: its hash"},
		{"UPDATE meta SET door = 'back'", "door back"},
	};
	struct journal *journal = open_journal();
	uint64_t count = 77;

	(void)state;
	write_taps(journal, 1, 4);
	close_all(journal);
	verify_holds(4);
	assert_int_equal(folder_count("journal.db-", NULL), 0); /* and leaves nothing */
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		file_copy(in_folder("journal.db"), in_folder("t.db"));
		run_sql("t.db", table[i].sql);
		assert_int_equal(journal_verify(in_folder("t.db"), "walker", "front",
					 crypto_hash256, &count, err),
			-EBADMSG);
		if (!strstr(err, table[i].says))
			fail_msg("%s gave: %s", table[i].sql, err);
		assert_int_equal(count, 77);
		unlink(in_folder("t.db-wal"));
		unlink(in_folder("t.db-shm"));
	}
}

static void verify_reads_a_file_whatever_its_name_and_rights(void **state)
{
	static const char *const names[] = {"a%20b?c#d.db", "e f&g=h.db"};
	struct journal *journal = open_journal();
	uint64_t count = 0;

	(void)state;
	write_taps(journal, 1, 2);
	close_all(journal);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		file_copy(in_folder("journal.db"), in_folder(names[i]));
		assert_int_equal(journal_verify(in_folder(names[i]), "walker", "front",
					 crypto_hash256, &count, err),
			0);
		assert_int_equal(count, 2);
	}
	assert_int_equal(journal_verify(in_folder("none.db"), "walker", "front", crypto_hash256,
				 &count, err),
		-ENOENT);
	assert_non_null(strstr(err, "none.db"));
	assert_non_null(strstr(err, "name the file that the program keeps"));
	file_put(in_folder("text"), 0, "this is no database, whatever it is called", 42);
	assert_int_equal(
		journal_verify(in_folder("text"), "walker", "front", crypto_hash256, &count, err),
		-EBADMSG);
	assert_non_null(strstr(err, "text: is no database"));
	run_sql("other.db", "CREATE TABLE t (n)");
	assert_int_equal(journal_verify(in_folder("other.db"), "walker", "front", crypto_hash256,
				 &count, err),
		-EINVAL);
	assert_non_null(strstr(err, "other.db: is no journal"));
}

static void verify_reads_beside_a_running_writer(void **state)
{
	struct journal *journal = open_journal();

	(void)state;
	write_taps(journal, 1, 4);
	verify_holds(4);
	write_taps(journal, 5, 6);
	verify_holds(6);
	close_all(journal);
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
		TEST(entries_are_numbered_chained_and_read_back),
		TEST(batch_starts_after_the_asked_number),
		TEST(reopened_journal_goes_on_where_it_was),
		TEST(bad_entry_is_refused_and_nothing_waits),
		TEST(erased_subject_still_chains_and_is_sent_without),
		TEST(each_entry_has_a_salt_of_its_own),
		TEST(entry_is_synced_before_it_is_told),
		TEST(slow_disk_does_not_slow_the_caller),
		TEST(closing_does_not_wait_for_a_hanging_disk),
		TEST(full_disk_is_told_once_and_what_waited_is_written_in_order),
		TEST(more_than_a_thousand_are_refused_and_counted),
		TEST(journal_starts_on_a_failing_disk_and_opens_when_it_heals),
		TEST(journal_removed_while_open_is_written_again_whole),
		TEST(journal_replaced_while_open_keeps_both),
		TEST(damaged_journal_is_kept_and_its_successor_names_its_end),
		TEST(end_of_a_damaged_journal_is_read_from_it_without_the_intent_file),
		TEST(missing_journal_has_a_successor_too),
		TEST(older_copy_put_back_is_kept_and_not_gone_on_with),
		TEST(journal_of_another_door_is_refused),
		TEST(second_program_is_refused),
		TEST(what_a_stopped_program_could_not_write_is_recovered_once),
		TEST(recovered_entry_that_waits_again_is_recovered_as_the_same),
		TEST(intent_that_was_committed_is_not_written_twice),
		TEST(torn_intent_is_reported),
		TEST(refused_count_survives_the_program),
		TEST(strange_intent_file_is_kept_and_a_new_one_begun),
		TEST(committed_person_is_wiped_from_the_intent_file),
		TEST(journal_works_without_a_place_for_intents),
		TEST(acknowledgement_moves_the_mark_for_good),
		TEST(false_acknowledgements_are_refused_and_told),
		TEST(questions_are_bounded),
		TEST(rotten_row_goes_out_as_it_is_and_is_told_once),
		TEST(every_kind_of_rot_goes_out_and_later_rows_with_it),
		TEST(many_rotten_rows_are_told_in_one_entry_a_batch),
		TEST(rot_on_a_full_disk_is_told_when_there_is_room),
		TEST(journal_of_the_first_version_is_migrated),
		TEST(first_journal_follows_what_the_hub_has),
		TEST(hubs_word_counts_where_a_damaged_journal_says_nothing),
		TEST(verify_finds_every_kind_of_tampering),
		TEST(verify_reads_a_file_whatever_its_name_and_rights),
		TEST(verify_reads_beside_a_running_writer),
	};

	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
