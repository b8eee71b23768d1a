/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours, evaluated; hours_compile.c makes the compiled form. */
#include "core/hours.h"

#include "core/calendar.h"

#define DAY_MINUTES 1440

/* What the rules read so far say of a moment, for windows that start on one day. */
enum said {
	SAID_NOTHING,
	SAID_OPEN,
	SAID_CLOSED,
};

/* Which rules select a day and the day before it: bit n is rule n. */
struct view {
	uint32_t today;
	uint32_t before;
};

/* ---- which days a rule selects ---- */

static bool in_years(const struct hours_years *y, const struct civil *day)
{
	return day->year >= y->first && day->year <= y->last &&
	       (day->year - y->first) % y->step == 0;
}

static bool in_weeks(const struct hours_weeks *w, int week)
{
	return week >= w->first && week <= w->last && (week - w->first) % w->step == 0;
}

/* The day of the month of a weekday of a month, the first to the fourth or the last to the fourth
 * last: there always is one. */
static int nth_day(const struct hours_date *d, int year)
{
	int weekday = (d->day - HOURS_DAY_NTH) / 10, n = (d->day - HOURS_DAY_NTH) % 10;
	int days = civil_month_days(year, d->month);
	struct civil first;

	civil_from_date(civil_date(year, d->month, 1), &first);
	weekday = 1 + (weekday - first.weekday + 7) % 7; /* the first one is on this day */
	return n < 5 ? weekday + 7 * n : weekday + 7 * ((days - weekday) / 7 - (n - 5));
}

static int32_t first_of(const struct hours_date *d, int year)
{
	int day = d->day ? d->day : 1;

	if (d->month == HOURS_MONTH_EASTER)
		return civil_easter(year) + d->offset;
	if (day >= HOURS_DAY_NTH)
		day = nth_day(d, year);
	/* the 29th of a February without one is 1 March */
	return civil_date(year, d->month, day) + d->offset;
}

static int32_t last_of(const struct hours_date *d, int year)
{
	int days;

	if (d->month == HOURS_MONTH_EASTER || d->day >= HOURS_DAY_NTH)
		return first_of(d, year);
	days = civil_month_days(year, d->month);
	return civil_date(year, d->month, d->day && d->day < days ? d->day : days) + d->offset;
}

/* Is the day in the occurrence that starts in this year? */
static bool in_occurrence(const struct hours_dates *r, int year, int32_t date)
{
	const struct hours_date *to = r->to.month ? &r->to : &r->from;
	int32_t first = first_of(&r->from, year);
	int32_t last = last_of(to, to->year ? to->year : year + r->wraps);

	return date >= first && date <= last;
}

static bool in_dates(const struct hours_dates *r, const struct civil *day)
{
	int before = r->wraps, after = 0;

	if (r->from.year)
		return in_occurrence(r, r->from.year, day->date);
	if (r->from.offset || r->to.offset) {
		/* an offset of up to a year carries an end into the next year or the last */
		before++;
		after++;
	}
	for (int year = day->year - before; year <= day->year + after; year++)
		if (in_occurrence(r, year, day->date))
			return true;
	return false;
}

static bool is_nth(const struct hours_nth *n, int32_t date)
{
	struct civil c;
	int from_end;

	civil_from_date(date - n->offset, &c);
	if (c.date == DATE_NONE || c.weekday != n->weekday)
		return false;
	from_end = (civil_month_days(c.year, c.month) - c.day) / 7;
	return (n->which >> (c.day - 1) / 7 & 1) != 0 || (n->which >> (5 + from_end) & 1) != 0;
}

static bool in_days(const struct hours *h, const struct hours_rule *rule,
	const struct calendar *calendar, const struct civil *day)
{
	bool weekday = (rule->weekdays >> day->weekday & 1) != 0, holiday = false;
	struct civil c;

	for (unsigned i = 0; i < rule->nths.count && !weekday; i++)
		weekday = is_nth(&h->nths[rule->nths.first + i], day->date);
	if (rule->holidays.count == 0)
		return weekday;
	for (unsigned i = 0; i < rule->holidays.count && !holiday; i++) {
		civil_from_date(day->date - h->holidays[rule->holidays.first + i], &c);
		holiday = calendar_holiday(calendar, &c);
	}
	return rule->holiday_and ? holiday && weekday : holiday || weekday;
}

static bool selects(const struct hours *h, const struct hours_rule *rule,
	const struct calendar *calendar, const struct civil *day)
{
	bool years = rule->years.count == 0, dates = rule->dates.count == 0;
	bool weeks = rule->weeks.count == 0;
	int week = weeks ? 0 : civil_week(day);

	if (!in_days(h, rule, calendar, day))
		return false;
	for (unsigned i = 0; i < rule->years.count && !years; i++)
		years = in_years(&h->years[rule->years.first + i], day);
	for (unsigned i = 0; i < rule->dates.count && !dates; i++)
		dates = in_dates(&h->dates[rule->dates.first + i], day);
	for (unsigned i = 0; i < rule->weeks.count && !weeks; i++)
		weeks = in_weeks(&h->weeks[rule->weeks.first + i], week);
	return years && dates && weeks;
}

static uint32_t selected(
	const struct hours *h, const struct calendar *calendar, const struct civil *day)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < h->rule_count && day->date != DATE_NONE; i++)
		mask |= (uint32_t)selects(h, &h->rules[i], calendar, day) << i;
	return mask;
}

/* ---- what they say of a minute ---- */

static bool covers(const struct hours *hours, const struct hours_rule *rule, unsigned minute)
{
	const struct hours_span *span = hours->spans + rule->spans.first;

	if (rule->spans.count == 0)
		return minute < DAY_MINUTES;
	for (unsigned i = 0; i < rule->spans.count; i++)
		if (minute >= span[i].start && minute < span[i].end)
			return true;
	return false;
}

static void apply_open(const struct hours_rule *rule, bool selected, bool covered, enum said *said)
{
	if (!selected)
		return;
	if (rule->joint == HOURS_JOINT_NORMAL)
		*said = SAID_NOTHING;
	if (covered && (rule->joint != HOURS_JOINT_FALLBACK || *said == SAID_NOTHING))
		*said = SAID_OPEN;
}

static void apply_closed(const struct hours_rule *rule, bool closes, enum said *said)
{
	if (closes && (rule->joint != HOURS_JOINT_FALLBACK || *said == SAID_NOTHING))
		*said = SAID_CLOSED;
}

static bool open_at(const struct hours *hours, const struct view *view, unsigned minute)
{
	enum said today_said = SAID_NOTHING, before_said = SAID_NOTHING;

	for (unsigned i = 0; i < hours->rule_count; i++) {
		const struct hours_rule *rule = &hours->rules[i];
		bool today = (view->today >> i & 1) != 0;
		bool yesterday = (view->before >> i & 1) != 0;
		bool covers_today = today && covers(hours, rule, minute);
		bool covers_before = yesterday && covers(hours, rule, minute + DAY_MINUTES);

		if (!rule->closed) {
			apply_open(rule, today, covers_today, &today_said);
			apply_open(rule, yesterday, covers_before, &before_said);
		} else if (rule->spans.count == 0) {
			apply_closed(rule, today, &today_said);
			apply_closed(rule, yesterday, &before_said);
		} else {
			apply_closed(rule, covers_today || covers_before, &today_said);
			apply_closed(rule, covers_today || covers_before, &before_said);
		}
	}
	return today_said == SAID_OPEN || before_said == SAID_OPEN;
}

/* Only where some window runs over midnight does the day before matter. */
static bool runs_late(const struct hours *hours)
{
	for (unsigned i = 0; i < hours->span_count; i++)
		if (hours->spans[i].end > DAY_MINUTES)
			return true;
	return false;
}

static struct view view_of(
	const struct hours *hours, const struct calendar *calendar, const struct civil *day)
{
	struct view view = {.today = selected(hours, calendar, day)};
	struct civil before;

	if (runs_late(hours)) {
		civil_from_date(day->date - 1, &before);
		view.before = selected(hours, calendar, &before);
	}
	return view;
}

bool hours_open(const struct hours *hours, const struct calendar *calendar, const struct civil *now)
{
	struct view view;

	if (!hours || !civil_valid(now))
		return false;
	view = view_of(hours, calendar, now);
	return open_at(hours, &view, now->minute);
}

/* ---- the next change ---- */

/* The minutes of a day at which anything can change, in order. */
struct marks {
	uint16_t at[1 + 2 * HOURS_SPANS_MAX];
	unsigned count;
};

static void add_mark(struct marks *m, unsigned minute)
{
	unsigned i = m->count;

	for (; m->at[i - 1] > minute; i--) /* ends at midnight, which is the first */
		m->at[i] = m->at[i - 1];
	m->at[i] = (uint16_t)minute;
	m->count++;
}

bool hours_next_change(const struct hours *hours, const struct calendar *calendar,
	const struct civil *now, int32_t last, struct civil *ret_at)
{
	struct marks marks = {.at = {0}, .count = 1};
	struct civil day;
	struct view view;
	int32_t reach;
	bool open;

	if (!hours || hours->always || !civil_valid(now))
		return false;
	for (unsigned i = 0; i < hours->span_count; i++) {
		add_mark(&marks, hours->spans[i].start);
		add_mark(&marks, hours->spans[i].end % DAY_MINUTES);
	}
	reach = now->date + HOURS_REACH_DAYS;
	if (last > reach)
		last = reach;
	view = view_of(hours, calendar, now);
	open = open_at(hours, &view, now->minute);
	civil_from_date(now->date, &day);
	while (day.date <= last && day.date != DATE_NONE) {
		for (unsigned i = 0; i < marks.count; i++) {
			day.minute = marks.at[i];
			if (day.date == now->date && day.minute <= now->minute)
				continue;
			if (open_at(hours, &view, day.minute) != open) {
				*ret_at = day;
				return true;
			}
		}
		civil_from_date(day.date + 1, &day);
		view = (struct view){selected(hours, calendar, &day), view.today};
	}
	return false;
}

bool hours_always(const struct hours *hours)
{
	return hours && hours->always;
}
