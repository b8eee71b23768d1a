/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/bundle.h"

#include "crypto/seal.h"

#include <string.h>

#define DOMAIN "tapin1-claim"

_Static_assert(BUNDLE_SECRET_SIZE == MAC_KEY_SIZE, "the secret is a key");
_Static_assert(BUNDLE_PROOF_SIZE == MAC_SIZE, "the proof is a code");

void claim_prove(const struct claim *claim, const uint8_t secret[BUNDLE_SECRET_SIZE],
	uint8_t out[BUNDLE_PROOF_SIZE])
{
	/* names without NUL, each ended by one: no two claims have the same bytes */
	const struct entry_part parts[] = {
		{DOMAIN, sizeof(DOMAIN)},
		{claim->site, strlen(claim->site) + 1},
		{claim->door, strlen(claim->door) + 1},
		{claim->key.bytes, sizeof(claim->key.bytes)},
		{claim->box, sizeof(claim->box)},
		{claim->nonce, sizeof(claim->nonce)},
	};

	mac_make(secret, parts, ARRAY_SIZE(parts), out);
}
