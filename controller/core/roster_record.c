/* SPDX-License-Identifier: Apache-2.0 */
#include "core/roster_record.h"

#include "core/bytes.h"
#include "core/decide.h"
#include <errno.h>
#include <string.h>

#define DATE_MAX 2932896 /* 9999-12-31 */
#define OP_GONE 0
#define OP_PUT 1

/* ---- which values can be ---- */

/* Characters that no terminal acts on, in UTF-8. size: the room, NUL included. */
static bool printable(const char *text, size_t size)
{
	char same[CALENDAR_REASON_MAX + 1];

	if (size > sizeof(same) || !memchr(text, '\0', size))
		return false;
	entry_text_set(same, sizeof(same), text);
	return strcmp(same, text) == 0;
}

static bool date_possible(int32_t date)
{
	return date >= 0 && date <= DATE_MAX;
}

static bool site_valid(const struct roster_site *site)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
	const char *zone = site->timezone;

	return memchr(zone, '\0', sizeof(site->timezone)) && *zone && *zone != '/' &&
	       zone[strspn(zone, allowed)] == '\0' && site->holidays <= CALENDAR_HOLIDAYS_ENGLAND;
}

static bool hours_valid(const char hours[ROSTER_HOURS_MAX + 1])
{
	return memchr(hours, '\0', HOURS_TEXT_MAX + 1) != NULL;
}

static bool tier_valid(const struct roster_tier *tier)
{
	if (tier->tier == 0 || tier->flags > TIER_FLAGS_ALL || !hours_valid(tier->hours) ||
		tier->door_count > ROSTER_TIER_DOORS_MAX)
		return false;
	for (size_t i = 0; i < tier->door_count; i++)
		if (!name_id_valid(tier->doors[i].door) ||
			(tier->doors[i].own && !hours_valid(tier->doors[i].hours)))
			return false;
	return true;
}

static bool card_date_possible(int32_t date)
{
	return date == DATE_NONE || date_possible(date);
}

static bool card_valid(const struct roster_card *card)
{
	return card->card > 0 && card->card <= INT64_MAX && card->member <= INT64_MAX &&
	       card->sponsor <= INT64_MAX && card->state <= CARD_STATE_REVOKED &&
	       card->member_state <= MEMBER_STATE_SUSPENDED && card->kind <= CARD_KIND_DESFIRE &&
	       card_date_possible(card->valid_from) && card_date_possible(card->valid_until) &&
	       card_date_possible(card->grace_until) && card->release_ms <= RELEASE_MS_MAX;
}

/* What the key is made of; the rest of a record that is gone is not looked at. */
static bool key_valid(const struct roster_record *r)
{
	switch (r->kind) {
	case ROSTER_KIND_NONE:
		return false;
	case ROSTER_KIND_SITE:
		return !r->gone; /* there is no roster without it */
	case ROSTER_KIND_DOOR:
		return name_id_valid(r->door);
	case ROSTER_KIND_TIER:
		return r->tier.tier > 0;
	case ROSTER_KIND_CARD:
		return true;
	case ROSTER_KIND_EXCEPTION:
		return r->exception.id > 0 && r->exception.id <= INT64_MAX;
	case ROSTER_KIND_HOLIDAY:
		return date_possible(r->holiday.date);
	}
	return false;
}

static bool value_valid(const struct roster_record *r)
{
	switch (r->kind) {
	case ROSTER_KIND_SITE:
		return site_valid(&r->site);
	case ROSTER_KIND_TIER:
		return tier_valid(&r->tier);
	case ROSTER_KIND_CARD:
		return card_valid(&r->card);
	case ROSTER_KIND_EXCEPTION:
		return calendar_exception_valid(&r->exception.row) &&
		       printable(r->exception.row.reason, sizeof(r->exception.row.reason));
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_DOOR:
	case ROSTER_KIND_HOLIDAY:
		break;
	}
	return true;
}

/* ---- writing ---- */

/* Length in so many bytes, then the text. */
static void put_text(struct bytes_writer *w, const char *text, size_t length_size)
{
	size_t n = strlen(text);

	bytes_put_le(w, n, length_size);
	bytes_put(w, text, n);
}

static void put_key(struct bytes_writer *w, const struct roster_record *r)
{
	switch (r->kind) {
	case ROSTER_KIND_DOOR:
		put_text(w, r->door, 1);
		break;
	case ROSTER_KIND_TIER:
		bytes_put_le(w, r->tier.tier, 4);
		break;
	case ROSTER_KIND_CARD:
		bytes_put(w, r->card.token.bytes, TOKEN_SIZE);
		break;
	case ROSTER_KIND_EXCEPTION:
		bytes_put_le(w, r->exception.id, 8);
		break;
	case ROSTER_KIND_HOLIDAY:
		bytes_put_le(w, (uint32_t)r->holiday.date, 4);
		break;
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_SITE:
		break;
	}
}

static void put_site(struct bytes_writer *w, const struct roster_site *site)
{
	put_text(w, site->timezone, 1);
	bytes_put_le(w, site->holidays, 1);
	bytes_put_le(w, site->warn_s, 4);
	bytes_put_le(w, site->bound_s, 4);
}

/* The tier's door that comes next after the name `after` ("": the first); NULL: none. */
static const struct roster_tier_door *next_door(const struct roster_tier *tier, const char *after)
{
	const struct roster_tier_door *next = NULL;

	for (size_t i = 0; i < tier->door_count; i++) {
		const struct roster_tier_door *door = &tier->doors[i];

		if (strcmp(door->door, after) > 0 && (!next || strcmp(door->door, next->door) < 0))
			next = door;
	}
	return next;
}

/* Doors stand in the order of their names, whatever order they are given in. */
static void put_tier(struct bytes_writer *w, const struct roster_tier *tier)
{
	const struct roster_tier_door *door = next_door(tier, "");
	size_t count = 0;

	bytes_put_le(w, tier->flags, 4);
	put_text(w, tier->hours, 2);
	bytes_put_le(w, tier->door_count, 2);
	for (; door; door = next_door(tier, door->door)) {
		put_text(w, door->door, 1);
		bytes_put_le(w, door->own, 1);
		if (door->own)
			put_text(w, door->hours, 2);
		count++;
	}
	if (count != tier->door_count) /* a door stands twice */
		w->failed = true;
}

static void put_card(struct bytes_writer *w, const struct roster_card *card)
{
	bytes_put_le(w, card->key_id, 4);
	bytes_put_le(w, card->card, 8);
	bytes_put_le(w, card->member, 8);
	bytes_put_le(w, card->sponsor, 8);
	bytes_put_le(w, card->tier, 4);
	bytes_put_le(w, card->state, 1);
	bytes_put_le(w, card->member_state, 1);
	bytes_put_le(w, card->kind, 1);
	bytes_put_le(w, (uint32_t)card->valid_from, 4);
	bytes_put_le(w, (uint32_t)card->valid_until, 4);
	bytes_put_le(w, (uint32_t)card->grace_until, 4);
	bytes_put_le(w, card->release_ms, 4);
}

static void put_exception(struct bytes_writer *w, const struct calendar_exception *e)
{
	bytes_put_le(w, (uint32_t)e->first, 4);
	bytes_put_le(w, (uint32_t)e->last, 4);
	bytes_put_le(w, e->start, 2);
	bytes_put_le(w, e->end, 2);
	bytes_put_le(w, e->open, 1);
	put_text(w, e->door, 1);
	put_text(w, e->reason, 1);
}

static void put_value(struct bytes_writer *w, const struct roster_record *r)
{
	switch (r->kind) {
	case ROSTER_KIND_SITE:
		put_site(w, &r->site);
		break;
	case ROSTER_KIND_TIER:
		put_tier(w, &r->tier);
		break;
	case ROSTER_KIND_CARD:
		put_card(w, &r->card);
		break;
	case ROSTER_KIND_EXCEPTION:
		put_exception(w, &r->exception.row);
		break;
	case ROSTER_KIND_HOLIDAY:
		bytes_put_le(w, r->holiday.holiday, 1);
		break;
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_DOOR:
		break;
	}
}

int roster_record_encode(const struct roster_record *record, uint8_t out[ROSTER_RECORD_MAX])
{
	struct bytes_writer w = {.data = out, .size = ROSTER_RECORD_MAX};

	if (!key_valid(record) || (!record->gone && !value_valid(record)))
		return -EINVAL;
	bytes_put_le(&w, record->kind, 1);
	bytes_put_le(&w, record->gone ? OP_GONE : OP_PUT, 1);
	put_key(&w, record);
	if (!record->gone)
		put_value(&w, record);
	return w.failed ? -EINVAL : (int)w.used;
}

int roster_record_key(const struct roster_record *record, uint8_t out[ROSTER_KEY_MAX])
{
	struct bytes_writer w = {.data = out, .size = ROSTER_KEY_MAX};

	if (!key_valid(record))
		return -EINVAL;
	bytes_put_le(&w, record->kind, 1);
	put_key(&w, record);
	return w.failed ? -EINVAL : (int)w.used;
}

/* ---- reading ---- */

/* Text of at most room - 1 bytes, none of them NUL. */
static void get_text(struct bytes_reader *r, char *out, size_t room, size_t length_size)
{
	size_t n = (size_t)bytes_get_le(r, length_size);
	const uint8_t *data = bytes_get(r, n);

	*out = '\0';
	if (!data || n >= room || memchr(data, '\0', n)) {
		r->failed = true;
		return;
	}
	memcpy(out, data, n);
	out[n] = '\0';
}

/* A number from 0 to max in one byte. */
static unsigned get_choice(struct bytes_reader *r, unsigned max)
{
	unsigned value = (unsigned)bytes_get_le(r, 1);

	if (value > max)
		r->failed = true;
	return value;
}

static int32_t get_date(struct bytes_reader *r)
{
	return (int32_t)(uint32_t)bytes_get_le(r, 4);
}

static void get_key(struct bytes_reader *r, struct roster_record *out)
{
	const uint8_t *token;

	switch (out->kind) {
	case ROSTER_KIND_DOOR:
		get_text(r, out->door, sizeof(out->door), 1);
		break;
	case ROSTER_KIND_TIER:
		out->tier.tier = (uint32_t)bytes_get_le(r, 4);
		break;
	case ROSTER_KIND_CARD:
		token = bytes_get(r, TOKEN_SIZE);
		if (token)
			memcpy(out->card.token.bytes, token, TOKEN_SIZE);
		break;
	case ROSTER_KIND_EXCEPTION:
		out->exception.id = bytes_get_le(r, 8);
		break;
	case ROSTER_KIND_HOLIDAY:
		out->holiday.date = get_date(r);
		break;
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_SITE:
		break;
	}
}

static void get_site(struct bytes_reader *r, struct roster_site *site)
{
	get_text(r, site->timezone, sizeof(site->timezone), 1);
	site->holidays = (enum calendar_holidays)get_choice(r, CALENDAR_HOLIDAYS_ENGLAND);
	site->warn_s = (uint32_t)bytes_get_le(r, 4);
	site->bound_s = (uint32_t)bytes_get_le(r, 4);
}

static void get_tier(struct bytes_reader *r, struct roster_tier *tier)
{
	tier->flags = (uint32_t)bytes_get_le(r, 4);
	get_text(r, tier->hours, sizeof(tier->hours), 2);
	tier->door_count = (size_t)bytes_get_le(r, 2);
	if (tier->door_count > ROSTER_TIER_DOORS_MAX)
		r->failed = true;
	for (size_t i = 0; !r->failed && i < tier->door_count; i++) {
		struct roster_tier_door *door = &tier->doors[i];

		get_text(r, door->door, sizeof(door->door), 1);
		door->own = get_choice(r, 1);
		door->hours[0] = '\0';
		if (door->own)
			get_text(r, door->hours, sizeof(door->hours), 2);
		if (i > 0 && strcmp(door[-1].door, door->door) >= 0)
			r->failed = true;
	}
}

static void get_card(struct bytes_reader *r, struct roster_card *card)
{
	card->key_id = (uint32_t)bytes_get_le(r, 4);
	card->card = bytes_get_le(r, 8);
	card->member = bytes_get_le(r, 8);
	card->sponsor = bytes_get_le(r, 8);
	card->tier = (uint32_t)bytes_get_le(r, 4);
	card->state = (enum card_state)get_choice(r, CARD_STATE_REVOKED);
	card->member_state = (enum member_state)get_choice(r, MEMBER_STATE_SUSPENDED);
	card->kind = (enum card_kind)get_choice(r, CARD_KIND_DESFIRE);
	card->valid_from = get_date(r);
	card->valid_until = get_date(r);
	card->grace_until = get_date(r);
	card->release_ms = (uint32_t)bytes_get_le(r, 4);
}

static void get_exception(struct bytes_reader *r, struct calendar_exception *e)
{
	e->first = get_date(r);
	e->last = get_date(r);
	e->start = (uint16_t)bytes_get_le(r, 2);
	e->end = (uint16_t)bytes_get_le(r, 2);
	e->open = get_choice(r, 1);
	get_text(r, e->door, sizeof(e->door), 1);
	get_text(r, e->reason, sizeof(e->reason), 1);
}

static void get_value(struct bytes_reader *r, struct roster_record *out)
{
	switch (out->kind) {
	case ROSTER_KIND_SITE:
		get_site(r, &out->site);
		break;
	case ROSTER_KIND_TIER:
		get_tier(r, &out->tier);
		break;
	case ROSTER_KIND_CARD:
		get_card(r, &out->card);
		break;
	case ROSTER_KIND_EXCEPTION:
		get_exception(r, &out->exception.row);
		break;
	case ROSTER_KIND_HOLIDAY:
		out->holiday.holiday = get_choice(r, 1);
		break;
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_DOOR:
		break;
	}
}

int roster_record_decode(const uint8_t *data, size_t size, struct roster_record *ret_record)
{
	struct bytes_reader r = {.data = data, .size = size};

	ret_record->kind = (enum roster_kind)get_choice(&r, ROSTER_KIND_HOLIDAY);
	ret_record->gone = get_choice(&r, 1) == OP_GONE;
	if (r.failed)
		return -EBADMSG;
	get_key(&r, ret_record);
	if (r.failed || !key_valid(ret_record))
		return -EBADMSG;
	if (!ret_record->gone)
		get_value(&r, ret_record);
	if (r.failed || r.at != r.size || (!ret_record->gone && !value_valid(ret_record)))
		return -EBADMSG;
	return 0;
}
