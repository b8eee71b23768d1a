/* SPDX-License-Identifier: Apache-2.0 */
/* A roster as a sorted set of records: what a door would hold, and how it gets it. */
#pragma once

#include "registry_bed.h"
#include <stdlib.h>
#include <string.h>

struct set_row {
	uint8_t key[ROSTER_KEY_MAX];
	int key_size;
	uint8_t *data;
	size_t size;
};

struct set {
	size_t count, room;
	struct set_row *rows;
};

static inline void set_free(struct set *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->rows[i].data);
	free(s->rows);
	*s = (struct set){0};
}

static inline int set_order(const struct set_row *a, const uint8_t *key, int key_size)
{
	int n = a->key_size < key_size ? a->key_size : key_size;
	int order = memcmp(a->key, key, (size_t)n);

	return order ? order : a->key_size - key_size;
}

/* Where the key stands or would stand. */
static inline size_t set_find(const struct set *s, const uint8_t *key, int key_size, bool *there)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (set_order(&s->rows[middle], key, key_size) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*there = low < s->count && set_order(&s->rows[low], key, key_size) == 0;
	return low;
}

/* Applies one record's bytes as a door does. 0, or -1 for bytes that no door takes. */
static inline int set_apply(struct set *s, const uint8_t *data, size_t size)
{
	struct roster_record record;
	struct set_row row = {.size = size};
	bool there;
	size_t at;

	if (roster_record_decode(data, size, &record) < 0)
		return -1;
	row.key_size = roster_record_key(&record, row.key);
	at = set_find(s, row.key, row.key_size, &there);
	if (there) {
		free(s->rows[at].data);
		memmove(&s->rows[at], &s->rows[at + 1], (--s->count - at) * sizeof(row));
	}
	if (record.gone)
		return 0;
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->rows = realloc(s->rows, s->room * sizeof(row));
	}
	row.data = malloc(size);
	if (!s->rows || !row.data)
		abort();
	memcpy(row.data, data, size);
	memmove(&s->rows[at + 1], &s->rows[at], (s->count++ - at) * sizeof(row));
	s->rows[at] = row;
	return 0;
}

static inline void set_put(struct set *s, const struct roster_record *record)
{
	static uint8_t data[ROSTER_RECORD_MAX];
	int size = roster_record_encode(record, data);

	if (size < 0 || set_apply(s, data, (size_t)size) < 0)
		abort();
}

static inline struct set set_copy(const struct set *from)
{
	struct set s = {0};

	for (size_t i = 0; i < from->count; i++)
		set_apply(&s, from->rows[i].data, from->rows[i].size);
	return s;
}

static inline bool set_same(const struct set *a, const struct set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->rows[i].size != b->rows[i].size ||
			memcmp(a->rows[i].data, b->rows[i].data, a->rows[i].size) != 0)
			return false;
	return true;
}

static inline void set_digest(const struct set *s, uint8_t digest[ROSTER_DIGEST_SIZE])
{
	memset(digest, 0, ROSTER_DIGEST_SIZE);
	for (size_t i = 0; i < s->count; i++)
		roster_digest_add(digest, s->rows[i].data, s->rows[i].size, crypto_hash256);
}

static uint64_t random_state;

static inline uint32_t pick(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % below;
}

/* Applies a whole view; some chunks are asked for twice. */
static inline void set_apply_view(
	struct registry *reg, struct registry_view *view, struct set *s, size_t room)
{
	static uint8_t out[65536], again[65536];
	bool last = false, last_again;
	size_t at, size;
	const uint8_t *record;
	uint32_t chunk;

	for (chunk = 0; !last; chunk++) {
		int n = registry_view_chunk(view, chunk, out, room, &last);

		if (n < 0)
			fail_msg("chunk %u: %d %s", chunk, n, registry_error(reg));
		at = 0;
		while (roster_run_next(out, (size_t)n, &at, &record, &size) == 1)
			assert_int_equal(set_apply(s, record, size), 0);
		assert_int_equal(at, n);
		if (pick(3))
			continue;
		assert_int_equal(registry_view_chunk(view, chunk, again, room, &last_again), n);
		assert_int_equal(last_again, last);
		assert_memory_equal(out, again, (size_t)n);
	}
	assert_int_equal(registry_view_chunk(view, chunk, out, room, &last), -ENOENT);
	assert_int_equal(registry_view_chunk(view, chunk + 3, out, room, &last), -ENOENT);
}

static inline struct set set_fetch_in(
	struct registry *reg, const struct revision *from, const struct set *base, size_t room)
{
	struct set s = base ? set_copy(base) : (struct set){0};
	struct registry_view *view = NULL;
	uint8_t digest[ROSTER_DIGEST_SIZE];

	EXPECT(reg, registry_view_open(reg, from, &view), 0);
	set_apply_view(reg, view, &s, room);
	set_digest(&s, digest);
	assert_memory_equal(digest, registry_view_roster(view)->digest, ROSTER_DIGEST_SIZE);
	registry_view_close(view);
	return s;
}

static inline struct set set_fetch(
	struct registry *reg, const struct revision *from, const struct set *base)
{
	return set_fetch_in(reg, from, base, 700 + pick(4000));
}
