/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of many doors out of one reading of the registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"
#include "store/registry_rules.h"

#define TIERS 19 /* more than are read at once */

static struct registry *reg;
static unsigned statements;

static int count_statement(unsigned what, void *userdata, void *stmt, void *text)
{
	(void)what;
	(void)userdata;
	(void)stmt;
	statements += strstr(text, "FROM tier") != NULL;
	return 0;
}

/* Tier 3 is for the back door alone, with hours of its own; tier 5 for both, one as ever. */
static int filled(void **state)
{
	struct registry_tier *tier = calloc(1, sizeof(*tier));

	fresh_folder(state);
	reg = bed_open("hub.db");
	bed_begin(reg);
	bed_door(reg, "front", false);
	bed_door(reg, "back", false);
	for (unsigned i = 1; i <= TIERS; i++) {
		char name[20];

		snprintf(name, sizeof(name), "Tier %u", i);
		assert_int_equal(bed_tier(reg, name, "Mo-Fr 09:00-17:00"), i);
	}
	EXPECT(reg, registry_tier(reg, 3, tier), 0);
	tier->roster.door_count = 1;
	tier->roster.doors[0] = (struct roster_tier_door){"back", true, "24/7"};
	EXPECT(reg, registry_tier_change(reg, tier), 0);
	EXPECT(reg, registry_tier(reg, 5, tier), 0);
	tier->roster.door_count = 2;
	tier->roster.doors[0] = (struct roster_tier_door){"back", true, "24/7"};
	tier->roster.doors[1] = (struct roster_tier_door){"front", false, ""};
	EXPECT(reg, registry_tier_change(reg, tier), 0);
	free(tier);
	bed_commit(reg);
	sqlite3_trace_v2(reg->db, SQLITE_TRACE_STMT, count_statement, NULL);
	statements = 0;
	return 0;
}

static int emptied(void **state)
{
	reg = registry_close(reg);
	return no_folder(state);
}

/* Of a tier at a door: "-" not there, "a" always open, "h" at its hours. */
static char right_of(const struct rules *rules, uint32_t number)
{
	const struct decide_rights *rights = rules_find(rules, number);

	assert_non_null(rights);
	if (!rights->door)
		return '-';
	assert_non_null(rights->hours);
	return rights->hours->always ? 'a' : 'h';
}

static void a_tier_is_what_it_is_at_the_door(void **state)
{
	struct registry_rulebook book;
	struct rules front, back;

	(void)state;
	EXPECT(reg, registry_rulebook_read(reg, BED_TODAY, &book), 0);
	assert_int_equal(book.tier_count, TIERS);
	assert_string_equal(book.tiers[TIERS - 1].name, "Tier 19");
	EXPECT(reg, registry_rulebook_door(&book, "front", &front), 0);
	EXPECT(reg, registry_rulebook_door(&book, "back", &back), 0);
	registry_rulebook_free(&book); /* they stand without it */
	registry_rulebook_free(&book);
	assert_int_equal(front.tier_count, TIERS);
	assert_true(front.door_listed);
	for (size_t i = 0; i < TIERS; i++) {
		assert_int_equal(front.tiers[i].tier, i + 1);
		assert_ptr_equal(front.tiers[i].rights.hours, &front.tiers[i].hours);
		assert_null(front.tiers[i].refused);
	}
	assert_int_equal(right_of(&front, 1), 'h');
	assert_int_equal(right_of(&front, 3), '-');
	assert_int_equal(right_of(&back, 3), 'a');
	assert_int_equal(right_of(&front, 5), 'h');
	assert_int_equal(right_of(&back, 5), 'a');
	assert_int_equal(right_of(&back, TIERS), 'h');
	rules_free(&front);
	rules_free(&back);
}

static void tiers_are_read_once_for_all_doors(void **state)
{
	struct registry_rulebook book;
	struct rules rules;
	unsigned read;

	(void)state;
	EXPECT(reg, registry_rulebook_read(reg, BED_TODAY, &book), 0);
	read = statements;
	assert_true(read > 0);
	for (int i = 0; i < 20; i++) {
		EXPECT(reg, registry_rulebook_door(&book, i % 2 ? "front" : "back", &rules), 0);
		rules_free(&rules);
	}
	assert_int_equal(statements, read);
	EXPECT(reg, registry_rulebook_door(&book, "nowhere", &rules), 0);
	assert_false(rules.door_listed);
	rules_free(&rules);
	registry_rulebook_free(&book);
}

#define FILLED(name) cmocka_unit_test_setup_teardown(name, filled, emptied)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILLED(a_tier_is_what_it_is_at_the_door),
		FILLED(tiers_are_read_once_for_all_doors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
