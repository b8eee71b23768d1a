/* SPDX-License-Identifier: Apache-2.0 */
/* A roster as it is fetched: judged and laid aside run by run, then put in force at once. */
#include "cache_private.h"
#include "keeper_private.h"

#include <string.h>

static void give_up(struct keeper *k)
{
	stage_close(&k->fetch.stage);
	k->fetch.active = false;
}

/* Is the roster still the one the loop wants? *ret_stop: the keeper ends. */
static bool wanted(struct keeper *k)
{
	bool same;

	pthread_mutex_lock(&k->lock);
	same = k->fetch.serial == k->serial && !k->stop;
	pthread_mutex_unlock(&k->lock);
	return same;
}

void keeper_roster_drop_unwanted(struct keeper *k)
{
	if (k->fetch.active && !wanted(k))
		give_up(k);
}

/* The end of one that failed: said once. */
static void fail(struct keeper *k, struct keeper_event *event, int error)
{
	event->error = error;
	give_up(k);
	keeper_tell(k, KEEPER_LANE_ROSTER, k->fetch.serial, event);
}

/* ---- begin ---- */

/* So that nothing is fetched that will not be taken; the commit asks again. */
static int judge_begin(struct keeper *k, char err[ERR_MAX])
{
	CLEANUP(db_cleanup) sqlite3 *db = NULL;
	const char *path = k->options.cache_path;
	struct cache_head head;
	int error = db_connect(path, false, &db, err);

	if (error == 0)
		error = cache_get_head(db, path, &head, err);
	if (error < 0)
		return cache_disk_error(error);
	return cache_judge_roster(&head, &k->fetch.roster, path, err);
}

static void begin(struct keeper *k, const struct keeper_job *job)
{
	struct keeper_event event = {.kind = KEEPER_EVENT_FILLED};
	int error;

	give_up(k);
	k->fetch.serial = job->serial;
	k->fetch.roster = job->roster;
	error = judge_begin(k, event.message);
	if (error == 0)
		error = stage_open(&k->fetch.stage, k->options.cache_path, event.message);
	if (error < 0) {
		fail(k, &event, error);
		return;
	}
	k->fetch.active = true;
	memset(k->fetch.digest, 0, sizeof(k->fetch.digest));
	keeper_tell(k, KEEPER_LANE_ROSTER, job->serial, &event);
}

/* ---- fill ---- */

/* Looks at each record now: what is unsound need not be waited for. */
static int check_run(struct keeper *k, const uint8_t *run, size_t size)
{
	const uint8_t *record;
	size_t at = 0, record_size;
	int more;

	while ((more = roster_run_next(run, size, &at, &record, &record_size)) > 0) {
		if (roster_record_decode(record, record_size, k->fetch.record) < 0 ||
			(k->fetch.roster.snapshot && k->fetch.record->gone))
			return -EBADMSG;
		roster_digest_add(k->fetch.digest, record, record_size, k->options.hash);
	}
	return more;
}

static void fill(struct keeper *k, const struct keeper_job *job)
{
	struct keeper_event event = {.kind = KEEPER_EVENT_FILLED};
	const struct revision *to = &k->fetch.roster.to;
	int error = check_run(k, job->data, job->size);

	if (error < 0)
		snprintf(event.message, sizeof(event.message),
			"roster %u.%llu of the hub: an unsound record came", to->generation,
			(unsigned long long)to->number);
	else
		error = stage_add(&k->fetch.stage, k->options.cache_path, job->data, job->size,
			event.message);
	if (error < 0)
		fail(k, &event, error);
	else
		keeper_tell(k, KEEPER_LANE_ROSTER, job->serial, &event);
}

/* ---- commit ---- */

/* A snapshot that is not what was announced is refused before the cache is touched. */
static int check_digest(struct keeper *k, char err[ERR_MAX])
{
	const struct keeper_roster *roster = &k->fetch.roster;

	if (!roster->snapshot || memcmp(roster->digest, k->fetch.digest, ROSTER_DIGEST_SIZE) == 0)
		return 0;
	snprintf(err, ERR_MAX,
		"roster %u.%llu of the hub: what came has another digest than was announced; the "
		"old one stays",
		roster->to.generation, (unsigned long long)roster->to.number);
	return -EBADMSG;
}

/* Values go on being kept meanwhile. -ECANCELED when nobody wants the roster any more. */
static int apply(struct keeper *k, struct cache_apply *apply, char err[ERR_MAX])
{
	uint64_t at = 0;
	size_t size;
	int more;

	while ((more = stage_next(&k->fetch.stage, k->options.cache_path, &at, k->fetch.run, &size,
			err)) > 0) {
		int error = cache_apply_run(apply, k->fetch.run, size, err);

		if (error == 0 && !wanted(k))
			error = -ECANCELED;
		if (error < 0)
			return error;
		keeper_serve_values(k);
	}
	return more;
}

static void commit(struct keeper *k)
{
	struct keeper_event event = {.kind = KEEPER_EVENT_ROSTER};
	struct cache_apply *a = NULL;
	struct cache_head head;
	int error = check_digest(k, event.message);

	if (error == 0)
		error = cache_apply_begin(k->options.cache_path, &k->fetch.roster, k->options.hash,
			&a, event.message);
	if (error == 0)
		error = apply(k, a, event.message);
	if (error == 0)
		error = cache_apply_commit(a, &head, &event.changed, event.message);
	if (error == 0) {
		event.revision = head.revision;
		event.cards = head.cards;
		memcpy(event.digest, head.digest, sizeof(event.digest));
		give_up(k);
		keeper_tell(k, KEEPER_LANE_ROSTER, k->fetch.serial, &event);
		k->fetch.long_wal = true;
	}
	cache_apply_close(a); /* the lock goes before an error is told */
	if (error < 0)
		fail(k, &event, error);
}

/* ---- the lane ---- */

void keeper_roster_serve(struct keeper *k, const struct keeper_job *job)
{
	bool current;

	pthread_mutex_lock(&k->lock);
	current = job->serial == k->serial;
	pthread_mutex_unlock(&k->lock);
	if (current && job->step == KEEPER_STEP_BEGIN) {
		begin(k, job);
	} else if (!current || !k->fetch.active) {
		keeper_drop(k, KEEPER_LANE_ROSTER); /* given up, and said */
	} else if (job->step == KEEPER_STEP_FILL) {
		fill(k, job);
	} else {
		commit(k);
	}
}

void keeper_block_serve(struct keeper *k, const struct keeper_job *job)
{
	struct keeper_event event = {.kind = KEEPER_EVENT_BLOCKED, .revision = job->revision};

	event.error = cache_block(k->options.cache_path, &job->revision, job->data, job->size,
		&event.changed, event.message);
	keeper_tell(k, KEEPER_LANE_BLOCK, 0, &event);
}
