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

/* The day here, so many days from now; -EINVAL. */
static int day_from_now(int days, int32_t *ret_date)
{
	struct civil civil;

	if (clock_civil(clock_wall_us(), &civil) < 0)
		return -EINVAL;
	*ret_date = civil.date + days;
	return 0;
}

/* "today", "tomorrow" and what is behind them, or NULL. */
static const char *take_day(const char *text, int *ret_days)
{
	static const char *const days[] = {"today", "tomorrow"};

	for (int i = 0; i < 2; i++)
		if (strncmp(text, days[i], strlen(days[i])) == 0) {
			*ret_days = i;
			return text + strlen(days[i]);
		}
	return NULL;
}

int when_parse_date(const char *text, int32_t *ret_date)
{
	int days = 0;
	const char *rest = take_day(text, &days);

	if (!rest)
		return civil_date_parse(text, ret_date);
	return *rest ? -EINVAL : day_from_now(days, ret_date);
}

static int parse_clock(const char *text, unsigned *ret_minute)
{
	unsigned hour = 24, minute = 60;

	if (strlen(text) != 5 || strspn(text, "0123456789:") != 5 || text[2] != ':' ||
		sscanf(text, "%2u:%2u", &hour, &minute) != 2 || hour > 23 || minute > 59)
		return -EINVAL;
	*ret_minute = hour * 60 + minute;
	return 0;
}

/* "07:00": of today, else of the day after or, for what lies behind, before. */
static int parse_nearest(const char *text, enum when_side side, int64_t *ret)
{
	unsigned minute;
	int32_t date;
	int r = parse_clock(text, &minute);

	for (int n = 0; r == 0 && n < 2; n++) {
		int64_t now = clock_wall_us() / 1000000;

		r = day_from_now(side == WHEN_NEXT ? n : -n, &date);
		if (r == 0)
			r = when_of_date(date, minute, ret);
		if (r == 0 && (side == WHEN_NEXT ? *ret > now : *ret <= now))
			return 0;
	}
	return r;
}

int when_parse(const char *option, const char *text, enum when_side side, int64_t *ret)
{
	char date_text[11] = "";
	unsigned minute = 0;
	int32_t date = 0;
	int days = 0, r = 0;
	const char *rest = take_day(text, &days);

	if (parse_nearest(text, side, ret) == 0)
		return 0;
	if (rest) {
		r = day_from_now(days, &date);
	} else {
		memcpy(date_text, text, strnlen(text, 10));
		rest = text + strnlen(text, 10);
		r = civil_date_parse(date_text, &date);
	}
	if (r == 0 && *rest)
		r = strchr("T ", *rest) ? parse_clock(rest + 1, &minute) : -EINVAL;
	if (r < 0 || when_of_date(date, minute, ret) < 0) {
		log_error("%s %s: expected a local time like 2026-12-21T08:00, 2026-12-21, today, "
			  "tomorrow, tomorrow 08:00 or 08:00",
			option, text);
		return -EINVAL;
	}
	return 0;
}
