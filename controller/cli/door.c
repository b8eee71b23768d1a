/* SPDX-License-Identifier: Apache-2.0 */
/* Doors: commands with their results, state, bundles, theft. */
#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/when.h"
#include "core/roster.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RESULT_WAIT_MS 20000 /* a command expires after 15 s */
#define POLL_MS 150

/* ---- commands ---- */

static int command_result(struct cli_call *call, json_t **answer)
{
	uint64_t until = clock_mono_ms() + RESULT_WAIT_MS;
	const struct timespec pause = {0, POLL_MS * 1000000};
	char path[CLI_PATH_MAX];
	int r = CLI_EXIT_DONE;

	snprintf(path, sizeof(path), "/commands/%.40s", cli_text_at(*answer, "id"));
	while (r == CLI_EXIT_DONE && !*cli_text_at(*answer, "outcome") && clock_mono_ms() < until) {
		json_t *again = NULL;

		nanosleep(&pause, NULL);
		r = cli_send(call, "GET", path, NULL, &again);
		if (r == CLI_EXIT_DONE) {
			json_decref(*answer);
			*answer = again;
		}
	}
	return r;
}

static int show_result(struct cli_call *call, const json_t *answer)
{
	CLEANUP(cleanup_free) char *why = cli_clean(cli_text_at(answer, "why"));
	CLEANUP(cleanup_free) char *outcome = cli_clean(cli_text_at(answer, "outcome"));
	bool done = outcome && strcmp(outcome, "done") == 0;

	if (call->json)
		cli_print_json(answer);
	if (done && !call->json)
		printf("%s: %s done%s%s\n", call->words[0], call->command->verb,
			why && *why ? ": " : "", why ? why : "");
	else if (!done && !(outcome && *outcome))
		log_error("%s did not answer: is it online? (tapin door show %s)", call->words[0],
			call->words[0]);
	else if (!done)
		log_error("%s: %s %s%s%s", call->words[0], call->command->verb, outcome,
			why && *why ? ": " : "", why ? why : "");
	return done ? CLI_EXIT_DONE : CLI_EXIT_REFUSED;
}

int cli_door_command(struct cli_call *call)
{
	char path[CLI_PATH_MAX];
	json_t *body, *answer;
	int r;

	if (cli_make_path(call, path) < 0 || cli_make_body(call, &body) < 0)
		return CLI_EXIT_USAGE;
	r = cli_send(call, "POST", path, body, &answer);
	if (r != CLI_EXIT_DONE)
		return r;
	if (cli_given(call, "no-wait")) {
		if (call->json)
			cli_print_json(answer);
	} else {
		r = command_result(call, &answer);
		if (r == CLI_EXIT_DONE)
			r = show_result(call, answer);
	}
	json_decref(answer);
	return r;
}

/* ---- state: what is not changed is said again, for the hub takes the whole ---- */

static int state_body(struct cli_call *call, const json_t *door, json_t **ret_body)
{
	const json_t *hold = json_object_get(door, "hold");
	const char *verb = call->command->verb, *from = cli_given(call, "from");
	const char *until = cli_given(call, "until");
	char from_utc[32], until_utc[32];
	json_t *body;

	if (strcmp(verb, "mode") == 0) {
		if (cli_make_body(call, &body) < 0)
			return -EINVAL;
		if (json_is_object(hold)) {
			json_object_set(body, "hold_from", json_object_get(hold, "from"));
			json_object_set(body, "hold_until", json_object_get(hold, "until"));
			json_object_set(body, "event", json_object_get(hold, "event"));
		}
		*ret_body = body;
		return 0;
	}
	body = json_pack("{s:s}", "mode", cli_text_at(door, "mode"));
	*ret_body = body;
	if (cli_given(call, "end"))
		return 0;
	if ((from && cli_time_utc("from", from, WHEN_NEXT, from_utc) < 0) ||
		cli_time_utc("until", until, WHEN_NEXT, until_utc) < 0)
		return -EINVAL;
	if (from)
		json_object_set_new(body, "hold_from", json_string(from_utc));
	json_object_set_new(body, "hold_until", json_string(until_utc));
	json_object_set_new(body, "event", json_boolean(strcmp(verb, "event") == 0));
	return 0;
}

/* What the door says of itself is newer than the answer. A hold that begins later is only said. */
static int show_state(struct cli_call *call, const json_t *answer)
{
	bool held = json_is_object(json_object_get(answer, "hold"));
	const char *mode = cli_text_at(answer, "mode");
	json_t *doors = NULL;

	if (cli_given(call, "from")) {
		cli_show_sheet(call->command->columns, answer);
		return CLI_EXIT_DONE;
	}
	if (held && strcmp(mode, "controlled") == 0)
		mode = "unlocked";
	/* it stands whether or not the door can be asked for */
	if (cli_reach(call, call->words[0], mode, &doors) == CLI_EXIT_DONE) {
		cli_show_sheet(call->command->columns, json_array_get(doors, 0));
		cli_reach_print(doors, mode);
	}
	json_decref(doors);
	return CLI_EXIT_DONE;
}

int cli_door_state(struct cli_call *call)
{
	char path[CLI_PATH_MAX], door_path[CLI_PATH_MAX], version[24];
	json_t *door, *body = NULL, *answer;
	int r;

	if (strcmp(call->command->verb, "mode") != 0 &&
		!cli_given(call, "until") == !cli_given(call, "end")) {
		log_error("door %s: expected --until T, or --end%s", call->command->verb,
			cli_given(call, "until") ? ", not both" : "");
		return CLI_EXIT_USAGE;
	}
	if (cli_make_path(call, path) < 0)
		return CLI_EXIT_USAGE;
	snprintf(door_path, sizeof(door_path), "/doors/%.40s", call->words[0]);
	r = cli_send(call, "GET", door_path, NULL, &door);
	if (r != CLI_EXIT_DONE)
		return r;
	snprintf(version, sizeof(version), "%" JSON_INTEGER_FORMAT,
		json_integer_value(json_object_get(door, "version")));
	if (!call->if_version)
		call->if_version = version;
	r = state_body(call, door, &body);
	json_decref(door);
	if (r < 0) {
		json_decref(body);
		return CLI_EXIT_USAGE;
	}
	r = cli_send(call, "PUT", path, body, &answer);
	if (r == CLI_EXIT_DONE && call->json)
		cli_print_json(answer);
	else if (r == CLI_EXIT_DONE)
		r = show_state(call, answer);
	json_decref(answer);
	return r;
}

/* ---- bundles ---- */

/* Never replaces a file; nobody else may read it. The descriptor, or negative errno. */
static int make_bundle(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

static int write_bundle(int fd, const char *text)
{
	size_t size = strlen(text);

	return write(fd, text, size) == (ssize_t)size && fsync(fd) == 0 ? 0 : -EIO;
}

static int keep_bundle(const char *door, const char *file, int fd, const char *text)
{
	if (write_bundle(fd, text) < 0) {
		log_error("%s: cannot be written: %s; the bundle is lost, make another: tapin door "
			  "bundle %s --output FILE",
			file, strerror(EIO), door);
		unlink(file);
		return CLI_EXIT_REFUSED;
	}
	printf("%s: secret, good once and for 24 hours. Carry it to the door and run there:\n"
	       "  tapin-door --provision %s\n",
		file, file);
	return CLI_EXIT_DONE;
}

/* The hub voids the earlier bundle when it makes one: a file that cannot be made is found before.
 */
static int save_bundle(struct cli_call *call, const char *door)
{
	const char *file = cli_given(call, "output"), *text;
	char path[CLI_PATH_MAX], name[NAME_ID_MAX + 16];
	bool printed = call->json || (file && strcmp(file, "-") == 0);
	CLEANUP(cleanup_close) int fd = -1;
	json_t *answer;
	int r;

	snprintf(name, sizeof(name), "%.*s.bundle", NAME_ID_MAX, door);
	if (!file)
		file = name;
	if (!printed)
		fd = make_bundle(file);
	if (!printed && fd < 0) {
		log_error("%s: cannot be made: %s; no bundle was made, and an earlier one is good "
			  "as before; name another file: tapin door bundle %s --output FILE",
			file, strerror(-fd), door);
		return CLI_EXIT_REFUSED;
	}
	snprintf(path, sizeof(path), "/doors/%.40s/bundle", door);
	r = cli_send(call, "POST", path, NULL, &answer);
	if (r != CLI_EXIT_DONE) {
		if (!printed)
			unlink(file);
		return r;
	}
	text = cli_text_at(answer, "text");
	if (call->json)
		cli_print_json(answer);
	else if (printed)
		fputs(text, stdout);
	else
		r = keep_bundle(door, file, fd, text);
	json_decref(answer);
	return r;
}

int cli_door_bundle(struct cli_call *call)
{
	char path[CLI_PATH_MAX];

	return cli_make_path(call, path) < 0 ? CLI_EXIT_USAGE : save_bundle(call, call->words[0]);
}

int cli_door_add(struct cli_call *call)
{
	bool bundle = !cli_given(call, "no-bundle");
	json_t *body, *answer;
	int r;

	if (cli_make_body(call, &body) < 0)
		return CLI_EXIT_USAGE;
	r = cli_send(call, "POST", "/doors", body, &answer);
	if (r == CLI_EXIT_DONE && !bundle && call->json)
		cli_print_json(answer);
	else if (r == CLI_EXIT_DONE && !call->json)
		cli_show_sheet(call->command->columns, answer);
	json_decref(answer);
	if (r != CLI_EXIT_DONE || !bundle)
		return r;
	r = save_bundle(call, call->words[0]);
	if (r != CLI_EXIT_DONE)
		log_error("%s is added, without a bundle; later: tapin door bundle %s",
			call->words[0], call->words[0]);
	return r;
}

/* ---- theft ---- */

static int append(struct cli_call *call, json_t *items, void *userdata)
{
	(void)call;
	return json_array_extend(userdata, items) < 0 ? CLI_EXIT_REFUSED : CLI_EXIT_DONE;
}

int cli_door_stolen(struct cli_call *call)
{
	char path[CLI_PATH_MAX] = "/cards?reissue=true";
	json_t *answer, *cards;
	int r;

	if (cli_make_path(call, path) < 0)
		return CLI_EXIT_USAGE;
	r = cli_send(call, "POST", path, NULL, &answer);
	if (r != CLI_EXIT_DONE)
		return r;
	strcpy(path, "/cards?reissue=true");
	cards = json_object_get(answer, "items");
	if (*cli_text_at(answer, "next") &&
		cli_add_query(path, "issued_before", cli_text_at(answer, "issued_before")) == 0) {
		json_array_clear(cards);
		r = cli_pages(call, path, append, cards);
		json_object_set_new(answer, "next", json_null());
	}
	if (r == CLI_EXIT_DONE && call->json) {
		cli_print_json(answer);
	} else if (r == CLI_EXIT_DONE && call->csv) {
		cli_csv_head(call->command->columns);
		cli_csv_rows(call->command->columns, cards);
	} else if (r == CLI_EXIT_DONE) {
		printf("%s is cut off. Whoever has it can copy these %zu cards; issue them anew:\n",
			call->words[0], json_array_size(cards));
		cli_show_rows(call->command->columns, cards);
	}
	json_decref(answer);
	return r;
}

/* ---- the site ---- */

int cli_site_status(struct cli_call *call)
{
	json_t *answer;
	int r = cli_send(call, "GET", "/status", NULL, &answer);

	if (r == CLI_EXIT_DONE && call->json) {
		cli_print_json(answer);
	} else if (r == CLI_EXIT_DONE) {
		cli_show_sheet(call->command->columns, answer);
		putchar('\n');
		cli_show_rows(cli_door_columns, json_object_get(answer, "doors"));
	}
	json_decref(answer);
	return r;
}
