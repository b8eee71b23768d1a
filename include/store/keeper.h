/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a door keeps of its hub: the roster that is being fetched, and small values that must
 * survive everything (revision floors, counters, signed states). One thread, hidden here, does the
 * writing: a roster of a million cards takes seconds and a commit on an SD card a quarter of one,
 * and the loop waits for neither (the third helper thread beside libmosquitto's and the journal's
 * writer).
 *
 * A roster is begun, filled by runs of records (core/roster_record.h) and committed: one
 * transaction of cache.db, which readers see whole or not at all. It is refused where the digest of
 * what is there afterwards is not the one that was announced. The same open cache keeps being read
 * on the loop (store/cache.h); cache_version tells of the change.
 */
#pragma once

#include "core/roster_record.h"
#include "store/cache.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEEPER_VALUE_MAX 65536
#define KEEPER_RUN_MAX 65536
/* Jobs of one kind (values, blocks, the roster's) whose answer was not taken yet; more are -EAGAIN.
 * Values are kept first, whatever else waits; then blocks. */
#define KEEPER_WAITING_MAX 32

struct keeper;

struct keeper_options { /* texts are copied */
	const char *cache_path;
	const char *kept_path; /* kept.db, another file than the cache: rebuilding one never touches
				  the other */
	const char *site;
	entry_hash_fn hash;
};

enum keeper_event_kind {
	KEEPER_EVENT_KEPT,    /* the value of `tag` is durable, or error */
	KEEPER_EVENT_FILLED,  /* one run was taken; ask for more. error: the roster is given up */
	KEEPER_EVENT_ROSTER,  /* the roster is in force, or error and the old one is */
	KEEPER_EVENT_BLOCKED, /* revoked cards are refused from now on, or error */
	KEEPER_EVENT_WIPED,   /* no page has what is gone, or error and some may */
	KEEPER_EVENT_WRITTEN, /* the file of `tag` is on the disk, or error and the old one is */
};

struct keeper_event {
	enum keeper_event_kind kind;
	uint64_t tag;
	int error; /* -EBADMSG: a record or the digest is wrong; -ESTALE: the revision is; others:
		      the disk */
	char message[ERR_MAX];    /* where error is set, for a person */
	struct revision revision; /* ROSTER: in force */
	uint8_t digest[ROSTER_DIGEST_SIZE];
	uint64_t cards;
	unsigned changed; /* ROSTER, BLOCKED: records that were taken */
};

/*
 * Opens or makes kept.db and starts the thread. A damaged kept.db is set aside, *ret_damaged, and
 * an empty one begun: the caller then knows nothing and must believe no message until the hub has
 * answered an ask of its own. 0 or negative errno with err.
 */
int keeper_open(const struct keeper_options *options, struct keeper **ret_keeper, bool *ret_damaged,
	char err[ERR_MAX]);
/* Waits up to wait_ms for what is under way; an unfinished roster is given up. Returns NULL. */
struct keeper *keeper_close(struct keeper *keeper, unsigned wait_ms);

/* An eventfd, readable when keeper_next has something. */
int keeper_fd(const struct keeper *keeper);
/* 1 and *ret_event, or 0. */
int keeper_next(struct keeper *keeper, struct keeper_event *ret_event);

/*
 * Reads a value now, on the caller's thread: at start. 0 and *ret_value (the caller frees, NUL
 * behind it), -ENOENT, or negative errno.
 */
int keeper_value(struct keeper *keeper, const char *name, char **ret_value, size_t *ret_size);

/* Keeps a value: answered by KEPT with the tag once it is durable. 0, -EAGAIN, -EINVAL, -ENOMEM. */
int keeper_keep(
	struct keeper *keeper, const char *name, const void *value, size_t size, uint64_t tag);

/*
 * Replaces a file beside kept.db, readable to whoever may enter the folder (mode 0644); after
 * everything else that waits; data NULL: removes it. Takes data over (free), unless it fails.
 * WRITTEN answers. 0, -EAGAIN, -EINVAL for a name that is no plain file's.
 */
int keeper_file(struct keeper *keeper, const char *name, void *data, size_t size, uint64_t tag);

/*
 * Rewrites the cache and empties the logs of both files, so that no page has what is gone; after
 * everything else that waits. WIPED answers. 0, -EAGAIN.
 */
int keeper_wipe(struct keeper *keeper, uint64_t tag);

struct keeper_roster {
	char site[NAME_ID_MAX];
	bool snapshot;        /* everything anew; else a delta on top of `from` */
	struct revision from; /* -ESTALE unless it is the one in force */
	struct revision to;   /* a lower one than that in force is refused, but for a snapshot of a
				 higher generation (-ESTALE) */
	uint8_t digest[ROSTER_DIGEST_SIZE]; /* of the whole roster afterwards */
};
/*
 * Gives up one that was begun. FILLED answers. -EINVAL for another site than the keeper's.
 *
 * An error is told once: of the runs and the commit that were handed in behind it nothing is said
 * any more. What was given up by abort or begin is silent too, but for a ROSTER without error where
 * its commit was done already.
 */
int keeper_roster_begin(struct keeper *keeper, const struct keeper_roster *roster);
/* Takes the run over (free), unless it fails: -EAGAIN, -EINVAL beyond KEEPER_RUN_MAX bytes or
 * without begin. FILLED answers. */
int keeper_roster_fill(struct keeper *keeper, uint8_t *run, size_t size);
/* ROSTER answers. -EAGAIN, -EINVAL without begin. */
int keeper_roster_commit(struct keeper *keeper);
void keeper_roster_abort(struct keeper *keeper);

/*
 * Applies what takes rights away, out of a genuine delta that cannot be applied whole yet: cards
 * that are not active, of members who are not, or gone. They are refused from BLOCKED on, whatever
 * their row says, until a roster of at least `revision` is in force. Everything else in the run is
 * ignored. The run is copied; BLOCKED answers. -EAGAIN, -EINVAL beyond KEEPER_RUN_MAX bytes,
 * -ENOMEM.
 */
int keeper_block(
	struct keeper *keeper, const struct revision *revision, const uint8_t *run, size_t size);
