/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/decide.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TODAY 20779 /* 2026-11-22, a Sunday */

/* A tap that is granted, and all it points to. */
struct tap {
	struct decide_input in;
	struct roster_card card;
	struct decide_rights rights;
	struct decide_door door;
	struct calendar calendar;
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

static void tap_init(struct tap *t)
{
	memset(t, 0, sizeof(*t));
	t->card = (struct roster_card){.card = 7,
		.member = 8,
		.tier = 1,
		.state = CARD_STATE_ACTIVE,
		.member_state = MEMBER_STATE_ACTIVE,
		.valid_from = TODAY - 10,
		.valid_until = TODAY + 10,
		.grace_until = DATE_NONE};
	t->rights = (struct decide_rights){.door = true, .hours = &open_now};
	t->door = (struct decide_door){.release_ms = 5000, .release_max_ms = 20000};
	t->in = (struct decide_input){.read_ok = true,
		.card = &t->card,
		.rights = &t->rights,
		.door = &t->door,
		.calendar = &t->calendar,
		.roster_age = DECIDE_ROSTER_AGE_FRESH,
		.clock = CLOCK_TRUST_SYNCED};
	uid_parse("04A1B2C3D4E5F6", &t->in.uid);
	civil_from_date(TODAY, &t->in.now);
	t->in.now.minute = 12 * 60;
}

static void not_read(struct tap *t)
{
	t->in.read_ok = false;
}
static void uid_random(struct tap *t)
{
	uid_parse("08A1B2C3", &t->in.uid);
}
static void unknown(struct tap *t)
{
	t->in.card = NULL;
}
static void lost(struct tap *t)
{
	t->card.state = CARD_STATE_LOST;
}
static void proof_failed(struct tap *t)
{
	t->in.proof = DECIDE_PROOF_FAILED;
}
static void proof_wanted(struct tap *t)
{
	t->door.needs_proof = true;
}
static void suspended(struct tap *t)
{
	t->card.member_state = MEMBER_STATE_SUSPENDED;
}
static void lockdown(struct tap *t)
{
	t->door.lockdown = true;
}
static void stale(struct tap *t)
{
	t->in.roster_age = DECIDE_ROSTER_AGE_STALE;
}
static void clock_kept(struct tap *t)
{
	t->in.clock = CLOCK_TRUST_KEPT;
}
static void ended(struct tap *t)
{
	t->card.valid_until = TODAY - 1;
}
static void other_door(struct tap *t)
{
	t->rights.door = false;
}
static void outside(struct tap *t)
{
	t->rights.hours = &closed_now;
}

static void closed(struct tap *t)
{
	struct calendar_exception today = {
		.first = TODAY, .last = TODAY, .end = 1440, .reason = "closed"};

	calendar_exception_add(&t->calendar, &today);
}
static void spent(struct tap *t)
{
	t->rights.allowance =
		(struct allowance){.kind = ALLOWANCE_VISITS, .policy = ALLOWANCE_DENY, .limit = 0};
}
static void passed_back(struct tap *t)
{
	t->door.passback.mode = (enum passback_mode)99; /* refuses at every presence */
}
static void alone(struct tap *t)
{
	t->door.second_person_ms = 1000;
}

/* In the order of design.md section 6. */
static const struct {
	void (*apply)(struct tap *t);
	enum reason reason;
} obstacles[] = {
	{not_read, REASON_READ_ERROR},
	{uid_random, REASON_CARD_RANDOM_UID},
	{unknown, REASON_CARD_UNKNOWN},
	{lost, REASON_CARD_LOST},
	{proof_failed, REASON_CARD_NOT_GENUINE},
	{proof_wanted, REASON_CARD_NEEDS_PROOF},
	{suspended, REASON_MEMBER_SUSPENDED},
	{lockdown, REASON_DOOR_LOCKDOWN},
	{stale, REASON_ROSTER_STALE},
	{clock_kept, REASON_CLOCK_UNTRUSTED},
	{ended, REASON_MEMBER_ENDED},
	{other_door, REASON_DOOR_NOT_IN_RIGHTS},
	{outside, REASON_OUTSIDE_HOURS},
	{closed, REASON_CLOSED_DAY},
	{spent, REASON_ALLOWANCE_SPENT},
	{passed_back, REASON_PASSBACK},
	{alone, REASON_SECOND_PERSON_NEEDED},
};
#define OLD_OBSTACLES 13 /* those before closed_day: the oracle below knows no others */

static void the_first_obstacle_gives_the_reason(void **state)
{
	struct tap t;

	(void)state;
	tap_init(&t);
	assert_true(decide(&t.in).grant);
	for (size_t i = 0; i < COUNT(obstacles); i++)
		for (size_t j = i; j < COUNT(obstacles); j++) {
			struct verdict v;

			tap_init(&t);
			obstacles[j].apply(&t);
			obstacles[i].apply(&t);
			v = decide(&t.in);
			assert_false(v.grant);
			assert_int_equal(v.reason, obstacles[i].reason);
			assert_int_equal(v.release_ms, 0);
			assert_int_equal(v.warnings, 0);
		}
}

static void nonsense_is_denied(void **state)
{
	struct tap t;

	(void)state;
	assert_false(decide(NULL).grant);
	assert_int_equal(decide(NULL).reason, REASON_INTERNAL);
	tap_init(&t);
	t.in.door = NULL;
	assert_int_equal(decide(&t.in).reason, REASON_INTERNAL);
	tap_init(&t);
	t.in.now.weekday = 2;
	assert_int_equal(decide(&t.in).reason, REASON_INTERNAL);
	tap_init(&t);
	t.card.state = (enum card_state)99;
	assert_int_equal(decide(&t.in).reason, REASON_INTERNAL);
	tap_init(&t);
	t.card.member_state = (enum member_state)99;
	assert_int_equal(decide(&t.in).reason, REASON_INTERNAL);
	tap_init(&t);
	t.in.roster_age = (enum decide_roster_age)99;
	assert_int_equal(decide(&t.in).reason, REASON_INTERNAL);
	tap_init(&t);
	t.in.proof = (enum decide_proof)99;
	assert_int_equal(decide(&t.in).reason, REASON_INTERNAL);
	tap_init(&t);
	t.in.extra_count = 1;
	assert_int_equal(decide(&t.in).reason, REASON_INTERNAL);
	tap_init(&t);
	t.rights.allowance.kind = (enum allowance_kind)99;
	assert_int_equal(decide(&t.in).reason, REASON_INTERNAL);
	tap_init(&t);
	t.door.passback.reset_minute = 1440;
	assert_int_equal(decide(&t.in).reason, REASON_INTERNAL);
	t.door.passback.reset_minute = 1439;
	assert_int_equal(decide(&t.in).reason, REASON_GRANTED);
	memset(&t, 0, sizeof(t));
	assert_false(decide(&t.in).grant);
}

static void a_roster_ages_from_fresh_to_stale(void **state)
{
	static const struct {
		bool known;
		uint64_t age_s, warn_s, bound_s;
		enum decide_roster_age expected;
	} rows[] = {
		{true, 0, 60, 100, DECIDE_ROSTER_AGE_FRESH},
		{true, 59, 60, 100, DECIDE_ROSTER_AGE_FRESH},
		{true, 60, 60, 100, DECIDE_ROSTER_AGE_WARN},
		{true, 100, 60, 100, DECIDE_ROSTER_AGE_WARN},
		{true, 101, 60, 100, DECIDE_ROSTER_AGE_STALE},
		{true, 100, 0, 100, DECIDE_ROSTER_AGE_FRESH},
		{true, 101, 0, 100, DECIDE_ROSTER_AGE_STALE},
		{true, 1, 1, 1, DECIDE_ROSTER_AGE_WARN},
		{true, 2, 0, 1, DECIDE_ROSTER_AGE_STALE},
		{true, UINT64_MAX, 60, 100, DECIDE_ROSTER_AGE_STALE},
		{true, UINT64_MAX, 60, 0, DECIDE_ROSTER_AGE_UNBOUNDED},
		{false, 0, 60, 0, DECIDE_ROSTER_AGE_UNBOUNDED},
		{false, 0, 60, 100, DECIDE_ROSTER_AGE_UNKNOWN},
		{false, 101, 60, 100, DECIDE_ROSTER_AGE_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(decide_roster_age(rows[i].known, rows[i].age_s, rows[i].warn_s,
					 rows[i].bound_s),
			rows[i].expected);
}

static void a_member_may_have_longer_within_the_doors_bound(void **state)
{
	static const struct {
		uint32_t door, max, card, expected;
	} rows[] = {
		{5000, 20000, 0, 5000},
		{5000, 20000, 12000, 12000},
		{5000, 20000, 3000, 5000}, /* never shorter */
		{5000, 20000, 30000, 20000},
		{5000, 3000, 30000, 5000}, /* a bound below the door's own */
		{5000, 0, 30000, 5000},
		{0, 0, 0, RELEASE_MS_MIN},
		{999, 500, 999, RELEASE_MS_MIN},
		{90000, 90000, 0, RELEASE_MS_MAX},
		{60001, 0, 0, RELEASE_MS_MAX},
		{5000, UINT32_MAX, UINT32_MAX, RELEASE_MS_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tap t;

		tap_init(&t);
		t.door.release_ms = rows[i].door;
		t.door.release_max_ms = rows[i].max;
		t.card.release_ms = rows[i].card;
		assert_int_equal(decide(&t.in).release_ms, rows[i].expected);
	}
}

/*
 * What must be true of every grant and is enough for one, said another way than in the code: a
 * conjunction without order.
 */
struct oracle {
	bool grant;
	uint32_t warnings;
};

static struct oracle oracle_of(const struct decide_input *in)
{
	const struct roster_card *c = in->card;
	uint32_t flags = in->rights ? in->rights->flags : 0;
	const struct hours *h = in->rights ? in->rights->hours : NULL;
	bool staff = flags & TIER_FLAG_STAFF;
	bool trusted = in->clock == CLOCK_TRUST_RTC || in->clock == CLOCK_TRUST_SYNCED;
	bool from_ok, until_ok, in_grace, date_free, is_open;
	struct oracle o = {0};

	if (!c || !in->door || !in->rights)
		return o;
	date_free = c->valid_from == DATE_NONE && c->valid_until == DATE_NONE;
	from_ok = c->valid_from == DATE_NONE || c->valid_from <= in->now.date;
	until_ok = c->valid_until == DATE_NONE || c->valid_until >= in->now.date;
	in_grace = !until_ok && c->grace_until != DATE_NONE && c->grace_until >= in->now.date;
	is_open = h && (h == &always || (trusted && h == &open_now));
	o.grant = in->read_ok && uid_kind(&in->uid) == UID_KIND_FIXED &&
		  c->state == CARD_STATE_ACTIVE && c->member_state == MEMBER_STATE_ACTIVE &&
		  !in->door->needs_proof && in->proof == DECIDE_PROOF_NONE &&
		  (!in->door->lockdown || (flags & TIER_FLAG_OVERRIDE)) &&
		  (in->roster_age != DECIDE_ROSTER_AGE_STALE || staff) &&
		  (trusted ? from_ok && (until_ok || in_grace) : staff || date_free) &&
		  in->rights->door && (is_open || staff);
	if (!o.grant)
		return o;
	if (trusted && in_grace)
		o.warnings |= WARNING_GRACE;
	if (in->roster_age >= DECIDE_ROSTER_AGE_WARN)
		o.warnings |= WARNING_STALE;
	if (staff && !trusted)
		o.warnings |= WARNING_CLOCK;
	return o;
}

static unsigned grants;

static void check_against_oracle(const struct decide_input *in)
{
	struct oracle o = oracle_of(in);
	struct verdict v = decide(in);

	if (v.grant != o.grant || v.warnings != o.warnings ||
		(v.reason == REASON_GRANTED) != v.grant || (v.release_ms != 0) != v.grant ||
		v.reason == REASON_NONE)
		fail_msg("grant %d (expected %d), warnings %x (expected %x), reason %s", v.grant,
			o.grant, v.warnings, o.warnings, reason_info(v.reason)->name);
	grants += v.grant;
}

/* valid_from, valid_until, grace_until as days from today; 99: not set */
static const int dates[][3] = {{99, 99, 99}, {0, 0, 99}, {1, 5, 99}, {-5, -1, 99}, {-5, -1, 0},
	{-5, -2, -1}, {99, -1, 99}, {-1, 99, 99}, {1, -1, 5}, {99, 99, 5}};

static int32_t date_of(int offset)
{
	return offset == 99 ? DATE_NONE : TODAY + offset;
}

static void vary_the_door_and_the_clock(struct tap *t)
{
	for (unsigned i = 0; i < 2 * 2 * 5 * 4; i++) {
		unsigned n = i;

		t->door.needs_proof = n % 2, n /= 2;
		t->door.lockdown = n % 2, n /= 2;
		t->in.roster_age = (enum decide_roster_age)(n % 5), n /= 5;
		t->in.clock = (enum clock_trust)(n % 4);
		check_against_oracle(&t->in);
	}
}

static void vary_the_card(struct tap *t)
{
	vary_the_door_and_the_clock(t);
	for (unsigned i = 0; i < 5 * 3 * COUNT(dates); i++) {
		unsigned n = i;

		t->in.card = &t->card;
		t->card.state = (enum card_state)(n % 5), n /= 5;
		t->card.member_state = (enum member_state)(n % 3), n /= 3;
		t->card.valid_from = date_of(dates[n][0]);
		t->card.valid_until = date_of(dates[n][1]);
		t->card.grace_until = date_of(dates[n][2]);
		vary_the_door_and_the_clock(t);
	}
	t->in.card = NULL;
}

static void no_combination_grants_without_every_predicate(void **state)
{
	static const struct hours *const hours[] = {NULL, &always, &open_now, &closed_now};
	static const char *const uids[] = {"04A1B2C3D4E5F6", "08A1B2C3", "01020304", "88010203"};
	struct tap t;

	(void)state;
	grants = 0;
	tap_init(&t);
	t.in.card = NULL;
	t.in.rights = NULL;
	vary_the_card(&t);
	t.in.rights = &t.rights;
	for (unsigned i = 0; i < 4 * 2 * 4; i++) {
		t.rights.flags =
			(i % 2 ? TIER_FLAG_STAFF : 0) | (i / 2 % 2 ? TIER_FLAG_OVERRIDE : 0);
		t.rights.door = i / 4 % 2;
		t.rights.hours = hours[i / 8];
		vary_the_card(&t);
	}
	assert_true(grants > 1000);
	/* a card that is not read or not fixed, with every right there is */
	grants = 0;
	t.rights = (struct decide_rights){.flags = TIER_FLAGS_ALL, .door = true, .hours = &always};
	for (unsigned i = 1; i < 2 * COUNT(uids); i++) {
		uid_parse(uids[i / 2], &t.in.uid);
		t.in.read_ok = i % 2 == 0;
		vary_the_card(&t);
	}
	assert_int_equal(grants, 0);
}

static void random_taps_agree_with_the_oracle(void **state)
{
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);

	(void)state;
	print_message("# SEED=%u\n", seed);
	grants = 0;
	for (int round = 0; round < 200000; round++) {
		int32_t *day[] = {NULL, NULL, NULL};
		struct tap t;

		tap_init(&t);
		day[0] = &t.card.valid_from, day[1] = &t.card.valid_until;
		day[2] = &t.card.grace_until;
		for (unsigned i = 0; i < 3; i++)
			*day[i] = rand_r(&seed) % 4 ? TODAY - 2 + rand_r(&seed) % 5 : DATE_NONE;
		for (unsigned i = (unsigned)rand_r(&seed) % 3; i > 0; i--)
			obstacles[(unsigned)rand_r(&seed) % OLD_OBSTACLES].apply(&t);
		t.rights.flags = (uint32_t)rand_r(&seed) & TIER_FLAGS_ALL;
		if (rand_r(&seed) % 2)
			t.rights.hours = &always;
		t.card.release_ms = (uint32_t)rand_r(&seed);
		check_against_oracle(&t.in);
	}
	assert_true(grants > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_obstacle_gives_the_reason),
		cmocka_unit_test(nonsense_is_denied),
		cmocka_unit_test(a_roster_ages_from_fresh_to_stale),
		cmocka_unit_test(a_member_may_have_longer_within_the_doors_bound),
		cmocka_unit_test(no_combination_grants_without_every_predicate),
		cmocka_unit_test(random_taps_agree_with_the_oracle),
	};

	return cmocka_run_group_tests(tests, compile_hours, NULL);
}
