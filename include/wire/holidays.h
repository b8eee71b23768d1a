/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates of public holidays from files that came from outside: GOV.UK's bank-holidays.json and
 * iCalendar. A file is taken whole or not at all.
 */
#pragma once

#include "base/util.h"
#include "core/calendar.h"

#include <stddef.h>

#define HOLIDAYS_FILE_MAX (1024 * 1024)
/* GOV.UK lists whole years; in one with so many dates, what it does not list is no holiday. */
#define HOLIDAYS_YEAR_MIN 8
#define HOLIDAYS_EVENT_DAYS_MAX 31 /* of one iCalendar event */

/*
 * {"england-and-wales": {"events": [{"title": "…", "date": "2026-12-25"}, …]}, …}: other divisions
 * and other keys are left alone. name names the file in messages. Returns how many dates were
 * listed, or -EINVAL with err.
 */
int holidays_read_json(const char *name, const char *text, size_t size, struct calendar *calendar,
	char err[ERR_MAX]);

/*
 * iCalendar (RFC 5545): each VEVENT adds its whole days, DTSTART to the day before DTEND;
 * cancelled ones are left out. Refused: times of day, recurrence (RRULE, RDATE) and DURATION,
 * which would be guessed at.
 */
int holidays_read_ics(const char *name, const char *text, size_t size, struct calendar *calendar,
	char err[ERR_MAX]);

/* Either of them, told apart by the first character. */
int holidays_read(const char *name, const char *text, size_t size, struct calendar *calendar,
	char err[ERR_MAX]);
