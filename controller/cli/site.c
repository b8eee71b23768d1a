/* SPDX-License-Identifier: Apache-2.0 */
/* What only root on the hub's machine can do: tapin-hub does it. */
#include "base/log.h"
#include "base/util.h"
#include "cli/command.h"

#include <limits.h>
#include <string.h>

#define HUB_PROGRAM "tapin-hub"

/* The tapin-hub beside this program, or that of the PATH. */
static void run_hub(char *const arguments[])
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(HUB_PROGRAM));
	char *slash;

	fflush(stdout);
	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		strcpy(slash + 1, HUB_PROGRAM);
		execv(path, arguments);
	}
	execvp(HUB_PROGRAM, arguments);
	log_error(HUB_PROGRAM ": cannot be started: %s; run this on the hub's machine",
		strerror(errno));
}

int cli_site_init(int argc, char **argv)
{
	static char init[] = "--init", name[] = HUB_PROGRAM;
	char *list[7] = {name, init};
	int n = 2;

	for (int i = 1; i < argc; i += 2) {
		if ((strcmp(argv[i], "--admin") != 0 && strcmp(argv[i], "--config") != 0) ||
			i + 1 == argc || n > 4) {
			log_error("site init: expected [--admin NAME] [--config FILE]");
			return CLI_EXIT_USAGE;
		}
		list[n++] = argv[i];
		list[n++] = argv[i + 1];
	}
	run_hub(list);
	return CLI_EXIT_REFUSED;
}

int cli_operator_recover(int argc, char **argv)
{
	static char name[] = HUB_PROGRAM;
	char recover[80] = "--recover";
	char *list[5] = {name, recover};
	int i = 1;

	if (i < argc && *argv[i] != '-')
		snprintf(recover, sizeof(recover), "--recover=%.60s", argv[i++]);
	if (i + 1 < argc && strcmp(argv[i], "--config") == 0) {
		list[2] = argv[i];
		list[3] = argv[i + 1];
		i += 2;
	}
	if (i < argc) {
		log_error("operator recover: expected [NAME] [--config FILE]");
		return CLI_EXIT_USAGE;
	}
	run_hub(list);
	return CLI_EXIT_REFUSED;
}
