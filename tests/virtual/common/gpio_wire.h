/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the preload and the simulated GPIO chip say to each other, over a SOCK_SEQPACKET socket of
 * one machine: one struct gpio_wire_call a packet, answered by one struct gpio_wire_reply.
 *
 * The descriptors a program gets for the chip and for its lines are themselves connections to the
 * simulator: it sees them close however their owner ends, and they carry nothing but edge events.
 * An ioctl on one goes over a connection of its own and names the descriptor by its SO_COOKIE, so
 * the preload keeps no table: dup, fork, exec and threads need no care.
 */
#pragma once

#include <linux/gpio.h>
#include <stdint.h>

#define GPIO_WIRE_MAGIC 0x31475654u /* "TVG1" */
#define GPIO_WIRE_TIMEOUT_MS 2000   /* then the chip is gone for this call */

enum gpio_wire_op {
	GPIO_WIRE_OPEN = 1,    /* this connection becomes a chip's descriptor; answers chip */
	GPIO_WIRE_REQUEST = 2, /* this connection becomes the line descriptor asked for by arg */
	GPIO_WIRE_IOCTL = 3,   /* one ioctl on the descriptor `target` */
};

union gpio_wire_arg {
	struct gpiochip_info chip;
	struct gpioline_info line;
	struct gpiohandle_request handle;
	struct gpioevent_request event;
	struct gpiohandle_config handle_config;
	struct gpiohandle_data data;
	struct gpio_v2_line_info line_v2;
	struct gpio_v2_line_request request_v2;
	struct gpio_v2_line_config config_v2;
	struct gpio_v2_line_values values_v2;
};

struct gpio_wire_call {
	uint32_t magic;
	uint32_t op;      /* enum gpio_wire_op */
	uint32_t request; /* the ioctl's number, low 32 bits */
	uint32_t zero;
	uint64_t self;   /* OPEN, REQUEST: SO_COOKIE of this connection */
	uint64_t target; /* REQUEST, IOCTL: SO_COOKIE of the descriptor the ioctl was made on */
	union gpio_wire_arg arg;
};

struct gpio_wire_reply {
	uint32_t magic;
	int32_t error; /* 0 or a positive errno */
	union gpio_wire_arg arg;
};
