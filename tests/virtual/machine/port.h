/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's serial line: a pty between the emulated chip and whoever opens the link. */
#pragma once

#include "pn532.h"

#include <systemd/sd-event.h>

struct port;

/* Something to log, at its CLOCK_MONOTONIC time. */
typedef void (*port_event_fn)(void *userdata, uint64_t mono_ns, const char *text);

/*
 * Opens a pty in the caller's loop and points the symbolic link at it (replaced if it is there).
 * The chip must outlive the port. 0 or negative errno.
 */
int port_new(sd_event *event, struct pn532 *chip, const char *link, port_event_fn event_fn,
	void *userdata, struct port **ret_port);
/* Closes the pty and removes the link; NULL is allowed. Returns NULL. */
struct port *port_free(struct port *port);

/* Sends what is due and sets the timer. Call it after each change made to the chip. */
void port_kick(struct port *port);

/* The cable is pulled: the host sees a hang-up, the link is gone. */
int port_unplug(struct port *port);
/* Plugged again: another pts number, the link renewed. Nothing happens if it is plugged. */
int port_plug(struct port *port);

/* "/dev/pts/4", or NULL while unplugged. */
const char *port_path(const struct port *port);

uint64_t mono_ns_now(void);
