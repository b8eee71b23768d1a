/* SPDX-License-Identifier: Apache-2.0 */
/* tapin-door --import FILE: fills the cache from a roster file, whole or not at all. */
#pragma once

#include "door/conf.h"

/*
 * Reads, checks and takes over a roster. Returns 0 and ret_done for a person, or negative errno
 * with err naming the record and the remedy; the old roster is then still in force. -EPERM once the
 * cache belongs to a hub.
 */
int import_roster(
	const struct door_conf *conf, const char *file, char ret_done[ERR_MAX], char err[ERR_MAX]);
