/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting: whom the hub names, unknown cards after a day or when the hub says, and after 30 days
 * whoever the hub's log has, which a hub that was restored may still ask for until then. The
 * journal first, then the files that the keeper has; the hub tells again until it hears that both
 * are done. A replayed message can only take again what is gone.
 */
#include "base/log.h"
#include "door/door.h"

#include <string.h>

#define HOUR_MS 3600000
#define FIRST_MS 60000
#define HOUR_US 3600000000LL
#define UNKNOWN_HOURS 24 /* until the hub said */
#define OLD_US (30 * 24 * 3600000000LL)
#define AHEAD_US 3600000000LL /* of a clock that was set back a little */

/* ---- a person ---- */

static bool begin(struct door *door, const struct sync_erase *order)
{
	struct journal_erasure what = {.tag = order->member, .member = order->member};
	struct journal_report report;
	int r;

	journal_status(door->journal, &report);
	for (size_t i = 0; i < order->count; i++)
		if (memcmp(order->entries[i].journal, report.id, sizeof(report.id)) == 0)
			what.seqs[what.count++] = order->entries[i].seq;
	r = journal_erase(door->journal, &what);
	if (r < 0)
		log_warning("erase: cannot begin: %s; the hub tells it again", strerror(-r));
	return r == 0;
}

_Static_assert(SYNC_ERASE_MAX <= JOURNAL_ERASE_MAX, "what is told fits");

void erase_take(struct door *door, const struct mqtt_event *event)
{
	struct sync_erase order;
	char err[ERR_MAX];
	const char *body, *why = NULL;
	size_t size;

	if (broker_open(door, BROKER_TOPIC_ERASE, event, &body, &size) < 0)
		return;
	if (sync_erase_read(body, size, &order, err) < 0)
		why = err;
	else if (strcmp(order.site, door->conf.site) != 0)
		why = accept_text(ACCEPT_REFUSED_SITE);
	else if (strcmp(order.door, door->conf.door) != 0)
		why = accept_text(ACCEPT_REFUSED_DOOR);
	if (why)
		broker_refuse(door, BROKER_TOPIC_ERASE, ENTRY_KIND_MESSAGE_REFUSED, why);
	else if (!door->erase.member && door->journal && door->sync.keeper && begin(door, &order))
		door->erase.member = order.member;
}

static void fail(struct door *door, const char *message)
{
	log_error("erase: %s; the hub tells it again", message);
	door->erase.member = 0;
}

void erase_journal_done(struct door *door, const struct journal_event *event)
{
	struct door_erase *erase = &door->erase;
	int r;

	if (event->tag == 0) {
		if (event->error < 0)
			log_warning(
				"erase: what is old: %s; tried again in an hour", event->message);
		else if (event->seq > 0)
			log_info("erase: %llu entries of unknown cards, or of 30 days ago, forgot "
				 "whom they are about",
				(unsigned long long)event->seq);
		return;
	}
	if (event->error < 0) {
		fail(door, event->message);
		return;
	}
	log_info("erase: %llu entries forgot whom they are about", (unsigned long long)event->seq);
	r = door->sync.keeper ? keeper_wipe(door->sync.keeper, erase->member) : -ENODEV;
	if (r < 0)
		fail(door, strerror(-r));
}

void erase_wiped(struct door *door, const struct keeper_event *event)
{
	struct door_erase *erase = &door->erase;

	if (event->error < 0) {
		fail(door, event->message);
		return;
	}
	sync_tell_erased(door, erase->member);
	erase->member = 0;
}

/* ---- what is old ---- */

void erase_tick(struct door *door)
{
	struct door_erase *erase = &door->erase;
	uint64_t now_ms = clock_mono_ms();
	int64_t now_us = clock_wall_us();
	uint32_t told = door->sync.newest.unknown_hours;
	const struct journal_erasure what = {
		.unknown_from_us = now_us - (told ? told : UNKNOWN_HOURS) * HOUR_US,
		.unknown_until_us = now_us + AHEAD_US,
		.old_seq = door->usage.share.counted_seq,
		.old_us = now_us - OLD_US};

	if (!erase->due_ms)
		erase->due_ms = now_ms + FIRST_MS;
	/* a clock that nobody vouches for tells no age */
	if (now_ms < erase->due_ms || !door->journal || !clock_trust_ok(door->clock))
		return;
	if (journal_erase(door->journal, &what) == 0)
		erase->due_ms = now_ms + HOUR_MS;
}
