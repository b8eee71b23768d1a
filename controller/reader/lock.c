/* SPDX-License-Identifier: Apache-2.0 */
#include "reader/lock.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>

/* "pn532_uart:/dev/ttyS0" -> "pn532_uart%3A%2Fdev%2FttyS0" */
static int encode(const char *name, char *out, size_t room)
{
	size_t used = 0;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
		bool plain = isalnum(*c) || *c == '_' || *c == '-';
		int n = snprintf(out + used, room - used, plain ? "%c" : "%%%02X", *c);

		if ((size_t)n >= room - used)
			return -ENAMETOOLONG;
		used += (size_t)n;
	}
	return 0;
}

static int refuse(int code, const char *path, const char *why, char err[ERR_MAX])
{
	snprintf(err, ERR_MAX, "lock file %.300s: %s: %s", path, why, strerror(-code));
	return code;
}

static int busy(int fd, const char *path, const char *name, char err[ERR_MAX])
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
	snprintf(err, ERR_MAX,
		"reader %.200s is in use by process %s (lock %.200s); stop that one, or give this "
		"one "
		"another --device",
		name, *pid ? pid : "(unknown)", path);
	return -EBUSY;
}

int reader_lock_take(const char *dir, const char *name, char err[ERR_MAX])
{
	char file[NAME_MAX - 16], path[PATH_MAX], pid[16];
	CLEANUP(cleanup_close) int fd = -1;
	int n;

	if (encode(name, file, sizeof(file)) < 0 ||
		snprintf(path, sizeof(path), "%s/reader-%s.lock", dir, file) >= (int)sizeof(path)) {
		snprintf(err, ERR_MAX,
			"device name %.200s is too long for a lock file: make a "
			"shorter symlink by a udev rule",
			name);
		return -ENAMETOOLONG;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return refuse(-errno, path,
			"cannot open it; name a writable directory by --lock-dir", err);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? busy(fd, path, name, err)
					    : refuse(-errno, path, "cannot lock it", err);
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) != n)
		return refuse(errno ? -errno : -EIO, path, "cannot write to it", err);
	return steal_fd(&fd);
}
