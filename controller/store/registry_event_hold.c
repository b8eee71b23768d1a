/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doors that events hold open. A door is told an hour before, so that it opens with the hub dead,
 * and once: what a host says of the door afterwards counts.
 */
#include "registry_days_private.h"

#include "store/registry_door.h"
#include "store/registry_site.h"
#include <inttypes.h>
#include <string.h>

#define LEAD_US (3600LL * 1000000)
#define ACTOR "event " /* and its number: who holds the door */

static int mark(struct registry *reg, const char *sql, uint64_t event, const char *door)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);

	if (!stmt)
		return registry_sql_fail(reg, "note which doors events hold");
	sqlite3_bind_int64(stmt, 1, (int64_t)event);
	registry_bind_text(stmt, 2, door);
	sqlite3_bind_int64(stmt, 3, registry_now_us(reg));
	return registry_run(reg, stmt, "note which doors events hold");
}

/* A hold of its own in force is waited for; those of events that meet become one. */
static int next_due(struct registry *reg, struct registry_event *ret_event)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT e.id, e.door, e.doors_from_us, e.doors_until_us FROM event e "
		"JOIN door d ON d.name = e.door WHERE e.held = 0 AND e.doors_until_us > ?1 "
		"AND e.doors_from_us < e.doors_until_us AND e.doors_from_us <= ?2 "
		"AND (d.hold_until_us <= ?1 OR (d.hold_event AND d.hold_until_us >= "
		"e.doors_from_us AND d.hold_from_us <= e.doors_until_us)) "
		"ORDER BY e.doors_from_us, e.id LIMIT 1");
	int64_t now_us = registry_now_us(reg);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "look for events that hold a door");
	sqlite3_bind_int64(stmt, 1, now_us);
	sqlite3_bind_int64(stmt, 2, now_us + LEAD_US);
	rc = registry_step(reg, stmt, "look for events that hold a door");
	if (rc <= 0)
		return rc;
	ret_event->id = registry_take_u64(stmt, 0);
	registry_take_text(stmt, 1, ret_event->door, sizeof(ret_event->door));
	ret_event->doors_from_us = sqlite3_column_int64(stmt, 2);
	ret_event->doors_until_us = sqlite3_column_int64(stmt, 3);
	return 1;
}

static int hold(struct registry *reg, const struct registry_event *e)
{
	CLEANUP(registry_door_free) struct registry_door door = {0};
	int64_t from_us = e->doors_from_us, until_us = e->doors_until_us;
	char actor[ENTRY_ACTOR_MAX + 1];
	int rc = registry_door(reg, e->door, &door);

	if (rc == 0 && door.hold_until_us > registry_now_us(reg)) {
		from_us = door.hold_from_us < from_us ? door.hold_from_us : from_us;
		until_us = door.hold_until_us > until_us ? door.hold_until_us : until_us;
	}
	snprintf(actor, sizeof(actor), ACTOR "%" PRIu64, e->id);
	if (rc == 0)
		rc = registry_door_set_state(
			reg, e->door, door.mode, from_us, until_us, true, actor);
	return rc < 0 ? rc : mark(reg, "UPDATE event SET held = 1 WHERE id = ?1", e->id, e->door);
}

int registry_event_hold_due(struct registry *reg)
{
	struct registry_event e = {0};
	int rc;

	while ((rc = next_due(reg, &e)) > 0) {
		rc = hold(reg, &e);
		if (rc < 0)
			return rc;
	}
	return rc;
}

/* Others whose hold was part of the same one are told again. */
int registry_event_unhold(struct registry *reg, const struct registry_event *e)
{
	CLEANUP(registry_door_free) struct registry_door door = {0};
	int rc;

	if (!e->held || e->doors_until_us <= registry_now_us(reg))
		return 0;
	rc = mark(reg, "UPDATE event SET held = 0 WHERE id = ?1", e->id, e->door);
	if (rc >= 0)
		rc = registry_door(reg, e->door, &door);
	if (rc == -ENOENT)
		return 0; /* the door is gone, and its hold with it */
	if (rc < 0 || !door.hold_event || strncmp(door.state_actor, ACTOR, sizeof(ACTOR) - 1) != 0)
		return rc < 0 ? rc : 0;
	rc = registry_door_set_state(reg, e->door, door.mode, 0, 0, false, door.state_actor);
	return rc < 0 ? rc
		      : mark(reg,
				"UPDATE event SET held = 0 WHERE id <> ?1 AND door = ?2 AND "
				"doors_until_us > ?3",
				e->id, e->door);
}
