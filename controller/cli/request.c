/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the hub, and what its refusals mean. */
#include "base/log.h"
#include "cli/command.h"
#include "crypto/hash.h"
#include "hub/conf.h"

#include <string.h>
#include <unistd.h>

#define SLOW_MS 2000 /* then it is said that the hub takes its time */
#define PAGE_MAX 500 /* items of one answer */

static int exit_of_status(long status)
{
	switch (status) {
	case 401:
	case 403:
		return CLI_EXIT_NOT_ALLOWED;
	case 409:
	case 412:
		return CLI_EXIT_CONFLICT;
	default:
		return CLI_EXIT_REFUSED;
	}
}

/* What to do, where the hub's sentence does not say it. */
static const char *remedy(long status)
{
	switch (status) {
	case 401:
		return "log in: tapin login NAME (or tapin logout, where the hub knows you by its "
		       "socket)";
	case 429:
		return "wait a moment";
	default:
		return NULL;
	}
}

static void complain(long status, bool login, const json_t *problem)
{
	const char *detail = cli_text_at(problem, "detail"), *title = cli_text_at(problem, "title");
	CLEANUP(cleanup_free) char *text = cli_clean(*detail ? detail : title);
	const json_t *errors = json_object_get(problem, "errors"), *error;
	bool many =
		json_array_size(errors) > 1; /* then they say it, and the sentence only counts */
	size_t i;

	if (many)
		log_error("%zu things are wrong", json_array_size(errors));
	else if (!text || !*text)
		log_error("the hub refuses: HTTP status %ld", status);
	else
		log_error("%s", text);
	json_array_foreach(errors, i, error)
	{
		CLEANUP(cleanup_free) char *field = cli_clean(cli_text_at(error, "field"));
		CLEANUP(cleanup_free) char *what = cli_clean(cli_text_at(error, "detail"));

		/* the hub's sentence may have said it */
		if (field && what && (many || !(text && strstr(text, what))))
			log_error("  %s: %s", field, what);
	}
	if (!login && remedy(status))
		log_error("%s", remedy(status));
}

static void say_waiting(void *userdata)
{
	const struct cli_call *call = userdata;

	if (!call->quiet)
		fprintf(stderr, "waiting for the hub (%s) …\n", call->hub);
}

static int open_client(struct cli_call *call)
{
	const char *hub = call->hub ? call->hub : getenv("TAPIN_HUB"), *ca = getenv("TAPIN_CA");
	char err[ERR_MAX], key[80];
	int r;

	if (call->client)
		return 0;
	if (!hub || !*hub)
		hub = "unix:" HUB_SOCKET_DEFAULT;
	call->hub = hub;
	r = client_open(hub, &call->client, err);
	if (r < 0)
		return log_error("%s", err), r;
	if (ca && *ca)
		client_set_ca(call->client, ca);
	if (isatty(STDERR_FILENO))
		client_set_slow(call->client, SLOW_MS, say_waiting, call);
	if (call->command->wait_s)
		client_wait(call->client, call->command->wait_s);
	if (cli_session_load(hub, key) == 0)
		client_set_key(call->client, key);
	crypto_wipe(key, sizeof(key));
	return 0;
}

static int answered(
	const struct cli_call *call, const struct client_answer *answer, json_t **ret_answer)
{
	bool login = strcmp(call->command->noun, "login") == 0;
	json_error_t error;
	json_t *value = NULL;

	if (answer->size > 0)
		value = json_loadb(answer->body, answer->size,
			JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (answer->status < 200 || answer->status > 299) {
		if (!call->quiet)
			complain(answer->status, login, value);
		json_decref(value);
		return exit_of_status(answer->status);
	}
	if (answer->size > 0 && !value) {
		log_error("the hub's answer is no JSON: is this a tapin hub?");
		return CLI_EXIT_UNREACHABLE;
	}
	if (ret_answer)
		*ret_answer = value;
	else
		json_decref(value);
	return CLI_EXIT_DONE;
}

static int send_request(
	struct cli_call *call, const struct client_request *request, json_t **ret_answer)
{
	struct client_answer answer;
	char err[ERR_MAX];
	int r = open_client(call);

	if (ret_answer)
		*ret_answer = NULL;
	if (r < 0)
		return CLI_EXIT_USAGE;
	if (client_call(call->client, request, &answer, err) < 0) {
		if (!call->quiet)
			log_error("%s", err);
		return CLI_EXIT_UNREACHABLE;
	}
	r = answered(call, &answer, ret_answer);
	client_answer_free(&answer);
	return r;
}

int cli_send(struct cli_call *call, const char *method, const char *path, json_t *body,
	json_t **ret_answer)
{
	CLEANUP(cleanup_free) char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	const struct client_request request = {.method = method,
		.path = path,
		.content_type = body ? "application/json" : NULL,
		.body = text,
		.body_size = text ? strlen(text) : 0,
		.if_match = strcmp(method, "GET") == 0 ? NULL : call->if_version};
	int r;

	if (body && !text) { /* options that are not UTF-8 */
		json_decref(body);
		log_error("a value is not UTF-8 text");
		return CLI_EXIT_USAGE;
	}
	json_decref(body);
	r = send_request(call, &request, ret_answer);
	if (text)
		crypto_wipe(text, strlen(text));
	return r;
}

int cli_send_text(struct cli_call *call, const char *path, const char *type, const char *text,
	size_t size, json_t **ret_answer)
{
	const struct client_request request = {.method = "POST",
		.path = path,
		.content_type = type,
		.body = text,
		.body_size = size};

	return send_request(call, &request, ret_answer);
}

int cli_print_answer(struct cli_call *call, const char *path)
{
	const struct client_request request = {.method = "GET", .path = path};
	struct client_answer answer;
	char err[ERR_MAX];
	int r = CLI_EXIT_DONE;

	if (open_client(call) < 0)
		return CLI_EXIT_USAGE;
	if (client_call(call->client, &request, &answer, err) < 0)
		return log_error("%s", err), CLI_EXIT_UNREACHABLE;
	if (answer.status == 200)
		fwrite(answer.body, 1, answer.size, stdout);
	else
		r = answered(call, &answer, NULL);
	client_answer_free(&answer);
	return r;
}

/* ---- lists ---- */

static int page_path(const char *path, uint64_t left, const char *cursor, char out[CLI_PATH_MAX])
{
	char limit[24];

	snprintf(out, CLI_PATH_MAX, "%s", path);
	snprintf(limit, sizeof(limit), "%d", left < PAGE_MAX ? (int)left : PAGE_MAX);
	if (cli_add_query(out, "limit", limit) < 0)
		return -EINVAL;
	return cursor && *cursor ? cli_add_query(out, "cursor", cursor) : 0;
}

/* The hub looks back only so far for this role. */
static void say_cut(const char *from)
{
	char local[64];

	cli_local_time(from, local);
	log_warning(
		"a host sees seven days: shown from %s; an auditor or admin sees the rest", local);
}

int cli_pages(struct cli_call *call, const char *path,
	int (*take)(struct cli_call *call, json_t *items, void *userdata), void *userdata)
{
	uint64_t left = call->limit ? call->limit : UINT64_MAX;
	char cursor[256] = "";
	int r;

	do {
		char page[CLI_PATH_MAX];
		json_t *answer, *items;
		size_t count;

		if (page_path(path, left, cursor, page) < 0)
			return CLI_EXIT_USAGE;
		r = cli_send(call, "GET", page, NULL, &answer);
		if (r != CLI_EXIT_DONE)
			return r;
		items = json_object_get(answer, call->command->list);
		count = json_array_size(items);
		if (!json_is_array(items) || count > left) {
			json_decref(answer);
			log_error("the hub's answer is no list: is this a tapin hub?");
			return CLI_EXIT_UNREACHABLE;
		}
		if (*cli_text_at(answer, "cut_from") && !*cursor)
			say_cut(cli_text_at(answer, "cut_from"));
		left -= count;
		snprintf(cursor, sizeof(cursor), "%s", cli_text_at(answer, "next"));
		r = take(call, items, userdata);
		json_decref(answer);
	} while (r == CLI_EXIT_DONE && *cursor && left > 0);
	return r;
}

static int collect(struct cli_call *call, json_t *items, void *userdata)
{
	if (call->csv) {
		cli_csv_rows(call->command->columns, items);
		return CLI_EXIT_DONE;
	}
	return json_array_extend(userdata, items) < 0 ? CLI_EXIT_REFUSED : CLI_EXIT_DONE;
}

static int show_list(struct cli_call *call, const char *path)
{
	json_t *rows = json_array(), *answer;
	int r;

	if (call->csv)
		cli_csv_head(call->command->columns);
	r = cli_pages(call, path, collect, rows);
	if (r == CLI_EXIT_DONE && call->json) {
		answer = json_pack("{s:O, s:n}", call->command->list, rows, "next");
		cli_print_json(answer);
		json_decref(answer);
	} else if (r == CLI_EXIT_DONE && !call->csv) {
		r = cli_show_rows(call->command->columns, rows) < 0 ? CLI_EXIT_REFUSED
								    : CLI_EXIT_DONE;
	}
	json_decref(rows);
	return r;
}

/* One request, its answer shown. */
static int request(struct cli_call *call)
{
	const struct cli_command *c = call->command;
	char path[CLI_PATH_MAX];
	json_t *body = NULL, *answer;
	bool get = strcmp(c->method, "GET") == 0;
	int r;

	if (cli_make_path(call, path) < 0)
		return CLI_EXIT_USAGE;
	if (get && c->list)
		return show_list(call, path);
	if (!get && strcmp(c->method, "DELETE") != 0 && (c->word || c->options || c->fixed) &&
		cli_make_body(call, &body) < 0)
		return CLI_EXIT_USAGE;
	r = cli_send(call, c->method, path, body, &answer);
	if (r == CLI_EXIT_DONE && answer && call->json)
		cli_print_json(answer);
	else if (r == CLI_EXIT_DONE && answer && c->columns)
		cli_show_sheet(c->columns, answer);
	else if (r == CLI_EXIT_DONE && !call->json && strcmp(c->method, "DELETE") == 0)
		printf("%s %s is removed\n", c->noun, call->words[0]);
	json_decref(answer);
	return r;
}

int cli_run(const struct cli_command *command, int argc, char **argv)
{
	struct cli_call call;
	int r;

	if (command->own)
		return command->own(argc, argv);
	r = cli_parse(argc, argv, command, &call);
	if (r <= 0)
		return r < 0 ? CLI_EXIT_USAGE : CLI_EXIT_DONE;
	if (crypto_init() < 0)
		return log_error("the crypto library does not start"), CLI_EXIT_REFUSED;
	r = command->run ? command->run(&call) : request(&call);
	client_close(call.client);
	crypto_wipe(call.line, sizeof(call.line));
	return r;
}
