/* SPDX-License-Identifier: Apache-2.0 */
/* Heads and deltas. */
#include "sync_private.h"

#include "crypto/text.h"

#include <string.h>

json_t *sync_new(const char *type, const char *site, const char *door)
{
	return json_pack("{s:i, s:s, s:s, s:s*}", "version", SYNC_VERSION, "type", type, "site",
		site, "door", door);
}

int sync_finish(json_t *object, int r, char **ret_body)
{
	if (r < 0) {
		json_decref(object);
		return r;
	}
	return body_dump(object, SYNC_BODY_MAX, ret_body);
}

static bool has_rollcall(const struct sync_head *head)
{
	static const uint8_t none[ROLLCALL_ID_SIZE];

	return memcmp(head->rollcall, none, sizeof(none)) != 0;
}

int sync_put_head(json_t *object, const struct sync_head *head)
{
	if (head->revision.number > INT64_MAX || head->time_us < 0)
		return -EINVAL;
	if (json_object_set_new(object, "revision", body_revision(&head->revision)) < 0 ||
		json_object_set_new(
			object, "digest", body_hex(head->digest, sizeof(head->digest))) < 0 ||
		json_object_set_new(object, "time_us", json_integer(head->time_us)) < 0)
		return -ENOMEM;
	if (has_rollcall(head) && json_object_set_new(object, "rollcall",
					  body_hex(head->rollcall, sizeof(head->rollcall))) < 0)
		return -ENOMEM;
	if (head->rollcall_ended && json_object_set_new(object, "rollcall", json_null()) < 0)
		return -ENOMEM;
	if (head->unknown_hours &&
		json_object_set_new(object, "unknown_hours", json_integer(head->unknown_hours)) < 0)
		return -ENOMEM;
	return 0;
}

static int get_rollcall(
	const struct json_place *place, const json_t *object, struct sync_head *head)
{
	const json_t *id = json_object_get(object, "rollcall");

	head->rollcall_ended = json_is_null(id);
	if (!id || head->rollcall_ended)
		return 0;
	return json_get_hex(place, object, "rollcall", head->rollcall, sizeof(head->rollcall));
}

int sync_get_head(const struct json_place *place, const json_t *object, struct sync_head *head)
{
	int r = body_get_name(place, object, "site", head->site);

	if (r == 0)
		r = body_get_revision(place, object, "revision", &head->revision);
	if (r == 0)
		r = json_get_hex(place, object, "digest", head->digest, sizeof(head->digest));
	if (r == 0)
		r = body_get_time(place, object, "time_us", &head->time_us);
	if (r == 0)
		r = get_rollcall(place, object, head);
	if (r == 0 && json_object_get(object, "unknown_hours"))
		r = body_get_u32(place, object, "unknown_hours", 1, SYNC_UNKNOWN_HOURS_MAX,
			&head->unknown_hours);
	return r;
}

int sync_head_write(const struct sync_head *head, char **ret_body)
{
	json_t *object;

	if (!name_id_valid(head->site))
		return -EINVAL;
	object = sync_new("head", head->site, NULL);
	return sync_finish(object, sync_put_head(object, head), ret_body);
}

int sync_head_read(const char *body, size_t size, struct sync_head *ret_head, char err[ERR_MAX])
{
	const struct json_place place = {.file = "roster head", .err = err};
	struct sync_head head = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "head", &object);

	if (r < 0)
		return -EBADMSG;
	r = sync_get_head(&place, object, &head);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_head = head;
	return 0;
}

int sync_put_records(json_t *object, const uint8_t *records, size_t size)
{
	if (size > SYNC_CHUNK_MAX)
		return -EINVAL;
	return json_object_set_new(object, "records", body_base64(records, size)) < 0 ? -ENOMEM : 0;
}

/* Only that the lengths fit: what the records say is for whoever takes them. */
static bool run_whole(const uint8_t *run, size_t size)
{
	const uint8_t *record;
	size_t at = 0, record_size;
	int r;

	do
		r = roster_run_next(run, size, &at, &record, &record_size);
	while (r > 0);
	return r == 0;
}

int sync_get_records(const struct json_place *place, const json_t *object, uint8_t **ret_records,
	size_t *ret_size)
{
	size_t room = json_string_length(json_object_get(object, "records")) / 4 * 3;
	CLEANUP(cleanup_free) uint8_t *records = NULL;
	int n;

	if (room > SYNC_CHUNK_MAX)
		room = SYNC_CHUNK_MAX;
	records = malloc(room + 1);
	if (!records)
		return json_complain(place, "records", "no memory");
	n = json_get_base64(place, object, "records", 0, records, room);
	if (n < 0)
		return n;
	if (!run_whole(records, (size_t)n))
		return json_complain(place, "records", "a record's length does not fit");
	*ret_records = STEAL(records);
	*ret_size = (size_t)n;
	return 0;
}

static int put_delta(json_t *object, const struct sync_delta *delta)
{
	const struct revision *from = &delta->from, *to = &delta->head.revision;
	int r = sync_put_head(object, &delta->head);

	if (from->generation != to->generation || from->number >= to->number)
		return -EINVAL;
	if (r == 0 && json_object_set_new(object, "from", body_revision(from)) < 0)
		r = -ENOMEM;
	return r == 0 ? sync_put_records(object, delta->records, delta->size) : r;
}

int sync_delta_write(const struct sync_delta *delta, char **ret_body)
{
	json_t *object;

	if (!name_id_valid(delta->head.site))
		return -EINVAL;
	object = sync_new("delta", delta->head.site, NULL);
	return sync_finish(object, put_delta(object, delta), ret_body);
}

static int get_delta(const struct json_place *place, const json_t *object, struct sync_delta *delta)
{
	int r = sync_get_head(place, object, &delta->head);

	if (r == 0)
		r = body_get_revision(place, object, "from", &delta->from);
	if (r == 0 && (delta->from.generation != delta->head.revision.generation ||
			      delta->from.number >= delta->head.revision.number))
		r = json_complain(place, "from",
			"expected an older revision of the generation that it leads to");
	if (r == 0)
		r = sync_get_records(place, object, &delta->records, &delta->size);
	return r;
}

int sync_delta_read(const char *body, size_t size, struct sync_delta *ret_delta, char err[ERR_MAX])
{
	const struct json_place place = {.file = "roster delta", .err = err};
	struct sync_delta delta = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "delta", &object);

	if (r < 0)
		return -EBADMSG;
	r = get_delta(&place, object, &delta);
	json_decref(object);
	if (r < 0) {
		sync_delta_free(&delta);
		return -EBADMSG;
	}
	*ret_delta = delta;
	return 0;
}

void sync_delta_free(struct sync_delta *delta)
{
	free(delta->records);
	delta->records = NULL;
	delta->size = 0;
}
