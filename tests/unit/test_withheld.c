/* SPDX-License-Identifier: Apache-2.0 */
#include "door/withheld.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

static const struct revision five = {1, 5}, six = {1, 6}, four = {1, 4};

static struct roster_card card_of(uint8_t number)
{
	struct roster_card card = {.card = number,
		.member = number,
		.key_id = 1,
		.tier = 1,
		.state = CARD_STATE_ACTIVE,
		.member_state = MEMBER_STATE_ACTIVE,
		.valid_from = DATE_NONE,
		.valid_until = DATE_NONE,
		.grace_until = DATE_NONE};

	memset(card.token.bytes, number, sizeof(card.token.bytes));
	return card;
}

static void note(
	struct withheld *w, const struct revision *revision, struct roster_card card, bool gone)
{
	static uint8_t data[ROSTER_RECORD_MAX];
	struct roster_record record = {.kind = ROSTER_KIND_CARD, .gone = gone, .card = card};
	uint8_t run[256];
	int n = roster_record_encode(&record, data), size;

	assert_true(n > 0);
	size = roster_run_add(run, 0, sizeof(run), data, (size_t)n);
	assert_true(size > 0);
	withheld_note(w, revision, run, (size_t)size);
}

static struct roster_card asked(const struct withheld *w, uint8_t number)
{
	struct roster_card card = card_of(number);

	withheld_apply(w, &card);
	return card;
}

static void takes_away_until_the_cache_has_it(void **state)
{
	struct withheld w = {0};
	struct roster_card card = card_of(7);

	(void)state;
	card.state = CARD_STATE_LOST;
	note(&w, &five, card, false);
	assert_int_equal(asked(&w, 7).state, CARD_STATE_LOST);
	assert_int_equal(asked(&w, 8).state, CARD_STATE_ACTIVE);
	withheld_clear(&w, &four);
	assert_int_equal(asked(&w, 7).state, CARD_STATE_LOST);
	withheld_clear(&w, &five);
	assert_int_equal(asked(&w, 7).state, CARD_STATE_ACTIVE);
	assert_int_equal(w.count, 0);
}

static void a_gone_card_is_revoked_and_a_member_suspended(void **state)
{
	struct withheld w = {0};
	struct roster_card card = card_of(9);

	(void)state;
	note(&w, &five, card_of(7), true);
	card.member_state = MEMBER_STATE_SUSPENDED;
	note(&w, &six, card, false);
	assert_int_equal(asked(&w, 7).state, CARD_STATE_REVOKED);
	assert_int_equal(asked(&w, 9).state, CARD_STATE_ACTIVE);
	assert_int_equal(asked(&w, 9).member_state, MEMBER_STATE_SUSPENDED);
	withheld_clear(&w, &five);
	assert_int_equal(asked(&w, 7).state, CARD_STATE_ACTIVE);
	assert_int_equal(asked(&w, 9).member_state, MEMBER_STATE_SUSPENDED);
}

static void a_card_that_is_active_again_is_not_withheld(void **state)
{
	struct withheld w = {0};
	struct roster_card card = card_of(7);

	(void)state;
	card.state = CARD_STATE_SUSPENDED;
	note(&w, &five, card, false);
	note(&w, &five, card, false);
	assert_int_equal(w.count, 1);
	note(&w, &six, card_of(7), false);
	assert_int_equal(w.count, 0);
}

/* Deltas that a broker turned round: what the newer one takes stays taken. */
static void an_older_delta_gives_nothing_back(void **state)
{
	struct withheld w = {0};
	struct roster_card card = card_of(7);

	(void)state;
	card.state = CARD_STATE_REVOKED;
	note(&w, &six, card, false);
	note(&w, &five, card_of(7), false);
	assert_int_equal(asked(&w, 7).state, CARD_STATE_REVOKED);
	card.state = CARD_STATE_SUSPENDED;
	note(&w, &five, card, false);
	assert_int_equal(asked(&w, 7).state, CARD_STATE_REVOKED);
	withheld_clear(&w, &five);
	assert_int_equal(asked(&w, 7).state, CARD_STATE_REVOKED);
}

static void it_is_bounded_and_ignores_nonsense(void **state)
{
	static const uint8_t nonsense[] = {9, 0, 1, 2, 3};
	struct withheld w = {0};

	(void)state;
	withheld_note(&w, &five, nonsense, sizeof(nonsense));
	assert_int_equal(w.count, 0);
	for (unsigned i = 0; i < WITHHELD_MAX + 10; i++) {
		struct roster_card card = card_of(1);

		card.token.bytes[0] = (uint8_t)i;
		card.token.bytes[1] = (uint8_t)(i >> 8);
		note(&w, &five, card, true);
	}
	assert_int_equal(w.count, WITHHELD_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_away_until_the_cache_has_it),
		cmocka_unit_test(a_gone_card_is_revoked_and_a_member_suspended),
		cmocka_unit_test(a_card_that_is_active_again_is_not_withheld),
		cmocka_unit_test(an_older_delta_gives_nothing_back),
		cmocka_unit_test(it_is_bounded_and_ignores_nonsense),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
