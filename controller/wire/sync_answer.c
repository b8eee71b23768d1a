/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's answer to an ask. */
#include "sync_private.h"

#include <string.h>

static const char *const kinds[] = {
	[SYNC_ANSWER_HEAD] = "head",
	[SYNC_ANSWER_DELTA] = "delta",
	[SYNC_ANSWER_SNAPSHOT] = "snapshot",
	[SYNC_ANSWER_RESTART] = "restart",
};

const char *sync_answer_name(enum sync_answer_kind kind)
{
	return (unsigned)kind < ARRAY_SIZE(kinds) ? kinds[kind] : NULL;
}

/* ---- writing ---- */

static json_t *mark_json(const struct sync_journal_mark *mark)
{
	if (!mark->known)
		return json_null();
	return json_pack("{s:o, s:I, s:o}", "journal",
		body_hex(mark->journal, sizeof(mark->journal)), "seq", (json_int_t)mark->seq,
		"hash", body_hex(mark->hash, sizeof(mark->hash)));
}

/* The states stand inside, without site and door. */
static int put_states(json_t *object, const struct sync_answer *answer)
{
	json_t *site = json_object(), *door = json_object();
	int r;

	/* from here on object owns them */
	if (json_object_set_new(object, "site_state", site) < 0)
		site = NULL;
	if (json_object_set_new(object, "door_state", door) < 0)
		door = NULL;
	if (!site || !door)
		return -ENOMEM;
	r = sync_put_site_state(site, &answer->site_state);
	if (r == 0)
		r = sync_put_door_state(door, &answer->door_state);
	if (r == 0 && answer->journal.seq > INT64_MAX)
		r = -EINVAL;
	if (r == 0 && json_object_set_new(object, "journal", mark_json(&answer->journal)) < 0)
		r = -ENOMEM;
	return r;
}

static int put_chunk(json_t *object, const struct sync_answer *answer)
{
	int r = sync_put_records(object, answer->records, answer->size);

	if (r == 0 && answer->cards > INT64_MAX)
		r = -EINVAL;
	if (r == 0 && (json_object_set_new(object, "chunk", json_integer(answer->chunk)) < 0 ||
			      json_object_set_new(object, "last", json_boolean(answer->last)) < 0 ||
			      json_object_set_new(object, "cards",
				      json_integer((json_int_t)answer->cards)) < 0))
		r = -ENOMEM;
	if (r == 0 && answer->kind == SYNC_ANSWER_DELTA &&
		json_object_set_new(object, "from", body_revision(&answer->from)) < 0)
		r = -ENOMEM;
	return r;
}

static bool from_valid(const struct sync_answer *answer)
{
	const struct revision *from = &answer->from, *to = &answer->head.revision;

	return answer->kind != SYNC_ANSWER_DELTA ||
	       (from->generation == to->generation && from->number <= to->number);
}

static int put_kind(json_t *object, const struct sync_answer *answer)
{
	switch (answer->kind) {
	case SYNC_ANSWER_HEAD:
		return put_states(object, answer);
	case SYNC_ANSWER_DELTA:
	case SYNC_ANSWER_SNAPSHOT:
		return from_valid(answer) ? put_chunk(object, answer) : -EINVAL;
	case SYNC_ANSWER_RESTART:
		return 0;
	}
	return -EINVAL;
}

int sync_answer_write(const struct sync_answer *answer, char **ret_body)
{
	const char *kind = sync_answer_name(answer->kind);
	json_t *object;
	int r;

	if (!kind || !name_id_valid(answer->site) || !name_id_valid(answer->door))
		return -EINVAL;
	object = sync_new("answer", answer->site, answer->door);
	r = sync_put_head(object, &answer->head);
	if (r == 0 && (json_object_set_new(object, "kind", json_string(kind)) < 0 ||
			      json_object_set_new(object, "nonce",
				      body_hex(answer->nonce, sizeof(answer->nonce))) < 0))
		r = -ENOMEM;
	return sync_finish(object, r == 0 ? put_kind(object, answer) : r, ret_body);
}

/* ---- reading ---- */

static int get_mark(
	const struct json_place *place, const json_t *object, struct sync_journal_mark *mark)
{
	const json_t *value = json_object_get(object, "journal");
	int r;

	if (json_is_null(value))
		return 0;
	if (!json_is_object(value))
		return json_refuse(place, "journal", value, "an object, or null");
	mark->known = true;
	r = json_get_hex(place, value, "journal", mark->journal, sizeof(mark->journal));
	if (r == 0)
		r = json_get_number(place, value, "seq", 0, INT64_MAX, &mark->seq);
	if (r == 0)
		r = json_get_hex(place, value, "hash", mark->hash, sizeof(mark->hash));
	return r;
}

static int get_states(
	const struct json_place *place, const json_t *object, struct sync_answer *answer)
{
	json_t *site, *door;
	int r = body_get_object(place, object, "site_state", &site);

	if (r == 0)
		r = body_get_object(place, object, "door_state", &door);
	if (r == 0)
		r = sync_get_site_state(place, site, &answer->site_state);
	if (r == 0)
		r = sync_get_door_state(place, door, &answer->door_state);
	if (r == 0)
		r = get_mark(place, object, &answer->journal);
	strcpy(answer->site_state.site, answer->site);
	strcpy(answer->door_state.site, answer->site);
	strcpy(answer->door_state.door, answer->door);
	return r;
}

static int get_chunk(
	const struct json_place *place, const json_t *object, struct sync_answer *answer)
{
	int r = body_get_u32(place, object, "chunk", 0, UINT32_MAX, &answer->chunk);

	if (r == 0)
		r = body_get_bool(place, object, "last", &answer->last);
	if (r == 0)
		r = json_get_number(place, object, "cards", 0, INT64_MAX, &answer->cards);
	if (r == 0 && answer->kind == SYNC_ANSWER_DELTA)
		r = body_get_revision(place, object, "from", &answer->from);
	if (r == 0 && !from_valid(answer))
		r = json_complain(place, "from",
			"expected an older revision of the generation that it leads to");
	if (r == 0)
		r = sync_get_records(place, object, &answer->records, &answer->size);
	return r;
}

static int get_answer(
	const struct json_place *place, const json_t *object, struct sync_answer *answer)
{
	int kind = body_get_choice(place, object, "kind", kinds, ARRAY_SIZE(kinds));
	int r = kind < 0 ? kind : body_get_name(place, object, "site", answer->site);

	if (r == 0)
		r = body_get_name(place, object, "door", answer->door);
	if (r == 0)
		r = json_get_hex(place, object, "nonce", answer->nonce, sizeof(answer->nonce));
	if (r == 0)
		r = sync_get_head(place, object, &answer->head);
	if (r < 0)
		return r;
	answer->kind = (enum sync_answer_kind)kind;
	switch (answer->kind) {
	case SYNC_ANSWER_HEAD:
		return get_states(place, object, answer);
	case SYNC_ANSWER_DELTA:
	case SYNC_ANSWER_SNAPSHOT:
		return get_chunk(place, object, answer);
	case SYNC_ANSWER_RESTART:
		break;
	}
	return 0;
}

int sync_answer_read(
	const char *body, size_t size, struct sync_answer *ret_answer, char err[ERR_MAX])
{
	const struct json_place place = {.file = "answer", .err = err};
	struct sync_answer answer = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "answer", &object);

	if (r < 0)
		return -EBADMSG;
	r = get_answer(&place, object, &answer);
	json_decref(object);
	if (r < 0) {
		sync_answer_free(&answer);
		return -EBADMSG;
	}
	*ret_answer = answer;
	return 0;
}

void sync_answer_free(struct sync_answer *answer)
{
	free(answer->records);
	answer->records = NULL;
	answer->size = 0;
}
