/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Old entries go by whole segments: up to one that a signature of the door ends with. Its hash
 * becomes the link that the rest of the journal follows, so that what is left verifies, also by the
 * signatures over it.
 */
#include "registry_log_private.h"

struct segment {
	int64_t chain;
	uint64_t first;
	uint64_t last; /* 0: nothing to be dropped */
	bool more;
};

/* The number that a statement over a chain gives; none where it gives no row or NULL. */
static int read_number(struct registry *reg, sqlite3_stmt *stmt, uint64_t none, uint64_t *ret)
{
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "look for old entries");
	rc = registry_step(reg, stmt, "look for old entries");
	if (rc < 0)
		return rc;
	*ret = rc > 0 && sqlite3_column_type(stmt, 0) != SQLITE_NULL ? registry_take_u64(stmt, 0)
								     : none;
	return 0;
}

/* The first entry below `end` that stays by its age; else end. */
static int find_young(struct registry *reg, const struct segment *s, int64_t before_us,
	uint64_t end, uint64_t *ret_seq)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT seq FROM entry WHERE chain = ?1 AND seq < ?3 AND "
				      "collected_us >= ?2 ORDER BY seq LIMIT 1");

	sqlite3_bind_int64(stmt, 1, s->chain);
	sqlite3_bind_int64(stmt, 2, before_us);
	sqlite3_bind_int64(stmt, 3, (int64_t)end);
	return read_number(reg, stmt, end, ret_seq);
}

/* The last entry below `bound` that a signature ends with; 0: none. */
static int find_signed(
	struct registry *reg, const struct segment *s, uint64_t bound, uint64_t *ret_seq)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT max(last_seq) FROM signature WHERE chain = ?1 AND last_seq < ?2");

	sqlite3_bind_int64(stmt, 1, s->chain);
	sqlite3_bind_int64(stmt, 2, (int64_t)bound);
	return read_number(reg, stmt, 0, ret_seq);
}

/* A signature behind `last` whose digest of rotten rows needs entries up to there: its first. */
static int find_needed(
	struct registry *reg, const struct segment *s, uint64_t last, uint64_t *ret_seq)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT min(first_seq) FROM signature WHERE chain = ?1 AND last_seq > ?2 AND "
		"first_seq <= ?2 AND poison IS NOT NULL");

	sqlite3_bind_int64(stmt, 1, s->chain);
	sqlite3_bind_int64(stmt, 2, (int64_t)last);
	return read_number(reg, stmt, 0, ret_seq);
}

/* Where the old part of a journal that ends before `end` is to be cut. */
static int find_cut(
	struct registry *reg, struct segment *s, int64_t before_us, uint64_t end, uint64_t limit)
{
	uint64_t most = end - s->first > limit ? s->first + limit : end, bound, needed = 0;
	int rc = find_young(reg, s, before_us, most, &bound);

	s->more = rc == 0 && bound == most && most < end;
	do {
		if (rc == 0)
			rc = find_signed(reg, s, needed ? needed : bound, &s->last);
		if (rc == 0)
			rc = find_needed(reg, s, s->last, &needed);
	} while (rc == 0 && needed && s->last);
	if (s->last < s->first)
		s->last = 0;
	return rc;
}

static int run_cut(struct registry *reg, sqlite3_stmt *stmt, const struct segment *s)
{
	if (!stmt)
		return registry_sql_fail(reg, "drop old entries");
	sqlite3_bind_int64(stmt, 1, s->chain);
	sqlite3_bind_int64(stmt, 2, (int64_t)s->last);
	return registry_run(reg, stmt, "drop old entries");
}

/* The new start first: it is the hash of what goes. */
static int cut(struct registry *reg, const struct segment *s)
{
	CLEANUP(registry_done)
	sqlite3_stmt *move = registry_prepare(reg,
		"UPDATE chain SET first_seq = ?2 + 1, start = (SELECT hash FROM entry WHERE "
		"chain = ?1 AND seq = ?2) WHERE id = ?1");
	CLEANUP(registry_done)
	sqlite3_stmt *sign =
		registry_prepare(reg, "DELETE FROM signature WHERE chain = ?1 AND last_seq <= ?2");
	CLEANUP(registry_done)
	sqlite3_stmt *fork =
		registry_prepare(reg, "DELETE FROM fork WHERE chain = ?1 AND seq <= ?2");
	CLEANUP(registry_done)
	sqlite3_stmt *drop =
		registry_prepare(reg, "DELETE FROM entry WHERE chain = ?1 AND seq <= ?2");
	int rc = run_cut(reg, move, s);

	if (rc >= 0)
		rc = run_cut(reg, sign, s);
	if (rc >= 0)
		rc = run_cut(reg, fork, s);
	return rc < 0 ? rc : run_cut(reg, drop, s);
}

static int drop_before(struct registry *reg, sqlite3_stmt *stmt)
{
	if (!stmt)
		return registry_sql_fail(reg, "forget the times of old entries");
	sqlite3_bind_int64(stmt, 1, REGISTRY_LOG_ZONE);
	return registry_run(reg, stmt, "forget the times of old entries");
}

static int drop_zones(struct registry *reg)
{
	CLEANUP(registry_done)
	sqlite3_stmt *mixes = registry_prepare(
		reg, "DELETE FROM entry_mix WHERE zone < (SELECT min(id) FROM entry) / ?1");
	CLEANUP(registry_done)
	sqlite3_stmt *zones = registry_prepare(
		reg, "DELETE FROM entry_zone WHERE zone < (SELECT min(id) FROM entry) / ?1");
	int rc = drop_before(reg, mixes);

	return rc < 0 ? rc : drop_before(reg, zones);
}

/* The next journal after this one that has entries: 1, 0 or negative errno. */
static int next_chain(struct registry *reg, struct segment *s, uint64_t *ret_end)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT id, first_seq, last_seq + 1 FROM chain WHERE id > ?1 AND "
		"first_seq <= last_seq ORDER BY id LIMIT 1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the journals");
	sqlite3_bind_int64(stmt, 1, s->chain);
	rc = registry_step(reg, stmt, "read the journals");
	if (rc <= 0)
		return rc;
	*s = (struct segment){
		.chain = sqlite3_column_int64(stmt, 0), .first = registry_take_u64(stmt, 1)};
	*ret_end = registry_take_u64(stmt, 2);
	return 1;
}

int registry_log_prune(struct registry *reg, int64_t before_us, uint64_t limit, bool *ret_more)
{
	struct segment s = {0};
	uint64_t end = 0;
	int count = 0, rc;

	*ret_more = false;
	while ((rc = next_chain(reg, &s, &end)) > 0) {
		rc = find_cut(reg, &s, before_us, end, limit);
		if (rc == 0 && s.last)
			rc = cut(reg, &s);
		if (rc < 0)
			return rc;
		count += rc;
		*ret_more |= s.more && s.last;
	}
	if (rc == 0 && count > 0)
		rc = drop_zones(reg);
	return rc < 0 ? rc : count;
}
