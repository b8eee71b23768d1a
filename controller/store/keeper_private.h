/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the keeper: the queues, the thread, kept.db and the fetched roster. */
#pragma once

#include "store/db.h"
#include "store/keeper.h"
#include <pthread.h>
#include <sqlite3.h>

/* ---- keeper_kept.c: kept.db ---- */

#define KEPT_NAME_MAX 64   /* bytes of a name, without the NUL */
#define KEPT_VALUES_MAX 64 /* values of different names */

struct kept {
	sqlite3 *db;
	sqlite3_stmt *get;
	sqlite3_stmt *put;
};

int kept_open(const char *path, struct kept *kept, bool *ret_damaged, char err[ERR_MAX]);
/* One more connection to the same file, for another thread. */
int kept_connect(const char *path, struct kept *kept, char err[ERR_MAX]);
void kept_close(struct kept *kept);
bool kept_name_valid(const char *name);
int kept_get(struct kept *kept, const char *name, char **ret_value, size_t *ret_size);
/* Durable when it returns 0. -ENOSPC beyond KEPT_VALUES_MAX names. */
int kept_put(struct kept *kept, const char *path, const char *name, const void *value, size_t size,
	char err[ERR_MAX]);

/* ---- keeper_stage.c: what was fetched of a roster so far ---- */

#define STAGE_MAX 1073741824ull /* bytes: over ten million cards */

struct stage { /* zeros: closed */
	bool open;
	int fd;
	uint64_t size;
};

/* In the folder of path, which messages name. 0 or negative errno with err. */
int stage_open(struct stage *stage, const char *path, char err[ERR_MAX]);
void stage_close(struct stage *stage);
int stage_add(
	struct stage *stage, const char *path, const uint8_t *run, size_t size, char err[ERR_MAX]);
/* 1 and the next run, *at moved on; 0 at the end; or negative errno with err. */
int stage_next(struct stage *stage, const char *path, uint64_t *at, uint8_t run[KEEPER_RUN_MAX],
	size_t *ret_size, char err[ERR_MAX]);

/* ---- keeper.c, keeper_thread.c: the queues and the thread that empties them ---- */

/* What may wait for what: values for nothing but the disk, blocks for a commit that is under way,
 * a roster for both, a file for all. */
enum keeper_lane {
	KEEPER_LANE_KEEP,
	KEEPER_LANE_BLOCK,
	KEEPER_LANE_ROSTER,
	KEEPER_LANE_FILE,
	KEEPER_LANES,
};

enum keeper_step { /* of the roster's lane */
	KEEPER_STEP_BEGIN,
	KEEPER_STEP_FILL,
	KEEPER_STEP_COMMIT,
};

struct keeper_job {
	enum keeper_step step;
	uint64_t serial; /* of the roster */
	uint64_t tag;
	bool wipe; /* of the files' lane */
	char name[KEPT_NAME_MAX + 1];
	uint8_t *data; /* the value or the run; the job's */
	size_t size;
	struct keeper_roster roster;
	struct revision revision;
};

struct keeper_queue {
	struct keeper_job jobs[KEEPER_WAITING_MAX];
	unsigned first, count;
	unsigned untaken; /* jobs waiting or answered, until the loop took the answer */
};

struct keeper_answer {
	enum keeper_lane lane;
	uint64_t serial;
	struct keeper_event event;
};

/* Every job has one answer at most, and its place in the queue until that is taken. */
#define KEEPER_ANSWERS_MAX (KEEPER_LANES * KEEPER_WAITING_MAX)

struct keeper {
	struct keeper_options options; /* its texts are ours */
	int event_fd;
	pthread_t thread;
	struct kept reader; /* the loop's */
	bool begun;         /* the loop's: a roster may be filled */

	/* The lock guards what follows and is never held over the disk. */
	pthread_mutex_t lock;
	pthread_cond_t wake;  /* the thread has something to do */
	pthread_cond_t moved; /* the thread did something */
	struct keeper_queue queues[KEEPER_LANES];
	struct keeper_answer answers[KEEPER_ANSWERS_MAX];
	unsigned answer_first, answer_count;
	uint64_t serial; /* of the roster that is wanted; others are given up */
	bool busy;       /* with a job that was taken out of its queue */
	bool stop;
	bool ended;
	bool abandoned; /* nobody waits for the thread to end */

	/* The thread's. */
	struct kept kept;
	struct {
		bool active;
		uint64_t serial;
		struct keeper_roster roster;
		struct stage stage;
		uint8_t digest[ROSTER_DIGEST_SIZE]; /* of what a snapshot has so far */
		bool long_wal; /* to be moved into the cache once nothing else waits */
		struct roster_record *record;
		uint8_t *run; /* KEEPER_RUN_MAX bytes */
	} fetch;
};

/* Takes the oldest job of a lane: false when there is none. */
bool keeper_take(struct keeper *k, enum keeper_lane lane, struct keeper_job *ret_job);
/* Gives the loop the answer to a job. */
void keeper_tell(
	struct keeper *k, enum keeper_lane lane, uint64_t serial, const struct keeper_event *event);
/* Ends a job without an answer. */
void keeper_drop(struct keeper *k, enum keeper_lane lane);
/* Keeps the values that wait: also in the middle of a long commit. */
void keeper_serve_values(struct keeper *k);
void *keeper_run(void *keeper);
void keeper_destroy(struct keeper *k);

/* ---- keeper_roster.c: the other lanes ---- */

void keeper_roster_serve(struct keeper *k, const struct keeper_job *job);
void keeper_block_serve(struct keeper *k, const struct keeper_job *job);
void keeper_roster_drop_unwanted(struct keeper *k);
