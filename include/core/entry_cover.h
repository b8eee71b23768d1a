/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a door signs of its journal: the bytes under the signature of a batch. The door makes them,
 * the hub checks them as they come and again whenever the log is verified:
 *
 *    "tapin1-journal" ‖ 0 ‖ KEYID ‖ 0 ‖ site ‖ 0 ‖ door ‖ 0 ‖ journal id 16 ‖ first seq 8
 *    ‖ last seq 8 ‖ last hash 32
 *    ‖ "poison" ‖ digest 32, where rows are rotten
 *    ‖ "erased" ‖ seq 8 of each, where the door erased rows
 *
 * Numbers are little-endian. The last hash vouches for every row before it, as far as hashes follow
 * from rows. A row whose bytes are not what its hash says (poison) ends that, so the digest covers
 * it and the hash it came after: nobody on the way can make a good row look like a bad one, nor
 * make anew what stands before a bad one. A commitment fits a row with and without its subject, so
 * the door says which it erased; the hub may erase more of what it keeps.
 */
#pragma once

#include "core/entry.h"

#define ENTRY_COVER_PARTS 15
#define ENTRY_RANGE_BITS 64 /* entries of a range, from the first, that can be told as erased */

struct entry_range {
	const char *site;
	const char *door;
	const uint8_t *journal; /* ENTRY_JOURNAL_SIZE */
	uint64_t first;
	uint64_t last;
	const uint8_t *last_hash; /* ENTRY_HASH_SIZE */
	const uint8_t *poison;    /* the digest, ENTRY_HASH_SIZE; NULL: no row is rotten */
	uint64_t erased;          /* bit i: entry first + i */
};

/* The parts look into the range, the key id and this itself: it must not move. */
struct entry_cover {
	uint8_t first[8];
	uint8_t last[8];
	uint8_t erased[8 * ENTRY_RANGE_BITS];
	size_t count;
	struct entry_part parts[ENTRY_COVER_PARTS];
};

/* For sign_make and sign_check. */
void entry_cover(
	const struct entry_range *range, const char *key_id, struct entry_cover *ret_cover);

/* Adds a rotten row to the digest, zeros before the first, in the order of seq:
 * digest = H(digest ‖ previous hash ‖ seq ‖ hash ‖ sizes of body, salt and subject, 2 bytes each ‖
 * the three). */
void entry_cover_poison(const uint8_t previous[ENTRY_HASH_SIZE], uint64_t seq,
	const uint8_t hash[ENTRY_HASH_SIZE], const struct entry_record *record,
	entry_hash_fn hash_fn, uint8_t digest[ENTRY_HASH_SIZE]);
