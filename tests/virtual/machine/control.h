/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: SOCK_STREAM, text. A request is one line of words; its answer is lines of
 * text, the last of which is "ok" or "error: WHY". Requests of one connection are answered in
 * turn; "log … follow" is never ended by the machine.
 */
#pragma once

#include "machine.h"

#define CONTROL_CLIENTS 32
#define CONTROL_REQUEST_MAX 256
#define CONTROL_OUT_MAX 16384

struct control;
struct client;

/* Serves path in the machine's loop. -EADDRINUSE if another machine answers there. */
int control_open(
	struct machine *machine, const char *path, struct control **ret_control, char err[ERR_MAX]);
/* Ends all connections and removes the socket; NULL is allowed. Returns NULL. */
struct control *control_close(struct control *control);

/* ---- between control.c and verbs.c ------------------------------------------------------ */

enum verb_result {
	VERB_RESULT_DONE,
	VERB_RESULT_LATER, /* client_finish will follow */
	VERB_RESULT_ERROR, /* err is set */
};

/* Does one request of n words, n >= 1. */
enum verb_result verb_run(
	struct machine *machine, struct client *client, char **words, size_t n, char err[ERR_MAX]);

/* Adds a line to the answer. */
void client_print(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Sends events from..to-1 as the answer, as they come; to UINT64_MAX follows for ever. */
void client_stream(struct client *client, uint64_t from, uint64_t to);
/* Line that client_finish prints before the "ok". */
void client_on_finish(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A machine_done_fn: the action this client waited for is over. */
void client_finish(void *client);
