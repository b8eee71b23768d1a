/* SPDX-License-Identifier: Apache-2.0 */
#include "core/doorway.h"

#include "core/decide.h"
#include <stddef.h>

/* Alarms that end when the door closes. */
#define OPEN_ALARMS (DOORWAY_DID_FORCE | DOORWAY_DID_HOLD_OPEN | DOORWAY_DID_PROP)

static uint64_t later(uint64_t now_ms, uint64_t ms)
{
	return ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + ms;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t or_default(uint32_t ms, uint32_t standard)
{
	return ms ? ms : standard;
}

/* When the last of the two releases ends; 0: neither is on. */
static uint64_t release_end(const struct doorway *d)
{
	return larger(d->due_ms[DOORWAY_TIMER_RELEASE], d->due_ms[DOORWAY_TIMER_EXIT]);
}

static bool is_unlocked(const struct doorway *d)
{
	return d->due_ms[DOORWAY_TIMER_HOLD] != 0 || d->due_ms[DOORWAY_TIMER_SCHEDULE] != 0;
}

static bool strike_on(const struct doorway *d)
{
	return d->config.strike && (d->fire || release_end(d) != 0 || is_unlocked(d));
}

/* Sets one input and says so if it was different. */
static uint32_t set(bool *flag, bool value, uint32_t happened)
{
	if (*flag == value)
		return 0;
	*flag = value;
	return happened;
}

static uint32_t clear(struct doorway *d, uint32_t alarms, uint32_t happened)
{
	if (!(d->alarms & alarms))
		return 0;
	d->alarms &= ~alarms;
	return happened;
}

/* ---- what the events do ---- */

/* Ends what cards, hosts and the schedule began. */
static void end_unlocks(struct doorway *d)
{
	d->due_ms[DOORWAY_TIMER_RELEASE] = 0;
	d->due_ms[DOORWAY_TIMER_HOLD] = 0;
	d->due_ms[DOORWAY_TIMER_SCHEDULE] = 0;
}

static void end_all(struct doorway *d)
{
	end_unlocks(d);
	d->due_ms[DOORWAY_TIMER_EXIT] = 0;
}

static void release(struct doorway *d, enum doorway_timer timer, uint32_t ms)
{
	uint64_t until = later(d->now_ms, smaller(ms, RELEASE_MS_MAX));

	d->due_ms[timer] = larger(d->due_ms[timer], until);
	d->due_ms[DOORWAY_TIMER_HELD_OPEN] = 0; /* counts again from now */
}

static uint32_t grant(struct doorway *d, uint32_t ms, bool override)
{
	if (!d->config.strike || d->fire || ms == 0)
		return 0;
	if (d->fault || (d->lockdown && !override))
		return DOORWAY_DID_REFUSE;
	release(d, DOORWAY_TIMER_RELEASE, ms);
	return 0;
}

static uint32_t press_exit(struct doorway *d)
{
	d->exit_held = true;
	if (!d->config.strike)
		return 0;
	release(d, DOORWAY_TIMER_EXIT, or_default(d->config.exit_ms, RELEASE_MS_DEFAULT));
	return DOORWAY_DID_EXIT;
}

static uint32_t let_exit_go(struct doorway *d)
{
	d->exit_held = false;
	return clear(d, DOORWAY_DID_EXIT_STUCK, DOORWAY_DID_EXIT_FREE);
}

/* timer: HOLD or SCHEDULE; may: nothing stands against its beginning. */
static uint32_t unlock(struct doorway *d, enum doorway_timer timer, uint32_t ms, bool may)
{
	if (!d->config.strike)
		return 0;
	if (ms == 0) {
		d->due_ms[timer] = 0;
		return 0;
	}
	if (!may || d->fire || d->lockdown || d->fault)
		return DOORWAY_DID_REFUSE;
	d->due_ms[timer] = later(d->now_ms, smaller(ms, UNLOCK_MS_MAX));
	return 0;
}

static uint32_t hold(struct doorway *d, uint32_t ms, bool event_mode)
{
	uint32_t happened = unlock(d, DOORWAY_TIMER_HOLD, ms, true);

	if (!happened)
		d->event_mode = event_mode;
	return happened;
}

static uint32_t open_door(struct doorway *d)
{
	bool forced = d->config.strike && !strike_on(d) && d->grace_until_ms == 0;

	if (d->contact != DOORWAY_CONTACT_CLOSED)
		return 0; /* not fitted, or open already */
	d->contact = DOORWAY_CONTACT_OPEN;
	d->grace_until_ms = 0;
	d->due_ms[DOORWAY_TIMER_RELEASE] = 0;
	d->due_ms[DOORWAY_TIMER_EXIT] = 0;
	if (!forced)
		return DOORWAY_DID_OPEN;
	d->alarms |= DOORWAY_DID_FORCE;
	return DOORWAY_DID_OPEN | DOORWAY_DID_FORCE;
}

static uint32_t close_door(struct doorway *d)
{
	if (d->contact != DOORWAY_CONTACT_OPEN)
		return 0;
	d->contact = DOORWAY_CONTACT_CLOSED;
	return DOORWAY_DID_CLOSE | clear(d, OPEN_ALARMS, DOORWAY_DID_CLEAR);
}

static uint32_t begin_fire(struct doorway *d)
{
	end_unlocks(d);
	return set(&d->fire, true, DOORWAY_DID_FIRE);
}

static uint32_t begin_lockdown(struct doorway *d)
{
	/* said again, it does not end an override's release */
	if (!d->lockdown)
		end_unlocks(d);
	return set(&d->lockdown, true, DOORWAY_DID_LOCKDOWN);
}

static uint32_t begin_fault(struct doorway *d)
{
	end_all(d);
	return set(&d->fault, true, DOORWAY_DID_FAULT);
}

static uint32_t throw_bolt(struct doorway *d)
{
	d->bolted = true;
	return clear(d, DOORWAY_DID_LOCK_FAIL, DOORWAY_DID_LOCK_OK);
}

static uint32_t handle(struct doorway *d, enum doorway_event event, uint32_t argument)
{
	switch (event) {
	case DOORWAY_EVENT_TICK:
		return 0;
	case DOORWAY_EVENT_GRANT:
		return grant(d, argument, false);
	case DOORWAY_EVENT_GRANT_OVERRIDE:
		return grant(d, argument, true);
	case DOORWAY_EVENT_EXIT_PRESSED:
		return press_exit(d);
	case DOORWAY_EVENT_EXIT_LET_GO:
		return let_exit_go(d);
	case DOORWAY_EVENT_CONTACT_OPENED:
		return open_door(d);
	case DOORWAY_EVENT_CONTACT_CLOSED:
		return close_door(d);
	case DOORWAY_EVENT_RELOCK:
		end_all(d);
		return 0;
	case DOORWAY_EVENT_FAULT:
		return begin_fault(d);
	case DOORWAY_EVENT_FAULT_OVER:
		return set(&d->fault, false, DOORWAY_DID_RECOVER);
	case DOORWAY_EVENT_FIRE_ON:
		return begin_fire(d);
	case DOORWAY_EVENT_FIRE_OFF:
		return set(&d->fire, false, DOORWAY_DID_FIRE_OVER);
	case DOORWAY_EVENT_LOCKDOWN_ON:
		return begin_lockdown(d);
	case DOORWAY_EVENT_LOCKDOWN_OFF:
		return set(&d->lockdown, false, DOORWAY_DID_LOCKDOWN_OVER);
	case DOORWAY_EVENT_HOLD:
		return hold(d, argument, false);
	case DOORWAY_EVENT_HOLD_EVENT:
		return hold(d, argument, true);
	case DOORWAY_EVENT_SCHEDULE:
		return unlock(d, DOORWAY_TIMER_SCHEDULE, argument, d->trusted && !d->tamper);
	case DOORWAY_EVENT_TRUSTED:
		d->trusted = true;
		return 0;
	case DOORWAY_EVENT_DOUBTED:
		d->trusted = false;
		return 0;
	case DOORWAY_EVENT_TAMPER_ON:
		return set(&d->tamper, true, DOORWAY_DID_TAMPER);
	case DOORWAY_EVENT_TAMPER_OFF:
		return set(&d->tamper, false, DOORWAY_DID_TAMPER_OVER);
	case DOORWAY_EVENT_BOLT_THROWN:
		return throw_bolt(d);
	case DOORWAY_EVENT_BOLT_DRAWN:
		d->bolted = false;
		return 0;
	}
	return 0; /* not an event of ours */
}

/* ---- what time does ---- */

/* Ends the timers that are due: what that raises. A clock that went back, which CLOCK_MONOTONIC
 * never does, ends all of them and raises nothing; watch() starts what still counts. */
static uint32_t pass_time(struct doorway *d, uint64_t now_ms)
{
	static const uint32_t raises[DOORWAY_TIMER_COUNT] = {
		[DOORWAY_TIMER_HELD_OPEN] = DOORWAY_DID_HOLD_OPEN,
		[DOORWAY_TIMER_PROPPED] = DOORWAY_DID_PROP,
		[DOORWAY_TIMER_EXIT_STUCK] = DOORWAY_DID_EXIT_STUCK,
		[DOORWAY_TIMER_LOCK_FAIL] = DOORWAY_DID_LOCK_FAIL,
	};
	bool went_back = now_ms < d->now_ms;
	uint32_t raised = 0;

	d->now_ms = now_ms;
	if (went_back || now_ms >= d->grace_until_ms)
		d->grace_until_ms = 0;
	for (unsigned i = 0; i < DOORWAY_TIMER_COUNT; i++) {
		if (d->due_ms[i] == 0 || (!went_back && now_ms < d->due_ms[i]))
			continue;
		d->due_ms[i] = 0;
		raised |= went_back ? 0 : raises[i];
	}
	d->alarms |= raised;
	return raised;
}

/* Runs a timer for as long as what it counts lasts. */
static void count(struct doorway *d, enum doorway_timer timer, bool lasts, uint32_t ms)
{
	if (!lasts || ms == 0)
		d->due_ms[timer] = 0;
	else if (d->due_ms[timer] == 0)
		d->due_ms[timer] = later(d->now_ms, ms);
}

/* What begins or ends counting follows from the state alone, whatever event led to it. */
static uint32_t watch(struct doorway *d)
{
	const struct doorway_config *c = &d->config;
	bool open = d->contact == DOORWAY_CONTACT_OPEN, quiet;
	uint32_t happened = 0;

	d->event_mode = d->event_mode && d->due_ms[DOORWAY_TIMER_HOLD] != 0;
	quiet = d->fire || d->event_mode;
	if (quiet && !(d->alarms & DOORWAY_DID_FORCE))
		happened = clear(d, OPEN_ALARMS, DOORWAY_DID_CLEAR);
	count(d, DOORWAY_TIMER_HELD_OPEN, open && !quiet && !(d->alarms & OPEN_ALARMS),
		or_default(c->held_open_ms, HELD_OPEN_MS_DEFAULT));
	count(d, DOORWAY_TIMER_PROPPED,
		(d->alarms & OPEN_ALARMS) != 0 && !(d->alarms & DOORWAY_DID_PROP), c->propped_ms);
	count(d, DOORWAY_TIMER_EXIT_STUCK,
		c->strike && d->exit_held && !(d->alarms & DOORWAY_DID_EXIT_STUCK),
		c->exit_stuck_ms);
	count(d, DOORWAY_TIMER_LOCK_FAIL,
		!open && !strike_on(d) && !d->bolted && !(d->alarms & DOORWAY_DID_LOCK_FAIL),
		c->lock_fail_ms);
	return happened;
}

/* ---- a step ---- */

/* What a change of the strike is told by. */
struct level {
	bool strike;
	bool unlocked;
	uint64_t end_ms;
};

static struct level level_of(const struct doorway *d)
{
	return (struct level){strike_on(d), is_unlocked(d), release_end(d)};
}

static uint32_t compare(struct doorway *d, struct level was)
{
	struct level is = level_of(d);
	uint32_t happened = 0;

	if (is.strike && !was.strike)
		happened |= DOORWAY_DID_RELEASE;
	if (was.strike && !is.strike) {
		happened |= DOORWAY_DID_RELOCK;
		if (d->contact == DOORWAY_CONTACT_CLOSED)
			d->grace_until_ms = later(d->now_ms,
				or_default(d->config.forced_grace_ms, FORCED_GRACE_MS_DEFAULT));
	}
	if (was.end_ms != 0 && is.end_ms > was.end_ms)
		happened |= DOORWAY_DID_EXTEND;
	if (is.unlocked != was.unlocked)
		happened |= is.unlocked ? DOORWAY_DID_UNLOCK : DOORWAY_DID_UNLOCK_OVER;
	return happened;
}

static enum doorway_state state_of(const struct doorway *d)
{
	if (d->fault)
		return DOORWAY_STATE_FAULT;
	if (d->alarms & DOORWAY_DID_FORCE)
		return DOORWAY_STATE_FORCED;
	if (d->alarms & DOORWAY_DID_HOLD_OPEN)
		return DOORWAY_STATE_HELD_OPEN;
	if (d->fire || is_unlocked(d))
		return DOORWAY_STATE_UNLOCKED;
	if (d->lockdown && !strike_on(d))
		return DOORWAY_STATE_LOCKDOWN;
	if (d->contact == DOORWAY_CONTACT_OPEN)
		return DOORWAY_STATE_OPEN;
	return strike_on(d) ? DOORWAY_STATE_RELEASED : DOORWAY_STATE_LOCKED;
}

static uint64_t deadline_of(const struct doorway *d)
{
	uint64_t next = release_end(d);

	for (unsigned i = DOORWAY_TIMER_HOLD; i < DOORWAY_TIMER_COUNT; i++)
		if (d->due_ms[i] != 0)
			next = next ? smaller(next, d->due_ms[i]) : d->due_ms[i];
	return next;
}

void doorway_init(
	struct doorway *d, const struct doorway_config *config, bool door_open, uint64_t now_ms)
{
	*d = (struct doorway){.config = *config, .now_ms = now_ms};
	if (config->contact)
		d->contact = door_open ? DOORWAY_CONTACT_OPEN : DOORWAY_CONTACT_CLOSED;
	watch(d);
	d->state = state_of(d);
}

struct doorway_actions doorway_step(
	struct doorway *d, enum doorway_event event, uint32_t argument, uint64_t now_ms)
{
	struct doorway_actions actions = {0};
	struct level level = level_of(d);

	/* first what time alone did, then the event: a tap at the very end releases again */
	actions.happened = pass_time(d, now_ms);
	actions.happened |= compare(d, level);
	level = level_of(d);
	actions.happened |= handle(d, event, argument);
	actions.happened |= compare(d, level);
	actions.happened |= watch(d);
	d->state = state_of(d);
	actions.strike = strike_on(d);
	actions.deadline_ms = deadline_of(d);
	return actions;
}

const char *doorway_state_name(enum doorway_state state)
{
	switch (state) {
	case DOORWAY_STATE_LOCKED:
		return "locked";
	case DOORWAY_STATE_RELEASED:
		return "released";
	case DOORWAY_STATE_OPEN:
		return "open";
	case DOORWAY_STATE_HELD_OPEN:
		return "held_open";
	case DOORWAY_STATE_FORCED:
		return "forced";
	case DOORWAY_STATE_UNLOCKED:
		return "unlocked";
	case DOORWAY_STATE_LOCKDOWN:
		return "lockdown";
	case DOORWAY_STATE_FAULT:
		return "fault";
	}
	return "fault";
}

const char *doorway_contact_name(enum doorway_contact contact)
{
	switch (contact) {
	case DOORWAY_CONTACT_NONE:
		return "unknown";
	case DOORWAY_CONTACT_CLOSED:
		return "closed";
	case DOORWAY_CONTACT_OPEN:
		return "open";
	}
	return "unknown";
}

uint32_t doorway_standing(const struct doorway *d)
{
	return d->alarms | (d->fire ? DOORWAY_DID_FIRE : 0) | (d->tamper ? DOORWAY_DID_TAMPER : 0);
}

const char *doorway_alarm_name(uint32_t bit)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{DOORWAY_DID_FORCE, "forced"},
		{DOORWAY_DID_HOLD_OPEN, "held_open"},
		{DOORWAY_DID_PROP, "propped"},
		{DOORWAY_DID_EXIT_STUCK, "exit_stuck"},
		{DOORWAY_DID_FIRE, "fire"},
		{DOORWAY_DID_TAMPER, "tamper"},
		{DOORWAY_DID_LOCK_FAIL, "lock_fail"},
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].bit == bit)
			return names[i].name;
	return NULL;
}
