/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours, written in one way. */
#include "hours_parser.h"

#include <errno.h>
#include <string.h>

#define DAY_MINUTES 1440

static const char weekdays[7][3] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
static const char months[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct writer {
	char *out;
	size_t size;
	size_t used;
	bool full;
};

static void put(struct writer *w, const char *text)
{
	size_t n = strlen(text);

	if (w->full || n >= w->size - w->used) {
		w->full = true;
		return;
	}
	memcpy(w->out + w->used, text, n + 1);
	w->used += n;
}

static void put_number(struct writer *w, unsigned value, unsigned digits)
{
	char text[8] = "";

	for (; digits > 0; digits--) {
		text[digits - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	put(w, text);
}

/* Plain: as many digits as it needs. */
static void put_count(struct writer *w, unsigned value)
{
	put_number(w, value, value < 10 ? 1 : value < 100 ? 2 : 3);
}

static void put_offset(struct writer *w, int offset)
{
	unsigned days = (unsigned)(offset < 0 ? -offset : offset);

	if (offset == 0)
		return;
	put(w, offset < 0 ? " -" : " +");
	put_count(w, days);
	put(w, days == 1 ? " day" : " days");
}

/* ---- selectors ---- */

static void put_step(struct writer *w, unsigned step)
{
	if (step > 1) {
		put(w, "/");
		put_count(w, step);
	}
}

static void put_years(struct writer *w, const struct hours_years *y)
{
	put_number(w, y->first, 4);
	if (y->last == HOURS_YEAR_LAST && y->step == 1) {
		put(w, "+");
	} else if (y->last != HOURS_YEAR_LAST && y->last != y->first) {
		put(w, "-");
		put_number(w, y->last, 4);
	}
	put_step(w, y->step);
}

/* A day may stand alone after one of the same month. */
static bool goes_on(const struct hours_date *d, const struct hours_date *before)
{
	return before && before->day && d->day && before->day < HOURS_DAY_NTH &&
	       d->day < HOURS_DAY_NTH && before->year == d->year && before->month == d->month;
}

static void put_date(struct writer *w, const struct hours_date *d, bool year)
{
	if (year) {
		put_number(w, d->year, 4);
		put(w, " ");
	}
	put(w, d->month == HOURS_MONTH_EASTER ? "easter" : months[d->month - 1]);
	if (d->day)
		put(w, " ");
}

static void put_day(struct writer *w, const struct hours_date *d)
{
	unsigned nth = d->day >= HOURS_DAY_NTH ? d->day - HOURS_DAY_NTH : 0, n = nth % 10;

	if (d->day >= HOURS_DAY_NTH) {
		put(w, weekdays[nth / 10]);
		put(w, n < 5 ? "[" : "[-");
		put_count(w, n % 5 + 1);
		put(w, "]");
	} else if (d->day) {
		put_number(w, d->day, 2);
	}
	put_offset(w, d->offset);
}

static void put_dates(
	struct writer *w, const struct hours_list *list, const struct hours_dates *all)
{
	const struct hours_date *before = NULL;

	for (unsigned i = 0; i < list->count; i++) {
		const struct hours_dates *r = &all[list->first + i];

		if (i > 0)
			put(w, ",");
		if (!goes_on(&r->from, before) || (r->to.month && !goes_on(&r->to, &r->from)))
			put_date(w, &r->from, r->from.year != 0);
		put_day(w, &r->from);
		before = &r->from;
		if (r->to.month == 0)
			continue;
		if (parser_never_ends(&r->to)) {
			put(w, "+");
			before = NULL;
			continue;
		}
		put(w, "-");
		if (!goes_on(&r->to, &r->from) || r->to.day <= r->from.day)
			put_date(w, &r->to, r->to.year != r->from.year);
		put_day(w, &r->to);
		before = &r->to;
	}
}

static void put_weeks(struct writer *w, const struct hours_weeks *week)
{
	put_number(w, week->first, 2);
	if (week->last != week->first) {
		put(w, "-");
		put_number(w, week->last, 2);
	}
	put_step(w, week->step);
}

static void put_nth(struct writer *w, const struct hours_nth *nth)
{
	const char *comma = "";
	unsigned last;

	put(w, weekdays[nth->weekday]);
	put(w, "[");
	for (unsigned n = 1; n <= 5; n = last + 1) {
		for (last = n; last < 5 && (nth->which >> last & 1); last++)
			;
		if (!(nth->which >> (n - 1) & 1)) {
			last = n;
			continue;
		}
		put(w, comma);
		put_count(w, n);
		if (last > n) {
			put(w, "-");
			put_count(w, last);
		}
		comma = ",";
	}
	for (unsigned n = 1; n <= 5; n++)
		if (nth->which >> (4 + n) & 1) {
			put(w, comma);
			put(w, "-");
			put_count(w, n);
			comma = ",";
		}
	put(w, "]");
	put_offset(w, nth->offset);
}

/* Runs of weekdays as ranges; a run may go over the end of the week. */
static void put_weekdays(struct writer *w, unsigned mask, const char *comma)
{
	unsigned start = 0, n;

	if (mask == HOURS_WEEK) {
		put(w, comma);
		put(w, "Mo-Su");
		return;
	}
	while (mask >> 6 & mask >> start & 1) /* a run that began last week comes at its end */
		start++;
	for (unsigned i = 0; i < 7; i += n) {
		unsigned day = (start + i) % 7;

		for (n = 0; mask >> (day + n) % 7 & 1; n++)
			;
		if (n == 0) {
			n = 1;
			continue;
		}
		put(w, comma);
		put(w, weekdays[day]);
		if (n > 1) {
			put(w, n > 2 ? "-" : ",");
			put(w, weekdays[(day + n - 1) % 7]);
		}
		comma = ",";
	}
}

static void put_days(struct writer *w, const struct hours *h, const struct hours_rule *rule)
{
	const char *comma = "";

	for (unsigned i = 0; i < rule->holidays.count; i++) {
		put(w, comma);
		put(w, "PH");
		put_offset(w, h->holidays[rule->holidays.first + i]);
		comma = ",";
	}
	if (rule->holiday_and)
		comma = " ";
	if (rule->weekdays) {
		put_weekdays(w, rule->weekdays, comma);
		comma = ",";
	}
	for (unsigned i = 0; i < rule->nths.count; i++) {
		put(w, comma);
		put_nth(w, &h->nths[rule->nths.first + i]);
		comma = ",";
	}
}

static void put_time(struct writer *w, unsigned minute)
{
	put_number(w, minute / 60, 2);
	put(w, ":");
	put_number(w, minute % 60, 2);
}

static void put_span(struct writer *w, const struct hours_span *span)
{
	unsigned end = span->end;

	if (end > DAY_MINUTES && end - DAY_MINUTES < span->start)
		end -= DAY_MINUTES;
	put_time(w, span->start);
	put(w, "-");
	put_time(w, end);
}

/* ---- rules ---- */

static bool names_days(const struct hours_rule *rule)
{
	return rule->weekdays != HOURS_WEEK || rule->holidays.count > 0 || rule->nths.count > 0;
}

#define PUT_LIST(w, h, rule, list, lead, put_one)               \
	for (unsigned i = 0; i < (rule)->list.count; i++) {     \
		put(w, i > 0 ? "," : lead);                     \
		put_one(w, &(h)->list[(rule)->list.first + i]); \
	}

static void put_rule(struct writer *w, const struct hours *h, const struct hours_rule *rule)
{
	size_t start = w->used;

	PUT_LIST(w, h, rule, years, "", put_years)
	if (rule->dates.count > 0 && w->used > start)
		put(w, " ");
	put_dates(w, &rule->dates, h->dates);
	PUT_LIST(w, h, rule, weeks, w->used > start ? " week " : "week ", put_weeks)
	if (names_days(rule)) {
		put(w, w->used > start ? " " : "");
		put_days(w, h, rule);
	}
	PUT_LIST(w, h, rule, spans, w->used > start ? " " : "", put_span)
	if (rule->closed)
		put(w, w->used > start ? " off" : "off");
	else if (w->used == start)
		put(w, "24/7");
}

/* A comma must not seem to go on with a list. */
static bool needs_open(const struct hours_rule *rule, const struct hours_rule *next)
{
	return !rule->closed && next->joint == HOURS_JOINT_ADDITIONAL &&
	       (rule->spans.count == 0 ||
		       (next->spans.count > 0 && !names_days(next) && next->years.count == 0 &&
			       next->dates.count == 0 && next->weeks.count == 0));
}

int hours_format(const struct hours *h, char *out, size_t size)
{
	static const char *const joints[] = {"; ", ", ", " || "};
	struct writer w = {.out = out, .size = size};

	if (size == 0)
		return -ENOSPC;
	out[0] = '\0';
	for (unsigned i = 0; i < h->rule_count; i++) {
		const struct hours_rule *rule = &h->rules[i];

		if (i > 0)
			put(&w, joints[rule->joint]);
		put_rule(&w, h, rule);
		if (i + 1 < h->rule_count && needs_open(rule, rule + 1))
			put(&w, " open");
	}
	if (w.full) {
		out[0] = '\0';
		return -ENOSPC;
	}
	return (int)w.used;
}
