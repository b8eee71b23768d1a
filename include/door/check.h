/* SPDX-License-Identifier: Apache-2.0 */
/* tapin-door --check: what the configured lines are on this machine. */
#pragma once

#include "door/conf.h"

/*
 * Prints what each wired line is found to be, and logs those that are not there, fit two, are used
 * twice, or are held by another program, by its name. Touches none. False: one of them is not to
 * be had. True also where there is no chip, or this user may not look: that is said.
 */
bool check_lines(const struct door_conf *conf);

/* Says what a door without a strike is, and which settings mean nothing there. */
void check_purpose(const struct door_conf *conf);
