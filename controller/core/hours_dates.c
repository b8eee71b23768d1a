/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours: dates, and what selects days of the year together. */
#include "hours_parser.h"

#include <errno.h>

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

/* "Su[-1]" after a month: a day that every year has, so not the fifth. */
static int take_nth_day(struct hours_parser *p, struct hours_date *d)
{
	int weekday = parser_weekday_at(parser_here(p));
	const char *t;
	bool from_end;

	p->at += 3;
	from_end = parser_take(p, "-");
	t = parser_here(p);
	if (t[0] < '1' || t[0] > '4' || t[1] != ']')
		return parser_fail(p, p->at, "a range cannot start or end here",
			"write one number from 1 to 4, or from -1 to -4: Mar Su[-1]-Oct Su[-1]");
	p->at += 2;
	d->day = (uint8_t)(HOURS_DAY_NTH + 10 * weekday + t[0] - '1' + (from_end ? 5 : 0));
	return 0;
}

static bool at_nth_day(const char *text)
{
	return parser_weekday_at(text) >= 0 && text[2] == '[';
}

/* A weekday of a month that starts a range; alone it is the rule's weekday. */
static bool at_nth_start(const struct hours_parser *p)
{
	struct hours_parser ahead = *p;
	int16_t offset;

	if (!at_nth_day(parser_here(p)))
		return false;
	while (*parser_here(&ahead) != ']' && *parser_here(&ahead) != '\0')
		ahead.at++;
	if (!parser_take(&ahead, "]") || parser_offset(&ahead, &offset) < 0)
		return false;
	parser_skip_spaces(&ahead);
	return *parser_here(&ahead) == '-';
}

/* The day after a month, if there is one. */
static int take_month_day(struct hours_parser *p, bool end, struct hours_date *d)
{
	size_t back = p->at;

	parser_skip_spaces(p);
	if (at_day(parser_here(p)))
		return take_day(p, d);
	if (end ? at_nth_day(parser_here(p)) : at_nth_start(p))
		return take_nth_day(p, d);
	p->at = back;
	return 0;
}

/* A date; end: it ends a range of days. One that names no year is of this one, 0: of every year. */
static int parse_date(struct hours_parser *p, bool end, uint16_t year, struct hours_date *ret_date)
{
	struct hours_date d = {.year = year};

	if (parser_at_year(parser_here(p)) && parser_take_year(p, &d.year) < 0)
		return -EINVAL;
	parser_skip_spaces(p);
	if (!at_date(parser_here(p)))
		return parser_refuse(p);
	if (parser_take(p, "easter")) {
		d.month = HOURS_MONTH_EASTER;
	} else {
		d.month = (uint8_t)parser_month_at(parser_here(p));
		p->at += 3;
		if (take_month_day(p, end, &d) < 0)
			return -EINVAL;
	}
	*ret_date = d;
	return 0;
}

static bool whole_month(const struct hours_date *d)
{
	return d->month != HOURS_MONTH_EASTER && d->day == 0;
}

static bool numbered_day(const struct hours_date *d)
{
	return d->day > 0 && d->day < HOURS_DAY_NTH;
}

/* The end of a range, after the hyphen. */
static int parse_end(
	struct hours_parser *p, const struct hours_date *from, struct hours_date *ret_to)
{
	struct hours_date to = {.year = from->year, .month = from->month};
	size_t at = p->at;

	if (parser_weekday_at(parser_here(p)) >= 0)
		return parser_fail(p, at, "a weekday counted from a date is not understood",
			"write a weekday of the month, Dec Su[-1], or an offset, Dec 25 -7 days");
	if (at_day(parser_here(p))) {
		if (!numbered_day(from))
			return parser_fail(p, at, "this range ends in a day of no month",
				"write a month before each day: Dec 24-Dec 26");
		if (take_day(p, &to) < 0)
			return -EINVAL;
		if (to.day <= from->day)
			return parser_fail(p, at, "this range ends before it starts",
				"name the month it ends in: Dec 24-Jan 2");
	} else if (parse_date(p, !whole_month(from), from->year, &to) < 0) {
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

/* The day number of a date in a year with Easter on this day of March; of a weekday of a month the
 * earliest that it can be, or the latest. */
static int32_t place(const struct hours_date *d, int year, int easter, bool latest)
{
	int day = d->day ? d->day : 1, n = (d->day - HOURS_DAY_NTH) % 10;

	if (d->month == HOURS_MONTH_EASTER)
		return civil_date(year, 3, easter) + d->offset;
	if (d->day >= HOURS_DAY_NTH) {
		day = n < 5 ? 1 + 7 * n : civil_month_days(year, d->month) - 6 - 7 * (n - 5);
		day += latest ? 6 : 0;
	}
	return civil_date(year, d->month, day) + d->offset;
}

/* Does the end come before the start in every year, leap or not, from the earliest Easter (22
 * March) to the latest (25 April)? */
static bool always_reversed(const struct hours_dates *r)
{
	for (int year = 2023; year <= 2024; year++)
		for (int easter = 22; easter <= 31 + 25; easter += 31 + 25 - 22)
			if (place(&r->from, year, easter, false) <=
				place(&r->to, year, easter, true))
				return false;
	return true;
}

static bool same_date(const struct hours_date *a, const struct hours_date *b)
{
	return a->year == b->year && a->month == b->month &&
	       a->day + a->offset == b->day + b->offset;
}

static int32_t place_in_year(const struct hours_date *d, bool latest)
{
	return place(d, d->year, civil_easter(d->year) - civil_date(d->year, 3, 0), latest);
}

static int check_order(struct hours_parser *p, size_t start, struct hours_dates *r)
{
	if (same_date(&r->from, &r->to))
		return parser_fail(p, start, "this range starts and ends with the same date",
			"write the date alone");
	if (r->from.year == 0)
		r->wraps = always_reversed(r);
	else if (place_in_year(&r->from, false) > place_in_year(&r->to, true))
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
		if (!numbered_day(d) || parser_never_ends(d))
			return parser_fail(p, at, "this day has no month",
				"write the month before each day: Dec 25,Dec 26");
		d->offset = 0;
		return take_day(p, d);
	}
	if (parse_date(p, false, 0, d) < 0)
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
	} else if (r.from.year && parser_take(p, "+")) {
		r.to = (struct hours_date){.year = HOURS_YEAR_LAST, .month = 12};
		r.to.day = whole_month(&r.from) ? 0 : 31;
		parser_skip_spaces(p);
	}
	if (*parser_here(p) == '+' || *parser_here(p) == '-')
		return parser_fail(p, p->at, "what follows this date is not understood",
			"write a range, Dec 24-Jan 2, an offset in days, easter -2 days, or with a "
			"year 2026 Dec 24+");
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

int parser_wide_selectors(struct hours_parser *p, struct hours_rule *rule)
{
	size_t start = p->at, back;

	if (parser_at_year(parser_here(p)) && !at_dated_year(parser_here(p)) &&
		parser_years(p, rule) < 0)
		return -EINVAL;
	if ((at_date(parser_here(p)) || at_dated_year(parser_here(p))) && parse_dates(p, rule) < 0)
		return -EINVAL;
	if (parser_weeks(p, rule) < 0)
		return -EINVAL;
	back = p->at;
	parser_skip_spaces(p);
	if (p->at == start || !parser_take(p, ":"))
		p->at = back;
	parser_skip_spaces(p);
	return 0;
}
