/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours: years and weeks. */
#include "hours_parser.h"

#include <errno.h>

#define YEAR_MIN 1970
#define STEP_MAX 99
#define YEARS_SPAN 100 /* "2000-2200" is a mistyped time */

static const char needs_number[] = "a number is missing here";

int parser_take_year(struct hours_parser *p, uint16_t *ret_year)
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
	step = parser_take_number(p, n);
	if (step == 0 || step > STEP_MAX)
		return parser_fail(p, at, "steps run from 1 to 99", "write /2 for every other one");
	*ret_step = step;
	return 0;
}

/* ---- years ---- */

static int parse_year_range(struct hours_parser *p, struct hours_rule *rule)
{
	struct hours_years years;
	unsigned step = 1;
	size_t start = p->at;

	if (parser_take_year(p, &years.first) < 0)
		return -EINVAL;
	years.last = years.first;
	parser_skip_spaces(p);
	if (parser_take(p, "+")) {
		years.last = HOURS_YEAR_LAST;
	} else if (parser_take(p, "-")) {
		parser_skip_spaces(p);
		if (parser_take_year(p, &years.last) < 0)
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

int parser_years(struct hours_parser *p, struct hours_rule *rule)
{
	do {
		parser_skip_spaces(p);
		if (parse_year_range(p, rule) < 0)
			return -EINVAL;
		parser_skip_spaces(p);
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
	week = parser_take_number(p, n);
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

int parser_weeks(struct hours_parser *p, struct hours_rule *rule)
{
	return take_week_word(p) ? parse_weeks(p, rule) : 0;
}
