/* SPDX-License-Identifier: Apache-2.0 */
#include "decide_private.h"

#include <stddef.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the steps: REASON_NONE lets pass, anything else denies; a step may add warnings ---- */

/* Nonsense from our own side, and a trusted clock that shows no possible time. */
static enum reason input_sound(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	if (!in->door || (in->extra_count > 0 && !in->extras) ||
		(in->rights && !allowance_valid(&in->rights->allowance)) ||
		in->door->passback.reset_minute >= 1440 ||
		(clock_trust_ok(in->clock) && !civil_valid(&in->now)))
		return REASON_INTERNAL;
	return REASON_NONE;
}

static enum reason card_read(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	if (!in->read_ok || uid_kind(&in->uid) == UID_KIND_INVALID)
		return REASON_READ_ERROR;
	return REASON_NONE;
}

static enum reason card_known(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	if (uid_kind(&in->uid) != UID_KIND_FIXED)
		return REASON_CARD_RANDOM_UID; /* even if a row matches it */
	return in->card ? REASON_NONE : REASON_CARD_UNKNOWN;
}

static enum reason card_in_use(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	switch (in->card->state) {
	case CARD_STATE_ACTIVE:
		return REASON_NONE;
	case CARD_STATE_REVOKED:
		return REASON_CARD_REVOKED;
	case CARD_STATE_LOST:
		return REASON_CARD_LOST;
	case CARD_STATE_SUSPENDED:
		return REASON_CARD_SUSPENDED;
	case CARD_STATE_UNASSIGNED:
		return REASON_CARD_UNASSIGNED;
	}
	return REASON_INTERNAL; /* not a state of ours, so deny */
}

static enum reason card_genuine(const struct decide_input *in, uint32_t *warnings)
{
	bool wanted = in->door->needs_proof || (in->rights && in->rights->needs_proof);

	(void)warnings;
	switch (in->proof) {
	case DECIDE_PROOF_GENUINE:
		return REASON_NONE;
	case DECIDE_PROOF_FAILED:
		return REASON_CARD_NOT_GENUINE;
	case DECIDE_PROOF_NONE:
		/* a copy shows the number of a card that can do better */
		if (in->card->kind != CARD_KIND_UID)
			return REASON_CARD_NOT_GENUINE;
		return wanted ? REASON_CARD_NEEDS_PROOF : REASON_NONE;
	}
	return REASON_INTERNAL;
}

static enum reason member_active(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	switch (in->card->member_state) {
	case MEMBER_STATE_ACTIVE:
		return REASON_NONE;
	case MEMBER_STATE_SUSPENDED:
		return REASON_MEMBER_SUSPENDED;
	case MEMBER_STATE_CLOSED:
		return REASON_MEMBER_CLOSED;
	}
	return REASON_INTERNAL;
}

static enum reason no_lockdown(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	if (in->door->lockdown && !(decide_flags(in) & TIER_FLAG_OVERRIDE))
		return REASON_DOOR_LOCKDOWN;
	return REASON_NONE;
}

static enum reason roster_fresh(const struct decide_input *in, uint32_t *warnings)
{
	switch (in->roster_age) {
	case DECIDE_ROSTER_AGE_UNBOUNDED:
	case DECIDE_ROSTER_AGE_FRESH:
		return REASON_NONE;
	case DECIDE_ROSTER_AGE_WARN:
	case DECIDE_ROSTER_AGE_UNKNOWN:
		*warnings |= WARNING_STALE;
		return REASON_NONE;
	case DECIDE_ROSTER_AGE_STALE:
		*warnings |= WARNING_STALE;
		return decide_staff(in) ? REASON_NONE : REASON_ROSTER_STALE;
	}
	return REASON_INTERNAL;
}

/* A right needs no clock if it is the same at every moment: no dates, no closures, hours that are
 * always or never open, and no allowance that ends. */
static enum reason clock_trusted(const struct decide_input *in, uint32_t *warnings)
{
	const struct roster_card *card = in->card;
	const struct hours *hours = decide_hours(in);
	const struct allowance *allowance = in->rights ? &in->rights->allowance : NULL;

	if (clock_trust_ok(in->clock))
		return REASON_NONE;
	if (decide_staff(in)) {
		*warnings |= WARNING_CLOCK;
		return REASON_NONE;
	}
	if (card->valid_from != DATE_NONE || card->valid_until != DATE_NONE)
		return REASON_CLOCK_UNTRUSTED;
	if (allowance && allowance->kind != ALLOWANCE_NONE && allowance->policy == ALLOWANCE_DENY)
		return REASON_CLOCK_UNTRUSTED;
	if (hours && (!hours_always(hours) || decide_any_exception(in, false)))
		return REASON_CLOCK_UNTRUSTED;
	if (!decide_tier_open(in) &&
		(decide_any_extra(in) ||
			(decide_tier_has_door(in) && decide_any_exception(in, true))))
		return REASON_CLOCK_UNTRUSTED;
	return REASON_NONE;
}

static enum reason member_within_dates(const struct decide_input *in, uint32_t *warnings)
{
	const struct roster_card *card = in->card;

	/* DATE_NONE lies before every day: as a first day it has come, as grace it is over */
	if (in->now.date < card->valid_from)
		return REASON_MEMBER_NOT_YET;
	if (card->valid_until == DATE_NONE || in->now.date <= card->valid_until)
		return REASON_NONE;
	if (in->now.date > card->grace_until)
		return REASON_MEMBER_ENDED;
	*warnings |= WARNING_GRACE;
	return REASON_NONE;
}

static enum reason door_in_rights(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	return decide_tier_has_door(in) || decide_any_extra(in) ? REASON_NONE
								: REASON_DOOR_NOT_IN_RIGHTS;
}

static enum reason within_hours(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	if (decide_find_extra(in, DECIDE_EXTRA_EVENT) || decide_opening(in))
		return REASON_NONE;
	if (!decide_tier_open(in) && !decide_find_extra(in, DECIDE_EXTRA_GUEST))
		return REASON_OUTSIDE_HOURS;
	return decide_closure(in) ? REASON_CLOSED_DAY : REASON_NONE;
}

static struct allowance_answer allowance_of(const struct decide_input *in)
{
	bool inside = in->coming ||
		      presence_inside(&in->presence, in->door->passback.reset_minute, &in->now);

	return allowance_judge(&in->rights->allowance, &in->usage, inside, &in->now);
}

static enum reason allowance_left(const struct decide_input *in, uint32_t *warnings)
{
	struct allowance_answer answer;

	if (!clock_trust_ok(in->clock)) {
		*warnings |= WARNING_CLOCK; /* which month it is nobody knows; step 8 let it pass */
		return REASON_NONE;
	}
	answer = allowance_of(in);
	if (answer.spent && in->pool_left > 0)
		return REASON_NONE; /* their own units first, then the pool's */
	if (answer.spent && in->rights->allowance.policy == ALLOWANCE_DENY)
		return REASON_ALLOWANCE_SPENT;
	if (answer.spent || answer.warn)
		*warnings |= WARNING_ALLOWANCE;
	return REASON_NONE;
}

static enum reason not_passed_back(const struct decide_input *in, uint32_t *warnings)
{
	enum passback_answer answer =
		passback_judge(&in->door->passback, &in->presence, decide_now(in));

	if (answer == PASSBACK_ANSWER_DENY)
		return REASON_PASSBACK;
	if (answer == PASSBACK_ANSWER_WARN)
		*warnings |= WARNING_PASSBACK;
	return REASON_NONE;
}

/* Two people, not one person's two cards. */
static enum reason two_people(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	if (in->first_person == 0 || in->first_person == in->card->member ||
		in->first_person_ago_ms > in->door->second_person_ms)
		return REASON_SECOND_PERSON_NEEDED;
	return REASON_NONE;
}

/* ---- where a step is not asked ---- */

static bool dates_asked(const struct decide_input *in)
{
	return clock_trust_ok(in->clock); /* step 8 let it pass: no date, or staff */
}

static bool hours_asked(const struct decide_input *in)
{
	return !decide_staff(in);
}

static bool has_allowance(const struct decide_input *in)
{
	return !decide_staff(in) && !in->door->exit_reader && in->rights &&
	       in->rights->allowance.kind != ALLOWANCE_NONE;
}

static bool allowance_asked(const struct decide_input *in)
{
	return has_allowance(in) && !decide_at_free_event(in);
}

static bool passback_asked(const struct decide_input *in)
{
	return !decide_staff(in) && !in->door->exit_reader && !in->door->unlocked &&
	       in->door->passback.mode != PASSBACK_NONE;
}

static bool second_asked(const struct decide_input *in)
{
	return !decide_staff(in) && in->door->second_person_ms > 0;
}

/* Order and numbers are those of design.md section 6. */
static const struct step {
	const char *name;
	enum reason (*check)(const struct decide_input *in, uint32_t *warnings);
	bool (*asked)(const struct decide_input *in); /* NULL: always */
} steps[] = {
	{"input", input_sound, NULL},
	{"card read", card_read, NULL},
	{"card known", card_known, NULL},
	{"card state", card_in_use, NULL},
	{"card proof", card_genuine, NULL},
	{"member state", member_active, NULL},
	{"lockdown", no_lockdown, NULL},
	{"roster age", roster_fresh, NULL},
	{"clock", clock_trusted, NULL},
	{"dates", member_within_dates, dates_asked},
	{"door", door_in_rights, NULL},
	{"hours", within_hours, hours_asked},
	{"allowance", allowance_left, allowance_asked},
	{"passback", not_passed_back, passback_asked},
	{"second person", two_people, second_asked},
};

_Static_assert(COUNT(steps) == DECIDE_NOTES_MAX, "a note for each step");

/* ---- the verdict ---- */

/* A member's own release may lengthen the door's up to the door's bound; nothing shortens it. */
static uint32_t release_of(const struct decide_door *door, const struct roster_card *card)
{
	uint32_t own =
		card->release_ms < door->release_max_ms ? card->release_ms : door->release_max_ms;
	uint32_t release = own > door->release_ms ? own : door->release_ms;

	if (release < RELEASE_MS_MIN)
		return RELEASE_MS_MIN;
	return release > RELEASE_MS_MAX ? RELEASE_MS_MAX : release;
}

/* A planned unlock begins with nothing in doubt: design.md section 7. */
static bool opens_up(const struct decide_input *in)
{
	return in->door->waits_for_first && (decide_flags(in) & TIER_FLAG_MAY_OPEN_UP) &&
	       !in->door->exit_reader && !in->door->lockdown && !in->door->tampered &&
	       in->roster_age <= DECIDE_ROSTER_AGE_WARN && clock_trust_ok(in->clock);
}

static struct verdict granted(const struct decide_input *in, uint32_t warnings)
{
	const struct decide_extra *event = decide_find_extra(in, DECIDE_EXTRA_EVENT);
	const struct decide_extra *guest = decide_find_extra(in, DECIDE_EXTRA_GUEST);
	bool own = event || decide_opening(in) || decide_tier_open(in) ||
		   (decide_staff(in) && decide_tier_has_door(in));
	struct allowance_answer unit = {0};
	bool free = has_allowance(in) && decide_at_free_event(in);

	if (has_allowance(in) && clock_trust_ok(in->clock))
		unit = allowance_of(in);
	return (struct verdict){
		.grant = true,
		.reason = REASON_GRANTED,
		.warnings = warnings,
		.release_ms = release_of(in->door, in->card),
		.opens_up = opens_up(in),
		.uses_unit = unit.uses && !free,
		.from_pool = unit.uses && !free && unit.spent && in->pool_left > 0,
		.free = unit.uses && free,
		.event = event ? event->id : 0,
		.sponsor = guest && !own ? guest->id : 0,
	};
}

static struct verdict run(
	const struct decide_input *in, struct decide_note *notes, unsigned *ret_count)
{
	uint32_t warnings = 0;

	for (unsigned i = 0; i < COUNT(steps); i++) {
		bool asked = !steps[i].asked || steps[i].asked(in);
		uint32_t before = warnings;
		enum reason reason = asked ? steps[i].check(in, &warnings) : REASON_NONE;

		if (notes) {
			enum decide_outcome outcome = DECIDE_OUTCOME_SKIP;

			if (reason != REASON_NONE)
				outcome = DECIDE_OUTCOME_DENY;
			else if (asked)
				outcome = warnings != before ? DECIDE_OUTCOME_WARN
							     : DECIDE_OUTCOME_PASS;
			notes[i] = (struct decide_note){.step = i,
				.name = steps[i].name,
				.outcome = outcome,
				.reason = reason,
				.warnings = warnings & ~before};
			decide_look(i, in, notes[i].looked);
			*ret_count = i + 1;
		}
		if (reason != REASON_NONE)
			return (struct verdict){.reason = reason};
	}
	return granted(in, warnings);
}

struct verdict decide(const struct decide_input *in)
{
	return in ? run(in, NULL, NULL) : (struct verdict){.reason = REASON_INTERNAL};
}

struct verdict decide_explain(const struct decide_input *in,
	struct decide_note notes[DECIDE_NOTES_MAX], unsigned *ret_count)
{
	*ret_count = 0;
	return in ? run(in, notes, ret_count) : (struct verdict){.reason = REASON_INTERNAL};
}

enum decide_roster_age decide_roster_age(
	bool known, uint64_t age_s, uint64_t warn_s, uint64_t bound_s)
{
	if (bound_s == 0)
		return DECIDE_ROSTER_AGE_UNBOUNDED;
	if (!known)
		return DECIDE_ROSTER_AGE_UNKNOWN;
	if (age_s > bound_s)
		return DECIDE_ROSTER_AGE_STALE;
	return warn_s > 0 && age_s >= warn_s ? DECIDE_ROSTER_AGE_WARN : DECIDE_ROSTER_AGE_FRESH;
}
