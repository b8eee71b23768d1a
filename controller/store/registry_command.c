/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to doors: their counters, and what came of them. */
#include "crypto/hash.h"
#include "registry_door_private.h"

#include <string.h>

#define COLUMNS                                                                                   \
	"id, door, verb, seconds, generation, number, actor, sent_us, expires_us, outcome, why, " \
	"answered_us, member, label, shown, card"

static void take(sqlite3_stmt *stmt, struct registry_command *row)
{
	*row = (struct registry_command){
		.verb = sqlite3_column_int(stmt, 2),
		.seconds = registry_take_u32(stmt, 3),
		.counter = {registry_take_u32(stmt, 4), registry_take_u64(stmt, 5)},
		.sent_us = sqlite3_column_int64(stmt, 7),
		.expires_us = sqlite3_column_int64(stmt, 8),
		.outcome = sqlite3_column_int(stmt, 9),
		.answered_us = sqlite3_column_int64(stmt, 11),
		.member = registry_take_u64(stmt, 12),
		.shown = registry_take_u32(stmt, 14),
		.card = registry_take_u64(stmt, 15),
	};
	registry_take_blob(stmt, 0, row->id, sizeof(row->id));
	registry_take_text(stmt, 1, row->door, sizeof(row->door));
	registry_take_text(stmt, 6, row->actor, sizeof(row->actor));
	registry_take_text(stmt, 10, row->why, sizeof(row->why));
	registry_take_text(stmt, 13, row->label, sizeof(row->label));
}

static void bind(sqlite3_stmt *stmt, const struct registry_command *row)
{
	registry_bind_blob(stmt, 1, row->id, sizeof(row->id));
	registry_bind_text(stmt, 2, row->door);
	sqlite3_bind_int64(stmt, 3, row->verb);
	sqlite3_bind_int64(stmt, 4, row->seconds);
	sqlite3_bind_int64(stmt, 5, row->counter.generation);
	sqlite3_bind_int64(stmt, 6, (int64_t)row->counter.number);
	registry_bind_text(stmt, 7, row->actor);
	sqlite3_bind_int64(stmt, 8, row->sent_us);
	sqlite3_bind_int64(stmt, 9, row->expires_us);
	sqlite3_bind_int64(stmt, 10, row->outcome);
	registry_bind_text(stmt, 11, row->why);
	sqlite3_bind_int64(stmt, 12, row->answered_us);
	sqlite3_bind_int64(stmt, 13, (int64_t)row->member);
	registry_bind_text(stmt, 14, row->label);
	sqlite3_bind_int64(stmt, 15, row->shown);
	sqlite3_bind_int64(stmt, 16, (int64_t)row->card);
}

/* ---- giving them out ---- */

static int next_counter(struct registry *reg, const char *door, struct revision *ret_counter)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE door SET counter = counter + 1 WHERE name = ?1 RETURNING counter");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "count a command");
	registry_bind_text(stmt, 1, door);
	rc = registry_step(reg, stmt, "count a command");
	if (rc <= 0)
		return rc < 0 ? rc : registry_no_door(reg, door);
	*ret_counter = (struct revision){registry_generation(reg), registry_take_u64(stmt, 0)};
	return 1;
}

static int insert(struct registry *reg, const struct registry_command *row)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO command (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
		" ?11, ?12, ?13, ?14, ?15, ?16)");

	if (!stmt)
		return registry_sql_fail(reg, "keep a command");
	bind(stmt, row);
	return registry_run(reg, stmt, "keep a command");
}

static int add(struct registry *reg, struct registry_command *row)
{
	static const uint8_t none[sizeof(row->id)];
	int rc = next_counter(reg, row->door, &row->counter);

	if (rc < 0)
		return rc;
	if (memcmp(row->id, none, sizeof(none)) == 0)
		crypto_random(row->id, sizeof(row->id));
	if (row->sent_us == 0)
		row->sent_us = registry_now_us(reg);
	rc = insert(reg, row);
	return rc < 0 ? rc : 0;
}

int registry_command_add(struct registry *reg, struct registry_command *command)
{
	struct registry_command row = *command;
	bool own = false;
	int rc = registry_check_text(reg, "the actor", row.actor, ENTRY_ACTOR_MAX, true);

	if (rc == 0)
		rc = registry_check_text(
			reg, "the card's label", row.label, REGISTRY_NAME_MAX, true);
	if (rc == 0)
		rc = registry_enter(reg, &own);
	if (rc < 0)
		return rc;
	rc = registry_leave(reg, own, add(reg, &row));
	if (rc >= 0)
		*command = row;
	return rc;
}

/* ---- their answers ---- */

static int answer(struct registry *reg, const struct registry_command *row)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE command SET outcome = ?10, why = ?11, answered_us = ?12, shown = ?15,"
		" card = ?16 WHERE id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "keep a command's answer");
	bind(stmt, row);
	rc = registry_run(reg, stmt, "keep a command's answer");
	if (rc == 0)
		return registry_fail(reg, -ENOENT, "there is no such command");
	return rc < 0 ? rc : 0;
}

int registry_command_answered(struct registry *reg, const struct registry_command *command)
{
	struct registry_command row = *command;
	bool own = false;
	int rc = registry_enter(reg, &own);

	entry_text_set(row.why, sizeof(row.why), command->why);
	if (row.answered_us == 0)
		row.answered_us = registry_now_us(reg);
	return rc < 0 ? rc : registry_leave(reg, own, answer(reg, &row));
}

/* ---- reading ---- */

int registry_command(
	struct registry *reg, const uint8_t id[16], struct registry_command *ret_command)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT " COLUMNS " FROM command WHERE id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a command");
	registry_bind_blob(stmt, 1, id, 16);
	rc = registry_step(reg, stmt, "read a command");
	if (rc == 0)
		return registry_fail(reg, -ENOENT, "there is no such command");
	if (rc < 0)
		return rc;
	take(stmt, ret_command);
	return 0;
}

int registry_commands(
	struct registry *reg, const char *door, struct registry_command *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT " COLUMNS " FROM command WHERE ?1 IS NULL OR door = ?1"
		" ORDER BY rowid DESC LIMIT ?2");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the commands");
	if (door)
		registry_bind_text(stmt, 1, door);
	sqlite3_bind_int64(stmt, 2, (int64_t)limit);
	while ((rc = registry_step(reg, stmt, "read the commands")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}

int registry_commands_prune(struct registry *reg, int64_t before_us)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM command WHERE sent_us < ?1");

	if (!stmt)
		return registry_sql_fail(reg, "forget old commands");
	sqlite3_bind_int64(stmt, 1, before_us);
	return registry_run(reg, stmt, "forget old commands");
}
