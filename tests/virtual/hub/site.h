/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest registry there can be: the records of a roster, their digest, and each change. */
#pragma once

#include "core/roster_record.h"

struct site_item {
	uint8_t key[ROSTER_KEY_MAX];
	int key_size;
	uint8_t *bytes;
	int size;
};

struct site_change {
	struct revision revision;
	uint8_t *bytes;
	int size;
};

struct site {
	struct revision revision;
	uint8_t digest[ROSTER_DIGEST_SIZE];
	size_t item_count, change_count;
	struct site_item *items;
	struct site_change *changes;
};

/* Puts or removes a record: the next revision. */
void site_put(struct site *site, const struct roster_record *record);

/* The run of everything (from NULL) or of what changed after from. The caller frees. */
uint8_t *site_run(const struct site *site, const struct revision *from, size_t *ret_size);

/* The part of a run that begins with record number `first` and has at most max bytes; *ret_next:
 * the first record of the part behind it, 0 for none. */
uint8_t *site_part(const uint8_t *run, size_t size, size_t first, size_t max, size_t *ret_size,
	size_t *ret_next);
