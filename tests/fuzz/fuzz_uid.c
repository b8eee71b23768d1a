/* SPDX-License-Identifier: Apache-2.0 */
/* UID texts and bytes from outside: what is accepted reads back as the same card. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/uid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_read_back(const struct uid *uid)
{
	char text[UID_TEXT_MAX];
	struct uid back;

	uid_format(uid, text);
	if (uid_parse(text, &back) < 0 || !uid_equal(uid, &back) ||
		uid_kind(uid) != uid_kind(&back))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct uid uid;

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (uid_parse(text, &uid) == 0)
		must_read_back(&uid);
	if (uid_from_bytes(data, size, &uid) == 0)
		must_read_back(&uid);
	free(text);
	return 0;
}
