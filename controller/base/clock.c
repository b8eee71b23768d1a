/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "base/util.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>

/* Nothing of ours existed before this: 2026-01-01 UTC. An earlier clock is unset. */
#define CLOCK_EPOCH_US (1767225600LL * 1000000)

static uint64_t read_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

uint64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

int64_t clock_wall_us(void)
{
	return (int64_t)read_us(CLOCK_REALTIME);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int clock_boot_id(uint8_t out[16])
{
	CLEANUP(cleanup_fclose) FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	char text[64];
	uint8_t id[16];
	size_t digits = 0;

	if (!f)
		return -errno;
	if (!fgets(text, sizeof(text), f))
		return -EIO;
	for (const char *c = text; *c && digits < 32; c++) {
		int digit = hex_digit(*c);

		if (digit < 0)
			continue;
		id[digits / 2] = (uint8_t)(digits % 2 ? id[digits / 2] | digit : digit << 4);
		digits++;
	}
	if (digits != 32)
		return -EIO;
	memcpy(out, id, sizeof(id));
	return 0;
}

int clock_civil(int64_t wall_us, struct civil *ret_civil)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct civil civil;
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		return -EINVAL;
	if (civil_from_ymd(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, &civil) < 0)
		return -EINVAL;
	civil.minute = (uint16_t)(tm.tm_hour * 60 + tm.tm_min);
	civil.second = (uint8_t)tm.tm_sec;
	*ret_civil = civil;
	return 0;
}

void clock_format_utc(int64_t wall_us, char out[25])
{
	time_t seconds = (time_t)(wall_us / 1000000);
	char date[20];
	struct tm tm;

	if (wall_us < 0 || !gmtime_r(&seconds, &tm) || tm.tm_year > 9999 - 1900 ||
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
		memcpy(out, "1970-01-01T00:00:00.000Z", 25);
		return;
	}
	snprintf(out, 25, "%s.%03dZ", date, (int)(wall_us / 1000 % 1000));
}

static bool kernel_synced(void)
{
	struct timex t = {0};

	return adjtimex(&t) != TIME_ERROR && !(t.status & STA_UNSYNC);
}

static bool timesyncd_synced(void)
{
	struct stat st;

	return stat("/run/systemd/timesync/synchronized", &st) == 0;
}

static bool set_from_rtc(void)
{
	CLEANUP(cleanup_fclose) FILE *f = fopen("/sys/class/rtc/rtc0/hctosys", "re");

	return f && fgetc(f) == '1';
}

enum clock_trust clock_trust_now(int64_t floor_us)
{
	int64_t now_us = clock_wall_us();

	if (now_us < CLOCK_EPOCH_US)
		return CLOCK_TRUST_UNSET;
	/* only a synced clock may go below the floor (design.md section 6) */
	if (kernel_synced() || timesyncd_synced())
		return CLOCK_TRUST_SYNCED;
	if (now_us < floor_us)
		return CLOCK_TRUST_UNSET;
	return set_from_rtc() ? CLOCK_TRUST_RTC : CLOCK_TRUST_KEPT;
}

const char *clock_trust_name(enum clock_trust trust)
{
	switch (trust) {
	case CLOCK_TRUST_UNSET:
		return "unset";
	case CLOCK_TRUST_KEPT:
		return "kept";
	case CLOCK_TRUST_RTC:
		return "rtc";
	case CLOCK_TRUST_SYNCED:
		return "synced";
	}
	return "unset";
}
