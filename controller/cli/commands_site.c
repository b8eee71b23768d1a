/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands about the log and the site. */
#include "commands_private.h"

/* ---- the log, the audit, alarms ---- */

static const struct cli_column log_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"TIME", "time", CLI_CELL_TIME},
	{"CLOCK", "clock", CLI_CELL_TEXT},
	{"DOOR", "door", CLI_CELL_TEXT},
	{"KIND", "kind", CLI_CELL_TEXT},
	{"VERDICT", "verdict", CLI_CELL_TEXT},
	{"REASON", "reason", CLI_CELL_TEXT},
	{"WARNINGS", "warnings", CLI_CELL_TEXT},
	{"MEMBER", "member.id", CLI_CELL_RIGHT},
	{"NAME", "member.name", CLI_CELL_TEXT},
	{"GUEST OF", "sponsor_name", CLI_CELL_TEXT},
	{"CARD", "card", CLI_CELL_RIGHT},
	{"ACTOR", "actor", CLI_CELL_TEXT},
	{"DETAIL", "detail", CLI_CELL_TEXT},
	{"SEQ", "seq", CLI_CELL_RIGHT},
	{0},
};

static const struct cli_column chain_columns[] = {
	{"DOOR", "door", CLI_CELL_TEXT},
	{"JOURNAL", "journal", CLI_CELL_TEXT},
	{"FIRST", "first_seq", CLI_CELL_RIGHT},
	{"LAST", "last_seq", CLI_CELL_RIGHT},
	{"ENTRIES", "entries", CLI_CELL_RIGHT},
	{"SIGNED", "signed_entries", CLI_CELL_RIGHT},
	{"POISON", "poison", CLI_CELL_RIGHT},
	{"FORKS", "forks", CLI_CELL_RIGHT},
	{"LINKED", "linked", CLI_CELL_TEXT},
	{"WHOLE", "whole", CLI_CELL_TEXT},
	{"WHY", "why", CLI_CELL_TEXT},
	{0},
};

static const struct cli_column audit_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"TIME", "at", CLI_CELL_TIME},
	{"ACTOR", "actor", CLI_CELL_TEXT},
	{"ACTION", "action", CLI_CELL_TEXT},
	{"OBJECT", "object", CLI_CELL_TEXT},
	{"WHAT", "", CLI_CELL_CHANGES},
	{"BEFORE", "before", CLI_CELL_CSV},
	{"AFTER", "after", CLI_CELL_CSV},
	{0},
};

static const struct cli_column alarm_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"LAST", "last_at", CLI_CELL_TIME},
	{"KIND", "kind", CLI_CELL_TEXT},
	{"DOOR", "door", CLI_CELL_TEXT},
	{"COUNT", "count", CLI_CELL_RIGHT},
	{"SEEN BY", "seen_by", CLI_CELL_TEXT},
	{"WHAT", "what", CLI_CELL_TEXT},
	{0},
};

static const struct cli_option log_options[] = {
	{"door", CLI_TEXT, "door", "DOOR", "only of this door", 0},
	{"member", CLI_NUMBER, "member", "ID", "only this member's; that you looked is kept", 0},
	{"card", CLI_NUMBER, "card", "ID", "only this card's; that you looked is kept", 0},
	{"event", CLI_NUMBER, "event", "ID", "only who was let in by its list", 0},
	{"actor", CLI_TEXT, "actor", "NAME", "only what this operator had a door do", 0},
	{"verdict", CLI_CHOICE, "verdict", "grant|deny", "only these", 0},
	{"reason", CLI_TEXT, "reason", "REASON", "only these: tapin-reasons(7)", 0},
	{"kind", CLI_TEXT, "kind", "KIND", "only these: tap, opened, forced, …", 0},
	{"from", CLI_TIME, "from", "T", "not older", CLI_PAST},
	{"until", CLI_TIME, "until", "T", "not newer", CLI_PAST},
	{"follow", CLI_FLAG, NULL, NULL, "go on with what comes, oldest first", 0},
	{0},
};
static const struct cli_option verify_options[] = {
	{"file", CLI_TEXT, NULL, "FILE", "a copy of hub.db or, with --door, of a door's journal.db",
		0},
	{"site", CLI_TEXT, NULL, "SITE", "with --file: whose it is", 0},
	{"door", CLI_TEXT, NULL, "DOOR", "with --file: a journal of this door", 0},
	{0},
};
static const struct cli_option audit_list[] = {
	{"actor", CLI_TEXT, "actor", "NAME", "only what this one did", 0},
	{"action", CLI_TEXT, "action", "ACTION", "as card.revoke, or card. for all of cards", 0},
	{"object", CLI_TEXT, "object", "OBJECT", "as card/17", 0},
	{"from", CLI_TIME, "from", "T", "not older", CLI_PAST},
	{"until", CLI_TIME, "until", "T", "not newer", CLI_PAST},
	{0},
};
static const struct cli_option alarm_list[] = {
	{"open", CLI_FLAG, "open", NULL, "only those that nobody has taken note of", 0},
	{0},
};

static const struct cli_command log_commands[] = {
	{.noun = "log",
		.verb = "verify",
		.what = "are all journals whole",
		.method = "POST",
		.path = "/log/verification",
		.options = verify_options,
		.columns = chain_columns,
		.wait_s = LONG_WAIT_S,
		.run = cli_log_verify},
	{.noun = "log",
		.what = "who came and went, newest first",
		.method = "GET",
		.path = "/log",
		.options = log_options,
		.list = "items",
		.columns = log_columns,
		.limit = 50,
		.run = cli_log},
	{.noun = "audit",
		.verb = "list",
		.what = "what operators did, newest first",
		.method = "GET",
		.path = "/audit",
		.options = audit_list,
		.list = "items",
		.columns = audit_columns,
		.limit = 50},
	{.noun = "alarm",
		.verb = "list",
		.what = "what somebody should look at, newest first",
		.method = "GET",
		.path = "/alarms",
		.options = alarm_list,
		.list = "items",
		.columns = alarm_columns,
		.limit = 50},
	{.noun = "alarm",
		.verb = "seen",
		.what = "take note of one",
		.method = "POST",
		.path = "/alarms/{ID}/seen",
		.columns = alarm_columns},
	{.noun = "explain",
		.what = "why a card comes in or not, step by step",
		.own = cli_explain,
		.own_arguments = "--cache FILE --door D --card N [--at T] …"},
};

/* ---- the site ---- */

static const struct cli_column site_columns[] = {
	{"SITE", "site", CLI_CELL_TEXT},
	{"TITLE", "title", CLI_CELL_TEXT},
	{"TIMEZONE", "timezone", CLI_CELL_TEXT},
	{"HOLIDAYS", "holidays", CLI_CELL_TEXT},
	{"WARN AFTER SECONDS", "warn_s", CLI_CELL_TEXT},
	{"REFUSE AFTER SECONDS", "bound_s", CLI_CELL_TEXT},
	{"CHECK-OUT MINUTE", "checkout_minute", CLI_CELL_TEXT},
	{"GUESTS AT MOST", "guests_max", CLI_CELL_TEXT},
	{"PRESENCE AT DOORS", "presence_at_doors", CLI_CELL_TEXT},
	{"LOCKDOWN", "lockdown", CLI_CELL_TEXT},
	{"LOCKDOWN BY", "lockdown_by", CLI_CELL_TEXT},
	{"LOCKDOWN AT", "lockdown_at", CLI_CELL_TIME},
	{"VERSION", "version", CLI_CELL_TEXT},
	{0},
};

static const struct cli_column status_columns[] = {
	{"SITE", "site", CLI_CELL_TEXT},
	{"TITLE", "title", CLI_CELL_TEXT},
	{"HUB", "program", CLI_CELL_TEXT},
	{"TIME", "time", CLI_CELL_TIME},
	{"BROKER", "broker", CLI_CELL_TEXT},
	{"ROSTER GENERATION", "revision.generation", CLI_CELL_TEXT},
	{"ROSTER NUMBER", "revision.number", CLI_CELL_TEXT},
	{"CARDS", "cards", CLI_CELL_TEXT},
	{"LOCKDOWN", "lockdown", CLI_CELL_TEXT},
	{"OPEN ALARMS", "alarms", CLI_CELL_TEXT},
	{"HTTPS FINGERPRINT", "https.fingerprint", CLI_CELL_TEXT},
	{"HTTPS UNTIL", "https.until", CLI_CELL_TIME},
	{0},
};

static const struct cli_column backup_columns[] = {
	{"FILE", "file", CLI_CELL_TEXT},
	{"BYTES", "bytes", CLI_CELL_TEXT},
	{0},
};

static const struct cli_column retention_columns[] = {
	{"ENTRIES, DAYS", "entries_days", CLI_CELL_TEXT},
	{"UNKNOWN CARDS, HOURS", "unknown_hours", CLI_CELL_TEXT},
	{"GUESTS' NAMES, DAYS", "names_days", CLI_CELL_TEXT},
	{"AUDIT, DAYS", "audit_days", CLI_CELL_TEXT},
	{"NOTICES, DAYS", "notices_days", CLI_CELL_TEXT},
	{"VERSION", "version", CLI_CELL_TEXT},
	{0},
};

static const struct cli_option retention_change[] = {
	{"entries-days", CLI_NUMBER, "entries_days", "N",
		"the log, and who came and went; 31 to 3660", 0},
	{"unknown-hours", CLI_NUMBER, "unknown_hours", "N", "cards that nobody knows; 1 to 720", 0},
	{"names-days", CLI_NUMBER, "names_days", "N",
		"of guests who are no members, after the event; 1 to 366", 0},
	{"audit-days", CLI_NUMBER, "audit_days", "N", "who changed what; 31 to 3660", 0},
	{"notices-days", CLI_NUMBER, "notices_days", "N", "what members were told; 7 to 366", 0},
	{0},
};

static const struct cli_option site_change[] = {
	{"title", CLI_TEXT, "title", "TEXT", "as \"Impact Hub Birmingham\"", 0},
	{"holidays", CLI_CHOICE, "holidays", "england|none", "whose public holidays PH means", 0},
	{"warn-s", CLI_NUMBER, "warn_s", "N",
		"doors warn when the hub was silent so long; 0: never", 0},
	{"bound-s", CLI_NUMBER, "bound_s", "N", "and refuse; 0: never", 0},
	{"checkout-minute", CLI_NUMBER, "checkout_minute", "N",
		"of the day, at which nobody is in any more; 240 is 04:00", 0},
	{"guests-max", CLI_NUMBER, "guests_max", "N", "guests of one member at once", 0},
	{"presence-at-doors", CLI_BOOL, "presence_at_doors", "yes|no",
		"doors are told who is in: for passback and check-in points", 0},
	{0},
};
static const struct cli_option lockdown_word = {
	"lockdown", CLI_BOOL, "lockdown", "on|off", "only the override flag passes", CLI_REQUIRED};

static const struct cli_command site_commands[] = {
	{.noun = "site",
		.verb = "status",
		.what = "how the site and its doors are",
		.method = "GET",
		.path = "/status",
		.columns = status_columns,
		.run = cli_site_status},
	{.noun = "site",
		.verb = "show",
		.what = "the site's settings",
		.method = "GET",
		.path = "/site",
		.columns = site_columns},
	{.noun = "site",
		.verb = "change",
		.what = "change what is given",
		.method = "PATCH",
		.path = "/site",
		.options = site_change,
		.versioned = true,
		.columns = site_columns},
	{.noun = "site",
		.verb = "lockdown",
		.what = "lock every door down, until told otherwise",
		.method = "PUT",
		.path = "/site/lockdown",
		.word = &lockdown_word,
		.columns = site_columns,
		.run = cli_site_lockdown},
	{.noun = "site",
		.verb = "init",
		.what = "keys and registry of a new site; root, on the hub's machine",
		.own = cli_site_init,
		.own_arguments = "[--admin NAME] [--config FILE]"},
	{.noun = "retention",
		.verb = "show",
		.what = "how long things are kept",
		.method = "GET",
		.path = "/site/retention",
		.columns = retention_columns},
	{.noun = "retention",
		.verb = "change",
		.what = "change what is given; what is older goes at once",
		.method = "PATCH",
		.path = "/site/retention",
		.options = retention_change,
		.versioned = true,
		.columns = retention_columns},
	{.noun = "backup",
		.verb = "make",
		.what = "a whole copy of the registry, on the hub's machine",
		.method = "POST",
		.path = "/backup",
		.columns = backup_columns,
		.wait_s = LONG_WAIT_S},
};

const struct cli_table cli_site[] = {
	{log_commands, ARRAY_SIZE(log_commands)},
	{site_commands, ARRAY_SIZE(site_commands)},
	{NULL, 0},
};
