/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the steps, what a person is told and asked, and how it all ends. */
#include "door/selftest.h"

#include "base/clock.h"
#include "base/log.h"
#include "door/provision.h"

#include <ctype.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>

#define LINE "%-4s  %-14s  "

/* ---- what is said ---- */

static void say(struct selftest *t, const char *word, const char *thing, const char *format,
	va_list args) __attribute__((format(printf, 4, 0)));
static void say(
	struct selftest *t, const char *word, const char *thing, const char *format, va_list args)
{
	char text[ERR_MAX];

	vsnprintf(text, sizeof(text), format, args);
	/* a countdown may stand on this line */
	printf("%s" LINE "%s\n", t->asks ? "\r\033[K" : "", word, thing, text);
	fflush(stdout);
}

void selftest_ok(struct selftest *t, const char *thing, const char *format, ...)
{
	va_list args;

	if (t->ended)
		return;
	va_start(args, format);
	say(t, "ok", thing, format, args);
	va_end(args);
	t->good++;
}

void selftest_skip(struct selftest *t, const char *thing, const char *format, ...)
{
	va_list args;

	if (t->ended)
		return;
	va_start(args, format);
	say(t, "skip", thing, format, args);
	va_end(args);
	t->skipped++;
}

void selftest_warn(struct selftest *t, const char *thing, const char *mend, const char *format, ...)
{
	va_list args;

	if (t->ended)
		return;
	va_start(args, format);
	say(t, "warn", thing, format, args);
	va_end(args);
	printf(LINE "%s\n", "", "  mend:", mend);
	fflush(stdout);
	t->warned++;
}

void selftest_fail(struct selftest *t, const char *thing, const char *mend, const char *format, ...)
{
	va_list args;

	if (t->ended)
		return;
	va_start(args, format);
	say(t, "FAIL", thing, format, args);
	va_end(args);
	printf(LINE "%s\n", "", "  mend:", mend);
	fflush(stdout);
	t->bad++;
}

/* ---- what is waited for and asked ---- */

static uint64_t left_ms(uint64_t until_ms)
{
	uint64_t now_ms = clock_mono_ms();

	return until_ms > now_ms ? until_ms - now_ms : 0;
}

int selftest_wait(struct selftest *t, int fd, bool typed, uint64_t until_ms)
{
	struct pollfd fds[] = {
		{.fd = t->signal_fd, .events = POLLIN},
		{.fd = fd, .events = POLLIN},
		{.fd = typed && t->asks ? STDIN_FILENO : -1, .events = POLLIN},
	};
	int n;

	if (t->ended)
		return -EINTR;
	n = poll(fds, ARRAY_SIZE(fds), (int)left_ms(until_ms));
	if (fds[0].revents) {
		t->ended = true;
		return -EINTR;
	}
	if (n <= 0)
		return 0;
	return (fds[1].revents ? SELFTEST_WAIT_FD : 0) | (fds[2].revents ? SELFTEST_WAIT_TYPED : 0);
}

char selftest_typed(struct selftest *t)
{
	char line[256];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line));

	if (n <= 0)
		t->asks = false; /* the terminal is gone */
	for (ssize_t i = 0; i < n; i++)
		if (!isspace((unsigned char)line[i]))
			return (char)tolower((unsigned char)line[i]);
	return 0;
}

bool selftest_skipped(struct selftest *t)
{
	char c = selftest_typed(t);

	return c == 's' || c == 0;
}

enum selftest_answer selftest_question(struct selftest *t, const char *question)
{
	while (t->asks) {
		char c;

		printf("      %s [y/n/skip] ", question);
		fflush(stdout);
		if (selftest_wait(t, -1, true, clock_mono_ms() + 600000) != SELFTEST_WAIT_TYPED)
			return SELFTEST_ANSWER_SKIP;
		c = selftest_typed(t);
		if (c == 'y')
			return SELFTEST_ANSWER_YES;
		if (c == 'n')
			return SELFTEST_ANSWER_NO;
		if (c == 's')
			return SELFTEST_ANSWER_SKIP;
	}
	return SELFTEST_ANSWER_SKIP;
}

void selftest_countdown(const struct selftest *t, uint64_t until_ms, uint64_t *shown_s)
{
	uint64_t left_s = (left_ms(until_ms) + 999) / 1000;

	if (!t->asks || left_s == *shown_s)
		return;
	*shown_s = left_s;
	printf("\r\033[K      %llu s left", (unsigned long long)left_s);
	fflush(stdout);
}

/* ---- before the first step ---- */

/* The door's user and groups, as its unit gives them: root would find everything permitted. */
static int become_door(const struct door_conf *conf, char err[ERR_MAX])
{
	static const char *const names[] = {"gpio", "tapin-reader"};
	gid_t groups[ARRAY_SIZE(names)];
	struct stat owner;
	size_t count = 0;

	if (geteuid() != 0 || stat(conf->store_directory, &owner) < 0 || owner.st_uid == 0)
		return 0;
	/* the unit makes it at the door's first start; the reader's socket lies in it */
	if (mkdir(conf->run_directory, 0755) == 0 &&
		lchown(conf->run_directory, owner.st_uid, owner.st_gid) < 0) {
		snprintf(err, ERR_MAX, "%s: cannot be given to user %u: %s", conf->run_directory,
			owner.st_uid, strerror(errno));
		return -EPERM;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct group *group = getgrnam(names[i]);

		if (group)
			groups[count++] = group->gr_gid;
	}
	if (setgroups(count, groups) == 0 && setgid(owner.st_gid) == 0 && setuid(owner.st_uid) == 0)
		return 0;
	snprintf(err, ERR_MAX, "%s: cannot act as its owner, user %u: %s", conf->store_directory,
		owner.st_uid, strerror(errno));
	return -EPERM;
}

/* Blocked from here on: they are looked at where something is waited for, so that nothing ends in
 * the middle of driving the strike. A stop by the terminal (Ctrl-Z) would hold it. */
static int take_signals(void)
{
	sigset_t end;

	sigemptyset(&end);
	sigaddset(&end, SIGTSTP);
	sigprocmask(SIG_BLOCK, &end, NULL);
	sigdelset(&end, SIGTSTP);
	sigaddset(&end, SIGINT);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGHUP);
	sigaddset(&end, SIGQUIT);
	sigprocmask(SIG_BLOCK, &end, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &end, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* False: it was said why nothing can be tried. */
static bool prepare(struct selftest *t)
{
	char err[ERR_MAX] = "";

	if (door_conf_load(t->conf_file, &t->conf, err) < 0) {
		selftest_fail(t, "configuration",
			"edit that file; tapin-door.conf.example explains every key", "%s", err);
		return false;
	}
	if (provision_door_runs(&t->conf)) {
		selftest_fail(t, "service",
			"stop it (systemctl stop tapin-door), test, and start it again "
			"(systemctl start tapin-door)",
			"tapin-door is running: it holds the lines and the reader's socket");
		return false;
	}
	if (become_door(&t->conf, err) < 0 || crypto_init() < 0) {
		selftest_fail(t, "user", "run this as root or as the door's user", "%s",
			*err ? err : "no random numbers are to be had");
		return false;
	}
	setenv("TZ", t->conf.timezone, 1);
	tzset();
	selftest_ok(t, "configuration", "%s: door %s of site %s", t->conf_file, t->conf.door,
		t->conf.site);
	return true;
}

/* ---- the whole ---- */

static void walk(struct selftest *t)
{
	static void (*const steps[])(struct selftest *) = {selftest_keys, selftest_disk,
		selftest_kept, selftest_clock, selftest_persistence, selftest_watchdog,
		selftest_outputs, selftest_inputs, selftest_reader, selftest_broker, selftest_hub,
		selftest_roster};

	for (size_t i = 0; i < ARRAY_SIZE(steps) && !t->ended; i++)
		steps[i](t);
	t->mqtt = mqtt_close(t->mqtt, NULL, NULL, 1000);
	crypto_wipe(&t->keys, sizeof(t->keys));
}

bool door_selftest(const char *conf_file, bool unattended)
{
	struct selftest t = {.conf_file = conf_file,
		.asks = !unattended && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
		.signal_fd = take_signals()};

	if (prepare(&t))
		walk(&t);
	if (t.ended)
		printf("\nended before it was through; the strike is at rest\n");
	else if (t.bad)
		printf("%u of %u are not right: mend them and run this again\n", t.bad,
			t.good + t.bad);
	else
		printf("all %u that were tried are right, %u are worth a look, %u were not tried\n",
			t.good, t.warned, t.skipped);
	fflush(stdout);
	cleanup_close(&t.signal_fd);
	return t.bad == 0 && !t.ended;
}
