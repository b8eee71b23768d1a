/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A roster at one moment, in chunks: everything, or what changed since.
 *
 * Chunks are cut where the room of the first call ends. Where each begins is remembered once it was
 * reached, so that any of them can be had again with one seek.
 */
#include "registry_private.h"

#include "registry_roster.h"
#include <string.h>

/* A place between rows: after this key, of this turn and number. */
struct place {
	int turn;
	uint64_t number;
	size_t key_size;
	uint8_t key[ROSTER_KEY_MAX];
};

struct row {
	uint64_t number;
	const uint8_t *key;
	size_t key_size;
	const uint8_t *record;
	size_t size;
	uint8_t gone[ROSTER_KEY_MAX + 1];
};

struct registry_view {
	struct registry *registry;
	sqlite3 *db;
	sqlite3_stmt *stmt;
	bool delta;
	uint64_t from;
	struct registry_state state;
	size_t room;          /* of every chunk: the first call's */
	struct place *starts; /* of chunks 0 … reached */
	size_t start_room;
	uint32_t reached;
};

#define SNAPSHOT_SQL                              \
	"SELECT key, record, number FROM roster " \
	"WHERE key > ?3 AND record IS NOT NULL AND ?1 >= 0 AND ?2 >= 0 ORDER BY key"
#define DELTA_SQL                                 \
	"SELECT key, record, number FROM roster " \
	"WHERE turn = ?1 AND (number, key) > (?2, ?3) ORDER BY number, key"

/* The first place of a turn: after every row of number `from`, whose keys all begin with less. */
static struct place turn_start(const struct registry_view *view, int turn)
{
	if (!view->delta)
		return (struct place){.key_size = 0};
	return (struct place){.turn = turn, .number = view->from, .key_size = 1, .key = {0xFF}};
}

static int fail(struct registry_view *view, const char *doing)
{
	return db_fail(view->db, view->registry->path, doing, view->registry->error);
}

/* ---- opening ---- */

static int judge(struct registry_view *view, const struct revision *from)
{
	const struct revision *now = &view->state.roster.revision;

	if (!from)
		return 0;
	view->delta = true;
	view->from = from->number;
	if (from->generation == now->generation && from->number <= now->number &&
		from->number >= view->state.floor)
		return 0;
	return registry_fail(view->registry, -ESTALE,
		"the changes since revision %u.%llu are not to be had, the newest is %u.%llu: "
		"take a snapshot",
		from->generation, (unsigned long long)from->number, now->generation,
		(unsigned long long)now->number);
}

/* The read of meta is what holds the moment. */
static int connect_view(struct registry_view *view, const struct revision *from)
{
	struct registry *reg = view->registry;
	/* for writing: to read alone, SQLite could take a file without -wal for one at rest */
	int error = db_connect(reg->path, false, &view->db, reg->error);

	if (error == 0)
		error = db_run(view->db, reg->path, "PRAGMA query_only=ON; BEGIN", reg->error);
	if (error == 0) {
		error = registry_state_read(view->db, &view->state);
		if (error < 0)
			fail(view, "read the roster's head");
	}
	if (error == 0)
		error = judge(view, from);
	if (error == 0)
		error = db_prepare(view->db, reg->path, from ? DELTA_SQL : SNAPSHOT_SQL,
			&view->stmt, reg->error);
	return error;
}

int registry_view_open(
	struct registry *reg, const struct revision *from, struct registry_view **ret_view)
{
	struct registry_view *view = calloc(1, sizeof(*view));
	int error;

	if (view)
		view->starts = calloc(1, sizeof(*view->starts));
	if (!view || !view->starts) {
		registry_view_close(view);
		return registry_fail(reg, -ENOMEM, "not enough memory to read the roster");
	}
	view->registry = reg;
	view->start_room = 1;
	error = connect_view(view, from);
	if (error < 0) {
		registry_view_close(view);
		return error;
	}
	view->starts[0] = turn_start(view, 0);
	*ret_view = view;
	return 0;
}

struct registry_view *registry_view_close(struct registry_view *view)
{
	if (!view)
		return NULL;
	sqlite3_finalize(view->stmt);
	sqlite3_close_v2(view->db);
	free(view->starts);
	free(view);
	return NULL;
}

const struct registry_roster *registry_view_roster(const struct registry_view *view)
{
	return &view->state.roster;
}

/* ---- rows ---- */

static void seek(struct registry_view *view, const struct place *place)
{
	sqlite3_reset(view->stmt);
	sqlite3_bind_int64(view->stmt, 1, place->turn);
	sqlite3_bind_int64(view->stmt, 2, (int64_t)place->number);
	sqlite3_bind_blob(view->stmt, 3, place->key, (int)place->key_size, SQLITE_TRANSIENT);
}

/* What a row says as a record: its bytes, or that the key is gone. */
static int take_row(struct registry_view *view, struct row *row)
{
	row->key = sqlite3_column_blob(view->stmt, 0);
	row->key_size = (size_t)sqlite3_column_bytes(view->stmt, 0);
	row->record = sqlite3_column_blob(view->stmt, 1);
	row->size = (size_t)sqlite3_column_bytes(view->stmt, 1);
	row->number = registry_take_u64(view->stmt, 2);
	if (!row->key || row->key_size < 1 || row->key_size > ROSTER_KEY_MAX ||
		row->size > ROSTER_RECORD_MAX)
		return registry_fail(view->registry, -EBADMSG,
			"%s: the roster has a row that cannot be: restore the last backup",
			view->registry->path);
	if (row->record && row->size > 0)
		return 1;
	row->gone[0] = row->key[0];
	row->gone[1] = 0;
	memcpy(row->gone + 2, row->key + 1, row->key_size - 1);
	row->record = row->gone;
	row->size = row->key_size + 1;
	return 1;
}

/* The next row after place, which it may move to the next turn: 1, 0 at the end. */
static int next_row(struct registry_view *view, struct place *place, struct row *row)
{
	for (;;) {
		int rc = sqlite3_step(view->stmt);

		if (rc == SQLITE_ROW)
			return take_row(view, row);
		if (rc != SQLITE_DONE)
			return fail(view, "read the roster");
		if (!view->delta || place->turn + 1 >= ROSTER_TURNS)
			return 0;
		*place = turn_start(view, place->turn + 1);
		seek(view, place);
	}
}

static void pass(struct place *place, const struct row *row)
{
	place->number = row->number;
	place->key_size = row->key_size;
	memcpy(place->key, row->key, row->key_size);
}

/* ---- chunks ---- */

/* Fills out from *place on and moves it. How many bytes; *ret_last: nothing follows. */
static int fill(struct registry_view *view, struct place *place, uint8_t *out, bool *ret_last)
{
	size_t used = 0;
	struct row row = {0};
	int rc;

	seek(view, place);
	while ((rc = next_row(view, place, &row)) > 0) {
		int size = roster_run_add(out, used, view->room, row.record, row.size);

		if (size < 0)
			break;
		used = (size_t)size;
		pass(place, &row);
	}
	sqlite3_reset(view->stmt);
	if (rc > 0 && used == 0)
		return registry_fail(
			view->registry, -ENOSPC, "a chunk has no room for the longest record");
	*ret_last = rc == 0;
	return rc < 0 ? rc : (int)used;
}

static int remember(struct registry_view *view, const struct place *place)
{
	struct place *grown;

	if (view->reached + 2 > view->start_room) {
		grown = realloc(view->starts, 2 * view->start_room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		view->starts = grown;
		view->start_room *= 2;
	}
	view->starts[++view->reached] = *place;
	return 0;
}

int registry_view_chunk(
	struct registry_view *view, uint32_t index, uint8_t *out, size_t room, bool *ret_last)
{
	if (view->room == 0)
		view->room = room;
	if (room < view->room)
		return registry_fail(view->registry, -ENOSPC,
			"every chunk of a view needs %zu bytes of room", view->room);
	/* those before it that nobody asked for only tell where it begins */
	for (uint32_t i = index < view->reached ? index : view->reached;; i++) {
		struct place place = view->starts[i];
		int size = fill(view, &place, out, ret_last), error = 0;

		if (size >= 0 && i == view->reached && !*ret_last)
			error = remember(view, &place);
		if (size < 0 || error < 0)
			return size < 0 ? size : error;
		if (i == index)
			return size;
		if (*ret_last)
			return -ENOENT;
	}
}
