/* SPDX-License-Identifier: Apache-2.0 */
/* Calendar files of any bytes: whole and sound events, or a refusal that says why. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/events_ics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_sound(const struct events_ics *events, int count)
{
	if (count < 1 || count > EVENTS_ICS_MAX || (size_t)count != events->count)
		abort();
	for (size_t i = 0; i < events->count; i++) {
		const struct events_ics_event *e = &events->events[i];

		if (!*e->title || e->starts_us <= 0 || e->ends_us <= e->starts_us ||
			e->guest_count > EVENTS_ICS_GUESTS_MAX)
			abort();
		for (size_t g = 0; g < e->guest_count; g++)
			if (strlen(e->guests[g].name) > EVENTS_ICS_TEXT_MAX)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct events_ics events = {0};
	char err[ERR_MAX] = "", *text = malloc(size ? size : 1);
	int r;

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size); /* exactly as long as its memory: no NUL to lean on */
	r = events_ics_read("file", text, size, "Europe/London", &events, err);
	if (r < 0 && (!*err || events.count > 0))
		abort();
	if (r >= 0)
		must_be_sound(&events, r);
	events_ics_free(&events);
	free(text);
	return 0;
}
