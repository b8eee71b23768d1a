/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 against the keeper: afterwards the old roster is there whole, or the new one; a value
 * that was answered is kept; a card that was blocked is refused. SEED=n repeats a run; FULL=1 kills
 * more often.
 */
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
#include <sys/prctl.h>
#include <sys/wait.h>

static unsigned seed;
static struct model old, new;

/* What a child says before it dies. */
enum said {
	SAID_READY = 'r',
	SAID_KEPT = 'k',
	SAID_BLOCKED = 'b',
	SAID_FORCE = 'f', /* the new roster is in force */
};

struct death {
	bool snapshot;
	bool half;
	int at_change; /* of a file; 0: the parent kills */
	unsigned kill_after_us;
};

static void say(int out, char what)
{
	if (write(out, &what, 1) != 1)
		_exit(4);
}

/* A card that is active in both, so that a block on it shows whichever is in force. */
static struct token both_token(void)
{
	struct token token;

	model_token(MODEL_CARD_AT, &token);
	return token;
}

static size_t block_run(uint8_t *run)
{
	static struct roster_record r = {.kind = ROSTER_KIND_CARD, .gone = true};
	static uint8_t bytes[ROSTER_RECORD_MAX];

	r.card.token = both_token();
	return (size_t)roster_run_add(run, 0, 1000, bytes, (size_t)roster_record_encode(&r, bytes));
}

static _Noreturn void child(const struct death *d, int out)
{
	struct revision later = {.generation = 1, .number = 1000};
	uint8_t run[1000];
	bool damaged;
	struct keeper *keeper;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	keeper = keeper_bed_open(&damaged);
	if (!keeper || damaged)
		_exit(3);
	disk.half = d->half;
	disk.changes = 0;
	disk.die_at = d->at_change;
	say(out, SAID_READY);
	if (keeper_keep(keeper, "counter", "2", 1, 1) < 0 || keeper_bed_next(keeper).error < 0)
		_exit(5);
	say(out, SAID_KEPT);
	if (keeper_block(keeper, &later, run, block_run(run)) < 0 ||
		keeper_bed_next(keeper).error < 0)
		_exit(6);
	say(out, SAID_BLOCKED);
	if (keeper_bed_take(keeper, &new, d->snapshot ? NULL : &old.revision).error < 0)
		_exit(7);
	say(out, SAID_FORCE);
	keeper_close(keeper, 20000);
	_exit(0);
}

/* Runs a child to its death: what it said, "rkbf" at most. *ret_killed: it did not end by itself.
 */
static void run(const struct death *d, char said[8], bool *ret_killed)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	memset(said, 0, 8);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		child(d, fds[1]);
	}
	close(fds[1]);
	if (d->kill_after_us > 0) {
		assert_int_equal(read(fds[0], said, 1), 1); /* begun */
		usleep(d->kill_after_us);
		kill(pid, SIGKILL);
	}
	for (size_t at = strlen(said); (n = read(fds[0], said + at, 7 - at)) > 0;)
		at += (size_t)n;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		fail_msg("child ended with %d: %s", WEXITSTATUS(status), err);
	*ret_killed = WIFSIGNALED(status);
}

static void check_values(const char *said)
{
	bool damaged;
	struct keeper *keeper = keeper_bed_open(&damaged);
	char *value = NULL;
	size_t size;

	assert_non_null(keeper);
	assert_false(damaged);
	assert_int_equal(keeper_value(keeper, "counter", &value, &size), 0);
	if (strchr(said, SAID_KEPT))
		assert_string_equal(value, "2");
	else
		assert_true(strcmp(value, "1") == 0 || strcmp(value, "2") == 0);
	free(value);
	keeper_close(keeper, 1000);
}

static bool blocked(struct cache *cache)
{
	struct token token = both_token();
	struct roster_card card;

	assert_int_equal(cache_card(cache, &token, &card), 1);
	return card.state == CARD_STATE_REVOKED;
}

/* So that what the rosters say can be seen. */
static void unblock(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
	assert_int_equal(db_do(db, "DELETE FROM blocked"), 0);
	sqlite3_close(db);
}

/* Opens as the next start would: *ret_new tells which roster is there. */
static void check(const char *said, bool *ret_new)
{
	struct cache *cache = NULL;
	const char *not_old, *not_new;
	bool damaged;

	if (cache_open(in_folder("cache.db"), &cache, &damaged, err) < 0 || damaged)
		fail_msg("cannot open, or called damaged: %s (seed %u)", err, seed);
	if (strchr(said, SAID_BLOCKED))
		assert_true(blocked(cache));
	unblock();
	not_old = keeper_bed_compare(cache, &old);
	not_new = keeper_bed_compare(cache, &new);
	if (not_old && not_new)
		fail_msg("neither the old roster (%s) nor the new one (%s), said %s (seed %u)",
			not_old, not_new, said, seed);
	if (strchr(said, SAID_FORCE) && not_new)
		fail_msg("said that it was in force, and is not: %s (seed %u)", not_new, seed);
	cache_close(cache);
	check_values(said);
	assert_int_equal(folder_count("damaged", NULL), 0);
	*ret_new = !not_new;
}

/* The old roster and values in a fresh folder. */
static void prepare(void)
{
	struct cache *cache = NULL;
	struct keeper *keeper;
	bool damaged;

	folder_remove();
	folder_make();
	assert_int_equal(cache_open(in_folder("cache.db"), &cache, &damaged, err), 0);
	keeper = keeper_bed_open(&damaged);
	assert_non_null(keeper);
	assert_int_equal(keeper_keep(keeper, "counter", "1", 1, 1), 0);
	assert_int_equal(keeper_bed_next(keeper).error, 0);
	assert_int_equal(keeper_bed_take(keeper, &old, NULL).error, 0);
	keeper_close(keeper, 5000);
	cache_close(cache);
}

/* Two rosters in which the first card is the same. */
static void make_models(void)
{
	static struct roster_record r;

	model_free(&old);
	model_free(&new);
	model_make(&old, &seed);
	model_key(MODEL_CARD_AT, &r);
	r.card.card = 1;
	r.card.tier = 1;
	r.card.state = CARD_STATE_ACTIVE;
	r.card.member_state = MEMBER_STATE_ACTIVE;
	model_put(&old, MODEL_CARD_AT, &r);
	model_clean(&old);
	model_copy(&old, &new);
	for (unsigned i = 0; i < 60; i++) {
		unsigned row = MODEL_CARD_AT + 1 + model_random(&seed, MODEL_CARDS - 1);

		if (model_random(&seed, 3))
			model_random_put(&new, row, &seed);
		else
			model_gone(&new, row);
	}
	model_random_put(&new, 0, &seed);
	new.revision.number++;
}

static void killed_at_every_step_one_roster_is_there_whole(void **state)
{
	unsigned kills = 0, news = 0;

	(void)state;
	for (int kind = 0; kind < 4; kind++)
		for (int step = 1;; step += getenv("FULL") ? 1 : 1 + step / 12) {
			struct death d = {
				.snapshot = kind & 1, .half = kind & 2, .at_change = step};
			char said[8];
			bool killed, is_new;

			prepare();
			run(&d, said, &killed);
			check(said, &is_new);
			kills += killed;
			news += is_new;
			if (!killed) {
				assert_true(is_new);
				break;
			}
		}
	print_message("# killed at %u steps, the new roster was there %u times\n", kills, news);
	assert_true(kills >= 40);
}

static void killed_at_any_moment_one_roster_is_there_whole(void **state)
{
	unsigned rounds = getenv("FULL") ? 400 : 40, kills = 0, news = 0;

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		struct death d = {
			.snapshot = round % 2, .kill_after_us = 1 + model_random(&seed, 8000)};
		char said[8];
		bool killed, is_new;

		if (round % 8 == 0)
			make_models();
		prepare();
		run(&d, said, &killed);
		check(said, &is_new);
		kills += killed;
		news += is_new;
	}
	print_message("# killed %u times, the new roster was there %u times\n", kills, news);
	assert_true(kills >= rounds / 4);
}

static int fresh_folder(void **state)
{
	(void)state;
	memset(&disk, 0, sizeof(disk));
	folder_make();
	make_models();
	return 0;
}

static int no_folder(void **state)
{
	(void)state;
	folder_remove();
	model_free(&old);
	model_free(&new);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_folder, no_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_at_every_step_one_roster_is_there_whole),
		TEST(killed_at_any_moment_one_roster_is_there_whole),
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
