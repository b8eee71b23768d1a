/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of keys share. */
#pragma once

#include "base/util.h"

#include <sys/types.h>

/* Makes a new file whole or not at all, durable; never overwrites (-EEXIST). 0 or negative errno
 * with err. */
int keyfile_save(const char *path, mode_t mode, const char *text, char err[ERR_MAX]);
