/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: opening, changes. */
#include "registry_private.h"

#include "base/clock.h"
#include "registry_schema.h"
#include "registry_schema_days.h"
#include "registry_schema_erase.h"
#include "registry_schema_evening.h"
#include "registry_schema_filters.h"
#include "registry_schema_log.h"
#include "registry_schema_page.h"
#include "registry_schema_site.h"
#include <string.h>

#define APPLICATION_ID 0x74706862 /* "tphb" */
#define WARN_S (24 * 3600)        /* of a new site: grants warn after a day without the hub */
#define BOUND_S (7 * 24 * 3600)   /* and cards are refused after a week */

static const char *const steps[] = {
	REGISTRY_SCHEMA REGISTRY_SCHEMA_LOG,
	REGISTRY_RECORDS_2,
	REGISTRY_SCHEMA_DAYS,
	REGISTRY_SCHEMA_SITE,
	REGISTRY_SCHEMA_ERASE,
	REGISTRY_SCHEMA_EVENING,
	REGISTRY_SCHEMA_PAGE,
	REGISTRY_SCHEMA_FILTERS,
};

static const struct db_schema schema = {
	.steps = steps,
	.count = ARRAY_SIZE(steps),
	.application_id = APPLICATION_ID,
	.mode = 0640,
};

const char *registry_error(const struct registry *reg)
{
	return reg->error;
}

bool registry_changing(const struct registry *reg)
{
	return reg->changing;
}

uint32_t registry_generation(const struct registry *reg)
{
	return (reg->changing ? &reg->next : &reg->state)->roster.revision.generation;
}

int64_t registry_now_us(const struct registry *reg)
{
	return reg->now_us();
}

int registry_state_read(sqlite3 *db, struct registry_state *ret_state)
{
	CLEANUP(db_cleanup_stmt) sqlite3_stmt *stmt = NULL;
	int rc;

	if (sqlite3_prepare_v2(db, "SELECT generation, number, floor, cards, digest FROM meta", -1,
		    &stmt, NULL) != SQLITE_OK)
		return db_errno(db);
	rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? -ENODATA : db_errno(db);
	*ret_state = (struct registry_state){
		.roster.revision.generation = registry_take_u32(stmt, 0),
		.roster.revision.number = registry_take_u64(stmt, 1),
		.roster.cards = registry_take_u64(stmt, 3),
		.floor = registry_take_u64(stmt, 2),
	};
	if (!registry_take_blob(stmt, 4, ret_state->roster.digest, ROSTER_DIGEST_SIZE))
		return -EBADMSG;
	return 0;
}

int registry_state_write(struct registry *reg)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "UPDATE meta SET generation = ?1, number = ?2, floor = ?3, "
				      "cards = ?4, digest = ?5");
	const struct registry_state *s = &reg->next;

	if (!stmt)
		return registry_sql_fail(reg, "write the roster's head");
	sqlite3_bind_int64(stmt, 1, s->roster.revision.generation);
	sqlite3_bind_int64(stmt, 2, (int64_t)s->roster.revision.number);
	sqlite3_bind_int64(stmt, 3, (int64_t)s->floor);
	sqlite3_bind_int64(stmt, 4, (int64_t)s->roster.cards);
	registry_bind_blob(stmt, 5, s->roster.digest, ROSTER_DIGEST_SIZE);
	return registry_run(reg, stmt, "write the roster's head") < 0 ? reg->broken : 0;
}

/* ---- changes ---- */

/* After an error SQLite may have done so itself. */
static void undo(struct registry *reg)
{
	if (!sqlite3_get_autocommit(reg->db))
		db_do(reg->db, "ROLLBACK");
	/* it may have been settled in what is undone */
	reg->settled_us = 0;
}

int registry_begin(struct registry *reg)
{
	int error;

	if (reg->changing)
		return registry_fail(reg, -EBUSY, "another change is in progress: try again");
	if (db_do(reg->db, "BEGIN IMMEDIATE") < 0) {
		error = registry_sql_fail(reg, "begin a change");
		undo(reg);
		return error;
	}
	/* read anew: root's --recover may have written beside us */
	error = registry_state_read(reg->db, &reg->state);
	if (error < 0) {
		registry_sql_fail(reg, "read the roster's head");
		undo(reg);
		return error;
	}
	reg->changing = true;
	reg->touched = false;
	reg->headed = false;
	reg->broken = 0;
	reg->next = reg->state;
	return 0;
}

void registry_abort(struct registry *reg)
{
	if (!reg->changing)
		return;
	reg->changing = false;
	undo(reg);
}

/* The number that this change gets, and when. */
static int write_number(struct registry *reg)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "INSERT OR REPLACE INTO change (number, at_us) "
						   "VALUES (?1, ?2)");

	if (!stmt)
		return registry_sql_fail(reg, "number the change");
	sqlite3_bind_int64(stmt, 1, (int64_t)reg->next.roster.revision.number);
	sqlite3_bind_int64(stmt, 2, registry_now_us(reg));
	return registry_run(reg, stmt, "number the change") < 0 ? reg->broken : 0;
}

int registry_commit(struct registry *reg, struct revision *ret_revision)
{
	int error = registry_check_changing(reg);

	if (error < 0)
		return error;
	error = reg->broken;
	if (error == 0 && reg->touched)
		error = write_number(reg);
	if (error == 0 && (reg->touched || reg->headed))
		error = registry_state_write(reg);
	if (error == 0 && db_do(reg->db, "COMMIT") < 0)
		error = registry_sql_fail(reg, "keep the change");
	if (error < 0) {
		registry_abort(reg);
		return error;
	}
	reg->changing = false;
	reg->state = reg->next;
	if (ret_revision)
		*ret_revision = reg->state.roster.revision;
	return 0;
}

int registry_enter(struct registry *reg, bool *ret_own)
{
	*ret_own = !reg->changing;
	return reg->changing ? 0 : registry_begin(reg);
}

int registry_leave(struct registry *reg, bool own, int result)
{
	int error;

	if (!own)
		return result;
	if (result < 0) {
		registry_abort(reg);
		return result;
	}
	error = registry_commit(reg, NULL);
	return error < 0 ? error : result;
}

/* ---- opening ---- */

static int insert_meta(struct registry *reg)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt =
		registry_prepare(reg, "INSERT INTO meta VALUES (1, 1, 0, 0, zeroblob(32), 0, ?1)");

	if (!stmt)
		return registry_sql_fail(reg, "make the registry");
	sqlite3_bind_int64(stmt, 1, registry_now_us(reg));
	return registry_run(reg, stmt, "make the registry");
}

static int insert_site(struct registry *reg, const struct roster_site *site)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg,
		"INSERT INTO site (id, site, title, timezone, holidays, warn_s, bound_s, "
		"lockdown, state_number, state_us, state_actor, version) "
		"VALUES (1, ?1, ?1, ?2, ?3, ?4, ?5, 0, 1, ?6, 'new', 1)");

	if (!stmt)
		return registry_sql_fail(reg, "make the site");
	registry_bind_text(stmt, 1, reg->site);
	registry_bind_text(stmt, 2, site->timezone);
	sqlite3_bind_int64(stmt, 3, site->holidays);
	sqlite3_bind_int64(stmt, 4, site->warn_s);
	sqlite3_bind_int64(stmt, 5, site->bound_s);
	sqlite3_bind_int64(stmt, 6, registry_now_us(reg));
	return registry_run(reg, stmt, "make the site");
}

/* The rows that every registry has; the first revision is 1.1. */
static int make(struct registry *reg, const struct registry_options *options)
{
	struct roster_record record = {
		.kind = ROSTER_KIND_SITE,
		.site = {.holidays = CALENDAR_HOLIDAYS_ENGLAND,
			.warn_s = WARN_S,
			.bound_s = BOUND_S,
			.checkout_minute = CHECKOUT_MINUTE_DEFAULT},
	};
	int error;

	if (snprintf(record.site.timezone, sizeof(record.site.timezone), "%s",
		    options->timezone ? options->timezone : "") >=
		(int)sizeof(record.site.timezone))
		return registry_fail(reg, -EINVAL, "the time zone's name is too long");
	if (db_do(reg->db, "BEGIN IMMEDIATE") < 0)
		return registry_sql_fail(reg, "make the registry");
	reg->changing = true;
	error = insert_meta(reg);
	if (error >= 0)
		error = registry_state_read(reg->db, &reg->next);
	if (error >= 0)
		error = insert_site(reg, &record.site);
	if (error >= 0)
		error = registry_roster_put(reg, &record);
	if (error >= 0)
		error = registry_commit(reg, NULL);
	else
		registry_abort(reg);
	return error;
}

static int check_site(struct registry *reg)
{
	CLEANUP(registry_done)
	sqlite3_stmt *stmt = registry_prepare(reg, "SELECT site FROM site");
	char site[NAME_ID_MAX];
	int rc;

	if (!stmt)
		return registry_sql_fail(reg, "read the site");
	rc = registry_step(reg, stmt, "read the site");
	if (rc <= 0)
		return rc < 0 ? rc : -EBADMSG;
	registry_take_text(stmt, 0, site, sizeof(site));
	if (strcmp(site, reg->site) == 0)
		return 0;
	return registry_fail(reg, -ENOTUNIQ,
		"%s: is the registry of site \"%s\", not of \"%s\": name the right file, or "
		"correct the site in the configuration",
		reg->path, site, reg->site);
}

static int start(struct registry *reg, const struct registry_options *options)
{
	int error = registry_state_read(reg->db, &reg->state);

	if (error == -ENODATA)
		error = make(reg, options);
	else if (error < 0)
		error = registry_sql_fail(reg, "read the roster's head");
	else
		error = registry_roster_sum(reg);
	return error < 0 ? error : check_site(reg);
}

static int connect_file(struct registry *reg, char err[ERR_MAX])
{
	int error = db_open_keep(reg->path, &schema, &reg->db, err);

	if (error == -EBADMSG)
		snprintf(err, ERR_MAX,
			"%s: is damaged and was left as it is: move it and its -wal and -shm "
			"away, put the last backup in its place and start tapin-hub --recover",
			reg->path);
	/* 32 MiB of pages: a million cards in any order without rewriting them; and 16 MiB before
	 * they go into the file: many doors' entries change the same ones again and again */
	if (error == 0)
		error = db_run(reg->db, reg->path,
			"PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4000; "
			"PRAGMA journal_size_limit=16777216",
			err);
	if (error == 0) {
		error = registry_search_register(reg->db);
		if (error == 0)
			error = registry_export_register(reg->db);
		if (error < 0)
			db_fail(reg->db, reg->path, "open", err);
	}
	return error;
}

static struct registry *new_registry(const struct registry_options *options)
{
	struct registry *reg = calloc(1, sizeof(*reg));

	if (!reg)
		return NULL;
	reg->hash = options->hash;
	reg->now_us = options->now_us ? options->now_us : clock_wall_us;
	snprintf(reg->site, sizeof(reg->site), "%s", options->site);
	reg->path = strdup(options->path);
	return reg->path ? reg : registry_close(reg);
}

int registry_open(
	const struct registry_options *options, struct registry **ret_registry, char err[ERR_MAX])
{
	struct registry *reg;
	int error;

	if (!name_id_valid(options->site) || !options->hash || !options->path) {
		snprintf(err, ERR_MAX, "the registry: bad site \"%s\": use [a-z0-9-]{1,32}",
			options->site ? options->site : "");
		return -EINVAL;
	}
	reg = new_registry(options);
	if (!reg) {
		snprintf(err, ERR_MAX, "%s: not enough memory to open it", options->path);
		return -ENOMEM;
	}
	error = connect_file(reg, err);
	if (error == 0) {
		error = start(reg, options);
		if (error < 0)
			snprintf(err, ERR_MAX, "%s", reg->error);
	}
	if (error < 0) {
		registry_close(reg);
		return error;
	}
	*ret_registry = reg;
	return 0;
}

struct registry *registry_close(struct registry *reg)
{
	if (!reg)
		return NULL;
	registry_abort(reg);
	for (size_t i = 0; i < ARRAY_SIZE(reg->statements); i++)
		sqlite3_finalize(reg->statements[i].stmt);
	sqlite3_close_v2(reg->db);
	free(reg->path);
	free(reg);
	return NULL;
}
