/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log without a person: salt and subject go, commitment and hash stay, so that chains and the
 * doors' signatures verify. Rotten rows stay as they are: a digest of all their bytes is signed.
 */
#include "registry_erase_private.h"

#include <string.h>

static bool has_token(const struct erasing *e, const struct entry_subject *subject)
{
	if (!subject->has_token || subject->member || subject->card)
		return false;
	for (size_t i = 0; i < e->token_count; i++)
		if (memcmp(&e->tokens[i], &subject->token, sizeof(subject->token)) == 0)
			return true;
	return false;
}

static int forget_row(struct registry *reg, struct erasing *e, const char *sql, int64_t id)
{
	int rc = registry_erase_run(reg, sql, (uint64_t)id, NULL);

	e->entries += rc > 0;
	return rc;
}

/* Doors find an entry of a member by the number; of one that has a token alone they are told. */
static int list_entry(struct registry *reg, const struct erasing *e, int64_t id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT OR IGNORE INTO erasure_entry SELECT c.door, ?1, c.journal, e.seq "
		"FROM entry e JOIN chain c ON c.id = e.chain WHERE e.id = ?2 AND (SELECT count(*) "
		"FROM erasure_entry x WHERE x.door = c.door AND x.member = ?1) < ?3");

	if (!stmt)
		return registry_sql_fail(reg, "list an entry for its door");
	sqlite3_bind_int64(stmt, 1, (int64_t)e->member.id);
	sqlite3_bind_int64(stmt, 2, id);
	sqlite3_bind_int64(stmt, 3, REGISTRY_ERASURE_ENTRIES_MAX);
	return registry_run(reg, stmt, "list an entry for its door");
}

#define FORGET_ENTRY                                                                  \
	"UPDATE entry SET salt = NULL, subject = NULL, token = NULL, member = NULL, " \
	"card = NULL, actor = NULL, event = NULL WHERE id = ?1"
#define FORGET_FORK "UPDATE fork SET salt = NULL, subject = NULL WHERE id = ?1"

/* A row of either table: is it about the person? */
static int judge(
	struct registry *reg, struct erasing *e, bool fork, int64_t id, const struct entry *entry)
{
	bool token = has_token(e, &entry->subject);
	int rc = 0;

	if (entry->subject.member != e->member.id && entry->subject.sponsor != e->member.id &&
		!token)
		return 0;
	if (token && !fork)
		rc = list_entry(reg, e, id);
	if (rc >= 0)
		rc = forget_row(reg, e, fork ? FORGET_FORK : FORGET_ENTRY, id);
	return rc;
}

/* The rows after *id that may be; each is found before the statement is used again to change it. */
static int next(struct registry *reg, bool fork, uint64_t member, int64_t *id, struct entry *entry)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		fork ? "SELECT id, " REGISTRY_LOG_ROW " FROM fork WHERE id > ?2 AND ?1 > 0 "
		       "AND salt IS NOT NULL AND why IS NULL ORDER BY id"
		     : "SELECT id, " REGISTRY_LOG_ROW " FROM entry NOT INDEXED WHERE id > ?2 AND "
		       "(member = ?1 OR member IS NULL) AND salt IS NOT NULL AND why IS NULL "
		       "ORDER BY id");
	struct registry_batch_row row;
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the log");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, *id);
	while ((rc = registry_step(reg, stmt, "read the log")) > 0) {
		*id = sqlite3_column_int64(stmt, 0);
		registry_log_row(stmt, 1, &row);
		if (!row.poison && entry_decode(&row.record, reg->hash, entry) == 0)
			return 1;
	}
	return rc;
}

int registry_erase_entries(struct registry *reg, struct erasing *e)
{
	struct entry entry;
	int rc = 0;

	for (int fork = 0; rc >= 0 && fork < 2; fork++) {
		int64_t id = 0;

		while (rc >= 0 && (rc = next(reg, fork, e->member.id, &id, &entry)) > 0)
			rc = judge(reg, e, fork, id, &entry);
	}
	return rc;
}

static int forget_old_fork(struct registry *reg, int64_t id, int64_t before_us)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE fork SET salt = NULL, subject = NULL WHERE id = ?1 AND collected_us < ?2");

	if (!stmt)
		return registry_sql_fail(reg, "forget an unknown card");
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, before_us);
	return registry_run(reg, stmt, "forget an unknown card");
}

int registry_erase_unknown_forks(struct registry *reg, int64_t before_us)
{
	struct entry entry;
	int64_t id = 0;
	int rc, count = 0;

	while ((rc = next(reg, true, 1, &id, &entry)) > 0) {
		const struct entry_subject *s = &entry.subject;

		if (!s->has_token || s->member || s->card)
			continue;
		rc = forget_old_fork(reg, id, before_us);
		if (rc < 0)
			return rc;
		count += rc;
	}
	return rc < 0 ? rc : count;
}

static int is_erased(struct registry *reg, uint64_t member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT 1 FROM erasure WHERE member = ?1");

	if (member == 0)
		return 0;
	if (!stmt)
		return registry_sql_fail(reg, "read who is erased");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	return registry_step(reg, stmt, "read who is erased");
}

int registry_erase_late(struct registry *reg, const struct entry *entry)
{
	int rc = is_erased(reg, entry->subject.member);

	return rc != 0 ? rc : is_erased(reg, entry->subject.sponsor);
}
