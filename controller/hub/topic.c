/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/hub.h"

#include <string.h>

bool hub_topic_door(
	const struct hub *hub, const char *topic, const char *name, char ret_door[NAME_ID_MAX])
{
	char prefix[MQTT_TOPIC_MAX];
	int n = snprintf(prefix, sizeof(prefix), "tapin/%s/door/", hub->conf.site);
	const char *door = topic + n, *slash;

	if (strncmp(topic, prefix, (size_t)n) != 0)
		return false;
	slash = strchr(door, '/');
	if (!slash || slash == door || slash - door >= NAME_ID_MAX || strcmp(slash + 1, name) != 0)
		return false;
	memcpy(ret_door, door, (size_t)(slash - door));
	ret_door[slash - door] = '\0';
	return name_id_valid(ret_door);
}
