/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tapin-hub does instead of running. Each says on standard output what it did and what is to
 * be done next. 0, or negative errno with err naming the thing and the remedy; nothing half done
 * stays behind.
 *
 *   tapin-hub --init [--admin NAME]                    once per site; `tapin site init` runs it
 *   tapin-hub --recover[=NAME]                         also beside a running hub
 *   tapin-hub --restore FILE [--root-key PATH]         with the hub stopped
 *   tapin-hub --roll-keys [--root-key PATH]            also beside a running hub, which notices
 *
 * As root the files are given to whom their directories belong to.
 */
#pragma once

#include "hub/conf.h"

/*
 * Makes root.key, root.pub, hub.key, card.key, the signed keys message and the certificate of HTTPS
 * (unless cert_file names one), whose fingerprint is printed, in [keys] directory,
 * hub.db with its first admin (NULL: "admin"), whose password is printed once, and the password of
 * the hub's account at the broker where [mqtt] password_file names a file that is not there.
 * -EEXIST where any of it exists.
 */
int hub_init(const struct hub_conf *conf, const char *admin, char err[ERR_MAX]);

/* Lets root in again: an admin with a new password, which is printed; audited. name NULL: "admin".
 * -EPERM for an operator who is no admin. */
int hub_recover(const struct hub_conf *conf, const char *name, char err[ERR_MAX]);

/* Puts a backup in place of hub.db (which is kept beside it) and raises the generation under a new
 * certificate of the root key (NULL: [keys] directory/root.key). -EBUSY while a hub is running. */
int hub_restore(
	const struct hub_conf *conf, const char *backup, const char *root_key, char err[ERR_MAX]);

/* Hub key roll-over: first a second key that doors are told of, then, called again once all doors
 * know it, that key signs and the old one is revoked. */
int hub_roll_keys(const struct hub_conf *conf, const char *root_key, char err[ERR_MAX]);
