/* SPDX-License-Identifier: Apache-2.0 */
/* Events: booked gatherings, for which a door may stand open. */
#include "api.h"

#include <string.h>

#define CAPACITY_MAX 100000
#define AROUND_MAX 1440 /* minutes */

/* listed and arrived: how many; NULL for the audit */
static void write_event(
	struct api_writer *out, const struct registry_event *event, const uint32_t count[2])
{
	api_object(out, NULL);
	api_number(out, "id", event->id);
	api_text(out, "title", event->title);
	api_text_or_null(out, "door", event->door);
	api_time(out, "doors_from", event->doors_from_us);
	api_time(out, "doors_until", event->doors_until_us);
	api_number(out, "capacity", event->capacity);
	api_number(out, "headcount", event->headcount);
	api_text(out, "note", event->note);
	api_text(out, "room", event->room);
	api_time(out, "starts", event->starts_us);
	api_time(out, "ends", event->ends_us);
	api_number(out, "before_minutes", event->before_minutes);
	api_number(out, "after_minutes", event->after_minutes);
	api_bool(out, "free", event->free);
	api_number_or_null(out, "series", event->series);
	if (count) {
		api_number(out, "listed", count[0]);
		api_number(out, "arrived", count[1]);
	}
	api_number(out, "version", event->version);
	api_end(out);
}

int api_event_show(struct api_call *call, const struct registry_event *event)
{
	uint32_t count[2] = {0};
	int r = registry_event_count(call->registry, event->id, &count[0], &count[1]);

	if (r >= 0)
		write_event(&call->out, event, count);
	return r;
}

static int list_events(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_event *rows = NULL;
	struct api_page page;
	int64_t since = 0;
	int n;

	api_page_read(call, "events", REGISTRY_PAGE_MAX, &page);
	api_query_time(call, "since", &since);
	if (call->errors.count > 0)
		return api_malformed(call);
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_events(call->registry, page.after, since, rows, page.limit) : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++) {
		int r = api_event_show(call, &rows[i]);

		if (r < 0)
			return r;
	}
	api_page_close(call, "events", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	return 0;
}

static int show_event(struct api_call *call)
{
	struct registry_event event;
	int r = registry_event(call->registry, call->id, &event);

	if (r < 0)
		return r;
	api_etag(call, event.version);
	return api_event_show(call, &event);
}

static bool read_event(struct api_body *body, struct registry_event *event, enum api_need needed)
{
	api_get_text(body, "title", needed, 1, REGISTRY_NAME_MAX, event->title);
	api_get_name(body, "door", API_NULLABLE, event->door);
	api_get_time(body, "doors_from", API_NULLABLE, &event->doors_from_us);
	api_get_time(body, "doors_until", API_NULLABLE, &event->doors_until_us);
	api_get_u32(body, "capacity", API_OPTIONAL, 0, CAPACITY_MAX, &event->capacity);
	api_get_u32(body, "headcount", API_OPTIONAL, 0, CAPACITY_MAX, &event->headcount);
	api_get_text(body, "note", API_OPTIONAL, 0, REGISTRY_NOTE_MAX, event->note);
	api_get_text(body, "room", API_OPTIONAL, 0, REGISTRY_NAME_MAX, event->room);
	api_get_time(body, "starts", API_NULLABLE, &event->starts_us);
	api_get_time(body, "ends", API_NULLABLE, &event->ends_us);
	api_get_u32(body, "before_minutes", API_OPTIONAL, 0, AROUND_MAX, &event->before_minutes);
	api_get_u32(body, "after_minutes", API_OPTIONAL, 0, AROUND_MAX, &event->after_minutes);
	api_get_bool(body, "free", API_OPTIONAL, &event->free);
	return api_body_done(body);
}

static int finish(struct api_call *call, int r, uint64_t id, const char *action,
	const struct api_writer *before)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	struct registry_event event = {0};
	char object[80];

	if (r >= 0)
		r = registry_event(call->registry, id, &event);
	if (r >= 0) {
		write_event(&after, &event, NULL);
		api_object_name(object, "event", id);
		r = api_audit(call, action, object, before, &after);
	}
	if (r >= 0)
		r = api_event_show(call, &event);
	r = api_commit(call, r, NULL);
	if (r == 0)
		api_etag(call, event.version);
	return r;
}

static int add_event(struct api_call *call)
{
	struct registry_event event = {0};
	uint64_t id = 0;
	int r;

	if (!read_event(&call->body, &event, API_REQUIRED))
		return api_malformed(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_event_add(call->registry, &event, &id);
	call->status = 201;
	return finish(call, r, id, "event.add", NULL);
}

static int change_event(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_event event;
	int r = registry_event(call->registry, call->id, &event);

	if (r < 0)
		return r;
	write_event(&before, &event, NULL);
	if (!read_event(&call->body, &event, API_OPTIONAL))
		return api_malformed(call);
	if (!api_matches(call, event.version))
		return API_ANSWERED;
	r = api_begin(call);
	if (r == 0)
		r = registry_event_change(call->registry, &event);
	return finish(call, r, call->id, "event.change", &before);
}

static int remove_event(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_event event;
	char object[80];
	int r = registry_event(call->registry, call->id, &event);

	if (r < 0)
		return r;
	if (!api_matches(call, event.version))
		return API_ANSWERED;
	write_event(&before, &event, NULL);
	api_object_name(object, "event", call->id);
	r = api_begin(call);
	if (r == 0)
		r = registry_event_remove(call->registry, call->id, 0);
	if (r >= 0)
		r = api_audit(call, "event.remove", object, &before, NULL);
	call->status = 204;
	return api_commit(call, r, NULL);
}

static int repeat_event(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	uint32_t every_days = 7, times = 0;
	struct registry_event event;
	int r = registry_event(call->registry, call->id, &event);

	if (r < 0)
		return r;
	write_event(&before, &event, NULL);
	api_get_u32(&call->body, "every_days", API_OPTIONAL, 1, 366, &every_days);
	api_get_u32(&call->body, "times", API_REQUIRED, 2, 60, &times);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_event_repeat(call->registry, call->id, every_days, times);
	return finish(call, r, call->id, "event.repeat", &before);
}

const struct api_route api_event_routes[] = {
	{"GET", "/events", API_ALL, API_TAKES_NOTHING, "limit cursor since", list_events, 0,
		API_ROW},
	{"POST", "/events", API_WORKS, API_TAKES_JSON, NULL, add_event, 0, API_ROW},
	{"GET", "/events/{id}", API_ALL, API_TAKES_NOTHING, NULL, show_event, 0, API_ROW},
	{"PATCH", "/events/{id}", API_WORKS, API_TAKES_JSON, NULL, change_event, 0, API_ROW},
	{"POST", "/events/{id}/repeat", API_WORKS, API_TAKES_JSON, NULL, repeat_event, 0, API_ROW},
	{"DELETE", "/events/{id}", API_WORKS, API_TAKES_NOTHING, NULL, remove_event, 0, API_ROW},
	{0},
};
