/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the cache as records of a roster (core/roster_record.h), and back. */
#include "cache_private.h"

#include <string.h>

struct record_sql {
	const char *text;
	const char *over; /* what makes it a replacement; NULL: the verb does */
};

/* Puts begin with a verb. A tier is replaced in place: its cards refer to it. */
static const struct record_sql table[RECORD_SQL_COUNT] = {
	[RECORD_GET_DOOR] = {"SELECT 1 FROM door WHERE door = ?1", NULL},
	[RECORD_GET_TIER] = {"SELECT flags, hours, " CACHE_ALLOWANCE_COLUMNS
			     " FROM tier WHERE tier = ?1",
		NULL},
	[RECORD_GET_TIER_DOORS] =
		{"SELECT door, hours FROM tier_door WHERE tier = ?1 ORDER BY door", NULL},
	[RECORD_GET_CARD] = {"SELECT " CACHE_CARD_COLUMNS " FROM card c WHERE c.token = ?1", NULL},
	[RECORD_GET_EXCEPTION] = {"SELECT " CACHE_EXCEPTION_COLUMNS " FROM exception WHERE id = ?1",
		NULL},
	[RECORD_GET_HOLIDAY] = {"SELECT holiday FROM holiday WHERE date = ?1 AND imported = 0",
		NULL},
	[RECORD_GET_EXTRA] = {"SELECT " CACHE_EXTRA_COLUMNS " FROM extra WHERE id = ?1", NULL},
	[RECORD_GET_STANDING] = {"SELECT " CACHE_STANDING_COLUMNS
				 " FROM standing WHERE member = ?1",
		NULL},
	[RECORD_GET_POOL] = {"SELECT " CACHE_POOL_COLUMNS " FROM pool WHERE id = ?1", NULL},
	[RECORD_PUT_DOOR] = {" INTO door VALUES (?1)", ""},
	[RECORD_PUT_TIER] = {" INTO tier VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		" ON CONFLICT (tier) DO UPDATE SET flags = excluded.flags, hours = excluded.hours,"
		" allowance = excluded.allowance, policy = excluded.policy,"
		" units = excluded.units, warn_percent = excluded.warn_percent"},
	[RECORD_PUT_TIER_DOOR] = {" INTO tier_door VALUES (?1, ?2, ?3)", ""},
	[RECORD_PUT_CARD] = {" INTO card VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
			     " ?13, ?14)",
		""},
	[RECORD_PUT_EXCEPTION] = {" INTO exception VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?1)", ""},
	[RECORD_PUT_HOLIDAY] = {" INTO holiday VALUES (?1, 0, ?2)", ""},
	[RECORD_PUT_EXTRA] = {" INTO extra VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", ""},
	[RECORD_PUT_STANDING] = {" INTO standing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
				 " ?11)",
		""},
	[RECORD_PUT_POOL] = {" INTO pool VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", ""},
	[RECORD_GONE_DOOR] = {"DELETE FROM door WHERE door = ?1", NULL},
	[RECORD_GONE_TIER] = {"DELETE FROM tier WHERE tier = ?1", NULL},
	[RECORD_GONE_TIER_DOORS] = {"DELETE FROM tier_door WHERE tier = ?1", NULL},
	[RECORD_GONE_CARD] = {"DELETE FROM card WHERE token = ?1", NULL},
	[RECORD_GONE_EXCEPTION] = {"DELETE FROM exception WHERE id = ?1", NULL},
	[RECORD_GONE_EXTRA] = {"DELETE FROM extra WHERE id = ?1", NULL},
	[RECORD_GONE_STANDING] = {"DELETE FROM standing WHERE member = ?1", NULL},
	[RECORD_GONE_POOL] = {"DELETE FROM pool WHERE id = ?1", NULL},
	[RECORD_GONE_HOLIDAY] = {"DELETE FROM holiday WHERE date = ?1 AND imported = 0", NULL},
};

int cache_records_prepare(
	struct cache_records *records, sqlite3 *db, const char *path, bool over, char err[ERR_MAX])
{
	for (size_t i = 0; i < RECORD_SQL_COUNT; i++) {
		const char *suffix = over && table[i].over ? table[i].over : "";
		const char *verb = "";
		char sql[320];
		int error;

		if (table[i].over)
			verb = over && !*suffix ? "INSERT OR REPLACE" : "INSERT";
		snprintf(sql, sizeof(sql), "%s%s%s", verb, table[i].text, suffix);
		error = db_prepare(db, path, sql, &records->sql[i], err);
		if (error < 0)
			return error;
	}
	return 0;
}

void cache_records_free(struct cache_records *records)
{
	for (size_t i = 0; i < RECORD_SQL_COUNT; i++)
		sqlite3_finalize(records->sql[i]);
	*records = (struct cache_records){0};
}

/* ---- one row and its key ---- */

/* Which statement of a family a kind has: DOOR … POOL in the same order each time. */
static sqlite3_stmt *choose(struct cache_records *records, enum roster_kind kind,
	const enum cache_record_sql family[ROSTER_KIND_LAST + 1])
{
	return kind > ROSTER_KIND_SITE && kind <= ROSTER_KIND_LAST ? records->sql[family[kind]]
								   : NULL;
}

static const enum cache_record_sql gets[] = {[ROSTER_KIND_DOOR] = RECORD_GET_DOOR,
	[ROSTER_KIND_TIER] = RECORD_GET_TIER,
	[ROSTER_KIND_CARD] = RECORD_GET_CARD,
	[ROSTER_KIND_EXCEPTION] = RECORD_GET_EXCEPTION,
	[ROSTER_KIND_HOLIDAY] = RECORD_GET_HOLIDAY,
	[ROSTER_KIND_EXTRA] = RECORD_GET_EXTRA,
	[ROSTER_KIND_STANDING] = RECORD_GET_STANDING,
	[ROSTER_KIND_POOL] = RECORD_GET_POOL};
static const enum cache_record_sql sets[] = {[ROSTER_KIND_DOOR] = RECORD_PUT_DOOR,
	[ROSTER_KIND_TIER] = RECORD_PUT_TIER,
	[ROSTER_KIND_CARD] = RECORD_PUT_CARD,
	[ROSTER_KIND_EXCEPTION] = RECORD_PUT_EXCEPTION,
	[ROSTER_KIND_HOLIDAY] = RECORD_PUT_HOLIDAY,
	[ROSTER_KIND_EXTRA] = RECORD_PUT_EXTRA,
	[ROSTER_KIND_STANDING] = RECORD_PUT_STANDING,
	[ROSTER_KIND_POOL] = RECORD_PUT_POOL};
static const enum cache_record_sql gones[] = {[ROSTER_KIND_DOOR] = RECORD_GONE_DOOR,
	[ROSTER_KIND_TIER] = RECORD_GONE_TIER,
	[ROSTER_KIND_CARD] = RECORD_GONE_CARD,
	[ROSTER_KIND_EXCEPTION] = RECORD_GONE_EXCEPTION,
	[ROSTER_KIND_HOLIDAY] = RECORD_GONE_HOLIDAY,
	[ROSTER_KIND_EXTRA] = RECORD_GONE_EXTRA,
	[ROSTER_KIND_STANDING] = RECORD_GONE_STANDING,
	[ROSTER_KIND_POOL] = RECORD_GONE_POOL};

/* The key is the first value of every statement. */
static void bind_key(sqlite3_stmt *stmt, const struct roster_record *r)
{
	switch (r->kind) {
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_SITE:
		break;
	case ROSTER_KIND_DOOR:
		sqlite3_bind_text(stmt, 1, r->door, -1, SQLITE_STATIC);
		break;
	case ROSTER_KIND_TIER:
		sqlite3_bind_int64(stmt, 1, r->tier.tier);
		break;
	case ROSTER_KIND_CARD:
		sqlite3_bind_blob(stmt, 1, r->card.token.bytes, TOKEN_SIZE, SQLITE_STATIC);
		break;
	case ROSTER_KIND_EXCEPTION:
		sqlite3_bind_int64(stmt, 1, r->exception.id);
		break;
	case ROSTER_KIND_HOLIDAY:
		sqlite3_bind_int64(stmt, 1, r->holiday.date);
		break;
	case ROSTER_KIND_EXTRA:
		sqlite3_bind_int64(stmt, 1, (int64_t)r->extra.id);
		break;
	case ROSTER_KIND_STANDING:
		sqlite3_bind_int64(stmt, 1, (int64_t)r->standing.member);
		break;
	case ROSTER_KIND_POOL:
		sqlite3_bind_int64(stmt, 1, (int64_t)r->pool.id);
		break;
	}
}

/* ---- reading ---- */

static int read_tier_doors(struct cache_records *records, struct roster_tier *tier)
{
	sqlite3_stmt *stmt = records->sql[RECORD_GET_TIER_DOORS];
	int rc, error = 0;

	sqlite3_bind_int64(stmt, 1, tier->tier);
	while (error == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct roster_tier_door *door = &tier->doors[tier->door_count];

		if (tier->door_count == ROSTER_TIER_DOORS_MAX ||
			!cache_take_text(stmt, 0, door->door, sizeof(door->door))) {
			error = -EBADMSG;
			break;
		}
		door->own = sqlite3_column_type(stmt, 1) != SQLITE_NULL;
		if (door->own && !cache_take_text(stmt, 1, door->hours, sizeof(door->hours)))
			error = -EBADMSG;
		tier->door_count++;
	}
	if (error == 0 && rc != SQLITE_DONE)
		error = db_errno(sqlite3_db_handle(stmt));
	sqlite3_reset(stmt);
	return error;
}

static int read_tier(struct cache_records *records, sqlite3_stmt *stmt, struct roster_tier *tier)
{
	tier->door_count = 0;
	if (!cache_take_u32(stmt, 0, UINT32_MAX, &tier->flags) ||
		!cache_take_text(stmt, 1, tier->hours, sizeof(tier->hours)) ||
		!cache_take_allowance(stmt, 2, &tier->allowance))
		return -EBADMSG;
	return read_tier_doors(records, tier);
}

/* The row under stmt; the key stands in r already. */
static int read_row(struct cache_records *records, sqlite3_stmt *stmt, struct roster_record *r)
{
	const struct token token = r->card.token;

	switch (r->kind) {
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_SITE:
		return -EINVAL;
	case ROSTER_KIND_DOOR:
		return 0;
	case ROSTER_KIND_TIER:
		return read_tier(records, stmt, &r->tier);
	case ROSTER_KIND_CARD:
		return cache_read_card(stmt, &token, &r->card);
	case ROSTER_KIND_EXCEPTION:
		return cache_read_exception(stmt, &r->exception.row);
	case ROSTER_KIND_HOLIDAY:
		return cache_take_bool(stmt, 0, &r->holiday.holiday) ? 0 : -EBADMSG;
	case ROSTER_KIND_EXTRA:
		return cache_read_extra(stmt, &r->extra);
	case ROSTER_KIND_STANDING:
		return cache_read_standing(stmt, &r->standing);
	case ROSTER_KIND_POOL:
		return cache_read_pool(stmt, &r->pool);
	}
	return -EINVAL;
}

static void copy_key(const struct roster_record *from, struct roster_record *to)
{
	to->kind = from->kind;
	to->gone = false;
	switch (from->kind) {
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_SITE:
		break;
	case ROSTER_KIND_DOOR:
		memcpy(to->door, from->door, sizeof(to->door));
		break;
	case ROSTER_KIND_TIER:
		to->tier.tier = from->tier.tier;
		break;
	case ROSTER_KIND_CARD:
		to->card.token = from->card.token;
		break;
	case ROSTER_KIND_EXCEPTION:
		to->exception.id = from->exception.id;
		break;
	case ROSTER_KIND_HOLIDAY:
		to->holiday.date = from->holiday.date;
		break;
	case ROSTER_KIND_EXTRA:
		to->extra.id = from->extra.id;
		break;
	case ROSTER_KIND_STANDING:
		to->standing.member = from->standing.member;
		break;
	case ROSTER_KIND_POOL:
		to->pool.id = from->pool.id;
		break;
	}
}

int cache_record_get(struct cache_records *records, const struct roster_record *key,
	struct roster_record *ret_record)
{
	sqlite3_stmt *stmt = choose(records, key->kind, gets);
	int rc, result;

	if (!stmt)
		return -EINVAL;
	copy_key(key, ret_record);
	bind_key(stmt, key);
	rc = sqlite3_step(stmt);
	result = rc == SQLITE_ROW ? 1 : db_errno(sqlite3_db_handle(stmt));
	if (result == 1) {
		int error = read_row(records, stmt, ret_record);

		result = error < 0 ? error : 1;
	}
	sqlite3_reset(stmt);
	return result;
}

void cache_record_site(const struct cache_head *head, struct roster_record *ret_record)
{
	ret_record->kind = ROSTER_KIND_SITE;
	ret_record->gone = false;
	ret_record->site = (struct roster_site){.holidays = head->holidays,
		.warn_s = head->warn_s,
		.bound_s = head->bound_s,
		.checkout_minute = head->checkout_minute};
	memcpy(ret_record->site.timezone, head->timezone, sizeof(ret_record->site.timezone));
}

/* ---- writing ---- */

static int put_tier_doors(struct cache_records *records, const struct roster_tier *tier)
{
	sqlite3_stmt *gone = records->sql[RECORD_GONE_TIER_DOORS];
	sqlite3_stmt *put = records->sql[RECORD_PUT_TIER_DOOR];
	int error;

	sqlite3_bind_int64(gone, 1, tier->tier);
	error = db_finish(gone);
	for (size_t i = 0; error == 0 && i < tier->door_count; i++) {
		sqlite3_bind_int64(put, 1, tier->tier);
		sqlite3_bind_text(put, 2, tier->doors[i].door, -1, SQLITE_STATIC);
		if (tier->doors[i].own)
			sqlite3_bind_text(put, 3, tier->doors[i].hours, -1, SQLITE_STATIC);
		error = db_finish(put);
	}
	return error;
}

int cache_record_put(struct cache_records *records, const struct roster_record *r)
{
	sqlite3_stmt *stmt = choose(records, r->kind, sets);
	int error;

	if (!stmt)
		return -EINVAL;
	bind_key(stmt, r);
	switch (r->kind) {
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_SITE:
	case ROSTER_KIND_DOOR:
		break;
	case ROSTER_KIND_TIER:
		sqlite3_bind_int64(stmt, 2, r->tier.flags);
		sqlite3_bind_text(stmt, 3, r->tier.hours, -1, SQLITE_STATIC);
		cache_bind_allowance(stmt, 4, &r->tier.allowance);
		break;
	case ROSTER_KIND_CARD:
		cache_bind_card(stmt, 2, &r->card);
		break;
	case ROSTER_KIND_EXCEPTION:
		cache_bind_exception(stmt, 2, &r->exception.row);
		break;
	case ROSTER_KIND_HOLIDAY:
		sqlite3_bind_int64(stmt, 2, r->holiday.holiday);
		break;
	case ROSTER_KIND_EXTRA:
		cache_bind_extra(stmt, 2, &r->extra);
		break;
	case ROSTER_KIND_STANDING:
		cache_bind_standing(stmt, 2, &r->standing);
		break;
	case ROSTER_KIND_POOL:
		cache_bind_pool(stmt, 2, &r->pool);
		break;
	}
	error = db_finish(stmt);
	return error == 0 && r->kind == ROSTER_KIND_TIER ? put_tier_doors(records, &r->tier)
							 : error;
}

int cache_record_gone(struct cache_records *records, const struct roster_record *key)
{
	sqlite3_stmt *stmt = choose(records, key->kind, gones);
	int error = 0;

	if (!stmt)
		return -EINVAL;
	if (key->kind == ROSTER_KIND_TIER) {
		sqlite3_bind_int64(records->sql[RECORD_GONE_TIER_DOORS], 1, key->tier.tier);
		error = db_finish(records->sql[RECORD_GONE_TIER_DOORS]);
	}
	bind_key(stmt, key);
	return error == 0 ? db_finish(stmt) : error;
}

/* ---- all of them ---- */

struct sum {
	struct cache_records records;
	struct roster_record key, record;
	uint8_t bytes[ROSTER_RECORD_MAX];
	uint8_t digest[ROSTER_DIGEST_SIZE];
	entry_hash_fn hash;
};

static int sum_record(struct sum *sum)
{
	int size = roster_record_encode(&sum->record, sum->bytes);

	if (size < 0)
		return -EBADMSG;
	roster_digest_add(sum->digest, sum->bytes, (size_t)size, sum->hash);
	return 0;
}

/* The key in the first column of a row. */
static bool take_key(sqlite3_stmt *stmt, struct roster_record *key)
{
	switch (key->kind) {
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_SITE:
		return false;
	case ROSTER_KIND_DOOR:
		return cache_take_text(stmt, 0, key->door, sizeof(key->door));
	case ROSTER_KIND_TIER:
		return cache_take_u32(stmt, 0, UINT32_MAX, &key->tier.tier);
	case ROSTER_KIND_CARD:
		if (sqlite3_column_bytes(stmt, 0) != TOKEN_SIZE)
			return false;
		memcpy(key->card.token.bytes, sqlite3_column_blob(stmt, 0), TOKEN_SIZE);
		return true;
	case ROSTER_KIND_EXCEPTION:
		key->exception.id = (uint64_t)sqlite3_column_int64(stmt, 0);
		return sqlite3_column_type(stmt, 0) == SQLITE_INTEGER;
	case ROSTER_KIND_HOLIDAY:
		return cache_take_date(stmt, 0, &key->holiday.date);
	case ROSTER_KIND_EXTRA:
		key->extra.id = (uint64_t)sqlite3_column_int64(stmt, 0);
		return true;
	case ROSTER_KIND_STANDING:
		key->standing.member = (uint64_t)sqlite3_column_int64(stmt, 0);
		return true;
	case ROSTER_KIND_POOL:
		key->pool.id = (uint64_t)sqlite3_column_int64(stmt, 0);
		return true;
	}
	return false;
}

static int sum_rows(struct sum *sum, sqlite3 *db, enum roster_kind kind, const char *sql)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int rc, error = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return db_errno(db);
	sum->key.kind = kind;
	while (error == 0 && (rc = sqlite3_step(stmt)) != SQLITE_DONE) {
		if (rc != SQLITE_ROW)
			return db_errno(db);
		if (!take_key(stmt, &sum->key) ||
			cache_record_get(&sum->records, &sum->key, &sum->record) != 1)
			return -EBADMSG;
		error = sum_record(sum);
	}
	return error;
}

static int sum_all(struct sum *sum, struct cache *c, char err[ERR_MAX])
{
	static const struct {
		enum roster_kind kind;
		const char *sql;
	} keys[] = {
		{ROSTER_KIND_DOOR, "SELECT door FROM door"},
		{ROSTER_KIND_TIER, "SELECT tier FROM tier"},
		{ROSTER_KIND_CARD, "SELECT token FROM card"},
		{ROSTER_KIND_EXCEPTION, "SELECT id FROM exception"},
		{ROSTER_KIND_HOLIDAY, "SELECT date FROM holiday WHERE imported = 0"},
		{ROSTER_KIND_EXTRA, "SELECT id FROM extra"},
		{ROSTER_KIND_STANDING, "SELECT member FROM standing"},
		{ROSTER_KIND_POOL, "SELECT id FROM pool"},
	};
	struct cache_head head;
	int error = cache_head(c, &head);

	if (error == 0 && head.origin != CACHE_ORIGIN_HUB)
		error = -ENODATA;
	if (error == 0)
		error = cache_records_prepare(&sum->records, c->db, c->path, false, err);
	if (error == 0) {
		cache_record_site(&head, &sum->record);
		error = sum_record(sum);
	}
	for (size_t i = 0; error == 0 && i < ARRAY_SIZE(keys); i++)
		error = sum_rows(sum, c->db, keys[i].kind, keys[i].sql);
	return error;
}

int cache_digest(struct cache *c, entry_hash_fn hash, uint8_t ret_digest[ROSTER_DIGEST_SIZE])
{
	CLEANUP(cleanup_free) struct sum *sum = calloc(1, sizeof(*sum));
	char err[ERR_MAX];
	int error;

	if (!sum)
		return -ENOMEM;
	sum->hash = hash;
	error = cache_view_begin(c);
	if (error < 0)
		return error;
	error = sum_all(sum, c, err);
	cache_records_free(&sum->records);
	cache_view_end(c);
	if (error == 0)
		memcpy(ret_digest, sum->digest, ROSTER_DIGEST_SIZE);
	return error;
}
