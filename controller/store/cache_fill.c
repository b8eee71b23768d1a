/* SPDX-License-Identifier: Apache-2.0 */
#include "cache_private.h"

#include "core/decide.h"
#include "core/hours.h"
#include <string.h>

#define DATE_MAX 2932896 /* 9999-12-31 */

static const char *const fill_sql[FILL_ROWS] = {
	[FILL_DOOR] = "INSERT INTO door VALUES (?1)",
	[FILL_TIER] = "INSERT INTO tier (tier, flags, hours) VALUES (?1, ?2, ?3)",
	[FILL_TIER_DOOR] = "INSERT INTO tier_door VALUES (?1, ?2, ?3)",
	[FILL_CARD] = "INSERT INTO card VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
	[FILL_EXCEPTION] = "INSERT INTO exception VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)",
	[FILL_HOLIDAY] = "INSERT INTO holiday VALUES (?1, 0, ?2)",
};

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
	if (old->origin == head->origin && revision_compare(&head->revision, &old->revision) < 0) {
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
	struct fill *f = &c->fill;
	struct cache_head old;
	int error = db_connect(c->path, false, &f->db, err);

	if (error == 0) /* 32 MiB of pages: a million cards in any order without rewriting them */
		error = db_run(f->db, c->path, "PRAGMA cache_size=-32768; BEGIN IMMEDIATE", err);
	if (error == 0)
		error = cache_get_head(f->db, c->path, &old, err);
	if (error == 0)
		error = judge_head(c, &old, head, err);
	if (error == 0)
		error = db_run(f->db, c->path,
			"DELETE FROM card; DELETE FROM tier_door; DELETE FROM tier;"
			"DELETE FROM door; DELETE FROM head; DELETE FROM exception;"
			"DELETE FROM extra; DELETE FROM standing; DELETE FROM pool;"
			"DELETE FROM holiday WHERE imported = 0",
			err);
	if (error == 0 && head->origin == CACHE_ORIGIN_HUB) /* the hub's word is all there is */
		error = db_run(f->db, c->path, "DELETE FROM holiday", err);
	for (size_t i = 0; error == 0 && i < FILL_ROWS; i++)
		error = db_prepare(f->db, c->path, fill_sql[i], &f->insert[i], err);
	return error;
}

int cache_fill_begin(struct cache *c, const struct cache_head *head, char err[ERR_MAX])
{
	int error;

	if (c->fill.db || !name_id_valid(head->site) || head->origin == CACHE_ORIGIN_EMPTY ||
		head->origin > CACHE_ORIGIN_HUB || head->holidays > CALENDAR_HOLIDAYS_ENGLAND ||
		!memchr(head->timezone, 0, sizeof(head->timezone))) {
		snprintf(err, ERR_MAX, "%s: cannot fill it: %s", c->path,
			c->fill.db ? "a fill is under way"
				   : "bad site, time zone, origin or holidays");
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

static bool date_possible(int32_t date)
{
	return date == DATE_NONE || (date >= 0 && date <= DATE_MAX);
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

int cache_fill_card(struct cache *c, const struct roster_card *card)
{
	sqlite3_stmt *stmt = c->fill.insert[FILL_CARD];
	int error;

	if (!c->fill.db)
		return -EINVAL;
	sqlite3_bind_blob(stmt, 1, card->token.bytes, TOKEN_SIZE, SQLITE_STATIC);
	cache_bind_card(stmt, 2, card);
	error = fill(c, FILL_CARD,
		card->state <= CARD_STATE_REVOKED && card->member_state <= MEMBER_STATE_SUSPENDED &&
			card->kind <= CARD_KIND_DESFIRE && date_possible(card->valid_from) &&
			date_possible(card->valid_until) && date_possible(card->grace_until) &&
			card->release_ms <= RELEASE_MS_MAX);
	c->fill.head.cards += error == 0;
	return error;
}

/* An error of the calendar as one of a row. */
static int judge_row(struct fill *f, int error)
{
	if (f->error == 0)
		f->error = error == -ENOSPC ? -E2BIG : error;
	return f->error;
}

int cache_fill_exception(struct cache *c, const struct calendar_exception *e)
{
	sqlite3_stmt *stmt = c->fill.insert[FILL_EXCEPTION];

	if (!c->fill.db)
		return -EINVAL;
	if (judge_row(&c->fill, calendar_exception_add(&c->fill.calendar, e)) < 0)
		return c->fill.error;
	cache_bind_exception(stmt, 1, e);
	return fill(c, FILL_EXCEPTION, true);
}

int cache_fill_holiday(struct cache *c, int32_t date, bool holiday)
{
	sqlite3_stmt *stmt = c->fill.insert[FILL_HOLIDAY];

	if (!c->fill.db)
		return -EINVAL;
	if (judge_row(&c->fill, calendar_date_set(&c->fill.calendar, date, holiday)) < 0)
		return c->fill.error;
	sqlite3_bind_int64(stmt, 1, date);
	sqlite3_bind_int64(stmt, 2, holiday);
	return fill(c, FILL_HOLIDAY, true);
}

int cache_fill_commit(struct cache *c, char err[ERR_MAX])
{
	struct fill *f = &c->fill;
	int error = f->db ? f->error : -EINVAL;

	if (error < 0)
		snprintf(err, ERR_MAX, "%s: the roster was not taken, the old one stays: %s",
			c->path, f->db ? strerror(-error) : "no fill was begun");
	else
		error = cache_put_head(f->db, c->path, &f->head, err);
	if (error == 0)
		error = cache_check_calendar(f->db, c->path, err);
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

static int write_holidays(
	sqlite3 *db, const char *path, const struct calendar *calendar, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int error = db_run(db, path, "DELETE FROM holiday WHERE imported = 1", err);

	if (error == 0)
		error = db_prepare(db, path, "INSERT INTO holiday VALUES (?1, 1, ?2)", &stmt, err);
	for (unsigned i = 0; error == 0 && i < calendar->date_count; i++) {
		sqlite3_bind_int64(stmt, 1, calendar->dates[i].date);
		sqlite3_bind_int64(stmt, 2, calendar->dates[i].holiday);
		error = db_finish(stmt) < 0 ? db_fail(db, path, "write a holiday", err) : 0;
	}
	return error;
}

int cache_import_holidays(struct cache *c, const struct calendar *calendar, char err[ERR_MAX])
{
	CLEANUP(db_cleanup) sqlite3 *db = NULL; /* closing rolls back what is open */
	struct cache_head head;
	int error = cache_head(c, &head);

	if (error == 0 && head.origin == CACHE_ORIGIN_HUB) {
		snprintf(err, ERR_MAX,
			"%s: holds the roster of a hub, a file cannot add to it: change the "
			"holidays at the hub",
			c->path);
		return -EPERM;
	}
	if (error < 0) {
		snprintf(err, ERR_MAX, "%s: cannot be read: %s", c->path, strerror(-error));
		return error;
	}
	error = db_connect(c->path, false, &db, err);
	if (error == 0)
		error = db_run(db, c->path, "BEGIN IMMEDIATE", err);
	if (error == 0)
		error = write_holidays(db, c->path, calendar, err);
	if (error == 0)
		error = cache_check_calendar(db, c->path, err);
	return error == 0 ? db_run(db, c->path, "COMMIT", err) : error;
}
