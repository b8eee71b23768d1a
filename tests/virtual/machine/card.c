/* SPDX-License-Identifier: Apache-2.0 */
#include "card.h"

#include <string.h>

#define SAK_MORE_UID 0x04
#define SAK_ISO_DEP 0x20
#define CASCADE_TAG 0x88

void card_power_up(struct card *card, const uint8_t random[3])
{
	const struct card_spec *spec = card->spec;

	memcpy(card->uid, spec->uid, sizeof(card->uid));
	if (spec->random_uid) {
		card->uid[0] = 0x08;
		memcpy(card->uid + 1, random, 3);
	}
	card->state = CARD_STATE_IDLE;
	card->level = 0;
	card->version_part = 0;
}

void card_activate(struct card *card, bool rats)
{
	card->version_part = 0;
	card->state =
		rats && card->spec->sak & SAK_ISO_DEP ? CARD_STATE_PROTOCOL : CARD_STATE_ACTIVE;
}

/* The four bytes that anticollision shows at one cascade level. */
static void level_bytes(const struct card *card, unsigned level, uint8_t ret_bytes[4])
{
	unsigned last = (card->spec->uid_len - 4) / 3;

	if (level < last) {
		ret_bytes[0] = CASCADE_TAG;
		memcpy(ret_bytes + 1, card->uid + level * 3, 3);
	} else {
		memcpy(ret_bytes, card->uid + level * 3, 4);
	}
}

bool card_uid_matches(const struct card *card, const uint8_t *wanted, size_t n)
{
	unsigned levels = (card->spec->uid_len - 4) / 3 + 1;
	uint8_t bytes[4];

	if (n != levels * 4)
		return false;
	for (unsigned i = 0; i < levels; i++) {
		level_bytes(card, i, bytes);
		if (memcmp(bytes, wanted + i * 4, 4) != 0)
			return false;
	}
	return true;
}

/* ---- what each kind answers ------------------------------------------------------------- */

/* NTAG213: 45 pages of 4 bytes; a READ gives four and wraps to page 0. */
static void ntag_page(const struct card *card, unsigned page, uint8_t ret_page[4])
{
	const uint8_t *u = card->uid;
	const uint8_t first[][4] = {
		{u[0], u[1], u[2], (uint8_t)(CASCADE_TAG ^ u[0] ^ u[1] ^ u[2])},
		{u[3], u[4], u[5], u[6]}, {(uint8_t)(u[3] ^ u[4] ^ u[5] ^ u[6]), 0x48, 0x00, 0x00},
		{0xE1, 0x10, 0x12, 0x00}, /* capability container: NDEF 1.0, 144 bytes */
		{0x03, 0x00, 0xFE, 0x00}, /* an empty NDEF message */
	};

	memset(ret_page, 0, 4);
	if (page < sizeof(first) / sizeof(first[0]))
		memcpy(ret_page, first[page], 4);
}

static int ntag_exchange(const struct card *card, const uint8_t *tx, size_t n, uint8_t *rx)
{
	static const uint8_t version[] = {0x00, 0x04, 0x04, 0x02, 0x01, 0x00, 0x0F, 0x03};
	enum { PAGES = 45 };

	if (tx[0] == 0x60 && n == 1) {
		memcpy(rx, version, sizeof(version));
		return sizeof(version);
	}
	if (tx[0] == 0x30 && n == 2 && tx[1] < PAGES) {
		for (unsigned i = 0; i < 4; i++)
			ntag_page(card, (tx[1] + i) % PAGES, rx + i * 4);
		return 16;
	}
	return -CARD_ERROR_CRC;
}

static int classic_exchange(const uint8_t *tx)
{
	if (tx[0] == 0x60 || tx[0] == 0x61)
		return -CARD_ERROR_AUTH;
	if (tx[0] == 0x30 || tx[0] == 0xA0)
		return -CARD_ERROR_FORMAT; /* encrypted sector, not authenticated */
	return -CARD_ERROR_TIMEOUT;
}

enum {
	DESFIRE_OK = 0x00,
	DESFIRE_MORE = 0xAF,
	DESFIRE_ILLEGAL = 0x1C,
	DESFIRE_LENGTH = 0x7E,
	DESFIRE_NO_APPLICATION = 0xA0,
	DESFIRE_AUTH = 0xAE,
};

static uint8_t desfire_version(struct card *card, uint8_t *data, size_t *ret_n)
{
	static const uint8_t hardware[] = {0x04, 0x01, 0x01, 0x01, 0x00, 0x18, 0x05};
	static const uint8_t software[] = {0x04, 0x01, 0x01, 0x01, 0x04, 0x18, 0x05};
	uint8_t part = card->version_part;

	card->version_part = (uint8_t)((part + 1) % 3);
	*ret_n = 7;
	if (part < 2) {
		memcpy(data, part == 0 ? hardware : software, 7);
		return DESFIRE_MORE;
	}
	/* UID (zeros in random-UID mode), batch, week and year of production */
	memset(data, 0, 14);
	if (!card->spec->random_uid)
		memcpy(data, card->uid, 7);
	memcpy(data + 7, (const uint8_t[]){0xBA, 0x54, 0x91, 0x4A, 0x30, 0x12, 0x24}, 7);
	*ret_n = 14;
	return DESFIRE_OK;
}

/* Returns the DESFire status byte. Cryptography and applications come with the card keys. */
static uint8_t desfire_command(
	struct card *card, uint8_t ins, const uint8_t *arg, size_t n, uint8_t *data, size_t *ret_n)
{
	*ret_n = 0;
	if (ins != DESFIRE_MORE)
		card->version_part = 0;
	switch (ins) {
	case 0x60:
		return n == 0 ? desfire_version(card, data, ret_n) : DESFIRE_LENGTH;
	case DESFIRE_MORE:
		return card->version_part ? desfire_version(card, data, ret_n) : DESFIRE_ILLEGAL;
	case 0x5A: /* SelectApplication: only the card itself */
		if (n != 3)
			return DESFIRE_LENGTH;
		return arg[0] | arg[1] | arg[2] ? DESFIRE_NO_APPLICATION : DESFIRE_OK;
	case 0x6A: /* GetApplicationIDs: none */
		return DESFIRE_OK;
	case 0x0A:
	case 0x1A:
	case 0xAA:
	case 0x71:
		return DESFIRE_AUTH;
	default:
		return DESFIRE_ILLEGAL;
	}
}

static int status_word(uint8_t *rx, uint8_t high, uint8_t low)
{
	rx[0] = high;
	rx[1] = low;
	return 2;
}

static int iso_exchange(const uint8_t *tx, size_t n, uint8_t *rx)
{
	if (n < 4)
		return status_word(rx, 0x67, 0x00);
	if (tx[0] == 0x00 && tx[1] == 0xA4)
		return status_word(rx, 0x6A, 0x82); /* no such application */
	return status_word(rx, tx[0] == 0x00 ? 0x6D : 0x6E, 0x00);
}

static int desfire_exchange(struct card *card, const uint8_t *tx, size_t n, uint8_t *rx)
{
	size_t data_n, lc;
	uint8_t status;

	if (tx[0] == 0x00 && n >= 4)
		return iso_exchange(tx, n, rx);
	if (tx[0] != 0x90 || n < 5) { /* native */
		rx[0] = desfire_command(card, tx[0], tx + 1, n - 1, rx + 1, &data_n);
		return (int)data_n + 1;
	}
	/* 90 INS 00 00 [Lc data] Le */
	lc = n == 5 ? 0 : tx[4];
	if (n != 5 && n != lc + 6)
		return status_word(rx, 0x91, DESFIRE_LENGTH);
	status = desfire_command(card, tx[1], tx + 5, lc, rx, &data_n);
	return (int)data_n + status_word(rx + data_n, 0x91, status);
}

int card_exchange(struct card *card, const uint8_t *tx, size_t n, uint8_t ret_rx[CARD_ANSWER_MAX])
{
	int r = -CARD_ERROR_TIMEOUT;

	if (n == 0 || (card->state != CARD_STATE_ACTIVE && card->state != CARD_STATE_PROTOCOL))
		return -CARD_ERROR_TIMEOUT;
	switch (card->spec->kind) {
	case CARD_KIND_PLAIN:
	case CARD_KIND_TYPEB:
	case CARD_KIND_FELICA:
		break;
	case CARD_KIND_NTAG:
		r = ntag_exchange(card, tx, n, ret_rx);
		break;
	case CARD_KIND_CLASSIC:
		r = classic_exchange(tx);
		break;
	case CARD_KIND_DESFIRE:
		r = desfire_exchange(card, tx, n, ret_rx);
		break;
	case CARD_KIND_PHONE:
		r = iso_exchange(tx, n, ret_rx);
		break;
	}
	/* ISO/IEC 14443-3: what it does not understand sends an active card back to idle. */
	if (r < 0 && card->state == CARD_STATE_ACTIVE)
		card->state = CARD_STATE_IDLE;
	return r;
}

/* ---- raw frames ------------------------------------------------------------------------- */

static void crc_a(const uint8_t *data, size_t n, uint8_t ret_crc[2])
{
	uint16_t crc = 0x6363;

	for (size_t i = 0; i < n; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0x8408 : crc >> 1);
	}
	ret_crc[0] = (uint8_t)crc;
	ret_crc[1] = (uint8_t)(crc >> 8);
}

static int raw_anticollision(struct card *card, const uint8_t *tx, size_t n, uint8_t *rx)
{
	uint8_t bytes[5];
	bool last = card->level == (card->spec->uid_len - 4) / 3;

	level_bytes(card, card->level, bytes);
	bytes[4] = bytes[0] ^ bytes[1] ^ bytes[2] ^ bytes[3];
	if (n < 2 || tx[0] != 0x93 + card->level * 2)
		return 0;
	if (tx[1] == 0x20 && n == 2) {
		memcpy(rx, bytes, 5);
		return 5;
	}
	if (tx[1] != 0x70 || n != 7 || memcmp(tx + 2, bytes, 5) != 0)
		return 0;
	rx[0] = last ? card->spec->sak : SAK_MORE_UID;
	card->level++;
	if (last)
		card_activate(card, false);
	return 1;
}

static int raw_active(struct card *card, const uint8_t *tx, size_t n, uint8_t *rx)
{
	const struct card_spec *spec = card->spec;

	if (tx[0] == 0x50 && n == 2) {
		card->state = CARD_STATE_HALTED;
		return 0;
	}
	if (tx[0] == 0xE0 && n == 2 && spec->sak & SAK_ISO_DEP) {
		card_activate(card, true);
		rx[0] = (uint8_t)(spec->ats_len + 1);
		memcpy(rx + 1, spec->ats, spec->ats_len);
		return spec->ats_len + 1;
	}
	return card_exchange(card, tx, n, rx);
}

static int raw_block(struct card *card, const uint8_t *tx, size_t n, uint8_t *rx)
{
	uint8_t answer[CARD_ANSWER_MAX];
	int r;

	rx[0] = tx[0];
	if (tx[0] == 0xB2 || tx[0] == 0xB3) { /* R(NAK), libnfc's ping: R(ACK) of the other block */
		rx[0] = (uint8_t)(0xA2 | (~tx[0] & 1));
		return 1;
	}
	if (tx[0] == 0xC2) { /* S(DESELECT) */
		card->state = CARD_STATE_HALTED;
		return 1;
	}
	if ((tx[0] & 0xFE) != 0x02 || n < 2) /* I-block without chaining */
		return 0;
	r = card_exchange(card, tx + 1, n - 1, answer);
	if (r < 0 || r > CARD_ANSWER_MAX - 3)
		return r < 0 ? r : -CARD_ERROR_FORMAT;
	memcpy(rx + 1, answer, (size_t)r);
	return r + 1;
}

static int raw_state(struct card *card, const uint8_t *tx, size_t n, uint8_t *rx)
{
	switch (card->state) {
	case CARD_STATE_READY:
		return raw_anticollision(card, tx, n, rx);
	case CARD_STATE_ACTIVE:
		return raw_active(card, tx, n, rx);
	case CARD_STATE_PROTOCOL:
		return raw_block(card, tx, n, rx);
	case CARD_STATE_IDLE:
	case CARD_STATE_HALTED:
		break;
	}
	return 0;
}

int card_raw(struct card *card, const uint8_t *tx, size_t n, bool short_frame, bool without_crc,
	uint8_t ret_rx[CARD_ANSWER_MAX])
{
	uint8_t crc[2];
	bool anticollision = card->state == CARD_STATE_READY && n == 2;
	int r;

	if (n == 0 || !card_is_type_a(card->spec))
		return 0;
	if (short_frame) {
		bool wakes = tx[0] == 0x52 || (tx[0] == 0x26 && card->state != CARD_STATE_HALTED);
		if (n != 1 || !wakes || card->state == CARD_STATE_PROTOCOL)
			return 0;
		card->state = CARD_STATE_READY;
		card->level = 0;
		ret_rx[0] = card->spec->atqa[1];
		ret_rx[1] = card->spec->atqa[0];
		return 2;
	}
	if (!without_crc || anticollision)
		return raw_state(card, tx, n, ret_rx);
	if (n < 3)
		return 0;
	crc_a(tx, n - 2, crc);
	if (memcmp(crc, tx + n - 2, 2) != 0)
		return 0;
	r = raw_state(card, tx, n - 2, ret_rx);
	if (r > 0 && r <= CARD_ANSWER_MAX - 2) {
		crc_a(ret_rx, (size_t)r, ret_rx + r);
		r += 2;
	}
	return r;
}
