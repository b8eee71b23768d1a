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

#include "registry_set.h"

#define CHANGES 220
#define KEPT 40 /* earlier rosters that are kept to start from */
#define PEOPLE 30
#define CARDS 60
#define TIERS 6
#define DATES 12

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

static const char *const door_names[] = {"front", "back", "studio-with-a-name-of-32-letters"};
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

static struct {
	struct revision revision;
	struct set set;
} kept[KEPT];

/* The newest roster is the model's, by snapshot and by delta from every kept one. */
static void compare(struct registry *reg, const struct revision *revision)
{
	struct set model = expected(), newest = set_fetch(reg, NULL, NULL);
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
		s = set_fetch(reg, &kept[i].revision, &kept[i].set);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(deltas_from_any_revision_make_the_newest_roster),
	};
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 10) : (unsigned)time(NULL);

	setenv("TZ", "Europe/London", 1);
	tzset();
	random_state = seed;
	print_message("# SEED=%u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
