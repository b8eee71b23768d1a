/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A contactless card as the radio sees it: ISO/IEC 14443-3 type A activation, then what its kind
 * answers; cards of type B and FeliCa only show themselves. No key cryptography: a Classic refuses
 * every authentication, a DESFire has no application.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_NAME_MAX 32 /* with the final zero */
#define CARD_ABOUT_MAX 96
#define CARD_UID_MAX 10
#define CARD_ATS_MAX 20
#define CARD_ANSWER_MAX 262 /* what an InDataExchange answer can carry after its status byte */

enum card_kind {
	CARD_KIND_PLAIN, /* activation only */
	CARD_KIND_NTAG,
	CARD_KIND_CLASSIC,
	CARD_KIND_DESFIRE,
	CARD_KIND_PHONE,  /* ISO/IEC 14443-4 without any application of ours */
	CARD_KIND_TYPEB,  /* its uid is the PUPI */
	CARD_KIND_FELICA, /* its uid is the NFCID2 */
};

struct card_spec {
	char name[CARD_NAME_MAX];
	char about[CARD_ABOUT_MAX]; /* whose it is, for a person; or "" */
	enum card_kind kind;
	bool random_uid; /* 08 and three random bytes, new at each power-up */
	uint8_t uid[CARD_UID_MAX];
	uint8_t uid_len; /* 4, 7 or 10; FeliCa 8 */
	uint8_t atqa[2]; /* as nfc-list prints it: high byte first */
	uint8_t sak;
	uint8_t ats[CARD_ATS_MAX]; /* T0 and after, without the length byte TL */
	uint8_t ats_len;
};

enum card_state {
	CARD_STATE_IDLE,
	CARD_STATE_READY, /* in anticollision */
	CARD_STATE_ACTIVE,
	CARD_STATE_PROTOCOL, /* ISO/IEC 14443-4 after RATS */
	CARD_STATE_HALTED,
};

struct card {
	const struct card_spec *spec;
	enum card_state state;
	uint8_t uid[CARD_UID_MAX]; /* as shown since the last power-up */
	uint8_t level;             /* cascade level in anticollision, 0..2 */
	uint8_t version_part;      /* DESFire GetVersion: the part that AF asks for next */
};

/* What a PN532 reports when an exchange failed (UM0701-02, 7.1). */
enum card_error {
	CARD_ERROR_TIMEOUT = 0x01,
	CARD_ERROR_CRC = 0x02,    /* a 4-bit NAK reads as a broken frame */
	CARD_ERROR_FORMAT = 0x13, /* the answer is not what the chip expects */
	CARD_ERROR_AUTH = 0x14,   /* MIFARE Classic authentication */
};

/* It follows ISO/IEC 14443 type A: what all fields but the name and the uid are about. */
static inline bool card_is_type_a(const struct card_spec *spec)
{
	return spec->kind != CARD_KIND_TYPEB && spec->kind != CARD_KIND_FELICA;
}

/* Enters the field, or the field comes on: state idle, random UIDs from the three bytes given. */
void card_power_up(struct card *card, const uint8_t random[3]);

/* Activated by the chip: ACTIVE, or PROTOCOL after an automatic RATS. */
void card_activate(struct card *card, bool rats);

/* UID as asked for by InListPassiveTarget: with cascade tags 88 before each level but the last. */
bool card_uid_matches(const struct card *card, const uint8_t *wanted, size_t n);

/*
 * One command to an activated card, one answer of at most CARD_ANSWER_MAX bytes.
 * Returns the answer's length, or -enum card_error.
 */
int card_exchange(struct card *card, const uint8_t *tx, size_t n, uint8_t ret_rx[CARD_ANSWER_MAX]);

/*
 * One raw frame, as InCommunicateThru sends it: REQA and WUPA (short_frame), anticollision,
 * select, RATS, HLTA, ISO/IEC 14443-4 blocks, or a command. without_crc: tx carries its CRC_A and
 * the answer gets one. Returns the answer's length, 0 for silence, or -enum card_error.
 */
int card_raw(struct card *card, const uint8_t *tx, size_t n, bool short_frame, bool without_crc,
	uint8_t ret_rx[CARD_ANSWER_MAX]);
