/* SPDX-License-Identifier: Apache-2.0 */
/* Which pattern a door shows in which situation; core's test_pattern.c has what they look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/clock.h"
#include "door/door.h"
#include <string.h>

#define DAY_MS 86400000ull

/* A door that is well and idle. No line is wired, so only the choice is seen. */
static struct door *door;

static int set_up(void **state)
{
	(void)state;
	door = calloc(1, sizeof(*door));
	if (!door || sd_event_new(&door->event) < 0)
		return -1;
	door->ready = true;
	door->clock = CLOCK_TRUST_SYNCED;
	door->reader.state = READER_STATE_OK;
	door->roster.cache = (struct cache *)door; /* only whether there is one counts */
	door->roster.rules.head.origin = CACHE_ORIGIN_HUB;
	strcpy(door->conf.mqtt_host, "127.0.0.1");
	door->sync.heard_ms = clock_mono_ms();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lights_stop(door);
	sd_event_unref(door->event);
	free(door);
	return 0;
}

static void assert_shows(enum pattern pattern)
{
	lights_refresh(door);
	assert_string_equal(pattern_name(door->lights.pattern), pattern_name(pattern));
}

static void a_door_that_is_well_is_dark(void **state)
{
	(void)state;
	assert_shows(PATTERN_IDLE);
}

static void a_start_is_shown_as_working(void **state)
{
	(void)state;
	door->ready = false;
	assert_shows(PATTERN_WORKING);
	door->ready = true;
	assert_shows(PATTERN_IDLE);
}

static void an_empty_roster_is_a_fault_until_one_is_on_its_way(void **state)
{
	(void)state;
	door->roster.rules.head.origin = CACHE_ORIGIN_EMPTY;
	assert_shows(PATTERN_FAULT);
	door->sync.fetch.on = true;
	assert_shows(PATTERN_WORKING);
	door->roster.rules.head.origin = CACHE_ORIGIN_HUB;
	assert_shows(PATTERN_IDLE);
	door->roster.cache = NULL;
	assert_shows(PATTERN_FAULT);
}

static void each_fault_has_its_pattern(void **state)
{
	(void)state;
	door->reader.state = READER_STATE_MISSING;
	assert_shows(PATTERN_NO_READER);
	door->reader.state = READER_STATE_FAULT;
	assert_shows(PATTERN_NO_READER);
	door->reader.state = READER_STATE_OK;
	door->journal_failing = true;
	assert_shows(PATTERN_NO_JOURNAL);
	door->journal_failing = false;
	door->clock = CLOCK_TRUST_KEPT;
	assert_shows(PATTERN_NO_CLOCK);
	door->clock = CLOCK_TRUST_RTC;
	assert_shows(PATTERN_IDLE);
	door->doorway.state = DOORWAY_STATE_FAULT;
	assert_shows(PATTERN_FAULT);
}

static void a_hub_is_away_after_a_day_of_silence(void **state)
{
	(void)state;
	/* the machine may not be up for a day: times before its start are large numbers */
	door->sync.heard_ms = clock_mono_ms() - DAY_MS + 5000;
	assert_shows(PATTERN_IDLE);
	door->sync.heard_ms -= 6000;
	assert_shows(PATTERN_NO_HUB);
	/* one that never spoke counts from the start */
	door->started_ms = door->sync.heard_ms;
	door->sync.heard_ms = 0;
	assert_shows(PATTERN_NO_HUB);
	/* a door alone has none to miss */
	door->conf.mqtt_host[0] = '\0';
	assert_shows(PATTERN_IDLE);
}

static void what_matters_more_is_shown_first(void **state)
{
	struct doorway_config config = {.contact = true, .strike = true};

	(void)state;
	door->reader.state = READER_STATE_FAULT;
	door->doorway.lockdown = true;
	assert_shows(PATTERN_LOCKDOWN);
	doorway_init(&door->doorway, &config, false, 0);
	(void)doorway_step(&door->doorway, DOORWAY_EVENT_TAMPER_ON, 0, 0);
	door->doorway.lockdown = true;
	assert_shows(PATTERN_ALARM);
	door->enrol.machine.on = true;
	assert_shows(PATTERN_ENROL);
	door->enrol.machine.shown = 1;
	assert_shows(PATTERN_ENROL_AGAIN);
	door->lights.identify = true;
	assert_shows(PATTERN_IDENTIFY);
	(void)doorway_step(&door->doorway, DOORWAY_EVENT_FIRE_ON, 0, 0);
	assert_shows(PATTERN_FIRE);
}

static void a_verdict_plays_to_its_end(void **state)
{
	(void)state;
	door->doorway.lockdown = true;
	lights_show(door, PATTERN_NOT_NOW);
	assert_shows(PATTERN_NOT_NOW);
	lights_show(door, PATTERN_TRY_AGAIN);
	assert_shows(PATTERN_TRY_AGAIN);
	for (int i = 0; i < 100 && door->lights.pattern == PATTERN_TRY_AGAIN; i++)
		sd_event_run(door->event, 100000);
	assert_int_equal(door->lights.pattern, PATTERN_LOCKDOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_door_that_is_well_is_dark),
		TEST(a_start_is_shown_as_working),
		TEST(an_empty_roster_is_a_fault_until_one_is_on_its_way),
		TEST(each_fault_has_its_pattern),
		TEST(a_hub_is_away_after_a_day_of_silence),
		TEST(what_matters_more_is_shown_first),
		TEST(a_verdict_plays_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
