/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs, strike and the doorway. */
#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"

#include <string.h>

/* A strike that does not obey is told again and again: nothing else may move meanwhile. */
#define STRIKE_RETRY_MS 100

static void limit_strike(struct door *door, bool released);

/* A lock that a pulse sets free until it is opened; what stays open needs its line for as long. */
static bool is_pulse_over(const struct door *door)
{
	const struct doorway *d = &door->doorway;

	return door->strike_pulsed && !d->fire && d->due_ms[DOORWAY_TIMER_HOLD] == 0 &&
	       d->due_ms[DOORWAY_TIMER_SCHEDULE] == 0;
}

/* True: the line no longer obeys, or does again, and the doorway is still to be told (tell_strike).
 */
static bool drive_strike(struct door *door, bool released)
{
	struct gpio_line *line = door->outputs[DOOR_LINE_STRIKE];
	bool level, fire = door->doorway.fire;
	int r;

	door->strike_wanted = released;
	door->strike_limited = door->strike_limited && released && !fire;
	released = released && !door->strike_limited && !is_pulse_over(door);
	level = released != door_conf_strike_rest(&door->conf);
	limit_strike(door, released && !fire);
	if (!line || (released == door->strike && !door->strike_failed))
		return false;
	r = gpio_line_set(line, level);
	door->strike = released;
	if ((r < 0) == door->strike_failed)
		return false;
	door->strike_failed = r < 0;
	if (r < 0) {
		log_error("strike: %s cannot be driven: %s; check the wiring, the door is in fault",
			gpio_line_resolved(line), strerror(-r));
		record_event(door, ENTRY_KIND_OUTPUT_FAULT, "strike: %s", strerror(-r));
	} else {
		record_event(door, ENTRY_KIND_OUTPUT_OK, "strike");
	}
	return true;
}

bool io_lets_in(const struct door *door)
{
	return !door->outputs[DOOR_LINE_STRIKE] || (door->strike && !door->strike_failed);
}

/* After what led to it was told: a hold that fails as it begins is unlocked first and locked then.
 */
static void tell_strike(struct door *door)
{
	io_doorway(door, door->strike_failed ? DOORWAY_EVENT_FAULT : DOORWAY_EVENT_FAULT_OVER, 0);
}

static int on_pulse_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;

	(void)source;
	(void)usec;
	door->strike_pulsed = true;
	if (drive_strike(door, door->strike_wanted))
		tell_strike(door);
	return 0;
}

/* Each card and each press of the button has a pulse of its own. */
static void begin_pulse(struct door *door, enum doorway_event event)
{
	if (door->conf.strike_pulse_ms == 0 || !door->pulse_timer ||
		(event != DOORWAY_EVENT_GRANT && event != DOORWAY_EVENT_GRANT_OVERRIDE &&
			event != DOORWAY_EVENT_EXIT_PRESSED))
		return;
	door->strike_pulsed = false;
	sd_event_source_set_time(
		door->pulse_timer, clock_mono_us() + door->conf.strike_pulse_ms * UINT64_C(1000));
	sd_event_source_set_enabled(door->pulse_timer, SD_EVENT_ONESHOT);
}

/*
 * The strike's maximum, below the doorway: whatever is asked for, the line goes to rest, and a coil
 * that is not made for it does not burn.
 */
static int on_strike_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;
	static const struct door_cause cause = {.what = "the strike's maximum"};
	bool turned;

	(void)source;
	(void)usec;
	door->strike_limited = true;
	turned = drive_strike(door, true);
	log_warning("strike: on for %u s, its maximum: put to rest", door->conf.strike_max_s);
	record_event(door, ENTRY_KIND_STRIKE_MAX, "%u s", door->conf.strike_max_s);
	/* what opened the door is over, a hold too: it would only be on again at once */
	state_spend(door);
	schedule_spend(door);
	io_doorway_by(door, DOORWAY_EVENT_RELOCK, 0, &cause);
	if (turned)
		tell_strike(door);
	return 0;
}

/* Runs the maximum from the moment the strike goes on; on: it is, and not by fire. */
static void limit_strike(struct door *door, bool on)
{
	uint32_t max_s = door_conf_strike_max_s(&door->conf);
	int running = 0;

	if (max_s == 0 || !door->strike_timer)
		return;
	(void)sd_event_source_get_enabled(door->strike_timer, &running);
	if (on && running == SD_EVENT_OFF)
		sd_event_source_set_time(
			door->strike_timer, clock_mono_us() + max_s * UINT64_C(1000000));
	if (on != (running != SD_EVENT_OFF))
		sd_event_source_set_enabled(
			door->strike_timer, on ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
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
	door->doorway_due_ms = deadline_ms;
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
	{DOORWAY_DID_FIRE, ENTRY_KIND_FIRE, "FIRE: the door is open"},
	{DOORWAY_DID_FIRE_OVER, ENTRY_KIND_FIRE_OVER, "fire is over"},
	{DOORWAY_DID_TAMPER, ENTRY_KIND_TAMPER,
		"TAMPERED with: the housing is open or its wire broken"},
	{DOORWAY_DID_TAMPER_OVER, ENTRY_KIND_TAMPER_OVER, "tampering is over"},
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
	{DOORWAY_DID_PROP, ENTRY_KIND_PROPPED, "door propped open"},
	{DOORWAY_DID_EXIT_STUCK, ENTRY_KIND_EXIT_STUCK, "exit button stays down"},
	{DOORWAY_DID_EXIT_FREE, ENTRY_KIND_EXIT_FREE, "exit button came up again"},
	{DOORWAY_DID_LOCK_FAIL, ENTRY_KIND_LOCK_FAIL, "door NOT LOCKED: its bolt is not thrown"},
	{DOORWAY_DID_LOCK_OK, ENTRY_KIND_LOCK_OK, "bolt is thrown again"},
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
	bool turned;

	actions = doorway_step(&door->doorway, event, argument, clock_mono_ms());
	/* the timer first: whatever fails after this, the release ends */
	arm(door, actions.deadline_ms);
	if (!(actions.happened & DOORWAY_DID_REFUSE))
		begin_pulse(door, event);
	turned = drive_strike(door, actions.strike);
	if (door->strike_failed)
		arm(door, sooner(actions.deadline_ms, clock_mono_ms() + STRIKE_RETRY_MS));
	if (actions.happened)
		tell(door, actions.happened, cause);
	if (actions.happened & DOORWAY_DID_FIRE) {
		state_spend(door);
		rollcall_fire(door);
	}
	if (actions.happened & DOORWAY_DID_OPEN)
		arrive_opened(door, actions.happened & DOORWAY_DID_FORCE);
	if (actions.happened & (DOORWAY_DID_FIRE | DOORWAY_DID_FIRE_OVER | DOORWAY_DID_UNLOCK |
				       DOORWAY_DID_UNLOCK_OVER))
		usage_wipe(door);
	if (actions.happened & (DOORWAY_DID_FIRE | DOORWAY_DID_LOCKDOWN))
		schedule_spend(door);
	if (door->doorway.state != before || actions.happened) {
		lights_refresh(door);
		door_status(door);
	}
	if (turned)
		tell_strike(door);
	return actions.happened;
}

void io_doorway(struct door *door, enum doorway_event event, uint32_t argument)
{
	(void)io_doorway_by(door, event, argument, NULL);
}

static int start_output(struct door *door, enum door_line line, char err[ERR_MAX])
{
	static const char *const consumers[] = {
		[DOOR_LINE_STRIKE] = "tapin strike",
		[DOOR_LINE_GREEN] = "tapin green",
		[DOOR_LINE_RED] = "tapin red",
		[DOOR_LINE_BUZZER] = "tapin buzzer",
		[DOOR_LINE_READER_RESET] = "tapin reader reset",
	};
	struct gpio_spec spec = door->conf.lines[line];
	int r;

	if (!*spec.line)
		return 0;
	/* the request itself drives the first level */
	if (line == DOOR_LINE_STRIKE)
		spec.initial = door->strike != door_conf_strike_rest(&door->conf);
	r = gpio_line_request(&spec, consumers[line], &door->outputs[line], err);
	if (r < 0)
		return r;
	log_info("%s: %s%s", door_line_name(line), gpio_line_resolved(door->outputs[line]),
		spec.active_low ? ", active low" : "");
	return 0;
}

int io_start_outputs(struct door *door, char err[ERR_MAX])
{
	char light_err[ERR_MAX];
	int r;

	r = inputs_start_fire(door, err);
	if (r < 0)
		return r;
	door->strike = inputs_fire(door) && *door->conf.lines[DOOR_LINE_STRIKE].line;
	r = start_output(door, DOOR_LINE_STRIKE, err);
	if (r < 0)
		return r;
	if (door_conf_is_checkin(&door->conf))
		log_info("strike: none is wired: this is a check-in point");
	/* a door without a light is still a door */
	for (enum door_line line = DOOR_LINE_GREEN; line <= DOOR_LINE_READER_RESET; line++)
		if (start_output(door, line, light_err) < 0) {
			log_error("%s: %s; the door works without it", door_line_name(line),
				light_err);
			door->line_faults[line] = strdup(light_err);
		}
	return 0;
}

const char *io_state_name(const struct door *door)
{
	bool locked = door->doorway.state == DOORWAY_STATE_LOCKED;

	return locked && door_conf_is_checkin(&door->conf)
		       ? "checkin"
		       : doorway_state_name(door->doorway.state);
}

const char *io_line_is(const struct door *door, enum door_line line, bool *ret_ok)
{
	const struct gpio_line *gpio =
		door->outputs[line] ? door->outputs[line] : door->inputs[line].gpio;

	*ret_ok = gpio != NULL;
	if (gpio)
		return gpio_line_resolved(gpio);
	return door->line_faults[line] ? door->line_faults[line] : "not taken yet";
}

static int start_timer(struct door *door, sd_event_source **timer, sd_event_time_handler_t on_time)
{
	int r = sd_event_add_time(door->event, timer, CLOCK_MONOTONIC, 0, 1000, on_time, door);

	if (r < 0)
		return r;
	sd_event_source_set_priority(*timer, DOOR_PRIORITY_STRIKE);
	sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
	return 0;
}

int io_start_doorway(struct door *door, char err[ERR_MAX])
{
	const struct door_conf *conf = &door->conf;
	struct doorway_config config = {
		.contact = *conf->lines[DOOR_LINE_CONTACT].line != '\0',
		.strike = *conf->lines[DOOR_LINE_STRIKE].line != '\0',
		.exit_ms = conf->exit_ms,
		.held_open_ms = conf->held_open_ms,
		.propped_ms = conf->propped_ms,
		.exit_stuck_ms = conf->exit_stuck_ms,
		.lock_fail_ms = *conf->lines[DOOR_LINE_BOLT].line ? conf->lock_fail_ms : 0,
	};
	int r = inputs_start(door, err);

	if (r < 0)
		return r;
	r = start_timer(door, &door->doorway_timer, on_doorway_timer);
	if (r == 0)
		r = start_timer(door, &door->strike_timer, on_strike_timer);
	if (r == 0)
		r = start_timer(door, &door->pulse_timer, on_pulse_timer);
	if (r < 0) {
		snprintf(err, ERR_MAX, "the door's timer cannot be made: %s", strerror(-r));
		return r;
	}
	doorway_init(&door->doorway, &config, !door->inputs[DOOR_LINE_CONTACT].debounce.stable,
		clock_mono_ms());
	record_started(door);
	inputs_tell(door);
	return 0;
}

void io_stop(struct door *door)
{
	struct gpio_line *strike = door->outputs[DOOR_LINE_STRIKE];

	if (inputs_fire(door))
		log_warning("strike: fire: left released");
	else if (strike && gpio_line_set(strike, door_conf_strike_rest(&door->conf)) < 0)
		log_error("strike: it could not be put to rest; --relock will try again");
	lights_stop(door);
	door->doorway_timer = sd_event_source_disable_unref(door->doorway_timer);
	door->strike_timer = sd_event_source_disable_unref(door->strike_timer);
	door->pulse_timer = sd_event_source_disable_unref(door->pulse_timer);
	inputs_stop(door);
	for (enum door_line line = 0; line < DOOR_LINE_COUNT; line++) {
		door->outputs[line] = gpio_line_free(door->outputs[line]);
		free(door->line_faults[line]);
		door->line_faults[line] = NULL;
	}
}
