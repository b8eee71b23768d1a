/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that talk to a hub, as tables: what each is called, which request it makes of its
 * words and options, and how the answer is shown. Help, completion and parsing read the same
 * tables.
 */
#pragma once

#include "cli/cli.h"
#include "cli/when.h"
#include "wire/client.h"
#include "wire/json.h"

#include <stdbool.h>
#include <stdint.h>

enum cli_type {
	CLI_FLAG, /* stands alone; true */
	CLI_TEXT, /* any text; of a field, "-" is a line of standard input: what others must not see
		   */
	CLI_NUMBER,    /* a whole number */
	CLI_DATE,      /* 2026-12-24 */
	CLI_TIME,      /* local time, 2026-12-24T19:30, or UTC with a Z */
	CLI_CHOICE,    /* one of cli_option.value, "a|b" */
	CLI_BOOL,      /* yes or no, on or off */
	CLI_LIST,      /* words with commas between */
	CLI_ALLOWANCE, /* KIND=N, KIND=N,warn: "days=10"; hours become minutes */
	CLI_DOORS,     /* DOOR or DOOR=HOURS, may be repeated; "all": every door */
};

enum cli_flag {
	CLI_REQUIRED = 1 << 0,
	CLI_NONE = 1 << 1,  /* "none" takes the value away */
	CLI_WORD = 1 << 2,  /* stands without its name */
	CLI_EMPTY = 1 << 3, /* "none" makes a text empty */
	CLI_PAST = 1 << 4,  /* a time alone lies behind */
};

struct cli_option {
	const char *name; /* without dashes; NULL ends a list */
	enum cli_type type;
	const char *field; /* of the body or the query; NULL: the command looks at it itself */
	const char *value; /* what stands for it in help: "DATE", "a|b" */
	const char *what;
	unsigned flags;
};

enum cli_cell {
	CLI_CELL_TEXT,
	CLI_CELL_TIME,
	CLI_CELL_RIGHT,
	CLI_CELL_DOORS,
	CLI_CELL_CHANGES,   /* of tables only: what differs between before and after */
	CLI_CELL_ALLOWANCE, /* of tables only: a tier's, in words */
	CLI_CELL_CSV,       /* of CSV only: too long for a table */
};

struct cli_column {
	const char *title; /* NULL ends a list */
	const char *field; /* "member.name" */
	enum cli_cell cell;
};

struct cli_call;

struct cli_command {
	const char *noun;
	const char *verb; /* NULL: the noun stands alone */
	const char *what;
	/* commands of their own: everything else is NULL */
	int (*own)(int argc, char **argv);
	const char *own_arguments;
	/* requests */
	const char *method;
	const char *path;              /* "/members/{ID}": ID, NAME, DATE, MONTH, HEX are words */
	const struct cli_option *word; /* one more word, for the body; or NULL */
	const struct cli_option *options; /* or NULL */
	const char *fixed; /* "state=suspended": in the body or query unless an option says else */
	bool versioned;    /* --if-version N */
	const char *list;  /* the answer is a list under this key ("items") */
	const struct cli_column *columns;
	uint64_t limit;  /* of a list, unless --limit says; 0: all */
	unsigned wait_s; /* for one answer; 0: CLIENT_TIMEOUT_S */
	/* instead of sending the request and showing the answer */
	int (*run)(struct cli_call *call);
};

#define CLI_WORDS_MAX 4
#define CLI_GIVEN_MAX 96
#define CLI_PATH_MAX 3000

/* One command as it was called. */
struct cli_call {
	const struct cli_command *command;
	const char *words[CLI_WORDS_MAX];
	size_t word_count;
	struct {
		const struct cli_option *option;
		const char *text;
	} given[CLI_GIVEN_MAX];
	size_t given_count;
	bool json;
	bool csv;
	const char *hub;
	const char *if_version;
	uint64_t limit;
	bool quiet; /* what goes wrong is not said */
	struct client *client;
	char line[512]; /* of standard input, where an option is "-" */
};

/* ---- commands.c: the tables ---- */
/* By place over all tables; NULL behind the last. */
const struct cli_command *cli_command_at(size_t index);
/* The command that the words begin with, and how many words its name has; NULL: none. */
const struct cli_command *cli_command_find(int argc, char **argv, int *ret_words);

/* ---- options.c: what was said. Each says on standard error what is wrong. ---- */

/* 1 go on, 0 help was printed, -EINVAL. */
int cli_parse(int argc, char **argv, const struct cli_command *command, struct cli_call *call);
/* The text of an option, the last one that was given; NULL: it was not. */
const char *cli_given(const struct cli_call *call, const char *name);
/* Path and, for GET, query. 0 or -EINVAL. */
int cli_make_path(struct cli_call *call, char path[CLI_PATH_MAX]);
/* Adds "name=text" to the query of a path. 0 or -EINVAL. */
int cli_add_query(char path[CLI_PATH_MAX], const char *name, const char *text);
/* The body of fixed values, word and options. 0 or -EINVAL. */
int cli_make_body(struct cli_call *call, json_t **ret_body);
/* "2026-12-24T19:30" of local time as "2026-12-24T19:30:00Z" of UTC. 0 or -EINVAL. */
int cli_time_utc(const char *option, const char *text, enum when_side side, char out[32]);

/* ---- request.c ---- */

/* Sends a request; body (may be NULL) is taken over. CLI_EXIT_DONE with *ret_answer (NULL where the
 * hub says nothing), else an exit code, and said so. */
int cli_send(struct cli_call *call, const char *method, const char *path, json_t *body,
	json_t **ret_answer);
/* The same with text of another type. */
int cli_send_text(struct cli_call *call, const char *path, const char *type, const char *text,
	size_t size, json_t **ret_answer);
/* Prints the text that the hub answers a GET with: an exit code. */
int cli_print_answer(struct cli_call *call, const char *path);
/* Reads a list page by page, at most call->limit items, and gives each page's items to take. */
int cli_pages(struct cli_call *call, const char *path,
	int (*take)(struct cli_call *call, json_t *items, void *userdata), void *userdata);
/* Runs a command of the tables: an exit code. */
int cli_run(const struct cli_command *command, int argc, char **argv);

/* ---- show.c ---- */

/* The value at "a.b" of an object; NULL: none. */
const json_t *cli_at(const json_t *object, const char *field);
const char *cli_text_at(const json_t *object, const char *field); /* "" where there is none */
/* Text of a value for a table or for CSV; the caller frees. NULL: no memory. */
char *cli_cell(const json_t *value, enum cli_cell cell, bool csv);
/* Rows as a table, or CSV. 0 or -ENOMEM. */
int cli_show_rows(const struct cli_column *columns, const json_t *rows);
void cli_csv_head(const struct cli_column *columns);
void cli_csv_rows(const struct cli_column *columns, const json_t *rows);
/* One thing: a line for each column. */
int cli_show_sheet(const struct cli_column *columns, const json_t *object);
/* One line of JSON. */
void cli_print_json(const json_t *value);
/* Copies text without what could act on a terminal; the caller frees. */
char *cli_clean(const char *text);
/* "2026-11-22T05:00:00Z" in local time, or the text itself. */
void cli_local_time(const char *text, char out[64]);

/* ---- changes.c ---- */
/* What differs between "before" and "after" of a row, in words; the caller frees. */
char *cli_changes(const json_t *row);

/* ---- session.c ---- */
int cli_session_load(const char *hub, char key[80]);
int cli_session_save(const char *hub, const char *key, char err[ERR_MAX]);
void cli_session_forget(void);
/* Asks for a secret without echo, or reads a line of standard input. 0 or -EINVAL, and said so. */
int cli_read_secret(const char *prompt, bool from_stdin, char *out, size_t room);

/* ---- what is more than one request ---- */
int cli_login(struct cli_call *call);
int cli_logout(struct cli_call *call);
int cli_operator_add(struct cli_call *call);
int cli_operator_password(struct cli_call *call);
int cli_changed(struct cli_call *call);
int cli_card_replace(struct cli_call *call);
int cli_card_issue(struct cli_call *call);
int cli_card_enrol(struct cli_call *call);
int cli_import(struct cli_call *call);
int cli_door_add(struct cli_call *call);
int cli_door_bundle(struct cli_call *call);
int cli_door_stolen(struct cli_call *call);
int cli_door_command(struct cli_call *call);
int cli_door_state(struct cli_call *call);
/* Where they are unless a command says otherwise. */
#define CLI_ROLLCALL_FILE "/var/lib/tapin/rollcall.sealed"
#define CLI_ROLLCALL_KEY "/etc/tapin/wardens.key"
int cli_rollcall_key(struct cli_call *call);
int cli_rollcall_end(struct cli_call *call);
int cli_rollcall_open(struct cli_call *call);
int cli_rollcall_print(struct cli_call *call);
int cli_present(struct cli_call *call);
int cli_allowance(struct cli_call *call);
int cli_member_export(struct cli_call *call);
int cli_member_erase(struct cli_call *call);
int cli_attendance(struct cli_call *call);
int cli_month(struct cli_call *call);
int cli_event_calendar(struct cli_call *call);
int cli_log(struct cli_call *call);
int cli_log_verify(struct cli_call *call);
int cli_site_status(struct cli_call *call);
int cli_site_lockdown(struct cli_call *call);
int cli_site_init(int argc, char **argv);
int cli_operator_recover(int argc, char **argv);

/* ---- reach.c ---- */
/* Waits a moment until this door (NULL: every active one that is online) says the mode of itself;
 * *ret_doors is what was read last, a list. */
int cli_reach(struct cli_call *call, const char *door, const char *mode, json_t **ret_doors);
/* A line for each active door: what it says, or that it is offline and still as before. */
void cli_reach_print(const json_t *doors, const char *mode);

/* ---- help.c ---- */
void cli_help_all(FILE *out);
void cli_help_noun(FILE *out, const char *noun);
void cli_help_command(FILE *out, const struct cli_command *command);
/* Prints what may stand where the last word is. */
void cli_complete(int argc, char **argv);

/* ---- columns that more than one file shows ---- */
extern const struct cli_column cli_card_columns[];
extern const struct cli_column cli_unit_columns[];
extern const struct cli_column cli_door_columns[];
