/* SPDX-License-Identifier: Apache-2.0 */
/* What members are told, to be shown when somebody looks at them. */
#include "registry_days_private.h"

#include <stdarg.h>

int registry_notice_add(struct registry *reg, uint64_t member, const char *format, ...)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "INSERT INTO notice (member, text, at_us) VALUES (?1, ?2, ?3)");
	char text[REGISTRY_NOTE_MAX + 1];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!stmt)
		return registry_sql_fail(reg, "tell a member");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	registry_bind_text(stmt, 2, text);
	sqlite3_bind_int64(stmt, 3, registry_now_us(reg));
	return registry_run(reg, stmt, "tell a member");
}

int registry_notices(struct registry *reg, uint64_t member, uint64_t below,
	struct registry_notice *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT id, member, text, at_us FROM notice WHERE member = ?1 "
		"AND (?3 = 0 OR id < ?3) ORDER BY id DESC LIMIT ?2");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "read what a member was told");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, registry_page(limit));
	sqlite3_bind_int64(stmt, 3, (int64_t)below);
	while ((rc = registry_step(reg, stmt, "read what a member was told")) > 0) {
		struct registry_notice *n = &rows[count++];

		n->id = registry_take_u64(stmt, 0);
		n->member = registry_take_u64(stmt, 1);
		registry_take_text(stmt, 2, n->text, sizeof(n->text));
		n->at_us = sqlite3_column_int64(stmt, 3);
	}
	return rc < 0 ? rc : count;
}
