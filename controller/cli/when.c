/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/when.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* The C library takes a zone it does not know for UTC, without a word. */
int when_set_zone(const char *option, const char *name)
{
	const char *folder = getenv("TZDIR");
	char path[ERR_MAX];
	struct stat st;
	int n;

	if (!name)
		return tzset(), 0;
	n = snprintf(path, sizeof(path), "%s/%s", folder ? folder : "/usr/share/zoneinfo", name);
	if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") || n >= (int)sizeof(path) ||
		stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
		log_error("%s %s: no such zone here (%s); write one like Europe/London", option,
			name, path);
		return -EINVAL;
	}
	setenv("TZ", name, 1);
	tzset();
	return 0;
}

int when_of_date(int32_t date, unsigned minute, int64_t *ret)
{
	struct civil civil;
	int64_t us[2];

	civil_from_date(date, &civil);
	civil.minute = (uint16_t)minute;
	if (clock_instants(&civil, us) < 0)
		return -EINVAL;
	*ret = us[0] / 1000000;
	return 0;
}

int when_parse(const char *option, const char *text, int64_t *ret)
{
	char date_text[11] = "";
	unsigned hour = 0, minute = 0;
	int32_t date;
	int end = 0;

	memcpy(date_text, text, strnlen(text, 10));
	if (text[strnlen(text, 10)] != '\0' &&
		(strlen(text) != 16 || !strchr("T ", text[10]) ||
			strspn(text + 11, "0123456789:") != 5 ||
			sscanf(text + 11, "%2u:%2u%n", &hour, &minute, &end) != 2 || end != 5))
		hour = 24;
	if (hour > 23 || minute > 59 || civil_date_parse(date_text, &date) < 0 ||
		when_of_date(date, hour * 60 + minute, ret) < 0) {
		log_error("%s %s: expected a local time like 2026-12-21 or 2026-12-21T08:00",
			option, text);
		return -EINVAL;
	}
	return 0;
}
