/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest roll call: taken as it comes, sealed, and kept as a file that the wardens' key opens
 * with the hub dead. The door itself can read no name in it.
 */
#include "base/file.h"
#include "base/log.h"
#include "door/door.h"

#include <fcntl.h>
#include <string.h>

#define PARTS_WAIT_MS 30000 /* for the next part, before the whole is asked for again */
#define TELL_MS 60000       /* the status need not tell of each */

static bool is_kept(const struct door_rollcall *kept, const uint8_t id[ROLLCALL_ID_SIZE])
{
	return kept->as_of_us > 0 && memcmp(kept->id, id, ROLLCALL_ID_SIZE) == 0;
}

static void keep(struct door_rollcall *kept, const struct rollcall_sealed *sealed)
{
	memcpy(kept->id, sealed->id, sizeof(kept->id));
	kept->as_of_us = sealed->as_of_us;
}

void rollcall_start(struct door *door)
{
	CLEANUP(cleanup_free) char *data = NULL;
	struct rollcall_sealed sealed;
	char path[PATH_MAX], err[ERR_MAX];
	size_t size;
	int r;

	door_conf_path(door->conf.store_directory, ROLLCALL_FILE_NAME, path);
	r = file_read(path, ROLLCALL_FILE_MAX, &data, &size);
	if (r == -ENOENT)
		return;
	if (r == 0 && rollcall_file_read(data, size, &sealed, err) == 0)
		keep(&door->rollcall, &sealed);
	else
		log_warning(
			"%s: %s; the hub is asked for it again", path, r < 0 ? strerror(-r) : err);
	door->rollcall.damaged = door->rollcall.as_of_us == 0;
}

void rollcall_stop(struct door *door)
{
	rollcall_sealed_free(&door->rollcall.join.of);
}

/* ---- taking ---- */

static bool named_by_head(const struct door *door, const uint8_t id[ROLLCALL_ID_SIZE])
{
	return memcmp(door->sync.newest.rollcall, id, ROLLCALL_ID_SIZE) == 0;
}

/* NULL, or why it is not to be believed. What the hub's head names counts whatever its time: the
 * hub's clock may have been put right. */
static const char *refusal(const struct door *door, const struct rollcall_sealed *of)
{
	if (strcmp(of->site, door->conf.site) != 0)
		return accept_text(ACCEPT_REFUSED_SITE);
	if (of->as_of_us < door->rollcall.as_of_us && !named_by_head(door, of->id))
		return "it is older than the one that is kept: replayed";
	return NULL;
}

static void save(struct door *door)
{
	struct door_rollcall *rc = &door->rollcall;
	char *data;
	size_t size;
	int r = rollcall_file_write(&rc->join.of, &data, &size);

	if (r == 0) {
		r = door->sync.keeper
			    ? keeper_file(door->sync.keeper, ROLLCALL_FILE_NAME, data, size, 0)
			    : -ENODEV;
		if (r < 0)
			free(data);
	}
	if (r == 0)
		keep(rc, &rc->join.of);
	else
		log_warning("roll call: cannot be kept: %s; asked for again with the next head",
			strerror(-r));
}

static void join(struct door *door, const struct rollcall_part *part)
{
	struct door_rollcall *rc = &door->rollcall;
	int r = rollcall_join(&rc->join, part);

	if (r >= 0)
		rc->joined_ms = clock_mono_ms();
	if (r == 1)
		save(door);
	else if (r == -EBADMSG)
		broker_refuse(door, BROKER_TOPIC_ROLLCALL, ENTRY_KIND_MESSAGE_REFUSED,
			"its parts do not make the list that they name");
	if (r != 0 && r != -EAGAIN) {
		rollcall_sealed_free(&rc->join.of);
		rc->join.next = 0;
	}
}

void rollcall_take(struct door *door, const struct mqtt_event *event)
{
	struct rollcall_part part;
	char err[ERR_MAX];
	const char *body, *why;
	size_t size;

	if (broker_open(door, BROKER_TOPIC_ROLLCALL, event, &body, &size) < 0)
		return;
	if (rollcall_part_read(body, size, &part, err) < 0) {
		broker_refuse(door, BROKER_TOPIC_ROLLCALL, ENTRY_KIND_MESSAGE_REFUSED, err);
		return;
	}
	why = refusal(door, &part.of);
	if (why)
		broker_refuse(door, BROKER_TOPIC_ROLLCALL, ENTRY_KIND_MESSAGE_REFUSED, why);
	else if (!is_kept(&door->rollcall, part.of.id)) /* another door asked for it */
		join(door, &part);
	rollcall_part_free(&part);
}

void rollcall_written(struct door *door, const struct keeper_event *event)
{
	struct door_rollcall *rc = &door->rollcall;

	if (event->error < 0) {
		log_error("roll call: %s; asked for again with the next head", event->message);
		rc->as_of_us = 0;
		return;
	}
	if (rc->told_ms && clock_mono_ms() - rc->told_ms < TELL_MS)
		return;
	rc->told_ms = clock_mono_ms();
	door_status(door);
}

/* There are no wardens any more: nobody shall open what is kept here. */
static void drop(struct door *door)
{
	struct door_rollcall *rc = &door->rollcall;
	int r = door->sync.keeper ? keeper_file(door->sync.keeper, ROLLCALL_FILE_NAME, NULL, 0, 0)
				  : -ENODEV;

	if (r < 0)
		return; /* the next head */
	log_info("roll call: the site has no wardens any more; the kept list is removed");
	rollcall_sealed_free(&rc->join.of);
	*rc = (struct door_rollcall){.told_ms = 0};
}

void rollcall_heard_head(struct door *door)
{
	static const uint8_t none[ROLLCALL_ID_SIZE];
	const struct door_rollcall *rc = &door->rollcall;
	bool coming = rc->join.of.data && named_by_head(door, rc->join.of.id) &&
		      clock_mono_ms() - rc->joined_ms < PARTS_WAIT_MS;

	if (door->sync.newest.rollcall_ended && (rc->as_of_us > 0 || rc->damaged))
		drop(door);
	else if (!named_by_head(door, none) && !is_kept(rc, door->sync.newest.rollcall) && !coming)
		sync_ask_rollcall(door);
}

/* ---- fire ---- */

/* Written in place: a path unit sees a file that is closed after writing. The run directory is
 * memory, so that nothing waits. */
void rollcall_fire(const struct door *door)
{
	char path[PATH_MAX], at[25];
	CLEANUP(cleanup_close) int fd = -1;

	door_conf_path(door->conf.run_directory, ROLLCALL_FIRE_NAME, path);
	clock_format_utc(clock_wall_us(), at);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 || dprintf(fd, "%s\n", at) < 0)
		log_error("%s: cannot be written: %s; the roll call is not printed by itself", path,
			strerror(errno));
}
