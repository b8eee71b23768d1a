/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faulty_vfs.h"
#include "store/db.h"

static const char *const steps[] = {
	"CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
	"ALTER TABLE thing ADD COLUMN colour TEXT; UPDATE thing SET colour = 'red'",
	"CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT",
};
static const char *const broken_steps[] = {
	"CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
	"CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT; INSERT INTO nowhere VALUES (1)",
};
static struct db_schema at_version(int count)
{
	return (struct db_schema){steps, count, 0x1234, 0640};
}

static char aside[DB_ASIDE_MAX], err[ERR_MAX];
static bool damaged;

static int open_at(const char *name, int count, sqlite3 **ret_db)
{
	struct db_schema schema = at_version(count);

	err[0] = '\0';
	aside[0] = '\0';
	return db_open(in_folder(name), &schema, ret_db, &damaged, aside, err);
}

/* A file of that version with rows in it, closed. */
static void make_at(const char *name, int count, int rows)
{
	sqlite3 *db = NULL;
	char sql[300];

	assert_int_equal(open_at(name, count, &db), 0);
	for (int i = 1; i <= rows; i++) {
		snprintf(sql, sizeof(sql), "INSERT INTO thing (name) VALUES ('%0200d')", i);
		assert_int_equal(db_do(db, sql), 0);
	}
	sqlite3_close(db);
}

static int64_t number(sqlite3 *db, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_number(db, sql, &n), 0);
	return n;
}

static void new_file_has_our_pragmas_version_and_mode(void **state)
{
	sqlite3 *db = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(open_at("a.db", 3, &db), 0);
	assert_false(damaged);
	assert_int_equal(number(db, "PRAGMA user_version"), 3);
	assert_int_equal(number(db, "PRAGMA application_id"), 0x1234);
	assert_int_equal(number(db, "PRAGMA synchronous"), 2);
	assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(number(db, "PRAGMA trusted_schema"), 0);
	assert_true(number(db, "PRAGMA busy_timeout") > 0);
	assert_int_equal(number(db, "SELECT 'wal' = (SELECT * FROM pragma_journal_mode)"), 1);
	assert_int_equal(stat(in_folder("a.db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(stat(in_folder("a.db-wal"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	sqlite3_close(db);
	assert_int_equal(folder_count("-wal", NULL), 0);
}

static void every_older_version_is_migrated_with_its_rows(void **state)
{
	(void)state;
	for (int old = 1; old <= 3; old++) {
		sqlite3 *db = NULL;

		make_at("m.db", old, 2);
		assert_int_equal(open_at("m.db", 3, &db), 0);
		assert_int_equal(number(db, "PRAGMA user_version"), 3);
		assert_int_equal(number(db, "SELECT count(*) FROM thing"), 2);
		assert_int_equal(number(db, "SELECT count(*) FROM thing WHERE colour = 'red'"),
			old < 2 ? 2 : 0);
		assert_int_equal(number(db, "SELECT count(*) FROM other"), 0);
		sqlite3_close(db);
		unlink(in_folder("m.db"));
	}
}

static void failing_migration_leaves_the_older_version_whole(void **state)
{
	struct db_schema broken = {broken_steps, 2, 0x1234, 0640};
	sqlite3 *db = NULL;

	(void)state;
	make_at("b.db", 1, 2);
	assert_true(db_open(in_folder("b.db"), &broken, &db, &damaged, aside, err) < 0);
	assert_non_null(strstr(err, "nowhere"));
	assert_null(db);
	assert_int_equal(open_at("b.db", 1, &db), 0);
	assert_int_equal(number(db, "PRAGMA user_version"), 1);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 2);
	assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
	sqlite3_close(db);
}

static void newer_version_is_refused_and_left_alone(void **state)
{
	sqlite3 *db = NULL;

	(void)state;
	make_at("n.db", 3, 1);
	assert_int_equal(open_at("n.db", 2, &db), -EPROTONOSUPPORT);
	assert_non_null(strstr(err, "n.db"));
	assert_non_null(strstr(err, "newer tapin"));
	assert_int_equal(folder_count("damaged", NULL), 0);
	assert_int_equal(open_at("n.db", 3, &db), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 1);
	sqlite3_close(db);
}

static void file_of_another_program_is_refused_and_left_alone(void **state)
{
	sqlite3 *db = NULL;

	(void)state;
	sqlite3_open(in_folder("o.db"), &db);
	assert_int_equal(db_do(db, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)"), 0);
	sqlite3_close(db);
	db = NULL;
	assert_int_equal(open_at("o.db", 3, &db), -EPROTONOSUPPORT);
	assert_non_null(strstr(err, "another program"));
	assert_int_equal(folder_count("damaged", NULL), 0);
}

static void what_is_no_database_is_kept_and_a_new_one_begun(void **state)
{
	static const char text[] = "not a database at all, but somebody's only copy of something";
	sqlite3 *db = NULL;
	size_t size;
	char *kept;

	(void)state;
	file_put(in_folder("t.db"), 0, text, sizeof(text));
	assert_int_equal(open_at("t.db", 3, &db), 0);
	assert_true(damaged);
	assert_non_null(strstr(aside, "t.db.damaged-2"));
	kept = file_get(aside, &size);
	assert_int_equal(size, sizeof(text));
	assert_memory_equal(kept, text, size);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 0);
	free(kept);
	sqlite3_close(db);
}

static void damaged_page_sets_file_and_wal_aside_unchanged(void **state)
{
	uint8_t junk[3000];
	sqlite3 *db = NULL, *busy = NULL;
	char name[DB_ASIDE_MAX + 8];
	size_t before, after;
	char *data;

	(void)state;
	make_at("d.db", 3, 200);
	/* a -wal beside it, as after a power cut */
	assert_int_equal(open_at("d.db", 3, &busy), 0);
	assert_int_equal(db_do(busy, "INSERT INTO thing (name) VALUES ('last')"), 0);
	file_copy(in_folder("d.db"), in_folder("e.db"));
	file_copy(in_folder("d.db-wal"), in_folder("e.db-wal"));
	sqlite3_close(busy);
	memset(junk, 0xA5, sizeof(junk));
	file_put(in_folder("e.db"), 4096 * 3 + 100, junk, sizeof(junk));
	data = file_get(in_folder("e.db-wal"), &before);
	free(data);
	assert_int_equal(open_at("e.db", 3, &db), 0);
	assert_true(damaged);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 0);
	snprintf(name, sizeof(name), "%s-wal", aside);
	data = file_get(name, &after);
	assert_int_equal(after, before);
	free(data);
	sqlite3_close(db);
}

static void earlier_kept_file_is_never_overwritten(void **state)
{
	sqlite3 *db = NULL;

	(void)state;
	for (int i = 1; i <= 3; i++) {
		char text[100];

		snprintf(text, sizeof(text), "damage number %d, long enough for a header", i);
		unlink(in_folder("k.db"));
		file_put(in_folder("k.db"), 0, text, sizeof(text));
		assert_int_equal(open_at("k.db", 3, &db), 0);
		sqlite3_close(db);
		assert_int_equal(folder_count("k.db.damaged-", NULL), i);
	}
}

static void wal_without_its_file_is_kept(void **state)
{
	sqlite3 *db = NULL;
	size_t size;
	char *data;

	(void)state;
	file_put(in_folder("w.db-wal"), 0, "orphan", 6);
	assert_int_equal(open_at("w.db", 3, &db), 0);
	assert_true(damaged);
	strcat(aside, "-wal");
	data = file_get(aside, &size);
	assert_memory_equal(data, "orphan", 6);
	free(data);
	sqlite3_close(db);
}

static void damaged_file_that_is_kept_stays_where_it_is(void **state)
{
	struct db_schema schema = at_version(3);
	sqlite3 *db = NULL;
	char *before, *after;
	size_t size, size_after;

	(void)state;
	make_at("k.db", 3, 40);
	file_put(in_folder("k.db"), 4096, "damage", 6);
	before = file_get(in_folder("k.db"), &size);
	assert_int_equal(db_open_keep(in_folder("k.db"), &schema, &db, err), -EBADMSG);
	assert_null(db);
	assert_non_null(strstr(err, "k.db"));
	assert_int_equal(folder_count("damaged", NULL), 0);
	after = file_get(in_folder("k.db"), &size_after);
	assert_int_equal(size, size_after);
	assert_memory_equal(before, after, size);
	free(before);
	free(after);
	unlink(in_folder("k.db"));
	assert_int_equal(db_open_keep(in_folder("k.db"), &schema, &db, err), 0);
	assert_int_equal(number(db, "PRAGMA user_version"), 3);
	sqlite3_close(db);
}

static void missing_folder_is_an_error_that_names_it(void **state)
{
	sqlite3 *db = NULL;

	(void)state;
	assert_int_equal(open_at("no/x.db", 3, &db), -ENOENT);
	assert_non_null(strstr(err, "no/x.db"));
	assert_non_null(strstr(err, "make its folder"));
	assert_int_equal(mkdir(in_folder("dir.db"), 0700), 0);
	assert_int_equal(open_at("dir.db", 3, &db), -EISDIR);
	rmdir(in_folder("dir.db"));
}

static void file_without_permission_is_an_error_not_damage(void **state)
{
	sqlite3 *db = NULL;
	int error;

	(void)state;
	make_at("p.db", 3, 1);
	assert_int_equal(chmod(in_folder("p.db"), 0444), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	error = open_at("p.db", 3, &db);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(error, -EACCES);
	assert_non_null(strstr(err, "give the folder and the file"));
	assert_int_equal(folder_count("damaged", NULL), 0);
}

static void failing_disk_is_an_error_not_damage(void **state)
{
	sqlite3 *db = NULL;

	(void)state;
	make_at("f.db", 1, 1);
	disk.write_error = SQLITE_FULL;
	assert_int_equal(open_at("f.db", 3, &db), -ENOSPC);
	assert_non_null(strstr(err, "free space"));
	disk.write_error = 0;
	disk.read_error = SQLITE_IOERR_READ;
	assert_int_equal(open_at("f.db", 3, &db), -EIO);
	disk.read_error = 0;
	assert_int_equal(folder_count("damaged", NULL), 0);
	assert_int_equal(open_at("f.db", 3, &db), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 1);
	sqlite3_close(db);
}

/* Takes the whole busy time-out, 5 s. */
static void locked_file_is_an_error_not_damage(void **state)
{
	sqlite3 *db = NULL, *other = NULL;

	(void)state;
	make_at("l.db", 1, 1);
	assert_int_equal(open_at("l.db", 1, &other), 0);
	assert_int_equal(db_do(other, "BEGIN IMMEDIATE"), 0);
	assert_int_equal(open_at("l.db", 3, &db), -EBUSY);
	assert_non_null(strstr(err, "other program"));
	assert_int_equal(folder_count("damaged", NULL), 0);
	sqlite3_close(other);
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
		TEST(new_file_has_our_pragmas_version_and_mode),
		TEST(every_older_version_is_migrated_with_its_rows),
		TEST(failing_migration_leaves_the_older_version_whole),
		TEST(newer_version_is_refused_and_left_alone),
		TEST(file_of_another_program_is_refused_and_left_alone),
		TEST(what_is_no_database_is_kept_and_a_new_one_begun),
		TEST(damaged_page_sets_file_and_wal_aside_unchanged),
		TEST(earlier_kept_file_is_never_overwritten),
		TEST(wal_without_its_file_is_kept),
		TEST(damaged_file_that_is_kept_stays_where_it_is),
		TEST(missing_folder_is_an_error_that_names_it),
		TEST(file_without_permission_is_an_error_not_damage),
		TEST(failing_disk_is_an_error_not_damage),
		TEST(locked_file_is_an_error_not_damage),
	};

	umask(022);
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
