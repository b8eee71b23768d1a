/* SPDX-License-Identifier: Apache-2.0 */
/* Who was erased, by numbers alone: which doors owe it still, and whether the file is wiped. */
#include "registry_erase_private.h"

#include <inttypes.h>
#include <string.h>

#define ERASURE_SQL                                                                              \
	"SELECT member, at_us, generation, number, wiped, (SELECT count(*) FROM erasure_door d " \
	"JOIN door ON door.name = d.door WHERE d.member = erasure.member) FROM erasure "

static void take(sqlite3_stmt *stmt, struct registry_erasure *e)
{
	*e = (struct registry_erasure){
		.member = registry_take_u64(stmt, 0),
		.at_us = sqlite3_column_int64(stmt, 1),
		.revision = {registry_take_u32(stmt, 2), registry_take_u64(stmt, 3)},
		.wiped = sqlite3_column_int(stmt, 4) != 0,
		.doors = registry_take_u32(stmt, 5),
	};
}

int registry_erasure(struct registry *reg, uint64_t member, struct registry_erasure *ret_erasure)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, ERASURE_SQL "WHERE member = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read who is erased");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	rc = registry_step(reg, stmt, "read who is erased");
	if (rc == 0)
		return registry_fail(reg, -ENOENT, "member %" PRIu64 " was not erased", member);
	if (rc > 0)
		take(stmt, ret_erasure);
	return rc < 0 ? rc : 0;
}

int registry_erasures(
	struct registry *reg, uint64_t after, struct registry_erasure *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, ERASURE_SQL "WHERE member > ?1 ORDER BY member LIMIT ?2");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list who is erased");
	sqlite3_bind_int64(stmt, 1, (int64_t)after);
	sqlite3_bind_int64(stmt, 2, registry_page(limit));
	while ((rc = registry_step(reg, stmt, "list who is erased")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}

/* ---- doors ---- */

static int take_entries(struct registry *reg, struct registry_erasure_order *order)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT journal, seq FROM erasure_entry WHERE door = ?1 AND member = ?2 LIMIT ?3");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read what a door is to erase");
	registry_bind_text(stmt, 1, order->door);
	sqlite3_bind_int64(stmt, 2, (int64_t)order->member);
	sqlite3_bind_int64(stmt, 3, REGISTRY_ERASURE_ENTRIES_MAX);
	while ((rc = registry_step(reg, stmt, "read what a door is to erase")) > 0) {
		struct registry_erasure_entry *entry = &order->entries[order->count++];

		registry_take_blob(stmt, 0, entry->journal, sizeof(entry->journal));
		entry->seq = registry_take_u64(stmt, 1);
	}
	return rc;
}

int registry_erasure_next(struct registry *reg, const char *door, uint64_t member,
	struct registry_erasure_order *ret_order)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT d.door, d.member, e.generation, e.number FROM erasure_door d "
		"JOIN erasure e USING (member) WHERE (d.door, d.member) > (?1, ?2) "
		"ORDER BY d.door, d.member LIMIT 1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read what doors are to erase");
	registry_bind_text(stmt, 1, door);
	sqlite3_bind_int64(stmt, 2, (int64_t)member);
	rc = registry_step(reg, stmt, "read what doors are to erase");
	if (rc <= 0)
		return rc;
	ret_order->count = 0;
	registry_take_text(stmt, 0, ret_order->door, sizeof(ret_order->door));
	ret_order->member = registry_take_u64(stmt, 1);
	ret_order->revision.generation = registry_take_u32(stmt, 2);
	ret_order->revision.number = registry_take_u64(stmt, 3);
	rc = take_entries(reg, ret_order);
	return rc < 0 ? rc : 1;
}

static int run(struct registry *reg, const char *sql, const char *door, uint64_t member)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);

	if (!stmt)
		return registry_sql_fail(reg, "note what a door erased");
	registry_bind_text(stmt, 1, door);
	sqlite3_bind_int64(stmt, 2, (int64_t)member);
	return registry_run(reg, stmt, "note what a door erased");
}

int registry_erasure_done(struct registry *reg, const char *door, uint64_t member)
{
	bool own;
	int rc = registry_enter(reg, &own), count;

	if (rc < 0)
		return rc;
	count = run(reg, "DELETE FROM erasure_door WHERE door = ?1 AND member = ?2", door, member);
	rc = count;
	if (rc > 0)
		rc = run(reg, "DELETE FROM erasure_entry WHERE door = ?1 AND member = ?2", door,
			member);
	return registry_leave(reg, own, rc < 0 ? rc : count > 0);
}

/* ---- the file ---- */

/* PRAGMA wal_checkpoint answers whether somebody still reads. */
static int empty_wal(struct registry *reg)
{
	int64_t busy = 0;
	int rc = db_number(reg->db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy);

	if (rc < 0)
		return registry_sql_fail(reg, "empty its log");
	return busy ? registry_fail(reg, -EBUSY, "the registry is being read: try again") : 0;
}

bool registry_wipe_due(struct registry *reg)
{
	int64_t due = 0;

	return db_number(reg->db, "SELECT 1 FROM erasure WHERE wiped = 0 LIMIT 1", &due) == 0;
}

/* Prepared statements that are not reset would hold the file. */
int registry_wipe(struct registry *reg)
{
	int rc;

	if (reg->changing)
		return registry_fail(reg, -EBUSY, "a change is in progress: try again");
	if (!registry_wipe_due(reg))
		return 0;
	rc = registry_search_settle(reg);
	if (rc < 0)
		return rc;
	if (db_do(reg->db, "VACUUM") < 0)
		return registry_sql_fail(reg, "rewrite the file");
	rc = empty_wal(reg);
	if (rc < 0)
		return rc;
	return db_do(reg->db, "UPDATE erasure SET wiped = 1 WHERE wiped = 0") < 0
		       ? registry_sql_fail(reg, "note that the file is wiped")
		       : 1;
}
