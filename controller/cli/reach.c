/* SPDX-License-Identifier: Apache-2.0 */
/* Lockdowns, modes and holds: what was asked for stands at the hub at once, which says nothing of
 * the doors. So the doors that are online are waited for a moment, and each is named. */
#include "base/clock.h"
#include "cli/command.h"

#include <string.h>
#include <time.h>

#define REACH_WAIT_MS 2500
#define POLL_MS 200

static bool is_active(const json_t *door)
{
	return strcmp(cli_text_at(door, "status"), "active") == 0;
}

/* Does the door say of itself what was asked for? "controlled": neither of the other two. */
static bool follows(const json_t *door, const char *mode)
{
	const char *state = cli_text_at(door, "last_status.state");

	if (strcmp(mode, "controlled") != 0)
		return strcmp(state, mode) == 0;
	return strcmp(state, "lockdown") != 0 && strcmp(state, "unlocked") != 0;
}

static bool all_follow(const json_t *doors, const char *mode)
{
	json_t *door;
	size_t i;

	json_array_foreach(doors, i, door) if (is_active(door) &&
					       json_is_true(json_object_get(door, "online")) &&
					       !follows(door, mode)) return false;
	return true;
}

static void print_door(const json_t *door, const char *mode)
{
	CLEANUP(cleanup_free) char *name = cli_clean(cli_text_at(door, "name"));
	CLEANUP(cleanup_free) char *state = cli_clean(cli_text_at(door, "last_status.state"));
	char since[64];

	if (!name || !state || !is_active(door))
		return;
	cli_local_time(cli_text_at(door, "since"), since);
	if (!json_is_true(json_object_get(door, "online")))
		printf("%s: offline%s%s: there it is still as before\n", name,
			*since ? " since " : "", since);
	else if (follows(door, mode))
		printf("%s: says %s\n", name, state);
	else
		printf("%s: online, but says %s; look again: tapin door show %s\n", name,
			*state ? state : "nothing", name);
}

static int look(struct cli_call *call, const char *door, json_t **ret_doors)
{
	char path[CLI_PATH_MAX];
	json_t *answer;
	int r;

	snprintf(path, sizeof(path), "/doors%s%.40s", door ? "/" : "?limit=500", door ? door : "");
	r = cli_send(call, "GET", path, NULL, &answer);
	if (r != CLI_EXIT_DONE)
		return r;
	*ret_doors =
		door ? json_pack("[O]", answer) : json_incref(json_object_get(answer, "items"));
	json_decref(answer);
	return r;
}

int cli_reach(struct cli_call *call, const char *door, const char *mode, json_t **ret_doors)
{
	uint64_t until = clock_mono_ms() + REACH_WAIT_MS;
	const struct timespec pause = {0, POLL_MS * 1000000};
	int r = look(call, door, ret_doors);

	while (r == CLI_EXIT_DONE && !all_follow(*ret_doors, mode) && clock_mono_ms() < until) {
		json_decref(*ret_doors);
		*ret_doors = NULL;
		nanosleep(&pause, NULL);
		r = look(call, door, ret_doors);
	}
	return r;
}

void cli_reach_print(const json_t *doors, const char *mode)
{
	for (size_t i = 0; i < json_array_size(doors); i++)
		print_door(json_array_get(doors, i), mode);
}

int cli_site_lockdown(struct cli_call *call)
{
	char path[CLI_PATH_MAX];
	json_t *body, *answer, *doors = NULL;
	const char *mode;
	int r;

	if (cli_make_path(call, path) < 0 || cli_make_body(call, &body) < 0)
		return CLI_EXIT_USAGE;
	mode = json_is_true(json_object_get(body, "lockdown")) ? "lockdown" : "controlled";
	r = cli_send(call, "PUT", path, body, &answer);
	if (r == CLI_EXIT_DONE && call->json) {
		cli_print_json(answer);
	} else if (r == CLI_EXIT_DONE) {
		cli_show_sheet(call->command->columns, answer);
		fflush(stdout);
		/* it stands whether or not the doors can be asked for */
		if (cli_reach(call, NULL, mode, &doors) == CLI_EXIT_DONE)
			cli_reach_print(doors, mode);
	}
	json_decref(doors);
	json_decref(answer);
	return r;
}
