/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of erasing share. */
#pragma once

#include "registry_days_private.h"
#include "registry_log_private.h"
#include "store/registry_erase.h"
#include "store/registry_people.h"

#define ERASING_CARDS_MAX 256

/* Rows of the audit about the member ?1, their cards and their guests. */
#define REGISTRY_AUDIT_ABOUT                                                                       \
	"(object = 'member/' || ?1 OR object IN (SELECT 'card/' || id FROM card WHERE "            \
	"member = ?1) OR object IN (SELECT 'guest/' || id FROM guest_pass WHERE sponsor = ?1) "    \
	"OR instr(before, '\"member\":' || ?1 || ',') OR instr(before, '\"member\":' || ?1 || "    \
	"'}') "                                                                                    \
	"OR instr(after, '\"member\":' || ?1 || ',') OR instr(after, '\"member\":' || ?1 || '}') " \
	"OR instr(before, '\"sponsor\":' || ?1 || ',') OR instr(after, '\"sponsor\":' || ?1 || "   \
	"','))"

/* One erasure under way: what it is looked for by, and what it found. */
struct erasing {
	struct registry_member member;
	size_t token_count;
	struct token tokens[ERASING_CARDS_MAX];
	size_t label_count;
	char labels[ERASING_CARDS_MAX][REGISTRY_NAME_MAX + 1];
	uint64_t entries;
	uint32_t cards;
	uint32_t texts;
};

/* Runs a literal with ?1 the member and ?2 a text (or NULL): how many rows. */
int registry_erase_run(
	struct registry *registry, const char *sql, uint64_t member, const char *text);
/* registry_erase_log.c: entries and forks lose salt and subject; those that have only a token are
 * listed for the doors. */
int registry_erase_entries(struct registry *registry, struct erasing *erasing);
/* registry_erase_text.c: name, contact and labels, wherever people write. */
int registry_erase_texts(struct registry *registry, struct erasing *erasing);
/* Forks of before then forget the tokens of unknown cards: how many. */
int registry_erase_unknown_forks(struct registry *registry, int64_t before_us);
/* Does an entry that came late speak of somebody who is erased? 1, 0 or negative errno. */
int registry_erase_late(struct registry *registry, const struct entry *entry);
