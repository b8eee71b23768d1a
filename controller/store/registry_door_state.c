/* SPDX-License-Identifier: Apache-2.0 */
/* Doors: the state they shall be in, their keys, and what they and the broker say of them. */
#include "registry_door_private.h"

#include <string.h>

#define STATUS_JSON_MAX 8192
#define MODE_MAX 2 /* of enum door_mode (wire/sync.h) */
/* Batches that a broker still holds when a door gets a new key. */
#define KEY_GRACE_US (24LL * 3600 * 1000000)

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
	bool hold = hold_from_us != 0 || hold_until_us != 0, own = false;
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
	bool own = false;
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
	bool own = false;
	int rc;

	if (status_json && strnlen(status_json, STATUS_JSON_MAX + 1) > STATUS_JSON_MAX)
		return registry_fail(
			reg, -EINVAL, "a status of more than %d bytes", STATUS_JSON_MAX);
	rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, write_status(reg, name, online, status_json));
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
