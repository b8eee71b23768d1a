/* SPDX-License-Identifier: Apache-2.0 */
/* iCalendar: gatherings with their times and guests. */
#include "wire/events_ics.h"

#include "base/clock.h"
#include "core/entry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_BYTES 1024 /* longer ones are cut */

struct ics {
	const char *name, *text, *zone;
	size_t size, at;
	unsigned line, ended;
	char *err;
	struct events_ics events;
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

static int no_memory(struct ics *f)
{
	(void)complain(f, "not enough memory for what the file says");
	return -ENOMEM;
}

/* ---- lines ---- */

/* One line, its folds undone and its end cut off; false at the end. */
static bool next_line(struct ics *f, char out[LINE_BYTES])
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
		} else if (c != '\r' && c != '\0' && used + 1 < LINE_BYTES) {
			out[used++] = c;
		}
	}
	out[used] = '\0';
	return true;
}

/* Behind the colon that ends the parameters, which may stand in quotes; NULL: none. */
static const char *value_in(const char *line)
{
	bool quoted = false;

	for (; *line; line++) {
		quoted ^= *line == '"';
		if (*line == ':' && !quoted)
			return line + 1;
	}
	return NULL;
}

static const char *value_of(const char *line, const char *property)
{
	size_t n = strlen(property);

	if (strncasecmp(line, property, n) != 0 || (line[n] != ':' && line[n] != ';'))
		return NULL;
	return value_in(line);
}

static bool is_line(const char *line, const char *property, const char *value)
{
	const char *found = value_of(line, property);

	return found && strcasecmp(found, value) == 0;
}

/* A parameter of the line, without quotes; false: it has none. */
static bool parameter(const char *line, const char *name, char out[LINE_BYTES])
{
	const char *end = value_in(line), *p = line;
	size_t n = strlen(name);

	while ((p = strchr(p, ';')) && p < end) {
		size_t size;

		p++;
		if (strncasecmp(p, name, n) != 0 || p[n] != '=')
			continue;
		p += n + 1;
		size = *p == '"' ? strcspn(++p, "\"") : strcspn(p, ";:");
		memcpy(out, p, size);
		out[size] = '\0';
		return true;
	}
	return false;
}

/* Text with its escapes undone, as one line that is fit to be kept. */
static void take_text(const char *text, char out[EVENTS_ICS_TEXT_MAX + 1])
{
	char plain[LINE_BYTES];
	size_t used = 0;

	for (; *text && used + 1 < sizeof(plain); text++) {
		if (*text == '\\' && text[1])
			plain[used++] = strchr("nN", *++text) ? ' ' : *text;
		else
			plain[used++] = *text;
	}
	plain[used] = '\0';
	entry_text_set(out, EVENTS_ICS_TEXT_MAX + 1, plain);
}

/* ---- times ---- */

/* So many digits as a number; -1: they are none. */
static int digits(const char *text, size_t count)
{
	int number = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = 10 * number + text[i] - '0';
	}
	return number;
}

/* "20261201T180000Z", "20261201T180000" of local time, or "20261201". */
static int parse_time(const char *text, int64_t *ret_us)
{
	size_t size = strlen(text);
	struct civil civil;
	int64_t us[2];
	int hour = 0, minute = 0, second = 0;

	if (size < 8 || civil_from_ymd(digits(text, 4), digits(text + 4, 2), digits(text + 6, 2),
				&civil) < 0)
		return -EINVAL;
	if (size > 8) {
		if (text[8] != 'T' || (size != 15 && (size != 16 || text[15] != 'Z')))
			return -EINVAL;
		hour = digits(text + 9, 2);
		minute = digits(text + 11, 2);
		second = digits(text + 13, 2);
	}
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
		return -EINVAL;
	if (size == 16) {
		*ret_us = (((int64_t)civil.date * 24 + hour) * 60 + minute) * 60000000 +
			  (int64_t)second * 1000000;
		return 0;
	}
	civil.minute = (uint16_t)(60 * hour + minute);
	civil.second = (uint8_t)second;
	if (clock_instants(&civil, us) < 0)
		return -EINVAL;
	*ret_us = us[0];
	return 0;
}

static int take_time(struct ics *f, const char *line, const char *value, int64_t *ret_us)
{
	char zone[LINE_BYTES];

	if (parameter(line, "TZID", zone) && strcmp(zone, f->zone) != 0)
		return complain(f,
			"a time is of zone %.60s, the site is in %.60s: export it in UTC", zone,
			f->zone);
	if (parse_time(value, ret_us) < 0 || *ret_us < 0)
		return complain(f, "no time can be read here; write 20261201T180000Z");
	return 0;
}

/* ---- events ---- */

static int take_guest(
	struct ics *f, const char *line, const char *value, struct events_ics_event *e)
{
	struct events_ics_guest *guests, *g;
	char name[LINE_BYTES];

	if (e->guest_count == EVENTS_ICS_GUESTS_MAX)
		return complain(f, "more than %d guests", EVENTS_ICS_GUESTS_MAX);
	guests = reallocarray(e->guests, e->guest_count + 1, sizeof(*guests));
	if (!guests)
		return no_memory(f);
	e->guests = guests;
	g = &guests[e->guest_count++];
	if (strncasecmp(value, "mailto:", 7) == 0)
		value += 7;
	take_text(value, g->email);
	take_text(parameter(line, "CN", name) ? name : value, g->name);
	return 0;
}

static int take_property(struct ics *f, const char *line, struct events_ics_event *e)
{
	const char *value;

	if ((value = value_of(line, "SUMMARY")))
		take_text(value, e->title);
	else if ((value = value_of(line, "LOCATION")))
		take_text(value, e->room);
	else if ((value = value_of(line, "DTSTART")))
		return take_time(f, line, value, &e->starts_us);
	else if ((value = value_of(line, "DTEND")))
		return take_time(f, line, value, &e->ends_us);
	else if ((value = value_of(line, "ATTENDEE")))
		return take_guest(f, line, value, e);
	else if (value_of(line, "RRULE") || value_of(line, "RDATE") || value_of(line, "DURATION"))
		return complain(f, "an event repeats or has a duration, which is not read: give "
				   "DTEND, and repeat it with tapin event repeat");
	return 0;
}

/* Where it is one: whoever stays on keeps its guests. */
static int keep(struct ics *f, struct events_ics_event *e, bool cancelled)
{
	struct events_ics_event *events;

	if (cancelled) {
		free(e->guests);
		return 0;
	}
	if (!*e->title || e->starts_us == 0 || e->ends_us <= e->starts_us) {
		free(e->guests);
		return complain(f, "an event ends here without SUMMARY, DTSTART, or a DTEND after "
				   "it");
	}
	if (f->events.count == EVENTS_ICS_MAX) {
		free(e->guests);
		return complain(f, "more than %d events", EVENTS_ICS_MAX);
	}
	events = reallocarray(f->events.events, f->events.count + 1, sizeof(*events));
	if (!events) {
		free(e->guests);
		return no_memory(f);
	}
	f->events.events = events;
	events[f->events.count++] = *e;
	return 0;
}

/* From BEGIN:VEVENT to its END; what is nested in it (alarms) is left alone. */
static int read_event(struct ics *f)
{
	struct events_ics_event e = {.starts_us = 0};
	char line[LINE_BYTES];
	bool cancelled = false;
	unsigned depth = 0;

	while (next_line(f, line)) {
		int r = 0;

		if (value_of(line, "BEGIN"))
			depth++;
		else if (value_of(line, "END") && depth > 0)
			depth--;
		else if (is_line(line, "END", "VEVENT"))
			return keep(f, &e, cancelled);
		else if (depth == 0)
			r = take_property(f, line, &e);
		cancelled |= depth == 0 && is_line(line, "STATUS", "CANCELLED");
		if (r < 0) {
			free(e.guests);
			return r;
		}
	}
	free(e.guests);
	return complain(f, "the file ends within an event: is it whole?");
}

int events_ics_read(const char *name, const char *text, size_t size, const char *zone,
	struct events_ics *ret_events, char err[ERR_MAX])
{
	struct ics f = {.name = name, .text = text, .size = size, .zone = zone, .err = err};
	char line[LINE_BYTES];
	int r = 0;

	if (size > EVENTS_ICS_FILE_MAX || !next_line(&f, line) ||
		!is_line(line, "BEGIN", "VCALENDAR")) {
		f.line = 1;
		return complain(&f, "this is no iCalendar file of at most 1 MiB");
	}
	while (r == 0 && next_line(&f, line))
		if (is_line(line, "BEGIN", "VEVENT"))
			r = read_event(&f);
	if (r == 0 && f.events.count == 0)
		r = complain(&f, "the file has no event");
	if (r < 0) {
		events_ics_free(&f.events);
		return r;
	}
	*ret_events = f.events;
	return (int)f.events.count;
}

void events_ics_free(struct events_ics *events)
{
	for (size_t i = 0; i < events->count; i++)
		free(events->events[i].guests);
	free(events->events);
	*events = (struct events_ics){0};
}
