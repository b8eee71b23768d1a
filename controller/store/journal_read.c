/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the journal for its outbox. A row that a disk changed or lost must not keep those behind
 * it from the hub: it goes out as it is.
 */
#include "journal_private.h"

#include <sqlite3.h>
#include <string.h>

static bool take_bytes(sqlite3_stmt *stmt, int column, void *out, size_t room, uint16_t *ret_size)
{
	size_t size = (size_t)sqlite3_column_bytes(stmt, column);
	const void *data = sqlite3_column_blob(stmt, column);
	size_t taken = size < room ? size : room;

	if (taken > 0)
		memcpy(out, data, taken);
	*ret_size = (uint16_t)taken;
	return size <= room;
}

int journal_db_row(sqlite3_stmt *stmt, struct journal_row *ret_row)
{
	struct journal_row row = {.seq = sqlite3_column_int64(stmt, 0)};
	struct entry_record *record = &row.record;
	bool fits = journal_db_blob(stmt, 1, row.hash, sizeof(row.hash));

	fits &= take_bytes(stmt, 2, record->body, sizeof(record->body), &record->body_size);
	if (journal_db_blob(stmt, 3, record->salt, sizeof(record->salt)))
		fits &= take_bytes(
			stmt, 4, record->subject, sizeof(record->subject), &record->subject_size);
	else
		fits &= sqlite3_column_bytes(stmt, 4) == 0;
	*ret_row = row;
	return fits && record->body_size > 0 ? 0 : -EBADMSG;
}

/* The hash of entry seq as it goes out: the start of the chain for 0, zeros where it is lost. */
static int link_at(struct journal_db *d, uint64_t seq, uint8_t out[ENTRY_HASH_SIZE])
{
	sqlite3_stmt *stmt = d->sql[JOURNAL_SQL_HASH];
	int rc;

	if (seq == 0) {
		memcpy(out, d->start, ENTRY_HASH_SIZE);
		return 0;
	}
	sqlite3_bind_int64(stmt, 1, seq);
	rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW || !journal_db_blob(stmt, 0, out, ENTRY_HASH_SIZE))
		memset(out, 0, ENTRY_HASH_SIZE);
	rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : db_errno(d->db);
	sqlite3_reset(stmt);
	return rc;
}

/* Numbers run without gaps, also where rows are lost. */
static void add_row(struct journal_batch *batch, uint64_t after_seq, size_t count,
	const struct journal_row *row)
{
	while (batch->count < count && after_seq + batch->count + 1 < row->seq) {
		uint64_t seq = after_seq + batch->count + 1;

		batch->rows[batch->count++] = (struct journal_row){.seq = seq};
	}
	if (batch->count < count)
		batch->rows[batch->count++] = *row;
}

static int read_rows(
	struct journal_db *d, uint64_t after_seq, size_t count, struct journal_batch *batch)
{
	sqlite3_stmt *stmt = d->sql[JOURNAL_SQL_ROWS];
	struct journal_row row;
	int rc;

	sqlite3_bind_int64(stmt, 1, after_seq);
	sqlite3_bind_int64(stmt, 2, count);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		(void)journal_db_row(stmt, &row);
		add_row(batch, after_seq, count, &row);
	}
	rc = rc == SQLITE_DONE ? 0 : db_errno(d->db);
	sqlite3_reset(stmt);
	return rc;
}

static void find_rotten(const struct journal_db *d, entry_hash_fn hash,
	const struct journal_batch *batch, struct journal_rotten *ret_rotten)
{
	const uint8_t *link = batch->previous;
	uint8_t expected[ENTRY_HASH_SIZE];
	struct entry entry;

	for (size_t i = 0; i < batch->count; i++) {
		const struct journal_row *row = &batch->rows[i];

		entry_chain_next(link, row->seq, &row->record, hash, expected);
		if (row->seq > d->skipped && (memcmp(expected, row->hash, sizeof(expected)) != 0 ||
						     entry_decode(&row->record, hash, &entry) < 0))
			ret_rotten->seqs[ret_rotten->count++] = row->seq;
		link = row->hash;
	}
}

int journal_db_read(struct journal_db *d, const struct journal_options *options, uint64_t after_seq,
	size_t count, struct journal_batch *batch, struct journal_rotten *ret_rotten,
	char err[ERR_MAX])
{
	int error = 0;

	memcpy(batch->journal, d->id, sizeof(batch->journal));
	memcpy(batch->before, d->before, sizeof(batch->before));
	if (after_seq < d->tip.seq)
		error = read_rows(d, after_seq, count, batch);
	if (error == 0 && batch->count > 0)
		error = link_at(d, batch->rows[0].seq - 1, batch->previous);
	if (error == 0) {
		find_rotten(d, options->hash, batch, ret_rotten);
		return 0;
	}
	batch->count = 0;
	snprintf(err, ERR_MAX,
		"%s: cannot read the entries after %llu: %s: check it with 'tapin log verify'",
		options->path, (unsigned long long)after_seq, strerror(-error));
	return error;
}

static int refuse(const char *path, uint64_t seq, int error, const char *why, char err[ERR_MAX])
{
	snprintf(err, ERR_MAX, "%s: the acknowledgement of entry %llu is not taken: %s", path,
		(unsigned long long)seq, why);
	return error;
}

int journal_db_ack(struct journal_db *d, const char *path, const uint8_t id[ENTRY_JOURNAL_SIZE],
	uint64_t seq, const uint8_t hash[ENTRY_HASH_SIZE], char err[ERR_MAX])
{
	uint8_t ours[ENTRY_HASH_SIZE];
	int error;

	if (memcmp(id, d->id, sizeof(d->id)) != 0)
		return refuse(path, seq, -EBADMSG, "it is for another journal", err);
	if (seq == 0 || seq > d->tip.seq)
		return refuse(path, seq, -EBADMSG, "there is no such entry", err);
	error = link_at(d, seq, ours);
	if (error == 0 && memcmp(hash, ours, sizeof(ours)) != 0)
		return refuse(path, seq, -EBADMSG,
			"the hub has another entry of that number: the journal forked", err);
	if (error < 0)
		return refuse(path, seq, error, strerror(-error), err);
	if (seq <= d->acked_seq)
		return 0;
	sqlite3_bind_int64(d->sql[JOURNAL_SQL_ACK], 1, seq);
	error = db_finish(d->sql[JOURNAL_SQL_ACK]);
	if (error < 0)
		return refuse(path, seq, error, sqlite3_errmsg(d->db), err);
	d->acked_seq = seq;
	return 0;
}
