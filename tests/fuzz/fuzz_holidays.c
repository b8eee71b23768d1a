/* SPDX-License-Identifier: Apache-2.0 */
/* Holiday files of any bytes: JSON and iCalendar, taken whole and sound or not at all. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/holidays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_sound(const struct calendar *c)
{
	struct civil day;

	if (c->date_count > CALENDAR_DATES_MAX || c->exception_count != 0)
		abort();
	for (unsigned i = 0; i < c->date_count; i++) {
		civil_from_date(c->dates[i].date, &day);
		if (day.date == DATE_NONE || (i > 0 && c->dates[i - 1].date >= day.date))
			abort();
		if (calendar_holiday(c, &day) != c->dates[i].holiday)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct calendar calendar = {.holidays = CALENDAR_HOLIDAYS_ENGLAND}, before = calendar;
	char err[ERR_MAX] = "", *text = malloc(size ? size : 1);
	int r;

	if (!text)
		abort();
	if (size > 0)
		memcpy(text, data, size); /* exactly as long as its memory: no NUL to lean on */
	r = holidays_read("file", text, size, &calendar, err);
	if (r < 0 && (!*err || memcmp(&calendar, &before, sizeof(before)) != 0))
		abort();
	if (r == 0)
		abort();
	must_be_sound(&calendar);
	free(text);
	return 0;
}
