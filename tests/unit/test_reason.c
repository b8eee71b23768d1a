/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reason.h"

/* Every value of enum reason; the compiler's -Wswitch-enum reports one that is missing here. */
static bool is_reason(unsigned number)
{
	switch ((enum reason)number) {
	case REASON_NONE:
	case REASON_GRANTED:
	case REASON_READ_ERROR:
	case REASON_CARD_UNKNOWN:
	case REASON_CARD_RANDOM_UID:
	case REASON_CARD_UNSUPPORTED:
	case REASON_CARD_REVOKED:
	case REASON_CARD_LOST:
	case REASON_CARD_SUSPENDED:
	case REASON_CARD_UNASSIGNED:
	case REASON_CARD_NOT_GENUINE:
	case REASON_CARD_NEEDS_PROOF:
	case REASON_MEMBER_SUSPENDED:
	case REASON_MEMBER_CLOSED:
	case REASON_DOOR_LOCKDOWN:
	case REASON_ROSTER_STALE:
	case REASON_CLOCK_UNTRUSTED:
	case REASON_MEMBER_NOT_YET:
	case REASON_MEMBER_ENDED:
	case REASON_DOOR_NOT_IN_RIGHTS:
	case REASON_OUTSIDE_HOURS:
	case REASON_CLOSED_DAY:
	case REASON_ALLOWANCE_SPENT:
	case REASON_PASSBACK:
	case REASON_SECOND_PERSON_NEEDED:
	case REASON_JOURNAL_FULL:
	case REASON_INTERNAL:
		return true;
	}
	return false;
}

static void every_reason_has_its_row_and_no_other_number_has(void **state)
{
	unsigned rows = 0, numbers = 0;

	(void)state;
	while (reason_row(rows))
		rows++;
	for (unsigned n = 0; n < 65536; n++) {
		const struct reason_info *info = reason_info((enum reason)n);

		numbers += is_reason(n);
		assert_int_equal(info->reason, is_reason(n) ? n : REASON_NONE);
	}
	assert_int_equal(rows, numbers);
}

static void numbers_names_and_sentences_are_unique(void **state)
{
	const struct reason_info *a, *b;

	(void)state;
	for (unsigned i = 0; (a = reason_row(i)) != NULL; i++)
		for (unsigned j = i + 1; (b = reason_row(j)) != NULL; j++) {
			assert_int_not_equal(a->reason, b->reason);
			assert_string_not_equal(a->name, b->name);
			assert_string_not_equal(a->member, b->member);
			assert_string_not_equal(a->admin, b->admin);
		}
}

static void numbers_in_signed_journals_never_change(void **state)
{
	static const struct {
		unsigned number;
		const char *name;
	} kept[] = {{0, "none"}, {1, "granted"}, {10, "read_error"}, {20, "card_unknown"},
		{21, "card_random_uid"}, {22, "card_unsupported"}, {30, "card_revoked"},
		{31, "card_lost"}, {32, "card_suspended"}, {33, "card_unassigned"},
		{40, "card_not_genuine"}, {41, "card_needs_proof"}, {50, "member_suspended"},
		{51, "member_closed"}, {60, "door_lockdown"}, {70, "roster_stale"},
		{80, "clock_untrusted"}, {90, "member_not_yet"}, {91, "member_ended"},
		{100, "door_not_in_rights"}, {110, "outside_hours"}, {111, "closed_day"},
		{120, "allowance_spent"}, {130, "passback"}, {140, "second_person_needed"},
		{150, "journal_full"}, {160, "internal"}};

	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_string_equal(reason_info((enum reason)kept[i].number)->name, kept[i].name);
	assert_null(reason_row(sizeof(kept) / sizeof(kept[0])));
}

static void sentences_are_sentences(void **state)
{
	const struct reason_info *info;

	(void)state;
	for (unsigned i = 0; (info = reason_row(i)) != NULL; i++) {
		const char *both[] = {info->member, info->admin};

		for (unsigned k = 0; k < 2; k++) {
			size_t n = strlen(both[k]);

			assert_true(n > 5 && n < 120);
			assert_true(both[k][0] >= 'A' && both[k][0] <= 'Z');
			assert_int_equal(both[k][n - 1], '.');
		}
		/* who is refused is told what to do next */
		if (info->reason != REASON_GRANTED)
			assert_non_null(strstr(info->member, "lease "));
	}
}

static void only_a_grant_says_come_in(void **state)
{
	const struct reason_info *info;

	(void)state;
	for (unsigned i = 0; (info = reason_row(i)) != NULL; i++)
		assert_int_equal(
			info->pattern == REASON_PATTERN_COME_IN, info->reason == REASON_GRANTED);
	assert_string_equal(reason_pattern_name(REASON_PATTERN_COME_IN), "come_in");
	assert_string_equal(reason_pattern_name(REASON_PATTERN_NOT_NOW), "not_now");
	assert_string_equal(reason_pattern_name(REASON_PATTERN_TRY_AGAIN), "try_again");
	assert_string_equal(reason_pattern_name(REASON_PATTERN_HOST), "see_host");
	assert_string_equal(reason_pattern_name((enum reason_pattern)77), "see_host");
}

static void every_warning_bit_has_a_name(void **state)
{
	static const uint32_t all = WARNING_GRACE | WARNING_STALE | WARNING_ALLOWANCE |
				    WARNING_PASSBACK | WARNING_CLOCK | WARNING_JOURNAL |
				    WARNING_DOOR_WAS_OPEN;

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(warning_name(1u << i) != NULL, all >> i & 1);
	assert_string_equal(warning_name(WARNING_GRACE), "warn_grace");
	assert_string_equal(warning_name(WARNING_DOOR_WAS_OPEN), "door_was_open");
	assert_null(warning_name(0));
	assert_null(warning_name(WARNING_GRACE | WARNING_STALE));
}

/* ---- the page deploy/man/tapin-reasons.7: its table is made from the code's ---- */

#define PAGE "deploy/man/tapin-reasons.7"
#define BEGIN ".\\\" made by make reasons: begin\n"
#define END ".\\\" made by make reasons: end\n"

static const char *shown_as(enum reason_pattern pattern)
{
	static const char *const words[] = {"please see a host", "not now", "try again", "come in"};

	return words[pattern];
}

static void table_print(FILE *out)
{
	const struct reason_info *info;

	fputs(BEGIN, out);
	for (unsigned i = 0; (info = reason_row(i)) != NULL; i++)
		fprintf(out, ".TP\n.B %u %s\n%s\n.br\nTo the member: \\(lq%s\\(rq Shown as: %s.\n",
			info->reason, info->name, info->admin, info->member,
			shown_as(info->pattern));
	fputs(END, out);
}

static char *page_read(void)
{
	FILE *in = fopen(PAGE, "r");
	char *text = calloc(1, 65536);

	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, in) > 0);
	fclose(in);
	return text;
}

static void the_page_has_the_codes_table(void **state)
{
	char *page = page_read(), *table = NULL, *begin, *end;
	size_t size = 0;
	FILE *out = open_memstream(&table, &size);

	(void)state;
	table_print(out);
	fclose(out);
	begin = strstr(page, BEGIN);
	end = strstr(page, END);
	assert_non_null(begin);
	assert_non_null(end);
	end[strlen(END)] = '\0';
	assert_string_equal(begin, table); /* else: make reasons */
	free(table);
	free(page);
}

static void the_page_names_every_warning(void **state)
{
	char *page = page_read(), line[64];

	(void)state;
	for (uint32_t bit = 1; warning_name(bit); bit <<= 1) {
		snprintf(line, sizeof(line), "\n.B %s\n", warning_name(bit));
		assert_non_null(strstr(page, line));
	}
	free(page);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--table") == 0) {
		table_print(stdout);
		return 0;
	}

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_has_the_codes_table),
		cmocka_unit_test(the_page_names_every_warning),
		cmocka_unit_test(every_reason_has_its_row_and_no_other_number_has),
		cmocka_unit_test(numbers_names_and_sentences_are_unique),
		cmocka_unit_test(numbers_in_signed_journals_never_change),
		cmocka_unit_test(sentences_are_sentences),
		cmocka_unit_test(only_a_grant_says_come_in),
		cmocka_unit_test(every_warning_bit_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
