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

/* What a member's standing depends on besides the rows. */
struct terms {
	uint16_t minute; /* of the check-out */
	enum allowance_kind kind;
	bool told;     /* doors must know */
	uint64_t pool; /* only what this one paid; 0: what any did */
};

static int read_terms(struct registry *reg, uint64_t member, struct terms *ret_terms)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT s.checkout_minute, t.allowance_kind, s.presence_at_doors, m.state "
		"FROM site s, member m JOIN tier t ON t.tier = m.tier WHERE m.id = ?1");
	int rc;

	*ret_terms = (struct terms){.minute = CHECKOUT_MINUTE_DEFAULT};
	if (!stmt)
		return registry_sql_fail(reg, "read a member's tier");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	rc = registry_step(reg, stmt, "read a member's tier");
	if (rc <= 0)
		return rc;
	ret_terms->minute = (uint16_t)(registry_take_u32(stmt, 0) % 1440);
	ret_terms->kind = (enum allowance_kind)sqlite3_column_int(stmt, 1);
	ret_terms->told = sqlite3_column_int(stmt, 3) != MEMBER_STATE_CLOSED &&
			  (ret_terms->kind != ALLOWANCE_NONE || sqlite3_column_int(stmt, 2));
	return 0;
}

const struct registry_month *registry_month_bounds(
	struct registry *reg, int32_t month, uint16_t minute)
{
	struct registry_month *m = &reg->month;

	if (m->month == month && m->minute == minute && m->until_us > 0)
		return m;
	m->month = month;
	m->minute = minute;
	m->first = civil_date(month / 12, month % 12 + 1, 1);
	m->end = civil_date((month + 1) / 12, (month + 1) % 12 + 1, 1);
	m->start_us = instant(m->first, 0);
	m->from_us = registry_checkout_before(m->start_us, minute);
	m->until_us = instant(m->end, 0);
	return m;
}

/* What the rows say, in the order of their time: a tap before the coming of the same moment, which
 * would make its visit one of somebody inside. */
#define EVENTS_SQL                                                        \
	"SELECT at_us, 2, flags, pool FROM usage WHERE member = ?1 AND "  \
	"month IN (?4 - 1, ?4) AND at_us >= ?2 AND at_us < ?3 UNION ALL " \
	"SELECT at_us, inside, 0, 0 FROM presence "                       \
	"WHERE person = ?1 AND at_us >= ?2 AND at_us < ?3 ORDER BY 1, 2 DESC"
_Static_assert(STANDING_UNIT == 0 && STANDING_ARRIVED == 1 && STANDING_LEFT == 2,
	"2 less what EVENTS_SQL says");

void registry_standing_take(const struct registry_standing_row *row, enum allowance_kind kind,
	uint16_t minute, struct standing *s)
{
	struct standing_event event = {.what = (enum standing_what)(2 - row->what)};
	struct civil at;

	if (event.what == STANDING_UNIT && !(row->flags & ENTRY_USE_UNIT))
		event.what = STANDING_FREE;
	if (clock_civil(row->at_us, &at) < 0)
		return;
	event.date = at.date;
	event.minute = at.minute;
	event.pool = row->flags & ENTRY_USE_POOL ? kind : ALLOWANCE_NONE;
	standing_take(s, &event, minute);
}

static int take_events(
	struct registry *reg, sqlite3_stmt *stmt, const struct terms *terms, struct standing *s)
{
	int rc;

	while ((rc = registry_step(reg, stmt, "read what a member used")) > 0) {
		struct registry_standing_row row = {
			.at_us = sqlite3_column_int64(stmt, 0),
			.what = sqlite3_column_int(stmt, 1),
			.flags = registry_take_u32(stmt, 2),
			.pool = registry_take_u64(stmt, 3),
		};

		if (terms->pool && terms->pool != row.pool)
			row.flags &= ~(uint32_t)ENTRY_USE_POOL;
		registry_standing_take(&row, terms->kind, terms->minute, s);
	}
	return rc;
}

int registry_standing_extra(struct registry *reg, int32_t month, struct standing *s)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT coalesce(sum(units), 0) FROM correction WHERE member = ?1 AND month = ?2");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read what a member was given");
	sqlite3_bind_int64(stmt, 1, (int64_t)s->member);
	sqlite3_bind_int64(stmt, 2, month);
	rc = registry_step(reg, stmt, "read what a member was given");
	if (rc > 0)
		s->extra += sqlite3_column_int(stmt, 0);
	return rc;
}

void registry_standing_end(struct standing *s, int32_t first, int32_t end)
{
	int64_t from = decide_minute(s->date, s->minute);

	if (!s->inside)
		return;
	if (from < decide_minute(first, 0))
		from = decide_minute(first, 0);
	s->minutes += s->free ? 0 : (uint32_t)(decide_minute(end, 0) - from);
	s->inside = false;
}

void registry_standing_finish(const struct registry_month *m, int64_t now_us, struct standing *s)
{
	struct civil now = {0};

	/* a month that is over is shown as its last minute left it */
	if (clock_civil(now_us < m->until_us ? now_us : m->until_us - 1, &now) == 0)
		standing_settle(s, m->minute, &now);
	if (now_us >= m->until_us)
		registry_standing_end(s, m->first, m->end);
}

static int stand_by_rows(struct registry *reg, const struct terms *terms, int32_t month,
	int64_t now_us, struct standing *s)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, EVENTS_SQL);
	const struct registry_month *m = registry_month_bounds(reg, month, terms->minute);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read what a member used");
	sqlite3_bind_int64(stmt, 1, (int64_t)s->member);
	/* at a check-out everybody is outside: nothing before it matters */
	sqlite3_bind_int64(stmt, 2, m->from_us);
	sqlite3_bind_int64(stmt, 3, m->until_us);
	sqlite3_bind_int64(stmt, 4, month);
	rc = take_events(reg, stmt, terms, s);
	if (rc >= 0)
		registry_standing_finish(m, now_us, s);
	return rc;
}

static int stand(struct registry *reg, const struct terms *terms, int32_t month, int64_t now_us,
	struct standing *s)
{
	int rc = stand_by_rows(reg, terms, month, now_us, s);

	return rc < 0 ? rc : registry_standing_extra(reg, month, s);
}

int registry_standing(
	struct registry *reg, uint64_t member, int32_t month, int64_t now_us, struct standing *s)
{
	struct terms terms;
	int rc = read_terms(reg, member, &terms);

	standing_init(s, member);
	return rc < 0 ? rc : stand(reg, &terms, month, now_us, s);
}

int registry_standing_pool(struct registry *reg, uint64_t member, int32_t month, uint64_t pool,
	enum allowance_kind kind, uint32_t *ret_units)
{
	struct standing s;
	struct terms terms;
	int rc = read_terms(reg, member, &terms);

	standing_init(&s, member);
	terms.kind = kind;
	terms.pool = pool;
	if (rc >= 0)
		rc = stand_by_rows(reg, &terms, month, registry_now_us(reg), &s);
	*ret_units = s.extra > 0 ? (uint32_t)s.extra : 0;
	return rc;
}

/* ---- what doors are told ---- */

int registry_standing_publish(struct registry *reg, uint64_t member)
{
	struct roster_record record;
	struct standing *s = &record.standing;
	int64_t now_us = registry_now_us(reg);
	struct terms terms;
	struct civil now;
	int rc = read_terms(reg, member, &terms);

	record.kind = ROSTER_KIND_STANDING; /* without its other 36 kB */
	standing_init(s, member);
	if (rc >= 0 && terms.told && clock_civil(now_us, &now) == 0)
		rc = stand(reg, &terms, 12 * now.year + now.month - 1, now_us, s);
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
