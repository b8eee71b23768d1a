/* SPDX-License-Identifier: Apache-2.0 */
/* Taking the doors' batches: each entry once, nothing dropped. */
#include "registry_erase_private.h"

#include <inttypes.h>
#include <string.h>

#define JOURNAL_SHOWN 9
#define MIXES 8 /* of a batch are remembered; others are written again, which changes nothing */

/* What an entry is, for the filters; -1: undecided. */
struct mix {
	int kind, verdict, reason;
};

struct taking {
	struct registry *reg;
	const struct registry_batch *batch;
	struct registry_log_end chain;
	char journal[JOURNAL_SHOWN]; /* the first digits of its id, for people */
	unsigned added;
	unsigned forked;
	uint64_t fork_seq; /* the first of them */
	unsigned poison;
	uint64_t poison_first, poison_last;
	const char *poison_why;
	/* the zone that is being filled */
	int64_t zone, min_us, max_us;
	struct mix mixes[MIXES];
	size_t mix_count;
	struct registry_reckoning reckoning;
};

/* ---- rows as they are kept ---- */

/* Chain, seq, hash, body, salt, subject, why, collected: what entries and forks have in common.
 * late: it is about somebody who is erased. */
static void bind_row(
	sqlite3_stmt *stmt, const struct taking *t, const struct registry_batch_row *row, bool late)
{
	const struct entry_record *record = &row->record;

	sqlite3_bind_int64(stmt, 1, t->chain.id);
	sqlite3_bind_int64(stmt, 2, (int64_t)row->seq);
	registry_bind_blob(stmt, 3, row->hash, sizeof(row->hash));
	registry_bind_blob(stmt, 4, record->body, record->body_size);
	if (record->subject_size > 0 && !late) {
		registry_bind_blob(stmt, 5, record->salt, sizeof(record->salt));
		registry_bind_blob(stmt, 6, record->subject, record->subject_size);
	}
	if (row->poison)
		registry_bind_text(stmt, 7, row->why);
	sqlite3_bind_int64(stmt, 8, registry_now_us(t->reg));
}

/* ---- chains ---- */

/* What the new journal says of the one before it, against what is here. */
static int check_link(const struct taking *t)
{
	static const uint8_t none[ENTRY_HASH_SIZE];
	struct registry_log_end last = {0};
	int rc = registry_log_newest(t->reg, t->batch->door, &last);
	const uint8_t *before = rc > 0 ? last.last_hash : none;

	if (rc < 0 || memcmp(before, t->batch->before, ENTRY_HASH_SIZE) == 0)
		return rc < 0 ? rc : 0;
	if (rc == 0)
		return registry_alarm_raise(t->reg, REGISTRY_ALARM_UNLINKED, t->batch->door,
			"journal %s names one before it that never came: its entries are missing",
			t->journal);
	return registry_alarm_raise(t->reg, REGISTRY_ALARM_UNLINKED, t->batch->door,
		"journal %s does not follow the one before it, of which %" PRIu64
		" entries came: later ones are missing, or the door's disk was replaced",
		t->journal, last.last_seq);
}

static int begin_chain(struct taking *t)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(t->reg,
		"INSERT INTO chain (door, journal, before, start, first_seq, last_seq, last_hash)"
		" VALUES (?1, ?2, ?3, ?4, 1, 0, ?4)");
	const struct registry_batch *batch = t->batch;
	int rc = check_link(t);

	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(t->reg, "begin a journal");
	registry_bind_text(stmt, 1, batch->door);
	registry_bind_blob(stmt, 2, batch->journal, sizeof(batch->journal));
	registry_bind_blob(stmt, 3, batch->before, sizeof(batch->before));
	registry_bind_blob(stmt, 4, batch->previous, sizeof(batch->previous));
	rc = registry_run(t->reg, stmt, "begin a journal");
	t->chain.id = sqlite3_last_insert_rowid(t->reg->db);
	memcpy(t->chain.journal, batch->journal, sizeof(batch->journal));
	memcpy(t->chain.last_hash, batch->previous, sizeof(batch->previous));
	return rc;
}

static int write_end(const struct taking *t)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(t->reg,
		"UPDATE chain SET last_seq = ?2, last_hash = ?3, boot = ?4, mono_us = ?5, "
		"wall_us = ?6 WHERE id = ?1");
	const struct registry_clock *clock = &t->reckoning.clock;

	if (!stmt)
		return registry_sql_fail(t->reg, "note a journal's end");
	sqlite3_bind_int64(stmt, 1, t->chain.id);
	sqlite3_bind_int64(stmt, 2, (int64_t)t->chain.last_seq);
	registry_bind_blob(stmt, 3, t->chain.last_hash, sizeof(t->chain.last_hash));
	if (clock->known)
		registry_bind_blob(stmt, 4, clock->boot, sizeof(clock->boot));
	sqlite3_bind_int64(stmt, 5, (int64_t)clock->mono_us);
	sqlite3_bind_int64(stmt, 6, clock->wall_us);
	return registry_run(t->reg, stmt, "note a journal's end");
}

/* ---- new entries ---- */

static int write_zone(struct taking *t)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(t->reg,
		"INSERT INTO entry_zone VALUES (?1, ?2, ?3) ON CONFLICT (zone) DO UPDATE SET"
		" min_us = min(min_us, excluded.min_us), max_us = max(max_us, excluded.max_us)");

	if (!stmt)
		return registry_sql_fail(t->reg, "note the times of entries");
	sqlite3_bind_int64(stmt, 1, t->zone);
	sqlite3_bind_int64(stmt, 2, t->min_us);
	sqlite3_bind_int64(stmt, 3, t->max_us);
	return registry_run(t->reg, stmt, "note the times of entries");
}

static int note_time(struct taking *t, int64_t id, int64_t wall_us)
{
	int64_t zone = id / REGISTRY_LOG_ZONE;
	int rc = 0;

	if (t->added > 0 && zone != t->zone)
		rc = write_zone(t);
	if (t->added == 0 || zone != t->zone) {
		t->zone = zone;
		t->min_us = t->max_us = wall_us;
		t->mix_count = 0;
	}
	t->min_us = wall_us < t->min_us ? wall_us : t->min_us;
	t->max_us = wall_us > t->max_us ? wall_us : t->max_us;
	return rc;
}

static bool mix_noted(struct taking *t, const struct mix *mix)
{
	for (size_t i = 0; i < t->mix_count; i++)
		if (memcmp(&t->mixes[i], mix, sizeof(*mix)) == 0)
			return true;
	if (t->mix_count < MIXES)
		t->mixes[t->mix_count++] = *mix;
	return false;
}

/* After note_time: into the zone of the newest entry. */
static int note_mix(struct taking *t, const struct entry *entry)
{
	const struct mix mix = {.kind = (int)entry->kind,
		.verdict = entry->decided ? entry->grant : -1,
		.reason = entry->decided ? (int)entry->reason : -1};
	CLEANUP(registry_done) sqlite3_stmt *stmt = NULL;

	if (mix_noted(t, &mix))
		return 0;
	stmt = registry_prepare(
		t->reg, "INSERT OR IGNORE INTO entry_mix VALUES (?1, ?2, ?3, ?4, ?5)");
	if (!stmt)
		return registry_sql_fail(t->reg, "note what entries are");
	sqlite3_bind_int64(stmt, 1, t->zone);
	registry_bind_text(stmt, 2, t->batch->door);
	sqlite3_bind_int(stmt, 3, mix.kind);
	sqlite3_bind_int(stmt, 4, mix.verdict);
	sqlite3_bind_int(stmt, 5, mix.reason);
	return registry_run(t->reg, stmt, "note what entries are");
}

static void note_poison(struct taking *t, const struct registry_batch_row *row)
{
	if (t->poison++ == 0) {
		t->poison_first = row->seq;
		t->poison_why = row->why;
	}
	t->poison_last = row->seq;
}

static void bind_optional(sqlite3_stmt *stmt, int at, bool there, int64_t value)
{
	if (there)
		sqlite3_bind_int64(stmt, at, value);
}

/* What the entry says, for the filters. */
static void bind_facts(sqlite3_stmt *stmt, const struct entry *entry, bool late)
{
	const struct entry_subject *subject = &entry->subject;

	sqlite3_bind_int64(stmt, 11, entry->kind);
	bind_optional(stmt, 12, entry->decided, entry->grant);
	bind_optional(stmt, 13, entry->decided, entry->reason);
	if (late)
		return;
	bind_optional(stmt, 14, subject->member > 0, (int64_t)subject->member);
	bind_optional(stmt, 15, subject->card > 0, (int64_t)subject->card);
	if (subject->has_token && entry->decided && entry->reason == REASON_CARD_UNKNOWN)
		registry_bind_blob(stmt, 16, subject->token.bytes, TOKEN_SIZE);
	if (subject->actor[0])
		registry_bind_text(stmt, 17, subject->actor);
	bind_optional(stmt, 19, subject->event > 0, (int64_t)subject->event);
}

static int add(struct taking *t, const struct registry_batch_row *row)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(t->reg,
		"INSERT INTO entry (chain, seq, hash, body, salt, subject, why, collected_us, door,"
		" wall_us, kind, verdict, reason, member, card, token, actor, at_us, event) VALUES"
		" (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
		" ?18, ?19)");
	struct entry entry = {0};
	int64_t id;
	int rc, late = 0;

	if (!stmt)
		return registry_sql_fail(t->reg, "keep an entry");
	if (row->poison) {
		entry.wall_us = registry_now_us(t->reg);
		note_poison(t, row);
	} else if (entry_decode(&row->record, t->reg->hash, &entry) < 0) {
		return registry_break(t->reg, -EBADMSG); /* check_rows saw it decode */
	}
	late = registry_erase_late(t->reg, &entry);
	if (late < 0)
		return late;
	bind_row(stmt, t, row, late);
	registry_bind_text(stmt, 9, t->batch->door);
	sqlite3_bind_int64(stmt, 10, entry.wall_us);
	sqlite3_bind_int64(
		stmt, 18, row->poison ? entry.wall_us : registry_moment(&t->reckoning, &entry));
	if (!row->poison)
		bind_facts(stmt, &entry, late);
	rc = registry_run(t->reg, stmt, "keep an entry");
	id = sqlite3_last_insert_rowid(t->reg->db);
	if (rc >= 0)
		rc = note_time(t, id, entry.wall_us);
	if (rc >= 0 && !row->poison)
		rc = note_mix(t, &entry);
	if (rc >= 0 && !row->poison)
		rc = registry_reckon(t->reg, &t->reckoning, id, &entry);
	t->added++;
	t->chain.last_seq = row->seq;
	memcpy(t->chain.last_hash, row->hash, sizeof(row->hash));
	return rc;
}

/* ---- forks ---- */

static int fork_there(const struct taking *t, const struct registry_batch_row *row)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(t->reg,
		"SELECT 1 FROM fork WHERE chain = ?1 AND seq = ?2 AND hash = ?3 AND body = ?4");

	if (!stmt)
		return registry_sql_fail(t->reg, "read the forks");
	sqlite3_bind_int64(stmt, 1, t->chain.id);
	sqlite3_bind_int64(stmt, 2, (int64_t)row->seq);
	registry_bind_blob(stmt, 3, row->hash, sizeof(row->hash));
	registry_bind_blob(stmt, 4, row->record.body, row->record.body_size);
	return registry_step(t->reg, stmt, "read the forks");
}

static int add_fork(struct taking *t, const struct registry_batch_row *row)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(t->reg,
		"INSERT INTO fork (chain, seq, hash, body, salt, subject, why, collected_us)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
	struct entry entry = {0};
	int rc = fork_there(t, row), late = 0;

	if (t->forked++ == 0)
		t->fork_seq = row->seq;
	if (rc != 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(t->reg, "keep a fork");
	if (!row->poison && entry_decode(&row->record, t->reg->hash, &entry) == 0)
		late = registry_erase_late(t->reg, &entry);
	if (late < 0)
		return late;
	bind_row(stmt, t, row, late);
	return registry_run(t->reg, stmt, "keep a fork");
}

/* The same number and hash. Of two that both fit the hash the bodies are the same; where one is
 * poison, only the same bytes are, unless the good one is here already. */
static bool same_bytes(const struct registry_batch_row *here, const struct registry_batch_row *row)
{
	return !here->poison ||
	       (here->record.body_size == row->record.body_size &&
		       memcmp(here->record.body, row->record.body, row->record.body_size) == 0);
}

/* Of this door alone: what others sent is kept, unless something of this one is half written. */
static int lost_rows(const struct taking *t, uint64_t seq)
{
	registry_fail(t->reg, -EBADMSG,
		"entry %" PRIu64 " of door %s, journal %s is gone from the registry: see 'tapin "
		"log verify' and restore a backup",
		seq, t->batch->door, t->journal);
	return t->forked > 0 ? registry_break(t->reg, -EBADMSG) : -EBADMSG;
}

/*
 * Goes through the rows that are here already: *ret_next is the first that is not. From the first
 * with another hash on all belong to the other branch, also what is beyond our end.
 */
static int compare(struct taking *t, size_t *ret_next)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(t->reg,
		"SELECT " REGISTRY_LOG_ROW " FROM entry WHERE chain = ?1 AND seq >= ?2"
		" ORDER BY seq LIMIT ?3");
	const struct registry_batch *batch = t->batch;
	struct registry_batch_row here;
	size_t i = 0;

	if (!stmt)
		return registry_sql_fail(t->reg, "read entries");
	/* what was kept once and is past its retention cannot be compared any more */
	while (i < batch->count && batch->rows[i].seq < t->chain.first_seq)
		i++;
	sqlite3_bind_int64(stmt, 1, t->chain.id);
	sqlite3_bind_int64(stmt, 2, (int64_t)(batch->rows[0].seq + i));
	sqlite3_bind_int64(stmt, 3, (int64_t)batch->count);
	for (; i < batch->count && batch->rows[i].seq <= t->chain.last_seq; i++) {
		const struct registry_batch_row *row = &batch->rows[i];
		int rc = registry_step(t->reg, stmt, "read entries");

		if (rc <= 0)
			return rc < 0 ? rc : lost_rows(t, row->seq);
		registry_log_row(stmt, 0, &here);
		if (here.seq != row->seq)
			return lost_rows(t, row->seq);
		if (memcmp(here.hash, row->hash, sizeof(here.hash)) != 0)
			break;
		if (!same_bytes(&here, row) && (rc = add_fork(t, row)) < 0)
			return rc;
	}
	*ret_next = i;
	return 0;
}

static int add_branch(struct taking *t, size_t from)
{
	int rc = 0;

	for (size_t i = from; rc >= 0 && i < t->batch->count; i++)
		rc = add_fork(t, &t->batch->rows[i]);
	return rc;
}

/* ---- a batch ---- */

/* Raises what was noted on the way. */
static int raise_alarms(const struct taking *t)
{
	const char *door = t->batch->door;
	int rc = 0;

	if (t->forked > 0)
		rc = registry_alarm_raise(t->reg, REGISTRY_ALARM_FORK, door,
			"entry %" PRIu64 " of journal %s came again with other bytes: both are "
			"kept; somebody copied the door's disk or put an old copy back",
			t->fork_seq, t->journal);
	if (rc == 0 && t->poison == 1)
		rc = registry_alarm_raise(t->reg, REGISTRY_ALARM_POISON, door,
			"entry %" PRIu64 " of journal %s: %s; it is kept as it came",
			t->poison_first, t->journal, t->poison_why);
	if (rc == 0 && t->poison > 1)
		rc = registry_alarm_raise(t->reg, REGISTRY_ALARM_POISON, door,
			"%u entries from %" PRIu64 " to %" PRIu64 " of journal %s: %s; they are "
			"kept as they came",
			t->poison, t->poison_first, t->poison_last, t->journal, t->poison_why);
	return rc;
}

static int raise_gap(const struct taking *t)
{
	uint64_t missing = t->chain.last_seq + 1, first = t->batch->rows[0].seq;
	int rc = registry_alarm_raise(t->reg, REGISTRY_ALARM_GAP, t->batch->door,
		"entries %" PRIu64 " to %" PRIu64 " of journal %s are missing: what the door sent "
		"after them was not taken",
		missing, first - 1, t->journal);

	return rc < 0 ? rc : REGISTRY_TAKEN_GAP;
}

/* Rows from `next` on are not here: they follow our end, or another's. */
static int take_rest(struct taking *t, size_t next)
{
	const struct registry_batch *batch = t->batch;
	int rc = 0;

	if (next < batch->count && (batch->rows[next].seq <= t->chain.last_seq ||
					   (next == 0 && memcmp(batch->previous, t->chain.last_hash,
								 sizeof(batch->previous)) != 0)))
		rc = add_branch(t, next);
	else
		for (size_t i = next; rc >= 0 && i < batch->count; i++)
			rc = add(t, &batch->rows[i]);
	if (rc >= 0 && t->added > 0)
		rc = write_zone(t);
	if (rc >= 0 && t->added > 0)
		rc = write_end(t);
	if (rc >= 0 && t->added > 0)
		rc = registry_reckon_finish(t->reg, &t->reckoning);
	if (rc >= 0 && t->added > 0)
		rc = registry_log_sign(t->reg, t->chain.id, batch);
	if (rc >= 0)
		rc = raise_alarms(t);
	if (rc < 0)
		return rc;
	if (t->forked > 0)
		return REGISTRY_TAKEN_FORK;
	return t->added > 0 ? REGISTRY_TAKEN_NEW : REGISTRY_TAKEN_DUPLICATE;
}

static int take(struct taking *t, struct registry_mark *mark)
{
	const struct registry_batch *batch = t->batch;
	size_t next = 0;
	int rc = registry_log_find(t->reg, batch->door, batch->journal, &t->chain);

	if (rc < 0)
		return rc;
	if (batch->rows[0].seq > t->chain.last_seq + 1) {
		rc = raise_gap(t);
	} else {
		if (rc > 0)
			rc = registry_log_clock(t->reg, t->chain.id, &t->reckoning.clock);
		else
			rc = begin_chain(t);
		if (rc >= 0)
			rc = compare(t, &next);
		if (rc >= 0)
			rc = take_rest(t, next);
	}
	*mark = (struct registry_mark){.known = t->chain.id > 0, .seq = t->chain.last_seq};
	memcpy(mark->journal, batch->journal, sizeof(mark->journal));
	memcpy(mark->hash, t->chain.last_hash, sizeof(mark->hash));
	return rc;
}

int registry_log_take(
	struct registry *reg, const struct registry_batch *batch, struct registry_mark *ret_mark)
{
	struct taking t = {.reg = reg, .batch = batch};
	struct registry_mark mark = {0};
	bool own = false;
	int rc = registry_log_check(reg, batch);

	if (rc < 0)
		return rc;
	t.reckoning.door = batch->door;
	t.reckoning.collected_us = registry_now_us(reg);
	for (size_t i = 0; i < JOURNAL_SHOWN / 2; i++)
		snprintf(t.journal + 2 * i, 3, "%02x", batch->journal[i]);
	rc = registry_enter(reg, &own);
	if (rc < 0)
		return rc;
	rc = registry_leave(reg, own, take(&t, &mark));
	if (rc >= 0)
		*ret_mark = mark;
	return rc;
}

int registry_log_begin(struct registry *reg)
{
	return registry_begin(reg);
}

int registry_log_commit(struct registry *reg)
{
	return registry_commit(reg, NULL);
}
