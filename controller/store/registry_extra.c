/* SPDX-License-Identifier: Apache-2.0 */
/* Rights beside the tier's, as the doors know them: who is on an event's list, guest passes. */
#include "registry_days_private.h"

#include "base/clock.h"
#include <string.h>

/* Of two kinds of row in one set of numbers. */
static uint64_t number_of(enum decide_extra_kind kind, uint64_t row)
{
	return 2 * row + (kind == DECIDE_EXTRA_GUEST);
}

static int64_t minute_of(int64_t us)
{
	struct civil at;

	return clock_civil(us, &at) < 0 ? 0 : decide_minute(at.date, at.minute);
}

int registry_extra_put(struct registry *reg, const struct registry_extra *e)
{
	struct roster_record record = {.kind = ROSTER_KIND_EXTRA,
		.extra = {.id = number_of(e->kind, e->row),
			.kind = e->kind,
			.member = e->person.member,
			.card = e->person.card,
			.about = e->about,
			.span = {minute_of(e->from_us), minute_of(e->until_us)},
			.free = e->free}};

	record.gone = e->until_us <= registry_now_us(reg) ||
		      record.extra.span.until <= record.extra.span.from ||
		      (e->person.member == 0 && e->person.card == 0);
	snprintf(record.extra.door, sizeof(record.extra.door), "%s", e->door);
	return registry_roster_put(reg, &record);
}

int registry_extra_drop(struct registry *reg, enum decide_extra_kind kind, uint64_t row)
{
	struct roster_record record = {
		.kind = ROSTER_KIND_EXTRA, .gone = true, .extra.id = number_of(kind, row)};

	return registry_roster_put(reg, &record);
}

/* The next EXTRA after this key that is over; its id, 0 for none. The key's place moves on. */
static int next_over(struct registry *reg, int64_t minute, uint8_t key[ROSTER_KEY_MAX],
	int *key_size, uint64_t *id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT key, record FROM roster WHERE key > ?1 AND key < x'08' "
		"AND record IS NOT NULL ORDER BY key");
	static const size_t key_min = 2;
	struct roster_record record;
	int rc;

	_Static_assert(ROSTER_KIND_EXTRA == 7, "the first byte of the keys");
	*id = 0;
	if (!stmt)
		return registry_sql_fail(reg, "read the roster");
	registry_bind_blob(stmt, 1, key, (size_t)*key_size);
	while ((rc = registry_step(reg, stmt, "read the roster")) > 0) {
		size_t size = (size_t)sqlite3_column_bytes(stmt, 0);

		if (size < key_min || size > ROSTER_KEY_MAX ||
			roster_record_decode(sqlite3_column_blob(stmt, 1),
				(size_t)sqlite3_column_bytes(stmt, 1), &record) < 0)
			continue;
		if (record.extra.span.until > minute)
			continue;
		*key_size = (int)size;
		memcpy(key, sqlite3_column_blob(stmt, 0), size);
		*id = record.extra.id;
		return 1;
	}
	return rc;
}

int registry_extras_prune(struct registry *reg, int64_t now_us)
{
	struct roster_record record = {.kind = ROSTER_KIND_EXTRA, .gone = true};
	uint8_t key[ROSTER_KEY_MAX] = {ROSTER_KIND_EXTRA};
	int size = 1, count = 0, rc;

	while ((rc = next_over(reg, minute_of(now_us), key, &size, &record.extra.id)) > 0) {
		rc = registry_roster_put(reg, &record);
		if (rc < 0)
			return rc;
		count++;
	}
	return rc < 0 ? rc : count;
}
