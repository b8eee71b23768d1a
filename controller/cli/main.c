/* SPDX-License-Identifier: Apache-2.0 */
/* tapin: finds the command and hands it its arguments. The table of commands is in commands*.c. */
#include "base/log.h"
#include "base/util.h"
#include "cli/command.h"

#include <locale.h>
#include <signal.h>
#include <string.h>

/* A full disk or a closed pipe must not pass for an answer. */
static int run(const struct cli_command *command, int argc, char **argv)
{
	int code = cli_run(command, argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	log_error("the answer could not be written: %s", strerror(errno));
	return CLI_EXIT_REFUSED;
}

static bool is_noun(const char *word)
{
	const struct cli_command *c;

	for (size_t i = 0; (c = cli_command_at(i)); i++)
		if (strcmp(c->noun, word) == 0)
			return true;
	return false;
}

/* Each once: those of one noun stand together. */
static void print_nouns(void)
{
	const struct cli_command *c;
	const char *last = "";

	fputc(' ', stderr);
	for (size_t i = 0; (c = cli_command_at(i)); i++) {
		if (strcmp(c->noun, last) != 0)
			fprintf(stderr, " %s", c->noun);
		last = c->noun;
	}
	fputc('\n', stderr);
}

static bool asks_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int find_and_run(int argc, char **argv)
{
	int words;
	const struct cli_command *command = cli_command_find(argc, argv, &words);

	if (command)
		return run(command, argc - words + 1, argv + words - 1);
	if (is_noun(argv[0]) && argc > 1 && asks_help(argv[1]))
		return cli_help_noun(stdout, argv[0]), CLI_EXIT_DONE;
	if (!is_noun(argv[0])) {
		log_error("%s: no such command; see tapin --help. They begin with", argv[0]);
		print_nouns();
		return CLI_EXIT_USAGE;
	}
	if (argc > 1)
		log_error("%s %s: no such command; there are", argv[0], argv[1]);
	else
		log_error("%s: a verb is missing; there are", argv[0]);
	cli_help_noun(stderr, argv[0]);
	return CLI_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	log_open("tapin", LOG_LEVEL_INFO);
	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		cli_help_all(stderr);
		return CLI_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		return puts("tapin " TAPIN_VERSION), CLI_EXIT_DONE;
	if (asks_help(argv[1]))
		return cli_help_all(stdout), CLI_EXIT_DONE;
	if (strcmp(argv[1], "--complete") == 0)
		return cli_complete(argc - 2, argv + 2), CLI_EXIT_DONE;
	signal(SIGPIPE, SIG_IGN); /* said as a message, not as a silent end */
	return find_and_run(argc - 1, argv + 1);
}
