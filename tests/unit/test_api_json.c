/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/civil.h"
#include "wire/api_json.h"
#include "wire/utf8.h"

static void everything_is_written(void **state)
{
	const struct revision revision = {3, 42};
	const uint8_t bytes[] = {0x00, 0xA5};
	struct api_writer out = {0};

	(void)state;
	api_object(&out, NULL);
	api_text(&out, "a", "x");
	api_text_or_null(&out, "b", "");
	api_number(&out, "c", UINT64_MAX);
	api_number_or_null(&out, "d", 0);
	api_bool(&out, "e", true);
	api_null(&out, "f");
	api_time(&out, "g", 0);
	api_time(&out, "h", 1795334400000001);
	api_date(&out, "i", DATE_NONE);
	api_date(&out, "j", 0);
	api_hex(&out, "k", bytes, sizeof(bytes));
	api_revision(&out, "l", &revision);
	api_list(&out, "m");
	api_object(&out, NULL);
	api_end(&out);
	api_text(&out, NULL, "y");
	api_end(&out);
	api_raw(&out, "n", "{\"z\": 1}");
	api_raw(&out, "o", "{\"z\": ");
	api_raw(&out, "p", NULL);
	api_end(&out);
	assert_false(out.failed);
	assert_string_equal(out.text,
		"{\"a\":\"x\",\"b\":null,\"c\":18446744073709551615,\"d\":null,\"e\":true,"
		"\"f\":null,\"g\":null,\"h\":\"2026-11-22T08:00:00.000001Z\",\"i\":null,\"j\":"
		"\"1970-01-01\",\"k\":\"00a5\",\"l\":{\"generation\":3,\"number\":42},\"m\":[{},"
		"\"y\"],\"n\":{\"z\":1},\"o\":null,\"p\":null}");
	api_writer_free(&out);
}

static void text_is_always_json(void **state)
{
	struct api_writer out = {0};

	(void)state;
	api_text(&out, NULL, "a\"b\\c\n\x01\x7F\xC3\xAB\xFF\xED\xA0\x80\xC0\xAF/");
	assert_string_equal(out.text,
		"\"a\\\"b\\\\c\\u000a\\u0001\\u007f\xC3\xAB\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
		"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD/\"");
	api_writer_free(&out);
}

static void what_cannot_be_written_fails(void **state)
{
	struct api_writer out = {0};

	(void)state;
	for (int i = 0; i < API_DEPTH_MAX; i++)
		api_list(&out, NULL);
	assert_false(out.failed);
	api_list(&out, NULL);
	assert_true(out.failed);
	api_writer_free(&out);
	api_end(&out);
	assert_true(out.failed);
	api_writer_free(&out);
}

static void times_are_strict(void **state)
{
	static const char *const bad[] = {"", "2026-11-22", "2026-11-22T08:00:00",
		"2026-11-22T08:00Z", "2026-11-22t08:00:00z", "2026-11-22 08:00:00Z",
		"2026-11-22T24:00:00Z", "2026-11-22T08:60:00Z", "2026-11-22T08:00:60Z",
		"2026-02-30T08:00:00Z", "2026-11-22T08:00:00+00:00", "2026-11-22T08:00:00.Z",
		"2026-11-22T08:00:00.1234567Z", "2026-11-22T08:00:00Zx", "2026-11-22T 8:00:00Z",
		"-026-11-22T08:00:00Z"};
	char text[32];
	int64_t us;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (api_time_parse(bad[i], &us) == 0)
			fail_msg("%s is taken", bad[i]);
	assert_int_equal(api_time_parse("2026-11-22T08:00:00.5Z", &us), 0);
	assert_int_equal(us, 1795334400500000);
	api_time_format(us, text);
	assert_string_equal(text, "2026-11-22T08:00:00.500000Z");
	api_time_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
	api_time_format(INT64_MAX, text); /* no year that anybody can read */
	assert_string_equal(text, "1970-01-01T00:00:00Z");
}

static void numbers_are_strict(void **state)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "01", "1.0", "0x1", "1e3",
		"10000000000000000", "99999999999999999999999999"};
	uint64_t number = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(api_number_parse(bad[i], API_NUMBER_MAX, &number), -EINVAL);
	assert_int_equal(number, 7);
	assert_int_equal(api_number_parse("0", 5, &number), 0);
	assert_int_equal(api_number_parse("6", 5, &number), -EINVAL);
	assert_int_equal(api_number_parse("9007199254740991", API_NUMBER_MAX, &number), 0);
	assert_true(number == API_NUMBER_MAX);
}

static void every_wrong_field_is_named(void **state)
{
	static const char text[] = "{\"name\":\"A b\",\"age\":-1,\"day\":\"2026-02-30\",\"odd\":1,"
				   "\"on\":1,\"kind\":\"x\",\"no\":null}";
	static const char *const words[] = {"closure", "opening"};
	struct api_errors errors = {0};
	struct api_body body;
	char name[NAME_ID_MAX] = "kept", no[5] = "kept", missing[5];
	uint64_t age = 7;
	int32_t day = 7;
	bool on = false;
	int kind = 7;
	char *list;

	(void)state;
	assert_int_equal(api_body_open(text, sizeof(text) - 1, &errors, &body), 0);
	assert_false(api_get_name(&body, "name", API_REQUIRED, name));
	assert_false(api_get_number(&body, "age", API_OPTIONAL, 0, 9, &age));
	assert_false(api_get_date(&body, "day", API_NULLABLE, &day));
	assert_false(api_get_bool(&body, "on", API_OPTIONAL, &on));
	assert_false(api_get_word(&body, "kind", API_OPTIONAL, words, 2, &kind));
	assert_true(api_get_text(&body, "no", API_NULLABLE, 1, 4, no));
	assert_string_equal(no, "");
	assert_false(api_get_text(&body, "gone", API_REQUIRED, 1, 4, missing));
	assert_false(api_body_done(&body));
	assert_string_equal(name, "kept");
	assert_int_equal(age + (uint64_t)day + (uint64_t)kind, 21);
	list = api_errors_text(&errors);
	assert_string_equal(list,
		"[{\"field\":\"name\",\"detail\":\"expected 1 to 32 of a-z, 0-9 and -\"},"
		"{\"field\":\"age\",\"detail\":\"expected a whole number from 0 to 9\"},"
		"{\"field\":\"day\",\"detail\":\"expected a date as 2026-12-24, or null\"},"
		"{\"field\":\"on\",\"detail\":\"expected true or false\"},"
		"{\"field\":\"kind\",\"detail\":\"expected one of closure, opening\"},"
		"{\"field\":\"gone\",\"detail\":\"missing\"},"
		"{\"field\":\"odd\",\"detail\":\"unknown field\"}]");
	free(list);
	api_body_free(&body);
}

static void errors_are_bounded(void **state)
{
	static char text[4000] = "{", field[20];
	struct api_errors errors = {0};
	struct api_body body;

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(field, sizeof(field), "%s\"f%d\":0", i ? "," : "", i);
		strcat(text, field);
	}
	strcat(text, "}");
	assert_int_equal(api_body_open(text, strlen(text), &errors, &body), 0);
	assert_false(api_body_done(&body));
	assert_int_equal(errors.count, API_ERRORS_MAX);
	api_body_free(&body);
	errors.count = 0;
	/* a foreign name is cut between characters */
	for (int i = 0; i < 40; i++)
		strcpy(text + 2 * i, "\xC3\xAB");
	api_errors_add(&errors, text, "x");
	assert_true(utf8_valid(errors.rows[0].field, strlen(errors.rows[0].field)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_written),
		cmocka_unit_test(text_is_always_json),
		cmocka_unit_test(what_cannot_be_written_fails),
		cmocka_unit_test(times_are_strict),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(every_wrong_field_is_named),
		cmocka_unit_test(errors_are_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
