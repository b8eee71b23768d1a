/* SPDX-License-Identifier: Apache-2.0 */
/* Cards: what the registry knows of them, and what of it goes to the doors. */
#include "registry_days_private.h"

#include "store/registry_people.h"
#include <string.h>

#define CARD_SQL                                                                                \
	"SELECT id, token, key_id, kind, state, pending, label, member, issued_by, issued_us, " \
	"ended_by, ended_us, ended_why, replaced_by, version, loan_until FROM card "

static void take(sqlite3_stmt *stmt, struct registry_card *c)
{
	c->id = registry_take_u64(stmt, 0);
	c->has_token = registry_take_blob(stmt, 1, c->token.bytes, TOKEN_SIZE);
	c->key_id = registry_take_u32(stmt, 2);
	c->kind = (enum card_kind)sqlite3_column_int(stmt, 3);
	c->state = (enum card_state)sqlite3_column_int(stmt, 4);
	c->pending = sqlite3_column_int(stmt, 5) != 0;
	registry_take_text(stmt, 6, c->label, sizeof(c->label));
	c->member = registry_take_u64(stmt, 7);
	registry_take_text(stmt, 8, c->issued_by, sizeof(c->issued_by));
	c->issued_us = sqlite3_column_int64(stmt, 9);
	registry_take_text(stmt, 10, c->ended_by, sizeof(c->ended_by));
	c->ended_us = sqlite3_column_int64(stmt, 11);
	registry_take_text(stmt, 12, c->ended_why, sizeof(c->ended_why));
	c->replaced_by = registry_take_u64(stmt, 13);
	c->version = registry_take_u64(stmt, 14);
	c->loan_until = registry_take_date(stmt, 15);
}

int registry_card(struct registry *reg, uint64_t id, struct registry_card *ret_card)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, CARD_SQL "WHERE id = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a card");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_step(reg, stmt, "read a card");
	if (rc < 0)
		return rc;
	if (rc == 0)
		return registry_fail(reg, -ENOENT, "there is no card %llu: look at the list",
			(unsigned long long)id);
	take(stmt, ret_card);
	return 0;
}

int registry_card_of_token(
	struct registry *reg, const struct token *token, struct registry_card *ret_card)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, CARD_SQL "WHERE token = ?1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a card");
	registry_bind_blob(stmt, 1, token->bytes, TOKEN_SIZE);
	rc = registry_step(reg, stmt, "read a card");
	if (rc > 0)
		take(stmt, ret_card);
	return rc;
}

/* ---- what the doors are told ---- */

/* A card lies in the drawer: no door needs to know it. */
static int put_gone(struct registry *reg, const struct token *token)
{
	struct roster_record record = {
		.kind = ROSTER_KIND_CARD,
		.gone = true,
		.card.token = *token,
	};

	return registry_roster_put(reg, &record);
}

static int put(struct registry *reg, const struct registry_card *c, const struct registry_member *m)
{
	struct roster_record record = {
		.kind = ROSTER_KIND_CARD,
		.card =
			{
				.token = c->token,
				.key_id = c->key_id,
				.card = c->id,
				.member = c->member,
				.tier = m->tier,
				.state = c->pending ? CARD_STATE_UNASSIGNED : c->state,
				.member_state = m->state,
				.valid_from = m->valid_from,
				.valid_until = m->valid_until,
				.grace_until = m->grace_until,
				.release_ms = m->release_ms,
				.kind = c->kind,
				.pool = m->pool,
			},
	};

	if (c->loan_until != DATE_NONE &&
		(m->valid_until == DATE_NONE || m->valid_until > c->loan_until)) {
		record.card.valid_until = c->loan_until;
		record.card.grace_until = DATE_NONE;
	}
	return registry_roster_put(reg, &record);
}

/* Tier 0 gives nothing by itself: the pass does, beside it in the roster. */
static int put_guest(
	struct registry *reg, const struct registry_card *c, const struct registry_guest *g)
{
	struct roster_record record = {
		.kind = ROSTER_KIND_CARD,
		.card =
			{
				.token = c->token,
				.key_id = c->key_id,
				.card = c->id,
				.sponsor = g->sponsor,
				.state = c->state,
				.valid_from = DATE_NONE,
				.valid_until = DATE_NONE,
				.grace_until = DATE_NONE,
				.kind = c->kind,
			},
	};
	struct registry_member sponsor;
	int error = registry_member(reg, g->sponsor, &sponsor);

	if (error < 0)
		return registry_break(reg, error);
	record.card.member_state = sponsor.state;
	return registry_roster_put(reg, &record);
}

/* The card as it is now. */
static int publish(struct registry *reg, const struct registry_card *c)
{
	struct registry_member member;
	struct registry_guest guest;
	int error;

	if (!c->has_token)
		return 0;
	if (c->member == 0) {
		error = registry_guest_of_card(reg, c->id, &guest);
		if (error != 0)
			return error < 0 ? error : put_guest(reg, c, &guest);
		return put_gone(reg, &c->token);
	}
	error = registry_member(reg, c->member, &member);
	return error < 0 ? registry_break(reg, error) : put(reg, c, &member);
}

int registry_card_publish(struct registry *reg, uint64_t id)
{
	struct registry_card card;
	int error = registry_card(reg, id, &card);

	return error < 0 ? error : publish(reg, &card);
}

/* The cards of their guests: those may come as long as their sponsor may. */
static int guests_changed(struct registry *reg, uint64_t member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "SELECT card FROM guest_pass WHERE sponsor = ?1 AND ended_us = 0");
	int rc, put = 0;

	if (!stmt)
		return registry_sql_fail(reg, "read a member's guests");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	while (put >= 0 && (rc = registry_step(reg, stmt, "read a member's guests")) > 0)
		put = registry_card_publish(reg, registry_take_u64(stmt, 0));
	return put < 0 ? put : rc;
}

int registry_card_of_member_changed(struct registry *reg, uint64_t member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, CARD_SQL "WHERE member = ?1 AND token IS NOT NULL");
	struct registry_card card;
	struct registry_member m;
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read a member's cards");
	rc = registry_member(reg, member, &m);
	if (rc < 0)
		return registry_break(reg, rc);
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	while ((rc = registry_step(reg, stmt, "read a member's cards")) > 0) {
		take(stmt, &card);
		rc = put(reg, &card, &m);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : guests_changed(reg, member);
}

/* ---- issuing ---- */

/* The row without its token, which the new one takes over. */
static int give_token_up(struct registry *reg, uint64_t id)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE card SET token = NULL, version = version + 1 WHERE id = ?1");

	if (!stmt)
		return registry_sql_fail(reg, "issue a card again");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	return registry_run(reg, stmt, "issue a card again");
}

/* Is the token free? 0, the number of the returned card that has it, or negative errno; *ret_id:
 * the card in the way. */
static int64_t find_place(struct registry *reg, const struct token *token, uint64_t *ret_id)
{
	struct registry_card other = {0};
	int rc = registry_card_of_token(reg, token, &other);

	if (rc <= 0)
		return rc;
	if (other.member == 0 && other.state == CARD_STATE_UNASSIGNED)
		return (int64_t)other.id;
	if (ret_id)
		*ret_id = other.id;
	return registry_fail(reg, -EEXIST,
		"this is card %llu, which member %llu has: return or replace that one first",
		(unsigned long long)other.id, (unsigned long long)other.member);
}

/* What is said of any new card. */
static int check_new(struct registry *reg, const struct registry_card *c)
{
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(
			reg, "the card's label", c->label, REGISTRY_NAME_MAX, true);
	if (error == 0)
		error = registry_check_text(
			reg, "who issued the card", c->issued_by, ENTRY_ACTOR_MAX, false);
	if (error == 0 && c->kind > CARD_KIND_DESFIRE)
		error = registry_fail(
			reg, -EINVAL, "a card has no kind %d: use uid or desfire", (int)c->kind);
	return error;
}

static int check_issue(
	struct registry *reg, const struct registry_card *c, struct registry_member *ret_member)
{
	int error = check_new(reg, c);

	if (error == 0)
		error = registry_member(reg, c->member, ret_member);
	if (error == 0 && ret_member->state == MEMBER_STATE_CLOSED)
		error = registry_fail(reg, -EPERM,
			"member %llu is closed and gets no card: make them active first",
			(unsigned long long)c->member);
	return error;
}

static int insert(struct registry *reg, const struct registry_card *c)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO card (token, key_id, kind, state, pending, label, member, issued_by, "
		"issued_us, ended_by, ended_us, ended_why, replaced_by, version) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, 0), ?8, ?9, '', 0, '', 0, 1)");

	if (!stmt)
		return registry_sql_fail(reg, "issue a card");
	registry_bind_blob(stmt, 1, c->token.bytes, TOKEN_SIZE);
	sqlite3_bind_int64(stmt, 2, c->key_id);
	sqlite3_bind_int64(stmt, 3, c->kind);
	sqlite3_bind_int64(stmt, 4, c->state);
	sqlite3_bind_int64(stmt, 5, c->pending);
	registry_bind_text(stmt, 6, c->label);
	sqlite3_bind_int64(stmt, 7, (int64_t)c->member);
	registry_bind_text(stmt, 8, c->issued_by);
	sqlite3_bind_int64(stmt, 9, registry_now_us(reg));
	return registry_run(reg, stmt, "issue a card");
}

int registry_card_issue(struct registry *reg, const struct registry_card *card, uint64_t *ret_id)
{
	struct registry_member member;
	struct registry_card c = *card;
	int error = check_issue(reg, card, &member);
	int64_t returned;

	if (error < 0)
		return error;
	returned = find_place(reg, &card->token, ret_id);
	if (returned < 0)
		return (int)returned;
	if (returned > 0) {
		error = give_token_up(reg, (uint64_t)returned);
		if (error < 0)
			return error;
	}
	c.state = card->pending ? CARD_STATE_UNASSIGNED : CARD_STATE_ACTIVE;
	c.loan_until = DATE_NONE;
	error = insert(reg, &c);
	if (error < 0)
		return error;
	c.id = (uint64_t)sqlite3_last_insert_rowid(reg->db);
	if (ret_id)
		*ret_id = c.id;
	error = put(reg, &c, &member);
	return error < 0 ? error : 0;
}

int registry_card_spare(struct registry *reg, const struct registry_card *card, uint64_t *ret_id)
{
	struct registry_card c = *card;
	int error = check_new(reg, card);
	int64_t returned = error < 0 ? error : find_place(reg, &card->token, ret_id);

	if (returned < 0)
		return (int)returned;
	if (returned > 0)
		return registry_fail(reg, -EEXIST, "it lies in the drawer already: card %lld",
			(long long)returned);
	c.state = CARD_STATE_UNASSIGNED;
	c.pending = false;
	c.member = 0;
	error = insert(reg, &c);
	if (error < 0)
		return error;
	*ret_id = (uint64_t)sqlite3_last_insert_rowid(reg->db);
	return 0;
}

/* ---- what happens to a card ---- */

#define STATE(state) (1u << (state))
#define PENDING (1u << 8)

static const struct {
	const char *name;
	unsigned from; /* states that allow it */
	enum card_state to;
	bool ends; /* who, when and why is kept; else forgotten */
	const char *refusal;
} actions[] = {
	[REGISTRY_CARD_CONFIRM] = {"confirm", PENDING, CARD_STATE_ACTIVE, false,
		"only a card that waits for it can be confirmed"},
	[REGISTRY_CARD_SUSPEND] = {"suspend", STATE(CARD_STATE_ACTIVE), CARD_STATE_SUSPENDED, true,
		"only an active card can be suspended"},
	[REGISTRY_CARD_RESUME] = {"resume", STATE(CARD_STATE_SUSPENDED), CARD_STATE_ACTIVE, false,
		"only a suspended card can be resumed"},
	[REGISTRY_CARD_LOSE] = {"lose",
		STATE(CARD_STATE_ACTIVE) | STATE(CARD_STATE_SUSPENDED) | PENDING, CARD_STATE_LOST,
		true, "only a card that is in use can be lost"},
	[REGISTRY_CARD_FIND] = {"find", STATE(CARD_STATE_LOST), CARD_STATE_ACTIVE, false,
		"only a lost card can be found"},
	[REGISTRY_CARD_REVOKE] = {"revoke",
		STATE(CARD_STATE_ACTIVE) | STATE(CARD_STATE_SUSPENDED) | STATE(CARD_STATE_LOST) |
			PENDING,
		CARD_STATE_REVOKED, true, "a revoked or returned card cannot be revoked again"},
	[REGISTRY_CARD_RETURN] = {"return",
		STATE(CARD_STATE_ACTIVE) | STATE(CARD_STATE_SUSPENDED) | STATE(CARD_STATE_LOST) |
			STATE(CARD_STATE_REVOKED) | PENDING,
		CARD_STATE_UNASSIGNED, true, "it was returned before"},
};

const char *registry_card_action_name(enum registry_card_action action)
{
	return action < ARRAY_SIZE(actions) ? actions[action].name : NULL;
}

int registry_card_action_parse(const char *text, enum registry_card_action *ret_action)
{
	for (size_t i = 0; text && i < ARRAY_SIZE(actions); i++)
		if (strcmp(actions[i].name, text) == 0) {
			*ret_action = (enum registry_card_action)i;
			return 0;
		}
	return -EINVAL;
}

static int write_state(struct registry *reg, const struct registry_card *c)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"UPDATE card SET state = ?2, pending = 0, member = nullif(?3, 0), ended_by = ?4, "
		"ended_us = ?5, ended_why = ?6, loan_until = iif(?3 = 0, NULL, loan_until), "
		"version = version + 1 WHERE id = ?1");

	if (!stmt)
		return registry_sql_fail(reg, "change a card");
	sqlite3_bind_int64(stmt, 1, (int64_t)c->id);
	sqlite3_bind_int64(stmt, 2, c->state);
	sqlite3_bind_int64(stmt, 3, (int64_t)c->member);
	registry_bind_text(stmt, 4, c->ended_by);
	sqlite3_bind_int64(stmt, 5, c->ended_us);
	registry_bind_text(stmt, 6, c->ended_why);
	return registry_run(reg, stmt, "change a card");
}

/* Is that what may happen to it now? */
static int check_act(struct registry *reg, const struct registry_card *c,
	enum registry_card_action action, uint64_t version)
{
	int error = registry_check_version(reg, "the card", version, c->version);

	if (error < 0)
		return error;
	if (actions[action].from & (c->pending ? PENDING : STATE(c->state)))
		return 0;
	/* a returned card is unassigned without pending, which no action begins with */
	return registry_fail(reg, -EPERM, "card %llu is %s: %s", (unsigned long long)c->id,
		c->pending ? "pending" : card_state_name(c->state), actions[action].refusal);
}

/* A guest's card that goes ends the guest's pass; found again, it is a spare card. */
static int end_pass(struct registry *reg, struct registry_card *c, enum registry_card_action action,
	const char *actor)
{
	if (c->member > 0)
		return 0;
	if (action == REGISTRY_CARD_FIND)
		c->state = CARD_STATE_UNASSIGNED;
	if (action != REGISTRY_CARD_RETURN && action != REGISTRY_CARD_LOSE &&
		action != REGISTRY_CARD_REVOKE)
		return 0;
	return registry_guest_close(reg, c->id, actor);
}

int registry_card_act(struct registry *reg, uint64_t id, enum registry_card_action action,
	const char *actor, const char *why, uint64_t version)
{
	struct registry_card c = {0};
	int error = registry_check_changing(reg);

	if (error == 0 && action >= ARRAY_SIZE(actions))
		error = registry_fail(reg, -EINVAL, "that cannot happen to a card");
	if (error == 0)
		error = registry_check_text(
			reg, "who changes the card", actor, ENTRY_ACTOR_MAX, false);
	if (error == 0)
		error = registry_check_text(reg, "the reason", why, REGISTRY_NOTE_MAX, true);
	if (error == 0)
		error = registry_card(reg, id, &c);
	if (error == 0)
		error = check_act(reg, &c, action, version);
	if (error < 0)
		return error;
	c.state = actions[action].to;
	c.pending = false;
	if (action == REGISTRY_CARD_RETURN)
		c.member = 0;
	snprintf(c.ended_by, sizeof(c.ended_by), "%s", actions[action].ends ? actor : "");
	snprintf(c.ended_why, sizeof(c.ended_why), "%s", actions[action].ends && why ? why : "");
	c.ended_us = actions[action].ends ? registry_now_us(reg) : 0;
	error = end_pass(reg, &c, action, actor);
	if (error >= 0)
		error = write_state(reg, &c);
	if (error >= 0)
		error = publish(reg, &c);
	return error < 0 ? error : 0;
}

int registry_card_label(struct registry *reg, uint64_t id, const char *label, uint64_t version)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE card SET label = ?2, version = version + 1 WHERE id = ?1");
	struct registry_card c = {0};
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_check_text(
			reg, "the card's label", label, REGISTRY_NAME_MAX, true);
	if (error == 0)
		error = registry_card(reg, id, &c);
	if (error == 0)
		error = registry_check_version(reg, "the card", version, c.version);
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "label a card");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	registry_bind_text(stmt, 2, label ? label : "");
	error = registry_run(reg, stmt, "label a card");
	return error < 0 ? error : 0;
}

int registry_card_replaced(struct registry *reg, uint64_t id, uint64_t by)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, "UPDATE card SET replaced_by = ?2, version = version + 1 WHERE id = ?1");
	struct registry_card c = {0};
	int error = registry_check_changing(reg);

	if (error == 0)
		error = registry_card(reg, by, &c);
	if (error == 0)
		error = registry_card(reg, id, &c);
	if (error == 0 && id == by)
		error = registry_fail(reg, -EINVAL, "a card cannot replace itself");
	if (error < 0)
		return error;
	if (!stmt)
		return registry_sql_fail(reg, "replace a card");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	sqlite3_bind_int64(stmt, 2, (int64_t)by);
	error = registry_run(reg, stmt, "replace a card");
	return error < 0 ? error : 0;
}

/* ---- lists ---- */

#define LIST_SQL                                                                            \
	" AND id > ?1 AND (?3 < 0 OR state = ?3) AND (?4 IS NULL OR tapin_has(label, ?4)) " \
	"AND (?5 = 0 OR issued_us < ?5) ORDER BY id LIMIT ?6"

int registry_cards(
	struct registry *reg, const struct registry_card_query *query, struct registry_card *rows)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(
		reg, query->lent ? CARD_SQL "INDEXED BY card_loan WHERE loan_until IS NOT NULL "
					    "AND (?2 = 0 OR member = ?2)" LIST_SQL
		     : query->member > 0 ? CARD_SQL "WHERE member = ?2" LIST_SQL
					 : CARD_SQL "WHERE ?2 = 0" LIST_SQL);
	int count = 0, rc;

	if (!stmt)
		return registry_sql_fail(reg, "list cards");
	sqlite3_bind_int64(stmt, 1, (int64_t)query->after);
	sqlite3_bind_int64(stmt, 2, (int64_t)query->member);
	sqlite3_bind_int64(stmt, 3, query->state);
	if (query->text && *query->text)
		registry_bind_text(stmt, 4, query->text);
	sqlite3_bind_int64(stmt, 5, query->issued_before_us);
	sqlite3_bind_int64(stmt, 6, registry_page(query->limit));
	while ((rc = registry_step(reg, stmt, "list cards")) > 0)
		take(stmt, &rows[count++]);
	return rc < 0 ? rc : count;
}
