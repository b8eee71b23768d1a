/* SPDX-License-Identifier: Apache-2.0 */
/* The roster file's closures, special openings and holidays. */
#include "wire/roster_record.h"

#include "core/hours.h"

#include <string.h>

static const char *const exception_keys[] = {"from", "to", "times", "door", "reason"};
static const char *const holiday_keys[] = {"date", "holiday"};

static int get_date(
	const struct json_place *place, const json_t *object, const char *key, int32_t *ret_date)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value) || civil_date_parse(json_string_value(value), ret_date) < 0)
		return json_refuse(place, key, value, "a date as \"2026-12-24\"");
	return 0;
}

/* One span of the hours language: "12:00-24:00", "22:00-02:00", "22:00-26:00". */
static int get_times(
	const struct json_place *place, const json_t *object, struct calendar_exception *e)
{
	static const char expected[] =
		"times as \"12:00-24:00\", of each day; leave it out for whole days";
	const json_t *value = json_object_get(object, "times");
	const char *text = json_string_value(value);
	struct hours_error error;
	struct hours hours;

	e->end = 1440;
	if (!value)
		return 0;
	/* that long, these characters can say nothing but a span */
	if (!text || strlen(text) != 11 || strspn(text, "0123456789:-") != 11)
		return json_refuse(place, "times", value, expected);
	if (hours_compile(text, &hours, &error) < 0 || hours.span_count != 1)
		return json_refuse(place, "times", value, expected);
	e->start = hours.spans[0].start;
	e->end = hours.spans[0].end;
	return 0;
}

static int get_reason(
	const struct json_place *place, const json_t *object, char out[CALENDAR_REASON_MAX + 1])
{
	const char *text;

	if (json_get_text(place, object, "reason", "a few words, as \"Christmas\"", &text) < 0)
		return -EINVAL;
	if (!*text || strlen(text) > CALENDAR_REASON_MAX)
		return json_complain(
			place, "reason", "expected 1 to %d bytes of text", CALENDAR_REASON_MAX);
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			return json_complain(
				place, "reason", "holds a control character; write it on one line");
	strcpy(out, text);
	return 0;
}

int roster_exception_read(
	const struct json_place *place, const json_t *object, bool open, struct calendar *calendar)
{
	struct calendar_exception e = {.open = open};
	const json_t *door = json_object_get(object, "door");

	if (json_only_keys(place, object, exception_keys, ARRAY_SIZE(exception_keys)) < 0 ||
		get_date(place, object, "from", &e.first) < 0 ||
		get_date(place, object, "to", &e.last) < 0 || get_times(place, object, &e) < 0 ||
		(door && roster_name_read(place, "door", door, e.door) < 0) ||
		get_reason(place, object, e.reason) < 0)
		return -EINVAL;
	if (e.last < e.first)
		return json_complain(place, "to", "lies before from");
	if (calendar_exception_add(calendar, &e) < 0)
		return json_complain(place, "",
			"closures and openings together are more than %d: leave past ones out",
			CALENDAR_EXCEPTIONS_MAX);
	return 0;
}

int roster_holiday_read(
	const struct json_place *place, const json_t *object, struct calendar *calendar)
{
	const json_t *holiday = json_object_get(object, "holiday");
	unsigned before = calendar->date_count;
	int32_t date = DATE_NONE;

	if (json_only_keys(place, object, holiday_keys, ARRAY_SIZE(holiday_keys)) < 0 ||
		get_date(place, object, "date", &date) < 0)
		return -EINVAL;
	if (!json_is_boolean(holiday))
		return json_refuse(place, "holiday", holiday, "true, or false for no holiday");
	/* a full calendar still takes a date it has: that is a double, too */
	if (calendar_date_set(calendar, date, json_is_true(holiday)) < 0)
		return json_complain(place, "", "more than %d holidays: leave past years out",
			CALENDAR_DATES_MAX);
	if (calendar->date_count == before)
		return json_complain(place, "date", "stands twice; keep one of them");
	return 0;
}
