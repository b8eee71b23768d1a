/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"
#include "registry_sweep.h"
#include "store/registry_access.h"

#define HOUR_US (3600LL * 1000000)

static struct registry_operator operator_of(const char *name, enum operator_role role)
{
	struct registry_operator o = {.role = role, .password = "$argon2id$one"};

	snprintf(o.name, sizeof(o.name), "%s", name);
	return o;
}

static void add(struct registry *reg, const char *name, enum operator_role role)
{
	struct registry_operator o = operator_of(name, role);

	EXPECT(reg, registry_operator_add(reg, &o), 0);
}

static struct registry_operator read_back(struct registry *reg, const char *name)
{
	struct registry_operator o;

	EXPECT(reg, registry_operator(reg, name, &o), 1);
	return o;
}

static void log_in(struct registry *reg, const char *name, uint8_t key)
{
	struct registry_session s = {.key = {key, 1},
		.created_us = bed_now_us,
		.used_us = bed_now_us,
		.expires_us = bed_now_us + 12 * HOUR_US};

	snprintf(s.operator, sizeof(s.operator), "%s", name);
	EXPECT(reg, registry_session_add(reg, &s), 0);
}

static int session_of(struct registry *reg, uint8_t key, struct registry_session *session)
{
	const uint8_t bytes[REGISTRY_SESSION_SIZE] = {key, 1};

	return registry_session(reg, bytes, session);
}

/* ---- operators ---- */

static void operators_are_added_and_listed(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_operator o = operator_of("maya", OPERATOR_ROLE_ADMIN), rows[3];

	(void)state;
	strcpy(o.unix_user, "maya-w");
	EXPECT(reg, registry_operator_add(reg, &o), 0);
	EXPECT(reg, registry_operator_add(reg, &o), -EEXIST);
	add(reg, "omar", OPERATOR_ROLE_HOST);
	add(reg, "ada", OPERATOR_ROLE_AUDITOR);
	EXPECT(reg, registry_operators(reg, NULL, rows, 2), 2);
	assert_string_equal(rows[0].name, "ada");
	EXPECT(reg, registry_operators(reg, "maya", rows, 3), 1);
	assert_string_equal(rows[0].name, "omar");
	o = read_back(reg, "maya");
	assert_int_equal(o.role, OPERATOR_ROLE_ADMIN);
	assert_string_equal(o.password, "$argon2id$one");
	assert_int_equal(o.version, 1);
	EXPECT(reg, registry_operator(reg, "none", &o), 0);
	EXPECT(reg, registry_operator_of_user(reg, "maya-w", &o), 1);
	assert_string_equal(o.name, "maya");
	EXPECT(reg, registry_operator_of_user(reg, "", &o), 0);
	EXPECT(reg, registry_operator_of_user(reg, "omar", &o), 0);
	registry_close(reg);
}

static void wrong_operators_are_refused(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_operator o;

	(void)state;
	for (int i = 0; i < 6; i++) {
		o = operator_of("maya", OPERATOR_ROLE_ADMIN);
		if (i == 0)
			strcpy(o.name, "Maya");
		if (i == 1)
			o.role = OPERATOR_ROLE_NONE;
		if (i == 2)
			o.role = (enum operator_role)9;
		if (i == 3)
			memset(o.password, 'x', sizeof(o.password));
		if (i == 4)
			strcpy(o.unix_user, "a\nb");
		if (i == 5)
			o.member = 12; /* nobody */
		EXPECT(reg, registry_operator_add(reg, &o), -EINVAL);
	}
	EXPECT(reg, registry_operators(reg, NULL, &o, 1), 0);
	o = operator_of("maya", OPERATOR_ROLE_ADMIN);
	strcpy(o.unix_user, "desk");
	EXPECT(reg, registry_operator_add(reg, &o), 0);
	strcpy(o.name, "omar");
	EXPECT(reg, registry_operator_add(reg, &o), -EEXIST); /* who would the socket's peer be? */
	said(reg, "maya");
	registry_close(reg);
}

static void operator_has_a_member_of_their_own(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_operator o = operator_of("omar", OPERATOR_ROLE_HOST);

	(void)state;
	bed_begin(reg);
	o.member = bed_member(reg, "Omar", bed_tier(reg, "hub", "24/7"));
	EXPECT(reg, registry_operator_add(reg, &o), 0);
	bed_commit(reg);
	assert_int_equal(read_back(reg, "omar").member, o.member);
	registry_close(reg);
}

static void change_is_by_version_and_ends_sessions(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_session session;
	struct registry_operator o;

	(void)state;
	add(reg, "maya", OPERATOR_ROLE_ADMIN);
	add(reg, "omar", OPERATOR_ROLE_HOST);
	log_in(reg, "omar", 1);
	log_in(reg, "maya", 2);
	o = read_back(reg, "omar");
	strcpy(o.unix_user, "omar");
	EXPECT(reg, registry_operator_change(reg, &o), 0);
	EXPECT(reg, registry_operator_change(reg, &o), -ESTALE);
	EXPECT(reg, session_of(reg, 1, &session), 1); /* neither role nor password changed */
	o = read_back(reg, "omar");
	strcpy(o.password, "$argon2id$two");
	EXPECT(reg, registry_operator_change(reg, &o), 0);
	EXPECT(reg, session_of(reg, 1, &session), 0);
	log_in(reg, "omar", 1);
	o = read_back(reg, "omar");
	o.role = OPERATOR_ROLE_AUDITOR;
	o.version = 0;
	EXPECT(reg, registry_operator_change(reg, &o), 0);
	EXPECT(reg, session_of(reg, 1, &session), 0);
	EXPECT(reg, session_of(reg, 2, &session), 1);
	o = operator_of("none", OPERATOR_ROLE_HOST);
	EXPECT(reg, registry_operator_change(reg, &o), -ENOENT);
	registry_close(reg);
}

static void last_admin_stays(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_operator o;

	(void)state;
	add(reg, "maya", OPERATOR_ROLE_ADMIN);
	add(reg, "omar", OPERATOR_ROLE_HOST);
	EXPECT(reg, registry_operator_remove(reg, "maya", 0), -EPERM);
	o = read_back(reg, "maya");
	o.role = OPERATOR_ROLE_HOST;
	EXPECT(reg, registry_operator_change(reg, &o), -EPERM);
	said(reg, "last admin");
	o = read_back(reg, "omar");
	o.role = OPERATOR_ROLE_ADMIN;
	EXPECT(reg, registry_operator_change(reg, &o), 0);
	EXPECT(reg, registry_operator_remove(reg, "maya", 7), -ESTALE);
	log_in(reg, "maya", 1);
	EXPECT(reg, registry_operator_remove(reg, "maya", 1), 0);
	EXPECT(reg, registry_operator_remove(reg, "maya", 0), -ENOENT);
	{
		struct registry_session session;

		EXPECT(reg, session_of(reg, 1, &session), 0);
	}
	registry_close(reg);
}

static void wrong_passwords_are_counted_over_restarts(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_operator o;

	(void)state;
	add(reg, "maya", OPERATOR_ROLE_ADMIN);
	for (int i = 0; i < 3; i++)
		EXPECT(reg, registry_operator_tried(reg, "maya", false, bed_now_us + i), 0);
	registry_close(reg);
	reg = bed_open("hub.db");
	o = read_back(reg, "maya");
	assert_int_equal(o.failures, 3);
	assert_int_equal(o.locked_until_us, bed_now_us + 2);
	assert_int_equal(o.seen_us, 0);
	assert_int_equal(o.version, 1);
	EXPECT(reg, registry_operator_tried(reg, "maya", true, 0), 0);
	o = read_back(reg, "maya");
	assert_int_equal(o.failures, 0);
	assert_int_equal(o.locked_until_us, 0);
	assert_int_equal(o.seen_us, bed_now_us);
	EXPECT(reg, registry_operator_tried(reg, "none", false, 0), -ENOENT);
	registry_close(reg);
}

static void roles_have_names(void **state)
{
	enum operator_role role;

	(void)state;
	for (int i = OPERATOR_ROLE_HOST; i <= OPERATOR_ROLE_ADMIN; i++) {
		assert_int_equal(
			operator_role_parse(operator_role_name((enum operator_role)i), &role), 0);
		assert_int_equal(role, i);
	}
	assert_null(operator_role_name(OPERATOR_ROLE_NONE));
	assert_null(operator_role_name((enum operator_role)4));
	assert_int_equal(operator_role_parse("root", &role), -EINVAL);
	assert_int_equal(operator_role_parse("", &role), -EINVAL);
}

/* ---- sessions ---- */

/* A backup may be from before its operator logged out, or was removed. */
static void session_does_not_come_back_with_a_backup(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_session s;

	(void)state;
	add(reg, "maya", OPERATOR_ROLE_ADMIN);
	log_in(reg, "maya", 1);
	EXPECT(reg, registry_raise_generation(reg, 2), 0);
	EXPECT(reg, session_of(reg, 1, &s), 0);
	registry_close(reg);
}

static void session_lasts_until_it_expires_or_is_left(void **state)
{
	struct registry *reg = bed_open("hub.db");
	const uint8_t key[REGISTRY_SESSION_SIZE] = {1, 1}, none[REGISTRY_SESSION_SIZE] = {9};
	struct registry_session s;

	(void)state;
	add(reg, "maya", OPERATOR_ROLE_ADMIN);
	log_in(reg, "maya", 1);
	EXPECT(reg, session_of(reg, 1, &s), 1);
	assert_string_equal(s.operator, "maya");
	assert_memory_equal(s.key, key, sizeof(key));
	assert_int_equal(s.used_us, bed_now_us);
	EXPECT(reg, registry_session(reg, none, &s), 0);
	EXPECT(reg, registry_session_touch(reg, none, bed_now_us), -ENOENT);
	EXPECT(reg, registry_session_touch(reg, key, bed_now_us + 60000000), 0);
	EXPECT(reg, session_of(reg, 1, &s), 1);
	assert_int_equal(s.used_us, bed_now_us + 60000000);
	assert_int_equal(read_back(reg, "maya").seen_us, bed_now_us + 60000000);
	bed_now_us += 12 * HOUR_US;
	EXPECT(reg, session_of(reg, 1, &s), 0);
	EXPECT(reg, registry_session_touch(reg, key, bed_now_us), -ENOENT);
	log_in(reg, "maya", 2); /* takes the expired one away */
	EXPECT(reg, registry_session_remove(reg, key), 0);
	EXPECT(reg, session_of(reg, 2, &s), 1);
	EXPECT(reg, registry_session_remove(reg, s.key), 0);
	EXPECT(reg, session_of(reg, 2, &s), 0);
	registry_close(reg);
}

static void touching_often_writes_seldom(void **state)
{
	struct registry *reg = bed_open("hub.db");
	const uint8_t key[REGISTRY_SESSION_SIZE] = {1, 1};
	int changes;

	(void)state;
	add(reg, "maya", OPERATOR_ROLE_ADMIN);
	log_in(reg, "maya", 1);
	changes = disk.changes;
	for (int i = 0; i < 100; i++)
		EXPECT(reg, registry_session_touch(reg, key, bed_now_us + i * 1000), 0);
	assert_int_equal(disk.changes, changes);
	EXPECT(reg, registry_session_touch(reg, key, bed_now_us + 10000000), 0);
	assert_true(disk.changes > changes);
	registry_close(reg);
}

static void sessions_of_one_operator_are_bounded(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_session s;
	int64_t count;

	(void)state;
	add(reg, "maya", OPERATOR_ROLE_ADMIN);
	add(reg, "omar", OPERATOR_ROLE_HOST);
	log_in(reg, "omar", 200);
	for (uint8_t i = 0; i < 70; i++) {
		bed_now_us += 1000;
		log_in(reg, "maya", i);
	}
	assert_int_equal(db_number(reg->db, "SELECT count(*) FROM session", &count), 0);
	assert_int_equal(count, 51);
	EXPECT(reg, session_of(reg, 19, &s), 0);
	EXPECT(reg, session_of(reg, 20, &s), 1);
	EXPECT(reg, session_of(reg, 200, &s), 1);
	s.key[0] = 99;
	strcpy(s.operator, "none");
	EXPECT(reg, registry_session_add(reg, &s), -ENOENT);
	registry_close(reg);
}

/* ---- interrupted anywhere ---- */

static int call_add(struct registry *reg)
{
	struct registry_operator o = operator_of("maya", OPERATOR_ROLE_ADMIN);

	strcpy(o.unix_user, "maya");
	o.member = 1;
	return registry_operator_add(reg, &o);
}
static int call_second(struct registry *reg)
{
	struct registry_operator o = operator_of("omar", OPERATOR_ROLE_ADMIN);

	return registry_operator_add(reg, &o);
}
static int call_session(struct registry *reg)
{
	struct registry_session s = {
		.key = {1, 1}, .operator= "maya", .expires_us = bed_now_us + HOUR_US};

	return registry_session_add(reg, &s);
}
static int call_touch(struct registry *reg)
{
	return registry_session_touch(
		reg, (const uint8_t[REGISTRY_SESSION_SIZE]){1, 1}, bed_now_us);
}
static int call_leave(struct registry *reg)
{
	return registry_session_remove(reg, (const uint8_t[REGISTRY_SESSION_SIZE]){1, 1});
}
static int call_tried(struct registry *reg)
{
	return registry_operator_tried(reg, "maya", false, 1);
}
static int call_change(struct registry *reg)
{
	struct registry_operator o = operator_of("maya", OPERATOR_ROLE_HOST);

	return registry_operator_change(reg, &o);
}
static int call_list(struct registry *reg)
{
	struct registry_operator rows[3];
	int rc = registry_operator_of_user(reg, "maya", rows);

	return rc < 0 ? rc : registry_operators(reg, NULL, rows, 3);
}
static int call_remove(struct registry *reg)
{
	return registry_operator_remove(reg, "maya", 0);
}

static void interrupted_anywhere_it_is_done_whole_or_not(void **state)
{
	static int (*const calls[])(struct registry *) = {call_add, call_second, call_session,
		call_touch, call_tried, call_list, call_leave, call_session, call_change,
		call_remove};
	struct registry *reg = bed_open("hub.db");
	unsigned places = 0;

	(void)state;
	bed_begin(reg);
	assert_int_equal(bed_member(reg, "Maya", bed_tier(reg, "hub", "24/7")), 1);
	bed_commit(reg);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		places += sweep(reg, calls[i]);
	print_message("# interrupted in %u places\n", places);
	registry_close(reg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(operators_are_added_and_listed),
		TEST(wrong_operators_are_refused),
		TEST(operator_has_a_member_of_their_own),
		TEST(change_is_by_version_and_ends_sessions),
		TEST(last_admin_stays),
		TEST(wrong_passwords_are_counted_over_restarts),
		TEST(roles_have_names),
		TEST(session_lasts_until_it_expires_or_is_left),
		TEST(session_does_not_come_back_with_a_backup),
		TEST(touching_often_writes_seldom),
		TEST(sessions_of_one_operator_are_bounded),
		TEST(interrupted_anywhere_it_is_done_whole_or_not),
	};

	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
