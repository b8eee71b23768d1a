/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journal records from outside: 2 bytes size of the body, the body, the rest is the subject. What
 * decodes must encode to the same bytes. The hash is a constant, so that commitments are easy to
 * meet.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void constant_hash(
	const struct entry_part *parts, size_t count, uint8_t out[ENTRY_HASH_SIZE])
{
	(void)parts;
	(void)count;
	memset(out, 0, ENTRY_HASH_SIZE);
}

static void must_encode_again(const struct entry_record *record, const struct entry *entry)
{
	struct entry_record again;

	if (entry->erased)
		return;
	if (entry_encode(entry, record->salt, constant_hash, &again) < 0 ||
		again.body_size != record->body_size ||
		again.subject_size != record->subject_size ||
		memcmp(again.body, record->body, record->body_size) != 0 ||
		memcmp(again.subject, record->subject, record->subject_size) != 0)
		abort();
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes_reader r = {.data = data, .size = size};
	struct entry_record record = {0};
	struct entry entry;
	char text[ENTRY_ACTOR_MAX + 1];
	size_t n;

	record.body_size = (uint16_t)bytes_get_le(&r, 2);
	if (r.failed)
		return 0;
	n = least(record.body_size, size - r.at);
	memcpy(record.body, bytes_get(&r, n), least(n, ENTRY_BODY_MAX));
	n = size - r.at;
	record.subject_size = (uint16_t)n;
	memcpy(record.subject, data + r.at, least(n, ENTRY_SUBJECT_MAX));
	if (entry_decode(&record, constant_hash, &entry) == 0) {
		must_encode_again(&record, &entry);
		if (entry_kind_name(entry.kind) && !entry_kind_name(entry_kind_was(&entry)))
			abort();
	}

	/* and any bytes made into text are text that encodes */
	entry = (struct entry){.kind = ENTRY_KIND_STARTED};
	memcpy(record.subject, data, least(size, ENTRY_SUBJECT_MAX));
	record.subject[ENTRY_SUBJECT_MAX - 1] = '\0';
	entry_text_set(text, sizeof(text), (const char *)record.subject);
	memcpy(entry.detail, text, sizeof(text));
	if (entry_encode(&entry, NULL, constant_hash, &record) < 0)
		abort();
	return 0;
}
