/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker: its connection, messages on their way to the parts, and what is published. What
 * cannot be sent is not queued here: everything that matters is retained or asked for again.
 */
#include "base/clock.h"
#include "base/log.h"
#include "hub/hub.h"
#include "wire/envelope.h"

#include <string.h>
#include <sys/epoll.h>

#define RETRY_MS 5000
#define TURN_MAX 256 /* messages of one turn of the loop; their entries share a commit */
#define STOP_WAIT_MS 1000
#define REFUSALS_MAX 64
#define REFUSAL_MS 10000 /* a door's refusals of one kind: said so often at most */

struct refusal {
	char door[NAME_ID_MAX];
	char what[16];
	uint64_t said_ms;
	uint64_t more; /* since then */
};

struct hub_post {
	uint64_t tried_ms; /* monotonic: when mqtt_open failed last; 0: never */
	uint64_t dropped;  /* of mqtt_dropped, as last told */
	struct refusal refusals[REFUSALS_MAX];
};

/* ---- out ---- */

static int seal_and_publish(
	struct hub *hub, const char *topic, const char *body, int qos, bool retain, int *ret_id)
{
	CLEANUP(cleanup_free) char *message = NULL;
	size_t size;
	int r;

	if (!hub->mqtt || !mqtt_connected(hub->mqtt))
		return -ENOTCONN;
	r = envelope_seal(&hub->keys.hub, topic, body, strlen(body), &message, &size);
	if (r < 0)
		return r;
	return mqtt_publish(hub->mqtt, topic, message, size, qos, retain, ret_id);
}

int hub_publish_id(struct hub *hub, const char *topic, const char *body, bool retain, int *ret_id)
{
	return seal_and_publish(hub, topic, body, 1, retain, ret_id);
}

int hub_publish_quick(struct hub *hub, const char *topic, const char *body)
{
	return seal_and_publish(hub, topic, body, 0, false, NULL);
}

int hub_publish(struct hub *hub, const char *topic, const char *body, bool retain)
{
	return hub_publish_id(hub, topic, body, retain, NULL);
}

/* ---- refusals ---- */

/* The door's slot for what, else the one that was said longest ago. */
static struct refusal *find_refusal(struct hub_post *post, const char *door, const char *what)
{
	struct refusal *oldest = &post->refusals[0];

	for (size_t i = 0; i < REFUSALS_MAX; i++) {
		struct refusal *at = &post->refusals[i];

		if (strcmp(at->door, door) == 0 && strcmp(at->what, what) == 0)
			return at;
		if (at->said_ms < oldest->said_ms)
			oldest = at;
	}
	*oldest = (struct refusal){0};
	snprintf(oldest->door, sizeof(oldest->door), "%s", door);
	snprintf(oldest->what, sizeof(oldest->what), "%s", what);
	return oldest;
}

void hub_refuse(struct hub *hub, const char *door, const char *what, const char *why)
{
	struct refusal *at = find_refusal(hub->post, door, what);
	uint64_t now_ms = clock_mono_ms();
	char clean[ERR_MAX], text[ERR_MAX];

	/* what a stranger wrote may stand in it */
	entry_text_set(clean, sizeof(clean), why);
	if (at->said_ms && now_ms - at->said_ms < REFUSAL_MS) {
		at->more++;
		return;
	}
	log_warning("door %s: %s refused: %s (%llu more before)", *door ? door : "?", what, clean,
		(unsigned long long)at->more);
	at->said_ms = now_ms;
	at->more = 0;
	snprintf(text, sizeof(text), "%s: %s", what, clean);
	if (registry_alarm_add(hub->registry, REGISTRY_ALARM_REFUSED, door, text) < 0)
		log_error("an alarm could not be kept: %s", registry_error(hub->registry));
	hub_live_note(hub, LIVE_ALARMS);
}

/* ---- in ---- */

void post_subscribe_doors(struct hub *hub, const char *name)
{
	char topic[MQTT_TOPIC_MAX];
	int r;

	snprintf(topic, sizeof(topic), "tapin/%s/door/+/%s", hub->conf.site, name);
	r = mqtt_subscribe(hub->mqtt, topic, 1);
	if (r < 0)
		log_warning("mqtt: %s cannot be subscribed: %s", topic, strerror(-r));
}

static void connected(struct hub *hub)
{
	log_info("mqtt: connected to %s:%u", hub->conf.mqtt_host, hub->conf.mqtt_port);
	hub_sync_connected(hub);
	hub_rollcall_connected(hub);
	hub_collect_connected(hub);
	hub_command_connected(hub);
	hub_provision_connected(hub);
	hub_broker_connected(hub);
}

static void take_event(struct hub *hub, const struct mqtt_event *event)
{
	switch (event->kind) {
	case MQTT_EVENT_CONNECTED:
		connected(hub);
		return;
	case MQTT_EVENT_DISCONNECTED:
		log_warning("mqtt: %s; doors decide by themselves meanwhile, changes reach them "
			    "later",
			event->message);
		hub_sync_disconnected(hub);
		return;
	case MQTT_EVENT_PUBLISHED:
		hub_sync_published(hub, event->id);
		return;
	case MQTT_EVENT_MESSAGE:
		if (!hub_sync_message(hub, event) && !hub_collect_message(hub, event) &&
			!hub_command_message(hub, event) && !hub_provision_message(hub, event) &&
			!hub_broker_message(hub, event))
			log_debug("mqtt: nobody here knows the topic %s", event->topic);
		return;
	}
}

static int on_mqtt(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct hub *hub = userdata;
	struct mqtt_event event;
	unsigned n = 0;

	(void)source;
	(void)fd;
	(void)revents;
	/* what is left keeps the eventfd readable */
	while (n++ < TURN_MAX && mqtt_next(hub->mqtt, &event) > 0) {
		take_event(hub, &event);
		mqtt_event_done(&event);
	}
	collect_flush(hub);
	return 0;
}

static const char *set_or_null(const char *text)
{
	return *text ? text : NULL;
}

static int open_client(struct hub *hub, char err[ERR_MAX])
{
	const struct hub_conf *conf = &hub->conf;
	char client[NAME_ID_MAX + 16];
	const struct mqtt_config config = {
		.host = conf->mqtt_host,
		.port = (uint16_t)conf->mqtt_port,
		.client_id = client,
		.username = set_or_null(conf->mqtt_username),
		.password_file = set_or_null(conf->mqtt_password_file),
		.ca_file = set_or_null(conf->mqtt_ca_file),
		.cert_file = set_or_null(conf->mqtt_cert_file),
		.key_file = set_or_null(conf->mqtt_key_file),
		.keepalive_s = (uint16_t)conf->mqtt_keepalive_s,
	};
	int r;

	snprintf(client, sizeof(client), "tapin-%s-hub", conf->site);
	r = mqtt_open(&config, &hub->mqtt, err);
	if (r < 0)
		return r;
	r = sd_event_add_io(hub->event, &hub->mqtt_io, mqtt_fd(hub->mqtt), EPOLLIN, on_mqtt, hub);
	if (r < 0) {
		hub->mqtt = mqtt_close(hub->mqtt, NULL, NULL, 0);
		snprintf(err, ERR_MAX, "the loop does not take the connection: %s", strerror(-r));
	}
	return r < 0 ? r : 0;
}

static void tell_dropped(struct hub *hub)
{
	uint64_t dropped = hub->mqtt ? mqtt_dropped(hub->mqtt) : 0;

	if (dropped > hub->post->dropped)
		log_warning("mqtt: %llu messages were too large or too many; doors send theirs "
			    "again",
			(unsigned long long)(dropped - hub->post->dropped));
	hub->post->dropped = dropped;
}

void post_tick(struct hub *hub)
{
	struct hub_post *post = hub->post;
	char err[ERR_MAX];

	tell_dropped(hub);
	if (hub->mqtt || (post->tried_ms && clock_mono_ms() - post->tried_ms < RETRY_MS))
		return;
	if (open_client(hub, err) < 0) {
		if (!post->tried_ms)
			log_error("mqtt: %s; no door is told of anything until then", err);
		post->tried_ms = clock_mono_ms();
	}
}

int post_start(struct hub *hub, char err[ERR_MAX])
{
	hub->post = calloc(1, sizeof(*hub->post));
	if (hub->post)
		return 0;
	snprintf(err, ERR_MAX, "no memory for the broker's connection");
	return -ENOMEM;
}

void post_stop(struct hub *hub)
{
	hub->mqtt_io = sd_event_source_disable_unref(hub->mqtt_io);
	hub->mqtt = mqtt_close(hub->mqtt, NULL, NULL, STOP_WAIT_MS);
	free(hub->post);
	hub->post = NULL;
}
