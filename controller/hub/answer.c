/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to asks. A door has one job at a time, its newest ask; jobs take turns, one message each,
 * so that a snapshot for one door does not hold up a head for another, and a window bounds what the
 * broker has in hand.
 *
 * Chunks come from views of the registry. A view is kept while doors go on asking for its roster;
 * once it is gone the door is told to start again.
 */
#include "sync_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "wire/message.h"

#include <string.h>

#define ASKS_PER_S 50
#define ASKS_BURST 100

bool answer_allowed(struct sync_door *door, uint64_t now_ms)
{
	if (door->tokens_ms == 0)
		door->tokens = ASKS_BURST;
	else
		door->tokens += (double)(now_ms - door->tokens_ms) * ASKS_PER_S / 1000;
	door->tokens_ms = now_ms;
	if (door->tokens > ASKS_BURST)
		door->tokens = ASKS_BURST;
	if (door->tokens < 1)
		return false;
	door->tokens -= 1;
	return true;
}

/* ---- views ---- */

static bool revision_is_set(const struct revision *revision)
{
	return revision->generation != 0 || revision->number != 0;
}

static void close_view(struct answer_view *view)
{
	view->view = registry_view_close(view->view);
}

/* An open view that serves the job: the roster that it began, or one that is good to begin with. */
static bool serves(
	const struct answer_view *at, const struct answer_job *job, const struct revision *newest)
{
	const struct revision *is;

	if (!at->view || at->delta != (job->kind == SYNC_ANSWER_DELTA))
		return false;
	if (at->delta && revision_compare(&at->from, &job->from) != 0)
		return false;
	is = &registry_view_roster(at->view)->revision;
	if (job->has_to)
		return revision_compare(is, &job->to) == 0;
	if (at->delta)
		return revision_compare(is, newest) == 0;
	/* A snapshot that others are reading will do, and what changed since comes as a delta: many
	 * empty doors while the roster changes would else want a view each. */
	return is->generation == newest->generation && revision_compare(is, &job->floor) >= 0;
}

static struct answer_view *oldest_view(struct hub_sync *sync)
{
	struct answer_view *oldest = &sync->views[0];

	for (size_t i = 0; i < SYNC_VIEWS_MAX; i++) {
		if (!sync->views[i].view)
			return &sync->views[i];
		if (sync->views[i].used_ms < oldest->used_ms)
			oldest = &sync->views[i];
	}
	return oldest;
}

/* 0, -ESTALE when the roster is not to be had, or negative errno. */
static int find_view(struct hub *hub, struct answer_job *job, struct answer_view **ret_view)
{
	struct hub_sync *sync = hub->sync;
	struct registry_roster newest;
	struct answer_view *at;
	int r = registry_roster(hub->registry, &newest);

	if (r < 0)
		return r;
	for (size_t i = 0; i < SYNC_VIEWS_MAX; i++)
		if (serves(&sync->views[i], job, &newest.revision)) {
			*ret_view = &sync->views[i];
			return 0;
		}
	if (job->has_to && revision_compare(&job->to, &newest.revision) != 0)
		return -ESTALE;
	at = oldest_view(sync);
	close_view(at);
	*at = (struct answer_view){.delta = job->kind == SYNC_ANSWER_DELTA, .from = job->from};
	r = registry_view_open(hub->registry, at->delta ? &at->from : NULL, &at->view);
	if (r < 0)
		at->view = NULL;
	*ret_view = at;
	return r;
}

/* ---- answers ---- */

static void begin_answer(
	const struct hub *hub, const struct sync_ask *ask, struct sync_answer *answer)
{
	*answer = (struct sync_answer){0};
	strcpy(answer->site, hub->conf.site);
	strcpy(answer->door, ask->door);
	memcpy(answer->nonce, ask->nonce, sizeof(answer->nonce));
	strcpy(answer->head.site, hub->conf.site);
	answer->head.time_us = clock_wall_us();
	sync_fill_more(hub, &answer->head);
}

static int send_answer(struct hub *hub, const struct sync_answer *answer)
{
	CLEANUP(cleanup_free) char *body = NULL;
	char topic[MQTT_TOPIC_MAX];
	int r = sync_answer_write(answer, &body);

	if (r < 0)
		return r;
	message_topic_door(hub->conf.site, answer->door, "roster", topic, sizeof(topic));
	return sync_publish_bulk(hub, topic, body, false);
}

static int fill_newest(struct hub *hub, struct sync_answer *answer)
{
	struct registry_roster roster;
	int r = registry_roster(hub->registry, &roster);

	if (r < 0)
		return r;
	answer->head.revision = roster.revision;
	memcpy(answer->head.digest, roster.digest, sizeof(answer->head.digest));
	answer->cards = roster.cards;
	return 0;
}

static int send_head(struct hub *hub, const struct sync_ask *ask)
{
	struct registry_site site;
	struct registry_door door;
	struct registry_mark mark = {0};
	struct sync_answer answer;
	int r;

	begin_answer(hub, ask, &answer);
	answer.kind = SYNC_ANSWER_HEAD;
	r = fill_newest(hub, &answer);
	if (r >= 0)
		r = registry_site(hub->registry, &site);
	if (r >= 0)
		r = registry_log_mark(hub->registry, ask->door, &mark);
	if (r >= 0)
		r = registry_door(hub->registry, ask->door, &door);
	if (r < 0)
		return r;
	sync_fill_site_state(hub, &site, &answer.site_state);
	sync_fill_door_state(hub, &door, &answer.door_state);
	registry_door_free(&door);
	answer.journal.known = mark.known;
	answer.journal.seq = mark.seq;
	memcpy(answer.journal.journal, mark.journal, sizeof(mark.journal));
	memcpy(answer.journal.hash, mark.hash, sizeof(mark.hash));
	return send_answer(hub, &answer);
}

static int send_restart(struct hub *hub, const struct sync_ask *ask)
{
	struct sync_answer answer;
	int r;

	begin_answer(hub, ask, &answer);
	answer.kind = SYNC_ANSWER_RESTART;
	r = fill_newest(hub, &answer);
	return r < 0 ? r : send_answer(hub, &answer);
}

static int send_chunk(
	struct hub *hub, struct answer_job *job, struct answer_view *at, bool *ret_last)
{
	CLEANUP(cleanup_free) uint8_t *records = malloc(SYNC_CHUNK_MAX);
	const struct registry_roster *roster = registry_view_roster(at->view);
	struct sync_answer answer;
	int n;

	*ret_last = false;
	if (!records)
		return -ENOMEM;
	at->used_ms = clock_mono_ms();
	begin_answer(hub, &job->ask, &answer);
	answer.kind = job->kind;
	answer.head.revision = roster->revision;
	memcpy(answer.head.digest, roster->digest, sizeof(answer.head.digest));
	answer.from = job->from;
	answer.chunk = job->next;
	answer.cards = roster->cards;
	n = registry_view_chunk(at->view, job->next, records, SYNC_CHUNK_MAX, &answer.last);
	if (n < 0)
		return n;
	*ret_last = answer.last;
	answer.records = records;
	answer.size = (size_t)n;
	return send_answer(hub, &answer);
}

/* ---- jobs ---- */

/* One chunk. A door that cannot be brought forward from where it is gets everything. */
static int step_chunk(struct hub *hub, struct answer_job *job)
{
	struct answer_view *at;
	bool last;
	int r = find_view(hub, job, &at);

	if (r == -ESTALE && job->kind == SYNC_ANSWER_DELTA && !job->has_to) {
		job->kind = SYNC_ANSWER_SNAPSHOT;
		job->from = (struct revision){0};
		r = find_view(hub, job, &at);
	}
	if (r < 0) {
		job->active = false;
		return r == -ESTALE ? send_restart(hub, &job->ask) : r;
	}
	job->to = registry_view_roster(at->view)->revision;
	job->has_to = true;
	r = send_chunk(hub, job, at, &last);
	if (r == -EAGAIN || r == -ENOTCONN)
		return r;
	job->active = r == 0 && !last && ++job->next < job->end;
	return r == -ENOENT ? send_restart(hub, &job->ask) : r;
}

static int step(struct hub *hub, struct answer_job *job)
{
	int r = 0;

	switch (job->kind) {
	case SYNC_ANSWER_HEAD:
		r = send_head(hub, &job->ask);
		job->active = r == -EAGAIN;
		return r;
	case SYNC_ANSWER_RESTART:
		r = send_restart(hub, &job->ask);
		job->active = r == -EAGAIN;
		return r;
	case SYNC_ANSWER_DELTA:
	case SYNC_ANSWER_SNAPSHOT:
		r = step_chunk(hub, job);
		break;
	}
	return r;
}

void answer_pump(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	size_t idle = 0;

	while (idle < sync->door_count && sync->bulk_count < SYNC_BULK_MAX) {
		struct sync_door *door;
		int r;

		if (sync->cursor >= sync->door_count)
			sync->cursor = 0;
		door = sync->doors[sync->cursor++];
		idle++;
		if (!door->job.active)
			continue;
		idle = 0;
		r = step(hub, &door->job);
		if (r == -EAGAIN || r == -ENOTCONN)
			return;
		if (r < 0)
			log_warning("door %s: its ask is not answered: %s", door->name,
				*registry_error(hub->registry) ? registry_error(hub->registry)
							       : strerror(-r));
	}
}

void answer_take(struct hub *hub, struct sync_door *door, const struct sync_ask *ask)
{
	struct answer_job job = {.active = true, .ask = *ask};
	struct registry_roster newest;

	switch (ask->want) {
	case SYNC_WANT_REPORT:
		return;
	case SYNC_WANT_ROLLCALL:
		hub_rollcall_again(hub);
		return;
	case SYNC_WANT_HEAD:
		job.kind = SYNC_ANSWER_HEAD;
		break;
	case SYNC_WANT_DELTA:
		job.kind = SYNC_ANSWER_DELTA;
		job.from = ask->revision;
		/* nothing is newer: the head says so */
		if (registry_roster(hub->registry, &newest) >= 0 &&
			revision_compare(&newest.revision, &ask->revision) == 0)
			job.kind = SYNC_ANSWER_HEAD;
		break;
	case SYNC_WANT_SNAPSHOT:
		job.kind = SYNC_ANSWER_SNAPSHOT;
		break;
	}
	job.floor = door->floor;
	job.has_to = revision_is_set(&ask->to);
	job.to = ask->to;
	job.next = ask->chunk;
	job.end = ask->chunk + ask->chunks;
	door->job = job;
	answer_pump(hub);
}

void answer_tick(struct hub *hub)
{
	struct hub_sync *sync = hub->sync;
	uint64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < SYNC_VIEWS_MAX; i++)
		if (sync->views[i].view && now_ms - sync->views[i].used_ms >= SYNC_VIEW_IDLE_MS)
			close_view(&sync->views[i]);
	if (hub->mqtt && mqtt_connected(hub->mqtt))
		answer_pump(hub);
}

void answer_stop(struct hub_sync *sync)
{
	for (size_t i = 0; i < SYNC_VIEWS_MAX; i++)
		close_view(&sync->views[i]);
}
