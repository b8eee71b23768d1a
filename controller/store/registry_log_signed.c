/* SPDX-License-Identifier: Apache-2.0 */
/* The doors' signatures: kept with what they prove, and checked again. */
#include "registry_log_signed.h"

#include "core/entry_cover.h"

#include <string.h>

#define BLOCK 64       /* entries of which the last signature is enough */
#define RANGE_MAX 1024 /* entries under one, whatever the wire allows */

/* ---- keeping ---- */

/* Signatures of the same block that this one makes idle. */
static int drop_earlier(struct registry *reg, int64_t chain, const struct registry_batch *batch)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"DELETE FROM signature WHERE chain = ?1 AND last_seq > ?2 AND poison IS NULL"
		" AND key_id = ?3");
	uint64_t last = batch->rows[batch->count - 1].seq;
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "forget earlier signatures");
	sqlite3_bind_int64(stmt, 1, chain);
	sqlite3_bind_int64(stmt, 2, (int64_t)((last - 1) / BLOCK * BLOCK));
	registry_bind_text(stmt, 3, batch->signature.key_id);
	rc = registry_run(reg, stmt, "forget earlier signatures");
	return rc < 0 ? rc : 0;
}

int registry_log_sign(struct registry *reg, int64_t chain, const struct registry_batch *batch)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO signature (chain, last_seq, first_seq, last_hash, key_id, bytes,"
		" poison, erased) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
	const struct registry_signature *signature = &batch->signature;
	const struct registry_batch_row *last = &batch->rows[batch->count - 1];
	int rc = 0;

	if (!signature->key_id[0])
		return 0;
	if (!signature->rotten)
		rc = drop_earlier(reg, chain, batch);
	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "keep a signature");
	sqlite3_bind_int64(stmt, 1, chain);
	sqlite3_bind_int64(stmt, 2, (int64_t)last->seq);
	sqlite3_bind_int64(stmt, 3, (int64_t)batch->rows[0].seq);
	registry_bind_blob(stmt, 4, last->hash, sizeof(last->hash));
	registry_bind_text(stmt, 5, signature->key_id);
	registry_bind_blob(stmt, 6, signature->bytes, sizeof(signature->bytes));
	if (signature->rotten)
		registry_bind_blob(stmt, 7, signature->poison, sizeof(signature->poison));
	sqlite3_bind_int64(stmt, 8, (int64_t)signature->erased);
	rc = registry_run(reg, stmt, "keep a signature");
	return rc < 0 ? rc : 0;
}

/* ---- checking: what is read ---- */

int registry_log_signed_prepare(struct registry_log_signed *s)
{
	int r = db_prepare(s->db, s->path,
		"SELECT first_seq, last_seq, last_hash, key_id, bytes, poison, erased FROM "
		"signature"
		" WHERE chain = ?1 ORDER BY last_seq",
		&s->signatures, s->err);

	if (r == 0)
		r = db_prepare(s->db, s->path,
			"SELECT key FROM door_key WHERE door = ?1 ORDER BY id DESC", &s->keys,
			s->err);
	if (r == 0)
		r = db_prepare(s->db, s->path,
			"SELECT " REGISTRY_LOG_ROW " FROM entry"
			" WHERE chain = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq",
			&s->rows, s->err);
	return r;
}

void registry_log_signed_done(struct registry_log_signed *s)
{
	sqlite3_finalize(s->signatures);
	sqlite3_finalize(s->keys);
	sqlite3_finalize(s->rows);
}

static int read_next(struct registry_log_signed *s)
{
	sqlite3_stmt *stmt = s->signatures;
	int rc = sqlite3_step(stmt);

	s->there = rc == SQLITE_ROW;
	if (!s->there)
		return rc == SQLITE_DONE ? 0
					 : db_fail(s->db, s->path, "read its signatures", s->err);
	s->first = registry_take_u64(stmt, 0);
	s->last = registry_take_u64(stmt, 1);
	registry_take_blob(stmt, 2, s->last_hash, sizeof(s->last_hash));
	registry_take_text(stmt, 3, s->signature.key_id, sizeof(s->signature.key_id));
	registry_take_blob(stmt, 4, s->signature.bytes, sizeof(s->signature.bytes));
	s->signature.rotten =
		registry_take_blob(stmt, 5, s->signature.poison, sizeof(s->signature.poison));
	s->signature.erased = (uint64_t)sqlite3_column_int64(stmt, 6);
	return 0;
}

/* Is the signature's key one that the door has or had? 1, 0, or negative errno. */
static int find_key(struct registry_log_signed *s)
{
	struct sign_public key;
	int rc;

	if (s->key.id[0] && strcmp(s->key.id, s->signature.key_id) == 0)
		return 1;
	sqlite3_bind_text(s->keys, 1, s->door, -1, SQLITE_STATIC);
	while ((rc = sqlite3_step(s->keys)) == SQLITE_ROW) {
		registry_take_blob(s->keys, 0, key.bytes, sizeof(key.bytes));
		sign_key_id(key.bytes, key.id);
		if (strcmp(key.id, s->signature.key_id) == 0)
			break;
	}
	sqlite3_reset(s->keys);
	if (rc == SQLITE_ROW)
		s->key = key;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fail(s->db, s->path, "read a door's keys", s->err);
	return rc == SQLITE_ROW;
}

/* A door that stands and was never removed has every key it ever had. */
static int was_removed(const struct registry_log_signed *s)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int rc = db_prepare(s->db, s->path,
		"SELECT 1 FROM door WHERE name = ?1 AND name NOT IN (SELECT name FROM door_past)",
		&stmt, s->err);

	if (rc < 0)
		return rc;
	sqlite3_bind_text(stmt, 1, s->door, -1, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fail(s->db, s->path, "read a door", s->err);
	return rc == SQLITE_DONE;
}

/* Makes the digest of the rows that are poison anew, from what is kept. */
static int same_digest(const struct registry_log_signed *s)
{
	uint8_t link[ENTRY_HASH_SIZE], digest[ENTRY_HASH_SIZE] = {0};
	struct registry_batch_row row;
	int rc;

	if (!s->signature.rotten || s->last - s->first >= RANGE_MAX)
		return 0;
	memcpy(link, s->start, sizeof(link));
	sqlite3_bind_int64(s->rows, 1, s->chain);
	sqlite3_bind_int64(s->rows, 2, (int64_t)s->first - 1);
	sqlite3_bind_int64(s->rows, 3, (int64_t)s->last);
	while ((rc = sqlite3_step(s->rows)) == SQLITE_ROW) {
		registry_log_row(s->rows, 0, &row);
		if (row.poison && row.seq >= s->first)
			entry_cover_poison(link, row.seq, row.hash, &row.record, s->hash, digest);
		memcpy(link, row.hash, sizeof(link));
	}
	sqlite3_reset(s->rows);
	if (rc != SQLITE_DONE)
		return db_fail(s->db, s->path, "read its entries", s->err);
	return memcmp(digest, s->signature.poison, sizeof(digest)) == 0;
}

/* ---- checking: what is found ---- */

/* The first fault stands. */
static void find_fault(struct registry_log_signed *s, uint64_t seq, const char *what)
{
	if (s->fault)
		return;
	s->fault_seq = seq;
	s->fault = what;
}

static bool is_genuine(const struct registry_log_signed *s)
{
	const struct entry_range range = {
		.site = s->site,
		.door = s->door,
		.journal = s->journal,
		.first = s->first,
		.last = s->last,
		.last_hash = s->last_hash,
		.poison = s->signature.rotten ? s->signature.poison : NULL,
		.erased = s->signature.erased,
	};
	struct entry_cover cover;

	entry_cover(&range, s->key.id, &cover);
	return sign_check(&s->key, cover.parts, cover.count, s->signature.bytes);
}

/* The entries since the one before stand under this signature: are they good by it? */
static int judge(struct registry_log_signed *s, const struct registry_batch_row *last)
{
	int known = find_key(s), same = 1;

	if (known == 0) {
		int removed = was_removed(s);

		if (removed > 0)
			s->unchecked += s->loose;
		else if (removed == 0)
			find_fault(s, s->last, "is signed by a key that the door never had");
		return removed < 0 ? removed : 0;
	}
	if (known > 0 && s->rotten > 0)
		same = same_digest(s);
	if (known < 0 || same < 0)
		return known < 0 ? known : same;
	if (!is_genuine(s))
		find_fault(s, s->last, "the door's signature over it is wrong");
	else if (memcmp(s->last_hash, last->hash, sizeof(s->last_hash)) != 0)
		find_fault(s, s->last, "its hash is not the one that the door signed");
	else if (!same)
		find_fault(s, s->rotten_first, "its bytes are not those that the door signed");
	else
		s->entries += s->loose;
	return 0;
}

int registry_log_signed_begin(struct registry_log_signed *s, int64_t chain,
	const struct registry_chain *of, const uint8_t start[ENTRY_HASH_SIZE])
{
	if (strcmp(s->door, of->door) != 0)
		s->key = (struct sign_public){0};
	s->chain = chain;
	memcpy(s->door, of->door, sizeof(s->door));
	s->journal = of->journal;
	s->start = start;
	s->entries = s->unchecked = s->loose = s->rotten = 0;
	s->fault = NULL;
	sqlite3_reset(s->signatures);
	sqlite3_bind_int64(s->signatures, 1, chain);
	return read_next(s);
}

int registry_log_signed_row(struct registry_log_signed *s, const struct registry_batch_row *row)
{
	int r = 0;

	while (r == 0 && s->there && s->last < row->seq) {
		find_fault(s, s->last, "was signed by the door and is missing");
		r = read_next(s);
	}
	if (s->loose++ == 0)
		s->loose_first = row->seq;
	if (row->poison && s->rotten++ == 0)
		s->rotten_first = row->seq;
	if (r < 0 || !s->there || s->last != row->seq)
		return r;
	r = judge(s, row);
	s->loose = s->rotten = 0;
	return r < 0 ? r : read_next(s);
}

void registry_log_signed_end(struct registry_log_signed *s)
{
	if (s->there)
		find_fault(s, s->last, "was signed by the door and is missing");
	if (s->loose > 0)
		find_fault(s, s->loose_first, "stands under no signature of the door");
}
