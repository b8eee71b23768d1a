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
	PATTERN_WORKING,   /* repeats: the door starts, or takes its first roster */
	PATTERN_LOCKDOWN,  /* repeats, silent */
	PATTERN_FAULT,     /* repeats: strike, keys or roster */
	PATTERN_NO_READER, /* repeats, and so do the next three */
	PATTERN_NO_JOURNAL,
	PATTERN_NO_CLOCK,
	PATTERN_NO_HUB,      /* for a day */
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

/* What is wrong with an idle door. */
struct pattern_faults {
	bool door; /* the strike does not obey, or there is no roster or no key */
	bool reader;
	bool journal;
	bool clock; /* it is not trusted */
	bool hub;
};
/* What an idle door shows: the one that keeps most people out; PATTERN_IDLE where nothing is. */
enum pattern pattern_of_faults(const struct pattern_faults *faults);

enum pattern pattern_of_reason(enum reason_pattern pattern);
const char *pattern_name(enum pattern pattern);
