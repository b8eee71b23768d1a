/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"

#include "store/registry_erase.h"

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

static void member_is_read_back_as_it_was_given(void **state)
{
	struct registry_member m = bed_person("Zoë O'Neill", full), got;
	uint64_t id;

	(void)state;
	snprintf(m.contact, sizeof(m.contact), "zoe@example.org");
	snprintf(m.note, sizeof(m.note), "needs the lift");
	m.valid_from = BED_TODAY;
	m.valid_until = BED_TODAY + 30;
	m.grace_until = BED_TODAY + 37;
	m.release_ms = 12000;
	EXPECT(reg, registry_member_add(reg, &m, &id), 0);
	assert_int_equal(id, 1);
	bed_commit(reg);
	EXPECT(reg, registry_member(reg, id, &got), 0);
	assert_string_equal(got.name, m.name);
	assert_string_equal(got.contact, m.contact);
	assert_string_equal(got.note, m.note);
	assert_int_equal(got.tier, full);
	assert_int_equal(got.state, MEMBER_STATE_ACTIVE);
	assert_int_equal(got.valid_from, m.valid_from);
	assert_int_equal(got.valid_until, m.valid_until);
	assert_int_equal(got.grace_until, m.grace_until);
	assert_int_equal(got.release_ms, 12000);
	assert_int_equal(got.version, 1);
	assert_int_equal(got.created_us, BED_START_US);
	assert_int_equal(got.cards, 0);
	EXPECT(reg, registry_member(reg, 2, &got), -ENOENT);
	said(reg, "no member 2");
}

static void refuse(const struct registry_member *m, const char *text)
{
	EXPECT(reg, registry_member_add(reg, m, NULL), -EINVAL);
	said(reg, text);
}

static void member_that_cannot_be_is_refused_with_the_field(void **state)
{
	struct registry_member m = bed_person("Ada", full), good = m;

	(void)state;
	m.name[0] = '\0';
	refuse(&m, "name is empty");
	snprintf(m.name, sizeof(m.name), "Ada\nroot");
	refuse(&m, "control characters");
	snprintf(m.name, sizeof(m.name), "\xC3(");
	refuse(&m, "UTF-8");
	memset(m.name, 'a', sizeof(m.name));
	refuse(&m, "too long");
	m = good;
	memset(m.note, 'n', sizeof(m.note));
	refuse(&m, "note");
	m = good;
	m.tier = 99;
	refuse(&m, "no tier 99");
	m = good;
	m.state = 3;
	refuse(&m, "suspended");
	m = good;
	m.release_ms = 999;
	refuse(&m, "release_ms");
	m.release_ms = 60001;
	refuse(&m, "release_ms");
	m = good;
	m.valid_from = -1;
	refuse(&m, "date");
	m = good;
	m.valid_from = 10;
	m.valid_until = 9;
	refuse(&m, "valid_until");
	m.valid_until = 10;
	EXPECT(reg, registry_member_add(reg, &m, NULL), 0);
	m.grace_until = 9;
	refuse(&m, "grace_until");
	m.grace_until = 10;
	EXPECT(reg, registry_member_add(reg, &m, NULL), 0);
	m.valid_until = DATE_NONE;
	refuse(&m, "grace_until");
	bed_commit(reg); /* refusing wrote nothing half */
	EXPECT(reg, registry_member_add(reg, &good, NULL), -EINVAL);
	said(reg, "no change was begun");
}

static void values_at_their_bounds_are_taken(void **state)
{
	struct registry_member m = bed_person("", part), got;
	uint64_t id;

	(void)state;
	memset(m.name, 'n', REGISTRY_NAME_MAX);
	memset(m.contact, 'c', REGISTRY_NAME_MAX);
	memset(m.note, 'o', REGISTRY_NOTE_MAX);
	m.state = MEMBER_STATE_CLOSED;
	m.release_ms = 1000;
	m.valid_from = 0;
	m.valid_until = m.grace_until = REGISTRY_DATE_MAX;
	EXPECT(reg, registry_member_add(reg, &m, &id), 0);
	EXPECT(reg, registry_member(reg, id, &got), 0);
	assert_string_equal(got.name, m.name);
	assert_string_equal(got.contact, m.contact);
	assert_string_equal(got.note, m.note);
	assert_int_equal(got.tier, part);
	assert_int_equal(got.state, MEMBER_STATE_CLOSED);
	assert_int_equal(got.release_ms, 1000);
	assert_int_equal(got.valid_from, 0);
	assert_int_equal(got.valid_until, REGISTRY_DATE_MAX);
	m.release_ms = 60000;
	m.grace_until = DATE_NONE;
	EXPECT(reg, registry_member_add(reg, &m, NULL), 0);
	m.valid_from = DATE_NONE; /* open at one end is before nothing */
	m.valid_until = 0;
	EXPECT(reg, registry_member_add(reg, &m, NULL), 0);
	m.valid_from = 1;
	m.valid_until = DATE_NONE;
	EXPECT(reg, registry_member_add(reg, &m, NULL), 0);
	m.valid_from = REGISTRY_DATE_MAX + 1;
	EXPECT(reg, registry_member_add(reg, &m, NULL), -EINVAL);
	m = bed_person("Ada", full);
	memset(m.contact, 'c', sizeof(m.contact));
	EXPECT(reg, registry_member_add(reg, &m, NULL), -EINVAL);
	said(reg, "contact");
}

static void member_changed_meanwhile_is_stale(void **state)
{
	uint64_t id = bed_member(reg, "Ada", full);
	struct registry_member m;

	(void)state;
	EXPECT(reg, registry_member(reg, id, &m), 0);
	EXPECT(reg, registry_member_change(reg, &m), 0);
	EXPECT(reg, registry_member_change(reg, &m), -ESTALE);
	said(reg, "meanwhile");
	m.version = 0;
	EXPECT(reg, registry_member_change(reg, &m), 0);
	EXPECT(reg, registry_member(reg, id, &m), 0);
	assert_int_equal(m.version, 3);
	m.id = 77;
	EXPECT(reg, registry_member_change(reg, &m), -ENOENT);
}

static void change_of_a_member_is_told_with_every_card(void **state)
{
	uint64_t ada = bed_member(reg, "Ada", full), bea = bed_member(reg, "Bea", full);
	struct registry_member m;
	struct roster_card told;

	(void)state;
	bed_card(reg, 1, ada);
	bed_card(reg, 2, ada);
	bed_card(reg, 3, bea);
	EXPECT(reg, registry_member(reg, ada, &m), 0);
	assert_int_equal(m.cards, 2);
	m.tier = part;
	m.state = MEMBER_STATE_SUSPENDED;
	m.valid_until = BED_TODAY;
	m.grace_until = BED_TODAY + 7;
	m.release_ms = 8000;
	EXPECT(reg, registry_member_change(reg, &m), 0);
	for (uint64_t n = 1; n <= 2; n++) {
		assert_true(bed_told(reg, n, &told));
		assert_int_equal(told.card, n);
		assert_int_equal(told.key_id, 7);
		assert_int_equal(told.member, ada);
		assert_int_equal(told.tier, part);
		assert_int_equal(told.state, CARD_STATE_ACTIVE);
		assert_int_equal(told.member_state, MEMBER_STATE_SUSPENDED);
		assert_int_equal(told.valid_from, DATE_NONE);
		assert_int_equal(told.valid_until, BED_TODAY);
		assert_int_equal(told.grace_until, BED_TODAY + 7);
		assert_int_equal(told.release_ms, 8000);
	}
	assert_true(bed_told(reg, 3, &told));
	assert_int_equal(told.tier, full);
}

static int find_members(const char *text, int state, int64_t tier, uint64_t after, size_t limit)
{
	static struct registry_member rows[REGISTRY_PAGE_MAX];
	struct registry_member_query query = {
		.after = after, .text = text, .state = state, .tier = tier, .limit = limit};

	return registry_members(reg, &query, rows);
}

static void members_are_found_whatever_the_case(void **state)
{
	uint64_t id = bed_member(reg, "Zoë Ångström", full);
	struct registry_member m;

	(void)state;
	bed_member(reg, "Ελένη", part);
	bed_member(reg, "Ada 100% O'Neill", part);
	EXPECT(reg, registry_member(reg, id, &m), 0);
	snprintf(m.contact, sizeof(m.contact), "Z@Example.org");
	m.state = MEMBER_STATE_CLOSED;
	EXPECT(reg, registry_member_change(reg, &m), 0);
	assert_int_equal(find_members(NULL, -1, -1, 0, 10), 3);
	assert_int_equal(find_members("", -1, -1, 0, 10), 3);
	assert_int_equal(find_members("zoË å", -1, -1, 0, 10), 1);
	assert_int_equal(find_members("ΕΛΈΝΗ", -1, -1, 0, 10), 1);
	assert_int_equal(find_members("@exAMPLE", -1, -1, 0, 10), 1);
	assert_int_equal(find_members("o'n 100%", -1, -1, 0, 10), 1);
	assert_int_equal(find_members("%", -1, -1, 0, 10), 0);
	assert_int_equal(find_members("angstrom zo", -1, -1, 0, 10), 1);
	assert_int_equal(find_members("strom", -1, -1, 0, 10), 0); /* beginnings of words */
	assert_int_equal(find_members("1", -1, -1, 0, 10), 2);     /* a number, a name */
	assert_int_equal(find_members("a OR b NEAR(\"*^:-+(){}", -1, -1, 0, 10), 0);
	assert_int_equal(find_members("example", -1, -1, id, 10), 0);
	assert_int_equal(find_members("nobody", -1, -1, 0, 10), 0);
	assert_int_equal(find_members("\xC3", -1, -1, 0, 10), 0); /* not even text */
	assert_int_equal(find_members(NULL, MEMBER_STATE_CLOSED, -1, 0, 10), 1);
	assert_int_equal(find_members(NULL, -1, part, 0, 10), 2);
	assert_int_equal(find_members(NULL, -1, -1, 1, 10), 2);
	assert_int_equal(find_members(NULL, -1, -1, 0, 2), 2);
	assert_int_equal(find_members(NULL, -1, -1, 0, 0), 0);
}

/* The words follow a name, and go with it. */
static void words_are_those_of_the_name_now(void **state)
{
	uint64_t id = bed_member(reg, "Grace Hopper", full);
	struct registry_erased erased;
	struct registry_member m;
	int64_t count = -1;

	(void)state;
	EXPECT(reg, registry_member(reg, id, &m), 0);
	snprintf(m.name, sizeof(m.name), "Grace Murray");
	EXPECT(reg, registry_member_change(reg, &m), 0);
	assert_int_equal(find_members("hopper", -1, -1, 0, 10), 0);
	assert_int_equal(find_members("grace murray", -1, -1, 0, 10), 1);
	EXPECT(reg, registry_erase(reg, id, &erased), 0);
	assert_int_equal(find_members("murray", -1, -1, 0, 10), 0);
	EXPECT(reg, registry_erase_again(reg, 77, bed_now_us), 1);
	assert_int_equal(find_members("77", -1, -1, 0, 10), 1);
	bed_commit(reg);
	EXPECT(reg, registry_wipe(reg), 1);
	assert_int_equal(db_do(reg->db, "INSERT INTO member_text (member_text, rank) "
					"VALUES ('integrity-check', 1)"),
		0);
	/* the blocks of the index hold words as they are */
	assert_int_equal(db_number(reg->db,
				 "SELECT count(*) FROM member_text_data "
				 "WHERE instr(block, CAST('rray' AS BLOB)) "
				 "OR instr(block, CAST('opper' AS BLOB))",
				 &count),
		0);
	assert_int_equal(count, 0);
	bed_begin(reg);
}

/* Whose time ends, soonest first, page by page. */
static void members_are_listed_by_their_end(void **state)
{
	struct registry_member_query query = {.state = -1,
		.tier = -1,
		.limit = 3,
		.ends_before = BED_TODAY + 4,
		.ends_from = BED_TODAY};
	struct registry_member rows[3], m = bed_person("Ada", full);
	int32_t last = BED_TODAY;
	int n, seen = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		m.valid_until = i % 8 == 7 ? DATE_NONE : BED_TODAY - 2 + i % 8;
		m.state = i % 5 ? MEMBER_STATE_ACTIVE : MEMBER_STATE_SUSPENDED;
		EXPECT(reg, registry_member_add(reg, &m, NULL), 0);
	}
	do {
		n = registry_members(reg, &query, rows);
		for (int i = 0; i < n; i++) {
			assert_true(rows[i].valid_until > last ||
				    (rows[i].valid_until == last && rows[i].id > query.after));
			assert_int_equal(rows[i].state, MEMBER_STATE_ACTIVE);
			last = query.after_ends = rows[i].valid_until;
			query.after = rows[i].id;
			seen++;
		}
	} while (n == 3);
	assert_int_equal(last, BED_TODAY + 3);
	assert_int_equal(seen, 16); /* 4 days of 5 members each, one in 5 suspended */
}

static void page_has_no_more_rows_than_its_bound(void **state)
{
	(void)state;
	for (int i = 0; i < REGISTRY_PAGE_MAX + 5; i++)
		bed_member(reg, "Ada", full);
	assert_int_equal(find_members(NULL, -1, -1, 0, 100000), REGISTRY_PAGE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILLED(member_is_read_back_as_it_was_given),
		FILLED(member_that_cannot_be_is_refused_with_the_field),
		FILLED(values_at_their_bounds_are_taken),
		FILLED(member_changed_meanwhile_is_stale),
		FILLED(change_of_a_member_is_told_with_every_card),
		FILLED(members_are_found_whatever_the_case),
		FILLED(words_are_those_of_the_name_now),
		FILLED(members_are_listed_by_their_end),
		FILLED(page_has_no_more_rows_than_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
