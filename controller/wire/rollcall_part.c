/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed list on its way to the doors: messages of a bounded size. */
#include "body.h"
#include "crypto/text.h"
#include "wire/rollcall.h"
#include "wire/sync.h"

#include <string.h>

#define TYPE "rollcall-part"

/* The bytes that a part must have: all but the last are full. */
static size_t size_of_part(size_t size, uint32_t part)
{
	size_t at = (size_t)part * ROLLCALL_PART_MAX;

	return size - at < ROLLCALL_PART_MAX ? size - at : ROLLCALL_PART_MAX;
}

int rollcall_part_write(const struct rollcall_sealed *sealed, uint32_t part, char **ret_body)
{
	json_t *object;

	if (sealed->size == 0 || sealed->size > ROLLCALL_SEALED_MAX ||
		part >= rollcall_parts(sealed->size) || !name_id_valid(sealed->site))
		return -EINVAL;
	object = json_pack("{s:i, s:s, s:s, s:s, s:I, s:o, s:I, s:I, s:o}", "version", 1, "type",
		TYPE, "site", sealed->site, "key", sealed->key, "as_of_us",
		(json_int_t)sealed->as_of_us, "id", body_hex(sealed->id, sizeof(sealed->id)),
		"size", (json_int_t)sealed->size, "part", (json_int_t)part, "sealed",
		body_base64(sealed->data + (size_t)part * ROLLCALL_PART_MAX,
			size_of_part(sealed->size, part)));
	return body_dump(object, SYNC_BODY_MAX, ret_body);
}

static int get_head(
	const struct json_place *place, const json_t *object, struct rollcall_part *part)
{
	uint8_t key[(KEY_ID_SIZE - 1) / 2];
	uint64_t size = 0;
	int r = body_get_name(place, object, "site", part->of.site);

	if (r == 0)
		r = json_get_hex(place, object, "key", key, sizeof(key));
	if (r == 0)
		r = body_get_time(place, object, "as_of_us", &part->of.as_of_us);
	if (r == 0)
		r = json_get_hex(place, object, "id", part->of.id, sizeof(part->of.id));
	if (r == 0)
		r = json_get_number(place, object, "size", 1, ROLLCALL_SEALED_MAX, &size);
	part->of.size = (size_t)size;
	if (r == 0)
		r = body_get_u32(
			place, object, "part", 0, rollcall_parts(part->of.size) - 1, &part->part);
	if (r == 0)
		text_hex(key, sizeof(key), part->of.key);
	return r;
}

static int get_data(
	const struct json_place *place, const json_t *object, struct rollcall_part *part)
{
	int n;

	part->part_size = size_of_part(part->of.size, part->part);
	part->of.data = malloc(part->part_size);
	if (!part->of.data)
		return json_complain(place, "sealed", "no memory");
	n = json_get_base64(
		place, object, "sealed", part->part_size, part->of.data, part->part_size);
	return n < 0 ? n : 0;
}

int rollcall_part_read(
	const char *body, size_t size, struct rollcall_part *ret_part, char err[ERR_MAX])
{
	const struct json_place place = {.file = TYPE, .err = err};
	struct rollcall_part part = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, TYPE, &object);

	if (r < 0)
		return -EBADMSG;
	r = get_head(&place, object, &part);
	if (r == 0)
		r = get_data(&place, object, &part);
	json_decref(object);
	if (r < 0) {
		rollcall_part_free(&part);
		return -EBADMSG;
	}
	*ret_part = part;
	return 0;
}

void rollcall_part_free(struct rollcall_part *part)
{
	rollcall_sealed_free(&part->of);
}
