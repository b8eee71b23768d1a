/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roster that doors get: after any changes a snapshot is what a model says, and the delta from
 * any earlier revision makes the newest roster of that earlier one. SEED=n repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"
#include "registry_set.h"

#define CHANGES 220
#define KEPT 40 /* earlier rosters that are kept to start from */
#define PEOPLE 30
#define CARDS 60
#define TIERS 6
#define DATES 12

static uint64_t random_state;

static uint32_t pick(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % below;
}

/* ---- the model ---- */

static struct model {
	struct roster_site site;
	struct registry_tier tiers[TIERS];
	struct registry_member members[PEOPLE];
	struct registry_card cards[CARDS]; /* n-th token; id 0: not issued or returned */
	struct {
		uint64_t id;
		struct calendar_exception row;
	} exceptions[DATES];
	struct calendar_date holidays[DATES]; /* date 0: none */
	bool doors[3];
} now, before;

static const char *const door_names[] = {"front", "back", "studio-2"};
static const char *const hours[] = {"24/7", "Mo-Fr 09:00-17:00", "Sa,Su off", "Tu 18:00-22:00"};

static void expect_card(const struct registry_card *c, struct set *out)
{
	const struct registry_member *m = NULL;
	struct roster_record r = {.kind = ROSTER_KIND_CARD};

	for (size_t i = 0; i < PEOPLE; i++)
		if (now.members[i].id == c->member)
			m = &now.members[i];
	r.card = (struct roster_card){
		.token = c->token,
		.key_id = c->key_id,
		.card = c->id,
		.member = m->id,
		.tier = m->tier,
		.state = c->state,
		.member_state = m->state,
		.valid_from = m->valid_from,
		.valid_until = m->valid_until,
		.grace_until = m->grace_until,
		.release_ms = m->release_ms,
		.kind = c->kind,
	};
	set_put(out, &r);
}

/* The roster that the model calls for. */
static struct set expected(void)
{
	struct roster_record r = {.kind = ROSTER_KIND_SITE, .site = now.site};
	struct set s = {0};

	set_put(&s, &r);
	for (size_t i = 0; i < 3; i++) {
		r = (struct roster_record){.kind = ROSTER_KIND_DOOR};
		snprintf(r.door, sizeof(r.door), "%s", door_names[i]);
		if (now.doors[i])
			set_put(&s, &r);
	}
	for (size_t i = 0; i < TIERS; i++) {
		r = (struct roster_record){.kind = ROSTER_KIND_TIER, .tier = now.tiers[i].roster};
		if (r.tier.tier > 0)
			set_put(&s, &r);
	}
	for (size_t i = 0; i < CARDS; i++)
		if (now.cards[i].id > 0)
			expect_card(&now.cards[i], &s);
	for (size_t i = 0; i < DATES; i++) {
		r = (struct roster_record){.kind = ROSTER_KIND_EXCEPTION};
		r.exception.id = now.exceptions[i].id;
		r.exception.row = now.exceptions[i].row;
		if (r.exception.id > 0)
			set_put(&s, &r);
		r = (struct roster_record){.kind = ROSTER_KIND_HOLIDAY, .holiday = now.holidays[i]};
		if (r.holiday.date > 0)
			set_put(&s, &r);
	}
	return s;
}

/* ---- changes of both ---- */

static void change_site(struct registry *reg)
{
	struct registry_site site;

	EXPECT(reg, registry_site(reg, &site), 0);
	site.roster.warn_s = 3600 * pick(3);
	site.roster.holidays = pick(2);
	EXPECT(reg, registry_site_change(reg, &site), 0);
	now.site = site.roster;
}

/* Only doors that no tier names go. */
static void change_door(struct registry *reg)
{
	size_t i = pick(3);

	if (now.doors[i] && registry_door_unused(reg, door_names[i]) < 0)
		return;
	bed_door(reg, door_names[i], now.doors[i]);
	now.doors[i] = !now.doors[i];
}

static void fill_tier(struct registry_tier *t)
{
	snprintf(t->name, sizeof(t->name), "tier %p", (void *)t);
	t->roster.flags = pick(TIER_FLAGS_ALL + 1);
	snprintf(t->roster.hours, sizeof(t->roster.hours), "%s", hours[pick(4)]);
	t->roster.door_count = 0;
	for (size_t d = 3; d-- > 0;) { /* not in the order of names */
		struct roster_tier_door *door = &t->roster.doors[t->roster.door_count];

		if (!now.doors[d] || pick(2))
			continue;
		*door = (struct roster_tier_door){.own = pick(2)};
		snprintf(door->door, sizeof(door->door), "%s", door_names[d]);
		snprintf(door->hours, sizeof(door->hours), "%s", door->own ? hours[pick(4)] : "");
		t->roster.door_count++;
	}
}

static bool tier_used(uint32_t tier)
{
	for (size_t i = 0; i < PEOPLE; i++)
		if (now.members[i].id > 0 && now.members[i].tier == tier)
			return true;
	return false;
}

static void change_tier(struct registry *reg)
{
	struct registry_tier *t = &now.tiers[pick(TIERS)];

	if (t->roster.tier == 0) {
		fill_tier(t);
		EXPECT(reg, registry_tier_add(reg, t, &t->roster.tier), 0);
	} else if (pick(3) == 0) {
		EXPECT(reg, registry_tier_remove(reg, t->roster.tier, 0),
			tier_used(t->roster.tier) ? -EPERM : 0);
		if (!tier_used(t->roster.tier))
			*t = (struct registry_tier){0};
	} else {
		fill_tier(t);
		EXPECT(reg, registry_tier_change(reg, t), 0);
	}
}

static uint32_t some_tier(void)
{
	for (unsigned n = 0, i = pick(TIERS); n < TIERS; n++, i++)
		if (now.tiers[i % TIERS].roster.tier > 0)
			return now.tiers[i % TIERS].roster.tier;
	return 0;
}

static void change_member(struct registry *reg)
{
	struct registry_member *m = &now.members[pick(PEOPLE)];
	uint64_t id = m->id;

	if (some_tier() == 0)
		return;
	if (pick(4) == 0 && id > 0) { /* no door hears of this */
		snprintf(m->name, sizeof(m->name), "new name %u", pick(100));
	} else {
		*m = bed_person("Ada", some_tier());
		m->state = id > 0 ? (enum member_state)pick(3) : MEMBER_STATE_ACTIVE;
		m->valid_until = pick(2) ? DATE_NONE : BED_TODAY + (int32_t)pick(400);
		m->release_ms = pick(2) ? 0 : 9000;
		m->id = id;
	}
	if (id > 0)
		EXPECT(reg, registry_member_change(reg, m), 0);
	else
		EXPECT(reg, registry_member_add(reg, m, &m->id), 0);
}

static void issue(struct registry *reg, size_t n)
{
	const struct registry_member *m = &now.members[pick(PEOPLE)];
	struct registry_card *c = &now.cards[n];

	if (m->id == 0)
		return;
	*c = bed_blank(n, m->id);
	c->pending = pick(3) == 0;
	c->kind = pick(2);
	c->state = c->pending ? CARD_STATE_UNASSIGNED : CARD_STATE_ACTIVE;
	EXPECT(reg, registry_card_issue(reg, c, &c->id),
		m->state == MEMBER_STATE_CLOSED ? -EPERM : 0);
}

static void change_card(struct registry *reg)
{
	static const enum card_state to[] = {CARD_STATE_ACTIVE, CARD_STATE_SUSPENDED,
		CARD_STATE_ACTIVE, CARD_STATE_LOST, CARD_STATE_ACTIVE, CARD_STATE_REVOKED,
		CARD_STATE_UNASSIGNED};
	size_t n = pick(CARDS);
	struct registry_card *c = &now.cards[n];
	enum registry_card_action action = pick(REGISTRY_CARD_RETURN + 1);
	int rc;

	if (c->id == 0) {
		issue(reg, n);
		return;
	}
	rc = registry_card_act(reg, c->id, action, "maya", "random", 0);
	if (rc == -EPERM)
		return;
	EXPECT(reg, rc, 0);
	c->state = to[action];
	c->pending = false;
	if (action == REGISTRY_CARD_RETURN)
		*c = (struct registry_card){0};
}

static void change_exception(struct registry *reg)
{
	unsigned i = pick(DATES);
	struct calendar_exception row = bed_closure(BED_TODAY + 10000, BED_TODAY + 10000);
	struct registry_exception e;

	row.open = pick(2);
	row.last += (int32_t)pick(20);
	if (now.exceptions[i].id == 0) {
		EXPECT(reg, registry_exception_add(reg, &row, &now.exceptions[i].id), 0);
		now.exceptions[i].row = row;
	} else if (pick(2)) {
		EXPECT(reg, registry_exception_remove(reg, now.exceptions[i].id, 0), 0);
		now.exceptions[i].id = 0;
	} else {
		e = (struct registry_exception){.id = now.exceptions[i].id, .row = row};
		EXPECT(reg, registry_exception_change(reg, &e), 0);
		now.exceptions[i].row = row;
	}
}

static void change_holiday(struct registry *reg)
{
	unsigned i = pick(DATES);
	struct calendar_date *d = &now.holidays[i];

	if (d->date > 0 && pick(3) == 0) {
		EXPECT(reg, registry_holiday_remove(reg, d->date), 0);
		d->date = 0;
		return;
	}
	d->date = BED_TODAY + 10000 + (int32_t)i;
	d->holiday = pick(2);
	EXPECT(reg, registry_holiday_set(reg, d->date, d->holiday), 0);
}

static void change_something(struct registry *reg)
{
	static void (*const changes[])(struct registry *) = {change_site, change_door, change_tier,
		change_member, change_member, change_card, change_card, change_card, change_card,
		change_exception, change_holiday};

	changes[pick(ARRAY_SIZE(changes))](reg);
}

/* ---- what a door makes of it ---- */

/* Applies a whole view; some chunks are asked for twice. */
static void apply(struct registry *reg, struct registry_view *view, struct set *s, size_t room)
{
	static uint8_t out[65536], again[65536];
	bool last = false, last_again;
	size_t at, size;
	const uint8_t *record;
	uint32_t chunk;

	for (chunk = 0; !last; chunk++) {
		int n = registry_view_chunk(view, chunk, out, room, &last);

		if (n < 0)
			fail_msg("chunk %u: %d %s", chunk, n, registry_error(reg));
		at = 0;
		while (roster_run_next(out, (size_t)n, &at, &record, &size) == 1)
			assert_int_equal(set_apply(s, record, size), 0);
		assert_int_equal(at, n);
		if (pick(3))
			continue;
		assert_int_equal(registry_view_chunk(view, chunk, again, room, &last_again), n);
		assert_int_equal(last_again, last);
		assert_memory_equal(out, again, (size_t)n);
	}
	assert_int_equal(registry_view_chunk(view, chunk, out, room, &last), -ENOENT);
	assert_int_equal(registry_view_chunk(view, chunk + 3, out, room, &last), -ENOENT);
}

static struct set fetch(struct registry *reg, const struct revision *from, const struct set *base)
{
	struct set s = base ? set_copy(base) : (struct set){0};
	struct registry_view *view = NULL;
	uint8_t digest[ROSTER_DIGEST_SIZE];

	EXPECT(reg, registry_view_open(reg, from, &view), 0);
	apply(reg, view, &s, 700 + pick(4000));
	set_digest(&s, digest);
	assert_memory_equal(digest, registry_view_roster(view)->digest, ROSTER_DIGEST_SIZE);
	registry_view_close(view);
	return s;
}

static struct {
	struct revision revision;
	struct set set;
} kept[KEPT];

/* The newest roster is the model's, by snapshot and by delta from every kept one. */
static void compare(struct registry *reg, const struct revision *revision)
{
	struct set model = expected(), newest = fetch(reg, NULL, NULL);
	struct registry_roster roster;
	size_t cards = 0;

	assert_true(set_same(&model, &newest));
	EXPECT(reg, registry_roster(reg, &roster), 0);
	for (size_t i = 0; i < CARDS; i++)
		cards += now.cards[i].id > 0;
	assert_int_equal(roster.cards, cards);
	for (size_t i = 0; i < KEPT; i++) {
		struct set s;

		if (kept[i].set.count == 0)
			continue;
		s = fetch(reg, &kept[i].revision, &kept[i].set);
		if (!set_same(&s, &newest))
			fail_msg("the delta from %llu to %llu is wrong",
				(unsigned long long)kept[i].revision.number,
				(unsigned long long)revision->number);
		set_free(&s);
	}
	if (pick(3) == 0) {
		size_t i = pick(KEPT);

		set_free(&kept[i].set);
		kept[i].set = set_copy(&newest);
		kept[i].revision = *revision;
	}
	set_free(&model);
	set_free(&newest);
}

static void forget_kept(void)
{
	for (size_t i = 0; i < KEPT; i++)
		set_free(&kept[i].set);
}

/* One change of a few steps, kept or undone. */
static struct registry *step(struct registry *reg, struct revision *revision)
{
	struct registry_roster old;

	EXPECT(reg, registry_roster(reg, &old), 0);
	before = now;
	bed_begin(reg);
	for (unsigned n = 1 + pick(pick(5) ? 4 : 40); n > 0; n--)
		change_something(reg);
	if (pick(8) == 0) {
		registry_abort(reg);
		now = before;
		*revision = old.revision;
	} else {
		EXPECT(reg, registry_commit(reg, revision), 0);
		assert_true(revision->number - old.revision.number <= 1);
	}
	if (pick(20) == 0) {
		registry_close(reg);
		reg = bed_open("hub.db");
	}
	return reg;
}

static void deltas_from_any_revision_make_the_newest_roster(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct revision revision;
	struct registry_site site;

	(void)state;
	EXPECT(reg, registry_site(reg, &site), 0);
	memset(&now, 0, sizeof(now));
	now.site = site.roster;
	for (unsigned n = 0; n < CHANGES; n++) {
		reg = step(reg, &revision);
		compare(reg, &revision);
		if (n == CHANGES / 2) {
			EXPECT(reg, registry_raise_generation(reg, 2), 0);
			forget_kept();
		}
	}
	forget_kept();
	registry_close(reg);
}

/* ---- single promises ---- */

static void what_no_door_needs_gives_no_revision(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_member m;
	uint32_t tier;
	uint64_t id, revision;

	(void)state;
	bed_begin(reg);
	tier = bed_tier(reg, "Full", "24/7");
	id = bed_member(reg, "Ada", tier);
	bed_card(reg, 1, id);
	revision = bed_commit(reg);
	assert_int_equal(revision, 2);
	bed_begin(reg);
	EXPECT(reg, registry_member(reg, id, &m), 0);
	snprintf(m.name, sizeof(m.name), "Ada Lovelace");
	EXPECT(reg, registry_member_change(reg, &m), 0);
	bed_member(reg, "Bea", tier);
	EXPECT(reg, registry_audit_add(reg, "maya", "member.change", "member/1", "", ""), 0);
	assert_int_equal(bed_commit(reg), revision);
	bed_begin(reg);
	EXPECT(reg, registry_member(reg, id, &m), 0);
	m.state = MEMBER_STATE_SUSPENDED;
	EXPECT(reg, registry_member_change(reg, &m), 0);
	assert_int_equal(bed_commit(reg), revision + 1);
	registry_close(reg);
}

static void view_tells_of_one_moment_while_changes_go_on(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_view *view = NULL;
	struct set early, late = {0};
	uint64_t id;

	(void)state;
	bed_begin(reg);
	id = bed_member(reg, "Ada", bed_tier(reg, "Full", "24/7"));
	for (uint64_t n = 0; n < 100; n++)
		bed_card(reg, n, id);
	bed_commit(reg);
	early = fetch(reg, NULL, NULL);
	EXPECT(reg, registry_view_open(reg, NULL, &view), 0);
	bed_begin(reg);
	for (uint64_t n = 1; n <= 50; n++)
		EXPECT(reg, registry_card_act(reg, n, REGISTRY_CARD_RETURN, "maya", "", 0), 0);
	bed_commit(reg);
	apply(reg, view, &late, 500);
	assert_true(set_same(&early, &late));
	assert_int_equal(registry_view_roster(view)->cards, 100);
	registry_view_close(view);
	set_free(&early);
	set_free(&late);
	early = fetch(reg, NULL, NULL);
	assert_int_equal(early.count, 1 + 1 + 50);
	set_free(&early);
	registry_close(reg);
}

/* The kinds of the records of a delta in the order in which they are told; gone: + 10. */
static void kinds_of(struct registry *reg, const struct revision *from, char *out, size_t size)
{
	static uint8_t data[65536];
	struct registry_view *view = NULL;
	const uint8_t *record;
	size_t at = 0, n, used = 0;
	bool last;
	int got;

	EXPECT(reg, registry_view_open(reg, from, &view), 0);
	got = registry_view_chunk(view, 0, data, sizeof(data), &last);
	assert_true(got >= 0 && last);
	out[0] = '\0';
	while (roster_run_next(data, (size_t)got, &at, &record, &n) == 1)
		used += (size_t)snprintf(out + used, size - used, "%s%d", used ? " " : "",
			record[0] + (record[1] ? 0 : 10));
	registry_view_close(view);
}

static void tiers_come_before_their_cards_and_go_after_them(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct calendar_exception row = bed_closure(BED_TODAY + 5, BED_TODAY + 6);
	struct revision first = {1, 1}, second;
	struct registry_member m;
	uint32_t tier, other;
	uint64_t member, card, exception;
	char kinds[80];

	(void)state;
	bed_begin(reg);
	tier = bed_tier(reg, "Full", "24/7");
	member = bed_member(reg, "Ada", tier);
	card = bed_card(reg, 1, member);
	bed_door(reg, "front", false);
	EXPECT(reg, registry_exception_add(reg, &row, &exception), 0);
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY, true), 0);
	EXPECT(reg, registry_commit(reg, &second), 0);
	kinds_of(reg, NULL, kinds, sizeof(kinds));
	assert_string_equal(kinds, "1 2 3 4 5 6");
	kinds_of(reg, &first, kinds, sizeof(kinds));
	assert_string_equal(kinds, "2 3 4 5 6");
	kinds_of(reg, &second, kinds, sizeof(kinds));
	assert_string_equal(kinds, "");

	bed_begin(reg);
	other = bed_tier(reg, "Part", "Mo-Fr 09:00-17:00");
	EXPECT(reg, registry_member(reg, member, &m), 0);
	m.tier = other;
	EXPECT(reg, registry_member_change(reg, &m), 0);
	EXPECT(reg, registry_tier_remove(reg, tier, 0), 0);
	bed_card(reg, 2, member);
	EXPECT(reg, registry_card_act(reg, card, REGISTRY_CARD_RETURN, "maya", "", 0), 0);
	EXPECT(reg, registry_exception_remove(reg, exception, 0), 0);
	EXPECT(reg, registry_holiday_remove(reg, BED_TODAY), 0);
	bed_door(reg, "front", true);
	bed_commit(reg);
	kinds_of(reg, &second, kinds, sizeof(kinds));
	assert_string_equal(kinds, "15 16 3 4 14 13 12");
	registry_close(reg);
}

static void what_cannot_be_told_as_a_delta_is_stale(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_view *view = NULL;
	struct revision ahead = {1, 99}, other = {2, 1}, zero = {1, 0};
	struct set s;

	(void)state;
	EXPECT(reg, registry_view_open(reg, &ahead, &view), -ESTALE);
	said(reg, "snapshot");
	EXPECT(reg, registry_view_open(reg, &other, &view), -ESTALE);
	assert_null(view);
	s = fetch(reg, &zero, NULL);
	assert_int_equal(s.count, 1);
	set_free(&s);
	EXPECT(reg, registry_raise_generation(reg, 1), -EINVAL);
	EXPECT(reg, registry_raise_generation(reg, 4), 0);
	EXPECT(reg, registry_view_open(reg, &(struct revision){1, 1}, &view), -ESTALE);
	EXPECT(reg, registry_view_open(reg, &(struct revision){4, 0}, &view), -ESTALE);
	EXPECT(reg, registry_view_open(reg, &(struct revision){4, 1}, &view), 0);
	assert_int_equal(registry_view_roster(view)->revision.generation, 4);
	registry_view_close(view);
	reg = registry_close(reg);
	reg = bed_open("hub.db");
	assert_int_equal(registry_generation(reg), 4);
	registry_close(reg);
}

static void who_is_gone_for_90_days_is_forgotten(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_view *view = NULL;
	struct revision with, without, later;
	struct set early, newest, s;
	uint64_t id;
	int64_t gone = -1;

	(void)state;
	bed_begin(reg);
	id = bed_member(reg, "Ada", bed_tier(reg, "Full", "24/7"));
	bed_card(reg, 1, id);
	bed_card(reg, 2, id);
	EXPECT(reg, registry_commit(reg, &with), 0);
	bed_begin(reg);
	EXPECT(reg, registry_card_act(reg, 1, REGISTRY_CARD_RETURN, "maya", "", 0), 0);
	EXPECT(reg, registry_commit(reg, &without), 0);
	early = fetch(reg, NULL, NULL);

	bed_now_us += 89 * BED_DAY_US;
	bed_begin(reg);
	bed_card(reg, 3, id);
	EXPECT(reg, registry_prune(reg, BED_TODAY + 89), 0);
	EXPECT(reg, registry_commit(reg, &later), 0);
	EXPECT(reg, registry_view_open(reg, &with, &view), 0);
	view = registry_view_close(view);

	bed_now_us += 2 * BED_DAY_US;
	bed_begin(reg);
	EXPECT(reg, registry_prune(reg, BED_TODAY + 91), 0);
	assert_int_equal(bed_commit(reg), later.number); /* forgetting is no change */
	assert_int_equal(
		db_number(reg->db, "SELECT count(*) FROM roster WHERE record IS NULL", &gone), 0);
	assert_int_equal(gone, 0);
	EXPECT(reg, registry_view_open(reg, &with, &view), -ESTALE);
	newest = fetch(reg, NULL, NULL);
	s = fetch(reg, &without, &early); /* nothing after it was forgotten */
	assert_true(set_same(&s, &newest));
	set_free(&early);
	set_free(&newest);
	set_free(&s);
	registry_close(reg);
	bed_now_us = BED_START_US;
}

static void view_needs_room_and_keeps_it(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_view *view = NULL;
	uint8_t small[8], big[4096];
	bool last;

	(void)state;
	EXPECT(reg, registry_view_open(reg, NULL, &view), 0);
	EXPECT(reg, registry_view_chunk(view, 0, small, sizeof(small), &last), -ENOSPC);
	view = registry_view_close(view);
	EXPECT(reg, registry_view_open(reg, NULL, &view), 0);
	assert_true(registry_view_chunk(view, 0, big, sizeof(big), &last) > 0);
	EXPECT(reg, registry_view_chunk(view, 0, big, sizeof(big) - 1, &last), -ENOSPC);
	registry_view_close(view);
	registry_close(reg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(deltas_from_any_revision_make_the_newest_roster),
		TEST(what_no_door_needs_gives_no_revision),
		TEST(view_tells_of_one_moment_while_changes_go_on),
		TEST(tiers_come_before_their_cards_and_go_after_them),
		TEST(what_cannot_be_told_as_a_delta_is_stale),
		TEST(who_is_gone_for_90_days_is_forgotten),
		TEST(view_needs_room_and_keeps_it),
	};
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 10) : (unsigned)time(NULL);

	setenv("TZ", "Europe/London", 1);
	tzset();
	random_state = seed;
	print_message("# SEED=%u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
