/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a door must know to decide: plain values, as the cache keeps them.
 * No names and no contacts; members and cards are opaque numbers.
 */
#pragma once

#include "core/civil.h"
#include <stdbool.h>
#include <stdint.h>

#define TOKEN_SIZE 16
#define NAME_ID_MAX 33 /* a site's or door's id, [a-z0-9-]{1,32} and the NUL */

/* A card as every database, log and message holds it: never the UID itself (design.md section 5).
 */
struct token {
	uint8_t bytes[TOKEN_SIZE];
};

enum card_state {
	CARD_STATE_UNASSIGNED, /* the zero value admits nobody */
	CARD_STATE_ACTIVE,
	CARD_STATE_SUSPENDED,
	CARD_STATE_LOST,
	CARD_STATE_REVOKED,
};

/* What the card was enrolled as. */
enum card_kind {
	CARD_KIND_UID,     /* its number, which any card could be made to show */
	CARD_KIND_DESFIRE, /* proves itself; its number alone counts for nothing */
};

enum member_state {
	MEMBER_STATE_CLOSED, /* the zero value admits nobody */
	MEMBER_STATE_ACTIVE,
	MEMBER_STATE_SUSPENDED,
};

enum tier_flag {
	TIER_FLAG_STAFF = 1 << 0,
	TIER_FLAG_OVERRIDE = 1 << 1,
	TIER_FLAG_MAY_OPEN_UP = 1 << 2,
	TIER_FLAG_EVENTS_FREE = 1 << 3,
	TIER_FLAGS_ALL = (1 << 4) - 1,
};

/* A change count that a restored hub can raise: compared by generation, then number. */
struct revision {
	uint32_t generation;
	uint64_t number;
};

struct roster_card {
	struct token token;
	uint32_t key_id; /* which site card key made the token */
	uint64_t card;   /* opaque numbers of the registry; 0 none */
	uint64_t member;
	uint64_t sponsor;
	uint32_t tier;
	enum card_state state;
	enum member_state member_state;
	int32_t valid_from; /* local dates, inclusive; DATE_NONE open-ended */
	int32_t valid_until;
	int32_t grace_until;
	uint32_t release_ms; /* a member who needs longer; 0: the door's own */
	enum card_kind kind;
	uint64_t pool; /* units shared with other members; 0: none */
};

/* "[a-z0-9-]{1,32}": an id of a site or door, safe in topics and file names. */
bool name_id_valid(const char *text);

/* Names as files and messages write them: "active" ↔ CARD_STATE_ACTIVE. Parsers: 0 or -EINVAL. */
const char *card_state_name(enum card_state state);
int card_state_parse(const char *text, enum card_state *ret_state);
const char *member_state_name(enum member_state state);
int member_state_parse(const char *text, enum member_state *ret_state);
const char *tier_flag_name(uint32_t bit);
int tier_flag_parse(const char *text, uint32_t *ret_bit);
