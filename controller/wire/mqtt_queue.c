/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt_private.h"

#include <string.h>
#include <sys/eventfd.h>

void mqtt_push(struct mqtt *m, struct mqtt_node *node)
{
	pthread_mutex_lock(&m->queue_lock);
	if (m->last)
		m->last->next = node;
	else
		m->first = node;
	m->last = node;
	if (node->event.kind == MQTT_EVENT_MESSAGE) {
		m->queued++;
		m->queued_bytes += node->event.size;
	}
	pthread_mutex_unlock(&m->queue_lock);
	eventfd_write(m->fd, 1);
}

void mqtt_push_event(struct mqtt *m, enum mqtt_event_kind kind, int id, const char *message)
{
	struct mqtt_node *node = calloc(1, sizeof(*node));

	if (!node)
		return;
	node->event.kind = kind;
	node->event.id = id;
	snprintf(node->event.message, sizeof(node->event.message), "%s", message);
	mqtt_push(m, node);
}

int mqtt_next(struct mqtt *m, struct mqtt_event *ret_event)
{
	struct mqtt_node *node;

	pthread_mutex_lock(&m->queue_lock);
	node = m->first;
	if (node) {
		m->first = node->next;
		if (!m->first)
			m->last = NULL;
		if (node->event.kind == MQTT_EVENT_MESSAGE) {
			m->queued--;
			m->queued_bytes -= node->event.size;
		}
	} else {
		eventfd_t count;

		/* only now, under the lock: what is pushed from here on pokes again */
		eventfd_read(m->fd, &count);
	}
	pthread_mutex_unlock(&m->queue_lock);
	if (!node)
		return 0;
	*ret_event = node->event;
	free(node);
	return 1;
}

void mqtt_event_done(struct mqtt_event *event)
{
	free(event->payload);
	event->payload = NULL;
}

bool mqtt_room_for(struct mqtt *m, size_t size)
{
	bool room;

	pthread_mutex_lock(&m->queue_lock);
	room = m->queued < MQTT_QUEUE_MAX && m->queued_bytes + size <= MQTT_QUEUE_BYTES_MAX;
	pthread_mutex_unlock(&m->queue_lock);
	return room;
}
