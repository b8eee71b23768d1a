/* SPDX-License-Identifier: Apache-2.0 */
#include "reader/client.h"

#include <string.h>
#include <sys/socket.h>

int reader_client_init(struct reader_client *client, const char *path, char err[ERR_MAX])
{
	size_t size = strlen(path);

	*client = (struct reader_client){.fd = -1, .address.sun_family = AF_UNIX};
	if (!size || size >= sizeof(client->address.sun_path)) {
		snprintf(err, ERR_MAX, "socket \"%.200s\": a socket's path has 1 to 107 bytes",
			path);
		return -ENAMETOOLONG;
	}
	memcpy(client->address.sun_path, path, size + 1);
	return 0;
}

int reader_client_connect(struct reader_client *client)
{
	CLEANUP(cleanup_close)
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&client->address, sizeof(client->address)) < 0)
		return -errno;
	reader_client_close(client);
	client->fd = steal_fd(&fd);
	return 0;
}

void reader_client_close(struct reader_client *client)
{
	cleanup_close(&client->fd);
	client->fd = -1;
}

int reader_client_send(struct reader_client *client, const struct reader_record *record)
{
	uint8_t packet[READER_LINK_PACKET];
	int size = reader_record_pack(record, packet);
	int rc = size;

	if (client->fd < 0)
		return -ENOTCONN;
	if (size >= 0)
		rc = send(client->fd, packet, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
			     ? -errno
			     : 0;
	if (rc < 0)
		reader_client_close(client);
	return rc;
}

int reader_client_receive(struct reader_client *client, struct reader_record *ret_record)
{
	uint8_t packet[READER_LINK_PACKET];
	ssize_t n;
	int rc;

	if (client->fd < 0)
		return -ENOTCONN;
	n = recv(client->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		rc = n < 0 ? -errno : -ECONNRESET;
	else if ((size_t)n > sizeof(packet))
		rc = -EBADMSG;
	else
		rc = reader_record_unpack(packet, (size_t)n, ret_record);
	if (rc < 0)
		reader_client_close(client);
	return rc < 0 ? rc : 1;
}
