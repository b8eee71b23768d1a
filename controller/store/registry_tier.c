/* SPDX-License-Identifier: Apache-2.0 */
/* Tiers: what members may do, and where. */
#include "core/hours.h"
#include "registry_days_private.h"
#include "store/cache.h"
#include "store/registry_site.h"
#include <string.h>

/* ---- reading ---- */

static int take_doors(struct registry *reg, struct roster_tier *tier)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT door, hours FROM tier_door WHERE tier = ?1 ORDER BY door");
	int rc;

	tier->door_count = 0;
	if (!stmt)
		return registry_sql_fail(reg, "read a tier's doors");
	sqlite3_bind_int64(stmt, 1, tier->tier);
	while ((rc = registry_step(reg, stmt, "read a tier's doors")) > 0) {
		struct roster_tier_door *door = &tier->doors[tier->door_count];

		if (tier->door_count == ROSTER_TIER_DOORS_MAX)
			return registry_fail(
				reg, -EBADMSG, "tier %u has too many doors", tier->tier);
		registry_take_text(stmt, 0, door->door, sizeof(door->door));
		door->own = sqlite3_column_type(stmt, 1) != SQLITE_NULL;
		registry_take_text(stmt, 1, door->hours, sizeof(door->hours));
		tier->door_count++;
	}
	return rc;
}

static int take(struct registry *reg, sqlite3_stmt *stmt, struct registry_tier *tier)
{
	tier->roster.tier = registry_take_u32(stmt, 0);
	registry_take_text(stmt, 1, tier->name, sizeof(tier->name));
	tier->roster.flags = registry_take_u32(stmt, 2);
	registry_take_text(stmt, 3, tier->roster.hours, sizeof(tier->roster.hours));
	tier->version = registry_take_u64(stmt, 4);
	tier->roster.allowance = (struct allowance){0};
	if (sqlite3_column_int(stmt, 5) != ALLOWANCE_NONE)
		tier->roster.allowance = (struct allowance){
			.kind = (enum allowance_kind)sqlite3_column_int(stmt, 5),
			.policy = (enum allowance_policy)sqlite3_column_int(stmt, 6),
			.limit = registry_take_u32(stmt, 7),
			.warn_percent = (uint8_t)sqlite3_column_int(stmt, 8),
		};
	return take_doors(reg, &tier->roster);
}

#define TIER_SQL                                                                       \
	"SELECT tier, name, flags, hours, version, allowance_kind, allowance_policy, " \
	"allowance_units, allowance_warn FROM tier "

int registry_tier(struct registry *reg, uint32_t tier, struct registry_tier *ret_tier)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, TIER_SQL "WHERE tier = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a tier");
	sqlite3_bind_int64(stmt, 1, tier);
	rc = registry_step(reg, stmt, "read a tier");
	if (rc == 0)
		return registry_fail(reg, -ENOENT, "there is no tier %u: look at the list", tier);
	return rc < 0 ? rc : take(reg, stmt, ret_tier);
}

int registry_tiers(struct registry *reg, uint32_t after, struct registry_tier *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, TIER_SQL "WHERE tier > ?1 ORDER BY tier LIMIT ?2");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list tiers");
	sqlite3_bind_int64(stmt, 1, after);
	sqlite3_bind_int64(stmt, 2, registry_page(limit));
	while ((rc = registry_step(reg, stmt, "list tiers")) > 0) {
		rc = take(reg, stmt, &rows[count++]);
		if (rc < 0)
			break;
	}
	return rc < 0 ? rc : count;
}

/* One number that a statement with one parameter gives. */
static int number_of(struct registry *reg, const char *sql, int64_t value, int64_t *ret_number)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);
	int rc;

	*ret_number = 0;
	if (!stmt)
		return registry_sql_fail(reg, "read the tiers");
	sqlite3_bind_int64(stmt, 1, value);
	rc = registry_step(reg, stmt, "read the tiers");
	if (rc > 0)
		*ret_number = sqlite3_column_int64(stmt, 0);
	return rc < 0 ? rc : 0;
}

/* ---- what can be ---- */

int registry_check_hours(struct registry *reg, const char *what, const char *hours)
{
	struct hours_error wrong;
	struct hours compiled;
	char from[24];
	size_t character = 1;

	if (strnlen(hours, HOURS_TEXT_MAX + 1) > HOURS_TEXT_MAX)
		return registry_fail(reg, -EINVAL, "%s are too long: use at most %d bytes", what,
			HOURS_TEXT_MAX);
	if (hours_compile(hours, &compiled, &wrong) == 0)
		return 0;
	for (size_t i = 0; i < wrong.at; i++)
		character += ((unsigned char)hours[i] & 0xC0) != 0x80;
	entry_text_set(from, sizeof(from), hours + wrong.at);
	return registry_fail(reg, -EINVAL, "%s: character %zu, %s%s%s: %s%s%s", what, character,
		*from ? "at \"" : "at the end", from, *from ? "\"" : "", wrong.message,
		wrong.suggestion ? "; " : "", wrong.suggestion ? wrong.suggestion : "");
}

int registry_check_door(struct registry *reg, const char *door)
{
	int rc;

	if (!*door)
		return 0;
	if (!name_id_valid(door))
		return registry_fail(
			reg, -EINVAL, "that is no door's name: use [a-z0-9-], at most 32 of them");
	rc = registry_roster_has_door(reg, door);
	if (rc == 0)
		return registry_fail(reg, -EINVAL, "there is no door \"%s\": add it first", door);
	return rc < 0 ? rc : 0;
}

static int check_doors(struct registry *reg, const struct roster_tier *tier)
{
	if (tier->door_count > ROSTER_TIER_DOORS_MAX)
		return registry_fail(reg, -EINVAL,
			"a tier may name at most %d doors: leave them out where it holds at every "
			"door",
			ROSTER_TIER_DOORS_MAX);
	for (size_t i = 0; i < tier->door_count; i++) {
		const struct roster_tier_door *door = &tier->doors[i];
		char what[80];
		int error;

		if (!name_id_valid(door->door))
			return registry_fail(reg, -EINVAL,
				"a door of the tier has no good name: use [a-z0-9-], at most 32");
		error = registry_check_door(reg, door->door);
		snprintf(what, sizeof(what), "the hours at door %s", door->door);
		if (error == 0 && door->own)
			error = registry_check_hours(reg, what, door->hours);
		for (size_t j = 0; error == 0 && j < i; j++)
			if (strcmp(door->door, tier->doors[j].door) == 0)
				error = registry_fail(
					reg, -EINVAL, "the tier names door %s twice", door->door);
		if (error < 0)
			return error;
	}
	return 0;
}

/* 0 when no other tier has this name. */
static int check_name(struct registry *reg, const struct registry_tier *tier)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT tier FROM tier WHERE name = ?1 AND tier <> ?2");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the tiers");
	registry_bind_text(stmt, 1, tier->name);
	sqlite3_bind_int64(stmt, 2, tier->roster.tier);
	rc = registry_step(reg, stmt, "read the tiers");
	if (rc > 0)
		return registry_fail(reg, -EEXIST,
			"tier %u has the name \"%s\" already: choose another",
			registry_take_u32(stmt, 0), tier->name);
	return rc;
}

static int check_allowance(struct registry *reg, const struct allowance *a)
{
	if (a->kind == ALLOWANCE_NONE && a->policy == ALLOWANCE_DENY && a->limit == 0 &&
		a->warn_percent == 0)
		return 0;
	if (a->kind == ALLOWANCE_NONE || !allowance_valid(a) || a->warn_percent > 100)
		return registry_fail(reg, -EINVAL,
			"the tier's allowance cannot be: use hours, days, half_days or visits, "
			"deny or warn, a limit, and at most 100 percent");
	return 0;
}

static int check(struct registry *reg, const struct registry_tier *tier)
{
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(
			reg, "the tier's name", tier->name, REGISTRY_NAME_MAX, false);
	if (error == 0 && tier->roster.flags > TIER_FLAGS_ALL)
		error = registry_fail(reg, -EINVAL, "the tier has a flag that nobody knows");
	if (error == 0)
		error = check_allowance(reg, &tier->roster.allowance);
	if (error == 0)
		error = registry_check_hours(reg, "the tier's hours", tier->roster.hours);
	if (error == 0)
		error = check_doors(reg, &tier->roster);
	return error == 0 ? check_name(reg, tier) : error;
}

/* ---- changing ---- */

static int delete_of(struct registry *reg, const char *sql, uint32_t tier)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);

	if (!stmt)
		return registry_sql_fail(reg, "change a tier");
	sqlite3_bind_int64(stmt, 1, tier);
	return registry_run(reg, stmt, "change a tier");
}

static int write_doors(struct registry *reg, const struct roster_tier *tier)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "INSERT INTO tier_door (tier, door, hours) VALUES (?1, ?2, ?3)");
	int error = delete_of(reg, "DELETE FROM tier_door WHERE tier = ?1", tier->tier);

	if (!stmt)
		return registry_sql_fail(reg, "change a tier");
	for (size_t i = 0; error >= 0 && i < tier->door_count; i++) {
		sqlite3_bind_int64(stmt, 1, tier->tier);
		registry_bind_text(stmt, 2, tier->doors[i].door);
		registry_bind_text(stmt, 3, tier->doors[i].own ? tier->doors[i].hours : NULL);
		error = registry_run(reg, stmt, "change a tier");
	}
	return error;
}

static void bind(sqlite3_stmt *stmt, const struct registry_tier *tier)
{
	const struct allowance *a = &tier->roster.allowance;

	registry_bind_text(stmt, 1, tier->name);
	sqlite3_bind_int64(stmt, 2, tier->roster.flags);
	registry_bind_text(stmt, 3, tier->roster.hours);
	sqlite3_bind_int64(stmt, 4, a->kind);
	sqlite3_bind_int64(stmt, 5, a->policy);
	sqlite3_bind_int64(stmt, 6, a->limit);
	sqlite3_bind_int64(stmt, 7, a->warn_percent);
}

/* Its doors, and what the doors are told. */
static int finish(struct registry *reg, const struct roster_tier *tier)
{
	struct roster_record record = {.kind = ROSTER_KIND_TIER, .tier = *tier};
	int error = write_doors(reg, tier);

	if (error >= 0)
		error = registry_roster_put(reg, &record);
	return error < 0 ? error : 0;
}

int registry_tier_add(struct registry *reg, const struct registry_tier *tier, uint32_t *ret_tier)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO tier (name, flags, hours, allowance_kind, allowance_policy, "
		"allowance_units, allowance_warn, version) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)");
	struct registry_tier added = *tier;
	int64_t count = 0;
	int error;

	added.roster.tier = 0;
	error = check(reg, &added);
	if (error == 0)
		error = number_of(reg, "SELECT count(*) FROM tier WHERE tier <> ?1", 0, &count);
	if (error == 0 && count >= CACHE_TIERS_MAX)
		error = registry_fail(reg, -ENOSPC,
			"there are %d tiers, as many as a door can hold: remove one", (int)count);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "add a tier");
	bind(stmt, tier);
	error = registry_run(reg, stmt, "add a tier");
	if (error < 0)
		return error;
	added.roster.tier = (uint32_t)sqlite3_last_insert_rowid(reg->db);
	if (ret_tier)
		*ret_tier = added.roster.tier;
	return finish(reg, &added.roster);
}

/* That it is there, in this version. */
static int check_there(struct registry *reg, uint32_t tier, uint64_t version)
{
	int64_t now = 0;
	int error = number_of(reg, "SELECT version FROM tier WHERE tier = ?1", tier, &now);

	if (error == 0 && now == 0)
		error = registry_fail(reg, -ENOENT, "there is no tier %u: look at the list", tier);
	return error < 0 ? error : registry_check_version(reg, "the tier", version, (uint64_t)now);
}

int registry_tier_change(struct registry *reg, const struct registry_tier *tier)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE tier SET name = ?1, flags = ?2, hours = ?3, allowance_kind = ?4, "
		"allowance_policy = ?5, allowance_units = ?6, allowance_warn = ?7, "
		"version = version + 1 WHERE tier = ?8");
	int error = check_there(reg, tier->roster.tier, tier->version);

	if (error == 0)
		error = check(reg, tier);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "change a tier");
	bind(stmt, tier);
	sqlite3_bind_int64(stmt, 8, tier->roster.tier);
	error = registry_run(reg, stmt, "change a tier");
	if (error >= 0)
		error = finish(reg, &tier->roster);
	/* what has been used so far is told, or no longer */
	return error < 0 ? error : registry_standing_publish_all(reg, tier->roster.tier);
}

int registry_tier_remove(struct registry *reg, uint32_t tier, uint64_t version)
{
	struct roster_record record = {.kind = ROSTER_KIND_TIER, .gone = true, .tier.tier = tier};
	int64_t members = 0;
	int error = registry_check_changing(reg);

	if (error == 0)
		error = check_there(reg, tier, version);
	if (error == 0)
		error = number_of(
			reg, "SELECT count(*) FROM member WHERE tier = ?1", tier, &members);
	if (error == 0 && members > 0)
		error = registry_fail(reg, -EPERM,
			"%lld members are in tier %u: give them another tier first",
			(long long)members, tier);
	if (error < 0)
		return error;
	error = delete_of(reg, "DELETE FROM tier_door WHERE tier = ?1", tier);
	if (error >= 0)
		error = delete_of(reg, "DELETE FROM tier WHERE tier = ?1", tier);
	if (error >= 0)
		error = registry_roster_put(reg, &record);
	return error < 0 ? error : 0;
}

int registry_door_unused(struct registry *reg, const char *door)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT 'tier', tier FROM tier_door WHERE door = ?1 UNION ALL "
		"SELECT 'closure or opening', id FROM exception WHERE door = ?1 UNION ALL "
		"SELECT 'event', id FROM event WHERE door = ?1 LIMIT 1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "look who names a door");
	registry_bind_text(stmt, 1, door);
	rc = registry_step(reg, stmt, "look who names a door");
	if (rc > 0)
		return registry_fail(reg, -EPERM,
			"%s %llu names door \"%s\": change or remove that first",
			(const char *)sqlite3_column_text(stmt, 0),
			(unsigned long long)registry_take_u64(stmt, 1), door);
	return rc;
}
