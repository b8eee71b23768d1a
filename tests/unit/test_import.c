/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/file.h"
#include "door/import.h"
#include "door/keys.h"
#include "store/cache.h"
#include <string.h>

/* A roster without cards from its first required key on. */
#define ROSTER_REST(number)                                             \
	"\"tapin_roster\":1,\"site\":\"walker\",\"timezone\":\"Europe/" \
	"London\",\"doors\":[\"front\"],"                               \
	"\"revision\":{\"generation\":1,\"number\":" number "},\"tiers\":[],\"cards\":[]}"
#define ROSTER(number, cards)                                                          \
	"{\"tapin_roster\":1,\"site\":\"walker\",\"timezone\":\"Europe/London\","      \
	"\"revision\":{\"generation\":1,\"number\":" number "},\"doors\":[\"front\"]," \
	"\"tiers\":[{\"tier\":1,\"hours\":\"24/7\"}],\"cards\":[" cards "]}"
#define CARD(uid)                                                                       \
	"{\"uid\":\"" uid "\",\"card\":1,\"member\":2,\"tier\":1,\"state\":\"active\"," \
	"\"member_state\":\"active\"}"

static char dir[] = "/tmp/tapin-import-XXXXXX";
static char done[ERR_MAX], err[ERR_MAX];
static struct door_conf conf;

static int import_text(const char *text)
{
	char path[PATH_MAX];

	door_conf_path(dir, "roster.json", path);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
	err[0] = '\0';
	return import_roster(&conf, path, done, err);
}

static void open_cache(struct cache **ret_cache)
{
	char path[PATH_MAX];
	bool damaged;

	door_conf_path(conf.store_directory, "cache.db", path);
	assert_int_equal(cache_open(path, ret_cache, &damaged, err), 0);
	assert_false(damaged);
}

static int find(const char *uid_text)
{
	struct roster_card card;
	struct door_keys keys;
	struct cache *cache;
	struct token token;
	struct uid uid;
	int r;

	assert_int_equal(uid_parse(uid_text, &uid), 0);
	assert_int_equal(keys_load(conf.key_directory, &keys, err), 0);
	crypto_card_token(&keys.card, &uid, &token);
	open_cache(&cache);
	r = cache_card(cache, &token, &card);
	cache_close(cache);
	return r;
}

static void an_imported_card_is_found_by_its_token(void **state)
{
	(void)state;
	assert_int_equal(import_text(ROSTER("1", CARD("047C3B9A2E5D80"))), 0);
	assert_non_null(strstr(done, "1 cards, 1 tiers, revision 1.1 are in force"));
	assert_int_equal(find("047C3B9A2E5D80"), 1);
	assert_int_equal(find("04521A6A8F6180"), 0);
}

static void a_refused_roster_leaves_the_old_one_in_force(void **state)
{
	(void)state;
	assert_int_equal(import_text(ROSTER("2", CARD("047C3B9A2E5D80"))), 0);
	assert_int_equal(
		import_text(ROSTER("3", CARD("04521A6A8F6180") "," CARD("04521A6A8F6180"))),
		-EINVAL);
	assert_non_null(strstr(err, "cards[1]"));
	assert_int_equal(find("047C3B9A2E5D80"), 1);
	assert_int_equal(find("04521A6A8F6180"), 0);
}

static void a_card_named_by_uid_and_token_is_refused(void **state)
{
	char text[1024], hex[2 * TOKEN_SIZE + 1];
	struct door_keys keys;
	struct token token;
	struct uid uid;

	(void)state;
	assert_int_equal(uid_parse("047C3B9A2E5D80", &uid), 0);
	assert_int_equal(keys_load(conf.key_directory, &keys, err), 0);
	crypto_card_token(&keys.card, &uid, &token);
	for (size_t i = 0; i < TOKEN_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", token.bytes[i]);
	snprintf(text, sizeof(text),
		ROSTER("4", CARD("047C3B9A2E5D80") ",{\"token\":\"%s\",\"key\":1,\"card\":3,"
						   "\"member\":4,"
						   "\"tier\":1,\"state\":\"active\",\"member_"
						   "state\":\"active\"}"),
		hex);
	assert_true(import_text(text) < 0);
	assert_non_null(strstr(err, "cards[1]"));
}

static int import_days(const char *text)
{
	char path[PATH_MAX];

	door_conf_path(dir, "holidays", path);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
	err[0] = '\0';
	return import_holidays(&conf, path, done, err);
}

static void get_calendar(struct calendar *calendar)
{
	struct cache *cache;

	open_cache(&cache);
	assert_int_equal(cache_calendar(cache, calendar), 0);
	cache_close(cache);
}

static void closures_and_holidays_of_a_roster_are_kept(void **state)
{
	struct calendar calendar;

	(void)state;
	assert_int_equal(
		import_text("{\"calendar\":\"none\",\"closures\":[{\"from\":\"2026-12-24\","
			    "\"to\":\"2027-01-01\",\"reason\":\"Christmas\"}],\"holidays\":[{"
			    "\"date\":\"2027-05-03\",\"holiday\":true}]," ROSTER_REST("5")),
		0);
	get_calendar(&calendar);
	assert_int_equal(calendar.holidays, CALENDAR_HOLIDAYS_NONE);
	assert_int_equal(calendar.exception_count, 1);
	assert_string_equal(calendar.exceptions[0].reason, "Christmas");
	assert_int_equal(calendar.date_count, 1);
	assert_int_equal(import_text(ROSTER("6", CARD("047C3B9A2E5D80"))), 0);
	get_calendar(&calendar);
	assert_int_equal(calendar.holidays, CALENDAR_HOLIDAYS_ENGLAND);
	assert_int_equal(calendar.exception_count + calendar.date_count, 0);
}

static void imported_holidays_outlast_a_roster(void **state)
{
	struct calendar calendar;

	(void)state;
	assert_int_equal(import_days("{\"england-and-wales\":{\"events\":[{\"title\":\"x\","
				     "\"date\":\"2026-12-07\"}]}}"),
		0);
	assert_non_null(strstr(done, "1 holidays are in force"));
	assert_int_equal(import_text(ROSTER("7", CARD("047C3B9A2E5D80"))), 0);
	assert_int_equal(import_days("{\"england-and-wales\":{}}"), -EINVAL);
	assert_non_null(strstr(err, "events"));
	get_calendar(&calendar);
	assert_int_equal(calendar.date_count, 1);
	assert_int_equal(import_days("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"
				     "DTSTART;VALUE=DATE:20261208\r\nEND:VEVENT\r\n"
				     "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261209\r\n"
				     "END:VEVENT\r\nEND:VCALENDAR\r\n"),
		0);
	get_calendar(&calendar);
	assert_int_equal(calendar.date_count, 2);
	assert_int_equal(import_holidays(&conf, "/nonexistent", done, err), -ENOENT);
	assert_non_null(strstr(err, "/nonexistent"));
}

static void a_door_that_belongs_to_a_hub_takes_no_file(void **state)
{
	struct cache_head head = {.site = "walker",
		.timezone = "Europe/London",
		.revision = {2, 1},
		.origin = CACHE_ORIGIN_HUB};
	struct cache *cache;

	(void)state;
	open_cache(&cache);
	assert_int_equal(cache_fill_begin(cache, &head, err), 0);
	assert_int_equal(cache_fill_commit(cache, err), 0);
	cache_close(cache);
	assert_int_equal(import_text(ROSTER("9", CARD("04521A6A8F6180"))), -EPERM);
	assert_non_null(strstr(err, "hub"));
	assert_int_equal(find("04521A6A8F6180"), 0);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	strcpy(conf.site, "walker");
	strcpy(conf.timezone, "Europe/London");
	strcpy(conf.door, "front");
	snprintf(conf.store_directory, sizeof(conf.store_directory), "%s/store", dir);
	snprintf(conf.key_directory, sizeof(conf.key_directory), "%s/keys", dir);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_imported_card_is_found_by_its_token),
		cmocka_unit_test(a_refused_roster_leaves_the_old_one_in_force),
		cmocka_unit_test(a_card_named_by_uid_and_token_is_refused),
		cmocka_unit_test(closures_and_holidays_of_a_roster_are_kept),
		cmocka_unit_test(imported_holidays_outlast_a_roster),
		cmocka_unit_test(a_door_that_belongs_to_a_hub_takes_no_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
