/* SPDX-License-Identifier: Apache-2.0 */
/* Every chain anew from the bytes; the file is only read, whatever the hub adds meanwhile. */
#include "registry_log_signed.h"

#include <inttypes.h>
#include <string.h>

#define TELL_EVERY 8192 /* entries */

struct verify {
	sqlite3 *db;
	const char *path;
	const char *site;
	entry_hash_fn hash;
	void (*tell)(uint64_t done);
	uint64_t done;
	char *err;
	sqlite3_stmt *entries;
	struct registry_log_signed signatures;
	struct registry_chain *chains;
	size_t count, room;
	/* the chain at hand */
	struct registry_chain *chain;
	int64_t id;
	uint8_t start[ENTRY_HASH_SIZE];
	uint8_t link[ENTRY_HASH_SIZE];
	uint8_t last_hash[ENTRY_HASH_SIZE]; /* as noted */
	uint64_t last_seq;
	/* the end of the door's chain before it */
	char door[NAME_ID_MAX];
	uint8_t door_end[ENTRY_HASH_SIZE];
};

/* The first fault stands. */
static void fault(struct verify *v, uint64_t seq, const char *what)
{
	if (!v->chain->whole)
		return;
	v->chain->whole = false;
	snprintf(v->chain->why, sizeof(v->chain->why), "entry %" PRIu64 ": %s", seq, what);
}

/* ---- one entry ---- */

static bool same_number(sqlite3_stmt *stmt, int column, bool there, int64_t value)
{
	if (!there)
		return sqlite3_column_type(stmt, column) == SQLITE_NULL;
	return sqlite3_column_type(stmt, column) == SQLITE_INTEGER &&
	       sqlite3_column_int64(stmt, column) == value;
}

/* Columns 6 …: what the filters go by must be what the bytes say. */
static bool same_facts(const struct verify *v, sqlite3_stmt *stmt, const struct entry *entry)
{
	const struct entry_subject *subject = &entry->subject;
	const char *door = (const char *)sqlite3_column_text(stmt, 6);

	return door && strcmp(door, v->chain->door) == 0 &&
	       same_number(stmt, 7, true, entry->wall_us) &&
	       same_number(stmt, 8, true, entry->kind) &&
	       same_number(stmt, 9, entry->decided, entry->grant) &&
	       same_number(stmt, 10, entry->decided, entry->reason) &&
	       same_number(stmt, 11, subject->member > 0, (int64_t)subject->member) &&
	       same_number(stmt, 12, subject->card > 0, (int64_t)subject->card);
}

static void verify_row(struct verify *v, sqlite3_stmt *stmt, const struct registry_batch_row *row)
{
	struct entry entry;
	uint8_t hash[ENTRY_HASH_SIZE];

	if (v->tell && ++v->done % TELL_EVERY == 0)
		v->tell(v->done);
	v->last_seq++;
	if (row->seq != v->last_seq)
		fault(v, v->last_seq, "is missing");
	entry_chain_next(v->link, row->seq, &row->record, v->hash, hash);
	memcpy(v->link, row->hash, sizeof(v->link));
	v->last_seq = row->seq;
	v->chain->entries++;
	if (row->poison) {
		v->chain->poison++;
		return;
	}
	if (memcmp(hash, row->hash, sizeof(hash)) != 0)
		fault(v, row->seq, "its hash does not follow from the entry before and its bytes");
	else if (entry_decode(&row->record, v->hash, &entry) < 0)
		fault(v, row->seq, "cannot be read, or its subject is not the committed one");
	else if (!same_facts(v, stmt, &entry))
		fault(v, row->seq, "is listed as something that its bytes do not say");
}

static int verify_entries(struct verify *v)
{
	struct registry_batch_row row;
	int rc, error = registry_log_signed_begin(&v->signatures, v->id, v->chain, v->start);

	sqlite3_bind_int64(v->entries, 1, v->id);
	while (error == 0 && (rc = sqlite3_step(v->entries)) != SQLITE_DONE) {
		if (rc != SQLITE_ROW) {
			error = db_fail(v->db, v->path, "read its entries", v->err);
			break;
		}
		registry_log_row(v->entries, 0, &row);
		verify_row(v, v->entries, &row);
		error = registry_log_signed_row(&v->signatures, &row);
	}
	sqlite3_reset(v->entries);
	registry_log_signed_end(&v->signatures);
	return error;
}

/* ---- one chain ---- */

static int add_chain(struct verify *v)
{
	if (v->count == v->room) {
		size_t room = v->room ? 2 * v->room : 16;
		struct registry_chain *more = reallocarray(v->chains, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		v->chains = more;
		v->room = room;
	}
	v->chain = &v->chains[v->count++];
	*v->chain = (struct registry_chain){.whole = true};
	return 0;
}

/* The link that the first entry follows, and what the chain says of the one before it. */
static void verify_start(struct verify *v, sqlite3_stmt *stmt)
{
	static const uint8_t none[ENTRY_HASH_SIZE];
	struct registry_chain *c = v->chain;
	uint8_t before[ENTRY_HASH_SIZE], start[ENTRY_HASH_SIZE];
	bool first;

	registry_take_text(stmt, 1, c->door, sizeof(c->door));
	registry_take_blob(stmt, 2, c->journal, sizeof(c->journal));
	registry_take_blob(stmt, 3, before, sizeof(before));
	registry_take_blob(stmt, 4, v->start, sizeof(v->start));
	memcpy(v->link, v->start, sizeof(v->link));
	c->first_seq = registry_take_u64(stmt, 5);
	registry_take_blob(stmt, 7, v->last_hash, sizeof(v->last_hash));
	c->forks = registry_take_u64(stmt, 8);
	v->id = sqlite3_column_int64(stmt, 0);
	v->last_seq = c->first_seq - 1;
	first = v->count == 1 || strcmp(v->door, c->door) != 0;
	c->linked = memcmp(before, first ? none : v->door_end, sizeof(before)) == 0;
	entry_chain_start(v->site, c->door, c->journal, before, v->hash, start);
	if (c->first_seq == 1 && memcmp(start, v->link, sizeof(start)) != 0)
		fault(v, 1, "the start of the chain is not that of this site, door and journal");
}

/* Last of all: a chain that is broken itself says where. */
static void tell_signatures(struct verify *v)
{
	const struct registry_log_signed *s = &v->signatures;
	struct registry_chain *c = v->chain;

	c->signed_entries = s->entries;
	if (s->fault)
		fault(v, s->fault_seq, s->fault);
	else if (c->whole && s->unchecked > 0)
		snprintf(c->why, sizeof(c->why),
			"%" PRIu64 " entries are signed by a key that went with a removed door: "
			"the signatures cannot be checked",
			s->unchecked);
	else if (c->whole && c->first_seq > 1)
		snprintf(c->why, sizeof(c->why),
			"entries before %" PRIu64 " are past their "
			"retention; the rest follows their last hash",
			c->first_seq);
}

static int verify_chain(struct verify *v, sqlite3_stmt *stmt)
{
	struct registry_chain *c;
	int rc = add_chain(v);

	if (rc < 0)
		return rc;
	verify_start(v, stmt);
	rc = verify_entries(v);
	if (rc < 0)
		return rc;
	c = v->chain;
	c->last_seq = v->last_seq;
	if (v->last_seq < registry_take_u64(stmt, 6))
		fault(v, v->last_seq + 1, "is missing");
	else if (v->last_seq > registry_take_u64(stmt, 6) ||
		 memcmp(v->link, v->last_hash, sizeof(v->link)) != 0)
		fault(v, v->last_seq, "is not the end that was acknowledged to the door");
	tell_signatures(v);
	memcpy(v->door, c->door, sizeof(v->door));
	memcpy(v->door_end, v->link, sizeof(v->door_end));
	return 0;
}

static int verify_chains(struct verify *v)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int rc, error = db_prepare(v->db, v->path,
			"SELECT id, door, journal, before, start, first_seq, last_seq, last_hash,"
			" (SELECT count(*) FROM fork f WHERE f.chain = c.id)"
			" FROM chain c ORDER BY door, id",
			&stmt, v->err);

	if (error == 0)
		error = db_prepare(v->db, v->path,
			"SELECT " REGISTRY_LOG_ROW ", door, wall_us, kind, verdict, reason, member,"
			" card FROM entry WHERE chain = ?1 ORDER BY seq",
			&v->entries, v->err);
	if (error == 0)
		error = registry_log_signed_prepare(&v->signatures);
	while (error == 0 && (rc = sqlite3_step(stmt)) != SQLITE_DONE)
		error = rc == SQLITE_ROW ? verify_chain(v, stmt)
					 : db_fail(v->db, v->path, "read its journals", v->err);
	sqlite3_finalize(v->entries);
	registry_log_signed_done(&v->signatures);
	return error;
}

/* ---- the file ---- */

static int check_site(struct verify *v)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int error = db_prepare(v->db, v->path, "SELECT site FROM site", &stmt, v->err);
	const char *site;

	if (error == -EINVAL) { /* no such table */
		snprintf(v->err, ERR_MAX, "%s: is no registry: name the hub's hub.db", v->path);
		return -EPROTONOSUPPORT;
	}
	if (error < 0)
		return error;
	if (sqlite3_step(stmt) != SQLITE_ROW)
		return db_fail(v->db, v->path, "read its site", v->err);
	site = (const char *)sqlite3_column_text(stmt, 0);
	if (site && strcmp(site, v->site) == 0)
		return 0;
	snprintf(v->err, ERR_MAX,
		"%s: is the registry of site %.32s, not of %.32s: name the right ones", v->path,
		site ? site : "?", v->site);
	return -ENOTUNIQ;
}

int registry_log_verify(const char *path, const char *site, entry_hash_fn hash,
	struct registry_chain **ret_chains, char err[ERR_MAX])
{
	return registry_log_verify_told(path, site, hash, NULL, ret_chains, err);
}

int registry_log_verify_told(const char *path, const char *site, entry_hash_fn hash,
	void (*tell)(uint64_t done), struct registry_chain **ret_chains, char err[ERR_MAX])
{
	CLEANUP(db_cleanup) sqlite3 *db = NULL;
	struct verify v = {.path = path, .site = site, .hash = hash, .tell = tell, .err = err};
	int error = db_connect(path, true, &db, err);

	v.db = db;
	v.signatures = (struct registry_log_signed){
		.db = db, .path = path, .site = site, .hash = hash, .err = err};
	if (error == 0) /* one state of the file */
		error = db_run(db, path, "BEGIN", err);
	if (error == 0)
		error = check_site(&v);
	if (error == 0)
		error = verify_chains(&v);
	if (error == -ENOMEM)
		snprintf(err, ERR_MAX, "%s: not enough memory to verify it", path);
	if (error < 0) {
		free(v.chains);
		return error;
	}
	*ret_chains = v.chains;
	return (int)v.count;
}
