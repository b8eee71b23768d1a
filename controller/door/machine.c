/* SPDX-License-Identifier: Apache-2.0 */
#include "door/machine.h"

#include "base/log.h"
#include "base/util.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What tapin-door(8) promises of a kernel that hangs. */
#define WATCHDOG_MAX_S 15

/* The first line of a file of /sys; "" when it is not to be had. */
static void read_line(const char *root, const char *path, char *out, size_t size)
{
	CLEANUP(cleanup_fclose) FILE *f = NULL;
	char whole[PATH_MAX];

	out[0] = '\0';
	if (snprintf(whole, sizeof(whole), "%s/%s", root, path) >= (int)sizeof(whole))
		return;
	f = fopen(whole, "re");
	if (!f || !fgets(out, (int)size, f))
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

int machine_keeps_outputs(const char *root)
{
	static const char *const switches[] = {
		"sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs",
		"sys/module/pinctrl_rp1/parameters/persist_gpio_outputs"};
	char line[8];
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		read_line(root, switches[i], line, sizeof(line));
		if (line[0] == 'Y')
			return 1;
		if (line[0] != '\0')
			r = 0;
	}
	return r;
}

static void read_watchdog(
	const char *root, const char *name, const char *file, char *out, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/class/watchdog/%s/%s", name, file);
	read_line(root, path, out, size);
}

static enum machine_watchdog judge_watchdog(const char *root, const char *name)
{
	char line[32];

	read_watchdog(root, name, "state", line, sizeof(line));
	if (strcmp(line, "active") != 0)
		return MACHINE_WATCHDOG_IDLE;
	read_watchdog(root, name, "timeout", line, sizeof(line));
	return strtoul(line, NULL, 10) > WATCHDOG_MAX_S ? MACHINE_WATCHDOG_SLOW
							: MACHINE_WATCHDOG_FED;
}

/* The best of several counts. */
enum machine_watchdog machine_watchdog(const char *root)
{
	enum machine_watchdog found = MACHINE_WATCHDOG_NONE, one;
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/class/watchdog", root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		one = judge_watchdog(root, entry->d_name);
		found = one < found ? one : found;
	}
	if (dir)
		closedir(dir);
	return found;
}

void machine_warn(bool strike, const char *root)
{
	if (!strike)
		return;
	if (machine_keeps_outputs(root) > 0)
		log_warning("gpio: this kernel keeps outputs as they were when a program dies; put "
			    "dtparam=strict_gpiod into config.txt, or be sure that --relock runs "
			    "after every stop");
	switch (machine_watchdog(root)) {
	case MACHINE_WATCHDOG_FED:
		break;
	case MACHINE_WATCHDOG_SLOW:
		log_warning("watchdog: this machine's waits for longer than %d s, and so long may "
			    "a kernel that hangs keep the strike as it is; put "
			    "RuntimeWatchdogSec=10s under [Manager] into "
			    "/etc/systemd/system.conf.d/tapin.conf and reboot",
			WATCHDOG_MAX_S);
		break;
	case MACHINE_WATCHDOG_IDLE:
		log_warning("watchdog: nobody feeds this machine's, so a kernel that hangs keeps "
			    "the strike as it is; put RuntimeWatchdogSec=10s under [Manager] into "
			    "/etc/systemd/system.conf.d/tapin.conf and reboot");
		break;
	case MACHINE_WATCHDOG_NONE:
		log_warning("watchdog: this machine has none, so a kernel that hangs keeps the "
			    "strike as it is; load its driver (on a Raspberry Pi "
			    "dtparam=watchdog=on in config.txt), or fit a monostable relay");
		break;
	}
}
