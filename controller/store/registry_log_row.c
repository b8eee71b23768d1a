/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and ends of journals as they are kept, and what a batch must be before it is. */
#include "registry_log_private.h"

#include <inttypes.h>
#include <string.h>

#define ROWS_MAX 1024 /* of one batch, whatever the wire allows */

/* ---- as they are kept ---- */

static bool take_bytes(sqlite3_stmt *stmt, int column, void *out, size_t room, uint16_t *ret_size)
{
	int size = sqlite3_column_bytes(stmt, column);
	const void *data = sqlite3_column_blob(stmt, column);

	if (size < 0 || (size_t)size > room)
		return false;
	if (size > 0)
		memcpy(out, data, (size_t)size);
	*ret_size = (uint16_t)size;
	return true;
}

void registry_log_row(sqlite3_stmt *stmt, int column, struct registry_batch_row *row)
{
	struct entry_record *record = &row->record;
	bool fits;

	*row = (struct registry_batch_row){.seq = registry_take_u64(stmt, column)};
	fits = registry_take_blob(stmt, column + 1, row->hash, sizeof(row->hash));
	fits &= take_bytes(
		stmt, column + 2, record->body, sizeof(record->body), &record->body_size);
	fits &= take_bytes(
		stmt, column + 4, record->subject, sizeof(record->subject), &record->subject_size);
	if (record->subject_size > 0)
		fits &= registry_take_blob(stmt, column + 3, record->salt, sizeof(record->salt));
	row->poison = !fits || sqlite3_column_type(stmt, column + 5) != SQLITE_NULL;
	registry_take_text(stmt, column + 5, row->why, sizeof(row->why));
	if (!fits)
		snprintf(
			row->why, sizeof(row->why), "the registry's row has a size that cannot be");
}

/* ---- what a batch must be, before anything is written ---- */

static int wrong(
	struct registry *reg, const struct registry_batch *batch, uint64_t seq, const char *what)
{
	return registry_fail(reg, -EBADMSG, "a batch of door %.32s: entry %" PRIu64 ": %s",
		batch->door, seq, what);
}

static int check_rows(struct registry *reg, const struct registry_batch *batch)
{
	const uint8_t *link = batch->previous;
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry entry;

	for (size_t i = 0; i < batch->count; i++) {
		const struct registry_batch_row *row = &batch->rows[i];
		const struct entry_record *record = &row->record;

		if (row->seq != batch->rows[0].seq + i)
			return wrong(reg, batch, row->seq, "is out of turn");
		if (record->body_size > ENTRY_BODY_MAX || record->subject_size > ENTRY_SUBJECT_MAX)
			return wrong(reg, batch, row->seq, "is too long");
		entry_chain_next(link, row->seq, record, reg->hash, hash);
		if (!row->poison && (memcmp(hash, row->hash, sizeof(hash)) != 0 ||
					    entry_decode(record, reg->hash, &entry) < 0))
			return wrong(reg, batch, row->seq, "is not what its hash says");
		link = row->hash;
	}
	return 0;
}

int registry_log_check(struct registry *reg, const struct registry_batch *batch)
{
	uint8_t start[ENTRY_HASH_SIZE];

	if (!name_id_valid(batch->door) || batch->count < 1 || batch->count > ROWS_MAX ||
		batch->rows[0].seq < 1 || batch->rows[0].seq > INT64_MAX - ROWS_MAX)
		return registry_fail(reg, -EBADMSG, "a batch without a door or entries");
	entry_chain_start(reg->site, batch->door, batch->journal, batch->before, reg->hash, start);
	if (batch->rows[0].seq == 1 && memcmp(start, batch->previous, sizeof(start)) != 0)
		return wrong(reg, batch, 1, "does not follow the start of its journal's chain");
	return check_rows(reg, batch);
}

/* ---- where journals end ---- */

static int take_chain(struct registry *reg, sqlite3_stmt *stmt, struct registry_log_end *ret_chain)
{
	int rc = registry_step(reg, stmt, "read a journal's end");

	if (rc <= 0)
		return rc;
	ret_chain->id = sqlite3_column_int64(stmt, 0);
	ret_chain->last_seq = registry_take_u64(stmt, 1);
	registry_take_blob(stmt, 2, ret_chain->last_hash, sizeof(ret_chain->last_hash));
	registry_take_blob(stmt, 3, ret_chain->journal, sizeof(ret_chain->journal));
	ret_chain->first_seq = registry_take_u64(stmt, 4);
	return 1;
}

int registry_log_find(struct registry *reg, const char *door,
	const uint8_t journal[ENTRY_JOURNAL_SIZE], struct registry_log_end *ret_chain)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT id, last_seq, last_hash, journal, first_seq FROM chain"
		" WHERE door = ?1 AND journal = ?2");

	if (!stmt)
		return registry_sql_fail(reg, "read a journal's end");
	registry_bind_text(stmt, 1, door);
	registry_bind_blob(stmt, 2, journal, ENTRY_JOURNAL_SIZE);
	return take_chain(reg, stmt, ret_chain);
}

int registry_log_newest(struct registry *reg, const char *door, struct registry_log_end *ret_chain)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT id, last_seq, last_hash, journal, first_seq FROM chain"
		" WHERE door = ?1 ORDER BY id DESC LIMIT 1");

	if (!stmt)
		return registry_sql_fail(reg, "read a journal's end");
	registry_bind_text(stmt, 1, door);
	return take_chain(reg, stmt, ret_chain);
}

int registry_log_mark(struct registry *reg, const char *door, struct registry_mark *ret_mark)
{
	struct registry_log_end chain = {0};
	int rc = registry_log_newest(reg, door, &chain);

	if (rc < 0)
		return rc;
	*ret_mark = (struct registry_mark){.known = rc > 0, .seq = chain.last_seq};
	memcpy(ret_mark->journal, chain.journal, sizeof(chain.journal));
	memcpy(ret_mark->hash, chain.last_hash, sizeof(chain.last_hash));
	return 0;
}
