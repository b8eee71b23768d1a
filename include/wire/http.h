/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP/1.1 server over libmicrohttpd, driven by the caller's loop (epoll, no thread): on a Unix
 * socket, whose peers are known by their user, on loopback TCP, and by HTTPS (TLS 1.2 and 1.3) on
 * any address. Bounded: size of head and body, connections, and the time that either may take.
 *
 * What is no HTTP at all, or a head beyond what libmicrohttpd takes in, it answers by itself; every
 * other refusal here is a problem document (RFC 9457).
 */
#pragma once

#include "base/util.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HTTP_BODY_MAX (4 * 1024 * 1024) /* larger: 413 */
#define HTTP_HEAD_MAX 16384             /* larger: 431 */
#define HTTP_CONNECTIONS_MAX 384        /* a third for each of socket, plain TCP, HTTPS */
#define HTTP_GROUP_CONNECTIONS_MAX 48   /* by HTTPS of one IPv4 address or one IPv6 /64 */
#define HTTP_TIMEOUT_S 15               /* a connection that says nothing */
#define HTTP_HANDSHAKE_S 10             /* by HTTPS, from the start to a head */
#define HTTP_REQUEST_S 30               /* from the last answer (or the start) to a whole request */

struct http;
struct http_request;

struct http_config {
	const char *socket_path; /* or NULL; replaced where nobody listens on it */
	mode_t socket_mode;
	const char
		*address; /* "127.0.0.1", "::1"; NULL: no TCP. Off loopback is refused (-EPERM) */
	uint16_t port;    /* 0: any free one */
	const char *tls_address; /* "0.0.0.0", "::", any; NULL: no HTTPS */
	uint16_t tls_port;
	const char
		*tls_certificate; /* PEM, with those that certify it; needed by http_open alone */
	const char *tls_key;
	/*
	 * NULL, or called when the head is there and the body is not, to refuse early: what it
	 * answers is sent once the body has gone by, and handle is not called. Returns how many
	 * bytes of body may come (at most HTTP_BODY_MAX).
	 */
	size_t (*begin)(struct http_request *request, void *userdata);
	/* Called once per whole request, on the loop; must answer with http_respond before it
	 * returns. */
	void (*handle)(struct http_request *request, void *userdata);
	void *userdata;
};

int http_open(const struct http_config *config, struct http **ret_http, char err[ERR_MAX]);
struct http *http_close(struct http *http);
uint16_t http_port(const struct http *http);
uint16_t http_tls_port(const struct http *http);

/* Watch this for reading, call http_turn when it is readable or after http_timeout_ms (-1: never).
 */
int http_fd(const struct http *http);
int http_timeout_ms(const struct http *http);
void http_turn(struct http *http);

const char *http_method(const struct http_request *request);
const char *http_path(const struct http_request *request); /* decoded, without the query */
/* NULL where it is not there. Values are bounded by the head, valid UTF-8 and without NUL, or the
 * request was refused (400) before the handler saw it; so were parameters that stand twice, and
 * headers of which a proxy could take the other one (Content-Length, Host, Cookie, Origin …). */
const char *http_query(const struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);
/* Calls fn for each query parameter, to refuse those that nobody knows; stops at the first negative
 * result and returns it, else 0. */
int http_query_each(const struct http_request *request,
	int (*fn)(const char *name, const char *value, void *userdata), void *userdata);
/* A NUL follows the last byte. */
const char *http_body(const struct http_request *request, size_t *ret_size);
/* The peer's user on the Unix socket; false over TCP. */
bool http_peer(const struct http_request *request, uid_t *ret_uid);
/* "127.0.0.1", "unix:0". */
const char *http_peer_name(const struct http_request *request);
/* Came by HTTPS. */
bool http_is_tls(const struct http_request *request);

/* Headers for the answer; both are copied. One that http_respond would add itself takes its place:
 * a page brings a policy of its own. */
int http_add_header(struct http_request *request, const char *name, const char *value);
/* Answers; the body is copied. Content-Length, Date and the security headers (nosniff, no-store, no
 * frames, no other origin, a policy that loads nothing) are added here; to script and sheet only
 * what says something of them (nosniff, no-store, no other origin). */
int http_respond(struct http_request *request, unsigned status, const char *content_type,
	const char *body, size_t size);
/* Answers with a problem document: type urn:tapin:problem:NAME; errors NULL, or the text of a JSON
 * list of {"field", "detail"}. */
int http_problem(struct http_request *request, unsigned status, const char *name, const char *title,
	const char *detail, const char *errors);

/* ---- http_stream.c: an answer that stays open, for server-sent events ---- */

#define HTTP_STREAMS_MAX 64             /* open at once */
#define HTTP_STREAM_QUEUE_MAX 65536     /* bytes that one peer has not taken yet */
#define HTTP_STREAM_GONE_MS (30 * 1000) /* a TCP peer that confirms nothing for so long is gone */

struct http_stream;

/*
 * In a handler, instead of http_respond: answers 200 and stays open, without a time limit. Called
 * once whatever ends it, even http_close: gone, after which the stream is no more. -ENOSPC: too
 * many are open; -EALREADY: it was answered.
 */
int http_stream_open(struct http_request *request, const char *content_type,
	void (*gone)(struct http_stream *stream, void *userdata), void *userdata,
	struct http_stream **ret_stream);
/* Queues a copy and never waits. -ENOBUFS: the peer does not take what it is sent, and is cut off;
 * -EPIPE: it is ending already. gone is not called before this returns. */
int http_stream_send(struct http_stream *stream, const char *text, size_t size);
/* What is queued is still sent, where the peer takes it within seconds. */
void http_stream_close(struct http_stream *stream);
