/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/openings.h"

#include "base/clock.h"
#include "base/util.h"
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

/* Between two changes of the offset local time runs evenly: a change of the hours in local time is
 * as far away as it is in seconds. */
static int find_even(const struct hours *hours, const struct calendar *calendar, int64_t from,
	int64_t to, struct list *list)
{
	struct civil now, next;
	int r;

	int32_t last = (int32_t)((to + utc_offset(from)) / DAY_S);

	for (int64_t at = from, end; at < to; at = end) {
		if (at < 0 || clock_civil(at * 1000000, &now) < 0)
			return -EINVAL;
		/* without a change it stays so for as far as that was looked at */
		end = earlier(to, at + (int64_t)HOURS_REACH_DAYS * DAY_S);
		if (hours_next_change(hours, calendar, &now, last, &next))
			end = earlier(to, at + civil_seconds(&next) - civil_seconds(&now));
		if (hours_open(hours, calendar, &now)) {
			r = add(list, at, end);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int openings_find(const struct hours *hours, const struct calendar *calendar, int64_t from,
	int64_t to, struct opening **ret_openings, size_t *ret_count)
{
	struct list list = {0};

	for (int64_t at = from, end; at < to; at = end) {
		int r;

		end = offset_end(at, to);
		r = find_even(hours, calendar, at, end, &list);
		if (r < 0) {
			free(list.items);
			return r;
		}
	}
	*ret_openings = list.items;
	*ret_count = list.count;
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
