/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper when the disk, the file or the loop does what it should not. SEED=n repeats a run. */
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
#include <sys/resource.h>

static unsigned seed;
static struct keeper *keeper;
static struct cache *cache;
static struct model model;

static void expect_error(struct keeper_event event, int wanted, const char *says)
{
	if (event.error != wanted)
		fail_msg("error %d instead of %d: %s", event.error, wanted, event.message);
	if (!strstr(event.message, says))
		fail_msg("\"%s\" does not say \"%s\"", event.message, says);
}

static void take(const struct revision *from)
{
	struct keeper_event event = keeper_bed_take(keeper, &model, from);

	if (event.error < 0)
		fail_msg("%s (seed %u)", event.message, seed);
	assert_null(keeper_bed_compare(cache, &model));
	model_clean(&model);
}

static void keeper_needs_a_site_and_a_folder(void **state)
{
	struct keeper_options options = {.cache_path = in_folder("cache.db"),
		.kept_path = in_folder("kept.db"),
		.site = "Not a site",
		.hash = crypto_hash256};
	struct keeper *none = NULL;
	bool damaged;

	(void)state;
	assert_int_equal(keeper_open(&options, &none, &damaged, err), -EINVAL);
	options.site = "walker";
	options.kept_path = in_folder("nowhere/kept.db");
	assert_int_equal(keeper_open(&options, &none, &damaged, err), -ENOENT);
	assert_non_null(strstr(err, "make its folder"));
	options.kept_path = in_folder("cache.db"); /* another file than the cache */
	assert_int_equal(keeper_open(&options, &none, &damaged, err), -EPROTONOSUPPORT);
	assert_null(none);
	assert_null(keeper_close(NULL, 10));
}

static void missing_cache_is_named(void **state)
{
	static uint8_t run[100];
	struct revision revision = {.generation = 1, .number = 9};

	(void)state;
	cache = cache_close(cache);
	unlink(in_folder("cache.db"));
	expect_error(keeper_bed_take(keeper, &model, NULL), -ENOENT, "cache.db");
	assert_int_equal(keeper_block(keeper, &revision, run, 0), 0);
	expect_error(keeper_bed_next(keeper), -ENOENT, "cache.db");
	assert_int_equal(folder_count("cache.db", NULL), 0); /* nothing is made here */
}

/* The damage is the file's, so asking the hub for a snapshot would not mend it. */
static void damaged_file_is_not_blamed_on_the_hub(void **state)
{
	struct revision from;
	struct keeper_event event;
	bool damaged;

	(void)state;
	take(NULL);
	keeper = keeper_close(keeper, 1000);
	cache = cache_close(cache); /* the last one moves the -wal into the file */
	for (long at = 4096; at < 30 * 4096; at += 64)
		file_put(in_folder("cache.db"), at, "garbage garbage garbage", 23);
	keeper = keeper_bed_open(&damaged);
	from = model.revision;
	model_change(&model, 100, &seed);
	event = keeper_bed_take(keeper, &model, &from);
	assert_int_not_equal(event.error, 0);
	assert_int_not_equal(event.error, -EBADMSG);
}

static void full_disk_while_it_is_fetched_is_told(void **state)
{
	struct rlimit old, small = {4096, 0};

	(void)state;
	take(NULL);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	model_change(&model, 5, &seed);
	expect_error(
		keeper_bed_take(keeper, &model, NULL), -EFBIG, "cannot write the hub's roster");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	take(NULL);
}

static void abort_in_the_middle_of_a_commit_leaves_one_of_both(void **state)
{
	static uint8_t run[MODEL_RUN_MAX];
	static struct model next;
	unsigned news = 0;

	(void)state;
	take(NULL);
	for (unsigned i = 0; i < 30; i++) {
		struct keeper_roster roster;
		struct keeper_event event;
		size_t size;

		model_copy(&model, &next);
		model_change(&next, 50, &seed);
		roster = keeper_bed_roster(&next, NULL);
		size = model_run(&next, false, run);
		assert_int_equal(keeper_roster_begin(keeper, &roster), 0);
		for (size_t at = 0, from = 0; at < size; from = at) {
			const uint8_t *record;
			size_t record_size;
			uint8_t *copy;

			while (at - from < 2000 &&
				roster_run_next(run, size, &at, &record, &record_size) > 0)
				;
			copy = malloc(at - from);
			memcpy(copy, run + from, at - from);
			assert_int_equal(keeper_roster_fill(keeper, copy, at - from), 0);
		}
		assert_int_equal(keeper_roster_commit(keeper), 0);
		usleep(model_random(&seed, 4000));
		keeper_roster_abort(keeper);
		/* a block's turn comes when what was under way is over */
		assert_int_equal(keeper_block(keeper, &roster.to, run, 0), 0);
		event = keeper_bed_next(keeper);
		while (event.kind != KEEPER_EVENT_BLOCKED) {
			assert_true(event.kind == KEEPER_EVENT_ROSTER && event.error == 0);
			event = keeper_bed_next(keeper);
		}
		if (!keeper_bed_compare(cache, &next)) {
			news++;
			model_copy(&next, &model);
		} else {
			assert_null(keeper_bed_compare(cache, &model));
		}
		assert_int_equal(keeper_next(keeper, &event), 0);
	}
	print_message("# %u of 30 were in force before the abort\n", news);
	model_free(&next);
	take(NULL);
}

static void disk_that_hangs_does_not_hold_the_end_up(void **state)
{
	uint64_t start;

	(void)state;
	disk.sync_delay_ms = 1500;
	assert_int_equal(keeper_keep(keeper, "keys", "x", 1, 1), 0);
	start = clock_mono_us();
	keeper = keeper_close(keeper, 10);
	assert_true(clock_mono_us() - start < 1400000);
	disk.sync_delay_ms = 0;
	usleep(800000); /* its thread frees what is left */
}

static void more_tiers_than_a_door_holds_are_refused(void **state)
{
	static struct roster_record r;
	static uint8_t run[MODEL_RUN_MAX], bytes[ROSTER_RECORD_MAX];
	struct keeper_roster roster = {.site = "walker", .snapshot = true, .to = {1, 9}};
	size_t size = 0;

	(void)state;
	for (uint32_t i = 0; i <= CACHE_TIERS_MAX + 1; i++) {
		int n;

		memset(&r, 0, sizeof(r));
		r.kind = i ? ROSTER_KIND_TIER : ROSTER_KIND_SITE;
		if (i)
			r.tier.tier = i;
		else
			strcpy(r.site.timezone, "Etc/UTC");
		n = roster_record_encode(&r, bytes);
		assert_true(n > 0);
		roster_digest_add(roster.digest, bytes, (size_t)n, crypto_hash256);
		size = (size_t)roster_run_add(run, size, sizeof(run), bytes, (size_t)n);
	}
	expect_error(keeper_bed_send(keeper, &roster, run, size, 9000), -EBADMSG, "too many");
}

static int fresh_bed(void **state)
{
	bool damaged;

	(void)state;
	memset(&disk, 0, sizeof(disk));
	folder_make();
	model_make(&model, &seed);
	if (cache_open(in_folder("cache.db"), &cache, &damaged, err) < 0)
		return -1;
	keeper = keeper_bed_open(&damaged);
	return keeper ? 0 : -1;
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
		TEST(keeper_needs_a_site_and_a_folder),
		TEST(missing_cache_is_named),
		TEST(damaged_file_is_not_blamed_on_the_hub),
		TEST(full_disk_while_it_is_fetched_is_told),
		TEST(abort_in_the_middle_of_a_commit_leaves_one_of_both),
		TEST(disk_that_hangs_does_not_hold_the_end_up),
		TEST(more_tiers_than_a_door_holds_are_refused),
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
