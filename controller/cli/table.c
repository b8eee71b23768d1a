/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>

struct table {
	struct libscols_table *scols;
	size_t columns;
};

struct table *table_new(size_t columns, bool headings)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->columns = columns;
	t->scols = scols_new_table();
	if (!t->scols)
		return table_free(t);
	scols_table_enable_noheadings(t->scols, !headings);
	return t;
}

int table_add_column(struct table *t, const char *title, bool right)
{
	return scols_table_new_column(t->scols, title, 0, right ? SCOLS_FL_RIGHT : 0) ? 0 : -ENOMEM;
}

int table_add_row(struct table *t, char *const *cells)
{
	struct libscols_line *line = scols_table_new_line(t->scols, NULL);

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < t->columns; i++)
		if (scols_line_set_data(line, i, cells[i] ? cells[i] : "") < 0)
			return -ENOMEM;
	return 0;
}

void table_print(struct table *t)
{
	scols_print_table(t->scols);
}

struct table *table_free(struct table *t)
{
	if (t)
		scols_unref_table(t->scols);
	free(t);
	return NULL;
}
