/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the cache: judged when they are read, so that one nonsense row denies one card. */
#include "cache_private.h"

#include "core/decide.h"
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define DATE_MAX 2932896 /* 9999-12-31 */
#define WAL_KEPT 4194304 /* bytes of a -wal that may stay */
#define CHECKPOINT_BUSY_MS 250

/* ---- values ---- */

bool cache_take_text(sqlite3_stmt *stmt, int column, char *out, size_t room)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	size_t size = text ? strlen(text) : 0;

	if (!text || size >= room || size != (size_t)sqlite3_column_bytes(stmt, column))
		return false;
	memcpy(out, text, size + 1);
	return true;
}

bool cache_take_u32(sqlite3_stmt *stmt, int column, uint32_t max, uint32_t *out)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	*out = (uint32_t)value;
	return value >= 0 && value <= max;
}

bool cache_take_u16(sqlite3_stmt *stmt, int column, uint16_t *out)
{
	uint32_t value;
	bool good = cache_take_u32(stmt, column, UINT16_MAX, &value);

	*out = (uint16_t)value;
	return good;
}

bool cache_take_bool(sqlite3_stmt *stmt, int column, bool *out)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	*out = value == 1;
	return value == 0 || value == 1;
}

bool cache_take_date(sqlite3_stmt *stmt, int column, int32_t *out)
{
	int64_t value = sqlite3_column_int64(stmt, column);

	*out = DATE_NONE;
	if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
		return true;
	*out = (int32_t)value;
	return value >= 0 && value <= DATE_MAX;
}

/* Nothing, for a roster of files, is zeros. */
static bool take_digest(sqlite3_stmt *stmt, int column, uint8_t out[ROSTER_DIGEST_SIZE])
{
	int size = sqlite3_column_bytes(stmt, column);

	memset(out, 0, ROSTER_DIGEST_SIZE);
	if (size == ROSTER_DIGEST_SIZE)
		memcpy(out, sqlite3_column_blob(stmt, column), ROSTER_DIGEST_SIZE);
	return size == 0 || size == ROSTER_DIGEST_SIZE;
}

/* ---- rows ---- */

int cache_read_head(sqlite3_stmt *stmt, struct cache_head *ret_head)
{
	struct cache_head head = {.revision.number = sqlite3_column_int64(stmt, 3)};
	uint32_t origin, holidays;

	if (!cache_take_text(stmt, 0, head.site, sizeof(head.site)) || !name_id_valid(head.site) ||
		!cache_take_text(stmt, 1, head.timezone, sizeof(head.timezone)) ||
		!cache_take_u32(stmt, 2, UINT32_MAX, &head.revision.generation) ||
		!cache_take_u32(stmt, 4, CACHE_ORIGIN_HUB, &origin) ||
		sqlite3_column_int64(stmt, 5) < 0 ||
		!cache_take_u32(stmt, 6, CALENDAR_HOLIDAYS_ENGLAND, &holidays) ||
		!take_digest(stmt, 7, head.digest) ||
		!cache_take_u32(stmt, 8, UINT32_MAX, &head.warn_s) ||
		!cache_take_u32(stmt, 9, UINT32_MAX, &head.bound_s) ||
		!cache_take_u16(stmt, 10, &head.checkout_minute) || head.checkout_minute >= 1440)
		return -EBADMSG;
	head.holidays = holidays;
	head.origin = origin;
	head.cards = sqlite3_column_int64(stmt, 5);
	*ret_head = head;
	return 0;
}

int cache_read_card(sqlite3_stmt *stmt, const struct token *token, struct roster_card *ret_card)
{
	struct roster_card card = {
		.token = *token,
		.card = sqlite3_column_int64(stmt, 1),
		.member = sqlite3_column_int64(stmt, 2),
		.sponsor = sqlite3_column_int64(stmt, 3),
	};
	uint32_t state, member_state, kind;

	if (!cache_take_u32(stmt, 0, UINT32_MAX, &card.key_id) ||
		!cache_take_u32(stmt, 4, UINT32_MAX, &card.tier) ||
		!cache_take_u32(stmt, 5, CARD_STATE_REVOKED, &state) ||
		!cache_take_u32(stmt, 6, MEMBER_STATE_SUSPENDED, &member_state) ||
		!cache_take_date(stmt, 7, &card.valid_from) ||
		!cache_take_date(stmt, 8, &card.valid_until) ||
		!cache_take_date(stmt, 9, &card.grace_until) ||
		!cache_take_u32(stmt, 10, RELEASE_MS_MAX, &card.release_ms) ||
		!cache_take_u32(stmt, 11, CARD_KIND_DESFIRE, &kind) ||
		sqlite3_column_int64(stmt, 12) < 0)
		return -EBADMSG;
	card.state = state;
	card.member_state = member_state;
	card.kind = kind;
	card.pool = (uint64_t)sqlite3_column_int64(stmt, 12);
	*ret_card = card;
	return 0;
}

int cache_read_exception(sqlite3_stmt *stmt, struct calendar_exception *ret_exception)
{
	struct calendar_exception e;

	if (!cache_take_date(stmt, 0, &e.first) || !cache_take_date(stmt, 1, &e.last) ||
		!cache_take_u16(stmt, 2, &e.start) || !cache_take_u16(stmt, 3, &e.end) ||
		!cache_take_bool(stmt, 4, &e.open) ||
		!cache_take_text(stmt, 5, e.door, sizeof(e.door)) ||
		!cache_take_text(stmt, 6, e.reason, sizeof(e.reason)))
		return -EBADMSG;
	*ret_exception = e;
	return 0;
}

bool cache_take_allowance(sqlite3_stmt *stmt, int first, struct allowance *out)
{
	uint32_t kind, policy, warn_percent;

	if (!cache_take_u32(stmt, first, ALLOWANCE_VISITS, &kind) ||
		!cache_take_u32(stmt, first + 1, ALLOWANCE_WARN, &policy) ||
		!cache_take_u32(stmt, first + 2, UINT32_MAX, &out->limit) ||
		!cache_take_u32(stmt, first + 3, 100, &warn_percent))
		return false;
	out->kind = kind;
	out->policy = policy;
	out->warn_percent = (uint8_t)warn_percent;
	return true;
}

void cache_bind_allowance(sqlite3_stmt *stmt, int first, const struct allowance *a)
{
	sqlite3_bind_int64(stmt, first, a->kind);
	sqlite3_bind_int64(stmt, first + 1, a->policy);
	sqlite3_bind_int64(stmt, first + 2, a->limit);
	sqlite3_bind_int64(stmt, first + 3, a->warn_percent);
}

static void bind_date(sqlite3_stmt *stmt, int column, int32_t date)
{
	if (date == DATE_NONE)
		sqlite3_bind_null(stmt, column);
	else
		sqlite3_bind_int64(stmt, column, date);
}

void cache_bind_card(sqlite3_stmt *stmt, int first, const struct roster_card *card)
{
	sqlite3_bind_int64(stmt, first, card->key_id);
	sqlite3_bind_int64(stmt, first + 1, card->card);
	sqlite3_bind_int64(stmt, first + 2, card->member);
	sqlite3_bind_int64(stmt, first + 3, card->sponsor);
	if (card->tier > 0)
		sqlite3_bind_int64(stmt, first + 4, card->tier);
	else
		sqlite3_bind_null(stmt, first + 4);
	sqlite3_bind_int64(stmt, first + 5, card->state);
	sqlite3_bind_int64(stmt, first + 6, card->member_state);
	bind_date(stmt, first + 7, card->valid_from);
	bind_date(stmt, first + 8, card->valid_until);
	bind_date(stmt, first + 9, card->grace_until);
	sqlite3_bind_int64(stmt, first + 10, card->release_ms);
	sqlite3_bind_int64(stmt, first + 11, card->kind);
	sqlite3_bind_int64(stmt, first + 12, (int64_t)card->pool);
}

void cache_bind_exception(sqlite3_stmt *stmt, int first, const struct calendar_exception *e)
{
	sqlite3_bind_int64(stmt, first, e->first);
	sqlite3_bind_int64(stmt, first + 1, e->last);
	sqlite3_bind_int64(stmt, first + 2, e->start);
	sqlite3_bind_int64(stmt, first + 3, e->end);
	sqlite3_bind_int64(stmt, first + 4, e->open);
	sqlite3_bind_text(stmt, first + 5, e->door, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, first + 6, e->reason, -1, SQLITE_STATIC);
}

/* ---- the head ---- */

int cache_get_head(sqlite3 *db, const char *path, struct cache_head *ret_head, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int error = db_prepare(db, path, CACHE_HEAD_SQL, &stmt, err);
	int rc;

	if (error < 0)
		return error;
	*ret_head = (struct cache_head){0};
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && cache_read_head(stmt, ret_head) < 0)
		*ret_head = (struct cache_head){0};
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : db_fail(db, path, "read the head", err);
}

int cache_put_head(sqlite3 *db, const char *path, const struct cache_head *head, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	bool hub = head->origin == CACHE_ORIGIN_HUB;
	int error = db_prepare(db, path,
		"INSERT OR REPLACE INTO head"
		" VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		&stmt, err);

	if (error < 0)
		return error;
	sqlite3_bind_text(stmt, 1, head->site, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, head->timezone, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 3, head->revision.generation);
	sqlite3_bind_int64(stmt, 4, head->revision.number);
	sqlite3_bind_int64(stmt, 5, head->origin);
	sqlite3_bind_int64(stmt, 6, head->cards);
	sqlite3_bind_int64(stmt, 7, head->holidays);
	sqlite3_bind_blob(stmt, 8, hub ? (const void *)head->digest : "",
		hub ? ROSTER_DIGEST_SIZE : 0, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 9, head->warn_s);
	sqlite3_bind_int64(stmt, 10, head->bound_s);
	sqlite3_bind_int64(stmt, 11, head->checkout_minute);
	return db_finish(stmt) < 0 ? db_fail(db, path, "write the head", err) : 0;
}

/* ---- the calendar ---- */

/* The calendar's own checks do the rest. */
static int add_exception(sqlite3_stmt *stmt, struct calendar *calendar)
{
	struct calendar_exception e;
	int error = cache_read_exception(stmt, &e);

	return error == 0 ? calendar_exception_add(calendar, &e) : error;
}

static int add_holiday(sqlite3_stmt *stmt, struct calendar *calendar)
{
	int32_t date;
	bool holiday;

	if (!cache_take_date(stmt, 0, &date) || !cache_take_bool(stmt, 1, &holiday))
		return -EBADMSG;
	return calendar_date_set(calendar, date, holiday);
}

static int add_system(sqlite3_stmt *stmt, struct calendar *calendar)
{
	uint32_t holidays;

	if (!cache_take_u32(stmt, 0, CALENDAR_HOLIDAYS_ENGLAND, &holidays))
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
			"SELECT " CACHE_EXCEPTION_COLUMNS " FROM exception ORDER BY rowid",
			add_exception, &calendar);
	/* the roster's own come last: they replace what was imported */
	if (error == 0)
		error = add_rows(db, "SELECT date, holiday FROM holiday ORDER BY imported DESC",
			add_holiday, &calendar);
	if (error == 0)
		*ret_calendar = calendar;
	return error;
}

/* Both sources of holidays together may be more than a calendar holds. */
int cache_check_calendar(sqlite3 *db, const char *path, char err[ERR_MAX])
{
	struct calendar calendar;
	int error = cache_read_calendar(db, &calendar);

	if (error == -ENOSPC)
		snprintf(err, ERR_MAX,
			"%s: more than %d closures and openings, or the roster's and the imported "
			"holidays together are more than %d dates: leave past years out",
			path, CALENDAR_EXCEPTIONS_MAX, CALENDAR_DATES_MAX);
	else if (error < 0)
		snprintf(err, ERR_MAX, "%s: its calendar cannot be read back: %s", path,
			strerror(-error));
	return error;
}

/* ---- the -wal ---- */

/* Who is in the way for longer leaves it to the next one. */
void cache_checkpoint(const char *path)
{
	CLEANUP(db_cleanup) sqlite3 *db = NULL;
	char wal[PATH_MAX], err[ERR_MAX];
	struct stat st;

	snprintf(wal, sizeof(wal), "%s-wal", path);
	if (stat(wal, &st) < 0 || st.st_size <= WAL_KEPT || db_connect(path, false, &db, err) < 0)
		return;
	sqlite3_busy_timeout(db, CHECKPOINT_BUSY_MS);
	db_do(db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

int cache_wipe(const char *path, char err[ERR_MAX])
{
	CLEANUP(db_cleanup) sqlite3 *db = NULL;
	int64_t busy = 0;
	int error = db_connect(path, false, &db, err);

	if (error == 0)
		error = db_run(db, path, "VACUUM", err);
	if (error == 0 && db_number(db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy) < 0)
		error = db_fail(db, path, "empty its log", err);
	if (error < 0 || !busy)
		return error;
	snprintf(err, ERR_MAX, "%s: is being read: wiped again later", path);
	return -EBUSY;
}
