/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members and cards from a spreadsheet: all rows or none. A preview makes the very same changes
 * and then undoes them, so that it cannot say anything else than what would happen.
 */
#include "api_import.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static const char *const effects[] = {"created", "changed", "unchanged", "error"};

/* ---- columns ---- */

/* People's spreadsheets write Name, and name what we do not ask for. */
static void complain_column(const struct api_import *import, const char *name)
{
	char known[160] = "";

	for (size_t c = 0; c < import->column_count; c++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			c ? ", " : "", import->columns[c]);
	api_errors_add(&import->call->errors, "line 1",
		"unknown column \"%.40s\": name it as one of these, or leave it out: %s", name,
		known);
}

static int find_columns(struct api_import *import, const struct csv_row *header)
{
	struct api_errors *errors = &import->call->errors;

	for (size_t c = 0; c < import->column_count; c++)
		import->at[c] = -1;
	if (header->count == 1 && strchr(header->fields[0], ';')) {
		api_errors_add(errors, "line 1",
			"columns are separated by commas; this file uses semicolons: save it as "
			"CSV "
			"with commas");
		return -EINVAL;
	}
	for (size_t i = 0; i < header->count; i++) {
		size_t c = 0;

		while (c < import->column_count &&
			strcasecmp(header->fields[i], import->columns[c]) != 0)
			c++;
		if (c == import->column_count)
			complain_column(import, header->fields[i]);
		else if (import->at[c] >= 0)
			api_errors_add(
				errors, "line 1", "column %s stands twice", import->columns[c]);
		else
			import->at[c] = (int)i;
	}
	return errors->count > 0 ? -EINVAL : 0;
}

const char *api_import_cell(const struct api_import *import, size_t column)
{
	int at = import->at[column];
	const char *text = at < 0 ? "" : import->row->fields[at];

	return text[0] == '\'' && text[1] && strchr("=+-@\t\r", text[1]) ? text + 1 : text;
}

/* ---- rows ---- */

void api_import_say(struct api_import *import, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(import->detail, sizeof(import->detail), format, args);
	va_end(args);
}

void api_import_change(
	struct api_import *import, const char *field, const char *before, const char *after)
{
	struct api_writer *out = &import->changes;

	if (strcmp(before, after) == 0)
		return;
	if (out->used == 0)
		api_list(out, NULL);
	api_object(out, NULL);
	api_text(out, "field", field);
	api_text(out, "before", before);
	api_text(out, "after", after);
	api_end(out);
}

static void write_changes(struct api_import *import, struct api_writer *out)
{
	if (import->changes.used > 0)
		api_end(&import->changes);
	api_raw(out, "changes", import->changes.used > 0 ? import->changes.text : "[]");
	api_writer_free(&import->changes);
}

/* Who it is about, as they are called with this row; nobody where it could not be read. */
static void write_member(struct api_import *import, struct api_writer *out, uint64_t id)
{
	struct registry_member member;

	api_number_or_null(out, "member", id);
	if (id > 0 && registry_member(import->call->registry, id, &member) == 0)
		api_text(out, "member_name", member.name);
	else
		api_null(out, "member_name");
}

static void write_row(struct api_import *import, size_t line, enum api_effect effect)
{
	struct api_writer *out = &import->rows;
	char field[32];

	/* numbers of what a preview made are nobody's */
	bool made = effect == API_EFFECT_CREATED && import->preview;

	import->counts[effect]++;
	api_object(out, NULL);
	api_number(out, "line", line);
	api_text(out, "effect", effects[effect]);
	write_member(import, out, made && import->makes_members ? 0 : import->member);
	api_number_or_null(out, "card", made ? 0 : import->card);
	api_text(out, "detail", import->detail);
	write_changes(import, out);
	api_end(out);
	if (effect != API_EFFECT_ERROR)
		return;
	snprintf(field, sizeof(field), "line %zu", line);
	api_errors_add(&import->call->errors, field, "%s", import->detail);
}

/* Every row, inside a change. 0, 1 answered, or negative. */
static int take_rows(struct api_import *import, struct csv_reader *reader)
{
	struct api_call *call = import->call;
	char err[ERR_MAX];
	int r;

	while ((r = csv_next(reader, import->row, err)) > 0) {
		int effect;

		import->member = import->card = 0;
		*import->detail = '\0';
		if (++import->row_count > API_IMPORT_ROWS_MAX) {
			api_errors_add(&call->errors, "", "more than %d rows: split the file",
				API_IMPORT_ROWS_MAX);
			return -EMSGSIZE;
		}
		effect = import->take(import);
		if (effect < 0)
			return effect;
		write_row(import, reader->line, (enum api_effect)effect);
	}
	if (r < 0)
		api_errors_add(&call->errors, "", "%s", err);
	return r;
}

static void write_import(
	struct api_import *import, const struct revision *revision /* NULL: a preview */)
{
	struct api_writer *out = &import->call->out;

	api_object(out, NULL);
	api_bool(out, "preview", import->preview);
	api_number(out, "created", import->counts[API_EFFECT_CREATED]);
	api_number(out, "changed", import->counts[API_EFFECT_CHANGED]);
	api_number(out, "unchanged", import->counts[API_EFFECT_UNCHANGED]);
	api_number(out, "errors", import->counts[API_EFFECT_ERROR]);
	api_raw(out, "rows", import->rows.text);
	if (revision)
		api_confirmations(import->call, out, revision);
	api_end(out);
}

static int finish(struct api_import *import, int r)
{
	struct api_call *call = import->call;
	struct revision revision;
	bool undo = r != 0 || import->preview || import->counts[API_EFFECT_ERROR] > 0;

	api_end(&import->rows);
	api_writer_free(&import->changes);
	if (undo)
		registry_abort(call->registry);
	if (r == -EBADMSG || r == -EMSGSIZE)
		return api_malformed(call);
	if (r < 0)
		return r;
	if (!import->preview && undo)
		return api_unfit(call);
	if (!undo && import->audit)
		r = import->audit(call);
	if (!undo)
		r = api_commit(call, r, &revision);
	if (r < 0)
		return r;
	if (import->rows.failed)
		return -ENOMEM;
	write_import(import, undo ? NULL : &revision);
	return 0;
}

int api_import_run(struct api_import *import)
{
	static const char *const words[] = {"false", "true"};
	CLEANUP(cleanup_free) struct csv_row *row = calloc(1, sizeof(*row));
	struct api_call *call = import->call;
	struct csv_reader reader;
	char err[ERR_MAX];
	size_t size;
	const char *body = http_body(call->request, &size);
	int preview = 0, r;

	if (!row)
		return -ENOMEM;
	import->row = row;
	api_query_word(call, "preview", words, ARRAY_SIZE(words), &preview);
	import->preview = preview == 1;
	csv_open(&reader, body, size);
	r = csv_next(&reader, row, err);
	if (r < 0)
		api_errors_add(&call->errors, "", "%s", err);
	else if (r == 0)
		api_errors_add(&call->errors, "", "the file is empty: a header line is missing");
	else
		find_columns(import, row);
	if (call->errors.count > 0)
		return api_malformed(call);
	r = api_begin(call);
	if (r < 0)
		return r;
	api_list(&import->rows, NULL);
	return finish(import, take_rows(import, &reader));
}
