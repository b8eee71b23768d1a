/* SPDX-License-Identifier: Apache-2.0 */
#include "core/doorway.h"

#include "core/decide.h"

static uint64_t later(uint64_t now_ms, uint64_t ms)
{
	return ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + ms;
}

static bool is_released(const struct doorway *d)
{
	return d->release_until_ms != 0;
}

static void count_held_open(struct doorway *d)
{
	uint32_t ms = d->config.held_open_ms;

	d->held_at_ms = later(d->now_ms, ms ? ms : HELD_OPEN_MS_DEFAULT);
}

static uint32_t end_release(struct doorway *d)
{
	if (!is_released(d))
		return 0;
	d->release_until_ms = 0;
	return DOORWAY_DID_RELOCK;
}

static uint32_t release(struct doorway *d, uint32_t ms)
{
	bool extends = is_released(d);
	uint64_t until;

	if (!d->config.strike || ms == 0)
		return 0;
	until = later(d->now_ms, ms < RELEASE_MS_MAX ? ms : RELEASE_MS_MAX);
	if (d->opened == DOORWAY_STATE_OPEN)
		count_held_open(d);
	if (until <= d->release_until_ms)
		return 0;
	d->release_until_ms = until;
	return extends ? DOORWAY_DID_EXTEND : DOORWAY_DID_RELEASE;
}

static uint32_t press_exit(struct doorway *d)
{
	uint32_t ms = d->config.exit_ms;

	d->exit_held = true;
	if (!d->config.strike)
		return 0;
	return DOORWAY_DID_EXIT | release(d, ms ? ms : RELEASE_MS_DEFAULT);
}

static uint32_t open_door(struct doorway *d, bool was_released)
{
	if (d->contact != DOORWAY_CONTACT_CLOSED)
		return 0; /* not fitted, or open already */
	d->contact = DOORWAY_CONTACT_OPEN;
	if (d->config.strike && !was_released) {
		d->opened = DOORWAY_STATE_FORCED;
		return DOORWAY_DID_OPEN | DOORWAY_DID_FORCE;
	}
	d->opened = DOORWAY_STATE_OPEN;
	count_held_open(d);
	return DOORWAY_DID_OPEN | end_release(d);
}

static uint32_t close_door(struct doorway *d)
{
	uint32_t happened = DOORWAY_DID_CLOSE;

	if (d->contact != DOORWAY_CONTACT_OPEN)
		return 0;
	if (d->opened != DOORWAY_STATE_OPEN)
		happened |= DOORWAY_DID_CLEAR;
	d->contact = DOORWAY_CONTACT_CLOSED;
	d->opened = DOORWAY_STATE_LOCKED;
	d->held_at_ms = 0;
	return happened;
}

static uint32_t begin_fault(struct doorway *d)
{
	end_release(d);
	if (d->fault)
		return 0;
	d->fault = true;
	return DOORWAY_DID_FAULT;
}

static uint32_t end_fault(struct doorway *d)
{
	if (!d->fault)
		return 0;
	d->fault = false;
	return DOORWAY_DID_RECOVER;
}

/* What time alone brings about; also for a clock that went back, which CLOCK_MONOTONIC never does.
 */
static uint32_t pass_time(struct doorway *d, uint64_t now_ms)
{
	bool went_back = now_ms < d->now_ms;
	uint32_t happened = 0;

	d->now_ms = now_ms;
	if (is_released(d) && (went_back || now_ms >= d->release_until_ms))
		happened |= end_release(d);
	if (d->held_at_ms != 0 && went_back)
		count_held_open(d);
	if (d->held_at_ms != 0 && now_ms >= d->held_at_ms) {
		d->held_at_ms = 0;
		d->opened = DOORWAY_STATE_HELD_OPEN;
		happened |= DOORWAY_DID_HOLD_OPEN;
	}
	return happened;
}

static uint32_t handle(
	struct doorway *d, enum doorway_event event, uint32_t argument, bool was_released)
{
	switch (event) {
	case DOORWAY_EVENT_TICK:
		return 0;
	case DOORWAY_EVENT_GRANT:
		return d->fault ? 0 : release(d, argument);
	case DOORWAY_EVENT_EXIT_PRESSED:
		return press_exit(d);
	case DOORWAY_EVENT_EXIT_LET_GO:
		d->exit_held = false;
		return 0;
	case DOORWAY_EVENT_CONTACT_OPENED:
		return open_door(d, was_released);
	case DOORWAY_EVENT_CONTACT_CLOSED:
		return close_door(d);
	case DOORWAY_EVENT_RELOCK:
		return end_release(d);
	case DOORWAY_EVENT_FAULT:
		return begin_fault(d);
	case DOORWAY_EVENT_FAULT_OVER:
		return end_fault(d);
	}
	return 0; /* not an event of ours */
}

static enum doorway_state state_of(const struct doorway *d)
{
	if (d->fault)
		return DOORWAY_STATE_FAULT;
	if (d->contact == DOORWAY_CONTACT_OPEN)
		return d->opened;
	return is_released(d) ? DOORWAY_STATE_RELEASED : DOORWAY_STATE_LOCKED;
}

static uint64_t deadline_of(const struct doorway *d)
{
	if (!is_released(d))
		return d->held_at_ms;
	if (d->held_at_ms == 0 || d->release_until_ms < d->held_at_ms)
		return d->release_until_ms;
	return d->held_at_ms;
}

void doorway_init(
	struct doorway *d, const struct doorway_config *config, bool door_open, uint64_t now_ms)
{
	*d = (struct doorway){.config = *config, .now_ms = now_ms};
	if (config->contact) {
		d->contact = door_open ? DOORWAY_CONTACT_OPEN : DOORWAY_CONTACT_CLOSED;
		if (door_open) {
			d->opened = DOORWAY_STATE_OPEN;
			count_held_open(d);
		}
	}
	d->state = state_of(d);
}

struct doorway_actions doorway_step(
	struct doorway *d, enum doorway_event event, uint32_t argument, uint64_t now_ms)
{
	/* the strike was on until this very step, so a door that opens in it was not forced, even
	 * when the loop is late for the release's end */
	bool was_released = is_released(d);
	struct doorway_actions actions = {.happened = pass_time(d, now_ms)};

	actions.happened |= handle(d, event, argument, was_released);
	d->state = state_of(d);
	actions.strike = is_released(d);
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
