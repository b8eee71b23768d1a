/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/util.h"
#include "door/accept.h"

#define S 1000000LL
#define NOW (1795339801 * S)

static const struct accept_facts known = {
	.site = "walker", .door = "front", .generation = 2, .believes = true};

/* ---- commands ---- */

static const struct accept_command_facts command_known = {
	.counter = {1, 41}, .start = {7}, .time_known = true, .now_us = NOW};

static struct command good_command(void)
{
	return (struct command){.site = "walker",
		.door = "front",
		.verb = COMMAND_UNLOCK,
		.counter = {1, 42},
		.start = {7},
		.time_us = NOW - S,
		.expires_us = NOW + 14 * S,
		.seconds = 5};
}

static void a_good_command_is_accepted(void **state)
{
	struct command c = good_command();

	(void)state;
	assert_int_equal(accept_command(&known, &command_known, &c), ACCEPT_OK);
	c.counter = (struct revision){2, 0}; /* a restored hub counts from a higher generation */
	assert_int_equal(accept_command(&known, &command_known, &c), ACCEPT_OK);
}

static void bounds_themselves_are_good(void **state)
{
	static const struct {
		enum command_verb verb;
		uint32_t seconds;
	} rows[] = {{COMMAND_UNLOCK, 1}, {COMMAND_UNLOCK, 60}, {COMMAND_ENROL, 0},
		{COMMAND_ENROL, 5}, {COMMAND_ENROL, 120}, {COMMAND_ENROL_CANCEL, 0},
		{COMMAND_RELOCK, 0}, {COMMAND_IDENTIFY, 0}, {COMMAND_TEST, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct command c = good_command();

		c.verb = rows[i].verb;
		c.seconds = rows[i].seconds;
		c.expires_us = NOW + 1;
		assert_int_equal(accept_command(&known, &command_known, &c), ACCEPT_OK);
	}
}

static void wrong_site(struct command *c)
{
	strcpy(c->site, "other");
}

static void wrong_door(struct command *c)
{
	strcpy(c->door, "back");
}

static void high_generation(struct command *c)
{
	c->counter.generation = 3;
}

static void same_counter(struct command *c)
{
	c->counter.number = 41;
}

static void old_counter(struct command *c)
{
	c->counter.number = 1;
}

static void old_generation(struct command *c)
{
	c->counter = (struct revision){0, 1000};
}

static void other_start(struct command *c)
{
	c->start[15] = 1;
}

static void expired(struct command *c)
{
	c->expires_us = NOW;
}

static void long_unlock(struct command *c)
{
	c->seconds = 61;
}

static void no_unlock(struct command *c)
{
	c->seconds = 0;
}

static void long_enrol(struct command *c)
{
	c->verb = COMMAND_ENROL;
	c->seconds = 121;
}

static void blink_enrol(struct command *c)
{
	c->verb = COMMAND_ENROL;
	c->seconds = 1;
}

static void short_enrol(struct command *c)
{
	c->verb = COMMAND_ENROL;
	c->seconds = 4;
}

static void wrong_commands_are_refused(void **state)
{
	static const struct {
		void (*spoil)(struct command *c);
		enum accept accept;
	} rows[] = {
		{wrong_site, ACCEPT_REFUSED_SITE},
		{wrong_door, ACCEPT_REFUSED_DOOR},
		{high_generation, ACCEPT_REFUSED_GENERATION},
		{same_counter, ACCEPT_REFUSED_REPLAY},
		{old_counter, ACCEPT_REFUSED_REPLAY},
		{old_generation, ACCEPT_REFUSED_REPLAY},
		{other_start, ACCEPT_REFUSED_START},
		{expired, ACCEPT_REFUSED_EXPIRED},
		{long_unlock, ACCEPT_REFUSED_SECONDS},
		{no_unlock, ACCEPT_REFUSED_SECONDS},
		{long_enrol, ACCEPT_REFUSED_SECONDS},
		{short_enrol, ACCEPT_REFUSED_SECONDS},
		{blink_enrol, ACCEPT_REFUSED_SECONDS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct command c = good_command();

		rows[i].spoil(&c);
		assert_int_equal(accept_command(&known, &command_known, &c), rows[i].accept);
	}
}

/* A lost counter alone lets nothing in: the start's nonce and the expiry stand beside it. */
static void each_guard_holds_without_the_others(void **state)
{
	struct accept_command_facts lost = {.start = {7}, .time_known = true, .now_us = NOW};
	struct command c = good_command();

	(void)state;
	c.counter = (struct revision){0, 1};
	assert_int_equal(accept_command(&known, &lost, &c), ACCEPT_OK);
	c.start[0] = 8;
	assert_int_equal(accept_command(&known, &lost, &c), ACCEPT_REFUSED_START);
	c.start[0] = 7;
	c.expires_us = NOW - S;
	assert_int_equal(accept_command(&known, &lost, &c), ACCEPT_REFUSED_EXPIRED);
	lost.time_known = false;
	c.expires_us = INT64_MAX;
	assert_int_equal(accept_command(&known, &lost, &c), ACCEPT_REFUSED_TIMELESS);
}

/* ---- states ---- */

static void states_go_forward_only(void **state)
{
	struct sync_site_state kept = {.site = "walker", .revision = {1, 5}};
	struct sync_site_state s = {.site = "walker", .revision = {1, 6}, .lockdown = true};

	(void)state;
	assert_int_equal(accept_site_state(&known, &kept, &s, false), ACCEPT_OK);
	s.revision.number = 4;
	assert_int_equal(accept_site_state(&known, &kept, &s, false), ACCEPT_REFUSED_ROLLED_BACK);
	assert_int_equal(accept_site_state(&known, &kept, &s, true), ACCEPT_REFUSED_ROLLED_BACK);
	s.revision.number = 5;
	assert_int_equal(accept_site_state(&known, &kept, &s, false), ACCEPT_REFUSED_CHANGED);
	s.lockdown = false;
	assert_int_equal(accept_site_state(&known, &kept, &s, false), ACCEPT_NOTHING_NEW);
	s.revision = (struct revision){2, 1};
	assert_int_equal(accept_site_state(&known, &kept, &s, false), ACCEPT_OK);
	s.revision = (struct revision){3, 1};
	assert_int_equal(accept_site_state(&known, &kept, &s, true), ACCEPT_REFUSED_GENERATION);
	s.revision = (struct revision){2, 1};
	strcpy(s.site, "other");
	assert_int_equal(accept_site_state(&known, &kept, &s, true), ACCEPT_REFUSED_SITE);
}

/* Before the hub has answered only what takes away counts: an old "unlocked" must not open. */
static void unproven_states_only_take_away(void **state)
{
	static const struct {
		enum door_mode mode;
		int64_t until_us;
		bool counts;
	} rows[] = {{DOOR_MODE_CONTROLLED, 0, false}, {DOOR_MODE_UNLOCKED, 0, false},
		{DOOR_MODE_CONTROLLED, NOW, false}, {DOOR_MODE_LOCKDOWN, 0, true}};
	struct sync_site_state site_none = {0}, lockdown = {.site = "walker", .revision = {1, 1}};
	struct accept_facts doubting = known;

	(void)state;
	doubting.believes = false;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sync_door_state kept = {0}, s = {.site = "walker",
							   .door = "front",
							   .revision = {1, 1},
							   .mode = rows[i].mode,
							   .hold_until_us = rows[i].until_us};

		assert_int_equal(accept_door_state(&known, &kept, &s, false), ACCEPT_OK);
		assert_int_equal(accept_door_state(&doubting, &kept, &s, true), ACCEPT_OK);
		assert_int_equal(accept_door_state(&doubting, &kept, &s, false),
			rows[i].counts ? ACCEPT_OK : ACCEPT_LATER);
		strcpy(s.door, "back");
		assert_int_equal(accept_door_state(&known, &kept, &s, true), ACCEPT_REFUSED_DOOR);
	}
	assert_int_equal(accept_site_state(&doubting, &site_none, &lockdown, false), ACCEPT_LATER);
	lockdown.lockdown = true;
	assert_int_equal(accept_site_state(&doubting, &site_none, &lockdown, false), ACCEPT_OK);
}

static void the_same_door_state_is_no_news_and_another_is_refused(void **state)
{
	const struct sync_door_state kept = {.site = "walker",
		.door = "front",
		.revision = {1, 3},
		.hold_from_us = 1,
		.hold_until_us = 2};
	struct sync_door_state s = kept;

	(void)state;
	assert_int_equal(accept_door_state(&known, &kept, &s, false), ACCEPT_NOTHING_NEW);
	s.mode = DOOR_MODE_UNLOCKED;
	assert_int_equal(accept_door_state(&known, &kept, &s, false), ACCEPT_REFUSED_CHANGED);
	s = kept;
	s.hold_until_us++;
	assert_int_equal(accept_door_state(&known, &kept, &s, true), ACCEPT_REFUSED_CHANGED);
	s = kept;
	s.hold_from_us++;
	assert_int_equal(accept_door_state(&known, &kept, &s, true), ACCEPT_REFUSED_CHANGED);
	s = kept;
	s.event = true;
	assert_int_equal(accept_door_state(&known, &kept, &s, true), ACCEPT_REFUSED_CHANGED);
}

/* A hub that never said anything has revision zero: whatever stands beside it. Only both zeros are
 * that; a count begins anew with each generation. */
static void a_state_of_revision_zero_says_nothing(void **state)
{
	static const struct revision counts[] = {{1, 0}, {0, 1}};
	struct sync_site_state kept = {.site = "walker"};
	struct sync_site_state s = {.site = "walker", .lockdown = true};
	struct sync_door_state mine = {0}, other = {.site = "other", .door = "front"};

	(void)state;
	assert_int_equal(accept_site_state(&known, &kept, &s, true), ACCEPT_NOTHING_NEW);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		kept.revision = s.revision = counts[i];
		assert_int_equal(
			accept_site_state(&known, &kept, &s, true), ACCEPT_REFUSED_CHANGED);
	}
	other.revision.generation = 1;
	assert_int_equal(accept_door_state(&known, &mine, &other, true), ACCEPT_REFUSED_SITE);
}

/* ---- heads and deltas ---- */

static const struct accept_head_facts roster = {
	.own = {1, 42}, .digest = {9}, .floor = {1, 42}, .newest_us = NOW};

static void heads_say_what_to_ask_for(void **state)
{
	static const struct {
		struct revision own, to;
		uint8_t digest;
		enum sync_want want;
	} rows[] = {
		{{1, 42}, {1, 42}, 9, SYNC_WANT_REPORT},
		{{1, 42}, {1, 42}, 8, SYNC_WANT_SNAPSHOT},
		{{1, 42}, {1, 43}, 8, SYNC_WANT_DELTA},
		{{1, 42}, {2, 1}, 8, SYNC_WANT_SNAPSHOT},
		{{0, 0}, {1, 42}, 8, SYNC_WANT_SNAPSHOT},
		{{0, 0}, {0, 42}, 8, SYNC_WANT_SNAPSHOT},
		{{1, 0}, {1, 42}, 8, SYNC_WANT_DELTA},
		{{0, 1}, {0, 42}, 8, SYNC_WANT_DELTA},
	};
	enum sync_want want;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct accept_head_facts more = roster;
		struct sync_head head = {.site = "walker",
			.revision = rows[i].to,
			.digest = {rows[i].digest},
			.time_us = NOW + 1};

		more.own = more.floor = rows[i].own;
		assert_int_equal(accept_head(&known, &more, &head, false, false, &want), ACCEPT_OK);
		assert_int_equal(want, rows[i].want);
	}
}

static void wrong_heads_are_refused(void **state)
{
	static const struct {
		const char *site;
		struct revision revision;
		int64_t time_us;
		bool answered, retained;
		enum accept accept;
	} rows[] = {
		{"other", {1, 43}, NOW + 1, true, false, ACCEPT_REFUSED_SITE},
		{"walker", {3, 1}, NOW + 1, true, false, ACCEPT_REFUSED_GENERATION},
		{"walker", {1, 41}, NOW + 1, false, false, ACCEPT_REFUSED_ROLLED_BACK},
		{"walker", {1, 41}, NOW + 1, true, false, ACCEPT_REFUSED_ROLLED_BACK},
		{"walker", {1, 43}, NOW - 1, false, false, ACCEPT_REFUSED_OLD_TIME},
		{"walker", {1, 43}, NOW - 1, false, true, ACCEPT_NOTHING_NEW},
		{"walker", {1, 43}, NOW, false, false, ACCEPT_NOTHING_NEW},
		{"walker", {1, 43}, NOW - 1, true, false, ACCEPT_OK},
	};
	enum sync_want want;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sync_head head = {.revision = rows[i].revision, .time_us = rows[i].time_us};

		strcpy(head.site, rows[i].site);
		assert_int_equal(accept_head(&known, &roster, &head, rows[i].answered,
					 rows[i].retained, &want),
			rows[i].accept);
	}
}

/* The floor outlives the cache: an empty door does not take an old roster for a new one. */
static void the_floor_holds_without_a_cache(void **state)
{
	struct accept_head_facts lost = {.floor = {1, 42}};
	struct sync_head head = {.site = "walker", .revision = {1, 41}, .time_us = NOW};
	enum sync_want want;

	(void)state;
	assert_int_equal(
		accept_head(&known, &lost, &head, true, false, &want), ACCEPT_REFUSED_ROLLED_BACK);
	head.revision.number = 42;
	assert_int_equal(accept_head(&known, &lost, &head, true, false, &want), ACCEPT_OK);
	assert_int_equal(want, SYNC_WANT_SNAPSHOT);
}

static void broadcasts_count_when_they_can_be_believed(void **state)
{
	struct sync_head head = {.site = "walker", .revision = {1, 43}, .time_us = NOW + 1};
	struct accept_facts doubting = known;
	enum sync_want want;

	(void)state;
	doubting.believes = false;
	assert_int_equal(accept_head(&doubting, &roster, &head, false, true, &want), ACCEPT_LATER);
	assert_int_equal(want, SYNC_WANT_REPORT);
	assert_int_equal(accept_head(&doubting, &roster, &head, true, false, &want), ACCEPT_OK);
	assert_true(accept_believes(true, false, false));
	assert_true(accept_believes(false, true, true));
	assert_false(accept_believes(false, true, false));
	assert_false(accept_believes(false, false, true));
}

static void deltas_go_forward_only(void **state)
{
	struct sync_delta delta = {
		.head = {.site = "walker", .revision = {1, 43}}, .from = {1, 42}};

	(void)state;
	assert_int_equal(accept_delta(&known, &roster, &delta), ACCEPT_OK);
	delta.from.number = 40; /* does not fit, but goes forward: the caller sees */
	assert_int_equal(accept_delta(&known, &roster, &delta), ACCEPT_OK);
	delta.from.number = 43;
	assert_int_equal(accept_delta(&known, &roster, &delta), ACCEPT_REFUSED_ROLLED_BACK);
	delta.head.revision.number = 42;
	assert_int_equal(accept_delta(&known, &roster, &delta), ACCEPT_REFUSED_AGAIN);
	delta.head.revision.number = 41;
	assert_int_equal(accept_delta(&known, &roster, &delta), ACCEPT_REFUSED_ROLLED_BACK);
	delta.head.revision.generation = 3;
	assert_int_equal(accept_delta(&known, &roster, &delta), ACCEPT_REFUSED_GENERATION);
	strcpy(delta.head.site, "other");
	assert_int_equal(accept_delta(&known, &roster, &delta), ACCEPT_REFUSED_SITE);
}

static void every_refusal_has_a_text_and_nothing_else_has(void **state)
{
	(void)state;
	for (int a = 0; a <= ACCEPT_OK; a++) {
		assert_int_equal(accept_refused((enum accept)a), a < ACCEPT_LATER);
		assert_int_equal(*accept_text((enum accept)a) != '\0', a < ACCEPT_LATER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_command_is_accepted),
		cmocka_unit_test(bounds_themselves_are_good),
		cmocka_unit_test(wrong_commands_are_refused),
		cmocka_unit_test(each_guard_holds_without_the_others),
		cmocka_unit_test(states_go_forward_only),
		cmocka_unit_test(unproven_states_only_take_away),
		cmocka_unit_test(the_same_door_state_is_no_news_and_another_is_refused),
		cmocka_unit_test(a_state_of_revision_zero_says_nothing),
		cmocka_unit_test(heads_say_what_to_ask_for),
		cmocka_unit_test(wrong_heads_are_refused),
		cmocka_unit_test(the_floor_holds_without_a_cache),
		cmocka_unit_test(broadcasts_count_when_they_can_be_believed),
		cmocka_unit_test(deltas_go_forward_only),
		cmocka_unit_test(every_refusal_has_a_text_and_nothing_else_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
