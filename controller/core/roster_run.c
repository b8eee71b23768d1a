/* SPDX-License-Identifier: Apache-2.0 */
/* Records one behind another, and the digest of a roster. */
#include "core/roster_record.h"

#include "core/bytes.h"
#include <errno.h>

#define RUN_LENGTH 2 /* bytes before each record of a run */

int roster_run_next(
	const uint8_t *data, size_t size, size_t *at, const uint8_t **ret_record, size_t *ret_size)
{
	struct bytes_reader r = {.data = data, .size = size, .at = *at};
	const uint8_t *record;
	size_t n;

	if (*at >= size)
		return *at == size ? 0 : -EBADMSG;
	n = (size_t)bytes_get_le(&r, RUN_LENGTH);
	record = bytes_get(&r, n);
	if (!record || n == 0 || n > ROSTER_RECORD_MAX)
		return -EBADMSG;
	*ret_record = record;
	*ret_size = n;
	*at = r.at;
	return 1;
}

int roster_run_add(
	uint8_t *data, size_t size, size_t room, const uint8_t *record, size_t record_size)
{
	struct bytes_writer w = {.data = data, .size = room, .used = size};

	if (size > room || record_size == 0 || record_size > ROSTER_RECORD_MAX)
		return -ENOSPC;
	bytes_put_le(&w, record_size, RUN_LENGTH);
	bytes_put(&w, record, record_size);
	return w.failed ? -ENOSPC : (int)w.used;
}

/* ---- digest: numbers of 256 bits, little-endian ---- */

static void hash_record(
	const uint8_t *record, size_t size, entry_hash_fn hash, uint8_t out[ROSTER_DIGEST_SIZE])
{
	const struct entry_part part = {record, size};

	hash(&part, 1, out);
}

void roster_digest_add(
	uint8_t digest[ROSTER_DIGEST_SIZE], const uint8_t *record, size_t size, entry_hash_fn hash)
{
	uint8_t more[ROSTER_DIGEST_SIZE];
	unsigned carry = 0;

	hash_record(record, size, hash, more);
	for (size_t i = 0; i < ROSTER_DIGEST_SIZE; i++) {
		carry += (unsigned)digest[i] + more[i];
		digest[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

void roster_digest_take(
	uint8_t digest[ROSTER_DIGEST_SIZE], const uint8_t *record, size_t size, entry_hash_fn hash)
{
	uint8_t less[ROSTER_DIGEST_SIZE];
	int borrow = 0;

	hash_record(record, size, hash, less);
	for (size_t i = 0; i < ROSTER_DIGEST_SIZE; i++) {
		borrow += (int)digest[i] - less[i];
		digest[i] = (uint8_t)borrow;
		borrow = borrow < 0 ? -1 : 0;
	}
}

int revision_compare(const struct revision *a, const struct revision *b)
{
	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}
