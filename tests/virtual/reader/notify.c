/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for systemd's end of NOTIFY_SOCKET. */
#include "virtual_reader.h"

#include "base/clock.h"
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int play_notify(const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[4096];
	ssize_t n;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		fprintf(stderr, "virtual-reader: %s: %s\n", socket_path, strerror(errno));
		return 1;
	}
	while ((n = recv(fd, text, sizeof(text) - 1, 0)) >= 0) {
		char *rest = NULL;

		text[n] = '\0';
		for (char *line = strtok_r(text, "\n", &rest); line;
			line = strtok_r(NULL, "\n", &rest))
			printf("%" PRIu64 " %s\n", clock_mono_us(), line);
	}
	return 1;
}
