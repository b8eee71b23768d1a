/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/roster_record.h"
#include "crypto/hash.h"
#include "crypto/text.h"

#define VECTORS "tests/unit/vectors/roster-record.json"

/* Two of these are too much for a stack to be used without thought. */
static struct roster_record record, again;
static uint8_t bytes[ROSTER_RECORD_MAX + 1], same[ROSTER_RECORD_MAX];

/* ---- vectors ---- */

static size_t unhex(const json_t *object, const char *key, uint8_t *out, size_t room)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t n = strlen(text) / 2;

	assert_true(n <= room);
	assert_int_equal(text_unhex(text, out, n), 0);
	return n;
}

static int64_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	assert_non_null(value);
	return json_is_string(value) ? (int64_t)strtoll(json_string_value(value), NULL, 10)
				     : json_integer_value(value);
}

static const char *text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void check_tier(const json_t *row)
{
	const struct roster_tier *tier = &record.tier;
	json_t *doors = json_object_get(row, "doors");
	json_t *allowance = json_object_get(row, "allowance");
	const unsigned parts[] = {tier->allowance.kind, tier->allowance.policy,
		tier->allowance.limit, tier->allowance.warn_percent};

	assert_int_equal(tier->flags, number(row, "flags"));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(parts[i], json_integer_value(json_array_get(allowance, i)));
	assert_string_equal(tier->hours, text(row, "hours"));
	assert_int_equal(tier->door_count, json_object_size(doors));
	for (size_t i = 0; i < tier->door_count; i++) {
		const json_t *hours = json_object_get(doors, tier->doors[i].door);

		assert_non_null(hours);
		assert_int_equal(tier->doors[i].own, json_is_string(hours));
		if (tier->doors[i].own)
			assert_string_equal(tier->doors[i].hours, json_string_value(hours));
	}
}

static void check_card(const json_t *row)
{
	const struct roster_card *card = &record.card;

	assert_int_equal(card->key_id, number(row, "key_id"));
	assert_int_equal(card->card, number(row, "card"));
	assert_int_equal(card->member, number(row, "member"));
	assert_int_equal(card->sponsor, number(row, "sponsor"));
	assert_int_equal(card->tier, number(row, "of_tier"));
	assert_int_equal(card->state, number(row, "state"));
	assert_int_equal(card->member_state, number(row, "member_state"));
	assert_int_equal(card->kind, number(row, "card_kind"));
	assert_int_equal(card->valid_from, number(row, "valid_from"));
	assert_int_equal(card->valid_until, number(row, "valid_until"));
	assert_int_equal(card->grace_until, number(row, "grace_until"));
	assert_int_equal(card->release_ms, number(row, "release_ms"));
	assert_int_equal(card->pool, number(row, "pool"));
}

static void check_extra(const json_t *row)
{
	const struct roster_extra *e = &record.extra;

	assert_int_equal(e->kind, number(row, "extra"));
	assert_int_equal(e->member, number(row, "member"));
	assert_int_equal(e->card, number(row, "card"));
	assert_int_equal(e->about, number(row, "about"));
	assert_int_equal(e->span.from, number(row, "from"));
	assert_int_equal(e->span.until, number(row, "until"));
	assert_int_equal(e->free, number(row, "free"));
	assert_string_equal(e->door, text(row, "door"));
}

static void check_standing(const json_t *row)
{
	const struct standing *s = &record.standing;

	assert_int_equal(s->year, number(row, "year"));
	assert_int_equal(s->month, number(row, "month"));
	assert_int_equal(s->days, number(row, "days"));
	assert_int_equal(s->halves, number(row, "halves"));
	assert_int_equal(s->visits, number(row, "visits"));
	assert_int_equal(s->minutes, number(row, "minutes"));
	assert_int_equal(s->extra, number(row, "extra"));
	assert_int_equal(s->inside, number(row, "inside"));
	assert_int_equal(s->date, number(row, "date"));
	assert_int_equal(s->minute, number(row, "minute"));
}

static void check_pool(const json_t *row)
{
	const struct roster_pool *pool = &record.pool;

	assert_int_equal(pool->kind, number(row, "unit"));
	assert_int_equal(pool->limit, number(row, "limit"));
	assert_int_equal(pool->used, number(row, "used"));
	assert_int_equal(pool->year, number(row, "year"));
	assert_int_equal(pool->month, number(row, "month"));
	assert_int_equal(pool->doors, number(row, "doors"));
}

static void check_exception(const json_t *row)
{
	const struct calendar_exception *e = &record.exception.row;

	assert_int_equal(e->first, number(row, "first"));
	assert_int_equal(e->last, number(row, "last"));
	assert_int_equal(e->start, number(row, "start"));
	assert_int_equal(e->end, number(row, "end"));
	assert_int_equal(e->open, number(row, "open"));
	assert_string_equal(e->door, text(row, "door"));
	assert_string_equal(e->reason, text(row, "reason"));
}

static void check_key(const json_t *row)
{
	uint8_t token[TOKEN_SIZE];

	if (record.kind == ROSTER_KIND_DOOR)
		assert_string_equal(record.door, text(row, "door"));
	if (record.kind == ROSTER_KIND_TIER)
		assert_int_equal(record.tier.tier, number(row, "tier"));
	if (record.kind == ROSTER_KIND_CARD) {
		assert_int_equal(unhex(row, "token", token, sizeof(token)), TOKEN_SIZE);
		assert_memory_equal(record.card.token.bytes, token, TOKEN_SIZE);
	}
	if (record.kind == ROSTER_KIND_EXCEPTION)
		assert_int_equal(record.exception.id, number(row, "id"));
	if (record.kind == ROSTER_KIND_HOLIDAY)
		assert_int_equal(record.holiday.date, number(row, "date"));
	if (record.kind == ROSTER_KIND_EXTRA)
		assert_int_equal(record.extra.id, number(row, "id"));
	if (record.kind == ROSTER_KIND_STANDING)
		assert_int_equal(record.standing.member, number(row, "id"));
	if (record.kind == ROSTER_KIND_POOL)
		assert_int_equal(record.pool.id, number(row, "id"));
}

static void check_value(const json_t *row)
{
	if (record.kind == ROSTER_KIND_SITE) {
		assert_string_equal(record.site.timezone, text(row, "timezone"));
		assert_int_equal(record.site.holidays, number(row, "holidays"));
		assert_int_equal(record.site.warn_s, number(row, "warn_s"));
		assert_int_equal(record.site.bound_s, number(row, "bound_s"));
		assert_int_equal(record.site.checkout_minute, number(row, "checkout"));
	}
	if (record.kind == ROSTER_KIND_TIER)
		check_tier(row);
	if (record.kind == ROSTER_KIND_CARD)
		check_card(row);
	if (record.kind == ROSTER_KIND_EXCEPTION)
		check_exception(row);
	if (record.kind == ROSTER_KIND_HOLIDAY)
		assert_int_equal(record.holiday.holiday, number(row, "holiday"));
	if (record.kind == ROSTER_KIND_EXTRA)
		check_extra(row);
	if (record.kind == ROSTER_KIND_STANDING)
		check_standing(row);
	if (record.kind == ROSTER_KIND_POOL)
		check_pool(row);
}

/* Decodes the row, compares each field, encodes to the same bytes; nothing of it can be cut off or
 * added. */
static void check_vector(const json_t *row, uint8_t digest[ROSTER_DIGEST_SIZE])
{
	const json_t *fields = json_object_get(row, "record");
	size_t size = unhex(row, "bytes", bytes, ROSTER_RECORD_MAX);
	uint8_t key[ROSTER_KEY_MAX], expected[ROSTER_KEY_MAX], sum[ROSTER_DIGEST_SIZE];
	size_t key_size = unhex(row, "key", expected, sizeof(expected));

	assert_int_equal(roster_record_decode(bytes, size, &record), 0);
	assert_int_equal(record.kind, number(fields, "kind"));
	assert_int_equal(record.gone, json_is_true(json_object_get(fields, "gone")));
	check_key(fields);
	if (!record.gone)
		check_value(fields);
	assert_int_equal(roster_record_encode(&record, same), size);
	assert_memory_equal(same, bytes, size);
	assert_int_equal(roster_record_key(&record, key), key_size);
	assert_memory_equal(key, expected, key_size);
	if (!record.gone)
		roster_digest_add(digest, bytes, size, crypto_hash256);
	unhex(row, "digest", sum, sizeof(sum));
	assert_memory_equal(digest, sum, sizeof(sum));
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(roster_record_decode(bytes, cut, &record), -EBADMSG);
	bytes[size] = 0;
	assert_int_equal(roster_record_decode(bytes, size + 1, &record), -EBADMSG);
}

static void vectors_of_another_program_agree(void **state)
{
	json_t *root = json_load_file(VECTORS, JSON_REJECT_DUPLICATES, NULL);
	json_t *rows = json_object_get(root, "records"), *row;
	uint8_t digest[ROSTER_DIGEST_SIZE] = {0}, run[4096], made[4096];
	const uint8_t *one;
	size_t i, size, one_size, at = 0;
	int used = 0;

	(void)state;
	assert_int_equal(json_array_size(rows), 27);
	json_array_foreach(rows, i, row) check_vector(row, digest);
	size = unhex(root, "run", run, sizeof(run));
	json_array_foreach(rows, i, row)
	{
		assert_int_equal(roster_run_next(run, size, &at, &one, &one_size), 1);
		assert_int_equal(unhex(row, "bytes", bytes, sizeof(bytes)), one_size);
		assert_memory_equal(one, bytes, one_size);
		used = roster_run_add(made, (size_t)used, sizeof(made), one, one_size);
	}
	assert_int_equal(roster_run_next(run, size, &at, &one, &one_size), 0);
	assert_int_equal(used, size);
	assert_memory_equal(made, run, size);
	json_decref(root);
}

/* ---- random records ---- */

static uint64_t seed = 1;

static uint64_t any(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return limit ? seed % limit : seed;
}

static void any_name(char *out, size_t max)
{
	size_t n = 1 + any(max);

	for (size_t i = 0; i < n; i++)
		out[i] = "abcdefghijklmnopqrstuvwxyz0123456789-"[any(37)];
	out[n] = '\0';
}

static int32_t any_date(void)
{
	return any(4) ? (int32_t)any(2932897) : DATE_NONE;
}

static void any_tier(struct roster_tier *tier)
{
	tier->tier = 1 + (uint32_t)any(UINT32_MAX);
	tier->flags = (uint32_t)any(TIER_FLAGS_ALL + 1);
	tier->allowance = (struct allowance){.kind = (enum allowance_kind)any(5)};
	if (tier->allowance.kind != ALLOWANCE_NONE) {
		tier->allowance.policy = (enum allowance_policy)any(2);
		tier->allowance.limit = (uint32_t)any(0);
		tier->allowance.warn_percent = (uint8_t)any(101);
	}
	any_name(tier->hours, ROSTER_HOURS_MAX);
	tier->door_count = any(ROSTER_TIER_DOORS_MAX + 1);
	for (size_t i = 0; i < tier->door_count; i++) {
		any_name(tier->doors[i].door, 28);
		snprintf(tier->doors[i].door + strlen(tier->doors[i].door), 4, "-%zu", i);
		tier->doors[i].own = any(2);
		any_name(tier->doors[i].hours, ROSTER_HOURS_MAX);
	}
}

static void any_card(struct roster_card *card)
{
	for (size_t i = 0; i < TOKEN_SIZE; i++)
		card->token.bytes[i] = (uint8_t)any(256);
	card->key_id = (uint32_t)any(0);
	card->card = 1 + any(INT64_MAX);
	card->member = any(INT64_MAX);
	card->sponsor = any(INT64_MAX);
	card->tier = (uint32_t)any(0);
	card->state = (enum card_state)any(CARD_STATE_REVOKED + 1);
	card->member_state = (enum member_state)any(MEMBER_STATE_SUSPENDED + 1);
	card->kind = (enum card_kind)any(CARD_KIND_DESFIRE + 1);
	card->valid_from = any_date();
	card->valid_until = any_date();
	card->grace_until = any_date();
	card->release_ms = (uint32_t)any(60001);
	card->pool = any(INT64_MAX);
}

static void any_extra(struct roster_extra *e)
{
	e->id = 1 + any(INT64_MAX);
	e->kind = (enum decide_extra_kind)(DECIDE_EXTRA_EVENT + any(2));
	e->member = any(INT64_MAX);
	e->card = 1 + any(INT64_MAX);
	e->about = 1 + any(INT64_MAX);
	e->span.from = (int64_t)any(2000000000);
	e->span.until = e->span.from + 1 + (int64_t)any(1000000);
	e->free = e->kind == DECIDE_EXTRA_EVENT && any(2);
	e->door[0] = '\0';
	if (any(2))
		any_name(e->door, 32);
}

static void any_standing(struct standing *s)
{
	standing_init(s, 1 + any(INT64_MAX));
	if (any(4) == 0)
		return;
	s->year = (int16_t)(1970 + any(8030));
	s->month = (uint8_t)(1 + any(12));
	s->days = (uint32_t)any(1u << 28);
	s->halves = any(1ull << 56);
	s->visits = (uint32_t)any(0);
	s->minutes = (uint32_t)any(0);
	s->extra = (int32_t)any(0);
	s->inside = any(2);
	s->free = s->inside && any(2);
	s->date = (int32_t)any(2932897);
	s->minute = (uint16_t)any(1440);
}

static void any_pool(struct roster_pool *pool)
{
	pool->id = 1 + any(INT64_MAX);
	pool->kind = (enum allowance_kind)(1 + any(4));
	pool->limit = (uint32_t)any(0);
	pool->used = (uint32_t)any(0);
	pool->year = (int16_t)(1970 + any(8030));
	pool->month = (uint8_t)(1 + any(12));
	pool->doors = (uint16_t)(1 + any(UINT16_MAX));
}

static void any_record(struct roster_record *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = (enum roster_kind)(1 + any(ROSTER_KIND_LAST));
	out->gone = out->kind != ROSTER_KIND_SITE && any(4) == 0;
	if (out->kind == ROSTER_KIND_SITE) {
		any_name(out->site.timezone, 63);
		out->site.holidays = (enum calendar_holidays)any(2);
		out->site.warn_s = (uint32_t)any(0);
		out->site.bound_s = (uint32_t)any(0);
		out->site.checkout_minute = (uint16_t)any(1440);
	} else if (out->kind == ROSTER_KIND_DOOR) {
		any_name(out->door, 32);
	} else if (out->kind == ROSTER_KIND_TIER) {
		any_tier(&out->tier);
	} else if (out->kind == ROSTER_KIND_CARD) {
		any_card(&out->card);
	} else if (out->kind == ROSTER_KIND_EXCEPTION) {
		out->exception.id = 1 + any(INT64_MAX);
		out->exception.row = (struct calendar_exception){.first = (int32_t)any(20000),
			.last = 20000 + (int32_t)any(20000),
			.start = (uint16_t)any(1440),
			.end = (uint16_t)(1440 + any(1441)),
			.open = any(2)};
		if (any(2))
			any_name(out->exception.row.door, 32);
		any_name(out->exception.row.reason, CALENDAR_REASON_MAX);
	} else if (out->kind == ROSTER_KIND_HOLIDAY) {
		out->holiday = (struct calendar_date){(int32_t)any(2932897), any(2)};
	} else if (out->kind == ROSTER_KIND_EXTRA) {
		any_extra(&out->extra);
	} else if (out->kind == ROSTER_KIND_STANDING) {
		any_standing(&out->standing);
	} else {
		any_pool(&out->pool);
	}
}

static void random_records_come_back(void **state)
{
	uint8_t key[ROSTER_KEY_MAX], other[ROSTER_KEY_MAX];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		int size, key_size;

		any_record(&record);
		size = roster_record_encode(&record, bytes);
		assert_true(size > 0);
		memset(&again, 0xEE,
			sizeof(again)); /* what a record is decoded into does not matter */
		assert_int_equal(roster_record_decode(bytes, (size_t)size, &again), 0);
		assert_int_equal(roster_record_encode(&again, same), size);
		assert_memory_equal(bytes, same, (size_t)size);
		/* gone has the same key and nothing more */
		key_size = roster_record_key(&record, key);
		again.gone = record.kind != ROSTER_KIND_SITE;
		assert_int_equal(roster_record_key(&again, other), key_size);
		assert_memory_equal(key, other, (size_t)key_size);
		if (again.gone)
			assert_int_equal(roster_record_encode(&again, same), key_size + 1);
	}
}

/* What a changed byte leaves acceptable must still be written in one way only. */
static void changed_bytes_are_refused_or_canonical(void **state)
{
	unsigned taken = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int size;

		any_record(&record);
		if (record.kind == ROSTER_KIND_TIER)
			record.tier.door_count %= 3;
		size = roster_record_encode(&record, bytes);
		bytes[any((uint64_t)size)] ^= (uint8_t)(1 + any(255));
		if (roster_record_decode(bytes, (size_t)size, &again) < 0)
			continue;
		taken++;
		assert_int_equal(roster_record_encode(&again, same), size);
		assert_memory_equal(bytes, same, (size_t)size);
	}
	assert_true(taken > 1000);
}

/* ---- what cannot be ---- */

static void refused(void)
{
	assert_int_equal(roster_record_encode(&record, bytes), -EINVAL);
}

static void start(enum roster_kind kind)
{
	memset(&record, 0, sizeof(record));
	record.kind = kind;
}

static void kinds_that_are_none_are_refused(void **state)
{
	static const uint8_t none[] = {0, 1}, ten[] = {10, 1}, op[] = {2, 2, 1, 'a'};

	(void)state;
	start(ROSTER_KIND_NONE);
	refused();
	start((enum roster_kind)10);
	refused();
	assert_int_equal(roster_record_key(&record, same), -EINVAL);
	assert_int_equal(roster_record_decode(none, 2, &record), -EBADMSG);
	assert_int_equal(roster_record_decode(ten, 2, &record), -EBADMSG);
	assert_int_equal(roster_record_decode(op, 4, &record), -EBADMSG);
}

static void a_site_is_never_gone_and_has_a_zone(void **state)
{
	static const uint8_t gone[] = {1, 0};
	static const char *const bad[] = {"", "/etc/localtime", "Europe London", "../x", ":x"};

	(void)state;
	start(ROSTER_KIND_SITE);
	record.gone = true;
	refused();
	assert_int_equal(roster_record_decode(gone, 2, &record), -EBADMSG);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start(ROSTER_KIND_SITE);
		strcpy(record.site.timezone, bad[i]);
		refused();
	}
	memset(record.site.timezone, 'A', sizeof(record.site.timezone));
	refused();
	strcpy(record.site.timezone, "UTC");
	record.site.holidays = (enum calendar_holidays)2;
	refused();
	record.site.holidays = CALENDAR_HOLIDAYS_NONE;
	record.site.checkout_minute = 1440;
	refused();
	record.site.checkout_minute = 1439;
	assert_true(roster_record_encode(&record, bytes) > 0);
}

static void doors_have_names(void **state)
{
	static const uint8_t nul[] = {2, 1, 2, 'a', 0}, upper[] = {2, 1, 1, 'A'};

	(void)state;
	start(ROSTER_KIND_DOOR);
	refused();
	strcpy(record.door, "Front Door");
	refused();
	memset(record.door, 'a', sizeof(record.door));
	refused();
	assert_int_equal(roster_record_decode(nul, 5, &record), -EBADMSG);
	assert_int_equal(roster_record_decode(upper, 4, &record), -EBADMSG);
}

static void tiers_have_bounds(void **state)
{
	(void)state;
	start(ROSTER_KIND_TIER);
	refused(); /* tier 0 */
	record.tier.tier = 1;
	record.tier.flags = TIER_FLAGS_ALL + 1;
	refused();
	record.tier.flags = 0;
	record.tier.allowance.limit = 1; /* of nothing */
	refused();
	record.tier.allowance.kind = ALLOWANCE_DAYS;
	assert_true(roster_record_encode(&record, bytes) > 0);
	record.tier.allowance.warn_percent = 101;
	refused();
	record.tier.allowance = (struct allowance){.kind = ALLOWANCE_VISITS + 1};
	refused();
	record.tier.allowance = (struct allowance){.policy = ALLOWANCE_WARN};
	refused();
	record.tier.allowance = (struct allowance){.warn_percent = 80};
	refused();
	record.tier.allowance = (struct allowance){0};
	record.tier.door_count = ROSTER_TIER_DOORS_MAX + 1;
	refused();
	record.tier.door_count = 2;
	strcpy(record.tier.doors[0].door, "front");
	refused(); /* a door without a name */
	strcpy(record.tier.doors[1].door, "front");
	refused(); /* the same door twice */
	strcpy(record.tier.doors[1].door, "back");
	assert_true(roster_record_encode(&record, bytes) > 0);
	record.tier.doors[1].own = true;
	memset(record.tier.doors[1].hours, 'h', ROSTER_HOURS_MAX + 1);
	refused();
	record.tier.doors[1].own = false;
	assert_true(roster_record_encode(&record, bytes) > 0);
	memset(record.tier.hours, 'h', ROSTER_HOURS_MAX + 1);
	refused();
}

#define NO_ALLOWANCE 0, 0, 0, 0, 0, 0, 0

static void a_tiers_doors_stand_in_one_order(void **state)
{
	static const uint8_t sorted[] = {
		3, 1, 1, 0, 0, 0, 0, 0, 0, 0, NO_ALLOWANCE, 0, 0, 2, 0, 1, 'a', 0, 1, 'b', 0};
	static const uint8_t swapped[] = {
		3, 1, 1, 0, 0, 0, 0, 0, 0, 0, NO_ALLOWANCE, 0, 0, 2, 0, 1, 'b', 0, 1, 'a', 0};
	static const uint8_t twice[] = {
		3, 1, 1, 0, 0, 0, 0, 0, 0, 0, NO_ALLOWANCE, 0, 0, 2, 0, 1, 'a', 0, 1, 'a', 0};
	static const uint8_t own[] = {
		3, 1, 1, 0, 0, 0, 0, 0, 0, 0, NO_ALLOWANCE, 0, 0, 2, 0, 1, 'a', 2, 1, 'b', 0};

	(void)state;
	assert_int_equal(roster_record_decode(sorted, sizeof(sorted), &record), 0);
	assert_int_equal(roster_record_decode(swapped, sizeof(swapped), &record), -EBADMSG);
	assert_int_equal(roster_record_decode(twice, sizeof(twice), &record), -EBADMSG);
	assert_int_equal(roster_record_decode(own, sizeof(own), &record), -EBADMSG);
	assert_int_equal(roster_record_decode(sorted, sizeof(sorted), &record), 0);
	strcpy(record.tier.doors[0].door, "b"); /* given in the other order */
	strcpy(record.tier.doors[1].door, "a");
	assert_int_equal(roster_record_encode(&record, bytes), sizeof(sorted));
	assert_memory_equal(bytes, sorted, sizeof(sorted));
}

static void the_longest_tier_fits(void **state)
{
	(void)state;
	start(ROSTER_KIND_TIER);
	record.tier.tier = 1;
	memset(record.tier.hours, 'h', ROSTER_HOURS_MAX);
	record.tier.door_count = ROSTER_TIER_DOORS_MAX;
	for (size_t i = 0; i < ROSTER_TIER_DOORS_MAX; i++) {
		snprintf(record.tier.doors[i].door, NAME_ID_MAX, "%032zu", i);
		record.tier.doors[i].own = true;
		memset(record.tier.doors[i].hours, 'h', ROSTER_HOURS_MAX);
	}
	assert_true(roster_record_encode(&record, bytes) > 0);
}

static void cards_have_bounds(void **state)
{
	struct roster_card good;

	(void)state;
	start(ROSTER_KIND_CARD);
	do
		any_card(&record.card);
	while (record.card.valid_from == DATE_NONE);
	good = record.card;
	assert_true(roster_record_encode(&record, bytes) > 0);
#define BAD(field, value)                                                   \
	do {                                                                \
		record.card = good;                                         \
		record.card.field = (value);                                \
		refused();                                                  \
		record.gone = true; /* the key alone counts */              \
		assert_int_equal(roster_record_encode(&record, bytes), 18); \
		record.gone = false;                                        \
	} while (0)
	BAD(card, 0);
	BAD(card, (uint64_t)INT64_MAX + 1);
	BAD(member, (uint64_t)INT64_MAX + 1);
	BAD(sponsor, UINT64_MAX);
	BAD(state, (enum card_state)(CARD_STATE_REVOKED + 1));
	BAD(member_state, (enum member_state)(MEMBER_STATE_SUSPENDED + 1));
	BAD(kind, (enum card_kind)(CARD_KIND_DESFIRE + 1));
	BAD(valid_from, -1);
	BAD(valid_until, 2932897);
	BAD(grace_until, INT32_MIN + 1);
	BAD(release_ms, 60001);
	BAD(pool, (uint64_t)INT64_MAX + 1);
#undef BAD
}

static void extras_are_of_somebody_for_a_time(void **state)
{
	const struct roster_extra good = {.id = 1,
		.kind = DECIDE_EXTRA_EVENT,
		.member = 2,
		.about = 3,
		.span = {0, 4223371680}, /* 10000-01-01 */
		.free = true,
		.door = "front"};

	(void)state;
	start(ROSTER_KIND_EXTRA);
	record.extra = good;
	assert_true(roster_record_encode(&record, bytes) > 0);
#define BAD(change)                  \
	do {                         \
		record.extra = good; \
		change;              \
		refused();           \
	} while (0)
	BAD(record.extra.id = 0);
	BAD(record.extra.id = (uint64_t)INT64_MAX + 1);
	BAD(record.extra.kind = DECIDE_EXTRA_NONE);
	BAD(record.extra.kind = (enum decide_extra_kind)3);
	BAD(record.extra.member = 0); /* and no card */
	BAD(record.extra.member = (uint64_t)INT64_MAX + 1);
	BAD(record.extra.card = (uint64_t)INT64_MAX + 1);
	BAD(record.extra.about = 0);
	BAD(record.extra.about = (uint64_t)INT64_MAX + 1);
	BAD(record.extra.span.from = -1);
	BAD(record.extra.span.from = record.extra.span.until);
	BAD(record.extra.span.until++);
	BAD(strcpy(record.extra.door, "Front"));
	BAD(record.extra.kind = DECIDE_EXTRA_GUEST; record.extra.free = false); /* no card */
	BAD(record.extra.kind = DECIDE_EXTRA_GUEST; record.extra.card = 4);     /* free */
#undef BAD
	record.extra.free = false;
	assert_true(roster_record_encode(&record, bytes) > 0);
	memset(record.extra.door, 'a', sizeof(record.extra.door));
	refused();
}

static void standings_and_pools_are_of_a_month(void **state)
{
	const struct roster_pool good = {
		.id = 1, .kind = ALLOWANCE_DAYS, .year = 2026, .month = 2, .doors = 1};

	(void)state;
	start(ROSTER_KIND_STANDING);
	standing_init(&record.standing, 0);
	refused();
	record.standing.member = 1;
	assert_true(roster_record_encode(&record, bytes) > 0);
	record.standing.visits = 1;
	refused(); /* of no month */
	start(ROSTER_KIND_POOL);
#define BAD(field, value)                  \
	do {                               \
		record.pool = good;        \
		record.pool.field = value; \
		refused();                 \
	} while (0)
	BAD(id, 0);
	BAD(id, (uint64_t)INT64_MAX + 1);
	BAD(kind, ALLOWANCE_NONE);
	BAD(kind, (enum allowance_kind)5);
	BAD(year, 1969);
	BAD(year, 10000);
	BAD(month, 0);
	BAD(month, 13);
	BAD(doors, 0);
#undef BAD
	record.pool = good;
	assert_true(roster_record_encode(&record, bytes) > 0);
}

static void exceptions_make_sense(void **state)
{
	struct calendar_exception good = {
		.first = 10, .last = 10, .end = 1440, .reason = "a reason"};

	(void)state;
	start(ROSTER_KIND_EXCEPTION);
	record.exception.row = good;
	refused(); /* no id */
	record.exception.id = (uint64_t)INT64_MAX + 1;
	refused();
	record.exception.id = 1;
	assert_true(roster_record_encode(&record, bytes) > 0);
#define BAD(change)                          \
	do {                                 \
		record.exception.row = good; \
		change;                      \
		refused();                   \
	} while (0)
	BAD(record.exception.row.first = 11);
	BAD(record.exception.row.first = -1);
	BAD(record.exception.row.last = 2932897);
	BAD(record.exception.row.start = 1440);
	BAD(record.exception.row.end = 0);
	BAD(record.exception.row.end = 2881);
	BAD(strcpy(record.exception.row.door, "Front"));
	BAD(strcpy(record.exception.row.reason, ""));
	BAD(strcpy(record.exception.row.reason, "two\nlines"));
	BAD(strcpy(record.exception.row.reason, "\x80"));
	BAD(memset(record.exception.row.reason, 'r', CALENDAR_REASON_MAX + 1));
#undef BAD
	start(ROSTER_KIND_HOLIDAY);
	record.holiday.date = DATE_NONE;
	refused();
	record.holiday.date = 2932897;
	refused();
}

static void truth_is_one_or_nothing(void **state)
{
	uint8_t holiday[] = {6, 1, 1, 0, 0, 0, 1};

	(void)state;
	assert_int_equal(roster_record_decode(holiday, sizeof(holiday), &record), 0);
	holiday[6] = 2;
	assert_int_equal(roster_record_decode(holiday, sizeof(holiday), &record), -EBADMSG);
}

/* ---- runs, digests, revisions ---- */

static void runs_that_do_not_fit_are_refused(void **state)
{
	static const uint8_t cut[] = {3, 0, 1, 2}, empty[] = {0, 0}, half[] = {1};
	static const uint8_t good[] = {1, 0, 9, 2, 0, 8, 7};
	static uint8_t long_one[2 + ROSTER_RECORD_MAX + 1];
	uint8_t room[8];
	const uint8_t *one;
	size_t at = 0, size;

	(void)state;
	assert_int_equal(roster_run_next(cut, sizeof(cut), &at, &one, &size), -EBADMSG);
	assert_int_equal(at, 0);
	assert_int_equal(roster_run_next(empty, sizeof(empty), &at, &one, &size), -EBADMSG);
	assert_int_equal(roster_run_next(half, sizeof(half), &at, &one, &size), -EBADMSG);
	long_one[0] = (ROSTER_RECORD_MAX + 1) & 0xFF;
	long_one[1] = (ROSTER_RECORD_MAX + 1) >> 8;
	assert_int_equal(roster_run_next(long_one, sizeof(long_one), &at, &one, &size), -EBADMSG);
	assert_int_equal(roster_run_next(good, sizeof(good), &at, &one, &size), 1);
	assert_int_equal(*one, 9);
	assert_int_equal(roster_run_next(good, sizeof(good), &at, &one, &size), 1);
	assert_int_equal(size, 2);
	assert_int_equal(roster_run_next(good, sizeof(good), &at, &one, &size), 0);
	at = sizeof(good) + 1;
	assert_int_equal(roster_run_next(good, sizeof(good), &at, &one, &size), -EBADMSG);
	at = 0;
	assert_int_equal(roster_run_next(NULL, 0, &at, &one, &size), 0);

	assert_int_equal(roster_run_add(room, 0, sizeof(room), good, 6), 8);
	assert_int_equal(roster_run_add(room, 0, sizeof(room), good, 7), -ENOSPC);
	assert_int_equal(roster_run_add(room, 8, sizeof(room), good, 1), -ENOSPC);
	assert_int_equal(roster_run_add(room, 9, sizeof(room), good, 1), -ENOSPC);
	assert_int_equal(roster_run_add(room, 0, sizeof(room), good, 0), -ENOSPC);
	assert_int_equal(
		roster_run_add(long_one, 0, sizeof(long_one), long_one, ROSTER_RECORD_MAX + 1),
		-ENOSPC);
}

static void digests_add_up_in_any_order(void **state)
{
	uint8_t digest[ROSTER_DIGEST_SIZE] = {0}, back[ROSTER_DIGEST_SIZE] = {0};
	static const uint8_t zeros[ROSTER_DIGEST_SIZE];

	(void)state;
	for (uint8_t i = 0; i < 200; i++)
		roster_digest_add(digest, &i, 1, crypto_hash256);
	for (uint8_t i = 200; i-- > 0;)
		roster_digest_add(back, &i, 1, crypto_hash256);
	assert_memory_equal(digest, back, sizeof(digest));
	for (uint8_t i = 0; i < 200; i++)
		roster_digest_take(digest, &i, 1, crypto_hash256);
	assert_memory_equal(digest, zeros, sizeof(digest));
	roster_digest_take(
		digest, (const uint8_t *)"x", 1, crypto_hash256); /* below zero and back */
	roster_digest_add(digest, (const uint8_t *)"x", 1, crypto_hash256);
	assert_memory_equal(digest, zeros, sizeof(digest));
}

static void constant_hash(
	const struct entry_part *parts, size_t count, uint8_t out[ENTRY_HASH_SIZE])
{
	(void)parts;
	(void)count;
	memset(out, 0xFF, ENTRY_HASH_SIZE);
}

static void carries_run_through(void **state)
{
	uint8_t digest[ROSTER_DIGEST_SIZE] = {1};
	static const uint8_t zeros[ROSTER_DIGEST_SIZE], one[ROSTER_DIGEST_SIZE] = {1};

	(void)state;
	roster_digest_add(digest, NULL, 0, constant_hash); /* 1 + (2^256 - 1) */
	assert_memory_equal(digest, zeros, sizeof(digest));
	roster_digest_take(digest, NULL, 0, constant_hash);
	assert_memory_equal(digest, one, sizeof(digest));
}

static void generations_go_before_numbers(void **state)
{
	static const struct revision order[] = {
		{0, 0}, {0, 1}, {0, UINT64_MAX}, {1, 0}, {1, 5}, {2, 4}, {UINT32_MAX, 0}};
	int count = sizeof(order) / sizeof(order[0]);

	(void)state;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++)
			assert_int_equal(revision_compare(&order[i], &order[j]), (i > j) - (i < j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_another_program_agree),
		cmocka_unit_test(random_records_come_back),
		cmocka_unit_test(changed_bytes_are_refused_or_canonical),
		cmocka_unit_test(kinds_that_are_none_are_refused),
		cmocka_unit_test(a_site_is_never_gone_and_has_a_zone),
		cmocka_unit_test(doors_have_names),
		cmocka_unit_test(tiers_have_bounds),
		cmocka_unit_test(a_tiers_doors_stand_in_one_order),
		cmocka_unit_test(the_longest_tier_fits),
		cmocka_unit_test(cards_have_bounds),
		cmocka_unit_test(extras_are_of_somebody_for_a_time),
		cmocka_unit_test(standings_and_pools_are_of_a_month),
		cmocka_unit_test(exceptions_make_sense),
		cmocka_unit_test(truth_is_one_or_nothing),
		cmocka_unit_test(runs_that_do_not_fit_are_refused),
		cmocka_unit_test(digests_add_up_in_any_order),
		cmocka_unit_test(carries_run_through),
		cmocka_unit_test(generations_go_before_numbers),
	};
	const char *given = getenv("SEED");

	seed = given ? strtoull(given, NULL, 10) : 20261122;
	if (seed == 0)
		seed = 1;
	print_message("# SEED=%llu\n", (unsigned long long)seed);
	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
