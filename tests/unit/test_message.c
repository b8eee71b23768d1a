/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/doorway.h"
#include "core/entry_cover.h"
#include "crypto/text.h"
#include "wire/envelope.h"
#include "wire/message.h"
#include "wire/mqtt.h"

#include "vectors.h"

static struct message_batch vector_batch(const char *name)
{
	struct sign_secret door = vector_secret("door.key");
	struct message_batch batch = {0};
	char err[ERR_MAX] = "";
	size_t size;
	char *message = vector_read(name, &size);

	if (message_batch_read(message, size, &door.public, 1, &batch, err) < 0)
		fail_msg("%s", err);
	free(message);
	return batch;
}

/* Writes what batch says, then reads it back with the signer's key. */
static int rewritten(const struct message_batch *batch, char err[ERR_MAX])
{
	struct sign_secret door = vector_secret("door.key");
	struct message_batch back = {0};
	char *message;
	size_t size;
	int r;

	assert_int_equal(message_batch_write(batch, &door, &message, &size), 0);
	r = message_batch_read(message, size, &door.public, 1, &back, err);
	message_batch_free(&back);
	free(message);
	return r;
}

/* And frees body. */
static void same_as_vector(char *body, const char *name)
{
	size_t size;
	char *vector = vector_read(name, &size);

	assert_string_equal(body, vector);
	free(vector);
	free(body);
}

static void topic_names_site_and_door(void **state)
{
	char topic[MQTT_TOPIC_MAX];

	(void)state;
	message_topic_door("walker", "front", "journal", topic, sizeof(topic));
	assert_string_equal(topic, "tapin/walker/door/front/journal");
}

static void batch_vector_reads_as_it_was_made(void **state)
{
	struct message_batch batch = vector_batch("batch.msg");
	struct entry entry;

	(void)state;
	assert_string_equal(batch.site, "walker");
	assert_string_equal(batch.door, "front");
	assert_int_equal(batch.count, 4);
	assert_int_equal(batch.rows[3].seq, 4);
	assert_int_equal(entry_decode(&batch.rows[1].record, crypto_hash256, &entry), 0);
	assert_int_equal(entry.kind, ENTRY_KIND_TAP);
	assert_true(entry.grant);
	assert_int_equal(entry.reason, REASON_GRANTED);
	assert_int_equal(entry.subject.card, 101);
	assert_int_equal(entry.subject.member, 11);
	message_batch_free(&batch);
}

/* What is handed out is enough to check the signature again, from what the hub keeps. */
static void signature_of_a_batch_is_handed_out(void **state)
{
	static const char *const names[] = {"batch.msg", "batch-erased.msg", "batch-poison.msg"};
	struct sign_secret door = vector_secret("door.key");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct message_batch batch = vector_batch(names[i]);
		const struct entry_range range = {.site = "walker",
			.door = "front",
			.journal = batch.journal,
			.first = i == 1 ? 2 : 1,
			.last = 4,
			.last_hash = batch.rows[batch.count - 1].hash,
			.poison = i == 2 ? batch.poison : NULL,
			.erased = i == 1 ? 1 : 0};
		struct entry_cover cover;

		assert_int_equal(batch.rotten, i == 2);
		assert_string_equal(batch.key_id, door.public.id);
		entry_cover(&range, batch.key_id, &cover);
		assert_true(sign_check(&door.public, cover.parts, cover.count, batch.signature));
		batch.signature[9] ^= 1;
		assert_false(sign_check(&door.public, cover.parts, cover.count, batch.signature));
		message_batch_free(&batch);
	}
}

static void writing_gives_the_vectors_byte_for_byte(void **state)
{
	static const char *const names[] = {"batch.msg", "batch-erased.msg", "batch-poison.msg"};
	struct sign_secret door = vector_secret("door.key");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct message_batch batch = vector_batch(names[i]);
		size_t size, vector_size;
		char *message, *vector = vector_read(names[i], &vector_size);

		assert_int_equal(message_batch_write(&batch, &door, &message, &size), 0);
		assert_int_equal(size, vector_size);
		assert_string_equal(message, vector);
		free(message);
		free(vector);
		message_batch_free(&batch);
	}
}

static void erased_entry_verifies_without_its_subject(void **state)
{
	struct message_batch batch = vector_batch("batch-erased.msg");
	struct entry entry;

	(void)state;
	assert_int_equal(batch.rows[0].seq, 2);
	assert_int_equal(batch.rows[0].record.subject_size, 0);
	assert_int_equal(entry_decode(&batch.rows[0].record, crypto_hash256, &entry), 0);
	assert_false(entry.has_subject);
	message_batch_free(&batch);
}

/* The commitment fits an entry with and without its subject: only the door may say that it is gone.
 */
static void subject_taken_out_on_the_way_is_refused(void **state)
{
	struct sign_secret door = vector_secret("door.key");
	struct message_batch batch;
	char err[ERR_MAX] = "", *from, *to;
	size_t size;
	char *message = vector_read("batch.msg", &size);

	(void)state;
	from = strstr(message, ",\"salt\":");
	to = strchr(from, '}');
	memmove(from, to, size - (size_t)(to - message) + 1);
	size -= (size_t)(to - from);
	assert_int_equal(
		message_batch_read(message, size, &door.public, 1, &batch, err), -EKEYREJECTED);
	free(message);
}

/* What a door sends whose disk changed bytes: taken as its own, marked, the chain going on. */
static void rotten_rows_that_the_door_signed_are_marked(void **state)
{
	struct message_batch batch = vector_batch("batch-poison.msg");

	(void)state;
	assert_int_equal(batch.count, 4);
	assert_false(batch.rows[0].poison || batch.rows[3].poison);
	assert_true(batch.rows[1].poison && batch.rows[2].poison);
	assert_non_null(strstr(batch.rows[1].why, "does not follow"));
	assert_non_null(strstr(batch.rows[2].why, "subject"));
	assert_string_equal(batch.rows[0].why, "");
	message_batch_free(&batch);
}

static void every_kind_of_rot_is_marked_where_it_is(void **state)
{
	struct sign_secret door = vector_secret("door.key");
	static const struct {
		size_t row;
		size_t last; /* a wrong hash also spoils the row that follows from it */
	} table[] = {{1, 1}, {2, 2}, {2, 2}, {0, 1}, {3, 3}, {1, 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct message_batch batch = vector_batch("batch.msg"), back = {0};
		struct message_row *row = &batch.rows[table[i].row];
		char err[ERR_MAX] = "", *message;
		size_t size;

		row->record.body[5] ^= i == 0;
		row->record.subject[6] ^= i == 1;
		row->record.salt[0] ^= i == 2;
		row->hash[0] ^= i == 3 || i == 4;
		if (i == 5)
			row->record = (struct entry_record){0};
		assert_int_equal(message_batch_write(&batch, &door, &message, &size), 0);
		if (message_batch_read(message, size, &door.public, 1, &back, err) < 0)
			fail_msg("change %zu: %s", i, err);
		assert_memory_equal(back.rows, batch.rows, batch.count * sizeof(*batch.rows));
		for (size_t n = 0; n < back.count; n++)
			assert_int_equal(
				back.rows[n].poison, n >= table[i].row && n <= table[i].last);
		message_batch_free(&back);
		message_batch_free(&batch);
		free(message);
	}
}

/* A stranger on the way must not turn an entry into a rotten one, nor a rotten one into another. */
static void row_changed_on_the_way_is_refused_by_place(void **state)
{
	static const char *const names[] = {"batch.msg", "batch-poison.msg"};
	struct sign_secret door = vector_secret("door.key");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct message_batch batch;
		char err[ERR_MAX] = "", *at;
		size_t size;
		char *message = vector_read(names[i], &size);

		at = strstr(message, "\"seq\":2");
		at = strstr(at, "\"body\":\"") + 20;
		*at = *at == 'A' ? 'B' : 'A';
		assert_int_equal(message_batch_read(message, size, &door.public, 1, &batch, err),
			-EKEYREJECTED);
		assert_non_null(strstr(err, "entries[1]"));
		free(message);
	}
}

/* A rotten row ends what the last hash vouches for; its digest vouches for what it followed. */
static void rows_before_a_rotten_one_cannot_be_made_anew(void **state)
{
	struct sign_secret door = vector_secret("door.key");
	struct message_batch batch = vector_batch("batch-poison.msg"), back;
	char err[ERR_MAX] = "", *made, *sent;
	struct message_row *row = &batch.rows[0];
	size_t size, sent_size, body_size;
	uint8_t signature[SIGN_SIZE];
	char id[KEY_ID_SIZE];
	const char *body;

	(void)state;
	row->record.body[10] ^= 1; /* its time, and the hash that follows from it */
	entry_chain_next(batch.previous, 1, &row->record, crypto_hash256, row->hash);
	assert_int_equal(message_batch_write(&batch, &door, &made, &size), 0);
	assert_false(row->poison);
	assert_int_equal(envelope_split(made, size, id, signature, &body, &body_size), 0);
	assert_int_equal(envelope_join(id, batch.signature, body, body_size, &sent, &sent_size), 0);
	assert_int_equal(
		message_batch_read(sent, sent_size, &door.public, 1, &back, err), -EKEYREJECTED);
	free(made);
	free(sent);
	message_batch_free(&batch);
}

static void first_entry_must_follow_the_chains_start(void **state)
{
	struct message_batch batch = vector_batch("batch.msg");
	char err[ERR_MAX];

	(void)state;
	batch.before[0] ^= 1;
	assert_int_equal(rewritten(&batch, err), -EBADMSG);
	assert_non_null(strstr(err, "previous"));
	batch.before[0] ^= 1;
	strcpy(batch.door, "back");
	assert_int_equal(rewritten(&batch, err), -EBADMSG);
	message_batch_free(&batch);
}

static void gap_inside_a_batch_is_refused(void **state)
{
	struct message_batch batch = vector_batch("batch.msg");
	char err[ERR_MAX];

	(void)state;
	batch.rows[2].seq = 4;
	assert_int_equal(rewritten(&batch, err), -EBADMSG);
	message_batch_free(&batch);
}

static void every_changed_byte_of_a_batch_is_refused(void **state)
{
	static const char *const names[] = {"batch.msg", "batch-poison.msg"};
	struct sign_secret door = vector_secret("door.key");

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
		size_t size;
		char *message = vector_read(names[n], &size);

		for (size_t i = 0; i < size; i++) {
			struct message_batch batch;
			char err[ERR_MAX];

			message[i] ^= 1;
			if (message_batch_read(message, size, &door.public, 1, &batch, err) == 0)
				fail_msg("%s: byte %zu changed and nobody saw it", names[n], i);
			message[i] ^= 1;
		}
		free(message);
	}
}

static void batch_of_another_key_is_refused(void **state)
{
	struct sign_secret door = vector_secret("door.key"), hub = vector_secret("hub.key");
	struct message_batch batch = vector_batch("batch.msg"), back;
	char err[ERR_MAX], *message;
	size_t size;

	(void)state;
	assert_int_equal(message_batch_write(&batch, &hub, &message, &size), 0);
	assert_int_equal(message_batch_read(message, size, &door.public, 1, &back, err), -ENOKEY);
	memcpy(door.public.id, hub.public.id, KEY_ID_SIZE);
	assert_int_equal(
		message_batch_read(message, size, &door.public, 1, &back, err), -EKEYREJECTED);
	free(message);
	message_batch_free(&batch);
}

static void full_batch_of_largest_entries_fits_a_payload(void **state)
{
	struct sign_secret door = vector_secret("door.key");
	struct message_batch batch = {.site = "w", .door = "d", .count = MESSAGE_BATCH_MAX}, back;
	struct entry entry = {.kind = ENTRY_KIND_TAP, .decided = true, .has_subject = true};
	char err[ERR_MAX] = "", *message;
	uint8_t salt[ENTRY_SALT_SIZE] = {1};
	const uint8_t *link = batch.previous;
	size_t size;

	(void)state;
	entry.subject.has_token = true;
	entry.subject.key_id = 1;
	entry.subject.card = entry.subject.member = entry.subject.sponsor = UINT64_MAX;
	memset(entry.subject.actor, 'a', ENTRY_ACTOR_MAX);
	memset(entry.detail, 'd', ENTRY_DETAIL_MAX);
	batch.rows = calloc(batch.count, sizeof(*batch.rows));
	entry_chain_start("w", "d", batch.journal, NULL, crypto_hash256, batch.previous);
	for (size_t i = 0; i < batch.count; i++) {
		struct message_row *row = &batch.rows[i];

		row->seq = i + 1;
		assert_int_equal(entry_encode(&entry, salt, crypto_hash256, &row->record), 0);
		entry_chain_next(link, row->seq, &row->record, crypto_hash256, row->hash);
		link = row->hash;
	}
	assert_int_equal(message_batch_write(&batch, &door, &message, &size), 0);
	assert_true(size <= MQTT_PAYLOAD_MAX);
	if (message_batch_read(message, size, &door.public, 1, &back, err) < 0)
		fail_msg("%s", err);
	message_batch_free(&back);
	free(message);
	batch.count = MESSAGE_BATCH_MAX + 1;
	assert_int_equal(message_batch_write(&batch, &door, &message, &size), -EINVAL);
	batch.count = 0;
	assert_int_equal(message_batch_write(&batch, &door, &message, &size), -EINVAL);
	message_batch_free(&batch);
}

/* The bodies a signature could carry: signed rightly, wrong inside. */
static void rightly_signed_nonsense_is_refused(void **state)
{
	static const char *const bodies[] = {"", "null", "[]", "{}", "{\"version\":1}",
		"{\"version\":1,\"version\":1}", "{\"version\":2,\"type\":\"journal\"}",
		"{\"version\":1,\"type\":\"ack\"}",
		"{\"version\":1,\"type\":\"journal\",\"site\":\"A\"}"};
	struct sign_secret door = vector_secret("door.key");
	char err[ERR_MAX], *message;
	size_t size;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct message_batch batch;

		assert_int_equal(
			envelope_seal(&door, "t", bodies[i], strlen(bodies[i]), &message, &size),
			0);
		*err = '\0';
		assert_int_equal(
			message_batch_read(message, size, &door.public, 1, &batch, err), -EBADMSG);
		assert_true(*err);
		free(message);
	}
}

#define JOURNAL "\"journal\":\"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\""
#define HASH "\"hash\":\"92d3836bfa24c9c4392c268397868bba6a45136fb0890d89cbd4298c9eab1886\""

static void acknowledgement_reads_back(void **state)
{
	struct message_ack ack = {.journal = {1, 2}, .seq = INT64_MAX, .hash = {3, 4}}, back;
	const char without[] = "{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":4," HASH "}";
	char err[ERR_MAX], *body;

	(void)state;
	assert_int_equal(message_ack_write(&ack, &body), 0);
	assert_int_equal(message_ack_read(body, strlen(body), &back, err), 0);
	assert_memory_equal(&ack, &back, sizeof(ack));
	free(body);
	ack.revision = (struct revision){UINT32_MAX, INT64_MAX};
	assert_int_equal(message_ack_write(&ack, &body), 0);
	assert_int_equal(message_ack_read(body, strlen(body), &back, err), 0);
	assert_int_equal(back.revision.generation, UINT32_MAX);
	assert_int_equal(back.revision.number, INT64_MAX);
	free(body);
	assert_int_equal(message_ack_read(without, strlen(without), &back, err), 0);
	assert_true(back.revision.generation == 0 && back.revision.number == 0);
}

static void wrong_acknowledgements_name_the_value(void **state)
{
	static const char *const wrong[][2] = {
		{"", "JSON"},
		{"[]", "object"},
		{"{\"version\":2,\"type\":\"ack\"," JOURNAL ",\"seq\":4," HASH "}", "version"},
		{"{\"type\":\"ack\"," JOURNAL ",\"seq\":4," HASH "}", "version"},
		{"{\"version\":1,\"type\":\"journal\"," JOURNAL ",\"seq\":4," HASH "}", "type"},
		{"{\"version\":1,\"type\":\"ack\",\"journal\":\"f0\",\"seq\":4," HASH "}",
			"journal"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":0," HASH "}", "seq"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":-1," HASH "}", "seq"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":4.0," HASH "}", "seq"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":\"4\"," HASH "}", "seq"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":9223372036854775808," HASH
		 "}",
			"JSON"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":4,\"seq\":5," HASH "}",
			"JSON"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":4,\"hash\":null}", "hash"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":4," HASH "}x", "JSON"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":4," HASH ",\"revision\":7}",
			"revision"},
		{"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":4," HASH
		 ",\"revision\":{\"generation\":1}}",
			"number"},
	};
	struct message_ack ack;
	char err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(
			message_ack_read(wrong[i][0], strlen(wrong[i][0]), &ack, err), -EBADMSG);
		if (!strstr(err, wrong[i][1]))
			fail_msg("%s: \"%s\" does not name %s", wrong[i][0], err, wrong[i][1]);
	}
}

static void unknown_keys_are_ignored_and_long_bodies_are_not(void **state)
{
	const char later[] =
		"{\"version\":1,\"type\":\"ack\"," JOURNAL ",\"seq\":4," HASH ",\"new\":{}}";
	struct message_ack ack;
	char err[ERR_MAX], big[MESSAGE_ACK_MAX + 2];

	(void)state;
	assert_int_equal(message_ack_read(later, strlen(later), &ack, err), 0);
	memset(big, ' ', sizeof(big));
	memcpy(big, later, strlen(later));
	assert_int_equal(message_ack_read(big, MESSAGE_ACK_MAX, &ack, err), 0);
	assert_int_equal(message_ack_read(big, MESSAGE_ACK_MAX + 1, &ack, err), -EBADMSG);
}

static void every_kind_has_its_place_in_the_live_feed(void **state)
{
	struct entry entry = {0};
	unsigned known = 0;

	(void)state;
	assert_null(message_live_class(&entry));
	for (int kind = 1; kind < 64; kind++) {
		entry.kind = (enum entry_kind)kind;
		known += message_live_class(&entry) != NULL;
		assert_true(!message_live_class(&entry) == !entry_kind_name(entry.kind));
	}
	assert_true(known >= 23);
}

static void live_feed_says_class_and_time_and_nothing_of_a_person(void **state)
{
	struct entry entry = {.kind = ENTRY_KIND_TAP,
		.decided = true,
		.grant = true,
		.reason = REASON_GRANTED,
		.wall_us = 1795339801000000,
		.has_subject = true,
		.subject = {.has_token = true, .card = 101, .member = 11, .actor = "someone"},
		.detail = "detail"};
	char *body;

	(void)state;
	assert_int_equal(message_live_write("walker", "front", &entry, &body), 0);
	same_as_vector(body, "live.json");
	entry.grant = false;
	entry.reason = REASON_MEMBER_SUSPENDED;
	assert_string_equal(message_live_class(&entry), "denied");
	entry.reason = REASON_READ_ERROR;
	assert_string_equal(message_live_class(&entry), "try_again");
	entry.kind = ENTRY_KIND_FORCED;
	assert_int_equal(message_live_write("walker", "front", &entry, &body), 0);
	same_as_vector(body, "live-alarm.json");
	entry.kind = ENTRY_KIND_NONE;
	assert_int_equal(message_live_write("walker", "front", &entry, &body), -EINVAL);
}

static void status_has_a_long_and_a_short_form(void **state)
{
	const struct message_line lines[] = {
		{"strike", "GPIO17", true, "gpiochip0 [pinctrl-bcm2711] 17 GPIO17"},
		{"green", "GPIO99", false, "line \"GPIO99\": there is no such line"}};
	struct message_status status = {.online = true,
		.state = "locked",
		.contact = "unknown",
		.reader = "ok",
		.journal = "ok",
		.clock = "synced",
		.reader_age_ms = 12,
		.pending = 3,
		.revision = {1, 7},
		.line_count = 2,
		.lines = lines,
		.since_us = 1795339801250000,
		.program = "tapin-door 0.1.0"};
	char *body;

	(void)state;
	assert_int_equal(message_status_write("walker", "front", &status, &body), 0);
	same_as_vector(body, "status.json");
	status.reader_age_ms = UINT32_MAX;
	assert_int_equal(message_status_write("walker", "front", &status, &body), 0);
	assert_non_null(strstr(body, "\"reader_age_ms\":null"));
	free(body);
	status.until_us = 1795343401000000;
	status.event = true;
	assert_int_equal(message_status_write("walker", "front", &status, &body), 0);
	assert_non_null(strstr(body, "\"until\":\"2026-11-22T10:30:01.000Z\",\"event\":true"));
	free(body);
	status.rollcall_us = 1795343401000000;
	assert_int_equal(message_status_write("walker", "front", &status, &body), 0);
	assert_non_null(strstr(body, "\"rollcall\":\"2026-11-22T10:30:01.000Z\""));
	free(body);
	status.alarms = DOORWAY_DID_FORCE | DOORWAY_DID_OPEN | DOORWAY_DID_TAMPER;
	assert_int_equal(message_status_write("walker", "front", &status, &body), 0);
	assert_non_null(strstr(body, "\"alarms\":[\"forced\",\"tamper\"]"));
	free(body);
	status = (struct message_status){0};
	assert_int_equal(message_status_write("walker", "front", &status, &body), 0);
	same_as_vector(body, "status-offline.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topic_names_site_and_door),
		cmocka_unit_test(batch_vector_reads_as_it_was_made),
		cmocka_unit_test(signature_of_a_batch_is_handed_out),
		cmocka_unit_test(writing_gives_the_vectors_byte_for_byte),
		cmocka_unit_test(erased_entry_verifies_without_its_subject),
		cmocka_unit_test(subject_taken_out_on_the_way_is_refused),
		cmocka_unit_test(rotten_rows_that_the_door_signed_are_marked),
		cmocka_unit_test(every_kind_of_rot_is_marked_where_it_is),
		cmocka_unit_test(row_changed_on_the_way_is_refused_by_place),
		cmocka_unit_test(rows_before_a_rotten_one_cannot_be_made_anew),
		cmocka_unit_test(first_entry_must_follow_the_chains_start),
		cmocka_unit_test(gap_inside_a_batch_is_refused),
		cmocka_unit_test(every_changed_byte_of_a_batch_is_refused),
		cmocka_unit_test(batch_of_another_key_is_refused),
		cmocka_unit_test(full_batch_of_largest_entries_fits_a_payload),
		cmocka_unit_test(rightly_signed_nonsense_is_refused),
		cmocka_unit_test(acknowledgement_reads_back),
		cmocka_unit_test(wrong_acknowledgements_name_the_value),
		cmocka_unit_test(unknown_keys_are_ignored_and_long_bodies_are_not),
		cmocka_unit_test(every_kind_has_its_place_in_the_live_feed),
		cmocka_unit_test(live_feed_says_class_and_time_and_nothing_of_a_person),
		cmocka_unit_test(status_has_a_long_and_a_short_form),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
