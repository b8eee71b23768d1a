/* SPDX-License-Identifier: Apache-2.0 */
/* The loop's side of the keeper: it hands in and takes out, and never waits for the disk. */
#include "keeper_private.h"

#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#define END_MS 1000 /* for the thread to leave what it is in */

/* ---- opening and closing ---- */

static int copy_options(struct keeper *k, const struct keeper_options *options)
{
	struct keeper_options *o = &k->options;

	*o = *options;
	o->cache_path = strdup(options->cache_path);
	o->kept_path = strdup(options->kept_path);
	o->site = strdup(options->site);
	return o->cache_path && o->kept_path && o->site ? 0 : -ENOMEM;
}

static int init_sync(struct keeper *k)
{
	pthread_condattr_t attr;
	int error;

	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	error = pthread_cond_init(&k->wake, &attr) | pthread_cond_init(&k->moved, &attr);
	pthread_condattr_destroy(&attr);
	k->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return error != 0 || k->event_fd < 0 ? -ENOMEM : 0;
}

void keeper_destroy(struct keeper *k)
{
	struct keeper_job job;

	if (!k)
		return;
	for (enum keeper_lane lane = 0; lane < KEEPER_LANES; lane++)
		while (keeper_take(k, lane, &job))
			free(job.data);
	stage_close(&k->fetch.stage);
	free(k->fetch.record);
	free(k->fetch.run);
	kept_close(&k->reader);
	kept_close(&k->kept); /* the last one out checkpoints */
	pthread_cond_destroy(&k->wake);
	pthread_cond_destroy(&k->moved);
	pthread_mutex_destroy(&k->lock);
	cleanup_close(&k->event_fd);
	free((char *)k->options.cache_path);
	free((char *)k->options.kept_path);
	free((char *)k->options.site);
	free(k);
}

static void cleanup_keeper(struct keeper **k)
{
	keeper_destroy(*k);
}

/* Signals are the loop's. */
static int start(struct keeper *k)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&k->thread, NULL, keeper_run, k);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error == 0)
		pthread_setname_np(k->thread, "keeper");
	return -error;
}

static struct keeper *allocate(const struct keeper_options *options, char err[ERR_MAX])
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (k) {
		k->fetch.record = malloc(sizeof(*k->fetch.record));
		k->fetch.run = malloc(KEEPER_RUN_MAX);
	}
	if (k && init_sync(k) == 0 && copy_options(k, options) == 0 && k->fetch.record &&
		k->fetch.run)
		return k;
	keeper_destroy(k);
	snprintf(err, ERR_MAX, "%s: not enough memory to open it", options->kept_path);
	return NULL;
}

int keeper_open(const struct keeper_options *options, struct keeper **ret_keeper, bool *ret_damaged,
	char err[ERR_MAX])
{
	CLEANUP(cleanup_keeper) struct keeper *k = NULL;
	char why[ERR_MAX] = "";
	bool damaged = false;
	int error;

	if (!name_id_valid(options->site)) {
		snprintf(err, ERR_MAX, "%s: its site has no sound name", options->kept_path);
		return -EINVAL;
	}
	k = allocate(options, err);
	if (!k)
		return -ENOMEM;
	error = kept_open(options->kept_path, &k->kept, &damaged, why);
	if (error == 0) /* why tells of the damage */
		error = kept_connect(options->kept_path, &k->reader, damaged ? err : why);
	if (error < 0 || damaged)
		snprintf(err, ERR_MAX, "%s", why);
	if (error < 0)
		return error;
	error = start(k);
	if (error < 0) {
		snprintf(err, ERR_MAX, "%s: cannot start its thread: %s", options->kept_path,
			strerror(-error));
		return error;
	}
	*ret_damaged = damaged;
	*ret_keeper = STEAL(k);
	return 0;
}

static struct timespec deadline_in(unsigned ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	return ts;
}

static bool has_work(const struct keeper *k)
{
	bool work = k->busy;

	for (enum keeper_lane lane = 0; lane < KEEPER_LANES; lane++)
		work |= k->queues[lane].count > 0;
	return work;
}

struct keeper *keeper_close(struct keeper *k, unsigned wait_ms)
{
	struct timespec deadline = deadline_in(wait_ms);
	bool ended;
	int rc = 0;

	if (!k)
		return NULL;
	pthread_mutex_lock(&k->lock);
	while (has_work(k) && rc == 0)
		rc = pthread_cond_timedwait(&k->moved, &k->lock, &deadline);
	k->stop = true;
	pthread_cond_broadcast(&k->wake);
	deadline = deadline_in(END_MS);
	for (rc = 0; !k->ended && rc == 0;)
		rc = pthread_cond_timedwait(&k->moved, &k->lock, &deadline);
	ended = k->ended;
	if (!ended) {
		pthread_detach(k->thread);
		k->abandoned = true; /* the thread frees all when the disk lets it go */
	}
	pthread_mutex_unlock(&k->lock);
	if (ended) {
		pthread_join(k->thread, NULL);
		keeper_destroy(k);
	}
	return NULL;
}

/* ---- answers ---- */

int keeper_fd(const struct keeper *k)
{
	return k->event_fd;
}

/* Of a roster that was given up meanwhile only that it is in force all the same is told. */
static bool wanted(const struct keeper *k, const struct keeper_answer *answer)
{
	return answer->lane != KEEPER_LANE_ROSTER || answer->serial == k->serial ||
	       (answer->event.kind == KEEPER_EVENT_ROSTER && answer->event.error == 0);
}

int keeper_next(struct keeper *k, struct keeper_event *ret_event)
{
	eventfd_t ignored;
	bool some = false;

	pthread_mutex_lock(&k->lock);
	while (!some && k->answer_count > 0) {
		const struct keeper_answer *answer = &k->answers[k->answer_first];

		some = wanted(k, answer);
		if (some)
			*ret_event = answer->event;
		k->queues[answer->lane].untaken--;
		k->answer_first = (k->answer_first + 1) % KEEPER_ANSWERS_MAX;
		k->answer_count--;
	}
	if (k->answer_count == 0)
		(void)eventfd_read(k->event_fd, &ignored);
	pthread_mutex_unlock(&k->lock);
	return some;
}

/* ---- jobs ---- */

/* Takes the job over with its data, if there is room. */
static int hand_in(struct keeper *k, enum keeper_lane lane, struct keeper_job *job)
{
	struct keeper_queue *queue = &k->queues[lane];
	bool room;

	pthread_mutex_lock(&k->lock);
	room = queue->untaken < KEEPER_WAITING_MAX;
	if (room) {
		if (lane == KEEPER_LANE_ROSTER && job->step == KEEPER_STEP_BEGIN)
			k->serial++;
		job->serial = k->serial;
		queue->jobs[(queue->first + queue->count) % KEEPER_WAITING_MAX] = *job;
		queue->count++;
		queue->untaken++;
		pthread_cond_signal(&k->wake);
	}
	pthread_mutex_unlock(&k->lock);
	return room ? 0 : -EAGAIN;
}

/* The same with a copy of data. */
static int hand_in_copy(struct keeper *k, enum keeper_lane lane, struct keeper_job *job,
	const void *data, size_t size)
{
	int error;

	job->data = malloc(size + 1);
	if (!job->data)
		return -ENOMEM;
	if (size > 0)
		memcpy(job->data, data, size);
	job->size = size;
	error = hand_in(k, lane, job);
	if (error < 0)
		free(job->data);
	return error;
}

int keeper_value(struct keeper *k, const char *name, char **ret_value, size_t *ret_size)
{
	return kept_name_valid(name) ? kept_get(&k->reader, name, ret_value, ret_size) : -EINVAL;
}

int keeper_keep(struct keeper *k, const char *name, const void *value, size_t size, uint64_t tag)
{
	struct keeper_job job = {.tag = tag};

	if (!kept_name_valid(name) || size > KEEPER_VALUE_MAX)
		return -EINVAL;
	strcpy(job.name, name);
	return hand_in_copy(k, KEEPER_LANE_KEEP, &job, value, size);
}

int keeper_file(struct keeper *k, const char *name, void *data, size_t size, uint64_t tag)
{
	struct keeper_job job = {.tag = tag, .data = data, .size = size};

	if (!kept_name_valid(name) || *name == '.' || strchr(name, '/'))
		return -EINVAL;
	strcpy(job.name, name);
	return hand_in(k, KEEPER_LANE_FILE, &job);
}

int keeper_wipe(struct keeper *k, uint64_t tag)
{
	struct keeper_job job = {.tag = tag, .wipe = true};

	return hand_in(k, KEEPER_LANE_FILE, &job);
}

static bool revision_possible(const struct revision *revision)
{
	return revision->number <= INT64_MAX; /* SQLite's numbers */
}

int keeper_roster_begin(struct keeper *k, const struct keeper_roster *roster)
{
	struct keeper_job job = {.step = KEEPER_STEP_BEGIN, .roster = *roster};
	int error;

	if (!memchr(roster->site, 0, sizeof(roster->site)) ||
		strcmp(roster->site, k->options.site) != 0 || !revision_possible(&roster->from) ||
		!revision_possible(&roster->to))
		return -EINVAL;
	error = hand_in(k, KEEPER_LANE_ROSTER, &job);
	if (error == 0)
		k->begun = true;
	return error;
}

int keeper_roster_fill(struct keeper *k, uint8_t *run, size_t size)
{
	struct keeper_job job = {.step = KEEPER_STEP_FILL, .data = run, .size = size};

	if (!k->begun || size > KEEPER_RUN_MAX)
		return -EINVAL;
	return hand_in(k, KEEPER_LANE_ROSTER, &job);
}

int keeper_roster_commit(struct keeper *k)
{
	struct keeper_job job = {.step = KEEPER_STEP_COMMIT};
	int error = k->begun ? hand_in(k, KEEPER_LANE_ROSTER, &job) : -EINVAL;

	if (error == 0)
		k->begun = false;
	return error;
}

void keeper_roster_abort(struct keeper *k)
{
	k->begun = false;
	pthread_mutex_lock(&k->lock);
	k->serial++;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

int keeper_block(struct keeper *k, const struct revision *revision, const uint8_t *run, size_t size)
{
	struct keeper_job job = {.revision = *revision};

	if (size > KEEPER_RUN_MAX || !revision_possible(revision))
		return -EINVAL;
	return hand_in_copy(k, KEEPER_LANE_BLOCK, &job, run, size);
}
