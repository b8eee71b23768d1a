/* SPDX-License-Identifier: Apache-2.0 */
#include "journal_private.h"

#include <sqlite3.h>
#include <string.h>

struct verify {
	const char *path;
	entry_hash_fn hash;
	uint8_t link[ENTRY_HASH_SIZE];
	uint64_t count;
	char *err;
};

static int wrong(const struct verify *v, uint64_t seq, const char *what)
{
	snprintf(v->err, ERR_MAX,
		"%s: entry %llu: %s: keep this file as it is and compare it with the hub's copy",
		v->path, (unsigned long long)seq, what);
	return -EBADMSG;
}

static int verify_row(struct verify *v, const struct journal_row *row)
{
	struct entry entry;

	if (row->seq != v->count + 1)
		return wrong(v, v->count + 1, "is missing");
	entry_chain_next(v->link, row->seq, &row->record, v->hash, v->link);
	if (memcmp(v->link, row->hash, sizeof(v->link)) != 0)
		return wrong(v, row->seq, "its hash does not follow from the entry before it");
	if (entry_decode(&row->record, v->hash, &entry) < 0)
		return wrong(
			v, row->seq, "cannot be read, or its subject is not the committed one");
	v->count++;
	return 0;
}

static int verify_rows(struct verify *v, sqlite3 *db)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	struct journal_row row;
	int rc, error = db_prepare(db, v->path,
			"SELECT seq, hash, body, salt, subject FROM entry ORDER BY seq", &stmt,
			v->err);

	while (error == 0 && (rc = sqlite3_step(stmt)) != SQLITE_DONE) {
		if (rc != SQLITE_ROW)
			error = db_fail(db, v->path, "read", v->err);
		else if (journal_db_row(stmt, &row) < 0)
			error = wrong(v, v->count + 1, "has a size that cannot be");
		else
			error = verify_row(v, &row);
	}
	return error;
}

/* The link that the first entry follows, and the acknowledged mark. */
static int verify_start(
	struct verify *v, sqlite3 *db, const char *site, const char *door, uint64_t *ret_acked)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int error = db_prepare(
		db, v->path, "SELECT id, before, acked_seq, site, door FROM meta", &stmt, v->err);
	const char *its_site, *its_door;
	int rc;

	if (error == -EINVAL) /* no such table */
		snprintf(v->err, ERR_MAX, "%s: is no journal: name the door's journal.db", v->path);
	if (error < 0)
		return error;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE) {
		snprintf(v->err, ERR_MAX, "%s: holds no journal: name another file", v->path);
		return -EBADMSG;
	}
	if (rc != SQLITE_ROW)
		return db_fail(db, v->path, "read", v->err);
	its_site = (const char *)sqlite3_column_text(stmt, 3);
	its_door = (const char *)sqlite3_column_text(stmt, 4);
	if (sqlite3_column_bytes(stmt, 0) != ENTRY_JOURNAL_SIZE ||
		sqlite3_column_bytes(stmt, 1) != ENTRY_HASH_SIZE || !its_site || !its_door ||
		strcmp(its_site, site) != 0 || strcmp(its_door, door) != 0) {
		snprintf(v->err, ERR_MAX,
			"%s: is the journal of site %.32s, door %.32s, not of %.32s, %.32s: name "
			"the right ones",
			v->path, its_site ? its_site : "?", its_door ? its_door : "?", site, door);
		return -EBADMSG;
	}
	entry_chain_start(site, door, sqlite3_column_blob(stmt, 0), sqlite3_column_blob(stmt, 1),
		v->hash, v->link);
	*ret_acked = sqlite3_column_int64(stmt, 2);
	return 0;
}

int journal_verify(const char *path, const char *site, const char *door, entry_hash_fn hash,
	uint64_t *ret_count, char err[ERR_MAX])
{
	CLEANUP(db_cleanup) sqlite3 *db = NULL;
	struct verify v = {.path = path, .hash = hash, .err = err};
	uint64_t acked = 0;
	int error = db_connect(path, true, &db, err);

	if (error == 0) /* one state of the file, whatever a running door adds meanwhile */
		error = db_run(db, path, "BEGIN", err);
	if (error == 0)
		error = verify_start(&v, db, site, door, &acked);
	if (error == 0)
		error = verify_rows(&v, db);
	if (error == 0 && acked > v.count)
		error = wrong(&v, acked, "was acknowledged and is missing");
	if (error == 0)
		*ret_count = v.count;
	return error;
}
