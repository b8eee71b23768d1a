/* SPDX-License-Identifier: Apache-2.0 */
#include "door/enrolment.h"

#include <string.h>

void enrolment_begin(struct enrolment *e, uint64_t now_ms, uint32_t ms)
{
	*e = (struct enrolment){.on = true, .until_ms = now_ms + (ms ? ms : ENROLMENT_MS_DEFAULT)};
}

static enum enrolment_step end(struct enrolment *e, enum enrolment_step step)
{
	e->on = false;
	return step;
}

enum enrolment_step enrolment_card(struct enrolment *e, enum uid_kind kind,
	const struct token *token, uint32_t handle, uint64_t now_ms)
{
	if (!e->on)
		return ENROLMENT_STEP_NONE;
	if (now_ms >= e->until_ms)
		return end(e, ENROLMENT_STEP_TIMEOUT);
	if (kind == UID_KIND_RANDOM)
		return end(e, ENROLMENT_STEP_RANDOM);
	if (kind != UID_KIND_FIXED)
		return end(e, ENROLMENT_STEP_DUMMY);
	if (e->shown > 0 && memcmp(&e->token, token, sizeof(*token)) != 0)
		return end(e, ENROLMENT_STEP_OTHER);
	if (e->shown > 0 && e->handle == handle)
		return ENROLMENT_STEP_NONE;
	e->token = *token;
	e->handle = handle;
	e->shown++;
	return e->shown < 2 ? ENROLMENT_STEP_ONCE : end(e, ENROLMENT_STEP_DONE);
}

enum enrolment_step enrolment_tick(struct enrolment *e, uint64_t now_ms)
{
	if (!e->on || now_ms < e->until_ms)
		return ENROLMENT_STEP_NONE;
	return end(e, ENROLMENT_STEP_TIMEOUT);
}

const char *enrolment_text(enum enrolment_step step)
{
	switch (step) {
	case ENROLMENT_STEP_NONE:
		return "";
	case ENROLMENT_STEP_ONCE:
		return "shown once: take the card away and show it again";
	case ENROLMENT_STEP_DONE:
		return "shown twice";
	case ENROLMENT_STEP_OTHER:
		return "another unknown card was shown: nothing was enrolled; begin again with "
		       "one card";
	case ENROLMENT_STEP_RANDOM:
		return "this card or phone shows another number at each tap and cannot be "
		       "enrolled; use a card";
	case ENROLMENT_STEP_DUMMY:
		return "this card or phone shows a number that many others show and cannot be "
		       "enrolled; use another card";
	case ENROLMENT_STEP_TIMEOUT:
		return "no new card was shown twice in time; begin again";
	}
	return "";
}
