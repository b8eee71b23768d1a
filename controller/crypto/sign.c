/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include "crypto/text.h"

#include <sodium.h>
#include <string.h>

_Static_assert(SIGN_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "public key size");
_Static_assert(SIGN_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "secret key size");
_Static_assert(SIGN_SIZE == crypto_sign_BYTES, "signature size");

void sign_key_id(const uint8_t public[SIGN_PUBLIC_SIZE], char out[KEY_ID_SIZE])
{
	uint8_t hash[ENTRY_HASH_SIZE];

	crypto_hash256(&(struct entry_part){public, SIGN_PUBLIC_SIZE}, 1, hash);
	text_hex(hash, (KEY_ID_SIZE - 1) / 2, out);
}

void sign_key_make(struct sign_secret *ret_key)
{
	crypto_sign_keypair(ret_key->public.bytes, ret_key->bytes);
	sign_key_id(ret_key->public.bytes, ret_key->public.id);
}

/* Plain Ed25519 needs the message in one piece. The caller frees; NULL without memory. */
static uint8_t *join(const struct entry_part *parts, size_t count, size_t *ret_size)
{
	size_t size = 0, at = 0;
	uint8_t *all;

	for (size_t i = 0; i < count; i++)
		size += parts[i].size;
	all = malloc(size + 1);
	if (!all)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].size > 0)
			memcpy(all + at, parts[i].data, parts[i].size);
		at += parts[i].size;
	}
	*ret_size = size;
	return all;
}

int sign_make(const struct sign_secret *key, const struct entry_part *parts, size_t count,
	uint8_t out[SIGN_SIZE])
{
	size_t size = 0;
	CLEANUP(cleanup_free) uint8_t *all = join(parts, count, &size);

	if (!all)
		return -ENOMEM;
	crypto_sign_detached(out, NULL, all, size, key->bytes);
	return 0;
}

bool sign_check(const struct sign_public *key, const struct entry_part *parts, size_t count,
	const uint8_t signature[SIGN_SIZE])
{
	size_t size = 0;
	CLEANUP(cleanup_free) uint8_t *all = join(parts, count, &size);

	return all && crypto_sign_verify_detached(signature, all, size, key->bytes) == 0;
}
