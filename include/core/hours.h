/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening hours: the OpenStreetMap opening_hours language (specification 0.7.4),
 * compiled once to an immutable form and evaluated without allocation.
 *
 *   expression = rule { (";" | "," | "||") rule }
 *   rule       = "24/7" | [years] [dates] [weeks] [":"] [days] [times], then [modifier]; at least
 *                one of them
 *   years      = 2026 | 2026-2028 | 2026-2032/2 | 2026/2 | 2026+, in lists
 *   dates      = Jan | Nov-Feb | Dec 25 | Dec 24-26 | Dec 24-Jan 2 | easter, in lists: Jan,May-Jul.
 *                Days of the same month may follow: Dec 25,26. A year may stand before each:
 *                2026 Dec 24-2027 Jan 2; the end of a range has its start's year if it names none.
 *                An offset may follow a day: easter -2 days-easter +1 day
 *                A date with a year may stand for all that follow: 2026 Dec 24+
 *                The ends of a range may be weekdays of a month: Mar Su[-1]-Oct Su[-1]
 *   weeks      = "week" 1 | 1-10 | 1-53/2, in lists; ISO 8601 weeks
 *   days       = Mo | Mo-Fr | Sa-Mo | Th[1] | Fr[-1] | Mo[1,3] | Mo[1-3] | PH, in lists:
 *                Mo-We,Fr,PH. An offset may follow ] and PH: Su[-1] +1 day. A space after PH means
 *                holidays that are one of these days: PH Mo-Fr. Missing: every day
 *   times      = 09:00-17:00, in lists; 22:00-02:00 runs over midnight, as does 22:00-26:00, up to
 *                48:00. Missing: the whole day, 00:00-24:00
 *   modifier   = ("open" | "off" | "closed") [comment in double quotes, ignored]
 *
 * A comma after years, dates, weeks or days goes on with their list; after times it goes on with a
 * time and otherwise starts another rule. Spaces may stand between, not inside, words and numbers.
 *
 * Meaning: rules are read from left to right for each day a window can start on. A rule selects a
 * day that all of its selectors select, each by itself: "Jan Su[-1] +1 day" is never in February.
 * - ";" open: for the days it selects, what earlier rules said is forgotten, their exceptions too.
 * - "," open: adds its windows.
 * - "||" open: adds its windows, but only to days and times that no earlier rule says anything
 * about, neither open nor off.
 * - off without times: no window starts on these days. A window belongs to the day it starts on, so
 *   "Fr 22:00-06:00; Sa off" is still open on Saturday until 06:00.
 * - off with times: these hours are cut out of what earlier rules said, also where a window of the
 *   day before reaches into them: somebody took the trouble to name them.
 * - Dates that a year does not have: "Feb 29" selects nothing in 2027; a range that starts there
 *   starts on 1 March, one that ends there ends on 28 February.
 * - A range of dates without a year whose end comes before its start runs over the year's end;
 *   where that depends on the year, "easter-Mar 31", such a year has no day of it.
 * - PH is what core/calendar.h calls a holiday. Days are told apart by the site's civil time: in an
 *   hour that the clocks repeat the rule holds twice, one that they skip has no time in it.
 *
 * Whatever is not understood is refused, never guessed: what an access rule cannot mean (sunrise,
 * an open end "+", "unknown", school holidays, times without an end), and what the specification
 * leaves open (a weekday after a date, "Dec 25 -Su"; "2026 Jan,Mar": is March that of 2026?).
 */
#pragma once

#include "core/civil.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOURS_TEXT_MAX 512    /* bytes of an expression, without the NUL */
#define HOURS_FORMAT_MAX 1024 /* bytes of a normal form, with the NUL: it may be the longer one */
#define HOURS_RULES_MAX 32
#define HOURS_YEARS_MAX 16
#define HOURS_DATES_MAX 64
#define HOURS_WEEKS_MAX 32
#define HOURS_NTHS_MAX 32
#define HOURS_HOLIDAYS_MAX 16
#define HOURS_SPANS_MAX 40
#define HOURS_OFFSET_MAX 365  /* days */
#define HOURS_REACH_DAYS 3653 /* how far hours_next_change looks: ten years */

#define HOURS_WEEK 0x7F      /* every weekday */
#define HOURS_YEAR_LAST 9999 /* a range of years without an end */
#define HOURS_MONTH_EASTER 13
#define HOURS_DAY_NTH 32

/* Minutes from the start of the rule's day; end may reach 48:00 (2880). */
struct hours_span {
	uint16_t start;
	uint16_t end; /* exclusive; > start */
};

struct hours_years {
	uint16_t first;
	uint16_t last; /* inclusive */
	uint16_t step; /* 1: each of them */
};

/* A day of the year, a month, or Easter Sunday. */
struct hours_date {
	uint16_t year;  /* 0: every year */
	uint8_t month;  /* 1 … 12, HOURS_MONTH_EASTER; 0: no date */
	uint8_t day;    /* 1 … 31; 0: the whole month; HOURS_DAY_NTH + 10 w + n: weekday w, n as
			   the bits of hours_nth.which */
	int16_t offset; /* days to add */
};

/* If to is no date, from alone; else both have a year or none has, both a day or none has. */
struct hours_dates {
	struct hours_date from;
	struct hours_date to; /* inclusive */
	uint16_t wraps;       /* 1: to is of the year after from */
};

struct hours_weeks {
	uint8_t first; /* 1 … 53 */
	uint8_t last;
	uint8_t step;
};

struct hours_nth {
	uint16_t weekday; /* 0 Monday … 6 Sunday */
	uint16_t which; /* of its month: bits 0 … 4 the first to the fifth, 5 … 9 the last … */
	int16_t offset; /* days to add */
};

enum hours_joint {
	HOURS_JOINT_NORMAL,     /* ';': replaces what earlier rules said of the days it matches */
	HOURS_JOINT_ADDITIONAL, /* ',': adds to it */
	HOURS_JOINT_FALLBACK,   /* '||': only where nothing else matched */
};

/* Which elements of one of the arrays in struct hours belong to a rule. */
struct hours_list {
	uint8_t first;
	uint8_t count;
};

/* Which days a rule is about is its selectors' business: all that it has must match. */
struct hours_rule {
	uint8_t joint;       /* enum hours_joint */
	uint8_t closed;      /* 1: "off" or "closed" */
	uint8_t weekdays;    /* bit 0 Monday … bit 6 Sunday */
	uint8_t holiday_and; /* 1: a holiday that is one of the weekdays; 0: or */
	struct hours_list years;
	struct hours_list dates;
	struct hours_list weeks;
	struct hours_list nths;
	struct hours_list holidays;
	struct hours_list spans; /* none: the whole day */
};

/* Compiled: no pointers and no padding, so that it may be copied and compared as bytes. */
struct hours {
	uint8_t rule_count; /* 0: never open */
	uint8_t year_count;
	uint8_t date_count;
	uint8_t week_count;
	uint8_t nth_count;
	uint8_t holiday_count;
	uint8_t span_count;
	bool always; /* open at every minute of every day; see hours_always */
	struct hours_rule rules[HOURS_RULES_MAX];
	struct hours_years years[HOURS_YEARS_MAX];
	struct hours_dates dates[HOURS_DATES_MAX];
	struct hours_weeks weeks[HOURS_WEEKS_MAX];
	struct hours_nth nths[HOURS_NTHS_MAX];
	int16_t holidays[HOURS_HOLIDAYS_MAX]; /* PH plus so many days */
	struct hours_span spans[HOURS_SPANS_MAX];
};

struct hours_error {
	size_t at;              /* byte offset of the offending character; the length: at the end */
	const char *message;    /* static text: what is wrong */
	const char *suggestion; /* static text: what to write instead, or NULL */
};

/* Compiles text (NUL-terminated). 0, or -EINVAL with *ret_error filled, *ret_hours untouched. */
int hours_compile(const char *text, struct hours *ret_hours, struct hours_error *ret_error);

struct calendar; /* core/calendar.h */

/* Is it open at this local time? The calendar says what PH is; NULL: no day is a holiday. NULL
 * hours are never open, nor is a time that civil_valid refuses. */
bool hours_open(
	const struct hours *hours, const struct calendar *calendar, const struct civil *now);

/*
 * The next minute after now at which open turns to closed or closed to open; *ret_at is a civil
 * time with second 0. False, and *ret_at untouched, when there is none up to the date last
 * (inclusive), HOURS_REACH_DAYS after now at the latest. Civil: clocks that change are the caller's
 * business (base/clock.h).
 */
bool hours_next_change(const struct hours *hours, const struct calendar *calendar,
	const struct civil *now, int32_t last, struct civil *ret_at);

/*
 * Writes the normal form: one way to write each rule, without comments. Compiled again it gives the
 * same bytes (unless it passes HOURS_TEXT_MAX, which only a text just short of that can). size
 * HOURS_FORMAT_MAX is always enough. The length, or -ENOSPC, out then being "".
 */
int hours_format(const struct hours *hours, char *out, size_t size);

/* True where it is plain that some expression is open around the clock for ever, so that no clock
 * is needed to know it: its rules select by weekday and time alone. NULL: false. */
bool hours_always(const struct hours *hours);
