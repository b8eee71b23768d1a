/* SPDX-License-Identifier: Apache-2.0 */
/* Guest passes: a spare card for a while, under a member who answers for the guest. */
#include "registry_days_private.h"

#include "base/clock.h"
#include "store/registry_people.h"
#include <inttypes.h>
#include <string.h>

#define WINDOW_MAX_US (31 * 86400LL * 1000000)
#define TIME_SHOWN 32

#define GUEST_SQL                                                                     \
	"SELECT id, sponsor, name, card, door, from_us, until_us, made_by, made_us, " \
	"ended_by, ended_us, arrived_us FROM guest_pass "

static void take(sqlite3_stmt *stmt, struct registry_guest *g)
{
	g->id = registry_take_u64(stmt, 0);
	g->sponsor = registry_take_u64(stmt, 1);
	registry_take_text(stmt, 2, g->name, sizeof(g->name));
	g->card = registry_take_u64(stmt, 3);
	registry_take_text(stmt, 4, g->door, sizeof(g->door));
	g->from_us = sqlite3_column_int64(stmt, 5);
	g->until_us = sqlite3_column_int64(stmt, 6);
	registry_take_text(stmt, 7, g->made_by, sizeof(g->made_by));
	g->made_us = sqlite3_column_int64(stmt, 8);
	registry_take_text(stmt, 9, g->ended_by, sizeof(g->ended_by));
	g->ended_us = sqlite3_column_int64(stmt, 10);
	g->arrived_us = sqlite3_column_int64(stmt, 11);
}

int registry_guest(struct registry *reg, uint64_t id, struct registry_guest *ret_guest)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, GUEST_SQL "WHERE id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a guest");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_step(reg, stmt, "read a guest");
	if (rc == 0)
		return registry_fail(
			reg, -ENOENT, "there is no guest %" PRIu64 ": look at the list", id);
	if (rc > 0)
		take(stmt, ret_guest);
	return rc < 0 ? rc : 0;
}

int registry_guest_of_card(struct registry *reg, uint64_t card, struct registry_guest *ret_guest)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, GUEST_SQL "WHERE card = ?1 AND ended_us = 0");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a guest");
	sqlite3_bind_int64(stmt, 1, (int64_t)card);
	rc = registry_step(reg, stmt, "read a guest");
	if (rc > 0)
		take(stmt, ret_guest);
	return rc;
}

int registry_guests(struct registry *reg, uint64_t after, uint64_t sponsor, bool active,
	struct registry_guest *rows, size_t limit)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		GUEST_SQL "WHERE id > ?1 AND (?2 = 0 OR sponsor = ?2) AND (?3 = 0 OR ended_us = 0) "
			  "ORDER BY id LIMIT ?4");
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list guests");
	sqlite3_bind_int64(stmt, 1, (int64_t)after);
	sqlite3_bind_int64(stmt, 2, (int64_t)sponsor);
	sqlite3_bind_int64(stmt, 3, active);
	sqlite3_bind_int64(stmt, 4, registry_page(limit));
	while ((rc = registry_step(reg, stmt, "list guests")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}

int registry_guest_publish(struct registry *reg, const struct registry_guest *g)
{
	const struct registry_extra extra = {
		.kind = DECIDE_EXTRA_GUEST,
		.row = g->id,
		.person = {.card = g->card},
		.about = g->sponsor,
		.from_us = g->from_us,
		.until_us = g->until_us,
		.door = g->door,
	};

	return registry_extra_put(reg, &extra);
}

/* ---- adding ---- */

static int check_sponsor(struct registry *reg, uint64_t sponsor)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT (SELECT count(*) FROM guest_pass WHERE sponsor = ?1 AND ended_us = 0), "
		"guests_max FROM site");
	struct registry_member member;
	int rc = registry_member(reg, sponsor, &member);

	if (rc < 0)
		return rc;
	if (member.state != MEMBER_STATE_ACTIVE)
		return registry_fail(reg, -EPERM,
			"member %" PRIu64 " is %s and cannot have guests: name another sponsor",
			sponsor, member_state_name(member.state));
	if (!stmt)
		return registry_sql_fail(reg, "count a member's guests");
	sqlite3_bind_int64(stmt, 1, (int64_t)sponsor);
	rc = registry_step(reg, stmt, "count a member's guests");
	if (rc > 0 && sqlite3_column_int64(stmt, 0) >= sqlite3_column_int64(stmt, 1))
		return registry_fail(reg, -EPERM,
			"member %" PRIu64 " has %lld guests, as many as the site allows at once: "
			"end one first",
			sponsor, (long long)sqlite3_column_int64(stmt, 0));
	return rc < 0 ? rc : 0;
}

/* Takes a card out of the drawer. */
static int take_spare(struct registry *reg, uint64_t id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE card SET state = 1, ended_by = '', ended_us = 0, ended_why = '', "
		"version = version + 1 WHERE id = ?1");
	struct registry_card card = {0};
	int rc = registry_card(reg, id, &card);

	_Static_assert(CARD_STATE_ACTIVE == 1, "the state that is written here");
	if (rc < 0)
		return rc;
	if (card.state != CARD_STATE_UNASSIGNED || card.pending || card.member > 0 ||
		!card.has_token)
		return registry_fail(reg, -EPERM,
			"card %" PRIu64 " is in use: take one that lies in the drawer (card list "
			"--state unassigned)",
			id);
	if (!stmt)
		return registry_sql_fail(reg, "take a spare card");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	return registry_run(reg, stmt, "take a spare card");
}

static int check(struct registry *reg, const struct registry_guest *g)
{
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_check_text(
			reg, "the guest's name", g->name, REGISTRY_NAME_MAX, false);
	if (rc == 0)
		rc = registry_check_text(
			reg, "who lets the guest in", g->made_by, ENTRY_ACTOR_MAX, false);
	if (rc == 0)
		rc = registry_check_door(reg, g->door);
	if (rc == 0 && (g->from_us < 0 || g->until_us <= g->from_us ||
			       g->until_us <= registry_now_us(reg) ||
			       g->until_us - g->from_us > WINDOW_MAX_US))
		rc = registry_fail(reg, -EINVAL,
			"the guest's time cannot be: give from, and until after it and after now, "
			"at most 31 days");
	return rc == 0 ? check_sponsor(reg, g->sponsor) : rc;
}

static int insert(struct registry *reg, const struct registry_guest *g)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO guest_pass (sponsor, name, card, door, from_us, until_us, made_by, "
		"made_us, ended_by, ended_us, arrived_us) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', 0, 0)");

	if (!stmt)
		return registry_sql_fail(reg, "add a guest");
	sqlite3_bind_int64(stmt, 1, (int64_t)g->sponsor);
	registry_bind_text(stmt, 2, g->name);
	sqlite3_bind_int64(stmt, 3, (int64_t)g->card);
	registry_bind_text(stmt, 4, g->door);
	sqlite3_bind_int64(stmt, 5, g->from_us);
	sqlite3_bind_int64(stmt, 6, g->until_us);
	registry_bind_text(stmt, 7, g->made_by);
	sqlite3_bind_int64(stmt, 8, registry_now_us(reg));
	return registry_run(reg, stmt, "add a guest");
}

static void format_local(int64_t us, char out[TIME_SHOWN])
{
	struct civil at = {0};
	char date[11];

	clock_civil(us, &at);
	civil_date_format(at.date, date);
	snprintf(out, TIME_SHOWN, "%s %02u:%02u", date, at.minute / 60u, at.minute % 60u);
}

static int tell_added(struct registry *reg, const struct registry_guest *g)
{
	char from[TIME_SHOWN], until[TIME_SHOWN];

	format_local(g->from_us, from);
	format_local(g->until_us, until);
	return registry_notice_add(reg, g->sponsor,
		"%s is your guest from %s until %s (card %" PRIu64 ", by %s)", g->name, from, until,
		g->card, g->made_by);
}

int registry_guest_add(struct registry *reg, const struct registry_guest *guest, uint64_t *ret_id)
{
	struct registry_guest g = *guest;
	int rc = check(reg, &g);

	if (rc == 0)
		rc = take_spare(reg, g.card);
	if (rc < 0)
		return rc;
	rc = insert(reg, &g);
	if (rc < 0)
		return rc;
	g.id = (uint64_t)sqlite3_last_insert_rowid(reg->db);
	rc = registry_card_publish(reg, g.card);
	if (rc >= 0)
		rc = registry_guest_publish(reg, &g);
	if (rc >= 0)
		rc = tell_added(reg, &g);
	if (rc >= 0 && ret_id)
		*ret_id = g.id;
	return rc < 0 ? rc : 0;
}

/* ---- coming, ending ---- */

int registry_guest_arrived(struct registry *reg, uint64_t card, int64_t at_us)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE guest_pass SET arrived_us = ?2 WHERE id = (SELECT max(id) FROM guest_pass "
		"WHERE card = ?1 AND from_us <= ?2 AND until_us > ?2) "
		"AND (arrived_us = 0 OR arrived_us > ?2) RETURNING sponsor, name");
	char name[REGISTRY_NAME_MAX + 1], when[TIME_SHOWN];
	uint64_t sponsor;
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "note a guest's coming");
	sqlite3_bind_int64(stmt, 1, (int64_t)card);
	sqlite3_bind_int64(stmt, 2, at_us);
	rc = registry_step(reg, stmt, "note a guest's coming");
	if (rc <= 0)
		return rc;
	sponsor = registry_take_u64(stmt, 0);
	registry_take_text(stmt, 1, name, sizeof(name));
	format_local(at_us, when);
	return registry_notice_add(reg, sponsor, "%s, your guest, came at %s", name, when);
}

static int write_end(struct registry *reg, uint64_t id, const char *actor)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE guest_pass SET ended_us = ?2, ended_by = ?3 WHERE id = ?1");

	if (!stmt)
		return registry_sql_fail(reg, "end a guest's pass");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	sqlite3_bind_int64(stmt, 2, registry_now_us(reg));
	registry_bind_text(stmt, 3, actor);
	return registry_run(reg, stmt, "end a guest's pass");
}

int registry_guest_close(struct registry *reg, uint64_t card, const char *actor)
{
	struct registry_guest g;
	int rc = registry_guest_of_card(reg, card, &g);

	if (rc <= 0)
		return rc;
	rc = write_end(reg, g.id, actor);
	if (rc >= 0)
		rc = registry_extra_drop(reg, DECIDE_EXTRA_GUEST, g.id);
	return rc < 0 ? rc : 1;
}

int registry_guest_end(struct registry *reg, uint64_t id, const char *actor)
{
	struct registry_guest g;
	struct registry_card card = {0};
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_guest(reg, id, &g);
	if (rc == 0 && g.ended_us > 0)
		rc = registry_fail(
			reg, -EPERM, "the pass of guest %" PRIu64 " has ended already", id);
	if (rc == 0)
		rc = registry_card(reg, g.card, &card);
	if (rc == 0)
		rc = registry_guest_close(reg, g.card, actor);
	/* a lost card does not come back into the drawer by itself */
	if (rc > 0 && (card.state == CARD_STATE_ACTIVE || card.state == CARD_STATE_SUSPENDED))
		rc = registry_card_act(reg, g.card, REGISTRY_CARD_RETURN, *actor ? actor : "hub",
			"guest's time is over", 0);
	return rc < 0 ? rc : 0;
}

static int next_over(struct registry *reg, int64_t now_us, uint64_t *ret_id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT id FROM guest_pass WHERE ended_us = 0 AND until_us <= ?1 LIMIT 1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "look for guests whose time is over");
	sqlite3_bind_int64(stmt, 1, now_us);
	rc = registry_step(reg, stmt, "look for guests whose time is over");
	if (rc > 0)
		*ret_id = registry_take_u64(stmt, 0);
	return rc;
}

int registry_guests_expire(struct registry *reg, int64_t now_us)
{
	uint64_t id = 0;
	int count = 0, rc;

	while ((rc = next_over(reg, now_us, &id)) > 0) {
		rc = registry_guest_end(reg, id, "");
		if (rc < 0)
			return rc;
		count++;
	}
	return rc < 0 ? rc : count;
}
