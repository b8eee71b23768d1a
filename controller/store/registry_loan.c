/* SPDX-License-Identifier: Apache-2.0 */
/* Cards lent for the day, and what is over by itself. */
#include "registry_days_private.h"

#include "base/clock.h"
#include "store/registry_people.h"
#include <inttypes.h>

static int check_member(struct registry *reg, uint64_t id)
{
	struct registry_member member;
	int rc = registry_member(reg, id, &member);

	if (rc == 0 && member.state != MEMBER_STATE_ACTIVE)
		rc = registry_fail(reg, -EPERM,
			"member %" PRIu64 " is %s and is lent no card: make them active first", id,
			member_state_name(member.state));
	return rc;
}

static int check_card(struct registry *reg, uint64_t id)
{
	struct registry_card card = {0};
	int rc = registry_card(reg, id, &card);

	if (rc == 0 && (card.state != CARD_STATE_UNASSIGNED || card.pending || card.member > 0 ||
			       !card.has_token))
		rc = registry_fail(reg, -EPERM,
			"card %" PRIu64 " is in use: take one that lies in the drawer (card list "
			"--state unassigned)",
			id);
	return rc;
}

int registry_card_lend(struct registry *reg, uint64_t card, uint64_t member, const char *actor)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE card SET member = ?2, state = 1, loan_until = ?3, issued_by = ?4, "
		"issued_us = ?5, ended_by = '', ended_us = 0, ended_why = '', "
		"version = version + 1 WHERE id = ?1");
	struct civil now;
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_check_text(reg, "who lends the card", actor, ENTRY_ACTOR_MAX, false);
	if (rc == 0)
		rc = check_member(reg, member);
	if (rc == 0)
		rc = check_card(reg, card);
	if (rc == 0 && clock_civil(registry_now_us(reg), &now) < 0)
		rc = registry_fail(reg, -EINVAL, "the hub's clock shows no possible time: set it");
	if (rc < 0)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "lend a card");
	sqlite3_bind_int64(stmt, 1, (int64_t)card);
	sqlite3_bind_int64(stmt, 2, (int64_t)member);
	registry_bind_date(stmt, 3, now.date);
	registry_bind_text(stmt, 4, actor);
	sqlite3_bind_int64(stmt, 5, registry_now_us(reg));
	rc = registry_run(reg, stmt, "lend a card");
	if (rc >= 0)
		rc = registry_card_publish(reg, card);
	return rc < 0 ? rc : 0;
}

/* ---- what is over ---- */

static int next_over(struct registry *reg, int32_t date, uint64_t *ret_id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT id FROM card WHERE loan_until IS NOT NULL AND loan_until < ?1 LIMIT 1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "look for loans that are over");
	sqlite3_bind_int64(stmt, 1, date);
	rc = registry_step(reg, stmt, "look for loans that are over");
	if (rc > 0)
		*ret_id = registry_take_u64(stmt, 0);
	return rc;
}

/* A card that was lost or revoked meanwhile stays so, without its loan. */
static int forget_loan(struct registry *reg, uint64_t id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE card SET loan_until = NULL, version = version + 1 WHERE id = ?1");

	if (!stmt)
		return registry_sql_fail(reg, "end a loan");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	return registry_run(reg, stmt, "end a loan");
}

static int end_loans(struct registry *reg, int64_t checkout_us)
{
	struct registry_card card;
	struct civil at;
	uint64_t id = 0;
	int count = 0, rc;

	if (clock_civil(checkout_us, &at) < 0)
		return 0;
	while ((rc = next_over(reg, at.date, &id)) > 0) {
		rc = registry_card(reg, id, &card);
		if (rc == 0)
			rc = forget_loan(reg, id);
		if (rc >= 0 &&
			(card.state == CARD_STATE_ACTIVE || card.state == CARD_STATE_SUSPENDED))
			rc = registry_card_act(
				reg, id, REGISTRY_CARD_RETURN, "hub", "lent for the day", 0);
		if (rc < 0)
			return rc;
		count++;
	}
	return rc < 0 ? rc : count;
}

/* Who came or left in the day before the check-out: doors hear how they stand after it. */
static int settle(struct registry *reg, int64_t checkout_us, uint16_t minute)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT DISTINCT person FROM presence WHERE at_us >= ?1 AND at_us < ?2 "
		"AND person > 0");
	int rc, put = 0;

	if (!stmt)
		return registry_sql_fail(reg, "check out who is still in");
	sqlite3_bind_int64(stmt, 1, registry_checkout_before(checkout_us - 1, minute));
	sqlite3_bind_int64(stmt, 2, checkout_us);
	while (put >= 0 && (rc = registry_step(reg, stmt, "check out who is still in")) > 0)
		put = registry_standing_publish(reg, registry_take_u64(stmt, 0));
	return put < 0 ? put : rc;
}

int registry_days_tick(struct registry *reg)
{
	int64_t now_us = registry_now_us(reg), checkout_us;
	int rc = registry_check_changing(reg), loans = 0, guests = 0;
	uint16_t minute;

	if (rc == 0)
		rc = registry_checkout(reg, &minute, NULL);
	if (rc < 0)
		return rc;
	rc = registry_event_hold_due(reg);
	if (rc < 0)
		return rc;
	guests = registry_guests_expire(reg, now_us);
	if (guests < 0)
		return guests;
	checkout_us = registry_checkout_before(now_us, minute);
	if (checkout_us == reg->settled_us)
		return guests;
	loans = end_loans(reg, checkout_us);
	rc = loans < 0 ? loans : settle(reg, checkout_us, minute);
	if (rc >= 0)
		rc = registry_extras_prune(reg, now_us);
	if (rc < 0)
		return rc;
	reg->settled_us = checkout_us;
	return guests + loans;
}
