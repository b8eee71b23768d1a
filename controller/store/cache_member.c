/* SPDX-License-Identifier: Apache-2.0 */
/* What the hub says of members: dated rights, standings and shared pools. */
#include "cache_private.h"

#include <string.h>

/* ---- rows ---- */

int cache_read_extra(sqlite3_stmt *stmt, struct roster_extra *e)
{
	uint32_t kind;

	if (!cache_take_u32(stmt, 0, DECIDE_EXTRA_GUEST, &kind) ||
		!cache_take_bool(stmt, 6, &e->free) ||
		!cache_take_text(stmt, 7, e->door, sizeof(e->door)))
		return -EBADMSG;
	e->kind = kind;
	e->member = (uint64_t)sqlite3_column_int64(stmt, 1);
	e->card = (uint64_t)sqlite3_column_int64(stmt, 2);
	e->about = (uint64_t)sqlite3_column_int64(stmt, 3);
	e->span.from = sqlite3_column_int64(stmt, 4);
	e->span.until = sqlite3_column_int64(stmt, 5);
	return 0;
}

void cache_bind_extra(sqlite3_stmt *stmt, int first, const struct roster_extra *e)
{
	sqlite3_bind_int64(stmt, first, e->kind);
	sqlite3_bind_int64(stmt, first + 1, (int64_t)e->member);
	sqlite3_bind_int64(stmt, first + 2, (int64_t)e->card);
	sqlite3_bind_int64(stmt, first + 3, (int64_t)e->about);
	sqlite3_bind_int64(stmt, first + 4, e->span.from);
	sqlite3_bind_int64(stmt, first + 5, e->span.until);
	sqlite3_bind_int64(stmt, first + 6, e->free);
	sqlite3_bind_text(stmt, first + 7, e->door, -1, SQLITE_STATIC);
}

static bool take_month(sqlite3_stmt *stmt, int first, int16_t *year, uint8_t *month)
{
	uint32_t y, m;
	bool good =
		cache_take_u32(stmt, first, 9999, &y) && cache_take_u32(stmt, first + 1, 12, &m);

	*year = good ? (int16_t)y : 0;
	*month = good ? (uint8_t)m : 0;
	return good;
}

int cache_read_standing(sqlite3_stmt *stmt, struct standing *s)
{
	int64_t extra = sqlite3_column_int64(stmt, 6);
	uint32_t inside;

	if (!take_month(stmt, 0, &s->year, &s->month) ||
		!cache_take_u32(stmt, 2, UINT32_MAX, &s->days) ||
		!cache_take_u32(stmt, 4, UINT32_MAX, &s->visits) ||
		!cache_take_u32(stmt, 5, UINT32_MAX, &s->minutes) ||
		!cache_take_u32(stmt, 7, 2, &inside) || !cache_take_date(stmt, 8, &s->date) ||
		!cache_take_u16(stmt, 9, &s->minute) || extra < INT32_MIN || extra > INT32_MAX)
		return -EBADMSG;
	s->inside = inside > 0;
	s->free = inside == 2; /* as in a record of the roster */
	s->halves = (uint64_t)sqlite3_column_int64(stmt, 3);
	s->extra = (int32_t)extra;
	return standing_valid(s) ? 0 : -EBADMSG;
}

void cache_bind_standing(sqlite3_stmt *stmt, int first, const struct standing *s)
{
	sqlite3_bind_int64(stmt, first, s->year);
	sqlite3_bind_int64(stmt, first + 1, s->month);
	sqlite3_bind_int64(stmt, first + 2, s->days);
	sqlite3_bind_int64(stmt, first + 3, (int64_t)s->halves);
	sqlite3_bind_int64(stmt, first + 4, s->visits);
	sqlite3_bind_int64(stmt, first + 5, s->minutes);
	sqlite3_bind_int64(stmt, first + 6, s->extra);
	sqlite3_bind_int64(stmt, first + 7, s->inside ? s->free ? 2 : 1 : 0);
	if (s->date == DATE_NONE)
		sqlite3_bind_null(stmt, first + 8);
	else
		sqlite3_bind_int64(stmt, first + 8, s->date);
	sqlite3_bind_int64(stmt, first + 9, s->minute);
}

int cache_read_pool(sqlite3_stmt *stmt, struct roster_pool *pool)
{
	uint32_t kind;

	if (!cache_take_u32(stmt, 0, ALLOWANCE_VISITS, &kind) ||
		!cache_take_u32(stmt, 1, UINT32_MAX, &pool->limit) ||
		!cache_take_u32(stmt, 2, UINT32_MAX, &pool->used) ||
		!take_month(stmt, 3, &pool->year, &pool->month) ||
		!cache_take_u16(stmt, 5, &pool->doors))
		return -EBADMSG;
	pool->kind = kind;
	return 0;
}

void cache_bind_pool(sqlite3_stmt *stmt, int first, const struct roster_pool *pool)
{
	sqlite3_bind_int64(stmt, first, pool->kind);
	sqlite3_bind_int64(stmt, first + 1, pool->limit);
	sqlite3_bind_int64(stmt, first + 2, pool->used);
	sqlite3_bind_int64(stmt, first + 3, pool->year);
	sqlite3_bind_int64(stmt, first + 4, pool->month);
	sqlite3_bind_int64(stmt, first + 5, pool->doors);
}

/* ---- at a tap ---- */

/* The key is the first column here. */
static int take_extra(sqlite3_stmt *stmt, struct decide_extra *ret_extra)
{
	int64_t kind = sqlite3_column_int64(stmt, 1);
	struct decide_extra extra = {.on_list = true,
		.in_force = true,
		.id = (uint64_t)sqlite3_column_int64(stmt, 4),
		.span = {sqlite3_column_int64(stmt, 5), sqlite3_column_int64(stmt, 6)}};

	if (kind < DECIDE_EXTRA_EVENT || kind > DECIDE_EXTRA_GUEST ||
		!cache_take_bool(stmt, 7, &extra.free))
		return -EBADMSG;
	extra.kind = (enum decide_extra_kind)kind;
	*ret_extra = extra;
	return 0;
}

int cache_extras(struct cache *c, const struct roster_card *card, const char *door, int64_t minute,
	struct decide_extra *ret_extras, size_t max)
{
	int rc, error = 0, count = 0;

	sqlite3_bind_int64(c->extras, 1, (int64_t)card->member);
	sqlite3_bind_int64(c->extras, 2, (int64_t)card->card);
	sqlite3_bind_int64(c->extras, 3, minute);
	sqlite3_bind_text(c->extras, 4, door, -1, SQLITE_STATIC);
	sqlite3_bind_int64(c->extras, 5, (int64_t)max);
	while (error == 0 && (rc = sqlite3_step(c->extras)) == SQLITE_ROW)
		error = take_extra(c->extras, &ret_extras[count++]);
	if (error == 0 && rc != SQLITE_DONE)
		error = db_errno(c->db);
	sqlite3_reset(c->extras);
	sqlite3_clear_bindings(c->extras);
	return error < 0 ? error : count;
}

/* The one row of a number: 1 when it is under the statement. */
static int look_up(struct cache *c, sqlite3_stmt *stmt, uint64_t number)
{
	int rc;

	sqlite3_bind_int64(stmt, 1, (int64_t)number);
	rc = sqlite3_step(stmt);
	return rc == SQLITE_ROW ? 1 : db_errno(c->db);
}

int cache_standing(struct cache *c, uint64_t member, struct standing *ret_standing)
{
	struct standing standing = {.member = member};
	int found = look_up(c, c->standing, member), error = 0;

	if (found > 0)
		error = cache_read_standing(c->standing, &standing);
	sqlite3_reset(c->standing);
	if (found > 0 && error == 0)
		*ret_standing = standing;
	return error < 0 ? error : found;
}

int cache_pool(struct cache *c, uint64_t id, struct roster_pool *ret_pool)
{
	struct roster_pool pool = {.id = id};
	int found = look_up(c, c->pool, id), error = 0;

	if (found > 0)
		error = cache_read_pool(c->pool, &pool);
	sqlite3_reset(c->pool);
	if (found > 0 && error == 0)
		*ret_pool = pool;
	return error < 0 ? error : found;
}
