/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows a chain that is being verified along the doors' signatures. Each entry stands under the
 * first signature that ends with it or after it: the last hash vouches for it. Rows that are poison
 * must be the ones of that signature's digest.
 */
#pragma once

#include "registry_log_private.h"

struct registry_log_signed {
	sqlite3 *db;
	const char *path;
	const char *site;
	entry_hash_fn hash;
	char *err;
	sqlite3_stmt *signatures, *keys, *rows;
	/* the chain at hand */
	int64_t chain;
	char door[NAME_ID_MAX];
	const uint8_t *journal;
	const uint8_t *start;
	uint64_t entries;   /* under good signatures */
	uint64_t unchecked; /* under those of keys that are gone */
	uint64_t fault_seq; /* the first fault, if what is not NULL */
	const char *fault;
	/* the next signature */
	bool there;
	uint64_t first, last;
	uint8_t last_hash[ENTRY_HASH_SIZE];
	struct registry_signature signature;
	/* what came since the one before it */
	uint64_t loose, loose_first;
	uint64_t rotten, rotten_first;
	/* the key that was used last */
	struct sign_public key;
};

/* The connection, site, hash and err are set. 0 or negative errno, as all of them. */
int registry_log_signed_prepare(struct registry_log_signed *signatures);
void registry_log_signed_done(struct registry_log_signed *signatures);
/* The three are looked at until the end. */
int registry_log_signed_begin(struct registry_log_signed *signatures, int64_t chain,
	const struct registry_chain *of, const uint8_t start[ENTRY_HASH_SIZE]);
int registry_log_signed_row(
	struct registry_log_signed *signatures, const struct registry_batch_row *row);
void registry_log_signed_end(struct registry_log_signed *signatures);
