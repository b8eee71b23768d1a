/* SPDX-License-Identifier: Apache-2.0 */
#include "door/withheld.h"

#include <string.h>

static struct withheld_row *find(struct withheld *w, const struct token *token)
{
	for (size_t i = 0; i < w->count; i++)
		if (memcmp(&w->rows[i].token, token, sizeof(*token)) == 0)
			return &w->rows[i];
	return NULL;
}

static void note(struct withheld *w, const struct revision *revision,
	const struct roster_card *card, bool gone)
{
	struct withheld_row *row = find(w, &card->token);

	/* an older delta that comes late has no say */
	if (row && revision_compare(revision, &row->until) < 0)
		return;
	if (!gone && card->state == CARD_STATE_ACTIVE &&
		card->member_state == MEMBER_STATE_ACTIVE) {
		if (row)
			*row = w->rows[--w->count];
		return;
	}
	if (!row && w->count == WITHHELD_MAX)
		return;
	if (!row)
		row = &w->rows[w->count++];
	*row = (struct withheld_row){.token = card->token,
		.state = gone ? CARD_STATE_REVOKED : card->state,
		.member_state = gone ? MEMBER_STATE_ACTIVE : card->member_state,
		.until = *revision};
}

void withheld_note(
	struct withheld *w, const struct revision *revision, const uint8_t *run, size_t size)
{
	struct roster_record record;
	const uint8_t *data;
	size_t at = 0, n;

	while (roster_run_next(run, size, &at, &data, &n) > 0)
		if (roster_record_decode(data, n, &record) == 0 && record.kind == ROSTER_KIND_CARD)
			note(w, revision, &record.card, record.gone);
}

void withheld_apply(const struct withheld *w, struct roster_card *card)
{
	for (size_t i = 0; i < w->count; i++)
		if (memcmp(&w->rows[i].token, &card->token, sizeof(card->token)) == 0) {
			card->state = w->rows[i].state;
			card->member_state = w->rows[i].member_state;
		}
}

void withheld_clear(struct withheld *w, const struct revision *revision)
{
	for (size_t i = w->count; i-- > 0;)
		if (revision_compare(&w->rows[i].until, revision) <= 0)
			w->rows[i] = w->rows[--w->count];
}
