/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/conf.h"

#include "base/conf.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>
#include <sys/un.h>

static int parse_name_id(const struct conf_key *key, const char *value, void *field)
{
	(void)key;
	if (!name_id_valid(value))
		return -EINVAL;
	strcpy(field, value);
	return 0;
}

static int parse_accounts(const struct conf_key *key, const char *value, void *field)
{
	enum hub_accounts *accounts = field;

	(void)key;
	if (strcmp(value, "dynsec") == 0)
		*accounts = HUB_ACCOUNTS_DYNSEC;
	else if (strcmp(value, "manual") == 0)
		*accounts = HUB_ACCOUNTS_MANUAL;
	else
		return -EINVAL;
	return 0;
}

/* "0.0.0.0:8443", "[::]:8443". */
static int parse_listen(const struct conf_key *key, const char *value, void *field)
{
	const struct conf_key range = {.min = 1, .max = 65535};
	const char *colon = strrchr(value, ':');
	size_t size = colon ? (size_t)(colon - value) : 0;
	bool six = size > 2 && value[0] == '[' && value[size - 1] == ']';
	struct hub_listen listen = {0};
	struct in6_addr address;
	uint32_t port;

	(void)key;
	if (size >= sizeof(listen.address) ||
		conf_parse_u32(&range, colon ? colon + 1 : "", &port) < 0)
		return -EINVAL;
	memcpy(listen.address, value + six, size - 2 * six);
	listen.port = (uint16_t)port;
	if (inet_pton(six ? AF_INET6 : AF_INET, listen.address, &address) != 1)
		return -EINVAL;
	*(struct hub_listen *)field = listen;
	return 0;
}

/* A page of this machine alone: the address is handed to every browser that logs in. */
static int parse_demo(const struct conf_key *key, const char *value, void *field)
{
	static const char *const starts[] = {"http://127.0.0.1:", "http://[::1]:"};
	size_t room = sizeof(((struct hub_conf *)0)->demo);

	(void)key;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		size_t n = strlen(starts[i]), digits;

		if (strncmp(value, starts[i], n) != 0)
			continue;
		digits = strspn(value + n, "0123456789");
		if (digits < 1 || digits > 5 || strcmp(value + n + digits, "/") != 0)
			return -EINVAL;
		snprintf(field, room, "%s", value);
		return 0;
	}
	return -EINVAL;
}

#define FIELD(name) offsetof(struct hub_conf, name)
#define TEXT(section, key, field, what)                               \
	{                                                             \
		section, key, conf_parse_text, FIELD(field), what, 0, \
			sizeof(((struct hub_conf *)0)->field)         \
	}
#define NUMBER(section, key, field, low, high)                              \
	{                                                                   \
		section, key, conf_parse_u32, FIELD(field),                 \
			"a whole number from " #low " to " #high, low, high \
	}

static const struct conf_key keys[] = {
	{"site", "id", parse_name_id, FIELD(site), "1 to 32 of a-z, 0-9 and -", 0, 0},
	TEXT("site", "timezone", timezone, "a time zone like Europe/London"),
	TEXT("hub", "socket", socket, "a path"),
	TEXT("hub", "address", address, "an address of this machine's loopback, like 127.0.0.1"),
	NUMBER("hub", "port", port, 1, 65535),
	TEXT("hub", "web", web, "a directory"),
	{"hub", "listen", parse_listen, FIELD(listen),
		"ADDRESS:PORT, like 0.0.0.0:8443, [::]:8443 or 192.0.2.7:8443", 0, 0},
	TEXT("hub", "cert_file", cert_file, "a path"),
	TEXT("hub", "key_file", key_file, "a path"),
	NUMBER("hub", "requests_per_s", requests_per_s, 1, 100000),
	{"hub", "demo", parse_demo, FIELD(demo), "http://127.0.0.1:PORT/ or http://[::1]:PORT/", 0,
		0},
	TEXT("mqtt", "host", mqtt_host, "a host name or address"),
	NUMBER("mqtt", "port", mqtt_port, 1, 65535),
	TEXT("mqtt", "username", mqtt_username, "a name of up to 63 bytes"),
	TEXT("mqtt", "password_file", mqtt_password_file, "a path"),
	TEXT("mqtt", "ca_file", mqtt_ca_file, "a path"),
	TEXT("mqtt", "cert_file", mqtt_cert_file, "a path"),
	TEXT("mqtt", "key_file", mqtt_key_file, "a path"),
	NUMBER("mqtt", "keepalive_s", mqtt_keepalive_s, 5, 3600),
	TEXT("mqtt", "door_host", mqtt_door_host, "a host name or address"),
	NUMBER("mqtt", "door_port", mqtt_door_port, 1, 65535),
	{"mqtt", "accounts", parse_accounts, FIELD(mqtt_accounts), "dynsec or manual", 0, 0},
	TEXT("store", "directory", store_directory, "a directory"),
	TEXT("keys", "directory", key_directory, "a directory"),
};

static const struct hub_conf defaults = {
	.timezone = "Europe/London",
	.socket = HUB_SOCKET_DEFAULT,
	.port = 8470,
	.web = "/usr/share/tapin/web",
	.requests_per_s = 40,
	.mqtt_host = "127.0.0.1",
	.mqtt_port = 1883,
	.mqtt_keepalive_s = 30,
	.store_directory = "/var/lib/tapin-hub",
	.key_directory = "/var/lib/tapin-hub/keys",
};

static int check_zone(const struct hub_conf *conf, const char *file, char err[ERR_MAX])
{
	char path[PATH_MAX];

	/* glibc takes an unknown zone for UTC without a word; the file's presence tells */
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", conf->timezone);
	if (!strstr(conf->timezone, "..") && access(path, R_OK) == 0)
		return 0;
	snprintf(err, ERR_MAX,
		"%s: [site] timezone = %s: not in /usr/share/zoneinfo; write a zone like "
		"Europe/London, or install the tzdata package",
		file, conf->timezone);
	return -EINVAL;
}

/* Passwords and session keys must not cross a network in clear. */
static bool is_loopback(const char *address)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, address, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static int check_listeners(const struct hub_conf *conf, const char *file, char err[ERR_MAX])
{
	bool six = strchr(conf->address, ':');

	if (strlen(conf->socket) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		snprintf(err, ERR_MAX,
			"%s: [hub] socket = %s: a socket's path has at most %zu bytes: shorten it",
			file, conf->socket, sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
		return -EINVAL;
	}
	if (*conf->address && !is_loopback(conf->address)) {
		snprintf(err, ERR_MAX,
			"%s: [hub] address = %s: plain HTTP is for this machine only: write "
			"127.0.0.1 or ::1, and for others set listen = %s%s%s:8443, which is HTTPS",
			file, conf->address, six ? "[" : "", conf->address, six ? "]" : "");
		return -EINVAL;
	}
	if (!*conf->cert_file != !*conf->key_file) {
		snprintf(err, ERR_MAX,
			"%s: [hub] cert_file and key_file go together: set both, or none for a "
			"certificate that the hub makes",
			file);
		return -EINVAL;
	}
	return 0;
}

static int check_tls(const struct hub_conf *conf, const char *file, char err[ERR_MAX])
{
	if (!!*conf->mqtt_cert_file == !!*conf->mqtt_key_file &&
		(!*conf->mqtt_cert_file || *conf->mqtt_ca_file))
		return 0;
	snprintf(err, ERR_MAX,
		"%s: [mqtt] cert_file, key_file and ca_file go together: set all three, or "
		"ca_file alone for TLS without a client certificate",
		file);
	return -EINVAL;
}

int hub_conf_load(const char *file, struct hub_conf *ret_conf, char err[ERR_MAX])
{
	struct hub_conf conf = defaults;
	int r;

	r = conf_read(file, keys, ARRAY_SIZE(keys), &conf, err);
	if (r < 0)
		return r;
	if (!*conf.site) {
		snprintf(err, ERR_MAX,
			"%s: [site] id is missing: name the site with a-z, 0-9 and -", file);
		return -EINVAL;
	}
	r = check_zone(&conf, file, err);
	if (r == 0)
		r = check_listeners(&conf, file, err);
	if (r == 0)
		r = check_tls(&conf, file, err);
	if (r < 0)
		return r;
	if (!*conf.mqtt_door_host)
		strcpy(conf.mqtt_door_host, conf.mqtt_host);
	if (conf.mqtt_door_port == 0)
		conf.mqtt_door_port = conf.mqtt_port;
	*ret_conf = conf;
	return 0;
}

void hub_registry_path(const struct hub_conf *conf, char *out, size_t size)
{
	snprintf(out, size, "%s/hub.db", conf->store_directory);
}
