/* SPDX-License-Identifier: Apache-2.0 */
/* From an entry to what it moves: who came and left, what was used. Each entry comes here once. */
#include "registry_days_private.h"

#include "base/clock.h"
#include <string.h>

/* ---- when ---- */

static bool clock_good(const struct registry_reckoning *r, const struct entry *e)
{
	return clock_trust_ok(e->clock) && e->wall_us >= 0 &&
	       e->wall_us <= r->collected_us + CLOCK_HUB_TOLERANCE_US;
}

int64_t registry_moment(const struct registry_reckoning *r, const struct entry *e)
{
	const struct registry_clock *clock = &r->clock;
	int64_t at_us;

	if (clock_good(r, e))
		return e->wall_us;
	if (!clock->known || memcmp(clock->boot, e->boot_id, sizeof(clock->boot)) != 0 ||
		e->mono_us < clock->mono_us ||
		e->mono_us - clock->mono_us > (uint64_t)r->collected_us)
		return r->collected_us;
	at_us = clock->wall_us + (int64_t)(e->mono_us - clock->mono_us);
	return at_us < r->collected_us ? at_us : r->collected_us;
}

int registry_log_clock(struct registry *reg, int64_t chain, struct registry_clock *ret_clock)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT boot, mono_us, wall_us FROM chain WHERE id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a journal's clock");
	sqlite3_bind_int64(stmt, 1, chain);
	rc = registry_step(reg, stmt, "read a journal's clock");
	if (rc <= 0)
		return rc;
	ret_clock->known = registry_take_blob(stmt, 0, ret_clock->boot, sizeof(ret_clock->boot));
	ret_clock->mono_us = registry_take_u64(stmt, 1);
	ret_clock->wall_us = sqlite3_column_int64(stmt, 2);
	return 0;
}

static void move_clock(struct registry_reckoning *r, const struct entry *e)
{
	r->clock = (struct registry_clock){
		.known = true, .mono_us = e->mono_us, .wall_us = e->wall_us};
	memcpy(r->clock.boot, e->boot_id, sizeof(r->clock.boot));
}

/* ---- whose ---- */

static void note(uint64_t *rows, size_t *count, uint64_t id)
{
	for (size_t i = 0; i < *count; i++)
		if (rows[i] == id)
			return;
	if (id > 0 && *count < REGISTRY_RECKON_MAX)
		rows[(*count)++] = id;
}

/* The pool that a member shares; 0: none. */
static int pool_of(struct registry *reg, uint64_t member, uint64_t *ret_pool)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT pool FROM member WHERE id = ?1");
	int rc;

	*ret_pool = 0;
	if (!stmt)
		return registry_sql_fail(reg, "read a member's pool");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	rc = registry_step(reg, stmt, "read a member's pool");
	if (rc > 0)
		*ret_pool = registry_take_u64(stmt, 0);
	return rc;
}

/*
 * Which event it was is for the hub to say where the door could not: without a good clock, or where
 * a host opened. So is what a unit is then; whether there was one the door tells in any case.
 */
static int attend(struct registry *reg, const struct registry_reckoning *r, int64_t at_us,
	struct entry_subject *subject)
{
	const struct registry_person person = {subject->member, subject->card};
	struct registry_attended at;
	int rc;

	if (registry_person_key(&person) == 0)
		return 0;
	rc = registry_event_of(reg, &person, r->door, at_us, &at);
	if (rc < 0)
		return rc;
	subject->event = at.event;
	if (at.free)
		subject->use = ENTRY_USE_FREE;
	else if (subject->use & ENTRY_USE_FREE)
		subject->use = ENTRY_USE_UNIT;
	return 0;
}

/* ---- what was used ---- */

struct use {
	int64_t entry;
	int64_t at_us;
	uint32_t flags;
	uint64_t pool;
};

static int add_usage(struct registry *reg, const struct registry_reckoning *r,
	const struct entry *e, const struct use *use)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO usage (entry, member, at_us, month, date, minute, flags, event, pool, "
		"door) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
	struct civil now;

	if (clock_civil(use->at_us, &now) < 0)
		return 0; /* no date: counts in no month */
	if (!stmt)
		return registry_sql_fail(reg, "count what a tap used");
	sqlite3_bind_int64(stmt, 1, use->entry);
	sqlite3_bind_int64(stmt, 2, (int64_t)e->subject.member);
	sqlite3_bind_int64(stmt, 3, use->at_us);
	sqlite3_bind_int64(stmt, 4, registry_month_of(now.date));
	sqlite3_bind_int64(stmt, 5, now.date);
	sqlite3_bind_int64(stmt, 6, now.minute);
	sqlite3_bind_int64(stmt, 7, use->flags);
	sqlite3_bind_int64(stmt, 8, (int64_t)e->subject.event);
	sqlite3_bind_int64(stmt, 9, (int64_t)use->pool);
	registry_bind_text(stmt, 10, r->door);
	return registry_run(reg, stmt, "count what a tap used");
}

static int use(struct registry *reg, struct registry_reckoning *r, int64_t id, int64_t at_us,
	const struct entry *e)
{
	struct use use = {.entry = id, .at_us = at_us, .flags = e->subject.use};
	int rc = 0;

	if (e->subject.member == 0 || use.flags == 0)
		return 0;
	if (use.flags & ENTRY_USE_POOL)
		rc = pool_of(reg, e->subject.member, &use.pool);
	if (rc >= 0)
		rc = add_usage(reg, r, e, &use);
	note(r->members, &r->count, e->subject.member);
	note(r->pools, &r->pool_count, use.pool);
	return rc;
}

/* ---- who came and left ---- */

/* At a door whose contact moved, or where nobody passes without the card. */
static bool is_sure(const struct registry_reckoning *r, const struct entry *e)
{
	return clock_good(r, e) && !strstr(e->detail, "no contact");
}

static int move(struct registry *reg, struct registry_reckoning *r, int64_t id, int64_t at_us,
	const struct entry *e, bool inside, bool sure)
{
	const struct registry_move m = {
		.person = {.member = e->subject.member,
			.card = e->subject.member ? 0 : e->subject.card},
		.at_us = at_us,
		.inside = inside,
		.sure = sure,
		.door = r->door,
		.entry = id,
		.sponsor = e->subject.sponsor,
		.event = e->subject.event,
		.by = e->subject.actor,
		.why = "",
	};
	int rc;

	if (registry_person_key(&m.person) == 0)
		return 0; /* erased, or nobody's */
	rc = registry_presence_add(reg, &m);
	note(r->members, &r->count, m.person.member);
	if (rc >= 0 && inside && m.event > 0)
		rc = registry_event_arrived(reg, m.event,
			&(struct registry_person){e->subject.member, e->subject.card}, at_us);
	if (rc >= 0 && inside && m.person.card > 0)
		rc = registry_guest_arrived(reg, m.person.card, at_us);
	return rc;
}

/* Whoever leaves one zone by its exit reader is in the next, unless that is outside. */
static int leads_on(struct registry *reg, const struct registry_reckoning *r, const struct entry *e)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT 1 FROM door WHERE name = ?1 AND zone <> ''");

	if (!strstr(e->detail, "exit reader"))
		return 0;
	if (!stmt)
		return registry_sql_fail(reg, "read where a door leads to");
	registry_bind_text(stmt, 1, r->door);
	return registry_step(reg, stmt, "read where a door leads to");
}

/* A host opened for a member who forgot the card: the same as their tap. */
static int let_in(struct registry *reg, struct registry_reckoning *r, int64_t id, int64_t at_us,
	const struct entry *e)
{
	struct entry tap = *e;
	int rc;

	if (e->subject.member == 0 || strncmp(e->detail, "unlock", 6) != 0 ||
		strstr(e->detail, "refused"))
		return 0;
	tap.subject.use |= ENTRY_USE_UNIT;
	rc = attend(reg, r, at_us, &tap.subject);
	if (rc >= 0)
		rc = use(reg, r, id, at_us, &tap);
	return rc < 0 ? rc : move(reg, r, id, at_us, &tap, true, false);
}

/* ---- doors that people pass without a tap ---- */

static int note_open(struct registry *reg, const char *door, int64_t at_us, bool open)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO door_open VALUES (?1, iif(?3, ?2, 0), iif(?3, 0, ?2)) "
		"ON CONFLICT (door) DO UPDATE SET "
		"from_us = max(from_us, excluded.from_us), "
		"until_us = max(until_us, excluded.until_us)");

	if (!stmt)
		return registry_sql_fail(reg, "note that a door stood open");
	registry_bind_text(stmt, 1, door);
	sqlite3_bind_int64(stmt, 2, at_us);
	sqlite3_bind_int64(stmt, 3, open);
	return registry_run(reg, stmt, "note that a door stood open");
}

static int reckon(struct registry *reg, struct registry_reckoning *r, int64_t id, int64_t at_us,
	const struct entry *e)
{
	enum entry_kind kind = entry_kind_was(e);
	int on;

	if (kind == ENTRY_KIND_TAP)
		return e->decided && e->grant ? use(reg, r, id, at_us, e) : 0;
	if (kind == ENTRY_KIND_ARRIVED)
		return move(reg, r, id, at_us, e, true, is_sure(r, e));
	if (kind == ENTRY_KIND_LEFT) {
		on = leads_on(reg, r, e);
		return on < 0 ? on : move(reg, r, id, at_us, e, on > 0, is_sure(r, e));
	}
	if (e->kind == ENTRY_KIND_COMMAND)
		return let_in(reg, r, id, at_us, e);
	if (e->kind == ENTRY_KIND_UNLOCKED || e->kind == ENTRY_KIND_FIRE)
		return note_open(reg, r->door, at_us, true);
	if (e->kind == ENTRY_KIND_LOCKED || e->kind == ENTRY_KIND_FIRE_OVER)
		return note_open(reg, r->door, at_us, false);
	return 0;
}

int registry_reckon(
	struct registry *reg, struct registry_reckoning *r, int64_t id, const struct entry *e)
{
	int64_t at_us = registry_moment(r, e);
	struct entry judged;
	int rc;

	if (clock_good(r, e)) {
		move_clock(r, e);
		return reckon(reg, r, id, at_us, e);
	}
	judged = *e;
	rc = attend(reg, r, at_us, &judged.subject);
	return rc < 0 ? rc : reckon(reg, r, id, at_us, &judged);
}

int registry_reckon_finish(struct registry *reg, const struct registry_reckoning *r)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < r->count; i++)
		rc = registry_standing_publish(reg, r->members[i]);
	for (size_t i = 0; rc >= 0 && i < r->pool_count; i++)
		rc = registry_pool_publish(reg, r->pools[i]);
	return rc;
}
