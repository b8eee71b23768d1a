/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <string.h>

const uint8_t frame_ack[6] = {0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00};
const uint8_t frame_nack[6] = {0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00};
const uint8_t frame_error[8] = {0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00};

enum {
	STATE_IDLE, /* zero: a zeroed parser starts here */
	STATE_ZERO,
	STATE_LEN,
	STATE_LCS,
	STATE_EXT_HIGH,
	STATE_EXT_LOW,
	STATE_EXT_LCS,
	STATE_BODY,
	STATE_DCS,
};

static enum frame_kind restart(struct frame_parser *p, enum frame_kind kind)
{
	p->state = STATE_IDLE;
	return kind;
}

static enum frame_kind begin_body(struct frame_parser *p, size_t length)
{
	if (length == 0 || length > FRAME_BODY_MAX)
		return restart(p, FRAME_KIND_BAD);
	p->length = length;
	p->body_len = 0;
	p->state = STATE_BODY;
	return FRAME_KIND_NONE;
}

static enum frame_kind push_lcs(struct frame_parser *p, uint8_t byte)
{
	uint8_t len = p->head[0];

	if (len == 0x00 && byte == 0xFF)
		return restart(p, FRAME_KIND_ACK);
	if (len == 0xFF && byte == 0x00)
		return restart(p, FRAME_KIND_NACK);
	if (len == 0xFF && byte == 0xFF) {
		p->state = STATE_EXT_HIGH;
		return FRAME_KIND_NONE;
	}
	if ((uint8_t)(len + byte) != 0)
		return restart(p, FRAME_KIND_BAD);
	return begin_body(p, len);
}

static enum frame_kind push_dcs(struct frame_parser *p, uint8_t byte)
{
	uint8_t sum = byte;

	for (size_t i = 0; i < p->body_len; i++)
		sum = (uint8_t)(sum + p->body[i]);
	return restart(p, sum == 0 ? FRAME_KIND_DATA : FRAME_KIND_BAD);
}

/* Between frames: preamble of any length, 0x55 wakes, anything else is line noise. */
static enum frame_kind push_gap(struct frame_parser *p, uint8_t byte)
{
	if (byte == 0x55)
		p->saw_wakeup = true;
	if (byte == 0x00)
		p->state = STATE_ZERO;
	else if (byte == 0xFF && p->state == STATE_ZERO)
		p->state = STATE_LEN;
	else
		p->state = STATE_IDLE;
	return FRAME_KIND_NONE;
}

enum frame_kind frame_parser_push(struct frame_parser *p, uint8_t byte)
{
	switch (p->state) {
	case STATE_LEN:
		p->head[0] = byte;
		p->state = STATE_LCS;
		return FRAME_KIND_NONE;
	case STATE_LCS:
		return push_lcs(p, byte);
	case STATE_EXT_HIGH:
		p->head[1] = byte;
		p->state = STATE_EXT_LOW;
		return FRAME_KIND_NONE;
	case STATE_EXT_LOW:
		p->head[2] = byte;
		p->state = STATE_EXT_LCS;
		return FRAME_KIND_NONE;
	case STATE_EXT_LCS:
		if ((uint8_t)(p->head[1] + p->head[2] + byte) != 0)
			return restart(p, FRAME_KIND_BAD);
		return begin_body(p, (size_t)p->head[1] << 8 | p->head[2]);
	case STATE_BODY:
		p->body[p->body_len++] = byte;
		if (p->body_len == p->length)
			p->state = STATE_DCS;
		return FRAME_KIND_NONE;
	case STATE_DCS:
		return push_dcs(p, byte);
	default:
		return push_gap(p, byte);
	}
}

size_t frame_build(uint8_t tfi, const uint8_t *data, size_t n, uint8_t ret_frame[FRAME_MAX])
{
	size_t length = n + 1, at = 3;
	uint8_t sum = tfi;

	memcpy(ret_frame, frame_ack, 3);
	if (length <= 0xFF - 1) { /* LEN FF would read as the extended mark */
		ret_frame[at++] = (uint8_t)length;
		ret_frame[at++] = (uint8_t)-length;
	} else {
		ret_frame[at++] = 0xFF;
		ret_frame[at++] = 0xFF;
		ret_frame[at++] = (uint8_t)(length >> 8);
		ret_frame[at++] = (uint8_t)length;
		ret_frame[at++] = (uint8_t) - ((length >> 8) + (length & 0xFF));
	}
	ret_frame[at++] = tfi;
	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + data[i]);
	if (n)
		memcpy(ret_frame + at, data, n);
	at += n;
	ret_frame[at++] = (uint8_t)-sum;
	ret_frame[at++] = 0x00;
	return at;
}
