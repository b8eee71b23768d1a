/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the broker: topics, who gets which message, and what is refused. */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "door/door.h"
#include "wire/envelope.h"

#include <string.h>
#include <sys/epoll.h>

#define STOP_WAIT_MS 1000

/* ---- topics ---- */

static void name_topics(struct door *door)
{
	static const char *const names[BROKER_TOPIC_COUNT] = {
		[BROKER_TOPIC_STATUS] = "status",
		[BROKER_TOPIC_LIVE] = "live",
		[BROKER_TOPIC_JOURNAL] = "journal",
		[BROKER_TOPIC_ASK] = "ask",
		[BROKER_TOPIC_RESULT] = "result",
		[BROKER_TOPIC_STATE] = "state",
		[BROKER_TOPIC_ROSTER] = "roster",
		[BROKER_TOPIC_COMMAND] = "command",
		[BROKER_TOPIC_ACK] = "ack",
		[BROKER_TOPIC_ERASE] = "erase",
	};
	static const char *const site_names[BROKER_TOPIC_COUNT] = {
		[BROKER_TOPIC_KEYS] = "keys",
		[BROKER_TOPIC_SITE_STATE] = "state",
		[BROKER_TOPIC_HEAD] = "roster/head",
		[BROKER_TOPIC_DELTA] = "roster/delta",
		[BROKER_TOPIC_ROLLCALL] = "rollcall",
	};
	const struct door_conf *conf = &door->conf;

	for (enum broker_topic t = 0; t < BROKER_TOPIC_COUNT; t++)
		if (names[t])
			message_topic_door(conf->site, conf->door, names[t], door->broker.topics[t],
				MQTT_TOPIC_MAX);
		else
			sync_topic_site(
				conf->site, site_names[t], door->broker.topics[t], MQTT_TOPIC_MAX);
}

bool broker_up(const struct door *door)
{
	return door->broker.mqtt && mqtt_connected(door->broker.mqtt);
}

int broker_publish(struct door *door, enum broker_topic topic, const void *payload, size_t size,
	int qos, bool retain)
{
	if (!door->broker.mqtt)
		return -ENOTCONN;
	return mqtt_publish(
		door->broker.mqtt, door->broker.topics[topic], payload, size, qos, retain, NULL);
}

int broker_publish_signed(struct door *door, enum broker_topic topic, char *body)
{
	CLEANUP(cleanup_free) char *message = NULL;
	size_t size;
	int r = door->keys.loaded ? 0 : -ENOKEY;

	if (r == 0)
		r = envelope_seal(&door->keys.door, door->broker.topics[topic], body, strlen(body),
			&message, &size);
	if (r == 0)
		r = broker_publish(door, topic, message, size, 1, false);
	free(body);
	return r;
}

/* ---- what arrives ---- */

struct accept_facts broker_facts(const struct door *door)
{
	return (struct accept_facts){.site = door->conf.site,
		.door = door->conf.door,
		.generation = site_keys_generation(door),
		.believes = accept_believes(
			door->sync.answered, clock_trust_ok(door->clock), door->sync.kept)};
}

void broker_refuse(
	struct door *door, enum broker_topic topic, enum entry_kind kind, const char *why)
{
	const char *name = door->broker.topics[topic];
	uint64_t unsaid;

	if (!refusal_due(&door->broker.refusals, name, why, clock_mono_ms(), &unsaid))
		return;
	log_warning("mqtt: a message on %s was refused: %s", name, why);
	if (unsaid)
		log_warning("mqtt: %llu more were refused since the last one that was said",
			(unsigned long long)unsaid);
	record_event(door, kind, "%.60s: %.95s", name, why);
}

int broker_open(struct door *door, enum broker_topic topic, const struct mqtt_event *event,
	const char **ret_body, size_t *ret_size)
{
	int r = envelope_open(door->keys.hub, door->keys.hub_count, event->topic, event->payload,
		event->size, ret_body, ret_size);

	if (r == 0)
		return 0;
	broker_refuse(door, topic, ENTRY_KIND_MESSAGE_REFUSED,
		r == -ENOKEY         ? "signed by a key that is not the hub's"
		: r == -EKEYREJECTED ? "its signature is false"
				     : "it is no signed envelope");
	return -EBADMSG;
}

static void route(struct door *door, const struct mqtt_event *event)
{
	static void (*const takers[BROKER_TOPIC_COUNT])(
		struct door *, const struct mqtt_event *) = {
		[BROKER_TOPIC_KEYS] = site_keys_take,
		[BROKER_TOPIC_SITE_STATE] = state_take_site,
		[BROKER_TOPIC_STATE] = state_take_door,
		[BROKER_TOPIC_HEAD] = sync_take_head,
		[BROKER_TOPIC_DELTA] = fetch_take_delta,
		[BROKER_TOPIC_ROSTER] = sync_take_answer,
		[BROKER_TOPIC_COMMAND] = command_take,
		[BROKER_TOPIC_ACK] = feed_take_ack,
		[BROKER_TOPIC_ROLLCALL] = rollcall_take,
		[BROKER_TOPIC_ERASE] = erase_take,
	};

	for (enum broker_topic t = BROKER_TOPIC_KEYS; t < BROKER_TOPIC_COUNT; t++)
		if (strcmp(event->topic, door->broker.topics[t]) == 0)
			takers[t](door, event);
}

static void connected(struct door *door)
{
	const char *topic;
	int r;

	log_info("mqtt: connected to %s:%u", door->conf.mqtt_host, door->conf.mqtt_port);
	for (enum broker_topic t = BROKER_TOPIC_KEYS; t < BROKER_TOPIC_COUNT; t++) {
		topic = door->broker.topics[t];
		r = mqtt_subscribe(door->broker.mqtt, topic, 1);
		if (r < 0)
			log_warning("mqtt: %s cannot be subscribed: %s", topic, strerror(-r));
	}
	door_status(door);
	feed_connected(door);
	command_connected(door);
	sync_connected(door);
}

static void take_event(struct door *door, struct mqtt_event *event)
{
	switch (event->kind) {
	case MQTT_EVENT_CONNECTED:
		connected(door);
		return;
	case MQTT_EVENT_DISCONNECTED:
		log_warning("mqtt: %s; the door works on, entries are kept and sent later",
			event->message);
		feed_disconnected(door);
		sync_disconnected(door);
		door_status(door);
		return;
	case MQTT_EVENT_MESSAGE:
		route(door, event);
		return;
	case MQTT_EVENT_PUBLISHED:
		return;
	}
}

static int on_mqtt(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct door *door = userdata;
	struct mqtt_event event;

	(void)source;
	(void)fd;
	(void)revents;
	if (mqtt_next(door->broker.mqtt, &event) > 0) {
		take_event(door, &event);
		mqtt_event_done(&event);
	}
	return 0;
}

/* ---- start and stop ---- */

static const char *set_or_null(const char *text)
{
	return *text ? text : NULL;
}

/* What provisioning left in the key directory stands in where the configuration says nothing. */
static const char *file_or_kept(
	const struct door_conf *conf, const char *configured, const char *name, char path[PATH_MAX])
{
	if (*configured)
		return configured;
	door_conf_path(conf->key_directory, name, path);
	return access(path, F_OK) == 0 ? path : NULL;
}

static const char *username(const struct door_conf *conf, char name[BROKER_USERNAME_MAX])
{
	CLEANUP(cleanup_free) char *text = NULL;
	char path[PATH_MAX];
	size_t size;

	if (*conf->mqtt_username)
		return conf->mqtt_username;
	door_conf_path(conf->key_directory, "mqtt.username", path);
	if (file_read(path, BROKER_USERNAME_MAX - 1, &text, &size) < 0)
		return NULL;
	snprintf(name, BROKER_USERNAME_MAX, "%.*s", (int)strcspn(text, "\r\n"), text);
	return set_or_null(name);
}

void broker_account(const struct door_conf *conf, struct broker_account *ret)
{
	ret->config = (struct mqtt_config){
		.host = conf->mqtt_host,
		.port = (uint16_t)conf->mqtt_port,
		.client_id = ret->client,
		.username = username(conf, ret->name),
		.password_file = set_or_null(conf->mqtt_password_file),
		.ca_file = file_or_kept(conf, conf->mqtt_ca_file, "mqtt.ca", ret->ca),
		.cert_file = set_or_null(conf->mqtt_cert_file),
		.key_file = set_or_null(conf->mqtt_key_file),
		.keepalive_s = (uint16_t)conf->mqtt_keepalive_s,
	};
	/* an account of one's own brings its own password, or has none */
	if (!*conf->mqtt_username)
		ret->config.password_file = file_or_kept(
			conf, conf->mqtt_password_file, "mqtt.password", ret->password);
	snprintf(ret->client, sizeof(ret->client), "tapin-%s-door-%s", conf->site, conf->door);
}

static int open_client(struct door *door, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) char *will = NULL;
	struct broker_account account;
	int r;

	broker_account(&door->conf, &account);
	account.config.will_topic = door->broker.topics[BROKER_TOPIC_STATUS];
	r = feed_write_status(door, false, &will);
	if (r < 0)
		return r;
	account.config.will_payload = will;
	return mqtt_open(&account.config, &door->broker.mqtt, err);
}

int broker_start(struct door *door, char err[ERR_MAX])
{
	int r;

	name_topics(door);
	r = open_client(door, err);
	if (r < 0)
		return r;
	r = sd_event_add_io(
		door->event, &door->broker.io, mqtt_fd(door->broker.mqtt), EPOLLIN, on_mqtt, door);
	if (r < 0) {
		snprintf(err, ERR_MAX, "the broker's events cannot be watched: %s", strerror(-r));
		return r;
	}
	sd_event_source_set_priority(door->broker.io, DOOR_PRIORITY_FEED);
	r = feed_start(door, err);
	return r < 0 ? r : 0;
}

void broker_stop(struct door *door)
{
	CLEANUP(cleanup_free) char *body = NULL;

	feed_stop(door);
	door->broker.io = sd_event_source_disable_unref(door->broker.io);
	if (!door->broker.mqtt)
		return;
	if (feed_write_status(door, false, &body) < 0)
		body = NULL;
	door->broker.mqtt = mqtt_close(door->broker.mqtt,
		body ? door->broker.topics[BROKER_TOPIC_STATUS] : NULL, body, STOP_WAIT_MS);
}
