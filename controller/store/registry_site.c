/* SPDX-License-Identifier: Apache-2.0 */
/* The site: settings and lockdown. */
#include "store/registry_site.h"

#include "registry_days_private.h"

#define BOUND_MIN_S 3600
#define BOUND_MAX_S (90 * 24 * 3600)
#define GUESTS_MAX 100

int registry_site(struct registry *reg, struct registry_site *ret_site)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT site, title, timezone, holidays, warn_s, bound_s, lockdown, state_number, "
		"state_us, state_actor, version, checkout_minute, guests_max, presence_at_doors "
		"FROM site");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the site");
	rc = registry_step(reg, stmt, "read the site");
	if (rc <= 0)
		return rc < 0 ? rc : registry_fail(reg, -EBADMSG, "the registry has no site");
	registry_take_text(stmt, 0, ret_site->site, sizeof(ret_site->site));
	registry_take_text(stmt, 1, ret_site->title, sizeof(ret_site->title));
	registry_take_text(stmt, 2, ret_site->roster.timezone, sizeof(ret_site->roster.timezone));
	ret_site->roster.holidays = (enum calendar_holidays)sqlite3_column_int(stmt, 3);
	ret_site->roster.warn_s = registry_take_u32(stmt, 4);
	ret_site->roster.bound_s = registry_take_u32(stmt, 5);
	ret_site->lockdown = sqlite3_column_int(stmt, 6) != 0;
	ret_site->state_revision.generation = registry_generation(reg);
	ret_site->state_revision.number = registry_take_u64(stmt, 7);
	ret_site->state_us = sqlite3_column_int64(stmt, 8);
	registry_take_text(stmt, 9, ret_site->state_actor, sizeof(ret_site->state_actor));
	ret_site->version = registry_take_u64(stmt, 10);
	ret_site->roster.checkout_minute = (uint16_t)registry_take_u32(stmt, 11);
	ret_site->guests_max = registry_take_u32(stmt, 12);
	ret_site->presence_at_doors = sqlite3_column_int(stmt, 13) != 0;
	return 0;
}

static int check(struct registry *reg, const struct registry_site *site)
{
	const struct roster_site *r = &site->roster;
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(
			reg, "the site's title", site->title, REGISTRY_NAME_MAX, false);
	if (error < 0)
		return error;
	if (r->holidays > CALENDAR_HOLIDAYS_ENGLAND)
		return registry_fail(
			reg, -EINVAL, "there are no such holidays: use none or england");
	if (r->bound_s != 0 && (r->bound_s < BOUND_MIN_S || r->bound_s > BOUND_MAX_S))
		return registry_fail(reg, -EINVAL,
			"bound_s is %u: use 0 (cards work however old the roster is) or %d … %d "
			"seconds",
			r->bound_s, BOUND_MIN_S, BOUND_MAX_S);
	if (r->warn_s > BOUND_MAX_S || (r->bound_s != 0 && r->warn_s > r->bound_s))
		return registry_fail(reg, -EINVAL,
			"warn_s is %u: use 0 (never) or at most %u seconds, for what is refused "
			"later needs its warning before",
			r->warn_s, r->bound_s != 0 ? r->bound_s : BOUND_MAX_S);
	if (r->checkout_minute >= 1440 || site->guests_max > GUESTS_MAX)
		return registry_fail(reg, -EINVAL,
			"checkout_minute is %u and guests_max %u: use a minute of the day, and at "
			"most %d",
			r->checkout_minute, site->guests_max, GUESTS_MAX);
	return 0;
}

static int publish(struct registry *reg, const struct registry_site *site)
{
	struct roster_record record = {.kind = ROSTER_KIND_SITE, .site = site->roster};
	int rc = registry_roster_put(reg, &record);

	return rc < 0 ? rc : 0;
}

int registry_site_change(struct registry *reg, const struct registry_site *site)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE site SET title = ?1, holidays = ?2, warn_s = ?3, bound_s = ?4, "
		"checkout_minute = ?5, guests_max = ?6, presence_at_doors = ?7, "
		"version = version + 1");
	struct registry_site now = {0};
	bool told;
	int error = check(reg, site);

	if (error == 0)
		error = registry_site(reg, &now);
	if (error == 0)
		error = registry_check_version(reg, "the site", site->version, now.version);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "change the site");
	registry_bind_text(stmt, 1, site->title);
	sqlite3_bind_int64(stmt, 2, site->roster.holidays);
	sqlite3_bind_int64(stmt, 3, site->roster.warn_s);
	sqlite3_bind_int64(stmt, 4, site->roster.bound_s);
	sqlite3_bind_int64(stmt, 5, site->roster.checkout_minute);
	sqlite3_bind_int64(stmt, 6, site->guests_max);
	sqlite3_bind_int64(stmt, 7, site->presence_at_doors);
	error = registry_run(reg, stmt, "change the site");
	if (error < 0)
		return error;
	told = now.presence_at_doors != site->presence_at_doors ||
	       now.roster.checkout_minute != site->roster.checkout_minute;
	now.roster.holidays = site->roster.holidays;
	now.roster.warn_s = site->roster.warn_s;
	now.roster.bound_s = site->roster.bound_s;
	now.roster.checkout_minute = site->roster.checkout_minute;
	error = publish(reg, &now);
	return error < 0 || !told ? error : registry_standing_publish_all(reg, 0);
}

int registry_site_lockdown(struct registry *reg, bool lockdown, const char *actor)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE site SET lockdown = ?1, state_number = state_number + 1, state_us = ?2, "
		"state_actor = ?3, version = version + 1");
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(
			reg, "who locks the site down", actor, ENTRY_ACTOR_MAX, false);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "change the site's state");
	sqlite3_bind_int64(stmt, 1, lockdown);
	sqlite3_bind_int64(stmt, 2, registry_now_us(reg));
	registry_bind_text(stmt, 3, actor);
	error = registry_run(reg, stmt, "change the site's state");
	return error < 0 ? error : 0;
}
