/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * One record of a roster: its bytes and its digest (design.md section 9).
 *
 * A roster is a set of records, each under a key that names it. The hub encodes a record once, here;
 * these bytes are what is stored, hashed and sent (base64, many after another, each behind its length
 * in 2 bytes) and never made again from fields. All numbers little-endian; text is 1 byte of length
 * and so many bytes, hours 2 bytes of length. A record begins with
 *    kind 1, op 1 (1 put, 0 gone), then its key; gone has nothing more:
 *    1 SITE       no key     · timezone text, holidays 1, warn_s 4, bound_s 4, checkout minute 2
 *    2 DOOR       name text  ·
 *    3 TIER       tier 4     · flags 4, allowance kind 1, policy 1, limit 4, warn percent 1, hours,
 *                              count 2, count × (door text, own 1, hours if own is 1)
 *    4 CARD       token 16   · key id 4, card 8, member 8, sponsor 8, tier 4, state 1, member state 1,
 *                              kind 1, valid from 4, valid until 4, grace until 4, release ms 4, pool 8
 *    5 EXCEPTION  id 8       · first 4, last 4, start 2, end 2, open 1, door text, reason text
 *    6 HOLIDAY    date 4     · holiday 1
 *    7 EXTRA      id 8       · kind 1, member 8, card 8, about 8, from 8, until 8, free 1, door text
 *    8 STANDING   member 8   · year 2, month 1, days 4, halves 8, visits 4, minutes 4, extra 4, inside 1 (2:
 *                              for a free event), date 4, minute 2
 *    9 POOL       id 8       · kind 1, limit 4, used 4, year 2, month 1, doors 2
 * A put needs no gone before it. The site's record is never gone. A tier's doors stand in the order
 * of their names. Dates: days since 1970-01-01, DATE_NONE for none. Tiers come before the cards that
 * name them. A tier without doors is allowed at every door. An EXTRA is of a member or of a card (a
 * guest pass always of a card), from and until are decide_minute's; one that is over or taken back is
 * gone. A card of tier 0 has only its extras.
 *
 * The digest of a roster is the sum, modulo 2^256, of BLAKE2b-256 over each put record's bytes, read
 * as a little-endian number: hub and door change it with each record and need no pass over all. It
 * finds mistakes; what keeps strangers out is the signature over the message that names it.
 *
 * Structure is strict: one way to write each record, nothing after the last field, values within
 * their bounds. Vectors: tests/unit/vectors/roster-record.json.
 */
/* clang-format on */
#pragma once

#include "core/calendar.h"
#include "core/decide.h"
#include "core/entry.h"
#include "core/roster.h"
#include "core/standing.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROSTER_TIER_DOORS_MAX 64 /* rows of one tier */
#define ROSTER_HOURS_MAX 512     /* bytes of one expression; more than HOURS_TEXT_MAX */
#define ROSTER_RECORD_MAX 36864  /* bytes of the longest record: a tier with all its doors */
#define ROSTER_KEY_MAX 34        /* bytes of the longest key, kind included */
#define ROSTER_DIGEST_SIZE 32

enum roster_kind {
	ROSTER_KIND_NONE = 0,
	ROSTER_KIND_SITE = 1,
	ROSTER_KIND_DOOR = 2,
	ROSTER_KIND_TIER = 3,
	ROSTER_KIND_CARD = 4,
	ROSTER_KIND_EXCEPTION = 5,
	ROSTER_KIND_HOLIDAY = 6,
	ROSTER_KIND_EXTRA = 7,
	ROSTER_KIND_STANDING = 8,
	ROSTER_KIND_POOL = 9,
};
#define ROSTER_KIND_LAST ROSTER_KIND_POOL

struct roster_site {
	char timezone[64];
	enum calendar_holidays holidays;
	uint32_t warn_s;  /* age of the hub's signed time from which grants warn; 0: never */
	uint32_t bound_s; /* and from which cards are refused; 0: no bound */
	uint16_t checkout_minute; /* of the day, at which nobody is inside any more */
};

struct roster_tier_door {
	char door[NAME_ID_MAX];
	bool own; /* hours of its own at this door; else the tier's */
	char hours[ROSTER_HOURS_MAX + 1];
};

struct roster_tier {
	uint32_t tier;
	uint32_t flags;
	struct allowance allowance; /* without a kind: all zeros */
	char hours[ROSTER_HOURS_MAX + 1];
	size_t door_count;
	struct roster_tier_door doors[ROSTER_TIER_DOORS_MAX];
};

/* A dated right beside the tier's: what core/decide.h takes as a decide_extra. */
struct roster_extra {
	uint64_t id;
	enum decide_extra_kind kind;
	uint64_t member; /* whose it is, 0: only the card counts */
	uint64_t card;
	uint64_t about; /* the event, or the sponsor's member number */
	struct decide_span span;
	bool free;              /* EVENT: uses no allowance */
	char door[NAME_ID_MAX]; /* "": every door */
};

/* Units that several members share in a month, beside their own. */
struct roster_pool {
	uint64_t id;
	enum allowance_kind kind; /* counts for tiers of this kind */
	uint32_t limit;
	uint32_t used; /* in the month it names */
	int16_t year;
	uint8_t month;
	uint16_t doors; /* that may use it: what is left is shared among them while they are cut off
			 */
};

struct roster_record {
	enum roster_kind kind;
	bool gone; /* only the key counts then */
	union {
		struct roster_site site;
		char door[NAME_ID_MAX];
		struct roster_tier tier;
		struct roster_card card;
		struct {
			uint64_t id;
			struct calendar_exception row;
		} exception;
		struct calendar_date holiday;
		struct roster_extra extra;
		struct standing standing;
		struct roster_pool pool;
	};
};

/* The record's bytes into out: their number, or -EINVAL for values that cannot be. A
 * tier's doors may be given in any order, none twice. */
int roster_record_encode(const struct roster_record *record, uint8_t out[ROSTER_RECORD_MAX]);

/* Decodes bytes that came from outside. What it accepts encodes to the same bytes again. 0 or
 * -EBADMSG; then *ret_record holds nothing of use. Only what the kind has is written to. */
int roster_record_decode(const uint8_t *data, size_t size, struct roster_record *ret_record);

/* The key as bytes, kind first: the same for put and gone. Their number, or -EINVAL. */
int roster_record_key(const struct roster_record *record, uint8_t out[ROSTER_KEY_MAX]);

/*
 * Takes the next record off a run of them, each behind its length: 1 with *ret_record a view into
 * data and *at moved on, 0 at the end, -EBADMSG for a length that does not fit.
 */
int roster_run_next(
	const uint8_t *data, size_t size, size_t *at, const uint8_t **ret_record, size_t *ret_size);
/* Puts one more record behind size bytes of a run: the new size, or -ENOSPC beyond room. */
int roster_run_add(
	uint8_t *data, size_t size, size_t room, const uint8_t *record, size_t record_size);

/* digest += H(record), or -= where the record leaves. */
void roster_digest_add(
	uint8_t digest[ROSTER_DIGEST_SIZE], const uint8_t *record, size_t size, entry_hash_fn hash);
void roster_digest_take(
	uint8_t digest[ROSTER_DIGEST_SIZE], const uint8_t *record, size_t size, entry_hash_fn hash);

/* -1, 0 or 1: generation first, then number. */
int revision_compare(const struct revision *a, const struct revision *b);
