/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "crypto/warden.h"

#include <sys/stat.h>

#define PASSPHRASE "four words and a song"

static char dir[] = "/tmp/tapin-warden-XXXXXX";
static char file[64], err[ERR_MAX];

static struct warden_public make(void)
{
	struct warden_public public;

	if (warden_key_make(file, PASSPHRASE, &public, err) < 0)
		fail_msg("%s", err);
	return public;
}

static void what_is_sealed_to_a_key_its_passphrase_opens(void **state)
{
	struct warden_public public = make(), again;
	uint8_t sealed[5 + SEAL_OVERHEAD], plain[5];
	struct seal_pair pair;
	struct stat st;

	(void)state;
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(warden_public_load(file, &again, err), 0);
	assert_string_equal(again.id, public.id);
	assert_memory_equal(again.bytes, public.bytes, sizeof(public.bytes));
	assert_int_equal(seal_make(public.bytes, "names", 5, sealed), 0);
	assert_int_equal(warden_key_open(file, PASSPHRASE, &pair, err), 0);
	assert_int_equal(seal_open(&pair, sealed, sizeof(sealed), plain), 0);
	assert_memory_equal(plain, "names", 5);
}

static void wrong_passphrase_says_so(void **state)
{
	static const char *const wrong[] = {"", "four words and a sonG", PASSPHRASE " "};
	struct seal_pair pair, before;

	(void)state;
	make();
	memset(&pair, 0x5A, sizeof(pair));
	before = pair;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(warden_key_open(file, wrong[i], &pair, err), -EKEYREJECTED);
		assert_non_null(strstr(err, "not the passphrase"));
		assert_memory_equal(&pair, &before, sizeof(pair));
	}
}

static void passphrase_has_bounds(void **state)
{
	char longest[WARDEN_PASSPHRASE_MAX + 2];
	struct warden_public public;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(warden_key_make(file, longest, &public, err), -EINVAL);
	assert_non_null(strstr(err, "more than 256"));
	assert_int_equal(warden_key_make(file, "eleven char", &public, err), -EINVAL);
	assert_non_null(strstr(err, "less than 12"));
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(warden_key_make(file, "twelve chars", &public, err), 0);
	unlink(file);
	assert_int_equal(warden_key_make(file, longest + 1, &public, err), 0);
}

static void key_is_never_overwritten(void **state)
{
	struct warden_public public = make(), again, other = {0};

	(void)state;
	assert_int_equal(warden_key_make(file, PASSPHRASE, &other, err), -EEXIST);
	assert_int_equal(warden_public_load(file, &again, err), 0);
	assert_string_equal(again.id, public.id);
	assert_string_equal(other.id, "");
}

/* Each byte in turn: nothing that was altered passes for a key, and none for a wrong passphrase. */
static void damaged_file_says_so(void **state)
{
	struct warden_public public;
	char *text, bad[512];
	size_t size;

	(void)state;
	make();
	assert_int_equal(file_read(file, sizeof(bad), &text, &size), 0);
	for (size_t i = 0; i + 1 < size; i++) {
		memcpy(bad, text, size);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_int_equal(file_write_atomic(file, bad, size, 0600), 0);
		assert_int_equal(warden_public_load(file, &public, err), -EBADMSG);
		assert_non_null(strstr(
			err, i < strlen("tapin-warden-1 ") ? "not a wardens' key" : "is damaged"));
	}
	for (size_t n = 0; n + 1 < size; n++) {
		assert_int_equal(file_write_atomic(file, text, n, 0600), 0);
		assert_int_equal(warden_public_load(file, &public, err), -EBADMSG);
	}
	free(text);
}

static void what_is_no_file_says_so(void **state)
{
	struct warden_public public;
	struct seal_pair pair;
	char big[600];

	(void)state;
	assert_int_equal(warden_key_open(file, PASSPHRASE, &pair, err), -ENOENT);
	assert_non_null(strstr(err, file));
	assert_int_equal(warden_public_load(dir, &public, err), -EISDIR);
	memset(big, 'x', sizeof(big));
	assert_int_equal(file_write_atomic(file, big, sizeof(big), 0600), 0);
	assert_int_equal(warden_public_load(file, &public, err), -EBADMSG);
}

/* Points that give everybody the same secret. */
static void key_that_nothing_can_be_sealed_to_is_refused(void **state)
{
	uint8_t bytes[SEAL_KEY_SIZE] = {0};
	struct warden_public public;

	(void)state;
	assert_int_equal(warden_public_set(bytes, &public), -EINVAL);
	bytes[0] = 1;
	assert_int_equal(warden_public_set(bytes, &public), -EINVAL);
	bytes[0] = 9;
	assert_int_equal(warden_public_set(bytes, &public), 0);
	assert_int_equal(strlen(public.id), KEY_ID_SIZE - 1);
}

static int make_dir(void **state)
{
	(void)state;
	if (crypto_init() < 0 || !mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/wardens.key", dir);
	return 0;
}

static int drop_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static int drop_file(void **state)
{
	(void)state;
	unlink(file);
	return 0;
}

#define T(name) cmocka_unit_test_teardown(name, drop_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_sealed_to_a_key_its_passphrase_opens),
		T(wrong_passphrase_says_so),
		T(passphrase_has_bounds),
		T(key_is_never_overwritten),
		T(damaged_file_says_so),
		T(what_is_no_file_says_so),
		T(key_that_nothing_can_be_sealed_to_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
