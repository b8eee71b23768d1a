/* SPDX-License-Identifier: Apache-2.0 */
/* Which records can be, and writing them; roster_record_read.c reads. */
#include "roster_record_private.h"

#include "core/bytes.h"
#include "core/decide.h"
#include <errno.h>
#include <string.h>

#define DATE_MAX 2932896 /* 9999-12-31 */

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
	       zone[strspn(zone, allowed)] == '\0' && site->holidays <= CALENDAR_HOLIDAYS_ENGLAND &&
	       site->checkout_minute < 1440;
}

static bool hours_valid(const char hours[ROSTER_HOURS_MAX + 1])
{
	return memchr(hours, '\0', HOURS_TEXT_MAX + 1) != NULL;
}

/* As much as the hours give is written in one way. */
static bool tier_allowance_valid(const struct allowance *a)
{
	if (a->kind == ALLOWANCE_NONE)
		return a->policy == ALLOWANCE_DENY && a->limit == 0 && a->warn_percent == 0;
	return allowance_valid(a);
}

static bool tier_valid(const struct roster_tier *tier)
{
	if (tier->tier == 0 || tier->flags > TIER_FLAGS_ALL || !hours_valid(tier->hours) ||
		!tier_allowance_valid(&tier->allowance) || tier->door_count > ROSTER_TIER_DOORS_MAX)
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
	       card_date_possible(card->grace_until) && card->release_ms <= RELEASE_MS_MAX &&
	       card->pool <= INT64_MAX;
}

static bool extra_valid(const struct roster_extra *e)
{
	bool guest = e->kind == DECIDE_EXTRA_GUEST;

	return (guest || e->kind == DECIDE_EXTRA_EVENT) && e->member <= INT64_MAX &&
	       e->card <= INT64_MAX && e->about > 0 && e->about <= INT64_MAX &&
	       (e->card > 0 || (!guest && e->member > 0)) && !(guest && e->free) &&
	       e->span.from >= 0 && e->span.until > e->span.from &&
	       e->span.until <= decide_minute(DATE_MAX + 1, 0) &&
	       (e->door[0] == '\0' || name_id_valid(e->door));
}

static bool pool_valid(const struct roster_pool *pool)
{
	return pool->kind >= ALLOWANCE_HOURS && pool->kind <= ALLOWANCE_VISITS &&
	       pool->year >= 1970 && pool->year <= 9999 && pool->month >= 1 && pool->month <= 12 &&
	       pool->doors > 0;
}

static bool id_valid(uint64_t id)
{
	return id > 0 && id <= INT64_MAX;
}

/* What the key is made of; the rest of a record that is gone is not looked at. */
bool roster_key_valid(const struct roster_record *r)
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
		return id_valid(r->exception.id);
	case ROSTER_KIND_HOLIDAY:
		return date_possible(r->holiday.date);
	case ROSTER_KIND_EXTRA:
		return id_valid(r->extra.id);
	case ROSTER_KIND_STANDING:
		return id_valid(r->standing.member);
	case ROSTER_KIND_POOL:
		return id_valid(r->pool.id);
	}
	return false;
}

bool roster_value_valid(const struct roster_record *r)
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
	case ROSTER_KIND_EXTRA:
		return extra_valid(&r->extra);
	case ROSTER_KIND_STANDING:
		return standing_valid(&r->standing);
	case ROSTER_KIND_POOL:
		return pool_valid(&r->pool);
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
	case ROSTER_KIND_EXTRA:
		bytes_put_le(w, r->extra.id, 8);
		break;
	case ROSTER_KIND_STANDING:
		bytes_put_le(w, r->standing.member, 8);
		break;
	case ROSTER_KIND_POOL:
		bytes_put_le(w, r->pool.id, 8);
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
	bytes_put_le(w, site->checkout_minute, 2);
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
	bytes_put_le(w, tier->allowance.kind, 1);
	bytes_put_le(w, tier->allowance.policy, 1);
	bytes_put_le(w, tier->allowance.limit, 4);
	bytes_put_le(w, tier->allowance.warn_percent, 1);
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
	bytes_put_le(w, card->pool, 8);
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

static void put_extra(struct bytes_writer *w, const struct roster_extra *e)
{
	bytes_put_le(w, e->kind, 1);
	bytes_put_le(w, e->member, 8);
	bytes_put_le(w, e->card, 8);
	bytes_put_le(w, e->about, 8);
	bytes_put_le(w, (uint64_t)e->span.from, 8);
	bytes_put_le(w, (uint64_t)e->span.until, 8);
	bytes_put_le(w, e->free, 1);
	put_text(w, e->door, 1);
}

static void put_standing(struct bytes_writer *w, const struct standing *s)
{
	bytes_put_le(w, (uint16_t)s->year, 2);
	bytes_put_le(w, s->month, 1);
	bytes_put_le(w, s->days, 4);
	bytes_put_le(w, s->halves, 8);
	bytes_put_le(w, s->visits, 4);
	bytes_put_le(w, s->minutes, 4);
	bytes_put_le(w, (uint32_t)s->extra, 4);
	bytes_put_le(w, s->inside ? s->free ? 2 : 1 : 0, 1);
	bytes_put_le(w, (uint32_t)s->date, 4);
	bytes_put_le(w, s->minute, 2);
}

static void put_pool(struct bytes_writer *w, const struct roster_pool *pool)
{
	bytes_put_le(w, pool->kind, 1);
	bytes_put_le(w, pool->limit, 4);
	bytes_put_le(w, pool->used, 4);
	bytes_put_le(w, (uint16_t)pool->year, 2);
	bytes_put_le(w, pool->month, 1);
	bytes_put_le(w, pool->doors, 2);
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
	case ROSTER_KIND_EXTRA:
		put_extra(w, &r->extra);
		break;
	case ROSTER_KIND_STANDING:
		put_standing(w, &r->standing);
		break;
	case ROSTER_KIND_POOL:
		put_pool(w, &r->pool);
		break;
	case ROSTER_KIND_NONE:
	case ROSTER_KIND_DOOR:
		break;
	}
}

int roster_record_encode(const struct roster_record *record, uint8_t out[ROSTER_RECORD_MAX])
{
	struct bytes_writer w = {.data = out, .size = ROSTER_RECORD_MAX};

	if (!roster_key_valid(record) || (!record->gone && !roster_value_valid(record)))
		return -EINVAL;
	bytes_put_le(&w, record->kind, 1);
	bytes_put_le(&w, record->gone ? ROSTER_OP_GONE : ROSTER_OP_PUT, 1);
	put_key(&w, record);
	if (!record->gone)
		put_value(&w, record);
	return w.failed ? -EINVAL : (int)w.used;
}

int roster_record_key(const struct roster_record *record, uint8_t out[ROSTER_KEY_MAX])
{
	struct bytes_writer w = {.data = out, .size = ROSTER_KEY_MAX};

	if (!roster_key_valid(record))
		return -EINVAL;
	bytes_put_le(&w, record->kind, 1);
	put_key(&w, record);
	return w.failed ? -EINVAL : (int)w.used;
}
