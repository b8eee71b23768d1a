/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define EVENT_LINE_MAX (EVENTLOG_TEXT_MAX + 48) /* two 20-digit numbers, blanks, newline */

struct client {
	struct control *control;
	sd_event_source *io;
	int fd;
	bool busy;      /* an action of this client is under way */
	bool streaming; /* events from log_at to log_end are still to be sent */
	bool closing;   /* nothing more is read; ends when the answer is out */
	uint64_t log_at, log_end;
	size_t in_len, out_len, out_at;
	char in[CONTROL_REQUEST_MAX];
	char finish[128];
	char out[CONTROL_OUT_MAX];
};

struct control {
	struct machine *machine;
	sd_event_source *io;
	int fd;
	char path[108];
	struct client *clients[CONTROL_CLIENTS];
};

/* An answer is far smaller than the buffer and logs are sent by parts: what is cut is a mistake. */
__attribute__((format(printf, 2, 0))) static void append(
	struct client *client, const char *format, va_list args)
{
	size_t room = sizeof(client->out) - client->out_len;
	int n = vsnprintf(client->out + client->out_len, room, format, args);

	if (n > 0)
		client->out_len += (size_t)n < room ? (size_t)n : room - 1;
}

void client_print(struct client *client, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append(client, format, args);
	va_end(args);
	if (client->out_len < sizeof(client->out))
		client->out[client->out_len++] = '\n';
}

void client_on_finish(struct client *client, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(client->finish, sizeof(client->finish), format, args);
	va_end(args);
}

void client_stream(struct client *client, uint64_t from, uint64_t to)
{
	client->streaming = true;
	client->log_at = from;
	client->log_end = to;
}

void client_finish(void *userdata)
{
	struct client *client = userdata;

	client_print(client, "%s", client->finish);
	client_print(client, "ok");
	client->busy = false;
	sd_event_source_set_io_events(client->io, EPOLLOUT);
}

static struct client *client_free(struct client *client)
{
	struct control *control = client->control;

	machine_forget(control->machine, client);
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i] == client)
			control->clients[i] = NULL;
	sd_event_source_disable_unref(client->io);
	close(client->fd);
	free(client);
	return NULL;
}

/* Moves events into the answer while there is room. */
static void fill_stream(struct client *client)
{
	const struct eventlog *log = client->control->machine->log;

	while (client->streaming && client->out_len + EVENT_LINE_MAX < sizeof(client->out)) {
		uint64_t first = eventlog_first(log);
		const struct event *event;

		if (client->log_at >= client->log_end) {
			client->streaming = false;
			client_print(client, "ok");
			return;
		}
		if (client->log_at < first) {
			client_print(client, "%lu 0 lost %lu", first - 1, first - client->log_at);
			client->log_at = first;
		}
		event = eventlog_get(log, client->log_at);
		if (!event)
			return;
		client_print(client, "%lu %lu %s", event->seq, event->mono_ns, event->text);
		client->log_at++;
	}
}

static void run_request(struct client *client, char *line)
{
	char *words[8], *rest = NULL, err[ERR_MAX] = "";
	size_t n = 0;

	for (char *word = strtok_r(line, " \t\r", &rest); word;
		word = strtok_r(NULL, " \t\r", &rest)) {
		if (n == ARRAY_SIZE(words)) {
			client_print(client, "error: more than %zu words", ARRAY_SIZE(words));
			return;
		}
		words[n++] = word;
	}
	if (n == 0) {
		client_print(client, "error: empty request; try: help");
		return;
	}
	switch (verb_run(client->control->machine, client, words, n, err)) {
	case VERB_RESULT_DONE:
		if (!client->streaming)
			client_print(client, "ok");
		break;
	case VERB_RESULT_LATER:
		client->busy = true;
		break;
	case VERB_RESULT_ERROR:
		client->out_len = 0; /* an error is the whole answer */
		client_print(client, "error: %s", err);
		break;
	}
}

/* Runs the next whole line, if this client is not still waiting for an answer. */
static bool next_request(struct client *client)
{
	char *end = memchr(client->in, '\n', client->in_len), line[CONTROL_REQUEST_MAX];
	size_t n;

	if (client->busy || client->streaming || client->closing)
		return false;
	if (!end && client->in_len == sizeof(client->in)) {
		client_print(client, "error: request longer than %d characters",
			CONTROL_REQUEST_MAX - 1);
		client->closing = true;
		return true;
	}
	if (!end)
		return false;
	n = (size_t)(end - client->in);
	memcpy(line, client->in, n);
	line[n] = '\0';
	client->in_len -= n + 1;
	memmove(client->in, end + 1, client->in_len);
	run_request(client, line);
	return true;
}

/* Sends what there is. False when the connection is gone. */
static bool flush(struct client *client)
{
	while (client->out_at < client->out_len) {
		ssize_t n = send(client->fd, client->out + client->out_at,
			client->out_len - client->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n < 0)
			return true;
		client->out_at += (size_t)n;
	}
	client->out_at = client->out_len = 0;
	return true;
}

static bool has_more(const struct client *client)
{
	return client->streaming &&
	       (client->log_at < eventlog_next(client->control->machine->log) ||
		       client->log_at >= client->log_end);
}

/* Goes as far as it can without waiting, then asks for the events that let it go on. */
static void serve(struct client *client)
{
	uint32_t events = 0;

	do {
		fill_stream(client);
		if (!flush(client)) {
			client_free(client);
			return;
		}
	} while (client->out_len == 0 && (has_more(client) || next_request(client)));
	if (client->out_len)
		events = EPOLLOUT;
	else if (client->closing && !client->busy) {
		client_free(client);
		return;
	} else if (!client->busy && !client->streaming)
		events = EPOLLIN;
	sd_event_source_set_io_events(client->io, events);
}

static int on_client(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct client *client = userdata;
	ssize_t n;

	(void)source;
	if (revents & (EPOLLHUP | EPOLLERR) && !(revents & EPOLLIN)) {
		client_free(client);
		return 0;
	}
	if (revents & EPOLLIN) {
		n = recv(fd, client->in + client->in_len, sizeof(client->in) - client->in_len,
			MSG_DONTWAIT);
		if (n > 0)
			client->in_len += (size_t)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			client->closing = true; /* what it asked for is still answered */
	}
	serve(client);
	return 0;
}

/* Only marks those who follow: the machine is in the middle of something. */
static void on_logged(void *userdata)
{
	struct control *control = userdata;

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = control->clients[i];
		if (client && client->streaming)
			sd_event_source_set_io_events(client->io, EPOLLOUT);
	}
}

static void accept_client(struct control *control, int fd)
{
	struct client *client = NULL;
	unsigned i;

	for (i = 0; i < CONTROL_CLIENTS && control->clients[i]; i++)
		;
	if (i < CONTROL_CLIENTS)
		client = calloc(1, sizeof(*client));
	if (!client) {
		static const char full[] = "error: too many connections; end one\n";
		send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		close(fd);
		return;
	}
	client->control = control;
	client->fd = fd;
	control->clients[i] = client;
	if (sd_event_add_io(control->machine->event, &client->io, fd, EPOLLIN, on_client, client) <
		0)
		client_free(client);
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	int client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)source;
	(void)revents;
	if (client_fd >= 0)
		accept_client(userdata, client_fd);
	return 0;
}

/* A socket nobody answers at is a leftover of a killed machine and may go. */
static int clear_path(const struct sockaddr_un *address, char err[ERR_MAX])
{
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0) {
		snprintf(err, ERR_MAX,
			"%s: another virtual-machine answers here; end it or use another --dir",
			address->sun_path);
		return -EADDRINUSE;
	}
	if (errno == ECONNREFUSED)
		unlink(address->sun_path);
	return 0;
}

static int bind_path(const char *path, char err[ERR_MAX])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close) int fd = -1;
	mode_t mask;
	int r;

	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(err, ERR_MAX,
			"%s: too long for a socket; expected less than %zu characters", path,
			sizeof(address.sun_path));
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	r = clear_path(&address, err);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0077);
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (r == 0 && listen(fd, CONTROL_CLIENTS) < 0)
		r = -errno;
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: %s", path, strerror(-r));
		return r;
	}
	return steal_fd(&fd);
}

int control_open(
	struct machine *machine, const char *path, struct control **ret_control, char err[ERR_MAX])
{
	struct control *control = calloc(1, sizeof(*control));
	int r;

	if (!control)
		return -ENOMEM;
	control->machine = machine;
	control->fd = bind_path(path, err);
	if (control->fd < 0) {
		r = control->fd;
		free(control);
		return r;
	}
	memcpy(control->path, path, strlen(path) + 1); /* bind_path has bounded it */
	r = sd_event_add_io(
		machine->event, &control->io, control->fd, EPOLLIN, on_connect, control);
	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: %s", path, strerror(-r));
		control_close(control);
		return r;
	}
	machine->logged_fn = on_logged;
	machine->logged_userdata = control;
	*ret_control = control;
	return 0;
}

struct control *control_close(struct control *control)
{
	if (!control)
		return NULL;
	control->machine->logged_fn = NULL;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i])
			client_free(control->clients[i]);
	sd_event_source_disable_unref(control->io);
	close(control->fd);
	unlink(control->path);
	free(control);
	return NULL;
}
