/* SPDX-License-Identifier: Apache-2.0 */
/* What the cache's files share: cache.c opens and reads, cache_fill.c fills, rules.c reads it all.
 */
#pragma once

#include "store/cache.h"
#include "store/db.h"
#include <sqlite3.h>

#define CACHE_HEAD_SQL \
	"SELECT site, timezone, generation, number, origin, cards, holidays FROM head"

enum fill_row {
	FILL_DOOR,
	FILL_TIER,
	FILL_TIER_DOOR,
	FILL_CARD,
	FILL_EXCEPTION,
	FILL_HOLIDAY,
	FILL_ROWS,
};

struct fill {
	sqlite3 *db; /* NULL: not filling */
	sqlite3_stmt *insert[FILL_ROWS];
	struct cache_head head;
	struct calendar calendar; /* what was filled so far: judges and counts */
	int error;                /* the first one, which fails the commit */
};

struct cache {
	char *path;
	sqlite3 *db;
	sqlite3_stmt *head;
	sqlite3_stmt *card;
	sqlite3_stmt *numbered;
	sqlite3_stmt *of_member;
	sqlite3_stmt *door;
	sqlite3_stmt *tiers;
	sqlite3_stmt *version;
	struct fill fill;
};

/* A row of CACHE_HEAD_SQL. 0 or -EBADMSG. */
int cache_read_head(sqlite3_stmt *stmt, struct cache_head *ret_head);

/* Holidays of both sources, closures and special openings, as this connection sees them. 0,
 * -EBADMSG for a row that cannot be, -ENOSPC for more than a calendar holds, or negative errno. */
int cache_read_calendar(sqlite3 *db, struct calendar *ret_calendar);
