/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all doors are told: keys, head, deltas, states. Everything but a delta is retained and
 * published again on each connection, so nothing is lost while the broker is away.
 */
#include "sync_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "hub/erase.h"
#include "wire/envelope.h"
#include "wire/message.h"

#include <string.h>

#define HEAD_MS 60000
#define TOGETHER_MS 20 /* changes that follow one another so closely share a delta */

/* ---- publishing ---- */

int sync_publish_bulk(struct hub *hub, const char *topic, const char *body, bool retain)
{
	struct hub_sync *sync = hub->sync;
	int id, r;

	if (sync->bulk_count == SYNC_BULK_MAX)
		return -EAGAIN;
	r = hub_publish_id(hub, topic, body, retain, &id);
	if (r == 0)
		sync->bulk[sync->bulk_count++] = id;
	return r;
}

/* A new connection may have lost, a new key disowned, whatever the broker retains. */
static void forget_told(struct hub_sync *sync)
{
	sync->head_ms = 0;
	sync->site_is_told = false;
	for (size_t i = 0; i < sync->door_count; i++)
		sync->doors[i]->state_told = sync->doors[i]->cleared = false;
}

static bool publish_keys(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	const char *message = hub->keys.keys_message;
	char topic[MQTT_TOPIC_MAX];

	if (sync->keys_serial == hub->keys.site.serial)
		return true;
	sync_topic_site(hub->conf.site, "keys", topic, sizeof(topic));
	if (mqtt_publish(hub->mqtt, topic, message, strlen(message), 1, true, NULL) < 0)
		return false;
	sync->keys_serial = hub->keys.site.serial;
	forget_told(sync);
	return true;
}

void sync_fill_more(const struct hub *hub, struct sync_head *head)
{
	struct registry_retention retention;
	struct registry_wardens wardens;

	hub_rollcall_id(hub, head->rollcall);
	if (registry_wardens(hub->registry, &wardens) == 0 && !wardens.set) {
		memset(head->rollcall, 0, sizeof(head->rollcall));
		head->rollcall_ended = true;
	}
	if (registry_retention(hub->registry, &retention) == 0)
		head->unknown_hours = retention.unknown_hours;
}

static void fill_head(
	const struct hub *hub, const struct registry_roster *roster, struct sync_head *ret_head)
{
	*ret_head = (struct sync_head){.revision = roster->revision, .time_us = clock_wall_us()};
	strcpy(ret_head->site, hub->conf.site);
	memcpy(ret_head->digest, roster->digest, sizeof(ret_head->digest));
	sync_fill_more(hub, ret_head);
}

static bool publish_head(struct hub *hub, const struct registry_roster *roster)
{
	CLEANUP(cleanup_free) char *body = NULL;
	char topic[MQTT_TOPIC_MAX];
	struct sync_head head;

	fill_head(hub, roster, &head);
	sync_topic_site(hub->conf.site, "roster/head", topic, sizeof(topic));
	if (sync_head_write(&head, &body) < 0 || hub_publish(hub, topic, body, true) < 0)
		return false;
	hub->sync->head_ms = clock_mono_ms();
	return true;
}

/* What changed since the last delta, if it fits one message; else doors learn of it by the head. */
static bool publish_delta(struct hub *hub)
{
	struct sync_delta delta = {.from = hub->sync->roster_told};
	CLEANUP(cleanup_free) uint8_t *records = malloc(SYNC_CHUNK_MAX);
	CLEANUP(cleanup_free) char *body = NULL;
	char topic[MQTT_TOPIC_MAX];
	struct registry_view *view;
	bool last = false;
	int n, r;

	if (!records || registry_view_open(hub->registry, &delta.from, &view) < 0)
		return true; /* too far, or another generation: doors ask */
	fill_head(hub, registry_view_roster(view), &delta.head);
	n = registry_view_chunk(view, 0, records, SYNC_CHUNK_MAX, &last);
	registry_view_close(view);
	if (n <= 0 || !last)
		return true;
	delta.records = records;
	delta.size = (size_t)n;
	sync_topic_site(hub->conf.site, "roster/delta", topic, sizeof(topic));
	r = sync_delta_write(&delta, &body);
	if (r == 0)
		r = hub_publish(hub, topic, body, false);
	return r >= 0 || (r != -EAGAIN && r != -ENOTCONN);
}

static bool publish_roster(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	struct registry_roster roster;

	if (registry_roster(hub->registry, &roster) < 0) {
		log_error("roster: %s; doors are told nothing new", registry_error(hub->registry));
		return false;
	}
	if (revision_compare(&roster.revision, &sync->roster_told) != 0) {
		if (!publish_delta(hub) || !publish_head(hub, &roster))
			return false;
		sync->roster_told = roster.revision;
		return true;
	}
	return sync->head_ms > 0 || publish_head(hub, &roster);
}

static bool publish_site_state(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	CLEANUP(cleanup_free) char *body = NULL;
	char topic[MQTT_TOPIC_MAX];
	struct sync_site_state state;
	struct registry_site site;

	if (registry_site(hub->registry, &site) < 0) {
		log_error("site: %s; its state is not published", registry_error(hub->registry));
		return false;
	}
	if (sync->site_is_told && revision_compare(&site.state_revision, &sync->site_told) == 0)
		return true;
	sync_fill_site_state(hub, &site, &state);
	sync_topic_site(hub->conf.site, "state", topic, sizeof(topic));
	if (sync_site_state_write(&state, &body) < 0 || hub_publish(hub, topic, body, true) < 0)
		return false;
	sync->site_told = site.state_revision;
	sync->site_is_told = true;
	return true;
}

/* A retained message of nobody goes by an empty one. */
static bool clear_topic(struct hub *hub, const char *door, const char *name)
{
	char topic[MQTT_TOPIC_MAX];

	message_topic_door(hub->conf.site, door, name, topic, sizeof(topic));
	return mqtt_publish(hub->mqtt, topic, "", 0, 1, true, NULL) == 0;
}

static bool publish_door(struct hub *hub, struct sync_door *door)
{
	CLEANUP(cleanup_free) char *body = NULL;
	char topic[MQTT_TOPIC_MAX];

	if (!door->wanted) {
		door->cleared = door->cleared || (clear_topic(hub, door->name, "state") &&
							 clear_topic(hub, door->name, "status"));
		return door->cleared;
	}
	if (door->state_told)
		return true;
	message_topic_door(hub->conf.site, door->name, "state", topic, sizeof(topic));
	if (sync_door_state_write(&door->state, &body) < 0)
		return false;
	door->state_told = sync_publish_bulk(hub, topic, body, true) == 0;
	return door->state_told;
}

static void publish_doors(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;

	for (size_t i = 0; i < sync->door_count; i++) {
		if (!publish_door(hub, sync->doors[i]))
			return; /* no room: goes on when something left */
		/* a stolen door's row stays: what it says is refused by name */
		if (!sync->doors[i]->wanted && !sync->doors[i]->seen)
			sync_door_drop(sync, i--);
	}
}

static void publish_all(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;

	if (!hub->mqtt || !mqtt_connected(hub->mqtt))
		return;
	sync->change_ms = clock_mono_ms();
	sync->change_due_ms = 0;
	/* a door must know the key before what is signed with it */
	sync->fresh = publish_keys(hub) && publish_roster(hub) && publish_site_state(hub);
	publish_doors(hub);
}

void sync_changed(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	uint64_t now_ms = clock_mono_ms();

	sync_doors_refresh(hub);
	if (sync->change_ms && now_ms - sync->change_ms < TOGETHER_MS) {
		sync->change_due_ms = sync->change_ms + TOGETHER_MS;
		sync_arm(hub);
		return;
	}
	publish_all(hub);
}

/* ---- the loop ---- */

void sync_arm(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	uint64_t due_ms = sync->change_due_ms;

	if (sync->flush_ms && (!due_ms || sync->flush_ms < due_ms))
		due_ms = sync->flush_ms;
	if (due_ms)
		sd_event_source_set_time(sync->soon, due_ms * 1000);
	sd_event_source_set_enabled(sync->soon, due_ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_soon(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct hub *hub = userdata;
	struct hub_sync *sync = hub->sync;
	uint64_t now_ms = clock_mono_ms();

	(void)source;
	(void)usec;
	if (sync->change_due_ms && now_ms >= sync->change_due_ms)
		publish_all(hub);
	if (sync->flush_ms && now_ms >= sync->flush_ms)
		sync_flush(hub);
	sync_arm(hub);
	return 0;
}

void hub_sync_connected(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;

	post_subscribe_doors(hub, "ask");
	post_subscribe_doors(hub, "status");
	/* our own, to find what was left there by doors that are no more */
	post_subscribe_doors(hub, "state");
	sync->bulk_count = 0;
	sync->keys_serial = 0;
	sync_doors_refresh(hub);
	publish_all(hub);
	answer_pump(hub);
}

void hub_sync_disconnected(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;

	sync->bulk_count = 0;
	/* doors ask again; what was heard still counts */
	for (size_t i = 0; i < sync->door_count; i++)
		sync->doors[i]->job.active = false;
}

void hub_sync_published(struct hub *hub, int id)
{
	struct hub_sync *sync = hub->sync;

	for (size_t i = 0; i < sync->bulk_count; i++)
		if (sync->bulk[i] == id) {
			sync->bulk[i] = sync->bulk[--sync->bulk_count];
			publish_doors(hub);
			answer_pump(hub);
			return;
		}
}

void hub_sync_tick(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	uint64_t now_ms = clock_mono_ms();

	if (sync->head_ms && now_ms - sync->head_ms >= HEAD_MS)
		sync->head_ms = 0; /* due: publish_roster sends one */
	if (!sync->fresh || sync->head_ms == 0 || sync->keys_serial != hub->keys.site.serial)
		publish_all(hub);
	else if (hub->mqtt && mqtt_connected(hub->mqtt))
		publish_doors(hub);
	answer_tick(hub);
}

/* ---- messages ---- */

/* The door's row where it may speak, else NULL after the refusal. */
static struct sync_door *genuine_ask(
	struct hub *hub, const char *name, const struct mqtt_event *event, struct sync_ask *ret_ask)
{
	struct registry_door row;
	char why[ERR_MAX] = "";
	const char *body;
	size_t size;
	int r = registry_door(hub->registry, name, &row);

	if (r < 0) {
		snprintf(why, sizeof(why), "no door of the registry is called %s", name);
		hub_refuse(hub, "", "ask", why);
		return NULL;
	}
	if (row.status != REGISTRY_DOOR_ACTIVE || !row.has_key)
		snprintf(why, sizeof(why), "the door is %s", registry_door_status_name(row.status));
	else if (envelope_open(
			 &row.key, 1, event->topic, event->payload, event->size, &body, &size) < 0)
		snprintf(why, sizeof(why), "not signed by the door's key");
	else if (sync_ask_read(body, size, ret_ask, why) == 0 &&
		 (strcmp(ret_ask->site, hub->conf.site) != 0 || strcmp(ret_ask->door, name) != 0))
		snprintf(why, sizeof(why), "it names another site or door");
	registry_door_free(&row);
	if (*why) {
		hub_refuse(hub, name, "ask", why);
		return NULL;
	}
	if (!sync_door_find(hub->sync, name))
		sync_doors_refresh(hub);
	return sync_door_find(hub->sync, name);
}

static void take_ask(struct hub *hub, const char *name, const struct mqtt_event *event)
{
	struct sync_door *door;
	struct sync_ask ask;

	door = genuine_ask(hub, name, event, &ask);
	if (!door)
		return;
	/* a report costs nothing here, and its loss would leave a door unconfirmed */
	if (ask.want != SYNC_WANT_REPORT && !answer_allowed(door, clock_mono_ms())) {
		hub_refuse(hub, name, "ask", "the door asks too often");
		return;
	}
	heard_ask(hub, door, &ask);
	hub_erase_heard(hub, name, &ask);
	answer_take(hub, door, &ask);
}

/*
 * Retained messages of a door that is no more, or was stolen, are taken away: also the last will,
 * which the broker publishes when the door's account goes. An empty message is such a clearing.
 */
static void clear_leftover(
	struct hub *hub, const char *door, const char *name, const struct mqtt_event *event)
{
	const struct sync_door *known = sync_door_find(hub->sync, door);

	if (known && known->wanted)
		return;
	if (event->size > 0)
		clear_topic(hub, door, name);
}

static void take_status(struct hub *hub, const char *door, const struct mqtt_event *event)
{
	struct sync_door *known = sync_door_find(hub->sync, door);

	clear_leftover(hub, door, "status", event);
	if (known)
		heard_status(hub, known, event);
}

bool hub_sync_message(struct hub *hub, const struct mqtt_event *event)
{
	char door[NAME_ID_MAX];

	if (hub_topic_door(hub, event->topic, "ask", door))
		take_ask(hub, door, event);
	else if (hub_topic_door(hub, event->topic, "state", door))
		clear_leftover(hub, door, "state", event);
	else if (hub_topic_door(hub, event->topic, "status", door))
		take_status(hub, door, event);
	else
		return false;
	return true;
}

/* ---- start and stop ---- */

int hub_sync_start(struct hub *hub, char err[ERR_MAX])
{
	struct registry_roster roster;
	int r;

	hub->sync = calloc(1, sizeof(*hub->sync));
	if (!hub->sync) {
		snprintf(err, ERR_MAX, "no memory for the doors");
		return -ENOMEM;
	}
	r = registry_roster(hub->registry, &roster);
	if (r < 0) {
		snprintf(err, ERR_MAX, "roster: %s", registry_error(hub->registry));
		return r;
	}
	if (roster.revision.generation > hub->keys.site.generation) {
		snprintf(err, ERR_MAX,
			"the registry is of generation %u, but the keys certify only %u: doors "
			"would refuse it; restore with tapin-hub --restore",
			roster.revision.generation, hub->keys.site.generation);
		return -ESTALE;
	}
	hub->sync->roster_told = roster.revision;
	r = sd_event_add_time(hub->event, &hub->sync->soon, CLOCK_MONOTONIC, 0, 1000, on_soon, hub);
	if (r >= 0)
		r = sd_event_source_set_enabled(hub->sync->soon, SD_EVENT_OFF);
	if (r < 0)
		return r;
	sync_doors_refresh(hub);
	return 0;
}

void sync_close_views(struct hub *hub)
{
	answer_stop(hub->sync);
}

void hub_sync_stop(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;

	if (!sync)
		return;
	if (hub->registry)
		sync_flush(hub);
	answer_stop(sync);
	sd_event_source_disable_unref(sync->soon);
	while (sync->door_count > 0)
		sync_door_drop(sync, sync->door_count - 1);
	free(sync->doors);
	free(sync);
	hub->sync = NULL;
}
