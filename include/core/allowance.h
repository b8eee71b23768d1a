/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tier's allowance: hours, days, half days or visits per calendar month, nothing carried over
 * (design.md section 6).
 *
 * A day is counted at the first tap of the calendar day, a half day at the first tap before or from
 * noon, a visit at each tap from outside. Who taps again in a unit that is already counted pays
 * nothing and is never refused for it.
 */
#pragma once

#include "core/civil.h"

#define ALLOWANCE_NOON 720 /* minute of the day at which the second half begins */

enum allowance_kind {
	ALLOWANCE_NONE, /* as much as the hours give */
	ALLOWANCE_HOURS,
	ALLOWANCE_DAYS,
	ALLOWANCE_HALF_DAYS,
	ALLOWANCE_VISITS,
};

enum allowance_policy {
	ALLOWANCE_DENY, /* the zero value is the strict one */
	ALLOWANCE_WARN,
};

struct allowance {
	enum allowance_kind kind;
	enum allowance_policy policy;
	uint32_t limit;       /* a month: minutes for HOURS, else days, half days or visits */
	uint8_t warn_percent; /* the unit that reaches this share of the limit and those after it
				 are warned of; 0: none before the limit */
};

/* What a member has used. Counts for the month it names and for no other; all zeros: nothing. */
struct allowance_usage {
	int16_t year;
	uint8_t month;
	uint32_t used;     /* in the unit of the limit, with the minutes of a visit going on */
	int32_t last_date; /* the last day a unit was counted on */
	uint8_t halves;    /* of last_date: bit 0 before noon, bit 1 from noon */
	int32_t extra;     /* on top of the limit this month; below 0: off it */
};

struct allowance_answer {
	bool spent; /* nothing is left for this tap */
	bool uses;  /* this tap, if granted, begins a unit: a day, half day, visit, running hours */
	bool warn;  /* not spent, but past the share of the limit that is warned of */
};

/* True where every field is a value of ours. */
bool allowance_valid(const struct allowance *allowance);

/* What a tap at now would mean; inside: the member is checked in. */
struct allowance_answer allowance_judge(const struct allowance *allowance,
	const struct allowance_usage *usage, bool inside, const struct civil *now);

/* Counts a granted tap that uses a unit: in a new month from zero. For HOURS only the month is
 * brought up to date; the minutes are added at check-out. */
void allowance_count(
	const struct allowance *allowance, const struct civil *now, struct allowance_usage *usage);
