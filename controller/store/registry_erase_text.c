/* SPDX-License-Identifier: Apache-2.0 */
/* What people wrote: a name, a contact or a card's label may stand in any of it. */
#include "registry_erase_private.h"

#include <string.h>

#define PART_MIN 5 /* bytes: a shorter name is found only where it is all there is */

#define SCRUB(TABLE, COLUMN)                                                         \
	"UPDATE " TABLE " SET " COLUMN " = iif(" COLUMN " = ?2, '', replace(" COLUMN \
	", ?2, '" REGISTRY_ERASED_NAME "')) WHERE ?1 > 0 AND (" COLUMN " = ?2 OR "   \
	"(length(CAST(?2 AS BLOB)) >= 5 AND instr(" COLUMN ", ?2)))"
#define SCRUB_KEPT(TABLE, COLUMN)                                                          \
	"UPDATE " TABLE " SET " COLUMN " = replace(" COLUMN ", ?2, '" REGISTRY_ERASED_NAME \
	"') WHERE ?1 > 0 AND (" COLUMN " = ?2 OR "                                         \
	"(length(CAST(?2 AS BLOB)) >= 5 AND instr(" COLUMN ", ?2)))"

_Static_assert(PART_MIN == 5, "the bytes that the statements name");

/* Where an empty text would not be a text, the word stands in its place. */
static const char *const columns[] = {
	SCRUB("notice", "text"),
	SCRUB("guest_pass", "name"),
	SCRUB("event_guest", "name"),
	SCRUB("event", "note"),
	SCRUB_KEPT("event", "title"),
	SCRUB("correction", "why"),
	SCRUB("presence", "why"),
	SCRUB("card", "ended_why"),
	SCRUB("member", "note"),
	SCRUB("command", "why"),
	SCRUB("command", "label"),
	SCRUB("exception", "reason"),
	SCRUB("alarm", "what"),
	/* but for those of namesakes */
	"UPDATE audit SET before = '', after = '' WHERE ?1 > 0 AND "
	"(instr(before, '\"' || ?2 || '\"') OR instr(after, '\"' || ?2 || '\"') OR "
	"(length(CAST(?2 AS BLOB)) >= 5 AND (instr(before, ?2) OR instr(after, ?2)))) AND "
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

int registry_erase_texts(struct registry *reg, struct erasing *e)
{
	int rc = scrub(reg, e, e->member.name);

	if (rc >= 0)
		rc = scrub(reg, e, e->member.contact);
	for (size_t i = 0; rc >= 0 && i < e->label_count; i++)
		rc = scrub(reg, e, e->labels[i]);
	return rc;
}
