/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every reachable state of the door machine, under every event and every order of its timers.
 *
 * Breadth-first from the start; times are kept relative to now, so that equal states merge. Times
 * are small numbers, so that every order of two deadlines occurs, and the loop may be late. What is
 * checked of a state's future ("fate") is found by letting the machine run, not by looking inside.
 * A broken rule prints the way to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "doorway_space.h"

/* ---- rules of a state ---- */

static bool quiet(const struct doorway *d)
{
	return d->fire || (d->event_mode && d->due_ms[DOORWAY_TIMER_HOLD]);
}

static void check_names(uint32_t at, const struct doorway *d, bool strike)
{
	const struct move *move = NULL;
	bool open = d->contact == DOORWAY_CONTACT_OPEN;
	unsigned wait = 0;

	REQUIRE((d->state == DOORWAY_STATE_FAULT) == d->fault);
	REQUIRE(d->state != DOORWAY_STATE_LOCKED || (!strike && !open && !d->lockdown));
	REQUIRE(d->state != DOORWAY_STATE_RELEASED || (strike && !open));
	REQUIRE(d->state != DOORWAY_STATE_OPEN || open);
	REQUIRE(d->state != DOORWAY_STATE_LOCKDOWN || (d->lockdown && !strike));
	REQUIRE(d->state != DOORWAY_STATE_UNLOCKED || strike || !d->config.strike);
	REQUIRE((d->state == DOORWAY_STATE_FORCED) == (!d->fault && d->alarms & DOORWAY_DID_FORCE));
	REQUIRE(d->state != DOORWAY_STATE_HELD_OPEN || (d->alarms & DOORWAY_DID_HOLD_OPEN));
}

/* An alarm stands only while it is true, and what is true is raised in its time. */
static void check_alarms(uint32_t at, const struct doorway *d, bool strike)
{
	const struct doorway_config *c = &d->config;
	const struct fate *fate = &nodes[at].fate;
	bool open = d->contact == DOORWAY_CONTACT_OPEN, forced = d->alarms & DOORWAY_DID_FORCE;
	const struct move *move = NULL;
	unsigned wait = 0;

	REQUIRE(open || !(d->alarms & OPEN_ALARMS));
	REQUIRE(!(forced && d->alarms & DOORWAY_DID_HOLD_OPEN));
	REQUIRE(!quiet(d) || !(d->alarms & DOORWAY_DID_HOLD_OPEN));
	REQUIRE(d->exit_held || !(d->alarms & DOORWAY_DID_EXIT_STUCK));
	REQUIRE(!d->bolted || !(d->alarms & DOORWAY_DID_LOCK_FAIL));
	REQUIRE(!open || forced || quiet(d) || fate->held <= c->held_open_ms);
	REQUIRE(!(d->alarms & OPEN_ALARMS) || !c->propped_ms || fate->propped <= c->propped_ms ||
		quiet(d) || d->due_ms[DOORWAY_TIMER_HOLD]);
	REQUIRE(!d->exit_held || !c->strike || !c->exit_stuck_ms ||
		fate->stuck <= c->exit_stuck_ms);
	REQUIRE(open || strike || d->bolted || !c->lock_fail_ms || fate->failed <= c->lock_fail_ms);
	REQUIRE(c->lock_fail_ms || fate->failed == NEVER);
	REQUIRE(c->exit_stuck_ms || fate->stuck == NEVER);
	REQUIRE(c->propped_ms || fate->propped == NEVER);
}

/* The strike is bounded, and the deadline is the next change to the millisecond. */
static void check_deadline(uint32_t at, const struct doorway *d, struct doorway_actions a)
{
	uint64_t in = a.deadline_ms ? a.deadline_ms - NOW : 0;
	const struct move *move = NULL;
	unsigned wait = 0;

	REQUIRE(!a.strike || a.deadline_ms || d->fire);
	REQUIRE(!a.strike || d->config.strike);
	REQUIRE(a.strike || !d->fire || !d->config.strike);
	REQUIRE(nodes[at].fate.off != NEVER);
	REQUIRE(d->fire || a.strike == (nodes[at].fate.off > 0));
	REQUIRE(!d->fire || nodes[at].fate.off <= d->config.exit_ms);
	for (wait = 1; wait < (in ? in : LATE); wait++) {
		struct doorway early = *d;
		struct doorway_actions b = doorway_step(&early, DOORWAY_EVENT_TICK, 0, NOW + wait);

		REQUIRE(b.happened == 0 && b.strike == a.strike && b.deadline_ms == a.deadline_ms);
		REQUIRE(early.state == d->state && early.alarms == d->alarms);
	}
	if (in) {
		struct doorway due = *d;
		struct doorway_actions b = doorway_step(&due, DOORWAY_EVENT_TICK, 0, NOW + in);

		wait = (unsigned)in;
		REQUIRE(b.deadline_ms == 0 || b.deadline_ms > NOW + in);
		REQUIRE(!a.strike || b.strike || b.happened & DOORWAY_DID_RELOCK);
	}
}

/* From everywhere: everybody leaves, everything is mended, and the door rests. */
static void check_rest(uint32_t at, struct doorway d)
{
	static const enum doorway_event calm[] = {DOORWAY_EVENT_FIRE_OFF,
		DOORWAY_EVENT_LOCKDOWN_OFF, DOORWAY_EVENT_FAULT_OVER, DOORWAY_EVENT_TAMPER_OFF,
		DOORWAY_EVENT_DOUBTED, DOORWAY_EVENT_EXIT_LET_GO, DOORWAY_EVENT_CONTACT_CLOSED,
		DOORWAY_EVENT_BOLT_THROWN, DOORWAY_EVENT_RELOCK, DOORWAY_EVENT_TICK};
	const struct move *move = NULL;
	struct doorway_actions a = {0};
	struct doorway rest;
	unsigned wait = 0;

	for (unsigned i = 0; i < COUNT(calm); i++)
		a = doorway_step(&d, calm[i], 0, NOW + i);
	a = doorway_step(&d, DOORWAY_EVENT_TICK, 0, NOW + LATE + COUNT(calm));
	doorway_init(&rest, &world->config, false, d.now_ms);
	doorway_step(&rest, DOORWAY_EVENT_BOLT_THROWN, 0, d.now_ms);
	REQUIRE(!a.strike && a.deadline_ms == 0 && d.state == DOORWAY_STATE_LOCKED);
	REQUIRE(pack(&d) == pack(&rest));
}

/* ---- rules of a step ---- */

static uint32_t left(const struct doorway *d, enum doorway_timer timer)
{
	return d->due_ms[timer] ? (uint32_t)(d->due_ms[timer] - NOW) : 0;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* When a move must let the strike rest: the table of core/doorway.h in other words. */
static uint32_t end_after(const struct doorway *d, const struct move *m)
{
	uint32_t card = left(d, DOORWAY_TIMER_RELEASE), button = left(d, DOORWAY_TIMER_EXIT);
	uint32_t hold = left(d, DOORWAY_TIMER_HOLD), hours = left(d, DOORWAY_TIMER_SCHEDULE);
	enum doorway_event e = m->event;

	if (is_grant(m))
		card = most(card, worth(d, m));
	if (e == DOORWAY_EVENT_EXIT_PRESSED)
		button = most(button, worth(d, m));
	if (!is_refused(d, m) && e == DOORWAY_EVENT_SCHEDULE)
		hours = m->argument;
	else if (!is_refused(d, m) && is_unlock(m))
		hold = m->argument;
	if (e == DOORWAY_EVENT_FIRE_ON || (e == DOORWAY_EVENT_LOCKDOWN_ON && !d->lockdown))
		card = hold = hours = 0;
	if (e == DOORWAY_EVENT_CONTACT_OPENED && d->contact == DOORWAY_CONTACT_CLOSED)
		card = button = 0;
	if (e == DOORWAY_EVENT_RELOCK || e == DOORWAY_EVENT_FAULT)
		return 0;
	return d->config.strike ? most(most(card, button), most(hold, hours)) : 0;
}

static bool event_mode_after(
	const struct doorway *d, const struct move *m, const struct doorway *to)
{
	if (!to->due_ms[DOORWAY_TIMER_HOLD] || m->event == DOORWAY_EVENT_SCHEDULE ||
		!is_unlock(m) || is_refused(d, m))
		return d->event_mode && to->due_ms[DOORWAY_TIMER_HOLD];
	return m->event == DOORWAY_EVENT_HOLD_EVENT;
}

/* at: the state before, next: the state after. */
static void check_strike(uint32_t at, const struct move *move, const struct doorway *from, bool was,
	const struct doorway *to, struct doorway_actions a, uint32_t next)
{
	uint32_t before = nodes[at].fate.off, after = nodes[next].fate.off,
		 gain = worth(from, move);
	unsigned wait = 0;

	REQUIRE(after <= most(before, gain));
	REQUIRE(after == end_after(from, move));
	REQUIRE(to->event_mode == event_mode_after(from, move, to));
	REQUIRE(((a.happened & DOORWAY_DID_REFUSE) != 0) == is_refused(from, move));
	if (from->config.strike && gain) {
		REQUIRE(a.strike);
		REQUIRE(after >= gain);
	}
	if (move->event == DOORWAY_EVENT_RELOCK || move->event == DOORWAY_EVENT_FAULT)
		REQUIRE(after == 0);
	if (move->event == DOORWAY_EVENT_LOCKDOWN_ON && !from->lockdown)
		REQUIRE(after <= from->config.exit_ms);
	REQUIRE(((a.happened & DOORWAY_DID_RELEASE) != 0) == (a.strike && !was));
	REQUIRE(((a.happened & DOORWAY_DID_RELOCK) != 0) == (!a.strike && was));
	REQUIRE(!(a.happened & DOORWAY_DID_EXTEND) || (was && after >= before));
	REQUIRE(((a.happened & DOORWAY_DID_EXIT) != 0) ==
		(move->event == DOORWAY_EVENT_EXIT_PRESSED && from->config.strike));
}

/* An input is what was said last, and a change of it is told. */
static void check_input(uint32_t at, const struct move *move, bool from, bool to, bool on, bool off,
	uint32_t happened, uint32_t begun, uint32_t over)
{
	unsigned wait = 0;

	REQUIRE(to == (on || (from && !off)));
	REQUIRE(!begun || ((happened & begun) != 0) == (to && !from));
	REQUIRE(!over || ((happened & over) != 0) == (from && !to));
}

static void check_inputs(uint32_t at, const struct move *m, const struct doorway *from,
	const struct doorway *to, uint32_t did)
{
	enum doorway_event e = m->event;

	check_input(at, m, from->fire, to->fire, e == DOORWAY_EVENT_FIRE_ON,
		e == DOORWAY_EVENT_FIRE_OFF, did, DOORWAY_DID_FIRE, DOORWAY_DID_FIRE_OVER);
	check_input(at, m, from->lockdown, to->lockdown, e == DOORWAY_EVENT_LOCKDOWN_ON,
		e == DOORWAY_EVENT_LOCKDOWN_OFF, did, DOORWAY_DID_LOCKDOWN,
		DOORWAY_DID_LOCKDOWN_OVER);
	check_input(at, m, from->fault, to->fault, e == DOORWAY_EVENT_FAULT,
		e == DOORWAY_EVENT_FAULT_OVER, did, DOORWAY_DID_FAULT, DOORWAY_DID_RECOVER);
	check_input(at, m, from->tamper, to->tamper, e == DOORWAY_EVENT_TAMPER_ON,
		e == DOORWAY_EVENT_TAMPER_OFF, did, DOORWAY_DID_TAMPER, DOORWAY_DID_TAMPER_OVER);
	check_input(at, m, from->contact == DOORWAY_CONTACT_OPEN,
		to->contact == DOORWAY_CONTACT_OPEN,
		e == DOORWAY_EVENT_CONTACT_OPENED && from->config.contact,
		e == DOORWAY_EVENT_CONTACT_CLOSED, did, DOORWAY_DID_OPEN, DOORWAY_DID_CLOSE);
	check_input(at, m, from->trusted, to->trusted, e == DOORWAY_EVENT_TRUSTED,
		e == DOORWAY_EVENT_DOUBTED, did, 0, 0);
}

/* Forced is raised exactly when it is true; nothing else postpones what is counted. */
static void check_raised(uint32_t at, const struct move *move, const struct doorway *from, bool was,
	const struct doorway *to, bool strike, uint32_t did, uint32_t next)
{
	bool opens = move->event == DOORWAY_EVENT_CONTACT_OPENED &&
		     from->contact == DOORWAY_CONTACT_CLOSED;
	bool forced = opens && from->config.strike && !was && !from->grace_until_ms;
	const struct fate *a = &nodes[at].fate, *b = &nodes[next].fate;
	unsigned wait = 0;

	REQUIRE(((did & DOORWAY_DID_FORCE) != 0) == forced);
	REQUIRE((to->alarms & ~from->alarms & ~did) == 0);
	REQUIRE(!(from->alarms & ~to->alarms & OPEN_ALARMS) || did & DOORWAY_DID_CLEAR);
	REQUIRE(!(from->alarms & DOORWAY_DID_FORCE) || to->alarms & DOORWAY_DID_FORCE ||
		move->event == DOORWAY_EVENT_CONTACT_CLOSED);
	REQUIRE(b->held <= a->held || worth(from, move) || quiet(to) ||
		to->contact != DOORWAY_CONTACT_OPEN);
	REQUIRE(b->propped <= a->propped || worth(from, move) || quiet(to) ||
		to->contact != DOORWAY_CONTACT_OPEN);
	REQUIRE(b->failed <= a->failed || strike || to->bolted ||
		to->contact == DOORWAY_CONTACT_OPEN);
	REQUIRE(b->stuck <= a->stuck || move->event == DOORWAY_EVENT_EXIT_LET_GO);
	REQUIRE(((did & DOORWAY_DID_EXIT_FREE) != 0) ==
		(move->event == DOORWAY_EVENT_EXIT_LET_GO &&
			from->alarms & DOORWAY_DID_EXIT_STUCK));
	REQUIRE(((did & DOORWAY_DID_LOCK_OK) != 0) ==
		(move->event == DOORWAY_EVENT_BOLT_THROWN && from->alarms & DOORWAY_DID_LOCK_FAIL));
}

/* A late loop: an event some time later is the same as a tick then and the event. */
static void check_late(uint32_t at, const struct move *move, const struct doorway *from)
{
	static const unsigned waits[] = {1, LATE};

	for (unsigned i = 0; i < COUNT(waits); i++) {
		struct doorway one = *from, two = *from;
		unsigned wait = waits[i];
		struct doorway_actions a, b, tick;

		a = doorway_step(&one, move->event, move->argument, NOW + wait);
		tick = doorway_step(&two, DOORWAY_EVENT_TICK, 0, NOW + wait);
		b = doorway_step(&two, move->event, move->argument, NOW + wait);
		transitions++;
		REQUIRE(pack(&one) == pack(&two));
		REQUIRE(a.happened == (b.happened | tick.happened));
		REQUIRE(a.strike == b.strike && a.deadline_ms == b.deadline_ms);
	}
}

/* Grace begins when the strike comes to rest with the door closed, and with nothing else. */
static void check_grace(uint32_t at, const struct move *move, unsigned wait,
	const struct doorway *from, const struct doorway *to, uint32_t did)
{
	uint64_t left = from->grace_until_ms > to->now_ms ? from->grace_until_ms : 0;

	if ((did & DOORWAY_DID_OPEN) != 0)
		left = 0;
	if ((did & DOORWAY_DID_RELOCK) && to->contact == DOORWAY_CONTACT_CLOSED)
		left = to->now_ms + to->config.forced_grace_ms;
	REQUIRE(to->contact == DOORWAY_CONTACT_NONE || to->grace_until_ms == left);
}

/* ---- the exploration ---- */

static void expand(uint32_t at)
{
	static const unsigned waits[] = {1, 2, LATE};
	struct doorway from = unpack(nodes[at].key), same = from;
	struct doorway_actions a, now = look(&same);

	if (now.happened || pack(&same) != nodes[at].key)
		fail_at(at, NULL, 0, "a tick at once changes nothing");
	check_names(at, &from, now.strike);
	check_alarms(at, &from, now.strike);
	check_deadline(at, &from, now);
	check_rest(at, from);
	for (unsigned i = 0; i < COUNT(waits); i++) {
		struct doorway to = from;

		a = doorway_step(&to, DOORWAY_EVENT_TICK, 0, NOW + waits[i]);
		transitions++;
		check_grace(at, NULL, waits[i], &from, &to, a.happened);
		add(to, at, (uint8_t)(move_count + waits[i]));
	}
	for (unsigned i = 0; i < move_count; i++) {
		struct doorway to = from;
		uint32_t next;

		a = doorway_step(&to, moves[i].event, moves[i].argument, NOW);
		transitions++;
		next = add(to, at, (uint8_t)i);
		check_strike(at, &moves[i], &from, now.strike, &to, a, next);
		check_inputs(at, &moves[i], &from, &to, a.happened);
		check_raised(at, &moves[i], &from, now.strike, &to, a.strike, a.happened, next);
		check_grace(at, &moves[i], 0, &from, &to, a.happened);
		check_late(at, &moves[i], &from);
	}
}

static void make_moves(void)
{
	move_count = 0;
	/* one more than there are: an event that is none */
	for (unsigned e = DOORWAY_EVENT_TICK + 1; e <= DOORWAY_EVENT_BOLT_DRAWN + 1; e++) {
		struct move m = {.event = (enum doorway_event)e};

		moves[move_count++] = m;
		m.argument = m.event == DOORWAY_EVENT_SCHEDULE ? world->schedule : world->hold;
		if (is_unlock(&m))
			moves[move_count++] = m;
		for (unsigned i = 0; i < 2 && is_grant(&m); i++) {
			m.argument = world->grants[i];
			moves[move_count++] = m;
		}
	}
}

static void explore(const struct world *w)
{
	struct doorway d;

	world = w;
	count = 0;
	transitions = 0;
	memset(table, 0, sizeof(table));
	make_moves();
	for (int open = 0; open < 2; open++) {
		memset(&d, 0, sizeof(d));
		doorway_init(&d, &w->config, open, NOW);
		add(d, 0, 0);
	}
	for (uint32_t at = 0; at < count; at++)
		expand(at);
	print_message("# %s: %u states, %llu transitions\n", w->name, count,
		(unsigned long long)transitions);
}

/* A whole door, and what is left of it without this or that. */
static struct world whole(void)
{
	return (struct world){
		.name = "whole door",
		.config = {.contact = true,
			.strike = true,
			.exit_ms = 2,
			.held_open_ms = 3,
			.forced_grace_ms = 2,
			.exit_stuck_ms = 3,
			.propped_ms = 2,
			.lock_fail_ms = 2},
		.grants = {1, 3},
		.hold = 4,
		.schedule = 3,
	};
}

static void every_state_of_a_whole_door_keeps_the_rules(void **state)
{
	struct world w = whole();

	(void)state;
	explore(&w);
}

/* Releases longer than what counts an open door, and the other way round. */
static void every_state_of_a_slow_door_keeps_the_rules(void **state)
{
	struct world w = whole();

	(void)state;
	w.name = "slow releases";
	w.config.exit_ms = 3;
	w.config.held_open_ms = 1;
	w.config.exit_stuck_ms = 4;
	w.config.forced_grace_ms = 1;
	w.config.lock_fail_ms = 1;
	w.grants[1] = 4;
	w.hold = 2;
	explore(&w);
}

static void every_state_of_a_door_without_a_contact_keeps_the_rules(void **state)
{
	struct world w = whole();

	(void)state;
	w.name = "no contact";
	w.config.contact = false;
	explore(&w);
}

static void every_state_of_a_check_in_point_keeps_the_rules(void **state)
{
	struct world w = whole();

	(void)state;
	w.name = "check-in point";
	w.config.strike = false;
	explore(&w);
}

static void every_state_of_a_plain_door_keeps_the_rules(void **state)
{
	struct world w = whole();

	(void)state;
	w.name = "no bolt, no stuck button, no second alarm";
	w.config.exit_stuck_ms = w.config.propped_ms = w.config.lock_fail_ms = 0;
	explore(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_of_a_whole_door_keeps_the_rules),
		cmocka_unit_test(every_state_of_a_slow_door_keeps_the_rules),
		cmocka_unit_test(every_state_of_a_door_without_a_contact_keeps_the_rules),
		cmocka_unit_test(every_state_of_a_check_in_point_keeps_the_rules),
		cmocka_unit_test(every_state_of_a_plain_door_keeps_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
