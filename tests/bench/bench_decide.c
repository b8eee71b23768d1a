/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nanoseconds per decision: the longest way (a grant through all steps), a full calendar, a denial,
 * and the same explained. Best of five rounds, so that other work on the machine counts least.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/decide.h"

#define TODAY 20780 /* 2026-11-23, a Monday */
#define ROUNDS 5
#define TAPS 200000

struct tap {
	struct decide_input in;
	struct roster_card card;
	struct decide_rights rights;
	struct decide_door door;
	struct calendar calendar;
	struct decide_extra extras[8];
	struct hours hours;
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int tap_init(struct tap *t, const char *hours)
{
	struct hours_error error;

	memset(t, 0, sizeof(*t));
	t->card = (struct roster_card){.card = 7, .member = 8, .state = CARD_STATE_ACTIVE};
	t->card.member_state = MEMBER_STATE_ACTIVE;
	t->card.valid_until = t->card.grace_until = TODAY + 30;
	t->rights = (struct decide_rights){.door = true, .hours = &t->hours};
	t->rights.allowance =
		(struct allowance){.kind = ALLOWANCE_DAYS, .policy = ALLOWANCE_DENY, .limit = 10};
	t->door = (struct decide_door){.release_ms = 5000, .second_person_ms = 9000, .id = "front"};
	t->door.passback.mode = PASSBACK_HARD;
	t->calendar.holidays = CALENDAR_HOLIDAYS_ENGLAND;
	t->in = (struct decide_input){.read_ok = true,
		.card = &t->card,
		.rights = &t->rights,
		.door = &t->door,
		.calendar = &t->calendar,
		.roster_age = DECIDE_ROSTER_AGE_FRESH,
		.clock = CLOCK_TRUST_SYNCED,
		.extras = t->extras,
		.first_person = 9};
	uid_parse("04A1B2C3D4E5F6", &t->in.uid);
	civil_from_date(TODAY, &t->in.now);
	t->in.now.minute = 600;
	return hours_compile(hours, &t->hours, &error);
}

static int fill(struct tap *t)
{
	struct calendar_exception e = {.end = 1440, .reason = "closed"};

	for (int i = 0; i < CALENDAR_EXCEPTIONS_MAX; i++) {
		e.first = e.last = TODAY + 1 + i;
		if (calendar_exception_add(&t->calendar, &e) < 0)
			return -1;
	}
	for (int i = 0; i < 8; i++)
		t->extras[i] = (struct decide_extra){.kind = DECIDE_EXTRA_EVENT, .in_force = true};
	t->in.extra_count = 8;
	return 0;
}

static int measure(const char *name, const struct tap *t, enum reason expected, bool explain)
{
	struct decide_note notes[DECIDE_NOTES_MAX];
	unsigned count, right = 0;
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		double start = seconds(), took;

		for (int i = 0; i < TAPS; i++) {
			struct verdict v =
				explain ? decide_explain(&t->in, notes, &count) : decide(&t->in);

			right += v.reason == expected;
		}
		took = (seconds() - start) / TAPS * 1e9;
		best = took < best ? took : best;
	}
	printf("%-44s %8.0f ns\n", name, best);
	return right == ROUNDS * TAPS ? 0 : 1;
}

int main(void)
{
	struct tap t;
	int bad = tap_init(&t, "Mo-Fr 09:00-18:00");

	bad |= measure("a grant through every step", &t, REASON_GRANTED, false);
	bad |= measure("the same, explained", &t, REASON_GRANTED, true);
	bad |= fill(&t);
	bad |= measure("with 128 closures and 8 events", &t, REASON_GRANTED, false);
	bad |= tap_init(&t, "Mo-Fr 09:00-18:00; PH off; Dec 24-Jan 1 off");
	bad |= measure("hours with holidays and dates", &t, REASON_GRANTED, false);
	t.card.state = CARD_STATE_LOST;
	bad |= measure("a lost card", &t, REASON_CARD_LOST, false);
	if (bad)
		printf("bench_decide: a decision was not the expected one\n");
	return bad != 0;
}
