/* SPDX-License-Identifier: Apache-2.0 */
#include "core/allowance.h"

static uint8_t half_of(const struct civil *now)
{
	return now->minute < ALLOWANCE_NOON ? 1 : 2;
}

static bool same_month(const struct allowance_usage *usage, const struct civil *now)
{
	return usage->year == now->year && usage->month == now->month;
}

bool allowance_valid(const struct allowance *allowance)
{
	if ((allowance->policy != ALLOWANCE_DENY && allowance->policy != ALLOWANCE_WARN) ||
		allowance->warn_percent > 100)
		return false;
	switch (allowance->kind) {
	case ALLOWANCE_NONE:
	case ALLOWANCE_HOURS:
	case ALLOWANCE_DAYS:
	case ALLOWANCE_HALF_DAYS:
	case ALLOWANCE_VISITS:
		return true;
	}
	return false;
}

/* Is the unit this tap falls into counted already? Minutes are not: they run until they are out. */
static bool unit_counted(const struct allowance *allowance, const struct allowance_usage *usage,
	bool inside, const struct civil *now)
{
	bool today = same_month(usage, now) && usage->last_date == now->date;

	switch (allowance->kind) {
	case ALLOWANCE_DAYS:
		return today;
	case ALLOWANCE_HALF_DAYS:
		return today && (usage->halves & half_of(now)) != 0;
	case ALLOWANCE_VISITS:
		return inside;
	case ALLOWANCE_NONE:
		return true;
	case ALLOWANCE_HOURS:
		break;
	}
	return false;
}

/* The limit with what a host gave or took. */
static uint64_t limit_of(const struct allowance *allowance, int32_t extra)
{
	int64_t limit = (int64_t)allowance->limit + extra;

	return limit > 0 ? (uint64_t)limit : 0;
}

struct allowance_answer allowance_judge(const struct allowance *allowance,
	const struct allowance_usage *usage, bool inside, const struct civil *now)
{
	bool current = same_month(usage, now);
	uint64_t used = current ? usage->used : 0, after;
	uint64_t limit = limit_of(allowance, current ? usage->extra : 0);
	struct allowance_answer answer = {0};

	if (unit_counted(allowance, usage, inside, now))
		return answer;
	after = allowance->kind == ALLOWANCE_HOURS ? used : used + 1;
	answer.spent = used >= limit;
	answer.uses = allowance->kind != ALLOWANCE_HOURS || !inside;
	answer.warn = !answer.spent && allowance->warn_percent > 0 &&
		      after * 100 >= limit * allowance->warn_percent;
	return answer;
}

void allowance_count(
	const struct allowance *allowance, const struct civil *now, struct allowance_usage *usage)
{
	if (!same_month(usage, now))
		*usage = (struct allowance_usage){
			.year = now->year, .month = now->month, .last_date = DATE_NONE};
	if (allowance->kind == ALLOWANCE_HOURS)
		return;
	if (usage->last_date != now->date)
		usage->halves = 0;
	usage->last_date = now->date;
	usage->halves |= half_of(now);
	if (usage->used < UINT32_MAX)
		usage->used++;
}
