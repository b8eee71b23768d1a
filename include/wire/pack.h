/* SPDX-License-Identifier: Apache-2.0 */
/* Compression of answers: gzip (RFC 1952). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The caller frees. level 1 (quick) … 9 (small). 0, -ENOMEM, or -E2BIG for more than 64 MB. */
int pack_gzip(const void *data, size_t size, int level, char **ret_data, size_t *ret_size);
/* Whether who sent this Accept-Encoding reads gzip; NULL: no. */
bool pack_accepted(const char *accept_encoding);
