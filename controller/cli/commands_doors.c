/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands about doors and events. */
#include "commands_private.h"

const struct cli_column cli_door_columns[] = {
	{"DOOR", "name", CLI_CELL_TEXT},
	{"TITLE", "title", CLI_CELL_TEXT},
	{"STATUS", "status", CLI_CELL_TEXT},
	{"ONLINE", "online", CLI_CELL_TEXT},
	{"SINCE", "since", CLI_CELL_TIME},
	{"UP TO DATE", "confirmed", CLI_CELL_TEXT},
	{"MODE", "mode", CLI_CELL_TEXT},
	{"HELD UNTIL", "hold.until", CLI_CELL_TIME},
	{"SAYS", "last_status.state", CLI_CELL_TEXT},
	{"ASKED", "asked_at", CLI_CELL_TIME},
	{0},
};

static const struct cli_column door_sheet[] = {
	{"DOOR", "name", CLI_CELL_TEXT},
	{"TITLE", "title", CLI_CELL_TEXT},
	{"ZONE", "zone", CLI_CELL_TEXT},
	{"STATUS", "status", CLI_CELL_TEXT},
	{"ONLINE", "online", CLI_CELL_TEXT},
	{"SINCE", "since", CLI_CELL_TIME},
	{"UP TO DATE", "confirmed", CLI_CELL_TEXT},
	{"MODE", "mode", CLI_CELL_TEXT},
	{"HELD FROM", "hold.from", CLI_CELL_TIME},
	{"HELD UNTIL", "hold.until", CLI_CELL_TIME},
	{"EVENT", "hold.event", CLI_CELL_TEXT},
	{"BY", "state_by", CLI_CELL_TEXT},
	{"PROGRAM", "program", CLI_CELL_TEXT},
	{"KEY", "key_id", CLI_CELL_TEXT},
	{"STATE", "last_status.state", CLI_CELL_TEXT},
	{"CONTACT", "last_status.contact", CLI_CELL_TEXT},
	{"READER", "last_status.reader", CLI_CELL_TEXT},
	{"JOURNAL", "last_status.journal", CLI_CELL_TEXT},
	{"CLOCK", "last_status.clock", CLI_CELL_TEXT},
	{"STRIKE LINE", "last_status.lines.strike.is", CLI_CELL_TEXT},
	{"GREEN LINE", "last_status.lines.green.is", CLI_CELL_TEXT},
	{"RED LINE", "last_status.lines.red.is", CLI_CELL_TEXT},
	{"BUZZER LINE", "last_status.lines.buzzer.is", CLI_CELL_TEXT},
	{"READER RESET LINE", "last_status.lines.reader_reset.is", CLI_CELL_TEXT},
	{"EXIT LINE", "last_status.lines.exit.is", CLI_CELL_TEXT},
	{"CONTACT LINE", "last_status.lines.contact.is", CLI_CELL_TEXT},
	{"FIRE LINE", "last_status.lines.fire.is", CLI_CELL_TEXT},
	{"TAMPER LINE", "last_status.lines.tamper.is", CLI_CELL_TEXT},
	{"BOLT LINE", "last_status.lines.bolt.is", CLI_CELL_TEXT},
	{"ROLL CALL", "last_status.rollcall", CLI_CELL_TIME},
	{"VERSION", "version", CLI_CELL_RIGHT},
	{0},
};

static const struct cli_option door_word = {
	"name", CLI_TEXT, "name", "NAME", "1 to 32 of a-z, 0-9 and -", CLI_REQUIRED};
static const struct cli_option mode_word = {"mode", CLI_CHOICE, "mode",
	"controlled|unlocked|lockdown", "what the door does", CLI_REQUIRED | CLI_WORD};

#define BUNDLE_OUTPUT                                                                     \
	{                                                                                 \
		"output", CLI_TEXT, NULL, "FILE",                                         \
			"where the bundle goes; - prints it; DOOR.bundle unless given", 0 \
	}

static const struct cli_option door_add[] = {
	{"title", CLI_TEXT, "title", "TEXT", "as \"Front door\"", 0},
	{"no-bundle", CLI_FLAG, NULL, NULL, "make none yet", 0},
	BUNDLE_OUTPUT,
	{0},
};
static const struct cli_option door_change[] = {
	{"title", CLI_TEXT, "title", "TEXT", "as \"Front door\"", CLI_EMPTY},
	{"zone", CLI_TEXT, "zone", "TEXT",
		"where who passed it is, as \"Workshop\"; of an exit reader: where who left by it "
		"is then; none",
		CLI_EMPTY},
	{0},
};
static const struct cli_option door_bundle[] = {BUNDLE_OUTPUT, {0}};
#define NO_WAIT                                                                          \
	{                                                                                \
		"no-wait", CLI_FLAG, NULL, NULL, "do not wait for what the door says", 0 \
	}
static const struct cli_option door_unlock[] = {
	{"seconds", CLI_NUMBER, "seconds", "N", "1 to 60; 5 unless given", 0},
	NO_WAIT,
	{0},
};
static const struct cli_option door_command[] = {NO_WAIT, {0}};
static const struct cli_option door_hold[] = {
	{"until", CLI_TIME, NULL, "T", "open until then", 0},
	{"from", CLI_TIME, NULL, "T", "from then; now unless given", 0},
	{"end", CLI_FLAG, NULL, NULL, "it ends now", 0},
	{0},
};

static const struct cli_option door_let_in[] = {
	{"member", CLI_NUMBER, "member", "ID", "who comes in", CLI_REQUIRED},
	{"why", CLI_TEXT, "why", "TEXT", "as \"forgot the card\"; kept in the audit", CLI_REQUIRED},
	{"seconds", CLI_NUMBER, "seconds", "N", "1 to 60; 5 unless given", 0},
	{"no-wait", CLI_FLAG, NULL, NULL, "do not wait for the door's answer", 0},
	{0},
};

#define DOOR_COMMAND(VERB, WHAT, OPTIONS)                                                    \
	{                                                                                    \
		.noun = "door", .verb = VERB, .what = WHAT, .method = "POST",                \
		.path = "/doors/{NAME}/commands", .fixed = "verb=" VERB, .options = OPTIONS, \
		.run = cli_door_command                                                      \
	}

static const struct cli_command door_commands[] = {
	{.noun = "door",
		.verb = "add",
		.what = "a new door, and the bundle that provisions it",
		.method = "POST",
		.path = "/doors",
		.word = &door_word,
		.options = door_add,
		.columns = door_sheet,
		.run = cli_door_add},
	{.noun = "door",
		.verb = "list",
		.what = "doors, by name",
		.method = "GET",
		.path = "/doors",
		.list = "items",
		.columns = cli_door_columns},
	{.noun = "door",
		.verb = "show",
		.what = "one door",
		.method = "GET",
		.path = "/doors/{NAME}",
		.columns = door_sheet},
	{.noun = "door",
		.verb = "change",
		.what = "its title, and where it leads to",
		.method = "PATCH",
		.path = "/doors/{NAME}",
		.options = door_change,
		.versioned = true,
		.columns = door_sheet},
	{.noun = "door",
		.verb = "bundle",
		.what = "another bundle; the earlier one is void",
		.method = "POST",
		.path = "/doors/{NAME}/bundle",
		.options = door_bundle,
		.run = cli_door_bundle},
	{.noun = "door",
		.verb = "remove",
		.what = "remove a door that is no more",
		.method = "DELETE",
		.path = "/doors/{NAME}",
		.versioned = true},
	{.noun = "door",
		.verb = "stolen",
		.what = "cut it off; which cards to issue anew",
		.method = "POST",
		.path = "/doors/{NAME}/stolen",
		.list = "items",
		.columns = cli_card_columns,
		.run = cli_door_stolen},
	DOOR_COMMAND("unlock", "open it now, for some seconds", door_unlock),
	{.noun = "door",
		.verb = "let-in",
		.what = "open it for a member without a card; counts as their tap",
		.method = "POST",
		.path = "/doors/{NAME}/commands",
		.fixed = "verb=unlock",
		.options = door_let_in,
		.run = cli_door_command},
	DOOR_COMMAND("relock", "end that at once", door_command),
	DOOR_COMMAND(
		"identify", "which one is it: lights and sound for five seconds", door_command),
	DOOR_COMMAND("test", "each light and the sound in turn", door_command),
	{.noun = "door",
		.verb = "mode",
		.what = "what it does until told otherwise",
		.method = "PUT",
		.path = "/doors/{NAME}/state",
		.word = &mode_word,
		.versioned = true,
		.columns = door_sheet,
		.run = cli_door_state},
	{.noun = "door",
		.verb = "hold",
		.what = "hold it open until a time",
		.method = "PUT",
		.path = "/doors/{NAME}/state",
		.options = door_hold,
		.versioned = true,
		.columns = door_sheet,
		.run = cli_door_state},
	{.noun = "door",
		.verb = "event",
		.what = "the same without held-open alarms",
		.method = "PUT",
		.path = "/doors/{NAME}/state",
		.options = door_hold,
		.versioned = true,
		.columns = door_sheet,
		.run = cli_door_state},
};

const struct cli_table cli_doors[] = {
	{door_commands, ARRAY_SIZE(door_commands)},
	{NULL, 0},
};
