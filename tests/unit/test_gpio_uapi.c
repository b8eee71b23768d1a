/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated chip answers the kernel's GPIO ioctls, uAPI v1 and v2, as the kernel does. */
#include "gpio_bed.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#define V2(flag) GPIO_V2_LINE_FLAG_##flag
#define BOTH_EDGES (V2(EDGE_RISING) | V2(EDGE_FALLING))

/* ---- helpers ---------------------------------------------------------------------------- */

static int chip = -1;

static int with_open_chip(void **state)
{
	with_chip(state);
	chip = open("/dev/gpiochip0", O_RDWR | O_CLOEXEC);
	return chip < 0;
}

static int without_open_chip(void **state)
{
	close(chip);
	return without_chip(state);
}

static void assert_ioctl(int fd, unsigned long request, void *arg)
{
	if (ioctl(fd, request, arg) != 0)
		fail_msg("ioctl %lx: %s", request, strerror(errno));
}

static void assert_refusal(int fd, unsigned long request, void *arg, int error)
{
	errno = 0;
	assert_int_equal(ioctl(fd, request, arg), -1);
	assert_int_equal(errno, error);
}

static struct gpio_v2_line_request v2_request(uint64_t flags, unsigned n, const uint32_t *offsets)
{
	struct gpio_v2_line_request request = {.num_lines = n, .consumer = "uapi", .fd = -1};

	memcpy(request.offsets, offsets, n * sizeof(*offsets));
	request.config.flags = flags;
	return request;
}

static void add_attribute(
	struct gpio_v2_line_config *config, uint32_t id, uint64_t value, uint64_t mask)
{
	struct gpio_v2_line_config_attribute *attr = &config->attrs[config->num_attrs++];

	attr->attr.id = id;
	attr->mask = mask;
	if (id == GPIO_V2_LINE_ATTR_ID_DEBOUNCE)
		attr->attr.debounce_period_us = (uint32_t)value;
	else
		attr->attr.values = value;
}

static int take_v2(struct gpio_v2_line_request *request)
{
	assert_ioctl(chip, GPIO_V2_GET_LINE_IOCTL, request);
	assert_true(request->fd > 2);
	return request->fd;
}

static struct gpio_v2_line_info info_v2(uint32_t offset)
{
	struct gpio_v2_line_info info = {.offset = offset};

	assert_ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info);
	return info;
}

static uint64_t values_v2(int fd, uint64_t mask)
{
	struct gpio_v2_line_values values = {.mask = mask};

	assert_ioctl(fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values);
	return values.bits;
}

/* ---- uAPI v2 ---------------------------------------------------------------------------- */

static void attributes_override_the_default_for_their_lines(void **state)
{
	struct gpio_v2_line_request request =
		v2_request(V2(INPUT) | BOTH_EDGES, 2, (uint32_t[]){5, 6});
	int fd;

	(void)state;
	add_attribute(&request.config, GPIO_V2_LINE_ATTR_ID_FLAGS, V2(OUTPUT) | V2(ACTIVE_LOW), 2);
	add_attribute(&request.config, GPIO_V2_LINE_ATTR_ID_FLAGS, V2(OUTPUT), 2); /* too late */
	add_attribute(&request.config, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, 0, 2);
	fd = take_v2(&request);
	assert_true(info_v2(5).flags == (V2(USED) | V2(INPUT) | BOTH_EDGES));
	assert_true(info_v2(6).flags == (V2(USED) | V2(OUTPUT) | V2(ACTIVE_LOW)));
	assert_string_equal(info_v2(6).consumer, "uapi");
	assert_log("GPIO6", "1");
	assert_true(values_v2(fd, 3) == 0);
	close(fd);
	assert_true(info_v2(6).flags == V2(OUTPUT)); /* as left behind, and free */
	assert_string_equal(info_v2(6).consumer, "");
}

static void values_are_set_by_mask(void **state)
{
	struct gpio_v2_line_request request = v2_request(V2(OUTPUT), 3, (uint32_t[]){7, 8, 9});
	struct gpio_v2_line_values values = {.bits = 7, .mask = 5};
	int fd = take_v2(&request);

	(void)state;
	assert_ioctl(fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
	assert_true(values_v2(fd, 7) == 5);
	assert_true(values_v2(fd, 6) == 4);
	values = (struct gpio_v2_line_values){.bits = 0, .mask = 1};
	assert_ioctl(fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
	assert_true(values_v2(fd, 7) == 4);
	values.mask = 8; /* no such line */
	assert_refusal(fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values, EINVAL);
	assert_refusal(fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values, EINVAL);
	close(fd);
}

static void config_changes_only_lines_with_a_direction(void **state)
{
	struct gpio_v2_line_request request = v2_request(V2(OUTPUT), 2, (uint32_t[]){7, 8});
	struct gpio_v2_line_config config = {0};
	struct gpio_v2_line_values values = {.bits = 2, .mask = 2};
	int fd;

	(void)state;
	add_attribute(&request.config, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, 3, 3);
	fd = take_v2(&request);
	add_attribute(&config, GPIO_V2_LINE_ATTR_ID_FLAGS, V2(INPUT) | V2(BIAS_PULL_DOWN), 2);
	assert_ioctl(fd, GPIO_V2_LINE_SET_CONFIG_IOCTL, &config);
	assert_true(info_v2(7).flags == (V2(USED) | V2(OUTPUT)));
	assert_true(info_v2(8).flags == (V2(USED) | V2(INPUT) | V2(BIAS_PULL_DOWN)));
	assert_true(values_v2(fd, 3) == 1);
	assert_refusal(fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values, EPERM);
	config = (struct gpio_v2_line_config){.flags = V2(INPUT) | V2(OUTPUT)};
	assert_refusal(fd, GPIO_V2_LINE_SET_CONFIG_IOCTL, &config, EINVAL);
	close(fd);
}

static void debounce_is_accepted_and_shown(void **state)
{
	struct gpio_v2_line_request request = v2_request(V2(INPUT), 1, (uint32_t[]){5});
	int fd;

	(void)state;
	add_attribute(&request.config, GPIO_V2_LINE_ATTR_ID_DEBOUNCE, 50000, 1);
	fd = take_v2(&request);
	assert_int_equal(info_v2(5).num_attrs, 1);
	assert_int_equal(info_v2(5).attrs[0].id, GPIO_V2_LINE_ATTR_ID_DEBOUNCE);
	assert_int_equal(info_v2(5).attrs[0].debounce_period_us, 50000);
	close(fd);
	assert_int_equal(info_v2(5).num_attrs, 0);
}

static void events_are_numbered_by_request_and_by_line(void **state)
{
	struct gpio_v2_line_request request =
		v2_request(V2(INPUT) | BOTH_EDGES, 2, (uint32_t[]){5, 6});
	static const uint32_t expected[][4] = {/* offset, id, seqno, line_seqno */
		{5, GPIO_V2_LINE_EVENT_RISING_EDGE, 1, 1},
		{6, GPIO_V2_LINE_EVENT_RISING_EDGE, 2, 1},
		{5, GPIO_V2_LINE_EVENT_FALLING_EDGE, 3, 2}};
	int fd = take_v2(&request);

	(void)state;
	order(ORDER_DRIVE, "GPIO5", 1);
	order(ORDER_DRIVE, "GPIO6", 1);
	order(ORDER_DRIVE, "GPIO5", 0);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		struct gpio_v2_line_event events[4];

		assert_int_equal(read(fd, events, sizeof(events)), sizeof(events[0]));
		assert_int_equal(events[0].offset, expected[i][0]);
		assert_int_equal(events[0].id, expected[i][1]);
		assert_int_equal(events[0].seqno, expected[i][2]);
		assert_int_equal(events[0].line_seqno, expected[i][3]);
	}
	close(fd);
}

static void lost_events_leave_a_gap_in_the_numbers(void **state)
{
	struct gpio_v2_line_request request =
		v2_request(V2(INPUT) | BOTH_EDGES, 1, (uint32_t[]){5});
	struct gpio_v2_line_event event;
	uint32_t last = 0;
	int fd = take_v2(&request);

	(void)state;
	order(ORDER_BURST, "GPIO5", 900);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, &event, sizeof(event)) == (ssize_t)sizeof(event))
		assert_int_equal(event.seqno, ++last);
	assert_true(last >= 16 && last < 900);
	order(ORDER_DRIVE, "GPIO5", 1);
	assert_int_equal(read(fd, &event, sizeof(event)), sizeof(event));
	assert_int_equal(event.seqno, 901);
	order(ORDER_LOG, "GPIO5", 0);
	close(fd);
}

static void event_time_is_monotonic_or_real_as_asked(void **state)
{
	uint64_t flags = V2(INPUT) | V2(EDGE_RISING) | V2(EVENT_CLOCK_REALTIME);
	struct gpio_v2_line_request request = v2_request(flags, 1, (uint32_t[]){5});
	struct gpio_v2_line_event event;
	uint64_t before = clock_ns(CLOCK_REALTIME);
	int fd = take_v2(&request);

	(void)state;
	order(ORDER_DRIVE, "GPIO5", 1);
	assert_int_equal(read(fd, &event, sizeof(event)), sizeof(event));
	assert_true(event.timestamp_ns >= before && event.timestamp_ns <= clock_ns(CLOCK_REALTIME));
	close(fd);
}

static void only_the_edge_asked_for_is_told(void **state)
{
	struct gpio_v2_line_request request =
		v2_request(V2(INPUT) | V2(EDGE_FALLING), 1, (uint32_t[]){5});
	struct gpio_v2_line_event event;
	int fd = take_v2(&request);

	(void)state;
	order(ORDER_DRIVE, "GPIO5", 1);
	order(ORDER_DRIVE, "GPIO5", 0);
	assert_int_equal(read(fd, &event, sizeof(event)), sizeof(event));
	assert_int_equal(event.id, GPIO_V2_LINE_EVENT_FALLING_EDGE);
	assert_int_equal(event.seqno, 1);
	close(fd);
}

static void line_taken_as_it_is_stays_as_it_is(void **state)
{
	struct gpio_v2_line_request request = v2_request(V2(OUTPUT), 1, (uint32_t[]){7});

	(void)state;
	add_attribute(&request.config, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, 1, 1);
	close(take_v2(&request));
	request = v2_request(0, 1, (uint32_t[]){7});
	take_v2(&request);
	assert_true(info_v2(7).flags == (V2(USED) | V2(OUTPUT)));
	assert_true(values_v2(request.fd, 1) == 1);
	assert_log("GPIO7", "1");
	close(request.fd);
}

/* ---- uAPI v1 ---------------------------------------------------------------------------- */

static void handle_of_several_lines_is_set_and_read(void **state)
{
	struct gpiohandle_request request = {
		.lineoffsets = {7, 8, 9},
		.flags = GPIOHANDLE_REQUEST_OUTPUT | GPIOHANDLE_REQUEST_ACTIVE_LOW,
		.default_values = {1, 0, 1},
		.consumer_label = "v1",
		.lines = 3,
	};
	struct gpioline_info info = {.line_offset = 8};
	struct gpiohandle_data data = {{0}};

	(void)state;
	assert_ioctl(chip, GPIO_GET_LINEHANDLE_IOCTL, &request);
	assert_log("GPIO8", "1");
	assert_ioctl(request.fd, GPIOHANDLE_GET_LINE_VALUES_IOCTL, &data);
	assert_memory_equal(data.values, ((uint8_t[]){1, 0, 1, 0}), 4);
	data = (struct gpiohandle_data){{0, 1, 1}};
	assert_ioctl(request.fd, GPIOHANDLE_SET_LINE_VALUES_IOCTL, &data);
	assert_int_equal(order(ORDER_LEVEL, "GPIO7", 0), 1);
	assert_int_equal(order(ORDER_LEVEL, "GPIO8", 0), 0);
	assert_ioctl(chip, GPIO_GET_LINEINFO_IOCTL, &info);
	assert_int_equal(
		info.flags, GPIOLINE_FLAG_KERNEL | GPIOLINE_FLAG_IS_OUT | GPIOLINE_FLAG_ACTIVE_LOW);
	assert_string_equal(info.name, "GPIO8");
	assert_string_equal(info.consumer, "v1");
	close(request.fd);
}

static void handle_turns_into_inputs_and_back(void **state)
{
	struct gpiohandle_request request = {
		.lineoffsets = {7}, .flags = GPIOHANDLE_REQUEST_OUTPUT, .lines = 1};
	struct gpiohandle_config config = {
		.flags = GPIOHANDLE_REQUEST_INPUT | GPIOHANDLE_REQUEST_BIAS_PULL_UP};
	struct gpiohandle_data data = {{0}};

	(void)state;
	assert_ioctl(chip, GPIO_GET_LINEHANDLE_IOCTL, &request);
	assert_ioctl(request.fd, GPIOHANDLE_SET_CONFIG_IOCTL, &config);
	assert_log("GPIO7", "1"); /* pulled */
	assert_refusal(request.fd, GPIOHANDLE_SET_LINE_VALUES_IOCTL, &data, EPERM);
	config = (struct gpiohandle_config){.flags = GPIOHANDLE_REQUEST_OUTPUT};
	assert_ioctl(request.fd, GPIOHANDLE_SET_CONFIG_IOCTL, &config);
	assert_log("GPIO7", "0");
	close(request.fd);
}

static void open_drain_line_is_let_go_and_not_driven_high(void **state)
{
	struct gpiohandle_request request = {.lineoffsets = {7},
		.flags = GPIOHANDLE_REQUEST_OUTPUT | GPIOHANDLE_REQUEST_OPEN_DRAIN |
			 GPIOHANDLE_REQUEST_BIAS_PULL_UP,
		.default_values = {1},
		.lines = 1};
	struct gpiohandle_data data = {{0}};

	(void)state;
	assert_ioctl(chip, GPIO_GET_LINEHANDLE_IOCTL, &request);
	assert_int_equal(order(ORDER_LEVEL, "GPIO7", 0), 1);
	order(ORDER_DRIVE, "GPIO7", 0); /* another one on the bus pulls it down */
	assert_int_equal(order(ORDER_LEVEL, "GPIO7", 0), 0);
	order(ORDER_DRIVE, "GPIO7", 1);
	assert_ioctl(request.fd, GPIOHANDLE_SET_LINE_VALUES_IOCTL, &data);
	assert_int_equal(order(ORDER_LEVEL, "GPIO7", 0), 0);
	close(request.fd);
}

static void event_line_is_an_input_only(void **state)
{
	struct gpioevent_request request = {.lineoffset = 5,
		.handleflags = GPIOHANDLE_REQUEST_INPUT,
		.eventflags = GPIOEVENT_REQUEST_RISING_EDGE};
	struct gpiohandle_config config = {.flags = GPIOHANDLE_REQUEST_OUTPUT};
	struct gpiohandle_data data = {{1}};
	struct gpioevent_data event;

	(void)state;
	assert_ioctl(chip, GPIO_GET_LINEEVENT_IOCTL, &request);
	assert_refusal(request.fd, GPIOHANDLE_SET_LINE_VALUES_IOCTL, &data, EPERM);
	assert_refusal(request.fd, GPIOHANDLE_SET_CONFIG_IOCTL, &config, EINVAL);
	order(ORDER_BURST, "GPIO5", 3); /* up, down, up */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read(request.fd, &event, sizeof(event)), sizeof(event));
		assert_int_equal(event.id, GPIOEVENT_EVENT_RISING_EDGE);
	}
	assert_ioctl(request.fd, GPIOHANDLE_GET_LINE_VALUES_IOCTL, &data);
	assert_int_equal(data.values[0], 1);
	close(request.fd);
	request.handleflags = GPIOHANDLE_REQUEST_OUTPUT;
	assert_refusal(chip, GPIO_GET_LINEEVENT_IOCTL, &request, EINVAL);
}

/* ---- refusals --------------------------------------------------------------------------- */

static void flags_that_do_not_fit_are_refused(void **state)
{
	static const uint64_t wrong[] = {
		V2(INPUT) | V2(OUTPUT),
		V2(OUTPUT) | V2(EDGE_RISING),
		V2(INPUT) | V2(OPEN_DRAIN),
		V2(OUTPUT) | V2(OPEN_DRAIN) | V2(OPEN_SOURCE),
		V2(INPUT) | V2(BIAS_PULL_UP) | V2(BIAS_PULL_DOWN),
		V2(BIAS_PULL_UP),
		V2(INPUT) | V2(USED),
		V2(INPUT) | 1ull << 40,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct gpio_v2_line_request request = v2_request(wrong[i], 1, (uint32_t[]){5});

		assert_refusal(chip, GPIO_V2_GET_LINE_IOCTL, &request, EINVAL);
	}
	assert_true(info_v2(5).flags == V2(INPUT));
}

static void clock_of_a_timestamp_engine_is_not_supported(void **state)
{
	struct gpio_v2_line_request request =
		v2_request(V2(INPUT) | V2(EVENT_CLOCK_HTE), 1, (uint32_t[]){5});

	(void)state;
	assert_refusal(chip, GPIO_V2_GET_LINE_IOCTL, &request, EOPNOTSUPP);
}

static void lines_that_cannot_be_had_are_refused_whole(void **state)
{
	struct gpio_v2_line_request held = v2_request(V2(INPUT), 1, (uint32_t[]){6}), request;

	(void)state;
	take_v2(&held);
	request = v2_request(V2(OUTPUT), 2, (uint32_t[]){5, 6});
	assert_refusal(chip, GPIO_V2_GET_LINE_IOCTL, &request, EBUSY);
	request = v2_request(V2(OUTPUT), 2, (uint32_t[]){5, 5});
	assert_refusal(chip, GPIO_V2_GET_LINE_IOCTL, &request, EBUSY);
	request = v2_request(V2(OUTPUT), 2, (uint32_t[]){5, 30});
	assert_refusal(chip, GPIO_V2_GET_LINE_IOCTL, &request, EINVAL);
	request = v2_request(V2(OUTPUT), 0, (uint32_t[]){5});
	assert_refusal(chip, GPIO_V2_GET_LINE_IOCTL, &request, EINVAL);
	request.num_lines = GPIO_V2_LINES_MAX + 1;
	assert_refusal(chip, GPIO_V2_GET_LINE_IOCTL, &request, EINVAL);
	assert_true(info_v2(5).flags == V2(INPUT));
	close(held.fd);
}

static void other_ioctls_are_refused_as_by_the_kernel(void **state)
{
	struct gpio_v2_line_info info = {.offset = 5};
	struct gpio_v2_line_request request = v2_request(V2(OUTPUT), 1, (uint32_t[]){7});
	struct gpiohandle_data data = {{1}};
	int pair[2], fd = take_v2(&request), file = open("/dev/null", O_RDWR);

	(void)state;
	assert_refusal(chip, GPIO_V2_GET_LINEINFO_WATCH_IOCTL, &info, EINVAL);
	assert_refusal(chip, GPIO_V2_LINE_GET_VALUES_IOCTL, &info, EINVAL);
	assert_refusal(fd, GPIO_V2_GET_LINEINFO_IOCTL, &info, EINVAL);
	assert_refusal(fd, GPIOHANDLE_SET_LINE_VALUES_IOCTL, &data, EINVAL);
	assert_refusal(file, GPIO_GET_CHIPINFO_IOCTL, &info, ENOTTY);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_refusal(pair[0], GPIO_GET_CHIPINFO_IOCTL, &info, ENOTTY);
	assert_refusal(-1, GPIO_GET_CHIPINFO_IOCTL, &info, EBADF);
	info.offset = 30;
	assert_refusal(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info, EINVAL);
	close(pair[0]);
	close(pair[1]);
	close(file);
	close(fd);
}

/* ---- anything at all -------------------------------------------------------------------- */

static const unsigned long requests[] = {GPIO_GET_CHIPINFO_IOCTL, GPIO_GET_LINEINFO_IOCTL,
	GPIO_V2_GET_LINEINFO_IOCTL, GPIO_GET_LINEHANDLE_IOCTL, GPIO_GET_LINEEVENT_IOCTL,
	GPIO_V2_GET_LINE_IOCTL, GPIOHANDLE_GET_LINE_VALUES_IOCTL, GPIOHANDLE_SET_LINE_VALUES_IOCTL,
	GPIOHANDLE_SET_CONFIG_IOCTL, GPIO_V2_LINE_GET_VALUES_IOCTL, GPIO_V2_LINE_SET_VALUES_IOCTL,
	GPIO_V2_LINE_SET_CONFIG_IOCTL};

/* Mostly zero, with the numbers that open the way to deeper code often right. */
static void fill(union gpio_wire_arg *arg, unsigned long request, unsigned *seed)
{
	struct gpio_v2_line_config *config =
		request == GPIO_V2_GET_LINE_IOCTL ? &arg->request_v2.config : &arg->config_v2;
	bool v2 = request == GPIO_V2_GET_LINE_IOCTL || request == GPIO_V2_LINE_SET_CONFIG_IOCTL;

	for (size_t i = 0; i < sizeof(*arg); i++)
		((uint8_t *)arg)[i] = (uint8_t)(rand_r(seed) % 16 ? 0 : rand_r(seed) % 256);
	if (request == GPIO_GET_LINEINFO_IOCTL)
		arg->line.line_offset = (uint32_t)rand_r(seed) % 31;
	if (request == GPIO_V2_GET_LINEINFO_IOCTL)
		arg->line_v2.offset = (uint32_t)rand_r(seed) % 31;
	if (request == GPIO_GET_LINEHANDLE_IOCTL) {
		arg->handle.lines = (uint32_t)rand_r(seed) % 3;
		arg->handle.lineoffsets[0] = (uint32_t)rand_r(seed) % 31;
		arg->handle.lineoffsets[1] = (uint32_t)rand_r(seed) % 31;
		arg->handle.flags = 1u << rand_r(seed) % 3;
	}
	if (request == GPIO_GET_LINEEVENT_IOCTL) {
		arg->event.lineoffset = (uint32_t)rand_r(seed) % 31;
		arg->event.handleflags = (uint32_t)rand_r(seed) % 8;
		arg->event.eventflags = (uint32_t)rand_r(seed) % 5;
	}
	if (request == GPIO_V2_LINE_SET_VALUES_IOCTL || request == GPIO_V2_LINE_GET_VALUES_IOCTL)
		arg->values_v2.mask = (uint64_t)rand_r(seed) % 4;
	if (request == GPIOHANDLE_SET_CONFIG_IOCTL)
		arg->handle_config.flags = 1u << rand_r(seed) % 3;
	if (request == GPIO_V2_GET_LINE_IOCTL) {
		arg->request_v2.num_lines = (uint32_t)rand_r(seed) % 4;
		for (int i = 0; i < 4; i++)
			arg->request_v2.offsets[i] = (uint32_t)rand_r(seed) % 31;
	}
	if (!v2)
		return;
	config->flags = 1ull << rand_r(seed) % 6;
	config->num_attrs = (uint32_t)rand_r(seed) % 4;
	for (unsigned i = 0; i < config->num_attrs; i++) {
		config->attrs[i].attr.id = 1 + (uint32_t)rand_r(seed) % 3;
		config->attrs[i].attr.padding = rand_r(seed) % 50 == 0;
		config->attrs[i].attr.flags = 4u << rand_r(seed) % 3;
	}
}

static int answered(unsigned long request, const union gpio_wire_arg *arg)
{
	return request == GPIO_GET_LINEHANDLE_IOCTL  ? arg->handle.fd
	       : request == GPIO_GET_LINEEVENT_IOCTL ? arg->event.fd
	       : request == GPIO_V2_GET_LINE_IOCTL   ? arg->request_v2.fd
						     : -1;
}

static void wild_ioctls_do_no_harm(void **state)
{
	const char *text = getenv("SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : 20260729u;
	unsigned done[ARRAY_SIZE(requests)] = {0};
	int lines[6] = {-1, -1, -1, -1, -1, -1};

	(void)state;
	print_message("# SEED=%u\n", seed);
	for (int i = 0; i < 6000; i++) {
		size_t which = (size_t)rand_r(&seed) % ARRAY_SIZE(requests);
		size_t slot = (size_t)rand_r(&seed) % ARRAY_SIZE(lines);
		int fd = which < 6 ? chip : lines[slot];
		union gpio_wire_arg arg;

		fill(&arg, requests[which], &seed);
		if (ioctl(fd, requests[which], &arg) == 0) {
			done[which]++;
			fd = answered(requests[which], &arg);
			if (fd >= 0) {
				close(lines[slot]);
				lines[slot] = fd;
			}
		}
		order(ORDER_LOG, "", 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		close(lines[i]);
	for (size_t i = 0; i < ARRAY_SIZE(done); i++)
		if (!done[i])
			fail_msg("the noise never got through ioctl %lx", requests[i]);
	for (uint32_t i = 0; i < 30; i++)
		assert_false(info_v2(i).flags & V2(USED));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, with_open_chip, without_open_chip)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(attributes_override_the_default_for_their_lines),
		TEST(values_are_set_by_mask),
		TEST(config_changes_only_lines_with_a_direction),
		TEST(debounce_is_accepted_and_shown),
		TEST(events_are_numbered_by_request_and_by_line),
		TEST(lost_events_leave_a_gap_in_the_numbers),
		TEST(event_time_is_monotonic_or_real_as_asked),
		TEST(only_the_edge_asked_for_is_told),
		TEST(line_taken_as_it_is_stays_as_it_is),
		TEST(handle_of_several_lines_is_set_and_read),
		TEST(handle_turns_into_inputs_and_back),
		TEST(open_drain_line_is_let_go_and_not_driven_high),
		TEST(event_line_is_an_input_only),
		TEST(flags_that_do_not_fit_are_refused),
		TEST(clock_of_a_timestamp_engine_is_not_supported),
		TEST(lines_that_cannot_be_had_are_refused_whole),
		TEST(other_ioctls_are_refused_as_by_the_kernel),
		TEST(wild_ioctls_do_no_harm),
	};

	(void)argc;
	return bed_run(argv, tests);
}
