/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/command.h"

#include "body.h"

#include <string.h>

static const struct {
	const char *name;
	uint32_t min, max; /* seconds; 0: takes none */
} verbs[] = {
	[COMMAND_UNLOCK] = {"unlock", 1, 60},
	[COMMAND_RELOCK] = {"relock", 0, 0},
	[COMMAND_ENROL] = {"enrol", 5, 120},
	[COMMAND_ENROL_CANCEL] = {"enrol_cancel", 0, 0},
	[COMMAND_IDENTIFY] = {"identify", 0, 0},
	[COMMAND_TEST] = {"test", 0, 0},
};

static const char *const outcomes[] = {
	[COMMAND_OUTCOME_DONE] = "done",
	[COMMAND_OUTCOME_REFUSED] = "refused",
	[COMMAND_OUTCOME_FAILED] = "failed",
	[COMMAND_OUTCOME_WAITING] = "waiting",
};

static const char *const card_kinds[] = {
	[CARD_KIND_UID] = "uid",
	[CARD_KIND_DESFIRE] = "desfire",
};

const char *command_verb_name(enum command_verb verb)
{
	return (unsigned)verb < ARRAY_SIZE(verbs) ? verbs[verb].name : NULL;
}

int command_verb_parse(const char *text, enum command_verb *ret_verb)
{
	for (size_t i = COMMAND_UNLOCK; text && i < ARRAY_SIZE(verbs); i++)
		if (strcmp(text, verbs[i].name) == 0) {
			*ret_verb = (enum command_verb)i;
			return 0;
		}
	return -EINVAL;
}

const char *command_outcome_name(enum command_outcome outcome)
{
	return (unsigned)outcome < ARRAY_SIZE(outcomes) ? outcomes[outcome] : NULL;
}

/* ---- commands ---- */

static bool command_valid(const struct command *c)
{
	if (!command_verb_name(c->verb) || !name_id_valid(c->site) || !name_id_valid(c->door) ||
		c->counter.number > INT64_MAX || c->member > INT64_MAX ||
		(c->member > 0 && c->verb != COMMAND_UNLOCK) || c->time_us < 0 ||
		c->expires_us <= c->time_us)
		return false;
	return c->seconds >= verbs[c->verb].min && c->seconds <= verbs[c->verb].max && *c->actor &&
	       body_line_valid(c->actor, sizeof(c->actor));
}

int command_write(const struct command *c, char **ret_body)
{
	json_t *seconds, *member;

	if (!command_valid(c))
		return -EINVAL;
	seconds = c->seconds > 0 ? json_integer(c->seconds) : NULL;
	member = c->member > 0 ? json_integer((json_int_t)c->member) : NULL;
	return body_dump(
		json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:o*, s:o*, s:s}",
			"version", COMMAND_VERSION, "type", "command", "site", c->site, "door",
			c->door, "verb", command_verb_name(c->verb), "id",
			body_hex(c->id, sizeof(c->id)), "counter", body_revision(&c->counter),
			"start", body_hex(c->start, sizeof(c->start)), "time_us",
			(json_int_t)c->time_us, "expires_us", (json_int_t)c->expires_us, "seconds",
			seconds, "member", member, "actor", c->actor),
		COMMAND_BODY_MAX, ret_body);
}

static int get_verb(
	const struct json_place *place, const json_t *object, enum command_verb *ret_verb)
{
	const char *text = json_string_value(json_object_get(object, "verb"));

	if (command_verb_parse(text, ret_verb) < 0)
		return json_refuse(place, "verb", json_object_get(object, "verb"),
			"unlock, relock, enrol, enrol_cancel, identify or test");
	return 0;
}

static int get_seconds(const struct json_place *place, const json_t *object, struct command *c)
{
	if (verbs[c->verb].max > 0)
		return body_get_u32(place, object, "seconds", verbs[c->verb].min,
			verbs[c->verb].max, &c->seconds);
	if (json_object_get(object, "seconds"))
		return json_complain(place, "seconds", "%s takes none", verbs[c->verb].name);
	return 0;
}

static int get_member(const struct json_place *place, const json_t *object, struct command *c)
{
	if (!json_object_get(object, "member"))
		return 0;
	if (c->verb != COMMAND_UNLOCK)
		return json_complain(place, "member", "%s takes none", verbs[c->verb].name);
	return json_get_number(place, object, "member", 1, INT64_MAX, &c->member);
}

static int get_command(const struct json_place *place, const json_t *object, struct command *c)
{
	int r = get_verb(place, object, &c->verb);

	if (r == 0)
		r = body_get_name(place, object, "site", c->site);
	if (r == 0)
		r = body_get_name(place, object, "door", c->door);
	if (r == 0)
		r = json_get_hex(place, object, "id", c->id, sizeof(c->id));
	if (r == 0)
		r = body_get_revision(place, object, "counter", &c->counter);
	if (r == 0)
		r = json_get_hex(place, object, "start", c->start, sizeof(c->start));
	if (r == 0)
		r = body_get_time(place, object, "time_us", &c->time_us);
	if (r == 0)
		r = body_get_time(place, object, "expires_us", &c->expires_us);
	if (r == 0 && c->expires_us <= c->time_us)
		r = json_complain(place, "expires_us", "expected a time after time_us");
	if (r == 0)
		r = get_seconds(place, object, c);
	if (r == 0)
		r = get_member(place, object, c);
	if (r == 0)
		r = body_get_line(place, object, "actor", 1, c->actor, sizeof(c->actor));
	return r;
}

int command_read(const char *body, size_t size, struct command *ret_command, char err[ERR_MAX])
{
	const struct json_place place = {.file = "command", .err = err};
	struct command command = {0};
	json_t *object;
	int r = body_open(&place, body, size, COMMAND_BODY_MAX, "command", &object);

	if (r < 0)
		return -EBADMSG;
	r = get_command(&place, object, &command);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_command = command;
	return 0;
}

/* ---- results ---- */

/* A card comes only of an enrolment that is done; only enrolments wait. */
static bool result_agrees(const struct command_result *result)
{
	bool enrol = result->verb == COMMAND_ENROL;

	return (enrol || (result->outcome != COMMAND_OUTCOME_WAITING && result->shown == 0)) &&
	       (!result->has_card || (enrol && result->outcome == COMMAND_OUTCOME_DONE));
}

static bool result_valid(const struct command_result *result)
{
	return command_verb_name(result->verb) && command_outcome_name(result->outcome) &&
	       name_id_valid(result->site) && name_id_valid(result->door) && result->time_us >= 0 &&
	       body_line_valid(result->why, sizeof(result->why)) && result_agrees(result) &&
	       (!result->has_card || (unsigned)result->kind < ARRAY_SIZE(card_kinds));
}

static json_t *card_json(const struct command_result *result)
{
	if (!result->has_card)
		return NULL;
	return json_pack("{s:o, s:I, s:s}", "token",
		body_hex(result->token.bytes, sizeof(result->token.bytes)), "key",
		(json_int_t)result->key_id, "kind", card_kinds[result->kind]);
}

int command_result_write(const struct command_result *result, char **ret_body)
{
	if (!result_valid(result))
		return -EINVAL;
	return body_dump(
		json_pack("{s:i, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:I, s:o*, s:I}", "version",
			COMMAND_VERSION, "type", "result", "site", result->site, "door",
			result->door, "id", body_hex(result->id, sizeof(result->id)), "verb",
			command_verb_name(result->verb), "outcome",
			command_outcome_name(result->outcome), "why", result->why, "shown",
			(json_int_t)result->shown, "card", card_json(result), "time_us",
			(json_int_t)result->time_us),
		COMMAND_BODY_MAX, ret_body);
}

static int get_card(
	const struct json_place *place, const json_t *object, struct command_result *result)
{
	json_t *card;
	int r, kind;

	if (!json_object_get(object, "card"))
		return 0;
	result->has_card = true;
	r = body_get_object(place, object, "card", &card);
	if (r == 0)
		r = json_get_hex(
			place, card, "token", result->token.bytes, sizeof(result->token.bytes));
	if (r == 0)
		r = body_get_u32(place, card, "key", 0, UINT32_MAX, &result->key_id);
	if (r < 0)
		return r;
	kind = body_get_choice(place, card, "kind", card_kinds, ARRAY_SIZE(card_kinds));
	if (kind >= 0)
		result->kind = (enum card_kind)kind;
	return kind < 0 ? kind : 0;
}

static int get_result(
	const struct json_place *place, const json_t *object, struct command_result *result)
{
	int outcome = body_get_choice(place, object, "outcome", outcomes, ARRAY_SIZE(outcomes));
	int r = outcome < 0 ? outcome : get_verb(place, object, &result->verb);

	if (r == 0)
		r = body_get_name(place, object, "site", result->site);
	if (r == 0)
		r = body_get_name(place, object, "door", result->door);
	if (r == 0)
		r = json_get_hex(place, object, "id", result->id, sizeof(result->id));
	if (r == 0)
		r = body_get_line(place, object, "why", 0, result->why, sizeof(result->why));
	if (r == 0)
		r = body_get_u32(place, object, "shown", 0, UINT32_MAX, &result->shown);
	if (r == 0)
		r = body_get_time(place, object, "time_us", &result->time_us);
	if (r == 0)
		r = get_card(place, object, result);
	if (r < 0)
		return r;
	result->outcome = (enum command_outcome)outcome;
	if (!result_agrees(result))
		return json_complain(
			place, "outcome", "does not go with this verb, or with a card");
	return 0;
}

int command_result_read(
	const char *body, size_t size, struct command_result *ret_result, char err[ERR_MAX])
{
	const struct json_place place = {.file = "result", .err = err};
	struct command_result result = {0};
	json_t *object;
	int r = body_open(&place, body, size, COMMAND_BODY_MAX, "result", &object);

	if (r < 0)
		return -EBADMSG;
	r = get_result(&place, object, &result);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_result = result;
	return 0;
}
