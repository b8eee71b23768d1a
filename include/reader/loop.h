/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tapin-reader's one thread: polls the reader, tells the door, serves its exchanges, and gets over
 * faults of either side.
 *
 * Reader: select every poll_ms; one error is tried again at once (a late answer spoils one
 * exchange, T10), two in a row are a fault: close, wait 0.2 s doubling to 5 s, open again, for
 * ever. A device file that went and comes back is opened at once. The wait starts again from
 * 0.2 s when the reader has worked for 10 s.
 *
 * Cards of other kinds (ISO14443B, FeliCa) are looked for one kind at a time, at most every 80 ms,
 * in the pause between two selects that find no card of type A, so that these lose no time. A card
 * that shows itself as several kinds counts as its type A. While one of another kind lies there, it
 * alone is looked for. For 10 s after an error there are no such looks: a late answer to one would
 * be taken for the answer to the other.
 *
 * Liveness: WATCHDOG=1 after each good answer and after each attempt to open that came back. So the
 * service manager's watchdog ends this process only when libnfc does not return; a reader that is
 * unplugged restarts nothing. What is known about the reader goes to the door: ALIVE with the age
 * of the last good answer, FAULT and OK.
 */
#pragma once

#include "reader/client.h"
#include "reader/nfc.h"
#include "reader/presence.h"

struct reader_loop_settings {
	const char *socket_path;
	uint32_t poll_ms;
	uint32_t misses;
};

struct reader_loop {
	struct reader_port port;
	uint64_t (*now_us)(void);          /* CLOCK_MONOTONIC */
	void (*notify)(const char *state); /* sd_notify's text */
	uint32_t poll_ms;
	struct reader_client client;
	struct presence presence;
	uint32_t told; /* handle of the card that this connection was told of, or 0 */
	bool open;
	bool missing;             /* closed because the device file is missing */
	uint32_t errors;          /* in a row */
	enum reader_look other;   /* looked for last, beside type A */
	enum reader_look present; /* how the card that presence has was found */
	uint32_t unknown;         /* bits of the kinds that this reader cannot look for */
	uint64_t other_at;
	int fault; /* errno of the fault that lasts, or 0 */
	char fault_text[ERR_MAX];
	uint64_t good_ms; /* when the hardware last answered; 0: never */
	uint64_t fed_ms;  /* when the watchdog was last fed */
	uint64_t opened_ms;
	uint64_t fault_ms;
	uint64_t select_at; /* times of CLOCK_MONOTONIC in ms at which things are due */
	uint64_t open_at;
	uint64_t connect_at;
	uint64_t alive_at;
	uint32_t open_wait_ms;
	uint32_t connect_wait_ms;
};

/* 0, or negative errno with err (the socket's path). Nothing is opened or connected yet. */
int reader_loop_init(struct reader_loop *loop, const struct reader_loop_settings *settings,
	const struct reader_port *port, uint64_t (*now_us)(void), void (*notify)(const char *state),
	char err[ERR_MAX]);

/* Does what is due: at most one record from the door and one call of the hardware. Returns in how
 * many ms the next thing is due. */
uint32_t reader_loop_turn(struct reader_loop *loop);

/* Turns until stop_fd is readable. 0 or negative errno. */
int reader_loop_run(struct reader_loop *loop, int stop_fd);

/* Closes the reader and the connection. */
void reader_loop_close(struct reader_loop *loop);
