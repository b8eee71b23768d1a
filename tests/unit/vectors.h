/* SPDX-License-Identifier: Apache-2.0 */
/* The committed vectors of tests/unit/vectors (made by wire.py), for the tests that read them. */
#pragma once

#include "base/file.h"
#include "base/util.h"
#include "crypto/sign.h"

#include <string.h>
#include <sys/stat.h>

#define VECTORS "tests/unit/vectors/"

static __attribute__((noinline, unused)) char *vector_read(const char *name, size_t *ret_size)
{
	char path[256], *data = NULL;

	snprintf(path, sizeof(path), VECTORS "%s", name);
	assert_int_equal(file_read(path, 1 << 20, &data, ret_size), 0);
	return data;
}

/* git keeps no 0600: a secret key is loaded from a private copy. */
static inline void vector_private_copy(const char *name, char path[64])
{
	size_t size;
	char *data = vector_read(name, &size);
	int fd;

	strcpy(path, "/tmp/tapin-vector-XXXXXX");
	fd = mkstemp(path); /* 0600 */
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	close(fd);
	free(data);
}

static inline struct sign_secret vector_secret(const char *name)
{
	struct sign_secret key;
	char path[64], err[ERR_MAX];

	vector_private_copy(name, path);
	assert_int_equal(key_load_secret(path, &key, err), 0);
	unlink(path);
	return key;
}
