/* SPDX-License-Identifier: Apache-2.0 */
#include "core/entry.h"

#include "core/bytes.h"
#include <errno.h>
#include <string.h>

#define KIND_MAX UINT16_MAX

static const struct {
	enum entry_kind kind;
	const char *name;
} kinds[] = {
	{ENTRY_KIND_TAP, "tap"},
	{ENTRY_KIND_EXIT, "exit"},
	{ENTRY_KIND_OPENED, "opened"},
	{ENTRY_KIND_CLOSED, "closed"},
	{ENTRY_KIND_FORCED, "forced"},
	{ENTRY_KIND_HELD_OPEN, "held_open"},
	{ENTRY_KIND_CLEARED, "cleared"},
	{ENTRY_KIND_STARTED, "started"},
	{ENTRY_KIND_STOPPED, "stopped"},
	{ENTRY_KIND_READER_FAULT, "reader_fault"},
	{ENTRY_KIND_READER_OK, "reader_ok"},
	{ENTRY_KIND_OUTPUT_FAULT, "output_fault"},
	{ENTRY_KIND_OUTPUT_OK, "output_ok"},
	{ENTRY_KIND_JOURNAL_FAULT, "journal_fault"},
	{ENTRY_KIND_JOURNAL_DAMAGED, "journal_damaged"},
	{ENTRY_KIND_CACHE_DAMAGED, "cache_damaged"},
	{ENTRY_KIND_RECOVERED, "recovered"},
	{ENTRY_KIND_RECORD_SKIPPED, "record_skipped"},
	{ENTRY_KIND_RECORDS_LOST, "records_lost"},
	{ENTRY_KIND_ROSTER_IMPORTED, "roster_imported"},
	{ENTRY_KIND_ROSTER_REFUSED, "roster_refused"},
	{ENTRY_KIND_CLOCK_CHANGED, "clock_changed"},
	{ENTRY_KIND_MESSAGE_REFUSED, "message_refused"},
	{ENTRY_KIND_COMMAND, "command"},
	{ENTRY_KIND_STATE_CHANGED, "state_changed"},
	{ENTRY_KIND_UNLOCKED, "unlocked"},
	{ENTRY_KIND_LOCKED, "locked"},
	{ENTRY_KIND_LOCKDOWN, "lockdown"},
	{ENTRY_KIND_LOCKDOWN_OVER, "lockdown_over"},
	{ENTRY_KIND_ENROL, "enrol"},
	{ENTRY_KIND_PROVISIONED, "provisioned"},
	{ENTRY_KIND_PROPPED, "propped"},
	{ENTRY_KIND_LOCK_FAIL, "lock_fail"},
	{ENTRY_KIND_LOCK_OK, "lock_ok"},
	{ENTRY_KIND_EXIT_STUCK, "exit_stuck"},
	{ENTRY_KIND_EXIT_FREE, "exit_free"},
	{ENTRY_KIND_FIRE, "fire"},
	{ENTRY_KIND_FIRE_OVER, "fire_over"},
	{ENTRY_KIND_TAMPER, "tamper"},
	{ENTRY_KIND_TAMPER_OVER, "tamper_over"},
	{ENTRY_KIND_STRIKE_MAX, "strike_max"},
	{ENTRY_KIND_ARRIVED, "arrived"},
	{ENTRY_KIND_LEFT, "left"},
	{ENTRY_KIND_READER_RESET, "reader_reset"},
};

const char *entry_kind_name(enum entry_kind kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return NULL;
}

enum entry_kind entry_kind_was(const struct entry *entry)
{
	const char *name = entry->detail + 4;

	if (entry->kind != ENTRY_KIND_RECOVERED || strncmp(entry->detail, "was ", 4) != 0)
		return entry->kind;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].name);

		if (strncmp(name, kinds[i].name, n) == 0 && (name[n] == '\0' || name[n] == ':'))
			return kinds[i].kind;
	}
	return ENTRY_KIND_RECOVERED;
}

const char *entry_use_name(unsigned bit)
{
	switch (bit) {
	case ENTRY_USE_UNIT:
		return "unit";
	case ENTRY_USE_FREE:
		return "free";
	case ENTRY_USE_POOL:
		return "pool";
	default:
		return NULL;
	}
}

/* Bytes of the well-formed, printable UTF-8 character at text, or 0 (RFC 3629 section 4). */
static size_t char_size(const uint8_t *text, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 : 4;
	uint32_t c = text[0];

	if (n == 1)
		return c >= 0x20 && c != 0x7F ? 1 : 0;
	if (n > left || (n == 4 && text[0] >> 3 != 30))
		return 0;
	c &= 0x7Fu >> n;
	for (size_t i = 1; i < n; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		c = c << 6 | (text[i] & 0x3F);
	}
	if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) || c < 0xA0)
		return 0;
	return n;
}

static bool text_ok(const uint8_t *text, size_t size)
{
	size_t n;

	for (size_t at = 0; at < size; at += n) {
		n = char_size(text + at, size - at);
		if (n == 0)
			return false;
	}
	return true;
}

void entry_text_set(char *out, size_t size, const char *text)
{
	const uint8_t *from = (const uint8_t *)text;
	size_t left = strlen(text), used = 0;

	if (size == 0)
		return;
	while (left > 0) {
		size_t n = char_size(from, left);
		size_t step = n > 0 ? n : 1;

		if (step >= size - used)
			break; /* the NUL needs its place */
		memcpy(out + used, n > 0 ? (const char *)from : "?", step);
		used += step;
		from += step;
		left -= step;
	}
	out[used] = '\0';
}

/* One field: its length, then its bytes. */
static void put_field(struct bytes_writer *w, const void *data, size_t size)
{
	bytes_put_le(w, size, 2);
	bytes_put(w, data, size);
}

static void put_number(struct bytes_writer *w, uint64_t value, size_t size)
{
	bytes_put_le(w, size, 2);
	bytes_put_le(w, value, size);
}

/* Text in an array of max + 1 bytes; fails the writer when it may not stand in a record. */
static void put_text(struct bytes_writer *w, const char *text, size_t max)
{
	const char *end = memchr(text, '\0', max + 1);

	if (!end || !text_ok((const uint8_t *)text, (size_t)(end - text)))
		w->failed = true;
	else
		put_field(w, text, (size_t)(end - text));
}

static void put_subject(struct bytes_writer *w, const struct entry_subject *s)
{
	bool use = s->event != 0 || s->use != 0;

	bytes_put_le(w, use ? ENTRY_SUBJECT_VERSION_USE : ENTRY_VERSION, 1);
	put_field(w, s->token.bytes, s->has_token ? TOKEN_SIZE : 0);
	put_number(w, s->key_id, s->has_token ? 4 : 0);
	put_number(w, s->card, s->card ? 8 : 0);
	put_number(w, s->member, s->member ? 8 : 0);
	put_number(w, s->sponsor, s->sponsor ? 8 : 0);
	put_text(w, s->actor, ENTRY_ACTOR_MAX);
	if (!use)
		return;
	put_number(w, s->event, s->event ? 8 : 0);
	put_number(w, s->use, s->use ? 1 : 0);
}

static void put_body(struct bytes_writer *w, const struct entry *e, const uint8_t *commitment)
{
	bytes_put_le(w, ENTRY_VERSION, 1);
	put_number(w, e->kind, 2);
	put_number(w, (uint64_t)e->wall_us, 8);
	put_number(w, e->mono_us, 8);
	put_field(w, e->boot_id, sizeof(e->boot_id));
	put_number(w, e->clock, 1);
	put_number(w, e->grant, e->decided ? 1 : 0);
	put_number(w, e->reason, e->decided ? 2 : 0);
	put_number(w, e->warnings, 4);
	bytes_put_le(w, 12, 2);
	bytes_put_le(w, e->revision.generation, 4);
	bytes_put_le(w, e->revision.number, 8);
	put_field(w, commitment, commitment ? ENTRY_HASH_SIZE : 0);
	put_text(w, e->detail, ENTRY_DETAIL_MAX);
}

static void commit(
	const struct entry_record *record, entry_hash_fn hash, uint8_t out[ENTRY_HASH_SIZE])
{
	const struct entry_part parts[] = {
		{record->salt, ENTRY_SALT_SIZE},
		{record->subject, record->subject_size},
	};

	hash(parts, 2, out);
}

int entry_encode(const struct entry *entry, const uint8_t salt[ENTRY_SALT_SIZE], entry_hash_fn hash,
	struct entry_record *ret_record)
{
	struct entry_record record = {0};
	struct bytes_writer body = {.data = record.body, .size = sizeof(record.body)};
	struct bytes_writer subject = {.data = record.subject, .size = sizeof(record.subject)};
	uint8_t commitment[ENTRY_HASH_SIZE];

	if (entry->kind == ENTRY_KIND_NONE || entry->kind > KIND_MAX ||
		entry->reason > UINT16_MAX || entry->clock > UINT8_MAX || entry->erased)
		return -EINVAL;
	if (entry->has_subject) {
		put_subject(&subject, &entry->subject);
		memcpy(record.salt, salt, ENTRY_SALT_SIZE);
		record.subject_size = (uint16_t)subject.used;
		commit(&record, hash, commitment);
	}
	put_body(&body, entry, entry->has_subject ? commitment : NULL);
	if (subject.failed || body.failed)
		return -EINVAL;
	record.body_size = (uint16_t)body.used;
	*ret_record = record;
	return 0;
}

/* The next field's bytes, which must be so many, or with an alternative none at all. */
static const uint8_t *get_field(
	struct bytes_reader *r, size_t size, bool may_be_absent, bool *present)
{
	size_t n = (size_t)bytes_get_le(r, 2);

	if (n != size && !(may_be_absent && n == 0))
		r->failed = true;
	*present = n > 0;
	return bytes_get(r, n);
}

static uint64_t get_number(struct bytes_reader *r, size_t size)
{
	if (bytes_get_le(r, 2) != size)
		r->failed = true;
	return bytes_get_le(r, size);
}

/* A number that may be absent; 0 must be. */
static uint64_t get_optional(struct bytes_reader *r, size_t size)
{
	uint64_t n = bytes_get_le(r, 2);
	uint64_t value;

	if (n == 0)
		return 0;
	value = bytes_get_le(r, size);
	if (n != size || value == 0)
		r->failed = true;
	return value;
}

static uint64_t get_id(struct bytes_reader *r)
{
	return get_optional(r, 8);
}

static void get_copy(struct bytes_reader *r, uint8_t *out, size_t size)
{
	bool present;
	const uint8_t *data = get_field(r, size, false, &present);

	if (data) /* never of a failed reader */
		memcpy(out, data, size);
}

/* out has max + 1 bytes. */
static void get_text(struct bytes_reader *r, char *out, size_t max)
{
	size_t n = (size_t)bytes_get_le(r, 2);
	const uint8_t *data = bytes_get(r, n);

	if (!data || n > max || !text_ok(data, n)) {
		r->failed = true;
		return;
	}
	memcpy(out, data, n);
	out[n] = '\0';
}

static bool read_whole(const struct bytes_reader *r)
{
	return !r->failed && r->at == r->size;
}

static void get_subject(struct bytes_reader *r, struct entry_subject *s)
{
	const uint8_t *token;
	uint64_t version = bytes_get_le(r, 1);

	if (version != ENTRY_VERSION && version != ENTRY_SUBJECT_VERSION_USE)
		r->failed = true;
	token = get_field(r, TOKEN_SIZE, true, &s->has_token);
	if (r->failed)
		return;
	if (s->has_token)
		memcpy(s->token.bytes, token, TOKEN_SIZE);
	s->key_id = (uint32_t)get_number(r, s->has_token ? 4 : 0);
	s->card = get_id(r);
	s->member = get_id(r);
	s->sponsor = get_id(r);
	get_text(r, s->actor, ENTRY_ACTOR_MAX);
	if (version == ENTRY_VERSION)
		return;
	s->event = get_id(r);
	s->use = (uint8_t)get_optional(r, 1);
	if (s->event == 0 && s->use == 0) /* that is version 1 */
		r->failed = true;
}

/* The commitment's bytes inside the body, or NULL where there is none. */
static const uint8_t *get_body(struct bytes_reader *r, struct entry *e)
{
	const uint8_t *verdict, *commitment;
	bool committed;

	if (bytes_get_le(r, 1) != ENTRY_VERSION)
		r->failed = true;
	e->kind = (enum entry_kind)get_number(r, 2);
	e->wall_us = (int64_t)get_number(r, 8);
	e->mono_us = get_number(r, 8);
	get_copy(r, e->boot_id, sizeof(e->boot_id));
	e->clock = (enum clock_trust)get_number(r, 1);
	verdict = get_field(r, 1, true, &e->decided);
	if (r->failed || e->kind == ENTRY_KIND_NONE || (e->decided && *verdict > 1)) {
		r->failed = true;
		return NULL;
	}
	e->grant = e->decided && *verdict == 1;
	e->reason = (enum reason)get_number(r, e->decided ? 2 : 0);
	e->warnings = (uint32_t)get_number(r, 4);
	if (bytes_get_le(r, 2) != 12)
		r->failed = true;
	e->revision.generation = (uint32_t)bytes_get_le(r, 4);
	e->revision.number = bytes_get_le(r, 8);
	commitment = get_field(r, ENTRY_HASH_SIZE, true, &committed);
	get_text(r, e->detail, ENTRY_DETAIL_MAX);
	return committed ? commitment : NULL;
}

int entry_decode(const struct entry_record *record, entry_hash_fn hash, struct entry *ret_entry)
{
	struct bytes_reader body = {.data = record->body, .size = record->body_size};
	struct bytes_reader subject = {.data = record->subject, .size = record->subject_size};
	struct entry entry = {0};
	const uint8_t *commitment;
	uint8_t expected[ENTRY_HASH_SIZE];

	if (body.size > sizeof(record->body) || subject.size > sizeof(record->subject))
		return -EBADMSG;
	commitment = get_body(&body, &entry);
	if (!read_whole(&body))
		return -EBADMSG;
	entry.has_subject = subject.size > 0;
	entry.erased = commitment && !entry.has_subject;
	if (entry.has_subject) {
		if (!commitment)
			return -EBADMSG;
		commit(record, hash, expected);
		get_subject(&subject, &entry.subject);
		if (!read_whole(&subject) || memcmp(expected, commitment, sizeof(expected)) != 0)
			return -EBADMSG;
	}
	*ret_entry = entry;
	return 0;
}

void entry_chain_start(const char *site, const char *door,
	const uint8_t journal[ENTRY_JOURNAL_SIZE], const uint8_t before[ENTRY_HASH_SIZE],
	entry_hash_fn hash, uint8_t out[ENTRY_HASH_SIZE])
{
	static const uint8_t none[ENTRY_HASH_SIZE];
	static const char label[] = "tapin-journal-1";
	const struct entry_part parts[] = {
		{label, sizeof(label)}, /* each text with its NUL */
		{site, strlen(site) + 1},
		{door, strlen(door) + 1},
		{journal, ENTRY_JOURNAL_SIZE},
		{before ? before : none, ENTRY_HASH_SIZE},
	};

	hash(parts, sizeof(parts) / sizeof(parts[0]), out);
}

void entry_chain_next(const uint8_t previous[ENTRY_HASH_SIZE], uint64_t seq,
	const struct entry_record *record, entry_hash_fn hash, uint8_t out[ENTRY_HASH_SIZE])
{
	uint8_t number[8];
	struct bytes_writer w = {.data = number, .size = sizeof(number)};
	const struct entry_part parts[] = {
		{previous, ENTRY_HASH_SIZE},
		{number, sizeof(number)},
		{record->body, record->body_size},
	};

	bytes_put_le(&w, seq, sizeof(number));
	hash(parts, sizeof(parts) / sizeof(parts[0]), out);
}
