/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The site's keys in [keys] directory:
 *
 *   root.key    certifies hub keys and generations; belongs on another machine (--root-key)
 *   root.pub    its public half, which doors pin
 *   hub.key     signs whatever doors believe; hub-next.key beside it during a roll-over
 *   card.key    makes tokens of cards' numbers
 *   keys        the signed message that says which hub keys are good
 *   https.pem, https.key  certificate and key of [hub] listen, where none are given
 *
 * hub.key and card.key may be systemd credentials instead ($CREDENTIALS_DIRECTORY). Secret files
 * that others may read are refused.
 */
#pragma once

#include "hub/hub.h"
#include <stdbool.h>
#include <sys/types.h>

/* "DIRECTORY/NAME" of [keys] directory. */
void hub_keys_path(const struct hub_conf *conf, const char *name, char *out, size_t size);

/* Reads and verifies the keys message alone: ret_site, and ret_message (or NULL), which the caller
 * frees. 0 or negative errno with err. */
int hub_keys_read(const struct hub_conf *conf, const struct sign_public *root,
	struct sync_keys *ret_site, char **ret_message, char err[ERR_MAX]);

/* Signs a keys message and puts it in place of the old one. 0 or negative errno with err. */
int hub_keys_write(const struct hub_conf *conf, const struct sign_secret *root,
	const struct sync_keys *site, char err[ERR_MAX]);

/* Loads the root key from path (NULL: root.key of the directory) and checks that it is this site's.
 */
int hub_keys_root(const struct hub_conf *conf, const char *path, struct sign_secret *ret_root,
	char err[ERR_MAX]);

/* Gives path to whom `like` belongs to, where we may (root); otherwise does nothing. */
void hub_give(const char *path, const char *like);
