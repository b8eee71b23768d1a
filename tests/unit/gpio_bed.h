/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test bed for GPIO: the simulated chip in a child, told what to do over a socket, and the test
 * program executed again with the preload. Included by the tests that need it, once each.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../virtual/machine/gpio_pin.c"
#include "../virtual/machine/gpio_sim.c"
#include "../virtual/machine/gpio_uapi.c"

#include "base/util.h"

#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

/* ---- the simulator, in a child ---------------------------------------------------------- */

enum order {
	ORDER_DRIVE,   /* answer 0 or negative errno */
	ORDER_RELEASE, /* the same */
	ORDER_LEVEL,   /* 0, 1 or negative errno */
	ORDER_HELD,    /* 0 or 1, text: consumer */
	ORDER_PERSIST, /* 0 */
	ORDER_LOG,     /* text: levels of the line since the last ORDER_LOG, "101" */
	ORDER_BURST,   /* drives the line through value changes, without a pause */
};

struct order_packet {
	enum order order;
	char line[GPIO_MAX_NAME_SIZE];
	int value;
};

struct answer_packet {
	int value;
	char text[256];
};

struct level_log {
	unsigned n;
	unsigned offset[1000];
	bool level[1000];
};

struct child {
	struct gpio_sim *sim;
	struct level_log log;
	sd_event *event;
};

static int orders = -1; /* the test's end of the control socket */
static pid_t sim_pid;
static char work_dir[] = "/tmp/test-gpio-XXXXXX";

static void on_level(void *userdata, unsigned offset, const char *name, bool level, uint64_t ns)
{
	struct child *child = userdata;

	(void)name;
	(void)ns;
	if (child->log.n == ARRAY_SIZE(child->log.level))
		abort();
	child->log.offset[child->log.n] = offset;
	child->log.level[child->log.n++] = level;
}

static void tell_log(struct child *child, const char *name, struct answer_packet *answer)
{
	const struct line *line = find_line(child->sim, name);

	for (unsigned i = 0; i < child->log.n; i++)
		if (&child->sim->lines[child->log.offset[i]] == line &&
			(size_t)answer->value < sizeof(answer->text) - 1)
			answer->text[answer->value++] = child->log.level[i] ? '1' : '0';
	child->log.n = 0;
}

static int on_order(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct child *child = userdata;
	struct answer_packet answer = {0};
	struct order_packet order;
	const char *consumer = "";

	(void)source;
	(void)revents;
	if (read(fd, &order, sizeof(order)) != (ssize_t)sizeof(order))
		return sd_event_exit(child->event, 0);
	switch (order.order) {
	case ORDER_DRIVE:
		answer.value = gpio_sim_drive(child->sim, order.line, order.value);
		break;
	case ORDER_RELEASE:
		answer.value = gpio_sim_release(child->sim, order.line);
		break;
	case ORDER_LEVEL:
		answer.value = gpio_sim_level(child->sim, order.line);
		break;
	case ORDER_HELD:
		answer.value = gpio_sim_held(child->sim, order.line, &consumer);
		snprintf(answer.text, sizeof(answer.text), "%s", consumer);
		break;
	case ORDER_PERSIST:
		gpio_sim_set_persist(child->sim, order.value);
		break;
	case ORDER_LOG:
		tell_log(child, order.line, &answer);
		break;
	case ORDER_BURST:
		for (int i = 0; i < order.value; i++)
			gpio_sim_drive(child->sim, order.line, i % 2 == 0);
		break;
	}
	return write(fd, &answer, sizeof(answer)) < 0 ? -errno : 0;
}

/* names[2] to names[27] as on a Pi; 28 and 29 share a name */
static void run_simulator(int control, const char *chip, const char *socket)
{
	static char text[30][8];
	const char *names[30] = {"ID_SDA", "ID_SCL"};
	static struct child child;
	struct gpio_sim_config config = {
		.socket_path = socket,
		.names = names,
		.n_lines = ARRAY_SIZE(names),
		.chip = chip,
		.label = "pinctrl-bcm2711",
		.persist_outputs = true,
		.level_fn = on_level,
		.userdata = &child,
	};

	for (unsigned i = 2; i < ARRAY_SIZE(names); i++) {
		snprintf(text[i], sizeof(text[i]), i < 28 ? "GPIO%u" : "TWICE", i);
		names[i] = text[i];
	}
	if (sd_event_new(&child.event) < 0 || gpio_sim_new(&config, child.event, &child.sim) < 0 ||
		sd_event_add_io(child.event, NULL, control, EPOLLIN, on_order, &child) < 0 ||
		write(control, "", 1) != 1)
		_exit(1);
	sd_event_loop(child.event);
	gpio_sim_free(child.sim);
	sd_event_unref(child.event);
	_exit(0);
}

static void start_simulator(const char *chip)
{
	int pair[2];
	char ready;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	sim_pid = fork();
	assert_true(sim_pid >= 0);
	if (sim_pid == 0) {
		close(pair[0]);
		run_simulator(pair[1], chip, getenv("VIRTUAL_GPIO"));
	}
	close(pair[1]);
	orders = pair[0];
	assert_int_equal(read(orders, &ready, 1), 1);
}

static void stop_simulator(void)
{
	int status = 0;

	close(orders);
	assert_int_equal(waitpid(sim_pid, &status, 0), sim_pid);
	assert_int_equal(status, 0);
}

static int order_text(enum order order, const char *line, int value, char text[256])
{
	struct order_packet packet = {.order = order, .value = value};
	struct answer_packet answer;

	snprintf(packet.line, sizeof(packet.line), "%s", line);
	assert_int_equal(write(orders, &packet, sizeof(packet)), sizeof(packet));
	assert_int_equal(read(orders, &answer, sizeof(answer)), sizeof(answer));
	if (text)
		memcpy(text, answer.text, sizeof(answer.text));
	return answer.value;
}

static int order(enum order what, const char *line, int value)
{
	return order_text(what, line, value, NULL);
}

static void assert_log(const char *line, const char *levels)
{
	char text[256];

	order_text(ORDER_LOG, line, 0, text);
	assert_string_equal(text, levels);
}

static int with_chip(void **state)
{
	(void)state;
	start_simulator("gpiochip0");
	return 0;
}

static int without_chip(void **state)
{
	(void)state;
	stop_simulator();
	return 0;
}

/* ---- the preload ------------------------------------------------------------------------ */

static void bed_exec(char **argv)
{
	char self[PATH_MAX] = "", library[PATH_MAX + 64], socket[64], asan[512];
	const char *options = getenv("ASAN_OPTIONS");

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return;
	snprintf(library, sizeof(library), "%s/../bin/libvirtual-gpio.so", dirname(self));
	if (access(library, R_OK) < 0 || !mkdtemp(work_dir)) {
		fprintf(stderr, "%s: %s: build it with: make parts\n", library, strerror(errno));
		return;
	}
	snprintf(socket, sizeof(socket), "%s/gpio.sock", work_dir);
	snprintf(asan, sizeof(asan), "%s%sverify_asan_link_order=0", options ? options : "",
		options ? ":" : "");
	setenv("ASAN_OPTIONS", asan, 1);
	setenv("LD_PRELOAD", library, 1);
	setenv("VIRTUAL_GPIO", socket, 1);
	setenv("TEST_GPIO_DIR", work_dir, 1);
	execv("/proc/self/exe", argv);
}

#define ON_CHIP(test) cmocka_unit_test_setup_teardown(test, with_chip, without_chip)

/* Runs the tests with the preload in place; returns main()'s result. */
#define bed_run(argv, tests)                                                              \
	__extension__({                                                                   \
		int failed_ = 1;                                                          \
		if (!getenv("TEST_GPIO_DIR"))                                             \
			bed_exec(argv); /* comes back only on failure */                  \
		else                                                                      \
			failed_ = cmocka_run_group_tests_name("gpio", tests, NULL, NULL); \
		if (getenv("TEST_GPIO_DIR") && rmdir(getenv("TEST_GPIO_DIR")) < 0) {      \
			perror("something was left behind");                              \
			failed_ = 1;                                                      \
		}                                                                         \
		failed_;                                                                  \
	})
