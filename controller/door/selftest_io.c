/* SPDX-License-Identifier: Apache-2.0 */
/* Self-test: each output is driven for a moment, each input waited for. */
#include "base/clock.h"
#include "core/debounce.h"
#include "door/selftest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define DRIVE_MS 1000
#define BUZZ_MS 300
#define RESET_MS 100
#define INPUT_WAIT_MS 30000
#define RELOCK_TRIES 50 /* 20 ms apart: the kernel takes a moment to free a dead process's line */

/* ---- the guard ---- */

/* Its parent died: the line may stay as it was driven (hardware.md: kernels that keep it). */
static void relock(const struct gpio_spec *strike)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	struct gpio_line *line;
	char err[ERR_MAX];

	for (int i = 0; i < RELOCK_TRIES; i++) {
		/* the request itself drives the rest level (gpio.h) */
		if (gpio_line_request(strike, "tapin relock", &line, err) == 0) {
			gpio_line_free(line);
			return;
		}
		nanosleep(&pause, NULL);
	}
}

/* A process that relocks should this one be killed while it drives the strike. A byte through the
 * pipe lets it go; its end without one means death. */
static pid_t guard_start(const struct gpio_spec *strike, int *ret_fd)
{
	int fds[2];
	pid_t pid;
	char byte;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid != 0) {
		close(fds[0]);
		*ret_fd = fds[1];
		return pid < 0 ? -errno : pid;
	}
	close(fds[1]);
	setsid(); /* a signal to the terminal's group is not for it */
	if (read(fds[0], &byte, 1) != 1)
		relock(strike);
	_exit(0);
}

static void guard_end(pid_t pid, int fd)
{
	if (pid > 0 && write(fd, "r", 1) == 1)
		waitpid(pid, NULL, 0);
	close(fd);
}

/* ---- outputs ---- */

struct output {
	enum door_line line;
	unsigned drive_ms;
	const char *consumer;
	const char *question; /* NULL: nobody sees it */
	const char *mend;     /* where the person says no */
};

static const struct output outputs[] = {
	{DOOR_LINE_STRIKE, DRIVE_MS, "tapin strike", "did the lock release for a second?",
		"check the lock's supply, the relay and the wire to this line; active-low in "
		"[wiring] strike turns the level, [door] lock says which kind of lock it is"},
	{DOOR_LINE_GREEN, DRIVE_MS, "tapin green", "did the green light shine for a second?",
		"check the light's wire and resistor; active-low in [wiring] green turns the "
		"level"},
	{DOOR_LINE_RED, DRIVE_MS, "tapin red", "did the red light shine for a second?",
		"check the light's wire and resistor; active-low in [wiring] red turns the level"},
	{DOOR_LINE_BUZZER, BUZZ_MS, "tapin buzzer", "did the buzzer sound?",
		"check the buzzer's wire and polarity; active-low in [wiring] buzzer turns the "
		"level"},
	/* whether it comes back, the reader's own step tells */
	{DOOR_LINE_READER_RESET, RESET_MS, "tapin reader reset", NULL, NULL},
};

/* Drives the line and lets it rest again, whatever happens. The level that was read meanwhile, or
 * negative errno. */
static int drive(struct selftest *t, struct gpio_line *line, bool rest, unsigned ms)
{
	uint64_t end_ms = clock_mono_ms() + ms;
	int r = gpio_line_set(line, !rest), level = -EIO;

	if (r == 0)
		level = gpio_line_get(line);
	if (r == 0)
		while (clock_mono_ms() < end_ms && selftest_wait(t, -1, false, end_ms) >= 0)
			;
	if (gpio_line_set(line, rest) < 0 && r == 0)
		r = -EIO;
	return r < 0 ? r : level;
}

static void judge_output(struct selftest *t, const struct output *o, const char *resolved)
{
	const char *name = door_line_name(o->line);

	if (!t->asks || !o->question) {
		selftest_ok(t, name, "%s: driven, reads back as driven%s", resolved,
			o->question ? "; nobody was asked" : "");
		return;
	}
	switch (selftest_question(t, o->question)) {
	case SELFTEST_ANSWER_YES:
		selftest_ok(t, name, "%s: seen to work", resolved);
		return;
	case SELFTEST_ANSWER_NO:
		selftest_fail(t, name, o->mend, "%s: driven, and nothing was seen of it", resolved);
		return;
	case SELFTEST_ANSWER_SKIP:
		selftest_skip(t, name, "%s: driven, reads back as driven; nobody looked", resolved);
		return;
	}
}

static void try_line(struct selftest *t, const struct output *o, struct gpio_line *line, bool rest)
{
	const char *name = door_line_name(o->line), *resolved = gpio_line_resolved(line);
	int level;

	if (t->asks && o->question)
		printf("      %s: watch it, it is driven now\n", name);
	fflush(stdout);
	level = drive(t, line, rest, o->drive_ms);
	if (level < 0)
		selftest_fail(t, name, "check that this line is free to be an output",
			"%s: cannot be driven: %s", resolved, strerror(-level));
	else if ((level > 0) == rest)
		selftest_fail(t, name,
			"look for a short circuit, or something else that drives this line",
			"%s: driven to %d, reads back as %d", resolved, !rest, level);
	else
		judge_output(t, o, resolved);
}

static void try_output(struct selftest *t, const struct output *o)
{
	const struct gpio_spec *spec = &t->conf.lines[o->line];
	const char *name = door_line_name(o->line);
	bool strike = o->line == DOOR_LINE_STRIKE;
	struct gpio_line *line = NULL;
	char err[ERR_MAX];
	pid_t guard = 0;
	int fd = -1, r;

	if (!*spec->line) {
		selftest_skip(t, name, "not wired ([wiring] %s)%s", name,
			strike ? ": this is a check-in point" : "");
		return;
	}
	/* before the line is ours: the guard must not hold it too */
	if (strike)
		guard = guard_start(spec, &fd);
	r = guard < 0 ? guard : gpio_line_request(spec, o->consumer, &line, err);
	if (guard < 0)
		snprintf(err, sizeof(err), "no guard can be started: %s", strerror(-guard));
	if (r < 0)
		selftest_fail(t, name,
			r == -EBUSY ? "stop the program that holds it (gpioinfo shows it)"
				    : "gpioinfo lists the lines; write the right one into "
				      "[wiring]",
			"%s", err);
	else
		try_line(t, o, line, spec->initial);
	gpio_line_free(line);
	if (fd >= 0)
		guard_end(guard, fd);
}

void selftest_outputs(struct selftest *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(outputs) && !t->ended; i++)
		try_output(t, &outputs[i]);
}

/* ---- inputs ---- */

struct input {
	enum door_line line;
	const char *consumer;
	const char *request[2]; /* by the level now */
	const char *mend;
	const char *alarm; /* of a loop: what it says while it is not closed */
};

#define GROUND_MEND(WHAT, NAME)        \
	"check the wires of the " WHAT \
	"; wired to ground it wants \"active-low pull-up\" in [wiring] " NAME

static const struct input inputs[] = {
	{DOOR_LINE_EXIT, "tapin exit", {"press the exit button", "let go of the exit button"},
		GROUND_MEND("button", "exit"), NULL},
	{DOOR_LINE_CONTACT, "tapin contact",
		{"close the door (its contact reads open)", "open the door"},
		GROUND_MEND("contact and its magnet", "contact"), NULL},
	{DOOR_LINE_FIRE, "tapin fire",
		{"close the fire loop (it reads fire, or a broken wire)",
			"open the fire loop at the panel; it releases nothing now"},
		GROUND_MEND("loop, which is closed while there is no fire", "fire"),
		"fire, or a broken wire"},
	{DOOR_LINE_TAMPER, "tapin tamper",
		{"close the housing (its loop reads open)", "open the housing"},
		GROUND_MEND("loop, which is closed while the housing is", "tamper"),
		"an open housing, or a broken wire"},
	{DOOR_LINE_BOLT, "tapin bolt",
		{"throw the bolt (its contact reads drawn)", "draw the bolt"},
		GROUND_MEND("bolt's contact", "bolt"), NULL},
};

struct watch {
	struct gpio_line *line;
	struct debounce debounce;
	bool first; /* the level it began with */
	unsigned edges;
};

/* The edges that came, then the level itself: a kernel may have lost some. */
static void take_edges(struct watch *w)
{
	struct gpio_event event;
	int level;

	while (gpio_line_event(w->line, &event) > 0) {
		w->edges++;
		(void)debounce_edge(&w->debounce, event.value, event.mono_ns / 1000000);
	}
	level = gpio_line_get(w->line);
	if (level >= 0)
		(void)debounce_edge(&w->debounce, level > 0, clock_mono_ms());
}

/* 1 changed, 0 not in time, -ECANCELED skipped by the person, -EINTR ended. */
static int watch(struct selftest *t, struct watch *w)
{
	uint64_t until_ms = clock_mono_ms() + INPUT_WAIT_MS, shown_s = 0;

	while (w->debounce.stable == w->first && clock_mono_ms() < until_ms) {
		uint64_t next_ms = debounce_deadline(&w->debounce), tick_ms = clock_mono_ms() + 500;
		int r;

		selftest_countdown(t, until_ms, &shown_s);
		r = selftest_wait(
			t, gpio_line_fd(w->line), true, next_ms < tick_ms ? next_ms : tick_ms);
		if (r < 0)
			return r;
		if (r & SELFTEST_WAIT_TYPED && selftest_skipped(t))
			return -ECANCELED;
		take_edges(w);
	}
	return w->debounce.stable != w->first;
}

static void judge_input(struct selftest *t, const struct input *in, struct watch *w, int r)
{
	const char *name = door_line_name(in->line), *resolved = gpio_line_resolved(w->line);
	const char *was = w->first ? "active" : "inactive", *is = w->first ? "inactive" : "active";

	if (r == -ECANCELED)
		selftest_skip(t, name, "%s: reads %s; nobody moved it", resolved, was);
	else if (r == 0 && w->edges > 0)
		selftest_fail(t, name, in->mend,
			"%s: %u level changes in %d s, none that stayed for %u ms: still %s",
			resolved, w->edges, INPUT_WAIT_MS / 1000, t->conf.debounce_ms, was);
	else if (r == 0)
		selftest_fail(t, name, in->mend, "%s: stayed %s for %d s", resolved, was,
			INPUT_WAIT_MS / 1000);
	else
		selftest_ok(t, name, "%s: went from %s to %s, %u bounces", resolved, was, is,
			w->edges > 1 ? w->edges - 1 : 0);
}

static void try_level(struct selftest *t, const struct input *in, struct watch *w)
{
	const char *name = door_line_name(in->line), *resolved = gpio_line_resolved(w->line);
	int level = gpio_line_get(w->line);

	w->first = level > 0;
	debounce_init(&w->debounce, t->conf.debounce_ms, w->first);
	if (level < 0) {
		selftest_fail(
			t, name, in->mend, "%s: cannot be read: %s", resolved, strerror(-level));
	} else if (t->asks) {
		printf("      %s, within %d s; Enter skips it\n", in->request[w->first],
			INPUT_WAIT_MS / 1000);
		judge_input(t, in, w, watch(t, w));
	} else if (in->line == DOOR_LINE_EXIT && w->first) {
		selftest_fail(t, name, in->mend,
			"%s: reads active (pressed), and nobody was asked to press it", resolved);
	} else if (in->alarm && !w->first) {
		selftest_fail(t, name, in->mend, "%s: reads inactive: %s", resolved, in->alarm);
	} else {
		selftest_ok(t, name, "%s: reads %s; nobody was asked to move it", resolved,
			w->first ? "active" : "inactive");
	}
}

static void try_input(struct selftest *t, const struct input *in)
{
	const struct gpio_spec *spec = &t->conf.lines[in->line];
	const char *name = door_line_name(in->line);
	struct watch w = {0};
	char err[ERR_MAX];
	int r;

	if (!*spec->line) {
		selftest_skip(t, name, "not wired ([wiring] %s)", name);
		return;
	}
	r = gpio_line_request(spec, in->consumer, &w.line, err);
	if (r < 0) {
		selftest_fail(t, name,
			r == -EBUSY ? "stop the program that holds it (gpioinfo shows it)"
				    : "gpioinfo lists the lines; write the right one into "
				      "[wiring]",
			"%s", err);
		return;
	}
	try_level(t, in, &w);
	gpio_line_free(w.line);
}

void selftest_inputs(struct selftest *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(inputs) && !t->ended; i++)
		try_input(t, &inputs[i]);
}
