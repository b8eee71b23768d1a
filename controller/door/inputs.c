/* SPDX-License-Identifier: Apache-2.0 */
/* Buttons, contacts and loops: their lines, debounced, told to the doorway. */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"

#include <string.h>
#include <sys/epoll.h>

/* An input whose edges or level cannot be read any more. */
#define INPUT_POLL_MS 20

/* What each input tells the doorway. */
struct meaning {
	const char *consumer;
	enum doorway_event active;
	enum doorway_event inactive;
};

static const struct meaning meanings[DOOR_LINE_COUNT] = {
	[DOOR_LINE_EXIT] = {"tapin exit", DOORWAY_EVENT_EXIT_PRESSED, DOORWAY_EVENT_EXIT_LET_GO},
	[DOOR_LINE_CONTACT] = {"tapin contact", DOORWAY_EVENT_CONTACT_CLOSED,
		DOORWAY_EVENT_CONTACT_OPENED},
	[DOOR_LINE_FIRE] = {"tapin fire", DOORWAY_EVENT_FIRE_OFF, DOORWAY_EVENT_FIRE_ON},
	[DOOR_LINE_TAMPER] = {"tapin tamper", DOORWAY_EVENT_TAMPER_OFF, DOORWAY_EVENT_TAMPER_ON},
	[DOOR_LINE_BOLT] = {"tapin bolt", DOORWAY_EVENT_BOLT_THROWN, DOORWAY_EVENT_BOLT_DRAWN},
};

static void input_changed(struct door_input *input)
{
	const struct meaning *meaning = &meanings[input->line];

	io_doorway(input->door, input->debounce.stable ? meaning->active : meaning->inactive, 0);
}

/* A loop that cannot be read is a broken one. */
static int read_as(const struct door_input *input, int level)
{
	return level < 0 && input->line == DOOR_LINE_FIRE ? 0 : level;
}

static void give_level(struct door_input *input, bool level, uint64_t now_ms)
{
	if (debounce_edge(&input->debounce, level, now_ms))
		input_changed(input);
}

/* Whether the level can be read: 0 or negative errno, told when that changes. */
static void tell_lost(struct door_input *input, int error)
{
	const char *name = door_line_name(input->line);

	if ((error < 0) == input->lost)
		return;
	input->lost = error < 0;
	if (!input->lost) {
		log_info("%s: %s can be read again", name, gpio_line_resolved(input->gpio));
		record_event(input->door, ENTRY_KIND_OUTPUT_OK, "input %s", name);
		return;
	}
	log_error("%s: %s cannot be read: %s; check the wiring%s", name,
		gpio_line_resolved(input->gpio), strerror(-error),
		input->line == DOOR_LINE_FIRE ? "; until then it counts as fire" : "");
	record_event(input->door, ENTRY_KIND_OUTPUT_FAULT, "input %s: %s", name, strerror(-error));
}

/* Gives the debouncer the level that the line really has, and comes back when it asks. */
static void settle(struct door_input *input)
{
	int level = gpio_line_get(input->gpio);
	uint64_t deadline_ms;

	tell_lost(input, level < 0 ? level : 0);
	level = read_as(input, level);
	if (level >= 0)
		give_level(input, level > 0, clock_mono_ms());
	deadline_ms = debounce_deadline(&input->debounce);
	if (!input->edge || input->lost)
		deadline_ms = clock_mono_ms() + INPUT_POLL_MS;
	if (deadline_ms != UINT64_MAX)
		sd_event_source_set_time(input->timer, deadline_ms * 1000);
	sd_event_source_set_enabled(
		input->timer, deadline_ms != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_input_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	settle(userdata);
	return 0;
}

static int on_edge(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct door_input *input = userdata;
	struct gpio_event event;
	int r;

	(void)fd;
	(void)revents;
	while ((r = gpio_line_event(input->gpio, &event)) > 0)
		give_level(input, event.value, event.mono_ns / 1000000);
	if (r < 0 && r != -EAGAIN) {
		log_error(
			"%s: %s: its edges cannot be read: %s; its level is polled until a restart",
			door_line_name(input->line), gpio_line_resolved(input->gpio), strerror(-r));
		record_event(input->door, ENTRY_KIND_OUTPUT_FAULT, "input %s: %s",
			door_line_name(input->line), strerror(-r));
		input->edge = sd_event_source_disable_unref(source);
	}
	settle(input);
	return 0;
}

static int start_input(struct door *door, enum door_line line, char err[ERR_MAX])
{
	const struct gpio_spec *spec = &door->conf.lines[line];
	struct door_input *input = &door->inputs[line];
	int level, r;

	input->door = door;
	input->line = line;
	if (!*spec->line)
		return 0;
	r = gpio_line_request(spec, meanings[line].consumer, &input->gpio, err);
	if (r < 0)
		return r;
	level = read_as(input, gpio_line_get(input->gpio));
	if (level < 0) {
		snprintf(err, ERR_MAX, "%s: %s cannot be read: %s; check the wiring",
			door_line_name(line), gpio_line_resolved(input->gpio), strerror(-level));
		return level;
	}
	log_info("%s: %s, now %s", door_line_name(line), gpio_line_resolved(input->gpio),
		level ? "active" : "inactive");
	debounce_init(&input->debounce, door->conf.debounce_ms, level > 0);
	r = sd_event_add_io(
		door->event, &input->edge, gpio_line_fd(input->gpio), EPOLLIN, on_edge, input);
	if (r >= 0)
		r = sd_event_add_time(door->event, &input->timer, CLOCK_MONOTONIC, 0, 1000,
			on_input_timer, input);
	if (r < 0)
		return r;
	sd_event_source_set_enabled(input->timer, SD_EVENT_OFF);
	sd_event_source_set_priority(input->edge, DOOR_PRIORITY_INPUT);
	sd_event_source_set_priority(input->timer, DOOR_PRIORITY_INPUT);
	return 0;
}

int inputs_start_fire(struct door *door, char err[ERR_MAX])
{
	return start_input(door, DOOR_LINE_FIRE, err);
}

int inputs_start(struct door *door, char err[ERR_MAX])
{
	static const enum door_line lines[] = {
		DOOR_LINE_EXIT, DOOR_LINE_CONTACT, DOOR_LINE_TAMPER, DOOR_LINE_BOLT};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lines) && r == 0; i++)
		r = start_input(door, lines[i], err);
	return r;
}

bool inputs_fire(const struct door *door)
{
	const struct door_input *fire = &door->inputs[DOOR_LINE_FIRE];

	return fire->gpio && !fire->debounce.stable;
}

void inputs_look(struct door *door)
{
	for (enum door_line line = 0; line < DOOR_LINE_COUNT; line++)
		if (door->inputs[line].gpio)
			settle(&door->inputs[line]);
}

void inputs_describe(const struct door *door, char *out, size_t size)
{
	static const struct {
		enum door_line line;
		bool active;
		const char *what;
	} words[] = {
		{DOOR_LINE_CONTACT, true, "door shut"},
		{DOOR_LINE_CONTACT, false, "door open"},
		{DOOR_LINE_EXIT, true, "exit button down"},
		{DOOR_LINE_FIRE, false, "fire"},
		{DOOR_LINE_TAMPER, false, "housing open"},
		{DOOR_LINE_BOLT, false, "bolt not thrown"},
	};
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(words) && used < size; i++) {
		const struct door_input *input = &door->inputs[words[i].line];

		if (input->gpio && input->debounce.stable == words[i].active)
			used += (size_t)snprintf(out + used, size - used, ", %s", words[i].what);
	}
}

void inputs_tell(struct door *door)
{
	struct door_input *inputs = door->inputs;

	/* before anything may put the strike to rest */
	io_doorway(door, inputs_fire(door) ? DOORWAY_EVENT_FIRE_ON : DOORWAY_EVENT_TICK, 0);
	if (inputs[DOOR_LINE_TAMPER].gpio)
		input_changed(&inputs[DOOR_LINE_TAMPER]);
	if (inputs[DOOR_LINE_BOLT].gpio)
		input_changed(&inputs[DOOR_LINE_BOLT]);
	/* a button that is down while we start wants out */
	if (inputs[DOOR_LINE_EXIT].gpio && inputs[DOOR_LINE_EXIT].debounce.stable)
		input_changed(&inputs[DOOR_LINE_EXIT]);
	inputs_look(door);
}

static void stop_input(struct door_input *input)
{
	sd_event_source_disable_unref(input->edge);
	sd_event_source_disable_unref(input->timer);
	input->edge = input->timer = NULL;
	input->gpio = gpio_line_free(input->gpio);
}

void inputs_stop(struct door *door)
{
	for (enum door_line line = 0; line < DOOR_LINE_COUNT; line++)
		stop_input(&door->inputs[line]);
}
