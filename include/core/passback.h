/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is inside as far as taps tell, and whether a card that is inside may come in again.
 *
 * People walk in behind each other and out past the reader, so presence is a belief with an end: a
 * reset hour, at which everybody counts as gone (it is also the automatic check-out). Whoever keeps
 * presence wipes it after a fire and while the door stands unlocked.
 */
#pragma once

#include "core/civil.h"

#define CHECKOUT_MINUTE_DEFAULT 240 /* 04:00: the reset hour, where a site sets no other */

enum passback_mode {
	PASSBACK_NONE,
	PASSBACK_SOFT,  /* let in, and warn */
	PASSBACK_HARD,  /* refuse until the card has left */
	PASSBACK_TIMED, /* refuse for a while after it came in */
};

struct passback {
	enum passback_mode mode;
	uint32_t timed_s;      /* TIMED: how long */
	uint16_t reset_minute; /* of the day, 0 … 1439 */
};

/* A member's last arrival; all zeros: outside. */
struct presence {
	bool inside;      /* came in, and has not been seen to leave */
	int32_t date;     /* when, local */
	uint16_t minute;  /* of the day */
	uint32_t since_s; /* seconds since then by a clock that is not set; 0 also if not known */
};

enum passback_answer {
	PASSBACK_ANSWER_DENY, /* also for a mode that is not ours */
	PASSBACK_ANSWER_WARN,
	PASSBACK_ANSWER_PASS,
};

/* Inside at now? now NULL: the clock is not trusted, and then no reset hour has passed. */
bool presence_inside(
	const struct presence *presence, uint16_t reset_minute, const struct civil *now);

/* May somebody with this presence come in? */
enum passback_answer passback_judge(
	const struct passback *passback, const struct presence *presence, const struct civil *now);
