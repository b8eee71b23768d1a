/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lights and the buzzer do, as timelines: patterns differ in rhythm as well as in colour,
 * so that nobody needs to tell red from green.
 */
#pragma once

#include "core/reason.h"
#include <stdbool.h>
#include <stdint.h>

enum pattern {
	PATTERN_IDLE, /* all dark */
	PATTERN_COME_IN,
	PATTERN_TRY_AGAIN,
	PATTERN_NOT_NOW,
	PATTERN_SEE_HOST,
	PATTERN_WORKING,
	PATTERN_FAULT,       /* repeats: reader or journal fault */
	PATTERN_ALARM,       /* repeats: forced, tampered with */
	PATTERN_CLOSE_ME,    /* repeats: held open, propped, not locked */
	PATTERN_FIRE,        /* repeats: fire, the door is open */
	PATTERN_ENROL,       /* repeats: show the new card */
	PATTERN_ENROL_AGAIN, /* repeats: take it away and show it again */
	PATTERN_IDENTIFY,    /* repeats: this is the door */
	PATTERN_TEST,        /* each light and the sound in turn */
	PATTERN_COUNT,
};

struct pattern_step {
	uint16_t ms; /* 0 ends the pattern */
	bool green;
	bool red;
	bool buzzer;
};

/* The steps of a pattern, ended by one with ms 0; *ret_repeats says whether it starts over. */
const struct pattern_step *pattern_steps(enum pattern pattern, bool *ret_repeats);

enum pattern pattern_of_reason(enum reason_pattern pattern);
const char *pattern_name(enum pattern pattern);
