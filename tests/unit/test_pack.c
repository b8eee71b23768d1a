/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/util.h"
#include "wire/pack.h"

#include <string.h>
#include <zlib.h>

/* Packs size bytes, unpacks them with zlib and compares. The packed size. */
static size_t there_and_back(const char *data, size_t size, int level)
{
	CLEANUP(cleanup_free) char *packed = NULL, *out = malloc(size + 1);
	z_stream stream = {0};
	size_t packed_size;

	assert_int_equal(pack_gzip(data, size, level, &packed, &packed_size), 0);
	assert_int_equal(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
	stream.next_in = (Bytef *)packed;
	stream.avail_in = (uInt)packed_size;
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)size + 1;
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.total_out, size);
	assert_int_equal(stream.avail_in, 0);
	assert_memory_equal(out, data, size);
	inflateEnd(&stream);
	return packed_size;
}

static void what_is_packed_comes_out_again(void **state)
{
	static char data[200000];
	uint32_t random = 1;

	(void)state;
	there_and_back("", 0, 9);
	there_and_back("x", 1, 1);
	assert_true(there_and_back(data, sizeof(data), 9) < 400);
	assert_true(there_and_back(data, sizeof(data), 1) < 2000);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)((random = random * 1664525 + 1013904223) >> 24);
	there_and_back(data, sizeof(data), 9); /* grows, and has room */
	there_and_back(data, sizeof(data), 1);
}

static void gzip_is_sent_to_who_reads_it(void **state)
{
	static const struct {
		const char *header;
		bool good;
	} rows[] = {
		{"gzip", true},
		{"GZip", true},
		{"br, gzip", true},
		{"gzip;q=0.1", true},
		{"deflate;q=1,gzip ; q=0.01", true},
		{"*", true},
		{"br, *;q=0.5", true},
		{"gzip;q=0", false},
		{"gzip;q=0.000, br", false},
		{"gzip ;q=0", false},
		{"br", false},
		{"", false},
		{" , ;,", false},
		{"xgzip", false},
		{"gzipx", false},
		{"identity;gzip", false},
		{"*;q=0", false},
		{"gzip;q=0, *", false},
	};

	(void)state;
	assert_false(pack_accepted(NULL));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (pack_accepted(rows[i].header) != rows[i].good)
			fail_msg("Accept-Encoding: %s", rows[i].header);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_comes_out_again),
		cmocka_unit_test(gzip_is_sent_to_who_reads_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
