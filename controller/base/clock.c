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

int32_t clock_offset_s(int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	return (int32_t)tm.tm_gmtoff;
}

/* The first second of (from, to] whose offset is that of to: where the clocks change. */
static int64_t find_change(int64_t from, int64_t to)
{
	int32_t after = clock_offset_s(to * 1000000);

	while (to - from > 1) {
		int64_t middle = from + (to - from) / 2;

		if (clock_offset_s(middle * 1000000) == after)
			to = middle;
		else
			from = middle;
	}
	return to;
}

void clock_steady(int64_t wall_us, int64_t *ret_from_us, int64_t *ret_until_us)
{
	int64_t now = wall_us / 1000000, from = now, until = now;
	int32_t offset = clock_offset_s(wall_us);

	while (from > now - CLOCK_STEADY_DAYS * 86400LL &&
		clock_offset_s((from - 86400) * 1000000) == offset)
		from -= 86400;
	while (until < now + CLOCK_STEADY_DAYS * 86400LL &&
		clock_offset_s((until + 86400) * 1000000) == offset)
		until += 86400;
	*ret_from_us = from * 1000000;
	*ret_until_us = until * 1000000;
}

int clock_instants(const struct civil *civil, int64_t ret_us[2])
{
	/* as if the zone were UTC; zones are less than a day from it and change less than daily */
	int64_t naive = civil->date * 86400LL + civil->minute * 60 + civil->second;
	int32_t before, after;
	bool first, second;

	if (!civil_valid(civil))
		return -EINVAL;
	before = clock_offset_s((naive - 86400) * 1000000);
	after = clock_offset_s((naive + 86400) * 1000000);
	first = clock_offset_s((naive - before) * 1000000) == before;
	second = clock_offset_s((naive - after) * 1000000) == after;
	if (!first && !second) {
		ret_us[0] = ret_us[1] = find_change(naive - 86400, naive + 86400) * 1000000;
		return 0;
	}
	ret_us[0] = (naive - (first ? before : after)) * 1000000;
	ret_us[1] = (naive - (second ? after : before)) * 1000000;
	return ret_us[0] == ret_us[1] ? 1 : 2;
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

bool clock_kernel_synced(void)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	/* negative: the door's unit does not let it ask, which vouches for nothing */
	return state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

static bool is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static bool set_from_rtc(void)
{
	CLEANUP(cleanup_fclose) FILE *f = fopen("/sys/class/rtc/rtc0/hctosys", "re");

	return f && fgetc(f) == '1';
}

void clock_read_facts(struct clock_facts *facts)
{
	facts->now_us = clock_wall_us();
	facts->kernel_synced =
		clock_kernel_synced() || is_there(CLOCK_WITNESS "/" CLOCK_WITNESS_FILE);
	facts->timesyncd_synced = is_there("/run/systemd/timesync/synchronized");
	facts->from_rtc = set_from_rtc();
}

static bool far_from_hub(const struct clock_facts *f)
{
	/* the hub's time is from outside: no difference of two of them may overflow */
	return f->has_hub && (f->hub_us < 0 || f->now_us - f->hub_us > CLOCK_HUB_TOLERANCE_US ||
				     f->hub_us - f->now_us > CLOCK_HUB_TOLERANCE_US);
}

static enum clock_trust doubt(enum clock_doubt why, enum clock_trust trust, enum clock_doubt *ret)
{
	*ret = why;
	return trust;
}

enum clock_trust clock_judge(const struct clock_facts *f, enum clock_doubt *ret_doubt)
{
	if (f->now_us < CLOCK_EPOCH_US)
		return doubt(CLOCK_DOUBT_EPOCH, CLOCK_TRUST_UNSET, ret_doubt);
	if (far_from_hub(f))
		return doubt(CLOCK_DOUBT_HUB, CLOCK_TRUST_UNSET, ret_doubt);
	/* only a synced clock may go below the floor */
	if (f->kernel_synced || f->timesyncd_synced)
		return doubt(CLOCK_DOUBT_NONE, CLOCK_TRUST_SYNCED, ret_doubt);
	if (f->now_us < f->floor_us)
		return doubt(CLOCK_DOUBT_FLOOR, CLOCK_TRUST_UNSET, ret_doubt);
	if (f->from_rtc)
		return doubt(CLOCK_DOUBT_NONE, CLOCK_TRUST_RTC, ret_doubt);
	return doubt(CLOCK_DOUBT_UNVOUCHED, CLOCK_TRUST_KEPT, ret_doubt);
}

int64_t clock_floor_next(int64_t floor_us, enum clock_trust trust, int64_t now_us)
{
	return trust == CLOCK_TRUST_SYNCED ? now_us : floor_us;
}

const char *clock_doubt_text(enum clock_doubt doubt)
{
	switch (doubt) {
	case CLOCK_DOUBT_NONE:
		return "";
	case CLOCK_DOUBT_EPOCH:
		return "the clock was never set; connect the network or fit a clock with a battery";
	case CLOCK_DOUBT_FLOOR:
		return "the clock is behind the last time known good; wait for synchronisation";
	case CLOCK_DOUBT_UNVOUCHED:
		return "nothing vouches for the clock; wait for synchronisation";
	case CLOCK_DOUBT_HUB:
		return "the clock is more than a day from the hub's; set the one that is wrong";
	}
	return "";
}

enum clock_trust clock_trust_now(int64_t floor_us)
{
	struct clock_facts facts = {.floor_us = floor_us};
	enum clock_doubt why;

	clock_read_facts(&facts);
	return clock_judge(&facts, &why);
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
