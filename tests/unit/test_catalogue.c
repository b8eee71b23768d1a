/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual door's card catalogue, and the event log's ring. */
#include "../virtual/machine/catalogue.c"
#include "../virtual/machine/eventlog.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GOOD "[a]\ntype = ntag\nuid = 04a35e12c46b81\natqa = 0044\nsak = 00\n"

static struct catalogue catalogue;
static char err[ERR_MAX];

static int parse(const char *text)
{
	err[0] = '\0';
	return catalogue_parse("cards.ini", text, strlen(text), &catalogue, err);
}

static void a_card_is_read_with_all_its_fields(void **state)
{
	const struct card_spec *card;

	(void)state;
	assert_int_equal(parse("# comment\n\n[my-card]\r\ntype=desfire\nuid = 04:33 5B:0a912680\n"
			       "atqa = 0344\nsak = 20\nats = 75 77 81 02 80"),
		0);
	card = catalogue_find(&catalogue, "my-card");
	assert_non_null(card);
	assert_int_equal(card->kind, CARD_KIND_DESFIRE);
	assert_int_equal(card->uid_len, 7);
	assert_memory_equal(card->uid, "\x04\x33\x5b\x0a\x91\x26\x80", 7);
	assert_memory_equal(card->atqa, "\x03\x44", 2);
	assert_int_equal(card->sak, 0x20);
	assert_int_equal(card->ats_len, 5);
	assert_null(catalogue_find(&catalogue, "my-car"));
}

static void the_shipped_catalogue_holds_every_promised_card(void **state)
{
	static const char *const names[] = {"host", "unlimited", "parttime", "guest", "ended",
		"revoked", "unknown", "phone", "ntag", "desfire", "tenbyte", "classic", "typeb",
		"felica"};

	(void)state;
	assert_int_equal(catalogue_load("tests/virtual/cards.ini", &catalogue, err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_non_null(catalogue_find(&catalogue, names[i]));
	assert_true(catalogue_find(&catalogue, "phone")->random_uid);
}

static void a_bad_catalogue_is_refused_with_place_and_remedy(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "cards.ini:0: no card; expected at least one [name]"},
		{"uid = 04\n", "cards.ini:1: key \"uid\" before the first card; expected [name]"},
		{"[A]\n", "cards.ini:1: \"[A]\": expected [name] of 1 to 31 of a-z, 0-9 and -"},
		{"[a\n", "cards.ini:1: \"[a\": expected [name] of 1 to 31 of a-z, 0-9 and -"},
		{GOOD GOOD, "cards.ini:6: card \"a\" is there already; expected each name once"},
		{"[a]\nuid = 04a35e12c46b81\n",
			"cards.ini:1: card \"a\" lacks type; expected it below"},
		{"[a]\nuid = 12\n", "cards.ini:2: uid \"12\": expected 4, 7 or 10 bytes in hex "
				    "(felica 8), or \"random\""},
		{"[a]\nuid = 0811223\n", "cards.ini:2: uid \"0811223\": expected 4, 7 or 10 bytes "
					 "in hex (felica 8), or \"random\""},
		{"[a]\nuid = 08112233\n",
			"cards.ini:2: uid \"08112233\": four bytes starting 08 are "
			"random; write uid = random"},
		{"[a]\nuid = 88112233\n",
			"cards.ini:2: uid \"88112233\": byte 1 cannot be 88, the cascade tag"},
		{"[a]\nuid = 04112288334455\n", "cards.ini:2: uid \"04112288334455\": byte 4 "
						"cannot be 88, the cascade tag"},
		{"[a]\ncolour = red\n",
			"cards.ini:2: key \"colour\" is unknown; expected type, uid, "
			"atqa, sak, ats or about"},
		{"[a]\nsak = 00\nsak = 00\n", "cards.ini:3: key \"sak\" again; expected it once"},
		{"[a]\nsak = 0\n", "cards.ini:2: sak \"0\": expected 1 byte in hex"},
		{"[a]\natqa = 44\n", "cards.ini:2: atqa \"44\": expected 2 bytes in hex"},
		{"[a]\nats =\n", "cards.ini:2: ats \"\": expected 1 to 20 bytes in hex"},
		{"[a]\ntype = visa\n", "cards.ini:2: type \"visa\" is unknown; expected ntag, "
				       "classic, desfire, phone, plain, typeb or felica"},
		{"[a]\nabout = a\x01z\n",
			"cards.ini:2: about: expected less than 96 bytes of text"},
		{"[a]\nhello\n",
			"cards.ini:2: \"hello\": expected [name], key = value or # comment"},
		{"[a]\ntype = plain\nuid = 11223344\natqa = 0044\nsak = 00\n",
			"cards.ini:1: card \"a\": atqa 0044 does not announce a 4-byte uid; "
			"expected its second byte between 00 and 3f"},
		{"[a]\ntype = plain\nuid = 11223344\natqa = 0004\nsak = 04\n",
			"cards.ini:1: card \"a\": sak 04 has bit 04, \"more UID follows\"; "
			"expected the last SAK"},
		{"[a]\ntype = plain\nuid = 11223344\natqa = 0004\nsak = 20\n",
			"cards.ini:1: card \"a\": sak 20 has bit 20; expected an ats"},
		{"[a]\ntype = plain\nuid = 11223344\natqa = 0004\nsak = 00\nats = 7577\n",
			"cards.ini:1: card \"a\": sak 00 lacks bit 20; expected no ats"},
		{"[a]\ntype = phone\nuid = random\natqa = 0004\nsak = 20\nats = 7880\n",
			"cards.ini:1: card \"a\": ats announces 3 interface bytes; expected at "
			"least 4 bytes"},
		{"[a]\ntype = ntag\nuid = 11223344\natqa = 0004\nsak = 00\n",
			"cards.ini:1: card \"a\": type ntag expected a 7-byte uid"},
		{"[a]\ntype = desfire\nuid = 11223344\natqa = 0004\nsak = 00\n",
			"cards.ini:1: card \"a\": type desfire expected sak with bit 20"},
		{"[a]\ntype = felica\nuid = 11223344\n",
			"cards.ini:1: card \"a\": type felica expected a uid of 8 bytes and "
			"nothing else"},
		{"[a]\ntype = typeb\nuid = 11223344\nsak = 20\n",
			"cards.ini:1: card \"a\": type typeb expected a uid of 4 bytes and "
			"nothing else"},
		{"[a]\ntype = plain\nuid = 1122334455667788\natqa = 0044\nsak = 00\n",
			"cards.ini:1: card \"a\": a uid of 8 bytes; expected type felica"},
		{GOOD "[b]\ntype = ntag\nuid = 04a35e12c46b81\natqa = 0044\nsak = 00\n",
			"cards.ini:6: card \"b\" has the uid of \"a\"; expected one of its own"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(cases[i].text), -EINVAL);
		assert_string_equal(err, cases[i].message);
	}
}

static void a_refused_catalogue_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(parse(GOOD), 0);
	assert_int_equal(parse("[b]\nsak = 00\n"), -EINVAL);
	assert_int_equal(catalogue.n_cards, 1);
	assert_non_null(catalogue_find(&catalogue, "a"));
}

static void long_lines_and_too_many_cards_are_refused(void **state)
{
	char text[CATALOGUE_MAX * 100] = "", *at = text;

	(void)state;
	memset(text, 'a', 300);
	assert_int_equal(parse(text), -EINVAL);
	assert_non_null(strstr(err, "cards.ini:1: line is too long"));
	for (int i = 0; i <= CATALOGUE_MAX; i++)
		at += sprintf(
			at, "[c%d]\ntype = plain\nuid = 112233%02x\natqa = 0004\nsak = 00\n", i, i);
	assert_int_equal(parse(text), -EINVAL);
	assert_string_equal(err, "cards.ini:321: too many cards; expected at most 64");
}

static void a_missing_catalogue_is_named(void **state)
{
	(void)state;
	assert_int_equal(catalogue_load("tests/virtual/none.ini", &catalogue, err), -ENOENT);
	assert_non_null(strstr(err, "tests/virtual/none.ini: No such file"));
}

static void the_log_keeps_the_newest_events_under_their_numbers(void **state)
{
	struct eventlog *log = eventlog_new();

	(void)state;
	assert_non_null(log);
	assert_int_equal(eventlog_first(log), eventlog_next(log));
	assert_null(eventlog_get(log, 1));
	for (uint64_t i = 1; i <= EVENTLOG_MAX + 5; i++)
		eventlog_add(log, i * 10, "x");
	assert_int_equal(eventlog_first(log), 6);
	assert_null(eventlog_get(log, 5));
	assert_int_equal(eventlog_get(log, 6)->mono_ns, 60);
	assert_int_equal(eventlog_get(log, EVENTLOG_MAX + 5)->seq, EVENTLOG_MAX + 5);
	assert_null(eventlog_get(log, EVENTLOG_MAX + 6));
	eventlog_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_is_read_with_all_its_fields),
		cmocka_unit_test(the_shipped_catalogue_holds_every_promised_card),
		cmocka_unit_test(a_bad_catalogue_is_refused_with_place_and_remedy),
		cmocka_unit_test(a_refused_catalogue_changes_nothing),
		cmocka_unit_test(long_lines_and_too_many_cards_are_refused),
		cmocka_unit_test(a_missing_catalogue_is_named),
		cmocka_unit_test(the_log_keeps_the_newest_events_under_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
