/* SPDX-License-Identifier: Apache-2.0 */
#include "core/entry_cover.h"

#include <string.h>

#define PLAIN_PARTS (ENTRY_COVER_PARTS - 4)

static void put_le(uint64_t value, uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(value >> (8 * i));
}

static void put_part(struct entry_cover *cover, const char *name, const uint8_t *data, size_t size)
{
	cover->parts[cover->count++] = (struct entry_part){name, strlen(name)};
	cover->parts[cover->count++] = (struct entry_part){data, size};
}

void entry_cover(const struct entry_range *range, const char *key_id, struct entry_cover *cover)
{
	const struct entry_part parts[PLAIN_PARTS] = {{"tapin1-journal", 14}, {"", 1},
		{key_id, strlen(key_id)}, {"", 1}, {range->site, strlen(range->site)}, {"", 1},
		{range->door, strlen(range->door) + 1}, {range->journal, ENTRY_JOURNAL_SIZE},
		{cover->first, 8}, {cover->last, 8}, {range->last_hash, ENTRY_HASH_SIZE}};
	size_t erased = 0;

	put_le(range->first, cover->first, 8);
	put_le(range->last, cover->last, 8);
	memcpy(cover->parts, parts, sizeof(parts));
	cover->count = PLAIN_PARTS;
	if (range->poison)
		put_part(cover, "poison", range->poison, ENTRY_HASH_SIZE);
	for (unsigned i = 0; i < ENTRY_RANGE_BITS; i++)
		if (range->erased >> i & 1)
			put_le(range->first + i, cover->erased + 8 * erased++, 8);
	if (erased)
		put_part(cover, "erased", cover->erased, 8 * erased);
}

void entry_cover_poison(const uint8_t previous[ENTRY_HASH_SIZE], uint64_t seq,
	const uint8_t hash[ENTRY_HASH_SIZE], const struct entry_record *record,
	entry_hash_fn hash_fn, uint8_t digest[ENTRY_HASH_SIZE])
{
	uint16_t salt = record->subject_size > 0 ? ENTRY_SALT_SIZE : 0;
	uint8_t number[8], sizes[6];
	const struct entry_part parts[] = {{digest, ENTRY_HASH_SIZE}, {previous, ENTRY_HASH_SIZE},
		{number, sizeof(number)}, {hash, ENTRY_HASH_SIZE}, {sizes, sizeof(sizes)},
		{record->body, record->body_size}, {record->salt, salt},
		{record->subject, record->subject_size}};

	put_le(seq, number, sizeof(number));
	put_le(record->body_size, sizes, 2);
	put_le(salt, sizes + 2, 2);
	put_le(record->subject_size, sizes + 4, 2);
	hash_fn(parts, sizeof(parts) / sizeof(parts[0]), digest);
}
