/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/reader_link.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define SKIP_MAX 16 /* unknown kinds skipped in one call */

struct reader_link {
	struct sockaddr_un address;
	int listen_fd;
	int fd;
	uid_t peer_uid;
	bool bound; /* the socket file is ours to remove */
};

static int refuse(int code, char err[ERR_MAX], const char *path, const char *why)
{
	snprintf(err, ERR_MAX, "reader socket %s: %s", path, why);
	return code;
}

static int refuse_errno(char err[ERR_MAX], const char *path, const char *what)
{
	int code = -errno;

	snprintf(err, ERR_MAX, "reader socket %s: %s: %s", path, what, strerror(-code));
	return code;
}

/* True when somebody listens there. */
static bool is_live(const struct sockaddr_un *address)
{
	CLEANUP(cleanup_close)
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	       (errno != ECONNREFUSED && errno != ENOENT);
}

/* Makes room for the socket file: a stale one goes, nothing else is touched. */
static int clear_path(const struct sockaddr_un *address, char err[ERR_MAX])
{
	const char *path = address->sun_path;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : refuse_errno(err, path, "cannot look at it");
	if (!S_ISSOCK(st.st_mode))
		return refuse(-EEXIST, err, path,
			"something that is not a socket is there; move it away");
	if (is_live(address))
		return refuse(-EADDRINUSE, err, path,
			"another program listens there; stop the other tapin-door first");
	if (unlink(path) < 0 && errno != ENOENT)
		return refuse_errno(err, path, "cannot remove the stale socket");
	return 0;
}

/* Nobody can connect before listen(), so the mode is right before the first connection. */
static int bind_and_listen(struct reader_link *link, gid_t group, char err[ERR_MAX])
{
	const char *path = link->address.sun_path;
	struct stat st;

	if (bind(link->listen_fd, (const struct sockaddr *)&link->address, sizeof(link->address)) <
		0)
		return refuse_errno(err, path, "cannot bind; does its directory exist?");
	link->bound = true;
	/* under the unit it has its group from its making, and chown is forbidden */
	if (group != (gid_t)-1 && (lstat(path, &st) < 0 || st.st_gid != group) &&
		lchown(path, (uid_t)-1, group) < 0)
		return refuse_errno(err, path, "cannot give it its group");
	if (chmod(path, 0660) < 0)
		return refuse_errno(err, path, "cannot set its mode");
	if (listen(link->listen_fd, 4) < 0)
		return refuse_errno(err, path, "cannot listen");
	return 0;
}

int reader_link_listen(const char *path, uid_t peer_uid, gid_t group, struct reader_link **ret_link,
	char err[ERR_MAX])
{
	struct reader_link *link;
	int rc;

	if (!*path || strlen(path) >= sizeof(link->address.sun_path))
		return refuse(-ENAMETOOLONG, err, path, "a socket's path has 1 to 107 bytes");
	link = calloc(1, sizeof(*link));
	if (!link)
		return refuse(-ENOMEM, err, path, "out of memory");
	link->fd = -1;
	link->peer_uid = peer_uid;
	link->address.sun_family = AF_UNIX;
	memcpy(link->address.sun_path, path, strlen(path) + 1);
	link->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = link->listen_fd < 0 ? refuse_errno(err, path, "no socket")
				 : clear_path(&link->address, err);
	if (rc < 0) {
		cleanup_close(&link->listen_fd);
		free(link);
		return rc;
	}
	rc = bind_and_listen(link, group, err);
	if (rc < 0) {
		reader_link_free(link);
		return rc;
	}
	*ret_link = link;
	return 0;
}

static void drop(struct reader_link *link)
{
	cleanup_close(&link->fd);
	link->fd = -1;
}

struct reader_link *reader_link_free(struct reader_link *link)
{
	if (!link)
		return NULL;
	drop(link);
	close(link->listen_fd);
	if (link->bound)
		unlink(link->address.sun_path);
	free(link);
	return NULL;
}

int reader_link_listen_fd(const struct reader_link *link)
{
	return link->listen_fd;
}

int reader_link_fd(const struct reader_link *link)
{
	return link->fd;
}

static int check_peer(const struct reader_link *link, int fd, char err[ERR_MAX])
{
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return refuse_errno(err, link->address.sun_path, "cannot ask who connects");
	if (peer.uid == 0 || peer.uid == geteuid())
		return 0;
	if (link->peer_uid != (uid_t)-1 && peer.uid == link->peer_uid)
		return 0;
	snprintf(err, ERR_MAX,
		"reader socket %s: process %d of user %u may not be the reader; run it as root or "
		"as the reader's own user",
		link->address.sun_path, (int)peer.pid, (unsigned)peer.uid);
	return -EPERM;
}

int reader_link_accept(struct reader_link *link, char err[ERR_MAX])
{
	CLEANUP(cleanup_close)
	int fd = accept4(link->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	char byte;
	int rc;

	if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR))
		return 0;
	if (fd < 0)
		return refuse_errno(err, link->address.sun_path, "cannot take a connection");
	rc = check_peer(link, fd, err);
	if (rc < 0)
		return rc;
	/* whoever has left already (another door's look for a live socket) replaces nobody */
	if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		return 0;
	drop(link);
	link->fd = steal_fd(&fd);
	return 1;
}

static bool is_known(enum reader_kind kind)
{
	switch (kind) {
	case READER_KIND_HELLO:
	case READER_KIND_ALIVE:
	case READER_KIND_CARD:
	case READER_KIND_REMOVED:
	case READER_KIND_FAULT:
	case READER_KIND_OK:
	case READER_KIND_TRANSCEIVE:
	case READER_KIND_RESULT:
		return true;
	}
	return false;
}

int reader_link_receive(struct reader_link *link, struct reader_record *ret_record)
{
	uint8_t packet[READER_LINK_PACKET];
	struct reader_record record;

	if (link->fd < 0)
		return -ENOTCONN;
	for (int i = 0; i < SKIP_MAX; i++) {
		/* MSG_TRUNC: the true length, also of a packet that did not fit */
		ssize_t n = recv(link->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
		int rc = n == 0 ? -ECONNRESET : n < 0 ? -errno : 0;

		if (rc == -EAGAIN || rc == -EINTR)
			return 0;
		if (rc == 0)
			rc = (size_t)n > sizeof(packet)
				     ? -EBADMSG
				     : reader_record_unpack(packet, (size_t)n, &record);
		if (rc < 0) {
			drop(link);
			return rc;
		}
		if (is_known(record.kind)) {
			*ret_record = record;
			return 1;
		}
	}
	return 0;
}

int reader_link_send(struct reader_link *link, const struct reader_record *record)
{
	uint8_t packet[READER_LINK_PACKET];
	int size = reader_record_pack(record, packet);

	if (link->fd < 0)
		return -ENOTCONN;
	if (size < 0)
		return size;
	if (send(link->fd, packet, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}
