/* SPDX-License-Identifier: Apache-2.0 */
/* Months in numbers: JSON with all sections, or one of them as a spreadsheet. */
#include "api_sheet.h"

#include "store/registry_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WITHHELD_CELL "withheld"
#define NOTE                                                                                    \
	"withheld (null) are numbers about fewer than 5 people, and as many others that these " \
	"cannot "                                                                               \
	"be worked out from sums"

static const char *const sections[] = {"visits", "hours", "events", "allowance", "cards", "denied"};
static const char *const weekdays[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};

/* ---- JSON ---- */

static void write_count(struct api_writer *out, const char *key, uint32_t count)
{
	if (count == REGISTRY_WITHHELD)
		api_null(out, key);
	else
		api_number(out, key, count);
}

static void write_days(struct api_writer *out, const uint32_t days[7])
{
	api_list(out, "weekdays");
	for (unsigned day = 0; day < 7; day++)
		write_count(out, NULL, days[day]);
	api_end(out);
}

static void write_visits(struct api_writer *out, const struct registry_report *r)
{
	api_object(out, "visits");
	write_count(out, "visits", r->visits);
	write_days(out, r->weekdays);
	api_list(out, "tiers");
	for (size_t i = 0; i < r->tier_count; i++) {
		api_object(out, NULL);
		api_number_or_null(out, "tier", r->tiers[i].tier);
		api_text(out, "name", r->tiers[i].name);
		api_number(out, "members", r->tiers[i].members);
		write_count(out, "visits", r->tiers[i].visits);
		write_days(out, r->tiers[i].weekdays);
		api_end(out);
	}
	api_end(out);
	api_end(out);
}

static void write_hours(struct api_writer *out, const struct registry_report *r)
{
	api_list(out, "hours");
	for (unsigned hour = 0; hour < 24; hour++) {
		api_object(out, NULL);
		api_number(out, "hour", hour);
		write_days(out, r->hours[hour]);
		api_end(out);
	}
	api_end(out);
}

static void write_events(struct api_writer *out, const struct registry_report *r)
{
	api_object(out, "events");
	write_count(out, "arrived", r->arrived);
	api_bool(out, "more", r->more_events);
	api_list(out, "events");
	for (size_t i = 0; i < r->event_count; i++) {
		const struct registry_report_event *e = &r->events[i];

		api_object(out, NULL);
		api_number(out, "event", e->id);
		api_text(out, "title", e->title);
		api_text(out, "room", e->room);
		api_time(out, "starts", e->starts_us);
		api_number_or_null(out, "capacity", e->capacity);
		write_count(out, "listed", e->listed);
		write_count(out, "arrived", e->arrived);
		api_end(out);
	}
	api_end(out);
	api_end(out);
}

static void write_exceeded(struct api_writer *out, const struct registry_report *r)
{
	api_list(out, "exceeded");
	for (size_t i = 0; i < r->exceeded_count; i++) {
		const struct registry_report_exceeded *e = &r->exceeded[i];

		api_object(out, NULL);
		api_number(out, "member", e->member);
		api_number(out, "tier", e->tier);
		api_text(out, "kind", api_allowance_kinds[e->kind]);
		api_number(out, "had", e->had);
		api_number(out, "used", e->used);
		api_end(out);
	}
	api_end(out);
}

static void write_allowance(struct api_writer *out, const struct registry_report *r)
{
	api_list(out, "allowance");
	for (size_t i = 0; i < r->allowance_count; i++) {
		const struct registry_report_allowance *a = &r->allowances[i];

		api_object(out, NULL);
		api_number_or_null(out, "tier", a->tier);
		api_number_or_null(out, "pool", a->pool);
		api_text(out, "name", a->name);
		api_text(out, "kind", api_allowance_kinds[a->allowance.kind]);
		api_number(out, "limit", a->allowance.limit);
		api_number(out, "members", a->members);
		write_count(out, "users", a->users);
		write_count(out, "used", a->used);
		write_count(out, "over", a->over);
		write_count(out, "over_units", a->over_units);
		api_end(out);
	}
	api_end(out);
	write_exceeded(out, r);
}

static void write_cards(struct api_writer *out, const struct registry_report *r)
{
	api_object(out, "cards");
	api_number(out, "cards", r->cards);
	write_count(out, "used", r->cards_used);
	write_count(out, "unused", r->cards_unused);
	write_count(out, "never", r->cards_never);
	api_list(out, "never_used");
	for (size_t i = 0; i < r->card_count; i++) {
		api_object(out, NULL);
		api_number(out, "card", r->never[i].card);
		api_number_or_null(out, "member", r->never[i].member);
		api_time(out, "issued_at", r->never[i].issued_us);
		api_end(out);
	}
	api_end(out);
	api_end(out);
}

static void write_denied(struct api_writer *out, const struct registry_report *r)
{
	api_object(out, "denied");
	write_count(out, "taps", r->denied);
	api_list(out, "reasons");
	for (size_t i = 0; i < r->reason_count; i++) {
		api_object(out, NULL);
		api_text(out, "reason", reason_info(r->reasons[i].reason)->name);
		api_text(out, "sentence", reason_info(r->reasons[i].reason)->admin);
		write_count(out, "taps", r->reasons[i].taps);
		api_end(out);
	}
	api_end(out);
	api_end(out);
}

static void write_report(struct api_writer *out, const struct registry_report *r, unsigned which)
{
	static void (*const writers[])(struct api_writer * out, const struct registry_report *r) = {
		write_visits, write_hours, write_events, write_allowance, write_cards,
		write_denied};
	char month[16];

	snprintf(month, sizeof(month), "%04d-%02d", r->month / 12, r->month % 12 + 1);
	api_object(out, NULL);
	api_text(out, "month", month);
	api_time(out, "from", r->from_us);
	api_time(out, "until", r->until_us);
	api_bool(out, "over", r->over);
	api_time(out, "forgotten_before", r->forgotten_us);
	api_bool(out, "exact", r->exact);
	api_text_or_null(out, "note", r->exact ? "" : NOTE);
	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		if (which & 1u << i)
			writers[i](out, r);
	api_end(out);
}

/* ---- a spreadsheet ---- */

static void put(struct api_sheet *sheet, const char *text)
{
	api_sheet_cell(sheet, text, ',');
}

static void put_number(struct api_sheet *sheet, uint64_t number, char after)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	api_sheet_cell(sheet, number == REGISTRY_WITHHELD ? WITHHELD_CELL : text, after);
}

static void put_id(struct api_sheet *sheet, uint64_t id)
{
	if (id > 0)
		put_number(sheet, id, ',');
	else
		put(sheet, "");
}

static void put_head(struct api_sheet *sheet, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		api_sheet_cell(sheet, names[i], i + 1 < count ? ',' : '\n');
}

static void put_days(struct api_sheet *sheet, const uint32_t days[7], char after)
{
	for (unsigned day = 0; day < 7; day++)
		put_number(sheet, days[day], day < 6 ? ',' : after);
}

static size_t sheet_visits(struct api_sheet *sheet, const struct registry_report *r)
{
	static const char *const head[] = {"tier", "name", "members", "visits"};

	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		put(sheet, head[i]);
	put_head(sheet, weekdays, 7);
	for (size_t i = 0; i < r->tier_count; i++) {
		put_number(sheet, r->tiers[i].tier, ',');
		put(sheet, r->tiers[i].name);
		put_number(sheet, r->tiers[i].members, ',');
		put_number(sheet, r->tiers[i].visits, ',');
		put_days(sheet, r->tiers[i].weekdays, '\n');
	}
	put(sheet, "");
	put(sheet, "all");
	put(sheet, "");
	put_number(sheet, r->visits, ',');
	put_days(sheet, r->weekdays, '\n');
	return ARRAY_SIZE(head) + 7;
}

static size_t sheet_hours(struct api_sheet *sheet, const struct registry_report *r)
{
	put(sheet, "hour");
	put_head(sheet, weekdays, 7);
	for (unsigned hour = 0; hour < 24; hour++) {
		put_number(sheet, hour, ',');
		put_days(sheet, r->hours[hour], '\n');
	}
	return 8;
}

static size_t sheet_events(struct api_sheet *sheet, const struct registry_report *r)
{
	static const char *const head[] = {
		"event", "title", "room", "starts", "capacity", "listed", "arrived"};
	char time[32];

	put_head(sheet, head, ARRAY_SIZE(head));
	for (size_t i = 0; i < r->event_count; i++) {
		const struct registry_report_event *e = &r->events[i];

		api_time_format(e->starts_us, time);
		put_number(sheet, e->id, ',');
		put(sheet, e->title);
		put(sheet, e->room);
		put(sheet, time);
		put_number(sheet, e->capacity, ',');
		put_number(sheet, e->listed, ',');
		put_number(sheet, e->arrived, '\n');
	}
	for (unsigned i = 0; i < 6; i++)
		put(sheet, i == 1 ? "all" : "");
	put_number(sheet, r->arrived, '\n');
	return ARRAY_SIZE(head);
}

static size_t sheet_allowance(struct api_sheet *sheet, const struct registry_report *r)
{
	static const char *const head[] = {"tier", "pool", "name", "kind", "limit", "members",
		"users", "used", "over", "over_units"};

	put_head(sheet, head, ARRAY_SIZE(head));
	for (size_t i = 0; i < r->allowance_count; i++) {
		const struct registry_report_allowance *a = &r->allowances[i];

		put_id(sheet, a->tier);
		put_id(sheet, a->pool);
		put(sheet, a->name);
		put(sheet, api_allowance_kinds[a->allowance.kind]);
		put_number(sheet, a->allowance.limit, ',');
		put_number(sheet, a->members, ',');
		put_number(sheet, a->users, ',');
		put_number(sheet, a->used, ',');
		put_number(sheet, a->over, ',');
		put_number(sheet, a->over_units, '\n');
	}
	return ARRAY_SIZE(head);
}

static size_t sheet_cards(struct api_sheet *sheet, const struct registry_report *r)
{
	static const char *const head[] = {"cards", "used", "unused", "never"};

	put_head(sheet, head, ARRAY_SIZE(head));
	put_number(sheet, r->cards, ',');
	put_number(sheet, r->cards_used, ',');
	put_number(sheet, r->cards_unused, ',');
	put_number(sheet, r->cards_never, '\n');
	return ARRAY_SIZE(head);
}

static size_t sheet_denied(struct api_sheet *sheet, const struct registry_report *r)
{
	static const char *const head[] = {"reason", "sentence", "taps"};

	put_head(sheet, head, ARRAY_SIZE(head));
	for (size_t i = 0; i < r->reason_count; i++) {
		put(sheet, reason_info(r->reasons[i].reason)->name);
		put(sheet, reason_info(r->reasons[i].reason)->admin);
		put_number(sheet, r->reasons[i].taps, '\n');
	}
	put(sheet, "all");
	put(sheet, "");
	put_number(sheet, r->denied, '\n');
	return ARRAY_SIZE(head);
}

/* The last row says what is withheld. */
static int answer_csv(struct api_call *call, const struct registry_report *r, int section)
{
	static size_t (*const sheets[])(
		struct api_sheet * sheet, const struct registry_report *r) = {sheet_visits,
		sheet_hours, sheet_events, sheet_allowance, sheet_cards, sheet_denied};
	struct api_sheet sheet = {0};
	size_t columns = sheets[section](&sheet, r);

	for (size_t i = 0; !r->exact && i < columns; i++)
		api_sheet_cell(&sheet, i == 0 ? NOTE : "", i + 1 < columns ? ',' : '\n');
	return api_sheet_answer(call, &sheet);
}

/* ---- asking ---- */

struct question {
	int32_t month;
	int section; /* -1: all */
	bool csv;
	bool exact;
};

static void read_question(struct api_call *call, struct question *q)
{
	static const char *const formats[] = {"json", "csv"};
	static const char *const truths[] = {"false", "true"};
	int format = 0, exact = 0;

	*q = (struct question){.section = -1};
	api_month_parse(call->parameter, &q->month); /* the route judged it */
	api_query_word(call, "section", sections, ARRAY_SIZE(sections), &q->section);
	api_query_word(call, "format", formats, ARRAY_SIZE(formats), &format);
	api_query_word(call, "exact", truths, ARRAY_SIZE(truths), &exact);
	q->csv = format == 1;
	q->exact = exact == 1;
	if (q->csv && q->section < 0 && call->errors.count == 0)
		api_errors_add(&call->errors, "section",
			"a spreadsheet has one section: name it, as visits");
}

/* Numbers about few people leave a trace, as a look at one person's history does. */
static int audit_exact(struct api_call *call)
{
	char object[80];
	int r;

	snprintf(object, sizeof(object), "report/%s", call->parameter);
	if (!session_looks(call->hub, call->actor.name, object))
		return 0;
	r = api_begin(call);
	if (r == 0)
		r = api_audit(call, "report.exact", object, NULL, NULL);
	r = api_commit(call, r, NULL);
	if (r == 0)
		session_looked(call->hub, call->actor.name, object);
	return r;
}

static int show_month(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_report *report = NULL;
	struct question q;
	unsigned which;
	int r = 0;

	read_question(call, &q);
	if (call->errors.count > 0)
		return api_malformed(call);
	if (q.exact && call->actor.role == OPERATOR_ROLE_HOST)
		return api_refuse(call, 403, "role", "Not with this role",
			"exact numbers are for auditors and admins: ask without exact, or an "
			"admin");
	which = q.section < 0 ? REGISTRY_REPORT_ALL : 1u << q.section;
	r = registry_report(call->registry, q.month, which, q.exact, &report);
	if (r == 0 && q.exact)
		r = audit_exact(call);
	if (r < 0)
		return r;
	if (q.csv)
		return answer_csv(call, report, q.section);
	write_report(&call->out, report, which);
	return 0;
}

const struct api_route api_report_routes[] = {
	{"GET", "/reports/{month}", API_ALL, API_TAKES_NOTHING, "section format exact", show_month,
		0, API_ROW},
	{0},
};
