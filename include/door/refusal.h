/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often refused messages are said: whoever can send to the broker must not fill the log or the
 * journal. The same refusal once a minute, and of all together no more than REFUSAL_ALL_MAX a
 * minute.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REFUSAL_MS 60000
#define REFUSAL_ALL_MAX 30
#define REFUSAL_SLOTS 32

struct refusals {
	struct {
		uint64_t hash; /* of what was refused and why; 0: free */
		uint64_t at_ms;
	} slots[REFUSAL_SLOTS];
	uint64_t minute_ms; /* when the minute began in which they are counted */
	unsigned said;
	uint64_t unsaid; /* since one was said */
};

/* True when this one is to be said; *ret_unsaid: how many were not since the last that was. */
bool refusal_due(struct refusals *r, const char *what, const char *why, uint64_t now_ms,
	uint64_t *ret_unsaid);
