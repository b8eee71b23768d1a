/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to a hub's API, one after another, over libcurl: on its Unix socket, on loopback HTTP or
 * by HTTPS. Bounded in time and in what an answer may hold; no proxy, no redirect, no other
 * protocol.
 */
#pragma once

#include "base/util.h"
#include <stddef.h>

#define CLIENT_ANSWER_MAX (64u * 1024 * 1024)
#define CLIENT_CONNECT_S 5
#define CLIENT_TIMEOUT_S 60 /* of one request; client_wait changes it */

struct client;

struct client_request {
	const char *method;       /* "GET", "POST", … */
	const char *path;         /* "/members?limit=1", below /api/v1 */
	const char *content_type; /* of the body, or NULL */
	const char *body;         /* or NULL */
	size_t body_size;
	const char *if_match; /* the version that was read, "17"; NULL: whatever is there */
};

struct client_answer {
	long status;
	char *body; /* NUL behind it; owned */
	size_t size;
};

/*
 * hub: "unix:PATH", "http://127.0.0.1:PORT" (also [::1] and localhost) or "https://HOST:PORT".
 * Plain HTTP off this machine is refused (-EPERM), for passwords and session keys would travel in
 * clear. 0 or negative errno with err.
 */
int client_open(const char *hub, struct client **ret_client, char err[ERR_MAX]);
/* Takes NULL. Returns NULL. */
struct client *client_close(struct client *client);

/* The session key sent from now on; NULL: none. 0 or -ENOMEM. */
int client_set_key(struct client *client, const char *key);
/* By HTTPS: believe what this file (PEM) certifies, or is, and not what the system does. */
void client_set_ca(struct client *client, const char *path);
/* How long one request may take. */
void client_wait(struct client *client, unsigned seconds);
/* Called once for each request that takes longer than this. */
void client_set_slow(
	struct client *client, unsigned ms, void (*slow)(void *userdata), void *userdata);

/*
 * Sends one request. 0 for any answer of the hub, whatever its status; -EHOSTUNREACH when there is
 * no hub, -EKEYREJECTED when its certificate is not known, -ETIMEDOUT, -EMSGSIZE for an answer
 * beyond CLIENT_ANSWER_MAX, -EPROTO, all with err.
 */
int client_call(struct client *client, const struct client_request *request,
	struct client_answer *ret_answer, char err[ERR_MAX]);
void client_answer_free(struct client_answer *answer);

/* Appends text to a path, with everything escaped that is not a letter, digit or one of -._~.
 * -ENAMETOOLONG where it does not fit. */
int client_escape(char *path, size_t room, const char *text);
