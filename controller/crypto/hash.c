/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

_Static_assert(CARD_KEY_SIZE == crypto_generichash_blake2b_KEYBYTES, "card key size");

int crypto_init(void)
{
	return sodium_init() < 0 ? -EIO : 0;
}

static void hash256(const uint8_t *key, size_t key_size, const struct entry_part *parts,
	size_t count, uint8_t out[ENTRY_HASH_SIZE])
{
	crypto_generichash_blake2b_state state;

	crypto_generichash_blake2b_init(&state, key, key_size, ENTRY_HASH_SIZE);
	for (size_t i = 0; i < count; i++)
		crypto_generichash_blake2b_update(&state, parts[i].data, parts[i].size);
	crypto_generichash_blake2b_final(&state, out, ENTRY_HASH_SIZE);
	if (key)
		sodium_memzero(&state, sizeof(state));
}

void crypto_hash256(const struct entry_part *parts, size_t count, uint8_t out[ENTRY_HASH_SIZE])
{
	hash256(NULL, 0, parts, count, out);
}

void crypto_card_token(const struct card_key *key, const struct uid *uid, struct token *ret_token)
{
	const struct entry_part parts[] = {
		{&uid->len, 1},
		{uid->bytes, uid->len <= UID_MAX ? uid->len : UID_MAX},
	};
	uint8_t hash[ENTRY_HASH_SIZE];

	hash256(key->bytes, sizeof(key->bytes), parts, 2, hash);
	memcpy(ret_token->bytes, hash, TOKEN_SIZE);
}

void crypto_random(void *out, size_t size)
{
	randombytes_buf(out, size);
}

void crypto_wipe(void *data, size_t size)
{
	sodium_memzero(data, size);
}
