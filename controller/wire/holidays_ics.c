/* SPDX-License-Identifier: Apache-2.0 */
/* iCalendar: the few properties that say which days an event takes. */
#include "wire/holidays.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_BYTES 256 /* of the lines that matter; longer ones are other properties */

struct ics {
	const char *name;
	const char *text;
	size_t size, at;
	unsigned line; /* where the line read last starts */
	unsigned ended;
	char *err;
	struct calendar calendar;
	int days;
};

struct event {
	int32_t start; /* DATE_NONE: none yet */
	int32_t end;   /* exclusive */
	bool cancelled;
};

static int complain(struct ics *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int complain(struct ics *f, const char *format, ...)
{
	int n = snprintf(f->err, ERR_MAX, "%.200s:%u: ", f->name, f->line);
	va_list args;

	va_start(args, format);
	vsnprintf(f->err + n, (size_t)(ERR_MAX - n), format, args);
	va_end(args);
	return -EINVAL;
}

/* One line, its folds undone (RFC 5545 section 3.1) and its end cut off; false at the end. */
static bool next_line(struct ics *f, char out[LINE_MAX_BYTES])
{
	size_t used = 0;

	if (f->at >= f->size)
		return false;
	f->line = f->ended + 1;
	while (f->at < f->size) {
		char c = f->text[f->at++];

		if (c == '\n') {
			f->ended++;
			if (f->at >= f->size || !memchr(" \t", f->text[f->at], 2))
				break;
			f->at++;
		} else if (c != '\r' && used + 1 < LINE_MAX_BYTES) {
			out[used++] = c;
		}
	}
	out[used] = '\0';
	return true;
}

/* The value of a property, "DTSTART;VALUE=DATE:20261225" → "20261225"; NULL: another property. */
static const char *value_of(const char *line, const char *property)
{
	size_t n = strlen(property);
	const char *colon = strchr(line, ':');

	if (strncasecmp(line, property, n) != 0 || (line[n] != ':' && line[n] != ';') || !colon)
		return NULL;
	return colon + 1;
}

static bool is_line(const char *line, const char *property, const char *value)
{
	const char *found = value_of(line, property);

	return found && strcasecmp(found, value) == 0;
}

/* "20261225". */
static int parse_day(const char *text, int32_t *ret_date)
{
	char date[11] = "0000-00-00";

	if (strlen(text) != 8)
		return -EINVAL;
	memcpy(date, text, 4);
	memcpy(date + 5, text + 4, 2);
	memcpy(date + 8, text + 6, 2);
	return civil_date_parse(date, ret_date);
}

static int take_property(struct ics *f, const char *line, struct event *event)
{
	const char *start = value_of(line, "DTSTART"), *end = value_of(line, "DTEND");

	if (start && parse_day(start, &event->start) < 0)
		return complain(f, "an event starts on no whole day; write "
				   "DTSTART;VALUE=DATE:20261225");
	if (end && parse_day(end, &event->end) < 0)
		return complain(
			f, "an event ends on no whole day; write DTEND;VALUE=DATE:20261226");
	if (value_of(line, "RRULE") || value_of(line, "RDATE") || value_of(line, "DURATION"))
		return complain(f, "an event repeats or has a duration, which is not read; export "
				   "its dates one by one");
	if (is_line(line, "STATUS", "CANCELLED"))
		event->cancelled = true;
	return 0;
}

static int take_event(struct ics *f, const struct event *event)
{
	int32_t end = event->end == DATE_NONE ? event->start + 1 : event->end;

	if (event->start == DATE_NONE)
		return complain(f, "an event ends here that has no DTSTART");
	if (event->cancelled)
		return 0;
	if (end <= event->start || end - event->start > HOLIDAYS_EVENT_DAYS_MAX)
		return complain(f, "an event lasts less than a day or more than %d days",
			HOLIDAYS_EVENT_DAYS_MAX);
	for (int32_t date = event->start; date < end; date++) {
		if (calendar_date_set(&f->calendar, date, true) == -ENOSPC)
			return complain(f, "with it the calendar would hold more than %d dates",
				CALENDAR_DATES_MAX);
		f->days++;
	}
	return 0;
}

/* From BEGIN:VEVENT to its END; what is nested in it (alarms) is left alone. */
static int read_event(struct ics *f)
{
	struct event event = {.start = DATE_NONE, .end = DATE_NONE};
	char line[LINE_MAX_BYTES];
	unsigned depth = 1;

	while (next_line(f, line)) {
		if (value_of(line, "BEGIN"))
			depth++;
		else if (value_of(line, "END") && --depth == 0)
			return is_line(line, "END", "VEVENT") ? take_event(f, &event)
							      : complain(f, "expected END:VEVENT");
		else if (depth == 1 && take_property(f, line, &event) < 0)
			return -EINVAL;
	}
	return complain(f, "the file ends inside an event");
}

static int read_calendar(struct ics *f)
{
	char line[LINE_MAX_BYTES];

	if (!next_line(f, line) || !is_line(line, "BEGIN", "VCALENDAR"))
		return complain(f, "neither GOV.UK's JSON nor iCalendar: expected BEGIN:VCALENDAR");
	while (next_line(f, line)) {
		if (is_line(line, "END", "VCALENDAR"))
			return f->days ? f->days : complain(f, "no event in it takes a day");
		if (is_line(line, "BEGIN", "VEVENT") && read_event(f) < 0)
			return -EINVAL;
	}
	return complain(f, "the file ends before END:VCALENDAR; fetch it again");
}

int holidays_read_ics(const char *name, const char *text, size_t size, struct calendar *calendar,
	char err[ERR_MAX])
{
	struct ics f = {.name = name, .text = text, .size = size, .err = err};
	int r;

	if (size > HOLIDAYS_FILE_MAX)
		return complain(&f, "larger than %d bytes", HOLIDAYS_FILE_MAX);
	if (memchr(text, '\0', size))
		return complain(&f, "not a text file");
	f.calendar = *calendar;
	r = read_calendar(&f);
	if (r > 0)
		*calendar = f.calendar;
	return r;
}
