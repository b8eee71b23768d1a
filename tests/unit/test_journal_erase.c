/* SPDX-License-Identifier: Apache-2.0 */
/* Entries forget whom they are about; the chain goes on, and no byte of the files has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "faulty_vfs.h"
#include "store/db.h"
#include "store/journal.h"
#include <poll.h>

#define WAIT_MS 10000
#define HOUR_US 3600000000LL
#define NOW_US 1795305600000000LL

static char err[ERR_MAX];
static struct journal_report report;
static uint8_t salt_byte;

/* Salts that can be looked for. */
static void make_salt(void *out, size_t size)
{
	memset(out, salt_byte, size);
}

static struct journal *open_journal(void)
{
	const struct journal_options options = {
		.path = in_folder("journal.db"),
		.intent_path = in_folder("journal.intent"),
		.site = "walker",
		.door = "front",
		.hash = crypto_hash256,
		.random = make_salt,
		.wall_us = NOW_US,
	};
	struct journal *journal = NULL;

	if (journal_open(&options, &journal, &report, err) < 0)
		fail_msg("journal_open: %s", err);
	return journal;
}

static struct journal_event expect(struct journal *journal, enum journal_event_kind kind)
{
	struct pollfd fd = {.fd = journal_fd(journal), .events = POLLIN};
	struct journal_event event;

	while (!journal_next(journal, &event))
		if (poll(&fd, 1, WAIT_MS) != 1)
			fail_msg("no event within %d ms", WAIT_MS);
	if (event.kind != kind)
		fail_msg("event %d instead of %d: %s", event.kind, kind, event.message);
	return event;
}

static void add(
	struct journal *journal, const struct entry_subject *subject, int64_t wall_us, uint8_t salt)
{
	const struct entry entry = {
		.kind = ENTRY_KIND_TAP,
		.wall_us = wall_us,
		.mono_us = 1,
		.clock = CLOCK_TRUST_SYNCED,
		.decided = true,
		.reason = subject->has_token ? REASON_CARD_UNKNOWN : REASON_GRANTED,
		.grant = !subject->has_token,
		.has_subject = true,
		.subject = *subject,
	};

	salt_byte = salt;
	assert_int_equal(journal_append(journal, &entry), 0);
	expect(journal, JOURNAL_EVENT_COMMITTED);
}

static bool file_has(const char *name, uint8_t salt)
{
	uint8_t what[ENTRY_SALT_SIZE];
	FILE *f = fopen(in_folder(name), "rb");
	static char data[4 << 20];
	size_t size;

	if (!f)
		return false;
	memset(what, salt, sizeof(what));
	size = fread(data, 1, sizeof(data), f);
	assert_int_not_equal(size, sizeof(data));
	fclose(f);
	return memmem(data, size, what, sizeof(what)) != NULL;
}

static bool anywhere(uint8_t salt)
{
	return file_has("journal.db", salt) || file_has("journal.db-wal", salt) ||
	       file_has("journal.intent", salt);
}

static uint64_t erase(struct journal *journal, const struct journal_erasure *what)
{
	struct journal_event event;

	assert_int_equal(journal_erase(journal, what), 0);
	event = expect(journal, JOURNAL_EVENT_ERASED);
	if (event.error < 0)
		fail_msg("%s", event.message);
	assert_int_equal(event.tag, what->tag);
	return event.seq;
}

static void assert_whole(uint64_t entries)
{
	uint64_t count;

	if (journal_verify(
		    in_folder("journal.db"), "walker", "front", crypto_hash256, &count, err) < 0)
		fail_msg("%s", err);
	assert_int_equal(count, entries);
}

static const struct entry_subject theirs = {.card = 3, .member = 17};
static const struct entry_subject others = {.card = 4, .member = 18};
static const struct entry_subject guest = {.card = 5, .sponsor = 17};
static const struct entry_subject unknown = {
	.has_token = true, .token.bytes = {7, 7, 7}, .key_id = 1};

static void member_is_nowhere_and_the_chain_is_whole(void **state)
{
	struct journal *journal = open_journal();
	struct journal_erasure what = {.tag = 5, .member = 17, .count = 1, .seqs = {4}};

	(void)state;
	add(journal, &theirs, NOW_US, 0xA1);
	add(journal, &others, NOW_US, 0xB1);
	add(journal, &guest, NOW_US, 0xA2);
	add(journal, &unknown, NOW_US, 0xA3);
	add(journal, &unknown, NOW_US, 0xB2);
	assert_true(anywhere(0xA1) && anywhere(0xA2) && anywhere(0xA3));
	assert_int_equal(erase(journal, &what), 3);
	assert_false(anywhere(0xA1) || anywhere(0xA2) || anywhere(0xA3));
	assert_true(anywhere(0xB1) && anywhere(0xB2));
	assert_int_equal(erase(journal, &what), 0); /* told again */
	assert_whole(5);
	add(journal, &others, NOW_US, 0xB3);
	journal_close(journal, WAIT_MS, NULL);
	assert_false(anywhere(0xA1) || anywhere(0xA2) || anywhere(0xA3));
	assert_whole(6);
}

static void many_entries_go_in_pieces(void **state)
{
	struct journal *journal = open_journal();
	const struct journal_erasure what = {.member = 17};

	(void)state;
	for (unsigned i = 0; i < 600; i++)
		add(journal, i % 4 == 3 ? &others : &theirs, NOW_US, i % 4 == 3 ? 0xB1 : 0xA1);
	assert_int_equal(erase(journal, &what), 450);
	assert_false(anywhere(0xA1));
	journal_close(journal, WAIT_MS, NULL);
	assert_whole(600);
}

static void unknown_cards_go_after_their_time(void **state)
{
	struct journal *journal = open_journal();
	const struct journal_erasure what = {
		.unknown_from_us = NOW_US - 24 * HOUR_US, .unknown_until_us = NOW_US};

	(void)state;
	add(journal, &unknown, NOW_US - 25 * HOUR_US, 0xA1);
	add(journal, &unknown, NOW_US - HOUR_US, 0xB1);
	add(journal, &theirs, NOW_US - 25 * HOUR_US, 0xB2);
	add(journal, &unknown, NOW_US + 1000 * HOUR_US, 0xA2); /* a wrong clock's */
	assert_int_equal(erase(journal, &what), 2);
	assert_false(anywhere(0xA1) || anywhere(0xA2));
	assert_true(anywhere(0xB1) && anywhere(0xB2));
	journal_close(journal, WAIT_MS, NULL);
	assert_whole(4);
}

static void old_entries_forget_whom_they_are_about(void **state)
{
	struct journal *journal = open_journal();
	struct journal_erasure what = {.unknown_from_us = NOW_US - 24 * HOUR_US,
		.unknown_until_us = NOW_US,
		.old_us = NOW_US - 720 * HOUR_US};

	(void)state;
	add(journal, &theirs, NOW_US + 999 * HOUR_US, 0xC1); /* a wrong clock's, long ago */
	add(journal, &others, NOW_US - 721 * HOUR_US, 0xC2);
	add(journal, &theirs, NOW_US - 719 * HOUR_US, 0xB1);
	add(journal, &others, NOW_US - 721 * HOUR_US,
		0xB2); /* the hub has not said that it has it */
	assert_int_equal(erase(journal, &what), 0);
	what.old_seq = 3;
	assert_int_equal(erase(journal, &what), 2);
	assert_false(anywhere(0xC1) || anywhere(0xC2));
	assert_true(anywhere(0xB1) && anywhere(0xB2));
	assert_int_equal(erase(journal, &what), 0);
	journal_close(journal, WAIT_MS, NULL);
	assert_whole(4);
}

static void disk_that_refuses_is_told(void **state)
{
	struct journal *journal = open_journal();
	const struct journal_erasure what = {.member = 17};
	struct journal_event event;

	(void)state;
	add(journal, &theirs, NOW_US, 0xA1);
	disk.write_error = SQLITE_FULL;
	assert_int_equal(journal_erase(journal, &what), 0);
	event = expect(journal, JOURNAL_EVENT_ERASED);
	assert_int_equal(event.error, -ENOSPC);
	disk.write_error = 0;
	assert_int_equal(erase(journal, &what), 1);
	assert_false(anywhere(0xA1));
	journal_close(journal, WAIT_MS, NULL);
	assert_whole(1);
}

static int fresh_folder(void **state)
{
	(void)state;
	folder_make();
	return 0;
}

static int no_folder(void **state)
{
	(void)state;
	folder_remove();
	return 0;
}

#define ERASE_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_folder, no_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ERASE_TEST(member_is_nowhere_and_the_chain_is_whole),
		ERASE_TEST(many_entries_go_in_pieces),
		ERASE_TEST(unknown_cards_go_after_their_time),
		ERASE_TEST(old_entries_forget_whom_they_are_about),
		ERASE_TEST(disk_that_refuses_is_told),
	};

	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
