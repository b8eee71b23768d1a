/* SPDX-License-Identifier: Apache-2.0 */
/* A roll call for a warden: plain text, for a terminal or paper. */
#pragma once

#include "wire/rollcall.h"
#include <stdio.h>

#define ROLLCALL_OLD_S 660 /* the hub seals one every five minutes, and then another was missed */

/* Prints the list as it is at now_us, in the list's zone (which becomes the process's). */
void rollcall_print(FILE *out, const struct rollcall *list, int64_t now_us);
