/* SPDX-License-Identifier: Apache-2.0 */
/* Who came on which weekday and at which hour: one pass over a month's comings and goings. */
#include "registry_report_private.h"

#include "base/clock.h"
#include <string.h>

/* ---- tiers ---- */

static int read_tiers(struct registry *reg, struct registry_report *r)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT t.tier, t.name, count(m.id) FROM tier t LEFT JOIN member m "
		"ON m.tier = t.tier AND m.state <> ?1 GROUP BY t.tier ORDER BY t.tier LIMIT ?2");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the tiers");
	sqlite3_bind_int64(stmt, 1, MEMBER_STATE_CLOSED);
	sqlite3_bind_int64(stmt, 2, REGISTRY_REPORT_TIERS_MAX);
	while ((rc = registry_step(reg, stmt, "read the tiers")) > 0) {
		struct registry_report_tier *t = &r->tiers[r->tier_count++];

		t->tier = registry_take_u32(stmt, 0);
		registry_take_text(stmt, 1, t->name, sizeof(t->name));
		t->members = registry_take_u32(stmt, 2);
	}
	strcpy(r->tiers[r->tier_count++].name, "others");
	strcpy(r->tiers[r->tier_count++].name, "guests");
	return rc;
}

/* The row of a tier; 0: of somebody who is no member. */
static size_t row_of(const struct registry_report *r, uint32_t tier)
{
	for (size_t i = 0; tier > 0 && i < r->tier_count; i++)
		if (r->tiers[i].tier == tier)
			return i;
	return r->tier_count - (tier > 0 ? 2 : 1);
}

/* Rows that say nothing. */
static void drop_rows(struct registry_report *r, struct registry_report_people *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->tier_count; i++)
		if (r->tiers[i].members > 0 || r->tiers[i].visits > 0) {
			r->tiers[kept] = r->tiers[i];
			p->tiers[kept++] = p->tiers[i];
		}
	r->tier_count = kept;
}

/* ---- people, one after the other ---- */

struct person {
	int64_t key;
	uint32_t tier;
	bool inside;
	int64_t until_us; /* the check-out that ends the stay */
	uint32_t visits;
	uint32_t hours[24][7];
};

static void take_move(struct person *p, int64_t at_us, bool inside, const struct registry_month *m)
{
	bool comes = inside && (!p->inside || at_us >= p->until_us);
	struct civil civil;

	p->inside = inside;
	if (!comes)
		return;
	p->until_us = registry_checkout_after(at_us, m->minute);
	if (at_us < m->start_us || clock_civil(at_us, &civil) < 0)
		return;
	p->hours[civil.minute / 60 % 24][civil.weekday % 7]++;
	p->visits++;
}

/* What one person did is added to what all did, and begun anew. */
static void add_person(
	struct person *person, struct registry_report *r, struct registry_report_people *p)
{
	size_t row = row_of(r, person->tier);
	struct registry_report_tier *tier = &r->tiers[row];

	for (unsigned day = 0; person->visits > 0 && day < 7; day++) {
		uint32_t visits = 0;

		for (unsigned hour = 0; hour < 24; hour++) {
			r->hours[hour][day] += person->hours[hour][day];
			p->hours[hour][day] += person->hours[hour][day] > 0;
			visits += person->hours[hour][day];
		}
		tier->weekdays[day] += visits;
		p->tiers[row].weekdays[day] += visits > 0;
		r->weekdays[day] += visits;
		p->weekdays[day] += visits > 0;
	}
	tier->visits += person->visits;
	p->tiers[row].all += person->visits > 0;
	r->visits += person->visits;
	p->all += person->visits > 0;
	*person = (struct person){0};
}

static int take_moves(struct registry *reg, sqlite3_stmt *stmt, const struct registry_month *m,
	struct registry_report *r, struct registry_report_people *p)
{
	struct person person = {0};
	int rc;

	while ((rc = registry_step(reg, stmt, "read who came")) > 0) {
		int64_t key = sqlite3_column_int64(stmt, 0);

		if (key != person.key)
			add_person(&person, r, p);
		person.key = key;
		person.tier = registry_take_u32(stmt, 3);
		take_move(&person, sqlite3_column_int64(stmt, 1), sqlite3_column_int(stmt, 2) != 0,
			m);
	}
	add_person(&person, r, p);
	return rc;
}

int registry_report_visits(
	struct registry *reg, struct registry_report *r, struct registry_report_people *p)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT p.person, p.at_us, p.inside, coalesce(m.tier, 0) FROM presence p "
		"LEFT JOIN member m ON m.id = p.person WHERE p.at_us >= ?1 AND p.at_us < ?2 "
		"ORDER BY p.person, p.at_us, p.inside DESC, p.id");
	const struct registry_month *m;
	uint16_t minute;
	int rc = registry_checkout(reg, &minute, NULL);

	if (rc >= 0)
		rc = read_tiers(reg, r);
	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "read who came");
	m = registry_month_bounds(reg, r->month, minute);
	sqlite3_bind_int64(stmt, 1, m->from_us);
	sqlite3_bind_int64(stmt, 2, m->until_us);
	rc = take_moves(reg, stmt, m, r, p);
	drop_rows(r, p);
	return rc;
}
