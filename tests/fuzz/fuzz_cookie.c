/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser sends of itself: a cookie's value is found whole or not at all, and a list of
 * encodings is read to its end. */
#include "../../controller/hub/api.h"
#include "wire/pack.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), key[SESSION_KEY_SIZE] = "", pair[SESSION_KEY_SIZE + 8];

	memcpy(text, data, size);
	text[size] = '\0';
	if (cookie_find(text, "tapin", key) == 1) {
		snprintf(pair, sizeof(pair), "tapin=%s", key);
		if (strlen(key) != SESSION_KEY_SIZE - 1 || strchr(key, ';') || !strstr(text, pair))
			abort();
	}
	if (pack_accepted(text) && !strcasestr(text, "gzip") && !strchr(text, '*'))
		abort();
	free(text);
	return 0;
}
