/* SPDX-License-Identifier: Apache-2.0 */
/* What is held about a member, for people; and forgetting it. */
#include "base/log.h"
#include "cli/command.h"

#include <string.h>
#include <unistd.h>

#define TIME_SIZE 20 /* 2026-11-22T05:00:00Z */

/* ---- export ---- */

static void print_value(const char *key, const json_t *value)
{
	const char *string = json_string_value(value);
	bool time = string && strlen(string) == TIME_SIZE && string[TIME_SIZE - 1] == 'Z' &&
		    string[4] == '-' && string[10] == 'T';
	CLEANUP(cleanup_free)
	char *text = cli_cell(value, time ? CLI_CELL_TIME : CLI_CELL_TEXT, false);

	if (text && *text)
		printf("  %s: %s\n", key, text);
}

/* Lists of plain things stand behind their name, those of objects below it. */
static void print_object(const json_t *object, const char *heading)
{
	void *at = json_object_iter((json_t *)object);

	printf("\n%s\n", heading);
	for (; at; at = json_object_iter_next((json_t *)object, at)) {
		const json_t *value = json_object_iter_value(at);

		if (!json_is_array(value) || !json_is_object(json_array_get(value, 0)))
			print_value(json_object_iter_key(at), value);
		else
			for (size_t i = 0; i < json_array_size(value); i++)
				print_object(json_array_get(value, i), json_object_iter_key(at));
	}
}

static void print_part(const char *name, const json_t *rows)
{
	size_t count = json_array_size(rows);
	char heading[80];

	printf("\n== %s: %zu ==\n", name, count);
	for (size_t i = 0; i < count; i++) {
		snprintf(heading, sizeof(heading), "%.40s %zu", name, i + 1);
		print_object(json_array_get(rows, i), heading);
	}
}

static void print_all(json_t *all)
{
	void *at = json_object_iter(all);
	char when[64];

	cli_local_time(cli_text_at(all, "exported_at"), when);
	printf("Everything that the hub holds of this person, as of %s.\nOlder backups may hold "
	       "more.\n",
		when);
	for (; at; at = json_object_iter_next(all, at))
		if (json_is_array(json_object_iter_value(at)))
			print_part(json_object_iter_key(at), json_object_iter_value(at));
}

int cli_member_export(struct cli_call *call)
{
	char path[CLI_PATH_MAX];
	json_t *all = NULL;
	int r = cli_make_path(call, path) < 0 ? CLI_EXIT_USAGE
					      : cli_send(call, "GET", path, NULL, &all);

	if (r != CLI_EXIT_DONE)
		return r;
	if (call->json)
		cli_print_json(all);
	else
		print_all(all);
	json_decref(all);
	return CLI_EXIT_DONE;
}

/* ---- erase ---- */

/* Who it is, read by a person: there is no way back. */
static bool agreed(struct cli_call *call)
{
	char path[CLI_PATH_MAX], answer[32] = "";
	json_t *member = NULL;

	if (cli_given(call, "yes"))
		return true;
	if (!isatty(STDIN_FILENO)) {
		log_error("not erased: say --yes where nobody can be asked");
		return false;
	}
	snprintf(path, sizeof(path), "/members/%s", call->words[0]);
	if (cli_send(call, "GET", path, NULL, &member) != CLI_EXIT_DONE)
		return false;
	CLEANUP(cleanup_free) char *name = cli_clean(cli_text_at(member, "name"));
	json_decref(member);
	fprintf(stderr,
		"Erase member %s, %s, for good? Cards end, and nothing will say who it was.\n"
		"Type the member's number to go on: ",
		call->words[0], name ? name : "");
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\r\n")] = '\0';
	if (strcmp(answer, call->words[0]) == 0)
		return true;
	log_error("not erased");
	return false;
}

static void print_erased(const char *member, json_int_t doors)
{
	printf("Member %s is erased here", member);
	if (doors > 0)
		printf("; %" JSON_INTEGER_FORMAT
		       " door%s to do the same, also after being off for weeks: "
		       "tapin member erasure %s says how far it is",
			doors, doors == 1 ? " has" : "s have", member);
	printf(".\nBackups from before, in the folder backups on the hub's machine and wherever "
	       "they were copied, still name them: delete those when their time is over.\n");
}

int cli_member_erase(struct cli_call *call)
{
	char path[CLI_PATH_MAX];
	json_t *body = NULL, *erasure = NULL;
	int r;

	if (cli_make_path(call, path) < 0)
		return CLI_EXIT_USAGE;
	if (!agreed(call))
		return CLI_EXIT_REFUSED;
	if (cli_make_body(call, &body) < 0)
		return CLI_EXIT_USAGE;
	r = cli_send(call, "POST", path, body, &erasure);
	if (r != CLI_EXIT_DONE)
		return r;
	if (call->json)
		cli_print_json(erasure);
	else
		print_erased(
			call->words[0], json_integer_value(json_object_get(erasure, "doors_left")));
	json_decref(erasure);
	return CLI_EXIT_DONE;
}
