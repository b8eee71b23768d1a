/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal.db: the door's append-only record, and the thread that writes it.
 *
 * The loop hands entries in and takes answers out; it never waits for the disk. Each entry is first
 * copied to a slot of a preallocated, memory-mapped intent file (no system call, survives the
 * process), then committed by the writer with synchronous=FULL. At start intents that no commit
 * covers become `recovered` entries. While the disk refuses, entries wait in memory and in the
 * intent file and are written when it heals. The outbox is the journal itself plus an acknowledged
 * mark; nothing is ever removed from it.
 */
#pragma once

#include "base/util.h"
#include "core/entry.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_PENDING_MAX 1000 /* entries that wait for the disk (issue: bad input) */
#define JOURNAL_BATCH_MAX 64 /* entries of one batch; 64 × ~700 bytes of JSON stay under 64 KiB */

struct journal_options {
	const char *path;        /* journal.db */
	const char *intent_path; /* journal.intent */
	const char *site;
	const char *door;
	entry_hash_fn hash;
	void (*random)(void *out, size_t size);
	int64_t wall_us; /* now, for entries that opening itself makes */
	uint64_t mono_us;
	uint8_t boot_id[16];
	enum clock_trust clock;
};

/* What opening found, for the log. */
struct journal_report {
	uint8_t id[ENTRY_JOURNAL_SIZE];
	uint64_t last_seq;
	uint64_t acked_seq;
	unsigned recovered; /* intents turned into entries */
	bool damaged; /* the old file was set aside and kept as damaged_path; a new journal began */
	char damaged_path[256];
};

enum journal_event_kind {
	JOURNAL_EVENT_COMMITTED, /* one entry is durable */
	JOURNAL_EVENT_FAULT,     /* writing fails; said once until healed */
	JOURNAL_EVENT_HEALED,
	JOURNAL_EVENT_BATCH, /* the answer to journal_request */
	JOURNAL_EVENT_ACKED, /* the mark moved (durably) to seq */
};

struct journal_row {
	uint64_t seq;
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry_record record;
};

struct journal_batch {
	uint8_t previous[ENTRY_HASH_SIZE]; /* the link before the first row */
	size_t count;
	struct journal_row rows[JOURNAL_BATCH_MAX];
};

struct journal_event {
	enum journal_event_kind kind;
	uint64_t seq;                /* COMMITTED, ACKED */
	struct entry entry;          /* COMMITTED: what was written */
	int error;                   /* FAULT: negative errno-like */
	char message[ERR_MAX];       /* FAULT, for a person */
	struct journal_batch *batch; /* BATCH: the caller frees (free) */
};

struct journal;

/* Opens or makes the journal and starts the writer. 0 or negative errno with err. */
int journal_open(const struct journal_options *options, struct journal **ret_journal,
	struct journal_report *ret_report, char err[ERR_MAX]);

/* Waits up to wait_ms for what is pending to be written, stops the writer. Returns NULL. *ret_left:
 * entries that stay in the intent file. */
struct journal *journal_close(struct journal *journal, unsigned wait_ms, unsigned *ret_left);

/* An eventfd, readable when journal_next has something. */
int journal_fd(const struct journal *journal);

/* 1 and *ret_event, or 0. */
int journal_next(struct journal *journal, struct journal_event *ret_event);

/*
 * Hands an entry to the writer: copies it, writes the intent, returns at once. 0, -ENOSPC when
 * JOURNAL_PENDING_MAX entries wait (the entry is not taken), or -EINVAL.
 */
int journal_append(struct journal *journal, const struct entry *entry);

/* Entries that wait for the disk now. */
unsigned journal_pending(const struct journal *journal);

/* Asks for up to count rows after seq; answered by JOURNAL_EVENT_BATCH (count 0 when there are
 * none). */
int journal_request(struct journal *journal, uint64_t after_seq, size_t count);

/* Takes an acknowledgement: moves the mark if (journal id, seq, hash) is ours and above it; a false
 * one is -EBADMSG by event? No: returns 0 and is judged by the writer; see ACKED. */
int journal_ack(struct journal *journal, const uint8_t id[ENTRY_JOURNAL_SIZE], uint64_t seq,
	const uint8_t hash[ENTRY_HASH_SIZE]);
