/* SPDX-License-Identifier: Apache-2.0 */
#include "core/reason.h"

#include <stddef.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The one table of reasons: a reason is never renumbered, renamed or taken out. */
static const struct reason_info reasons[] = {
	{REASON_NONE, "none", REASON_PATTERN_HOST, "Please talk to a host.",
		"No decision was made."},
	{REASON_GRANTED, "granted", REASON_PATTERN_COME_IN, "Welcome.", "Access was granted."},
	{REASON_READ_ERROR, "read_error", REASON_PATTERN_TRY_AGAIN,
		"The card was not read. Please hold it still on the reader for a second.",
		"The reader saw a card but could not read it."},
	{REASON_CARD_UNKNOWN, "card_unknown", REASON_PATTERN_HOST,
		"This card is not known here. Please ask a host to add it.",
		"The card is not in the door's roster."},
	{REASON_CARD_RANDOM_UID, "card_random_uid", REASON_PATTERN_HOST,
		"This phone or card does not show a number of its own. Please use your card, or "
		"ask a host for one.",
		"A phone or card showed a random number, or one that many devices share; it cannot "
		"be enrolled."},
	{REASON_CARD_UNSUPPORTED, "card_unsupported", REASON_PATTERN_HOST,
		"This kind of card does not work here. Please use your own card, or ask a host for "
		"one.",
		"A card of a kind that is not supported was shown; the entry says which."},
	{REASON_CARD_REVOKED, "card_revoked", REASON_PATTERN_HOST,
		"This card is no longer in use. Please ask a host for a new one.",
		"The card has been revoked."},
	{REASON_CARD_LOST, "card_lost", REASON_PATTERN_HOST,
		"This card was reported lost. Please hand it to a host.",
		"The card was reported lost; somebody has it."},
	{REASON_CARD_SUSPENDED, "card_suspended", REASON_PATTERN_HOST,
		"This card is paused. Please ask a host to switch it on again.",
		"The card is suspended."},
	{REASON_CARD_UNASSIGNED, "card_unassigned", REASON_PATTERN_HOST,
		"This card does not belong to anybody yet. Please ask a host to set it up.",
		"The card is known but has not been given to a member."},
	{REASON_CARD_NOT_GENUINE, "card_not_genuine", REASON_PATTERN_HOST,
		"This card could not prove that it is genuine. Please talk to a host.",
		"The card failed or left out its cryptographic proof; it may be a copy."},
	{REASON_CARD_NEEDS_PROOF, "card_needs_proof", REASON_PATTERN_HOST,
		"This door needs a newer kind of card. Please ask a host for one.",
		"The door or the tier wants a card that proves itself; this one shows only a "
		"number."},
	{REASON_MEMBER_SUSPENDED, "member_suspended", REASON_PATTERN_HOST,
		"Your membership is paused. Please talk to a host about starting it again.",
		"The member is suspended."},
	{REASON_MEMBER_CLOSED, "member_closed", REASON_PATTERN_HOST,
		"Your membership is closed. Please talk to a host about joining again.",
		"The member's record is closed."},
	{REASON_DOOR_LOCKDOWN, "door_lockdown", REASON_PATTERN_NOT_NOW,
		"The building is locked down. Please stay where you are safe and wait for a host.",
		"The door is in lockdown; only override cards open it."},
	{REASON_ROSTER_STALE, "roster_stale", REASON_PATTERN_HOST,
		"The door has not heard from the office for too long. Please ask a host to let "
		"you in.",
		"The door's roster is older than the site allows."},
	{REASON_CLOCK_UNTRUSTED, "clock_untrusted", REASON_PATTERN_HOST,
		"The door is not sure what time it is. Please ask a host to let you in.",
		"The door's clock cannot be trusted and the member's rights depend on the time or "
		"date."},
	{REASON_MEMBER_NOT_YET, "member_not_yet", REASON_PATTERN_HOST,
		"Your membership has not started yet. Please talk to a host about the first day.",
		"The first day of the membership lies ahead."},
	{REASON_MEMBER_ENDED, "member_ended", REASON_PATTERN_HOST,
		"Your membership ended. Please talk to a host about renewing.",
		"The membership ended and its days of grace, if any, are over."},
	{REASON_DOOR_NOT_IN_RIGHTS, "door_not_in_rights", REASON_PATTERN_HOST,
		"Your membership does not include this door. Please talk to a host if it should.",
		"The member's tier does not include this door."},
	{REASON_OUTSIDE_HOURS, "outside_hours", REASON_PATTERN_NOT_NOW,
		"Your membership does not cover this time. Please come back within your hours.",
		"The member's tier is not open at this door at this time."},
	{REASON_CLOSED_DAY, "closed_day", REASON_PATTERN_NOT_NOW,
		"We are closed today. Please see the notice for when we open again.",
		"The site is closed on this day."},
	{REASON_ALLOWANCE_SPENT, "allowance_spent", REASON_PATTERN_HOST,
		"Your time for this month is used up. Please talk to a host about more.",
		"The member's allowance for this month is spent."},
	{REASON_PASSBACK, "passback", REASON_PATTERN_HOST,
		"This card is already inside. If that is wrong, please talk to a host.",
		"The card came in before and has not left; it may have been passed back."},
	{REASON_SECOND_PERSON_NEEDED, "second_person_needed", REASON_PATTERN_TRY_AGAIN,
		"This door needs two people. Please tap one card after the other.",
		"The door needs a second person who may open it."},
	{REASON_JOURNAL_FULL, "journal_full", REASON_PATTERN_HOST,
		"The door cannot record visits just now. Please ask a host to let you in.",
		"The journal cannot be written and the memory for waiting entries is full."},
	{REASON_INTERNAL, "internal", REASON_PATTERN_HOST,
		"Something is wrong with this door. Please ask a host to let you in.",
		"The door could not decide because of an error; its log says more."},
};

/* bit i of enum warning */
static const char *const warnings[] = {"warn_grace", "warn_stale", "warn_allowance",
	"warn_passback", "warn_clock", "warn_journal", "door_was_open"};

const struct reason_info *reason_info(enum reason reason)
{
	for (unsigned i = 0; i < COUNT(reasons); i++)
		if (reasons[i].reason == reason)
			return &reasons[i];
	return &reasons[0];
}

const struct reason_info *reason_row(unsigned i)
{
	return i < COUNT(reasons) ? &reasons[i] : NULL;
}

const char *warning_name(uint32_t bit)
{
	for (unsigned i = 0; i < COUNT(warnings); i++)
		if (bit == 1u << i)
			return warnings[i];
	return NULL;
}

const char *reason_pattern_name(enum reason_pattern pattern)
{
	switch (pattern) {
	case REASON_PATTERN_COME_IN:
		return "come_in";
	case REASON_PATTERN_TRY_AGAIN:
		return "try_again";
	case REASON_PATTERN_NOT_NOW:
		return "not_now";
	case REASON_PATTERN_HOST:
		break;
	}
	return "see_host";
}
