/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in, and what a member used: answers that are more than a table. */
#include "cli/command.h"

#include <string.h>

/* Sends the command's request; *ret_answer is the caller's. */
static int ask(struct cli_call *call, json_t **ret_answer)
{
	const struct cli_command *c = call->command;
	char path[CLI_PATH_MAX];
	json_t *body = NULL;

	if (cli_make_path(call, path) < 0)
		return CLI_EXIT_USAGE;
	if (strcmp(c->method, "GET") != 0 && cli_make_body(call, &body) < 0)
		return CLI_EXIT_USAGE;
	return cli_send(call, c->method, path, body, ret_answer);
}

static json_int_t number_at(const json_t *object, const char *field)
{
	return json_integer_value(json_object_get(object, field));
}

/* Rows in the way that was asked for; true where that was all. */
static bool show_plain(struct cli_call *call, const json_t *answer, const char *list)
{
	if (call->json)
		cli_print_json(answer);
	if (call->csv) {
		cli_csv_head(call->command->columns);
		cli_csv_rows(call->command->columns, json_object_get(answer, list));
	}
	return call->json || call->csv;
}

int cli_present(struct cli_call *call)
{
	json_t *answer = NULL;
	char as_of[64];
	int r = ask(call, &answer);

	if (r == CLI_EXIT_DONE && !show_plain(call, answer, "people")) {
		cli_show_rows(call->command->columns, json_object_get(answer, "people"));
		cli_local_time(cli_text_at(answer, "as_of"), as_of);
		printf("at least %" JSON_INTEGER_FORMAT " in, %" JSON_INTEGER_FORMAT
		       " of them for sure, as of %s; who came in behind another is not known\n",
			number_at(answer, "count"), number_at(answer, "sure"), as_of);
	}
	json_decref(answer);
	return r;
}

/* ---- allowance ---- */

/* Hours are counted in minutes. */
static void print_units(const json_t *answer, json_int_t n)
{
	if (strcmp(cli_text_at(answer, "kind"), "hours") != 0)
		printf("%" JSON_INTEGER_FORMAT, n);
	else
		printf("%s%" JSON_INTEGER_FORMAT ":%02d", n < 0 ? "-" : "", (n < 0 ? -n : n) / 60,
			(int)((n < 0 ? -n : n) % 60));
}

static const char *units_name(const char *kind)
{
	return strcmp(kind, "half_days") == 0 ? "half days" : kind;
}

/* Days and the like, with what others gave or paid, as the doors judge it. */
static void print_summary(const json_t *answer)
{
	const char *kind = cli_text_at(answer, "kind");
	json_int_t extra = number_at(answer, "extra");

	printf("member %" JSON_INTEGER_FORMAT ", %s: ", number_at(answer, "member"),
		cli_text_at(answer, "month"));
	if (strcmp(kind, "none") == 0) {
		printf("no limit\n");
		return;
	}
	print_units(answer, number_at(answer, "used"));
	printf(" of ");
	print_units(answer, number_at(answer, "limit"));
	printf(" %s used", units_name(kind));
	if (extra != 0) {
		printf(", ");
		print_units(answer, extra < 0 ? -extra : extra);
		printf(extra > 0 ? " more given, forgiven or paid by the pool" : " fewer: taken");
	}
	printf(", ");
	print_units(answer, number_at(answer, "left"));
	printf(" left; then %s\n",
		strcmp(cli_text_at(answer, "when_spent"), "warn") == 0 ? "a warning" : "refused");
}

static void print_given(const json_t *answer)
{
	const json_t *given = json_object_get(answer, "given");

	for (size_t i = 0; i < json_array_size(given); i++) {
		const json_t *row = json_array_get(given, i);
		CLEANUP(cleanup_free) char *why = cli_clean(cli_text_at(row, "why"));
		json_int_t units = number_at(row, "units"), entry = number_at(row, "entry");
		char at[64];

		cli_local_time(cli_text_at(row, "at"), at);
		printf(entry > 0 ? "forgiven: " : units < 0 ? "taken: " : "given: ");
		if (units == 0 && strcmp(cli_text_at(answer, "kind"), "hours") != 0)
			printf("the pool's unit");
		else
			print_units(answer, units < 0 ? -units : units);
		if (entry > 0)
			printf(" of entry %" JSON_INTEGER_FORMAT, entry);
		printf(" by %s at %s: %s\n", cli_text_at(row, "by"), at, why ? why : "");
	}
}

int cli_allowance(struct cli_call *call)
{
	json_t *answer = NULL;
	int r = ask(call, &answer);

	if (r == CLI_EXIT_DONE && !show_plain(call, answer, "units")) {
		print_summary(answer);
		if (json_array_size(json_object_get(answer, "units")) > 0)
			cli_show_rows(call->command->columns, json_object_get(answer, "units"));
		print_given(answer);
	}
	json_decref(answer);
	return r;
}

/* ---- attendance ---- */

static int keep_arrived(struct cli_call *call, json_t *items, void *userdata)
{
	(void)call;
	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *row = json_array_get(items, i);

		if (json_is_string(json_object_get(row, "arrived_at")))
			json_array_append(userdata, row);
	}
	return CLI_EXIT_DONE;
}

int cli_attendance(struct cli_call *call)
{
	json_t *rows = json_array(), *answer;
	char path[CLI_PATH_MAX];
	int r = CLI_EXIT_USAGE;

	if (cli_make_path(call, path) == 0)
		r = cli_pages(call, path, keep_arrived, rows);
	answer = json_pack("{s:o}", "items", rows);
	if (r == CLI_EXIT_DONE && !show_plain(call, answer, "items"))
		cli_show_rows(call->command->columns, rows);
	json_decref(answer);
	return r;
}
