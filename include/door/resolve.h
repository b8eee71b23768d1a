/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hub's signed states ask of a door at one moment, pure: (site state, door state, now) →
 * what the doorway must be told (design.md section 7).
 *
 * A hold is open from its beginning to its end by the hub's time; while that is not known it is not
 * open. A hold that was ended by hand, by a lockdown or by fire is spent: only a newer door state
 * opens again. One whose time is still to come is not spent by a lockdown that passes before.
 */
#pragma once

#include "wire/sync.h"

/* A hold that is to come, or cannot be judged yet, is looked at so often at least: the hub's time
 * may be corrected. */
#define RESOLVE_LOOK_MS 10000

struct resolve_facts {
	bool site_lockdown;
	enum door_mode mode;
	int64_t hold_from_us; /* 0 and 0: no hold */
	int64_t hold_until_us;
	bool event;
	bool spent; /* what this door state opens was ended here already */
	bool time_known;
	int64_t now_us; /* the hub's time */
};

enum resolve_open {
	RESOLVE_OPEN_NO,
	RESOLVE_OPEN_HOLD,
	RESOLVE_OPEN_EVENT, /* without held-open alarms */
};

struct resolve_wish {
	bool lockdown;
	enum resolve_open open;
	uint32_t open_ms;  /* from now; never more than UNLOCK_MS_MAX */
	bool spends;       /* a lockdown takes away what would be open: note it as spent */
	uint64_t again_ms; /* ask again after so long; 0: only when something changes */
};

struct resolve_wish resolve_state(const struct resolve_facts *facts);
