/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journal batches of any bytes. The corpus is rightly signed, so that mutations of it reach every
 * check; whatever is still taken must be written again to a batch that says the same.
 */
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* door.pub of tests/unit/vectors */
static const struct sign_public door = {.id = "73311cc3291ac657",
	.bytes = {0x25, 0x43, 0xb9, 0x2f, 0xf1, 0x09, 0x55, 0x11, 0x47, 0x6a, 0xdc, 0x83, 0x69,
		0xdb, 0x6d, 0xdc, 0x93, 0x36, 0x65, 0xa1, 0x19, 0x78, 0xdd, 0xa1, 0x40, 0x4e, 0xe1,
		0x06, 0x6c, 0xa9, 0x55, 0x9d}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_batch batch, again;
	struct sign_secret key;
	char err[ERR_MAX] = "", *message;
	size_t message_size;

	if (crypto_init() < 0)
		abort();
	if (message_batch_read((const char *)data, size, &door, 1, &batch, err) < 0) {
		if (!*err)
			abort();
		return 0;
	}
	sign_key_make(&key);
	if (message_batch_write(&batch, &key, &message, &message_size) < 0 ||
		message_batch_read(message, message_size, &key.public, 1, &again, err) < 0 ||
		again.count != batch.count ||
		memcmp(again.rows, batch.rows, batch.count * sizeof(*batch.rows)) != 0)
		abort();
	message_batch_free(&again);
	message_batch_free(&batch);
	free(message);
	return 0;
}
