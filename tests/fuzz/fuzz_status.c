/* SPDX-License-Identifier: Apache-2.0 */
/* A door's status of any bytes: what the hub reads of it, or a refusal that says why. */
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[ERR_MAX] = "", *text = malloc(size ? size : 1);
	bool online = false;
	int r;

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size); /* exactly as long as its memory: no NUL to lean on */
	r = message_status_online(text, size, &online, err);
	if (r < 0 && !*err)
		abort();
	free(text);
	return 0;
}
