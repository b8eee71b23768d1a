/* SPDX-License-Identifier: Apache-2.0 */
#include "port.h"

#include "base/util.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <time.h>

struct pty {
	int master, slave; /* our own slave keeps the pty alive between two openings */
	char path[32];     /* /dev/pts/ and a number */
};

struct port {
	sd_event *event;
	sd_event_source *io, *timer;
	struct pn532 *chip;
	port_event_fn event_fn;
	void *userdata;
	struct pty pty;
	struct pty spare; /* while unplugged: the next one, so that its number differs */
	char link[108];
};

uint64_t mono_ns_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void pty_close(struct pty *pty)
{
	if (pty->master >= 0)
		close(pty->master);
	if (pty->slave >= 0)
		close(pty->slave);
	*pty = (struct pty){.master = -1, .slave = -1};
}

static int pty_open(struct pty *ret_pty)
{
	struct pty pty = {.slave = -1};
	struct termios raw;
	int error;

	pty.master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty.master < 0)
		return -errno;
	if (grantpt(pty.master) < 0 || unlockpt(pty.master) < 0 ||
		ptsname_r(pty.master, pty.path, sizeof(pty.path)) != 0)
		goto fail;
	pty.slave = open(pty.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty.slave < 0 || tcgetattr(pty.slave, &raw) < 0)
		goto fail;
	cfmakeraw(&raw);
	if (tcsetattr(pty.slave, TCSANOW, &raw) < 0)
		goto fail;
	*ret_pty = pty;
	return 0;
fail:
	error = errno ? errno : EIO;
	pty_close(&pty);
	return -error;
}

/* Made beside it and moved over, so that nobody finds no link or half a link. */
static int renew_link(const struct port *port)
{
	char made[sizeof(port->link) + 8];

	snprintf(made, sizeof(made), "%s.new", port->link);
	unlink(made);
	if (symlink(port->pty.path, made) < 0)
		return -errno;
	if (rename(made, port->link) < 0) {
		int error = errno;
		unlink(made);
		return -error;
	}
	return 0;
}

/* A host that does not read loses bytes, as on a line without flow control. */
static void put(struct port *port, const uint8_t *bytes, size_t n, const char *note)
{
	ssize_t written = port->pty.master < 0 ? -1 : write(port->pty.master, bytes, n);

	if (written == (ssize_t)n && note[0])
		port->event_fn(port->userdata, mono_ns_now(), note);
}

void port_kick(struct port *port)
{
	uint8_t bytes[FRAME_MAX];
	char note[PN532_NOTE_MAX];
	uint64_t next_ns;
	size_t n;

	do {
		pn532_tick(port->chip, mono_ns_now());
		while (pn532_take(port->chip, mono_ns_now(), bytes, &n, note))
			put(port, bytes, n, note);
		next_ns = pn532_next_ns(port->chip);
	} while (next_ns <= mono_ns_now());
	if (next_ns == PN532_NEVER) {
		sd_event_source_set_enabled(port->timer, SD_EVENT_OFF);
		return;
	}
	/* rounded up: a timer that fires early would only spin */
	sd_event_source_set_time(port->timer, next_ns / 1000 + 1);
	sd_event_source_set_enabled(port->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	port_kick(userdata);
	return 0;
}

static int on_bytes(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct port *port = userdata;
	uint8_t bytes[512];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)source;
	(void)revents;
	if (n > 0)
		pn532_receive(port->chip, mono_ns_now(), bytes, (size_t)n);
	port_kick(port);
	return 0;
}

static int listen_pty(struct port *port)
{
	int r = sd_event_add_io(port->event, &port->io, port->pty.master, EPOLLIN, on_bytes, port);

	return r < 0 ? r : renew_link(port);
}

int port_new(sd_event *event, struct pn532 *chip, const char *link, port_event_fn event_fn,
	void *userdata, struct port **ret_port)
{
	struct port *port = calloc(1, sizeof(*port));
	int r;

	if (!port)
		return -ENOMEM;
	port->event = sd_event_ref(event);
	port->chip = chip;
	port->event_fn = event_fn;
	port->userdata = userdata;
	port->pty = port->spare = (struct pty){.master = -1, .slave = -1};
	r = snprintf(port->link, sizeof(port->link), "%s", link) < (int)sizeof(port->link)
		    ? 0
		    : -ENAMETOOLONG;
	if (r == 0)
		r = pty_open(&port->pty);
	if (r == 0) /* accuracy 1 us: the default of 250 ms would be seen in every answer */
		r = sd_event_add_time(
			event, &port->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, on_timer, port);
	if (r >= 0)
		r = listen_pty(port);
	if (r < 0) {
		port->link[0] = '\0'; /* not ours */
		port_free(port);
		return r;
	}
	*ret_port = port;
	return 0;
}

struct port *port_free(struct port *port)
{
	if (!port)
		return NULL;
	sd_event_source_disable_unref(port->io);
	sd_event_source_disable_unref(port->timer);
	if (port->link[0])
		unlink(port->link);
	pty_close(&port->pty);
	pty_close(&port->spare);
	sd_event_unref(port->event);
	free(port);
	return NULL;
}

int port_unplug(struct port *port)
{
	int r;

	if (port->pty.master < 0)
		return 0;
	r = pty_open(&port->spare);
	if (r < 0)
		return r;
	port->io = sd_event_source_disable_unref(port->io);
	unlink(port->link);
	pty_close(&port->pty);
	pn532_brownout(port->chip); /* the cable also carries the supply */
	port->event_fn(port->userdata, mono_ns_now(), "reader unplugged");
	return 0;
}

int port_plug(struct port *port)
{
	char text[80];
	int r;

	if (port->pty.master >= 0)
		return 0;
	port->pty = port->spare;
	port->spare = (struct pty){.master = -1, .slave = -1};
	r = listen_pty(port);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "reader plugged at %s", port->pty.path);
	port->event_fn(port->userdata, mono_ns_now(), text);
	return 0;
}

const char *port_path(const struct port *port)
{
	return port->pty.master < 0 ? NULL : port->pty.path;
}
