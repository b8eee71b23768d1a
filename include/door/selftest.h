/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tapin-door --selftest: walks an installer through everything a door needs, one line each:
 *
 *   ok    strike          gpiochip0 [pinctrl-bcm2711] 17 GPIO17: driven for 1 s, it released
 *   FAIL  broker          broker 10.0.0.2:1883: Connection refused
 *         mend:           …
 *
 * It asks where only a person can see (did it light?) or act (press the button), and only at a
 * terminal. It takes the place of the running door: that must be stopped. Whatever ends it, the
 * strike is at rest afterwards: signals are waited for, and a guard process relocks after a kill.
 */
#pragma once

#include "base/util.h"
#include "door/conf.h"
#include "door/door.h"
#include "store/cache.h"
#include "wire/sync.h"
#include <stdbool.h>
#include <stdint.h>

/* True: everything is right. False: not, or it was ended; standard output says what. */
bool door_selftest(const char *conf_file, bool unattended);

/* ---- its parts ---- */

struct selftest {
	const char *conf_file;
	struct door_conf conf;
	bool asks;     /* a person sits at the terminal */
	int signal_fd; /* SIGINT, SIGTERM, SIGHUP, SIGQUIT */
	bool ended;    /* by one of them */
	unsigned good, bad, warned, skipped;
	/* what a step leaves to later ones */
	struct door_keys keys; /* loaded: this door's and, provisioned, the site's */
	bool has_heard;
	struct sync_head heard; /* the newest of the hub's times that is kept */
	bool has_roster;
	struct cache_head roster;
	bool has_hub;
	struct sync_head hub; /* what the hub answered just now */
	struct mqtt *mqtt;    /* connected */
};

enum selftest_wait {
	SELFTEST_WAIT_FD = 1,
	SELFTEST_WAIT_TYPED = 2,
};

enum selftest_answer {
	SELFTEST_ANSWER_YES,
	SELFTEST_ANSWER_NO,
	SELFTEST_ANSWER_SKIP,
};

/* One line each; mend says what to do. After the end was asked for nothing is said any more. */
void selftest_ok(struct selftest *t, const char *thing, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void selftest_skip(struct selftest *t, const char *thing, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* It works, but not when something else breaks. */
void selftest_warn(struct selftest *t, const char *thing, const char *mend, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void selftest_fail(struct selftest *t, const char *thing, const char *mend, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Waits for fd (-1: none) to be readable, where typed for a line on the terminal, at most so long:
 * enum selftest_wait bits, 0 when the time is over, or -EINTR when the end was asked for.
 */
int selftest_wait(struct selftest *t, int fd, bool typed, uint64_t until_ms);
/* Takes the line that was typed: its first letter in lower case; 0: an empty line or none. */
char selftest_typed(struct selftest *t);
/* Takes it: it was "skip" or an empty line. */
bool selftest_skipped(struct selftest *t);
/* Asks; SKIP without a person. */
enum selftest_answer selftest_question(struct selftest *t, const char *question);
/* "12 s left" at most once a second, on the line below the request. */
void selftest_countdown(const struct selftest *t, uint64_t until_ms, uint64_t *shown_s);

void selftest_keys(struct selftest *t);
void selftest_kept(struct selftest *t); /* reads, says nothing but what is damaged */
void selftest_disk(struct selftest *t);
void selftest_clock(struct selftest *t);
void selftest_persistence(struct selftest *t);
void selftest_watchdog(struct selftest *t);
void selftest_outputs(struct selftest *t);
void selftest_inputs(struct selftest *t);
void selftest_reader(struct selftest *t);
void selftest_broker(struct selftest *t);
void selftest_hub(struct selftest *t);
void selftest_roster(struct selftest *t);
