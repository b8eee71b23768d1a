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
 *   HELLO      reader -> door
 *              1  protocol count n
 *              n  enum reader_protocol, one byte each, that it can read
 *              …  text: the reader's own description ("pn532_uart:/dev/ttyS0 PN532 v1.6")
 *   ALIVE      reader -> door, at least every second between two calls of the hardware
 *              4  age in ms of the last good answer from the hardware; READER_AGE_NEVER: none yet
 *   CARD       reader -> door
 *              8  CLOCK_MONOTONIC microseconds at which the answer was read
 *              4  card handle, not 0
 *              1  enum reader_protocol
 *              1  SAK
 *              2  ATQA
 *              1  UID length (4, 7, 10), then the UID; ISO14443B: the 4 bytes of its PUPI,
 *                 FeliCa: the 8 bytes of its NFCID2 and two zeros
 *              1  ATS length (without TL, 0 … 64: a longer one is cut), then the ATS
 *   REMOVED    reader -> door
 *              4  card handle
 *   FAULT      reader -> door; the reader goes on trying
 *              4  errno-like code (positive), then text: what failed, and the remedy
 *   OK         reader -> door, empty: the reader answers again after a FAULT
 *   TRANSCEIVE door -> reader
 *              4  card handle
 *              4  time-out in ms (1 … 5000)
 *              …  1 … 256 bytes to send to the card
 *   RESULT     reader -> door, with the request's id
 *              4  result: 0, or positive errno: ENODEV card gone or other handle, ETIMEDOUT, EIO,
 *                 EINVAL, EMSGSIZE (the answer is too long)
 *              …  the card's answer, 0 … 260 bytes
 *
 * HELLO is the first record of a connection. Text is printable ASCII, at most READER_TEXT_MAX
 * bytes; anything else in it is read as '?'. A card that lies on the reader while the connection
 * is made is not told. While a TRANSCEIVE conversation goes on (the next one within 200 ms) the
 * reader does not select again, so that the card keeps its state.
 *
 * An unknown kind of the same version is ignored, so that later versions can add theirs; a wrong
 * magic, version or length ends the connection.
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
#define READER_TRANSCEIVE_MS_MAX 5000
#define READER_ANSWER_MAX (READER_LINK_PAYLOAD - 4)
#define READER_AGE_NEVER UINT32_MAX

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
	/* their UID only tells one card from the next, and the door answers them as unsupported */
	READER_PROTOCOL_ISO14443B = 2,
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

/*
 * Payloads. Pack fills the record (request 0): 0 or -EINVAL; a text is cut to READER_TEXT_MAX and
 * an ATS to READER_ATS_MAX bytes. Unpack: 0 or -EBADMSG; every length is checked, and the kind.
 */
int reader_card_pack(const struct reader_card *card, struct reader_record *ret_record);
int reader_card_unpack(const struct reader_record *record, struct reader_card *ret_card);

/* HELLO. count is 1 … 16; unpack gives the text only. */
int reader_hello_pack(
	const uint8_t *protocols, size_t count, const char *text, struct reader_record *ret_record);
int reader_hello_unpack(const struct reader_record *record, char text[READER_TEXT_MAX + 1]);

/* FAULT; code is an errno. */
int reader_text_pack(
	enum reader_kind kind, uint32_t code, const char *text, struct reader_record *ret_record);
int reader_text_unpack(
	const struct reader_record *record, uint32_t *ret_code, char text[READER_TEXT_MAX + 1]);

/* ALIVE and REMOVED. */
int reader_u32_pack(enum reader_kind kind, uint32_t value, struct reader_record *ret_record);
int reader_u32_unpack(const struct reader_record *record, uint32_t *ret_value);

/* TRANSCEIVE and RESULT. The data pointers of unpack are into the record. */
int reader_transceive_pack(uint32_t request, uint32_t handle, uint32_t timeout_ms,
	const uint8_t *data, size_t size, struct reader_record *ret_record);
int reader_transceive_unpack(const struct reader_record *record, uint32_t *ret_handle,
	uint32_t *ret_timeout_ms, const uint8_t **ret_data, size_t *ret_size);
int reader_result_pack(uint32_t request, uint32_t result, const uint8_t *data, size_t size,
	struct reader_record *ret_record);
int reader_result_unpack(const struct reader_record *record, uint32_t *ret_result,
	const uint8_t **ret_data, size_t *ret_size);

/* The door's end. */
struct reader_link;

/*
 * Listens on path (SOCK_SEQPACKET, mode 0660; a stale socket file is replaced, a live one refused
 * with -EADDRINUSE, anything that is not a socket with -EEXIST). peer_uid: the only user beside
 * root and ourselves whose programs may connect ((uid_t)-1: nobody else), and group of the socket
 * file, or -1. Free with reader_link_free.
 */
int reader_link_listen(const char *path, uid_t peer_uid, gid_t group, struct reader_link **ret_link,
	char err[ERR_MAX]);
/* Closes everything and removes the socket file. NULL is allowed. Returns NULL. */
struct reader_link *reader_link_free(struct reader_link *link);

/* Readable (epoll) when reader_link_accept has something to do. */
int reader_link_listen_fd(const struct reader_link *link);
/*
 * Takes a waiting connection: 1 it is now the reader (an earlier one is dropped and its descriptor
 * closed: whoever watches reader_link_fd starts anew), 0 none, -EPERM peer refused (err says who),
 * negative errno.
 */
int reader_link_accept(struct reader_link *link, char err[ERR_MAX]);
/* The connection, or -1; readable when a record waits or the peer is gone. */
int reader_link_fd(const struct reader_link *link);
/*
 * Takes one record: 1; 0 none waits (unknown kinds are skipped); -ECONNRESET, -EBADMSG,
 * -EPROTONOSUPPORT…: the connection is closed and reader_link_fd is -1; -ENOTCONN.
 */
int reader_link_receive(struct reader_link *link, struct reader_record *ret_record);
/* Sends one record; -ENOTCONN, -EAGAIN (the reader does not take it), or negative errno. Never
 * blocks. */
int reader_link_send(struct reader_link *link, const struct reader_record *record);
