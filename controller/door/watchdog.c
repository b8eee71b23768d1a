/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service manager's watchdog. What it is fed for: the loop turns, and the doorway's timer,
 * which ends a release, is served. No reader, store or broker has a say: ending the door mends none
 * of them, and costs the exit button's release.
 */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

/* A doorway timer that is so late is not served. Its priority is above the watchdog's, so that one
 * that is due in the same turn of the loop was served before. */
#define LATE_MS 200
/* Feeds in each watchdog time: one may be lost or late. */
#define FEEDS 4

static int on_watchdog(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;
	uint64_t now_ms = clock_mono_ms(), due_ms = door->doorway_due_ms;

	(void)usec;
	if (due_ms == 0 || now_ms < due_ms + LATE_MS)
		(void)sd_notify(0, "WATCHDOG=1");
	else
		log_error("watchdog: the door's timer is %" PRIu64
			  " ms late; the service manager is to end this",
			now_ms - due_ms);
	sd_event_source_set_time(source, (now_ms + door->watchdog_ms) * 1000);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

int watchdog_start(struct door *door)
{
	uint64_t limit_us;
	int r = sd_watchdog_enabled(0, &limit_us);

	if (r <= 0)
		return r;
	door->watchdog_ms = limit_us / 1000 / FEEDS;
	r = sd_event_add_time(door->event, &door->watchdog, CLOCK_MONOTONIC, clock_mono_us(), 1000,
		on_watchdog, door);
	if (r < 0)
		return r;
	return sd_event_source_set_priority(door->watchdog, DOOR_PRIORITY_WATCHDOG);
}

void watchdog_stop(struct door *door)
{
	door->watchdog = sd_event_source_disable_unref(door->watchdog);
}
