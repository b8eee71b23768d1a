/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live feed, the status, and the journal feed whose outbox is the journal itself.
 *
 * Batches go out in order, at most FEED_IN_FLIGHT_MAX without acknowledgement. Whatever breaks the
 * order (a reconnect, silence from the hub) sends again from where the hub stands: the acknowledged
 * mark, or below it for a hub that was restored from a backup. The mark itself never goes back.
 */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"
#include "wire/envelope.h"

#include <string.h>

#define FEED_TICK_MS 1000
/* No acknowledgement for so long: send again; doubled each time up to the maximum. */
#define FEED_RESEND_MS 2000
#define FEED_RESEND_MAX_MS 60000

static void forget_in_flight(struct door_feed *feed)
{
	feed->in_flight = 0;
	feed->sent_seq = feed->hub_seq;
}

/* Asks the journal for the next batch if there is one and the hub keeps up. */
static void pump(struct door *door)
{
	struct door_feed *feed = &door->feed;

	if (!broker_up(door) || feed->requested || feed->in_flight >= FEED_IN_FLIGHT_MAX ||
		feed->sent_seq >= feed->last_seq)
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
	if (!door->broker.mqtt)
		return;
	/* a reconnect since the request starts over from another row */
	if (batch->count == 0 || batch->rows[0].seq != feed->sent_seq + 1) {
		if (batch->count > 0)
			pump(door);
		return;
	}
	r = write_batch(door, batch, &text, &size);
	if (r == 0)
		r = broker_publish(door, BROKER_TOPIC_JOURNAL, text, size, 1, false);
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

	/* seq is the mark; an older acknowledgement tells how far a restored hub has come */
	feed->acked_seq = seq;
	if (feed->heard_seq < seq)
		seq = feed->heard_seq;
	if (feed->hub_seq < seq)
		feed->hub_seq = seq;
	seq = feed->hub_seq;
	feed->resend_ms = FEED_RESEND_MS;
	for (unsigned i = 0; i < feed->in_flight; i++)
		if (feed->in_flight_last[i] > seq)
			feed->in_flight_last[kept++] = feed->in_flight_last[i];
	feed->in_flight = kept;
	feed->oldest_ms = clock_mono_ms();
	if (feed->sent_seq < seq)
		feed->sent_seq = seq;
	usage_settle(door);
	pump(door);
}

void feed_rewind(struct door *door, const struct sync_journal_mark *mark)
{
	struct door_feed *feed = &door->feed;
	bool ours = mark->known &&
		    memcmp(mark->journal, door->journal_report.id, sizeof(mark->journal)) == 0;
	uint64_t seq = ours ? mark->seq : 0;

	if (!door->journal_report.open || seq >= feed->hub_seq)
		return;
	log_warning("journal feed: the hub stands at entry %llu of this journal, %llu were "
		    "acknowledged: sent again from there",
		(unsigned long long)seq, (unsigned long long)feed->acked_seq);
	feed->hub_seq = seq;
	feed->heard_seq = seq;
	usage_rewind(door, seq);
	forget_in_flight(feed);
	pump(door);
}

void feed_committed(struct door *door, uint64_t seq, const struct entry *entry)
{
	CLEANUP(cleanup_free) char *body = NULL;

	door->feed.last_seq = seq;
	usage_committed(door, seq, entry);
	/* best effort: displays want now, the journal feed carries everything */
	if (broker_up(door) && message_live_class(entry) &&
		message_live_write(door->conf.site, door->conf.door, entry, &body) == 0)
		(void)broker_publish(door, BROKER_TOPIC_LIVE, body, strlen(body), 0, false);
	pump(door);
}

/* The wired lines into lines; how many. */
static size_t list_lines(const struct door *door, struct message_line lines[DOOR_LINE_COUNT])
{
	size_t count = 0;

	for (enum door_line line = 0; line < DOOR_LINE_COUNT; line++) {
		struct message_line *l = &lines[count];

		if (!*door->conf.lines[line].line)
			continue;
		*l = (struct message_line){
			.name = door_line_name(line), .line = door->conf.lines[line].line};
		l->is = io_line_is(door, line, &l->ok);
		count++;
	}
	return count;
}

int feed_write_status(const struct door *door, bool online, char **ret_body)
{
	const struct door_reader *reader = &door->reader;
	uint64_t age_ms = clock_mono_ms() - reader->good_ms;
	struct message_line lines[DOOR_LINE_COUNT];
	struct message_status status = {
		.online = online,
		.state = io_state_name(door),
		.contact = doorway_contact_name(door->doorway.contact),
		.reader = link_state_name(reader->state),
		.journal = door->journal_failing ? "failing" : "ok",
		.clock = clock_trust_name(door->clock),
		.reader_age_ms =
			reader->good_ms && age_ms < UINT32_MAX ? (uint32_t)age_ms : UINT32_MAX,
		.pending = door->feed.last_seq - door->feed.acked_seq,
		.revision = door->roster.rules.head.revision,
		.alarms = doorway_standing(&door->doorway),
		.line_count = list_lines(door, lines),
		.lines = lines,
		.since_us = clock_wall_us(),
		.rollcall_us = door->rollcall.as_of_us,
		.program = "tapin-door " TAPIN_VERSION,
	};

	if (door->doorway.due_ms[DOORWAY_TIMER_HOLD] != 0) {
		status.until_us = door->state.door.hold_until_us;
		status.event = door->doorway.event_mode;
	}
	return message_status_write(door->conf.site, door->conf.door, &status, ret_body);
}

void feed_status(struct door *door)
{
	CLEANUP(cleanup_free) char *body = NULL;

	if (broker_up(door) && feed_write_status(door, true, &body) == 0)
		(void)broker_publish(door, BROKER_TOPIC_STATUS, body, strlen(body), 1, true);
}

void feed_take_ack(struct door *door, const struct mqtt_event *event)
{
	struct message_ack ack;
	char err[ERR_MAX];
	const char *body;
	size_t size;
	int r;

	if (broker_open(door, BROKER_TOPIC_ACK, event, &body, &size) < 0)
		return;
	if (message_ack_read(body, size, &ack, err) < 0) {
		broker_refuse(door, BROKER_TOPIC_ACK, ENTRY_KIND_MESSAGE_REFUSED, err);
		return;
	}
	if (memcmp(ack.journal, door->journal_report.id, sizeof(ack.journal)) == 0) {
		door->feed.heard_seq = ack.seq;
		usage_heard(door, ack.seq, &ack.revision);
	}
	r = journal_ack(door->journal, ack.journal, ack.seq, ack.hash);
	if (r < 0)
		log_warning(
			"journal feed: an acknowledgement could not be noted: %s", strerror(-r));
}

void feed_connected(struct door *door)
{
	door->feed.resend_ms = FEED_RESEND_MS;
	forget_in_flight(&door->feed);
	pump(door);
}

void feed_disconnected(struct door *door)
{
	forget_in_flight(&door->feed);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;
	struct door_feed *feed = &door->feed;
	uint64_t now_ms = clock_mono_ms();

	(void)usec;
	if (feed->in_flight > 0 && now_ms - feed->oldest_ms > feed->resend_ms) {
		log_debug("journal feed: no acknowledgement after %llu: sent again",
			(unsigned long long)feed->hub_seq);
		forget_in_flight(feed);
		/* a hub that was restored may stand further back: its head says where */
		sync_want(door, SYNC_WANT_HEAD, 0);
		feed->resend_ms *= 2;
		if (feed->resend_ms > FEED_RESEND_MAX_MS)
			feed->resend_ms = FEED_RESEND_MAX_MS;
	}
	pump(door);
	sd_event_source_set_time(source, (now_ms + FEED_TICK_MS) * 1000);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

void feed_journal_known(struct door *door)
{
	struct door_feed *feed = &door->feed;

	feed->in_flight = 0;
	feed->acked_seq = feed->sent_seq = door->journal_report.acked_seq;
	feed->hub_seq = feed->heard_seq = feed->acked_seq;
	feed->last_seq = door->journal_report.last_seq;
	pump(door);
}

int feed_start(struct door *door, char err[ERR_MAX])
{
	int r = sd_event_add_time(door->event, &door->feed.timer, CLOCK_MONOTONIC,
		(clock_mono_ms() + FEED_TICK_MS) * 1000, 100000, on_tick, door);

	if (r < 0) {
		snprintf(err, ERR_MAX, "the journal feed's timer cannot be made: %s", strerror(-r));
		return r;
	}
	sd_event_source_set_priority(door->feed.timer, DOOR_PRIORITY_FEED);
	return 0;
}

void feed_stop(struct door *door)
{
	door->feed.timer = sd_event_source_disable_unref(door->feed.timer);
}
