/* SPDX-License-Identifier: Apache-2.0 */
/* Presence and allowance out of the doors' entries: each counts once, in whatever order doors could
 * send. SEED=n repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "days_bed.h"
#include "registry_sweep.h"

static unsigned seed;
static uint32_t pick_state;

static uint32_t pick(uint32_t below)
{
	pick_state = pick_state * 1664525u + 1013904223u;
	return (pick_state >> 8) % below;
}

/* A site with a member of each kind of allowance, 1 … 5, and doors front and back. */
struct site {
	struct registry *reg;
	struct chain_bed front, back;
	struct registry_allowance *a;
};

static struct site site_open(const char *name)
{
	struct site s = {.reg = bed_open(name), .a = calloc(1, sizeof(*s.a))};
	static const char *const names[] = {"None", "Hours", "Days", "Halves", "Visits"};

	bed_now_us = at(22, 12, 0);
	bed_begin(s.reg);
	for (unsigned kind = ALLOWANCE_NONE; kind <= ALLOWANCE_VISITS; kind++)
		bed_member(s.reg, names[kind],
			days_tier(s.reg, names[kind], (enum allowance_kind)kind, 10));
	bed_commit(s.reg);
	days_door(s.reg, &s.front, "front");
	days_door(s.reg, &s.back, "back");
	return s;
}

static void site_close(struct site *s)
{
	registry_close(s->reg);
	chain_free(&s->front);
	chain_free(&s->back);
	free(s->a);
}

enum { NOBODY, NONE, HOURS, DAYS, HALVES, VISITS };

static uint32_t used(struct site *s, uint64_t member)
{
	EXPECT(s->reg, registry_allowance(s->reg, member, 0, s->a), 0);
	return s->a->used;
}

/* ---- presence ---- */

static void who_came_is_in_until_they_leave_or_the_day_ends(void **state)
{
	struct site s = site_open("hub.db");
	struct registry_present rows[4];

	(void)state;
	days_come(&s.front, NONE, at(22, 9, 0));
	days_come(&s.front, DAYS, at(22, 9, 30));
	days_send(s.reg, &s.front, 1);
	assert_int_equal(days_present(s.reg, rows, 4), 2);
	assert_int_equal(rows[0].person.member, NONE);
	assert_string_equal(rows[0].name, "None");
	assert_string_equal(rows[0].door, "front");
	assert_true(rows[0].since_us == at(22, 9, 0) + 1000000 && rows[0].sure);
	days_move(&s.back, NONE, at(22, 11, 0), false);
	days_send(s.reg, &s.back, 1);
	assert_int_equal(days_present(s.reg, rows, 4), 1);
	assert_int_equal(rows[0].person.member, DAYS);
	bed_now_us = at(23, 3, 59);
	assert_int_equal(days_present(s.reg, rows, 4), 1);
	bed_now_us = at(23, 4, 0);
	assert_int_equal(days_present(s.reg, rows, 4), 0);
	site_close(&s);
}

static void zone_is_where_the_last_door_leads(void **state)
{
	struct site s = site_open("hub.db");
	struct registry_present rows[4];

	(void)state;
	EXPECT(s.reg, registry_door_zone(s.reg, "front", "Workshop"), 0);
	EXPECT(s.reg, registry_door_zone(s.reg, "none", "Workshop"), -ENOENT);
	days_come(&s.front, DAYS, at(22, 9, 0));
	days_send(s.reg, &s.front, 1);
	assert_int_equal(days_present(s.reg, rows, 4), 1);
	assert_string_equal(rows[0].zone, "Workshop");
	EXPECT(s.reg, registry_door_zone(s.reg, "back", "House"), 0);
	days_move(&s.back, DAYS, at(22, 9, 30), false); /* out of the workshop, not of the house */
	days_send(s.reg, &s.back, 1);
	assert_int_equal(days_present(s.reg, rows, 4), 1);
	assert_string_equal(rows[0].zone, "House");
	assert_string_equal(rows[0].door, "front");
	assert_true(rows[0].since_us == at(22, 9, 0) + 1000000);
	assert_int_equal(used(&s, DAYS), 1);
	EXPECT(s.reg, registry_door_zone(s.reg, "back", ""), 0);
	days_move(&s.back, DAYS, at(22, 9, 40), false);
	days_send(s.reg, &s.back, 2);
	assert_int_equal(days_present(s.reg, rows, 4), 0);
	site_close(&s);
}

static void granted_tap_at_a_shut_door_is_no_coming_but_uses_its_unit(void **state)
{
	struct site s = site_open("hub.db");

	(void)state;
	days_tap(&s.front, DAYS, at(22, 9, 0), ENTRY_USE_UNIT);
	days_send(s.reg, &s.front, 1);
	assert_int_equal(days_present(s.reg, NULL, 0), 0);
	assert_int_equal(used(&s, DAYS), 1);
	site_close(&s);
}

static void open_door_makes_it_likely_only(void **state)
{
	struct site s = site_open("hub.db");
	struct registry_present row = {.sure = true};
	struct entry open = days_entry(ENTRY_KIND_UNLOCKED, 0, at(22, 10, 0));

	(void)state;
	open.has_subject = false;
	days_come(&s.front, NONE, at(22, 9, 0));
	chain_add(&s.front, &open);
	days_send(s.reg, &s.front, 1);
	days_present(s.reg, &row, 1);
	assert_false(row.sure);
	open.kind = ENTRY_KIND_LOCKED;
	open.wall_us = at(22, 11, 0);
	chain_add(&s.front, &open);
	days_come(&s.front, DAYS, at(22, 11, 30));
	days_send(s.reg, &s.front, 4);
	assert_int_equal(days_present(s.reg, &row, 1), 2);
	assert_false(row.sure);
	site_close(&s);
}

static void host_corrects_with_a_reason(void **state)
{
	struct site s = site_open("hub.db");
	struct registry_person who = {.member = DAYS};
	struct registry_present row;

	(void)state;
	bed_begin(s.reg);
	EXPECT(s.reg, registry_presence_correct(s.reg, &who, true, 0, "maya", ""), -EINVAL);
	said(s.reg, "the reason is empty");
	EXPECT(s.reg, registry_presence_correct(s.reg, &who, true, at(22, 3, 0), "maya", "saw her"),
		-EINVAL);
	EXPECT(s.reg,
		registry_presence_correct(s.reg, &who, true, at(22, 13, 0), "maya", "saw her"),
		-EINVAL);
	who.member = 99;
	EXPECT(s.reg, registry_presence_correct(s.reg, &who, true, 0, "maya", "saw"), -ENOENT);
	who = (struct registry_person){0};
	EXPECT(s.reg, registry_presence_correct(s.reg, &who, true, 0, "maya", "saw"), -EINVAL);
	who.member = DAYS;
	EXPECT(s.reg, registry_presence_correct(s.reg, &who, true, 0, "maya", "saw her"), 0);
	bed_commit(s.reg);
	assert_int_equal(days_present(s.reg, &row, 1), 1);
	assert_string_equal(row.by, "maya");
	assert_false(row.sure);
	assert_true(days_standing(s.reg, DAYS).inside);
	bed_now_us += 60000000;
	bed_begin(s.reg);
	EXPECT(s.reg, registry_presence_correct(s.reg, &who, false, 0, "maya", "went"), 0);
	bed_commit(s.reg);
	assert_int_equal(days_present(s.reg, &row, 1), 0);
	site_close(&s);
}

/* ---- allowance ---- */

static void same_day_at_two_doors_that_were_cut_off_counts_once(void **state)
{
	struct site s = site_open("hub.db");
	struct standing told;

	(void)state;
	for (uint64_t member = NONE; member <= VISITS; member++) {
		days_come(&s.front, member, at(20, 9, 0));
		days_come(&s.back, member, at(20, 10, 0)); /* front knows nothing of it */
		days_move(&s.back, member, at(20, 11, 0), false);
		days_come(&s.front, member, at(20, 15, 0));
	}
	days_send(s.reg, &s.back, 1);
	assert_int_equal(used(&s, DAYS), 1);
	days_send(s.reg, &s.front, 1);
	assert_int_equal(used(&s, NONE), 0);
	assert_int_equal(used(&s, DAYS), 1);
	assert_int_equal(used(&s, HALVES), 2);
	assert_int_equal(used(&s, VISITS), 2); /* 10:00 was one stay with 9:00 */
	/* 9:00 to 11:00, and 15:00 to the check-out of the next morning */
	assert_int_equal(used(&s, HOURS), 2 * 60 + 13 * 60);
	told = days_standing(s.reg, DAYS);
	assert_int_equal(told.days, 1u << 19);
	assert_false(told.inside);
	assert_int_equal(days_standing(s.reg, NONE).days, 0); /* doors need not know */
	EXPECT(s.reg, registry_allowance(s.reg, DAYS, 0, s.a), 0);
	assert_int_equal(s.a->unit_count, 3);
	assert_int_equal(s.a->units[0].how, REGISTRY_UNIT_COUNTS);
	assert_int_equal(s.a->units[1].how, REGISTRY_UNIT_SAME);
	assert_int_equal(s.a->units[2].how, REGISTRY_UNIT_SAME);
	EXPECT(s.reg, registry_allowance(s.reg, VISITS, 0, s.a), 0);
	assert_int_equal(s.a->units[1].how, REGISTRY_UNIT_SAME);
	assert_int_equal(s.a->units[2].how, REGISTRY_UNIT_COUNTS);
	site_close(&s);
}

static void entries_sent_again_count_once(void **state)
{
	struct site s = site_open("hub.db");
	struct registry_batch batch;
	struct registry_mark mark;

	(void)state;
	days_come(&s.front, VISITS, at(20, 9, 0));
	days_send(s.reg, &s.front, 1);
	batch = chain_batch(&s.front, 1, 2);
	EXPECT(s.reg, registry_log_take(s.reg, &batch, &mark), REGISTRY_TAKEN_DUPLICATE);
	days_come(&s.front, VISITS, at(21, 9, 0));
	batch = chain_batch(&s.front, 1, 4); /* overlaps */
	EXPECT(s.reg, registry_log_take(s.reg, &batch, &mark), REGISTRY_TAKEN_NEW);
	assert_int_equal(used(&s, VISITS), 2);
	site_close(&s);
}

static void late_entries_count_in_the_month_they_are_of(void **state)
{
	struct site s = site_open("hub.db");

	(void)state;
	bed_now_us = at_local(12, 2, 12, 0);
	days_come(&s.front, DAYS, at(26, 9, 0));
	days_come(&s.front, DAYS, at(30, 23, 59));
	days_come(&s.front, DAYS, at_local(12, 1, 0, 1));
	days_send(s.reg, &s.front, 1);
	assert_int_equal(used(&s, DAYS), 1);
	EXPECT(s.reg, registry_allowance(s.reg, DAYS, NOVEMBER_2026, s.a), 0);
	assert_int_equal(s.a->used, 2);
	assert_int_equal(days_standing(s.reg, DAYS).month, 12);
	assert_int_equal(days_standing(s.reg, DAYS).days, 1);
	site_close(&s);
}

static void minutes_of_a_stay_over_midnight_count_in_both_months(void **state)
{
	struct site s = site_open("hub.db");

	(void)state;
	bed_now_us = at_local(12, 2, 12, 0);
	days_move(&s.front, HOURS, at(30, 23, 30), true);
	days_move(&s.front, HOURS, at_local(12, 1, 1, 15), false);
	days_send(s.reg, &s.front, 1);
	assert_int_equal(used(&s, HOURS), 75);
	EXPECT(s.reg, registry_allowance(s.reg, HOURS, NOVEMBER_2026, s.a), 0);
	assert_int_equal(s.a->used, 30);
	site_close(&s);
}

static void clock_that_nobody_vouches_for_is_reckoned_by_the_boot_or_the_collection(void **state)
{
	struct site s = site_open("hub.db");
	struct entry e = days_entry(ENTRY_KIND_TAP, DAYS, at(3, 9, 0));

	(void)state;
	e.decided = e.grant = true;
	e.reason = REASON_GRANTED;
	e.subject.use = ENTRY_USE_UNIT;
	chain_add(&s.front, &e); /* the 3rd, good */
	e.clock = CLOCK_TRUST_UNSET;
	e.wall_us = 0;
	e.mono_us += 2 * 86400000000ull;
	chain_add(&s.front, &e); /* two days later in the same boot: the 5th */
	e.boot_id[0] = 9;
	e.mono_us = 60000000;
	chain_add(&s.front, &e); /* another boot: the 22nd, when it is collected */
	e.clock = CLOCK_TRUST_RTC;
	e.wall_us = at(25, 9, 0);
	chain_add(&s.front, &e); /* says it is days ahead of the hub: the 22nd */
	days_send(s.reg, &s.front, 1);
	assert_int_equal(days_standing(s.reg, DAYS).days, 1u << 2 | 1u << 4 | 1u << 21);
	e.clock = CLOCK_TRUST_KEPT;
	e.boot_id[0] = 0; /* a boot whose good time is no longer the newest, in another batch */
	chain_add(&s.front, &e);
	bed_now_us = at(23, 12, 0);
	days_send(s.reg, &s.front, s.front.count);
	/* the last good clock was of boot 0, on the 3rd: its monotonic time had gone back since */
	assert_int_equal(days_standing(s.reg, DAYS).days, 1u << 2 | 1u << 4 | 1u << 21 | 1u << 22);
	site_close(&s);
}

static void free_events_and_refused_taps_use_nothing(void **state)
{
	struct site s = site_open("hub.db");
	struct entry e = days_entry(ENTRY_KIND_TAP, DAYS, at(22, 9, 0));

	(void)state;
	e.decided = true;
	e.reason = REASON_ALLOWANCE_SPENT;
	e.subject.use = ENTRY_USE_UNIT;
	chain_add(&s.front, &e);
	days_tap(&s.front, DAYS, at(22, 10, 0), ENTRY_USE_FREE);
	days_send(s.reg, &s.front, 1);
	assert_int_equal(used(&s, DAYS), 0);
	assert_int_equal(s.a->unit_count, 1);
	assert_int_equal(s.a->units[0].how, REGISTRY_UNIT_FREE);
	site_close(&s);
}

static void host_gives_and_forgives_units(void **state)
{
	struct site s = site_open("hub.db");
	uint64_t entry;

	(void)state;
	days_come(&s.front, DAYS, at(20, 9, 0));
	days_send(s.reg, &s.front, 1);
	used(&s, DAYS);
	entry = s.a->units[0].entry;
	bed_begin(s.reg);
	EXPECT(s.reg, registry_allowance_give(s.reg, DAYS, 0, 2, 0, "maya", ""), -EINVAL);
	EXPECT(s.reg, registry_allowance_give(s.reg, DAYS, 0, 0, 0, "maya", "x"), -EINVAL);
	EXPECT(s.reg, registry_allowance_give(s.reg, NONE, 0, 2, 0, "maya", "x"), -EPERM);
	EXPECT(s.reg, registry_allowance_give(s.reg, DAYS, 0, 1, 77, "maya", "x"), -ENOENT);
	EXPECT(s.reg, registry_allowance_give(s.reg, DAYS, 0, 2, 0, "maya", "a talk"), 0);
	EXPECT(s.reg, registry_allowance_give(s.reg, DAYS, 0, 1, entry, "maya", "alarm"), 0);
	EXPECT(s.reg, registry_allowance_give(s.reg, DAYS, 0, 1, entry, "maya", "twice"), -EEXIST);
	bed_commit(s.reg);
	days_come(&s.back, DAYS, at(20, 10, 0)); /* the same day, told later */
	days_send(s.reg, &s.back, 1);
	used(&s, DAYS);
	bed_begin(s.reg);
	EXPECT(s.reg,
		registry_allowance_give(s.reg, DAYS, 0, 1, s.a->units[1].entry, "maya", "twice"),
		-EPERM);
	said(s.reg, "used nothing: its day");
	bed_commit(s.reg);
	used(&s, DAYS);
	assert_int_equal(s.a->standing.extra, 3);
	assert_int_equal(s.a->correction_count, 2);
	assert_string_equal(s.a->corrections[0].why, "a talk");
	assert_int_equal(s.a->units[0].how, REGISTRY_UNIT_FORGIVEN);
	assert_int_equal(days_standing(s.reg, DAYS).extra, 3);
	site_close(&s);
}

static void forgive(struct site *s, uint64_t member, uint64_t entry, int expected)
{
	bed_begin(s->reg);
	EXPECT(s->reg, registry_allowance_give(s->reg, member, 0, 1, entry, "maya", "alarm"),
		expected);
	bed_commit(s->reg);
}

static void hours_are_told_stay_by_stay_and_forgiven_by_their_minutes(void **state)
{
	struct site s = site_open("hub.db");
	uint32_t sum = 0;

	(void)state;
	bed_now_us = at_local(12, 2, 12, 0);
	days_come(&s.front, HOURS, at(30, 23, 30));
	days_move(&s.front, HOURS, at_local(12, 1, 1, 15), false);
	days_come(&s.front, HOURS, at_local(12, 1, 9, 0)); /* nobody saw the end of it */
	days_come(&s.front, HOURS, at_local(12, 2, 10, 0));
	days_come(&s.front, HOURS, at_local(12, 2, 11, 0));
	days_send(s.reg, &s.front, 1);
	assert_int_equal(used(&s, HOURS), 75 + 19 * 60 + 120);
	assert_int_equal(s.a->unit_count, 3);
	for (size_t i = 0; i < 3; i++)
		sum += s.a->units[i].minutes;
	assert_int_equal(sum, s.a->used);
	assert_int_equal(s.a->units[0].minutes, 75);
	assert_int_equal(s.a->units[1].minutes, 19 * 60);
	assert_int_equal(s.a->units[2].minutes, 120); /* so far */
	forgive(&s, HOURS, s.a->units[1].entry, 0);
	forgive(&s, HOURS, s.a->units[1].entry, -EEXIST);
	forgive(&s, HOURS, s.a->units[2].entry, -EPERM);
	said(s.reg, "goes on");
	used(&s, HOURS);
	assert_int_equal(s.a->standing.extra, 19 * 60);
	assert_int_equal(s.a->units[1].how, REGISTRY_UNIT_FORGIVEN);
	EXPECT(s.reg, registry_allowance(s.reg, HOURS, NOVEMBER_2026, s.a), 0);
	assert_int_equal(s.a->unit_count, 1);
	assert_int_equal(s.a->units[0].minutes, 30);
	assert_int_equal(s.a->used, 30);
	site_close(&s);
}

/* Who comes for a free event uses no minutes; who came to work and stays for it does. */
static void hours_at_free_events_are_free(void **state)
{
	struct site s = site_open("hub.db");
	struct standing told;

	(void)state;
	bed_now_us = at(22, 20, 0);
	days_tap(&s.front, HOURS, at(20, 18, 0), ENTRY_USE_FREE);
	days_move(&s.front, HOURS, at(20, 18, 1), true);
	days_move(&s.front, HOURS, at(20, 23, 0), false);
	days_tap(&s.front, HOURS, at(21, 17, 0), ENTRY_USE_UNIT);
	days_move(&s.front, HOURS, at(21, 17, 0), true);
	days_tap(&s.back, HOURS, at(21, 18, 0), ENTRY_USE_FREE);
	days_move(&s.back, HOURS, at(21, 20, 0), false);
	days_tap(&s.front, HOURS, at(22, 19, 0), ENTRY_USE_FREE);
	days_move(&s.front, HOURS, at(22, 19, 1), true); /* still in */
	days_send(s.reg, &s.front, 1);
	days_send(s.reg, &s.back, 1);
	assert_int_equal(used(&s, HOURS), 180);
	assert_int_equal(s.a->unit_count, 3);
	assert_int_equal(s.a->units[0].how, REGISTRY_UNIT_FREE);
	assert_int_equal(s.a->units[0].minutes, 0);
	assert_int_equal(s.a->units[1].minutes, 180);
	assert_int_equal(s.a->units[2].how, REGISTRY_UNIT_FREE);
	told = days_standing(s.reg, HOURS);
	assert_true(told.inside && told.free && told.minutes == 180);
	site_close(&s);
}

static void let_in_by_a_host_counts_as_the_member(void **state)
{
	struct site s = site_open("hub.db");
	struct entry e = days_entry(ENTRY_KIND_COMMAND, DAYS, at(22, 9, 0));
	struct registry_present row;

	(void)state;
	e.subject.card = 0;
	snprintf(e.subject.actor, sizeof(e.subject.actor), "maya");
	snprintf(e.detail, sizeof(e.detail), "unlock: refused: lockdown");
	chain_add(&s.front, &e);
	snprintf(e.detail, sizeof(e.detail), "unlock for 5 s");
	chain_add(&s.front, &e);
	days_send(s.reg, &s.front, 1);
	assert_int_equal(used(&s, DAYS), 1);
	assert_int_equal(days_present(s.reg, &row, 1), 1);
	assert_string_equal(row.by, "maya");
	site_close(&s);
}

static void tier_and_site_settings_decide_what_doors_are_told(void **state)
{
	struct site s = site_open("hub.db");
	struct registry_member m;
	struct registry_site site;

	(void)state;
	days_come(&s.front, DAYS, at(22, 9, 0));
	days_come(&s.front, NONE, at(22, 9, 0));
	days_send(s.reg, &s.front, 1);
	assert_false(days_standing(s.reg, NONE).inside);
	bed_begin(s.reg);
	EXPECT(s.reg, registry_site(s.reg, &site), 0);
	site.presence_at_doors = true;
	EXPECT(s.reg, registry_site_change(s.reg, &site), 0);
	bed_commit(s.reg);
	assert_true(days_standing(s.reg, NONE).inside);
	bed_begin(s.reg);
	site.presence_at_doors = false;
	site.version = 0;
	EXPECT(s.reg, registry_site_change(s.reg, &site), 0);
	EXPECT(s.reg, registry_member(s.reg, DAYS, &m), 0);
	m.tier = 1;
	EXPECT(s.reg, registry_member_change(s.reg, &m), 0);
	bed_commit(s.reg);
	assert_false(days_standing(s.reg, NONE).inside);
	assert_int_equal(days_standing(s.reg, DAYS).days, 0);
	site_close(&s);
}

static void check_out_settles_who_is_still_in(void **state)
{
	struct site s = site_open("hub.db");

	(void)state;
	days_come(&s.front, HOURS, at(22, 9, 0));
	days_send(s.reg, &s.front, 1);
	assert_true(days_standing(s.reg, HOURS).inside);
	bed_now_us = at(23, 4, 1);
	/* what is undone is done again */
	bed_begin(s.reg);
	EXPECT(s.reg, registry_days_tick(s.reg), 0);
	registry_abort(s.reg);
	assert_true(days_standing(s.reg, HOURS).inside);
	bed_begin(s.reg);
	EXPECT(s.reg, registry_days_tick(s.reg), 0);
	bed_commit(s.reg);
	assert_false(days_standing(s.reg, HOURS).inside);
	assert_int_equal(days_standing(s.reg, HOURS).minutes, 19 * 60);
	site_close(&s);
}

/* ---- pools ---- */

static void pool_is_shared_and_counts_each_unit_once(void **state)
{
	struct site s = site_open("hub.db");
	struct registry_pool pool = {.name = "Acme", .kind = ALLOWANCE_DAYS, .limit = 20};
	struct roster_record told = {.kind = ROSTER_KIND_POOL};
	struct registry_member m;
	uint64_t id = 0;

	(void)state;
	bed_begin(s.reg);
	EXPECT(s.reg, registry_pool_add(s.reg, &pool, &id), 0);
	EXPECT(s.reg, registry_pool_add(s.reg, &pool, NULL), -EEXIST);
	pool.kind = ALLOWANCE_HOURS;
	EXPECT(s.reg, registry_pool_add(s.reg, &pool, NULL), -EINVAL);
	EXPECT(s.reg, registry_member(s.reg, DAYS, &m), 0);
	m.pool = 99;
	EXPECT(s.reg, registry_member_change(s.reg, &m), -EINVAL);
	m.pool = id;
	EXPECT(s.reg, registry_member_change(s.reg, &m), 0);
	EXPECT(s.reg, registry_pool_remove(s.reg, id, 0), -EPERM);
	bed_commit(s.reg);
	days_tap(&s.front, DAYS, at(20, 9, 0), ENTRY_USE_UNIT | ENTRY_USE_POOL);
	days_tap(&s.back, DAYS, at(20, 10, 0), ENTRY_USE_UNIT | ENTRY_USE_POOL);
	days_tap(&s.back, DAYS, at(21, 10, 0), ENTRY_USE_UNIT | ENTRY_USE_POOL);
	days_send(s.reg, &s.front, 1);
	days_send(s.reg, &s.back, 1);
	EXPECT(s.reg, registry_pool(s.reg, id, &pool), 0);
	assert_int_equal(pool.used, 2);
	assert_int_equal(pool.members, 1);
	told.pool.id = id;
	assert_true(days_told(s.reg, &told));
	assert_true(told.pool.used == 2 && told.pool.limit == 20 && told.pool.doors == 2);
	assert_true(told.pool.year == 2026 && told.pool.month == 11);
	used(&s, DAYS);
	assert_int_equal(s.a->units[1].how, REGISTRY_UNIT_SAME);
	forgive(&s, DAYS, s.a->units[2].entry, 0); /* the pool has it back, and nobody else */
	EXPECT(s.reg, registry_pool(s.reg, id, &pool), 0);
	assert_int_equal(pool.used, 1);
	assert_true(days_told(s.reg, &told));
	assert_int_equal(told.pool.used, 1);
	assert_int_equal(used(&s, DAYS), 2);
	assert_int_equal(s.a->standing.extra, 2);
	site_close(&s);
}

/* Doors that do not know of each other: here their own unit pays a day, there the pool. */
static void pool_pays_nothing_that_is_paid(void **state)
{
	struct site s = site_open("hub.db");
	struct registry_pool days = {.name = "Acme", .kind = ALLOWANCE_DAYS, .limit = 20},
			     later = {.name = "Cora", .kind = ALLOWANCE_DAYS, .limit = 20},
			     visits = {.name = "Bits", .kind = ALLOWANCE_VISITS, .limit = 20};
	struct registry_member m;

	(void)state;
	bed_begin(s.reg);
	EXPECT(s.reg, registry_pool_add(s.reg, &days, &days.id), 0);
	EXPECT(s.reg, registry_pool_add(s.reg, &visits, &visits.id), 0);
	EXPECT(s.reg, registry_member(s.reg, DAYS, &m), 0);
	m.pool = visits.id;
	EXPECT(s.reg, registry_member_change(s.reg, &m), -EINVAL);
	said(s.reg, "shares visits, but the member's tier allows days");
	m.pool = days.id;
	EXPECT(s.reg, registry_member_change(s.reg, &m), 0);
	EXPECT(s.reg, registry_member(s.reg, VISITS, &m), 0);
	m.pool = visits.id;
	EXPECT(s.reg, registry_member_change(s.reg, &m), 0);
	bed_commit(s.reg);
	days_tap(&s.front, DAYS, at(20, 9, 0), ENTRY_USE_UNIT);
	days_tap(&s.back, DAYS, at(20, 10, 0), ENTRY_USE_UNIT | ENTRY_USE_POOL);
	for (int hour = 9; hour < 12; hour += 2) { /* in at 9, and still in at 11 */
		struct chain_bed *c = hour == 9 ? &s.front : &s.back;

		days_tap(c, VISITS, at(20, hour, 0), ENTRY_USE_UNIT | ENTRY_USE_POOL);
		days_move(c, VISITS, at(20, hour, 1), true);
	}
	days_send(s.reg, &s.back, 1);
	days_send(s.reg, &s.front, 1);
	EXPECT(s.reg, registry_pool(s.reg, days.id, &days), 0);
	assert_int_equal(days.used, 0);
	assert_int_equal(used(&s, DAYS), 1);
	assert_int_equal(s.a->standing.extra, 0);
	EXPECT(s.reg, registry_pool(s.reg, visits.id, &visits), 0);
	assert_int_equal(visits.used, 1);
	assert_int_equal(used(&s, VISITS), 1);
	assert_int_equal(s.a->standing.extra, 1);
	/* what one pays is none of the other's, in whichever the member is now */
	bed_begin(s.reg);
	EXPECT(s.reg, registry_pool_add(s.reg, &later, &later.id), 0);
	EXPECT(s.reg, registry_member(s.reg, DAYS, &m), 0);
	days_tap(&s.front, DAYS, at(21, 9, 0), ENTRY_USE_UNIT | ENTRY_USE_POOL);
	bed_commit(s.reg);
	days_send(s.reg, &s.front, 4);
	bed_begin(s.reg);
	m.pool = later.id;
	EXPECT(s.reg, registry_member_change(s.reg, &m), 0);
	bed_commit(s.reg);
	days_tap(&s.front, DAYS, at(22, 9, 0), ENTRY_USE_UNIT | ENTRY_USE_POOL);
	days_send(s.reg, &s.front, 5);
	EXPECT(s.reg, registry_pool(s.reg, days.id, &days), 0);
	EXPECT(s.reg, registry_pool(s.reg, later.id, &later), 0);
	assert_true(days.used == 1 && later.used == 1);
	site_close(&s);
}

/* ---- interrupted ---- */

static struct chain_bed *sweep_chain;

static int take_all(struct registry *reg)
{
	struct registry_batch batch = chain_batch(sweep_chain, 1, sweep_chain->count);
	struct registry_mark mark;

	return registry_log_take(reg, &batch, &mark);
}

static int give_in_a_change(struct registry *reg)
{
	int rc = registry_begin(reg);

	if (rc == 0)
		rc = registry_allowance_give(reg, DAYS, 0, 1, 0, "maya", "a talk");
	if (rc >= 0)
		return registry_commit(reg, NULL);
	registry_abort(reg);
	return rc;
}

/* A batch that moves presence, usage, a pool and what doors are told is taken whole or not at all.
 */
static void interrupted_reckoning_leaves_nothing(void **state)
{
	struct site s = site_open("hub.db");
	struct registry_pool pool = {.name = "Acme", .kind = ALLOWANCE_DAYS, .limit = 20};
	struct entry open = days_entry(ENTRY_KIND_UNLOCKED, 0, at(22, 10, 0));
	struct registry_member m;

	(void)state;
	bed_begin(s.reg);
	EXPECT(s.reg, registry_pool_add(s.reg, &pool, &pool.id), 0);
	EXPECT(s.reg, registry_member(s.reg, DAYS, &m), 0);
	m.pool = pool.id;
	EXPECT(s.reg, registry_member_change(s.reg, &m), 0);
	bed_commit(s.reg);
	open.has_subject = false;
	days_tap(&s.front, DAYS, at(22, 9, 0), ENTRY_USE_UNIT | ENTRY_USE_POOL);
	days_move(&s.front, DAYS, at(22, 9, 1), true);
	days_come(&s.front, HOURS, at(22, 9, 2));
	chain_add(&s.front, &open);
	sweep_chain = &s.front;
	assert_true(sweep(s.reg, take_all) > 20);
	assert_int_equal(days_present(s.reg, NULL, 0), 2);
	assert_true(sweep(s.reg, give_in_a_change) > 10);
	assert_int_equal(days_standing(s.reg, DAYS).extra, 2); /* the pool's, and the host's */
	site_close(&s);
}

/* ---- the same whatever the order ---- */

static void make_day(struct chain_bed *c, unsigned doors, int day)
{
	for (unsigned n = pick(40); n > 0; n--) {
		struct chain_bed *door = &c[pick(doors)];
		int64_t us = at(day, 7, 0) + (int64_t)pick(14 * 3600) * 1000000;
		uint64_t member = 1 + pick(5);

		switch (pick(3)) {
		case 0:
			days_tap(door, member, us, (uint8_t)(pick(2) ? ENTRY_USE_UNIT : pick(8)));
			break;
		case 1:
			days_move(door, member, us, true);
			break;
		default:
			days_move(door, member, us, false);
		}
	}
}

/* Sends what each door has in its own order, the doors in any, some of it again. */
static void send_shuffled(struct registry *reg, struct chain_bed *c, unsigned doors)
{
	size_t sent[3] = {0};
	unsigned left = doors;

	while (left > 0) {
		unsigned i = pick(doors);
		struct registry_batch batch;
		struct registry_mark mark;
		size_t count = c[i].count - sent[i], from;

		if (count == 0)
			continue;
		count = 1 + pick((uint32_t)(count < 60 ? count : 60));
		from = sent[i] > 0 && pick(4) == 0 ? sent[i] : sent[i] + 1;
		batch = chain_batch(&c[i], from, sent[i] + count);
		assert_true(registry_log_take(reg, &batch, &mark) >= 0);
		sent[i] += count;
		if (sent[i] == c[i].count)
			left--;
	}
}

static void any_order_of_doors_comes_to_the_same(void **state)
{
	struct site sites[2] = {site_open("one.db"), site_open("two.db")};
	struct chain_bed doors[3];
	static const char *const names[] = {"front", "back", "side"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		if (i == 2)
			for (unsigned k = 0; k < 2; k++)
				EXPECT(sites[k].reg,
					chain_door(sites[k].reg, names[i], &chain_key()->public,
						bed_now_us, false),
					0);
		chain_begin(&doors[i], "walker", names[i], NULL);
		days_move(&doors[i], 1, at(1, 9, 0), true);
	}
	for (int day = 1; day <= 22; day++)
		make_day(doors, 3, day);
	send_shuffled(sites[0].reg, doors, 3);
	send_shuffled(sites[1].reg, doors, 3);
	bed_now_us = at(22, 23, 0);
	for (uint64_t member = 1; member <= 5; member++) {
		struct standing a, b;

		assert_int_equal(used(&sites[0], member), used(&sites[1], member));
		assert_memory_equal(&sites[0].a->standing, &sites[1].a->standing, sizeof(a));
		assert_int_equal(sites[0].a->unit_count, sites[1].a->unit_count);
		for (size_t i = 0; i < sites[0].a->unit_count; i++)
			assert_int_equal(sites[0].a->units[i].how, sites[1].a->units[i].how);
		/* as it was told last is as it is now */
		bed_begin(sites[0].reg);
		EXPECT(sites[0].reg, registry_standing_publish(sites[0].reg, member), 0);
		bed_commit(sites[0].reg);
		a = days_standing(sites[0].reg, member);
		b = days_standing(sites[1].reg, member);
		assert_memory_equal(&a, &b, sizeof(a));
	}
	assert_int_equal(days_present(sites[0].reg, NULL, 0), days_present(sites[1].reg, NULL, 0));
	for (unsigned i = 0; i < 3; i++)
		chain_free(&doors[i]);
	site_close(&sites[0]);
	site_close(&sites[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_came_is_in_until_they_leave_or_the_day_ends),
		TEST(zone_is_where_the_last_door_leads),
		TEST(granted_tap_at_a_shut_door_is_no_coming_but_uses_its_unit),
		TEST(open_door_makes_it_likely_only),
		TEST(host_corrects_with_a_reason),
		TEST(same_day_at_two_doors_that_were_cut_off_counts_once),
		TEST(entries_sent_again_count_once),
		TEST(late_entries_count_in_the_month_they_are_of),
		TEST(minutes_of_a_stay_over_midnight_count_in_both_months),
		TEST(clock_that_nobody_vouches_for_is_reckoned_by_the_boot_or_the_collection),
		TEST(free_events_and_refused_taps_use_nothing),
		TEST(host_gives_and_forgives_units),
		TEST(hours_are_told_stay_by_stay_and_forgiven_by_their_minutes),
		TEST(hours_at_free_events_are_free),
		TEST(let_in_by_a_host_counts_as_the_member),
		TEST(tier_and_site_settings_decide_what_doors_are_told),
		TEST(check_out_settles_who_is_still_in),
		TEST(pool_is_shared_and_counts_each_unit_once),
		TEST(pool_pays_nothing_that_is_paid),
		TEST(interrupted_reckoning_leaves_nothing),
		TEST(any_order_of_doors_comes_to_the_same),
	};

	setenv("TZ", "Europe/London", 1);
	tzset();
	seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : (unsigned)getpid();
	printf("# SEED=%u\n", seed);
	pick_state = seed;
	faulty_vfs_install();
	if (crypto_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
