/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for people, on standard output. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct table;

/* columns: how many; headings: false for a sheet. NULL: no memory. */
struct table *table_new(size_t columns, bool headings);
/* Each column once, from the left. */
int table_add_column(struct table *table, const char *title, bool right);
/* cells: as many as columns; copied. 0 or -ENOMEM. */
int table_add_row(struct table *table, char *const *cells);
void table_print(struct table *table);
/* Takes NULL. Returns NULL. */
struct table *table_free(struct table *table);
