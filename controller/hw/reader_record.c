/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/reader_link.h"

#include "core/bytes.h"
#include <string.h>

#define MAGIC 0x31525054u /* "TPR1" */
#define PROTOCOLS_MAX 16

int reader_record_pack(const struct reader_record *record, uint8_t packet[READER_LINK_PACKET])
{
	struct bytes_writer w = {.data = packet, .size = READER_LINK_PACKET};

	if (record->length > READER_LINK_PAYLOAD)
		return -EMSGSIZE;
	bytes_put_le(&w, MAGIC, 4);
	bytes_put_le(&w, READER_LINK_VERSION, 2);
	bytes_put_le(&w, record->kind, 2);
	bytes_put_le(&w, record->request, 4);
	bytes_put_le(&w, record->length, 4);
	bytes_put(&w, record->payload, record->length);
	return (int)w.used;
}

int reader_record_unpack(const uint8_t *packet, size_t size, struct reader_record *ret_record)
{
	struct bytes_reader r = {.data = packet, .size = size};
	uint64_t magic = bytes_get_le(&r, 4), version = bytes_get_le(&r, 2);
	uint64_t kind = bytes_get_le(&r, 2), request = bytes_get_le(&r, 4);
	uint64_t length = bytes_get_le(&r, 4);

	if (r.failed || magic != MAGIC)
		return -EBADMSG;
	if (version != READER_LINK_VERSION)
		return -EPROTONOSUPPORT;
	if (length > READER_LINK_PAYLOAD || length != size - r.at)
		return -EBADMSG;
	*ret_record = (struct reader_record){
		.kind = (enum reader_kind)kind,
		.request = (uint32_t)request,
		.length = (uint32_t)length,
	};
	memcpy(ret_record->payload, packet + r.at, length);
	return 0;
}

/* A writer over the payload of a fresh record. */
static struct bytes_writer start(enum reader_kind kind, struct reader_record *record)
{
	*record = (struct reader_record){.kind = kind};
	return (struct bytes_writer){.data = record->payload, .size = sizeof(record->payload)};
}

static struct bytes_reader payload(const struct reader_record *record)
{
	size_t size = record->length;

	if (size > sizeof(record->payload))
		size = sizeof(record->payload);
	return (struct bytes_reader){.data = record->payload, .size = size};
}

static bool at_end(const struct bytes_reader *r)
{
	return !r->failed && r->at == r->size;
}

int reader_card_pack(const struct reader_card *card, struct reader_record *ret_record)
{
	size_t ats_size = card->ats_size < READER_ATS_MAX ? card->ats_size : READER_ATS_MAX;
	struct bytes_writer w;
	struct uid checked;

	if (!card->handle || uid_from_bytes(card->uid.bytes, card->uid.len, &checked) < 0)
		return -EINVAL;
	w = start(READER_KIND_CARD, ret_record);
	bytes_put_le(&w, card->mono_us, 8);
	bytes_put_le(&w, card->handle, 4);
	bytes_put_le(&w, card->protocol, 1);
	bytes_put_le(&w, card->sak, 1);
	bytes_put_le(&w, card->atqa, 2);
	bytes_put_le(&w, card->uid.len, 1);
	bytes_put(&w, card->uid.bytes, card->uid.len);
	bytes_put_le(&w, ats_size, 1);
	bytes_put(&w, card->ats, ats_size);
	ret_record->length = (uint32_t)w.used;
	return 0;
}

int reader_card_unpack(const struct reader_record *record, struct reader_card *ret_card)
{
	struct bytes_reader r = payload(record);
	struct reader_card card = {.mono_us = bytes_get_le(&r, 8)};
	const uint8_t *uid, *ats;
	size_t uid_size;

	card.handle = (uint32_t)bytes_get_le(&r, 4);
	card.protocol = (enum reader_protocol)bytes_get_le(&r, 1);
	card.sak = (uint8_t)bytes_get_le(&r, 1);
	card.atqa = (uint16_t)bytes_get_le(&r, 2);
	uid_size = bytes_get_le(&r, 1);
	uid = bytes_get(&r, uid_size);
	card.ats_size = (uint8_t)bytes_get_le(&r, 1);
	ats = bytes_get(&r, card.ats_size);
	if (record->kind != READER_KIND_CARD || !at_end(&r) || !card.handle ||
		card.ats_size > READER_ATS_MAX || uid_from_bytes(uid, uid_size, &card.uid) < 0)
		return -EBADMSG;
	memcpy(card.ats, ats, card.ats_size);
	*ret_card = card;
	return 0;
}

static void put_text(struct bytes_writer *w, const char *text)
{
	bytes_put(w, text, strnlen(text, READER_TEXT_MAX));
}

/* The rest as text that is safe in a log, a status line or JSON. */
static int get_text(struct bytes_reader *r, char text[READER_TEXT_MAX + 1])
{
	size_t size = r->size - r->at;
	const uint8_t *data = bytes_get(r, size);

	if (!data || size > READER_TEXT_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < size; i++)
		text[i] = data[i] >= 0x20 && data[i] < 0x7f ? (char)data[i] : '?';
	text[size] = '\0';
	return 0;
}

int reader_text_pack(
	enum reader_kind kind, uint32_t code, const char *text, struct reader_record *ret_record)
{
	struct bytes_writer w;

	if (kind != READER_KIND_FAULT)
		return -EINVAL;
	w = start(kind, ret_record);
	bytes_put_le(&w, code, 4);
	put_text(&w, text);
	ret_record->length = (uint32_t)w.used;
	return 0;
}

int reader_text_unpack(
	const struct reader_record *record, uint32_t *ret_code, char text[READER_TEXT_MAX + 1])
{
	struct bytes_reader r = payload(record);
	uint32_t code = (uint32_t)bytes_get_le(&r, 4);

	if (record->kind != READER_KIND_FAULT || r.failed || get_text(&r, text) < 0)
		return -EBADMSG;
	*ret_code = code;
	return 0;
}

int reader_hello_pack(
	const uint8_t *protocols, size_t count, const char *text, struct reader_record *ret_record)
{
	struct bytes_writer w;

	if (!count || count > PROTOCOLS_MAX)
		return -EINVAL;
	w = start(READER_KIND_HELLO, ret_record);
	bytes_put_le(&w, count, 1);
	bytes_put(&w, protocols, count);
	put_text(&w, text);
	ret_record->length = (uint32_t)w.used;
	return 0;
}

int reader_hello_unpack(const struct reader_record *record, char text[READER_TEXT_MAX + 1])
{
	struct bytes_reader r = payload(record);
	size_t count = bytes_get_le(&r, 1);

	bytes_get(&r, count);
	if (record->kind != READER_KIND_HELLO || r.failed || !count || count > PROTOCOLS_MAX)
		return -EBADMSG;
	return get_text(&r, text);
}

static bool is_u32(enum reader_kind kind)
{
	return kind == READER_KIND_ALIVE || kind == READER_KIND_REMOVED;
}

int reader_u32_pack(enum reader_kind kind, uint32_t value, struct reader_record *ret_record)
{
	struct bytes_writer w;

	if (!is_u32(kind))
		return -EINVAL;
	w = start(kind, ret_record);
	bytes_put_le(&w, value, 4);
	ret_record->length = (uint32_t)w.used;
	return 0;
}

int reader_u32_unpack(const struct reader_record *record, uint32_t *ret_value)
{
	struct bytes_reader r = payload(record);
	uint32_t value = (uint32_t)bytes_get_le(&r, 4);

	if (!is_u32(record->kind) || !at_end(&r))
		return -EBADMSG;
	*ret_value = value;
	return 0;
}

int reader_transceive_pack(uint32_t request, uint32_t handle, uint32_t timeout_ms,
	const uint8_t *data, size_t size, struct reader_record *ret_record)
{
	struct bytes_writer w;

	if (!size || size > READER_TRANSCEIVE_MAX || !timeout_ms ||
		timeout_ms > READER_TRANSCEIVE_MS_MAX)
		return -EINVAL;
	w = start(READER_KIND_TRANSCEIVE, ret_record);
	bytes_put_le(&w, handle, 4);
	bytes_put_le(&w, timeout_ms, 4);
	bytes_put(&w, data, size);
	ret_record->request = request;
	ret_record->length = (uint32_t)w.used;
	return 0;
}

int reader_transceive_unpack(const struct reader_record *record, uint32_t *ret_handle,
	uint32_t *ret_timeout_ms, const uint8_t **ret_data, size_t *ret_size)
{
	struct bytes_reader r = payload(record);
	uint32_t handle = (uint32_t)bytes_get_le(&r, 4);
	uint32_t timeout_ms = (uint32_t)bytes_get_le(&r, 4);
	size_t size = r.size - r.at;

	if (record->kind != READER_KIND_TRANSCEIVE || r.failed || !size ||
		size > READER_TRANSCEIVE_MAX || !timeout_ms ||
		timeout_ms > READER_TRANSCEIVE_MS_MAX)
		return -EBADMSG;
	*ret_handle = handle;
	*ret_timeout_ms = timeout_ms;
	*ret_data = record->payload + r.at;
	*ret_size = size;
	return 0;
}

int reader_result_pack(uint32_t request, uint32_t result, const uint8_t *data, size_t size,
	struct reader_record *ret_record)
{
	struct bytes_writer w;

	if (size > READER_ANSWER_MAX)
		return -EINVAL;
	w = start(READER_KIND_RESULT, ret_record);
	bytes_put_le(&w, result, 4);
	bytes_put(&w, data, size);
	ret_record->request = request;
	ret_record->length = (uint32_t)w.used;
	return 0;
}

int reader_result_unpack(const struct reader_record *record, uint32_t *ret_result,
	const uint8_t **ret_data, size_t *ret_size)
{
	struct bytes_reader r = payload(record);
	uint32_t result = (uint32_t)bytes_get_le(&r, 4);

	if (record->kind != READER_KIND_RESULT || r.failed)
		return -EBADMSG;
	*ret_result = result;
	*ret_data = record->payload + r.at;
	*ret_size = r.size - r.at;
	return 0;
}
