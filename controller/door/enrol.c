/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a new card for a host: enrolment.c in a running door, with lights and results. */
#include "base/log.h"
#include "door/door.h"

#include <string.h>

static struct command_result result_of(const struct door *door)
{
	struct command_result result = command_result_of(door, &door->enrol.command);

	result.shown = door->enrol.machine.shown;
	return result;
}

/* An entry about the card: whose wish it was, and its token, so that a stranger's can be found. */
static void note(struct door *door, const struct token *token, const char *what)
{
	struct entry entry;

	record_prepare(door, &entry, ENTRY_KIND_ENROL);
	entry.has_subject = true;
	entry.subject.has_token = token != NULL;
	if (token) {
		entry.subject.token = *token;
		entry.subject.key_id = door->keys.card.id;
	}
	entry_text_set(entry.subject.actor, sizeof(entry.subject.actor), door->enrol.command.actor);
	entry_text_set(entry.detail, sizeof(entry.detail), what);
	(void)record_append(door, &entry);
}

static void finish(struct door *door, enum command_outcome outcome, const char *why)
{
	struct command_result result = result_of(door);

	result.outcome = outcome;
	entry_text_set(result.why, sizeof(result.why), why);
	if (outcome == COMMAND_OUTCOME_DONE) {
		result.has_card = true;
		result.token = door->enrol.machine.token;
		result.key_id = door->keys.card.id;
		result.kind = CARD_KIND_UID;
	}
	command_answer(door, &result);
	enrol_stop(door);
	lights_show(door, outcome == COMMAND_OUTCOME_DONE ? PATTERN_COME_IN : PATTERN_SEE_HOST);
}

static void wait_for_card(struct door *door)
{
	struct command_result result = result_of(door);

	result.outcome = COMMAND_OUTCOME_WAITING;
	if (result.shown)
		entry_text_set(result.why, sizeof(result.why), enrolment_text(ENROLMENT_STEP_ONCE));
	command_answer(door, &result);
	lights_show(door, enrol_pattern(door));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;
	enum enrolment_step step = enrolment_tick(&door->enrol.machine, clock_mono_ms());

	(void)usec;
	if (step == ENROLMENT_STEP_NONE) {
		sd_event_source_set_time(source, door->enrol.machine.until_ms * 1000);
		sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
		return 0;
	}
	note(door, NULL, enrolment_text(step));
	finish(door, COMMAND_OUTCOME_FAILED, enrolment_text(step));
	return 0;
}

int enrol_begin(struct door *door, const struct command *command)
{
	struct door_enrol *enrol = &door->enrol;
	int r;

	if (enrol->machine.on)
		return -EBUSY;
	enrol_stop(door);
	enrolment_begin(&enrol->machine, clock_mono_ms(), command->seconds * 1000);
	enrol->command = *command;
	r = sd_event_add_time(door->event, &enrol->timer, CLOCK_MONOTONIC,
		enrol->machine.until_ms * 1000, 1000, on_timer, door);
	if (r < 0) {
		enrol_stop(door);
		return r;
	}
	wait_for_card(door);
	return 0;
}

bool enrol_cancel(struct door *door, const char *why)
{
	if (!door->enrol.machine.on)
		return false;
	note(door, NULL, why);
	finish(door, COMMAND_OUTCOME_FAILED, why);
	return true;
}

bool enrol_card(struct door *door, const struct reader_card *card, const struct token *token)
{
	enum uid_kind kind = uid_kind(&card->uid);
	enum enrolment_step step =
		enrolment_card(&door->enrol.machine, kind, token, card->handle, clock_mono_ms());

	if (step == ENROLMENT_STEP_NONE)
		return door->enrol.machine.on;
	note(door, kind == UID_KIND_FIXED ? token : NULL, enrolment_text(step));
	switch (step) {
	case ENROLMENT_STEP_NONE:
		break;
	case ENROLMENT_STEP_ONCE:
		wait_for_card(door);
		break;
	case ENROLMENT_STEP_DONE:
		finish(door, COMMAND_OUTCOME_DONE, "");
		break;
	case ENROLMENT_STEP_OTHER:
	case ENROLMENT_STEP_RANDOM:
	case ENROLMENT_STEP_DUMMY:
		finish(door, COMMAND_OUTCOME_REFUSED, enrolment_text(step));
		break;
	case ENROLMENT_STEP_TIMEOUT:
		finish(door, COMMAND_OUTCOME_FAILED, enrolment_text(step));
		break;
	}
	return true;
}

enum pattern enrol_pattern(const struct door *door)
{
	if (!door->enrol.machine.on)
		return PATTERN_IDLE;
	return door->enrol.machine.shown ? PATTERN_ENROL_AGAIN : PATTERN_ENROL;
}

void enrol_stop(struct door *door)
{
	door->enrol.machine = (struct enrolment){0};
	door->enrol.timer = sd_event_source_disable_unref(door->enrol.timer);
}
