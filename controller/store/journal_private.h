/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the journal: the intent file, the SQL, the queue and its writer. */
#pragma once

#include "store/db.h"
#include "store/journal.h"
#include <pthread.h>

/* ---- intent.c: what was handed in and not committed yet, in a mapped file ---- */

/* A power of two above JOURNAL_PENDING_MAX: intent N lives in slot N % INTENT_SLOTS, which its
 * predecessor has left long before. */
#define INTENT_SLOTS 1024

/* Entries of one transaction. With no more than this, a group that was just taken out of the ring
 * of INTENT_SLOTS items can still be read: what may wait behind it does not reach around to it. */
#define JOURNAL_GROUP_MAX (INTENT_SLOTS - JOURNAL_PENDING_MAX)

/* How far the journal was written, beside the journal: names a lost or rolled back one. */
struct intent_tip {
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint64_t seq;
	uint8_t hash[ENTRY_HASH_SIZE];
};

struct intent_slot {
	uint32_t used; /* set first and taken away first: a cut write shows as a bad check */
	uint32_t unused;
	uint64_t counter;
	uint8_t check[ENTRY_HASH_SIZE]; /* hash of counter and record */
	struct entry_record record;
};

struct intent;

/*
 * Maps path, making it where needed, and locks it. Where that fails the intents live in plain
 * memory: they then survive a failing disk, but not the process. note: what was wrong, for the log
 * (else ""). 0, -EBUSY when another program holds it, or -ENOMEM, with note.
 */
int intent_open(
	const char *path, entry_hash_fn hash, struct intent **ret_intent, char note[ERR_MAX]);
struct intent *intent_close(struct intent *intent);
/* True where the intents are in memory only. */
bool intent_volatile(const struct intent *intent);

void intent_put(struct intent *intent, uint64_t counter, const struct entry_record *record);
void intent_clear(struct intent *intent, uint64_t counter);
/* The greatest counter ever put. */
uint64_t intent_last(const struct intent *intent);

/* Whole intents, oldest first, into slots[INTENT_SLOTS]: how many. *ret_torn: slots whose writing
 * was cut short. */
size_t intent_list(struct intent *intent, const struct intent_slot **slots, unsigned *ret_torn);
void intent_clear_torn(struct intent *intent);

/* 1 and *ret_tip, or 0. */
int intent_tip_get(const struct intent *intent, struct intent_tip *ret_tip);
void intent_tip_set(struct intent *intent, const struct intent_tip *tip);

/* Entries that had no room; kept with the intents so that a killed process does not forget them. */
uint64_t intent_refused(const struct intent *intent);
void intent_refused_set(struct intent *intent, uint64_t refused);

/* ---- journal_db.c: the file ---- */

struct journal_item {
	uint64_t counter; /* of its intent; 0: has none */
	bool recovered;   /* found at start: perhaps committed before the slot was cleared */
	struct entry entry;
	struct entry_record record;
	uint64_t seq; /* once written */
};

enum journal_sql {
	JOURNAL_SQL_BEGIN,
	JOURNAL_SQL_COMMIT,
	JOURNAL_SQL_ROLLBACK,
	JOURNAL_SQL_INSERT,
	JOURNAL_SQL_INTENT,
	JOURNAL_SQL_ACK,
	JOURNAL_SQL_SKIP,
	JOURNAL_SQL_HASH,
	JOURNAL_SQL_ROWS,
	JOURNAL_SQL_COUNT,
};

struct journal_db {
	struct sqlite3 *db; /* NULL: not open */
	struct sqlite3_stmt *sql[JOURNAL_SQL_COUNT];
	struct stat_id {
		dev_t dev;
		ino_t ino;
	} file, wal; /* what path and its -wal were when opened */
	uint8_t id[ENTRY_JOURNAL_SIZE];
	uint8_t before[ENTRY_HASH_SIZE];
	uint8_t start[ENTRY_HASH_SIZE]; /* the link before seq 1 */
	struct intent_tip tip;
	uint64_t acked_seq;
	uint64_t intent;  /* the last committed intent */
	uint64_t skipped; /* rotten rows up to here were told of */
};

/* What a transaction remembers beside its entries; 0: leave it. */
struct journal_marks {
	uint64_t intent;
	uint64_t skipped;
};

/* Rows of a batch that are not what their hashes say and were not told of yet. */
struct journal_rotten {
	size_t count;
	uint64_t seqs[JOURNAL_BATCH_MAX];
};

/*
 * Opens or makes the journal. known is how far the intent file says it was written (NULL: it does
 * not know): a journal that is damaged, missing or older than that is set aside and a new one begun
 * with a journal_damaged entry made from stamp. 0 or negative errno with err.
 */
int journal_db_open(struct journal_db *d, const struct journal_options *options,
	const struct intent_tip *known, const struct entry *stamp, struct journal_report *report,
	char err[ERR_MAX]);
void journal_db_close(struct journal_db *d);
/* Closes without touching the file, which is damaged or not ours any more. */
void journal_db_drop(struct journal_db *d);

/* Writes items and marks in one transaction; fills the items' seq. -ESTALE when the file under path
 * is no longer ours. */
int journal_db_write(struct journal_db *d, const struct journal_options *options,
	struct journal_item **items, size_t count, const struct journal_marks *marks,
	char err[ERR_MAX]);

/* The file was removed or replaced while open: writes all it holds to path again, then closes. */
int journal_db_rescue(struct journal_db *d, const char *path, char err[ERR_MAX]);

/* ---- journal_read.c: its rows, whatever became of them ---- */

/* Rotten rows are in the batch as they are, and listed. */
int journal_db_read(struct journal_db *d, const struct journal_options *options, uint64_t after_seq,
	size_t count, struct journal_batch *batch, struct journal_rotten *ret_rotten,
	char err[ERR_MAX]);

/* 0 when the mark stands durably at d->acked_seq, -EBADMSG when the acknowledgement does not fit,
 * or negative errno; err says why. */
int journal_db_ack(struct journal_db *d, const char *path, const uint8_t id[ENTRY_JOURNAL_SIZE],
	uint64_t seq, const uint8_t hash[ENTRY_HASH_SIZE], char err[ERR_MAX]);

/* journal_erase.c: *ret_count: how many entries. -EBUSY while somebody reads the file. */
int journal_db_erase(struct journal_db *d, const struct journal_options *options,
	const struct journal_erasure *what, uint64_t *ret_count, char err[ERR_MAX]);

/* A blob of exactly this size. */
bool journal_db_blob(struct sqlite3_stmt *stmt, int column, void *out, size_t size);
/* The row under a statement that selects seq, hash, body, salt, subject. -EBADMSG where a size
 * cannot be: what fits is there all the same. */
int journal_db_row(struct sqlite3_stmt *stmt, struct journal_row *ret_row);

/* ---- journal.c, journal_writer.c: the queue and the thread that empties it ---- */

#define JOURNAL_QUESTIONS_MAX 64
/* Room for the answers to a whole queue, so that the writer rarely waits for the loop. */
#define JOURNAL_EVENTS_MAX (JOURNAL_PENDING_MAX + 64)

struct journal_question {
	bool ack; /* else: rows after seq */
	uint64_t seq;
	size_t count;
	struct journal_batch *batch;     /* for the rows */
	struct journal_erasure *erasure; /* else: what is to be erased */
	uint8_t id[ENTRY_JOURNAL_SIZE];
	uint8_t hash[ENTRY_HASH_SIZE];
};

struct journal {
	struct journal_options options; /* its texts are ours */
	struct intent *intent;
	int event_fd;
	pthread_t thread;
	bool running;

	/* The lock guards what follows and is never held over the disk. Items between done and tail
	 * belong to the writer, the others to the loop. */
	pthread_mutex_t lock;
	pthread_cond_t wake;        /* the writer has something to do */
	pthread_cond_t moved;       /* the writer did something */
	struct journal_item *items; /* ring of INTENT_SLOTS */
	uint64_t done, tail;
	struct journal_question questions[JOURNAL_QUESTIONS_MAX];
	unsigned question_first, question_count;
	struct journal_event *events; /* ring of JOURNAL_EVENTS_MAX */
	unsigned event_first, event_count;
	struct journal_report report;
	enum clock_trust clock; /* of the last entry */
	bool closing;           /* nobody takes events any more */
	bool stop;
	bool ended;
	bool abandoned; /* nobody waits for the writer to end */

	uint64_t counter; /* the loop's: of the last intent */

	/* The writer's. */
	struct journal_db db;
	struct entry stamp; /* time and boot of entries of its own */
	struct journal_item own[2];
	uint8_t before[ENTRY_HASH_SIZE]; /* options.before points here */
	int fault;                       /* negative errno while writing fails */
	int64_t fault_since_us;
	uint64_t retry_us; /* monotonic; 0: at once */
	uint64_t delay_us;
};

/* Opens the file if it is not open, and tells the report. For journal_open, then the writer. */
int journal_writer_open(struct journal *j, char err[ERR_MAX]);
/* Enters the fault state, or stays in it, and sets the next try. */
void journal_writer_fail(struct journal *j, int error, const char *message);
void *journal_writer_run(void *journal);
void journal_destroy(struct journal *j);
