/* SPDX-License-Identifier: Apache-2.0 */
/* What operators did. */
#include "registry_private.h"

#include <string.h>

int registry_audit_add(struct registry *reg, const char *actor, const char *action,
	const char *object, const char *before, const char *after)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO audit (at_us, actor, action, object, before, after) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	const struct registry_audit *row = NULL;
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(reg, "who did it", actor, ENTRY_ACTOR_MAX, false);
	if (error == 0)
		error = registry_check_text(
			reg, "what was done", action, sizeof(row->action) - 1, false);
	if (error == 0)
		error = registry_check_text(
			reg, "to what it was done", object, sizeof(row->object) - 1, false);
	if (error < 0) /* nothing is done that does not stand in the audit log */
		return registry_break(reg, error);
	if (!stmt)
		return registry_sql_fail(reg, "write the audit log");
	sqlite3_bind_int64(stmt, 1, registry_now_us(reg));
	registry_bind_text(stmt, 2, actor);
	registry_bind_text(stmt, 3, action);
	registry_bind_text(stmt, 4, object);
	registry_bind_text(stmt, 5, before ? before : "");
	registry_bind_text(stmt, 6, after ? after : "");
	error = registry_run(reg, stmt, "write the audit log");
	return error < 0 ? error : 0;
}

static int take(struct registry *reg, sqlite3_stmt *stmt, struct registry_audit *row)
{
	const char *before = (const char *)sqlite3_column_text(stmt, 5);
	const char *after = (const char *)sqlite3_column_text(stmt, 6);

	row->id = registry_take_u64(stmt, 0);
	row->at_us = sqlite3_column_int64(stmt, 1);
	registry_take_text(stmt, 2, row->actor, sizeof(row->actor));
	registry_take_text(stmt, 3, row->action, sizeof(row->action));
	registry_take_text(stmt, 4, row->object, sizeof(row->object));
	row->before = strdup(before ? before : "");
	row->after = strdup(after ? after : "");
	if (!row->before || !row->after)
		return registry_fail(reg, -ENOMEM, "not enough memory to read the audit log");
	return 0;
}

/* ?3 ending in '.' asks for all actions of a noun. */
#define AUDIT_SQL                                                                   \
	"SELECT id, at_us, actor, action, object, before, after FROM audit "        \
	"WHERE (?1 = 0 OR id < ?1) AND (?2 IS NULL OR actor = ?2) "                 \
	"AND (?3 IS NULL OR action = ?3 OR (substr(?3, -1) = '.' "                  \
	"AND substr(action, 1, length(?3)) = ?3)) AND (?4 IS NULL OR object = ?4) " \
	"AND (?5 = 0 OR at_us >= ?5) AND (?6 = 0 OR at_us < ?6) ORDER BY id DESC LIMIT ?7"

int registry_audit(struct registry *reg, const struct registry_audit_query *query,
	struct registry_audit **ret_rows)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, AUDIT_SQL);
	int64_t limit = registry_page(query->limit);
	struct registry_audit *rows = calloc((size_t)limit + 1, sizeof(*rows));
	size_t count = 0;
	int rc = -ENOMEM;

	if (!stmt || !rows) {
		free(rows);
		return stmt ? rc : registry_sql_fail(reg, "read the audit log");
	}
	sqlite3_bind_int64(stmt, 1, (int64_t)query->below);
	registry_bind_text(stmt, 2, query->actor);
	registry_bind_text(stmt, 3, query->action);
	registry_bind_text(stmt, 4, query->object);
	sqlite3_bind_int64(stmt, 5, query->from_us);
	sqlite3_bind_int64(stmt, 6, query->until_us);
	sqlite3_bind_int64(stmt, 7, limit);
	while ((rc = registry_step(reg, stmt, "read the audit log")) > 0) {
		rc = take(reg, stmt, &rows[count++]);
		if (rc < 0)
			break;
	}
	if (rc < 0) {
		registry_audit_free(rows, count);
		return rc;
	}
	*ret_rows = rows;
	return (int)count;
}

void registry_audit_free(struct registry_audit *rows, size_t count)
{
	for (size_t i = 0; rows && i < count; i++) {
		free(rows[i].before);
		free(rows[i].after);
	}
	free(rows);
}
