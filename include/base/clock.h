/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks, and how far the wall clock can be believed. */
#pragma once

#include "core/civil.h"
#include <stdbool.h>
#include <stdint.h>

/* CLOCK_MONOTONIC in microseconds and milliseconds. */
uint64_t clock_mono_us(void);
uint64_t clock_mono_ms(void);

/* CLOCK_REALTIME in microseconds since 1970 UTC. */
int64_t clock_wall_us(void);

/* This boot's id, 16 bytes; 0 or negative errno. */
int clock_boot_id(uint8_t out[16]);

/* Local civil time of the process's zone (tzset once at start). 0 or -EINVAL. */
int clock_civil(int64_t wall_us, struct civil *ret_civil);

/*
 * The other way: the instants at which the process's zone shows this civil time (its minute and
 * second). Fills ret_us and gives how many:
 *   1  the usual case: ret_us[0] and ret_us[1] are the same;
 *   2  the clocks go back over this time: ret_us[0] is the first pass, ret_us[1] the second;
 *   0  the clocks skip this time: both are the instant of the change, the first moment after it.
 * -EINVAL for a time that civil_valid refuses. A window of hours that starts in the skipped hour so
 * starts when the clocks have changed; in the repeated hour a rule holds in both passes, because
 * clock_civil gives both the same civil minute.
 */
int clock_instants(const struct civil *civil, int64_t ret_us[2]);

/* Seconds that local time is ahead of UTC at this instant (3600 in British summer time). */
int32_t clock_offset_s(int64_t wall_us);

/*
 * A stretch around an instant in which that offset holds: to the day, at most CLOCK_STEADY_DAYS
 * each way, so it may end a day before the clocks change. Zones change less than daily.
 */
#define CLOCK_STEADY_DAYS 200
void clock_steady(int64_t wall_us, int64_t *ret_from_us, int64_t *ret_until_us);

/* "2026-11-22T09:30:01.123Z"; needs 25 bytes. */
void clock_format_utc(int64_t wall_us, char out[25]);

/*
 * The kernel's word that some time daemon keeps its clock. Where the unit's filter forbids the call
 * it is false; tapin-clock.service asks instead and keeps a file there as long as it is true.
 */
bool clock_kernel_synced(void);
#define CLOCK_WITNESS "/run/tapin-clock"
#define CLOCK_WITNESS_FILE "synchronized"

/* What is known of the wall clock at one moment. */
struct clock_facts {
	int64_t now_us;        /* wall clock */
	int64_t floor_us;      /* the last time known good; 0: none */
	bool kernel_synced;    /* adjtimex without STA_UNSYNC, or the witness says so */
	bool timesyncd_synced; /* its flag file */
	bool from_rtc;         /* the kernel set the clock from a battery-backed one */
	bool has_hub;          /* a signed time of the hub was heard since the boot */
	int64_t hub_us;        /* that time, and the monotonic time passed since */
};

/* Why the clock is not believed, for the log and the alarm. */
enum clock_doubt {
	CLOCK_DOUBT_NONE,
	CLOCK_DOUBT_EPOCH, /* before any time of ours: a board without a battery that just woke */
	CLOCK_DOUBT_FLOOR, /* before the last time known good */
	CLOCK_DOUBT_UNVOUCHED, /* kept: nothing vouches for it */
	CLOCK_DOUBT_HUB,       /* more than a day from the hub's signed time: an alarm */
};

#define CLOCK_HUB_TOLERANCE_US (86400LL * 1000000)

/*
 * The policy of design.md section 6, pure. UNSET before 2026 and more than a day from the hub's
 * time, whatever vouches for it; else SYNCED by the kernel or timesyncd, which alone may be below
 * the floor; else UNSET below the floor, RTC where the clock comes from one, KEPT otherwise.
 */
enum clock_trust clock_judge(const struct clock_facts *facts, enum clock_doubt *ret_doubt);

/* The floor after this moment: only a synced clock moves it, up or down. */
int64_t clock_floor_next(int64_t floor_us, enum clock_trust trust, int64_t now_us);

/* One sentence for the log, naming the remedy; "" for CLOCK_DOUBT_NONE. */
const char *clock_doubt_text(enum clock_doubt doubt);

/* Reads everything but floor, has_hub and hub_us, which are the caller's (hardware.md F). */
void clock_read_facts(struct clock_facts *facts);

/* Trust in the wall clock now, without a hub. */
enum clock_trust clock_trust_now(int64_t floor_us);

/* "unset", "kept", "rtc", "synced". */
const char *clock_trust_name(enum clock_trust trust);
