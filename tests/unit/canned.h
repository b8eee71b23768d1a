/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tiny HTTP server of canned answers for the tests of what asks a hub: one connection after
 * another, on a Unix socket or a loopback port, each answered with the next text of a list. What
 * was asked is kept.
 */
#pragma once

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CANNED_MAX 16

struct canned {
	int listener;
	char folder[64];
	char hub[160]; /* for client_open */
	pthread_t thread;
	const char *answers[CANNED_MAX]; /* NULL: hang up without one; "…": say nothing more */
	size_t count;
	char asked[CANNED_MAX][8192];
	size_t asked_count;
};

/* Head and as much body as its Content-Length says. */
static void canned_read(int fd, char out[8192])
{
	size_t used = 0, wanted = 0;

	*out = '\0';
	while (used < 8191) {
		ssize_t n = read(fd, out + used, 8191 - used);
		const char *end, *length;

		if (n <= 0)
			return;
		used += (size_t)n;
		out[used] = '\0';
		end = strstr(out, "\r\n\r\n");
		if (!end)
			continue;
		length = strcasestr(out, "content-length:");
		wanted = (size_t)(end + 4 - out) +
			 (length && length < end ? strtoul(length + 15, NULL, 10) : 0);
		if (used >= wanted)
			return;
	}
}

static void *canned_serve(void *userdata)
{
	struct canned *c = userdata;

	for (size_t i = 0; i < c->count; i++) {
		int fd = accept(c->listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		canned_read(fd, c->asked[i]);
		c->asked_count = i + 1;
		if (c->answers[i] && strcmp(c->answers[i], "…") == 0)
			usleep(2500000);
		else if (c->answers[i] && write(fd, c->answers[i], strlen(c->answers[i])) < 0)
			perror("canned answer");
		close(fd);
	}
	/* whoever asks for more is hung up on, or it would wait as for a hub that hangs */
	for (int fd; (fd = accept(c->listener, NULL, NULL)) >= 0;)
		close(fd);
	return NULL;
}

/* port: a loopback port instead of a Unix socket. Fill answers and count before. */
static void canned_start(struct canned *c, int port)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in loopback = {.sin_family = AF_INET};
	socklen_t size = sizeof(loopback);
	int r;

	strcpy(c->folder, "/tmp/tapin-canned-XXXXXX");
	assert_non_null(mkdtemp(c->folder));
	c->asked_count = 0;
	c->listener = socket(port ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(c->listener >= 0);
	snprintf(local.sun_path, sizeof(local.sun_path), "%s/hub.sock", c->folder);
	loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r = port ? bind(c->listener, (struct sockaddr *)&loopback, sizeof(loopback))
		 : bind(c->listener, (struct sockaddr *)&local, sizeof(local));
	assert_int_equal(r, 0);
	assert_int_equal(listen(c->listener, 4), 0);
	assert_int_equal(getsockname(c->listener, (struct sockaddr *)&loopback, &size), 0);
	if (port)
		snprintf(c->hub, sizeof(c->hub), "http://127.0.0.1:%d", ntohs(loopback.sin_port));
	else
		snprintf(c->hub, sizeof(c->hub), "unix:%s", local.sun_path);
	assert_int_equal(pthread_create(&c->thread, NULL, canned_serve, c), 0);
}

static void canned_stop(struct canned *c)
{
	char path[128];

	shutdown(c->listener, SHUT_RDWR);
	pthread_join(c->thread, NULL);
	close(c->listener);
	snprintf(path, sizeof(path), "%s/hub.sock", c->folder);
	unlink(path);
	rmdir(c->folder);
}

#define CANNED_JSON(STATUS, BODY) \
	"HTTP/1.1 " STATUS "\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" BODY
