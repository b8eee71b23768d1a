/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who could come in: the doors' own decision (core/decide.h) on what the hub knows. What only a
 * door knows is not in it: its clock, the age of its roster, its passback, a card that has to prove
 * itself. Nothing is granted and nothing is journalled.
 */
#include "api.h"

#include "base/clock.h"
#include "base/openings.h"
#include "store/registry_rules.h"

#include <string.h>

#define CARDS_MAX 100
#define RELEASE_MAX_MS 30000 /* a door's own, unless its configuration says otherwise */

struct ask {
	struct api_call *call;
	const char *door; /* NULL: every door */
	int64_t at_us;
	bool is_now; /* then a lockdown that stands counts */
	struct civil at;
	uint64_t member;
	uint64_t card;
	struct registry_card *cards; /* theirs */
	int card_count;
	bool lockdown;
	struct registry_rulebook book;
};

/* One door, with its rules. */
struct place {
	const struct ask *ask;
	const struct registry_door *row;
	struct rules rules;
	struct decide_door door;
};

static struct decide_input input_of(const struct place *place)
{
	return (struct decide_input){.read_ok = true,
		/* the question is not about its UID: any that names one card will do */
		.uid = {.len = 4, .bytes = {0x04, 0x10, 0x20, 0x30}},
		.door = &place->door,
		.clock = CLOCK_TRUST_SYNCED,
		.now = place->ask->at};
}

static void write_warnings(struct api_writer *out, uint32_t warnings)
{
	api_list(out, "warnings");
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (warnings & bit && warning_name(bit))
			api_text(out, NULL, warning_name(bit));
	api_end(out);
}

static void write_verdict(struct api_writer *out, const struct verdict *verdict)
{
	const struct reason_info *reason = reason_info(verdict->reason);

	api_text(out, "verdict", verdict->grant ? "grant" : "deny");
	api_text(out, "reason", reason->name);
	api_text(out, "sentence", reason->admin);
	api_text(out, "member_sentence", reason->member);
	write_warnings(out, verdict->warnings);
}

/* ---- by tier ---- */

/* An active member of it, with an active card and nothing used up. */
static int explain_tier(const struct place *place, size_t index)
{
	const struct rules_tier *tier = &place->rules.tiers[index];
	const struct roster_card card = {.card = 1,
		.member = 1,
		.tier = tier->tier,
		.state = CARD_STATE_ACTIVE,
		.member_state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE};
	const struct openings_rule rule = {
		tier->rights.hours, place->rules.calendar, place->row->name};
	struct api_call *call = place->ask->call;
	struct decide_input in = input_of(place);
	struct verdict verdict;
	int r = 0;

	rules_input(&place->rules, &card, &in);
	verdict = decide(&in);
	api_object(&call->out, NULL);
	api_number(&call->out, "tier", tier->tier);
	api_text(&call->out, "name", place->ask->book.tiers[index].name);
	write_verdict(&call->out, &verdict);
	/* of its hours; a tier that has not the door has none there */
	if (tier->rights.door)
		r = api_hours_now(call, &rule, place->ask->at_us);
	api_end(&call->out);
	return r;
}

static int explain_tiers(const struct place *place)
{
	int r = 0;

	api_list(&place->ask->call->out, "tiers");
	for (size_t i = 0; r == 0 && i < place->rules.tier_count; i++)
		r = explain_tier(place, i);
	api_end(&place->ask->call->out);
	return r;
}

/* ---- by card ---- */

static void write_steps(struct api_writer *out, const struct decide_note *notes, unsigned count)
{
	api_list(out, "steps");
	for (unsigned i = 0; i < count; i++) {
		api_object(out, NULL);
		api_number(out, "step", notes[i].step);
		api_text(out, "name", notes[i].name);
		api_text(out, "outcome", decide_outcome_name(notes[i].outcome));
		api_text(out, "looked",
			notes[i].step == 1 ? "named by its number, not read" : notes[i].looked);
		write_warnings(out, notes[i].warnings);
		api_end(out);
	}
	api_end(out);
}

static int explain_card(const struct place *place, const struct registry_card *row)
{
	struct api_call *call = place->ask->call;
	struct decide_input in = input_of(place);
	struct decide_note notes[DECIDE_NOTES_MAX];
	struct rules_member member = {0};
	struct roster_card card;
	struct verdict verdict;
	unsigned count = 0;
	bool inside = false;
	int r = registry_rules_card(call->registry, row->id, &card);

	if (r > 0) {
		rules_input(&place->rules, &card, &in);
		r = registry_rules_member(call->registry, &card, place->row->name, &in.now,
			place->ask->at_us, &member);
		if (r == 0)
			rules_member_input(&place->rules, &member, 0, true, &in);
		inside = presence_inside(&in.presence, place->door.passback.reset_minute, &in.now);
	}
	if (r < 0)
		return r;
	verdict = decide_explain(&in, notes, &count);
	api_object(&call->out, NULL);
	api_number(&call->out, "card", row->id);
	api_text(&call->out, "label", row->label);
	api_number_or_null(&call->out, "member", row->member);
	api_bool(&call->out, "inside", inside);
	write_verdict(&call->out, &verdict);
	api_number_or_null(&call->out, "event", verdict.event);
	api_number_or_null(&call->out, "sponsor", verdict.sponsor);
	write_steps(&call->out, notes, count);
	api_end(&call->out);
	return 0;
}

static int explain_cards(const struct place *place)
{
	int r = 0;

	api_list(&place->ask->call->out, "cards");
	for (int i = 0; r == 0 && i < place->ask->card_count; i++)
		r = explain_card(place, &place->ask->cards[i]);
	api_end(&place->ask->call->out);
	return r;
}

/* ---- by door ---- */

static int explain_door(const struct ask *ask, const struct registry_door *row)
{
	struct place place = {.ask = ask, .row = row};
	struct api_writer *out = &ask->call->out;
	int r = registry_rulebook_door(&ask->book, row->name, &place.rules);

	if (r < 0)
		return r;
	place.door = (struct decide_door){
		.lockdown = ask->is_now && (ask->lockdown || row->mode == DOOR_MODE_LOCKDOWN),
		.release_ms = RELEASE_MS_DEFAULT,
		.release_max_ms = RELEASE_MAX_MS,
		.passback.reset_minute = place.rules.head.checkout_minute,
		.id = row->name,
	};
	api_object(out, NULL);
	api_text(out, "door", row->name);
	api_text(out, "title", row->title);
	r = ask->member || ask->card ? explain_cards(&place) : explain_tiers(&place);
	api_end(out);
	rules_free(&place.rules);
	return r;
}

static int explain_doors(const struct ask *ask)
{
	struct registry_door rows[16];
	char after[NAME_ID_MAX] = "";
	int n, r = 0;

	do {
		n = registry_doors(
			ask->call->registry, *after ? after : NULL, rows, ARRAY_SIZE(rows));
		for (int i = 0; i < n; i++) {
			if (r == 0 && (!ask->door || strcmp(ask->door, rows[i].name) == 0))
				r = explain_door(ask, &rows[i]);
			snprintf(after, sizeof(after), "%s", rows[i].name);
			registry_door_free(&rows[i]);
		}
	} while (r == 0 && n == (int)ARRAY_SIZE(rows));
	return n < 0 ? n : r;
}

/* ---- the question ---- */

static bool read_ask(struct api_call *call, struct ask *ask)
{
	api_query_time(call, "at", &ask->at_us);
	api_query_name(call, "door", &ask->door);
	api_query_number(call, "member", &ask->member);
	api_query_number(call, "card", &ask->card);
	if (ask->member && ask->card)
		api_errors_add(&call->errors, "card", "not with member");
	ask->is_now = ask->at_us == 0;
	if (ask->is_now)
		ask->at_us = api_now_us();
	if (clock_civil(ask->at_us, &ask->at) < 0)
		api_errors_add(&call->errors, "at", "expected a time from 1970 to 9999");
	return call->errors.count == 0;
}

static int find_door(struct ask *ask)
{
	struct registry_site site;
	struct registry_door door;
	int r = registry_site(ask->call->registry, &site);

	if (r < 0)
		return r;
	ask->lockdown = site.lockdown;
	if (!ask->door)
		return 0;
	r = registry_door(ask->call->registry, ask->door, &door);
	if (r == 0)
		registry_door_free(&door);
	return r;
}

/* The member's cards, or the one that was named; who looks leaves a trace. */
static int find_cards(struct ask *ask)
{
	const struct registry_card_query query = {
		.member = ask->member, .state = -1, .limit = CARDS_MAX};
	struct api_call *call = ask->call;
	struct registry_member member;
	int r = ask->member ? registry_member(call->registry, ask->member, &member) : 0;

	if (r < 0 || (!ask->member && !ask->card))
		return r;
	ask->cards = calloc(CARDS_MAX, sizeof(*ask->cards));
	if (!ask->cards)
		return -ENOMEM;
	if (ask->member) {
		ask->card_count = registry_cards(call->registry, &query, ask->cards);
	} else {
		r = registry_card(call->registry, ask->card, &ask->cards[0]);
		ask->card_count = r < 0 ? r : 1;
	}
	if (ask->card_count < 0)
		return ask->card_count;
	return api_audit_look(
		call, ask->member ? "member" : "card", ask->member ? ask->member : ask->card);
}

static int explain(struct api_call *call)
{
	struct ask ask = {.call = call};
	int r;

	if (!read_ask(call, &ask))
		return api_malformed(call);
	r = find_door(&ask);
	if (r >= 0)
		r = find_cards(&ask);
	if (r >= 0)
		r = registry_rulebook_read(call->registry, ask.at.date - 1, &ask.book);
	if (r >= 0) {
		api_object(&call->out, NULL);
		api_time(&call->out, "at", ask.at_us);
		api_list(&call->out, "doors");
		r = explain_doors(&ask);
		api_end(&call->out);
		api_end(&call->out);
	}
	registry_rulebook_free(&ask.book);
	free(ask.cards);
	return r < 0 ? r : 0;
}

const struct api_route api_explain_routes[] = {
	{"GET", "/explain", API_ALL, API_TAKES_NOTHING, "at door member card", explain, 0, API_ROW},
	{0},
};
