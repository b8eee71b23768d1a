/* SPDX-License-Identifier: Apache-2.0 */
#include "core/decide.h"

#include <stddef.h>

/* A step: REASON_NONE lets pass, anything else denies. It may add warnings. */
typedef enum reason (*step_fn)(const struct decide_input *in, uint32_t *warnings);

static uint32_t flags_of(const struct decide_input *in)
{
	return in->rights ? in->rights->flags : 0;
}

static bool is_staff(const struct decide_input *in)
{
	return (flags_of(in) & TIER_FLAG_STAFF) != 0;
}

static bool has_dates(const struct roster_card *card)
{
	return card->valid_from != DATE_NONE || card->valid_until != DATE_NONE;
}

static const struct hours *hours_of(const struct decide_input *in)
{
	return in->rights ? in->rights->hours : NULL;
}

/* Nonsense from our own side, and a trusted clock that shows no possible time. */
static enum reason input_sound(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	if (!in->door || (clock_trust_ok(in->clock) && !civil_valid(&in->now)))
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
	(void)warnings;
	/* no card protocol proves anything yet: every card is a bare number */
	return in->door->needs_proof ? REASON_CARD_NEEDS_PROOF : REASON_NONE;
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
	if (in->door->lockdown && !(flags_of(in) & TIER_FLAG_OVERRIDE))
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
		return is_staff(in) ? REASON_NONE : REASON_ROSTER_STALE;
	}
	return REASON_INTERNAL;
}

/* A right needs the clock unless it is the same at every moment: no dates, and hours that are
 * always or never open. */
static enum reason clock_trusted(const struct decide_input *in, uint32_t *warnings)
{
	const struct hours *hours = hours_of(in);

	if (clock_trust_ok(in->clock))
		return REASON_NONE;
	if (is_staff(in)) {
		*warnings |= WARNING_CLOCK;
		return REASON_NONE;
	}
	if (has_dates(in->card) || (hours && !hours_always(hours)))
		return REASON_CLOCK_UNTRUSTED;
	return REASON_NONE;
}

static enum reason member_within_dates(const struct decide_input *in, uint32_t *warnings)
{
	const struct roster_card *card = in->card;

	if (!clock_trust_ok(in->clock))
		return REASON_NONE; /* step 8 let it pass: no date, or staff */
	if (card->valid_from != DATE_NONE && in->now.date < card->valid_from)
		return REASON_MEMBER_NOT_YET;
	if (card->valid_until == DATE_NONE || in->now.date <= card->valid_until)
		return REASON_NONE;
	if (card->grace_until == DATE_NONE || in->now.date > card->grace_until)
		return REASON_MEMBER_ENDED;
	*warnings |= WARNING_GRACE;
	return REASON_NONE;
}

static enum reason door_in_rights(const struct decide_input *in, uint32_t *warnings)
{
	(void)warnings;
	return in->rights && in->rights->door ? REASON_NONE : REASON_DOOR_NOT_IN_RIGHTS;
}

static enum reason within_hours(const struct decide_input *in, uint32_t *warnings)
{
	const struct hours *hours = hours_of(in);
	bool open = clock_trust_ok(in->clock) ? hours_open(hours, in->calendar, &in->now)
					      : hours_always(hours);

	(void)warnings;
	return is_staff(in) || open ? REASON_NONE : REASON_OUTSIDE_HOURS;
}

/* Order of design.md section 6; numbers are its steps. */
static const step_fn steps[] = {
	input_sound, card_read, /* 1 */
	card_known,             /* 2 */
	card_in_use,            /* 3 */
	card_genuine,           /* 4 */
	member_active,          /* 5 */
	no_lockdown,            /* 6 */
	roster_fresh,           /* 7 */
	clock_trusted,          /* 8 */
	member_within_dates,    /* 9 */
	door_in_rights,         /* 10 */
	within_hours,           /* 11 */
};

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

struct verdict decide(const struct decide_input *in)
{
	struct verdict verdict = {.reason = REASON_INTERNAL};

	if (!in)
		return verdict;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		verdict.reason = steps[i](in, &verdict.warnings);
		if (verdict.reason != REASON_NONE) {
			verdict.warnings = 0; /* warnings go with a grant */
			return verdict;
		}
	}
	verdict.grant = true;
	verdict.reason = REASON_GRANTED;
	verdict.release_ms = release_of(in->door, in->card);
	return verdict;
}
