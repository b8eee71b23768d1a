/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pattern.h"

#include <stddef.h>

#define SHOW(ms_, ...)                   \
	{                                \
		.ms = (ms_), __VA_ARGS__ \
	}
#define DARK(ms_)           \
	{                   \
		.ms = (ms_) \
	}
#define GREEN .green = true
#define RED .red = true
#define BEEP .buzzer = true
#define END             \
	{               \
		.ms = 0 \
	}

/* Rhythms: steady; three short; one long; long and short, twice. Each starts with a light. */
static const struct pattern_step idle[] = {END};
static const struct pattern_step come_in[] = {SHOW(120, GREEN, BEEP), SHOW(2380, GREEN), END};
static const struct pattern_step try_again[] = {SHOW(100, GREEN, RED, BEEP), DARK(150),
	SHOW(100, GREEN, RED, BEEP), DARK(150), SHOW(100, GREEN, RED, BEEP), DARK(400), END};
static const struct pattern_step not_now[] = {SHOW(800, RED, BEEP), DARK(700), END};
static const struct pattern_step see_host[] = {SHOW(500, RED, BEEP), DARK(200),
	SHOW(150, RED, BEEP), DARK(350), SHOW(500, RED, BEEP), DARK(200), SHOW(150, RED, BEEP),
	DARK(450), END};
/* busy: starting, or taking its first roster */
static const struct pattern_step working[] = {SHOW(100, GREEN, RED), DARK(100), END};
/* these may last for hours, so they are silent; lockdown is dark only for a wink */
static const struct pattern_step lockdown[] = {SHOW(1700, RED), DARK(300), END};
/* two short winks every two seconds */
static const struct pattern_step fault[] = {
	SHOW(60, RED), DARK(140), SHOW(60, RED), DARK(1740), END};
/* the like for one fault each; tapin-door(8) has the table */
static const struct pattern_step no_reader[] = {
	SHOW(60, RED), DARK(140), SHOW(60, RED), DARK(140), SHOW(60, RED), DARK(1540), END};
static const struct pattern_step no_journal[] = {SHOW(60, RED), DARK(140), SHOW(60, RED), DARK(140),
	SHOW(60, RED), DARK(140), SHOW(60, RED), DARK(1340), END};
static const struct pattern_step no_clock[] = {
	SHOW(600, RED), DARK(200), SHOW(60, RED), DARK(1640), END};
static const struct pattern_step no_hub[] = {SHOW(60, RED), DARK(3940), END};
/* even and urgent; a reminder of three short ones; the three long ones of ISO 8201 */
static const struct pattern_step alarm[] = {SHOW(400, RED, BEEP), DARK(400), END};
static const struct pattern_step close_me[] = {SHOW(100, RED, BEEP), DARK(100),
	SHOW(100, RED, BEEP), DARK(100), SHOW(100, RED, BEEP), DARK(1500), END};
static const struct pattern_step fire[] = {SHOW(500, RED, BEEP), DARK(500), SHOW(500, RED, BEEP),
	DARK(500), SHOW(500, RED, BEEP), DARK(1500), END};
/* a host stands beside it: slow for the first showing, double for the second */
static const struct pattern_step enrol[] = {
	SHOW(120, GREEN, RED, BEEP), SHOW(280, GREEN, RED), DARK(1100), END};
static const struct pattern_step enrol_again[] = {
	SHOW(120, GREEN, RED, BEEP), DARK(130), SHOW(120, GREEN, RED, BEEP), DARK(630), END};
static const struct pattern_step identify[] = {SHOW(150, RED, BEEP), SHOW(150, GREEN, RED), END};
static const struct pattern_step test[] = {
	SHOW(1000, GREEN), DARK(300), SHOW(1000, RED), DARK(300), SHOW(1000, BEEP), DARK(300), END};

static const struct {
	const char *name;
	const struct pattern_step *steps;
	bool repeats;
} patterns[PATTERN_COUNT] = {
	[PATTERN_IDLE] = {"idle", idle, false},
	[PATTERN_COME_IN] = {"come_in", come_in, false},
	[PATTERN_TRY_AGAIN] = {"try_again", try_again, false},
	[PATTERN_NOT_NOW] = {"not_now", not_now, false},
	[PATTERN_SEE_HOST] = {"see_host", see_host, false},
	[PATTERN_WORKING] = {"working", working, true},
	[PATTERN_LOCKDOWN] = {"lockdown", lockdown, true},
	[PATTERN_FAULT] = {"fault", fault, true},
	[PATTERN_NO_READER] = {"no_reader", no_reader, true},
	[PATTERN_NO_JOURNAL] = {"no_journal", no_journal, true},
	[PATTERN_NO_CLOCK] = {"no_clock", no_clock, true},
	[PATTERN_NO_HUB] = {"no_hub", no_hub, true},
	[PATTERN_ALARM] = {"alarm", alarm, true},
	[PATTERN_CLOSE_ME] = {"close_me", close_me, true},
	[PATTERN_FIRE] = {"fire", fire, true},
	[PATTERN_ENROL] = {"enrol", enrol, true},
	[PATTERN_ENROL_AGAIN] = {"enrol_again", enrol_again, true},
	[PATTERN_IDENTIFY] = {"identify", identify, true},
	[PATTERN_TEST] = {"test", test, false},
};

const struct pattern_step *pattern_steps(enum pattern pattern, bool *ret_repeats)
{
	if (pattern >= PATTERN_COUNT)
		pattern = PATTERN_IDLE;
	*ret_repeats = patterns[pattern].repeats;
	return patterns[pattern].steps;
}

enum pattern pattern_of_faults(const struct pattern_faults *faults)
{
	if (faults->door)
		return PATTERN_FAULT;
	if (faults->reader)
		return PATTERN_NO_READER;
	if (faults->journal)
		return PATTERN_NO_JOURNAL;
	if (faults->clock)
		return PATTERN_NO_CLOCK;
	return faults->hub ? PATTERN_NO_HUB : PATTERN_IDLE;
}

enum pattern pattern_of_reason(enum reason_pattern pattern)
{
	switch (pattern) {
	case REASON_PATTERN_COME_IN:
		return PATTERN_COME_IN;
	case REASON_PATTERN_TRY_AGAIN:
		return PATTERN_TRY_AGAIN;
	case REASON_PATTERN_NOT_NOW:
		return PATTERN_NOT_NOW;
	case REASON_PATTERN_HOST:
		break;
	}
	return PATTERN_SEE_HOST;
}

const char *pattern_name(enum pattern pattern)
{
	return pattern < PATTERN_COUNT ? patterns[pattern].name : NULL;
}
