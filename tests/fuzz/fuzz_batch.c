/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journal batches of any bytes. The corpus is rightly signed, so that mutations of it reach every
 * check; whatever is still taken must be written again to a batch that says the same, also with a
 * row that rotted.
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

/* Signs batch anew: what is read back must be the same, rotten rows marked as in writing. */
static void write_and_read(const struct message_batch *batch)
{
	struct message_batch again;
	struct sign_secret key;
	char err[ERR_MAX] = "", *message;
	size_t size;

	sign_key_make(&key);
	if (message_batch_write(batch, &key, &message, &size) < 0 ||
		message_batch_read(message, size, &key.public, 1, &again, err) < 0 ||
		again.count != batch->count ||
		memcmp(again.rows, batch->rows, batch->count * sizeof(*batch->rows)) != 0)
		abort();
	message_batch_free(&again);
	free(message);
}

/* What a disk could do to one row, picked by the input's bytes. */
static void rot(struct message_batch *batch, const uint8_t *data, size_t size)
{
	struct message_row *row = &batch->rows[data[size - 1] % batch->count];
	struct entry_record *record = &row->record;
	uint8_t bit = (uint8_t)(1 << (data[size / 2] % 8));

	switch (data[size / 3] % 4) {
	case 0:
		row->hash[data[0] % ENTRY_HASH_SIZE] ^= bit;
		break;
	case 1:
		if (record->body_size > 0)
			record->body[data[size / 4] % record->body_size] ^= bit;
		break;
	case 2:
		if (record->subject_size > 0)
			record->subject[data[size / 4] % record->subject_size] ^= bit;
		break;
	case 3:
		*record = (struct entry_record){0};
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_batch batch;
	char err[ERR_MAX] = "";

	if (crypto_init() < 0)
		abort();
	if (message_batch_read((const char *)data, size, &door, 1, &batch, err) < 0) {
		if (!*err)
			abort();
		return 0;
	}
	write_and_read(&batch);
	rot(&batch, data, size);
	write_and_read(&batch);
	message_batch_free(&batch);
	return 0;
}
