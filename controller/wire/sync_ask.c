/* SPDX-License-Identifier: Apache-2.0 */
/* What a door has and wants. */
#include "sync_private.h"

#include <string.h>

static const char *const wants[] = {
	[SYNC_WANT_REPORT] = "report",
	[SYNC_WANT_HEAD] = "head",
	[SYNC_WANT_DELTA] = "delta",
	[SYNC_WANT_SNAPSHOT] = "snapshot",
	[SYNC_WANT_ROLLCALL] = "rollcall",
};

const char *sync_want_name(enum sync_want want)
{
	return (unsigned)want < ARRAY_SIZE(wants) ? wants[want] : NULL;
}

static bool wants_chunks(enum sync_want want)
{
	return want == SYNC_WANT_DELTA || want == SYNC_WANT_SNAPSHOT;
}

static bool valid(const struct sync_ask *ask)
{
	if (!name_id_valid(ask->site) || !name_id_valid(ask->door) || !sync_want_name(ask->want) ||
		ask->time_us < 0 || ask->revision.number > INT64_MAX ||
		ask->to.number > INT64_MAX || ask->erased > INT64_MAX ||
		!body_line_valid(ask->program, sizeof(ask->program)))
		return false;
	return !wants_chunks(ask->want) || (ask->chunks >= 1 && ask->chunks <= SYNC_CHUNKS_MAX);
}

static int put_chunks(json_t *object, const struct sync_ask *ask)
{
	json_t *more;
	int r;

	if (!wants_chunks(ask->want))
		return 0;
	more = json_pack("{s:o, s:I, s:I}", "to", body_revision(&ask->to), "chunk",
		(json_int_t)ask->chunk, "chunks", (json_int_t)ask->chunks);
	r = more && json_object_update(object, more) == 0 ? 0 : -ENOMEM;
	json_decref(more);
	return r;
}

int sync_ask_write(const struct sync_ask *ask, char **ret_body)
{
	json_t *object, *more, *erased;
	int r;

	if (!valid(ask))
		return -EINVAL;
	erased = ask->erased > 0 ? json_integer((json_int_t)ask->erased) : NULL;
	object = sync_new("ask", ask->site, ask->door);
	more = json_pack("{s:s, s:o, s:o, s:I, s:o, s:o, s:o*, s:s}", "want",
		sync_want_name(ask->want), "nonce", body_hex(ask->nonce, sizeof(ask->nonce)),
		"start", body_hex(ask->start, sizeof(ask->start)), "time_us",
		(json_int_t)ask->time_us, "revision", body_revision(&ask->revision), "digest",
		body_hex(ask->digest, sizeof(ask->digest)), "erased", erased, "program",
		ask->program);
	r = object && more && json_object_update(object, more) == 0 ? 0 : -ENOMEM;
	json_decref(more);
	return sync_finish(object, r == 0 ? put_chunks(object, ask) : r, ret_body);
}

static int get_chunks(const struct json_place *place, const json_t *object, struct sync_ask *ask)
{
	int r;

	if (!wants_chunks(ask->want))
		return 0;
	r = body_get_revision(place, object, "to", &ask->to);
	if (r == 0)
		r = body_get_u32(place, object, "chunk", 0, UINT32_MAX, &ask->chunk);
	if (r == 0)
		r = body_get_u32(place, object, "chunks", 1, SYNC_CHUNKS_MAX, &ask->chunks);
	return r;
}

static int get_ask(const struct json_place *place, const json_t *object, struct sync_ask *ask)
{
	int want = body_get_choice(place, object, "want", wants, ARRAY_SIZE(wants));
	int r = want < 0 ? want : body_get_name(place, object, "site", ask->site);

	if (r == 0)
		r = body_get_name(place, object, "door", ask->door);
	if (r == 0)
		r = json_get_hex(place, object, "nonce", ask->nonce, sizeof(ask->nonce));
	if (r == 0)
		r = json_get_hex(place, object, "start", ask->start, sizeof(ask->start));
	if (r == 0)
		r = body_get_time(place, object, "time_us", &ask->time_us);
	if (r == 0)
		r = body_get_revision(place, object, "revision", &ask->revision);
	if (r == 0)
		r = json_get_hex(place, object, "digest", ask->digest, sizeof(ask->digest));
	if (r == 0 && json_object_get(object, "erased"))
		r = json_get_number(place, object, "erased", 1, INT64_MAX, &ask->erased);
	if (r == 0)
		r = body_get_line(place, object, "program", 0, ask->program, sizeof(ask->program));
	if (r < 0)
		return r;
	ask->want = (enum sync_want)want;
	return get_chunks(place, object, ask);
}

int sync_ask_read(const char *body, size_t size, struct sync_ask *ret_ask, char err[ERR_MAX])
{
	const struct json_place place = {.file = "ask", .err = err};
	struct sync_ask ask = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "ask", &object);

	if (r < 0)
		return -EBADMSG;
	r = get_ask(&place, object, &ask);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_ask = ask;
	return 0;
}
