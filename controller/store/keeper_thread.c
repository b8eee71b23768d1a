/* SPDX-License-Identifier: Apache-2.0 */
/* The thread's side of the keeper: the only one that waits for the disk. */
#include "cache_private.h"
#include "keeper_private.h"

#include "base/file.h"
#include <limits.h>
#include <string.h>
#include <sys/eventfd.h>

bool keeper_take(struct keeper *k, enum keeper_lane lane, struct keeper_job *ret_job)
{
	struct keeper_queue *queue = &k->queues[lane];
	bool some;

	pthread_mutex_lock(&k->lock);
	some = queue->count > 0;
	if (some) {
		*ret_job = queue->jobs[queue->first];
		queue->first = (queue->first + 1) % KEEPER_WAITING_MAX;
		queue->count--;
	}
	pthread_mutex_unlock(&k->lock);
	return some;
}

void keeper_tell(
	struct keeper *k, enum keeper_lane lane, uint64_t serial, const struct keeper_event *event)
{
	pthread_mutex_lock(&k->lock);
	k->answers[(k->answer_first + k->answer_count) % KEEPER_ANSWERS_MAX] =
		(struct keeper_answer){.lane = lane, .serial = serial, .event = *event};
	k->answer_count++;
	(void)eventfd_write(k->event_fd, 1);
	pthread_mutex_unlock(&k->lock);
}

void keeper_drop(struct keeper *k, enum keeper_lane lane)
{
	pthread_mutex_lock(&k->lock);
	k->queues[lane].untaken--;
	pthread_mutex_unlock(&k->lock);
}

void keeper_serve_values(struct keeper *k)
{
	struct keeper_job job;

	while (keeper_take(k, KEEPER_LANE_KEEP, &job)) {
		struct keeper_event event = {.kind = KEEPER_EVENT_KEPT, .tag = job.tag};

		event.error = kept_put(&k->kept, k->options.kept_path, job.name, job.data, job.size,
			event.message);
		free(job.data);
		keeper_tell(k, KEEPER_LANE_KEEP, 0, &event);
	}
}

/* Waits until there is something to do: false to end. */
static bool await(struct keeper *k)
{
	bool work = false, more;

	pthread_mutex_lock(&k->lock);
	k->busy = false;
	pthread_cond_broadcast(&k->moved);
	while (!k->stop && !work) {
		work = k->fetch.long_wal || (k->fetch.active && k->fetch.serial != k->serial);
		for (enum keeper_lane lane = 0; lane < KEEPER_LANES; lane++)
			work |= k->queues[lane].count > 0;
		if (!work)
			pthread_cond_wait(&k->wake, &k->lock);
	}
	k->busy = work;
	more = !k->stop;
	pthread_mutex_unlock(&k->lock);
	return more;
}

/* A file beside kept.db. */
static void serve_file(struct keeper *k, const struct keeper_job *job)
{
	struct keeper_event event = {.kind = KEEPER_EVENT_WRITTEN, .tag = job->tag};
	const char *kept = k->options.kept_path, *slash = strrchr(kept, '/');
	char path[PATH_MAX];

	snprintf(
		path, sizeof(path), "%.*s%s", slash ? (int)(slash + 1 - kept) : 0, kept, job->name);
	if (job->data)
		event.error = file_write_atomic(path, job->data, job->size, 0644);
	else if (unlink(path) < 0 && errno != ENOENT)
		event.error = -errno;
	if (event.error < 0)
		snprintf(event.message, sizeof(event.message), "%s: cannot be %s: %s", path,
			job->data ? "written" : "removed", strerror(-event.error));
	keeper_tell(k, KEEPER_LANE_FILE, 0, &event);
}

static void serve_wipe(struct keeper *k, const struct keeper_job *job)
{
	struct keeper_event event = {.kind = KEEPER_EVENT_WIPED, .tag = job->tag};
	int64_t busy = 0;

	event.error = cache_wipe(k->options.cache_path, event.message);
	if (event.error == 0 && db_number(k->kept.db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy) < 0)
		event.error =
			db_fail(k->kept.db, k->options.kept_path, "empty its log", event.message);
	keeper_tell(k, KEEPER_LANE_FILE, 0, &event);
}

/* A block before the next step of a roster: a revoked card waits for nothing. */
static bool serve_one(struct keeper *k)
{
	struct keeper_job job;

	if (keeper_take(k, KEEPER_LANE_BLOCK, &job))
		keeper_block_serve(k, &job);
	else if (keeper_take(k, KEEPER_LANE_ROSTER, &job))
		keeper_roster_serve(k, &job);
	else if (!keeper_take(k, KEEPER_LANE_FILE, &job))
		return false;
	else if (job.wipe)
		serve_wipe(k, &job);
	else
		serve_file(k, &job);
	free(job.data);
	return true;
}

void *keeper_run(void *keeper)
{
	struct keeper *k = keeper;
	bool abandoned;

	while (await(k)) {
		keeper_serve_values(k);
		keeper_roster_drop_unwanted(k);
		if (!serve_one(k) && k->fetch.long_wal) {
			k->fetch.long_wal = false;
			cache_checkpoint(k->options.cache_path);
		}
	}
	pthread_mutex_lock(&k->lock);
	k->ended = true;
	abandoned = k->abandoned;
	pthread_cond_broadcast(&k->moved);
	pthread_mutex_unlock(&k->lock);
	if (abandoned)
		keeper_destroy(k);
	return NULL;
}
