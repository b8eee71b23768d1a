/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolments: a new card read at a door's reader, then confirmed by a host. */
#include "api_cards.h"

#include <inttypes.h>
#include <string.h>

#define SECONDS_MIN 5
#define SECONDS_MAX 120

/* Beyond this the command cannot be answered any more. */
static bool over(const struct registry_command *command)
{
	return api_now_us() >
	       command->expires_us + command->seconds * 1000000LL + COMMAND_LIFE_S * 1000000LL;
}

static const char *state_of(const struct registry_command *command)
{
	switch ((enum command_outcome)command->outcome) {
	case COMMAND_OUTCOME_DONE:
		return "done";
	case COMMAND_OUTCOME_REFUSED:
		return "refused";
	case COMMAND_OUTCOME_FAILED:
		return "failed";
	case COMMAND_OUTCOME_WAITING:
		return over(command) ? "expired" : "waiting";
	case COMMAND_OUTCOME_NONE:
		break;
	}
	return over(command) ? "expired" : "sent";
}

static int write_enrolment(struct api_call *call, const struct registry_command *command)
{
	struct api_writer *out = &call->out;
	struct registry_card card;
	int r = command->card ? registry_card(call->registry, command->card, &card) : 0;

	if (r < 0)
		return r;
	api_object(out, NULL);
	api_hex(out, "id", command->id, sizeof(command->id));
	api_text(out, "door", command->door);
	api_number(out, "member", command->member);
	api_text(out, "label", command->label);
	api_number(out, "seconds", command->seconds);
	api_text(out, "state", state_of(command));
	api_number(out, "shown", command->shown);
	api_text(out, "why", command->why);
	if (command->card) {
		api_object(out, "card");
		api_card_show(call, &card);
		api_end(out);
	} else {
		api_null(out, "card");
	}
	api_text(out, "actor", command->actor);
	api_time(out, "sent_at", command->sent_us);
	api_time(out, "expires_at", command->expires_us);
	api_end(out);
	return 0;
}

/* Loads {id}, which must be an enrolment. */
static int load(struct api_call *call, struct registry_command *ret_command)
{
	int r = registry_command(call->registry, call->hex, ret_command);

	if (r < 0)
		return r;
	if (ret_command->verb != COMMAND_ENROL)
		return api_refuse(call, 404, "absent", "No such thing",
			"command %.39s is no enrolment", call->parameter);
	return 0;
}

static int judge(struct api_call *call, const struct registry_command *command)
{
	struct registry_member member;
	char err[ERR_MAX];
	int r = registry_member(call->registry, command->member, &member);

	if (r == -ENOENT) {
		api_errors_add(
			&call->errors, "member", "there is no member %" PRIu64, command->member);
		return api_unfit(call);
	}
	if (r < 0)
		return r;
	r = api_card_allowed(call, command->member, err);
	if (r == -EACCES)
		return api_refuse(call, 403, "role", "Not with this role", "%s", err);
	return r;
}

int api_command_send(struct api_call *call, struct registry_command *command, const char *action)
{
	CLEANUP(api_writer_free) struct api_writer after = {0};
	char err[ERR_MAX] = "", object[80];
	int r;

	snprintf(command->actor, sizeof(command->actor), "%s", call->actor.name);
	r = api_begin(call);
	if (r < 0)
		return r;
	r = command_send(call->hub, command, err);
	if (r < 0) {
		registry_abort(call->registry);
		if (r == -ENOENT)
			return api_refuse(call, 404, "absent", "No such thing", "%s", err);
		if (r == -EHOSTUNREACH)
			return api_refuse(call, 409, "away", "The door is away", "%s", err);
		if (r == -EINVAL)
			return api_refuse(call, 422, "unfit", "This cannot be", "%s", err);
		return r;
	}
	api_object(&after, NULL);
	api_text(&after, "verb", command_verb_name((enum command_verb)command->verb));
	api_number(&after, "seconds", command->seconds);
	api_number_or_null(&after, "member", command->member);
	if (*command->label && command->verb == COMMAND_UNLOCK)
		api_text(&after, "why", command->label);
	api_hex(&after, "command", command->id, sizeof(command->id));
	api_end(&after);
	snprintf(object, sizeof(object), "door/%s", command->door);
	r = api_audit(call, action, object, NULL, &after);
	return api_commit(call, r, NULL);
}

static int start_enrolment(struct api_call *call)
{
	struct registry_command command = {.verb = COMMAND_ENROL, .seconds = COMMAND_ENROL_S};
	int r;

	api_get_name(&call->body, "door", API_REQUIRED, command.door);
	api_get_number(&call->body, "member", API_REQUIRED, 1, API_NUMBER_MAX, &command.member);
	api_get_text(&call->body, "label", API_OPTIONAL, 0, REGISTRY_NAME_MAX, command.label);
	api_get_u32(
		&call->body, "seconds", API_OPTIONAL, SECONDS_MIN, SECONDS_MAX, &command.seconds);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	r = judge(call, &command);
	if (r == 0)
		r = api_command_send(call, &command, "card.enrol");
	if (r != 0)
		return r;
	call->status = 202;
	return write_enrolment(call, &command);
}

static int show_enrolment(struct api_call *call)
{
	struct registry_command command;
	int r = load(call, &command);

	return r == 0 ? write_enrolment(call, &command) : r;
}

/* A card that nobody confirmed goes back; a door that still waits is told to stop. */
static int cancel_enrolment(struct api_call *call)
{
	struct registry_command command, stop = {.verb = COMMAND_ENROL_CANCEL};
	struct registry_card card = {0};
	int r = load(call, &command);

	if (r != 0)
		return r;
	if (command.card)
		r = registry_card(call->registry, command.card, &card);
	if (r < 0)
		return r;
	if (command.card && card.pending) {
		r = api_card_act(call, command.card, REGISTRY_CARD_RETURN, "enrolment cancelled");
		api_writer_free(&call->out);
	} else if (!command.card && command.outcome != COMMAND_OUTCOME_REFUSED &&
		   command.outcome != COMMAND_OUTCOME_FAILED && !over(&command)) {
		memcpy(stop.door, command.door, sizeof(stop.door));
		r = api_command_send(call, &stop, "card.enrol-cancel");
	} else {
		return api_refuse(call, 409, "state", "Not as it is now",
			"this enrolment is over; a card that is active is taken back with "
			"/cards/{id}/return");
	}
	if (r == 0)
		r = load(call, &command);
	return r == 0 ? write_enrolment(call, &command) : r;
}

static int confirm_enrolment(struct api_call *call)
{
	struct registry_command command;
	int r = load(call, &command);

	if (r != 0)
		return r;
	if (!command.card)
		return api_refuse(call, 409, "state", "Not as it is now",
			"no card was read yet: this enrolment is %s", state_of(&command));
	return api_card_act(call, command.card, REGISTRY_CARD_CONFIRM, "");
}

const struct api_route api_enrol_routes[] = {
	{"POST", "/enrolments", API_WORKS, API_TAKES_JSON, NULL, start_enrolment, 0, API_ROW},
	{"GET", "/enrolments/{id}", API_ALL, API_TAKES_NOTHING, NULL, show_enrolment, 0, API_HEX},
	{"DELETE", "/enrolments/{id}", API_WORKS, API_TAKES_NOTHING, NULL, cancel_enrolment, 0,
		API_HEX},
	{"POST", "/enrolments/{id}/confirm", API_WORKS, API_TAKES_NOTHING, NULL, confirm_enrolment,
		0, API_HEX},
	{0},
};
