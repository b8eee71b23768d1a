/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a door is to be unlocked by plan: its unlock_hours without the site's closures.
 *
 * The process's zone is the site's (tzset once at start).
 */
#pragma once

#include "core/calendar.h"
#include "core/hours.h"

/*
 * Is now_us inside a planned unlock of this door? Then *ret_until_us is its end: where the hours
 * end or a closure begins, and a day from now at the latest. A closure only takes away. calendar
 * may be NULL: no holidays and no closures.
 */
bool plan_open(const struct hours *hours, const struct calendar *calendar, const char *door,
	int64_t now_us, int64_t *ret_until_us);
