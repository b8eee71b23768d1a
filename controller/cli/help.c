/* SPDX-License-Identifier: Apache-2.0 */
/* Help and completion, from the tables. */
#include "cli/command.h"

#include <ctype.h>
#include <string.h>

static const char exits[] =
	"Exit: 0 done, 1 refused by the hub, 2 wrong options, 3 no hub, 4 not logged in or not "
	"allowed,\n"
	"5 changed meanwhile or in conflict, 10 explain: denied.\n";

/* "/members/{ID}" → " ID"; then the word for the body. */
static void print_words(FILE *out, const struct cli_command *c)
{
	for (const char *p = c->path; p && (p = strchr(p, '{')); p++)
		fprintf(out, " %.*s", (int)strcspn(p + 1, "}"), p + 1);
	if (c->word)
		fprintf(out, c->word->flags & CLI_REQUIRED ? " %s" : " [%s]", c->word->value);
}

static void print_usage(FILE *out, const struct cli_command *c)
{
	fprintf(out, "  tapin %s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
	if (c->own) {
		fprintf(out, " %s\n", c->own_arguments);
		return;
	}
	print_words(out, c);
	for (const struct cli_option *o = c->options; o && o->name; o++)
		if (o->flags & CLI_REQUIRED)
			fprintf(out, " --%s %s", o->name, o->value);
	for (const struct cli_option *o = c->options; o && o->name; o++)
		if (!(o->flags & CLI_REQUIRED)) {
			fputs(" …", out);
			break;
		}
	fputc('\n', out);
}

void cli_help_noun(FILE *out, const char *noun)
{
	const struct cli_command *c;

	for (size_t i = 0; (c = cli_command_at(i)); i++)
		if (strcmp(c->noun, noun) == 0) {
			print_usage(out, c);
			fprintf(out, "      %s\n", c->what);
		}
}

void cli_help_all(FILE *out)
{
	const struct cli_command *c;

	fputs("tapin: the members, cards, doors and log of a site\n\n", out);
	for (size_t i = 0; (c = cli_command_at(i)); i++) {
		print_usage(out, c);
		fprintf(out, "      %s\n", c->what);
	}
	fputs("\n  tapin --version, --help; tapin COMMAND --help\n"
	      "  --hub ADDRESS or TAPIN_HUB: unix:PATH, http://127.0.0.1:PORT or https://HUB:PORT\n"
	      "  TAPIN_CA: a copy of the hub's https.pem, or who certified it\n"
	      "  --json everywhere, --csv for lists\n\n",
		out);
	fputs(exits, out);
}

static void print_option(FILE *out, const struct cli_option *o)
{
	char name[80];

	snprintf(name, sizeof(name), "--%s%s%s", o->name, o->value ? " " : "",
		o->value ? o->value : "");
	fprintf(out, "  %-24s  %s%s\n", name, o->what,
		o->flags & CLI_REQUIRED ? " (must be given)" : "");
}

void cli_help_command(FILE *out, const struct cli_command *c)
{
	fprintf(out, "tapin %s%s%s: %s\n\n", c->noun, c->verb ? " " : "", c->verb ? c->verb : "",
		c->what);
	print_usage(out, c);
	fputc('\n', out);
	if (c->word)
		fprintf(out, "  %-24s  %s\n", c->word->value, c->word->what);
	for (const struct cli_option *o = c->options; o && o->name; o++)
		print_option(out, o);
	fputs("  --json                    print the hub's JSON\n", out);
	if (c->list)
		fputs("  --csv                     print CSV\n"
		      "  --limit N                 at most so many\n",
			out);
	if (c->versioned)
		fputs("  --if-version N            only if it has not changed since\n", out);
	fputs("  --hub ADDRESS             unix:PATH, http://127.0.0.1:PORT or https://HUB:PORT\n\n"
	      "Times are local: 2026-12-24 or 2026-12-24T19:30.\n",
		out);
	fputs(exits, out);
}

/* ---- completion ---- */

static void offer(const char *word, const char *begun)
{
	if (strncmp(word, begun, strlen(begun)) == 0)
		puts(word);
}

static void offer_nouns(const char *begun)
{
	const struct cli_command *c;
	const char *last = "";

	for (size_t i = 0; (c = cli_command_at(i)); i++) {
		if (strcmp(c->noun, last) != 0)
			offer(c->noun, begun);
		last = c->noun;
	}
	offer("--help", begun);
	offer("--version", begun);
}

static void offer_verbs(const char *noun, const char *begun)
{
	const struct cli_command *c;

	for (size_t i = 0; (c = cli_command_at(i)); i++)
		if (strcmp(c->noun, noun) == 0 && c->verb)
			offer(c->verb, begun);
}

/* "a|b|c" one by one. */
static void offer_choices(const char *choices, const char *begun)
{
	char one[64];

	while (choices && *choices) {
		size_t n = strcspn(choices, "|");

		snprintf(one, sizeof(one), "%.*s", (int)n, choices);
		if (n > 0 && islower((unsigned char)one[0]))
			offer(one, begun);
		choices += n + (choices[n] == '|');
	}
}

static void offer_options(const struct cli_command *c, const char *begun)
{
	char name[64];

	for (const struct cli_option *o = c->options; o && o->name; o++) {
		snprintf(name, sizeof(name), "--%s", o->name);
		offer(name, begun);
	}
	if (c->own)
		return;
	offer("--json", begun);
	offer("--hub", begun);
	offer("--help", begun);
	if (c->list) {
		offer("--csv", begun);
		offer("--limit", begun);
	}
	if (c->versioned)
		offer("--if-version", begun);
}

static const struct cli_option *option_named(const struct cli_command *c, const char *word)
{
	for (const struct cli_option *o = c->options; o && o->name; o++)
		if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, o->name) == 0)
			return o;
	return NULL;
}

void cli_complete(int argc, char **argv)
{
	const char *begun = argc > 0 ? argv[argc - 1] : "";
	const struct cli_command *c;
	const struct cli_option *before;
	int words;

	if (argc <= 1) {
		offer_nouns(begun);
		return;
	}
	c = cli_command_find(argc - 1, argv, &words);
	if (argc == 2)
		offer_verbs(argv[0], begun);
	if (!c)
		return;
	before = argc > 2 ? option_named(c, argv[argc - 2]) : NULL;
	if (before && before->type != CLI_FLAG)
		offer_choices(strchr(before->value, '|') ? before->value : NULL, begun);
	else if (*begun == '-' || !c->word)
		offer_options(c, begun);
	else
		offer_choices(strchr(c->word->value, '|') ? c->word->value : NULL, begun);
}
