/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/csv.h"

static struct csv_row row; /* 32 KiB */
static char err[ERR_MAX];

/* The next row of text as "a|b|c", or what is wrong. */
static const char *next(struct csv_reader *reader)
{
	static char out[CSV_FIELDS_MAX * (CSV_FIELD_MAX + 2)];
	int r = csv_next(reader, &row, err);

	if (r < 0)
		return err;
	*out = '\0';
	for (size_t i = 0; r && i < row.count; i++) {
		strcat(out, i ? "|" : "");
		strcat(out, row.fields[i]);
	}
	return r ? out : "END";
}

static void expect_rows(const char *text, size_t size, const char *const *rows)
{
	struct csv_reader reader;

	csv_open(&reader, text, size);
	for (; *rows; rows++)
		assert_string_equal(next(&reader), *rows);
	assert_string_equal(next(&reader), "END");
}
#define EXPECT(text, ...) \
	expect_rows(text, sizeof(text) - 1, (const char *const[]){__VA_ARGS__, NULL})

static void rows_are_read(void **state)
{
	(void)state;
	EXPECT("a,b,c\n1,2,3\n", "a|b|c", "1|2|3");
	EXPECT("a,b\r\n1,2\r\n", "a|b", "1|2");
	EXPECT("a,b\n1,2", "a|b", "1|2"); /* no end of the last line */
	EXPECT("\xEF\xBB\xBF"
	       "a,b\n1,2\n",
		"a|b", "1|2");
	EXPECT("\n\r\na,b\n\n\n1,2\n\n", "a|b", "1|2");
	EXPECT("a,b\n,\n", "a|b", "|");
	EXPECT("a\n \n", "a", " "); /* spaces are part of a field */
	EXPECT("\"a\",\"b\"\n\"1,2\",\"say \"\"hi\"\"\"\n", "a|b", "1,2|say \"hi\"");
	EXPECT("a\n\"two\r\nlines\"\n", "a", "two\r\nlines");
	EXPECT("a\n\"\"\n", "a", "");
	EXPECT("n\xC3\xA4me\nZo\xC3\xAB\n", "n\xC3\xA4me", "Zo\xC3\xAB");
}

static void lines_are_counted(void **state)
{
	static const char text[] = "a,b\n\n\"x\ny\",2\n3,4\n";
	struct csv_reader reader;

	(void)state;
	csv_open(&reader, text, sizeof(text) - 1);
	next(&reader);
	assert_int_equal(reader.line, 1);
	next(&reader);
	assert_int_equal(reader.line, 3);
	next(&reader);
	assert_int_equal(reader.line, 5);
}

static void refuse(const char *text, size_t size, const char *says)
{
	struct csv_reader reader;
	const char *said;

	csv_open(&reader, text, size);
	do
		said = next(&reader);
	while (said != err && strcmp(said, "END") != 0);
	if (said != err || !strstr(err, says))
		fail_msg("%.40s: \"%s\" where \"%s\" was expected", text, said, says);
}
#define REFUSE(text, says) refuse(text, sizeof(text) - 1, says)

static void what_is_no_table_is_refused(void **state)
{
	char big[3000];

	(void)state;
	REFUSE("a\n\"b\n", "line 3: a quote is opened and never closed");
	REFUSE("a,b\n1,x\"y\n", "line 2: a quote in the middle");
	REFUSE("a\n\"b\"c\n", "line 2: text after a closing quote");
	REFUSE("a,b\n1\n", "line 2: 1 fields where the first line has 2");
	REFUSE("a\n1,2\n", "line 2: 2 fields where the first line has 1");
	REFUSE("a\n\xFF\n", "line 2: bytes that are not UTF-8");
	REFUSE("a\n\xC3", "not UTF-8");
	REFUSE("a\n\xED\xA0\x80\n", "not UTF-8");
	REFUSE("a\nx\0y\n", "a control character");
	REFUSE("a\nx\ry\n", "a control character");
	REFUSE("a\n\"x\ry\"\n", "a control character");
	REFUSE("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\n",
		"more than 32 fields");
	memset(big, 'x', sizeof(big));
	refuse(big, CSV_FIELD_MAX + 1, "a field of more than 1024 bytes");
	memset(big, '\n', sizeof(big));
	big[0] = '"';
	refuse(big, sizeof(big), "a field of more than 1024 bytes");
}

static void bounds_are_inclusive(void **state)
{
	char big[CSV_FIELD_MAX + 3];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[0] = big[CSV_FIELD_MAX + 1] = '"';
	big[CSV_FIELD_MAX + 2] = '\n';
	struct csv_reader reader;

	csv_open(&reader, big, sizeof(big));
	assert_int_equal(csv_next(&reader, &row, err), 1);
	assert_int_equal(strlen(row.fields[0]), CSV_FIELD_MAX);
	csv_open(&reader, "", 0);
	assert_int_equal(csv_next(&reader, &row, err), 0);
}

static void expect_field(const char *text, const char *written)
{
	char out[200];

	assert_int_equal(csv_field(text, out, sizeof(out)), strlen(written));
	assert_string_equal(out, written);
}

static void fields_are_safe_in_a_spreadsheet(void **state)
{
	char small[8];

	(void)state;
	expect_field("plain", "plain");
	expect_field("", "");
	expect_field("a,b", "\"a,b\"");
	expect_field("say \"hi\"", "\"say \"\"hi\"\"\"");
	expect_field("two\nlines", "\"two\nlines\"");
	expect_field("=1+1", "\"'=1+1\"");
	expect_field("+44 121", "\"'+44 121\"");
	expect_field("-1", "\"'-1\"");
	expect_field("@SUM(A1)", "\"'@SUM(A1)\"");
	expect_field("\t=1", "\"'\t=1\"");
	expect_field("\r=1", "\"'\r=1\"");
	expect_field("a=1", "a=1");
	assert_int_equal(csv_field("abc", small, sizeof(small)), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read),
		cmocka_unit_test(lines_are_counted),
		cmocka_unit_test(what_is_no_table_is_refused),
		cmocka_unit_test(bounds_are_inclusive),
		cmocka_unit_test(fields_are_safe_in_a_spreadsheet),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
