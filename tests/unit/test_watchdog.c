/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "door/door.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WATCHDOG_MS 200

/* The service manager's end. */
static int manager = -1;

static unsigned feeds(void)
{
	char text[256];
	unsigned n = 0;
	ssize_t size;

	while ((size = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[size] = '\0';
		n += strcmp(text, "WATCHDOG=1") == 0;
	}
	return n;
}

static unsigned feeds_within(struct door *door, uint64_t ms)
{
	uint64_t end_ms = clock_mono_ms() + ms;
	unsigned n = 0;

	/* a socket takes ten messages, then the sender waits */
	for (; clock_mono_ms() < end_ms; n += feeds())
		assert_true(sd_event_run(door->event, 10000) >= 0);
	return n;
}

static void begin(struct door *door)
{
	memset(door, 0, sizeof(*door));
	assert_true(sd_event_new(&door->event) >= 0);
	assert_int_equal(watchdog_start(door), 0);
}

static void end(struct door *door)
{
	watchdog_stop(door);
	sd_event_unref(door->event);
	feeds();
}

static void it_is_fed_four_times_in_its_time(void **state)
{
	struct door door;

	(void)state;
	begin(&door);
	assert_in_range(feeds_within(&door, WATCHDOG_MS * 3), 3, 13);
	end(&door);
}

static void no_feed_without_a_turn_of_the_loop(void **state)
{
	struct timespec wait = {.tv_nsec = WATCHDOG_MS * 1000000L};
	struct door door;

	(void)state;
	begin(&door);
	nanosleep(&wait, NULL);
	assert_int_equal(feeds(), 0);
	end(&door);
}

static void no_feed_while_the_doorway_timer_is_late(void **state)
{
	struct door door;

	(void)state;
	begin(&door);
	door.doorway_due_ms = clock_mono_ms() - 600;
	assert_int_equal(feeds_within(&door, WATCHDOG_MS * 2), 0);
	/* served after all */
	door.doorway_due_ms = 0;
	assert_true(feeds_within(&door, WATCHDOG_MS * 2) > 0);
	/* one that is still to come is none that is late */
	door.doorway_due_ms = clock_mono_ms() + 60000;
	assert_true(feeds_within(&door, WATCHDOG_MS * 2) > 0);
	end(&door);
}

static int served(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;

	(void)source;
	(void)usec;
	door->doorway_due_ms = 0;
	return 0;
}

/* A loop that was held up longer than the timer may be late serves the timer first. */
static void a_late_timer_that_is_served_in_the_same_turn_counts(void **state)
{
	struct timespec wait = {.tv_nsec = 700 * 1000000L};
	struct door door;

	(void)state;
	begin(&door);
	door.doorway_due_ms = clock_mono_ms() + 10;
	assert_true(sd_event_add_time(door.event, &door.doorway_timer, CLOCK_MONOTONIC,
			    door.doorway_due_ms * 1000, 1000, served, &door) >= 0);
	sd_event_source_set_priority(door.doorway_timer, DOOR_PRIORITY_STRIKE);
	nanosleep(&wait, NULL);
	assert_true(feeds_within(&door, 50) > 0);
	sd_event_source_unref(door.doorway_timer);
	end(&door);
}

static void no_fault_of_reader_store_or_strike_withholds_it(void **state)
{
	struct door door;

	(void)state;
	begin(&door);
	door.reader.state = READER_STATE_MISSING;
	door.journal_failing = true;
	door.strike_failed = true; /* it is tried again and again: that is service */
	door.parts_fault = true;
	assert_true(feeds_within(&door, WATCHDOG_MS * 2) > 0);
	end(&door);
}

static void without_a_manager_there_is_none(void **state)
{
	struct door door = {0};

	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(watchdog_start(&door), 0);
	assert_null(door.watchdog);
	watchdog_stop(&door);
}

static int set_up(void **state)
{
	/* abstract: leaves nothing behind */
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[64];
	int n;

	(void)state;
	log_open("test", LOG_LEVEL_ERROR - 1);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	n = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "tapin-test-%d", getpid());
	if (manager < 0 || bind(manager, (struct sockaddr *)&address,
				   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)) < 0)
		return -1;
	snprintf(text, sizeof(text), "@%s", address.sun_path + 1);
	setenv("NOTIFY_SOCKET", text, 1);
	snprintf(text, sizeof(text), "%u", WATCHDOG_MS * 1000);
	setenv("WATCHDOG_USEC", text, 1);
	unsetenv("WATCHDOG_PID");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_fed_four_times_in_its_time),
		cmocka_unit_test(no_feed_without_a_turn_of_the_loop),
		cmocka_unit_test(no_feed_while_the_doorway_timer_is_late),
		cmocka_unit_test(a_late_timer_that_is_served_in_the_same_turn_counts),
		cmocka_unit_test(no_fault_of_reader_store_or_strike_withholds_it),
		cmocka_unit_test(without_a_manager_there_is_none),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
