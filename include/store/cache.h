/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.db: what a door needs to decide, from the last roster that was accepted. Reading is done on
 * the loop (one indexed row); filling is one transaction, whole or not at all.
 */
#pragma once

#include "base/util.h"
#include "core/calendar.h"
#include "core/roster.h"
#include "core/roster_record.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_TIERS_MAX 256
#define CACHE_DOORS_MAX 1024

/* Where a roster came from; the cache refuses an import once it belongs to a hub. */
enum cache_origin {
	CACHE_ORIGIN_EMPTY,
	CACHE_ORIGIN_FILE,
	CACHE_ORIGIN_HUB,
};

struct cache_head {
	char site[NAME_ID_MAX];
	char timezone[64];
	struct revision revision;
	enum cache_origin origin;
	uint64_t cards; /* how many */
	enum calendar_holidays holidays;
	uint32_t warn_s; /* core/roster_record.h; 0 for a roster of files */
	uint32_t bound_s;
	uint16_t checkout_minute;           /* of the day: nobody is inside beyond it */
	uint8_t digest[ROSTER_DIGEST_SIZE]; /* zeros for a roster of files */
};

/* A tier as it applies to one door. */
struct cache_tier {
	uint32_t tier;
	uint32_t flags;
	struct allowance allowance;
	bool door;   /* the door is among the tier's doors */
	char *hours; /* NUL-terminated expression for that door; owned by the array */
};

struct cache_tiers {
	size_t count;
	struct cache_tier *rows; /* by tier number, ascending */
};

struct cache;

/*
 * Opens or makes the file. A damaged one (quick_check) is set aside as PATH.damaged-TIME, kept, and
 * an empty one started: *ret_damaged is then true and err tells the new name. 0 or negative errno
 * with err.
 */
int cache_open(const char *path, struct cache **ret_cache, bool *ret_damaged, char err[ERR_MAX]);
/*
 * Opens an existing file for reading beside whoever fills it: makes, migrates, repairs and locks
 * nothing. A file of another version is refused. 0 or negative errno with err.
 */
int cache_open_read(const char *path, struct cache **ret_cache, char err[ERR_MAX]);
/* Takes NULL; an unfinished fill is aborted. Returns NULL. */
struct cache *cache_close(struct cache *cache);

/*
 * A number that changes when a fill was committed, by whatever process: read head and tiers again
 * then. 0 or negative errno.
 */
int cache_version(struct cache *cache, int64_t *ret_version);

/* Zeros with CACHE_ORIGIN_EMPTY before the first fill. 0 or negative errno. */
int cache_head(struct cache *cache, struct cache_head *ret_head);

/* 1 and *ret_card, 0 when the token is not in the roster, or negative errno (then: deny); -EBADMSG
 * for a row with values that cannot be. A blocked card (store/keeper.h) is answered as revoked,
 * suspended or lost, or its member as suspended, whatever its row says. */
int cache_card(struct cache *cache, const struct token *token, struct roster_card *ret_card);

/* The same by the number of the card or of its member; -ENOTUNIQ where several cards have it. Read
 * every card: for people's questions, not for the loop. */
int cache_card_numbered(struct cache *cache, uint64_t number, struct roster_card *ret_card);
int cache_card_of_member(struct cache *cache, uint64_t member, struct roster_card *ret_card);

/*
 * Dated rights of a member (0: none) or a card at a door that are not over at `minute`
 * (decide_minute; INT64_MIN: all), the earliest first, at most `max` of them. Their number,
 * -EBADMSG for a row that cannot be, or negative errno.
 */
int cache_extras(struct cache *cache, const struct roster_card *card, const char *door,
	int64_t minute, struct decide_extra *ret_extras, size_t max);
/* 1 and what the hub says of a member or pool, 0 where it says nothing, -EBADMSG for a row that
 * cannot be, or negative errno. */
int cache_standing(struct cache *cache, uint64_t member, struct standing *ret_standing);
int cache_pool(struct cache *cache, uint64_t id, struct roster_pool *ret_pool);

/* 1 when the roster lists this door, 0 when it does not, or negative errno. */
int cache_has_door(struct cache *cache, const char *door);

/* All tiers as they apply to door. 0 or negative errno. Free with cache_tiers_free. */
int cache_tiers(struct cache *cache, const char *door, struct cache_tiers *ret_tiers);
void cache_tiers_free(struct cache_tiers *tiers);

/*
 * The digest of what is there, over every row: for tests and people, not for the loop. Equals the
 * head's where a hub's roster is in force. 0, -EBADMSG for a row that cannot be, -ENODATA for a
 * roster of files, or negative errno.
 */
int cache_digest(struct cache *cache, entry_hash_fn hash, uint8_t ret_digest[ROSTER_DIGEST_SIZE]);

/* Holidays, closures and special openings of the site. 0, -EBADMSG for a row that cannot be, or
 * negative errno. */
int cache_calendar(struct cache *cache, struct calendar *ret_calendar);

/* Between the two everything is read from the same roster, whatever is filled meanwhile. */
int cache_view_begin(struct cache *cache);
void cache_view_end(struct cache *cache);

/*
 * Filling, over a connection of its own, so that lookups see the old roster until the commit:
 * begin; then doors and tiers; then cards; then commit. Any error is kept and fails the commit; it
 * or cache_fill_abort leaves the old roster in force. Refused: a lower revision of the same origin
 * (-ESTALE) and a file once a hub's roster is in force (-EPERM). head's cards is not read: the
 * commit counts. Row functions: 0, -EINVAL for a value that cannot be, -ENOENT for a tier that was
 * not filled, -EEXIST for what is there already, or negative errno; after one, always that one.
 */
int cache_fill_begin(struct cache *cache, const struct cache_head *head, char err[ERR_MAX]);
int cache_fill_door(struct cache *cache, const char *door);
int cache_fill_tier(struct cache *cache, uint32_t tier, uint32_t flags, const char *hours);
/* The tier's hours at one door; NULL hours: the tier's own. A tier without any door row is allowed
 * at every door. */
int cache_fill_tier_door(struct cache *cache, uint32_t tier, const char *door, const char *hours);
int cache_fill_card(struct cache *cache, const struct roster_card *card);
/* -E2BIG beyond what a calendar holds (core/calendar.h). */
int cache_fill_exception(struct cache *cache, const struct calendar_exception *exception);
int cache_fill_holiday(struct cache *cache, int32_t date, bool holiday);
int cache_fill_commit(struct cache *cache, char err[ERR_MAX]);
void cache_fill_abort(struct cache *cache);

/*
 * Replaces the dates of earlier calls by the calendar's, whole or not at all; a roster that is
 * filled later keeps them, a hub's drops them. Dates that the roster itself names go before. -EPERM
 * once the cache belongs to a hub; -ENOSPC when both together are more than CALENDAR_DATES_MAX
 * dates.
 */
int cache_import_holidays(struct cache *cache, const struct calendar *calendar, char err[ERR_MAX]);
