/* SPDX-License-Identifier: Apache-2.0 */
/* A table as a spreadsheet takes it (wire/csv.h): made cell by cell. */
#pragma once

#include "api.h"

/* Zeros are an empty one; the text is the caller's to free. */
struct api_sheet {
	char *text;
	size_t used;
	size_t room;
	bool failed; /* no memory; then nothing more is added */
};

/* after: ',' or '\n'. */
void api_sheet_cell(struct api_sheet *sheet, const char *text, char after);
/* Answers with it, and frees it. API_ANSWERED or -ENOMEM. */
int api_sheet_answer(struct api_call *call, struct api_sheet *sheet);
