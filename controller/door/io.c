/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, strike, inputs and the doorway. */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"

#include <string.h>
#include <sys/epoll.h>

/* A strike that does not obey is told again and again: nothing else may move meanwhile. */
#define STRIKE_RETRY_MS 100
/* An input whose edges cannot be read any more. */
#define INPUT_POLL_MS 20

static void drive_strike(struct door *door, bool released)
{
	struct gpio_line *line = door->outputs[DOOR_LINE_STRIKE];
	bool level = released != door_conf_strike_rest(&door->conf);
	int r;

	if (!line || (released == door->strike && !door->strike_failed))
		return;
	r = gpio_line_set(line, level);
	door->strike = released;
	if ((r < 0) == door->strike_failed)
		return;
	door->strike_failed = r < 0;
	if (r < 0) {
		log_error("strike: %s cannot be driven: %s; check the wiring, the door is in fault",
			gpio_line_resolved(line), strerror(-r));
		record_event(door, ENTRY_KIND_OUTPUT_FAULT, "strike: %s", strerror(-r));
	} else {
		record_event(door, ENTRY_KIND_OUTPUT_OK, "strike");
	}
	io_doorway(door, r < 0 ? DOORWAY_EVENT_FAULT : DOORWAY_EVENT_FAULT_OVER, 0);
}

static int on_doorway_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	io_doorway(userdata, DOORWAY_EVENT_TICK, 0);
	return 0;
}

/* Arms the one timer of the doorway; deadline 0 stops it. */
static void arm(struct door *door, uint64_t deadline_ms)
{
	if (deadline_ms == 0) {
		sd_event_source_set_enabled(door->doorway_timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(door->doorway_timer, deadline_ms * 1000);
	sd_event_source_set_enabled(door->doorway_timer, SD_EVENT_ONESHOT);
}

static uint64_t sooner(uint64_t deadline_ms, uint64_t other_ms)
{
	return deadline_ms != 0 && deadline_ms < other_ms ? deadline_ms : other_ms;
}

struct happening {
	uint32_t bit;
	enum entry_kind kind; /* ENTRY_KIND_NONE: the tap's own entry says it */
	const char *text;
};

static const struct happening happenings[] = {
	{DOORWAY_DID_EXIT, ENTRY_KIND_EXIT, "exit button: released"},
	{DOORWAY_DID_RELEASE, ENTRY_KIND_NONE, "released"},
	{DOORWAY_DID_EXTEND, ENTRY_KIND_NONE, "release extended"},
	{DOORWAY_DID_UNLOCK, ENTRY_KIND_UNLOCKED, "door unlocked"},
	{DOORWAY_DID_UNLOCK_OVER, ENTRY_KIND_LOCKED, "door no longer unlocked"},
	{DOORWAY_DID_LOCKDOWN, ENTRY_KIND_LOCKDOWN, "LOCKDOWN"},
	{DOORWAY_DID_LOCKDOWN_OVER, ENTRY_KIND_LOCKDOWN_OVER, "lockdown is over"},
	{DOORWAY_DID_OPEN, ENTRY_KIND_OPENED, "door opened"},
	{DOORWAY_DID_FORCE, ENTRY_KIND_FORCED, "door FORCED: opened without a release"},
	{DOORWAY_DID_HOLD_OPEN, ENTRY_KIND_HELD_OPEN, "door held open too long"},
	{DOORWAY_DID_CLOSE, ENTRY_KIND_CLOSED, "door closed"},
	{DOORWAY_DID_CLEAR, ENTRY_KIND_CLEARED, "alarm over"},
	{DOORWAY_DID_RELOCK, ENTRY_KIND_NONE, "relocked"},
};

/* Somebody's doing, or time's. */
#define CAUSED                                                                 \
	(DOORWAY_DID_UNLOCK | DOORWAY_DID_UNLOCK_OVER | DOORWAY_DID_LOCKDOWN | \
		DOORWAY_DID_LOCKDOWN_OVER)

static void tell(struct door *door, uint32_t happened, const struct door_cause *cause)
{
	for (size_t i = 0; i < ARRAY_SIZE(happenings); i++) {
		const struct happening *h = &happenings[i];
		bool caused = cause && (h->bit & CAUSED);

		if (!(happened & h->bit))
			continue;
		log_info("%s%s%s", h->text, caused ? ": " : "", caused ? cause->what : "");
		if (caused)
			(void)record_act(door, h->kind, cause->actor, "%s", cause->what);
		else if (h->kind != ENTRY_KIND_NONE)
			record_event(door, h->kind, "%s",
				h->bit == DOORWAY_DID_UNLOCK_OVER ? "its time" : "");
	}
}

uint32_t io_doorway_by(struct door *door, enum doorway_event event, uint32_t argument,
	const struct door_cause *cause)
{
	enum doorway_state before = door->doorway.state;
	struct doorway_actions actions;

	actions = doorway_step(&door->doorway, event, argument, clock_mono_ms());
	/* the timer first: whatever fails after this, the release ends */
	arm(door, actions.deadline_ms);
	drive_strike(door, actions.strike);
	if (door->strike_failed)
		arm(door, sooner(actions.deadline_ms, clock_mono_ms() + STRIKE_RETRY_MS));
	if (actions.happened)
		tell(door, actions.happened, cause);
	if (actions.happened & DOORWAY_DID_FIRE)
		state_spend(door);
	if (door->doorway.state != before || actions.happened) {
		lights_refresh(door);
		door_status(door);
	}
	return actions.happened;
}

void io_doorway(struct door *door, enum doorway_event event, uint32_t argument)
{
	(void)io_doorway_by(door, event, argument, NULL);
}

static void input_changed(struct door_input *input)
{
	bool active = input->debounce.stable;

	if (input->line == DOOR_LINE_EXIT)
		io_doorway(input->door,
			active ? DOORWAY_EVENT_EXIT_PRESSED : DOORWAY_EVENT_EXIT_LET_GO, 0);
	else
		io_doorway(input->door,
			active ? DOORWAY_EVENT_CONTACT_CLOSED : DOORWAY_EVENT_CONTACT_OPENED, 0);
}

static void give_level(struct door_input *input, bool level, uint64_t now_ms)
{
	if (debounce_edge(&input->debounce, level, now_ms))
		input_changed(input);
}

/* Gives the debouncer the level that the line really has, and comes back when it asks. */
static void settle(struct door_input *input)
{
	int level = gpio_line_get(input->gpio);
	uint64_t deadline_ms;

	if (level >= 0)
		give_level(input, level > 0, clock_mono_ms());
	deadline_ms = debounce_deadline(&input->debounce);
	if (!input->edge)
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

static int start_input(
	struct door *door, struct door_input *input, enum door_line line, char err[ERR_MAX])
{
	const struct gpio_spec *spec = &door->conf.lines[line];
	int level, r;

	input->door = door;
	input->line = line;
	if (!*spec->line)
		return 0;
	r = gpio_line_request(
		spec, line == DOOR_LINE_EXIT ? "tapin exit" : "tapin contact", &input->gpio, err);
	if (r < 0)
		return r;
	level = gpio_line_get(input->gpio);
	if (level < 0)
		return level;
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

static int start_output(struct door *door, enum door_line line, char err[ERR_MAX])
{
	static const char *const consumers[] = {
		[DOOR_LINE_STRIKE] = "tapin strike",
		[DOOR_LINE_GREEN] = "tapin green",
		[DOOR_LINE_RED] = "tapin red",
		[DOOR_LINE_BUZZER] = "tapin buzzer",
	};
	const struct gpio_spec *spec = &door->conf.lines[line];
	int r;

	if (!*spec->line)
		return 0;
	r = gpio_line_request(spec, consumers[line], &door->outputs[line], err);
	if (r < 0)
		return r;
	log_info("%s: %s%s", door_line_name(line), gpio_line_resolved(door->outputs[line]),
		spec->active_low ? ", active low" : "");
	return 0;
}

int io_start_outputs(struct door *door, char err[ERR_MAX])
{
	char light_err[ERR_MAX];
	int r = start_output(door, DOOR_LINE_STRIKE, err);

	if (r < 0)
		return r;
	/* a door without a light is still a door */
	for (enum door_line line = DOOR_LINE_GREEN; line <= DOOR_LINE_BUZZER; line++)
		if (start_output(door, line, light_err) < 0)
			log_error("%s: %s; the door works without it", door_line_name(line),
				light_err);
	return 0;
}

int io_start_inputs(struct door *door, char err[ERR_MAX])
{
	struct doorway_config config = {
		.contact = *door->conf.lines[DOOR_LINE_CONTACT].line != '\0',
		.strike = *door->conf.lines[DOOR_LINE_STRIKE].line != '\0',
		.exit_ms = door->conf.exit_ms,
		.held_open_ms = door->conf.held_open_ms,
	};
	int r;

	r = start_input(door, &door->exit, DOOR_LINE_EXIT, err);
	if (r == 0)
		r = start_input(door, &door->contact, DOOR_LINE_CONTACT, err);
	if (r < 0)
		return r;
	r = sd_event_add_time(door->event, &door->doorway_timer, CLOCK_MONOTONIC, 0, 1000,
		on_doorway_timer, door);
	if (r < 0) {
		snprintf(err, ERR_MAX, "the door's timer cannot be made: %s", strerror(-r));
		return r;
	}
	sd_event_source_set_priority(door->doorway_timer, DOOR_PRIORITY_STRIKE);
	sd_event_source_set_enabled(door->doorway_timer, SD_EVENT_OFF);
	doorway_init(&door->doorway, &config, !door->contact.debounce.stable, clock_mono_ms());
	io_doorway(door, DOORWAY_EVENT_TICK, 0);
	/* a button that is down while we start wants out */
	if (door->exit.gpio && door->exit.debounce.stable)
		io_doorway(door, DOORWAY_EVENT_EXIT_PRESSED, 0);
	return 0;
}

static void stop_input(struct door_input *input)
{
	sd_event_source_disable_unref(input->edge);
	sd_event_source_disable_unref(input->timer);
	input->edge = input->timer = NULL;
	input->gpio = gpio_line_free(input->gpio);
}

void io_stop(struct door *door)
{
	if (door->outputs[DOOR_LINE_STRIKE] && gpio_line_set(door->outputs[DOOR_LINE_STRIKE],
						       door_conf_strike_rest(&door->conf)) < 0)
		log_error("strike: it could not be put to rest; --relock will try again");
	lights_stop(door);
	door->doorway_timer = sd_event_source_disable_unref(door->doorway_timer);
	stop_input(&door->exit);
	stop_input(&door->contact);
	for (enum door_line line = 0; line < DOOR_LINE_COUNT; line++)
		door->outputs[line] = gpio_line_free(door->outputs[line]);
}
