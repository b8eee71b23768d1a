/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader hardware as a port, and libnfc behind it (nfc.c is the only file that includes it).
 *
 * Nothing here waits without a bound that libnfc keeps, but libnfc can still abort, crash or hang
 * on what comes over the line (a status with bit 7, an ATS of length 0, an answer that always says
 * "more" without data): that ends this process, by itself or by its watchdog. One port a process:
 * libnfc's driver list is global (T13).
 */
#pragma once

#include "base/util.h"
#include "hw/reader_link.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one select looks for. Whatever is not of type A is told to the door, which refuses it. */
enum reader_look {
	READER_LOOK_A,
	READER_LOOK_B,
	READER_LOOK_FELICA_212,
	READER_LOOK_FELICA_424,
	READER_LOOK_COUNT,
};

struct reader_port {
	void *context;

	/* False only when the reader's device file is missing. */
	bool (*is_there)(void *context);

	/*
	 * Opens and prepares the reader: up to 1.4 s with a silent one. 0, or -ENOENT, -EACCES,
	 * -EBUSY, -EMFILE, -ETIMEDOUT … with err saying what and the remedy. Not when open.
	 */
	int (*open)(void *context, char err[ERR_MAX]);

	/* Up to 0.4 s with a silent reader; allowed when closed. */
	void (*close)(void *context);

	/*
	 * Looks for one card, at most 0.35 s. 1 with uid, sak, atqa, ats and protocol filled in
	 * (handle and time are the caller's), 0 no card, -ETIMEDOUT the reader is silent, -EIO its
	 * line is broken or gone, -EBADMSG it answered what no card can be, -EOPNOTSUPP it cannot
	 * look for that kind (never for type A).
	 */
	int (*select)(void *context, enum reader_look look, struct reader_card *ret_card);

	/*
	 * Sends 1 … READER_TRANSCEIVE_MAX bytes to the selected card; returns the size of its
	 * answer (0 … room), -EREMOTEIO the card did not answer or not properly, -EMSGSIZE answer
	 * longer than room, -EINVAL refused by the chip, -ETIMEDOUT or -EIO as above. timeout_ms is
	 * 1 or more.
	 */
	int (*transceive)(void *context, const uint8_t *data, size_t size, uint8_t *answer,
		size_t room, uint32_t timeout_ms);

	/* "pn532_uart:/dev/tapin-reader PN532 v1.6"; without the chip when closed. */
	void (*describe)(void *context, char text[READER_TEXT_MAX + 1]);
};

struct reader_nfc;

/*
 * libnfc for one connstring (checked by connstring_parse); lock_dir takes a lock on what its device
 * path points to, while open. Both texts are copied. Nothing is opened yet. 0 or negative errno.
 */
int reader_nfc_new(const char *connstring, const char *device, const char *lock_dir,
	struct reader_nfc **ret_nfc, char err[ERR_MAX]);
/* Closes too. NULL is allowed. Returns NULL. */
struct reader_nfc *reader_nfc_free(struct reader_nfc *nfc);

/* The port; valid as long as nfc. */
struct reader_port reader_nfc_port(struct reader_nfc *nfc);
