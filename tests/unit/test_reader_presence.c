/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "reader/presence.h"

#define MISSES 3

/* A letter is a card, '.' an empty select, '?' a reader that did not answer. */
static struct presence_change look(struct presence *p, char what)
{
	struct uid uid = {.len = 4, .bytes = {(uint8_t)what, 1, 2, 3}};

	if (what == '.')
		return presence_nobody(p);
	if (what != '?')
		return presence_card(p, &uid);
	presence_unknown(p);
	return (struct presence_change){0};
}

/* Writes what happened at each select: +A arrived, -A removed, and checks the handles. */
static const char *story(const char *selects, char out[128])
{
	char owner[128] = "";
	struct presence p;
	size_t n = 0;

	presence_init(&p, MISSES);
	for (const char *s = selects; *s; s++) {
		struct presence_change change = look(&p, *s);

		if (change.removed) {
			out[n++] = '-';
			out[n++] = owner[change.removed];
		}
		if (change.arrived) {
			assert_int_equal(owner[change.arrived], 0); /* handles are new */
			owner[change.arrived] = *s;
			out[n++] = '+';
			out[n++] = *s;
		}
	}
	out[n] = '\0';
	return out;
}

#define STORY(selects, expected)                                     \
	do {                                                         \
		char out_[128];                                      \
		assert_string_equal(story(selects, out_), expected); \
	} while (0)

static void empty_field_tells_nothing(void **state)
{
	(void)state;
	STORY("....", "");
}

static void held_card_counts_once(void **state)
{
	(void)state;
	STORY("AAAAAAAAAA", "+A");
}

static void card_is_removed_at_exactly_the_third_miss(void **state)
{
	(void)state;
	STORY("A..", "+A");
	STORY("A...", "+A-A");
	STORY("A.......", "+A-A");
}

static void flicker_at_the_edge_of_the_field_is_one_presentation(void **state)
{
	(void)state;
	STORY("A..A..A.A..A", "+A");
}

static void card_that_left_counts_again(void **state)
{
	(void)state;
	STORY("A...A...A", "+A-A+A-A+A");
}

static void second_card_waits_until_the_first_is_gone(void **state)
{
	(void)state;
	STORY("AABB", "+A");
	STORY("AABBB", "+A-A+B");
	STORY("AA..B", "+A-A+B");
}

static void two_cards_in_turn_never_repeat(void **state)
{
	(void)state;
	STORY("ABABABABABABAB", "+A");
	STORY("AABBAABBAABB", "+A");
	STORY("AAABBBAAABBBAAABBB", "+A-A+B-B");
	STORY("ABBBAAABBBAAA...", "+A-A+B-B");
}

static void card_counts_again_only_after_an_empty_field(void **state)
{
	(void)state;
	STORY("ABBBAAA...A", "+A-A+B-B+A");
	STORY("ABBB..AAA", "+A-A+B-B"); /* two empty selects are not enough */
}

static void phone_with_ever_new_numbers_is_heard_four_times(void **state)
{
	(void)state;
	STORY("AbcDefGhiJklMnoPqr", "+A-A+D-D+G-G+J-J");
	STORY("AbcDefGhiJklMno...Z", "+A-A+D-D+G-G+J-J+Z");
}

static void reader_fault_neither_removes_nor_repeats(void **state)
{
	(void)state;
	STORY("A??????A", "+A");
	STORY("A..?..A", "+A"); /* misses before a fault do not count after it */
	STORY("A?...A", "+A-A+A");
}

static void bytes_reach_only_the_card_of_the_last_select(void **state)
{
	struct presence p;
	uint32_t a, b;

	(void)state;
	presence_init(&p, MISSES);
	assert_false(presence_reaches(&p, 0));
	a = look(&p, 'A').arrived;
	assert_true(presence_reaches(&p, a));
	assert_false(presence_reaches(&p, a + 1));
	look(&p, 'B'); /* the chip holds B now */
	assert_false(presence_reaches(&p, a));
	look(&p, 'A');
	assert_true(presence_reaches(&p, a));
	look(&p, '.');
	assert_false(presence_reaches(&p, a));
	look(&p, 'A');
	look(&p, '?');
	assert_false(presence_reaches(&p, a));
	look(&p, 'B');
	look(&p, 'B');
	b = look(&p, 'B').arrived;
	assert_true(b && b != a);
	assert_true(presence_reaches(&p, b));
	assert_false(presence_reaches(&p, a));
}

static void card_that_does_not_count_cannot_be_reached(void **state)
{
	struct presence p;

	(void)state;
	presence_init(&p, 1);
	look(&p, 'A');
	look(&p, 'B');
	assert_int_equal(look(&p, 'A').arrived, 0);
	for (uint32_t handle = 0; handle < 5; handle++)
		assert_false(presence_reaches(&p, handle));
}

static void handles_wrap_around_zero(void **state)
{
	struct presence p;

	(void)state;
	presence_init(&p, 1);
	p.handles = UINT32_MAX;
	assert_int_equal(look(&p, 'A').arrived, 1);
}

/* Any order of looks: arrivals and removals alternate, and no card counts twice without three empty
 * looks in between. */
static void any_order_keeps_the_rules(void **state)
{
	const char *text = getenv("SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : 20261122u;

	(void)state;
	print_message("SEED=%u\n", seed);
	for (int round = 0; round < 300; round++) {
		bool counted[128] = {false};
		uint32_t present = 0;
		struct presence p;
		int empty = 0;

		presence_init(&p, MISSES);
		for (int i = 0; i < 400; i++) {
			char what = "ABBCDEF...???."[rand_r(&seed) % 14];
			struct presence_change change = look(&p, what);

			empty = what == '.' ? empty + 1 : 0;
			if (change.removed) {
				assert_int_equal(change.removed, present);
				present = 0;
			}
			if (change.arrived) {
				assert_int_equal(present, 0);
				assert_false(counted[(int)what]);
				counted[(int)what] = true;
				present = change.arrived;
			}
			for (int c = 0; empty >= MISSES && c < 128; c++)
				counted[c] = false;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_field_tells_nothing),
		cmocka_unit_test(held_card_counts_once),
		cmocka_unit_test(card_is_removed_at_exactly_the_third_miss),
		cmocka_unit_test(flicker_at_the_edge_of_the_field_is_one_presentation),
		cmocka_unit_test(card_that_left_counts_again),
		cmocka_unit_test(second_card_waits_until_the_first_is_gone),
		cmocka_unit_test(two_cards_in_turn_never_repeat),
		cmocka_unit_test(card_counts_again_only_after_an_empty_field),
		cmocka_unit_test(phone_with_ever_new_numbers_is_heard_four_times),
		cmocka_unit_test(reader_fault_neither_removes_nor_repeats),
		cmocka_unit_test(bytes_reach_only_the_card_of_the_last_select),
		cmocka_unit_test(card_that_does_not_count_cannot_be_reached),
		cmocka_unit_test(handles_wrap_around_zero),
		cmocka_unit_test(any_order_keeps_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
