/* SPDX-License-Identifier: Apache-2.0 */
/* When the roll call is sealed and sent, and what of it can be opened. Who is inside is said here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "hub_bed.h"

static struct seal_pair pair;
static size_t inside; /* so many people */
static int fails;

int hub_rollcall_list(struct hub *h, struct rollcall *ret_list)
{
	struct rollcall list = {.site = "walker",
		.title = "Walker Building",
		.timezone = "Europe/London",
		.sure = (uint32_t)inside,
		.people_count = inside};

	(void)h;
	if (fails < 0)
		return fails;
	list.people = calloc(inside + 1, sizeof(*list.people));
	assert_non_null(list.people);
	for (size_t i = 0; i < inside; i++)
		snprintf(list.people[i].name, sizeof(list.people[i].name), "Member %06zu", i);
	*ret_list = list;
	return 0;
}

static void set_wardens(const uint8_t *public)
{
	begin();
	done(registry_wardens_set(hub.registry, public, "maya"));
	commit();
	hub_rollcall_changed(&hub);
}

/* Lets the loop turn for so long. */
static void pass(uint64_t ms)
{
	uint64_t end_ms = clock_mono_ms() + ms, now_ms;

	while ((now_ms = clock_mono_ms()) < end_ms)
		sd_event_run(hub.event, (end_ms - now_ms) * 1000);
}

static void until_sent(size_t count, uint64_t most_ms)
{
	uint64_t end_ms = clock_mono_ms() + most_ms;

	while (count_sent("rollcall") < count && clock_mono_ms() < end_ms)
		sd_event_run(hub.event, 20000);
	if (count_sent("rollcall") < count)
		fail_msg("%zu messages, expected %zu", count_sent("rollcall"), count);
}

/* Joins the messages from the n-th on into a list; how many it took. */
static size_t open_sent(size_t n, struct rollcall *ret_list)
{
	struct rollcall_join join = {0};
	char err[ERR_MAX] = "";
	size_t count = 0;
	int r = 0;

	while (r == 0) {
		const struct sent *at = find_sent("rollcall", n + count++);
		struct rollcall_part part;

		assert_non_null(at);
		assert_false(at->retain);
		assert_int_equal(rollcall_part_read(at->body, strlen(at->body), &part, err), 0);
		r = rollcall_join(&join, &part);
		rollcall_part_free(&part);
	}
	assert_int_equal(r, 1);
	if (rollcall_open(&join.of, &pair, ret_list, err) < 0)
		fail_msg("%s", err);
	rollcall_sealed_free(&join.of);
	return count;
}

static void check_open(size_t n, size_t people)
{
	struct rollcall list;

	open_sent(n, &list);
	assert_int_equal(list.people_count, people);
	assert_in_range(list.as_of_us, clock_wall_us() - 20000000, clock_wall_us());
	rollcall_free(&list);
}

static void site_without_wardens_has_no_roll_call(void **state)
{
	uint8_t id[ROLLCALL_ID_SIZE], none[ROLLCALL_ID_SIZE] = {0};

	(void)state;
	hub_rollcall_connected(&hub);
	pass(200);
	assert_int_equal(count_sent("rollcall"), 0);
	hub_rollcall_id(&hub, id);
	assert_memory_equal(id, none, sizeof(id));
	assert_int_equal(hub_rollcall_as_of(&hub), 0);
}

static void change_is_sealed_at_most_once_a_second(void **state)
{
	(void)state;
	inside = 3;
	set_wardens(pair.public);
	until_sent(1, 3000);
	check_open(0, 3);
	/* many changes within the second are one list, and what changed nothing is none */
	uint64_t began_ms = clock_mono_ms();

	for (int i = 0; i < 20; i++) {
		inside++;
		hub_rollcall_changed(&hub);
		pass(10);
	}
	assert_int_equal(count_sent("rollcall"), 1);
	until_sent(2, 5000);
	assert_in_range(clock_mono_ms() - began_ms, 700, 5000);
	check_open(1, 23);
	hub_rollcall_changed(&hub);
	pass(1200);
	assert_int_equal(count_sent("rollcall"), 2);
}

static void head_names_the_newest(void **state)
{
	uint8_t id[ROLLCALL_ID_SIZE];
	struct rollcall_part part;
	const struct sent *head;
	struct sync_head got;
	char err[ERR_MAX];

	(void)state;
	set_wardens(pair.public);
	until_sent(1, 3000);
	hub_sync_connected(&hub);
	head = find_sent("roster/head", 0);
	assert_non_null(head);
	assert_int_equal(sync_head_read(head->body, strlen(head->body), &got, err), 0);
	hub_rollcall_id(&hub, id);
	assert_memory_equal(got.rollcall, id, sizeof(id));
	const struct sent *sent_part = find_sent("rollcall", 0);

	assert_int_equal(
		rollcall_part_read(sent_part->body, strlen(sent_part->body), &part, err), 0);
	assert_memory_equal(part.of.id, id, sizeof(id));
	assert_int_equal(part.of.as_of_us, hub_rollcall_as_of(&hub));
	rollcall_part_free(&part);
}

static void ask(void)
{
	struct sync_ask a = {
		.site = "walker", .door = "front", .want = SYNC_WANT_ROLLCALL, .program = "test"};
	char *body;

	assert_int_equal(sync_ask_write(&a, &body), 0);
	deliver_signed("front", "ask", body, &door_key);
}

static void asked_list_goes_to_all_once_for_all_that_ask(void **state)
{
	(void)state;
	set_wardens(pair.public);
	until_sent(1, 3000);
	for (int i = 0; i < 10; i++)
		ask();
	assert_int_equal(refusals, 0);
	until_sent(2, 3000);
	pass(1200);
	assert_int_equal(count_sent("rollcall"), 2);
	assert_string_equal(find_sent("rollcall", 0)->body, find_sent("rollcall", 1)->body);
	assert_int_equal(count_sent("door/front/roster"), 0);
}

static void what_a_lost_connection_cut_off_is_sent_when_asked(void **state)
{
	(void)state;
	set_wardens(pair.public);
	connected = false;
	pass(200);
	assert_int_equal(count_sent("rollcall"), 0);
	connected = true;
	hub_rollcall_connected(&hub);
	until_sent(1, 3000);
}

static void removed_wardens_end_it(void **state)
{
	uint8_t id[ROLLCALL_ID_SIZE], none[ROLLCALL_ID_SIZE] = {0};
	char err[ERR_MAX];
	struct sync_head head;

	(void)state;
	set_wardens(pair.public);
	until_sent(1, 3000);
	set_wardens(NULL);
	pass(1200);
	hub_rollcall_id(&hub, id);
	assert_memory_equal(id, none, sizeof(id));
	assert_int_equal(count_sent("rollcall"), 1);
	hub_sync_connected(&hub);
	const struct sent *told = find_sent("roster/head", 0);

	assert_non_null(told);
	assert_int_equal(sync_head_read(told->body, strlen(told->body), &head, err), 0);
	assert_true(head.rollcall_ended);
	assert_int_equal(head.unknown_hours, 24);
}

static void failure_keeps_the_one_from_before(void **state)
{
	uint8_t before[ROLLCALL_ID_SIZE], id[ROLLCALL_ID_SIZE];

	(void)state;
	set_wardens(pair.public);
	until_sent(1, 3000);
	hub_rollcall_id(&hub, before);
	fails = -EIO;
	hub_rollcall_changed(&hub);
	pass(1200);
	hub_rollcall_id(&hub, id);
	assert_memory_equal(id, before, sizeof(id));
	fails = 0;
	inside++;
	hub_rollcall_changed(&hub);
	until_sent(2, 3000);
}

static void eleven_thousand_people_travel_in_parts(void **state)
{
	uint64_t began_ms = clock_mono_ms(), sent_ms;
	struct rollcall list;
	size_t parts;

	(void)state;
	inside = 11000;
	set_wardens(pair.public);
	until_sent(1, 10000);
	sent_ms = clock_mono_ms();
	pass(1000);
	parts = open_sent(0, &list);
	assert_int_equal(list.people_count, 11000);
	rollcall_free(&list);
	print_message("# %zu parts within %llu ms\n", parts,
		(unsigned long long)(clock_mono_ms() - began_ms));
	assert_int_equal(count_sent("rollcall"), parts);
	/* the next one leaves the broker time */
	inside++;
	hub_rollcall_changed(&hub);
	pass(500);
	if (clock_mono_ms() - sent_ms < (parts - 1) * 1000 / 4) /* not on a machine this slow */
		assert_int_equal(count_sent("rollcall"), parts);
}

static int set_up_rollcall(void **state)
{
	char err[ERR_MAX];
	int r = set_up(state);

	inside = 1;
	fails = 0;
	seal_pair_make(&pair);
	return r == 0 ? hub_rollcall_start(&hub, err) : r;
}

static int tear_down_rollcall(void **state)
{
	hub_rollcall_stop(&hub);
	return tear_down(state);
}

#define R(name) cmocka_unit_test_setup_teardown(name, set_up_rollcall, tear_down_rollcall)

int main(void)
{
	const struct CMUnitTest tests[] = {
		R(site_without_wardens_has_no_roll_call),
		R(change_is_sealed_at_most_once_a_second),
		R(head_names_the_newest),
		R(asked_list_goes_to_all_once_for_all_that_ask),
		R(what_a_lost_connection_cut_off_is_sent_when_asked),
		R(removed_wardens_end_it),
		R(failure_keeps_the_one_from_before),
		R(eleven_thousand_people_travel_in_parts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
