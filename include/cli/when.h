/* SPDX-License-Identifier: Apache-2.0 */
/* Zones and local times as a person writes them at a command. */
#pragma once

#include <stdint.h>

/* Sets the process's zone, once; NULL: this machine's. 0, or -EINVAL for one that is not there, and
 * said so, naming the option. */
int when_set_zone(const char *option, const char *name);

/* The instant, in seconds since 1970 UTC, of a local date and minute: the first where it comes
 * twice, the end of the gap where it never comes. 0 or -EINVAL. */
int when_of_date(int32_t date, unsigned minute, int64_t *ret);

enum when_side {
	WHEN_NEXT,
	WHEN_LAST,
};

/* "2026-12-21", "today" or "tomorrow". 0 or -EINVAL. */
int when_parse_date(const char *text, int32_t *ret_date);

/* "2026-12-21", "2026-12-21T08:00" or with a space, "today" and "tomorrow" for the date, or "08:00"
 * alone: the next time that it is so, or the last. 0, or -EINVAL, and said so, naming the option.
 */
int when_parse(const char *option, const char *text, enum when_side side, int64_t *ret);
