/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roster file of `tapin-door --import` (schema: roster-file.json). Read whole, checked whole;
 * the first wrong record is named ("cards[17].valid_from: …, expected …").
 */
#pragma once

#include "base/util.h"
#include "core/calendar.h"
#include "core/roster.h"
#include "core/uid.h"
#include <stdbool.h>
#include <stddef.h>

#define ROSTER_FILE_MAX (256u * 1024 * 1024) /* bytes; a million cards are about 150 MB */

struct roster_file_card {
	bool has_uid; /* uid is given; the token must be made by the caller */
	struct uid uid;
	struct roster_card card;
};

struct roster_file_tier_door {
	char door[NAME_ID_MAX];
	char *hours; /* NULL: the tier's own */
};

struct roster_file_tier {
	uint32_t tier;
	uint32_t flags;
	char *hours;
	size_t door_count; /* 0: every door */
	struct roster_file_tier_door *doors;
};

struct roster_file {
	char site[NAME_ID_MAX];
	char timezone[64];
	struct revision revision;
	size_t tier_count;
	struct roster_file_tier *tiers;
	size_t door_count;
	char (*doors)[NAME_ID_MAX];
	size_t card_count;
	struct roster_file_card *cards;
	struct calendar calendar; /* England's holidays unless the file says "none" */
};

/*
 * Parses text. Keys that may be left out: calendar, closures, openings, holidays. Hours are
 * compiled to check them; tiers named by cards must exist; tiers, doors, UIDs and tokens must not
 * repeat; random and dummy UIDs are refused. 0 or -EINVAL with err naming file, record, place and
 * remedy.
 */
int roster_file_read(const char *file_name, const char *text, size_t size,
	struct roster_file *ret_roster, char err[ERR_MAX]);
void roster_file_free(struct roster_file *roster);
