/* SPDX-License-Identifier: Apache-2.0 */
/* The list of a roll call. */
#include "wire/rollcall.h"

#include "body.h"

#include <string.h>

#define TYPE "rollcall"

/* Letters, digits and what stands in the names of zones: a text that becomes TZ names no file. */
static bool timezone_valid(const char *text)
{
	return *text && *text != '/' && *text != ':' && !strstr(text, "..") &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-") ==
		       strlen(text);
}

/* ---- writing ---- */

static json_t *person_json(const struct rollcall_person *person)
{
	if (person->since_us < 0 || !body_line_valid(person->name, sizeof(person->name)) ||
		!body_line_valid(person->zone, sizeof(person->zone)))
		return NULL;
	if (!*person->zone)
		return json_pack("{s:s, s:I, s:b}", "name", person->name, "since_us",
			(json_int_t)person->since_us, "sure", person->sure);
	return json_pack("{s:s, s:s, s:I, s:b}", "name", person->name, "zone", person->zone,
		"since_us", (json_int_t)person->since_us, "sure", person->sure);
}

static json_t *event_json(const struct rollcall_event *event)
{
	if (!body_line_valid(event->title, sizeof(event->title)))
		return NULL;
	return json_pack(
		"{s:s, s:I}", "title", event->title, "headcount", (json_int_t)event->headcount);
}

static int put_lists(json_t *object, const struct rollcall *list)
{
	json_t *people = json_array(), *events = json_array();

	/* from here on object owns them */
	if (json_object_set_new(object, "people", people) < 0 ||
		json_object_set_new(object, "events", events) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < list->people_count; i++)
		if (json_array_append_new(people, person_json(&list->people[i])) < 0)
			return -EINVAL;
	for (size_t i = 0; i < list->event_count; i++)
		if (json_array_append_new(events, event_json(&list->events[i])) < 0)
			return -EINVAL;
	return 0;
}

static bool valid(const struct rollcall *list)
{
	return name_id_valid(list->site) && body_line_valid(list->title, sizeof(list->title)) &&
	       timezone_valid(list->timezone) && list->as_of_us >= 0 &&
	       list->people_count <= ROLLCALL_PEOPLE_MAX &&
	       list->event_count <= ROLLCALL_EVENTS_MAX &&
	       (uint64_t)list->sure + list->likely >= list->people_count;
}

int rollcall_write(const struct rollcall *list, char **ret_text)
{
	json_t *object;
	int r;

	if (!valid(list))
		return -EINVAL;
	object = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "version", 1, "type", TYPE,
		"site", list->site, "title", list->title, "timezone", list->timezone, "as_of_us",
		(json_int_t)list->as_of_us, "sure", (json_int_t)list->sure, "likely",
		(json_int_t)list->likely);
	r = object ? put_lists(object, list) : -ENOMEM;
	if (r < 0) {
		json_decref(object);
		return r;
	}
	return body_dump(object, ROLLCALL_TEXT_MAX, ret_text);
}

/* ---- reading ---- */

static int get_person(
	const struct json_place *place, const json_t *object, struct rollcall_person *person)
{
	int r = body_get_line(place, object, "name", 0, person->name, sizeof(person->name));

	if (r == 0 && json_object_get(object, "zone"))
		r = body_get_line(place, object, "zone", 1, person->zone, sizeof(person->zone));
	if (r == 0)
		r = body_get_time(place, object, "since_us", &person->since_us);
	return r == 0 ? body_get_bool(place, object, "sure", &person->sure) : r;
}

static int get_event(
	const struct json_place *place, const json_t *object, struct rollcall_event *event)
{
	int r = body_get_line(place, object, "title", 0, event->title, sizeof(event->title));

	return r == 0 ? body_get_u32(place, object, "headcount", 0, UINT32_MAX, &event->headcount)
		      : r;
}

/* The array under key, of at most max things, and room for each. */
static int get_array(const struct json_place *place, const json_t *object, const char *key,
	size_t max, size_t each, const json_t **ret_array, void *ret_room)
{
	const json_t *array = json_object_get(object, key);

	if (!json_is_array(array) || json_array_size(array) > max)
		return json_complain(place, key, "expected a list of at most %zu", max);
	*(void **)ret_room = calloc(json_array_size(array) + 1, each);
	if (!*(void **)ret_room)
		return json_complain(place, key, "no memory");
	*ret_array = array;
	return 0;
}

static int get_people(const struct json_place *place, const json_t *object, struct rollcall *list)
{
	struct json_place at = {.file = place->file, .list = "people", .err = place->err};
	const json_t *array = NULL;
	int r = get_array(place, object, "people", ROLLCALL_PEOPLE_MAX, sizeof(*list->people),
		&array, &list->people);

	for (; r == 0 && at.index < json_array_size(array); at.index++)
		r = get_person(&at, json_array_get(array, at.index), &list->people[at.index]);
	list->people_count = json_array_size(array);
	return r;
}

static int get_events(const struct json_place *place, const json_t *object, struct rollcall *list)
{
	struct json_place at = {.file = place->file, .list = "events", .err = place->err};
	const json_t *array = NULL;
	int r = get_array(place, object, "events", ROLLCALL_EVENTS_MAX, sizeof(*list->events),
		&array, &list->events);

	for (; r == 0 && at.index < json_array_size(array); at.index++)
		r = get_event(&at, json_array_get(array, at.index), &list->events[at.index]);
	list->event_count = json_array_size(array);
	return r;
}

static int get_list(const struct json_place *place, const json_t *object, struct rollcall *list)
{
	int r = body_get_name(place, object, "site", list->site);

	if (r == 0)
		r = body_get_line(place, object, "title", 0, list->title, sizeof(list->title));
	if (r == 0)
		r = body_get_line(
			place, object, "timezone", 1, list->timezone, sizeof(list->timezone));
	if (r == 0 && !timezone_valid(list->timezone))
		r = json_complain(place, "timezone", "expected one like Europe/London");
	if (r == 0)
		r = body_get_time(place, object, "as_of_us", &list->as_of_us);
	if (r == 0)
		r = body_get_u32(place, object, "sure", 0, UINT32_MAX, &list->sure);
	if (r == 0)
		r = body_get_u32(place, object, "likely", 0, UINT32_MAX, &list->likely);
	if (r == 0)
		r = get_people(place, object, list);
	if (r == 0 && (uint64_t)list->sure + list->likely < list->people_count)
		r = json_complain(place, "sure", "more people are listed than counted");
	return r == 0 ? get_events(place, object, list) : r;
}

int rollcall_read(const char *text, size_t size, struct rollcall *ret_list, char err[ERR_MAX])
{
	const struct json_place place = {.file = "roll call", .err = err};
	struct rollcall list = {0};
	json_t *object;
	int r = body_open(&place, text, size, ROLLCALL_TEXT_MAX, TYPE, &object);

	if (r < 0)
		return -EBADMSG;
	r = get_list(&place, object, &list);
	json_decref(object);
	if (r < 0) {
		rollcall_free(&list);
		return -EBADMSG;
	}
	*ret_list = list;
	return 0;
}

void rollcall_free(struct rollcall *list)
{
	free(list->people);
	free(list->events);
	*list = (struct rollcall){0};
}
