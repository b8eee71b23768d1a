/* SPDX-License-Identifier: Apache-2.0 */
/* Doors: their names, keys and states, and what they and the broker say of them. */
#include "registry_door_private.h"

#include <string.h>

#define STATUS_JSON_MAX 8192
#define MODE_MAX 2 /* of enum door_mode (wire/sync.h) */
/* Batches that a broker still holds when a door gets a new key. */
#define KEY_GRACE_US (24LL * 3600 * 1000000)
#define KEY_STOLEN 1 /* until then: in the past, whatever the clock does */

#define COLUMNS                                                                            \
	"name, title, status, key, generation, number, digest, start, asked_us, program, " \
	"online, online_us, status_json, mode, hold_from_us, hold_until_us, hold_event, "  \
	"state_number, state_us, state_actor, counter, version"

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
		" coalesce(max(counter), 0), 1 FROM door_past WHERE name = ?1");

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
	bool own;
	int rc;

	if (!name_id_valid(name))
		return registry_fail(reg, -EINVAL,
			"a door's name is 1 to 32 of a-z, 0-9 and -: \"%.40s\"", name);
	rc = registry_check_text(reg, "the door's title", title, REGISTRY_NAME_MAX, true);
	if (rc == 0)
		rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, add(reg, name, title));
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
	bool own;
	int rc = registry_check_text(reg, "the door's title", title, REGISTRY_NAME_MAX, true);

	if (rc == 0)
		rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, set_title(reg, name, title, version));
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
	bool own;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc : registry_leave(reg, own, remove_door(reg, name, version));
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
	bool own;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc : registry_leave(reg, own, steal(reg, name));
}

/* ---- keys ---- */

static int end_keys(struct registry *reg, const char *name)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE door_key SET until_us = ?2 WHERE door = ?1 AND until_us = 0");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "end a door's key");
	registry_bind_text(stmt, 1, name);
	sqlite3_bind_int64(stmt, 2, registry_now_us(reg) + KEY_GRACE_US);
	rc = registry_run(reg, stmt, "end a door's key");
	return rc < 0 ? rc : 0;
}

static int write_key(
	struct registry *reg, const char *sql, const char *name, const struct sign_public *key)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "keep a door's key");
	registry_bind_text(stmt, 1, name);
	registry_bind_blob(stmt, 2, key->bytes, sizeof(key->bytes));
	sqlite3_bind_int64(stmt, 3, registry_now_us(reg));
	rc = registry_run(reg, stmt, "keep a door's key");
	return rc < 0 ? rc : 0;
}

int registry_door_activate(struct registry *reg, const char *name, const struct sign_public *key)
{
	int rc = end_keys(reg, name);

	if (rc == 0)
		rc = write_key(reg,
			"INSERT INTO door_key (door, key, since_us, until_us)"
			" VALUES (?1, ?2, ?3, 0)",
			name, key);
	if (rc == 0)
		rc = write_key(reg,
			"UPDATE door SET status = 1, key = ?2, version = version + 1,"
			" generation = 0, number = 0, digest = zeroblob(32), start = zeroblob(16)"
			" WHERE name = ?1",
			name, key);
	return rc;
}

int registry_door_keys(
	struct registry *reg, const char *name, struct sign_public *keys, size_t room)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT key FROM door_key WHERE door = ?1 AND (until_us = 0 OR until_us > ?2)"
		" ORDER BY id DESC LIMIT ?3");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a door's keys");
	registry_bind_text(stmt, 1, name);
	sqlite3_bind_int64(stmt, 2, registry_now_us(reg));
	sqlite3_bind_int64(stmt, 3, room < 4 ? (int64_t)room : 4);
	while ((rc = registry_step(reg, stmt, "read a door's keys")) > 0)
		if (registry_take_blob(stmt, 0, keys[count].bytes, sizeof(keys[count].bytes))) {
			sign_key_id(keys[count].bytes, keys[count].id);
			count++;
		}
	return rc < 0 ? rc : count;
}

/* ---- state ---- */

static int set_state(struct registry *reg, const struct registry_door *state)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE door SET mode = ?2, hold_from_us = ?3, hold_until_us = ?4, hold_event = ?5,"
		" state_number = state_number + 1, state_us = ?6, state_actor = ?7,"
		" version = version + 1 WHERE name = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "change a door's state");
	registry_bind_text(stmt, 1, state->name);
	sqlite3_bind_int64(stmt, 2, state->mode);
	sqlite3_bind_int64(stmt, 3, state->hold_from_us);
	sqlite3_bind_int64(stmt, 4, state->hold_until_us);
	sqlite3_bind_int64(stmt, 5, state->hold_event);
	sqlite3_bind_int64(stmt, 6, registry_now_us(reg));
	registry_bind_text(stmt, 7, state->state_actor);
	rc = registry_run(reg, stmt, "change a door's state");
	if (rc == 0)
		return registry_no_door(reg, state->name);
	return rc < 0 ? rc : 0;
}

int registry_door_set_state(struct registry *reg, const char *name, int mode, int64_t hold_from_us,
	int64_t hold_until_us, bool hold_event, const char *actor)
{
	struct registry_door state = {.mode = mode,
		.hold_from_us = hold_from_us,
		.hold_until_us = hold_until_us,
		.hold_event = hold_event};
	bool hold = hold_from_us != 0 || hold_until_us != 0, own;
	int rc = registry_check_text(reg, "the actor", actor, ENTRY_ACTOR_MAX, true);

	if (rc < 0)
		return rc;
	if (!name_id_valid(name))
		return registry_no_door(reg, name);
	if (mode < 0 || mode > MODE_MAX)
		return registry_fail(reg, -EINVAL, "%d is no mode of a door", mode);
	if (hold ? hold_from_us <= 0 || hold_until_us <= hold_from_us : hold_event)
		return registry_fail(reg, -EINVAL, "a hold begins, and ends after it began");
	strcpy(state.name, name);
	strcpy(state.state_actor, actor);
	rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, set_state(reg, &state));
}

/* ---- what doors and the broker say ---- */

static int write_asked(struct registry *reg, const struct registry_door *asked)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE door SET generation = ?2, number = ?3, digest = ?4, start = ?5,"
		" asked_us = ?6, program = ?7 WHERE name = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "note a door's ask");
	registry_bind_text(stmt, 1, asked->name);
	sqlite3_bind_int64(stmt, 2, asked->revision.generation);
	sqlite3_bind_int64(stmt, 3, (int64_t)asked->revision.number);
	registry_bind_blob(stmt, 4, asked->digest, sizeof(asked->digest));
	registry_bind_blob(stmt, 5, asked->start, sizeof(asked->start));
	sqlite3_bind_int64(stmt, 6, registry_now_us(reg));
	registry_bind_text(stmt, 7, asked->program);
	rc = registry_run(reg, stmt, "note a door's ask");
	if (rc == 0)
		return registry_no_door(reg, asked->name);
	return rc < 0 ? rc : 0;
}

int registry_door_asked(struct registry *reg, const char *name, const struct revision *revision,
	const uint8_t digest[ROSTER_DIGEST_SIZE], const uint8_t start[16], const char *program)
{
	struct registry_door asked = {.revision = *revision};
	bool own;
	int rc;

	if (!name_id_valid(name) || revision->number > INT64_MAX)
		return registry_no_door(reg, name);
	strcpy(asked.name, name);
	memcpy(asked.digest, digest, sizeof(asked.digest));
	memcpy(asked.start, start, sizeof(asked.start));
	entry_text_set(asked.program, sizeof(asked.program), program);
	rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, write_asked(reg, &asked));
}

static int write_status(struct registry *reg, const char *name, bool online, const char *json)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE door SET online_us = iif(online = ?2 AND online_us > 0, online_us, ?3),"
		" online = ?2, status_json = coalesce(?4, status_json) WHERE name = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "note a door's status");
	registry_bind_text(stmt, 1, name);
	sqlite3_bind_int64(stmt, 2, online);
	sqlite3_bind_int64(stmt, 3, registry_now_us(reg));
	if (json)
		registry_bind_text(stmt, 4, json);
	rc = registry_run(reg, stmt, "note a door's status");
	if (rc == 0)
		return registry_no_door(reg, name);
	return rc < 0 ? rc : 0;
}

int registry_door_status(
	struct registry *reg, const char *name, bool online, const char *status_json)
{
	bool own;
	int rc;

	if (status_json && strnlen(status_json, STATUS_JSON_MAX + 1) > STATUS_JSON_MAX)
		return registry_fail(
			reg, -EINVAL, "a status of more than %d bytes", STATUS_JSON_MAX);
	rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, write_status(reg, name, online, status_json));
}
