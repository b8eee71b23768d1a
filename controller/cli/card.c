/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that doors must hear of, and enrolment at a door. */
#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define CONFIRM_WAIT_MS 2500 /* how long a person waits to see which doors know */
#define POLL_MS 200

static void pause_ms(unsigned ms)
{
	const struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&time, NULL);
}

/* ---- which doors know ---- */

static bool all_know(const json_t *doors)
{
	for (size_t i = 0; i < json_array_size(doors); i++) {
		const json_t *door = json_array_get(doors, i);

		if (json_is_false(json_object_get(door, "confirmed")) &&
			json_is_true(json_object_get(door, "online")))
			return false;
	}
	return true;
}

static void print_doors(const json_t *doors)
{
	json_t *door;
	size_t i;

	json_array_foreach(doors, i, door)
	{
		CLEANUP(cleanup_free) char *name = cli_clean(cli_text_at(door, "door"));
		char since[64];

		cli_local_time(cli_text_at(door, "since"), since);
		if (json_is_true(json_object_get(door, "confirmed")))
			printf("%s: knows it\n", name);
		else if (json_is_true(json_object_get(door, "online")))
			printf("%s: online, has not confirmed it yet\n", name);
		else if (*since)
			printf("%s: offline since %s: there it is still as before\n", name, since);
		else
			printf("%s: was never online\n", name);
	}
}

/* Waits a moment for the doors that are online. *answer is replaced by what was read last. */
static void wait_doors(struct cli_call *call, const char *list, json_t **answer)
{
	const json_t *revision = json_object_get(*answer, "revision");
	uint64_t until = clock_mono_ms() + CONFIRM_WAIT_MS;
	char path[CLI_PATH_MAX], text[64];

	if (!json_is_object(revision))
		return;
	snprintf(path, sizeof(path), "%s/%" JSON_INTEGER_FORMAT, list,
		json_integer_value(json_object_get(*answer, "id")));
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT ".%" JSON_INTEGER_FORMAT,
		json_integer_value(json_object_get(revision, "generation")),
		json_integer_value(json_object_get(revision, "number")));
	cli_add_query(path, "revision", text);
	while (!all_know(json_object_get(*answer, "doors")) && clock_mono_ms() < until) {
		json_t *again;

		pause_ms(POLL_MS);
		if (cli_send(call, "GET", path, NULL, &again) != CLI_EXIT_DONE)
			return;
		json_decref(*answer);
		*answer = again;
	}
}

/* Takes the answer over. */
static int show_change(struct cli_call *call, const char *list, json_t *answer)
{
	if (call->json) {
		cli_print_json(answer);
	} else {
		wait_doors(call, list, &answer);
		cli_show_sheet(call->command->columns, answer);
		print_doors(json_object_get(answer, "doors"));
		if (json_is_true(json_object_get(answer, "pending")))
			printf("not active yet: tapin card confirm %" JSON_INTEGER_FORMAT "\n",
				json_integer_value(json_object_get(answer, "id")));
	}
	json_decref(answer);
	return CLI_EXIT_DONE;
}

static int change(struct cli_call *call, const char *inner)
{
	const char *list = strncmp(call->command->path, "/members", 8) == 0 ? "/members" : "/cards";
	char path[CLI_PATH_MAX];
	json_t *body, *answer, *part;
	int r;

	if (cli_make_path(call, path) < 0 || cli_make_body(call, &body) < 0)
		return CLI_EXIT_USAGE;
	r = cli_send(call, call->command->method, path, body, &answer);
	if (r != CLI_EXIT_DONE)
		return r;
	if (!inner || call->json)
		return show_change(call, list, answer);
	/* the thing inside, with what the answer says of the doors */
	part = json_incref(json_object_get(answer, inner));
	json_object_set(part, "revision", json_object_get(answer, "revision"));
	json_object_set(part, "doors", json_object_get(answer, "doors"));
	json_decref(answer);
	return show_change(call, list, part);
}

int cli_changed(struct cli_call *call)
{
	return change(call, NULL);
}

static int check_named(const struct cli_call *call)
{
	if (!cli_given(call, "uid") == !cli_given(call, "claim-last")) {
		log_error("card %s: expected --uid HEX, or --claim-last for the card that was just "
			  "shown at a door",
			call->command->verb);
		return -EINVAL;
	}
	return 0;
}

int cli_card_issue(struct cli_call *call)
{
	return check_named(call) < 0 ? CLI_EXIT_USAGE : change(call, NULL);
}

int cli_card_replace(struct cli_call *call)
{
	return check_named(call) < 0 ? CLI_EXIT_USAGE : change(call, "card");
}

/* ---- enrolment ---- */

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* What the host at the desk should do now; each sentence once. */
static void progress(const struct cli_call *call, const json_t *enrolment, char last[128])
{
	CLEANUP(cleanup_free) char *door = cli_clean(cli_text_at(enrolment, "door"));
	json_int_t shown = json_integer_value(json_object_get(enrolment, "shown"));
	const char *state = cli_text_at(enrolment, "state");
	char text[128] = "";

	if (strcmp(state, "sent") == 0)
		snprintf(text, sizeof(text), "asking %s …", door);
	else if (strcmp(state, "waiting") == 0 && shown == 0)
		snprintf(text, sizeof(text), "show the new card at %s", door);
	else if (strcmp(state, "waiting") == 0)
		snprintf(text, sizeof(text), "take it away and show it at %s again", door);
	if (*text && strcmp(text, last) != 0 && !call->json)
		fprintf(stderr, "%s\n", text);
	strcpy(last, text);
}

static bool going_on(const json_t *enrolment)
{
	const char *state = cli_text_at(enrolment, "state");

	return strcmp(state, "sent") == 0 || strcmp(state, "waiting") == 0;
}

/* Follows an enrolment to its end. */
static int follow(struct cli_call *call, const char *path, json_t **enrolment)
{
	char last[128] = "";
	int r = CLI_EXIT_DONE;

	progress(call, *enrolment, last);
	while (r == CLI_EXIT_DONE && going_on(*enrolment)) {
		json_t *again = NULL;

		pause_ms(POLL_MS);
		if (interrupted) {
			cli_send(call, "DELETE", path, NULL, NULL);
			log_error("given up");
			return CLI_EXIT_REFUSED;
		}
		r = cli_send(call, "GET", path, NULL, &again);
		if (r == CLI_EXIT_DONE) {
			json_decref(*enrolment);
			*enrolment = again;
			progress(call, *enrolment, last);
		}
	}
	return r;
}

static bool agreed(const struct cli_call *call)
{
	char answer[16] = "";

	if (cli_given(call, "yes"))
		return true;
	if (!isatty(STDIN_FILENO) || call->json)
		return false;
	fputs("make this card active? [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

static int finish(struct cli_call *call, const char *path, json_t *enrolment)
{
	char confirm[CLI_PATH_MAX];
	json_t *card;
	int r;

	if (strcmp(cli_text_at(enrolment, "state"), "done") != 0) {
		CLEANUP(cleanup_free) char *why = cli_clean(cli_text_at(enrolment, "why"));

		log_error("no card was enrolled: %s", why && *why ? why : "the time is over");
		return CLI_EXIT_REFUSED;
	}
	card = json_incref(json_object_get(enrolment, "card"));
	if (!agreed(call))
		return show_change(call, "/cards", card);
	json_decref(card);
	snprintf(confirm, sizeof(confirm), "%.200s/confirm", path);
	r = cli_send(call, "POST", confirm, NULL, &card);
	return r == CLI_EXIT_DONE ? show_change(call, "/cards", card) : r;
}

int cli_card_enrol(struct cli_call *call)
{
	const struct sigaction action = {.sa_handler = interrupt};
	char path[CLI_PATH_MAX];
	json_t *body, *enrolment;
	int r;

	if (cli_make_body(call, &body) < 0)
		return CLI_EXIT_USAGE;
	r = cli_send(call, "POST", "/enrolments", body, &enrolment);
	if (r != CLI_EXIT_DONE)
		return r;
	sigaction(SIGINT, &action, NULL);
	snprintf(path, sizeof(path), "/enrolments/%.40s", cli_text_at(enrolment, "id"));
	r = follow(call, path, &enrolment);
	if (r == CLI_EXIT_DONE)
		r = finish(call, path, enrolment);
	json_decref(enrolment);
	return r;
}
