/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lockdown, mode and hold: the hub's signed states, which outlive every restart.
 *
 * What is kept are the bodies, not the envelopes: they were genuine when they came, and stay in
 * force though the key that signed them is revoked. resolve.c says what they ask for now; here it
 * is told to the doorway, again whenever something may have changed that.
 */
#include "base/log.h"
#include "door/door.h"
#include "door/resolve.h"

#include <inttypes.h>
#include <string.h>

/* A hold whose end differs less is not said again: the hub's time is corrected by milliseconds. */
#define SAME_MS 2000

/* ---- what the states ask for ---- */

static bool is_spent(const struct door_state *state)
{
	return state->door.revision.generation > 0 &&
	       revision_compare(&state->door.revision, &state->spent) == 0;
}

/* Not one that was lifted here. */
static bool site_locks(const struct door_state *state)
{
	return state->site.lockdown && !lift_covers(&state->lifted_site, &state->site.revision);
}

static struct resolve_wish resolve(const struct door *door)
{
	const struct door_state *state = &door->state;
	bool lifted = lift_covers(&state->lifted_door, &state->door.revision);
	struct resolve_facts facts = {
		.site_lockdown = site_locks(state),
		.mode = lifted && state->door.mode == DOOR_MODE_LOCKDOWN ? DOOR_MODE_CONTROLLED
									 : state->door.mode,
		.hold_from_us = state->door.hold_from_us,
		.hold_until_us = state->door.hold_until_us,
		.event = state->door.event,
		.spent = is_spent(state),
	};

	facts.time_known = sync_now(door, &facts.now_us);
	return resolve_state(&facts);
}

static void note_spent(struct door *door)
{
	struct door_state *state = &door->state;
	char text[64];

	state->spent = state->door.revision;
	snprintf(text, sizeof(text), "%u %" PRIu64, state->spent.generation, state->spent.number);
	(void)sync_keep(door, "spent", text, 0);
}

void state_spend(struct door *door)
{
	/* one that is still to come was not ended by anything */
	if (resolve(door).open != RESOLVE_OPEN_NO)
		note_spent(door);
}

/* ---- telling the doorway ---- */

/* Who locks the door down; or ends that: whoever lifts it here, else the state that came last. */
static struct door_cause lockdown_cause(const struct door *door, bool lockdown)
{
	const struct door_state *state = &door->state;
	bool by_site = lockdown ? site_locks(state) : state->site.time_us > state->door.time_us;

	if (!lockdown && state->lifter)
		return (struct door_cause){.actor = state->lifter, .what = "lifted at the door"};
	return (struct door_cause){
		.actor = by_site ? state->site.actor : state->door.actor,
		.what = by_site ? "site" : "door",
	};
}

static void tell_lockdown(struct door *door, bool lockdown)
{
	struct door_cause cause = lockdown_cause(door, lockdown);

	if (lockdown != door->doorway.lockdown)
		io_doorway_by(door,
			lockdown ? DOORWAY_EVENT_LOCKDOWN_ON : DOORWAY_EVENT_LOCKDOWN_OFF, 0,
			&cause);
}

static void describe(const struct sync_door_state *state, char out[ENTRY_DETAIL_MAX + 1])
{
	char until[25];

	if (state->hold_until_us == 0) {
		snprintf(out, ENTRY_DETAIL_MAX + 1, "%s", door_mode_name(state->mode));
		return;
	}
	clock_format_utc(state->hold_until_us, until);
	snprintf(out, ENTRY_DETAIL_MAX + 1, "%s until %s", state->event ? "event" : "hold", until);
}

/* What the doorway holds already is not said again. */
static bool holds_as_wished(const struct door *door, const struct resolve_wish *wish)
{
	uint64_t due_ms = door->doorway.due_ms[DOORWAY_TIMER_HOLD], now_ms = clock_mono_ms();
	uint64_t wished_ms = now_ms + wish->open_ms;

	if (wish->open == RESOLVE_OPEN_NO)
		return due_ms == 0;
	return due_ms != 0 && door->doorway.event_mode == (wish->open == RESOLVE_OPEN_EVENT) &&
	       due_ms < wished_ms + SAME_MS &&
	       (due_ms + SAME_MS > wished_ms ||
		       /* until further notice: again once half of it has passed */
		       (wish->open_ms == UNLOCK_MS_MAX && due_ms > now_ms + UNLOCK_MS_MAX / 2));
}

/* Nothing opens the door without an entry; housekeeping comes again. */
static bool may_begin(struct door *door, const struct resolve_wish *wish)
{
	bool begins =
		wish->open != RESOLVE_OPEN_NO && door->doorway.due_ms[DOORWAY_TIMER_HOLD] == 0;
	bool full = begins && !record_has_room(door);

	if (full && !door->state.told_full)
		log_error("state: the journal is full: not opened until its disk takes entries");
	door->state.told_full = full;
	return !full;
}

static void tell_hold(struct door *door, const struct resolve_wish *wish)
{
	char what[ENTRY_DETAIL_MAX + 1];
	struct door_cause cause = {.actor = door->state.door.actor, .what = what};

	/* the doorway would refuse it now; housekeeping comes again */
	if (wish->open != RESOLVE_OPEN_NO &&
		(door->doorway.fault || door->doorway.fire || !door->doorway.config.strike))
		return;
	if (holds_as_wished(door, wish) || !may_begin(door, wish))
		return;
	describe(&door->state.door, what);
	if (wish->lockdown)
		cause = lockdown_cause(door, true), cause.what = "lockdown";
	io_doorway_by(door,
		wish->open == RESOLVE_OPEN_EVENT ? DOORWAY_EVENT_HOLD_EVENT : DOORWAY_EVENT_HOLD,
		wish->open_ms, &cause);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	state_apply(userdata);
	return 0;
}

static void look_again(struct door *door, uint64_t again_ms)
{
	sd_event_source **timer = &door->state.timer;

	if (!*timer && again_ms > 0 &&
		sd_event_add_time(
			door->event, timer, CLOCK_MONOTONIC, UINT64_MAX, 1000, on_timer, door) >= 0)
		sd_event_source_set_priority(*timer, DOOR_PRIORITY_INPUT);
	if (!*timer)
		return; /* housekeeping looks, too */
	sd_event_source_set_time(*timer, (clock_mono_ms() + again_ms) * 1000);
	sd_event_source_set_enabled(*timer, again_ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void state_apply(struct door *door)
{
	struct resolve_wish wish = resolve(door);

	/* ended before the lockdown ends it: the entry then names who; fire ends what is said
	 * during it, too */
	if (wish.spends ||
		(door->doorway.fire && wish.open != RESOLVE_OPEN_NO && !is_spent(&door->state)))
		note_spent(door);
	if (!wish.lockdown)
		tell_lockdown(door, false);
	tell_hold(door, &wish);
	if (wish.lockdown)
		tell_lockdown(door, true);
	look_again(door, wish.again_ms);
}

/* ---- taking states ---- */

static void say(struct door *door, const char *whose, const char *what, const char *actor)
{
	log_info("state: %s: %s", whose, what);
	(void)record_act(door, ENTRY_KIND_STATE_CHANGED, actor, "%s: %s", whose, what);
}

static void keep_site(struct door *door)
{
	CLEANUP(cleanup_free) char *body = NULL;

	if (sync_site_state_write(&door->state.site, &body) == 0)
		(void)sync_keep(door, "site_state", body, 0);
}

static void keep_door(struct door *door)
{
	CLEANUP(cleanup_free) char *body = NULL;

	if (sync_door_state_write(&door->state.door, &body) == 0)
		(void)sync_keep(door, "door_state", body, 0);
}

static void take_site(struct door *door, const struct sync_site_state *state, bool answered,
	enum broker_topic topic)
{
	struct accept_facts facts = broker_facts(door);
	enum accept accept = accept_site_state(&facts, &door->state.site, state, answered);

	if (accept_refused(accept))
		broker_refuse(door, topic, ENTRY_KIND_MESSAGE_REFUSED, accept_text(accept));
	if (accept != ACCEPT_OK)
		return;
	if (state->lockdown != door->state.site.lockdown)
		say(door, "site", state->lockdown ? "lockdown" : "no lockdown", state->actor);
	door->state.site = *state;
	state_apply(door);
	keep_site(door);
	door_status(door);
}

static void take_door(struct door *door, const struct sync_door_state *state, bool answered,
	enum broker_topic topic)
{
	struct accept_facts facts = broker_facts(door);
	enum accept accept = accept_door_state(&facts, &door->state.door, state, answered);
	char what[ENTRY_DETAIL_MAX + 1];

	if (accept_refused(accept))
		broker_refuse(door, topic, ENTRY_KIND_MESSAGE_REFUSED, accept_text(accept));
	if (accept != ACCEPT_OK)
		return;
	describe(state, what);
	say(door, "door", what, state->actor);
	door->state.door = *state;
	state_apply(door);
	keep_door(door);
	door_status(door);
}

void state_take_site(struct door *door, const struct mqtt_event *event)
{
	struct sync_site_state state;
	char err[ERR_MAX];
	const char *body;
	size_t size;

	if (broker_open(door, BROKER_TOPIC_SITE_STATE, event, &body, &size) < 0)
		return;
	if (sync_site_state_read(body, size, &state, err) < 0)
		broker_refuse(door, BROKER_TOPIC_SITE_STATE, ENTRY_KIND_MESSAGE_REFUSED, err);
	else
		take_site(door, &state, false, BROKER_TOPIC_SITE_STATE);
}

void state_take_door(struct door *door, const struct mqtt_event *event)
{
	struct sync_door_state state;
	char err[ERR_MAX];
	const char *body;
	size_t size;

	if (broker_open(door, BROKER_TOPIC_STATE, event, &body, &size) < 0)
		return;
	if (sync_door_state_read(body, size, &state, err) < 0)
		broker_refuse(door, BROKER_TOPIC_STATE, ENTRY_KIND_MESSAGE_REFUSED, err);
	else
		take_door(door, &state, false, BROKER_TOPIC_STATE);
}

void state_take_answer(struct door *door, const struct sync_answer *answer)
{
	take_site(door, &answer->site_state, true, BROKER_TOPIC_ROSTER);
	take_door(door, &answer->door_state, true, BROKER_TOPIC_ROSTER);
}

/* ---- start ---- */

/* The kept text of a state, or NULL. */
static char *load(struct door *door, const char *name, size_t *ret_size)
{
	char *text = NULL;
	int r = keeper_value(door->sync.keeper, name, &text, ret_size);

	if (r < 0 && r != -ENOENT)
		log_error("kept.db: %s cannot be read: %s", name, strerror(-r));
	return r < 0 ? NULL : text;
}

/* A disk that comes late must not undo what was taken meanwhile. */
static void recall_site(struct door *door)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct sync_site_state *site = &door->state.site, kept = {0};
	char err[ERR_MAX];
	size_t size;

	text = load(door, "site_state", &size);
	if (text && sync_site_state_read(text, size, &kept, err) < 0)
		log_error("kept.db: site_state: %s", err), kept = (struct sync_site_state){0};
	if (revision_compare(&kept.revision, &site->revision) > 0)
		*site = kept;
	else if (revision_compare(&kept.revision, &site->revision) < 0)
		keep_site(door);
}

static void recall_door(struct door *door)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct sync_door_state *state = &door->state.door, kept = {0};
	char err[ERR_MAX];
	size_t size;

	text = load(door, "door_state", &size);
	if (text && sync_door_state_read(text, size, &kept, err) < 0)
		log_error("kept.db: door_state: %s", err), kept = (struct sync_door_state){0};
	if (revision_compare(&kept.revision, &state->revision) > 0)
		*state = kept;
	else if (revision_compare(&kept.revision, &state->revision) < 0)
		keep_door(door);
}

static void recall_spent(struct door *door)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct revision *spent = &door->state.spent, kept;
	size_t size;

	text = load(door, "spent", &size);
	if (text && sscanf(text, "%" SCNu32 " %" SCNu64, &kept.generation, &kept.number) == 2 &&
		revision_compare(&kept, spent) > 0)
		*spent = kept;
}

void state_start(struct door *door)
{
	recall_site(door);
	recall_door(door);
	recall_spent(door);
	lift_start(door);
	state_apply(door);
}

void state_stop(struct door *door)
{
	door->state.timer = sd_event_source_disable_unref(door->state.timer);
}
