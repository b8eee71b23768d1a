/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual_reader.h"

#include "base/clock.h"
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define WORDS_MAX 16
#define PACKET_ROOM 4096 /* raw packets may be larger than the door takes */

struct player {
	int fd;
	uint32_t handle;
};

static int say(const char *what)
{
	fprintf(stderr, "virtual-reader: %s: %s\n", what, strerror(errno));
	return -1;
}

/* Blocking: a door that is slow to take records slows a flood down, and loses nothing. */
static int put(struct player *p, const struct reader_record *record)
{
	uint8_t packet[READER_LINK_PACKET];
	int size = reader_record_pack(record, packet);

	if (size < 0 || send(p->fd, packet, (size_t)size, MSG_NOSIGNAL) < 0)
		return say("the door does not take the record");
	return 0;
}

static int put_alive(struct player *p, uint32_t age_ms)
{
	struct reader_record record;

	reader_u32_pack(READER_KIND_ALIVE, age_ms, &record);
	return put(p, &record);
}

/* What the door asks for; there is no card that could answer. */
static int serve(struct player *p)
{
	uint8_t packet[READER_LINK_PACKET];
	ssize_t n = recv(p->fd, packet, sizeof(packet), MSG_DONTWAIT);
	struct reader_record record, answer;

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		errno = n < 0 ? errno : ECONNRESET;
		return say("the door ended the connection");
	}
	if (reader_record_unpack(packet, (size_t)n, &record) < 0 ||
		record.kind != READER_KIND_TRANSCEIVE)
		return 0;
	printf("transceive %u\n", record.request);
	reader_result_pack(record.request, ENODEV, NULL, 0, &answer);
	return put(p, &answer);
}

static int wait_ms(struct player *p, uint64_t ms, bool talk)
{
	uint64_t end = clock_mono_ms() + ms, alive = talk ? clock_mono_ms() + 500 : UINT64_MAX;

	for (uint64_t now; (now = clock_mono_ms()) < end;) {
		struct pollfd fd = {.fd = p->fd, .events = POLLIN};
		uint64_t next = end < alive ? end : alive;

		if (next > now && poll(&fd, 1, (int)(next - now)) > 0 && serve(p) < 0)
			return -1;
		if (clock_mono_ms() >= alive) {
			alive += 500;
			if (put_alive(p, 0) < 0)
				return -1;
		}
	}
	return 0;
}

static int put_card(struct player *p, const struct uid *uid, enum reader_protocol protocol)
{
	struct reader_card card = {
		.mono_us = clock_mono_us(),
		.handle = ++p->handle,
		.protocol = protocol,
		.atqa = uid->len == 4 ? 0x0004 : 0x0044,
		.uid = *uid,
	};
	char text[UID_TEXT_MAX];
	struct reader_record record;

	reader_card_pack(&card, &record);
	if (put(p, &record) < 0)
		return -1;
	uid_format(uid, text);
	printf("card %u %s %llu\n", card.handle, text, (unsigned long long)card.mono_us);
	return 0;
}

static int put_removed(struct player *p)
{
	struct reader_record record;

	reader_u32_pack(READER_KIND_REMOVED, p->handle, &record);
	return put(p, &record);
}

/* The number after a word like "--count", or the default. */
static uint64_t option(char **words, size_t count, const char *name, uint64_t otherwise)
{
	for (size_t i = 0; i + 1 < count; i++)
		if (!strcmp(words[i], name))
			return strtoull(words[i + 1], NULL, 10);
	return otherwise;
}

static int tap(struct player *p, char **words, size_t n)
{
	uint64_t count = option(words, n, "--count", 1), hold = option(words, n, "--hold", 300);
	uint64_t gap = option(words, n, "--gap", 700);
	enum reader_protocol protocol =
		(enum reader_protocol)option(words, n, "--protocol", READER_PROTOCOL_ISO14443A);
	struct uid uid;

	if (n < 2 || uid_parse(words[1], &uid) < 0) {
		fprintf(stderr, "virtual-reader: tap: expected a UID of 4, 7 or 10 bytes in hex\n");
		return -1;
	}
	for (uint64_t i = 0; i < count; i++) {
		if (put_card(p, &uid, protocol) < 0 || wait_ms(p, hold, true) < 0 ||
			put_removed(p) < 0)
			return -1;
		if (i + 1 < count && wait_ms(p, gap, true) < 0)
			return -1;
	}
	return 0;
}

static int flood(struct player *p, char **words, size_t n)
{
	uint64_t count = option(words, n, "--count", 1000);

	for (uint64_t i = 0; i < count; i++) {
		struct uid uid = {.len = 7, .bytes = {0x04, 0xf1, 0x00, 0xd0}};

		for (size_t b = 0; b < 3; b++)
			uid.bytes[4 + b] = (uint8_t)(i >> (8 * b));
		if (put_card(p, &uid, READER_PROTOCOL_ISO14443A) < 0 || put_removed(p) < 0 ||
			serve(p) < 0)
			return -1;
	}
	return 0;
}

static int raw(struct player *p, const char *file)
{
	CLEANUP(cleanup_fclose) FILE *in = fopen(file, "re");
	char line[2 * PACKET_ROOM + 2];
	uint8_t packet[PACKET_ROOM];

	if (!in)
		return say(file);
	while (fgets(line, sizeof(line), in)) {
		int size;

		line[strcspn(line, "\n")] = '\0';
		size = parse_hex(line, packet, sizeof(packet));
		if (size < 0) {
			fprintf(stderr, "virtual-reader: %s: not hex: %.60s\n", file, line);
			return -1;
		}
		if (send(p->fd, packet, (size_t)size, MSG_NOSIGNAL) < 0)
			return say("the door does not take the packet");
	}
	return 0;
}

static int fault(struct player *p, const char *code, const char *text)
{
	struct reader_record record;

	reader_text_pack(READER_KIND_FAULT, (uint32_t)strtoul(code, NULL, 10), text, &record);
	return put(p, &record);
}

static int lines(struct player *p);

static int play(struct player *p, char **words, size_t n)
{
	const struct reader_record ok = {.kind = READER_KIND_OK};
	const char *word = n ? words[0] : "";
	uint64_t number = n > 1 ? strtoull(words[1], NULL, 10) : 0;

	if (!strcmp(word, "tap"))
		return tap(p, words, n);
	if (!strcmp(word, "flood"))
		return flood(p, words, n);
	if (!strcmp(word, "raw") && n == 2)
		return raw(p, words[1]);
	if (!strcmp(word, "fault") && n == 3)
		return fault(p, words[1], words[2]);
	if (!strcmp(word, "ok"))
		return put(p, &ok);
	if (!strcmp(word, "alive") && n == 2)
		return put_alive(p, (uint32_t)number);
	if (!strcmp(word, "silent") && n == 2)
		return wait_ms(p, number, false);
	if (!strcmp(word, "idle") && n == 2)
		return wait_ms(p, number, true);
	if (!strcmp(word, "lines"))
		return lines(p);
	fprintf(stderr, "virtual-reader: unknown command \"%s\"; see --help\n", word);
	return -1;
}

static int lines(struct player *p)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		char *words[WORDS_MAX], *rest = NULL;
		size_t n = 0;

		for (char *w = strtok_r(line, " \n", &rest); w && n < WORDS_MAX;
			w = strtok_r(NULL, " \n", &rest))
			words[n++] = w;
		if (n && (!strcmp(words[0], "lines") || play(p, words, n) < 0))
			return -1;
	}
	return 0;
}

static int greet(struct player *p)
{
	const uint8_t protocols[] = {READER_PROTOCOL_ISO14443A};
	struct reader_record record;

	reader_hello_pack(protocols, 1, "virtual-reader", &record);
	return put(p, &record) < 0 ? -1 : put_alive(p, 0);
}

int play_reader(const char *socket_path, char **words, size_t count)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct player player = {.fd = fd};

	if (strlen(socket_path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		say(socket_path);
		return 1;
	}
	strcpy(address.sun_path, socket_path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		say(socket_path);
		return 1;
	}
	return greet(&player) < 0 || play(&player, words, count) < 0;
}
