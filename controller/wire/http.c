/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets and the loop of the HTTP server. */
#include "http_private.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define MEMORY_MAX (48 * 1024) /* of one connection: more than a head of HTTP_HEAD_MAX */
#define BACKLOG 64
#define SWEEP_MS 1000

/* ---- connections ---- */

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
	if (address.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&address)->sin6_addr, peer->name,
			sizeof(peer->name));
	else if (address.ss_family == AF_INET)
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

/* Who drips a request byte by byte is cut off; libmicrohttpd itself only minds silence. */
static void sweep(struct http *http)
{
	uint64_t now = clock_mono_ms();

	for (struct http_peer *peer = http->peers; peer; peer = peer->next)
		if (now - peer->since_ms > HTTP_REQUEST_S * 1000)
			shutdown(peer->fd, SHUT_RDWR);
}

/* ---- listening ---- */

static int fail(char err[ERR_MAX], const char *thing, const char *what, int number)
{
	snprintf(err, ERR_MAX, "%s: %s: %s", thing, what, strerror(number));
	return -number;
}

/* Removes a socket that nobody listens on any more. */
static int clear_path(const struct sockaddr_un *address, char err[ERR_MAX])
{
	CLEANUP(cleanup_close) int fd = -1;
	struct stat st;

	if (lstat(address->sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(err, ERR_MAX,
			"%s: there is something that is no socket: move it away, or set another "
			"path",
			address->sun_path);
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(err, address->sun_path, "socket", errno);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno != ECONNREFUSED) {
		snprintf(err, ERR_MAX, "%s: another program listens there: stop it first",
			address->sun_path);
		return -EADDRINUSE;
	}
	if (unlink(address->sun_path) < 0)
		return fail(err, address->sun_path, "cannot be removed", errno);
	return 0;
}

static int listen_unix(struct http *http, int *ret_fd, char err[ERR_MAX])
{
	const char *path = http->config.socket_path;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close) int fd = -1;
	struct stat st;
	int r;

	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(err, ERR_MAX, "%s: too long for a socket: at most %zu bytes", path,
			sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	r = clear_path(&address, err);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* the mode before the name: at no moment may others connect who should not */
	if (fd < 0 || fchmod(fd, http->config.socket_mode) < 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return fail(err, path, "cannot be made", errno);
	strcpy(http->path, path);
	if (chmod(path, http->config.socket_mode) < 0 || lstat(path, &st) < 0 ||
		listen(fd, BACKLOG) < 0)
		return fail(err, path, "cannot be listened on", errno);
	http->device = st.st_dev;
	http->inode = st.st_ino;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int parse_loopback(
	const struct http_config *config, struct sockaddr_storage *ret_address, socklen_t *ret_size)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_address;

	*ret_address = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, config->address, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(config->port);
		*ret_size = sizeof(*four);
		return ntohl(four->sin_addr.s_addr) >> 24 == 127 ? 0 : -EPERM;
	}
	if (inet_pton(AF_INET6, config->address, &six->sin6_addr) != 1)
		return -EINVAL;
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(config->port);
	*ret_size = sizeof(*six);
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ? 0 : -EPERM;
}

static int listen_tcp(struct http *http, int *ret_fd, char err[ERR_MAX])
{
	struct sockaddr_storage address;
	CLEANUP(cleanup_close) int fd = -1;
	socklen_t size;
	int one = 1, r = parse_loopback(&http->config, &address, &size);

	if (r < 0) {
		snprintf(err, ERR_MAX, "%s: %s", http->config.address,
			r == -EPERM ? "not an address of this machine alone; plain HTTP is served "
				      "on 127.0.0.1 or ::1 only"
				    : "not an address; expected 127.0.0.1 or ::1");
		return r;
	}
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
		bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, BACKLOG) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
		r = errno;
		snprintf(err, ERR_MAX, "%s port %u: %s; set another [hub] port",
			http->config.address, http->config.port, strerror(r));
		return -r;
	}
	/* the port stands at the same place in both */
	http->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* ---- opening and closing ---- */

/* Leaves %XX as it is: http_request.c decodes strictly, and only once. */
static size_t keep_escaped(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

static int serve(struct http *http, int fd, bool is_unix, char err[ERR_MAX])
{
	struct http_server *server = &http->servers[http->server_count];
	struct epoll_event watch = {.events = EPOLLIN};
	const union MHD_DaemonInfo *info;

	*server = (struct http_server){.http = http, .is_unix = is_unix};
	server->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, http_on_access, server,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)HTTP_CONNECTIONS_MAX / 2, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)HTTP_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
	if (!server->daemon) {
		close(fd);
		snprintf(err, ERR_MAX, "the HTTP server cannot be started");
		return -EIO;
	}
	http->server_count++;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || epoll_ctl(http->epoll, EPOLL_CTL_ADD, info->epoll_fd, &watch) < 0)
		return fail(err, "HTTP", "epoll", errno);
	return 0;
}

int http_open(const struct http_config *config, struct http **ret_http, char err[ERR_MAX])
{
	struct http *http = calloc(1, sizeof(*http));
	int fd = -1, r = 0;

	if (!http)
		return -ENOMEM;
	http->config = *config;
	http->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (http->epoll < 0)
		r = fail(err, "HTTP", "epoll", errno);
	if (r == 0 && config->socket_path)
		r = listen_unix(http, &fd, err);
	if (r == 0 && config->socket_path)
		r = serve(http, fd, true, err);
	if (r == 0 && config->address) {
		snprintf(http->address, sizeof(http->address), "%s", config->address);
		r = listen_tcp(http, &fd, err);
	}
	if (r == 0 && config->address)
		r = serve(http, fd, false, err);
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
	for (size_t i = 0; i < http->server_count; i++)
		MHD_stop_daemon(http->servers[i].daemon);
	cleanup_close(&http->epoll);
	free(http);
	return NULL;
}

uint16_t http_port(const struct http *http)
{
	return http->port;
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
	for (size_t i = 0; i < http->server_count; i++)
		MHD_run(http->servers[i].daemon);
}
