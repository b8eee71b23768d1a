/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "crypto/text.h"

static void sealed_opens_for_its_pair_alone(void **state)
{
	static const char message[] = "the card key and a password";
	uint8_t sealed[sizeof(message) + SEAL_OVERHEAD], again[sizeof(sealed)];
	uint8_t opened[sizeof(message)];
	struct seal_pair pair, other;

	(void)state;
	seal_pair_make(&pair);
	seal_pair_make(&other);
	assert_int_equal(seal_make(pair.public, message, sizeof(message), sealed), 0);
	assert_int_equal(seal_open(&pair, sealed, sizeof(sealed), opened), 0);
	assert_memory_equal(opened, message, sizeof(message));
	assert_int_equal(seal_open(&other, sealed, sizeof(sealed), opened), -EBADMSG);
	/* the same message never looks the same twice */
	assert_int_equal(seal_make(pair.public, message, sizeof(message), again), 0);
	assert_memory_not_equal(sealed, again, sizeof(sealed));
}

static void any_altered_byte_and_any_cut_is_refused(void **state)
{
	static const char message[] = "welcome";
	uint8_t sealed[sizeof(message) + SEAL_OVERHEAD], opened[sizeof(message)];
	struct seal_pair pair;

	(void)state;
	seal_pair_make(&pair);
	assert_int_equal(seal_make(pair.public, message, sizeof(message), sealed), 0);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 0x40;
		assert_int_equal(seal_open(&pair, sealed, sizeof(sealed), opened), -EBADMSG);
		sealed[i] ^= 0x40;
	}
	for (size_t size = 0; size < sizeof(sealed); size++)
		assert_int_equal(seal_open(&pair, sealed, size, opened), -EBADMSG);
	assert_int_equal(seal_open(&pair, sealed, sizeof(sealed), opened), 0);
}

static void nothing_is_sealed_for_a_key_that_is_none(void **state)
{
	const uint8_t zeros[SEAL_KEY_SIZE] = {0};
	uint8_t sealed[4 + SEAL_OVERHEAD];

	(void)state;
	/* a point of low order: whoever sent it would read what is sealed for it */
	assert_int_equal(seal_make(zeros, "text", 4, sealed), -EINVAL);
}

/* independently computed: Python's hashlib.blake2b(key=…, digest_size=32) */
static void mac_is_keyed_blake2b_over_the_joined_parts(void **state)
{
	static const char message[] = "tapin1-claim\0walker\0front";
	const struct entry_part whole = {message, sizeof(message)};
	const struct entry_part parts[] = {{message, 13}, {message + 13, sizeof(message) - 13}};
	uint8_t key[MAC_KEY_SIZE], mac[MAC_SIZE], right[MAC_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	assert_int_equal(
		text_unhex("57e1285bf63bee8c76010818681cfdf56325d0d859d415147d7f9ae1ea9f45a0",
			right, sizeof(right)),
		0);
	mac_make(key, &whole, 1, mac);
	assert_memory_equal(mac, right, sizeof(mac));
	mac_make(key, parts, 2, mac);
	assert_memory_equal(mac, right, sizeof(mac));
	assert_true(mac_check(key, parts, 2, right));
	for (size_t i = 0; i < sizeof(right); i++) {
		right[i] ^= 1;
		assert_false(mac_check(key, parts, 2, right));
		right[i] ^= 1;
	}
	key[31] ^= 1;
	assert_false(mac_check(key, parts, 2, right));
}

static void equal_compares_every_byte(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0};

	(void)state;
	assert_true(crypto_equal(a, b, sizeof(a)));
	b[31] = 1;
	assert_false(crypto_equal(a, b, sizeof(a)));
	assert_true(crypto_equal(a, b, 31));
	assert_true(crypto_equal(a, b, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_opens_for_its_pair_alone),
		cmocka_unit_test(any_altered_byte_and_any_cut_is_refused),
		cmocka_unit_test(nothing_is_sealed_for_a_key_that_is_none),
		cmocka_unit_test(mac_is_keyed_blake2b_over_the_joined_parts),
		cmocka_unit_test(equal_compares_every_byte),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
