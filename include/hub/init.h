/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tapin-hub does instead of running, as root and with the hub stopped (--recover, --new-key:
 * also beside a running one). Each says on standard output what it did and what is to be done next.
 * 0, or negative errno with err naming the thing and the remedy; nothing half done stays behind.
 */
#pragma once

#include "hub/conf.h"

/* Makes keys, the signed keys message and hub.db for a new site. -EEXIST where there is one. */
int hub_init(const struct hub_conf *conf, char err[ERR_MAX]);

/* Lets root in again: an admin with a new password, which is printed. name NULL: "admin". */
int hub_recover(const struct hub_conf *conf, const char *name, char err[ERR_MAX]);

/* Puts a backup in place of hub.db (which is kept beside it) and raises the generation under a new
 * certificate of the root key. */
int hub_restore(const struct hub_conf *conf, const char *backup, char err[ERR_MAX]);

/* Hub key roll-over: first a second key that doors are told of, then, called again once all doors
 * know it, that key signs and the old one is revoked. */
int hub_new_key(const struct hub_conf *conf, char err[ERR_MAX]);
