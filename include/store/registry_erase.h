/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is held about a person, and forgetting it.
 *
 * An erased member stays as a number without a name: what the doors' chains, counts and reports
 * need. Entries lose salt and subject, so that chains and signatures verify. What was decided is
 * remembered by numbers alone, for the doors that were not there and for a backup from before.
 */
#pragma once

#include "store/registry.h"

#define REGISTRY_ERASURE_ENTRIES_MAX 64
#define REGISTRY_ERASED_NAME "erased"

/* What an erasure took; for the audit, which names nobody. */
struct registry_erased {
	uint64_t entries;
	uint32_t cards;
	uint32_t texts; /* rows that named the person elsewhere */
};

/*
 * Erases a member inside a change: cards revoked and without their tokens, the row a stub, entries
 * without salt and subject, notices gone, every text that has the name, the contact or a card's
 * label without it. Every door owes its own erasing from then on. -ENOENT, -EPERM where an operator
 * is this member, or the member was erased before.
 */
int registry_erase(struct registry *registry, uint64_t member, struct registry_erased *ret_erased);
/* The same for a number of the list that a backup does not know to be erased: a member that it
 * does not have becomes a stub, so that the number names nobody else. One that was added after
 * at_us is somebody else. 1 done, 0 not. */
int registry_erase_again(struct registry *registry, uint64_t member, int64_t at_us);

struct registry_erasure {
	uint64_t member;
	int64_t at_us;
	struct revision revision; /* of the roster that has nothing of the member */
	bool wiped;               /* no page of the file has anything any more */
	uint32_t doors;           /* that did not say yet that they erased */
};
/* -ENOENT where the member was not erased. */
int registry_erasure(
	struct registry *registry, uint64_t member, struct registry_erasure *ret_erasure);
/* By member, ascending from `after`: how many. */
int registry_erasures(
	struct registry *registry, uint64_t after, struct registry_erasure *rows, size_t limit);

/* Rewrites the file and empties its log, where an erasure is not wiped yet: outside a change and
 * without open views, else -EBUSY and to be tried again. 1 done, 0 nothing to do. */
int registry_wipe(struct registry *registry);
bool registry_wipe_due(struct registry *registry);

/* ---- what doors owe ---- */

/* An entry that names no member, but the token of one of their cards: by its own number. */
struct registry_erasure_entry {
	uint8_t journal[ENTRY_JOURNAL_SIZE];
	uint64_t seq;
};
struct registry_erasure_order {
	char door[NAME_ID_MAX];
	uint64_t member;
	struct revision revision; /* the door's roster must be of this one first */
	size_t count;
	struct registry_erasure_entry entries[REGISTRY_ERASURE_ENTRIES_MAX];
};
/* The first that a door after (door, member) owes: 1, or 0. */
int registry_erasure_next(struct registry *registry, const char *door, uint64_t member,
	struct registry_erasure_order *ret_order);
/* The door has erased; inside a change or in one of its own. 1, or 0 where it owed nothing. */
int registry_erasure_done(struct registry *registry, const char *door, uint64_t member);

/* ---- what is held ---- */

/*
 * One part of everything held about a member, a list of JSON objects: part 0 …
 * registry_export_parts
 * - 1. *ret_name: "member", "cards", "entries" …; *ret_json: the caller frees. Entries stand there
 * as the log's columns have them: in plain, and without the salts.
 */
size_t registry_export_parts(void);
int registry_export(struct registry *registry, uint64_t member, size_t part, const char **ret_name,
	char **ret_json);
