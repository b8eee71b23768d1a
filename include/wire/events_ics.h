/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gatherings and their guests out of an iCalendar file (RFC 5545) that came from outside. A file is
 * taken whole or not at all. Of each VEVENT: SUMMARY, LOCATION, DTSTART, DTEND, ATTENDEE; cancelled
 * ones are left out. Times are UTC, or local: of the process's zone, which must be the site's;
 * another TZID is refused, and so are RRULE, RDATE and DURATION, which would be guessed at.
 */
#pragma once

#include "base/util.h"

#include <stddef.h>
#include <stdint.h>

#define EVENTS_ICS_FILE_MAX (1024 * 1024)
#define EVENTS_ICS_TEXT_MAX 200 /* bytes of a title, room, name, email; longer ones are cut */
#define EVENTS_ICS_GUESTS_MAX 500
#define EVENTS_ICS_MAX 500

struct events_ics_guest {
	char name[EVENTS_ICS_TEXT_MAX + 1]; /* CN, else the address */
	char email[EVENTS_ICS_TEXT_MAX + 1];
};

struct events_ics_event {
	char title[EVENTS_ICS_TEXT_MAX + 1];
	char room[EVENTS_ICS_TEXT_MAX + 1];
	int64_t starts_us;
	int64_t ends_us;
	size_t guest_count;
	struct events_ics_guest *guests;
};

struct events_ics {
	size_t count;
	struct events_ics_event *events;
};

/* name names the file in messages, zone is the site's. How many, or -EINVAL, -ENOMEM with err. Free
 * with events_ics_free. */
int events_ics_read(const char *name, const char *text, size_t size, const char *zone,
	struct events_ics *ret_events, char err[ERR_MAX]);
void events_ics_free(struct events_ics *events);
