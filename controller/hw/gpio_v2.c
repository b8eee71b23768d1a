/* SPDX-License-Identifier: Apache-2.0 */
/* gpio.h over libgpiod 2.x (Debian 13): one request a line, the chip closed after it. */
#include "hw/gpio_find.h"

#include <fcntl.h>
#include <gpiod.h>
#include <string.h>

struct gpio_line {
	struct gpiod_line_request *request;
	struct gpiod_edge_event_buffer *events; /* inputs only */
	unsigned offset;
	char resolved[GPIO_RESOLVED_MAX];
};

static int failure(void)
{
	return errno > 0 ? -errno : -EIO;
}

static void close_chip(struct gpiod_chip **chip)
{
	gpiod_chip_close(*chip);
}

static void free_chip_info(struct gpiod_chip_info **info)
{
	gpiod_chip_info_free(*info);
}

static void free_line_info(struct gpiod_line_info **info)
{
	gpiod_line_info_free(*info);
}

static void free_settings(struct gpiod_line_settings **settings)
{
	gpiod_line_settings_free(*settings);
}

static void free_line_config(struct gpiod_line_config **config)
{
	gpiod_line_config_free(*config);
}

static void free_request_config(struct gpiod_request_config **config)
{
	gpiod_request_config_free(*config);
}

static int look(struct gpio_find *find, const char *path)
{
	CLEANUP(close_chip) struct gpiod_chip *chip = gpiod_chip_open(path);
	CLEANUP(free_chip_info) struct gpiod_chip_info *info = NULL;
	size_t n;

	if (!chip)
		return failure();
	info = gpiod_chip_get_info(chip);
	if (!info)
		return failure();
	n = gpiod_chip_info_get_num_lines(info);
	gpio_find_chip(
		find, gpiod_chip_info_get_name(info), gpiod_chip_info_get_label(info), (unsigned)n);
	for (unsigned i = 0; i < n; i++) {
		CLEANUP(free_line_info)
		struct gpiod_line_info *line = gpiod_chip_get_line_info(chip, i);

		if (!line)
			return failure();
		gpio_find_offer(find, i, gpiod_line_info_get_name(line),
			gpiod_line_info_is_used(line), gpiod_line_info_get_consumer(line));
	}
	return 0;
}

static enum gpiod_line_bias bias_of(const struct gpio_spec *spec)
{
	switch (spec->bias) {
	case GPIO_BIAS_AS_IS:
		break;
	case GPIO_BIAS_PULL_UP:
		return GPIOD_LINE_BIAS_PULL_UP;
	case GPIO_BIAS_PULL_DOWN:
		return GPIOD_LINE_BIAS_PULL_DOWN;
	case GPIO_BIAS_DISABLED:
		return GPIOD_LINE_BIAS_DISABLED;
	}
	return GPIOD_LINE_BIAS_AS_IS;
}

/* The values are ours, so the setters cannot refuse them. */
static void apply_spec(struct gpiod_line_settings *settings, const struct gpio_spec *spec)
{
	if (spec->direction == GPIO_DIRECTION_OUTPUT) {
		gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
		gpiod_line_settings_set_output_value(settings,
			spec->initial ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
	} else {
		gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
		gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
	}
	gpiod_line_settings_set_active_low(settings, spec->active_low);
	gpiod_line_settings_set_bias(settings, bias_of(spec));
}

static int take(struct gpio_line *line, struct gpiod_chip *chip, const struct gpio_spec *spec,
	const char *consumer)
{
	CLEANUP(free_settings) struct gpiod_line_settings *settings = gpiod_line_settings_new();
	CLEANUP(free_line_config) struct gpiod_line_config *config = gpiod_line_config_new();
	CLEANUP(free_request_config)
	struct gpiod_request_config *request = gpiod_request_config_new();
	int fd;

	if (!settings || !config || !request)
		return failure();
	apply_spec(settings, spec);
	gpiod_request_config_set_consumer(request, consumer);
	if (gpiod_line_config_add_line_settings(config, &line->offset, 1, settings) < 0)
		return failure();
	line->request = gpiod_chip_request_lines(chip, request, config);
	if (!line->request)
		return failure();
	if (spec->direction == GPIO_DIRECTION_OUTPUT)
		return 0;
	line->events = gpiod_edge_event_buffer_new(1);
	fd = gpiod_line_request_get_fd(line->request);
	if (!line->events || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return failure();
	return 0;
}

/* Opens the chip that was found and takes the line. */
static int open_and_take(struct gpio_line *line, const struct gpio_find *find,
	const struct gpio_spec *spec, const char *consumer)
{
	CLEANUP(close_chip) struct gpiod_chip *chip = gpiod_chip_open(find->found_path);

	return chip ? take(line, chip, spec, consumer) : failure();
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
	line->offset = find.found_offset;
	memcpy(line->resolved, find.found.resolved, sizeof(line->resolved));
	r = open_and_take(line, &find, spec, consumer);
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
	if (!line)
		return NULL;
	gpiod_edge_event_buffer_free(line->events);
	gpiod_line_request_release(line->request);
	free(line);
	return NULL;
}

const char *gpio_line_resolved(const struct gpio_line *line)
{
	return line->resolved;
}

int gpio_line_set(struct gpio_line *line, bool value)
{
	enum gpiod_line_value wanted = value ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;

	return gpiod_line_request_set_value(line->request, line->offset, wanted) < 0 ? failure()
										     : 0;
}

int gpio_line_get(struct gpio_line *line)
{
	enum gpiod_line_value value = gpiod_line_request_get_value(line->request, line->offset);

	return value == GPIOD_LINE_VALUE_ERROR ? failure() : value == GPIOD_LINE_VALUE_ACTIVE;
}

int gpio_line_fd(const struct gpio_line *line)
{
	return line->events ? gpiod_line_request_get_fd(line->request) : -1;
}

int gpio_line_event(struct gpio_line *line, struct gpio_event *ret_event)
{
	struct gpiod_edge_event *event;
	int n;

	if (!line->events)
		return -EINVAL;
	n = gpiod_line_request_read_edge_events(line->request, line->events, 1);
	if (n < 0)
		return errno == EAGAIN ? 0 : failure();
	event = gpiod_edge_event_buffer_get_event(line->events, 0);
	if (!event)
		return failure();
	*ret_event = (struct gpio_event){
		.value = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE,
		.mono_ns = gpiod_edge_event_get_timestamp_ns(event),
	};
	return 1;
}

int gpio_generation(void)
{
	return 2;
}
