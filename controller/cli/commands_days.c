/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands about who is in, what they use up, their guests, and months in numbers. */
#include "commands_private.h"

static const struct cli_column present_columns[] = {
	{"NAME", "name", CLI_CELL_TEXT},
	{"MEMBER", "member", CLI_CELL_RIGHT},
	{"CARD", "card", CLI_CELL_RIGHT},
	{"SINCE", "since", CLI_CELL_TIME},
	{"DOOR", "door", CLI_CELL_TEXT},
	{"ZONE", "zone", CLI_CELL_TEXT},
	{"SURE", "sure", CLI_CELL_TEXT},
	{"GUEST OF", "sponsor", CLI_CELL_RIGHT},
	{"EVENT", "event", CLI_CELL_RIGHT},
	{"BY", "by", CLI_CELL_TEXT},
	{0},
};
static const struct cli_column pool_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"NAME", "name", CLI_CELL_TEXT},
	{"KIND", "kind", CLI_CELL_TEXT},
	{"A MONTH", "limit", CLI_CELL_RIGHT},
	{"USED", "used", CLI_CELL_RIGHT},
	{"MEMBERS", "members", CLI_CELL_RIGHT},
	{"VERSION", "version", CLI_CELL_RIGHT},
	{0},
};
static const struct cli_column guest_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"NAME", "name", CLI_CELL_TEXT},
	{"GUEST OF", "sponsor", CLI_CELL_RIGHT},
	{"SPONSOR", "sponsor_name", CLI_CELL_TEXT},
	{"CARD", "card", CLI_CELL_RIGHT},
	{"DOOR", "door", CLI_CELL_DOORS},
	{"FROM", "from", CLI_CELL_TIME},
	{"UNTIL", "until", CLI_CELL_TIME},
	{"ARRIVED", "arrived_at", CLI_CELL_TIME},
	{"ENDED", "ended_at", CLI_CELL_TIME},
	{"BY", "ended_by", CLI_CELL_TEXT},
	{0},
};

#define WHY                                                                  \
	{                                                                    \
		"why", CLI_TEXT, "why", "TEXT", "kept with it", CLI_REQUIRED \
	}

static const struct cli_option correct_options[] = {
	{"member", CLI_NUMBER, "member", "ID", "who", 0},
	{"card", CLI_NUMBER, "card", "N", "or a guest's card", 0},
	{"at", CLI_TIME, "at", "T", "when; now unless given", CLI_PAST},
	WHY,
	{0},
};
static const struct cli_option give_word = {"units", CLI_NUMBER, "units", "N",
	"days, half days or visits; minutes of hours", CLI_REQUIRED};
static const struct cli_option give_options[] = {
	{"take", CLI_FLAG, "take", NULL, "take them instead", 0},
	WHY,
	{0},
};
static const struct cli_option forgive_word = {
	"entry", CLI_NUMBER, "entry", "ENTRY", "whose unit no longer counts", CLI_REQUIRED};
static const struct cli_option forgive_options[] = {WHY, {0}};
#define POOL_FIELDS(NEEDED)                                                                      \
	{"name", CLI_TEXT, "name", "TEXT", "as \"Acme Ltd\"", NEEDED},                           \
		{"kind", CLI_CHOICE, "kind", "days|half_days|visits", "what is shared", NEEDED}, \
	{                                                                                        \
		"limit", CLI_NUMBER, "limit", "N", "a month", NEEDED                             \
	}
static const struct cli_option pool_add[] = {POOL_FIELDS(CLI_REQUIRED), {0}};
static const struct cli_option pool_change[] = {POOL_FIELDS(0), {0}};
static const struct cli_option guest_add[] = {
	{"sponsor", CLI_NUMBER, "sponsor", "ID", "the member who answers for them", CLI_REQUIRED},
	{"name", CLI_TEXT, "name", "TEXT", "the guest's name", CLI_REQUIRED},
	{"card", CLI_NUMBER, "card", "N", "one that lies in the drawer", CLI_REQUIRED},
	{"door", CLI_TEXT, "door", "DOOR", "only there", CLI_NONE},
	{"from", CLI_TIME, "from", "T", "now unless given", CLI_NONE},
	{"until", CLI_TIME, "until", "T", "the card is free again then", CLI_REQUIRED},
	{0},
};
static const struct cli_option guest_list[] = {
	{"sponsor", CLI_NUMBER, "sponsor", "ID", "only this member's", 0},
	{"active", CLI_CHOICE, "active", "true|false", "false: also those that are over", 0},
	{0},
};

static const struct cli_command present_commands[] = {
	{.noun = "present",
		.what = "who is in, since when, how sure",
		.method = "GET",
		.path = "/presence",
		.columns = present_columns,
		.run = cli_present},
	{.noun = "present",
		.verb = "in",
		.what = "say that somebody came, and why you know",
		.method = "POST",
		.path = "/presence",
		.fixed = "inside=true",
		.options = correct_options,
		.columns = present_columns,
		.run = cli_present},
	{.noun = "present",
		.verb = "out",
		.what = "say that somebody left, and why you know",
		.method = "POST",
		.path = "/presence",
		.fixed = "inside=false",
		.options = correct_options,
		.columns = present_columns,
		.run = cli_present},
};

static const struct cli_command allowance_commands[] = {
	{.noun = "allowance",
		.verb = "give",
		.what = "give a member units of this month",
		.method = "POST",
		.path = "/members/{ID}/allowance",
		.word = &give_word,
		.options = give_options,
		.columns = cli_unit_columns,
		.run = cli_allowance},
	{.noun = "allowance",
		.verb = "forgive",
		.what = "the unit of an entry no longer counts",
		.method = "POST",
		.path = "/members/{ID}/allowance",
		.word = &forgive_word,
		.options = forgive_options,
		.columns = cli_unit_columns,
		.run = cli_allowance},
	{.noun = "pool",
		.verb = "add",
		.what = "an allowance that members share",
		.method = "POST",
		.path = "/pools",
		.options = pool_add,
		.columns = pool_columns},
	{.noun = "pool",
		.verb = "list",
		.what = "pools, by number",
		.method = "GET",
		.path = "/pools",
		.list = "items",
		.columns = pool_columns},
	{.noun = "pool",
		.verb = "show",
		.what = "one pool",
		.method = "GET",
		.path = "/pools/{ID}",
		.columns = pool_columns},
	{.noun = "pool",
		.verb = "change",
		.what = "change what is given",
		.method = "PATCH",
		.path = "/pools/{ID}",
		.options = pool_change,
		.versioned = true,
		.columns = pool_columns},
	{.noun = "pool",
		.verb = "remove",
		.what = "remove one that nobody is in",
		.method = "DELETE",
		.path = "/pools/{ID}",
		.versioned = true},
};

static const struct cli_command guest_commands[] = {
	{.noun = "guest",
		.verb = "add",
		.what = "a guest of a member, on a spare card, for a while",
		.method = "POST",
		.path = "/guests",
		.options = guest_add,
		.columns = guest_columns},
	{.noun = "guest",
		.verb = "list",
		.what = "guests whose time is not over",
		.method = "GET",
		.path = "/guests",
		.options = guest_list,
		.list = "items",
		.columns = guest_columns},
	{.noun = "guest",
		.verb = "show",
		.what = "one guest",
		.method = "GET",
		.path = "/guests/{ID}",
		.columns = guest_columns},
	{.noun = "guest",
		.verb = "end",
		.what = "end it now: the card is free again",
		.method = "POST",
		.path = "/guests/{ID}/end",
		.columns = guest_columns},
};

static const struct cli_option month_options[] = {
	{"section", CLI_CHOICE, "section", "visits|hours|events|allowance|cards|denied",
		"only this one", 0},
	{"exact", CLI_FLAG, "exact", NULL,
		"nothing is withheld; auditors and admins only, and audited", 0},
	{"csv", CLI_FLAG, NULL, NULL, "print CSV, of one section", 0},
	{0},
};
static const struct cli_command report_commands[] = {
	{.noun = "report",
		.verb = "month",
		.what = "a month in numbers: visits, busiest hours, events, allowance",
		.method = "GET",
		.path = "/reports/{MONTH}",
		.options = month_options,
		.run = cli_month},
};

const struct cli_table cli_days[] = {
	{present_commands, ARRAY_SIZE(present_commands)},
	{allowance_commands, ARRAY_SIZE(allowance_commands)},
	{guest_commands, ARRAY_SIZE(guest_commands)},
	{report_commands, ARRAY_SIZE(report_commands)},
	{NULL, 0},
};
