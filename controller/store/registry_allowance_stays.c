/* SPDX-License-Identifier: Apache-2.0 */
/* Stays of a month, and how many minutes each used: by the very steps that add the minutes up. */
#include "registry_days_private.h"

#include "base/clock.h"

#define STAYS_SQL                                                                               \
	"SELECT at_us, 0 AS what, flags, entry, door, event, 0 FROM usage "                     \
	"WHERE member = ?1 AND month IN (?4 - 1, ?4) AND at_us >= ?2 AND at_us < ?3 UNION ALL " \
	"SELECT p.at_us, 2 - inside, 0, coalesce(p.entry, 0), door, event, c.id IS NOT NULL "   \
	"FROM presence p LEFT JOIN correction c ON c.entry = p.entry "                          \
	"WHERE person = ?1 AND p.at_us >= ?2 AND p.at_us < ?3 ORDER BY 1, 2"

struct stays {
	struct registry_allowance *a;
	struct standing s;
	int32_t month;
	uint16_t minute; /* of the check-out */
	bool open;       /* the last unit is a stay that goes on */
};

/* One of the days before the month is none of its. */
static void close_stay(struct stays *st, uint32_t before)
{
	st->open = false;
	if (12 * st->s.year + st->s.month - 1 != st->month)
		st->a->unit_count--;
	else
		st->a->units[st->a->unit_count - 1].minutes = st->s.minutes - before;
}

static void open_stay(struct stays *st, sqlite3_stmt *stmt)
{
	struct registry_unit *u = &st->a->units[st->a->unit_count];

	if (st->a->unit_count == REGISTRY_UNITS_MAX)
		return;
	*u = (struct registry_unit){
		.entry = registry_take_u64(stmt, 3),
		.at_us = sqlite3_column_int64(stmt, 0),
		.date = st->s.date,
		.minute = st->s.minute,
		.event = registry_take_u64(stmt, 5),
		.how = st->s.free                    ? REGISTRY_UNIT_FREE
		       : sqlite3_column_int(stmt, 6) ? REGISTRY_UNIT_FORGIVEN
						     : REGISTRY_UNIT_COUNTS,
	};
	registry_take_text(stmt, 4, u->door, sizeof(u->door));
	st->a->unit_count++;
	st->open = true;
}

static uint32_t minutes_before(const struct stays *st, const struct standing *old)
{
	return old->year == st->s.year && old->month == st->s.month ? old->minutes : 0;
}

static bool has_ended(const struct stays *st, const struct standing *old)
{
	return st->open &&
	       (!st->s.inside || st->s.date != old->date || st->s.minute != old->minute);
}

static void take_row(struct stays *st, sqlite3_stmt *stmt)
{
	const struct standing old = st->s;
	struct standing_event event = {
		.what = (enum standing_what)(STANDING_UNIT + sqlite3_column_int(stmt, 1))};
	struct civil at;

	if (event.what == STANDING_UNIT && !(sqlite3_column_int(stmt, 2) & ENTRY_USE_UNIT))
		event.what = STANDING_FREE;

	if (clock_civil(sqlite3_column_int64(stmt, 0), &at) < 0)
		return;
	event.date = at.date;
	event.minute = at.minute;
	standing_take(&st->s, &event, st->minute);
	if (has_ended(st, &old))
		close_stay(st, minutes_before(st, &old));
	if (st->s.inside && !st->open)
		open_stay(st, stmt);
}

/* The check-out may have ended the last one, or the month. */
static void settle(struct stays *st, const struct registry_month *m, int64_t now_us)
{
	bool over = now_us >= m->until_us;
	struct standing old = st->s;
	struct civil now;

	if (clock_civil(over ? m->until_us - 1 : now_us, &now) < 0)
		return;
	standing_settle(&st->s, st->minute, &now);
	if (has_ended(st, &old))
		close_stay(st, minutes_before(st, &old));
	if (!st->open)
		return;
	old = st->s;
	if (over)
		registry_standing_end(&st->s, m->first, m->end);
	else
		st->s.minutes = standing_usage(&st->s, ALLOWANCE_HOURS, st->minute, &now).used;
	close_stay(st, old.minutes);
	st->open = !over;
}

int registry_allowance_stays(struct registry *reg, uint64_t member, int32_t month, int64_t now_us,
	struct registry_allowance *a)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, STAYS_SQL);
	struct stays st = {.a = a, .month = month};
	const struct registry_month *m;
	int rc = registry_checkout(reg, &st.minute, NULL);

	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "read a member's stays");
	standing_init(&st.s, member);
	m = registry_month_bounds(reg, month, st.minute);
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, m->from_us);
	sqlite3_bind_int64(stmt, 3, m->until_us);
	sqlite3_bind_int64(stmt, 4, month);
	while ((rc = registry_step(reg, stmt, "read a member's stays")) > 0)
		take_row(&st, stmt);
	settle(&st, m, now_us);
	return rc;
}
