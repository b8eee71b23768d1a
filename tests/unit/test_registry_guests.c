/* SPDX-License-Identifier: Apache-2.0 */
/* Guests on spare cards, cards for the day, and who is expected at events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "days_bed.h"

#define HOUR_US (3600LL * 1000000)

/* A site with members 1 and 2 and a spare card, 2; card 1 is member 1's. */
static struct registry *site_open(void)
{
	struct registry *reg = bed_open("hub.db");
	uint32_t tier;

	bed_now_us = at(22, 12, 0);
	bed_begin(reg);
	tier = days_tier(reg, "Full", ALLOWANCE_DAYS, 10);
	bed_member(reg, "Ada", tier);
	bed_member(reg, "Grace", tier);
	bed_card(reg, 1, 1);
	bed_card(reg, 2, 1);
	EXPECT(reg, registry_card_act(reg, 2, REGISTRY_CARD_RETURN, "maya", "spare", 0), 0);
	bed_door(reg, "front", false);
	bed_commit(reg);
	return reg;
}

static struct registry_guest visitor(void)
{
	return (struct registry_guest){
		.sponsor = 1,
		.name = "Alan",
		.card = 2,
		.from_us = bed_now_us,
		.until_us = bed_now_us + 2 * HOUR_US,
		.made_by = "maya",
	};
}

static bool extra_told(struct registry *reg, uint64_t id, struct roster_extra *ret_extra)
{
	struct roster_record record = {.kind = ROSTER_KIND_EXTRA, .extra.id = id};
	bool there = days_told(reg, &record);

	*ret_extra = record.extra;
	return there;
}

static int64_t tick(struct registry *reg)
{
	int ended;

	bed_begin(reg);
	ended = registry_days_tick(reg);
	if (ended < 0)
		fail_msg("%s", registry_error(reg));
	bed_commit(reg);
	return ended;
}

/* ---- guests ---- */

static void guest_has_a_spare_card_until_the_time_is_over(void **state)
{
	struct registry *reg = site_open();
	struct registry_guest g = visitor();
	struct registry_notice notices[4];
	struct roster_extra extra;
	struct roster_card card;
	struct registry_card row;
	uint64_t id = 0;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_guest_add(reg, &g, &id), 0);
	bed_commit(reg);
	assert_true(bed_told(reg, 2, &card));
	assert_true(card.member == 0 && card.tier == 0 && card.sponsor == 1);
	assert_int_equal(card.state, CARD_STATE_ACTIVE);
	assert_int_equal(card.member_state, MEMBER_STATE_ACTIVE);
	assert_true(extra_told(reg, 2 * id + 1, &extra));
	assert_int_equal(extra.kind, DECIDE_EXTRA_GUEST);
	assert_true(extra.card == 2 && extra.member == 0 && extra.about == 1);
	assert_int_equal(extra.span.until - extra.span.from, 120);
	assert_int_equal(registry_notices(reg, 1, 0, notices, 4), 1);
	assert_non_null(strstr(notices[0].text, "Alan is your guest"));
	bed_now_us += 2 * HOUR_US - 1;
	assert_int_equal(tick(reg), 0);
	bed_now_us += 1;
	assert_int_equal(tick(reg), 1);
	assert_false(bed_told(reg, 2, &card));
	assert_false(extra_told(reg, 2 * id + 1, &extra));
	EXPECT(reg, registry_card(reg, 2, &row), 0);
	assert_int_equal(row.state, CARD_STATE_UNASSIGNED);
	assert_true(row.has_token);
	EXPECT(reg, registry_guest(reg, id, &g), 0);
	assert_true(g.ended_us == bed_now_us);
	assert_string_equal(g.ended_by, "");
	registry_close(reg);
}

static void guest_that_cannot_be_is_refused(void **state)
{
	struct registry *reg = site_open();
	struct registry_guest g = visitor();
	struct registry_member m;

	(void)state;
	EXPECT(reg, registry_guest_add(reg, &g, NULL), -EINVAL); /* no change */
	bed_begin(reg);
	g.card = 1;
	EXPECT(reg, registry_guest_add(reg, &g, NULL), -EPERM);
	said(reg, "in use");
	g = visitor();
	g.until_us = g.from_us;
	EXPECT(reg, registry_guest_add(reg, &g, NULL), -EINVAL);
	g.until_us = g.from_us + 32 * BED_DAY_US;
	EXPECT(reg, registry_guest_add(reg, &g, NULL), -EINVAL);
	g = visitor();
	g.sponsor = 9;
	EXPECT(reg, registry_guest_add(reg, &g, NULL), -ENOENT);
	g = visitor();
	g.name[0] = '\0';
	EXPECT(reg, registry_guest_add(reg, &g, NULL), -EINVAL);
	EXPECT(reg, registry_member(reg, 1, &m), 0);
	m.state = MEMBER_STATE_SUSPENDED;
	EXPECT(reg, registry_member_change(reg, &m), 0);
	g = visitor();
	EXPECT(reg, registry_guest_add(reg, &g, NULL), -EPERM);
	said(reg, "suspended");
	bed_commit(reg);
	registry_close(reg);
}

static void guests_of_one_sponsor_are_limited(void **state)
{
	struct registry *reg = site_open();
	struct registry_site site;
	struct registry_guest g = visitor();
	uint64_t id = 0;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_site(reg, &site), 0);
	assert_int_equal(site.guests_max, 3);
	site.guests_max = 1;
	EXPECT(reg, registry_site_change(reg, &site), 0);
	EXPECT(reg, registry_guest_add(reg, &g, &id), 0);
	g.card = bed_card(reg, 3, 1);
	EXPECT(reg, registry_card_act(reg, g.card, REGISTRY_CARD_RETURN, "maya", "", 0), 0);
	EXPECT(reg, registry_guest_add(reg, &g, NULL), -EPERM);
	said(reg, "as many as the site allows");
	EXPECT(reg, registry_guest_end(reg, id, "maya"), 0);
	EXPECT(reg, registry_guest_end(reg, id, "maya"), -EPERM);
	EXPECT(reg, registry_guest_add(reg, &g, NULL), 0);
	bed_commit(reg);
	registry_close(reg);
}

static void what_happens_to_the_card_or_the_sponsor_happens_to_the_guest(void **state)
{
	struct registry *reg = site_open();
	struct registry_guest g = visitor();
	struct registry_member m;
	struct roster_extra extra;
	struct roster_card card;
	uint64_t id = 0;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_guest_add(reg, &g, &id), 0);
	EXPECT(reg, registry_member(reg, 1, &m), 0);
	m.state = MEMBER_STATE_SUSPENDED;
	EXPECT(reg, registry_member_change(reg, &m), 0);
	bed_commit(reg);
	assert_true(bed_told(reg, 2, &card));
	assert_int_equal(card.member_state, MEMBER_STATE_SUSPENDED);
	bed_begin(reg);
	EXPECT(reg, registry_card_act(reg, 2, REGISTRY_CARD_LOSE, "maya", "gone", 0), 0);
	bed_commit(reg);
	assert_false(bed_told(reg, 2, &card));
	assert_false(extra_told(reg, 2 * id + 1, &extra));
	EXPECT(reg, registry_guest(reg, id, &g), 0);
	assert_string_equal(g.ended_by, "maya");
	bed_begin(reg);
	EXPECT(reg, registry_card_act(reg, 2, REGISTRY_CARD_FIND, "maya", "", 0), 0);
	bed_commit(reg);
	assert_false(bed_told(reg, 2, &card)); /* a spare card again */
	registry_close(reg);
}

static void guest_who_comes_is_in_and_the_sponsor_is_told(void **state)
{
	struct registry *reg = site_open();
	struct registry_guest g = visitor();
	struct registry_notice notices[4];
	struct registry_present row = {.sure = false};
	struct chain_bed front;
	struct entry e = days_entry(ENTRY_KIND_ARRIVED, 0, bed_now_us);
	uint64_t id = 0;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_guest_add(reg, &g, &id), 0);
	bed_door(reg, "front", true);
	bed_commit(reg);
	days_door(reg, &front, "front");
	e.subject.card = 2;
	e.subject.sponsor = 1;
	snprintf(e.detail, sizeof(e.detail), "door opened");
	chain_add(&front, &e);
	e.wall_us += 60000000;
	chain_add(&front, &e);
	days_send(reg, &front, 1);
	assert_int_equal(days_present(reg, &row, 1), 1);
	assert_true(row.person.card == 2 && row.sponsor == 1 && row.sure);
	assert_string_equal(row.name, "Alan");
	EXPECT(reg, registry_guest(reg, id, &g), 0);
	assert_true(g.arrived_us == at(22, 12, 0));
	assert_int_equal(registry_notices(reg, 1, 0, notices, 4), 2); /* once, not twice */
	assert_non_null(strstr(notices[0].text, "Alan, your guest, came at 2026-11-22 12:00"));
	chain_free(&front);
	registry_close(reg);
}

/* ---- loans ---- */

static void lent_card_is_the_members_until_the_day_is_over(void **state)
{
	struct registry *reg = site_open();
	struct registry_card row;
	struct roster_card card;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_card_lend(reg, 1, 2, "maya"), -EPERM);
	EXPECT(reg, registry_card_lend(reg, 2, 9, "maya"), -ENOENT);
	EXPECT(reg, registry_card_lend(reg, 2, 2, "maya"), 0);
	bed_commit(reg);
	assert_true(bed_told(reg, 2, &card));
	assert_true(card.member == 2 && card.valid_until == BED_TODAY);
	bed_now_us = at(23, 3, 59); /* the day's check-out has not been yet */
	assert_int_equal(tick(reg), 0);
	bed_now_us = at(23, 4, 0);
	assert_int_equal(tick(reg), 1);
	assert_false(bed_told(reg, 2, &card));
	EXPECT(reg, registry_card(reg, 2, &row), 0);
	assert_true(row.member == 0 && row.loan_until == DATE_NONE);
	assert_string_equal(row.ended_by, "hub");
	registry_close(reg);
}

/* ---- events ---- */

static uint64_t talk(struct registry *reg)
{
	const struct registry_event e = {
		.title = "Talk",
		.room = "Hall",
		.door = "front",
		.doors_from_us = at(22, 17, 30),
		.doors_until_us = at(22, 21, 0),
		.starts_us = at(22, 18, 0),
		.ends_us = at(22, 20, 0),
		.before_minutes = 30,
		.after_minutes = 15,
		.free = true,
		.capacity = 2,
	};
	uint64_t id = 0;

	EXPECT(reg, registry_event_add(reg, &e, &id), 0);
	return id;
}

static uint64_t invite(struct registry *reg, uint64_t event, const char *name, uint64_t member)
{
	struct registry_event_guest g = {.event = event, .member = member};
	uint64_t id = 0;

	snprintf(g.name, sizeof(g.name), "%s", name);
	EXPECT(reg, registry_event_guest_add(reg, &g, false, &id), 0);
	return id;
}

static void who_is_on_the_list_may_come_around_the_event(void **state)
{
	struct registry *reg = site_open();
	struct registry_event e;
	struct roster_extra extra;
	uint64_t event, guest;

	(void)state;
	bed_begin(reg);
	event = talk(reg);
	guest = invite(reg, event, "", 2);
	invite(reg, event, "Alan", 0); /* a name alone gets nobody in */
	bed_commit(reg);
	assert_true(extra_told(reg, 2 * guest, &extra));
	assert_int_equal(extra.kind, DECIDE_EXTRA_EVENT);
	assert_true(extra.member == 2 && extra.card == 0 && extra.about == event && extra.free);
	assert_string_equal(extra.door, "front");
	assert_true(extra.span.from == decide_minute(BED_TODAY, 17 * 60 + 30));
	assert_true(extra.span.until == decide_minute(BED_TODAY, 20 * 60 + 15));
	bed_begin(reg);
	EXPECT(reg, registry_event(reg, event, &e), 0);
	e.after_minutes = 0;
	EXPECT(reg, registry_event_change(reg, &e), 0);
	bed_commit(reg);
	assert_true(extra_told(reg, 2 * guest, &extra));
	assert_true(extra.span.until == decide_minute(BED_TODAY, 20 * 60));
	bed_now_us = at(23, 4, 0);
	tick(reg);
	assert_false(extra_told(reg, 2 * guest, &extra));
	bed_now_us = at(22, 12, 0);
	bed_begin(reg);
	EXPECT(reg, registry_event_publish(reg, event), 0);
	EXPECT(reg, registry_event_remove(reg, event, 0), 0);
	EXPECT(reg, registry_event_guest(reg, guest, &(struct registry_event_guest){0}), -ENOENT);
	bed_commit(reg);
	assert_false(extra_told(reg, 2 * guest, &extra));
	registry_close(reg);
}

static void taps_ticks_and_walk_ins_count_against_the_room(void **state)
{
	struct registry *reg = site_open();
	struct registry_event_guest g = {.how = REGISTRY_ARRIVAL_WALK_IN, .name = "Zoe"};
	struct registry_present rows[2];
	struct chain_bed front;
	struct entry e = days_entry(ENTRY_KIND_ARRIVED, 2, at(22, 17, 45));
	uint32_t listed, arrived;
	uint64_t event, member, name;

	(void)state;
	bed_begin(reg);
	event = talk(reg);
	member = invite(reg, event, "", 2);
	name = invite(reg, event, "Alan", 0);
	bed_commit(reg);
	chain_begin(&front, "walker", "front", NULL);
	e.subject.event = event;
	snprintf(e.detail, sizeof(e.detail), "door opened");
	chain_add(&front, &e);
	bed_now_us = at(22, 18, 0);
	days_send(reg, &front, 1);
	EXPECT(reg, registry_event_count(reg, event, &listed, &arrived), 0);
	assert_true(listed == 2 && arrived == 1);
	EXPECT(reg, registry_event_guest(reg, member, &g), 0);
	assert_int_equal(g.how, REGISTRY_ARRIVAL_TAP);
	assert_true(g.arrived_us == at(22, 17, 45));
	assert_string_equal(g.name, "Grace");
	bed_begin(reg);
	EXPECT(reg, registry_event_guest_tick(reg, name, true, "maya"), 0);
	EXPECT(reg, registry_event_guest_tick(reg, name, true, "other"), 0);
	EXPECT(reg, registry_event_guest(reg, name, &g), 0);
	assert_string_equal(g.by, "maya");
	g = (struct registry_event_guest){
		.event = event, .how = REGISTRY_ARRIVAL_WALK_IN, .member = 1, .by = "maya"};
	EXPECT(reg, registry_event_guest_add(reg, &g, false, NULL), -ENOSPC);
	said(reg, "full");
	EXPECT(reg, registry_event_guest_add(reg, &g, true, NULL), 0);
	EXPECT(reg, registry_event_guest_add(reg, &g, true, NULL), -EEXIST);
	g.event = 99;
	EXPECT(reg, registry_event_guest_add(reg, &g, true, NULL), -ENOENT);
	EXPECT(reg, registry_event_count(reg, event, &listed, &arrived), 0);
	assert_true(listed == 3 && arrived == 3);
	EXPECT(reg, registry_event_guest_tick(reg, name, false, "maya"), 0);
	EXPECT(reg, registry_event_count(reg, event, &listed, &arrived), 0);
	assert_int_equal(arrived, 2);
	/* heads that a host counted fill the room, too */
	struct registry_event full;

	EXPECT(reg, registry_event_guest_remove(reg, name), 0);
	EXPECT(reg, registry_event(reg, event, &full), 0);
	full.capacity = 40;
	full.headcount = 40;
	EXPECT(reg, registry_event_change(reg, &full), 0);
	g = (struct registry_event_guest){
		.event = event, .how = REGISTRY_ARRIVAL_WALK_IN, .name = "Zoe", .by = "maya"};
	EXPECT(reg, registry_event_guest_add(reg, &g, false, NULL), -ENOSPC);
	bed_commit(reg);
	assert_int_equal(days_present(reg, rows, 2), 2); /* the two members */
	chain_free(&front);
	registry_close(reg);
}

/* A granted tap, and the door opened: of a door that knows no date, and so no event. */
static void come_without_a_clock(struct chain_bed *c, struct entry e, int64_t at_us)
{
	e.clock = CLOCK_TRUST_KEPT;
	e.mono_us = (uint64_t)at_us; /* as days_entry has it */
	e.wall_us = at_us - 40 * BED_DAY_US;
	e.kind = ENTRY_KIND_TAP;
	e.decided = e.grant = true;
	e.reason = REASON_GRANTED;
	e.subject.use = ENTRY_USE_UNIT;
	chain_add(c, &e);
	e.kind = ENTRY_KIND_ARRIVED;
	e.decided = e.grant = false;
	e.reason = REASON_NONE;
	e.subject.use = 0;
	snprintf(e.detail, sizeof(e.detail), "door opened");
	chain_add(c, &e);
}

static void without_a_clock_the_hub_says_whose_event_it_was(void **state)
{
	struct registry *reg = site_open();
	struct registry_allowance *a = calloc(1, sizeof(*a));
	struct registry_event_guest g;
	struct chain_bed front, back;
	uint64_t event, guest;
	struct entry e = days_entry(ENTRY_KIND_OPENED, 2, at(22, 16, 0));

	(void)state;
	bed_begin(reg);
	event = talk(reg);
	guest = invite(reg, event, "", 2);
	bed_commit(reg);
	days_door(reg, &front, "front");
	days_door(reg, &back, "back");
	chain_add(&front, &e); /* the last good moment of this boot */
	chain_add(&back, &e);
	come_without_a_clock(&back, e, at(22, 17, 50));  /* not the event's door */
	come_without_a_clock(&front, e, at(22, 17, 29)); /* a minute too early */
	bed_now_us = at(22, 23, 0);
	days_send(reg, &front, 1);
	days_send(reg, &back, 1);
	EXPECT(reg, registry_event_guest(reg, guest, &g), 0);
	assert_int_equal(g.how, REGISTRY_ARRIVAL_NONE);
	EXPECT(reg, registry_allowance(reg, 2, 0, a), 0);
	assert_int_equal(a->used, 1);
	come_without_a_clock(&front, e, at(22, 18, 10));
	days_send(reg, &front, front.count - 1);
	EXPECT(reg, registry_event_guest(reg, guest, &g), 0);
	assert_int_equal(g.how, REGISTRY_ARRIVAL_TAP);
	assert_true(g.arrived_us == at(22, 18, 10));
	EXPECT(reg, registry_allowance(reg, 2, 0, a), 0);
	assert_int_equal(a->unit_count, 3);
	assert_int_equal(a->units[2].how, REGISTRY_UNIT_FREE);
	assert_true(a->units[2].event == event && a->units[1].event == 0);
	/* what a clock that ran ahead called free was not */
	e.clock = CLOCK_TRUST_SYNCED;
	e.kind = ENTRY_KIND_TAP;
	e.decided = e.grant = true;
	e.reason = REASON_GRANTED;
	e.wall_us = at(29, 18, 30);
	e.mono_us = (uint64_t)at(22, 22, 0);
	e.subject.use = ENTRY_USE_FREE;
	e.subject.event = event;
	e.subject.member = e.subject.card = 1;
	chain_add(&front, &e);
	days_send(reg, &front, front.count);
	EXPECT(reg, registry_allowance(reg, 1, 0, a), 0);
	assert_true(a->used == 1 && a->units[0].event == 0);
	chain_free(&front);
	chain_free(&back);
	free(a);
	registry_close(reg);
}

/* Of two at once it is the one that begins first, as at a door; that one of them is free counts. */
static void of_two_events_at_once_the_first_is_attended(void **state)
{
	struct registry *reg = site_open();
	struct registry_allowance *a = calloc(1, sizeof(*a));
	struct registry_event early = {
		.title = "Breakfast", .starts_us = at(22, 17, 0), .ends_us = at(22, 20, 0)};
	struct chain_bed front;
	uint64_t first, second;
	struct entry e = days_entry(ENTRY_KIND_OPENED, 2, at(22, 16, 0));

	(void)state;
	bed_begin(reg);
	second = talk(reg); /* free */
	EXPECT(reg, registry_event_add(reg, &early, &first), 0);
	invite(reg, second, "", 2);
	invite(reg, first, "", 2);
	bed_commit(reg);
	days_door(reg, &front, "front");
	chain_add(&front, &e);
	come_without_a_clock(&front, e, at(22, 18, 10));
	bed_now_us = at(22, 23, 0);
	days_send(reg, &front, 1);
	EXPECT(reg, registry_allowance(reg, 2, 0, a), 0);
	assert_int_equal(a->unit_count, 1);
	assert_int_equal(a->units[0].how, REGISTRY_UNIT_FREE);
	assert_true(a->units[0].event == first);
	chain_free(&front);
	free(a);
	registry_close(reg);
}

static void who_is_let_in_at_an_event_is_at_the_event(void **state)
{
	struct registry *reg = site_open();
	struct registry_allowance *a = calloc(1, sizeof(*a));
	struct entry e = days_entry(ENTRY_KIND_COMMAND, 2, at(22, 18, 5));
	struct registry_event_guest g;
	struct chain_bed front;
	uint64_t guest;

	(void)state;
	bed_begin(reg);
	guest = invite(reg, talk(reg), "", 2);
	bed_commit(reg);
	days_door(reg, &front, "front");
	e.subject.card = 0;
	snprintf(e.subject.actor, sizeof(e.subject.actor), "maya");
	snprintf(e.detail, sizeof(e.detail), "unlock for 5 s");
	chain_add(&front, &e);
	bed_now_us = at(22, 23, 0);
	days_send(reg, &front, 1);
	EXPECT(reg, registry_event_guest(reg, guest, &g), 0);
	assert_int_equal(g.how, REGISTRY_ARRIVAL_TAP);
	EXPECT(reg, registry_allowance(reg, 2, 0, a), 0);
	assert_int_equal(a->used, 0);
	chain_free(&front);
	free(a);
	registry_close(reg);
}

static void tick_that_was_a_mistake_leaves_nobody_in(void **state)
{
	struct registry *reg = site_open();
	struct registry_present rows[2];
	uint64_t event, guest, other = 0;
	struct registry_event_guest walks = {
		.how = REGISTRY_ARRIVAL_WALK_IN, .member = 1, .by = "maya"};

	(void)state;
	bed_begin(reg);
	event = walks.event = talk(reg);
	guest = invite(reg, event, "", 2);
	EXPECT(reg, registry_event_guest_tick(reg, guest, true, "maya"), 0);
	EXPECT(reg, registry_event_guest_add(reg, &walks, false, &other), 0);
	bed_commit(reg);
	assert_int_equal(days_present(reg, rows, 2), 2);
	bed_begin(reg);
	EXPECT(reg, registry_event_guest_tick(reg, guest, false, "maya"), 0);
	EXPECT(reg, registry_event_guest_remove(reg, other), 0);
	bed_commit(reg);
	assert_int_equal(days_present(reg, rows, 2), 0);
	registry_close(reg);
}

/* ---- doors that events hold ---- */

static struct registry_door door_now(struct registry *reg)
{
	struct registry_door door = {.mode = 0};

	EXPECT(reg, registry_door(reg, "front", &door), 0);
	registry_door_free(&door);
	return door;
}

static struct registry *site_with_door(void)
{
	struct registry *reg = site_open();
	struct chain_bed front;

	bed_begin(reg);
	bed_door(reg, "front", true);
	bed_commit(reg);
	days_door(reg, &front, "front");
	chain_free(&front);
	return reg;
}

static void door_stands_open_for_the_event(void **state)
{
	struct registry *reg = site_with_door();
	struct registry_door door;
	struct registry_event e;
	uint64_t event;

	(void)state;
	bed_begin(reg);
	event = talk(reg);
	bed_commit(reg);
	bed_now_us = at(22, 16, 29);
	tick(reg);
	assert_int_equal(door_now(reg).hold_until_us, 0);
	bed_now_us = at(22, 16, 30); /* an hour before: a hub that dies now changes nothing */
	tick(reg);
	door = door_now(reg);
	assert_true(door.hold_from_us == at(22, 17, 30) && door.hold_until_us == at(22, 21, 0));
	assert_true(door.hold_event);
	assert_string_equal(door.state_actor, "event 1");
	/* it takes longer */
	bed_begin(reg);
	EXPECT(reg, registry_event(reg, event, &e), 0);
	e.doors_until_us = at(22, 22, 0);
	EXPECT(reg, registry_event_change(reg, &e), 0);
	bed_commit(reg);
	assert_true(door_now(reg).hold_until_us == at(22, 22, 0));
	/* a host shuts it: that is the last word */
	bed_now_us = at(22, 19, 0);
	bed_begin(reg);
	EXPECT(reg, registry_door_set_state(reg, "front", 0, 0, 0, false, "maya"), 0);
	bed_commit(reg);
	tick(reg);
	assert_int_equal(door_now(reg).hold_until_us, 0);
	registry_close(reg);
}

static void event_that_is_called_off_opens_no_door(void **state)
{
	struct registry *reg = site_with_door();
	struct registry_event other = {.title = "Supper",
		.door = "front",
		.doors_from_us = at(22, 20, 30),
		.doors_until_us = at(22, 23, 0)};
	struct registry_door door;
	uint64_t first, second;

	(void)state;
	bed_now_us = at(22, 17, 0);
	bed_begin(reg);
	first = talk(reg);
	bed_commit(reg);
	assert_true(door_now(reg).hold_from_us == at(22, 17, 30));
	bed_now_us = at(22, 20, 0);
	bed_begin(reg);
	EXPECT(reg, registry_event_add(reg, &other, &second), 0);
	bed_commit(reg);
	door = door_now(reg); /* they meet, and are one */
	assert_true(door.hold_from_us == at(22, 17, 30) && door.hold_until_us == at(22, 23, 0));
	bed_begin(reg);
	EXPECT(reg, registry_event_remove(reg, first, 0), 0);
	bed_commit(reg);
	door = door_now(reg);
	assert_true(door.hold_from_us == at(22, 20, 30) && door.hold_until_us == at(22, 23, 0));
	bed_begin(reg);
	EXPECT(reg, registry_event_remove(reg, second, 0), 0);
	bed_commit(reg);
	assert_int_equal(door_now(reg).hold_until_us, 0);
	registry_close(reg);
}

static void hold_of_a_host_is_waited_for(void **state)
{
	struct registry *reg = site_with_door();

	(void)state;
	bed_now_us = at(22, 17, 0);
	bed_begin(reg);
	EXPECT(reg,
		registry_door_set_state(reg, "front", 0, bed_now_us, at(22, 18, 0), false, "maya"),
		0);
	talk(reg);
	bed_commit(reg);
	tick(reg);
	assert_string_equal(door_now(reg).state_actor, "maya");
	bed_now_us = at(22, 18, 0);
	tick(reg);
	assert_true(door_now(reg).hold_until_us == at(22, 21, 0));
	registry_close(reg);
}

static void times_that_cannot_be_are_refused_in_words(void **state)
{
	struct registry *reg = site_open();
	struct registry_event e = {
		.title = "Talk", .doors_from_us = at(22, 17, 0), .doors_until_us = at(22, 18, 0)};

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_event_add(reg, &e, NULL), -EINVAL);
	said(reg, "name the event's door");
	snprintf(e.door, sizeof(e.door), "front");
	e.doors_until_us = 0;
	EXPECT(reg, registry_event_add(reg, &e, NULL), -EINVAL);
	said(reg, "closes before it opens");
	e.doors_from_us = 0; /* where they come in; held by nobody */
	EXPECT(reg, registry_event_add(reg, &e, NULL), 0);
	e.starts_us = at(22, 17, 0);
	EXPECT(reg, registry_event_add(reg, &e, NULL), -EINVAL);
	said(reg, "ends before it starts");
	bed_commit(reg);
	registry_close(reg);
}

static void series_has_the_same_list(void **state)
{
	struct registry *reg = site_open();
	struct registry_event rows[4];
	struct registry_event_guest g[4];
	struct registry_event_guest walks = {
		.how = REGISTRY_ARRIVAL_WALK_IN, .name = "Zoe", .by = "maya"};
	struct roster_extra extra;
	uint64_t event;

	(void)state;
	bed_begin(reg);
	event = walks.event = talk(reg);
	EXPECT(reg, registry_event_guest_tick(reg, invite(reg, event, "", 2), true, "maya"), 0);
	EXPECT(reg, registry_event_guest_add(reg, &walks, true, NULL), 0);
	EXPECT(reg, registry_event_repeat(reg, event, 7, 2), 0);
	EXPECT(reg, registry_event_repeat(reg, event, 7, 2), -EPERM);
	said(reg, "of a series already");
	bed_commit(reg);
	assert_int_equal(registry_events(reg, 0, 0, rows, 4), 2);
	assert_int_equal(registry_event_guests(reg, rows[1].id, 0, g, 4), 1); /* no walk-in */
	assert_true(g[0].member == 2 && g[0].arrived_us == 0);
	assert_true(extra_told(reg, 2 * g[0].id, &extra));
	assert_true(extra.about == rows[1].id);
	registry_close(reg);
}

static void series_keeps_its_local_time_over_the_clock_change(void **state)
{
	struct registry *reg = site_open();
	struct registry_event rows[8];
	struct registry_event e = {.title = "Weekly",
		.starts_us = at_local(3, 23, 18, 0),
		.ends_us = at_local(3, 23, 20, 0)};
	uint64_t id = 0;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_event_add(reg, &e, &id), 0);
	EXPECT(reg, registry_event_repeat(reg, id, 7, 1), -EINVAL);
	EXPECT(reg, registry_event_repeat(reg, id, 0, 2), -EINVAL);
	EXPECT(reg, registry_event_repeat(reg, id, 7, 3), 0); /* clocks go on on 29 March 2026 */
	bed_commit(reg);
	assert_int_equal(registry_events(reg, 0, 0, rows, 8), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rows[i].series, id);
		assert_true(rows[i].starts_us == at_local(3, 23 + 7 * i, 18, 0));
		assert_true(rows[i].ends_us - rows[i].starts_us == 2 * HOUR_US);
	}
	assert_true(rows[1].starts_us - rows[0].starts_us == 7 * BED_DAY_US - HOUR_US);
	registry_close(reg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(guest_has_a_spare_card_until_the_time_is_over),
		TEST(guest_that_cannot_be_is_refused),
		TEST(guests_of_one_sponsor_are_limited),
		TEST(what_happens_to_the_card_or_the_sponsor_happens_to_the_guest),
		TEST(guest_who_comes_is_in_and_the_sponsor_is_told),
		TEST(lent_card_is_the_members_until_the_day_is_over),
		TEST(who_is_on_the_list_may_come_around_the_event),
		TEST(taps_ticks_and_walk_ins_count_against_the_room),
		TEST(without_a_clock_the_hub_says_whose_event_it_was),
		TEST(of_two_events_at_once_the_first_is_attended),
		TEST(who_is_let_in_at_an_event_is_at_the_event),
		TEST(series_keeps_its_local_time_over_the_clock_change),
		TEST(tick_that_was_a_mistake_leaves_nobody_in),
		TEST(door_stands_open_for_the_event),
		TEST(event_that_is_called_off_opens_no_door),
		TEST(hold_of_a_host_is_waited_for),
		TEST(times_that_cannot_be_are_refused_in_words),
		TEST(series_has_the_same_list),
	};

	setenv("TZ", "Europe/London", 1);
	tzset();
	faulty_vfs_install();
	if (crypto_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
