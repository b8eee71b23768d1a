/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read an expression share: one pass from left to right, no recursion. */
#pragma once

#include "core/hours.h"

struct hours_parser {
	const char *text;
	size_t at;
	struct hours hours;
	struct hours_error error;
};

static inline bool parser_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char parser_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool parser_is_letter(char c)
{
	return parser_lower(c) >= 'a' && parser_lower(c) <= 'z';
}

static inline const char *parser_here(const struct hours_parser *p)
{
	return p->text + p->at;
}

/* The last day, or the last month, of the calendar: the end of "2026 Dec 24+". */
static inline bool parser_never_ends(const struct hours_date *d)
{
	return d->year == HOURS_YEAR_LAST && d->month == 12 && (d->day == 0 || d->day == 31) &&
	       d->offset == 0;
}

/* ---- hours_refuse.c ---- */

/* Sets the error; -EINVAL. */
int parser_fail(struct hours_parser *p, size_t at, const char *message, const char *suggestion);

/* Refuses what stands here, with the best advice there is; -EINVAL. */
int parser_refuse(struct hours_parser *p);

void parser_skip_spaces(struct hours_parser *p);

/* Does this text start with the word? */
bool parser_begins(const char *text, const char *word);

/* Takes a word or sign if it stands here, whole. */
bool parser_take(struct hours_parser *p, const char *word);

/* How many digits stand here, at most 5. */
unsigned parser_digits(const char *text);

/* Takes the n digits here as a number. */
unsigned parser_take_number(struct hours_parser *p, unsigned n);

/* The weekday named here, 0 to 6, or -1; the month, 1 to 12, or 0. */
int parser_weekday_at(const char *text);
unsigned parser_month_at(const char *text);

/* Digits here: are they of a time, "09:00" or something meant to be one? A year: four digits that
 * are no time. */
bool parser_at_time(const char *text);
bool parser_at_year(const char *text);

/* ---- hours_years.c; 0 or -EINVAL ---- */

int parser_take_year(struct hours_parser *p, uint16_t *ret_year);
int parser_years(struct hours_parser *p, struct hours_rule *rule);

/* Takes nothing when there is no "week" here. */
int parser_weeks(struct hours_parser *p, struct hours_rule *rule);

/* ---- hours_dates.c: years, dates and weeks. 0 or -EINVAL; nothing there: 0, nothing taken ---- */

int parser_wide_selectors(struct hours_parser *p, struct hours_rule *rule);

/* "+1 day", "-2 days": 1 and *ret_offset, 0 when there is none, -EINVAL when it is out of range. */
int parser_offset(struct hours_parser *p, int16_t *ret_offset);

/* ---- hours_days.c ---- */

int parser_days(struct hours_parser *p, struct hours_rule *rule);
