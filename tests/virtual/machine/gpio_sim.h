/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual GPIO chip: serves the preload (tests/virtual/preload) over a SOCK_SEQPACKET socket.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct gpio_sim;

/* Called at each change of a line's physical level, with its CLOCK_MONOTONIC time. */
typedef void (*gpio_sim_level_fn)(
	void *userdata, unsigned offset, const char *name, bool level, uint64_t mono_ns);

struct gpio_sim_config {
	const char *socket_path;  /* where the preload connects */
	const char *const *names; /* n_lines names, like a Pi's: "ID_SDA", "ID_SCL", "GPIO2" … */
	unsigned n_lines;
	const char *chip;     /* "gpiochip0" */
	const char *label;    /* "pinctrl-bcm2711" */
	bool persist_outputs; /* lines keep their level when their owner dies (Raspberry Pi kernels)
			       */
	gpio_sim_level_fn level_fn;
	void *userdata;
};

/* Starts serving in the caller's loop. 0 or negative errno. Strings are copied. */
int gpio_sim_new(const struct gpio_sim_config *config, sd_event *event, struct gpio_sim **ret_sim);
struct gpio_sim *gpio_sim_free(struct gpio_sim *sim);

/* The outside world drives a line that is not an output (a button, a contact): physical level.
 * -ENOENT if unknown. */
int gpio_sim_drive(struct gpio_sim *sim, const char *name, bool level);
/* The outside world lets go: the line follows its bias (pull-up 1, pull-down or none 0). */
int gpio_sim_release(struct gpio_sim *sim, const char *name);
/* While broken, setting the line's value, or reading an input's, is EIO; an output's level stays,
 * an input sends no edges. 0 or -ENOENT. */
int gpio_sim_break(struct gpio_sim *sim, const char *name, bool broken);
/* Mends every line. */
void gpio_sim_heal(struct gpio_sim *sim);
/* Physical level now: 0, 1 or -ENOENT. */
int gpio_sim_level(const struct gpio_sim *sim, const char *name);
/* True and the consumer's name while somebody holds the line. */
bool gpio_sim_held(const struct gpio_sim *sim, const char *name, const char **ret_consumer);
void gpio_sim_set_persist(struct gpio_sim *sim, bool persist_outputs);
