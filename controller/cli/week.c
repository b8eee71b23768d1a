/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/week.h"

#include <string.h>
#include <time.h>

#define DAY_MINUTES 1440
#define QUARTERS (DAY_MINUTES / 15)

struct day {
	int64_t start; /* the first instant of it, and of the day after */
	int64_t end;
	uint8_t quarters[QUARTERS]; /* minutes open in each quarter of an hour */
};

static struct tm local(int64_t when)
{
	time_t seconds = (time_t)when;
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	return tm;
}

/* Midnight of the day that follows, or what stands for it where the clocks skip midnight. */
static int64_t next_midnight(int64_t when)
{
	struct tm tm = local(when);

	tm.tm_mday++;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* By the minute, as a day has skipped or repeated ones. */
static void fill(struct day *day, const struct opening *openings, size_t count)
{
	memset(day->quarters, 0, sizeof(day->quarters));
	for (size_t i = 0; i < count; i++)
		for (int64_t at = later(openings[i].start, day->start);
			at < earlier(openings[i].end, day->end); at += 60) {
			struct tm tm = local(at);
			uint8_t *minutes = &day->quarters[(tm.tm_hour * 60 + tm.tm_min) / 15];

			if (*minutes < UINT8_MAX)
				++*minutes;
		}
}

/* A quarter is drawn when most of it is open. */
static unsigned half_hour(const struct day *day, int column)
{
	return (day->quarters[2 * column] > 7 ? 1U : 0) |
	       (day->quarters[2 * column + 1] > 7 ? 2U : 0);
}

static void draw_bar(FILE *out, const struct day *day, enum week_style style)
{
	static const char *const ascii[] = {".", "[", "]", "#"};
	static const char *const blocks[] = {"·", "▌", "▐", "█"};
	const char *const *marks = style == WEEK_STYLE_ASCII ? ascii : blocks;

	if (style == WEEK_STYLE_COLOUR)
		fputs("\033[32m", out);
	for (int column = 0; column < QUARTERS / 2; column++)
		fputs(marks[half_hour(day, column)], out);
	if (style == WEEK_STYLE_COLOUR)
		fputs("\033[0m", out);
}

static void draw_times(
	FILE *out, const struct day *day, const struct opening *openings, size_t count)
{
	const char *gap = "  ";
	char text[OPENINGS_TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		int64_t start = later(openings[i].start, day->start);
		int64_t end = earlier(openings[i].end, day->end);

		if (start >= end)
			continue;
		openings_format(start, text);
		fprintf(out, "%s%s-", gap, strchr(text, 'T') + 1);
		openings_format(end, text);
		fputs(local(end).tm_mday == local(start).tm_mday ? strchr(text, 'T') + 1 : "24:00",
			out);
		gap = ",";
	}
}

void week_draw(FILE *out, const struct opening *openings, size_t count, int64_t from, int64_t to,
	enum week_style style)
{
	static const char *const names[] = {"Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"};
	struct day day;

	fputs("               0     3     6     9     12    15    18    21    24\n", out);
	for (day.start = from; day.start < to; day.start = day.end) {
		struct tm tm = local(day.start);

		day.end = next_midnight(day.start);
		if (day.end <= day.start) /* beyond what the C library knows */
			return;
		day.end = earlier(day.end, to);
		fill(&day, openings, count);
		fprintf(out, "%s %04d-%02d-%02d  ", names[tm.tm_wday], tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday);
		draw_bar(out, &day, style);
		draw_times(out, &day, openings, count);
		fputc('\n', out);
	}
}
