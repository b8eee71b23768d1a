/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that only one reader can open (X25519 with XSalsa20-Poly1305: libsodium's sealed box),
 * and message authentication codes under a shared secret (keyed BLAKE2b-256).
 */
#pragma once

#include "core/entry.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_SIZE 32
#define SEAL_OVERHEAD 48 /* a sealed message is so much longer than the message */
#define MAC_KEY_SIZE 32
#define MAC_SIZE 32

struct seal_pair {
	uint8_t public[SEAL_KEY_SIZE];
	uint8_t secret[SEAL_KEY_SIZE];
};

/* Makes a new pair; wipe it (crypto_wipe) when it has served. */
void seal_pair_make(struct seal_pair *ret_pair);

/* Seals size bytes for whoever has the secret of `public`, into size + SEAL_OVERHEAD bytes. 0, or
 * -EINVAL for a public key that is none. */
int seal_make(
	const uint8_t public[SEAL_KEY_SIZE], const void *data, size_t size, uint8_t *out_sealed);

/* Opens it into size - SEAL_OVERHEAD bytes. 0, or -EBADMSG: not sealed for this pair, or altered.
 */
int seal_open(const struct seal_pair *pair, const uint8_t *sealed, size_t size, uint8_t *out_data);

/* Keyed BLAKE2b-256 over parts in order. */
void mac_make(const uint8_t key[MAC_KEY_SIZE], const struct entry_part *parts, size_t count,
	uint8_t out[MAC_SIZE]);
/* The same, compared in a time that tells nothing. */
bool mac_check(const uint8_t key[MAC_KEY_SIZE], const struct entry_part *parts, size_t count,
	const uint8_t mac[MAC_SIZE]);

/* Whether both are the same, in a time that depends on size alone. */
bool crypto_equal(const void *a, const void *b, size_t size);
