/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/roster_file.h"

#define HEAD                                                                     \
	"\"tapin_roster\":1,\"site\":\"walker\",\"timezone\":\"Europe/London\"," \
	"\"revision\":{\"generation\":1,\"number\":7},\"doors\":[\"front\",\"back\"],"
#define TIER "{\"tier\":1,\"hours\":\"24/7\"}"
#define TIERS "\"tiers\":[" TIER "],"
#define REST \
	"\"card\":101,\"member\":11,\"tier\":1,\"state\":\"active\",\"member_state\":\"active\""
#define UID "\"uid\":\"04A1B2C3D4E5F6\","
#define FILE_OF(cards) "{" HEAD TIERS "\"cards\":[" cards "]}"

static int read_text(const char *text, struct roster_file *roster, char err[ERR_MAX])
{
	/* exactly as long, so that a sanitizer sees a step too far */
	size_t size = strlen(text);
	char *exact = malloc(size + !size);
	int r;

	memcpy(exact, text, size);
	r = roster_file_read("roster.json", exact, size, roster, err);
	free(exact);
	return r;
}

static struct roster_file good(const char *text)
{
	struct roster_file roster;
	char err[ERR_MAX];

	if (read_text(text, &roster, err) < 0)
		fail_msg("%s", err);
	return roster;
}

/* The text is refused, the message starts with the file's name and says all the words. */
static void refused(const char *text, const char *where, const char *what)
{
	struct roster_file roster = {.card_count = 77};
	char err[ERR_MAX] = "";

	if (read_text(text, &roster, err) == 0)
		fail_msg("taken: %s", text);
	assert_int_equal(roster.card_count, 77);
	assert_memory_equal(err, "roster.json: ", 13);
	if (strncmp(err + 13, where, strlen(where)) != 0 || !strstr(err, what))
		fail_msg("expected \"%s\" and \"%s\" in: %s", where, what, err);
}

static void whole_file_is_read(void **state)
{
	struct roster_file roster = good(
		"{" HEAD
		"\"tiers\":[{\"tier\":2,\"name\":\"part time\",\"hours\":\"Mo-Fr 09:00-17:00\","
		"\"flags\":[\"staff\",\"may_open_up\"],\"doors\":{\"front\":\"24/"
		"7\",\"back\":null}}],"
		"\"cards\":[{\"uid\":\"04:a1:b2:c3:d4:e5:f6\",\"card\":101,\"member\":11,"
		"\"sponsor\":12,"
		"\"tier\":2,\"state\":\"active\",\"member_state\":\"suspended\",\"valid_from\":"
		"\"2026-01-01\","
		"\"valid_until\":\"2026-12-31\",\"grace_until\":\"2027-01-31\",\"release_ms\":8000}"
		","
		"{\"token\":\"000102030405060708090a0b0c0d0e0f\",\"key\":3,\"card\":102,"
		"\"state\":\"unassigned\",\"valid_from\":null}]}");
	const struct roster_card *card = &roster.cards[0].card;
	int32_t date;

	(void)state;
	assert_string_equal(roster.site, "walker");
	assert_string_equal(roster.timezone, "Europe/London");
	assert_int_equal(roster.revision.number, 7);
	assert_int_equal(roster.door_count, 2);
	assert_int_equal(roster.tiers[0].tier, 2);
	assert_int_equal(roster.tiers[0].flags, TIER_FLAG_STAFF | TIER_FLAG_MAY_OPEN_UP);
	assert_int_equal(roster.tiers[0].door_count, 2);
	assert_string_equal(roster.tiers[0].doors[0].hours, "24/7");
	assert_null(roster.tiers[0].doors[1].hours);
	assert_int_equal(roster.card_count, 2);
	assert_true(roster.cards[0].has_uid);
	assert_int_equal(roster.cards[0].uid.len, 7);
	assert_int_equal(card->sponsor, 12);
	assert_int_equal(card->member_state, MEMBER_STATE_SUSPENDED);
	assert_int_equal(civil_date_parse("2027-01-31", &date), 0);
	assert_int_equal(card->grace_until, date);
	assert_int_equal(card->release_ms, 8000);
	assert_false(roster.cards[1].has_uid);
	assert_int_equal(roster.cards[1].card.key_id, 3);
	assert_int_equal(roster.cards[1].card.token.bytes[15], 15);
	assert_int_equal(roster.cards[1].card.state, CARD_STATE_UNASSIGNED);
	assert_int_equal(roster.cards[1].card.member_state, MEMBER_STATE_CLOSED);
	assert_int_equal(roster.cards[1].card.valid_until, DATE_NONE);
	roster_file_free(&roster);
}

static void order_of_keys_and_white_space_do_not_matter(void **state)
{
	struct roster_file roster = good(
		" \n{\t\"cards\" : [ {" UID REST "} ] ,"
		"\"tiers\":[" TIER "],\r\n\"doors\":[\"front\"],\"revision\":{\"number\":1,"
		"\"generation\":1},\"timezone\":\"UTC\",\"site\":\"w\",\"tapin_roster\":1 } \n");

	(void)state;
	assert_int_equal(roster.card_count, 1);
	roster_file_free(&roster);
}

static void empty_lists_are_a_roster_that_admits_nobody(void **state)
{
	struct roster_file roster = good("{" HEAD "\"tiers\":[],\"cards\":[ ]}");

	(void)state;
	assert_int_equal(roster.card_count, 0);
	assert_int_equal(roster.tier_count, 0);
	roster_file_free(&roster);
}

static void broken_json_is_refused_with_its_line(void **state)
{
	(void)state;
	refused("", "not JSON at line 1", "");
	refused("[]", "not JSON at line 1", "'{'");
	refused("{", "not JSON at line 1", "key");
	refused("{}", "not JSON", "key");
	refused("\n\n{" HEAD TIERS "\"cards\":[{" UID REST "},\n{\"uid\"}]}", "not JSON at line 4",
		"");
	refused(FILE_OF("{" UID REST "},"), "not JSON", "");
	refused(FILE_OF("{" UID REST "} {"), "not JSON", "']'");
	refused(FILE_OF("{" UID REST "}") "x", "not JSON", "follows");
	refused("{" HEAD TIERS "\"cards\":[]", "not JSON", "'}'");
	refused("{" HEAD TIERS "\"cards\":{}}", "not JSON", "'['");
	refused(FILE_OF("{" UID UID REST "}"), "not JSON", "twice");
	refused(FILE_OF("7"), "cards[0]", "object");
}

static void text_after_a_zero_byte_is_refused(void **state)
{
	static const char text[] = "{" HEAD TIERS "\"cards\":[]}\0x";
	struct roster_file roster;
	char err[ERR_MAX];

	(void)state;
	assert_int_equal(roster_file_read("f", text, sizeof(text) - 1, &roster, err), -EINVAL);
}

static void head_is_checked(void **state)
{
	(void)state;
	refused("{\"tapin_roster\":2}", "tapin_roster", "expected 1");
	refused("{\"tapin_roster\":1}", "site", "missing");
	refused("{\"tapin_roster\":1,\"tapin_roster\":1}", "tapin_roster", "twice");
	refused("{" HEAD TIERS "\"card\":[]}", "card", "\"cards\"");
	refused("{" HEAD TIERS TIERS "\"cards\":[]}", "tiers", "twice");
	refused("{\"site\":\"Walker\"}", "site", "\"Walker\"");
	refused("{\"timezone\":\"../etc/passwd\"}", "timezone", "Europe/London");
	refused("{\"timezone\":\"/etc/localtime\"}", "timezone", "Europe/London");
	refused("{\"revision\":7}", "revision", "7");
	refused("{\"revision\":{\"generation\":0,\"number\":1}}", "generation", "from 1");
	refused("{\"revision\":{\"generation\":1,\"nunber\":1}}", "nunber", "\"number\"");
	refused("{\"doors\":[]}", "doors", "at least one");
	refused("{\"doors\":[\"front\",\"Back\"]}", "doors[1]", "\"Back\"");
}

static void tiers_are_checked(void **state)
{
#define TIERS_OF(tiers) "{" HEAD "\"tiers\":[" tiers "],\"cards\":[]}"
	(void)state;
	refused(TIERS_OF("{\"tier\":0,\"hours\":\"24/7\"}"), "tiers[0].tier", "0 is refused");
	refused(TIERS_OF("{\"tier\":1}"), "tiers[0].hours", "missing");
	refused(TIERS_OF("{\"tier\":1,\"hours\":\"Mo-Fr 9-17 sunrise\"}"), "tiers[0].hours",
		"at character");
	refused(TIERS_OF("{\"tier\":1,\"hour\":\"24/7\"}"), "tiers[0].hour", "\"hours\"");
	refused(TIERS_OF(TIER ",{\"tier\":2,\"hours\":\"24/7\",\"flags\":[\"stuff\"]}"),
		"tiers[1].flags", "\"stuff\"");
	refused(TIERS_OF("{\"tier\":1,\"hours\":\"24/7\",\"flags\":\"staff\"}"), "tiers[0].flags",
		"list");
	refused(TIERS_OF("{\"tier\":1,\"hours\":\"24/7\",\"doors\":{}}"), "tiers[0].doors",
		"every door");
	refused(TIERS_OF("{\"tier\":1,\"hours\":\"24/7\",\"doors\":[\"front\"]}"), "tiers[0].doors",
		"");
	refused(TIERS_OF("{\"tier\":1,\"hours\":\"24/7\",\"doors\":{\"side\":null}}"),
		"tiers[0].doors", "\"side\"");
	refused(TIERS_OF("{\"tier\":1,\"hours\":\"24/7\",\"doors\":{\"front\":\"never\"}}"),
		"tiers[0].doors.front", "character");
	refused(TIERS_OF("{\"tier\":1,\"hours\":\"24/7\",\"doors\":{\"front\":7}}"),
		"tiers[0].doors.front", "7");
}

static void misspelt_keys_of_a_card_name_the_nearest(void **state)
{
	(void)state;
	refused(FILE_OF("{" UID REST ",\"valid_untill\":\"2026-12-31\"}"), "cards[0].valid_untill",
		"\"valid_until\"");
	refused(FILE_OF("{" UID REST ",\"memberstate\":\"active\"}"), "cards[0].memberstate",
		"\"member_state\"");
	refused(FILE_OF("{" UID REST ",\"name\":\"A Person\"}"), "cards[0].name", "unknown key");
}

static void cards_are_checked(void **state)
{
	(void)state;
	refused(FILE_OF("{" REST "}"), "cards[0].uid", "either");
	refused(FILE_OF("{" UID "\"token\":\"00\"," REST "}"), "cards[0].token", "either");
	refused(FILE_OF("{" UID "\"key\":1," REST "}"), "cards[0].key", "token");
	refused(FILE_OF("{\"token\":\"000102030405060708090a0b0c0d0e0f\"," REST "}"),
		"cards[0].key", "missing");
	refused(FILE_OF("{\"token\":\"0001\",\"key\":1," REST "}"), "cards[0].token",
		"32 hex digits");
	refused(FILE_OF("{" UID "\"card\":101,\"tier\":1,\"state\":\"active\",\"member_state\":"
			"\"active\"}"),
		"cards[0].member", "missing");
	refused(FILE_OF("{" UID "\"card\":101,\"member\":1,\"tier\":1,\"state\":\"active\"}"),
		"cards[0].member_state", "missing");
	refused(FILE_OF("{" UID "\"card\":101,\"member\":1,\"tier\":9,\"state\":\"active\","
			"\"member_state\":\"active\"}"),
		"cards[0].tier", "9 is not in");
	refused(FILE_OF("{" UID "\"card\":101,\"member\":1,\"tier\":1,\"state\":\"Active\","
			"\"member_state\":\"active\"}"),
		"cards[0].state", "\"Active\"");
	refused(FILE_OF("{" UID REST ",\"release_ms\":500}"), "cards[0].release_ms",
		"from 1000 to 60000");
	refused(FILE_OF("{" UID REST ",\"release_ms\":8.5}"), "cards[0].release_ms", "8.5");
	refused(FILE_OF("{" UID REST ",\"sponsor\":-1}"), "cards[0].sponsor", "-1");
}

static void dates_are_checked(void **state)
{
#define DATED(dates) FILE_OF("{" UID REST "," dates "}")
	(void)state;
	refused(DATED("\"valid_from\":\"2026-02-29\""), "cards[0].valid_from", "\"2026-02-29\"");
	refused(DATED("\"valid_from\":\"1.2.2026\""), "cards[0].valid_from", "2026-11-22");
	refused(DATED("\"valid_until\":20261231"), "cards[0].valid_until", "20261231");
	refused(DATED("\"valid_from\":\"2026-02-02\",\"valid_until\":\"2026-02-01\""),
		"cards[0].valid_until", "before valid_from");
	refused(DATED("\"grace_until\":\"2026-02-01\""), "cards[0].grace_until", "needs");
	refused(DATED("\"valid_until\":\"2026-02-02\",\"grace_until\":\"2026-02-01\""),
		"cards[0].grace_until", "before valid_until");
}

static void uids_that_name_no_card_are_refused_and_never_repeated(void **state)
{
	static const char *const uids[] = {
		"08112233", "01020304", "00000000", "04A1B2", "04A1B2C3D4E5F6FF"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uids); i++) {
		struct roster_file roster;
		char text[1024], err[ERR_MAX];

		snprintf(text, sizeof(text), FILE_OF("{\"uid\":\"%s\"," REST "}"), uids[i]);
		assert_int_equal(read_text(text, &roster, err), -EINVAL);
		assert_non_null(strstr(err, "cards[0].uid"));
		assert_null(strstr(err, uids[i]));
	}
}

static void doubles_are_refused_naming_both(void **state)
{
	(void)state;
	refused(FILE_OF("{" UID REST "},{\"uid\":\"04A1B2C3\"," REST
			"},{\"uid\":\"04-a1-b2-c3-d4-e5-f6\"," REST "}"),
		"cards[2].uid", "cards[0]");
	refused(FILE_OF("{\"token\":\"000102030405060708090a0b0c0d0e0f\",\"key\":1," REST
			"},{" UID REST
			"},{\"token\":\"000102030405060708090A0B0C0D0E0F\",\"key\":2," REST "}"),
		"cards[2].token", "cards[0]");
	refused("{" HEAD "\"tiers\":[" TIER "," TIER "],\"cards\":[]}", "tiers[1].tier",
		"tiers[0]");
	refused("{\"tapin_roster\":1,\"site\":\"w\",\"timezone\":\"UTC\",\"revision\":{"
		"\"generation\":1,"
		"\"number\":1},\"doors\":[\"a\",\"b\",\"a\"],\"tiers\":[],\"cards\":[]}",
		"doors[2]", "doors[0]");
}

#define DAYS(days) "{" HEAD days ",\"tiers\":[],\"cards\":[]}"
#define CLOSURE(more) "{\"from\":\"2026-12-24\",\"to\":\"2027-01-01\"," more "}"
#define REASON "\"reason\":\"Christmas\""

static void closures_openings_and_holidays_are_read(void **state)
{
	struct roster_file roster = good(DAYS("\"closures\":[" CLOSURE(REASON
		",\"times\":\"12:00-24:00\",\"door\":"
		"\"back\"") "," CLOSURE(REASON) "],\"openings\":[{\"from\":\"2026-10-31\",\"to\":"
						"\"2026-10-31\","
						"\"times\":\"22:00-02:00\",\"reason\":"
						"\"S\u00e9ance\"}],"
						"\"holidays\":[{\"date\":\"2027-05-03\","
						"\"holiday\":true},"
						"{\"date\":\"2026-12-28\",\"holiday\":false}]"));
	const struct calendar_exception *e = roster.calendar.exceptions;

	(void)state;
	assert_int_equal(roster.calendar.holidays, CALENDAR_HOLIDAYS_ENGLAND);
	assert_int_equal(roster.calendar.exception_count, 3);
	assert_true(e[0].open && e[0].start == 1320 && e[0].end == 1560 && !e[0].door[0]);
	assert_string_equal(e[0].reason, "S\xc3\xa9"
					 "ance");
	assert_true(!e[1].open && e[1].start == 720 && e[1].end == 1440);
	assert_int_equal(e[1].last - e[1].first, 8);
	assert_string_equal(e[1].door, "back");
	assert_true(!e[2].open && e[2].start == 0 && e[2].end == 1440);
	assert_int_equal(roster.calendar.date_count, 2);
	assert_false(roster.calendar.dates[0].holiday);
	assert_true(roster.calendar.dates[1].holiday);
	roster_file_free(&roster);
	roster = good(DAYS("\"calendar\":\"none\""));
	assert_int_equal(roster.calendar.holidays, CALENDAR_HOLIDAYS_NONE);
	roster_file_free(&roster);
	roster = good(DAYS("\"calendar\":\"england\",\"closures\":[]"));
	assert_int_equal(roster.calendar.holidays, CALENDAR_HOLIDAYS_ENGLAND);
	roster_file_free(&roster);
}

static void closures_are_checked(void **state)
{
	static const char eighty[] =
		"12345678901234567890123456789012345678901234567890123456789012"
		"345678901234567890";
	char text[1024];

	(void)state;
	refused(DAYS("\"closures\":[" CLOSURE(REASON) ",7]"), "closures[1]", "an object");
	refused(DAYS("\"closures\":[" CLOSURE("\"reson\":\"x\"") "]"), "closures[0].reson",
		"\"reason\"");
	refused(DAYS("\"closures\":[" CLOSURE("\"door\":\"back\"") "]"), "closures[0].reason",
		"missing");
	refused(DAYS("\"closures\":[" CLOSURE("\"reason\":\"\"") "]"), "closures[0].reason", "80");
	snprintf(text, sizeof(text), DAYS("\"openings\":[" CLOSURE("\"reason\":\"x%s\"") "]"),
		eighty);
	refused(text, "openings[0].reason", "80");
	refused(DAYS("\"closures\":[" CLOSURE("\"reason\":\"a\\u001bb\"") "]"),
		"closures[0].reason", "control character");
	refused(DAYS("\"closures\":[{\"from\":\"2026-12-24\"," REASON "}]"), "closures[0].to",
		"missing");
	refused(DAYS("\"closures\":[{\"from\":\"2026-02-29\",\"to\":\"2026-03-01\"," REASON "}]"),
		"closures[0].from", "a date");
	refused(DAYS("\"closures\":[{\"from\":\"2026-12-24\",\"to\":\"2026-12-23\"," REASON "}]"),
		"closures[0].to", "before from");
	refused(DAYS("\"closures\":[" CLOSURE(REASON ",\"door\":\"attic\"") "]"), "closures",
		"from 2026-12-24: door \"attic\"");
	refused(DAYS("\"openings\":[" CLOSURE(REASON ",\"door\":\"attic\"") "]"), "openings",
		"not in the list of doors");
	refused(DAYS("\"closures\":[" CLOSURE(REASON ",\"door\":\"\"") "]"), "closures[0].door",
		"1 to 32");
	refused(DAYS("\"closures\":{}"), "not JSON", "'['");
	refused(DAYS("\"closures\":[],\"closures\":[]"), "closures", "twice");
	refused(DAYS("\"closure\":[]"), "closure", "\"closures\"");
	refused(DAYS("\"calendar\":\"wales\""), "calendar", "\"england\"");
	refused(DAYS("\"calendar\":true"), "calendar", "\"none\"");
}

static void times_of_a_closure_are_one_span(void **state)
{
	static const char *const times[] = {"", "12:00", "12:00-", "12:00-12:60", "12:00-49:00",
		"9:00-17:000", "12-24", "12:00-24:00,", "12:00-13:00,14:00-15:00", "Mo 12:00-13:00",
		"2026-202800", "24/7", "12:00:24-00"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		char text[1024];

		snprintf(text, sizeof(text),
			DAYS("\"closures\":[" CLOSURE(REASON ",\"times\":\"%s\"") "]"), times[i]);
		refused(text, "closures[0].times", "12:00-24:00");
	}
	refused(DAYS("\"closures\":[" CLOSURE(REASON ",\"times\":null") "]"), "closures[0].times",
		"null is refused");
}

static void holidays_are_checked(void **state)
{
	(void)state;
	refused(DAYS("\"holidays\":[{\"date\":\"2027-05-03\"}]"), "holidays[0].holiday", "missing");
	refused(DAYS("\"holidays\":[{\"date\":\"2027-05-03\",\"holiday\":1}]"),
		"holidays[0].holiday", "true");
	refused(DAYS("\"holidays\":[{\"date\":\"May 3\",\"holiday\":true}]"), "holidays[0].date",
		"a date");
	refused(DAYS("\"holidays\":[{\"day\":\"2027-05-03\",\"holiday\":true}]"), "holidays[0].day",
		"\"date\"");
	refused(DAYS("\"holidays\":[{\"date\":\"2027-05-03\",\"holiday\":true},"
		     "{\"date\":\"2027-05-03\",\"holiday\":false}]"),
		"holidays[1].date", "twice");
}

/* A list of that many records, each with a date of its own between two texts. */
static char *many(const char *list, const char *before, const char *after, unsigned count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "{" HEAD "\"%s\":[", list);
	for (unsigned i = 0; i < count; i++) {
		char date[11];

		civil_date_format(20000 + (int32_t)i, date);
		fprintf(out, "%s{%s\"%s\"%s}", i ? "," : "", before, date, after);
	}
	fputs("],\"tiers\":[],\"cards\":[]}", out);
	fclose(out);
	return text;
}

static void more_days_than_a_calendar_holds_are_refused(void **state)
{
	static const char from[] = "\"from\":", to[] = ",\"to\":\"2099-01-01\"," REASON;
	static const char date[] = "\"date\":", yes[] = ",\"holiday\":true";
	char *text = many("closures", from, to, CALENDAR_EXCEPTIONS_MAX);
	struct roster_file roster = good(text);

	(void)state;
	assert_int_equal(roster.calendar.exception_count, CALENDAR_EXCEPTIONS_MAX);
	roster_file_free(&roster);
	free(text);
	text = many("closures", from, to, CALENDAR_EXCEPTIONS_MAX + 1);
	refused(text, "closures[128]", "more than 128");
	free(text);
	text = many("holidays", date, yes, CALENDAR_DATES_MAX);
	roster = good(text);
	assert_int_equal(roster.calendar.date_count, CALENDAR_DATES_MAX);
	roster_file_free(&roster);
	free(text);
	text = many("holidays", date, yes, CALENDAR_DATES_MAX + 1);
	refused(text, "holidays[256]", "more than 256");
	free(text);
}

static void terminal_codes_in_a_value_are_not_repeated(void **state)
{
	struct roster_file roster;
	char err[ERR_MAX];

	(void)state;
	assert_int_equal(read_text("{\"site\":\"\\u001b[31m\"}", &roster, err), -EINVAL);
	assert_null(strchr(err, 27));
	assert_int_equal(read_text("{\"\\u001b[31m\":1}", &roster, err), -EINVAL);
	assert_null(strchr(err, 27));
}

static void twenty_thousand_cards_keep_their_order(void **state)
{
	const unsigned count = 20000;
	char *text = malloc(count * 160 + 1024), err[ERR_MAX];
	struct roster_file roster;
	size_t at = (size_t)sprintf(text, "{" HEAD TIERS "\"cards\":[");

	(void)state;
	for (unsigned i = 0; i < count; i++)
		at += (size_t)sprintf(text + at,
			"%s{\"uid\":\"04%08X0102\",\"card\":%u,\"member\":%u,\"tier\":1,"
			"\"state\":\"active\",\"member_state\":\"active\"}",
			i ? "," : "", i * 2654435761u, i + 1, i + 1);
	at += (size_t)sprintf(text + at, "]}");
	assert_int_equal(roster_file_read("f", text, at, &roster, err), 0);
	assert_int_equal(roster.card_count, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(roster.cards[i].card.card, i + 1);
	roster_file_free(&roster);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_file_is_read),
		cmocka_unit_test(order_of_keys_and_white_space_do_not_matter),
		cmocka_unit_test(empty_lists_are_a_roster_that_admits_nobody),
		cmocka_unit_test(broken_json_is_refused_with_its_line),
		cmocka_unit_test(text_after_a_zero_byte_is_refused),
		cmocka_unit_test(head_is_checked),
		cmocka_unit_test(tiers_are_checked),
		cmocka_unit_test(misspelt_keys_of_a_card_name_the_nearest),
		cmocka_unit_test(cards_are_checked),
		cmocka_unit_test(dates_are_checked),
		cmocka_unit_test(uids_that_name_no_card_are_refused_and_never_repeated),
		cmocka_unit_test(doubles_are_refused_naming_both),
		cmocka_unit_test(closures_openings_and_holidays_are_read),
		cmocka_unit_test(closures_are_checked),
		cmocka_unit_test(times_of_a_closure_are_one_span),
		cmocka_unit_test(holidays_are_checked),
		cmocka_unit_test(more_days_than_a_calendar_holds_are_refused),
		cmocka_unit_test(terminal_codes_in_a_value_are_not_repeated),
		cmocka_unit_test(twenty_thousand_cards_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
