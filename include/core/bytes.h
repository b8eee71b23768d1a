/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded little-endian writing and reading of byte buffers.
 *
 * A writer or reader that runs out of room stays failed: check once, at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes_writer {
	uint8_t *data;
	size_t size; /* room, in bytes */
	size_t used;
	bool failed;
};

struct bytes_reader {
	const uint8_t *data;
	size_t size;
	size_t at;
	bool failed;
};

static inline void bytes_put(struct bytes_writer *w, const void *data, size_t n)
{
	if (w->failed || n > w->size - w->used) {
		w->failed = true;
		return;
	}
	if (n > 0)
		memcpy(w->data + w->used, data, n);
	w->used += n;
}

/* n is 1 to 8 bytes. */
static inline void bytes_put_le(struct bytes_writer *w, uint64_t value, size_t n)
{
	uint8_t out[8];

	for (size_t i = 0; i < n && i < sizeof(out); i++)
		out[i] = (uint8_t)(value >> (8 * i));
	bytes_put(w, out, n);
}

/* The next n bytes, or NULL when fewer are left. */
static inline const uint8_t *bytes_get(struct bytes_reader *r, size_t n)
{
	const uint8_t *at = r->data + r->at;

	if (r->failed || n > r->size - r->at) {
		r->failed = true;
		return NULL;
	}
	r->at += n;
	return at;
}

static inline uint64_t bytes_get_le(struct bytes_reader *r, size_t n)
{
	const uint8_t *at = bytes_get(r, n);
	uint64_t value = 0;

	for (size_t i = 0; at && i < n && i < 8; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}
