/* SPDX-License-Identifier: Apache-2.0 */
/* The loop's side of the journal: it hands in and takes out, and never meets the disk. */
#include "journal_private.h"

#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#define END_MS 1000 /* for the writer to finish the transaction it is in */

/* ---- opening ---- */

static int copy_options(struct journal *j, const struct journal_options *options)
{
	struct journal_options *o = &j->options;

	*o = *options;
	o->path = strdup(options->path);
	o->intent_path = strdup(options->intent_path);
	o->site = strdup(options->site);
	o->door = strdup(options->door);
	if (options->before) {
		memcpy(j->before, options->before, sizeof(j->before));
		o->before = j->before;
	}
	return o->path && o->intent_path && o->site && o->door ? 0 : -ENOMEM;
}

static int init_sync(struct journal *j)
{
	pthread_condattr_t attr;
	int error;

	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	error = pthread_cond_init(&j->wake, &attr) | pthread_cond_init(&j->moved, &attr);
	pthread_condattr_destroy(&attr);
	j->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return error != 0 || j->event_fd < 0 ? -ENOMEM : 0;
}

void journal_destroy(struct journal *j)
{
	if (!j)
		return;
	for (; j->event_count > 0; j->event_count--) {
		free(j->events[j->event_first].batch);
		j->event_first = (j->event_first + 1) % JOURNAL_EVENTS_MAX;
	}
	for (; j->question_count > 0; j->question_count--) {
		free(j->questions[j->question_first].batch);
		free(j->questions[j->question_first].erasure);
		j->question_first = (j->question_first + 1) % JOURNAL_QUESTIONS_MAX;
	}
	journal_db_close(&j->db);
	intent_close(j->intent);
	pthread_cond_destroy(&j->wake);
	pthread_cond_destroy(&j->moved);
	pthread_mutex_destroy(&j->lock);
	cleanup_close(&j->event_fd);
	free((char *)j->options.path);
	free((char *)j->options.intent_path);
	free((char *)j->options.site);
	free((char *)j->options.door);
	free(j->items);
	free(j->events);
	free(j);
}

static void cleanup_journal(struct journal **j)
{
	journal_destroy(*j);
}

/*
 * What a killed process left, as the entry it becomes: kind and detail say what it was, all else
 * stays. A recovered one that was not written either stays as it is.
 */
static int recover(struct journal *j, const struct intent_slot *slot, struct journal_item *item)
{
	char detail[ENTRY_DETAIL_MAX + 32];
	const char *name;

	*item = (struct journal_item){.counter = slot->counter, .recovered = true};
	if (entry_decode(&slot->record, j->options.hash, &item->entry) < 0)
		return -EBADMSG;
	item->record = slot->record;
	if (item->entry.kind == ENTRY_KIND_RECOVERED)
		return 0;
	name = entry_kind_name(item->entry.kind);
	snprintf(detail, sizeof(detail), "was %s%s%s", name ? name : "an unknown kind",
		item->entry.detail[0] ? ": " : "", item->entry.detail);
	item->entry.kind = ENTRY_KIND_RECOVERED;
	entry_text_set(item->entry.detail, sizeof(item->entry.detail), detail);
	return entry_encode(&item->entry, slot->record.salt, j->options.hash, &item->record);
}

/* Says in the journal that count intents could not be read. */
static void report_torn(struct journal *j, unsigned count)
{
	struct entry entry = j->stamp;

	entry.kind = ENTRY_KIND_RECOVERED;
	snprintf(entry.detail, sizeof(entry.detail),
		"%u record%s cut short while being handed in: what %s said is lost", count,
		count == 1 ? " was" : "s were", count == 1 ? "it" : "they");
	journal_append(j, &entry);
	intent_clear_torn(j->intent);
}

/* Queues what the intent file holds, before anything new. */
static void load_intents(struct journal *j)
{
	const struct intent_slot *slots[INTENT_SLOTS];
	unsigned bad;
	size_t count = intent_list(j->intent, slots, &bad);

	j->counter = intent_last(j->intent);
	if (j->db.intent > j->counter)
		j->counter = j->db.intent;
	for (size_t i = 0; i < count; i++) {
		uint64_t counter = slots[i]->counter;

		if (counter > j->counter)
			j->counter = counter;
		if (j->db.db && counter <= j->db.intent)
			intent_clear(j->intent, counter); /* committed, then killed */
		else if (recover(j, slots[i], &j->items[j->tail % INTENT_SLOTS]) == 0)
			j->tail++;
		else {
			intent_clear(j->intent, counter);
			bad++;
		}
	}
	/* The file's last intent is not known yet: be above it, whatever it is. */
	if (!j->db.db)
		j->counter += 1ull << 40;
	j->report.recovered = (unsigned)j->tail + (bad > 0);
	if (bad > 0)
		report_torn(j, bad);
}

static int open_parts(struct journal *j, char err[ERR_MAX])
{
	int error = intent_open(
		j->options.intent_path, j->options.hash, &j->intent, j->report.intent_note);

	if (error < 0) {
		snprintf(err, ERR_MAX, "%s", j->report.intent_note);
		return error;
	}
	error = journal_writer_open(j, err);
	if (error == -EPROTONOSUPPORT || error == -ENOTUNIQ || error == -EINVAL || error == -ENOMEM)
		return error;
	if (error < 0)
		journal_writer_fail(j, error, err);
	load_intents(j);
	return 0;
}

/* Signals are the loop's. */
static int start(struct journal *j)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&j->thread, NULL, journal_writer_run, j);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error != 0)
		return -error;
	pthread_setname_np(j->thread, "journal");
	j->running = true;
	return 0;
}

static int allocate(const struct journal_options *options, struct journal **ret_journal)
{
	CLEANUP(cleanup_free) struct journal *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->items = calloc(INTENT_SLOTS, sizeof(*j->items));
	j->events = calloc(JOURNAL_EVENTS_MAX, sizeof(*j->events));
	j->clock = options->clock;
	j->stamp = (struct entry){
		.wall_us = options->wall_us,
		.mono_us = options->mono_us,
		.clock = options->clock,
	};
	memcpy(j->stamp.boot_id, options->boot_id, sizeof(j->stamp.boot_id));
	if (init_sync(j) < 0 || copy_options(j, options) < 0 || !j->items || !j->events) {
		journal_destroy(STEAL(j));
		return -ENOMEM;
	}
	*ret_journal = STEAL(j);
	return 0;
}

int journal_open(const struct journal_options *options, struct journal **ret_journal,
	struct journal_report *ret_report, char err[ERR_MAX])
{
	CLEANUP(cleanup_journal) struct journal *j = NULL;
	int error = allocate(options, &j);

	if (error < 0) {
		snprintf(err, ERR_MAX, "%s: not enough memory to open it", options->path);
		return error;
	}
	error = open_parts(j, err);
	if (error < 0)
		return error;
	*ret_report = j->report;
	error = start(j);
	if (error < 0) {
		snprintf(err, ERR_MAX, "%s: cannot start its writer: %s", options->path,
			strerror(-error));
		return error;
	}
	*ret_journal = STEAL(j);
	return 0;
}

/* ---- closing ---- */

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

struct journal *journal_close(struct journal *j, unsigned wait_ms, unsigned *ret_left)
{
	struct timespec deadline = deadline_in(wait_ms);
	bool ended;
	int rc = 0;

	if (!j)
		return NULL;
	pthread_mutex_lock(&j->lock);
	j->closing = true;
	pthread_cond_broadcast(&j->moved); /* the writer may wait for the loop to take events */
	while ((j->tail > j->done || j->question_count > 0) && rc == 0)
		rc = pthread_cond_timedwait(&j->moved, &j->lock, &deadline);
	j->stop = true;
	pthread_cond_broadcast(&j->wake);
	deadline = deadline_in(END_MS);
	for (rc = 0; !j->ended && rc == 0;)
		rc = pthread_cond_timedwait(&j->moved, &j->lock, &deadline);
	ended = j->ended;
	if (!ended) {
		pthread_detach(j->thread);
		j->abandoned = true; /* the writer frees all when the disk lets it go */
	}
	if (ret_left)
		*ret_left = (unsigned)(j->tail - j->done);
	pthread_mutex_unlock(&j->lock);
	if (ended) {
		pthread_join(j->thread, NULL);
		journal_destroy(j);
	}
	return NULL;
}

/* ---- in use ---- */

void journal_status(struct journal *j, struct journal_report *ret_report)
{
	pthread_mutex_lock(&j->lock);
	*ret_report = j->report;
	pthread_mutex_unlock(&j->lock);
}

int journal_fd(const struct journal *j)
{
	return j->event_fd;
}

int journal_next(struct journal *j, struct journal_event *ret_event)
{
	eventfd_t ignored;
	bool some;

	pthread_mutex_lock(&j->lock);
	some = j->event_count > 0;
	if (some) {
		*ret_event = j->events[j->event_first];
		j->event_first = (j->event_first + 1) % JOURNAL_EVENTS_MAX;
		j->event_count--;
		pthread_cond_broadcast(&j->moved);
	}
	if (j->event_count == 0)
		(void)eventfd_read(j->event_fd, &ignored);
	pthread_mutex_unlock(&j->lock);
	return some;
}

unsigned journal_pending(struct journal *j)
{
	unsigned pending;

	pthread_mutex_lock(&j->lock);
	pending = (unsigned)(j->tail - j->done);
	pthread_mutex_unlock(&j->lock);
	return pending;
}

/* The item is the loop's until tail passes it, so only the ends of the ring need the lock. */
int journal_append(struct journal *j, const struct entry *entry)
{
	struct journal_item *item = &j->items[j->tail % INTENT_SLOTS];
	struct journal_item new = {.counter = j->counter + 1, .entry = *entry};
	uint8_t salt[ENTRY_SALT_SIZE] = {0};
	bool full;

	if (entry->has_subject)
		j->options.random(salt, sizeof(salt));
	if (entry_encode(entry, salt, j->options.hash, &new.record) < 0)
		return -EINVAL;
	pthread_mutex_lock(&j->lock);
	full = j->tail - j->done >= JOURNAL_PENDING_MAX;
	if (full)
		intent_refused_set(j->intent, intent_refused(j->intent) + 1);
	pthread_mutex_unlock(&j->lock);
	if (full)
		return -ENOSPC;
	intent_put(j->intent, new.counter, &new.record);
	*item = new;
	j->counter++;
	pthread_mutex_lock(&j->lock);
	j->tail++;
	j->clock = entry->clock;
	pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
	return 0;
}

static int ask(struct journal *j, const struct journal_question *question)
{
	bool room;

	pthread_mutex_lock(&j->lock);
	room = j->question_count < JOURNAL_QUESTIONS_MAX;
	if (room) {
		j->questions[(j->question_first + j->question_count) % JOURNAL_QUESTIONS_MAX] =
			*question;
		j->question_count++;
		pthread_cond_signal(&j->wake);
	}
	pthread_mutex_unlock(&j->lock);
	return room ? 0 : -EAGAIN;
}

int journal_request(struct journal *j, uint64_t after_seq, size_t count)
{
	struct journal_question question = {
		.seq = after_seq,
		.count = count < JOURNAL_BATCH_MAX ? count : JOURNAL_BATCH_MAX,
	};

	int error;

	if (count == 0 || after_seq > INT64_MAX)
		return -EINVAL;
	question.batch = calloc(1, sizeof(*question.batch));
	if (!question.batch)
		return -ENOMEM;
	error = ask(j, &question);
	if (error < 0)
		free(question.batch);
	return error;
}

int journal_ack(struct journal *j, const uint8_t id[ENTRY_JOURNAL_SIZE], uint64_t seq,
	const uint8_t hash[ENTRY_HASH_SIZE])
{
	struct journal_question question = {.ack = true, .seq = seq};

	memcpy(question.id, id, sizeof(question.id));
	memcpy(question.hash, hash, sizeof(question.hash));
	return ask(j, &question);
}

int journal_erase(struct journal *j, const struct journal_erasure *what)
{
	struct journal_question question = {.erasure = malloc(sizeof(*what))};
	int error;

	if (!question.erasure)
		return -ENOMEM;
	*question.erasure = *what;
	error = ask(j, &question);
	if (error < 0)
		free(question.erasure);
	return error;
}
