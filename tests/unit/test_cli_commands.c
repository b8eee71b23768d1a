/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands: which request each makes of what was typed, and how answers are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "cli/command.h"
#include "crypto/hash.h"

#include "canned.h"

#include <fcntl.h>
#include <sys/stat.h>

#define WORDS_MAX 24

static char printed[65536], said[65536];

/* Runs fn with standard output and error caught. */
static int caught(int (*fn)(int argc, char **argv), int argc, char **argv)
{
	char *const into[2] = {printed, said};
	int files[2], kept[2], r;

	for (int i = 0; i < 2; i++) {
		char path[] = "/tmp/tapin-caught-XXXXXX";

		fflush(i ? stderr : stdout);
		files[i] = mkstemp(path);
		unlink(path);
		kept[i] = dup(i + 1);
		dup2(files[i], i + 1);
	}
	r = fn(argc, argv);
	for (int i = 0; i < 2; i++) {
		ssize_t n;

		fflush(i ? stderr : stdout);
		dup2(kept[i], i + 1);
		close(kept[i]);
		n = pread(files[i], into[i], sizeof(printed) - 1, 0);
		into[i][n > 0 ? n : 0] = '\0';
		close(files[i]);
	}
	return r;
}

static int split(const char *line, char *words[WORDS_MAX])
{
	static char copy[2048];
	char *rest = copy, *word;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	while ((word = strsep(&rest, "|")) && n < WORDS_MAX)
		words[n++] = word;
	return n;
}

static int run_words(int argc, char **argv)
{
	int words;
	const struct cli_command *command = cli_command_find(argc, argv, &words);

	if (!command)
		return -1;
	return cli_run(command, argc - words + 1, argv + words - 1);
}

/* One command of words with | between, against canned answers: its exit code. */
static int run(struct canned *c, const char *line)
{
	char *words[WORDS_MAX];
	int count = split(line, words), r;

	if (!c)
		return caught(run_words, count, words);
	canned_start(c, 0);
	setenv("TAPIN_HUB", c->hub, 1);
	r = caught(run_words, count, words);
	unsetenv("TAPIN_HUB");
	canned_stop(c);
	return r;
}

/* ---- the requests ---- */

/* What is typed, and the first line and the body of what is asked. */
static const struct {
	const char *line, *first, *body;
} requests[] = {
	{"member|add|--name|Zo\xC3\xAB|--tier|3|--valid-until|none|--contact=z@x", "POST /members",
		"{\"name\":\"Zo\xC3\xAB\",\"tier\":3,\"valid_until\":null,\"contact\":\"z@x\"}"},
	{"member|list|--text|a b|--state|active|--limit|3",
		"GET /members?text=a%20b&state=active&limit=3", ""},
	{"member|show|17", "GET /members/17", ""},
	{"member|suspend|17|--json", "PATCH /members/17", "{\"state\":\"suspended\"}"},
	{"card|issue|--member|7|--uid|04112233445566|--label|fob|--json", "POST /cards",
		"{\"member\":7,\"uid\":\"04112233445566\",\"label\":\"fob\"}"},
	{"card|issue|--member|7|--claim-last|--door|front|--confirm|--json", "POST /cards",
		"{\"member\":7,\"claim_last\":true,\"door\":\"front\",\"confirm\":true}"},
	{"card|revoke|3|--why|stolen|--json", "POST /cards/3/revoke", "{\"why\":\"stolen\"}"},
	{"card|find|3|--json", "POST /cards/3/find", "{}"},
	{"card|replace|3|--uid=04112233445566|--json", "POST /cards/3/replace",
		"{\"uid\":\"04112233445566\"}"},
	{"card|list|--lent", "GET /cards?lent=true&limit=500", ""},
	{"card|issue|--uid|04112233445566|--json", "POST /cards", "{\"uid\":\"04112233445566\"}"},
	{"card|list|--reissue|--issued-before|2026-11-22T05:00:00Z",
		"GET /cards?reissue=true&issued_before=2026-11-22T05%3A00%3A00Z&limit=500", ""},
	{"tier|add|--name|Night|--hours|Mo "
	 "22:00-26:00|--flags|staff,events_free|--door|front|--door|"
	 "back=24/7",
		"POST /tiers",
		"{\"name\":\"Night\",\"hours\":\"Mo "
		"22:00-26:00\",\"flags\":[\"staff\",\"events_free\"],"
		"\"doors\":[{\"door\":\"front\",\"hours\":null},{\"door\":\"back\",\"hours\":\"24/"
		"7\"}]}"},
	{"tier|change|2|--door|all|--flags|", "PATCH /tiers/2", "{\"doors\":[],\"flags\":[]}"},
	{"tier|remove|2|--if-version|9", "DELETE /tiers/2", ""},
	{"closure|add|--from|2026-12-24|--to|2026-12-26|--reason|Christmas", "POST /exceptions",
		"{\"kind\":\"closure\",\"from\":\"2026-12-24\",\"to\":\"2026-12-26\",\"reason\":"
		"\"Christmas\"}"},
	{"opening|list|--since|2026-01-01",
		"GET /exceptions?kind=opening&since=2026-01-01&limit=500", ""},
	{"closure|change|4|--times|none", "PATCH /exceptions/4", "{\"times\":null}"},
	{"opening|remove|4", "DELETE /exceptions/4", ""},
	{"holiday|set|2026-12-25", "PUT /holidays/2026-12-25", "{\"holiday\":true}"},
	{"holiday|set|2026-12-25|--holiday|no", "PUT /holidays/2026-12-25", "{\"holiday\":false}"},
	{"holiday|remove|2026-12-25", "DELETE /holidays/2026-12-25", ""},
	{"door|add|front|--title|Front|--no-bundle", "POST /doors",
		"{\"name\":\"front\",\"title\":\"Front\"}"},
	{"door|unlock|front|--seconds|9|--no-wait", "POST /doors/front/commands",
		"{\"verb\":\"unlock\",\"seconds\":9}"},
	{"door|identify|front|--no-wait", "POST /doors/front/commands", "{\"verb\":\"identify\"}"},
	{"door|remove|front", "DELETE /doors/front", ""},
	{"event|add|--title|Talk|--door|front|--from|2026-11-22T18:00:00Z|--until|2026-11-22T20:00:"
	 "00Z",
		"POST /events",
		"{\"title\":\"Talk\",\"door\":\"front\",\"doors_from\":\"2026-11-22T18:00:00Z\","
		"\"doors_until\":\"2026-11-22T20:00:00Z\"}"},
	{"operator|add|maya|--role|host|--no-password", "POST /operators",
		"{\"name\":\"maya\",\"role\":\"host\"}"},
	{"operator|change|maya|--unix-user|none", "PATCH /operators/maya", "{\"unix_user\":null}"},
	{"log|--door|front|--verdict|deny|--kind|tap|--limit|5|--json",
		"GET /log?door=front&verdict=deny&kind=tap&limit=5", ""},
	{"log|verify|--json", "POST /log/verification", ""},
	{"audit|list|--action|card.|--actor|maya", "GET /audit?action=card.&actor=maya&limit=50",
		""},
	{"alarm|list|--open", "GET /alarms?open=true&limit=50", ""},
	{"alarm|seen|12", "POST /alarms/12/seen", ""},
	{"site|change|--holidays|none|--bound-s|86400", "PATCH /site",
		"{\"holidays\":\"none\",\"bound_s\":86400}"},
	{"site|lockdown|on|--json", "PUT /site/lockdown", "{\"lockdown\":true}"},
	{"site|lockdown|off", "PUT /site/lockdown", "{\"lockdown\":false}"},
	{"site|status|--json", "GET /status", ""},
	{"backup|make", "POST /backup", ""},
	{"retention|show", "GET /site/retention", ""},
	{"retention|change|--entries-days|400", "PATCH /site/retention", "{\"entries_days\":400}"},
	{"rollcall|status", "GET /site/wardens", ""},
	{"rollcall|end", "PUT /site/wardens", "{\"public\":null}"},
	{"rollcall|key|tests/fuzz/corpus/keyfile/warden", "PUT /site/wardens",
		"{\"public\":\"WMHI/iTTyu987ocya9Rb+uK9SEP4H6IjMDWseivB8lk=\"}"},
	{"whoami", "GET /session", ""},
};

static void each_command_makes_its_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct canned c = {.answers = {CANNED_JSON("200 OK",
					   "{\"items\":[],\"next\":null,\"above\":0,\"whole\":true,"
					   "\"result\":{\"whole\":true,\"chains\":[]}}")},
			.count = 1};
		int r = run(&c, requests[i].line);
		char first[512];
		const char *body = strstr(c.asked[0], "\r\n\r\n");

		snprintf(first, sizeof(first), "%.*s",
			(int)(strchr(requests[i].first, ' ') - requests[i].first + 1),
			requests[i].first);
		snprintf(first + strlen(first), sizeof(first) - strlen(first),
			"/api/v1%s HTTP/1.1\r\n", strchr(requests[i].first, ' ') + 1);
		if (r != 0 || strncmp(c.asked[0], first, strlen(first)) != 0 || !body ||
			strcmp(body + 4, requests[i].body) != 0)
			fail_msg(
				"%s: exit %d, asked %s\n%s", requests[i].line, r, c.asked[0], said);
	}
}

#define RUNNING "{\"state\":\"running\",\"done\":8192,\"of\":900000,\"result\":null}"

/* A long log: asked again until the hub's child is done. */
static void verifying_waits_for_the_end(void **state)
{
	struct canned c = {
		.answers = {CANNED_JSON("202 Accepted", RUNNING), CANNED_JSON("200 OK", RUNNING),
			CANNED_JSON("200 OK", "{\"state\":\"done\",\"result\":{\"whole\":false,"
					      "\"chains\":[]}}")},
		.count = 3};

	(void)state;
	assert_int_equal(run(&c, "log|verify"), 1);
	assert_int_equal(c.asked_count, 3);
	assert_true(strncmp(c.asked[0], "POST /api/v1/log/verification ", 30) == 0);
	assert_true(strncmp(c.asked[2], "GET /api/v1/log/verification ", 29) == 0);
	c = (struct canned){
		.answers = {CANNED_JSON("202 Accepted", "{\"state\":\"failed\",\"result\":null}")},
		.count = 1};
	assert_int_equal(run(&c, "log|verify"), 1);
	assert_non_null(strstr(said, "could not be verified"));
}

/* ---- wrong words ---- */

static void wrong_words_are_refused_before_anything_is_asked(void **state)
{
	static const char *const lines[][2] = {{"member|show", "word is missing"},
		{"member|show|x", "number from 1"}, {"member|show|0", "number from 1"},
		{"member|show|1|2", "too many"}, {"member|add|--name|x", "--tier N is missing"},
		{"member|add|--name|x|--tier|three", "whole number"},
		{"member|list|--state|gone", "active|suspended|closed"},
		{"member|list|--stat|active", "no such option"}, {"member|list|--state", "missing"},
		{"member|show|1|--csv", "no such option"},
		{"member|list|--json|--csv", "choose one"}, {"member|list|--limit|0", "from 1"},
		{"member|list|--json=1", "takes no value"},
		{"member|change|1|--valid-until|soon", "date like"},
		{"card|issue|--member|1", "--uid HEX"},
		{"card|issue|--member|1|--uid|04|--claim-last", "--uid HEX"},
		{"door|show|Front Door", "a-z"}, {"door|mode|front|ajar", "controlled|unlocked"},
		{"door|hold|front", "--until T, or --end"},
		{"door|hold|front|--until|x|--end", "--until T, or --end"},
		{"holiday|set|tomorrow", "date like"}, {"site|lockdown|maybe", "on|off"},
		{"log|--from|yesterday", "local time"},
		{"tier|add|--name|x|--hours|24/7|--door|A", "DOOR"},
		{"log|verify|--file|x.db", "--site"},
		{"log|verify|--file|x.db|--door|front", "--site S --door D"},
		{"member|list|--hub|http://10.0.0.1:80", "unix:/PATH"},
		{"member|change|1", "nothing to change"}, {"site|change", "nothing to change"},
		{"member|add|--name|x|--tier|day", "tapin tier list"},
		{"member|show|Ann", "member list --text"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct canned c = {.answers = {CANNED_JSON(
					   "200 OK", "{\"version\":1,\"mode\":\"controlled\"}")},
			.count = 1};
		int r = run(&c, lines[i][0]);
		bool asks_first = strncmp(lines[i][0], "door|mode", 9) == 0;

		if (r != CLI_EXIT_USAGE || !strstr(said, lines[i][1]) || *printed ||
			(!asks_first && c.asked_count))
			fail_msg("%s: exit %d, asked %zu, \"%s\"", lines[i][0], r, c.asked_count,
				said);
	}
}

/* ---- answers ---- */

#define PROBLEM(STATUS, DETAIL)                                                     \
	CANNED_JSON(STATUS,                                                         \
		"{\"type\":\"t\",\"title\":\"T\",\"status\":1,\"detail\":\"" DETAIL \
		"\",\"instance\":\"/x\",\"errors\":[{\"field\":\"f\",\"detail\":\"bad\"}]}")

static void refusals_have_exit_codes_and_sentences(void **state)
{
	static const struct {
		const char *answer;
		int code;
		const char *says;
	} rows[] = {
		{PROBLEM("400 Bad", "no"), CLI_EXIT_REFUSED, "  f: bad"},
		{PROBLEM("401 Who", "log in"), CLI_EXIT_NOT_ALLOWED, "tapin login"},
		{PROBLEM("403 No", "hosts may not"), CLI_EXIT_NOT_ALLOWED, "hosts may not"},
		{PROBLEM("404 None", "no member 1"), CLI_EXIT_REFUSED, "no member 1"},
		{PROBLEM("409 Not now", "in the way"), CLI_EXIT_CONFLICT, "in the way"},
		{PROBLEM("412 Stale", "changed"), CLI_EXIT_CONFLICT, "changed"},
		{PROBLEM("422 Bad", "no"), CLI_EXIT_REFUSED, "no"},
		{PROBLEM("429 Slow", "often"), CLI_EXIT_REFUSED, "wait"},
		{PROBLEM("500 Oh", "\\u001b[31mred"), CLI_EXIT_REFUSED, "?[31mred"},
		{"HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\nxyz", CLI_EXIT_REFUSED, "502"},
		{CANNED_JSON("200 OK", "<html>"), CLI_EXIT_UNREACHABLE, "no JSON"},
		{NULL, CLI_EXIT_UNREACHABLE, "no hub there"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct canned c = {.answers = {rows[i].answer}, .count = 1};
		int r = run(&c, "member|show|1");

		if (r != rows[i].code || !strstr(said, rows[i].says) || *printed)
			fail_msg("%zu: exit %d, said \"%s\"", i, r, said);
	}
}

/* The hub's answer to a lockdown says nothing of the doors, so they are asked for and named. */
static void a_lockdown_names_the_doors_it_did_not_reach(void **state)
{
	struct canned c = {
		.answers = {CANNED_JSON("200 OK", "{\"site\":\"walker\",\"lockdown\":true}"),
			CANNED_JSON("200 OK",
				"{\"items\":["
				"{\"name\":\"front\",\"status\":\"active\",\"online\":true,"
				"\"last_status\":{\"state\":\"lockdown\"}},"
				"{\"name\":\"back\",\"status\":\"active\",\"online\":false,"
				"\"since\":null,\"last_status\":{\"state\":\"locked\"}},"
				"{\"name\":\"gone\",\"status\":\"stolen\",\"online\":false}]}")},
		.count = 2};

	(void)state;
	assert_int_equal(run(&c, "site|lockdown|on"), CLI_EXIT_DONE);
	assert_non_null(strstr(printed, "front: says lockdown\n"));
	assert_non_null(strstr(printed, "back: offline: there it is still as before\n"));
	assert_null(strstr(printed, "gone"));
}

#define MEMBERS                                                                                \
	"{\"items\":[{\"id\":1,\"name\":\"=cmd|x\",\"contact\":\"a,\\\"b\\\"\",\"tier\":1,"    \
	"\"state\":\"active\",\"valid_from\":null,\"valid_until\":\"2026-12-31\","             \
	"\"grace_until\":null,\"cards\":2,\"release_ms\":0,\"version\":1,\"note\":\"x\\ny\"}," \
	"{\"id\":2,\"name\":\"\\u001b]0;x\\u0007\\u202eevil\",\"contact\":\"\\u009b1m\","      \
	"\"tier\":1,\"state\":\"active\",\"cards\":0,\"release_ms\":0,\"version\":1,"          \
	"\"note\":\"-1\"}],\"next\":null}"

static void lists_are_tables(void **state)
{
	struct canned c = {.answers = {CANNED_JSON("200 OK", MEMBERS)}, .count = 1};

	(void)state;
	assert_int_equal(run(&c, "member|list"), 0);
	assert_non_null(strstr(printed, "ID NAME"));
	assert_non_null(strstr(printed, "?]0;x????evil"));
	for (const char *p = printed; *p; p++)
		assert_true((unsigned char)*p >= ' ' || *p == '\n');
	assert_null(strstr(printed, "\xC2\x9B"));
}

static void csv_is_safe_for_spreadsheets(void **state)
{
	struct canned c = {.answers = {CANNED_JSON("200 OK", MEMBERS)}, .count = 1};

	(void)state;
	assert_int_equal(run(&c, "member|list|--csv"), 0);
	assert_string_equal(printed,
		"id,name,contact,tier,tier_name,state,valid_from,valid_until,grace_until,cards,"
		"pool,release_ms,version,note\r\n"
		"1,\"'=cmd|x\",\"a,\"\"b\"\"\",1,,active,,2026-12-31,,2,,0,1,\"x\ny\"\r\n"
		"2,?]0;x?\xE2\x80\xAE"
		"evil,??1m,1,,active,,,,0,,0,1,\"'-1\"\r\n");
}

static void json_is_the_hubs_and_acts_on_no_terminal(void **state)
{
	struct canned c = {.answers = {CANNED_JSON("200 OK", MEMBERS)}, .count = 1};
	json_t *value;

	(void)state;
	assert_int_equal(run(&c, "member|list|--json"), 0);
	for (const char *p = printed; *p; p++)
		assert_true((unsigned char)*p >= ' ' || (*p == '\n' && !p[1]));
	assert_non_null(strstr(printed, "\\u009b1m"));
	value = json_loads(printed, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(value, "items")), 2);
	json_decref(value);
}

static void lists_go_on_page_by_page(void **state)
{
	struct canned c = {
		.answers = {CANNED_JSON("200 OK",
				    "{\"items\":[{\"id\":9},{\"id\":8}],\"next\":\"a b\"}"),
			CANNED_JSON("200 OK", "{\"items\":[{\"id\":7}],\"next\":\"c\"}")},
		.count = 2};

	(void)state;
	assert_int_equal(run(&c, "log|--limit|3|--json"), 0);
	assert_string_equal(printed, "{\"id\":9}\n{\"id\":8}\n{\"id\":7}\n");
	assert_non_null(strstr(c.asked[0], "/log?limit=3 "));
	assert_non_null(strstr(c.asked[1], "/log?limit=1&cursor=a%20b "));
	c = (struct canned){
		.answers = {CANNED_JSON("200 OK", "{\"items\":5,\"next\":null}")}, .count = 1};
	assert_int_equal(run(&c, "log"), CLI_EXIT_UNREACHABLE);
	c = (struct canned){.answers = {CANNED_JSON("200 OK", "{\"items\":[{},{}],\"next\":null}")},
		.count = 1};
	assert_int_equal(run(&c, "log|--limit|1"), CLI_EXIT_UNREACHABLE);
}

static void a_log_that_is_cut_says_so(void **state)
{
	struct canned c = {
		.answers = {CANNED_JSON("200 OK", "{\"items\":[],\"next\":null,\"cut_from\":"
						  "\"2026-11-15T06:00:00Z\"}")},
		.count = 1};

	(void)state;
	assert_int_equal(run(&c, "log|--from|2026-01-01"), 0);
	assert_non_null(strstr(said, "a host sees seven days: shown from 2026-11-15"));
	assert_null(strstr(said, "waiting for the hub"));
}

static void changes_say_which_doors_know(void **state)
{
	struct canned c = {
		.answers = {CANNED_JSON("200 OK",
				    "{\"id\":3,\"state\":\"revoked\",\"pending\":false,"
				    "\"revision\":{"
				    "\"generation\":1,\"number\":8},\"doors\":[{\"door\":\"front\","
				    "\"confirmed\":false,\"online\":true,\"since\":null},{\"door\":"
				    "\"back\","
				    "\"confirmed\":false,\"online\":false,\"since\":\"2026-11-"
				    "22T05:00:00Z\"}]}"),
			CANNED_JSON("200 OK",
				"{\"id\":3,\"state\":\"revoked\",\"doors\":[{\"door\":\"front\","
				"\"confirmed\":true,\"online\":true,\"since\":null},{\"door\":"
				"\"back\","
				"\"confirmed\":false,\"online\":false,\"since\":\"2026-11-22T05:00:"
				"00Z\"}]}")},
		.count = 2};

	(void)state;
	assert_int_equal(run(&c, "card|revoke|3"), 0);
	assert_non_null(strstr(c.asked[1], "GET /api/v1/cards/3?revision=1.8 "));
	assert_non_null(strstr(printed, "front: knows it\n"));
	assert_non_null(strstr(
		printed, "back: offline since 2026-11-22 05:00:00: there it is still as before\n"));
}

static void bundles_are_printed_or_kept_from_others(void **state)
{
	static const char answer[] = CANNED_JSON("201 Created",
		"{\"door\":\"front\",\"file_name\":\"../front.bundle\",\"text\":\"{secret}\"}");
	struct canned c = {.answers = {answer}, .count = 1};
	char folder[] = "/tmp/tapin-bundle-XXXXXX", *before = get_current_dir_name();
	struct stat st;

	(void)state;
	assert_int_equal(run(&c, "door|bundle|front|--output|-"), 0);
	assert_string_equal(printed, "{secret}");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(run(&c, "door|bundle|front"), 0);
	assert_int_equal(stat("front.bundle", &st), 0); /* not where the answer says */
	assert_int_equal(st.st_mode & 0777, 0600);
	/* and never over another, for which the hub is not asked: it would void the earlier one */
	c = (struct canned){.answers = {answer}, .count = 1};
	assert_int_equal(run(&c, "door|bundle|front"), CLI_EXIT_REFUSED);
	assert_int_equal(c.asked_count, 0);
	assert_non_null(strstr(said, "an earlier one is good as before"));
	assert_int_equal(unlink("front.bundle"), 0);
	c = (struct canned){.answers = {CANNED_JSON("409 Conflict", "{}")}, .count = 1};
	assert_int_equal(run(&c, "door|bundle|front"), CLI_EXIT_CONFLICT);
	assert_int_equal(access("front.bundle", F_OK), -1); /* nothing is left of a refusal */
	assert_int_equal(chdir(before), 0);
	assert_int_equal(rmdir(folder), 0);
	free(before);
}

static void a_door_that_refuses_is_no_success(void **state)
{
	struct canned c = {
		.answers = {CANNED_JSON("202 Accepted", "{\"id\":\"ab\",\"outcome\":null}"),
			CANNED_JSON("200 OK", "{\"id\":\"ab\",\"outcome\":null}"),
			CANNED_JSON("200 OK", "{\"id\":\"ab\",\"outcome\":\"refused\",\"why\":"
					      "\"lockdown\\u0007\"}")},
		.count = 3};

	(void)state;
	assert_int_equal(run(&c, "door|unlock|front"), CLI_EXIT_REFUSED);
	assert_non_null(strstr(said, "unlock refused: lockdown?"));
	c = (struct canned){
		.answers = {CANNED_JSON("202 Accepted", "{\"id\":\"ab\",\"outcome\":\"done\"}")},
		.count = 1};
	assert_int_equal(run(&c, "door|unlock|front"), 0);
	assert_string_equal(printed, "front: unlock done\n");
}

static void a_state_says_the_rest_again(void **state)
{
#define DOOR                                                                                \
	"{\"name\":\"front\",\"mode\":\"unlocked\",\"version\":5,\"hold\":{\"from\":\"A\"," \
	"\"until\":"                                                                        \
	"\"B\",\"event\":true}}"
	struct canned c = {
		.answers = {CANNED_JSON("200 OK", DOOR), CANNED_JSON("200 OK", DOOR)}, .count = 2};

	(void)state;
	assert_int_equal(run(&c, "door|mode|front|lockdown"), 0);
	assert_non_null(strstr(c.asked[1], "If-Match: \"5\""));
	assert_non_null(strstr(c.asked[1],
		"{\"mode\":\"lockdown\",\"hold_from\":\"A\",\"hold_until\":\"B\",\"event\":true}"));
	c.asked_count = 0;
	assert_int_equal(run(&c, "door|hold|front|--until|2026-11-22T20:00:00Z"), 0);
	assert_non_null(strstr(c.asked[1],
		"{\"mode\":\"unlocked\",\"hold_until\":\"2026-11-22T20:00:00Z\",\"event\":false}"));
	assert_int_equal(run(&c, "door|event|front|--end|--if-version|4"), 0);
	assert_non_null(strstr(c.asked[1], "\r\n\r\n{\"mode\":\"unlocked\"}"));
	assert_non_null(strstr(c.asked[1], "If-Match: \"4\""));
}

/* ---- the session ---- */

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void a_session_is_kept_for_its_hub_alone(void **state)
{
	char folder[] = "/tmp/tapin-session-XXXXXX", path[128], err[ERR_MAX], key[80];
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	setenv("XDG_STATE_HOME", folder, 1);
	assert_int_equal(cli_session_load("unix:/a", key), -ENOENT);
	assert_int_equal(cli_session_save("unix:/a", KEY, err), 0);
	snprintf(path, sizeof(path), "%s/tapin/session", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(cli_session_load("unix:/a", key), 0);
	assert_string_equal(key, KEY);
	assert_int_equal(cli_session_load("unix:/b", key), -ENOENT);
	assert_int_equal(*key, 0);
	assert_int_equal(chmod(path, 0640), 0); /* others read it */
	assert_int_equal(cli_session_load("unix:/a", key), -EPERM);
	assert_int_equal(chmod(path, 0600), 0);
	cli_session_forget();
	assert_int_equal(cli_session_load("unix:/a", key), -ENOENT);
	assert_true(cli_session_save("unix:/a b", KEY, err) < 0);
	snprintf(path, sizeof(path), "%s/tapin", folder);
	rmdir(path);
	rmdir(folder);
	setenv("XDG_STATE_HOME", "/nonexistent", 1);
}

static void logging_out_always_ends(void **state)
{
	struct canned c = {.answers = {PROBLEM("401 Who", "over")}, .count = 1},
		      gone = {.count = 1};

	(void)state;
	assert_int_equal(run(&c, "logout"), 0);
	assert_string_equal(said, "");
	assert_int_equal(run(&gone, "logout"), CLI_EXIT_UNREACHABLE);
}

/* ---- help and completion ---- */

static int complete_words(int argc, char **argv)
{
	cli_complete(argc, argv);
	return 0;
}

static void completes(const char *line, const char *expected)
{
	char *words[WORDS_MAX];
	int count = split(line, words);

	caught(complete_words, count, words);
	if (strcmp(printed, expected) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", line, printed, expected);
}

static void words_are_completed(void **state)
{
	(void)state;
	completes("me", "member\n");
	completes("card|re", "resume\nrevoke\nreturn\nreplace\n");
	completes("member|list|--st", "--state\n");
	completes("member|list|--state|s", "suspended\n");
	completes("door|mode|front|l", "lockdown\n");
	completes("site|lockdown|o", "on\noff\n");
	completes("card|issue|--member|", "");
	completes("nothing|x", "");
	completes("log|ver", "verify\n");
}

static void every_command_can_be_found_and_has_help(void **state)
{
	const struct cli_command *c;
	size_t count = 0;

	(void)state;
	for (; (c = cli_command_at(count)); count++) {
		char *words[3] = {(char *)(uintptr_t)c->noun, (char *)(uintptr_t)c->verb, NULL};
		char line[128];
		int used;

		assert_ptr_equal(cli_command_find(c->verb ? 2 : 1, words, &used), c);
		assert_int_equal(used, c->verb ? 2 : 1);
		if (c->own)
			continue;
		snprintf(line, sizeof(line), "%s%s%s|--help", c->noun, c->verb ? "|" : "",
			c->verb ? c->verb : "");
		assert_int_equal(run(NULL, line), 0);
		assert_non_null(strstr(printed, c->what));
		for (const struct cli_option *o = c->options; o && o->name; o++)
			assert_non_null(strstr(printed, o->name));
	}
	assert_true(count > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_makes_its_request),
		cmocka_unit_test(verifying_waits_for_the_end),
		cmocka_unit_test(wrong_words_are_refused_before_anything_is_asked),
		cmocka_unit_test(refusals_have_exit_codes_and_sentences),
		cmocka_unit_test(a_lockdown_names_the_doors_it_did_not_reach),
		cmocka_unit_test(lists_are_tables),
		cmocka_unit_test(csv_is_safe_for_spreadsheets),
		cmocka_unit_test(json_is_the_hubs_and_acts_on_no_terminal),
		cmocka_unit_test(lists_go_on_page_by_page),
		cmocka_unit_test(a_log_that_is_cut_says_so),
		cmocka_unit_test(changes_say_which_doors_know),
		cmocka_unit_test(bundles_are_printed_or_kept_from_others),
		cmocka_unit_test(a_door_that_refuses_is_no_success),
		cmocka_unit_test(a_state_says_the_rest_again),
		cmocka_unit_test(a_session_is_kept_for_its_hub_alone),
		cmocka_unit_test(logging_out_always_ends),
		cmocka_unit_test(words_are_completed),
		cmocka_unit_test(every_command_can_be_found_and_has_help),
	};

	log_open("tapin", LOG_LEVEL_INFO);
	setenv("TZ", "UTC", 1);
	setenv("XDG_STATE_HOME", "/nonexistent", 1);
	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
