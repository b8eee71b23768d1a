/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "door/machine.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/tapin-machine-XXXXXX";

/* Makes the folders on the way, too. */
static void put(const char *path, const char *text)
{
	char whole[256];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (char *c = whole + strlen(root) + 1; (c = strchr(c, '/')); c++) {
		*c = '\0';
		mkdir(whole, 0700);
		*c = '/';
	}
	f = fopen(whole, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void outputs_are_kept_only_where_the_kernel_says_so(void **state)
{
	(void)state;
	assert_int_equal(machine_keeps_outputs(root), -ENOENT);
	put("sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs", "N\n");
	assert_int_equal(machine_keeps_outputs(root), 0);
	put("sys/module/pinctrl_rp1/parameters/persist_gpio_outputs", "Y\n");
	assert_int_equal(machine_keeps_outputs(root), 1);
}

static void a_watchdog_counts_when_it_is_fed(void **state)
{
	(void)state;
	assert_int_equal(machine_watchdog(root), MACHINE_WATCHDOG_NONE);
	put("sys/class/watchdog/watchdog0/state", "inactive\n");
	assert_int_equal(machine_watchdog(root), MACHINE_WATCHDOG_IDLE);
	put("sys/class/watchdog/watchdog1/state", "active\n");
	assert_int_equal(machine_watchdog(root), MACHINE_WATCHDOG_FED);
	put("sys/class/watchdog/watchdog1/timeout", "600\n");
	assert_int_equal(machine_watchdog(root), MACHINE_WATCHDOG_SLOW);
	put("sys/class/watchdog/watchdog1/timeout", "15\n");
	assert_int_equal(machine_watchdog(root), MACHINE_WATCHDOG_FED);
	put("sys/class/watchdog/watchdog1/state", "");
	assert_int_equal(machine_watchdog(root), MACHINE_WATCHDOG_IDLE);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_kept_only_where_the_kernel_says_so),
		cmocka_unit_test(a_watchdog_counts_when_it_is_fed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
