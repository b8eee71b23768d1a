/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms, and what operators did. */
#include "api.h"

#include <string.h>

static void write_alarm(struct api_writer *out, const struct registry_alarm *alarm)
{
	api_object(out, NULL);
	api_number(out, "id", alarm->id);
	api_text(out, "kind", registry_alarm_name(alarm->kind));
	api_text_or_null(out, "door", alarm->door);
	api_text(out, "what", alarm->what);
	api_time(out, "first_at", alarm->first_us);
	api_time(out, "last_at", alarm->last_us);
	api_number(out, "count", alarm->count);
	api_text_or_null(out, "seen_by", alarm->seen_by);
	api_end(out);
}

static int list_alarms(struct api_call *call)
{
	static const char *const words[] = {"false", "true"};
	CLEANUP(cleanup_free) struct registry_alarm *rows = NULL;
	struct api_page page;
	int n, open = 0;

	api_page_read(call, "alarms", REGISTRY_PAGE_MAX, &page);
	api_query_word(call, "open", words, ARRAY_SIZE(words), &open);
	if (call->errors.count > 0)
		return api_malformed(call);
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_alarms(call->registry, page.after, open == 1, rows, page.limit)
		 : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		write_alarm(&call->out, &rows[i]);
	api_page_close(call, "alarms", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	return 0;
}

static int load(struct api_call *call, struct registry_alarm *ret_alarm)
{
	int n = registry_alarms(call->registry, call->id + 1, false, ret_alarm, 1);

	if (n == 1 && ret_alarm->id == call->id)
		return 0;
	return n < 0 ? n
		     : api_refuse(call, 404, "absent", "No such thing", "there is no alarm %.39s",
			       call->parameter);
}

static int see_alarm(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_alarm alarm;
	char object[80];
	int r = load(call, &alarm);

	if (r != 0)
		return r;
	write_alarm(&before, &alarm);
	api_object_name(object, "alarm", call->id);
	r = api_begin(call);
	if (r == 0)
		r = registry_alarm_seen(call->registry, call->id, call->actor.name);
	if (r >= 0) {
		snprintf(alarm.seen_by, sizeof(alarm.seen_by), "%s", call->actor.name);
		write_alarm(&call->out, &alarm);
		r = api_audit(call, "alarm.seen", object, &before, &call->out);
	}
	return api_commit(call, r, NULL);
}

/* ---- audit ---- */

static void write_audit(struct api_writer *out, const struct registry_audit *row)
{
	api_object(out, NULL);
	api_number(out, "id", row->id);
	api_time(out, "at", row->at_us);
	api_text(out, "actor", row->actor);
	api_text(out, "action", row->action);
	api_text(out, "object", row->object);
	api_raw(out, "before", row->before);
	api_raw(out, "after", row->after);
	api_end(out);
}

static int list_audit(struct api_call *call)
{
	struct registry_audit_query query = {0};
	struct registry_audit *rows = NULL;
	struct api_page page;
	int n;

	api_page_read(call, "audit", REGISTRY_PAGE_MAX, &page);
	query.actor = api_query_text(call, "actor", ENTRY_ACTOR_MAX);
	query.action = api_query_text(call, "action", 47);
	query.object = api_query_text(call, "object", 79);
	api_query_time(call, "from", &query.from_us);
	api_query_time(call, "until", &query.until_us);
	if (call->errors.count > 0)
		return api_malformed(call);
	query.below = page.after;
	query.limit = page.limit;
	n = registry_audit(call->registry, &query, &rows);
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		write_audit(&call->out, &rows[i]);
	api_page_close(call, "audit", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	registry_audit_free(rows, (size_t)n);
	return 0;
}

const struct api_route api_alarm_routes[] = {
	{"GET", "/audit", API_READS, API_TAKES_NOTHING,
		"limit cursor actor action object from until", list_audit, 0, API_ROW},
	{"GET", "/alarms", API_ALL, API_TAKES_NOTHING, "limit cursor open", list_alarms, 0,
		API_ROW},
	{"POST", "/alarms/{id}/seen", API_WORKS, API_TAKES_NOTHING, NULL, see_alarm, 0, API_ROW},
	{0},
};
