/* SPDX-License-Identifier: Apache-2.0 */
/* What a broker may answer about accounts. */
#include "wire/dynsec.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dynsec_answer answer;

	if (dynsec_read((const char *)data, size, &answer) < 0)
		return 0;
	for (size_t i = 0; i < answer.count; i++)
		if (strnlen(answer.names[i], DYNSEC_NAME_MAX) >= DYNSEC_NAME_MAX)
			abort();
	dynsec_answer_free(&answer);
	return 0;
}
