/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/csv.h"

#include "wire/utf8.h"

#include <string.h>

void csv_open(struct csv_reader *reader, const char *data, size_t size)
{
	*reader = (struct csv_reader){.data = data, .size = size, .line = 1, .next_line = 1};
	if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
		reader->at = 3;
}

static int refuse(const struct csv_reader *reader, char err[ERR_MAX], const char *what)
{
	snprintf(err, ERR_MAX, "line %zu: %s", reader->next_line, what);
	return -EBADMSG;
}

static int peek(const struct csv_reader *reader)
{
	return reader->at < reader->size ? (unsigned char)reader->data[reader->at] : -1;
}

/* LF or CRLF: consumed. */
static bool take_line_end(struct csv_reader *reader)
{
	size_t left = reader->size - reader->at;

	if (left >= 1 && reader->data[reader->at] == '\n')
		reader->at += 1;
	else if (left >= 2 && reader->data[reader->at] == '\r' &&
		 reader->data[reader->at + 1] == '\n')
		reader->at += 2;
	else
		return false;
	reader->next_line++;
	return true;
}

/* One character of a field, whole. */
static int take_character(struct csv_reader *reader, char *out, size_t *used, char err[ERR_MAX])
{
	size_t n = utf8_size(reader->data + reader->at, reader->size - reader->at);
	unsigned char c = (unsigned char)reader->data[reader->at];

	if (n == 0)
		return refuse(reader, err, "bytes that are not UTF-8; save the file as UTF-8");
	if ((c < ' ' && c != '\t') || c == 0x7F)
		return refuse(reader, err, "a control character; take it out");
	if (*used + n > CSV_FIELD_MAX)
		return refuse(reader, err, "a field of more than 1024 bytes; shorten it");
	memcpy(out + *used, reader->data + reader->at, n);
	*used += n;
	reader->at += n;
	return 0;
}

static int take_quoted(struct csv_reader *reader, char *out, char err[ERR_MAX])
{
	size_t used = 0;
	int r = 0;

	reader->at++;
	while (r == 0) {
		size_t start = reader->at;

		if (peek(reader) < 0)
			return refuse(reader, err, "a quote is opened and never closed");
		if (peek(reader) == '"') {
			reader->at++;
			if (peek(reader) != '"')
				break;
		}
		if (take_line_end(reader)) {
			if (used + reader->at - start > CSV_FIELD_MAX)
				return refuse(
					reader, err, "a field of more than 1024 bytes; shorten it");
			memcpy(out + used, reader->data + start, reader->at - start);
			used += reader->at - start;
			continue;
		}
		r = take_character(reader, out, &used, err);
	}
	out[used] = '\0';
	return r;
}

static int take_plain(struct csv_reader *reader, char *out, char err[ERR_MAX])
{
	size_t used = 0;
	int c, r = 0;

	for (c = peek(reader); r == 0 && c >= 0 && c != ',' && c != '\n'; c = peek(reader)) {
		if (c == '\r' && reader->at + 1 < reader->size &&
			reader->data[reader->at + 1] == '\n')
			break;
		if (c == '"')
			return refuse(reader, err,
				"a quote in the middle of a field; put the whole field in quotes "
				"and double the quotes inside");
		r = take_character(reader, out, &used, err);
	}
	out[used] = '\0';
	return r;
}

static int take_field(struct csv_reader *reader, struct csv_row *row, char err[ERR_MAX])
{
	char *out;
	int r;

	if (row->count >= CSV_FIELDS_MAX)
		return refuse(reader, err, "more than 32 fields");
	out = row->fields[row->count];
	r = peek(reader) == '"' ? take_quoted(reader, out, err) : take_plain(reader, out, err);
	row->count++;
	return r;
}

int csv_next(struct csv_reader *reader, struct csv_row *ret_row, char err[ERR_MAX])
{
	int r = 0;

	while (take_line_end(reader))
		;
	reader->line = reader->next_line;
	if (reader->at == reader->size)
		return 0;
	ret_row->count = 0;
	for (;;) {
		r = take_field(reader, ret_row, err);
		if (r < 0)
			return r;
		if (peek(reader) != ',')
			break;
		reader->at++;
	}
	if (peek(reader) >= 0 && !take_line_end(reader))
		return refuse(reader, err, "text after a closing quote; a comma is missing");
	if (reader->columns == 0)
		reader->columns = ret_row->count;
	if (ret_row->count != reader->columns) {
		snprintf(err, ERR_MAX, "line %zu: %zu fields where the first line has %zu",
			reader->line, ret_row->count, reader->columns);
		return -EBADMSG;
	}
	return 1;
}

int csv_field(const char *text, char *out, size_t size)
{
	bool guard = *text && strchr("=+-@\t\r", *text);
	bool quote = guard || strpbrk(text, ",\"\r\n") != NULL;
	size_t used = 0;

	if (size < 2 * strlen(text) + 4)
		return -ENOSPC;
	if (quote)
		out[used++] = '"';
	if (guard)
		out[used++] = '\'';
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			out[used++] = '"';
		out[used++] = *c;
	}
	if (quote)
		out[used++] = '"';
	out[used] = '\0';
	return (int)used;
}
