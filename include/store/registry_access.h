/* SPDX-License-Identifier: Apache-2.0 */
/* Operators and their sessions. Passwords and session keys come here hashed; the registry keeps
 * both and judges neither. */
#pragma once

#include "store/registry.h"

enum operator_role {
	OPERATOR_ROLE_NONE,
	OPERATOR_ROLE_HOST,    /* members, cards, doors; seven days of the log */
	OPERATOR_ROLE_AUDITOR, /* reads everything, changes nothing */
	OPERATOR_ROLE_ADMIN,
};
const char *operator_role_name(enum operator_role role);
int operator_role_parse(const char *text, enum operator_role *ret_role);

#define REGISTRY_PASSWORD_MAX \
	128                      /* crypto/password.h: the text of an argon2id hash, NUL included */
#define REGISTRY_SESSION_SIZE 32 /* BLAKE2b-256 of the session key */

struct registry_operator {
	char name[NAME_ID_MAX]; /* [a-z0-9-]{1,32} */
	enum operator_role role;
	char password[REGISTRY_PASSWORD_MAX]; /* "" : cannot log in by password */
	char unix_user[NAME_ID_MAX]; /* who is this operator on the hub's own socket; "" nobody */
	uint64_t member;             /* their own member row, which a host may not change; 0 none */
	uint32_t failures;           /* wrong passwords since the last good one */
	int64_t locked_until_us;
	int64_t seen_us;
	uint64_t version;
};
/* 1, 0 when there is none. */
int registry_operator(
	struct registry *registry, const char *name, struct registry_operator *ret_operator);
int registry_operator_of_user(
	struct registry *registry, const char *unix_user, struct registry_operator *ret_operator);
int registry_operator_add(struct registry *registry, const struct registry_operator *operator);
/* Role, password, user, member; ends the operator's sessions where role or password changed;
 * another password is no longer locked. -EPERM when no admin would be left. */
int registry_operator_change(struct registry *registry, const struct registry_operator *operator);
int registry_operator_remove(struct registry *registry, const char *name, uint64_t version);
/* By name, ascending; after NULL: from the first. */
int registry_operators(
	struct registry *registry, const char *after, struct registry_operator *rows, size_t limit);
/* Counts a wrong password (lock-out from the caller's time on), or forgets them after a good one.
 * Its own transaction. */
int registry_operator_tried(
	struct registry *registry, const char *name, bool good, int64_t locked_until_us);

struct registry_session {
	uint8_t key[REGISTRY_SESSION_SIZE];
	char operator[NAME_ID_MAX];
	int64_t created_us;
	int64_t used_us;
	int64_t expires_us;
};
/* Each its own transaction. 1, 0 when there is none (or it has expired). */
int registry_session(struct registry *registry, const uint8_t key[REGISTRY_SESSION_SIZE],
	struct registry_session *ret_session);
int registry_session_add(struct registry *registry, const struct registry_session *session);
int registry_session_touch(
	struct registry *registry, const uint8_t key[REGISTRY_SESSION_SIZE], int64_t used_us);
int registry_session_remove(struct registry *registry, const uint8_t key[REGISTRY_SESSION_SIZE]);
