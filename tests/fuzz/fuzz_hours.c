/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours from outside: refusals point into the text, and "always" is never wrong. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/hours.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every 7 minutes of a week and the last minute of each day. */
static void must_agree(const struct hours *hours)
{
	bool always = true;
	struct civil c;

	for (int day = 0; day < 7; day++) {
		civil_from_date(20780 + day, &c); /* 2026-11-23, a Monday */
		for (c.minute = 0; c.minute < 1440; c.minute = (uint16_t)(c.minute + 7))
			always = hours_open(hours, NULL, &c) && always;
		c.minute = 1439;
		always = hours_open(hours, NULL, &c) && always;
	}
	if (hours_always(hours) && !always)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct hours_error error = {0};
	struct hours hours;

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (hours_compile(text, &hours, &error) == 0)
		must_agree(&hours);
	else if (!error.message || error.at > strlen(text))
		abort();
	free(text);
	return 0;
}
