/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's errors, statements and checks of values. */
#include "registry_private.h"

#include <stdarg.h>
#include <string.h>

/* ---- errors ---- */

int registry_break(struct registry *reg, int error)
{
	if (reg->changing && reg->broken == 0)
		reg->broken = error;
	return error;
}

int registry_fail(struct registry *reg, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reg->error, sizeof(reg->error), format, args);
	va_end(args);
	return error;
}

int registry_sql_fail(struct registry *reg, const char *doing)
{
	int error = db_fail(reg->db, reg->path, doing, reg->error);

	if (error == -EBADMSG)
		registry_fail(reg, error,
			"%s: cannot %s: it is damaged: stop the hub and restore the last backup",
			reg->path, doing);
	return registry_break(reg, error);
}

/* ---- statements ---- */

sqlite3_stmt *registry_prepare(struct registry *reg, const char *sql)
{
	size_t at = ((uintptr_t)sql >> 3) * 0x9E3779B1u;

	for (size_t n = 0; n < REGISTRY_STATEMENTS_MAX; n++) {
		size_t i = (at + n) % REGISTRY_STATEMENTS_MAX;

		if (reg->statements[i].sql == sql)
			return reg->statements[i].stmt;
		if (reg->statements[i].sql)
			continue;
		if (sqlite3_prepare_v3(reg->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
			    &reg->statements[i].stmt, NULL) != SQLITE_OK)
			return NULL;
		reg->statements[i].sql = sql;
		return reg->statements[i].stmt;
	}
	return NULL;
}

void registry_done(sqlite3_stmt **stmt)
{
	if (!*stmt)
		return;
	sqlite3_reset(*stmt);
	sqlite3_clear_bindings(*stmt);
}

int registry_step(struct registry *reg, sqlite3_stmt *stmt, const char *doing)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : registry_sql_fail(reg, doing);
}

int registry_run(struct registry *reg, sqlite3_stmt *stmt, const char *doing)
{
	int rc = registry_step(reg, stmt, doing);

	sqlite3_reset(stmt);
	return rc < 0 ? rc : sqlite3_changes(reg->db);
}

void registry_bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

void registry_bind_blob(sqlite3_stmt *stmt, int at, const void *data, size_t size)
{
	sqlite3_bind_blob64(stmt, at, size > 0 ? data : "", size, SQLITE_STATIC);
}

void registry_bind_date(sqlite3_stmt *stmt, int at, int32_t date)
{
	if (date == DATE_NONE)
		sqlite3_bind_null(stmt, at);
	else
		sqlite3_bind_int64(stmt, at, date);
}

void registry_take_text(sqlite3_stmt *stmt, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	snprintf(out, size, "%s", text ? text : "");
}

bool registry_take_blob(sqlite3_stmt *stmt, int column, void *out, size_t size)
{
	const void *data = sqlite3_column_blob(stmt, column);

	if (data && (size_t)sqlite3_column_bytes(stmt, column) == size) {
		memcpy(out, data, size);
		return true;
	}
	memset(out, 0, size);
	return false;
}

int32_t registry_take_date(sqlite3_stmt *stmt, int column)
{
	int64_t date = sqlite3_column_int64(stmt, column);

	if (sqlite3_column_type(stmt, column) == SQLITE_NULL || date < 0 ||
		date > REGISTRY_DATE_MAX)
		return DATE_NONE;
	return (int32_t)date;
}

uint32_t registry_take_u32(sqlite3_stmt *stmt, int column)
{
	return (uint32_t)sqlite3_column_int64(stmt, column);
}

uint64_t registry_take_u64(sqlite3_stmt *stmt, int column)
{
	return (uint64_t)sqlite3_column_int64(stmt, column);
}

/* ---- values ---- */

int registry_check_text(
	struct registry *reg, const char *what, const char *text, size_t max, bool may_be_empty)
{
	char clean[REGISTRY_NOTE_MAX + 1];
	size_t size = text ? strnlen(text, max + 1) : 0;

	if (size > max || size >= sizeof(clean))
		return registry_fail(
			reg, -EINVAL, "%s is too long: use at most %zu bytes", what, max);
	if (size == 0 && !may_be_empty)
		return registry_fail(reg, -EINVAL, "%s is empty: give it", what);
	entry_text_set(clean, sizeof(clean), text ? text : "");
	if (text && strcmp(clean, text) != 0)
		return registry_fail(reg, -EINVAL,
			"%s is not plain text: use UTF-8 without control characters", what);
	return 0;
}

int registry_check_version(
	struct registry *reg, const char *what, uint64_t expected, uint64_t actual)
{
	if (expected == 0 || expected == actual)
		return 0;
	return registry_fail(
		reg, -ESTALE, "%s was changed meanwhile: look again, then decide", what);
}

int64_t registry_page(size_t limit)
{
	return limit < REGISTRY_PAGE_MAX ? (int64_t)limit : REGISTRY_PAGE_MAX;
}

int registry_check_changing(struct registry *reg)
{
	return reg->changing ? 0 : registry_fail(reg, -EINVAL, "no change was begun");
}
