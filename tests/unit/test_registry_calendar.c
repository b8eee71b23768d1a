/* SPDX-License-Identifier: Apache-2.0 */
/* Closures, special openings and holidays of the registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_bed.h"

static struct registry *reg;

static int filled(void **state)
{
	fresh_folder(state);
	reg = bed_open("hub.db");
	bed_begin(reg);
	bed_door(reg, "front", false);
	bed_door(reg, "back", false);
	return 0;
}

static int emptied(void **state)
{
	reg = registry_close(reg);
	return no_folder(state);
}

#define FILLED(name) cmocka_unit_test_setup_teardown(name, filled, emptied)

/* How many records of a kind the doors hold. */
static int64_t told(int kind)
{
	char sql[160];
	int64_t count = -1;

	snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM roster WHERE key >= x'%02x' AND key < x'%02x' "
		"AND record IS NOT NULL",
		kind, kind + 1);
	assert_int_equal(db_number(reg->db, sql, &count), 0);
	return count;
}

/* ---- exceptions ---- */

static void exception_is_read_back_changed_and_removed(void **state)
{
	struct calendar_exception row = bed_closure(BED_TODAY + 1, BED_TODAY + 2);
	struct registry_exception e, rows[5];
	uint64_t id;

	(void)state;
	row.open = true;
	row.start = 60;
	row.end = 2880;
	snprintf(row.door, sizeof(row.door), "front");
	EXPECT(reg, registry_exception_add(reg, &row, &id), 0);
	EXPECT(reg, registry_exception(reg, id, &e), 0);
	assert_int_equal(e.row.first, row.first);
	assert_int_equal(e.row.last, row.last);
	assert_int_equal(e.row.start, 60);
	assert_int_equal(e.row.end, 2880);
	assert_true(e.row.open);
	assert_string_equal(e.row.door, "front");
	assert_string_equal(e.row.reason, "stocktaking");
	assert_int_equal(registry_exceptions(reg, 0, -1, DATE_NONE, rows, 5), 1);
	assert_int_equal(registry_exceptions(reg, 0, 0, DATE_NONE, rows, 5), 0);
	assert_int_equal(registry_exceptions(reg, 0, 1, row.last, rows, 5), 1);
	assert_int_equal(registry_exceptions(reg, 0, 1, row.last + 1, rows, 5), 0);
	assert_int_equal(registry_exceptions(reg, id, -1, DATE_NONE, rows, 5), 0);
	e.row.open = false;
	EXPECT(reg, registry_exception_change(reg, &e), 0);
	EXPECT(reg, registry_exception_change(reg, &e), -ESTALE);
	EXPECT(reg, registry_exception_remove(reg, id, 1), -ESTALE);
	EXPECT(reg, registry_exception_remove(reg, id, 2), 0);
	EXPECT(reg, registry_exception_remove(reg, id, 0), -ENOENT);
	EXPECT(reg, registry_exception_change(reg, &e), -ENOENT);
	assert_int_equal(told(ROSTER_KIND_EXCEPTION), 0);
}

static void exception_that_cannot_be_is_refused(void **state)
{
	struct calendar_exception row = bed_closure(BED_TODAY, BED_TODAY - 1);

	(void)state;
	EXPECT(reg, registry_exception_add(reg, &row, NULL), -EINVAL);
	said(reg, "the last day is before the first");
	row = bed_closure(BED_TODAY, BED_TODAY);
	row.start = 1440;
	EXPECT(reg, registry_exception_add(reg, &row, NULL), -EINVAL);
	row.start = 0;
	row.reason[0] = '\0';
	EXPECT(reg, registry_exception_add(reg, &row, NULL), -EINVAL);
	said(reg, "reason");
	row = bed_closure(BED_TODAY, BED_TODAY);
	row.reason[0] = '\t';
	EXPECT(reg, registry_exception_add(reg, &row, NULL), -EINVAL);
	row.reason[0] = 's';
	snprintf(row.door, sizeof(row.door), "side");
	EXPECT(reg, registry_exception_add(reg, &row, NULL), -EINVAL);
	said(reg, "side");
	bed_commit(reg);
}

static void only_what_is_not_over_counts_against_a_doors_room(void **state)
{
	struct calendar_exception row = bed_closure(BED_TODAY, BED_TODAY);
	struct calendar_exception past = bed_closure(BED_TODAY - 9, BED_TODAY - 1);
	struct registry_exception e;
	uint64_t id, last = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		EXPECT(reg, registry_exception_add(reg, &past, &id), 0);
	assert_int_equal(told(ROSTER_KIND_EXCEPTION), 0);
	for (int i = 0; i < CALENDAR_EXCEPTIONS_MAX; i++)
		EXPECT(reg, registry_exception_add(reg, &row, &last), 0);
	EXPECT(reg, registry_exception_add(reg, &row, NULL), -ENOSPC);
	said(reg, "128");
	EXPECT(reg, registry_exception_add(reg, &past, NULL), 0);
	EXPECT(reg, registry_exception(reg, id, &e), 0); /* a past one that would come back */
	e.row = row;
	EXPECT(reg, registry_exception_change(reg, &e), -ENOSPC);
	EXPECT(reg, registry_exception(reg, last, &e), 0); /* one that is there already */
	e.row.last++;
	EXPECT(reg, registry_exception_change(reg, &e), 0);
	bed_now_us += BED_DAY_US; /* all but one are over, though nobody pruned */
	EXPECT(reg, registry_exception_add(reg, &row, NULL), 0);
	row.last += 5;
	EXPECT(reg, registry_exception_add(reg, &row, NULL), 0);
	assert_int_equal(told(ROSTER_KIND_EXCEPTION), 2);
	bed_commit(reg);
}

static void what_is_over_leaves_the_doors_and_stays_here(void **state)
{
	struct calendar_exception row = bed_closure(BED_TODAY, BED_TODAY);
	struct registry_exception e;
	uint64_t id, night;

	(void)state;
	EXPECT(reg, registry_exception_add(reg, &row, &id), 0);
	row.end = 1800; /* until six in the morning after */
	EXPECT(reg, registry_exception_add(reg, &row, &night), 0);
	EXPECT(reg, registry_prune(reg, BED_TODAY), 0);
	EXPECT(reg, registry_prune(reg, BED_TODAY + 1), 1);
	EXPECT(reg, registry_prune(reg, BED_TODAY + 1), 0);
	EXPECT(reg, registry_prune(reg, BED_TODAY + 2), 1);
	assert_int_equal(told(ROSTER_KIND_EXCEPTION), 0);
	EXPECT(reg, registry_exception(reg, night, &e), 0);
	EXPECT(reg, registry_prune(reg, BED_TODAY), 0); /* the clock had been wrong */
	assert_int_equal(told(ROSTER_KIND_EXCEPTION), 2);
	bed_commit(reg);
	EXPECT(reg, registry_prune(reg, BED_TODAY), -EINVAL);
}

/* ---- holidays ---- */

static void holiday_is_set_and_removed(void **state)
{
	struct calendar_date rows[3];

	(void)state;
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY, true), 0);
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY, false), 0);
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY + 1, true), 0);
	assert_int_equal(registry_holidays(reg, 0, rows, 3), 2);
	assert_int_equal(rows[0].date, BED_TODAY);
	assert_false(rows[0].holiday);
	assert_int_equal(registry_holidays(reg, BED_TODAY, rows, 3), 1);
	assert_int_equal(told(ROSTER_KIND_HOLIDAY), 2);
	EXPECT(reg, registry_holiday_remove(reg, BED_TODAY), 0);
	EXPECT(reg, registry_holiday_remove(reg, BED_TODAY), -ENOENT);
	assert_int_equal(told(ROSTER_KIND_HOLIDAY), 1);
	EXPECT(reg, registry_holiday_set(reg, -1, true), -EINVAL);
	EXPECT(reg, registry_holiday_set(reg, REGISTRY_DATE_MAX + 1, true), -EINVAL);
	bed_commit(reg);
}

/* The record that the doors hold for this date: 1 a holiday, 0 none, -1 nothing is given. */
static int told_holiday(int32_t date)
{
	struct roster_record record = {.kind = ROSTER_KIND_HOLIDAY, .holiday.date = date};
	uint8_t key[ROSTER_KEY_MAX];
	int size = roster_record_key(&record, key), holiday = -1;
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(reg->db,
				 "SELECT record FROM roster WHERE key = ?1 AND record IS NOT NULL",
				 -1, &stmt, NULL),
		SQLITE_OK);
	sqlite3_bind_blob(stmt, 1, key, size, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		assert_int_equal(roster_record_decode(sqlite3_column_blob(stmt, 0),
					 (size_t)sqlite3_column_bytes(stmt, 0), &record),
			0);
		holiday = record.holiday.holiday;
	}
	sqlite3_finalize(stmt);
	return holiday;
}

static void pruning_keeps_what_was_said_of_a_date(void **state)
{
	(void)state;
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY, true), 0);
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY + 1, false), 0);
	EXPECT(reg, registry_holiday_set(reg, REGISTRY_DATE_MAX, true), 0);
	EXPECT(reg, registry_holiday_set(reg, 0, true), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(told_holiday(BED_TODAY), 1);
		assert_int_equal(told_holiday(BED_TODAY + 1), 0);
		assert_int_equal(told_holiday(REGISTRY_DATE_MAX), 1);
		assert_int_equal(told_holiday(0), -1);
		EXPECT(reg, registry_prune(reg, BED_TODAY + 366), 0);
	}
	EXPECT(reg, registry_prune(reg, BED_TODAY + 367), 1);
	assert_int_equal(told_holiday(BED_TODAY), -1);
	EXPECT(reg, registry_prune(reg, BED_TODAY + 368), 1);
}

static void only_dates_that_hours_can_reach_count(void **state)
{
	(void)state;
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY - 400, true), 0);
	assert_int_equal(told(ROSTER_KIND_HOLIDAY), 0);
	for (int i = 0; i < CALENDAR_DATES_MAX; i++)
		EXPECT(reg, registry_holiday_set(reg, BED_TODAY - 365 + i, true), 0);
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY + 300, true), -ENOSPC);
	said(reg, "256");
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY - 365, false), 0);
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY - 400, false), 0);
	bed_now_us += 10 * BED_DAY_US;
	EXPECT(reg, registry_holiday_set(reg, BED_TODAY + 300, true), 0);
	assert_int_equal(told(ROSTER_KIND_HOLIDAY), CALENDAR_DATES_MAX - 9 + 1);
	bed_commit(reg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILLED(exception_is_read_back_changed_and_removed),
		FILLED(exception_that_cannot_be_is_refused),
		FILLED(only_what_is_not_over_counts_against_a_doors_room),
		FILLED(what_is_over_leaves_the_doors_and_stays_here),
		FILLED(holiday_is_set_and_removed),
		FILLED(pruning_keeps_what_was_said_of_a_date),
		FILLED(only_dates_that_hours_can_reach_count),
	};

	setenv("TZ", "Europe/London", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
