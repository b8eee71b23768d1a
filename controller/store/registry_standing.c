/* SPDX-License-Identifier: Apache-2.0 */
/* How a member stands in a month: worked out from rows each time, so that nothing can drift. */
#include "registry_days_private.h"

#include "base/clock.h"
#include <string.h>

#define DAY_US (86400LL * 1000000)

int32_t registry_month_of(int32_t date)
{
	struct civil civil;

	civil_from_date(date, &civil);
	return 12 * civil.year + civil.month - 1;
}

/* ---- check-outs ---- */

int registry_checkout(struct registry *reg, uint16_t *ret_minute, bool *ret_presence_at_doors)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT checkout_minute, presence_at_doors FROM site");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the site");
	rc = registry_step(reg, stmt, "read the site");
	if (rc <= 0)
		return rc < 0 ? rc : registry_fail(reg, -EBADMSG, "the registry has no site");
	*ret_minute = (uint16_t)(registry_take_u32(stmt, 0) % 1440);
	if (ret_presence_at_doors)
		*ret_presence_at_doors = sqlite3_column_int(stmt, 1) != 0;
	return 0;
}

/* This minute of a local date; the first of two passes. */
static int64_t instant(int32_t date, uint16_t minute)
{
	struct civil civil;
	int64_t us[2] = {0, 0};

	civil_from_date(date, &civil);
	civil.minute = minute;
	return clock_instants(&civil, us) < 0 ? (int64_t)date * DAY_US : us[0];
}

int64_t registry_checkout_before(int64_t at_us, uint16_t minute)
{
	struct civil civil;
	int64_t us;

	if (clock_civil(at_us, &civil) < 0)
		return at_us - at_us % DAY_US;
	us = instant(civil.date, minute);
	return us <= at_us ? us : instant(civil.date - 1, minute);
}

int64_t registry_checkout_after(int64_t at_us, uint16_t minute)
{
	struct civil civil;
	int64_t us;

	if (clock_civil(at_us, &civil) < 0)
		return at_us - at_us % DAY_US + DAY_US;
	us = instant(civil.date, minute);
	return us > at_us ? us : instant(civil.date + 1, minute);
}

/* ---- one month ---- */

/* What the rows say, in the order of their time: comings before taps of the same moment would make
 * the tap's visit one of somebody inside. */
#define EVENTS_SQL                                                    \
	"SELECT at_us, 0, flags FROM usage "                          \
	"WHERE member = ?1 AND at_us >= ?2 AND at_us < ?3 UNION ALL " \
	"SELECT at_us, 2 - inside, 0 FROM presence "                  \
	"WHERE person = ?1 AND at_us >= ?2 AND at_us < ?3 ORDER BY 1, 2"

static enum allowance_kind kind_of(struct registry *reg, uint64_t member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT t.allowance_kind FROM member m JOIN tier t ON t.tier = m.tier "
		"WHERE m.id = ?1");

	if (!stmt)
		return ALLOWANCE_NONE;
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	return registry_step(reg, stmt, "read a member's tier") > 0
		       ? (enum allowance_kind)sqlite3_column_int(stmt, 0)
		       : ALLOWANCE_NONE;
}

static int take_events(
	struct registry *reg, sqlite3_stmt *stmt, uint16_t minute, struct standing *s)
{
	enum allowance_kind kind = kind_of(reg, s->member);
	int rc;

	while ((rc = registry_step(reg, stmt, "read what a member used")) > 0) {
		struct standing_event event = {
			.what = (enum standing_what)(STANDING_UNIT + sqlite3_column_int(stmt, 1))};
		int flags = sqlite3_column_int(stmt, 2);
		struct civil at;

		if (event.what == STANDING_UNIT && !(flags & ENTRY_USE_UNIT))
			continue;
		if (clock_civil(sqlite3_column_int64(stmt, 0), &at) < 0)
			continue;
		event.date = at.date;
		event.minute = at.minute;
		event.pool = flags & ENTRY_USE_POOL ? kind : ALLOWANCE_NONE;
		standing_take(s, &event, minute);
	}
	return rc;
}

static int read_extra(struct registry *reg, uint64_t member, int32_t month, int32_t *ret_units)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT coalesce(sum(units), 0) FROM correction WHERE member = ?1 AND month = ?2");
	int rc;

	*ret_units = 0;
	if (!stmt)
		return registry_sql_fail(reg, "read what a member was given");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, month);
	rc = registry_step(reg, stmt, "read what a member was given");
	if (rc > 0)
		*ret_units = sqlite3_column_int(stmt, 0);
	return rc;
}

/* Who was in when the month ended used it up to midnight. */
static void end_month(struct standing *s, int32_t first, int32_t end)
{
	int64_t from = decide_minute(s->date, s->minute);

	if (!s->inside)
		return;
	if (from < decide_minute(first, 0))
		from = decide_minute(first, 0);
	s->minutes += (uint32_t)(decide_minute(end, 0) - from);
	s->inside = false;
}

int registry_standing(
	struct registry *reg, uint64_t member, int32_t month, int64_t now_us, struct standing *s)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, EVENTS_SQL);
	int32_t first = civil_date(month / 12, month % 12 + 1, 1), units = 0;
	int32_t end = civil_date((month + 1) / 12, (month + 1) % 12 + 1, 1);
	int64_t until_us = instant(end, 0);
	struct civil now = {0};
	uint16_t minute;
	int rc = registry_checkout(reg, &minute, NULL);

	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "read what a member used");
	standing_init(s, member);
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	/* at a check-out everybody is outside: nothing before it matters */
	sqlite3_bind_int64(stmt, 2, registry_checkout_before(instant(first, 0), minute));
	sqlite3_bind_int64(stmt, 3, until_us);
	rc = take_events(reg, stmt, minute, s);
	/* a month that is over is shown as its last minute left it */
	if (rc >= 0 && clock_civil(now_us < until_us ? now_us : until_us - 1, &now) == 0)
		standing_settle(s, minute, &now);
	if (rc >= 0 && now_us >= until_us)
		end_month(s, first, end);
	if (rc >= 0)
		rc = read_extra(reg, member, month, &units);
	s->extra += units;
	return rc;
}

/* ---- what doors are told ---- */

/* 1 where doors must know how this member stands. */
static int wanted(struct registry *reg, uint64_t member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT s.presence_at_doors OR t.allowance_kind > 0 FROM site s, member m "
		"JOIN tier t ON t.tier = m.tier WHERE m.id = ?1 AND m.state <> 0");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a member's tier");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	rc = registry_step(reg, stmt, "read a member's tier");
	return rc > 0 ? sqlite3_column_int(stmt, 0) : rc;
}

int registry_standing_publish(struct registry *reg, uint64_t member)
{
	struct roster_record record = {.kind = ROSTER_KIND_STANDING};
	struct standing *s = &record.standing;
	int64_t now_us = registry_now_us(reg);
	struct civil now;
	int rc = wanted(reg, member);

	standing_init(s, member);
	if (rc > 0 && clock_civil(now_us, &now) < 0)
		rc = 0;
	if (rc > 0)
		rc = registry_standing(reg, member, registry_month_of(now.date), now_us, s);
	if (rc < 0)
		return rc;
	record.gone = !s->inside && s->days == 0 && s->halves == 0 && s->visits == 0 &&
		      s->minutes == 0 && s->extra == 0;
	return registry_roster_put(reg, &record);
}

int registry_standing_publish_all(struct registry *reg, uint32_t tier)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT id FROM member WHERE ?1 = 0 OR tier = ?1 ORDER BY id");
	int rc = 0, put = 0;

	if (!stmt)
		return registry_sql_fail(reg, "tell how members stand");
	sqlite3_bind_int64(stmt, 1, tier);
	while (put >= 0 && (rc = registry_step(reg, stmt, "tell how members stand")) > 0)
		put = registry_standing_publish(reg, registry_take_u64(stmt, 0));
	return put < 0 ? put : rc;
}
