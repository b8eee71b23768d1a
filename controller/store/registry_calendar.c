/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Closures, special openings and holidays. A door holds so many and no more (core/calendar.h), so
 * what is over leaves the roster: an exception after its last hour, a holiday after a year, for
 * hours may be counted from it ("PH +365 days").
 */
#include "base/clock.h"
#include "core/calendar.h"
#include "core/hours.h"
#include "registry_private.h"
#include "store/registry_site.h"
#include <string.h>

#define DAY_MINUTES 1440

/* The site's date by its clock; what cannot be told is before everything. */
static int32_t today_of(const struct registry *reg)
{
	struct civil civil;

	return clock_civil(registry_now_us(reg), &civil) == 0 ? civil.date : 0;
}

static bool over(const struct calendar_exception *e, int32_t today)
{
	return e->last + (e->end > DAY_MINUTES ? 1 : 0) < today;
}

static bool holiday_over(int32_t date, int32_t today)
{
	return date + HOURS_OFFSET_MAX + 1 < today;
}

/* ---- the roster ---- */

static int put_exception(struct registry *reg, const struct registry_exception *e, bool gone)
{
	struct roster_record record = {.kind = ROSTER_KIND_EXCEPTION, .gone = gone};

	record.exception.id = e->id;
	record.exception.row = e->row;
	return registry_roster_put(reg, &record);
}

static int put_holiday(struct registry *reg, int32_t date, bool holiday, bool gone)
{
	struct roster_record record = {.kind = ROSTER_KIND_HOLIDAY, .gone = gone};

	record.holiday.date = date;
	record.holiday.holiday = holiday;
	return registry_roster_put(reg, &record);
}

/* How many records of this kind the doors hold. */
static int count_of(struct registry *reg, enum roster_kind kind)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT count(*) FROM roster WHERE key >= ?1 AND key < ?2 AND record IS NOT NULL");
	uint8_t from = (uint8_t)kind, to = (uint8_t)(kind + 1);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "count the calendar");
	registry_bind_blob(stmt, 1, &from, 1);
	registry_bind_blob(stmt, 2, &to, 1);
	rc = registry_step(reg, stmt, "count the calendar");
	return rc > 0 ? sqlite3_column_int(stmt, 0) : rc;
}

/* ---- exceptions: reading ---- */

#define EXCEPTION_SQL                                                                              \
	"SELECT id, first_date, last_date, start_minute, end_minute, open, door, reason, version " \
	"FROM exception "

static void take(sqlite3_stmt *stmt, struct registry_exception *e)
{
	e->id = registry_take_u64(stmt, 0);
	e->row.first = registry_take_date(stmt, 1);
	e->row.last = registry_take_date(stmt, 2);
	e->row.start = (uint16_t)sqlite3_column_int(stmt, 3);
	e->row.end = (uint16_t)sqlite3_column_int(stmt, 4);
	e->row.open = sqlite3_column_int(stmt, 5) != 0;
	registry_take_text(stmt, 6, e->row.door, sizeof(e->row.door));
	registry_take_text(stmt, 7, e->row.reason, sizeof(e->row.reason));
	e->version = registry_take_u64(stmt, 8);
}

int registry_exception(struct registry *reg, uint64_t id, struct registry_exception *ret_exception)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, EXCEPTION_SQL "WHERE id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a closure or opening");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_step(reg, stmt, "read a closure or opening");
	if (rc == 0)
		return registry_fail(reg, -ENOENT,
			"there is no closure or opening %llu: look at the list",
			(unsigned long long)id);
	if (rc > 0)
		take(stmt, ret_exception);
	return rc < 0 ? rc : 0;
}

int registry_exceptions(struct registry *reg, uint64_t after, int open, int32_t since,
	struct registry_exception *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		EXCEPTION_SQL "WHERE id > ?1 AND (?2 < 0 OR open = ?2) "
			      "AND (?3 IS NULL OR last_date >= ?3) ORDER BY id LIMIT ?4");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list closures and openings");
	sqlite3_bind_int64(stmt, 1, (int64_t)after);
	sqlite3_bind_int64(stmt, 2, open);
	registry_bind_date(stmt, 3, since);
	sqlite3_bind_int64(stmt, 4, registry_page(limit));
	while ((rc = registry_step(reg, stmt, "list closures and openings")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}

/* ---- exceptions: changing ---- */

static int check(struct registry *reg, const struct calendar_exception *row)
{
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(
			reg, "the reason", row->reason, CALENDAR_REASON_MAX, false);
	if (error == 0)
		error = registry_check_door(reg, row->door);
	if (error == 0 && row->first > row->last)
		error = registry_fail(reg, -EINVAL, "the last day is before the first");
	if (error == 0 && !calendar_exception_valid(row))
		error = registry_fail(reg, -EINVAL,
			"these dates or hours cannot be: the start is 00:00 … 23:59 and the end "
			"after it, up to 48:00");
	return error;
}

/* Before anything is written: will the doors have room for it? id 0: it is new. */
static int check_room(struct registry *reg, uint64_t id, const struct calendar_exception *row)
{
	struct roster_record record = {.kind = ROSTER_KIND_EXCEPTION, .exception.id = id};
	int32_t today = today_of(reg);
	int count, rc = over(row, today) ? 1 : registry_roster_has(reg, &record);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	count = count_of(reg, ROSTER_KIND_EXCEPTION);
	if (count >= CALENDAR_EXCEPTIONS_MAX) {
		rc = registry_calendar_refresh(reg, today);
		count = rc < 0 ? rc : count_of(reg, ROSTER_KIND_EXCEPTION);
	}
	if (count < CALENDAR_EXCEPTIONS_MAX)
		return count < 0 ? count : 0;
	return registry_fail(reg, -ENOSPC,
		"there are %d closures and openings that are not over, as many as a door can hold: "
		"remove one, or make one of those that follow each other",
		CALENDAR_EXCEPTIONS_MAX);
}

/* The doors hold it until it is over. */
static int publish(struct registry *reg, const struct registry_exception *e)
{
	int rc = put_exception(reg, e, over(&e->row, today_of(reg)));

	return rc < 0 ? rc : 0;
}

static void bind(sqlite3_stmt *stmt, const struct calendar_exception *row)
{
	sqlite3_bind_int64(stmt, 1, row->first);
	sqlite3_bind_int64(stmt, 2, row->last);
	sqlite3_bind_int64(stmt, 3, row->start);
	sqlite3_bind_int64(stmt, 4, row->end);
	sqlite3_bind_int64(stmt, 5, row->open);
	registry_bind_text(stmt, 6, row->door);
	registry_bind_text(stmt, 7, row->reason);
}

int registry_exception_add(
	struct registry *reg, const struct calendar_exception *row, uint64_t *ret_id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO exception (first_date, last_date, start_minute, end_minute, open, "
		"door, reason, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)");
	struct registry_exception added = {.row = *row};
	int error = check(reg, row);

	if (error == 0)
		error = check_room(reg, 0, row);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "add a closure or opening");
	bind(stmt, row);
	error = registry_run(reg, stmt, "add a closure or opening");
	if (error < 0)
		return error;
	added.id = (uint64_t)sqlite3_last_insert_rowid(reg->db);
	if (ret_id)
		*ret_id = added.id;
	return publish(reg, &added);
}

int registry_exception_change(struct registry *reg, const struct registry_exception *exception)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE exception SET first_date = ?1, last_date = ?2, start_minute = ?3, "
		"end_minute = ?4, open = ?5, door = ?6, reason = ?7, version = version + 1 "
		"WHERE id = ?8");
	struct registry_exception now = {0};
	int error = check(reg, &exception->row);

	if (error == 0)
		error = registry_exception(reg, exception->id, &now);
	if (error == 0)
		error = registry_check_version(
			reg, "the closure or opening", exception->version, now.version);
	if (error == 0)
		error = check_room(reg, exception->id, &exception->row);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "change a closure or opening");
	bind(stmt, &exception->row);
	sqlite3_bind_int64(stmt, 8, (int64_t)exception->id);
	error = registry_run(reg, stmt, "change a closure or opening");
	return error < 0 ? error : publish(reg, exception);
}

int registry_exception_remove(struct registry *reg, uint64_t id, uint64_t version)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM exception WHERE id = ?1");
	struct registry_exception now = {0};
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_exception(reg, id, &now);
	if (error == 0)
		error = registry_check_version(reg, "the closure or opening", version, now.version);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "remove a closure or opening");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	error = registry_run(reg, stmt, "remove a closure or opening");
	if (error >= 0)
		error = put_exception(reg, &now, true);
	return error < 0 ? error : 0;
}

/* ---- holidays ---- */

int registry_holidays(struct registry *reg, int32_t after, struct calendar_date *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT date, holiday FROM holiday WHERE date > ?1 ORDER BY date LIMIT ?2");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list holidays");
	sqlite3_bind_int64(stmt, 1, after);
	sqlite3_bind_int64(stmt, 2, registry_page(limit));
	while ((rc = registry_step(reg, stmt, "list holidays")) > 0) {
		rows[count].date = registry_take_date(stmt, 0);
		rows[count++].holiday = sqlite3_column_int(stmt, 1) != 0;
	}
	return rc < 0 ? rc : count;
}

static int check_holiday(struct registry *reg, int32_t date)
{
	struct roster_record record = {.kind = ROSTER_KIND_HOLIDAY, .holiday.date = date};
	int32_t today = today_of(reg);
	int count, rc = registry_check_changing(reg);

	if (rc == 0 && (date < 0 || date > REGISTRY_DATE_MAX))
		rc = registry_fail(reg, -EINVAL, "a holiday's date is 1970-01-01 … 9999-12-31");
	if (rc == 0 && !holiday_over(date, today)) {
		rc = registry_roster_has(reg, &record);
		count = rc == 0 ? count_of(reg, ROSTER_KIND_HOLIDAY) : 0;
		if (count >= CALENDAR_DATES_MAX)
			count = registry_calendar_refresh(reg, today) < 0
					? reg->broken
					: count_of(reg, ROSTER_KIND_HOLIDAY);
		if (count >= CALENDAR_DATES_MAX)
			rc = registry_fail(reg, -ENOSPC,
				"%d dates are given, as many as a door can hold: remove one, or "
				"write what comes back every year into the hours",
				CALENDAR_DATES_MAX);
		else if (count < 0)
			rc = count;
	}
	return rc < 0 ? rc : 0;
}

int registry_holiday_set(struct registry *reg, int32_t date, bool holiday)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "INSERT OR REPLACE INTO holiday (date, holiday) VALUES (?1, ?2)");
	int error = check_holiday(reg, date);

	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "set a holiday");
	sqlite3_bind_int64(stmt, 1, date);
	sqlite3_bind_int64(stmt, 2, holiday);
	error = registry_run(reg, stmt, "set a holiday");
	if (error >= 0)
		error = put_holiday(reg, date, holiday, holiday_over(date, today_of(reg)));
	return error < 0 ? error : 0;
}

int registry_holiday_remove(struct registry *reg, int32_t date)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM holiday WHERE date = ?1");
	int rc = registry_check_changing(reg);

	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "remove a holiday");
	sqlite3_bind_int64(stmt, 1, date);
	rc = registry_run(reg, stmt, "remove a holiday");
	if (rc == 0)
		return registry_fail(reg, -ENOENT,
			"nothing is given for this date: what is computed counts already");
	if (rc > 0)
		rc = put_holiday(reg, date, false, true);
	return rc < 0 ? rc : 0;
}

/* ---- day by day ---- */

static int refresh_exceptions(struct registry *reg, int32_t today)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, EXCEPTION_SQL "ORDER BY id");
	struct registry_exception e;
	int kept = 0, left = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list closures and openings");
	while ((rc = registry_step(reg, stmt, "list closures and openings")) > 0) {
		bool gone;

		take(stmt, &e);
		/* more than fit: a clock that was far ahead has let in others meanwhile */
		gone = over(&e.row, today) || kept == CALENDAR_EXCEPTIONS_MAX;
		kept += !gone;
		rc = put_exception(reg, &e, gone);
		if (rc < 0)
			return rc;
		left += gone ? rc : 0;
	}
	return rc < 0 ? rc : left;
}

static int refresh_holidays(struct registry *reg, int32_t today)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT date, holiday FROM holiday ORDER BY date DESC");
	int kept = 0, left = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list holidays");
	while ((rc = registry_step(reg, stmt, "list holidays")) > 0) {
		int32_t date = registry_take_date(stmt, 0);
		bool gone = holiday_over(date, today) || kept == CALENDAR_DATES_MAX;

		kept += !gone;
		rc = put_holiday(reg, date, sqlite3_column_int(stmt, 1) != 0, gone);
		if (rc < 0)
			return rc;
		left += gone ? rc : 0;
	}
	return rc < 0 ? rc : left;
}

int registry_calendar_refresh(struct registry *reg, int32_t today)
{
	int exceptions = refresh_exceptions(reg, today);
	int holidays = exceptions < 0 ? exceptions : refresh_holidays(reg, today);

	return holidays < 0 ? holidays : exceptions + holidays;
}
