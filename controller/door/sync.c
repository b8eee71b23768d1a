/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks and answers: how a door finds out where the hub stands.
 *
 * At each connection it asks HEAD with a fresh nonce; only the answer to that proves that what it
 * hears is not old. One ask is under way at a time; an answer that does not come is asked for again
 * after 3 s, doubling to a minute, each time with a new nonce.
 */
#include "base/log.h"
#include "crypto/hash.h"
#include "door/door.h"

#include <string.h>

#define ASK_WAIT_MS 3000
#define ASK_WAIT_MAX_MS 60000
/* A head comes each minute: after three without one the door asks. */
#define SILENCE_MS 180000
/* A replayed head is a reason to ask, but not a way to make the door ask without end. */
#define DOUBT_MS 30000
/* Changes that follow one another closely share a report: a broker drops what is too much for one
 * reader. What was dropped is told again with a later head, some doors after others. */
#define REPORT_GAP_MS 200
#define REPORT_AGAIN_MS 45000
#define REPORT_SPREAD_MS 8000

static void arm(struct door *door);

/* ---- asking ---- */

static int send_ask(struct door *door, struct sync_ask *ask)
{
	char *body;
	int r;

	strcpy(ask->site, door->conf.site);
	strcpy(ask->door, door->conf.door);
	memcpy(ask->start, door->sync.start, sizeof(ask->start));
	ask->time_us = clock_wall_us() > 0 ? clock_wall_us() : 0;
	ask->revision = door->sync.force.revision;
	memcpy(ask->digest, door->sync.force.digest, sizeof(ask->digest));
	snprintf(ask->program, sizeof(ask->program), "tapin-door %s", TAPIN_VERSION);
	r = sync_ask_write(ask, &body);
	return r < 0 ? r : broker_publish_signed(door, BROKER_TOPIC_ASK, body);
}

/* An ask that waits for no answer. */
static void tell(struct door *door, enum sync_want want, uint64_t erased)
{
	struct sync_ask ask = {.want = want, .erased = erased};

	crypto_random(ask.nonce, sizeof(ask.nonce));
	if (broker_up(door))
		(void)send_ask(door, &ask);
}

static void report_now(struct door *door)
{
	door->sync.report_ms = 0;
	door->sync.reported_ms = clock_mono_ms();
	tell(door, SYNC_WANT_REPORT, 0); /* if it is lost, the next ask says the same */
}

void sync_ask_rollcall(struct door *door)
{
	tell(door, SYNC_WANT_ROLLCALL, 0);
}

void sync_tell_erased(struct door *door, uint64_t member)
{
	tell(door, SYNC_WANT_REPORT, member);
}

void sync_report(struct door *door)
{
	struct door_sync *sync = &door->sync;

	if (clock_mono_ms() - sync->reported_ms >= REPORT_GAP_MS) {
		report_now(door);
		return;
	}
	sync->report_ms = sync->reported_ms + REPORT_GAP_MS;
	arm(door);
}

static void report_again(struct door *door)
{
	struct door_sync *sync = &door->sync;
	uint32_t delay_ms;

	if (sync->report_ms || clock_mono_ms() - sync->reported_ms < REPORT_AGAIN_MS)
		return;
	crypto_random(&delay_ms, sizeof(delay_ms));
	sync->report_ms = clock_mono_ms() + 1 + delay_ms % REPORT_SPREAD_MS;
	arm(door);
}

/* Sends what is wanted, or what was asked for, once more. */
static void ask_now(struct door *door)
{
	struct sync_outstanding *out = &door->sync.ask;
	struct sync_ask ask = {.want = out->want};
	int r;

	memcpy(out->before, out->nonce, sizeof(out->before));
	crypto_random(out->nonce, sizeof(out->nonce));
	memcpy(ask.nonce, out->nonce, sizeof(ask.nonce));
	fetch_fill_ask(door, &ask);
	out->on = true;
	out->due_ms = clock_mono_ms() + out->wait_ms;
	r = send_ask(door, &ask);
	if (r < 0 && r != -ENOTCONN)
		log_warning("sync: the hub could not be asked: %s; tried again", strerror(-r));
}

static void begin_ask(struct door *door)
{
	struct door_sync *sync = &door->sync;

	sync->wants = false;
	sync->ask.want = sync->want;
	sync->ask.wait_ms = ASK_WAIT_MS;
	ask_now(door);
}

static void ask_again(struct door *door)
{
	struct sync_outstanding *out = &door->sync.ask;

	out->wait_ms = out->wait_ms < ASK_WAIT_MAX_MS / 2 ? out->wait_ms * 2 : ASK_WAIT_MAX_MS;
	log_debug("sync: no answer to %s: asked again", sync_want_name(out->want));
	ask_now(door);
}

void sync_want(struct door *door, enum sync_want want, uint32_t delay_ms)
{
	struct door_sync *sync = &door->sync;
	uint64_t at_ms = clock_mono_ms() + delay_ms;

	/* HEAD comes first: its answer says what else there is to ask */
	if (want == SYNC_WANT_REPORT || (!sync->answered && want != SYNC_WANT_HEAD))
		return;
	/* what is on its way already brings as much */
	if (sync->ask.on && (sync->ask.want == SYNC_WANT_HEAD || sync->ask.want >= want))
		return;
	if (!sync->wants || sync->want < want || at_ms < sync->want_ms)
		sync->want_ms = at_ms;
	if (!sync->wants || sync->want < want)
		sync->want = want;
	sync->wants = true;
	arm(door);
}

void sync_progress(struct door *door, bool complete)
{
	struct sync_outstanding *out = &door->sync.ask;

	out->on = out->on && !complete;
	out->wait_ms = ASK_WAIT_MS;
	out->due_ms = clock_mono_ms() + out->wait_ms;
	arm(door);
}

static bool may_ask(const struct door *door)
{
	return broker_up(door) && door->sync.keeper && door->keys.loaded && door->keys.hub_count;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;
	struct door_sync *sync = &door->sync;
	uint64_t now_ms = clock_mono_ms();

	(void)source;
	(void)usec;
	if (may_ask(door)) {
		if (!sync->ask.on && !sync->wants && now_ms - sync->heard_ms >= SILENCE_MS)
			sync_want(door, SYNC_WANT_HEAD, 0);
		if (sync->wants && now_ms >= sync->want_ms)
			begin_ask(door);
		else if (sync->ask.on && now_ms >= sync->ask.due_ms)
			ask_again(door);
		if (sync->report_ms && now_ms >= sync->report_ms)
			report_now(door);
	}
	arm(door);
	return 0;
}

/* The one timer: the next moment at which something is to be asked. */
static void arm(struct door *door)
{
	struct door_sync *sync = &door->sync;
	uint64_t at_ms = sync->heard_ms + SILENCE_MS;

	if (!sync->timer)
		return;
	if (sync->ask.on)
		at_ms = sync->ask.due_ms;
	if (sync->wants && (!sync->ask.on || sync->want_ms < at_ms))
		at_ms = sync->want_ms;
	if (sync->report_ms && sync->report_ms < at_ms)
		at_ms = sync->report_ms;
	sd_event_source_set_time(sync->timer, at_ms * 1000);
	sd_event_source_set_enabled(sync->timer, may_ask(door) ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* ---- the hub's time ---- */

bool sync_now(const struct door *door, int64_t *ret_us)
{
	if (door->sync.time_known)
		*ret_us = (int64_t)clock_mono_us() + door->sync.offset_us;
	else if (clock_trust_ok(door->clock))
		*ret_us = clock_wall_us();
	else
		return false;
	/* a clock that is behind what the hub signed before is wrong, whatever vouches for it */
	if (*ret_us < door->sync.newest.time_us)
		*ret_us = door->sync.newest.time_us;
	return true;
}

static void keep_head(struct door *door)
{
	CLEANUP(cleanup_free) char *body = NULL;

	/* the age after a restart is at most this much too great */
	if (door->sync.newest.time_us - door->sync.head_kept_us < 600LL * 1000000 &&
		door->sync.head_kept_us <= door->sync.newest.time_us && door->sync.head_kept_us)
		return;
	if (sync_head_write(&door->sync.newest, &body) == 0 &&
		sync_keep(door, "head", body, 0) == 0)
		door->sync.head_kept_us = door->sync.newest.time_us;
}

void sync_heard_head(struct door *door, const struct sync_head *head, bool answered)
{
	struct door_sync *sync = &door->sync;
	int64_t offset_us = head->time_us - (int64_t)clock_mono_us();

	/* a message that was held up can only make the hub's clock look slow: the fastest counts,
	 * and an answer to our own ask cannot be older than the ask */
	if (answered || (sync->time_known && offset_us > sync->offset_us))
		sync->offset_us = offset_us;
	sync->time_known |= answered;
	sync->alone_ms = sync->time_known ? 0 : sync->alone_ms;
	sync->newest = *head;
	sync->heard_ms = clock_mono_ms();
	sync->kept = true;
	keep_head(door);
	if (answered)
		door_check_clock(door);
	sync_tell_trust(door);
}

enum decide_roster_age sync_roster_age(const struct door *door)
{
	const struct cache_head *head = &door->roster.rules.head;
	int64_t newest_us = door->sync.newest.time_us, now_us = 0;
	bool known;

	if (!tap_has_hub_roster(door))
		return DECIDE_ROSTER_AGE_UNBOUNDED;
	known = newest_us > 0 && sync_now(door, &now_us);
	return decide_roster_age(known,
		known && now_us > newest_us ? (uint64_t)(now_us - newest_us) / 1000000 : 0,
		head->warn_s, head->bound_s);
}

void sync_tell_trust(struct door *door)
{
	enum decide_roster_age age = sync_roster_age(door);
	bool trusted = clock_trust_ok(door->clock) && age != DECIDE_ROSTER_AGE_STALE &&
		       age != DECIDE_ROSTER_AGE_UNKNOWN;

	if (door->doorway_timer && trusted != door->doorway.trusted)
		io_doorway(door, trusted ? DOORWAY_EVENT_TRUSTED : DOORWAY_EVENT_DOUBTED, 0);
}

/* ---- heads ---- */

void sync_head_facts(const struct door *door, struct accept_head_facts *ret_facts)
{
	const struct door_sync *sync = &door->sync;

	*ret_facts = (struct accept_head_facts){.own = sync->force.revision,
		.floor = sync->floor,
		.newest_us = sync->newest.time_us};
	memcpy(ret_facts->digest, sync->force.digest, sizeof(ret_facts->digest));
}

/* What the door lacks is asked for; broadcasts leave a while for the delta that may be behind
 * them, and for the other doors. */
static void catch_up(struct door *door, enum sync_want want, bool answered)
{
	uint32_t delay_ms = 0;

	if (!answered) {
		crypto_random(&delay_ms, sizeof(delay_ms));
		delay_ms = 100 + delay_ms % 1900;
	}
	if (!fetch_busy(door))
		sync_want(door, want, delay_ms);
}

static void take_head(struct door *door, enum broker_topic topic, const struct sync_head *head,
	bool answered, bool retained)
{
	struct accept_facts facts = broker_facts(door);
	struct accept_head_facts more;
	enum sync_want want;
	enum accept accept;

	sync_head_facts(door, &more);
	accept = accept_head(&facts, &more, head, answered, retained, &want);
	if (accept_refused(accept))
		broker_refuse(door, topic, ENTRY_KIND_ROSTER_REFUSED, accept_text(accept));
	if (accept == ACCEPT_REFUSED_OLD_TIME)
		sync_want(door, SYNC_WANT_HEAD, DOUBT_MS);
	if (accept != ACCEPT_OK)
		return;
	sync_heard_head(door, head, answered);
	catch_up(door, want, answered);
	rollcall_heard_head(door);
	report_again(door);
}

void sync_take_head(struct door *door, const struct mqtt_event *event)
{
	struct sync_head head;
	char err[ERR_MAX];
	const char *body;
	size_t size;

	if (broker_open(door, BROKER_TOPIC_HEAD, event, &body, &size) < 0)
		return;
	if (sync_head_read(body, size, &head, err) < 0)
		broker_refuse(door, BROKER_TOPIC_HEAD, ENTRY_KIND_ROSTER_REFUSED, err);
	else
		take_head(door, BROKER_TOPIC_HEAD, &head, false, event->retained);
}

/* ---- answers ---- */

static void take_head_answer(struct door *door, const struct sync_answer *answer)
{
	bool first = !door->sync.answered;

	door->sync.answered = true;
	sync_progress(door, true);
	take_head(door, BROKER_TOPIC_ROSTER, &answer->head, true, false);
	state_take_answer(door, answer);
	feed_rewind(door, &answer->journal);
	/* a hold that waited for the hub's time can be judged now */
	state_apply(door);
	if (first)
		log_info("sync: the hub answered: its roster is %u.%llu, this door's %u.%llu",
			answer->head.revision.generation,
			(unsigned long long)answer->head.revision.number,
			door->sync.force.revision.generation,
			(unsigned long long)door->sync.force.revision.number);
}

/* Whose answer it is: 1 of the ask under way, 0 of the one before, which was given up, or -1. */
static int whose(const struct door *door, const struct sync_answer *answer)
{
	static const uint8_t none[SYNC_NONCE_SIZE];
	const struct sync_outstanding *out = &door->sync.ask;

	if (out->on && memcmp(answer->nonce, out->nonce, sizeof(out->nonce)) == 0)
		return 1;
	return memcmp(answer->nonce, none, sizeof(none)) != 0 &&
			       (memcmp(answer->nonce, out->before, sizeof(out->before)) == 0 ||
				       memcmp(answer->nonce, out->nonce, sizeof(out->nonce)) == 0)
		       ? 0
		       : -1;
}

static void take_answer(struct door *door, struct sync_answer *answer)
{
	const char *why = NULL;
	int mine = whose(door, answer);

	if (strcmp(answer->site, door->conf.site) != 0)
		why = accept_text(ACCEPT_REFUSED_SITE);
	else if (strcmp(answer->door, door->conf.door) != 0)
		why = accept_text(ACCEPT_REFUSED_DOOR);
	else if (mine < 0)
		why = "it answers no ask of this door's: replayed, or for an earlier start";
	if (why)
		broker_refuse(door, BROKER_TOPIC_ROSTER, ENTRY_KIND_ROSTER_REFUSED, why);
	if (why || mine == 0)
		return;
	switch (answer->kind) {
	case SYNC_ANSWER_HEAD:
		take_head_answer(door, answer);
		return;
	case SYNC_ANSWER_DELTA:
	case SYNC_ANSWER_SNAPSHOT:
		fetch_take_chunk(door, answer);
		return;
	case SYNC_ANSWER_RESTART:
		fetch_abort(door);
		sync_progress(door, true);
		sync_want(door, SYNC_WANT_SNAPSHOT, ASK_WAIT_MS / 3);
		return;
	}
}

void sync_take_answer(struct door *door, const struct mqtt_event *event)
{
	struct sync_answer answer;
	char err[ERR_MAX];
	const char *body;
	size_t size;

	if (broker_open(door, BROKER_TOPIC_ROSTER, event, &body, &size) < 0)
		return;
	if (sync_answer_read(body, size, &answer, err) < 0) {
		broker_refuse(door, BROKER_TOPIC_ROSTER, ENTRY_KIND_ROSTER_REFUSED, err);
		return;
	}
	take_answer(door, &answer);
	sync_answer_free(&answer);
}

/* ---- the connection ---- */

void sync_keys_changed(struct door *door)
{
	if (!door->sync.answered && may_ask(door) && !door->sync.ask.on)
		sync_want(door, SYNC_WANT_HEAD, 0);
}

void sync_connected(struct door *door)
{
	struct door_sync *sync = &door->sync;

	sync->heard_ms = clock_mono_ms();
	fetch_abort(door);
	sync->ask = (struct sync_outstanding){0};
	sync->wants = false;
	if (may_ask(door))
		sync_want(door, SYNC_WANT_HEAD, 0);
}

int sync_start_timer(struct door *door)
{
	int r = sd_event_add_time(
		door->event, &door->sync.timer, CLOCK_MONOTONIC, UINT64_MAX, 5000, on_timer, door);

	if (r < 0) {
		log_error("sync: its timer cannot be made: %s; the hub is not asked", strerror(-r));
		return r;
	}
	sd_event_source_set_priority(door->sync.timer, DOOR_PRIORITY_FEED);
	sync_connected(door);
	return 0;
}

void sync_disconnected(struct door *door)
{
	if (!door->sync.alone_ms)
		door->sync.alone_ms = clock_mono_ms();
	arm(door);
}
