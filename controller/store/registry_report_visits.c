/* SPDX-License-Identifier: Apache-2.0 */
/* Who came on which weekday and at which hour, and what members used: one pass over what each
 * person did in the month. */
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
	size_t row; /* of the tier */
	bool inside;
	int64_t until_us; /* the check-out that ends the stay */
	uint32_t visits;
	uint32_t hours[24][7];
	struct registry_report_allowance *allowance; /* of the tier; NULL: none */
	struct standing standing;
};

static int begin_person(
	struct registry *reg, int64_t key, struct registry_report *r, struct person *person)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT tier FROM member WHERE id = ?1");
	uint32_t tier = 0;
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read who came");
	sqlite3_bind_int64(stmt, 1, key);
	rc = registry_step(reg, stmt, "read who came");
	if (rc > 0)
		tier = registry_take_u32(stmt, 0);
	*person = (struct person){.key = key, .row = row_of(r, tier)};
	for (size_t i = 0; tier > 0 && i < r->allowance_count; i++)
		if (r->allowances[i].tier == tier)
			person->allowance = &r->allowances[i];
	standing_init(&person->standing, (uint64_t)key);
	return rc;
}

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

/* What one person did is added to what all did. */
static void add_visits(
	const struct person *person, struct registry_report *r, struct registry_report_people *p)
{
	struct registry_report_tier *tier = &r->tiers[person->row];

	for (unsigned day = 0; person->visits > 0 && day < 7; day++) {
		uint32_t visits = 0;

		for (unsigned hour = 0; hour < 24; hour++) {
			r->hours[hour][day] += person->hours[hour][day];
			p->hours[hour][day] += person->hours[hour][day] > 0;
			visits += person->hours[hour][day];
		}
		tier->weekdays[day] += visits;
		p->tiers[person->row].weekdays[day] += visits > 0;
		r->weekdays[day] += visits;
		p->weekdays[day] += visits > 0;
	}
	tier->visits += person->visits;
	p->tiers[person->row].all += person->visits > 0;
	r->visits += person->visits;
	p->all += person->visits > 0;
}

static void add_used(struct registry_report *r, const struct person *person, uint32_t used)
{
	struct registry_report_allowance *a = person->allowance;
	int64_t had = (int64_t)a->allowance.limit + person->standing.extra;

	had = had > 0 ? had : 0;
	a->users += used > 0;
	a->used += used;
	if (used <= had)
		return;
	a->over++;
	a->over_units += used - (uint32_t)had;
	if (r->exact && r->exceeded_count < REGISTRY_REPORT_CARDS_MAX)
		r->exceeded[r->exceeded_count++] = (struct registry_report_exceeded){
			.member = person->standing.member,
			.tier = a->tier,
			.kind = a->allowance.kind,
			.had = (uint32_t)had,
			.used = used,
		};
}

static int add_usage(struct registry *reg, const struct registry_month *m,
	struct registry_report *r, struct person *person)
{
	struct standing *s = &person->standing;
	int64_t now_us = registry_now_us(reg);
	enum allowance_kind kind;
	struct civil now = {0};
	uint32_t used;
	int rc;

	if (!person->allowance)
		return 0;
	registry_standing_finish(m, now_us, s);
	rc = registry_standing_extra(reg, m->month, s);
	if (rc < 0)
		return rc;
	kind = person->allowance->allowance.kind;
	used = standing_used(s, kind);
	if (!r->over && clock_civil(now_us, &now) == 0) /* with a stay that goes on */
		used = standing_usage(s, kind, m->minute, &now).used;
	add_used(r, person, used);
	return 0;
}

static int end_person(struct registry *reg, const struct registry_month *m,
	struct registry_report *r, struct registry_report_people *p, struct person *person)
{
	if (person->key == 0)
		return 0;
	add_visits(person, r, p);
	return add_usage(reg, m, r, person);
}

static int take_rows(struct registry *reg, sqlite3_stmt *stmt, const struct registry_month *m,
	struct registry_report *r, struct registry_report_people *p)
{
	struct person person = {0};
	int rc;

	while ((rc = registry_step(reg, stmt, "read who came")) > 0) {
		const int64_t key = sqlite3_column_int64(stmt, 0);
		const struct registry_standing_row row = {
			.at_us = sqlite3_column_int64(stmt, 1),
			.what = sqlite3_column_int(stmt, 2),
			.flags = registry_take_u32(stmt, 3),
		};

		if (key != person.key) {
			rc = end_person(reg, m, r, p, &person);
			if (rc >= 0)
				rc = begin_person(reg, key, r, &person);
			if (rc < 0)
				return rc;
		}
		if (row.what < 2)
			take_move(&person, row.at_us, row.what == 1, m);
		if (person.allowance)
			registry_standing_take(&row, person.allowance->allowance.kind, m->minute,
				&person.standing);
	}
	return rc < 0 ? rc : end_person(reg, m, r, p, &person);
}

int registry_report_visits(
	struct registry *reg, struct registry_report *r, struct registry_report_people *p)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT member, at_us, 2, flags FROM usage WHERE month IN (?1 - 1, ?1) AND "
		"at_us >= ?2 AND at_us < ?3 UNION ALL "
		"SELECT person, at_us, inside, 0 FROM presence INDEXED BY presence_at "
		"WHERE at_us >= ?2 AND at_us < ?3 ORDER BY 1, 2, 3 DESC");
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
	sqlite3_bind_int64(stmt, 1, r->month);
	sqlite3_bind_int64(stmt, 2, m->from_us);
	sqlite3_bind_int64(stmt, 3, m->until_us);
	rc = take_rows(reg, stmt, m, r, p);
	drop_rows(r, p);
	return rc;
}
