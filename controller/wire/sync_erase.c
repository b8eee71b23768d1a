/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a door is to forget. */
#include "sync_private.h"

#include <string.h>

static bool valid(const struct sync_erase *erase)
{
	if (!name_id_valid(erase->site) || !name_id_valid(erase->door) || erase->member < 1 ||
		erase->member > INT64_MAX || erase->count > SYNC_ERASE_MAX)
		return false;
	for (size_t i = 0; i < erase->count; i++)
		if (erase->entries[i].seq < 1 || erase->entries[i].seq > INT64_MAX)
			return false;
	return true;
}

int sync_erase_write(const struct sync_erase *erase, char **ret_body)
{
	json_t *object, *entries = json_array();
	int r = entries ? 0 : -ENOMEM;

	if (!valid(erase)) {
		json_decref(entries);
		return -EINVAL;
	}
	for (size_t i = 0; r == 0 && i < erase->count; i++)
		if (json_array_append_new(
			    entries, json_pack("{s:o, s:I}", "journal",
					     body_hex(erase->entries[i].journal,
						     sizeof(erase->entries[i].journal)),
					     "seq", (json_int_t)erase->entries[i].seq)) < 0)
			r = -ENOMEM;
	object = sync_new("erase", erase->site, erase->door);
	if (!object ||
		json_object_set_new(object, "member", json_integer((json_int_t)erase->member)) < 0)
		r = -ENOMEM;
	if (!object)
		json_decref(entries);
	else if (json_object_set_new(object, "entries", entries) < 0)
		r = -ENOMEM;
	return sync_finish(object, r, ret_body);
}

static int get_entries(
	const struct json_place *place, const json_t *object, struct sync_erase *erase)
{
	const json_t *list = json_object_get(object, "entries");
	struct json_place at = *place;
	int r = 0;

	if (!json_is_array(list) || json_array_size(list) > SYNC_ERASE_MAX)
		return json_refuse(place, "entries", list, "a list of at most 64");
	at.list = "entries";
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);
		struct sync_erase_entry *entry = &erase->entries[erase->count++];

		at.index = i;
		r = json_get_hex(&at, row, "journal", entry->journal, sizeof(entry->journal));
		if (r == 0)
			r = json_get_number(&at, row, "seq", 1, INT64_MAX, &entry->seq);
	}
	return r;
}

static int get_erase(const struct json_place *place, const json_t *object, struct sync_erase *erase)
{
	int r = body_get_name(place, object, "site", erase->site);

	if (r == 0)
		r = body_get_name(place, object, "door", erase->door);
	if (r == 0)
		r = json_get_number(place, object, "member", 1, INT64_MAX, &erase->member);
	return r == 0 ? get_entries(place, object, erase) : r;
}

int sync_erase_read(const char *body, size_t size, struct sync_erase *ret_erase, char err[ERR_MAX])
{
	const struct json_place place = {.file = "erase", .err = err};
	struct sync_erase erase = {0};
	json_t *object;
	int r = body_open(&place, body, size, SYNC_BODY_MAX, "erase", &object);

	if (r < 0)
		return -EBADMSG;
	r = get_erase(&place, object, &erase);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_erase = erase;
	return 0;
}
