/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the machine below a door must bring for the strike's time to be bounded whatever breaks
 * (tapin-door(8), MACHINE): looked at once at start.
 */
#pragma once

#include <stdbool.h>

/* 1: this kernel leaves an output as it was when the program that held it is gone; 0: it does not;
 * -ENOENT: it has no such switch (only a Raspberry Pi's has). */
int machine_keeps_outputs(const char *root);

enum machine_watchdog {
	MACHINE_WATCHDOG_FED,  /* somebody feeds a hardware watchdog that bites in time */
	MACHINE_WATCHDOG_SLOW, /* somebody does, and it waits for longer than 15 s */
	MACHINE_WATCHDOG_IDLE, /* there is one, and nobody does */
	MACHINE_WATCHDOG_NONE,
};
enum machine_watchdog machine_watchdog(const char *root);

/* Logs a warning with its remedy for what is missing, where there is a strike. root: "/", or that
 * of a test. */
void machine_warn(bool strike, const char *root);
