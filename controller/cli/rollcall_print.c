/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rollcall.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static bool local(int64_t time_us, struct tm *ret_tm)
{
	time_t at = (time_t)(time_us / 1000000);

	return localtime_r(&at, ret_tm) != NULL;
}

static void put_count(FILE *out, int64_t n, const char *unit)
{
	fprintf(out, "%" PRId64 " %s%s", n, unit, n == 1 ? "" : "s");
}

/* "2 minutes", "3 hours 12 minutes", "2 days 5 hours" */
static void put_age(FILE *out, int64_t age_s)
{
	int64_t minutes = age_s / 60, hours = minutes / 60, days = hours / 24;

	if (minutes < 1) {
		put_count(out, age_s, "second");
	} else if (hours < 1) {
		put_count(out, minutes, "minute");
	} else if (days < 1) {
		put_count(out, hours, "hour");
		fputc(' ', out);
		put_count(out, minutes % 60, "minute");
	} else {
		put_count(out, days, "day");
		fputc(' ', out);
		put_count(out, hours % 24, "hour");
	}
}

static void print_head(FILE *out, const struct rollcall *list, int64_t now_us)
{
	int64_t age_s = (now_us - list->as_of_us) / 1000000;
	char at[64] = "?";
	struct tm tm;

	if (local(list->as_of_us, &tm))
		strftime(at, sizeof(at), "%A %d %B %Y %H:%M:%S %Z", &tm);
	fprintf(out, "ROLL CALL of %s (%s)\nas of %s", *list->title ? list->title : list->site,
		list->site, at);
	if (age_s < -60) {
		fputs("\nTHE CLOCKS DIFFER: by this machine's clock that is still to come.\n", out);
		return;
	}
	fputs(", ", out);
	put_age(out, age_s < 0 ? 0 : age_s);
	fputs(" ago\n", out);
	if (age_s < ROLLCALL_OLD_S)
		return;
	fputs("\nOLD: this list is ", out);
	put_age(out, age_s);
	fputs(" old. Who came or left since is not in it; another door's machine may have a newer "
	      "one.\n",
		out);
}

static void print_people(FILE *out, const struct rollcall *list)
{
	uint64_t all = (uint64_t)list->sure + list->likely;

	fprintf(out, "\nAt least %" PRIu64 " %s inside: %u sure, %u likely.\n", all,
		all == 1 ? "person is" : "people are", list->sure, list->likely);
	if (list->likely)
		fputs("(likely: a door stood open since, or only a host, or nobody, saw them "
		      "come in)\n",
			out);
	if (list->people_count)
		fputc('\n', out);
	for (size_t i = 0; i < list->people_count; i++) {
		const struct rollcall_person *p = &list->people[i];
		char since[32] = "?";
		struct tm tm;

		if (local(p->since_us, &tm))
			strftime(since, sizeof(since), "%a %H:%M", &tm);
		fprintf(out, "[ ] since %-9s %-6s  %-10s %s\n", since, p->sure ? "sure" : "likely",
			p->zone, p->name);
	}
	if (all > list->people_count)
		fprintf(out, "and %" PRIu64 " more, for whom the list has no room\n",
			all - list->people_count);
}

static void print_events(FILE *out, const struct rollcall *list)
{
	if (list->event_count)
		fputs("\nEvents that go on, where a door may stand open (heads that were counted; "
		      "some of them are above):\n",
			out);
	for (size_t i = 0; i < list->event_count; i++)
		fprintf(out, "[ ] %u at %s\n", list->events[i].headcount, list->events[i].title);
}

void rollcall_print(FILE *out, const struct rollcall *list, int64_t now_us)
{
	setenv("TZ", list->timezone, 1);
	tzset();
	print_head(out, list, now_us);
	print_people(out, list);
	print_events(out, list);
	fputs("\nThis list is an aid and no proof that the building is empty: who came in behind "
	      "another, or\nleft without a tap, is not seen. Look, ask and count.\n",
		out);
}
