/* SPDX-License-Identifier: Apache-2.0 */
/* A decision and how it came about, as JSON (schema: explanation.json). */
#pragma once

#include "core/decide.h"

struct explanation {
	const char *site; /* "": the cache has no roster yet */
	const char *door;
	bool door_listed; /* the roster knows the door */
	struct revision revision;
	struct civil now;
	const char *timezone; /* "": the machine's own */
	enum clock_trust clock;
	const struct roster_card *card; /* NULL: not in the roster */
	const char *hours; /* of the card's tier here, normal form; NULL: none that can be read */
	struct verdict verdict;
	struct decide_note notes[DECIDE_NOTES_MAX];
	unsigned note_count;
};

/* The note that denied, or NULL. */
const struct decide_note *explanation_decider(const struct explanation *explanation);

/* One line without its end, for free(); NULL without memory. */
char *explanation_json(const struct explanation *explanation);
