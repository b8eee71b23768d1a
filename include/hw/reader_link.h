/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records between tapin-reader and tapin-door, and the door's end of the socket.
 *
 * One record is one packet of a SOCK_SEQPACKET Unix socket on which tapin-door listens and any
 * reader program connects. Every number is little-endian.
 *
 *   offset size
 *        0    4  magic      "TPR1" (54 50 52 31)
 *        4    2  version    READER_LINK_VERSION
 *        6    2  kind       enum reader_kind
 *        8    4  request    id of a request that this answers; 0 otherwise
 *       12    4  length     bytes of payload, 0 … 264
 *       16    …  payload
 *
 * A packet is exactly 16 + length bytes. Payloads by kind:
 *
 *   HELLO      reader→door  1 protocol count n, then n bytes enum reader_protocol it can read; then
 * UTF-8 text, the reader's own description ("pn532_uart:/dev/ttyS0 PN532 v1.6") ALIVE reader→door
 * 4 age in ms of the last good answer from the reader hardware CARD       reader→door  8
 * CLOCK_MONOTONIC microseconds at which the answer was read, 4 card handle, 1 enum reader_protocol,
 *                           1 SAK, 2 ATQA, 1 UID length, UID, 1 ATS length (without TL), ATS
 *   REMOVED    reader→door  4 card handle
 *   FAULT      reader→door  4 errno-like code (positive), then UTF-8 text: what failed; the reader
 * goes on trying OK         reader→door  empty: the reader answers again after a FAULT TRANSCEIVE
 * door→reader  4 card handle, 4 time-out in ms (1 … 5000), then 1 … 256 bytes to send to the card
 *   RESULT     reader→door  4 result (0, or positive errno: ENODEV card gone or other handle,
 * ETIMEDOUT, EIO, EINVAL, EMSGSIZE), then the card's answer
 *
 * An unknown kind of the same version is ignored, so that later protocols (ISO14443B, FeliCa …) can
 * add theirs; a wrong magic, version or length ends the connection.
 */
#pragma once

#include "base/util.h"
#include "core/uid.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define READER_LINK_VERSION 1
#define READER_LINK_HEADER 16
#define READER_LINK_PAYLOAD 264
#define READER_LINK_PACKET (READER_LINK_HEADER + READER_LINK_PAYLOAD)
#define READER_ATS_MAX 64
#define READER_TEXT_MAX 200
#define READER_TRANSCEIVE_MAX 256

enum reader_kind {
	READER_KIND_HELLO = 1,
	READER_KIND_ALIVE = 2,
	READER_KIND_CARD = 3,
	READER_KIND_REMOVED = 4,
	READER_KIND_FAULT = 5,
	READER_KIND_OK = 6,
	READER_KIND_TRANSCEIVE = 16,
	READER_KIND_RESULT = 17,
};

enum reader_protocol {
	READER_PROTOCOL_ISO14443A = 1,
	READER_PROTOCOL_ISO14443B =
		2, /* reserved: seen and answered as unsupported by a later version */
	READER_PROTOCOL_FELICA = 3,
};

struct reader_record {
	enum reader_kind kind;
	uint32_t request;
	uint32_t length;
	uint8_t payload[READER_LINK_PAYLOAD];
};

struct reader_card {
	uint64_t mono_us;
	uint32_t handle; /* changes with every new presentation */
	enum reader_protocol protocol;
	uint8_t sak;
	uint16_t atqa;
	struct uid uid;
	uint8_t ats_size;
	uint8_t ats[READER_ATS_MAX];
};

/* Packs a record; returns the packet's size (16 … 280) or -EMSGSIZE. */
int reader_record_pack(const struct reader_record *record, uint8_t packet[READER_LINK_PACKET]);
/* Unpacks what came from the socket. 0, or -EBADMSG (magic, length) or -EPROTONOSUPPORT (version).
 */
int reader_record_unpack(const uint8_t *packet, size_t size, struct reader_record *ret_record);

/* Payloads. Pack: 0 or -EINVAL/-EMSGSIZE. Unpack: 0 or -EBADMSG; every length is checked. */
int reader_card_pack(const struct reader_card *card, struct reader_record *ret_record);
int reader_card_unpack(const struct reader_record *record, struct reader_card *ret_card);
int reader_text_pack(enum reader_kind kind, uint32_t code, const char *text,
	struct reader_record *ret_record); /* FAULT */
int reader_text_unpack(
	const struct reader_record *record, uint32_t *ret_code, char text[READER_TEXT_MAX + 1]);
int reader_hello_pack(
	const uint8_t *protocols, size_t count, const char *text, struct reader_record *ret_record);
int reader_hello_unpack(const struct reader_record *record, char text[READER_TEXT_MAX + 1]);
int reader_u32_pack(enum reader_kind kind, uint32_t value,
	struct reader_record *ret_record); /* ALIVE, REMOVED */
int reader_u32_unpack(const struct reader_record *record, uint32_t *ret_value);

/* The door's end. */
struct reader_link;

/*
 * Listens on path (SOCK_SEQPACKET, mode 0660; a stale socket file is replaced, a live one refused
 * with -EADDRINUSE). peer_uid: the only user beside root and ourselves whose programs may connect
 * ((uid_t)-1: nobody else), and group of the socket file, or -1.
 */
int reader_link_listen(const char *path, uid_t peer_uid, gid_t group, struct reader_link **ret_link,
	char err[ERR_MAX]);
struct reader_link *reader_link_free(struct reader_link *link);

/* Readable (epoll) when reader_link_accept has something to do. */
int reader_link_listen_fd(const struct reader_link *link);
/* Takes a waiting connection: 1 it is now the reader (an earlier one is dropped), 0 none, -EPERM
 * peer refused (err says who), negative errno. */
int reader_link_accept(struct reader_link *link, char err[ERR_MAX]);
/* The connection, or -1; readable when a record waits or the peer is gone. */
int reader_link_fd(const struct reader_link *link);
/* Takes one record: 1; 0 none waits; -ECONNRESET or -EBADMSG…: the connection is closed and
 * reader_link_fd is -1. */
int reader_link_receive(struct reader_link *link, struct reader_record *ret_record);
/* Sends one record; -ENOTCONN, -EAGAIN (the reader does not take it), or negative errno. Never
 * blocks. */
int reader_link_send(struct reader_link *link, const struct reader_record *record);
