/* SPDX-License-Identifier: Apache-2.0 */
/* What is past its retention goes, and what is left of the journals verifies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain_bed.h"
#include "registry_bed.h"
#include "store/registry_days.h"

static struct registry_mark mark;
static struct chain_bed c;

/* Entries first … last come, `days` after the start, in batches of so many. */
static void come(struct registry *reg, uint64_t first, uint64_t last, uint64_t each, unsigned days)
{
	bed_now_us = BED_START_US + days * BED_DAY_US;
	while (first <= last) {
		uint64_t end = first + each - 1 < last ? first + each - 1 : last;
		struct registry_batch batch = chain_batch(&c, first, end);

		EXPECT(reg, registry_log_take(reg, &batch, &mark), REGISTRY_TAKEN_NEW);
		first = end + 1;
	}
}

static struct registry_forgotten forget_at(struct registry *reg, unsigned days)
{
	struct registry_forgotten done;

	bed_now_us = BED_START_US + days * BED_DAY_US;
	bed_begin(reg);
	EXPECT(reg, registry_forget(reg, true, &done), 0);
	bed_commit(reg);
	return done;
}

static struct registry_chain verify(void)
{
	struct registry_chain *chains = NULL, only;
	int count =
		registry_log_verify(in_folder("hub.db"), "walker", crypto_hash256, &chains, err);

	if (count < 1)
		fail_msg("verify gives %d: %s", count, err);
	only = chains[count - 1];
	free(chains);
	return only;
}

static void whole_from(uint64_t first, uint64_t last)
{
	struct registry_chain chain = verify();

	if (!chain.whole || !chain.linked)
		fail_msg("whole %d linked %d: %s", chain.whole, chain.linked, chain.why);
	assert_int_equal(chain.first_seq, first);
	assert_int_equal(chain.last_seq, last);
	assert_int_equal(chain.entries, last + 1 - first);
	assert_int_equal(chain.signed_entries, last + 1 - first);
	assert_int_equal(strstr(chain.why, "retention") != NULL, first > 1);
}

static struct registry *begin(unsigned count)
{
	struct registry *reg = bed_open("hub.db");

	chain_begin(&c, "walker", "front", NULL);
	chain_taps(&c, count);
	EXPECT(reg, chain_door(reg, "front", &c.key.public, bed_now_us, false), 0);
	return reg;
}

static void end(struct registry *reg)
{
	registry_close(reg);
	chain_free(&c);
}

static int64_t number(struct registry *reg, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_number(reg->db, sql, &n), 0);
	return n;
}

static int64_t number_of(struct registry *reg, const char *table)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	return number(reg, sql);
}

static void whole_segments_go_and_the_rest_verifies(void **state)
{
	struct registry *reg = begin(1000);

	(void)state;
	come(reg, 1, 500, 30, 0);
	come(reg, 501, 1000, 30, 100);
	assert_int_equal(forget_at(reg, 365).entries, 0);
	whole_from(1, 1000);
	assert_int_equal(forget_at(reg, 366).entries, 500);
	whole_from(501, 1000);
	assert_int_equal(forget_at(reg, 366).entries, 0);
	assert_int_equal(number(reg, "SELECT count(*) FROM entry"), 500);
	end(reg);
}

static void segment_ends_with_a_signature(void **state)
{
	struct registry *reg = begin(100);

	(void)state;
	/* one signature over 1 … 60 and what follows in the same 64 takes its place */
	come(reg, 1, 60, 60, 0);
	come(reg, 61, 62, 2, 100);
	come(reg, 63, 100, 38, 100);
	assert_int_equal(number(reg, "SELECT min(last_seq) FROM signature"), 62);
	assert_int_equal(forget_at(reg, 366).entries, 0);
	whole_from(1, 100);
	assert_int_equal(forget_at(reg, 466).entries, 100);
	end(reg);
}

/* Nothing is left, and the journal goes on: also the next one links to it. */
static void empty_journal_goes_on(void **state)
{
	struct registry *reg = begin(64);
	struct chain_bed first;

	(void)state;
	come(reg, 1, 64, 64, 0);
	assert_int_equal(forget_at(reg, 400).entries, 64);
	whole_from(65, 64);
	EXPECT(reg, registry_log_mark(reg, "front", &mark), 0);
	assert_int_equal(mark.seq, 64);
	assert_memory_equal(mark.hash, c.rows[63].hash, sizeof(mark.hash));
	chain_taps(&c, 10);
	come(reg, 65, 74, 10, 400);
	whole_from(65, 74);
	assert_int_equal(forget_at(reg, 800).entries, 10);
	first = c;
	chain_begin(&c, "walker", "front", &first);
	chain_taps(&c, 5);
	come(reg, 1, 5, 5, 800);
	whole_from(1, 5);
	assert_int_equal(number(reg, "SELECT count(*) FROM alarm"), 0);
	chain_free(&first);
	end(reg);
}

/* A door that stands further back sends what went long ago. */
static void what_went_and_comes_again_is_a_duplicate(void **state)
{
	struct registry *reg = begin(128);
	struct registry_batch batch;

	(void)state;
	come(reg, 1, 64, 64, 0);
	come(reg, 65, 100, 36, 300);
	assert_int_equal(forget_at(reg, 366).entries, 64);
	batch = chain_batch(&c, 1, 40);
	EXPECT(reg, registry_log_take(reg, &batch, &mark), REGISTRY_TAKEN_DUPLICATE);
	assert_int_equal(mark.seq, 100);
	batch = chain_batch(&c, 60, 110);
	EXPECT(reg, registry_log_take(reg, &batch, &mark), REGISTRY_TAKEN_NEW);
	assert_int_equal(mark.seq, 110);
	whole_from(65, 110);
	end(reg);
}

/* A signature whose digest of rotten rows reaches back keeps them. */
static void rotten_rows_stay_as_long_as_their_signature_needs_them(void **state)
{
	struct registry *reg = begin(100);

	(void)state;
	c.rows[45].poison = true;
	c.rows[45].record.body[0] ^= 1;
	strcpy(c.rows[45].why, "rot");
	come(reg, 1, 40, 40, 0);
	come(reg, 41, 60, 20, 300);
	come(reg, 61, 100, 40, 300);
	assert_int_equal(forget_at(reg, 366).entries, 40);
	assert_int_equal(verify().poison, 1);
	assert_true(verify().whole);
	assert_int_equal(forget_at(reg, 700).entries, 60);
	end(reg);
}

static void large_log_goes_in_pieces(void **state)
{
	struct registry *reg = begin(9000);
	struct registry_forgotten done;
	uint64_t gone = 0;
	int turns = 0;

	(void)state;
	come(reg, 1, 8960, 64, 0);
	come(reg, 8961, 9000, 40, 300);
	do {
		done = forget_at(reg, 366);
		gone += done.entries;
		assert_in_range(done.entries, 1, 4096);
		turns++;
		whole_from(gone + 1, 9000);
	} while (done.more);
	assert_int_equal(gone, 8960);
	assert_int_equal(turns, 3);
	assert_int_equal(number(reg, "SELECT min(zone) FROM entry_zone"), 8961 / 1024);
	end(reg);
}

static void unknown_cards_lose_their_tokens_after_a_day(void **state)
{
	struct registry *reg = begin(0);
	struct entry known = chain_tap(1), unknown = {.kind = ENTRY_KIND_TAP,
						   .wall_us = BED_START_US,
						   .decided = true,
						   .reason = REASON_CARD_UNKNOWN,
						   .has_subject = true,
						   .subject = {.has_token = true, .key_id = 1}};
	struct registry_unknown row;

	(void)state;
	memset(unknown.subject.token.bytes, 0x5A, TOKEN_SIZE);
	chain_add(&c, &known);
	chain_add(&c, &unknown);
	come(reg, 1, 2, 2, 0);
	assert_int_equal(forget_at(reg, 1).unknown, 0);
	assert_int_equal(registry_log_unknown(reg, "front", 0, &row, 1), 1);
	assert_int_equal(forget_at(reg, 2).unknown, 1);
	assert_int_equal(forget_at(reg, 2).unknown, 0);
	assert_int_equal(registry_log_unknown(reg, "front", 0, &row, 1), 0);
	assert_int_equal(number(reg, "SELECT count(*) FROM entry WHERE salt IS NOT NULL"), 1);
	whole_from(1, 2);
	end(reg);
}

static void unknown_cards_of_forks_go_too(void **state)
{
	struct registry *reg = begin(2);
	struct entry unknown = {.kind = ENTRY_KIND_TAP,
		.wall_us = BED_START_US,
		.decided = true,
		.reason = REASON_CARD_UNKNOWN,
		.has_subject = true,
		.subject = {.has_token = true, .key_id = 1}};
	struct chain_bed branch = chain_copy(&c, 1);
	struct registry_batch batch;

	(void)state;
	come(reg, 1, 2, 2, 0);
	chain_add(&branch, &unknown);
	batch = chain_batch(&branch, 2, 2);
	EXPECT(reg, registry_log_take(reg, &batch, &mark), REGISTRY_TAKEN_FORK);
	assert_int_equal(number(reg, "SELECT count(*) FROM fork WHERE salt IS NOT NULL"), 1);
	assert_int_equal(forget_at(reg, 1).unknown, 0);
	assert_int_equal(forget_at(reg, 2).unknown, 1);
	assert_int_equal(number(reg, "SELECT count(*) FROM fork WHERE salt IS NOT NULL"), 0);
	chain_free(&branch);
	end(reg);
}

static void names_audit_and_notices_go_in_their_time(void **state)
{
	struct registry *reg = begin(0);
	struct registry_forgotten done;
	uint32_t listed, arrived;
	uint64_t event, id;
	struct registry_event e = {.title = "Talk",
		.door = "front",
		.doors_from_us = BED_START_US,
		.doors_until_us = BED_START_US + 3600000000LL,
		.starts_us = BED_START_US,
		.ends_us = BED_START_US + 3600000000LL};
	struct registry_event_guest g = {
		.name = "Somebody", .how = REGISTRY_ARRIVAL_WALK_IN, .by = "maya"};

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_event_add(reg, &e, &event), 0);
	g.event = event;
	EXPECT(reg, registry_event_guest_add(reg, &g, false, &id), 0);
	EXPECT(reg, registry_audit_add(reg, "maya", "event.add", "event/1", "", "{}"), 0);
	bed_commit(reg);
	assert_int_equal(forget_at(reg, 31).names, 0);
	assert_int_equal(forget_at(reg, 32).names, 1);
	EXPECT(reg, registry_event_count(reg, event, &listed, &arrived), 0);
	assert_int_equal(arrived, 1);
	EXPECT(reg, registry_event_guest(reg, id, &g), 0);
	assert_string_equal(g.name, "");
	assert_int_equal(forget_at(reg, 731).audit, 0);
	done = forget_at(reg, 732);
	assert_int_equal(done.audit, 1);
	end(reg);
}

/* What ties a member to an evening goes with the year's entries; how many came stays. */
static void lists_passes_gifts_and_seen_alarms_go_too(void **state)
{
	struct registry *reg = begin(0);
	const struct allowance days = {
		.kind = ALLOWANCE_DAYS, .limit = 10, .policy = ALLOWANCE_DENY};
	struct registry_tier tier = {
		.name = "Days", .roster = {.hours = "24/7", .allowance = days}};
	struct registry_event e = {
		.title = "Talk", .starts_us = BED_START_US, .ends_us = BED_START_US + 3600000000LL};
	struct registry_event_guest g = {.how = REGISTRY_ARRIVAL_TICK, .by = "maya"};
	uint32_t listed, arrived, number;
	uint64_t event, id;

	(void)state;
	bed_begin(reg);
	EXPECT(reg, registry_tier_add(reg, &tier, &number), 0);
	g.member = bed_member(reg, "Ada", number);
	EXPECT(reg, registry_event_add(reg, &e, &event), 0);
	g.event = event;
	EXPECT(reg, registry_event_guest_add(reg, &g, false, &id), 0);
	EXPECT(reg, registry_allowance_give(reg, g.member, 0, 1, 0, "maya", "Ada spoke"), 0);
	assert_int_equal(
		db_do(reg->db, "INSERT INTO card (key_id, kind, label, state, pending, "
			       "issued_by, issued_us, ended_by, ended_us, ended_why, replaced_by, "
			       "version) "
			       "VALUES (1, 0, '', 0, 0, '', 0, '', 0, '', 0, 1); "
			       "INSERT INTO guest_pass VALUES (1, 1, '', 1, '', 0, 0, '', 0, '', "
			       "1000000, 0); INSERT INTO alarm VALUES (1, 1, 'front', 'x', 0, 0, "
			       "1, 'maya', 0), (2, 1, 'front', 'y', 0, 0, 1, '', 0)"),
		0);
	bed_commit(reg);
	assert_int_equal(forget_at(reg, 365).names, 0);
	EXPECT(reg, registry_event_guest(reg, id, &g), 0);
	assert_string_equal(g.name, "Ada");
	assert_int_equal(forget_at(reg, 366).names, 1);
	assert_int_equal(forget_at(reg, 366).names, 0);
	EXPECT(reg, registry_event_guest(reg, id, &g), 0);
	assert_true(g.member == 0 && g.card == 0 && !*g.name);
	EXPECT(reg, registry_event_count(reg, event, &listed, &arrived), 0);
	assert_int_equal(listed, 1);
	assert_int_equal(number_of(reg, "correction"), 0);
	assert_int_equal(number_of(reg, "guest_pass"), 0);
	forget_at(reg, 732);
	assert_int_equal(number_of(reg, "alarm"), 1); /* nobody has seen it */
	end(reg);
}

static void settings_have_bounds_and_versions(void **state)
{
	struct registry *reg = begin(64);
	struct registry_retention r, now;

	(void)state;
	EXPECT(reg, registry_retention(reg, &r), 0);
	assert_int_equal(r.entries_days, 365);
	assert_int_equal(r.unknown_hours, 24);
	bed_begin(reg);
	r.entries_days = 30;
	EXPECT(reg, registry_retention_change(reg, &r), -EINVAL);
	said(reg, "entries_days is 30: use 31");
	r.entries_days = 31;
	r.notices_days = 367;
	EXPECT(reg, registry_retention_change(reg, &r), -EINVAL);
	r.notices_days = 366;
	EXPECT(reg, registry_retention_change(reg, &r), 0);
	EXPECT(reg, registry_retention_change(reg, &r), -ESTALE);
	bed_commit(reg);
	EXPECT(reg, registry_retention(reg, &now), 0);
	assert_int_equal(now.entries_days, 31);
	assert_int_equal(now.version, r.version + 1);
	come(reg, 1, 64, 64, 0);
	assert_int_equal(forget_at(reg, 32).entries, 64);
	end(reg);
}

/* A clock that is wrong by years must not empty the log. */
static void clock_that_jumps_forgets_nothing(void **state)
{
	struct registry *reg = begin(64);
	struct registry_forgotten done;

	(void)state;
	come(reg, 1, 64, 64, 0);
	forget_at(reg, 0);
	for (int back = 0; back < 2; back++) {
		bed_now_us = BED_START_US + (back ? -1 : 4000) * BED_DAY_US;
		bed_begin(reg);
		EXPECT(reg, registry_forget(reg, false, &done), -EAGAIN);
		said(reg, back ? "the clock went back" : "forward by 4000 days");
		registry_abort(reg);
	}
	whole_from(1, 64);
	/* hubs that were off over the summer go on once the clock is vouched for */
	assert_int_equal(forget_at(reg, 4000).entries, 64);
	end(reg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_segments_go_and_the_rest_verifies),
		TEST(segment_ends_with_a_signature),
		TEST(empty_journal_goes_on),
		TEST(what_went_and_comes_again_is_a_duplicate),
		TEST(rotten_rows_stay_as_long_as_their_signature_needs_them),
		TEST(large_log_goes_in_pieces),
		TEST(unknown_cards_lose_their_tokens_after_a_day),
		TEST(unknown_cards_of_forks_go_too),
		TEST(names_audit_and_notices_go_in_their_time),
		TEST(lists_passes_gifts_and_seen_alarms_go_too),
		TEST(settings_have_bounds_and_versions),
		TEST(clock_that_jumps_forgets_nothing),
	};

	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
