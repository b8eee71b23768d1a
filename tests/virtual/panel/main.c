/* SPDX-License-Identifier: Apache-2.0 */
/* virtual-panel: virtual doors in a browser; panel.h has what it serves. */
#include "panel.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

static const char help[] =
	"Usage: virtual-panel --www DIR [OPTION]... DOOR=SOCKET...\n"
	"Shows virtual doors in a browser, to tap cards at them, press and break things.\n\n"
	"  --www DIR      the page's files (tests/virtual/panel/www)\n"
	"  --port PORT    on 127.0.0.1; default: any free one\n"
	"  --page URL     the hub's own page, for a link\n"
	"  --help         this text\n\n"
	"DOOR=SOCKET names a door and its virtual-machine's control socket.\n"
	"Prints its address when ready, ends on SIGTERM or SIGINT.\n"
	"Exit status: 0 ended by signal, 1 could not start, 2 wrong usage.\n";

static int usage_error(const char *what)
{
	fprintf(stderr, "virtual-panel: %s; see virtual-panel --help\n", what);
	return 2;
}

static int add_door(struct panel *panel, char *text)
{
	struct panel_door *door = &panel->doors[panel->door_count];
	char *equals = strchr(text, '=');

	if (!equals || panel->door_count == DOORS_MAX)
		return -EINVAL;
	*equals = '\0';
	if (!name_id_valid(text) || !equals[1])
		return -EINVAL;
	strcpy(door->name, text);
	door->socket = equals + 1;
	panel->door_count++;
	return 0;
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct panel *panel, uint16_t *ret_port)
{
	static const struct option options[] = {
		{"www", required_argument, NULL, 'w'},
		{"port", required_argument, NULL, 'p'},
		{"page", required_argument, NULL, 'g'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	uint64_t port;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case 'w':
			panel->www = optarg;
			break;
		case 'p':
			if (api_number_parse(optarg, 65535, &port) < 0)
				return usage_error("--port: expected 1 to 65535");
			*ret_port = (uint16_t)port;
			break;
		case 'g':
			panel->page = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return usage_error("bad option");
		}
	}
	for (; optind < argc; optind++)
		if (add_door(panel, argv[optind]) < 0)
			return usage_error("expected up to 16 times DOOR=SOCKET");
	if (!panel->www || panel->door_count == 0)
		return usage_error("expected --www DIR and a door");
	return -1;
}

static void serve(struct http *http, int signals)
{
	struct pollfd watch[] = {
		{.fd = http_fd(http), .events = POLLIN}, {.fd = signals, .events = POLLIN}};

	do {
		http_turn(http);
		poll(watch, ARRAY_SIZE(watch), http_timeout_ms(http));
	} while (!watch[1].revents);
}

int main(int argc, char **argv)
{
	struct panel panel = {0};
	struct http_config config = {.address = "127.0.0.1",
		.begin = panel_begin,
		.handle = panel_handle,
		.userdata = &panel};
	CLEANUP(cleanup_close) int signals = -1;
	struct http *http = NULL;
	char err[ERR_MAX] = "";
	sigset_t set;
	int status = parse_options(argc, argv, &panel, &config.port);

	if (status >= 0)
		return status;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0 || http_open(&config, &http, err) < 0) {
		fprintf(stderr, "virtual-panel: %s\n", *err ? err : strerror(errno));
		return 1;
	}
	printf("virtual-panel: http://127.0.0.1:%u/\n", http_port(http));
	fflush(stdout);
	serve(http, signals);
	http_close(http);
	return 0;
}
