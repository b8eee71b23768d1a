/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journals of the doors: batches are verified as they come, those of one turn of the loop are kept
 * in one transaction, and acknowledged once it is durable. What is not acknowledged is sent again,
 * so nothing here needs to be remembered.
 */
#include "base/clock.h"
#include "base/log.h"
#include "hub/hub.h"
#include "wire/message.h"

#include <string.h>

#define WAITING_MAX 64
#define DOOR_KEYS_MAX 4
#define GAPS_MAX 64
/* A batch that was lost on the way is sent again within a minute; what stays away longer is a gap.
 */
#define PATIENCE_MS 120000

struct waiting {
	struct registry_batch batch; /* rows are ours */
	struct registry_mark mark;   /* once it is taken */
	int taken;                   /* enum registry_taken */
	bool early;                  /* a gap that may still close: no alarm yet */
};

/* A door whose batches begin after what is kept. */
struct gap {
	char door[NAME_ID_MAX]; /* "": free */
	uint64_t since_ms;
};

struct hub_collect {
	struct waiting waiting[WAITING_MAX];
	size_t count;
	struct gap gaps[GAPS_MAX];
	uint64_t patience_ms;
};

static void forget(struct hub_collect *collect)
{
	for (size_t i = 0; i < collect->count; i++)
		free(collect->waiting[i].batch.rows);
	collect->count = 0;
}

/* ---- after the commit ---- */

static void acknowledge(struct hub *hub, const struct waiting *at)
{
	struct message_ack ack = {.seq = at->mark.seq};
	struct registry_roster roster = {0};
	CLEANUP(cleanup_free) char *body = NULL;
	char topic[MQTT_TOPIC_MAX];
	int r;

	if (!at->mark.known || at->mark.seq == 0)
		return;
	memcpy(ack.journal, at->mark.journal, sizeof(ack.journal));
	memcpy(ack.hash, at->mark.hash, sizeof(ack.hash));
	if (registry_roster(hub->registry, &roster) == 0)
		ack.revision = roster.revision;
	message_topic_door(hub->conf.site, at->batch.door, "ack", topic, sizeof(topic));
	r = message_ack_write(&ack, &body);
	if (r == 0)
		r = hub_publish_quick(hub, topic, body);
	if (r < 0 && r != -ENOTCONN)
		log_warning("door %s: an acknowledgement was not sent: %s; the door sends its "
			    "entries again",
			at->batch.door, strerror(-r));
}

/* A later batch of the same journal is acknowledged in place of this one. */
static bool is_last(const struct hub_collect *collect, size_t i)
{
	const struct registry_batch *batch = &collect->waiting[i].batch;

	for (size_t j = i + 1; j < collect->count; j++)
		if (strcmp(collect->waiting[j].batch.door, batch->door) == 0 &&
			memcmp(collect->waiting[j].batch.journal, batch->journal,
				sizeof(batch->journal)) == 0)
			return false;
	return true;
}

static void say(const struct waiting *at)
{
	const struct registry_batch *batch = &at->batch;

	if (at->early)
		log_debug("door %s: entries before %llu are on their way", batch->door,
			(unsigned long long)batch->rows[0].seq);
	else if (at->taken == REGISTRY_TAKEN_GAP)
		log_warning("door %s: its journal goes on with %llu, but here it ends with %llu; "
			    "the door is told so",
			batch->door, (unsigned long long)batch->rows[0].seq,
			(unsigned long long)at->mark.seq);
	else if (at->taken == REGISTRY_TAKEN_FORK)
		log_error("door %s: an entry from %llu on differs from the one that was collected "
			  "before: both are kept, see the alarms",
			batch->door, (unsigned long long)batch->rows[0].seq);
}

/* ---- gaps ---- */

/* The door's slot; else, where one is to be made, a free one or the oldest. */
static struct gap *find_gap(struct hub_collect *collect, const char *door, bool make)
{
	struct gap *oldest = &collect->gaps[0];

	for (size_t i = 0; i < GAPS_MAX; i++) {
		struct gap *gap = &collect->gaps[i];

		if (strcmp(gap->door, door) == 0)
			return gap;
		if (!*gap->door || (*oldest->door && gap->since_ms < oldest->since_ms))
			oldest = gap;
	}
	if (!make)
		return NULL;
	strcpy(oldest->door, door);
	oldest->since_ms = clock_mono_ms();
	return oldest;
}

/* Does the batch begin after what is kept? *ret_mark: where its journal stands. */
static bool begins_late(
	struct hub *hub, const struct registry_batch *batch, struct registry_mark *ret_mark)
{
	if (registry_log_mark(hub->registry, batch->door, ret_mark) < 0)
		return false; /* registry_log_take says why */
	if (!ret_mark->known ||
		memcmp(ret_mark->journal, batch->journal, sizeof(batch->journal)) != 0)
		*ret_mark = (struct registry_mark){0};
	return batch->rows[0].seq > ret_mark->seq + 1;
}

/* A gap that is not old yet: nothing is taken, the door is told where we stand and sends again. */
static bool is_early(struct hub *hub, struct waiting *at)
{
	struct hub_collect *collect = hub->collect;
	struct gap *gap;

	if (!begins_late(hub, &at->batch, &at->mark)) {
		gap = find_gap(collect, at->batch.door, false);
		if (gap)
			*gap = (struct gap){0};
		return false;
	}
	gap = find_gap(collect, at->batch.door, true);
	return clock_mono_ms() - gap->since_ms < collect->patience_ms;
}

static void take(struct hub *hub, struct waiting *at)
{
	at->early = is_early(hub, at);
	if (at->early) {
		at->taken = REGISTRY_TAKEN_GAP;
		return;
	}
	at->taken = registry_log_take(hub->registry, &at->batch, &at->mark);
	if (at->taken < 0)
		log_error("door %s: a batch is not kept: %s", at->batch.door,
			registry_error(hub->registry));
}

/* All in one transaction; where that fails, each in its own: one batch that cannot be kept must not
 * keep the others away. */
static void take_all(struct hub *hub)
{
	struct hub_collect *collect = hub->collect;
	int r = registry_log_begin(hub->registry);

	for (size_t i = 0; r >= 0 && i < collect->count; i++)
		take(hub, &collect->waiting[i]);
	if (r >= 0 && registry_log_commit(hub->registry) >= 0)
		return;
	log_error("journals: %s; what is not acknowledged is sent again",
		registry_error(hub->registry));
	if (registry_changing(hub->registry))
		registry_abort(hub->registry);
	for (size_t i = 0; i < collect->count; i++)
		take(hub, &collect->waiting[i]);
}

void collect_flush(struct hub *hub)
{
	struct hub_collect *collect = hub->collect;
	struct registry_roster before = {0}, after = {0};

	if (collect->count == 0)
		return;
	registry_roster(hub->registry, &before);
	take_all(hub);
	for (size_t i = 0; i < collect->count; i++) {
		const struct waiting *at = &collect->waiting[i];

		if (at->taken < 0)
			continue;
		say(at);
		if (is_last(collect, i))
			acknowledge(hub, at);
	}
	forget(collect);
	/* how members stand now, for the other doors */
	registry_roster(hub->registry, &after);
	if (revision_compare(&before.revision, &after.revision) != 0)
		hub_changed(hub);
	hub_rollcall_changed(hub);
	hub_live_note(hub, LIVE_LOG);
}

/* ---- messages ---- */

static int copy_rows(const struct message_batch *from, struct registry_batch *to)
{
	strcpy(to->door, from->door);
	memcpy(to->journal, from->journal, sizeof(to->journal));
	memcpy(to->previous, from->previous, sizeof(to->previous));
	memcpy(to->before, from->before, sizeof(to->before));
	memcpy(to->signature.key_id, from->key_id, sizeof(to->signature.key_id));
	memcpy(to->signature.bytes, from->signature, sizeof(to->signature.bytes));
	memcpy(to->signature.poison, from->poison, sizeof(to->signature.poison));
	to->signature.rotten = from->rotten;
	to->signature.erased = from->erased;
	to->count = from->count;
	to->rows = calloc(from->count, sizeof(*to->rows));
	if (!to->rows)
		return -ENOMEM;
	for (size_t i = 0; i < from->count; i++) {
		to->rows[i].seq = from->rows[i].seq;
		to->rows[i].record = from->rows[i].record;
		to->rows[i].poison = from->rows[i].poison;
		memcpy(to->rows[i].hash, from->rows[i].hash, sizeof(to->rows[i].hash));
		strcpy(to->rows[i].why, from->rows[i].why);
	}
	return 0;
}

/* The keys under which a batch of this door may be signed; how many, or 0 with why. */
static int find_keys(struct hub *hub, const char *name, struct sign_public keys[DOOR_KEYS_MAX],
	bool *ret_known, char why[ERR_MAX])
{
	struct registry_door door;
	int r = registry_door(hub->registry, name, &door);

	*ret_known = r >= 0;
	if (r < 0) {
		snprintf(why, ERR_MAX, "no door of the registry is called %s", name);
		return 0;
	}
	r = door.status == REGISTRY_DOOR_ACTIVE
		    ? registry_door_keys(hub->registry, name, keys, DOOR_KEYS_MAX)
		    : 0;
	if (r <= 0)
		snprintf(why, ERR_MAX, "the door is %s", registry_door_status_name(door.status));
	registry_door_free(&door);
	return r > 0 ? r : 0;
}

static void take_batch(struct hub *hub, const char *name, const struct mqtt_event *event)
{
	struct hub_collect *collect = hub->collect;
	struct sign_public keys[DOOR_KEYS_MAX];
	struct message_batch batch;
	char why[ERR_MAX] = "";
	bool known;
	int count = find_keys(hub, name, keys, &known, why);

	if (count == 0 || message_batch_read(event->payload, event->size, keys, (size_t)count,
				  &batch, why) < 0) {
		hub_refuse(hub, known ? name : "", "journal", why);
		return;
	}
	if (strcmp(batch.site, hub->conf.site) != 0 || strcmp(batch.door, name) != 0)
		hub_refuse(hub, name, "journal", "it names another site or door");
	else if (copy_rows(&batch, &collect->waiting[collect->count].batch) == 0)
		collect->count++;
	message_batch_free(&batch);
	if (collect->count == WAITING_MAX)
		collect_flush(hub);
}

bool hub_collect_message(struct hub *hub, const struct mqtt_event *event)
{
	char door[NAME_ID_MAX];

	if (!hub_topic_door(hub, event->topic, "journal", door))
		return false;
	take_batch(hub, door, event);
	return true;
}

void hub_collect_connected(struct hub *hub)
{
	post_subscribe_doors(hub, "journal");
}

void hub_collect_tick(struct hub *hub)
{
	collect_flush(hub);
}

int hub_collect_start(struct hub *hub, char err[ERR_MAX])
{
	hub->collect = calloc(1, sizeof(*hub->collect));
	if (!hub->collect) {
		snprintf(err, ERR_MAX, "no memory for the doors' journals");
		return -ENOMEM;
	}
	hub->collect->patience_ms = PATIENCE_MS;
	return 0;
}

void collect_patience(struct hub *hub, uint64_t ms)
{
	hub->collect->patience_ms = ms;
}

void hub_collect_stop(struct hub *hub)
{
	if (hub->collect)
		forget(hub->collect);
	free(hub->collect);
	hub->collect = NULL;
}
