/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands about members, cards and operators. */
#include "commands_private.h"

static const struct cli_column member_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"NAME", "name", CLI_CELL_TEXT},
	{"CONTACT", "contact", CLI_CELL_TEXT},
	{"TIER", "tier", CLI_CELL_RIGHT},
	{"TIER NAME", "tier_name", CLI_CELL_TEXT},
	{"STATE", "state", CLI_CELL_TEXT},
	{"FROM", "valid_from", CLI_CELL_TEXT},
	{"UNTIL", "valid_until", CLI_CELL_TEXT},
	{"GRACE", "grace_until", CLI_CELL_TEXT},
	{"CARDS", "cards", CLI_CELL_RIGHT},
	{"POOL", "pool", CLI_CELL_RIGHT},
	{"RELEASE", "release_ms", CLI_CELL_RIGHT},
	{"VERSION", "version", CLI_CELL_RIGHT},
	{"NOTE", "note", CLI_CELL_TEXT},
	{0},
};

const struct cli_column cli_unit_columns[] = {
	{"DATE", "date", CLI_CELL_TEXT},
	{"TIME", "time", CLI_CELL_TEXT},
	{"DOOR", "door", CLI_CELL_TEXT},
	{"MINUTES", "minutes", CLI_CELL_RIGHT},
	{"COUNTS", "counts", CLI_CELL_TEXT},
	{"EVENT", "event", CLI_CELL_RIGHT},
	{"POOL", "pool", CLI_CELL_RIGHT},
	{"ENTRY", "entry", CLI_CELL_RIGHT},
	{0},
};
static const struct cli_column notice_columns[] = {
	{"AT", "at", CLI_CELL_TIME},
	{"TEXT", "text", CLI_CELL_TEXT},
	{0},
};
const struct cli_column cli_card_columns[] = {
	{"ID", "id", CLI_CELL_RIGHT},
	{"MEMBER", "member", CLI_CELL_RIGHT},
	{"NAME", "member_name", CLI_CELL_TEXT},
	{"STATE", "state", CLI_CELL_TEXT},
	{"PENDING", "pending", CLI_CELL_TEXT},
	{"KIND", "kind", CLI_CELL_TEXT},
	{"LABEL", "label", CLI_CELL_TEXT},
	{"ISSUED", "issued_at", CLI_CELL_TIME},
	{"BY", "issued_by", CLI_CELL_TEXT},
	{"ENDED", "ended_at", CLI_CELL_TIME},
	{"WHY", "ended_why", CLI_CELL_TEXT},
	{"REPLACED BY", "replaced_by", CLI_CELL_RIGHT},
	{"LENT FOR", "loan_until", CLI_CELL_TEXT},
	{"VERSION", "version", CLI_CELL_RIGHT},
	{0},
};

static const struct cli_column import_columns[] = {
	{"LINE", "line", CLI_CELL_RIGHT},
	{"EFFECT", "effect", CLI_CELL_TEXT},
	{"MEMBER", "member", CLI_CELL_RIGHT},
	{"CARD", "card", CLI_CELL_RIGHT},
	{"WHAT", "detail", CLI_CELL_TEXT},
	{0},
};

static const struct cli_column operator_columns[] = {
	{"NAME", "name", CLI_CELL_TEXT},
	{"ROLE", "role", CLI_CELL_TEXT},
	{"UNIX USER", "unix_user", CLI_CELL_TEXT},
	{"MEMBER", "member", CLI_CELL_RIGHT},
	{"PASSWORD", "has_password", CLI_CELL_TEXT},
	{"LOCKED UNTIL", "locked_until", CLI_CELL_TIME},
	{"SEEN", "seen_at", CLI_CELL_TIME},
	{"VERSION", "version", CLI_CELL_RIGHT},
	{0},
};

static const struct cli_column session_columns[] = {
	{"OPERATOR", "operator", CLI_CELL_TEXT},
	{"ROLE", "role", CLI_CELL_TEXT},
	{"KNOWN BY", "by", CLI_CELL_TEXT},
	{"EXPIRES", "expires_at", CLI_CELL_TIME},
	{0},
};

#define MEMBER_FIELDS                                                                              \
	{"contact", CLI_TEXT, "contact", "TEXT", "mail or telephone; none", CLI_EMPTY},            \
		{"note", CLI_TEXT, "note", "TEXT", "for hosts; none", CLI_EMPTY},                  \
		{"valid-from", CLI_DATE, "valid_from", "DATE", "first day; none", CLI_NONE},       \
		{"valid-until", CLI_DATE, "valid_until", "DATE", "last day; none", CLI_NONE},      \
		{"grace-until", CLI_DATE, "grace_until", "DATE",                                   \
			"let in with a warning until then; none", CLI_NONE},                       \
		{"pool", CLI_NUMBER, "pool", "N", "allowance shared with others; none", CLI_NONE}, \
	{                                                                                          \
		"release-ms", CLI_NUMBER, "release_ms", "N",                                       \
			"needs longer at a door: 1000 to 60000", 0                                 \
	}

static const struct cli_option member_add[] = {
	{"name", CLI_TEXT, "name", "TEXT", "the member's name", CLI_REQUIRED},
	{"tier", CLI_NUMBER, "tier", "N", "number of the tier", CLI_REQUIRED},
	MEMBER_FIELDS,
	{0},
};
static const struct cli_option member_list[] = {
	{"text", CLI_TEXT, "text", "TEXT", "beginnings of words of number, name or contact", 0},
	{"state", CLI_CHOICE, "state", "active|suspended|closed", "only these", 0},
	{"tier", CLI_NUMBER, "tier", "N", "only of this tier", 0},
	{0},
};
static const struct cli_option member_change[] = {
	{"name", CLI_TEXT, "name", "TEXT", "the member's name", 0},
	{"tier", CLI_NUMBER, "tier", "N", "number of the tier", 0},
	MEMBER_FIELDS,
	{0},
};
static const struct cli_option allowance_options[] = {
	{"month", CLI_TEXT, "month", "YYYY-MM", "this one unless given", 0},
	{0},
};
static const struct cli_option erase_options[] = {
	{"why", CLI_TEXT, "why", "TEXT", "kept in the audit; must not name the person",
		CLI_REQUIRED},
	{"yes", CLI_FLAG, NULL, NULL, "erase without asking", 0},
	{0},
};
static const struct cli_column erasure_columns[] = {
	{"MEMBER", "member", CLI_CELL_RIGHT},
	{"ERASED", "erased_at", CLI_CELL_TIME},
	{"WIPED", "wiped", CLI_CELL_TEXT},
	{"DOORS LEFT", "doors_left", CLI_CELL_RIGHT},
	{0},
};
static const struct cli_option lend_options[] = {
	{"card", CLI_NUMBER, "card", "N", "one that lies in the drawer", CLI_REQUIRED},
	{0},
};
static const struct cli_option import_options[] = {
	{"preview", CLI_FLAG, NULL, NULL, "only say what would change", 0},
	{0},
};
static const struct cli_option import_word = {
	"FILE", CLI_TEXT, NULL, "FILE", "CSV with a header line; -: standard input", CLI_REQUIRED};

static const struct cli_command member_commands[] = {
	{.noun = "member",
		.verb = "add",
		.what = "a new member",
		.method = "POST",
		.path = "/members",
		.options = member_add,
		.columns = member_columns},
	{.noun = "member",
		.verb = "list",
		.what = "members, by number",
		.method = "GET",
		.path = "/members",
		.options = member_list,
		.list = "items",
		.columns = member_columns},
	{.noun = "member",
		.verb = "show",
		.what = "one member",
		.method = "GET",
		.path = "/members/{ID}",
		.columns = member_columns},
	{.noun = "member",
		.verb = "change",
		.what = "change what is given",
		.method = "PATCH",
		.path = "/members/{ID}",
		.options = member_change,
		.versioned = true,
		.columns = member_columns,
		.run = cli_changed},
	{.noun = "member",
		.verb = "suspend",
		.what = "none of the member's cards opens any more",
		.method = "PATCH",
		.path = "/members/{ID}",
		.fixed = "state=suspended",
		.versioned = true,
		.columns = member_columns,
		.run = cli_changed},
	{.noun = "member",
		.verb = "resume",
		.what = "a suspended member's cards open again",
		.method = "PATCH",
		.path = "/members/{ID}",
		.fixed = "state=active",
		.versioned = true,
		.columns = member_columns,
		.run = cli_changed},
	{.noun = "member",
		.verb = "close",
		.what = "the membership is over",
		.method = "PATCH",
		.path = "/members/{ID}",
		.fixed = "state=closed",
		.versioned = true,
		.columns = member_columns,
		.run = cli_changed},
	{.noun = "member",
		.verb = "allowance",
		.what = "what a member used of a month, and why each unit counts",
		.method = "GET",
		.path = "/members/{ID}/allowance",
		.options = allowance_options,
		.columns = cli_unit_columns,
		.run = cli_allowance},
	{.noun = "member",
		.verb = "notices",
		.what = "what the member was told",
		.method = "GET",
		.path = "/members/{ID}/notices",
		.list = "items",
		.columns = notice_columns},
	{.noun = "member",
		.verb = "export",
		.what = "everything that is held about a member; --json for machines",
		.method = "GET",
		.path = "/members/{ID}/export",
		.columns = erasure_columns,
		.wait_s = LONG_WAIT_S,
		.run = cli_member_export},
	{.noun = "member",
		.verb = "erase",
		.what = "forget a person for good, here and at every door",
		.method = "POST",
		.path = "/members/{ID}/erase",
		.options = erase_options,
		.columns = erasure_columns,
		.wait_s = LONG_WAIT_S,
		.run = cli_member_erase},
	{.noun = "member",
		.verb = "erasure",
		.what = "how far it is: the file rewritten, doors that did not say so yet",
		.method = "GET",
		.path = "/members/{ID}/erase",
		.columns = erasure_columns},
	{.noun = "member",
		.verb = "lend",
		.what = "lend a spare card until the day is over",
		.method = "POST",
		.path = "/members/{ID}/loan",
		.options = lend_options,
		.columns = cli_card_columns},
	{.noun = "member",
		.verb = "import",
		.what = "members by CSV: id, name, contact, note, tier, state, valid_from, …",
		.method = "POST",
		.path = "/members/import",
		.word = &import_word,
		.options = import_options,
		.columns = import_columns,
		.wait_s = LONG_WAIT_S,
		.run = cli_import},
};

/* ---- cards ---- */

#define WHICH_CARD                                                                              \
	{"uid", CLI_TEXT, "uid", "HEX",                                                         \
		"its number, 8, 14 or 20 hex digits; -: a line of standard input", 0},          \
		{"claim-last", CLI_FLAG, "claim_last", NULL,                                    \
			"the unknown card that was shown last, within five minutes", 0},        \
		{"door", CLI_TEXT, "door", "DOOR", "with --claim-last: shown at this door", 0}, \
		{"confirm", CLI_FLAG, "confirm", NULL, "with --claim-last: active at once", 0}, \
	{                                                                                       \
		"label", CLI_TEXT, "label", "TEXT", "as \"blue fob 17\"", 0                     \
	}

static const struct cli_option card_issue[] = {
	{"member", CLI_NUMBER, "member", "ID", "whose it is; none: a spare card for the drawer", 0},
	WHICH_CARD,
	{0},
};
static const struct cli_option card_replace[] = {
	WHICH_CARD,
	{"why", CLI_TEXT, "why", "TEXT", "kept with the card and in the audit", 0},
	{0},
};
static const struct cli_option card_list[] = {
	{"member", CLI_NUMBER, "member", "ID", "only this member's", 0},
	{"state", CLI_CHOICE, "state", "unassigned|active|suspended|lost|revoked", "only these", 0},
	{"text", CLI_TEXT, "text", "TEXT", "part of the label", 0},
	{"reissue", CLI_FLAG, "reissue", NULL, "only active ones that a stolen door makes copyable",
		0},
	{"lent", CLI_FLAG, "lent", NULL, "only those that are lent for the day", 0},
	{"issued-before", CLI_TIME, "issued_before", "T", "only older ones", CLI_PAST},
	{0},
};
static const struct cli_option card_why[] = {
	{"why", CLI_TEXT, "why", "TEXT", "kept with the card and in the audit", 0},
	{0},
};
static const struct cli_option card_change[] = {
	{"label", CLI_TEXT, "label", "TEXT", "as \"blue fob 17\"; none", CLI_REQUIRED | CLI_EMPTY},
	{0},
};
static const struct cli_option card_enrol[] = {
	{"member", CLI_NUMBER, "member", "ID", "whose it will be", CLI_REQUIRED},
	{"door", CLI_TEXT, "door", "DOOR", "where the card is shown", CLI_REQUIRED},
	{"label", CLI_TEXT, "label", "TEXT", "as \"blue fob 17\"", 0},
	{"seconds", CLI_NUMBER, "seconds", "N", "how long the door waits: 5 to 120; 30", 0},
	{"yes", CLI_FLAG, NULL, NULL, "make it active without asking", 0},
	{0},
};

#define CARD_ACTION(VERB, WHAT)                                                      \
	{                                                                            \
		.noun = "card", .verb = VERB, .what = WHAT, .method = "POST",        \
		.path = "/cards/{ID}/" VERB, .options = card_why, .versioned = true, \
		.columns = cli_card_columns, .run = cli_changed                      \
	}

static const struct cli_command card_commands[] = {
	{.noun = "card",
		.verb = "issue",
		.what = "a card for a member",
		.method = "POST",
		.path = "/cards",
		.options = card_issue,
		.columns = cli_card_columns,
		.run = cli_card_issue},
	{.noun = "card",
		.verb = "enrol",
		.what = "a card for a member, by showing it at a door",
		.method = "POST",
		.path = "/enrolments",
		.options = card_enrol,
		.columns = cli_card_columns,
		.run = cli_card_enrol},
	{.noun = "card",
		.verb = "list",
		.what = "cards, by number",
		.method = "GET",
		.path = "/cards",
		.options = card_list,
		.list = "items",
		.columns = cli_card_columns},
	{.noun = "card",
		.verb = "show",
		.what = "one card",
		.method = "GET",
		.path = "/cards/{ID}",
		.columns = cli_card_columns},
	{.noun = "card",
		.verb = "change",
		.what = "its label",
		.method = "PATCH",
		.path = "/cards/{ID}",
		.options = card_change,
		.versioned = true,
		.columns = cli_card_columns},
	CARD_ACTION("confirm", "make a card that waits active"),
	CARD_ACTION("suspend", "refuse it until it is resumed"),
	CARD_ACTION("resume", "take a suspended card again"),
	CARD_ACTION("lose", "it is lost: refuse it until it is found"),
	CARD_ACTION("find", "take a lost card again"),
	CARD_ACTION("revoke", "refuse it for good"),
	CARD_ACTION("return", "it was given back and may be issued again"),
	{.noun = "card",
		.verb = "replace",
		.what = "revoke it, and give the member another",
		.method = "POST",
		.path = "/cards/{ID}/replace",
		.options = card_replace,
		.versioned = true,
		.columns = cli_card_columns,
		.run = cli_card_replace},
	{.noun = "card",
		.verb = "import",
		.what = "cards by CSV: member, uid, label",
		.method = "POST",
		.path = "/cards/import",
		.word = &import_word,
		.options = import_options,
		.columns = import_columns,
		.wait_s = LONG_WAIT_S,
		.run = cli_import},
};

/* ---- operators ---- */

static const struct cli_option operator_word = {
	"name", CLI_TEXT, "name", "NAME", "1 to 32 of a-z, 0-9 and -", CLI_REQUIRED};
static const struct cli_option login_word = {
	"operator", CLI_TEXT, "operator", "NAME", "default: your user name here", 0};

#define OPERATOR_FIELDS                                                                  \
	{"unix-user", CLI_TEXT, "unix_user", "USER",                                     \
		"who is this operator on the hub's own socket; none", CLI_NONE},         \
	{                                                                                \
		"member", CLI_NUMBER, "member", "ID", "their own record; none", CLI_NONE \
	}

static const struct cli_option operator_add[] = {
	{"role", CLI_CHOICE, "role", "host|auditor|admin", "what they may do", CLI_REQUIRED},
	OPERATOR_FIELDS,
	{"password-stdin", CLI_FLAG, NULL, NULL, "the password is a line of standard input", 0},
	{"no-password", CLI_FLAG, NULL, NULL, "none: known by the Unix user alone", 0},
	{0},
};
static const struct cli_option operator_change[] = {
	{"role", CLI_CHOICE, "role", "host|auditor|admin", "what they may do", 0},
	OPERATOR_FIELDS,
	{0},
};
static const struct cli_option password_options[] = {
	{"password-stdin", CLI_FLAG, NULL, NULL,
		"read standard input: the present one where it is one's own, then the new one", 0},
	{0},
};
static const struct cli_option login_options[] = {
	{"password-stdin", CLI_FLAG, NULL, NULL, "the password is a line of standard input", 0},
	{0},
};

static const struct cli_command operator_commands[] = {
	{.noun = "operator",
		.verb = "add",
		.what = "a host, auditor or admin",
		.method = "POST",
		.path = "/operators",
		.word = &operator_word,
		.options = operator_add,
		.columns = operator_columns,
		.run = cli_operator_add},
	{.noun = "operator",
		.verb = "list",
		.what = "operators, by name",
		.method = "GET",
		.path = "/operators",
		.list = "items",
		.columns = operator_columns},
	{.noun = "operator",
		.verb = "show",
		.what = "one operator",
		.method = "GET",
		.path = "/operators/{NAME}",
		.columns = operator_columns},
	{.noun = "operator",
		.verb = "change",
		.what = "change what is given",
		.method = "PATCH",
		.path = "/operators/{NAME}",
		.options = operator_change,
		.versioned = true,
		.columns = operator_columns},
	{.noun = "operator",
		.verb = "remove",
		.what = "they can log in no more",
		.method = "DELETE",
		.path = "/operators/{NAME}",
		.versioned = true},
	{.noun = "operator",
		.verb = "password",
		.what = "set a password",
		.method = "PUT",
		.path = "/operators/{NAME}/password",
		.options = password_options,
		.run = cli_operator_password},
	{.noun = "operator",
		.verb = "recover",
		.what = "let an admin in again; root, on the hub's machine",
		.own = cli_operator_recover,
		.own_arguments = "[NAME] [--config FILE]"},
	{.noun = "login",
		.what = "begin a session",
		.method = "POST",
		.path = "/session",
		.word = &login_word,
		.options = login_options,
		.run = cli_login},
	{.noun = "logout",
		.what = "end the session",
		.method = "DELETE",
		.path = "/session",
		.run = cli_logout},
	{.noun = "whoami",
		.what = "whom the hub takes you for",
		.method = "GET",
		.path = "/session",
		.columns = session_columns},
};

const struct cli_table cli_people[] = {
	{member_commands, ARRAY_SIZE(member_commands)},
	{card_commands, ARRAY_SIZE(card_commands)},
	{operator_commands, ARRAY_SIZE(operator_commands)},
	{NULL, 0},
};
