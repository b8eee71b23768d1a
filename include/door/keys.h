/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door's keys in [keys] directory: card.key (the site's card key), door.key and door.pub (the
 * door's own signing pair), root.pub (the site root key, which certifies the hub's;
 * door/site_keys.c), and hub.pub and hub-next.pub (hub keys given by hand).
 *
 * A door without card.key or door.key makes its own at first need, so that it works alone; a hub's
 * provisioning brings the site's. card.key and door.key may be systemd credentials of these names.
 */
#pragma once

#include "door/door.h"

/* Loads what is there and makes what is missing. 0 or negative errno with err. */
int keys_load(const char *directory, struct door_keys *ret_keys, char err[ERR_MAX]);
