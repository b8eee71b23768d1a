/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash.h"
#include "crypto/text.h"

#include "vectors.h"

static void hash_of_abc_is_the_known_blake2b_256(void **state)
{
	struct entry_part part = {"abc", 3};
	uint8_t hash[ENTRY_HASH_SIZE];
	char hex[2 * ENTRY_HASH_SIZE + 1];

	(void)state;
	crypto_hash256(&part, 1, hash);
	text_hex(hash, sizeof(hash), hex);
	assert_string_equal(
		hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void parts_hash_like_one_piece(void **state)
{
	struct entry_part whole = {"abc", 3}, parts[] = {{"a", 1}, {NULL, 0}, {"bc", 2}};
	uint8_t one[ENTRY_HASH_SIZE], many[ENTRY_HASH_SIZE];

	(void)state;
	crypto_hash256(&whole, 1, one);
	crypto_hash256(parts, 3, many);
	assert_memory_equal(one, many, sizeof(one));
}

static void tokens_match_the_vectors(void **state)
{
	char path[64], err[ERR_MAX], uid_text[32], token_text[64];
	struct card_key key;
	size_t size, lines = 0;
	char *text = vector_read("tokens.txt", &size);

	(void)state;
	vector_private_copy("card.key", path);
	assert_int_equal(key_load_card(path, &key, err), 0);
	unlink(path);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
		struct uid uid;
		struct token token;
		char hex[2 * TOKEN_SIZE + 1];

		assert_int_equal(sscanf(line, "%31s %63s", uid_text, token_text), 2);
		assert_int_equal(uid_parse(uid_text, &uid), 0);
		crypto_card_token(&key, &uid, &token);
		text_hex(token.bytes, TOKEN_SIZE, hex);
		assert_string_equal(hex, token_text);
	}
	assert_int_equal(lines, 6);
	free(text);
}

static void uid_that_starts_another_has_another_token(void **state)
{
	struct card_key key = {.id = 1};
	struct uid four = {4, {1, 2, 3, 0}}, seven = {7, {1, 2, 3, 0}};
	struct token a, b;

	(void)state;
	crypto_card_token(&key, &four, &a);
	crypto_card_token(&key, &seven, &b);
	assert_memory_not_equal(a.bytes, b.bytes, TOKEN_SIZE);
}

static void token_depends_on_the_key(void **state)
{
	struct card_key one = {.id = 1}, two = {.id = 1, .bytes = {1}};
	struct uid uid = {4, {1, 2, 3, 4}};
	struct token a, b;

	(void)state;
	crypto_card_token(&one, &uid, &a);
	crypto_card_token(&two, &uid, &b);
	assert_memory_not_equal(a.bytes, b.bytes, TOKEN_SIZE);
}

static void random_bytes_differ_and_wiping_clears(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0}, zero[32] = {0};

	(void)state;
	crypto_random(a, sizeof(a));
	crypto_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	crypto_wipe(a, sizeof(a));
	assert_memory_equal(a, zero, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_of_abc_is_the_known_blake2b_256),
		cmocka_unit_test(parts_hash_like_one_piece),
		cmocka_unit_test(tokens_match_the_vectors),
		cmocka_unit_test(uid_that_starts_another_has_another_token),
		cmocka_unit_test(token_depends_on_the_key),
		cmocka_unit_test(random_bytes_differ_and_wiping_clears),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
