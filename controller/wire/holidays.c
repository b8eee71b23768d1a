/* SPDX-License-Identifier: Apache-2.0 */
/* GOV.UK's bank-holidays.json. */
#include "wire/holidays.h"

#include "wire/json.h"

#include <errno.h>
#include <string.h>

#define DIVISION "england-and-wales"

struct listed {
	int32_t dates[CALENDAR_DATES_MAX];
	size_t count;
};

static int list_event(const struct json_place *place, const json_t *event, struct listed *listed)
{
	static const char expected[] = "a date such as \"2026-12-25\"";
	const char *text;
	int32_t date;

	if (!json_is_object(event))
		return json_refuse(place, "", event, "an object with a title and a date");
	if (json_get_text(place, event, "date", expected, &text) < 0)
		return -EINVAL;
	if (civil_date_parse(text, &date) < 0)
		return json_refuse(place, "date", json_object_get(event, "date"), expected);
	if (listed->count == CALENDAR_DATES_MAX)
		return json_complain(place, "date", "more than %d dates", CALENDAR_DATES_MAX);
	listed->dates[listed->count++] = date;
	return 0;
}

static int list_events(struct json_place *place, const json_t *root, struct listed *listed)
{
	const json_t *division = json_object_get(root, DIVISION), *events, *event;

	if (!json_is_object(division))
		return json_refuse(place, DIVISION, division, "GOV.UK's bank holidays");
	events = json_object_get(division, "events");
	if (!json_is_array(events) || json_array_size(events) == 0)
		return json_refuse(place, "events", events, "a list of holidays");
	place->list = "events";
	json_array_foreach(events, place->index,
		event) if (list_event(place, event, listed) < 0) return -EINVAL;
	return 0;
}

static bool is_listed(const struct listed *listed, int32_t date)
{
	for (size_t i = 0; i < listed->count; i++)
		if (listed->dates[i] == date)
			return true;
	return false;
}

/* The year of a listed date, if the file gives it whole, loses the holidays it does not list. */
static int settle_year(struct calendar *calendar, const struct listed *listed, int year)
{
	size_t count = 0;
	struct civil c;

	for (size_t i = 0; i < listed->count; i++) {
		civil_from_date(listed->dates[i], &c);
		count += c.year == year;
	}
	for (int32_t date = civil_date(year, 1, 1);
		count >= HOLIDAYS_YEAR_MIN && date < civil_date(year + 1, 1, 1); date++) {
		civil_from_date(date, &c);
		if (calendar_holiday(calendar, &c) && !is_listed(listed, date) &&
			calendar_date_set(calendar, date, false) < 0)
			return -ENOSPC;
	}
	return 0;
}

static int take(struct calendar *calendar, const struct listed *listed)
{
	int year = 0;

	for (size_t i = 0; i < listed->count; i++) {
		struct civil c;

		civil_from_date(listed->dates[i], &c);
		if (calendar_date_set(calendar, c.date, true) < 0)
			return -ENOSPC;
		if (c.year != year && settle_year(calendar, listed, c.year) < 0)
			return -ENOSPC;
		year = c.year;
	}
	return 0;
}

int holidays_read_json(const char *name, const char *text, size_t size, struct calendar *calendar,
	char err[ERR_MAX])
{
	struct json_place place = {.file = name, .err = err};
	struct calendar copy = *calendar;
	struct listed listed = {.count = 0};
	json_t *root = NULL;
	int r;

	if (size > HOLIDAYS_FILE_MAX)
		return json_complain(&place, "", "larger than %d bytes", HOLIDAYS_FILE_MAX);
	r = json_read_object(&place, text, size, &root);
	if (r == 0)
		r = list_events(&place, root, &listed);
	json_decref(root);
	if (r < 0)
		return r;
	place.list = NULL;
	if (take(&copy, &listed) < 0)
		return json_complain(&place, "",
			"with it the calendar would hold more than %d dates", CALENDAR_DATES_MAX);
	*calendar = copy;
	return (int)listed.count;
}

int holidays_read(const char *name, const char *text, size_t size, struct calendar *calendar,
	char err[ERR_MAX])
{
	size_t at = 0;

	while (at < size && memchr(" \t\r\n", text[at], 4))
		at++;
	if (at < size && text[at] == '{')
		return holidays_read_json(name, text, size, calendar, err);
	return holidays_read_ics(name, text, size, calendar, err);
}
