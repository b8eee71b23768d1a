/* SPDX-License-Identifier: Apache-2.0 */
/* Acknowledgements of any bytes: what is taken survives being written and read again. */
#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_ack ack, again;
	char err[ERR_MAX] = "", *body;

	if (message_ack_read((const char *)data, size, &ack, err) < 0) {
		if (!*err)
			abort();
		return 0;
	}
	if (message_ack_write(&ack, &body) < 0 ||
		message_ack_read(body, strlen(body), &again, err) < 0 ||
		memcmp(&ack, &again, sizeof(ack)) != 0)
		abort();
	free(body);
	return 0;
}
