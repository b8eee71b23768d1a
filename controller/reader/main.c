/* SPDX-License-Identifier: Apache-2.0 */
/* tapin-reader: owns the NFC reader and tells tapin-door which card lies on it. */
#include "base/clock.h"
#include "base/log.h"
#include "reader/connstring.h"
#include "reader/lock.h"
#include "reader/loop.h"

#include <getopt.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#define EXIT_USAGE 2

struct options {
	const char *device;
	const char *socket_path;
	const char *lock_dir; /* NULL: the default */
	uint32_t poll_ms;
	uint32_t misses;
	bool check;
};

static void usage(FILE *out)
{
	fputs("tapin-reader: owns the NFC reader and tells tapin-door which card lies on it\n"
	      "\n"
	      "  --device NAME    libnfc's name of the reader (pn532_uart:/dev/tapin-reader)\n"
	      "  --socket PATH    where tapin-door listens (/run/tapin/reader.sock)\n"
	      "  --poll-ms N      time between two looks for a card, 20 to 500 (50)\n"
	      "  --misses N       looks without the card until it has left, 1 to 20 (3)\n"
	      "  --lock-dir DIR   where the lock of the device is kept ($RUNTIME_DIRECTORY, or "
	      "the\n"
	      "                   socket's directory)\n"
	      "  --check          check the options and end\n"
	      "  --version, --help\n"
	      "\n"
	      "It runs until SIGTERM or SIGINT and goes on trying when the reader or tapin-door "
	      "is\n"
	      "away. LIBNFC_LOG_LEVEL=1 (to 3) lets libnfc speak on standard error.\n",
		out);
}

static int parse_number(
	const char *name, const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value < min || value > max) {
		log_error("--%s %s: expected a whole number from %u to %u", name, text, min, max);
		return -EINVAL;
	}
	*ret = (uint32_t)value;
	return 0;
}

/* 1 go on, 0 all done, negative: wrong, and said so. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{"device", required_argument, NULL, 'd'},
		{"socket", required_argument, NULL, 's'},
		{"poll-ms", required_argument, NULL, 'p'},
		{"misses", required_argument, NULL, 'm'},
		{"lock-dir", required_argument, NULL, 'l'},
		{"check", no_argument, NULL, 'c'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c, rc = 0;

	while (rc == 0 && (c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->device = optarg;
			break;
		case 's':
			o->socket_path = optarg;
			break;
		case 'p':
			rc = parse_number("poll-ms", optarg, 20, 500, &o->poll_ms);
			break;
		case 'm':
			rc = parse_number("misses", optarg, 1, 20, &o->misses);
			break;
		case 'l':
			o->lock_dir = optarg;
			break;
		case 'c':
			o->check = true;
			break;
		case 'v':
			puts("tapin-reader " TAPIN_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default: /* getopt has said what is wrong */
			return -EINVAL;
		}
	}
	if (rc == 0 && optind < argc) {
		log_error("unexpected argument \"%s\"; see --help", argv[optind]);
		return -EINVAL;
	}
	return rc < 0 ? rc : 1;
}

/* Copies the default directory for locks: the first of $RUNTIME_DIRECTORY, or the socket's. */
static void default_lock_dir(const char *socket_path, char out[ERR_MAX])
{
	const char *runtime = getenv("RUNTIME_DIRECTORY");
	const char *slash = strrchr(socket_path, '/');

	if (runtime && *runtime)
		snprintf(out, ERR_MAX, "%.*s", (int)strcspn(runtime, ":"), runtime);
	else if (slash && slash != socket_path)
		snprintf(out, ERR_MAX, "%.*s", (int)(slash - socket_path), socket_path);
	else
		snprintf(out, ERR_MAX, "%s", slash ? "/" : ".");
}

static int open_stop_fd(void)
{
	sigset_t set;

	/* signals do not end libnfc's reads (T9): they are looked at between two calls */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void notify(const char *state)
{
	sd_notify(0, state);
}

static int run(const struct options *o, const struct connstring *device, const char *lock_dir)
{
	const struct reader_loop_settings settings = {
		.socket_path = o->socket_path, .poll_ms = o->poll_ms, .misses = o->misses};
	CLEANUP(cleanup_close) int lock = -1;
	CLEANUP(cleanup_close) int stop_fd = -1;
	struct reader_nfc *nfc = NULL;
	struct reader_loop loop;
	struct reader_port port;
	char err[ERR_MAX] = "";
	int rc;

	lock = reader_lock_take(lock_dir, device->text, err);
	rc = lock < 0 ? lock : reader_nfc_new(device->text, device->device, lock_dir, &nfc, err);
	if (rc == 0) {
		port = reader_nfc_port(nfc);
		rc = reader_loop_init(&loop, &settings, &port, clock_mono_us, notify, err);
	}
	if (rc < 0) {
		log_error("%s", err);
		reader_nfc_free(nfc);
		return EXIT_FAILURE;
	}
	stop_fd = open_stop_fd();
	log_info("version " TAPIN_VERSION ", reader %s, door at %s", device->text, o->socket_path);
	notify("READY=1\nSTATUS=Starting");
	rc = stop_fd < 0 ? -errno : reader_loop_run(&loop, stop_fd);
	notify("STOPPING=1");
	reader_loop_close(&loop);
	reader_nfc_free(nfc);
	if (rc < 0)
		log_error("the loop ended: %s", strerror(-rc));
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options o = {
		.device = "pn532_uart:/dev/tapin-reader",
		.socket_path = "/run/tapin/reader.sock",
		.poll_ms = 50,
		.misses = 3,
	};
	struct reader_client client;
	struct connstring device;
	char err[ERR_MAX], lock_dir[ERR_MAX];
	int rc;

	log_open("tapin-reader", LOG_LEVEL_INFO);
	rc = parse_options(argc, argv, &o);
	if (rc <= 0)
		return rc < 0 ? EXIT_USAGE : EXIT_SUCCESS;
	if (connstring_parse(o.device, &device, err) < 0 ||
		reader_client_init(&client, o.socket_path, err) < 0) {
		log_error("%s", err);
		return EXIT_USAGE;
	}
	if (o.lock_dir)
		snprintf(lock_dir, sizeof(lock_dir), "%s", o.lock_dir);
	else
		default_lock_dir(o.socket_path, lock_dir);
	if (o.check) {
		printf("ok: reader %s, door at %s, locks in %s%s\n", device.text, o.socket_path,
			lock_dir,
			device.device[0] && access(device.device, F_OK) < 0
				? " (the reader is not there now)"
				: "");
		return EXIT_SUCCESS;
	}
	/* libnfc repeats itself for every failed attempt; what is wrong is said here, once */
	setenv("LIBNFC_LOG_LEVEL", "0", 0);
	/* libnfc reads with select(): low descriptors only */
	close_range(3, ~0U, 0);
	return run(&o, &device, lock_dir);
}
