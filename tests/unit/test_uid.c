/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/uid.h"

static struct uid uid_of(const char *text)
{
	struct uid uid = {0};

	assert_int_equal(uid_parse(text, &uid), 0);
	return uid;
}

static void each_byte_keeps_its_leading_zero(void **state)
{
	/* T21, T22: texts that other systems shortened, read as numbers or confused */
	static const char *const texts[] = {"04010203", "00040102", "04123456", "04E10222",
		"00000001", "04A1B2C3D4E5F6", "00010203040506", "04000000000000000001"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct uid uid = uid_of(texts[i]);
		char text[UID_TEXT_MAX];

		uid_format(&uid, text);
		assert_string_equal(text, texts[i]);
		assert_int_equal(uid.len, strlen(texts[i]) / 2);
	}
}

static void separators_may_stand_between_bytes_only(void **state)
{
	struct uid plain = uid_of("04A1B2C3"), other;
	static const char *const same[] = {
		"04:a1:b2:c3", "04-A1-B2-C3", "04 a1 b2 c3", "04a1:B2C3"};
	static const char *const refused[] = {"", "04", "04A1B2", "04A1B2C", "04A1B2C3D4",
		"4:A1:B2:C3", "04:A1:B2:C3:", ":04A1B2C3", "04::A1B2C3", "0:4A1B2C3", "04A1B2G3",
		"04A1B2C3 ", "1E5", "04A1B2C3D4E5F60708090A0B", "0x04A1B2C3", "04A1B2C\xC3"};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		other = uid_of(same[i]);
		assert_true(uid_equal(&plain, &other));
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		other = plain;
		assert_int_equal(uid_parse(refused[i], &other), -EINVAL);
		assert_true(uid_equal(&plain, &other));
	}
	assert_int_equal(uid_parse(NULL, &other), -EINVAL);
}

static void only_lengths_of_iso_14443_are_taken(void **state)
{
	const uint8_t bytes[12] = {4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	struct uid uid;

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++)
		assert_int_equal(
			uid_from_bytes(bytes, n, &uid), n == 4 || n == 7 || n == 10 ? 0 : -EINVAL);
	assert_int_equal(uid_from_bytes(NULL, 4, &uid), -EINVAL);
}

static void a_prefix_is_another_card(void **state)
{
	struct uid four = uid_of("04A1B2C3"), seven = uid_of("04A1B2C3D4E5F6");
	struct uid ten = uid_of("04A1B2C3D4E5F6000000"), last = uid_of("04A1B2C3D4E5F7");
	struct uid none = {0};

	(void)state;
	assert_false(uid_equal(&four, &seven));
	assert_false(uid_equal(&seven, &ten));
	assert_false(uid_equal(&seven, &last));
	assert_false(uid_equal(&none, &none));
	assert_true(uid_equal(&seven, &seven));
}

static void kinds_tell_what_can_name_a_card(void **state)
{
	static const struct {
		const char *text;
		enum uid_kind kind;
	} rows[] = {
		{"04A1B2C3", UID_KIND_FIXED},
		{"08000001", UID_KIND_RANDOM},
		{"08FFFFFF", UID_KIND_RANDOM},
		{"08A1B2C3D4E5F6", UID_KIND_FIXED}, /* only single-size UIDs are random */
		{"08A1B2C3D4E5F6070809", UID_KIND_FIXED},
		{"88010203", UID_KIND_INVALID}, /* the first part of a longer UID */
		{"01020304", UID_KIND_DUMMY},
		{"01020305", UID_KIND_FIXED},
		{"01020304050607", UID_KIND_FIXED},
		{"01234567", UID_KIND_DUMMY},
		{"DEADBEEF", UID_KIND_DUMMY},
		{"00000000", UID_KIND_DUMMY},
		{"FFFFFFFF", UID_KIND_DUMMY},
		{"00000000000000", UID_KIND_DUMMY},
		{"FFFFFFFFFFFFFF", UID_KIND_DUMMY},
		{"00000000000000000000", UID_KIND_DUMMY},
		{"FFFFFFFFFFFFFFFFFFFF", UID_KIND_DUMMY},
		{"00000000000001", UID_KIND_FIXED},
		{"11111111", UID_KIND_FIXED},
	};
	struct uid nonsense = {.len = 255};
	char text[UID_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uid uid = uid_of(rows[i].text);

		assert_int_equal(uid_kind(&uid), rows[i].kind);
	}
	assert_int_equal(uid_kind(&(struct uid){0}), UID_KIND_INVALID);
	assert_int_equal(uid_kind(&nonsense), UID_KIND_INVALID);
	uid_format(&nonsense, text);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_keeps_its_leading_zero),
		cmocka_unit_test(separators_may_stand_between_bytes_only),
		cmocka_unit_test(only_lengths_of_iso_14443_are_taken),
		cmocka_unit_test(a_prefix_is_another_card),
		cmocka_unit_test(kinds_tell_what_can_name_a_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
