/* SPDX-License-Identifier: Apache-2.0 */
/* What a member used of a month, unit by unit, and what hosts gave. */
#include "registry_days_private.h"

#include "base/clock.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define UNITS_MAX 1000 /* given or taken at once */

static const char *const hows[] = {
	[REGISTRY_UNIT_COUNTS] = "counts",
	[REGISTRY_UNIT_FREE] = "free",
	[REGISTRY_UNIT_POOL] = "pool",
	[REGISTRY_UNIT_SAME] = "same",
	[REGISTRY_UNIT_FORGIVEN] = "forgiven",
};

const char *registry_unit_how_name(enum registry_unit_how how)
{
	return (size_t)how < ARRAY_SIZE(hows) ? hows[how] : NULL;
}

/* ---- units ---- */

static void take_unit(sqlite3_stmt *stmt, struct registry_unit *u, uint32_t *ret_flags)
{
	*u = (struct registry_unit){
		.entry = registry_take_u64(stmt, 0),
		.at_us = sqlite3_column_int64(stmt, 1),
		.date = (int32_t)sqlite3_column_int64(stmt, 2),
		.minute = (uint16_t)sqlite3_column_int(stmt, 3),
		.event = registry_take_u64(stmt, 5),
		.pool = registry_take_u64(stmt, 6),
	};
	*ret_flags = registry_take_u32(stmt, 4);
	registry_take_text(stmt, 7, u->door, sizeof(u->door));
	if (sqlite3_column_int(stmt, 8))
		u->how = REGISTRY_UNIT_FORGIVEN;
	else if (*ret_flags & ENTRY_USE_POOL)
		u->how = REGISTRY_UNIT_POOL;
	else if (*ret_flags & ENTRY_USE_UNIT)
		u->how = REGISTRY_UNIT_COUNTS;
	else
		u->how = REGISTRY_UNIT_FREE;
}

static uint32_t half_of(const struct registry_unit *u)
{
	return u->minute < ALLOWANCE_NOON ? 1 : 2;
}

/* Did an earlier row, or a stay, count this day, half or visit already? */
static bool is_same(const struct registry_allowance *a, const struct registry_unit *u, bool inside)
{
	for (size_t i = a->unit_count; i > 0; i--) {
		const struct registry_unit *before = &a->units[i - 1];

		if (before->date != u->date)
			break;
		if (before->how == REGISTRY_UNIT_FREE)
			continue;
		if (a->allowance.kind == ALLOWANCE_DAYS)
			return true;
		if (a->allowance.kind == ALLOWANCE_HALF_DAYS && half_of(before) == half_of(u))
			return true;
	}
	return a->allowance.kind == ALLOWANCE_VISITS && inside;
}

/* Was the member in at that moment, by doors' entries of before it? */
static int was_inside(struct registry *reg, uint64_t member, int64_t at_us, bool *ret_inside)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT inside FROM presence WHERE person = ?1 AND at_us >= ?2 AND at_us < ?3 "
		"ORDER BY at_us DESC, inside, id DESC LIMIT 1");
	uint16_t minute;
	int rc = registry_checkout(reg, &minute, NULL);

	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "read who was in");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, registry_checkout_before(at_us, minute));
	sqlite3_bind_int64(stmt, 3, at_us);
	rc = registry_step(reg, stmt, "read who was in");
	*ret_inside = rc > 0 && sqlite3_column_int(stmt, 0) != 0;
	return rc < 0 ? rc : 0;
}

static int read_units(
	struct registry *reg, uint64_t member, int32_t month, struct registry_allowance *a)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT u.entry, u.at_us, u.date, u.minute, u.flags, u.event, u.pool, u.door, "
		"c.id IS NOT NULL FROM usage u LEFT JOIN correction c ON c.entry = u.entry "
		"WHERE u.member = ?1 AND u.month = ?2 ORDER BY u.at_us, u.entry");
	bool inside = false;
	uint32_t flags;
	int rc = 0;

	if (!stmt)
		return registry_sql_fail(reg, "read what a member used");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, month);
	while (a->unit_count < REGISTRY_UNITS_MAX &&
		(rc = registry_step(reg, stmt, "read what a member used")) > 0) {
		struct registry_unit *u = &a->units[a->unit_count];

		take_unit(stmt, u, &flags);
		if (a->allowance.kind == ALLOWANCE_VISITS)
			rc = was_inside(reg, member, u->at_us, &inside);
		if (rc < 0)
			return rc;
		if (u->how != REGISTRY_UNIT_FREE && u->how != REGISTRY_UNIT_FORGIVEN &&
			is_same(a, u, inside))
			u->how = REGISTRY_UNIT_SAME;
		a->unit_count++;
	}
	return a->unit_count < REGISTRY_UNITS_MAX ? rc : 0;
}

static int read_corrections(
	struct registry *reg, uint64_t member, int32_t month, struct registry_allowance *a)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT id, units, entry, by, why, at_us FROM correction "
				      "WHERE member = ?1 AND month = ?2 ORDER BY id");
	int rc = 0;

	if (!stmt)
		return registry_sql_fail(reg, "read what a member was given");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, month);
	while (a->correction_count < REGISTRY_UNITS_MAX &&
		(rc = registry_step(reg, stmt, "read what a member was given")) > 0) {
		struct registry_correction *c = &a->corrections[a->correction_count++];

		c->id = registry_take_u64(stmt, 0);
		c->units = sqlite3_column_int(stmt, 1);
		c->entry = registry_take_u64(stmt, 2);
		registry_take_text(stmt, 3, c->by, sizeof(c->by));
		registry_take_text(stmt, 4, c->why, sizeof(c->why));
		c->at_us = sqlite3_column_int64(stmt, 5);
	}
	return rc < 0 ? rc : 0;
}

static int read_tier(struct registry *reg, uint64_t member, struct allowance *a)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT t.allowance_kind, t.allowance_policy, t.allowance_units, t.allowance_warn "
		"FROM member m JOIN tier t ON t.tier = m.tier WHERE m.id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a member's allowance");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	rc = registry_step(reg, stmt, "read a member's allowance");
	if (rc == 0)
		return registry_fail(
			reg, -ENOENT, "there is no member %" PRIu64 ": look at the list", member);
	if (rc > 0 && sqlite3_column_int(stmt, 0) > 0)
		*a = (struct allowance){
			.kind = (enum allowance_kind)sqlite3_column_int(stmt, 0),
			.policy = (enum allowance_policy)sqlite3_column_int(stmt, 1),
			.limit = registry_take_u32(stmt, 2),
			.warn_percent = (uint8_t)sqlite3_column_int(stmt, 3),
		};
	return rc < 0 ? rc : 0;
}

static int this_month(struct registry *reg, int32_t *month, struct civil *ret_now)
{
	if (clock_civil(registry_now_us(reg), ret_now) < 0)
		return registry_fail(
			reg, -EINVAL, "the hub's clock shows no possible time: set it");
	if (*month == 0)
		*month = registry_month_of(ret_now->date);
	return 0;
}

int registry_allowance(
	struct registry *reg, uint64_t member, int32_t month, struct registry_allowance *a)
{
	struct allowance_usage usage;
	uint16_t minute;
	struct civil now;
	int rc;

	memset(a, 0, sizeof(*a));
	rc = this_month(reg, &month, &now);
	if (rc >= 0)
		rc = read_tier(reg, member, &a->allowance);
	if (rc >= 0)
		rc = registry_standing(reg, member, month, registry_now_us(reg), &a->standing);
	if (rc >= 0)
		rc = a->allowance.kind == ALLOWANCE_HOURS
			     ? registry_allowance_stays(reg, member, month, registry_now_us(reg), a)
			     : read_units(reg, member, month, a);
	if (rc >= 0)
		rc = read_corrections(reg, member, month, a);
	if (rc >= 0)
		rc = registry_checkout(reg, &minute, NULL);
	if (rc < 0)
		return rc;
	usage = standing_usage(&a->standing, a->allowance.kind, minute, &now);
	a->used = month == registry_month_of(now.date)
			  ? usage.used
			  : standing_used(&a->standing, a->allowance.kind);
	return 0;
}

int registry_allowance_months(struct registry *reg, uint64_t member, int32_t *months, size_t room)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT month FROM usage WHERE member = ?1 UNION SELECT month FROM correction "
		"WHERE member = ?1 ORDER BY month LIMIT ?2");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a member's months");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, (int64_t)room);
	while ((rc = registry_step(reg, stmt, "read a member's months")) > 0)
		months[count++] = sqlite3_column_int(stmt, 0);
	return rc < 0 ? rc : count;
}

/* ---- giving ---- */

/* When the entry counts, if it is the member's. */
static int find_month(struct registry *reg, uint64_t member, uint64_t entry, int32_t *ret_month)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT at_us FROM entry WHERE id = ?1 AND member = ?2");
	struct civil at;
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read an entry");
	sqlite3_bind_int64(stmt, 1, (int64_t)entry);
	sqlite3_bind_int64(stmt, 2, (int64_t)member);
	rc = registry_step(reg, stmt, "read an entry");
	if (rc > 0 && clock_civil(sqlite3_column_int64(stmt, 0), &at) == 0)
		*ret_month = registry_month_of(at.date);
	return rc;
}

static int judge_unit(struct registry *reg, const struct registry_allowance *a,
	const struct registry_unit *u, int32_t *ret_units)
{
	bool last = u == &a->units[a->unit_count - 1];

	switch (u->how) {
	case REGISTRY_UNIT_FORGIVEN:
		return registry_fail(
			reg, -EEXIST, "entry %" PRIu64 " is forgiven already", u->entry);
	case REGISTRY_UNIT_FREE:
		return registry_fail(reg, -EPERM,
			"entry %" PRIu64 " was at a free event: it used nothing to forgive",
			u->entry);
	case REGISTRY_UNIT_SAME:
		return registry_fail(reg, -EPERM,
			"entry %" PRIu64 " used nothing: its day, half day or visit was counted by "
			"an earlier one, forgive that",
			u->entry);
	case REGISTRY_UNIT_POOL: /* the pool has it back */
		*ret_units = 0;
		return 0;
	case REGISTRY_UNIT_COUNTS:
		break;
	}
	if (a->allowance.kind == ALLOWANCE_HOURS && last && a->standing.inside)
		return registry_fail(reg, -EPERM,
			"the stay that entry %" PRIu64 " began goes on: forgive it when they have "
			"left",
			u->entry);
	*ret_units = a->allowance.kind == ALLOWANCE_HOURS ? (int32_t)u->minutes : 1;
	return 0;
}

/* What forgiving the entry gives back: units of the member, of that month; or one of a pool. */
static int find_unit(struct registry *reg, uint64_t member, uint64_t entry, int32_t *ret_month,
	int32_t *ret_units, uint64_t *ret_pool)
{
	CLEANUP(cleanup_free) struct registry_allowance *a = malloc(sizeof(*a));
	int rc = a ? find_month(reg, member, entry, ret_month) : -ENOMEM;

	if (rc > 0)
		rc = registry_allowance(reg, member, *ret_month, a);
	else if (rc == 0)
		a->unit_count = 0;
	for (size_t i = 0; rc >= 0 && i < a->unit_count; i++)
		if (a->units[i].entry == entry) {
			*ret_pool = a->units[i].how == REGISTRY_UNIT_POOL ? a->units[i].pool : 0;
			return judge_unit(reg, a, &a->units[i], ret_units);
		}
	return rc < 0 ? rc
		      : registry_fail(reg, -ENOENT,
				"entry %" PRIu64 " used no unit of member %" PRIu64
				": look at the member's allowance",
				entry, member);
}

static int insert(struct registry *reg, uint64_t member, int32_t month, int32_t units,
	uint64_t entry, const char *actor, const char *why)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO correction (member, month, units, entry, by, why, at_us) "
		"VALUES (?1, ?2, ?3, nullif(?4, 0), ?5, ?6, ?7)");

	if (!stmt)
		return registry_sql_fail(reg, "give units");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, month);
	sqlite3_bind_int64(stmt, 3, units);
	sqlite3_bind_int64(stmt, 4, (int64_t)entry);
	registry_bind_text(stmt, 5, actor);
	registry_bind_text(stmt, 6, why);
	sqlite3_bind_int64(stmt, 7, registry_now_us(reg));
	return registry_run(reg, stmt, "give units");
}

static int check_units(struct registry *reg, enum allowance_kind kind, int32_t units)
{
	int32_t max = kind == ALLOWANCE_HOURS ? UNITS_MAX * 60 : UNITS_MAX;

	if (kind == ALLOWANCE_NONE)
		return registry_fail(reg, -EPERM,
			"the member's tier has no allowance: there is nothing to give");
	if (units == 0 || units > max || units < -max)
		return registry_fail(
			reg, -EINVAL, "units is %d: use -%d … %d, not 0", units, max, max);
	return 0;
}

int registry_allowance_give(struct registry *reg, uint64_t member, int32_t month, int32_t units,
	uint64_t entry, const char *actor, const char *why)
{
	struct allowance allowance = {0};
	struct civil now;
	uint64_t pool = 0;
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_check_text(reg, "who gives units", actor, ENTRY_ACTOR_MAX, false);
	if (rc == 0)
		rc = registry_check_text(reg, "the reason", why, REGISTRY_NOTE_MAX, false);
	if (rc == 0)
		rc = read_tier(reg, member, &allowance);
	if (rc == 0)
		rc = this_month(reg, &month, &now);
	if (rc == 0)
		rc = check_units(reg, allowance.kind, entry > 0 ? 1 : units);
	if (rc == 0 && entry > 0)
		rc = find_unit(reg, member, entry, &month, &units, &pool);
	if (rc < 0)
		return rc;
	rc = insert(reg, member, month, units, entry, actor, why);
	if (rc >= 0)
		rc = registry_standing_publish(reg, member);
	if (rc >= 0 && pool > 0)
		rc = registry_pool_publish(reg, pool);
	return rc < 0 ? rc : 0;
}
