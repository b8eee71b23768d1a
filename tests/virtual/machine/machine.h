/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual door: reader, GPIO chip and what hangs on its lines. See virtual-door --help. */
#pragma once

#include "base/util.h"
#include "catalogue.h"
#include "eventlog.h"
#include "gpio_sim.h"
#include "port.h"

#define MACHINE_LINES 28
#define MACHINE_ACTIONS 16
#define MACHINE_ACTION_MS_MAX 600000u

struct machine_config {
	const char *dir;
	const char *cards;
	unsigned speed;
	bool timing;
	bool persist;
};

/* What hangs on a line: names for its two levels. */
struct machine_wire {
	const char *line, *name, *low, *high;
};
extern const struct machine_wire machine_wires[];
extern const size_t machine_n_wires;
extern const char *const machine_line_names[MACHINE_LINES];

struct machine;

/* Called when a timed action is over; status 0 or negative errno. */
typedef void (*machine_done_fn)(void *waiter);

/* A tap or a press that ends by itself. */
struct machine_action {
	struct machine *machine;
	sd_event_source *timer;       /* NULL: this place is free */
	const struct card_spec *card; /* NULL: the exit button */
	machine_done_fn done_fn;
	void *waiter; /* NULL: nobody waits any more */
};

struct machine {
	sd_event *event;
	struct catalogue cards;
	struct pn532 chip;
	struct port *port;
	struct gpio_sim *gpio;
	struct eventlog *log;
	struct machine_config config;
	struct machine_action actions[MACHINE_ACTIONS];
	void (*logged_fn)(void *userdata); /* after each event, for those who follow */
	void *logged_userdata;
};

/*
 * Builds the door in config->dir: gpio.sock and the link "reader". Strings are kept, not copied.
 * 0 or negative errno with err. The machine must be zeroed; machine_close undoes it all.
 */
int machine_open(struct machine *machine, sd_event *event, const struct machine_config *config,
	char err[ERR_MAX]);
void machine_close(struct machine *machine);

/* Card in the field until machine_remove, or for ms and then done_fn(waiter). err says why not. */
int machine_hold(struct machine *machine, const char *name, char err[ERR_MAX]);
int machine_tap(struct machine *machine, const char *name, unsigned ms, machine_done_fn done_fn,
	void *waiter, char err[ERR_MAX]);
/* One card, or all of them with name NULL. Taps of theirs end now. */
int machine_remove(struct machine *machine, const char *name, char err[ERR_MAX]);

/* Exit button held for ms. -EBUSY while it is held. */
int machine_press(struct machine *machine, unsigned ms, machine_done_fn done_fn, void *waiter,
	char err[ERR_MAX]);
/* A line seen from outside: '0', '1', or 'r' to let go. */
int machine_drive(struct machine *machine, const char *line, char level, char err[ERR_MAX]);

/* count: answers it spoils, 0 until machine_heal. */
int machine_break(struct machine *machine, const char *fault, unsigned count, char err[ERR_MAX]);
int machine_heal(struct machine *machine, char err[ERR_MAX]);

/* Nobody waits for these actions any more; they still end on time. */
void machine_forget(struct machine *machine, const void *waiter);
