/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, changes, audit and backup of the registry; its file from every version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vectors.h"

#include "registry_set.h"

static int64_t number(struct registry *reg, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_number(reg->db, sql, &n), 0);
	return n;
}

/* A registry with a member and a card, closed. */
static void make_file(const char *name)
{
	struct registry *reg = bed_open(name);

	bed_begin(reg);
	bed_card(reg, 1, bed_member(reg, "Ada", bed_tier(reg, "Full", "24/7")));
	bed_commit(reg);
	registry_close(reg);
}

/* ---- opening ---- */

static void new_file_is_a_site_at_revision_1(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_roster roster;
	struct registry_site site;
	struct stat st;

	(void)state;
	EXPECT(reg, registry_roster(reg, &roster), 0);
	assert_int_equal(roster.revision.generation, 1);
	assert_int_equal(roster.revision.number, 1);
	assert_int_equal(roster.cards, 0);
	EXPECT(reg, registry_site(reg, &site), 0);
	assert_string_equal(site.site, "walker");
	assert_string_equal(site.title, "walker");
	assert_int_equal(site.roster.warn_s, 86400);
	assert_int_equal(site.roster.bound_s, 7 * 86400);
	assert_int_equal(number(reg, "PRAGMA application_id"), 0x74706862);
	assert_int_equal(number(reg, "PRAGMA synchronous"), 2);
	assert_int_equal(number(reg, "SELECT 'wal' = (SELECT * FROM pragma_journal_mode)"), 1);
	assert_int_equal(stat(in_folder("hub.db"), &st), 0);
	assert_int_equal(st.st_mode & 07, 0);
	assert_string_equal(registry_error(reg), "");
	registry_close(reg);
	assert_null(registry_close(NULL));
}

static void what_was_committed_is_there_after_opening_again(void **state)
{
	struct registry_roster before, after;
	struct registry *reg;

	(void)state;
	make_file("hub.db");
	reg = bed_open("hub.db");
	EXPECT(reg, registry_roster(reg, &before), 0);
	assert_int_equal(before.revision.number, 2);
	assert_int_equal(before.cards, 1);
	registry_close(reg);
	reg = bed_open("hub.db");
	EXPECT(reg, registry_roster(reg, &after), 0);
	assert_memory_equal(before.digest, after.digest, ROSTER_DIGEST_SIZE);
	registry_close(reg);
}

static void what_cannot_be_opened_says_so(void **state)
{
	struct registry *reg = NULL;
	struct registry_options options = {.path = in_folder("zone.db"), .site = "walker"};

	(void)state;
	make_file("hub.db");
	assert_int_equal(bed_try("hub.db", "other", &reg), -ENOTUNIQ);
	assert_non_null(strstr(err, "\"walker\""));
	assert_int_equal(bed_try("hub.db", "Bad Site", &reg), -EINVAL);
	assert_int_equal(bed_try("nowhere/hub.db", "walker", &reg), -ENOENT);
	assert_int_equal(registry_open(&options, &reg, err), -EINVAL); /* no hash */
	options.hash = crypto_hash256;
	assert_true(registry_open(&options, &reg, err) < 0); /* no time zone */
	options.timezone = "Europe/London";
	assert_int_equal(registry_open(&options, &reg, err), 0); /* nothing half was left */
	assert_int_equal(registry_close(reg), NULL);
}

static void overwrite(const char *name, long at, size_t size)
{
	char junk[4096];

	memset(junk, 0x5A, sizeof(junk));
	file_put(in_folder(name), at, junk, size);
}

static void damaged_file_stays_and_is_not_replaced(void **state)
{
	struct registry *reg = NULL;
	char *before, *after;
	size_t size, size_after;

	(void)state;
	for (int page = 0; page < 6; page += 5) {
		unlink(in_folder("hub.db"));
		make_file("hub.db");
		overwrite("hub.db", page * 4096L, 4096);
		before = file_get(in_folder("hub.db"), &size);
		assert_int_equal(bed_try("hub.db", "walker", &reg), -EBADMSG);
		assert_null(reg);
		assert_non_null(strstr(err, "backup"));
		assert_int_equal(folder_count("damaged", NULL), 0);
		after = file_get(in_folder("hub.db"), &size_after);
		assert_int_equal(size, size_after);
		assert_memory_equal(before, after, size);
		free(before);
		free(after);
	}
}

static void missing_file_beside_its_wal_is_damage(void **state)
{
	struct registry *reg = NULL;

	(void)state;
	file_put(in_folder("hub.db-wal"), 0, "changes", 7);
	assert_int_equal(bed_try("hub.db", "walker", &reg), -EBADMSG);
	assert_int_equal(folder_count("-wal", NULL), 1);
	assert_int_equal(access(in_folder("hub.db"), F_OK), -1);
}

/* ---- changes ---- */

static void undone_change_leaves_nothing(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_roster before, after;
	struct registry_member m;
	struct revision revision = {0};

	(void)state;
	EXPECT(reg, registry_roster(reg, &before), 0);
	assert_false(registry_changing(reg));
	bed_begin(reg);
	assert_true(registry_changing(reg));
	EXPECT(reg, registry_begin(reg), -EBUSY);
	bed_card(reg, 1, bed_member(reg, "Ada", bed_tier(reg, "Full", "24/7")));
	registry_abort(reg);
	registry_abort(reg);
	assert_false(registry_changing(reg));
	EXPECT(reg, registry_member(reg, 1, &m), -ENOENT);
	EXPECT(reg, registry_roster(reg, &after), 0);
	assert_memory_equal(&before, &after, sizeof(before));
	EXPECT(reg, registry_commit(reg, &revision), -EINVAL);
	assert_int_equal(revision.number, 0);
	registry_close(reg);
}

static void change_that_failed_half_way_cannot_be_kept(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct roster_record nonsense = {.kind = ROSTER_KIND_TIER};

	(void)state;
	bed_begin(reg);
	bed_tier(reg, "Full", "24/7");
	EXPECT(reg, registry_roster_put(reg, &nonsense), -EINVAL);
	EXPECT(reg, registry_commit(reg, NULL), -EINVAL);
	assert_false(registry_changing(reg));
	assert_int_equal(number(reg, "SELECT count(*) FROM tier"), 0);
	bed_begin(reg);
	bed_tier(reg, "Full", "24/7");
	assert_int_equal(bed_commit(reg), 2);
	registry_close(reg);
}

static void full_disk_undoes_the_change(void **state)
{
	struct registry *reg = bed_open("hub.db");
	int error;

	(void)state;
	bed_begin(reg);
	bed_tier(reg, "Full", "24/7");
	disk.write_error = SQLITE_FULL;
	error = registry_commit(reg, NULL);
	disk.write_error = 0;
	assert_int_equal(error, -ENOSPC);
	said(reg, "space");
	assert_false(registry_changing(reg));
	assert_int_equal(number(reg, "SELECT count(*) FROM tier"), 0);
	bed_begin(reg);
	bed_tier(reg, "Full", "24/7");
	assert_int_equal(bed_commit(reg), 2);
	registry_close(reg);
}

static void closing_undoes_an_unfinished_change(void **state)
{
	struct registry *reg = bed_open("hub.db");

	(void)state;
	bed_begin(reg);
	bed_tier(reg, "Full", "24/7");
	registry_close(reg);
	reg = bed_open("hub.db");
	assert_int_equal(number(reg, "SELECT count(*) FROM tier"), 0);
	registry_close(reg);
}

static void change_of_ones_own_or_inside_another(void **state)
{
	struct registry *reg = bed_open("hub.db");
	bool own;

	(void)state;
	EXPECT(reg, registry_enter(reg, &own), 0);
	assert_true(own);
	bed_tier(reg, "Full", "24/7");
	EXPECT(reg, registry_leave(reg, own, 7), 7);
	EXPECT(reg, registry_enter(reg, &own), 0);
	bed_tier(reg, "Part", "24/7");
	EXPECT(reg, registry_leave(reg, own, -EPERM), -EPERM);
	assert_int_equal(number(reg, "SELECT count(*) FROM tier"), 1);
	bed_begin(reg);
	EXPECT(reg, registry_enter(reg, &own), 0);
	assert_false(own);
	EXPECT(reg, registry_leave(reg, own, 0), 0);
	assert_true(registry_changing(reg));
	registry_close(reg);
}

static void revision_seen_is_the_one_another_process_gave(void **state)
{
	struct registry *reg = bed_open("hub.db"), *recover = bed_open("hub.db");

	(void)state;
	EXPECT(recover, registry_raise_generation(recover, 5), 0);
	registry_close(recover);
	bed_begin(reg);
	bed_tier(reg, "Full", "24/7");
	bed_commit(reg);
	assert_int_equal(registry_generation(reg), 5);
	registry_close(reg);
}

/* ---- audit ---- */

static int audit(struct registry *reg, struct registry_audit_query query, uint64_t *ret_first)
{
	struct registry_audit *rows = NULL;
	int count;

	query.limit = query.limit ? query.limit : 10;
	count = registry_audit(reg, &query, &rows);
	assert_true(count >= 0);
	if (ret_first && count > 0)
		*ret_first = rows[0].id;
	for (int i = 1; i < count; i++)
		assert_true(rows[i].id < rows[i - 1].id);
	registry_audit_free(rows, (size_t)count);
	return count;
}

static void audit_says_who_did_what_newest_first(void **state)
{
	struct registry *reg = bed_open("hub.db");
	struct registry_audit_query query = {.limit = 1};
	struct registry_audit *rows;
	uint64_t id;

	(void)state;
	EXPECT(reg, registry_audit_add(reg, "maya", "card.issue", "card/1", "", ""), -EINVAL);
	bed_begin(reg);
	EXPECT(reg, registry_audit_add(reg, "maya", "card.issue", "card/1", NULL, "{\"a\":1}"), 0);
	bed_now_us += 1000;
	EXPECT(reg, registry_audit_add(reg, "leo", "card.revoke", "card/1", "{}", ""), 0);
	EXPECT(reg, registry_audit_add(reg, "leo", "cardinal.see", "card/2", "", ""), 0);
	bed_commit(reg);
	assert_int_equal(registry_audit(reg, &query, &rows), 1);
	assert_int_equal(rows[0].id, 3);
	registry_audit_free(rows, 1);
	query.below = 2;
	assert_int_equal(registry_audit(reg, &query, &rows), 1);
	assert_string_equal(rows[0].actor, "maya");
	assert_string_equal(rows[0].action, "card.issue");
	assert_string_equal(rows[0].object, "card/1");
	assert_string_equal(rows[0].before, "");
	assert_string_equal(rows[0].after, "{\"a\":1}");
	assert_int_equal(rows[0].at_us, BED_START_US);
	registry_audit_free(rows, 1);
	assert_int_equal(audit(reg, (struct registry_audit_query){.actor = "leo"}, &id), 2);
	assert_int_equal(audit(reg, (struct registry_audit_query){.action = "card."}, &id), 2);
	assert_int_equal(audit(reg, (struct registry_audit_query){.action = "card"}, NULL), 0);
	assert_int_equal(audit(reg, (struct registry_audit_query){.action = "card.issue"}, &id), 1);
	assert_int_equal(id, 1);
	assert_int_equal(audit(reg, (struct registry_audit_query){.object = "card/2"}, &id), 1);
	assert_int_equal(
		audit(reg, (struct registry_audit_query){.from_us = BED_START_US + 1}, NULL), 2);
	assert_int_equal(
		audit(reg, (struct registry_audit_query){.until_us = BED_START_US + 1}, NULL), 1);
	registry_close(reg);
}

static void change_that_cannot_be_audited_is_not_made(void **state)
{
	struct registry *reg = bed_open("hub.db");
	char *huge = calloc(1, 200);

	(void)state;
	memset(huge, 'a', 199);
	bed_begin(reg);
	bed_tier(reg, "Full", "24/7");
	EXPECT(reg, registry_audit_add(reg, huge, "tier.add", "tier/1", "", ""), -EINVAL);
	EXPECT(reg, registry_commit(reg, NULL), -EINVAL);
	bed_begin(reg);
	EXPECT(reg, registry_audit_add(reg, "maya", huge, "tier/1", "", ""), -EINVAL);
	registry_abort(reg);
	bed_begin(reg);
	EXPECT(reg, registry_audit_add(reg, "maya", "tier.add", huge, "", ""), -EINVAL);
	registry_abort(reg);
	free(huge);
	registry_close(reg);
}

/* ---- backup ---- */

static void backup_is_one_file_that_opens(void **state)
{
	struct registry *reg = bed_open("hub.db"), *copy;
	struct registry_roster a, b;
	struct stat st;

	(void)state;
	bed_begin(reg);
	bed_card(reg, 1, bed_member(reg, "Ada", bed_tier(reg, "Full", "24/7")));
	EXPECT(reg, registry_backup(reg, in_folder("copy.db")), -EBUSY);
	bed_commit(reg);
	file_put(in_folder("copy.db.partial"), 0, "half", 4); /* of a run that died */
	EXPECT(reg, registry_backup(reg, in_folder("copy.db")), 0);
	assert_int_equal(folder_count("copy.db", NULL), 1);
	assert_int_equal(stat(in_folder("copy.db"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	EXPECT(reg, registry_backup(reg, in_folder("copy.db")), -EEXIST);
	EXPECT(reg, registry_backup(reg, in_folder("nowhere/copy.db")), -ENOENT);
	said(reg, "folder");
	copy = bed_open("copy.db");
	EXPECT(reg, registry_roster(reg, &a), 0);
	EXPECT(copy, registry_roster(copy, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	registry_close(copy);
	registry_close(reg);
}

static void backup_on_a_full_disk_leaves_nothing(void **state)
{
	struct registry *reg = bed_open("hub.db");

	(void)state;
	disk.write_error = SQLITE_FULL;
	EXPECT(reg, registry_backup(reg, in_folder("copy.db")), -ENOSPC);
	disk.write_error = 0;
	assert_int_equal(folder_count("copy.db", NULL), 0);
	registry_close(reg);
}

/* ---- every version ---- */

/* The file as that version's program left it: what `sqlite3 hub.db .dump` gives, and its two
 * numbers. */
static void load_version(int version, const char *name)
{
	char vector[32], stamp[80];
	size_t size;
	char *sql;
	sqlite3 *db;

	snprintf(vector, sizeof(vector), "hub-%d.sql", version);
	sql = vector_read(vector, &size);
	assert_int_equal(sqlite3_open(in_folder(name), &db), SQLITE_OK);
	snprintf(stamp, sizeof(stamp), "PRAGMA application_id=%d; PRAGMA user_version=%d",
		0x74706862, version);
	if (db_do(db, sql) < 0 || db_do(db, stamp) < 0)
		fail_msg("%s: %s", vector, sqlite3_errmsg(db));
	sqlite3_close(db);
	free(sql);
}

/* They say what they said, in the bytes of today. */
static void assert_records_of_now(const struct set *s)
{
	static struct roster_record record;
	static uint8_t again[ROSTER_RECORD_MAX];

	for (size_t i = 0; i < s->count; i++) {
		assert_int_equal(
			roster_record_decode(s->rows[i].data, s->rows[i].size, &record), 0);
		assert_int_equal(roster_record_encode(&record, again), s->rows[i].size);
		if (record.kind == ROSTER_KIND_SITE)
			assert_int_equal(record.site.checkout_minute, 240);
		if (record.kind == ROSTER_KIND_TIER)
			assert_int_equal(record.tier.allowance.kind, ALLOWANCE_NONE);
		if (record.kind == ROSTER_KIND_CARD)
			assert_int_equal(record.card.pool, 0);
	}
}

static void every_older_version_is_brought_up_to_date(void **state)
{
	const struct registry_member_query words = {
		.text = "zoe o'neill", .state = -1, .tier = -1, .limit = 1};
	struct registry_member m;
	struct registry_roster roster;
	struct registry *reg;
	struct set s;

	(void)state;
	for (int version = 1; version <= 2; version++) {
		load_version(version, "old.db");
		reg = bed_open("old.db");
		EXPECT(reg, registry_member(reg, 1, &m), 0);
		assert_string_equal(m.name, "Zoë O'Neill");
		assert_int_equal(m.cards, 1);
		EXPECT(reg, registry_members(reg, &words, &m), 1);
		EXPECT(reg, registry_roster(reg, &roster), 0);
		assert_int_equal(roster.cards, 2);
		s = set_fetch(reg, NULL, NULL); /* the digest fits */
		assert_int_equal(s.count, 1 + 1 + 1 + 2 + 1 + 1);
		assert_records_of_now(&s);
		set_free(&s);
		bed_begin(reg);
		bed_card(reg, 50, 1);
		bed_commit(reg);
		reg = registry_close(reg);
		unlink(in_folder("old.db"));
	}
}

/* What a file's schema is, as text. */
static char *schema_of(const char *name)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char *text = calloc(1, 65536);
	size_t used = 0;

	assert_int_equal(sqlite3_open(in_folder(name), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
				 "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL "
				 "AND name NOT LIKE 'sqlite_%' ORDER BY name",
				 -1, &stmt, NULL),
		SQLITE_OK);
	while (text && sqlite3_step(stmt) == SQLITE_ROW)
		used += (size_t)snprintf(
			text + used, 65536 - used, "%s\n", sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return text;
}

/* A step that was released is never edited: another one is added. */
static void migrated_file_has_the_schema_of_a_new_one(void **state)
{
	char *old, *new;

	(void)state;
	registry_close(bed_open("new.db"));
	load_version(1, "old.db");
	registry_close(bed_open("old.db"));
	old = schema_of("old.db");
	new = schema_of("new.db");
	assert_string_equal(old, new);
	free(old);
	free(new);
}

static void newer_version_is_refused(void **state)
{
	struct registry *reg = NULL;

	(void)state;
	load_version(1, "hub.db");
	reg = bed_open("hub.db");
	assert_int_equal(db_do(reg->db, "PRAGMA user_version=99"), 0);
	reg = registry_close(reg);
	assert_int_equal(bed_try("hub.db", "walker", &reg), -EPROTONOSUPPORT);
	assert_non_null(strstr(err, "newer tapin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_file_is_a_site_at_revision_1),
		TEST(what_was_committed_is_there_after_opening_again),
		TEST(what_cannot_be_opened_says_so),
		TEST(damaged_file_stays_and_is_not_replaced),
		TEST(missing_file_beside_its_wal_is_damage),
		TEST(undone_change_leaves_nothing),
		TEST(change_that_failed_half_way_cannot_be_kept),
		TEST(full_disk_undoes_the_change),
		TEST(closing_undoes_an_unfinished_change),
		TEST(change_of_ones_own_or_inside_another),
		TEST(revision_seen_is_the_one_another_process_gave),
		TEST(audit_says_who_did_what_newest_first),
		TEST(change_that_cannot_be_audited_is_not_made),
		TEST(backup_is_one_file_that_opens),
		TEST(backup_on_a_full_disk_leaves_nothing),
		TEST(every_older_version_is_brought_up_to_date),
		TEST(migrated_file_has_the_schema_of_a_new_one),
		TEST(newer_version_is_refused),
	};

	umask(022);
	faulty_vfs_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
