/* SPDX-License-Identifier: Apache-2.0 */
/* What a hub says of members: allowances, dated rights, standings and shared pools. */
#include "speak.h"

#include "base/clock.h"

#include <string.h>

static const char *const kinds[] = {"none", "hours", "days", "half_days", "visits"};

static enum allowance_kind kind_of(const struct line *line)
{
	const char *name = line_get(line, "allowance", "none");

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i], name) == 0)
			return (enum allowance_kind)i;
	printf("cannot allowance %s\n", name);
	return ALLOWANCE_NONE;
}

/* The site's local time, so many seconds from now. */
static struct civil local(int64_t seconds)
{
	struct civil c = {0};

	(void)clock_civil(clock_wall_us() + seconds * 1000000, &c);
	return c;
}

static int64_t minute_at(const struct line *line, const char *key, int64_t fallback_s)
{
	struct civil c = local(line_number(line, key, fallback_s));

	return decide_minute(c.date, c.minute);
}

void speak_allowance(const struct line *line, struct allowance *ret_allowance)
{
	*ret_allowance = (struct allowance){.kind = kind_of(line)};
	if (ret_allowance->kind == ALLOWANCE_NONE)
		return;
	ret_allowance->policy = strcmp(line_get(line, "policy", "deny"), "warn") == 0
					? ALLOWANCE_WARN
					: ALLOWANCE_DENY;
	ret_allowance->limit = (uint32_t)line_number(line, "limit", 1);
	ret_allowance->warn_percent = (uint8_t)line_number(line, "percent", 0);
}

void speak_extra(struct speaker *s, const struct line *line)
{
	struct roster_record record = {.kind = ROSTER_KIND_EXTRA};
	struct roster_extra *e = &record.extra;
	bool guest = strcmp(line_get(line, "kind", "event"), "guest") == 0;

	record.gone = line_get(line, "gone", NULL) != NULL;
	e->id = (uint64_t)line_number(line, "id", 1);
	e->kind = guest ? DECIDE_EXTRA_GUEST : DECIDE_EXTRA_EVENT;
	e->member = (uint64_t)line_number(line, "member", 0);
	e->card = (uint64_t)line_number(line, "card", 0);
	e->about = (uint64_t)line_number(line, "about", 1);
	e->span.from = minute_at(line, "from", -3600);
	e->span.until = minute_at(line, "until", 3600);
	e->free = line_get(line, "free", NULL) != NULL;
	strcpy(e->door, line_get(line, "at", ""));
	site_put(&s->roster, &record);
}

void speak_standing(struct speaker *s, const struct line *line)
{
	struct roster_record record = {.kind = ROSTER_KIND_STANDING};
	struct standing *standing = &record.standing;
	struct civil now = local(0), since = local(-line_number(line, "ago", 0));

	record.gone = line_get(line, "gone", NULL) != NULL;
	standing_init(standing, (uint64_t)line_number(line, "member", 1));
	standing->year = now.year;
	standing->month = now.month;
	standing->days = (uint32_t)line_number(line, "days", 0);
	standing->halves = (uint64_t)line_number(line, "halves", 0);
	standing->visits = (uint32_t)line_number(line, "visits", 0);
	standing->minutes = (uint32_t)line_number(line, "minutes", 0);
	standing->extra = (int32_t)line_number(line, "extra", 0);
	standing->inside = line_get(line, "inside", NULL) != NULL;
	standing->date = since.date;
	standing->minute = since.minute;
	site_put(&s->roster, &record);
}

void speak_pool(struct speaker *s, const struct line *line)
{
	struct roster_record record = {.kind = ROSTER_KIND_POOL};
	struct civil now = local(0);

	record.pool = (struct roster_pool){.id = (uint64_t)line_number(line, "id", 1),
		.kind = kind_of(line),
		.limit = (uint32_t)line_number(line, "limit", 1),
		.used = (uint32_t)line_number(line, "used", 0),
		.year = now.year,
		.month = now.month,
		.doors = (uint16_t)line_number(line, "doors", 1)};
	site_put(&s->roster, &record);
}
