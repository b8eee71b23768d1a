/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/entry.h"
#include "crypto/hash.h"
#include "crypto/text.h"

#define VECTORS "tests/unit/vectors/entry.json"

static const uint8_t salt[ENTRY_SALT_SIZE] = {1, 2, 3};

static struct entry tap_entry(void)
{
	struct entry e = {.kind = ENTRY_KIND_TAP,
		.wall_us = 1795305601234567,
		.mono_us = 99,
		.clock = CLOCK_TRUST_SYNCED,
		.decided = true,
		.grant = true,
		.reason = REASON_GRANTED,
		.revision = {1, 42},
		.has_subject = true,
		.subject = {.has_token = true, .key_id = 7, .card = 1001, .member = 2002},
		.detail = "front"};

	memset(e.subject.token.bytes, 0xA5, TOKEN_SIZE);
	return e;
}

static struct entry_record record_of(const struct entry *entry)
{
	struct entry_record record;

	assert_int_equal(entry_encode(entry, salt, crypto_hash256, &record), 0);
	return record;
}

/* Decodes, encodes again with the same salt, and expects the same bytes. */
static struct entry decoded(const struct entry_record *record)
{
	struct entry entry;
	struct entry_record again;

	assert_int_equal(entry_decode(record, crypto_hash256, &entry), 0);
	assert_int_equal(entry_encode(&entry, record->salt, crypto_hash256, &again), 0);
	assert_int_equal(again.body_size, record->body_size);
	assert_memory_equal(again.body, record->body, record->body_size);
	assert_int_equal(again.subject_size, record->subject_size);
	assert_memory_equal(again.subject, record->subject, record->subject_size);
	return entry;
}

/* ---- vectors made by another program ---- */

static size_t unhex(json_t *row, const char *name, uint8_t *out, size_t max)
{
	const char *text = json_string_value(json_object_get(row, name));
	size_t size = text ? strlen(text) / 2 : 0;

	assert_true(size <= max);
	if (size > 0)
		assert_int_equal(text_unhex(text, out, size), 0);
	return size;
}

static uint64_t u64(json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text ? strtoull(text, NULL, 10) : 0;
}

static void copy_text(json_t *row, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(row, name));

	entry_text_set(out, size, text ? text : "");
}

static void subject_from_json(json_t *row, struct entry_subject *s)
{
	s->has_token = unhex(row, "token", s->token.bytes, TOKEN_SIZE) > 0;
	s->key_id = (uint32_t)json_integer_value(json_object_get(row, "key_id"));
	s->card = u64(row, "card");
	s->member = u64(row, "member");
	s->sponsor = u64(row, "sponsor");
	copy_text(row, "actor", s->actor, sizeof(s->actor));
	s->event = u64(row, "event");
	s->use = (uint8_t)json_integer_value(json_object_get(row, "use"));
}

static void entry_from_json(json_t *row, struct entry *e)
{
	json_t *revision = json_object_get(row, "revision");

	memset(e, 0, sizeof(*e));
	e->kind = (enum entry_kind)json_integer_value(json_object_get(row, "kind"));
	e->wall_us = strtoll(json_string_value(json_object_get(row, "wall_us")), NULL, 10);
	e->mono_us = u64(row, "mono_us");
	assert_int_equal(unhex(row, "boot_id", e->boot_id, 16), 16);
	e->clock = (enum clock_trust)json_integer_value(json_object_get(row, "clock"));
	e->decided = json_object_get(row, "reason") != NULL;
	e->grant = json_is_true(json_object_get(row, "grant"));
	e->reason = (enum reason)json_integer_value(json_object_get(row, "reason"));
	e->warnings = (uint32_t)json_integer_value(json_object_get(row, "warnings"));
	e->revision.generation = (uint32_t)json_integer_value(json_array_get(revision, 0));
	e->revision.number = strtoull(json_string_value(json_array_get(revision, 1)), NULL, 10);
	e->has_subject = json_object_get(row, "subject") != NULL;
	if (e->has_subject)
		subject_from_json(json_object_get(row, "subject"), &e->subject);
	copy_text(row, "detail", e->detail, sizeof(e->detail));
}

static void check_vector(json_t *row, uint8_t chain[ENTRY_HASH_SIZE])
{
	json_t *fields = json_object_get(row, "entry");
	uint8_t given_salt[ENTRY_SALT_SIZE] = {0}, body[ENTRY_BODY_MAX], subject[ENTRY_SUBJECT_MAX];
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry entry, back;
	struct entry_record record;

	entry_from_json(fields, &entry);
	unhex(fields, "salt", given_salt, sizeof(given_salt));
	assert_int_equal(entry_encode(&entry, given_salt, crypto_hash256, &record), 0);
	assert_int_equal(record.body_size, unhex(row, "body", body, sizeof(body)));
	assert_memory_equal(record.body, body, record.body_size);
	assert_int_equal(record.subject_size, unhex(row, "subject", subject, sizeof(subject)));
	assert_memory_equal(record.subject, subject, record.subject_size);
	entry_chain_next(chain, (uint64_t)json_integer_value(json_object_get(row, "seq")), &record,
		crypto_hash256, chain);
	assert_int_equal(unhex(row, "hash", hash, sizeof(hash)), sizeof(hash));
	assert_memory_equal(chain, hash, sizeof(hash));
	back = decoded(&record);
	assert_int_equal(back.wall_us, entry.wall_us);
	assert_string_equal(back.detail, entry.detail);
	assert_string_equal(back.subject.actor, entry.subject.actor);
}

static void records_are_those_another_program_makes(void **state)
{
	json_t *root = json_load_file(VECTORS, JSON_REJECT_DUPLICATES, NULL), *row;
	uint8_t journal[ENTRY_JOURNAL_SIZE], expected[ENTRY_HASH_SIZE], chain[ENTRY_HASH_SIZE];
	const char *site, *door;
	size_t i;

	(void)state;
	assert_non_null(root);
	site = json_string_value(json_object_get(root, "site"));
	door = json_string_value(json_object_get(root, "door"));
	unhex(root, "journal", journal, sizeof(journal));
	unhex(root, "chain_start", chain, sizeof(chain));
	entry_chain_start(site, door, journal, chain, crypto_hash256, expected);
	unhex(root, "chain_start_after_that", chain, sizeof(chain));
	assert_memory_equal(expected, chain, sizeof(chain));
	entry_chain_start(site, door, journal, NULL, crypto_hash256, chain);
	unhex(root, "chain_start", expected, sizeof(expected));
	assert_memory_equal(chain, expected, sizeof(chain));
	assert_int_equal(json_array_size(json_object_get(root, "records")), 10);
	json_array_foreach(json_object_get(root, "records"), i, row) check_vector(row, chain);
	json_decref(root);
}

/* ---- what is refused ---- */

static void text_that_is_no_text_is_refused(void **state)
{
	static const char *const bad[] = {"line\nbreak", "tab\t", "\x1b[31m", "\x7f", "\xC2\x85",
		"\xC0\xAF", "\xE0\x83\xBF", "\xF0\x82\x98\x95", "\xE0\x80\x80", "\xED\xA0\x80",
		"\xF4\x90\x80\x80", "\xF0\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\x80", "\xE2\x98",
		"a\xFF"};
	static const char *const good[] = {"", "~", "Zo\xC3\xAB", "\xC2\xA0", "\xE2\x98\x95",
		"\xF0\x9D\x84\x9E", "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBD"};
	struct entry_record record;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct entry e = tap_entry();

		strcpy(e.detail, bad[i]);
		assert_int_equal(entry_encode(&e, salt, crypto_hash256, &record), -EINVAL);
		e = tap_entry();
		strcpy(e.subject.actor, bad[i]);
		assert_int_equal(entry_encode(&e, salt, crypto_hash256, &record), -EINVAL);
		entry_text_set(e.detail, sizeof(e.detail), bad[i]);
		entry_text_set(e.subject.actor, sizeof(e.subject.actor), bad[i]);
		record_of(&e);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct entry e = tap_entry();

		strcpy(e.detail, good[i]);
		record_of(&e);
		entry_text_set(e.detail, sizeof(e.detail), good[i]);
		assert_string_equal(e.detail, good[i]);
	}
}

static void text_without_its_end_is_refused(void **state)
{
	struct entry e = tap_entry();
	struct entry_record record;

	(void)state;
	memset(e.detail, 'd', sizeof(e.detail));
	assert_int_equal(entry_encode(&e, salt, crypto_hash256, &record), -EINVAL);
	e = tap_entry();
	memset(e.subject.actor, 'a', sizeof(e.subject.actor));
	assert_int_equal(entry_encode(&e, salt, crypto_hash256, &record), -EINVAL);
}

static void any_text_can_be_made_to_fit(void **state)
{
	char out[8];

	(void)state;
	entry_text_set(out, sizeof(out), "one\ntwo three");
	assert_string_equal(out, "one?two");
	entry_text_set(out, sizeof(out), "abcdef\xE2\x98\x95"); /* no half characters */
	assert_string_equal(out, "abcdef");
	entry_text_set(out, sizeof(out), "\xE2\x98");
	assert_string_equal(out, "??");
	out[0] = 'x';
	entry_text_set(out, 0, "abc"); /* no room at all */
	assert_int_equal(out[0], 'x');
	entry_text_set(out, 1, "abc");
	assert_string_equal(out, "");
}

static void kinds_that_are_none_are_refused(void **state)
{
	struct entry e = tap_entry();
	struct entry_record record = {.body_size = 7};

	(void)state;
	e.kind = ENTRY_KIND_NONE;
	assert_int_equal(entry_encode(&e, salt, crypto_hash256, &record), -EINVAL);
	e.kind = (enum entry_kind)65536;
	assert_int_equal(entry_encode(&e, salt, crypto_hash256, &record), -EINVAL);
	e = tap_entry();
	e.reason = (enum reason)65536;
	assert_int_equal(entry_encode(&e, salt, crypto_hash256, &record), -EINVAL);
	e = tap_entry();
	e.clock = (enum clock_trust)256;
	assert_int_equal(entry_encode(&e, salt, crypto_hash256, &record), -EINVAL);
	e = tap_entry();
	e.erased = true;
	assert_int_equal(entry_encode(&e, salt, crypto_hash256, &record), -EINVAL);
	assert_int_equal(record.body_size, 7);
}

static void a_detail_longer_than_any_of_ours_is_refused(void **state)
{
	struct entry e = tap_entry(), back;
	struct entry_record record;
	size_t at;

	(void)state;
	e.has_subject = false;
	e.detail[0] = '\0';
	record = record_of(&e);
	at = record.body_size - 2u; /* the detail's length stands last */
	record.body[at] = ENTRY_DETAIL_MAX;
	memset(record.body + at + 2, 'a', ENTRY_DETAIL_MAX + 1);
	record.body_size = (uint16_t)(at + 2 + ENTRY_DETAIL_MAX);
	assert_int_equal(entry_decode(&record, crypto_hash256, &back), 0);
	record.body[at]++;
	record.body_size++;
	assert_int_equal(entry_decode(&record, crypto_hash256, &back), -EBADMSG);
}

static void numbers_of_a_newer_door_are_kept(void **state)
{
	struct entry e = tap_entry(), back;
	struct entry_record record;

	(void)state;
	e.kind = (enum entry_kind)9999;
	e.reason = (enum reason)8888;
	e.clock = (enum clock_trust)77;
	e.warnings = 0x80000000;
	record = record_of(&e);
	back = decoded(&record);
	assert_int_equal(back.kind, 9999);
	assert_int_equal(back.reason, 8888);
	assert_int_equal(back.warnings, 0x80000000);
	assert_null(entry_kind_name(back.kind));
	assert_false(clock_trust_ok(back.clock));
}

static void an_erased_record_decodes_without_its_subject(void **state)
{
	struct entry e = tap_entry(), back;
	struct entry_record record = record_of(&e);

	(void)state;
	memset(record.salt, 0, sizeof(record.salt));
	memset(record.subject, 0, sizeof(record.subject));
	record.subject_size = 0;
	assert_int_equal(entry_decode(&record, crypto_hash256, &back), 0);
	assert_true(back.erased);
	assert_false(back.has_subject);
	assert_int_equal(back.reason, REASON_GRANTED);
}

static void a_subject_must_match_its_commitment(void **state)
{
	struct entry e = tap_entry(), back = {.mono_us = 5};
	struct entry_record good = record_of(&e), bad;

	(void)state;
	for (size_t i = 0; i < good.subject_size; i++) {
		bad = good;
		bad.subject[i] ^= 1;
		assert_int_equal(entry_decode(&bad, crypto_hash256, &back), -EBADMSG);
	}
	bad = good;
	bad.salt[15] ^= 1;
	assert_int_equal(entry_decode(&bad, crypto_hash256, &back), -EBADMSG);
	/* a subject that nothing committed to */
	e.has_subject = false;
	bad = record_of(&e);
	memcpy(bad.subject, good.subject, good.subject_size);
	bad.subject_size = good.subject_size;
	assert_int_equal(entry_decode(&bad, crypto_hash256, &back), -EBADMSG);
	assert_int_equal(back.mono_us, 5);
}

static void constant_hash(
	const struct entry_part *parts, size_t count, uint8_t out[ENTRY_HASH_SIZE])
{
	(void)parts;
	(void)count;
	memset(out, 7, ENTRY_HASH_SIZE);
}

static void a_second_way_to_write_a_subject_is_refused(void **state)
{
	struct entry e = tap_entry(), back;
	struct entry_record record;
	uint8_t *card;

	(void)state;
	e.subject.card = 1;
	assert_int_equal(entry_encode(&e, salt, constant_hash, &record), 0);
	assert_int_equal(entry_decode(&record, constant_hash, &back), 0);
	card = record.subject + 1 + 2 + TOKEN_SIZE + 2 + 4 + 2;
	assert_int_equal(*card, 1);
	*card = 0; /* no card is no bytes, not eight zeros */
	assert_int_equal(entry_decode(&record, constant_hash, &back), -EBADMSG);
	*card = 1;
	record.subject[0] = ENTRY_SUBJECT_VERSION_USE; /* the fields of which are missing */
	assert_int_equal(entry_decode(&record, constant_hash, &back), -EBADMSG);
	record.subject[0] = ENTRY_SUBJECT_VERSION_USE + 1;
	assert_int_equal(entry_decode(&record, constant_hash, &back), -EBADMSG);
	record.subject[0] = ENTRY_VERSION;
	record.body[0] = ENTRY_VERSION + 1;
	assert_int_equal(entry_decode(&record, constant_hash, &back), -EBADMSG);
}

static void a_subject_without_event_and_use_is_of_the_first_version(void **state)
{
	struct entry e = tap_entry(), back;
	struct entry_record record;

	(void)state;
	assert_int_equal(record_of(&e).subject[0], ENTRY_VERSION);
	e.subject.use = ENTRY_USE_UNIT;
	record = record_of(&e);
	assert_int_equal(record.subject[0], ENTRY_SUBJECT_VERSION_USE);
	assert_int_equal(decoded(&record).subject.use, ENTRY_USE_UNIT);
	/* nothing in both fields is one way too many to write it */
	assert_int_equal(entry_encode(&e, salt, constant_hash, &record), 0);
	memset(record.subject + record.subject_size - 3, 0, 3);
	record.subject_size--;
	assert_int_equal(entry_decode(&record, constant_hash, &back), -EBADMSG);
	/* nor may a use of 0 be written */
	assert_int_equal(entry_encode(&e, salt, constant_hash, &record), 0);
	record.subject[record.subject_size - 1] = 0;
	assert_int_equal(entry_decode(&record, constant_hash, &back), -EBADMSG);
	e.subject.use = 0;
	e.subject.event = 77;
	record = record_of(&e);
	assert_int_equal(decoded(&record).subject.event, 77);
}

static void every_other_length_is_refused(void **state)
{
	struct entry e = tap_entry(), back;
	struct entry_record good = record_of(&e), bad;

	(void)state;
	for (unsigned size = 0; size <= UINT16_MAX; size++) {
		bad = good;
		bad.body_size = (uint16_t)size;
		assert_int_equal(entry_decode(&bad, crypto_hash256, &back),
			size == good.body_size ? 0 : -EBADMSG);
		bad = good;
		bad.subject_size = (uint16_t)size;
		assert_int_equal(entry_decode(&bad, crypto_hash256, &back),
			size == good.subject_size || size == 0 ? 0 : -EBADMSG);
	}
}

static void a_flipped_bit_is_another_record_or_none(void **state)
{
	struct entry e = tap_entry(), back;
	struct entry_record good = record_of(&e), bad, again;

	(void)state;
	for (size_t bit = 0; bit < 8 * (size_t)good.body_size; bit++) {
		bad = good;
		bad.body[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (entry_decode(&bad, crypto_hash256, &back) < 0)
			continue;
		assert_int_equal(entry_encode(&back, salt, crypto_hash256, &again), 0);
		assert_memory_equal(again.body, bad.body, bad.body_size);
		assert_memory_not_equal(again.body, good.body, good.body_size);
	}
}

static void the_chain_covers_order_and_every_byte(void **state)
{
	struct entry e = tap_entry();
	struct entry_record record = record_of(&e);
	uint8_t start[ENTRY_HASH_SIZE] = {0}, one[ENTRY_HASH_SIZE], other[ENTRY_HASH_SIZE];

	(void)state;
	entry_chain_next(start, 1, &record, crypto_hash256, one);
	entry_chain_next(start, 2, &record, crypto_hash256, other);
	assert_memory_not_equal(one, other, sizeof(one));
	start[31] = 1;
	entry_chain_next(start, 1, &record, crypto_hash256, other);
	assert_memory_not_equal(one, other, sizeof(one));
	start[31] = 0;
	record.body[record.body_size - 1] ^= 1;
	entry_chain_next(start, 1, &record, crypto_hash256, other);
	assert_memory_not_equal(one, other, sizeof(one));
	/* names cannot run into each other */
	entry_chain_start("ab", "c", start, NULL, crypto_hash256, one);
	entry_chain_start("a", "bc", start, NULL, crypto_hash256, other);
	assert_memory_not_equal(one, other, sizeof(one));
}

static void a_recovered_entry_tells_what_it_was(void **state)
{
	static const struct {
		const char *detail;
		enum entry_kind kind;
	} rows[] = {{"was tap", ENTRY_KIND_TAP}, {"was arrived: no contact", ENTRY_KIND_ARRIVED},
		{"was left: second tap", ENTRY_KIND_LEFT}, {"was fire_over", ENTRY_KIND_FIRE_OVER},
		{"was fire", ENTRY_KIND_FIRE}, {"was an unknown kind", ENTRY_KIND_RECOVERED},
		{"was tapped", ENTRY_KIND_RECOVERED}, {"tap", ENTRY_KIND_RECOVERED},
		{"", ENTRY_KIND_RECOVERED}, {"was ", ENTRY_KIND_RECOVERED}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct entry e = {.kind = ENTRY_KIND_RECOVERED};

		strcpy(e.detail, rows[i].detail);
		assert_int_equal(entry_kind_was(&e), rows[i].kind);
		e.kind = ENTRY_KIND_OPENED;
		assert_int_equal(entry_kind_was(&e), ENTRY_KIND_OPENED);
	}
}

static void every_kind_has_a_name_of_its_own(void **state)
{
	unsigned names = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		for (unsigned j = 0; j < i && entry_kind_name((enum entry_kind)i); j++)
			if (entry_kind_name((enum entry_kind)j))
				assert_string_not_equal(entry_kind_name((enum entry_kind)i),
					entry_kind_name((enum entry_kind)j));
	for (unsigned i = 0; i < 65536; i++)
		names += entry_kind_name((enum entry_kind)i) != NULL;
	assert_int_equal(names, 7 + ENTRY_KIND_READER_RESET - ENTRY_KIND_STARTED + 1);
	assert_null(entry_kind_name(ENTRY_KIND_NONE));
	assert_string_equal(entry_kind_name(ENTRY_KIND_READER_FAULT), "reader_fault");
	assert_string_equal(entry_kind_name(ENTRY_KIND_LEFT), "left");
	assert_string_equal(entry_use_name(ENTRY_USE_UNIT), "unit");
	assert_string_equal(entry_use_name(ENTRY_USE_FREE), "free");
	assert_string_equal(entry_use_name(ENTRY_USE_POOL), "pool");
	assert_null(entry_use_name(0));
	assert_null(entry_use_name(ENTRY_USE_UNIT | ENTRY_USE_POOL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_those_another_program_makes),
		cmocka_unit_test(text_that_is_no_text_is_refused),
		cmocka_unit_test(text_without_its_end_is_refused),
		cmocka_unit_test(any_text_can_be_made_to_fit),
		cmocka_unit_test(kinds_that_are_none_are_refused),
		cmocka_unit_test(a_detail_longer_than_any_of_ours_is_refused),
		cmocka_unit_test(numbers_of_a_newer_door_are_kept),
		cmocka_unit_test(an_erased_record_decodes_without_its_subject),
		cmocka_unit_test(a_subject_must_match_its_commitment),
		cmocka_unit_test(a_second_way_to_write_a_subject_is_refused),
		cmocka_unit_test(a_subject_without_event_and_use_is_of_the_first_version),
		cmocka_unit_test(every_other_length_is_refused),
		cmocka_unit_test(a_flipped_bit_is_another_record_or_none),
		cmocka_unit_test(the_chain_covers_order_and_every_byte),
		cmocka_unit_test(a_recovered_entry_tells_what_it_was),
		cmocka_unit_test(every_kind_has_a_name_of_its_own),
	};

	if (crypto_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
