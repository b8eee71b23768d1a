/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door as a state machine: a pure function of (state, event, now) → (state, actions).
 *
 * One machine and one timer set, so that relock and hold cannot race. What drives the strike, first
 * match wins (the precedence of design.md section 7):
 *
 *   cause     begins with          ends with                          not while
 *   fire      FIRE_ON              FIRE_OFF                           never refused
 *   exit      EXIT_PRESSED         exit_ms, opening, RELOCK, FAULT    never refused
 *   lockdown  LOCKDOWN_ON          LOCKDOWN_OFF                       never refused; the strike
 * rests hold      HOLD, HOLD_EVENT     its time, HOLD 0, RELOCK, FAULT,   fire, lockdown, fault
 *                                  LOCKDOWN_ON, FIRE_ON
 *   schedule  SCHEDULE             its time, SCHEDULE 0, and as hold  as hold; tamper, not TRUSTED
 *   card      GRANT                release_ms, opening, and as hold   lockdown, fault
 *             GRANT_OVERRIDE       the same                           fault
 *
 * What the state is called, first match wins:
 *
 *   fault      FAULT came: an output does not obey             until FAULT_OVER
 *   forced     opened while the strike was at rest             until the door closes
 *   held_open  open for held_open_ms                           until it closes, event mode or fire
 *   unlocked   fire, hold or schedule                          open or closed: contact says
 *   lockdown   lockdown, and the strike at rest                open or closed: contact says
 *   open       open after a release, or open at start
 *   released   strike on, waiting for somebody to come through
 *   locked     none of these
 *
 * - A grant during a release extends it and never shortens it. A release of 0 ms is a caller's
 *   mistake and releases nothing. While there is fire a grant does nothing: the door is open, and
 *   afterwards it is locked, not back in an earlier release or hold.
 * - Opening relocks early: the strike goes to rest when the door opens. A grant while the door is
 *   open is a new release: it ends at its time, or when the door has closed and opens again. It
 *   also starts the held-open count again, but does not silence an alarm.
 * - The exit button releases for exit_ms from the press, in every state, lockdown and fault too.
 *   Holding it adds nothing, so that a stuck button cannot hold a door open for ever; each press
 *   counts anew. One that is down for exit_stuck_ms is reported as stuck.
 * - A lockdown ends what a card, a host or the schedule began; none of that comes back afterwards.
 *   A press of the exit button that came before it keeps its time.
 * - A door that opens within forced_grace_ms after a relock was opened, not forced: its contact
 *   tells of the opening only after the debounce, when the release may just be over. Only a relock
 *   with the door closed is so forgiving.
 * - A forced or held-open door that stands open propped_ms more is propped, reported once more.
 * - Event mode (HOLD_EVENT) and fire silence held open, not forced; the count starts when they end.
 * - With a bolt contact: a closed door with its strike at rest whose bolt is not thrown within
 *   lock_fail_ms has failed to lock, until the bolt is thrown.
 * - Without a contact the door is "unknown", never "closed", and contact events are ignored.
 * Without a strike (a check-in point) nothing releases and nothing is forced.
 * - A fault puts the strike to rest but for fire and later presses of the exit button; grants,
 *   holds and schedule are refused until it is over. The contact is still watched.
 * - RELOCK puts the strike to rest whatever released it, but for fire; an alarm stays.
 * - Time is monotonic. Should it ever go back, what released ends and counting starts again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HELD_OPEN_MS_DEFAULT 30000
#define HELD_OPEN_MS_MIN 10000
#define HELD_OPEN_MS_MAX 600000
/* More than the longest debounce (DEBOUNCE_MAX_MS) and the loop's own delay. */
#define FORCED_GRACE_MS_DEFAULT 500
#define EXIT_STUCK_MS_DEFAULT 30000
#define PROPPED_MS_DEFAULT 300000
#define LOCK_FAIL_MS_DEFAULT 3000
/* A hold or a scheduled unlock may be asked for again before it ends; without, it ends by then. */
#define UNLOCK_MS_MAX 86400000u

enum doorway_state {
	DOORWAY_STATE_LOCKED,
	DOORWAY_STATE_RELEASED,
	DOORWAY_STATE_OPEN,
	DOORWAY_STATE_HELD_OPEN,
	DOORWAY_STATE_FORCED,
	DOORWAY_STATE_UNLOCKED,
	DOORWAY_STATE_LOCKDOWN,
	DOORWAY_STATE_FAULT,
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
	DOORWAY_EVENT_GRANT_OVERRIDE, /* a grant that passes lockdown: release_ms */
	DOORWAY_EVENT_FIRE_ON,        /* the fire input, also a broken wire */
	DOORWAY_EVENT_FIRE_OFF,
	DOORWAY_EVENT_LOCKDOWN_ON, /* the hub's signed state, said again after a start */
	DOORWAY_EVENT_LOCKDOWN_OFF,
	DOORWAY_EVENT_HOLD,       /* a host: hold open for so many ms from now; 0 ends it */
	DOORWAY_EVENT_HOLD_EVENT, /* the same, without held-open alarms; each replaces the other */
	DOORWAY_EVENT_SCHEDULE,   /* by hours or first person: so many ms from now; 0 ends it */
	DOORWAY_EVENT_TRUSTED,    /* clock trusted and roster not stale: schedules may begin */
	DOORWAY_EVENT_DOUBTED,    /* either is not so: the state at start */
	DOORWAY_EVENT_TAMPER_ON,
	DOORWAY_EVENT_TAMPER_OFF,
	DOORWAY_EVENT_BOLT_THROWN,
	DOORWAY_EVENT_BOLT_DRAWN, /* the state at start: give the level that is found */
};

/* What happened in a step, as a bit set: the program journals and publishes it. */
enum doorway_happening {
	DOORWAY_DID_RELEASE = 1 << 0, /* the strike went on */
	DOORWAY_DID_EXTEND = 1 << 1,  /* a release was on and now ends later */
	DOORWAY_DID_RELOCK = 1 << 2,  /* the strike went to rest */
	DOORWAY_DID_OPEN = 1 << 3,
	DOORWAY_DID_CLOSE = 1 << 4,
	DOORWAY_DID_EXIT = 1 << 5, /* the exit button was pressed */
	DOORWAY_DID_FORCE = 1 << 6,
	DOORWAY_DID_HOLD_OPEN = 1 << 7,
	DOORWAY_DID_CLEAR = 1 << 8, /* forced or held open (and propped) is over */
	DOORWAY_DID_FAULT = 1 << 9,
	DOORWAY_DID_RECOVER = 1 << 10,
	DOORWAY_DID_PROP = 1 << 11,
	DOORWAY_DID_EXIT_STUCK = 1 << 12,
	DOORWAY_DID_EXIT_FREE = 1 << 13, /* a stuck button was let go */
	DOORWAY_DID_UNLOCK = 1 << 14,    /* a hold or a schedule unlocked the door */
	DOORWAY_DID_UNLOCK_OVER = 1 << 15,
	DOORWAY_DID_FIRE = 1 << 16,
	DOORWAY_DID_FIRE_OVER = 1 << 17,
	DOORWAY_DID_LOCKDOWN = 1 << 18,
	DOORWAY_DID_LOCKDOWN_OVER = 1 << 19,
	DOORWAY_DID_TAMPER = 1 << 20,
	DOORWAY_DID_TAMPER_OVER = 1 << 21,
	DOORWAY_DID_LOCK_FAIL = 1 << 22, /* closed and at rest, but the bolt is not thrown */
	DOORWAY_DID_LOCK_OK = 1 << 23,
	DOORWAY_DID_REFUSE = 1 << 24, /* a grant, hold or schedule did nothing: see the table */
};

struct doorway_config {
	bool contact;             /* a door contact is fitted */
	bool strike;              /* false: a check-in point */
	uint32_t exit_ms;         /* release by the exit button; 0: RELEASE_MS_DEFAULT */
	uint32_t held_open_ms;    /* 0: HELD_OPEN_MS_DEFAULT */
	uint32_t forced_grace_ms; /* 0: FORCED_GRACE_MS_DEFAULT */
	uint32_t exit_stuck_ms;   /* 0: a stuck button is not reported */
	uint32_t propped_ms;      /* 0: not reported */
	uint32_t lock_fail_ms;    /* 0: no bolt contact is fitted */
};

enum doorway_timer {
	DOORWAY_TIMER_RELEASE, /* by a card or a host */
	DOORWAY_TIMER_EXIT,
	DOORWAY_TIMER_HOLD,
	DOORWAY_TIMER_SCHEDULE,
	DOORWAY_TIMER_HELD_OPEN,
	DOORWAY_TIMER_PROPPED,
	DOORWAY_TIMER_EXIT_STUCK,
	DOORWAY_TIMER_LOCK_FAIL,
	DOORWAY_TIMER_COUNT,
};

struct doorway {
	struct doorway_config config;
	enum doorway_state state;
	enum doorway_contact contact;
	uint64_t due_ms[DOORWAY_TIMER_COUNT]; /* 0: not running */
	uint64_t grace_until_ms; /* until then an opening is not forced; 0: no such time */
	uint32_t alarms; /* what stands: DOORWAY_DID_ FORCE, HOLD_OPEN, PROP, EXIT_STUCK, LOCK_FAIL
			  */
	bool exit_held;  /* the button is down now */
	bool fault;
	bool fire;
	bool lockdown;
	bool trusted;
	bool tamper;
	bool bolted;
	bool event_mode; /* of the hold, while it lasts */
	uint64_t now_ms; /* of the last step */
};

struct doorway_actions {
	bool strike;          /* the level the strike must have now */
	uint32_t happened;    /* enum doorway_happening bits */
	uint64_t deadline_ms; /* call again with TICK then; 0: no timer needed */
};

/*
 * Starts at rest; door_open is the contact's level at start (ignored without a contact). An open
 * door at start is not "forced" but counts towards held open: send a TICK to learn the first
 * deadline, and before it what the other inputs and the kept state say (fire first).
 */
void doorway_init(
	struct doorway *d, const struct doorway_config *config, bool door_open, uint64_t now_ms);

/*
 * One step. argument is a time in ms for GRANT and GRANT_OVERRIDE (at most RELEASE_MS_MAX counts),
 * HOLD, HOLD_EVENT and SCHEDULE (at most UNLOCK_MS_MAX counts), else 0. now_ms is monotonic. After
 * a step no deadline lies in the past, and while the strike is on there is one, but for fire.
 */
struct doorway_actions doorway_step(
	struct doorway *d, enum doorway_event event, uint32_t argument, uint64_t now_ms);

/* The alarms that stand: DOORWAY_DID_ FORCE, HOLD_OPEN, PROP, EXIT_STUCK, LOCK_FAIL, FIRE, TAMPER.
 */
uint32_t doorway_standing(const struct doorway *d);
/* "forced", "held_open", … of one such bit; NULL for anything else. */
const char *doorway_alarm_name(uint32_t bit);

/* "locked", "released", … */
const char *doorway_state_name(enum doorway_state state);
/* "unknown", "closed", "open". */
const char *doorway_contact_name(enum doorway_contact contact);
