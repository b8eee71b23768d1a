/* SPDX-License-Identifier: Apache-2.0 */
/* tapin hours: when an expression is open. */
#include "base/clock.h"
#include "base/log.h"
#include "base/openings.h"
#include "base/util.h"
#include "cli/cli.h"
#include "cli/week.h"
#include "cli/when.h"

#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <time.h>

struct query {
	const char *expression;
	const char *from_text;
	const char *to_text;
	const char *timezone;
	enum calendar_holidays holidays;
	bool json;
	int64_t from;
	int64_t to;
};

static const char help[] =
	"tapin hours: prints when opening hours are open, and draws them.\n"
	"\n"
	"  tapin hours EXPR [--from T] [--to T] [--timezone ZONE] [--holidays england|none] "
	"[--json]\n"
	"\n"
	"  EXPR             opening hours, such as \"Mo-Fr 09:00-17:00; PH off\"\n"
	"  --from T         local time, 2026-12-21 or 2026-12-21T08:00; default: Monday of this "
	"week\n"
	"  --to T           up to, not with, this time; default: seven days after the start\n"
	"  --timezone ZONE  such as Europe/London; default: this machine's\n"
	"  --holidays NAME  what PH means: england (default) or none\n"
	"  --json           {\"open\":[[start,end],...]}\n"
	"\n"
	"Exit: 0 printed, 1 the expression is refused, 2 wrong options.\n";

/* "england", "none": 0, or -EINVAL. */
static int parse_holidays(const char *text, enum calendar_holidays *ret_holidays)
{
	if (strcmp(text, "england") == 0)
		*ret_holidays = CALENDAR_HOLIDAYS_ENGLAND;
	else if (strcmp(text, "none") == 0)
		*ret_holidays = CALENDAR_HOLIDAYS_NONE;
	else
		return log_error("--holidays %s: write england or none", text), -EINVAL;
	return 0;
}

/* 1 go on, 0 all done, negative: wrong, and said so. */
static int parse_options(int argc, char **argv, struct query *q)
{
	static const struct option table[] = {
		{"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'},
		{"timezone", required_argument, NULL, 'z'},
		{"holidays", required_argument, NULL, 'p'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", table, NULL)) >= 0) {
		if (c == 'f')
			q->from_text = optarg;
		else if (c == 't')
			q->to_text = optarg;
		else if (c == 'z')
			q->timezone = optarg;
		else if (c == 'p' && parse_holidays(optarg, &q->holidays) < 0)
			return -EINVAL;
		else if (c == 'j')
			q->json = true;
		else if (c == 'h')
			return fputs(help, stdout), 0;
		else if (c == '?')
			return -EINVAL; /* getopt said what */
	}
	if (argc - optind != 1) {
		log_error("hours: expected one expression, in quotes; see tapin hours --help");
		return -EINVAL;
	}
	q->expression = argv[optind];
	return 1;
}

/* Fills from and to. 0, or -EINVAL, and said so. */
static int parse_window(struct query *q)
{
	struct civil civil;
	int r;

	r = clock_civil(clock_wall_us(), &civil);
	if (r == 0 && q->from_text)
		r = when_parse("--from", q->from_text, WHEN_NEXT, &q->from);
	else if (r == 0)
		r = when_of_date(civil.date - civil.weekday, 0, &q->from);
	if (r == 0 && q->to_text)
		r = when_parse("--to", q->to_text, WHEN_NEXT, &q->to);
	else if (r == 0 && clock_civil(q->from * 1000000, &civil) == 0)
		r = when_of_date(civil.date + 7, civil.minute, &q->to);
	if (r == 0 && q->to <= q->from) {
		log_error("--to must lie after --from");
		r = -EINVAL;
	}
	return r;
}

/* The expression, a caret under the character, and what to write instead. A caret counts
 * characters, not bytes, and nothing that could move the terminal's cursor is repeated. */
static void print_refusal(const char *text, const struct hours_error *error)
{
	size_t column = 0;

	for (size_t i = 0; text[i]; i++) {
		bool control = (unsigned char)text[i] < ' ' || text[i] == 0x7F;

		fputc(control ? '?' : text[i], stderr);
		if (i < error->at && ((unsigned char)text[i] & 0xC0) != 0x80)
			column++;
	}
	fprintf(stderr, "\n%*s^\n%s", (int)column, "", error->message);
	if (error->suggestion)
		fprintf(stderr, "; %s", error->suggestion);
	fputc('\n', stderr);
}

static void print_json(const struct opening *openings, size_t count)
{
	char start[OPENINGS_TEXT_MAX], end[OPENINGS_TEXT_MAX];

	fputs("{\"open\":[", stdout);
	for (size_t i = 0; i < count; i++) {
		openings_format(openings[i].start, start);
		openings_format(openings[i].end, end);
		printf("%s[\"%s\",\"%s\"]", i ? "," : "", start, end);
	}
	puts("]}");
}

static enum week_style style(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		return WEEK_STYLE_ASCII;
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") ? WEEK_STYLE_COLOUR : WEEK_STYLE_BLOCKS;
}

static int print(const struct query *q, const struct hours *hours)
{
	const struct calendar calendar = {.holidays = q->holidays};
	const struct openings_rule rule = {.hours = hours, .calendar = &calendar};
	CLEANUP(cleanup_free) struct opening *openings = NULL;
	char text[HOURS_FORMAT_MAX];
	size_t count;
	int r;

	r = openings_find(&rule, q->from, q->to, &openings, &count);
	if (r < 0) {
		log_error("hours: this window cannot be computed: %s", strerror(-r));
		return CLI_EXIT_REFUSED;
	}
	if (q->json) {
		print_json(openings, count);
	} else {
		if (hours_format(hours, text, sizeof(text)) > 0)
			puts(text);
		week_draw(stdout, openings, count, q->from, q->to, style());
	}
	return CLI_EXIT_DONE;
}

int cli_hours(int argc, char **argv)
{
	struct query q = {.holidays = CALENDAR_HOLIDAYS_ENGLAND};
	struct hours_error error;
	struct hours hours;
	int r;

	r = parse_options(argc, argv, &q);
	if (r <= 0)
		return r < 0 ? CLI_EXIT_USAGE : CLI_EXIT_DONE;
	if (when_set_zone("--timezone", q.timezone) < 0)
		return CLI_EXIT_USAGE;
	if (parse_window(&q) < 0)
		return CLI_EXIT_USAGE;
	if (hours_compile(q.expression, &hours, &error) < 0) {
		print_refusal(q.expression, &error);
		return CLI_EXIT_REFUSED;
	}
	return print(&q, &hours);
}
