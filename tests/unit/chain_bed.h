/* SPDX-License-Identifier: Apache-2.0 */
/* Doors' journals as they would be sent: entries of any content, chained. */
#pragma once

#include "core/entry_cover.h"
#include "crypto/hash.h"
#include "store/registry_door.h"
#include "store/registry_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chain_bed {
	char site[NAME_ID_MAX];
	struct sign_secret key; /* every chain has the same, unless a test gives it another */
	char door[NAME_ID_MAX];
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint8_t before[ENTRY_HASH_SIZE];
	uint8_t start[ENTRY_HASH_SIZE];
	size_t count, room;
	struct registry_batch_row *rows; /* seq 1 … count */
};

static inline const struct sign_secret *chain_key(void)
{
	static struct sign_secret key;

	if (!key.public.id[0])
		sign_key_make(&key);
	return &key;
}

/* Makes the door, if it is not there, and gives it this key. 0 or negative errno. */
static inline int chain_door(struct registry *reg, const char *door, const struct sign_public *key,
	int64_t now_us, bool there)
{
	struct registry_claim claim = {.expires_us = now_us + 1000000};
	uint8_t id[4];
	int rc = registry_begin(reg);

	crypto_random(id, sizeof(id));
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(claim.claim + 2 * i, 3, "%02x", id[i]);
	snprintf(claim.door, sizeof(claim.door), "%s", door);
	snprintf(claim.account, sizeof(claim.account), "claim-%s", claim.claim);
	if (rc >= 0 && !there)
		rc = registry_door_add(reg, door, "");
	if (rc >= 0)
		rc = registry_claim_add(reg, &claim);
	if (rc >= 0)
		rc = registry_claim_use(reg, claim.claim, key);
	return rc < 0 ? rc : registry_commit(reg, NULL);
}

static inline void chain_begin(
	struct chain_bed *c, const char *site, const char *door, const struct chain_bed *previous)
{
	*c = (struct chain_bed){0};
	snprintf(c->site, sizeof(c->site), "%s", site);
	snprintf(c->door, sizeof(c->door), "%s", door);
	c->key = *chain_key();
	crypto_random(c->journal, sizeof(c->journal));
	if (previous)
		memcpy(c->before,
			previous->count ? previous->rows[previous->count - 1].hash
					: previous->start,
			sizeof(c->before));
	entry_chain_start(site, door, c->journal, c->before, crypto_hash256, c->start);
}

static inline const uint8_t *chain_link(const struct chain_bed *c, uint64_t seq)
{
	return seq == 1 ? c->start : c->rows[seq - 2].hash;
}

/* Adds an entry; the row may then be changed by who wants it poisoned. */
static inline struct registry_batch_row *chain_add(struct chain_bed *c, const struct entry *entry)
{
	uint8_t salt[ENTRY_SALT_SIZE] = {3};
	struct registry_batch_row *row;

	if (c->count == c->room) {
		c->room = c->room ? 2 * c->room : 64;
		c->rows = reallocarray(c->rows, c->room, sizeof(*c->rows));
		if (!c->rows)
			abort();
	}
	row = &c->rows[c->count++];
	*row = (struct registry_batch_row){.seq = c->count};
	if (entry_encode(entry, salt, crypto_hash256, &row->record) < 0)
		abort();
	entry_chain_next(
		chain_link(c, row->seq), row->seq, &row->record, crypto_hash256, row->hash);
	return row;
}

static inline struct entry chain_tap(unsigned n)
{
	return (struct entry){
		.kind = ENTRY_KIND_TAP,
		.wall_us = 1795305600000000 + (int64_t)n * 1000000,
		.mono_us = n,
		.clock = CLOCK_TRUST_SYNCED,
		.decided = true,
		.grant = n % 3 != 0,
		.reason = n % 3 != 0 ? REASON_GRANTED : REASON_OUTSIDE_HOURS,
		.has_subject = true,
		.subject = {.card = n % 50 + 1, .member = n % 20 + 1},
	};
}

static inline void chain_taps(struct chain_bed *c, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct entry entry = chain_tap((unsigned)c->count);

		chain_add(c, &entry);
	}
}

static inline bool chain_erased(const struct registry_batch_row *row)
{
	struct entry entry = {0};

	return entry_decode(&row->record, crypto_hash256, &entry) == 0 && entry.erased;
}

/* As the door does. */
static inline void chain_sign(const struct chain_bed *c, struct registry_batch *batch)
{
	const struct registry_batch_row *last = &batch->rows[batch->count - 1];
	struct registry_signature *signature = &batch->signature;
	struct entry_range range = {.site = c->site,
		.door = c->door,
		.journal = c->journal,
		.first = batch->rows[0].seq,
		.last = last->seq,
		.last_hash = last->hash};
	struct entry_cover cover;

	for (size_t i = 0; i < batch->count; i++) {
		const struct registry_batch_row *row = &batch->rows[i];

		if (!row->poison && chain_erased(row))
			signature->erased |= 1ull << i;
		if (!row->poison)
			continue;
		signature->rotten = true;
		range.poison = signature->poison;
		entry_cover_poison(chain_link(c, row->seq), row->seq, row->hash, &row->record,
			crypto_hash256, signature->poison);
	}
	range.erased = signature->erased;
	entry_cover(&range, c->key.public.id, &cover);
	if (sign_make(&c->key, cover.parts, cover.count, signature->bytes) < 0)
		abort();
	memcpy(signature->key_id, c->key.public.id, sizeof(signature->key_id));
}

/* Rows first … last; they stay the chain's. */
static inline struct registry_batch chain_batch(
	const struct chain_bed *c, uint64_t first, uint64_t last)
{
	struct registry_batch batch = {.count = last - first + 1, .rows = &c->rows[first - 1]};

	strcpy(batch.door, c->door);
	memcpy(batch.journal, c->journal, sizeof(batch.journal));
	memcpy(batch.before, c->before, sizeof(batch.before));
	memcpy(batch.previous, chain_link(c, first), sizeof(batch.previous));
	chain_sign(c, &batch);
	return batch;
}

/* The same up to entry `count`, then free to go another way. */
static inline struct chain_bed chain_copy(const struct chain_bed *from, size_t count)
{
	struct chain_bed c = *from;

	c.count = count;
	c.room = count + 64;
	c.rows = calloc(c.room, sizeof(*c.rows));
	if (!c.rows)
		abort();
	memcpy(c.rows, from->rows, count * sizeof(*c.rows));
	return c;
}

static inline void chain_free(struct chain_bed *c)
{
	free(c->rows);
	*c = (struct chain_bed){0};
}
