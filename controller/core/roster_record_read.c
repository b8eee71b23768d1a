/* SPDX-License-Identifier: Apache-2.0 */
/* A record of a roster, out of its bytes. */
#include "roster_record_private.h"

#include "core/bytes.h"
#include <errno.h>
#include <string.h>

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
	case ROSTER_KIND_EXTRA:
		out->extra.id = bytes_get_le(r, 8);
		break;
	case ROSTER_KIND_STANDING:
		out->standing.member = bytes_get_le(r, 8);
		break;
	case ROSTER_KIND_POOL:
		out->pool.id = bytes_get_le(r, 8);
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
	site->checkout_minute = (uint16_t)bytes_get_le(r, 2);
}

static void get_tier(struct bytes_reader *r, struct roster_tier *tier)
{
	tier->flags = (uint32_t)bytes_get_le(r, 4);
	tier->allowance.kind = (enum allowance_kind)get_choice(r, ALLOWANCE_VISITS);
	tier->allowance.policy = (enum allowance_policy)get_choice(r, ALLOWANCE_WARN);
	tier->allowance.limit = (uint32_t)bytes_get_le(r, 4);
	tier->allowance.warn_percent = (uint8_t)get_choice(r, 100);
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
	card->pool = bytes_get_le(r, 8);
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

static void get_extra(struct bytes_reader *r, struct roster_extra *e)
{
	e->kind = (enum decide_extra_kind)get_choice(r, DECIDE_EXTRA_GUEST);
	e->member = bytes_get_le(r, 8);
	e->card = bytes_get_le(r, 8);
	e->about = bytes_get_le(r, 8);
	e->span.from = (int64_t)bytes_get_le(r, 8);
	e->span.until = (int64_t)bytes_get_le(r, 8);
	e->free = get_choice(r, 1);
	get_text(r, e->door, sizeof(e->door), 1);
}

static void get_standing(struct bytes_reader *r, struct standing *s)
{
	unsigned inside;

	s->year = (int16_t)bytes_get_le(r, 2);
	s->month = (uint8_t)bytes_get_le(r, 1);
	s->days = (uint32_t)bytes_get_le(r, 4);
	s->halves = bytes_get_le(r, 8);
	s->visits = (uint32_t)bytes_get_le(r, 4);
	s->minutes = (uint32_t)bytes_get_le(r, 4);
	s->extra = (int32_t)(uint32_t)bytes_get_le(r, 4);
	inside = get_choice(r, 2);
	s->inside = inside > 0;
	s->free = inside == 2;
	s->date = get_date(r);
	s->minute = (uint16_t)bytes_get_le(r, 2);
}

static void get_pool(struct bytes_reader *r, struct roster_pool *pool)
{
	pool->kind = (enum allowance_kind)get_choice(r, ALLOWANCE_VISITS);
	pool->limit = (uint32_t)bytes_get_le(r, 4);
	pool->used = (uint32_t)bytes_get_le(r, 4);
	pool->year = (int16_t)bytes_get_le(r, 2);
	pool->month = (uint8_t)bytes_get_le(r, 1);
	pool->doors = (uint16_t)bytes_get_le(r, 2);
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
	case ROSTER_KIND_EXTRA:
		get_extra(r, &out->extra);
		break;
	case ROSTER_KIND_STANDING:
		get_standing(r, &out->standing);
		break;
	case ROSTER_KIND_POOL:
		get_pool(r, &out->pool);
		break;
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_DOOR:
		break;
	}
}

int roster_record_decode(const uint8_t *data, size_t size, struct roster_record *ret_record)
{
	struct bytes_reader r = {.data = data, .size = size};

	ret_record->kind = (enum roster_kind)get_choice(&r, ROSTER_KIND_LAST);
	ret_record->gone = get_choice(&r, 1) == ROSTER_OP_GONE;
	if (r.failed)
		return -EBADMSG;
	get_key(&r, ret_record);
	if (r.failed || !roster_key_valid(ret_record))
		return -EBADMSG;
	if (!ret_record->gone)
		get_value(&r, ret_record);
	if (r.failed || r.at != r.size || (!ret_record->gone && !roster_value_valid(ret_record)))
		return -EBADMSG;
	return 0;
}
