/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the log. Answers are in the order of collection, by id; the filters use what was
 * written beside the entries, the answers are decoded from their bytes.
 */
#include "registry_log_private.h"

#include <string.h>

#define SQL_MAX 1024

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
	AT_UNTIL
};

/* The index that leaves the fewest rows to look at; SQLite without statistics would guess. */
static const char *pick_index(const struct registry_log_query *q)
{
	if (q->member)
		return "INDEXED BY entry_member";
	if (q->card)
		return "INDEXED BY entry_card";
	if (q->reason >= 0 && q->reason != REASON_GRANTED)
		return "INDEXED BY entry_reason";
	if (q->kind >= 0 && q->kind != ENTRY_KIND_TAP)
		return "INDEXED BY entry_kind";
	if (q->door)
		return "INDEXED BY entry_door";
	return "NOT INDEXED"; /* by id */
}

static void add(char sql[SQL_MAX], const char *text)
{
	size_t used = strlen(sql);

	snprintf(sql + used, SQL_MAX - used, "%s", text);
}

/* Text of literals only; values are bound. */
static void compose(const struct registry_log_query *q, char sql[SQL_MAX])
{
	bool zones = (q->from_us || q->until_us) && !q->member && !q->card;

	strcpy(sql, "SELECT e.id, e.door, c.journal, e.seq, e.hash, e.body, e.salt, e.subject, "
		    "e.why FROM ");
	if (zones)
		add(sql, "entry_zone z CROSS JOIN ");
	add(sql, "entry e ");
	add(sql, pick_index(q));
	add(sql, " CROSS JOIN chain c ON c.id = e.chain WHERE e.id > ?1 AND e.id < ?2");
	if (zones)
		add(sql, " AND z.zone >= ?1 / 1024 AND z.zone <= ?2 / 1024"
			 " AND z.max_us >= ?10 AND z.min_us < ?11"
			 " AND e.id >= z.zone * 1024 AND e.id < z.zone * 1024 + 1024");
	if (q->from_us || q->until_us)
		add(sql, " AND e.wall_us >= ?10 AND e.wall_us < ?11");
	if (q->door)
		add(sql, " AND e.door = ?4");
	if (q->member)
		add(sql, " AND e.member = ?5");
	if (q->card)
		add(sql, " AND e.card = ?6");
	if (q->verdict >= 0)
		add(sql, " AND e.verdict = ?7");
	if (q->reason >= 0)
		add(sql, " AND e.reason = ?8");
	if (q->kind >= 0)
		add(sql, " AND e.kind = ?9");
	add(sql, " ORDER BY ");
	if (zones)
		add(sql, q->above ? "z.zone, " : "z.zone DESC, ");
	add(sql, q->above ? "e.id LIMIT ?3" : "e.id DESC LIMIT ?3");
}

static int64_t bounded(uint64_t id)
{
	return id < INT64_MAX ? (int64_t)id : INT64_MAX;
}

/* Those that this text does not name are ignored by SQLite. */
static void bind(sqlite3_stmt *stmt, const struct registry_log_query *q)
{
	size_t limit = q->limit < REGISTRY_PAGE_MAX ? q->limit : REGISTRY_PAGE_MAX;

	sqlite3_bind_int64(stmt, AT_ABOVE, bounded(q->above));
	sqlite3_bind_int64(stmt, AT_BELOW, q->below ? bounded(q->below) : INT64_MAX);
	sqlite3_bind_int64(stmt, AT_LIMIT, (int64_t)limit);
	if (q->door)
		registry_bind_text(stmt, AT_DOOR, q->door);
	sqlite3_bind_int64(stmt, AT_MEMBER, (int64_t)q->member);
	sqlite3_bind_int64(stmt, AT_CARD, (int64_t)q->card);
	sqlite3_bind_int64(stmt, AT_VERDICT, q->verdict);
	sqlite3_bind_int64(stmt, AT_REASON, q->reason);
	sqlite3_bind_int64(stmt, AT_KIND, q->kind);
	sqlite3_bind_int64(stmt, AT_FROM, q->from_us ? q->from_us : INT64_MIN);
	sqlite3_bind_int64(stmt, AT_UNTIL, q->until_us ? q->until_us : INT64_MAX);
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

int registry_log(
	struct registry *reg, const struct registry_log_query *query, struct registry_entry *rows)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	char sql[SQL_MAX];
	int count = 0, rc;

	compose(query, sql);
	if (sqlite3_prepare_v2(reg->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return registry_sql_fail(reg, "read the log");
	bind(stmt, query);
	while ((rc = registry_step(reg, stmt, "read the log")) > 0)
		take(reg, stmt, &rows[count++]);
	return rc < 0 ? rc : count;
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
