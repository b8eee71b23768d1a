/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wiring as it was resolved at start, kept in the run directory, so that --relock can drive the
 * strike to rest even after the configuration was broken by an edit.
 *
 * The file is one line: "tapin-wiring-1 LINE ACTIVE_LOW REST\n".
 */
#pragma once

#include "base/util.h"
#include "door/conf.h"
#include "hw/gpio.h"

/* Writes run_directory/wiring. 0 or negative errno with err. */
int wiring_save(const struct door_conf *conf, char err[ERR_MAX]);

/* Reads it back: the strike, to be requested at rest. 0, -ENOENT, -EBADMSG or negative errno. */
int wiring_load(const char *run_directory, struct gpio_spec *ret_strike);

/*
 * tapin-door --relock: drives the strike to rest and lets go of it. The saved wiring goes before
 * the configuration, which may be NULL. 0 or negative errno with err; ret_done says what was done.
 */
int wiring_relock(const char *run_directory, const struct door_conf *conf, char ret_done[ERR_MAX],
	char err[ERR_MAX]);
