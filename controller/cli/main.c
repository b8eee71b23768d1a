/* SPDX-License-Identifier: Apache-2.0 */
/* tapin: finds the command and hands it its arguments. */
#include "base/log.h"
#include "base/util.h"
#include "cli/cli.h"

#include <stdbool.h>
#include <string.h>

/* A verb of NULL: the noun stands alone. */
static const struct {
	const char *noun;
	const char *verb;
	const char *arguments;
	const char *what;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"hours", NULL, "EXPR [--from T] [--to T] [--json] …", "when opening hours are open",
		cli_hours},
	{"explain", NULL, "--cache FILE --door D --card N [--at T] …",
		"why a card comes in or not, step by step", cli_explain},
};

static void print_help(FILE *out)
{
	fputs("tapin: questions and answers about a tapin site\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  tapin %s%s%s %s\n      %s\n", commands[i].noun,
			commands[i].verb ? " " : "", commands[i].verb ? commands[i].verb : "",
			commands[i].arguments, commands[i].what);
	fputs("\n  tapin --version, --help; tapin COMMAND --help\n", out);
}

/* A full disk or a closed pipe must not pass for an answer. */
static int run(int (*command)(int argc, char **argv), int argc, char **argv)
{
	int code = command(argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	log_error("the answer could not be written: %s", strerror(errno));
	return CLI_EXIT_REFUSED;
}

int main(int argc, char **argv)
{
	bool noun_known = false;

	log_open("tapin", LOG_LEVEL_INFO);
	if (argc < 2) {
		print_help(stderr);
		return CLI_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		return puts("tapin " TAPIN_VERSION), CLI_EXIT_DONE;
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help(stdout), CLI_EXIT_DONE;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		int words = commands[i].verb ? 2 : 1;

		if (strcmp(argv[1], commands[i].noun) != 0)
			continue;
		noun_known = true;
		if (words == 1 || (argc > 2 && strcmp(argv[2], commands[i].verb) == 0))
			return run(commands[i].run, argc - words, argv + words);
	}
	if (noun_known && argc > 2)
		log_error("%s %s: no such command; see tapin --help", argv[1], argv[2]);
	else
		log_error("%s: %s; see tapin --help", argv[1],
			noun_known ? "a verb is missing" : "no such command");
	return CLI_EXIT_USAGE;
}
