/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of one connection share: mqtt.c opens, publishes and closes, mqtt_thread.c
 * connects and serves, mqtt_queue.c carries what came to the loop. */
#pragma once

#include "wire/mqtt.h"

#include <mosquitto.h>
#include <pthread.h>
#include <stdatomic.h>

struct mqtt_node {
	struct mqtt_node *next;
	struct mqtt_event event;
};

struct mqtt {
	char *host, *client_id, *username, *password, *ca_file, *cert_file, *key_file;
	char *will_topic, *will_payload;
	uint16_t port, keepalive_s;
	int fd;
	pthread_t thread;

	pthread_mutex_t client_lock;
	pthread_cond_t client_wake; /* ends the wait between two tries */
	struct mosquitto *client;   /* while connected, else NULL */
	bool stopping;
	uint64_t stop_ms; /* monotonic: then the thread gives up being polite */
	int last_id;      /* of the last status; 0: none */

	pthread_mutex_t queue_lock;
	struct mqtt_node *first, *last;
	size_t queued, queued_bytes; /* messages only */

	atomic_bool connected;
	atomic_uint unsent; /* publishes that have not left (QoS 1: no PUBACK) */
	atomic_uint_fast64_t dropped;

	/* the thread's own */
	bool refused; /* CONNACK said no */
	bool gone;
	int gone_rc;
	char tls_error[160]; /* libmosquitto tells it to its log only */
	char said[ERR_MAX];
	uint64_t said_ms;
};

/* ---- mqtt_queue.c ---- */

/* Hands a node over to the loop. */
void mqtt_push(struct mqtt *m, struct mqtt_node *node);
void mqtt_push_event(struct mqtt *m, enum mqtt_event_kind kind, int id, const char *message);
/* Whether a message of this size may wait, too. */
bool mqtt_room_for(struct mqtt *m, size_t size);

/* ---- mqtt_thread.c ---- */

/* The thread, until the connection is closed. */
void *mqtt_thread(void *connection);
