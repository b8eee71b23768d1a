/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and tokens: BLAKE2b (RFC 7693) by libsodium. */
#pragma once

#include "core/entry.h"
#include "core/roster.h"
#include "core/uid.h"
#include <stddef.h>
#include <stdint.h>

#define CARD_KEY_SIZE 32

/* A site card key: tokens are made with it; it never leaves the machine. */
struct card_key {
	uint32_t id; /* from the key file; stored beside each token */
	uint8_t bytes[CARD_KEY_SIZE];
};

/* Must be called once before anything else in this room. 0 or -EIO. */
int crypto_init(void);

/* BLAKE2b-256 over parts in order; fits entry_hash_fn. */
void crypto_hash256(const struct entry_part *parts, size_t count, uint8_t out[ENTRY_HASH_SIZE]);

/* First 16 bytes of keyed BLAKE2b-256(card key, length byte ‖ UID): not BLAKE2b with a 16-byte
 * output. */
void crypto_card_token(const struct card_key *key, const struct uid *uid, struct token *ret_token);

/* Random bytes from the kernel. */
void crypto_random(void *out, size_t size);

/* Overwrites secrets so that the compiler cannot leave it out. */
void crypto_wipe(void *data, size_t size);
