/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands about tiers and hours. */
#include "commands_private.h"

static const struct cli_column tier_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"NAME", "name", CLI_CELL_TEXT},
	{"HOURS", "hours", CLI_CELL_TEXT},
	{"FLAGS", "flags", CLI_CELL_TEXT},
	{"DOORS", "doors", CLI_CELL_DOORS},
	{"ALLOWANCE A MONTH", "allowance", CLI_CELL_ALLOWANCE},
	{"VERSION", "version", CLI_CELL_RIGHT},
	{"KIND", "allowance.kind", CLI_CELL_CSV},
	{"LIMIT", "allowance.limit", CLI_CELL_CSV},
	{"WHEN SPENT", "allowance.when_spent", CLI_CELL_CSV},
	{"WARN", "allowance.warn_percent", CLI_CELL_CSV},
	{0},
};

static const struct cli_column exception_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"FROM", "from", CLI_CELL_TEXT},
	{"TO", "to", CLI_CELL_TEXT},
	{"TIMES", "times", CLI_CELL_TEXT},
	{"DOOR", "door", CLI_CELL_DOORS},
	{"REASON", "reason", CLI_CELL_TEXT},
	{"VERSION", "version", CLI_CELL_RIGHT},
	{0},
};

static const struct cli_column holiday_columns[] = {
	{"DATE", "date", CLI_CELL_TEXT},
	{"HOLIDAY", "holiday", CLI_CELL_TEXT},
	{0},
};

#define TIER_FIELDS                                                                             \
	{"flags", CLI_LIST, "flags", "LIST",                                                    \
		"of staff, override, may_open_up, events_free, with commas; none: \"\"", 0},    \
		{"allowance", CLI_ALLOWANCE, "allowance", "KIND=N[,warn][,from=PERCENT]",       \
			"a month: hours, days, half_days or visits, warned of from 80 percent " \
			"on; warn: only warned when spent; none: no limit",                     \
			CLI_NONE},                                                              \
	{                                                                                       \
		"door", CLI_DOORS, "doors", "DOOR[=HOURS]",                                     \
			"only there, at these hours; may be repeated; all: every door", 0       \
	}

static const struct cli_option tier_add[] = {
	{"name", CLI_TEXT, "name", "TEXT", "as \"Unlimited\"", CLI_REQUIRED},
	{"hours", CLI_TEXT, "hours", "HOURS", "as \"Mo-Fr 09:00-17:00; PH off\"", CLI_REQUIRED},
	TIER_FIELDS,
	{0},
};
static const struct cli_option tier_change[] = {
	{"name", CLI_TEXT, "name", "TEXT", "as \"Unlimited\"", 0},
	{"hours", CLI_TEXT, "hours", "HOURS", "as \"Mo-Fr 09:00-17:00; PH off\"", 0},
	TIER_FIELDS,
	{0},
};
static const struct cli_option exception_add[] = {
	{"from", CLI_DATE, "from", "DATE", "the first day", CLI_REQUIRED},
	{"to", CLI_DATE, "to", "DATE", "the last day, with it", CLI_REQUIRED},
	{"reason", CLI_TEXT, "reason", "TEXT", "members read it", CLI_REQUIRED},
	{"times", CLI_TEXT, "times", "HH:MM-HH:MM",
		"of each day, to 48:00; whole days unless given", CLI_NONE},
	{"door", CLI_TEXT, "door", "DOOR", "only there", CLI_NONE},
	{0},
};
static const struct cli_option exception_change[] = {
	{"from", CLI_DATE, "from", "DATE", "the first day", 0},
	{"to", CLI_DATE, "to", "DATE", "the last day, with it", 0},
	{"reason", CLI_TEXT, "reason", "TEXT", "members read it", 0},
	{"times", CLI_TEXT, "times", "HH:MM-HH:MM", "of each day, to 48:00; none: whole days",
		CLI_NONE},
	{"door", CLI_TEXT, "door", "DOOR", "only there; none: every door", CLI_NONE},
	{0},
};
static const struct cli_option exception_list[] = {
	{"since", CLI_DATE, "since", "DATE", "only those that end then or later", 0},
	{0},
};
static const struct cli_option holiday_set[] = {
	{"holiday", CLI_BOOL, "holiday", "yes|no", "no: none, whatever the calendar says", 0},
	{0},
};

#define EXCEPTION(NOUN, WHAT)                                                                    \
	{.noun = NOUN,                                                                           \
		.verb = "add",                                                                   \
		.what = WHAT,                                                                    \
		.method = "POST",                                                                \
		.path = "/exceptions",                                                           \
		.fixed = "kind=" NOUN,                                                           \
		.options = exception_add,                                                        \
		.columns = exception_columns},                                                   \
		{.noun = NOUN,                                                                   \
			.verb = "list",                                                          \
			.what = NOUN "s, by number",                                             \
			.method = "GET",                                                         \
			.path = "/exceptions",                                                   \
			.fixed = "kind=" NOUN,                                                   \
			.options = exception_list,                                               \
			.list = "items",                                                         \
			.columns = exception_columns},                                           \
		{.noun = NOUN,                                                                   \
			.verb = "change",                                                        \
			.what = "change what is given",                                          \
			.method = "PATCH",                                                       \
			.path = "/exceptions/{ID}",                                              \
			.options = exception_change,                                             \
			.versioned = true,                                                       \
			.columns = exception_columns},                                           \
	{                                                                                        \
		.noun = NOUN, .verb = "remove", .what = "take it away, as if it had never been", \
		.method = "DELETE", .path = "/exceptions/{ID}", .versioned = true                \
	}

static const struct cli_command time_commands[] = {
	{.noun = "hours",
		.what = "when opening hours are open",
		.own = cli_hours,
		.own_arguments = "EXPR [--from T] [--to T] [--json] …"},
	{.noun = "tier",
		.verb = "add",
		.what = "a membership level",
		.method = "POST",
		.path = "/tiers",
		.options = tier_add,
		.columns = tier_columns},
	{.noun = "tier",
		.verb = "list",
		.what = "tiers, by number",
		.method = "GET",
		.path = "/tiers",
		.list = "items",
		.columns = tier_columns},
	{.noun = "tier",
		.verb = "show",
		.what = "one tier",
		.method = "GET",
		.path = "/tiers/{ID}",
		.columns = tier_columns},
	{.noun = "tier",
		.verb = "change",
		.what = "change what is given",
		.method = "PATCH",
		.path = "/tiers/{ID}",
		.options = tier_change,
		.versioned = true,
		.columns = tier_columns},
	{.noun = "tier",
		.verb = "remove",
		.what = "remove one that no member is in",
		.method = "DELETE",
		.path = "/tiers/{ID}",
		.versioned = true},
	EXCEPTION("closure", "a closure: closed, whatever the hours say"),
	EXCEPTION("opening", "a special opening, beside the hours"),
	{.noun = "holiday",
		.verb = "list",
		.what = "dates that differ from the calendar",
		.method = "GET",
		.path = "/holidays",
		.list = "items",
		.columns = holiday_columns},
	{.noun = "holiday",
		.verb = "set",
		.what = "a date is a holiday, or is none",
		.method = "PUT",
		.path = "/holidays/{DATE}",
		.fixed = "holiday=true",
		.options = holiday_set,
		.columns = holiday_columns},
	{.noun = "holiday",
		.verb = "remove",
		.what = "let the calendar say again",
		.method = "DELETE",
		.path = "/holidays/{DATE}"},
};

const struct cli_table cli_times[] = {
	{time_commands, ARRAY_SIZE(time_commands)},
	{NULL, 0},
};
