/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"
#include "wire/message.h"

int message_status_online(const char *body, size_t size, bool *ret_online, char err[ERR_MAX])
{
	const struct json_place place = {.file = "status", .err = err};
	const json_t *online;
	json_t *object;
	int r = json_read_object(&place, body, size, &object);

	if (r < 0)
		return -EBADMSG;
	online = json_object_get(object, "online");
	if (json_is_boolean(online))
		*ret_online = json_is_true(online);
	else
		r = json_refuse(&place, "online", online, "true or false");
	json_decref(object);
	return r < 0 ? -EBADMSG : 0;
}
