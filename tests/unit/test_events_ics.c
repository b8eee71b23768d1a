/* SPDX-License-Identifier: Apache-2.0 */
/* Events and guests out of iCalendar files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/events_ics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMES "DTSTART:20261201T180000Z\r\nDTEND:20261201T200000Z\r\n"
#define CALENDAR(inside) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" inside "END:VCALENDAR\r\n"
#define EVENT(inside) CALENDAR("BEGIN:VEVENT\r\n" inside "END:VEVENT\r\n")
#define TALK "SUMMARY:Talk\r\n"

static char err[ERR_MAX];
static struct events_ics events;

static int read_text(const char *text)
{
	events_ics_free(&events);
	err[0] = '\0';
	return events_ics_read("talk.ics", text, strlen(text), "Europe/London", &events, err);
}

static void refused(const char *text, const char *why)
{
	assert_int_equal(read_text(text), -EINVAL);
	if (!strstr(err, why))
		fail_msg("\"%s\" does not say \"%s\"", err, why);
}

static void event_has_title_room_times_and_guests(void **state)
{
	(void)state;
	assert_int_equal(
		read_text(EVENT(
			TIMES "SUMMARY;LANGUAGE=en:Talks\\, drinks\\nand a ver\r\n y long title\r\n"
			      "LOCATION:Hall\r\n"
			      "ATTENDEE;CN=\"Hopper; Grace\";ROLE=REQ:mailto:grace@example.org\r\n"
			      "ATTENDEE:MAILTO:alan@example.org\r\n"
			      "BEGIN:VALARM\r\nSUMMARY:Alarm\r\nDURATION:PT1H\r\nEND:VALARM\r\n")),
		1);
	assert_string_equal(events.events[0].title, "Talks, drinks and a very long title");
	assert_string_equal(events.events[0].room, "Hall");
	assert_int_equal(events.events[0].ends_us - events.events[0].starts_us, 7200000000LL);
	assert_true(events.events[0].starts_us == 1796148000000000LL);
	assert_int_equal(events.events[0].guest_count, 2);
	assert_string_equal(events.events[0].guests[0].name, "Hopper; Grace");
	assert_string_equal(events.events[0].guests[0].email, "grace@example.org");
	assert_string_equal(events.events[0].guests[1].name, "alan@example.org");
}

static void local_times_are_the_sites(void **state)
{
	(void)state;
	assert_int_equal(read_text(EVENT(TALK "DTSTART;TZID=Europe/London:20260701T180000\n"
					      "DTEND:20260701T200000\n")),
		1);
	assert_true(events.events[0].starts_us == 1782925200000000LL); /* 17:00 UTC */
	assert_int_equal(events.events[0].ends_us - events.events[0].starts_us, 7200000000LL);
	assert_int_equal(
		read_text(EVENT(TALK "DTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260702\n")),
		1);
	assert_int_equal(events.events[0].ends_us - events.events[0].starts_us, 86400000000LL);
	refused(EVENT(TALK "DTSTART;TZID=America/New_York:20260701T180000\n"), "export it in UTC");
}

static void what_would_be_guessed_at_is_refused(void **state)
{
	(void)state;
	refused("", "no iCalendar");
	refused("name,email\n", "no iCalendar");
	refused(CALENDAR(""), "no event");
	refused(EVENT(TALK TIMES "RRULE:FREQ=WEEKLY\n"), "repeats");
	refused(EVENT(TALK "DTSTART:20261201T180000Z\nDURATION:PT2H\n"), "duration");
	refused(EVENT(TALK "DTSTART:2026-12-01\n"), "no time");
	refused(EVENT(TALK "DTSTART:20261301T180000Z\n"), "no time");
	refused(EVENT(TALK "DTSTART:20261201T250000Z\n"), "no time");
	refused(EVENT(TIMES), "without SUMMARY");
	refused(EVENT(TALK "DTSTART:20261201T180000Z\nDTEND:20261201T170000Z\n"), "without");
	refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\n" TALK "ATTENDEE:mailto:a@b\n", "is it whole");
	assert_non_null(strstr(err, "talk.ics:4"));
}

static void cancelled_events_are_left_out(void **state)
{
	(void)state;
	assert_int_equal(
		read_text(CALENDAR("BEGIN:VEVENT\n" TALK TIMES "STATUS:CANCELLED\nEND:VEVENT\n"
				   "BEGIN:VEVENT\nSUMMARY:Other\n" TIMES "END:VEVENT\n")),
		1);
	assert_string_equal(events.events[0].title, "Other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_has_title_room_times_and_guests),
		cmocka_unit_test(local_times_are_the_sites),
		cmocka_unit_test(what_would_be_guessed_at_is_refused),
		cmocka_unit_test(cancelled_events_are_left_out),
	};
	int failed;

	setenv("TZ", "Europe/London", 1);
	tzset();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	events_ics_free(&events);
	return failed;
}
