/* SPDX-License-Identifier: Apache-2.0 */
/* Booked gatherings. Doors are told who is on the list, and when to stand open
 * (registry_event_hold.c). */
#include "registry_days_private.h"

#include "base/clock.h"
#include "store/registry_site.h"
#include <string.h>

#define AROUND_MAX_MINUTES 1440 /* that doors let guests in before and after */
#define TIMES_MAX 60

#define EVENT_SQL                                                                          \
	"SELECT id, title, door, doors_from_us, doors_until_us, capacity, note, version, " \
	"room, starts_us, ends_us, before_minutes, after_minutes, free, series, "          \
	"held, headcount FROM event "

static void take(sqlite3_stmt *stmt, struct registry_event *e)
{
	e->id = registry_take_u64(stmt, 0);
	registry_take_text(stmt, 1, e->title, sizeof(e->title));
	registry_take_text(stmt, 2, e->door, sizeof(e->door));
	e->doors_from_us = sqlite3_column_int64(stmt, 3);
	e->doors_until_us = sqlite3_column_int64(stmt, 4);
	e->capacity = registry_take_u32(stmt, 5);
	registry_take_text(stmt, 6, e->note, sizeof(e->note));
	e->version = registry_take_u64(stmt, 7);
	registry_take_text(stmt, 8, e->room, sizeof(e->room));
	e->starts_us = sqlite3_column_int64(stmt, 9);
	e->ends_us = sqlite3_column_int64(stmt, 10);
	e->before_minutes = registry_take_u32(stmt, 11);
	e->after_minutes = registry_take_u32(stmt, 12);
	e->free = sqlite3_column_int(stmt, 13) != 0;
	e->series = registry_take_u64(stmt, 14);
	e->held = sqlite3_column_int(stmt, 15) != 0;
	e->headcount = registry_take_u32(stmt, 16);
}

int registry_event(struct registry *reg, uint64_t id, struct registry_event *ret_event)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, EVENT_SQL "WHERE id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read an event");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_step(reg, stmt, "read an event");
	if (rc == 0)
		return registry_fail(reg, -ENOENT, "there is no event %llu: look at the list",
			(unsigned long long)id);
	if (rc > 0)
		take(stmt, ret_event);
	return rc < 0 ? rc : 0;
}

int registry_events(struct registry *reg, uint64_t after, int64_t since_us,
	struct registry_event *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, EVENT_SQL "WHERE id > ?1 AND (?2 = 0 OR max(doors_until_us, "
						"ends_us) > ?2) ORDER BY id LIMIT ?3");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list events");
	sqlite3_bind_int64(stmt, 1, (int64_t)after);
	sqlite3_bind_int64(stmt, 2, since_us);
	sqlite3_bind_int64(stmt, 3, registry_page(limit));
	while ((rc = registry_step(reg, stmt, "list events")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}

static int check_times(struct registry *reg, const struct registry_event *e)
{
	bool held = e->doors_from_us != 0 || e->doors_until_us != 0;

	if (held && !e->door[0])
		return registry_fail(reg, -EINVAL,
			"no door is named, but when it stands open: name the event's door, too");
	if (held && (e->doors_from_us <= 0 || e->doors_until_us <= e->doors_from_us))
		return registry_fail(reg, -EINVAL,
			"the event's door closes before it opens: say from when it stands open, "
			"and until when, which is later");
	if ((e->starts_us != 0 || e->ends_us != 0) &&
		(e->starts_us <= 0 || e->ends_us <= e->starts_us))
		return registry_fail(reg, -EINVAL,
			"the event ends before it starts: say when it starts, and when it ends, "
			"which is later");
	return 0;
}

static int check(struct registry *reg, const struct registry_event *e)
{
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(
			reg, "the event's title", e->title, REGISTRY_NAME_MAX, false);
	if (error == 0)
		error = registry_check_text(
			reg, "the note about the event", e->note, REGISTRY_NOTE_MAX, true);
	if (error == 0)
		error = registry_check_door(reg, e->door);
	if (error == 0)
		error = check_times(reg, e);
	if (error == 0)
		error = registry_check_text(
			reg, "the event's room", e->room, REGISTRY_NAME_MAX, true);
	if (error == 0 &&
		(e->before_minutes > AROUND_MAX_MINUTES || e->after_minutes > AROUND_MAX_MINUTES))
		error = registry_fail(reg, -EINVAL,
			"before and after are %u and %u minutes: use at most %d", e->before_minutes,
			e->after_minutes, AROUND_MAX_MINUTES);
	return error;
}

static void bind(sqlite3_stmt *stmt, const struct registry_event *e)
{
	registry_bind_text(stmt, 1, e->title);
	registry_bind_text(stmt, 2, e->door);
	sqlite3_bind_int64(stmt, 3, e->doors_from_us);
	sqlite3_bind_int64(stmt, 4, e->doors_until_us);
	sqlite3_bind_int64(stmt, 5, e->capacity);
	registry_bind_text(stmt, 6, e->note);
	registry_bind_text(stmt, 7, e->room);
	sqlite3_bind_int64(stmt, 8, e->starts_us);
	sqlite3_bind_int64(stmt, 9, e->ends_us);
	sqlite3_bind_int64(stmt, 10, e->before_minutes);
	sqlite3_bind_int64(stmt, 11, e->after_minutes);
	sqlite3_bind_int64(stmt, 12, e->free);
	sqlite3_bind_int64(stmt, 13, (int64_t)e->series);
	sqlite3_bind_int64(stmt, 14, e->headcount);
}

int registry_event_add(struct registry *reg, const struct registry_event *event, uint64_t *ret_id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO event (title, door, doors_from_us, doors_until_us, capacity, note, "
		"room, starts_us, ends_us, before_minutes, after_minutes, free, series, "
		"headcount, version) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 1)");
	int error = check(reg, event);

	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "add an event");
	bind(stmt, event);
	error = registry_run(reg, stmt, "add an event");
	if (error < 0)
		return error;
	if (ret_id)
		*ret_id = (uint64_t)sqlite3_last_insert_rowid(reg->db);
	return registry_event_hold_due(reg);
}

int registry_event_change(struct registry *reg, const struct registry_event *event)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE event SET title = ?1, door = ?2, doors_from_us = ?3, doors_until_us = ?4, "
		"capacity = ?5, note = ?6, room = ?7, starts_us = ?8, ends_us = ?9, "
		"before_minutes = ?10, after_minutes = ?11, free = ?12, series = ?13, "
		"headcount = ?14, version = version + 1 WHERE id = ?15");
	struct registry_event now = {0};
	int error = check(reg, event);

	if (error == 0)
		error = registry_event(reg, event->id, &now);
	if (error == 0)
		error = registry_check_version(reg, "the event", event->version, now.version);
	if (error == 0 &&
		(strcmp(event->door, now.door) != 0 || event->doors_from_us != now.doors_from_us ||
			event->doors_until_us != now.doors_until_us))
		error = registry_event_unhold(reg, &now);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "change an event");
	bind(stmt, event);
	sqlite3_bind_int64(stmt, 15, (int64_t)event->id);
	error = registry_run(reg, stmt, "change an event");
	if (error >= 0)
		error = registry_event_publish(reg, event->id);
	return error < 0 ? error : registry_event_hold_due(reg);
}

int registry_event_remove(struct registry *reg, uint64_t id, uint64_t version)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM event WHERE id = ?1");
	struct registry_event now = {0};
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_event(reg, id, &now);
	if (error == 0)
		error = registry_check_version(reg, "the event", version, now.version);
	if (error < 0)
		return error;
	error = registry_event_guests_drop(reg, id);
	if (error == 0)
		error = registry_event_unhold(reg, &now);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "remove an event");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	error = registry_run(reg, stmt, "remove an event");
	return error < 0 ? error : registry_event_hold_due(reg);
}

/* ---- series ---- */

/* The same local time so many days later, whatever the clocks did in between. */
static int64_t shift(int64_t us, int32_t days)
{
	struct civil at;
	int64_t shifted[2];
	int32_t date;
	uint16_t minute;

	if (us == 0 || clock_civil(us, &at) < 0)
		return us;
	date = at.date + days;
	minute = at.minute;
	civil_from_date(date, &at);
	at.minute = minute;
	return clock_instants(&at, shifted) < 0 ? us + days * 86400000000LL : shifted[0];
}

int registry_event_repeat(struct registry *reg, uint64_t id, uint32_t every_days, uint32_t times)
{
	struct registry_event first = {0}, e;
	uint64_t next = 0;
	int rc = registry_event(reg, id, &first);

	if (rc == 0 && (every_days < 1 || every_days > 366 || times < 2 || times > TIMES_MAX))
		rc = registry_fail(reg, -EINVAL,
			"an event repeats every 1 to 366 days, 2 to %d times", TIMES_MAX);
	if (rc == 0 && first.series != 0)
		rc = registry_fail(reg, -EPERM,
			"event %llu is of a series already (of event %llu): repeat one that stands "
			"alone",
			(unsigned long long)id, (unsigned long long)first.series);
	if (rc < 0)
		return rc;
	first.series = id;
	rc = registry_event_change(reg, &first);
	for (uint32_t i = 1; rc >= 0 && i < times; i++) {
		int32_t days = (int32_t)(i * every_days);

		e = first;
		e.starts_us = shift(first.starts_us, days);
		e.ends_us = shift(first.ends_us, days);
		e.doors_from_us = shift(first.doors_from_us, days);
		e.doors_until_us = shift(first.doors_until_us, days);
		e.headcount = 0;
		rc = registry_event_add(reg, &e, &next);
		if (rc >= 0)
			rc = registry_event_invite_same(reg, id, next);
	}
	return rc < 0 ? rc : 0;
}
