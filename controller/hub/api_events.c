/* SPDX-License-Identifier: Apache-2.0 */
/* Events: booked gatherings that hold a door. */
#include "api.h"

#include <string.h>

#define CAPACITY_MAX 100000

static void write_event(struct api_writer *out, const struct registry_event *event)
{
	api_object(out, NULL);
	api_number(out, "id", event->id);
	api_text(out, "title", event->title);
	api_text_or_null(out, "door", event->door);
	api_time(out, "doors_from", event->doors_from_us);
	api_time(out, "doors_until", event->doors_until_us);
	api_number(out, "capacity", event->capacity);
	api_text(out, "note", event->note);
	api_number(out, "version", event->version);
	api_end(out);
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
	for (int i = 0; i < n; i++)
		write_event(&call->out, &rows[i]);
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
	write_event(&call->out, &event);
	return 0;
}

static bool read_event(struct api_body *body, struct registry_event *event, enum api_need needed)
{
	api_get_text(body, "title", needed, 1, REGISTRY_NAME_MAX, event->title);
	api_get_name(body, "door", API_NULLABLE, event->door);
	api_get_time(body, "doors_from", API_NULLABLE, &event->doors_from_us);
	api_get_time(body, "doors_until", API_NULLABLE, &event->doors_until_us);
	api_get_u32(body, "capacity", API_OPTIONAL, 0, CAPACITY_MAX, &event->capacity);
	api_get_text(body, "note", API_OPTIONAL, 0, REGISTRY_NOTE_MAX, event->note);
	return api_body_done(body);
}

static int finish(struct api_call *call, int r, uint64_t id, const char *action,
	const struct api_writer *before)
{
	struct registry_event event = {0};
	char object[80];

	if (r >= 0)
		r = registry_event(call->registry, id, &event);
	if (r >= 0) {
		write_event(&call->out, &event);
		api_object_name(object, "event", id);
		r = api_audit(call, action, object, before, &call->out);
	}
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
	write_event(&before, &event);
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
	write_event(&before, &event);
	api_object_name(object, "event", call->id);
	r = api_begin(call);
	if (r == 0)
		r = registry_event_remove(call->registry, call->id, 0);
	if (r >= 0)
		r = api_audit(call, "event.remove", object, &before, NULL);
	call->status = 204;
	return api_commit(call, r, NULL);
}

const struct api_route api_event_routes[] = {
	{"GET", "/events", API_ALL, API_TAKES_NOTHING, "limit cursor since", list_events, 0,
		API_ROW},
	{"POST", "/events", API_WORKS, API_TAKES_JSON, NULL, add_event, 0, API_ROW},
	{"GET", "/events/{id}", API_ALL, API_TAKES_NOTHING, NULL, show_event, 0, API_ROW},
	{"PATCH", "/events/{id}", API_WORKS, API_TAKES_JSON, NULL, change_event, 0, API_ROW},
	{"DELETE", "/events/{id}", API_WORKS, API_TAKES_NOTHING, NULL, remove_event, 0, API_ROW},
	{0},
};
