/* SPDX-License-Identifier: Apache-2.0 */
/* Words and options of a command, and what request they make. */
#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/when.h"
#include "core/civil.h"
#include "core/roster.h"

#include <string.h>

#define ID_MAX 9007199254740991u /* what every reader of JSON keeps */

static const struct cli_option common[] = {
	{"hub", CLI_TEXT, NULL, "ADDRESS", "unix:PATH, https://HUB:PORT or http://127.0.0.1:PORT",
		0},
	{"json", CLI_FLAG, NULL, NULL, "print JSON", 0},
	{"csv", CLI_FLAG, NULL, NULL, "print CSV", 0},
	{"limit", CLI_NUMBER, NULL, "N", "at most so many", 0},
	{"if-version", CLI_NUMBER, NULL, "N", "only if it has not changed since", 0},
	{"help", CLI_FLAG, NULL, NULL, "this help", 0},
	{0},
};

static const struct cli_option *find(const struct cli_option *options, const char *name, size_t n)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == n && strncmp(options->name, name, n) == 0)
			return options;
	return NULL;
}

/* Has the command this common option? */
static bool has_common(const struct cli_command *c, const struct cli_option *option)
{
	if (strcmp(option->name, "csv") == 0 || strcmp(option->name, "limit") == 0)
		return c->list != NULL;
	if (strcmp(option->name, "if-version") == 0)
		return c->versioned;
	return true;
}

static int is_number(const char *text, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && *text && !text[strspn(text, "0123456789")] && *ret <= ID_MAX ? 0 : -EINVAL;
}

/* Members and the like go by number: where to find it. */
static const char *number_hint(const char *what)
{
	static const char *const lists[][2] = {
		{"member", ": tapin member list --text NAME finds it"},
		{"tier", ": tapin tier list shows them"},
		{"card", ": tapin card list shows them"},
		{"closure", ": tapin closure list shows them"},
		{"opening", ": tapin opening list shows them"},
		{"event", ": tapin event list shows them"},
		{"alarm", ": tapin alarm list shows them"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (strcmp(lists[i][0], what) == 0)
			return lists[i][1];
	return "";
}

/* ---- parsing ---- */

static int take_common(const struct cli_option *option, const char *text, struct cli_call *call)
{
	uint64_t number;

	if (strcmp(option->name, "hub") == 0)
		call->hub = text;
	else if (strcmp(option->name, "json") == 0)
		call->json = true;
	else if (strcmp(option->name, "csv") == 0)
		call->csv = true;
	else if (is_number(text, &number) < 0 || number == 0)
		return log_error("--%s %s: expected a whole number from 1", option->name, text),
		       -EINVAL;
	else if (strcmp(option->name, "limit") == 0)
		call->limit = number;
	else
		call->if_version = text;
	return 0;
}

/* "-": a line of standard input, once. */
static int take_line(const struct cli_option *option, const char **text, struct cli_call *call)
{
	if (option->type != CLI_TEXT || !option->field || strcmp(*text, "-") != 0)
		return 0;
	if (*call->line || !fgets(call->line, sizeof(call->line), stdin)) {
		log_error("--%s -: expected one line on standard input", option->name);
		return -EINVAL;
	}
	call->line[strcspn(call->line, "\r\n")] = '\0';
	*text = call->line;
	return 0;
}

static int take_option(
	int argc, char **argv, int *at, const struct cli_command *command, struct cli_call *call)
{
	const char *name = argv[*at] + 2, *text = strchr(name, '=');
	size_t n = text ? (size_t)(text - name) : strlen(name);
	const struct cli_option *own = find(command->options, name, n), *option = own;

	if (!option) {
		option = find(common, name, n);
		if (option && !has_common(command, option))
			option = NULL;
	}
	if (!option) {
		log_error("--%.*s: no such option; see tapin %s %s --help", (int)n, name,
			command->noun, command->verb ? command->verb : "");
		return -EINVAL;
	}
	if (text)
		text++;
	else if (option->type != CLI_FLAG && *at + 1 < argc)
		text = argv[++*at];
	if (!text == (option->type != CLI_FLAG)) {
		log_error("--%s: %s", option->name, text ? "takes no value" : "a value is missing");
		return -EINVAL;
	}
	if (!own)
		return take_common(option, text, call);
	if (call->given_count == CLI_GIVEN_MAX)
		return log_error("--%s: too many options", option->name), -EINVAL;
	if (text && take_line(option, &text, call) < 0)
		return -EINVAL;
	call->given[call->given_count].option = option;
	call->given[call->given_count++].text = text;
	return 0;
}

/* How many words the command needs: those in its path, and one for the body. */
static size_t words_wanted(const struct cli_command *c)
{
	size_t count = c->word != NULL;

	for (const char *p = c->path; p && *p; p++)
		count += *p == '{';
	return count;
}

static int check_given(const struct cli_command *command, const struct cli_call *call)
{
	size_t wanted = words_wanted(command);
	bool maybe = command->word && !(command->word->flags & CLI_REQUIRED);

	if (call->word_count > wanted) {
		log_error("%s: one word too many; see tapin %s %s --help", call->words[wanted],
			command->noun, command->verb ? command->verb : "");
		return -EINVAL;
	}
	if (call->word_count + maybe < wanted) {
		log_error("%s %s: a word is missing; see tapin %s %s --help", command->noun,
			command->verb ? command->verb : "", command->noun,
			command->verb ? command->verb : "");
		return -EINVAL;
	}
	for (const struct cli_option *o = command->options; o && o->name; o++)
		if ((o->flags & CLI_REQUIRED) && !cli_given(call, o->name))
			return log_error("%s %s: --%s %s is missing", command->noun, command->verb,
				       o->name, o->value ? o->value : ""),
			       -EINVAL;
	if (call->json && call->csv)
		return log_error("--json and --csv: choose one"), -EINVAL;
	return 0;
}

int cli_parse(int argc, char **argv, const struct cli_command *command, struct cli_call *call)
{
	bool words_only = false;

	*call = (struct cli_call){.command = command, .limit = command->limit};
	for (int i = 1; i < argc; i++) {
		if (!words_only && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0))
			return cli_help_command(stdout, command), 0;
		if (!words_only && strcmp(argv[i], "--") == 0) {
			words_only = true;
		} else if (!words_only && strncmp(argv[i], "--", 2) == 0) {
			if (take_option(argc, argv, &i, command, call) < 0)
				return -EINVAL;
		} else if (call->word_count == CLI_WORDS_MAX) {
			return log_error("%s: one word too many", argv[i]), -EINVAL;
		} else {
			call->words[call->word_count++] = argv[i];
		}
	}
	return check_given(command, call) < 0 ? -EINVAL : 1;
}

const char *cli_given(const struct cli_call *call, const char *name)
{
	for (size_t i = call->given_count; i-- > 0;)
		if (strcmp(call->given[i].option->name, name) == 0)
			return call->given[i].text ? call->given[i].text : "";
	return NULL;
}

/* ---- values ---- */

int cli_time_utc(const char *option, const char *text, enum when_side side, char out[32])
{
	size_t n = strlen(text);
	int64_t at;
	char name[64], utc[25];

	if (n >= 20 && n < 32 && text[n - 1] == 'Z' && text[10] == 'T') {
		strcpy(out, text); /* the hub judges it */
		return 0;
	}
	snprintf(name, sizeof(name), "--%.50s", option);
	if (when_parse(name, text, side, &at) < 0)
		return -EINVAL;
	clock_format_utc(at * 1000000, utc);
	strcpy(out, utc);
	return 0;
}

static int choice_known(const struct cli_option *option, const char *text)
{
	size_t n = strlen(text);

	for (const char *p = option->value; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
		if (strcspn(p, "|") == n && strncmp(p, text, n) == 0)
			return 0;
	log_error("%s%s %s: expected %s", option->flags & CLI_WORD ? "" : "--", option->name, text,
		option->value);
	return -EINVAL;
}

static int bool_of(const struct cli_option *option, const char *text, bool *ret)
{
	if (strcmp(text, "yes") == 0 || strcmp(text, "on") == 0 || strcmp(text, "true") == 0)
		*ret = true;
	else if (strcmp(text, "no") == 0 || strcmp(text, "off") == 0 || strcmp(text, "false") == 0)
		*ret = false;
	else
		return log_error("%s %s: expected %s", option->name, text,
			       option->value ? option->value : "yes or no"),
		       -EINVAL;
	return 0;
}

static json_t *list_of(const char *text)
{
	json_t *list = json_array();

	while (text && *text) {
		size_t n = strcspn(text, ",");

		json_array_append_new(list, json_stringn(text, n));
		text += n + (text[n] == ',');
	}
	return list;
}

/* What follows a number: "", ",warn", ",from=75", or both. */
static int read_rest(const char *rest, bool *ret_warn, int *ret_percent)
{
	int n = 0;

	*ret_warn = strncmp(rest, ",warn", 5) == 0;
	if (*ret_warn)
		rest += 5;
	*ret_percent = -1;
	if (*rest && (sscanf(rest, ",from=%3d%n", ret_percent, &n) != 1 || rest[n] ||
			     *ret_percent < 0 || *ret_percent > 100))
		return -EINVAL;
	return 0;
}

/* "days=10", "hours=40,warn", "visits=8,from=75" */
static json_t *allowance_of(const struct cli_option *option, const char *text)
{
	char kind[16] = "", number[16] = "";
	uint64_t limit;
	const char *rest = strchr(text, '=');
	size_t n = rest ? (size_t)(rest - text) : 0, digits = rest ? strcspn(rest + 1, ",") : 0;
	bool warn = false;
	int percent = -1;
	json_t *out;

	if (n > 0 && n < sizeof(kind) && digits < sizeof(number)) {
		memcpy(kind, text, n);
		memcpy(number, rest + 1, digits);
	}
	if (is_number(number, &limit) < 0 || read_rest(rest + 1 + digits, &warn, &percent) < 0) {
		log_error("--%s %s: expected %s, as days=10 or hours=40,warn,from=75; or none",
			option->name, text, option->value);
		return NULL;
	}
	if (strcmp(kind, "hours") == 0)
		limit *= 60;
	out = json_pack("{s:s, s:I, s:s}", "kind", kind, "limit", (json_int_t)limit, "when_spent",
		warn ? "warn" : "deny");
	if (out && percent >= 0)
		json_object_set_new(out, "warn_percent", json_integer(percent));
	return out;
}

/* NULL: wrong, and said so, or no memory. */
static json_t *value_of(const struct cli_option *option, const char *text)
{
	uint64_t number;
	char time[32];
	int32_t date;
	bool truth;

	if ((option->flags & CLI_NONE) && text && strcmp(text, "none") == 0)
		return json_null();
	if ((option->flags & CLI_EMPTY) && text && strcmp(text, "none") == 0)
		return json_string("");
	switch (option->type) {
	case CLI_FLAG:
		return json_true();
	case CLI_DOORS: /* joined elsewhere */
	case CLI_TEXT:
		return json_string(text);
	case CLI_NUMBER:
		if (is_number(text, &number) == 0)
			return json_integer((json_int_t)number);
		log_error("--%s %s: expected a whole number%s", option->name, text,
			number_hint(option->name));
		return NULL;
	case CLI_DATE:
		if (when_parse_date(text, &date) == 0) {
			civil_date_format(date, time);
			return json_string(time);
		}
		log_error("--%s %s: expected a date like 2026-12-24, today or tomorrow%s",
			option->name, text, option->flags & CLI_NONE ? ", or none" : "");
		return NULL;
	case CLI_TIME:
		return cli_time_utc(option->name, text,
			       option->flags & CLI_PAST ? WHEN_LAST : WHEN_NEXT, time) == 0
			       ? json_string(time)
			       : NULL;
	case CLI_CHOICE:
		return choice_known(option, text) == 0 ? json_string(text) : NULL;
	case CLI_BOOL:
		return bool_of(option, text, &truth) == 0 ? json_boolean(truth) : NULL;
	case CLI_LIST:
		return list_of(text);
	case CLI_ALLOWANCE:
		return allowance_of(option, text);
	}
	return NULL;
}

/* ---- path and query ---- */

static int check_word(const char *noun, const char *kind, const char *word)
{
	uint64_t number;
	int32_t date;
	char month[16];
	bool good;

	if (strncmp(kind, "ID}", 3) == 0)
		good = is_number(word, &number) == 0 && number > 0;
	else if (strncmp(kind, "NAME}", 5) == 0)
		good = name_id_valid(word);
	else if (strncmp(kind, "DATE}", 5) == 0)
		good = civil_date_parse(word, &date) == 0;
	else if (strncmp(kind, "MONTH}", 6) == 0)
		good = snprintf(month, sizeof(month), "%.9s-01", word) == 10 &&
		       civil_date_parse(month, &date) == 0;
	else
		good = strlen(word) == 32 && !word[strspn(word, "0123456789abcdef")];
	if (!good)
		log_error("%s: expected %s%s", word,
			*kind == 'I'   ? "a number from 1"
			: *kind == 'N' ? "a name of 1 to 32 of a-z, 0-9 and -"
			: *kind == 'D' ? "a date like 2026-12-24"
			: *kind == 'M' ? "a month like 2026-12"
				       : "32 hex digits",
			*kind == 'I' ? number_hint(noun) : "");
	return good ? 0 : -EINVAL;
}

int cli_add_query(char path[CLI_PATH_MAX], const char *name, const char *text)
{
	size_t n = strlen(path);

	if (n + strlen(name) + 3 > CLI_PATH_MAX)
		return log_error("--%s: the request is too long", name), -EINVAL;
	sprintf(path + n, "%c%s=", strchr(path, '?') ? '&' : '?', name);
	if (client_escape(path, CLI_PATH_MAX, text) < 0)
		return log_error("--%s: the request is too long", name), -EINVAL;
	return 0;
}

static int add_queries(struct cli_call *call, char path[CLI_PATH_MAX])
{
	char fixed[128] = "", *rest = fixed, *one;

	if (call->command->fixed)
		snprintf(fixed, sizeof(fixed), "%s", call->command->fixed);
	while (*fixed && (one = strsep(&rest, "&"))) {
		char *text = strchr(one, '=');

		*text++ = '\0';
		if (cli_add_query(path, one, text) < 0)
			return -EINVAL;
	}
	for (size_t i = 0; i < call->given_count; i++) {
		const struct cli_option *option = call->given[i].option;
		char number[24];
		json_t *value;
		int r;

		if (!option->field)
			continue;
		value = value_of(option, call->given[i].text);
		if (!value)
			return -EINVAL;
		snprintf(
			number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		r = cli_add_query(path, option->field,
			json_is_string(value)    ? json_string_value(value)
			: json_is_integer(value) ? number
			: json_is_true(value)    ? "true"
						 : "false");
		json_decref(value);
		if (r < 0)
			return r;
	}
	return 0;
}

int cli_make_path(struct cli_call *call, char path[CLI_PATH_MAX])
{
	const char *p = call->command->path;
	size_t word = 0, n = 0;

	for (; *p; p++) {
		if (*p != '{') {
			path[n++] = *p;
			continue;
		}
		path[n] = '\0';
		if (check_word(call->command->noun, p + 1, call->words[word]) < 0 ||
			client_escape(path, CLI_PATH_MAX, call->words[word++]) < 0)
			return -EINVAL;
		n = strlen(path);
		p = strchr(p, '}');
	}
	path[n] = '\0';
	return strcmp(call->command->method, "GET") == 0 ? add_queries(call, path) : 0;
}

/* ---- body ---- */

static int put_fixed(json_t *body, const char *text)
{
	char fixed[128] = "", *rest = fixed, *one;

	if (text)
		snprintf(fixed, sizeof(fixed), "%s", text);
	while (*fixed && (one = strsep(&rest, "&"))) {
		char *value = strchr(one, '=');

		*value++ = '\0';
		json_object_set_new(body, one,
			strcmp(value, "true") == 0    ? json_true()
			: strcmp(value, "false") == 0 ? json_false()
						      : json_string(value));
	}
	return 0;
}

/* DOOR or DOOR=HOURS is one more of a list; "all" empties it: every door. */
static int put_door(json_t *body, const struct cli_option *option, const char *text)
{
	json_t *list = json_object_get(body, option->field);
	size_t n = strcspn(text, "=");
	char door[NAME_ID_MAX] = "";

	if (!list) {
		list = json_array();
		json_object_set_new(body, option->field, list);
	}
	if (strcmp(text, "all") == 0)
		return json_array_clear(list);
	if (n < sizeof(door))
		memcpy(door, text, n);
	if (!name_id_valid(door))
		return log_error(
			       "--%s %s: expected DOOR or DOOR=HOURS, or all", option->name, text),
		       -EINVAL;
	return json_array_append_new(list,
		json_pack("{s:s, s:s?}", "door", door, "hours", text[n] ? text + n + 1 : NULL));
}

static int put(json_t *body, const struct cli_option *option, const char *text)
{
	json_t *value;

	if (!option->field)
		return 0;
	if (option->type == CLI_DOORS)
		return put_door(body, option, text);
	value = value_of(option, text);
	return value ? json_object_set_new(body, option->field, value) : -EINVAL;
}

int cli_make_body(struct cli_call *call, json_t **ret_body)
{
	const struct cli_command *c = call->command;
	json_t *body;
	int r;

	if (strcmp(c->method, "PATCH") == 0 && !c->fixed && call->given_count == 0) {
		log_error("%s %s: nothing to change; see tapin %s %s --help", c->noun, c->verb,
			c->noun, c->verb);
		return -EINVAL;
	}
	body = json_object();
	r = put_fixed(body, c->fixed);

	if (r == 0 && c->word && call->word_count == words_wanted(c))
		r = put(body, c->word, call->words[call->word_count - 1]);
	for (size_t i = 0; r == 0 && i < call->given_count; i++)
		r = put(body, call->given[i].option, call->given[i].text);
	if (r < 0) {
		json_decref(body);
		return -EINVAL;
	}
	*ret_body = body;
	return 0;
}
