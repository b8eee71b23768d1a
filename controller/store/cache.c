/* SPDX-License-Identifier: Apache-2.0 */
#include "cache_private.h"

#include "core/decide.h"
#include "core/hours.h"
#include <string.h>

#define CACHE_APPLICATION_ID 0x74706361 /* "tpca" */
#define DATE_MAX 2932896                /* 9999-12-31 */
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
};

static const struct db_schema schema = {
	.steps = steps,
	.count = ARRAY_SIZE(steps),
	.application_id = CACHE_APPLICATION_ID,
	.mode = 0640,
};

#define CARD_SQL                                                           \
	"SELECT key_id, card, member, sponsor, tier, state, member_state," \
	" valid_from, valid_until, grace_until, release_ms"

static int prepare_lookups(struct cache *c, char err[ERR_MAX])
{
	const struct {
		sqlite3_stmt **stmt;
		const char *sql;
	} table[] = {
		{&c->head, CACHE_HEAD_SQL},
		{&c->card, CARD_SQL " FROM card WHERE token = ?1"},
		{&c->numbered, CARD_SQL ", token FROM card WHERE card = ?1 LIMIT 2"},
		{&c->of_member, CARD_SQL ", token FROM card WHERE member = ?1 LIMIT 2"},
		{&c->door, "SELECT 1 FROM door WHERE door = ?1"},
		{&c->tiers,
			"SELECT t.tier, t.flags, coalesce(d.hours, t.hours), d.tier IS NOT NULL OR"
			" NOT EXISTS (SELECT 1 FROM tier_door x WHERE x.tier = t.tier)"
			" FROM tier t LEFT JOIN tier_door d ON d.tier = t.tier AND d.door = ?1"
			" ORDER BY t.tier"},
		{&c->version, "PRAGMA data_version"},
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
	sqlite3_close_v2(c->db);
	free(c->path);
	free(c);
	return NULL;
}

/* ---- reading: every value is checked, since the file is outside input ---- */

static bool take_text(sqlite3_stmt *stmt, int column, char *out, size_t room)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	size_t size = text ? strlen(text) : 0;

	if (!text || size >= room || size != (size_t)sqlite3_column_bytes(stmt, column))
		return false;
	memcpy(out, text, size + 1);
	return true;
}

static bool take_u32(sqlite3_stmt *stmt, int column, uint32_t max, uint32_t *out)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	*out = (uint32_t)value;
	return value >= 0 && value <= max;
}

static bool take_date(sqlite3_stmt *stmt, int column, int32_t *out)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	*out = DATE_NONE;
	if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
		return true;
	*out = (int32_t)value;
	return value >= 0 && value <= DATE_MAX;
}

int cache_version(struct cache *c, int64_t *ret_version)
{
	int error = sqlite3_step(c->version) == SQLITE_ROW ? 0 : db_errno(c->db);

	if (error == 0)
		*ret_version = sqlite3_column_int64(c->version, 0);
	sqlite3_reset(c->version);
	return error;
}

int cache_read_head(sqlite3_stmt *stmt, struct cache_head *ret_head)
{
	struct cache_head head = {.revision.number = sqlite3_column_int64(stmt, 3)};
	uint32_t origin, holidays;

	if (!take_text(stmt, 0, head.site, sizeof(head.site)) || !name_id_valid(head.site) ||
		!take_text(stmt, 1, head.timezone, sizeof(head.timezone)) ||
		!take_u32(stmt, 2, UINT32_MAX, &head.revision.generation) ||
		!take_u32(stmt, 4, CACHE_ORIGIN_HUB, &origin) ||
		sqlite3_column_int64(stmt, 5) < 0 ||
		!take_u32(stmt, 6, CALENDAR_HOLIDAYS_ENGLAND, &holidays))
		return -EBADMSG;
	head.holidays = holidays;
	head.origin = origin;
	head.cards = sqlite3_column_int64(stmt, 5);
	*ret_head = head;
	return 0;
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

static int read_card(sqlite3_stmt *stmt, const struct token *token, struct roster_card *ret_card)
{
	struct roster_card card = {
		.token = *token,
		.card = sqlite3_column_int64(stmt, 1),
		.member = sqlite3_column_int64(stmt, 2),
		.sponsor = sqlite3_column_int64(stmt, 3),
	};
	uint32_t state, member_state;

	if (!take_u32(stmt, 0, UINT32_MAX, &card.key_id) ||
		!take_u32(stmt, 4, UINT32_MAX, &card.tier) ||
		!take_u32(stmt, 5, CARD_STATE_REVOKED, &state) ||
		!take_u32(stmt, 6, MEMBER_STATE_SUSPENDED, &member_state) ||
		!take_date(stmt, 7, &card.valid_from) || !take_date(stmt, 8, &card.valid_until) ||
		!take_date(stmt, 9, &card.grace_until) ||
		!take_u32(stmt, 10, RELEASE_MS_MAX, &card.release_ms))
		return -EBADMSG;
	card.state = state;
	card.member_state = member_state;
	*ret_card = card;
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
	if (result > 0 && sqlite3_column_bytes(stmt, 11) == TOKEN_SIZE) {
		memcpy(token.bytes, sqlite3_column_blob(stmt, 11), TOKEN_SIZE);
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

	if (!take_u32(stmt, 0, UINT32_MAX, &tier.tier) ||
		!take_u32(stmt, 1, TIER_FLAGS_ALL, &tier.flags) ||
		!take_text(stmt, 2, hours, sizeof(hours)))
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

/* ---- the calendar ---- */

static bool take_u16(sqlite3_stmt *stmt, int column, uint16_t *out)
{
	uint32_t value;
	bool good = take_u32(stmt, column, UINT16_MAX, &value);

	*out = (uint16_t)value;
	return good;
}

static bool take_bool(sqlite3_stmt *stmt, int column, bool *out)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	*out = value == 1;
	return value == 0 || value == 1;
}

/* The calendar's own checks do the rest. */
static int add_exception(sqlite3_stmt *stmt, struct calendar *calendar)
{
	struct calendar_exception e;

	if (!take_date(stmt, 0, &e.first) || !take_date(stmt, 1, &e.last) ||
		!take_u16(stmt, 2, &e.start) || !take_u16(stmt, 3, &e.end) ||
		!take_bool(stmt, 4, &e.open) || !take_text(stmt, 5, e.door, sizeof(e.door)) ||
		!take_text(stmt, 6, e.reason, sizeof(e.reason)))
		return -EBADMSG;
	return calendar_exception_add(calendar, &e);
}

static int add_holiday(sqlite3_stmt *stmt, struct calendar *calendar)
{
	int32_t date;
	bool holiday;

	if (!take_date(stmt, 0, &date) || !take_bool(stmt, 1, &holiday))
		return -EBADMSG;
	return calendar_date_set(calendar, date, holiday);
}

static int add_system(sqlite3_stmt *stmt, struct calendar *calendar)
{
	uint32_t holidays;

	if (!take_u32(stmt, 0, CALENDAR_HOLIDAYS_ENGLAND, &holidays))
		return -EBADMSG;
	calendar->holidays = holidays;
	return 0;
}

static int add_rows(sqlite3 *db, const char *sql,
	int (*add)(sqlite3_stmt *stmt, struct calendar *calendar), struct calendar *calendar)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int rc, error = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return db_errno(db);
	while (error == 0 && (rc = sqlite3_step(stmt)) != SQLITE_DONE)
		error = rc == SQLITE_ROW ? add(stmt, calendar) : db_errno(db);
	return error == -EINVAL ? -EBADMSG : error;
}

int cache_read_calendar(sqlite3 *db, struct calendar *ret_calendar)
{
	struct calendar calendar = {0};
	int error = add_rows(db, "SELECT holidays FROM head", add_system, &calendar);

	if (error == 0)
		error = add_rows(db,
			"SELECT first_date, last_date, start_minute, end_minute, open, door, reason"
			" FROM exception ORDER BY rowid",
			add_exception, &calendar);
	/* the roster's own come last: they replace what was imported */
	if (error == 0)
		error = add_rows(db, "SELECT date, holiday FROM holiday ORDER BY imported DESC",
			add_holiday, &calendar);
	if (error == 0)
		*ret_calendar = calendar;
	return error;
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
