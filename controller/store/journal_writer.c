/* SPDX-License-Identifier: Apache-2.0 */
/* The writer's side of the journal: the only thread that waits for the disk. */
#include "journal_private.h"

#include "base/clock.h"
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#define DELAY_MIN_US 200000
#define DELAY_MAX_US 5000000

/* Gives the loop an event; waits where it takes none, unless nobody will. Takes over the batch. */
static void tell(struct journal *j, const struct journal_event *event)
{
	pthread_mutex_lock(&j->lock);
	while (j->event_count == JOURNAL_EVENTS_MAX && !j->closing)
		pthread_cond_wait(&j->moved, &j->lock);
	if (j->closing) {
		free(event->batch);
	} else {
		j->events[(j->event_first + j->event_count) % JOURNAL_EVENTS_MAX] = *event;
		j->event_count++;
		(void)eventfd_write(j->event_fd, 1);
	}
	pthread_mutex_unlock(&j->lock);
}

static void take_stamp(struct journal *j)
{
	j->stamp.wall_us = clock_wall_us();
	j->stamp.mono_us = clock_mono_us();
	pthread_mutex_lock(&j->lock);
	j->stamp.clock = j->clock;
	pthread_mutex_unlock(&j->lock);
}

void journal_writer_fail(struct journal *j, int error, const char *message)
{
	struct journal_event event = {.kind = JOURNAL_EVENT_FAULT, .error = error};

	j->delay_us = j->delay_us == 0 ? DELAY_MIN_US : j->delay_us * 2;
	if (j->delay_us > DELAY_MAX_US)
		j->delay_us = DELAY_MAX_US;
	j->retry_us = clock_mono_us() + j->delay_us;
	if (j->fault < 0)
		return;
	j->fault = error;
	j->fault_since_us = j->stamp.wall_us;
	snprintf(event.message, sizeof(event.message), "%s", message);
	tell(j, &event);
}

static void publish_tip(struct journal *j)
{
	struct journal_report *r = &j->report;

	intent_tip_set(j->intent, &j->db.tip);
	pthread_mutex_lock(&j->lock);
	r->open = true;
	memcpy(r->id, j->db.id, sizeof(r->id));
	memcpy(r->before, j->db.before, sizeof(r->before));
	r->last_seq = j->db.tip.seq;
	r->acked_seq = j->db.acked_seq;
	pthread_mutex_unlock(&j->lock);
}

int journal_writer_open(struct journal *j, char err[ERR_MAX])
{
	struct journal_report found = {0};
	struct intent_tip known;
	bool knows = intent_tip_get(j->intent, &known);
	int error =
		journal_db_open(&j->db, &j->options, knows ? &known : NULL, &j->stamp, &found, err);

	if (error < 0)
		return error;
	pthread_mutex_lock(&j->lock);
	j->report.damaged = found.damaged;
	memcpy(j->report.damaged_path, found.damaged_path, sizeof(found.damaged_path));
	pthread_mutex_unlock(&j->lock);
	publish_tip(j);
	return 0;
}

/* Makes the file usable again after a failure. */
static int repair(struct journal *j, char err[ERR_MAX])
{
	int error = 0;

	if (j->db.db && j->fault == -ESTALE) {
		error = journal_db_rescue(&j->db, j->options.path, err);
	} else if (j->db.db && j->fault == -EBADMSG) {
		journal_db_drop(&j->db);
	}
	if (error == 0 && !j->db.db)
		error = journal_writer_open(j, err);
	return error;
}

/* ---- one transaction ---- */

struct group {
	struct journal_item *items[JOURNAL_GROUP_MAX + 2];
	size_t count;
	uint64_t until;   /* done becomes this */
	uint64_t refused; /* told by an entry in this group */
	uint64_t intent;
};

/* Adds an entry of the writer's own, which has no intent. */
static void add_own(struct journal *j, struct group *group, struct journal_item *item,
	enum entry_kind kind, const char *detail)
{
	*item = (struct journal_item){.entry = j->stamp};
	item->entry.kind = kind;
	entry_text_set(item->entry.detail, sizeof(item->entry.detail), detail);
	if (entry_encode(&item->entry, item->record.salt, j->options.hash, &item->record) == 0)
		group->items[group->count++] = item;
}

static void add_fault(struct journal *j, struct group *group, uint64_t waited)
{
	char since[25], detail[ENTRY_DETAIL_MAX + 1];

	clock_format_utc(j->fault_since_us, since);
	snprintf(detail, sizeof(detail),
		"the journal could not be written since %s (%s); %llu entries waited", since,
		strerror(-j->fault), (unsigned long long)waited);
	add_own(j, group, &j->own[0], ENTRY_KIND_JOURNAL_FAULT, detail);
}

static void add_lost(struct journal *j, struct group *group)
{
	char detail[ENTRY_DETAIL_MAX + 1];

	snprintf(detail, sizeof(detail), "%llu entries were lost: more than %d waited for the disk",
		(unsigned long long)group->refused, JOURNAL_PENDING_MAX);
	add_own(j, group, &j->own[1], ENTRY_KIND_RECORDS_LOST, detail);
}

/* A fault first, then what waits in its order, then, once all of that is in, what had no room. */
static void gather(struct journal *j, struct group *group)
{
	uint64_t tail, done;

	pthread_mutex_lock(&j->lock);
	tail = j->tail;
	done = j->done;
	group->refused = intent_refused(j->intent);
	pthread_mutex_unlock(&j->lock);
	if (j->fault < 0)
		add_fault(j, group, tail - done);
	for (; done < tail && group->count < JOURNAL_GROUP_MAX; done++) {
		struct journal_item *item = &j->items[done % INTENT_SLOTS];

		if (item->recovered && item->counter <= j->db.intent)
			continue; /* committed, then killed before its slot was cleared */
		group->items[group->count++] = item;
		if (!intent_volatile(j->intent))
			group->intent = item->counter;
	}
	group->until = done;
	if (done < tail)
		group->refused = 0;
	if (group->refused > 0)
		add_lost(j, group);
}

/* The group is durable: empties its slots, then its places in the ring, then tells. */
static void settle(struct journal *j, const struct group *group, uint64_t done)
{
	for (; done < group->until; done++)
		intent_clear(j->intent, j->items[done % INTENT_SLOTS].counter);
	publish_tip(j);
	pthread_mutex_lock(&j->lock);
	j->done = group->until;
	intent_refused_set(j->intent, intent_refused(j->intent) - group->refused);
	pthread_cond_broadcast(&j->moved);
	pthread_mutex_unlock(&j->lock);
	if (j->fault < 0)
		tell(j, &(struct journal_event){.kind = JOURNAL_EVENT_HEALED});
	j->fault = 0;
	j->delay_us = 0;
	j->retry_us = 0;
	for (size_t i = 0; i < group->count; i++)
		tell(j, &(struct journal_event){
				.kind = JOURNAL_EVENT_COMMITTED,
				.seq = group->items[i]->seq,
				.entry = group->items[i]->entry,
			});
}

static void write_group(struct journal *j, uint64_t done)
{
	struct group group = {0};
	char err[ERR_MAX] = "";
	int error;

	take_stamp(j);
	error = repair(j, err);
	if (error == 0) {
		gather(j, &group);
		error = journal_db_write(&j->db, &j->options, group.items, group.count,
			&(struct journal_marks){.intent = group.intent}, err);
	}
	if (error < 0) {
		if (j->fault < 0 && (error == -ESTALE || error == -EBADMSG))
			j->fault = error; /* it got worse: repair needs to know */
		journal_writer_fail(j, error, err);
	} else {
		settle(j, &group, done);
	}
}

/* ---- questions ---- */

/* "entries 3, 17 and 5 more …" */
static void list_rotten(const struct journal_rotten *rotten, char detail[ENTRY_DETAIL_MAX + 1])
{
	bool one = rotten->count == 1;
	size_t shown = rotten->count < 6 ? rotten->count : 5;
	int at = snprintf(detail, ENTRY_DETAIL_MAX + 1, "%s", one ? "entry" : "entries");

	for (size_t i = 0; i < shown; i++)
		at += snprintf(detail + at, ENTRY_DETAIL_MAX + 1 - at, "%s %llu", i ? "," : "",
			(unsigned long long)rotten->seqs[i]);
	if (shown < rotten->count)
		at += snprintf(detail + at, ENTRY_DETAIL_MAX + 1 - at, " and %zu more",
			rotten->count - shown);
	snprintf(detail + at, ENTRY_DETAIL_MAX + 1 - at, " %s: sent as %s",
		one ? "does not fit its hash" : "do not fit their hashes",
		one ? "it is" : "they are");
}

/* Once for each: the mark is written with the entry. A disk that refuses now is asked again with
 * the next batch. */
static void tell_rotten(struct journal *j, const struct journal_rotten *rotten)
{
	struct journal_item item = {0}, *items[] = {&item};
	struct journal_marks marks = {.skipped = rotten->seqs[rotten->count - 1]};
	char err[ERR_MAX];

	take_stamp(j);
	item.entry = j->stamp;
	item.entry.kind = ENTRY_KIND_RECORD_SKIPPED;
	list_rotten(rotten, item.entry.detail);
	if (entry_encode(&item.entry, item.record.salt, j->options.hash, &item.record) < 0 ||
		journal_db_write(&j->db, &j->options, items, 1, &marks, err) < 0)
		return;
	publish_tip(j);
	tell(j, &(struct journal_event){
			.kind = JOURNAL_EVENT_COMMITTED, .seq = item.seq, .entry = item.entry});
}

static void answer_request(struct journal *j, const struct journal_question *question)
{
	struct journal_event event = {.kind = JOURNAL_EVENT_BATCH, .batch = question->batch};
	struct journal_rotten rotten = {0};

	if (j->db.db) {
		event.error = journal_db_read(&j->db, &j->options, question->seq, question->count,
			event.batch, &rotten, event.message);
	} else {
		event.error = -EAGAIN;
		snprintf(event.message, sizeof(event.message), "%s: is not open yet",
			j->options.path);
	}
	tell(j, &event);
	if (rotten.count > 0 && j->fault == 0)
		tell_rotten(j, &rotten);
}

static void answer_ack(struct journal *j, const struct journal_question *question)
{
	struct journal_event event = {.kind = JOURNAL_EVENT_ACKED, .seq = question->seq};

	event.error = -EAGAIN;
	if (j->db.db)
		event.error = journal_db_ack(&j->db, j->options.path, question->id, question->seq,
			question->hash, event.message);
	else
		snprintf(event.message, sizeof(event.message), "%s: is not open yet",
			j->options.path);
	if (event.error < 0) {
		event.kind = JOURNAL_EVENT_ACK_REFUSED;
	} else {
		event.seq = j->db.acked_seq;
		publish_tip(j);
	}
	tell(j, &event);
}

static void answer_erase(struct journal *j, const struct journal_question *question)
{
	struct journal_event event = {
		.kind = JOURNAL_EVENT_ERASED, .tag = question->erasure->tag, .error = -EAGAIN};

	if (j->db.db && j->fault == 0)
		event.error = journal_db_erase(
			&j->db, &j->options, question->erasure, &event.seq, event.message);
	else
		snprintf(event.message, sizeof(event.message), "%s: cannot be written now",
			j->options.path);
	free(question->erasure);
	tell(j, &event);
}

static void answer(struct journal *j)
{
	struct journal_question question;
	bool some;

	pthread_mutex_lock(&j->lock);
	some = j->question_count > 0;
	question = j->questions[j->question_first];
	j->questions[j->question_first].batch = NULL;
	j->questions[j->question_first].erasure = NULL;
	pthread_mutex_unlock(&j->lock);
	if (!some)
		return;
	if (question.ack)
		answer_ack(j, &question);
	else if (question.erasure)
		answer_erase(j, &question);
	else
		answer_request(j, &question);
	pthread_mutex_lock(&j->lock);
	j->question_first = (j->question_first + 1) % JOURNAL_QUESTIONS_MAX;
	j->question_count--;
	pthread_cond_broadcast(&j->moved);
	pthread_mutex_unlock(&j->lock);
}

/* ---- the thread ---- */

/* Waits until there is something to do: false to end. *ret_write: entries, or a fault to try. */
static bool await(struct journal *j, bool *ret_write, uint64_t *ret_done)
{
	bool more;

	pthread_mutex_lock(&j->lock);
	for (;;) {
		bool wants = j->tail > j->done || j->fault < 0;
		struct timespec until = {
			.tv_sec = (time_t)(j->retry_us / 1000000),
			.tv_nsec = (long)(j->retry_us % 1000000) * 1000,
		};

		*ret_write = wants && clock_mono_us() >= j->retry_us;
		if (j->stop || *ret_write || j->question_count > 0)
			break;
		if (wants)
			pthread_cond_timedwait(&j->wake, &j->lock, &until);
		else
			pthread_cond_wait(&j->wake, &j->lock);
	}
	*ret_done = j->done;
	more = !j->stop;
	pthread_mutex_unlock(&j->lock);
	return more;
}

void *journal_writer_run(void *journal)
{
	struct journal *j = journal;
	bool write, abandoned;
	uint64_t done;

	while (await(j, &write, &done)) {
		if (write)
			write_group(j, done);
		answer(j);
	}
	journal_db_close(&j->db);
	pthread_mutex_lock(&j->lock);
	j->ended = true;
	abandoned = j->abandoned;
	pthread_cond_broadcast(&j->moved);
	pthread_mutex_unlock(&j->lock);
	if (abandoned)
		journal_destroy(j);
	return NULL;
}
