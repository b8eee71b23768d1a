/* SPDX-License-Identifier: Apache-2.0 */
/* What happened in a month, in numbers. */
#include "registry_report_private.h"

#include "store/registry_site.h"
#include <stdlib.h>
#include <string.h>

/* ---- events ---- */

static void take_event(sqlite3_stmt *stmt, struct registry_report *r)
{
	struct registry_report_event *e = &r->events[r->event_count++];

	e->id = registry_take_u64(stmt, 0);
	registry_take_text(stmt, 1, e->title, sizeof(e->title));
	registry_take_text(stmt, 2, e->room, sizeof(e->room));
	e->starts_us = sqlite3_column_int64(stmt, 3);
	e->capacity = registry_take_u32(stmt, 4);
	e->listed = registry_take_u32(stmt, 5);
	e->arrived = registry_take_u32(stmt, 6);
	r->arrived += e->arrived;
}

static int read_events(struct registry *reg, struct registry_report *r)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT e.id, e.title, e.room, iif(e.starts_us > 0, e.starts_us, e.doors_from_us) "
		"AS at_us, e.capacity, count(g.id), count(nullif(g.arrived_us, 0)) FROM event e "
		"LEFT JOIN event_guest g ON g.event = e.id WHERE at_us >= ?1 AND at_us < ?2 "
		"GROUP BY e.id ORDER BY at_us, e.id");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the month's events");
	sqlite3_bind_int64(stmt, 1, r->from_us);
	sqlite3_bind_int64(stmt, 2, r->until_us);
	while ((rc = registry_step(reg, stmt, "read the month's events")) > 0) {
		r->more_events = r->event_count == REGISTRY_REPORT_EVENTS_MAX;
		if (r->more_events)
			return 0;
		take_event(stmt, r);
	}
	return rc;
}

/* ---- allowance: whose it is; registry_report_visits.c counts what was used ---- */

static int read_allowance_tiers(struct registry *reg, struct registry_report *r)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT t.tier, t.name, t.allowance_kind, t.allowance_policy, t.allowance_units, "
		"count(m.id) FROM tier t LEFT JOIN member m ON m.tier = t.tier AND m.state <> ?1 "
		"WHERE t.allowance_kind > 0 GROUP BY t.tier ORDER BY t.tier LIMIT ?2");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the allowances");
	sqlite3_bind_int64(stmt, 1, MEMBER_STATE_CLOSED);
	sqlite3_bind_int64(stmt, 2, REGISTRY_REPORT_TIERS_MAX);
	while ((rc = registry_step(reg, stmt, "read the allowances")) > 0) {
		struct registry_report_allowance *a = &r->allowances[r->allowance_count++];

		a->tier = registry_take_u32(stmt, 0);
		registry_take_text(stmt, 1, a->name, sizeof(a->name));
		a->allowance.kind = (enum allowance_kind)sqlite3_column_int(stmt, 2);
		a->allowance.policy = (enum allowance_policy)sqlite3_column_int(stmt, 3);
		a->allowance.limit = registry_take_u32(stmt, 4);
		a->members = registry_take_u32(stmt, 5);
	}
	return rc;
}

static int add_pool(struct registry *reg, struct registry_report *r, struct registry_pool *pool)
{
	struct registry_report_allowance *a = &r->allowances[r->allowance_count++];
	int rc;

	*a = (struct registry_report_allowance){.pool = pool->id,
		.allowance = {.kind = pool->kind, .limit = pool->limit},
		.members = pool->members};
	memcpy(a->name, pool->name, sizeof(a->name));
	rc = registry_pool_month(reg, pool, r->month, &a->users);
	a->used = pool->used;
	if (a->used > pool->limit) {
		a->over = a->users;
		a->over_units = a->used - pool->limit;
	}
	return rc;
}

static int read_pools(struct registry *reg, struct registry_report *r)
{
	CLEANUP(cleanup_free)
	struct registry_pool *rows = calloc(REGISTRY_REPORT_POOLS_MAX, sizeof(*rows));
	int n = rows ? registry_pools(reg, 0, rows, REGISTRY_REPORT_POOLS_MAX) : -ENOMEM, rc = n;

	for (int i = 0; rc >= 0 && i < n; i++)
		rc = add_pool(reg, r, &rows[i]);
	return rc;
}

static int read_allowances(struct registry *reg, struct registry_report *r)
{
	int rc = read_allowance_tiers(reg, r);

	return rc < 0 ? rc : read_pools(reg, r);
}

/* ---- cards and denials ---- */

_Static_assert(ENTRY_KIND_TAP == 1 && ENTRY_KIND_RECOVERED == 29, "what TAPS names");
#define TAPS                                                             \
	"FROM entry INDEXED BY entry_tap WHERE verdict IS NOT NULL AND " \
	"at_us >= ?1 AND at_us < ?2 AND kind IN (1, 29) "

/* Cards that somebody had when the month ended, and how each was used: 2 in it, 1 before, 0 not. */
#define CARDS_SQL                                                                            \
	"WITH tapped AS MATERIALIZED (SELECT DISTINCT card " TAPS "AND card IS NOT NULL) "   \
	"SELECT id, member, issued_us, CASE WHEN id IN (SELECT card FROM tapped) THEN 2 "    \
	"ELSE EXISTS (SELECT 1 FROM entry e WHERE e.card = c.id AND e.at_us < ?2) END AS u " \
	"FROM card c WHERE pending = 0 AND issued_us < ?2 AND member IS NOT NULL "           \
	"AND (state = ?3 OR ended_us >= ?2) ORDER BY id"

static int read_cards(struct registry *reg, struct registry_report *r)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, CARDS_SQL);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read which cards were used");
	sqlite3_bind_int64(stmt, 1, r->from_us);
	sqlite3_bind_int64(stmt, 2, r->until_us);
	sqlite3_bind_int64(stmt, 3, CARD_STATE_ACTIVE);
	while ((rc = registry_step(reg, stmt, "read which cards were used")) > 0) {
		int used = sqlite3_column_int(stmt, 3);

		r->cards++;
		r->cards_used += used == 2;
		r->cards_unused += used < 2;
		r->cards_never += used == 0;
		if (used == 0 && r->exact && r->card_count < REGISTRY_REPORT_CARDS_MAX)
			r->never[r->card_count++] = (struct registry_report_card){
				.card = registry_take_u64(stmt, 0),
				.member = registry_take_u64(stmt, 1),
				.issued_us = sqlite3_column_int64(stmt, 2),
			};
	}
	return rc;
}

static int read_denied(
	struct registry *reg, struct registry_report *r, struct registry_report_people *p)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT reason, count(*), count(DISTINCT coalesce(member, -card)) " TAPS
		"AND verdict = 0 GROUP BY reason ORDER BY reason");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read who was denied");
	sqlite3_bind_int64(stmt, 1, r->from_us);
	sqlite3_bind_int64(stmt, 2, r->until_us);
	while ((rc = registry_step(reg, stmt, "read who was denied")) > 0) {
		size_t i = r->reason_count;

		r->denied += registry_take_u32(stmt, 1);
		if (i == REGISTRY_REPORT_REASONS_MAX) /* of newer doors; in the sum alone */
			continue;
		r->reasons[i].reason = (enum reason)sqlite3_column_int(stmt, 0);
		r->reasons[i].taps = registry_take_u32(stmt, 1);
		p->reasons[i] = registry_take_u32(stmt, 2);
		r->reason_count++;
	}
	return rc;
}

/* ---- all of it ---- */

static int read_bounds(struct registry *reg, struct registry_report *r)
{
	struct registry_retention retention;
	const struct registry_month *m;
	int64_t now_us = registry_now_us(reg), kept_us;
	uint16_t minute;
	int rc = registry_checkout(reg, &minute, NULL);

	if (rc >= 0)
		rc = registry_retention(reg, &retention);
	if (rc < 0)
		return rc;
	m = registry_month_bounds(reg, r->month, minute);
	if (m->start_us > now_us)
		return registry_fail(reg, -EINVAL,
			"the month %04d-%02d has not begun: ask for one that has", r->month / 12,
			r->month % 12 + 1);
	r->from_us = m->start_us;
	r->until_us = m->until_us;
	r->over = now_us >= m->until_us;
	kept_us = now_us - retention.entries_days * 86400LL * 1000000;
	r->forgotten_us = kept_us > r->from_us ? kept_us : 0;
	return 0;
}

/* What is withheld is decided over all sections that show the same people. */
static int read_sections(struct registry *reg, unsigned sections, struct registry_report *r,
	struct registry_report_people *p)
{
	const unsigned people =
		REGISTRY_REPORT_VISITS | REGISTRY_REPORT_HOURS | REGISTRY_REPORT_ALLOWANCE;
	int rc = read_bounds(reg, r);

	if (rc >= 0 && sections & REGISTRY_REPORT_ALLOWANCE)
		rc = read_allowances(reg, r);
	if (rc >= 0 && sections & people)
		rc = registry_report_visits(reg, r, p);
	if (rc >= 0 && sections & REGISTRY_REPORT_EVENTS)
		rc = read_events(reg, r);
	if (rc >= 0 && sections & REGISTRY_REPORT_CARDS)
		rc = read_cards(reg, r);
	if (rc >= 0 && sections & REGISTRY_REPORT_DENIED)
		rc = read_denied(reg, r, p);
	return rc;
}

int registry_report(struct registry *reg, int32_t month, unsigned sections, bool exact,
	struct registry_report **ret_report)
{
	CLEANUP(cleanup_free) struct registry_report_people *p = calloc(1, sizeof(*p));
	struct registry_report *r = calloc(1, sizeof(*r));
	int rc;

	if (!p || !r) {
		free(r);
		return registry_fail(reg, -ENOMEM, "not enough memory for a report");
	}
	r->month = month;
	r->exact = exact;
	rc = read_sections(reg, sections, r, p);
	if (rc < 0) {
		free(r);
		return rc;
	}
	if (!exact)
		registry_report_withhold(r, p);
	*ret_report = r;
	return 0;
}
