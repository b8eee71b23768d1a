/* SPDX-License-Identifier: Apache-2.0 */
/* gpio.h over libgpiod 1.6 (Debian 12): one descriptor a line, events as struct timespec. */
#include "hw/gpio_find.h"

#include <fcntl.h>
#include <gpiod.h>
#include <string.h>

struct gpio_line {
	struct gpiod_chip *chip;
	struct gpiod_line *line;
	int fd; /* the chip's; -1 for outputs */
	char resolved[GPIO_RESOLVED_MAX];
};

static int failure(void)
{
	return errno > 0 ? -errno : -EIO;
}

static void close_chip(struct gpiod_chip **chip)
{
	if (*chip)
		gpiod_chip_close(*chip);
}

static int look(struct gpio_find *find, const char *path)
{
	CLEANUP(close_chip) struct gpiod_chip *chip = gpiod_chip_open(path);
	struct gpiod_line *line;
	unsigned n;

	if (!chip)
		return failure();
	n = gpiod_chip_num_lines(chip);
	gpio_find_chip(find, gpiod_chip_name(chip), gpiod_chip_label(chip), n);
	for (unsigned i = 0; i < n; i++) {
		line = gpiod_chip_get_line(chip, i);
		if (!line)
			return failure();
		gpio_find_offer(find, i, gpiod_line_name(line), gpiod_line_is_used(line),
			gpiod_line_consumer(line));
	}
	return 0;
}

static int flags_of(const struct gpio_spec *spec)
{
	int flags = spec->active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;

	switch (spec->bias) {
	case GPIO_BIAS_AS_IS:
		break;
	case GPIO_BIAS_PULL_UP:
		flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
		break;
	case GPIO_BIAS_PULL_DOWN:
		flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN;
		break;
	case GPIO_BIAS_DISABLED:
		flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
		break;
	}
	return flags;
}

/* Opens the chip that was found and takes the line. */
static int take(struct gpio_line *line, const struct gpio_find *find, const struct gpio_spec *spec,
	const char *consumer)
{
	bool output = spec->direction == GPIO_DIRECTION_OUTPUT;
	struct gpiod_line_request_config config = {
		.consumer = consumer,
		.request_type = output ? GPIOD_LINE_REQUEST_DIRECTION_OUTPUT
				       : GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES,
		.flags = flags_of(spec),
	};

	line->chip = gpiod_chip_open(find->found_path);
	if (!line->chip)
		return failure();
	line->line = gpiod_chip_get_line(line->chip, find->found_offset);
	if (!line->line || gpiod_line_request(line->line, &config, spec->initial) < 0)
		return failure();
	if (output)
		return 0;
	line->fd = gpiod_line_event_get_fd(line->line);
	if (line->fd < 0 || fcntl(line->fd, F_SETFL, O_NONBLOCK) < 0)
		return failure();
	return 0;
}

int gpio_line_look(const char *line, struct gpio_found *ret_found, char err[ERR_MAX])
{
	struct gpio_find find;
	int r = gpio_find_line(&find, line, look, err);

	if (r == 0)
		*ret_found = find.found;
	return r;
}

int gpio_line_request(const struct gpio_spec *spec, const char *consumer,
	struct gpio_line **ret_line, char err[ERR_MAX])
{
	struct gpio_line *line;
	struct gpio_find find;
	int r = gpio_find_line(&find, spec->line, look, err);

	if (r < 0)
		return r;
	line = calloc(1, sizeof(*line));
	if (!line)
		return gpio_find_refused(&find, -ENOMEM, err);
	line->fd = -1;
	memcpy(line->resolved, find.found.resolved, sizeof(line->resolved));
	r = take(line, &find, spec, consumer);
	if (r < 0) {
		gpio_find_refused(&find, r, err);
		gpio_line_free(line);
		return r;
	}
	*ret_line = line;
	return 0;
}

struct gpio_line *gpio_line_free(struct gpio_line *line)
{
	if (line && line->chip)
		gpiod_chip_close(line->chip); /* releases the line */
	free(line);
	return NULL;
}

const char *gpio_line_resolved(const struct gpio_line *line)
{
	return line->resolved;
}

int gpio_line_set(struct gpio_line *line, bool value)
{
	return gpiod_line_set_value(line->line, value) < 0 ? failure() : 0;
}

int gpio_line_get(struct gpio_line *line)
{
	int value = gpiod_line_get_value(line->line);

	return value < 0 ? failure() : value;
}

int gpio_line_fd(const struct gpio_line *line)
{
	return line->fd;
}

int gpio_line_event(struct gpio_line *line, struct gpio_event *ret_event)
{
	struct gpiod_line_event event;

	if (line->fd < 0)
		return -EINVAL;
	if (gpiod_line_event_read_fd(line->fd, &event) < 0)
		return errno == EAGAIN ? 0 : failure();
	*ret_event = (struct gpio_event){
		.value = event.event_type == GPIOD_LINE_EVENT_RISING_EDGE,
		.mono_ns = (uint64_t)event.ts.tv_sec * 1000000000u + (uint64_t)event.ts.tv_nsec,
	};
	return 1;
}

int gpio_generation(void)
{
	return 1;
}
