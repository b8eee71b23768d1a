/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enrolling a new card at the door, as a pure machine (design.md section 9): the card is shown
 * twice and must leave in between; another unknown card in its place cancels, for it cannot be told
 * whose was meant. Known cards do not come here: they decide as always.
 */
#pragma once

#include "core/roster.h"
#include "core/uid.h"
#include <stdbool.h>
#include <stdint.h>

#define ENROLMENT_MS_DEFAULT 30000

enum enrolment_step {
	ENROLMENT_STEP_NONE,    /* nothing to say */
	ENROLMENT_STEP_ONCE,    /* shown once: take it away and show it again */
	ENROLMENT_STEP_DONE,    /* shown twice */
	ENROLMENT_STEP_OTHER,   /* another unknown card: cancelled */
	ENROLMENT_STEP_RANDOM,  /* its number changes each time: refused */
	ENROLMENT_STEP_DUMMY,   /* its number is shared by many: refused */
	ENROLMENT_STEP_TIMEOUT, /* nobody came, or not a second time */
};

struct enrolment { /* zeros: not enrolling */
	bool on;
	uint64_t until_ms; /* monotonic */
	unsigned shown;
	uint32_t handle; /* of the presentation that was counted last */
	struct token token;
};

void enrolment_begin(struct enrolment *e, uint64_t now_ms, uint32_t ms);

/* An unknown card is on the reader; handle changes with each presentation. What ends the enrolment
 * leaves e->on false. */
enum enrolment_step enrolment_card(struct enrolment *e, enum uid_kind kind,
	const struct token *token, uint32_t handle, uint64_t now_ms);

/* TIMEOUT once it is too late, else NONE. */
enum enrolment_step enrolment_tick(struct enrolment *e, uint64_t now_ms);

/* A sentence for the host. */
const char *enrolment_text(enum enrolment_step step);
