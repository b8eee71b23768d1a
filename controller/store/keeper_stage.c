/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of a roster that is being fetched, in a file without a name beside the cache: gone with the
 * process, and no lock is held on the cache while the network takes its time.
 */
#include "keeper_private.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static int fail(const char *path, const char *doing, int error, char err[ERR_MAX])
{
	snprintf(err, ERR_MAX, "%s: cannot %s beside it: %s: %s", path, doing, strerror(-error),
		error == -ENOSPC ? "free space on its disk" : "check its folder and the disk");
	return error;
}

/* Where a file system has no nameless files, one whose name is taken away at once. */
static int open_named(const char *path)
{
	char name[PATH_MAX];
	int fd;

	if (snprintf(name, sizeof(name), "%s.fill-XXXXXX", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(name);
	return fd;
}

int stage_open(struct stage *stage, const char *path, char err[ERR_MAX])
{
	const char *slash = strrchr(path, '/');
	CLEANUP(cleanup_free) char *folder = slash ? strndup(path, slash - path + 1) : strdup(".");

	stage_close(stage);
	stage->fd = folder ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
	if (stage->fd < 0)
		stage->fd = open_named(path);
	if (stage->fd < 0)
		return fail(path, "make a file", stage->fd, err);
	stage->open = true;
	return 0;
}

void stage_close(struct stage *stage)
{
	if (stage->open)
		close(stage->fd);
	*stage = (struct stage){0};
}

static int write_at(int fd, const void *data, size_t size, uint64_t at)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, data, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data = (const uint8_t *)data + n;
		size -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

static int read_at(int fd, void *data, size_t size, uint64_t at)
{
	while (size > 0) {
		ssize_t n = pread(fd, data, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data = (uint8_t *)data + n;
		size -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

int stage_add(
	struct stage *stage, const char *path, const uint8_t *run, size_t size, char err[ERR_MAX])
{
	uint32_t length = (uint32_t)size;
	int error;

	if (stage->size + sizeof(length) + size > STAGE_MAX) {
		snprintf(err, ERR_MAX, "the hub's roster is larger than %llu bytes",
			(unsigned long long)STAGE_MAX);
		return -EFBIG;
	}
	error = write_at(stage->fd, &length, sizeof(length), stage->size);
	if (error == 0)
		error = write_at(stage->fd, run, size, stage->size + sizeof(length));
	if (error < 0)
		return fail(path, "write the hub's roster", error, err);
	stage->size += sizeof(length) + size;
	return 0;
}

int stage_next(struct stage *stage, const char *path, uint64_t *at, uint8_t run[KEEPER_RUN_MAX],
	size_t *ret_size, char err[ERR_MAX])
{
	uint32_t length = 0;
	int error;

	if (*at >= stage->size)
		return 0;
	error = read_at(stage->fd, &length, sizeof(length), *at);
	if (error == 0)
		error = length > KEEPER_RUN_MAX
				? -EIO
				: read_at(stage->fd, run, length, *at + sizeof(length));
	if (error < 0)
		return fail(path, "read the hub's roster back", error, err);
	*at += sizeof(length) + length;
	*ret_size = length;
	return 1;
}
