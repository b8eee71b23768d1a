/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wiring as it was resolved at start, kept in the run directory, so that --relock can drive the
 * strike to rest even after the configuration was broken by an edit.
 *
 * The file is one line: "tapin-wiring-2 STRIKE ACTIVE_LOW REST FIRE ACTIVE_LOW BIAS\n"; a line that
 * is not wired is "-".
 */
#pragma once

#include "base/util.h"
#include "door/conf.h"
#include "hw/gpio.h"

/* Writes run_directory/wiring. 0 or negative errno with err. */
int wiring_save(const struct door_conf *conf, char err[ERR_MAX]);

struct wiring {
	struct gpio_spec strike; /* to be requested at rest */
	struct gpio_spec fire;
};

/* Reads it back. 0, -ENOENT, -EBADMSG or negative errno. */
int wiring_load(const char *run_directory, struct wiring *ret_wiring);

/*
 * tapin-door --relock: drives the strike to rest and lets go of it; where the fire input says fire,
 * or its wire is broken, the strike is released, and where its line cannot be had nothing is done.
 * The saved wiring goes before the configuration, which may be NULL. 0 or negative errno with err;
 * ret_done says what was done.
 */
int wiring_relock(const char *run_directory, const struct door_conf *conf, char ret_done[ERR_MAX],
	char err[ERR_MAX]);
