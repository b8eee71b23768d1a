/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: verified, their counter made durable, then carried out; each leaves an entry with its
 * actor and gets a result.
 *
 * The counter goes to the disk first, so that a crash in between loses a command rather than doing
 * it twice. It is no wait of the loop's: the keeper answers.
 */
#include "base/log.h"
#include "door/door.h"

#include <inttypes.h>
#include <string.h>

#define IDENTIFY_US 5000000

/* ---- results ---- */

struct command_result command_result_of(const struct door *door, const struct command *command)
{
	struct command_result result = {.verb = command->verb};

	strcpy(result.site, door->conf.site);
	strcpy(result.door, door->conf.door);
	memcpy(result.id, command->id, sizeof(result.id));
	return result;
}

static int send_result(struct door *door, const struct command_result *result)
{
	char *body;
	int r = command_result_write(result, &body);

	return r < 0 ? r : broker_publish_signed(door, BROKER_TOPIC_RESULT, body);
}

void command_answer(struct door *door, struct command_result *result)
{
	int r;

	if (!sync_now(door, &result->time_us) || result->time_us < 0)
		result->time_us = 0;
	log_info("command: %s: %s%s%s", command_verb_name(result->verb),
		command_outcome_name(result->outcome), *result->why ? ": " : "", result->why);
	r = send_result(door, result);
	if (r == 0)
		return;
	log_warning("command: its result could not be sent: %s; with the next connection",
		strerror(-r));
	door->commands.unsent = *result;
	door->commands.has_unsent = true;
}

void command_connected(struct door *door)
{
	struct door_commands *commands = &door->commands;

	if (commands->has_unsent && send_result(door, &commands->unsent) == 0)
		commands->has_unsent = false;
}

static void answer(struct door *door, const struct command *command, enum command_outcome outcome,
	const char *why)
{
	struct command_result result = command_result_of(door, command);

	result.outcome = outcome;
	entry_text_set(result.why, sizeof(result.why), why);
	command_answer(door, &result);
}

/* ---- carrying out ---- */

static void describe(const struct command *command, char *out, size_t size)
{
	if (command->seconds)
		snprintf(out, size, "%s %u s", command_verb_name(command->verb), command->seconds);
	else
		snprintf(out, size, "%s", command_verb_name(command->verb));
}

/* The entry and the result of one that was not carried out. */
static void turn_down(struct door *door, const struct command *command,
	enum command_outcome outcome, const char *why)
{
	char what[64];

	describe(command, what, sizeof(what));
	(void)record_act(door, ENTRY_KIND_COMMAND, command->actor, "%s: refused: %.80s", what, why);
	answer(door, command, outcome, why);
}

/* The entry comes first: nothing opens the door without one. */
static bool noted(struct door *door, const struct command *command)
{
	struct entry entry;

	record_prepare(door, &entry, ENTRY_KIND_COMMAND);
	describe(command, entry.detail, sizeof(entry.detail));
	entry.has_subject = true;
	entry.subject.member =
		command->member; /* who is let in: the hub counts it as their coming */
	entry_text_set(entry.subject.actor, sizeof(entry.subject.actor), command->actor);
	if (record_append(door, &entry) == 0)
		return true;
	answer(door, command, COMMAND_OUTCOME_FAILED,
		"the door's journal is full: its disk must be looked after first");
	return false;
}

static const char *why_no_unlock(const struct door *door)
{
	if (!door->doorway.config.strike)
		return "no strike is wired here: this is a check-in point";
	if (door->doorway.lockdown)
		return "the door is in lockdown";
	if (door->doorway.fault)
		return "the strike cannot be driven: the door is in fault";
	return NULL;
}

static void unlock(struct door *door, const struct command *command)
{
	const char *why = why_no_unlock(door);
	struct door_cause cause = {.actor = command->actor, .what = "command"};

	if (why) {
		turn_down(door, command, COMMAND_OUTCOME_REFUSED, why);
		return;
	}
	if (!noted(door, command))
		return;
	io_doorway_by(door, DOORWAY_EVENT_GRANT, command->seconds * 1000, &cause);
	if (!door->strike) {
		answer(door, command, COMMAND_OUTCOME_FAILED,
			"the strike did not obey: look at the door's wiring");
		return;
	}
	lights_show(door, PATTERN_COME_IN);
	answer(door, command, COMMAND_OUTCOME_DONE, "");
}

static void relock(struct door *door, const struct command *command)
{
	struct door_cause cause = {.actor = command->actor, .what = "relocked by command"};

	if (!noted(door, command))
		return;
	/* a hold that is relocked stays so, through restarts too */
	state_spend(door);
	schedule_spend(door);
	io_doorway_by(door, DOORWAY_EVENT_RELOCK, 0, &cause);
	if (door->strike)
		answer(door, command, COMMAND_OUTCOME_FAILED,
			"the door stays open: its fire input is on, or the strike does not obey");
	else
		answer(door, command, COMMAND_OUTCOME_DONE, "");
}

static void enrol(struct door *door, const struct command *command)
{
	if (door->reader.state != READER_STATE_OK || !door->roster.cache) {
		turn_down(door, command, COMMAND_OUTCOME_FAILED,
			door->roster.cache ? "the door's reader does not answer"
					   : "the door's roster or keys cannot be read");
		return;
	}
	if (!noted(door, command))
		return;
	if (enrol_begin(door, command) < 0)
		answer(door, command, COMMAND_OUTCOME_REFUSED,
			"another card is being enrolled at this door: wait, or cancel it");
}

static void cancel_enrol(struct door *door, const struct command *command)
{
	if (!noted(door, command))
		return;
	if (enrol_cancel(door, "cancelled by a host"))
		answer(door, command, COMMAND_OUTCOME_DONE, "");
	else
		answer(door, command, COMMAND_OUTCOME_REFUSED,
			"no card is being enrolled at this door");
}

static int on_identified(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;

	(void)source;
	(void)usec;
	door->lights.identify = false;
	lights_refresh(door);
	return 0;
}

static void identify(struct door *door, const struct command *command)
{
	struct door_commands *commands = &door->commands;

	if (!noted(door, command))
		return;
	commands->identify = sd_event_source_disable_unref(commands->identify);
	if (sd_event_add_time_relative(door->event, &commands->identify, CLOCK_MONOTONIC,
		    IDENTIFY_US, 50000, on_identified, door) < 0) {
		answer(door, command, COMMAND_OUTCOME_FAILED, "no timer is to be had");
		return;
	}
	door->lights.identify = true;
	lights_refresh(door);
	answer(door, command, COMMAND_OUTCOME_DONE, "");
}

static void test(struct door *door, const struct command *command)
{
	if (!noted(door, command))
		return;
	lights_show(door, PATTERN_TEST);
	answer(door, command, COMMAND_OUTCOME_DONE, "");
}

static void carry_out(struct door *door, const struct command *command)
{
	switch (command->verb) {
	case COMMAND_NONE:
		return; /* the reader of messages refuses it */
	case COMMAND_UNLOCK:
		unlock(door, command);
		return;
	case COMMAND_RELOCK:
		relock(door, command);
		return;
	case COMMAND_ENROL:
		enrol(door, command);
		return;
	case COMMAND_ENROL_CANCEL:
		cancel_enrol(door, command);
		return;
	case COMMAND_IDENTIFY:
		identify(door, command);
		return;
	case COMMAND_TEST:
		test(door, command);
		return;
	}
}

/* ---- taking ---- */

void command_kept(struct door *door, uint64_t tag, int error)
{
	struct door_commands *commands = &door->commands;
	struct command command = {0};
	int64_t now_us;
	unsigned i;

	for (i = 0; i < commands->waiting_count && commands->waiting[i].tag != tag; i++)
		;
	if (i == commands->waiting_count)
		return;
	command = commands->waiting[i].command;
	memmove(&commands->waiting[i], &commands->waiting[i + 1],
		(--commands->waiting_count - i) * sizeof(commands->waiting[0]));
	if (error < 0)
		turn_down(door, &command, COMMAND_OUTCOME_FAILED,
			"the door's disk refuses: it could not note that this command came");
	else if (!sync_now(door, &now_us) || now_us >= command.expires_us)
		turn_down(door, &command, COMMAND_OUTCOME_REFUSED,
			accept_text(ACCEPT_REFUSED_EXPIRED));
	else
		carry_out(door, &command);
}

static bool known_id(const struct door_commands *commands, const struct command *command)
{
	for (unsigned i = 0; i < COMMANDS_DONE_MAX; i++)
		if (memcmp(commands->done[i], command->id, sizeof(command->id)) == 0)
			return true;
	return false;
}

static void keep_counter(struct door *door, const struct command *command)
{
	struct door_commands *commands = &door->commands;
	char text[64];

	commands->counter = command->counter;
	memcpy(commands->done[commands->next_done], command->id, sizeof(command->id));
	commands->next_done = (commands->next_done + 1) % COMMANDS_DONE_MAX;
	if (commands->waiting_count == COMMANDS_WAITING_MAX) {
		turn_down(door, command, COMMAND_OUTCOME_FAILED,
			"too many commands at once: try again in a moment");
		return;
	}
	commands->tag++;
	snprintf(text, sizeof(text), "%u %" PRIu64, command->counter.generation,
		command->counter.number);
	if (sync_keep(door, "counter", text, commands->tag) < 0) {
		turn_down(door, command, COMMAND_OUTCOME_FAILED,
			"the door's disk refuses: it could not note that this command came");
		return;
	}
	commands->waiting[commands->waiting_count].tag = commands->tag;
	commands->waiting[commands->waiting_count++].command = *command;
}

static void judge(struct door *door, const struct command *command)
{
	struct accept_facts facts = broker_facts(door);
	struct accept_command_facts more = {.counter = door->commands.counter};
	enum accept accept;

	more.time_known = sync_now(door, &more.now_us);
	memcpy(more.start, door->sync.start, sizeof(more.start));
	accept = accept_command(&facts, &more, command);
	if (accept == ACCEPT_OK) {
		keep_counter(door, command);
		return;
	}
	broker_refuse(door, BROKER_TOPIC_COMMAND, ENTRY_KIND_MESSAGE_REFUSED, accept_text(accept));
	/* one result each: what came twice had its own, and another door's is not ours to answer */
	if (accept != ACCEPT_REFUSED_SITE && accept != ACCEPT_REFUSED_DOOR &&
		!known_id(&door->commands, command))
		answer(door, command, COMMAND_OUTCOME_REFUSED, accept_text(accept));
}

void command_take(struct door *door, const struct mqtt_event *event)
{
	struct command command;
	char err[ERR_MAX];
	const char *body;
	size_t size;

	if (broker_open(door, BROKER_TOPIC_COMMAND, event, &body, &size) < 0)
		return;
	if (command_read(body, size, &command, err) < 0)
		broker_refuse(door, BROKER_TOPIC_COMMAND, ENTRY_KIND_MESSAGE_REFUSED, err);
	else
		judge(door, &command);
}

void command_start(struct door *door)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct revision counter = {0};
	size_t size;

	if (keeper_value(door->sync.keeper, "counter", &text, &size) == 0 &&
		sscanf(text, "%" SCNu32 " %" SCNu64, &counter.generation, &counter.number) == 2 &&
		revision_compare(&counter, &door->commands.counter) > 0)
		door->commands.counter = counter;
}

void command_stop(struct door *door)
{
	door->commands.identify = sd_event_source_disable_unref(door->commands.identify);
}
