/* SPDX-License-Identifier: Apache-2.0 */
/* The topics of a site, and which hub keys its doors believe. */
#include "wire/sync.h"

#include "body.h"

#include <string.h>

#define KEY_ID_HEX "0123456789abcdef"

void sync_topic_site(const char *site, const char *name, char *out, size_t size)
{
	snprintf(out, size, "tapin/%s/%s", site, name);
}

static bool key_id_valid(const char id[KEY_ID_SIZE])
{
	return memchr(id, '\0', KEY_ID_SIZE) && strlen(id) == KEY_ID_SIZE - 1 &&
	       id[strspn(id, KEY_ID_HEX)] == '\0';
}

static bool valid(const struct sync_keys *keys)
{
	if (!name_id_valid(keys->site) || keys->serial < 1 || keys->serial > INT64_MAX ||
		keys->generation < 1 || keys->count < 1 || keys->count > SYNC_KEYS_MAX ||
		keys->revoked_count > SYNC_REVOKED_MAX)
		return false;
	for (size_t i = 0; i < keys->revoked_count; i++)
		if (!key_id_valid(keys->revoked[i]))
			return false;
	return true;
}

int sync_keys_write(const struct sync_keys *keys, char **ret_body)
{
	json_t *list = json_array(), *revoked = json_array();

	if (!valid(keys)) {
		json_decref(list);
		json_decref(revoked);
		return -EINVAL;
	}
	for (size_t i = 0; i < keys->count; i++)
		json_array_append_new(list, body_public(&keys->keys[i]));
	for (size_t i = 0; i < keys->revoked_count; i++)
		json_array_append_new(revoked, json_string(keys->revoked[i]));
	if (json_array_size(list) != keys->count ||
		json_array_size(revoked) != keys->revoked_count) {
		json_decref(list);
		json_decref(revoked);
		return -ENOMEM;
	}
	return body_dump(json_pack("{s:i, s:s, s:s, s:I, s:I, s:o, s:o}", "version", SYNC_VERSION,
				 "type", "keys", "site", keys->site, "serial",
				 (json_int_t)keys->serial, "generation",
				 (json_int_t)keys->generation, "keys", list, "revoked", revoked),
		SYNC_BODY_MAX, ret_body);
}

static int get_keys(const struct json_place *top, const json_t *object, struct sync_keys *keys)
{
	const json_t *list = json_object_get(object, "keys");
	size_t count = json_array_size(list);

	if (count < 1 || count > SYNC_KEYS_MAX)
		return json_refuse(top, "keys", list, "a list of 1 or 2 keys");
	for (size_t i = 0; i < count; i++) {
		const struct json_place place = {top->file, "keys", i, top->err};
		/* the getter takes an object and a key */
		json_t *one = json_pack("{s:O}", "key", json_array_get(list, i));
		int r = one ? body_get_public(&place, one, "key", &keys->keys[i]) : -ENOMEM;

		json_decref(one);
		if (r < 0)
			return r;
		if (i > 0 && strcmp(keys->keys[0].id, keys->keys[i].id) == 0)
			return json_complain(&place, "id", "the same as keys[0]");
	}
	keys->count = count;
	return 0;
}

static int get_revoked(const struct json_place *top, const json_t *object, struct sync_keys *keys)
{
	const json_t *list = json_object_get(object, "revoked");
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count > SYNC_REVOKED_MAX)
		return json_refuse(top, "revoked", list, "a list of at most 32 key ids");
	for (size_t i = 0; i < count; i++) {
		const struct json_place place = {top->file, "revoked", i, top->err};
		const json_t *value = json_array_get(list, i);
		const char *id = json_string_value(value);

		if (!id || json_string_length(value) != KEY_ID_SIZE - 1 || !key_id_valid(id))
			return json_refuse(&place, "", value, "16 hex digits");
		strcpy(keys->revoked[i], id);
	}
	keys->revoked_count = count;
	return 0;
}

int sync_keys_read(const char *body, size_t size, struct sync_keys *ret_keys, char err[ERR_MAX])
{
	const struct json_place place = {.file = "keys", .err = err};
	struct sync_keys keys = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "keys", &object);

	if (r < 0)
		return -EBADMSG;
	r = body_get_name(&place, object, "site", keys.site);
	if (r == 0)
		r = json_get_number(&place, object, "serial", 1, INT64_MAX, &keys.serial);
	if (r == 0)
		r = body_get_u32(&place, object, "generation", 1, UINT32_MAX, &keys.generation);
	if (r == 0)
		r = get_keys(&place, object, &keys);
	if (r == 0)
		r = get_revoked(&place, object, &keys);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_keys = keys;
	return 0;
}
