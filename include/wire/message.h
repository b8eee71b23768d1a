/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies of messages: JSON ↔ plain structs, each with its schema in controller/wire/schema/.
 * Readers refuse duplicate keys, unknown versions, wrong types and sizes beyond the bounds; unknown
 * keys are ignored.
 */
#pragma once

#include "base/util.h"
#include "core/entry.h"
#include "crypto/sign.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_VERSION 1
#define MESSAGE_BATCH_MAX 64
#define MESSAGE_ACK_MAX 1024 /* bytes of an acknowledgement's body */

/* ---- topics: "tapin/SITE/door/DOOR/NAME" into out (MQTT_TOPIC_MAX bytes) ---- */
void message_topic_door(
	const char *site, const char *door, const char *name, char *out, size_t size);

/* ---- journal batch, door→hub: door/D/journal ---- */
struct message_row {
	uint64_t seq;
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry_record record;
	/* The door's own, by its signature, but the bytes do not fit the hash or are no entry: a
	 * disk that rots, a newer door. Set by reading and by writing. The row after it follows
	 * from the hash that is claimed here. */
	bool poison;
	bool erased; /* by the door, which signs that too; set as poison is */
	char why[ENTRY_DETAIL_MAX + 1];
};

struct message_batch {
	char site[NAME_ID_MAX];
	char door[NAME_ID_MAX];
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint8_t previous[ENTRY_HASH_SIZE]; /* hash of the entry before the first, or the chain's
					      start */
	uint8_t before[ENTRY_HASH_SIZE]; /* last hash of the journal before this one; zeros if none.
					    Vouched for only where the first seq is 1 */
	size_t count;                    /* 1 … MESSAGE_BATCH_MAX; seq runs without gaps */
	struct message_row *rows;        /* owned */
	/* of a batch that was read: the door's proof of it, to be kept (core/entry_cover.h) */
	char key_id[KEY_ID_SIZE];
	uint8_t signature[SIGN_SIZE];
	bool rotten; /* rows are poison, and the signature covers this digest of them */
	uint8_t poison[ENTRY_HASH_SIZE];
	uint64_t erased; /* rows that the door erased: bit i is rows[i] */
};

/* Signed line and body; judges each row anew (poison, erased, why). *ret_message: the caller frees.
 */
int message_batch_write(const struct message_batch *batch, const struct sign_secret *key,
	char **ret_message, size_t *ret_size);
/*
 * Reads a batch that came from outside and verifies the signature, every row's hash and link and
 * subject commitments; rows that fail are marked as poison and only taken where the door signed
 * their very bytes. The door says which site and door it is: compare them with the topic.
 * -EBADMSG, -ENOKEY, -EKEYREJECTED with err. Free with message_batch_free.
 */
int message_batch_read(const char *message, size_t size, const struct sign_public *keys,
	size_t key_count, struct message_batch *ret_batch, char err[ERR_MAX]);
void message_batch_free(struct message_batch *batch);

/* ---- acknowledgement, hub→door: door/D/ack (in an envelope) ---- */
struct message_ack {
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint64_t seq;
	uint8_t hash[ENTRY_HASH_SIZE];
	/* a roster of this revision counts what the entries say of members (core/standing.h);
	 * zeros: every one does, this hub counts nothing */
	struct revision revision;
};
int message_ack_write(const struct message_ack *ack, char **ret_body);
int message_ack_read(const char *body, size_t size, struct message_ack *ret_ack, char err[ERR_MAX]);

/* ---- live feed: door/D/live: one small readable message an entry; class and time, nothing about a
 * person ---- */
/* "granted", "denied", "try_again", "exit", "alarm", "info"; NULL where an entry has no place in
 * the feed. */
const char *message_live_class(const struct entry *entry);
/* 0, -EINVAL where the entry has no class, or -ENOMEM. The caller frees. */
int message_live_write(
	const char *site, const char *door, const struct entry *entry, char **ret_body);

/* ---- status: door/D/status, retained, last will ---- */
#define MESSAGE_LINE_IS_MAX 240

/* One wired line: what was configured, and what that is. */
struct message_line {
	const char *name; /* "strike", … */
	const char *line; /* as configured */
	bool ok;
	const char *is; /* where the line was found, or why it cannot be had; cut to
			   MESSAGE_LINE_IS_MAX */
};

struct message_status {
	bool online;
	const char *state;      /* doorway_state_name, or checkin */
	const char *contact;    /* doorway_contact_name */
	const char *reader;     /* "ok", "fault", "missing" */
	const char *journal;    /* "ok", "failing" */
	const char *clock;      /* clock_trust_name */
	uint32_t reader_age_ms; /* of the last good answer; UINT32_MAX: never */
	uint64_t pending;       /* entries not acknowledged yet */
	struct revision revision;
	int64_t since_us;    /* when this state was reached, wall time */
	int64_t until_us;    /* held open until then, by the hub's time; 0: not, or until told
				otherwise */
	bool event;          /* the hold is an event's: no held-open alarms */
	uint32_t alarms;     /* doorway_standing */
	int64_t rollcall_us; /* when the roll call that is kept was made; 0: none is */
	size_t line_count;
	const struct message_line *lines;
	const char *program; /* version */
};
/*
 * The caller frees. Without online it is the short form, of the will and of a door that stops; the
 * other fields are not read then.
 */
int message_status_write(
	const char *site, const char *door, const struct message_status *status, char **ret_body);
/* Whether a status that came from outside says online: all that the hub reads of it. 0, or -EBADMSG
 * with err. */
int message_status_online(const char *body, size_t size, bool *ret_online, char err[ERR_MAX]);
