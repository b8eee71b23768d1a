/* SPDX-License-Identifier: Apache-2.0 */
/* One question to a virtual machine. */
#include "panel.h"

#include "base/clock.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PATIENCE_MS 1000

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* The answer's last line, from its start; NULL while it is not there. */
static char *last_line(char *answer, size_t used)
{
	char *line;

	if (used == 0 || answer[used - 1] != '\n')
		return NULL;
	line = memrchr(answer, '\n', used - 1);
	line = line ? line + 1 : answer;
	return strcmp(line, "ok\n") == 0 || strncmp(line, "error: ", 7) == 0 ? line : NULL;
}

/* Reads up to the end of the answer; ret_end is its last line. */
static int read_answer(int fd, char answer[ANSWER_MAX], char **ret_end)
{
	uint64_t end_ms = clock_mono_ms() + PATIENCE_MS, now_ms;
	struct pollfd watch = {.fd = fd, .events = POLLIN};
	size_t used = 0;

	for (;;) {
		ssize_t n;

		now_ms = clock_mono_ms();
		if (now_ms >= end_ms || poll(&watch, 1, (int)(end_ms - now_ms)) == 0)
			return -ETIMEDOUT;
		n = recv(fd, answer + used, ANSWER_MAX - 1 - used, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		used += (size_t)n;
		answer[used] = '\0';
		*ret_end = last_line(answer, used);
		if (*ret_end)
			return 0;
		if (used == ANSWER_MAX - 1)
			return -EMSGSIZE;
	}
}

int panel_ask(const char *socket, const char *request, char answer[ANSWER_MAX], char err[ERR_MAX])
{
	CLEANUP(cleanup_close) int fd = connect_to(socket);
	char line[256], *end = NULL;
	int n = snprintf(line, sizeof(line), "%s\n", request), r = fd;

	if (n >= (int)sizeof(line)) {
		snprintf(err, ERR_MAX, "the request is longer than %zu bytes", sizeof(line) - 2);
		return -EPROTO;
	}
	if (r >= 0 && send(fd, line, (size_t)n, MSG_NOSIGNAL) != n)
		r = -errno;
	if (r >= 0)
		r = read_answer(fd, answer, &end);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: %s; is its virtual-machine running?", socket,
			strerror(-r));
		return r;
	}
	if (*end == 'e') {
		end[strcspn(end, "\n")] = '\0';
		snprintf(err, ERR_MAX, "%s", end + strlen("error: "));
		return -EPROTO;
	}
	*end = '\0';
	return 0;
}
