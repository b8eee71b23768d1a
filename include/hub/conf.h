/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's configuration file (deploy/tapin-hub.conf.example documents every key). */
#pragma once

#include "base/util.h"
#include "core/roster.h"
#include <stdbool.h>
#include <stdint.h>

#define HUB_CONF_DEFAULT "/etc/tapin/hub.conf"
#define HUB_PATH_MAX 180 /* inih reads lines of up to 190 bytes */
#define HUB_SOCKET_DEFAULT "/run/tapin-hub/hub.sock"

enum hub_accounts {
	HUB_ACCOUNTS_DYNSEC, /* Mosquitto's dynamic-security plugin */
	HUB_ACCOUNTS_MANUAL, /* another broker: the hub says what to do */
};

struct hub_listen {
	char address[64];
	uint16_t port;
};

struct hub_conf {
	char site[NAME_ID_MAX]; /* [site] id */
	char timezone[64];
	char socket[HUB_PATH_MAX]; /* [hub] socket */
	char address[64];          /* [hub] address, port: loopback HTTP; empty: none */
	uint32_t port;
	char web[HUB_PATH_MAX];       /* [hub] web: the page's files */
	struct hub_listen listen;     /* [hub] listen: HTTPS; address empty: none */
	char cert_file[HUB_PATH_MAX]; /* [hub] cert_file, key_file; empty: one of our own */
	char key_file[HUB_PATH_MAX];
	uint32_t requests_per_s;      /* [hub] requests_per_s: of one session or address */
	char demo[64];                /* [hub] demo: where virtual doors are shown; empty: none */
	char mqtt_host[HUB_PATH_MAX]; /* [mqtt] as in door.conf */
	uint32_t mqtt_port;
	char mqtt_username[64];
	char mqtt_password_file[HUB_PATH_MAX];
	char mqtt_ca_file[HUB_PATH_MAX];
	char mqtt_cert_file[HUB_PATH_MAX];
	char mqtt_key_file[HUB_PATH_MAX];
	uint32_t mqtt_keepalive_s;
	char mqtt_door_host[HUB_PATH_MAX]; /* [mqtt] door_host, door_port: what bundles tell doors;
					      default host, port */
	uint32_t mqtt_door_port;
	enum hub_accounts mqtt_accounts;    /* [mqtt] accounts = dynsec | manual */
	char store_directory[HUB_PATH_MAX]; /* hub.db, backups */
	char key_directory[HUB_PATH_MAX];
};

/* 0, or negative errno with err = file, line or setting, what was expected. */
int hub_conf_load(const char *file, struct hub_conf *ret_conf, char err[ERR_MAX]);

/* "STORE/hub.db". */
void hub_registry_path(const struct hub_conf *conf, char *out, size_t size);
