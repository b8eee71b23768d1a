/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as tables, sheets, CSV and JSON. What came from outside is printed without anything that
 * could act on a terminal or in a spreadsheet. */
#include "base/clock.h"
#include "cli/command.h"
#include "cli/table.h"
#include "core/entry.h"

#include <string.h>
#include <time.h>

#define COLUMNS_MAX 24

const json_t *cli_at(const json_t *object, const char *field)
{
	const char *dot = strchr(field, '.');
	char name[64];

	if (!dot)
		return json_object_get(object, field);
	snprintf(name, sizeof(name), "%.*s", (int)(dot - field), field);
	return cli_at(json_object_get(object, name), dot + 1);
}

const char *cli_text_at(const json_t *object, const char *field)
{
	const char *text = json_string_value(cli_at(object, field));

	return text ? text : "";
}

char *cli_clean(const char *text)
{
	size_t room = strlen(text) + 1;
	char *out = malloc(room);

	if (!out)
		return NULL;
	entry_text_set(out, room, text);
	/* characters that turn the direction of what follows: U+202A … U+202E, U+2066 … U+2069 */
	for (char *p = out; (p = strstr(p, "\xE2\x80")); p++)
		if ((unsigned char)p[2] >= 0xAA && (unsigned char)p[2] <= 0xAE)
			memcpy(p, "???", 3);
	for (char *p = out; (p = strstr(p, "\xE2\x81")); p++)
		if ((unsigned char)p[2] >= 0xA6 && (unsigned char)p[2] <= 0xA9)
			memcpy(p, "???", 3);
	return out;
}

void cli_local_time(const char *text, char out[64])
{
	struct tm tm = {0}, local;
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t at;

	entry_text_set(out, 41, text);
	if (!end || strchr(".Z", *end) == NULL)
		return;
	at = timegm(&tm);
	if (localtime_r(&at, &local))
		strftime(out, 64, "%Y-%m-%d %H:%M:%S", &local);
}

/* ---- cells ---- */

static char *list_text(const json_t *list)
{
	char *out = NULL;
	size_t size = 0, i;
	FILE *stream = open_memstream(&out, &size);
	json_t *value;

	if (!stream)
		return NULL;
	json_array_foreach(list, i, value)
	{
		if (json_is_string(value))
			fprintf(stream, "%s%s", i ? "," : "", json_string_value(value));
		else if (json_is_object(value)) /* a tier's door */
			fprintf(stream, "%s%s%s%s", i ? ", " : "", cli_text_at(value, "door"),
				*cli_text_at(value, "hours") ? "=" : "",
				cli_text_at(value, "hours"));
	}
	fclose(stream);
	return out;
}

/* The value as plain text. */
static char *plain(const json_t *value)
{
	char number[40];

	if (!value || json_is_null(value))
		return strdup("");
	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (json_is_array(value))
		return list_text(value);
	if (json_is_object(value))
		return json_dumps(value, JSON_COMPACT);
	if (json_is_boolean(value))
		return strdup(json_is_true(value) ? "yes" : "no");
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return strdup(number);
}

/* As "10 half days, warned from 80 %, then refused". */
static char *allowance_text(const json_t *a)
{
	const char *kind = cli_text_at(a, "kind");
	bool hours = strcmp(kind, "hours") == 0;
	json_int_t limit = json_integer_value(json_object_get(a, "limit"));
	json_int_t percent = json_integer_value(json_object_get(a, "warn_percent"));
	char warned[40] = "", minutes[8] = "", *out = NULL;

	if (percent > 0)
		snprintf(warned, sizeof(warned), ", warned from %d %%", (int)(percent % 1000));
	if (hours && limit % 60 > 0)
		snprintf(minutes, sizeof(minutes), ":%02d", (int)(limit % 60));
	if (asprintf(&out, "%" JSON_INTEGER_FORMAT "%s %s%s, then %s", hours ? limit / 60 : limit,
		    minutes, strcmp(kind, "half_days") == 0 ? "half days" : kind, warned,
		    strcmp(cli_text_at(a, "when_spent"), "warn") == 0 ? "only warned" : "refused") <
		0)
		return NULL;
	return out;
}

/* For CSV: lines stay, other controls (C0, DEL, C1) do not. */
static void mask(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++)
		if ((*p < ' ' && *p != '\n') || *p == 0x7F)
			*p = '?';
		else if (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
			p[0] = p[1] = '?';
}

char *cli_cell(const json_t *value, enum cli_cell cell, bool csv)
{
	CLEANUP(cleanup_free)
	char *text = cell == CLI_CELL_ALLOWANCE && json_is_object(value) ? allowance_text(value)
									 : plain(value);
	char local[64];

	if (!text)
		return NULL;
	if (csv) {
		mask(text);
		return STEAL(text);
	}
	if (cell == CLI_CELL_TIME && *text) {
		cli_local_time(text, local);
		return cli_clean(local);
	}
	if (cell == CLI_CELL_DOORS && !*text)
		return strdup("all");
	return cli_clean(text);
}

static size_t count_columns(const struct cli_column *columns)
{
	size_t n = 0;

	while (columns[n].title && columns[n].cell != CLI_CELL_CSV) /* those stand last */
		n++;
	return n < COLUMNS_MAX ? n : COLUMNS_MAX;
}

static int add_row(
	struct table *table, const struct cli_column *columns, size_t count, const json_t *row)
{
	char *cells[COLUMNS_MAX] = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		cells[i] =
			columns[i].cell == CLI_CELL_CHANGES
				? cli_changes(row)
				: cli_cell(cli_at(row, columns[i].field), columns[i].cell, false);
		r = cells[i] ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = table_add_row(table, cells);
	for (size_t i = 0; i < count; i++)
		free(cells[i]);
	return r;
}

int cli_show_rows(const struct cli_column *columns, const json_t *rows)
{
	size_t count = count_columns(columns);
	struct table *table = table_new(count, true);
	int r = table ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = table_add_column(table, columns[i].title, columns[i].cell == CLI_CELL_RIGHT);
	for (size_t i = 0; r == 0 && i < json_array_size(rows); i++)
		r = add_row(table, columns, count, json_array_get(rows, i));
	if (r == 0)
		table_print(table);
	if (r == 0 && json_array_size(rows) == 0)
		fputs("none\n", stderr);
	table_free(table);
	return r;
}

int cli_show_sheet(const struct cli_column *columns, const json_t *object)
{
	struct table *table = table_new(2, false);
	int r = table ? 0 : -ENOMEM;

	if (r == 0)
		r = table_add_column(table, "WHAT", false);
	if (r == 0)
		r = table_add_column(table, "IS", false);
	for (size_t i = 0; r == 0 && columns[i].title; i++) {
		const json_t *value = cli_at(object, columns[i].field);
		char title[40], *cells[2] = {title, NULL};

		if (!value || columns[i].cell == CLI_CELL_CSV) /* an answer that does not say */
			continue;
		snprintf(title, sizeof(title), "%s", columns[i].title);
		for (char *p = title; *p; p++)
			*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
		cells[1] = cli_cell(value, columns[i].cell, false);
		r = !cells[1] ? -ENOMEM : *cells[1] ? table_add_row(table, cells) : 0;
		free(cells[1]);
	}
	if (r == 0)
		table_print(table);
	table_free(table);
	return r;
}

/* ---- CSV (RFC 4180) ---- */

/* A spreadsheet takes what begins with one of these for a formula. */
static bool formula(const char *text)
{
	return *text && strchr("=+-@\t\r", *text) != NULL;
}

static void csv_field(const char *text, bool last)
{
	bool quoted = text[strcspn(text, "\",\r\n")] != '\0' || formula(text);

	if (quoted)
		putchar('"');
	if (formula(text))
		putchar('\'');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	if (quoted)
		putchar('"');
	fputs(last ? "\r\n" : ",", stdout);
}

static bool in_csv(const struct cli_column *column)
{
	return column->cell != CLI_CELL_CHANGES && column->cell != CLI_CELL_ALLOWANCE;
}

void cli_csv_head(const struct cli_column *columns)
{
	for (; columns->title; columns++)
		if (in_csv(columns))
			csv_field(columns->field, !columns[1].title);
}

void cli_csv_rows(const struct cli_column *columns, const json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		for (const struct cli_column *c = columns; c->title; c++) {
			CLEANUP(cleanup_free)
			char *text = cli_cell(cli_at(row, c->field), c->cell, true);

			if (in_csv(c))
				csv_field(text ? text : "", !c[1].title);
		}
	}
}

/* ---- JSON ---- */

/* Inside texts JSON escapes what is below a space; DEL and the C1 controls are escaped here. */
void cli_print_json(const json_t *value)
{
	CLEANUP(cleanup_free) char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	for (const unsigned char *p = (const unsigned char *)text; p && *p; p++) {
		if (*p == 0x7F) {
			printf("\\u007f");
		} else if (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0) {
			printf("\\u%04x", p[1]);
			p++;
		} else {
			putchar(*p);
		}
	}
	putchar('\n');
}
