/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed envelope of every message that is trusted (design.md section 9).
 *
 * Line 1 "tapin1 KEYID BASE64SIG\n", then the JSON body. The signature covers
 * "tapin1" ‖ 0 ‖ KEYID ‖ 0 ‖ topic ‖ 0 ‖ body bytes as received, and is verified before anything is
 * parsed. Journal batches have the same first line, but their signature covers the chain:
 * core/entry_cover.h.
 */
#pragma once

#include "crypto/sign.h"
#include <stddef.h>

/* Seals body for topic. *ret_message is NUL-terminated, the caller frees; 0 or -ENOMEM. */
int envelope_seal(const struct sign_secret *key, const char *topic, const char *body,
	size_t body_size, char **ret_message, size_t *ret_size);

/*
 * Checks that message is genuine for topic under one of the keys. 0 and the body (a view into
 * message), -EBADMSG (no envelope), -ENOKEY (signed by a key we do not have) or -EKEYREJECTED (bad
 * signature); message is bounded by its size, not NUL.
 */
int envelope_open(const struct sign_public *keys, size_t key_count, const char *topic,
	const char *message, size_t size, const char **ret_body, size_t *ret_body_size);

/* Splits line 1 without judging it: KEYID and signature. For batches. 0 or -EBADMSG. */
int envelope_split(const char *message, size_t size, char ret_key_id[KEY_ID_SIZE],
	uint8_t ret_signature[SIGN_SIZE], const char **ret_body, size_t *ret_body_size);

/* Puts line 1 before a body whose signature is made elsewhere. For batches. 0 or -ENOMEM. */
int envelope_join(const char *key_id, const uint8_t signature[SIGN_SIZE], const char *body,
	size_t body_size, char **ret_message, size_t *ret_size);

/* The key with that id, or NULL. */
const struct sign_public *envelope_find_key(
	const struct sign_public *keys, size_t key_count, const char *key_id);
