/* SPDX-License-Identifier: Apache-2.0 */
/* Today, as a front desk wants it: who may come in when, what is different, what is on. */
#include "api.h"

#include "base/clock.h"
#include "base/openings.h"
#include "store/registry_rules.h"

#include <string.h>

#define AHEAD_DAYS 14
#define EVENTS_AT_ONCE 50
#define SECOND_US 1000000LL

struct today {
	struct api_call *call;
	int64_t now_us;
	int32_t date;
	struct registry_rulebook book;
};

static int write_tier(
	const struct today *today, const char *door, const struct rules *rules, size_t index)
{
	const struct rules_tier *row = &rules->tiers[index];
	const struct openings_rule rule = {row->rights.hours, rules->calendar, door};
	struct api_writer *out = &today->call->out;
	int r;

	api_object(out, NULL);
	api_number(out, "tier", row->tier);
	api_text(out, "name", today->book.tiers[index].name);
	api_bool(out, "staff", (row->rights.flags & TIER_FLAG_STAFF) != 0);
	r = api_hours_windows(today->call, &rule, today->date, 1);
	if (r == 0)
		r = api_hours_now(today->call, &rule, today->now_us);
	api_end(out);
	return r;
}

static int write_door(const struct today *today, const struct registry_door *door)
{
	struct api_writer *out = &today->call->out;
	struct rules rules = {0};
	int r;

	r = registry_rulebook_door(&today->book, door->name, &rules);
	if (r < 0)
		return r;
	api_object(out, NULL);
	api_text(out, "door", door->name);
	api_text(out, "title", door->title);
	api_list(out, "tiers");
	for (size_t i = 0; r == 0 && i < rules.tier_count; i++)
		if (rules.tiers[i].rights.door)
			r = write_tier(today, door->name, &rules, i);
	api_end(out);
	api_end(out);
	rules_free(&rules);
	return r;
}

static int write_doors(const struct today *today)
{
	struct registry_door rows[16];
	char after[NAME_ID_MAX] = "";
	int n, r = 0;

	api_list(&today->call->out, "doors");
	do {
		n = registry_doors(
			today->call->registry, *after ? after : NULL, rows, ARRAY_SIZE(rows));
		for (int i = 0; i < n; i++) {
			if (r == 0)
				r = write_door(today, &rows[i]);
			snprintf(after, sizeof(after), "%s", rows[i].name);
			registry_door_free(&rows[i]);
		}
	} while (r == 0 && n == (int)ARRAY_SIZE(rows));
	api_end(&today->call->out);
	return n < 0 ? n : r;
}

/* Those that are on for some of this day. */
static int write_events(const struct today *today)
{
	CLEANUP(cleanup_free) struct registry_event *rows = calloc(EVENTS_AT_ONCE, sizeof(*rows));
	int64_t start = 0, end = 0;
	uint64_t after = 0;
	int r = api_day_start(today->date, &start), n = EVENTS_AT_ONCE;

	if (r == 0)
		r = api_day_start(today->date + 1, &end);
	if (!rows)
		return -ENOMEM;
	api_list(&today->call->out, "events");
	while (r >= 0 && n == EVENTS_AT_ONCE) {
		n = registry_events(
			today->call->registry, after, start * SECOND_US, rows, EVENTS_AT_ONCE);
		for (int i = 0; r >= 0 && i < n; i++) {
			after = rows[i].id;
			if (rows[i].starts_us < end * SECOND_US)
				r = api_event_show(today->call, &rows[i]);
		}
	}
	api_end(&today->call->out);
	return n < 0 ? n : r;
}

static int show_today(struct api_call *call)
{
	struct today today = {.call = call, .now_us = api_now_us()};
	struct registry_site site;
	struct civil now;
	int r = registry_site(call->registry, &site);

	if (r < 0)
		return r;
	if (clock_civil(today.now_us, &now) < 0)
		return -EINVAL;
	today.date = now.date;
	api_object(&call->out, NULL);
	api_date(&call->out, "date", today.date);
	api_text(&call->out, "zone", site.roster.timezone);
	api_time(&call->out, "now", today.now_us);
	r = registry_rulebook_read(call->registry, today.date - 1, &today.book);
	if (r >= 0)
		r = write_doors(&today);
	registry_rulebook_free(&today.book);
	if (r >= 0)
		r = api_exceptions_between(call, NULL, today.date, today.date + AHEAD_DAYS);
	if (r >= 0)
		r = write_events(&today);
	api_end(&call->out);
	return r < 0 ? r : 0;
}

const struct api_route api_today_routes[] = {
	{"GET", "/today", API_ALL, API_TAKES_NOTHING, NULL, show_today, 0, API_ROW},
	{0},
};
