/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache.h"

#include "core/decide.h"
#include "core/hours.h"
#include "store/db.h"
#include <sqlite3.h>
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
};

static const struct db_schema schema = {
	.steps = steps,
	.count = ARRAY_SIZE(steps),
	.application_id = CACHE_APPLICATION_ID,
	.mode = 0640,
};

enum fill_row { FILL_DOOR, FILL_TIER, FILL_TIER_DOOR, FILL_CARD, FILL_ROWS };

static const char *const fill_sql[FILL_ROWS] = {
	[FILL_DOOR] = "INSERT INTO door VALUES (?1)",
	[FILL_TIER] = "INSERT INTO tier VALUES (?1, ?2, ?3)",
	[FILL_TIER_DOOR] = "INSERT INTO tier_door VALUES (?1, ?2, ?3)",
	[FILL_CARD] = "INSERT INTO card VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
};

struct fill {
	sqlite3 *db; /* NULL: not filling */
	sqlite3_stmt *insert[FILL_ROWS];
	struct cache_head head;
	int error; /* the first one, which fails the commit */
};

struct cache {
	char *path;
	sqlite3 *db;
	sqlite3_stmt *head;
	sqlite3_stmt *card;
	sqlite3_stmt *door;
	sqlite3_stmt *tiers;
	sqlite3_stmt *version;
	struct fill fill;
};

static int prepare_lookups(struct cache *c, char err[ERR_MAX])
{
	const struct {
		sqlite3_stmt **stmt;
		const char *sql;
	} table[] = {
		{&c->head, "SELECT site, timezone, generation, number, origin, cards FROM head"},
		{&c->card, "SELECT key_id, card, member, sponsor, tier, state, member_state,"
			   " valid_from, valid_until, grace_until, release_ms"
			   " FROM card WHERE token = ?1"},
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

int cache_open(const char *path, struct cache **ret_cache, bool *ret_damaged, char err[ERR_MAX])
{
	CLEANUP(cleanup_cache) struct cache *c = calloc(1, sizeof(*c));
	char aside[DB_ASIDE_MAX];
	bool damaged = false;
	int error;

	if (c)
		c->path = strdup(path);
	if (!c || !c->path) {
		snprintf(err, ERR_MAX, "%s: not enough memory to open it", path);
		return -ENOMEM;
	}
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

static bool date_possible(int32_t date)
{
	return date == DATE_NONE || (date >= 0 && date <= DATE_MAX);
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

static int read_head(sqlite3_stmt *stmt, struct cache_head *ret_head)
{
	struct cache_head head = {.revision.number = sqlite3_column_int64(stmt, 3)};
	uint32_t origin;

	if (!take_text(stmt, 0, head.site, sizeof(head.site)) || !name_id_valid(head.site) ||
		!take_text(stmt, 1, head.timezone, sizeof(head.timezone)) ||
		!take_u32(stmt, 2, UINT32_MAX, &head.revision.generation) ||
		!take_u32(stmt, 4, CACHE_ORIGIN_HUB, &origin) || sqlite3_column_int64(stmt, 5) < 0)
		return -EBADMSG;
	head.origin = origin;
	head.cards = sqlite3_column_int64(stmt, 5);
	*ret_head = head;
	return 0;
}

int cache_head(struct cache *c, struct cache_head *ret_head)
{
	int rc = sqlite3_step(c->head);
	int error = rc == SQLITE_ROW ? read_head(c->head, ret_head) : db_errno(c->db);

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

/* ---- filling ---- */

static int revision_order(const struct revision *a, const struct revision *b)
{
	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return a->number == b->number ? 0 : a->number < b->number ? -1 : 1;
}

/* Is this roster allowed to replace the one in force? */
static int judge_head(const struct cache *c, const struct cache_head *old,
	const struct cache_head *head, char err[ERR_MAX])
{
	if (old->origin == CACHE_ORIGIN_HUB && head->origin != CACHE_ORIGIN_HUB) {
		snprintf(err, ERR_MAX,
			"%s: holds the roster of a hub, a file cannot replace it: change it at the "
			"hub",
			c->path);
		return -EPERM;
	}
	if (old->origin == head->origin && revision_order(&head->revision, &old->revision) < 0) {
		snprintf(err, ERR_MAX,
			"%s: holds revision %u.%llu, the new roster has the older %u.%llu: give it "
			"a higher revision",
			c->path, old->revision.generation, (unsigned long long)old->revision.number,
			head->revision.generation, (unsigned long long)head->revision.number);
		return -ESTALE;
	}
	return 0;
}

static int begin(struct cache *c, const struct cache_head *head, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	struct fill *f = &c->fill;
	struct cache_head old = {0};
	int error = db_connect(c->path, false, &f->db, err);

	if (error == 0) /* 32 MiB of pages: a million cards in any order without rewriting them */
		error = db_run(f->db, c->path, "PRAGMA cache_size=-32768; BEGIN IMMEDIATE", err);
	if (error == 0)
		error = db_prepare(f->db, c->path,
			"SELECT site, timezone, generation, number, origin, cards FROM head", &stmt,
			err);
	if (error < 0)
		return error;
	if (sqlite3_step(stmt) == SQLITE_ROW && read_head(stmt, &old) < 0)
		old = (struct cache_head){0}; /* nonsense is not worth keeping */
	sqlite3_reset(stmt);
	error = judge_head(c, &old, head, err);
	if (error == 0)
		error = db_run(f->db, c->path,
			"DELETE FROM card; DELETE FROM tier_door; DELETE FROM tier;"
			"DELETE FROM door; DELETE FROM head",
			err);
	for (size_t i = 0; error == 0 && i < FILL_ROWS; i++)
		error = db_prepare(f->db, c->path, fill_sql[i], &f->insert[i], err);
	return error;
}

int cache_fill_begin(struct cache *c, const struct cache_head *head, char err[ERR_MAX])
{
	int error;

	if (c->fill.db || !name_id_valid(head->site) || head->origin == CACHE_ORIGIN_EMPTY ||
		head->origin > CACHE_ORIGIN_HUB ||
		!memchr(head->timezone, 0, sizeof(head->timezone))) {
		snprintf(err, ERR_MAX, "%s: cannot fill it: %s", c->path,
			c->fill.db ? "a fill is under way" : "bad site, time zone or origin");
		return c->fill.db ? -EBUSY : -EINVAL;
	}
	error = begin(c, head, err);
	if (error < 0) {
		cache_fill_abort(c);
		return error;
	}
	c->fill.head = *head;
	c->fill.head.cards = 0;
	return 0;
}

/* Runs the insert, unless it or an earlier one is bad. */
static int fill(struct cache *c, enum fill_row row, bool good)
{
	struct fill *f = &c->fill;

	/* After an error SQLite may have rolled back, and an insert would change the old roster. */
	if (f->error == 0)
		f->error = good ? db_finish(f->insert[row]) : -EINVAL;
	sqlite3_clear_bindings(f->insert[row]);
	return f->error;
}

static bool hours_fit(const char *hours)
{
	return strnlen(hours, HOURS_TEXT_MAX + 1) <= HOURS_TEXT_MAX;
}

int cache_fill_door(struct cache *c, const char *door)
{
	if (!c->fill.db)
		return -EINVAL;
	sqlite3_bind_text(c->fill.insert[FILL_DOOR], 1, door, -1, SQLITE_STATIC);
	return fill(c, FILL_DOOR, name_id_valid(door));
}

int cache_fill_tier(struct cache *c, uint32_t tier, uint32_t flags, const char *hours)
{
	sqlite3_stmt *stmt = c->fill.insert[FILL_TIER];

	if (!c->fill.db)
		return -EINVAL;
	sqlite3_bind_int64(stmt, 1, tier);
	sqlite3_bind_int64(stmt, 2, flags);
	sqlite3_bind_text(stmt, 3, hours, -1, SQLITE_STATIC);
	return fill(c, FILL_TIER, flags <= TIER_FLAGS_ALL && hours_fit(hours));
}

int cache_fill_tier_door(struct cache *c, uint32_t tier, const char *door, const char *hours)
{
	sqlite3_stmt *stmt = c->fill.insert[FILL_TIER_DOOR];

	if (!c->fill.db)
		return -EINVAL;
	sqlite3_bind_int64(stmt, 1, tier);
	sqlite3_bind_text(stmt, 2, door, -1, SQLITE_STATIC);
	if (hours)
		sqlite3_bind_text(stmt, 3, hours, -1, SQLITE_STATIC);
	return fill(c, FILL_TIER_DOOR, name_id_valid(door) && (!hours || hours_fit(hours)));
}

static void bind_date(sqlite3_stmt *stmt, int column, int32_t date)
{
	if (date == DATE_NONE)
		sqlite3_bind_null(stmt, column);
	else
		sqlite3_bind_int64(stmt, column, date);
}

int cache_fill_card(struct cache *c, const struct roster_card *card)
{
	sqlite3_stmt *stmt = c->fill.insert[FILL_CARD];
	int error;

	if (!c->fill.db)
		return -EINVAL;
	sqlite3_bind_blob(stmt, 1, card->token.bytes, TOKEN_SIZE, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, card->key_id);
	sqlite3_bind_int64(stmt, 3, card->card);
	sqlite3_bind_int64(stmt, 4, card->member);
	sqlite3_bind_int64(stmt, 5, card->sponsor);
	sqlite3_bind_int64(stmt, 6, card->tier);
	sqlite3_bind_int64(stmt, 7, card->state);
	sqlite3_bind_int64(stmt, 8, card->member_state);
	bind_date(stmt, 9, card->valid_from);
	bind_date(stmt, 10, card->valid_until);
	bind_date(stmt, 11, card->grace_until);
	sqlite3_bind_int64(stmt, 12, card->release_ms);
	error = fill(c, FILL_CARD,
		card->state <= CARD_STATE_REVOKED && card->member_state <= MEMBER_STATE_SUSPENDED &&
			date_possible(card->valid_from) && date_possible(card->valid_until) &&
			date_possible(card->grace_until) && card->release_ms <= RELEASE_MS_MAX);
	c->fill.head.cards += error == 0;
	return error;
}

static int write_head(struct fill *f, const char *path, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int error = db_prepare(
		f->db, path, "INSERT INTO head VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)", &stmt, err);

	if (error < 0)
		return error;
	sqlite3_bind_text(stmt, 1, f->head.site, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, f->head.timezone, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 3, f->head.revision.generation);
	sqlite3_bind_int64(stmt, 4, f->head.revision.number);
	sqlite3_bind_int64(stmt, 5, f->head.origin);
	sqlite3_bind_int64(stmt, 6, f->head.cards);
	return db_finish(stmt) < 0 ? db_fail(f->db, path, "write the head", err) : 0;
}

int cache_fill_commit(struct cache *c, char err[ERR_MAX])
{
	struct fill *f = &c->fill;
	int error = f->db ? f->error : -EINVAL;

	if (error < 0)
		snprintf(err, ERR_MAX, "%s: the roster was not taken, the old one stays: %s",
			c->path, f->db ? strerror(-error) : "no fill was begun");
	else
		error = write_head(f, c->path, err);
	if (error == 0)
		error = db_run(f->db, c->path, "COMMIT", err);
	if (error == 0) /* a reader may hold it back: the next one will do */
		db_do(f->db, "PRAGMA wal_checkpoint(TRUNCATE)");
	cache_fill_abort(c);
	return error;
}

void cache_fill_abort(struct cache *c)
{
	struct fill *f = &c->fill;

	for (size_t i = 0; i < FILL_ROWS; i++)
		sqlite3_finalize(f->insert[i]);
	sqlite3_close_v2(f->db); /* rolls back what is open */
	*f = (struct fill){0};
}
