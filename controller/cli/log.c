/* SPDX-License-Identifier: Apache-2.0 */
/* The log: shown, followed, exported, verified. */
#include "base/log.h"
#include "cli/command.h"
#include "crypto/hash.h"
#include "store/journal.h"
#include "store/registry_log.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define POLL_US 50000 /* longer each time */
#define POLL_MAX_US 1000000
#define PROGRESS_MIN 100000 /* entries: fewer are done before anybody looks */

#define FOLLOW_PAUSE_MS 700

/* ---- showing ---- */

static void json_lines(const json_t *items)
{
	for (size_t i = 0; i < json_array_size(items); i++)
		cli_print_json(json_array_get(items, i));
}

/* Whose card it was. */
static char *who(const json_t *item)
{
	CLEANUP(cleanup_free) char *sponsor = NULL;
	char *guest;

	if (!json_is_string(json_object_get(item, "sponsor_name")))
		return cli_cell(cli_at(item, "member.name"), CLI_CELL_TEXT, false);
	sponsor = cli_cell(json_object_get(item, "sponsor_name"), CLI_CELL_TEXT, false);
	return sponsor && asprintf(&guest, "guest of %s", sponsor) > 0 ? guest : NULL;
}

/* One line an entry, for a terminal that goes on: columns of fixed width. */
static void text_lines(const json_t *items)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		static const char *const fields[] = {
			"time", "door", "kind", "verdict", "reason", "member.name", "detail"};
		static const int widths[] = {19, 10, 14, 6, 20, 24, 0};

		for (size_t f = 0; f < ARRAY_SIZE(fields); f++) {
			CLEANUP(cleanup_free)
			char *cell =
				f == 5 ? who(item)
				       : cli_cell(cli_at(item, fields[f]),
						 f == 0 ? CLI_CELL_TIME : CLI_CELL_TEXT, false);

			printf("%-*s%s", widths[f], cell ? cell : "",
				f + 1 < ARRAY_SIZE(fields) ? "  " : "\n");
		}
	}
}

static void show(struct cli_call *call, const json_t *items)
{
	if (call->json)
		json_lines(items);
	else if (call->csv)
		cli_csv_rows(call->command->columns, items);
	else
		text_lines(items);
}

static int stream(struct cli_call *call, json_t *items, void *userdata)
{
	if (call->json || call->csv) {
		show(call, items);
		return CLI_EXIT_DONE;
	}
	return json_array_extend(userdata, items) < 0 ? CLI_EXIT_REFUSED : CLI_EXIT_DONE;
}

/* ---- following ---- */

/* The newest ones first, oldest of them at the top. */
static int first_look(struct cli_call *call, const char *path, json_int_t *ret_above)
{
	char page[CLI_PATH_MAX], limit[24];
	json_t *answer, *items, *turned = json_array();
	int r;

	snprintf(page, sizeof(page), "%s", path);
	snprintf(limit, sizeof(limit), "%d", call->limit < 500 ? (int)call->limit : 500);
	if (cli_add_query(page, "limit", limit) < 0)
		return CLI_EXIT_USAGE;
	r = cli_send(call, "GET", page, NULL, &answer);
	items = json_object_get(answer, "items");
	for (size_t i = json_array_size(items); i-- > 0;)
		json_array_append(turned, json_array_get(items, i));
	show(call, turned);
	*ret_above = json_integer_value(json_object_get(answer, "above"));
	json_decref(turned);
	json_decref(answer);
	return r;
}

static int look(struct cli_call *call, const char *path, json_int_t *above)
{
	char page[CLI_PATH_MAX], text[24];
	json_t *answer;
	json_int_t last = *above;
	int r;

	snprintf(page, sizeof(page), "%s", path);
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, *above);
	if (cli_add_query(page, "above", text) < 0 || cli_add_query(page, "limit", "500") < 0)
		return CLI_EXIT_USAGE;
	r = cli_send(call, "GET", page, NULL, &answer);
	if (r == CLI_EXIT_DONE) {
		const json_t *items = json_object_get(answer, "items");
		size_t count = json_array_size(items);

		show(call, items);
		if (count > 0)
			last = json_integer_value(
				json_object_get(json_array_get(items, count - 1), "id"));
		/* what the filter leaves out need not be asked for again */
		if (count < 500 && json_integer_value(json_object_get(answer, "above")) > last)
			last = json_integer_value(json_object_get(answer, "above"));
		*above = last;
	}
	json_decref(answer);
	return r;
}

/* A hub that restarts is waited for, and that is said once. Ends when nobody reads any more. */
static int follow(struct cli_call *call, const char *path)
{
	const struct timespec pause = {0, FOLLOW_PAUSE_MS * 1000000};
	json_int_t above = 0;
	int r;

	if (call->csv)
		cli_csv_head(call->command->columns);
	r = first_look(call, path, &above);
	while (r == CLI_EXIT_DONE || (r == CLI_EXIT_UNREACHABLE && above > 0)) {
		if (fflush(stdout) != 0)
			return CLI_EXIT_DONE;
		nanosleep(&pause, NULL);
		call->quiet = r == CLI_EXIT_UNREACHABLE;
		r = look(call, path, &above);
	}
	return r;
}

int cli_log(struct cli_call *call)
{
	char path[CLI_PATH_MAX];
	json_t *rows;
	int r;

	if (cli_make_path(call, path) < 0)
		return CLI_EXIT_USAGE;
	if (cli_given(call, "follow"))
		return follow(call, path);
	rows = json_array();
	if (call->csv)
		cli_csv_head(call->command->columns);
	r = cli_pages(call, path, stream, rows);
	if (r == CLI_EXIT_DONE && !call->json && !call->csv)
		r = cli_show_rows(call->command->columns, rows) < 0 ? CLI_EXIT_REFUSED
								    : CLI_EXIT_DONE;
	json_decref(rows);
	return r;
}

/* ---- verifying ---- */

static json_t *chain_json(const struct registry_chain *c)
{
	char journal[2 * ENTRY_JOURNAL_SIZE + 1];

	for (size_t i = 0; i < ENTRY_JOURNAL_SIZE; i++)
		snprintf(journal + 2 * i, 3, "%02x", c->journal[i]);
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:s}", "door", c->door,
		"journal", journal, "first_seq", (json_int_t)c->first_seq, "last_seq",
		(json_int_t)c->last_seq, "entries", (json_int_t)c->entries, "signed_entries",
		(json_int_t)c->signed_entries, "poison", (json_int_t)c->poison, "forks",
		(json_int_t)c->forks, "linked", (int)c->linked, "whole", (int)c->whole, "why",
		c->why);
}

/* A copy of the hub's registry, without a hub. */
static int verify_hub_file(const char *file, const char *site, json_t **ret_verified)
{
	struct registry_chain *chains = NULL;
	json_t *list = json_array();
	bool whole = true;
	char err[ERR_MAX];
	int n = registry_log_verify(file, site, crypto_hash256, &chains, err);

	if (n < 0) {
		json_decref(list);
		return log_error("%s", err), n;
	}
	for (int i = 0; i < n; i++) {
		whole = whole && chains[i].whole && chains[i].linked && !chains[i].forks &&
			!chains[i].poison;
		json_array_append_new(list, chain_json(&chains[i]));
	}
	free(chains);
	*ret_verified = json_pack("{s:b, s:o}", "whole", (int)whole, "chains", list);
	return 0;
}

/* A door's own journal. */
static int verify_journal(struct cli_call *call, const char *file)
{
	const char *site = cli_given(call, "site"), *door = cli_given(call, "door");
	uint64_t count = 0;
	char err[ERR_MAX];

	if (!name_id_valid(site) || !name_id_valid(door))
		return log_error("log verify: --file of a door's journal needs --site S --door D"),
		       CLI_EXIT_USAGE;
	if (journal_verify(file, site, door, crypto_hash256, &count, err) < 0)
		return log_error("%s", err), CLI_EXIT_REFUSED;
	if (call->json)
		printf("{\"whole\":true,\"entries\":%" PRIu64 "}\n", count);
	else
		printf("%s: %" PRIu64 " entries, whole\n", file, count);
	return CLI_EXIT_DONE;
}

/* Who waits at a terminal sees how far it is. */
static void show_progress(json_t *state, bool ended)
{
	json_int_t done = json_integer_value(json_object_get(state, "done"));
	json_int_t of = json_integer_value(json_object_get(state, "of"));

	if (!isatty(STDERR_FILENO) || of < PROGRESS_MIN)
		return;
	if (ended)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r%" JSON_INTEGER_FORMAT " of about %" JSON_INTEGER_FORMAT, done,
			of);
}

/* The hub has a child do it, however long the log is. */
static int verify_at_hub(struct cli_call *call, json_t **ret_verified)
{
	json_t *state = NULL;
	int r = cli_send(call, "POST", call->command->path, NULL, &state);

	for (useconds_t wait_us = POLL_US; r == CLI_EXIT_DONE; wait_us += POLL_US) {
		const char *name = json_string_value(json_object_get(state, "state"));

		if (!name || strcmp(name, "running") != 0)
			break;
		show_progress(state, false);
		json_decref(state);
		state = NULL;
		usleep(wait_us < POLL_MAX_US ? wait_us : POLL_MAX_US);
		r = cli_send(call, "GET", call->command->path, NULL, &state);
	}
	if (r == CLI_EXIT_DONE) {
		show_progress(state, true);
		*ret_verified = json_incref(json_object_get(state, "result"));
		if (!json_is_object(*ret_verified)) {
			json_decref(*ret_verified);
			log_error("the log could not be verified: the hub's own log says why");
			r = CLI_EXIT_REFUSED;
		}
	}
	json_decref(state);
	return r;
}

int cli_log_verify(struct cli_call *call)
{
	const char *file = cli_given(call, "file");
	json_t *verified = NULL;
	bool whole;
	int r = CLI_EXIT_DONE;

	if (file && cli_given(call, "door"))
		return verify_journal(call, file);
	if (file) {
		if (!name_id_valid(cli_given(call, "site")))
			return log_error("log verify: --file needs --site S, and for a door's "
					 "journal "
					 "--door D"),
			       CLI_EXIT_USAGE;
		if (verify_hub_file(file, cli_given(call, "site"), &verified) < 0)
			return CLI_EXIT_REFUSED;
	} else {
		r = verify_at_hub(call, &verified);
	}
	if (r != CLI_EXIT_DONE)
		return r;
	whole = json_is_true(json_object_get(verified, "whole"));
	if (call->json) {
		cli_print_json(verified);
	} else {
		cli_show_rows(call->command->columns, json_object_get(verified, "chains"));
		puts(whole ? "every chain is whole" : "NOT WHOLE: see the last column");
	}
	json_decref(verified);
	return whole ? CLI_EXIT_DONE : CLI_EXIT_REFUSED;
}
