/* SPDX-License-Identifier: Apache-2.0 */
/* What each step of a decision looks at, as a short text; only for people, nothing decides here. */
#include "decide_private.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Writes what fits; each put ends the text. */
struct text {
	char *at;
	size_t left; /* without the NUL */
};

static void put(struct text *t, const char *words)
{
	size_t n = strlen(words);

	if (n > t->left)
		n = t->left;
	memcpy(t->at, words, n);
	t->at += n;
	t->left -= n;
	*t->at = '\0';
}

static void put_number(struct text *t, uint64_t value)
{
	char digits[21];
	size_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	put(t, digits + i);
}

static void put_date(struct text *t, int32_t date)
{
	char text[11];

	civil_date_format(date, text);
	put(t, date == DATE_NONE ? "none" : text);
}

static void put_minute(struct text *t, unsigned minute)
{
	char clock[] = {(char)('0' + minute / 600 % 10), (char)('0' + minute / 60 % 10), ':',
		(char)('0' + minute % 60 / 10), (char)('0' + minute % 10), '\0'};

	put(t, clock);
}

static void put_now(struct text *t, const struct decide_input *in)
{
	static const char *const days[] = {"Mo ", "Tu ", "We ", "Th ", "Fr ", "Sa ", "Su "};

	if (!decide_now(in)) {
		put(t, "no trusted time");
		return;
	}
	put(t, days[in->now.weekday]);
	put_date(t, in->now.date);
	put(t, " ");
	put_minute(t, in->now.minute);
}

static void put_name(struct text *t, const char *const *names, size_t count, unsigned value)
{
	put(t, value < count ? names[value] : "unknown value");
}

static void look_input(struct text *t, const struct decide_input *in)
{
	put(t, in->door ? "door, " : "no door, ");
	put_number(t, in->extra_count);
	put(t, " extra rights");
}

static void look_read(struct text *t, const struct decide_input *in)
{
	put(t, in->read_ok ? "read, " : "not read, ");
	put_number(t, in->uid.len);
	put(t, " bytes");
}

static void look_known(struct text *t, const struct decide_input *in)
{
	put(t, uid_kind(&in->uid) == UID_KIND_FIXED ? "" : "number not the card's own, ");
	if (!in->card) {
		put(t, "not in the roster");
		return;
	}
	put(t, "card ");
	put_number(t, in->card->card);
	put(t, " of the roster");
}

static void look_card_state(struct text *t, const struct decide_input *in)
{
	const char *name = card_state_name(in->card->state);

	put(t, name ? name : "unknown value");
}

static void look_proof(struct text *t, const struct decide_input *in)
{
	static const char *const proofs[] = {"no proof", "proved itself", "proof failed"};

	put_name(t, proofs, COUNT(proofs), in->proof);
	put(t, in->card->kind == CARD_KIND_UID ? "" : ", enrolled as DESFire");
	put(t, in->door->needs_proof ? ", door wants proof" : "");
	put(t, in->rights && in->rights->needs_proof ? ", tier wants proof" : "");
}

static void look_member_state(struct text *t, const struct decide_input *in)
{
	const char *name = member_state_name(in->card->member_state);

	put(t, "member ");
	put_number(t, in->card->member);
	put(t, " ");
	put(t, name ? name : "unknown value");
}

static void look_lockdown(struct text *t, const struct decide_input *in)
{
	put(t, in->door->lockdown ? "lockdown" : "no lockdown");
	put(t, decide_flags(in) & TIER_FLAG_OVERRIDE ? ", override" : "");
}

static void look_roster(struct text *t, const struct decide_input *in)
{
	static const char *const ages[] = {"no bound", "fresh", "old", "unknown", "past the bound"};

	put_name(t, ages, COUNT(ages), in->roster_age);
	put(t, decide_staff(in) ? ", staff" : "");
}

static void look_clock(struct text *t, const struct decide_input *in)
{
	static const char *const clocks[] = {"unset", "kept", "rtc", "synced"};

	put_name(t, clocks, COUNT(clocks), in->clock);
	put(t, decide_staff(in) ? ", staff" : "");
}

static void look_dates(struct text *t, const struct decide_input *in)
{
	put(t, "from ");
	put_date(t, in->card->valid_from);
	put(t, ", until ");
	put_date(t, in->card->valid_until);
	put(t, ", grace ");
	put_date(t, in->card->grace_until);
	put(t, ", now ");
	put_now(t, in);
}

static void look_door(struct text *t, const struct decide_input *in)
{
	put(t, !in->rights         ? "tier not in the roster"
		: in->rights->door ? "tier has the door"
				   : "tier does not have the door");
	put(t, decide_any_extra(in) ? ", extra rights" : ", no extra right");
}

static void look_hours(struct text *t, const struct decide_input *in)
{
	const struct calendar_exception *closure = decide_closure(in),
					*opening = decide_opening(in);
	const struct decide_extra *event = decide_find_extra(in, DECIDE_EXTRA_EVENT);
	const struct decide_extra *guest = decide_find_extra(in, DECIDE_EXTRA_GUEST);

	put_now(t, in);
	put(t, decide_tier_open(in) ? ", tier open" : ", tier not open");
	if (event) {
		put(t, ", event ");
		put_number(t, event->id);
	}
	if (guest) {
		put(t, ", guest of ");
		put_number(t, guest->id);
	}
	put(t, opening ? ", special opening: " : "");
	put(t, opening ? opening->reason : "");
	put(t, closure ? ", closed: " : "");
	put(t, closure ? closure->reason : "");
}

static void look_allowance(struct text *t, const struct decide_input *in)
{
	static const char *const units[] = {"", " minutes", " days", " half days", " visits"};
	static const char *const policies[] = {", then denied", ", then warned"};
	const struct allowance *allowance = in->rights ? &in->rights->allowance : NULL;

	if (!allowance || allowance->kind == ALLOWANCE_NONE) {
		put(t, "no limit");
		return;
	}
	put_number(t, in->usage.used);
	put(t, " of ");
	put_number(t, allowance->limit);
	put_name(t, units, COUNT(units), allowance->kind);
	put_name(t, policies, COUNT(policies), allowance->policy);
	if (in->usage.extra != 0) {
		put(t, in->usage.extra > 0 ? ", given " : ", taken ");
		put_number(t, (uint64_t)(in->usage.extra > 0 ? (int64_t)in->usage.extra
							     : -(int64_t)in->usage.extra));
	}
	if (in->pool_left > 0) {
		put(t, ", pool ");
		put_number(t, in->pool_left);
	}
	put(t, in->door->exit_reader ? ", exit reader" : "");
	put(t, decide_at_free_event(in) ? ", free event" : "");
}

static void look_passback(struct text *t, const struct decide_input *in)
{
	static const char *const modes[] = {"not asked", "soft", "hard", "timed"};
	const struct presence *p = &in->presence;

	put_name(t, modes, COUNT(modes), in->door->passback.mode);
	put(t, in->door->exit_reader ? ", exit reader" : "");
	put(t, in->door->unlocked ? ", door unlocked" : "");
	if (!presence_inside(p, in->door->passback.reset_minute, decide_now(in))) {
		put(t, ", outside");
		return;
	}
	put(t, ", inside since ");
	put_date(t, p->date);
	put(t, " ");
	put_minute(t, p->minute);
}

static void look_second(struct text *t, const struct decide_input *in)
{
	if (in->door->second_person_ms == 0) {
		put(t, "one person will do");
		return;
	}
	if (in->first_person == 0) {
		put(t, "nobody before");
		return;
	}
	put(t, "member ");
	put_number(t, in->first_person);
	put(t, ", ");
	put_number(t, in->first_person_ago_ms);
	put(t, " ms ago, within ");
	put_number(t, in->door->second_person_ms);
	put(t, " ms");
}

void decide_look(unsigned step, const struct decide_input *in, char out[DECIDE_LOOKED_MAX])
{
	static void (*const looks[])(struct text *, const struct decide_input *) = {look_input,
		look_read, look_known, look_card_state, look_proof, look_member_state,
		look_lockdown, look_roster, look_clock, look_dates, look_door, look_hours,
		look_allowance, look_passback, look_second};
	struct text t = {.at = out, .left = DECIDE_LOOKED_MAX - 1};

	_Static_assert(COUNT(looks) == DECIDE_NOTES_MAX, "a look for each step");
	looks[step](&t, in);
}

const char *decide_outcome_name(enum decide_outcome outcome)
{
	switch (outcome) {
	case DECIDE_OUTCOME_PASS:
		return "pass";
	case DECIDE_OUTCOME_WARN:
		return "warn";
	case DECIDE_OUTCOME_DENY:
		return "deny";
	case DECIDE_OUTCOME_SKIP:
		break;
	}
	return "skip";
}
