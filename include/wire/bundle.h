/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a new door joins a site (schemas: bundle.json, claim.json, welcome.json).
 *
 * The host carries the bundle file to the door. It names the broker, the site root key, and a
 * claim: good once and for 24 hours. The door makes its key pair and publishes the claim on
 * tapin/SITE/claim/C/ask through the claim's own one-use account; the hub answers on
 * tapin/SITE/claim/C/answer. The claim is proven by BLAKE2b-256 keyed with the bundle's secret over
 * "tapin1-claim" ‖ 0 ‖ site ‖ 0 ‖ door ‖ 0 ‖ sign key 32 ‖ box key 32 ‖ nonce 16. The answer is in
 * the hub's envelope; its body holds the welcome sealed to the door's box key (crypto_box_seal),
 * for it carries the card key and the account's password.
 */
#pragma once

#include "base/util.h"
#include "core/entry.h"
#include "core/roster.h"
#include "crypto/sign.h"
#include "wire/sync.h"
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_VERSION 1
#define BUNDLE_FILE_MAX 65536
#define BUNDLE_LIFE_S 86400
#define BUNDLE_SECRET_SIZE 32
#define BUNDLE_PROOF_SIZE 32
#define BUNDLE_BOX_SIZE 32 /* an X25519 public key */
#define BUNDLE_CA_MAX 16384
#define BUNDLE_WELCOME_MAX 32768 /* sealed bytes */

struct bundle {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	char timezone[64];
	char claim[17]; /* 16 hex digits */
	uint8_t secret[BUNDLE_SECRET_SIZE];
	int64_t expires_us;
	struct sign_public root;
	char mqtt_host[256];
	uint16_t mqtt_port;
	char mqtt_username[64];
	char mqtt_password[64];
	char *mqtt_ca; /* PEM, or NULL: no TLS; owned */
};
int bundle_write(const struct bundle *bundle, char **ret_text);
int bundle_read(const char *file_name, const char *text, size_t size, struct bundle *ret_bundle,
	char err[ERR_MAX]);
/* Wipes the secrets too. */
void bundle_free(struct bundle *bundle);

struct claim {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	char claim[17];
	struct sign_public key;       /* the door's new signing key */
	uint8_t box[BUNDLE_BOX_SIZE]; /* for this claim only */
	uint8_t nonce[SYNC_NONCE_SIZE];
	uint8_t proof[BUNDLE_PROOF_SIZE];
};
int claim_write(const struct claim *claim, char **ret_body);
int claim_read(const char *body, size_t size, struct claim *ret_claim, char err[ERR_MAX]);
/* The claim's proof under the bundle's secret: everything but `claim` and `proof` goes into it. */
void claim_prove(const struct claim *claim, const uint8_t secret[BUNDLE_SECRET_SIZE],
	uint8_t out[BUNDLE_PROOF_SIZE]);

/* The answer as it travels: sealed, or refused with a sentence. */
struct claim_answer {
	uint8_t nonce[SYNC_NONCE_SIZE];
	char refused[ERR_MAX]; /* "" when there is a welcome */
	uint8_t *sealed;       /* owned */
	size_t size;
	char *keys; /* the whole signed `keys` message: without it the envelope's own signer is
		       nobody; owned */
};
int claim_answer_write(const struct claim_answer *answer, char **ret_body);
int claim_answer_read(
	const char *body, size_t size, struct claim_answer *ret_answer, char err[ERR_MAX]);
void claim_answer_free(struct claim_answer *answer);

/* What is inside the seal. */
struct welcome {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	struct card_key card;
	char mqtt_username[64];
	char mqtt_password[64];
	uint8_t journal_before[ENTRY_HASH_SIZE]; /* the last hash that the hub has of this door's
						    journal; zeros: none */
};
int welcome_write(const struct welcome *welcome, char **ret_text);
int welcome_read(const char *text, size_t size, struct welcome *ret_welcome, char err[ERR_MAX]);
