/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/util.h"
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static char dir[] = "/tmp/tapin-file-XXXXXX";
static char path[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/file", dir);
	return 0;
}

static int drop_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void what_was_written_is_read_back(void **state)
{
	CLEANUP(cleanup_free) char *data = NULL;
	struct stat st;
	size_t size;

	(void)state;
	assert_int_equal(file_write_atomic(path, "old", 3, 0600), 0);
	assert_int_equal(file_write_atomic(path, "newer", 5, 0640), 0);
	assert_int_equal(file_read(path, 100, &data, &size), 0);
	assert_int_equal(size, 5);
	assert_string_equal(data, "newer");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_file_beyond_the_bound_is_refused(void **state)
{
	char *data = NULL;
	size_t size;

	(void)state;
	assert_int_equal(file_write_atomic(path, "12345", 5, 0600), 0);
	assert_int_equal(file_read(path, 4, &data, &size), -EFBIG);
	assert_null(data);
}

static void what_is_no_file_is_refused(void **state)
{
	char *data = NULL;
	size_t size;

	(void)state;
	assert_int_equal(file_read(dir, 100, &data, &size), -EISDIR);
	assert_int_equal(file_read("/dev/zero", 100, &data, &size), -EINVAL);
	assert_int_equal(file_read("/nonexistent", 100, &data, &size), -ENOENT);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
	CLEANUP(cleanup_free) char *data = NULL;
	size_t size;

	(void)state;
	assert_int_equal(file_write_atomic(path, "old", 3, 0600), 0);
	assert_int_equal(file_write_atomic("/nonexistent/file", "x", 1, 0600), -ENOENT);
	assert_int_equal(file_read(path, 100, &data, &size), 0);
	assert_string_equal(data, "old");
}

static void times_are_written_in_utc(void **state)
{
	char text[25];

	(void)state;
	clock_format_utc(1795339801123456LL, text);
	assert_string_equal(text, "2026-11-22T09:30:01.123Z");
	clock_format_utc(-5, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	clock_format_utc(INT64_MAX, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

static void local_time_follows_the_zone(void **state)
{
	struct civil civil;

	(void)state;
	setenv("TZ", "Europe/London", 1);
	tzset();
	assert_int_equal(clock_civil(1784104200LL * 1000000, &civil), 0); /* 2026-07-15 08:30 UTC */
	assert_int_equal(civil.minute, 9 * 60 + 30);
	assert_int_equal(civil.weekday, 2);
	assert_int_equal(civil.day, 15);
}

static void a_clock_below_its_floor_is_not_trusted(void **state)
{
	enum clock_trust trust = clock_trust_now(INT64_MAX);

	(void)state;
	/* SYNCED may go below the floor; nothing else may */
	assert_true(trust == CLOCK_TRUST_SYNCED || trust == CLOCK_TRUST_UNSET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(a_file_beyond_the_bound_is_refused),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(a_failed_write_leaves_the_old_file),
		cmocka_unit_test(times_are_written_in_utc),
		cmocka_unit_test(local_time_follows_the_zone),
		cmocka_unit_test(a_clock_below_its_floor_is_not_trusted),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
