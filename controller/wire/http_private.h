/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the HTTP server share: http_listen.c has the sockets, http.c connections and
 * the loop, http_request.c one request from its head to its answer. */
#pragma once

#include "wire/http.h"

#include <microhttpd.h>
#include <netinet/in.h>

#define HEADERS_MAX 12
#define QUERY_MAX 32
#define SERVERS_MAX 3                /* Unix socket, plain loopback, TLS */
#define DRAIN_MAX (16 * 1024 * 1024) /* bytes of an unwanted body that are let go by */

/* One connection. */
struct http_peer {
	struct http_peer *next;
	struct http_peer *previous;
	int fd;
	uint64_t since_ms; /* its start or its last answer */
	bool asked;        /* a head came, so that a handshake is over */
	bool is_tls;
	bool streams; /* has no time limit */
	bool has_uid;
	uid_t uid;
	struct in6_addr group; /* off the Unix socket: with whom it is counted */
	char name[64];
};

/* One of the daemons. */
struct http_server {
	struct http *http;
	struct MHD_Daemon *daemon;
	bool is_unix;
	bool is_tls;
};

struct http {
	struct http_config config;
	int epoll;
	struct http_server servers[SERVERS_MAX];
	size_t server_count;
	struct http_peer *peers;
	int wake; /* an eventfd in epoll: libmicrohttpd has something to go on with */
	struct http_stream *streams;
	size_t stream_count;
	char path[108]; /* of the Unix socket, as bound; "": none */
	dev_t device;   /* and which file that was */
	ino_t inode;
	char address[64];
	uint16_t port;
	uint16_t tls_port;
};

struct http_pair {
	char *name;
	char *value;
};

struct http_request {
	struct http *http;
	struct MHD_Connection *connection;
	struct http_peer *peer;
	const char *method;
	char *path;
	struct http_pair query[QUERY_MAX];
	size_t query_count;
	struct http_pair headers[HEADERS_MAX];
	size_t header_count;
	char *body;
	size_t body_size;
	size_t body_room;
	size_t body_max;
	size_t drained;
	struct MHD_Response *response; /* what it will be answered with */
	struct http_stream *stream;    /* or NULL; ends with the request */
	unsigned status;
	bool in_doubt; /* its end is, so that the connection ends with the answer */
	bool done;     /* queued */
};

/* Both give a socket that listens. 0, or negative errno with err. */
int http_listen_unix(struct http *http, int *ret_fd, char err[ERR_MAX]);
int http_listen_tcp(const char *host, uint16_t port, bool is_tls, uint16_t *ret_port, int *ret_fd,
	char err[ERR_MAX]);
/* "THING: WHAT: No such file or directory"; returns -number. */
int http_fail(char err[ERR_MAX], const char *thing, const char *what, int number);
/* Adds the headers of every answer and of this one, and makes it the request's; takes response. */
int http_take_response(struct http_request *request, unsigned status, const char *content_type,
	struct MHD_Response *response);
int http_stream_start(struct http *http);
/* The request is over: takes NULL. */
struct http_stream *http_stream_free(struct http_stream *stream);
/* Peers that left are let go. */
void http_stream_sweep(struct http *http);
/* Ends all: libmicrohttpd cannot stop while a connection is suspended. */
void http_stream_stop(struct http *http);

enum MHD_Result http_on_access(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context);
void http_on_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code);
