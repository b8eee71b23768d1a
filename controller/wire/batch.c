/* SPDX-License-Identifier: Apache-2.0 */
#include "core/entry_cover.h"
#include "crypto/text.h"
#include "wire/envelope.h"
#include "wire/json.h"
#include "wire/message.h"
#include "wire/mqtt.h"

#include <string.h>

_Static_assert(MESSAGE_BATCH_MAX <= ENTRY_RANGE_BITS, "which rows are erased fits one word");

/* After judge_all; the range looks into the batch and the digest. */
static struct entry_range cover(const struct message_batch *batch, uint8_t digest[ENTRY_HASH_SIZE])
{
	const struct message_row *last = &batch->rows[batch->count - 1];
	struct entry_range range = {
		.site = batch->site,
		.door = batch->door,
		.journal = batch->journal,
		.first = batch->rows[0].seq,
		.last = last->seq,
		.last_hash = last->hash,
	};

	memset(digest, 0, ENTRY_HASH_SIZE);
	for (size_t i = 0; i < batch->count; i++) {
		const struct message_row *row = &batch->rows[i];

		if (row->erased)
			range.erased |= 1ull << i;
		if (!row->poison)
			continue;
		range.poison = digest;
		entry_cover_poison(i == 0 ? batch->previous : batch->rows[i - 1].hash, row->seq,
			row->hash, &row->record, crypto_hash256, digest);
	}
	return range;
}

/* Says of a row whether its bytes are what its hash says; the writer and the reader must agree. */
static void judge(const uint8_t previous[ENTRY_HASH_SIZE], struct message_row *row)
{
	uint8_t hash[ENTRY_HASH_SIZE];
	const char *why = NULL;
	struct entry entry = {0};

	entry_chain_next(previous, row->seq, &row->record, crypto_hash256, hash);
	if (memcmp(hash, row->hash, sizeof(hash)) != 0)
		why = "its hash does not follow from the entry before and the body";
	else if (entry_decode(&row->record, crypto_hash256, &entry) < 0)
		why = "the body is no entry, or the subject is not its own";
	row->poison = why != NULL;
	row->erased = !why && entry.erased;
	memset(row->why, 0, sizeof(row->why));
	if (why)
		strcpy(row->why, why);
}

static void judge_all(const struct message_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		judge(i == 0 ? batch->previous : batch->rows[i - 1].hash, &batch->rows[i]);
}

static json_t *row_json(const struct message_row *row)
{
	const struct entry_record *record = &row->record;
	char hash[2 * ENTRY_HASH_SIZE + 1], body[BASE64_ROOM(ENTRY_BODY_MAX)];
	char salt[BASE64_ROOM(ENTRY_SALT_SIZE)], subject[BASE64_ROOM(ENTRY_SUBJECT_MAX)];
	bool whole = record->subject_size > 0;

	text_hex(row->hash, sizeof(row->hash), hash);
	text_base64(record->body, record->body_size, body);
	text_base64(record->salt, sizeof(record->salt), salt);
	text_base64(record->subject, record->subject_size, subject);
	return json_pack("{s:I, s:s, s:s, s:s*, s:s*}", "seq", (json_int_t)row->seq, "hash", hash,
		"body", body, "salt", whole ? salt : NULL, "subject", whole ? subject : NULL);
}

static char *batch_json(const struct message_batch *batch)
{
	char journal[2 * ENTRY_JOURNAL_SIZE + 1], before[2 * ENTRY_HASH_SIZE + 1];
	char previous[2 * ENTRY_HASH_SIZE + 1], *text = NULL;
	json_t *entries = json_array(), *body;

	text_hex(batch->journal, sizeof(batch->journal), journal);
	text_hex(batch->before, sizeof(batch->before), before);
	text_hex(batch->previous, sizeof(batch->previous), previous);
	for (size_t i = 0; i < batch->count; i++)
		if (json_array_append_new(entries, row_json(&batch->rows[i])) < 0) {
			json_decref(entries);
			return NULL;
		}
	body = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "version",
		MESSAGE_VERSION, "type", "journal", "site", batch->site, "door", batch->door,
		"journal", journal, "before", before, "previous", previous, "first",
		(json_int_t)batch->rows[0].seq, "last",
		(json_int_t)batch->rows[batch->count - 1].seq, "entries", entries);
	if (body)
		text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return text;
}

int message_batch_write(const struct message_batch *batch, const struct sign_secret *key,
	char **ret_message, size_t *ret_size)
{
	CLEANUP(cleanup_free) char *body = NULL;
	uint8_t signature[SIGN_SIZE], digest[ENTRY_HASH_SIZE];
	struct entry_range range;
	struct entry_cover covered;
	int r;

	if (batch->count < 1 || batch->count > MESSAGE_BATCH_MAX)
		return -EINVAL;
	body = batch_json(batch);
	if (!body)
		return -ENOMEM;
	judge_all(batch);
	range = cover(batch, digest);
	entry_cover(&range, key->public.id, &covered);
	r = sign_make(key, covered.parts, covered.count, signature);
	if (r < 0)
		return r;
	return envelope_join(key->public.id, signature, body, strlen(body), ret_message, ret_size);
}

static int read_record(
	const struct json_place *place, const json_t *object, struct entry_record *record)
{
	int body = json_get_base64(place, object, "body", 0, record->body, ENTRY_BODY_MAX);
	int subject;

	if (body < 0)
		return body;
	record->body_size = (uint16_t)body;
	if (!json_object_get(object, "salt") && !json_object_get(object, "subject"))
		return 0; /* no subject, or erased: the commitment stays in the body */
	if (json_get_base64(place, object, "salt", ENTRY_SALT_SIZE, record->salt, ENTRY_SALT_SIZE) <
		0)
		return -EINVAL;
	subject = json_get_base64(place, object, "subject", 1, record->subject, ENTRY_SUBJECT_MAX);
	if (subject < 0)
		return subject;
	record->subject_size = (uint16_t)subject;
	return 0;
}

static int read_row(
	const struct json_place *place, const json_t *object, uint64_t seq, struct message_row *row)
{
	if (!json_is_object(object))
		return json_refuse(place, "", object, "an object");
	if (json_get_number(place, object, "seq", seq, seq, &row->seq) < 0 ||
		json_get_hex(place, object, "hash", row->hash, sizeof(row->hash)) < 0)
		return -EINVAL;
	return read_record(place, object, &row->record);
}

static int read_name(const struct json_place *place, const json_t *object, const char *key,
	char out[NAME_ID_MAX])
{
	static const char expected[] = "1 to 32 of a-z, 0-9 and -";
	const char *text;

	if (json_get_text(place, object, key, expected, &text) < 0)
		return -EINVAL;
	if (!name_id_valid(text))
		return json_refuse(place, key, json_object_get(object, key), expected);
	strcpy(out, text);
	return 0;
}

/* Everything but the entries, and that the first entry of a journal follows its start. */
static int read_head(const struct json_place *place, const json_t *object,
	struct message_batch *batch, uint64_t *ret_first)
{
	uint8_t start[ENTRY_HASH_SIZE];
	uint64_t version, last;
	const char *type;

	if (json_get_number(place, object, "version", MESSAGE_VERSION, MESSAGE_VERSION, &version) <
			0 ||
		json_get_text(place, object, "type", "\"journal\"", &type) < 0)
		return -EINVAL;
	if (strcmp(type, "journal") != 0)
		return json_refuse(place, "type", json_object_get(object, "type"), "\"journal\"");
	if (read_name(place, object, "site", batch->site) < 0 ||
		read_name(place, object, "door", batch->door) < 0 ||
		json_get_hex(place, object, "journal", batch->journal, sizeof(batch->journal)) <
			0 ||
		json_get_hex(place, object, "before", batch->before, sizeof(batch->before)) < 0 ||
		json_get_hex(place, object, "previous", batch->previous, sizeof(batch->previous)) <
			0 ||
		json_get_number(
			place, object, "first", 1, INT64_MAX - MESSAGE_BATCH_MAX, ret_first) < 0 ||
		json_get_number(place, object, "last", *ret_first,
			*ret_first + MESSAGE_BATCH_MAX - 1, &last) < 0)
		return -EINVAL;
	batch->count = last - *ret_first + 1;
	entry_chain_start(
		batch->site, batch->door, batch->journal, batch->before, crypto_hash256, start);
	if (*ret_first == 1 && memcmp(start, batch->previous, sizeof(start)) != 0)
		return json_complain(place, "previous", "is not the start of this journal's chain");
	return 0;
}

static int read_body(
	const struct json_place *place, const json_t *object, struct message_batch *batch)
{
	const json_t *entries = json_object_get(object, "entries");
	uint64_t first = 0;

	if (read_head(place, object, batch, &first) < 0)
		return -EINVAL;
	if (!json_is_array(entries) || json_array_size(entries) != batch->count)
		return json_complain(
			place, "entries", "expected a list of %zu entries", batch->count);
	batch->rows = calloc(batch->count, sizeof(*batch->rows));
	if (!batch->rows)
		return json_complain(place, "entries", "no memory");
	for (size_t i = 0; i < batch->count; i++) {
		const struct json_place row = {place->file, "entries", i, place->err};

		if (read_row(&row, json_array_get(entries, i), first + i, &batch->rows[i]) < 0)
			return -EINVAL;
	}
	judge_all(batch);
	return 0;
}

/* A row that changed on the way does not fit its hash and has no signature of its own: named. */
static int refuse_signature(const struct json_place *place, const struct message_batch *batch)
{
	size_t i = 0;

	while (i < batch->count && !batch->rows[i].poison)
		i++;
	if (i < batch->count)
		json_complain(place, "", "entries[%zu]: %s, and the signature of key %s is wrong",
			i, batch->rows[i].why, batch->key_id);
	else
		json_complain(place, "", "the signature of key %s is wrong", batch->key_id);
	return -EKEYREJECTED;
}

int message_batch_read(const char *message, size_t size, const struct sign_public *keys,
	size_t key_count, struct message_batch *ret_batch, char err[ERR_MAX])
{
	const struct json_place place = {.file = "journal batch", .err = err};
	CLEANUP(message_batch_free) struct message_batch batch = {0};
	const struct sign_public *key;
	struct entry_cover covered;
	struct entry_range range;
	const char *body;
	size_t body_size;
	json_t *object;
	int r;

	if (size > MQTT_PAYLOAD_MAX || envelope_split(message, size, batch.key_id, batch.signature,
					       &body, &body_size) < 0) {
		json_complain(&place, "",
			"expected \"tapin1 KEYID SIGNATURE\" and JSON, at most %d bytes",
			MQTT_PAYLOAD_MAX);
		return -EBADMSG;
	}
	key = envelope_find_key(keys, key_count, batch.key_id);
	if (!key) {
		json_complain(
			&place, "", "signed by key %s, which is not this door's", batch.key_id);
		return -ENOKEY;
	}
	if (json_read_object(&place, body, body_size, &object) < 0)
		return -EBADMSG;
	r = read_body(&place, object, &batch);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	range = cover(&batch, batch.poison);
	batch.rotten = range.poison != NULL;
	batch.erased = range.erased;
	entry_cover(&range, batch.key_id, &covered);
	if (!sign_check(key, covered.parts, covered.count, batch.signature))
		return refuse_signature(&place, &batch);
	*ret_batch = batch;
	batch.rows = NULL;
	return 0;
}

void message_batch_free(struct message_batch *batch)
{
	if (!batch)
		return;
	free(batch->rows);
	batch->rows = NULL;
	batch->count = 0;
}
