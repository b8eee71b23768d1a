/* SPDX-License-Identifier: Apache-2.0 */
#include "registry_private.h"
#include "store/registry_access.h"

#include <string.h>

#define COLUMNS                                                                             \
	"name, role, password, unix_user, coalesce(member, 0), failures, locked_until_us, " \
	"seen_us, version"

static const char *const role_names[] = {
	[OPERATOR_ROLE_HOST] = "host",
	[OPERATOR_ROLE_AUDITOR] = "auditor",
	[OPERATOR_ROLE_ADMIN] = "admin",
};

const char *operator_role_name(enum operator_role role)
{
	return (size_t)role < ARRAY_SIZE(role_names) ? role_names[role] : NULL;
}

int operator_role_parse(const char *text, enum operator_role *ret_role)
{
	for (size_t i = OPERATOR_ROLE_HOST; i < ARRAY_SIZE(role_names); i++)
		if (strcmp(text, role_names[i]) == 0) {
			*ret_role = (enum operator_role)i;
			return 0;
		}
	return -EINVAL;
}

/* ---- reading ---- */

static void take(sqlite3_stmt *stmt, struct registry_operator *row)
{
	*row = (struct registry_operator){
		.role = (enum operator_role)registry_take_u32(stmt, 1),
		.member = registry_take_u64(stmt, 4),
		.failures = registry_take_u32(stmt, 5),
		.locked_until_us = sqlite3_column_int64(stmt, 6),
		.seen_us = sqlite3_column_int64(stmt, 7),
		.version = registry_take_u64(stmt, 8),
	};
	registry_take_text(stmt, 0, row->name, sizeof(row->name));
	registry_take_text(stmt, 2, row->password, sizeof(row->password));
	registry_take_text(stmt, 3, row->unix_user, sizeof(row->unix_user));
}

static int read_one(struct registry *reg, const char *sql, const char *value,
	struct registry_operator *ret_operator)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read an operator");
	registry_bind_text(stmt, 1, value);
	rc = registry_step(reg, stmt, "read an operator");
	if (rc > 0)
		take(stmt, ret_operator);
	return rc;
}

int registry_operator(
	struct registry *reg, const char *name, struct registry_operator *ret_operator)
{
	return read_one(
		reg, "SELECT " COLUMNS " FROM operator WHERE name = ?1", name, ret_operator);
}

int registry_operator_of_user(
	struct registry *reg, const char *unix_user, struct registry_operator *ret_operator)
{
	if (!*unix_user)
		return 0;
	return read_one(reg,
		"SELECT " COLUMNS " FROM operator WHERE unix_user = ?1 AND unix_user <> ''",
		unix_user, ret_operator);
}

int registry_operators(
	struct registry *reg, const char *after, struct registry_operator *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT " COLUMNS " FROM operator WHERE name > ?1 ORDER BY name LIMIT ?2");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the operators");
	registry_bind_text(stmt, 1, after ? after : "");
	sqlite3_bind_int64(stmt, 2, (int64_t)limit);
	while ((rc = registry_step(reg, stmt, "read the operators")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}

static int no_operator(struct registry *reg, const char *name)
{
	return registry_fail(reg, -ENOENT,
		"there is no operator \"%.40s\": 'tapin operator list' shows them", name);
}

/* ---- what an operator must be ---- */

static int check_member(struct registry *reg, uint64_t member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT 1 FROM member WHERE id = ?1");
	int rc;

	if (member == 0)
		return 0;
	if (!stmt)
		return registry_sql_fail(reg, "read a member");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	rc = registry_step(reg, stmt, "read a member");
	if (rc == 0)
		return registry_fail(
			reg, -EINVAL, "there is no member %llu", (unsigned long long)member);
	return rc < 0 ? rc : 0;
}

static int check_user(struct registry *reg, const struct registry_operator *operator)
{
	struct registry_operator other;
	int rc = registry_operator_of_user(reg, operator->unix_user, &other);

	if (rc <= 0 || strcmp(other.name, operator->name) == 0)
		return rc < 0 ? rc : 0;
	return registry_fail(reg, -EEXIST,
		"the user %s is operator %s already", operator->unix_user, other.name);
}

static int check(struct registry *reg, const struct registry_operator *operator)
{
	int rc;

	if (!name_id_valid(operator->name))
		return registry_fail(reg, -EINVAL,
			"an operator's name is 1 to 32 of a-z, 0-9 and -: \"%.40s\"",
			operator->name);
	if (!operator_role_name(operator->role))
		return registry_fail(reg, -EINVAL, "an operator is a host, an auditor or an admin");
	if (!memchr(operator->password, '\0', sizeof(operator->password)))
		return registry_fail(reg, -EINVAL, "the password's hash is too long");
	rc = registry_check_text(
		reg, "the user's name", operator->unix_user, NAME_ID_MAX - 1, true);
	if (rc == 0)
		rc = check_user(reg, operator);
	return rc < 0 ? rc : check_member(reg, operator->member);
}

/* The last admin stays: only root could then make another. */
static int check_admins(struct registry *reg, const char *name)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT 1 FROM operator WHERE role = ?1 AND name <> ?2 LIMIT 1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the operators");
	sqlite3_bind_int64(stmt, 1, OPERATOR_ROLE_ADMIN);
	registry_bind_text(stmt, 2, name);
	rc = registry_step(reg, stmt, "read the operators");
	if (rc == 0)
		return registry_fail(
			reg, -EPERM, "%s is the last admin: make another one first", name);
	return rc < 0 ? rc : 0;
}

/* ---- changing ---- */

static int write_row(
	struct registry *reg, const char *sql, const struct registry_operator *operator)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "keep an operator");
	registry_bind_text(stmt, 1, operator->name);
	sqlite3_bind_int64(stmt, 2, operator->role);
	registry_bind_text(stmt, 3, operator->password);
	registry_bind_text(stmt, 4, operator->unix_user);
	if (operator->member> 0)
		sqlite3_bind_int64(stmt, 5, (int64_t) operator->member);
	rc = registry_run(reg, stmt, "keep an operator");
	return rc < 0 ? rc : 0;
}

static int end_sessions(struct registry *reg, const char *name)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM session WHERE operator = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "end an operator's sessions");
	registry_bind_text(stmt, 1, name);
	rc = registry_run(reg, stmt, "end an operator's sessions");
	return rc < 0 ? rc : 0;
}

/* What was guessed at is no password any more. */
static int unlock(struct registry *reg, const char *name)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE operator SET failures = 0, locked_until_us = 0 WHERE name = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "unlock an operator");
	registry_bind_text(stmt, 1, name);
	rc = registry_run(reg, stmt, "unlock an operator");
	return rc < 0 ? rc : 0;
}

static int add(struct registry *reg, const struct registry_operator *operator)
{
	struct registry_operator old = {0};
	int rc = check(reg, operator);

	if (rc < 0)
		return rc;
	rc = registry_operator(reg, operator->name, &old);
	if (rc > 0)
		return registry_fail(
			reg, -EEXIST, "there is an operator \"%s\" already", operator->name);
	return rc < 0 ? rc
		      : write_row(reg,
				"INSERT INTO operator VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, 1)",
				operator);
}

int registry_operator_add(struct registry *reg, const struct registry_operator *operator)
{
	bool own = false;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc : registry_leave(reg, own, add(reg, operator));
}

/* Reads who is to be changed: 0, or negative errno. */
static int expect(
	struct registry *reg, const char *name, uint64_t version, struct registry_operator *ret_old)
{
	int rc = registry_operator(reg, name, ret_old);

	if (rc == 0)
		return no_operator(reg, name);
	return rc < 0 ? rc : registry_check_version(reg, "the operator", version, ret_old->version);
}

static int change(struct registry *reg, const struct registry_operator *operator)
{
	struct registry_operator old = {0};
	int rc = check(reg, operator);

	if (rc == 0)
		rc = expect(reg, operator->name, operator->version, &old);
	if (rc == 0 && old.role == OPERATOR_ROLE_ADMIN && operator->role != OPERATOR_ROLE_ADMIN)
		rc = check_admins(reg, operator->name);
	if (rc == 0)
		rc = write_row(reg,
			"UPDATE operator SET role = ?2, password = ?3, unix_user = ?4, member = ?5,"
			" version = version + 1 WHERE name = ?1",
			operator);
	if (rc == 0 &&
		(old.role != operator->role || strcmp(old.password, operator->password) != 0))
		rc = end_sessions(reg, operator->name);
	if (rc == 0 && strcmp(old.password, operator->password) != 0)
		rc = unlock(reg, operator->name);
	return rc;
}

int registry_operator_change(struct registry *reg, const struct registry_operator *operator)
{
	bool own = false;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc : registry_leave(reg, own, change(reg, operator));
}

static int remove_operator(struct registry *reg, const char *name, uint64_t version)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "DELETE FROM operator WHERE name = ?1");
	struct registry_operator old = {0};
	int rc = expect(reg, name, version, &old);

	if (rc == 0 && old.role == OPERATOR_ROLE_ADMIN)
		rc = check_admins(reg, name);
	if (rc == 0)
		rc = end_sessions(reg, name);
	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "remove an operator");
	registry_bind_text(stmt, 1, name);
	rc = registry_run(reg, stmt, "remove an operator");
	return rc < 0 ? rc : 0;
}

int registry_operator_remove(struct registry *reg, const char *name, uint64_t version)
{
	bool own = false;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc : registry_leave(reg, own, remove_operator(reg, name, version));
}

/* Not the row's version: nobody changed the operator. */
static int note_try(struct registry *reg, const char *name, bool good, int64_t locked_until_us)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE operator SET failures = iif(?2, 0, min(failures + 1, 1000000)),"
		" locked_until_us = iif(?2, 0, ?3), seen_us = iif(?2, ?4, seen_us)"
		" WHERE name = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "count a wrong password");
	registry_bind_text(stmt, 1, name);
	sqlite3_bind_int64(stmt, 2, good);
	sqlite3_bind_int64(stmt, 3, locked_until_us);
	sqlite3_bind_int64(stmt, 4, registry_now_us(reg));
	rc = registry_run(reg, stmt, "count a wrong password");
	if (rc == 0)
		return no_operator(reg, name);
	return rc < 0 ? rc : 0;
}

int registry_operator_tried(
	struct registry *reg, const char *name, bool good, int64_t locked_until_us)
{
	bool own = false;
	int rc = registry_enter(reg, &own);

	return rc < 0 ? rc : registry_leave(reg, own, note_try(reg, name, good, locked_until_us));
}
