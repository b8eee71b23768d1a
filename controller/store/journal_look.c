/* SPDX-License-Identifier: Apache-2.0 */
#include "journal_private.h"

#include <sqlite3.h>

int journal_look(const char *path, uint64_t after_seq, entry_hash_fn hash, journal_look_fn look,
	void *userdata, char err[ERR_MAX])
{
	CLEANUP(db_cleanup) sqlite3 *db = NULL;
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	struct journal_row row;
	struct entry entry;
	int rc, error = db_connect(path, true, &db, err);

	if (error == 0)
		error = db_prepare(db, path,
			"SELECT seq, hash, body, salt, subject FROM entry WHERE seq > ?1 ORDER BY "
			"seq",
			&stmt, err);
	if (error < 0)
		return error;
	sqlite3_bind_int64(stmt, 1, (int64_t)after_seq);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		if (journal_db_row(stmt, &row) == 0 && entry_decode(&row.record, hash, &entry) == 0)
			look(userdata, row.seq, &entry);
	return rc == SQLITE_DONE ? 0 : db_fail(db, path, "read", err);
}
