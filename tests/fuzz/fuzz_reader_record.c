/* SPDX-License-Identifier: Apache-2.0 */
/* Any packet on the reader's socket: no crash, and what is accepted packs to the same bytes again.
 */
#include "hw/reader_link.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct reader_record *record, const struct reader_record *again)
{
	if (again->length != record->length ||
		memcmp(again->payload, record->payload, record->length) != 0)
		abort();
}

static void parse_payload(const struct reader_record *record)
{
	char text[READER_TEXT_MAX + 1];
	struct reader_record again;
	struct reader_card card;
	uint32_t value, timeout_ms;
	const uint8_t *bytes;
	size_t size;

	if (reader_card_unpack(record, &card) == 0 && reader_card_pack(&card, &again) == 0)
		same(record, &again);
	if (reader_u32_unpack(record, &value) == 0 &&
		reader_u32_pack(record->kind, value, &again) == 0)
		same(record, &again);
	if (reader_transceive_unpack(record, &value, &timeout_ms, &bytes, &size) == 0) {
		if (reader_transceive_pack(0, value, timeout_ms, bytes, size, &again) < 0)
			abort();
		same(record, &again);
	}
	if (reader_result_unpack(record, &value, &bytes, &size) == 0) {
		if (reader_result_pack(0, value, bytes, size, &again) < 0)
			abort();
		same(record, &again);
	}
	if (reader_text_unpack(record, &value, text) == 0 || reader_hello_unpack(record, text) == 0)
		for (const char *c = text; *c; c++)
			if (*c < ' ' || *c > '~')
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t packet[READER_LINK_PACKET];
	struct reader_record record;

	if (reader_record_unpack(data, size, &record) < 0)
		return 0;
	if (reader_record_pack(&record, packet) != (int)size || memcmp(packet, data, size) != 0)
		abort();
	parse_payload(&record);
	return 0;
}
