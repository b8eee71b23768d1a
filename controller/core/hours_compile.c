/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours, compiled: one pass from left to right, no recursion, no allocation. */
#include "core/hours.h"

#include <errno.h>
#include <string.h>

#define DAY_MINUTES 1440
#define WEEK 0x7F

struct parser {
	const char *text;
	size_t at;
	struct hours hours;
	struct hours_error error;
};

static const char weekdays[7][3] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};

/* What people write that is not understood: found where something else was expected. */
static const struct {
	const char *text;
	const char *message;
	const char *suggestion;
} refusals[] = {
	{"sunrise", "an access rule cannot follow the sun", "write a time, such as 06:00"},
	{"sunset", "an access rule cannot follow the sun", "write a time, such as 20:00"},
	{"dawn", "an access rule cannot follow the sun", "write a time, such as 06:00"},
	{"dusk", "an access rule cannot follow the sun", "write a time, such as 20:00"},
	{"(", "an access rule cannot follow the sun", "write a time, such as 06:00"},
	{"unknown", "a door is open or it is not", "write open or off"},
	{"SH", "school holidays are not known here", "write weekdays and times"},
	{"PH", "public holidays are not understood", "write weekdays and times"},
	{"easter", "dates are not understood", "write weekdays and times"},
	{"week", "weeks of the year are not understood", "write weekdays and times"},
	{"jan", "months are not understood", "write weekdays and times"},
	{"feb", "months are not understood", "write weekdays and times"},
	{"mar", "months are not understood", "write weekdays and times"},
	{"apr", "months are not understood", "write weekdays and times"},
	{"may", "months are not understood", "write weekdays and times"},
	{"jun", "months are not understood", "write weekdays and times"},
	{"jul", "months are not understood", "write weekdays and times"},
	{"aug", "months are not understood", "write weekdays and times"},
	{"sep", "months are not understood", "write weekdays and times"},
	{"oct", "months are not understood", "write weekdays and times"},
	{"nov", "months are not understood", "write weekdays and times"},
	{"dec", "months are not understood", "write weekdays and times"},
	{"24/7", "24/7 stands alone", "write 24/7, or weekdays and times"},
	{"always", "this word is not understood", "write 24/7"},
	{"never", "this word is not understood", "write off"},
	{"off", "off cannot stand here", "write it in small letters at the end of a rule: Su off"},
	{"closed", "closed cannot stand here",
		"write it in small letters at the end of a rule: Su closed"},
	{"open", "open cannot stand here",
		"write it in small letters at the end of a rule: Mo-Fr open"},
	{"\"", "a comment alone does not say whether the door is open",
		"write open or off before the comment"},
	{"+", "an access rule needs an end", "write the closing time, such as 18:00-23:00"},
	{"/", "repeating times are not understood", "write one range, such as 09:00-17:00"},
	{"[", "weekdays of a month are not understood", "write the weekday alone, such as Mo"},
	{":", "a colon stands only inside a time", "write weekdays, a space, then 09:00-17:00"},
	{"-", "a range needs a start", "write Mo-Fr or 09:00-17:00"},
	{"\xE2\x80", "this is not a plain hyphen or quotation mark", "write - or \""},
	{";", "a rule is missing here", "write a rule here or leave the ';' out"},
	{",", "something is missing before this comma", "leave the comma out"},
	{"|", "a rule is missing here", "write || between two rules"},
};

static int fail(struct parser *p, size_t at, const char *message, const char *suggestion)
{
	p->error = (struct hours_error){at, message, suggestion};
	return -EINVAL;
}

static const char *here(const struct parser *p)
{
	return p->text + p->at;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static bool begins_caseless(const char *text, const char *word)
{
	for (; *word != '\0'; text++, word++)
		if (lower(*text) != lower(*word))
			return false;
	return true;
}

static void skip_spaces(struct parser *p)
{
	while (*here(p) == ' ')
		p->at++;
}

/* Takes a word or sign if it stands here, whole. */
static bool take(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	if (!begins(here(p), word) || (is_letter(word[0]) && is_letter(here(p)[n])))
		return false;
	p->at += n;
	return true;
}

/* The weekday named here, 0 to 6, or -1. */
static int weekday_at(const char *text)
{
	for (int i = 0; i < 7; i++)
		if (begins(text, weekdays[i]) && !is_letter(text[2]))
			return i;
	return -1;
}

/* Refuses what stands here, with the best advice there is. */
static int refuse(struct parser *p)
{
	const char *text = here(p);

	if (*text == '\0')
		return fail(p, p->at, "something is missing at the end",
			"write 24/7, off, or Mo-Fr 09:00-17:00");
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (begins_caseless(text, refusals[i].text) &&
			!(refusals[i].text[1] == 'H' && is_letter(text[2]))) /* "shut" is not SH */
			return fail(p, p->at, refusals[i].message, refusals[i].suggestion);
	if (weekday_at(text) >= 0)
		return fail(p, p->at, "a weekday cannot stand here",
			"write weekdays first, then times: Mo,We 09:00-17:00");
	if (is_letter(*text))
		return fail(p, p->at, "this word is not understood",
			"weekdays are written Mo Tu We Th Fr Sa Su, in pairs of letters");
	if (is_digit(*text))
		return fail(p, p->at, "a number cannot stand here",
			"write weekdays first, then times: Mo-Fr 09:00-17:00");
	return fail(p, p->at, "this character is not understood", NULL);
}

/* The weekday, 0 to 6, or -EINVAL. */
static int parse_weekday(struct parser *p)
{
	int weekday = weekday_at(here(p));

	if (weekday < 0)
		return refuse(p);
	p->at += 2;
	return weekday;
}

/* One weekday or a range, which may run over the end of the week: Sa-Mo. */
static int parse_weekday_range(struct parser *p, uint8_t *mask)
{
	size_t start = p->at;
	int first, last;

	first = last = parse_weekday(p);
	if (first < 0)
		return -EINVAL;
	skip_spaces(p);
	if (take(p, "-")) {
		skip_spaces(p);
		last = parse_weekday(p);
		if (last < 0)
			return -EINVAL;
		if (last == first)
			return fail(p, start, "this range starts and ends on the same day",
				"write one weekday, or Mo-Su for all of them");
	}
	for (int day = first;; day = (day + 1) % 7) {
		*mask = (uint8_t)(*mask | 1u << day);
		if (day == last)
			return 0;
	}
}

static int parse_weekdays(struct parser *p, uint8_t *ret_mask)
{
	uint8_t mask = 0;

	do {
		skip_spaces(p);
		if (parse_weekday_range(p, &mask) < 0)
			return -EINVAL;
		skip_spaces(p);
	} while (take(p, ","));
	*ret_mask = mask;
	return 0;
}

/* hh:mm, at most max minutes. */
static int parse_time(struct parser *p, unsigned max, unsigned *ret_minutes)
{
	const char *t = here(p);
	unsigned minutes;

	if (!is_digit(t[0]))
		return refuse(p);
	if (!is_digit(t[1]) || t[2] != ':' || !is_digit(t[3]) || !is_digit(t[4]) || is_digit(t[5]))
		return fail(p, p->at, "a time has two digits, a colon and two digits",
			"write 09:00, not 9:00, 09.00 or 0900");
	if (t[3] > '5')
		return fail(p, p->at + 3, "minutes run from 00 to 59", NULL);
	minutes = (unsigned)((t[0] - '0') * 10 + t[1] - '0') * 60 +
		  (unsigned)((t[3] - '0') * 10 + t[4] - '0');
	if (minutes > max)
		return fail(p, p->at, "this time is too late",
			"a window starts by 23:59 and ends by 48:00; 26:00 is 2 in the night "
			"after");
	p->at += 5;
	*ret_minutes = minutes;
	return 0;
}

static int parse_span(struct parser *p)
{
	size_t at = p->at;
	unsigned start, end;

	if (parse_time(p, DAY_MINUTES - 1, &start) < 0)
		return -EINVAL;
	skip_spaces(p);
	if (!take(p, "-")) {
		if (*here(p) == '+' || begins(here(p), "\xE2\x80"))
			return refuse(p);
		return fail(p, p->at, "this time has no end", "write a range, such as 09:00-17:00");
	}
	skip_spaces(p);
	if (parse_time(p, 2 * DAY_MINUTES, &end) < 0)
		return -EINVAL;
	if (end == start)
		return fail(p, at, "this window starts and ends at the same time",
			"write 00:00-24:00 for a whole day");
	if (end < start)
		end += DAY_MINUTES;
	if (p->hours.span_count == HOURS_SPANS_MAX)
		return fail(p, at, "there are too many times", "use at most 64 in one expression");
	p->hours.spans[p->hours.span_count++] = (struct hours_span){(uint16_t)start, (uint16_t)end};
	return 0;
}

/* A comma goes on with the list only before another time; else it starts a rule. */
static bool take_time_comma(struct parser *p)
{
	size_t back = p->at;

	skip_spaces(p);
	if (take(p, ",")) {
		skip_spaces(p);
		if (is_digit(*here(p)) && !begins(here(p), "24/7"))
			return true;
	}
	p->at = back;
	return false;
}

static int parse_times(struct parser *p, struct hours_rule *rule)
{
	do {
		if (parse_span(p) < 0)
			return -EINVAL;
	} while (take_time_comma(p));
	rule->span_count = (uint8_t)(p->hours.span_count - rule->span_first);
	return 0;
}

static int parse_comment(struct parser *p)
{
	size_t start = p->at;

	if (!take(p, "\""))
		return 0;
	for (; *here(p) != '"'; p->at++) {
		if (*here(p) == '\0')
			return fail(p, start, "this comment has no end", "close it with \"");
		if ((unsigned char)*here(p) < ' ')
			return fail(p, p->at, "a comment cannot hold this character", NULL);
	}
	p->at++;
	return 0;
}

static int parse_modifier(struct parser *p, struct hours_rule *rule)
{
	skip_spaces(p);
	if (take(p, "off") || take(p, "closed"))
		rule->closed = 1;
	else if (!take(p, "open"))
		return 0;
	skip_spaces(p);
	return parse_comment(p);
}

static int parse_rule(struct parser *p, enum hours_joint joint)
{
	struct hours_rule rule = {
		.joint = (uint8_t)joint, .weekdays = WEEK, .span_first = p->hours.span_count};
	size_t start;

	skip_spaces(p);
	start = p->at;
	if (!take(p, "24/7")) {
		if (weekday_at(here(p)) >= 0 && parse_weekdays(p, &rule.weekdays) < 0)
			return -EINVAL;
		if (is_digit(*here(p)) && parse_times(p, &rule) < 0)
			return -EINVAL;
	}
	if (parse_modifier(p, &rule) < 0)
		return -EINVAL;
	if (p->at == start)
		return refuse(p);
	if (p->hours.rule_count == HOURS_RULES_MAX)
		return fail(
			p, start, "there are too many rules", "use at most 32 in one expression");
	p->hours.rules[p->hours.rule_count++] = rule;
	return 0;
}

static int parse_joint(struct parser *p, enum hours_joint *ret_joint)
{
	if (take(p, ";"))
		*ret_joint = HOURS_JOINT_NORMAL;
	else if (take(p, "||"))
		*ret_joint = HOURS_JOINT_FALLBACK;
	else if (take(p, ","))
		*ret_joint = HOURS_JOINT_ADDITIONAL;
	else
		return refuse(p);
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
	struct parser p = {.text = text};
	enum hours_joint joint = HOURS_JOINT_NORMAL;
	int r = 0;

	if (strlen(text) > HOURS_TEXT_MAX)
		r = fail(
			&p, HOURS_TEXT_MAX, "this expression is too long", "use at most 512 bytes");
	while (r == 0) {
		r = parse_rule(&p, joint);
		skip_spaces(&p);
		if (r == 0 && *here(&p) == '\0')
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
