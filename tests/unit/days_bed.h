/* SPDX-License-Identifier: Apache-2.0 */
/* Doors whose members come and go, for tests of what the hub makes of it. */
#pragma once

#include "../../controller/store/registry_days_private.h"
#include "chain_bed.h"
#include "registry_bed.h"
#include "store/registry_days.h"

#include <time.h>

#define NOVEMBER_2026 (12 * 2026 + 10)

/* A moment of the site's local time; November 2026 unless the month says otherwise. */
static inline int64_t at_local(int month, int day, int hour, int minute)
{
	struct tm tm = {.tm_year = 126,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_isdst = -1};

	return (int64_t)mktime(&tm) * 1000000;
}

static inline int64_t at(int day, int hour, int minute)
{
	return at_local(11, day, hour, minute);
}

static inline struct entry days_entry(enum entry_kind kind, uint64_t member, int64_t at_us)
{
	return (struct entry){
		.kind = kind,
		.wall_us = at_us,
		.mono_us = (uint64_t)at_us,
		.clock = CLOCK_TRUST_SYNCED,
		.has_subject = true,
		.subject = {.card = member, .member = member},
	};
}

static inline void days_tap(struct chain_bed *c, uint64_t member, int64_t at_us, uint8_t use)
{
	struct entry e = days_entry(ENTRY_KIND_TAP, member, at_us);

	e.decided = e.grant = true;
	e.reason = REASON_GRANTED;
	e.subject.use = use;
	chain_add(c, &e);
}

static inline void days_move(struct chain_bed *c, uint64_t member, int64_t at_us, bool inside)
{
	struct entry e = days_entry(inside ? ENTRY_KIND_ARRIVED : ENTRY_KIND_LEFT, member, at_us);

	snprintf(e.detail, sizeof(e.detail), "%s", inside ? "door opened" : "exit reader");
	chain_add(c, &e);
}

/* A tap that began a unit, and the door opened a second later. */
static inline void days_come(struct chain_bed *c, uint64_t member, int64_t at_us)
{
	days_tap(c, member, at_us, ENTRY_USE_UNIT);
	days_move(c, member, at_us + 1000000, true);
}

static inline void days_send(struct registry *reg, const struct chain_bed *c, size_t from)
{
	struct registry_batch batch = chain_batch(c, from, c->count);
	struct registry_mark mark;

	EXPECT(reg, registry_log_take(reg, &batch, &mark), REGISTRY_TAKEN_NEW);
}

static inline void days_door(struct registry *reg, struct chain_bed *c, const char *name)
{
	chain_begin(c, "walker", name, NULL);
	EXPECT(reg, chain_door(reg, name, &chain_key()->public, bed_now_us, false), 0);
}

static inline uint32_t days_tier(
	struct registry *reg, const char *name, enum allowance_kind kind, uint32_t limit)
{
	struct registry_tier *tier = calloc(1, sizeof(*tier));
	uint32_t id = 0;

	snprintf(tier->name, sizeof(tier->name), "%s", name);
	snprintf(tier->roster.hours, sizeof(tier->roster.hours), "24/7");
	if (kind != ALLOWANCE_NONE)
		tier->roster.allowance =
			(struct allowance){.kind = kind, .limit = limit, .warn_percent = 80};
	EXPECT(reg, registry_tier_add(reg, tier, &id), 0);
	free(tier);
	return id;
}

/* What doors hold under this key; false: nothing. */
static inline bool days_told(struct registry *reg, struct roster_record *record)
{
	uint8_t key[ROSTER_KEY_MAX];
	int size = roster_record_key(record, key);
	sqlite3_stmt *stmt;
	bool there;

	assert_int_equal(sqlite3_prepare_v2(reg->db,
				 "SELECT record FROM roster WHERE key = ?1 AND record IS NOT NULL",
				 -1, &stmt, NULL),
		SQLITE_OK);
	sqlite3_bind_blob(stmt, 1, key, size, SQLITE_STATIC);
	there = sqlite3_step(stmt) == SQLITE_ROW;
	if (there)
		assert_int_equal(roster_record_decode(sqlite3_column_blob(stmt, 0),
					 (size_t)sqlite3_column_bytes(stmt, 0), record),
			0);
	sqlite3_finalize(stmt);
	return there;
}

static inline struct standing days_standing(struct registry *reg, uint64_t member)
{
	struct roster_record record = {.kind = ROSTER_KIND_STANDING, .standing.member = member};

	if (!days_told(reg, &record))
		standing_init(&record.standing, member);
	return record.standing;
}

static inline int days_present(struct registry *reg, struct registry_present *rows, int room)
{
	struct registry_present *all = NULL;
	int count = registry_present(reg, &all);

	if (count < 0)
		fail_msg("%s", registry_error(reg));
	for (int i = 0; i < count && i < room; i++)
		rows[i] = all[i];
	free(all);
	return count;
}
