/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/message.h"

#include "body.h"

#include "base/clock.h"
#include "core/doorway.h"
#include "core/reason.h"
#include "crypto/text.h"
#include "wire/json.h"

#include <string.h>

void message_topic_door(
	const char *site, const char *door, const char *name, char *out, size_t size)
{
	snprintf(out, size, "tapin/%s/door/%s/%s", site, door, name);
}

/* Compact text of a value that this takes over; NULL stands for no memory. */
static int dump(json_t *value, char **ret_text)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}

/* The envelope's signature is over the topic, so the type only guards against a body that was
 * meant for another reader. */
int message_ack_write(const struct message_ack *ack, char **ret_body)
{
	char journal[2 * ENTRY_JOURNAL_SIZE + 1], hash[2 * ENTRY_HASH_SIZE + 1];

	text_hex(ack->journal, sizeof(ack->journal), journal);
	text_hex(ack->hash, sizeof(ack->hash), hash);
	return dump(json_pack("{s:i, s:s, s:s, s:I, s:s, s:o}", "version", MESSAGE_VERSION, "type",
			    "ack", "journal", journal, "seq", (json_int_t)ack->seq, "hash", hash,
			    "revision", body_revision(&ack->revision)),
		ret_body);
}

int message_ack_read(const char *body, size_t size, struct message_ack *ret_ack, char err[ERR_MAX])
{
	const struct json_place place = {.file = "acknowledgement", .err = err};
	struct message_ack ack = {0};
	uint64_t version;
	const char *type;
	json_t *object;
	int r;

	if (size > MESSAGE_ACK_MAX) {
		json_complain(&place, "", "%zu bytes are too many", size);
		return -EBADMSG;
	}
	if (json_read_object(&place, body, size, &object) < 0)
		return -EBADMSG;
	r = json_get_number(&place, object, "version", MESSAGE_VERSION, MESSAGE_VERSION, &version);
	if (r == 0)
		r = json_get_text(&place, object, "type", "\"ack\"", &type);
	if (r == 0 && strcmp(type, "ack") != 0)
		r = json_refuse(&place, "type", json_object_get(object, "type"), "\"ack\"");
	if (r == 0)
		r = json_get_hex(&place, object, "journal", ack.journal, sizeof(ack.journal));
	if (r == 0)
		r = json_get_number(&place, object, "seq", 1, INT64_MAX, &ack.seq);
	if (r == 0)
		r = json_get_hex(&place, object, "hash", ack.hash, sizeof(ack.hash));
	if (r == 0 && json_object_get(object, "revision"))
		r = body_get_revision(&place, object, "revision", &ack.revision);
	json_decref(object);
	if (r < 0)
		return -EBADMSG;
	*ret_ack = ack;
	return 0;
}

static const char *decided_class(const struct entry *entry)
{
	if (entry->grant)
		return "granted";
	return reason_info(entry->reason)->pattern == REASON_PATTERN_TRY_AGAIN ? "try_again"
									       : "denied";
}

const char *message_live_class(const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_KIND_NONE:
		return NULL;
	case ENTRY_KIND_TAP:
		return decided_class(entry);
	case ENTRY_KIND_EXIT:
		return "exit";
	case ENTRY_KIND_FORCED:
	case ENTRY_KIND_HELD_OPEN:
	case ENTRY_KIND_READER_FAULT:
	case ENTRY_KIND_OUTPUT_FAULT:
	case ENTRY_KIND_JOURNAL_FAULT:
	case ENTRY_KIND_JOURNAL_DAMAGED:
	case ENTRY_KIND_CACHE_DAMAGED:
	case ENTRY_KIND_RECORDS_LOST:
	case ENTRY_KIND_LOCKDOWN:
	case ENTRY_KIND_PROPPED:
	case ENTRY_KIND_LOCK_FAIL:
	case ENTRY_KIND_EXIT_STUCK:
	case ENTRY_KIND_FIRE:
	case ENTRY_KIND_TAMPER:
	case ENTRY_KIND_STRIKE_MAX:
		return "alarm";
	case ENTRY_KIND_CLOCK_CHANGED:
		/* a clock that is plainly wrong; one that only waits for the network is none */
		return entry->clock == CLOCK_TRUST_UNSET ? "alarm" : "info";
	case ENTRY_KIND_OPENED:
	case ENTRY_KIND_CLOSED:
	case ENTRY_KIND_CLEARED:
	case ENTRY_KIND_STARTED:
	case ENTRY_KIND_STOPPED:
	case ENTRY_KIND_READER_OK:
	case ENTRY_KIND_OUTPUT_OK:
	case ENTRY_KIND_RECOVERED:
	case ENTRY_KIND_RECORD_SKIPPED:
	case ENTRY_KIND_ROSTER_IMPORTED:
	case ENTRY_KIND_ROSTER_REFUSED:
	case ENTRY_KIND_MESSAGE_REFUSED:
	case ENTRY_KIND_COMMAND:
	case ENTRY_KIND_STATE_CHANGED:
	case ENTRY_KIND_UNLOCKED:
	case ENTRY_KIND_LOCKED:
	case ENTRY_KIND_LOCKDOWN_OVER:
	case ENTRY_KIND_ENROL:
	case ENTRY_KIND_PROVISIONED:
	case ENTRY_KIND_LOCK_OK:
	case ENTRY_KIND_EXIT_FREE:
	case ENTRY_KIND_FIRE_OVER:
	case ENTRY_KIND_TAMPER_OVER:
	case ENTRY_KIND_ARRIVED:
	case ENTRY_KIND_LEFT:
	case ENTRY_KIND_READER_RESET:
		return "info";
	}
	return NULL;
}

int message_live_write(
	const char *site, const char *door, const struct entry *entry, char **ret_body)
{
	const char *class = message_live_class(entry);
	const char *what = NULL;
	char at[25];

	if (!class)
		return -EINVAL;
	/* the kind of an alarm or of news about the machine; a tap says no more than its class */
	if (strcmp(class, "alarm") == 0 || strcmp(class, "info") == 0)
		what = entry_kind_name(entry->kind);
	clock_format_utc(entry->wall_us, at);
	return dump(json_pack("{s:i, s:s, s:s, s:s, s:s*, s:s}", "version", MESSAGE_VERSION, "site",
			    site, "door", door, "class", class, "what", what, "at", at),
		ret_body);
}

static json_t *write_alarms(uint32_t alarms)
{
	json_t *names = json_array();

	for (uint32_t bit = 1; bit != 0; bit <<= 1)
		if (doorway_alarm_name(alarms & bit))
			json_array_append_new(names, json_string(doorway_alarm_name(alarms & bit)));
	return names;
}

static json_t *write_lines(const struct message_status *status)
{
	json_t *lines = json_object();

	for (size_t i = 0; i < status->line_count; i++) {
		const struct message_line *line = &status->lines[i];
		char is[MESSAGE_LINE_IS_MAX + 1];

		entry_text_set(is, sizeof(is), line->is);
		json_object_set_new(lines, line->name,
			json_pack("{s:s, s:b, s:s}", "line", line->line, "ok", (int)line->ok, "is",
				is));
	}
	return lines;
}

int message_status_write(
	const char *site, const char *door, const struct message_status *status, char **ret_body)
{
	json_t *body = json_pack("{s:i, s:s, s:s, s:b}", "version", MESSAGE_VERSION, "site", site,
		"door", door, "online", (int)status->online);
	json_t *age, *more;
	char since[25];

	if (!status->online)
		return dump(body, ret_body);
	age = status->reader_age_ms == UINT32_MAX ? json_null()
						  : json_integer(status->reader_age_ms);
	clock_format_utc(status->since_us, since);
	more = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:{s:I, s:I}, s:o, s:o, s:s, s:s}",
		"state", status->state, "contact", status->contact, "reader", status->reader,
		"journal", status->journal, "clock", status->clock, "reader_age_ms", age, "pending",
		(json_int_t)status->pending, "roster", "generation",
		(json_int_t)status->revision.generation, "number",
		(json_int_t)status->revision.number, "alarms", write_alarms(status->alarms),
		"lines", write_lines(status), "since", since, "program", status->program);
	if (more && status->until_us > 0) {
		clock_format_utc(status->until_us, since);
		json_object_set_new(more, "until", json_string(since));
		json_object_set_new(more, "event", json_boolean(status->event));
	}
	if (more && status->rollcall_us > 0) {
		clock_format_utc(status->rollcall_us, since);
		json_object_set_new(more, "rollcall", json_string(since));
	}
	if (!body || !more || json_object_update(body, more) < 0) {
		json_decref(body);
		body = NULL;
	}
	json_decref(more);
	return dump(body, ret_body);
}
