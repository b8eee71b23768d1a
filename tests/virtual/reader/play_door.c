/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual_reader.h"

#include "base/clock.h"
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#define PACKET_ROOM 4096

struct door {
	struct reader_link *link;
	uint32_t request;
	uint64_t paused_until; /* ms */
	bool input;            /* standard input is open */
};

int parse_hex(const char *text, uint8_t *out, size_t room)
{
	size_t n = 0;

	for (; text[0] && n < room; text += 2, n++) {
		char pair[3] = {text[0], text[1], '\0'};
		char *end;

		out[n] = (uint8_t)strtoul(pair, &end, 16);
		if (end != pair + 2)
			return -EINVAL;
	}
	return *text ? -EINVAL : (int)n;
}

void print_hex(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", data[i]);
}

static void print_card(const struct reader_record *record)
{
	struct reader_card card;

	if (reader_card_unpack(record, &card) < 0) {
		printf("bad card\n");
		return;
	}
	printf("card handle=%u protocol=%d uid=", card.handle, card.protocol);
	print_hex(card.uid.bytes, card.uid.len);
	printf(" sak=%02x atqa=%04x ats=", card.sak, card.atqa);
	print_hex(card.ats, card.ats_size);
	printf(" at=%" PRIu64 "\n", card.mono_us);
}

static void print_result(const struct reader_record *record)
{
	const uint8_t *data;
	uint32_t result;
	size_t size;

	if (reader_result_unpack(record, &result, &data, &size) < 0) {
		printf("bad result\n");
		return;
	}
	printf("result %u %u ", record->request, result);
	print_hex(data, size);
	printf("\n");
}

static void print_text(const struct reader_record *record)
{
	char text[READER_TEXT_MAX + 1];
	uint32_t code;

	if (reader_hello_unpack(record, text) == 0)
		printf("hello %s\n", text);
	else if (reader_text_unpack(record, &code, text) == 0)
		printf("fault %u %s\n", code, text);
	else
		printf("bad text\n");
}

static void print_record(const struct reader_record *record)
{
	uint32_t value;

	printf("%" PRIu64 " ", clock_mono_us());
	switch (record->kind) {
	case READER_KIND_HELLO:
	case READER_KIND_FAULT:
		print_text(record);
		return;
	case READER_KIND_CARD:
		print_card(record);
		return;
	case READER_KIND_RESULT:
		print_result(record);
		return;
	case READER_KIND_ALIVE:
	case READER_KIND_REMOVED:
		if (reader_u32_unpack(record, &value) < 0)
			printf("bad number\n");
		else
			printf("%s%" PRIu32 "\n",
				record->kind == READER_KIND_ALIVE ? "alive " : "removed handle=",
				value);
		return;
	case READER_KIND_OK:
		printf("ok\n");
		return;
	case READER_KIND_TRANSCEIVE:
		printf("transceive\n");
		return;
	}
}

static void transceive(struct door *d, const char *handle, const char *ms, const char *hex)
{
	uint8_t data[READER_TRANSCEIVE_MAX];
	int size = parse_hex(hex, data, sizeof(data));
	struct reader_record record;

	if (size < 0 || reader_transceive_pack(++d->request, (uint32_t)strtoul(handle, NULL, 10),
				(uint32_t)strtoul(ms, NULL, 10), data, (size_t)size, &record) < 0)
		fprintf(stderr,
			"virtual-reader: transceive: expected HANDLE, 1 to 5000 ms and hex\n");
	else if (reader_link_send(d->link, &record) < 0)
		fprintf(stderr, "virtual-reader: transceive: the reader does not take it\n");
}

static void raw(struct door *d, const char *hex)
{
	uint8_t packet[PACKET_ROOM];
	int size = parse_hex(hex, packet, sizeof(packet));

	if (size < 0 || send(reader_link_fd(d->link), packet, (size_t)size, MSG_NOSIGNAL) < 0)
		fprintf(stderr, "virtual-reader: raw: not sent\n");
}

static void command(struct door *d, char *line)
{
	char *rest = NULL, *words[4] = {"", "", "", ""};
	size_t n = 0;

	for (char *w = strtok_r(line, " \n", &rest); w && n < 4; w = strtok_r(NULL, " \n", &rest))
		words[n++] = w;
	if (!strcmp(words[0], "transceive") && n == 4)
		transceive(d, words[1], words[2], words[3]);
	else if (!strcmp(words[0], "raw") && n == 2)
		raw(d, words[1]);
	else if (!strcmp(words[0], "drop"))
		shutdown(reader_link_fd(d->link), SHUT_RDWR);
	else if (!strcmp(words[0], "pause") && n == 2)
		d->paused_until = clock_mono_ms() + strtoull(words[1], NULL, 10);
	else if (n)
		fprintf(stderr, "virtual-reader: unknown command \"%s\"; see --help\n", words[0]);
}

/* Whole lines only: whoever writes here writes lines. */
static void take_input(struct door *d)
{
	char buffer[2 * PACKET_ROOM + 64], *rest = NULL;
	ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer) - 1);

	if (n <= 0) {
		d->input = false;
		return;
	}
	buffer[n] = '\0';
	for (char *line = strtok_r(buffer, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		command(d, line);
}

static void take_records(struct door *d)
{
	struct reader_record record;
	int rc;

	while ((rc = reader_link_receive(d->link, &record)) == 1)
		print_record(&record);
	if (rc < 0 && rc != -ENOTCONN)
		printf("%" PRIu64 " gone %s\n", clock_mono_us(), strerror(-rc));
}

static void take_reader(struct door *d)
{
	char err[ERR_MAX];
	int rc = reader_link_accept(d->link, err);

	if (rc < 0)
		fprintf(stderr, "virtual-reader: %s\n", err);
	else if (rc > 0)
		printf("%" PRIu64 " connected\n", clock_mono_us());
}

static int stop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int play_door(const char *socket_path)
{
	CLEANUP(cleanup_close) int stop_fd = stop_signals();
	struct door door = {.input = true};
	char err[ERR_MAX];

	if (reader_link_listen(socket_path, (uid_t)-1, (gid_t)-1, &door.link, err) < 0) {
		fprintf(stderr, "virtual-reader: %s\n", err);
		return 1;
	}
	for (;;) {
		bool paused = clock_mono_ms() < door.paused_until;
		struct pollfd fds[] = {
			{.fd = stop_fd, .events = POLLIN},
			{.fd = door.input ? STDIN_FILENO : -1, .events = POLLIN},
			{.fd = paused ? -1 : reader_link_listen_fd(door.link), .events = POLLIN},
			{.fd = paused ? -1 : reader_link_fd(door.link), .events = POLLIN},
		};

		if (poll(fds, ARRAY_SIZE(fds), paused ? 10 : -1) < 0)
			continue;
		if (fds[0].revents)
			break;
		if (fds[1].revents)
			take_input(&door);
		if (fds[3].revents)
			take_records(&door);
		if (fds[2].revents)
			take_reader(&door);
	}
	reader_link_free(door.link);
	return 0;
}
