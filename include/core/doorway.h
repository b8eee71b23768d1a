/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door as a state machine: a pure function of (state, event, now) → (state, actions).
 *
 * One machine and one timer set, so that relock and hold cannot race. Its rules:
 *
 * - A grant releases: the strike is on until release_ms later. A grant during a release extends it
 *   and never shortens it. A release of 0 ms is a caller's mistake and releases nothing.
 * - Opening relocks early: the strike goes to rest when the door opens. A grant while the door is
 *   open is a new release: it ends at its time, or when the door has closed and opens again. It
 *   also starts the held-open count again, but does not silence an alarm.
 * - The exit button releases for exit_ms from the press, in every state, a fault too. Holding it
 *   adds nothing, so that a stuck button cannot hold a door open for ever; each press counts anew.
 * - A door that opens while the strike is at rest is forced, until it closes. A door that was open
 *   at start is open, not forced.
 * - An open door becomes held open held_open_ms after it opened (or after start), until it closes.
 * - Without a contact the door is "unknown", never "closed", and contact events are ignored.
 * Without a strike (a check-in point) nothing releases and nothing is forced.
 * - A fault puts the strike to rest; grants release nothing until it is over. The contact is still
 *   watched.
 * - RELOCK puts the strike to rest whatever released it; an alarm stays.
 * - Time is monotonic. Should it ever go back, the strike goes to rest and counting starts again.
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
	DOORWAY_STATE_OPEN,      /* opened after a release; the strike may be on for the next one */
	DOORWAY_STATE_HELD_OPEN, /* open for longer than held_open_ms */
	DOORWAY_STATE_FORCED,    /* opened without a release */
	DOORWAY_STATE_UNLOCKED,  /* by schedule, event mode or host: a later issue sends these */
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
	DOORWAY_DID_EXTEND = 1 << 1, /* a release was on and now ends later */
	DOORWAY_DID_RELOCK = 1 << 2, /* a release ended */
	DOORWAY_DID_OPEN = 1 << 3,
	DOORWAY_DID_CLOSE = 1 << 4,
	DOORWAY_DID_EXIT = 1 << 5, /* the exit button was pressed */
	DOORWAY_DID_FORCE = 1 << 6,
	DOORWAY_DID_HOLD_OPEN = 1 << 7,
	DOORWAY_DID_CLEAR = 1 << 8, /* forced or held open is over */
	DOORWAY_DID_FAULT = 1 << 9,
	DOORWAY_DID_RECOVER = 1 << 10,
};

struct doorway_config {
	bool contact;          /* a door contact is fitted */
	bool strike;           /* false: a check-in point */
	uint32_t exit_ms;      /* release by the exit button; 0: RELEASE_MS_DEFAULT */
	uint32_t held_open_ms; /* 0: HELD_OPEN_MS_DEFAULT */
};

struct doorway {
	struct doorway_config config;
	enum doorway_state state;
	enum doorway_contact contact;
	uint64_t release_until_ms; /* 0: not released */
	uint64_t held_at_ms;       /* when an open door becomes held open; 0: not counting */
	bool exit_held;            /* the button is down now */
	bool fault;
	enum doorway_state opened; /* while open: OPEN, HELD_OPEN or FORCED; otherwise LOCKED */
	uint64_t now_ms;           /* of the last step */
};

struct doorway_actions {
	bool strike;          /* the level the strike must have now */
	uint32_t happened;    /* enum doorway_happening bits */
	uint64_t deadline_ms; /* call again with TICK then; 0: no timer needed */
};

/*
 * Starts at rest; door_open is the contact's level at start (ignored without a contact). An open
 * door at start is not "forced" but counts towards held open: send a TICK to learn the first
 * deadline.
 */
void doorway_init(
	struct doorway *d, const struct doorway_config *config, bool door_open, uint64_t now_ms);

/* One step. argument is release_ms for GRANT (at most RELEASE_MS_MAX counts), else 0. now_ms is
 * monotonic. After a step no deadline lies in the past, and while the strike is on there is one. */
struct doorway_actions doorway_step(
	struct doorway *d, enum doorway_event event, uint32_t argument, uint64_t now_ms);

/* "locked", "released", … */
const char *doorway_state_name(enum doorway_state state);
/* "unknown", "closed", "open". */
const char *doorway_contact_name(enum doorway_contact contact);
