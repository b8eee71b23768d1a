/* SPDX-License-Identifier: Apache-2.0 */
/* What imports share: columns, rows, their effects. */
#pragma once

#include "api.h"
#include "wire/csv.h"

#include <stdarg.h>

#define API_IMPORT_ROWS_MAX 20000
#define API_IMPORT_COLUMNS_MAX 12

enum api_effect {
	API_EFFECT_CREATED,
	API_EFFECT_CHANGED,
	API_EFFECT_UNCHANGED,
	API_EFFECT_ERROR,
};

struct api_import {
	struct api_call *call;
	const char *const *columns;
	size_t column_count;
	/* Takes the row inside a change: enum api_effect, or negative errno, which ends it all. */
	int (*take)(struct api_import *import);
	int (*audit)(struct api_call *call); /* of the whole, before it is kept; NULL: none */
	void *userdata;
	bool makes_members;
	/* the rest is api_import_run's */
	bool preview;
	int at[API_IMPORT_COLUMNS_MAX]; /* where each column stands; -1: nowhere */
	struct csv_row *row;
	size_t row_count;
	size_t counts[4];
	struct api_writer rows;
	/* what take says of its row */
	uint64_t member;
	uint64_t card;
	char detail[ERR_MAX];
	struct api_writer changes; /* field by field */
};

/* Runs an import to its answer, as a handler would. */
int api_import_run(struct api_import *import);
/* A cell of the row; "" where the column is not there. The apostrophe that our own sheets put
 * before what a spreadsheet would compute is none of its text. */
const char *api_import_cell(const struct api_import *import, size_t column);
/* What changes, or why not. */
void api_import_say(struct api_import *import, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* One field that becomes another text; the same: nothing is said. */
void api_import_change(
	struct api_import *import, const char *field, const char *before, const char *after);
