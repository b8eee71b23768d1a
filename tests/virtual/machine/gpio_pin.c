/* SPDX-License-Identifier: Apache-2.0 */
#include "gpio_chip.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

void gpio_pin_set_name(char out[GPIO_MAX_NAME_SIZE], const char *name)
{
	memset(out, 0, GPIO_MAX_NAME_SIZE);
	memcpy(out, name, strnlen(name, GPIO_MAX_NAME_SIZE - 1));
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool pin_level(const struct line *line)
{
	bool floats = !(line->pin & F(OUTPUT)) ||
		      (line->output ? line->pin & F(OPEN_DRAIN) : line->pin & F(OPEN_SOURCE));

	if (!floats)
		return line->output;
	if (line->driven)
		return line->outside;
	return line->pin & F(BIAS_PULL_UP);
}

bool gpio_pin_logical(const struct line *line, bool physical)
{
	return physical != !!(line->flags & F(ACTIVE_LOW));
}

/* One packet an event: a reader's buffer takes whole events. A full socket loses the event and
 * the sequence numbers show it, as in the kernel. */
static void send_edge(const struct gpio_sim *sim, struct line *line, uint64_t mono_ns)
{
	struct client *owner = line->owner;
	bool active = gpio_pin_logical(line, line->level);
	bool realtime = line->flags & F(EVENT_CLOCK_REALTIME);
	uint64_t ns = realtime ? clock_ns(CLOCK_REALTIME) : mono_ns;

	if (!owner || !owner->told || line->broken ||
		!(line->flags & (active ? F(EDGE_RISING) : F(EDGE_FALLING))))
		return;
	owner->seqno++;
	line->seqno++;
	if (owner->v2) {
		struct gpio_v2_line_event event = {
			.timestamp_ns = ns,
			.id = active ? GPIO_V2_LINE_EVENT_RISING_EDGE
				     : GPIO_V2_LINE_EVENT_FALLING_EDGE,
			.offset = (uint32_t)(line - sim->lines),
			.seqno = owner->seqno,
			.line_seqno = line->seqno,
		};
		send(owner->fd, &event, sizeof(event), MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		struct gpioevent_data event = {
			.timestamp = ns,
			.id = active ? GPIOEVENT_EVENT_RISING_EDGE : GPIOEVENT_EVENT_FALLING_EDGE,
		};
		send(owner->fd, &event, sizeof(event), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

void gpio_pin_settle(struct gpio_sim *sim, struct line *line)
{
	bool level = pin_level(line);
	uint64_t ns;

	if (level == line->level)
		return;
	line->level = level;
	ns = clock_ns(CLOCK_MONOTONIC);
	send_edge(sim, line, ns);
	if (sim->level_fn)
		sim->level_fn(sim->userdata, (unsigned)(line - sim->lines), line->name, level, ns);
}

void gpio_pin_configure(struct gpio_sim *sim, struct line *line, uint64_t flags, bool value)
{
	uint64_t bias = flags & FLAGS_BIAS ? flags & FLAGS_BIAS : line->pin & FLAGS_BIAS;

	line->flags = flags;
	if (flags & FLAGS_DIRECTION)
		line->pin = (flags & (FLAGS_DIRECTION | FLAGS_DRIVE)) | bias;
	else
		line->flags |= line->pin & FLAGS_DIRECTION; /* as it is */
	if (flags & F(OUTPUT))
		line->output = gpio_pin_logical(line, value);
	gpio_pin_settle(sim, line);
}

void gpio_pin_let_go(struct gpio_sim *sim, struct line *line)
{
	line->owner = NULL;
	line->debounce_us = 0;
	gpio_pin_set_name(line->consumer, "");
	if (!sim->persist_outputs)
		line->pin = F(INPUT) | (line->pin & FLAGS_BIAS);
	line->flags = line->pin & FLAGS_DIRECTION;
	gpio_pin_settle(sim, line);
}
