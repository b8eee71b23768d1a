/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 against the registry: what commit returned for is in it, at most one change more, and
 * every change is whole: roster, digest and rows fit each other. SEED=n repeats a run; FULL=1 kills
 * more often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_set.h"
#include <sys/prctl.h>
#include <sys/wait.h>

#define CHANGES 12   /* of one child, unless it dies before */
#define PER_CHANGE 8 /* cards */

static unsigned seed;

/* One change: as many cards as PER_CHANGE, a line of audit, an old card returned. */
static uint64_t change(struct registry *reg, uint32_t tier)
{
	struct revision revision = {0};
	struct registry_roster old;
	uint64_t member, first = 0;

	registry_roster(reg, &old);
	if (registry_begin(reg) < 0)
		_exit(4);
	if (tier == 0)
		bed_tier(reg, "Full", "24/7");
	member = bed_member(reg, "Ada", 1);
	for (uint64_t n = 0; n < PER_CHANGE; n++)
		first = bed_card(reg, old.revision.number * PER_CHANGE + n, member);
	if (registry_card_act(reg, first, REGISTRY_CARD_RETURN, "maya", "", 0) < 0 ||
		registry_audit_add(reg, "maya", "card.issue", "card/1", "", "") < 0 ||
		registry_commit(reg, &revision) < 0)
		_exit(5);
	return revision.number;
}

static _Noreturn void child(int at_change, bool half, int out)
{
	struct registry *reg = NULL;
	int64_t tiers = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	disk.half = half;
	disk.changes = 0;
	disk.die_at = at_change;
	if (bed_try("hub.db", "walker", &reg) < 0 ||
		db_number(reg->db, "SELECT count(*) FROM tier", &tiers) < 0)
		_exit(3);
	for (int n = 0; n < CHANGES; n++) {
		uint64_t number = change(reg, (uint32_t)tiers);

		tiers = 1;
		if (write(out, &number, sizeof(number)) != sizeof(number))
			_exit(6);
	}
	registry_close(reg);
	_exit(0);
}

/* Runs a child to its death or end: the last revision that it told of, 0 for none. */
static uint64_t run(int at_change, bool half, unsigned kill_after_us, bool *ret_killed)
{
	uint64_t told = 0, number;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		child(at_change, half, fds[1]);
	}
	close(fds[1]);
	if (kill_after_us > 0) {
		usleep(kill_after_us);
		kill(pid, SIGKILL);
	}
	while (read(fds[0], &number, sizeof(number)) == sizeof(number))
		told = number;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		fail_msg("the child ended with %d (seed %u)", WEXITSTATUS(status), seed);
	*ret_killed = WIFSIGNALED(status);
	return told;
}

static int64_t number(struct registry *reg, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_number(reg->db, sql, &n), 0);
	return n;
}

/* Opens as the next start would. Returns the revision that is there. */
static uint64_t check(uint64_t before, uint64_t told)
{
	struct registry *reg = NULL;
	struct registry_roster roster;
	int64_t changes;
	struct set s;

	if (bed_try("hub.db", "walker", &reg) < 0)
		fail_msg("seed %u: %s", seed, err);
	registry_roster(reg, &roster);
	if (told == 0)
		told = before;
	if (roster.revision.number < told || roster.revision.number > told + 1)
		fail_msg("seed %u: revision %llu, told of %llu", seed,
			(unsigned long long)roster.revision.number, (unsigned long long)told);
	changes = (int64_t)roster.revision.number - 1;
	assert_int_equal(number(reg, "SELECT count(*) FROM audit"), changes);
	assert_int_equal(number(reg, "SELECT count(*) FROM member"), changes);
	assert_int_equal(number(reg, "SELECT count(*) FROM card"), changes * PER_CHANGE);
	assert_int_equal(roster.cards, changes * (PER_CHANGE - 1));
	assert_int_equal(number(reg, "SELECT max(number) FROM roster"), changes + 1);
	s = set_fetch(reg, NULL, NULL); /* which proves the digest */
	assert_int_equal(s.count, roster.cards + (changes > 0 ? 2 : 1));
	set_free(&s);
	registry_close(reg);
	return roster.revision.number;
}

/* At each change of a file in turn, until a child gets to its end. */
static void killed_at_any_write_the_registry_is_whole(void **state)
{
	bool killed = true;
	unsigned step = getenv("FULL") ? 1 : 7, kills = 0;

	(void)state;
	for (int at = 1 + (int)pick(step); killed; at += 1 + (int)pick(2 * step - 1)) {
		uint64_t told;

		folder_remove();
		folder_make();
		told = run(at, at % 2, 0, &killed);
		kills += killed;
		if (killed || told > 0)
			check(1, told);
	}
	assert_true(kills > 10);
	print_message("# %u kills at a write\n", kills);
}

/* Whenever it happens, again and again on the same file. */
static void killed_at_any_time_the_registry_goes_on(void **state)
{
	unsigned rounds = getenv("FULL") ? 200 : 25, kills = 0;
	uint64_t at = 1;
	bool killed;

	(void)state;
	for (unsigned n = 0; n < rounds; n++) {
		uint64_t told = run(0, false, 500 + pick(15000), &killed);

		kills += killed;
		at = check(at, told);
	}
	print_message("# %u kills in time, revision %llu\n", kills, (unsigned long long)at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_at_any_write_the_registry_is_whole),
		TEST(killed_at_any_time_the_registry_goes_on),
	};
	const char *env = getenv("SEED");

	seed = env ? (unsigned)strtoul(env, NULL, 10) : (unsigned)time(NULL);
	random_state = seed;
	print_message("# SEED=%u\n", seed);
	umask(022);
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
