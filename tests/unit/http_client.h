/* SPDX-License-Identifier: Apache-2.0 */
/* A client of a server in the same thread: what it sends is served while it waits for the answer.
 */
#pragma once

#include "base/clock.h"
#include "wire/http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENT static __attribute__((unused))
#define ANSWER_MAX (1024 * 1024)

struct client_answer {
	int status;       /* 0: the connection was closed without one */
	char *text;       /* the whole, NUL-terminated */
	const char *body; /* within it */
	bool closed;
};

CLIENT void client_free(struct client_answer *answer)
{
	free(answer->text);
	*answer = (struct client_answer){0};
}

CLIENT int client_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

CLIENT int client_tcp(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Serves for at most ms, or until fd has something to read. */
CLIENT bool client_serve(struct http *http, int fd, int ms)
{
	uint64_t end = clock_mono_ms() + (uint64_t)ms;
	struct pollfd fds[2] = {{http_fd(http), POLLIN, 0}, {fd, POLLIN, 0}};

	do {
		http_turn(http);
		poll(fds, fd < 0 ? 1 : 2, 5);
		if (fds[0].revents)
			http_turn(http);
		if (fd >= 0 && fds[1].revents & (POLLIN | POLLHUP))
			return true;
	} while (clock_mono_ms() < end);
	return false;
}

CLIENT bool client_send(struct http *http, int fd, const char *data, size_t size)
{
	uint64_t end = clock_mono_ms() + 10000;

	while (size > 0 && clock_mono_ms() < end) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			return false;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
		http_turn(http);
	}
	return size == 0;
}

/* The header's value, or NULL; cut at the line's end in a buffer of its own. */
CLIENT const char *client_header(const struct client_answer *answer, const char *name)
{
	static char value[256];
	size_t size = strlen(name);

	for (const char *line = strstr(answer->text, "\r\n"); line && line + 2 < answer->body;
		line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, size) != 0 || line[2 + size] != ':')
			continue;
		line += 3 + size;
		line += strspn(line, " ");
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
		return value;
	}
	return NULL;
}

static inline bool client_whole(struct client_answer *answer, size_t used, bool head_only)
{
	char *body = strstr(answer->text, "\r\n\r\n");
	const char *length;

	if (!body)
		return false;
	answer->body = body + 4;
	answer->status = atoi(answer->text + 9);
	if (answer->status == 100) {
		memmove(answer->text, body + 4, used - (size_t)(body + 4 - answer->text) + 1);
		return client_whole(answer, strlen(answer->text), head_only);
	}
	length = client_header(answer, "Content-Length");
	return head_only || used - (size_t)(answer->body - answer->text) >=
				    (length ? strtoul(length, NULL, 10) : 0);
}

/* Waits for one answer. */
CLIENT struct client_answer client_read(struct http *http, int fd, bool head_only)
{
	struct client_answer answer = {.text = calloc(1, ANSWER_MAX + 1)};
	size_t used = 0;
	ssize_t n;

	while (!client_whole(&answer, used, head_only)) {
		if (!client_serve(http, fd, 5000))
			return answer;
		n = read(fd, answer.text + used, ANSWER_MAX - used);
		if (n <= 0) {
			answer.closed = true;
			return answer;
		}
		used += (size_t)n;
		answer.text[used] = '\0';
	}
	return answer;
}

/* One request with what it takes to be one. headers: lines with CRLF, or "". */
CLIENT struct client_answer client_ask(struct http *http, int fd, const char *method,
	const char *path, const char *headers, const char *body, size_t size)
{
	size_t room = strlen(path) + strlen(headers) + size + 200;
	char *text = malloc(room);
	int n = snprintf(
		text, room, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, path, headers);

	if (body)
		n += snprintf(text + n, room - (size_t)n, "Content-Length: %zu\r\n", size);
	n += snprintf(text + n, room - (size_t)n, "\r\n");
	if (body)
		memcpy(text + n, body, size);
	client_send(http, fd, text, (size_t)n + (body ? size : 0));
	free(text);
	return client_read(http, fd, strcmp(method, "HEAD") == 0);
}
