/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 against the journal: whatever journal_append() took is in it exactly once afterwards, as
 * itself or recovered, and the chain has no gap. SEED=n repeats a run; FULL=1 kills more often.
 */
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
#include <sys/prctl.h>
#include <sys/wait.h>

#define ROUNDS_MAX 400
#define PER_ROUND_MAX 2000

static unsigned seed;
static uint32_t taken[ROUNDS_MAX];               /* entries that append took, by round */
static uint8_t found[ROUNDS_MAX][PER_ROUND_MAX]; /* times each is in the journal */
static char err[ERR_MAX];

static struct journal *open_journal(void)
{
	struct journal_options options = {
		.path = in_folder("journal.db"),
		.intent_path = in_folder("journal.intent"),
		.site = "walker",
		.door = "front",
		.hash = crypto_hash256,
		.random = crypto_random,
		.wall_us = clock_wall_us(),
		.mono_us = clock_mono_us(),
		.clock = CLOCK_TRUST_SYNCED,
	};
	struct journal_report report;
	struct journal *journal = NULL;
	int error = journal_open(&options, &journal, &report, err);

	return error < 0 || report.damaged ? NULL : journal;
}

static void drain(struct journal *journal)
{
	struct journal_event event;

	while (journal_next(journal, &event))
		;
}

static bool wait_written(struct journal *journal)
{
	uint64_t until = clock_mono_us() + 20000000;

	while (journal_pending(journal) > 0 && clock_mono_us() < until) {
		drain(journal);
		usleep(500);
	}
	return journal_pending(journal) == 0;
}

/* How a child dies. */
struct death {
	unsigned round;
	unsigned entries;    /* appended before a clean end */
	unsigned pause_us;   /* between them */
	int at_change;       /* of a file; 0: the parent kills */
	unsigned fault_from; /* the disk refuses from this entry on; 0: never */
	bool half;
	bool wait;   /* for each entry to be written */
	bool at_end; /* instead of closing */
};

/* Appends and says which were taken; exits 0 when it got to the end. */
static _Noreturn void child(const struct death *d, int out)
{
	struct journal *journal;
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	disk.half = d->half;
	disk.changes = 0;
	disk.die_at = d->at_change;
	journal = open_journal();
	if (!journal)
		_exit(3);
	for (uint32_t n = 0; n < d->entries; n++) {
		struct entry entry = {
			.kind = ENTRY_KIND_TAP,
			.has_subject = true,
			.subject.card = n + 1,
		};

		if (d->fault_from > 0 && n + 1 == d->fault_from)
			disk.write_error = SQLITE_FULL;
		snprintf(entry.detail, sizeof(entry.detail), "entry %u of %u", n, d->round);
		while ((error = journal_append(journal, &entry)) == -ENOSPC)
			usleep(1000); /* a thousand wait already */
		if (error < 0 || write(out, &n, sizeof(n)) != sizeof(n))
			_exit(4);
		if (d->wait && !wait_written(journal))
			_exit(5);
		drain(journal);
		if (d->pause_us > 0)
			usleep(d->pause_us);
	}
	if (d->at_end)
		raise(SIGKILL);
	journal_close(journal, 20000, NULL);
	_exit(0);
}

/* Runs a child to its death; true when it was killed, false when it ended well. */
static bool run(const struct death *d, unsigned kill_after_us)
{
	int fds[2], status;
	uint32_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		child(d, fds[1]);
	}
	close(fds[1]);
	if (kill_after_us > 0) {
		usleep(kill_after_us);
		kill(pid, SIGKILL);
	}
	taken[d->round] = 0;
	while (read(fds[0], &n, sizeof(n)) == sizeof(n))
		taken[d->round] = n + 1;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		fail_msg("round %u: child ended with %d: %s", d->round, WEXITSTATUS(status), err);
	return WIFSIGNALED(status);
}

/* Counts what stands in the journal of rounds up to last. */
static void count_found(void)
{
	struct entry entry;
	struct entry_record record;
	sqlite3_stmt *stmt;
	sqlite3 *db;

	memset(found, 0, sizeof(found));
	assert_int_equal(sqlite3_open(in_folder("journal.db"), &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT body FROM entry", -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		unsigned n, round;
		const char *at;

		memset(&record, 0, sizeof(record));
		record.body_size = (uint16_t)sqlite3_column_bytes(stmt, 0);
		memcpy(record.body, sqlite3_column_blob(stmt, 0), record.body_size);
		assert_int_equal(entry_decode(&record, crypto_hash256, &entry), 0);
		at = strstr(entry.detail, "entry ");
		if (at && sscanf(at, "entry %u of %u", &n, &round) == 2 && round < ROUNDS_MAX &&
			n < PER_ROUND_MAX)
			found[round][n]++;
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* Opens as the next start would, then compares with what was taken. */
static void check(unsigned first, unsigned last)
{
	struct journal *journal = open_journal();
	uint64_t count;

	if (!journal)
		fail_msg("round %u: cannot open, or called damaged: %s", last, err);
	assert_true(wait_written(journal));
	journal_close(journal, 1000, NULL);
	if (journal_verify(
		    in_folder("journal.db"), "walker", "front", crypto_hash256, &count, err) < 0)
		fail_msg("round %u: %s", last, err);
	count_found();
	for (unsigned round = first; round <= last; round++)
		for (unsigned n = 0; n < PER_ROUND_MAX; n++) {
			unsigned least = n < taken[round], most = n <= taken[round];

			/* the one after the last told may be in: killed before it could tell */
			if (found[round][n] < least || found[round][n] > most)
				fail_msg("round %u (seed %u): entry %u is in %u times, %u were "
					 "taken",
					round, seed, n, found[round][n], taken[round]);
		}
}

static void killed_at_any_moment_nothing_is_lost_or_doubled(void **state)
{
	unsigned rounds = getenv("FULL") ? ROUNDS_MAX : 24, kills = 0, entries = 0;

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		struct death d = {
			.round = round,
			.entries = PER_ROUND_MAX / 2,
			.pause_us = (unsigned)rand_r(&seed) % 400,
		};

		if (round % 4 == 3) /* what waits for a full disk is killed too */
			d.fault_from = 1 + (unsigned)rand_r(&seed) % 20;
		kills += run(&d, 500 + (unsigned)rand_r(&seed) % 40000);
		entries += taken[round];
		if (round % 3 != 2) /* else the next child finds it as it was left */
			check(0, round);
	}
	check(0, rounds - 1);
	print_message("# %u kills, %u entries taken, each in once\n", kills, entries);
	assert_true(kills >= 20);
	assert_true(entries >= 20);
}

static void killed_at_every_step_nothing_is_lost_or_doubled(void **state)
{
	unsigned kills = 0;

	(void)state;
	for (int half = 0; half <= 1; half++)
		for (int step = 1;; step++) {
			struct death d = {
				.entries = 3,
				.at_change = step,
				.half = half,
				.wait = true,
			};
			bool killed;

			folder_remove();
			folder_make();
			killed = run(&d, 0);
			check(0, 0);
			kills += killed;
			if (!killed)
				break;
		}
	print_message("# killed at %u steps\n", kills);
	assert_true(kills >= 40);
}

static void killed_at_every_step_of_recovery_nothing_is_doubled(void **state)
{
	struct death first = {.entries = 8, .fault_from = 3, .at_end = true};
	unsigned kills = 0;

	(void)state;
	for (int step = 1;; step++) {
		struct death again = {.round = 1, .entries = 1, .at_change = step, .wait = true};
		bool killed;

		folder_remove();
		folder_make();
		assert_true(run(&first, 0));
		assert_int_equal(taken[0], 8);
		killed = run(&again, 0);
		check(0, 1);
		kills += killed;
		if (!killed)
			break;
	}
	print_message("# killed at %u steps of recovery\n", kills);
	assert_true(kills >= 5);
}

static int fresh_folder(void **state)
{
	(void)state;
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
		TEST(killed_at_any_moment_nothing_is_lost_or_doubled),
		TEST(killed_at_every_step_nothing_is_lost_or_doubled),
		TEST(killed_at_every_step_of_recovery_nothing_is_doubled),
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
