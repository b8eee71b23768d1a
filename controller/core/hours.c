/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours, evaluated; hours_compile.c makes the compiled form. */
#include "core/hours.h"

#define DAY_MINUTES 1440

/* What the rules read so far say of a moment, for windows that start on one day. */
enum said {
	SAID_NOTHING,
	SAID_OPEN,
	SAID_CLOSED,
};

static bool selects(const struct hours_rule *rule, const struct civil *day)
{
	return day->date != DATE_NONE && (rule->weekdays >> day->weekday & 1) != 0;
}

static bool covers(const struct hours *hours, const struct hours_rule *rule, unsigned minute)
{
	const struct hours_span *span = hours->spans + rule->span_first;

	if (rule->span_count == 0)
		return minute < DAY_MINUTES;
	for (unsigned i = 0; i < rule->span_count; i++)
		if (minute >= span[i].start && minute < span[i].end)
			return true;
	return false;
}

static void apply_open(const struct hours_rule *rule, bool selected, bool covered, enum said *said)
{
	if (!selected)
		return;
	if (rule->joint == HOURS_JOINT_NORMAL)
		*said = SAID_NOTHING;
	if (covered && (rule->joint != HOURS_JOINT_FALLBACK || *said == SAID_NOTHING))
		*said = SAID_OPEN;
}

static void apply_closed(const struct hours_rule *rule, bool closes, enum said *said)
{
	if (closes && (rule->joint != HOURS_JOINT_FALLBACK || *said == SAID_NOTHING))
		*said = SAID_CLOSED;
}

bool hours_open(const struct hours *hours, const struct calendar *calendar, const struct civil *now)
{
	(void)calendar;
	enum said today_said = SAID_NOTHING, before_said = SAID_NOTHING;
	struct civil before;

	if (!hours || !civil_valid(now))
		return false;
	civil_from_date(now->date - 1, &before);
	for (unsigned i = 0; i < hours->rule_count; i++) {
		const struct hours_rule *rule = &hours->rules[i];
		bool today = selects(rule, now);
		bool yesterday = selects(rule, &before);
		bool covers_today = today && covers(hours, rule, now->minute);
		bool covers_before = yesterday && covers(hours, rule, now->minute + DAY_MINUTES);

		if (!rule->closed) {
			apply_open(rule, today, covers_today, &today_said);
			apply_open(rule, yesterday, covers_before, &before_said);
		} else if (rule->span_count == 0) {
			apply_closed(rule, today, &today_said);
			apply_closed(rule, yesterday, &before_said);
		} else {
			apply_closed(rule, covers_today || covers_before, &today_said);
			apply_closed(rule, covers_today || covers_before, &before_said);
		}
	}
	return today_said == SAID_OPEN || before_said == SAID_OPEN;
}

bool hours_always(const struct hours *hours)
{
	return hours && hours->always;
}
