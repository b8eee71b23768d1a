/* SPDX-License-Identifier: Apache-2.0 */
/* What decide*.c share: rights of a card at a door (decide_rights.c), and showing (decide_look.c).
 */
#pragma once

#include "core/decide.h"

/* The tier's flags, is it staff, does it have the door, its hours; nothing without a tier. */
uint32_t decide_flags(const struct decide_input *in);
bool decide_staff(const struct decide_input *in);
bool decide_tier_has_door(const struct decide_input *in);
const struct hours *decide_hours(const struct decide_input *in);

/* The time, or NULL while the clock is not trusted; then no span covers it. */
const struct civil *decide_now(const struct decide_input *in);

/* Do the tier's hours cover now, closures aside? Without a clock: are they always open? */
bool decide_tier_open(const struct decide_input *in);

/* The closure that is going on; the special opening, for a tier that has the door. NULL: none. */
const struct calendar_exception *decide_closure(const struct decide_input *in);
const struct calendar_exception *decide_opening(const struct decide_input *in);

/* Does the calendar close (or, open, add time to) this door at some time? */
bool decide_any_exception(const struct decide_input *in, bool open);

/* Does an extra right give something at some time? */
bool decide_any_extra(const struct decide_input *in);

/* Does this one cover now? */
bool decide_extra_covers(const struct decide_input *in, const struct decide_extra *extra);

/* The first of this kind that covers now, or NULL. */
const struct decide_extra *decide_find_extra(
	const struct decide_input *in, enum decide_extra_kind kind);

/* Is this an event that uses no allowance, by the event's rule or the tier's? */
bool decide_at_free_event(const struct decide_input *in);

/* What the step of this number looks at, as a short text; cut where it does not fit. */
void decide_look(unsigned step, const struct decide_input *in, char out[DECIDE_LOOKED_MAX]);
