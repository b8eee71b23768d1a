/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/report.h"
#include <stdlib.h>
#include <string.h>

static const struct roster_card card = {.card = 103, .member = 13, .tier = 3};

/* Two steps: a warning, and the one that denies. */
static struct explanation denied(void)
{
	struct explanation e = {
		.site = "walker",
		.door = "front",
		.door_listed = true,
		.revision = {.generation = 2, .number = 41},
		.timezone = "Europe/London",
		.clock = CLOCK_TRUST_RTC,
		.card = &card,
		.hours = "24/7",
		.verdict = {.reason = REASON_CLOSED_DAY},
		.notes = {{.step = 7,
				  .name = "roster age",
				  .outcome = DECIDE_OUTCOME_WARN,
				  .warnings = WARNING_STALE,
				  .looked = "old"},
			{.step = 11,
				.name = "hours",
				.outcome = DECIDE_OUTCOME_DENY,
				.reason = REASON_CLOSED_DAY,
				.looked = "closed: Christmas"}},
		.note_count = 2,
	};

	civil_from_date(20811, &e.now);
	e.now.minute = 9 * 60 + 5;
	return e;
}

/* The explanation as JSON or as a report has this text in it. */
static void says(const struct explanation *e, bool json, const char *wanted)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	if (json) {
		text = explanation_json(e);
	} else {
		out = open_memstream(&text, &size);
		report_print(out, e);
		fclose(out);
	}
	assert_non_null(text);
	if (!strstr(text, wanted))
		fail_msg("expected \"%s\" in: %s", wanted, text);
	free(text);
}

static void json_tells_question_steps_and_decision(void **state)
{
	struct explanation e = denied();

	(void)state;
	says(&e, true,
		"{\"granted\":false,\"reason\":\"closed_day\",\"number\":111,"
		"\"pattern\":\"not_now\",");
	says(&e, true,
		"\"warnings\":[],\"release_ms\":0,\"decided_by\":11,\"site\":\"walker\","
		"\"door\":\"front\",\"door_listed\":true,\"revision\":{\"generation\":2,"
		"\"number\":41},\"at\":\"2026-12-24T09:05\","
		"\"timezone\":\"Europe/London\",\"clock\":\"rtc\","
		"\"card\":{\"card\":103,\"member\":13,\"sponsor\":0,\"tier\":3,"
		"\"hours\":\"24/7\"}");
	says(&e, true,
		"\"steps\":[{\"step\":7,\"name\":\"roster age\",\"outcome\":\"warn\","
		"\"looked\":\"old\",\"warnings\":[\"warn_stale\"]},{\"step\":11,");
	e.card = NULL;
	says(&e, true, "\"card\":null,\"steps\"");
	e.card = &card;
	e.hours = NULL;
	says(&e, true, "\"hours\":null}");
}

static void json_of_a_grant_has_nobody_who_decided(void **state)
{
	struct explanation e = denied();

	(void)state;
	e.note_count = 1;
	e.verdict = (struct verdict){.grant = true,
		.reason = REASON_GRANTED,
		.release_ms = 8000,
		.warnings = WARNING_STALE | WARNING_GRACE};
	assert_null(explanation_decider(&e));
	says(&e, true, "\"granted\":true");
	says(&e, true,
		"\"warnings\":[\"warn_grace\",\"warn_stale\"],\"release_ms\":8000,"
		"\"decided_by\":null");
}

static void json_stays_json_whatever_the_file_said(void **state)
{
	struct explanation e = denied();

	(void)state;
	strcpy(e.notes[1].looked, "closed: \xc3\xa9t\xc3"); /* cut inside a character */
	says(&e, true, "\"looked\":\"closed: ??t?\"");
	strcpy(e.notes[1].looked, "closed: \"\x1b\xc3\xa9");
	says(&e, true, "\"looked\":\"closed: \\\"\\u001"); /* its last digit is B or b */
}

static void report_marks_the_step_that_decided(void **state)
{
	struct explanation e = denied();

	(void)state;
	says(&e, false,
		"Card 103 of member 13, tier 3, at door front\n"
		"The tier's hours here: 24/7\n"
		"Th 2026-12-24 09:05 Europe/London, clock rtc, site walker, roster 2.41\n\n"
		"   7  roster age     warn  old warn_stale\n"
		"> 11  hours          DENY  closed: Christmas  <- this decided\n\n"
		"DENIED: closed_day (111), shown as not_now\n"
		"  to the member: We are closed today.");
	e.verdict = (struct verdict){.grant = true,
		.reason = REASON_GRANTED,
		.release_ms = 7500,
		.warnings = WARNING_STALE};
	says(&e, false, "GRANTED: the door is released for 7.5 s; warnings: warn_stale\n");
}

static void report_says_what_is_missing(void **state)
{
	struct explanation e = denied();

	(void)state;
	e.door_listed = false;
	e.site = "";
	e.timezone = "";
	e.hours = NULL;
	says(&e, false, "at door front (which this roster does not list)\n");
	says(&e, false, "hours here: none\n");
	says(&e, false, "Th 2026-12-24 09:05, clock rtc, no roster was imported yet\n");
	e.card = NULL;
	says(&e, false, "A card that is not in this roster, at door front");
}

static void report_repeats_nothing_that_moves_the_cursor(void **state)
{
	struct explanation e = denied();

	(void)state;
	strcpy(e.notes[1].looked, "closed: \x1b[2J\x7f");
	e.timezone = "a\rb";
	says(&e, false, "closed: ?[2J?  <-");
	says(&e, false, " a?b, clock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_tells_question_steps_and_decision),
		cmocka_unit_test(json_of_a_grant_has_nobody_who_decided),
		cmocka_unit_test(json_stays_json_whatever_the_file_said),
		cmocka_unit_test(report_marks_the_step_that_decided),
		cmocka_unit_test(report_says_what_is_missing),
		cmocka_unit_test(report_repeats_nothing_that_moves_the_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
