/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the collector holds of a door's journals, and what a batch adds to it: verified rows in an
 * append-only file, their hashes in memory.
 */
#pragma once

#include "wire/message.h"

#include <stdint.h>

struct journal {
	uint8_t id[ENTRY_JOURNAL_SIZE];
	uint8_t start[ENTRY_HASH_SIZE]; /* the link before the first entry */
	uint8_t (*hashes)[ENTRY_HASH_SIZE];
	size_t count; /* the last seq held */
	size_t room;
	uint64_t acked; /* the last seq acknowledged in this run */
};

struct ledger {
	struct journal *journals; /* in the order they began; the last one is the door's now */
	size_t count;
	FILE *store;     /* or NULL */
	size_t store_at; /* whose rows the file goes on with */
	uint64_t duplicates, gaps, forks;
};

/* Reads what an earlier run stored and goes on there. path may be NULL. 0 or negative errno. */
int ledger_open(struct ledger *ledger, const char *path, char err[ERR_MAX]);
void ledger_close(struct ledger *ledger);

/*
 * Takes a verified batch and says on stdout what it is. 1 when its journal may be acknowledged up
 * to *ret_journal's count, 0 when not, or negative errno when the store failed.
 */
int ledger_take(struct ledger *ledger, const struct message_batch *batch, bool follow,
	struct journal **ret_journal);

uint64_t ledger_total(const struct ledger *ledger);
