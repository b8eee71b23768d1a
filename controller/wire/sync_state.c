/* SPDX-License-Identifier: Apache-2.0 */
/* What a door does until told otherwise. */
#include "sync_private.h"

#include <string.h>

static const char *const modes[] = {
	[DOOR_MODE_CONTROLLED] = "controlled",
	[DOOR_MODE_UNLOCKED] = "unlocked",
	[DOOR_MODE_LOCKDOWN] = "lockdown",
};

const char *door_mode_name(enum door_mode mode)
{
	return (unsigned)mode < ARRAY_SIZE(modes) ? modes[mode] : NULL;
}

int door_mode_parse(const char *text, enum door_mode *ret_mode)
{
	for (size_t i = 0; text && i < ARRAY_SIZE(modes); i++)
		if (strcmp(text, modes[i]) == 0) {
			*ret_mode = (enum door_mode)i;
			return 0;
		}
	return -EINVAL;
}

/* Adds what every state says of itself. */
static int put_common(
	json_t *object, const struct revision *revision, int64_t time_us, const char *actor)
{
	json_t *more;
	int r;

	if (revision->number > INT64_MAX || time_us < 0 ||
		!body_line_valid(actor, ENTRY_ACTOR_MAX + 1))
		return -EINVAL;
	more = json_pack("{s:o, s:I, s:s}", "revision", body_revision(revision), "time_us",
		(json_int_t)time_us, "actor", actor);
	r = more && json_object_update(object, more) == 0 ? 0 : -ENOMEM;
	json_decref(more);
	return r;
}

static int get_common(const struct json_place *place, const json_t *object,
	struct revision *revision, int64_t *time_us, char actor[ENTRY_ACTOR_MAX + 1])
{
	int r = body_get_revision(place, object, "revision", revision);

	if (r == 0)
		r = body_get_time(place, object, "time_us", time_us);
	if (r == 0)
		r = body_get_line(place, object, "actor", 0, actor, ENTRY_ACTOR_MAX + 1);
	return r;
}

int sync_put_site_state(json_t *object, const struct sync_site_state *state)
{
	int r = put_common(object, &state->revision, state->time_us, state->actor);

	if (r == 0 && json_object_set_new(object, "lockdown", json_boolean(state->lockdown)) < 0)
		r = -ENOMEM;
	return r;
}

int sync_get_site_state(
	const struct json_place *place, const json_t *object, struct sync_site_state *state)
{
	int r = get_common(place, object, &state->revision, &state->time_us, state->actor);

	return r == 0 ? body_get_bool(place, object, "lockdown", &state->lockdown) : r;
}

int sync_site_state_write(const struct sync_site_state *state, char **ret_body)
{
	json_t *object;

	if (!name_id_valid(state->site))
		return -EINVAL;
	object = sync_new("site_state", state->site, NULL);
	return sync_finish(object, sync_put_site_state(object, state), ret_body);
}

int sync_site_state_read(
	const char *body, size_t size, struct sync_site_state *ret_state, char err[ERR_MAX])
{
	const struct json_place place = {.file = "site state", .err = err};
	struct sync_site_state state = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "site_state", &object);

	if (r < 0)
		return -EBADMSG;
	r = body_get_name(&place, object, "site", state.site);
	if (r == 0)
		r = sync_get_site_state(&place, object, &state);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_state = state;
	return 0;
}

/* No hold, or one that ends after it begins. */
static bool hold_valid(const struct sync_door_state *state)
{
	if (state->hold_from_us == 0 && state->hold_until_us == 0)
		return !state->event;
	return state->hold_from_us >= 0 && state->hold_until_us > state->hold_from_us;
}

int sync_put_door_state(json_t *object, const struct sync_door_state *state)
{
	const char *mode = door_mode_name(state->mode);
	int r = put_common(object, &state->revision, state->time_us, state->actor);
	json_t *more;

	if (r < 0)
		return r;
	if (!mode || !hold_valid(state))
		return -EINVAL;
	more = json_pack("{s:s, s:I, s:I, s:b}", "mode", mode, "hold_from_us",
		(json_int_t)state->hold_from_us, "hold_until_us", (json_int_t)state->hold_until_us,
		"event", (int)state->event);
	r = more && json_object_update(object, more) == 0 ? 0 : -ENOMEM;
	json_decref(more);
	return r;
}

int sync_get_door_state(
	const struct json_place *place, const json_t *object, struct sync_door_state *state)
{
	int r = get_common(place, object, &state->revision, &state->time_us, state->actor), mode;

	if (r < 0)
		return r;
	mode = body_get_choice(place, object, "mode", modes, ARRAY_SIZE(modes));
	if (mode < 0)
		return mode;
	state->mode = (enum door_mode)mode;
	r = body_get_time(place, object, "hold_from_us", &state->hold_from_us);
	if (r == 0)
		r = body_get_time(place, object, "hold_until_us", &state->hold_until_us);
	if (r == 0)
		r = body_get_bool(place, object, "event", &state->event);
	if (r == 0 && !hold_valid(state))
		r = json_complain(place, "hold_until_us",
			"expected a hold that ends after it begins, or zeros and no event");
	return r;
}

int sync_door_state_write(const struct sync_door_state *state, char **ret_body)
{
	json_t *object;

	if (!name_id_valid(state->site) || !name_id_valid(state->door))
		return -EINVAL;
	object = sync_new("door_state", state->site, state->door);
	return sync_finish(object, sync_put_door_state(object, state), ret_body);
}

int sync_door_state_read(
	const char *body, size_t size, struct sync_door_state *ret_state, char err[ERR_MAX])
{
	const struct json_place place = {.file = "door state", .err = err};
	struct sync_door_state state = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "door_state", &object);

	if (r < 0)
		return -EBADMSG;
	r = body_get_name(&place, object, "site", state.site);
	if (r == 0)
		r = body_get_name(&place, object, "door", state.door);
	if (r == 0)
		r = sync_get_door_state(&place, object, &state);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_state = state;
	return 0;
}
