/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, newest EVENTLOG_MAX kept. Events are numbered from 1 and never renumbered. */
#pragma once

#include <stdint.h>

#define EVENTLOG_MAX 100000u
#define EVENTLOG_TEXT_MAX 112

struct event {
	uint64_t seq;
	uint64_t mono_ns; /* CLOCK_MONOTONIC */
	char text[EVENTLOG_TEXT_MAX];
};

struct eventlog;

struct eventlog *eventlog_new(void); /* NULL: no memory */
struct eventlog *eventlog_free(struct eventlog *log);

void eventlog_add(struct eventlog *log, uint64_t mono_ns, const char *text);

/* First event kept, and the one that will be written next. Equal: the log is empty. */
uint64_t eventlog_first(const struct eventlog *log);
uint64_t eventlog_next(const struct eventlog *log);

/* NULL unless first <= seq < next. Good until the next eventlog_add. */
const struct event *eventlog_get(const struct eventlog *log, uint64_t seq);
