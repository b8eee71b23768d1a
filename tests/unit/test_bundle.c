/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/bundle.h"

#include "bodies.h"

#define TIME_US 1795339801000000
#define PEM "-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n"

static const char *samples; /* --samples: a folder that the bodies are written to */

static void sample(const char *name, const char *body)
{
	if (samples)
		body_sample(samples, name, body);
}

static struct sign_public some_key(uint8_t fill)
{
	struct sign_public key;

	memset(key.bytes, fill, sizeof(key.bytes));
	sign_key_id(key.bytes, key.id);
	return key;
}

static struct bundle good_bundle(void)
{
	return (struct bundle){.site = "walker",
		.door = "front",
		.timezone = "Europe/London",
		.claim = "0123456789abcdef",
		.secret = {1, 2, 3},
		.expires_us = TIME_US,
		.root = some_key(9),
		.mqtt_host = "hub.local",
		.mqtt_port = 8883,
		.mqtt_username = "claim-0123456789abcdef",
		.mqtt_password = "p4ssword",
		.mqtt_ca = (char *)(uintptr_t)PEM};
}

static struct claim good_claim(void)
{
	return (struct claim){.site = "walker",
		.door = "front",
		.claim = "0123456789abcdef",
		.key = some_key(8),
		.box = {4, 5},
		.nonce = {6, 7},
		.proof = {8, 9}};
}

static const uint8_t sealed[] = {1, 2, 3, 4, 5};

static struct claim_answer good_answer(void)
{
	return (struct claim_answer){.nonce = {6, 7},
		.sealed = (uint8_t *)(uintptr_t)sealed,
		.size = sizeof(sealed),
		.keys = (char *)(uintptr_t) "tapin1 0123456789abcdef sig\n{}"};
}

static struct welcome good_welcome(void)
{
	return (struct welcome){.site = "walker",
		.door = "front",
		.card = {.id = 1, .bytes = {1, 2, 3}},
		.mqtt_username = "door-front",
		.mqtt_password = "an0ther",
		.journal_before = {5}};
}

static int read_bundle(const char *text, size_t size, char err[ERR_MAX])
{
	struct bundle bundle;
	int r = bundle_read("front.bundle", text, size, &bundle, err);

	if (r == 0)
		bundle_free(&bundle);
	else
		assert_non_null(strstr(err, "front.bundle"));
	return r;
}

static int read_claim(const char *body, size_t size, char err[ERR_MAX])
{
	struct claim claim;

	return claim_read(body, size, &claim, err);
}

static int read_answer(const char *body, size_t size, char err[ERR_MAX])
{
	struct claim_answer answer;
	int r = claim_answer_read(body, size, &answer, err);

	if (r == 0)
		claim_answer_free(&answer);
	return r;
}

static int read_welcome(const char *body, size_t size, char err[ERR_MAX])
{
	struct welcome welcome;

	return welcome_read(body, size, &welcome, err);
}

static void bundles_there_and_back(void **state)
{
	static const char *const allowed[] = {"timezone=\"ZZ\"", "mqtt.host=\"ZZ\"",
		"mqtt.username=\"ZZ\"", "mqtt.password=\"ZZ\"", "mqtt.ca=", NULL};
	struct bundle there = good_bundle(), back;
	char err[ERR_MAX] = "", *text, *again;

	(void)state;
	for (int plain = 0; plain < 2; plain++) {
		if (plain)
			there.mqtt_ca = NULL;
		assert_int_equal(bundle_write(&there, &text), 0);
		assert_int_equal(bundle_read("file", text, strlen(text), &back, err), 0);
		assert_int_equal(back.mqtt_port, 8883);
		assert_memory_equal(back.secret, there.secret, sizeof(back.secret));
		assert_int_equal(!back.mqtt_ca, plain);
		assert_int_equal(bundle_write(&back, &again), 0);
		assert_string_equal(text, again);
		sample(plain ? "bundle-plain" : "bundle", text);
		body_sweep(read_bundle, text, BUNDLE_FILE_MAX, true, allowed);
		bundle_free(&back);
		assert_int_equal(*back.mqtt_password, 0);
		free(text);
		free(again);
	}
}

static void bundles_that_cannot_be_are_not_written(void **state)
{
	char *text, *large = calloc(1, BUNDLE_CA_MAX + 64), err[ERR_MAX];

	(void)state;
#define BAD(change)                                                 \
	do {                                                        \
		struct bundle b = good_bundle();                    \
		change;                                             \
		assert_int_equal(bundle_write(&b, &text), -EINVAL); \
	} while (0)
	BAD(*b.site = 'W');
	BAD(*b.door = '\0');
	BAD(strcpy(b.timezone, "../etc"));
	BAD(strcpy(b.timezone, "/etc"));
	BAD(strcpy(b.claim, "0123456789ABCDEF"));
	BAD(strcpy(b.claim, "0123"));
	BAD(b.expires_us = -1);
	BAD(*b.mqtt_host = '\0');
	BAD(strcpy(b.mqtt_host, "a b"));
	BAD(b.mqtt_port = 0);
	BAD(*b.mqtt_username = '\0');
	BAD(memset(b.mqtt_password, 'p', sizeof(b.mqtt_password)));
	BAD(b.mqtt_ca = (char *)(uintptr_t) "no certificate");
	strcpy(large, PEM);
	memset(large + strlen(large), '\n', BUNDLE_CA_MAX + 1 - strlen(PEM));
	BAD(b.mqtt_ca = large);
#undef BAD
	free(large);
	assert_int_equal(read_bundle("a shopping list", 15, err), -EBADMSG);
	assert_non_null(strstr(err, "this is no bundle"));
}

static void claims_there_and_back(void **state)
{
	struct claim there = good_claim(), back;
	char err[ERR_MAX] = "", *body, *again;

	(void)state;
	assert_int_equal(claim_write(&there, &body), 0);
	assert_int_equal(claim_read(body, strlen(body), &back, err), 0);
	assert_memory_equal(back.proof, there.proof, sizeof(back.proof));
	assert_memory_equal(back.box, there.box, sizeof(back.box));
	assert_int_equal(claim_write(&back, &again), 0);
	assert_string_equal(body, again);
	sample("claim", body);
	body_sweep(read_claim, body, SYNC_BODY_MAX, false, NULL);
	free(body);
	free(again);
	strcpy(there.claim, "xyz");
	assert_int_equal(claim_write(&there, &body), -EINVAL);
}

static void answers_there_and_back(void **state)
{
	static const char *const allowed[] = {
		"refused=\"ZZ\"", "keys=", "keys=\"\"", "keys=\"ZZ\"", "keys=\"a\\nb\"", NULL};
	struct claim_answer there = good_answer(), back;
	char err[ERR_MAX] = "", *body, *again;

	(void)state;
	assert_int_equal(claim_answer_write(&there, &body), 0);
	assert_int_equal(claim_answer_read(body, strlen(body), &back, err), 0);
	assert_int_equal(back.size, sizeof(sealed));
	assert_memory_equal(back.sealed, sealed, sizeof(sealed));
	assert_string_equal(back.keys, there.keys);
	assert_int_equal(claim_answer_write(&back, &again), 0);
	assert_string_equal(body, again);
	claim_answer_free(&back);
	sample("claim-answer", body);
	body_sweep(read_answer, body, SYNC_BODY_MAX, false, allowed + 2); /* keys must be there */
	assert_int_equal(body_with(read_answer, body, "refused", "\"no\""), -EBADMSG);
	free(body);
	free(again);

	there.sealed = NULL;
	there.size = 0;
	strcpy(there.refused, "this bundle was used before: make another");
	assert_int_equal(claim_answer_write(&there, &body), 0);
	assert_int_equal(claim_answer_read(body, strlen(body), &back, err), 0);
	assert_string_equal(back.refused, there.refused);
	assert_null(back.sealed);
	claim_answer_free(&back);
	sample("claim-answer-refused", body);
	body_sweep(read_answer, body, SYNC_BODY_MAX, false, allowed);
	free(body);
}

static void the_largest_answer_fits_a_body(void **state)
{
	struct claim_answer answer = good_answer(), back;
	static uint8_t large[BUNDLE_WELCOME_MAX + 1];
	char err[ERR_MAX], *body, keys[8193];

	(void)state;
	memset(keys, 'k', sizeof(keys));
	keys[8192] = '\0';
	answer.sealed = large;
	answer.size = BUNDLE_WELCOME_MAX;
	answer.keys = keys;
	assert_int_equal(claim_answer_write(&answer, &body), 0);
	assert_int_equal(claim_answer_read(body, strlen(body), &back, err), 0);
	assert_int_equal(back.size, BUNDLE_WELCOME_MAX);
	claim_answer_free(&back);
	free(body);
	answer.size++;
	assert_int_equal(claim_answer_write(&answer, &body), -EINVAL);
	answer = good_answer();
	answer.keys = NULL;
	assert_int_equal(claim_answer_write(&answer, &body), -EINVAL);
	answer = good_answer();
	strcpy(answer.refused, "and sealed");
	assert_int_equal(claim_answer_write(&answer, &body), -EINVAL);
	answer = (struct claim_answer){0};
	assert_int_equal(claim_answer_write(&answer, &body), -EINVAL);
}

static void welcomes_there_and_back(void **state)
{
	static const char *const allowed[] = {"mqtt.username=\"ZZ\"", "mqtt.password=\"ZZ\"", NULL};
	struct welcome there = good_welcome(), back;
	char err[ERR_MAX] = "", *text, *again;

	(void)state;
	assert_int_equal(welcome_write(&there, &text), 0);
	assert_int_equal(welcome_read(text, strlen(text), &back, err), 0);
	assert_int_equal(back.card.id, 1);
	assert_memory_equal(back.card.bytes, there.card.bytes, sizeof(back.card.bytes));
	assert_int_equal(welcome_write(&back, &again), 0);
	assert_string_equal(text, again);
	sample("welcome", text);
	body_sweep(read_welcome, text, 4096, false, allowed);
	free(text);
	free(again);
	there.card.id = 0;
	assert_int_equal(welcome_write(&there, &text), -EINVAL);
	there = good_welcome();
	*there.mqtt_password = '\0';
	assert_int_equal(welcome_write(&there, &text), -EINVAL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundles_there_and_back),
		cmocka_unit_test(bundles_that_cannot_be_are_not_written),
		cmocka_unit_test(claims_there_and_back),
		cmocka_unit_test(answers_there_and_back),
		cmocka_unit_test(the_largest_answer_fits_a_body),
		cmocka_unit_test(welcomes_there_and_back),
	};

	if (argc == 3 && strcmp(argv[1], "--samples") == 0)
		samples = argv[2];
	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
