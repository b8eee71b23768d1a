/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/file.h"
#include "hub/conf.h"
#include <limits.h>
#include <string.h>

#define WHOLE "[site]\nid = walker\n"

static char dir[] = "/tmp/tapin-hub-XXXXXX";
static char err[ERR_MAX];

static int load(const char *text, struct hub_conf *conf)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/hub.conf", dir);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
	err[0] = '\0';
	return hub_conf_load(path, conf, err);
}

static void a_site_alone_is_enough(void **state)
{
	struct hub_conf conf;
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(load(WHOLE, &conf), 0);
	assert_string_equal(conf.site, "walker");
	assert_string_equal(conf.socket, HUB_SOCKET_DEFAULT);
	assert_string_equal(conf.address, "");
	assert_string_equal(conf.web, "/usr/share/tapin/web");
	assert_string_equal(conf.demo, "");
	assert_string_equal(conf.mqtt_host, "127.0.0.1");
	assert_int_equal(conf.mqtt_port, 1883);
	assert_int_equal(conf.mqtt_accounts, HUB_ACCOUNTS_DYNSEC);
	hub_registry_path(&conf, path, sizeof(path));
	assert_string_equal(path, "/var/lib/tapin-hub/hub.db");
}

static void doors_find_the_broker_where_the_hub_does(void **state)
{
	struct hub_conf conf;

	(void)state;
	assert_int_equal(load(WHOLE "[mqtt]\nhost = b.example\nport = 8883\n", &conf), 0);
	assert_string_equal(conf.mqtt_door_host, "b.example");
	assert_int_equal(conf.mqtt_door_port, 8883);
	assert_int_equal(load(WHOLE "[mqtt]\ndoor_host = out.example\ndoor_port = 443\n"
				    "accounts = manual\n",
				 &conf),
		0);
	assert_string_equal(conf.mqtt_door_host, "out.example");
	assert_int_equal(conf.mqtt_door_port, 443);
	assert_int_equal(conf.mqtt_accounts, HUB_ACCOUNTS_MANUAL);
}

static void loopback_is_heard(void **state)
{
	static const char *const good[] = {"127.0.0.1", "127.1.2.3", "::1"};
	struct hub_conf conf;
	char text[200];

	(void)state;
	assert_int_equal(load(WHOLE "[hub]\ndemo = http://[::1]:8471/\n", &conf), 0);
	assert_string_equal(conf.demo, "http://[::1]:8471/");
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		snprintf(text, sizeof(text), WHOLE "[hub]\naddress = %s\n", good[i]);
		assert_int_equal(load(text, &conf), 0);
		assert_string_equal(conf.address, good[i]);
	}
}

static void https_is_heard_anywhere(void **state)
{
	static const struct {
		const char *text, *address;
		uint16_t port;
	} good[] = {{"0.0.0.0:8443", "0.0.0.0", 8443}, {"[::]:443", "::", 443},
		{"192.0.2.7:1", "192.0.2.7", 1}, {"[2001:db8::7]:65535", "2001:db8::7", 65535}};
	static const char *const bad[] = {"0.0.0.0", "8443", ":8443", "0.0.0.0:", "0.0.0.0:0",
		"0.0.0.0:65536", "0.0.0.0:84x", "::8443", ":::8443", "[::]", "[::]8443", "[]:1",
		"[:1", "[0.0.0.0]:1", "hub.example:8443", "[::%eth0]:1", "0.0.0.0:8443, [::]:8443",
		"0000000000000000000000000000000000000000000000000000000000000000000000000.0:1"};
	struct hub_conf conf;
	char text[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		snprintf(text, sizeof(text), WHOLE "[hub]\nlisten = %s\n", good[i].text);
		assert_int_equal(load(text, &conf), 0);
		assert_string_equal(conf.listen.address, good[i].address);
		assert_int_equal(conf.listen.port, good[i].port);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text), WHOLE "[hub]\nlisten = %s\n", bad[i]);
		if (load(text, &conf) != -EINVAL)
			fail_msg("%s is taken", bad[i]);
		assert_non_null(strstr(err, "expected ADDRESS:PORT, like 0.0.0.0:8443"));
	}
	assert_int_equal(load(WHOLE, &conf), 0);
	assert_string_equal(conf.listen.address, "");
	assert_int_equal(load(WHOLE "[hub]\ncert_file = /c\nkey_file = /k\n", &conf), 0);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{"[hub]\nport = 80\n", "[site] id is missing"},
		{"[site]\nid = Walker Building\n", ":2: [site] id = Walker Building: expected 1"},
		{WHOLE "timezone = Mars/Base\n", "timezone = Mars/Base: not in"},
		{WHOLE "timezone = ../../etc/passwd\n", "not in /usr/share/zoneinfo"},
		{WHOLE "[hub]\naddress = 0.0.0.0\n", "plain HTTP is for this machine only"},
		{WHOLE "[hub]\naddress = ::\n", "plain HTTP is for this machine only"},
		{WHOLE "[hub]\naddress = 192.168.1.4\n", "plain HTTP is for this machine only"},
		{WHOLE "[hub]\naddress = localhost\n", "write 127.0.0.1 or ::1"},
		{WHOLE "[hub]\naddress = ::\n", "set listen = [::]:8443, which is HTTPS"},
		{WHOLE "[hub]\naddress = 192.168.1.4\n", "set listen = 192.168.1.4:8443, which is"},
		{WHOLE "[hub]\ncert_file = /c\n", "[hub] cert_file and key_file go together"},
		{WHOLE "[hub]\nkey_file = /k\n", "[hub] cert_file and key_file go together"},
		{WHOLE "[hub]\nport = 0\n", "expected a whole number from 1 to 65535"},
		{WHOLE "[hub]\ndemo = http://127.0.0.1:81/x\n", "expected http://127.0.0.1:PORT/"},
		{WHOLE "[hub]\ndemo = http://127.0.0.1:/\n", "expected http://127.0.0.1:PORT/"},
		{WHOLE "[hub]\ndemo = https://evil.example/\n", "expected http://127.0.0.1:PORT/"},
		{WHOLE "[hub]\ndemo = javascript:alert(1)\n", "expected http://127.0.0.1:PORT/"},
		{WHOLE "[mqtt]\naccounts = magic\n", "expected dynsec or manual"},
		{WHOLE "[mqtt]\nkey_file = /k\n", "cert_file, key_file and ca_file go together"},
		{WHOLE "[mqtt]\ncert_file = /c\nkey_file = /k\n", "go together"},
		{WHOLE "[hub]\nsocket = /run/0123456789012345678901234567890123456789012345678901"
		       "2345678901234567890123456789012345678901234567890123456789\n",
			"a socket's path has at most 107 bytes"},
		{WHOLE "[hub]\nsockt = /run/x\n", "socket"},
	};
	struct hub_conf conf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(load(cases[i][0], &conf), -EINVAL);
		if (!strstr(err, cases[i][1]))
			fail_msg("\"%s\" does not say \"%s\"", err, cases[i][1]);
	}
}

static void the_example_is_good(void **state)
{
	struct hub_conf conf;

	(void)state;
	err[0] = '\0';
	assert_int_equal(hub_conf_load("deploy/tapin-hub.conf.example", &conf, err), 0);
	assert_string_equal(conf.site, "walker");
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
	snprintf(path, sizeof(path), "%s/hub.conf", dir);
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_site_alone_is_enough),
		cmocka_unit_test(doors_find_the_broker_where_the_hub_does),
		cmocka_unit_test(loopback_is_heard),
		cmocka_unit_test(https_is_heard_anywhere),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(the_example_is_good),
	};

	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
