/* SPDX-License-Identifier: Apache-2.0 */
#include "base/openings.h"

#include "base/clock.h"
#include "base/util.h"
#include <string.h>
#include <time.h>

#define DAY_S 86400

struct list {
	struct opening *items;
	size_t count;
	size_t room;
};

static int64_t utc_offset(int64_t when)
{
	return clock_offset_s(when * 1000000);
}

/* The next instant after `when` at which the zone's offset changes, or to. No zone has changed it
 * twice within a day. */
static int64_t offset_end(int64_t when, int64_t to)
{
	int64_t offset = utc_offset(when);
	int64_t low = when, high = when;

	while (high < to && utc_offset(high) == offset) {
		low = high;
		high = to - high > DAY_S ? high + DAY_S : to;
	}
	if (utc_offset(high) == offset)
		return to;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (utc_offset(middle) == offset)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static int add(struct list *list, int64_t start, int64_t end)
{
	if (list->count && list->items[list->count - 1].end == start) {
		list->items[list->count - 1].end = end;
		return 0;
	}
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct opening *items = reallocarray(list->items, room, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = (struct opening){start, end};
	return 0;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t civil_seconds(const struct civil *civil)
{
	return (int64_t)civil->date * DAY_S + civil->minute * 60 + civil->second;
}

static bool concerns(const struct openings_rule *rule, const struct calendar_exception *e)
{
	return !e->door[0] || strcmp(e->door, rule->door) == 0;
}

/* The first minute after this one, both of local time, at which an exception begins or ends. */
static int64_t exception_edge(const struct calendar_exception *e, const struct civil *now)
{
	/* one of yesterday may end today; the last edge of a date is two days after its first */
	int32_t date = e->first > now->date - 2 ? e->first : now->date - 2;
	int64_t minute = (int64_t)now->date * 1440 + now->minute, first = INT64_MAX;

	for (int32_t last = date + 3; date <= e->last && date <= last; date++) {
		int64_t edges[] = {(int64_t)date * 1440 + e->start, (int64_t)date * 1440 + e->end};

		for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
			if (edges[i] > minute)
				first = earlier(first, edges[i]);
	}
	return first;
}

static bool is_open(const struct openings_rule *rule, const struct civil *now)
{
	if (rule->door && calendar_opening(rule->calendar, rule->door, now))
		return true;
	return hours_open(rule->hours, rule->calendar, now) &&
	       !(rule->door && calendar_closure(rule->calendar, rule->door, now));
}

/* Seconds of local time from now for which it stays as it is, at least. */
static int64_t steady(const struct openings_rule *rule, const struct civil *now, int32_t last)
{
	const struct calendar *calendar = rule->door ? rule->calendar : NULL;
	int64_t now_s = civil_seconds(now), edge;
	/* without a change it stays so for as far as that was looked at */
	int64_t end = now_s + (int64_t)HOURS_REACH_DAYS * DAY_S;
	struct civil next;

	if (hours_next_change(rule->hours, rule->calendar, now, last, &next))
		end = civil_seconds(&next);
	for (unsigned i = 0; calendar && i < calendar->exception_count; i++) {
		if (!concerns(rule, &calendar->exceptions[i]))
			continue;
		edge = exception_edge(&calendar->exceptions[i], now);
		end = edge < INT64_MAX ? earlier(end, edge * 60) : end;
	}
	return end - now_s;
}

/* Between two changes of the offset local time runs evenly: a change of the hours in local time is
 * as far away as it is in seconds. Whether it is open at `at`, and until when at least. */
static int look(
	const struct openings_rule *rule, int64_t at, int64_t to, bool *ret_open, int64_t *ret_end)
{
	int32_t last = (int32_t)((to + utc_offset(at)) / DAY_S);
	struct civil now;

	if (at < 0 || clock_civil(at * 1000000, &now) < 0)
		return -EINVAL;
	*ret_open = is_open(rule, &now);
	*ret_end = earlier(to, at + steady(rule, &now, last));
	return 0;
}

static int find_even(const struct openings_rule *rule, int64_t from, int64_t to, struct list *list)
{
	for (int64_t at = from, end; at < to; at = end) {
		bool open;
		int r = look(rule, at, to, &open, &end);

		if (r == 0 && open)
			r = add(list, at, end);
		if (r < 0)
			return r;
	}
	return 0;
}

int openings_find(const struct openings_rule *rule, int64_t from, int64_t to,
	struct opening **ret_openings, size_t *ret_count)
{
	struct list list = {0};

	for (int64_t at = from, end; at < to; at = end) {
		int r;

		end = offset_end(at, to);
		r = find_even(rule, at, end, &list);
		if (r < 0) {
			free(list.items);
			return r;
		}
	}
	*ret_openings = list.items;
	*ret_count = list.count;
	return 0;
}

int openings_now(
	const struct openings_rule *rule, int64_t at, int64_t to, bool *ret_open, int64_t *ret_end)
{
	int64_t even = offset_end(at, to), end = at;
	bool open, now;
	int r = look(rule, at, even, &now, &end);

	while (r == 0 && end < to) {
		if (end == even)
			even = offset_end(end, to);
		at = end;
		r = look(rule, at, even, &open, &end);
		if (r == 0 && open != now) {
			end = at;
			break;
		}
	}
	if (r < 0)
		return r;
	*ret_open = now;
	*ret_end = end;
	return 0;
}

bool openings_repeated(int64_t when)
{
	int64_t offset = utc_offset(when);
	int64_t around[] = {utc_offset(when - DAY_S / 2), utc_offset(when + DAY_S / 2)};

	for (size_t i = 0; i < ARRAY_SIZE(around); i++)
		if (around[i] != offset && utc_offset(when + offset - around[i]) == around[i])
			return true;
	return false;
}

void openings_format(int64_t when, char out[OPENINGS_TEXT_MAX])
{
	time_t seconds = (time_t)when;
	int64_t minutes = utc_offset(when) / 60;
	struct tm tm;
	size_t n;

	out[0] = '\0';
	if (!localtime_r(&seconds, &tm))
		return;
	n = strftime(out, OPENINGS_TEXT_MAX, "%Y-%m-%dT%H:%M", &tm);
	if (openings_repeated(when))
		snprintf(out + n, OPENINGS_TEXT_MAX - n, "%c%02d:%02d", minutes < 0 ? '-' : '+',
			(int)(llabs(minutes) / 60), (int)(llabs(minutes) % 60));
}
