/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/envelope.h"

#include "crypto/text.h"

#include <string.h>

#define MAGIC "tapin1 "
#define MAGIC_SIZE (sizeof(MAGIC) - 1)
#define KEY_ID_LENGTH (KEY_ID_SIZE - 1)
#define SIGNATURE_LENGTH (BASE64_ROOM(SIGN_SIZE) - 1)
/* "tapin1 KEYID BASE64SIG\n": every first line is as long as this */
#define LINE_SIZE (MAGIC_SIZE + KEY_ID_LENGTH + 1 + SIGNATURE_LENGTH + 1)

#define SIGNED_PARTS 7

/* What a signature covers; the parts point into the arguments. */
static void signed_parts(const char *key_id, const char *topic, const char *body, size_t body_size,
	struct entry_part out[SIGNED_PARTS])
{
	const struct entry_part parts[SIGNED_PARTS] = {{"tapin1", 6}, {"", 1},
		{key_id, strlen(key_id)}, {"", 1}, {topic, strlen(topic)}, {"", 1},
		{body, body_size}};

	memcpy(out, parts, sizeof(parts));
}

int envelope_join(const char *key_id, const uint8_t signature[SIGN_SIZE], const char *body,
	size_t body_size, char **ret_message, size_t *ret_size)
{
	char base64[BASE64_ROOM(SIGN_SIZE)];
	char *message = malloc(LINE_SIZE + body_size + 1);

	if (!message)
		return -ENOMEM;
	text_base64(signature, SIGN_SIZE, base64);
	snprintf(message, LINE_SIZE + 1, MAGIC "%s %s\n", key_id, base64);
	memcpy(message + LINE_SIZE, body, body_size);
	message[LINE_SIZE + body_size] = '\0';
	*ret_message = message;
	*ret_size = LINE_SIZE + body_size;
	return 0;
}

int envelope_seal(const struct sign_secret *key, const char *topic, const char *body,
	size_t body_size, char **ret_message, size_t *ret_size)
{
	struct entry_part parts[SIGNED_PARTS];
	uint8_t signature[SIGN_SIZE];
	int r;

	signed_parts(key->public.id, topic, body, body_size, parts);
	r = sign_make(key, parts, SIGNED_PARTS, signature);
	if (r < 0)
		return r;
	return envelope_join(key->public.id, signature, body, body_size, ret_message, ret_size);
}

int envelope_split(const char *message, size_t size, char ret_key_id[KEY_ID_SIZE],
	uint8_t ret_signature[SIGN_SIZE], const char **ret_body, size_t *ret_body_size)
{
	const char *key_id = message + MAGIC_SIZE, *base64 = key_id + KEY_ID_LENGTH + 1;
	uint8_t signature[SIGN_SIZE];

	if (size < LINE_SIZE || memcmp(message, MAGIC, MAGIC_SIZE) != 0 ||
		key_id[KEY_ID_LENGTH] != ' ' || message[LINE_SIZE - 1] != '\n')
		return -EBADMSG;
	for (size_t i = 0; i < KEY_ID_LENGTH; i++)
		if (!memchr("0123456789abcdef", key_id[i], 16))
			return -EBADMSG;
	if (text_unbase64(base64, SIGNATURE_LENGTH, signature, SIGN_SIZE) != SIGN_SIZE)
		return -EBADMSG;
	memcpy(ret_key_id, key_id, KEY_ID_LENGTH);
	ret_key_id[KEY_ID_LENGTH] = '\0';
	memcpy(ret_signature, signature, SIGN_SIZE);
	*ret_body = message + LINE_SIZE;
	*ret_body_size = size - LINE_SIZE;
	return 0;
}

const struct sign_public *envelope_find_key(
	const struct sign_public *keys, size_t key_count, const char *key_id)
{
	for (size_t i = 0; i < key_count; i++)
		if (strcmp(keys[i].id, key_id) == 0)
			return &keys[i];
	return NULL;
}

int envelope_open(const struct sign_public *keys, size_t key_count, const char *topic,
	const char *message, size_t size, const char **ret_body, size_t *ret_body_size)
{
	struct entry_part parts[SIGNED_PARTS];
	const struct sign_public *key;
	char key_id[KEY_ID_SIZE];
	uint8_t signature[SIGN_SIZE];
	const char *body;
	size_t body_size;
	int r = envelope_split(message, size, key_id, signature, &body, &body_size);

	if (r < 0)
		return r;
	key = envelope_find_key(keys, key_count, key_id);
	if (!key)
		return -ENOKEY;
	signed_parts(key_id, topic, body, body_size, parts);
	if (!sign_check(key, parts, SIGNED_PARTS, signature))
		return -EKEYREJECTED;
	*ret_body = body;
	*ret_body_size = body_size;
	return 0;
}
