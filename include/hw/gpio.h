/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPIO lines, one at a time, the same over libgpiod 1.6 (gpio_v1.c) and 2.x (gpio_v2.c).
 *
 * A line is named by its kernel name ("GPIO17"), by "label:offset" ("pinctrl-bcm2711:17") or by
 * "chip:offset" ("gpiochip0:17"); numbers of chips move between kernels, so the first two are to
 * be preferred. Values are logical: with active_low, 1 means the pin is low. No debounce here: it
 * is done in core, so that both generations behave the same.
 */
#pragma once

#include "base/util.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GPIO_NAME_MAX 64
#define GPIO_RESOLVED_MAX 160

enum gpio_direction {
	GPIO_DIRECTION_INPUT,
	GPIO_DIRECTION_OUTPUT,
};

enum gpio_bias {
	GPIO_BIAS_AS_IS,
	GPIO_BIAS_PULL_UP,
	GPIO_BIAS_PULL_DOWN,
	GPIO_BIAS_DISABLED,
};

struct gpio_spec {
	char line[GPIO_NAME_MAX]; /* empty: this line is not wired */
	enum gpio_direction direction;
	enum gpio_bias bias;
	bool active_low;
	bool initial; /* outputs: the first logical level, driven by the request itself */
};

struct gpio_event {
	bool value;       /* logical level after the edge */
	uint64_t mono_ns; /* CLOCK_MONOTONIC */
};

struct gpio_line;

struct gpio_found {
	char resolved[GPIO_RESOLVED_MAX]; /* as gpio_line_resolved() */
	bool held;
	char holder[GPIO_NAME_MAX]; /* who it is held by; may be empty */
};

/*
 * Which line a configured name means and who holds it, without touching it. 0, -ENODEV (this
 * machine has no chip), -ENOENT (no such line), -ENOTUNIQ (the name fits two lines), -EACCES, or
 * another negative errno with err.
 */
int gpio_line_look(const char *line, struct gpio_found *ret_found, char err[ERR_MAX]);

/*
 * Requests one line. Outputs are driven to spec->initial in the same ioctl, without a glitch;
 * inputs report both edges. consumer (e.g. "tapin strike") is what gpioinfo shows.
 * Returns 0, -EBUSY (held: err names the holder), or what gpio_line_look() and the kernel may say;
 * err then names the line, the place and the remedy.
 */
int gpio_line_request(const struct gpio_spec *spec, const char *consumer,
	struct gpio_line **ret_line, char err[ERR_MAX]);

/* Releases the line; NULL is allowed. Returns NULL. */
struct gpio_line *gpio_line_free(struct gpio_line *line);

/* "gpiochip0 [pinctrl-bcm2711] 17 GPIO17": what the name was resolved to, for the log. */
const char *gpio_line_resolved(const struct gpio_line *line);

/* Drives an output to a logical level. 0 or negative errno. */
int gpio_line_set(struct gpio_line *line, bool value);

/* Reads the logical level: 0, 1 or negative errno. */
int gpio_line_get(struct gpio_line *line);

/* An input's descriptor, readable (epoll) when an edge waits; -1 for outputs. */
int gpio_line_fd(const struct gpio_line *line);

/*
 * Takes one edge: 1 and *ret_event, 0 when none waits, or negative errno. Never blocks. Kernels
 * keep 16 edges of a line and then lose some, so read the level after a burst (gpio_line_get).
 */
int gpio_line_event(struct gpio_line *line, struct gpio_event *ret_event);

/* 1 or 2: the libgpiod generation this back-end drives. */
int gpio_generation(void);
