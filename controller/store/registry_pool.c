/* SPDX-License-Identifier: Apache-2.0 */
/* Allowances that members of one organisation share. */
#include "registry_days_private.h"

#include "base/clock.h"
#include "core/allowance.h"
#include <inttypes.h>

#define LIMIT_MAX 100000

#define POOL_SQL                                 \
	"SELECT p.id, p.name, p.kind, p.units, " \
	"(SELECT count(*) FROM member m WHERE m.pool = p.id), p.version FROM pool p "

static void take(sqlite3_stmt *stmt, struct registry_pool *p)
{
	p->id = registry_take_u64(stmt, 0);
	registry_take_text(stmt, 1, p->name, sizeof(p->name));
	p->kind = (enum allowance_kind)sqlite3_column_int(stmt, 2);
	p->limit = registry_take_u32(stmt, 3);
	p->used = 0;
	p->members = registry_take_u32(stmt, 4);
	p->version = registry_take_u64(stmt, 5);
}

static int32_t month_now(struct registry *reg, struct civil *ret_now)
{
	*ret_now = (struct civil){0};
	return clock_civil(registry_now_us(reg), ret_now) < 0 ? 0
							      : registry_month_of(ret_now->date);
}

/* ---- what was used ---- */

static int count_forgiven(
	struct registry *reg, const struct registry_pool *p, int32_t month, uint32_t *ret_units)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT count(*) FROM usage u JOIN correction c ON c.entry = u.entry "
		"WHERE u.pool = ?1 AND u.month = ?2 AND c.units = 0");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read what a pool was forgiven");
	sqlite3_bind_int64(stmt, 1, (int64_t)p->id);
	sqlite3_bind_int64(stmt, 2, month);
	rc = registry_step(reg, stmt, "read what a pool was forgiven");
	*ret_units = rc > 0 ? registry_take_u32(stmt, 0) : 0;
	return rc;
}

/* By the same reckoning as its members' own: each day, half day or visit once, at whatever doors.
 */
int registry_pool_month(
	struct registry *reg, struct registry_pool *p, int32_t month, uint32_t *ret_users)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT DISTINCT member FROM usage WHERE pool = ?1 AND month = ?2 AND pool > 0");
	uint32_t units = 0, forgiven = 0, users = 0;
	int rc = 0, counted = 0;

	p->used = 0;

	if (!stmt)
		return registry_sql_fail(reg, "read what a pool paid");
	sqlite3_bind_int64(stmt, 1, (int64_t)p->id);
	sqlite3_bind_int64(stmt, 2, month);
	while (counted >= 0 && (rc = registry_step(reg, stmt, "read what a pool paid")) > 0) {
		counted = registry_standing_pool(
			reg, registry_take_u64(stmt, 0), month, p->id, p->kind, &units);
		p->used += units;
		users += units > 0;
	}
	rc = counted < 0 ? counted : rc;
	if (rc >= 0)
		rc = count_forgiven(reg, p, month, &forgiven);
	p->used -= forgiven < p->used ? forgiven : p->used;
	*ret_users = users;
	return rc < 0 ? rc : 0;
}

static int count_used(struct registry *reg, struct registry_pool *p)
{
	struct civil now;
	uint32_t users;

	return registry_pool_month(reg, p, month_now(reg, &now), &users);
}

int registry_pool(struct registry *reg, uint64_t id, struct registry_pool *ret_pool)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, POOL_SQL "WHERE p.id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a pool");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_step(reg, stmt, "read a pool");
	if (rc == 0)
		return registry_fail(
			reg, -ENOENT, "there is no pool %" PRIu64 ": look at the list", id);
	if (rc < 0)
		return rc;
	take(stmt, ret_pool);
	return count_used(reg, ret_pool);
}

int registry_pools(struct registry *reg, uint64_t after, struct registry_pool *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, POOL_SQL "WHERE p.id > ?1 ORDER BY p.id LIMIT ?2");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list pools");
	sqlite3_bind_int64(stmt, 1, (int64_t)after);
	sqlite3_bind_int64(stmt, 2, registry_page(limit));
	while ((rc = registry_step(reg, stmt, "list pools")) > 0)
		take(stmt, &rows[count++]);
	for (int i = 0; rc >= 0 && i < count; i++)
		rc = count_used(reg, &rows[i]);
	return rc < 0 ? rc : count;
}

/* ---- what doors are told ---- */

static int count_doors(struct registry *reg, uint16_t *ret_doors)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT count(*) FROM door");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "count the doors");
	rc = registry_step(reg, stmt, "count the doors");
	if (rc < 0)
		return rc;
	*ret_doors = (uint16_t)(sqlite3_column_int64(stmt, 0) < UINT16_MAX
					? sqlite3_column_int64(stmt, 0)
					: UINT16_MAX);
	return 0;
}

int registry_pool_publish(struct registry *reg, uint64_t id)
{
	struct roster_record record = {.kind = ROSTER_KIND_POOL};
	struct registry_pool pool = {0};
	struct civil now;
	int rc = registry_pool(reg, id, &pool);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (month_now(reg, &now) == 0)
		return 0;
	record.pool = (struct roster_pool){.id = id,
		.kind = pool.kind,
		.limit = pool.limit,
		.used = pool.used,
		.year = now.year,
		.month = now.month};
	rc = count_doors(reg, &record.pool.doors);
	if (record.pool.doors == 0)
		record.pool.doors = 1;
	return rc < 0 ? rc : registry_roster_put(reg, &record);
}

int registry_pool_publish_all(struct registry *reg)
{
	struct registry_pool rows[16];
	uint64_t after = 0;
	int n, rc = 0;

	do {
		n = registry_pools(reg, after, rows, ARRAY_SIZE(rows));
		for (int i = 0; rc >= 0 && i < n; i++) {
			rc = registry_pool_publish(reg, rows[i].id);
			after = rows[i].id;
		}
	} while (rc >= 0 && n == (int)ARRAY_SIZE(rows));
	return n < 0 ? n : rc;
}

/* ---- changing ---- */

static int check_name(struct registry *reg, const struct registry_pool *p)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT id FROM pool WHERE name = ?1 AND id <> ?2");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the pools");
	registry_bind_text(stmt, 1, p->name);
	sqlite3_bind_int64(stmt, 2, (int64_t)p->id);
	rc = registry_step(reg, stmt, "read the pools");
	if (rc > 0)
		return registry_fail(reg, -EEXIST,
			"pool %" PRIu64 " has the name \"%s\" already: choose another",
			registry_take_u64(stmt, 0), p->name);
	return rc;
}

static int check(struct registry *reg, const struct registry_pool *p)
{
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_check_text(reg, "the pool's name", p->name, REGISTRY_NAME_MAX, false);
	if (rc == 0 && p->kind != ALLOWANCE_DAYS && p->kind != ALLOWANCE_HALF_DAYS &&
		p->kind != ALLOWANCE_VISITS)
		rc = registry_fail(reg, -EINVAL, "a pool has days, half_days or visits");
	if (rc == 0 && p->limit > LIMIT_MAX)
		rc = registry_fail(
			reg, -EINVAL, "limit is %u: use at most %d", p->limit, LIMIT_MAX);
	return rc == 0 ? check_name(reg, p) : rc;
}

static void bind(sqlite3_stmt *stmt, const struct registry_pool *p)
{
	registry_bind_text(stmt, 1, p->name);
	sqlite3_bind_int64(stmt, 2, p->kind);
	sqlite3_bind_int64(stmt, 3, p->limit);
	sqlite3_bind_int64(stmt, 4, (int64_t)p->id);
}

int registry_pool_add(struct registry *reg, const struct registry_pool *pool, uint64_t *ret_id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO pool (name, kind, units, version) VALUES (?1, ?2, ?3, iif(?4, 1, 1))");
	struct registry_pool p = *pool;
	int rc;

	p.id = 0;
	rc = check(reg, &p);
	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "add a pool");
	bind(stmt, &p);
	rc = registry_run(reg, stmt, "add a pool");
	if (rc < 0)
		return rc;
	p.id = (uint64_t)sqlite3_last_insert_rowid(reg->db);
	if (ret_id)
		*ret_id = p.id;
	rc = registry_pool_publish(reg, p.id);
	return rc < 0 ? rc : 0;
}

int registry_pool_change(struct registry *reg, const struct registry_pool *pool)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE pool SET name = ?1, kind = ?2, units = ?3, version = version + 1 "
		"WHERE id = ?4");
	struct registry_pool now = {0};
	int rc = check(reg, pool);

	if (rc == 0)
		rc = registry_pool(reg, pool->id, &now);
	if (rc == 0)
		rc = registry_check_version(reg, "the pool", pool->version, now.version);
	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "change a pool");
	bind(stmt, pool);
	rc = registry_run(reg, stmt, "change a pool");
	if (rc >= 0)
		rc = registry_pool_publish(reg, pool->id);
	return rc < 0 ? rc : 0;
}

int registry_pool_remove(struct registry *reg, uint64_t id, uint64_t version)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM pool WHERE id = ?1");
	struct roster_record record = {.kind = ROSTER_KIND_POOL, .gone = true, .pool.id = id};
	struct registry_pool now = {0};
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_pool(reg, id, &now);
	if (rc == 0)
		rc = registry_check_version(reg, "the pool", version, now.version);
	if (rc == 0 && now.members > 0)
		rc = registry_fail(reg, -EPERM,
			"%u members are in pool %" PRIu64 ": take them out first", now.members, id);
	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "remove a pool");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_run(reg, stmt, "remove a pool");
	if (rc >= 0)
		rc = registry_roster_put(reg, &record);
	return rc < 0 ? rc : 0;
}
