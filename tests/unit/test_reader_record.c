/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hw/reader_link.h"

static struct reader_card ntag(void)
{
	struct reader_card card = {
		.mono_us = 0x0102030405060708u,
		.handle = 0x11223344,
		.protocol = READER_PROTOCOL_ISO14443A,
		.sak = 0x20,
		.atqa = 0x0344,
		.ats_size = 2,
		.ats = {0x75, 0x77},
	};

	assert_int_equal(uid_parse("04782E21801D80", &card.uid), 0);
	return card;
}

static void assert_card_equal(const struct reader_card *a, const struct reader_card *b)
{
	assert_true(a->mono_us == b->mono_us);
	assert_int_equal(a->handle, b->handle);
	assert_int_equal(a->protocol, b->protocol);
	assert_int_equal(a->sak, b->sak);
	assert_int_equal(a->atqa, b->atqa);
	assert_true(uid_equal(&a->uid, &b->uid));
	assert_int_equal(a->ats_size, b->ats_size);
	assert_memory_equal(a->ats, b->ats, a->ats_size);
}

static void card_is_laid_out_byte_by_byte(void **state)
{
	static const uint8_t expected[] = {'T', 'P', 'R', '1', 1, 0, 3, 0, 0, 0, 0, 0, 27, 0, 0, 0,
		0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0x44, 0x33, 0x22, 0x11, 1, 0x20,
		0x44, 0x03, 7, 0x04, 0x78, 0x2e, 0x21, 0x80, 0x1d, 0x80, 2, 0x75, 0x77};
	struct reader_card card = ntag();
	uint8_t packet[READER_LINK_PACKET];
	struct reader_record record;

	(void)state;
	assert_int_equal(reader_card_pack(&card, &record), 0);
	assert_int_equal(reader_record_pack(&record, packet), sizeof(expected));
	assert_memory_equal(packet, expected, sizeof(expected));
}

static void card_comes_back_as_it_went(void **state)
{
	struct reader_card card = ntag(), back;
	uint8_t packet[READER_LINK_PACKET];
	struct reader_record record, other;
	int size;

	(void)state;
	assert_int_equal(reader_card_pack(&card, &record), 0);
	size = reader_record_pack(&record, packet);
	assert_int_equal(reader_record_unpack(packet, (size_t)size, &other), 0);
	assert_int_equal(reader_card_unpack(&other, &back), 0);
	assert_card_equal(&back, &card);
}

static void every_shortened_packet_is_refused(void **state)
{
	struct reader_card card = ntag();
	uint8_t packet[READER_LINK_PACKET + 1] = {0};
	struct reader_record record;
	int size;

	(void)state;
	assert_int_equal(reader_card_pack(&card, &record), 0);
	size = reader_record_pack(&record, packet);
	for (int n = 0; n < size; n++)
		assert_int_equal(reader_record_unpack(packet, (size_t)n, &record), -EBADMSG);
	assert_int_equal(reader_record_unpack(packet, (size_t)size + 1, &record), -EBADMSG);
}

static void every_shortened_card_is_refused_and_nothing_is_written(void **state)
{
	struct reader_card card = ntag(), untouched = {.handle = 99}, back = untouched;
	struct reader_record record;
	uint32_t whole;

	(void)state;
	assert_int_equal(reader_card_pack(&card, &record), 0);
	whole = record.length;
	for (record.length = 0; record.length < whole; record.length++)
		assert_int_equal(reader_card_unpack(&record, &back), -EBADMSG);
	record.length = whole + 1;
	assert_int_equal(reader_card_unpack(&record, &back), -EBADMSG);
	assert_memory_equal(&back, &untouched, sizeof(back));
}

static void wrong_magic_version_and_length_are_refused(void **state)
{
	struct reader_record record = {.kind = READER_KIND_OK};
	uint8_t good[READER_LINK_PACKET], bad[READER_LINK_PACKET];

	(void)state;
	assert_int_equal(reader_record_pack(&record, good), READER_LINK_HEADER);
	for (size_t i = 0; i < 6; i++) {
		memcpy(bad, good, sizeof(bad));
		bad[i] ^= 0x40;
		assert_int_equal(reader_record_unpack(bad, READER_LINK_HEADER, &record),
			i < 4 ? -EBADMSG : -EPROTONOSUPPORT);
	}
	memcpy(bad, good, sizeof(bad));
	bad[15] = 0x80; /* 2 GiB */
	assert_int_equal(reader_record_unpack(bad, READER_LINK_HEADER, &record), -EBADMSG);
	record.length = READER_LINK_PAYLOAD + 1;
	assert_int_equal(reader_record_pack(&record, bad), -EMSGSIZE);
}

static void uid_of_any_other_length_is_refused(void **state)
{
	struct reader_card card = ntag(), back;
	struct reader_record record;

	(void)state;
	for (unsigned len = 0; len <= UID_MAX; len++) {
		bool good = len == 4 || len == 7 || len == 10;

		card.uid.len = (uint8_t)len;
		assert_int_equal(reader_card_pack(&card, &record), good ? 0 : -EINVAL);
	}
	card = ntag();
	assert_int_equal(reader_card_pack(&card, &record), 0);
	record.payload[16] = 6; /* then one byte of the UID would be the ATS length */
	assert_int_equal(reader_card_unpack(&record, &back), -EBADMSG);
}

static void handle_zero_is_no_card(void **state)
{
	struct reader_card card = ntag(), back;
	struct reader_record record;

	(void)state;
	assert_int_equal(reader_card_pack(&card, &record), 0);
	memset(record.payload + 8, 0, 4);
	assert_int_equal(reader_card_unpack(&record, &back), -EBADMSG);
	card.handle = 0;
	assert_int_equal(reader_card_pack(&card, &record), -EINVAL);
}

static void long_ats_is_cut_and_longest_card_fits(void **state)
{
	struct reader_card card = ntag(), back;
	struct reader_record record;

	(void)state;
	assert_int_equal(uid_parse("01020304050607080910", &card.uid), 0);
	card.ats_size = 255;
	memset(card.ats, 0xa5, sizeof(card.ats));
	assert_int_equal(reader_card_pack(&card, &record), 0);
	assert_int_equal(reader_card_unpack(&record, &back), 0);
	assert_int_equal(back.ats_size, READER_ATS_MAX);
	assert_memory_equal(back.ats, card.ats, READER_ATS_MAX);
}

static void text_from_outside_cannot_forge_a_line(void **state)
{
	char text[READER_TEXT_MAX + 1];
	struct reader_record record;
	uint32_t code = 0;

	(void)state;
	assert_int_equal(reader_text_pack(READER_KIND_FAULT, 5, "a\nb\x1b[1m\xff\x7f", &record), 0);
	assert_int_equal(reader_text_unpack(&record, &code, text), 0);
	assert_int_equal(code, 5);
	assert_string_equal(text, "a?b?[1m??");
}

static void long_text_is_cut_and_a_longer_one_refused(void **state)
{
	char text[READER_TEXT_MAX + 1], much[400];
	struct reader_record record;
	uint32_t code;

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	assert_int_equal(reader_text_pack(READER_KIND_FAULT, 1, much, &record), 0);
	assert_int_equal(reader_text_unpack(&record, &code, text), 0);
	assert_int_equal(strlen(text), READER_TEXT_MAX);
	record.length++;
	assert_int_equal(reader_text_unpack(&record, &code, text), -EBADMSG);
}

static void hello_carries_protocols_and_text(void **state)
{
	static const uint8_t protocols[] = {1, 3};
	char text[READER_TEXT_MAX + 1];
	struct reader_record record;

	(void)state;
	assert_int_equal(reader_hello_pack(protocols, 2, "PN532 v1.6", &record), 0);
	assert_int_equal(reader_hello_unpack(&record, text), 0);
	assert_string_equal(text, "PN532 v1.6");
	record.payload[0] = 13; /* one more than there is */
	assert_int_equal(reader_hello_unpack(&record, text), -EBADMSG);
	assert_int_equal(reader_hello_pack(protocols, 0, "", &record), -EINVAL);
	assert_int_equal(reader_hello_pack(protocols, 17, "", &record), -EINVAL);
}

static void numbers_are_exactly_four_bytes(void **state)
{
	struct reader_record record;
	uint32_t value = 7;

	(void)state;
	assert_int_equal(reader_u32_pack(READER_KIND_ALIVE, READER_AGE_NEVER, &record), 0);
	assert_int_equal(reader_u32_unpack(&record, &value), 0);
	assert_true(value == READER_AGE_NEVER);
	record.length = 3;
	assert_int_equal(reader_u32_unpack(&record, &value), -EBADMSG);
	record.length = 5;
	assert_int_equal(reader_u32_unpack(&record, &value), -EBADMSG);
	assert_int_equal(reader_u32_pack(READER_KIND_CARD, 1, &record), -EINVAL);
}

static void one_kind_is_not_read_as_another(void **state)
{
	char text[READER_TEXT_MAX + 1];
	struct reader_card card = ntag();
	struct reader_record record;
	uint32_t value;

	(void)state;
	assert_int_equal(reader_card_pack(&card, &record), 0);
	assert_int_equal(reader_text_unpack(&record, &value, text), -EBADMSG);
	assert_int_equal(reader_hello_unpack(&record, text), -EBADMSG);
	assert_int_equal(reader_u32_unpack(&record, &value), -EBADMSG);
	record.kind = READER_KIND_REMOVED;
	assert_int_equal(reader_card_unpack(&record, &card), -EBADMSG);
}

static void transceive_bounds_its_size_and_time(void **state)
{
	uint8_t data[READER_TRANSCEIVE_MAX + 1] = {0x60};
	struct reader_record record;
	uint32_t handle, ms;
	const uint8_t *out;
	size_t size;

	(void)state;
	assert_int_equal(reader_transceive_pack(9, 3, 5000, data, 256, &record), 0);
	assert_int_equal(record.length, READER_LINK_PAYLOAD);
	assert_int_equal(reader_transceive_unpack(&record, &handle, &ms, &out, &size), 0);
	assert_int_equal(record.request, 9);
	assert_int_equal(handle, 3);
	assert_int_equal(ms, 5000);
	assert_int_equal(size, 256);
	assert_memory_equal(out, data, 256);
	assert_int_equal(reader_transceive_pack(9, 3, 0, data, 1, &record), -EINVAL);
	assert_int_equal(reader_transceive_pack(9, 3, 5001, data, 1, &record), -EINVAL);
	assert_int_equal(reader_transceive_pack(9, 3, 1, data, 0, &record), -EINVAL);
	assert_int_equal(reader_transceive_pack(9, 3, 1, data, 257, &record), -EINVAL);
}

static void bad_transceive_is_refused(void **state)
{
	struct reader_record good, bad;
	uint8_t byte = 0x60;
	uint32_t handle, ms;
	const uint8_t *out;
	size_t size;

	(void)state;
	assert_int_equal(reader_transceive_pack(1, 1, 1, &byte, 1, &good), 0);
	for (bad = good, bad.length = 0; bad.length < good.length; bad.length++)
		assert_int_equal(
			reader_transceive_unpack(&bad, &handle, &ms, &out, &size), -EBADMSG);
	bad = good;
	bad.payload[4] = 0; /* wait for ever */
	assert_int_equal(reader_transceive_unpack(&bad, &handle, &ms, &out, &size), -EBADMSG);
	bad.payload[7] = 0xff;
	assert_int_equal(reader_transceive_unpack(&bad, &handle, &ms, &out, &size), -EBADMSG);
}

static void result_carries_the_longest_answer(void **state)
{
	uint8_t data[READER_ANSWER_MAX + 1];
	struct reader_record record;
	const uint8_t *out;
	uint32_t result;
	size_t size;

	(void)state;
	memset(data, 0x5a, sizeof(data));
	assert_int_equal(reader_result_pack(8, 0, data, READER_ANSWER_MAX, &record), 0);
	assert_int_equal(reader_result_unpack(&record, &result, &out, &size), 0);
	assert_int_equal(record.request, 8);
	assert_int_equal(size, READER_ANSWER_MAX);
	assert_memory_equal(out, data, size);
	assert_int_equal(reader_result_pack(8, 0, data, sizeof(data), &record), -EINVAL);
	assert_int_equal(reader_result_pack(8, ENODEV, NULL, 0, &record), 0);
	assert_int_equal(reader_result_unpack(&record, &result, &out, &size), 0);
	assert_int_equal(result, ENODEV);
	assert_int_equal(size, 0);
}

/* Whatever bytes come: accepted cards are well-formed and pack to the same bytes again. */
static void random_bytes_never_make_a_malformed_card(void **state)
{
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 10) : 20261122u;
	unsigned accepted = 0;

	(void)state;
	print_message("SEED=%u\n", seed);
	for (int round = 0; round < 200000; round++) {
		struct reader_record record = {.kind = READER_KIND_CARD}, again;
		struct reader_card card;

		record.length = (uint32_t)(18 + rand_r(&seed) % 30);
		for (uint32_t i = 0; i < record.length; i++)
			record.payload[i] =
				(uint8_t)(rand_r(&seed) % (i == 16 || i > 20 ? 12 : 256));
		if (reader_card_unpack(&record, &card) < 0)
			continue;
		accepted++;
		assert_true(card.uid.len == 4 || card.uid.len == 7 || card.uid.len == 10);
		assert_true(card.ats_size <= READER_ATS_MAX);
		assert_int_equal(reader_card_pack(&card, &again), 0);
		assert_int_equal(again.length, record.length);
		assert_memory_equal(again.payload, record.payload, record.length);
	}
	assert_true(accepted > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(card_is_laid_out_byte_by_byte),
		cmocka_unit_test(card_comes_back_as_it_went),
		cmocka_unit_test(every_shortened_packet_is_refused),
		cmocka_unit_test(every_shortened_card_is_refused_and_nothing_is_written),
		cmocka_unit_test(wrong_magic_version_and_length_are_refused),
		cmocka_unit_test(uid_of_any_other_length_is_refused),
		cmocka_unit_test(handle_zero_is_no_card),
		cmocka_unit_test(long_ats_is_cut_and_longest_card_fits),
		cmocka_unit_test(text_from_outside_cannot_forge_a_line),
		cmocka_unit_test(long_text_is_cut_and_a_longer_one_refused),
		cmocka_unit_test(hello_carries_protocols_and_text),
		cmocka_unit_test(numbers_are_exactly_four_bytes),
		cmocka_unit_test(one_kind_is_not_read_as_another),
		cmocka_unit_test(transceive_bounds_its_size_and_time),
		cmocka_unit_test(bad_transceive_is_refused),
		cmocka_unit_test(result_carries_the_longest_answer),
		cmocka_unit_test(random_bytes_never_make_a_malformed_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
