/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in: comings and goings since the last check-out, in the order of their time. */
#include "registry_days_private.h"

#include "base/clock.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ---- */

int registry_presence_add(struct registry *reg, const struct registry_move *m)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO presence (person, at_us, inside, sure, door, entry, sponsor, event, "
		"by, why) VALUES (?1, ?2, ?3, ?4, ?5, nullif(?6, 0), ?7, ?8, ?9, ?10)");

	if (!stmt)
		return registry_sql_fail(reg, "note who came or left");
	sqlite3_bind_int64(stmt, 1, registry_person_key(&m->person));
	sqlite3_bind_int64(stmt, 2, m->at_us);
	sqlite3_bind_int64(stmt, 3, m->inside);
	sqlite3_bind_int64(stmt, 4, m->sure);
	registry_bind_text(stmt, 5, m->door);
	sqlite3_bind_int64(stmt, 6, m->entry);
	sqlite3_bind_int64(stmt, 7, (int64_t)m->sponsor);
	sqlite3_bind_int64(stmt, 8, (int64_t)m->event);
	registry_bind_text(stmt, 9, m->by);
	registry_bind_text(stmt, 10, m->why);
	return registry_run(reg, stmt, "note who came or left");
}

/* ---- who is in ---- */

/* Since when every door let nobody pass without a tap; INT64_MAX: one stands open. */
static int shut_since(struct registry *reg, int64_t *ret_us)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT coalesce(max(iif(from_us > until_us, ?1, until_us)), 0) FROM door_open");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read which doors stand open");
	sqlite3_bind_int64(stmt, 1, INT64_MAX);
	rc = registry_step(reg, stmt, "read which doors stand open");
	if (rc > 0)
		*ret_us = sqlite3_column_int64(stmt, 0);
	return rc < 0 ? rc : 0;
}

static void take(sqlite3_stmt *stmt, struct registry_present *p)
{
	int64_t person = sqlite3_column_int64(stmt, 0);

	*p = (struct registry_present){
		.person.member = person > 0 ? (uint64_t)person : 0,
		.person.card = person < 0 ? (uint64_t)-person : 0,
		.since_us = sqlite3_column_int64(stmt, 1),
		.sure = sqlite3_column_int(stmt, 3) != 0,
		.sponsor = registry_take_u64(stmt, 5),
		.event = registry_take_u64(stmt, 6),
	};
	registry_take_text(stmt, 4, p->door, sizeof(p->door));
	registry_take_text(stmt, 7, p->by, sizeof(p->by));
	registry_take_text(stmt, 8, p->zone, sizeof(p->zone));
}

struct crowd {
	struct registry_present *rows;
	size_t count, room;
};

static struct registry_present *crowd_new(struct crowd *c)
{
	if (c->count == c->room) {
		size_t room = c->room ? 2 * c->room : 64;
		struct registry_present *rows = reallocarray(c->rows, room, sizeof(*rows));

		if (!rows)
			return NULL;
		c->rows = rows;
		c->room = room;
	}
	return &c->rows[c->count++];
}

/* Rows come by person and time: the last of a person says whether they are in, the first since they
 * last left says since when. */
static int fold(struct registry *reg, sqlite3_stmt *stmt, struct crowd *c)
{
	struct registry_present row, *last = NULL;
	int rc;

	while ((rc = registry_step(reg, stmt, "read who is in")) > 0) {
		bool inside = sqlite3_column_int(stmt, 2) != 0;

		take(stmt, &row);
		if (last && registry_person_key(&last->person) != registry_person_key(&row.person))
			last = NULL;
		if (last && inside) { /* in already; seen again */
			last->sure |= row.sure;
			last->event = row.event ? row.event : last->event;
			if (*row.door)
				memcpy(last->zone, row.zone, sizeof(last->zone));
		} else if (last) {
			last = NULL;
			c->count--;
		} else if (inside) {
			last = crowd_new(c);
			if (!last)
				return registry_fail(
					reg, -ENOMEM, "not enough memory for who is in");
			*last = row;
		}
	}
	return rc;
}

static int read_crowd(struct registry *reg, int64_t from_us, struct crowd *c)
{
	/* + or its planner walks all of them in that order, instead of sorting the newest */
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"SELECT p.person, p.at_us, p.inside, p.sure, p.door, p.sponsor, p.event, p.by, "
		"d.zone FROM presence p LEFT JOIN door d ON d.name = p.door "
		"WHERE p.at_us >= ?1 ORDER BY +p.person, p.at_us, p.inside DESC, p.id");

	if (!stmt)
		return registry_sql_fail(reg, "read who is in");
	sqlite3_bind_int64(stmt, 1, from_us);
	return fold(reg, stmt, c);
}

static int read_name(struct registry *reg, struct registry_present *p)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		p->person.member
			? registry_prepare(reg, "SELECT name FROM member WHERE id = ?1")
			: registry_prepare(reg, "SELECT name FROM guest_pass WHERE card = ?1 AND "
						"from_us <= ?2 ORDER BY id DESC LIMIT 1");
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read who is in");
	sqlite3_bind_int64(
		stmt, 1, (int64_t)(p->person.member ? p->person.member : p->person.card));
	if (!p->person.member)
		sqlite3_bind_int64(stmt, 2, p->since_us);
	rc = registry_step(reg, stmt, "read who is in");
	if (rc > 0)
		registry_take_text(stmt, 0, p->name, sizeof(p->name));
	return rc;
}

static int by_since(const void *a, const void *b)
{
	const struct registry_present *x = a, *y = b;

	return x->since_us < y->since_us ? -1 : x->since_us > y->since_us;
}

int registry_present(struct registry *reg, struct registry_present **ret_rows)
{
	int64_t now_us = registry_now_us(reg), shut_us = 0;
	struct crowd c = {0};
	uint16_t minute;
	int rc = registry_checkout(reg, &minute, NULL);

	if (rc >= 0)
		rc = shut_since(reg, &shut_us);
	if (rc >= 0)
		rc = read_crowd(reg, registry_checkout_before(now_us, minute), &c);
	for (size_t i = 0; rc >= 0 && i < c.count; i++) {
		c.rows[i].sure &= c.rows[i].since_us > shut_us;
		rc = read_name(reg, &c.rows[i]);
	}
	if (rc < 0) {
		free(c.rows);
		return rc;
	}
	if (c.count > 0)
		qsort(c.rows, c.count, sizeof(*c.rows), by_since);
	*ret_rows = c.rows;
	return (int)c.count;
}

/* ---- corrections ---- */

static int check_person(struct registry *reg, const struct registry_person *person)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = person->member
				     ? registry_prepare(reg, "SELECT 1 FROM member WHERE id = ?1")
				     : registry_prepare(reg, "SELECT 1 FROM card WHERE id = ?1");
	uint64_t id = person->member ? person->member : person->card;
	int rc;

	if ((person->member > 0) == (person->card > 0))
		return registry_fail(
			reg, -EINVAL, "name a member, or the card of a guest: one of the two");
	if (!stmt)
		return registry_sql_fail(reg, "read a person");
	sqlite3_bind_int64(stmt, 1, (int64_t)id);
	rc = registry_step(reg, stmt, "read a person");
	if (rc == 0)
		return registry_fail(reg, -ENOENT, "there is no %s %" PRIu64 ": look at the list",
			person->member ? "member" : "card", id);
	return rc < 0 ? rc : 0;
}

static int check_moment(struct registry *reg, int64_t at_us)
{
	int64_t now_us = registry_now_us(reg);
	uint16_t minute;
	int rc = registry_checkout(reg, &minute, NULL);

	if (rc < 0)
		return rc;
	if (at_us > now_us || at_us < registry_checkout_before(now_us, minute))
		return registry_fail(reg, -EINVAL,
			"at must lie between the last check-out and now: who was in before that "
			"has left since");
	return 0;
}

int registry_presence_correct(struct registry *reg, const struct registry_person *person,
	bool inside, int64_t at_us, const char *actor, const char *why)
{
	struct registry_move m = {
		.person = *person,
		.at_us = at_us ? at_us : registry_now_us(reg),
		.inside = inside,
		.door = "",
		.by = actor,
		.why = why,
	};
	int rc = registry_check_changing(reg);

	if (rc == 0)
		rc = registry_check_text(reg, "who says so", actor, ENTRY_ACTOR_MAX, false);
	if (rc == 0)
		rc = registry_check_text(reg, "the reason", why, REGISTRY_NOTE_MAX, false);
	if (rc == 0)
		rc = check_person(reg, person);
	if (rc == 0)
		rc = check_moment(reg, m.at_us);
	if (rc == 0)
		rc = registry_presence_add(reg, &m);
	if (rc >= 0 && person->member)
		rc = registry_standing_publish(reg, person->member);
	return rc < 0 ? rc : 0;
}
