/* SPDX-License-Identifier: Apache-2.0 */
/* The door's configuration file (deploy/tapin-door.conf.example documents every key). */
#pragma once

#include "base/util.h"
#include "core/hours.h"
#include "core/passback.h"
#include "core/roster.h"
#include "hw/gpio.h"
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define DOOR_CONF_DEFAULT "/etc/tapin/door.conf"
#define CONF_PATH_MAX 180 /* inih reads lines of up to 190 bytes */

enum door_lock {
	DOOR_LOCK_FAIL_SECURE, /* locked without power: the strike is energised to release */
	DOOR_LOCK_FAIL_SAFE,   /* open without power (a maglock): energised to lock */
};

/* Who passes once a thousand entries wait for a disk that refuses them. */
enum door_when_full {
	DOOR_WHEN_FULL_STAFF,
	DOOR_WHEN_FULL_NOBODY,
};

enum door_clock {
	DOOR_CLOCK_SYSTEM, /* believe what kernel and timesyncd say */
	DOOR_CLOCK_ASSUME, /* the machine's clock is kept by other means (a virtual machine's host)
			    */
};

/* What a granted tap says of whoever tapped. */
enum door_role {
	DOOR_ROLE_ENTRY,   /* came in */
	DOOR_ROLE_EXIT,    /* left: the reader is on the inside */
	DOOR_ROLE_CHECKIN, /* came in, or left if they were in; nothing opens here */
};

enum door_line {
	DOOR_LINE_STRIKE,
	DOOR_LINE_GREEN,
	DOOR_LINE_RED,
	DOOR_LINE_BUZZER,
	DOOR_LINE_READER_RESET, /* active: the reader is held in reset */
	DOOR_LINE_EXIT,
	DOOR_LINE_CONTACT, /* active: shut */
	DOOR_LINE_FIRE,    /* a closed loop: active is well, anything else is fire */
	DOOR_LINE_TAMPER,  /* the same for the housing */
	DOOR_LINE_BOLT,    /* active: thrown */
	DOOR_LINE_COUNT,
};

struct door_conf {
	char site[NAME_ID_MAX];
	char timezone[64];

	char door[NAME_ID_MAX];
	enum door_lock lock;
	enum door_role role;
	enum passback_mode passback;
	uint32_t passback_s; /* PASSBACK_TIMED */
	bool needs_proof;
	uint32_t release_ms;
	uint32_t release_max_ms;
	uint32_t exit_ms; /* 0: as release_ms */
	uint32_t held_open_ms;
	uint32_t propped_ms;
	uint32_t exit_stuck_ms;
	uint32_t lock_fail_ms; /* counts with a bolt contact */

	uint32_t strike_pulse_ms;         /* 0: on for as long as the door is released */
	uint32_t strike_max_s;            /* 0: no maximum */
	char unlock_hours[CONF_PATH_MAX]; /* empty: no planned unlock */
	struct hours unlock;              /* the same, compiled */
	bool unlock_waits;                /* for the first person who may open up */

	struct gpio_spec lines[DOOR_LINE_COUNT];
	uint32_t debounce_ms;

	char reader_socket[CONF_PATH_MAX];
	char reader_user[64];
	uint32_t reader_reset_s; /* without a good answer, until its reset line is pulled */

	char mqtt_host[CONF_PATH_MAX]; /* empty: no broker */
	uint32_t mqtt_port;
	char mqtt_username[64];
	char mqtt_password_file[CONF_PATH_MAX];
	char mqtt_ca_file[CONF_PATH_MAX];
	char mqtt_cert_file[CONF_PATH_MAX];
	char mqtt_key_file[CONF_PATH_MAX];
	uint32_t mqtt_keepalive_s;

	char store_directory[CONF_PATH_MAX];
	enum door_when_full when_full;
	char key_directory[CONF_PATH_MAX];
	char run_directory[CONF_PATH_MAX];
	enum door_clock clock;
};

/*
 * Reads and checks the file. 0, or negative errno with err = file, line or setting, what was
 * expected. Settings that are not in the file have their defaults.
 */
int door_conf_load(const char *file, struct door_conf *ret_conf, char err[ERR_MAX]);

/* "entry", "exit", "checkin". */
const char *door_role_name(enum door_role role);
/* "none", "soft", "hard", "timed". */
const char *door_passback_name(enum passback_mode mode);

/* "strike", "green", … : the wiring's names. */
const char *door_line_name(enum door_line line);

/* Without a strike nothing is released: reader and lights decide, show and record. */
static inline bool door_conf_is_checkin(const struct door_conf *conf)
{
	return !*conf->lines[DOOR_LINE_STRIKE].line;
}

/* The level of the strike's line that keeps the door locked: 0 fail-secure, 1 fail-safe. */
static inline bool door_conf_strike_rest(const struct door_conf *conf)
{
	return conf->lock == DOOR_LOCK_FAIL_SAFE;
}

/* How long the strike may be on without a pause; 0: for ever. A fail-safe strike is dead while it
 * is released. */
static inline uint32_t door_conf_strike_max_s(const struct door_conf *conf)
{
	return conf->lock == DOOR_LOCK_FAIL_SAFE ? 0 : conf->strike_max_s;
}

/* A path inside one of the configured directories: "DIRECTORY/NAME". */
void door_conf_path(const char *directory, const char *name, char out[PATH_MAX]);
