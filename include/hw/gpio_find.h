/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which chip and line a configured name means, and what to tell the person when it means none.
 * Shared by both back-ends, which only open chips and read names; nothing here knows libgpiod.
 */
#pragma once

#include "hw/gpio.h"

enum gpio_find_rank {
	GPIO_FIND_NONE,
	GPIO_FIND_CHIP,  /* gpiochip0:17 */
	GPIO_FIND_LABEL, /* pinctrl-bcm2711:17 */
	GPIO_FIND_NAME,  /* GPIO17 */
};

struct gpio_find {
	const char *wanted;
	char prefix[GPIO_NAME_MAX]; /* of PREFIX:OFFSET; empty if wanted has not that form */
	unsigned wanted_offset;
	char chip[GPIO_NAME_MAX]; /* the chip looked at now */
	char label[GPIO_NAME_MAX];
	char path[GPIO_NAME_MAX];
	unsigned n_lines;
	char seen[160];             /* the chips looked at, for the message */
	char denied[GPIO_NAME_MAX]; /* a chip that could not be opened, and why */
	int denied_error;
	enum gpio_find_rank rank; /* of the line found */
	char found_path[GPIO_NAME_MAX];
	unsigned found_offset;
	struct gpio_found found;
	char second[GPIO_RESOLVED_MAX]; /* the same name elsewhere: ambiguous */
};

/*
 * Opens the chip at path, calls gpio_find_chip() and then gpio_find_offer() for each of its lines.
 * 0 or negative errno.
 */
typedef int (*gpio_find_look_fn)(struct gpio_find *find, const char *path);

/*
 * Looks through all chips. A line's name goes before label:offset, that before chip:offset.
 * 0 with found_path, found_offset and found; -ENOENT, -ENOTUNIQ (two lines fit), -EACCES,
 * -ENODEV (no chip), -EINVAL (no name) or another negative errno with err.
 */
int gpio_find_line(
	struct gpio_find *find, const char *wanted, gpio_find_look_fn look, char err[ERR_MAX]);

/* label may be empty. */
void gpio_find_chip(struct gpio_find *find, const char *name, const char *label, unsigned n_lines);

/* name may be NULL: many lines have none; holder, too, where the line is held. */
void gpio_find_offer(
	struct gpio_find *find, unsigned offset, const char *name, bool held, const char *holder);

/* Says why the line could not be taken. Returns error. */
int gpio_find_refused(const struct gpio_find *find, int error, char err[ERR_MAX]);
