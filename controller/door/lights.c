/* SPDX-License-Identifier: Apache-2.0 */
/* Plays core/pattern's timelines on the lights and the buzzer. */
#include "base/clock.h"
#include "door/door.h"

#define HUB_AWAY_MS (86400 * 1000ull)

static void drive(struct door *door, enum door_line line, bool on)
{
	/* a light that cannot be driven is no reason to do anything else differently */
	if (door->outputs[line])
		(void)gpio_line_set(door->outputs[line], on);
}

static void drive_all(struct door *door, const struct pattern_step *step)
{
	drive(door, DOOR_LINE_GREEN, step->green);
	drive(door, DOOR_LINE_RED, step->red);
	drive(door, DOOR_LINE_BUZZER, step->buzzer);
}

/* A restart begins the day anew. */
static bool hub_is_away(const struct door *door)
{
	uint64_t heard_ms =
		door->sync.heard_ms > door->started_ms ? door->sync.heard_ms : door->started_ms;

	return *door->conf.mqtt_host && clock_mono_ms() >= heard_ms + HUB_AWAY_MS;
}

static enum pattern idle_pattern(const struct door *door)
{
	uint32_t standing = doorway_standing(&door->doorway);
	struct pattern_faults faults;
	bool empty;

	if (standing & DOORWAY_DID_FIRE)
		return PATTERN_FIRE;
	/* somebody stands here and looks for it */
	if (door->lights.identify)
		return PATTERN_IDENTIFY;
	if (enrol_pattern(door) != PATTERN_IDLE)
		return enrol_pattern(door);
	if (!door->ready)
		return PATTERN_WORKING;
	if (standing & (DOORWAY_DID_FORCE | DOORWAY_DID_TAMPER))
		return PATTERN_ALARM;
	if (standing & (DOORWAY_DID_HOLD_OPEN | DOORWAY_DID_PROP | DOORWAY_DID_LOCK_FAIL))
		return PATTERN_CLOSE_ME;
	if (door->doorway.lockdown)
		return PATTERN_LOCKDOWN;
	empty = door->roster.rules.head.origin == CACHE_ORIGIN_EMPTY;
	if (door->roster.cache && empty && fetch_busy(door))
		return PATTERN_WORKING;
	faults = (struct pattern_faults){
		.door = standing & DOORWAY_DID_EXIT_STUCK ||
			door->doorway.state == DOORWAY_STATE_FAULT || !door->roster.cache || empty,
		.reader = door->reader.state != READER_STATE_OK,
		.journal = door->journal_failing,
		.clock = !clock_trust_ok(door->clock),
		.hub = hub_is_away(door),
	};
	return pattern_of_faults(&faults);
}

static bool is_verdict(enum pattern pattern)
{
	return pattern == PATTERN_COME_IN || pattern == PATTERN_TRY_AGAIN ||
	       pattern == PATTERN_NOT_NOW || pattern == PATTERN_SEE_HOST || pattern == PATTERN_TEST;
}

static void play_step(struct door *door);

static int on_step(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;

	(void)source;
	(void)usec;
	door->lights.step++;
	play_step(door);
	return 0;
}

static void wait_step(struct door *door, unsigned ms)
{
	uint64_t due_us = clock_mono_us() + ms * 1000ull;

	if (!door->lights.timer) {
		if (sd_event_add_time(door->event, &door->lights.timer, CLOCK_MONOTONIC, due_us,
			    1000, on_step, door) < 0)
			return;
		sd_event_source_set_priority(door->lights.timer, DOOR_PRIORITY_NORMAL);
		return;
	}
	sd_event_source_set_time(door->lights.timer, due_us);
	sd_event_source_set_enabled(door->lights.timer, SD_EVENT_ONESHOT);
}

static void play_step(struct door *door)
{
	struct door_lights *lights = &door->lights;
	static const struct pattern_step dark = {0};
	const struct pattern_step *steps;
	bool repeats;

	steps = pattern_steps(lights->pattern, &repeats);
	if (steps[lights->step].ms == 0 && repeats)
		lights->step = 0;
	if (steps[lights->step].ms == 0) {
		drive_all(door, &dark);
		if (lights->pattern != PATTERN_IDLE && idle_pattern(door) != PATTERN_IDLE)
			lights_show(door, idle_pattern(door));
		else
			lights->pattern = PATTERN_IDLE;
		return;
	}
	drive_all(door, &steps[lights->step]);
	wait_step(door, steps[lights->step].ms);
}

void lights_show(struct door *door, enum pattern pattern)
{
	door->lights.pattern = pattern;
	door->lights.step = 0;
	if (door->lights.timer)
		sd_event_source_set_enabled(door->lights.timer, SD_EVENT_OFF);
	play_step(door);
}

void lights_refresh(struct door *door)
{
	enum pattern idle = idle_pattern(door);

	/* a verdict plays to its end, then play_step looks again */
	if (!is_verdict(door->lights.pattern) && door->lights.pattern != idle)
		lights_show(door, idle);
}

void lights_stop(struct door *door)
{
	static const struct pattern_step dark = {0};

	door->lights.timer = sd_event_source_disable_unref(door->lights.timer);
	drive_all(door, &dark);
}
