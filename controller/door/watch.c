/* SPDX-License-Identifier: Apache-2.0 */
#include "door/watch.h"

#include "base/clock.h"
#include "base/log.h"
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#define LOOK_S 10

static int say_synced(const char *path, bool synced, char err[ERR_MAX])
{
	CLEANUP(cleanup_close) int fd = -1;
	int r;

	if (!synced && (unlink(path) == 0 || errno == ENOENT))
		return 0;
	if (synced) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		/* for the door's user, whatever the unit's UMask is */
		if (fd >= 0 && fchmod(fd, 0644) == 0)
			return 0;
	}
	r = -errno;
	snprintf(err, ERR_MAX,
		"%s: cannot be %s: %s; its directory comes from RuntimeDirectory= of "
		"tapin-clock.service",
		path, synced ? "made" : "removed", strerror(-r));
	return r;
}

int watch_run(char err[ERR_MAX])
{
	const char *directory = getenv("RUNTIME_DIRECTORY");
	struct timespec wait = {.tv_sec = LOOK_S};
	char path[PATH_MAX];
	int told = -1, r;
	sigset_t stop;

	snprintf(path, sizeof(path), "%s/" CLOCK_WITNESS_FILE,
		directory && *directory ? directory : CLOCK_WITNESS);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	do {
		bool synced = clock_kernel_synced();

		r = say_synced(path, synced, err);
		if (r < 0)
			return r;
		if (told != synced)
			log_info("clock: %ssynchronised", synced ? "" : "not ");
		told = synced;
		(void)sd_notifyf(
			0, "READY=1\nWATCHDOG=1\nSTATUS=%ssynchronised", synced ? "" : "not ");
	} while (sigtimedwait(&stop, NULL, &wait) < 0);
	return say_synced(path, false, err);
}
