/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * The messages that keep a door's roster and state right (design.md section 9): JSON ↔ plain
 * structs, each with its schema in controller/wire/schema/. All travel in envelopes
 * (wire/envelope.h) for the topic they are sent on. Revisions are "GENERATION.NUMBER" in no
 * message: always two numbers, {"generation": 1, "number": 42}.
 *
 *   topic under tapin/SITE/   signed by   retained   what
 *   keys                      root key    yes        which hub keys are good, which generation
 *   roster/head               hub         yes        revision, digest and the hub's time, each minute
 *   roster/delta              hub         no         what one change changed
 *   state                     hub         yes        lockdown of the site
 *   door/D/state              hub         yes        mode, hold of one door
 *   door/D/ask                the door    no         what a door has and wants
 *   door/D/roster             hub         no         the answer to an ask
 *   door/D/erase              hub         no         whom to forget; acknowledged by the next ask
 *   rollcall                  hub         no         wire/rollcall.h
 *
 * Writers: 0, -EINVAL for what no reader would take, -EMSGSIZE, -ENOMEM; the caller frees. Readers: 0, or
 * -EBADMSG with err: duplicate keys, other versions and types, values out of bounds; unknown keys
 * are ignored.
 */
/* clang-format on */
#pragma once

#include "base/util.h"
#include "core/roster_record.h"
#include "crypto/sign.h"
#include "wire/rollcall.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYNC_VERSION 1
#define SYNC_KEYS_MAX 2 /* hub keys that are good at once */
#define SYNC_REVOKED_MAX 32
#define SYNC_CHUNK_MAX 45056 /* bytes of records of one message: under 64 KiB as JSON */
#define SYNC_CHUNKS_MAX 8    /* chunks that one ask is answered with */
#define SYNC_NONCE_SIZE 16
#define SYNC_BODY_MAX 65536 /* bytes of any body here */

/* "tapin/SITE/NAME" into out (MQTT_TOPIC_MAX bytes): keys, state, roster/head, roster/delta. */
void sync_topic_site(const char *site, const char *name, char *out, size_t size);

/* ---- keys: signed by the site root key, which doors pin ---- */
struct sync_keys {
	char site[NAME_ID_MAX];
	uint64_t serial;     /* only ever goes up */
	uint32_t generation; /* the highest that a roster, state or command may have */
	size_t count;
	struct sign_public keys[SYNC_KEYS_MAX];
	size_t revoked_count;
	char revoked[SYNC_REVOKED_MAX][KEY_ID_SIZE]; /* for people; what counts is that they are not
							among keys */
};
int sync_keys_write(const struct sync_keys *keys, char **ret_body);
int sync_keys_read(const char *body, size_t size, struct sync_keys *ret_keys, char err[ERR_MAX]);

/* ---- head ---- */
struct sync_head {
	char site[NAME_ID_MAX];
	struct revision revision;
	uint8_t digest[ROSTER_DIGEST_SIZE];
	int64_t time_us;                    /* the hub's clock when it signed */
	uint8_t rollcall[ROLLCALL_ID_SIZE]; /* the newest roll call; zeros: there is none yet */
	bool rollcall_ended;                /* there shall be none: doors drop theirs */
	uint32_t unknown_hours;             /* that unknown cards are remembered for; 0: not said */
};
#define SYNC_UNKNOWN_HOURS_MAX 720
int sync_head_write(const struct sync_head *head, char **ret_body);
int sync_head_read(const char *body, size_t size, struct sync_head *ret_head, char err[ERR_MAX]);

/* ---- delta, broadcast: only where everything fits one message; else doors pull ---- */
struct sync_delta {
	struct sync_head head; /* after it */
	struct revision from;  /* the same generation */
	uint8_t *records;      /* a run (core/roster_record.h); owned after reading */
	size_t size;
};
int sync_delta_write(const struct sync_delta *delta, char **ret_body);
int sync_delta_read(const char *body, size_t size, struct sync_delta *ret_delta, char err[ERR_MAX]);
void sync_delta_free(struct sync_delta *delta);

/* ---- state: what a door does until told otherwise ---- */
struct sync_site_state {
	char site[NAME_ID_MAX];
	struct revision revision; /* of site states, a count of its own */
	bool lockdown;
	int64_t time_us;
	char actor[ENTRY_ACTOR_MAX + 1];
};
int sync_site_state_write(const struct sync_site_state *state, char **ret_body);
int sync_site_state_read(
	const char *body, size_t size, struct sync_site_state *ret_state, char err[ERR_MAX]);

enum door_mode {
	DOOR_MODE_CONTROLLED, /* cards decide */
	DOOR_MODE_UNLOCKED,   /* until told otherwise */
	DOOR_MODE_LOCKDOWN,   /* only the override flag passes */
};
const char *door_mode_name(enum door_mode mode); /* "controlled", "unlocked", "lockdown" */
int door_mode_parse(const char *text, enum door_mode *ret_mode); /* 0 or -EINVAL */

struct sync_door_state {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	struct revision revision; /* of this door's states, a count of its own */
	enum door_mode mode;
	int64_t hold_from_us; /* a hold: open from then until then, hub's time; 0 and 0: none */
	int64_t hold_until_us;
	bool event; /* the hold is event mode: no held-open alarms */
	int64_t time_us;
	char actor[ENTRY_ACTOR_MAX + 1];
};
int sync_door_state_write(const struct sync_door_state *state, char **ret_body);
int sync_door_state_read(
	const char *body, size_t size, struct sync_door_state *ret_state, char err[ERR_MAX]);

/* ---- ask: door→hub, signed by the door ---- */
enum sync_want {
	SYNC_WANT_REPORT,   /* nothing: this is what I have (after each change of it) */
	SYNC_WANT_HEAD,     /* head, states and journal mark: at start and when in doubt */
	SYNC_WANT_DELTA,    /* what changed after `revision` */
	SYNC_WANT_SNAPSHOT, /* everything */
	SYNC_WANT_ROLLCALL, /* the newest roll call, which goes to all doors: a report, too */
};
struct sync_ask {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	enum sync_want want;
	uint8_t nonce[SYNC_NONCE_SIZE]; /* of this ask; the answer echoes it */
	uint8_t start[SYNC_NONCE_SIZE]; /* of this start of the door; commands echo it */
	int64_t time_us;                /* the door's clock, for people */
	struct revision revision;       /* of the roster in force; zeros: none */
	uint8_t digest[ROSTER_DIGEST_SIZE];
	struct revision to; /* DELTA, SNAPSHOT that goes on: the one that was begun;
			       zeros: the newest */
	uint32_t chunk;     /* first chunk wanted, from 0 */
	uint32_t chunks;    /* how many at most: 1 … SYNC_CHUNKS_MAX */
	uint64_t erased;    /* whom the door has forgotten just now, as it was told; 0: nobody */
	char program[48];
};
int sync_ask_write(const struct sync_ask *ask, char **ret_body);
int sync_ask_read(const char *body, size_t size, struct sync_ask *ret_ask, char err[ERR_MAX]);

/* ---- answer: hub→door: door/D/roster ---- */
enum sync_answer_kind {
	SYNC_ANSWER_HEAD,
	SYNC_ANSWER_DELTA,    /* one chunk */
	SYNC_ANSWER_SNAPSHOT, /* one chunk */
	SYNC_ANSWER_RESTART,  /* what was begun is not to be had any more: ask again from the start
			       */
};
struct sync_journal_mark { /* where the hub stands with the newest journal of this door */
	bool known;
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint64_t seq;
	uint8_t hash[ENTRY_HASH_SIZE];
};
struct sync_answer {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	enum sync_answer_kind kind;
	uint8_t nonce[SYNC_NONCE_SIZE]; /* the ask's */
	struct sync_head head; /* HEAD: the newest; chunks: the roster that all chunks make */
	struct revision from;  /* DELTA */
	/* HEAD */
	struct sync_site_state site_state; /* whatever is older is not to be believed */
	struct sync_door_state door_state;
	struct sync_journal_mark journal;
	/* DELTA, SNAPSHOT */
	uint32_t chunk;
	bool last;
	uint64_t cards;   /* of the whole roster, for progress */
	uint8_t *records; /* a run; owned after reading */
	size_t size;
};
int sync_answer_write(const struct sync_answer *answer, char **ret_body);
int sync_answer_read(
	const char *body, size_t size, struct sync_answer *ret_answer, char err[ERR_MAX]);
void sync_answer_free(struct sync_answer *answer);

/* ---- erase: hub→door: door/D/erase; sent until an ask says erased ---- */
#define SYNC_ERASE_MAX 64
struct sync_erase_entry {
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint64_t seq;
};
struct sync_erase {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	uint64_t member; /* salt and subject of their entries, and of their guests', go */
	size_t count;    /* and of these, which have the token of a card and no number */
	struct sync_erase_entry entries[SYNC_ERASE_MAX];
};
int sync_erase_write(const struct sync_erase *erase, char **ret_body);
int sync_erase_read(const char *body, size_t size, struct sync_erase *ret_erase, char err[ERR_MAX]);

/* "report", "head", "delta", "snapshot", "rollcall" and "head", "delta", "snapshot", "restart". */
const char *sync_want_name(enum sync_want want);
const char *sync_answer_name(enum sync_answer_kind kind);
