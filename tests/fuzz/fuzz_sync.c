/* SPDX-License-Identifier: Apache-2.0 */
/* Sync messages of any bytes: what a reader takes is written again, and that is read as the same.
 */
#include "wire/sync.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keep(void *p)
{
	(void)p;
}

static void free_delta(void *p)
{
	sync_delta_free(p);
}

static void free_answer(void *p)
{
	sync_answer_free(p);
}

#define TRY(TYPE, FREE)                                                                        \
	do {                                                                                   \
		struct sync_##TYPE value, again;                                               \
		char err[ERR_MAX] = "", *body, *second;                                        \
                                                                                               \
		if (sync_##TYPE##_read((const char *)data, size, &value, err) < 0) {           \
			if (!*err)                                                             \
				abort();                                                       \
			break;                                                                 \
		}                                                                              \
		if (sync_##TYPE##_write(&value, &body) < 0 ||                                  \
			sync_##TYPE##_read(body, strlen(body), &again, err) < 0 ||             \
			sync_##TYPE##_write(&again, &second) < 0 || strcmp(body, second) != 0) \
			abort();                                                               \
		FREE(&value);                                                                  \
		FREE(&again);                                                                  \
		free(body);                                                                    \
		free(second);                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (crypto_init() < 0)
		abort();
	TRY(keys, keep);
	TRY(head, keep);
	TRY(delta, free_delta);
	TRY(site_state, keep);
	TRY(door_state, keep);
	TRY(ask, keep);
	TRY(answer, free_answer);
	TRY(erase, keep);
	return 0;
}
