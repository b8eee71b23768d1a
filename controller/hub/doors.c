/* SPDX-License-Identifier: Apache-2.0 */
/* The doors as sync knows them: one row each, by name, taken over from the registry. */
#include "sync_private.h"

#include "base/log.h"

#include <string.h>

#define PAGE 64 /* rows read at once */

/* Index of the door, or of where it belongs. */
static size_t place_of(const struct hub_sync *sync, const char *name, bool *ret_found)
{
	size_t low = 0, high = sync->door_count;

	*ret_found = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int c = strcmp(sync->doors[middle]->name, name);

		if (c == 0) {
			*ret_found = true;
			return middle;
		}
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct sync_door *sync_door_find(struct hub_sync *sync, const char *name)
{
	bool found;
	size_t at = place_of(sync, name, &found);

	return found ? sync->doors[at] : NULL;
}

static struct sync_door *find_or_add(struct hub_sync *sync, const char *name)
{
	bool found;
	size_t at = place_of(sync, name, &found);
	struct sync_door *door;

	if (found)
		return sync->doors[at];
	if (sync->door_count == sync->door_room) {
		size_t room = sync->door_room ? sync->door_room * 2 : 32;
		struct sync_door **more = realloc(sync->doors, room * sizeof(struct sync_door *));

		if (!more)
			return NULL;
		sync->doors = more;
		sync->door_room = room;
	}
	door = calloc(1, sizeof(*door));
	if (!door)
		return NULL;
	strcpy(door->name, name);
	memmove(&sync->doors[at + 1], &sync->doors[at],
		(sync->door_count - at) * sizeof(struct sync_door *));
	sync->doors[at] = door;
	sync->door_count++;
	return door;
}

void sync_door_drop(struct hub_sync *sync, size_t at)
{
	struct sync_door *door = sync->doors[at];

	free(door->status_json);
	free(door);
	memmove(&sync->doors[at], &sync->doors[at + 1],
		(--sync->door_count - at) * sizeof(struct sync_door *));
}

void sync_fill_site_state(
	const struct hub *hub, const struct registry_site *site, struct sync_site_state *ret_state)
{
	*ret_state = (struct sync_site_state){.revision = site->state_revision,
		.lockdown = site->lockdown,
		.time_us = site->state_us};
	strcpy(ret_state->site, hub->conf.site);
	strcpy(ret_state->actor, site->state_actor);
}

void sync_fill_door_state(
	const struct hub *hub, const struct registry_door *door, struct sync_door_state *ret_state)
{
	*ret_state = (struct sync_door_state){.revision = door->state_revision,
		.mode = (enum door_mode)door->mode,
		.hold_from_us = door->hold_from_us,
		.hold_until_us = door->hold_until_us,
		.event = door->hold_event,
		.time_us = door->state_us};
	strcpy(ret_state->site, hub->conf.site);
	strcpy(ret_state->door, door->name);
	strcpy(ret_state->actor, door->state_actor);
}

static void take_row(struct hub *hub, const struct registry_door *row)
{
	struct sync_door *door = find_or_add(hub->sync, row->name);
	struct sync_door_state state;
	bool was_wanted;

	if (!door)
		return; /* no memory: the next refresh tries again */
	door->seen = true;
	if (revision_compare(&row->revision, &door->floor) > 0)
		door->floor = row->revision;
	was_wanted = door->wanted;
	door->wanted = row->status != REGISTRY_DOOR_STOLEN;
	if (!door->wanted) {
		if (was_wanted)
			heard_cut_off(hub, door);
		return;
	}
	if (door->cleared) /* it was stolen, or gone, and is back */
		door->cleared = door->state_told = false;
	sync_fill_door_state(hub, row, &state);
	if (!door->state_told || revision_compare(&state.revision, &door->state.revision) != 0) {
		door->state = state;
		door->state_told = false;
	}
}

void sync_doors_refresh(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	struct registry_door *rows = calloc(PAGE, sizeof(*rows));
	char after[NAME_ID_MAX] = "";
	int n = rows ? PAGE : 0;

	for (size_t i = 0; i < sync->door_count; i++)
		sync->doors[i]->seen = false;
	while (n == PAGE) {
		n = registry_doors(hub->registry, *after ? after : NULL, rows, PAGE);
		for (int i = 0; i < n; i++) {
			take_row(hub, &rows[i]);
			strcpy(after, rows[i].name);
			registry_door_free(&rows[i]);
		}
	}
	free(rows);
	if (!rows || n < 0) {
		log_error("doors: %s; their states are not published until the next change",
			rows ? registry_error(hub->registry) : "no memory");
		return;
	}
	for (size_t i = 0; i < sync->door_count; i++)
		if (!sync->doors[i]->seen)
			sync->doors[i]->wanted = false;
}
