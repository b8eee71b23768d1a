/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pack.h"

#include "base/util.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define SIZE_LIMIT (64u << 20)
#define GZIP_BITS (MAX_WBITS + 16) /* + 16: with gzip's head and sum instead of zlib's */

int pack_gzip(const void *data, size_t size, int level, char **ret_data, size_t *ret_size)
{
	z_stream stream = {0};
	char *out = NULL;
	uLong room;
	int r = -ENOMEM;

	if (size > SIZE_LIMIT)
		return -E2BIG;
	if (deflateInit2(&stream, level, Z_DEFLATED, GZIP_BITS, MAX_MEM_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	room = deflateBound(&stream, (uLong)size);
	out = malloc(room);
	if (out) {
		/* zlib does not change it; its parameter is const only where asked for */
		stream.next_in = (Bytef *)(uintptr_t)data;
		stream.avail_in = (uInt)size;
		stream.next_out = (Bytef *)out;
		stream.avail_out = (uInt)room;
		r = deflate(&stream, Z_FINISH) == Z_STREAM_END ? 0 : -EIO;
	}
	if (r == 0) {
		*ret_data = STEAL(out);
		*ret_size = stream.total_out;
	}
	deflateEnd(&stream);
	free(out);
	return r;
}

/* "q=0", "q=0.000" */
static bool is_never(const char *parameters, size_t size)
{
	const char *q = memmem(parameters, size, "q=", 2);

	return q && strspn(q + 2, "0.") == strcspn(q + 2, ", \t;");
}

bool pack_accepted(const char *accept_encoding)
{
	for (const char *at = accept_encoding; at && *at; at += strspn(at, ", \t")) {
		size_t size = strcspn(at, ","), name = strcspn(at, ",; \t");

		if ((name == 4 && strncasecmp(at, "gzip", 4) == 0) || (name == 1 && *at == '*'))
			return !is_never(at + name, size - name);
		at += size;
	}
	return false;
}
