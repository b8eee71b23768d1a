/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting a person. Numbers stay: they count, and name nobody once the row behind them is a
 * stub. What is written here stays in the file's pages until registry_wipe.
 */
#include "registry_erase_private.h"

#include "store/registry_people.h"
#include <inttypes.h>
#include <string.h>

int registry_erase_run(struct registry *reg, const char *sql, uint64_t member, const char *text)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);

	if (!stmt)
		return registry_sql_fail(reg, "erase a member");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	if (text)
		registry_bind_text(stmt, 2, text);
	return registry_run(reg, stmt, "erase a member");
}

/* ---- may it be? ---- */

static int check(struct registry *reg, uint64_t id, struct registry_member *ret_member)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "SELECT name FROM operator WHERE member = ?1 LIMIT 1");
	struct registry_erasure erasure;
	char name[ENTRY_ACTOR_MAX + 1];
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_member(reg, id, ret_member);
	if (rc < 0)
		return rc;
	rc = registry_erasure(reg, id, &erasure);
	if (rc == 0)
		return registry_fail(reg, -EPERM, "member %" PRIu64 " was erased already", id);
	if (rc != -ENOENT)
		return rc;
	if (!stmt)
		return registry_sql_fail(reg, "read the operators");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_step(reg, stmt, "read the operators");
	if (rc <= 0)
		return rc;
	registry_take_text(stmt, 0, name, sizeof(name));
	return registry_fail(reg, -EPERM,
		"member %" PRIu64 " is operator %s: remove that operator first", id, name);
}

/* ---- cards, guests, events ---- */

/* A lent card goes back into the drawer, with its own token and label. */
static bool is_lent(const struct registry_card *card)
{
	return card->loan_until != DATE_NONE &&
	       (card->state == CARD_STATE_ACTIVE || card->state == CARD_STATE_SUSPENDED);
}

/* Out of the roster too, without the trace by which a delta would tell of it: that is its token. */
static int take_card(struct registry *reg, const struct registry_card *card)
{
	struct roster_record record = {
		.kind = ROSTER_KIND_CARD, .gone = true, .card.token = card->token};
	int rc = card->has_token ? registry_roster_put(reg, &record) : 0;

	return rc < 0 ? rc
		      : registry_erase_run(reg,
				"UPDATE card SET state = 4, pending = 0, token = NULL, label = '', "
				"ended_why = '', loan_until = NULL, version = version + 1 "
				"WHERE id = ?1",
				card->id, NULL);
}

_Static_assert(CARD_STATE_REVOKED == 4, "the state that is written here");

static int take_cards(struct registry *reg, struct erasing *e)
{
	struct registry_card *cards = calloc(ERASING_CARDS_MAX, sizeof(*cards));
	const struct registry_card_query query = {
		.member = e->member.id, .state = -1, .limit = ERASING_CARDS_MAX};
	int n = cards ? registry_cards(reg, &query, cards) : -ENOMEM, rc = n;

	for (int i = 0; rc >= 0 && i < n; i++) {
		if (is_lent(&cards[i])) {
			rc = registry_card_act(
				reg, cards[i].id, REGISTRY_CARD_RETURN, "hub", "", 0);
			continue;
		}
		if (cards[i].has_token)
			e->tokens[e->token_count++] = cards[i].token;
		memcpy(e->labels[e->label_count++], cards[i].label, sizeof(cards[i].label));
		rc = take_card(reg, &cards[i]);
		e->cards++;
	}
	free(cards);
	if (rc >= 0 && n == ERASING_CARDS_MAX)
		rc = registry_fail(reg, -ENOSPC,
			"member %" PRIu64 " has %d cards or more: return the oldest first",
			e->member.id, ERASING_CARDS_MAX);
	return rc < 0 ? rc : 0;
}

/* The next row of a list of numbers: 1 and its id, 0, or negative errno. */
static int next(struct registry *reg, const char *sql, uint64_t member, uint64_t *id)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, sql);
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "erase a member");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, (int64_t)*id);
	rc = registry_step(reg, stmt, "erase a member");
	if (rc > 0)
		*id = registry_take_u64(stmt, 0);
	return rc;
}

static int end_guests(struct registry *reg, uint64_t member)
{
	uint64_t id = 0;
	int rc;

	while ((rc = next(reg,
			"SELECT id FROM guest_pass WHERE sponsor = ?1 AND ended_us = 0 AND id > ?2 "
			"ORDER BY id LIMIT 1",
			member, &id)) > 0) {
		rc = registry_guest_end(reg, id, "");
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int leave_lists(struct registry *reg, uint64_t member)
{
	uint64_t id = 0;
	int rc;

	while ((rc = next(reg,
			"SELECT id FROM event_guest WHERE member = ?1 AND id > ?2 ORDER BY id "
			"LIMIT 1",
			member, &id)) > 0) {
		rc = registry_extra_drop(reg, DECIDE_EXTRA_EVENT, id);
		if (rc < 0)
			return rc;
	}
	return rc;
}

/* ---- rows ---- */

static const char *const rows[] = {
	"INSERT INTO member_text (member_text, rowid, id, name, contact) "
	"SELECT 'delete', id, id, name, contact FROM member WHERE id = ?1",
	"UPDATE member SET name = '" REGISTRY_ERASED_NAME "', contact = '', note = '', state = 0, "
	"valid_from = NULL, valid_until = NULL, grace_until = NULL, release_ms = 0, pool = NULL, "
	"version = version + 1 WHERE id = ?1",
	"INSERT INTO member_text (rowid, id, name, contact) "
	"SELECT id, id, name, contact FROM member WHERE id = ?1",
	"DELETE FROM notice WHERE member = ?1",
	"UPDATE event_guest SET name = '' WHERE member = ?1",
	"UPDATE guest_pass SET name = '' WHERE sponsor = ?1",
	"UPDATE correction SET why = '' WHERE member = ?1",
	"UPDATE presence SET why = '' WHERE person = ?1",
	"UPDATE command SET label = '', why = '', member = 0 WHERE member = ?1",
	"UPDATE audit SET before = '', after = '' WHERE " REGISTRY_AUDIT_ABOUT,
	("DELETE FROM roster WHERE record IS NULL AND turn = 6 AND number = "
	 "(SELECT max(number) FROM roster)"),
};

static int forget_rows(struct registry *reg, uint64_t member)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(rows); i++)
		rc = registry_erase_run(reg, rows[i], member, NULL);
	return rc;
}

static int no_standing(struct registry *reg, uint64_t member)
{
	struct roster_record *record = calloc(1, sizeof(*record));
	int rc = -ENOMEM;

	if (record) {
		record->kind = ROSTER_KIND_STANDING;
		record->gone = true;
		record->standing.member = member;
		rc = registry_roster_put(reg, record);
	}
	free(record);
	return rc;
}

/* ---- what is remembered ---- */

static int remember(struct registry *reg, uint64_t member, int64_t at_us)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "INSERT INTO erasure VALUES (?1, ?2, ?3, ?4, 0)");
	CLEANUP(registry_done)
	sqlite3_stmt *doors = registry_prepare(
		reg, "INSERT INTO erasure_door SELECT name, ?1 FROM door WHERE key IS NOT NULL");
	const struct revision *revision = &reg->next.roster.revision;
	int rc;

	if (!stmt || !doors)
		return registry_sql_fail(reg, "remember who is erased");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	sqlite3_bind_int64(stmt, 2, at_us);
	sqlite3_bind_int64(stmt, 3, revision->generation);
	sqlite3_bind_int64(stmt, 4, (int64_t)revision->number);
	rc = registry_run(reg, stmt, "remember who is erased");
	sqlite3_bind_int64(doors, 1, (int64_t)member);
	return rc < 0 ? rc : registry_run(reg, doors, "remember which doors owe it");
}

static int erase(struct registry *reg, struct erasing *e, int64_t at_us)
{
	uint64_t member = e->member.id;
	int rc = end_guests(reg, member);

	if (rc >= 0)
		rc = leave_lists(reg, member);
	if (rc >= 0)
		rc = take_cards(reg, e);
	if (rc >= 0)
		rc = no_standing(reg, member);
	if (rc >= 0)
		rc = remember(reg, member, at_us);
	if (rc >= 0)
		rc = registry_erase_entries(reg, e);
	if (rc >= 0)
		rc = registry_erase_texts(reg, e);
	if (rc >= 0)
		rc = forget_rows(reg, member);
	/* deltas from before would have to name the tokens */
	reg->next.floor = reg->next.roster.revision.number;
	reg->headed = true;
	return rc < 0 ? registry_break(reg, rc) : 0;
}

int registry_erase(struct registry *reg, uint64_t member, struct registry_erased *ret_erased)
{
	struct erasing *e = calloc(1, sizeof(*e));
	int rc = e ? check(reg, member, &e->member) : -ENOMEM;

	if (rc == 0)
		rc = erase(reg, e, registry_now_us(reg));
	if (rc == 0)
		*ret_erased = (struct registry_erased){
			.entries = e->entries, .cards = e->cards, .texts = e->texts};
	free(e);
	return rc;
}

/* ---- of a list ---- */

/* A number that the backup does not know must not be given to somebody else. */
static int add_stub(struct registry *reg, uint64_t member)
{
	int rc = registry_erase_run(reg,
		"INSERT INTO member (id, name, contact, note, tier, state, release_ms, created_us, "
		"version) SELECT ?1, '" REGISTRY_ERASED_NAME "', '', '', min(tier), 0, 0, 0, 1 "
		"FROM tier HAVING count(*) > 0",
		member, NULL);

	return rc < 0 ? rc : registry_search_put(reg, member);
}

int registry_erase_again(struct registry *reg, uint64_t member, int64_t at_us)
{
	struct erasing *e = calloc(1, sizeof(*e));
	struct registry_erasure erasure;
	int rc = e ? registry_check_changing(reg) : -ENOMEM;
	bool nothing = false;

	if (rc == 0) {
		rc = registry_erasure(reg, member, &erasure);
		nothing = rc == 0;
	}
	if (rc == -ENOENT) {
		rc = registry_member(reg, member, &e->member);
		/* a new site's, under an old list */
		nothing = rc == 0 && e->member.created_us > at_us;
	}
	if (nothing) {
		free(e);
		return 0;
	}
	if (rc == -ENOENT) {
		rc = add_stub(reg, member);
		e->member.id = member;
	}
	/* who operates the hub now goes on doing so, as nobody in particular */
	if (rc >= 0)
		rc = registry_erase_run(
			reg, "UPDATE operator SET member = NULL WHERE member = ?1", member, NULL);
	if (rc >= 0)
		rc = erase(reg, e, at_us);
	free(e);
	return rc < 0 ? rc : 1;
}
