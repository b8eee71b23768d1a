/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's file: opened, read at start, and what it answers. */
#include "base/log.h"
#include "crypto/hash.h"
#include "door/door.h"

#include <string.h>
#include <sys/epoll.h>

#define STOP_WAIT_MS 1000

int sync_keep(struct door *door, const char *name, const char *value, uint64_t tag)
{
	int r = door->sync.keeper ? keeper_keep(door->sync.keeper, name, value, strlen(value), tag)
				  : -ENODEV;

	if (r < 0)
		log_error("kept.db: %s cannot be kept: %s; a restart would not know it", name,
			strerror(-r));
	return r;
}

static int on_keeper(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct door *door = userdata;
	struct keeper_event event;

	(void)source;
	(void)fd;
	(void)revents;
	if (keeper_next(door->sync.keeper, &event) <= 0)
		return 0;
	if (event.kind == KEEPER_EVENT_WRITTEN) {
		rollcall_written(door, &event);
		return 0;
	}
	if (event.kind == KEEPER_EVENT_WIPED) {
		erase_wiped(door, &event);
		return 0;
	}
	if (event.kind != KEEPER_EVENT_KEPT) {
		fetch_take_keeper(door, &event);
		return 0;
	}
	if (event.error < 0)
		log_error("kept.db: %s; a restart would not know it", event.message);
	if (event.tag)
		command_kept(door, event.tag, event.error);
	return 0;
}

static int open_keeper(struct door *door, char err[ERR_MAX])
{
	char cache[PATH_MAX], kept[PATH_MAX];
	struct keeper_options options = {.cache_path = cache,
		.kept_path = kept,
		.site = door->conf.site,
		.hash = crypto_hash256};
	bool damaged = false;
	int r;

	door_conf_path(door->conf.store_directory, "cache.db", cache);
	door_conf_path(door->conf.store_directory, "kept.db", kept);
	r = keeper_open(&options, &door->sync.keeper, &damaged, err);
	if (r < 0)
		return r;
	if (damaged) {
		log_error("%s; the hub is asked for everything again", err);
		record_event(door, ENTRY_KIND_CACHE_DAMAGED, "%.150s", err);
	}
	r = sd_event_add_io(door->event, &door->sync.io, keeper_fd(door->sync.keeper), EPOLLIN,
		on_keeper, door);
	if (r < 0) {
		snprintf(err, ERR_MAX, "the keeper cannot be watched: %s", strerror(-r));
		door->sync.keeper = keeper_close(door->sync.keeper, 0);
		return r;
	}
	sd_event_source_set_priority(door->sync.io, DOOR_PRIORITY_FEED);
	return 0;
}

/* One of the two heads that are kept: 0, or negative errno where there is none to use. */
static int load_head(struct door *door, const char *name, struct sync_head *ret_head)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char err[ERR_MAX];
	size_t size;
	int r = keeper_value(door->sync.keeper, name, &text, &size);

	if (r == 0)
		r = sync_head_read(text, size, ret_head, err);
	if (r < 0 && r != -ENOENT)
		log_error(
			"kept.db: %s cannot be read: %s", name, r == -EBADMSG ? err : strerror(-r));
	return r;
}

static void load_floors(struct door *door)
{
	struct door_sync *sync = &door->sync;
	struct sync_head roster;

	if (load_head(door, "head", &sync->newest) == 0)
		sync->head_kept_us = sync->newest.time_us;
	if (load_head(door, "roster", &roster) == 0)
		sync->floor = roster.revision;
	/* without both the door cannot tell old from new until the hub has answered */
	sync->kept = sync->newest.time_us > 0 && sync->floor.generation > 0;
}

void sync_load_force(struct door *door)
{
	const struct cache_head *head = &door->roster.rules.head;
	struct door_sync *sync = &door->sync;

	sync->force = (struct sync_head){0};
	strcpy(sync->force.site, door->conf.site);
	if (!tap_has_hub_roster(door))
		return;
	sync->force.revision = head->revision;
	memcpy(sync->force.digest, head->digest, sizeof(sync->force.digest));
}

void sync_start(struct door *door)
{
	struct door_sync *sync = &door->sync;
	char err[ERR_MAX] = "";
	int r;

	if (sync->keeper)
		return;
	if (!sync->timer)
		crypto_random(sync->start, sizeof(sync->start));
	r = open_keeper(door, err);
	if (r < 0) {
		if (!sync->keeper_failed)
			log_error("%s; nothing is taken from the hub until this is mended",
				*err ? err : strerror(-r));
		sync->keeper_failed = true;
		return;
	}
	sync->keeper_failed = false;
	load_floors(door);
	sync_load_force(door);
	if (door->keys.loaded)
		site_keys_start(door);
	command_start(door);
	state_start(door);
	schedule_start(door);
	rollcall_start(door);
	sync_start_timer(door);
}

void sync_stop(struct door *door)
{
	struct door_sync *sync = &door->sync;

	fetch_abort(door);
	rollcall_stop(door);
	sync->io = sd_event_source_disable_unref(sync->io);
	sync->timer = sd_event_source_disable_unref(sync->timer);
	if (sync->keeper)
		sync->keeper = keeper_close(sync->keeper, STOP_WAIT_MS);
}
