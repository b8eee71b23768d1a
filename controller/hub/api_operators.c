/* SPDX-License-Identifier: Apache-2.0 */
/* Operators and their passwords. No answer and no audit row holds a password or its hash. */
#include "api.h"

#include "crypto/password.h"

#include <inttypes.h>
#include <string.h>

static const char *const roles[] = {"host", "auditor", "admin"};
static const enum operator_role role_of[] = {
	OPERATOR_ROLE_HOST, OPERATOR_ROLE_AUDITOR, OPERATOR_ROLE_ADMIN};

static void write_operator(struct api_writer *out, const struct registry_operator *row)
{
	api_object(out, NULL);
	api_text(out, "name", row->name);
	api_text(out, "role", operator_role_name(row->role));
	api_text_or_null(out, "unix_user", row->unix_user);
	api_number_or_null(out, "member", row->member);
	api_bool(out, "has_password", *row->password != '\0');
	api_time(out, "locked_until",
		row->locked_until_us > api_now_us() ? row->locked_until_us : 0);
	api_time(out, "seen_at", row->seen_us);
	api_number(out, "version", row->version);
	api_end(out);
}

static int list_operators(struct api_call *call)
{
	CLEANUP(cleanup_free) struct registry_operator *rows = NULL;
	struct api_page page;
	int n;

	api_page_read(call, "operators", REGISTRY_PAGE_MAX, &page);
	if (call->errors.count > 0)
		return api_malformed(call);
	rows = calloc(page.limit, sizeof(*rows));
	n = rows ? registry_operators(
			   call->registry, *page.name ? page.name : NULL, rows, page.limit)
		 : -ENOMEM;
	if (n < 0)
		return n;
	api_page_open(call);
	for (int i = 0; i < n; i++)
		write_operator(&call->out, &rows[i]);
	api_page_close(call, "operators", &page, (size_t)n, 0, n ? rows[n - 1].name : "");
	return 0;
}

/* Loads {name}: 0, -ENOENT answered, or negative. */
static int load(struct api_call *call, struct registry_operator *ret_row)
{
	int r = registry_operator(call->registry, call->parameter, ret_row);

	if (r == 0)
		return api_refuse(call, 404, "absent", "No such thing",
			"there is no operator %.39s", call->parameter);
	return r < 0 ? r : 0;
}

static int show_operator(struct api_call *call)
{
	struct registry_operator row;
	int r = load(call, &row);

	if (r != 0)
		return r;
	api_etag(call, row.version);
	write_operator(&call->out, &row);
	return 0;
}

static void read_operator(
	struct api_call *call, struct registry_operator *row, enum api_need needed)
{
	struct registry_member member;
	int role;

	if (api_get_word(&call->body, "role", needed, roles, ARRAY_SIZE(roles), &role))
		row->role = role_of[role];
	api_get_name(&call->body, "unix_user", API_NULLABLE, row->unix_user);
	if (strcmp(row->unix_user, "root") == 0)
		api_errors_add(&call->errors, "unix_user", "root is an admin as it is");
	if (api_get_number(&call->body, "member", API_NULLABLE, 1, API_NUMBER_MAX, &row->member) &&
		row->member && registry_member(call->registry, row->member, &member) < 0)
		api_errors_add(&call->errors, "member", "there is no member %" PRIu64, row->member);
}

static int finish(struct api_call *call, int r, const char *name, const char *action,
	const struct api_writer *before)
{
	struct registry_operator row = {0};
	char object[80];

	if (r >= 0)
		r = registry_operator(call->registry, name, &row);
	if (r == 0)
		r = -ENOENT;
	if (r >= 0) {
		write_operator(&call->out, &row);
		snprintf(object, sizeof(object), "operator/%s", name);
		r = api_audit(call, action, object, before, &call->out);
	}
	r = api_commit(call, r, NULL);
	if (r == 0)
		api_etag(call, row.version);
	return r;
}

static int add_operator(struct api_call *call)
{
	struct registry_operator row = {0};
	char password[PASSWORD_MAX + 1] = "";
	bool has_password;
	int r = 0;

	api_get_name(&call->body, "name", API_REQUIRED, row.name);
	read_operator(call, &row, API_REQUIRED);
	has_password = api_get_text(
		&call->body, "password", API_OPTIONAL, PASSWORD_MIN, PASSWORD_MAX, password);
	if (strcmp(row.name, "root") == 0)
		api_errors_add(&call->errors, "name", "root is who comes as root");
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (has_password)
		r = password_hash(password, row.password);
	crypto_wipe(password, sizeof(password));
	if (r == 0)
		r = api_begin(call);
	if (r == 0)
		r = registry_operator_add(call->registry, &row);
	call->status = 201;
	return finish(call, r, row.name, "operator.add", NULL);
}

static int change_operator(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_operator row;
	int r = load(call, &row);

	if (r != 0)
		return r;
	write_operator(&before, &row);
	read_operator(call, &row, API_OPTIONAL);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	if (!api_matches(call, row.version))
		return API_ANSWERED;
	r = api_begin(call);
	if (r == 0)
		r = registry_operator_change(call->registry, &row);
	return finish(call, r, row.name, "operator.change", &before);
}

static int remove_operator(struct api_call *call)
{
	CLEANUP(api_writer_free) struct api_writer before = {0};
	struct registry_operator row;
	char object[80];
	int r = load(call, &row);

	if (r != 0)
		return r;
	if (!api_matches(call, row.version))
		return API_ANSWERED;
	write_operator(&before, &row);
	snprintf(object, sizeof(object), "operator/%s", row.name);
	r = api_begin(call);
	if (r == 0)
		r = registry_operator_remove(call->registry, row.name, 0);
	if (r >= 0)
		r = api_audit(call, "operator.remove", object, &before, NULL);
	call->status = 204;
	return api_commit(call, r, NULL);
}

/* ---- passwords ---- */

/* Whoever changes their own by a session shows that it is them: 0, or answered. */
static int judge_current(struct api_call *call, const char *current)
{
	struct registry_operator row;
	char text[16];
	unsigned wait_s;
	int r;

	if (!*current)
		return api_refuse(call, 403, "role", "Not with this role",
			"to change your own password give the current one");
	r = session_judge(call, call->actor.name, current, &row, &wait_s);
	if (r == -EAGAIN) {
		snprintf(text, sizeof(text), "%u", wait_s);
		http_add_header(call->request, "Retry-After", text);
		return api_refuse(call, 429, "too-often", "Too many tries",
			"too many tries: again in %u s", wait_s);
	}
	if (r == -EACCES)
		return api_refuse(call, 403, "role", "Not with this role",
			"this is not the current password");
	return r;
}

static int keep_password(struct api_call *call, struct registry_operator *row, const char *password)
{
	char object[80];
	int r = password_hash(password, row->password);

	snprintf(object, sizeof(object), "operator/%s", row->name);
	if (r == 0)
		r = api_begin(call);
	if (r == 0)
		r = registry_operator_change(call->registry, row);
	/* an admin's new password lifts the lock; the failures stay until it was used */
	if (r >= 0 && strcmp(call->actor.name, row->name) != 0)
		r = registry_operator_tried(call->registry, row->name, false, 0);
	if (r >= 0)
		r = api_audit(call, "operator.password", object, NULL, NULL);
	call->status = 204;
	return api_commit(call, r, NULL);
}

static int set_password(struct api_call *call)
{
	struct registry_operator row;
	char password[PASSWORD_MAX + 1] = "", current[PASSWORD_MAX + 1] = "";
	bool own = strcmp(call->actor.name, call->parameter) == 0;
	int r;

	r = load(call, &row);
	if (r != 0)
		return r;
	api_get_text(&call->body, "password", API_REQUIRED, PASSWORD_MIN, PASSWORD_MAX, password);
	api_get_text(&call->body, "current", API_OPTIONAL, 1, PASSWORD_MAX, current);
	if (!api_body_done(&call->body))
		r = api_malformed(call);
	/* by the socket there may be no password yet, and the user is known better than by one */
	if (r == 0 && own && !call->actor.by_unix)
		r = judge_current(call, current);
	row.version = 0; /* a login has just been counted in the row */
	if (r == 0)
		r = keep_password(call, &row, password);
	crypto_wipe(password, sizeof(password));
	crypto_wipe(current, sizeof(current));
	return r;
}

const struct api_route api_operator_routes[] = {
	{"GET", "/operators", API_READS, API_TAKES_NOTHING, "limit cursor", list_operators, 0,
		API_ROW},
	{"POST", "/operators", API_ADMIN, API_TAKES_JSON, NULL, add_operator, 0, API_ROW},
	{"GET", "/operators/{name}", API_READS, API_TAKES_NOTHING, NULL, show_operator, 0, API_ROW},
	{"PATCH", "/operators/{name}", API_ADMIN, API_TAKES_JSON, NULL, change_operator, 0,
		API_ROW},
	{"DELETE", "/operators/{name}", API_ADMIN, API_TAKES_NOTHING, NULL, remove_operator, 0,
		API_ROW},
	{"PUT", "/operators/{name}/password", API_ALL, API_TAKES_JSON, NULL, set_password, 0,
		API_OWN},
	{0},
};
