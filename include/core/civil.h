/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Civil time as the core is handed it, and how far it may be believed.
 *
 * The core never reads a clock and knows no zones: the program converts (base/clock.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* How far the wall clock can be believed (design.md section 6). The zero value believes nothing. */
enum clock_trust {
	CLOCK_TRUST_UNSET,  /* before the last known time, or a jump nobody explains */
	CLOCK_TRUST_KEPT,   /* after the last time known good, but nothing vouches for it */
	CLOCK_TRUST_RTC,    /* set from a battery-backed clock */
	CLOCK_TRUST_SYNCED, /* the kernel or timesyncd says so */
};

/* True for RTC and SYNCED: dates and hours may be compared with this clock. */
static inline bool clock_trust_ok(enum clock_trust trust)
{
	return trust == CLOCK_TRUST_RTC || trust == CLOCK_TRUST_SYNCED;
}

/* Days since 1970-01-01 in the site's own calendar; DATE_NONE where a field is not set. */
#define DATE_NONE INT32_MIN

struct civil {
	int32_t date;    /* days since 1970-01-01, local */
	int16_t year;    /* 1970 … 9999 */
	uint8_t month;   /* 1 … 12 */
	uint8_t day;     /* 1 … 31 */
	uint8_t weekday; /* 0 Monday … 6 Sunday */
	uint16_t minute; /* of the day, 0 … 1439 */
	uint8_t second;  /* 0 … 60 */
};

/* Proleptic Gregorian; 0, or -EINVAL for a date that does not exist or lies outside 1970 … 9999. */
int civil_from_ymd(int year, int month, int day, struct civil *ret_civil);

/* Fills year, month, day and weekday from a day number; minute and second become 0. A date outside
 * 1970 … 9999 gives DATE_NONE and zeros. */
void civil_from_date(int32_t date, struct civil *ret_civil);

/* The day number of a date of the years 1600 … 9999; days past the month's end run on. */
int32_t civil_date(int year, int month, int day);

/* Easter Sunday of a year 1600 … 9999 (western, Gregorian) as a day number. */
int32_t civil_easter(int year);

/* Days of a month, 28 … 31; month 1 … 12. */
int civil_month_days(int year, int month);

/* The day's week by ISO 8601, 1 … 53: weeks start on Monday, week 1 holds 4 January. */
int civil_week(const struct civil *civil);

/* True when every field is in range and the date's fields agree with each other. */
bool civil_valid(const struct civil *civil);

/* "2026-11-22" → day number. 0 or -EINVAL. */
int civil_date_parse(const char *text, int32_t *ret_date);

/* "2026-11-22", or "0000-00-00" for a date outside 1970 … 9999; needs 11 bytes. */
void civil_date_format(int32_t date, char out[11]);
