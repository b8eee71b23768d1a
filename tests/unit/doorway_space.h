/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The states of the door machine as numbers, where each came from, what becomes of it if nobody
 * does anything any more, and what may be done. For test_doorway_explore.c alone.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "core/doorway.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW 1000 /* of every stored state */
#define LATE 9   /* later than every deadline */
#define NEVER 255
#define BITS 23 /* of the hash table */
#define STATES_MAX (1u << (BITS - 1))
#define OPEN_ALARMS (DOORWAY_DID_FORCE | DOORWAY_DID_HOLD_OPEN | DOORWAY_DID_PROP)

struct world {
	const char *name;
	struct doorway_config config;
	uint32_t grants[2], hold, schedule;
};

/* What happens if nobody does anything any more. */
struct fate {
	uint8_t off; /* when the strike is at rest, were a fire over now */
	uint8_t held, propped, stuck, failed;
};

struct node {
	uint64_t key;
	struct fate fate;
	uint32_t parent;
	uint8_t step; /* of moves[], or how long a tick waited */
};

struct move {
	enum doorway_event event;
	uint32_t argument;
};

/* One exploration; static, for it is large. */
static struct node nodes[STATES_MAX];
static uint32_t table[1u << BITS]; /* index into nodes + 1 */
static uint32_t count;
static uint64_t transitions;
static const struct world *world;
static struct move moves[40];
static unsigned move_count;

static void fail_at(uint32_t i, const struct move *m, unsigned wait, const char *rule)
{
	print_error("%s: broken: %s\n", world->name, rule);
	if (m)
		print_error("  event %d (%u)\n", m->event, m->argument);
	if (wait)
		print_error("  after %u\n", wait);
	for (; i != 0; i = nodes[i].parent) {
		uint8_t step = nodes[i].step;

		if (step < move_count)
			print_error("  < event %d (%u)\n", moves[step].event, moves[step].argument);
		else
			print_error("  < tick after %u\n", step - move_count);
	}
	fail_msg("%s", rule);
}

#define REQUIRE(rule)                                   \
	do {                                            \
		if (!(rule))                            \
			fail_at(at, move, wait, #rule); \
	} while (0)

/* ---- states as numbers ---- */

static uint64_t pack(const struct doorway *d)
{
	const bool flags[] = {d->exit_held, d->fault, d->fire, d->lockdown, d->trusted, d->tamper,
		d->bolted, d->event_mode};
	uint64_t key = d->grace_until_ms ? d->grace_until_ms - d->now_ms : 0;

	for (unsigned i = 0; i < DOORWAY_TIMER_COUNT; i++)
		key = key << 3 | (d->due_ms[i] ? d->due_ms[i] - d->now_ms : 0);
	for (unsigned i = 0; i < COUNT(flags); i++)
		key = key << 1 | flags[i];
	key = key << 2 | d->contact;
	key = key << 3 | d->state;
	return key << 23 | d->alarms;
}

static uint64_t take(uint64_t *key, unsigned bits)
{
	uint64_t value = *key & ((1ull << bits) - 1);

	*key >>= bits;
	return value;
}

static struct doorway unpack(uint64_t key)
{
	struct doorway d;
	bool *const flags[] = {&d.exit_held, &d.fault, &d.fire, &d.lockdown, &d.trusted, &d.tamper,
		&d.bolted, &d.event_mode};
	uint64_t in;

	memset(&d, 0, sizeof(d));
	d.config = world->config;
	d.now_ms = NOW;
	d.alarms = (uint32_t)take(&key, 23);
	d.state = (enum doorway_state)take(&key, 3);
	d.contact = (enum doorway_contact)take(&key, 2);
	for (unsigned i = COUNT(flags); i-- > 0;)
		*flags[i] = take(&key, 1) != 0;
	for (unsigned i = DOORWAY_TIMER_COUNT; i-- > 0;) {
		in = take(&key, 3);
		d.due_ms[i] = in ? NOW + in : 0;
	}
	d.grace_until_ms = key ? NOW + key : 0;
	return d;
}

/* ---- the future ---- */

static struct doorway_actions look(struct doorway *d)
{
	return doorway_step(d, DOORWAY_EVENT_TICK, 0, d->now_ms);
}

static void note(uint8_t *when, const struct doorway *d, uint32_t alarm)
{
	if (*when == NEVER && (d->alarms & alarm))
		*when = (uint8_t)(d->now_ms - NOW);
}

/* Ticks at each deadline until there is none; an endless chain of them fails. */
static struct fate fate_of(uint64_t key)
{
	struct fate fate = {NEVER, NEVER, NEVER, NEVER, NEVER};
	struct doorway d = unpack(key), calm = d;
	struct doorway_actions a = look(&d);

	for (unsigned ticks = 0;; ticks++) {
		note(&fate.held, &d, DOORWAY_DID_HOLD_OPEN);
		note(&fate.propped, &d, DOORWAY_DID_PROP);
		note(&fate.stuck, &d, DOORWAY_DID_EXIT_STUCK);
		note(&fate.failed, &d, DOORWAY_DID_LOCK_FAIL);
		if (a.deadline_ms == 0)
			break;
		assert_true(ticks < 2 * DOORWAY_TIMER_COUNT && a.deadline_ms > d.now_ms);
		a = doorway_step(&d, DOORWAY_EVENT_TICK, 0, a.deadline_ms);
	}
	a = doorway_step(&calm, DOORWAY_EVENT_FIRE_OFF, 0, NOW);
	while (a.strike && a.deadline_ms)
		a = doorway_step(&calm, DOORWAY_EVENT_TICK, 0, a.deadline_ms);
	if (!a.strike)
		fate.off = (uint8_t)(calm.now_ms - NOW);
	return fate;
}

static uint32_t add(struct doorway d, uint32_t parent, uint8_t step)
{
	uint64_t key = pack(&d), hash = key * 0x9e3779b97f4a7c15ull;
	uint32_t slot = (uint32_t)(hash >> (64 - BITS));

	for (; table[slot]; slot = (slot + 1) & ((1u << BITS) - 1))
		if (nodes[table[slot] - 1].key == key)
			return table[slot] - 1;
	assert_true(count < STATES_MAX);
	table[slot] = count + 1;
	nodes[count] = (struct node){key, fate_of(key), parent, step};
	return count++;
}

/* ---- moves ---- */

static bool is_grant(const struct move *m)
{
	return m->event == DOORWAY_EVENT_GRANT || m->event == DOORWAY_EVENT_GRANT_OVERRIDE;
}

static bool is_unlock(const struct move *m)
{
	return m->event == DOORWAY_EVENT_HOLD || m->event == DOORWAY_EVENT_HOLD_EVENT ||
	       m->event == DOORWAY_EVENT_SCHEDULE;
}

/* What stands against a move in a state. */
static bool is_refused(const struct doorway *d, const struct move *m)
{
	if (!d->config.strike || m->argument == 0)
		return false;
	if (is_grant(m))
		return !d->fire && (d->fault || (d->lockdown && m->event == DOORWAY_EVENT_GRANT));
	if (is_unlock(m))
		return d->fire || d->lockdown || d->fault ||
		       (m->event == DOORWAY_EVENT_SCHEDULE && (d->tamper || !d->trusted));
	return false;
}

/* How long a move may keep the strike on, counted from now. */
static uint32_t worth(const struct doorway *d, const struct move *m)
{
	if (m->event == DOORWAY_EVENT_EXIT_PRESSED)
		return d->config.exit_ms;
	if ((is_grant(m) && !d->fire) || is_unlock(m))
		return is_refused(d, m) ? 0 : m->argument;
	return 0;
}
