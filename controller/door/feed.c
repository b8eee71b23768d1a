/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT: the live feed, the status, and the journal feed whose outbox is the journal itself.
 *
 * Batches go out in order, at most FEED_IN_FLIGHT_MAX without acknowledgement. Whatever breaks the
 * order (a reconnect, silence from the hub) sends again from the acknowledged mark.
 */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"
#include "wire/envelope.h"

#include <string.h>
#include <sys/epoll.h>

#define FEED_TICK_MS 1000
/* No acknowledgement for so long: send again; doubled each time up to the maximum. */
#define FEED_RESEND_MS 2000
#define FEED_RESEND_MAX_MS 60000
#define FEED_STATUS_MS 60000
#define FEED_REFUSED_MS 60000 /* at most one message_refused entry a minute */
#define FEED_STOP_WAIT_MS 1000

static void forget_in_flight(struct door_feed *feed)
{
	feed->in_flight = 0;
	feed->sent_seq = feed->acked_seq;
}

/* Asks the journal for the next batch if there is one and the hub keeps up. */
static void pump(struct door *door)
{
	struct door_feed *feed = &door->feed;

	if (!feed->mqtt || !mqtt_connected(feed->mqtt) || feed->requested ||
		feed->in_flight >= FEED_IN_FLIGHT_MAX || feed->sent_seq >= feed->last_seq)
		return;
	if (journal_request(door->journal, feed->sent_seq, JOURNAL_BATCH_MAX) == 0)
		feed->requested = true;
}

static int write_batch(const struct door *door, const struct journal_batch *batch, char **ret_text,
	size_t *ret_size)
{
	struct message_batch message = {.count = batch->count};
	int r;

	strcpy(message.site, door->conf.site);
	strcpy(message.door, door->conf.door);
	memcpy(message.journal, batch->journal, sizeof(message.journal));
	memcpy(message.before, batch->before, sizeof(message.before));
	memcpy(message.previous, batch->previous, sizeof(message.previous));
	message.rows = calloc(batch->count, sizeof(*message.rows));
	if (!message.rows)
		return -ENOMEM;
	for (size_t i = 0; i < batch->count; i++) {
		message.rows[i].seq = batch->rows[i].seq;
		message.rows[i].record = batch->rows[i].record;
		memcpy(message.rows[i].hash, batch->rows[i].hash, sizeof(message.rows[i].hash));
	}
	r = message_batch_write(&message, &door->keys.door, ret_text, ret_size);
	free(message.rows);
	return r;
}

void feed_batch(struct door *door, const struct journal_batch *batch)
{
	struct door_feed *feed = &door->feed;
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size;
	int r;

	feed->requested = false;
	if (!feed->mqtt)
		return;
	/* a reconnect since the request starts over from another row */
	if (batch->count == 0 || batch->rows[0].seq != feed->sent_seq + 1) {
		if (batch->count > 0)
			pump(door);
		return;
	}
	r = write_batch(door, batch, &text, &size);
	if (r == 0)
		r = mqtt_publish(feed->mqtt, feed->journal_topic, text, size, 1, false, NULL);
	if (r < 0) {
		if (r != -ENOTCONN)
			log_warning("journal feed: a batch could not be sent: %s; it will be sent "
				    "again",
				strerror(-r));
		return; /* the tick or the next connection tries again */
	}
	if (feed->in_flight == 0)
		feed->oldest_ms = clock_mono_ms();
	feed->sent_seq = batch->rows[batch->count - 1].seq;
	feed->in_flight_last[feed->in_flight++] = feed->sent_seq;
	pump(door);
}

void feed_acked(struct door *door, uint64_t seq)
{
	struct door_feed *feed = &door->feed;
	unsigned kept = 0;

	feed->acked_seq = seq;
	feed->resend_ms = FEED_RESEND_MS;
	for (unsigned i = 0; i < feed->in_flight; i++)
		if (feed->in_flight_last[i] > seq)
			feed->in_flight_last[kept++] = feed->in_flight_last[i];
	feed->in_flight = kept;
	feed->oldest_ms = clock_mono_ms();
	if (feed->sent_seq < seq)
		feed->sent_seq = seq;
	pump(door);
}

void feed_committed(struct door *door, uint64_t seq, const struct entry *entry)
{
	struct door_feed *feed = &door->feed;
	CLEANUP(cleanup_free) char *body = NULL;

	feed->last_seq = seq;
	if (!feed->mqtt)
		return;
	/* best effort: displays want now, the journal feed carries everything */
	if (mqtt_connected(feed->mqtt) && message_live_class(entry) &&
		message_live_write(door->conf.site, door->conf.door, entry, &body) == 0)
		(void)mqtt_publish(
			feed->mqtt, feed->live_topic, body, strlen(body), 0, false, NULL);
	pump(door);
}

static int write_status(const struct door *door, bool online, char **ret_body)
{
	const struct door_reader *reader = &door->reader;
	uint64_t age_ms = clock_mono_ms() - reader->good_ms;
	struct message_status status = {
		.online = online,
		.state = doorway_state_name(door->doorway.state),
		.contact = doorway_contact_name(door->doorway.contact),
		.reader = link_state_name(reader->state),
		.journal = door->journal_failing ? "failing" : "ok",
		.clock = clock_trust_name(door->clock),
		.reader_age_ms =
			reader->good_ms && age_ms < UINT32_MAX ? (uint32_t)age_ms : UINT32_MAX,
		.pending = door->feed.last_seq - door->feed.acked_seq,
		.revision = door->roster.rules.head.revision,
		.since_us = clock_wall_us(),
		.program = "tapin-door " TAPIN_VERSION,
	};

	return message_status_write(door->conf.site, door->conf.door, &status, ret_body);
}

void feed_status(struct door *door)
{
	struct door_feed *feed = &door->feed;
	CLEANUP(cleanup_free) char *body = NULL;

	if (!feed->mqtt || !mqtt_connected(feed->mqtt) || write_status(door, true, &body) < 0)
		return;
	(void)mqtt_publish(feed->mqtt, feed->status_topic, body, strlen(body), 1, true, NULL);
}

/* A message that is not what it should be: said at once, journalled at most once a minute. */
static void refuse(struct door *door, const char *topic, const char *why)
{
	uint64_t now_ms = clock_mono_ms();

	if (door->feed.refused_ms && now_ms - door->feed.refused_ms < FEED_REFUSED_MS)
		return;
	door->feed.refused_ms = now_ms;
	log_warning("mqtt: a message on %s was refused: %s", topic, why);
	record_event(door, ENTRY_KIND_MESSAGE_REFUSED, "%.60s: %.80s", topic, why);
}

static void take_ack(struct door *door, const struct mqtt_event *event)
{
	struct message_ack ack;
	char err[ERR_MAX];
	const char *body;
	size_t size;
	int r;

	r = envelope_open(door->keys.hub, door->keys.hub_count, event->topic, event->payload,
		event->size, &body, &size);
	if (r < 0) {
		refuse(door, event->topic,
			r == -ENOKEY         ? "signed by a key that is not the hub's"
			: r == -EKEYREJECTED ? "its signature is false"
					     : "it is no signed envelope");
		return;
	}
	if (message_ack_read(body, size, &ack, err) < 0) {
		refuse(door, event->topic, err);
		return;
	}
	r = journal_ack(door->journal, ack.journal, ack.seq, ack.hash);
	if (r < 0)
		log_warning(
			"journal feed: an acknowledgement could not be noted: %s", strerror(-r));
}

static void connected(struct door *door)
{
	struct door_feed *feed = &door->feed;
	int r;

	log_info("mqtt: connected to %s:%u", door->conf.mqtt_host, door->conf.mqtt_port);
	r = mqtt_subscribe(feed->mqtt, feed->ack_topic, 1);
	if (r < 0)
		log_warning("mqtt: acknowledgements cannot be subscribed: %s", strerror(-r));
	feed->resend_ms = FEED_RESEND_MS;
	forget_in_flight(feed);
	door_status(door);
	pump(door);
}

static void take_event(struct door *door, struct mqtt_event *event)
{
	switch (event->kind) {
	case MQTT_EVENT_CONNECTED:
		connected(door);
		return;
	case MQTT_EVENT_DISCONNECTED:
		forget_in_flight(&door->feed);
		log_warning("mqtt: %s; the door works on, entries are kept and sent later",
			event->message);
		door_status(door);
		return;
	case MQTT_EVENT_MESSAGE:
		if (strcmp(event->topic, door->feed.ack_topic) == 0)
			take_ack(door, event);
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
	if (mqtt_next(door->feed.mqtt, &event) > 0) {
		take_event(door, &event);
		mqtt_event_done(&event);
	}
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;
	struct door_feed *feed = &door->feed;
	uint64_t now_ms = clock_mono_ms();

	(void)usec;
	if (feed->in_flight > 0 && now_ms - feed->oldest_ms > feed->resend_ms) {
		log_debug("journal feed: no acknowledgement after %llu: sent again",
			(unsigned long long)feed->acked_seq);
		forget_in_flight(feed);
		feed->resend_ms *= 2;
		if (feed->resend_ms > FEED_RESEND_MAX_MS)
			feed->resend_ms = FEED_RESEND_MAX_MS;
	}
	pump(door);
	sd_event_source_set_time(source, (now_ms + FEED_TICK_MS) * 1000);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static const char *set_or_null(const char *text)
{
	return *text ? text : NULL;
}

static int open_client(struct door *door, char err[ERR_MAX])
{
	const struct door_conf *conf = &door->conf;
	CLEANUP(cleanup_free) char *will = NULL;
	char client[2 * NAME_ID_MAX + 16];
	struct mqtt_config config = {
		.host = conf->mqtt_host,
		.port = (uint16_t)conf->mqtt_port,
		.client_id = client,
		.username = set_or_null(conf->mqtt_username),
		.password_file = set_or_null(conf->mqtt_password_file),
		.ca_file = set_or_null(conf->mqtt_ca_file),
		.cert_file = set_or_null(conf->mqtt_cert_file),
		.key_file = set_or_null(conf->mqtt_key_file),
		.keepalive_s = (uint16_t)conf->mqtt_keepalive_s,
		.will_topic = door->feed.status_topic,
	};
	int r;

	snprintf(client, sizeof(client), "tapin-%s-door-%s", conf->site, conf->door);
	r = write_status(door, false, &will);
	if (r < 0)
		return r;
	config.will_payload = will;
	return mqtt_open(&config, &door->feed.mqtt, err);
}

void feed_journal_known(struct door *door)
{
	struct door_feed *feed = &door->feed;

	feed->in_flight = 0;
	feed->acked_seq = feed->sent_seq = door->journal_report.acked_seq;
	feed->last_seq = door->journal_report.last_seq;
	pump(door);
}

int feed_start(struct door *door, char err[ERR_MAX])
{
	struct door_feed *feed = &door->feed;
	const struct door_conf *conf = &door->conf;
	int r;

	feed_journal_known(door);
	message_topic_door(conf->site, conf->door, "status", feed->status_topic, MQTT_TOPIC_MAX);
	message_topic_door(conf->site, conf->door, "ack", feed->ack_topic, MQTT_TOPIC_MAX);
	message_topic_door(conf->site, conf->door, "journal", feed->journal_topic, MQTT_TOPIC_MAX);
	message_topic_door(conf->site, conf->door, "live", feed->live_topic, MQTT_TOPIC_MAX);
	if (!*conf->mqtt_host) {
		log_info(
			"mqtt: no broker is configured ([mqtt] host); entries stay in the journal");
		return 0;
	}
	r = open_client(door, err);
	if (r < 0)
		return r;
	r = sd_event_add_io(door->event, &feed->io, mqtt_fd(feed->mqtt), EPOLLIN, on_mqtt, door);
	if (r >= 0)
		r = sd_event_add_time(door->event, &feed->timer, CLOCK_MONOTONIC,
			(clock_mono_ms() + FEED_TICK_MS) * 1000, 100000, on_tick, door);
	if (r < 0) {
		snprintf(err, ERR_MAX, "the broker's events cannot be watched: %s", strerror(-r));
		return r;
	}
	sd_event_source_set_priority(feed->io, DOOR_PRIORITY_FEED);
	sd_event_source_set_priority(feed->timer, DOOR_PRIORITY_FEED);
	return 0;
}

void feed_stop(struct door *door)
{
	struct door_feed *feed = &door->feed;
	CLEANUP(cleanup_free) char *body = NULL;

	feed->io = sd_event_source_disable_unref(feed->io);
	feed->timer = sd_event_source_disable_unref(feed->timer);
	if (!feed->mqtt)
		return;
	if (write_status(door, false, &body) < 0)
		body = NULL;
	feed->mqtt =
		mqtt_close(feed->mqtt, body ? feed->status_topic : NULL, body, FEED_STOP_WAIT_MS);
}
