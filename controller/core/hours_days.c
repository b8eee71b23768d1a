/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours: weekdays, weekdays of a month, and holidays. */
#include "hours_parser.h"

#include <errno.h>

/* The weekday, 0 to 6, or -EINVAL. */
static int parse_weekday(struct hours_parser *p)
{
	int weekday = parser_weekday_at(parser_here(p));

	if (weekday < 0)
		return parser_refuse(p);
	p->at += 2;
	return weekday;
}

/* One digit, 1 to 5. */
static int parse_ordinal(struct hours_parser *p, unsigned *ret_ordinal)
{
	const char *t = parser_here(p);

	if (t[0] < '1' || t[0] > '5' || parser_is_digit(t[1]))
		return parser_fail(p, p->at, "a month has five of a weekday at most",
			"write a number from 1 to 5, or from -1 for the last to -5: Fr[-1]");
	*ret_ordinal = parser_take_number(p, 1);
	return 0;
}

/* 2, 1-3 or -1: bits of hours_nth.which. */
static int parse_entry(struct hours_parser *p, uint16_t *which)
{
	unsigned first, last;
	size_t start = p->at;
	bool from_end = parser_take(p, "-");

	if (parse_ordinal(p, &first) < 0)
		return -EINVAL;
	last = first;
	parser_skip_spaces(p);
	if (!from_end && parser_take(p, "-")) {
		parser_skip_spaces(p);
		if (parse_ordinal(p, &last) < 0)
			return -EINVAL;
		if (last <= first)
			return parser_fail(p, start, "these numbers are not a range",
				"write the lower one first: Mo[1-3]");
	}
	for (unsigned n = first; n <= last; n++)
		*which = (uint16_t)(*which | 1u << (n - 1 + (from_end ? 5 : 0)));
	return 0;
}

/* After the bracket: [1,3] +1 day. */
static int parse_nth(struct hours_parser *p, struct hours_rule *rule, int weekday)
{
	struct hours_nth nth = {.weekday = (uint16_t)weekday};
	size_t start = p->at;

	do {
		parser_skip_spaces(p);
		if (parse_entry(p, &nth.which) < 0)
			return -EINVAL;
		parser_skip_spaces(p);
	} while (parser_take(p, ","));
	if (!parser_take(p, "]"))
		return parser_fail(p, p->at, "a bracket is not closed here", "write Mo[1,3]");
	if (parser_offset(p, &nth.offset) < 0)
		return -EINVAL;
	if (p->hours.nth_count == HOURS_NTHS_MAX)
		return parser_fail(p, start, "there are too many weekdays with numbers",
			"use at most 32 in one expression");
	p->hours.nths[p->hours.nth_count++] = nth;
	rule->nths.count++;
	return 0;
}

/* One weekday, with numbers or not, or a range, which may run over the end of the week: Sa-Mo. */
static int parse_weekday_range(struct hours_parser *p, struct hours_rule *rule)
{
	size_t start = p->at;
	int first = parse_weekday(p), last = first;

	if (first < 0)
		return -EINVAL;
	if (parser_take(p, "["))
		return parse_nth(p, rule, first);
	parser_skip_spaces(p);
	if (parser_take(p, "-")) {
		parser_skip_spaces(p);
		last = parse_weekday(p);
		if (last < 0)
			return -EINVAL;
		if (last == first)
			return parser_fail(p, start, "this range starts and ends on the same day",
				"write one weekday, or Mo-Su for all of them");
	}
	for (int day = first;; day = (day + 1) % 7) {
		rule->weekdays = (uint8_t)(rule->weekdays | 1u << day);
		if (day == last)
			return 0;
	}
}

static int parse_holiday(struct hours_parser *p, struct hours_rule *rule, size_t start)
{
	int16_t offset = 0;

	if (parser_offset(p, &offset) < 0)
		return -EINVAL;
	if (p->hours.holiday_count == HOURS_HOLIDAYS_MAX)
		return parser_fail(p, start, "there are too many holidays",
			"use at most 16 in one expression");
	p->hours.holidays[p->hours.holiday_count++] = offset;
	rule->holidays.count++;
	return 0;
}

static bool has_weekdays(const struct hours_rule *rule)
{
	return rule->weekdays != 0 || rule->nths.count > 0;
}

/* "PH Mo": a holiday and a weekday with nothing but a space between them. */
static bool joined(struct hours_parser *p, struct hours_rule *rule)
{
	if (rule->holidays.count == 0 || has_weekdays(rule) ||
		parser_weekday_at(parser_here(p)) < 0)
		return false;
	rule->holiday_and = 1;
	return true;
}

int parser_days(struct hours_parser *p, struct hours_rule *rule)
{
	if (parser_weekday_at(parser_here(p)) < 0 && !parser_begins(parser_here(p), "PH"))
		return 0;
	rule->weekdays = 0;
	do {
		size_t start;

		parser_skip_spaces(p);
		start = p->at;
		if (!rule->holiday_and && parser_take(p, "PH")) {
			if (parse_holiday(p, rule, start) < 0)
				return -EINVAL;
		} else if (parse_weekday_range(p, rule) < 0) {
			return -EINVAL;
		}
		parser_skip_spaces(p);
	} while (parser_take(p, ",") || joined(p, rule));
	return 0;
}
