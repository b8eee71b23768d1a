/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "crypto/text.h"

static void good_password_alone_verifies(void **state)
{
	char text[PASSWORD_TEXT_MAX], again[PASSWORD_TEXT_MAX];

	(void)state;
	assert_int_equal(password_hash("correct horse", text), 0);
	assert_int_equal(strncmp(text, "$argon2id$v=19$m=65536,t=2,p=1$", 31), 0);
	assert_true(password_verify(text, "correct horse"));
	assert_false(password_verify(text, "correct hors"));
	assert_false(password_verify(text, "correct horse "));
	assert_false(password_verify(text, ""));
	assert_int_equal(password_hash("correct horse", again), 0);
	assert_string_not_equal(text, again);
}

static void lengths_are_bounded(void **state)
{
	char text[PASSWORD_TEXT_MAX], longest[PASSWORD_MAX + 2];

	(void)state;
	assert_int_equal(password_hash("", text), -EINVAL);
	assert_int_equal(password_hash("1234567", text), -EINVAL);
	memset(longest, 'x', sizeof(longest));
	longest[PASSWORD_MAX + 1] = '\0';
	assert_int_equal(password_hash(longest, text), -EINVAL);
	assert_int_equal(password_hash("12345678", text), 0);
	assert_false(password_verify(text, longest));
	longest[PASSWORD_MAX] = '\0';
	assert_int_equal(password_hash(longest, text), 0);
	assert_true(password_verify(text, longest));
}

static void texts_that_are_no_hash_verify_nothing(void **state)
{
	static const char *const none[] = {"", "x", "$argon2id$", "$argon2id$v=19$m=65536,t=2,p=1$",
		"$2b$12$abcdefghijklmnopqrstuv", "correct horse"};
	char text[PASSWORD_TEXT_MAX], endless[2 * PASSWORD_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		assert_false(password_verify(none[i], "correct horse"));
		assert_true(password_needs_rehash(none[i]));
	}
	memset(endless, '$', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_false(password_verify(endless, "correct horse"));
	assert_int_equal(password_hash("correct horse", text), 0);
	text[strlen(text) - 3] ^= 1;
	assert_false(password_verify(text, "correct horse"));
}

/* A hash as an older program may have left it: t=1, m=8 MiB. */
static void weaker_limits_verify_but_ask_for_a_new_hash(void **state)
{
	static const char weak[] =
		"$argon2id$v=19$m=8192,t=1,p=1$T"
		"zIjV241DSg/WA48MAr8yA$xR+ngoF47+00moSIT3mvfvx61gJnvZ1T4cTR5w7zJSk";
	char text[PASSWORD_TEXT_MAX];

	(void)state;
	assert_true(password_verify(weak, "Mazurka Ostinato 9"));
	assert_true(password_needs_rehash(weak));
	assert_int_equal(password_hash("correct horse", text), 0);
	assert_false(password_needs_rehash(text));
}

static void made_passwords_are_typeable_and_never_the_same(void **state)
{
	char a[PASSWORD_MADE_SIZE], b[PASSWORD_MADE_SIZE];

	(void)state;
	password_make(a);
	password_make(b);
	assert_int_equal(strlen(a), PASSWORD_MADE_SIZE - 1);
	assert_string_not_equal(a, b);
	assert_int_equal(strspn(a, "0123456789abcdefghjkmnpqrstvwxyz-"), strlen(a));
	for (size_t i = 5; i < strlen(a); i += 6)
		assert_int_equal(a[i], '-');
	assert_true(strlen(a) >= PASSWORD_MIN);
}

static void session_keys_are_kept_as_a_hash(void **state)
{
	char key[SESSION_KEY_SIZE], other[SESSION_KEY_SIZE];
	uint8_t a[SESSION_KEY_HASH_SIZE], b[SESSION_KEY_HASH_SIZE];

	(void)state;
	session_key_make(key);
	session_key_make(other);
	assert_int_equal(session_key_hash(key, a), 0);
	assert_int_equal(session_key_hash(key, b), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(session_key_hash(other, b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	key[10] = 'g';
	assert_int_equal(session_key_hash(key, a), -EINVAL);
	other[SESSION_KEY_SIZE - 2] = '\0';
	assert_int_equal(session_key_hash(other, a), -EINVAL);
	assert_int_equal(session_key_hash("", a), -EINVAL);
}

static void a_session_has_one_token_for_its_page(void **state)
{
	char key[SESSION_KEY_SIZE], other[SESSION_KEY_SIZE];
	char a[SESSION_CSRF_SIZE], b[SESSION_CSRF_SIZE];

	(void)state;
	session_key_make(key);
	session_key_make(other);
	assert_int_equal(session_key_csrf(key, a), 0);
	assert_int_equal(session_key_csrf(key, b), 0);
	assert_string_equal(a, b);
	assert_int_equal(strspn(a, "0123456789abcdef"), SESSION_CSRF_SIZE - 1);
	assert_null(strstr(key, a));
	assert_int_equal(session_key_csrf(other, b), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(session_key_csrf("abc", a), -EINVAL);
	/* known: BLAKE2b-256 keyed with 32 zero bytes over the text and its NUL */
	memset(key, '0', sizeof(key) - 1);
	assert_int_equal(session_key_csrf(key, a), 0);
	assert_string_equal(a, "f9b31e3bbe31bd5aa82207442f52b9b1");
}

static void pretending_takes_as_long(void **state)
{
	(void)state;
	password_pretend("anything");
	password_pretend("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_password_alone_verifies),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(texts_that_are_no_hash_verify_nothing),
		cmocka_unit_test(weaker_limits_verify_but_ask_for_a_new_hash),
		cmocka_unit_test(made_passwords_are_typeable_and_never_the_same),
		cmocka_unit_test(session_keys_are_kept_as_a_hash),
		cmocka_unit_test(a_session_has_one_token_for_its_page),
		cmocka_unit_test(pretending_takes_as_long),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
