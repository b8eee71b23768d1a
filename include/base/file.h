/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, bounded on reading and atomic on writing. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads a regular file of at most max bytes; the copy ends with an extra NUL and the caller frees
 * it. 0, -EFBIG when larger, or negative errno.
 */
int file_read(const char *path, size_t max, char **ret_data, size_t *ret_size);

/* Replaces a file: a crash leaves the old or the new one, never half (temporary file, fsync,
 * rename, fsync of the directory). */
int file_write_atomic(const char *path, const void *data, size_t size, mode_t mode);
