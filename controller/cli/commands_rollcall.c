/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands about the roll call. */
#include "commands_private.h"

static const struct cli_option key_word = {"file", CLI_TEXT, NULL, "FILE",
	"the wardens' key: made where there is none yet", CLI_REQUIRED};
static const struct cli_option list_word = {"file", CLI_TEXT, NULL, "FILE",
	"a sealed roll call; default: " CLI_ROLLCALL_FILE ", of this machine's door", 0};

#define PASSPHRASE                                                                    \
	{                                                                             \
		"passphrase-fd", CLI_NUMBER, NULL, "N",                               \
			"read the passphrase from file descriptor N; default: ask", 0 \
	}
#define KEY                                                                                       \
	{                                                                                         \
		"key", CLI_TEXT, NULL, "KEYFILE", "the wardens' key; default: " CLI_ROLLCALL_KEY, \
			0                                                                         \
	}

static const struct cli_option key_options[] = {
	PASSPHRASE,
	{"here", CLI_FLAG, NULL, NULL, "make the file, and tell no hub of it", 0},
	{0},
};
static const struct cli_option open_options[] = {KEY, PASSPHRASE, {0}};
static const struct cli_option print_options[] = {
	KEY,
	PASSPHRASE,
	{"command", CLI_TEXT, NULL, "COMMAND", "what prints its standard input; default: lp", 0},
	{0},
};

static const struct cli_column wardens_columns[] = {
	{"WARDENS' KEY", "key", CLI_CELL_TEXT},
	{"PUBLIC HALF", "public", CLI_CELL_TEXT},
	{"SET BY", "set_by", CLI_CELL_TEXT},
	{"SET AT", "set_at", CLI_CELL_TIME},
	{"NEWEST ROLL CALL", "as_of", CLI_CELL_TIME},
	{0},
};

static const struct cli_command commands[] = {
	{.noun = "rollcall",
		.verb = "open",
		.what = "show who is inside, from a door's sealed list; needs no hub",
		.word = &list_word,
		.options = open_options,
		.run = cli_rollcall_open},
	{.noun = "rollcall",
		.verb = "print",
		.what = "the same on paper",
		.word = &list_word,
		.options = print_options,
		.run = cli_rollcall_print},
	{.noun = "rollcall",
		.verb = "key",
		.what = "make the wardens' key, and have the site seal its lists to it",
		.method = "PUT",
		.path = "/site/wardens",
		.word = &key_word,
		.options = key_options,
		.columns = wardens_columns,
		.run = cli_rollcall_key},
	{.noun = "rollcall",
		.verb = "status",
		.what = "which key lists are sealed to, and when the newest was made",
		.method = "GET",
		.path = "/site/wardens",
		.columns = wardens_columns},
	{.noun = "rollcall",
		.verb = "end",
		.what = "seal no more lists; doors drop the one they keep",
		.method = "PUT",
		.path = "/site/wardens",
		.columns = wardens_columns,
		.run = cli_rollcall_end},
};

const struct cli_table cli_rollcall[] = {
	{commands, ARRAY_SIZE(commands)},
	{NULL, 0},
};
