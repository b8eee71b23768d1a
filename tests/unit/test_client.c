/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/client.h"

#include "canned.h"

static struct client *open_client(const char *hub)
{
	struct client *client;
	char err[ERR_MAX] = "";

	if (client_open(hub, &client, err) < 0)
		fail_msg("%s", err);
	return client;
}

static void a_request_goes_over_either_way(void **state)
{
	(void)state;
	for (int port = 0; port < 2; port++) {
		struct canned c = {
			.answers = {CANNED_JSON("201 Created", "{\"id\":1}")}, .count = 1};
		const struct client_request request = {.method = "POST",
			.path = "/cards?x=1",
			.content_type = "application/json",
			.body = "{\"member\":7}",
			.body_size = 12,
			.if_match = "17"};
		struct client_answer answer;
		struct client *client;
		char err[ERR_MAX] = "";

		canned_start(&c, port);
		client = open_client(c.hub);
		assert_int_equal(client_set_key(client, "abc"), 0);
		if (client_call(client, &request, &answer, err) < 0)
			fail_msg("%s", err);
		assert_int_equal(answer.status, 201);
		assert_string_equal(answer.body, "{\"id\":1}");
		assert_non_null(strstr(c.asked[0], "POST /api/v1/cards?x=1 HTTP/1.1\r\n"));
		assert_non_null(strstr(c.asked[0], "\r\nAuthorization: Bearer abc\r\n"));
		assert_non_null(strstr(c.asked[0], "\r\nContent-Type: application/json\r\n"));
		assert_non_null(strstr(c.asked[0], "\r\nIf-Match: \"17\"\r\n"));
		assert_null(strcasestr(c.asked[0], "expect:"));
		assert_non_null(strstr(c.asked[0], "\r\n\r\n{\"member\":7}"));
		client_answer_free(&answer);
		client_close(client);
		canned_stop(&c);
	}
}

static void one_client_asks_again_and_again(void **state)
{
	static const char *const methods[] = {"GET", "PATCH", "DELETE", "PUT", "POST", "GET"};
	struct canned c = {.count = 6};
	struct client *client;
	char err[ERR_MAX], line[64];

	(void)state;
	for (size_t i = 0; i < c.count; i++)
		c.answers[i] = CANNED_JSON("200 OK", "[]");
	canned_start(&c, 0);
	client = open_client(c.hub);
	for (size_t i = 0; i < c.count; i++) {
		const struct client_request request = {.method = methods[i],
			.path = "/x",
			.content_type = i == 1 ? "application/json" : NULL,
			.body = i == 1 ? "{}" : NULL,
			.body_size = i == 1 ? 2 : 0};
		struct client_answer answer;

		assert_int_equal(client_call(client, &request, &answer, err), 0);
		client_answer_free(&answer);
		snprintf(line, sizeof(line), "%s /api/v1/x HTTP/1.1\r\n", methods[i]);
		assert_ptr_equal(strstr(c.asked[i], line), c.asked[i]);
		assert_null(strstr(c.asked[i], "Authorization"));
		/* a body of an earlier request is not sent again */
		assert_int_equal(strstr(c.asked[i], "\r\n\r\n{}") != NULL, i == 1);
	}
	client_close(client);
	canned_stop(&c);
}

static void hubs_elsewhere_are_refused(void **state)
{
	static const char *const bad[] = {"http://192.168.1.5:8090", "http://hub.example:80",
		"https://", "https://:1", "https://hub:", "https://hub:x", "https://hub:123456",
		"https://me@hub:1", "https://hub:1/path", "https://hub:1?x", "https://hub#x",
		"https://[::1:1", "https://[]:1", "https://[zz]:1", "https://hub\n:1",
		"http://127.0.0.1", "http://127.0.0.1:", "http://127.0.0.1:x",
		"http://127.0.0.1:80@evil.example", "http://127.0.0.1:80/path",
		"http://127.0.0.1.x:80", "http://localhost.evil:80", "unix:relative", "unix:", "",
		"ftp://127.0.0.1:21", "http://127.0.0.1:123456", "/run/tapin-hub/hub.sock"};
	static const char *const good[] = {"unix:/run/tapin-hub/hub.sock", "http://127.0.0.1:8090",
		"http://127.0.0.1:8090/", "http://[::1]:1", "http://localhost:65535",
		"https://127.0.0.1:1", "https://hub.local:8443/", "https://hub-2",
		"https://[2001:db8::1]:8443", "https://[2001:db8::1]"};
	struct client *client;
	char err[ERR_MAX], long_path[200] = "unix:/";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		*err = '\0';
		if (client_open(bad[i], &client, err) >= 0)
			fail_msg("%s is taken", bad[i]);
		assert_true(*err);
	}
	memset(long_path + 6, 'a', 120);
	assert_true(client_open(long_path, &client, err) < 0);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		client_close(open_client(good[i]));
}

static int call(struct canned *c, struct client_answer *answer, char err[ERR_MAX])
{
	const struct client_request request = {.method = "GET", .path = "/status"};
	struct client *client;
	int r;

	canned_start(c, 0);
	client = open_client(c->hub);
	client_wait(client, 1);
	r = client_call(client, &request, answer, err);
	client_close(client);
	canned_stop(c);
	return r;
}

static void what_is_no_answer_is_said(void **state)
{
	struct canned silent = {.answers = {"…"}, .count = 1}, gone = {.count = 1};
	struct canned nonsense = {.answers = {"220 smtp ready\r\n"}, .count = 1};
	struct canned large = {
		.answers = {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx"}, .count = 1};
	struct canned away = {.answers = {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
					  "Content-Length: 0\r\n\r\n"},
		.count = 1};
	struct client_answer answer;
	struct client *client;
	const struct client_request request = {.method = "GET", .path = "/status"};
	char err[ERR_MAX] = "";

	(void)state;
	assert_int_equal(call(&silent, &answer, err), -ETIMEDOUT);
	assert_non_null(strstr(err, "does not answer"));
	assert_int_equal(call(&gone, &answer, err), -EHOSTUNREACH);
	assert_true(call(&nonsense, &answer, err) < 0);
	assert_int_equal(call(&large, &answer, err), -EMSGSIZE);
	assert_int_equal(call(&away, &answer, err), 0);
	assert_int_equal(answer.status, 302); /* not followed */
	client_answer_free(&answer);
	client = open_client("unix:/nowhere/hub.sock");
	assert_int_equal(client_call(client, &request, &answer, err), -EHOSTUNREACH);
	assert_non_null(strstr(err, "/nowhere/hub.sock"));
	client_close(client);
}

static void count(void *userdata)
{
	++*(int *)userdata;
}

static void a_slow_hub_is_told_once(void **state)
{
	struct canned quick = {.answers = {CANNED_JSON("200 OK", "{}")}, .count = 1};
	struct canned silent = {.answers = {"…"}, .count = 1};
	struct canned *const hubs[] = {&quick, &silent};
	const struct client_request request = {.method = "GET", .path = "/status"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct client_answer answer = {0};
		struct client *client;
		char err[ERR_MAX];
		int told = 0;

		canned_start(hubs[i], 0);
		client = open_client(hubs[i]->hub);
		client_set_slow(client, 300, count, &told);
		assert_int_equal(
			client_call(client, &request, &answer, err), i ? -EHOSTUNREACH : 0);
		assert_int_equal(told, i);
		client_answer_free(&answer);
		client_close(client);
		canned_stop(hubs[i]);
	}
}

static void a_proxy_of_the_environment_is_not_asked(void **state)
{
	struct canned c = {.answers = {CANNED_JSON("200 OK", "{}")}, .count = 1};
	struct client_answer answer;
	char err[ERR_MAX];

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_int_equal(call(&c, &answer, err), 0);
	client_answer_free(&answer);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

static void what_goes_into_a_path_is_escaped(void **state)
{
	char path[64] = "/members?text=", tight[16] = "/x";

	(void)state;
	assert_int_equal(client_escape(path, sizeof(path), "Zo\xC3\xAB & co/1+?"), 0);
	assert_string_equal(path, "/members?text=Zo%C3%AB%20%26%20co%2F1%2B%3F");
	assert_int_equal(
		client_escape(tight, sizeof(tight), "12345678901234567890"), -ENAMETOOLONG);
	assert_true(strlen(tight) < sizeof(tight));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_goes_over_either_way),
		cmocka_unit_test(one_client_asks_again_and_again),
		cmocka_unit_test(hubs_elsewhere_are_refused),
		cmocka_unit_test(what_is_no_answer_is_said),
		cmocka_unit_test(a_slow_hub_is_told_once),
		cmocka_unit_test(a_proxy_of_the_environment_is_not_asked),
		cmocka_unit_test(what_goes_into_a_path_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
