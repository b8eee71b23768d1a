/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/dynsec.h"

static const struct dynsec_right rights[] = {
	{DYNSEC_PUBLISH, "tapin/walker/door/front/ask"},
	{DYNSEC_READ, "tapin/walker/keys"},
	{DYNSEC_READ, "tapin/walker/roster/#"},
};

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static void an_account_gets_its_rights_and_no_other(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(dynsec_write_add(7, "door-front", "secret", rights, 3, &text), 0);
	assert_true(
		has(text, "{\"commands\":[{\"command\":\"createRole\",\"correlationData\":\"7\","
			  "\"rolename\":\"door-front\",\"acls\":[{\"acltype\":"
			  "\"publishClientSend\",\"topic\":\"tapin/walker/door/front/ask\","
			  "\"allow\":true},"));
	assert_true(has(text, "{\"acltype\":\"subscribeLiteral\",\"topic\":\"tapin/walker/keys\""));
	assert_true(
		has(text, "{\"acltype\":\"publishClientReceive\",\"topic\":\"tapin/walker/keys\""));
	assert_true(
		has(text, "{\"acltype\":\"subscribePattern\",\"topic\":\"tapin/walker/roster/#\""));
	/* what is there already is made the same */
	assert_true(has(text, "\"command\":\"modifyRole\""));
	assert_true(has(text, "\"command\":\"createClient\",\"correlationData\":\"7\",\"username\":"
			      "\"door-front\",\"password\":\"secret\",\"roles\":[{\"rolename\":"
			      "\"door-front\"}]}"));
	assert_true(has(text, "\"command\":\"modifyClient\""));
	free(text);
}

static void removing_takes_account_and_role(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(dynsec_write_remove(8, "claim-1", &text), 0);
	assert_string_equal(text,
		"{\"commands\":[{\"command\":\"deleteClient\",\"correlationData\":\"8\","
		"\"username\":\"claim-1\"},{\"command\":\"deleteRole\",\"correlationData\":\"8\","
		"\"rolename\":\"claim-1\"}]}");
	free(text);
	assert_int_equal(dynsec_write_list(9, 500, &text), 0);
	assert_string_equal(text,
		"{\"commands\":[{\"command\":\"listClients\",\"correlationData\":\"9\","
		"\"verbose\":false,\"count\":500,\"offset\":500}]}");
	free(text);
}

/* as mosquitto 2.0.11 says it */
static void answers_are_read(void **state)
{
	static const struct {
		const char *body;
		enum dynsec_answer_kind kind;
		uint64_t id;
		size_t count;
	} rows[] = {
		{"{\"responses\":[{\"command\":\"createRole\",\"error\":\"Role already exists\","
		 "\"correlationData\":\"3\"},{\"command\":\"modifyRole\",\"correlationData\":\"3\"}"
		 ","
		 "{\"command\":\"createClient\",\"error\":\"Client already exists\","
		 "\"correlationData\":\"3\"},{\"command\":\"modifyClient\",\"correlationData\":"
		 "\"3\"}]}",
			DYNSEC_ANSWER_DONE, 3, 0},
		{"{\"responses\":[{\"command\":\"deleteClient\",\"error\":\"Client not found\","
		 "\"correlationData\":\"4\"},{\"command\":\"deleteRole\",\"error\":\"Role not "
		 "found\",\"correlationData\":\"4\"}]}",
			DYNSEC_ANSWER_DONE, 4, 0},
		{"{\"responses\":[{\"command\":\"modifyRole\",\"correlationData\":\"5\"},"
		 "{\"command\":\"modifyClient\",\"error\":\"Internal error\",\"correlationData\":"
		 "\"5\"}]}",
			DYNSEC_ANSWER_FAILED, 5, 0},
		{"{\"responses\":[{\"command\":\"listClients\",\"data\":{\"totalCount\":2,"
		 "\"clients\":[\"door-front\",\"hub\"]},\"correlationData\":\"6\"}]}",
			DYNSEC_ANSWER_LIST, 6, 2},
		{"{\"responses\":[{\"command\":\"getClient\",\"data\":{\"client\":{\"username\":"
		 "\"hub\",\"roles\":[{\"rolename\":\"admin\"}],\"groups\":[]}},"
		 "\"correlationData\":\"7\"}]}",
			DYNSEC_ANSWER_LOOK, 7, 1},
	};
	struct dynsec_answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(dynsec_read(rows[i].body, strlen(rows[i].body), &answer), 0);
		assert_int_equal(answer.kind, rows[i].kind);
		assert_int_equal(answer.id, rows[i].id);
		assert_int_equal(answer.count, rows[i].count);
		if (rows[i].kind == DYNSEC_ANSWER_FAILED)
			assert_string_equal(answer.error, "modifyClient: Internal error");
		if (rows[i].kind == DYNSEC_ANSWER_LIST)
			assert_string_equal(answer.names[0], "door-front");
		if (rows[i].kind == DYNSEC_ANSWER_LOOK)
			assert_string_equal(answer.names[0], "admin");
		dynsec_answer_free(&answer);
	}
}

static void what_is_no_answer_is_refused(void **state)
{
	static const char *const bodies[] = {"", "{", "[]", "{}", "{\"responses\":[]}",
		"{\"responses\":{}}", "{\"responses\":[1]}", "{\"responses\":[{}]}",
		"{\"responses\":[{\"command\":7}]}"};
	struct dynsec_answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		assert_int_equal(dynsec_read(bodies[i], strlen(bodies[i]), &answer), -EBADMSG);
}

/* A broker of another make may send anything under these keys. */
static void odd_data_gives_no_names(void **state)
{
	static const char body[] =
		"{\"responses\":[{\"command\":\"listClients\",\"data\":{\"totalCount\":-1,"
		"\"clients\":[1,null,{\"a\":1},"
		"\"0123456789012345678901234567890123456789012345678901234567890123456789\"]},"
		"\"correlationData\":7}]}";
	struct dynsec_answer answer;

	(void)state;
	assert_int_equal(dynsec_read(body, strlen(body), &answer), 0);
	assert_int_equal(answer.kind, DYNSEC_ANSWER_LIST);
	assert_int_equal(answer.count, 0);
	assert_int_equal(answer.total, 0);
	assert_int_equal(answer.id, 0);
	dynsec_answer_free(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_gets_its_rights_and_no_other),
		cmocka_unit_test(removing_takes_account_and_role),
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(odd_data_gives_no_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
