/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wardens' key: lists of who is inside are sealed to it (crypto/seal.h: X25519), so that they
 * can lie on every door and be opened by who holds the key file and knows its passphrase, with
 * everything else dead.
 *
 * The file is text, one line: "tapin-warden-1 KEYID PUBLIC SEALED CHECK". KEYID is the first 8
 * bytes of BLAKE2b-256(public key) in hex, PUBLIC the public key in base64, SEALED salt ‖ nonce ‖
 * secret key under the passphrase (argon2id, 64 MiB, 3 passes; XSalsa20-Poly1305), CHECK the first
 * 8 bytes of BLAKE2b-256 of the line before it: a damaged file is told apart from a wrong
 * passphrase. The file alone opens nothing, so it may lie on a laptop, a stick and every door's
 * machine.
 */
#pragma once

#include "base/util.h"
#include "crypto/seal.h"
#include "crypto/sign.h"

#define WARDEN_PASSPHRASE_MIN 12 /* bytes: whoever finds the file may guess for years */
#define WARDEN_PASSPHRASE_MAX 256

struct warden_public {
	char id[KEY_ID_SIZE];
	uint8_t bytes[SEAL_KEY_SIZE];
};

/* Takes the bytes of a public key over. 0, or -EINVAL for those that nothing can be sealed to. */
int warden_public_set(const uint8_t bytes[SEAL_KEY_SIZE], struct warden_public *ret_public);

/*
 * Makes a key and its file; an existing one is never overwritten (-EEXIST). 0, -EINVAL for a
 * passphrase that is too short or too long, or negative errno; err says why and what to do.
 */
int warden_key_make(const char *path, const char *passphrase, struct warden_public *ret_public,
	char err[ERR_MAX]);

/* The public half, without the passphrase. 0, -EBADMSG for a file that is none or is damaged, or
 * negative errno; err. */
int warden_public_load(const char *path, struct warden_public *ret_public, char err[ERR_MAX]);

/* Opens the file: takes about a fifth of a second. 0 (wipe the pair when it has served),
 * -EKEYREJECTED for a wrong passphrase, or as warden_public_load; err. */
int warden_key_open(
	const char *path, const char *passphrase, struct seal_pair *ret_pair, char err[ERR_MAX]);
