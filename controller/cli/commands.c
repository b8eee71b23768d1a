/* SPDX-License-Identifier: Apache-2.0 */
#include "commands_private.h"

#include <string.h>

const struct cli_command *cli_command_at(size_t index)
{
	static const struct cli_table *const all[] = {
		cli_people, cli_times, cli_doors, cli_days, cli_events, cli_rollcall, cli_site};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (const struct cli_table *table = all[i]; table->commands; table++) {
			if (index < table->count)
				return &table->commands[index];
			index -= table->count;
		}
	return NULL;
}

/* A noun with a verb goes before the noun alone. */
const struct cli_command *cli_command_find(int argc, char **argv, int *ret_words)
{
	const struct cli_command *c, *alone = NULL;

	for (size_t i = 0; argc > 0 && (c = cli_command_at(i)); i++) {
		if (strcmp(c->noun, argv[0]) != 0)
			continue;
		if (!c->verb) {
			alone = c;
		} else if (argc > 1 && strcmp(c->verb, argv[1]) == 0) {
			*ret_words = 2;
			return c;
		}
	}
	*ret_words = 1;
	return alone;
}
