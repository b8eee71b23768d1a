/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's end of the socket to tapin-door. Who may listen there is a matter of the socket's
 * directory: this end trusts it, tapin-door checks who connects.
 */
#pragma once

#include "hw/reader_link.h"
#include <sys/un.h>

struct reader_client {
	struct sockaddr_un address;
	int fd; /* -1: not connected */
};

/* 0, or -ENAMETOOLONG with err: a socket's path has 1 to 107 bytes. */
int reader_client_init(struct reader_client *client, const char *path, char err[ERR_MAX]);

/* One attempt, which never blocks. 0 or negative errno. */
int reader_client_connect(struct reader_client *client);
void reader_client_close(struct reader_client *client);

/* Never blocks. Whatever fails, also a door that takes no more records, ends the connection. 0,
 * -ENOTCONN or negative errno. */
int reader_client_send(struct reader_client *client, const struct reader_record *record);

/* 1 a record, 0 none waits, negative errno: the connection is ended. */
int reader_client_receive(struct reader_client *client, struct reader_record *ret_record);
