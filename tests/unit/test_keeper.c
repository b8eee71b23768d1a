/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper: values and rosters that survive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "faulty_vfs.h"
#include "store/db.h"
#include "store/keeper.h"
#include <poll.h>

static char err[ERR_MAX];

static struct keeper *open_keeper(bool want_damaged)
{
	struct keeper_options options = {
		.cache_path = in_folder("cache.db"),
		.kept_path = in_folder("kept.db"),
		.site = "walker",
		.hash = crypto_hash256,
	};
	struct keeper *keeper = NULL;
	bool damaged = !want_damaged;

	if (keeper_open(&options, &keeper, &damaged, err) < 0)
		fail_msg("%s", err);
	assert_int_equal(damaged, want_damaged);
	return keeper;
}

static struct keeper_event next_event(struct keeper *keeper)
{
	struct pollfd fd = {.fd = keeper_fd(keeper), .events = POLLIN};
	uint64_t until = clock_mono_us() + 30000000;
	struct keeper_event event = {0};

	while (!keeper_next(keeper, &event)) {
		assert_true(clock_mono_us() < until);
		poll(&fd, 1, 1000);
	}
	return event;
}

static void keep(struct keeper *keeper, const char *name, const char *value)
{
	struct keeper_event event;

	assert_int_equal(keeper_keep(keeper, name, value, strlen(value), 7), 0);
	event = next_event(keeper);
	assert_int_equal(event.kind, KEEPER_EVENT_KEPT);
	assert_int_equal(event.tag, 7);
	if (event.error < 0)
		fail_msg("%s", event.message);
}

static void expect_kept(struct keeper *keeper, const char *name, const char *wanted)
{
	char *value = NULL;
	size_t size = 0;

	assert_int_equal(keeper_value(keeper, name, &value, &size), wanted ? 0 : -ENOENT);
	if (wanted) {
		assert_int_equal(size, strlen(wanted));
		assert_string_equal(value, wanted);
	}
	free(value);
}

/* ---- values ---- */

static void value_is_there_after_a_restart(void **state)
{
	struct keeper *keeper = open_keeper(false);

	(void)state;
	expect_kept(keeper, "keys", NULL);
	keep(keeper, "keys", "one");
	expect_kept(keeper, "keys", "one");
	keep(keeper, "keys", "two");
	keep(keeper, "counter", "");
	keeper_close(keeper, 1000);
	keeper = open_keeper(false);
	expect_kept(keeper, "keys", "two");
	expect_kept(keeper, "counter", "");
	expect_kept(keeper, "key", NULL);
	keeper_close(keeper, 1000);
}

static void values_are_bounded(void **state)
{
	struct keeper *keeper = open_keeper(false);
	char *large = calloc(1, KEEPER_VALUE_MAX + 1);
	struct keeper_event event;
	char name[80], *value = NULL;
	size_t size;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[65] = '\0';
	assert_int_equal(keeper_keep(keeper, name, "", 0, 1), -EINVAL);
	assert_int_equal(keeper_value(keeper, name, &value, &size), -EINVAL);
	assert_int_equal(keeper_keep(keeper, "", "", 0, 1), -EINVAL);
	assert_int_equal(keeper_keep(keeper, "a", large, KEEPER_VALUE_MAX + 1, 1), -EINVAL);
	assert_int_equal(keeper_keep(keeper, "value 0", large, KEEPER_VALUE_MAX, 1), 0);
	assert_int_equal(next_event(keeper).error, 0);
	assert_int_equal(keeper_value(keeper, "value 0", &value, &size), 0);
	assert_int_equal(size, KEEPER_VALUE_MAX);
	free(value);
	for (int i = 1; i < 64; i++) {
		snprintf(name, sizeof(name), "value %d", i);
		keep(keeper, name, "x");
	}
	assert_int_equal(keeper_keep(keeper, "one more", "x", 1, 2), 0);
	event = next_event(keeper);
	assert_int_equal(event.error, -ENOSPC);
	assert_non_null(strstr(event.message, "one more"));
	keep(keeper, "value 63", "y");
	free(large);
	keeper_close(keeper, 1000);
}

static void what_waits_is_bounded_and_answered_in_order(void **state)
{
	struct keeper *keeper = open_keeper(false);
	uint64_t taken = 0;

	(void)state;
	disk.sync_delay_ms = 5;
	while (keeper_keep(keeper, "counter", &taken, sizeof(taken), taken) == 0)
		taken++;
	assert_int_equal(taken, KEEPER_WAITING_MAX);
	for (uint64_t i = 0; i < taken; i++)
		assert_int_equal(next_event(keeper).tag, i);
	assert_int_equal(keeper_keep(keeper, "counter", &taken, sizeof(taken), taken), 0);
	keeper_close(keeper, 5000); /* waits for what was handed in */
	disk.sync_delay_ms = 0;
	keeper = open_keeper(false);
	{
		char *value;
		size_t size;

		assert_int_equal(keeper_value(keeper, "counter", &value, &size), 0);
		assert_memory_equal(value, &taken, sizeof(taken));
		free(value);
	}
	keeper_close(keeper, 1000);
}

static void full_disk_is_told_and_heals(void **state)
{
	struct keeper *keeper = open_keeper(false);
	struct keeper_event event;

	(void)state;
	keep(keeper, "keys", "one");
	disk.write_error = SQLITE_FULL;
	assert_int_equal(keeper_keep(keeper, "keys", "two", 3, 1), 0);
	event = next_event(keeper);
	disk.write_error = 0;
	assert_int_equal(event.error, -ENOSPC);
	assert_non_null(strstr(event.message, "kept.db"));
	expect_kept(keeper, "keys", "one");
	keep(keeper, "keys", "three");
	expect_kept(keeper, "keys", "three");
	keeper_close(keeper, 1000);
}

static void damaged_file_is_kept_and_an_empty_one_begun(void **state)
{
	struct keeper *keeper = open_keeper(false);

	(void)state;
	keep(keeper, "keys", "one");
	keeper_close(keeper, 1000);
	file_put(in_folder("kept.db"), 4096, "garbage", 7);
	keeper = open_keeper(true);
	assert_non_null(strstr(err, "kept.db.damaged-"));
	assert_true(folder_count("kept.db.damaged-", NULL) >= 1);
	expect_kept(keeper, "keys", NULL);
	keep(keeper, "keys", "two");
	keeper_close(keeper, 1000);
	keeper = open_keeper(false);
	expect_kept(keeper, "keys", "two");
	keeper_close(keeper, 1000);
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

/* ---- files ---- */

static void file_is_replaced_whole(void **state)
{
	struct keeper *keeper = open_keeper(false);
	struct keeper_event event;
	char *text;
	size_t size;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			keeper_file(keeper, "list.sealed", strdup(i ? "new" : "old one"), 3, 9), 0);
		event = next_event(keeper);
		assert_int_equal(event.kind, KEEPER_EVENT_WRITTEN);
		assert_int_equal(event.tag, 9);
		assert_int_equal(event.error, 0);
		assert_int_equal(file_read(in_folder("list.sealed"), 100, &text, &size), 0);
		assert_string_equal(text, i ? "new" : "old");
		free(text);
	}
	keeper_close(keeper, 1000);
}

static void file_that_cannot_be_written_says_so(void **state)
{
	static const char *const bad[] = {"", ".", "..", "../x", "a/b"};
	struct keeper *keeper = open_keeper(false);
	struct keeper_event event;
	char data[] = "x";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(keeper_file(keeper, bad[i], data, 1, 0), -EINVAL);
	assert_int_equal(mkdir(in_folder("list.sealed"), 0700), 0);
	assert_int_equal(keeper_file(keeper, "list.sealed", strdup("x"), 1, 0), 0);
	event = next_event(keeper);
	assert_int_equal(event.error, -EISDIR);
	assert_non_null(strstr(event.message, "list.sealed: cannot be written"));
	rmdir(in_folder("list.sealed"));
	keeper_close(keeper, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(value_is_there_after_a_restart),
		TEST(values_are_bounded),
		TEST(what_waits_is_bounded_and_answered_in_order),
		TEST(full_disk_is_told_and_heals),
		TEST(damaged_file_is_kept_and_an_empty_one_begun),
		TEST(file_is_replaced_whole),
		TEST(file_that_cannot_be_written_says_so),
	};

	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
