/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to a door: its bundle, a theft, commands, its state. */
#include "api_doors.h"

#include <string.h>

#define UNLOCK_SECONDS 5
#define UNLOCK_MAX 60
#define STOLEN_ITEMS 500

int api_door_bundle(struct api_call *call)
{
	CLEANUP(registry_door_free) struct registry_door door = {0};
	CLEANUP(cleanup_free) char *text = NULL;
	char err[ERR_MAX] = "", object[80], file_name[64];
	int r = api_door_load(call, &door, NULL);

	if (r < 0)
		return r;
	snprintf(object, sizeof(object), "door/%s", door.name);
	snprintf(file_name, sizeof(file_name), "%s.bundle", door.name);
	r = api_begin(call);
	if (r == 0)
		r = api_audit(call, "door.bundle", object, NULL, NULL);
	if (r < 0)
		return api_commit(call, r, NULL);
	if (provision_bundle(call->hub, door.name, &text, err) < 0) {
		registry_abort(call->registry);
		return api_refuse(call, 409, "bundle", "No bundle now", "%s", err);
	}
	r = api_commit(call, 0, NULL);
	api_object(&call->out, NULL);
	api_text(&call->out, "door", door.name);
	api_text(&call->out, "file_name", file_name);
	api_text(&call->out, "text", text);
	api_end(&call->out);
	crypto_wipe(text, strlen(text));
	call->status = 201;
	return r;
}

/* ---- a theft ---- */

/* Cards known by their number alone that were issued by now: the door knew them all. */
static int write_reissue(struct api_call *call, int64_t now)
{
	const struct registry_card_query query = {
		.state = CARD_STATE_ACTIVE, .issued_before_us = now, .limit = STOLEN_ITEMS};
	CLEANUP(cleanup_free) struct registry_card *rows = calloc(STOLEN_ITEMS, sizeof(*rows));
	const struct api_page page = {.limit = STOLEN_ITEMS};
	int n = rows ? registry_cards(call->registry, &query, rows) : -ENOMEM;

	if (n < 0)
		return n;
	api_time(&call->out, "issued_before", now);
	api_list(&call->out, "items");
	for (int i = 0; i < n; i++)
		if (rows[i].kind == CARD_KIND_UID) {
			api_object(&call->out, NULL);
			api_card_show(call, &rows[i]);
			api_end(&call->out);
		}
	api_page_close(call, "cards", &page, (size_t)n, n ? rows[n - 1].id : 0, NULL);
	return 0;
}

int api_door_stolen(struct api_call *call)
{
	CLEANUP(registry_door_free) struct registry_door door = {0};
	CLEANUP(registry_door_free) struct registry_door now = {0};
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_roster roster;
	char err[ERR_MAX] = "";
	int r = api_door_load(call, &door, &before);

	if (r < 0)
		return r;
	r = api_begin(call);
	if (r == 0)
		r = registry_door_stolen(call->registry, door.name);
	/* its answer is written anew below */
	r = api_door_finish(call, r, door.name, "door.stolen", &before);
	api_writer_free(&call->out);
	if (r < 0)
		return r;
	/* the registry first: from here on the hub answers the door no more, whatever the broker
	 * does */
	r = provision_cut_off(call->hub, door.name, err);
	if (r < 0)
		return api_refuse(call, 409, "away", "The broker is away",
			"the hub answers %s no more, but its account at the broker still stands: "
			"%.300s; do this again",
			door.name, err);
	r = registry_door(call->registry, door.name, &now);
	if (r >= 0)
		r = registry_roster(call->registry, &roster);
	if (r < 0)
		return r;
	api_object(&call->out, NULL);
	api_object(&call->out, "door");
	api_door_fields(&call->out, &now, &roster.revision);
	api_end(&call->out);
	return write_reissue(call, api_now_us());
}

/* ---- commands ---- */

static void write_command(struct api_writer *out, const struct registry_command *command)
{
	enum command_outcome outcome = (enum command_outcome)command->outcome;

	api_object(out, NULL);
	api_hex(out, "id", command->id, sizeof(command->id));
	api_text(out, "door", command->door);
	api_text(out, "verb", command_verb_name((enum command_verb)command->verb));
	api_number(out, "seconds", command->seconds);
	api_revision(out, "counter", &command->counter);
	api_text(out, "actor", command->actor);
	api_time(out, "sent_at", command->sent_us);
	api_time(out, "expires_at", command->expires_us);
	if (outcome == COMMAND_OUTCOME_NONE)
		api_null(out, "outcome");
	else
		api_text(out, "outcome", command_outcome_name(outcome));
	api_text(out, "why", command->why);
	api_time(out, "answered_at", command->answered_us);
	api_end(out);
}

int api_door_command(struct api_call *call)
{
	static const char *const words[] = {"unlock", "relock", "identify", "test"};
	static const enum command_verb verbs[] = {
		COMMAND_UNLOCK, COMMAND_RELOCK, COMMAND_IDENTIFY, COMMAND_TEST};
	CLEANUP(registry_door_free) struct registry_door door = {0};
	struct registry_command command = {0};
	struct registry_member member;
	char action[48];
	int r, verb = 0;

	r = api_door_load(call, &door, NULL);
	if (r < 0)
		return r;
	api_get_word(&call->body, "verb", API_REQUIRED, words, ARRAY_SIZE(words), &verb);
	if (api_get_u32(&call->body, "seconds", API_OPTIONAL, 1, UNLOCK_MAX, &command.seconds) &&
		verbs[verb] != COMMAND_UNLOCK)
		api_errors_add(&call->errors, "seconds", "only with unlock");
	if (api_get_number(
		    &call->body, "member", API_OPTIONAL, 1, API_NUMBER_MAX, &command.member) &&
		verbs[verb] != COMMAND_UNLOCK)
		api_errors_add(&call->errors, "member", "only with unlock");
	api_get_text(&call->body, "why", command.member ? API_REQUIRED : API_OPTIONAL, 1,
		REGISTRY_NAME_MAX, command.label);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (command.member > 0) {
		r = registry_member(call->registry, command.member, &member);
		if (r < 0)
			return r;
	}
	command.verb = verbs[verb];
	if (verbs[verb] == COMMAND_UNLOCK && command.seconds == 0)
		command.seconds = UNLOCK_SECONDS;
	memcpy(command.door, door.name, sizeof(command.door));
	snprintf(action, sizeof(action), "door.%s", command.member ? "let_in" : words[verb]);
	r = api_command_send(call, &command, action);
	if (r != 0)
		return r;
	call->status = 202;
	write_command(&call->out, &command);
	return 0;
}

int api_command_show(struct api_call *call)
{
	struct registry_command command;
	int r = registry_command(call->registry, call->hex, &command);

	if (r < 0)
		return r;
	write_command(&call->out, &command);
	return 0;
}

/* ---- state ---- */

int api_door_state(struct api_call *call)
{
	static const char *const modes[] = {"controlled", "unlocked", "lockdown"};
	CLEANUP(registry_door_free) struct registry_door door = {0};
	CLEANUP(api_writer_free) struct api_writer before = {0};
	int64_t from = 0, until = 0;
	bool event = false;
	int r, mode = DOOR_MODE_CONTROLLED;

	r = api_door_load(call, &door, &before);
	if (r < 0)
		return r;
	api_get_word(&call->body, "mode", API_REQUIRED, modes, ARRAY_SIZE(modes), &mode);
	api_get_time(&call->body, "hold_from", API_NULLABLE, &from);
	api_get_time(&call->body, "hold_until", API_NULLABLE, &until);
	api_get_bool(&call->body, "event", API_OPTIONAL, &event);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (!api_matches(call, door.version))
		return API_ANSWERED;
	if (until && !from)
		from = api_now_us();
	if ((from || event) && !until)
		api_errors_add(&call->errors, "hold_until", "a hold needs its end");
	else if (until && until <= from)
		api_errors_add(&call->errors, "hold_until", "the hold ends before it begins");
	else if (until && until <= api_now_us())
		api_errors_add(&call->errors, "hold_until", "that is over already");
	if (call->errors.count > 0)
		return api_unfit(call);
	r = api_begin(call);
	if (r == 0)
		r = registry_door_set_state(
			call->registry, door.name, mode, from, until, event, call->actor.name);
	return api_door_finish(call, r, door.name, "door.state", &before);
}
