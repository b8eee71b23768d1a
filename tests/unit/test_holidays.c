/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/holidays.h"

#define CRLF "\r\n"
#define WRAP(events) "BEGIN:VCALENDAR" CRLF events "END:VCALENDAR" CRLF
#define EVENT(lines) "BEGIN:VEVENT" CRLF lines "END:VEVENT" CRLF

static struct calendar calendar;
static char err[ERR_MAX];

static int start(void **state)
{
	(void)state;
	memset(&calendar, 0, sizeof(calendar));
	calendar.holidays = CALENDAR_HOLIDAYS_ENGLAND;
	memset(err, 0, sizeof(err));
	return 0;
}

static int read_text(const char *text)
{
	return holidays_read("file", text, strlen(text), &calendar, err);
}

static bool is_holiday(const char *date)
{
	struct civil c;
	int32_t day;

	assert_int_equal(civil_date_parse(date, &day), 0);
	civil_from_date(day, &c);
	return calendar_holiday(&calendar, &c);
}

static void refused(const char *text, const char *because)
{
	struct calendar before = calendar;

	assert_int_equal(read_text(text), -EINVAL);
	assert_string_equal(err, because);
	assert_memory_equal(&calendar, &before, sizeof(before));
}

/* 2030 with its early May holiday moved to the 8th; 2031 only begun. */
static const char moved[] =
	"{\"england-and-wales\": {\"division\": \"england-and-wales\", \"events\": ["
	"{\"title\": \"New Year's Day\", \"date\": \"2030-01-01\", \"bunting\": true},"
	"{\"date\": \"2030-04-19\"}, {\"date\": \"2030-04-22\"}, {\"date\": \"2030-05-08\"},"
	"{\"date\": \"2030-05-27\"}, {\"date\": \"2030-08-26\"}, {\"date\": \"2030-12-25\"},"
	"{\"date\": \"2030-12-26\"}, {\"date\": \"2031-01-02\"}]},"
	"\"scotland\": {\"events\": [{\"date\": \"2030-11-30\"}]}}";

static void a_year_that_is_listed_whole_replaces_the_computed_one(void **state)
{
	(void)state;
	assert_true(is_holiday("2030-05-06"));
	assert_int_equal(read_text(moved), 9);
	assert_false(is_holiday("2030-05-06"));
	assert_true(is_holiday("2030-05-08"));
	assert_true(is_holiday("2030-12-25"));
	assert_false(is_holiday("2030-11-30")); /* Scotland's */
}

static void a_year_that_is_listed_in_part_only_gains(void **state)
{
	(void)state;
	assert_int_equal(read_text(moved), 9);
	assert_true(is_holiday("2031-01-02"));
	assert_true(is_holiday("2031-01-01"));
	assert_true(is_holiday("2029-05-07"));
}

static void reading_a_file_again_changes_nothing(void **state)
{
	struct calendar before;

	(void)state;
	assert_int_equal(read_text(moved), 9);
	before = calendar;
	assert_int_equal(read_text(moved), 9);
	assert_memory_equal(&calendar, &before, sizeof(before));
}

static void json_that_is_not_understood_is_refused_whole(void **state)
{
	(void)state;
	refused("  {}", "file: england-and-wales: missing, expected GOV.UK's bank holidays");
	refused("{\"england-and-wales\": []}",
		"file: england-and-wales: [...] is refused, expected GOV.UK's bank holidays");
	refused("{\"england-and-wales\": {}}",
		"file: events: missing, expected a list of holidays");
	refused("{\"england-and-wales\": {\"events\": []}}",
		"file: events: [...] is refused, expected a list of holidays");
	refused("{\"england-and-wales\": {\"events\": [{\"date\": \"2026-12-25\"}, 7]}}",
		"file: events[1]: 7 is refused, expected an object with a title and a date");
	refused("{\"england-and-wales\": {\"events\": [{}]}}",
		"file: events[0].date: missing, expected a date such as \"2026-12-25\"");
	refused("{\"england-and-wales\": {\"events\": [{\"date\": \"2026-02-29\"}]}}",
		"file: events[0].date: \"2026-02-29\" is refused, expected a date such as "
		"\"2026-12-25\"");
	assert_int_equal(read_text("{\"england-and-wales\""), -EINVAL);
}

static char *many_dates(int count)
{
	char *text = malloc(64 + (size_t)count * 32), date[11];

	assert_non_null(text);
	strcpy(text, "{\"england-and-wales\": {\"events\": [");
	for (int i = 0; i < count; i++) {
		civil_date_format(20000 + i, date);
		sprintf(text + strlen(text), "%s{\"date\": \"%s\"}", i ? "," : "", date);
	}
	return strcat(text, "]}}");
}

static void more_dates_than_there_is_room_for_are_refused(void **state)
{
	char *fits = many_dates(CALENDAR_DATES_MAX), *more = many_dates(CALENDAR_DATES_MAX + 1);

	(void)state;
	calendar.holidays = CALENDAR_HOLIDAYS_NONE;
	refused(more, "file: events[256].date: more than 256 dates");
	assert_int_equal(calendar_date_set(&calendar, 1000, true), 0);
	refused(fits, "file: with it the calendar would hold more than 256 dates");
	refused(WRAP(EVENT("DTSTART:20260101" CRLF) "x"),
		"file:5: the file ends before END:VCALENDAR; fetch it again");
	calendar.date_count = 0;
	assert_int_equal(read_text(fits), CALENDAR_DATES_MAX);
	refused(WRAP(EVENT("DTSTART;VALUE=DATE:20300101" CRLF)),
		"file:4: with it the calendar would hold more than 256 dates");
	/* a year listed whole needs room for what it takes away */
	calendar.holidays = CALENDAR_HOLIDAYS_ENGLAND;
	calendar.date_count = CALENDAR_DATES_MAX - 9;
	refused(moved, "file: with it the calendar would hold more than 256 dates");
	free(fits);
	free(more);
}

static void files_that_are_too_large_are_not_read(void **state)
{
	char *text = calloc(1, HOLIDAYS_FILE_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', HOLIDAYS_FILE_MAX);
	text[0] = '{';
	assert_int_equal(
		holidays_read("file", text, HOLIDAYS_FILE_MAX + 1, &calendar, err), -EINVAL);
	assert_string_equal(err, "file: larger than 1048576 bytes");
	text[0] = 'B';
	assert_int_equal(
		holidays_read("file", text, HOLIDAYS_FILE_MAX + 1, &calendar, err), -EINVAL);
	assert_string_equal(err, "file:0: larger than 1048576 bytes");
	free(text);
}

static void whole_days_of_events_are_added(void **state)
{
	(void)state;
	assert_int_equal(
		read_text(WRAP("VERSION:2.0" CRLF EVENT(
			"DTSTART;VALUE=DATE:20270104" CRLF "SUMMARY:Inset day" CRLF)
				EVENT("dtstart:20271224" CRLF "DTEND;VALUE=DATE:20271227" CRLF))),
		4);
	assert_true(is_holiday("2027-01-04"));
	assert_false(is_holiday("2027-01-05"));
	assert_false(is_holiday("2027-12-23"));
	assert_true(is_holiday("2027-12-24"));
	assert_true(is_holiday("2027-12-26"));
	assert_true(is_holiday("2027-12-27")); /* computed */
	assert_true(is_holiday("2027-05-03"));
}

static void folded_lines_are_one(void **state)
{
	(void)state;
	assert_int_equal(
		read_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE\n =DATE:2027\n\t0104\n"
			  "END:VEVENT\nEND:VCALENDAR"),
		1);
	assert_true(is_holiday("2027-01-04"));
	refused("BEGIN:VCALENDAR\nSUMMARY:a\n b\n c\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR",
		"file:6: an event ends here that has no DTSTART");
}

static void cancelled_events_and_alarms_are_left_alone(void **state)
{
	(void)state;
	assert_int_equal(read_text(WRAP(EVENT("DTSTART:20270104" CRLF "BEGIN:VALARM" CRLF
					      "DURATION:PT5M" CRLF "END:VALARM" CRLF)
					 EVENT("DTSTART:20270105" CRLF "STATUS:CANCELLED" CRLF))),
		1);
	assert_false(is_holiday("2027-01-05"));
	refused(WRAP(EVENT("DTSTART:20270105" CRLF "STATUS:CANCELLED" CRLF)),
		"file:6: no event in it takes a day");
}

static void what_would_be_guessed_at_is_refused(void **state)
{
	static const char *const unread[] = {
		"RRULE:FREQ=YEARLY", "RDATE;VALUE=DATE:20280101", "DURATION:P2D"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
		snprintf(text, sizeof(text), WRAP(EVENT("DTSTART:20270104" CRLF "%s" CRLF)),
			unread[i]);
		refused(text, "file:4: an event repeats or has a duration, which is not read; "
			      "export its dates one by one");
	}
	refused(WRAP(EVENT("DTSTART:20270104T090000Z" CRLF)),
		"file:3: an event starts on no whole day; write DTSTART;VALUE=DATE:20261225");
	refused(WRAP(EVENT("DTSTART:20270229" CRLF)),
		"file:3: an event starts on no whole day; write DTSTART;VALUE=DATE:20261225");
	refused(WRAP(EVENT("DTSTART:20270104" CRLF "DTEND:20270105T00" CRLF)),
		"file:4: an event ends on no whole day; write DTEND;VALUE=DATE:20261226");
	refused(WRAP(EVENT("DTSTART:20270104" CRLF "DTEND:20270104" CRLF)),
		"file:5: an event lasts less than a day or more than 31 days");
	refused(WRAP(EVENT("DTSTART:20270104" CRLF "DTEND:20270205" CRLF)),
		"file:5: an event lasts less than a day or more than 31 days");
	assert_int_equal(read_text(WRAP(EVENT("DTSTART:20270104" CRLF "DTEND:20270204" CRLF))), 31);
}

static void files_that_are_cut_or_nested_wrongly_are_refused(void **state)
{
	(void)state;
	refused("", "file:0: neither GOV.UK's JSON nor iCalendar: expected BEGIN:VCALENDAR");
	refused("\n\n", "file:1: neither GOV.UK's JSON nor iCalendar: expected BEGIN:VCALENDAR");
	refused("BEGIN:VEVENT", "file:1: neither GOV.UK's JSON nor iCalendar: expected "
				"BEGIN:VCALENDAR");
	refused("BEGIN:VCALENDAR", "file:1: the file ends before END:VCALENDAR; fetch it again");
	refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270104\nEND:VTODO\n",
		"file:4: expected END:VEVENT");
	refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270104\n",
		"file:3: the file ends inside an event");
	refused("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "file:2: no event in it takes a day");
	refused("BEGIN:VCALENDAR\nBEGIN\nBEGINS:VEVENT\nEND:VCALENDAR\n",
		"file:4: no event in it takes a day");
	assert_int_equal(holidays_read("file", "B\0", 2, &calendar, err), -EINVAL);
	assert_string_equal(err, "file:0: not a text file");
}

static void lines_of_any_length_are_passed(void **state)
{
	char text[2048] = "BEGIN:VCALENDAR\nSUMMARY:";

	(void)state;
	memset(text + strlen(text), 'x', 1000);
	strcat(text, "\nBEGIN:VEVENT\nDTSTART:20270104\nEND:VEVENT\nEND:VCALENDAR\n");
	assert_int_equal(read_text(text), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			a_year_that_is_listed_whole_replaces_the_computed_one, start),
		cmocka_unit_test_setup(a_year_that_is_listed_in_part_only_gains, start),
		cmocka_unit_test_setup(reading_a_file_again_changes_nothing, start),
		cmocka_unit_test_setup(json_that_is_not_understood_is_refused_whole, start),
		cmocka_unit_test_setup(more_dates_than_there_is_room_for_are_refused, start),
		cmocka_unit_test_setup(files_that_are_too_large_are_not_read, start),
		cmocka_unit_test_setup(whole_days_of_events_are_added, start),
		cmocka_unit_test_setup(folded_lines_are_one, start),
		cmocka_unit_test_setup(cancelled_events_and_alarms_are_left_alone, start),
		cmocka_unit_test_setup(what_would_be_guessed_at_is_refused, start),
		cmocka_unit_test_setup(files_that_are_cut_or_nested_wrongly_are_refused, start),
		cmocka_unit_test_setup(lines_of_any_length_are_passed, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
