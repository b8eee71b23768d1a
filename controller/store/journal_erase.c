/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting whom entries are about: salt and subject go, commitment and hash stay, so that the
 * chain verifies. secure_delete overwrites the pages; then the write-ahead log is emptied, which
 * has the old ones still.
 */
#include "journal_private.h"

#include <sqlite3.h>
#include <string.h>

#define AT_ONCE 256

struct found {
	size_t count;
	uint64_t seqs[AT_ONCE];
	uint64_t last; /* row that was looked at */
	uint64_t old;  /* up to this one all of them go */
	bool more;
};

static bool listed(const struct journal_erasure *what, uint64_t seq)
{
	for (size_t i = 0; i < what->count; i++)
		if (what->seqs[i] == seq)
			return true;
	return false;
}

/* A time that is yet to come was a wrong clock's. */
static bool is_young(const struct journal_erasure *what, int64_t wall_us)
{
	return wall_us >= what->unknown_from_us && wall_us <= what->unknown_until_us;
}

static bool matches(
	const struct journal_erasure *what, uint64_t old, uint64_t seq, const struct entry *entry)
{
	const struct entry_subject *s = &entry->subject;

	if (seq <= old)
		return true;
	if (what->member > 0)
		return s->member == what->member || s->sponsor == what->member || listed(what, seq);
	return s->has_token && s->card == 0 && s->member == 0 && !is_young(what, entry->wall_us);
}

/* The newest that is old for sure. What came before it is older, whatever its clock said. */
static int find_old(struct journal_db *d, const struct journal_options *options,
	const struct journal_erasure *what, uint64_t *ret_seq, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	struct journal_row row;
	struct entry entry;
	int rc = db_prepare(d->db, options->path,
		"SELECT seq, hash, body, salt, subject FROM entry WHERE seq <= ?1 AND "
		"salt IS NOT NULL ORDER BY seq DESC",
		&stmt, err);

	if (rc < 0)
		return rc;
	sqlite3_bind_int64(stmt, 1, (int64_t)what->old_seq);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		if (journal_db_row(stmt, &row) == 0 &&
			entry_decode(&row.record, options->hash, &entry) == 0 &&
			clock_trust_ok(entry.clock) && entry.wall_us < what->old_us) {
			*ret_seq = row.seq;
			return 0;
		}
	return rc == SQLITE_DONE ? 0 : db_fail(d->db, options->path, "read", err);
}

/* Rotten rows stay as they are: they go out as they are. */
static int find(struct journal_db *d, const struct journal_options *options,
	const struct journal_erasure *what, struct found *found, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	struct journal_row row;
	struct entry entry;
	int rc = db_prepare(d->db, options->path,
		"SELECT seq, hash, body, salt, subject FROM entry WHERE seq > ?1 AND "
		"salt IS NOT NULL ORDER BY seq",
		&stmt, err);

	if (rc < 0)
		return rc;
	found->count = 0;
	sqlite3_bind_int64(stmt, 1, (int64_t)found->last);
	while (found->count < AT_ONCE && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (journal_db_row(stmt, &row) == 0 &&
			entry_decode(&row.record, options->hash, &entry) == 0 &&
			matches(what, found->old, row.seq, &entry))
			found->seqs[found->count++] = row.seq;
		found->last = (uint64_t)sqlite3_column_int64(stmt, 0);
	}
	found->more = found->count == AT_ONCE;
	return found->more || rc == SQLITE_DONE ? 0 : db_fail(d->db, options->path, "read", err);
}

static int forget(
	struct journal_db *d, const char *path, const struct found *found, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int error = db_prepare(d->db, path,
		"UPDATE entry SET salt = NULL, subject = NULL WHERE seq = ?1", &stmt, err);

	if (error < 0)
		return error;
	error = db_finish(d->sql[JOURNAL_SQL_BEGIN]);
	for (size_t i = 0; error == 0 && i < found->count; i++) {
		sqlite3_bind_int64(stmt, 1, (int64_t)found->seqs[i]);
		error = db_finish(stmt);
	}
	if (error == 0)
		error = db_finish(d->sql[JOURNAL_SQL_COMMIT]);
	if (error == 0)
		return 0;
	error = db_fail(d->db, path, "erase", err);
	if (!sqlite3_get_autocommit(d->db))
		db_finish(d->sql[JOURNAL_SQL_ROLLBACK]);
	return error;
}

static int empty_wal(struct journal_db *d, const char *path, char err[ERR_MAX])
{
	int64_t busy = 0;

	if (db_number(d->db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy) < 0)
		return db_fail(d->db, path, "empty its log", err);
	if (!busy)
		return 0;
	snprintf(err, ERR_MAX, "%s: is being read by another program: erased again later", path);
	return -EBUSY;
}

int journal_db_erase(struct journal_db *d, const struct journal_options *options,
	const struct journal_erasure *what, uint64_t *ret_count, char err[ERR_MAX])
{
	struct found found = {.more = true};
	uint64_t count = 0;
	int error = 0;

	if (what->member == 0 && what->old_seq > 0)
		error = find_old(d, options, what, &found.old, err);
	while (error == 0 && found.more) {
		error = find(d, options, what, &found, err);
		if (error == 0 && found.count > 0)
			error = forget(d, options->path, &found, err);
		if (error == 0)
			count += found.count;
	}
	/* a member's may have been erased by a run that ended before this */
	if (error == 0 && (count > 0 || what->member > 0))
		error = empty_wal(d, options->path, err);
	if (error == 0)
		*ret_count = count;
	return error;
}
