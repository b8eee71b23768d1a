/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "http_client.h"

#include <sys/stat.h>

static char dir[] = "/tmp/tapin-http-XXXXXX";
static char path[64];
static struct http *http;
static int client = -1;
static unsigned begun, handled;
static size_t body_max;

/* Says what it was asked. "/refuse" is refused when its head is there. */
static size_t on_begin(struct http_request *request, void *userdata)
{
	(void)userdata;
	begun++;
	if (strcmp(http_path(request), "/refuse") == 0)
		http_problem(request, 403, "role", "No", "not you", NULL);
	return body_max;
}

static void on_request(struct http_request *request, void *userdata)
{
	char text[512];
	size_t size;
	const char *body = http_body(request, &size), *q = http_query(request, "q");
	uid_t uid = (uid_t)-1;
	bool known = http_peer(request, &uid);

	(void)userdata;
	handled++;
	if (strcmp(http_path(request), "/silent") == 0)
		return;
	http_add_header(request, "X-Own", "yes");
	if (strcmp(http_path(request), "/page") == 0)
		http_add_header(request, "content-security-policy", "default-src 'self'");
	snprintf(text, sizeof(text), "%s %s q=%s agent=%s size=%zu %.20s peer=%s %d %d",
		http_method(request), http_path(request), q ? q : "-",
		http_header(request, "User-Agent") ? http_header(request, "User-Agent") : "-", size,
		body, http_peer_name(request), known, known && uid == getuid());
	http_respond(request, 200, "text/plain", text, strlen(text));
	assert_int_equal(http_respond(request, 500, NULL, "", 0), -EALREADY);
}

static void open_it(const char *address)
{
	const struct http_config config = {.socket_path = path,
		.socket_mode = 0600,
		.address = address,
		.begin = on_begin,
		.handle = on_request};
	char err[ERR_MAX] = "";

	if (http_open(&config, &http, err) < 0)
		fail_msg("%s", err);
}

static int set_up(void **state)
{
	(void)state;
	begun = handled = 0;
	body_max = HTTP_BODY_MAX;
	snprintf(path, sizeof(path), "%s/http.sock", dir);
	open_it("127.0.0.1");
	client = client_unix(path);
	return client < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(client);
	http = http_close(http);
	return access(path, F_OK) == 0 ? -1 : 0; /* the socket's name is gone */
}

#define SEND(fd, text) client_send(http, fd, text, sizeof(text) - 1)

/* Asks over the Unix socket. */
static struct client_answer ask(const char *method, const char *target, const char *headers)
{
	return client_ask(http, client, method, target, headers, NULL, 0);
}

static void expect(
	const char *method, const char *target, const char *headers, int status, const char *says)
{
	struct client_answer answer = ask(method, target, headers);

	if (answer.status != status || (says && !strstr(answer.text, says)))
		fail_msg("%s %s: expected %d with %s, got %s", method, target, status,
			says ? says : "anything", answer.text);
	client_free(&answer);
}

static void requests_are_answered(void **state)
{
	struct client_answer answer;
	char peer[40];

	(void)state;
	snprintf(peer, sizeof(peer), "peer=unix:%u 1 1", (unsigned)getuid());
	expect("GET", "/a/b?q=x%20y%2B+z&r=", "User-Agent: me\r\n", 200,
		"GET /a/b q=x y+ z agent=me size=0");
	expect("GET", "/", "", 200, peer);
	answer = ask("GET", "/Zo%C3%AB", "");
	assert_non_null(strstr(answer.body, "/Zo\xC3\xAB"));
	assert_string_equal(client_header(&answer, "X-Own"), "yes");
	assert_string_equal(client_header(&answer, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(client_header(&answer, "Cache-Control"), "no-store");
	assert_string_equal(client_header(&answer, "X-Frame-Options"), "DENY");
	assert_non_null(strstr(client_header(&answer, "Content-Security-Policy"), "'none'"));
	assert_non_null(client_header(&answer, "Date"));
	client_free(&answer);
	answer = ask("GET", "/page", ""); /* its own policy alone: two would both hold */
	assert_string_equal(
		client_header(&answer, "content-security-policy"), "default-src 'self'");
	assert_null(strstr(answer.text, "'none'"));
	assert_string_equal(client_header(&answer, "Cache-Control"), "no-store");
	client_free(&answer);
	answer = ask("HEAD", "/head", "");
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "");
	client_free(&answer);
	assert_int_equal(handled, 5); /* one connection served them all */
}

static void bodies_come_whole(void **state)
{
	struct client_answer answer;
	char *big = malloc(300000);

	(void)state;
	memset(big, 'x', 300000);
	answer = client_ask(http, client, "POST", "/b", "", big, 300000);
	assert_non_null(strstr(answer.body, "size=300000 xxxxxxxxxxxxxxxxxxxx peer"));
	client_free(&answer);
	SEND(client, "PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
		     "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
	answer = client_read(http, client, false);
	assert_non_null(strstr(answer.text, "size=5 abcde"));
	client_free(&answer);
	free(big);
}

static void tcp_has_no_user(void **state)
{
	int fd = client_tcp(http_port(http));
	struct client_answer answer;

	(void)state;
	assert_true(fd >= 0);
	answer = client_ask(http, fd, "GET", "/", "", NULL, 0);
	assert_non_null(strstr(answer.body, "peer=127.0.0.1 0 0"));
	client_free(&answer);
	/* a name that was rebound to this machine */
	SEND(fd, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
	answer = client_read(http, fd, false);
	assert_int_equal(answer.status, 421);
	client_free(&answer);
	SEND(fd, "GET / HTTP/1.1\r\nHost: LocalHost:80\r\n\r\n");
	answer = client_read(http, fd, false);
	assert_int_equal(answer.status, 200);
	client_free(&answer);
	close(fd);
}

static void bad_heads_are_refused(void **state)
{
	static const char *const bad[] = {"/%", "/%4", "/%zz", "/%00", "/a%2fb", "/a%2Fb", "/%ff",
		"/%0a", "/%ed%a0%80", "/?q=%", "/?q=%00", "/?q=%ff", "/?q=1&q=2", "/?%71=1&q=2",
		"/?=1&=2"};
	char *long_header = malloc(20000), target[600] = "/?";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect("GET", bad[i], "", 400, "application/problem+json");
	expect("GET", "/", "X-Odd: \xFF\xFE\r\n", 400, "not UTF-8");
	for (int i = 0; i < 40; i++)
		snprintf(target + strlen(target), sizeof(target) - strlen(target), "p%d=1&", i);
	expect("GET", target, "", 400, "too many parameters");
	memset(long_header, 'x', 19999);
	memcpy(long_header, "X-Long: ", 8);
	strcpy(long_header + 17000, "\r\n");
	expect("GET", "/", long_header, 431, "application/problem+json");
	assert_int_equal(handled, 0);
	assert_int_equal(begun, 0);
	free(long_header);
}

/* One request for us could be two for a proxy before us: none is served, nor what follows. */
static void heads_in_doubt_are_refused(void **state)
{
	static const char *const bad[] = {"Content-Length: 4\r\nContent-Length: 4",
		"Content-Length: 4\r\ncontent-length: 40",
		"Content-Length: 4\r\nTransfer-Encoding: chunked",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
		"Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity",
		"Content-Length: 4\r\nHost: y", "Content-Length: 4\r\nCookie: a=1\r\nCookie: a=2",
		"Content-Length: 4\r\nOrigin: http://x\r\nOrigin: null",
		"Content-Length: 4\r\nSec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site",
		"Content-Length: 4\r\nAuthorization: a\r\nAuthorization: b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int fd = client_unix(path);
		struct client_answer answer;
		char text[400];

		snprintf(text, sizeof(text),
			"POST / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n4\r\n0\r\n\r\n"
			"GET /second HTTP/1.1\r\nHost: x\r\n\r\n",
			bad[i]);
		client_send(http, fd, text, strlen(text));
		answer = client_read(http, fd, false);
		if (answer.status != 400 || !client_header(&answer, "Connection") ||
			strcmp(client_header(&answer, "Connection"), "close") != 0)
			fail_msg("%s: %s", bad[i], answer.text);
		client_free(&answer);
		answer = client_read(http, fd, false);
		assert_int_equal(answer.status, 0);
		client_free(&answer);
		close(fd);
	}
	assert_int_equal(handled, 0);
	expect("GET", "/", "", 200, NULL);
}

static void what_is_no_http_is_cut_off(void **state)
{
	static const char *const bad[] = {"\r\n\r\n\r\nnonsense\r\n\r\n", "GET\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n no-name\r\n\r\n\x01\x02\x03"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int fd = client_unix(path);
		struct client_answer answer;

		client_send(http, fd, bad[i], strlen(bad[i]));
		shutdown(fd, SHUT_WR);
		answer = client_read(http, fd, false);
		if (answer.status && (answer.status < 200 || answer.status >= 506))
			fail_msg("%s: %s", bad[i], answer.text);
		client_free(&answer);
		close(fd);
	}
	expect("GET", "/", "", 200, NULL); /* and the others are still served */
}

static void refusals_come_before_bodies(void **state)
{
	char *big = calloc(1, HTTP_BODY_MAX + 1);
	struct client_answer answer;

	(void)state;
	answer = client_ask(http, client, "POST", "/refuse", "", big, 100000);
	assert_int_equal(answer.status, 403);
	client_free(&answer);
	assert_int_equal(handled, 0);
	expect("GET", "/", "", 200, NULL); /* the same connection goes on */
	/* who waits for our word gets the refusal instead */
	SEND(client, "POST /refuse HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
		     "100000\r\n\r\n");
	answer = client_read(http, client, false);
	assert_int_equal(answer.status, 403);
	client_free(&answer);
	free(big);
}

static void large_bodies_are_refused(void **state)
{
	char *big = calloc(1, HTTP_BODY_MAX + 1);
	struct client_answer answer;
	int fd;

	(void)state;
	body_max = 1000;
	answer = client_ask(http, client, "POST", "/", "", big, 1000);
	assert_int_equal(answer.status, 200);
	client_free(&answer);
	answer = client_ask(http, client, "POST", "/", "", big, 1001);
	assert_int_equal(answer.status, 413);
	client_free(&answer);
	SEND(client, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
	client_send(http, client, big, 1001);
	SEND(client, "\r\n0\r\n\r\n");
	answer = client_read(http, client, false);
	assert_int_equal(answer.status, 413);
	client_free(&answer);
	body_max = SIZE_MAX; /* whatever a handler allows */
	answer = client_ask(http, client, "POST", "/", "", big, HTTP_BODY_MAX + 1);
	assert_int_equal(answer.status, 413);
	client_free(&answer);
	/* announced so large that it is not waited for */
	fd = client_unix(path);
	SEND(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n");
	answer = client_read(http, fd, false);
	assert_int_equal(answer.status, 413);
	client_free(&answer);
	close(fd);
	free(big);
}

static void who_hangs_up_does_no_harm(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		int fd = client_unix(path);

		client_send(http, fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc",
			i + 3);
		client_serve(http, -1, 0);
		close(fd);
	}
	client_serve(http, -1, 50);
	expect("GET", "/", "", 200, NULL);
	expect("GET", "/silent", "", 0, NULL); /* a handler that forgot to answer */
}

static void many_connect(void **state)
{
	int fds[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = client_unix(path);
		while (fds[i] < 0) {
			client_serve(http, -1, 5);
			fds[i] = client_unix(path);
		}
		client_serve(http, -1, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		struct client_answer answer = client_ask(http, fds[i], "GET", "/", "", NULL, 0);

		assert_int_equal(answer.status, 200);
		client_free(&answer);
		close(fds[i]);
	}
}

static void addresses_off_this_machine_are_refused(void **state)
{
	static const struct {
		const char *address;
		int r;
	} rows[] = {{"0.0.0.0", -EPERM}, {"192.168.1.1", -EPERM}, {"::", -EPERM},
		{"localhost", -EINVAL}, {"", -EINVAL}};
	char err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct http_config config = {
			.address = rows[i].address, .handle = on_request};
		struct http *other;

		assert_int_equal(http_open(&config, &other, err), rows[i].r);
		assert_non_null(strstr(err, "127.0.0.1"));
	}
}

static void https_takes_a_certificate_and_any_address(void **state)
{
	struct http_config config = {.tls_address = "127.0.0.1",
		.tls_certificate = "no certificate",
		.tls_key = "no key",
		.handle = on_request};
	struct http *other;
	char err[ERR_MAX];

	(void)state;
	assert_int_equal(http_open(&config, &other, err), -EIO);
	assert_non_null(strstr(err, "do certificate and key fit?"));
	config.tls_address = "hub.example";
	assert_int_equal(http_open(&config, &other, err), -EINVAL);
	assert_non_null(strstr(err, "expected one like 0.0.0.0"));
}

static void a_socket_is_taken_over_only_when_dead(void **state)
{
	const struct http_config config = {.socket_path = path, .handle = on_request};
	struct http *other;
	char err[ERR_MAX];
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(http_open(&config, &other, err), -EADDRINUSE);
	assert_non_null(strstr(err, path));
	close(client);
	http = http_close(http);
	/* one that its owner left behind */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	open_it(NULL);
	client = client_unix(path);
	expect("GET", "/", "", 200, NULL);
	close(client);
	http = http_close(http);
	/* and a file is never removed */
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(http_open(&config, &other, err), -EEXIST);
	unlink(path);
	open_it(NULL);
	client = client_unix(path);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(requests_are_answered),
		T(bodies_come_whole),
		T(tcp_has_no_user),
		T(bad_heads_are_refused),
		T(heads_in_doubt_are_refused),
		T(what_is_no_http_is_cut_off),
		T(refusals_come_before_bodies),
		T(large_bodies_are_refused),
		T(who_hangs_up_does_no_harm),
		T(many_connect),
		T(addresses_off_this_machine_are_refused),
		T(https_takes_a_certificate_and_any_address),
		T(a_socket_is_taken_over_only_when_dead),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
