/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "reader/connstring.h"
#include "reader/lock.h"

static void names_that_libnfc_understands_pass(void **state)
{
	static const struct {
		const char *text, *device;
	} good[] = {
		{"pn532_uart:/dev/tapin-reader", "/dev/tapin-reader"},
		{"pn532_uart:/dev/ttyUSB0:115200", "/dev/ttyUSB0"},
		{"pn532_uart:/dev/serial/by-id/usb-1a86_USB-if00-port0",
			"/dev/serial/by-id/usb-1a86_USB-if00-port0"},
		{"pn532_i2c:/dev/i2c-1", "/dev/i2c-1"},
		{"pn532_spi:/dev/spidev0.0", "/dev/spidev0.0"},
		{"pn532_spi:/dev/spidev0.0:1000000", "/dev/spidev0.0"},
		{"pn532_spi:/dev/tapin-reader:5000000", "/dev/tapin-reader"},
		{"pn532_i2c:/dev/tapin-reader", "/dev/tapin-reader"},
		{"pn532_uart:/dev/ttyAMA0", "/dev/ttyAMA0"},
		{"acr122s:/dev/ttyUSB0:9600", "/dev/ttyUSB0"},
		{"arygon:/dev/ttyUSB0:9600", "/dev/ttyUSB0"},
		{"acr122_usb", ""},
		{"acr122_usb:001:004", ""},
		{"pn53x_usb", ""},
		{"usb", ""},
	};
	struct connstring parsed;
	char err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(connstring_parse(good[i].text, &parsed, err), 0);
		assert_string_equal(parsed.text, good[i].text);
		assert_string_equal(parsed.device, good[i].device);
	}
}

static void others_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "1 to 200 bytes"},
		{"/dev/ttyUSB0", "unknown driver"},
		{"pn532", "unknown driver"},
		{"pn532_uartx:/dev/ttyS0", "unknown driver"},
		{"/dev/i2c-1", "goes before the path"},
		{"pcsc:0", "without PC/SC"},
		{"acr122_pcsc:ACS ACR122U", "without blanks"},
		{"acr122_pcsc", "take acr122_usb"},
		{"pn532_uart", "full path"},
		{"pn532_uart:", "full path"},
		{"pn532_uart:ttyUSB0", "full path"},
		{"pn532_uart::/dev/ttyS0", "udev rule"},
		{"pn532_uart:/dev/ttyS0:", "udev rule"},
		{"pn532_uart:/dev/ttyS0:57601", "line speed"},
		{"pn532_uart:/dev/ttyS0:115200:8n1", "udev rule"},
		{"pn532_i2c:/dev/i2c-1:400000", "i2c_arm_baudrate"},
		{"pn532_i2c:/dev/i2c-1:fast", "udev rule"},
		{"pn532_i2c:/dev/ttyS0", "a PN532 there is pn532_uart:/dev/ttyS0"},
		{"pn532_uart:/dev/i2c-1", "a PN532 there is pn532_i2c:/dev/i2c-1"},
		{"pn532_uart:/dev/spidev0.0", "a PN532 there is pn532_spi:/dev/spidev0.0"},
		{"pn532_spi:/dev/serial0", "a PN532 there is pn532_uart:/dev/serial0"},
		{"pn532_spi:/dev/spidev0.0:0", "1 to 5000000 Hz"},
		{"pn532_spi:/dev/spidev0.0:5000001", "1 to 5000000 Hz"},
		{"pn532_uart:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0", "udev rule"},
		{"pn532_uart:/dev/tty S0", "without blanks"},
		{"pn532_uart:/dev/tty\nS0", "without blanks"},
		{"acr122_usb:1", "USB reader"},
		{"acr122_usb:/dev/x", "USB reader"},
		{"usb:1:2:3", "USB reader"},
	};
	struct connstring parsed = {.text = "before"};
	char err[ERR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err[0] = '\0';
		assert_int_equal(connstring_parse(bad[i].text, &parsed, err), -EINVAL);
		assert_non_null(strstr(err, bad[i].why));
		assert_non_null(strstr(err, bad[i].text));
		assert_string_equal(parsed.text, "before");
	}
}

static void name_that_is_too_long_is_refused(void **state)
{
	char text[4000], err[ERR_MAX];
	struct connstring parsed;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "pn532_uart:/dev/", 16);
	text[CONNSTRING_MAX] = '\0';
	assert_int_equal(connstring_parse(text, &parsed, err), 0);
	text[CONNSTRING_MAX] = 'a';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(connstring_parse(text, &parsed, err), -EINVAL);
}

static int setup(void **state)
{
	char *dir = strdup("/tmp/tapin-lock.XXXXXX");

	assert_non_null(mkdtemp(dir));
	*state = dir;
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	assert_int_equal(system(command), 0);
	free(*state);
	return 0;
}

/* A process that takes the lock, says so and waits to be killed. */
static pid_t holder(const char *dir, const char *name)
{
	int told[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		char err[ERR_MAX];

		if (reader_lock_take(dir, name, err) >= 0 && write(told[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	close(told[0]);
	return pid;
}

static void lock_names_the_process_that_holds_it(void **state)
{
	char err[ERR_MAX], expected[32];
	pid_t pid = holder(*state, "pn532_uart:/dev/ttyS0");

	assert_int_equal(reader_lock_take(*state, "pn532_uart:/dev/ttyS0", err), -EBUSY);
	snprintf(expected, sizeof(expected), "process %d ", (int)pid);
	assert_non_null(strstr(err, expected));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void killed_owner_leaves_no_lock(void **state)
{
	pid_t pid = holder(*state, "a");
	char err[ERR_MAX];
	int fd;

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fd = reader_lock_take(*state, "a", err);
	assert_true(fd >= 0);
	close(fd);
}

static void names_do_not_collide_or_leave_the_directory(void **state)
{
	static const char *const names[] = {
		"a/b", "a:b", "a%2Fb", "ab", "../../../tmp/a", ".", "..", "A/b"};
	int fds[ARRAY_SIZE(names)];
	char err[ERR_MAX], path[128];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		fds[i] = reader_lock_take(*state, names[i], err);
		assert_true(fds[i] >= 0);
	}
	snprintf(path, sizeof(path), "%s/reader-%%2E%%2E%%2F%%2E%%2E%%2F%%2E%%2E%%2Ftmp%%2Fa.lock",
		(char *)*state);
	assert_int_equal(access(path, F_OK), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		close(fds[i]);
}

static void unusable_directory_is_said(void **state)
{
	char err[ERR_MAX], name[300];

	assert_int_equal(reader_lock_take("/nowhere", "a", err), -ENOENT);
	assert_non_null(strstr(err, "--lock-dir"));
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(reader_lock_take(*state, name, err), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_libnfc_understands_pass),
		cmocka_unit_test(others_are_refused_with_the_reason),
		cmocka_unit_test(name_that_is_too_long_is_refused),
		cmocka_unit_test_setup_teardown(
			lock_names_the_process_that_holds_it, setup, teardown),
		cmocka_unit_test_setup_teardown(killed_owner_leaves_no_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(
			names_do_not_collide_or_leave_the_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(unusable_directory_is_said, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
