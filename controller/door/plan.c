/* SPDX-License-Identifier: Apache-2.0 */
#include "door/plan.h"

#include "base/clock.h"

#define MINUTE_US 60000000LL
#define DAY_US (1440 * MINUTE_US)

/* The first moment after now at which the zone's clocks show this. */
static int64_t instant_after(const struct civil *civil, int64_t now_us)
{
	int64_t us[2];

	if (clock_instants(civil, us) < 0)
		return now_us;
	return us[0] > now_us ? us[0] : us[1];
}

static int64_t hours_end(const struct hours *hours, const struct calendar *calendar,
	const struct civil *now, int64_t now_us)
{
	struct civil at;
	int64_t end_us;

	if (!hours_next_change(hours, calendar, now, now->date + 2, &at))
		return now_us + DAY_US;
	end_us = instant_after(&at, now_us);
	return end_us < now_us + DAY_US ? end_us : now_us + DAY_US;
}

/* Some closure, of whichever door, may hold between these dates. */
static bool closure_near(const struct calendar *calendar, int32_t first, int32_t last)
{
	for (unsigned i = 0; calendar && i < calendar->exception_count; i++) {
		const struct calendar_exception *e = &calendar->exceptions[i];

		/* one over midnight reaches into the day after its last */
		if (!e->open && e->first <= last && e->last + 1 >= first)
			return true;
	}
	return false;
}

/* The minute at which the first closure begins, or until_us. Minute by minute, over a day at most:
 * the same question as a card's decision asks, whatever the clocks do in between. */
static int64_t closure_start(
	const struct calendar *calendar, const char *door, int64_t now_us, int64_t until_us)
{
	struct civil at;
	int64_t us = now_us - now_us % MINUTE_US + MINUTE_US;

	for (; us < until_us; us += MINUTE_US)
		if (clock_civil(us, &at) < 0 || calendar_closure(calendar, door, &at))
			return us;
	return until_us;
}

bool plan_open(const struct hours *hours, const struct calendar *calendar, const char *door,
	int64_t now_us, int64_t *ret_until_us)
{
	struct civil now;
	int64_t until_us;

	if (clock_civil(now_us, &now) < 0 || !hours_open(hours, calendar, &now) ||
		calendar_closure(calendar, door, &now))
		return false;
	until_us = hours_end(hours, calendar, &now, now_us);
	if (closure_near(calendar, now.date, now.date + 2))
		until_us = closure_start(calendar, door, now_us, until_us);
	if (until_us <= now_us)
		return false;
	*ret_until_us = until_us;
	return true;
}
