/* SPDX-License-Identifier: Apache-2.0 */
/* A roll call's list, part and file of any bytes: what a reader takes is written again as the same.
 */
#include "wire/rollcall.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_list(const char *data, size_t size)
{
	struct rollcall list, again;
	char err[ERR_MAX] = "", *text, *second;

	if (rollcall_read(data, size, &list, err) < 0) {
		if (!*err)
			abort();
		return;
	}
	if (rollcall_write(&list, &text) < 0 ||
		rollcall_read(text, strlen(text), &again, err) < 0 ||
		rollcall_write(&again, &second) < 0 || strcmp(text, second) != 0)
		abort();
	rollcall_free(&list);
	rollcall_free(&again);
	free(text);
	free(second);
}

/* A single part is joined, too: its bytes are copied by the numbers in it. */
static void try_part(const char *data, size_t size)
{
	struct rollcall_join join = {0};
	struct rollcall_part part;
	char err[ERR_MAX] = "";

	if (rollcall_part_read(data, size, &part, err) < 0) {
		if (!*err)
			abort();
		return;
	}
	(void)rollcall_join(&join, &part);
	rollcall_sealed_free(&join.of);
	rollcall_part_free(&part);
}

static void try_file(const char *data, size_t size)
{
	struct rollcall_sealed sealed;
	char err[ERR_MAX] = "", *again;
	size_t again_size;

	if (rollcall_file_read(data, size, &sealed, err) < 0) {
		if (!*err)
			abort();
		return;
	}
	if (rollcall_file_write(&sealed, &again, &again_size) < 0 || again_size != size ||
		memcmp(again, data, size) != 0)
		abort();
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (crypto_init() < 0)
		abort();
	try_list((const char *)data, size);
	try_part((const char *)data, size);
	try_file((const char *)data, size);
	return 0;
}
