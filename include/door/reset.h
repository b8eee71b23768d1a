/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the reader's reset line is pulled: the last step of its recovery, after tapin-reader's own
 * attempts and restarts. The first time after wait_s without a good answer, then after twice as
 * long, and so on to RESET_WAIT_MAX_S; a reader that answered for RESET_PROVEN_S begins anew. A
 * reader that nobody has talked to since the last reset is left alone: tapin-reader does not run.
 *
 * Pure: times go in, a decision comes out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RESET_WAIT_MAX_S 600u
#define RESET_PROVEN_S 60u
/* PN532 data sheet, figure 48: low for 20 ns or more, then ready within 2 ms. The rest is for what
 * a board puts between. */
#define RESET_PULSE_MS 50u

struct reset {
	uint32_t first_s;
	uint32_t wait_s;
	uint64_t since_ms; /* no good answer since then, or the last reset */
	uint64_t well_ms;  /* answers since then; 0: it does not */
	bool tried;        /* tapin-reader was connected since */
};

void reset_init(struct reset *reset, uint32_t wait_s, uint64_t now_ms);

/* Now and then. How many seconds there was no good answer if the line is to be pulled now, else 0.
 */
uint32_t reset_due(struct reset *reset, bool answers, uint64_t now_ms);
