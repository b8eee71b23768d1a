/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands to Mosquitto's dynamic-security plugin, and its answers: JSON over $CONTROL topics
 * (mosquitto_ctrl_dynsec(1)). Every text here is a whole message of commands that may be sent again
 * without harm; `id` comes back in each answer (correlationData).
 */
#pragma once

#include "base/util.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DYNSEC_TOPIC "$CONTROL/dynamic-security/v1"
#define DYNSEC_ANSWER_TOPIC "$CONTROL/dynamic-security/v1/response"
#define DYNSEC_NAME_MAX 64      /* an account or role, NUL included */
#define DYNSEC_ACCOUNTS_MAX 500 /* of one page */

enum dynsec_access {
	DYNSEC_PUBLISH,
	DYNSEC_READ, /* subscribe and be sent */
};

struct dynsec_right {
	enum dynsec_access access;
	const char *topic; /* literal, or ending in '#' */
};

/* An account with one role of its own name and exactly these rights; one that is there gets this
 * password and these rights, and its connection is ended. 0 or -ENOMEM; the caller frees (and
 * wipes) the text. */
int dynsec_write_add(uint64_t id, const char *account, const char *password,
	const struct dynsec_right *rights, size_t count, char **ret_text);
/* Takes an account and its role away; its connection is ended. */
int dynsec_write_remove(uint64_t id, const char *account, char **ret_text);
/* Gives an account that is there one more role of these rights. */
int dynsec_write_grant(uint64_t id, const char *account, const char *role,
	const struct dynsec_right *rights, size_t count, char **ret_text);
/* Asks for the roles of an account. */
int dynsec_write_look(uint64_t id, const char *account, char **ret_text);
/* Asks for the names of accounts, DYNSEC_ACCOUNTS_MAX from offset on. */
int dynsec_write_list(uint64_t id, size_t offset, char **ret_text);

enum dynsec_answer_kind {
	DYNSEC_ANSWER_OTHER,
	DYNSEC_ANSWER_DONE,   /* an add, remove or grant is complete */
	DYNSEC_ANSWER_FAILED, /* error says why */
	DYNSEC_ANSWER_LOOK,
	DYNSEC_ANSWER_LIST,
};

struct dynsec_answer {
	enum dynsec_answer_kind kind;
	uint64_t id;
	char error[128];
	size_t total;                   /* LIST: accounts there are */
	size_t count;                   /* LIST: names; LOOK: roles */
	char (*names)[DYNSEC_NAME_MAX]; /* owned; longer ones are left out */
};
/* Reads the answers to one message. 0, -ENOMEM, or -EBADMSG for what is no answer. */
int dynsec_read(const char *body, size_t size, struct dynsec_answer *ret_answer);
void dynsec_answer_free(struct dynsec_answer *answer);
