/* SPDX-License-Identifier: Apache-2.0 */
/* Closures, special openings and holidays. */
#include "api.h"

#include "core/hours.h"

#include <string.h>

static const char *const kinds[] = {"closure", "opening"}; /* by calendar_exception.open */

void api_write_exception(struct api_writer *out, const struct registry_exception *exception)
{
	const struct calendar_exception *row = &exception->row;
	char times[24];

	snprintf(times, sizeof(times), "%02u:%02u-%02u:%02u", row->start / 60u, row->start % 60u,
		row->end / 60u, row->end % 60u);
	api_object(out, NULL);
	api_number(out, "id", exception->id);
	api_text(out, "kind", kinds[row->open]);
	api_date(out, "from", row->first);
	api_date(out, "to", row->last);
	api_text_or_null(out, "times", row->start == 0 && row->end == 1440 ? "" : times);
	api_text_or_null(out, "door", row->door);
	api_text(out, "reason", row->reason);
	api_number(out, "version", exception->version);
	api_end(out);
}

static int list_exceptions(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_exception *rows = NULL;
	struct api_page page;
	int32_t since = DATE_NONE;
	int n, open = -1;

	api_page_read(call, "exceptions", REGISTRY_PAGE_MAX, &page);
	api_query_word(call, "kind", kinds, ARRAY_SIZE(kinds), &open);
	api_query_date(call, "since", &since);
	if (call->errors.count > 0)
		return api_malformed(call);
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_exceptions(call->registry, page.after, open, since, rows, page.limit)
		 : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		api_write_exception(&call->out, &rows[i]);
	api_page_close(call, "exceptions", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	return 0;
}

static int show_exception(struct api_call *call)
{
	struct registry_exception exception;
	int r = registry_exception(call->registry, call->id, &exception);

	if (r < 0)
		return r;
	api_etag(call, exception.version);
	api_write_exception(&call->out, &exception);
	return 0;
}

/* "12:00-24:00" as the hours language reads it; null: whole days. */
static void read_times(struct api_call *call, struct calendar_exception *row)
{
	char text[24] = "";
	struct hours_error error;
	struct hours hours;

	if (!api_get_text(&call->body, "times", API_NULLABLE, 0, 11, text))
		return;
	if (api_is_null(&call->body, "times")) {
		row->start = 0;
		row->end = 1440;
		return;
	}
	/* that long, these characters can say nothing but a span */
	if (strlen(text) != 11 || strspn(text, "0123456789:-") != 11 ||
		hours_compile(text, &hours, &error) < 0 || hours.span_count != 1) {
		api_errors_add(&call->errors, "times",
			"expected times as 12:00-24:00, of each day; null: whole days");
		return;
	}
	row->start = hours.spans[0].start;
	row->end = hours.spans[0].end;
}

static bool read_exception(
	struct api_call *call, struct calendar_exception *row, enum api_need needed)
{
	struct api_body *body = &call->body;
	int kind;

	if (api_get_word(body, "kind", needed, kinds, ARRAY_SIZE(kinds), &kind))
		row->open = kind == 1;
	api_get_date(body, "from", needed, &row->first);
	api_get_date(body, "to", needed, &row->last);
	read_times(call, row);
	api_get_name(body, "door", API_NULLABLE, row->door);
	api_get_text(body, "reason", needed, 1, CALENDAR_REASON_MAX, row->reason);
	return api_body_done(body);
}

static int finish(struct api_call *call, int r, uint64_t id, const char *action,
	const struct api_writer *before)
{
	struct registry_exception exception = {0};
	char object[80];

	if (r >= 0)
		r = registry_exception(call->registry, id, &exception);
	if (r >= 0) {
		api_write_exception(&call->out, &exception);
		api_object_name(object, "exception", id);
		r = api_audit(call, action, object, before, &call->out);
	}
	r = api_commit(call, r, NULL);
	if (r == 0)
		api_etag(call, exception.version);
	return r;
}

static int add_exception(struct api_call *call)
{
	struct calendar_exception row = {.end = 1440};
	uint64_t id = 0;
	int r;

	if (!read_exception(call, &row, API_REQUIRED))
		return api_malformed(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_exception_add(call->registry, &row, &id);
	call->status = 201;
	return finish(call, r, id, "exception.add", NULL);
}

static int change_exception(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_exception exception;
	int r = registry_exception(call->registry, call->id, &exception);

	if (r < 0)
		return r;
	api_write_exception(&before, &exception);
	if (!read_exception(call, &exception.row, API_OPTIONAL))
		return api_malformed(call);
	if (!api_matches(call, exception.version))
		return API_ANSWERED;
	r = api_begin(call);
	if (r == 0)
		r = registry_exception_change(call->registry, &exception);
	return finish(call, r, call->id, "exception.change", &before);
}

static int remove_exception(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_exception exception;
	char object[80];
	int r = registry_exception(call->registry, call->id, &exception);

	if (r < 0)
		return r;
	if (!api_matches(call, exception.version))
		return API_ANSWERED;
	api_write_exception(&before, &exception);
	api_object_name(object, "exception", call->id);
	r = api_begin(call);
	if (r == 0)
		r = registry_exception_remove(call->registry, call->id, 0);
	if (r >= 0)
		r = api_audit(call, "exception.remove", object, &before, NULL);
	call->status = 204;
	return api_commit(call, r, NULL);
}

/* ---- holidays ---- */

static void write_holiday(struct api_writer *out, const struct calendar_date *row)
{
	api_object(out, NULL);
	api_date(out, "date", row->date);
	api_bool(out, "holiday", row->holiday);
	api_end(out);
}

static int list_holidays(struct api_call *call)
{
	CLEANUP(cleanup_free) struct calendar_date *rows = NULL;
	struct api_page page;
	int n;

	api_page_read(call, "holidays", REGISTRY_PAGE_MAX, &page);
	if (call->errors.count > 0)
		return api_malformed(call);
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_holidays(call->registry, page.after ? (int32_t)page.after : DATE_NONE,
			   rows, page.limit)
		 : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		write_holiday(&call->out, &rows[i]);
	api_page_close(
		call, "holidays", &page, (size_t)n, n ? (uint64_t)rows[n - 1].date : 0, NULL);
	return 0;
}

/* 1 and *ret_row where an answer stands for this date. */
static int find_holiday(struct api_call *call, int32_t date, struct calendar_date *ret_row)
{
	int n = registry_holidays(call->registry, date - 1, ret_row, 1);

	return n == 1 && ret_row->date != date ? 0 : n;
}

static int set_holiday(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct calendar_date was, row = {0};
	char object[80];
	int r;

	api_get_bool(&call->body, "holiday", API_REQUIRED, &row.holiday);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	civil_date_parse(call->parameter, &row.date);
	r = find_holiday(call, row.date, &was);
	if (r < 0)
		return r;
	if (r == 1)
		write_holiday(&before, &was);
	snprintf(object, sizeof(object), "holiday/%.39s", call->parameter);
	r = api_begin(call);
	if (r == 0)
		r = registry_holiday_set(call->registry, row.date, row.holiday);
	write_holiday(&call->out, &row);
	if (r >= 0)
		r = api_audit(call, "holiday.set", object, &before, &call->out);
	return api_commit(call, r, NULL);
}

static int remove_holiday(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct calendar_date was;
	char object[80];
	int32_t date = 0;
	int r;

	civil_date_parse(call->parameter, &date);
	r = find_holiday(call, date, &was);
	if (r == 0)
		return api_refuse(call, 404, "absent", "No such thing",
			"nothing was said about %.39s", call->parameter);
	if (r < 0)
		return r;
	write_holiday(&before, &was);
	snprintf(object, sizeof(object), "holiday/%.39s", call->parameter);
	r = api_begin(call);
	if (r == 0)
		r = registry_holiday_remove(call->registry, date);
	if (r >= 0)
		r = api_audit(call, "holiday.remove", object, &before, NULL);
	call->status = 204;
	return api_commit(call, r, NULL);
}

const struct api_route api_calendar_routes[] = {
	{"GET", "/exceptions", API_ALL, API_TAKES_NOTHING, "limit cursor kind since",
		list_exceptions, 0, API_ROW},
	{"POST", "/exceptions", API_ADMIN, API_TAKES_JSON, NULL, add_exception, 0, API_ROW},
	{"GET", "/exceptions/{id}", API_ALL, API_TAKES_NOTHING, NULL, show_exception, 0, API_ROW},
	{"PATCH", "/exceptions/{id}", API_ADMIN, API_TAKES_JSON, NULL, change_exception, 0,
		API_ROW},
	{"DELETE", "/exceptions/{id}", API_ADMIN, API_TAKES_NOTHING, NULL, remove_exception, 0,
		API_ROW},
	{"GET", "/holidays", API_ALL, API_TAKES_NOTHING, "limit cursor", list_holidays, 0, API_ROW},
	{"PUT", "/holidays/{date}", API_ADMIN, API_TAKES_JSON, NULL, set_holiday, 0, API_ROW},
	{"DELETE", "/holidays/{date}", API_ADMIN, API_TAKES_NOTHING, NULL, remove_holiday, 0,
		API_ROW},
	{0},
};
