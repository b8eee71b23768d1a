/* SPDX-License-Identifier: Apache-2.0 */
/* tapin's commands: main.c holds their table, each has a file of its own. */
#pragma once

enum cli_exit {
	CLI_EXIT_DONE = 0,
	CLI_EXIT_REFUSED = 1, /* what was asked cannot be answered; the message says why */
	CLI_EXIT_USAGE = 2,
	CLI_EXIT_UNREACHABLE = 3, /* no hub, or none that answers */
	CLI_EXIT_NOT_ALLOWED = 4, /* not logged in, or this role may not */
	CLI_EXIT_CONFLICT = 5,    /* changed meanwhile, or what is there forbids it */
	CLI_EXIT_DENIED = 10,     /* explain: the answer is no */
};

/* Each gets its own arguments, argv[0] being its name, and returns an enum cli_exit. */
int cli_hours(int argc, char **argv);
int cli_explain(int argc, char **argv);
