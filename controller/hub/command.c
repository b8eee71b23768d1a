/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands to doors and their results. The counter that a command carries is durable before the
 * command leaves: a hub that comes back never gives it out again. Nothing is sent twice; a command
 * without an answer has failed, and whoever wants it asks anew.
 */
#include "command_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "wire/envelope.h"
#include "wire/message.h"

#include <string.h>

#define OPEN_MAX 256   /* commands without a final answer */
#define ANSWER_MS 5000 /* beyond a command's life, or an enrolment's time: no answer comes */
#define UNLOCK_MAX_S 60
#define ENROL_MIN_S 5
#define ENROL_MAX_S 120

struct open_command {
	uint8_t id[COMMAND_ID_SIZE];
	bool unsent; /* its row is not committed yet */
	struct registry_command row;
	int64_t until_us; /* monotonic */
};

struct hub_commands {
	struct open_command open[OPEN_MAX];
	size_t count;
};

/* ---- those under way ---- */

static int64_t patience_us(const struct registry_command *row)
{
	int64_t s = COMMAND_LIFE_S + (row->verb == COMMAND_ENROL ? (int64_t)row->seconds : 0);

	return s * 1000000 + ANSWER_MS * 1000LL;
}

static struct open_command *find_open(struct hub_commands *commands, const uint8_t *id)
{
	for (size_t i = 0; i < commands->count; i++)
		if (memcmp(commands->open[i].id, id, COMMAND_ID_SIZE) == 0)
			return &commands->open[i];
	return NULL;
}

static void forget(struct hub_commands *commands, struct open_command *at)
{
	*at = commands->open[--commands->count];
}

static int remember(struct hub *hub, const struct registry_command *row, bool unsent)
{
	struct hub_commands *commands = hub->commands;
	struct open_command *at;

	if (commands->count == OPEN_MAX)
		return -ENOSPC;
	at = &commands->open[commands->count++];
	*at = (struct open_command){.unsent = unsent,
		.row = *row,
		.until_us = (int64_t)clock_mono_us() + patience_us(row)};
	memcpy(at->id, row->id, sizeof(at->id));
	return 0;
}

/* ---- sending ---- */

static int check_seconds(const struct registry_command *c, char err[ERR_MAX])
{
	uint32_t low = 0, high = 0;

	switch ((enum command_verb)c->verb) {
	case COMMAND_UNLOCK:
		low = 1, high = UNLOCK_MAX_S;
		break;
	case COMMAND_ENROL:
		low = ENROL_MIN_S, high = ENROL_MAX_S;
		break;
	case COMMAND_RELOCK:
	case COMMAND_ENROL_CANCEL:
	case COMMAND_IDENTIFY:
	case COMMAND_TEST:
		break;
	case COMMAND_NONE:
		snprintf(err, ERR_MAX, "there is no such command");
		return -EINVAL;
	}
	if (c->seconds >= low && c->seconds <= high)
		return 0;
	if (high == 0)
		snprintf(err, ERR_MAX, "%s takes no seconds",
			command_verb_name((enum command_verb)c->verb));
	else
		snprintf(err, ERR_MAX, "%s for %u seconds: expected %u to %u",
			command_verb_name((enum command_verb)c->verb), c->seconds, low, high);
	return -EINVAL;
}

static bool all_zero(const uint8_t *data, size_t size)
{
	while (size > 0 && *data == 0)
		data++, size--;
	return size == 0;
}

/* The door's nonce of its present start, where a command can reach it. */
static int find_start(
	struct hub *hub, const char *name, uint8_t start[SYNC_NONCE_SIZE], char err[ERR_MAX])
{
	struct registry_door door;
	int r = registry_door(hub->registry, name, &door);

	if (r < 0) {
		snprintf(err, ERR_MAX, "there is no door called %s", name);
		return r == -ENOENT ? r : -ENOENT;
	}
	if (!sync_newer_start(hub, name, start))
		memcpy(start, door.start, SYNC_NONCE_SIZE);
	if (!hub->mqtt || !mqtt_connected(hub->mqtt))
		r = -EHOSTUNREACH,
		snprintf(err, ERR_MAX, "the broker is away: no door can be told anything");
	else if (door.status != REGISTRY_DOOR_ACTIVE || all_zero(start, SYNC_NONCE_SIZE))
		r = -EHOSTUNREACH,
		snprintf(err, ERR_MAX, "door %s has not been heard of yet: is it %s?", name,
			door.status == REGISTRY_DOOR_ACTIVE ? "running and connected"
							    : "provisioned");
	registry_door_free(&door);
	return r < 0 ? r : 0;
}

static int publish(
	struct hub *hub, const struct registry_command *row, const uint8_t start[SYNC_NONCE_SIZE])
{
	struct command command = {.verb = (enum command_verb)row->verb,
		.counter = row->counter,
		.time_us = row->sent_us,
		.expires_us = row->expires_us,
		.seconds = row->seconds};
	CLEANUP(cleanup_free) char *body = NULL;
	char topic[MQTT_TOPIC_MAX];
	int r;

	strcpy(command.site, hub->conf.site);
	strcpy(command.door, row->door);
	command.member = row->verb == COMMAND_UNLOCK ? row->member : 0;
	strcpy(command.actor, row->actor);
	memcpy(command.id, row->id, sizeof(command.id));
	memcpy(command.start, start, sizeof(command.start));
	r = command_write(&command, &body);
	if (r < 0)
		return r;
	message_topic_door(hub->conf.site, row->door, "command", topic, sizeof(topic));
	return hub_publish(hub, topic, body, false);
}

/* ---- results ---- */

static bool is_final(enum command_outcome outcome)
{
	return outcome != COMMAND_OUTCOME_NONE && outcome != COMMAND_OUTCOME_WAITING;
}

static int keep(struct hub *hub, const struct command_result *result, struct registry_command *row)
{
	int r = registry_begin(hub->registry);

	if (r == 0 && result && row->verb == COMMAND_ENROL && row->outcome == COMMAND_OUTCOME_DONE)
		r = enrol_found(hub, result, row);
	if (r >= 0)
		r = registry_command_answered(hub->registry, row);
	if (r >= 0)
		r = registry_commit(hub->registry, NULL);
	if (r >= 0) {
		hub_live_note(
			hub, LIVE_COMMANDS | (row->verb == COMMAND_ENROL ? LIVE_ENROLMENTS : 0u));
		return 0;
	}
	log_error("door %s: the outcome of a command is not kept: %s", row->door,
		registry_error(hub->registry));
	if (registry_changing(hub->registry))
		registry_abort(hub->registry);
	return r;
}

/* Ends a command that has no result of the door. */
static void give_up(struct hub *hub, struct open_command *at, const char *why)
{
	at->row.outcome = COMMAND_OUTCOME_FAILED;
	at->row.answered_us = clock_wall_us();
	snprintf(at->row.why, sizeof(at->row.why), "%s", why);
	if (keep(hub, NULL, &at->row) < 0)
		at->until_us = (int64_t)clock_mono_us() + ANSWER_MS * 1000LL;
	else
		forget(hub->commands, at);
}

static void send_one(struct hub *hub, struct open_command *at)
{
	uint8_t start[SYNC_NONCE_SIZE];
	char why[ERR_MAX] = "";
	int r = find_start(hub, at->row.door, start, why);

	at->unsent = false;
	if (r == 0)
		r = publish(hub, &at->row, start);
	if (r < 0)
		give_up(hub, at, *why ? why : "it could not be sent");
}

void command_changed(struct hub *hub)
{
	struct hub_commands *commands = hub->commands;

	if (registry_changing(hub->registry))
		return;
	for (size_t i = commands->count; i-- > 0;) {
		struct open_command *at = &commands->open[i];
		struct registry_command row;

		if (!at->unsent)
			continue;
		/* its change may have been undone */
		if (registry_command(hub->registry, at->id, &row) < 0)
			forget(commands, at);
		else
			send_one(hub, at);
	}
}

int command_send(struct hub *hub, struct registry_command *command, char err[ERR_MAX])
{
	bool own = !registry_changing(hub->registry);
	uint8_t start[SYNC_NONCE_SIZE];
	int r = check_seconds(command, err);

	if (r == 0)
		r = find_start(hub, command->door, start, err);
	if (r < 0)
		return r;
	if (hub->commands->count == OPEN_MAX) {
		snprintf(err, ERR_MAX, "too many commands wait for an answer: try again");
		return -EHOSTUNREACH;
	}
	crypto_random(command->id, sizeof(command->id));
	command->sent_us = clock_wall_us();
	command->expires_us = command->sent_us + COMMAND_LIFE_S * 1000000LL;
	command->outcome = COMMAND_OUTCOME_NONE;
	r = own ? registry_begin(hub->registry) : 0;
	if (r == 0)
		r = registry_command_add(hub->registry, command);
	if (r >= 0 && own)
		r = registry_commit(hub->registry, NULL);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s", registry_error(hub->registry));
		if (own && registry_changing(hub->registry))
			registry_abort(hub->registry);
		return r;
	}
	remember(hub, command, true);
	if (own)
		command_changed(hub);
	return 0;
}

/* ---- messages ---- */

static int read_result(struct hub *hub, const char *name, const struct mqtt_event *event,
	struct command_result *ret_result, bool *ret_known, char why[ERR_MAX])
{
	struct registry_door door;
	const char *body;
	size_t size;
	int r = registry_door(hub->registry, name, &door);

	*ret_known = r >= 0;
	if (r < 0) {
		snprintf(why, ERR_MAX, "no door of the registry is called %s", name);
		return r;
	}
	r = -EKEYREJECTED;
	if (door.status != REGISTRY_DOOR_ACTIVE || !door.has_key)
		snprintf(why, ERR_MAX, "the door is %s", registry_door_status_name(door.status));
	else if (envelope_open(
			 &door.key, 1, event->topic, event->payload, event->size, &body, &size) < 0)
		snprintf(why, ERR_MAX, "not signed by the door's key");
	else
		r = command_result_read(body, size, ret_result, why);
	registry_door_free(&door);
	if (r == 0 && (strcmp(ret_result->site, hub->conf.site) != 0 ||
			      strcmp(ret_result->door, name) != 0)) {
		snprintf(why, ERR_MAX, "it names another site or door");
		r = -EBADMSG;
	}
	return r;
}

static void take_result(struct hub *hub, const char *name, const struct mqtt_event *event)
{
	struct command_result result;
	struct open_command *at;
	char why[ERR_MAX] = "";
	bool known;

	if (read_result(hub, name, event, &result, &known, why) < 0) {
		hub_refuse(hub, known ? name : "", "result", why);
		return;
	}
	at = find_open(hub->commands, result.id);
	if (!at || strcmp(at->row.door, name) != 0 || at->row.verb != (int)result.verb) {
		/* a second result, or one after we gave up: the journal has what happened */
		log_info("door %s: a result for %s that nobody waits for", name,
			command_verb_name(result.verb));
		return;
	}
	at->row.outcome = (int)result.outcome;
	at->row.shown = result.shown;
	at->row.answered_us = clock_wall_us();
	strcpy(at->row.why, result.why);
	/* the door sends it once: what cannot be kept now ends with "no answer" */
	if (keep(hub, &result, &at->row) == 0 && is_final(result.outcome))
		forget(hub->commands, at);
	hub_changed(hub);
}

bool hub_command_message(struct hub *hub, const struct mqtt_event *event)
{
	char door[NAME_ID_MAX];

	if (!hub_topic_door(hub, event->topic, "result", door))
		return false;
	take_result(hub, door, event);
	return true;
}

void hub_command_connected(struct hub *hub)
{
	post_subscribe_doors(hub, "result");
}

void hub_command_tick(struct hub *hub)
{
	struct hub_commands *commands = hub->commands;
	int64_t now_us = (int64_t)clock_mono_us();

	for (size_t i = commands->count; i-- > 0;)
		if (now_us >= commands->open[i].until_us)
			give_up(hub, &commands->open[i], "no answer");
}

/* ---- start and stop ---- */

/* What was under way when the hub stopped may still be answered. */
static int recall(struct hub *hub)
{
	struct registry_command *rows = calloc(OPEN_MAX, sizeof(*rows));
	int n = rows ? registry_commands(hub->registry, NULL, rows, OPEN_MAX) : -ENOMEM;

	for (int i = 0; i < n; i++)
		if (!is_final((enum command_outcome)rows[i].outcome))
			remember(hub, &rows[i], false);
	free(rows);
	return n < 0 ? n : 0;
}

int hub_command_start(struct hub *hub, char err[ERR_MAX])
{
	int r;

	hub->commands = calloc(1, sizeof(*hub->commands));
	if (!hub->commands) {
		snprintf(err, ERR_MAX, "no memory for commands");
		return -ENOMEM;
	}
	r = recall(hub);
	if (r < 0)
		snprintf(err, ERR_MAX, "commands: %s", registry_error(hub->registry));
	return r;
}

void hub_command_stop(struct hub *hub)
{
	free(hub->commands);
	hub->commands = NULL;
}
