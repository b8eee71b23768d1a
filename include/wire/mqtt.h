/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An MQTT 3.1.1 client over libmosquitto, on a thread of its own: its connect can block for seconds
 * (name resolution, silent hosts), so callbacks only queue bytes and poke an eventfd, and the loop
 * never waits. Reconnects for ever, 1 s to 30 s apart with jitter.
 */
#pragma once

#include "base/util.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_PAYLOAD_MAX (128 * 1024) /* a larger message is dropped and counted */
#define MQTT_TOPIC_MAX 160
#define MQTT_QUEUE_MAX \
	1024 /* received messages that wait for the loop; more are dropped and counted */
#define MQTT_QUEUE_BYTES_MAX (8 * 1024 * 1024)
#define MQTT_UNSENT_MAX 256 /* publishes under way; more are refused with -EAGAIN */

struct mqtt_config {
	const char *host;
	uint16_t port;
	const char *client_id;
	const char *username;      /* or NULL */
	const char *password_file; /* or NULL: first line is the password; not for everybody to
				      read */
	const char *ca_file;       /* TLS where set */
	const char *cert_file;
	const char *key_file;
	uint16_t keepalive_s;
	const char *will_topic; /* retained, QoS 1; or NULL */
	const char *will_payload;
};

enum mqtt_event_kind {
	MQTT_EVENT_CONNECTED,    /* subscribe and publish the status again now */
	MQTT_EVENT_DISCONNECTED, /* message says why; also for each failed try, at most once a
				    minute with the same text */
	MQTT_EVENT_MESSAGE,
	MQTT_EVENT_PUBLISHED, /* id: a message left (QoS 1: its PUBACK came) */
};

struct mqtt_event {
	enum mqtt_event_kind kind;
	int id;
	bool retained;
	char topic[MQTT_TOPIC_MAX];
	char *payload; /* MESSAGE: NUL after size bytes; mqtt_event_done frees */
	size_t size;
	char message[ERR_MAX];
};

struct mqtt;

/* Checks the configuration (files readable …) and starts the thread. 0 or negative errno with err.
 * Strings are copied. */
int mqtt_open(const struct mqtt_config *config, struct mqtt **ret_mqtt, char err[ERR_MAX]);

/*
 * Publishes the last status if given (retained, QoS 1; or NULL), disconnects cleanly and ends the
 * thread, waiting at most wait_ms for both: a thread stuck in a resolver is left behind (the
 * process ends anyway). Returns NULL.
 */
struct mqtt *mqtt_close(
	struct mqtt *mqtt, const char *last_topic, const char *last_payload, unsigned wait_ms);

int mqtt_fd(const struct mqtt *mqtt);
/* 1 and *ret_event (then mqtt_event_done), or 0. */
int mqtt_next(struct mqtt *mqtt, struct mqtt_event *ret_event);
void mqtt_event_done(struct mqtt_event *event);

bool mqtt_connected(const struct mqtt *mqtt);

/* Received messages that were too large or found the queue full. */
uint64_t mqtt_dropped(const struct mqtt *mqtt);

/*
 * -ENOTCONN while not connected: nothing is queued in memory (T37), and what was under way when a
 * connection broke is not sent again. -EAGAIN while MQTT_UNSENT_MAX are under way, -EMSGSIZE.
 * Never waits. *ret_id may be NULL.
 */
int mqtt_publish(struct mqtt *mqtt, const char *topic, const void *payload, size_t size, int qos,
	bool retain, int *ret_id);
int mqtt_subscribe(struct mqtt *mqtt, const char *topic, int qos);
