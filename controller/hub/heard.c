/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What doors tell of themselves, on its way into the registry. After each change every door
 * reports, and each tap changes a status: what comes together is written together, for each commit
 * costs a disk's patience.
 */
#include "sync_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "wire/message.h"

#include <string.h>

#define SOON_MS 100 /* a revision that a door confirms: people wait for it */
#define LATER_MS 3000
#define WATCHED_MS 250  /* while somebody looks at the doors */
#define STATUS_MAX 8192 /* ten lines, each with a reason why not: under 5 KiB */

static void due(struct hub *hub, uint64_t delay_ms)
{
	uint64_t at_ms = clock_mono_ms() + delay_ms;

	if (hub->sync->flush_ms && hub->sync->flush_ms <= at_ms)
		return;
	hub->sync->flush_ms = at_ms;
	sync_arm(hub);
}

void heard_ask(struct hub *hub, struct sync_door *door, const struct sync_ask *ask)
{
	bool same = revision_compare(&ask->revision, &door->ask.revision) == 0 &&
		    memcmp(ask->digest, door->ask.digest, sizeof(ask->digest)) == 0 &&
		    memcmp(ask->start, door->ask.start, sizeof(ask->start)) == 0;

	door->ask = *ask;
	if (revision_compare(&ask->revision, &door->floor) > 0)
		door->floor = ask->revision;
	door->has_ask = true;
	due(hub, same ? LATER_MS : SOON_MS);
}

void heard_status(struct hub *hub, struct sync_door *door, const struct mqtt_event *event)
{
	char err[ERR_MAX];
	bool online;
	char *copy;

	/* unsigned: for people, and nothing else */
	if (event->size == 0 || event->size > STATUS_MAX ||
		message_status_online(event->payload, event->size, &online, err) < 0)
		return;
	copy = strdup(event->payload);
	if (!copy)
		return;
	free(door->status_json);
	door->status_json = copy;
	if (online != door->online || !door->has_status)
		due(hub, SOON_MS);
	else
		due(hub, hub_live_watched(hub) ? WATCHED_MS : LATER_MS);
	door->online = online;
	door->has_status = true;
}

void heard_cut_off(struct hub *hub, struct sync_door *door)
{
	static const char offline[] = "{\"online\":false}";

	free(door->status_json);
	door->status_json = strdup(offline);
	door->online = false;
	due(hub, SOON_MS);
}

bool sync_newer_start(struct hub *hub, const char *name, uint8_t ret_start[SYNC_NONCE_SIZE])
{
	const struct sync_door *door = sync_door_find(hub->sync, name);

	if (!door || !door->has_ask)
		return false;
	memcpy(ret_start, door->ask.start, SYNC_NONCE_SIZE);
	return true;
}

static int write_door(struct hub *hub, struct sync_door *door)
{
	int r = 0;

	if (door->has_ask)
		r = registry_door_asked(hub->registry, door->name, &door->ask.revision,
			door->ask.digest, door->ask.start, door->ask.program);
	if (r >= 0 && door->status_json)
		r = registry_door_status(
			hub->registry, door->name, door->online, door->status_json);
	/* it was removed meanwhile, or told what cannot be kept: no reason to lose the others' */
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}

static void forget(struct sync_door *door)
{
	door->has_ask = false;
	free(door->status_json);
	door->status_json = NULL;
}

void sync_flush(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	int r;

	/* inside somebody's change it waits for the next time */
	if (!sync->flush_ms || registry_changing(hub->registry))
		return;
	sync->flush_ms = 0;
	r = registry_begin(hub->registry);
	for (size_t i = 0; r >= 0 && i < sync->door_count; i++)
		r = write_door(hub, sync->doors[i]);
	if (r >= 0)
		r = registry_commit(hub->registry, NULL);
	if (r < 0) {
		log_warning(
			"doors: what they told is not kept yet: %s", registry_error(hub->registry));
		if (registry_changing(hub->registry))
			registry_abort(hub->registry);
		due(hub, LATER_MS);
		return;
	}
	for (size_t i = 0; i < sync->door_count; i++)
		forget(sync->doors[i]);
	hub_live_note(hub, LIVE_DOORS);
}
