/* SPDX-License-Identifier: Apache-2.0 */
/* The registry's rules for core/decide.h. */
#include "store/registry_rules.h"

#include "registry_days_private.h"
#include "store/registry_people.h"

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

/* ---- tiers, and what they are at a door ---- */

static int read_tiers(struct registry_rulebook *book)
{
	uint32_t after = 0;
	int n = TIERS_AT_ONCE;

	while (n == TIERS_AT_ONCE) {
		struct registry_tier *more = reallocarray(
			book->tiers, book->tier_count + TIERS_AT_ONCE, sizeof(*book->tiers));

		if (!more)
			return -ENOMEM;
		book->tiers = more;
		n = registry_tiers(book->registry, after, &more[book->tier_count], TIERS_AT_ONCE);
		if (n <= 0)
			break;
		book->tier_count += (size_t)n;
		after = more[book->tier_count - 1].roster.tier;
	}
	return n < 0 ? n : 0;
}

static int compile_tiers(struct registry_rulebook *book)
{
	book->usual = calloc(book->tier_count + 1, sizeof(*book->usual));
	if (!book->usual)
		return -ENOMEM;
	for (size_t i = 0; i < book->tier_count; i++) {
		const struct roster_tier *row = &book->tiers[i].roster;
		struct rules_tier *tier = &book->usual[i];

		tier->tier = row->tier;
		tier->rights.flags = row->flags;
		tier->rights.allowance = row->allowance;
		tier->rights.door = row->door_count == 0;
		rules_tier_compile(row->hours, tier);
	}
	return 0;
}

int registry_rulebook_read(struct registry *reg, int32_t since, struct registry_rulebook *ret_book)
{
	struct registry_site site;
	int r = registry_site(reg, &site);

	*ret_book = (struct registry_rulebook){.registry = reg};
	if (r < 0)
		return r;
	ret_book->head = (struct cache_head){.origin = CACHE_ORIGIN_HUB,
		.revision = reg->state.roster.revision,
		.checkout_minute = site.roster.checkout_minute};
	ret_book->calendar = calloc(1, sizeof(*ret_book->calendar));
	r = ret_book->calendar ? registry_calendar(reg, since, ret_book->calendar) : -ENOMEM;
	if (r >= 0)
		r = read_tiers(ret_book);
	return r < 0 ? r : compile_tiers(ret_book);
}

void registry_rulebook_free(struct registry_rulebook *book)
{
	free(book->calendar);
	free(book->tiers);
	free(book->usual);
	*book = (struct registry_rulebook){0};
}

/* A tier as it applies to this door. */
static void apply(const struct roster_tier *row, const char *door, struct rules_tier *tier)
{
	if (tier->rights.hours)
		tier->rights.hours = &tier->hours; /* its own, not the book's */
	for (size_t i = 0; i < row->door_count; i++) {
		if (strcmp(row->doors[i].door, door) != 0)
			continue;
		tier->rights.door = true;
		if (row->doors[i].own)
			rules_tier_compile(row->doors[i].hours, tier);
	}
}

int registry_rulebook_door(
	const struct registry_rulebook *book, const char *door, struct rules *ret_rules)
{
	int r = registry_roster_has_door(book->registry, door);
	struct rules rules = {.head = book->head, .door_listed = r > 0};

	if (r < 0)
		return r;
	rules.calendar = malloc(sizeof(*rules.calendar));
	rules.tiers = calloc(book->tier_count + 1, sizeof(*rules.tiers));
	if (!rules.calendar || !rules.tiers) {
		rules_free(&rules);
		return -ENOMEM;
	}
	*rules.calendar = *book->calendar;
	rules.tier_count = book->tier_count;
	for (size_t i = 0; i < book->tier_count; i++) {
		rules.tiers[i] = book->usual[i];
		apply(&book->tiers[i].roster, door, &rules.tiers[i]);
	}
	*ret_rules = rules;
	return 0;
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
