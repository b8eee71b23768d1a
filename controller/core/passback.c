/* SPDX-License-Identifier: Apache-2.0 */
#include "core/passback.h"

#define DAY_MINUTES 1440

static int64_t moment_of(int32_t date, uint16_t minute)
{
	return (int64_t)date * DAY_MINUTES + minute;
}

bool presence_inside(
	const struct presence *presence, uint16_t reset_minute, const struct civil *now)
{
	int64_t reset;

	if (!presence->inside || !now)
		return presence->inside;
	reset = moment_of(now->date, reset_minute);
	if (now->minute < reset_minute)
		reset -= DAY_MINUTES;
	/* an arrival that lies ahead stands: the clock was set back, the person is still there */
	return moment_of(presence->date, presence->minute) >= reset;
}

enum passback_answer passback_judge(
	const struct passback *passback, const struct presence *presence, const struct civil *now)
{
	bool inside = presence_inside(presence, passback->reset_minute, now);

	switch (passback->mode) {
	case PASSBACK_NONE:
		return PASSBACK_ANSWER_PASS;
	case PASSBACK_SOFT:
		return inside ? PASSBACK_ANSWER_WARN : PASSBACK_ANSWER_PASS;
	case PASSBACK_HARD:
		return inside ? PASSBACK_ANSWER_DENY : PASSBACK_ANSWER_PASS;
	case PASSBACK_TIMED:
		return inside && presence->since_s < passback->timed_s ? PASSBACK_ANSWER_DENY
								       : PASSBACK_ANSWER_PASS;
	}
	return PASSBACK_ANSWER_DENY;
}
