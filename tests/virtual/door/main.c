/* SPDX-License-Identifier: Apache-2.0 */
/* virtual-door: the hands at a virtual door. Sends one request to virtual-machine, prints the
 * answer. */
#include "base/util.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define DEFAULT_SOCKET "build/run/control.sock"
#define REQUEST_MAX 256

enum {
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_MACHINE = 3,
};

static const char help[] =
	"Usage: virtual-door [--socket PATH] COMMAND\n"
	"Does things at the virtual door that virtual-machine emulates.\n\n"
	"  tap NAME [MS] [go]          card in the field for MS (default 300), returns when it "
	"left;\n"
	"                              go: at once\n"
	"  hold NAME [NAME]...         cards in the field until: remove\n"
	"  remove [NAME]               one card, or every card, out of the field\n"
	"  press exit [MS] [go]        exit button for MS (default 200), returns at its release\n"
	"  open, close                 the door, as its contact sees it\n"
	"  input LINE 0|1|release      a line's physical level from outside; release: let go\n"
	"  break reader FAULT [COUNT]  spoil the reader, for COUNT answers or until: heal\n"
	"  break line NAME             an output that cannot be set, an input that cannot be\n"
	"                              read, until: heal\n"
	"  heal                        end the fault, plug the reader in again\n"
	"  reset                       no card, no fault, door closed, button released\n"
	"  status                      reader, cards in the field, lines and who holds them\n"
	"  log [--since N|now] [--follow]\n"
	"                              what happened; from event N on; and goes on\n"
	"  cards, about, faults        what can be tapped, whose it is, what can be broken\n"
	"  timing on|off               wire, chip and radio take their time, or none\n"
	"  persist on|off              outputs keep their level when their owner dies, or not\n\n"
	"  --socket PATH               default: $VIRTUAL_DOOR, else " DEFAULT_SOCKET "\n\n"
	"Lines: strike GPIO17, green GPIO22, red GPIO23, buzzer GPIO24, active high; exit button\n"
	"GPIO5 and door contact GPIO6 are switches to ground (pressed 0, shut 0) and want a "
	"pull-up.\n\n"
	"The log has one event a line: SEQ MONO_NS KIND DETAILS. SEQ counts from 1, MONO_NS is\n"
	"CLOCK_MONOTONIC. The newest 100000 are kept. KIND DETAILS is one of\n"
	"  line LINE LEVEL [NAME STATE]  physical level; strike, green, red, buzzer: on, off;\n"
	"                                exit: pressed, released; door: open, closed\n"
	"  card NAME in field, card NAME out of field\n"
	"  reader answered card UID...   the last byte that named the card was written to the "
	"line\n"
	"  reader field on|off, reader awake, reader asleep [after a brown-out]\n"
	"  reader broken FAULT, reader healed [after FAULT], reader unplugged, reader plugged at "
	"PTS\n"
	"  lost COUNT                    events that were overwritten before they were read\n\n"
	"Exit status: 0 done, 1 refused (standard error says why), 2 wrong usage,\n"
	"3 no machine answers at the socket, or it went away before it had answered.\n";

static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* Appends a word to the request. False if it does not fit or is no word. */
static bool add_word(char request[REQUEST_MAX], const char *word)
{
	size_t used = strlen(request), n = strlen(word);

	if (n == 0 || strpbrk(word, " \t\r\n") || used + n + 2 > REQUEST_MAX - 1)
		return false;
	snprintf(request + used, REQUEST_MAX - used, "%s%s", used ? " " : "", word);
	return true;
}

/* log [--since N] [--follow] becomes: log [N] [follow] */
static bool add_log_options(int argc, char **argv, char request[REQUEST_MAX])
{
	const char *since = NULL;
	bool follow = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--follow") == 0)
			follow = true;
		else if (strcmp(argv[i], "--since") == 0 && i + 1 < argc)
			since = argv[++i];
		else
			return false;
	}
	return (!since || add_word(request, since)) && (!follow || add_word(request, "follow"));
}

static bool make_request(int argc, char **argv, char request[REQUEST_MAX])
{
	request[0] = '\0';
	if (argc < 1 || !add_word(request, argv[0]))
		return false;
	if (strcmp(argv[0], "log") == 0)
		return add_log_options(argc, argv, request);
	for (int i = 1; i < argc; i++)
		if (!add_word(request, argv[i]))
			return false;
	return true;
}

/*
 * Prints the answer up to its last line. Returns the exit status. Only what is followed leaves line
 * by line: "virtual-door status | grep -q" must not find a closed pipe.
 */
static int print_answer(FILE *answer, bool follow)
{
	char line[1024];

	while (fgets(line, sizeof(line), answer)) {
		if (strcmp(line, "ok\n") == 0)
			return 0;
		if (strncmp(line, "error: ", 7) == 0) {
			fprintf(stderr, "virtual-door: %s", line + 7);
			return EXIT_REFUSED;
		}
		fputs(line, stdout);
		if (follow)
			fflush(stdout);
	}
	fprintf(stderr, "virtual-door: the machine went away before it had answered\n");
	return EXIT_NO_MACHINE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *path = getenv("VIRTUAL_DOOR");
	CLEANUP(cleanup_fclose) FILE *answer = NULL;
	char request[REQUEST_MAX];
	int option, fd;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) >= 0) {
		if (option == 'h') {
			fputs(help, stdout);
			return 0;
		}
		if (option != 's')
			return EXIT_USAGE;
		path = optarg;
	}
	path = path && *path ? path : DEFAULT_SOCKET;
	if (!make_request(argc - optind, argv + optind, request)) {
		fprintf(stderr, "virtual-door: expected a command; see virtual-door --help\n");
		return EXIT_USAGE;
	}
	fd = open_socket(path);
	if (fd < 0) {
		fprintf(stderr,
			"virtual-door: %s: %s; start the door (make run) or name its socket with "
			"--socket or $VIRTUAL_DOOR\n",
			path, strerror(-fd));
		return EXIT_NO_MACHINE;
	}
	strcat(request, "\n"); /* add_word left room */
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request)) {
		fprintf(stderr, "virtual-door: %s: %s\n", path, strerror(errno));
		close(fd);
		return EXIT_NO_MACHINE;
	}
	answer = fdopen(fd, "r");
	if (!answer) {
		close(fd);
		return EXIT_NO_MACHINE;
	}
	return print_answer(answer, strstr(request, " follow\n"));
}
