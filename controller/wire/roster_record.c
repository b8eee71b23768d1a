/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/roster_record.h"

#include "core/decide.h"
#include "core/hours.h"

#include <string.h>

#define NAME_EXPECTED "1 to 32 of a-z, 0-9 and -"

static const char *const tier_keys[] = {"tier", "name", "hours", "flags", "doors"};
static const char *const card_keys[] = {"uid", "token", "key", "card", "member", "sponsor", "tier",
	"state", "member_state", "valid_from", "valid_until", "grace_until", "release_ms"};

/* ---- small values ---- */

int roster_name_read(const struct json_place *place, const char *key, const json_t *value,
	char ret_name[NAME_ID_MAX])
{
	if (!json_is_string(value) || !name_id_valid(json_string_value(value)))
		return json_refuse(place, key, value, NAME_EXPECTED);
	strcpy(ret_name, json_string_value(value));
	return 0;
}

static int get_hours(
	const struct json_place *place, const char *key, const json_t *value, char **ret_hours)
{
	struct hours_error error = {0};
	struct hours hours;
	const char *text = json_string_value(value);

	if (!text)
		return json_refuse(place, key, value, "opening hours as \"Mo-Fr 09:00-17:00\"");
	if (strlen(text) > HOURS_TEXT_MAX)
		return json_complain(place, key, "longer than %d characters", HOURS_TEXT_MAX);
	if (hours_compile(text, &hours, &error) < 0)
		return json_complain(place, key, "\"%.200s\" at character %zu: %s%s%s", text,
			error.at + 1, error.message, error.suggestion ? "; " : "",
			error.suggestion ? error.suggestion : "");
	*ret_hours = strdup(text);
	return *ret_hours ? 0 : json_complain(place, key, "no memory");
}

/* An absent number stays 0. */
static int get_optional(const struct json_place *place, const json_t *object, const char *key,
	uint64_t min, uint64_t max, uint64_t *number)
{
	*number = 0;
	return json_object_get(object, key) ? json_get_number(place, object, key, min, max, number)
					    : 0;
}

static int get_date(
	const struct json_place *place, const json_t *object, const char *key, int32_t *ret_date)
{
	const json_t *value = json_object_get(object, key);

	*ret_date = DATE_NONE;
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value) || civil_date_parse(json_string_value(value), ret_date) < 0)
		return json_refuse(place, key, value, "a date as \"2026-11-22\", or null");
	return 0;
}

/* ---- a tier ---- */

static int read_tier_door(const struct json_place *place, const char *door, const json_t *hours,
	struct roster_file_tier_door *out)
{
	char key[80];

	snprintf(key, sizeof(key), "doors.%.60s", door);
	if (!name_id_valid(door))
		return json_complain(place, key, "a door's id has " NAME_EXPECTED);
	strcpy(out->door, door);
	return json_is_null(hours) ? 0 : get_hours(place, key, hours, &out->hours);
}

static int read_tier_doors(
	const struct json_place *place, const json_t *tier_json, struct roster_file_tier *tier)
{
	json_t *doors = json_object_get(tier_json, "doors"), *hours;
	const char *door;

	if (!doors)
		return 0;
	/* an empty list would read as "every door" */
	if (!json_is_object(doors) || json_object_size(doors) == 0)
		return json_refuse(place, "doors", doors,
			"{\"DOOR\": \"HOURS\" or null, ...}; leave it out for every door");
	tier->doors = calloc(json_object_size(doors), sizeof(*tier->doors));
	if (!tier->doors)
		return json_complain(place, "doors", "no memory");
	json_object_foreach(doors, door,
		hours) if (read_tier_door(place, door, hours, &tier->doors[tier->door_count++]) <
			   0) return -EINVAL;
	return 0;
}

static int read_flags(
	const struct json_place *place, const json_t *tier_json, struct roster_file_tier *tier)
{
	static const char expected[] =
		"a list of \"staff\", \"override\", \"may_open_up\", \"events_free\"";
	json_t *flags = json_object_get(tier_json, "flags"), *flag;
	uint32_t bit;
	size_t i;

	if (!flags)
		return 0;
	if (!json_is_array(flags))
		return json_refuse(place, "flags", flags, expected);
	json_array_foreach(flags, i, flag)
	{
		if (!json_is_string(flag) || tier_flag_parse(json_string_value(flag), &bit) < 0)
			return json_refuse(place, "flags", flag, expected);
		tier->flags |= bit;
	}
	return 0;
}

int roster_tier_read(
	const struct json_place *place, const json_t *object, struct roster_file_tier *ret_tier)
{
	uint64_t number;

	if (json_only_keys(place, object, tier_keys, ARRAY_SIZE(tier_keys)) < 0 ||
		json_get_number(place, object, "tier", 1, UINT32_MAX, &number) < 0 ||
		get_hours(place, "hours", json_object_get(object, "hours"), &ret_tier->hours) < 0 ||
		read_flags(place, object, ret_tier) < 0)
		return -EINVAL;
	ret_tier->tier = (uint32_t)number;
	return read_tier_doors(place, object, ret_tier);
}

/* ---- a card ---- */

/* A UID is as good as the card: no message repeats it. */
static int read_uid(const struct json_place *place, const json_t *value, struct uid *uid)
{
	if (!json_is_string(value) || uid_parse(json_string_value(value), uid) < 0)
		return json_complain(place, "uid",
			"%zu characters that are no UID; expected 8, 14 or 20 hex digits",
			json_string_length(value));
	switch (uid_kind(uid)) {
	case UID_KIND_FIXED:
		return 0;
	case UID_KIND_RANDOM:
		return json_complain(place, "uid",
			"starts with 08: a random number, another one at each tap (a phone?); "
			"register a card instead");
	case UID_KIND_DUMMY:
		return json_complain(
			place, "uid", "a number that many devices share; register another card");
	case UID_KIND_INVALID:
		break;
	}
	return json_complain(place, "uid", "no UID");
}

static int read_identity(
	const struct json_place *place, const json_t *object, struct roster_file_card *out)
{
	const json_t *uid = json_object_get(object, "uid"),
		     *token = json_object_get(object, "token");
	uint64_t key;

	if (!uid == !token)
		return json_complain(place, uid ? "token" : "uid",
			"expected either \"uid\", or \"token\" and \"key\"");
	out->has_uid = uid != NULL;
	if (uid) {
		if (json_object_get(object, "key"))
			return json_complain(place, "key",
				"goes with \"token\" only: a UID's token is made with this door's "
				"key");
		return read_uid(place, uid, &out->uid);
	}
	if (json_get_hex(place, object, "token", out->card.token.bytes, TOKEN_SIZE) < 0 ||
		json_get_number(place, object, "key", 1, UINT32_MAX, &key) < 0)
		return -EINVAL;
	out->card.key_id = (uint32_t)key;
	return 0;
}

static int read_states(
	const struct json_place *place, const json_t *object, struct roster_card *card)
{
	static const char state[] = "unassigned, active, suspended, lost or revoked";
	static const char member_state[] = "closed, active or suspended";
	const char *text;

	if (json_get_text(place, object, "state", state, &text) < 0)
		return -EINVAL;
	if (card_state_parse(text, &card->state) < 0)
		return json_refuse(place, "state", json_object_get(object, "state"), state);
	if (card->state == CARD_STATE_UNASSIGNED && !json_object_get(object, "member_state"))
		return 0;
	if (json_get_text(place, object, "member_state", member_state, &text) < 0)
		return -EINVAL;
	if (member_state_parse(text, &card->member_state) < 0)
		return json_refuse(place, "member_state", json_object_get(object, "member_state"),
			member_state);
	return 0;
}

static int read_numbers(
	const struct json_place *place, const json_t *object, struct roster_card *card)
{
	/* a card nobody has needs no member and no tier */
	uint64_t tier = 0, release_ms = 0;
	bool free_card = card->state == CARD_STATE_UNASSIGNED;
	int r = json_get_number(place, object, "card", 1, INT64_MAX, &card->card);

	if (r == 0 && (!free_card || json_object_get(object, "member")))
		r = json_get_number(place, object, "member", 1, INT64_MAX, &card->member);
	if (r == 0 && (!free_card || json_object_get(object, "tier")))
		r = json_get_number(place, object, "tier", 1, UINT32_MAX, &tier);
	if (r == 0)
		r = get_optional(place, object, "sponsor", 1, INT64_MAX, &card->sponsor);
	if (r == 0)
		r = get_optional(
			place, object, "release_ms", RELEASE_MS_MIN, RELEASE_MS_MAX, &release_ms);
	card->tier = (uint32_t)tier;
	card->release_ms = (uint32_t)release_ms;
	return r;
}

static int read_dates(
	const struct json_place *place, const json_t *object, struct roster_card *card)
{
	if (get_date(place, object, "valid_from", &card->valid_from) < 0 ||
		get_date(place, object, "valid_until", &card->valid_until) < 0 ||
		get_date(place, object, "grace_until", &card->grace_until) < 0)
		return -EINVAL;
	/* DATE_NONE is smaller than any date */
	if (card->valid_until != DATE_NONE && card->valid_from > card->valid_until)
		return json_complain(place, "valid_until", "lies before valid_from");
	if (card->grace_until != DATE_NONE && card->valid_until == DATE_NONE)
		return json_complain(place, "grace_until", "needs a valid_until to follow");
	if (card->grace_until != DATE_NONE && card->grace_until < card->valid_until)
		return json_complain(place, "grace_until", "lies before valid_until");
	return 0;
}

int roster_card_read(
	const struct json_place *place, const json_t *object, struct roster_file_card *ret_card)
{
	if (json_only_keys(place, object, card_keys, ARRAY_SIZE(card_keys)) < 0 ||
		read_identity(place, object, ret_card) < 0 ||
		read_states(place, object, &ret_card->card) < 0 ||
		read_numbers(place, object, &ret_card->card) < 0)
		return -EINVAL;
	return read_dates(place, object, &ret_card->card);
}
