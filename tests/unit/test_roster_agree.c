/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry and the doors: after any changes at the hub, doors that follow by deltas, by
 * snapshots, at once or late hold the same roster, digest and cards. SEED=n repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"

#include "keeper_bed.h"
#include "store/registry_door.h"

#define ROUNDS 100
#define DOORS 3
#define CARDS 60
#define MEMBERS 25
#define CHUNK 45056

static unsigned seed;
static struct registry *reg;
static uint64_t members[MEMBERS]; /* numbers; 0: not there yet */
static uint64_t exceptions[10];
static const char *const hours[] = {"24/7", "Mo-Fr 09:00-17:00", "off"};

static struct door {
	struct keeper *keeper;
	struct cache *cache;
	unsigned lag; /* one round in so many it follows */
} doors[DOORS];

static unsigned pick(unsigned below)
{
	return model_random(&seed, below);
}

/* ---- changes at the hub; a refusal by the registry's rules is as good ---- */

static int change_member(void)
{
	unsigned i = pick(MEMBERS);
	struct registry_member m = bed_person("Maya", 1 + pick(4));

	if (members[i] != 0 && registry_member(reg, members[i], &m) < 0)
		fail_msg("%s", registry_error(reg));
	m.tier = 1 + pick(4);
	m.state = pick(4) ? MEMBER_STATE_ACTIVE : (enum member_state)pick(3);
	m.valid_until = pick(2) ? DATE_NONE : BED_TODAY + (int32_t)pick(100);
	m.release_ms = pick(3) * 4000;
	m.version = 0;
	return members[i] ? registry_member_change(reg, &m)
			  : registry_member_add(reg, &m, &members[i]);
}

static int change_card(void)
{
	unsigned n = pick(CARDS);
	struct token token = bed_token(n);
	struct registry_card card = bed_blank(n, members[pick(MEMBERS)]);
	int there = registry_card_of_token(reg, &token, &card);
	uint64_t id;

	if (there == 0 || (there > 0 && pick(4) == 0)) {
		card = bed_blank(n, members[pick(MEMBERS)]);
		card.pending = pick(3) == 0;
		card.kind = pick(5) ? CARD_KIND_UID : CARD_KIND_DESFIRE;
		return registry_card_issue(reg, &card, &id);
	}
	return there < 0 ? there
			 : registry_card_act(reg, card.id,
				   (enum registry_card_action)pick(REGISTRY_CARD_RETURN + 1),
				   "maya", "because", 0);
}

static int change_tier(void)
{
	static struct registry_tier tier;
	int error = registry_tier(reg, 1 + pick(5), &tier);

	if (error < 0)
		return error;
	if (pick(8) == 0)
		return registry_tier_remove(reg, tier.roster.tier, 0);
	tier.version = 0;
	tier.roster.flags = pick(TIER_FLAGS_ALL + 1);
	strcpy(tier.roster.hours, hours[pick(3)]);
	tier.roster.door_count = pick(2);
	strcpy(tier.roster.doors[0].door, "front");
	tier.roster.doors[0].own = pick(2);
	strcpy(tier.roster.doors[0].hours, tier.roster.doors[0].own ? hours[pick(3)] : "");
	return registry_tier_change(reg, &tier);
}

static int change_day(void)
{
	unsigned i = pick(ARRAY_SIZE(exceptions));
	struct calendar_exception row =
		bed_closure(BED_TODAY + (int32_t)pick(50), BED_TODAY + 50 + (int32_t)pick(9));
	int error;

	if (pick(3) == 0)
		return pick(2) ? registry_holiday_set(reg, BED_TODAY + (int32_t)pick(30), pick(2))
			       : registry_holiday_remove(reg, BED_TODAY + (int32_t)pick(30));
	if (exceptions[i] == 0)
		return registry_exception_add(reg, &row, &exceptions[i]);
	error = registry_exception_remove(reg, exceptions[i], 0);
	if (error == 0)
		exceptions[i] = 0;
	return error;
}

static int change_site(void)
{
	struct registry_site site;
	int error = registry_site(reg, &site);

	site.version = 0;
	site.roster.warn_s = 3600 * (1 + pick(5));
	site.roster.bound_s = 86400 * (1 + pick(5));
	site.roster.holidays = pick(2);
	return error < 0 ? error : registry_site_change(reg, &site);
}

static void change(void)
{
	uint64_t kept[ARRAY_SIZE(exceptions)], before[MEMBERS];
	unsigned what = pick(20);
	int error;

	memcpy(kept, exceptions, sizeof(kept));
	memcpy(before, members, sizeof(before));
	bed_begin(reg);
	if (what < 9)
		error = change_card();
	else if (what < 15)
		error = change_member();
	else if (what < 17)
		error = change_tier();
	else
		error = what < 19 ? change_day() : change_site();
	if (error == 0) {
		bed_commit(reg);
		return;
	}
	if (error != -EPERM && error != -EEXIST && error != -ENOENT && error != -ENOSPC &&
		error != -EINVAL)
		fail_msg("change %u: %d %s (seed %u)", what, error, registry_error(reg), seed);
	registry_abort(reg);
	memcpy(exceptions, kept, sizeof(kept));
	memcpy(members, before, sizeof(before));
}

/* ---- doors ---- */

static void start_door(unsigned i)
{
	char cache_name[20], kept_name[20];
	struct keeper_options options = {.site = "walker", .hash = crypto_hash256};
	bool damaged;

	snprintf(cache_name, sizeof(cache_name), "cache-%u.db", i);
	snprintf(kept_name, sizeof(kept_name), "kept-%u.db", i);
	options.cache_path = in_folder(cache_name);
	options.kept_path = in_folder(kept_name);
	assert_int_equal(cache_open(options.cache_path, &doors[i].cache, &damaged, err), 0);
	assert_int_equal(keeper_open(&options, &doors[i].keeper, &damaged, err), 0);
}

static void stop_door(unsigned i)
{
	doors[i].keeper = keeper_close(doors[i].keeper, 5000);
	doors[i].cache = cache_close(doors[i].cache);
}

static void fill_chunks(struct door *door, struct registry_view *view)
{
	bool last = false;

	for (uint32_t i = 0; !last; i++) {
		uint8_t *run = malloc(CHUNK);
		int size = registry_view_chunk(view, i, run, CHUNK, &last);

		if (size < 0)
			fail_msg("%s", registry_error(reg));
		assert_int_equal(keeper_roster_fill(door->keeper, run, (size_t)size), 0);
		assert_int_equal(keeper_bed_next(door->keeper).error, 0);
	}
}

static void follow(struct door *door, bool snapshot)
{
	struct keeper_roster roster = {.site = "walker"};
	struct registry_view *view;
	struct keeper_event event;
	struct cache_head head;

	assert_int_equal(cache_head(door->cache, &head), 0);
	roster.snapshot = snapshot || head.origin == CACHE_ORIGIN_EMPTY || pick(12) == 0;
	roster.from = head.revision;
	EXPECT(reg, registry_view_open(reg, roster.snapshot ? NULL : &roster.from, &view), 0);
	roster.to = registry_view_roster(view)->revision;
	memcpy(roster.digest, registry_view_roster(view)->digest, sizeof(roster.digest));
	assert_int_equal(keeper_roster_begin(door->keeper, &roster), 0);
	event = keeper_bed_next(door->keeper);
	if (event.error < 0)
		fail_msg("%s (seed %u)", event.message, seed);
	fill_chunks(door, view);
	registry_view_close(view);
	assert_int_equal(keeper_roster_commit(door->keeper), 0);
	event = keeper_bed_next(door->keeper);
	if (event.error < 0)
		fail_msg("%s (seed %u)", event.message, seed);
}

/* What the registry's own rows say of a card: true if a door shall know it. */
static bool wanted_card(unsigned n, struct roster_card *ret_card)
{
	struct token token = bed_token(n);
	struct registry_member m;
	struct registry_card c;

	if (registry_card_of_token(reg, &token, &c) != 1 ||
		(c.state == CARD_STATE_UNASSIGNED && !c.pending))
		return false;
	EXPECT(reg, registry_member(reg, c.member, &m), 0);
	*ret_card = (struct roster_card){
		.token = token,
		.key_id = c.key_id,
		.card = c.id,
		.member = m.id,
		.tier = m.tier,
		.state = c.pending ? CARD_STATE_UNASSIGNED : c.state,
		.member_state = m.state,
		.valid_from = m.valid_from,
		.valid_until = m.valid_until,
		.grace_until = m.grace_until,
		.release_ms = m.release_ms,
		.kind = c.kind,
	};
	return true;
}

static void compare_card(struct cache *cache, unsigned n)
{
	static struct roster_record a, b;
	static uint8_t first[ROSTER_RECORD_MAX], second[ROSTER_RECORD_MAX];
	struct token token = bed_token(n);
	bool wanted = wanted_card(n, &a.card);
	int size;

	if (cache_card(cache, &token, &b.card) != wanted)
		fail_msg("card %u is %sthere (seed %u)", n, wanted ? "not " : "", seed);
	if (!wanted)
		return;
	a.kind = b.kind = ROSTER_KIND_CARD;
	size = roster_record_encode(&a, first);
	assert_true(size > 0);
	assert_int_equal(roster_record_encode(&b, second), size);
	if (memcmp(first, second, (size_t)size) != 0)
		fail_msg("card %u differs (seed %u)", n, seed);
}

static void compare(struct door *door)
{
	uint8_t digest[ROSTER_DIGEST_SIZE];
	struct registry_roster roster;
	struct registry_site site;
	struct cache_head head;

	EXPECT(reg, registry_roster(reg, &roster), 0);
	EXPECT(reg, registry_site(reg, &site), 0);
	assert_int_equal(cache_head(door->cache, &head), 0);
	assert_int_equal(cache_digest(door->cache, crypto_hash256, digest), 0);
	assert_int_equal(revision_compare(&head.revision, &roster.revision), 0);
	assert_memory_equal(head.digest, roster.digest, sizeof(digest));
	assert_memory_equal(digest, roster.digest, sizeof(digest));
	assert_true(head.cards == roster.cards);
	assert_int_equal(head.warn_s, site.roster.warn_s);
	assert_int_equal(head.bound_s, site.roster.bound_s);
	assert_string_equal(head.timezone, "Europe/London");
	for (unsigned n = 0; n < CARDS; n++)
		compare_card(door->cache, n);
}

/* The newest change alone, given to a door that cannot take it whole. */
static unsigned block_newest(struct door *door)
{
	static struct roster_record r;
	static uint8_t run[CHUNK];
	struct registry_roster roster;
	struct registry_view *view;
	struct roster_card card;
	const uint8_t *record;
	size_t at = 0, record_size;
	struct revision from;
	unsigned count = 0;
	bool last;
	int size;

	EXPECT(reg, registry_roster(reg, &roster), 0);
	from = roster.revision;
	from.number--;
	EXPECT(reg, registry_view_open(reg, &from, &view), 0);
	size = registry_view_chunk(view, 0, run, sizeof(run), &last);
	assert_true(size >= 0 && last);
	registry_view_close(view);
	assert_int_equal(keeper_block(door->keeper, &roster.revision, run, (size_t)size), 0);
	assert_int_equal(keeper_bed_next(door->keeper).error, 0);
	while (roster_run_next(run, (size_t)size, &at, &record, &record_size) > 0) {
		assert_int_equal(roster_record_decode(record, record_size, &r), 0);
		if (r.kind != ROSTER_KIND_CARD ||
			(!r.gone && r.card.state == CARD_STATE_ACTIVE &&
				r.card.member_state == MEMBER_STATE_ACTIVE))
			continue;
		count++;
		if (cache_card(door->cache, &r.card.token, &card) != 0)
			assert_false(card.state == CARD_STATE_ACTIVE &&
				     card.member_state == MEMBER_STATE_ACTIVE);
	}
	return count;
}

static void doors_hold_what_the_registry_says(void **state)
{
	unsigned follows = 0, blocked = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned n = 1 + pick(round % 10 == 0 ? 40 : 4); n > 0; n--)
			change();
		for (unsigned i = 0; i < DOORS; i++) {
			if (pick(doors[i].lag) > 0) {
				if (round > 0)
					blocked += block_newest(&doors[i]);
				continue;
			}
			if (pick(10) == 0) {
				stop_door(i);
				start_door(i);
			}
			follow(&doors[i], false);
			compare(&doors[i]);
			follows++;
		}
	}
	for (unsigned i = 0; i < DOORS; i++) {
		follow(&doors[i], false);
		compare(&doors[i]);
	}
	print_message("# %u rosters taken, %u cards blocked ahead of theirs\n", follows, blocked);
	assert_true(follows > ROUNDS / 2 && blocked > 0);
}

static void restored_hub_is_followed_by_snapshot(void **state)
{
	struct registry_view *view = NULL;
	struct cache_head head;

	(void)state;
	for (unsigned n = 0; n < 50; n++)
		change();
	follow(&doors[0], false);
	assert_int_equal(cache_head(doors[0].cache, &head), 0);
	bed_begin(reg);
	EXPECT(reg, registry_raise_generation(reg, 2), 0);
	bed_commit(reg);
	EXPECT(reg, registry_view_open(reg, &head.revision, &view), -ESTALE);
	follow(&doors[0], true);
	compare(&doors[0]);
	assert_int_equal(cache_head(doors[0].cache, &head), 0);
	assert_int_equal(head.revision.generation, 2);
}

static int fresh_site(void **state)
{
	fresh_folder(state);
	memset(members, 0, sizeof(members));
	memset(exceptions, 0, sizeof(exceptions));
	reg = bed_open("hub.db");
	bed_begin(reg);
	for (unsigned i = 0; i < 5; i++) {
		char name[20];

		snprintf(name, sizeof(name), "tier %u", i);
		bed_tier(reg, name, hours[i % 3]);
	}
	EXPECT(reg, registry_door_add(reg, "front", "Front door"), 0);
	bed_commit(reg);
	for (unsigned i = 0; i < DOORS; i++) {
		start_door(i);
		doors[i].lag = 1 + i * 4;
	}
	return 0;
}

static int no_site(void **state)
{
	for (unsigned i = 0; i < DOORS; i++)
		stop_door(i);
	reg = registry_close(reg);
	return no_folder(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			doors_hold_what_the_registry_says, fresh_site, no_site),
		cmocka_unit_test_setup_teardown(
			restored_hub_is_followed_by_snapshot, fresh_site, no_site),
	};

	seed = getenv("SEED") ? (unsigned)strtoul(getenv("SEED"), NULL, 10)
			      : (unsigned)(clock_mono_us() & 0xffffff);
	printf("# SEED=%u\n", seed);
	fflush(stdout);
	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
