/* SPDX-License-Identifier: Apache-2.0 */
/* Cards that lost their rights in a roster which is not here yet. */
#include "cache_private.h"

#include <string.h>

/* A later word about the same card counts. */
#define BLOCK_SQL                                                                           \
	"INSERT INTO blocked VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (token) DO UPDATE SET" \
	" state = excluded.state, member_state = excluded.member_state,"                    \
	" generation = excluded.generation, number = excluded.number"                       \
	" WHERE (excluded.generation, excluded.number) >= (generation, number)"

/* Whatever else stands there: the card is blocked. */
void cache_read_block(sqlite3_stmt *stmt, int column, struct roster_card *card)
{
	int64_t state = sqlite3_column_int64(stmt, column);
	int64_t member_state = sqlite3_column_int64(stmt, column + 1);

	if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
		return;
	if (state == CARD_STATE_SUSPENDED || state == CARD_STATE_LOST)
		card->state = (enum card_state)state;
	else if (state == CARD_STATE_ACTIVE && member_state == MEMBER_STATE_SUSPENDED)
		card->member_state = MEMBER_STATE_SUSPENDED;
	else
		card->state = CARD_STATE_REVOKED;
}

/* Does this record take a card's right away? */
static bool blocks(const struct roster_record *r)
{
	return r->kind == ROSTER_KIND_CARD && (r->gone || r->card.state != CARD_STATE_ACTIVE ||
						      r->card.member_state != MEMBER_STATE_ACTIVE);
}

static int put_block(
	sqlite3_stmt *stmt, const struct roster_record *r, const struct revision *revision)
{
	sqlite3_bind_blob(stmt, 1, r->card.token.bytes, TOKEN_SIZE, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, r->gone ? CARD_STATE_REVOKED : r->card.state);
	sqlite3_bind_int64(stmt, 3, r->gone ? MEMBER_STATE_CLOSED : r->card.member_state);
	sqlite3_bind_int64(stmt, 4, revision->generation);
	sqlite3_bind_int64(stmt, 5, revision->number);
	return db_finish(stmt);
}

static int put_blocks(sqlite3 *db, const char *path, const struct revision *revision,
	const uint8_t *run, size_t size, unsigned *ret_changed, char err[ERR_MAX])
{
	CLEANUP(cleanup_free) struct roster_record *r = malloc(sizeof(*r));
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	const uint8_t *record;
	size_t at = 0, record_size;
	int more, error = r ? db_prepare(db, path, BLOCK_SQL, &stmt, err) : -ENOMEM;

	while (error == 0 && (more = roster_run_next(run, size, &at, &record, &record_size)) != 0) {
		if (more < 0 || roster_record_decode(record, record_size, r) < 0) {
			snprintf(err, ERR_MAX,
				"the revocations of roster %u.%llu hold an unsound record: ask "
				"for the whole roster",
				revision->generation, (unsigned long long)revision->number);
			return -EBADMSG;
		}
		if (!blocks(r))
			continue;
		if (put_block(stmt, r, revision) < 0)
			error = cache_disk_error(db_fail(db, path, "block a card", err));
		else
			++*ret_changed;
	}
	return error;
}

static int check_room(sqlite3 *db, const char *path, char err[ERR_MAX])
{
	int64_t count = 0;
	int error = db_number(db, "SELECT count(*) FROM blocked", &count);

	if (error == 0 && count > CACHE_BLOCKED_MAX) {
		snprintf(err, ERR_MAX,
			"%s: more than %d cards are blocked already: fetch the roster first", path,
			CACHE_BLOCKED_MAX);
		return -ENOSPC;
	}
	return error < 0 ? db_fail(db, path, "count the blocked cards", err) : 0;
}

int cache_block(const char *path, const struct revision *revision, const uint8_t *run, size_t size,
	unsigned *ret_changed, char err[ERR_MAX])
{
	CLEANUP(db_cleanup) sqlite3 *db = NULL; /* closing rolls back what is open */
	struct cache_head head = {0};
	unsigned changed = 0;
	int error = db_connect(path, false, &db, err);

	if (error == 0)
		error = db_run(db, path, "BEGIN IMMEDIATE", err);
	if (error == 0)
		error = cache_get_head(db, path, &head, err);
	if (error < 0)
		return cache_disk_error(error);
	*ret_changed = 0;
	if (head.origin == CACHE_ORIGIN_HUB && revision_compare(&head.revision, revision) >= 0)
		return 0; /* the roster in force knows */
	error = put_blocks(db, path, revision, run, size, &changed, err);
	if (error < 0)
		return error;
	if (changed == 0)
		return 0;
	error = check_room(db, path, err);
	if (error == 0)
		error = db_run(db, path, "COMMIT", err);
	if (error == 0)
		*ret_changed = changed;
	return cache_disk_error(error);
}

int cache_unblock(sqlite3 *db, const char *path, const struct revision *revision, char err[ERR_MAX])
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int error = db_prepare(
		db, path, "DELETE FROM blocked WHERE (generation, number) <= (?1, ?2)", &stmt, err);

	if (error < 0)
		return error;
	sqlite3_bind_int64(stmt, 1, revision->generation);
	sqlite3_bind_int64(stmt, 2, revision->number);
	return db_finish(stmt) < 0 ? db_fail(db, path, "unblock cards", err) : 0;
}
