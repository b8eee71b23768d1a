/* SPDX-License-Identifier: Apache-2.0 */
/* What of a month's numbers is about too few people, and what would give them away. */
#include "registry_report_private.h"

#include <string.h>

#define T REGISTRY_REPORT_THRESHOLD

_Static_assert(REGISTRY_REPORT_TIERS_MAX + 2 <= SUPPRESS_ROWS_MAX && 7 <= SUPPRESS_COLUMNS_MAX,
	"tiers and weekdays make a table");

static void withhold(struct registry_report *r, uint32_t *count)
{
	r->withheld += *count != REGISTRY_WITHHELD;
	*count = REGISTRY_WITHHELD;
}

/* So many of so many: small, or all but a few. */
static bool tells(uint32_t some, uint32_t all)
{
	return suppress_small(some, T) || (all > some && suppress_small(all - some, T));
}

/* ---- visits and hours: two tables with the same weekdays ---- */

static void fill(struct suppress_table *t, const struct registry_report *r,
	const struct registry_report_people *p, const bool hide[7])
{
	memset(t, 0, sizeof(*t));
	t->rows = (unsigned)r->tier_count;
	t->columns = 7;
	t->threshold = T;
	for (size_t i = 0; i < r->tier_count; i++) {
		/* of a tier that is small itself, also that nobody came */
		bool few = suppress_small(r->tiers[i].members, T);

		for (unsigned day = 0; day < 7; day++)
			t->cells[i][day] = (struct suppress_cell){
				r->tiers[i].weekdays[day], p->tiers[i].weekdays[day], few};
		t->cells[i][7] = (struct suppress_cell){r->tiers[i].visits, p->tiers[i].all, few};
	}
	for (unsigned day = 0; day < 7; day++)
		t->cells[t->rows][day] =
			(struct suppress_cell){r->weekdays[day], p->weekdays[day], hide[day]};
	t->cells[t->rows][7] = (struct suppress_cell){r->visits, p->all, false};
}

/* The hours of a weekday; false: they cannot be kept secret unless its sum must be, too. One that
 * is withheld only for others' sake may move with them, but nothing promises that it can rise. */
static bool hide_hours(const struct registry_report *r, const struct registry_report_people *p,
	unsigned day, bool hidden, bool promised, struct suppress_cell hours[24])
{
	bool few = false;

	for (unsigned hour = 0; hour < 24; hour++) {
		hours[hour] =
			(struct suppress_cell){r->hours[hour][day], p->hours[hour][day], false};
		few |= suppress_small(p->hours[hour][day], T);
	}
	if (hidden)
		(void)suppress_line(hours, 24, T, false);
	return promised || !few || suppress_line(hours, 24, T, true);
}

static void take_table(struct registry_report *r, const struct suppress_table *t)
{
	for (unsigned i = 0; i <= t->rows; i++)
		for (unsigned day = 0; day <= 7; day++) {
			uint32_t *all = day < 7 ? &r->weekdays[day] : &r->visits;
			uint32_t *tier = day < 7 ? &r->tiers[i].weekdays[day] : &r->tiers[i].visits;

			if (t->cells[i][day].hidden)
				withhold(r, i < t->rows ? tier : all);
		}
}

/* Where hours need a weekday's sum to be withheld, the table of tiers is made anew with it. */
static void withhold_visits(struct registry_report *r, const struct registry_report_people *p)
{
	struct suppress_table t;
	struct suppress_cell hours[7][24];
	bool hide[7] = {false}, again;

	do {
		again = false;
		fill(&t, r, p, hide);
		suppress_table(&t);
		for (unsigned day = 0; day < 7; day++) {
			bool hidden = t.cells[t.rows][day].hidden,
			     promised = hide[day] || suppress_small(p->weekdays[day], T);

			if (!hide_hours(r, p, day, hidden, promised, hours[day]))
				hide[day] = again = true;
		}
	} while (again);
	take_table(r, &t);
	for (unsigned day = 0; day < 7; day++)
		for (unsigned hour = 0; hour < 24; hour++)
			if (hours[day][hour].hidden)
				withhold(r, &r->hours[hour][day]);
}

/* ---- the others ---- */

static void withhold_events(struct registry_report *r)
{
	struct suppress_cell cells[REGISTRY_REPORT_EVENTS_MAX];

	for (size_t i = 0; i < r->event_count; i++)
		cells[i] =
			(struct suppress_cell){r->events[i].arrived, r->events[i].arrived, false};
	if (!suppress_line(cells, r->event_count, T, true))
		withhold(r, &r->arrived);
	for (size_t i = 0; i < r->event_count; i++) {
		struct registry_report_event *e = &r->events[i];

		if (tells(e->arrived, e->listed) || suppress_small(e->listed, T))
			withhold(r, &e->listed);
		if (cells[i].hidden)
			withhold(r, &e->arrived);
	}
}

/* Of a tier whose visits are withheld its units would tell them. */
static bool hides_visits(const struct registry_report *r, uint32_t tier)
{
	for (size_t i = 0; i < r->tier_count; i++)
		if (r->tiers[i].tier == tier && r->tiers[i].visits == REGISTRY_WITHHELD)
			return true;
	return false;
}

static void withhold_allowances(struct registry_report *r)
{
	for (size_t i = 0; i < r->allowance_count; i++) {
		struct registry_report_allowance *a = &r->allowances[i];
		bool few = suppress_small(a->members, T) || (!a->pool && hides_visits(r, a->tier));

		if (few || tells(a->over, a->members)) {
			withhold(r, &a->over);
			withhold(r, &a->over_units);
		}
		if (few || suppress_small(a->users, T))
			withhold(r, &a->used);
		if (few || tells(a->users, a->members))
			withhold(r, &a->users);
	}
}

static void withhold_cards(struct registry_report *r)
{
	bool never = tells(r->cards_never, r->cards) || tells(r->cards_never, r->cards_unused);

	if (tells(r->cards_used, r->cards)) {
		withhold(r, &r->cards_used);
		withhold(r, &r->cards_unused);
	}
	if (never)
		withhold(r, &r->cards_never);
}

static void withhold_denied(struct registry_report *r, const struct registry_report_people *p)
{
	struct suppress_cell cells[REGISTRY_REPORT_REASONS_MAX];

	for (size_t i = 0; i < r->reason_count; i++)
		cells[i] = (struct suppress_cell){r->reasons[i].taps, p->reasons[i], false};
	if (!suppress_line(cells, r->reason_count, T, true))
		withhold(r, &r->denied);
	for (size_t i = 0; i < r->reason_count; i++)
		if (cells[i].hidden)
			withhold(r, &r->reasons[i].taps);
}

void registry_report_withhold(struct registry_report *r, const struct registry_report_people *p)
{
	withhold_visits(r, p);
	withhold_events(r);
	withhold_allowances(r);
	withhold_cards(r);
	withhold_denied(r, p);
}
