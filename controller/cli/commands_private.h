/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands, by what they are about; commands.c puts them together. */
#pragma once

#include "cli/command.h"

#define LONG_WAIT_S 900 /* for what looks at everything there is */

struct cli_table {
	const struct cli_command *commands;
	size_t count;
};

/* Each ends with a table of NULL. */
extern const struct cli_table cli_people[];
extern const struct cli_table cli_times[];
extern const struct cli_table cli_doors[];
extern const struct cli_table cli_days[];
extern const struct cli_table cli_events[];
extern const struct cli_table cli_rollcall[];
extern const struct cli_table cli_site[];
