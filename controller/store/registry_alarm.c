/* SPDX-License-Identifier: Apache-2.0 */
#include "registry_log_private.h"

#include <stdarg.h>
#include <string.h>

/* Open ones of one kind and door: what a stranger can provoke must not fill the disk. More count on
 * the newest. */
#define OPEN_MAX 100

#define COLUMNS "id, kind, door, what, first_us, last_us, count, seen_by"

const char *registry_alarm_name(enum registry_alarm_kind kind)
{
	switch (kind) {
	case REGISTRY_ALARM_NONE:
		return NULL;
	case REGISTRY_ALARM_GAP:
		return "gap";
	case REGISTRY_ALARM_FORK:
		return "fork";
	case REGISTRY_ALARM_POISON:
		return "poison";
	case REGISTRY_ALARM_UNLINKED:
		return "unlinked";
	case REGISTRY_ALARM_REFUSED:
		return "refused";
	}
	return NULL;
}

/* The open alarm that this one counts on: 1 and its id, or 0. */
static int find_open(struct registry *reg, enum registry_alarm_kind kind, const char *door,
	const char *what, int64_t *ret_id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT max(id) FILTER (WHERE what = ?3), max(id), count(*) FROM alarm"
		" WHERE kind = ?1 AND door = ?2 AND seen_by = ''");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the alarms");
	sqlite3_bind_int64(stmt, 1, kind);
	registry_bind_text(stmt, 2, door);
	registry_bind_text(stmt, 3, what);
	rc = registry_step(reg, stmt, "read the alarms");
	if (rc <= 0)
		return rc;
	if (sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		*ret_id = sqlite3_column_int64(stmt, 0);
	else if (sqlite3_column_int64(stmt, 2) >= OPEN_MAX)
		*ret_id = sqlite3_column_int64(stmt, 1);
	else
		return 0;
	return 1;
}

static int count_up(struct registry *reg, int64_t id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE alarm SET count = count + 1, last_us = ?2 WHERE id = ?1");

	if (!stmt)
		return registry_sql_fail(reg, "count an alarm");
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, registry_now_us(reg));
	return registry_run(reg, stmt, "count an alarm");
}

static int insert(
	struct registry *reg, enum registry_alarm_kind kind, const char *door, const char *what)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO alarm (kind, door, what, first_us, last_us, count, seen_by, seen_us)"
		" VALUES (?1, ?2, ?3, ?4, ?4, 1, '', 0)");

	if (!stmt)
		return registry_sql_fail(reg, "raise an alarm");
	sqlite3_bind_int64(stmt, 1, kind);
	registry_bind_text(stmt, 2, door);
	registry_bind_text(stmt, 3, what);
	sqlite3_bind_int64(stmt, 4, registry_now_us(reg));
	return registry_run(reg, stmt, "raise an alarm");
}

static int raise_one(
	struct registry *reg, enum registry_alarm_kind kind, const char *door, const char *text)
{
	char what[ERR_MAX], name[NAME_ID_MAX];
	int64_t id = 0;
	int rc;

	entry_text_set(what, sizeof(what), text);
	entry_text_set(name, sizeof(name), door ? door : "");
	rc = find_open(reg, kind, name, what, &id);
	if (rc > 0)
		rc = count_up(reg, id);
	else if (rc == 0)
		rc = insert(reg, kind, name, what);
	return rc < 0 ? rc : 0;
}

int registry_alarm_raise(struct registry *reg, enum registry_alarm_kind kind, const char *door,
	const char *format, ...)
{
	char text[ERR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return raise_one(reg, kind, door, text);
}

int registry_alarm_add(
	struct registry *reg, enum registry_alarm_kind kind, const char *door, const char *what)
{
	bool own = false;
	int rc;

	if (!registry_alarm_name(kind))
		return registry_fail(reg, -EINVAL, "%d is no kind of alarm", kind);
	rc = registry_enter(reg, &own);
	if (rc < 0)
		return rc;
	return registry_leave(reg, own, raise_one(reg, kind, door, what));
}

/* Who took note first stays. */
static int take_note(struct registry *reg, uint64_t id, const char *actor)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "UPDATE alarm SET seen_us = iif(seen_by = '', ?3, seen_us),"
				      " seen_by = iif(seen_by = '', ?2, seen_by) WHERE id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "take note of an alarm");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	registry_bind_text(stmt, 2, actor);
	sqlite3_bind_int64(stmt, 3, registry_now_us(reg));
	rc = registry_run(reg, stmt, "take note of an alarm");
	if (rc == 0)
		return registry_fail(
			reg, -ENOENT, "there is no alarm %llu", (unsigned long long)id);
	return rc < 0 ? rc : 0;
}

int registry_alarm_seen(struct registry *reg, uint64_t id, const char *actor)
{
	bool own = false;
	int rc = registry_check_text(
		reg, "the name of who took note", actor, ENTRY_ACTOR_MAX, false);

	if (rc == 0)
		rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, take_note(reg, id, actor));
}

static void take(sqlite3_stmt *stmt, struct registry_alarm *row)
{
	*row = (struct registry_alarm){
		.id = registry_take_u64(stmt, 0),
		.kind = (enum registry_alarm_kind)registry_take_u32(stmt, 1),
		.first_us = sqlite3_column_int64(stmt, 4),
		.last_us = sqlite3_column_int64(stmt, 5),
		.count = registry_take_u64(stmt, 6),
	};
	registry_take_text(stmt, 2, row->door, sizeof(row->door));
	registry_take_text(stmt, 3, row->what, sizeof(row->what));
	registry_take_text(stmt, 7, row->seen_by, sizeof(row->seen_by));
}

int registry_alarms(
	struct registry *reg, uint64_t below, bool open, struct registry_alarm *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT " COLUMNS " FROM alarm WHERE id < ?1 AND (?2 = 0 OR seen_by = '')"
		" ORDER BY id DESC LIMIT ?3");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the alarms");
	sqlite3_bind_int64(stmt, 1, below > 0 && below < INT64_MAX ? (int64_t)below : INT64_MAX);
	sqlite3_bind_int64(stmt, 2, open);
	sqlite3_bind_int64(stmt, 3, limit < REGISTRY_PAGE_MAX ? (int64_t)limit : REGISTRY_PAGE_MAX);
	while ((rc = registry_step(reg, stmt, "read the alarms")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}
