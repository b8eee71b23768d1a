/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dynsec.h"

#include <jansson.h>
#include <string.h>

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

static json_t *command(uint64_t id, const char *name)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
	return json_pack("{s:s, s:s}", "command", name, "correlationData", text);
}

static int put_acl(json_t *acls, const char *type, const char *topic)
{
	return json_array_append_new(
		acls, json_pack("{s:s, s:s, s:b}", "acltype", type, "topic", topic, "allow", 1));
}

static json_t *acls_of(const struct dynsec_right *rights, size_t count)
{
	json_t *acls = json_array();
	int r = acls ? 0 : -1;

	for (size_t i = 0; i < count && r == 0; i++) {
		const char *topic = rights[i].topic;
		bool literal = !strpbrk(topic, "+#");

		if (rights[i].access == DYNSEC_PUBLISH) {
			r = put_acl(acls, "publishClientSend", topic);
			continue;
		}
		r = put_acl(acls, literal ? "subscribeLiteral" : "subscribePattern", topic);
		if (r == 0)
			r = put_acl(acls, "publishClientReceive", topic);
	}
	if (r == 0)
		return acls;
	json_decref(acls);
	return NULL;
}

/* What is there already is made the same: the first fails then, the second counts. */
static int put_role(json_t *list, uint64_t id, const char *role, const struct dynsec_right *rights,
	size_t count)
{
	static const char *const names[] = {"createRole", "modifyRole"};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
		json_t *c = command(id, names[i]);

		r = json_object_set_new(c, "rolename", json_string(role));
		if (r == 0)
			r = json_object_set_new(c, "acls", acls_of(rights, count));
		if (json_array_append_new(list, c) < 0)
			r = -1;
	}
	return r;
}

static int put_client(json_t *list, uint64_t id, const char *account, const char *password)
{
	static const char *const names[] = {"createClient", "modifyClient"};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
		json_t *c = command(id, names[i]);

		r = json_object_set_new(c, "username", json_string(account));
		if (r == 0)
			r = json_object_set_new(c, "password", json_string(password));
		if (r == 0)
			r = json_object_set_new(
				c, "roles", json_pack("[{s:s}]", "rolename", account));
		if (json_array_append_new(list, c) < 0)
			r = -1;
	}
	return r;
}

static int put_plain(json_t *list, uint64_t id, const char *name, const char *key1,
	const char *value1, const char *key2, const char *value2)
{
	json_t *c = command(id, name);
	int r = json_object_set_new(c, key1, json_string(value1));

	if (r == 0 && key2)
		r = json_object_set_new(c, key2, json_string(value2));
	return json_array_append_new(list, c) < 0 ? -1 : r;
}

static int finish(json_t *list, int r, char **ret_text)
{
	CLEANUP(cleanup_json) json_t *message = NULL;
	char *text = NULL;

	if (r == 0)
		message = json_pack("{s:O}", "commands", list);
	if (message)
		text = json_dumps(message, JSON_COMPACT);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}

int dynsec_write_add(uint64_t id, const char *account, const char *password,
	const struct dynsec_right *rights, size_t count, char **ret_text)
{
	CLEANUP(cleanup_json) json_t *list = json_array();
	int r = put_role(list, id, account, rights, count);

	if (r == 0)
		r = put_client(list, id, account, password);
	return finish(list, r, ret_text);
}

int dynsec_write_remove(uint64_t id, const char *account, char **ret_text)
{
	CLEANUP(cleanup_json) json_t *list = json_array();
	int r = put_plain(list, id, "deleteClient", "username", account, NULL, NULL);

	if (r == 0)
		r = put_plain(list, id, "deleteRole", "rolename", account, NULL, NULL);
	return finish(list, r, ret_text);
}

int dynsec_write_grant(uint64_t id, const char *account, const char *role,
	const struct dynsec_right *rights, size_t count, char **ret_text)
{
	CLEANUP(cleanup_json) json_t *list = json_array();
	int r = put_role(list, id, role, rights, count);

	if (r == 0)
		r = put_plain(list, id, "addClientRole", "username", account, "rolename", role);
	return finish(list, r, ret_text);
}

int dynsec_write_look(uint64_t id, const char *account, char **ret_text)
{
	CLEANUP(cleanup_json) json_t *list = json_array();
	int r = put_plain(list, id, "getClient", "username", account, NULL, NULL);

	return finish(list, r, ret_text);
}

int dynsec_write_list(uint64_t id, size_t offset, char **ret_text)
{
	CLEANUP(cleanup_json) json_t *list = json_array();
	json_t *c = command(id, "listClients");
	int r = json_object_set_new(c, "verbose", json_false());

	if (r == 0)
		r = json_object_set_new(c, "count", json_integer(DYNSEC_ACCOUNTS_MAX));
	if (r == 0)
		r = json_object_set_new(c, "offset", json_integer((json_int_t)offset));
	if (json_array_append_new(list, c) < 0)
		r = -1;
	return finish(list, r, ret_text);
}

/* ---- answers ---- */

/* What an answer's command says about the whole: its failure, or nothing. */
static bool harmless(const char *name, const char *error)
{
	if (strcmp(name, "createRole") == 0 || strcmp(name, "createClient") == 0)
		return strstr(error, "exist") != NULL;
	if (strcmp(name, "deleteRole") == 0 || strcmp(name, "deleteClient") == 0)
		return strstr(error, "not found") != NULL;
	return strcmp(name, "addClientRole") == 0 && strstr(error, "already") != NULL;
}

static int take_names(const json_t *list, const char *key, struct dynsec_answer *answer)
{
	size_t size = json_array_size(list);

	if (size > 100000)
		return -EBADMSG;
	answer->names = calloc(size + 1, sizeof(*answer->names));
	if (!answer->names)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++) {
		const json_t *item = json_array_get(list, i);
		const char *name = json_string_value(key ? json_object_get(item, key) : item);

		if (name && strlen(name) < DYNSEC_NAME_MAX)
			strcpy(answer->names[answer->count++], name);
	}
	return 0;
}

static int take_data(const char *name, const json_t *response, struct dynsec_answer *answer)
{
	const json_t *data = json_object_get(response, "data");

	if (strcmp(name, "getClient") == 0) {
		answer->kind = DYNSEC_ANSWER_LOOK;
		return take_names(json_object_get(json_object_get(data, "client"), "roles"),
			"rolename", answer);
	}
	if (strcmp(name, "listClients") == 0) {
		json_int_t total = json_integer_value(json_object_get(data, "totalCount"));

		answer->kind = DYNSEC_ANSWER_LIST;
		answer->total = total > 0 ? (size_t)total : 0;
		return take_names(json_object_get(data, "clients"), NULL, answer);
	}
	answer->kind = DYNSEC_ANSWER_DONE;
	return 0;
}

static int take_response(const json_t *response, struct dynsec_answer *answer)
{
	const char *name = json_string_value(json_object_get(response, "command"));
	const char *id = json_string_value(json_object_get(response, "correlationData"));
	const char *error = json_string_value(json_object_get(response, "error"));

	if (!name)
		return -EBADMSG;
	if (id)
		answer->id = strtoull(id, NULL, 10);
	if (error && !harmless(name, error)) {
		if (answer->kind != DYNSEC_ANSWER_FAILED)
			snprintf(answer->error, sizeof(answer->error), "%.40s: %.80s", name, error);
		answer->kind = DYNSEC_ANSWER_FAILED;
		return 0;
	}
	if (error || answer->kind == DYNSEC_ANSWER_FAILED || answer->names)
		return 0;
	return take_data(name, response, answer);
}

int dynsec_read(const char *body, size_t size, struct dynsec_answer *ret_answer)
{
	CLEANUP(cleanup_json)
	json_t *message = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
	const json_t *responses = json_object_get(message, "responses");
	CLEANUP(dynsec_answer_free) struct dynsec_answer answer = {0};

	if (!json_is_array(responses) || json_array_size(responses) == 0)
		return -EBADMSG;
	for (size_t i = 0; i < json_array_size(responses); i++) {
		int r = take_response(json_array_get(responses, i), &answer);

		if (r < 0)
			return r;
	}
	/* only what was there or gone already: that is what was wanted */
	if (answer.kind == DYNSEC_ANSWER_OTHER)
		answer.kind = DYNSEC_ANSWER_DONE;
	*ret_answer = answer;
	answer.names = NULL;
	return 0;
}

void dynsec_answer_free(struct dynsec_answer *answer)
{
	free(answer->names);
	answer->names = NULL;
	answer->count = 0;
}
