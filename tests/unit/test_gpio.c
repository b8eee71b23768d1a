/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GPIO port over a real libgpiod and a simulated chip. Built twice, once with each generation
 * of libgpiod: both must pass the same set.
 */
#include "gpio_bed.h"

#include "hw/gpio.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/epoll.h>

#define MS 1000000u

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
	assert_refused("GPIO17", -ENODEV, "no GPIO chip");
	start_simulator("gpiochip0");
}

static void a_look_names_line_and_holder_and_takes_nothing(void **state)
{
	struct gpio_spec spec = output("GPIO17", false);
	struct gpio_line *line;
	struct gpio_found found;
	char err[ERR_MAX];

	(void)state;
	assert_int_equal(gpio_line_look("pinctrl-bcm2711:17", &found, err), 0);
	assert_string_equal(found.resolved, "gpiochip0 [pinctrl-bcm2711] 17 GPIO17");
	assert_false(found.held);
	assert_string_equal(found.holder, "");
	line = take_line(&spec);
	assert_int_equal(gpio_line_look("GPIO17", &found, err), 0);
	assert_true(found.held);
	assert_string_equal(found.holder, "test");
	gpio_line_free(line);
	assert_int_equal(gpio_line_look("GPIO99", &found, err), -ENOENT);
	assert_int_equal(gpio_line_look("TWICE", &found, err), -ENOTUNIQ);
	assert_log("GPIO17", "");
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

static void line_stays_held_while_a_child_has_it(void **state)
{
	struct gpio_spec spec = output("GPIO17", false);
	struct gpio_line *line = take_line(&spec);
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		for (;;)
			pause();
	gpio_line_free(line);
	assert_int_equal(order(ORDER_HELD, "GPIO17", 0), 1);
	assert_refused("GPIO17", -EBUSY, "held by \"test\"");
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(order(ORDER_HELD, "GPIO17", 0), 0);
}

static void *toggle(void *userdata)
{
	struct gpio_spec spec = output(userdata, false);
	struct gpio_line *line = NULL;
	char err[ERR_MAX];
	intptr_t wrong = 0;

	for (int round = 0; round < 5; round++) {
		if (gpio_line_request(&spec, "thread", &line, err) < 0)
			return "request";
		for (int i = 1; i <= 20; i++)
			wrong |= gpio_line_set(line, i % 2) != 0 || gpio_line_get(line) != i % 2;
		gpio_line_free(line);
	}
	return wrong ? "value" : NULL;
}

static void threads_use_their_own_lines_at_once(void **state)
{
	static char names[4][8] = {"GPIO10", "GPIO11", "GPIO12", "GPIO13"};
	pthread_t threads[ARRAY_SIZE(names)];
	void *wrong;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, toggle, names[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

/* ---- the simulator itself --------------------------------------------------------------- */

static int connect_raw(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("VIRTUAL_GPIO"));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Returns the connection if it was kept, or -1 if the simulator hung up. */
static int say(const void *packet, size_t size)
{
	struct gpio_wire_reply reply;
	int fd = connect_raw();

	assert_int_equal(send(fd, packet, size, MSG_NOSIGNAL), size);
	if (recv(fd, &reply, sizeof(reply), 0) > 0)
		return fd;
	close(fd);
	return -1;
}

static void packet_of_a_stranger_ends_its_connection(void **state)
{
	struct gpio_wire_call call = {.magic = GPIO_WIRE_MAGIC + 1, .op = GPIO_WIRE_OPEN};

	(void)state;
	assert_int_equal(say(&call, sizeof(call)), -1);
	call.magic = GPIO_WIRE_MAGIC;
	assert_int_equal(say(&call, sizeof(call) - 1), -1);
	assert_resolves("GPIO17", "gpiochip0 [pinctrl-bcm2711] 17 GPIO17");
}

static void second_simulator_on_a_socket_is_refused(void **state)
{
	const char *name = "GPIO0";
	struct gpio_sim_config config = {.socket_path = getenv("VIRTUAL_GPIO"),
		.names = &name,
		.n_lines = 1,
		.chip = "gpiochip0",
		.label = "second"};
	struct gpio_sim *sim = NULL;
	sd_event *event = NULL;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(gpio_sim_new(&config, event, &sim), -EADDRINUSE);
	assert_null(sim);
	sd_event_unref(event);
	assert_resolves("GPIO17", "gpiochip0 [pinctrl-bcm2711] 17 GPIO17"); /* still there */
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
		ON_CHIP(a_look_names_line_and_holder_and_takes_nothing),
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
		ON_CHIP(line_stays_held_while_a_child_has_it),
		ON_CHIP(threads_use_their_own_lines_at_once),
		ON_CHIP(nothing_leaks_over_many_requests),
		ON_CHIP(packet_of_a_stranger_ends_its_connection),
		ON_CHIP(second_simulator_on_a_socket_is_refused),
	};

	(void)argc;
	return bed_run(argv, tests);
}
