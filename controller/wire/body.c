/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

#include "core/entry.h"
#include "crypto/text.h"
#include "wire/roster_record.h"

#include <string.h>

#define LINE_MAX_SIZE ERR_MAX /* room of the longest line of any message */
#define VERSION 1

int body_dump(json_t *value, size_t max, char **ret_text)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (!text)
		return -ENOMEM;
	if (strlen(text) > max) {
		free(text);
		return -EMSGSIZE;
	}
	*ret_text = text;
	return 0;
}

int body_open(const struct json_place *place, const char *body, size_t size, size_t max,
	const char *type, json_t **ret_object)
{
	json_t *object;
	const char *text;
	uint64_t version;
	int r;

	if (size > max)
		return json_complain(place, "", "%zu bytes are too many", size);
	r = json_read_object(place, body, size, &object);
	if (r < 0)
		return r;
	r = json_get_number(place, object, "version", VERSION, VERSION, &version);
	if (r == 0)
		r = json_get_text(place, object, "type", type, &text);
	if (r == 0 && strcmp(text, type) != 0)
		r = json_refuse(place, "type", json_object_get(object, "type"), type);
	if (r < 0)
		json_decref(object);
	else
		*ret_object = object;
	return r;
}

/* ---- writing ---- */

json_t *body_hex(const uint8_t *data, size_t size)
{
	char text[2 * ENTRY_HASH_SIZE + 1];

	if (2 * size + 1 > sizeof(text))
		return NULL;
	text_hex(data, size, text);
	return json_string(text);
}

json_t *body_base64(const uint8_t *data, size_t size)
{
	char *text = malloc(BASE64_ROOM(size));
	json_t *value = NULL;

	if (text) {
		text_base64(data, size, text);
		value = json_string(text);
		crypto_wipe(text, BASE64_ROOM(size));
		free(text);
	}
	return value;
}

json_t *body_revision(const struct revision *revision)
{
	return json_pack("{s:I, s:I}", "generation", (json_int_t)revision->generation, "number",
		(json_int_t)revision->number);
}

json_t *body_public(const struct sign_public *key)
{
	return json_pack(
		"{s:s, s:o}", "id", key->id, "public", body_base64(key->bytes, sizeof(key->bytes)));
}

/* ---- reading ---- */

int body_get_object(
	const struct json_place *place, const json_t *object, const char *key, json_t **ret_value)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_object(value))
		return json_refuse(place, key, value, "an object");
	*ret_value = value;
	return 0;
}

int body_get_name(const struct json_place *place, const json_t *object, const char *key,
	char out[NAME_ID_MAX])
{
	return roster_name_read(place, key, json_object_get(object, key), out);
}

int body_get_u32(const struct json_place *place, const json_t *object, const char *key,
	uint32_t min, uint32_t max, uint32_t *ret_number)
{
	uint64_t number;
	int r = json_get_number(place, object, key, min, max, &number);

	if (r == 0)
		*ret_number = (uint32_t)number;
	return r;
}

int body_get_revision(const struct json_place *place, const json_t *object, const char *key,
	struct revision *ret_revision)
{
	json_t *value;
	int r = body_get_object(place, object, key, &value);

	if (r == 0)
		r = body_get_u32(
			place, value, "generation", 0, UINT32_MAX, &ret_revision->generation);
	if (r == 0)
		r = json_get_number(place, value, "number", 0, INT64_MAX, &ret_revision->number);
	return r;
}

int body_get_time(
	const struct json_place *place, const json_t *object, const char *key, int64_t *ret_us)
{
	uint64_t time;
	int r = json_get_number(place, object, key, 0, INT64_MAX, &time);

	if (r == 0)
		*ret_us = (int64_t)time;
	return r;
}

int body_get_bool(
	const struct json_place *place, const json_t *object, const char *key, bool *ret_bool)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_boolean(value))
		return json_refuse(place, key, value, "true or false");
	*ret_bool = json_is_true(value);
	return 0;
}

bool body_line_valid(const char *text, size_t room)
{
	char same[LINE_MAX_SIZE];

	if (room > sizeof(same) || !memchr(text, '\0', room))
		return false;
	entry_text_set(same, sizeof(same), text);
	return strcmp(same, text) == 0;
}

int body_get_line(const struct json_place *place, const json_t *object, const char *key, size_t min,
	char *out, size_t room)
{
	const json_t *value = json_object_get(object, key);
	size_t size = json_string_length(value);
	char expected[80];

	snprintf(expected, sizeof(expected),
		"a text of %zu to %zu bytes without control characters", min, room - 1);
	if (!json_is_string(value) || size < min || size >= room ||
		strlen(json_string_value(value)) != size ||
		!body_line_valid(json_string_value(value), size + 1))
		return json_refuse(place, key, value, expected);
	strcpy(out, json_string_value(value));
	return 0;
}

int body_get_public(const struct json_place *place, const json_t *object, const char *key,
	struct sign_public *ret_key)
{
	const char *id;
	json_t *value;
	int r = body_get_object(place, object, key, &value);

	if (r == 0)
		r = json_get_text(place, value, "id", "a key id", &id);
	if (r == 0)
		r = json_get_base64(
			place, value, "public", SIGN_PUBLIC_SIZE, ret_key->bytes, SIGN_PUBLIC_SIZE);
	if (r < 0)
		return r;
	sign_key_id(ret_key->bytes, ret_key->id);
	if (strcmp(id, ret_key->id) != 0)
		return json_refuse(
			place, "id", json_object_get(value, "id"), "the id of this public key");
	return 0;
}

int body_get_choice(const struct json_place *place, const json_t *object, const char *key,
	const char *const *names, size_t count)
{
	const json_t *value = json_object_get(object, key);
	char expected[160] = "one of";
	size_t used = strlen(expected);

	for (size_t i = 0; i < count; i++) {
		if (!names[i])
			continue;
		if (json_is_string(value) && strcmp(json_string_value(value), names[i]) == 0)
			return (int)i;
		used += (size_t)snprintf(
			expected + used, sizeof(expected) - used, " \"%s\"", names[i]);
		if (used >= sizeof(expected))
			used = sizeof(expected) - 1;
	}
	return json_refuse(place, key, value, expected);
}
