/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks, and how far the wall clock can be believed. */
#pragma once

#include "core/civil.h"
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

/* "2026-11-22T09:30:01.123Z"; needs 25 bytes. */
void clock_format_utc(int64_t wall_us, char out[25]);

/*
 * Trust in the wall clock now: SYNCED by the kernel (adjtimex without STA_UNSYNC) or timesyncd's
 * flag file, RTC where the kernel set the clock from one, KEPT at or after floor_us, else UNSET
 * (hardware.md F).
 */
enum clock_trust clock_trust_now(int64_t floor_us);

/* "unset", "kept", "rtc", "synced". */
const char *clock_trust_name(enum clock_trust trust);
