/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of who was erased, of any bytes: a line that is taken is written again as the same. */
#include "hub/erase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_line(const char *line, size_t size)
{
	char again[64], *text = malloc(size ? size : 1);
	uint64_t member;
	int64_t at_us;

	if (!text)
		abort();
	memcpy(text, line, size); /* exactly as long as its memory: no NUL to lean on */
	if (hub_erase_list_line(text, size, &member, &at_us) &&
		(member < 1 || member > INT64_MAX || at_us < 0 ||
			snprintf(again, sizeof(again), "%" PRIu64 " %" PRId64, member, at_us) !=
				(int)size ||
			memcmp(again, line, size) != 0))
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		try_line(at, (size_t)((stop ? stop : end) - at));
		at = stop ? stop + 1 : end;
	}
	return 0;
}
