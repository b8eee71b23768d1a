/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/roster.h"

static void ids_fit_topics_and_file_names(void **state)
{
	static const char *const good[] = {
		"a", "walker-building", "0", "door-1", "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const bad[] = {"", "A", "door 1", "door_1", "door/1", "+", "#", "..",
		"dör", "door\n", "door{", "door:", "door`", "door.",
		"abcdefghijklmnopqrstuvwxyz0123456"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(name_id_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(name_id_valid(bad[i]));
	assert_false(name_id_valid(NULL));
}

static void every_state_has_a_name_that_reads_back(void **state)
{
	enum card_state card;
	enum member_state member;

	(void)state;
	for (unsigned i = CARD_STATE_UNASSIGNED; i <= CARD_STATE_REVOKED; i++) {
		assert_int_equal(card_state_parse(card_state_name((enum card_state)i), &card), 0);
		assert_int_equal(card, i);
	}
	for (unsigned i = MEMBER_STATE_CLOSED; i <= MEMBER_STATE_SUSPENDED; i++) {
		assert_int_equal(
			member_state_parse(member_state_name((enum member_state)i), &member), 0);
		assert_int_equal(member, i);
	}
	assert_null(card_state_name((enum card_state)(CARD_STATE_REVOKED + 1)));
	assert_null(member_state_name((enum member_state) - 1));
}

static void every_flag_has_a_name_that_reads_back(void **state)
{
	uint32_t bit, all = 0;

	(void)state;
	for (unsigned i = 0; i < 32; i++) {
		const char *name = tier_flag_name(1u << i);

		assert_true((name != NULL) == ((TIER_FLAGS_ALL >> i & 1) != 0));
		if (!name)
			continue;
		assert_int_equal(tier_flag_parse(name, &bit), 0);
		assert_int_equal(bit, 1u << i);
		all |= bit;
	}
	assert_int_equal(all, TIER_FLAGS_ALL);
	assert_null(tier_flag_name(0));
	assert_null(tier_flag_name(TIER_FLAG_STAFF | TIER_FLAG_OVERRIDE));
}

static void names_that_are_not_ours_are_refused(void **state)
{
	static const char *const bad[] = {"", "Active", "active ", "activ", "1", "staff,override"};
	enum card_state card = CARD_STATE_LOST;
	enum member_state member = MEMBER_STATE_SUSPENDED;
	uint32_t bit = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(card_state_parse(bad[i], &card), -EINVAL);
		assert_int_equal(member_state_parse(bad[i], &member), -EINVAL);
		assert_int_equal(tier_flag_parse(bad[i], &bit), -EINVAL);
	}
	assert_int_equal(card_state_parse(NULL, &card), -EINVAL);
	assert_int_equal(card, CARD_STATE_LOST);
	assert_int_equal(member, MEMBER_STATE_SUSPENDED);
	assert_int_equal(bit, 42);
}

static void zero_values_admit_nobody(void **state)
{
	struct roster_card card;

	(void)state;
	memset(&card, 0, sizeof(card));
	assert_int_not_equal(card.state, CARD_STATE_ACTIVE);
	assert_int_not_equal(card.member_state, MEMBER_STATE_ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_fit_topics_and_file_names),
		cmocka_unit_test(every_state_has_a_name_that_reads_back),
		cmocka_unit_test(every_flag_has_a_name_that_reads_back),
		cmocka_unit_test(names_that_are_not_ours_are_refused),
		cmocka_unit_test(zero_values_admit_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
