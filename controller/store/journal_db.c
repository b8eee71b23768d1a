/* SPDX-License-Identifier: Apache-2.0 */
#include "journal_private.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#define JOURNAL_APPLICATION_ID 0x74706a6f /* "tpjo" */

/* meta.intent and the entries change in one transaction: an intent that was committed but not
 * cleared is not written twice. */
static const char *const steps[] = {
	"CREATE TABLE meta ("
	" one INTEGER PRIMARY KEY CHECK (one = 1),"
	" id BLOB NOT NULL CHECK (length(id) = 16),"
	" before BLOB NOT NULL CHECK (length(before) = 32),"
	" site TEXT NOT NULL, door TEXT NOT NULL,"
	" acked_seq INTEGER NOT NULL CHECK (acked_seq >= 0),"
	" intent INTEGER NOT NULL CHECK (intent >= 0)) STRICT;"
	"CREATE TABLE entry ("
	" seq INTEGER PRIMARY KEY CHECK (seq > 0),"
	" hash BLOB NOT NULL CHECK (length(hash) = 32),"
	" body BLOB NOT NULL CHECK (length(body) BETWEEN 1 AND 320),"
	" salt BLOB CHECK (length(salt) = 16),"
	" subject BLOB CHECK (length(subject) BETWEEN 1 AND 160),"
	" CHECK ((salt IS NULL) = (subject IS NULL))) STRICT;",

	/* up to which number rotten rows were told of by a record_skipped entry */
	"ALTER TABLE meta ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;",
};

static const struct db_schema schema = {
	.steps = steps,
	.count = ARRAY_SIZE(steps),
	.application_id = JOURNAL_APPLICATION_ID,
	.mode = 0600,
};

static const char *const sql[JOURNAL_SQL_COUNT] = {
	[JOURNAL_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[JOURNAL_SQL_COMMIT] = "COMMIT",
	[JOURNAL_SQL_ROLLBACK] = "ROLLBACK",
	[JOURNAL_SQL_INSERT] = "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5)",
	[JOURNAL_SQL_INTENT] = "UPDATE meta SET intent = ?1",
	[JOURNAL_SQL_ACK] = "UPDATE meta SET acked_seq = ?1",
	[JOURNAL_SQL_SKIP] = "UPDATE meta SET skipped = ?1",
	[JOURNAL_SQL_HASH] = "SELECT hash FROM entry WHERE seq = ?1",
	[JOURNAL_SQL_ROWS] = ("SELECT seq, hash, body, salt, subject FROM entry"
			      " WHERE seq > ?1 ORDER BY seq LIMIT ?2"),
};

void journal_db_close(struct journal_db *d)
{
	for (size_t i = 0; i < JOURNAL_SQL_COUNT; i++)
		sqlite3_finalize(d->sql[i]);
	sqlite3_close_v2(d->db);
	*d = (struct journal_db){0};
}

void journal_db_drop(struct journal_db *d)
{
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	journal_db_close(d);
}

/* ---- opening ---- */

bool journal_db_blob(sqlite3_stmt *stmt, int column, void *out, size_t size)
{
	const void *data = sqlite3_column_blob(stmt, column);

	if (!data || (size_t)sqlite3_column_bytes(stmt, column) != size)
		return false;
	memcpy(out, data, size);
	return true;
}

/* The end of the journal in db, whatever else is wrong with it. */
static int read_tip(sqlite3 *db, const char *path, struct intent_tip *tip, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int rc, error = db_prepare(db, path,
			"SELECT m.id, e.seq, e.hash FROM meta m LEFT JOIN entry e"
			" ON e.seq = (SELECT max(seq) FROM entry)",
			&stmt, err);

	if (error < 0)
		return error;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE)
		return -ENODATA;
	if (rc != SQLITE_ROW)
		return db_fail(db, path, "read its end", err);
	*tip = (struct intent_tip){.seq = sqlite3_column_int64(stmt, 1)};
	if (!journal_db_blob(stmt, 0, tip->journal, sizeof(tip->journal)) ||
		(tip->seq > 0 && !journal_db_blob(stmt, 2, tip->hash, sizeof(tip->hash))))
		return -EBADMSG;
	return 0;
}

static int wrong_place(const char *path, const char *site, const char *door,
	const struct journal_options *options, char err[ERR_MAX])
{
	snprintf(err, ERR_MAX,
		"%s: is the journal of site %.32s, door %.32s, not of %s, %s: correct the "
		"configuration, or move this journal and its intent file away",
		path, site, door, options->site, options->door);
	return -ENOTUNIQ;
}

/* meta into d. -ENODATA in a new file. */
static int read_meta(struct journal_db *d, const struct journal_options *options, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	const char *site, *door;
	int rc, error = db_prepare(d->db, options->path,
			"SELECT id, before, acked_seq, intent, site, door, skipped FROM meta",
			&stmt, err);

	if (error < 0)
		return error;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE)
		return -ENODATA;
	if (rc != SQLITE_ROW)
		return db_fail(d->db, options->path, "read", err);
	site = (const char *)sqlite3_column_text(stmt, 4);
	door = (const char *)sqlite3_column_text(stmt, 5);
	if (!site || !door || !journal_db_blob(stmt, 0, d->id, sizeof(d->id)) ||
		!journal_db_blob(stmt, 1, d->before, sizeof(d->before)))
		return -EBADMSG;
	if (strcmp(site, options->site) != 0 || strcmp(door, options->door) != 0)
		return wrong_place(options->path, site, door, options, err);
	d->acked_seq = sqlite3_column_int64(stmt, 2);
	d->intent = sqlite3_column_int64(stmt, 3);
	d->skipped = sqlite3_column_int64(stmt, 6);
	entry_chain_start(options->site, options->door, d->id, d->before, options->hash, d->start);
	error = read_tip(d->db, options->path, &d->tip, err);
	if (error == 0 && d->tip.seq == 0)
		memcpy(d->tip.hash, d->start, sizeof(d->start));
	return error;
}

/* Older than what was written once: a copy was put back, or the disk lost what it had promised.
 * Going on would give two entries the same number. */
static bool rolled_back(const struct journal_db *d, const struct intent_tip *known)
{
	if (!known || memcmp(known->journal, d->id, sizeof(d->id)) != 0)
		return false;
	return known->seq > d->tip.seq ||
	       (known->seq == d->tip.seq &&
		       memcmp(known->hash, d->tip.hash, sizeof(known->hash)) != 0);
}

static int prepare(struct journal_db *d, const char *path, char err[ERR_MAX])
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < JOURNAL_SQL_COUNT; i++)
		error = db_prepare(d->db, path, sql[i], &d->sql[i], err);
	return error;
}

static int bind_meta(
	sqlite3_stmt *stmt, const struct journal_db *d, const struct journal_options *options)
{
	sqlite3_bind_blob(stmt, 1, d->id, sizeof(d->id), SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 2, d->before, sizeof(d->before), SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, options->site, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 4, options->door, -1, SQLITE_STATIC);
	return db_finish(stmt);
}

static int insert(struct journal_db *d, const struct journal_options *options,
	struct journal_item *item, struct intent_tip *tip)
{
	sqlite3_stmt *stmt = d->sql[JOURNAL_SQL_INSERT];
	const struct entry_record *record = &item->record;

	entry_chain_next(tip->hash, tip->seq + 1, record, options->hash, tip->hash);
	tip->seq++;
	item->seq = tip->seq;
	sqlite3_bind_int64(stmt, 1, tip->seq);
	sqlite3_bind_blob(stmt, 2, tip->hash, sizeof(tip->hash), SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 3, record->body, record->body_size, SQLITE_STATIC);
	if (record->subject_size > 0) {
		sqlite3_bind_blob(stmt, 4, record->salt, sizeof(record->salt), SQLITE_STATIC);
		sqlite3_bind_blob(stmt, 5, record->subject, record->subject_size, SQLITE_STATIC);
	}
	return db_finish(stmt);
}

/* A new journal, and in the same transaction the entry that says why, so that no kill parts them.
 */
static int begin_journal(struct journal_db *d, const struct journal_options *options,
	struct journal_item *why, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	struct intent_tip tip;
	int error = db_prepare(d->db, options->path,
		"INSERT INTO meta VALUES (1, ?1, ?2, ?3, ?4, 0, 0, 0)", &stmt, err);

	if (error < 0)
		return error;
	options->random(d->id, sizeof(d->id));
	entry_chain_start(options->site, options->door, d->id, d->before, options->hash, d->start);
	memcpy(tip.journal, d->id, sizeof(tip.journal));
	memcpy(tip.hash, d->start, sizeof(tip.hash));
	tip.seq = 0;
	error = db_finish(d->sql[JOURNAL_SQL_BEGIN]);
	if (error == 0)
		error = bind_meta(stmt, d, options);
	if (error == 0 && why)
		error = insert(d, options, why, &tip);
	if (error == 0)
		error = db_finish(d->sql[JOURNAL_SQL_COMMIT]);
	if (error < 0)
		return db_fail(d->db, options->path, "begin a new journal", err);
	d->tip = tip;
	return 0;
}

/* How far the journal before this one got: by its own file if that can be read, and by the intent
 * file; the later of both. Where nothing here knows, what the hub said. */
static void find_before(struct journal_db *d, const struct journal_options *options,
	const char *aside, const struct intent_tip *known)
{
	CLEANUP(db_cleanup) sqlite3 *old = NULL;
	struct intent_tip tip = {0};
	char ignored[ERR_MAX];

	if (aside[0] == '\0' || db_connect(aside, true, &old, ignored) < 0 ||
		read_tip(old, aside, &tip, ignored) < 0)
		tip = (struct intent_tip){0};
	if (known && known->seq > tip.seq)
		tip = *known;
	if (tip.seq > 0)
		memcpy(d->before, tip.hash, sizeof(d->before));
	else if (options->before)
		memcpy(d->before, options->before, sizeof(d->before));
}

static int begin_after_damage(struct journal_db *d, const struct journal_options *options,
	const struct intent_tip *known, const struct entry *stamp, const char *aside,
	char err[ERR_MAX])
{
	struct journal_item why = {.entry = *stamp};
	const char *name = strrchr(aside, '/');
	char detail[ERR_MAX];

	find_before(d, options, aside, known);
	if (aside[0] == '\0')
		snprintf(detail, sizeof(detail), "the journal before this one is missing");
	else
		snprintf(detail, sizeof(detail), "the journal before this one was kept as %s",
			name ? name + 1 : aside);
	why.entry.kind = ENTRY_KIND_JOURNAL_DAMAGED;
	entry_text_set(why.entry.detail, sizeof(why.entry.detail), detail);
	if (entry_encode(&why.entry, why.record.salt, options->hash, &why.record) < 0) {
		snprintf(err, ERR_MAX, "%s: cannot encode the entry of its damage", options->path);
		return -EINVAL;
	}
	return begin_journal(d, options, &why, err);
}

static struct stat_id identity(const char *path, const char *suffix)
{
	char name[PATH_MAX];
	struct stat st = {0};

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	if (stat(name, &st) < 0)
		st = (struct stat){0};
	return (struct stat_id){.dev = st.st_dev, .ino = st.st_ino};
}

static int open_or_begin(struct journal_db *d, const struct journal_options *options,
	const struct intent_tip *known, const struct entry *stamp, struct journal_report *report,
	char err[ERR_MAX])
{
	char aside[DB_ASIDE_MAX] = "";
	bool damaged = false;
	int error = db_open(options->path, &schema, &d->db, &damaged, aside, err);

	if (error == 0)
		error = read_meta(d, options, err);
	if (error == -EBADMSG || (error == 0 && rolled_back(d, known))) {
		journal_db_drop(d);
		error = db_set_aside(options->path, aside, err);
		if (error == 0)
			error = db_open(options->path, &schema, &d->db, &damaged, aside, err);
		damaged = true;
		if (error == 0)
			error = -ENODATA;
	}
	if (error == 0 || error == -ENODATA) {
		int failed = prepare(d, options->path, err);

		error = failed < 0 ? failed : error;
	}
	if (error == -ENODATA && (damaged || known)) {
		damaged = true;
		error = begin_after_damage(d, options, known, stamp, aside, err);
	} else if (error == -ENODATA) {
		find_before(d, options, "", NULL);
		error = begin_journal(d, options, NULL, err);
	}
	if (error == 0 && damaged) {
		report->damaged = true;
		snprintf(report->damaged_path, sizeof(report->damaged_path), "%s", aside);
	}
	return error;
}

int journal_db_open(struct journal_db *d, const struct journal_options *options,
	const struct intent_tip *known, const struct entry *stamp, struct journal_report *report,
	char err[ERR_MAX])
{
	int error;

	*d = (struct journal_db){0};
	error = open_or_begin(d, options, known, stamp, report, err);
	if (error < 0) {
		journal_db_close(d);
		return error;
	}
	d->file = identity(options->path, "");
	d->wal = identity(options->path, "-wal");
	return 0;
}

/* ---- writing ---- */

static bool same(struct stat_id a, struct stat_id b)
{
	return a.ino == b.ino && a.dev == b.dev;
}

/* SQLite does not notice that its files were removed and would go on writing into nothing. */
static bool removed(const struct journal_db *d, const char *path)
{
	return !same(d->file, identity(path, "")) || !same(d->wal, identity(path, "-wal"));
}

static int write_all(struct journal_db *d, const struct journal_options *options,
	struct journal_item **items, size_t count, const struct journal_marks *marks,
	struct intent_tip *tip)
{
	int error = db_finish(d->sql[JOURNAL_SQL_BEGIN]);

	for (size_t i = 0; error == 0 && i < count; i++)
		error = insert(d, options, items[i], tip);
	if (error == 0 && marks->intent > 0) {
		sqlite3_bind_int64(d->sql[JOURNAL_SQL_INTENT], 1, marks->intent);
		error = db_finish(d->sql[JOURNAL_SQL_INTENT]);
	}
	if (error == 0 && marks->skipped > 0) {
		sqlite3_bind_int64(d->sql[JOURNAL_SQL_SKIP], 1, marks->skipped);
		error = db_finish(d->sql[JOURNAL_SQL_SKIP]);
	}
	return error < 0 ? error : db_finish(d->sql[JOURNAL_SQL_COMMIT]);
}

int journal_db_write(struct journal_db *d, const struct journal_options *options,
	struct journal_item **items, size_t count, const struct journal_marks *marks,
	char err[ERR_MAX])
{
	struct intent_tip tip = d->tip;
	int error;

	if (removed(d, options->path)) {
		snprintf(err, ERR_MAX,
			"%s: was removed or replaced while in use: what it held is being written "
			"to it again; leave it and its -wal alone",
			options->path);
		return -ESTALE;
	}
	error = write_all(d, options, items, count, marks, &tip);
	if (error < 0) {
		error = db_fail(d->db, options->path, "write", err);
		if (!sqlite3_get_autocommit(d->db))
			db_finish(d->sql[JOURNAL_SQL_ROLLBACK]);
		return error;
	}
	d->tip = tip;
	if (marks->intent > 0)
		d->intent = marks->intent;
	if (marks->skipped > 0)
		d->skipped = marks->skipped;
	return 0;
}

static int copy_out(struct journal_db *d, const char *path, const char *copy, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	CLEANUP(cleanup_close) int fd = -1;
	int error = db_prepare(d->db, path, "VACUUM INTO ?1", &stmt, err);

	if (error < 0)
		return error;
	sqlite3_bind_text(stmt, 1, copy, -1, SQLITE_STATIC);
	if (db_finish(stmt) < 0)
		return db_fail(d->db, path, "rescue what was removed", err);
	fd = open(copy, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, schema.mode) < 0 || fsync(fd) < 0) {
		snprintf(err, ERR_MAX, "%s: cannot make it durable: %s: check the disk", copy,
			strerror(errno));
		return -EIO;
	}
	return 0;
}

int journal_db_rescue(struct journal_db *d, const char *path, char err[ERR_MAX])
{
	char copy[PATH_MAX], aside[DB_ASIDE_MAX];
	int error = 0;

	snprintf(copy, sizeof(copy), "%s.rescued", path);
	if (access(copy, F_OK) == 0) /* of a process that was killed here */
		error = db_set_aside(copy, aside, err);
	if (error < 0)
		return error;
	error = copy_out(d, path, copy, err);
	if (error == 0) /* a replacement, and what companions are left */
		error = db_set_aside(path, aside, err);
	if (error == 0 && rename(copy, path) < 0) {
		error = -errno;
		snprintf(err, ERR_MAX, "%s: cannot rename it to %s: %s: make the folder writable",
			copy, path, strerror(errno));
	}
	if (error == 0)
		journal_db_drop(d);
	else
		unlink(copy); /* the open file has it all, for the next try */
	return error < 0 ? error : db_sync_folder(path);
}
