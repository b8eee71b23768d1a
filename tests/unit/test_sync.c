/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/mqtt.h"
#include "wire/sync.h"

#include "bodies.h"

#define TIME_US 1795339801000000

static const char *samples; /* --samples: a folder that the bodies are written to */

static void sample(const char *name, const char *body)
{
	if (samples)
		body_sample(samples, name, body);
}

/* ---- what is good ---- */

static struct sync_keys good_keys(void)
{
	struct sync_keys keys = {.site = "walker",
		.serial = 3,
		.generation = 1,
		.count = 2,
		.revoked_count = 1,
		.revoked = {"0123456789abcdef"}};

	for (uint8_t i = 0; i < 2; i++) {
		memset(keys.keys[i].bytes, i + 1, SIGN_PUBLIC_SIZE);
		sign_key_id(keys.keys[i].bytes, keys.keys[i].id);
	}
	return keys;
}

static struct sync_head good_head(void)
{
	struct sync_head head = {.site = "walker", .revision = {2, 43}, .time_us = TIME_US};

	memset(head.digest, 0xD1, sizeof(head.digest));
	memset(head.rollcall, 0xCA, sizeof(head.rollcall));
	head.unknown_hours = 48;
	return head;
}

static const uint8_t run[] = {2, 0, 9, 9, 1, 0, 7};

static struct sync_delta good_delta(void)
{
	return (struct sync_delta){.head = good_head(),
		.from = {2, 42},
		.records = (uint8_t *)(uintptr_t)run,
		.size = sizeof(run)};
}

static struct sync_site_state good_site_state(void)
{
	return (struct sync_site_state){.site = "walker",
		.revision = {1, 5},
		.lockdown = true,
		.time_us = TIME_US,
		.actor = "maya"};
}

static struct sync_door_state good_door_state(void)
{
	return (struct sync_door_state){.site = "walker",
		.door = "front",
		.revision = {1, 6},
		.mode = DOOR_MODE_UNLOCKED,
		.hold_from_us = TIME_US,
		.hold_until_us = TIME_US + 1,
		.event = true,
		.time_us = TIME_US,
		.actor = "Zo\xC3\xAB"};
}

static struct sync_ask good_ask(void)
{
	return (struct sync_ask){.site = "walker",
		.door = "front",
		.want = SYNC_WANT_SNAPSHOT,
		.nonce = {1, 2, 3},
		.start = {4, 5, 6},
		.time_us = TIME_US,
		.revision = {1, 40},
		.digest = {7, 8},
		.to = {2, 43},
		.chunk = 8,
		.chunks = SYNC_CHUNKS_MAX,
		.program = "tapin-door 0.1.0"};
}

static struct sync_erase good_erase(void)
{
	return (struct sync_erase){.site = "walker",
		.door = "front",
		.member = 17,
		.count = 2,
		.entries = {{.journal = {1, 2}, .seq = 4}, {.journal = {1, 2}, .seq = 9}}};
}

static struct sync_answer good_answer(enum sync_answer_kind kind)
{
	struct sync_answer answer = {.site = "walker",
		.door = "front",
		.kind = kind,
		.nonce = {1, 2},
		.head = good_head()};

	if (kind == SYNC_ANSWER_HEAD) {
		answer.site_state = good_site_state();
		answer.door_state = good_door_state();
		answer.journal = (struct sync_journal_mark){
			.known = true, .journal = {3}, .seq = 99, .hash = {4}};
	} else if (kind != SYNC_ANSWER_RESTART) {
		answer.chunk = 3;
		answer.last = true;
		answer.cards = 140;
		answer.records = (uint8_t *)(uintptr_t)run;
		answer.size = sizeof(run);
		if (kind == SYNC_ANSWER_DELTA)
			answer.from = (struct revision){2, 40};
	}
	return answer;
}

/* ---- readers that keep nothing ---- */

static int read_keys(const char *body, size_t size, char err[ERR_MAX])
{
	struct sync_keys keys;

	return sync_keys_read(body, size, &keys, err);
}

static int read_head(const char *body, size_t size, char err[ERR_MAX])
{
	struct sync_head head;

	return sync_head_read(body, size, &head, err);
}

static int read_delta(const char *body, size_t size, char err[ERR_MAX])
{
	struct sync_delta delta;
	int r = sync_delta_read(body, size, &delta, err);

	if (r == 0)
		sync_delta_free(&delta);
	return r;
}

static int read_erase(const char *body, size_t size, char err[ERR_MAX])
{
	struct sync_erase erase;

	return sync_erase_read(body, size, &erase, err);
}

static int read_site_state(const char *body, size_t size, char err[ERR_MAX])
{
	struct sync_site_state state;

	return sync_site_state_read(body, size, &state, err);
}

static int read_door_state(const char *body, size_t size, char err[ERR_MAX])
{
	struct sync_door_state state;

	return sync_door_state_read(body, size, &state, err);
}

static int read_ask(const char *body, size_t size, char err[ERR_MAX])
{
	struct sync_ask ask;

	return sync_ask_read(body, size, &ask, err);
}

static int read_answer(const char *body, size_t size, char err[ERR_MAX])
{
	struct sync_answer answer;
	int r = sync_answer_read(body, size, &answer, err);

	if (r == 0)
		sync_answer_free(&answer);
	return r;
}

/* ---- there and back, and everything wrong ---- */

/* Writes VALUE, reads it back, writes that and compares; sweeps through what is wrong. */
#define THERE_AND_BACK(TYPE, VALUE, NAME, ALLOWED)                                       \
	do {                                                                             \
		struct sync_##TYPE there = VALUE, back;                                  \
		char err[ERR_MAX] = "", *text, *again;                                   \
                                                                                         \
		assert_int_equal(sync_##TYPE##_write(&there, &text), 0);                 \
		assert_int_equal(sync_##TYPE##_read(text, strlen(text), &back, err), 0); \
		assert_int_equal(sync_##TYPE##_write(&back, &again), 0);                 \
		assert_string_equal(text, again);                                        \
		sample(NAME, text);                                                      \
		body_sweep(read_##TYPE, text, SYNC_BODY_MAX, false, ALLOWED);            \
		free(text);                                                              \
		free(again);                                                             \
	} while (0)

static void topics_name_the_site(void **state)
{
	char topic[MQTT_TOPIC_MAX];

	(void)state;
	sync_topic_site("walker", "roster/head", topic, sizeof(topic));
	assert_string_equal(topic, "tapin/walker/roster/head");
}

static void keys_there_and_back(void **state)
{
	static const char *const allowed[] = {"revoked=[]", NULL};

	(void)state;
	THERE_AND_BACK(keys, good_keys(), "keys", allowed);
}

static void head_there_and_back(void **state)
{
	static const char *const allowed[] = {"rollcall=", "rollcall=null", "unknown_hours=", NULL};

	(void)state;
	THERE_AND_BACK(head, good_head(), "roster-head", allowed);
}

/* No list yet is something else than no wardens any more. */
static void head_says_that_the_roll_call_ended(void **state)
{
	struct sync_head head = good_head(), back;
	char err[ERR_MAX] = "", *body;

	(void)state;
	memset(head.rollcall, 0, sizeof(head.rollcall));
	for (int ended = 0; ended < 2; ended++) {
		head.rollcall_ended = ended;
		assert_int_equal(sync_head_write(&head, &body), 0);
		assert_int_equal(sync_head_read(body, strlen(body), &back, err), 0);
		assert_int_equal(back.rollcall_ended, ended);
		assert_int_equal(back.unknown_hours, 48);
		assert_memory_equal(back.rollcall, head.rollcall, sizeof(head.rollcall));
		sample(ended ? "roster-head-ended" : "roster-head-none", body);
		free(body);
	}
}

static void site_state_there_and_back(void **state)
{
	static const char *const allowed[] = {"actor=\"\"", "actor=\"ZZ\"", "lockdown=true", NULL};

	(void)state;
	THERE_AND_BACK(site_state, good_site_state(), "site-state", allowed);
}

static void door_state_there_and_back(void **state)
{
	static const char *const allowed[] = {"actor=\"\"", "actor=\"ZZ\"", NULL};

	(void)state;
	THERE_AND_BACK(door_state, good_door_state(), "door-state", allowed);
}

static void ask_there_and_back(void **state)
{
	static const char *const allowed[] = {"program=\"\"", "program=\"ZZ\"", NULL};
	struct sync_ask ask = good_ask();
	char *body;

	(void)state;
	THERE_AND_BACK(ask, good_ask(), "ask-snapshot", allowed);
	/* the small ones say nothing of chunks */
	ask.want = SYNC_WANT_REPORT;
	assert_int_equal(sync_ask_write(&ask, &body), 0);
	sample("ask-report", body);
	assert_null(strstr(body, "chunk"));
	body_sweep(read_ask, body, SYNC_BODY_MAX, false, allowed);
	assert_null(strstr(body, "erased"));
	free(body);
	ask.erased = 17;
	assert_int_equal(sync_ask_write(&ask, &body), 0);
	sample("ask-erased", body);
	assert_int_equal(body_with(read_ask, body, "erased", "0"), -EBADMSG);
	assert_int_equal(body_with(read_ask, body, "erased", "\"17\""), -EBADMSG);
	free(body);
}

static void erase_there_and_back(void **state)
{
	static const char *const allowed[] = {"entries=[]", NULL};
	struct sync_erase erase = good_erase();
	char *body;

	(void)state;
	THERE_AND_BACK(erase, good_erase(), "erase", allowed);
	erase.count = SYNC_ERASE_MAX;
	for (size_t i = 0; i < SYNC_ERASE_MAX; i++)
		erase.entries[i].seq = i + 1;
	assert_int_equal(sync_erase_write(&erase, &body), 0);
	assert_int_equal(body_with(read_erase, body, "member", "0"), -EBADMSG);
	assert_int_equal(body_with(read_erase, body, "entries", "null"), -EBADMSG);
	free(body);
	erase.count++;
	assert_int_equal(sync_erase_write(&erase, &body), -EINVAL);
	erase = good_erase();
	erase.entries[1].seq = 0;
	assert_int_equal(sync_erase_write(&erase, &body), -EINVAL);
	erase = good_erase();
	erase.member = 0;
	assert_int_equal(sync_erase_write(&erase, &body), -EINVAL);
}

static void answer_there_and_back(void **state)
{
	static const char *const names[] = {"roster-answer-head", "roster-answer-delta",
		"roster-answer-snapshot", "roster-answer-restart"};
	static const char *const allowed[] = {"site_state.actor=\"\"", "site_state.actor=\"ZZ\"",
		"door_state.actor=\"\"", "door_state.actor=\"ZZ\"", "journal=null", "records=\"\"",
		"last=true", "site_state.lockdown=true", "door_state.event=true",
		"rollcall=", "rollcall=null", "unknown_hours=", NULL};

	(void)state;
	for (int kind = SYNC_ANSWER_HEAD; kind <= SYNC_ANSWER_RESTART; kind++) {
		struct sync_answer there = good_answer((enum sync_answer_kind)kind), back;
		char err[ERR_MAX] = "", *body, *again;

		assert_int_equal(sync_answer_write(&there, &body), 0);
		assert_int_equal(sync_answer_read(body, strlen(body), &back, err), 0);
		assert_int_equal(sync_answer_write(&back, &again), 0);
		assert_string_equal(body, again);
		assert_string_equal(back.head.site, "walker");
		assert_string_equal(back.door_state.door, kind == SYNC_ANSWER_HEAD ? "front" : "");
		sync_answer_free(&back);
		free(again);
		sample(names[kind], body);
		body_sweep(read_answer, body, SYNC_BODY_MAX, false, allowed);
		free(body);
	}
}

static void delta_there_and_back(void **state)
{
	static const char *const allowed[] = {
		"records=\"\"", "rollcall=", "rollcall=null", "unknown_hours=", NULL};
	struct sync_delta there = good_delta(), back;
	char err[ERR_MAX] = "", *body;

	(void)state;
	assert_int_equal(sync_delta_write(&there, &body), 0);
	assert_int_equal(sync_delta_read(body, strlen(body), &back, err), 0);
	assert_int_equal(revision_compare(&there.head.revision, &back.head.revision), 0);
	assert_int_equal(revision_compare(&there.from, &back.from), 0);
	assert_memory_equal(there.head.digest, back.head.digest, ROSTER_DIGEST_SIZE);
	assert_int_equal(back.size, sizeof(run));
	assert_memory_equal(back.records, run, sizeof(run));
	sync_delta_free(&back);
	sample("roster-delta", body);
	body_sweep(read_delta, body, SYNC_BODY_MAX, false, allowed);
	free(body);
}

static void a_door_without_a_journal_at_the_hub_has_no_mark(void **state)
{
	struct sync_answer there = good_answer(SYNC_ANSWER_HEAD), back;
	char err[ERR_MAX], *body;

	(void)state;
	there.journal = (struct sync_journal_mark){0};
	assert_int_equal(sync_answer_write(&there, &body), 0);
	assert_int_equal(sync_answer_read(body, strlen(body), &back, err), 0);
	assert_false(back.journal.known);
	sample("roster-answer-new", body);
	free(body);
}

/* ---- bounds ---- */

static void the_largest_chunk_fits_a_body(void **state)
{
	struct sync_answer answer = good_answer(SYNC_ANSWER_DELTA), back;
	static uint8_t large[SYNC_CHUNK_MAX];
	char err[ERR_MAX], *body;
	int used = 0, r;

	(void)state;
	answer.records = large;
	do {
		r = used;
		used = roster_run_add(large, (size_t)r, sizeof(large), run, sizeof(run));
	} while (used > 0);
	answer.size = (size_t)r;
	assert_true(answer.size > SYNC_CHUNK_MAX - 9);
	memset(answer.site, 's', 32);
	memset(answer.door, 'd', 32);
	answer.cards = INT64_MAX;
	answer.chunk = UINT32_MAX;
	assert_int_equal(sync_answer_write(&answer, &body), 0);
	assert_true(strlen(body) < SYNC_BODY_MAX - 2048);
	assert_int_equal(sync_answer_read(body, strlen(body), &back, err), 0);
	assert_int_equal(back.size, answer.size);
	sync_answer_free(&back);
	free(body);
	answer.size = SYNC_CHUNK_MAX + 1;
	assert_int_equal(sync_answer_write(&answer, &body), -EINVAL);
}

static void the_most_keys_fit(void **state)
{
	struct sync_keys keys = good_keys(), back;
	char err[ERR_MAX], *body;

	(void)state;
	keys.revoked_count = SYNC_REVOKED_MAX;
	for (size_t i = 0; i < SYNC_REVOKED_MAX; i++)
		strcpy(keys.revoked[i], "0123456789abcdef");
	assert_int_equal(sync_keys_write(&keys, &body), 0);
	assert_int_equal(sync_keys_read(body, strlen(body), &back, err), 0);
	assert_int_equal(back.revoked_count, SYNC_REVOKED_MAX);
	assert_memory_equal(keys.revoked, back.revoked, sizeof(keys.revoked));
	free(body);
	keys.revoked_count++;
	assert_int_equal(sync_keys_write(&keys, &body), -EINVAL);
}

static void one_value_too_far_is_refused(void **state)
{
	static const struct {
		const char *key, *value;
	} bad[] = {
		{"chunk", "4294967296"},
		{"chunks", "0"},
		{"chunks", "9"},
		{"want", "\"everything\""},
		{"nonce", "\"0102\""},
		{"digest", "\"00\""},
		{"door", "\"Front\""},
		{"site", "\"a/b\""},
		{"revision", "{\"generation\":4294967296,\"number\":1}"},
		{"version", "2"},
		{"type", "\"head\""},
		{"program", "\"a program whose name is longer than anybody would like\""},
	};
	struct sync_ask ask = good_ask();
	char *body;

	(void)state;
	assert_int_equal(sync_ask_write(&ask, &body), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (body_with(read_ask, body, bad[i].key, bad[i].value) != -EBADMSG)
			fail_msg("%s = %s is taken", bad[i].key, bad[i].value);
	assert_int_equal(body_with(read_ask, body, "want", "\"head\""), 0);
	free(body);
}

static void a_delta_leads_forward_within_a_generation(void **state)
{
	static const struct revision wrong[] = {{1, 42}, {2, 43}, {2, 44}, {3, 1}};
	static const char *const texts[] = {"{\"generation\":1,\"number\":42}",
		"{\"generation\":2,\"number\":43}", "{\"generation\":3,\"number\":1}"};
	struct sync_delta delta = good_delta();
	struct sync_answer answer = good_answer(SYNC_ANSWER_DELTA);
	char *body;

	(void)state;
	assert_int_equal(sync_delta_write(&delta, &body), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(body_with(read_delta, body, "from", texts[i]), -EBADMSG);
	free(body);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		delta.from = wrong[i];
		assert_int_equal(sync_delta_write(&delta, &body), -EINVAL);
	}
	answer.from = (struct revision){1, 1};
	assert_int_equal(sync_answer_write(&answer, &body), -EINVAL);
}

static void runs_must_be_whole(void **state)
{
	struct sync_delta delta = good_delta();
	char *body;

	(void)state;
	assert_int_equal(sync_delta_write(&delta, &body), 0);
	assert_int_equal(body_with(read_delta, body, "records", "\"AgAJ\""), -EBADMSG);
	assert_int_equal(body_with(read_delta, body, "records", "\"AQAJ\""), 0);
	assert_int_equal(body_with(read_delta, body, "records", "\"AQA\""), -EBADMSG);
	free(body);
}

static void a_hold_ends_after_it_begins(void **state)
{
	struct sync_door_state door = good_door_state();
	char *body;

	(void)state;
	assert_int_equal(sync_door_state_write(&door, &body), 0);
	assert_int_equal(
		body_with(read_door_state, body, "hold_until_us", "1795339801000000"), -EBADMSG);
	assert_int_equal(body_with(read_door_state, body, "hold_until_us", "0"), -EBADMSG);
	free(body);
	door.hold_until_us = door.hold_from_us;
	assert_int_equal(sync_door_state_write(&door, &body), -EINVAL);
	door.hold_from_us = door.hold_until_us = 0;
	assert_int_equal(sync_door_state_write(&door, &body), -EINVAL); /* an event without one */
	door.event = false;
	assert_int_equal(sync_door_state_write(&door, &body), 0);
	sample("door-state-plain", body);
	assert_int_equal(body_with(read_door_state, body, "event", "true"), -EBADMSG);
	free(body);
	door.mode = (enum door_mode)3;
	assert_int_equal(sync_door_state_write(&door, &body), -EINVAL);
}

static void a_key_goes_by_its_own_id_and_stands_once(void **state)
{
	struct sync_keys keys = good_keys();
	char *body;

	(void)state;
	keys.keys[0].id[0] ^= 1;
	assert_int_equal(sync_keys_write(&keys, &body), 0);
	assert_int_equal(body_with(read_keys, body, "serial", "4"), -EBADMSG);
	free(body);
	keys.keys[0] = keys.keys[1];
	assert_int_equal(sync_keys_write(&keys, &body), 0);
	assert_int_equal(body_with(read_keys, body, "serial", "4"), -EBADMSG);
	free(body);
}

static void what_could_not_be_read_is_not_written(void **state)
{
	struct sync_keys keys = good_keys();
	struct sync_head head = good_head();
	struct sync_site_state site = good_site_state();
	struct sync_ask ask = good_ask();
	char *body;

	(void)state;
	keys.count = 0;
	assert_int_equal(sync_keys_write(&keys, &body), -EINVAL);
	keys.count = SYNC_KEYS_MAX + 1;
	assert_int_equal(sync_keys_write(&keys, &body), -EINVAL);
	keys = good_keys();
	keys.serial = 0;
	assert_int_equal(sync_keys_write(&keys, &body), -EINVAL);
	keys = good_keys();
	strcpy(keys.revoked[0], "short");
	assert_int_equal(sync_keys_write(&keys, &body), -EINVAL);
	strcpy(head.site, "Walker");
	assert_int_equal(sync_head_write(&head, &body), -EINVAL);
	head = good_head();
	head.revision.number = UINT64_MAX;
	assert_int_equal(sync_head_write(&head, &body), -EINVAL);
	head = good_head();
	head.time_us = -1;
	assert_int_equal(sync_head_write(&head, &body), -EINVAL);
	strcpy(site.actor, "a\nb");
	assert_int_equal(sync_site_state_write(&site, &body), -EINVAL);
	memset(site.actor, 'a', sizeof(site.actor));
	assert_int_equal(sync_site_state_write(&site, &body), -EINVAL);
	ask.chunks = 0;
	assert_int_equal(sync_ask_write(&ask, &body), -EINVAL);
	ask = good_ask();
	ask.want = (enum sync_want)9;
	assert_int_equal(sync_ask_write(&ask, &body), -EINVAL);
}

static void names_go_both_ways(void **state)
{
	enum door_mode mode;

	(void)state;
	for (int i = DOOR_MODE_CONTROLLED; i <= DOOR_MODE_LOCKDOWN; i++) {
		assert_int_equal(door_mode_parse(door_mode_name((enum door_mode)i), &mode), 0);
		assert_int_equal(mode, i);
	}
	assert_int_equal(door_mode_parse("open", &mode), -EINVAL);
	assert_int_equal(door_mode_parse(NULL, &mode), -EINVAL);
	assert_null(door_mode_name((enum door_mode)3));
	assert_string_equal(sync_want_name(SYNC_WANT_REPORT), "report");
	assert_null(sync_want_name((enum sync_want)5));
	assert_string_equal(sync_answer_name(SYNC_ANSWER_RESTART), "restart");
	assert_null(sync_answer_name((enum sync_answer_kind)4));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topics_name_the_site),
		cmocka_unit_test(keys_there_and_back),
		cmocka_unit_test(head_there_and_back),
		cmocka_unit_test(head_says_that_the_roll_call_ended),
		cmocka_unit_test(delta_there_and_back),
		cmocka_unit_test(site_state_there_and_back),
		cmocka_unit_test(door_state_there_and_back),
		cmocka_unit_test(ask_there_and_back),
		cmocka_unit_test(erase_there_and_back),
		cmocka_unit_test(answer_there_and_back),
		cmocka_unit_test(a_door_without_a_journal_at_the_hub_has_no_mark),
		cmocka_unit_test(the_largest_chunk_fits_a_body),
		cmocka_unit_test(the_most_keys_fit),
		cmocka_unit_test(one_value_too_far_is_refused),
		cmocka_unit_test(a_delta_leads_forward_within_a_generation),
		cmocka_unit_test(runs_must_be_whole),
		cmocka_unit_test(a_hold_ends_after_it_begins),
		cmocka_unit_test(a_key_goes_by_its_own_id_and_stands_once),
		cmocka_unit_test(what_could_not_be_read_is_not_written),
		cmocka_unit_test(names_go_both_ways),
	};

	if (argc == 3 && strcmp(argv[1], "--samples") == 0)
		samples = argv[2];
	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
