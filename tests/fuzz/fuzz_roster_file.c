/* SPDX-License-Identifier: Apache-2.0 */
/* Roster files of any bytes: refused with a message, or taken with nothing out of bounds. */
#include "core/decide.h"
#include "wire/roster_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct roster_file roster;
	char err[ERR_MAX] = "";

	if (roster_file_read("roster.json", (const char *)data, size, &roster, err) < 0) {
		if (strncmp(err, "roster.json: ", 13) != 0)
			abort();
		return 0;
	}
	if (!name_id_valid(roster.site) || roster.door_count == 0 ||
		roster.revision.generation == 0)
		abort();
	for (size_t i = 0; i < roster.card_count; i++) {
		const struct roster_card *card = &roster.cards[i].card;

		if (card->card == 0 ||
			(card->release_ms && (card->release_ms < RELEASE_MS_MIN ||
						     card->release_ms > RELEASE_MS_MAX)))
			abort();
		if (card->state != CARD_STATE_UNASSIGNED && (card->member == 0 || card->tier == 0))
			abort();
		if (roster.cards[i].has_uid && uid_kind(&roster.cards[i].uid) != UID_KIND_FIXED)
			abort();
	}
	for (unsigned i = 0; i < roster.calendar.exception_count; i++) {
		const struct calendar_exception *e = &roster.calendar.exceptions[i];

		if (e->first > e->last || e->start >= e->end || e->end > 2880 || !e->reason[0])
			abort();
	}
	roster_file_free(&roster);
	return 0;
}
