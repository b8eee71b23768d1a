/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rosters on their way into the cache: deltas that are broadcast and fit, and what is pulled chunk
 * by chunk. The keeper takes one at a time; the roster in force stays until the new one is whole
 * and has the digest that was announced.
 */
#include "base/log.h"
#include "crypto/hash.h"
#include "door/door.h"

#include <string.h>

/* Chunks that may wait for the keeper before the next ones are asked for. */
#define AHEAD 2
#define FAILED_MS 2000
#define FAILED_MAX_MS 60000

static void apply_next(struct door *door);

bool fetch_busy(const struct door *door)
{
	return door->sync.fetch.on || door->sync.waiting_count > 0;
}

bool fetch_is_snapshot(const struct door *door)
{
	return door->sync.fetch.on && door->sync.fetch.snapshot;
}

static uint32_t random_delay_ms(void)
{
	uint32_t ms;

	crypto_random(&ms, sizeof(ms));
	return 100 + ms % 1900;
}

/* Asks for what leads to a revision that was heard of. */
static void want_up_to(struct door *door, const struct revision *to)
{
	const struct revision *own = &door->sync.force.revision;
	bool delta = tap_has_hub_roster(door) && own->generation == to->generation;

	sync_want(door, delta ? SYNC_WANT_DELTA : SYNC_WANT_SNAPSHOT, random_delay_ms());
}

static void drop_waiting(struct door_sync *sync)
{
	for (unsigned i = 0; i < sync->waiting_count; i++)
		sync_delta_free(&sync->waiting[i]);
	sync->waiting_count = 0;
}

void fetch_abort(struct door *door)
{
	struct door_sync *sync = &door->sync;

	if (sync->keeper && fetch_busy(door))
		keeper_roster_abort(sync->keeper);
	sync->fetch = (struct sync_fetch){0};
	drop_waiting(sync);
}

/* ---- what became of it ---- */

static uint32_t back_off(struct door_sync *sync)
{
	uint32_t ms = FAILED_MS << (sync->failures < 5 ? sync->failures : 5);

	sync->failures++;
	return ms < FAILED_MAX_MS ? ms : FAILED_MAX_MS;
}

/* What came is not what was announced, or the disk refuses: the roster in force stays. */
static void give_up(struct door *door, int error, const char *why)
{
	bool wrong = error == -EBADMSG;

	if (wrong || error == -ESTALE)
		broker_refuse(door, BROKER_TOPIC_ROSTER, ENTRY_KIND_ROSTER_REFUSED, why);
	else
		log_error("roster: what came was not taken: %s; the one before stays in force",
			*why ? why : strerror(-error));
	fetch_abort(door);
	sync_progress(door, true);
	sync_want(door, wrong ? SYNC_WANT_SNAPSHOT : SYNC_WANT_HEAD, back_off(&door->sync));
}

static void keep_floor(struct door *door)
{
	CLEANUP(cleanup_free) char *body = NULL;

	if (sync_head_write(&door->sync.force, &body) == 0)
		(void)sync_keep(door, "roster", body, 0);
}

static void in_force(struct door *door, const struct keeper_event *event)
{
	struct door_sync *sync = &door->sync;

	tap_refresh(door);
	log_debug("roster: %u.%llu is in force: %u changes, %llu cards", event->revision.generation,
		(unsigned long long)event->revision.number, event->changed,
		(unsigned long long)event->cards);
	sync->force.revision = event->revision;
	memcpy(sync->force.digest, event->digest, sizeof(sync->force.digest));
	withheld_clear(&sync->withheld, &event->revision);
	if (revision_compare(&event->revision, &sync->floor) > 0)
		sync->floor = event->revision;
	sync->failures = 0;
	if (sync->fetch.committing &&
		revision_compare(&sync->fetch.to.revision, &event->revision) == 0)
		sync->fetch = (struct sync_fetch){0};
	if (sync->waiting_count > 0 &&
		revision_compare(&sync->waiting[0].head.revision, &event->revision) == 0) {
		sync_delta_free(&sync->waiting[0]);
		memmove(&sync->waiting[0], &sync->waiting[1],
			--sync->waiting_count * sizeof(sync->waiting[0]));
	}
	keep_floor(door);
	sync_tell_trust(door);
	sync_report(door);
	apply_next(door);
	if (!fetch_busy(door) &&
		revision_compare(&sync->newest.revision, &sync->force.revision) > 0)
		want_up_to(door, &sync->newest.revision);
	else if (sync->wants && sync->want == SYNC_WANT_DELTA)
		sync->wants = false;
}

/* ---- pulling ---- */

void fetch_fill_ask(struct door *door, struct sync_ask *ask)
{
	struct sync_fetch *fetch = &door->sync.fetch;
	bool snapshot = ask->want == SYNC_WANT_SNAPSHOT;

	if (ask->want != SYNC_WANT_DELTA && !snapshot)
		return;
	if (!fetch->on || fetch->snapshot != snapshot) {
		fetch_abort(door);
		fetch->on = true;
		fetch->snapshot = snapshot;
	}
	fetch->coming = SYNC_CHUNKS_MAX;
	ask->chunk = fetch->chunk;
	ask->chunks = SYNC_CHUNKS_MAX;
	if (fetch->begun)
		ask->to = fetch->to.revision;
}

/* NULL, or why the first chunk of an answer is not the beginning of a roster for this door. */
static const char *check_first(struct door *door, const struct sync_answer *answer)
{
	struct accept_facts facts = broker_facts(door);
	struct accept_head_facts more;
	enum sync_want want;
	enum accept accept;

	sync_head_facts(door, &more);
	accept = accept_head(&facts, &more, &answer->head, true, false, &want);
	if (accept_refused(accept))
		return accept_text(accept);
	if (answer->kind == SYNC_ANSWER_DELTA && revision_compare(&answer->from, &more.own) != 0)
		return "it does not begin at the revision in force";
	return NULL;
}

static int begin(struct door *door, const struct sync_answer *answer)
{
	struct sync_fetch *fetch = &door->sync.fetch;
	struct keeper_roster roster = {.snapshot = answer->kind == SYNC_ANSWER_SNAPSHOT,
		.from = answer->from,
		.to = answer->head.revision};
	int r;

	strcpy(roster.site, door->conf.site);
	memcpy(roster.digest, answer->head.digest, sizeof(roster.digest));
	r = keeper_roster_begin(door->sync.keeper, &roster);
	if (r < 0)
		return r;
	fetch->begun = true;
	fetch->snapshot = roster.snapshot;
	fetch->to = answer->head;
	fetch->from = answer->from;
	fetch->filling++;
	log_info("roster: fetching %s %u.%llu%s", roster.snapshot ? "all of" : "changes up to",
		roster.to.generation, (unsigned long long)roster.to.number,
		answer->last ? "" : ", in parts");
	return 0;
}

static bool same_roster(const struct sync_fetch *fetch, const struct sync_answer *answer)
{
	return fetch->snapshot == (answer->kind == SYNC_ANSWER_SNAPSHOT) &&
	       revision_compare(&fetch->to.revision, &answer->head.revision) == 0 &&
	       memcmp(fetch->to.digest, answer->head.digest, sizeof(fetch->to.digest)) == 0;
}

/* Hands one chunk on; the answer's records are taken over. */
static int hand_on(struct door *door, struct sync_answer *answer)
{
	struct sync_fetch *fetch = &door->sync.fetch;
	int r = 0;

	if (answer->size > 0) {
		r = keeper_roster_fill(door->sync.keeper, answer->records, answer->size);
		if (r < 0)
			return r;
		answer->records = NULL;
		fetch->filling++;
	}
	fetch->chunk++;
	fetch->coming -= fetch->coming > 0;
	if (!answer->last)
		return 0;
	fetch->committing = true;
	return keeper_roster_commit(door->sync.keeper);
}

void fetch_take_chunk(struct door *door, struct sync_answer *answer)
{
	struct sync_fetch *fetch = &door->sync.fetch;
	const char *why = NULL;
	int r = 0;

	if (!fetch->on || fetch->committing || answer->chunk < fetch->chunk)
		return; /* asked for twice */
	if (answer->chunk > fetch->chunk)
		return; /* one is missing: the ask is made again from there */
	if (!fetch->begun)
		why = check_first(door, answer);
	else if (!same_roster(fetch, answer))
		why = "its parts are of different rosters";
	if (why) {
		broker_refuse(door, BROKER_TOPIC_ROSTER, ENTRY_KIND_ROSTER_REFUSED, why);
		fetch_abort(door);
		sync_progress(door, true);
		sync_want(door, SYNC_WANT_HEAD, back_off(&door->sync));
		return;
	}
	if (!fetch->begun)
		r = begin(door, answer);
	if (r == 0)
		r = hand_on(door, answer);
	if (r < 0)
		give_up(door, r, "");
	else
		sync_progress(door, answer->last || fetch->coming == 0);
}

/* The keeper has taken most of what was asked for: the next ones. */
static void go_on(struct door *door)
{
	struct sync_fetch *fetch = &door->sync.fetch;

	if (fetch->on && fetch->begun && !fetch->committing && fetch->coming == 0 &&
		fetch->filling <= AHEAD && !door->sync.ask.on)
		sync_want(door, fetch->snapshot ? SYNC_WANT_SNAPSHOT : SYNC_WANT_DELTA, 0);
}

/* ---- broadcast ---- */

static bool applying(const struct door_sync *sync)
{
	/* a run that the keeper took over is gone from here */
	return sync->waiting_count > 0 && sync->waiting[0].size > 0 && !sync->waiting[0].records;
}

static void apply_next(struct door *door)
{
	struct door_sync *sync = &door->sync;
	struct sync_delta *delta = &sync->waiting[0];
	struct keeper_roster roster = {0};
	int r;

	if (sync->waiting_count == 0 || sync->fetch.on || applying(sync))
		return;
	roster.from = delta->from;
	roster.to = delta->head.revision;
	strcpy(roster.site, door->conf.site);
	memcpy(roster.digest, delta->head.digest, sizeof(roster.digest));
	r = keeper_roster_begin(sync->keeper, &roster);
	if (r == 0)
		r = keeper_roster_fill(sync->keeper, delta->records, delta->size);
	if (r == 0) {
		delta->records = NULL;
		r = keeper_roster_commit(sync->keeper);
	}
	if (r < 0)
		give_up(door, r, "");
}

/* Where the deltas that were taken lead to: the last that waits, or the roster in force. */
static struct revision expected(const struct door_sync *sync)
{
	return sync->waiting_count > 0 ? sync->waiting[sync->waiting_count - 1].head.revision
				       : sync->force.revision;
}

/* What takes rights away does not wait for its turn. */
static void block(struct door *door, const struct sync_delta *delta)
{
	int r = keeper_block(door->sync.keeper, &delta->head.revision, delta->records, delta->size);

	if (r < 0)
		log_error("roster: revocations of %u.%llu could not be taken ahead: %s; they come "
			  "with the rest",
			delta->head.revision.generation,
			(unsigned long long)delta->head.revision.number, strerror(-r));
}

/* Takes the delta over where it fits. */
static void place(struct door *door, struct sync_delta *delta)
{
	struct door_sync *sync = &door->sync;
	struct revision at = expected(sync);
	bool fits = !sync->fetch.on && sync->waiting_count < SYNC_WAITING_MAX && delta->size > 0 &&
		    revision_compare(&delta->from, &at) == 0 && tap_has_hub_roster(door);

	if (!fits || sync->waiting_count > 0)
		block(door, delta);
	if (!fits) {
		/* a fetch under way looks itself whether more is to come */
		if (!sync->fetch.on)
			want_up_to(door, &delta->head.revision);
		return;
	}
	sync->waiting[sync->waiting_count++] = *delta;
	*delta = (struct sync_delta){0};
	apply_next(door);
}

static void judge(struct door *door, struct sync_delta *delta)
{
	struct accept_facts facts = broker_facts(door);
	struct accept_head_facts more;
	enum accept accept;

	sync_head_facts(door, &more);
	more.own = expected(&door->sync);
	accept = accept_delta(&facts, &more, delta);
	if (accept != ACCEPT_OK) {
		broker_refuse(
			door, BROKER_TOPIC_DELTA, ENTRY_KIND_ROSTER_REFUSED, accept_text(accept));
		return;
	}
	if (facts.believes && delta->head.time_us > more.newest_us)
		sync_heard_head(door, &delta->head, false);
	withheld_note(&door->sync.withheld, &delta->head.revision, delta->records, delta->size);
	if (door->sync.keeper)
		place(door, delta);
}

void fetch_take_delta(struct door *door, const struct mqtt_event *event)
{
	struct sync_delta delta;
	char err[ERR_MAX];
	const char *body;
	size_t size;

	if (broker_open(door, BROKER_TOPIC_DELTA, event, &body, &size) < 0)
		return;
	if (sync_delta_read(body, size, &delta, err) < 0) {
		broker_refuse(door, BROKER_TOPIC_DELTA, ENTRY_KIND_ROSTER_REFUSED, err);
		return;
	}
	judge(door, &delta);
	sync_delta_free(&delta);
}

/* ---- what the keeper answers ---- */

void fetch_take_keeper(struct door *door, const struct keeper_event *event)
{
	switch (event->kind) {
	case KEEPER_EVENT_KEPT:
	case KEEPER_EVENT_WRITTEN:
	case KEEPER_EVENT_WIPED:
		return; /* keep.c has it */
	case KEEPER_EVENT_FILLED:
		if (event->error < 0) {
			give_up(door, event->error, event->message);
			return;
		}
		door->sync.fetch.filling -= door->sync.fetch.filling > 0;
		go_on(door);
		return;
	case KEEPER_EVENT_ROSTER:
		if (event->error < 0)
			give_up(door, event->error, event->message);
		else
			in_force(door, event);
		return;
	case KEEPER_EVENT_BLOCKED:
		if (event->error < 0)
			log_error(
				"roster: revocations could not be taken ahead: %s", event->message);
		else if (event->changed)
			log_info("roster: %u cards are refused ahead of the rest", event->changed);
		sync_report(door);
		return;
	}
}
