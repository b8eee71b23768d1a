/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole tapin-door in simulated time: door_run() as it is, above a clock, an event loop, GPIO
 * lines, a journal and a keeper that live in this program (loop.c, below.c). Everything is done the
 * moment it is due, so that a day takes a second and each thing happens at a known millisecond.
 */
#pragma once

#include "door/door.h"
#include <stdio.h>

/* Monotonic time of the day's first millisecond; any number that is not 0. */
#define DAY_START_MS UINT64_C(600000)

struct day {
	uint64_t now_us;     /* monotonic */
	int64_t midnight_us; /* true time of the day's first millisecond */
	int64_t wall_off_us; /* how far the wall clock is from true time */
	bool synced;         /* some time daemon vouches for it */
	bool strike_broken;
	bool hub;                            /* it is heard each minute */
	bool levels[DOOR_LINE_COUNT];        /* logical, of inputs and outputs */
	uint64_t edges[DOOR_LINE_COUNT][64]; /* times of edges not read yet */
	unsigned edge_count[DOOR_LINE_COUNT];
	bool stop;         /* the loop ends */
	struct door *door; /* the one that runs, or NULL */
};

extern struct day day;

/* One line of the trace: "MS TEXT". */
void day_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* main.c: the next input. When it comes (UINT64_MAX: no more); takes those of this moment that
 * the hardware sees; takes one that is for the running door, false: there is none. */
uint64_t inputs_next_us(void);
void inputs_take_hardware(void);
bool inputs_take_one(void);
/* A moment is over: what the door is now, where that changed. */
void inputs_moment_over(void);

/* below.c: edges of this descriptor wait. */
bool below_readable(int fd);
