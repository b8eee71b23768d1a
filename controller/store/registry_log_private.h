/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the log share: its rows as the tables keep them. */
#pragma once

#include "registry_private.h"
#include "store/registry_log.h"

#define REGISTRY_LOG_ROW "seq, hash, body, salt, subject, why"
#define REGISTRY_LOG_ROW_COLUMNS 6
#define REGISTRY_LOG_ZONE 1024 /* ids of one row of entry_zone */

/* The columns REGISTRY_LOG_ROW from `column` on. Sizes that cannot be make the row poison. */
void registry_log_row(sqlite3_stmt *stmt, int column, struct registry_batch_row *ret_row);

/* Where a journal ends. */
struct registry_log_end {
	int64_t id;         /* of its row in chain; 0: none */
	uint64_t first_seq; /* earlier ones are past their retention */
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint64_t last_seq;
	uint8_t last_hash[ENTRY_HASH_SIZE];
};
/* 1, 0 when there is none, or negative errno. */
int registry_log_find(struct registry *registry, const char *door,
	const uint8_t journal[ENTRY_JOURNAL_SIZE], struct registry_log_end *ret_end);
int registry_log_newest(
	struct registry *registry, const char *door, struct registry_log_end *ret_end);

/* That the batch is what it says: numbers without gaps, hashes, links, entries that can be read.
 * -EBADMSG; nothing was written. */
int registry_log_check(struct registry *registry, const struct registry_batch *batch);

/* Keeps the batch's signature; its last entry is the chain's. In the change in progress. */
int registry_log_sign(struct registry *registry, int64_t chain, const struct registry_batch *batch);

/*
 * Drops entries that were collected before then, of each journal whole segments that end with a
 * signature of the door, at most `limit` of one journal. The last hash stays as the link that the
 * rest follows. *ret_more: a journal has more. How many.
 */
int registry_log_prune(
	struct registry *registry, int64_t before_us, uint64_t limit, bool *ret_more);

/* Raises an alarm inside the change in progress. 0 or negative errno. */
int registry_alarm_raise(struct registry *registry, enum registry_alarm_kind kind, const char *door,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
