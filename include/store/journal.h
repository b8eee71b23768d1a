/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal.db: the door's append-only record, and the thread that writes it.
 *
 * The loop hands entries in and takes answers out; it never waits for the disk. Each entry is first
 * copied to a slot of a preallocated, memory-mapped intent file (no system call, survives the
 * process), then committed by the writer with synchronous=FULL. At start intents that no commit
 * covers become `recovered` entries. While the disk refuses, entries wait in memory and in the
 * intent file and are written when it heals. The outbox is the journal itself plus an acknowledged
 * mark; nothing is ever removed from it but whom entries are about (journal_erase).
 */
#pragma once

#include "base/util.h"
#include "core/entry.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_PENDING_MAX 1000 /* entries that wait for the disk (issue: bad input) */
#define JOURNAL_BATCH_MAX 64 /* entries of one batch; 64 × ~700 bytes of JSON stay under 64 KiB */

struct journal_options {         /* texts are copied */
	const char *path;        /* journal.db */
	const char *intent_path; /* journal.intent; locked: one program at a time has the journal */
	const char *site;
	const char *door;
	/* last hash that the hub has of this door's journal before, on another disk: what a first
	 * journal names as such, where there is none here; or NULL */
	const uint8_t *before;
	entry_hash_fn hash;
	void (*random)(void *out, size_t size);
	int64_t wall_us; /* now, for entries that opening itself makes */
	uint64_t mono_us;
	uint8_t boot_id[16];
	enum clock_trust clock;
};

/* What opening found, for the log; later also what stands now (journal_status). */
struct journal_report {
	bool open; /* false: the disk refuses; FAULT is the first event, what follows is not known
		      yet */
	uint8_t id[ENTRY_JOURNAL_SIZE];
	uint8_t before[ENTRY_HASH_SIZE]; /* last hash of the journal before this one; zeros if none
					  */
	uint64_t last_seq;
	uint64_t acked_seq;
	int64_t synced_us; /* wall time of the newest entry written under CLOCK_TRUST_SYNCED; 0 none
			    */
	unsigned recovered; /* intents that become entries (COMMITTED follows for each) */
	bool damaged; /* the old file was set aside and kept as damaged_path; a new journal began;
			 with an empty damaged_path the old file was missing */
	char damaged_path[256];
	char intent_note[ERR_MAX]; /* what was wrong with the intent file, for the log; else empty
				    */
};

enum journal_event_kind {
	JOURNAL_EVENT_COMMITTED, /* one entry is durable */
	JOURNAL_EVENT_FAULT,     /* writing fails; said once until healed */
	JOURNAL_EVENT_HEALED,    /* comes before the COMMITTED of what waited */
	JOURNAL_EVENT_BATCH,     /* the answer to journal_request */
	JOURNAL_EVENT_ACKED, /* the mark stands durably at seq: moved there, or an acknowledgement
				of what was acknowledged before came again */
	JOURNAL_EVENT_ACK_REFUSED, /* seq, error and message say why; the mark stays. -EBADMSG: it
				      does not fit our journal; else the disk refuses, and the hub
				      will send it again */
	JOURNAL_EVENT_ERASED, /* the answer to journal_erase, under its tag: seq is how many entries
				 lost their subject; or error and message, and it is to be tried
				 again */
};

/*
 * A row whose bytes a disk changed is handed out as it is, under the hash that is stored; one that
 * is gone without bytes and with a hash of zeros. The hub takes such rows as the door's own and
 * marks them; the journal says it once in a `record_skipped` entry.
 */
struct journal_row {
	uint64_t seq;
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry_record record;
};

struct journal_batch {
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint8_t before[ENTRY_HASH_SIZE];   /* as in the report */
	uint8_t previous[ENTRY_HASH_SIZE]; /* the link before the first row */
	size_t count;
	struct journal_row rows[JOURNAL_BATCH_MAX];
};

struct journal_event {
	enum journal_event_kind kind;
	uint64_t seq;          /* COMMITTED, ACKED, ACK_REFUSED, ERASED */
	uint64_t tag;          /* ERASED */
	struct entry entry;    /* COMMITTED: what was written */
	int error;             /* FAULT, ACK_REFUSED, ERASED, BATCH (0: rows are what there is) */
	char message[ERR_MAX]; /* where error is set, for a person */
	struct journal_batch *batch; /* BATCH: the caller frees (free); never NULL */
};

struct journal;

/*
 * Opens or makes the journal and starts the writer. A disk that refuses (full, read-only, I/O
 * error, no permission) is no failure here: the journal starts in its fault state, keeps entries in
 * memory and the intent file, and tries again. 0; -EBUSY when another program has it,
 * -EPROTONOSUPPORT for a newer tapin's or another program's file, -ENOTUNIQ for another site's or
 * door's, -EINVAL, -ENOMEM, all with err.
 */
int journal_open(const struct journal_options *options, struct journal **ret_journal,
	struct journal_report *ret_report, char err[ERR_MAX]);

/* Waits up to wait_ms for what is pending to be written, then up to 1 s for the writer to end; one
 * that hangs in the disk is left behind. Events not taken are dropped. Returns NULL. *ret_left (or
 * NULL): entries that stay in the intent file. */
struct journal *journal_close(struct journal *journal, unsigned wait_ms, unsigned *ret_left);

/* What stands now. */
void journal_status(struct journal *journal, struct journal_report *ret_report);

/* An eventfd, readable when journal_next has something. */
int journal_fd(const struct journal *journal);

/* 1 and *ret_event, or 0. */
int journal_next(struct journal *journal, struct journal_event *ret_event);

/*
 * Hands an entry to the writer: copies it, writes the intent, returns at once. Call it from one
 * thread. 0, -ENOSPC when JOURNAL_PENDING_MAX entries wait (the entry is not taken; how many is
 * kept and written as `records_lost` once the disk heals), or -EINVAL.
 */
int journal_append(struct journal *journal, const struct entry *entry);

/* Entries that wait for the disk now. */
unsigned journal_pending(struct journal *journal);

/* Asks for up to count rows after seq (at most JOURNAL_BATCH_MAX); answered by JOURNAL_EVENT_BATCH
 * (count 0 when there are none). 0, -EINVAL, -ENOMEM, or -EAGAIN when too many questions wait. */
int journal_request(struct journal *journal, uint64_t after_seq, size_t count);

/*
 * Takes an acknowledgement: the writer moves the mark if the journal is ours, the row of seq has
 * this hash and it is above the mark; answered by ACKED or ACK_REFUSED. 0, or -EAGAIN when too many
 * questions wait (the hub will send it again).
 */
int journal_ack(struct journal *journal, const uint8_t id[ENTRY_JOURNAL_SIZE], uint64_t seq,
	const uint8_t hash[ENTRY_HASH_SIZE]);

#define JOURNAL_ERASE_MAX 64
struct journal_erasure {
	uint64_t tag;
	uint64_t member; /* whose entries, and those of whose guests; 0: of unknown cards */
	size_t count;    /* and these, of this journal, which name nobody */
	uint64_t seqs[JOURNAL_ERASE_MAX];
	/* member 0: entries of unknown cards stay that are from within these wall times */
	int64_t unknown_from_us;
	int64_t unknown_until_us;
	/* member 0: all entries up to this one go, too, that are no newer than one which a good
	 * clock put before old_us; 0: none */
	uint64_t old_seq;
	int64_t old_us;
};
/*
 * Erases whom entries are about; the chain goes on to verify. Pages and the write-ahead log hold
 * nothing of it once ERASED tells so. 0, -EAGAIN when too many questions wait, -ENOMEM.
 */
int journal_erase(struct journal *journal, const struct journal_erasure *what);

/*
 * Verifies a whole journal file, read-only, beside a running writer or not: numbers without gaps,
 * every hash and link, subjects against their commitments, the acknowledged mark. 0 and the number
 * of entries; -EBADMSG with err naming the entry; or negative errno with err.
 */
int journal_verify(const char *path, const char *site, const char *door, entry_hash_fn hash,
	uint64_t *ret_count, char err[ERR_MAX]);

/*
 * Reads the entries after a seq, in order, over a connection of its own: at a start, not while
 * somebody waits. What cannot be read is left out. 0 or negative errno with err.
 */
typedef void (*journal_look_fn)(void *userdata, uint64_t seq, const struct entry *entry);
int journal_look(const char *path, uint64_t after_seq, entry_hash_fn hash, journal_look_fn look,
	void *userdata, char err[ERR_MAX]);
