/* SPDX-License-Identifier: Apache-2.0 */
/* Members. */
#include "registry_days_private.h"

#include "core/decide.h"
#include "store/registry_people.h"
#include <inttypes.h>
#include <string.h>

#define MEMBER_SQL                                                                                 \
	"SELECT m.id, m.name, m.contact, m.note, m.tier, m.state, m.valid_from, m.valid_until, "   \
	"m.grace_until, m.release_ms, m.version, m.created_us, "                                   \
	"(SELECT count(*) FROM card c WHERE c.member = m.id AND c.state = 1), m.pool FROM member " \
	"m "

static void take(sqlite3_stmt *stmt, struct registry_member *m)
{
	m->id = registry_take_u64(stmt, 0);
	registry_take_text(stmt, 1, m->name, sizeof(m->name));
	registry_take_text(stmt, 2, m->contact, sizeof(m->contact));
	registry_take_text(stmt, 3, m->note, sizeof(m->note));
	m->tier = registry_take_u32(stmt, 4);
	m->state = (enum member_state)sqlite3_column_int(stmt, 5);
	m->valid_from = registry_take_date(stmt, 6);
	m->valid_until = registry_take_date(stmt, 7);
	m->grace_until = registry_take_date(stmt, 8);
	m->release_ms = registry_take_u32(stmt, 9);
	m->version = registry_take_u64(stmt, 10);
	m->created_us = sqlite3_column_int64(stmt, 11);
	m->cards = registry_take_u32(stmt, 12);
	m->pool = registry_take_u64(stmt, 13);
}

int registry_member(struct registry *reg, uint64_t id, struct registry_member *ret_member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, MEMBER_SQL "WHERE m.id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a member");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_step(reg, stmt, "read a member");
	if (rc < 0)
		return rc;
	if (rc == 0)
		return registry_fail(reg, -ENOENT, "there is no member %llu: look at the list",
			(unsigned long long)id);
	take(stmt, ret_member);
	return 0;
}

/* ---- what can be ---- */

static bool date_possible(int32_t date)
{
	return date == DATE_NONE || (date >= 0 && date <= REGISTRY_DATE_MAX);
}

static int check_dates(struct registry *reg, const struct registry_member *m)
{
	if (!date_possible(m->valid_from) || !date_possible(m->valid_until) ||
		!date_possible(m->grace_until))
		return registry_fail(reg, -EINVAL,
			"a date of the member cannot be: use 1970-01-01 … 9999-12-31");
	if (m->valid_from != DATE_NONE && m->valid_until != DATE_NONE &&
		m->valid_until < m->valid_from)
		return registry_fail(reg, -EINVAL,
			"valid_until is before valid_from: the last day comes after the first");
	if (m->grace_until != DATE_NONE &&
		(m->valid_until == DATE_NONE || m->grace_until < m->valid_until))
		return registry_fail(reg, -EINVAL,
			"grace_until is not after valid_until: give both, or leave it out");
	return 0;
}

static int check_tier(struct registry *reg, uint32_t tier)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT 1 FROM tier WHERE tier = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a tier");
	sqlite3_bind_int64(stmt, 1, tier);
	rc = registry_step(reg, stmt, "read a tier");
	if (rc == 0)
		return registry_fail(
			reg, -EINVAL, "there is no tier %u: name one of the list", tier);
	return rc < 0 ? rc : 0;
}

/* A pool of another kind than the tier's allowance would never pay, and nobody would know why. */
static int check_pool(
	struct registry *reg, const struct registry_member *m, const struct registry_member *old)
{
	static const char *const kinds[] = {"nothing", "hours", "days", "half days", "visits"};
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT allowance_kind FROM tier WHERE tier = ?1");
	struct registry_pool pool;
	unsigned kind;
	int rc;

	if (m->pool == 0 || (old && old->pool == m->pool && old->tier == m->tier))
		return 0;
	rc = registry_pool(reg, m->pool, &pool);
	if (rc < 0)
		return rc == -ENOENT ? -EINVAL : rc;
	if (!stmt)
		return registry_sql_fail(reg, "read a tier");
	sqlite3_bind_int64(stmt, 1, m->tier);
	rc = registry_step(reg, stmt, "read a tier");
	kind = rc > 0 ? registry_take_u32(stmt, 0) % ARRAY_SIZE(kinds) : ALLOWANCE_NONE;
	if (rc < 0 || kind == ALLOWANCE_NONE || kind == (unsigned)pool.kind)
		return rc < 0 ? rc : 0;
	return registry_fail(reg, -EINVAL,
		"pool %" PRIu64 " shares %s, but the member's tier allows %s: only a pool of the "
		"same kind pays when that is used up",
		m->pool, kinds[(unsigned)pool.kind % ARRAY_SIZE(kinds)], kinds[kind]);
}

static int check(struct registry *reg, const struct registry_member *m)
{
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(
			reg, "the member's name", m->name, REGISTRY_NAME_MAX, false);
	if (error == 0)
		error = registry_check_text(
			reg, "the member's contact", m->contact, REGISTRY_NAME_MAX, true);
	if (error == 0)
		error = registry_check_text(
			reg, "the note about the member", m->note, REGISTRY_NOTE_MAX, true);
	if (error == 0 && m->state > MEMBER_STATE_SUSPENDED)
		error = registry_fail(reg, -EINVAL,
			"a member has no state %d: use active, suspended or closed", (int)m->state);
	if (error == 0 && m->release_ms != 0 &&
		(m->release_ms < RELEASE_MS_MIN || m->release_ms > RELEASE_MS_MAX))
		error = registry_fail(reg, -EINVAL,
			"release_ms is %u: use 0 or %d … %d milliseconds", m->release_ms,
			RELEASE_MS_MIN, RELEASE_MS_MAX);
	if (error == 0)
		error = check_dates(reg, m);
	return error == 0 ? check_tier(reg, m->tier) : error;
}

/* ---- changing ---- */

static void bind(sqlite3_stmt *stmt, const struct registry_member *m)
{
	registry_bind_text(stmt, 1, m->name);
	registry_bind_text(stmt, 2, m->contact);
	registry_bind_text(stmt, 3, m->note);
	sqlite3_bind_int64(stmt, 4, m->tier);
	sqlite3_bind_int64(stmt, 5, m->state);
	registry_bind_date(stmt, 6, m->valid_from);
	registry_bind_date(stmt, 7, m->valid_until);
	registry_bind_date(stmt, 8, m->grace_until);
	sqlite3_bind_int64(stmt, 9, m->release_ms);
	sqlite3_bind_int64(stmt, 10, (int64_t)m->pool);
}

int registry_member_add(
	struct registry *reg, const struct registry_member *member, uint64_t *ret_id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO member (name, contact, note, tier, state, valid_from, valid_until, "
		"grace_until, release_ms, pool, created_us, version) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, 0), ?11, 1)");
	int error = check(reg, member);
	uint64_t id;

	if (error == 0)
		error = check_pool(reg, member, NULL);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "add a member");
	bind(stmt, member);
	sqlite3_bind_int64(stmt, 11, registry_now_us(reg));
	error = registry_run(reg, stmt, "add a member");
	if (error < 0)
		return error;
	id = (uint64_t)sqlite3_last_insert_rowid(reg->db);
	error = registry_search_put(reg, id);
	if (error < 0)
		return error;
	if (ret_id)
		*ret_id = id;
	return 0;
}

int registry_member_change(struct registry *reg, const struct registry_member *member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE member SET name = ?1, contact = ?2, note = ?3, tier = ?4, state = ?5, "
		"valid_from = ?6, valid_until = ?7, grace_until = ?8, release_ms = ?9, "
		"pool = nullif(?10, 0), version = version + 1 WHERE id = ?11");
	struct registry_member old = {0};
	int error = check(reg, member);
	bool renamed;

	if (error == 0)
		error = registry_member(reg, member->id, &old);
	if (error == 0)
		error = registry_check_version(reg, "the member", member->version, old.version);
	if (error == 0)
		error = check_pool(reg, member, &old);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "change a member");
	renamed = strcmp(old.name, member->name) != 0 || strcmp(old.contact, member->contact) != 0;
	if (renamed)
		error = registry_search_drop(reg, member->id);
	if (error < 0)
		return error;
	bind(stmt, member);
	sqlite3_bind_int64(stmt, 11, (int64_t)member->id);
	error = registry_run(reg, stmt, "change a member");
	if (error >= 0 && renamed)
		error = registry_search_put(reg, member->id);
	if (error >= 0)
		error = registry_card_of_member_changed(reg, member->id);
	if (error >= 0)
		error = registry_standing_publish(reg, member->id);
	return error < 0 ? error : 0;
}

/* ---- lists ---- */

#define MEMBER_FITS "AND (?2 < 0 OR m.state = ?2) AND (?3 < 0 OR m.tier = ?3) "

/* By number, by words, or by the day that their time ends. */
static sqlite3_stmt *list(struct registry *reg, const struct registry_member_query *query)
{
	if (query->ends_before > 0)
		return registry_prepare(reg,
			MEMBER_SQL "INDEXED BY member_ends WHERE m.state = 1 "
				   "AND m.valid_until IS NOT NULL AND m.valid_until < ?6 "
				   "AND (m.valid_until, m.id) > (?7, ?1) " MEMBER_FITS
				   "ORDER BY m.valid_until, m.id LIMIT ?5");
	if (query->text && *query->text)
		return registry_prepare(reg,
			MEMBER_SQL "JOIN member_text t ON t.rowid = m.id "
				   "WHERE t.member_text MATCH ?4 AND t.rowid > ?1 " MEMBER_FITS
				   "ORDER BY t.rowid LIMIT ?5");
	return registry_prepare(
		reg, MEMBER_SQL "WHERE m.id > ?1 " MEMBER_FITS "ORDER BY m.id LIMIT ?5");
}

/* On from the row that the page before ended with; without one, from the first day on. */
static void bind_ends(sqlite3_stmt *stmt, const struct registry_member_query *query)
{
	sqlite3_bind_int64(stmt, 1, query->after ? (int64_t)query->after : INT64_MAX);
	sqlite3_bind_int64(stmt, 6, query->ends_before);
	sqlite3_bind_int64(stmt, 7, query->after ? query->after_ends : query->ends_from - 1);
}

int registry_members(struct registry *reg, const struct registry_member_query *query,
	struct registry_member *rows)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = list(reg, query);
	char words[REGISTRY_SEARCH_MAX] = "";
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list members");
	sqlite3_bind_int64(stmt, 1, (int64_t)query->after);
	sqlite3_bind_int64(stmt, 2, query->state);
	sqlite3_bind_int64(stmt, 3, query->tier);
	sqlite3_bind_int64(stmt, 5, registry_page(query->limit));
	if (query->ends_before > 0) {
		bind_ends(stmt, query);
	} else if (query->text && *query->text) {
		registry_search_ask(query->text, words);
		if (!*words)
			return 0;
		registry_bind_text(stmt, 4, words);
	}
	while ((rc = registry_step(reg, stmt, "list members")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}
