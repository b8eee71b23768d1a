/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debouncing of one input, pure: the caller gives every edge and the time.
 *
 * The input charges an integrator while it is active and discharges it while it is not; the
 * debounced level turns active when window_ms are gathered and inactive when none are left. So a
 * pulse shorter than the window never counts, a clean change counts after exactly one window, one
 * that bounced at most a window after its last edge, and a chattering contact follows whichever
 * level it holds for longer instead of being ignored for as long as it chatters.
 *
 * Kernels may drop edges of a long burst (libgpiod 1.6: all but the first 16), so at the deadline
 * give the level the line really has to debounce_edge() instead of calling debounce_poll() alone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DEBOUNCE_DEFAULT_MS 50
/* EN 60839-11-1: an input active for more than 400 ms must always be processed. */
#define DEBOUNCE_MAX_MS 400

struct debounce {
	uint32_t window_ms;
	uint32_t charge_ms; /* 0 … window_ms */
	bool stable;        /* the debounced level */
	bool pending;       /* the level of the last edge */
	uint64_t since_ms;  /* charge_ms is true at this time */
};

/* Starts at rest at level. debounce_ms above DEBOUNCE_MAX_MS is taken as that; 0 is no debounce. */
void debounce_init(struct debounce *d, uint32_t debounce_ms, bool level);

/*
 * The input has this level from now_ms on. True when d->stable changed, at this edge or (the
 * caller was late) before it. Times that go back count as no time passed.
 */
bool debounce_edge(struct debounce *d, bool level, uint64_t now_ms);

/* Time passed without an edge. True when d->stable changed. */
bool debounce_poll(struct debounce *d, uint64_t now_ms);

/* When to poll next: the time at which d->stable will change, UINT64_MAX when at rest. */
uint64_t debounce_deadline(const struct debounce *d);
