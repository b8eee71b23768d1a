/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours, compiled: rules, times and modifiers. Days are read in hours_days.c, dates in
 * hours_dates.c; hours_refuse.c says what is wrong. */
#include "hours_parser.h"

#include <errno.h>
#include <string.h>

#define DAY_MINUTES 1440

/* hh:mm, at most max minutes. */
static int parse_time(struct hours_parser *p, unsigned max, unsigned *ret_minutes)
{
	const char *t = parser_here(p);
	unsigned minutes;

	if (!parser_is_digit(t[0]))
		return parser_refuse(p);
	if (!parser_is_digit(t[1]) || t[2] != ':' || !parser_is_digit(t[3]) ||
		!parser_is_digit(t[4]) || parser_is_digit(t[5]))
		return parser_fail(p, p->at, "a time has two digits, a colon and two digits",
			"write 09:00, not 9:00, 09.00 or 0900");
	if (t[3] > '5')
		return parser_fail(p, p->at + 3, "minutes run from 00 to 59", NULL);
	minutes = (unsigned)((t[0] - '0') * 10 + t[1] - '0') * 60 +
		  (unsigned)((t[3] - '0') * 10 + t[4] - '0');
	if (minutes > max)
		return parser_fail(p, p->at, "this time is too late",
			"a window starts by 23:59 and ends by 48:00; 26:00 is 2 in the night "
			"after");
	p->at += 5;
	*ret_minutes = minutes;
	return 0;
}

static int parse_span(struct hours_parser *p)
{
	size_t at = p->at;
	unsigned start, end;

	if (parse_time(p, DAY_MINUTES - 1, &start) < 0)
		return -EINVAL;
	parser_skip_spaces(p);
	if (!parser_take(p, "-")) {
		if (*parser_here(p) == '+' || parser_begins(parser_here(p), "\xE2\x80"))
			return parser_refuse(p);
		return parser_fail(
			p, p->at, "this time has no end", "write a range, such as 09:00-17:00");
	}
	parser_skip_spaces(p);
	if (parse_time(p, 2 * DAY_MINUTES, &end) < 0)
		return -EINVAL;
	if (end == start)
		return parser_fail(p, at, "this window starts and ends at the same time",
			"write 00:00-24:00 for a whole day");
	if (end < start)
		end += DAY_MINUTES;
	if (p->hours.span_count == HOURS_SPANS_MAX)
		return parser_fail(
			p, at, "there are too many times", "use at most 40 in one expression");
	p->hours.spans[p->hours.span_count++] = (struct hours_span){(uint16_t)start, (uint16_t)end};
	return 0;
}

/* A comma goes on with the list only before another time; else it starts a rule. */
static bool take_time_comma(struct hours_parser *p)
{
	size_t back = p->at;

	parser_skip_spaces(p);
	if (parser_take(p, ",")) {
		parser_skip_spaces(p);
		if (parser_is_digit(*parser_here(p)) && !parser_begins(parser_here(p), "24/7") &&
			!parser_at_year(parser_here(p)))
			return true;
	}
	p->at = back;
	return false;
}

static int parse_times(struct hours_parser *p, struct hours_rule *rule)
{
	do {
		if (parse_span(p) < 0)
			return -EINVAL;
	} while (take_time_comma(p));
	rule->spans.count = (uint8_t)(p->hours.span_count - rule->spans.first);
	return 0;
}

static int parse_comment(struct hours_parser *p)
{
	size_t start = p->at;

	if (!parser_take(p, "\""))
		return 0;
	for (; *parser_here(p) != '"'; p->at++) {
		if (*parser_here(p) == '\0')
			return parser_fail(p, start, "this comment has no end", "close it with \"");
		if ((unsigned char)*parser_here(p) < ' ')
			return parser_fail(p, p->at, "a comment cannot hold this character", NULL);
	}
	p->at++;
	return 0;
}

static int parse_modifier(struct hours_parser *p, struct hours_rule *rule)
{
	parser_skip_spaces(p);
	if (parser_take(p, "off") || parser_take(p, "closed"))
		rule->closed = 1;
	else if (!parser_take(p, "open"))
		return 0;
	parser_skip_spaces(p);
	return parse_comment(p);
}

/* Everything but the modifier. */
static int parse_selectors(struct hours_parser *p, struct hours_rule *rule)
{
	if (parser_take(p, "24/7"))
		return 0;
	if (parser_wide_selectors(p, rule) < 0 || parser_days(p, rule) < 0)
		return -EINVAL;
	return parser_is_digit(*parser_here(p)) ? parse_times(p, rule) : 0;
}

static int parse_rule(struct hours_parser *p, enum hours_joint joint)
{
	struct hours_rule rule = {
		.joint = (uint8_t)joint,
		.weekdays = HOURS_WEEK,
		.years.first = p->hours.year_count,
		.dates.first = p->hours.date_count,
		.weeks.first = p->hours.week_count,
		.nths.first = p->hours.nth_count,
		.holidays.first = p->hours.holiday_count,
		.spans.first = p->hours.span_count,
	};
	size_t start;

	parser_skip_spaces(p);
	start = p->at;
	if (parse_selectors(p, &rule) < 0 || parse_modifier(p, &rule) < 0)
		return -EINVAL;
	if (p->at == start)
		return parser_refuse(p);
	if (p->hours.rule_count == HOURS_RULES_MAX)
		return parser_fail(
			p, start, "there are too many rules", "use at most 32 in one expression");
	p->hours.rules[p->hours.rule_count++] = rule;
	return 0;
}

static int parse_joint(struct hours_parser *p, enum hours_joint *ret_joint)
{
	if (parser_take(p, ";"))
		*ret_joint = HOURS_JOINT_NORMAL;
	else if (parser_take(p, "||"))
		*ret_joint = HOURS_JOINT_FALLBACK;
	else if (parser_take(p, ","))
		*ret_joint = HOURS_JOINT_ADDITIONAL;
	else
		return parser_refuse(p);
	return 0;
}

static bool open_at(const struct hours *hours, int weekday, unsigned minute)
{
	struct civil c;

	civil_from_date(4 + weekday, &c); /* 1970-01-05 was a Monday */
	c.minute = (uint16_t)(minute % DAY_MINUTES);
	return hours_open(hours, NULL, &c);
}

/* A week repeats and changes only at midnight and where some span starts or ends. */
static bool always_open(const struct hours *hours)
{
	if (hours->year_count || hours->date_count || hours->week_count || hours->nth_count ||
		hours->holiday_count)
		return false;
	for (int day = 0; day < 7; day++) {
		if (!open_at(hours, day, 0))
			return false;
		for (unsigned i = 0; i < hours->span_count; i++)
			if (!open_at(hours, day, hours->spans[i].start) ||
				!open_at(hours, day, hours->spans[i].end))
				return false;
	}
	return true;
}

int hours_compile(const char *text, struct hours *ret_hours, struct hours_error *ret_error)
{
	struct hours_parser p = {.text = text};
	enum hours_joint joint = HOURS_JOINT_NORMAL;
	int r = 0;

	if (strlen(text) > HOURS_TEXT_MAX)
		r = parser_fail(
			&p, HOURS_TEXT_MAX, "this expression is too long", "use at most 512 bytes");
	while (r == 0) {
		r = parse_rule(&p, joint);
		parser_skip_spaces(&p);
		if (r == 0 && *parser_here(&p) == '\0')
			break;
		if (r == 0)
			r = parse_joint(&p, &joint);
	}
	if (r < 0) {
		*ret_error = p.error;
		return r;
	}
	p.hours.always = always_open(&p.hours);
	*ret_hours = p.hours;
	return 0;
}
