/* SPDX-License-Identifier: Apache-2.0 */
/* What the cache's files share: cache.c opens and reads, cache_row.c judges each row, cache_fill.c
 * fills from files, cache_apply.c and cache_block.c take what a hub sends, rules.c reads it all. */
#pragma once

#include "store/cache.h"
#include "store/db.h"
#include "store/keeper.h"
#include <sqlite3.h>

#define CACHE_BLOCKED_MAX 100000 /* rows */

/* ---- cache_row.c: the file is outside input, so every value is checked when it is read ---- */

#define CACHE_HEAD_SQL                                                        \
	"SELECT site, timezone, generation, number, origin, cards, holidays," \
	" digest, warn_s, bound_s, checkout_minute FROM head"
#define CACHE_CARD_COLUMNS                                                        \
	"c.key_id, c.card, c.member, c.sponsor, c.tier, c.state, c.member_state," \
	" c.valid_from, c.valid_until, c.grace_until, c.release_ms, c.kind, c.pool"
#define CACHE_CARD_COLUMN_COUNT 13 /* what a statement selects after them */
#define CACHE_EXCEPTION_COLUMNS \
	"first_date, last_date, start_minute, end_minute, open, door, reason"

/* extra, standing, pool: all but the key, which is their first column */
#define CACHE_EXTRA_COLUMNS "kind, member, card, about, start, until, free, door"
#define CACHE_STANDING_COLUMNS \
	"year, month, days, halves, visits, minutes, extra, inside, date, minute"
#define CACHE_POOL_COLUMNS "kind, units, used, year, month, doors"
#define CACHE_ALLOWANCE_COLUMNS "allowance, policy, units, warn_percent"

bool cache_take_text(sqlite3_stmt *stmt, int column, char *out, size_t room);
bool cache_take_u32(sqlite3_stmt *stmt, int column, uint32_t max, uint32_t *out);
bool cache_take_u16(sqlite3_stmt *stmt, int column, uint16_t *out);
bool cache_take_bool(sqlite3_stmt *stmt, int column, bool *out);
bool cache_take_date(sqlite3_stmt *stmt, int column, int32_t *out);

/* Rows of the columns above. 0 or -EBADMSG. */
int cache_read_head(sqlite3_stmt *stmt, struct cache_head *ret_head);
int cache_read_card(sqlite3_stmt *stmt, const struct token *token, struct roster_card *ret_card);
int cache_read_exception(sqlite3_stmt *stmt, struct calendar_exception *ret_exception);

/* Binds values to the columns in their order, from `first` on. */
void cache_bind_card(sqlite3_stmt *stmt, int first, const struct roster_card *card);
void cache_bind_exception(sqlite3_stmt *stmt, int first, const struct calendar_exception *e);

/* CACHE_ALLOWANCE_COLUMNS, from `first` on. */
bool cache_take_allowance(sqlite3_stmt *stmt, int first, struct allowance *out);
void cache_bind_allowance(sqlite3_stmt *stmt, int first, const struct allowance *allowance);

/* ---- cache_member.c: what the hub says of members; the key stands in the value already ---- */

int cache_read_extra(sqlite3_stmt *stmt, struct roster_extra *extra);
int cache_read_standing(sqlite3_stmt *stmt, struct standing *standing);
int cache_read_pool(sqlite3_stmt *stmt, struct roster_pool *pool);
void cache_bind_extra(sqlite3_stmt *stmt, int first, const struct roster_extra *extra);
void cache_bind_standing(sqlite3_stmt *stmt, int first, const struct standing *standing);
void cache_bind_pool(sqlite3_stmt *stmt, int first, const struct roster_pool *pool);

/* ---- cache_row.c: the head and the calendar ---- */

/* The head in force as this connection sees it; zeros where there is none, or nonsense, which is
 * not worth keeping. 0 or negative errno with err. */
int cache_get_head(sqlite3 *db, const char *path, struct cache_head *ret_head, char err[ERR_MAX]);
int cache_put_head(sqlite3 *db, const char *path, const struct cache_head *head, char err[ERR_MAX]);

/* Holidays of both sources, closures and special openings, as this connection sees them. 0,
 * -EBADMSG for a row that cannot be, -ENOSPC for more than a calendar holds, or negative errno. */
int cache_read_calendar(sqlite3 *db, struct calendar *ret_calendar);
/* Reads it all back. 0 or the same, with err. */
int cache_check_calendar(sqlite3 *db, const char *path, char err[ERR_MAX]);

/* ---- cache_record.c: rows as records of a roster, and back ---- */

enum cache_record_sql {
	RECORD_GET_DOOR,
	RECORD_GET_TIER,
	RECORD_GET_TIER_DOORS,
	RECORD_GET_CARD,
	RECORD_GET_EXCEPTION,
	RECORD_GET_HOLIDAY,
	RECORD_GET_EXTRA,
	RECORD_GET_STANDING,
	RECORD_GET_POOL,
	RECORD_PUT_DOOR,
	RECORD_PUT_TIER,
	RECORD_PUT_TIER_DOOR,
	RECORD_PUT_CARD,
	RECORD_PUT_EXCEPTION,
	RECORD_PUT_HOLIDAY,
	RECORD_PUT_EXTRA,
	RECORD_PUT_STANDING,
	RECORD_PUT_POOL,
	RECORD_GONE_DOOR,
	RECORD_GONE_TIER,
	RECORD_GONE_TIER_DOORS,
	RECORD_GONE_CARD,
	RECORD_GONE_EXCEPTION,
	RECORD_GONE_HOLIDAY,
	RECORD_GONE_EXTRA,
	RECORD_GONE_STANDING,
	RECORD_GONE_POOL,
	RECORD_SQL_COUNT,
};

struct cache_records {
	sqlite3_stmt *sql[RECORD_SQL_COUNT];
};

/* over: a put replaces what has its key; else that is -EEXIST. */
int cache_records_prepare(
	struct cache_records *records, sqlite3 *db, const char *path, bool over, char err[ERR_MAX]);
void cache_records_free(struct cache_records *records);
/* The rows under a record's key, of any kind but SITE: 1 and *ret_record, 0 when there are none,
 * -EBADMSG for rows that cannot be, or negative errno. */
int cache_record_get(struct cache_records *records, const struct roster_record *key,
	struct roster_record *ret_record);
/* 0, -EEXIST, -ENOENT for a tier that is not there, or negative errno. */
int cache_record_put(struct cache_records *records, const struct roster_record *record);
int cache_record_gone(struct cache_records *records, const struct roster_record *key);
/* The record of the head's own fields. */
void cache_record_site(const struct cache_head *head, struct roster_record *ret_record);

/* ---- cache_apply.c: a roster of the hub, one transaction ---- */

struct cache_apply;

/* Is this roster allowed to follow the one in force? 0 or -ESTALE, with err. */
int cache_judge_roster(const struct cache_head *old, const struct keeper_roster *roster,
	const char *path, char err[ERR_MAX]);

/*
 * Begins; takes records; commits. Any failure leaves the old roster in force: close then.
 * -EBADMSG: the records or their digest are wrong; -ESTALE: the revision is; -EIO: the file is
 * damaged, or the disk; -EAGAIN: another program writes.
 */
int cache_apply_begin(const char *path, const struct keeper_roster *roster, entry_hash_fn hash,
	struct cache_apply **ret_apply, char err[ERR_MAX]);
int cache_apply_run(struct cache_apply *apply, const uint8_t *run, size_t size, char err[ERR_MAX]);
int cache_apply_commit(struct cache_apply *apply, struct cache_head *ret_head,
	unsigned *ret_changed, char err[ERR_MAX]);
/* Takes NULL; rolls back what was not committed. Returns NULL. */
struct cache_apply *cache_apply_close(struct cache_apply *apply);

/* An error of the file or the disk as those above. */
int cache_disk_error(int error);

/* Moves a long -wal into the file while others read on; waits for none of them for long. */
void cache_checkpoint(const char *path);
/* Rewrites the file and empties its log: no page has what was deleted. -EBUSY while it is read. */
int cache_wipe(const char *path, char err[ERR_MAX]);

/* ---- cache_block.c ---- */

/* Blocks the cards of a run that may not come in any more. 0 and how many, or negative errno as
 * above. */
int cache_block(const char *path, const struct revision *revision, const uint8_t *run, size_t size,
	unsigned *ret_changed, char err[ERR_MAX]);
/* As part of a transaction that puts a roster of this revision in force. */
int cache_unblock(
	sqlite3 *db, const char *path, const struct revision *revision, char err[ERR_MAX]);
/* What a blocked row's two columns make of a card. */
void cache_read_block(sqlite3_stmt *stmt, int column, struct roster_card *card);

/* ---- cache_fill.c ---- */

enum fill_row {
	FILL_DOOR,
	FILL_TIER,
	FILL_TIER_DOOR,
	FILL_CARD,
	FILL_EXCEPTION,
	FILL_HOLIDAY,
	FILL_ROWS,
};

struct fill {
	sqlite3 *db; /* NULL: not filling */
	sqlite3_stmt *insert[FILL_ROWS];
	struct cache_head head;
	struct calendar calendar; /* what was filled so far: judges and counts */
	int error;                /* the first one, which fails the commit */
};

struct cache {
	char *path;
	sqlite3 *db;
	sqlite3_stmt *head;
	sqlite3_stmt *card;
	sqlite3_stmt *numbered;
	sqlite3_stmt *of_member;
	sqlite3_stmt *door;
	sqlite3_stmt *tiers;
	sqlite3_stmt *version;
	sqlite3_stmt *extras;
	sqlite3_stmt *standing;
	sqlite3_stmt *pool;
	struct fill fill;
};
