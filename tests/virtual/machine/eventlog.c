/* SPDX-License-Identifier: Apache-2.0 */
#include "eventlog.h"

#include <stdio.h>
#include <stdlib.h>

struct eventlog {
	uint64_t next;
	struct event events[EVENTLOG_MAX]; /* calloc: pages never written cost nothing */
};

struct eventlog *eventlog_new(void)
{
	struct eventlog *log = calloc(1, sizeof(*log));

	if (log)
		log->next = 1;
	return log;
}

struct eventlog *eventlog_free(struct eventlog *log)
{
	free(log);
	return NULL;
}

void eventlog_add(struct eventlog *log, uint64_t mono_ns, const char *text)
{
	struct event *event = &log->events[log->next % EVENTLOG_MAX];

	event->seq = log->next++;
	event->mono_ns = mono_ns;
	snprintf(event->text, sizeof(event->text), "%s", text);
}

uint64_t eventlog_first(const struct eventlog *log)
{
	return log->next > EVENTLOG_MAX ? log->next - EVENTLOG_MAX : 1;
}

uint64_t eventlog_next(const struct eventlog *log)
{
	return log->next;
}

const struct event *eventlog_get(const struct eventlog *log, uint64_t seq)
{
	if (seq < eventlog_first(log) || seq >= log->next)
		return NULL;
	return &log->events[seq % EVENTLOG_MAX];
}
