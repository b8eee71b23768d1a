/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's rules for core/decide.h. */
#include "store/registry_rules.h"

#include "registry_days_private.h"
#include "store/registry_people.h"
#include "store/registry_site.h"
#include <string.h>

#define TIERS_AT_ONCE 8 /* of 36 kB each */

/* ---- the calendar ---- */

static int add_exceptions(struct registry *reg, int32_t since, struct calendar *calendar)
{
	CLEANUP(cleanup_free)
	struct registry_exception *rows = calloc(CALENDAR_EXCEPTIONS_MAX, sizeof(*rows));
	int n;

	if (!rows)
		return -ENOMEM;
	n = registry_exceptions(reg, 0, -1, since, rows, CALENDAR_EXCEPTIONS_MAX);
	for (int i = 0; i < n; i++) {
		int r = calendar_exception_add(calendar, &rows[i].row);

		if (r < 0)
			return r;
	}
	return n;
}

static int add_holidays(struct registry *reg, int32_t since, struct calendar *calendar)
{
	struct calendar_date rows[CALENDAR_DATES_MAX];
	/* hours may count from a holiday that is long over: "PH +365 days" */
	int n = registry_holidays(reg, since - HOURS_OFFSET_MAX - 2, rows, ARRAY_SIZE(rows));

	for (int i = 0; i < n; i++) {
		int r = calendar_date_set(calendar, rows[i].date, rows[i].holiday);

		if (r < 0)
			return r;
	}
	return n;
}

int registry_calendar(struct registry *reg, int32_t since, struct calendar *ret_calendar)
{
	struct registry_site site;
	int r = registry_site(reg, &site);

	if (r < 0)
		return r;
	*ret_calendar = (struct calendar){.holidays = site.roster.holidays};
	r = add_exceptions(reg, since, ret_calendar);
	if (r >= 0)
		r = add_holidays(reg, since, ret_calendar);
	return r < 0 ? r : 0;
}

/* ---- a door's tiers ---- */

/* A tier as it applies to this door. */
static int add_tier(const struct roster_tier *tier, const char *door, struct cache_tiers *tiers)
{
	struct cache_tier *more = reallocarray(tiers->rows, tiers->count + 1, sizeof(*tiers->rows));
	const char *hours = tier->hours;
	bool has = tier->door_count == 0;

	if (!more)
		return -ENOMEM;
	tiers->rows = more;
	for (size_t i = 0; i < tier->door_count; i++) {
		if (strcmp(tier->doors[i].door, door) != 0)
			continue;
		has = true;
		if (tier->doors[i].own)
			hours = tier->doors[i].hours;
	}
	more[tiers->count] = (struct cache_tier){.tier = tier->tier,
		.flags = tier->flags,
		.allowance = tier->allowance,
		.door = has,
		.hours = strdup(hours)};
	return more[tiers->count++].hours ? 0 : -ENOMEM;
}

static int add_tiers(struct registry *reg, const char *door, struct cache_tiers *tiers)
{
	CLEANUP(cleanup_free) struct registry_tier *rows = calloc(TIERS_AT_ONCE, sizeof(*rows));
	uint32_t after = 0;
	int n = rows ? TIERS_AT_ONCE : -ENOMEM, r = 0;

	while (r == 0 && n == TIERS_AT_ONCE) {
		n = registry_tiers(reg, after, rows, TIERS_AT_ONCE);
		for (int i = 0; r == 0 && i < n; i++) {
			r = add_tier(&rows[i].roster, door, tiers);
			after = rows[i].roster.tier;
		}
	}
	return n < 0 ? n : r;
}

static int load(struct registry *reg, const char *door, int32_t since, struct rules *rules)
{
	struct cache_tiers tiers = {0};
	struct registry_site site;
	int r = registry_site(reg, &site);

	if (r < 0)
		return r;
	rules->head = (struct cache_head){.origin = CACHE_ORIGIN_HUB,
		.revision = reg->state.roster.revision,
		.checkout_minute = site.roster.checkout_minute};
	r = registry_roster_has_door(reg, door);
	rules->door_listed = r > 0;
	rules->calendar = calloc(1, sizeof(*rules->calendar));
	if (r >= 0)
		r = rules->calendar ? registry_calendar(reg, since, rules->calendar) : -ENOMEM;
	if (r >= 0)
		r = add_tiers(reg, door, &tiers);
	if (r >= 0)
		r = rules_compile(&tiers, rules);
	cache_tiers_free(&tiers);
	return r;
}

int registry_rules(struct registry *reg, const char *door, int32_t since, struct rules *ret_rules)
{
	struct rules rules = {0};
	int r = load(reg, door, since, &rules);

	if (r < 0)
		rules_free(&rules);
	else
		*ret_rules = rules;
	return r;
}

/* ---- a card and its member ---- */

int registry_rules_card(struct registry *reg, uint64_t card, struct roster_card *ret_card)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT record FROM roster WHERE key = ?1 AND record IS NOT NULL");
	struct roster_record record = {.kind = ROSTER_KIND_CARD};
	uint8_t key[ROSTER_KEY_MAX];
	struct registry_card row;
	int rc = registry_card(reg, card, &row);

	if (rc < 0 || !row.has_token)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "read the roster");
	record.card.token = row.token;
	rc = roster_record_key(&record, key);
	if (rc < 0)
		return rc;
	registry_bind_blob(stmt, 1, key, (size_t)rc);
	rc = registry_step(reg, stmt, "read the roster");
	if (rc <= 0)
		return rc;
	rc = roster_record_decode(
		sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0), &record);
	if (rc < 0)
		return rc;
	*ret_card = record.card;
	return 1;
}

static bool concerns(const struct roster_extra *e, const struct roster_card *card, const char *door,
	int64_t minute)
{
	return ((e->member && e->member == card->member) || (e->card && e->card == card->card)) &&
	       (!*e->door || strcmp(e->door, door) == 0) && e->span.until > minute;
}

/* The earliest stay, in order: as many as a door looks at. */
static void keep_extra(const struct roster_extra *e, struct rules_member *member)
{
	size_t at = member->extra_count;

	while (at > 0 && member->extras[at - 1].span.from > e->span.from)
		at--;
	if (at == RULES_EXTRAS_MAX)
		return;
	if (member->extra_count < RULES_EXTRAS_MAX)
		member->extra_count++;
	memmove(&member->extras[at + 1], &member->extras[at],
		(member->extra_count - at - 1) * sizeof(member->extras[0]));
	member->extras[at] = (struct decide_extra){.kind = e->kind,
		.on_list = true,
		.in_force = true,
		.free = e->free,
		.id = e->about,
		.span = e->span};
}

static int find_extras(struct registry *reg, const struct roster_card *card, const char *door,
	int64_t minute, struct rules_member *member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT record FROM roster WHERE key > x'07' AND key < x'08' "
				      "AND record IS NOT NULL");
	struct roster_record record;
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the roster");
	while ((rc = registry_step(reg, stmt, "read the roster")) > 0)
		if (roster_record_decode(sqlite3_column_blob(stmt, 0),
			    (size_t)sqlite3_column_bytes(stmt, 0), &record) == 0 &&
			concerns(&record.extra, card, door, minute))
			keep_extra(&record.extra, member);
	return rc;
}

/* As registry_pool_publish tells the doors. */
static int find_pool(
	struct registry *reg, uint64_t id, const struct civil *now, struct rules_member *member)
{
	struct registry_pool pool;
	int r = registry_pool(reg, id, &pool);

	if (r < 0)
		return r;
	member->pool = (struct roster_pool){.id = id,
		.kind = pool.kind,
		.limit = pool.limit,
		.used = pool.used,
		.year = now->year,
		.month = now->month,
		.doors = 1};
	return 0;
}

int registry_rules_member(struct registry *reg, const struct roster_card *card, const char *door,
	const struct civil *now, int64_t now_us, struct rules_member *ret_member)
{
	int32_t month = registry_month_of(now->date);
	int r;

	*ret_member = (struct rules_member){0};
	standing_init(&ret_member->standing, card->member);
	r = find_extras(reg, card, door, decide_minute(now->date, now->minute), ret_member);
	if (r >= 0 && card->member)
		r = registry_standing(reg, card->member, month, now_us, &ret_member->standing);
	if (r >= 0 && card->pool)
		r = find_pool(reg, card->pool, now, ret_member);
	return r < 0 ? r : 0;
}
