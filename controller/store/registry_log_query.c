/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the log. Answers are in the order of collection, by id; the filters use what was
 * written beside the entries, the answers are decoded from their bytes.
 */
#include "registry_log_private.h"

#include <string.h>

#define SQL_MAX 1024
#define RUN 8 /* zones asked at once */

/* Parameters have the same number in every text. */
enum {
	AT_ABOVE = 1,
	AT_BELOW,
	AT_LIMIT,
	AT_DOOR,
	AT_MEMBER,
	AT_CARD,
	AT_VERDICT,
	AT_REASON,
	AT_KIND,
	AT_FROM,
	AT_UNTIL,
	AT_EVENT,
	AT_ACTOR
};

/* How many of those are asked for that entry_mix knows. */
static int mixed(const struct registry_log_query *q)
{
	return (q->door != NULL) + (q->verdict >= 0) + (q->reason >= 0) + (q->kind >= 0);
}

/*
 * An index leads to one thing, and of two that are each common there may be few or none together:
 * then only zones are read in which there are such. Of one person there are few entries anyway.
 */
static bool asks_mix(const struct registry_log_query *q)
{
	if (q->member || q->card)
		return false;
	if (q->event || q->actor)
		return mixed(q) > 0;
	return mixed(q) > 1 || q->verdict > 0;
}

/* The index that leaves the fewest rows to look at; SQLite without statistics would guess. */
static const char *pick_index(const struct registry_log_query *q)
{
	if (q->member)
		return "INDEXED BY entry_member";
	if (q->card)
		return "INDEXED BY entry_card";
	if (q->event)
		return "INDEXED BY entry_event";
	if (q->actor)
		return "INDEXED BY entry_actor";
	if (q->reason >= 0 && q->reason != REASON_GRANTED)
		return "INDEXED BY entry_reason";
	if (q->kind >= 0 && q->kind != ENTRY_KIND_TAP)
		return "INDEXED BY entry_kind";
	if (q->verdict == 0)
		return "INDEXED BY entry_denied";
	if (q->door)
		return "INDEXED BY entry_door";
	if (q->reason >= 0)
		return "INDEXED BY entry_reason";
	if (q->kind >= 0)
		return "INDEXED BY entry_kind";
	return "NOT INDEXED"; /* by id */
}

static void add(char sql[SQL_MAX], const char *text)
{
	size_t used = strlen(sql);

	snprintf(sql + used, SQL_MAX - used, "%s", text);
}

static bool ascends(const struct registry_log_query *q)
{
	return q->ascending || q->above > 0;
}

/* Text of literals only; values are bound. */
static void compose(const struct registry_log_query *q, char sql[SQL_MAX])
{
	strcpy(sql, "SELECT e.id, e.door, c.journal, e.seq, e.hash, e.body, e.salt, e.subject, "
		    "e.why FROM entry e ");
	add(sql, pick_index(q));
	add(sql, " CROSS JOIN chain c ON c.id = e.chain WHERE e.id > ?1 AND e.id < ?2");
	if (q->from_us || q->until_us)
		add(sql, " AND e.wall_us >= ?10 AND e.wall_us < ?11");
	if (q->door)
		add(sql, " AND e.door = ?4");
	if (q->member)
		add(sql, " AND e.member = ?5");
	if (q->card)
		add(sql, " AND e.card = ?6");
	if (q->event)
		add(sql, " AND e.event = ?12");
	if (q->actor)
		add(sql, " AND e.actor = ?13");
	/* literals: entry_denied is only for one of them */
	if (q->verdict >= 0)
		add(sql, q->verdict ? " AND e.verdict = 1" : " AND e.verdict = 0");
	if (q->reason >= 0)
		add(sql, " AND e.reason = ?8");
	if (q->kind >= 0)
		add(sql, " AND e.kind = ?9");
	add(sql, ascends(q) ? " ORDER BY e.id LIMIT ?3" : " ORDER BY e.id DESC LIMIT ?3");
}

/* Those that this text does not name are ignored by SQLite. */
static void bind(sqlite3_stmt *stmt, const struct registry_log_query *q)
{
	if (q->door)
		registry_bind_text(stmt, AT_DOOR, q->door);
	sqlite3_bind_int64(stmt, AT_MEMBER, (int64_t)q->member);
	sqlite3_bind_int64(stmt, AT_CARD, (int64_t)q->card);
	sqlite3_bind_int64(stmt, AT_VERDICT, q->verdict);
	sqlite3_bind_int64(stmt, AT_REASON, q->reason);
	sqlite3_bind_int64(stmt, AT_KIND, q->kind);
	sqlite3_bind_int64(stmt, AT_EVENT, (int64_t)q->event);
	if (q->actor)
		registry_bind_text(stmt, AT_ACTOR, q->actor);
	sqlite3_bind_int64(stmt, AT_FROM, q->from_us ? q->from_us : INT64_MIN);
	sqlite3_bind_int64(stmt, AT_UNTIL, q->until_us ? q->until_us : INT64_MAX);
}

static int64_t bounded(uint64_t id)
{
	return id < INT64_MAX ? (int64_t)id : INT64_MAX;
}

static void take(const struct registry *reg, sqlite3_stmt *stmt, struct registry_entry *out)
{
	struct registry_batch_row row;

	*out = (struct registry_entry){.id = registry_take_u64(stmt, 0)};
	registry_take_text(stmt, 1, out->door, sizeof(out->door));
	registry_take_blob(stmt, 2, out->journal, sizeof(out->journal));
	registry_log_row(stmt, 3, &row);
	out->seq = row.seq;
	memcpy(out->hash, row.hash, sizeof(out->hash));
	out->poison = row.poison || entry_decode(&row.record, reg->hash, &out->entry) < 0;
	if (out->poison)
		out->entry = (struct entry){0};
}

/* Where an answer stands: ids between above and below are asked for. */
struct asking {
	struct registry *reg;
	const struct registry_log_query *query;
	sqlite3_stmt *stmt;
	struct registry_entry *rows;
	int64_t above, below;
	int count, limit;
};

/* Adds what lies between two ids, exclusive. 0 or negative errno. */
static int ask(struct asking *a, int64_t above, int64_t below)
{
	int rc;

	sqlite3_reset(a->stmt);
	sqlite3_bind_int64(a->stmt, AT_ABOVE, above > a->above ? above : a->above);
	sqlite3_bind_int64(a->stmt, AT_BELOW, below < a->below ? below : a->below);
	sqlite3_bind_int64(a->stmt, AT_LIMIT, a->limit - a->count);
	while ((rc = registry_step(a->reg, a->stmt, "read the log")) > 0)
		take(a->reg, a->stmt, &a->rows[a->count++]);
	return rc;
}

/* In which zones there can be such: by the times in them, and by what is among them. */
static void compose_zones(const struct registry_log_query *q, char sql[SQL_MAX])
{
	strcpy(sql, "SELECT zone FROM entry_zone z WHERE zone >= ?1 AND zone <= ?2");
	if (q->from_us || q->until_us)
		add(sql, " AND max_us >= ?10 AND min_us < ?11");
	if (asks_mix(q)) {
		add(sql, " AND EXISTS (SELECT 1 FROM entry_mix m WHERE m.zone = z.zone");
		if (q->door)
			add(sql, " AND m.door = ?4");
		if (q->verdict >= 0)
			add(sql, " AND m.verdict = ?7");
		if (q->reason >= 0)
			add(sql, " AND m.reason = ?8");
		if (q->kind >= 0)
			add(sql, " AND m.kind = ?9");
		add(sql, ")");
	}
	add(sql, ascends(q) ? " ORDER BY zone" : " ORDER BY zone DESC");
}

static int ask_zones_between(struct asking *a, int64_t first, int64_t last)
{
	int64_t low = first < last ? first : last, high = first < last ? last : first;

	return ask(a, low * REGISTRY_LOG_ZONE - 1, (high + 1) * REGISTRY_LOG_ZONE);
}

/* Zones that lie side by side are one question, though not too many: one page may be in the first.
 */
static int ask_by_zone(struct asking *a)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *zones = NULL;
	int64_t first = -1, last = -1, step = ascends(a->query) ? 1 : -1;
	char sql[SQL_MAX];
	int rc;

	compose_zones(a->query, sql);
	if (sqlite3_prepare_v2(a->reg->db, sql, -1, &zones, NULL) != SQLITE_OK)
		return registry_sql_fail(a->reg, "read where entries are");
	bind(zones, a->query);
	sqlite3_bind_int64(zones, AT_ABOVE, a->above / REGISTRY_LOG_ZONE);
	sqlite3_bind_int64(zones, AT_BELOW, a->below / REGISTRY_LOG_ZONE);
	while ((rc = registry_step(a->reg, zones, "read where entries are")) > 0) {
		int64_t zone = sqlite3_column_int64(zones, 0);

		if (first >= 0 && (zone != last + step || zone == first + RUN * step)) {
			rc = ask_zones_between(a, first, last);
			first = -1;
		}
		if (rc < 0 || a->count == a->limit)
			return rc < 0 ? rc : 0;
		first = first < 0 ? zone : first;
		last = zone;
	}
	if (rc == 0 && first >= 0)
		rc = ask_zones_between(a, first, last);
	return rc;
}

int registry_log(
	struct registry *reg, const struct registry_log_query *query, struct registry_entry *rows)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	struct asking a = {.reg = reg,
		.query = query,
		.rows = rows,
		.above = bounded(query->above),
		.below = query->below ? bounded(query->below) : INT64_MAX,
		.limit = query->limit < REGISTRY_PAGE_MAX ? (int)query->limit : REGISTRY_PAGE_MAX};
	char sql[SQL_MAX];
	int rc;

	compose(query, sql);
	if (sqlite3_prepare_v2(reg->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return registry_sql_fail(reg, "read the log");
	bind(stmt, query);
	a.stmt = stmt;
	if (asks_mix(query) ||
		((query->from_us || query->until_us) && !query->member && !query->card))
		rc = ask_by_zone(&a);
	else
		rc = ask(&a, -1, INT64_MAX);
	return rc < 0 ? rc : a.count;
}

/* ---- unknown cards ---- */

static bool seen_before(const struct registry_unknown *rows, int count, const struct token *token)
{
	for (int i = 0; i < count; i++)
		if (memcmp(&rows[i].token, token, sizeof(*token)) == 0)
			return true;
	return false;
}

/*
 * A tap that was collected late, after the door was cut off, is not "just now": a clock that can be
 * trusted says so.
 */
static bool is_old(const struct entry *entry, int64_t since_us)
{
	return (entry->clock == CLOCK_TRUST_SYNCED || entry->clock == CLOCK_TRUST_RTC) &&
	       entry->wall_us < since_us;
}

static int take_unknown(const struct registry *reg, sqlite3_stmt *stmt, int64_t since_us,
	struct registry_unknown *rows, int count)
{
	struct registry_batch_row row;
	struct entry entry;

	registry_log_row(stmt, 2, &row);
	if (row.poison || entry_decode(&row.record, reg->hash, &entry) < 0 ||
		!entry.subject.has_token || is_old(&entry, since_us) ||
		seen_before(rows, count, &entry.subject.token))
		return count;
	rows[count] = (struct registry_unknown){
		.token = entry.subject.token,
		.key_id = entry.subject.key_id,
		.at_us = sqlite3_column_int64(stmt, 0),
	};
	registry_take_text(stmt, 1, rows[count].door, sizeof(rows[count].door));
	return count + 1;
}

int registry_log_unknown(struct registry *reg, const char *door, int64_t since_us,
	struct registry_unknown *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT collected_us, door, " REGISTRY_LOG_ROW " FROM entry INDEXED BY entry_reason"
		" WHERE reason = ?1 AND (?2 IS NULL OR door = ?2) ORDER BY id DESC");
	int count = 0, rc = 0;

	if (!stmt)
		return registry_sql_fail(reg, "read the unknown cards");
	sqlite3_bind_int64(stmt, 1, REASON_CARD_UNKNOWN);
	if (door)
		registry_bind_text(stmt, 2, door);
	while ((size_t)count < limit &&
		(rc = registry_step(reg, stmt, "read the unknown cards")) > 0 &&
		sqlite3_column_int64(stmt, 0) >= since_us)
		count = take_unknown(reg, stmt, since_us, rows, count);
	return (size_t)count < limit && rc < 0 ? rc : count;
}
