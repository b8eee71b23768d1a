/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of any bytes: rows stay within their bounds, and written as a spreadsheet has them they
 * read the same, but for the apostrophe that keeps them from being computed. */
#include "wire/csv.h"
#include "wire/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const char *field)
{
	static struct csv_row row;
	static char text[2 * CSV_FIELD_MAX + 8];
	struct csv_reader reader;
	char err[ERR_MAX];
	int n = csv_field(field, text, sizeof(text));
	size_t guard = strchr("=+-@\t\r", *field) && *field;

	if (n < 0)
		abort();
	if (!*field || strlen(field) == CSV_FIELD_MAX)
		return; /* an empty line is no row; the apostrophe may be one byte too many */
	csv_open(&reader, text, (size_t)n);
	if (csv_next(&reader, &row, err) != 1 || row.count != 1 ||
		strcmp(row.fields[0] + guard, field) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct csv_row row;
	struct csv_reader reader;
	char err[ERR_MAX] = "";
	size_t rows = 0;
	int r;

	csv_open(&reader, (const char *)data, size);
	while ((r = csv_next(&reader, &row, err)) > 0) {
		if (++rows > size + 1 || row.count == 0 || row.count > CSV_FIELDS_MAX ||
			row.count != reader.columns)
			abort();
		for (size_t i = 0; i < row.count; i++) {
			if (!utf8_valid(row.fields[i], strlen(row.fields[i])))
				abort();
			/* a byte order mark at the start is one again */
			if (strncmp(row.fields[i], "\xEF\xBB\xBF", 3) != 0)
				again(row.fields[i]);
		}
	}
	if (r < 0 && !*err)
		abort();
	return 0;
}
