/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands about events and who is expected. */
#include "commands_private.h"

static const struct cli_column event_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"TITLE", "title", CLI_CELL_TEXT},
	{"ROOM", "room", CLI_CELL_TEXT},
	{"STARTS", "starts", CLI_CELL_TIME},
	{"ENDS", "ends", CLI_CELL_TIME},
	{"DOOR", "door", CLI_CELL_TEXT},
	{"DOORS FROM", "doors_from", CLI_CELL_TIME},
	{"DOORS UNTIL", "doors_until", CLI_CELL_TIME},
	{"BEFORE", "before_minutes", CLI_CELL_RIGHT},
	{"AFTER", "after_minutes", CLI_CELL_RIGHT},
	{"FREE", "free", CLI_CELL_TEXT},
	{"LISTED", "listed", CLI_CELL_RIGHT},
	{"ARRIVED", "arrived", CLI_CELL_RIGHT},
	{"HEADS", "headcount", CLI_CELL_RIGHT},
	{"CAPACITY", "capacity", CLI_CELL_RIGHT},
	{"SERIES", "series", CLI_CELL_RIGHT},
	{"NOTE", "note", CLI_CELL_TEXT},
	{"VERSION", "version", CLI_CELL_RIGHT},
	{0},
};
static const struct cli_column guest_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"NAME", "name", CLI_CELL_TEXT},
	{"MEMBER", "member", CLI_CELL_RIGHT},
	{"CARD", "card", CLI_CELL_RIGHT},
	{"ARRIVED", "arrived_at", CLI_CELL_TIME},
	{"HOW", "how", CLI_CELL_TEXT},
	{"BY", "by", CLI_CELL_TEXT},
	{0},
};
static const struct cli_column import_columns[] = {
	{"LINE", "line", CLI_CELL_RIGHT},
	{"EFFECT", "effect", CLI_CELL_TEXT},
	{"MEMBER", "member", CLI_CELL_RIGHT},
	{"WHAT", "detail", CLI_CELL_TEXT},
	{0},
};

#define EVENT_FIELDS                                                                               \
	{"room", CLI_TEXT, "room", "TEXT", "where; none", CLI_EMPTY},                              \
		{"starts", CLI_TIME, "starts", "T", "it begins; none", CLI_NONE},                  \
		{"ends", CLI_TIME, "ends", "T", "and ends; none", CLI_NONE},                       \
		{"before", CLI_NUMBER, "before_minutes", "N",                                      \
			"minutes that who is on the list may come before", 0},                     \
		{"after", CLI_NUMBER, "after_minutes", "N", "and after", 0},                       \
		{"free", CLI_BOOL, "free", "yes|no", "coming uses no allowance", 0},               \
		{"door", CLI_TEXT, "door", "DOOR", "where they come in; none: anywhere",           \
			CLI_NONE},                                                                 \
		{"from", CLI_TIME, "doors_from", "T", "it stands open from then; none", CLI_NONE}, \
		{"until", CLI_TIME, "doors_until", "T", "until then; none", CLI_NONE},             \
		{"capacity", CLI_NUMBER, "capacity", "N", "how many; 0: not said", 0},             \
		{"heads", CLI_NUMBER, "headcount", "N", "that a host counted; 0: not said", 0},    \
	{                                                                                          \
		"note", CLI_TEXT, "note", "TEXT", "for hosts", 0                                   \
	}

static const struct cli_option event_add[] = {
	{"title", CLI_TEXT, "title", "TEXT", "as \"Pecha Kucha\"", CLI_REQUIRED},
	EVENT_FIELDS,
	{0},
};
static const struct cli_option event_change[] = {
	{"title", CLI_TEXT, "title", "TEXT", "as \"Pecha Kucha\"", 0},
	EVENT_FIELDS,
	{0},
};
static const struct cli_option event_list[] = {
	{"since", CLI_TIME, "since", "T", "only those that end later", 0},
	{0},
};
static const struct cli_option repeat_options[] = {
	{"every-days", CLI_NUMBER, "every_days", "N", "7 unless given", 0},
	{"times", CLI_NUMBER, "times", "N", "in all: 2 to 60", CLI_REQUIRED},
	{0},
};
static const struct cli_option invite_options[] = {
	{"name", CLI_TEXT, "name", "TEXT", "of who is no member", 0},
	{"member", CLI_NUMBER, "member", "ID", "a member", 0},
	{"card", CLI_NUMBER, "card", "N", "a card, whoever has it", 0},
	{0},
};
static const struct cli_option walkin_options[] = {
	{"name", CLI_TEXT, "name", "TEXT", "of who is no member", 0},
	{"member", CLI_NUMBER, "member", "ID", "a member", 0},
	{"over", CLI_FLAG, "over", NULL, "although it is full", 0},
	{0},
};
static const struct cli_option import_options[] = {
	{"preview", CLI_FLAG, NULL, NULL, "only say what would change", 0},
	{0},
};
static const struct cli_option import_word = {
	"FILE", CLI_TEXT, NULL, "FILE", "CSV with a header line; -: standard input", CLI_REQUIRED};

static const struct cli_option calendar_word = {
	"FILE", CLI_TEXT, NULL, "FILE", "an iCalendar file (.ics)", CLI_REQUIRED};

static const struct cli_command event_commands[] = {
	{.noun = "event",
		.verb = "add",
		.what = "a booked gathering",
		.method = "POST",
		.path = "/events",
		.options = event_add,
		.columns = event_columns},
	{.noun = "event",
		.verb = "list",
		.what = "events, by number",
		.method = "GET",
		.path = "/events",
		.options = event_list,
		.list = "items",
		.columns = event_columns},
	{.noun = "event",
		.verb = "show",
		.what = "one event, with how many came",
		.method = "GET",
		.path = "/events/{ID}",
		.columns = event_columns},
	{.noun = "event",
		.verb = "change",
		.what = "change what is given",
		.method = "PATCH",
		.path = "/events/{ID}",
		.options = event_change,
		.versioned = true,
		.columns = event_columns},
	{.noun = "event",
		.verb = "remove",
		.what = "call one off",
		.method = "DELETE",
		.path = "/events/{ID}",
		.versioned = true},
	{.noun = "event",
		.verb = "repeat",
		.what = "make a series of it, with its list, at the same local time",
		.method = "POST",
		.path = "/events/{ID}/repeat",
		.options = repeat_options,
		.columns = event_columns},
	{.noun = "event",
		.verb = "guests",
		.what = "who is expected, and who came",
		.method = "GET",
		.path = "/events/{ID}/guests",
		.list = "items",
		.columns = guest_columns},
	{.noun = "event",
		.verb = "invite",
		.what = "put a member, a card or a name on the list",
		.method = "POST",
		.path = "/events/{ID}/guests",
		.options = invite_options,
		.columns = guest_columns},
	{.noun = "event",
		.verb = "uninvite",
		.what = "take a guest (a number of the list) off it",
		.method = "DELETE",
		.path = "/event-guests/{ID}"},
	{.noun = "event",
		.verb = "import",
		.what = "a list by CSV: name, member or email",
		.method = "POST",
		.path = "/events/{ID}/guests/import",
		.word = &import_word,
		.options = import_options,
		.columns = import_columns,
		.wait_s = LONG_WAIT_S,
		.run = cli_import},
	{.noun = "event",
		.verb = "calendar",
		.what = "events and their guests out of an .ics file",
		.method = "POST",
		.path = "/events",
		.word = &calendar_word,
		.columns = event_columns,
		.run = cli_event_calendar},
	{.noun = "event",
		.verb = "tick",
		.what = "a guest (a number of the list) came",
		.method = "PUT",
		.path = "/event-guests/{ID}/arrival",
		.fixed = "came=true",
		.columns = guest_columns},
	{.noun = "event",
		.verb = "untick",
		.what = "that guest did not come",
		.method = "PUT",
		.path = "/event-guests/{ID}/arrival",
		.fixed = "came=false",
		.columns = guest_columns},
	{.noun = "event",
		.verb = "walkin",
		.what = "somebody who is not on the list is in",
		.method = "POST",
		.path = "/events/{ID}/guests",
		.fixed = "walk_in=true",
		.options = walkin_options,
		.columns = guest_columns},
	{.noun = "event",
		.verb = "attendance",
		.what = "who came",
		.method = "GET",
		.path = "/events/{ID}/guests",
		.list = "items",
		.columns = guest_columns,
		.run = cli_attendance},
};

const struct cli_table cli_events[] = {
	{event_commands, ARRAY_SIZE(event_commands)},
	{NULL, 0},
};
