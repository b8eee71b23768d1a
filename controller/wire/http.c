/* SPDX-License-Identifier: Apache-2.0 */
/* The connections and the loop of the HTTP server. */
#include "http_private.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define MEMORY_MAX (48 * 1024) /* of one connection: more than a head of HTTP_HEAD_MAX */
#define SWEEP_MS 1000
/* forward secrecy and whole authentication; browsers since 2014 have it */
#define TLS_PRIORITY "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-AES-128-CBC:-AES-256-CBC"

/* ---- connections ---- */

/* Who counts as one: an IPv4 address, or a /64, which is what a single IPv6 host is given. */
static struct in6_addr group_of(const struct sockaddr *address)
{
	struct in6_addr group = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	if (address->sa_family == AF_INET) {
		memcpy(&group.s6_addr[12], &((const struct sockaddr_in *)address)->sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		group = ((const struct sockaddr_in6 *)address)->sin6_addr;
		if (!IN6_IS_ADDR_V4MAPPED(&group))
			memset(&group.s6_addr[8], 0, 8);
	}
	return group;
}

/* By HTTPS each has its share of the connections. */
static enum MHD_Result on_accept(void *cls, const struct sockaddr *address, socklen_t size)
{
	const struct http_server *server = cls;
	unsigned count = 0;
	struct in6_addr group;

	(void)size;
	if (!server->is_tls)
		return MHD_YES;
	group = group_of(address);
	for (const struct http_peer *peer = server->http->peers; peer; peer = peer->next)
		count += peer->is_tls && IN6_ARE_ADDR_EQUAL(&peer->group, &group);
	return count < HTTP_GROUP_CONNECTIONS_MAX ? MHD_YES : MHD_NO;
}

static void name_peer(struct http_peer *peer, bool is_unix)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);
	struct ucred user;
	socklen_t user_size = sizeof(user);

	if (is_unix) {
		if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERCRED, &user, &user_size) == 0) {
			peer->has_uid = true;
			peer->uid = user.uid;
			snprintf(peer->name, sizeof(peer->name), "unix:%u", (unsigned)user.uid);
		}
		return;
	}
	if (getpeername(peer->fd, (struct sockaddr *)&address, &size) < 0)
		return;
	peer->group = group_of((struct sockaddr *)&address);
	if (address.ss_family == AF_INET6) {
		const struct in6_addr *six = &((struct sockaddr_in6 *)&address)->sin6_addr;

		if (IN6_IS_ADDR_V4MAPPED(six))
			inet_ntop(AF_INET, &six->s6_addr[12], peer->name, sizeof(peer->name));
		else
			inet_ntop(AF_INET6, six, peer->name, sizeof(peer->name));
	} else if (address.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, peer->name,
			sizeof(peer->name));
}

static void add_peer(
	struct http_server *server, struct MHD_Connection *connection, void **socket_context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_peer *peer = calloc(1, sizeof(*peer));

	if (!peer || !info) {
		free(peer);
		return; /* its requests are refused: they have no peer */
	}
	peer->fd = info->connect_fd;
	peer->since_ms = clock_mono_ms();
	peer->is_tls = server->is_tls;
	strcpy(peer->name, "?");
	name_peer(peer, server->is_unix);
	peer->next = server->http->peers;
	if (peer->next)
		peer->next->previous = peer;
	server->http->peers = peer;
	*socket_context = peer;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = cls;
	struct http_peer *peer = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		add_peer(server, connection, socket_context);
		return;
	}
	if (!peer)
		return;
	if (peer->next)
		peer->next->previous = peer->previous;
	if (peer->previous)
		peer->previous->next = peer->next;
	else
		server->http->peers = peer->next;
	*socket_context = NULL;
	free(peer);
}

/* Who drips a request or a handshake byte by byte is cut off; libmicrohttpd itself only minds
 * silence. */
static void sweep(struct http *http)
{
	uint64_t now = clock_mono_ms();

	for (struct http_peer *peer = http->peers; peer; peer = peer->next) {
		unsigned limit_s = peer->is_tls && !peer->asked ? HTTP_HANDSHAKE_S : HTTP_REQUEST_S;

		if (!peer->streams && now - peer->since_ms > limit_s * 1000)
			shutdown(peer->fd, SHUT_RDWR);
	}
}

/* ---- opening and closing ---- */

/* Leaves %XX as it is: http_request.c decodes strictly, and only once. */
static size_t keep_escaped(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

/* What HTTPS takes more, for MHD_OPTION_ARRAY. */
static void tls_options(const struct http_config *config, struct MHD_OptionItem *options)
{
	/* libmicrohttpd reads them at once and changes nothing; its items are not const */
	*options++ = (struct MHD_OptionItem){
		MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)config->tls_certificate};
	*options++ = (struct MHD_OptionItem){
		MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)config->tls_key};
	*options = (struct MHD_OptionItem){
		MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITY};
}

static int serve(struct http *http, int fd, bool is_unix, bool is_tls, char err[ERR_MAX])
{
	struct http_server *server = &http->servers[http->server_count];
	struct MHD_OptionItem options[4] = {{MHD_OPTION_END, 0, NULL}};
	struct epoll_event watch = {.events = EPOLLIN};
	const union MHD_DaemonInfo *info;

	if (is_tls)
		tls_options(&http->config, options);
	*server = (struct http_server){.http = http, .is_unix = is_unix, .is_tls = is_tls};
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (is_tls ? MHD_USE_TLS : 0), 0, on_accept,
		server, http_on_access, server, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX / SERVERS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_ARRAY, options,
		MHD_OPTION_END);
	if (!server->daemon) {
		close(fd);
		snprintf(err, ERR_MAX, "the HTTP%s server cannot be started%s", is_tls ? "S" : "",
			is_tls ? "; do certificate and key fit?" : "");
		return -EIO;
	}
	http->server_count++;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || epoll_ctl(http->epoll, EPOLL_CTL_ADD, info->epoll_fd, &watch) < 0)
		return http_fail(err, "HTTP", "epoll", errno);
	return 0;
}

static int open_servers(struct http *http, char err[ERR_MAX])
{
	const struct http_config *config = &http->config;
	int fd = -1, r = 0;

	if (config->socket_path)
		r = http_listen_unix(http, &fd, err);
	if (r == 0 && config->socket_path)
		r = serve(http, fd, true, false, err);
	if (r == 0 && config->address)
		r = http_listen_tcp(config->address, config->port, false, &http->port, &fd, err);
	if (r == 0 && config->address)
		r = serve(http, fd, false, false, err);
	if (r == 0 && config->tls_address)
		r = http_listen_tcp(
			config->tls_address, config->tls_port, true, &http->tls_port, &fd, err);
	if (r == 0 && config->tls_address)
		r = serve(http, fd, false, true, err);
	return r;
}

int http_open(const struct http_config *config, struct http **ret_http, char err[ERR_MAX])
{
	struct http *http = calloc(1, sizeof(*http));
	int r;

	if (!http)
		return -ENOMEM;
	http->config = *config;
	http->wake = -1;
	if (config->address)
		snprintf(http->address, sizeof(http->address), "%s", config->address);
	http->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = http->epoll < 0 || http_stream_start(http) < 0 ? http_fail(err, "HTTP", "epoll", errno)
							   : open_servers(http, err);
	http->config.tls_certificate = http->config.tls_key = NULL; /* the caller's, to wipe */
	if (r < 0) {
		http_close(http);
		return r;
	}
	*ret_http = http;
	return 0;
}

struct http *http_close(struct http *http)
{
	struct stat st;

	if (!http)
		return NULL;
	/* only what is still ours: another hub may have put its own there */
	if (*http->path && lstat(http->path, &st) == 0 && st.st_ino == http->inode &&
		st.st_dev == http->device)
		unlink(http->path);
	http_stream_stop(http);
	for (size_t i = 0; i < http->server_count; i++)
		MHD_stop_daemon(http->servers[i].daemon);
	cleanup_close(&http->wake);
	cleanup_close(&http->epoll);
	free(http);
	return NULL;
}

uint16_t http_port(const struct http *http)
{
	return http->port;
}

uint16_t http_tls_port(const struct http *http)
{
	return http->tls_port;
}

/* ---- the loop ---- */

int http_fd(const struct http *http)
{
	return http->epoll;
}

int http_timeout_ms(const struct http *http)
{
	int timeout = http->peers ? SWEEP_MS : -1;

	for (size_t i = 0; i < http->server_count; i++) {
		unsigned long long wait;

		if (MHD_get_timeout(http->servers[i].daemon, &wait) != MHD_YES)
			continue;
		if (timeout < 0 || wait < (unsigned long long)timeout)
			timeout = (int)(wait < SWEEP_MS ? wait : SWEEP_MS);
	}
	return timeout;
}

void http_turn(struct http *http)
{
	sweep(http);
	http_stream_sweep(http);
	for (size_t i = 0; i < http->server_count; i++)
		MHD_run(http->servers[i].daemon);
}
