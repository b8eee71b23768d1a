/* SPDX-License-Identifier: Apache-2.0 */
/* Doors: making, naming, removing them, and reading what is known of them. */
#include "registry_days_private.h"
#include "registry_door_private.h"

#include <string.h>

#define KEY_STOLEN 1 /* until then: in the past, whatever the clock does */

#define COLUMNS                                                                            \
	"name, title, status, key, generation, number, digest, start, asked_us, program, " \
	"online, online_us, status_json, mode, hold_from_us, hold_until_us, hold_event, "  \
	"state_number, state_us, state_actor, counter, version, zone"

const char *registry_door_status_name(enum registry_door_status status)
{
	switch (status) {
	case REGISTRY_DOOR_NEW:
		return "new";
	case REGISTRY_DOOR_ACTIVE:
		return "active";
	case REGISTRY_DOOR_STOLEN:
		return "stolen";
	}
	return NULL;
}

void registry_door_free(struct registry_door *door)
{
	if (!door)
		return;
	free(door->status_json);
	door->status_json = NULL;
}

/* ---- reading ---- */

static int take(const struct registry *reg, sqlite3_stmt *stmt, struct registry_door *door)
{
	const char *json = (const char *)sqlite3_column_text(stmt, 12);

	*door = (struct registry_door){
		.status = (enum registry_door_status)registry_take_u32(stmt, 2),
		.revision = {registry_take_u32(stmt, 4), registry_take_u64(stmt, 5)},
		.asked_us = sqlite3_column_int64(stmt, 8),
		.online = sqlite3_column_int64(stmt, 10) != 0,
		.online_us = sqlite3_column_int64(stmt, 11),
		.mode = sqlite3_column_int(stmt, 13),
		.hold_from_us = sqlite3_column_int64(stmt, 14),
		.hold_until_us = sqlite3_column_int64(stmt, 15),
		.hold_event = sqlite3_column_int64(stmt, 16) != 0,
		.state_revision = {registry_generation(reg), registry_take_u64(stmt, 17)},
		.state_us = sqlite3_column_int64(stmt, 18),
		.counter = {registry_generation(reg), registry_take_u64(stmt, 20)},
		.version = registry_take_u64(stmt, 21),
	};
	registry_take_text(stmt, 0, door->name, sizeof(door->name));
	registry_take_text(stmt, 1, door->title, sizeof(door->title));
	registry_take_text(stmt, 22, door->zone, sizeof(door->zone));
	door->has_key = registry_take_blob(stmt, 3, door->key.bytes, sizeof(door->key.bytes));
	if (door->has_key)
		sign_key_id(door->key.bytes, door->key.id);
	registry_take_blob(stmt, 6, door->digest, sizeof(door->digest));
	registry_take_blob(stmt, 7, door->start, sizeof(door->start));
	registry_take_text(stmt, 9, door->program, sizeof(door->program));
	registry_take_text(stmt, 19, door->state_actor, sizeof(door->state_actor));
	if (json)
		door->status_json = strdup(json);
	return json && !door->status_json ? -ENOMEM : 0;
}

int registry_door(struct registry *reg, const char *name, struct registry_door *ret_door)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT " COLUMNS " FROM door WHERE name = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a door");
	registry_bind_text(stmt, 1, name);
	rc = registry_step(reg, stmt, "read a door");
	if (rc == 0)
		return registry_no_door(reg, name);
	return rc < 0 ? rc : take(reg, stmt, ret_door);
}

int registry_no_door(struct registry *reg, const char *name)
{
	return registry_fail(
		reg, -ENOENT, "there is no door \"%.40s\": 'tapin door list' shows them", name);
}

int registry_door_there(struct registry *reg, const char *name)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT 1 FROM door WHERE name = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a door");
	registry_bind_text(stmt, 1, name);
	rc = registry_step(reg, stmt, "read a door");
	return rc == 0 ? registry_no_door(reg, name) : rc;
}

int registry_doors(
	struct registry *reg, const char *after, struct registry_door *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT " COLUMNS " FROM door WHERE name > ?1 ORDER BY name LIMIT ?2");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the doors");
	registry_bind_text(stmt, 1, after ? after : "");
	sqlite3_bind_int64(stmt, 2, (int64_t)limit);
	while ((rc = registry_step(reg, stmt, "read the doors")) > 0) {
		rc = take(reg, stmt, &rows[count]);
		if (rc < 0)
			break;
		count++;
	}
	for (; rc < 0 && count > 0; count--)
		registry_door_free(&rows[count - 1]);
	return rc < 0 ? rc : count;
}

/* ---- making and removing ---- */

static int put_roster(struct registry *reg, const char *name, bool gone)
{
	struct roster_record record = {.kind = ROSTER_KIND_DOOR, .gone = gone};
	int rc;

	strcpy(record.door, name);
	rc = registry_roster_put(reg, &record);
	return rc < 0 ? rc : 0;
}

/* Counts go on where a door of this name left them: its device may still know them. */
static int insert(struct registry *reg, const char *name, const char *title)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO door SELECT ?1, ?2, ?3, NULL, 0, 0, zeroblob(32), zeroblob(16), 0, '',"
		" 0, 0, NULL, 0, 0, 0, 0, coalesce(max(state_number), 0) + 1, ?4, '',"
		" coalesce(max(counter), 0), 1, '' FROM door_past WHERE name = ?1");

	if (!stmt)
		return registry_sql_fail(reg, "make a door");
	registry_bind_text(stmt, 1, name);
	registry_bind_text(stmt, 2, title);
	sqlite3_bind_int64(stmt, 3, REGISTRY_DOOR_NEW);
	sqlite3_bind_int64(stmt, 4, registry_now_us(reg));
	return registry_run(reg, stmt, "make a door");
}

static int add(struct registry *reg, const char *name, const char *title)
{
	int rc = registry_door_there(reg, name);

	if (rc > 0)
		return registry_fail(reg, -EEXIST, "there is a door \"%s\" already", name);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	rc = insert(reg, name, title);
	return rc < 0 ? rc : put_roster(reg, name, false);
}

int registry_door_add(struct registry *reg, const char *name, const char *title)
{
	bool own = false;
	int rc;

	if (!name_id_valid(name))
		return registry_fail(reg, -EINVAL,
			"a door's name is 1 to 32 of a-z, 0-9 and -: \"%.40s\"", name);
	rc = registry_check_text(reg, "the door's title", title, REGISTRY_NAME_MAX, true);
	if (rc == 0)
		rc = registry_enter(reg, &own);
	if (rc < 0)
		return rc;
	rc = add(reg, name, title);
	/* among how many a pool is shared */
	if (rc >= 0)
		rc = registry_pool_publish_all(reg);
	return registry_leave(reg, own, rc < 0 ? rc : 0);
}

/* A door whose version is the expected one: 1, or negative errno. */
static int expect(struct registry *reg, const char *name, uint64_t version)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT version FROM door WHERE name = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a door");
	registry_bind_text(stmt, 1, name);
	rc = registry_step(reg, stmt, "read a door");
	if (rc <= 0)
		return rc < 0 ? rc : registry_no_door(reg, name);
	return registry_check_version(reg, "the door", version, registry_take_u64(stmt, 0));
}

static int set_title(struct registry *reg, const char *name, const char *title, uint64_t version)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE door SET title = ?2, version = version + 1 WHERE name = ?1");
	int rc = expect(reg, name, version);

	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "change a door");
	registry_bind_text(stmt, 1, name);
	registry_bind_text(stmt, 2, title);
	rc = registry_run(reg, stmt, "change a door");
	return rc < 0 ? rc : 0;
}

int registry_door_title(struct registry *reg, const char *name, const char *title, uint64_t version)
{
	bool own = false;
	int rc = registry_check_text(reg, "the door's title", title, REGISTRY_NAME_MAX, true);

	if (rc == 0)
		rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, set_title(reg, name, title, version));
}

static int set_zone(struct registry *reg, const char *name, const char *zone)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE door SET zone = ?2, version = version + 1 WHERE name = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "change a door");
	registry_bind_text(stmt, 1, name);
	registry_bind_text(stmt, 2, zone);
	rc = registry_run(reg, stmt, "change a door");
	if (rc == 0)
		return registry_no_door(reg, name);
	return rc < 0 ? rc : 0;
}

int registry_door_zone(struct registry *reg, const char *name, const char *zone)
{
	bool own = false;
	int rc = registry_check_text(reg, "where the door leads to", zone, REGISTRY_ZONE_MAX, true);

	if (rc == 0)
		rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, set_zone(reg, name, zone));
}

/* Runs a statement about one door, whose name is ?1; ?2 is now. */
static int run(struct registry *reg, const char *sql, const char *name)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "change a door");
	registry_bind_text(stmt, 1, name);
	sqlite3_bind_int64(stmt, 2, registry_now_us(reg));
	rc = registry_run(reg, stmt, "change a door");
	return rc < 0 ? rc : 0;
}

/* What could still be done in the door's name ends. Claims are left to registry_claims_expired. */
static int cut_off(struct registry *reg, const char *name)
{
	int rc = run(reg, "UPDATE door_key SET until_us = 1 WHERE door = ?1", name);

	return rc < 0 ? rc : run(reg, "UPDATE claim SET expires_us = 0 WHERE door = ?1", name);
}

static int remove_door(struct registry *reg, const char *name, uint64_t version)
{
	int rc = expect(reg, name, version);

	if (rc >= 0)
		rc = registry_door_unused(reg, name);
	if (rc < 0)
		return rc;
	rc = cut_off(reg, name);
	if (rc == 0)
		rc = run(reg,
			"INSERT INTO door_past SELECT name, state_number, counter FROM door"
			" WHERE name = ?1 ON CONFLICT (name) DO UPDATE SET"
			" state_number = excluded.state_number, counter = excluded.counter",
			name);
	if (rc == 0)
		rc = run(reg, "DELETE FROM door_key WHERE door = ?1", name);
	if (rc == 0)
		rc = run(reg, "DELETE FROM door WHERE name = ?1", name);
	return rc < 0 ? rc : put_roster(reg, name, true);
}

int registry_door_remove(struct registry *reg, const char *name, uint64_t version)
{
	bool own = false;
	int rc = registry_enter(reg, &own);

	if (rc < 0)
		return rc;
	rc = remove_door(reg, name, version);
	if (rc >= 0)
		rc = registry_pool_publish_all(reg);
	return registry_leave(reg, own, rc < 0 ? rc : 0);
}

static int steal(struct registry *reg, const char *name)
{
	int rc = registry_door_there(reg, name);

	if (rc > 0)
		rc = cut_off(reg, name);
	if (rc == 0)
		rc = run(reg,
			"UPDATE door SET status = 2, key = NULL, version = version + 1"
			" WHERE name = ?1",
			name);
	return rc;
}

int registry_door_stolen(struct registry *reg, const char *name)
{
	_Static_assert(REGISTRY_DOOR_STOLEN == 2 && KEY_STOLEN == 1, "as the SQL has them");
	bool own = false;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc : registry_leave(reg, own, steal(reg, name));
}
