/* SPDX-License-Identifier: Apache-2.0 */
/* What a warden reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/rollcall.h"

#define AS_OF_US 1795339801000000 /* 2026-11-22 09:30:01 in London */

static struct rollcall_person people[] = {
	{"Ada Example", "front", AS_OF_US - 60000000LL, true},
	{"Zo\xC3\xAB", "", AS_OF_US - 86400000000LL, false},
};
static struct rollcall_event events[] = {{"Pottery", 34}};
static char *text;

static struct rollcall good_list(void)
{
	return (struct rollcall){.site = "walker",
		.title = "Walker Building",
		.timezone = "Europe/London",
		.as_of_us = AS_OF_US,
		.sure = 1,
		.likely = 1,
		.people_count = 2,
		.people = people,
		.event_count = 1,
		.events = events};
}

static void print(const struct rollcall *list, int64_t age_s)
{
	size_t size;
	FILE *out;

	free(text);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	rollcall_print(out, list, list->as_of_us + age_s * 1000000);
	fclose(out);
}

static void expect(const char *line)
{
	if (!strstr(text, line))
		fail_msg("\"%s\" is missing in\n%s", line, text);
}

static void says_when_how_many_how_sure_and_what_it_is_not(void **state)
{
	struct rollcall list = good_list();

	(void)state;
	print(&list, 125);
	expect("ROLL CALL of Walker Building (walker)\n");
	expect("as of Sunday 22 November 2026 09:30:01 GMT, 2 minutes ago\n");
	expect("At least 2 people are inside: 1 sure, 1 likely.\n");
	expect("[ ] since Sun 09:29 sure    front      Ada Example\n");
	expect("[ ] since Sat 09:30 likely             Zo\xC3\xAB\n");
	expect("[ ] 34 at Pottery\n");
	expect("an aid and no proof that the building is empty");
	assert_null(strstr(text, "OLD"));
}

static void old_list_says_so(void **state)
{
	static const struct {
		int64_t age_s;
		const char *says;
	} ages[] = {
		{ROLLCALL_OLD_S - 1, "10 minutes ago"},
		{ROLLCALL_OLD_S, "OLD: this list is 11 minutes old"},
		{3 * 3600 + 61, "OLD: this list is 3 hours 1 minute old"},
		{49 * 3600, "OLD: this list is 2 days 1 hour old"},
		{0, ", 0 seconds ago"},
		{-30, ", 0 seconds ago"},
		{-61, "THE CLOCKS DIFFER"},
	};
	struct rollcall list = good_list();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ages); i++) {
		print(&list, ages[i].age_s);
		expect(ages[i].says);
		assert_int_equal(
			strstr(text, "OLD:") != NULL, strncmp(ages[i].says, "OLD:", 4) == 0);
	}
}

static void list_without_room_counts_the_rest(void **state)
{
	struct rollcall list = good_list();

	(void)state;
	list.sure = 5;
	print(&list, 0);
	expect("At least 6 people are inside: 5 sure, 1 likely.\n");
	expect("and 4 more, for whom the list has no room\n");
}

static void empty_list_promises_nothing(void **state)
{
	struct rollcall list = good_list();

	(void)state;
	list.sure = list.likely = 0;
	list.people_count = list.event_count = 0;
	strcpy(list.title, "");
	print(&list, 0);
	expect("ROLL CALL of walker (walker)\n");
	expect("At least 0 people are inside: 0 sure, 0 likely.\n");
	expect("no proof that the building is empty");
	assert_null(strstr(text, "Events"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_when_how_many_how_sure_and_what_it_is_not),
		cmocka_unit_test(old_list_says_so),
		cmocka_unit_test(list_without_room_counts_the_rest),
		cmocka_unit_test(empty_list_promises_nothing),
	};
	int r;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	free(text);
	return r;
}
