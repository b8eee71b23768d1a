/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that stay open, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "http_client.h"

#define MANY 20000
#define ROOM (1 << 20)

static char dir[] = "/tmp/tapin-stream-XXXXXX";
static char path[64];
static struct http *http;
static struct http_stream *newest;
static size_t opened, ended;
static int refused;

static void on_gone(struct http_stream *stream, void *userdata)
{
	(void)userdata;
	ended++;
	if (stream == newest)
		newest = NULL;
}

static void on_request(struct http_request *request, void *userdata)
{
	(void)userdata;
	refused = http_stream_open(request, "text/event-stream", on_gone, NULL, &newest);
	if (refused < 0) {
		http_respond(request, 503, NULL, "", 0);
		return;
	}
	opened++;
	assert_int_equal(http_stream_send(newest, "hello\n", 6), 0);
	assert_int_equal(http_respond(request, 200, NULL, "", 0), -EALREADY);
}

static size_t on_begin(struct http_request *request, void *userdata)
{
	(void)request;
	(void)userdata;
	return 0;
}

static int set_up(void **state)
{
	const struct http_config config = {.socket_path = path,
		.socket_mode = 0600,
		.address = "127.0.0.1",
		.begin = on_begin,
		.handle = on_request};
	char err[ERR_MAX] = "";

	(void)state;
	opened = ended = 0;
	newest = NULL;
	snprintf(path, sizeof(path), "%s/http.sock", dir);
	return http_open(&config, &http, err);
}

static int tear_down(void **state)
{
	(void)state;
	http = http_close(http);
	return opened == ended ? 0 : -1; /* whatever ended it, each was told once */
}

static void serve(int ms)
{
	client_serve(http, -1, ms);
}

static void ask(int fd)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

	assert_true(fd >= 0);
	assert_true(client_send(http, fd, text, sizeof(text) - 1));
}

/* Reads and decodes chunks until the text ends with `last`, or the peer closes (last NULL). */
static char *read_until(int fd, const char *last, size_t room)
{
	char *text = calloc(1, room + 1);
	size_t used = 0;
	ssize_t n;

	while (used < room) {
		if (!client_serve(http, fd, 5000))
			fail_msg("nothing more came after %s", text);
		n = read(fd, text + used, room - used);
		if (n <= 0 && last)
			fail_msg("closed after %s", text);
		if (n <= 0)
			return text;
		used += (size_t)n;
		text[used] = '\0';
		if (last && strstr(text, last))
			return text;
	}
	fail_msg("more than %zu bytes", room);
	return text;
}

static int open_one(bool tcp)
{
	int fd = tcp ? client_tcp(http_port(http)) : client_unix(path);
	char *text;

	ask(fd);
	text = read_until(fd, "hello\n", 4096);
	assert_non_null(strstr(text, "200 OK"));
	assert_non_null(strstr(text, "Content-Type: text/event-stream"));
	assert_non_null(strstr(text, "Connection: close"));
	assert_non_null(strstr(text, "Cache-Control: no-store"));
	assert_null(strstr(text, "Content-Length"));
	free(text);
	assert_non_null(newest);
	return fd;
}

/* As the hub's loop does: the server turns when its epoll or its time says so, and not before. */
static void wait_for(int fd, const char *text)
{
	char got[256];
	struct pollfd fds[2] = {{http_fd(http), POLLIN, 0}, {fd, POLLIN, 0}};
	ssize_t n;

	do {
		poll(fds, 2, http_timeout_ms(http));
		if (fds[0].revents)
			http_turn(http);
	} while (!(fds[1].revents & POLLIN));
	n = read(fd, got, sizeof(got) - 1);
	assert_true(n > 0);
	got[n] = '\0';
	assert_non_null(strstr(got, text));
}

static void what_is_sent_arrives_at_once(void **state)
{
	uint64_t start, worst = 0;

	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		int fd = open_one(tcp);

		for (int i = 0; i < 50; i++) {
			char text[40];

			snprintf(text, sizeof(text), "event %d;\n", i);
			serve(2);
			start = clock_mono_us();
			assert_int_equal(http_stream_send(newest, text, strlen(text)), 0);
			wait_for(fd, text);
			if (clock_mono_us() - start > worst)
				worst = clock_mono_us() - start;
		}
		http_stream_close(newest);
		assert_int_equal(http_stream_send(newest, "x", 1), -EPIPE);
		free(read_until(fd, NULL, 4096));
		close(fd);
		assert_null(newest);
	}
	print_message("# sent to read: at most %llu us\n", (unsigned long long)worst);
	assert_true(worst < 300000); /* else only the sweep sends it */
}

/* Chunks to text, in place; behind the head. */
static void dechunk(char *text)
{
	char *to = text, *at = strstr(text, "\r\n\r\n");
	size_t n = 0;

	for (at = at ? at + 4 : text; (n = strtoul(at, &at, 16)) > 0; at += n + 2) {
		at += 2;
		memmove(to, at, n);
		to += n;
	}
	*to = '\0';
}

static void many_come_in_order(void **state)
{
	int fd = client_tcp(http_port(http)), at = 0;
	char *text = calloc(1, ROOM + 1), *rest, line[40];
	size_t used = 0;
	ssize_t n;

	(void)state;
	ask(fd);
	while (!newest)
		http_turn(http);
	for (int i = 0; i < MANY; i++) {
		snprintf(line, sizeof(line), "<%d>\n", i);
		assert_int_equal(http_stream_send(newest, line, strlen(line)), 0);
		if (i % 1000 != 999)
			continue;
		assert_true(client_serve(http, fd, 5000));
		n = read(fd, text + used, ROOM - used);
		assert_true(n > 0);
		used += (size_t)n;
	}
	http_stream_close(newest);
	rest = read_until(fd, NULL, ROOM);
	assert_true(used + strlen(rest) < ROOM);
	strcpy(text + used, rest);
	dechunk(text);
	at = strncmp(text, "hello\n", 6) == 0 ? 6 : -1;
	for (int i = 0; i < MANY; i++) {
		snprintf(line, sizeof(line), "<%d>\n", i);
		if (at < 0 || strncmp(text + at, line, strlen(line)) != 0)
			fail_msg("%d is not where it should be", i);
		at += (int)strlen(line);
	}
	assert_string_equal(text + at, "");
	free(rest);
	free(text);
	close(fd);
}

static void who_does_not_read_is_cut_off(void **state)
{
	static const char text[1000] = {'x'};

	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		int fd = open_one(tcp), small = 4096, r = 0;
		size_t sent = 0;

		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		while (r == 0 && sent < 100 * 1000 * 1000) {
			r = http_stream_send(newest, text, sizeof(text));
			sent += sizeof(text);
			if (sent % 32000 == 0)
				http_turn(http);
		}
		assert_int_equal(r, -ENOBUFS);
		assert_non_null(newest); /* not before the loop turns */
		assert_int_equal(http_stream_send(newest, "x", 1), -EPIPE);
		serve(50);
		assert_null(newest);
		close(fd);
	}
	/* one text that no queue holds */
	int fd = open_one(false);
	char *big = calloc(1, HTTP_STREAM_QUEUE_MAX + 1);

	assert_int_equal(http_stream_send(newest, big, HTTP_STREAM_QUEUE_MAX + 1), -ENOBUFS);
	serve(50);
	assert_null(newest);
	free(big);
	close(fd);
}

static void who_leaves_is_noticed(void **state)
{
	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		close(open_one(tcp));
		serve(50); /* nothing was sent to it */
		assert_null(newest);
	}
	/* without a farewell */
	int fd = open_one(true);
	const struct linger reset = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	http_stream_send(newest, "to nobody", 9);
	serve(50);
	assert_null(newest);
}

static void there_are_so_many(void **state)
{
	int fds[HTTP_STREAMS_MAX], fd;
	struct client_answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = open_one(i % 2);
	fd = client_unix(path);
	answer = client_ask(http, fd, "GET", "/", "", NULL, 0);
	assert_int_equal(answer.status, 503);
	assert_int_equal(refused, -ENOSPC);
	client_free(&answer);
	close(fds[7]);
	serve(30);
	fds[7] = open_one(false);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i += 2)
		close(fds[i]);
	/* the others are open when the server stops */
	tear_down(NULL);
	assert_int_equal(ended, opened);
	for (size_t i = 1; i < ARRAY_SIZE(fds); i += 2)
		close(fds[i]);
	close(fd);
	assert_int_equal(set_up(NULL), 0);
}

/* A last word still goes out when the server stops. */
static void a_stop_says_goodbye(void **state)
{
	int quiet = open_one(true), told = open_one(false);
	char text[200] = "";
	ssize_t n;

	(void)state;
	assert_int_equal(http_stream_send(newest, "goodbye\n", 8), 0);
	http_stream_close(newest);
	http = http_close(http);
	assert_int_equal(ended, 2);
	n = recv(told, text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 0 && strstr(text, "goodbye"));
	assert_true(recv(quiet, text, sizeof(text) - 1, MSG_DONTWAIT) >= 0);
	close(quiet);
	close(told);
	assert_int_equal(set_up(NULL), 0);
}

/* Neither silence nor the time since it was asked for ends one; see HTTP_TIMEOUT_S. */
static void silence_is_no_end(void **state)
{
	int fd = open_one(true), other = client_tcp(http_port(http));
	char byte;

	(void)state;
	serve((HTTP_TIMEOUT_S + 2) * 1000);
	assert_int_equal(recv(other, &byte, 1, MSG_DONTWAIT), 0); /* this one is */
	assert_int_equal(http_stream_send(newest, "still\n", 6), 0);
	free(read_until(fd, "still\n", 4096));
	close(fd);
	close(other);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_sent_arrives_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_come_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_does_not_read_is_cut_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_leaves_is_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_are_so_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stop_says_goodbye, set_up, tear_down),
		cmocka_unit_test_setup_teardown(silence_is_no_end, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("http_stream", tests, make_dir, remove_dir);
}
