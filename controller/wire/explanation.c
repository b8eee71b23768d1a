/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/explanation.h"

#include "base/clock.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

const struct decide_note *explanation_decider(const struct explanation *e)
{
	for (unsigned i = 0; i < e->note_count; i++)
		if (e->notes[i].outcome == DECIDE_OUTCOME_DENY)
			return &e->notes[i];
	return NULL;
}

static json_t *warnings_json(uint32_t warnings)
{
	json_t *list = json_array();

	for (uint32_t bit = 1; bit && bit <= warnings; bit <<= 1)
		if (warnings & bit && warning_name(bit))
			json_array_append_new(list, json_string(warning_name(bit)));
	return list;
}

/* Text that may have been cut inside a character, or come from a file that is not UTF-8. */
static json_t *text_json(const char *text)
{
	char plain[DECIDE_LOOKED_MAX];
	json_t *json = json_string(text);
	size_t n = strnlen(text, sizeof(plain) - 1);

	if (json)
		return json;
	for (size_t i = 0; i < n; i++)
		plain[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	plain[n] = '\0';
	return json_string(plain);
}

static json_t *note_json(const struct decide_note *note)
{
	return json_pack("{s:i, s:s, s:s, s:o, s:o}", "step", (int)note->step, "name", note->name,
		"outcome", decide_outcome_name(note->outcome), "looked", text_json(note->looked),
		"warnings", warnings_json(note->warnings));
}

static json_t *card_json(const struct explanation *e)
{
	const struct roster_card *card = e->card;

	if (!card)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:s?}", "card", (json_int_t)card->card, "member",
		(json_int_t)card->member, "sponsor", (json_int_t)card->sponsor, "tier",
		(json_int_t)card->tier, "hours", e->hours);
}

static json_t *verdict_json(const struct explanation *e)
{
	const struct reason_info *reason = reason_info(e->verdict.reason);
	const struct decide_note *decider = explanation_decider(e);

	return json_pack("{s:b, s:s, s:i, s:s, s:s, s:s, s:o, s:i, s:o}", "granted",
		e->verdict.grant, "reason", reason->name, "number", (int)reason->reason, "pattern",
		reason_pattern_name(reason->pattern), "member", reason->member, "admin",
		reason->admin, "warnings", warnings_json(e->verdict.warnings), "release_ms",
		(int)e->verdict.release_ms, "decided_by",
		decider ? json_integer(decider->step) : json_null());
}

static json_t *question_json(const struct explanation *e)
{
	char at[20], date[11];

	civil_date_format(e->now.date, date);
	snprintf(at, sizeof(at), "%sT%02u:%02u", date, e->now.minute / 60u % 100,
		e->now.minute % 60u);
	return json_pack("{s:s, s:s, s:b, s:{s:I, s:I}, s:s, s:s, s:s, s:o}", "site", e->site,
		"door", e->door, "door_listed", e->door_listed, "revision", "generation",
		(json_int_t)e->revision.generation, "number", (json_int_t)e->revision.number, "at",
		at, "timezone", e->timezone, "clock", clock_trust_name(e->clock), "card",
		card_json(e));
}

char *explanation_json(const struct explanation *e)
{
	json_t *all = verdict_json(e), *question = question_json(e), *steps = json_array();
	char *text = NULL;
	int r = question ? json_object_update(all, question) : -1;

	for (unsigned i = 0; i < e->note_count; i++)
		r |= json_array_append_new(steps, note_json(&e->notes[i]));
	r |= json_object_set(all, "steps", steps);
	if (r == 0)
		text = json_dumps(all, JSON_COMPACT);
	json_decref(steps);
	json_decref(question);
	json_decref(all);
	return text;
}
