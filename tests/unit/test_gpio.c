/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GPIO port over a real libgpiod and a simulated chip. Built twice, once with each generation
 * of libgpiod: both must pass the same set. The simulator runs in a child; the test program
 * executes itself again with the preload.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../virtual/machine/gpio_pin.c"
#include "../virtual/machine/gpio_sim.c"
#include "../virtual/machine/gpio_uapi.c"

#include "hw/gpio.h"

#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#define MS 1000000u

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
	char line[GPIO_NAME_MAX];
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

/* ---- helpers ---------------------------------------------------------------------------- */

static struct gpio_spec output(const char *name, bool initial)
{
	struct gpio_spec spec = {.direction = GPIO_DIRECTION_OUTPUT, .initial = initial};

	snprintf(spec.line, sizeof(spec.line), "%s", name);
	return spec;
}

static struct gpio_spec input(const char *name)
{
	struct gpio_spec spec = {.direction = GPIO_DIRECTION_INPUT};

	snprintf(spec.line, sizeof(spec.line), "%s", name);
	return spec;
}

static struct gpio_line *take_line(const struct gpio_spec *spec)
{
	struct gpio_line *line = NULL;
	char err[ERR_MAX] = "";
	int r = gpio_line_request(spec, "test", &line, err);

	if (r < 0)
		fail_msg("%s", err);
	return line;
}

static void assert_refused(const char *name, int error, const char *in_message)
{
	struct gpio_spec spec = input(name);
	struct gpio_line *line = NULL;
	char err[ERR_MAX] = "";

	assert_int_equal(gpio_line_request(&spec, "test", &line, err), error);
	assert_null(line);
	if (!strstr(err, in_message))
		fail_msg("\"%s\" does not say \"%s\"", err, in_message);
}

static void assert_resolves(const char *name, const char *resolved)
{
	struct gpio_spec spec = input(name);
	struct gpio_line *line = take_line(&spec);

	assert_string_equal(gpio_line_resolved(line), resolved);
	gpio_line_free(line);
}

static uint64_t mono_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static bool readable(const struct gpio_line *line, int timeout_ms)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC), n;

	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, gpio_line_fd(line), &event), 0);
	n = epoll_wait(epoll, &event, 1, timeout_ms);
	close(epoll);
	return n == 1 && event.events & EPOLLIN;
}

/* Another process takes the line, drives it and is killed without a chance to tidy up. */
static void own_and_die(const struct gpio_spec *spec, bool value)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct gpio_line *line;
		char err[ERR_MAX];

		if (gpio_line_request(spec, "victim", &line, err) < 0 ||
			gpio_line_set(line, value) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	assert_int_equal(order(ORDER_HELD, spec->line, 0), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---- tests ------------------------------------------------------------------------------ */

static void generation_is_that_of_the_library_loaded(void **state)
{
	/* exported by 2.x only */
	int loaded = dlsym(RTLD_DEFAULT, "gpiod_chip_request_lines") ? 2 : 1;

	(void)state;
	assert_int_equal(gpio_generation(), loaded);
}

static void lines_are_found_by_each_kind_of_name(void **state)
{
	(void)state;
	assert_resolves("GPIO17", "gpiochip0 [pinctrl-bcm2711] 17 GPIO17");
	assert_resolves("ID_SDA", "gpiochip0 [pinctrl-bcm2711] 0 ID_SDA");
	assert_resolves("pinctrl-bcm2711:17", "gpiochip0 [pinctrl-bcm2711] 17 GPIO17");
	assert_resolves("gpiochip0:17", "gpiochip0 [pinctrl-bcm2711] 17 GPIO17");
	assert_resolves("gpiochip0:29", "gpiochip0 [pinctrl-bcm2711] 29 TWICE");
}

static void names_stay_when_the_chip_number_moves(void **state)
{
	(void)state;
	stop_simulator();
	start_simulator("gpiochip4");
	assert_resolves("GPIO17", "gpiochip4 [pinctrl-bcm2711] 17 GPIO17");
	assert_resolves("pinctrl-bcm2711:17", "gpiochip4 [pinctrl-bcm2711] 17 GPIO17");
	assert_refused("gpiochip0:17", -ENOENT, "gpiochip4 [pinctrl-bcm2711] with 30 lines");
}

static void unknown_names_are_refused_with_what_there_is(void **state)
{
	const char *chip = "gpiochip0 [pinctrl-bcm2711] with 30 lines";

	(void)state;
	assert_refused("GPIO99", -ENOENT, "\"GPIO99\"");
	assert_refused("GPIO99", -ENOENT, chip);
	assert_refused("gpio17", -ENOENT, chip);
	assert_refused("gpiochip0:30", -ENOENT, chip);
	assert_refused("gpiochip0:", -ENOENT, chip);
	assert_refused("gpiochip0:-1", -ENOENT, chip);
	assert_refused("gpiochip0:4294967296", -ENOENT, chip);
	assert_refused("17", -ENOENT, chip);
	assert_refused(":17", -ENOENT, chip);
	assert_refused("", -EINVAL, "without a name");
}

static void name_that_fits_two_lines_is_refused(void **state)
{
	(void)state;
	assert_refused("TWICE", -ENOTUNIQ, "gpiochip0 [pinctrl-bcm2711] 28 TWICE or gpiochip0");
}

static void no_chip_at_all_is_said(void **state)
{
	(void)state;
	stop_simulator();
	assert_refused("GPIO17", -ENOENT, "no GPIO chip");
	start_simulator("gpiochip0");
}

static void held_line_is_refused_with_its_holder(void **state)
{
	struct gpio_spec spec = output("GPIO17", false);
	struct gpio_line *line = NULL, *second = NULL;
	char err[ERR_MAX], consumer[256];

	(void)state;
	assert_int_equal(gpio_line_request(&spec, "tapin strike", &line, err), 0);
	assert_int_equal(order_text(ORDER_HELD, "GPIO17", 0, consumer), 1);
	assert_string_equal(consumer, "tapin strike");
	assert_int_equal(gpio_line_request(&spec, "other", &second, err), -EBUSY);
	assert_null(second);
	assert_non_null(strstr(err, "held by \"tapin strike\""));
	gpio_line_free(line);
	assert_int_equal(order(ORDER_HELD, "GPIO17", 0), 0);
	gpio_line_free(take_line(&spec));
}

static void active_low_line_at_rest_is_high_without_a_glitch(void **state)
{
	struct gpio_spec spec = output("GPIO5", false);
	struct gpio_line *line;

	(void)state;
	spec.active_low = true;
	line = take_line(&spec);
	assert_log("GPIO5", "1");
	assert_int_equal(gpio_line_get(line), 0);
	gpio_line_set(line, true);
	assert_log("GPIO5", "0");
	gpio_line_free(line);
}

static void active_high_line_at_rest_never_moves(void **state)
{
	struct gpio_spec spec = output("GPIO17", false);
	struct gpio_line *line = take_line(&spec);

	(void)state;
	assert_log("GPIO17", "");
	assert_int_equal(order(ORDER_LEVEL, "GPIO17", 0), 0);
	gpio_line_free(line);
	spec.initial = true;
	line = take_line(&spec);
	assert_log("GPIO17", "1");
	gpio_line_free(line);
}

static void output_is_set_and_read_back(void **state)
{
	struct gpio_spec spec = output("GPIO22", false);
	struct gpio_line *line = take_line(&spec);
	struct gpio_event event;

	(void)state;
	for (int i = 1; i <= 10; i++) {
		assert_int_equal(gpio_line_set(line, i % 2), 0);
		assert_int_equal(gpio_line_get(line), i % 2);
		assert_int_equal(order(ORDER_LEVEL, "GPIO22", 0), i % 2);
	}
	assert_int_equal(gpio_line_fd(line), -1);
	assert_int_equal(gpio_line_event(line, &event), -EINVAL);
	gpio_line_free(line);
}

static void input_cannot_be_set(void **state)
{
	struct gpio_spec spec = input("GPIO23");
	struct gpio_line *line = take_line(&spec);

	(void)state;
	assert_int_equal(gpio_line_set(line, true), -EPERM);
	assert_log("GPIO23", "");
	gpio_line_free(line);
}

static void input_follows_its_bias_until_driven(void **state)
{
	struct gpio_spec spec = input("GPIO24");
	struct gpio_line *line;

	(void)state;
	spec.bias = GPIO_BIAS_PULL_UP;
	spec.active_low = true; /* a button to ground */
	line = take_line(&spec);
	assert_int_equal(order(ORDER_LEVEL, "GPIO24", 0), 1);
	assert_int_equal(gpio_line_get(line), 0);
	order(ORDER_DRIVE, "GPIO24", 0);
	assert_int_equal(gpio_line_get(line), 1);
	order(ORDER_RELEASE, "GPIO24", 0);
	assert_int_equal(gpio_line_get(line), 0);
	gpio_line_free(line);
	spec.bias = GPIO_BIAS_PULL_DOWN;
	line = take_line(&spec);
	assert_int_equal(gpio_line_get(line), 1);
	gpio_line_free(line);
}

static void edge_wakes_epoll_and_has_its_time(void **state)
{
	struct gpio_spec spec = input("GPIO27");
	struct gpio_line *line = take_line(&spec);
	struct gpio_event event = {0};
	uint64_t before, after;

	(void)state;
	assert_false(readable(line, 0));
	assert_int_equal(gpio_line_event(line, &event), 0);
	before = mono_ns();
	order(ORDER_DRIVE, "GPIO27", 1);
	after = mono_ns();
	assert_true(readable(line, 1000));
	assert_int_equal(gpio_line_event(line, &event), 1);
	assert_true(event.value);
	assert_true(event.mono_ns >= before && event.mono_ns <= after);
	assert_false(readable(line, 0));
	assert_int_equal(gpio_line_event(line, &event), 0);
	gpio_line_free(line);
}

static void active_low_edges_are_logical(void **state)
{
	struct gpio_spec spec = input("GPIO27");
	struct gpio_event event;
	struct gpio_line *line;

	(void)state;
	spec.active_low = true;
	spec.bias = GPIO_BIAS_PULL_UP;
	line = take_line(&spec);
	assert_int_equal(gpio_line_event(line, &event), 0); /* the bias itself was no edge */
	order(ORDER_DRIVE, "GPIO27", 0);
	assert_int_equal(gpio_line_event(line, &event), 1);
	assert_true(event.value);
	order(ORDER_DRIVE, "GPIO27", 1);
	assert_int_equal(gpio_line_event(line, &event), 1);
	assert_false(event.value);
	gpio_line_free(line);
}

static void burst_arrives_whole_and_in_order(void **state)
{
	struct gpio_spec spec = input("GPIO27");
	struct gpio_line *line = take_line(&spec);
	struct gpio_event event;
	uint64_t last = 0;

	(void)state;
	order(ORDER_BURST, "GPIO27", 16);
	for (int i = 0; i < 16; i++) {
		assert_int_equal(gpio_line_event(line, &event), 1);
		assert_int_equal(event.value, i % 2 == 0);
		assert_true(event.mono_ns >= last);
		last = event.mono_ns;
	}
	assert_int_equal(gpio_line_event(line, &event), 0);
	gpio_line_free(line);
}

static void endless_burst_loses_edges_but_never_blocks(void **state)
{
	struct gpio_spec spec = input("GPIO27");
	struct gpio_line *line = take_line(&spec);
	struct gpio_event event;
	int n = 0, r;

	(void)state;
	order(ORDER_BURST, "GPIO27", 901);
	while ((r = gpio_line_event(line, &event)) == 1)
		n++;
	assert_int_equal(r, 0);
	assert_true(n >= 16 && n <= 901);
	assert_int_equal(gpio_line_get(line), 1); /* what counts after a loss */
	order(ORDER_DRIVE, "GPIO27", 0);
	assert_int_equal(gpio_line_event(line, &event), 1);
	assert_false(event.value);
	order(ORDER_LOG, "GPIO27", 0);
	gpio_line_free(line);
}

static void killed_owner_leaves_the_level_where_outputs_persist(void **state)
{
	struct gpio_spec spec = output("GPIO17", false);

	(void)state;
	own_and_die(&spec, true);
	assert_int_equal(order(ORDER_HELD, "GPIO17", 0), 0);
	assert_int_equal(order(ORDER_LEVEL, "GPIO17", 0), 1); /* the strike is still energised */
	assert_log("GPIO17", "1");
}

static void restart_takes_the_line_again_at_rest(void **state)
{
	struct gpio_spec spec = output("GPIO17", false);

	(void)state;
	for (int i = 0; i < 20; i++) { /* at once, however late the simulator learns of the death */
		own_and_die(&spec, true);
		gpio_line_free(take_line(&spec));
		assert_log("GPIO17", "10");
		assert_int_equal(order(ORDER_LEVEL, "GPIO17", 0), 0);
	}
}

static void killed_owner_frees_the_pin_where_outputs_do_not_persist(void **state)
{
	struct gpio_spec spec = output("GPIO17", false);

	(void)state;
	order(ORDER_PERSIST, "", 0);
	own_and_die(&spec, true);
	gpio_line_free(take_line(&spec)); /* after this the simulator knows */
	assert_int_equal(order(ORDER_LEVEL, "GPIO17", 0), 0);
	assert_log("GPIO17", "10");
}

static void dead_chip_is_an_error_and_no_hang(void **state)
{
	struct gpio_spec strike = output("GPIO17", false), button = input("GPIO27");
	struct gpio_line *out = take_line(&strike), *in = take_line(&button);
	struct gpio_event event;
	uint64_t before = mono_ns();

	(void)state;
	stop_simulator();
	assert_int_equal(gpio_line_set(out, true), -ENODEV);
	assert_int_equal(gpio_line_get(in), -ENODEV);
	assert_true(readable(in, 1000));
	assert_int_equal(gpio_line_event(in, &event), -EIO);
	assert_true(mono_ns() - before < 1000 * MS);
	gpio_line_free(out);
	gpio_line_free(in);
	start_simulator("gpiochip0");
}

static void hung_chip_is_an_error_in_bounded_time(void **state)
{
	struct gpio_spec spec = output("GPIO17", false);
	struct gpio_line *line = take_line(&spec);
	uint64_t before = mono_ns();

	(void)state;
	kill(sim_pid, SIGSTOP);
	assert_int_equal(gpio_line_set(line, true), -ENODEV);
	assert_true(mono_ns() - before < 5000 * (uint64_t)MS);
	kill(sim_pid, SIGCONT);
	gpio_line_free(line);
}

static void nothing_leaks_over_many_requests(void **state)
{
	struct gpio_spec spec = input("GPIO27");
	int before, after;

	(void)state;
	gpio_line_free(take_line(&spec));
	before = dup(0);
	close(before);
	for (int i = 0; i < 100; i++) {
		gpio_line_free(take_line(&spec));
		assert_refused("GPIO99", -ENOENT, "GPIO99");
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

/* ---- the preload ------------------------------------------------------------------------ */

static void exec_with_preload(char **argv)
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ON_CHIP(generation_is_that_of_the_library_loaded),
		ON_CHIP(lines_are_found_by_each_kind_of_name),
		ON_CHIP(names_stay_when_the_chip_number_moves),
		ON_CHIP(unknown_names_are_refused_with_what_there_is),
		ON_CHIP(name_that_fits_two_lines_is_refused),
		ON_CHIP(no_chip_at_all_is_said),
		ON_CHIP(held_line_is_refused_with_its_holder),
		ON_CHIP(active_low_line_at_rest_is_high_without_a_glitch),
		ON_CHIP(active_high_line_at_rest_never_moves),
		ON_CHIP(output_is_set_and_read_back),
		ON_CHIP(input_cannot_be_set),
		ON_CHIP(input_follows_its_bias_until_driven),
		ON_CHIP(edge_wakes_epoll_and_has_its_time),
		ON_CHIP(active_low_edges_are_logical),
		ON_CHIP(burst_arrives_whole_and_in_order),
		ON_CHIP(endless_burst_loses_edges_but_never_blocks),
		ON_CHIP(killed_owner_leaves_the_level_where_outputs_persist),
		ON_CHIP(restart_takes_the_line_again_at_rest),
		ON_CHIP(killed_owner_frees_the_pin_where_outputs_do_not_persist),
		ON_CHIP(dead_chip_is_an_error_and_no_hang),
		ON_CHIP(hung_chip_is_an_error_in_bounded_time),
		ON_CHIP(nothing_leaks_over_many_requests),
	};
	int failed;

	(void)argc;
	if (!getenv("TEST_GPIO_DIR")) {
		exec_with_preload(argv);
		return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (rmdir(getenv("TEST_GPIO_DIR")) < 0) {
		perror("something was left behind");
		return 1;
	}
	return failed;
}
