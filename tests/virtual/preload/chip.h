/* SPDX-License-Identifier: Apache-2.0 */
/* The preload's side of gpio_wire.h. Every call has a connection of its own and a bounded wait. */
#pragma once

#include "../common/gpio_wire.h"

#pragma GCC visibility push(hidden) /* programs must not find these names */

/* Tells sockets apart for as long as the machine runs; 0: not a socket. */
uint64_t chip_cookie(int fd);

/*
 * Makes one call. Returns the connection, which has become what the call asked for and is the
 * caller's to close, or -1 and errno: the chip's answer, ENOENT (VIRTUAL_GPIO names no socket) or
 * ENODEV (nobody answers there).
 */
int chip_call(struct gpio_wire_call *call, struct gpio_wire_reply *ret_reply);

/* A new descriptor of the chip, or -1 and errno as above. */
int chip_open(struct gpiochip_info *ret_info);

#pragma GCC visibility pop
