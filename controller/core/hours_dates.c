/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours: years, dates and weeks. */
#include "hours_parser.h"

#include <errno.h>

#define YEAR_MIN 1970
#define YEARS_SPAN 100 /* "2000-2200" is a mistyped time */

static const char needs_number[] = "a number is missing here";

/* ---- what they share ---- */

static int take_year(struct hours_parser *p, uint16_t *ret_year)
{
	size_t at = p->at;
	unsigned year;

	if (!parser_at_year(parser_here(p)))
		return parser_fail(p, at, "a year is missing here",
			"write 2026-2028 for years, 2026 Dec 25 for a date");
	year = parser_take_number(p, 4);
	if (year < YEAR_MIN)
		return parser_fail(p, at, "years run from 1970 on",
			"write 2026 for a year, 09:00-17:00 for times");
	*ret_year = (uint16_t)year;
	return 0;
}

/* "/2" after a range; 1 when there is none. */
static int take_step(struct hours_parser *p, unsigned *ret_step)
{
	unsigned n, step;
	size_t at;

	*ret_step = 1;
	parser_skip_spaces(p);
	if (!parser_take(p, "/"))
		return 0;
	parser_skip_spaces(p);
	at = p->at;
	n = parser_digits(parser_here(p));
	if (n == 0)
		return parser_fail(p, at, needs_number, "write /2 for every other one");
	step = n > 2 ? 0 : parser_take_number(p, n);
	if (step == 0)
		return parser_fail(p, at, "steps run from 1 to 99", "write /2 for every other one");
	*ret_step = step;
	return 0;
}

int parser_offset(struct hours_parser *p, int16_t *ret_offset)
{
	size_t start = p->at, at;
	bool minus;
	unsigned n, days;

	parser_skip_spaces(p);
	at = p->at;
	minus = parser_take(p, "-");
	if (!minus && !parser_take(p, "+")) {
		p->at = start;
		return 0;
	}
	parser_skip_spaces(p);
	n = parser_digits(parser_here(p));
	days = parser_take_number(p, n);
	parser_skip_spaces(p);
	if (n == 0 || (!parser_take(p, "days") && !parser_take(p, "day"))) {
		p->at = start; /* the sign is something else: a range */
		return 0;
	}
	if (days == 0 || days > HOURS_OFFSET_MAX)
		return parser_fail(p, at, "offsets run from 1 to 365 days", NULL);
	*ret_offset = (int16_t)(minus ? -(int)days : (int)days);
	return 1;
}

/* ---- years ---- */

static int parse_year_range(struct hours_parser *p, struct hours_rule *rule)
{
	struct hours_years years;
	unsigned step = 1;
	size_t start = p->at;

	if (take_year(p, &years.first) < 0)
		return -EINVAL;
	years.last = years.first;
	parser_skip_spaces(p);
	if (parser_take(p, "+")) {
		years.last = HOURS_YEAR_LAST;
	} else if (parser_take(p, "-")) {
		parser_skip_spaces(p);
		if (take_year(p, &years.last) < 0)
			return -EINVAL;
		if (years.last <= years.first || years.last - years.first > YEARS_SPAN)
			return parser_fail(p, start, "these years are not a range of up to 100",
				"write 2026-2028, or 2026+ for all that follow");
		if (take_step(p, &step) < 0)
			return -EINVAL;
	} else if (*parser_here(p) == '/') {
		years.last = HOURS_YEAR_LAST;
		if (take_step(p, &step) < 0)
			return -EINVAL;
	}
	years.step = (uint16_t)step;
	if (p->hours.year_count == HOURS_YEARS_MAX)
		return parser_fail(
			p, start, "there are too many years", "use at most 16 in one expression");
	p->hours.years[p->hours.year_count++] = years;
	rule->years.count++;
	return 0;
}

static int parse_years(struct hours_parser *p, struct hours_rule *rule)
{
	do {
		parser_skip_spaces(p);
		if (parse_year_range(p, rule) < 0)
			return -EINVAL;
		parser_skip_spaces(p);
	} while (parser_take(p, ","));
	return 0;
}

/* ---- dates ---- */

static bool at_date(const char *text)
{
	return parser_month_at(text) > 0 ||
	       (parser_begins(text, "easter") && !parser_is_letter(text[6]));
}

/* A year here that belongs to the date after it, not to the whole rule. */
static bool at_dated_year(const char *text)
{
	if (!parser_at_year(text))
		return false;
	text += 4;
	while (*text == ' ')
		text++;
	return at_date(text);
}

/* A day of the month, no year and no time. */
static bool at_day(const char *text)
{
	unsigned n = parser_digits(text);

	return n > 0 && n < 4 && !parser_at_time(text);
}

static int take_day(struct hours_parser *p, struct hours_date *d)
{
	size_t at = p->at;
	unsigned day = parser_take_number(p, parser_digits(parser_here(p)));
	/* without a year 29 February is a date: 2024 had one */
	int days = civil_month_days(d->year ? d->year : 2024, d->month);

	if (day == 0 || day > (unsigned)days)
		return parser_fail(
			p, at, "this month has no such day", "write a day that the month has");
	d->day = (uint8_t)day;
	return 0;
}

/* A date that names no year is of this one; 0: of every year. */
static int parse_date(struct hours_parser *p, uint16_t year, struct hours_date *ret_date)
{
	struct hours_date d = {.year = year};
	size_t back;

	if (parser_at_year(parser_here(p)) && take_year(p, &d.year) < 0)
		return -EINVAL;
	parser_skip_spaces(p);
	if (!at_date(parser_here(p)))
		return parser_refuse(p);
	if (parser_take(p, "easter")) {
		d.month = HOURS_MONTH_EASTER;
	} else {
		d.month = (uint8_t)parser_month_at(parser_here(p));
		p->at += 3;
		back = p->at;
		parser_skip_spaces(p);
		if (!at_day(parser_here(p)))
			p->at = back;
		else if (take_day(p, &d) < 0)
			return -EINVAL;
	}
	*ret_date = d;
	return 0;
}

static bool whole_month(const struct hours_date *d)
{
	return d->month != HOURS_MONTH_EASTER && d->day == 0;
}

/* Where a date stands in its year, or in one like others, to compare two of the same year. */
static int32_t place(const struct hours_date *d)
{
	int year = d->year ? d->year : 2024;

	return (d->month == HOURS_MONTH_EASTER ? civil_easter(year)
					       : civil_date(year, d->month, d->day ? d->day : 1)) +
	       d->offset;
}

/* The end of a range, after the hyphen. */
static int parse_end(
	struct hours_parser *p, const struct hours_date *from, struct hours_date *ret_to)
{
	struct hours_date to = {.year = from->year, .month = from->month};
	size_t at = p->at;

	if (at_day(parser_here(p))) {
		if (from->day == 0)
			return parser_fail(p, at, "this range ends in a day of no month",
				"write a month before each day: Dec 24-Dec 26");
		if (take_day(p, &to) < 0)
			return -EINVAL;
		if (to.day <= from->day)
			return parser_fail(p, at, "this range ends before it starts",
				"name the month it ends in: Dec 24-Jan 2");
	} else if (parse_date(p, from->year, &to) < 0) {
		return -EINVAL;
	}
	if (whole_month(&to) != whole_month(from))
		return parser_fail(p, at, "this range goes from a day to a month, or back",
			"write a day on both sides: Dec 24-Jan 31");
	if (to.year && !from->year)
		return parser_fail(p, at, "only the end of this range has a year",
			"write the year on both sides: 2026 Dec 24-2027 Jan 2");
	*ret_to = to;
	return 0;
}

static int check_order(struct hours_parser *p, size_t start, const struct hours_dates *r)
{
	int32_t from = place(&r->from), to = place(&r->to);

	if (from == to && r->from.month == r->to.month)
		return parser_fail(p, start, "this range starts and ends with the same date",
			"write the date alone");
	if (r->from.year && from > to)
		return parser_fail(p, start, "this range ends before it starts",
			"name the year it ends in: 2026 Dec 24-2027 Jan 2");
	return 0;
}

/* A day "26" after a comma is of the month of the day before it: Dec 25,26. */
static int parse_start(struct hours_parser *p, const struct hours_rule *rule, struct hours_date *d)
{
	const struct hours_dates *before = NULL;
	size_t at = p->at;

	if (rule->dates.count > 0)
		before = &p->hours.dates[p->hours.date_count - 1];
	if (before && at_day(parser_here(p))) {
		*d = before->to.month ? before->to : before->from;
		if (d->day == 0)
			return parser_fail(p, at, "this day has no month",
				"write the month before each day: Dec 25,Dec 26");
		d->offset = 0;
		return take_day(p, d);
	}
	if (parse_date(p, 0, d) < 0)
		return -EINVAL;
	if (d->year && rule->years.count > 0)
		return parser_fail(p, at, "this rule already names its years",
			"write the year only before the date");
	if (before && before->from.year && !d->year)
		return parser_fail(p, at,
			"the date before this one names a year, this one does not",
			"write the year before each date: 2026 Dec 25,2026 Dec 26");
	return 0;
}

static int take_offset(struct hours_parser *p, struct hours_date *d)
{
	return whole_month(d) ? 0 : parser_offset(p, &d->offset);
}

static int parse_date_range(struct hours_parser *p, struct hours_rule *rule)
{
	struct hours_dates r = {0};
	size_t start = p->at;

	if (parse_start(p, rule, &r.from) < 0 || take_offset(p, &r.from) < 0)
		return -EINVAL;
	parser_skip_spaces(p);
	if (parser_take(p, "-")) {
		parser_skip_spaces(p);
		if (parse_end(p, &r.from, &r.to) < 0 || take_offset(p, &r.to) < 0 ||
			check_order(p, start, &r) < 0)
			return -EINVAL;
		parser_skip_spaces(p);
	}
	if (*parser_here(p) == '+' || *parser_here(p) == '-')
		return parser_fail(p, p->at, "what follows this date is not understood",
			"write a range, Dec 24-Jan 2, or an offset in days, easter -2 days");
	if (p->hours.date_count == HOURS_DATES_MAX)
		return parser_fail(
			p, start, "there are too many dates", "use at most 64 in one expression");
	p->hours.dates[p->hours.date_count++] = r;
	rule->dates.count++;
	return 0;
}

static int parse_dates(struct hours_parser *p, struct hours_rule *rule)
{
	do {
		parser_skip_spaces(p);
		if (parse_date_range(p, rule) < 0)
			return -EINVAL;
	} while (parser_take(p, ","));
	return 0;
}

/* ---- weeks ---- */

static int take_week(struct hours_parser *p, uint8_t *ret_week)
{
	size_t at = p->at;
	unsigned n = parser_digits(parser_here(p)), week;

	if (n == 0)
		return parser_fail(p, at, needs_number, "write week 1-10");
	week = n > 2 ? 0 : parser_take_number(p, n);
	if (week == 0 || week > 53)
		return parser_fail(p, at, "weeks run from 1 to 53", NULL);
	*ret_week = (uint8_t)week;
	return 0;
}

static int parse_week_range(struct hours_parser *p, struct hours_rule *rule)
{
	struct hours_weeks w;
	unsigned step = 1;
	size_t start = p->at;

	if (take_week(p, &w.first) < 0)
		return -EINVAL;
	w.last = w.first;
	parser_skip_spaces(p);
	if (parser_take(p, "-")) {
		parser_skip_spaces(p);
		if (take_week(p, &w.last) < 0)
			return -EINVAL;
		if (w.last <= w.first)
			return parser_fail(p, start, "these weeks are not a range",
				"write week 50-53,1-2 to go over the year's end");
		if (take_step(p, &step) < 0)
			return -EINVAL;
	}
	w.step = (uint8_t)step;
	if (p->hours.week_count == HOURS_WEEKS_MAX)
		return parser_fail(
			p, start, "there are too many weeks", "use at most 32 in one expression");
	p->hours.weeks[p->hours.week_count++] = w;
	rule->weeks.count++;
	return 0;
}

static int parse_weeks(struct hours_parser *p, struct hours_rule *rule)
{
	do {
		parser_skip_spaces(p);
		if (parse_week_range(p, rule) < 0)
			return -EINVAL;
		parser_skip_spaces(p);
	} while (parser_take(p, ","));
	return 0;
}

/* "week", also with its number joined to it. */
static bool take_week_word(struct hours_parser *p)
{
	const char *text = parser_here(p);

	if (!parser_begins(text, "week") || parser_is_letter(text[4]))
		return false;
	p->at += 4;
	return true;
}

int parser_wide_selectors(struct hours_parser *p, struct hours_rule *rule)
{
	size_t start = p->at, back;

	if (parser_at_year(parser_here(p)) && !at_dated_year(parser_here(p)) &&
		parse_years(p, rule) < 0)
		return -EINVAL;
	if ((at_date(parser_here(p)) || at_dated_year(parser_here(p))) && parse_dates(p, rule) < 0)
		return -EINVAL;
	if (take_week_word(p) && parse_weeks(p, rule) < 0)
		return -EINVAL;
	back = p->at;
	parser_skip_spaces(p);
	if (p->at == start || !parser_take(p, ":"))
		p->at = back;
	parser_skip_spaces(p);
	return 0;
}
