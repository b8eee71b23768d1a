/* SPDX-License-Identifier: Apache-2.0 */
/* Doors: what is known of them; api_door_acts.c has what is done to them. */
#include "api_doors.h"

#include <string.h>

void api_write_door(struct api_call *call, struct api_writer *out, const struct registry_door *door)
{
	struct registry_roster roster = {0};

	registry_roster(call->registry, &roster);
	api_object(out, NULL);
	api_door_fields(out, door, &roster.revision);
	api_end(out);
}

void api_door_fields(
	struct api_writer *out, const struct registry_door *door, const struct revision *newest)
{
	api_text(out, "name", door->name);
	api_text(out, "title", door->title);
	api_text(out, "zone", door->zone);
	api_text(out, "status", registry_door_status_name(door->status));
	api_text_or_null(out, "key_id", door->has_key ? door->key.id : "");
	api_bool(out, "online", door->online);
	api_time(out, "since", door->online_us);
	api_time(out, "asked_at", door->asked_us);
	api_text(out, "program", door->program);
	api_revision(out, "revision", &door->revision);
	api_bool(out, "confirmed", api_confirmed(door, newest));
	api_text(out, "mode", door_mode_name((enum door_mode)door->mode));
	if (door->hold_until_us) {
		api_object(out, "hold");
		api_time(out, "from", door->hold_from_us);
		api_time(out, "until", door->hold_until_us);
		api_bool(out, "event", door->hold_event);
		api_end(out);
	} else {
		api_null(out, "hold");
	}
	api_text(out, "state_by", door->state_actor);
	api_time(out, "state_at", door->state_us);
	api_raw(out, "last_status", door->status_json);
	api_number(out, "version", door->version);
}

/* What the audit keeps: what an operator decides, not what the door last said. */
static void write_decided(struct api_writer *out, const struct registry_door *door)
{
	api_object(out, NULL);
	api_text(out, "name", door->name);
	api_text(out, "title", door->title);
	api_text(out, "zone", door->zone);
	api_text(out, "status", registry_door_status_name(door->status));
	api_text_or_null(out, "key_id", door->has_key ? door->key.id : "");
	api_text(out, "mode", door_mode_name((enum door_mode)door->mode));
	api_time(out, "hold_from", door->hold_from_us);
	api_time(out, "hold_until", door->hold_until_us);
	api_bool(out, "event", door->hold_event);
	api_end(out);
}

int api_door_load(
	struct api_call *call, struct registry_door *ret_door, struct api_writer *ret_before)
{
	int r;

	sync_flush(call->hub);
	r = registry_door(call->registry, call->parameter, ret_door);
	if (r < 0)
		return r;
	if (ret_before)
		write_decided(ret_before, ret_door);
	return 0;
}

int api_door_finish(struct api_call *call, int r, const char *name, const char *action,
	const struct api_writer *before)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	CLEANUP(registry_door_free) struct registry_door door = {0};
	char object[80];

	if (r >= 0)
		r = registry_door(call->registry, name, &door);
	if (r >= 0) {
		write_decided(&after, &door);
		snprintf(object, sizeof(object), "door/%s", name);
		r = api_audit(call, action, object, before, &after);
	}
	r = api_commit(call, r, NULL);
	if (r < 0)
		return r;
	api_etag(call, door.version);
	api_write_door(call, &call->out, &door);
	return 0;
}

/* ---- routes ---- */

static int list_doors(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_door *rows = NULL;
	struct api_page page;
	int n;

	api_page_read(call, "doors", REGISTRY_PAGE_MAX, &page);
	if (call->errors.count > 0)
		return api_malformed(call);
	sync_flush(call->hub);
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_doors(call->registry, *page.name ? page.name : NULL, rows, page.limit)
		 : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		api_write_door(call, &call->out, &rows[i]);
	api_page_close(call, "doors", &page, (size_t)n, 0, n ? rows[n - 1].name : "");
	for (int i = 0; i < n; i++)
		registry_door_free(&rows[i]);
	return 0;
}

static int show_door(struct api_call *call)
{
	CLEANUP(registry_door_free) struct registry_door door = {0};
	int r = api_door_load(call, &door, NULL);

	if (r < 0)
		return r;
	api_etag(call, door.version);
	api_write_door(call, &call->out, &door);
	return 0;
}

static int add_door(struct api_call *call)
{
	char name[NAME_ID_MAX] = "", title[REGISTRY_NAME_MAX + 1] = "";
	int r;

	api_get_name(&call->body, "name", API_REQUIRED, name);
	api_get_text(&call->body, "title", API_OPTIONAL, 0, REGISTRY_NAME_MAX, title);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_door_add(call->registry, name, title);
	call->status = 201;
	return api_door_finish(call, r, name, "door.add", NULL);
}

static int change_door(struct api_call *call)
{
	CLEANUP(registry_door_free) struct registry_door door = {0};
	CLEANUP(api_writer_free) struct api_writer before = {0};
	char zone[REGISTRY_ZONE_MAX + 1], title[REGISTRY_NAME_MAX + 1];
	int r = api_door_load(call, &door, &before);

	if (r < 0)
		return r;
	strcpy(title, door.title);
	strcpy(zone, door.zone);
	api_get_text(&call->body, "title", API_OPTIONAL, 0, REGISTRY_NAME_MAX, title);
	api_get_text(&call->body, "zone", API_OPTIONAL, 0, REGISTRY_ZONE_MAX, zone);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (!api_matches(call, door.version))
		return API_ANSWERED;
	r = api_begin(call);
	if (r == 0)
		r = registry_door_title(call->registry, door.name, title, 0);
	if (r >= 0 && strcmp(zone, door.zone) != 0)
		r = registry_door_zone(call->registry, door.name, zone);
	return api_door_finish(call, r, door.name, "door.change", &before);
}

static int remove_door(struct api_call *call)
{
	CLEANUP(registry_door_free) struct registry_door door = {0};
	CLEANUP(api_writer_free) struct api_writer before = {0};
	char err[ERR_MAX] = "", object[80];
	int r = api_door_load(call, &door, &before);

	if (r < 0)
		return r;
	if (!api_matches(call, door.version))
		return API_ANSWERED;
	snprintf(object, sizeof(object), "door/%s", door.name);
	r = api_begin(call);
	if (r == 0)
		r = registry_door_remove(call->registry, door.name, 0);
	if (r >= 0)
		r = api_audit(call, "door.remove", object, &before, NULL);
	/* only what may go is cut off, and before it is gone: then it can be removed again */
	if (r >= 0 && provision_cut_off(call->hub, door.name, err) < 0) {
		registry_abort(call->registry);
		return api_refuse(call, 409, "away", "The broker is away", "%s", err);
	}
	call->status = 204;
	return api_commit(call, r, NULL);
}

const struct api_route api_door_routes[] = {
	{"GET", "/doors", API_ALL, API_TAKES_NOTHING, "limit cursor", list_doors, 0, API_ROW},
	{"POST", "/doors", API_ADMIN, API_TAKES_JSON, NULL, add_door, 0, API_ROW},
	{"GET", "/doors/{name}", API_ALL, API_TAKES_NOTHING, NULL, show_door, 0, API_ROW},
	{"PATCH", "/doors/{name}", API_ADMIN, API_TAKES_JSON, NULL, change_door, 0, API_ROW},
	{"DELETE", "/doors/{name}", API_ADMIN, API_TAKES_NOTHING, NULL, remove_door, 0, API_ROW},
	{"POST", "/doors/{name}/bundle", API_ADMIN, API_TAKES_NOTHING, NULL, api_door_bundle, 0,
		API_ROW},
	{"POST", "/doors/{name}/stolen", API_ADMIN, API_TAKES_NOTHING, NULL, api_door_stolen, 0,
		API_ROW},
	{"POST", "/doors/{name}/commands", API_WORKS, API_TAKES_JSON, NULL, api_door_command, 0,
		API_ROW},
	{"PUT", "/doors/{name}/state", API_WORKS, API_TAKES_JSON, NULL, api_door_state, 0, API_ROW},
	{"GET", "/commands/{id}", API_ALL, API_TAKES_NOTHING, NULL, api_command_show, 0, API_HEX},
	{0},
};
