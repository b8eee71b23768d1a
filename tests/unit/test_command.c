/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/command.h"

#include "bodies.h"

#define TIME_US 1795339801000000

static const char *samples; /* --samples: a folder that the bodies are written to */

static void sample(const char *name, const char *body)
{
	if (samples)
		body_sample(samples, name, body);
}

static struct command good_command(enum command_verb verb, uint32_t seconds)
{
	return (struct command){.site = "walker",
		.door = "front",
		.verb = verb,
		.id = {1, 2, 3},
		.counter = {1, 17},
		.start = {4, 5, 6},
		.time_us = TIME_US,
		.expires_us = TIME_US + COMMAND_LIFE_S * 1000000LL,
		.seconds = seconds,
		.actor = "maya"};
}

static struct command_result good_result(void)
{
	return (struct command_result){.site = "walker",
		.door = "front",
		.id = {1, 2, 3},
		.verb = COMMAND_ENROL,
		.outcome = COMMAND_OUTCOME_DONE,
		.shown = 2,
		.has_card = true,
		.token = {{7, 8, 9}},
		.key_id = 1,
		.kind = CARD_KIND_DESFIRE,
		.time_us = TIME_US};
}

static int read_command(const char *body, size_t size, char err[ERR_MAX])
{
	struct command command;

	return command_read(body, size, &command, err);
}

static int read_result(const char *body, size_t size, char err[ERR_MAX])
{
	struct command_result result;

	return command_result_read(body, size, &result, err);
}

static void commands_there_and_back(void **state)
{
	static const char *const allowed[] = {"actor=\"ZZ\"", NULL};
	static const struct {
		enum command_verb verb;
		uint32_t seconds;
	} all[] = {{COMMAND_UNLOCK, 5}, {COMMAND_RELOCK, 0}, {COMMAND_ENROL, COMMAND_ENROL_S},
		{COMMAND_ENROL_CANCEL, 0}, {COMMAND_IDENTIFY, 0}, {COMMAND_TEST, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct command there = good_command(all[i].verb, all[i].seconds), back;
		char err[ERR_MAX] = "", name[40], *body, *again;

		assert_int_equal(command_write(&there, &body), 0);
		assert_int_equal(command_read(body, strlen(body), &back, err), 0);
		assert_int_equal(back.verb, all[i].verb);
		assert_int_equal(back.seconds, all[i].seconds);
		assert_string_equal(back.actor, "maya");
		assert_int_equal(command_write(&back, &again), 0);
		assert_string_equal(body, again);
		snprintf(name, sizeof(name), "command-%s", command_verb_name(all[i].verb));
		sample(name, body);
		body_sweep(read_command, body, COMMAND_BODY_MAX, false, allowed);
		free(body);
		free(again);
	}
}

static void seconds_have_bounds_where_a_verb_takes_them(void **state)
{
	static const struct {
		enum command_verb verb;
		uint32_t seconds;
		bool good;
	} rows[] = {{COMMAND_UNLOCK, 0, false}, {COMMAND_UNLOCK, 1, true},
		{COMMAND_UNLOCK, 60, true}, {COMMAND_UNLOCK, 61, false}, {COMMAND_ENROL, 4, false},
		{COMMAND_ENROL, 5, true}, {COMMAND_ENROL, 120, true}, {COMMAND_ENROL, 121, false},
		{COMMAND_RELOCK, 1, false}, {COMMAND_TEST, 5, false}};
	char *body;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct command command = good_command(rows[i].verb, rows[i].seconds);
		int r = command_write(&command, &body);

		assert_int_equal(r, rows[i].good ? 0 : -EINVAL);
		if (r == 0)
			free(body);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct command command = good_command(rows[i].verb, 0);
		char seconds[16];

		command.seconds =
			rows[i].verb == COMMAND_UNLOCK || rows[i].verb == COMMAND_ENROL ? 10 : 0;
		assert_int_equal(command_write(&command, &body), 0);
		snprintf(seconds, sizeof(seconds), "%u", rows[i].seconds);
		assert_int_equal(body_with(read_command, body, "seconds", seconds),
			rows[i].good ? 0 : -EBADMSG);
		free(body);
	}
}

static void wrong_commands_are_neither_read_nor_written(void **state)
{
	static const char *const bad[][2] = {{"verb", "\"open\""}, {"verb", "\"none\""},
		{"expires_us", "1795339801000000"}, {"expires_us", "0"}, {"version", "2"},
		{"type", "\"result\""}, {"id", "\"00\""}, {"start", "\"00\""},
		{"actor", "\"12345678901234567890123456789012345678901234567890123456789012345\""}};
	struct command command = good_command(COMMAND_RELOCK, 0);
	char *body;

	(void)state;
	assert_int_equal(command_write(&command, &body), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (body_with(read_command, body, bad[i][0], bad[i][1]) != -EBADMSG)
			fail_msg("%s = %s is taken", bad[i][0], bad[i][1]);
	free(body);
	command.verb = COMMAND_NONE;
	assert_int_equal(command_write(&command, &body), -EINVAL);
	command = good_command((enum command_verb)7, 0);
	assert_int_equal(command_write(&command, &body), -EINVAL);
	command = good_command(COMMAND_TEST, 0);
	*command.actor = '\0';
	assert_int_equal(command_write(&command, &body), -EINVAL);
	command = good_command(COMMAND_TEST, 0);
	command.expires_us = command.time_us;
	assert_int_equal(command_write(&command, &body), -EINVAL);
	command = good_command(COMMAND_TEST, 0);
	*command.site = 'W';
	assert_int_equal(command_write(&command, &body), -EINVAL);
}

static void member_is_let_in_by_an_unlock_alone(void **state)
{
	struct command c = good_command(COMMAND_UNLOCK, 5), back;
	char err[ERR_MAX], *body;

	(void)state;
	c.member = 17;
	assert_int_equal(command_write(&c, &body), 0);
	sample("command-let-in", body);
	assert_int_equal(command_read(body, strlen(body), &back, err), 0);
	assert_int_equal(back.member, 17);
	assert_non_null(strstr(body, "\"member\""));
	memcpy(strstr(body, "unlock"), "relock", 6);
	assert_int_equal(command_read(body, strlen(body), &back, err), -EBADMSG);
	free(body);
	c = good_command(COMMAND_RELOCK, 0);
	c.member = 17;
	assert_int_equal(command_write(&c, &body), -EINVAL);
}

static void results_there_and_back(void **state)
{
	static const char *const allowed[] = {"why=\"\"", "why=\"ZZ\"", "card=", NULL};
	struct command_result there = good_result(), back;
	char err[ERR_MAX] = "", *body, *again;

	(void)state;
	for (int step = 0; step < 4; step++) {
		if (step == 1) {
			there.has_card = false;
			there.outcome = COMMAND_OUTCOME_WAITING;
			there.shown = 1;
			strcpy(there.why, "Show the card again");
		} else if (step == 2) {
			there.outcome = COMMAND_OUTCOME_REFUSED;
		} else if (step == 3) {
			there.verb = COMMAND_UNLOCK;
			there.shown = 0;
			there.outcome = COMMAND_OUTCOME_FAILED;
		}
		assert_int_equal(command_result_write(&there, &body), 0);
		assert_int_equal(command_result_read(body, strlen(body), &back, err), 0);
		assert_int_equal(command_result_write(&back, &again), 0);
		assert_string_equal(body, again);
		assert_int_equal(back.has_card, step == 0);
		if (step == 0)
			assert_memory_equal(back.token.bytes, there.token.bytes, TOKEN_SIZE);
		snprintf(err, sizeof(err), "result-%d", step);
		sample(err, body);
		body_sweep(read_result, body, COMMAND_BODY_MAX, false, allowed);
		free(body);
		free(again);
	}
}

static void a_card_comes_of_an_enrolment_that_is_done(void **state)
{
	struct command_result result = good_result();
	char *body;

	(void)state;
	assert_int_equal(command_result_write(&result, &body), 0);
	assert_int_equal(body_with(read_result, body, "verb", "\"unlock\""), -EBADMSG);
	assert_int_equal(body_with(read_result, body, "outcome", "\"waiting\""), -EBADMSG);
	assert_int_equal(body_with(read_result, body, "outcome", "\"none\""), -EBADMSG);
	free(body);
	result.outcome = COMMAND_OUTCOME_REFUSED;
	assert_int_equal(command_result_write(&result, &body), -EINVAL);
	result = good_result();
	result.verb = COMMAND_TEST;
	assert_int_equal(command_result_write(&result, &body), -EINVAL);
	result.has_card = false;
	assert_int_equal(command_result_write(&result, &body), -EINVAL); /* shown */
	result.shown = 0;
	result.outcome = COMMAND_OUTCOME_WAITING;
	assert_int_equal(command_result_write(&result, &body), -EINVAL);
	result.outcome = COMMAND_OUTCOME_NONE;
	assert_int_equal(command_result_write(&result, &body), -EINVAL);
	result = good_result();
	result.kind = (enum card_kind)2;
	assert_int_equal(command_result_write(&result, &body), -EINVAL);
	result = good_result();
	memset(result.why, 'w', sizeof(result.why));
	assert_int_equal(command_result_write(&result, &body), -EINVAL);
}

static void names_go_both_ways(void **state)
{
	enum command_verb verb;

	(void)state;
	for (int i = COMMAND_UNLOCK; i <= COMMAND_TEST; i++) {
		assert_int_equal(
			command_verb_parse(command_verb_name((enum command_verb)i), &verb), 0);
		assert_int_equal(verb, i);
	}
	assert_int_equal(command_verb_parse("open", &verb), -EINVAL);
	assert_int_equal(command_verb_parse(NULL, &verb), -EINVAL);
	assert_null(command_verb_name(COMMAND_NONE));
	assert_null(command_verb_name((enum command_verb)7));
	assert_string_equal(command_outcome_name(COMMAND_OUTCOME_WAITING), "waiting");
	assert_null(command_outcome_name(COMMAND_OUTCOME_NONE));
	assert_null(command_outcome_name((enum command_outcome)5));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_there_and_back),
		cmocka_unit_test(seconds_have_bounds_where_a_verb_takes_them),
		cmocka_unit_test(wrong_commands_are_neither_read_nor_written),
		cmocka_unit_test(member_is_let_in_by_an_unlock_alone),
		cmocka_unit_test(results_there_and_back),
		cmocka_unit_test(a_card_comes_of_an_enrolment_that_is_done),
		cmocka_unit_test(names_go_both_ways),
	};

	if (argc == 3 && strcmp(argv[1], "--samples") == 0)
		samples = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
