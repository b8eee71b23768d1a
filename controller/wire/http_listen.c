/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets that the HTTP server listens on. */
#include "http_private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 64

int http_fail(char err[ERR_MAX], const char *thing, const char *what, int number)
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
		return http_fail(err, address->sun_path, "socket", errno);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno != ECONNREFUSED) {
		snprintf(err, ERR_MAX, "%s: another program listens there: stop it first",
			address->sun_path);
		return -EADDRINUSE;
	}
	if (unlink(address->sun_path) < 0)
		return http_fail(err, address->sun_path, "cannot be removed", errno);
	return 0;
}

int http_listen_unix(struct http *http, int *ret_fd, char err[ERR_MAX])
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
		return http_fail(err, path, "cannot be made", errno);
	strcpy(http->path, path);
	if (chmod(path, http->config.socket_mode) < 0 || lstat(path, &st) < 0 ||
		listen(fd, BACKLOG) < 0)
		return http_fail(err, path, "cannot be listened on", errno);
	http->device = st.st_dev;
	http->inode = st.st_ino;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int parse_address(const char *address, uint16_t port, struct sockaddr_storage *ret_address,
	socklen_t *ret_size, bool *ret_loopback)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_address;

	*ret_address = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, address, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		*ret_size = sizeof(*four);
		*ret_loopback = ntohl(four->sin_addr.s_addr) >> 24 == 127;
		return 0;
	}
	if (inet_pton(AF_INET6, address, &six->sin6_addr) != 1)
		return -EINVAL;
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	*ret_size = sizeof(*six);
	*ret_loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	return 0;
}

/* An address that the machine gets later (a cable, a lease) is waited for; [::] hears IPv4, too. */
static int open_socket(const struct sockaddr_storage *address, socklen_t size, bool waits)
{
	CLEANUP(cleanup_close)
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, off = 0;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		(waits && setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)) < 0) ||
		(address->ss_family == AF_INET6 &&
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0) ||
		bind(fd, (const struct sockaddr *)address, size) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return steal_fd(&fd);
}

int http_listen_tcp(const char *host, uint16_t port, bool is_tls, uint16_t *ret_port, int *ret_fd,
	char err[ERR_MAX])
{
	struct sockaddr_storage address;
	socklen_t size;
	bool loopback;
	int fd, r = parse_address(host, port, &address, &size, &loopback);

	if (r < 0 || !(loopback || is_tls)) {
		snprintf(err, ERR_MAX, "%s: %s", host,
			r == 0   ? "not an address of this machine alone; plain HTTP is served on "
				   "127.0.0.1 or ::1 only, others by HTTPS ([hub] listen)"
			: is_tls ? "not an address; expected one like 0.0.0.0 or ::"
				 : "not an address; expected 127.0.0.1 or ::1");
		return r < 0 ? r : -EPERM;
	}
	fd = open_socket(&address, size, is_tls);
	if (fd < 0) {
		snprintf(err, ERR_MAX, "%s port %u: %s; set another [hub] %s%s", host, port,
			strerror(-fd), is_tls ? "listen" : "port",
			fd == -EACCES ? " (ports below 1024 are root's)" : "");
		return fd;
	}
	getsockname(fd, (struct sockaddr *)&address, &size);
	/* the port stands at the same place in both */
	*ret_port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	*ret_fd = fd;
	return 0;
}
