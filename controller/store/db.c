/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BUSY_MS 5000

static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

void db_cleanup(struct sqlite3 **db)
{
	sqlite3_close_v2(*db);
}

void db_cleanup_stmt(struct sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}

/* The error of the file system behind SQLite's, where it says more. */
static int system_errno(struct sqlite3 *db, int otherwise)
{
	int number = sqlite3_system_errno(db);

	if (number == EDQUOT)
		return -ENOSPC;
	return number > 0 ? -number : otherwise;
}

static int constraint_errno(int extended)
{
	if (extended == SQLITE_CONSTRAINT_PRIMARYKEY || extended == SQLITE_CONSTRAINT_UNIQUE)
		return -EEXIST;
	return extended == SQLITE_CONSTRAINT_FOREIGNKEY ? -ENOENT : -EINVAL;
}

int db_errno(struct sqlite3 *db)
{
	int rc = sqlite3_extended_errcode(db);

	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_IOERR:
		return system_errno(db, -EIO) == -ENOSPC ? -ENOSPC : -EIO;
	case SQLITE_CANTOPEN:
		return system_errno(db, -EACCES);
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_CONSTRAINT:
		return constraint_errno(rc);
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
		return -EINVAL;
	default: /* SQLite's codes, not ours: whatever is new is a failure */
		return -EIO;
	}
}

static const char *remedy(int error)
{
	switch (-error) {
	case ENOSPC:
		return "free space on its disk";
	case EROFS:
		return "make the disk, the folder and the file writable again";
	case EACCES:
	case EPERM:
		return "give the folder and the file to the service's user";
	case ENOENT:
	case ENOTDIR:
		return "make its folder";
	case EISDIR:
		return "name a file, not a folder";
	case EBUSY:
		return "end the other program that holds it";
	case EBADMSG:
		return "it is damaged; start again, which keeps it and begins a new one";
	default:
		return "check the disk and the system's log";
	}
}

/* Who only reads a file can neither make its folder nor begin a new one. */
static const char *reader_remedy(int error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		return "read it as a user who may";
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
		return "name the file that the program keeps";
	case EBADMSG:
		return "it is damaged; it was not changed";
	default:
		return remedy(error);
	}
}

/* One wording for every failure: file, what failed, why, what to do. */
static int say(const char *path, const char *doing, int error, const char *why, const char *what,
	char err[ERR_MAX])
{
	snprintf(err, ERR_MAX, "%s: cannot %s: %s: %s", path, doing, why ? why : strerror(-error),
		what);
	return error;
}

static int fail(const char *path, const char *doing, int error, const char *why, char err[ERR_MAX])
{
	return say(path, doing, error, why, remedy(error), err);
}

int db_fail(struct sqlite3 *db, const char *path, const char *doing, char err[ERR_MAX])
{
	int error = db_errno(db);

	if (error >= 0)
		error = -EIO;
	return say(path, doing, error, sqlite3_errmsg(db),
		sqlite3_db_readonly(db, "main") == 1 ? reader_remedy(error) : remedy(error), err);
}

int db_do(struct sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_errno(db);
}

int db_run(struct sqlite3 *db, const char *path, const char *sql, char err[ERR_MAX])
{
	char doing[80];

	if (db_do(db, sql) == 0)
		return 0;
	snprintf(doing, sizeof(doing), "run \"%.60s\"", sql);
	return db_fail(db, path, doing, err);
}

int db_prepare(struct sqlite3 *db, const char *path, const char *sql, struct sqlite3_stmt **ret,
	char err[ERR_MAX])
{
	char doing[80];

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) == SQLITE_OK)
		return 0;
	snprintf(doing, sizeof(doing), "prepare \"%.60s\"", sql);
	return db_fail(db, path, doing, err);
}

int db_finish(struct sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);
	int error = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : db_errno(sqlite3_db_handle(stmt));

	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return error;
}

int db_number(struct sqlite3 *db, const char *sql, int64_t *ret_number)
{
	CLEANUP(db_cleanup_stmt) struct sqlite3_stmt *stmt = NULL;
	int rc;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return db_errno(db);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE)
		return -ENODATA;
	if (rc != SQLITE_ROW)
		return db_errno(db);
	*ret_number = sqlite3_column_int64(stmt, 0);
	return 0;
}

int db_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(cleanup_free) char *folder = slash ? strndup(path, slash - path + 1) : strdup(".");
	CLEANUP(cleanup_close) int fd = -1;

	if (!folder)
		return -ENOMEM;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0 ? 0 : -errno;
}

/* Renames without ever overwriting. */
static int rename_keep(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL) /* a file system without that flag */
		return -errno;
	if (access(to, F_OK) == 0)
		return -EEXIST;
	return rename(from, to) == 0 ? 0 : -errno;
}

/* PATH.damaged-TIME, or with -2, -3 …: a name that neither the file nor its companions have. */
static int aside_name(const char *path, char aside[DB_ASIDE_MAX])
{
	char stamp[24], number[8] = "", probe[PATH_MAX];
	struct tm utc;
	time_t now = time(NULL);

	if (!gmtime_r(&now, &utc) || !strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc))
		return -EINVAL;
	for (unsigned n = 2; n < 1000; n++) {
		bool taken = false;

		if (snprintf(aside, DB_ASIDE_MAX, "%s.damaged-%s%s", path, stamp, number) >=
			DB_ASIDE_MAX)
			return -ENAMETOOLONG;
		for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
			snprintf(probe, sizeof(probe), "%s%s", aside, suffixes[i]);
			taken |= faccessat(AT_FDCWD, probe, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
		}
		if (!taken)
			return 0;
		snprintf(number, sizeof(number), "-%u", n);
	}
	return -EEXIST;
}

int db_set_aside(const char *path, char aside[DB_ASIDE_MAX], char err[ERR_MAX])
{
	char from[PATH_MAX], to[PATH_MAX];
	int error = aside_name(path, aside);

	/*
	 * The file itself first: were a -wal left beside a new file, SQLite would delete it or,
	 * worse, replay it; a crash in between leaves companions without a file, which make_file()
	 * sees.
	 */
	for (size_t i = 0; error == 0 && i < ARRAY_SIZE(suffixes); i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(to, sizeof(to), "%s%s", aside, suffixes[i]);
		error = rename_keep(from, to);
		if (error == -ENOENT)
			error = 0;
	}
	if (error == 0)
		error = db_sync_folder(path);
	return error == 0 ? 0 : fail(path, "set the damaged file aside", error, NULL, err);
}

/*
 * A file to read that has no -wal is open nowhere and at rest: told so, SQLite makes no -wal and
 * -shm beside it, which it could not take away again, and reads from a write-protected disk too.
 */
static int open_at_rest(const char *path, sqlite3 **ret_db)
{
	char uri[3 * PATH_MAX + 32] = "file:";
	size_t at = strlen(uri);

	for (const char *c = path; *c && at < sizeof(uri) - 32; c++)
		at += (size_t)snprintf(
			uri + at, 4, strchr("%?#", *c) ? "%%%02X" : "%c", (unsigned char)*c);
	snprintf(uri + at, sizeof(uri) - at, "?immutable=1");
	return sqlite3_open_v2(
		uri, ret_db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
}

static int open_file(const char *path, bool read_only, sqlite3 **ret_db)
{
	char wal[PATH_MAX];

	snprintf(wal, sizeof(wal), "%s-wal", path);
	if (read_only && access(wal, F_OK) < 0)
		return open_at_rest(path, ret_db);
	return sqlite3_open_v2(path, ret_db,
		(read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX,
		NULL);
}

/* SQLite says of a file that is not there only that it cannot open it. */
static int find_file(const char *path, char err[ERR_MAX])
{
	struct stat st;
	int error = stat(path, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;

	if (error == 0 && euidaccess(path, R_OK) < 0)
		error = -errno;
	return error == 0 ? 0 : say(path, "read it", error, NULL, reader_remedy(error), err);
}

int db_connect(const char *path, bool read_only, struct sqlite3 **ret_db, char err[ERR_MAX])
{
	CLEANUP(db_cleanup) struct sqlite3 *db = NULL;
	int error = read_only ? find_file(path, err) : 0;

	if (error < 0)
		return error;
	if (open_file(path, read_only, &db) != SQLITE_OK)
		return db ? db_fail(db, path, "open", err) : fail(path, "open", -ENOMEM, NULL, err);
	if (!read_only && sqlite3_db_readonly(db, "main") == 1)
		return fail(path, "open for writing", euidaccess(path, W_OK) < 0 ? -errno : -EROFS,
			NULL, err);
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, BUSY_MS);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* Closing must not change a file that turns out to be damaged. */
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	error = db_run(db, path,
		"PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL;"
		"PRAGMA cell_size_check=ON; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
		"PRAGMA journal_size_limit=4194304",
		err);
	if (error == -EBADMSG && read_only)
		snprintf(err, ERR_MAX,
			"%s: is no database, or a damaged one: name the file that the program "
			"keeps, or a whole copy of it",
			path);
	if (error < 0)
		return error;
	*ret_db = STEAL(db);
	return 0;
}

/* The file's version; refuses what another program or a newer tapin made. */
static int identify(struct sqlite3 *db, const char *path, const struct db_schema *schema,
	int *ret_version, char err[ERR_MAX])
{
	int64_t application, version, tables;

	if (db_number(db, "PRAGMA application_id", &application) < 0 ||
		db_number(db, "PRAGMA user_version", &version) < 0 ||
		db_number(db, "SELECT count(*) FROM sqlite_schema", &tables) < 0)
		return db_fail(db, path, "read", err);
	if (application != schema->application_id &&
		(application != 0 || version != 0 || tables != 0)) {
		snprintf(err, ERR_MAX,
			"%s: is a database of another program (application id %d, expected %d): "
			"name another file, or move this one away",
			path, (int)application, schema->application_id);
		return -EPROTONOSUPPORT;
	}
	if (version < 0 || version > schema->count) {
		snprintf(err, ERR_MAX,
			"%s: has version %d, this program knows up to %d: a newer tapin made it; "
			"install that one again, there is no way back",
			path, (int)version, schema->count);
		return -EPROTONOSUPPORT;
	}
	*ret_version = (int)version;
	return 0;
}

static int check(struct sqlite3 *db, const char *path, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) struct sqlite3_stmt *stmt = NULL;
	int error = db_prepare(db, path, "PRAGMA quick_check(1)", &stmt, err);
	const char *said;

	if (error < 0)
		return error;
	if (sqlite3_step(stmt) != SQLITE_ROW)
		return db_fail(db, path, "check", err);
	said = (const char *)sqlite3_column_text(stmt, 0);
	if (said && strcmp(said, "ok") == 0)
		return 0;
	return fail(path, "trust", said ? -EBADMSG : -ENOMEM, said, err);
}

static int migrate(struct sqlite3 *db, const char *path, const struct db_schema *schema,
	int version, char err[ERR_MAX])
{
	char stamp[96];

	for (; version < schema->count; version++) {
		int error = db_run(db, path, "BEGIN IMMEDIATE", err);

		snprintf(stamp, sizeof(stamp), "PRAGMA application_id=%d; PRAGMA user_version=%d",
			schema->application_id, version + 1);
		if (error == 0)
			error = db_run(db, path, schema->steps[version], err);
		if (error == 0)
			error = db_run(db, path, stamp, err);
		if (error == 0)
			error = db_run(db, path, "COMMIT", err);
		if (error < 0) {
			db_do(db, "ROLLBACK");
			return error;
		}
	}
	return 0;
}

static int open_checked(const char *path, const struct db_schema *schema, struct sqlite3 **ret_db,
	char err[ERR_MAX])
{
	CLEANUP(db_cleanup) struct sqlite3 *db = NULL;
	int version = 0;
	int error = db_connect(path, false, &db, err);

	if (error == 0)
		error = identify(db, path, schema, &version, err);
	if (error == 0)
		error = db_run(db, path, "PRAGMA journal_mode=WAL", err);
	if (error == 0)
		error = check(db, path, err);
	if (error == 0)
		error = migrate(db, path, schema, version, err);
	if (error < 0)
		return error;
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	*ret_db = STEAL(db);
	return 0;
}

/*
 * Makes the file if there is none, durably. An existing one is not opened here: closing that
 * descriptor would drop the locks of other connections of this process. -EBADMSG when the file is
 * gone or empty but its -wal is not: SQLite would delete that.
 */
static int make_file(const char *path, mode_t mode, char err[ERR_MAX])
{
	CLEANUP(cleanup_close) int fd = -1;
	struct stat file = {0}, wal = {0};
	char name[PATH_MAX];
	bool there = stat(path, &file) == 0;
	int error;

	snprintf(name, sizeof(name), "%s-wal", path);
	if (file.st_size == 0 && stat(name, &wal) == 0 && wal.st_size > 0)
		return fail(path, "open", -EBADMSG, "its -wal lies there without it", err);
	if (there && S_ISDIR(file.st_mode))
		return fail(path, "open", -EISDIR, NULL, err);
	if (there)
		return 0;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || fsync(fd) < 0)
		return errno == EEXIST ? 0 : fail(path, "make", -errno, NULL, err);
	error = db_sync_folder(path);
	return error == 0 ? 0 : fail(path, "make durable", error, NULL, err);
}

int db_open_keep(const char *path, const struct db_schema *schema, struct sqlite3 **ret_db,
	char err[ERR_MAX])
{
	int error;

	if (strlen(path) > PATH_MAX - DB_ASIDE_MAX)
		return fail("database", "open", -ENAMETOOLONG, NULL, err);
	error = make_file(path, schema->mode, err);
	return error == 0 ? open_checked(path, schema, ret_db, err) : error;
}

int db_open(const char *path, const struct db_schema *schema, struct sqlite3 **ret_db,
	bool *ret_damaged, char aside[DB_ASIDE_MAX], char err[ERR_MAX])
{
	bool damaged = false;
	int error;

	if (strlen(path) > PATH_MAX - DB_ASIDE_MAX)
		return fail("database", "open", -ENAMETOOLONG, NULL, err);
	for (;;) {
		error = make_file(path, schema->mode, err);
		if (error == 0)
			error = open_checked(path, schema, ret_db, err);
		if (error != -EBADMSG || damaged)
			break;
		error = db_set_aside(path, aside, err);
		if (error < 0)
			break;
		damaged = true;
	}
	if (error == 0)
		*ret_damaged = damaged;
	return error;
}

int db_open_read(const char *path, const struct db_schema *schema, struct sqlite3 **ret_db,
	char err[ERR_MAX])
{
	CLEANUP(db_cleanup) struct sqlite3 *db = NULL;
	int version = 0;
	int error = db_connect(path, true, &db, err);

	if (error == 0)
		error = identify(db, path, schema, &version, err);
	if (error < 0)
		return error;
	if (version < schema->count) {
		snprintf(err, ERR_MAX,
			"%s: has version %d, this program reads version %d: start this version's "
			"service on it once, which brings it up to date",
			path, version, schema->count);
		return -EPROTONOSUPPORT;
	}
	*ret_db = STEAL(db);
	return 0;
}
