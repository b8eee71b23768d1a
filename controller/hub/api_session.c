/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in and out. */
#include "api.h"

#include "crypto/password.h"

#include <string.h>

static int too_often(struct api_call *call, unsigned wait_s)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", wait_s);
	http_add_header(call->request, "Retry-After", text);
	return api_refuse(call, 429, "too-often", "Too many tries",
		"too many tries to log in: again in %u s, or as root on the hub's machine", wait_s);
}

/* A page has no use for the key: what it cannot read, nobody can take from it. */
static void write_key(struct api_call *call, const char *key, bool cookie)
{
	char csrf[SESSION_CSRF_SIZE] = "";

	if (!cookie) {
		api_text(&call->out, "key", key);
		return;
	}
	session_key_csrf(key, csrf);
	api_text(&call->out, "csrf", csrf);
}

static int log_in(struct api_call *call)
{
	struct registry_operator operator;
	const char *why;
	bool cookie = false;
	char name[65] = "", password[PASSWORD_MAX + 1] = "", key[SESSION_KEY_SIZE];
	int64_t expires_us;
	unsigned wait_s;
	int r;

	api_get_text(&call->body, "operator", API_REQUIRED, 1, 64, name);
	api_get_text(&call->body, "password", API_REQUIRED, 1, PASSWORD_MAX, password);
	api_get_bool(&call->body, "cookie", API_OPTIONAL, &cookie);
	if (!api_body_done(&call->body))
		return api_malformed(call);
	/* or another page could log its own operator in here */
	why = cookie ? cookie_refusal(call->request, NULL) : NULL;
	if (why)
		return api_refuse(call, 403, "csrf", "Not from another page", "%s", why);
	r = session_judge(call, name, password, &operator, & wait_s);
	crypto_wipe(password, sizeof(password));
	if (r == -EAGAIN)
		return too_often(call, wait_s);
	if (r == -EACCES)
		return api_refuse(
			call, 401, "login", "Log in first", "this name and password do not fit");
	if (r == 0)
		r = session_make(call->hub, operator.name, key, &expires_us);
	if (r == 0 && cookie)
		r = cookie_write(call->request, key);
	if (r < 0)
		return r;
	api_object(&call->out, NULL);
	write_key(call, key, cookie);
	api_text(&call->out, "operator", operator.name);
	api_text(&call->out, "role", operator_role_name(operator.role));
	api_time(&call->out, "expires_at", expires_us);
	api_number(&call->out, "idle_s", SESSION_IDLE_S);
	api_end(&call->out);
	crypto_wipe(key, sizeof(key));
	call->status = 201;
	return 0;
}

static int who_am_i(struct api_call *call)
{
	const struct api_actor *actor = &call->actor;

	api_object(&call->out, NULL);
	api_text(&call->out, "operator", actor->name);
	api_text(&call->out, "role", operator_role_name(actor->role));
	api_number_or_null(&call->out, "member", actor->member);
	api_text(&call->out, "by", actor->by_unix ? "unix" : "session");
	api_text_or_null(&call->out, "csrf", actor->csrf);
	api_time(&call->out, "created_at", actor->created_us);
	api_time(&call->out, "expires_at", actor->expires_us);
	api_end(&call->out);
	return 0;
}

static int log_out(struct api_call *call)
{
	int r;

	if (call->actor.by_unix)
		return api_refuse(call, 409, "state", "Not as it is now",
			"there is no session to end: the user of the socket is who you are");
	live_end_session(call->hub, &call->actor);
	r = *call->actor.csrf ? cookie_write(call->request, NULL) : 0;
	if (r == 0)
		r = registry_session_remove(call->registry, call->actor.session);
	call->status = 204;
	return r < 0 ? r : 0;
}

const struct api_route api_session_routes[] = {
	{"POST", "/session", API_NOBODY, API_TAKES_JSON, NULL, log_in, 0, API_ROW},
	{"GET", "/session", API_ALL, API_TAKES_NOTHING, NULL, who_am_i, 0, API_ROW},
	{"DELETE", "/session", API_ALL, API_TAKES_NOTHING, NULL, log_out, 0, API_ROW},
	{0},
};
