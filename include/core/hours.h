/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening hours: the OpenStreetMap opening_hours language (specification 0.7.4),
 * compiled once to an immutable form and evaluated without allocation.
 *
 *   expression = rule { (";" | "," | "||") rule }
 *   rule       = "24/7" | [weekdays] [times], then [modifier]; at least one of them
 *   weekdays   = Mo | Mo-Fr | Sa-Mo, in lists: Mo-We,Fr. Missing: every day
 *   times      = 09:00-17:00, in lists; 22:00-02:00 runs over midnight, as does 22:00-26:00, up to
 *                48:00. Missing: the whole day, 00:00-24:00
 *   modifier   = ("open" | "off" | "closed") [comment in double quotes, ignored]
 *
 * A comma goes on with a list where it can (a weekday after weekdays, a time after times), else it
 * starts another rule. Spaces may stand between, not inside, words and numbers.
 *
 * Meaning: rules are read from left to right for each day a window can start on.
 * - ";" open: for the days it selects, what earlier rules said is forgotten, their exceptions too.
 * - "," open: adds its windows.
 * - "||" open: adds its windows, but only to days and times that no earlier rule says anything
 * about, neither open nor off.
 * - off without times: no window starts on these days. A window belongs to the day it starts on, so
 *   "Fr 22:00-06:00; Sa off" is still open on Saturday until 06:00.
 * - off with times: these hours are cut out of what earlier rules said, also where a window of the
 *   day before reaches into them: somebody took the trouble to name them.
 *
 * Whatever is not understood is refused, never guessed: what an access rule cannot mean (sunrise,
 * an open end "+", "unknown", school holidays) and selectors that this version does not have.
 */
#pragma once

#include "core/civil.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOURS_TEXT_MAX 512 /* bytes of an expression, without the NUL */
#define HOURS_RULES_MAX 32
#define HOURS_SPANS_MAX 64

/* Minutes from the start of the rule's day; end may reach 48:00 (2880). */
struct hours_span {
	uint16_t start;
	uint16_t end; /* exclusive; > start */
};

enum hours_joint {
	HOURS_JOINT_NORMAL,     /* ';': replaces what earlier rules said of the days it matches */
	HOURS_JOINT_ADDITIONAL, /* ',': adds to it */
	HOURS_JOINT_FALLBACK,   /* '||': only where nothing else matched */
};

/* Which days a rule is about is its selectors' business: all of them must match. Further selectors
 * become further fields here and further lines in one function. */
struct hours_rule {
	uint8_t joint;    /* enum hours_joint */
	uint8_t closed;   /* 1: "off" or "closed" */
	uint8_t weekdays; /* bit 0 Monday … bit 6 Sunday */
	uint8_t span_first;
	uint8_t span_count; /* 0: the whole day */
};

struct hours {
	uint8_t rule_count; /* 0: never open */
	uint8_t span_count;
	bool always; /* open at every minute of every day; see hours_always */
	struct hours_rule rules[HOURS_RULES_MAX];
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

/* True where some expression is open around the clock for ever, so that no clock is needed to know
 * it. NULL: false. */
bool hours_always(const struct hours *hours);
