/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes of any bytes: none that nobody signed opens, and views stay inside the message. */
#include "wire/envelope.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sign_public key = {.id = "4751f97efe39887f"}; /* the corpus's, with other bytes */
	const char *message = (const char *)data, *body;
	uint8_t signature[SIGN_SIZE];
	char key_id[KEY_ID_SIZE];
	size_t body_size;

	if (crypto_init() < 0)
		abort();
	if (envelope_split(message, size, key_id, signature, &body, &body_size) == 0 &&
		(body < message || body + body_size != message + size ||
			strlen(key_id) != KEY_ID_SIZE - 1))
		abort();
	if (envelope_open(
		    &key, 1, "tapin/walker/door/front/ack", message, size, &body, &body_size) == 0)
		abort();
	return 0;
}
