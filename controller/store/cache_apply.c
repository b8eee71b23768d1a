/* SPDX-License-Identifier: Apache-2.0 */
/* A roster of the hub put in force: a snapshot or a delta, one transaction. */
#include "cache_private.h"

#include <string.h>

struct cache_apply {
	sqlite3 *db;
	char *path;
	struct keeper_roster roster;
	entry_hash_fn hash;
	struct cache_records records;
	struct cache_head head; /* as it becomes */
	bool site;              /* there is a SITE record */
	unsigned changed;
	size_t tier_count; /* a snapshot's, for its cards */
	uint32_t tiers[CACHE_TIERS_MAX];
	struct roster_record record, old;
	uint8_t bytes[ROSTER_RECORD_MAX];
};

int cache_disk_error(int error)
{
	if (error == -EBADMSG)
		return -EIO; /* the file is damaged, not what came */
	return error == -EBUSY ? -EAGAIN : error;
}

/* ---- may it be ---- */

int cache_judge_roster(const struct cache_head *old, const struct keeper_roster *roster,
	const char *path, char err[ERR_MAX])
{
	bool ours = old->origin == CACHE_ORIGIN_HUB && strcmp(old->site, roster->site) == 0;

	if (ours && revision_compare(&roster->to, &old->revision) < 0) {
		snprintf(err, ERR_MAX,
			"%s: holds revision %u.%llu, the hub offers the older %u.%llu: a hub that "
			"was restored raises its generation",
			path, old->revision.generation, (unsigned long long)old->revision.number,
			roster->to.generation, (unsigned long long)roster->to.number);
		return -ESTALE;
	}
	if (roster->snapshot)
		return 0;
	if (!ours || revision_compare(&roster->from, &old->revision) != 0 ||
		roster->from.generation != roster->to.generation) {
		snprintf(err, ERR_MAX,
			"%s: holds %s %u.%llu, the changes are from %u.%llu to %u.%llu: they fit "
			"only the revision they begin at, within its generation",
			path, ours ? "revision" : "no roster of this hub,",
			old->revision.generation, (unsigned long long)old->revision.number,
			roster->from.generation, (unsigned long long)roster->from.number,
			roster->to.generation, (unsigned long long)roster->to.number);
		return -ESTALE;
	}
	return 0;
}

/* ---- beginning ---- */

static int clear(struct cache_apply *a, char err[ERR_MAX])
{
	a->head = (struct cache_head){.origin = CACHE_ORIGIN_HUB};
	memcpy(a->head.site, a->roster.site, sizeof(a->head.site));
	return db_run(a->db, a->path,
		"DELETE FROM card; DELETE FROM tier_door; DELETE FROM tier; DELETE FROM door;"
		"DELETE FROM exception; DELETE FROM holiday; DELETE FROM head;"
		"DELETE FROM extra; DELETE FROM standing; DELETE FROM pool",
		err);
}

/*
 * A snapshot looks after its cards' tiers itself: with foreign keys on, emptying a table of a
 * million cards would go row by row. A delta's are looked after at the commit, in whatever order
 * they come.
 */
static int begin(struct cache_apply *a, char err[ERR_MAX])
{
	int error = db_connect(a->path, false, &a->db, err);

	if (error == 0) /* 32 MiB of pages: a million cards in any order */
		error = db_run(a->db, a->path,
			a->roster.snapshot
				? "PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=0;"
				  "PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE"
				: "PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=0;"
				  "BEGIN IMMEDIATE; PRAGMA defer_foreign_keys=ON",
			err);
	if (error == 0)
		error = cache_get_head(a->db, a->path, &a->head, err);
	if (error < 0)
		return cache_disk_error(error);
	error = cache_judge_roster(&a->head, &a->roster, a->path, err);
	if (error < 0)
		return error;
	a->site = !a->roster.snapshot;
	if (a->roster.snapshot)
		error = clear(a, err);
	if (error == 0)
		error = cache_records_prepare(
			&a->records, a->db, a->path, !a->roster.snapshot, err);
	return cache_disk_error(error);
}

int cache_apply_begin(const char *path, const struct keeper_roster *roster, entry_hash_fn hash,
	struct cache_apply **ret_apply, char err[ERR_MAX])
{
	struct cache_apply *a = calloc(1, sizeof(*a));
	int error = -ENOMEM;

	if (a)
		a->path = strdup(path);
	if (a && a->path) {
		a->roster = *roster;
		a->hash = hash;
		error = begin(a, err);
	} else {
		snprintf(err, ERR_MAX, "%s: not enough memory to fill it", path);
	}
	if (error == 0)
		*ret_apply = a;
	else
		cache_apply_close(a);
	return error;
}

/* ---- records ---- */

static const char *const kinds[] = {"record", "site", "door", "tier", "card", "exception",
	"holiday", "extra", "standing", "pool"};

static int refuse(const struct cache_apply *a, const char *why, char err[ERR_MAX])
{
	snprintf(err, ERR_MAX, "roster %u.%llu of the hub: its %s record number %u %s",
		a->roster.to.generation, (unsigned long long)a->roster.to.number,
		a->record.kind <= ROSTER_KIND_LAST ? kinds[a->record.kind] : kinds[0],
		a->changed + 1, why);
	return -EBADMSG;
}

/* What a statement said, as the record's fault or the disk's. */
static int judge(struct cache_apply *a, int error, char err[ERR_MAX])
{
	switch (-error) {
	case 0:
		return 0;
	case EEXIST:
		return refuse(a, "stands there twice", err);
	case ENOENT:
		return refuse(a, "names a tier that is not there", err);
	case EINVAL:
		return refuse(a, "holds a value that cannot be", err);
	default:
		return cache_disk_error(db_fail(a->db, a->path, "take the hub's roster", err));
	}
}

static int find_old(struct cache_apply *a, char err[ERR_MAX])
{
	int had;

	if (a->roster.snapshot)
		return a->record.kind == ROSTER_KIND_SITE && a->site;
	if (a->record.kind == ROSTER_KIND_SITE) {
		cache_record_site(&a->head, &a->old);
		return 1;
	}
	had = cache_record_get(&a->records, &a->record, &a->old);
	if (had == -EBADMSG)
		return refuse(a, "replaces one that cannot be read back", err);
	return had < 0 ? judge(a, had, err) : had;
}

static int take_old(struct cache_apply *a, char err[ERR_MAX])
{
	int size = roster_record_encode(&a->old, a->bytes);

	if (size < 0)
		return refuse(a, "replaces one that cannot be read back", err);
	roster_digest_take(a->head.digest, a->bytes, (size_t)size, a->hash);
	return 0;
}

static bool tier_known(const struct cache_apply *a, uint32_t tier)
{
	for (size_t i = 0; i < a->tier_count; i++)
		if (a->tiers[i] == tier)
			return true;
	return false;
}

static void take_site(struct cache_apply *a)
{
	memcpy(a->head.timezone, a->record.site.timezone, sizeof(a->head.timezone));
	a->head.holidays = a->record.site.holidays;
	a->head.warn_s = a->record.site.warn_s;
	a->head.bound_s = a->record.site.bound_s;
	a->head.checkout_minute = a->record.site.checkout_minute;
	a->site = true;
}

static int write_record(struct cache_apply *a, char err[ERR_MAX])
{
	if (a->record.gone)
		return judge(a, cache_record_gone(&a->records, &a->record), err);
	if (a->record.kind == ROSTER_KIND_SITE) {
		take_site(a);
		return 0;
	}
	if (a->roster.snapshot && a->record.kind == ROSTER_KIND_TIER) {
		if (a->tier_count == CACHE_TIERS_MAX)
			return refuse(a, "is one tier too many", err);
		a->tiers[a->tier_count++] = a->record.tier.tier;
	}
	if (a->roster.snapshot && a->record.kind == ROSTER_KIND_CARD && a->record.card.tier > 0 &&
		!tier_known(a, a->record.card.tier))
		return judge(a, -ENOENT, err);
	return judge(a, cache_record_put(&a->records, &a->record), err);
}

/* Changes one record, and the digest with it. */
static int apply(struct cache_apply *a, const uint8_t *data, size_t size, char err[ERR_MAX])
{
	int had, error;

	if (roster_record_decode(data, size, &a->record) < 0)
		return refuse(a, "is unsound", err);
	if (a->roster.snapshot && a->record.gone)
		return refuse(a, "is gone, which a snapshot has no room for", err);
	had = find_old(a, err);
	if (had < 0)
		return had;
	if (a->roster.snapshot && had)
		return judge(a, -EEXIST, err);
	error = had ? take_old(a, err) : 0;
	if (error == 0 && (had || !a->record.gone))
		error = write_record(a, err);
	if (error < 0)
		return error;
	if (!a->record.gone)
		roster_digest_add(a->head.digest, data, size, a->hash);
	if (a->record.kind == ROSTER_KIND_CARD)
		a->head.cards = a->head.cards + !a->record.gone - (uint64_t)had;
	a->changed++;
	return 0;
}

int cache_apply_run(struct cache_apply *a, const uint8_t *run, size_t size, char err[ERR_MAX])
{
	const uint8_t *record;
	size_t at = 0, record_size;
	int more, error = 0;

	while (error == 0 && (more = roster_run_next(run, size, &at, &record, &record_size)) != 0)
		error = more < 0 ? refuse(a, "does not fit its run", err)
				 : apply(a, record, record_size, err);
	return error;
}

/* ---- the end ---- */

static int check_count(struct cache_apply *a, const char *what, int64_t max, char err[ERR_MAX])
{
	char sql[40];
	int64_t count = 0;
	int error;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
	error = db_number(a->db, sql, &count);
	if (error < 0)
		return cache_disk_error(db_fail(a->db, a->path, "count", err));
	if (count <= max)
		return 0;
	snprintf(err, ERR_MAX, "roster %u.%llu of the hub: has %lld %ss, a door holds %lld",
		a->roster.to.generation, (unsigned long long)a->roster.to.number, (long long)count,
		what, (long long)max);
	return -EBADMSG;
}

/* Is what is there now a sound whole, and the one that was announced? */
static int check_whole(struct cache_apply *a, char err[ERR_MAX])
{
	bool same = memcmp(a->head.digest, a->roster.digest, ROSTER_DIGEST_SIZE) == 0;
	int error;

	if (!a->site || !same) {
		snprintf(err, ERR_MAX, "roster %u.%llu of the hub: %s; the old one stays",
			a->roster.to.generation, (unsigned long long)a->roster.to.number,
			a->site ? "what came has another digest than was announced"
				: "has no site record");
		return -EBADMSG;
	}
	error = check_count(a, "tier", CACHE_TIERS_MAX, err);
	if (error == 0)
		error = check_count(a, "door", CACHE_DOORS_MAX, err);
	if (error == 0) {
		error = cache_check_calendar(a->db, a->path, err);
		error = error == -ENOSPC ? -EBADMSG : cache_disk_error(error);
	}
	return error;
}

static int commit(struct cache_apply *a, char err[ERR_MAX])
{
	int error = db_do(a->db, "COMMIT");

	if (error == -ENOENT) {
		snprintf(err, ERR_MAX,
			"roster %u.%llu of the hub: a card or a door's hours name a tier that is "
			"not there; the old one stays",
			a->roster.to.generation, (unsigned long long)a->roster.to.number);
		return -EBADMSG;
	}
	return error < 0 ? cache_disk_error(db_fail(a->db, a->path, "commit the hub's roster", err))
			 : 0;
}

int cache_apply_commit(struct cache_apply *a, struct cache_head *ret_head, unsigned *ret_changed,
	char err[ERR_MAX])
{
	int error;

	a->head.revision = a->roster.to;
	error = cache_disk_error(cache_put_head(a->db, a->path, &a->head, err));
	if (error == 0)
		error = check_whole(a, err);
	if (error == 0)
		error = cache_disk_error(cache_unblock(a->db, a->path, &a->roster.to, err));
	if (error == 0)
		error = commit(a, err);
	if (error < 0)
		return error;
	*ret_head = a->head;
	*ret_changed = a->changed;
	return 0;
}

struct cache_apply *cache_apply_close(struct cache_apply *a)
{
	if (!a)
		return NULL;
	cache_records_free(&a->records);
	sqlite3_close_v2(a->db); /* rolls back what is open */
	free(a->path);
	free(a);
	return NULL;
}
