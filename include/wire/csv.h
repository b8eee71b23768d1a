/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables as text, RFC 4180: rows of fields between commas, quoted fields with doubled quotes, CRLF
 * or LF. A byte order mark before the first row is skipped; empty lines are, too. UTF-8 only.
 */
#pragma once

#include "base/util.h"
#include <stdbool.h>
#include <stddef.h>

#define CSV_FIELDS_MAX 32
#define CSV_FIELD_MAX 1024 /* bytes of one field */

struct csv_reader {
	const char *data;
	size_t size;
	size_t at;
	size_t line;      /* where the row that was read begins, from 1 */
	size_t next_line; /* where the next one does */
	size_t columns;   /* of the first row: every other has as many; 0 before it */
};

struct csv_row {
	size_t count;
	char fields[CSV_FIELDS_MAX][CSV_FIELD_MAX + 1];
};

/* data is used in place and must outlive the reader. */
void csv_open(struct csv_reader *reader, const char *data, size_t size);

/*
 * The next row: 1, 0 at the end, or -EBADMSG with err naming line and remedy: a quote that is not
 * closed or stands in the middle, a bare CR, NUL or other control character, bytes that are not
 * UTF-8, too long, too many fields, or not as many as the first row.
 */
int csv_next(struct csv_reader *reader, struct csv_row *ret_row, char err[ERR_MAX]);

/*
 * Writes one field as a spreadsheet may open it: quoted where it must be, and an apostrophe before
 * what would be computed (=, +, -, @, tab, CR first). The length, or -ENOSPC. A field of n bytes
 * needs 2 * n + 4.
 */
int csv_field(const char *text, char *out, size_t size);
