/* SPDX-License-Identifier: Apache-2.0 */
#include "door/conf.h"

#include "base/conf.h"
#include "core/decide.h"
#include "core/doorway.h"
#include <stdio.h>
#include <string.h>

static int parse_name_id(const struct conf_key *key, const char *value, void *field)
{
	(void)key;
	if (!name_id_valid(value))
		return -EINVAL;
	strcpy(field, value);
	return 0;
}

static const char *const roles[] = {"entry", "exit", "checkin"};
static const char *const passbacks[] = {"none", "soft", "hard", "timed"};

/* One of some words: the enum's values in their order. */
static int parse_word(const char *value, const char *const *words, int count, void *field)
{
	for (int i = 0; i < count; i++)
		if (strcmp(value, words[i]) == 0) {
			*(int *)field = i;
			return 0;
		}
	return -EINVAL;
}

/* Two words, the first is the enum's zero. */
static int parse_pair(const char *value, const char *zero, const char *one, void *field)
{
	const char *const words[] = {zero, one};

	return parse_word(value, words, 2, field);
}

static int parse_role(const struct conf_key *key, const char *value, void *field)
{
	(void)key;
	return parse_word(value, roles, ARRAY_SIZE(roles), field);
}

static int parse_passback(const struct conf_key *key, const char *value, void *field)
{
	(void)key;
	return parse_word(value, passbacks, ARRAY_SIZE(passbacks), field);
}

static int parse_lock(const struct conf_key *key, const char *value, void *field)
{
	(void)key;
	return parse_pair(value, "fail_secure", "fail_safe", field);
}

static int parse_when_full(const struct conf_key *key, const char *value, void *field)
{
	(void)key;
	return parse_pair(value, "staff", "nobody", field);
}

static int parse_clock(const struct conf_key *key, const char *value, void *field)
{
	(void)key;
	return parse_pair(value, "system", "assume", field);
}

/* "GPIO5 active-low pull-up": a line, then flags in any order. */
static int parse_line(const struct conf_key *key, const char *value, void *field)
{
	struct gpio_spec *spec = field, line = {.direction = (enum gpio_direction)key->min};
	char copy[128];
	char *word, *rest;

	if (snprintf(copy, sizeof(copy), "%s", value) >= (int)sizeof(copy))
		return -EINVAL;
	word = strtok_r(copy, " \t", &rest);
	if (!word || strlen(word) >= sizeof(line.line))
		return -EINVAL;
	strcpy(line.line, word);
	while ((word = strtok_r(NULL, " \t", &rest))) {
		if (strcmp(word, "active-low") == 0)
			line.active_low = true;
		else if (strcmp(word, "pull-up") == 0 && line.direction == GPIO_DIRECTION_INPUT)
			line.bias = GPIO_BIAS_PULL_UP;
		else if (strcmp(word, "pull-down") == 0 && line.direction == GPIO_DIRECTION_INPUT)
			line.bias = GPIO_BIAS_PULL_DOWN;
		else if (strcmp(word, "active-high") != 0)
			return -EINVAL;
	}
	*spec = line;
	return 0;
}

#define FIELD(name) offsetof(struct door_conf, name)
#define TEXT(section, key, field, what)                               \
	{                                                             \
		section, key, conf_parse_text, FIELD(field), what, 0, \
			sizeof(((struct door_conf *)0)->field)        \
	}
#define NUMBER(section, key, field, low, high)                              \
	{                                                                   \
		section, key, conf_parse_u32, FIELD(field),                 \
			"a whole number from " #low " to " #high, low, high \
	}
#define LINE_OUT(key, line)                                                                       \
	{                                                                                         \
		"wiring", key, parse_line, FIELD(lines[line]),                                    \
			"a line (GPIO17, label:offset or chip:offset), then active-low if it is", \
			GPIO_DIRECTION_OUTPUT, 0                                                  \
	}
#define LINE_IN(key, line)                                                                       \
	{                                                                                        \
		"wiring", key, parse_line, FIELD(lines[line]),                                   \
			"a line (GPIO5, label:offset or chip:offset), then active-low, pull-up " \
			"or pull-down",                                                          \
			GPIO_DIRECTION_INPUT, 0                                                  \
	}

static const struct conf_key keys[] = {
	{"site", "id", parse_name_id, FIELD(site), "1 to 32 of a-z, 0-9 and -", 0, 0},
	TEXT("site", "timezone", timezone, "a time zone like Europe/London"),
	{"door", "id", parse_name_id, FIELD(door), "1 to 32 of a-z, 0-9 and -", 0, 0},
	{"door", "lock", parse_lock, FIELD(lock), "fail_secure or fail_safe", 0, 0},
	{"door", "role", parse_role, FIELD(role), "entry, exit or checkin", 0, 0},
	{"door", "passback", parse_passback, FIELD(passback), "none, soft, hard or timed", 0, 0},
	NUMBER("door", "passback_s", passback_s, 60, 86400),
	{"door", "needs_proof", conf_parse_bool, FIELD(needs_proof), "yes or no", 0, 0},
	NUMBER("door", "release_ms", release_ms, 1000, 60000),
	NUMBER("door", "release_max_ms", release_max_ms, 1000, 60000),
	NUMBER("door", "exit_ms", exit_ms, 1000, 60000),
	NUMBER("door", "held_open_ms", held_open_ms, 10000, 600000),
	NUMBER("door", "propped_ms", propped_ms, 1000, 3600000),
	NUMBER("door", "exit_stuck_ms", exit_stuck_ms, 1000, 3600000),
	NUMBER("door", "lock_fail_ms", lock_fail_ms, 500, 60000),
	NUMBER("door", "strike_pulse_ms", strike_pulse_ms, 0, 10000),
	NUMBER("door", "strike_max_s", strike_max_s, 0, 86400),
	TEXT("door", "unlock_hours", unlock_hours, "opening hours"),
	{"door", "unlock_waits", conf_parse_bool, FIELD(unlock_waits), "yes or no", 0, 0},
	LINE_OUT("strike", DOOR_LINE_STRIKE),
	LINE_OUT("green", DOOR_LINE_GREEN),
	LINE_OUT("red", DOOR_LINE_RED),
	LINE_OUT("buzzer", DOOR_LINE_BUZZER),
	LINE_OUT("reader_reset", DOOR_LINE_READER_RESET),
	LINE_IN("exit", DOOR_LINE_EXIT),
	LINE_IN("contact", DOOR_LINE_CONTACT),
	LINE_IN("fire", DOOR_LINE_FIRE),
	LINE_IN("tamper", DOOR_LINE_TAMPER),
	LINE_IN("bolt", DOOR_LINE_BOLT),
	NUMBER("wiring", "debounce_ms", debounce_ms, 0, 350),
	TEXT("reader", "socket", reader_socket, "a path"),
	TEXT("reader", "user", reader_user, "a user's name"),
	NUMBER("reader", "reset_s", reader_reset_s, 3, 600),
	TEXT("mqtt", "host", mqtt_host, "a host name or address"),
	NUMBER("mqtt", "port", mqtt_port, 1, 65535),
	TEXT("mqtt", "username", mqtt_username, "a name of up to 63 bytes"),
	TEXT("mqtt", "password_file", mqtt_password_file, "a path"),
	TEXT("mqtt", "ca_file", mqtt_ca_file, "a path"),
	TEXT("mqtt", "cert_file", mqtt_cert_file, "a path"),
	TEXT("mqtt", "key_file", mqtt_key_file, "a path"),
	NUMBER("mqtt", "keepalive_s", mqtt_keepalive_s, 5, 3600),
	TEXT("store", "directory", store_directory, "a directory"),
	{"store", "when_full", parse_when_full, FIELD(when_full), "staff or nobody", 0, 0},
	TEXT("keys", "directory", key_directory, "a directory"),
	TEXT("run", "directory", run_directory, "a directory"),
	{"clock", "trust", parse_clock, FIELD(clock), "system or assume", 0, 0},
};

static const struct door_conf defaults = {
	.timezone = "Europe/London",
	.release_ms = RELEASE_MS_DEFAULT,
	.release_max_ms = 30000,
	.held_open_ms = HELD_OPEN_MS_DEFAULT,
	.propped_ms = PROPPED_MS_DEFAULT,
	.exit_stuck_ms = EXIT_STUCK_MS_DEFAULT,
	.lock_fail_ms = LOCK_FAIL_MS_DEFAULT,
	.passback_s = 900,
	.debounce_ms = 50,
	.reader_socket = "/run/tapin/reader.sock",
	.reader_user = "tapin-reader",
	.reader_reset_s = 10,
	.mqtt_port = 1883,
	.mqtt_keepalive_s = 30,
	.store_directory = "/var/lib/tapin",
	.key_directory = "/var/lib/tapin/keys",
	.run_directory = "/run/tapin",
};

const char *door_role_name(enum door_role role)
{
	return role < ARRAY_SIZE(roles) ? roles[role] : "?";
}

const char *door_passback_name(enum passback_mode mode)
{
	return mode < ARRAY_SIZE(passbacks) ? passbacks[mode] : "?";
}

const char *door_line_name(enum door_line line)
{
	switch (line) {
	case DOOR_LINE_STRIKE:
		return "strike";
	case DOOR_LINE_GREEN:
		return "green";
	case DOOR_LINE_RED:
		return "red";
	case DOOR_LINE_BUZZER:
		return "buzzer";
	case DOOR_LINE_READER_RESET:
		return "reader_reset";
	case DOOR_LINE_EXIT:
		return "exit";
	case DOOR_LINE_CONTACT:
		return "contact";
	case DOOR_LINE_FIRE:
		return "fire";
	case DOOR_LINE_TAMPER:
		return "tamper";
	case DOOR_LINE_BOLT:
		return "bolt";
	case DOOR_LINE_COUNT:
		break;
	}
	return "?";
}

static int check_zone(const struct door_conf *conf, const char *file, char err[ERR_MAX])
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

static int check_wiring(const struct door_conf *conf, const char *file, char err[ERR_MAX])
{
	for (enum door_line a = 0; a < DOOR_LINE_COUNT; a++)
		for (enum door_line b = a + 1; b < DOOR_LINE_COUNT; b++)
			if (*conf->lines[a].line &&
				strcmp(conf->lines[a].line, conf->lines[b].line) == 0) {
				snprintf(err, ERR_MAX,
					"%s: [wiring] %s and %s are both on %s: one line, "
					"one purpose",
					file, door_line_name(a), door_line_name(b),
					conf->lines[a].line);
				return -EINVAL;
			}
	return 0;
}

static int check_role(const struct door_conf *conf, const char *file, char err[ERR_MAX])
{
	if (conf->role == DOOR_ROLE_CHECKIN && *conf->lines[DOOR_LINE_STRIKE].line) {
		snprintf(err, ERR_MAX,
			"%s: [door] role = checkin opens nothing, but [wiring] strike is set: "
			"remove it, or write role = entry",
			file);
		return -EINVAL;
	}
	if (conf->role != DOOR_ROLE_ENTRY && conf->passback != PASSBACK_NONE) {
		snprintf(err, ERR_MAX,
			"%s: [door] passback = %s needs a reader on the way in: with role = %s "
			"write passback = none",
			file, door_passback_name(conf->passback), door_role_name(conf->role));
		return -EINVAL;
	}
	return 0;
}

static int check_unlock(struct door_conf *conf, const char *file, char err[ERR_MAX])
{
	struct hours_error why;

	if (!*conf->unlock_hours)
		return 0;
	if (hours_compile(conf->unlock_hours, &conf->unlock, &why) == 0)
		return 0;
	snprintf(err, ERR_MAX, "%s: [door] unlock_hours = %s: at character %zu: %s%s%s", file,
		conf->unlock_hours, why.at + 1, why.message, why.suggestion ? "; " : "",
		why.suggestion ? why.suggestion : "");
	return -EINVAL;
}

static int check_pulse(const struct door_conf *conf, const char *file, char err[ERR_MAX])
{
	uint32_t pulse_ms = conf->strike_pulse_ms;

	if (pulse_ms == 0 || (conf->lock == DOOR_LOCK_FAIL_SECURE && pulse_ms >= 100 &&
				     pulse_ms < conf->release_ms && pulse_ms < conf->exit_ms))
		return 0;
	snprintf(err, ERR_MAX,
		"%s: [door] strike_pulse_ms = %u: expected 100 or more, less than release_ms = %u "
		"and exit_ms = %u, and lock = fail_secure; or 0",
		file, pulse_ms, conf->release_ms, conf->exit_ms);
	return -EINVAL;
}

static int check_whole(struct door_conf *conf, const char *file, char err[ERR_MAX])
{
	int r;

	if (!*conf->site || !*conf->door) {
		snprintf(err, ERR_MAX, "%s: [%s] id is missing: name the %s with a-z, 0-9 and -",
			file, *conf->site ? "door" : "site", *conf->site ? "door" : "site");
		return -EINVAL;
	}
	if (conf->release_max_ms < conf->release_ms) {
		snprintf(err, ERR_MAX,
			"%s: [door] release_max_ms = %u is less than release_ms = %u: raise it",
			file, conf->release_max_ms, conf->release_ms);
		return -EINVAL;
	}
	if (conf->exit_ms == 0)
		conf->exit_ms = conf->release_ms;
	if (conf->strike_max_s > 0 && (conf->strike_max_s * 1000 <= conf->release_max_ms ||
					      conf->strike_max_s * 1000 <= conf->exit_ms)) {
		snprintf(err, ERR_MAX,
			"%s: [door] strike_max_s = %u is no longer than a release: raise it above "
			"release_max_ms = %u and exit_ms = %u",
			file, conf->strike_max_s, conf->release_max_ms, conf->exit_ms);
		return -EINVAL;
	}
	if (!!*conf->mqtt_cert_file != !!*conf->mqtt_key_file ||
		(*conf->mqtt_cert_file && !*conf->mqtt_ca_file)) {
		snprintf(err, ERR_MAX,
			"%s: [mqtt] cert_file, key_file and ca_file go together: set all three, or "
			"ca_file alone for TLS without a client certificate",
			file);
		return -EINVAL;
	}
	r = check_role(conf, file, err);
	return r < 0 ? r : check_wiring(conf, file, err);
}

int door_conf_load(const char *file, struct door_conf *ret_conf, char err[ERR_MAX])
{
	struct door_conf conf = defaults;
	int r;

	/* the rest level is part of the request: a line is locked from its first moment on */
	r = conf_read(file, keys, ARRAY_SIZE(keys), &conf, err);
	if (r < 0)
		return r;
	r = check_whole(&conf, file, err);
	if (r < 0)
		return r;
	r = check_pulse(&conf, file, err);
	if (r < 0)
		return r;
	r = check_unlock(&conf, file, err);
	if (r < 0)
		return r;
	r = check_zone(&conf, file, err);
	if (r < 0)
		return r;
	conf.lines[DOOR_LINE_STRIKE].initial = door_conf_strike_rest(&conf);
	*ret_conf = conf;
	return 0;
}

void door_conf_path(const char *directory, const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", directory, name);
}
