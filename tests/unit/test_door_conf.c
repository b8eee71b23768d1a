/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/file.h"
#include "door/conf.h"
#include "door/wiring.h"
#include <string.h>

#define WHOLE "[site]\nid = walker\n[door]\nid = front\n"

static char dir[] = "/tmp/tapin-door-XXXXXX";
static char err[ERR_MAX];

static int load(const char *text, struct door_conf *conf)
{
	char path[PATH_MAX];

	door_conf_path(dir, "door.conf", path);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
	err[0] = '\0';
	return door_conf_load(path, conf, err);
}

static void defaults_make_a_safe_door(void **state)
{
	struct door_conf conf;

	(void)state;
	assert_int_equal(load(WHOLE, &conf), 0);
	assert_int_equal(conf.release_ms, 5000);
	assert_int_equal(conf.exit_ms, 5000);
	assert_int_equal(conf.lock, DOOR_LOCK_FAIL_SECURE);
	assert_false(conf.lines[DOOR_LINE_STRIKE].initial);
}

static void a_fail_safe_strike_rests_energised(void **state)
{
	struct door_conf conf;

	(void)state;
	assert_int_equal(
		load(WHOLE "lock = fail_safe\n[wiring]\nstrike = GPIO17 active-low\n", &conf), 0);
	assert_true(conf.lines[DOOR_LINE_STRIKE].initial);
	assert_true(conf.lines[DOOR_LINE_STRIKE].active_low);
	assert_int_equal(load(WHOLE "strike_pulse_ms = 500\n", &conf), 0);
	assert_int_equal(conf.strike_pulse_ms, 500);
	assert_int_equal(load(WHOLE "strike_max_s = 31\n", &conf), 0);
	assert_int_equal(door_conf_strike_max_s(&conf), 31);
	assert_int_equal(load(WHOLE "strike_max_s = 31\nlock = fail_safe\n", &conf), 0);
	assert_int_equal(door_conf_strike_max_s(&conf), 0);
}

static void roles_and_passback_have_names(void **state)
{
	struct door_conf conf;

	(void)state;
	assert_int_equal(load(WHOLE, &conf), 0);
	assert_true(conf.role == DOOR_ROLE_ENTRY && conf.passback == PASSBACK_NONE);
	assert_int_equal(conf.passback_s, 900);
	assert_int_equal(load(WHOLE "role = exit\n", &conf), 0);
	assert_string_equal(door_role_name(conf.role), "exit");
	assert_int_equal(load(WHOLE "role = checkin\n", &conf), 0);
	assert_int_equal(conf.role, DOOR_ROLE_CHECKIN);
	assert_int_equal(load(WHOLE "passback = timed\npassback_s = 60\n", &conf), 0);
	assert_string_equal(door_passback_name(conf.passback), "timed");
	assert_int_equal(conf.passback_s, 60);
	assert_string_equal(door_role_name((enum door_role)9), "?");
	assert_string_equal(door_passback_name((enum passback_mode)9), "?");
}

static void unlock_hours_are_compiled(void **state)
{
	struct door_conf conf;

	(void)state;
	assert_int_equal(load(WHOLE, &conf), 0);
	assert_int_equal(conf.unlock.rule_count, 0);
	assert_false(conf.unlock_waits);
	assert_int_equal(
		load(WHOLE "unlock_hours = Mo-Fr 09:00-17:00; PH off\nunlock_waits = yes\n", &conf),
		0);
	assert_int_equal(conf.unlock.rule_count, 2);
	assert_true(conf.unlock_waits);
}

static void line_flags_are_read(void **state)
{
	struct door_conf conf;

	(void)state;
	assert_int_equal(
		load(WHOLE "[wiring]\nexit = pinctrl-bcm2711:5 pull-up active-low\n", &conf), 0);
	assert_string_equal(conf.lines[DOOR_LINE_EXIT].line, "pinctrl-bcm2711:5");
	assert_int_equal(conf.lines[DOOR_LINE_EXIT].bias, GPIO_BIAS_PULL_UP);
	assert_int_equal(conf.lines[DOOR_LINE_EXIT].direction, GPIO_DIRECTION_INPUT);
	assert_true(conf.lines[DOOR_LINE_EXIT].active_low);
}

static void what_makes_no_sense_together_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{"[site]\nid = walker\n", "[door] id is missing"},
		{"[site]\nid = Walker Building\n",
			":2: [site] id = Walker Building: expected 1 to 32 of a-z"},
		{WHOLE "release_ms = 40000\n",
			"release_max_ms = 30000 is less than release_ms = 40000"},
		{WHOLE "[wiring]\nstrike = GPIO17\ngreen = GPIO17\n",
			"strike and green are both on GPIO17"},
		{WHOLE "[wiring]\nstrike = GPIO17 pull-up\n",
			":6: [wiring] strike = GPIO17 pull-up: expected a line"},
		{WHOLE "strike_pulse_ms = 99\n", "strike_pulse_ms = 99: expected 100 or more"},
		{WHOLE "strike_pulse_ms = 5000\n", "less than release_ms = 5000"},
		{WHOLE "strike_pulse_ms = 500\nlock = fail_safe\n", "and lock = fail_secure"},
		{WHOLE "strike_max_s = 30\n", "raise it above release_max_ms = 30000"},
		{WHOLE "strike_max_s = 86401\n", "a whole number from 0 to 86400"},
		{WHOLE "unlock_hours = Mo-Fr 9-sunset\n",
			"unlock_hours = Mo-Fr 9-sunset: at character "},
		{WHOLE "[mqtt]\ncert_file = /c\n", "cert_file, key_file and ca_file go together"},
		{"[site]\nid = walker\ntimezone = Mars/Base\n[door]\nid = front\n",
			"timezone = Mars/Base: not in"},
		{WHOLE "[clock]\ntrust = yes\n", "expected system or assume"},
		{WHOLE "role = leave\n", "expected entry, exit or checkin"},
		{WHOLE "role = checkin\n[wiring]\nstrike = GPIO17\n",
			"remove it, or write role = entry"},
		{WHOLE "role = exit\npassback = soft\n",
			"passback = soft needs a reader on the way in"},
		{WHOLE "passback = on\n", "expected none, soft, hard or timed"},
		{WHOLE "passback_s = 59\n", "a whole number from 60 to 86400"},
	};
	struct door_conf conf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(load(cases[i][0], &conf), -EINVAL);
		if (!strstr(err, cases[i][1]))
			fail_msg("\"%s\" does not say \"%s\"", err, cases[i][1]);
	}
}

static void saved_wiring_is_read_back(void **state)
{
	struct door_conf conf;
	struct wiring wiring;

	(void)state;
	assert_int_equal(load(WHOLE "lock = fail_safe\n[wiring]\nstrike = GPIO17 active-low\n"
				    "fire = GPIO26 pull-up active-low\n",
				 &conf),
		0);
	strcpy(conf.run_directory, dir);
	assert_int_equal(wiring_save(&conf, err), 0);
	assert_int_equal(wiring_load(dir, &wiring), 0);
	assert_string_equal(wiring.strike.line, "GPIO17");
	assert_true(wiring.strike.active_low);
	assert_true(wiring.strike.initial);
	assert_int_equal(wiring.strike.direction, GPIO_DIRECTION_OUTPUT);
	assert_string_equal(wiring.fire.line, "GPIO26");
	assert_true(wiring.fire.active_low);
	assert_int_equal(wiring.fire.bias, GPIO_BIAS_PULL_UP);
	assert_int_equal(wiring.fire.direction, GPIO_DIRECTION_INPUT);
	conf.lines[DOOR_LINE_FIRE].line[0] = '\0';
	assert_int_equal(wiring_save(&conf, err), 0);
	assert_int_equal(wiring_load(dir, &wiring), 0);
	assert_string_equal(wiring.fire.line, "");
}

static void damaged_wiring_is_refused(void **state)
{
	static const char *const bad[] = {"", "tapin-wiring-2", "tapin-wiring-1 GPIO17 0 0\n",
		"tapin-wiring-2 GPIO17 2 0 - 0 0\n", "tapin-wiring-2 GPIO17 0 0 - 0 0",
		"tapin-wiring-2 GPIO17 0 0 - 0 4\n", "tapin-wiring-2 GPIO17 0 0 - 2 0\n",
		"tapin-wiring-2 GPIO17 0 0 -\n", "tapin-wiring-3 GPIO17 0 0 - 0 0\n"};
	struct wiring wiring;
	char path[PATH_MAX];

	(void)state;
	door_conf_path(dir, "wiring", path);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(file_write_atomic(path, bad[i], strlen(bad[i]), 0600), 0);
		assert_int_equal(wiring_load(dir, &wiring), -EBADMSG);
	}
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	char path[PATH_MAX];

	(void)state;
	door_conf_path(dir, "wiring", path);
	unlink(path);
	door_conf_path(dir, "door.conf", path);
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_make_a_safe_door),
		cmocka_unit_test(a_fail_safe_strike_rests_energised),
		cmocka_unit_test(roles_and_passback_have_names),
		cmocka_unit_test(unlock_hours_are_compiled),
		cmocka_unit_test(line_flags_are_read),
		cmocka_unit_test(what_makes_no_sense_together_is_refused),
		cmocka_unit_test(saved_wiring_is_read_back),
		cmocka_unit_test(damaged_wiring_is_refused),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
