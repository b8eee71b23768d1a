/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own answers, to hold against the references: speaks as reference.mjs does: answers [MOMENTS].
 * What hours_format writes must compile to the same again.
 */
#include "base/clock.h"
#include "base/openings.h"
#include "base/util.h"

#include <string.h>
#include <time.h>

static const struct calendar england = {.holidays = CALENDAR_HOLIDAYS_ENGLAND};
static struct {
	uint64_t expressions;
	uint64_t read_ns;
	uint64_t year_ns;
	uint64_t ask_ns;
} cost;
static volatile uint64_t asked_open; /* so that no question is optimised away */

/* The moments asked about one by one, spread over the year and over the times of the day. */
static int moments;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int64_t midnight(int year, bool local)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mday = 1, .tm_isdst = -1};

	return (int64_t)(local ? mktime(&tm) : timegm(&tm));
}

static bool survives_format(const struct hours *hours)
{
	char text[HOURS_FORMAT_MAX];
	struct hours_error error;
	struct hours again;

	return hours_format(hours, text, sizeof(text)) >= 0 &&
	       hours_compile(text, &again, &error) == 0 &&
	       memcmp(hours, &again, sizeof(again)) == 0;
}

static void print(const struct opening *openings, size_t count, int64_t zero)
{
	fputs("{\"open\":[", stdout);
	for (size_t i = 0; i < count; i++)
		printf("%s[%lld,%lld]", i ? "," : "", (long long)(openings[i].start - zero) / 60,
			(long long)(openings[i].end - zero) / 60);
	puts("]}");
}

static void ask(const struct hours *hours, int64_t from)
{
	uint64_t start = now_ns();

	for (int i = 0; i < moments; i++) {
		struct civil civil;

		clock_civil((from + i * (86400LL * 365 / moments + 1740)) * 1000000, &civil);
		asked_open += hours_open(hours, &england, &civil);
	}
	cost.ask_ns += now_ns() - start;
}

static int answer(int year, const char *text)
{
	CLEANUP(cleanup_free) struct opening *openings = NULL;
	int64_t from = midnight(year, true);
	uint64_t start = now_ns();
	struct hours_error error;
	struct hours hours;
	const struct openings_rule rule = {.hours = &hours, .calendar = &england};
	size_t count;
	int r;

	if (hours_compile(text, &hours, &error) < 0) {
		printf("{\"error\":\"%s\"}\n", error.message);
		return 0;
	}
	cost.read_ns += now_ns() - start;
	if (!survives_format(&hours)) {
		puts("{\"error\":\"THE NORMAL FORM DIFFERS\"}");
		return 0;
	}
	start = now_ns();
	r = openings_find(&rule, from, midnight(year + 1, true), &openings, &count);
	if (r < 0)
		return r;
	cost.year_ns += now_ns() - start;
	cost.expressions++;
	ask(&hours, from);
	print(openings, count, midnight(year, false));
	return 0;
}

int main(int argc, char **argv)
{
	char line[HOURS_TEXT_MAX * 2];

	tzset();
	moments = argc > 1 ? atoi(argv[1]) : 0;
	while (fgets(line, sizeof(line), stdin)) {
		char *tab = strchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		if (!tab || answer(atoi(line), tab + 1) < 0) {
			fprintf(stderr, "answers: not answered: %s\n", line);
			return 1;
		}
	}
	if (cost.expressions)
		fprintf(stderr, "%llu %llu %llu\n",
			(unsigned long long)(cost.read_ns / cost.expressions),
			(unsigned long long)(cost.year_ns / cost.expressions),
			(unsigned long long)(cost.ask_ns / cost.expressions /
					     (moments > 0 ? (uint64_t)moments : 1)));
	return 0;
}
