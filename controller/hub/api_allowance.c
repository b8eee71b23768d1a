/* SPDX-License-Identifier: Apache-2.0 */
/* What a member used and was given; what they were told; a card for the day. */
#include "api.h"

#include <stdlib.h>
#include <string.h>

#define UNITS_MAX 60000
#define MONTHS_MAX 240

/* ---- months ---- */

static void write_month(struct api_writer *out, const struct standing *s)
{
	char text[16];

	snprintf(text, sizeof(text), "%04d-%02u", s->year, (unsigned)s->month);
	api_text(out, "month", text);
}

/* ---- reading ---- */

static void write_unit(struct api_writer *out, const struct registry_unit *u, bool hours)
{
	char time[8];

	snprintf(time, sizeof(time), "%02u:%02u", u->minute / 60u % 24, u->minute % 60u);
	api_object(out, NULL);
	api_number_or_null(out, "entry", u->entry);
	api_time(out, "at", u->at_us);
	api_date(out, "date", u->date);
	api_text(out, "time", time);
	api_text(out, "door", u->door);
	api_number_or_null(out, "event", u->event);
	api_number_or_null(out, "pool", u->pool);
	api_text(out, "counts", registry_unit_how_name(u->how));
	if (hours)
		api_number(out, "minutes", u->minutes);
	else
		api_null(out, "minutes");
	api_end(out);
}

static void write_correction(struct api_writer *out, const struct registry_correction *c)
{
	api_object(out, NULL);
	api_integer(out, "units", c->units);
	api_number_or_null(out, "entry", c->entry);
	api_text(out, "by", c->by);
	api_text(out, "why", c->why);
	api_time(out, "at", c->at_us);
	api_end(out);
}

static void write_limit(struct api_writer *out, const struct registry_allowance *a)
{
	int64_t limit = (int64_t)a->allowance.limit + a->standing.extra;
	int64_t left = limit - a->used;

	api_text(out, "kind", api_allowance_kinds[a->allowance.kind]);
	api_text(out, "when_spent", a->allowance.policy == ALLOWANCE_WARN ? "warn" : "deny");
	api_number(out, "limit", a->allowance.limit);
	api_integer(out, "extra", a->standing.extra);
	api_number(out, "used", a->used);
	if (a->allowance.kind == ALLOWANCE_NONE)
		api_null(out, "left");
	else
		api_number(out, "left", left > 0 ? (uint64_t)left : 0);
}

static int answer(struct api_call *call, int32_t month)
{
	CLEANUP(cleanup_free) struct registry_allowance *a = malloc(sizeof(*a));
	struct api_writer *out = &call->out;
	int r = a ? registry_allowance(call->registry, call->id, month, a) : -ENOMEM;

	if (r < 0)
		return r;
	api_object(out, NULL);
	api_number(out, "member", call->id);
	write_month(out, &a->standing);
	write_limit(out, a);
	api_bool(out, "inside", a->standing.inside);
	api_list(out, "units");
	for (size_t i = 0; i < a->unit_count; i++)
		write_unit(out, &a->units[i], a->allowance.kind == ALLOWANCE_HOURS);
	api_end(out);
	api_list(out, "given");
	for (size_t i = 0; i < a->correction_count; i++)
		write_correction(out, &a->corrections[i]);
	api_end(out);
	api_end(out);
	return 0;
}

int api_allowance_months(struct api_call *call, const char *key)
{
	int32_t months[MONTHS_MAX];
	int n = registry_allowance_months(call->registry, call->id, months, MONTHS_MAX), r = 0;

	if (n < 0)
		return n;
	api_list(&call->out, key);
	for (int i = 0; r >= 0 && i < n; i++)
		r = answer(call, months[i]);
	api_end(&call->out);
	return r;
}

static int show_allowance(struct api_call *call)
{
	const char *text = api_query_text(call, "month", 7);
	int32_t month = 0;
	int r;

	if (text && api_month_parse(text, &month) < 0)
		api_errors_add(&call->errors, "month", "expected a month as 2026-11");
	if (call->errors.count > 0)
		return api_malformed(call);
	r = answer(call, month);
	/* the units say when somebody came */
	return r < 0 ? r : api_audit_look(call, "member", call->id);
}

/* ---- giving ---- */

struct gift {
	uint32_t units;
	bool take;
	uint64_t entry;
	char why[REGISTRY_NOTE_MAX + 1];
};

static int audit(struct api_call *call, const struct gift *g)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	char object[80];

	api_object(&after, NULL);
	if (!g->entry)
		api_integer(&after, "units", g->take ? -(int64_t)g->units : (int64_t)g->units);
	api_number_or_null(&after, "entry", g->entry);
	api_text(&after, "why", g->why);
	api_end(&after);
	api_object_name(object, "member", call->id);
	return api_audit(
		call, g->entry ? "allowance.forgive" : "allowance.give", object, NULL, &after);
}

/* A host may not make their own month longer. */
static int refuse_own(struct api_call *call)
{
	return api_refuse(call, 403, "role", "Not with this role",
		"a host may not give themselves units: ask an admin");
}

static int give(struct api_call *call)
{
	struct gift g = {.units = 1};
	bool counted;
	int r;

	counted = api_get_u32(&call->body, "units", API_OPTIONAL, 1, UNITS_MAX, &g.units);
	api_get_bool(&call->body, "take", API_OPTIONAL, &g.take);
	api_get_number(&call->body, "entry", API_OPTIONAL, 1, API_NUMBER_MAX, &g.entry);
	api_get_text(&call->body, "why", API_REQUIRED, 1, REGISTRY_NOTE_MAX, g.why);
	if (g.entry && (counted || g.take))
		api_errors_add(&call->errors, "entry",
			"forgives what that entry used: say neither units nor take with it");
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (call->actor.role == OPERATOR_ROLE_HOST && call->actor.member == call->id)
		return refuse_own(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_allowance_give(call->registry, call->id, 0,
			g.take ? -(int32_t)g.units : (int32_t)g.units, g.entry, call->actor.name,
			g.why);
	if (r >= 0)
		r = audit(call, &g);
	r = api_commit(call, r, NULL);
	call->status = 201;
	return r < 0 ? r : answer(call, 0);
}

/* ---- notices ---- */

static int list_notices(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_notice *rows = NULL;
	struct registry_member member;
	struct api_page page;
	int n, r;

	api_page_read(call, "notices", REGISTRY_PAGE_MAX, &page);
	if (call->errors.count > 0)
		return api_malformed(call);
	r = registry_member(call->registry, call->id, &member);
	if (r < 0)
		return r;
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_notices(call->registry, call->id, page.after, rows, page.limit)
		 : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++) {
		api_object(&call->out, NULL);
		api_number(&call->out, "id", rows[i].id);
		api_text(&call->out, "text", rows[i].text);
		api_time(&call->out, "at", rows[i].at_us);
		api_end(&call->out);
	}
	api_page_close(call, "notices", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	return 0;
}

/* ---- a card for the day ---- */

static int lend_card(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	struct registry_card card = {0};
	uint64_t number = 0;
	char object[80], err[ERR_MAX];
	int r;

	api_get_number(&call->body, "card", API_REQUIRED, 1, API_NUMBER_MAX, &number);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	r = api_card_allowed(call, call->id, err);
	if (r == -EACCES)
		return api_refuse(call, 403, "role", "Not with this role", "%s", err);
	if (r < 0)
		return r;
	r = api_begin(call);
	if (r == 0)
		r = registry_card_lend(call->registry, number, call->id, call->actor.name);
	if (r >= 0)
		r = registry_card(call->registry, number, &card);
	if (r >= 0) {
		api_write_card(&after, &card);
		api_object_name(object, "card", number);
		r = api_audit(call, "card.lend", object, NULL, &after);
	}
	r = api_commit(call, r, NULL);
	if (r < 0)
		return r;
	call->status = 201;
	api_object(&call->out, NULL);
	api_card_show(call, &card);
	api_end(&call->out);
	return 0;
}

const struct api_route api_allowance_routes[] = {
	{"GET", "/members/{id}/allowance", API_ALL, API_TAKES_NOTHING, "month", show_allowance, 0,
		API_ROW},
	{"POST", "/members/{id}/allowance", API_WORKS, API_TAKES_JSON, NULL, give, 0, API_ROW},
	{"GET", "/members/{id}/notices", API_ALL, API_TAKES_NOTHING, "limit cursor", list_notices,
		0, API_ROW},
	{"POST", "/members/{id}/loan", API_WORKS, API_TAKES_JSON, NULL, lend_card, 0, API_ROW},
	{0},
};
