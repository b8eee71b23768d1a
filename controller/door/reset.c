/* SPDX-License-Identifier: Apache-2.0 */
#include "door/reset.h"

void reset_init(struct reset *reset, uint32_t wait_s, uint64_t now_ms)
{
	*reset = (struct reset){.first_s = wait_s, .wait_s = wait_s, .since_ms = now_ms};
}

static void note_answer(struct reset *reset, uint64_t now_ms)
{
	if (!reset->well_ms)
		reset->well_ms = now_ms;
	if (now_ms - reset->well_ms >= RESET_PROVEN_S * 1000u)
		reset->wait_s = reset->first_s;
	reset->since_ms = now_ms;
	reset->tried = false;
}

uint32_t reset_due(struct reset *reset, bool answers, uint64_t now_ms)
{
	uint32_t waited_s = reset->wait_s;

	if (answers) {
		note_answer(reset, now_ms);
		return 0;
	}
	reset->well_ms = 0;
	if (!reset->tried || now_ms - reset->since_ms < reset->wait_s * UINT64_C(1000))
		return 0;
	reset->since_ms = now_ms;
	reset->tried = false;
	reset->wait_s = waited_s * 2 < RESET_WAIT_MAX_S ? waited_s * 2 : RESET_WAIT_MAX_S;
	return waited_s;
}
