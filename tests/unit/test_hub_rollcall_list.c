/* SPDX-License-Identifier: Apache-2.0 */
/* The list of who is inside, as the registry has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "hub_bed.h"
#include "store/registry_days.h"

static uint64_t add_named(const char *name, uint32_t tier)
{
	struct registry_member member = {.state = MEMBER_STATE_ACTIVE,
		.tier = tier,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE};
	uint64_t id;

	strcpy(member.name, name);
	done(registry_member_add(hub.registry, &member, &id));
	return id;
}

static void said(uint64_t member, bool inside)
{
	const struct registry_person person = {.member = member};

	done(registry_presence_correct(hub.registry, &person, inside, 0, "maya", "seen"));
}

static uint64_t add_event(const char *title, int64_t from_s, int64_t until_s)
{
	struct registry_event event = {.doors_from_us = clock_wall_us() + from_s * 1000000,
		.doors_until_us = clock_wall_us() + until_s * 1000000};
	uint64_t id;

	strcpy(event.title, title);
	strcpy(event.door, "front");
	event.starts_us = event.doors_from_us;
	event.ends_us = event.doors_until_us;
	done(registry_event_add(hub.registry, &event, &id));
	return id;
}

static void walk_in(uint64_t event, const char *name)
{
	struct registry_event_guest guest = {.event = event, .how = REGISTRY_ARRIVAL_WALK_IN};
	uint64_t id;

	strcpy(guest.name, name);
	strcpy(guest.by, "maya");
	done(registry_event_guest_add(hub.registry, &guest, false, &id));
}

static struct rollcall list_now(void)
{
	struct rollcall list;
	char *text;

	done(hub_rollcall_list(&hub, &list));
	assert_int_equal(rollcall_write(&list, &text), 0);
	free(text);
	return list;
}

static void empty_house(void **state)
{
	struct rollcall list = list_now();

	(void)state;
	assert_string_equal(list.site, "walker");
	assert_string_equal(list.timezone, "Europe/London");
	assert_int_equal(list.people_count + list.event_count + list.sure + list.likely, 0);
	rollcall_free(&list);
}

static void people_stand_by_name_and_are_counted(void **state)
{
	static const char *const names[] = {"zoe", "Ada", "bob", "Zo\xC3\xAB", "ada"};
	uint32_t tier = add_tier();
	struct rollcall list;
	uint64_t id = 0;

	(void)state;
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		id = add_named(names[i], tier);
		said(id, true);
	}
	add_named("Absent", tier);
	commit();
	list = list_now();
	assert_int_equal(list.people_count, 5);
	assert_int_equal(list.sure + list.likely, 5);
	assert_string_equal(list.people[0].name, "Ada");
	assert_string_equal(list.people[1].name, "ada");
	assert_string_equal(list.people[2].name, "bob");
	assert_in_range(list.people[0].since_us, clock_wall_us() - 60000000, clock_wall_us());
	rollcall_free(&list);
	begin();
	said(id, false);
	commit();
	list = list_now();
	assert_int_equal(list.people_count, 4);
	rollcall_free(&list);
}

static void events_that_go_on_have_their_headcount(void **state)
{
	struct rollcall list;
	uint64_t now;

	(void)state;
	begin();
	for (int i = 0; i < 20; i++)
		add_event("Later", 3600, 7200);
	now = add_event("Pottery", -3600, 3600);
	walk_in(now, "Somebody");
	walk_in(now, "Somebody else");
	commit();
	list = list_now();
	assert_int_equal(list.event_count, 1);
	assert_string_equal(list.events[0].title, "Pottery");
	assert_int_equal(list.events[0].headcount, 2);
	/* who is known by name alone is called out, too */
	assert_int_equal(list.people_count, 2);
	assert_int_equal(list.likely, 2);
	assert_string_equal(list.people[0].name, "Somebody");
	assert_string_equal(list.people[1].name, "Somebody else");
	assert_string_equal(list.people[0].zone, "Pottery");
	rollcall_free(&list);
}

/* Without a door, and outside of its time. */
static void event_to_come_is_not_called(void **state)
{
	struct registry_event event = {.title = "Next week",
		.starts_us = clock_wall_us() + 3600 * 1000000LL,
		.ends_us = clock_wall_us() + 7200 * 1000000LL,
		.before_minutes = 30};
	struct rollcall list;
	uint64_t id;

	(void)state;
	begin();
	done(registry_event_add(hub.registry, &event, &id));
	commit();
	list = list_now();
	assert_int_equal(list.event_count, 0);
	rollcall_free(&list);
	event.id = id;
	event.before_minutes = 90;
	event.headcount = 40;
	begin();
	walk_in(id, "Early");
	done(registry_event_change(hub.registry, &event));
	commit();
	list = list_now();
	assert_int_equal(list.event_count, 1);
	assert_int_equal(list.events[0].headcount, 40); /* heads that a host counted */
	assert_int_equal(list.people_count, 1);
	rollcall_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(empty_house),
		T(people_stand_by_name_and_are_counted),
		T(events_that_go_on_have_their_headcount),
		T(event_to_come_is_not_called),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
