/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of the registry, made beside its name and given the name once it is whole. */
#include "registry_private.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

static int fail(struct registry *reg, int error, const char *path, const char *remedy)
{
	return registry_fail(
		reg, error, "%s: cannot write the backup: %s: %s", path, strerror(-error), remedy);
}

/* An empty file for nobody else's eyes: the registry has names and contacts. */
static int make_file(struct registry *reg, const char *path)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd >= 0 ? 0
		       : fail(reg, -errno, path, "name a file in a folder that the hub may write");
}

/* One pass over all pages: what the registry is at its start. */
static int copy(struct registry *reg, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", reg->db, "main");

	if (backup) {
		sqlite3_backup_step(backup, -1);
		sqlite3_backup_finish(backup);
	}
	return db_errno(to);
}

static int copy_to(struct registry *reg, const char *path)
{
	CLEANUP(db_cleanup) sqlite3 *to = NULL;
	int error = db_connect(path, false, &to, reg->error);

	if (error < 0)
		return error;
	error = copy(reg, to);
	if (error < 0)
		return db_fail(to, path, "write the backup", reg->error);
	/* one file, nothing beside it */
	return db_run(to, path, "PRAGMA journal_mode=DELETE", reg->error);
}

int registry_backup(struct registry *reg, const char *path)
{
	char partial[PATH_MAX];
	int error;

	if (reg->changing)
		return registry_fail(reg, -EBUSY, "a change is in progress: try again");
	if (snprintf(partial, sizeof(partial), "%s.partial", path) >= (int)sizeof(partial))
		return fail(reg, -ENAMETOOLONG, path, "name another file");
	if (access(path, F_OK) == 0)
		return fail(reg, -EEXIST, path, "name a file that is not there yet");
	unlink(partial); /* of a run that died */
	error = make_file(reg, partial);
	if (error < 0)
		return error;
	error = copy_to(reg, partial);
	if (error == 0 && renameat2(AT_FDCWD, partial, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
		error = fail(reg, -errno, path, "name a file that is not there yet");
	if (error < 0) {
		unlink(partial);
		return error;
	}
	error = db_sync_folder(path);
	return error < 0 ? fail(reg, error, path, "check the disk") : 0;
}
