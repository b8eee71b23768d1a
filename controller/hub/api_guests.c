/* SPDX-License-Identifier: Apache-2.0 */
/* Guests of members, on spare cards. */
#include "api.h"

/* No name in the audit, which is kept for longer than that of a guest. */
static void write_fields(struct api_writer *out, const struct registry_guest *g, bool with_name)
{
	api_number(out, "id", g->id);
	api_number(out, "sponsor", g->sponsor);
	if (with_name)
		api_text(out, "name", g->name);
	api_number(out, "card", g->card);
	api_text_or_null(out, "door", g->door);
	api_time(out, "from", g->from_us);
	api_time(out, "until", g->until_us);
	api_text(out, "made_by", g->made_by);
	api_time(out, "made_at", g->made_us);
	api_time(out, "arrived_at", g->arrived_us);
	api_time(out, "ended_at", g->ended_us);
	api_text_or_null(out, "ended_by", g->ended_by);
}

static void show(struct api_call *call, const struct registry_guest *g)
{
	api_object(&call->out, NULL);
	write_fields(&call->out, g, true);
	api_member_name(call, "sponsor_name", g->sponsor);
	api_end(&call->out);
}

static int list_guests(struct api_call *call)
{
	static const char *const words[] = {"false", "true"};
	CLEANUP(cleanup_free) struct registry_guest *rows = NULL;
	struct api_page page;
	uint64_t sponsor = 0;
	int n, active = 1;

	api_page_read(call, "guests", REGISTRY_PAGE_MAX, &page);
	api_query_number(call, "sponsor", &sponsor);
	api_query_word(call, "active", words, ARRAY_SIZE(words), &active);
	if (call->errors.count > 0)
		return api_malformed(call);
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_guests(
			   call->registry, page.after, sponsor, active == 1, rows, page.limit)
		 : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		show(call, &rows[i]);
	api_page_close(call, "guests", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	return 0;
}

static int show_guest(struct api_call *call)
{
	struct registry_guest guest;
	int r = registry_guest(call->registry, call->id, &guest);

	if (r == 0)
		show(call, &guest);
	return r;
}

static int finish(struct api_call *call, int r, uint64_t id, const char *action)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	struct registry_guest guest = {0};
	char object[80];

	if (r >= 0)
		r = registry_guest(call->registry, id, &guest);
	if (r >= 0) {
		api_object(&after, NULL);
		write_fields(&after, &guest, false);
		api_end(&after);
		api_object_name(object, "guest", id);
		r = api_audit(call, action, object, NULL, &after);
	}
	r = api_commit(call, r, NULL);
	if (r == 0)
		show(call, &guest);
	return r;
}

static int add_guest(struct api_call *call)
{
	struct registry_guest guest = {0};
	struct api_body *body = &call->body;
	uint64_t id = 0;
	int r;

	api_get_number(body, "sponsor", API_REQUIRED, 1, API_NUMBER_MAX, &guest.sponsor);
	api_get_text(body, "name", API_REQUIRED, 1, REGISTRY_NAME_MAX, guest.name);
	api_get_number(body, "card", API_REQUIRED, 1, API_NUMBER_MAX, &guest.card);
	api_get_name(body, "door", API_NULLABLE, guest.door);
	api_get_time(body, "from", API_NULLABLE, &guest.from_us);
	api_get_time(body, "until", API_REQUIRED, &guest.until_us);
	if (!api_body_done(body))
		return api_malformed(call);
	if (guest.from_us == 0)
		guest.from_us = api_now_us();
	snprintf(guest.made_by, sizeof(guest.made_by), "%s", call->actor.name);
	r = api_begin(call);
	if (r == 0)
		r = registry_guest_add(call->registry, &guest, &id);
	call->status = 201;
	return finish(call, r, id, "guest.add");
}

static int end_guest(struct api_call *call)
{
	int r = api_begin(call);

	if (r == 0)
		r = registry_guest_end(call->registry, call->id, call->actor.name);
	return finish(call, r, call->id, "guest.end");
}

const struct api_route api_guest_routes[] = {
	{"GET", "/guests", API_ALL, API_TAKES_NOTHING, "limit cursor sponsor active", list_guests,
		0, API_ROW},
	{"POST", "/guests", API_WORKS, API_TAKES_JSON, NULL, add_guest, 0, API_ROW},
	{"GET", "/guests/{id}", API_ALL, API_TAKES_NOTHING, NULL, show_guest, 0, API_ROW},
	{"POST", "/guests/{id}/end", API_WORKS, API_TAKES_NOTHING, NULL, end_guest, 0, API_ROW},
	{0},
};
