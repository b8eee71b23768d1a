/* SPDX-License-Identifier: Apache-2.0 */
/* virtual-machine: the hardware of one door, emulated. See virtual-door for its handles. */
#include "control.h"

#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

static const char help[] =
	"Usage: virtual-machine --dir DIR --cards FILE [OPTION]...\n"
	"Emulates a door's hardware: a PN532 reader on a pty, a GPIO chip, a control socket.\n\n"
	"  --dir DIR       where it appears (made if needed):\n"
	"                    DIR/reader        for libnfc: pn532_uart:DIR/reader\n"
	"                    DIR/gpio.sock     for libvirtual-gpio.so\n"
	"                    DIR/control.sock  for virtual-door\n"
	"  --cards FILE    the card catalogue\n"
	"  --speed BAUD    serial speed of the timing model, 9600 to 921600 (default 115200)\n"
	"  --no-timing     answer at once (default: wire, chip and radio take their time)\n"
	"  --no-persist    lines turn back to inputs when their owner dies (default: as on\n"
	"                  Raspberry Pi kernels, outputs keep their level)\n"
	"  --help          this text\n\n"
	"Prints a line when ready, ends on SIGTERM or SIGINT and removes what it made.\n"
	"Exit status: 0 ended by signal, 1 could not start or go on, 2 wrong usage.\n";

static int usage_error(const char *what)
{
	fprintf(stderr, "virtual-machine: %s; see virtual-machine --help\n", what);
	return 2;
}

/* Returns -1 to go on, or the exit status. */
static int parse_options(int argc, char **argv, struct machine_config *config)
{
	static const struct option options[] = {
		{"dir", required_argument, NULL, 'd'},
		{"cards", required_argument, NULL, 'c'},
		{"speed", required_argument, NULL, 's'},
		{"no-timing", no_argument, NULL, 't'},
		{"no-persist", no_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	char *end;
	int option;
	long speed;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case 'd':
			config->dir = optarg;
			break;
		case 'c':
			config->cards = optarg;
			break;
		case 's':
			speed = strtol(optarg, &end, 10);
			if (*end || speed < 9600 || speed > 921600)
				return usage_error("--speed: expected 9600 to 921600");
			config->speed = (unsigned)speed;
			break;
		case 't':
			config->timing = false;
			break;
		case 'p':
			config->persist = false;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return usage_error("bad option");
		}
	}
	if (optind < argc || !config->dir || !config->cards)
		return usage_error("expected --dir DIR --cards FILE and options");
	return -1;
}

static int run(
	struct machine *machine, const struct machine_config *config, const char *control_path)
{
	struct control *control = NULL;
	sd_event *event = NULL;
	char err[ERR_MAX] = "";
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	r = sd_event_new(&event);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
	/* the control socket first: it tells whether another machine lives in this directory */
	machine->event = event;
	if (r >= 0)
		r = control_open(machine, control_path, &control, err);
	if (r >= 0)
		r = machine_open(machine, event, config, err);
	if (r >= 0) {
		printf("virtual-machine: ready in %s, reader at %s\n", config->dir,
			port_path(machine->port));
		fflush(stdout);
		sd_notify(0, "READY=1");
		r = sd_event_loop(event);
		sd_notify(0, "STOPPING=1");
	}
	if (r < 0)
		fprintf(stderr, "virtual-machine: %s\n", err[0] ? err : strerror(-r));
	control_close(control);
	machine_close(machine);
	sd_event_unref(event);
	return r < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct machine_config config = {.speed = 115200, .timing = true, .persist = true};
	CLEANUP(cleanup_free) struct machine *machine = calloc(1, sizeof(*machine));
	char control_path[256];
	bool made_dir;
	int status = parse_options(argc, argv, &config);

	if (status >= 0)
		return status;
	if (!machine) {
		fprintf(stderr, "virtual-machine: no memory\n");
		return 1;
	}
	made_dir = mkdir(config.dir, 0700) == 0;
	if (!made_dir && errno != EEXIST) {
		fprintf(stderr, "virtual-machine: %s: %s; expected a directory that can be made\n",
			config.dir, strerror(errno));
		return 1;
	}
	snprintf(control_path, sizeof(control_path), "%s/control.sock", config.dir);
	status = run(machine, &config, control_path);
	if (made_dir)
		rmdir(config.dir);
	return status;
}
