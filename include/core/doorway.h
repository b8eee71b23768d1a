/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door as a state machine: a pure function of (state, event, now) → (state, actions).
 *
 * One machine and one timer set, so that relock and hold cannot race. A second grant extends the
 * release and never shortens it; opening and closing again relocks early; the exit button releases
 * whatever the state; a door that opens without being released is forced. Without a contact the
 * door is "unknown", never "closed".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HELD_OPEN_MS_DEFAULT 30000
#define HELD_OPEN_MS_MIN 10000
#define HELD_OPEN_MS_MAX 600000

enum doorway_state {
	DOORWAY_STATE_LOCKED,
	DOORWAY_STATE_RELEASED,  /* strike on, waiting for somebody to come through */
	DOORWAY_STATE_OPEN,      /* opened after a release */
	DOORWAY_STATE_HELD_OPEN, /* open for longer than held_open_ms */
	DOORWAY_STATE_FORCED,    /* opened without a release */
	DOORWAY_STATE_UNLOCKED, /* by schedule, event mode or host: a later issue sends these events
				 */
	DOORWAY_STATE_LOCKDOWN,
	DOORWAY_STATE_FAULT, /* an output does not obey */
};

enum doorway_contact {
	DOORWAY_CONTACT_NONE, /* not fitted: unknown */
	DOORWAY_CONTACT_CLOSED,
	DOORWAY_CONTACT_OPEN,
};

enum doorway_event {
	DOORWAY_EVENT_TICK,  /* a deadline passed, or nothing: safe at any time */
	DOORWAY_EVENT_GRANT, /* release_ms in the argument */
	DOORWAY_EVENT_EXIT_PRESSED,
	DOORWAY_EVENT_EXIT_LET_GO,
	DOORWAY_EVENT_CONTACT_OPENED,
	DOORWAY_EVENT_CONTACT_CLOSED,
	DOORWAY_EVENT_RELOCK, /* a host or shutdown: rest now */
	DOORWAY_EVENT_FAULT,  /* an output could not be driven */
	DOORWAY_EVENT_FAULT_OVER,
};

/* What happened in a step, as a bit set: the program journals and publishes it. */
enum doorway_happening {
	DOORWAY_DID_RELEASE = 1 << 0,
	DOORWAY_DID_EXTEND = 1 << 1,
	DOORWAY_DID_RELOCK = 1 << 2,
	DOORWAY_DID_OPEN = 1 << 3,
	DOORWAY_DID_CLOSE = 1 << 4,
	DOORWAY_DID_EXIT = 1 << 5, /* released by the exit button */
	DOORWAY_DID_FORCE = 1 << 6,
	DOORWAY_DID_HOLD_OPEN = 1 << 7,
	DOORWAY_DID_CLEAR = 1 << 8, /* forced or held open is over */
	DOORWAY_DID_FAULT = 1 << 9,
	DOORWAY_DID_RECOVER = 1 << 10,
};

struct doorway_config {
	bool contact;     /* a door contact is fitted */
	bool strike;      /* false: a check-in point */
	uint32_t exit_ms; /* release by the exit button; the door's release_ms by default */
	uint32_t held_open_ms;
};

struct doorway {
	struct doorway_config config;
	enum doorway_state state;
	enum doorway_contact contact;
	uint64_t release_until_ms; /* 0: not released */
	uint64_t held_at_ms;       /* when an open door becomes held open; 0: not counting */
	bool exit_held;            /* the button is down now */
};

struct doorway_actions {
	bool strike;          /* the level the strike must have now */
	uint32_t happened;    /* enum doorway_happening bits */
	uint64_t deadline_ms; /* call again with TICK then; 0: no timer needed */
};

/* Starts at rest; door_open is the contact's level at start (ignored without a contact). An open
 * door at start is not "forced". */
void doorway_init(
	struct doorway *d, const struct doorway_config *config, bool door_open, uint64_t now_ms);

/* One step. argument is release_ms for GRANT, else 0. now_ms is monotonic. */
struct doorway_actions doorway_step(
	struct doorway *d, enum doorway_event event, uint32_t argument, uint64_t now_ms);

/* "locked", "released", … */
const char *doorway_state_name(enum doorway_state state);
/* "unknown", "closed", "open". */
const char *doorway_contact_name(enum doorway_contact contact);
