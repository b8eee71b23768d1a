/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of operators: the registry knows the hash of a key, never the key. */
#include "registry_private.h"
#include "store/registry_access.h"

#include <string.h>

#define SESSIONS_MAX 50           /* of one operator: the oldest makes room */
#define TOUCH_US (10LL * 1000000) /* no write for less: a page asks many times a second */

int registry_session(struct registry *reg, const uint8_t key[REGISTRY_SESSION_SIZE],
	struct registry_session *ret_session)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT operator, created_us, used_us, expires_us FROM session"
		" WHERE key = ?1 AND expires_us > ?2");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a session");
	registry_bind_blob(stmt, 1, key, REGISTRY_SESSION_SIZE);
	sqlite3_bind_int64(stmt, 2, registry_now_us(reg));
	rc = registry_step(reg, stmt, "read a session");
	if (rc <= 0)
		return rc;
	*ret_session = (struct registry_session){
		.created_us = sqlite3_column_int64(stmt, 1),
		.used_us = sqlite3_column_int64(stmt, 2),
		.expires_us = sqlite3_column_int64(stmt, 3),
	};
	memcpy(ret_session->key, key, REGISTRY_SESSION_SIZE);
	registry_take_text(stmt, 0, ret_session->operator, sizeof(ret_session->operator));
	return 1;
}

/* Those that have expired, of anybody, and the oldest of this operator. */
static int make_room(struct registry *reg, const char *name)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"DELETE FROM session WHERE expires_us <= ?1 OR key IN (SELECT key FROM session"
		" WHERE operator = ?2 ORDER BY used_us DESC LIMIT -1 OFFSET ?3)");

	if (!stmt)
		return registry_sql_fail(reg, "forget old sessions");
	sqlite3_bind_int64(stmt, 1, registry_now_us(reg));
	registry_bind_text(stmt, 2, name);
	sqlite3_bind_int64(stmt, 3, SESSIONS_MAX - 1);
	return registry_run(reg, stmt, "forget old sessions");
}

static int insert(struct registry *reg, const struct registry_session *session)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "INSERT INTO session (key, operator, created_us, used_us,"
				      " expires_us) VALUES (?1, ?2, ?3, ?4, ?5)");
	int rc = make_room(reg, session->operator);

	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "keep a session");
	registry_bind_blob(stmt, 1, session->key, sizeof(session->key));
	registry_bind_text(stmt, 2, session->operator);
	sqlite3_bind_int64(stmt, 3, session->created_us);
	sqlite3_bind_int64(stmt, 4, session->used_us);
	sqlite3_bind_int64(stmt, 5, session->expires_us);
	rc = registry_run(reg, stmt, "keep a session");
	return rc < 0 ? rc : 0;
}

int registry_session_add(struct registry *reg, const struct registry_session *session)
{
	struct registry_operator operator;
	bool own = false;
	int rc = registry_operator(reg, session->operator, & operator);

	if (rc == 0)
		return registry_fail(
			reg, -ENOENT, "there is no operator \"%.40s\"", session->operator);
	if (rc > 0)
		rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, insert(reg, session));
}

/* Runs a statement about one session: ?1 its key, ?2 a time. */
static int run(struct registry *reg, const char *sql, const uint8_t key[REGISTRY_SESSION_SIZE],
	int64_t at_us)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "change a session");
	registry_bind_blob(stmt, 1, key, REGISTRY_SESSION_SIZE);
	sqlite3_bind_int64(stmt, 2, at_us);
	rc = registry_run(reg, stmt, "change a session");
	return rc < 0 ? rc : 0;
}

static int touch(struct registry *reg, const uint8_t key[REGISTRY_SESSION_SIZE], int64_t used_us)
{
	int rc = run(reg, "UPDATE session SET used_us = ?2 WHERE key = ?1", key, used_us);

	return rc < 0 ? rc
		      : run(reg,
				"UPDATE operator SET seen_us = ?2"
				" WHERE name = (SELECT operator FROM session WHERE key = ?1)",
				key, used_us);
}

int registry_session_touch(
	struct registry *reg, const uint8_t key[REGISTRY_SESSION_SIZE], int64_t used_us)
{
	struct registry_session session = {0};
	bool own = false;
	int rc = registry_session(reg, key, &session);

	if (rc == 0)
		return registry_fail(reg, -ENOENT, "the session has ended: log in again");
	if (rc > 0 && used_us >= session.used_us && used_us - session.used_us < TOUCH_US)
		return 0;
	if (rc > 0)
		rc = registry_enter(reg, &own);
	return rc < 0 ? rc : registry_leave(reg, own, touch(reg, key, used_us));
}

int registry_session_remove(struct registry *reg, const uint8_t key[REGISTRY_SESSION_SIZE])
{
	bool own = false;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc
		      : registry_leave(
				reg, own, run(reg, "DELETE FROM session WHERE key = ?1", key, 0));
}
