/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in, and a host's word about it. */
#include "api.h"

static void write_person(struct api_writer *out, const struct registry_present *p)
{
	api_object(out, NULL);
	api_number_or_null(out, "member", p->person.member);
	api_number_or_null(out, "card", p->person.card);
	api_text(out, "name", p->name);
	api_number_or_null(out, "sponsor", p->sponsor);
	api_number_or_null(out, "event", p->event);
	api_time(out, "since", p->since_us);
	api_text_or_null(out, "door", p->door);
	api_text_or_null(out, "zone", p->zone);
	api_bool(out, "sure", p->sure);
	api_text_or_null(out, "by", p->by);
	api_end(out);
}

static int show_presence(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_present *rows = NULL;
	int n = registry_present(call->registry, &rows);
	uint64_t sure = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		sure += rows[i].sure;
	api_object(&call->out, NULL);
	api_time(&call->out, "as_of", api_now_us());
	api_number(&call->out, "count", (uint64_t)n);
	api_number(&call->out, "sure", sure);
	api_list(&call->out, "people");
	for (int i = 0; i < n; i++)
		write_person(&call->out, &rows[i]);
	api_end(&call->out);
	api_end(&call->out);
	return 0;
}

struct correction {
	struct registry_person person;
	bool inside;
	int64_t at_us;
	char why[REGISTRY_NOTE_MAX + 1];
};

static bool read_correction(struct api_call *call, struct correction *c)
{
	struct api_body *body = &call->body;

	api_get_number(body, "member", API_OPTIONAL, 1, API_NUMBER_MAX, &c->person.member);
	api_get_number(body, "card", API_OPTIONAL, 1, API_NUMBER_MAX, &c->person.card);
	api_get_bool(body, "inside", API_REQUIRED, &c->inside);
	api_get_time(body, "at", API_OPTIONAL, &c->at_us);
	api_get_text(body, "why", API_REQUIRED, 1, REGISTRY_NOTE_MAX, c->why);
	return api_body_done(body);
}

static int audit(struct api_call *call, const struct correction *c)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	char object[80];

	api_object(&after, NULL);
	api_bool(&after, "inside", c->inside);
	api_time(&after, "at", c->at_us);
	api_text(&after, "why", c->why);
	api_end(&after);
	api_object_name(object, c->person.member ? "member" : "card",
		c->person.member ? c->person.member : c->person.card);
	return api_audit(call, "presence.correct", object, NULL, &after);
}

static int correct_presence(struct api_call *call)
{
	struct correction c = {0};
	int r;

	if (!read_correction(call, &c))
		return api_malformed(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_presence_correct(
			call->registry, &c.person, c.inside, c.at_us, call->actor.name, c.why);
	if (r >= 0)
		r = audit(call, &c);
	r = api_commit(call, r, NULL);
	return r < 0 ? r : show_presence(call);
}

const struct api_route api_presence_routes[] = {
	{"GET", "/presence", API_ALL, API_TAKES_NOTHING, NULL, show_presence, 0, API_ROW},
	{"POST", "/presence", API_WORKS, API_TAKES_JSON, NULL, correct_presence, 0, API_ROW},
	{0},
};
