/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "crypto/hash.h"
#include "crypto/text.h"

static void hex_is_lower_case_and_reads_back(void **state)
{
	const uint8_t bytes[] = {0x00, 0xab, 0xff};
	uint8_t back[3];
	char hex[7];

	(void)state;
	text_hex(bytes, sizeof(bytes), hex);
	assert_string_equal(hex, "00abff");
	assert_int_equal(text_unhex("00ABff", back, sizeof(back)), 0);
	assert_memory_equal(back, bytes, sizeof(back));
}

static void wrong_hex_is_refused_and_changes_nothing(void **state)
{
	const char *wrong[] = {
		"", "00", "00abf", "00abff0", "00abfg", "00abf ", "0x00ab", " 00abf"};
	uint8_t out[3] = {1, 2, 3};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(text_unhex(wrong[i], out, sizeof(out)), -EINVAL);
	assert_memory_equal(out, ((uint8_t[]){1, 2, 3}), sizeof(out));
}

static void base64_of_rfc_4648_reads_both_ways(void **state)
{
	const struct {
		const char *plain, *text;
	} vectors[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
		{"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t size = strlen(vectors[i].plain);
		char text[BASE64_ROOM(6)];
		uint8_t back[6];

		text_base64((const uint8_t *)vectors[i].plain, size, text);
		assert_string_equal(text, vectors[i].text);
		assert_int_equal(text_unbase64(text, strlen(text), back, sizeof(back)), (int)size);
		assert_memory_equal(back, vectors[i].plain, size);
	}
}

static void wrong_base64_is_refused_and_changes_nothing(void **state)
{
	/* short, unpadded, padding inside, other alphabets, white space, bits that stand for
	 * nothing */
	const char *wrong[] = {"Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Z=g=", "Zm8-", "Zm_v",
		"Zm9 ", " m9v", "Zm9v\n", "Zh==", "Zm9=", "Zm9vYg"};
	uint8_t out[6] = {1, 2, 3, 4, 5, 6};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
			text_unbase64(wrong[i], strlen(wrong[i]), out, sizeof(out)), -EINVAL);
	assert_int_equal(text_unbase64("Zm9v\0AAA", 8, out, sizeof(out)), -EINVAL);
	assert_memory_equal(out, ((uint8_t[]){1, 2, 3, 4, 5, 6}), sizeof(out));
}

static void base64_never_writes_past_its_room(void **state)
{
	uint8_t out[4] = {0, 0, 0, 0xee};

	(void)state;
	assert_int_equal(text_unbase64("Zm9vYg==", 8, out, 3), -EINVAL);
	assert_int_equal(text_unbase64("Zm9v", 4, out, 3), 3);
	assert_int_equal(out[3], 0xee);
}

static void random_bytes_survive_base64(void **state)
{
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);

	(void)state;
	print_message("# SEED=%u\n", seed);
	srand(seed);
	for (int round = 0; round < 2000; round++) {
		uint8_t in[100], back[100];
		char text[BASE64_ROOM(100)];
		size_t size = (size_t)rand() % sizeof(in);

		for (size_t i = 0; i < size; i++)
			in[i] = (uint8_t)rand();
		text_base64(in, size, text);
		assert_int_equal(text_unbase64(text, strlen(text), back, size), (int)size);
		assert_memory_equal(in, back, size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_is_lower_case_and_reads_back),
		cmocka_unit_test(wrong_hex_is_refused_and_changes_nothing),
		cmocka_unit_test(base64_of_rfc_4648_reads_both_ways),
		cmocka_unit_test(wrong_base64_is_refused_and_changes_nothing),
		cmocka_unit_test(base64_never_writes_past_its_room),
		cmocka_unit_test(random_bytes_survive_base64),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
