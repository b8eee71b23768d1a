/* SPDX-License-Identifier: Apache-2.0 */
/* The decision about a card, with everything it looks at. */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"

#include <string.h>

#define HEARS_HUB_US (5 * 60 * INT64_C(1000000))

bool judge_unlocked(const struct door *door)
{
	const struct doorway *d = &door->doorway;

	return d->fire || d->due_ms[DOORWAY_TIMER_HOLD] != 0 ||
	       d->due_ms[DOORWAY_TIMER_SCHEDULE] != 0;
}

static struct decide_door door_now(struct door *door)
{
	const struct door_conf *conf = &door->conf;

	return (struct decide_door){
		.needs_proof = conf->needs_proof,
		.release_ms = conf->release_ms,
		.release_max_ms = conf->release_max_ms,
		.id = conf->door,
		.lockdown = door->doorway.lockdown,
		.exit_reader = conf->role == DOOR_ROLE_EXIT,
		.unlocked = judge_unlocked(door),
		.tampered = door->doorway.tamper,
		.waits_for_first = schedule_waits(door),
		.passback = {.mode = conf->passback,
			.timed_s = conf->passback_s,
			.reset_minute = door->roster.rules.head.checkout_minute},
	};
}

/* By the time the hub signed, so that a broker that withholds is seen; without a connection it is
 * not. */
static bool hears_hub(const struct door *door)
{
	int64_t now_us;

	return broker_up(door) && sync_now(door, &now_us) &&
	       now_us - door->sync.newest.time_us <= HEARS_HUB_US;
}

/* What the roster says of the member, and this door's own share. */
static int add_member(struct door *door, struct decide_input *in, struct decide_door *at,
	struct rules_member *member, struct judged *out)
{
	const struct rules *rules = &door->roster.rules;
	const struct roster_card *row = &out->row;
	const struct civil *now = clock_trust_ok(in->clock) ? &in->now : NULL;
	uint64_t who = share_who(row->member, row->card);
	uint32_t pool_used = 0;
	int r = rules_member(door->roster.cache, rules, row, at->id, now, member);

	if (r < 0)
		return r;
	share_apply(&door->usage.share, who, rules->head.checkout_minute, &member->standing);
	out->kind = in->rights ? in->rights->allowance.kind : ALLOWANCE_NONE;
	/* minutes of a pool are the hub's to count, at check-out */
	if (member->pool.id && now && out->kind != ALLOWANCE_HOURS)
		pool_used = share_pool_used(&door->usage.share, member->pool.id, now);
	rules_member_input(rules, member, pool_used, hears_hub(door), in);
	in->coming = arrive_coming(door, who);
	out->inside = presence_inside(&in->presence, at->passback.reset_minute, now);
	usage_believe(door, who, now, &in->presence);
	/* who is inside leaves at a check-in point, which costs nothing */
	at->exit_reader |= door->conf.role == DOOR_ROLE_CHECKIN && out->inside;
	return 0;
}

static bool at_free_event(const struct decide_input *in, uint64_t event)
{
	for (size_t i = 0; i < in->extra_count; i++)
		if (in->extras[i].kind == DECIDE_EXTRA_EVENT && in->extras[i].id == event)
			return in->extras[i].free;
	return false;
}

/*
 * A unit that only the hub can tell, which counts each once: another door may have seen the member
 * leave since, and without a trusted clock nobody knows the day.
 */
static bool may_use_unit(const struct decide_input *in, const struct judged *judged)
{
	const struct verdict *v = &judged->verdict;

	if (!v->grant || in->coming || in->door->exit_reader || !in->rights ||
		(in->rights->flags & TIER_FLAG_STAFF) || at_free_event(in, v->event))
		return false;
	if (judged->kind == ALLOWANCE_VISITS)
		return judged->inside || !clock_trust_ok(in->clock);
	return !clock_trust_ok(in->clock) &&
	       (judged->kind == ALLOWANCE_DAYS || judged->kind == ALLOWANCE_HALF_DAYS);
}

void judge_card(struct door *door, const struct uid *uid, const struct token *token,
	struct judged *ret_judged)
{
	struct decide_door at = door_now(door);
	struct decide_input in = {.read_ok = true,
		.uid = *uid,
		.door = &at,
		.clock = door->clock,
		.roster_age = sync_roster_age(door)};
	struct rules_member member;
	int r;

	*ret_judged = (struct judged){.verdict.reason = REASON_INTERNAL};
	r = cache_card(door->roster.cache, token, &ret_judged->row);
	ret_judged->known = r > 0;
	if (r > 0)
		withheld_apply(&door->sync.withheld, &ret_judged->row);
	if (clock_civil(clock_wall_us(), &in.now) < 0)
		in.clock = CLOCK_TRUST_UNSET;
	rules_input(&door->roster.rules, r > 0 ? &ret_judged->row : NULL, &in);
	if (r > 0)
		r = add_member(door, &in, &at, &member, ret_judged);
	if (r < 0) {
		log_error("roster: a card cannot be looked up: %s; it is refused", strerror(-r));
		return;
	}
	ret_judged->verdict = decide(&in);
	ret_judged->verdict.uses_unit |= may_use_unit(&in, ret_judged);
}
