/* SPDX-License-Identifier: Apache-2.0 */
/* Extra rights, closures, allowance, passback and other people: by hand, and against an oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/decide.h"

#define TODAY 20779 /* 2026-11-22, a Sunday */
#define NOON 720
#define EXTRAS 3

struct tap {
	struct decide_input in;
	struct roster_card card;
	struct decide_rights rights;
	struct decide_door door;
	struct calendar calendar;
	struct decide_extra extras[EXTRAS];
};

static struct hours always, open_now, closed_now;

static int compile_hours(void **state)
{
	struct hours_error error;

	(void)state;
	return hours_compile("24/7", &always, &error) ||
	       hours_compile("Su 09:00-17:00", &open_now, &error) ||
	       hours_compile("Mo-Sa 09:00-17:00", &closed_now, &error);
}

/* Granted at noon; the tier is always open. */
static void tap_init(struct tap *t)
{
	memset(t, 0, sizeof(*t));
	t->card = (struct roster_card){.card = 7,
		.member = 8,
		.state = CARD_STATE_ACTIVE,
		.member_state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE};
	t->rights = (struct decide_rights){.door = true, .hours = &always};
	t->door = (struct decide_door){.release_ms = 5000, .id = "front"};
	t->in = (struct decide_input){.read_ok = true,
		.card = &t->card,
		.rights = &t->rights,
		.door = &t->door,
		.calendar = &t->calendar,
		.extras = t->extras,
		.roster_age = DECIDE_ROSTER_AGE_FRESH,
		.clock = CLOCK_TRUST_SYNCED};
	uid_parse("04A1B2C3D4E5F6", &t->in.uid);
	civil_from_date(TODAY, &t->in.now);
	t->in.now.minute = NOON;
}

static struct decide_extra *extra_add(struct tap *t, enum decide_extra_kind kind, uint64_t id)
{
	struct decide_extra *e = &t->extras[t->in.extra_count++];

	*e = (struct decide_extra){
		.kind = kind, .on_list = kind == DECIDE_EXTRA_EVENT, .in_force = true, .id = id};
	e->span = (struct decide_span){decide_minute(TODAY, NOON), decide_minute(TODAY, NOON + 1)};
	return e;
}

static void exception_add(struct tap *t, bool open, const char *door)
{
	struct calendar_exception e = {.first = TODAY, .last = TODAY, .end = 1440, .open = open};

	strcpy(e.door, door);
	strcpy(e.reason, "test");
	assert_int_equal(calendar_exception_add(&t->calendar, &e), 0);
}

static enum reason reason_of(struct tap *t)
{
	return decide(&t->in).reason;
}

static void a_right_without_its_conditions_gives_nothing(void **state)
{
	struct tap t;

	(void)state;
	for (unsigned kind = 0; kind < 4; kind++) {
		tap_init(&t);
		t.rights.door = false;
		extra_add(&t, (enum decide_extra_kind)kind, 5);
		assert_int_equal(reason_of(&t) == REASON_GRANTED,
			kind == DECIDE_EXTRA_EVENT || kind == DECIDE_EXTRA_GUEST);
		t.extras[0].on_list = !t.extras[0].on_list;
		assert_int_equal(reason_of(&t) == REASON_GRANTED, kind == DECIDE_EXTRA_GUEST);
		t.extras[0].on_list = true;
		t.extras[0].in_force = false;
		assert_int_equal(reason_of(&t), REASON_DOOR_NOT_IN_RIGHTS);
	}
}

static void the_verdict_names_the_event_and_the_host(void **state)
{
	struct verdict v;
	struct tap t;

	(void)state;
	tap_init(&t);
	t.rights.door = false;
	extra_add(&t, DECIDE_EXTRA_GUEST, 55);
	v = decide(&t.in);
	assert_int_equal(v.sponsor, 55);
	assert_int_equal(v.event, 0);
	extra_add(&t, DECIDE_EXTRA_EVENT, 44);
	v = decide(&t.in);
	assert_int_equal(v.sponsor, 0);
	assert_int_equal(v.event, 44);
	t.in.extra_count = 1;
	t.rights.door = true; /* who may come anyway is nobody's guest */
	assert_int_equal(decide(&t.in).sponsor, 0);
	t.rights.hours = &closed_now;
	assert_int_equal(decide(&t.in).sponsor, 55);
	exception_add(&t, true, "");
	assert_int_equal(decide(&t.in).sponsor, 0);
	t.calendar.exception_count = 0;
	t.rights.flags = TIER_FLAG_STAFF;
	assert_int_equal(decide(&t.in).sponsor, 0);
	t.rights.door = false;
	assert_int_equal(decide(&t.in).sponsor, 55);
}

static void an_unknown_tier_may_still_be_a_guest(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	t.in.rights = NULL;
	assert_int_equal(reason_of(&t), REASON_DOOR_NOT_IN_RIGHTS);
	extra_add(&t, DECIDE_EXTRA_GUEST, 55);
	assert_int_equal(reason_of(&t), REASON_GRANTED);
	t.in.clock = CLOCK_TRUST_KEPT;
	assert_int_equal(reason_of(&t), REASON_CLOCK_UNTRUSTED);
	t.in.extra_count = 0;
	assert_int_equal(reason_of(&t), REASON_DOOR_NOT_IN_RIGHTS);
}

static void exceptions_of_another_door_change_nothing(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	exception_add(&t, false, "back");
	assert_int_equal(reason_of(&t), REASON_GRANTED);
	t.door.id = "back";
	assert_int_equal(reason_of(&t), REASON_CLOSED_DAY);
	t.door.id = NULL;
	assert_int_equal(reason_of(&t), REASON_GRANTED);
	exception_add(&t, false, "");
	assert_int_equal(reason_of(&t), REASON_CLOSED_DAY);
}

/* No dates, always open, nothing ends: then no clock is needed; each of these needs one. */
static void what_needs_a_time_needs_a_clock(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	t.in.clock = CLOCK_TRUST_UNSET;
	assert_int_equal(reason_of(&t), REASON_GRANTED);
	exception_add(&t, true, "front"); /* more time than always is no time */
	exception_add(&t, false, "b");
	extra_add(&t, DECIDE_EXTRA_EVENT, 1);
	assert_int_equal(reason_of(&t), REASON_GRANTED);
	exception_add(&t, false, "front");
	assert_int_equal(reason_of(&t), REASON_CLOCK_UNTRUSTED);
	t.calendar.exception_count = 0;
	exception_add(&t, false, "");
	assert_int_equal(reason_of(&t), REASON_CLOCK_UNTRUSTED);
	t.calendar.exception_count = 0;
	t.rights.door = false;
	assert_int_equal(reason_of(&t), REASON_CLOCK_UNTRUSTED);
	t.in.extra_count = 0;
	assert_int_equal(reason_of(&t), REASON_DOOR_NOT_IN_RIGHTS);
	exception_add(&t, true, "front"); /* which gives time, not the door */
	assert_int_equal(reason_of(&t), REASON_DOOR_NOT_IN_RIGHTS);
	t.rights.door = true;
	t.rights.hours = NULL;
	assert_int_equal(reason_of(&t), REASON_CLOCK_UNTRUSTED);
	t.calendar.exception_count = 0;
	exception_add(&t, false, "front"); /* never open needs no closure */
	assert_int_equal(reason_of(&t), REASON_OUTSIDE_HOURS);
	t.in.calendar = NULL;
	assert_int_equal(reason_of(&t), REASON_OUTSIDE_HOURS);
}

static void an_allowance_needs_a_clock_where_it_ends_a_right(void **state)
{
	struct verdict v;
	struct tap t;

	(void)state;
	tap_init(&t);
	t.in.clock = CLOCK_TRUST_UNSET;
	t.rights.allowance =
		(struct allowance){.kind = ALLOWANCE_DAYS, .policy = ALLOWANCE_DENY, .limit = 10};
	assert_int_equal(reason_of(&t), REASON_CLOCK_UNTRUSTED);
	t.rights.allowance.policy = ALLOWANCE_WARN;
	v = decide(&t.in);
	assert_true(v.grant);
	assert_int_equal(v.warnings, WARNING_CLOCK);
	assert_false(v.uses_unit);
	t.rights.allowance.kind = ALLOWANCE_NONE;
	t.rights.allowance.policy = ALLOWANCE_DENY;
	assert_int_equal(decide(&t.in).warnings, 0);
	assert_true(decide(&t.in).grant);
}

static void passback_needs_no_clock(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	t.in.clock = CLOCK_TRUST_UNSET;
	t.door.passback.mode = PASSBACK_HARD;
	assert_int_equal(reason_of(&t), REASON_GRANTED);
	t.in.presence = (struct presence){.inside = true, .date = TODAY - 5};
	assert_int_equal(reason_of(&t), REASON_PASSBACK);
}

static void two_people_are_two_members_within_the_time(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	t.door.second_person_ms = 15000;
	t.in.first_person = 9;
	t.in.first_person_ago_ms = 15000;
	assert_int_equal(reason_of(&t), REASON_GRANTED);
	t.in.first_person_ago_ms = 15001;
	assert_int_equal(reason_of(&t), REASON_SECOND_PERSON_NEEDED);
	t.in.first_person_ago_ms = 0;
	t.in.first_person = 8;
	assert_int_equal(reason_of(&t), REASON_SECOND_PERSON_NEEDED);
	t.in.first_person = 0;
	assert_int_equal(reason_of(&t), REASON_SECOND_PERSON_NEEDED);
	t.card.member = 0; /* nobody after nobody */
	assert_int_equal(reason_of(&t), REASON_SECOND_PERSON_NEEDED);
	t.door.second_person_ms = 1;
	assert_int_equal(reason_of(&t), REASON_SECOND_PERSON_NEEDED);
	t.in.first_person = 9;
	assert_int_equal(reason_of(&t), REASON_GRANTED);
}

static void the_first_person_opens_up_when_nothing_is_in_doubt(void **state)
{
	struct tap t;

	(void)state;
	for (unsigned i = 0; i < 1 << 6; i++)
		for (unsigned age = 0; age < DECIDE_ROSTER_AGE_STALE; age++)
			for (unsigned clock = 0; clock < 4; clock++) {
				tap_init(&t);
				t.rights.flags = TIER_FLAG_OVERRIDE;
				if (i & 1)
					t.rights.flags |= TIER_FLAG_MAY_OPEN_UP;
				t.door.waits_for_first = i & 2;
				t.door.exit_reader = i & 4;
				t.door.lockdown = i & 8;
				t.door.tampered = i & 16;
				t.rights.flags |= i & 32 ? TIER_FLAG_STAFF : 0;
				t.in.roster_age = (enum decide_roster_age)age;
				t.in.clock = (enum clock_trust)clock;
				assert_true(decide(&t.in).grant);
				assert_int_equal(decide(&t.in).opens_up,
					(i & 31) == 3 && age != DECIDE_ROSTER_AGE_UNKNOWN &&
						clock >= CLOCK_TRUST_RTC);
			}
	tap_init(&t);
	t.rights.flags = TIER_FLAG_MAY_OPEN_UP;
	t.door.waits_for_first = true;
	t.card.state = CARD_STATE_LOST;
	assert_false(decide(&t.in).opens_up);
}

static void proof_is_wanted_by_door_tier_or_card(void **state)
{
	static const struct {
		bool door, tier;
		enum card_kind kind;
		enum decide_proof proof;
		enum reason expected;
	} rows[] = {
		{false, false, CARD_KIND_UID, DECIDE_PROOF_NONE, REASON_GRANTED},
		{true, false, CARD_KIND_UID, DECIDE_PROOF_NONE, REASON_CARD_NEEDS_PROOF},
		{false, true, CARD_KIND_UID, DECIDE_PROOF_NONE, REASON_CARD_NEEDS_PROOF},
		{false, false, CARD_KIND_DESFIRE, DECIDE_PROOF_NONE, REASON_CARD_NOT_GENUINE},
		{true, true, CARD_KIND_DESFIRE, DECIDE_PROOF_NONE, REASON_CARD_NOT_GENUINE},
		{false, false, (enum card_kind)9, DECIDE_PROOF_NONE, REASON_CARD_NOT_GENUINE},
		{false, false, CARD_KIND_UID, DECIDE_PROOF_FAILED, REASON_CARD_NOT_GENUINE},
		{true, true, CARD_KIND_UID, DECIDE_PROOF_FAILED, REASON_CARD_NOT_GENUINE},
		{true, true, CARD_KIND_UID, DECIDE_PROOF_GENUINE, REASON_GRANTED},
		{true, true, CARD_KIND_DESFIRE, DECIDE_PROOF_GENUINE, REASON_GRANTED},
	};
	struct tap t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tap_init(&t);
		t.door.needs_proof = rows[i].door;
		t.rights.needs_proof = rows[i].tier;
		t.card.kind = rows[i].kind;
		t.in.proof = rows[i].proof;
		assert_int_equal(reason_of(&t), rows[i].expected);
	}
}

/* ---- an oracle: the rules as one conjunction, with rights as sets of minutes ---- */

struct oracle {
	bool grant;
	uint32_t warnings;
	bool uses, free, pool;
};

static bool covered(const struct tap *t, const struct decide_extra *e)
{
	int64_t now = (int64_t)t->in.now.date * 1440 + t->in.now.minute;

	return e->in_force && now >= e->span.from && now <= e->span.until - 1;
}

static struct oracle oracle_of(const struct tap *t, bool closed, bool opened)
{
	bool staff = t->rights.flags & TIER_FLAG_STAFF, event = false, guest = false, dues = true;
	bool any = false, own, time, inside, spent, pool, warn;
	uint32_t limit = 3 + (uint32_t)t->in.usage.extra;
	const struct allowance *a = &t->rights.allowance;
	struct oracle o = {0};

	for (size_t i = 0; i < t->in.extra_count; i++) {
		const struct decide_extra *e = &t->extras[i];
		bool listed = e->kind == DECIDE_EXTRA_GUEST ||
			      (e->kind == DECIDE_EXTRA_EVENT && e->on_list);

		any |= listed && e->in_force;
		if (!listed || !covered(t, e))
			continue;
		event |= e->kind == DECIDE_EXTRA_EVENT;
		guest |= e->kind == DECIDE_EXTRA_GUEST;
		if (e->kind == DECIDE_EXTRA_EVENT &&
			(e->free || (t->rights.flags & TIER_FLAG_EVENTS_FREE)))
			dues = false;
	}
	own = t->rights.door && (t->rights.hours == &always || t->rights.hours == &open_now);
	time = event || (opened && t->rights.door) || ((own || guest) && !closed);
	inside = t->in.presence.inside && t->in.presence.date == TODAY;
	o.free = !dues && !staff && !t->door.exit_reader && a->kind == ALLOWANCE_DAYS &&
		 t->in.usage.last_date != TODAY;
	dues = dues && !staff && !t->door.exit_reader && a->kind == ALLOWANCE_DAYS;
	o.uses = dues && t->in.usage.last_date != TODAY;
	spent = o.uses && t->in.usage.used >= limit;
	pool = spent && t->in.pool_left > 0;
	warn = o.uses && !spent && a->warn_percent == 80 && (t->in.usage.used + 1) * 5 >= limit * 4;
	inside = inside && !staff && !t->door.exit_reader && !t->door.unlocked;
	o.grant = (t->rights.door || any) && (staff || time) &&
		  !(spent && !pool && a->policy == ALLOWANCE_DENY) &&
		  !(inside && t->door.passback.mode == PASSBACK_HARD) &&
		  (staff || t->door.second_person_ms == 0 || t->in.first_person == 9);
	if (o.grant)
		o.warnings =
			((spent && !pool) || warn ? WARNING_ALLOWANCE : 0) |
			(inside && t->door.passback.mode == PASSBACK_SOFT ? WARNING_PASSBACK : 0);
	o.uses = o.uses && o.grant;
	o.free = o.free && o.grant;
	o.pool = pool && o.grant;
	return o;
}

static void randomise(struct tap *t, unsigned *seed, bool *ret_closed, bool *ret_opened)
{
	static const struct hours *const hours[] = {NULL, &always, &open_now, &closed_now};

	t->rights.flags = (uint32_t)rand_r(seed) & TIER_FLAGS_ALL;
	if (rand_r(seed) % 4)
		t->rights.flags &= ~(uint32_t)TIER_FLAG_STAFF;
	t->rights.door = rand_r(seed) % 3;
	t->rights.hours = hours[rand_r(seed) % 4];
	t->rights.allowance.kind = rand_r(seed) % 2 ? ALLOWANCE_DAYS : ALLOWANCE_NONE;
	t->rights.allowance.policy = rand_r(seed) % 2 ? ALLOWANCE_WARN : ALLOWANCE_DENY;
	t->rights.allowance.limit = 3;
	t->rights.allowance.warn_percent = rand_r(seed) % 2 ? 80 : 0;
	t->in.pool_left = (uint32_t)rand_r(seed) % 2;
	t->in.usage = (struct allowance_usage){.year = 2026, .month = 11};
	t->in.usage.used = (uint32_t)rand_r(seed) % 6;
	t->in.usage.last_date = TODAY - rand_r(seed) % 2;
	t->in.usage.extra = rand_r(seed) % 3 - 1;
	t->door.exit_reader = rand_r(seed) % 4 == 0;
	t->door.unlocked = rand_r(seed) % 4 == 0;
	t->door.passback.mode = (enum passback_mode)(rand_r(seed) % 3);
	t->in.presence.inside = rand_r(seed) % 2;
	t->in.presence.date = TODAY - rand_r(seed) % 2;
	t->door.second_person_ms = rand_r(seed) % 4 ? 0 : 1000;
	t->in.first_person = 8 + (unsigned)rand_r(seed) % 2;
	*ret_closed = rand_r(seed) % 3 == 0;
	*ret_opened = rand_r(seed) % 3 == 0;
	if (*ret_closed)
		exception_add(t, false, rand_r(seed) % 2 ? "" : "front");
	if (*ret_opened)
		exception_add(t, true, rand_r(seed) % 2 ? "" : "front");
	for (unsigned n = (unsigned)rand_r(seed) % (EXTRAS + 1); n > 0; n--) {
		struct decide_extra *e =
			extra_add(t, (enum decide_extra_kind)(rand_r(seed) % 3), 1 + n);

		e->in_force = rand_r(seed) % 4;
		e->on_list = rand_r(seed) % 4;
		e->free = rand_r(seed) % 2;
		e->span.from += rand_r(seed) % 3 - 1;
		e->span.until += rand_r(seed) % 3 - 1;
	}
}

static void random_rights_agree_with_the_oracle(void **state)
{
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);
	unsigned grants = 0;

	(void)state;
	print_message("# SEED=%u\n", seed);
	for (int round = 0; round < 100000; round++) {
		bool closed, opened;
		struct oracle o;
		struct verdict v;
		struct tap t;

		tap_init(&t);
		randomise(&t, &seed, &closed, &opened);
		o = oracle_of(&t, closed, opened);
		v = decide(&t.in);
		if (v.grant != o.grant || v.warnings != o.warnings || v.uses_unit != o.uses ||
			v.free != o.free || v.from_pool != o.pool ||
			(v.release_ms != 0) != v.grant || (v.event && !v.grant) ||
			(v.sponsor && (!v.grant || v.event)))
			fail_msg("round %d: grant %d (expected %d), warnings %x (%x), uses %d "
				 "(%d), %s",
				round, v.grant, o.grant, v.warnings, o.warnings, v.uses_unit,
				o.uses, reason_info(v.reason)->name);
		grants += v.grant;
	}
	assert_true(grants > 10000 && grants < 90000);
}

static void who_is_coming_pays_no_second_visit(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	t.rights.allowance = (struct allowance){.kind = ALLOWANCE_VISITS, .limit = 3};
	t.in.usage = (struct allowance_usage){.year = 2026, .month = 11, .used = 2};
	t.door.passback.mode = PASSBACK_HARD;
	assert_true(decide(&t.in).uses_unit);
	t.in.coming = true;
	assert_true(decide(&t.in).grant); /* not inside yet: no passback */
	assert_false(decide(&t.in).uses_unit);
	t.in.usage.used = 3; /* the one that is coming was the last */
	assert_true(decide(&t.in).grant);
	t.in.coming = false;
	assert_int_equal(decide(&t.in).reason, REASON_ALLOWANCE_SPENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_without_its_conditions_gives_nothing),
		cmocka_unit_test(the_verdict_names_the_event_and_the_host),
		cmocka_unit_test(an_unknown_tier_may_still_be_a_guest),
		cmocka_unit_test(exceptions_of_another_door_change_nothing),
		cmocka_unit_test(what_needs_a_time_needs_a_clock),
		cmocka_unit_test(an_allowance_needs_a_clock_where_it_ends_a_right),
		cmocka_unit_test(who_is_coming_pays_no_second_visit),
		cmocka_unit_test(passback_needs_no_clock),
		cmocka_unit_test(two_people_are_two_members_within_the_time),
		cmocka_unit_test(the_first_person_opens_up_when_nothing_is_in_doubt),
		cmocka_unit_test(proof_is_wanted_by_door_tier_or_card),
		cmocka_unit_test(random_rights_agree_with_the_oracle),
	};

	return cmocka_run_group_tests(tests, compile_hours, NULL);
}
