/* SPDX-License-Identifier: Apache-2.0 */
#include "cache_private.h"

#include "core/decide.h"
#include "core/hours.h"
#include <string.h>

#define CACHE_APPLICATION_ID 0x74706361 /* "tpca" */
#define LOOKUP_BUSY_MS 50               /* the loop reads: WAL readers only wait for recovery */

/*
 * Values are judged when they are read, not by CHECK: one nonsense row then denies one card, and
 * quick_check does not condemn the whole cache for it.
 */
static const char *const steps[] = {
	"CREATE TABLE head ("
	" one INTEGER PRIMARY KEY CHECK (one = 1),"
	" site TEXT NOT NULL, timezone TEXT NOT NULL,"
	" generation INTEGER NOT NULL, number INTEGER NOT NULL,"
	" origin INTEGER NOT NULL, cards INTEGER NOT NULL) STRICT;"
	"CREATE TABLE door (door TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
	"CREATE TABLE tier ("
	" tier INTEGER PRIMARY KEY, flags INTEGER NOT NULL, hours TEXT NOT NULL) STRICT;"
	"CREATE TABLE tier_door ("
	" tier INTEGER NOT NULL REFERENCES tier, door TEXT NOT NULL, hours TEXT,"
	" PRIMARY KEY (tier, door)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE card ("
	" token BLOB PRIMARY KEY, key_id INTEGER NOT NULL, card INTEGER NOT NULL,"
	" member INTEGER NOT NULL, sponsor INTEGER NOT NULL,"
	" tier INTEGER NOT NULL REFERENCES tier, state INTEGER NOT NULL,"
	" member_state INTEGER NOT NULL, valid_from INTEGER, valid_until INTEGER,"
	" grace_until INTEGER, release_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;",

	/* holidays: enum calendar_holidays; the doors of version 1 took England's */
	"ALTER TABLE head ADD COLUMN holidays INTEGER NOT NULL DEFAULT 1;"
	"CREATE TABLE exception ("
	" first_date INTEGER NOT NULL, last_date INTEGER NOT NULL,"
	" start_minute INTEGER NOT NULL, end_minute INTEGER NOT NULL,"
	" open INTEGER NOT NULL, door TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
	/* imported 1: by --import-holidays, which the roster's own answers go before */
	"CREATE TABLE holiday ("
	" date INTEGER NOT NULL, imported INTEGER NOT NULL, holiday INTEGER NOT NULL,"
	" PRIMARY KEY (date, imported)) STRICT, WITHOUT ROWID;",

	/* a hub's roster has a digest, and closures with numbers; kind: enum card_kind */
	"ALTER TABLE head ADD COLUMN digest BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE head ADD COLUMN warn_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE head ADD COLUMN bound_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE card ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE exception ADD COLUMN id INTEGER;"
	"CREATE UNIQUE INDEX exception_id ON exception (id);"
	/* until a roster of this revision is in force; no matter whether the card has a row */
	"CREATE TABLE blocked ("
	" token BLOB PRIMARY KEY, state INTEGER NOT NULL, member_state INTEGER NOT NULL,"
	" generation INTEGER NOT NULL, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;",

	/* what members may use and have used; a card of no tier has only its extras */
	"ALTER TABLE head ADD COLUMN checkout_minute INTEGER NOT NULL DEFAULT 240;"
	"ALTER TABLE tier ADD COLUMN allowance INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE tier ADD COLUMN policy INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE tier ADD COLUMN units INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE tier ADD COLUMN warn_percent INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE card_4 ("
	" token BLOB PRIMARY KEY, key_id INTEGER NOT NULL, card INTEGER NOT NULL,"
	" member INTEGER NOT NULL, sponsor INTEGER NOT NULL,"
	" tier INTEGER REFERENCES tier, state INTEGER NOT NULL,"
	" member_state INTEGER NOT NULL, valid_from INTEGER, valid_until INTEGER,"
	" grace_until INTEGER, release_ms INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" pool INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO card_4 SELECT token, key_id, card, member, sponsor, tier, state,"
	" member_state, valid_from, valid_until, grace_until, release_ms, kind, 0 FROM card;"
	"DROP TABLE card; ALTER TABLE card_4 RENAME TO card;"
	"CREATE TABLE extra ("
	" id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, member INTEGER NOT NULL,"
	" card INTEGER NOT NULL, about INTEGER NOT NULL, start INTEGER NOT NULL,"
	" until INTEGER NOT NULL, free INTEGER NOT NULL, door TEXT NOT NULL) STRICT;"
	"CREATE INDEX extra_member ON extra (member, until) WHERE member > 0;"
	"CREATE INDEX extra_card ON extra (card, until) WHERE card > 0;"
	"CREATE TABLE standing ("
	" member INTEGER PRIMARY KEY, year INTEGER NOT NULL, month INTEGER NOT NULL,"
	" days INTEGER NOT NULL, halves INTEGER NOT NULL, visits INTEGER NOT NULL,"
	" minutes INTEGER NOT NULL, extra INTEGER NOT NULL, inside INTEGER NOT NULL,"
	" date INTEGER, minute INTEGER NOT NULL) STRICT;"
	"CREATE TABLE pool ("
	" id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, units INTEGER NOT NULL,"
	" used INTEGER NOT NULL, year INTEGER NOT NULL, month INTEGER NOT NULL,"
	" doors INTEGER NOT NULL) STRICT;",
};

static const struct db_schema schema = {
	.steps = steps,
	.count = ARRAY_SIZE(steps),
	.application_id = CACHE_APPLICATION_ID,
	.mode = 0640,
};

#define CARD_SQL "SELECT " CACHE_CARD_COLUMNS ", b.state, b.member_state"
#define CARD_FROM " FROM card c LEFT JOIN blocked b ON b.token = c.token"
#define TOKEN_COLUMN (CACHE_CARD_COLUMN_COUNT + 2)

/* Two ways in, each by its index; who has both gets it once. */
#define EXTRAS_OF(who)                                                               \
	"SELECT id, " CACHE_EXTRA_COLUMNS " FROM extra WHERE " who " AND until > ?3" \
	" AND (door = '' OR door = ?4)"
#define EXTRAS_SQL                              \
	EXTRAS_OF("member > 0 AND member = ?1") \
	" UNION " EXTRAS_OF("card > 0 AND card = ?2") " ORDER BY start, id LIMIT ?5"

static int prepare_lookups(struct cache *c, char err[ERR_MAX])
{
	const struct {
		sqlite3_stmt **stmt;
		const char *sql;
	} table[] = {
		{&c->head, CACHE_HEAD_SQL},
		{&c->card, CARD_SQL CARD_FROM " WHERE c.token = ?1"},
		{&c->numbered, CARD_SQL ", c.token" CARD_FROM " WHERE c.card = ?1 LIMIT 2"},
		{&c->of_member, CARD_SQL ", c.token" CARD_FROM " WHERE c.member = ?1 LIMIT 2"},
		{&c->door, "SELECT 1 FROM door WHERE door = ?1"},
		{&c->tiers,
			"SELECT t.tier, t.flags, coalesce(d.hours, t.hours), d.tier IS NOT NULL OR"
			" NOT EXISTS (SELECT 1 FROM tier_door x WHERE x.tier = t.tier)"
			", t.allowance, t.policy, t.units, t.warn_percent"
			" FROM tier t LEFT JOIN tier_door d ON d.tier = t.tier AND d.door = ?1"
			" ORDER BY t.tier"},
		{&c->version, "PRAGMA data_version"},
		{&c->extras, EXTRAS_SQL},
		{&c->standing, "SELECT " CACHE_STANDING_COLUMNS " FROM standing WHERE member = ?1"},
		{&c->pool, "SELECT " CACHE_POOL_COLUMNS " FROM pool WHERE id = ?1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int error = db_prepare(c->db, c->path, table[i].sql, table[i].stmt, err);

		if (error < 0)
			return error;
	}
	return 0;
}

static void cleanup_cache(struct cache **cache)
{
	cache_close(*cache);
}

static struct cache *new_cache(const char *path, char err[ERR_MAX])
{
	struct cache *c = calloc(1, sizeof(*c));

	if (c)
		c->path = strdup(path);
	if (c && c->path)
		return c;
	snprintf(err, ERR_MAX, "%s: not enough memory to open it", path);
	return cache_close(c);
}

int cache_open_read(const char *path, struct cache **ret_cache, char err[ERR_MAX])
{
	CLEANUP(cleanup_cache) struct cache *c = new_cache(path, err);
	int error;

	if (!c)
		return -ENOMEM;
	error = db_open_read(path, &schema, &c->db, err);
	if (error == 0)
		error = prepare_lookups(c, err);
	if (error == 0)
		*ret_cache = STEAL(c);
	return error;
}

int cache_open(const char *path, struct cache **ret_cache, bool *ret_damaged, char err[ERR_MAX])
{
	CLEANUP(cleanup_cache) struct cache *c = new_cache(path, err);
	char aside[DB_ASIDE_MAX];
	bool damaged = false;
	int error;

	if (!c)
		return -ENOMEM;
	error = db_open(path, &schema, &c->db, &damaged, aside, err);
	if (error == 0)
		error = prepare_lookups(c, err);
	if (error < 0)
		return error;
	sqlite3_busy_timeout(c->db, LOOKUP_BUSY_MS);
	if (damaged)
		snprintf(err, ERR_MAX, "%s was damaged: kept as %s, an empty one begins", path,
			aside);
	*ret_damaged = damaged;
	*ret_cache = STEAL(c);
	return 0;
}

struct cache *cache_close(struct cache *c)
{
	if (!c)
		return NULL;
	cache_fill_abort(c);
	sqlite3_finalize(c->head);
	sqlite3_finalize(c->card);
	sqlite3_finalize(c->numbered);
	sqlite3_finalize(c->of_member);
	sqlite3_finalize(c->door);
	sqlite3_finalize(c->tiers);
	sqlite3_finalize(c->version);
	sqlite3_finalize(c->extras);
	sqlite3_finalize(c->standing);
	sqlite3_finalize(c->pool);
	sqlite3_close_v2(c->db);
	free(c->path);
	free(c);
	return NULL;
}

/* ---- reading ---- */

int cache_version(struct cache *c, int64_t *ret_version)
{
	int error = sqlite3_step(c->version) == SQLITE_ROW ? 0 : db_errno(c->db);

	if (error == 0)
		*ret_version = sqlite3_column_int64(c->version, 0);
	sqlite3_reset(c->version);
	return error;
}

int cache_head(struct cache *c, struct cache_head *ret_head)
{
	int rc = sqlite3_step(c->head);
	int error = rc == SQLITE_ROW ? cache_read_head(c->head, ret_head) : db_errno(c->db);

	if (rc == SQLITE_DONE)
		*ret_head = (struct cache_head){0};
	sqlite3_reset(c->head);
	return error;
}

/* The row as it counts now, whatever the roster says of a blocked card. */
static int read_card(sqlite3_stmt *stmt, const struct token *token, struct roster_card *ret_card)
{
	int error = cache_read_card(stmt, token, ret_card);

	if (error < 0)
		return error;
	cache_read_block(stmt, CACHE_CARD_COLUMN_COUNT, ret_card);
	return 1;
}

int cache_card(struct cache *c, const struct token *token, struct roster_card *ret_card)
{
	int rc, result;

	sqlite3_bind_blob(c->card, 1, token->bytes, TOKEN_SIZE, SQLITE_STATIC);
	rc = sqlite3_step(c->card);
	result = rc == SQLITE_ROW ? read_card(c->card, token, ret_card) : db_errno(c->db);
	sqlite3_reset(c->card);
	sqlite3_clear_bindings(c->card);
	return result;
}

/* The only card that has the number, in whatever column the statement asks. */
static int find_only(
	struct cache *c, sqlite3_stmt *stmt, uint64_t number, struct roster_card *ret_card)
{
	struct roster_card card;
	struct token token;
	int rc, result;

	sqlite3_bind_int64(stmt, 1, number);
	rc = sqlite3_step(stmt);
	result = rc == SQLITE_ROW ? 1 : db_errno(c->db);
	if (result > 0 && sqlite3_column_bytes(stmt, TOKEN_COLUMN) == TOKEN_SIZE) {
		memcpy(token.bytes, sqlite3_column_blob(stmt, TOKEN_COLUMN), TOKEN_SIZE);
		result = read_card(stmt, &token, &card);
	} else if (result > 0) {
		result = -EBADMSG;
	}
	if (result > 0 && sqlite3_step(stmt) == SQLITE_ROW)
		result = -ENOTUNIQ;
	sqlite3_reset(stmt);
	if (result > 0)
		*ret_card = card;
	return result;
}

int cache_card_numbered(struct cache *c, uint64_t number, struct roster_card *ret_card)
{
	return find_only(c, c->numbered, number, ret_card);
}

int cache_card_of_member(struct cache *c, uint64_t member, struct roster_card *ret_card)
{
	return find_only(c, c->of_member, member, ret_card);
}

int cache_has_door(struct cache *c, const char *door)
{
	int rc, result;

	sqlite3_bind_text(c->door, 1, door, -1, SQLITE_STATIC);
	rc = sqlite3_step(c->door);
	result = rc == SQLITE_ROW ? 1 : db_errno(c->db);
	sqlite3_reset(c->door);
	sqlite3_clear_bindings(c->door);
	return result;
}

static int read_tier(sqlite3_stmt *stmt, struct cache_tier *ret_tier)
{
	char hours[HOURS_TEXT_MAX + 1];
	struct cache_tier tier = {.door = sqlite3_column_int(stmt, 3) == 1};

	if (!cache_take_u32(stmt, 0, UINT32_MAX, &tier.tier) ||
		!cache_take_u32(stmt, 1, TIER_FLAGS_ALL, &tier.flags) ||
		!cache_take_text(stmt, 2, hours, sizeof(hours)) ||
		!cache_take_allowance(stmt, 4, &tier.allowance))
		return -EBADMSG;
	tier.hours = strdup(hours);
	if (!tier.hours)
		return -ENOMEM;
	*ret_tier = tier;
	return 0;
}

static int read_tiers(sqlite3 *db, sqlite3_stmt *stmt, struct cache_tiers *tiers)
{
	int rc, error = 0;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (tiers->count == CACHE_TIERS_MAX)
			return -EBADMSG;
		error = read_tier(stmt, &tiers->rows[tiers->count]);
		if (error < 0)
			return error;
		tiers->count++;
	}
	return rc == SQLITE_DONE ? 0 : db_errno(db);
}

int cache_tiers(struct cache *c, const char *door, struct cache_tiers *ret_tiers)
{
	struct cache_tiers tiers = {.rows = calloc(CACHE_TIERS_MAX, sizeof(*tiers.rows))};
	int error;

	if (!tiers.rows)
		return -ENOMEM;
	sqlite3_bind_text(c->tiers, 1, door, -1, SQLITE_STATIC);
	error = read_tiers(c->db, c->tiers, &tiers);
	sqlite3_reset(c->tiers);
	sqlite3_clear_bindings(c->tiers);
	if (error < 0)
		cache_tiers_free(&tiers);
	else
		*ret_tiers = tiers;
	return error;
}

void cache_tiers_free(struct cache_tiers *tiers)
{
	for (size_t i = 0; tiers->rows && i < tiers->count; i++)
		free(tiers->rows[i].hours);
	free(tiers->rows);
	*tiers = (struct cache_tiers){0};
}

int cache_calendar(struct cache *c, struct calendar *ret_calendar)
{
	int error = cache_read_calendar(c->db, ret_calendar);

	return error == -ENOSPC ? -EBADMSG : error;
}

int cache_view_begin(struct cache *c)
{
	return db_do(c->db, "BEGIN");
}

void cache_view_end(struct cache *c)
{
	db_do(c->db, "COMMIT");
}
