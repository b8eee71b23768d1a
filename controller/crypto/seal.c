/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal.h"

#include <errno.h>
#include <sodium.h>

_Static_assert(SEAL_KEY_SIZE == crypto_box_PUBLICKEYBYTES, "public key size");
_Static_assert(SEAL_KEY_SIZE == crypto_box_SECRETKEYBYTES, "secret key size");
_Static_assert(SEAL_OVERHEAD == crypto_box_SEALBYTES, "overhead");
_Static_assert(MAC_KEY_SIZE == crypto_generichash_blake2b_KEYBYTES, "key size");

void seal_pair_make(struct seal_pair *ret_pair)
{
	crypto_box_keypair(ret_pair->public, ret_pair->secret);
}

int seal_make(
	const uint8_t public[SEAL_KEY_SIZE], const void *data, size_t size, uint8_t *out_sealed)
{
	return crypto_box_seal(out_sealed, data, size, public) == 0 ? 0 : -EINVAL;
}

int seal_open(const struct seal_pair *pair, const uint8_t *sealed, size_t size, uint8_t *out_data)
{
	if (size < SEAL_OVERHEAD)
		return -EBADMSG;
	if (crypto_box_seal_open(out_data, sealed, size, pair->public, pair->secret) != 0)
		return -EBADMSG;
	return 0;
}

void mac_make(const uint8_t key[MAC_KEY_SIZE], const struct entry_part *parts, size_t count,
	uint8_t out[MAC_SIZE])
{
	crypto_generichash_blake2b_state state;

	crypto_generichash_blake2b_init(&state, key, MAC_KEY_SIZE, MAC_SIZE);
	for (size_t i = 0; i < count; i++)
		crypto_generichash_blake2b_update(&state, parts[i].data, parts[i].size);
	crypto_generichash_blake2b_final(&state, out, MAC_SIZE);
	sodium_memzero(&state, sizeof(state));
}

bool mac_check(const uint8_t key[MAC_KEY_SIZE], const struct entry_part *parts, size_t count,
	const uint8_t mac[MAC_SIZE])
{
	uint8_t right[MAC_SIZE];
	bool same;

	mac_make(key, parts, count, right);
	same = crypto_equal(right, mac, MAC_SIZE);
	sodium_memzero(right, sizeof(right));
	return same;
}

bool crypto_equal(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size) == 0;
}
