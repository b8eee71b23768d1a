/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * One journal record: its bytes, its commitment and its hash (design.md section 8).
 *
 * A body is encoded once, here; these bytes are hashed, stored and sent and never made again from
 * fields. body = version (1 byte, ENTRY_VERSION), then in this order fields of 2 bytes length
 * (little-endian) and so many bytes:
 *    1 kind            2 bytes    enum entry_kind
 *    2 wall time       8 bytes    microseconds since 1970 UTC, signed
 *    3 monotonic time  8 bytes    microseconds, CLOCK_MONOTONIC
 *    4 boot id        16 bytes    /proc/sys/kernel/random/boot_id
 *    5 clock trust     1 byte     enum clock_trust
 *    6 verdict         0 or 1     0 deny, 1 grant; absent where nothing was decided
 *    7 reason          0 or 2     enum reason; absent where nothing was decided
 *    8 warnings        4 bytes    enum warning bits
 *    9 roster revision 12 bytes   generation (4), number (8)
 *   10 commitment      0 or 32    BLAKE2b-256(salt 16 ‖ subject bytes); absent without a subject
 *   11 detail          0 … 160    UTF-8 for an admin; never about a person
 * All numbers little-endian. subject = version byte, then fields in the same form; absent ones have
 * length 0 and a number that is 0 is absent:
 *    1 token 0 or 16 · 2 key id 4 beside a token, else 0 · 3 card 0 or 8 · 4 member 0 or 8 ·
 *    5 sponsor 0 or 8 · 6 actor 0 … 64 UTF-8
 * and, where one of them is there, with version byte 2 (ENTRY_SUBJECT_VERSION_USE) before them all:
 *    7 event 0 or 8 · 8 use 0 or 1, enum entry_use bits
 * Text is UTF-8 in shortest form without control characters (U+0000 … U+001F, U+007F … U+009F).
 * hash = BLAKE2b-256(previous hash 32 ‖ seq 8 ‖ body); the first previous hash is
 * BLAKE2b-256("tapin-journal-1" ‖ 0 ‖ site ‖ 0 ‖ door ‖ 0 ‖ journal id 16 ‖ last hash of the
 * journal before it, 32, zeros if none).
 *
 * Structure is strict: one way to write each record, nothing after the last field. Numbers are
 * lenient: a kind, reason, warning or clock trust that a newer door knows is kept as the number it
 * is. Vectors: tests/unit/vectors/entry.json.
 */
/* clang-format on */
#pragma once

#include "core/civil.h"
#include "core/reason.h"
#include "core/roster.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRY_VERSION 1
#define ENTRY_SUBJECT_VERSION_USE 2
#define ENTRY_HASH_SIZE 32
#define ENTRY_SALT_SIZE 16
#define ENTRY_JOURNAL_SIZE 16
#define ENTRY_DETAIL_MAX 160
#define ENTRY_ACTOR_MAX 64
#define ENTRY_BODY_MAX 320
#define ENTRY_SUBJECT_MAX 160

enum entry_kind {
	ENTRY_KIND_NONE = 0,
	ENTRY_KIND_TAP = 1,
	ENTRY_KIND_EXIT = 2, /* exit button released the door */
	ENTRY_KIND_OPENED = 3,
	ENTRY_KIND_CLOSED = 4,
	ENTRY_KIND_FORCED = 5,
	ENTRY_KIND_HELD_OPEN = 6,
	ENTRY_KIND_CLEARED = 7, /* forced or held open is over */
	ENTRY_KIND_STARTED = 20,
	ENTRY_KIND_STOPPED = 21,
	ENTRY_KIND_READER_FAULT = 22,
	ENTRY_KIND_READER_OK = 23,
	ENTRY_KIND_OUTPUT_FAULT = 24,
	ENTRY_KIND_OUTPUT_OK = 25,
	ENTRY_KIND_JOURNAL_FAULT =
		26, /* written once the disk heals: since when, how many waited */
	ENTRY_KIND_JOURNAL_DAMAGED = 27,
	ENTRY_KIND_CACHE_DAMAGED = 28,
	/* found in the intent file after a crash; the detail names the kind it was */
	ENTRY_KIND_RECOVERED = 29,
	ENTRY_KIND_RECORD_SKIPPED = 30,
	ENTRY_KIND_RECORDS_LOST = 31, /* the detail says how many */
	ENTRY_KIND_ROSTER_IMPORTED = 32,
	ENTRY_KIND_ROSTER_REFUSED = 33,
	ENTRY_KIND_CLOCK_CHANGED = 34,
	ENTRY_KIND_MESSAGE_REFUSED = 35,
	ENTRY_KIND_COMMAND =
		36, /* a host's command: what, how it ended; the actor in the subject */
	ENTRY_KIND_STATE_CHANGED = 37, /* the hub's signed state; the actor in the subject */
	ENTRY_KIND_UNLOCKED = 38,      /* a hold, a mode or the schedule began */
	ENTRY_KIND_LOCKED = 39,        /* and ended */
	ENTRY_KIND_LOCKDOWN = 40,
	ENTRY_KIND_LOCKDOWN_OVER = 41,
	ENTRY_KIND_ENROL = 42, /* a new card was shown for a host; its token and the actor */
	ENTRY_KIND_PROVISIONED = 43,
	ENTRY_KIND_PROPPED = 44,   /* forced or held open, and standing open for long */
	ENTRY_KIND_LOCK_FAIL = 45, /* shut and locked, but the bolt is not thrown */
	ENTRY_KIND_LOCK_OK = 46,
	ENTRY_KIND_EXIT_STUCK = 47, /* the exit button stays down */
	ENTRY_KIND_EXIT_FREE = 48,
	ENTRY_KIND_FIRE = 49, /* the fire input, or its broken wire, opened the door */
	ENTRY_KIND_FIRE_OVER = 50,
	ENTRY_KIND_TAMPER = 51,
	ENTRY_KIND_TAMPER_OVER = 52,
	ENTRY_KIND_STRIKE_MAX = 53, /* the strike was on for its maximum and was put to rest */
	/* whose granted tap came before; the detail: door opened, no contact, check-in */
	ENTRY_KIND_ARRIVED = 54,
	ENTRY_KIND_LEFT = 55,         /* the detail: exit reader, second tap */
	ENTRY_KIND_READER_RESET = 56, /* by its line: the last step of its recovery */
};

/* What a granted tap did to the member's allowance (core/allowance.h), as far as the door knew: the
 * hub counts each unit once. */
enum entry_use {
	ENTRY_USE_UNIT = 1 << 0, /* began a unit */
	ENTRY_USE_FREE = 1 << 1, /* would have, were it not for a free event */
	ENTRY_USE_POOL = 1 << 2, /* the unit is of the shared pool; UNIT is set, too */
};

struct entry_subject {
	bool has_token;
	struct token token;
	uint32_t key_id;
	uint64_t card; /* 0: absent */
	uint64_t member;
	uint64_t sponsor;
	char actor[ENTRY_ACTOR_MAX + 1];
	uint64_t event; /* whose list let the card in */
	uint8_t use;    /* enum entry_use bits */
};

struct entry {
	enum entry_kind kind;
	int64_t wall_us;
	uint64_t mono_us;
	uint8_t boot_id[16];
	enum clock_trust clock;
	bool decided; /* a verdict stands in it */
	bool grant;
	enum reason reason;
	uint32_t warnings;
	struct revision revision;
	bool has_subject;
	bool erased; /* after decoding: there was a subject, salt and fields are gone */
	struct entry_subject subject;
	char detail[ENTRY_DETAIL_MAX + 1];
};

/* The record as it is kept and sent. */
struct entry_record {
	uint16_t body_size;
	uint16_t subject_size; /* 0: none, or erased */
	uint8_t body[ENTRY_BODY_MAX];
	uint8_t salt[ENTRY_SALT_SIZE];
	uint8_t subject[ENTRY_SUBJECT_MAX];
};

/* BLAKE2b-256 over parts in order: cryptography reaches the core as a function pointer
 * (crypto/hash.h has it). */
struct entry_part {
	const void *data;
	size_t size;
};
typedef void (*entry_hash_fn)(
	const struct entry_part *parts, size_t count, uint8_t out[ENTRY_HASH_SIZE]);

/* Encodes an entry with the given salt (used only when it has a subject; otherwise may be NULL).
 * 0, or -EINVAL for a kind that is not ours, an erased entry, or text that is too long, not UTF-8
 * or holds control characters (entry_text_set makes text that passes). */
int entry_encode(const struct entry *entry, const uint8_t salt[ENTRY_SALT_SIZE], entry_hash_fn hash,
	struct entry_record *ret_record);

/* Decodes a record that came from outside; a present subject must match the commitment. What it
 * accepts encodes to the same bytes again. 0 or -EBADMSG. */
int entry_decode(const struct entry_record *record, entry_hash_fn hash, struct entry *ret_entry);

/* Copies text to out (size bytes, NUL included): cut between characters to fit, every byte that is
 * not UTF-8 and every control character replaced by '?'. For details made from outside text. */
void entry_text_set(char *out, size_t size, const char *text);

/* The link that a journal's first entry follows. before may be NULL. */
void entry_chain_start(const char *site, const char *door,
	const uint8_t journal[ENTRY_JOURNAL_SIZE], const uint8_t before[ENTRY_HASH_SIZE],
	entry_hash_fn hash, uint8_t out[ENTRY_HASH_SIZE]);

/* hash = H(previous ‖ seq ‖ body). */
void entry_chain_next(const uint8_t previous[ENTRY_HASH_SIZE], uint64_t seq,
	const struct entry_record *record, entry_hash_fn hash, uint8_t out[ENTRY_HASH_SIZE]);

/* What kind an entry was handed in as: its own, but for a recovered one, whose detail begins with
 * "was KIND". RECOVERED where that names no kind. */
enum entry_kind entry_kind_was(const struct entry *entry);

/* "unit", "free", "pool" of one bit of enum entry_use; NULL for anything else. */
const char *entry_use_name(unsigned bit);

/* "tap", "reader_fault" …; NULL for a number that is not ours. */
const char *entry_kind_name(enum entry_kind kind);
