/* SPDX-License-Identifier: Apache-2.0 */
/* What every database of ours has in common: opening, pragmas, migrations, set aside when damaged.
 */
#pragma once

#include "base/util.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sqlite3;
struct sqlite3_stmt;

#define DB_ASIDE_MAX 256

struct db_schema {
	const char *const *steps; /* steps[i] takes user_version i to i + 1 */
	int count;
	int application_id; /* PRAGMA application_id: refuses another program's file */
	mode_t mode;        /* of a new file; SQLite gives the same to -wal and -shm */
};

/*
 * Opens or makes the file with WAL, synchronous=FULL, foreign_keys, trusted_schema off, a busy
 * time-out; runs quick_check and the missing migrations, each in a transaction. A newer
 * user_version or another program's file is refused (-EPROTONOSUPPORT). A damaged file with its
 * -wal and -shm is renamed to *.damaged-TIME, kept, and a new one made: *ret_damaged, and aside =
 * its name. What is mere inability (permission, a full or locked disk, an I/O error) is an error
 * and nothing is renamed. 0 or negative errno with err.
 */
int db_open(const char *path, const struct db_schema *schema, struct sqlite3 **ret_db,
	bool *ret_damaged, char aside[DB_ASIDE_MAX], char err[ERR_MAX]);

/*
 * The same for a file that nothing can replace: a damaged one stays where it is, untouched,
 * -EBADMSG.
 */
int db_open_keep(const char *path, const struct db_schema *schema, struct sqlite3 **ret_db,
	char err[ERR_MAX]);

/*
 * Opens an existing file of exactly this schema's version for reading; makes, migrates and repairs
 * nothing. -EPROTONOSUPPORT for another version or program. 0 or negative errno with err.
 */
int db_open_read(const char *path, const struct db_schema *schema, struct sqlite3 **ret_db,
	char err[ERR_MAX]);

/* One more connection to an existing file, pragmas set, nothing checked. Closing it never
 * checkpoints. */
int db_connect(const char *path, bool read_only, struct sqlite3 **ret_db, char err[ERR_MAX]);

/* Renames path, -wal, -shm and -journal to a name nobody has, PATH.damaged-UTC[-N], syncs the
 * folder. */
int db_set_aside(const char *path, char aside[DB_ASIDE_MAX], char err[ERR_MAX]);

/* Makes names in path's folder durable. 0 or negative errno. */
int db_sync_folder(const char *path);

/* Runs statements without results. 0 or negative errno with err. */
int db_run(struct sqlite3 *db, const char *path, const char *sql, char err[ERR_MAX]);
/* Like db_run, where only the number matters. */
int db_do(struct sqlite3 *db, const char *sql);
/* The first column of the first row. 0, -ENODATA without a row, or negative errno. */
int db_number(struct sqlite3 *db, const char *sql, int64_t *ret_number);
int db_prepare(struct sqlite3 *db, const char *path, const char *sql, struct sqlite3_stmt **ret,
	char err[ERR_MAX]);
/* Steps a statement that gives no row and resets it. 0 or negative errno. */
int db_finish(struct sqlite3_stmt *stmt);

/* What SQLite last said, as negative errno: -EBADMSG is damage, everything else inability. */
int db_errno(struct sqlite3 *db);
/* The same, with err naming the file, what failed and the remedy. */
int db_fail(struct sqlite3 *db, const char *path, const char *doing, char err[ERR_MAX]);

/* For CLEANUP. */
void db_cleanup(struct sqlite3 **db);
void db_cleanup_stmt(struct sqlite3_stmt **stmt);
