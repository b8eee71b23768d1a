/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's own file layer with faults: a disk that is full, fails, is slow, or a process that dies
 * at the Nth change of a file. Also folders to work in.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct {
	atomic_int write_error; /* SQLITE_FULL, SQLITE_IOERR_WRITE …; 0: works */
	atomic_int read_error;
	atomic_int sync_delay_ms;
	atomic_int die_at;  /* SIGKILL at this change, counted from 1; 0: never */
	atomic_int changes; /* so far */
	atomic_bool half;   /* die in the middle of a write instead of before it */
	atomic_bool wal_unsynced;
} disk;

static sqlite3_vfs *real_vfs;
/* SQLite has one set of methods for databases and one for files without locks (-wal). */
static struct methods {
	sqlite3_io_methods faulty; /* first: a file's pMethods points here */
	const sqlite3_io_methods *real;
} method_sets[4];
static _Atomic(sqlite3_file *) wal_file;

static const sqlite3_io_methods *real_of(sqlite3_file *f)
{
	return ((const struct methods *)f->pMethods)->real;
}

static bool dies_now(void)
{
	int at = atomic_load(&disk.die_at);

	return atomic_fetch_add(&disk.changes, 1) + 1 == at;
}

static int faulty_write(sqlite3_file *f, const void *data, int size, sqlite3_int64 at)
{
	if (dies_now()) {
		if (disk.half)
			real_of(f)->xWrite(f, data, size / 2, at);
		raise(SIGKILL);
	}
	if (disk.write_error)
		return disk.write_error;
	if (f == wal_file)
		disk.wal_unsynced = true;
	return real_of(f)->xWrite(f, data, size, at);
}

static int faulty_read(sqlite3_file *f, void *data, int size, sqlite3_int64 at)
{
	return disk.read_error ? disk.read_error : real_of(f)->xRead(f, data, size, at);
}

static int faulty_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	if (dies_now())
		raise(SIGKILL);
	return real_of(f)->xTruncate(f, size);
}

static int faulty_sync(sqlite3_file *f, int flags)
{
	int ms = disk.sync_delay_ms;

	if (dies_now())
		raise(SIGKILL);
	if (ms > 0)
		nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
	if (disk.write_error)
		return SQLITE_IOERR_FSYNC;
	if (f == wal_file)
		disk.wal_unsynced = false;
	return real_of(f)->xSync(f, flags);
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	int rc = real_vfs->xOpen(real_vfs, name, f, flags, out);

	(void)vfs;
	if (rc != SQLITE_OK || !f->pMethods)
		return rc;
	for (size_t i = 0; i < sizeof(method_sets) / sizeof(method_sets[0]); i++) {
		struct methods *m = &method_sets[i];

		if (!m->real) {
			m->real = f->pMethods;
			m->faulty = *m->real;
			m->faulty.xRead = faulty_read;
			m->faulty.xWrite = faulty_write;
			m->faulty.xTruncate = faulty_truncate;
			m->faulty.xSync = faulty_sync;
		}
		if (m->real == f->pMethods) {
			f->pMethods = &m->faulty;
			break;
		}
	}
	if (flags & SQLITE_OPEN_WAL)
		wal_file = f;
	return rc;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	if (dies_now())
		raise(SIGKILL);
	return real_vfs->xDelete(real_vfs, name, sync);
}

static inline void faulty_vfs_install(void)
{
	static sqlite3_vfs faulty;

	real_vfs = sqlite3_vfs_find(NULL);
	faulty = *real_vfs;
	faulty.zName = "faulty";
	faulty.xOpen = faulty_open;
	faulty.xDelete = faulty_delete;
	sqlite3_vfs_register(&faulty, 1);
}

/* ---- folders ---- */

static char folder[64];

static inline void folder_make(void)
{
	snprintf(folder, sizeof(folder), "/tmp/tapin-store.XXXXXX");
	if (!mkdtemp(folder))
		abort();
}

static inline void folder_remove(void)
{
	DIR *d = opendir(folder);
	char path[400];

	for (struct dirent *e; d && (e = readdir(d));) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(folder);
}

/* A path in the folder; good until the 8th call after. */
static inline const char *in_folder(const char *name)
{
	static char paths[8][400];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

/* How many names in the folder contain text; the last of them in found. */
static inline unsigned folder_count(const char *text, char found[256])
{
	DIR *d = opendir(folder);
	unsigned count = 0;

	for (struct dirent *e; d && (e = readdir(d));) {
		if (!strstr(e->d_name, text))
			continue;
		count++;
		if (found)
			snprintf(found, 256, "%s", e->d_name);
	}
	if (d)
		closedir(d);
	return count;
}

static inline void file_put(const char *path, long at, const void *data, size_t size)
{
	FILE *f = fopen(path, "r+");

	if (!f)
		f = fopen(path, "w");
	if (!f || fseek(f, at, at < 0 ? SEEK_END : SEEK_SET) < 0 ||
		fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
}

static inline char *file_get(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "r");
	struct stat st;
	char *data;

	if (!f || fstat(fileno(f), &st) < 0 || !(data = malloc((size_t)st.st_size + 1)) ||
		fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		abort();
	fclose(f);
	*ret_size = (size_t)st.st_size;
	return data;
}

static inline void file_copy(const char *from, const char *to)
{
	size_t size;
	char *data = file_get(from, &size);

	unlink(to);
	file_put(to, 0, data, size);
	free(data);
}
