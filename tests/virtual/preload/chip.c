/* SPDX-License-Identifier: Apache-2.0 */
#include "chip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static void set_timeout(int fd, time_t seconds)
{
	struct timeval tv = {.tv_sec = seconds};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

/* A new connection, or -1 and ENOENT (no simulator) or ENODEV (it does not answer). */
static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("VIRTUAL_GPIO");
	int fd;

	if (!path || strlen(path) >= sizeof(address.sun_path)) {
		errno = ENOENT;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	set_timeout(fd, GPIO_WIRE_TIMEOUT_MS / 1000); /* bounds connect() as well */
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == EINTR)
			continue;
		int error = errno == ENOENT ? ENOENT : ENODEV;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

uint64_t chip_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size);
	return cookie;
}

/* 0, or -1 and errno: the chip's own answer, or ENODEV when none came in time. */
static int converse(int fd, struct gpio_wire_call *call, struct gpio_wire_reply *reply)
{
	ssize_t n;

	call->magic = GPIO_WIRE_MAGIC;
	call->self = chip_cookie(fd);
	do
		n = send(fd, call, sizeof(*call), MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(*call)) {
		do
			n = recv(fd, reply, sizeof(*reply), 0);
		while (n < 0 && errno == EINTR);
	}
	if (n != (ssize_t)sizeof(*reply) || reply->magic != GPIO_WIRE_MAGIC)
		errno = ENODEV;
	else if (reply->error)
		errno = reply->error;
	else
		return 0;
	return -1;
}

int chip_call(struct gpio_wire_call *call, struct gpio_wire_reply *reply)
{
	int fd = dial();

	if (fd < 0)
		return -1;
	if (converse(fd, call, reply) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	set_timeout(fd, 0); /* a blocking read of events may take for ever, as on the real chip */
	return fd;
}

int chip_open(struct gpiochip_info *ret_info)
{
	struct gpio_wire_call call = {.op = GPIO_WIRE_OPEN};
	struct gpio_wire_reply reply;
	int fd = chip_call(&call, &reply);

	if (fd >= 0)
		*ret_info = reply.arg.chip;
	return fd;
}
