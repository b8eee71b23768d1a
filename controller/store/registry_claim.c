/* SPDX-License-Identifier: Apache-2.0 */
/* Claims: what a provisioning bundle holds, good once and for a day. */
#include "registry_door_private.h"

#include <string.h>

#define LIFE_MAX_US (24LL * 3600 * 1000000)
#define COLUMNS "claim, door, secret, account, expires_us"

static void take(sqlite3_stmt *stmt, struct registry_claim *row)
{
	*row = (struct registry_claim){.expires_us = sqlite3_column_int64(stmt, 4)};
	registry_take_text(stmt, 0, row->claim, sizeof(row->claim));
	registry_take_text(stmt, 1, row->door, sizeof(row->door));
	registry_take_blob(stmt, 2, row->secret, sizeof(row->secret));
	registry_take_text(stmt, 3, row->account, sizeof(row->account));
}

/* An earlier claim of the door only ends: its account is still to be removed. */
static int end_others(struct registry *reg, const char *door)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "UPDATE claim SET expires_us = 0 WHERE door = ?1");

	if (!stmt)
		return registry_sql_fail(reg, "end a claim");
	registry_bind_text(stmt, 1, door);
	return registry_run(reg, stmt, "end a claim");
}

static int insert(struct registry *reg, const struct registry_claim *claim)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "INSERT INTO claim (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)");

	if (!stmt)
		return registry_sql_fail(reg, "make a claim");
	registry_bind_text(stmt, 1, claim->claim);
	registry_bind_text(stmt, 2, claim->door);
	registry_bind_blob(stmt, 3, claim->secret, sizeof(claim->secret));
	registry_bind_text(stmt, 4, claim->account);
	sqlite3_bind_int64(stmt, 5, claim->expires_us);
	return registry_run(reg, stmt, "make a claim");
}

static int add(struct registry *reg, const struct registry_claim *claim)
{
	int rc = registry_door_there(reg, claim->door);

	if (rc > 0)
		rc = end_others(reg, claim->door);
	if (rc >= 0)
		rc = insert(reg, claim);
	return rc < 0 ? rc : 0;
}

int registry_claim_add(struct registry *reg, const struct registry_claim *claim)
{
	int64_t now_us = registry_now_us(reg);
	bool own = false;
	int rc;

	if (!*claim->claim || !name_id_valid(claim->door))
		return registry_fail(reg, -EINVAL, "a claim has a name and a door");
	if (claim->expires_us <= now_us || claim->expires_us > now_us + LIFE_MAX_US)
		return registry_fail(reg, -EINVAL, "a claim is good for a day at most");
	rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, add(reg, claim));
}

int registry_claim(struct registry *reg, const char *claim, struct registry_claim *ret_claim)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT " COLUMNS " FROM claim WHERE claim = ?1 AND expires_us > ?2");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a claim");
	registry_bind_text(stmt, 1, claim);
	sqlite3_bind_int64(stmt, 2, registry_now_us(reg));
	rc = registry_step(reg, stmt, "read a claim");
	if (rc > 0)
		take(stmt, ret_claim);
	return rc;
}

static int remove_claim(struct registry *reg, const char *claim)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM claim WHERE claim = ?1");

	if (!stmt)
		return registry_sql_fail(reg, "use a claim up");
	registry_bind_text(stmt, 1, claim);
	return registry_run(reg, stmt, "use a claim up");
}

static int use(struct registry *reg, const char *name, const struct sign_public *key)
{
	struct registry_claim claim;
	int rc = registry_claim(reg, name, &claim);

	if (rc == 0)
		return registry_fail(reg, -ENOENT,
			"this claim was used, has run out or was never made: make a new bundle "
			"with 'tapin door bundle'");
	if (rc > 0)
		rc = registry_door_there(reg, claim.door);
	if (rc > 0)
		rc = remove_claim(reg, name);
	return rc < 0 ? rc : registry_door_activate(reg, claim.door, key);
}

int registry_claim_use(struct registry *reg, const char *claim, const struct sign_public *key)
{
	bool own = false;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc : registry_leave(reg, own, use(reg, claim, key));
}

/* Those that are good now, or those that are not any more. */
static int list(struct registry *reg, bool live, struct registry_claim *rows, size_t room)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT " COLUMNS " FROM claim WHERE (expires_us > ?1) = ?2"
				      " ORDER BY expires_us, claim LIMIT ?3");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the claims");
	sqlite3_bind_int64(stmt, 1, registry_now_us(reg));
	sqlite3_bind_int64(stmt, 2, live);
	sqlite3_bind_int64(stmt, 3, (int64_t)room);
	while ((rc = registry_step(reg, stmt, "read the claims")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}

int registry_claims(struct registry *reg, struct registry_claim *rows, size_t room)
{
	return list(reg, true, rows, room);
}

static int take_expired(struct registry *reg, struct registry_claim *rows, size_t room)
{
	int count = list(reg, false, rows, room), rc = 0;

	for (int i = 0; rc >= 0 && i < count; i++)
		rc = remove_claim(reg, rows[i].claim);
	return rc < 0 ? rc : count;
}

int registry_claims_expired(struct registry *reg, struct registry_claim *rows, size_t room)
{
	bool own = false;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc : registry_leave(reg, own, take_expired(reg, rows, room));
}
