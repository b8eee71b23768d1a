/* SPDX-License-Identifier: Apache-2.0 */
/* How long things are kept, and forgetting what is past that. */
#include "registry_erase_private.h"

#include "base/clock.h"
#include "store/registry_days.h"
#include "store/registry_site.h"

#define HOUR_US 3600000000LL
#define DAY_US (24 * HOUR_US)
#define JUMP_US (40 * DAY_US) /* of the clock, since the last time: is it the clock? */
#define ENTRIES_AT_ONCE 4096  /* of one journal: the hub has others to serve */

int registry_retention(struct registry *reg, struct registry_retention *ret_retention)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT entries_days, unknown_hours, names_days, audit_days, notices_days, "
		"version FROM retention");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read how long things are kept");
	rc = registry_step(reg, stmt, "read how long things are kept");
	if (rc <= 0)
		return rc < 0 ? rc : registry_fail(reg, -EBADMSG, "the registry has no retention");
	*ret_retention = (struct registry_retention){
		.entries_days = registry_take_u32(stmt, 0),
		.unknown_hours = registry_take_u32(stmt, 1),
		.names_days = registry_take_u32(stmt, 2),
		.audit_days = registry_take_u32(stmt, 3),
		.notices_days = registry_take_u32(stmt, 4),
		.version = registry_take_u64(stmt, 5),
	};
	return 0;
}

static int check(struct registry *reg, const struct registry_retention *r)
{
	const struct {
		const char *name;
		uint32_t value, min, max;
	} bounds[] = {
		{"entries_days", r->entries_days, 31, 3660},
		{"unknown_hours", r->unknown_hours, 1, 720},
		{"names_days", r->names_days, 1, 366},
		{"audit_days", r->audit_days, 31, 3660},
		{"notices_days", r->notices_days, 7, 366},
	};

	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++)
		if (bounds[i].value < bounds[i].min || bounds[i].value > bounds[i].max)
			return registry_fail(reg, -EINVAL, "%s is %u: use %u … %u", bounds[i].name,
				bounds[i].value, bounds[i].min, bounds[i].max);
	return 0;
}

int registry_retention_change(struct registry *reg, const struct registry_retention *retention)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE retention SET entries_days = ?1, unknown_hours = ?2, names_days = ?3, "
		"audit_days = ?4, notices_days = ?5, version = version + 1");
	struct registry_retention now;
	int error = registry_check_changing(reg);

	if (error == 0)
		error = check(reg, retention);
	if (error == 0)
		error = registry_retention(reg, &now);
	if (error == 0)
		error = registry_check_version(
			reg, "the retention", retention->version, now.version);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "change how long things are kept");
	sqlite3_bind_int64(stmt, 1, retention->entries_days);
	sqlite3_bind_int64(stmt, 2, retention->unknown_hours);
	sqlite3_bind_int64(stmt, 3, retention->names_days);
	sqlite3_bind_int64(stmt, 4, retention->audit_days);
	sqlite3_bind_int64(stmt, 5, retention->notices_days);
	error = registry_run(reg, stmt, "change how long things are kept");
	return error < 0 ? error : 0;
}

/* ---- forgetting ---- */

/* Runs a literal with one time: how many rows it took, counted in *count. */
static int forget(struct registry *reg, sqlite3_stmt *stmt, int64_t before_us, uint64_t *count)
{
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "forget what is past its retention");
	sqlite3_bind_int64(stmt, 1, before_us);
	rc = registry_run(reg, stmt, "forget what is past its retention");
	if (rc > 0 && count)
		*count += (uint64_t)rc;
	return rc;
}

/* The chain holds without salt and subject. Rotten rows stand under a digest of all their bytes. */
static int forget_unknown(struct registry *reg, int64_t before_us, uint64_t *count)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE entry SET salt = NULL, subject = NULL, token = NULL, member = NULL, "
		"card = NULL, actor = NULL, event = NULL WHERE (reason IN (?2, ?3) OR kind = ?4) "
		"AND "
		"salt IS NOT NULL AND why IS NULL AND collected_us < ?1");
	int rc;

	sqlite3_bind_int64(stmt, 2, REASON_CARD_UNKNOWN);
	sqlite3_bind_int64(stmt, 3, REASON_CARD_RANDOM_UID);
	sqlite3_bind_int64(stmt, 4, ENTRY_KIND_ENROL); /* whose it became stands with the card */
	rc = forget(reg, stmt, before_us, count);
	if (rc < 0)
		return rc;
	rc = registry_erase_unknown_forks(reg, before_us);
	*count += rc > 0 ? (uint64_t)rc : 0;
	return rc;
}

/* Who came and went, what it used and who was on a list goes with the entries that told of it; of a
 * list the counts stay. */
static int forget_moves(struct registry *reg, int64_t before_us, uint64_t *names)
{
	CLEANUP(registry_done)
	sqlite3_stmt *moves = registry_prepare(reg, "DELETE FROM presence WHERE at_us < ?1");
	CLEANUP(registry_done)
	sqlite3_stmt *uses =
		registry_prepare(reg, "DELETE FROM usage WHERE month <= ?2 AND at_us < ?1");
	CLEANUP(registry_done)
	sqlite3_stmt *gifts = registry_prepare(reg, "DELETE FROM correction WHERE at_us < ?1");
	CLEANUP(registry_done)
	sqlite3_stmt *passes = registry_prepare(
		reg, "DELETE FROM guest_pass WHERE ended_us > 0 AND ended_us < ?1");
	CLEANUP(registry_done)
	sqlite3_stmt *lists = registry_prepare(reg,
		"UPDATE event_guest SET name = '', member = NULL, card = NULL WHERE "
		"(name <> '' OR member IS NOT NULL OR card IS NOT NULL) AND event IN "
		"(SELECT id FROM event WHERE max(doors_until_us, ends_us) < ?1)");
	int rc = forget(reg, moves, before_us, NULL);
	struct civil at;

	if (uses && clock_civil(before_us, &at) == 0)
		sqlite3_bind_int64(uses, 2, registry_month_of(at.date));
	if (rc >= 0)
		rc = forget(reg, uses, before_us, NULL);
	if (rc >= 0)
		rc = forget(reg, gifts, before_us, NULL);
	if (rc >= 0)
		rc = forget(reg, passes, before_us, NULL);
	return rc < 0 ? rc : forget(reg, lists, before_us, names);
}

static int forget_names(struct registry *reg, int64_t before_us, uint64_t *count)
{
	CLEANUP(registry_done)
	sqlite3_stmt *guests = registry_prepare(reg,
		"UPDATE event_guest SET name = '' WHERE name <> '' AND member IS NULL AND event IN "
		"(SELECT id FROM event WHERE max(doors_until_us, ends_us) < ?1)");
	CLEANUP(registry_done)
	sqlite3_stmt *passes = registry_prepare(reg,
		"UPDATE guest_pass SET name = '' WHERE name <> '' AND ended_us > 0 AND "
		"ended_us < ?1");
	int rc = forget(reg, guests, before_us, count);

	return rc < 0 ? rc : forget(reg, passes, before_us, count);
}

static int forget_told(struct registry *reg, const struct registry_retention *r, int64_t now_us,
	struct registry_forgotten *done)
{
	CLEANUP(registry_done)
	sqlite3_stmt *audit = registry_prepare(reg, "DELETE FROM audit WHERE at_us < ?1");
	CLEANUP(registry_done)
	sqlite3_stmt *notice = registry_prepare(reg, "DELETE FROM notice WHERE at_us < ?1");
	CLEANUP(registry_done)
	sqlite3_stmt *alarm =
		registry_prepare(reg, "DELETE FROM alarm WHERE seen_by <> '' AND last_us < ?1");
	int rc = forget(reg, audit, now_us - r->audit_days * DAY_US, &done->audit);

	if (rc >= 0)
		rc = forget(reg, alarm, now_us - r->audit_days * DAY_US, NULL);
	return rc < 0 ? rc : forget(reg, notice, now_us - r->notices_days * DAY_US, &done->notices);
}

static int forget_all(struct registry *reg, const struct registry_retention *r, int64_t now_us,
	struct registry_forgotten *done)
{
	int64_t entries_us = now_us - r->entries_days * DAY_US;
	int rc = registry_log_prune(reg, entries_us, ENTRIES_AT_ONCE, &done->more);

	if (rc < 0)
		return rc;
	done->entries = (uint64_t)rc;
	rc = forget_moves(reg, entries_us, &done->names);
	if (rc >= 0)
		rc = forget_unknown(reg, now_us - r->unknown_hours * HOUR_US, &done->unknown);
	if (rc >= 0)
		rc = forget_names(reg, now_us - r->names_days * DAY_US, &done->names);
	return rc < 0 ? rc : forget_told(reg, r, now_us, done);
}

/* ---- when ---- */

static int read_ran(struct registry *reg, int64_t *ret_us)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT ran_us FROM retention");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read when things were forgotten");
	rc = registry_step(reg, stmt, "read when things were forgotten");
	if (rc > 0)
		*ret_us = sqlite3_column_int64(stmt, 0);
	return rc < 0 ? rc : 0;
}

static int write_ran(struct registry *reg, int64_t now_us)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "UPDATE retention SET ran_us = ?1");

	return forget(reg, stmt, now_us, NULL);
}

/* A clock that was wrong for a month and is right again went forward, and then back. */
static int check_clock(struct registry *reg, bool sure, int64_t now_us)
{
	int64_t ran_us = 0;
	int rc = read_ran(reg, &ran_us);

	if (rc < 0 || sure || !ran_us || (now_us >= ran_us && now_us - ran_us <= JUMP_US))
		return rc;
	return registry_fail(reg, -EAGAIN,
		"the clock went %s by %lld days since the retention was last looked at: "
		"nothing is forgotten until a time server vouches for the clock",
		now_us < ran_us ? "back" : "forward",
		(long long)(now_us < ran_us ? ran_us - now_us : now_us - ran_us) / DAY_US);
}

int registry_forget(struct registry *reg, bool sure, struct registry_forgotten *ret_forgotten)
{
	struct registry_forgotten done = {0};
	struct registry_retention retention;
	int64_t now_us = registry_now_us(reg);
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = check_clock(reg, sure, now_us);
	if (rc == 0)
		rc = registry_retention(reg, &retention);
	if (rc == 0)
		rc = forget_all(reg, &retention, now_us, &done);
	if (rc >= 0)
		rc = write_ran(reg, now_us);
	if (rc < 0)
		return rc;
	*ret_forgotten = done;
	return 0;
}
