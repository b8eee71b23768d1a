/* SPDX-License-Identifier: Apache-2.0 */
/* What people wrote: a name, a contact or a card's label may stand in any of it. */
#include "registry_erase_private.h"

#include <stdlib.h>
#include <string.h>

#define SCRUB_AS(TABLE, COLUMN, WHOLE)                                              \
	"UPDATE " TABLE " SET " COLUMN " = tapin_scrub(" COLUMN ", ?2, " WHOLE ") " \
	"WHERE ?1 > 0 AND " COLUMN " <> tapin_scrub(" COLUMN ", ?2, " WHOLE ")"
#define SCRUB(TABLE, COLUMN) SCRUB_AS(TABLE, COLUMN, "''")
#define SCRUB_KEPT(TABLE, COLUMN) SCRUB_AS(TABLE, COLUMN, "'" REGISTRY_ERASED_NAME "'")
/* As it stands in JSON. */
#define QUOTED "json_quote(?2)"
#define INNER "substr(" QUOTED ", 2, length(" QUOTED ") - 2)"

/* Where an empty text would not be a text, the word stands in its place. */
static const char *const columns[] = {
	SCRUB("notice", "text"),
	SCRUB("guest_pass", "name"),
	SCRUB("event_guest", "name"),
	SCRUB("event", "note"),
	SCRUB("event", "room"),
	SCRUB_KEPT("event", "title"),
	SCRUB("correction", "why"),
	SCRUB("presence", "why"),
	SCRUB("card", "ended_why"),
	SCRUB("card", "label"),
	SCRUB("member", "note"),
	SCRUB("command", "why"),
	SCRUB("command", "label"),
	SCRUB("exception", "reason"),
	SCRUB("alarm", "what"),
	/* but for those of namesakes */
	"UPDATE audit SET before = '', after = '' WHERE ?1 > 0 AND "
	"(instr(before, " QUOTED ") OR instr(after, " QUOTED ") OR "
	"before <> tapin_scrub(before, " INNER ", '') OR "
	"after <> tapin_scrub(after, " INNER ", '')) AND "
	"object NOT IN (SELECT 'member/' || id FROM member WHERE id <> ?1 AND "
	"(name = ?2 OR contact = ?2))",
};

static int scrub(struct registry *reg, struct erasing *e, const char *text)
{
	int rc = 0;

	if (!*text || strcmp(text, REGISTRY_ERASED_NAME) == 0)
		return 0;
	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(columns); i++) {
		rc = registry_erase_run(reg, columns[i], e->member.id, text);
		e->texts += rc > 0 ? (uint32_t)rc : 0;
	}
	return rc;
}

/* ---- what they were called before, as far as the audit goes back ---- */

#define FORMER_MAX 64

struct former {
	size_t count;
	char *texts[FORMER_MAX];
};

static void free_former(struct former *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->texts[i]);
}

#define FORMER_OF(SIDE, FIELD)                                                   \
	"SELECT json_extract(" SIDE ", '$." FIELD "') AS text FROM audit WHERE " \
	"object = 'member/' || ?1 AND json_valid(" SIDE ")"
#define FORMER_LABEL(SIDE)                                                             \
	"SELECT json_extract(" SIDE ", '$.label') FROM audit WHERE object IN (SELECT " \
	"'card/' || id FROM card WHERE member = ?1) AND json_valid(" SIDE ") AND "     \
	"json_extract(" SIDE ", '$.member') = ?1"

/* clang-format off */
#define FORMER_SQL                                                                           \
	"SELECT DISTINCT text FROM (" FORMER_OF("before", "name")                            \
	" UNION ALL " FORMER_OF("before", "contact")                                         \
	" UNION ALL " FORMER_OF("after", "name")                                             \
	" UNION ALL " FORMER_OF("after", "contact")                                          \
	" UNION ALL " FORMER_LABEL("before")                                                 \
	" UNION ALL " FORMER_LABEL("after")                                                  \
	") WHERE typeof(text) = 'text' AND text <> ''"
/* clang-format on */

static int read_former(struct registry *reg, uint64_t member, struct former *f)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, FORMER_SQL);
	int rc = 0;

	if (!stmt)
		return registry_sql_fail(reg, "read what a member was called");
	sqlite3_bind_int64(stmt, 1, (int64_t)member);
	while (f->count < FORMER_MAX &&
		(rc = registry_step(reg, stmt, "read what a member was called")) > 0) {
		char *text = strdup((const char *)sqlite3_column_text(stmt, 0));

		if (!text)
			return registry_fail(reg, -ENOMEM, "not enough memory to erase a member");
		f->texts[f->count++] = text;
	}
	return rc < 0 ? rc : 0;
}

/* The audit is read first: scrubbing empties it. */
int registry_erase_texts(struct registry *reg, struct erasing *e)
{
	CLEANUP(free_former) struct former former = {0};
	int rc = read_former(reg, e->member.id, &former);

	if (rc >= 0)
		rc = scrub(reg, e, e->member.name);
	if (rc >= 0)
		rc = scrub(reg, e, e->member.contact);
	for (size_t i = 0; rc >= 0 && i < e->label_count; i++)
		rc = scrub(reg, e, e->labels[i]);
	for (size_t i = 0; rc >= 0 && i < former.count; i++)
		rc = scrub(reg, e, former.texts[i]);
	return rc;
}
