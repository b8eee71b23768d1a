/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process per reader. libnfc's own "already claimed" check does nothing on glibc (hardware.md
 * T8), and two processes on one serial port spoil each other's frames.
 */
#pragma once

#include "base/util.h"

/*
 * Locks DIR/reader-NAME.lock, NAME being name with every unusual byte as %XX. The lock lasts until
 * the descriptor is closed, by whatever end of the process; the file stays. Returns the descriptor,
 * -EBUSY with err naming the process that holds it, or negative errno.
 */
int reader_lock_take(const char *dir, const char *name, char err[ERR_MAX]);
