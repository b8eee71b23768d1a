/* SPDX-License-Identifier: Apache-2.0 */
/* Opening hours from outside: refusals point into the text, "always" is never wrong, the normal
 * form is the same thing, and the next change is one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/calendar.h"
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

static void must_be_normal(const struct hours *hours)
{
	char text[HOURS_FORMAT_MAX];
	struct hours_error error;
	struct hours again;
	int length = hours_format(hours, text, sizeof(text));

	if (length < 0 || strlen(text) != (size_t)length)
		abort();
	if (length <= HOURS_TEXT_MAX && (hours_compile(text, &again, &error) < 0 ||
						memcmp(hours, &again, sizeof(again)) != 0))
		abort();
}

/* Follows a year of changes; a few minutes between them are tried. */
static void must_change(const struct hours *hours)
{
	static const struct calendar england = {.holidays = CALENDAR_HOLIDAYS_ENGLAND};
	struct civil c, next;

	civil_from_date(20780, &c);
	for (int i = 0; i < 50; i++) {
		bool open = hours_open(hours, &england, &c);

		if (!hours_next_change(hours, &england, &c, 20780 + 366, &next))
			break;
		if (next.date < c.date || hours_open(hours, &england, &next) == open)
			abort();
		if (next.minute > 0) {
			c = next;
			c.minute--;
			if (hours_open(hours, &england, &c) != open)
				abort();
		}
		c = next;
	}
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
	if (hours_compile(text, &hours, &error) == 0) {
		must_agree(&hours);
		must_be_normal(&hours);
		must_change(&hours);
	} else if (!error.message || error.at > strlen(text)) {
		abort();
	}
	free(text);
	return 0;
}
