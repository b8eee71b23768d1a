/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a door joins a site: tapin-door --provision BUNDLE. In [keys] directory it leaves
 *
 *   root.pub        the site's root key, pinned from now on
 *   keys            the newest signed keys message: which hub keys are good
 *   card.key        the site's card key
 *   door.key, .pub  the door's own new signing pair
 *   mqtt.username   the door's account, one line each, for whatever [mqtt] does not set
 *   mqtt.password
 *   mqtt.ca         PEM; only where the bundle has one
 *   journal.before  64 hex digits: the last hash that the hub has of this door's journal, which a
 *                   new journal continues; only where there is one
 *   provisioned     until the next start, which journals it
 *
 * all at once or not at all: the old directory is kept beside it as DIRECTORY.before-TIME. Where
 * the site's root key is another than before, cache.db and kept.db are put aside, too: they are of
 * another site, or of a life before the hub.
 */
#pragma once

#include "base/util.h"
#include <stdbool.h>

#define PROVISION_WAIT_S 30

/*
 * Shows its progress on standard output. 0 and done, or negative errno with err: what failed and
 * what to do; the door is then as it was.
 */
int door_provision(const char *conf_file, const char *bundle_file, unsigned wait_s,
	char done[ERR_MAX], char err[ERR_MAX]);

/* ---- its parts: what must be right before, and what is left ---- */

struct sign_secret;
struct sign_public;
struct welcome;
struct bundle;
struct door_conf;

/* Reads configuration and bundle and compares them. 0 or negative errno with err. */
int provision_read(const char *conf_file, const char *file, struct door_conf *conf,
	struct bundle *bundle, char err[ERR_MAX]);
/* -ETIME for a bundle that has run out by a clock that can be believed. */
int provision_check_time(const struct bundle *bundle, char err[ERR_MAX]);
/* A tapin-door is running with these directories. */
bool provision_door_runs(const struct door_conf *conf);
/* -EBUSY where a door is running that would lose its roster. */
int provision_check_stopped(
	const struct door_conf *conf, const struct bundle *bundle, char err[ERR_MAX]);
/* Run by root, what follows is done as the user whose folder the keys lie in. 0 or negative errno.
 */
int provision_become_owner(const struct door_conf *conf, char err[ERR_MAX]);

struct provision_gift {
	const struct bundle *bundle;
	const struct welcome *welcome;
	const struct sign_secret *key;
	const char *keys_message;
};
/* Writes the files of the gift into directory. 0 or negative errno with err. */
int provision_write(const char *directory, const struct provision_gift *gift, char err[ERR_MAX]);
/* Puts staged in place of [keys] directory. aside: where the old one is, or "". */
int provision_swap(const struct door_conf *conf, const char *staged, const struct sign_public *root,
	char aside[256], char err[ERR_MAX]);
