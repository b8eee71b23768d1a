/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays a day of inputs to a door and prints what it did:
 *   day DOOR.CONF INPUTS          (INPUTS from days.py, the trace on standard output)
 *
 * Times are milliseconds of the day. Inputs, one a line, in order:
 *   MS midnight UNIX_MS       true time of millisecond 0 (the first line)
 *   MS start, MS stop         the program; a day begins and ends without it
 *   MS level LINE 0|1         logical level of an input line
 *   MS strike 0|1             broken, mended
 *   MS wall OFFSET_MS         the wall clock is so far from true time; MS synced 0|1
 *   MS hub 0|1                it is dead, or heard each minute; MS lift: root ends a lockdown
 *   MS tap UID, MS command VERB SECONDS, MS site LOCKDOWN, MS door MODE FROM_MS UNTIL_MS EVENT
 * Trace: "MS strike|green|red|buzzer 0|1",
 * "MS entry KIND REASON WALL_MS MONO_MS CARD ACTOR DETAIL" (CARD 0: none; +warn_passback at the
 * reason), "MS state NAME", "MS
 * pattern NAME" (both "-" while no program runs).
 */
#include "day.h"

#include "base/log.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct day day = {.now_us = DAY_START_MS * 1000, .synced = true, .hub = true};

static FILE *file;
static char line[256];
static uint64_t line_us;
static unsigned revision;

int __wrap_link_start(struct door *door, char err[ERR_MAX]);

void day_trace(const char *format, ...)
{
	va_list args;

	printf("%" PRIu64 " ", day.now_us / 1000 - DAY_START_MS);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* ---- the inputs ---- */

static void read_line(void)
{
	char *end;

	line_us = UINT64_MAX;
	if (!fgets(line, sizeof(line), file))
		return;
	line[strcspn(line, "\n")] = '\0';
	line_us = (strtoull(line, &end, 10) + DAY_START_MS) * 1000;
	memmove(line, end + 1, strlen(end));
}

uint64_t inputs_next_us(void)
{
	return line_us;
}

static void set_level(const char *name, bool level)
{
	enum door_line at = DOOR_LINE_EXIT;

	while (at < DOOR_LINE_COUNT && strcmp(door_line_name(at), name) != 0)
		at++;
	if (at == DOOR_LINE_COUNT || day.levels[at] == level)
		return;
	day.levels[at] = level;
	if (day.edge_count[at] < ARRAY_SIZE(day.edges[at]))
		day.edges[at][day.edge_count[at]++] = day.now_us;
}

/* The hub's signed time, as it comes each minute. */
static void hear(bool answered)
{
	struct sync_head head = {
		.time_us = day.midnight_us - (int64_t)(DAY_START_MS * 1000) + (int64_t)day.now_us};

	strcpy(head.site, day.door->conf.site);
	sync_heard_head(day.door, &head, answered);
}

static void set_hub(bool heard)
{
	if (day.door && day.hub)
		hear(false);
	day.hub = heard;
	if (day.door)
		day.door->sync.alone_ms = heard ? 0 : day.now_us / 1000;
}

/* What needs no program; false: another kind of line. */
static bool take_hardware_line(void)
{
	char name[32];
	long long number;

	if (sscanf(line, "level %31s %lld", name, &number) == 2)
		set_level(name, number != 0);
	else if (sscanf(line, "strike %lld", &number) == 1)
		day.strike_broken = number == 0;
	else if (sscanf(line, "wall %lld", &number) == 1)
		day.wall_off_us = number * 1000;
	else if (sscanf(line, "synced %lld", &number) == 1)
		day.synced = number != 0;
	else if (sscanf(line, "hub %lld", &number) == 1)
		set_hub(number != 0);
	else if (sscanf(line, "midnight %lld", &number) == 1)
		day.midnight_us = number * 1000;
	else
		return false;
	return true;
}

void inputs_take_hardware(void)
{
	while (line_us <= day.now_us && take_hardware_line())
		read_line();
}

static int64_t true_us(long long ms)
{
	return ms ? day.midnight_us + ms * 1000 : 0;
}

static void tap(const char *text)
{
	struct reader_card card = {.mono_us = day.now_us, .protocol = READER_PROTOCOL_ISO14443A};

	if (day.hub)
		hear(false);
	if (uid_parse(text, &card.uid) == 0)
		tap_card(day.door, &card);
}

/* As if its counter had just become durable. */
static void command(const char *verb, unsigned seconds)
{
	struct door_commands *commands = &day.door->commands;
	struct command *c = &commands->waiting[0].command;

	*c = (struct command){.seconds = seconds, .expires_us = INT64_MAX, .actor = "maya"};
	if (command_verb_parse(verb, &c->verb) < 0)
		return;
	commands->waiting[0].tag = 1;
	commands->waiting_count = 1;
	command_kept(day.door, 1, 0);
}

static void take_state(struct sync_answer *answer)
{
	strcpy(answer->site_state.site, day.door->conf.site);
	strcpy(answer->site_state.actor, "sam");
	strcpy(answer->door_state.site, day.door->conf.site);
	strcpy(answer->door_state.door, day.door->conf.door);
	strcpy(answer->door_state.actor, "dora");
	state_take_answer(day.door, answer);
}

static void site_state(bool lockdown)
{
	struct sync_answer answer = {.door_state = day.door->state.door,
		.site_state = {.revision = {1, ++revision}, .lockdown = lockdown}};

	take_state(&answer);
}

static void door_state(const char *mode, long long from_ms, long long until_ms, bool event)
{
	struct sync_answer answer = {.site_state = day.door->state.site,
		.door_state = {.revision = {1, ++revision},
			.hold_from_us = true_us(from_ms),
			.hold_until_us = true_us(until_ms),
			.event = event}};

	if (door_mode_parse(mode, &answer.door_state.mode) == 0)
		take_state(&answer);
}

/* What goes to the running program. */
static void take_program_line(void)
{
	char name[32], done[ERR_MAX];
	long long from, until;
	unsigned number;

	if (strcmp(line, "stop") == 0)
		day.stop = true;
	else if (strcmp(line, "lift") == 0)
		(void)lift_ask(&day.door->conf, done, done);
	else if (sscanf(line, "tap %31s", name) == 1)
		tap(name);
	else if (sscanf(line, "command %31s %u", name, &number) == 2)
		command(name, number);
	else if (sscanf(line, "site %u", &number) == 1)
		site_state(number != 0);
	else if (sscanf(line, "door %31s %lld %lld %u", name, &from, &until, &number) == 4)
		door_state(name, from, until, number != 0);
	else
		fprintf(stderr, "day: \"%s\" is no input\n", line), exit(1);
}

bool inputs_take_one(void)
{
	if (line_us > day.now_us || day.stop)
		return false;
	take_program_line();
	read_line();
	return true;
}

/* ---- the door ---- */

/* In the place of the reader's socket; here a start comes to its end, and the hub's time is there.
 */
int __wrap_link_start(struct door *door, char err[ERR_MAX])
{
	(void)err;
	door->reader.state = READER_STATE_OK;
	if (day.door)
		return 0;
	day.door = door;
	hear(true);
	set_hub(day.hub);
	lights_refresh(door);
	return 0;
}

void inputs_moment_over(void)
{
	static const char *state = "-", *pattern = "-";
	const char *is = "-", *shows = "-";

	if (!day.stop) {
		is = doorway_state_name(day.door->doorway.state);
		shows = pattern_name(day.door->lights.pattern);
	}
	if (strcmp(is, state) != 0)
		day_trace("state %s", is);
	if (strcmp(shows, pattern) != 0)
		day_trace("pattern %s", shows);
	state = is;
	pattern = shows;
}

static void run(const struct door_conf *conf)
{
	day.stop = false;
	for (size_t i = 0; i < DOOR_LINE_COUNT; i++)
		day.edge_count[i] = 0;
	if (door_run(conf) < 0)
		exit(1);
	day.door = NULL;
}

int main(int argc, char **argv)
{
	struct door_conf conf;
	char err[ERR_MAX];

	log_open("day", LOG_LEVEL_WARNING);
	if (argc != 3 || door_conf_load(argv[1], &conf, err) < 0 ||
		!(file = fopen(argv[2], "re"))) {
		fprintf(stderr, "usage: day DOOR.CONF INPUTS\n");
		return 2;
	}
	read_line();
	while (line_us != UINT64_MAX) {
		bool start = strcmp(line, "start") == 0;

		day.now_us = line_us;
		if (!start && !take_hardware_line())
			fprintf(stderr, "day: \"%s\": no program runs\n", line), exit(1);
		read_line();
		if (start)
			run(&conf);
	}
	fclose(file);
	return 0;
}
