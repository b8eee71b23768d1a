/* SPDX-License-Identifier: Apache-2.0 */
/* A run of roster records of any bytes: what decodes must encode to the same bytes and have a key.
 */
#include "core/roster_record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_encode_again(const uint8_t *data, size_t size)
{
	static struct roster_record record;
	static uint8_t again[ROSTER_RECORD_MAX], key[ROSTER_KEY_MAX];

	if (roster_record_decode(data, size, &record) < 0)
		return;
	if (roster_record_encode(&record, again) != (int)size || memcmp(again, data, size) != 0 ||
		roster_record_key(&record, key) < 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *record;
	size_t at = 0, record_size;

	must_encode_again(data, size);
	while (roster_run_next(data, size, &at, &record, &record_size) > 0)
		must_encode_again(record, record_size);
	return 0;
}
