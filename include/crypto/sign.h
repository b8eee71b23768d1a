/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 keys and signatures (RFC 8032), by libsodium, and the key files.
 *
 * Key files are text, one line: "tapin-key-1 KIND KEYID BASE64" where KIND is "sign-secret" (64
 * bytes: seed ‖ public), "sign-public" (32 bytes) or "card-secret" (32 bytes, KEYID a decimal
 * number from 1); secret files must be 0600 or stricter. KEYID of a signing key is the first 8
 * bytes of BLAKE2b-256(public key) in lower-case hex.
 */
#pragma once

#include "base/util.h"
#include "crypto/hash.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGN_PUBLIC_SIZE 32
#define SIGN_SECRET_SIZE 64
#define SIGN_SIZE 64
#define KEY_ID_SIZE 17 /* 16 hex digits and the NUL */

struct sign_public {
	char id[KEY_ID_SIZE];
	uint8_t bytes[SIGN_PUBLIC_SIZE];
};

struct sign_secret {
	struct sign_public public;
	uint8_t bytes[SIGN_SECRET_SIZE];
};

/* Makes a new key pair. */
void sign_key_make(struct sign_secret *ret_key);

/* The key id of a public key. */
void sign_key_id(const uint8_t public[SIGN_PUBLIC_SIZE], char out[KEY_ID_SIZE]);

/* Signs the concatenation of parts. 0 or -ENOMEM. */
int sign_make(const struct sign_secret *key, const struct entry_part *parts, size_t count,
	uint8_t out[SIGN_SIZE]);
/* True only for a genuine signature by key. */
bool sign_check(const struct sign_public *key, const struct entry_part *parts, size_t count,
	const uint8_t signature[SIGN_SIZE]);

/* Key files: 0 or negative errno with err naming the file and the remedy. Saving never overwrites
 * (-EEXIST); a secret that others may read is not loaded (-EPERM). */
int key_save_secret(const char *path, const struct sign_secret *key, char err[ERR_MAX]);
int key_load_secret(const char *path, struct sign_secret *ret_key, char err[ERR_MAX]);
int key_save_public(const char *path, const struct sign_public *key, char err[ERR_MAX]);
int key_load_public(const char *path, struct sign_public *ret_key, char err[ERR_MAX]);
int key_save_card(const char *path, const struct card_key *key, char err[ERR_MAX]);
int key_load_card(const char *path, struct card_key *ret_key, char err[ERR_MAX]);
