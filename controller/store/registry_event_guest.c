/* SPDX-License-Identifier: Apache-2.0 */
/* Who is on an event's list, and who came: by tapping, by a host's tick, or walking in. */
#include "registry_days_private.h"

#include "store/registry_site.h"
#include <inttypes.h>
#include <string.h>

#define MINUTE_US 60000000LL

static const char *const hows[] = {
	[REGISTRY_ARRIVAL_NONE] = "not_yet",
	[REGISTRY_ARRIVAL_TAP] = "tap",
	[REGISTRY_ARRIVAL_TICK] = "tick",
	[REGISTRY_ARRIVAL_WALK_IN] = "walk_in",
};

const char *registry_arrival_name(enum registry_arrival how)
{
	return (size_t)how < ARRAY_SIZE(hows) ? hows[how] : NULL;
}

#define GUEST_SQL                                                                          \
	"SELECT g.id, g.event, iif(g.name = '', coalesce(m.name, ''), g.name), g.member, " \
	"g.card, g.arrived_us, g.how, g.by FROM event_guest g "                            \
	"LEFT JOIN member m ON m.id = g.member "

static void take(sqlite3_stmt *stmt, struct registry_event_guest *g)
{
	g->id = registry_take_u64(stmt, 0);
	g->event = registry_take_u64(stmt, 1);
	registry_take_text(stmt, 2, g->name, sizeof(g->name));
	g->member = registry_take_u64(stmt, 3);
	g->card = registry_take_u64(stmt, 4);
	g->arrived_us = sqlite3_column_int64(stmt, 5);
	g->how = (enum registry_arrival)sqlite3_column_int(stmt, 6);
	registry_take_text(stmt, 7, g->by, sizeof(g->by));
}

int registry_event_guest(struct registry *reg, uint64_t id, struct registry_event_guest *ret_guest)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, GUEST_SQL "WHERE g.id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read who is expected");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_step(reg, stmt, "read who is expected");
	if (rc == 0)
		return registry_fail(reg, -ENOENT,
			"nobody on a list has number %" PRIu64 ": look at the event's guests", id);
	if (rc > 0)
		take(stmt, ret_guest);
	return rc < 0 ? rc : 0;
}

int registry_event_guests(struct registry *reg, uint64_t event, uint64_t after,
	struct registry_event_guest *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, GUEST_SQL "WHERE g.event = ?1 AND g.id > ?2 ORDER BY g.id LIMIT ?3");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list who is expected");
	sqlite3_bind_int64(stmt, 1, (int64_t)event);
	sqlite3_bind_int64(stmt, 2, (int64_t)after);
	sqlite3_bind_int64(stmt, 3, registry_page(limit));
	while ((rc = registry_step(reg, stmt, "list who is expected")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}

int registry_event_count(
	struct registry *reg, uint64_t event, uint32_t *ret_listed, uint32_t *ret_arrived)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT count(*), count(nullif(arrived_us, 0)) FROM event_guest WHERE event = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "count who came");
	sqlite3_bind_int64(stmt, 1, (int64_t)event);
	rc = registry_step(reg, stmt, "count who came");
	if (rc < 0)
		return rc;
	*ret_listed = registry_take_u32(stmt, 0);
	*ret_arrived = registry_take_u32(stmt, 1);
	return 0;
}

/* ---- what doors are told ---- */

static int publish(
	struct registry *reg, const struct registry_event *e, const struct registry_event_guest *g)
{
	const struct registry_extra extra = {
		.kind = DECIDE_EXTRA_EVENT,
		.row = g->id,
		.person = {.member = g->member, .card = g->member ? 0 : g->card},
		.about = e->id,
		.from_us = e->starts_us - e->before_minutes * MINUTE_US,
		.until_us = e->ends_us + e->after_minutes * MINUTE_US,
		.free = e->free,
		.door = e->door,
	};

	return g->member || g->card ? registry_extra_put(reg, &extra) : 0;
}

int registry_event_publish(struct registry *reg, uint64_t event)
{
	struct registry_event_guest rows[32];
	struct registry_event e = {0};
	uint64_t after = 0;
	int n, rc = registry_event(reg, event, &e);

	if (rc < 0)
		return rc;
	do {
		n = registry_event_guests(reg, event, after, rows, ARRAY_SIZE(rows));
		for (int i = 0; rc >= 0 && i < n; i++) {
			rc = publish(reg, &e, &rows[i]);
			after = rows[i].id;
		}
	} while (rc >= 0 && n == (int)ARRAY_SIZE(rows));
	return n < 0 ? n : rc;
}

int registry_event_invite_same(struct registry *reg, uint64_t from, uint64_t to)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO event_guest (event, name, member, card, arrived_us, how, by) "
		"SELECT ?2, name, member, card, 0, 0, '' FROM event_guest "
		"WHERE event = ?1 AND how <> 3 ORDER BY id");
	int rc;

	_Static_assert(REGISTRY_ARRIVAL_WALK_IN == 3, "who is not asked again");
	if (!stmt)
		return registry_sql_fail(reg, "repeat a list");
	sqlite3_bind_int64(stmt, 1, (int64_t)from);
	sqlite3_bind_int64(stmt, 2, (int64_t)to);
	rc = registry_run(reg, stmt, "repeat a list");
	return rc < 0 ? rc : registry_event_publish(reg, to);
}

int registry_event_guests_drop(struct registry *reg, uint64_t event)
{
	struct registry_event_guest rows[32];
	uint64_t after = 0;
	int n, rc = 0;

	do {
		n = registry_event_guests(reg, event, after, rows, ARRAY_SIZE(rows));
		for (int i = 0; rc >= 0 && i < n; i++) {
			rc = registry_extra_drop(reg, DECIDE_EXTRA_EVENT, rows[i].id);
			after = rows[i].id;
		}
	} while (rc >= 0 && n == (int)ARRAY_SIZE(rows));
	return n < 0 ? n : rc;
}

/* ---- the list ---- */

static int check_there(
	struct registry *reg, uint64_t event, uint64_t member, const char *sql, const char *what)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read who is expected");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, (int64_t)event);
	rc = registry_step(reg, stmt, "read who is expected");
	if (rc < 0)
		return rc;
	if (rc == 0)
		return registry_fail(reg, -EINVAL,
			"there is no %s %" PRIu64 ": name one of the list", what, member);
	return sqlite3_column_int(stmt, 0) == 0
		       ? 0
		       : registry_fail(reg, -EEXIST, "%s %" PRIu64 " is on the list already", what,
				 member);
}

int registry_event_has_name(struct registry *reg, uint64_t event, const char *name)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT 1 FROM event_guest WHERE event = ?1 AND name = ?2 AND member IS NULL "
		"AND card IS NULL LIMIT 1");

	if (!stmt)
		return registry_sql_fail(reg, "read who is expected");
	sqlite3_bind_int64(stmt, 1, (int64_t)event);
	registry_bind_text(stmt, 2, name);
	return registry_step(reg, stmt, "read who is expected");
}

static int check(struct registry *reg, const struct registry_event_guest *g)
{
	int rc = registry_check_changing(reg);

	if (rc == 0 && !*g->name && g->member == 0 && g->card == 0)
		rc = registry_fail(reg, -EINVAL, "nobody is named: give a name, or a member");
	if (rc == 0)
		rc = registry_check_text(reg, "the guest's name", g->name, REGISTRY_NAME_MAX,
			g->member > 0 || g->card > 0);
	if (rc == 0 && g->member > 0)
		rc = check_there(reg, g->event, g->member,
			"SELECT EXISTS (SELECT 1 FROM event_guest WHERE member = ?1 AND event = "
			"?2) FROM member WHERE id = ?1",
			"member");
	if (rc == 0 && g->card > 0)
		rc = check_there(reg, g->event, g->card,
			"SELECT EXISTS (SELECT 1 FROM event_guest WHERE card = ?1 AND event = ?2) "
			"FROM card WHERE id = ?1",
			"card");
	return rc;
}

static int check_room(struct registry *reg, const struct registry_event *e, bool over)
{
	uint32_t listed, arrived;
	int rc = registry_event_count(reg, e->id, &listed, &arrived);

	if (arrived < e->headcount)
		arrived = e->headcount;
	if (rc == 0 && e->capacity > 0 && arrived >= e->capacity && !over)
		rc = registry_fail(reg, -ENOSPC,
			"the event is full: %u are in, it has room for %u; say \"over\" to let one "
			"more "
			"in all the same",
			arrived, e->capacity);
	return rc;
}

static int insert(struct registry *reg, const struct registry_event_guest *g)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO event_guest (event, name, member, card, arrived_us, how, by) "
		"VALUES (?1, ?2, nullif(?3, 0), nullif(?4, 0), ?5, ?6, ?7)");

	if (!stmt)
		return registry_sql_fail(reg, "put somebody on a list");
	sqlite3_bind_int64(stmt, 1, (int64_t)g->event);
	registry_bind_text(stmt, 2, g->name);
	sqlite3_bind_int64(stmt, 3, (int64_t)g->member);
	sqlite3_bind_int64(stmt, 4, (int64_t)g->card);
	sqlite3_bind_int64(stmt, 5, g->arrived_us);
	sqlite3_bind_int64(stmt, 6, g->how);
	registry_bind_text(stmt, 7, g->by);
	return registry_run(reg, stmt, "put somebody on a list");
}

/* A tick that was a mistake: as if it had never been. */
static int forget_presence(struct registry *reg, const struct registry_event_guest *g)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"DELETE FROM presence WHERE person = ?1 AND event = ?2 AND at_us = ?3 "
		"AND entry IS NULL");
	int rc;

	if (g->member == 0)
		return 0;
	if (!stmt)
		return registry_sql_fail(reg, "take a tick back");
	sqlite3_bind_int64(stmt, 1, (int64_t)g->member);
	sqlite3_bind_int64(stmt, 2, (int64_t)g->event);
	sqlite3_bind_int64(stmt, 3, g->arrived_us);
	rc = registry_run(reg, stmt, "take a tick back");
	return rc < 0 ? rc : registry_standing_publish(reg, g->member);
}

/* A host saw a member come: they are in. */
static int note_presence(struct registry *reg, const struct registry_event_guest *g)
{
	const struct registry_move m = {
		.person = {.member = g->member},
		.at_us = g->arrived_us,
		.inside = true,
		.sure = true,
		.door = "",
		.event = g->event,
		.by = g->by,
		.why = "ticked off at the event",
	};
	int rc;

	if (g->member == 0)
		return 0;
	rc = registry_presence_add(reg, &m);
	return rc < 0 ? rc : registry_standing_publish(reg, g->member);
}

int registry_event_guest_add(
	struct registry *reg, const struct registry_event_guest *guest, bool over, uint64_t *ret_id)
{
	struct registry_event_guest g = *guest;
	struct registry_event e = {0};
	bool walks_in = g.how == REGISTRY_ARRIVAL_WALK_IN;
	int rc = registry_event(reg, g.event, &e);

	if (rc == 0)
		rc = check(reg, &g);
	if (rc == 0 && walks_in)
		rc = registry_check_text(reg, "who lets them in", g.by, ENTRY_ACTOR_MAX, false);
	if (rc == 0 && walks_in)
		rc = check_room(reg, &e, over);
	if (rc < 0)
		return rc;
	g.arrived_us = walks_in ? registry_now_us(reg) : 0;
	rc = insert(reg, &g);
	if (rc < 0)
		return rc;
	g.id = (uint64_t)sqlite3_last_insert_rowid(reg->db);
	if (ret_id)
		*ret_id = g.id;
	rc = publish(reg, &e, &g);
	if (rc >= 0 && walks_in)
		rc = note_presence(reg, &g);
	return rc < 0 ? rc : 0;
}

int registry_event_guest_remove(struct registry *reg, uint64_t id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM event_guest WHERE id = ?1");
	struct registry_event_guest g;
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_event_guest(reg, id, &g);
	if (rc == 0)
		rc = forget_presence(reg, &g);
	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "take somebody off a list");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_run(reg, stmt, "take somebody off a list");
	if (rc >= 0)
		rc = registry_extra_drop(reg, DECIDE_EXTRA_EVENT, id);
	return rc < 0 ? rc : 0;
}

/* ---- coming ---- */

static int write_arrival(struct registry *reg, const struct registry_event_guest *g)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE event_guest SET arrived_us = ?2, how = ?3, by = ?4 WHERE id = ?1");

	if (!stmt)
		return registry_sql_fail(reg, "tick somebody off");
	sqlite3_bind_int64(stmt, 1, (int64_t)g->id);
	sqlite3_bind_int64(stmt, 2, g->arrived_us);
	sqlite3_bind_int64(stmt, 3, g->how);
	registry_bind_text(stmt, 4, g->by);
	return registry_run(reg, stmt, "tick somebody off");
}

int registry_event_guest_tick(struct registry *reg, uint64_t id, bool came, const char *actor)
{
	struct registry_event_guest g = {0};
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_check_text(reg, "who ticks", actor, ENTRY_ACTOR_MAX, false);
	if (rc == 0)
		rc = registry_event_guest(reg, id, &g);
	if (rc < 0 || came == (g.arrived_us > 0))
		return rc;
	if (!came)
		rc = forget_presence(reg, &g);
	if (rc < 0)
		return rc;
	g.arrived_us = came ? registry_now_us(reg) : 0;
	g.how = came ? REGISTRY_ARRIVAL_TICK : REGISTRY_ARRIVAL_NONE;
	snprintf(g.by, sizeof(g.by), "%s", came ? actor : "");
	rc = write_arrival(reg, &g);
	if (rc >= 0 && came)
		rc = note_presence(reg, &g);
	return rc < 0 ? rc : 0;
}

int registry_event_arrived(
	struct registry *reg, uint64_t event, const struct registry_person *person, int64_t at_us)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "UPDATE event_guest SET how = iif(arrived_us = 0, 1, how), "
				      "arrived_us = iif(arrived_us = 0, ?4, min(arrived_us, ?4)) "
				      "WHERE event = ?1 AND (member = ?2 OR card = ?3)");

	_Static_assert(REGISTRY_ARRIVAL_TAP == 1, "what is written here");
	if (!stmt)
		return registry_sql_fail(reg, "note who came to an event");
	sqlite3_bind_int64(stmt, 1, (int64_t)event);
	sqlite3_bind_int64(stmt, 2, (int64_t)person->member);
	sqlite3_bind_int64(stmt, 3, (int64_t)person->card);
	sqlite3_bind_int64(stmt, 4, at_us);
	return registry_run(reg, stmt, "note who came to an event");
}

int registry_event_of(struct registry *reg, const struct registry_person *person, const char *door,
	int64_t at_us, struct registry_attended *ret_attended)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT g.event, max(e.free OR coalesce((SELECT t.flags & ?5 FROM "
		"member m JOIN tier t ON t.tier = m.tier WHERE m.id = ?1), 0)) OVER () "
		"FROM event_guest g JOIN event e ON e.id = g.event WHERE (g.member = ?1 OR "
		"g.card = ?2) AND e.door IN ('', ?3) AND "
		"?4 >= e.starts_us - e.before_minutes * 60000000 AND "
		"?4 < e.ends_us + e.after_minutes * 60000000 "
		/* of several the one that a door takes */
		"ORDER BY e.starts_us - e.before_minutes * 60000000, g.id LIMIT 1");
	int rc;

	_Static_assert(MINUTE_US == 60000000, "what is written here");
	*ret_attended = (struct registry_attended){0};
	if (!stmt)
		return registry_sql_fail(reg, "read whose event it is");
	sqlite3_bind_int64(stmt, 1, (int64_t)person->member);
	sqlite3_bind_int64(stmt, 2, (int64_t)person->card);
	registry_bind_text(stmt, 3, door);
	sqlite3_bind_int64(stmt, 4, at_us);
	sqlite3_bind_int64(stmt, 5, TIER_FLAG_EVENTS_FREE);
	rc = registry_step(reg, stmt, "read whose event it is");
	if (rc > 0) {
		ret_attended->event = registry_take_u64(stmt, 0);
		ret_attended->free = sqlite3_column_int(stmt, 1) != 0;
	}
	return rc < 0 ? rc : 0;
}
