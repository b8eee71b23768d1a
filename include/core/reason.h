/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every reason a door can give: one table from which the documentation, the journal, the
 * live view and the tests come. Numbers are stable for ever: they stand in signed journals.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What a person at the door is shown: four patterns, so that no queue learns why (design.md section
 * 6). */
enum reason_pattern {
	REASON_PATTERN_HOST, /* please see a host; the zero value */
	REASON_PATTERN_NOT_NOW,
	REASON_PATTERN_TRY_AGAIN,
	REASON_PATTERN_COME_IN,
};

enum reason {
	REASON_NONE = 0, /* no decision was made: deny */
	REASON_GRANTED = 1,
	REASON_READ_ERROR = 10,
	REASON_CARD_UNKNOWN = 20,
	REASON_CARD_RANDOM_UID = 21,
	REASON_CARD_UNSUPPORTED = 22,
	REASON_CARD_REVOKED = 30,
	REASON_CARD_LOST = 31,
	REASON_CARD_SUSPENDED = 32,
	REASON_CARD_UNASSIGNED = 33,
	REASON_CARD_NOT_GENUINE = 40,
	REASON_CARD_NEEDS_PROOF = 41,
	REASON_MEMBER_SUSPENDED = 50,
	REASON_MEMBER_CLOSED = 51,
	REASON_DOOR_LOCKDOWN = 60,
	REASON_ROSTER_STALE = 70,
	REASON_CLOCK_UNTRUSTED = 80,
	REASON_MEMBER_NOT_YET = 90,
	REASON_MEMBER_ENDED = 91,
	REASON_DOOR_NOT_IN_RIGHTS = 100,
	REASON_OUTSIDE_HOURS = 110,
	REASON_CLOSED_DAY = 111,
	REASON_ALLOWANCE_SPENT = 120,
	REASON_PASSBACK = 130,
	REASON_SECOND_PERSON_NEEDED = 140,
	REASON_JOURNAL_FULL = 150, /* the record cannot be kept: staff only (issue: bad input) */
	REASON_INTERNAL = 160,     /* an error while deciding */
};

/* Warnings that go with a grant, as a bit set. */
enum warning {
	WARNING_GRACE = 1 << 0,
	WARNING_STALE = 1 << 1,
	WARNING_ALLOWANCE = 1 << 2,
	WARNING_PASSBACK = 1 << 3,
	WARNING_CLOCK = 1 << 4,
	WARNING_JOURNAL = 1 << 5, /* granted while the journal is failing */
	WARNING_DOOR_WAS_OPEN = 1 << 6,
};

struct reason_info {
	enum reason reason;
	const char *name; /* "card_unknown" */
	enum reason_pattern pattern;
	const char *member; /* a sentence to the member: what to do next */
	const char *admin;  /* a sentence to the host or admin: what happened */
};

/* The row of a reason; an unknown number gives the row of REASON_NONE, never NULL. */
const struct reason_info *reason_info(enum reason reason);

/* Walks the table: row i, or NULL past the end. */
const struct reason_info *reason_row(unsigned i);

/* "warn_grace" for one bit, or NULL. */
const char *warning_name(uint32_t bit);

/* "come_in", "not_now", "try_again", "see_host". */
const char *reason_pattern_name(enum reason_pattern pattern);
