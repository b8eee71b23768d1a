/* SPDX-License-Identifier: Apache-2.0 */
/* The clock and as much of sd-event as a door uses, in simulated time. */
#include "day.h"

#include <stdlib.h>

#define SOURCES_MAX 64
/* So many turns within a millisecond are a loop that never sleeps. */
#define TURNS_MAX 10000

struct sd_event_source {
	bool used;
	int enabled;
	int64_t priority;
	uint64_t usec; /* timers */
	int fd;        /* -1: a timer */
	sd_event_time_handler_t on_time;
	sd_event_io_handler_t on_io;
	void *userdata;
};

static struct sd_event_source sources[SOURCES_MAX];

/* ---- the clock: the linker puts these in the place of base/clock.c's ---- */

uint64_t __wrap_clock_mono_us(void);
uint64_t __wrap_clock_mono_ms(void);
int64_t __wrap_clock_wall_us(void);
void __wrap_clock_read_facts(struct clock_facts *facts);

uint64_t __wrap_clock_mono_us(void)
{
	return day.now_us;
}

uint64_t __wrap_clock_mono_ms(void)
{
	return day.now_us / 1000;
}

int64_t __wrap_clock_wall_us(void)
{
	return day.midnight_us + (int64_t)(day.now_us - DAY_START_MS * 1000) + day.wall_off_us;
}

void __wrap_clock_read_facts(struct clock_facts *facts)
{
	facts->now_us = __wrap_clock_wall_us();
	facts->kernel_synced = day.synced;
	facts->timesyncd_synced = facts->from_rtc = false;
}

/* ---- sources ---- */

static int add(sd_event_source **ret, struct sd_event_source source)
{
	for (size_t i = 0; i < SOURCES_MAX; i++)
		if (!sources[i].used) {
			sources[i] = source;
			sources[i].used = true;
			*ret = &sources[i];
			return 0;
		}
	return -ENOMEM;
}

int sd_event_add_time(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec,
	uint64_t accuracy, sd_event_time_handler_t callback, void *userdata)
{
	struct sd_event_source source = {.enabled = SD_EVENT_ONESHOT,
		.usec = usec,
		.fd = -1,
		.on_time = callback,
		.userdata = userdata};

	(void)event;
	(void)clock;
	(void)accuracy;
	return add(ret, source);
}

int sd_event_add_time_relative(sd_event *event, sd_event_source **ret, clockid_t clock,
	uint64_t usec, uint64_t accuracy, sd_event_time_handler_t callback, void *userdata)
{
	return sd_event_add_time(
		event, ret, clock, day.now_us + usec, accuracy, callback, userdata);
}

int sd_event_add_io(sd_event *event, sd_event_source **ret, int fd, uint32_t events,
	sd_event_io_handler_t callback, void *userdata)
{
	struct sd_event_source source = {
		.enabled = SD_EVENT_ON, .fd = fd, .on_io = callback, .userdata = userdata};

	(void)event;
	(void)events;
	return add(ret, source);
}

int sd_event_source_set_time(sd_event_source *source, uint64_t usec)
{
	source->usec = usec;
	return 0;
}

int sd_event_source_set_enabled(sd_event_source *source, int enabled)
{
	if (source)
		source->enabled = enabled;
	return 0;
}

int sd_event_source_get_enabled(sd_event_source *source, int *ret)
{
	*ret = source->enabled;
	return 0;
}

int sd_event_source_set_priority(sd_event_source *source, int64_t priority)
{
	source->priority = priority;
	return 0;
}

sd_event_source *sd_event_source_disable_unref(sd_event_source *source)
{
	if (source)
		source->used = false;
	return NULL;
}

int sd_event_add_signal(sd_event *event, sd_event_source **ret, int sig,
	sd_event_signal_handler_t callback, void *userdata)
{
	(void)event;
	(void)ret;
	(void)sig;
	(void)callback;
	(void)userdata;
	return 0;
}

int sd_event_default(sd_event **ret)
{
	*ret = NULL;
	return 0;
}

sd_event *sd_event_unref(sd_event *event)
{
	(void)event;
	return NULL;
}

/* ---- the loop ---- */

static bool is_due(const struct sd_event_source *s)
{
	if (!s->used || s->enabled == SD_EVENT_OFF)
		return false;
	return s->fd < 0 ? s->usec <= day.now_us : below_readable(s->fd);
}

/* The most urgent one that is due; of equals the one that was made first. */
static struct sd_event_source *next_due(void)
{
	struct sd_event_source *found = NULL;

	for (size_t i = 0; i < SOURCES_MAX; i++)
		if (is_due(&sources[i]) && (!found || sources[i].priority < found->priority))
			found = &sources[i];
	return found;
}

static void dispatch(struct sd_event_source *s)
{
	if (s->enabled == SD_EVENT_ONESHOT)
		s->enabled = SD_EVENT_OFF;
	if (s->fd < 0)
		s->on_time(s, s->usec, s->userdata);
	else
		s->on_io(s, s->fd, 0, s->userdata);
}

static uint64_t next_us(void)
{
	uint64_t next = inputs_next_us();

	for (size_t i = 0; i < SOURCES_MAX; i++)
		if (sources[i].used && sources[i].enabled != SD_EVENT_OFF && sources[i].fd < 0 &&
			sources[i].usec < next)
			next = sources[i].usec;
	return next;
}

int sd_event_loop(sd_event *event)
{
	unsigned turns = 0;

	(void)event;
	for (;;) {
		struct sd_event_source *s;

		while ((s = next_due()) && turns++ < TURNS_MAX)
			dispatch(s);
		if (s)
			fprintf(stderr, "day: the loop never sleeps\n"), exit(1);
		if (inputs_take_one())
			continue;
		inputs_moment_over();
		turns = 0;
		if (day.stop)
			return 0;
		day.now_us = next_us();
		inputs_take_hardware();
	}
}
