/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no broker; tests/system/test_mqtt.sh has the rest. Port 1 of the loopback is closed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "wire/mqtt.h"

#include <dirent.h>
#include <poll.h>

static const struct mqtt_config closed = {
	.host = "127.0.0.1", .port = 1, .client_id = "test", .keepalive_s = 30};

static void refused(struct mqtt_config config, const char *words)
{
	struct mqtt *mqtt = NULL;
	char err[ERR_MAX] = "";

	assert_true(mqtt_open(&config, &mqtt, err) < 0);
	assert_null(mqtt);
	if (!strstr(err, words))
		fail_msg("expected \"%s\" in: %s", words, err);
}

static void wrong_settings_are_refused_by_name(void **state)
{
	struct mqtt_config c;

	(void)state;
	c = closed, c.host = "", refused(c, "host");
	c = closed, c.host = NULL, refused(c, "host");
	c = closed, c.port = 0, refused(c, "port");
	c = closed, c.client_id = NULL, refused(c, "client id");
	c = closed, c.keepalive_s = 4, refused(c, "keepalive");
	c = closed, c.password_file = "/dev/null", refused(c, "username");
	c = closed, c.cert_file = "/dev/null", refused(c, "key_file together");
	c = closed, c.key_file = "/dev/null", refused(c, "key_file together");
	c = closed, c.ca_file = "/nonexistent/ca", refused(c, "/nonexistent/ca");
	c = closed, c.username = "u", c.password_file = "/nonexistent/pw";
	refused(c, "/nonexistent/pw");
}

static void nothing_is_queued_without_a_connection(void **state)
{
	struct mqtt *mqtt;
	char err[ERR_MAX];
	int id = 77;

	(void)state;
	assert_int_equal(mqtt_open(&closed, &mqtt, err), 0);
	assert_false(mqtt_connected(mqtt));
	assert_int_equal(mqtt_publish(mqtt, "t", "x", 1, 1, false, &id), -ENOTCONN);
	assert_int_equal(mqtt_subscribe(mqtt, "t", 1), -ENOTCONN);
	assert_int_equal(id, 77);
	assert_null(mqtt_close(mqtt, "t", "last", 1000));
}

static void a_failed_try_is_said_once_through_the_descriptor(void **state)
{
	struct mqtt *mqtt;
	struct mqtt_event event;
	char err[ERR_MAX];
	struct pollfd fd = {.events = POLLIN};

	(void)state;
	assert_int_equal(mqtt_open(&closed, &mqtt, err), 0);
	fd.fd = mqtt_fd(mqtt);
	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_int_equal(mqtt_next(mqtt, &event), 1);
	assert_int_equal(event.kind, MQTT_EVENT_DISCONNECTED);
	assert_non_null(strstr(event.message, "127.0.0.1:1: Connection refused"));
	mqtt_event_done(&event);
	assert_int_equal(mqtt_next(mqtt, &event), 0);
	/* the second try, about a second later, has the same text and is not said again */
	assert_int_equal(poll(&fd, 1, 2000), 0);
	mqtt_close(mqtt, NULL, NULL, 1000);
}

static unsigned open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void opening_and_closing_leaves_nothing_and_waits_for_nobody(void **state)
{
	uint64_t since_ms = clock_mono_ms();
	unsigned files = open_files();

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct mqtt *mqtt;
		char err[ERR_MAX];

		assert_int_equal(mqtt_open(&closed, &mqtt, err), 0);
		mqtt_close(mqtt, "t", "last", 5000);
	}
	assert_int_equal(open_files(), files);
	assert_true(clock_mono_ms() - since_ms < 20000);
	assert_null(mqtt_close(NULL, NULL, NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_settings_are_refused_by_name),
		cmocka_unit_test(nothing_is_queued_without_a_connection),
		cmocka_unit_test(a_failed_try_is_said_once_through_the_descriptor),
		cmocka_unit_test(opening_and_closing_leaves_nothing_and_waits_for_nobody),
	};

	return crypto_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
