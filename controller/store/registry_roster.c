/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roster, kept as the bytes of its records: what a change does to it, and forgetting.
 *
 * A record that leaves stays as a row without bytes, so that a delta can tell of it.
 */
#include "registry_private.h"

#include "registry_roster.h"
#include <string.h>

#define DAY_US (86400LL * 1000000)
#define REMEMBER_US (90 * DAY_US)
#define REMEMBER_NUMBERS 100000
#define COMMANDS_US (30 * DAY_US)

enum roster_turn registry_turn(enum roster_kind kind, bool gone)
{
	switch (kind) {
	case ROSTER_KIND_SITE:
		return ROSTER_TURN_SITE;
	case ROSTER_KIND_DOOR:
		return gone ? ROSTER_TURN_DOOR_GONE : ROSTER_TURN_DOOR;
	case ROSTER_KIND_TIER:
		return gone ? ROSTER_TURN_TIER_GONE : ROSTER_TURN_TIER;
	case ROSTER_KIND_CARD:
		return gone ? ROSTER_TURN_CARD_GONE : ROSTER_TURN_CARD;
	case ROSTER_KIND_EXCEPTION:
	case ROSTER_KIND_HOLIDAY:
	case ROSTER_KIND_EXTRA:
	case ROSTER_KIND_STANDING:
	case ROSTER_KIND_POOL:
		return gone ? ROSTER_TURN_DATE_GONE : ROSTER_TURN_DATE;
	case ROSTER_KIND_NONE:
		break;
	}
	return ROSTER_TURN_DATE_GONE;
}

/* What is there under this key: 1 a record (into old, *ret_size), or 0. */
static int look(struct registry *reg, const uint8_t *key, size_t key_size,
	uint8_t old[ROSTER_RECORD_MAX], size_t *ret_size)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT record FROM roster WHERE key = ?1");
	int rc;

	*ret_size = 0;
	if (!stmt)
		return registry_sql_fail(reg, "read the roster");
	registry_bind_blob(stmt, 1, key, key_size);
	rc = registry_step(reg, stmt, "read the roster");
	if (rc <= 0)
		return rc;
	*ret_size = (size_t)sqlite3_column_bytes(stmt, 0);
	if (*ret_size > ROSTER_RECORD_MAX)
		return registry_break(reg, registry_fail(reg, -EBADMSG,
						   "%s: the roster has a record that cannot be: "
						   "restore the last backup",
						   reg->path));
	if (*ret_size > 0)
		memcpy(old, sqlite3_column_blob(stmt, 0), *ret_size);
	return *ret_size > 0;
}

static int write_row(struct registry *reg, const struct roster_record *record, const uint8_t *key,
	size_t key_size, const uint8_t *data, size_t size)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO roster (key, number, turn, record) VALUES (?1, ?2, ?3, ?4) "
		"ON CONFLICT (key) DO UPDATE SET number = ?2, turn = ?3, record = ?4");

	if (!stmt)
		return registry_sql_fail(reg, "write the roster");
	registry_bind_blob(stmt, 1, key, key_size);
	sqlite3_bind_int64(stmt, 2, (int64_t)reg->next.roster.revision.number);
	sqlite3_bind_int64(stmt, 3, registry_turn(record->kind, record->gone));
	if (size > 0)
		registry_bind_blob(stmt, 4, data, size);
	return registry_run(reg, stmt, "write the roster");
}

/* Digest and count after `old` became `data`; either may be nothing. */
static void account(struct registry *reg, enum roster_kind kind, const uint8_t *old,
	size_t old_size, const uint8_t *data, size_t size)
{
	struct registry_roster *roster = &reg->next.roster;

	if (old_size > 0)
		roster_digest_take(roster->digest, old, old_size, reg->hash);
	if (size > 0)
		roster_digest_add(roster->digest, data, size, reg->hash);
	if (kind != ROSTER_KIND_CARD)
		return;
	roster->cards += size > 0;
	roster->cards -= old_size > 0;
}

int registry_roster_put(struct registry *reg, const struct roster_record *record)
{
	uint8_t key[ROSTER_KEY_MAX], old[ROSTER_RECORD_MAX], data[ROSTER_RECORD_MAX];
	int key_size = roster_record_key(record, key), size = 0, rc;
	size_t old_size;

	if (!record->gone)
		size = roster_record_encode(record, data);
	if (key_size < 0 || size < 0)
		return registry_break(
			reg, registry_fail(reg, -EINVAL, "a value does not fit the doors' roster"));
	rc = look(reg, key, (size_t)key_size, old, &old_size);
	if (rc < 0)
		return rc;
	if (old_size == (size_t)size && (size == 0 || memcmp(old, data, (size_t)size) == 0))
		return 0;
	if (!reg->touched)
		reg->next.roster.revision.number = reg->state.roster.revision.number + 1;
	reg->touched = true;
	rc = write_row(reg, record, key, (size_t)key_size, data, (size_t)size);
	if (rc < 0)
		return rc;
	account(reg, record->kind, old, old_size, data, (size_t)size);
	return 1;
}

static int sum(struct registry *reg, uint8_t digest[ROSTER_DIGEST_SIZE])
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT record FROM roster WHERE record IS NOT NULL");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the roster");
	while ((rc = registry_step(reg, stmt, "read the roster")) > 0)
		roster_digest_add(digest, sqlite3_column_blob(stmt, 0),
			(size_t)sqlite3_column_bytes(stmt, 0), reg->hash);
	return rc;
}

int registry_roster_sum(struct registry *reg)
{
	static const uint8_t none[ROSTER_DIGEST_SIZE];
	int error;

	if (memcmp(reg->state.roster.digest, none, sizeof(none)) != 0)
		return 0; /* no sum is zero: there is always the site's record */
	error = registry_begin(reg);
	if (error < 0)
		return error;
	error = sum(reg, reg->next.roster.digest);
	reg->headed = true;
	return registry_leave(reg, true, error);
}

int registry_roster_has(struct registry *reg, const struct roster_record *record)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT 1 FROM roster WHERE key = ?1 AND record IS NOT NULL");
	uint8_t key[ROSTER_KEY_MAX];
	int size = roster_record_key(record, key);

	if (size < 0)
		return 0;
	if (!stmt)
		return registry_sql_fail(reg, "read the roster");
	registry_bind_blob(stmt, 1, key, (size_t)size);
	return registry_step(reg, stmt, "read the roster");
}

int registry_roster_has_door(struct registry *reg, const char *door)
{
	struct roster_record record = {.kind = ROSTER_KIND_DOOR};

	snprintf(record.door, sizeof(record.door), "%s", door);
	return registry_roster_has(reg, &record);
}

int registry_roster(struct registry *reg, struct registry_roster *ret_roster)
{
	*ret_roster = reg->state.roster;
	return 0;
}

int registry_raise_generation(struct registry *reg, uint32_t generation)
{
	bool own;
	int error = registry_enter(reg, &own);

	if (error < 0)
		return error;
	if (generation <= reg->next.roster.revision.generation)
		return registry_leave(reg, own,
			registry_fail(reg, -EINVAL,
				"the generation is %u already: name a higher one",
				reg->next.roster.revision.generation));
	/* nobody has an earlier revision of this generation: nothing is left to be told as gone */
	if (db_do(reg->db, "DELETE FROM roster WHERE record IS NULL; DELETE FROM change;"
			   /* what has ended since the backup does not begin again */
			   "DELETE FROM session; UPDATE claim SET expires_us = 0") < 0)
		return registry_leave(reg, own, registry_sql_fail(reg, "raise the generation"));
	reg->next.roster.revision.generation = generation;
	reg->next.floor = reg->next.roster.revision.number;
	reg->headed = true;
	return registry_leave(reg, own, 0);
}

/* ---- forgetting ---- */

#define GONE_SQL " FROM roster WHERE turn IN (0, 6, 7, 8) AND number <= ?1"
_Static_assert(ROSTER_TURN_DATE_GONE == 0 && ROSTER_TURN_CARD_GONE == 6 &&
		       ROSTER_TURN_TIER_GONE == 7 && ROSTER_TURN_DOOR_GONE == 8,
	"the turns that GONE_SQL names");

/* The number in the first row, 0 for NULL. */
static int number_of(struct registry *reg, const char *sql, int64_t bound, uint64_t *ret_number)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read what is gone");
	sqlite3_bind_int64(stmt, 1, bound);
	rc = registry_step(reg, stmt, "read what is gone");
	*ret_number = rc > 0 ? registry_take_u64(stmt, 0) : 0;
	return rc;
}

static int delete_up_to(struct registry *reg, const char *sql, uint64_t number)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);

	if (!stmt)
		return registry_sql_fail(reg, "forget what is gone");
	sqlite3_bind_int64(stmt, 1, (int64_t)number);
	return registry_run(reg, stmt, "forget what is gone");
}

/* The floor goes up no further than to what is forgotten: a quiet site keeps its deltas. */
static int forget(struct registry *reg)
{
	uint64_t number = reg->next.roster.revision.number, last = 0, highest = 0;
	int rc = number_of(reg, "SELECT max(number) FROM change WHERE at_us < ?1",
		registry_now_us(reg) - REMEMBER_US, &last);

	if (number > REMEMBER_NUMBERS && number - REMEMBER_NUMBERS > last)
		last = number - REMEMBER_NUMBERS;
	if (rc >= 0)
		rc = number_of(reg, "SELECT max(number)" GONE_SQL, (int64_t)last, &highest);
	if (rc >= 0)
		rc = delete_up_to(reg, "DELETE FROM change WHERE number <= ?1", last);
	if (rc < 0 || highest == 0)
		return rc < 0 ? rc : 0;
	if (highest > reg->next.floor)
		reg->next.floor = highest;
	reg->headed = true;
	return delete_up_to(reg, "DELETE" GONE_SQL, highest);
}

int registry_prune(struct registry *reg, int32_t today)
{
	int error = registry_check_changing(reg), left;

	if (error < 0)
		return error;
	left = registry_calendar_refresh(reg, today);
	if (left < 0)
		return left;
	error = forget(reg);
	if (error >= 0)
		error = registry_commands_prune(reg, registry_now_us(reg) - COMMANDS_US);
	return error < 0 ? error : left;
}
