/* SPDX-License-Identifier: Apache-2.0 */
/* A month in numbers, as tables: tapin report month 2026-11. */
#include "base/log.h"
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#define DAYS                                                                                      \
	{"MO", "Mo", CLI_CELL_RIGHT}, {"TU", "Tu", CLI_CELL_RIGHT}, {"WE", "We", CLI_CELL_RIGHT}, \
		{"TH", "Th", CLI_CELL_RIGHT}, {"FR", "Fr", CLI_CELL_RIGHT},                       \
		{"SA", "Sa", CLI_CELL_RIGHT},                                                     \
	{                                                                                         \
		"SU", "Su", CLI_CELL_RIGHT                                                        \
	}
static const char *const days[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};

static const struct cli_column visit_columns[] = {
	{"TIER", "name", CLI_CELL_TEXT},
	{"MEMBERS", "members", CLI_CELL_RIGHT},
	{"VISITS", "visits", CLI_CELL_RIGHT},
	DAYS,
	{0},
};
static const struct cli_column hour_columns[] = {{"HOUR", "hour", CLI_CELL_RIGHT}, DAYS, {0}};
static const struct cli_column event_columns[] = {
	{"EVENT", "event", CLI_CELL_RIGHT},
	{"TITLE", "title", CLI_CELL_TEXT},
	{"ROOM", "room", CLI_CELL_TEXT},
	{"STARTS", "starts", CLI_CELL_TIME},
	{"CAPACITY", "capacity", CLI_CELL_RIGHT},
	{"LISTED", "listed", CLI_CELL_RIGHT},
	{"ARRIVED", "arrived", CLI_CELL_RIGHT},
	{0},
};
static const struct cli_column allowance_columns[] = {
	{"TIER", "name", CLI_CELL_TEXT},
	{"POOL", "pool", CLI_CELL_RIGHT},
	{"KIND", "kind", CLI_CELL_TEXT},
	{"A MONTH", "limit", CLI_CELL_RIGHT},
	{"MEMBERS", "members", CLI_CELL_RIGHT},
	{"USED BY", "users", CLI_CELL_RIGHT},
	{"USED", "used", CLI_CELL_RIGHT},
	{"OVER IT", "over", CLI_CELL_RIGHT},
	{"BY", "over_units", CLI_CELL_RIGHT},
	{0},
};
static const struct cli_column exceeded_columns[] = {
	{"MEMBER", "member", CLI_CELL_RIGHT},
	{"TIER", "tier", CLI_CELL_RIGHT},
	{"KIND", "kind", CLI_CELL_TEXT},
	{"HAD", "had", CLI_CELL_RIGHT},
	{"USED", "used", CLI_CELL_RIGHT},
	{0},
};
static const struct cli_column card_columns[] = {
	{"CARDS", "cards", CLI_CELL_RIGHT},
	{"USED", "used", CLI_CELL_RIGHT},
	{"NOT THIS MONTH", "unused", CLI_CELL_RIGHT},
	{"NEVER", "never", CLI_CELL_RIGHT},
	{0},
};
static const struct cli_column never_columns[] = {
	{"CARD", "card", CLI_CELL_RIGHT},
	{"MEMBER", "member", CLI_CELL_RIGHT},
	{"ISSUED", "issued_at", CLI_CELL_TIME},
	{0},
};
static const struct cli_column denied_columns[] = {
	{"TAPS", "taps", CLI_CELL_RIGHT},
	{"REASON", "reason", CLI_CELL_TEXT},
	{"WHAT IT MEANS", "sentence", CLI_CELL_TEXT},
	{0},
};

/* ---- rows as tables want them ---- */

/* What is withheld is a star; nothing is left to be seen as nothing. */
static void put(json_t *row, const char *key, json_t *value)
{
	if (!value || json_is_null(value))
		json_object_set_new(row, key, json_string("*"));
	else
		json_object_set(row, key, value);
}

static void put_days(json_t *row, const json_t *list)
{
	for (size_t i = 0; i < ARRAY_SIZE(days); i++)
		put(row, days[i], json_array_get(list, i));
}

/* The rows of a list, with these numbers in them starred where they are withheld. */
static json_t *rows_of(const json_t *list, const char *const *numbers, size_t count)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *row = json_copy(json_array_get(list, i));

		for (size_t n = 0; n < count; n++)
			put(row, numbers[n], json_object_get(row, numbers[n]));
		if (json_object_get(row, "weekdays"))
			put_days(row, json_object_get(row, "weekdays"));
		json_array_append_new(rows, row);
	}
	return rows;
}

static void print_rows(const char *title, const struct cli_column *columns, json_t *rows)
{
	printf("\n%s\n", title);
	if (json_array_size(rows) > 0)
		cli_show_rows(columns, rows);
	else
		printf("none\n");
	json_decref(rows);
}

/* ---- sections ---- */

static void print_visits(const json_t *visits)
{
	static const char *const numbers[] = {"visits"};
	json_t *rows = rows_of(json_object_get(visits, "tiers"), numbers, 1), *all = json_object();

	json_object_set_new(all, "name", json_string("all"));
	put(all, "visits", json_object_get(visits, "visits"));
	put_days(all, json_object_get(visits, "weekdays"));
	json_array_append_new(rows, all);
	print_rows("Visits", visit_columns, rows);
}

/* The hour with the most visits, of those that are shown. */
static void print_busiest(const json_t *hours)
{
	json_int_t most = 0;
	size_t at = 0, on = 0;

	for (size_t hour = 0; hour < json_array_size(hours); hour++)
		for (size_t day = 0; day < ARRAY_SIZE(days); day++) {
			const json_t *n = json_array_get(
				json_object_get(json_array_get(hours, hour), "weekdays"), day);

			if (json_integer_value(n) <= most)
				continue;
			most = json_integer_value(n);
			at = hour;
			on = day;
		}
	if (most > 0)
		printf("busiest: %s %02zu:00, %" JSON_INTEGER_FORMAT " visits\n", days[on], at,
			most);
}

/* From the first hour that anybody came in to the last. */
static void print_hours(const json_t *hours)
{
	json_t *rows = rows_of(hours, NULL, 0);
	size_t first = json_array_size(rows), last = 0;

	for (size_t i = 0; i < json_array_size(rows); i++)
		for (size_t day = 0; day < ARRAY_SIZE(days); day++) {
			const json_t *n = json_object_get(json_array_get(rows, i), days[day]);

			if (json_is_integer(n) && json_integer_value(n) == 0)
				continue;
			first = i < first ? i : first;
			last = i;
		}
	for (size_t i = json_array_size(rows); i-- > 0;)
		if (i < first || i > last)
			json_array_remove(rows, i);
	print_rows("Visits that began in the hour", hour_columns, rows);
	print_busiest(hours);
}

static void print_events(const json_t *events)
{
	static const char *const numbers[] = {"listed", "arrived"};
	json_t *rows = rows_of(json_object_get(events, "events"), numbers, 2), *all = json_object();

	if (json_array_size(rows) > 0) {
		json_object_set_new(all, "title", json_string("all"));
		put(all, "arrived", json_object_get(events, "arrived"));
		json_array_append(rows, all);
	}
	json_decref(all);
	print_rows("Events", event_columns, rows);
}

static void print_allowance(const json_t *list)
{
	static const char *const numbers[] = {"users", "used", "over", "over_units"};

	print_rows("Allowance of tiers and pools (hours in minutes)", allowance_columns,
		rows_of(list, numbers, 4));
}

static void print_exceeded(const json_t *list)
{
	if (json_array_size(list) > 0)
		print_rows("Used more than they had (minutes of hours)", exceeded_columns,
			json_incref((json_t *)list));
}

static void print_cards(const json_t *cards)
{
	static const char *const numbers[] = {"used", "unused", "never"};
	json_t *list = json_array(), *never = json_object_get(cards, "never_used");

	json_array_append(list, (json_t *)cards);
	print_rows("Cards", card_columns, rows_of(list, numbers, 3));
	json_decref(list);
	if (json_array_size(never) > 0)
		print_rows("Never used", never_columns, json_incref(never));
}

static void print_denied(const json_t *denied)
{
	static const char *const numbers[] = {"taps"};
	json_t *rows = rows_of(json_object_get(denied, "reasons"), numbers, 1),
	       *all = json_object();

	json_object_set_new(all, "reason", json_string("all"));
	put(all, "taps", json_object_get(denied, "taps"));
	json_array_append_new(rows, all);
	print_rows("Denied taps", denied_columns, rows);
}

static void print_report(const json_t *report)
{
	static const struct {
		const char *name;
		void (*print)(const json_t *section);
	} sections[] = {{"visits", print_visits}, {"hours", print_hours}, {"events", print_events},
		{"allowance", print_allowance}, {"exceeded", print_exceeded},
		{"cards", print_cards}, {"denied", print_denied}};
	CLEANUP(cleanup_free) char *note = cli_clean(cli_text_at(report, "note"));
	const char *forgotten = cli_text_at(report, "forgotten_before");
	char local[64];

	printf("%s%s%s\n", cli_text_at(report, "month"),
		json_is_true(json_object_get(report, "over")) ? "" : ", up to now",
		json_is_true(json_object_get(report, "exact")) ? ", exact: about single people, "
								 "not for others' eyes"
							       : "");
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (json_object_get(report, sections[i].name))
			sections[i].print(json_object_get(report, sections[i].name));
	if (note && *note)
		printf("\n* %s\n", note);
	if (*forgotten) {
		cli_local_time(forgotten, local);
		printf("What was before %s is past its retention and counts no more.\n", local);
	}
}

int cli_month(struct cli_call *call)
{
	bool csv = cli_given(call, "csv") != NULL;
	char path[CLI_PATH_MAX];
	json_t *answer = NULL;
	int r;

	if (csv && (call->json || !cli_given(call, "section"))) {
		log_error(call->json
				  ? "--json and --csv: choose one"
				  : "--csv: a spreadsheet has one section: add --section visits");
		return CLI_EXIT_USAGE;
	}
	if (cli_make_path(call, path) < 0 || (csv && cli_add_query(path, "format", "csv") < 0))
		return CLI_EXIT_USAGE;
	if (csv)
		return cli_print_answer(call, path);
	r = cli_send(call, "GET", path, NULL, &answer);
	if (r == CLI_EXIT_DONE && call->json)
		cli_print_json(answer);
	else if (r == CLI_EXIT_DONE)
		print_report(answer);
	json_decref(answer);
	return r;
}
