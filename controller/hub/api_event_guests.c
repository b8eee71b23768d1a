/* SPDX-License-Identifier: Apache-2.0 */
/* Who is expected at an event, and who came. */
#include "api_import.h"

#include <string.h>

/* In the audit a member is a number, which the erasure of that member leaves without a name. */
static void write_fields(
	struct api_writer *out, const struct registry_event_guest *g, bool with_name)
{
	api_number(out, "id", g->id);
	api_number(out, "event", g->event);
	if (with_name)
		api_text(out, "name", g->name);
	api_number_or_null(out, "member", g->member);
	api_number_or_null(out, "card", g->card);
	api_time(out, "arrived_at", g->arrived_us);
	api_text(out, "how", registry_arrival_name(g->how));
	api_text_or_null(out, "by", g->by);
}

static void show(struct api_call *call, const struct registry_event_guest *g)
{
	api_object(&call->out, NULL);
	write_fields(&call->out, g, true);
	api_end(&call->out);
}

static int list_guests(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_event_guest *rows = NULL;
	struct registry_event event;
	struct api_page page;
	int n, r;

	api_page_read(call, "event-guests", REGISTRY_PAGE_MAX, &page);
	if (call->errors.count > 0)
		return api_malformed(call);
	r = registry_event(call->registry, call->id, &event);
	if (r < 0)
		return r;
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_event_guests(call->registry, call->id, page.after, rows, page.limit)
		 : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		show(call, &rows[i]);
	api_page_close(call, "event-guests", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	return 0;
}

static int audit(
	struct api_call *call, const struct registry_event_guest *g, const char *action, bool gone)
{
	CLEANUP(api_writer_free) struct api_writer row = {0};
	char object[80];

	api_object(&row, NULL);
	write_fields(&row, g, false);
	api_end(&row);
	api_object_name(object, "event", g->event);
	return api_audit(call, action, object, gone ? &row : NULL, gone ? NULL : &row);
}

static int finish(struct api_call *call, int r, uint64_t id, const char *action)
{
	struct registry_event_guest guest = {0};

	if (r >= 0)
		r = registry_event_guest(call->registry, id, &guest);
	if (r >= 0)
		r = audit(call, &guest, action, false);
	r = api_commit(call, r, NULL);
	if (r == 0)
		show(call, &guest);
	return r;
}

static int add_guest(struct api_call *call)
{
	struct registry_event_guest guest = {.event = call->id};
	struct api_body *body = &call->body;
	bool walks_in = false, over = false;
	uint64_t id = 0;
	int r;

	api_get_text(body, "name", API_OPTIONAL, 0, REGISTRY_NAME_MAX, guest.name);
	api_get_number(body, "member", API_NULLABLE, 1, API_NUMBER_MAX, &guest.member);
	api_get_number(body, "card", API_NULLABLE, 1, API_NUMBER_MAX, &guest.card);
	api_get_bool(body, "walk_in", API_OPTIONAL, &walks_in);
	api_get_bool(body, "over", API_OPTIONAL, &over);
	if (!api_body_done(body))
		return api_malformed(call);
	guest.how = walks_in ? REGISTRY_ARRIVAL_WALK_IN : REGISTRY_ARRIVAL_NONE;
	if (walks_in)
		snprintf(guest.by, sizeof(guest.by), "%s", call->actor.name);
	r = api_begin(call);
	if (r == 0)
		r = registry_event_guest_add(call->registry, &guest, over, &id);
	call->status = 201;
	return finish(call, r, id, walks_in ? "event.walk_in" : "event.invite");
}

static int remove_guest(struct api_call *call)
{
	struct registry_event_guest guest = {0};
	int r = registry_event_guest(call->registry, call->id, &guest);

	if (r < 0)
		return r;
	r = api_begin(call);
	if (r == 0)
		r = registry_event_guest_remove(call->registry, call->id);
	if (r >= 0)
		r = audit(call, &guest, "event.uninvite", true);
	call->status = 204;
	return api_commit(call, r, NULL);
}

static int tick_guest(struct api_call *call)
{
	bool came = false;
	int r;

	api_get_bool(&call->body, "came", API_REQUIRED, &came);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_event_guest_tick(call->registry, call->id, came, call->actor.name);
	return finish(call, r, call->id, came ? "event.tick" : "event.untick");
}

/* ---- a list from a spreadsheet ---- */

enum column {
	NAME,
	MEMBER,
	EMAIL,
	COLUMNS,
};
static const char *const columns[] = {"name", "member", "email"};

/* The one member of this contact: 1, 0 when there is none or more. */
static int find_contact(struct api_call *call, const char *email, uint64_t *ret_member)
{
	struct registry_member rows[8];
	const struct registry_member_query query = {
		.text = email, .state = -1, .tier = -1, .limit = ARRAY_SIZE(rows)};
	int n = registry_members(call->registry, &query, rows), found = 0;

	for (int i = 0; i < n; i++)
		if (strcasecmp(rows[i].contact, email) == 0) {
			*ret_member = rows[i].id;
			found++;
		}
	return n < 0 ? n : found == 1;
}

static int find_member(struct api_import *import, struct registry_event_guest *guest)
{
	const char *number = api_import_cell(import, MEMBER),
		   *email = api_import_cell(import, EMAIL);

	if (*number && (api_number_parse(number, API_NUMBER_MAX, &guest->member) < 0 ||
			       guest->member == 0)) {
		api_import_say(import, "member: \"%.40s\" is no member's number", number);
		return -EINVAL;
	}
	if (*number || !*email)
		return 0;
	/* who is no member stays a name */
	return find_contact(import->call, email, &guest->member);
}

static int take_guest(struct api_import *import)
{
	struct registry_event_guest guest = {.event = import->call->id};
	const char *name = api_import_cell(import, NAME);
	int r = find_member(import, &guest);

	if (r == -EINVAL)
		return API_EFFECT_ERROR;
	if (r < 0)
		return r;
	if (strlen(name) > REGISTRY_NAME_MAX) {
		api_import_say(import, "name: longer than %d bytes", REGISTRY_NAME_MAX);
		return API_EFFECT_ERROR;
	}
	strcpy(guest.name, name);
	import->member = guest.member;
	/* the same list, imported again */
	r = *name && !guest.member
		    ? registry_event_has_name(import->call->registry, guest.event, name)
		    : 0;
	if (r < 0)
		return r;
	if (r > 0) {
		api_import_say(import, "is on the list already; invite another of that name alone");
		return API_EFFECT_UNCHANGED;
	}
	r = registry_event_guest_add(import->call->registry, &guest, false, NULL);
	if (r == -EEXIST) {
		api_import_say(import, "is on the list already");
		return API_EFFECT_UNCHANGED;
	}
	if (r == -EINVAL || r == -ENOENT) {
		api_import_say(import, "%s", registry_error(import->call->registry));
		return API_EFFECT_ERROR;
	}
	return r < 0 ? r : API_EFFECT_CREATED;
}

static int audit_import(struct api_call *call)
{
	char object[80];

	api_object_name(object, "event", call->id);
	return api_audit(call, "event.import", object, NULL, NULL);
}

int api_import_guests(struct api_call *call)
{
	struct api_import import = {
		.call = call,
		.columns = columns,
		.column_count = COLUMNS,
		.take = take_guest,
		.audit = audit_import,
	};
	struct registry_event event;
	int r = registry_event(call->registry, call->id, &event);

	if (r == 0)
		r = api_import_run(&import);
	api_writer_free(&import.rows);
	return r;
}

const struct api_route api_event_guest_routes[] = {
	{"GET", "/events/{id}/guests", API_ALL, API_TAKES_NOTHING, "limit cursor", list_guests, 0,
		API_ROW},
	{"POST", "/events/{id}/guests", API_WORKS, API_TAKES_JSON, NULL, add_guest, 0, API_ROW},
	{"POST", "/events/{id}/guests/import", API_WORKS, API_TAKES_CSV, "preview",
		api_import_guests, 0, API_ROW},
	{"DELETE", "/event-guests/{id}", API_WORKS, API_TAKES_NOTHING, NULL, remove_guest, 0,
		API_ROW},
	{"PUT", "/event-guests/{id}/arrival", API_WORKS, API_TAKES_JSON, NULL, tick_guest, 0,
		API_ROW},
	{0},
};
