/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is held about a member, a part at a time, each a list of JSON. */
#include "registry_erase_private.h"

#include "core/reason.h"
#include <string.h>

#define TIME(COLUMN) "strftime('%Y-%m-%dT%H:%M:%SZ', nullif(" COLUMN ", 0) / 1000000, 'unixepoch')"
#define DATE(COLUMN) "date(" COLUMN " * 86400, 'unixepoch')"

/* Texts about others in which the name stands. */
#define MENTION(WHERE, COLUMN, TABLE)                                                            \
	"SELECT json_object('where', " WHERE ", 'text', " COLUMN ") FROM " TABLE                 \
	", (SELECT name AS who FROM member WHERE id = ?1) WHERE length(CAST(who AS BLOB)) >= 5 " \
	"AND tapin_has(" COLUMN ", who)"

/* What a table lacks for a reader comes from tapin_word, as kinds and reasons. */
static const struct {
	const char *name;
	const char *sql;
} parts[] = {
	{"member",
		"SELECT json_object('id', m.id, 'name', m.name, 'contact', contact, 'note', note, "
		"'tier', t.name, 'state', tapin_word('state', state), "
		"'valid_from', " DATE("valid_from") ", 'valid_until', " DATE(
			"valid_until") ", "
				       "'grace_until', " DATE(
					       "grace_until") ", 'release_ms', release_ms, "
							      "'pool', p.name, 'created_at', " TIME(
								      "created_us") ") FROM member "
										    "m "
										    "JOIN tier t "
										    "USING (tier) "
										    "LEFT JOIN "
										    "pool p ON "
										    "p.id = m.pool "
										    "WHERE m.id = "
										    "?1"},
	{"cards", "SELECT json_object('id', id, 'token', lower(hex(token)), 'label', label, "
		  "'state', tapin_word('card', state), 'issued_by', issued_by, "
		  "'issued_at', " TIME(
			  "issued_us") ", 'ended_by', ended_by, "
				       "'ended_at', " TIME(
					       "ended_us") ", 'ended_why', ended_why, "
							   "'loan_until', " DATE(
								   "loan_until") ") FROM card "
										 "WHERE member = "
										 "?1 ORDER BY id"},
	{"entries", "SELECT json_object('id', id, 'time', " TIME(
			    "wall_us") ", 'door', door, "
				       "'kind', tapin_word('kind', kind), 'verdict', "
				       "iif(verdict IS NULL, NULL, iif(verdict, 'grant', 'deny')), "
				       "'reason', tapin_word('reason', reason), 'card', card, "
				       "'actor', actor) "
				       "FROM entry WHERE member = ?1 ORDER BY id"},
	{"presence", "SELECT json_object('time', " TIME(
			     "at_us") ", 'what', iif(inside, 'came', 'left'), "
				      "'sure', json(iif(sure, 'true', 'false')), 'door', door, "
				      "'event', nullif(event, 0), "
				      "'by', by, 'why', why) FROM presence WHERE person = ?1 ORDER "
				      "BY at_us"},
	{"usage", "SELECT json_object('entry', entry, 'time', " TIME(
			  "at_us") ", "
				   "'date', " DATE("date") ", 'door', door, 'unit', json(iif(flags "
							   "& 1, 'true', "
							   "'false')), 'free', json(iif(flags & 2, "
							   "'true', 'false')), 'event', "
							   "nullif(event, 0), 'pool', nullif(pool, "
							   "0)) FROM usage WHERE member = ?1 "
							   "ORDER BY at_us"},
	{"corrections", "SELECT json_object('units', units, 'entry', entry, 'by', by, 'why', why, "
			"'time', " TIME("at_us") ") FROM correction WHERE member = ?1 ORDER BY id"},
	{"guests", "SELECT json_object('id', id, 'name', name, 'card', card, 'door', door, "
		   "'from', " TIME("from_us") ", 'until', " TIME(
			   "until_us") ", 'made_by', made_by, "
				       "'came_at', " TIME("arrived_us") ", 'ended_at', " TIME(
					       "ended_us") ") "
							   "FROM guest_pass WHERE sponsor = ?1 "
							   "ORDER BY id"},
	{"events",
		"SELECT json_object('event', g.event, 'title', e.title, 'starts_at', " TIME(
			"e.starts_us") ", 'name', g.name, 'came_at', " TIME("g.arrived_us") ", "
											    "'by', "
											    "g.by) "
											    "FROM "
											    "event_"
											    "guest "
											    "g "
											    "JOIN "
											    "event "
											    "e ON "
											    "e.id "
											    "= "
											    "g."
											    "event "
											    "WHERE "
											    "g."
											    "member"
											    " = ?1 "
											    "ORDER "
											    "BY "
											    "g.id"},
	{"notices", "SELECT json_object('text', text, 'time', " TIME(
			    "at_us") ") FROM notice "
				     "WHERE member = ?1 ORDER BY id"},
	{"commands", "SELECT json_object('door', door, 'verb', tapin_word('verb', verb), "
		     "'actor', actor, 'time', " TIME(
			     "sent_us") ", 'label', label, 'why', why) "
					"FROM command WHERE member = ?1 ORDER BY rowid"},
	{"audit", "SELECT json_object('time', " TIME(
			  "at_us") ", 'actor', actor, 'action', action, "
				   "'object', object, 'before', before, 'after', after) FROM audit "
				   "WHERE " REGISTRY_AUDIT_ABOUT " ORDER BY id"},
	{"mentions",
		MENTION("'event/' || id", "title", "event x") " UNION ALL " MENTION(
			"'event/' || id", "note",
			"event x") " UNION ALL " MENTION("'event/' || event", "x.name",
			"event_guest x") " AND x.member IS NULL"
					 " UNION ALL " MENTION("'guest/' || x.id", "x.name",
						 "guest_pass x") " UNION ALL " MENTION("'member/' "
										       "|| x.id",
						 "x.note",
						 "member x") " AND x.id <> ?1"
							     " UNION ALL " MENTION(
								     "'member/' || x.member",
								     "text",
								     "notice x") " AND x.member <> "
										 "?1"
										 " UNION "
										 "ALL " MENTION(
											 "'closure/"
											 "' || "
											 "x.id",
											 "reason",
											 "exception"
											 " x") " UN"
											       "ION"
											       " AL"
											       "L"
											       " " MENTION(
												       "'alarm/' || x.id",
												       "what",
												       "alarm x")},
	{"operator", "SELECT json_object('name', name, 'unix_user', unix_user, "
		     "'seen_at', " TIME("seen_us") ") FROM operator WHERE member = ?1"},
};

size_t registry_export_parts(void)
{
	return ARRAY_SIZE(parts);
}

/* One more row; the text grows by doubling. */
static int put(char **text, size_t *used, size_t *room, const char *row)
{
	size_t size = strlen(row), need = *used + size + 3;
	char *grown;

	if (need > *room) {
		*room = 2 * need;
		grown = realloc(*text, *room);
		if (!grown)
			return -ENOMEM;
		*text = grown;
	}
	*used += (size_t)sprintf(*text + *used, "%s%s", *used > 1 ? "," : "", row);
	return 0;
}

int registry_export(
	struct registry *reg, uint64_t member, size_t part, const char **ret_name, char **ret_json)
{
	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, parts[part].sql);
	CLEANUP(cleanup_free) char *text = malloc(64);
	size_t used = 1, room = 64;
	int rc, error = text ? 0 : -ENOMEM;

	if (!stmt)
		return registry_sql_fail(reg, "read what is held about a member");
	if (error < 0)
		return error;
	strcpy(text, "[");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	while ((rc = registry_step(reg, stmt, "read what is held about a member")) > 0) {
		const char *row = (const char *)sqlite3_column_text(stmt, 0);

		error = row ? put(&text, &used, &room, row) : -ENOMEM;
		if (error < 0)
			return error;
	}
	if (rc < 0)
		return rc;
	strcpy(text + used, "]"); /* put leaves room */
	*ret_name = parts[part].name;
	*ret_json = STEAL(text);
	return 0;
}

/* ---- words ---- */

static const char *word(const char *what, int number)
{
	static const char *const verbs[] = {
		"", "unlock", "relock", "enrol", "enrol_cancel", "identify", "test"};

	if (strcmp(what, "kind") == 0)
		return entry_kind_name((enum entry_kind)number);
	if (strcmp(what, "reason") == 0)
		return reason_info((enum reason)number)->name;
	if (strcmp(what, "state") == 0)
		return member_state_name((enum member_state)number);
	if (strcmp(what, "card") == 0)
		return card_state_name((enum card_state)number);
	return number > 0 && number < (int)ARRAY_SIZE(verbs) ? verbs[number] : NULL;
}

static void on_word(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *what = (const char *)sqlite3_value_text(values[0]);
	const char *text = NULL;

	(void)count;
	if (what && sqlite3_value_type(values[1]) == SQLITE_INTEGER)
		text = word(what, sqlite3_value_int(values[1]));
	if (text)
		sqlite3_result_text(context, text, -1, SQLITE_STATIC);
}

int registry_export_register(sqlite3 *db)
{
	return sqlite3_create_function_v2(db, "tapin_word", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY,
		       NULL, on_word, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : db_errno(db);
}
