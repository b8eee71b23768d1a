/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/conf.h"
#include <stdbool.h>
#include <string.h>

struct target {
	char name[8];
	uint32_t release_ms;
	bool loud;
};

static const struct conf_key keys[] = {
	{"door", "name", conf_parse_text, offsetof(struct target, name),
		"a name of 1 to 7 characters", 0, 8},
	{"door", "release_ms", conf_parse_u32, offsetof(struct target, release_ms),
		"a whole number from 1000 to 60000", 1000, 60000},
	{"sound", "loud", conf_parse_bool, offsetof(struct target, loud), "yes or no", 0, 0},
};

static char err[ERR_MAX];

static int read_text(const char *text, struct target *target)
{
	char path[] = "/tmp/tapin-conf-XXXXXX";
	int fd = mkstemp(path);
	int r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	err[0] = '\0';
	r = conf_read(path, keys, ARRAY_SIZE(keys), target, err);
	unlink(path);
	return r;
}

static void good_values_fill_the_target(void **state)
{
	struct target t = {0};

	(void)state;
	assert_int_equal(
		read_text(
			"# a comment\n[door]\nname = front\nrelease_ms=5000\n[sound]\nloud = yes\n",
			&t),
		0);
	assert_string_equal(t.name, "front");
	assert_int_equal(t.release_ms, 5000);
	assert_true(t.loud);
}

struct mistake {
	const char *text;
	const char *says;
};

static void each_mistake_names_line_and_remedy(void **state)
{
	static const struct mistake mistakes[] = {
		{"[door]\nrelease = 5\n",
			":2: [door] release is not a setting: did you mean release_ms?"},
		{"[door]\nnmae = x\n", ":2: [door] nmae is not a setting"},
		{"[dor]\nname = x\n", ":2: [dor] is not a section"},
		{"name = x\n", ":1: name stands before any [section]"},
		{"[door]\n\nrelease_ms = 0\n",
			":3: [door] release_ms = 0: expected a whole number from 1000 to 60000"},
		{"[door]\nrelease_ms = 5s\n", ":2: [door] release_ms = 5s: expected"},
		{"[door]\nrelease_ms = -5\n", ":2: [door] release_ms = -5: expected"},
		{"[door]\nrelease_ms = 99999999999999999999\n", ": expected a whole number"},
		{"[door]\nname = toolongname\n", "expected a name of 1 to 7"},
		{"[door]\nname =\n", "expected a name of 1 to 7"},
		{"[door]\nname = a\nname = b\n", ":3: [door] name is set twice"},
		{"[sound]\nloud = maybe\n", "expected yes or no"},
		{"[door\nname = a\n", ":1: expected [section]"},
		{"[door]\nname front\n", ":2: expected [section]"},
	};
	struct target t = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		assert_int_equal(read_text(mistakes[i].text, &t), -EINVAL);
		if (!strstr(err, mistakes[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err, mistakes[i].says);
	}
}

static void an_endless_line_is_refused(void **state)
{
	char text[1024] = "[door]\nname = ";
	struct target t = {0};

	(void)state;
	memset(text + strlen(text), 'x', 900);
	assert_int_equal(read_text(text, &t), -EINVAL);
	assert_non_null(strstr(err, ":2: the line is longer"));
}

static void a_missing_file_is_named(void **state)
{
	struct target t = {0};

	(void)state;
	assert_int_equal(conf_read("/nonexistent/door.conf", keys, 3, &t, err), -ENOENT);
	assert_non_null(strstr(err, "/nonexistent/door.conf: cannot be read: No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_values_fill_the_target),
		cmocka_unit_test(each_mistake_names_line_and_remedy),
		cmocka_unit_test(an_endless_line_is_refused),
		cmocka_unit_test(a_missing_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
