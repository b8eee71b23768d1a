/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/sign.h"
#include "crypto/text.h"

#include "vectors.h"

static char dir[] = "/tmp/tapin-sign-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(in_dir(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(in_dir(name), mode), 0);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

/* RFC 8032, 7.1: TEST 1, 2 and 3 */
static void signatures_match_rfc_8032(void **state)
{
	static const char *const vectors[][4] = {
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590"
			"a33b"
			"acc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e"
			"1599"
			"6e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
			"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d"
			"16f2"
			"90ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct sign_secret key = {0};
		uint8_t message[2], expected[SIGN_SIZE], signature[SIGN_SIZE];
		struct entry_part part = {message, strlen(vectors[i][2]) / 2};

		assert_int_equal(text_unhex(vectors[i][0], key.bytes, 32), 0);
		assert_int_equal(text_unhex(vectors[i][1], key.bytes + 32, 32), 0);
		memcpy(key.public.bytes, key.bytes + 32, 32);
		assert_int_equal(text_unhex(vectors[i][2], message, part.size), 0);
		assert_int_equal(text_unhex(vectors[i][3], expected, SIGN_SIZE), 0);
		assert_int_equal(sign_make(&key, &part, 1, signature), 0);
		assert_memory_equal(signature, expected, SIGN_SIZE);
		assert_true(sign_check(&key.public, &part, 1, signature));
	}
}

static void signature_is_over_the_joined_parts(void **state)
{
	struct sign_secret key;
	struct entry_part whole = {"abcdef", 6}, parts[] = {{"ab", 2}, {NULL, 0}, {"cdef", 4}};
	uint8_t signature[SIGN_SIZE];

	(void)state;
	sign_key_make(&key);
	assert_int_equal(sign_make(&key, parts, 3, signature), 0);
	assert_true(sign_check(&key.public, &whole, 1, signature));
}

static void changed_message_signature_or_key_is_refused(void **state)
{
	struct sign_secret key, other;
	struct entry_part part = {"open", 4}, changed = {"Open", 4};
	uint8_t signature[SIGN_SIZE];

	(void)state;
	sign_key_make(&key);
	sign_key_make(&other);
	assert_int_equal(sign_make(&key, &part, 1, signature), 0);
	assert_false(sign_check(&key.public, &changed, 1, signature));
	assert_false(sign_check(&other.public, &part, 1, signature));
	for (size_t i = 0; i < SIGN_SIZE; i++) {
		signature[i] ^= 1;
		assert_false(sign_check(&key.public, &part, 1, signature));
		signature[i] ^= 1;
	}
	assert_true(sign_check(&key.public, &part, 1, signature));
}

static void keys_read_back_as_saved(void **state)
{
	struct sign_secret secret, secret_back;
	struct sign_public public_back;
	struct card_key card = {.id = UINT32_MAX, .bytes = {1, 2, 3}}, card_back;
	char err[ERR_MAX];

	(void)state;
	sign_key_make(&secret);
	assert_int_equal(key_save_secret(in_dir("a.key"), &secret, err), 0);
	assert_int_equal(key_load_secret(in_dir("a.key"), &secret_back, err), 0);
	assert_memory_equal(&secret, &secret_back, sizeof(secret));
	assert_int_equal(key_save_public(in_dir("a.pub"), &secret.public, err), 0);
	assert_int_equal(key_load_public(in_dir("a.pub"), &public_back, err), 0);
	assert_memory_equal(&secret.public, &public_back, sizeof(public_back));
	assert_int_equal(key_save_card(in_dir("card.key"), &card, err), 0);
	assert_int_equal(key_load_card(in_dir("card.key"), &card_back, err), 0);
	assert_memory_equal(&card, &card_back, sizeof(card));
}

static void secret_files_are_private_whatever_the_umask(void **state)
{
	struct sign_secret key;
	struct stat secret, public;
	char err[ERR_MAX];
	mode_t old = umask(0);

	(void)state;
	sign_key_make(&key);
	assert_int_equal(key_save_secret(in_dir("u.key"), &key, err), 0);
	umask(0777);
	assert_int_equal(key_save_public(in_dir("u.pub"), &key.public, err), 0);
	umask(old);
	assert_int_equal(stat(in_dir("u.key"), &secret), 0);
	assert_int_equal(stat(in_dir("u.pub"), &public), 0);
	assert_int_equal(secret.st_mode & 07777, 0600);
	assert_int_equal(public.st_mode & 07777, 0644);
}

static void saving_never_overwrites(void **state)
{
	struct sign_secret key, other, back;
	char err[ERR_MAX];

	(void)state;
	sign_key_make(&key);
	sign_key_make(&other);
	assert_int_equal(key_save_secret(in_dir("once.key"), &key, err), 0);
	assert_int_equal(key_save_secret(in_dir("once.key"), &other, err), -EEXIST);
	assert_non_null(strstr(err, "never overwritten"));
	assert_int_equal(key_load_secret(in_dir("once.key"), &back, err), 0);
	assert_memory_equal(&back, &key, sizeof(key));
	assert_int_equal(key_save_secret(in_dir("no/such/dir.key"), &key, err), -ENOENT);
}

static void loose_permissions_are_refused_with_the_remedy(void **state)
{
	struct sign_secret key, back;
	char err[ERR_MAX] = "";

	(void)state;
	sign_key_make(&key);
	assert_int_equal(key_save_secret(in_dir("loose.key"), &key, err), 0);
	assert_int_equal(chmod(in_dir("loose.key"), 0640), 0);
	assert_int_equal(key_load_secret(in_dir("loose.key"), &back, err), -EPERM);
	assert_non_null(strstr(err, "chmod 0600 /"));
	assert_int_equal(chmod(in_dir("loose.key"), 0400), 0);
	assert_int_equal(key_load_secret(in_dir("loose.key"), &back, err), 0);
}

static void vectors_load_and_their_ids_hold(void **state)
{
	struct sign_secret secret = vector_secret("door.key");
	struct sign_public public;
	char err[ERR_MAX];

	(void)state;
	assert_int_equal(key_load_public(VECTORS "door.pub", &public, err), 0);
	assert_memory_equal(&secret.public, &public, sizeof(public));
}

static void wrong_key_files_are_refused_by_name(void **state)
{
	static const char id[] = "73311cc3291ac657";
	static const char key[] = "JUO5L/EJVRFHatyDadtt3JM2ZaEZeN2hQE7hBmypVZ0=";
	static const char *const formats[] = {"", "\n", "tapin-key-1\n",
		"tapin-key-1 sign-public %s\n", "tapin-key-2 sign-public %s %s\n",
		"tapin-key-1 sign-secret %s %s\n", "tapin-key-1  sign-public %s %s\n",
		"tapin-key-1 sign-public %s %s \n", "tapin-key-1 sign-public %s %s\n\n",
		" tapin-key-1 sign-public %s %s\n", "tapin-key-1 sign-public %s x%s\n",
		"tapin-key-1 sign-public %s AAAA%s\n", "tapin-key-1 sign-public 0%s %s\n",
		"tapin-key-1 sign-public %s %s\r\n", "tapin-key-1 sign-public x%.15s %s\n",
		"tapin-key-1 an-extremely-long-kind %s %s\n"};
	struct sign_public back;
	char text[512], err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), formats[i], id, key);
#pragma GCC diagnostic pop
		put("wrong.pub", text, 0644);
		*err = '\0';
		assert_int_equal(key_load_public(in_dir("wrong.pub"), &back, err), -EINVAL);
		assert_non_null(strstr(err, "wrong.pub"));
	}
	snprintf(text, sizeof(text), "tapin-key-1 sign-public %s %s", id, key);
	put("right.pub", text, 0644); /* without a line end */
	assert_int_equal(key_load_public(in_dir("right.pub"), &back, err), 0);
	assert_int_equal(key_load_public(in_dir("absent.pub"), &back, err), -ENOENT);
	assert_int_equal(key_load_public(dir, &back, err), -EINVAL);
	assert_non_null(strstr(err, "regular file"));
}

static void card_key_ids_are_plain_numbers_from_one(void **state)
{
	static const char *const ids[] = {
		"0", "01", "-1", "+1", "4294967296", "x", "1x", "99999999999999999999"};
	struct card_key back;
	char text[128], err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(text, sizeof(text), "tapin-key-1 card-secret %s %s\n", ids[i],
			"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
		put("number.key", text, 0600);
		assert_int_equal(key_load_card(in_dir("number.key"), &back, err), -EINVAL);
	}
}

static void halves_that_do_not_belong_together_are_refused(void **state)
{
	struct sign_secret key = vector_secret("door.key"), back;
	char text[256], base64[BASE64_ROOM(SIGN_SECRET_SIZE)], err[ERR_MAX];

	(void)state;
	key.bytes[40] ^= 1;
	text_base64(key.bytes, sizeof(key.bytes), base64);
	snprintf(text, sizeof(text), "tapin-key-1 sign-secret %s %s\n", key.public.id, base64);
	put("halves.key", text, 0600);
	assert_int_equal(key_load_secret(in_dir("halves.key"), &back, err), -EINVAL);
	assert_non_null(strstr(err, "half"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_match_rfc_8032),
		cmocka_unit_test(signature_is_over_the_joined_parts),
		cmocka_unit_test(changed_message_signature_or_key_is_refused),
		cmocka_unit_test(keys_read_back_as_saved),
		cmocka_unit_test(secret_files_are_private_whatever_the_umask),
		cmocka_unit_test(saving_never_overwrites),
		cmocka_unit_test(loose_permissions_are_refused_with_the_remedy),
		cmocka_unit_test(vectors_load_and_their_ids_hold),
		cmocka_unit_test(wrong_key_files_are_refused_by_name),
		cmocka_unit_test(card_key_ids_are_plain_numbers_from_one),
		cmocka_unit_test(halves_that_do_not_belong_together_are_refused),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, make_dir, remove_dir);
}
