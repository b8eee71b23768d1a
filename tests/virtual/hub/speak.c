/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of virtual-hub speak: lines from standard input, asks and results from the door. */
#include "speak.h"

#include "base/clock.h"
#include "crypto/text.h"
#include "wire/envelope.h"
#include "wire/message.h"

#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_BYTES 1024

static int fail(const char *err)
{
	fprintf(stderr, "virtual-hub speak: %s\n", err);
	return 1;
}

const char *line_get(const struct line *line, const char *key, const char *fallback)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < line->count; i++)
		if (strncmp(line->args[i], key, n) == 0 &&
			(line->args[i][n] == '=' || line->args[i][n] == '\0'))
			return line->args[i][n] ? line->args[i] + n + 1 : "yes";
	return fallback;
}

int64_t line_number(const struct line *line, const char *key, int64_t fallback)
{
	const char *text = line_get(line, key, NULL);

	return text ? strtoll(text, NULL, 0) : fallback;
}

static const struct sign_secret *key_of(const struct speaker *s, const char *name)
{
	return strcmp(name, "root") == 0    ? &s->root
	       : strcmp(name, "next") == 0  ? &s->next
	       : strcmp(name, "other") == 0 ? &s->other
					    : &s->hub;
}

void speak_send(
	struct speaker *s, const struct line *line, const char *name, bool retain, char *body)
{
	char topic[MQTT_TOPIC_MAX], signed_topic[MQTT_TOPIC_MAX];
	const char *on = line_get(line, "on", name), *as = line_get(line, "topic", name);
	const char *key = line_get(line, "key", strcmp(name, "keys") == 0 ? "root" : "hub");
	char *message;
	size_t size;

	snprintf(topic, sizeof(topic), "tapin/%s/%s", s->site, on);
	snprintf(signed_topic, sizeof(signed_topic), "tapin/%s/%s", s->site, as);
	if (!body || envelope_seal(key_of(s, key), signed_topic, body, strlen(body), &message,
			     &size) < 0) {
		printf("cannot %s\n", name);
		free(body);
		return;
	}
	if (line_get(line, "flip", NULL)) /* a byte of the last number or text */
		message[size - 3] = (char)(message[size - 3] ^ 1);
	retain = line_get(line, "retain", NULL) ? strcmp(line_get(line, "retain", ""), "no") != 0
						: retain;
	if (mqtt_publish(s->mqtt, topic, message, size, 1, retain, NULL) == 0)
		printf("sent %s\n", on);
	free(message);
	free(body);
}

/* ---- what the door says ---- */

static void take_ask(struct speaker *s, const char *body, size_t size)
{
	char err[ERR_MAX], digest[2 * ROSTER_DIGEST_SIZE + 1];

	if (sync_ask_read(body, size, &s->ask, err) < 0) {
		printf("wrong ask: %s\n", err);
		return;
	}
	if (!s->asked)
		memcpy(s->first_nonce, s->ask.nonce, sizeof(s->first_nonce));
	s->asked = true;
	text_hex(s->ask.digest, sizeof(s->ask.digest), digest);
	printf("ask %s %u.%llu to=%llu chunk=%u digest=%s\n", sync_want_name(s->ask.want),
		s->ask.revision.generation, (unsigned long long)s->ask.revision.number,
		(unsigned long long)s->ask.to.number, s->ask.chunk,
		memcmp(s->ask.digest, s->roster.digest, sizeof(s->ask.digest)) == 0 ? "same"
										    : digest);
	if (!s->deaf)
		speak_answer(s);
}

static void take_result(const char *body, size_t size)
{
	struct command_result result;
	char err[ERR_MAX], token[2 * TOKEN_SIZE + 1] = "-";

	if (command_result_read(body, size, &result, err) < 0) {
		printf("wrong result: %s\n", err);
		return;
	}
	if (result.has_card)
		text_hex(result.token.bytes, sizeof(result.token.bytes), token);
	printf("result %s %s shown=%u card=%s why=\"%s\"\n", command_verb_name(result.verb),
		command_outcome_name(result.outcome), result.shown, token, result.why);
}

static void take_message(struct speaker *s, const struct mqtt_event *event)
{
	char path[PATH_MAX], err[ERR_MAX];
	struct sign_public door;
	const char *body;
	size_t size;
	int r;

	snprintf(path, sizeof(path), "%s/door.pub", s->dir);
	r = key_load_public(path, &door, err);
	if (r == 0)
		r = envelope_open(
			&door, 1, event->topic, event->payload, event->size, &body, &size);
	if (r < 0)
		printf("refused %s: %s\n", event->topic, strerror(-r));
	else if (strcmp(event->topic, s->ask_topic) == 0)
		take_ask(s, body, size);
	else
		take_result(body, size);
}

static void take_event(struct speaker *s, const struct mqtt_event *event)
{
	if (event->kind == MQTT_EVENT_CONNECTED) {
		mqtt_subscribe(s->mqtt, s->ask_topic, 1);
		mqtt_subscribe(s->mqtt, s->result_topic, 1);
		printf("connected\n");
	} else if (event->kind == MQTT_EVENT_MESSAGE) {
		take_message(s, event);
	}
}

/* ---- the loop ---- */

static void take_line(struct speaker *s, char *text)
{
	struct line line = {0};
	char *rest, *word;

	line.word = strtok_r(text, " \t", &rest);
	if (!line.word)
		return;
	while ((word = strtok_r(NULL, " \t", &rest)) && line.count < 24)
		line.args[line.count++] = word;
	if (speak_line(s, &line) < 0)
		printf("unknown %s\n", line.word);
}

/* 0 once the input has ended. */
static int read_lines(struct speaker *s)
{
	static char buffer[LINE_BYTES];
	static size_t used;
	ssize_t n = read(STDIN_FILENO, buffer + used, sizeof(buffer) - 1 - used);
	char *end;

	if (n <= 0)
		return 0;
	used += (size_t)n;
	buffer[used] = '\0';
	while ((end = strchr(buffer, '\n'))) {
		*end = '\0';
		take_line(s, buffer);
		used -= (size_t)(end + 1 - buffer);
		memmove(buffer, end + 1, used + 1);
	}
	return used < sizeof(buffer) - 1;
}

static void serve(struct speaker *s)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = mqtt_fd(s->mqtt), .events = POLLIN}};
	struct mqtt_event event;

	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		while (mqtt_next(s->mqtt, &event) > 0) {
			take_event(s, &event);
			mqtt_event_done(&event);
		}
		fflush(stdout);
		if ((fds[0].revents & (POLLIN | POLLHUP)) && !read_lines(s))
			return;
		fflush(stdout);
	}
}

/* ---- start ---- */

static int load_or_make(
	const struct speaker *s, const char *name, struct sign_secret *key, char err[ERR_MAX])
{
	char path[PATH_MAX], public[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/%s.key", s->dir, name);
	snprintf(public, sizeof(public), "%s/%s.pub", s->dir, name);
	r = key_load_secret(path, key, err);
	if (r != -ENOENT)
		return r;
	sign_key_make(key);
	r = key_save_secret(path, key, err);
	return r < 0 ? r : key_save_public(public, &key->public, err);
}

static int load_keys(struct speaker *s, char err[ERR_MAX])
{
	char path[PATH_MAX];
	int r = load_or_make(s, "root", &s->root, err);

	if (r == 0)
		r = load_or_make(s, "hub", &s->hub, err);
	if (r == 0)
		r = load_or_make(s, "next", &s->next, err);
	if (r == 0)
		r = load_or_make(s, "other", &s->other, err);
	snprintf(path, sizeof(path), "%s/card.key", s->dir);
	return r == 0 ? key_load_card(path, &s->card, err) : r;
}

int speak(int argc, char **argv)
{
	static const struct option table[] = {{"dir", 1, NULL, 'd'}, {"site", 1, NULL, 's'},
		{"door", 1, NULL, 'o'}, {"port", 1, NULL, 'p'}, {0}};
	struct speaker s = {.chunk_max = SYNC_CHUNK_MAX,
		.mqtt_config = {.host = "127.0.0.1", .keepalive_s = 30}};
	char err[ERR_MAX], client[64];
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (c == 'd')
			s.dir = optarg;
		else if (c == 's')
			s.site = optarg;
		else if (c == 'o')
			s.door = optarg;
		else if (c == 'p')
			s.mqtt_config.port = (uint16_t)atoi(optarg);
		else
			return 2;
	}
	setenv("TZ", "Europe/London", 1); /* of the sites that it makes up */
	tzset();
	if (!s.dir || !s.site || !s.door || !s.mqtt_config.port)
		return fail("needs --dir, --site, --door and --port; see --help");
	s.roster.revision.generation = 1;
	message_topic_door(s.site, s.door, "ask", s.ask_topic, MQTT_TOPIC_MAX);
	message_topic_door(s.site, s.door, "result", s.result_topic, MQTT_TOPIC_MAX);
	snprintf(client, sizeof(client), "virtual-hub-speak-%d", (int)getpid());
	s.mqtt_config.client_id = client;
	if (load_keys(&s, err) < 0 || mqtt_open(&s.mqtt_config, &s.mqtt, err) < 0)
		return fail(err);
	serve(&s);
	mqtt_close(s.mqtt, NULL, NULL, 1000);
	return 0;
}
