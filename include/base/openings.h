/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When hours are open, in instants of the process's zone.
 *
 * Hours speak of local time, so in the hour that the clocks repeat they hold twice, and the hour
 * that the clocks skip never comes: "01:00-02:00" is open for two hours on the last Sunday of
 * October in London and not at all on the last Sunday of March.
 */
#pragma once

#include "core/calendar.h"
#include "core/hours.h"
#include <stddef.h>
#include <stdint.h>

/* What is asked. With a door closures and special openings count as core/decide.h has them: a
 * special opening is open, a closure is not, whatever the hours say. */
struct openings_rule {
	const struct hours *hours; /* NULL: never */
	const struct calendar *calendar;
	const char *door; /* "": those of the whole site alone; NULL: none */
};

/* Seconds since 1970 UTC; end is exclusive. */
struct opening {
	int64_t start;
	int64_t end;
};

/*
 * The openings between two instants, whole minutes of the zone, clipped to them, in order, those
 * that touch merged. 0 with *ret_openings for free() by the caller (NULL when there are none);
 * -EINVAL where the window leaves the years 1970 … 9999, -ENOMEM.
 */
int openings_find(const struct openings_rule *rule, int64_t from, int64_t to,
	struct opening **ret_openings, size_t *ret_count);

/* Whether it is open at this instant, and when that changes: *ret_end, or `to` where it stays so.
 * 0 or -EINVAL as above. */
int openings_now(
	const struct openings_rule *rule, int64_t at, int64_t to, bool *ret_open, int64_t *ret_end);

/* Does the local time of this instant come twice, as in the hour that the clocks repeat? */
bool openings_repeated(int64_t when);

#define OPENINGS_TEXT_MAX 32

/* "2026-12-21T08:00", with the offset from UTC behind it ("+01:00") where the time comes twice. */
void openings_format(int64_t when, char out[OPENINGS_TEXT_MAX]);
