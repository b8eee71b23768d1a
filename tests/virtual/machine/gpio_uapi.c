/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's GPIO ioctls, uAPI v1 and v2, on the virtual chip. */
#include "gpio_chip.h"

#include <errno.h>
#include <string.h>

#define FLAGS_EDGE (F(EDGE_RISING) | F(EDGE_FALLING))
#define FLAGS_KNOWN                                                                \
	(FLAGS_DIRECTION | FLAGS_EDGE | FLAGS_DRIVE | FLAGS_BIAS | F(ACTIVE_LOW) | \
		F(EVENT_CLOCK_REALTIME))

/* What either uAPI asks for a set of lines. */
struct wish {
	unsigned n_lines;
	uint32_t offsets[GPIO_V2_LINES_MAX];
	uint64_t flags[GPIO_V2_LINES_MAX];
	uint64_t values; /* logical, a bit a line */
	uint32_t debounce_us[GPIO_V2_LINES_MAX];
};

/* ---- uAPI v1 and v2 to one wish --------------------------------------------------------- */

static const struct {
	uint32_t request;
	uint32_t info;
	uint64_t flag;
} v1_flags[] = {
	{0, GPIOLINE_FLAG_KERNEL, F(USED)},
	{GPIOHANDLE_REQUEST_INPUT, 0, F(INPUT)},
	{GPIOHANDLE_REQUEST_OUTPUT, GPIOLINE_FLAG_IS_OUT, F(OUTPUT)},
	{GPIOHANDLE_REQUEST_ACTIVE_LOW, GPIOLINE_FLAG_ACTIVE_LOW, F(ACTIVE_LOW)},
	{GPIOHANDLE_REQUEST_OPEN_DRAIN, GPIOLINE_FLAG_OPEN_DRAIN, F(OPEN_DRAIN)},
	{GPIOHANDLE_REQUEST_OPEN_SOURCE, GPIOLINE_FLAG_OPEN_SOURCE, F(OPEN_SOURCE)},
	{GPIOHANDLE_REQUEST_BIAS_PULL_UP, GPIOLINE_FLAG_BIAS_PULL_UP, F(BIAS_PULL_UP)},
	{GPIOHANDLE_REQUEST_BIAS_PULL_DOWN, GPIOLINE_FLAG_BIAS_PULL_DOWN, F(BIAS_PULL_DOWN)},
	{GPIOHANDLE_REQUEST_BIAS_DISABLE, GPIOLINE_FLAG_BIAS_DISABLE, F(BIAS_DISABLED)},
};
#define N_V1_FLAGS (sizeof(v1_flags) / sizeof(v1_flags[0]))

/* Unknown bits become an unknown flag, which is refused. */
static uint64_t from_v1(uint32_t flags)
{
	uint64_t out = 0;

	for (unsigned i = 0; i < N_V1_FLAGS; i++)
		if (flags & v1_flags[i].request) {
			out |= v1_flags[i].flag;
			flags &= ~v1_flags[i].request;
		}
	return flags ? ~0ull : out;
}

static uint32_t to_v1(uint64_t flags)
{
	uint32_t out = 0;

	for (unsigned i = 0; i < N_V1_FLAGS; i++)
		if (flags & v1_flags[i].flag)
			out |= v1_flags[i].info;
	return out;
}

static void wish_from_v1(struct wish *wish, uint32_t flags, const uint8_t *values)
{
	for (unsigned i = 0; i < wish->n_lines; i++) {
		wish->flags[i] = from_v1(flags);
		if (values[i])
			wish->values |= 1ull << i;
	}
}

/* An attribute overrides the default for the lines of its mask; the first one counts. */
static int wish_from_v2(struct wish *wish, const struct gpio_v2_line_config *config)
{
	if (config->num_attrs > GPIO_V2_LINE_NUM_ATTRS_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < wish->n_lines; i++)
		wish->flags[i] = config->flags;
	for (unsigned a = config->num_attrs; a-- > 0;) {
		const struct gpio_v2_line_attribute *attr = &config->attrs[a].attr;
		uint64_t mask = config->attrs[a].mask;

		if (attr->id < GPIO_V2_LINE_ATTR_ID_FLAGS ||
			attr->id > GPIO_V2_LINE_ATTR_ID_DEBOUNCE || attr->padding)
			return -EINVAL;
		if (attr->id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES)
			wish->values = (wish->values & ~mask) | (attr->values & mask);
		for (unsigned i = 0; i < wish->n_lines; i++) {
			if (!(mask >> i & 1))
				continue;
			if (attr->id == GPIO_V2_LINE_ATTR_ID_FLAGS)
				wish->flags[i] = attr->flags;
			if (attr->id == GPIO_V2_LINE_ATTR_ID_DEBOUNCE)
				wish->debounce_us[i] = attr->debounce_period_us;
		}
	}
	return 0;
}

/* The kernel's rules for the flags of one line. */
static bool flags_fit(uint64_t flags)
{
	uint64_t bias = flags & FLAGS_BIAS;

	return !(flags & ~FLAGS_KNOWN) && (flags & FLAGS_DIRECTION) != FLAGS_DIRECTION &&
	       (!(flags & FLAGS_EDGE) || flags & F(INPUT)) &&
	       (!(flags & FLAGS_DRIVE) || flags & F(OUTPUT)) &&
	       (flags & FLAGS_DRIVE) != FLAGS_DRIVE && !(bias & (bias - 1)) &&
	       (!bias || flags & FLAGS_DIRECTION);
}

static int check_wish(const struct wish *wish)
{
	for (unsigned i = 0; i < wish->n_lines; i++) {
		if (wish->flags[i] != ~0ull && wish->flags[i] & F(EVENT_CLOCK_HTE))
			return -EOPNOTSUPP;
		if (!flags_fit(wish->flags[i]))
			return -EINVAL;
	}
	return 0;
}

static void grant_wish(struct gpio_sim *sim, const struct wish *wish)
{
	for (unsigned i = 0; i < wish->n_lines; i++) {
		struct line *line = &sim->lines[wish->offsets[i]];

		line->debounce_us = wish->debounce_us[i];
		gpio_pin_configure(sim, line, wish->flags[i], wish->values >> i & 1);
	}
}

static int take_lines(struct client *client, const struct wish *wish, const char *consumer)
{
	struct gpio_sim *sim = client->sim;
	int r = check_wish(wish);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < wish->n_lines; i++) {
		if (wish->offsets[i] >= sim->n_lines)
			return -EINVAL;
		for (unsigned j = 0; j < i; j++)
			if (wish->offsets[j] == wish->offsets[i])
				return -EBUSY;
		if (sim->lines[wish->offsets[i]].owner)
			return -EBUSY;
	}
	client->kind = CLIENT_LINES;
	client->n_lines = wish->n_lines;
	for (unsigned i = 0; i < wish->n_lines; i++) {
		struct line *line = &sim->lines[wish->offsets[i]];

		client->offsets[i] = wish->offsets[i];
		line->owner = client;
		line->seqno = 0;
		gpio_pin_set_name(line->consumer, consumer);
	}
	grant_wish(sim, wish);
	return 0;
}

static int request_handle(struct client *client, struct gpiohandle_request *request)
{
	struct wish wish = {.n_lines = request->lines};

	if (!wish.n_lines || wish.n_lines > GPIOHANDLES_MAX)
		return -EINVAL;
	memcpy(wish.offsets, request->lineoffsets, sizeof(wish.offsets));
	wish_from_v1(&wish, request->flags, request->default_values);
	return take_lines(client, &wish, request->consumer_label);
}

static int request_event(struct client *client, struct gpioevent_request *request)
{
	struct wish wish = {.n_lines = 1, .offsets = {request->lineoffset}};

	wish.flags[0] = from_v1(request->handleflags);
	if (!(request->handleflags & GPIOHANDLE_REQUEST_INPUT) ||
		request->eventflags & ~GPIOEVENT_REQUEST_BOTH_EDGES)
		return -EINVAL;
	if (request->eventflags & GPIOEVENT_REQUEST_RISING_EDGE)
		wish.flags[0] |= F(EDGE_RISING);
	if (request->eventflags & GPIOEVENT_REQUEST_FALLING_EDGE)
		wish.flags[0] |= F(EDGE_FALLING);
	client->v1_event = true;
	return take_lines(client, &wish, request->consumer_label);
}

static int request_v2(struct client *client, struct gpio_v2_line_request *request)
{
	struct wish wish = {.n_lines = request->num_lines};
	int r;

	if (!wish.n_lines || wish.n_lines > GPIO_V2_LINES_MAX)
		return -EINVAL;
	memcpy(wish.offsets, request->offsets, sizeof(wish.offsets));
	r = wish_from_v2(&wish, &request->config);
	if (r < 0)
		return r;
	client->v2 = true;
	return take_lines(client, &wish, request->consumer);
}

/* ---- ioctls on the chip ----------------------------------------------------------------- */

static void chip_info(const struct gpio_sim *sim, struct gpiochip_info *info)
{
	*info = (struct gpiochip_info){.lines = sim->n_lines};
	gpio_pin_set_name(info->name, sim->chip);
	gpio_pin_set_name(info->label, sim->label);
}

static uint64_t shown_flags(const struct line *line)
{
	return line->flags | (line->owner ? F(USED) : 0);
}

static int line_info(const struct gpio_sim *sim, struct gpioline_info *info)
{
	const struct line *line;

	if (info->line_offset >= sim->n_lines)
		return -EINVAL;
	line = &sim->lines[info->line_offset];
	info->flags = to_v1(shown_flags(line));
	gpio_pin_set_name(info->name, line->name);
	gpio_pin_set_name(info->consumer, line->consumer);
	return 0;
}

static int line_info_v2(const struct gpio_sim *sim, struct gpio_v2_line_info *info)
{
	const struct line *line;

	if (info->offset >= sim->n_lines)
		return -EINVAL;
	line = &sim->lines[info->offset];
	*info = (struct gpio_v2_line_info){.offset = info->offset, .flags = shown_flags(line)};
	gpio_pin_set_name(info->name, line->name);
	gpio_pin_set_name(info->consumer, line->consumer);
	if (line->debounce_us) {
		info->num_attrs = 1;
		info->attrs[0].id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
		info->attrs[0].debounce_period_us = line->debounce_us;
	}
	return 0;
}

/* Watching lines for changes of their owner is not served: EINVAL, as from an older kernel. */
int gpio_uapi_chip(struct gpio_sim *sim, uint32_t request, union gpio_wire_arg *arg)
{
	switch (request) {
	case (uint32_t)GPIO_GET_CHIPINFO_IOCTL:
		chip_info(sim, &arg->chip);
		return 0;
	case (uint32_t)GPIO_GET_LINEINFO_IOCTL:
		return line_info(sim, &arg->line);
	case (uint32_t)GPIO_V2_GET_LINEINFO_IOCTL:
		return line_info_v2(sim, &arg->line_v2);
	default:
		return -EINVAL;
	}
}

int gpio_uapi_request(struct client *client, uint32_t request, union gpio_wire_arg *arg)
{
	switch (request) {
	case (uint32_t)GPIO_GET_LINEHANDLE_IOCTL:
		return request_handle(client, &arg->handle);
	case (uint32_t)GPIO_GET_LINEEVENT_IOCTL:
		return request_event(client, &arg->event);
	case (uint32_t)GPIO_V2_GET_LINE_IOCTL:
		return request_v2(client, &arg->request_v2);
	default:
		return -EINVAL;
	}
}

/* ---- ioctls on requested lines ---------------------------------------------------------- */

static struct line *line_of(const struct client *client, unsigned i)
{
	return &client->sim->lines[client->offsets[i]];
}

static uint64_t all_lines(const struct client *client)
{
	return ~0ull >> (GPIO_V2_LINES_MAX - client->n_lines);
}

static uint64_t get_values(const struct client *client)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < client->n_lines; i++)
		if (gpio_pin_logical(line_of(client, i), line_of(client, i)->level))
			bits |= 1ull << i;
	return bits;
}

/* What is broken cannot be read, where it is an input. */
static int check_read(const struct client *client)
{
	for (unsigned i = 0; i < client->n_lines; i++)
		if (line_of(client, i)->broken && !(line_of(client, i)->flags & F(OUTPUT)))
			return -EIO;
	return 0;
}

static int set_values(const struct client *client, uint64_t mask, uint64_t bits)
{
	for (unsigned i = 0; i < client->n_lines; i++)
		if (mask >> i & 1 && !(line_of(client, i)->flags & F(OUTPUT)))
			return -EPERM;
	for (unsigned i = 0; i < client->n_lines; i++)
		if (mask >> i & 1 && line_of(client, i)->broken)
			return -EIO;
	for (unsigned i = 0; i < client->n_lines; i++) {
		struct line *line = line_of(client, i);

		if (!(mask >> i & 1))
			continue;
		line->output = gpio_pin_logical(line, bits >> i & 1);
		gpio_pin_settle(client->sim, line);
	}
	return 0;
}

/* Lines for which no direction is named stay as they are. */
static int set_config(const struct client *client, struct wish *wish)
{
	struct wish named = {0};
	int r = check_wish(wish);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < client->n_lines; i++) {
		unsigned n = named.n_lines;

		if (!(wish->flags[i] & FLAGS_DIRECTION))
			continue;
		named.offsets[n] = client->offsets[i];
		named.flags[n] = wish->flags[i];
		named.debounce_us[n] = wish->debounce_us[i];
		named.values |= (wish->values >> i & 1) << n;
		named.n_lines++;
	}
	grant_wish(client->sim, &named);
	return 0;
}

static int lines_ioctl_v1(struct client *client, uint32_t request, union gpio_wire_arg *arg)
{
	struct wish wish = {.n_lines = client->n_lines};
	uint64_t bits = 0;

	switch (request) {
	case (uint32_t)GPIOHANDLE_GET_LINE_VALUES_IOCTL:
		bits = get_values(client);
		memset(&arg->data, 0, sizeof(arg->data));
		for (unsigned i = 0; i < client->n_lines; i++)
			arg->data.values[i] = bits >> i & 1;
		return check_read(client);
	case (uint32_t)GPIOHANDLE_SET_LINE_VALUES_IOCTL:
		for (unsigned i = 0; i < client->n_lines; i++)
			bits |= (uint64_t) !!arg->data.values[i] << i;
		return set_values(client, all_lines(client), bits);
	case (uint32_t)GPIOHANDLE_SET_CONFIG_IOCTL:
		if (client->v1_event)
			return -EINVAL;
		wish_from_v1(&wish, arg->handle_config.flags, arg->handle_config.default_values);
		return set_config(client, &wish);
	default:
		return -EINVAL;
	}
}

static int lines_ioctl_v2(struct client *client, uint32_t request, union gpio_wire_arg *arg)
{
	struct wish wish = {.n_lines = client->n_lines};
	uint64_t mask = arg->values_v2.mask & all_lines(client);
	int r;

	switch (request) {
	case (uint32_t)GPIO_V2_LINE_GET_VALUES_IOCTL:
		arg->values_v2.bits = get_values(client) & mask;
		return mask ? check_read(client) : -EINVAL;
	case (uint32_t)GPIO_V2_LINE_SET_VALUES_IOCTL:
		return mask ? set_values(client, mask, arg->values_v2.bits) : -EINVAL;
	case (uint32_t)GPIO_V2_LINE_SET_CONFIG_IOCTL:
		r = wish_from_v2(&wish, &arg->config_v2);
		return r < 0 ? r : set_config(client, &wish);
	default:
		return -EINVAL;
	}
}

int gpio_uapi_lines(struct client *client, uint32_t request, union gpio_wire_arg *arg)
{
	return client->v2 ? lines_ioctl_v2(client, request, arg)
			  : lines_ioctl_v1(client, request, arg);
}
