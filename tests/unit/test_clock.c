/* SPDX-License-Identifier: Apache-2.0 */
/* Civil time and instants over the changes of the clocks, and trust in the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/hours.h"

#define SECOND 1000000LL
#define DAY_US (86400 * SECOND)

static int set_zone(const char *zone)
{
	int r = setenv("TZ", zone, 1);

	tzset();
	return r;
}

static int to_london(void **state)
{
	(void)state;
	return set_zone("Europe/London");
}

static int64_t utc(const char *text)
{
	struct tm tm = {0};

	assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm));
	return timegm(&tm) * SECOND;
}

static struct civil civil(const char *date, unsigned hour, unsigned minute)
{
	struct civil c;
	int32_t day;

	assert_int_equal(civil_date_parse(date, &day), 0);
	civil_from_date(day, &c);
	c.minute = (uint16_t)(hour * 60 + minute);
	return c;
}

static void check_instants(const struct civil *c, int count, const char *first, const char *second)
{
	int64_t us[2] = {0};

	assert_int_equal(clock_instants(c, us), count);
	assert_int_equal(us[0], utc(first));
	assert_int_equal(us[1], utc(second));
}

static void most_times_happen_once(void **state)
{
	struct civil c = civil("2026-12-21", 8, 0);

	(void)state;
	check_instants(&c, 1, "2026-12-21T08:00:00Z", "2026-12-21T08:00:00Z");
	c = civil("2026-07-01", 8, 0);
	c.second = 59;
	check_instants(&c, 1, "2026-07-01T07:00:59Z", "2026-07-01T07:00:59Z");
	c = civil("2026-03-29", 0, 59); /* the last minute before the gap, the first after it */
	check_instants(&c, 1, "2026-03-29T00:59:00Z", "2026-03-29T00:59:00Z");
	c = civil("2026-03-29", 2, 0);
	check_instants(&c, 1, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z");
	c = civil("2026-10-25", 0, 59);
	check_instants(&c, 1, "2026-10-24T23:59:00Z", "2026-10-24T23:59:00Z");
	c = civil("2026-10-25", 2, 0);
	check_instants(&c, 1, "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z");
}

static void a_skipped_time_is_the_moment_of_the_change(void **state)
{
	struct civil c = civil("2026-03-29", 1, 0);

	(void)state;
	check_instants(&c, 0, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z");
	c = civil("2026-03-29", 1, 59);
	check_instants(&c, 0, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z");
}

static void a_repeated_time_is_two_instants(void **state)
{
	struct civil c = civil("2026-10-25", 1, 0);

	(void)state;
	check_instants(&c, 2, "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z");
	c = civil("2026-10-25", 1, 59);
	check_instants(&c, 2, "2026-10-25T00:59:00Z", "2026-10-25T01:59:00Z");
}

static void a_time_that_is_none_has_no_instant(void **state)
{
	struct civil c = civil("2026-10-25", 24, 0);
	int64_t us[2] = {7, 7};

	(void)state;
	assert_int_equal(clock_instants(&c, us), -EINVAL);
	assert_int_equal(us[0], 7);
}

/* Every quarter of an hour of two years, there and back. */
static void instants_and_civil_times_agree(void **state)
{
	static const char *const zones[] = {"Europe/London", "UTC", "Australia/Lord_Howe",
		"Asia/Kathmandu", "Pacific/Kiritimati", "America/St_Johns"};

	(void)state;
	for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
		set_zone(zones[z]);
		for (int64_t now = utc("2026-01-01T00:00:00Z"); now < utc("2028-01-01T00:00:00Z");
			now += 900 * SECOND) {
			struct civil c;
			int64_t us[2];

			assert_int_equal(clock_civil(now, &c), 0);
			assert_in_range(clock_instants(&c, us), 1, 2);
			assert_true(us[0] == now || us[1] == now);
			assert_true(us[0] <= us[1]);
		}
	}
	set_zone("Europe/London");
}

static void an_offset_holds_for_a_stretch_around_now(void **state)
{
	int64_t now = utc("2026-11-22T12:00:00Z"), from, until;

	(void)state;
	set_zone("Europe/London");
	clock_steady(now, &from, &until);
	assert_true(from >= utc("2026-10-25T01:00:00Z") && from < utc("2026-10-26T12:00:00Z"));
	assert_true(until <= utc("2027-03-28T01:00:00Z") && until > utc("2027-03-26T12:00:00Z"));
	for (int64_t at = from; at <= until; at += 900 * SECOND)
		assert_int_equal(clock_offset_s(at), clock_offset_s(now));
	clock_steady(utc("2027-03-28T00:59:59Z"), &from, &until); /* a second before the change */
	assert_true(until == utc("2027-03-28T00:59:59Z"));
	set_zone("UTC"); /* no change ever: bounded */
	clock_steady(now, &from, &until);
	assert_true(until - now == CLOCK_STEADY_DAYS * 86400 * SECOND && now - from == until - now);
	set_zone("Europe/London");
}

static bool open_at(const char *hours, const char *instant)
{
	struct hours h;
	struct hours_error error;
	struct civil c;

	assert_int_equal(hours_compile(hours, &h, &error), 0);
	assert_int_equal(clock_civil(utc(instant), &c), 0);
	return hours_open(&h, NULL, &c);
}

static void hours_hold_in_both_passes_of_the_repeated_hour(void **state)
{
	(void)state;
	assert_false(open_at("01:30-01:45", "2026-10-25T00:29:59Z"));
	assert_true(open_at("01:30-01:45", "2026-10-25T00:30:00Z"));
	assert_false(open_at("01:30-01:45", "2026-10-25T00:45:00Z"));
	assert_true(open_at("01:30-01:45", "2026-10-25T01:30:00Z"));
	assert_true(open_at("01:30-01:45", "2026-10-25T01:44:59Z"));
	assert_false(open_at("01:30-01:45", "2026-10-25T01:45:00Z"));
	assert_true(open_at("Sa 22:00-02:00", "2026-10-25T01:59:59Z")); /* five hours long */
	assert_false(open_at("Sa 22:00-02:00", "2026-10-25T02:00:00Z"));
}

static void hours_inside_the_gap_do_not_happen(void **state)
{
	(void)state;
	assert_false(open_at("01:15-01:45", "2026-03-29T00:59:59Z"));
	assert_false(open_at("01:15-01:45", "2026-03-29T01:00:00Z"));
	assert_false(open_at("01:30-03:00", "2026-03-29T00:59:59Z"));
	assert_true(open_at("01:30-03:00", "2026-03-29T01:00:00Z")); /* 02:00 */
	assert_true(open_at("Sa 22:00-01:30", "2026-03-29T00:59:59Z"));
	assert_false(open_at("Sa 22:00-01:30", "2026-03-29T01:00:00Z"));
}

static void offsets_follow_the_season(void **state)
{
	(void)state;
	assert_int_equal(clock_offset_s(utc("2026-07-01T00:00:00Z")), 3600);
	assert_int_equal(clock_offset_s(utc("2026-10-25T00:59:59Z")), 3600);
	assert_int_equal(clock_offset_s(utc("2026-10-25T01:00:00Z")), 0);
}

/* ---- trust ---- */

static struct clock_facts facts(void)
{
	return (struct clock_facts){
		.now_us = utc("2026-11-22T12:00:00Z"), .floor_us = utc("2026-11-22T11:00:00Z")};
}

static void check_trust(
	const struct clock_facts *f, enum clock_trust trust, enum clock_doubt expected)
{
	enum clock_doubt why = (enum clock_doubt)99;

	assert_int_equal(clock_judge(f, &why), trust);
	assert_int_equal(why, expected);
	assert_true((clock_doubt_text(why)[0] == '\0') == clock_trust_ok(trust));
}

static void a_clock_is_trusted_by_what_vouches_for_it(void **state)
{
	struct clock_facts f = facts();

	(void)state;
	check_trust(&f, CLOCK_TRUST_KEPT, CLOCK_DOUBT_UNVOUCHED);
	f.from_rtc = true;
	check_trust(&f, CLOCK_TRUST_RTC, CLOCK_DOUBT_NONE);
	f.timesyncd_synced = true;
	check_trust(&f, CLOCK_TRUST_SYNCED, CLOCK_DOUBT_NONE);
	f.timesyncd_synced = false;
	f.kernel_synced = true;
	check_trust(&f, CLOCK_TRUST_SYNCED, CLOCK_DOUBT_NONE);
}

static void below_the_floor_only_a_synced_clock_counts(void **state)
{
	struct clock_facts f = facts();

	(void)state;
	f.from_rtc = true;
	f.floor_us = f.now_us;
	check_trust(&f, CLOCK_TRUST_RTC, CLOCK_DOUBT_NONE);
	f.floor_us = f.now_us + 1;
	check_trust(&f, CLOCK_TRUST_UNSET, CLOCK_DOUBT_FLOOR);
	f.from_rtc = false;
	check_trust(&f, CLOCK_TRUST_UNSET, CLOCK_DOUBT_FLOOR);
	f.kernel_synced = true;
	check_trust(&f, CLOCK_TRUST_SYNCED, CLOCK_DOUBT_NONE);
}

static void a_clock_that_was_never_set_is_not_believed(void **state)
{
	struct clock_facts f = {
		.now_us = utc("2025-12-31T23:59:59Z"), .kernel_synced = true, .from_rtc = true};

	(void)state;
	check_trust(&f, CLOCK_TRUST_UNSET, CLOCK_DOUBT_EPOCH);
	f.now_us = utc("2026-01-01T00:00:00Z");
	check_trust(&f, CLOCK_TRUST_SYNCED, CLOCK_DOUBT_NONE);
}

static void a_day_from_the_hub_is_unset_even_when_synced(void **state)
{
	struct clock_facts f = facts();

	(void)state;
	f.kernel_synced = true;
	f.has_hub = true;
	f.hub_us = f.now_us - DAY_US;
	check_trust(&f, CLOCK_TRUST_SYNCED, CLOCK_DOUBT_NONE);
	f.hub_us--;
	check_trust(&f, CLOCK_TRUST_UNSET, CLOCK_DOUBT_HUB);
	f.hub_us = f.now_us + DAY_US;
	check_trust(&f, CLOCK_TRUST_SYNCED, CLOCK_DOUBT_NONE);
	f.hub_us++;
	check_trust(&f, CLOCK_TRUST_UNSET, CLOCK_DOUBT_HUB);
	f.hub_us = INT64_MIN;
	check_trust(&f, CLOCK_TRUST_UNSET, CLOCK_DOUBT_HUB);
	f.hub_us = INT64_MAX;
	check_trust(&f, CLOCK_TRUST_UNSET, CLOCK_DOUBT_HUB);
	f.has_hub = false;
	check_trust(&f, CLOCK_TRUST_SYNCED, CLOCK_DOUBT_NONE);
}

static void only_a_synced_clock_moves_the_floor(void **state)
{
	(void)state;
	assert_int_equal(clock_floor_next(50, CLOCK_TRUST_SYNCED, 70), 70);
	assert_int_equal(clock_floor_next(50, CLOCK_TRUST_SYNCED, 30), 30);
	assert_int_equal(clock_floor_next(50, CLOCK_TRUST_RTC, 70), 50);
	assert_int_equal(clock_floor_next(50, CLOCK_TRUST_KEPT, 70), 50);
	assert_int_equal(clock_floor_next(50, CLOCK_TRUST_UNSET, 70), 50);
}

static void facts_are_read_and_the_caller_s_are_kept(void **state)
{
	struct clock_facts f = {.floor_us = 5, .has_hub = true, .hub_us = 7};
	int64_t before = clock_wall_us();

	(void)state;
	clock_read_facts(&f);
	assert_in_range(f.now_us, before, clock_wall_us());
	assert_int_equal(f.floor_us, 5);
	assert_true(f.has_hub);
	assert_int_equal(f.hub_us, 7);
}

/* As SystemCallErrorNumber=EPERM does for what the unit leaves out. */
static bool refuse_adjtimex(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_adjtimex, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_adjtime, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void a_kernel_that_may_not_be_asked_vouches_for_nothing(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		struct timex t = {0};

		if (!refuse_adjtimex())
			_exit(77);
		_exit(adjtimex(&t) >= 0 ? 1 : clock_kernel_synced() ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_times_happen_once),
		cmocka_unit_test(a_skipped_time_is_the_moment_of_the_change),
		cmocka_unit_test(a_repeated_time_is_two_instants),
		cmocka_unit_test(a_time_that_is_none_has_no_instant),
		cmocka_unit_test(instants_and_civil_times_agree),
		cmocka_unit_test(an_offset_holds_for_a_stretch_around_now),
		cmocka_unit_test(hours_hold_in_both_passes_of_the_repeated_hour),
		cmocka_unit_test(hours_inside_the_gap_do_not_happen),
		cmocka_unit_test(offsets_follow_the_season),
		cmocka_unit_test(a_clock_is_trusted_by_what_vouches_for_it),
		cmocka_unit_test(below_the_floor_only_a_synced_clock_counts),
		cmocka_unit_test(a_clock_that_was_never_set_is_not_believed),
		cmocka_unit_test(a_day_from_the_hub_is_unset_even_when_synced),
		cmocka_unit_test(only_a_synced_clock_moves_the_floor),
		cmocka_unit_test(facts_are_read_and_the_caller_s_are_kept),
		cmocka_unit_test(a_kernel_that_may_not_be_asked_vouches_for_nothing),
	};

	return cmocka_run_group_tests(tests, to_london, NULL);
}
