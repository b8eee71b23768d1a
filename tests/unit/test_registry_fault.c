/* SPDX-License-Identifier: Apache-2.0 */
/* A registry whose tables fail under it: every call says so, and no change is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"

static struct registry *reg;
static struct registry_tier tier = {.name = "Full", .roster.tier = 1, .roster.hours = "24/7"};
static struct registry_tier tiers[2];
static struct calendar_exception row;
static struct registry_card card;
static struct registry_member member;
static struct registry_event event = {.title = "Talk", .id = 1};
static struct registry_site site = {.title = "Walker"};

/* ---- every call, in a change ---- */

static int call_audit(void)
{
	return registry_audit_add(reg, "maya", "card.issue", "card/1", "", "");
}
static int call_audit_read(void)
{
	struct registry_audit_query query = {.limit = 5};
	struct registry_audit *rows = NULL;
	int count = registry_audit(reg, &query, &rows);

	if (count >= 0)
		registry_audit_free(rows, (size_t)count);
	return count;
}
static int call_member(void)
{
	struct registry_member m;

	return registry_member(reg, 1, &m);
}
static int call_member_add(void)
{
	return registry_member_add(reg, &member, NULL);
}
static int call_member_change(void)
{
	return registry_member_change(reg, &member);
}
static int call_members(void)
{
	struct registry_member_query query = {.state = -1, .tier = -1, .limit = 1};
	struct registry_member m;

	return registry_members(reg, &query, &m);
}
static int call_card(void)
{
	struct registry_card c;

	return registry_card(reg, 1, &c);
}
static int call_card_of_token(void)
{
	struct registry_card c;

	return registry_card_of_token(reg, &card.token, &c);
}
static int call_card_issue(void)
{
	return registry_card_issue(reg, &card, NULL);
}
static int call_card_act(void)
{
	return registry_card_act(reg, 1, REGISTRY_CARD_SUSPEND, "maya", "", 0);
}
static int call_card_label(void)
{
	return registry_card_label(reg, 1, "blue", 0);
}
static int call_card_replaced(void)
{
	return registry_card_replaced(reg, 1, 2);
}
static int call_cards(void)
{
	struct registry_card_query query = {.state = -1, .limit = 1};
	struct registry_card c;

	return registry_cards(reg, &query, &c);
}
static int call_site(void)
{
	struct registry_site s;

	return registry_site(reg, &s);
}
static int call_site_change(void)
{
	return registry_site_change(reg, &site);
}
static int call_site_lockdown(void)
{
	return registry_site_lockdown(reg, true, "maya");
}
static int call_tier(void)
{
	return registry_tier(reg, 1, tiers);
}
static int call_tier_add(void)
{
	return registry_tier_add(reg, &tier, NULL);
}
static int call_tier_change(void)
{
	return registry_tier_change(reg, &tier);
}
static int call_tier_remove(void)
{
	return registry_tier_remove(reg, 1, 0);
}
static int call_tiers(void)
{
	return registry_tiers(reg, 0, tiers, 2);
}
static int call_door_unused(void)
{
	return registry_door_unused(reg, "front");
}
static int call_exception(void)
{
	struct registry_exception e;

	return registry_exception(reg, 1, &e);
}
static int call_exception_add(void)
{
	return registry_exception_add(reg, &row, NULL);
}
static int call_exception_change(void)
{
	struct registry_exception e = {.id = 1, .row = row};

	return registry_exception_change(reg, &e);
}
static int call_exception_remove(void)
{
	return registry_exception_remove(reg, 1, 0);
}
static int call_exceptions(void)
{
	struct registry_exception e;

	return registry_exceptions(reg, 0, -1, DATE_NONE, &e, 1);
}
static int call_holiday_set(void)
{
	return registry_holiday_set(reg, BED_TODAY, true);
}
static int call_holiday_remove(void)
{
	return registry_holiday_remove(reg, BED_TODAY);
}
static int call_holidays(void)
{
	struct calendar_date d;

	return registry_holidays(reg, 0, &d, 1);
}
static int call_event(void)
{
	struct registry_event e;

	return registry_event(reg, 1, &e);
}
static int call_event_add(void)
{
	return registry_event_add(reg, &event, NULL);
}
static int call_event_change(void)
{
	return registry_event_change(reg, &event);
}
static int call_event_remove(void)
{
	return registry_event_remove(reg, 1, 0);
}
static int call_events(void)
{
	struct registry_event e;

	return registry_events(reg, 0, 0, &e, 1);
}
static int call_prune(void)
{
	return registry_prune(reg, BED_TODAY);
}
static int call_raise(void)
{
	return registry_raise_generation(reg, 9);
}

static const struct {
	const char *name;
	int (*call)(void);
	const char *tables; /* without any of these it fails */
} calls[] = {
	{"audit_add", call_audit, "audit"},
	{"audit", call_audit_read, "audit"},
	{"member", call_member, "member card"},
	{"member_add", call_member_add, "member tier"},
	{"member_change", call_member_change, "member tier card roster"},
	{"members", call_members, "member card"},
	{"card", call_card, "card"},
	{"card_of_token", call_card_of_token, "card"},
	{"card_issue", call_card_issue, "card member roster"},
	{"card_act", call_card_act, "card member roster"},
	{"card_label", call_card_label, "card"},
	{"card_replaced", call_card_replaced, "card"},
	{"cards", call_cards, "card"},
	{"site", call_site, "site"},
	{"site_change", call_site_change, "site roster"},
	{"site_lockdown", call_site_lockdown, "site"},
	{"tier", call_tier, "tier tier_door"},
	{"tier_add", call_tier_add, "tier tier_door roster"},
	{"tier_change", call_tier_change, "tier tier_door roster"},
	{"tier_remove", call_tier_remove, "tier tier_door member roster"},
	{"tiers", call_tiers, "tier tier_door"},
	{"door_unused", call_door_unused, "tier_door exception event"},
	{"exception", call_exception, "exception"},
	{"exception_add", call_exception_add, "exception roster"},
	{"exception_change", call_exception_change, "exception roster"},
	{"exception_remove", call_exception_remove, "exception roster"},
	{"exceptions", call_exceptions, "exception"},
	{"holiday_set", call_holiday_set, "holiday roster"},
	{"holiday_remove", call_holiday_remove, "holiday roster"},
	{"holidays", call_holidays, "holiday"},
	{"event", call_event, "event"},
	{"event_add", call_event_add, "event"},
	{"event_change", call_event_change, "event"},
	{"event_remove", call_event_remove, "event"},
	{"events", call_events, "event"},
	{"prune", call_prune, "exception holiday roster change command"},
	{"raise_generation", call_raise, "roster"},
};

/* One of everything that the calls name, and nobody in tier 1. */
static void fill(void)
{
	uint32_t other;

	reg = bed_open("hub.db");
	bed_begin(reg);
	bed_tier(reg, "Full", "24/7");
	other = bed_tier(reg, "Other", "24/7");
	member = bed_person("Ada", other);
	EXPECT(reg, registry_member_add(reg, &member, &member.id), 0);
	bed_card(reg, 1, member.id);
	bed_card(reg, 2, member.id);
	card = bed_blank(3, member.id);
	member.tier = 1; /* which changes every card */
	row = bed_closure(BED_TODAY, BED_TODAY);
	EXPECT(reg, registry_exception_add(reg, &row, NULL), 0);
	row.last++;
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY, false), 0);
	EXPECT(reg, registry_event_add(reg, &event, NULL), 0);
	snprintf(tier.name, sizeof(tier.name), "New");
	bed_commit(reg);
}

/* As if the table were not there. */
static void lose(const char *table)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "ALTER TABLE %s RENAME TO lost", table);
	assert_int_equal(
		db_do(reg->db, "PRAGMA foreign_keys=OFF; PRAGMA legacy_alter_table=ON"), 0);
	if (db_do(reg->db, sql) < 0)
		fail_msg("%s: %s", sql, sqlite3_errmsg(reg->db));
}

static void find(void)
{
	assert_int_equal(db_do(reg->db, "PRAGMA foreign_keys=ON"), 0);
}

static void call_fails(size_t i, const char *table)
{
	int rc;

	folder_remove();
	folder_make();
	fill();
	bed_begin(reg);
	if ((rc = calls[i].call()) < 0)
		fail_msg("%s does not work at all: %d %s", calls[i].name, rc, registry_error(reg));
	registry_abort(reg);
	lose(table);
	find();
	bed_begin(reg);
	reg->error[0] = '\0';
	rc = calls[i].call();
	if (rc >= 0 || !registry_error(reg)[0])
		fail_msg("%s without %s: %d \"%s\"", calls[i].name, table, rc, registry_error(reg));
	if (registry_commit(reg, NULL) >= 0)
		fail_msg("%s without %s is kept", calls[i].name, table);
	reg = registry_close(reg);
}

static void failing_table_fails_the_call_and_the_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		char tables[80], *at = tables, *table;

		snprintf(tables, sizeof(tables), "%s", calls[i].tables);
		while ((table = strsep(&at, " ")))
			call_fails(i, table);
	}
}

static void registry_without_its_head_is_not_opened(void **state)
{
	static const char *const tables[] = {"meta", "site"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		folder_remove();
		folder_make();
		fill();
		lose(tables[i]);
		reg = registry_close(reg);
		assert_true(bed_try("hub.db", "walker", &reg) < 0);
		assert_null(reg);
		assert_non_null(strstr(err, tables[i]));
	}
}

static void roster_with_a_row_that_cannot_be_is_not_told(void **state)
{
	struct registry_view *view = NULL;
	uint8_t out[5000];
	bool last;

	(void)state;
	fill();
	assert_int_equal(db_do(reg->db, "UPDATE roster SET record = zeroblob(40000) "
					"WHERE key = (SELECT max(key) FROM roster)"),
		0);
	EXPECT(reg, registry_view_open(reg, NULL, &view), 0);
	EXPECT(reg, registry_view_chunk(view, 0, out, sizeof(out), &last), -EBADMSG);
	said(reg, "restore");
	registry_view_close(view);
	bed_begin(reg);
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY, true), -EBADMSG);
	EXPECT(reg, registry_commit(reg, NULL), -EBADMSG);
	reg = registry_close(reg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(failing_table_fails_the_call_and_the_change),
		TEST(registry_without_its_head_is_not_opened),
		TEST(roster_with_a_row_that_cannot_be_is_not_told),
	};

	setenv("TZ", "Europe/London", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
