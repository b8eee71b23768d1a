/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the registry's files share.
 *
 * A function here is written like this:
 *
 *	CLEANUP(registry_done) sqlite3_stmt *stmt = registry_prepare(reg, "SELECT … WHERE id = ?1");
 *	int rc;
 *
 *	if (!stmt)
 *		return registry_sql_fail(reg, "read a member");
 *	sqlite3_bind_int64(stmt, 1, id);
 *	rc = registry_step(reg, stmt, "read a member");
 *	if (rc <= 0)
 *		return rc < 0 ? rc : registry_fail(reg, -ENOENT, "there is no member %llu", …);
 *
 * What can be refused is refused before anything is written. Whatever fails after that goes through
 * registry_sql_fail or registry_break: the change then cannot be committed any more.
 */
#pragma once

#include "store/db.h"
#include "store/registry.h"
#include <sqlite3.h>

#define REGISTRY_STATEMENTS_MAX 512 /* a power of 2, well above the number of literals */
#define REGISTRY_DATE_MAX 2932896   /* 9999-12-31 */

/* meta: what the roster amounts to */
struct registry_state {
	struct registry_roster roster;
	uint64_t floor; /* deltas from numbers below it are not to be had */
};

/* registry_standing.c: where a month begins and ends, at the site's check-out minute */
struct registry_month {
	int32_t month;
	uint16_t minute;
	int32_t first, end; /* dates */
	int64_t start_us, until_us;
	int64_t from_us; /* the last check-out before it starts */
};

struct registry {
	sqlite3 *db;
	char *path;
	char site[NAME_ID_MAX];
	entry_hash_fn hash;
	int64_t (*now_us)(void);
	char error[ERR_MAX];
	bool changing;
	bool touched;                /* the change in progress altered a record */
	bool headed;                 /* or only what meta says of the roster */
	int broken;                  /* it failed half-way: its error */
	int64_t settled_us;          /* the last check-out that registry_days_tick saw */
	struct registry_month month; /* the last one that was asked for */
	struct registry_state state; /* as committed */
	struct registry_state next;  /* of the change in progress */
	struct {
		const char *sql; /* the literal's address */
		sqlite3_stmt *stmt;
	} statements[REGISTRY_STATEMENTS_MAX];
};

/* ---- errors ---- */

/* Keeps the sentence and returns error. */
int registry_fail(struct registry *registry, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What SQLite last said, with the file and the remedy; breaks the change in progress. */
int registry_sql_fail(struct registry *registry, const char *doing);
/* The change in progress cannot be committed any more. Returns error. */
int registry_break(struct registry *registry, int error);

/* ---- statements ---- */

/* sql must be a literal: kept under its address, prepared once. NULL: registry_sql_fail tells. */
sqlite3_stmt *registry_prepare(struct registry *registry, const char *sql);
/* For CLEANUP: resets it and forgets what was bound. Takes NULL. */
void registry_done(sqlite3_stmt **stmt);
/* 1 a row, 0 the end, or negative errno by registry_sql_fail. */
int registry_step(struct registry *registry, sqlite3_stmt *stmt, const char *doing);
/* Runs a statement without rows and resets it: how many rows it changed, or negative errno. */
int registry_run(struct registry *registry, sqlite3_stmt *stmt, const char *doing);

/* Text that lives at least until the statement is reset. */
void registry_bind_text(sqlite3_stmt *stmt, int at, const char *text);
void registry_bind_blob(sqlite3_stmt *stmt, int at, const void *data, size_t size);
/* NULL for DATE_NONE. */
void registry_bind_date(sqlite3_stmt *stmt, int at, int32_t date);

/* Columns of a row. Text is cut to fit (it was checked on its way in); a blob of another size, a
 * NULL included, is zeros and false. */
void registry_take_text(sqlite3_stmt *stmt, int column, char *out, size_t size);
bool registry_take_blob(sqlite3_stmt *stmt, int column, void *out, size_t size);
int32_t registry_take_date(sqlite3_stmt *stmt, int column);
uint32_t registry_take_u32(sqlite3_stmt *stmt, int column);
uint64_t registry_take_u64(sqlite3_stmt *stmt, int column);

/* ---- values ---- */

int64_t registry_now_us(const struct registry *registry);
/* Text from a person: UTF-8, no control characters, at most max bytes. -EINVAL naming `what` ("the
 * member's name"). */
int registry_check_text(struct registry *registry, const char *what, const char *text, size_t max,
	bool may_be_empty);
/* Rows of one answer, at most REGISTRY_PAGE_MAX. */
int64_t registry_page(size_t limit);
/* Hours that compile; -EINVAL pointing at the character. */
int registry_check_hours(struct registry *registry, const char *what, const char *hours);
/* "" or a door of the roster. */
int registry_check_door(struct registry *registry, const char *door);
/* -ESTALE where expected is neither 0 nor actual. */
int registry_check_version(
	struct registry *registry, const char *what, uint64_t expected, uint64_t actual);
/* -EINVAL with a sentence outside a change. */
int registry_check_changing(struct registry *registry);

/* registry_search.c: the words of members, kept beside each row as it comes and goes. */
int registry_search_put(struct registry *registry, uint64_t member);
int registry_search_drop(struct registry *registry, uint64_t member);
/* What words are gone leave the file's live pages, too. */
int registry_search_settle(struct registry *registry);
/* The question to the words for what a person typed: each of its words as the beginning of one. ""
 * where there is none. */
#define REGISTRY_SEARCH_MAX (6 * REGISTRY_NAME_MAX)
void registry_search_ask(const char *text, char out[REGISTRY_SEARCH_MAX]);
/* Makes the SQL function tapin_has(text, part): is part in text, whatever their case? */
#define REGISTRY_SCRUB_MIN 5 /* bytes: a shorter name is found only where it is all there is */
int registry_search_register(sqlite3 *db);
/* Makes tapin_word(what, number): "tap" of kind 1, "granted" of a reason. */
int registry_export_register(sqlite3 *db);

/* ---- a transaction of one's own, or inside the change in progress ---- */

/* Begins a change unless one is in progress: *ret_own tells which. */
int registry_enter(struct registry *registry, bool *ret_own);
/* Ends it if it was own: commits for result >= 0, else undoes. Returns result, or what the commit
 * said. */
int registry_leave(struct registry *registry, bool own, int result);

/* ---- roster ---- */

/*
 * Puts the record into the roster, or takes it out where record->gone (only its key counts then):
 * 1 if that changed anything, 0 if it was so already. Inside a change.
 */
int registry_roster_put(struct registry *registry, const struct roster_record *record);
/* 1 if a record of this key is in the roster, 0 if not. */
/* Makes the digest of a roster whose records a migration wrote. 0 or negative errno. */
int registry_roster_sum(struct registry *registry);
int registry_roster_has(struct registry *registry, const struct roster_record *record);
int registry_roster_has_door(struct registry *registry, const char *door);

/* Reads and writes meta; the connection may be a view's. */
int registry_state_read(sqlite3 *db, struct registry_state *ret_state);
int registry_state_write(struct registry *registry);

/* The generation of everything that counts: rosters, site states, door states, commands. Rows keep
 * the number alone, so that raising the generation raises them all. */
uint32_t registry_generation(const struct registry *registry);

/* -EPERM naming the tier, exception or event that still names this door. */
int registry_door_unused(struct registry *registry, const char *door);

/* A member's cards as the doors must know them now. */
int registry_card_of_member_changed(struct registry *registry, uint64_t member);

/* The calendar of the roster as it must be on this local date: what is over leaves it. How many
 * records left. */
int registry_calendar_refresh(struct registry *registry, int32_t today);

/* A card as the doors must know it now. */
int registry_card_publish(struct registry *registry, uint64_t card);

/* ---- what registry_prune calls ---- */
/* registry_command.c: forgets commands that were sent before then. How many. */
int registry_commands_prune(struct registry *registry, int64_t before_us);
