/* SPDX-License-Identifier: Apache-2.0 */
/* Site, tiers and events of the registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"
#include "store/cache.h"

static struct registry *reg;

static int filled(void **state)
{
	fresh_folder(state);
	reg = bed_open("hub.db");
	bed_begin(reg);
	bed_door(reg, "front", false);
	bed_door(reg, "back", false);
	return 0;
}

static int emptied(void **state)
{
	reg = registry_close(reg);
	return no_folder(state);
}

#define FILLED(name) cmocka_unit_test_setup_teardown(name, filled, emptied)

/* How many records of a kind the doors hold. */
static int64_t told(int kind)
{
	char sql[160];
	int64_t count = -1;

	snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM roster WHERE key >= x'%02x' AND key < x'%02x' "
		"AND record IS NOT NULL",
		kind, kind + 1);
	assert_int_equal(db_number(reg->db, sql, &count), 0);
	return count;
}

/* ---- site ---- */

static void site_is_changed_within_its_bounds(void **state)
{
	struct registry_site s, got;

	(void)state;
	EXPECT(reg, registry_site(reg, &s), 0);
	assert_string_equal(s.site, "walker");
	assert_string_equal(s.roster.timezone, "Europe/London");
	assert_int_equal(s.roster.holidays, CALENDAR_HOLIDAYS_ENGLAND);
	assert_false(s.lockdown);
	snprintf(s.title, sizeof(s.title), "Walker Building");
	s.roster.holidays = CALENDAR_HOLIDAYS_NONE;
	s.roster.warn_s = 60;
	s.roster.bound_s = 3600;
	snprintf(s.roster.timezone, sizeof(s.roster.timezone), "Europe/Berlin");
	EXPECT(reg, registry_site_change(reg, &s), 0);
	EXPECT(reg, registry_site_change(reg, &s), -ESTALE);
	EXPECT(reg, registry_site(reg, &got), 0);
	assert_string_equal(got.title, "Walker Building");
	assert_string_equal(got.roster.timezone, "Europe/London"); /* never changes */
	assert_int_equal(got.roster.warn_s, 60);
	assert_int_equal(got.roster.bound_s, 3600);
	assert_int_equal(got.version, 2);
	s.version = 0;
	s.roster.bound_s = 3599;
	EXPECT(reg, registry_site_change(reg, &s), -EINVAL);
	said(reg, "bound_s");
	s.roster.bound_s = 90 * 86400 + 1;
	EXPECT(reg, registry_site_change(reg, &s), -EINVAL);
	s.roster.bound_s = 3600;
	s.roster.warn_s = 3601;
	EXPECT(reg, registry_site_change(reg, &s), -EINVAL);
	said(reg, "warn_s");
	s.roster.bound_s = 0;
	EXPECT(reg, registry_site_change(reg, &s), 0);
	s.roster.holidays = 2;
	EXPECT(reg, registry_site_change(reg, &s), -EINVAL);
	s.roster.holidays = 0;
	s.title[0] = '\0';
	EXPECT(reg, registry_site_change(reg, &s), -EINVAL);
}

static void lockdown_is_a_state_with_a_count_of_its_own(void **state)
{
	uint64_t before = bed_commit(reg);
	struct registry_site s;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_site(reg, &s), 0);
	assert_int_equal(s.state_revision.generation, 1);
	assert_int_equal(s.state_revision.number, 1);
	EXPECT(reg, registry_site_lockdown(reg, true, "maya"), 0);
	EXPECT(reg, registry_site_lockdown(reg, true, ""), -EINVAL);
	EXPECT(reg, registry_site(reg, &s), 0);
	assert_true(s.lockdown);
	assert_int_equal(s.state_revision.number, 2);
	assert_string_equal(s.state_actor, "maya");
	assert_int_equal(s.state_us, BED_START_US);
	assert_int_equal(bed_commit(reg), before); /* no roster */
	EXPECT(reg, registry_raise_generation(reg, 3), 0);
	EXPECT(reg, registry_site(reg, &s), 0);
	assert_int_equal(s.state_revision.generation, 3);
	assert_int_equal(s.state_revision.number, 2);
}

/* ---- tiers ---- */

static struct registry_tier tier;

static struct registry_tier *blank_tier(const char *name, const char *hours)
{
	memset(&tier, 0, sizeof(tier));
	snprintf(tier.name, sizeof(tier.name), "%s", name);
	snprintf(tier.roster.hours, sizeof(tier.roster.hours), "%s", hours);
	return &tier;
}

static void give_door(const char *door, const char *hours)
{
	struct roster_tier_door *d = &tier.roster.doors[tier.roster.door_count++];

	memset(d, 0, sizeof(*d));
	snprintf(d->door, sizeof(d->door), "%s", door);
	d->own = hours != NULL;
	snprintf(d->hours, sizeof(d->hours), "%s", hours ? hours : "");
}

static void tier_is_read_back_with_its_doors(void **state)
{
	static struct registry_tier got;
	uint32_t id;

	(void)state;
	blank_tier("Hot desk", "Mo-Fr 09:00-17:00")->roster.flags = TIER_FLAG_EVENTS_FREE;
	give_door("front", NULL);
	give_door("back", "Sa 10:00-12:00");
	EXPECT(reg, registry_tier_add(reg, &tier, &id), 0);
	EXPECT(reg, registry_tier(reg, id, &got), 0);
	assert_int_equal(got.roster.tier, id);
	assert_string_equal(got.name, "Hot desk");
	assert_int_equal(got.roster.flags, TIER_FLAG_EVENTS_FREE);
	assert_string_equal(got.roster.hours, "Mo-Fr 09:00-17:00");
	assert_int_equal(got.roster.door_count, 2);
	assert_string_equal(got.roster.doors[0].door, "back");
	assert_true(got.roster.doors[0].own);
	assert_string_equal(got.roster.doors[0].hours, "Sa 10:00-12:00");
	assert_false(got.roster.doors[1].own);
	assert_int_equal(told(ROSTER_KIND_TIER), 1);
	EXPECT(reg, registry_tier(reg, id + 1, &got), -ENOENT);
	got.roster.door_count = 1;
	got.version = 9;
	EXPECT(reg, registry_tier_change(reg, &got), -ESTALE);
	got.version = 1;
	EXPECT(reg, registry_tier_change(reg, &got), 0);
	EXPECT(reg, registry_tier(reg, id, &got), 0);
	assert_int_equal(got.roster.door_count, 1);
	assert_int_equal(got.version, 2);
}

static void refuse_tier(const char *text, int error)
{
	EXPECT(reg, registry_tier_add(reg, &tier, NULL), error);
	said(reg, text);
}

static void tier_that_cannot_be_is_refused(void **state)
{
	(void)state;
	blank_tier("", "24/7");
	refuse_tier("name", -EINVAL);
	blank_tier("T", "Mo-Fr 09:00-sunset");
	refuse_tier("character 13, at \"sunset\"", -EINVAL);
	blank_tier("T", "Mo-Fr 09:00-");
	refuse_tier("character 13, at the end", -EINVAL);
	blank_tier("T", "Mo off \"é\" ä");
	refuse_tier("character 12, at \"ä\"", -EINVAL);
	blank_tier("T", "");
	refuse_tier("hours", -EINVAL);
	blank_tier("T", "24/7")->roster.flags = TIER_FLAGS_ALL + 1;
	refuse_tier("flag", -EINVAL);
	blank_tier("T", "24/7");
	give_door("side", NULL);
	refuse_tier("no door \"side\"", -EINVAL);
	blank_tier("T", "24/7");
	give_door("", NULL);
	refuse_tier("name", -EINVAL);
	blank_tier("T", "24/7");
	give_door("front", "Xx");
	refuse_tier("the hours at door front", -EINVAL);
	blank_tier("T", "24/7");
	give_door("front", NULL);
	give_door("front", NULL);
	refuse_tier("twice", -EINVAL);
	blank_tier("T", "24/7")->roster.door_count = ROSTER_TIER_DOORS_MAX + 1;
	refuse_tier("64 doors", -EINVAL);
	bed_tier(reg, "T", "24/7");
	blank_tier("T", "24/7");
	refuse_tier("already", -EEXIST);
	assert_int_equal(told(ROSTER_KIND_TIER), 1);
	bed_commit(reg);
}

static void tier_with_members_stays(void **state)
{
	uint32_t id = bed_tier(reg, "Full", "24/7");
	struct registry_member m;
	uint64_t member = bed_member(reg, "Ada", id);

	(void)state;
	EXPECT(reg, registry_tier_remove(reg, id, 0), -EPERM);
	said(reg, "1 members");
	EXPECT(reg, registry_member(reg, member, &m), 0);
	m.tier = bed_tier(reg, "Part", "24/7");
	EXPECT(reg, registry_member_change(reg, &m), 0);
	EXPECT(reg, registry_tier_remove(reg, id, 5), -ESTALE);
	EXPECT(reg, registry_tier_remove(reg, id, 1), 0);
	EXPECT(reg, registry_tier_remove(reg, id, 0), -ENOENT);
	assert_int_equal(told(ROSTER_KIND_TIER), 1);
	assert_int_equal(bed_tier(reg, "New", "24/7"), id + 2); /* a number is never used again */
}

static void there_are_no_more_tiers_than_a_door_holds(void **state)
{
	static struct registry_tier rows[3];
	char name[20];

	(void)state;
	for (int i = 0; i < CACHE_TIERS_MAX; i++) {
		snprintf(name, sizeof(name), "tier %d", i);
		bed_tier(reg, name, "24/7");
	}
	blank_tier("one more", "24/7");
	refuse_tier("256", -ENOSPC);
	assert_int_equal(registry_tiers(reg, 0, rows, 3), 3);
	assert_int_equal(rows[0].roster.tier, 1);
	assert_int_equal(registry_tiers(reg, 254, rows, 3), 2);
	assert_string_equal(rows[1].name, "tier 255");
}

static void door_that_is_named_is_in_use(void **state)
{
	struct calendar_exception row = bed_closure(BED_TODAY, BED_TODAY);
	struct registry_event event = {
		.title = "Talk", .door = "back", .doors_from_us = 5, .doors_until_us = 6};
	uint32_t id;
	uint64_t other;

	(void)state;
	EXPECT(reg, registry_door_unused(reg, "front"), 0);
	blank_tier("T", "24/7");
	give_door("front", NULL);
	EXPECT(reg, registry_tier_add(reg, &tier, &id), 0);
	EXPECT(reg, registry_door_unused(reg, "front"), -EPERM);
	said(reg, "tier 1");
	EXPECT(reg, registry_tier_remove(reg, id, 0), 0);
	EXPECT(reg, registry_door_unused(reg, "front"), 0);
	snprintf(row.door, sizeof(row.door), "front");
	EXPECT(reg, registry_exception_add(reg, &row, &other), 0);
	EXPECT(reg, registry_door_unused(reg, "front"), -EPERM);
	said(reg, "closure");
	EXPECT(reg, registry_event_add(reg, &event, &other), 0);
	EXPECT(reg, registry_door_unused(reg, "back"), -EPERM);
	said(reg, "event 1");
}

/* ---- events ---- */

static void event_is_read_back_changed_and_removed(void **state)
{
	struct registry_event e = {
		.title = "Open evening",
		.door = "front",
		.doors_from_us = BED_START_US,
		.doors_until_us = BED_START_US + 3600000000,
		.capacity = 80,
		.note = "catering at six",
	};
	struct registry_event got, rows[3];
	uint64_t id;

	(void)state;
	EXPECT(reg, registry_event_add(reg, &e, &id), 0);
	EXPECT(reg, registry_event(reg, id, &got), 0);
	assert_string_equal(got.title, e.title);
	assert_string_equal(got.door, "front");
	assert_int_equal(got.doors_from_us, e.doors_from_us);
	assert_int_equal(got.doors_until_us, e.doors_until_us);
	assert_int_equal(got.capacity, 80);
	assert_string_equal(got.note, e.note);
	assert_int_equal(registry_events(reg, 0, 0, rows, 3), 1);
	assert_int_equal(registry_events(reg, 0, e.doors_until_us, rows, 3), 0);
	assert_int_equal(registry_events(reg, id, 0, rows, 3), 0);
	got.door[0] = '\0';
	got.doors_from_us = got.doors_until_us = 0;
	EXPECT(reg, registry_event_change(reg, &got), 0);
	EXPECT(reg, registry_event_change(reg, &got), -ESTALE);
	EXPECT(reg, registry_event_remove(reg, id, 1), -ESTALE);
	EXPECT(reg, registry_event_remove(reg, id, 2), 0);
	EXPECT(reg, registry_event_remove(reg, id, 0), -ENOENT);
	e.doors_until_us = e.doors_from_us;
	EXPECT(reg, registry_event_add(reg, &e, NULL), -EINVAL);
	said(reg, "closes before");
	e.doors_until_us++;
	snprintf(e.door, sizeof(e.door), "side");
	EXPECT(reg, registry_event_add(reg, &e, NULL), -EINVAL);
	e.door[0] = '\0';
	e.title[0] = '\0';
	EXPECT(reg, registry_event_add(reg, &e, NULL), -EINVAL);
	bed_commit(reg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILLED(site_is_changed_within_its_bounds),
		FILLED(lockdown_is_a_state_with_a_count_of_its_own),
		FILLED(tier_is_read_back_with_its_doors),
		FILLED(tier_that_cannot_be_is_refused),
		FILLED(tier_with_members_stays),
		FILLED(there_are_no_more_tiers_than_a_door_holds),
		FILLED(door_that_is_named_is_in_use),
		FILLED(event_is_read_back_changed_and_removed),
	};

	setenv("TZ", "Europe/London", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
