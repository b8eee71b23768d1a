/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that stay open. A stream with nothing to say is suspended in libmicrohttpd, which then
 * does not watch its socket: whether the peer is still there is looked at here.
 */
#include "http_private.h"

#include "base/clock.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define CLOSING_MS 3000 /* for what is queued to be taken */

struct http_stream {
	struct http_stream *next;
	struct http *http;
	struct MHD_Connection *connection;
	struct http_peer *peer;
	void (*gone)(struct http_stream *stream, void *userdata);
	void *userdata;
	char *queue;
	size_t start;
	size_t used;
	size_t room;
	bool suspended;
	bool cut;            /* its socket is shut: nothing more is sent */
	uint64_t closing_ms; /* 0: open */
};

static void resume(struct http_stream *stream)
{
	const uint64_t one = 1;

	if (!stream->suspended)
		return;
	stream->suspended = false;
	MHD_resume_connection(stream->connection);
	/* it makes its epoll readable for threads of its own only */
	(void)!write(stream->http->wake, &one, sizeof(one));
}

static void cut(struct http_stream *stream)
{
	if (!stream->cut)
		shutdown(stream->peer->fd, SHUT_RDWR);
	stream->cut = true;
	resume(stream);
}

/* ---- what libmicrohttpd asks ---- */

static ssize_t give(void *cls, uint64_t at, char *out, size_t max)
{
	struct http_stream *stream = cls;
	size_t n = stream->used < max ? stream->used : max;

	(void)at;
	if (stream->cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n > 0) {
		memcpy(out, stream->queue + stream->start, n);
		stream->start += n;
		stream->used -= n;
		return (ssize_t)n;
	}
	if (stream->closing_ms)
		return MHD_CONTENT_READER_END_OF_STREAM;
	stream->suspended = true;
	MHD_suspend_connection(stream->connection);
	return 0;
}

struct http_stream *http_stream_free(struct http_stream *stream)
{
	struct http_stream **at;

	if (!stream)
		return NULL;
	for (at = &stream->http->streams; *at != stream; at = &(*at)->next)
		;
	*at = stream->next;
	stream->http->stream_count--;
	stream->peer->streams = false;
	stream->gone(stream, stream->userdata);
	free(stream->queue);
	free(stream);
	return NULL;
}

/* ---- what the handler asks ---- */

int http_stream_open(struct http_request *request, const char *content_type,
	void (*gone)(struct http_stream *stream, void *userdata), void *userdata,
	struct http_stream **ret_stream)
{
	const unsigned gone_ms = HTTP_STREAM_GONE_MS;
	struct http *http = request->http;
	struct http_stream *stream;
	int r;

	if (request->response || request->done)
		return -EALREADY;
	if (http->stream_count == HTTP_STREAMS_MAX)
		return -ENOSPC;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return -ENOMEM;
	*stream = (struct http_stream){.http = http,
		.connection = request->connection,
		.peer = request->peer,
		.gone = gone,
		.userdata = userdata,
		.next = http->streams};
	r = http_add_header(request, "Connection", "close");
	if (r == 0)
		r = http_take_response(request, 200, content_type,
			MHD_create_response_from_callback(
				MHD_SIZE_UNKNOWN, 4096, give, stream, NULL));
	if (r < 0) {
		free(stream);
		return r;
	}
	http->streams = request->stream = stream;
	http->stream_count++;
	stream->peer->streams = true;
	MHD_set_connection_option(stream->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	/* on a Unix socket it fails, and nothing is lost: who left is seen there */
	(void)setsockopt(
		stream->peer->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
	*ret_stream = stream;
	return 0;
}

/* Room for size bytes behind what is queued. */
static int make_room(struct http_stream *stream, size_t size)
{
	size_t room = stream->room ? stream->room : 1024;
	char *grown;

	if (stream->start > 0)
		memmove(stream->queue, stream->queue + stream->start, stream->used);
	stream->start = 0;
	while (room < stream->used + size)
		room *= 2;
	if (room == stream->room)
		return 0;
	grown = realloc(stream->queue, room);
	if (!grown)
		return -ENOMEM;
	stream->queue = grown;
	stream->room = room;
	return 0;
}

int http_stream_send(struct http_stream *stream, const char *text, size_t size)
{
	int r = size > HTTP_STREAM_QUEUE_MAX - stream->used ? -ENOBUFS : 0;

	if (stream->closing_ms || stream->cut)
		return -EPIPE;
	if (r == 0 && stream->start + stream->used + size > stream->room)
		r = make_room(stream, size);
	if (r < 0) {
		cut(stream);
		return r;
	}
	memcpy(stream->queue + stream->start + stream->used, text, size);
	stream->used += size;
	resume(stream);
	return 0;
}

void http_stream_close(struct http_stream *stream)
{
	if (!stream->closing_ms)
		stream->closing_ms = clock_mono_ms();
	resume(stream);
}

/* ---- the loop ---- */

int http_stream_start(struct http *http)
{
	struct epoll_event watch = {.events = EPOLLIN};

	http->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (http->wake < 0 || epoll_ctl(http->epoll, EPOLL_CTL_ADD, http->wake, &watch) < 0)
		return -errno;
	return 0;
}

void http_stream_sweep(struct http *http)
{
	uint64_t now = clock_mono_ms(), count;

	(void)!read(http->wake, &count, sizeof(count));
	for (struct http_stream *s = http->streams; s; s = s->next) {
		struct pollfd fd = {.fd = s->peer->fd, .events = POLLRDHUP};

		if ((s->closing_ms && now - s->closing_ms > CLOSING_MS) || poll(&fd, 1, 0) > 0)
			cut(s);
	}
}

void http_stream_stop(struct http *http)
{
	for (struct http_stream *s = http->streams; s; s = s->next)
		http_stream_close(s);
	/* a farewell goes out where the socket has room: once to resume, once to write the end */
	for (int i = 0; i < 3; i++)
		for (size_t k = 0; k < http->server_count && http->streams; k++)
			MHD_run(http->servers[k].daemon);
}
