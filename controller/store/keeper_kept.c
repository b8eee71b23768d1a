/* SPDX-License-Identifier: Apache-2.0 */
/* kept.db: a few small values under names. */
#include "keeper_private.h"

#include <string.h>

#define KEPT_APPLICATION_ID 0x74706b65 /* "tpke" */

static const char *const steps[] = {
	"CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;",
};

static const struct db_schema schema = {
	.steps = steps,
	.count = ARRAY_SIZE(steps),
	.application_id = KEPT_APPLICATION_ID,
	.mode = 0600,
};

/* One more name only while there is room. */
#define PUT_SQL                                                                    \
	"INSERT INTO kept SELECT ?1, ?2 WHERE (SELECT count(*) FROM kept) < ?3 OR" \
	" EXISTS (SELECT 1 FROM kept WHERE name = ?1)"                             \
	" ON CONFLICT (name) DO UPDATE SET value = excluded.value"

static int prepare(struct kept *kept, const char *path, char err[ERR_MAX])
{
	int error = db_prepare(
		kept->db, path, "SELECT value FROM kept WHERE name = ?1", &kept->get, err);

	if (error == 0)
		error = db_prepare(kept->db, path, PUT_SQL, &kept->put, err);
	if (error < 0)
		kept_close(kept);
	return error;
}

int kept_open(const char *path, struct kept *kept, bool *ret_damaged, char err[ERR_MAX])
{
	char aside[DB_ASIDE_MAX];
	bool damaged = false;
	int error = db_open(path, &schema, &kept->db, &damaged, aside, err);

	if (error == 0)
		error = prepare(kept, path, err);
	if (error < 0)
		return error;
	if (damaged)
		snprintf(err, ERR_MAX, "%s was damaged: kept as %s, an empty one begins", path,
			aside);
	*ret_damaged = damaged;
	return 0;
}

int kept_connect(const char *path, struct kept *kept, char err[ERR_MAX])
{
	int error = db_connect(path, false, &kept->db, err);

	return error == 0 ? prepare(kept, path, err) : error;
}

void kept_close(struct kept *kept)
{
	sqlite3_finalize(kept->get);
	sqlite3_finalize(kept->put);
	sqlite3_close_v2(kept->db);
	*kept = (struct kept){0};
}

bool kept_name_valid(const char *name)
{
	size_t n = strnlen(name, KEPT_NAME_MAX + 1);

	return n > 0 && n <= KEPT_NAME_MAX;
}

static int copy_value(sqlite3_stmt *stmt, char **ret_value, size_t *ret_size)
{
	const void *data = sqlite3_column_blob(stmt, 0);
	int size = sqlite3_column_bytes(stmt, 0);
	char *copy;

	if (size < 0 || size > KEEPER_VALUE_MAX || (size > 0 && !data))
		return -EBADMSG;
	copy = calloc(1, (size_t)size + 1);
	if (!copy)
		return -ENOMEM;
	if (size > 0)
		memcpy(copy, data, (size_t)size);
	*ret_value = copy;
	*ret_size = (size_t)size;
	return 0;
}

int kept_get(struct kept *kept, const char *name, char **ret_value, size_t *ret_size)
{
	int rc, error;

	sqlite3_bind_text(kept->get, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_step(kept->get);
	if (rc == SQLITE_ROW)
		error = copy_value(kept->get, ret_value, ret_size);
	else
		error = rc == SQLITE_DONE ? -ENOENT : db_errno(kept->db);
	sqlite3_reset(kept->get);
	sqlite3_clear_bindings(kept->get);
	return error;
}

int kept_put(struct kept *kept, const char *path, const char *name, const void *value, size_t size,
	char err[ERR_MAX])
{
	sqlite3_bind_text(kept->put, 1, name, -1, SQLITE_STATIC);
	if (size > 0)
		sqlite3_bind_blob(kept->put, 2, value, (int)size, SQLITE_STATIC);
	else
		sqlite3_bind_zeroblob(kept->put, 2, 0);
	sqlite3_bind_int(kept->put, 3, KEPT_VALUES_MAX);
	if (db_finish(kept->put) < 0)
		return db_fail(kept->db, path, "keep a value", err);
	if (sqlite3_changes(kept->db) == 1)
		return 0;
	snprintf(err, ERR_MAX, "%s: holds %d values already, no room for \"%s\"", path,
		KEPT_VALUES_MAX, name);
	return -ENOSPC;
}
