/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the virtual GPIO chip: what gpio_sim.c, gpio_pin.c and gpio_uapi.c share. */
#pragma once

#include "../common/gpio_wire.h"
#include "gpio_sim.h"

#include <sys/un.h>

/* GPIO_V2_LINE_FLAG_x; what uAPI v1 says is translated to it */
#define F(flag) GPIO_V2_LINE_FLAG_##flag
#define FLAGS_DIRECTION (F(INPUT) | F(OUTPUT))
#define FLAGS_DRIVE (F(OPEN_DRAIN) | F(OPEN_SOURCE))
#define FLAGS_BIAS (F(BIAS_PULL_UP) | F(BIAS_PULL_DOWN) | F(BIAS_DISABLED))

enum client_kind {
	CLIENT_CALLER, /* a connection for single calls, or one that has not said what it is */
	CLIENT_CHIP,   /* a program's descriptor of the chip */
	CLIENT_LINES,  /* a program's descriptor of requested lines */
};

struct client {
	struct gpio_sim *sim;
	struct client *next;
	sd_event_source *source; /* owns fd */
	int fd;
	enum client_kind kind;
	uint64_t cookie;
	/* CLIENT_LINES: */
	bool v2;
	bool v1_event;
	bool told; /* its request was answered: from now on edges may be sent */
	unsigned n_lines;
	uint32_t offsets[GPIO_V2_LINES_MAX];
	uint32_t seqno;
};

struct line {
	char name[GPIO_MAX_NAME_SIZE];
	char consumer[GPIO_MAX_NAME_SIZE];
	struct client *owner;
	uint64_t flags; /* as shown */
	uint64_t pin;   /* direction, drive and bias the pin has, whoever set them */
	bool output;    /* physical, while pin & OUTPUT */
	bool driven;    /* from outside */
	bool outside;
	bool level;  /* physical, as last reported */
	bool broken; /* setting or reading it is an I/O error, and no edge is sent */
	uint32_t debounce_us;
	uint32_t seqno;
};

struct gpio_sim {
	struct line *lines;
	unsigned n_lines;
	char chip[GPIO_MAX_NAME_SIZE];
	char label[GPIO_MAX_NAME_SIZE];
	struct sockaddr_un address;
	bool persist_outputs;
	gpio_sim_level_fn level_fn;
	void *userdata;
	sd_event *event;
	sd_event_source *listener;
	struct client *clients;
	unsigned n_clients;
};

/* Copies a name, cut to 31 bytes and zero-filled. */
void gpio_pin_set_name(char out[GPIO_MAX_NAME_SIZE], const char *name);

/* A physical level as the line's owner sees it, and back. */
bool gpio_pin_logical(const struct line *line, bool physical);

/* Takes direction, drive, bias and first (logical) value over in one step: no glitch between. */
void gpio_pin_configure(struct gpio_sim *sim, struct line *line, uint64_t flags, bool value);

/* The owner is gone: the line keeps its level or becomes an input, by persist_outputs. */
void gpio_pin_let_go(struct gpio_sim *sim, struct line *line);

/* Reports the level, and the edge to the owner, if it is another than before. */
void gpio_pin_settle(struct gpio_sim *sim, struct line *line);

/* Answers an ioctl in place: 0 or negative errno, as the kernel does. */
int gpio_uapi_chip(struct gpio_sim *sim, uint32_t request, union gpio_wire_arg *arg);
int gpio_uapi_lines(struct client *client, uint32_t request, union gpio_wire_arg *arg);

/* Turns a new connection into the descriptor of the lines asked for. 0 or negative errno. */
int gpio_uapi_request(struct client *client, uint32_t request, union gpio_wire_arg *arg);
