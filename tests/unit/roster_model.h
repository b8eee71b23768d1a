/* SPDX-License-Identifier: Apache-2.0 */
/* A roster as a test remembers it: which record stands under which key; random changes to it; runs
 * of it. */
#pragma once

#include "core/decide.h"
#include "core/roster_record.h"
#include "crypto/hash.h"
#include <stdlib.h>
#include <string.h>

#define MODEL_DOORS 6
#define MODEL_TIERS 5
#define MODEL_CARDS 400
#define MODEL_EXCEPTIONS 20
#define MODEL_HOLIDAYS 20
#define MODEL_DOOR_AT 1
#define MODEL_TIER_AT (MODEL_DOOR_AT + MODEL_DOORS)
#define MODEL_CARD_AT (MODEL_TIER_AT + MODEL_TIERS)
#define MODEL_EXCEPTION_AT (MODEL_CARD_AT + MODEL_CARDS)
#define MODEL_HOLIDAY_AT (MODEL_EXCEPTION_AT + MODEL_EXCEPTIONS)
#define MODEL_EXTRAS 20
#define MODEL_STANDINGS 20
#define MODEL_POOLS 4
#define MODEL_EXTRA_AT (MODEL_HOLIDAY_AT + MODEL_HOLIDAYS)
#define MODEL_STANDING_AT (MODEL_EXTRA_AT + MODEL_EXTRAS)
#define MODEL_POOL_AT (MODEL_STANDING_AT + MODEL_STANDINGS)
#define MODEL_KEYS (MODEL_POOL_AT + MODEL_POOLS)
#define MODEL_RUN_MAX 400000

struct model {
	struct revision revision;
	struct {
		bool there;
		size_t size;
		uint8_t *bytes;
		uint32_t tier; /* a card's */
		bool changed;  /* since model_clean */
	} rows[MODEL_KEYS];    /* the site first */
};

static inline unsigned model_random(unsigned *seed, unsigned below)
{
	return (unsigned)rand_r(seed) % below;
}

static inline void model_token(unsigned n, struct token *token)
{
	uint8_t hash[ENTRY_HASH_SIZE];
	struct entry_part part = {&n, sizeof(n)};

	crypto_hash256(&part, 1, hash);
	memcpy(token->bytes, hash, TOKEN_SIZE);
}

/* The key of a row. */
static inline void model_key(unsigned row, struct roster_record *r)
{
	memset(r, 0, sizeof(*r));
	if (row < MODEL_DOOR_AT) {
		r->kind = ROSTER_KIND_SITE;
	} else if (row < MODEL_TIER_AT) {
		r->kind = ROSTER_KIND_DOOR;
		snprintf(r->door, sizeof(r->door), "door-%u", row - MODEL_DOOR_AT);
	} else if (row < MODEL_CARD_AT) {
		r->kind = ROSTER_KIND_TIER;
		r->tier.tier = row - MODEL_TIER_AT + 1;
	} else if (row < MODEL_EXCEPTION_AT) {
		r->kind = ROSTER_KIND_CARD;
		model_token(row, &r->card.token);
	} else if (row < MODEL_HOLIDAY_AT) {
		r->kind = ROSTER_KIND_EXCEPTION;
		r->exception.id = row - MODEL_EXCEPTION_AT + 1;
	} else if (row < MODEL_EXTRA_AT) {
		r->kind = ROSTER_KIND_HOLIDAY;
		r->holiday.date = 20000 + (int32_t)(row - MODEL_HOLIDAY_AT);
	} else if (row < MODEL_STANDING_AT) {
		r->kind = ROSTER_KIND_EXTRA;
		r->extra.id = row - MODEL_EXTRA_AT + 1;
	} else if (row < MODEL_POOL_AT) {
		r->kind = ROSTER_KIND_STANDING;
		standing_init(&r->standing, row - MODEL_STANDING_AT + 1);
	} else {
		r->kind = ROSTER_KIND_POOL;
		r->pool.id = row - MODEL_POOL_AT + 1;
	}
}

static inline void model_put(struct model *m, unsigned row, const struct roster_record *r)
{
	static uint8_t bytes[ROSTER_RECORD_MAX];
	int size = roster_record_encode(r, bytes);

	if (size < 0)
		abort();
	free(m->rows[row].bytes);
	m->rows[row].bytes = malloc((size_t)size);
	memcpy(m->rows[row].bytes, bytes, (size_t)size);
	m->rows[row].size = (size_t)size;
	m->rows[row].there = true;
	m->rows[row].changed = true;
	m->rows[row].tier = r->kind == ROSTER_KIND_CARD ? r->card.tier : 0;
}

static inline void model_gone(struct model *m, unsigned row)
{
	m->rows[row].there = false;
	m->rows[row].changed = true;
}

static inline uint32_t model_any_tier(const struct model *m, unsigned *seed)
{
	unsigned first = model_random(seed, MODEL_TIERS);

	for (unsigned i = 0; i < MODEL_TIERS; i++)
		if (m->rows[MODEL_TIER_AT + (first + i) % MODEL_TIERS].there)
			return (first + i) % MODEL_TIERS + 1;
	return 0;
}

static inline void model_random_tier(struct roster_tier *tier, unsigned *seed)
{
	static const char *const hours[] = {"24/7", "Mo-Fr 09:00-17:00", "off"};

	tier->flags = model_random(seed, TIER_FLAGS_ALL + 1);
	tier->allowance.kind = model_random(seed, ALLOWANCE_VISITS + 1);
	if (tier->allowance.kind != ALLOWANCE_NONE)
		tier->allowance = (struct allowance){.kind = tier->allowance.kind,
			.policy = model_random(seed, 2),
			.limit = model_random(seed, 20),
			.warn_percent = (uint8_t)model_random(seed, 101)};
	strcpy(tier->hours, hours[model_random(seed, 3)]);
	for (unsigned i = MODEL_DOORS; i-- > 0;) {
		struct roster_tier_door *door = &tier->doors[tier->door_count];

		if (model_random(seed, 2))
			continue;
		snprintf(door->door, sizeof(door->door), "door-%u", i);
		door->own = model_random(seed, 2);
		if (door->own)
			strcpy(door->hours, hours[model_random(seed, 3)]);
		tier->door_count++;
	}
}

static inline void model_random_card(
	const struct model *m, struct roster_card *card, unsigned row, unsigned *seed)
{
	card->key_id = model_random(seed, 3);
	card->card = row;
	card->member = model_random(seed, 100) + 1;
	card->sponsor = model_random(seed, 2) ? 0 : 7;
	card->tier = model_any_tier(m, seed);
	card->state = model_random(seed, CARD_STATE_REVOKED + 1);
	card->member_state = model_random(seed, MEMBER_STATE_SUSPENDED + 1);
	card->valid_from = model_random(seed, 2) ? DATE_NONE : 20000;
	card->valid_until = model_random(seed, 2) ? DATE_NONE : 21000;
	card->grace_until = model_random(seed, 2) ? DATE_NONE : 21014;
	card->release_ms = model_random(seed, 2) * 8000;
	card->kind = model_random(seed, CARD_KIND_DESFIRE + 1);
	card->pool = model_random(seed, MODEL_POOLS + 1);
}

static inline void model_random_extra(struct roster_extra *e, unsigned *seed)
{
	e->kind = DECIDE_EXTRA_EVENT + model_random(seed, 2);
	e->member = model_random(seed, 100);
	e->card = MODEL_CARD_AT + model_random(seed, MODEL_CARDS);
	e->about = 1 + model_random(seed, 9);
	e->span.from = model_random(seed, 40000000);
	e->span.until = e->span.from + 1 + model_random(seed, 1000);
	e->free = e->kind == DECIDE_EXTRA_EVENT && model_random(seed, 2);
	snprintf(e->door, sizeof(e->door), "%s", model_random(seed, 2) ? "door-1" : "");
}

static inline void model_random_standing(struct standing *s, unsigned *seed)
{
	for (unsigned i = model_random(seed, 6); i > 0; i--) {
		const struct standing_event event = {.what = model_random(seed, STANDING_LEFT + 1),
			.date = 20000 + (int32_t)model_random(seed, 40),
			.minute = (uint16_t)model_random(seed, 1440),
			.pool = model_random(seed, ALLOWANCE_VISITS + 1)};

		standing_take(s, &event, CHECKOUT_MINUTE_DEFAULT);
	}
}

static inline void model_random_pool(struct roster_pool *pool, unsigned *seed)
{
	pool->kind = ALLOWANCE_HOURS + model_random(seed, 4);
	pool->limit = model_random(seed, 50);
	pool->used = model_random(seed, 50);
	pool->year = 2026;
	pool->month = (uint8_t)(1 + model_random(seed, 12));
	pool->doors = (uint16_t)(1 + model_random(seed, 3));
}

static inline void model_random_put(struct model *m, unsigned row, unsigned *seed)
{
	static struct roster_record r;
	struct calendar_exception *e = &r.exception.row;

	model_key(row, &r);
	if (r.kind == ROSTER_KIND_SITE) {
		strcpy(r.site.timezone, model_random(seed, 2) ? "Europe/London" : "Etc/UTC");
		r.site.holidays = model_random(seed, 2);
		r.site.warn_s = model_random(seed, 10000);
		r.site.bound_s = model_random(seed, 10000);
		r.site.checkout_minute = (uint16_t)model_random(seed, 1440);
	} else if (r.kind == ROSTER_KIND_TIER) {
		model_random_tier(&r.tier, seed);
	} else if (r.kind == ROSTER_KIND_CARD) {
		model_random_card(m, &r.card, row, seed);
		if (r.card.tier == 0)
			return;
	} else if (r.kind == ROSTER_KIND_EXCEPTION) {
		e->first = 20000 + (int32_t)model_random(seed, 100);
		e->last = e->first + (int32_t)model_random(seed, 3);
		e->end = 1440;
		e->open = model_random(seed, 2);
		snprintf(e->door, sizeof(e->door), "%s", model_random(seed, 2) ? "door-1" : "");
		snprintf(e->reason, sizeof(e->reason), "reason %u", model_random(seed, 9));
	} else if (r.kind == ROSTER_KIND_HOLIDAY) {
		r.holiday.holiday = model_random(seed, 2);
	} else if (r.kind == ROSTER_KIND_EXTRA) {
		model_random_extra(&r.extra, seed);
	} else if (r.kind == ROSTER_KIND_STANDING) {
		model_random_standing(&r.standing, seed);
	} else if (r.kind == ROSTER_KIND_POOL) {
		model_random_pool(&r.pool, seed);
	}
	model_put(m, row, &r);
}

/* A tier's cards leave it first. */
static inline void model_random_gone(struct model *m, unsigned row, unsigned *seed)
{
	bool tier = row >= MODEL_TIER_AT && row < MODEL_CARD_AT;

	if (row == 0)
		return;
	model_gone(m, row);
	for (unsigned i = MODEL_CARD_AT; tier && i < MODEL_EXCEPTION_AT; i++) {
		if (!m->rows[i].there || m->rows[i].tier != row - MODEL_TIER_AT + 1)
			continue;
		if (model_any_tier(m, seed) != 0 && model_random(seed, 2))
			model_random_put(m, i, seed);
		else
			model_gone(m, i);
	}
}

static inline void model_change(struct model *m, unsigned changes, unsigned *seed)
{
	for (; changes > 0; changes--) {
		unsigned row = model_random(seed, MODEL_KEYS);

		if (model_random(seed, 3) > 0)
			model_random_put(m, row, seed);
		else
			model_random_gone(m, row, seed);
	}
	m->revision.number++;
}

static inline void model_clean(struct model *m)
{
	for (unsigned i = 0; i < MODEL_KEYS; i++)
		m->rows[i].changed = false;
}

static inline void model_make(struct model *m, unsigned *seed)
{
	memset(m, 0, sizeof(*m));
	m->revision.generation = 1;
	for (unsigned i = 0; i < MODEL_CARD_AT; i++)
		model_random_put(m, i, seed);
	for (unsigned i = MODEL_CARD_AT; i < MODEL_KEYS; i++)
		if (model_random(seed, 2))
			model_random_put(m, i, seed);
	m->revision.number = 1;
	model_clean(m);
}

static inline void model_free(struct model *m)
{
	for (unsigned i = 0; i < MODEL_KEYS; i++)
		free(m->rows[i].bytes);
	memset(m, 0, sizeof(*m));
}

static inline void model_copy(const struct model *from, struct model *to)
{
	model_free(to);
	*to = *from;
	for (unsigned i = 0; i < MODEL_KEYS; i++)
		if (from->rows[i].bytes) {
			to->rows[i].bytes = malloc(from->rows[i].size);
			memcpy(to->rows[i].bytes, from->rows[i].bytes, from->rows[i].size);
		}
}

static inline void model_digest(const struct model *m, uint8_t digest[ROSTER_DIGEST_SIZE])
{
	memset(digest, 0, ROSTER_DIGEST_SIZE);
	for (unsigned i = 0; i < MODEL_KEYS; i++)
		if (m->rows[i].there)
			roster_digest_add(
				digest, m->rows[i].bytes, m->rows[i].size, crypto_hash256);
}

/* All that is there, or (delta) all that changed, into run: its size. */
static inline size_t model_run(const struct model *m, bool delta, uint8_t run[MODEL_RUN_MAX])
{
	static struct roster_record key;
	static uint8_t bytes[ROSTER_RECORD_MAX];
	size_t size = 0;

	for (unsigned i = 0; i < MODEL_KEYS; i++) {
		int n;

		if (delta ? !m->rows[i].changed : !m->rows[i].there)
			continue;
		model_key(i, &key);
		key.gone = true;
		if (m->rows[i].there)
			n = roster_run_add(
				run, size, MODEL_RUN_MAX, m->rows[i].bytes, m->rows[i].size);
		else
			n = roster_run_add(run, size, MODEL_RUN_MAX, bytes,
				(size_t)roster_record_encode(&key, bytes));
		if (n < 0)
			abort();
		size = (size_t)n;
	}
	return size;
}
