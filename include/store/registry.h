/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hub.db: the site's registry, written by tapin-hub alone (design.md section 5).
 *
 *   registry.h        opening, changes, audit, roster          registry_people.h  members, cards
 *   registry_site.h   site, tiers, exceptions, holidays, doors registry_access.h  operators,
 * sessions registry_log.h    journals collected, alarms               registry_door.h    doors,
 * commands, claims
 *
 * Every function here and there: 0 or positive, or negative errno; registry_error then has a
 * sentence for a person. -EINVAL a value that cannot be, -ENOENT no such thing, -EEXIST it is there
 * already, -EPERM a rule of the registry forbids it, -ESTALE it was changed meanwhile, -ENOSPC a
 * limit.
 *
 * Changes are made between registry_begin and registry_commit: one transaction, whole or not at
 * all, durable when commit returns. Whatever a door must know of them is encoded
 * (core/roster_record.h) into the roster as part of the same transaction and gets one new revision.
 *
 * Rows carry `version`, a number that goes up with each change of the row, for ETag and If-Match:
 * give the version that was read to a change, or 0 to change whatever is there.
 */
#pragma once

#include "base/util.h"
#include "core/entry.h"
#include "core/roster_record.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bytes, without the NUL: of a person's or thing's name or contact; of a note */
#define REGISTRY_ZONE_MAX 64
#define REGISTRY_NAME_MAX 200
#define REGISTRY_NOTE_MAX 500
#define REGISTRY_PAGE_MAX 500 /* rows of one answer */

struct registry;

struct registry_options { /* texts are copied */
	const char *path;
	const char *site;     /* a file of another site is refused (-ENOTUNIQ) */
	const char *timezone; /* written into the roster when the file is made */
	entry_hash_fn hash;
	int64_t (*now_us)(void); /* wall clock; NULL: the system's */
};

/*
 * Opens or makes the file. A damaged one is never replaced by an empty one: -EBADMSG with err
 * naming the remedy (restore a backup), for a registry that forgot everything would lock everybody
 * out.
 */
int registry_open(
	const struct registry_options *options, struct registry **ret_registry, char err[ERR_MAX]);
/* Takes NULL; an unfinished change is undone. Returns NULL. */
struct registry *registry_close(struct registry *registry);

/* What the last function that failed has to say; "" if it had nothing. */
const char *registry_error(const struct registry *registry);

/* ---- changes ---- */

/* -EBUSY inside another. */
int registry_begin(struct registry *registry);
/* *ret_revision (or NULL): the roster's revision after it; unchanged when no door needs to know. */
int registry_commit(struct registry *registry, struct revision *ret_revision);
void registry_abort(struct registry *registry);
bool registry_changing(const struct registry *registry);

/* One line for the audit log, inside a change: what an operator did to a thing, with its JSON
 * before and after ("" for none). actor "maya", "root", "door:front"; action "card.revoke"; object
 * "card/17". */
int registry_audit_add(struct registry *registry, const char *actor, const char *action,
	const char *object, const char *before, const char *after);

struct registry_audit {
	uint64_t id;
	int64_t at_us;
	char actor[ENTRY_ACTOR_MAX + 1];
	char action[48];
	char object[80];
	char *before; /* owned by the page */
	char *after;
};
struct registry_audit_query {
	uint64_t below; /* newest first: rows with a lower id; 0: from the newest */
	const char *actor;
	const char *action; /* whole, or ending in '.' for all of a noun; or NULL */
	const char *object;
	int64_t from_us; /* 0: no bound */
	int64_t until_us;
	size_t limit;
};
/* *ret_rows: the caller frees with registry_audit_free. Returns how many. */
int registry_audit(struct registry *registry, const struct registry_audit_query *query,
	struct registry_audit **ret_rows);
void registry_audit_free(struct registry_audit *rows, size_t count);

/* ---- roster ---- */

/* The newest roster: revision, digest, how many cards. */
struct registry_roster {
	struct revision revision;
	uint8_t digest[ROSTER_DIGEST_SIZE];
	uint64_t cards;
};
int registry_roster(struct registry *registry, struct registry_roster *ret_roster);

/*
 * A reading connection held at one moment, so that many chunks tell of one roster while the
 * registry goes on changing. from NULL: a snapshot (every put record, tiers before cards); else
 * what changed after that revision, puts and gones. -ESTALE for a `from` of another generation,
 * ahead of us, or older than what is remembered: only a snapshot helps then.
 */
struct registry_view;
int registry_view_open(
	struct registry *registry, const struct revision *from, struct registry_view **ret_view);
struct registry_view *registry_view_close(struct registry_view *view);
const struct registry_roster *registry_view_roster(const struct registry_view *view);
/* Chunk `index` from 0 as a run into out: its bytes, and *ret_last. The same index gives the same
 * bytes for as long as the view lives. -ENOENT past the end. */
int registry_view_chunk(
	struct registry_view *view, uint32_t index, uint8_t *out, size_t room, bool *ret_last);

/* Raises the generation, after a backup was restored: doors then take a snapshot, sessions and
 * claims of the backup have ended. */
int registry_raise_generation(struct registry *registry, uint32_t generation);

/* Removes exceptions from the roster that ended before local date `today` (they stay in the
 * registry), and forgets who is gone for 90 days. Once a day. Inside a change; how many records
 * left. */
int registry_prune(struct registry *registry, int32_t today);

/* A whole, consistent copy into a new file while the registry is used. -EEXIST. */
int registry_backup(struct registry *registry, const char *path);
