/* SPDX-License-Identifier: Apache-2.0 */
/* What decide_explain notes of each step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/decide.h"

#define TODAY 20779 /* 2026-11-22, a Sunday */

enum {
	INPUT,
	READ,
	KNOWN,
	STATE,
	PROOF,
	MEMBER,
	LOCKDOWN,
	ROSTER,
	CLOCK,
	DATES,
	DOOR,
	HOURS,
	ALLOWANCE,
	PASSBACK,
	SECOND
};

/* A tap at a door where everything is set, and granted with every warning. */
struct tap {
	struct decide_input in;
	struct roster_card card;
	struct decide_rights rights;
	struct decide_door door;
	struct calendar calendar;
	struct decide_extra extras[2];
	struct hours hours;
	struct decide_note notes[DECIDE_NOTES_MAX];
	unsigned count;
};

static void set_door(struct tap *t)
{
	t->door = (struct decide_door){.release_ms = 5000, .second_person_ms = 15000};
	t->door.passback = (struct passback){.mode = PASSBACK_SOFT};
	t->in.presence = (struct presence){.inside = true, .date = TODAY, .minute = 605};
	t->in.first_person = 9;
	t->in.first_person_ago_ms = 2500;
}

static void set_rights(struct tap *t)
{
	struct hours_error error;

	assert_int_equal(hours_compile("Su 09:00-17:00", &t->hours, &error), 0);
	t->rights = (struct decide_rights){.flags = TIER_FLAG_OVERRIDE, .door = true};
	t->rights.hours = &t->hours;
	t->rights.allowance =
		(struct allowance){.kind = ALLOWANCE_DAYS, .policy = ALLOWANCE_WARN, .limit = 10};
	t->in.usage = (struct allowance_usage){.year = 2026, .month = 11, .used = 12};
}

static void tap_init(struct tap *t)
{
	memset(t, 0, sizeof(*t));
	t->card = (struct roster_card){.card = 7,
		.member = 8,
		.state = CARD_STATE_ACTIVE,
		.member_state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = TODAY - 1,
		.grace_until = TODAY};
	t->in = (struct decide_input){.read_ok = true,
		.card = &t->card,
		.rights = &t->rights,
		.door = &t->door,
		.calendar = &t->calendar,
		.roster_age = DECIDE_ROSTER_AGE_WARN,
		.clock = CLOCK_TRUST_SYNCED};
	uid_parse("04A1B2C3D4E5F6", &t->in.uid);
	civil_from_date(TODAY, &t->in.now);
	t->in.now.minute = 12 * 60 + 34;
	set_rights(t);
	set_door(t);
}

static struct verdict explain(struct tap *t)
{
	memset(t->notes, 0x55, sizeof(t->notes));
	return decide_explain(&t->in, t->notes, &t->count);
}

static void assert_looked(struct tap *t, unsigned step, const char *text)
{
	explain(t);
	assert_true(step < t->count);
	assert_string_equal(t->notes[step].looked, text);
}

static void a_grant_notes_every_step(void **state)
{
	static const struct {
		const char *name;
		enum decide_outcome outcome;
		uint32_t warnings;
		const char *looked;
	} rows[] = {
		{"input", DECIDE_OUTCOME_PASS, 0, "door, 0 extra rights"},
		{"card read", DECIDE_OUTCOME_PASS, 0, "read, 7 bytes"},
		{"card known", DECIDE_OUTCOME_PASS, 0, "card 7 of the roster"},
		{"card state", DECIDE_OUTCOME_PASS, 0, "active"},
		{"card proof", DECIDE_OUTCOME_PASS, 0, "no proof"},
		{"member state", DECIDE_OUTCOME_PASS, 0, "member 8 active"},
		{"lockdown", DECIDE_OUTCOME_PASS, 0, "no lockdown, override"},
		{"roster age", DECIDE_OUTCOME_WARN, WARNING_STALE, "old"},
		{"clock", DECIDE_OUTCOME_PASS, 0, "synced"},
		{"dates", DECIDE_OUTCOME_WARN, WARNING_GRACE,
			"from none, until 2026-11-21, grace 2026-11-22, now Su 2026-11-22 12:34"},
		{"door", DECIDE_OUTCOME_PASS, 0, "tier has the door, no extra right"},
		{"hours", DECIDE_OUTCOME_PASS, 0, "Su 2026-11-22 12:34, tier open"},
		{"allowance", DECIDE_OUTCOME_WARN, WARNING_ALLOWANCE, "12 of 10 days, then warned"},
		{"passback", DECIDE_OUTCOME_WARN, WARNING_PASSBACK,
			"soft, inside since 2026-11-22 10:05"},
		{"second person", DECIDE_OUTCOME_PASS, 0, "member 9, 2500 ms ago, within 15000 ms"},
	};
	struct verdict v;
	struct tap t;

	(void)state;
	tap_init(&t);
	v = explain(&t);
	assert_true(v.grant);
	assert_int_equal(t.count, DECIDE_NOTES_MAX);
	for (unsigned i = 0; i < t.count; i++) {
		assert_int_equal(t.notes[i].step, i);
		assert_string_equal(t.notes[i].name, rows[i].name);
		assert_int_equal(t.notes[i].outcome, rows[i].outcome);
		assert_int_equal(t.notes[i].reason, REASON_NONE);
		assert_int_equal(t.notes[i].warnings, rows[i].warnings);
		assert_string_equal(t.notes[i].looked, rows[i].looked);
	}
}

static void the_last_note_is_the_step_that_decided(void **state)
{
	struct verdict v;
	struct tap t;

	(void)state;
	tap_init(&t);
	t.door.lockdown = true;
	t.rights.flags = 0;
	v = explain(&t);
	assert_int_equal(v.reason, REASON_DOOR_LOCKDOWN);
	assert_int_equal(t.count, LOCKDOWN + 1);
	assert_int_equal(t.notes[LOCKDOWN].outcome, DECIDE_OUTCOME_DENY);
	assert_int_equal(t.notes[LOCKDOWN].reason, REASON_DOOR_LOCKDOWN);
	assert_string_equal(t.notes[LOCKDOWN].looked, "lockdown");
	assert_int_equal(decide_explain(NULL, t.notes, &t.count).reason, REASON_INTERNAL);
	assert_int_equal(t.count, 0);
}

static void what_is_not_asked_is_skipped(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	t.rights.flags = TIER_FLAG_STAFF;
	t.in.clock = CLOCK_TRUST_KEPT;
	assert_true(explain(&t).grant);
	assert_int_equal(t.notes[CLOCK].outcome, DECIDE_OUTCOME_WARN);
	assert_string_equal(t.notes[CLOCK].looked, "kept, staff");
	assert_string_equal(t.notes[ROSTER].looked, "old, staff");
	assert_string_equal(t.notes[HOURS].looked, "no trusted time, tier not open");
	assert_int_equal(t.notes[DATES].outcome, DECIDE_OUTCOME_SKIP);
	for (unsigned i = HOURS; i <= SECOND; i++)
		assert_int_equal(t.notes[i].outcome, DECIDE_OUTCOME_SKIP);
}

static void each_step_says_what_it_found(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	t.in.read_ok = false;
	assert_looked(&t, READ, "not read, 7 bytes");
	tap_init(&t);
	t.in.card = NULL;
	assert_looked(&t, KNOWN, "not in the roster");
	uid_parse("08A1B2C3", &t.in.uid);
	assert_looked(&t, KNOWN, "number not the card's own, not in the roster");
	tap_init(&t);
	t.in.door = NULL;
	assert_looked(&t, INPUT, "no door, 0 extra rights");
	tap_init(&t);
	t.card.kind = CARD_KIND_DESFIRE;
	t.in.proof = DECIDE_PROOF_GENUINE;
	t.door.needs_proof = true;
	t.rights.needs_proof = true;
	assert_looked(&t, PROOF,
		"proved itself, enrolled as DESFire, door wants proof, tier wants proof");
	tap_init(&t);
	t.in.proof = DECIDE_PROOF_FAILED;
	t.in.rights = NULL;
	assert_looked(&t, PROOF, "proof failed");
}

static void rights_and_their_times_are_told(void **state)
{
	struct calendar_exception opening = {
		.first = TODAY, .last = TODAY, .end = 1440, .open = true, .reason = "open day"};
	struct calendar_exception closure = {
		.first = TODAY, .last = TODAY, .end = 1440, .reason = "boiler"};
	struct tap t;

	(void)state;
	tap_init(&t);
	calendar_exception_add(&t.calendar, &opening);
	calendar_exception_add(&t.calendar, &closure);
	assert_looked(&t, HOURS,
		"Su 2026-11-22 12:34, tier open, special opening: open day, closed: boiler");
	t.calendar.exception_count = 0;
	t.extras[0] =
		(struct decide_extra){DECIDE_EXTRA_EVENT, true, true, true, 44, {0, INT64_MAX}};
	t.extras[1] =
		(struct decide_extra){DECIDE_EXTRA_GUEST, true, true, true, 55, {0, INT64_MAX}};
	t.in.extras = t.extras;
	t.in.extra_count = 2;
	t.rights.door = false;
	assert_looked(&t, DOOR, "tier does not have the door, extra rights");
	assert_looked(&t, HOURS, "Su 2026-11-22 12:34, tier not open, event 44, guest of 55");
	assert_looked(&t, ALLOWANCE, "12 of 10 days, then warned, free event");
	t.extras[0].free = false;
	t.rights.flags = TIER_FLAG_STAFF;
	assert_looked(&t, ALLOWANCE, "12 of 10 days, then warned");
	assert_looked(&t, LOCKDOWN, "no lockdown");
	t.in.rights = NULL;
	assert_looked(&t, DOOR, "tier not in the roster, extra rights");
	assert_looked(&t, ALLOWANCE, "no limit");
}

static void allowance_passback_and_second_person_are_told(void **state)
{
	static const char *const units[] = {"12 of 10 minutes, then denied",
		"12 of 10 days, then denied", "12 of 10 half days, then denied",
		"12 of 10 visits, then denied"};
	struct tap t;

	(void)state;
	for (unsigned kind = ALLOWANCE_HOURS; kind <= ALLOWANCE_VISITS; kind++) {
		tap_init(&t);
		t.rights.allowance.kind = (enum allowance_kind)kind;
		t.rights.allowance.policy = ALLOWANCE_DENY;
		t.in.presence.inside = false;
		assert_looked(&t, ALLOWANCE, units[kind - 1]);
		assert_int_equal(t.notes[ALLOWANCE].outcome, DECIDE_OUTCOME_DENY);
	}
	tap_init(&t);
	t.rights.allowance.kind = ALLOWANCE_NONE;
	assert_looked(&t, ALLOWANCE, "no limit");
	tap_init(&t);
	t.door.exit_reader = true;
	t.door.passback.mode = PASSBACK_HARD;
	assert_looked(&t, ALLOWANCE, "12 of 10 days, then warned, exit reader");
	assert_looked(&t, PASSBACK, "hard, exit reader, inside since 2026-11-22 10:05");
	tap_init(&t);
	t.door.unlocked = true;
	t.door.passback.mode = PASSBACK_TIMED;
	t.in.presence.inside = false;
	assert_looked(&t, PASSBACK, "timed, door unlocked, outside");
	t.door.passback.mode = PASSBACK_NONE;
	assert_looked(&t, PASSBACK, "not asked, door unlocked, outside");
	t.in.first_person = 0;
	assert_looked(&t, SECOND, "nobody before");
	t.door.second_person_ms = 0;
	assert_looked(&t, SECOND, "one person will do");
}

static void values_that_are_not_ours_are_called_so(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	t.card.state = (enum card_state)77;
	assert_looked(&t, STATE, "unknown value");
	tap_init(&t);
	t.card.member_state = (enum member_state)77;
	assert_looked(&t, MEMBER, "member 8 unknown value");
	tap_init(&t);
	t.in.proof = (enum decide_proof)3;
	assert_looked(&t, PROOF, "unknown value");
	tap_init(&t);
	t.in.roster_age = (enum decide_roster_age)5;
	assert_looked(&t, ROSTER, "unknown value");
	tap_init(&t);
	t.in.clock = (enum clock_trust)4;
	assert_looked(&t, CLOCK, "unknown value");
	tap_init(&t);
	t.door.passback.mode = (enum passback_mode)4;
	assert_looked(&t, PASSBACK, "unknown value, inside since 2026-11-22 10:05");
}

static void names_of_our_values_are_told(void **state)
{
	static const char *const ages[] = {"no bound", "fresh", "old", "unknown", "past the bound"};
	static const char *const clocks[] = {"unset", "kept", "rtc", "synced"};
	static const char *const days[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
	struct tap t;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		tap_init(&t);
		t.in.roster_age = (enum decide_roster_age)i;
		assert_looked(&t, ROSTER, ages[i]);
	}
	for (unsigned i = 0; i < 4; i++) {
		tap_init(&t);
		t.in.clock = (enum clock_trust)i;
		assert_looked(&t, CLOCK, clocks[i]);
	}
	for (int i = 0; i < 7; i++) {
		tap_init(&t);
		t.card.valid_until = DATE_NONE;
		t.rights.hours = NULL;
		civil_from_date(TODAY + 1 + i, &t.in.now);
		t.in.now.minute = 23 * 60 + 59;
		explain(&t);
		assert_memory_equal(t.notes[HOURS].looked, days[i], 2);
		assert_non_null(strstr(t.notes[HOURS].looked, " 23:59, tier not open"));
	}
}

static void minutes_are_told_as_hours_and_minutes(void **state)
{
	static const struct {
		uint16_t minute;
		const char *looked;
	} rows[] = {{0, "00:00"}, {9, "00:09"}, {10, "00:10"}, {59, "00:59"}, {60, "01:00"},
		{599, "09:59"}, {600, "10:00"}, {1200, "20:00"}, {1439, "23:59"},
		{6600, "10:00"}}; /* no minute of a day, and still two digits */
	struct tap t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char expected[64] = "soft, inside since 2026-11-22 ";

		tap_init(&t);
		t.in.presence.minute = rows[i].minute;
		assert_looked(&t, PASSBACK, strcat(expected, rows[i].looked));
	}
}

static void a_long_text_is_cut_and_ended(void **state)
{
	struct calendar_exception closure = {.first = TODAY, .last = TODAY, .end = 1440};
	struct tap t;

	(void)state;
	tap_init(&t);
	memset(closure.reason, 'x', CALENDAR_REASON_MAX);
	calendar_exception_add(&t.calendar, &closure);
	explain(&t);
	assert_true(strlen(t.notes[HOURS].looked) < DECIDE_LOOKED_MAX - 1);
	closure.open = true;
	calendar_exception_add(&t.calendar, &closure);
	explain(&t);
	assert_int_equal(strlen(t.notes[HOURS].looked), DECIDE_LOOKED_MAX - 1);
	assert_int_equal(t.notes[HOURS].looked[DECIDE_LOOKED_MAX - 2], 'x');
	tap_init(&t);
	t.card.member = UINT64_MAX;
	assert_looked(&t, MEMBER, "member 18446744073709551615 active");
	t.card.member = 0;
	assert_looked(&t, MEMBER, "member 0 active");
}

static void outcomes_have_names(void **state)
{
	(void)state;
	assert_string_equal(decide_outcome_name(DECIDE_OUTCOME_SKIP), "skip");
	assert_string_equal(decide_outcome_name(DECIDE_OUTCOME_PASS), "pass");
	assert_string_equal(decide_outcome_name(DECIDE_OUTCOME_WARN), "warn");
	assert_string_equal(decide_outcome_name(DECIDE_OUTCOME_DENY), "deny");
	assert_string_equal(decide_outcome_name((enum decide_outcome)9), "skip");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grant_notes_every_step),
		cmocka_unit_test(the_last_note_is_the_step_that_decided),
		cmocka_unit_test(what_is_not_asked_is_skipped),
		cmocka_unit_test(each_step_says_what_it_found),
		cmocka_unit_test(rights_and_their_times_are_told),
		cmocka_unit_test(allowance_passback_and_second_person_are_told),
		cmocka_unit_test(values_that_are_not_ours_are_called_so),
		cmocka_unit_test(names_of_our_values_are_told),
		cmocka_unit_test(minutes_are_told_as_hours_and_minutes),
		cmocka_unit_test(a_long_text_is_cut_and_ended),
		cmocka_unit_test(outcomes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
