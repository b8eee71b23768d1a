/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between a host and a PN532 on its high-speed UART (NXP UM0701-02, 6.2).
 *   normal    00 00 FF LEN LCS TFI data DCS 00          LEN counts TFI and data, up to 255
 *   extended  00 00 FF FF FF LENM LENL LCS TFI data DCS 00
 *   ACK 00 00 FF 00 FF 00, NACK 00 00 FF FF 00 00, error 00 00 FF 01 FF 7F 81 00
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_BODY_MAX 265 /* TFI, command code and up to 263 bytes more */
#define FRAME_MAX (FRAME_BODY_MAX + 10)
#define FRAME_TFI_HOST 0xD4
#define FRAME_TFI_CHIP 0xD5

enum frame_kind {
	FRAME_KIND_NONE, /* more bytes are needed */
	FRAME_KIND_ACK,
	FRAME_KIND_NACK,
	FRAME_KIND_DATA, /* body[0..body_len) holds TFI and data, checksums verified */
	FRAME_KIND_BAD, /* a length or checksum did not hold; the parser looks for the next frame */
};

struct frame_parser {
	int state;
	size_t length;
	size_t body_len;
	uint8_t head[3];
	uint8_t body[FRAME_BODY_MAX];
	bool saw_wakeup; /* 0x55 between frames since the caller last cleared it */
};

/* Takes one byte. A zeroed parser is ready; any byte sequence is allowed. */
enum frame_kind frame_parser_push(struct frame_parser *parser, uint8_t byte);

/* Writes the frame for TFI and data (at most FRAME_BODY_MAX - 1 bytes). Returns its length. */
size_t frame_build(uint8_t tfi, const uint8_t *data, size_t n, uint8_t ret_frame[FRAME_MAX]);

extern const uint8_t frame_ack[6];
extern const uint8_t frame_nack[6];
extern const uint8_t frame_error[8];
