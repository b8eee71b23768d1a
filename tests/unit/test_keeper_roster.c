/* SPDX-License-Identifier: Apache-2.0 */
/* Rosters through the keeper, beside a model of what they say. SEED=n repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "faulty_vfs.h"

static char err[ERR_MAX];

#include "keeper_bed.h"
#include "store/db.h"

static unsigned seed;
static struct keeper *keeper;
static struct cache *cache;
static struct model model;

static void take(const struct revision *from)
{
	struct keeper_event event = keeper_bed_take(keeper, &model, from);
	const char *differs;

	if (event.error < 0)
		fail_msg("%s (seed %u)", event.message, seed);
	assert_int_equal(event.kind, KEEPER_EVENT_ROSTER);
	assert_int_equal(revision_compare(&event.revision, &model.revision), 0);
	differs = keeper_bed_compare(cache, &model);
	if (differs)
		fail_msg("differs: %s (seed %u)", differs, seed);
	model_clean(&model);
}

static void change_and_take(unsigned changes)
{
	struct revision from = model.revision;

	model_change(&model, changes, &seed);
	take(&from);
}

/* The roster in force is still the model's. */
static void expect_old(void)
{
	const char *differs = keeper_bed_compare(cache, &model);

	if (differs)
		fail_msg("the old roster differs: %s (seed %u)", differs, seed);
}

static void refuse(struct keeper_event event, int wanted, const char *says)
{
	if (event.error != wanted)
		fail_msg("error %d instead of %d: %s", event.error, wanted, event.message);
	if (!strstr(event.message, says))
		fail_msg("\"%s\" does not say \"%s\"", event.message, says);
	expect_old();
}

/* ---- agreeing ---- */

static void rosters_and_deltas_agree_with_the_model(void **state)
{
	int64_t before, after;

	(void)state;
	take(NULL);
	for (unsigned i = 0; i < 60; i++) {
		assert_int_equal(cache_version(cache, &before), 0);
		change_and_take(1 + model_random(&seed, i % 10 == 0 ? 300 : 20));
		assert_int_equal(cache_version(cache, &after), 0);
		assert_int_not_equal(before, after);
		if (i % 20 == 19) { /* a snapshot over it, of the same or a later revision */
			model.revision.number += model_random(&seed, 3);
			take(NULL);
		}
	}
}

static void site_record_reaches_the_head(void **state)
{
	static struct roster_record r = {.kind = ROSTER_KIND_SITE,
		.site = {.timezone = "Europe/Paris", .holidays = 0, .warn_s = 77, .bound_s = 99}};
	struct revision from;
	struct cache_head head;

	(void)state;
	take(NULL);
	from = model.revision;
	model_put(&model, 0, &r);
	model.revision.number = 9;
	take(&from);
	assert_int_equal(cache_head(cache, &head), 0);
	assert_string_equal(head.timezone, "Europe/Paris");
	assert_string_equal(head.site, "walker");
	assert_true(head.warn_s == 77 && head.bound_s == 99 && head.holidays == 0);
}

static void higher_generation_comes_by_snapshot_only(void **state)
{
	struct revision from;

	(void)state;
	take(NULL);
	from = model.revision;
	model.revision = (struct revision){.generation = 2, .number = 1};
	{
		struct keeper_roster roster = keeper_bed_roster(&model, &from);

		model.revision = from;
		refuse(keeper_bed_send(keeper, &roster, NULL, 0, 1), -ESTALE,
			"within its generation");
	}
	model_change(&model, 30, &seed);
	model.revision = (struct revision){.generation = 2, .number = 1};
	take(NULL);
	model.revision = (struct revision){.generation = 1, .number = 50};
	{
		struct keeper_roster roster = keeper_bed_roster(&model, NULL);

		model.revision = (struct revision){.generation = 2, .number = 1};
		refuse(keeper_bed_send(keeper, &roster, NULL, 0, 1), -ESTALE, "older 1.50");
	}
	change_and_take(5);
}

static void roster_of_a_file_gives_way_whatever_its_revision(void **state)
{
	struct cache_head head = {.site = "walker",
		.timezone = "Etc/UTC",
		.revision = {.generation = 9, .number = 9},
		.origin = CACHE_ORIGIN_FILE};
	struct calendar dates = {0};
	struct revision file = {.generation = 9, .number = 9};
	struct keeper_roster roster;

	(void)state;
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_tier(cache, 1, 0, "24/7"), 0);
	assert_int_equal(cache_fill_commit(cache, err), 0);
	assert_int_equal(calendar_date_set(&dates, 20500, true), 0);
	assert_int_equal(cache_import_holidays(cache, &dates, err), 0);
	roster = keeper_bed_roster(&model, &file);
	roster.to = (struct revision){.generation = 9, .number = 10};
	assert_int_equal(keeper_bed_send(keeper, &roster, NULL, 0, 1).error, -ESTALE);
	take(NULL);
	head.revision.number = 100;
	assert_int_equal(cache_fill_begin(cache, &head, err), -EPERM);
}

/* ---- refusing ---- */

/* The model's own snapshot with one more record, or without its first. */
static struct keeper_event send_spoilt(const struct roster_record *more, bool first, bool last)
{
	static uint8_t run[MODEL_RUN_MAX], spoilt[MODEL_RUN_MAX], bytes[ROSTER_RECORD_MAX];
	struct keeper_roster roster = keeper_bed_roster(&model, NULL);
	size_t size = model_run(&model, false, run), at = 0, from, spoilt_size = 0;
	const uint8_t *record;
	int n = more ? roster_record_encode(more, bytes) : 0;

	roster.to.number++;
	assert_true(n >= 0);
	if (more && first)
		spoilt_size = (size_t)roster_run_add(spoilt, 0, sizeof(spoilt), bytes, (size_t)n);
	assert_int_equal(roster_run_next(run, size, &at, &record, &from), 1); /* SITE */
	if (!more) {
		roster_digest_take(roster.digest, record, from, crypto_hash256);
		from = at;
	} else {
		from = 0;
	}
	memcpy(spoilt + spoilt_size, run + from, size - from);
	spoilt_size += size - from;
	if (more && last)
		spoilt_size = (size_t)roster_run_add(
			spoilt, spoilt_size, sizeof(spoilt), bytes, (size_t)n);
	if (more)
		roster_digest_add(roster.digest, bytes, (size_t)n, crypto_hash256);
	return keeper_bed_send(keeper, &roster, spoilt, spoilt_size, 60000);
}

static void unsound_snapshots_are_refused(void **state)
{
	static struct roster_record r;

	(void)state;
	take(NULL);
	refuse(send_spoilt(NULL, false, false), -EBADMSG, "no site record");
	model_key(0, &r);
	strcpy(r.site.timezone, "Etc/UTC");
	refuse(send_spoilt(&r, false, true), -EBADMSG, "twice");
	model_key(MODEL_CARD_AT, &r);
	model_token(77777, &r.card.token);
	r.card.card = 5;
	r.card.tier = 99;
	refuse(send_spoilt(&r, false, true), -EBADMSG, "tier that is not there");
	r.card.tier = model_any_tier(&model, &seed);
	refuse(send_spoilt(&r, true, false), -EBADMSG, "tier that is not there"); /* before it */
	r.gone = true;
	refuse(send_spoilt(&r, false, true), -EBADMSG, "unsound");
	model_key(MODEL_DOOR_AT + 2, &r);
	refuse(send_spoilt(&r, false, true), -EBADMSG, "twice");
	change_and_take(10);
}

static void unsound_bytes_are_refused_when_they_come(void **state)
{
	struct keeper_roster roster;
	uint8_t *run;

	(void)state;
	take(NULL);
	roster = keeper_bed_roster(&model, NULL);
	assert_int_equal(keeper_roster_begin(keeper, &roster), 0);
	assert_int_equal(keeper_bed_next(keeper).error, 0);
	run = calloc(1, 100);
	run[0] = 98;
	assert_int_equal(keeper_roster_fill(keeper, run, 100), 0); /* kind 0 */
	run = calloc(1, 100);
	assert_int_equal(keeper_roster_fill(keeper, run, 100), 0);
	assert_int_equal(keeper_roster_commit(keeper), 0);
	refuse(keeper_bed_next(keeper), -EBADMSG, "unsound record");
	change_and_take(3); /* nothing more was said of it */
	assert_int_equal(keeper_roster_begin(keeper, &roster), 0);
	assert_int_equal(keeper_bed_next(keeper).error, -ESTALE);
}

static void wrong_digest_leaves_the_old_roster(void **state)
{
	static uint8_t run[MODEL_RUN_MAX];
	static struct model old;
	struct keeper_roster roster;
	struct keeper_event event;
	struct revision from;
	size_t size;

	(void)state;
	take(NULL);
	model_copy(&model, &old);
	from = model.revision;
	model_change(&model, 20, &seed);
	for (int snapshot = 0; snapshot <= 1; snapshot++) {
		roster = keeper_bed_roster(&model, snapshot ? NULL : &from);
		roster.digest[model_random(&seed, ROSTER_DIGEST_SIZE)] ^= 1;
		size = model_run(&model, !snapshot, run);
		event = keeper_bed_send(keeper, &roster, run, size, 3000);
		assert_int_equal(event.error, -EBADMSG);
		assert_int_equal(event.kind, KEEPER_EVENT_ROSTER);
		assert_non_null(strstr(event.message, "digest"));
		assert_null(keeper_bed_compare(cache, &old));
	}
	take(&from);
	model_free(&old);
}

static void delta_that_takes_a_tier_from_its_cards_is_refused(void **state)
{
	static uint8_t run[MODEL_RUN_MAX];
	static struct model old;
	struct keeper_roster roster;
	struct keeper_event event;
	struct revision from;
	unsigned row;

	(void)state;
	take(NULL);
	for (row = MODEL_CARD_AT; !model.rows[row].there; row++)
		;
	model_copy(&model, &old);
	from = model.revision;
	model_gone(&model, MODEL_TIER_AT + model.rows[row].tier - 1);
	model.revision.number++;
	roster = keeper_bed_roster(&model, &from);
	event = keeper_bed_send(keeper, &roster, run, model_run(&model, true, run), 3000);
	assert_int_equal(event.error, -EBADMSG);
	assert_non_null(strstr(event.message, "tier that is not there"));
	assert_null(keeper_bed_compare(cache, &old));
	model_copy(&old, &model);
	model_free(&old);
	change_and_take(10);
}

static void delta_on_another_revision_is_refused(void **state)
{
	struct keeper_roster roster;
	struct revision from;

	(void)state;
	roster = keeper_bed_roster(&model, &model.revision);
	roster.to.number++;
	assert_int_equal(
		keeper_bed_send(keeper, &roster, NULL, 0, 1).error, -ESTALE); /* empty cache */
	take(NULL);
	change_and_take(3);
	from = model.revision;
	for (int step = -1; step <= 1; step += 2) {
		from.number = model.revision.number + (uint64_t)step;
		roster = keeper_bed_roster(&model, &from);
		roster.to.number = model.revision.number + 5;
		refuse(keeper_bed_send(keeper, &roster, NULL, 0, 1), -ESTALE, "fit only");
	}
	from.number = model.revision.number;
	roster = keeper_bed_roster(&model, &from);
	roster.to.number = from.number - 1;
	refuse(keeper_bed_send(keeper, &roster, NULL, 0, 1), -ESTALE, "older");
	strcpy(roster.site, "fazeley");
	assert_int_equal(keeper_roster_begin(keeper, &roster), -EINVAL);
}

static void more_days_or_tiers_than_a_door_holds_are_refused(void **state)
{
	static struct roster_record r;
	static uint8_t run[MODEL_RUN_MAX], bytes[ROSTER_RECORD_MAX];
	static const enum roster_kind kinds[] = {
		ROSTER_KIND_HOLIDAY, ROSTER_KIND_EXCEPTION, ROSTER_KIND_TIER, ROSTER_KIND_DOOR};

	(void)state;
	take(NULL);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct keeper_roster roster = keeper_bed_roster(&model, &model.revision);
		size_t size = 0;

		roster.to.number++;
		for (unsigned i = 0; i < 1100; i++) {
			int n;

			memset(&r, 0, sizeof(r));
			r.kind = kinds[k];
			if (r.kind == ROSTER_KIND_HOLIDAY) {
				r.holiday.date = (int32_t)i;
			} else if (r.kind == ROSTER_KIND_DOOR) {
				snprintf(r.door, sizeof(r.door), "d%u", i);
			} else if (r.kind == ROSTER_KIND_TIER) {
				r.tier.tier = 100 + i;
			} else {
				r.exception.id = 100 + i;
				r.exception.row = (struct calendar_exception){
					.end = 1440, .reason = "Inventory"};
			}
			n = roster_record_encode(&r, bytes);
			assert_true(n > 0);
			roster_digest_add(roster.digest, bytes, (size_t)n, crypto_hash256);
			size = (size_t)roster_run_add(run, size, sizeof(run), bytes, (size_t)n);
		}
		assert_int_equal(keeper_bed_send(keeper, &roster, run, size, 3000).error, -EBADMSG);
		expect_old();
	}
}

/* ---- giving up ---- */

static void what_is_given_up_is_not_spoken_of(void **state)
{
	static uint8_t run[MODEL_RUN_MAX];
	struct keeper_roster roster = keeper_bed_roster(&model, NULL);
	struct keeper_event event;
	unsigned fills = 0;

	(void)state;
	assert_int_equal(keeper_roster_fill(keeper, NULL, 0), -EINVAL);
	assert_int_equal(keeper_roster_begin(keeper, &roster), 0);
	for (;; fills++) {
		size_t size = model_run(&model, false, run);
		uint8_t *copy = malloc(KEEPER_RUN_MAX);

		memcpy(copy, run, size < KEEPER_RUN_MAX ? size : KEEPER_RUN_MAX);
		if (keeper_roster_fill(keeper, copy, KEEPER_RUN_MAX + 1) != -EINVAL ||
			keeper_roster_fill(keeper, copy, 0) < 0) {
			free(copy);
			break;
		}
	}
	assert_int_equal(fills, KEEPER_WAITING_MAX - 1);
	keeper_roster_abort(keeper);
	assert_int_equal(keeper_keep(keeper, "keys", "x", 1, 5), 0); /* whatever waits there */
	event = keeper_bed_next(keeper);
	assert_int_equal(event.kind, KEEPER_EVENT_KEPT);
	usleep(20000);
	assert_int_equal(keeper_next(keeper, &event), 0);
	assert_int_equal(keeper_roster_commit(keeper), -EINVAL);
	take(NULL);
	assert_int_equal(folder_count("fill", NULL), 0);
}

static void keeper_that_closes_leaves_the_old_roster(void **state)
{
	static uint8_t run[MODEL_RUN_MAX];
	struct revision from;
	bool damaged;

	(void)state;
	take(NULL);
	from = model.revision;
	for (unsigned i = 0; i < 10; i++) {
		struct keeper_roster roster = keeper_bed_roster(&model, i % 2 ? NULL : &from);
		size_t size = model_run(&model, false, run);
		uint8_t *copy = malloc(size);

		roster.to.number++;
		memcpy(copy, run, size);
		assert_int_equal(keeper_roster_begin(keeper, &roster), 0);
		if (keeper_roster_fill(keeper, copy, size < KEEPER_RUN_MAX ? size : 0) < 0)
			free(copy);
		keeper = keeper_close(keeper, i % 3 * 20);
		expect_old();
		keeper = keeper_bed_open(&damaged);
		assert_non_null(keeper);
	}
	assert_int_equal(folder_count("fill", NULL), 0);
}

static void full_disk_leaves_the_old_roster(void **state)
{
	struct revision from;
	struct keeper_event event;
	static struct model old;

	(void)state;
	take(NULL);
	model_copy(&model, &old);
	from = model.revision;
	model_change(&model, 20, &seed);
	disk.write_error = SQLITE_FULL;
	event = keeper_bed_take(keeper, &model, &from);
	disk.write_error = 0;
	assert_int_equal(event.error, -ENOSPC);
	assert_non_null(strstr(event.message, "free space"));
	assert_null(keeper_bed_compare(cache, &old));
	take(&from);
	model_free(&old);
}

static void damaged_cache_is_refilled_by_a_snapshot(void **state)
{
	struct keeper_event event;
	bool damaged = false;

	(void)state;
	take(NULL);
	keeper = keeper_close(keeper, 1000);
	cache = cache_close(cache);
	file_put(in_folder("cache.db"), 4096, "garbage", 7);
	assert_int_equal(cache_open(in_folder("cache.db"), &cache, &damaged, err), 0);
	assert_true(damaged);
	keeper = keeper_bed_open(&damaged);
	event = keeper_bed_take(keeper, &model, &model.revision);
	assert_int_equal(event.error, -ESTALE);
	take(NULL);
	change_and_take(10);
}

static void row_that_was_tampered_with_asks_for_a_snapshot(void **state)
{
	static const char *const spoils[] = {"UPDATE card SET state = 1 + state % 3",
		"UPDATE card SET kind = 9", "UPDATE tier SET flags = -1",
		"UPDATE head SET warn_s = warn_s + 1", "UPDATE tier_door SET hours = 'Mo'",
		"UPDATE head SET digest = x'00'"};
	struct revision from;

	(void)state;
	take(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(spoils); i++) {
		struct keeper_event event;
		sqlite3 *db;

		from = model.revision;
		for (unsigned row = 0; row < MODEL_CARD_AT; row++)
			model_random_put(&model, row, &seed);
		model_change(&model, 200, &seed);
		assert_int_equal(sqlite3_open(in_folder("cache.db"), &db), SQLITE_OK);
		assert_int_equal(db_do(db, spoils[i]), 0);
		sqlite3_close(db);
		event = keeper_bed_take(keeper, &model, &from);
		if (event.error != (i == 5 ? -ESTALE : -EBADMSG))
			fail_msg("%s: %d %s", spoils[i], event.error, event.message);
		take(NULL);
	}
}

/* ---- wiping ---- */

static bool file_has(const char *name, const struct token *token)
{
	static char data[16 << 20];
	FILE *f = fopen(in_folder(name), "rb");
	size_t size = f ? fread(data, 1, sizeof(data), f) : 0;

	if (f)
		fclose(f);
	return size > 0 && memmem(data, size, token->bytes, sizeof(token->bytes)) != NULL;
}

static bool anywhere(const struct token *token)
{
	return file_has("cache.db", token) || file_has("cache.db-wal", token);
}

static void wiped_cache_has_nothing_of_what_is_gone(void **state)
{
	struct keeper_event event;
	struct token gone, stays;
	unsigned n = 0, at[2] = {0};

	(void)state;
	for (unsigned i = MODEL_CARD_AT; i < MODEL_EXCEPTION_AT && n < 2; i++)
		if (model.rows[i].there)
			at[n++] = i;
	assert_int_equal(n, 2);
	model_token(at[0], &gone);
	model_token(at[1], &stays);
	take(NULL);
	assert_true(anywhere(&gone) && anywhere(&stays));
	model_gone(&model, at[0]);
	model.revision.number++;
	take(NULL);
	assert_int_equal(keeper_wipe(keeper, 5), 0);
	event = keeper_bed_next(keeper);
	if (event.error < 0)
		fail_msg("%s", event.message);
	assert_int_equal(event.kind, KEEPER_EVENT_WIPED);
	assert_int_equal(event.tag, 5);
	assert_false(anywhere(&gone));
	assert_true(anywhere(&stays));
	expect_old();
	change_and_take(20);
}

static int fresh_bed(void **state)
{
	bool damaged;

	(void)state;
	memset(&disk, 0, sizeof(disk));
	folder_make();
	model_make(&model, &seed);
	if (cache_open(in_folder("cache.db"), &cache, &damaged, err) < 0)
		return -1;
	keeper = keeper_bed_open(&damaged);
	return keeper ? 0 : -1;
}

static int no_bed(void **state)
{
	(void)state;
	keeper = keeper_close(keeper, 1000);
	cache = cache_close(cache);
	model_free(&model);
	folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_bed, no_bed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rosters_and_deltas_agree_with_the_model),
		TEST(site_record_reaches_the_head),
		TEST(higher_generation_comes_by_snapshot_only),
		TEST(roster_of_a_file_gives_way_whatever_its_revision),
		TEST(unsound_snapshots_are_refused),
		TEST(unsound_bytes_are_refused_when_they_come),
		TEST(wrong_digest_leaves_the_old_roster),
		TEST(delta_that_takes_a_tier_from_its_cards_is_refused),
		TEST(delta_on_another_revision_is_refused),
		TEST(more_days_or_tiers_than_a_door_holds_are_refused),
		TEST(what_is_given_up_is_not_spoken_of),
		TEST(keeper_that_closes_leaves_the_old_roster),
		TEST(full_disk_leaves_the_old_roster),
		TEST(damaged_cache_is_refilled_by_a_snapshot),
		TEST(wiped_cache_has_nothing_of_what_is_gone),
		TEST(row_that_was_tampered_with_asks_for_a_snapshot),
	};

	seed = getenv("SEED") ? (unsigned)strtoul(getenv("SEED"), NULL, 10)
			      : (unsigned)(clock_mono_us() & 0xffffff);
	printf("# SEED=%u\n", seed);
	fflush(stdout);
	if (crypto_init() < 0)
		return 1;
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
