/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/envelope.h"

#include "vectors.h"

#define TOPIC "tapin/walker/door/front/ack"

static void sealing_gives_the_vector(void **state)
{
	struct sign_secret hub = vector_secret("hub.key");
	size_t size, sealed_size;
	char *vector = vector_read("ack.msg", &size), *sealed;
	const char *body = strchr(vector, '\n') + 1;

	(void)state;
	assert_int_equal(envelope_seal(&hub, TOPIC, body, size - (size_t)(body - vector), &sealed,
				 &sealed_size),
		0);
	assert_int_equal(sealed_size, size);
	assert_string_equal(sealed, vector);
	free(sealed);
	free(vector);
}

static void vector_opens_and_gives_its_body(void **state)
{
	struct sign_secret hub = vector_secret("hub.key"), door = vector_secret("door.key");
	struct sign_public keys[] = {door.public, hub.public};
	size_t size, body_size;
	char *vector = vector_read("ack.msg", &size);
	const char *body;

	(void)state;
	assert_int_equal(envelope_open(keys, 2, TOPIC, vector, size, &body, &body_size), 0);
	assert_ptr_equal(body, strchr(vector, '\n') + 1);
	assert_ptr_equal(body + body_size, vector + size);
	free(vector);
}

static void other_topic_or_key_is_refused(void **state)
{
	struct sign_secret hub = vector_secret("hub.key"), door = vector_secret("door.key");
	size_t size, body_size;
	char *vector = vector_read("ack.msg", &size);
	const char *body = NULL;

	(void)state;
	assert_int_equal(envelope_open(&hub.public, 1, "tapin/walker/door/back/ack", vector, size,
				 &body, &body_size),
		-EKEYREJECTED);
	assert_int_equal(
		envelope_open(&door.public, 1, TOPIC, vector, size, &body, &body_size), -ENOKEY);
	assert_int_equal(envelope_open(NULL, 0, TOPIC, vector, size, &body, &body_size), -ENOKEY);
	/* a key that took the hub's id but not its secret */
	memcpy(door.public.id, hub.public.id, KEY_ID_SIZE);
	assert_int_equal(envelope_open(&door.public, 1, TOPIC, vector, size, &body, &body_size),
		-EKEYREJECTED);
	assert_null(body);
	free(vector);
}

static void any_changed_byte_is_refused(void **state)
{
	struct sign_secret hub = vector_secret("hub.key");
	size_t size, body_size;
	char *vector = vector_read("ack.msg", &size);
	const char *body;

	(void)state;
	for (size_t i = 0; i < size; i++) {
		vector[i] ^= 1;
		assert_true(
			envelope_open(&hub.public, 1, TOPIC, vector, size, &body, &body_size) < 0);
		vector[i] ^= 1;
	}
	free(vector);
}

static void cut_messages_are_refused_without_reading_on(void **state)
{
	struct sign_secret hub = vector_secret("hub.key");
	size_t size, body_size;
	char *vector = vector_read("ack.msg", &size);
	const char *body;

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		char *exact = malloc(cut + !cut); /* so that a sanitizer sees a step too far */

		memcpy(exact, vector, cut);
		assert_true(
			envelope_open(&hub.public, 1, TOPIC, exact, cut, &body, &body_size) < 0);
		free(exact);
	}
	free(vector);
}

static void body_may_be_empty_and_hold_any_bytes(void **state)
{
	struct sign_secret key;
	const char bytes[] = "\0\xff\n\0";
	const char *body;
	char *message;
	size_t size, body_size;

	(void)state;
	sign_key_make(&key);
	assert_int_equal(envelope_seal(&key, "t", "", 0, &message, &size), 0);
	assert_int_equal(envelope_open(&key.public, 1, "t", message, size, &body, &body_size), 0);
	assert_int_equal(body_size, 0);
	free(message);
	assert_int_equal(envelope_seal(&key, "t", bytes, 4, &message, &size), 0);
	assert_int_equal(envelope_open(&key.public, 1, "t", message, size, &body, &body_size), 0);
	assert_int_equal(body_size, 4);
	assert_memory_equal(body, bytes, 4);
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealing_gives_the_vector),
		cmocka_unit_test(vector_opens_and_gives_its_body),
		cmocka_unit_test(other_topic_or_key_is_refused),
		cmocka_unit_test(any_changed_byte_is_refused),
		cmocka_unit_test(cut_messages_are_refused_without_reading_on),
		cmocka_unit_test(body_may_be_empty_and_hold_any_bytes),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
