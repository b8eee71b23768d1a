/* SPDX-License-Identifier: Apache-2.0 */
/* Cards of the registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"
#include "store/registry_days.h"

static struct registry *reg;
static uint32_t full, part;

static int filled(void **state)
{
	fresh_folder(state);
	reg = bed_open("hub.db");
	bed_begin(reg);
	full = bed_tier(reg, "Full", "24/7");
	part = bed_tier(reg, "Part", "Mo-Fr 09:00-17:00");
	return 0;
}

static int emptied(void **state)
{
	reg = registry_close(reg);
	return no_folder(state);
}

#define FILLED(name) cmocka_unit_test_setup_teardown(name, filled, emptied)

static void issued_card_is_read_back_and_told(void **state)
{
	uint64_t member = bed_member(reg, "Ada", full), id;
	struct registry_card c = bed_blank(1, member), got;
	struct token strange = bed_token(99);
	struct roster_card told;

	(void)state;
	c.kind = CARD_KIND_DESFIRE;
	EXPECT(reg, registry_card_issue(reg, &c, &id), 0);
	EXPECT(reg, registry_card(reg, id, &got), 0);
	assert_true(got.has_token);
	assert_memory_equal(&got.token, &c.token, TOKEN_SIZE);
	assert_int_equal(got.key_id, 7);
	assert_int_equal(got.kind, CARD_KIND_DESFIRE);
	assert_int_equal(got.state, CARD_STATE_ACTIVE);
	assert_false(got.pending);
	assert_string_equal(got.label, "fob 1");
	assert_string_equal(got.issued_by, "maya");
	assert_int_equal(got.issued_us, BED_START_US);
	assert_int_equal(got.ended_us, 0);
	assert_int_equal(got.version, 1);
	assert_true(bed_told(reg, 1, &told));
	assert_int_equal(told.kind, CARD_KIND_DESFIRE);
	assert_int_equal(told.card, id);
	EXPECT(reg, registry_card_of_token(reg, &c.token, &got), 1);
	assert_int_equal(got.id, id);
	EXPECT(reg, registry_card_of_token(reg, &strange, &got), 0);
	EXPECT(reg, registry_card(reg, 50, &got), -ENOENT);
}

static void card_in_the_way_is_named(void **state)
{
	uint64_t ada = bed_member(reg, "Ada", full), id = bed_card(reg, 1, ada), in_the_way = 0;
	struct registry_card c = bed_blank(1, bed_member(reg, "Bea", full));

	(void)state;
	EXPECT(reg, registry_card_issue(reg, &c, &in_the_way), -EEXIST);
	assert_int_equal(in_the_way, id);
	said(reg, "card 1");
	c = bed_blank(2, 99);
	EXPECT(reg, registry_card_issue(reg, &c, NULL), -ENOENT);
	c = bed_blank(2, ada);
	c.issued_by[0] = '\0';
	EXPECT(reg, registry_card_issue(reg, &c, NULL), -EINVAL);
	c = bed_blank(2, ada);
	c.kind = 2;
	EXPECT(reg, registry_card_issue(reg, &c, NULL), -EINVAL);
	bed_commit(reg);
}

static void spare_card_is_told_to_no_door_until_it_is_lent(void **state)
{
	uint64_t ada = bed_member(reg, "Ada", full), id = 0, again = 0;
	struct registry_card_query query = {.state = -1, .lent = true, .limit = 5};
	struct registry_card c = bed_blank(1, ada), rows[5];
	struct roster_card told;

	(void)state;
	c.pending = true;
	EXPECT(reg, registry_card_spare(reg, &c, &id), 0);
	EXPECT(reg, registry_card(reg, id, &rows[0]), 0);
	assert_int_equal(rows[0].state, CARD_STATE_UNASSIGNED);
	assert_int_equal(rows[0].member, 0);
	assert_false(rows[0].pending);
	assert_false(bed_told(reg, 1, &told));
	EXPECT(reg, registry_card_spare(reg, &c, &again), -EEXIST);
	said(reg, "drawer");
	EXPECT(reg, registry_cards(reg, &query, rows), 0);
	EXPECT(reg, registry_card_lend(reg, id, ada, "maya"), 0);
	assert_true(bed_told(reg, 1, &told));
	EXPECT(reg, registry_card_spare(reg, &c, &again), -EEXIST);
	said(reg, "which member");
	(void)bed_card(reg, 2, ada);
	EXPECT(reg, registry_cards(reg, &query, rows), 1);
	assert_int_equal(rows[0].id, id);
	query.member = ada + 1;
	EXPECT(reg, registry_cards(reg, &query, rows), 0);
	bed_commit(reg);
}

static void closed_member_gets_no_card(void **state)
{
	struct registry_member m = bed_person("Ada", full);
	struct registry_card c;
	uint64_t id;

	(void)state;
	m.state = MEMBER_STATE_CLOSED;
	EXPECT(reg, registry_member_add(reg, &m, &id), 0);
	c = bed_blank(1, id);
	EXPECT(reg, registry_card_issue(reg, &c, NULL), -EPERM);
	said(reg, "closed");
}

static void pending_card_admits_nobody_until_confirmed(void **state)
{
	struct registry_card c = bed_blank(1, bed_member(reg, "Ada", full)), got;
	struct roster_card told;
	struct registry_member m;
	uint64_t id;

	(void)state;
	c.pending = true;
	EXPECT(reg, registry_card_issue(reg, &c, &id), 0);
	assert_true(bed_told(reg, 1, &told));
	assert_int_equal(told.state, CARD_STATE_UNASSIGNED);
	EXPECT(reg, registry_card(reg, id, &got), 0);
	assert_true(got.pending);
	assert_int_equal(got.state, CARD_STATE_UNASSIGNED);
	EXPECT(reg, registry_member(reg, got.member, &m), 0);
	assert_int_equal(m.cards, 0);
	EXPECT(reg, registry_member_change(reg, &m), 0); /* which tells of the card anew */
	assert_true(bed_told(reg, 1, &told));
	assert_int_equal(told.state, CARD_STATE_UNASSIGNED);
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_SUSPEND, "maya", "", 0), -EPERM);
	said(reg, "pending");
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_CONFIRM, "maya", "", 1), 0);
	assert_true(bed_told(reg, 1, &told));
	assert_int_equal(told.state, CARD_STATE_ACTIVE);
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_CONFIRM, "maya", "", 0), -EPERM);
}

/* From each state each action: what it makes, '-' refused. States: Pending, Active, Suspended,
 * Lost, Revoked, Unassigned (returned). */
static const struct {
	char from;
	const char *to; /* by action: confirm suspend resume lose find revoke return */
} table[] = {
	{'P', "A--L-RU"},
	{'A', "-S-L-RU"},
	{'S', "--AL-RU"},
	{'L', "----ARU"},
	{'R', "------U"},
	{'U', "-------"},
};

static char state_of(uint64_t id)
{
	struct registry_card c;

	EXPECT(reg, registry_card(reg, id, &c), 0);
	return c.pending ? 'P' : "UASLR"[c.state];
}

static void bring_to(uint64_t id, char state)
{
	static const char states[] = "ASLRU";
	static const int by[] = {REGISTRY_CARD_CONFIRM, REGISTRY_CARD_SUSPEND, REGISTRY_CARD_LOSE,
		REGISTRY_CARD_REVOKE, REGISTRY_CARD_RETURN};

	if (state == 'P')
		return;
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_CONFIRM, "maya", "", 0), 0);
	if (state != 'A')
		EXPECT(reg,
			registry_card_act(reg, id,
				(enum registry_card_action)by[strchr(states, state) - states],
				"maya", "", 0),
			0);
}

static void card_goes_only_where_its_state_allows(void **state)
{
	uint64_t member = bed_member(reg, "Ada", full), token = 1, id;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		for (unsigned a = 0; a <= REGISTRY_CARD_RETURN; a++) {
			struct registry_card c = bed_blank(token, member);
			struct roster_card told;
			char want = table[i].to[a];
			bool there;

			c.pending = true;
			EXPECT(reg, registry_card_issue(reg, &c, &id), 0);
			bring_to(id, table[i].from);
			EXPECT(reg,
				registry_card_act(
					reg, id, (enum registry_card_action)a, "leo", "because", 0),
				want == '-' ? -EPERM : 0);
			if (want == '-')
				want = table[i].from;
			assert_int_equal(state_of(id), want);
			there = bed_told(reg, token++, &told);
			assert_int_equal(there, want != 'U');
			if (there)
				assert_int_equal("UASLR"[told.state], want == 'P' ? 'U' : want);
		}
}

static void who_ended_a_card_is_kept_until_it_is_back(void **state)
{
	uint64_t id = bed_card(reg, 1, bed_member(reg, "Ada", full));
	struct registry_card c;

	(void)state;
	bed_now_us += 5;
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_LOSE, "leo", "on the bus", 0), 0);
	EXPECT(reg, registry_card(reg, id, &c), 0);
	assert_string_equal(c.ended_by, "leo");
	assert_string_equal(c.ended_why, "on the bus");
	assert_int_equal(c.ended_us, BED_START_US + 5);
	assert_int_equal(c.version, 2);
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_FIND, "leo", NULL, 1), -ESTALE);
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_FIND, "leo", NULL, 2), 0);
	EXPECT(reg, registry_card(reg, id, &c), 0);
	assert_string_equal(c.ended_by, "");
	assert_int_equal(c.ended_us, 0);
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_LOSE, "", "", 0), -EINVAL);
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_LOSE, "leo", "\x1b[2J", 0), -EINVAL);
	EXPECT(reg, registry_card_act(reg, id, 99, "leo", "", 0), -EINVAL);
	EXPECT(reg, registry_card_act(reg, 99, REGISTRY_CARD_LOSE, "leo", "", 0), -ENOENT);
}

/* Taken out of use: by whom and why is kept. Back in use: forgotten. */
static void every_action_keeps_or_forgets_who(void **state)
{
	static const struct {
		char from;
		enum registry_card_action action;
		const char *by;
	} rows[] = {
		{'P', REGISTRY_CARD_CONFIRM, ""},
		{'A', REGISTRY_CARD_SUSPEND, "leo"},
		{'S', REGISTRY_CARD_RESUME, ""},
		{'A', REGISTRY_CARD_LOSE, "leo"},
		{'L', REGISTRY_CARD_FIND, ""},
		{'A', REGISTRY_CARD_REVOKE, "leo"},
		{'A', REGISTRY_CARD_RETURN, "leo"},
	};
	uint64_t member = bed_member(reg, "Ada", full), id;
	struct registry_card c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		c = bed_blank(i, member);
		c.pending = true;
		c.label[0] = '\0'; /* not everybody labels their cards */
		EXPECT(reg, registry_card_issue(reg, &c, &id), 0);
		bring_to(id, rows[i].from);
		EXPECT(reg, registry_card_act(reg, id, rows[i].action, "leo", "why", 0), 0);
		EXPECT(reg, registry_card(reg, id, &c), 0);
		assert_string_equal(c.ended_by, rows[i].by);
		assert_string_equal(c.ended_why, rows[i].by[0] ? "why" : "");
		assert_int_equal(c.ended_us, rows[i].by[0] ? BED_START_US : 0);
		EXPECT(reg, registry_card_label(reg, id, "blue", 0), 0);
		EXPECT(reg, registry_card_label(reg, id, "", 0), 0);
	}
}

static void returned_card_is_issued_again_under_a_new_number(void **state)
{
	uint64_t ada = bed_member(reg, "Ada", full), bea = bed_member(reg, "Bea", part), again;
	uint64_t id = bed_card(reg, 1, ada);
	struct registry_card c;
	struct registry_member m;
	struct roster_card told;
	struct token token;

	(void)state;
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_RETURN, "maya", "left", 0), 0);
	assert_false(bed_told(reg, 1, &told));
	EXPECT(reg, registry_card(reg, id, &c), 0);
	assert_int_equal(c.member, 0);
	assert_true(c.has_token);
	EXPECT(reg, registry_member(reg, ada, &m), 0);
	EXPECT(reg, registry_member_change(reg, &m), 0); /* the drawer's card is none of hers */
	assert_false(bed_told(reg, 1, &told));
	again = bed_card(reg, 1, bea);
	assert_int_equal(again, id + 1);
	assert_true(bed_told(reg, 1, &told));
	assert_int_equal(told.card, again);
	assert_int_equal(told.tier, part);
	EXPECT(reg, registry_card(reg, id, &c), 0);
	assert_false(c.has_token);
	assert_string_equal(c.ended_why, "left");
	token = bed_token(1);
	EXPECT(reg, registry_card_of_token(reg, &token, &c), 1);
	assert_int_equal(c.id, again);
	EXPECT(reg, registry_card_act(reg, id, REGISTRY_CARD_RETURN, "maya", "", 0), -EPERM);
	assert_true(bed_told(reg, 1, &told)); /* the old row's end is not the new card's */
}

static void cards_are_labelled_and_replaced(void **state)
{
	uint64_t ada = bed_member(reg, "Ada", full);
	uint64_t old = bed_card(reg, 1, ada), new = bed_card(reg, 2, ada);
	struct registry_card c;

	(void)state;
	EXPECT(reg, registry_card_label(reg, old, "blue fob 17", 1), 0);
	EXPECT(reg, registry_card_label(reg, old, "red", 1), -ESTALE);
	EXPECT(reg, registry_card_label(reg, old, "\n", 0), -EINVAL);
	EXPECT(reg, registry_card_label(reg, 99, "red", 0), -ENOENT);
	EXPECT(reg, registry_card_replaced(reg, old, new), 0);
	EXPECT(reg, registry_card_replaced(reg, old, 99), -ENOENT);
	EXPECT(reg, registry_card_replaced(reg, old, old), -EINVAL);
	EXPECT(reg, registry_card(reg, old, &c), 0);
	assert_string_equal(c.label, "blue fob 17");
	assert_int_equal(c.replaced_by, new);
	assert_int_equal(c.version, 3);
}

static int find_cards(uint64_t member, int state, const char *text, int64_t before_us)
{
	static struct registry_card rows[REGISTRY_PAGE_MAX];
	struct registry_card_query query = {
		.member = member,
		.state = state,
		.text = text,
		.issued_before_us = before_us,
		.limit = 10,
	};

	return registry_cards(reg, &query, rows);
}

static void cards_are_found(void **state)
{
	uint64_t ada = bed_member(reg, "Ada", full), bea = bed_member(reg, "Bea", full);

	(void)state;
	bed_card(reg, 1, ada);
	bed_card(reg, 2, ada);
	bed_now_us += 1000;
	bed_card(reg, 3, bea);
	EXPECT(reg, registry_card_act(reg, 1, REGISTRY_CARD_REVOKE, "maya", "", 0), 0);
	assert_int_equal(find_cards(0, -1, NULL, 0), 3);
	assert_int_equal(find_cards(ada, -1, NULL, 0), 2);
	assert_int_equal(find_cards(ada, CARD_STATE_ACTIVE, NULL, 0), 1);
	assert_int_equal(find_cards(0, CARD_STATE_REVOKED, NULL, 0), 1);
	assert_int_equal(find_cards(0, -1, "FOB 3", 0), 1);
	assert_int_equal(find_cards(0, -1, NULL, BED_START_US + 1000), 2);
	assert_int_equal(find_cards(99, -1, NULL, 0), 0);
}

static void names_of_actions_go_both_ways(void **state)
{
	enum registry_card_action action;

	(void)state;
	for (unsigned a = 0; a <= REGISTRY_CARD_RETURN; a++) {
		assert_int_equal(
			registry_card_action_parse(
				registry_card_action_name((enum registry_card_action)a), &action),
			0);
		assert_int_equal(action, a);
	}
	assert_string_equal(registry_card_action_name(REGISTRY_CARD_LOSE), "lose");
	assert_null(registry_card_action_name(REGISTRY_CARD_RETURN + 1));
	assert_int_equal(registry_card_action_parse("burn", &action), -EINVAL);
	assert_int_equal(registry_card_action_parse(NULL, &action), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILLED(issued_card_is_read_back_and_told),
		FILLED(card_in_the_way_is_named),
		FILLED(spare_card_is_told_to_no_door_until_it_is_lent),
		FILLED(closed_member_gets_no_card),
		FILLED(pending_card_admits_nobody_until_confirmed),
		FILLED(card_goes_only_where_its_state_allows),
		FILLED(who_ended_a_card_is_kept_until_it_is_back),
		FILLED(every_action_keeps_or_forgets_who),
		FILLED(returned_card_is_issued_again_under_a_new_number),
		FILLED(cards_are_labelled_and_replaced),
		FILLED(cards_are_found),
		FILLED(names_of_actions_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
